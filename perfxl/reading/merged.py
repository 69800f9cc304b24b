"""Merged cells over the inputs of a form: what of them holds for the cells they cover.

A merge keeps the content of its first cell alone. Over the rows of a list, in a column whose texts
say what a row belongs to, it means that text in each of them; so it does where texts tell of rows
that are alike, as the reasons of indicators do. Over any other inputs nobody can tell what they
hold: these are lost, not blank.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec.structs import replace

from perfxl.expr.texts import tidy
from perfxl.expr.tree import Key
from perfxl.form.addresses import a1
from perfxl.form.answers import Cell, Flaw
from perfxl.form.model import NUMERIC, Block, Form, Kind
from perfxl.form.raw import text_of
from perfxl.form.relations import Indicators
from perfxl.reading.find import Found
from perfxl.reading.scan import Area

MEASURED = NUMERIC | {Kind.VALUE}
_WORDS = frozenset({Kind.TEXT, Kind.LONG})


def merged(
    form: Form, found: Mapping[str, Found], cells: Mapping[Key, Cell]
) -> tuple[dict[Key, Cell], list[Flaw]]:
    """Give the cells that merges make other than they are in the file, and what to say of these."""
    changed, flaws = dict[Key, Cell](), list[Flaw]()
    for name, spot in found.items():
        columns = _input_columns(form.blocks[name], spot)
        for area in sorted(spot.paper.scan.merges):
            keys = _inputs(form, name, spot, columns, area, cells)
            first = next((key for key in keys if _at(spot, key) == area[:2]), None)
            blank = spot.paper.cell(*area[:2]).blank and all(cells[key].blank for key in keys)
            if set(keys) - {first} and not blank:
                more = dict(_read(form, keys, first, cells))
                changed |= more
                flaws += _flaws(form, area, first, more, cells)
    return changed, flaws


def _input_columns(block: Block, spot: Found) -> dict[str, int]:
    rows = block.rows[:1] if block.repeats else block.rows
    inputs = {column for row in rows for column, item in row.items.items() if item.is_input}
    return {column: at for column, at in spot.columns.items() if column in inputs}


def _inputs(
    form: Form,
    name: str,
    spot: Found,
    columns: Mapping[str, int],
    area: Area,
    cells: Mapping[Key, Cell],
) -> list[Key]:
    """Give the inputs in an area, without those of rows that need not be in use and are not."""
    block = form.blocks[name]
    top, left, bottom, right = area
    within = [column for column, at in columns.items() if left <= at <= right]
    if not within:
        return []
    rows = [row for row, at in spot.rows.items() if top <= at <= bottom]
    keys = (Key(block.key, row, column) for row in rows for column in within)
    used = {row for row in rows if not _are_alike(form, block) or _is_used(block, row, cells)}
    return [key for key in keys if key.row in used and key in cells and _is_input(block, key)]


def _is_input(block: Block, key: Key) -> bool:
    item = block.items.get(key)
    return item is not None and item.is_input


def _is_used(block: Block, row: str, cells: Mapping[Key, Cell]) -> bool:
    inputs = (Key(block.key, row, c) for c in block.rows[block.numbers[row]].items)
    return any(_is_input(block, key) and not cells[key].blank for key in inputs if key in cells)


def _at(spot: Found, key: Key) -> tuple[int, int]:
    return spot.rows[key.row], spot.columns[key.column]


def _read(
    form: Form, keys: list[Key], first: Key | None, cells: Mapping[Key, Cell]
) -> Iterator[tuple[Key, Cell]]:
    """Give the cells of an area, each with the text of the first or lost.

    A text in the first cell is its own in any case; a figure may be that of all of them together.
    """
    shared = first is not None and (form.column(first).spanning or _are_told(form, keys))
    for key in keys:
        cell = cells[key]
        if first is None or key.column != first.column or not shared:
            # what is covered and yet there was laid under a merge by a program, and is its own
            lost = form.items[key].kind in MEASURED if key == first else cell.blank
            if lost:
                yield key, replace(cell, lost=True)
        elif cell.blank:
            yield key, replace(cells[first], address=cell.address, covered=True)
        elif tidy(text_of(cell.raw)) != tidy(text_of(cells[first].raw)):
            yield key, replace(cell, lost=True)


def _are_told(form: Form, keys: Sequence[Key]) -> bool:
    """Whether cells hold what is told of rows that are alike: a reason merged is that of each."""
    alike = all(_are_alike(form, form.blocks[key.block]) for key in keys)
    told = all(form.items[key].kind in _WORDS for key in keys)
    return alike and told and len({key.column for key in keys}) == 1


def _are_alike(form: Form, block: Block) -> bool:
    """Whether all rows of a block ask for the same: those of a list, of indicators."""
    return block.repeats or any(one.block == block.key for one in form.of(Indicators))


def _flaws(
    form: Form,
    area: Area,
    first: Key | None,
    changed: Mapping[Key, Cell],
    cells: Mapping[Key, Cell],
) -> Iterator[Flaw]:
    top, left, bottom, right = area
    if first and any(cell.covered and not cell.blank for cell in changed.values()):
        held = cells[first]
        covered = f"到 {a1(bottom, right)}“{text_of(held.raw)}”"
        yield Flaw("names_merged", held.address, first, form.label(first), covered)
    where = f"{a1(top, left)}:{a1(bottom, right)}"
    for key, cell in changed.items():
        if cell.lost:
            yield Flaw("inputs_merged", cell.address, key, form.label(key), where)
