"""Forms with parts left out, printed or drawn otherwise than ours: rows of indicators, scores.

`printed()` prints name, target and points of each indicator in a fixed table; `listed()` is an open
list that asks for target and actual alone; `in_unit()` holds money in another unit than 万元.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from msgspec.structs import asdict

from perfxl.expr.arithmetic import Sum
from perfxl.expr.cells import Number
from perfxl.expr.tree import Key
from perfxl.form.model import Block, Column, Form, Item, Kind, Row, Sheet, Thresholds, open_list
from perfxl.form.relations import Conclusion, Identity, Indicators, ScoreRows, scored
from perfxl.forms.measured import COMPLETION, HELPERS, SYMBOL, UNIT, measured

YEAR = 2024
WORDS = {
    "B": "一级指标",
    "C": "三级指标",
    "D": "指标值",
    "E": "调整指标值",
    "F": "完成值",
    "G": "分值",
    "H": "得分",
    "I": "偏差原因",
}
INDICATORS = Indicators(
    block="rows",
    group="B",
    name="C",
    target="D",
    actual="F",
    symbol=SYMBOL,
    unit=UNIT,
    completion=COMPLETION,
)
SCORES = ScoreRows(block="rows", name="C", points="G", stated="H")
UNIT_CELLS = {"name": Kind.TEXT, "code": Kind.CODE, "year": Kind.NUMBER}
TEXT, VALUE = Item(Kind.TEXT), Item(Kind.VALUE)
SCORE, LONG = Item(Kind.SCORE, unit="分"), Item(Kind.LONG)

Printed = tuple[str, Decimal | str, str]  # name, target, points ("" none)
ROWS: tuple[Printed, ...] = (
    ("讲座场次", Decimal(100), "20"),
    ("群众满意度", "≥95%", "10"),
    ("成本指标:人均成本", "≤500元", "10"),
    ("宣传成本", Decimal(80), "10"),
    ("改造完成时间", "2024年10月底前", "10"),
    ("社会影响", "持续提升", "10"),
    ("投诉件数", Decimal(0), "5"),
)


def given(kind: Kind, value: Decimal | str) -> Item:
    """Give a cell that the form prints."""
    return Item(kind, given=value)


def _unit() -> Sheet:
    rows = tuple(Row(key, key, {"value": Item(kind)}) for key, kind in UNIT_CELLS.items())
    block = Block("unit", "单位信息", (Column("value", "内容"),), rows, headed=False)
    return Sheet("unit", "单位信息", "单位信息", (block,), (20,))


def _columns(used: Sequence[str]) -> tuple[Column, ...]:
    return (*(Column(key, WORDS[key]) for key in used), *HELPERS)


def _form(key: str, block: Block, relations: Sequence[object], *more: Block) -> Form:
    widths = (14.0,) * 12
    who = Identity(*(Key("unit", row) for row in UNIT_CELLS))
    sheets = (_unit(), Sheet("main", "自评表", "自评表", (block, *more), widths, frozen=False))
    return Form(key, "1", "项目支出绩效自评表", sheets, (who, *relations), year=YEAR)


def printed(rows: Sequence[Printed] = ROWS, *, reason: bool = True, adjusted: bool = False) -> Form:
    """Give a table of printed indicators to which the unit adds actual, score and reason."""
    listed = Indicators(
        **{
            **asdict(INDICATORS),
            "reason": "I" if reason else "",
            "adjusted": "E" if adjusted else "",
        }
    )
    scores = ScoreRows(block="rows", name="C", points="G", stated="H", reason=listed.reason)
    made = tuple(_printed(listed, number, row) for number, row in enumerate(rows, 7))
    used = [one for one in WORDS if (one != "E" or adjusted) and (one != "I" or reason)]
    block = Block("rows", "绩效指标", _columns(used), made)
    form = _form("printed", block, (listed, scores))
    total = Item(Kind.SCORE, formula=Sum(tuple(Number(item.stated) for item in scored(form))))
    end = Block(
        "end",
        "结论",
        (Column("value", "内容"),),
        (
            Row("total", "总分", {"value": SCORE}),
            Row("sum", "合计", {"value": total}),
        ),
        headed=False,
    )
    conclusion = Conclusion(stated=Key("end", "total"), total=Key("end", "sum"))
    return _form("printed", block, (listed, scores, conclusion), end)


def _printed(listed: Indicators, number: int, row: Printed) -> Row:
    name, target, points = row
    group = "成本指标" if "成本指标" in name else "产出指标"
    items = {
        "B": given(Kind.TEXT, group),
        "C": given(Kind.TEXT, name),
        "D": given(Kind.VALUE, target),
        "F": VALUE,
        "G": given(Kind.SCORE, Decimal(points)) if points else SCORE,
        "H": SCORE,
    }
    items |= {"E": VALUE} if listed.adjusted else {}
    items |= {"I": LONG} if listed.reason else {}
    return measured(listed, Row(str(number), name, items), Thresholds(), YEAR, fixed=True)


def listed() -> Form:
    """Give an open list that asks for name, target and actual, scored by points of the unit's."""

    def pattern(row: str) -> Row:
        items = {"B": TEXT, "C": TEXT, "D": VALUE, "F": VALUE, "G": SCORE, "H": SCORE}
        made = Row(row, f"第{int(row)}行", items)
        return measured(INDICATORS, made, Thresholds(), YEAR, fixed=False)

    block = open_list("rows", "绩效指标", _columns("BCDFGH"), pattern, 4)
    return _form("listed", block, (INDICATORS, SCORES))


def computed() -> Form:
    """Give a table whose only indicator is reached by what a formula of the form counts."""
    count = Item(Kind.NUMBER, formula=Number(Key("rows", "7", "A")))
    items = {
        "A": Item(Kind.NUMBER),
        "B": given(Kind.TEXT, "产出指标"),
        "C": given(Kind.TEXT, "讲座场次"),
        "D": given(Kind.VALUE, Decimal(100)),
        "F": count,
        "G": given(Kind.SCORE, Decimal(20)),
        "H": SCORE,
        "J": Item(Kind.SCORE, formula=Number(Key("rows", "7", "A"))),
    }
    row = measured(INDICATORS, Row("7", "讲座场次", items), Thresholds(), YEAR, fixed=True)
    columns = (Column("A", "签到次数"), *_columns("BCDFGH"), Column("J", "测算得分"))
    block = Block("rows", "绩效指标", columns, (row,))
    scores = ScoreRows(block="rows", name="C", points="G", stated="H", supported="J")
    return _form("computed", block, (INDICATORS, scores))


def in_unit(unit: str) -> Form:
    """Give a form of two amounts in this unit."""
    rows: Iterator[Row] = (
        Row(key, word, {"value": Item(Kind.AMOUNT, unit=unit)})
        for key, word in (("wages", "人员经费"), ("goods", "公用经费"))
    )
    block = Block("money", "支出", (Column("value", "金额"),), tuple(rows), headed=False)
    return _form("money", block, ())
