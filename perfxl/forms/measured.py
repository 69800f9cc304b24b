"""What stands hidden beside an indicator's row that lacks columns the rules count on.

An office's form may ask for no symbol, print its targets («≥95%») or have a column of adjusted
ones. The rules know symbol, unit and completion of every indicator: what the form has no column for
stands in helper columns, and what it prints is read once, when the form is made.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from msgspec.structs import replace

from perfxl.expr.cells import Const, Filled, Unknown
from perfxl.expr.logic import If
from perfxl.expr.tree import Expr
from perfxl.form.model import Column, Item, Kind, Row, Thresholds
from perfxl.form.relations import Indicators, row_in_use_test
from perfxl.rubric import scoring
from perfxl.text.indicator import Indicator, Typed, judge
from perfxl.text.quantities import QUALITATIVE, Quantity, QuantityKind

SYMBOL, UNIT, GOAL, COMPLETION = "symbol", "unit", "goal", "completion"
HELPERS = (
    Column(SYMBOL, "符号", hidden=True),
    Column(UNIT, "计量单位", hidden=True),
    Column(GOAL, "现行指标值", hidden=True),
    Column(COMPLETION, "核算完成率", hidden=True),
)


def measured(listed: Indicators, row: Row, limits: Thresholds, year: int, fixed: bool) -> Row:
    """Give a row of indicators with all that the rules ask of it.

    What it lacks of symbol, unit and completion is added under the names the relation has for it,
    which are those of `HELPERS` where the form has no column. In a `fixed` row that is in use name,
    target and actual are required; in a list every row in use is.
    """
    symbol, target = _printed(listed, row, year)
    items = dict(row.items)
    items.setdefault(listed.symbol, Item(Kind.TEXT, given=symbol, implied=not symbol))
    items.setdefault(listed.unit, Item(Kind.TEXT, given=(target and target.unit) or ""))
    goal = listed.target
    value = target.value if target else None
    if listed.adjusted or value is not None:
        goal = GOAL
        items[goal] = Item(Kind.VALUE, formula=_goal(listed, row.key, value))
    if listed.completion not in items:
        unasked = listed.symbol not in row.items
        items[listed.completion] = Item(
            Kind.RATE, formula=_completion(listed, row, goal, limits, unasked)
        )
    if items[listed.symbol].is_input:  # it may stand before the target as well
        items[listed.symbol] = replace(items[listed.symbol], implied=True)
    return replace(row, items=items | dict(_required(listed, row, fixed)))


def _printed(listed: Indicators, row: Row, year: int) -> tuple[str, Quantity | None]:
    """Give the symbol that a target printed in words says, and the figure it is."""

    def given(column: str) -> str:
        item = row.items.get(column)
        return str(item.given or "") if item else ""

    target = row.items[listed.target].given
    if not target or isinstance(target, Decimal):
        return "", None
    judged = judge(
        Indicator(
            about=f"{given(listed.name)} {given(listed.group)}",
            symbol=given(listed.symbol),
            target=Typed(target),
            unit=given(listed.unit),
            actual=Typed(None),
            year=year,
        )
    )
    if judged.symbol == QUALITATIVE:
        return QUALITATIVE, None
    read = judged.target
    if read is None or not read.certain or read.kind is not QuantityKind.NUMBER:
        return "", None
    return read.symbol, read


def _goal(listed: Indicators, row: str, printed: Decimal | None) -> Expr:
    target = listed.cell(row, listed.target)
    figure = scoring.figure(target) if printed is None else Const(printed)
    if not listed.adjusted:
        return figure
    return scoring.in_force(figure, listed.cell(row, listed.adjusted))


def _completion(listed: Indicators, row: Row, goal: str, limits: Thresholds, unasked: bool) -> Expr:
    """Give the completion; of a printed target none before there is an actual."""
    name, symbol, target, unit, actual = (
        listed.cell(row.key, column)
        for column in (listed.name, listed.symbol, goal, listed.unit, listed.actual)
    )
    about = [
        listed.cell(row.key, column)
        for column in (listed.name, listed.group, listed.category)
        if column in row.items
    ]
    unsigned = scoring.is_to_reach(about, target, actual) if unasked else None
    rate = scoring.completion(name, symbol, target, unit, actual, limits, unsigned)
    return rate if row.items[listed.target].is_input else If(Filled(actual), rate, Unknown())


def _required(listed: Indicators, row: Row, fixed: bool) -> Iterator[tuple[str, Item]]:
    """Give what a row in use cannot do without."""
    used = row_in_use_test(listed.block, row)
    for column in (listed.name, listed.target, listed.actual):
        item = row.items[column]
        if item.is_input and item.required is False:
            yield column, replace(item, required=used if fixed else True)
