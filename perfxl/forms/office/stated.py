"""From the rows of «勾稽关系» to what a form states: trees over its cells, and what they need."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from perfxl.expr.office import EVERY, Area, Call, CellAt, Constant, Node, bare
from perfxl.expr.office_check import Blank, Meaning, OfficeCheck, guarded
from perfxl.expr.rounding import FINE_PLACES
from perfxl.expr.tree import Key
from perfxl.form.addresses import a1
from perfxl.form.model import row_key
from perfxl.form.relations import StatedCheck
from perfxl.forms.office.model import CHECKS_SHEET, DrawnCheck
from perfxl.reading.formula import Resolve, read_formula

_OPERATORS = {"≥": ">=", "≤": "<=", "≠": "<>"}


class Sides(NamedTuple):
    """Both sides of a comparison."""

    left: Node
    right: Node


def stated_checks(
    checks: Iterable[DrawnCheck], resolve: Resolve, meaning: Meaning, sheets: Sequence[str]
) -> Iterator[StatedCheck]:
    """Give the checks of a form without faults; one with a side beyond us is not judged.

    `resolve` and `meaning` tell of the form's cells, `sheets` are the names of its sheets.
    """
    for check in checks:
        left, right = (read_formula(side, resolve, sheets) for side in (check.left, check.right))
        if not (isinstance(left, Node) and isinstance(right, Node)):
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


def cell_by_cell(sides: Sides) -> Iterator[Sides]:
    """Give the sides, of two ranges those of each pair of cells; a list's stand in its first row.

    Where nothing of the form stands on either side, there is nothing to compare.
    """
    left, right = map(bare, sides)
    if not (isinstance(left, Area) and isinstance(right, Area)):
        yield sides
        return
    for row, other in zip(left.rows, right.rows, strict=True):
        for one, another in zip(row, other, strict=True):
            if one and another:
                yield Sides(_cell(one), _cell(another))


def _cell(key: Key) -> CellAt:
    return CellAt(key._replace(row=row_key(1)) if key.row == EVERY else key)


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
