"""Returns on forms an office drew, issued by us or on its own paper, no answer like another."""

from __future__ import annotations

import random
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from typing import Any

from drawings import LAYOUTS, data, draw

from perfxl.expr.tree import Key
from perfxl.form.answers import Cell, Values, read_answers
from perfxl.form.layout import place
from perfxl.form.model import Form, Item, Kind
from perfxl.form.raw import Raw
from perfxl.forms.office.compiled import compiled
from perfxl.forms.office.drawn import understand
from perfxl.reading.drawing import read_drawing
from perfxl.reading.sheets import Book, read_book
from perfxl.render.workbook import render

YEAR = 2024
_FIGURES = {Kind.AMOUNT, Kind.SCORE, Kind.NUMBER}


@cache
def form_of(name: str) -> Form:
    office = understand(read_drawing(data(draw(LAYOUTS[name]))))
    assert not office.faults
    return compiled(office, YEAR)


def _answer(item: Item, number: int) -> Raw:
    if item.choices:
        return item.choices[number % len(item.choices)]
    if item.kind in _FIGURES:
        return Decimal(10_000 + number) / 10
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
    book = draw(LAYOUTS[name], blank=True)
    form, given = form_of(name), answers_of(name, gaps)
    for spot in place(form).blocks.values():
        drawn = spot.block.drawn or range(0)
        for number, row in enumerate(spot.block.rows[: len(drawn)]):
            for column in (c for c in spot.block.columns if c.at is not None):
                raw = given.get(Key(spot.block.key, row.key, column.key))
                if raw is not None:
                    cell = book[spot.sheet.name].cell(drawn[number] + 1, (column.at or 0) + 1)
                    cell.value = float(raw) if isinstance(raw, Decimal) else raw
    for sheet, cell, raw in lines:
        book[sheet][cell] = raw
    return read_book(data(book))


@cache
def issued(name: str, gaps: int = 0) -> Book:
    """Give the template we issue, filled."""
    cells = {key: Cell(raw) for key, raw in answers_of(name, gaps).items()}
    form = form_of(name)
    return read_book(render(Values(form, read_answers(form, cells))))
