"""Returns on offices' own forms, filled with values that no two cells share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from functools import cache

from drawings import LAYOUTS, data, draw

from perfxl.expr.tree import Key
from perfxl.form.answers import Cell, Values, read_answers
from perfxl.form.model import Form, Item, Kind
from perfxl.form.raw import Raw
from perfxl.form.relations import Conclusion, Identity, Indicators
from perfxl.render.workbook import render
from perfxl.returns import workflow
from perfxl.returns.makers import OfficeMaker

YEAR = 2024


@cache
def terms(name: str) -> workflow.Terms:
    """Give what returns on a form that an office drew are held against."""
    return workflow.Terms(
        workflow.load_rubric(None), YEAR, maker=OfficeMaker(data(draw(LAYOUTS[name])))
    )


def filled(form: Form) -> dict[Key, Cell]:
    """Give a value for every input; a list has its first three rows filled."""
    measured = dict(_measured(form))
    who = form.only(Identity)
    own: Mapping[Key, Raw] = {who.year: Decimal(form.year)} if who else {}
    cells = {
        key: Cell(own.get(key, measured.get(key, _value(item, number))))
        for number, (key, item) in enumerate(form.inputs(), 1)
        if not form.blocks[key.block].repeats or key.row <= "003"
    }
    return {**cells, **concluded(form, cells)}


def concluded(form: Form, cells: Mapping[Key, Cell]) -> dict[Key, Cell]:
    """Give the total and the grade that follow from the scores."""
    values = Values(form, read_answers(form, cells))
    found = (_concluded(one, values) for one in form.of(Conclusion))
    return dict(pair for one in found for pair in one.items())


def _concluded(one: Conclusion, values: Values) -> dict[Key, Cell]:
    """Give the total that the scores come to, and the grade that it is."""
    total = values.number(one.total or one.stated)
    assert total is not None
    grade = next((name for name, floor in one.grades if total >= Decimal(floor)), "")
    return {one.stated: Cell(total), **({one.grade: Cell(grade)} if one.grade else {})}


def _measured(form: Form) -> Iterator[tuple[Key, Raw]]:
    """Give indicators that are met, one more done than was planned."""
    for one in form.of(Indicators):
        unit = "" if one.asks_for(form, one.unit) else "个"
        sign = "" if one.asks_for(form, one.symbol) else "≥"
        for number, row in enumerate(form.blocks[one.block].rows, 100):
            goal, done = f"{sign}{number}{unit}", f"{number + 1}{unit}"
            stated = form.items.get(one.cell(row.key, one.stated_rate))
            rate = (Decimal(number + 1) / number).quantize(Decimal("0.0001"))
            values: Mapping[str, Raw] = {
                one.symbol: "≥",
                one.unit: "个",
                one.target: Decimal(goal) if goal.isdecimal() else goal,
                one.adjusted: Decimal(goal) if goal.isdecimal() else goal,
                one.actual: Decimal(done) if done.isdecimal() else done,
                one.status: "已完成",
                one.stated_rate: rate * 100 if stated and stated.unit == "%" else rate,
            }
            yield from ((one.cell(row.key, column), value) for column, value in values.items())


def _value(item: Item, number: int) -> Raw:
    if item.choices:
        return item.choices[number % len(item.choices)]
    match item.kind:
        case Kind.AMOUNT:
            return number + Decimal("0.25")
        case Kind.NUMBER:
            return Decimal(number)
        case Kind.SCORE:
            return min(item.most or Decimal(5), Decimal(number))
        case Kind.RATE:
            return Decimal(number) / 1000
        case Kind.DATE:
            return date(YEAR + 1, 3, number % 28 + 1)
        case Kind.CODE:
            return f"{440_000 + number}"
    return f"第{number}格所填的内容"


def workbook(form: Form, cells: Mapping[Key, Cell]) -> bytes:
    """Give the template of a form with these cells filled."""
    live = workflow.live_form(form)
    return render(Values(live, read_answers(live, cells)))
