"""From the rows of «勾稽关系» to what a form states: trees over its cells, and what they need."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from perfxl.expr.office import EVERY, Area, Call, CellAt, Constant, Node, Verbatim, bare
from perfxl.expr.office_check import Blank, Meaning, OfficeCheck, cells_of, guarded
from perfxl.expr.rounding import FINE_PLACES
from perfxl.expr.tree import Expr, Key, nodes
from perfxl.form.addresses import a1
from perfxl.form.model import NUMERIC, Form, Item, Kind, row_key
from perfxl.form.relations import StatedCheck
from perfxl.forms.office.model import CHECKS_SHEET, DrawnCheck
from perfxl.reading.formula import Resolve, read_formula

_OPERATORS = {"≥": ">=", "≤": "<=", "≠": "<>"}


class Sides(NamedTuple):
    """Both sides of a comparison."""

    left: Node
    right: Node


def stated_checks(
    checks: Iterable[DrawnCheck], form: Form, resolve: Resolve, sheets: Sequence[str]
) -> Iterator[StatedCheck]:
    """Give the checks of a form without faults; one that takes what is beyond us is not judged.

    `resolve` tells which cells of the form they name, `sheets` are the names of its sheets.
    """
    meaning = _meaning(form)
    for check in checks:
        left, right = (read_formula(side, resolve, sheets) for side in (check.left, check.right))
        if not (isinstance(left, Node) and isinstance(right, Node)):
            continue
        if any(_is_beyond(side, meaning) for side in (left, right)):
            continue
        yield StatedCheck(
            id=check.id,
            severity=check.severity,
            tests=tuple(
                guarded(_compared(check, one, meaning), meaning)
                for one in cell_by_cell(Sides(left, right))
            ),
            what=check.what,
            tolerance=check.tolerance,
            fix=check.fix,
            place=f"{CHECKS_SHEET} {a1(check.row, 0)}",
        )


def _meaning(form: Form) -> Meaning:
    """Give what a blank means in each cell of a form, and which are figures."""

    def item(key: Key) -> Item:
        return form.items[_first(key)]

    def blank(key: Key) -> Blank:
        asked = item(key)
        if not asked.is_input:
            return Blank.OURS
        if asked.required is not False:
            return Blank.DUE
        if asked.kind is Kind.AMOUNT:
            return Blank.ZERO
        return Blank.PASSED_OVER if asked.kind in {*NUMERIC, Kind.VALUE} else Blank.EMPTY

    def figure(key: Key) -> bool:
        return item(key).is_input and item(key).kind in NUMERIC

    def used(block: str) -> tuple[str, ...]:
        return form.blocks[block].rows[0].inputs

    return Meaning(blank, figure, lambda key: item(key).formula, used)


def _first(key: Key) -> Key:
    """Give the cell of a list's first row for the whole column."""
    return key._replace(row=row_key(1)) if key.row == EVERY else key


def _is_beyond(expr: Expr, meaning: Meaning) -> bool:
    """Whether an expression hangs on a formula that is not computed here."""
    seen, waiting = set[Key](), [expr]
    for one in waiting:
        if any(isinstance(node, Verbatim) for node in nodes(one)):
            return True
        new = {*cells_of(one)} - seen
        seen |= new
        waiting += [formula for key in new if (formula := meaning.formula(key))]
    return False


def cell_by_cell(sides: Sides) -> Iterator[Sides]:
    """Give the sides, of two ranges those of each pair of cells; a list's stand in its first row.

    Each cell of a range is held against a figure that is written out. Where nothing of the form
    stands on either side, there is nothing to compare.
    """
    left, right = map(bare, sides)
    if not (isinstance(left, Area) and isinstance(right, Area)):
        yield from _each(sides) if isinstance(left, Area) or isinstance(right, Area) else (sides,)
        return
    for row, other in zip(left.rows, right.rows, strict=True):
        for one, another in zip(row, other, strict=True):
            if one and another:
                yield Sides(CellAt(_first(one)), CellAt(_first(another)))


def _each(sides: Sides) -> Iterator[Sides]:
    (area,) = (side for side in map(bare, sides) if isinstance(side, Area))
    for key in area.keys:
        cell = CellAt(_first(key))
        yield Sides(*(cell if isinstance(bare(side), Area) else side for side in sides))


def _compared(check: DrawnCheck, sides: Sides, meaning: Meaning) -> OfficeCheck:
    texts = any(_is_text(side, meaning) for side in sides)
    operator = _OPERATORS.get(check.relation, check.relation)
    return OfficeCheck(operator, *sides, places=None if texts else FINE_PLACES)


def _is_text(side: Node, meaning: Meaning) -> bool:
    match bare(side):
        case Constant(held):
            return isinstance(held, str)
        case Call(name):
            return name == "&"
        case CellAt(key):
            return not meaning.figure(key) and meaning.blank(key) is not Blank.OURS
    return False
