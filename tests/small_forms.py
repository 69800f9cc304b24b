"""Forms that have little of what the shipped one has: what every command must go through.

Makers are functions of a module that take a rubric, as `perfxl.forms.shipped` has them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import office_parts
from msgspec.structs import replace

from perfxl.expr.arithmetic import Round, Sum
from perfxl.expr.cells import Number
from perfxl.expr.tree import Key
from perfxl.form.model import Block, Column, Form, Item, Kind, Row, Sheet, label
from perfxl.form.relations import Balance, Conclusion, ExecutionRate, Identity, Indicators
from perfxl.rubric.model import Rubric
from perfxl.rules.specimen import specimen

MONEY = Item(Kind.AMOUNT, unit="万元", required=True)
LABEL = Column("label", "项目")
COLUMNS = (Column("planned", "预算数"), Column("spent", "执行数"))


def _table(key: str, title: str, lines: tuple[str, ...]) -> Sheet:
    typed = [
        Row(f"line{n}", text, {"label": label(text), **{c.key: MONEY for c in COLUMNS}})
        for n, text in enumerate(lines, 1)
    ]
    sums = {
        c.key: Item(
            Kind.AMOUNT,
            unit="万元",
            formula=Round(Sum(tuple(Number(Key(key, row.key, c.key)) for row in typed)), 2),
        )
        for c in COLUMNS
    }
    rows = (*typed, Row("sum", "合计", {"label": label("合计"), **sums}))
    block = Block(key, title, (LABEL, *COLUMNS), rows)
    return Sheet(key, title, title, (block,), (30, 16, 16), "单位:万元")


def two_tables(_: Rubric) -> Form:
    """Give a form of two money tables between which nothing is said to hold."""
    sheets = (
        _table("grants", "补助资金", ("中央补助", "省级补助", "市级补助")),
        _table("outlays", "支出情况", ("人员经费", "公用经费")),
    )
    return Form("two-tables-2024", "1", "补助资金情况表", sheets, year=2024)


def small(_: Rubric) -> Form:
    """Give the form that the rules' examples are on."""
    return specimen()


def without(kind: type[object], rubric: Rubric) -> Form:
    """Give that form without all that one kind of relation says of it."""
    form = small(rubric)
    kept = tuple(one for one in form.relations if not isinstance(one, kind))
    return replace(form, relations=kept)


def bare(rubric: Rubric) -> Form:
    """Give that form with nothing said of it."""
    return replace(small(rubric), relations=())


MAKERS: dict[str, Callable[[Rubric], Form]] = {
    "two tables": two_tables,
    "small": small,
    "bare": bare,
    "printed indicators": lambda _: office_parts.printed(),
    "adjusted targets": lambda _: office_parts.printed(adjusted=True, reason=False),
    "listed indicators": lambda _: office_parts.listed(),
    **{
        f"without {kind.__name__}": partial(without, kind)
        for kind in (Identity, Balance, Conclusion, ExecutionRate, Indicators)
    },
}
