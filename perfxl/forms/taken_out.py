"""Our own form as a 表样: which token, number or formula each of its cells holds there.

All of it is worked out from the declaration, so that the two cannot drift apart. A list stands with
its pattern row. A formula is that of the declaration, but for what guards it against a cell that a
spreadsheet reads otherwise than we do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cached_property, partial
from typing import Any, TypeVar

from msgspec.structs import fields, replace

from perfxl.expr.aggregates import ColumnSum, GroupSum, LegibleColumn, LegibleGroup, Mean, Text
from perfxl.expr.arithmetic import Ratio, Round, ShownRate, Sum
from perfxl.expr.cells import Const, Legible, Number, Unknown
from perfxl.expr.logic import If
from perfxl.expr.tree import Env, Expr, Grid, Key, references
from perfxl.form.layout import place
from perfxl.form.model import Block, Column, Form, Item, Kind, Row, Sheet
from perfxl.form.relations import Conclusion, Identity, Indicators, ScoreGroup, ScoreItem
from perfxl.forms.office.items import SYMBOLS
from perfxl.forms.office.tokens import spelt
from perfxl.rubric.model import Rubric, Tiers
from perfxl.rubric.scoring import DONE, PARTLY, STATUSES, UNDONE
from perfxl.text.quantities import QUALITATIVE
from perfxl.text.stubs import IDENTITY

N = TypeVar("N", bound=Expr)
LONGEST_CHOICES = 16  # characters of choices in a token; longer ones stand in a drop-down
_POINTS, _SERIAL = "points", "seq"  # columns
_SERIAL_WIDTH = 9  # in which its token can be read
_WORDS = {
    Kind.AMOUNT: "金额",
    Kind.NUMBER: "数字",
    Kind.RATE: "百分比",
    Kind.TEXT: "文字",
    Kind.LONG: "长文字",
    Kind.CODE: "代码",
    Kind.DATE: "日期",
    Kind.CHOICE: "选择",
}
_PARTS = {  # of `Indicators`
    "group": "一级指标",
    "category": "二级指标",
    "name": "三级指标",
    "symbol": "符号",
    "target": "指标值",
    "unit": "计量单位",
    "actual": "完成值",
    "completion": "完成率",
    "status": "完成情况",
    "stated_rate": "自填完成率",
    "weight": "权重",
    "reason": "偏差原因",
}
_SCORED = ("得分", "扣分原因", "佐证材料")
_STANDING = (SYMBOLS, STATUSES)  # choices that a token has by itself
# what an indicator earns of its points where it has no completion, at least and at most
_LOW = f'IF({{status}}="{DONE}",{{done}},IF({{status}}="{PARTLY}",{{partly}},0))'
_HIGH = (
    f'IF({{status}}="{UNDONE}",IF({{symbol}}="{QUALITATIVE}",{{partly}},{{done}}),'
    f'IF({{status}}="{PARTLY}",{{done}},1))'
)
_SHARE = 'IF({group}="","",IF(ISNUMBER({rate}),MIN({rate},1),{guess}))'
_TOTAL = 'IF(COUNT({cells})=0,"",ROUND(SUM({cells}),2))'
_RATE = 'IF(OR(COUNT({part})=0,SUM({whole})=0),"",ROUND(SUM({part})/SUM({whole}),4))'
_OF_NAME = 'IF({own}="","",ROUND(SUMIF({names},{own},{cells}),2))'
_SPENT = "IF(SUM({whole})=0,{open},MAX(0,MIN({points},{points}*SUM({part})/SUM({whole}))))"
_MEAN = (
    "IF({count}=0,{open},{points}*IF(AND(COUNT({weights})=COUNTA({groups}),SUM({weights})>0),"
    "SUMPRODUCT(({mask})*1,{shares},{weights})/SUMPRODUCT(({mask})*1,{weights}),"
    "SUMPRODUCT(({mask})*1,{shares})/({count})))"
)


class AsTyped(Expr, frozen=True):
    """A formula as an office types it; each {name} in its text is a cell, or the cells of a sum.

    It is printed only: in a drawing nothing is filled in that it could be computed from.
    """

    text: str
    named: tuple[tuple[str, Expr], ...]

    def evaluate(self, env: Env) -> None:
        return None

    def formula(self, grid: Grid) -> str:
        return self.text.format(**{name: _reference(one, grid) for name, one in self.named})


def _reference(one: Expr, grid: Grid) -> str:
    match one:
        case ColumnSum(block, column):
            return grid.column(block, column)
        case Number(key):
            return grid.cell(key)
    return grid.cells(tuple(references(one)))


def _typed(text: str, **named: Expr) -> AsTyped:
    return AsTyped(text, tuple(named.items()))


def taken_out(form: Form, rubric: Rubric) -> Form:
    """Give a form of ours, blank and without its live checks, as a 表样."""
    maker = _Maker(form, rubric.tiers)
    return replace(form, sheets=tuple(map(maker.sheet, form.sheets)), relations=())


class _Maker:
    """One form being drawn."""

    def __init__(self, form: Form, tiers: Tiers) -> None:
        self.form, self.tiers = form, tiers
        self.words = dict(self._words())
        self.listed = {one.block: one for one in form.of(Indicators)}

    # ------------------------------------------------------------ sheets, blocks, rows

    def sheet(self, sheet: Sheet) -> Sheet:
        """Give a sheet without what is hidden, and without bounds that no table supports."""
        blocks = tuple(map(self._block, sheet.blocks))
        wide = max(sum(column.span for column in block.columns) for block in blocks)
        first, *others = sheet.widths[:wide]
        serial = any(column.key == _SERIAL for block in blocks for column in block.columns)
        widths = (max(first, _SERIAL_WIDTH) if serial else first, *others)
        return replace(sheet, blocks=blocks, widths=widths, keyed=False, protected=False)

    def _block(self, block: Block) -> Block:
        shown = block.rows[:1] if block.repeats else block.rows
        rows = tuple(self._row(block, row) for row in shown)
        used = {column for row in rows for column in row.items}
        columns = (self._column(block, one) for one in block.columns if one.key in used)
        return replace(block, columns=tuple(columns), rows=rows, filtered=False)

    def _column(self, block: Block, column: Column) -> Column:
        _, named = self._shares.get((block.key, column.key), ("", column.label))
        return replace(column, hidden=False, label=named)

    def _row(self, block: Block, row: Row) -> Row:
        columns = {key.column for key in self._bounds if key.block == block.key}
        asked = [column for column in row.inputs if block.repeats]
        widest = max(asked, key=partial(self._width, block), default="")  # its token is the longest
        items = dict[str, Item]()
        for column, item in row.items.items():
            key = Key(block.key, row.key, column)
            if column not in columns or self._bounds.get(key):
                items[column] = self._item(key, item, row, len(block.rows) * (column == widest))
        return replace(row, items=items)

    def _width(self, block: Block, column: str) -> float:
        first, last = place(self.form).blocks[block.key].columns[column]
        return sum(self.form.sheet_of[block.key].widths[first - 1 : last])

    # ------------------------------------------------------------ what stands in a cell

    def _item(self, key: Key, item: Item, row: Row, rows: int) -> Item:
        """Give a cell as drawn: wording, a number, a formula or a token."""
        if item.is_label:
            return self._printed(key, item, row)
        if self.words.get(key) == _PARTS["completion"]:
            return replace(item, formula=None, given=spelt(self.words[key]), look="computed")
        if item.formula is not None:
            return replace(item, formula=self._formula(key, item.formula, row))
        told = _told(item.choices)
        listed = item.choices if item.choices not in _STANDING and not told else ()
        needed = item.required is True
        token = self._token(key, item, "" if item.choices in _STANDING else told, needed, rows)
        return replace(item, given=token, choices=listed, look=item.look or "input")

    def _printed(self, key: Key, item: Item, row: Row) -> Item:
        """Give wording; points that can be changed as a number, the sum of some as a formula."""
        if key.column == _SERIAL:
            return Item(Kind.TEXT, given=spelt("序号"), look="mark")
        if key.column != _POINTS:
            return item
        score = row.items.get("score")
        summed = references(score.formula) if score and score.formula else ()
        parts = tuple(dict.fromkeys(one._replace(column=_POINTS) for one in summed))
        if parts and all(part in self.form.items for part in parts):
            total = _typed("SUM({cells})", cells=Sum(tuple(map(Number, parts))))
            return Item(Kind.NUMBER, formula=total, look="mark")
        return Item(Kind.NUMBER, given=Decimal(item.text), look="mark")

    def _token(self, key: Key, item: Item, told: str, needed: bool, rows: int) -> str:
        conclusion = self.form.only(Conclusion)
        if conclusion and key == conclusion.stated:
            told = f"{item.most:f}" if item.most else ""
        if conclusion and key == conclusion.grade:
            *better, (worst, _) = conclusion.grades
            told = "/".join((*(f"{name}{lowest}" for name, lowest in better), worst))
        return spelt(self.words.get(key) or _WORDS[item.kind], told, needed, rows)

    def _words(self) -> Iterator[tuple[Key, str]]:
        """Give the tokens of cells that are more than a text or a number."""
        form = self.form
        if who := form.only(Identity):
            yield from zip((who.name, who.code, who.year), IDENTITY, strict=True)
        for listed in form.of(Indicators):
            for row in form.blocks[listed.block].rows[:1]:
                named = ((getattr(listed, part), word) for part, word in _PARTS.items())
                yield from ((listed.cell(row.key, column), word) for column, word in named)
        for one in form.of(ScoreItem):
            cells = zip((one.stated, one.reason, one.material), _SCORED, strict=True)
            yield from ((key, word) for key, word in cells if key)
        if end := form.only(Conclusion):
            yield end.stated, "总得分"
            if end.grade:
                yield end.grade, "等级"

    # ------------------------------------------------------------ formulas

    @cached_property
    def _bounds(self) -> Mapping[Key, bool]:
        """Whether tables support it, of each bound of a score; the others say nothing of it."""
        form = self.form
        whole: list[ScoreGroup | Conclusion] = [*form.of(ScoreGroup), *form.of(Conclusion)]
        bounds = {key: False for one in whole for key in (one.low, one.high) if key}
        for one in form.of(ScoreItem):
            bounds |= {key: one.computed for key in (one.low, one.high) if key}
        return bounds

    @cached_property
    def _shares(self) -> Mapping[tuple[str, str], tuple[str, str]]:
        """What each list column that a mean is made of says in a row, and what it is called."""
        found = dict[tuple[str, str], tuple[str, str]]()
        for one in self.form.of(ScoreItem):
            for key, guess, word in ((one.low, _LOW, "低"), (one.high, _HIGH, "高")):
                mean = _part(self._formula_of(key), Mean) if key and one.computed else None
                if mean:
                    found[mean.block, mean.column] = guess, f"计分完成率({word})"
        return found

    def _formula_of(self, key: Key) -> Expr:
        return self.form.items[key].formula or Unknown()

    def _formula(self, key: Key, formula: Expr, row: Row) -> Expr:
        share = self._shares.get((key.block, key.column))
        if share is not None:
            return self._share(key, share[0])
        points = Number(key._replace(column=_POINTS))
        if mean := _part(formula, Mean):
            return self._mean(key, mean)
        if self._bounds.get(key) and (rate := _part(formula, Ratio)):
            open_ = "0" if self._is_low(key) else "{points}"
            text = _SPENT.replace("{open}", open_)
            return _typed(text, part=rate.left, whole=rate.right, points=points)
        return _plain(formula, points if _POINTS in row.items else None)

    def _is_low(self, key: Key) -> bool:
        return any(key == one.low for one in self.form.of(ScoreItem))

    def _share(self, key: Key, guess: str) -> Expr:
        """Give what an indicator earns, by its completion or else by what the unit says of it."""
        listed = self.listed[key.block]
        columns = {"group": listed.group, "rate": listed.completion}
        columns |= {"status": listed.status, "symbol": listed.symbol}
        tiers = {"{done}": self.tiers.done, "{partly}": self.tiers.partly}
        text = _SHARE.replace("{guess}", guess)
        for name, value in tiers.items():
            text = text.replace(name, f"{value.normalize():f}")
        cells = {name: Number(listed.cell(key.row, column)) for name, column in columns.items()}
        return _typed(text, **cells)

    def _mean(self, key: Key, mean: Mean) -> Expr:
        """Give the points times the mean of what indicators earn, weighted where all are."""
        count = "+".join(f'COUNTIF({{groups}},"{text}")' for text in mean.choices)
        mask = "+".join(f'({{groups}}="{text}")' for text in mean.choices)
        text = _MEAN.replace("{open}", "0" if self._is_low(key) else "{points}")
        return _typed(
            text.replace("{count}", count).replace("{mask}", mask),
            groups=ColumnSum(mean.block, mean.by),
            shares=ColumnSum(mean.block, mean.column),
            weights=ColumnSum(mean.block, mean.weights),
            points=Number(key._replace(column=_POINTS)),
        )


def _told(choices: Sequence[str]) -> str:
    """Give choices as a token tells them, "" where they are better in a drop-down."""
    text = "/".join(choices)
    return text if len(text) <= LONGEST_CHOICES else ""


def _part(expr: Expr, kind: type[N]) -> N | None:
    """Give the first part of this kind that an expression has, a fallback among them."""
    if isinstance(expr, kind):
        return expr
    return next((found for p in _operands(expr).values() if (found := _part(p, kind))), None)


def _operands(expr: Expr) -> dict[str, Expr]:
    """Give what an expression is made of, by name."""
    named = ((one.name, getattr(expr, one.name)) for one in fields(expr))
    return {name: value for name, value in named if isinstance(value, Expr)}


def _plain(expr: Expr, points: Expr | None) -> Expr:
    """Give a formula as an office would write it; `points` is the cell of those of its row.

    What is added up may be blank in part, and lines may be put in between: so no cells are counted.
    """
    match expr:
        case If(Legible() | LegibleColumn() | LegibleGroup(), operand):
            return _plain(operand, points)
        case Round(GroupSum(block, column, by, row)):
            names, cells = ColumnSum(block, by), ColumnSum(block, column)
            return _typed(_OF_NAME, own=Number(Key(block, row, by)), names=names, cells=cells)
        case Round(Sum() | ColumnSum() as cells):
            return _typed(_TOTAL, cells=cells)
        case ShownRate(Ratio(part, Const())) if points:
            return _typed(_RATE, part=part, whole=points)
        case ShownRate(Ratio(part, whole)):
            return _typed(_RATE, part=part, whole=whole)
        case Text(key):
            return _typed('IF({cell}="","",{cell})', cell=Number(key))
    changes: dict[str, Any] = {
        name: _plain(operand, points) for name, operand in _operands(expr).items()
    }
    return replace(expr, **changes)
