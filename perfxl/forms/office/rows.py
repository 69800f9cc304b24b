"""The rows of a run as they become rows of a block: what each of its cells is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from functools import reduce
from typing import Any

from msgspec.structs import replace

from perfxl.expr.aggregates import Text
from perfxl.expr.office import EVERY, Call, CellAt, Constant, Node
from perfxl.expr.texts import quoted
from perfxl.expr.tree import Key
from perfxl.form.addresses import column_name
from perfxl.form.drawing import DrawnArea
from perfxl.form.faults import Said
from perfxl.form.model import Column, Item, Kind, Row, Thresholds, label, row_key
from perfxl.form.relations import Indicators
from perfxl.forms.measured import COMPLETION, HELPERS, SYMBOL, UNIT, measured
from perfxl.forms.office import headings
from perfxl.forms.office.drawn import parts_of, points_in
from perfxl.forms.office.items import SYMBOLS, input_item, kind_of
from perfxl.forms.office.model import Input
from perfxl.forms.office.places import DrawnPlaces, Run
from perfxl.forms.office.tokens import KINDS
from perfxl.reading.formula import read_formula, verbatim
from perfxl.text.stubs import TOKEN

_INDICATORS = "绩效指标"  # what a run of them is called that has no wording beside it
_NOTHING = Constant("", '""')
_COLUMNS = {  # of `Indicators`, by the word of the token
    "一级指标": "group",
    "二级指标": "category",
    "三级指标": "name",
    "符号": "symbol",
    "指标值": "target",
    "调整指标值": "adjusted",
    "计量单位": "unit",
    "完成值": "actual",
    "完成情况": "status",
    "自填完成率": "stated_rate",
    "偏差原因": "reason",
    "完成率": "completion",
}
_LEVELS = ("一级指标", "二级指标")  # one merged down a list is that of each row
FIRST = row_key(1)
_KINDS = {"金额": Kind.AMOUNT, "得分": Kind.SCORE, "总得分": Kind.SCORE, "百分比": Kind.RATE}
_RATE = "完成率"
_OURS = {column.key: column for column in HELPERS}


def indicators_of(run: Run) -> Indicators:
    """Give what a run of indicator rows is; what no column is drawn for stands in a helper's."""
    drawn = {_COLUMNS[w]: column_name(c) for w, c in run.parts.items() if w in _COLUMNS}
    named = {part: part for part in (SYMBOL, UNIT, COMPLETION)} | drawn
    named.setdefault("name", named.get("category") or named.get("group") or named["target"])
    parts: dict[str, Any] = {"reason": "", **named}
    return Indicators(block=run.key, **parts)


class Rows:
    """Makes the rows of a run."""

    def __init__(self, places: DrawnPlaces, run: Run, who: Mapping[str, Key], year: int) -> None:
        """Begin with the run; `who` are the cells that say who reports, by the word of a token."""
        self.places, self.run, self.who, self.office = places, run, who, places.office
        self.year = year
        self.sheet, self.grid = run.sheet, places.grids[run.sheet.name]

    def __call__(self, key: str) -> Row:
        """Give the row of a list that has this key."""
        assert self.run.listed is not None, "only an open list grows"
        return self.row(self.run.listed.row, key)

    @property
    def title(self) -> str:
        """What the run is called: by the wording merged down beside it, else by its sheet."""
        first = self.run.rows.start
        beside = (a for a in self.sheet.merges if first in a.rows and a.shape[0] > 1)
        beside = (a for a in beside if a.left not in self.run.parts.values())
        wordings = (self.grid.wording(a) for a in sorted(beside, key=lambda a: a.left))
        own = _INDICATORS if self.run.indicators else self.sheet.name
        named = self.run.listed or self.run.indicators
        return next((headings.told(w) for w in wordings if w and named), own)

    def columns(self, rows: Iterable[Row]) -> tuple[Column, ...]:
        """Give the columns that these rows have cells in: those drawn, then the helpers."""
        used = dict.fromkeys(key for row in rows for key in row.items)
        drawn = {column_name(at): at for at in range(self.grid.columns)}
        labels = {key: self._heading(at) for key, at in drawn.items() if key in used}
        alike = Counter(labels.values())
        labels |= {
            key: self._heading(drawn[key], 2) for key, text in labels.items() if alike[text] > 1
        }
        levels = {self.run.parts.get(word) for word in _LEVELS}
        found = (
            Column(key, wording, spanning=drawn[key] in levels, at=drawn[key])
            for key, wording in labels.items()
        )
        return (*found, *(_OURS[key] for key in used if key not in drawn))

    def _heading(self, column: int, levels: int = 1) -> str:
        """Give the wording over a column, so many headings one over the other."""
        spots = ((row, column) for row in self.run.rows)
        areas = (self.sheet.area(spot) for spot in spots if not self.sheet.is_empty(spot))
        told = next((t for area in areas if (t := self.grid.told_over(area, levels))), [])
        return "·".join(map(headings.told, told)) or f"{column_name(column)}列"

    # ------------------------------------------------------------ one row

    def row(self, row: int, key: str = "") -> Row:
        """Give a row drawn; of a list that with this key."""
        own = key or str(row + 1)
        listed = self.run.listed is not None or self.run.indicators is not None
        number = int(own) if self.run.listed else row - self.run.rows.start + 1
        items = dict(self._items(row, own))
        wording = next((i.text for i in items.values() if i.is_label and i.text.strip()), "")
        told = f"第{number}行" if listed else headings.told(wording) or f"第{own}行"
        made = Row(own, told, items)
        return self._measured(made) if self.run.indicators else made

    def _items(self, row: int, key: str) -> Iterator[tuple[str, Item]]:
        parts = {column: word for word, column in self.run.parts.items()}
        found = set[str]()
        for area in self.grid.row(row):
            column = column_name(area.left)
            item = self._item(area, row, key, parts.get(area.left, ""))
            if item is not None:
                found.add(column)
                yield column, item
        if parts:
            yield from self._unasked(found, parts)

    def _unasked(self, found: set[str], parts: Mapping[int, str]) -> Iterator[tuple[str, Item]]:
        """Give the cells that other indicator rows have and this one has not: always blank."""
        for at, word in parts.items():
            column = column_name(at)
            if word in _COLUMNS and column not in found and word != _RATE:
                yield column, Item(KINDS[word].kind or Kind.TEXT, given="")

    def _item(self, area: DrawnArea, row: int, key: str, part: str) -> Item | None:
        """Give a row's cell in an area, which may begin above; `part` is what of an indicator."""
        if self.sheet.is_empty(area.first):
            return None
        home = self._home(area, row, key)
        if home is not None:
            return self._shared(area, home) if part in _COLUMNS else None
        asked = self.places.inputs.get((self.sheet.name, area.first))
        if asked is not None:
            return self._asked(asked, key)
        shown = self.office.shown.get((self.sheet.name, area.first))
        if shown is not None:
            return Item(Kind.TEXT, formula=self._shown(self.sheet.text(area.first)))
        if self.sheet.cell(area.first).formula:
            return self._computed(area, key)
        return self._printed(area, part)

    def _home(self, area: DrawnArea, row: int, key: str) -> Key | None:
        """Give the cell that shows what this row shares with those above, None where it is it."""
        first = self.places.key(self.sheet.name, area.first)
        down = self.run.listed is not None and area in self.run.listed.labels
        if first is None or (area.top == row and not (down and key != FIRST)):
            return None
        return first._replace(row=FIRST) if first.row == EVERY else first

    def _shared(self, area: DrawnArea, home: Key) -> Item:
        asked = self.places.inputs.get((self.sheet.name, area.first))
        if asked is not None:
            return Item(kind_of(asked), formula=Text(home), home=home)
        return Item(Kind.TEXT, given=self.sheet.text(area.first), home=home)

    def _asked(self, asked: Input, key: str) -> Item | None:
        first = self.who.get(asked.token.word)
        here = self.places.key(self.sheet.name, asked.spot)
        if first is not None and first != here:
            return Item(
                Kind.TEXT, formula=_joined(CellAt(first), Constant("", '""')), name=asked.label
            )
        if asked.token.word == "序号":
            return label(
                str(int(key) if self.run.listed else asked.area.top - self.run.rows.start + 1)
            )
        if asked.token.word == _RATE:
            return None  # ours to compute, see `measured`
        item = input_item(asked, self.office.drawing, self.sheet, self.office.notes.money)
        listed = self.run.listed or self.run.indicators
        most = self._most(asked) if item.kind is Kind.SCORE else None
        return replace(item, name="" if listed else self._name(asked.area), most=most or item.most)

    def _most(self, asked: Input) -> Decimal | None:
        """Give the points printed beside a score."""
        if asked.token.word != "得分":
            return None
        spot = dict(parts_of(self.grid, asked.area.top, self.places.inputs)).get("分值")
        return None if asked.token.points else points_in(self.sheet, spot)

    def _name(self, area: DrawnArea) -> str:
        return self.places.names.get((self.sheet.name, area.first)) or str(area)

    def _shown(self, text: str) -> Node:
        """Give wording that names unit or year, as a formula that joins it."""
        parts: list[Node] = []
        for number, piece in enumerate(TOKEN.split(text)):
            key = self.who.get(piece.strip()) if number % 2 else None
            plain = f"【{piece}】" if number % 2 else piece
            if key or plain:
                parts.append(CellAt(key) if key else Constant(plain, quoted(plain)))
        return reduce(_joined, parts)

    def _computed(self, area: DrawnArea, key: str) -> Item:
        cell = self.sheet.cell(area.first)
        resolve = self.places.seen_from(self.sheet.name, self.run.listed, key)
        names = list(self.places.runs)
        read = read_formula(cell.formula, resolve, names)
        if isinstance(read, Said):
            read = verbatim(cell.formula, resolve, names)
        named = "" if self.run.listed else self._name(area)
        return Item(self._kind(area), formula=read, name=named)

    def _kind(self, area: DrawnArea) -> Kind:
        """Give the kind of what is computed in a cell."""
        if "%" in self.office.drawing.style(self.sheet.cell(area.first)).number_format:
            return Kind.RATE
        return _KINDS.get(self.grid.heading_kind(self.grid.heading(area)), Kind.NUMBER)

    def _printed(self, area: DrawnArea, part: str) -> Item:
        """Give wording; what is a part of an indicator, or a number, is an answer of the form's."""
        raw = self.sheet.cell(area.first).raw
        if isinstance(raw, Decimal):
            return Item(Kind.NUMBER, given=raw)
        text = self.sheet.text(area.first)
        if part not in _COLUMNS:
            return label(text)
        kind = KINDS[part].kind or Kind.TEXT
        return Item(
            Kind.CHOICE if part == "符号" else kind,
            given=text,
            choices=SYMBOLS if part == "符号" else (),
        )

    # ------------------------------------------------------------ indicators

    def _measured(self, row: Row) -> Row:
        """Give a row of indicators with all that its drawing leaves out."""
        fixed = self.run.listed is None
        return measured(indicators_of(self.run), row, Thresholds(), self.year, fixed)


def _joined(left: Node, right: Node) -> Node:
    return Call("&", (left, right))
