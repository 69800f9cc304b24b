"""Returns on forms that offices drew, on our templates or on the office's own paper.

`filled` answers as a unit does whose return is right; `answers_of` gives values no two cells share,
so that one read in another's place is seen.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from drawings import LAYOUTS, at_random, data, draw

from perfxl.expr.tree import Key
from perfxl.form.answers import Cell, Values, read_answers
from perfxl.form.model import Form, Item, Kind, row_key
from perfxl.form.raw import Raw
from perfxl.form.relations import Conclusion, Identity, Indicators
from perfxl.forms.office.propose import propose
from perfxl.reading.drawing import read_drawing
from perfxl.reading.sheets import Book, read_book
from perfxl.render.inserted import with_texts
from perfxl.render.workbook import render
from perfxl.returns import workflow
from perfxl.returns.makers import OfficeMaker

YEAR = 2024
FILLED = 3  # rows of a list


@cache
def terms(name: str) -> workflow.Terms:
    """Give what returns on a form that an office drew are held against."""
    return workflow.Terms(
        workflow.load_rubric(None), YEAR, maker=OfficeMaker(data(draw(LAYOUTS[name])))
    )


def form_of(name: str) -> Form:
    return terms(name).form


def made_up(seed: int) -> tuple[bytes, bool]:
    """Give a form nobody would draw with the tokens proposed for it, and whether there are any."""
    blank = data(draw([at_random(seed)], blank=True))
    texts: dict[str, dict[tuple[int, int], str]] = {}
    for one in propose(read_drawing(blank)).cells:
        texts.setdefault(one.sheet, {})[one.area.first] = one.text
    return with_texts(blank, texts, []), bool(texts)


def filled(form: Form) -> dict[Key, Cell]:
    """Give a value for every input; of a list its first rows are filled."""
    measured = dict(_measured(form))
    who = form.only(Identity)
    own: Mapping[Key, Raw] = {who.year: Decimal(form.year)} if who else {}
    cells = {
        key: Cell(own.get(key, measured.get(key, _value(item, number))))
        for number, (key, item) in enumerate(form.inputs(), 1)
        if not form.blocks[key.block].repeats or key.row <= row_key(FILLED)
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
        block = form.blocks[one.block]
        count = FILLED if block.repeats else len(block.rows)
        for number, row in enumerate(block.rows, 100):
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
                one.weight: Decimal(100 - (count - 1) if number == 100 else 1),  # 100 in all
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


def on_own_paper(
    name: str, cells: Mapping[Key, Raw], lines: tuple[tuple[str, str, Any], ...] = ()
) -> bytes:
    """Give the office's own blank with these cells typed by hand; `lines` are written over it."""
    book, form = draw(LAYOUTS[name], blank=True), form_of(name)
    for key, raw in cells.items():
        block, at = form.blocks[key.block], form.column(key).at
        assert block.drawn is not None
        assert at is not None
        row = block.drawn[block.numbers[key.row]]
        paper = book[form.sheet_of[key.block].name]
        paper.cell(row + 1, at + 1).value = float(raw) if isinstance(raw, Decimal) else raw
    for sheet, cell, raw in lines:
        book[sheet][cell] = raw
    return data(book)


# ---------------------------------------------------------------- no answer like another

_FIGURES = {Kind.AMOUNT, Kind.SCORE, Kind.NUMBER}


def _answer(item: Item, number: int) -> Raw:
    if item.choices:
        return item.choices[number % len(item.choices)]
    if item.kind in _FIGURES:
        return Decimal(10_000 + number) / (1 if item.exact else 10)
    if item.kind is Kind.DATE:
        return date(YEAR, 1, 1) + timedelta(days=number)
    if item.kind is Kind.RATE:
        return Decimal(number) / 1000
    if item.kind is Kind.VALUE:
        return Decimal(2_000 + number)
    return f"答{number}" if item.kind is not Kind.CODE else f"C{number:05d}"


@cache
def answers_of(name: str, gaps: int) -> Mapping[Key, Raw]:
    """Give an answer for every cell drawn, each like no other; one in so many is left blank."""
    given, rng = dict[Key, Raw](), random.Random(f"{name} {gaps}")
    for block in form_of(name).blocks.values():
        for row in block.rows[: len(block.drawn or ())]:
            for column, item in row.items.items():
                blank = gaps and rng.randrange(gaps) == 0
                if item.is_input and not blank:
                    given[Key(block.key, row.key, column)] = _answer(item, len(given))
    return given


@cache
def own_paper(name: str, gaps: int = 0, lines: tuple[tuple[str, str, Any], ...] = ()) -> Book:
    """Give the office's own blank filled by hand; `lines` are further cells written over."""
    return read_book(on_own_paper(name, answers_of(name, gaps), lines))


@cache
def issued(name: str, gaps: int = 0) -> Book:
    """Give the template we issue, filled."""
    cells = {key: Cell(raw) for key, raw in answers_of(name, gaps).items()}
    form = form_of(name)
    return read_book(render(Values(form, read_answers(form, cells))))
