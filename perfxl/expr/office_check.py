"""A check that an office wrote: its two sides compared, and what has to be known for that.

Excel takes a blank for 0 and compares anything with anything. A check of the office's would be no
better than ours where that hides a gap: what it needs is tested first, by formulas of the same
family, so in Python and in the workbook alike; where it is not known, the check waits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from enum import Enum, auto
from functools import reduce

from msgspec import Struct
from msgspec.structs import replace

from perfxl.expr.office import ARGUMENTS, EVERY, Area, Call, CellAt, Constant, Node, in_row
from perfxl.expr.rounding import FINE_PLACES
from perfxl.expr.spreadsheet import ZERO, number, outcome
from perfxl.expr.tree import Env, Expr, Grid, Key, Names, columns, nodes, references

_ASK = frozenset({"ISBLANK", "ISNUMBER", "ISERROR", "IFERROR"})  # after a blank or an error
_NOTHING = Constant("", '""')
_FIXED = (True, True)
_TURNED = {">=": "<=", ">": "<"}


class Blank(Enum):
    """What a blank in a cell means to a check."""

    ZERO = auto()  # nothing was spent: an amount that need not be filled
    PASSED_OVER = auto()  # another number: SUM and its like pass it over, an operator waits for it
    DUE = auto()  # it must be filled
    EMPTY = auto()  # a text that need not be filled: an empty text
    OURS = auto()  # nothing: a formula, or wording of the form


class Meaning(Struct, frozen=True):
    """What a form says of its cells; of a list column it is asked with EVERY as the row."""

    blank: Callable[[Key], Blank]
    figure: Callable[[Key], bool]  # whether the unit fills in a number
    formula: Callable[[Key], Expr | None]  # of a list column, that of any of its rows
    used: Callable[[str], Sequence[str]]  # of a list: the columns the unit fills


class OfficeCheck(Expr, frozen=True):
    """left `operator` right, but for a tolerance; unknown unless all it needs holds.

    Figures have their difference rounded to `places`: binary fractions leave dust, thirds do too.
    Texts (`places` None) are compared as Excel does.
    """

    operator: str  # = <> < <= > >=
    left: Node
    right: Node
    tolerance: Decimal = ZERO
    places: int | None = FINE_PLACES
    needs: tuple[Node, ...] = ()

    @property
    def test(self) -> Node:
        """The comparison as a formula."""
        if self.places is None:
            return Call(self.operator, (self.left, self.right))
        turned = self.operator in _TURNED
        gap = Call("ROUND", (_difference(self, turned), _constant(Decimal(self.places))))
        if self.operator in {"=", "<>"}:
            sign = "<=" if self.operator == "=" else ">"
            return Call(sign, (Call("ABS", (gap,)), _constant(self.tolerance)))
        return Call(_TURNED.get(self.operator, self.operator), (gap, _constant(self.tolerance)))

    def parts(self) -> tuple[Expr, ...]:
        return (self.left, self.right)

    def evaluate(self, env: Env) -> bool | None:
        tests = (*self.needs, *self._computable())
        if not all(test.evaluate(env) is True for test in tests):
            return None
        return self.test.evaluate(env) is True

    def _computable(self) -> tuple[Node, ...]:
        if self.places is not None:
            return (Call("ISNUMBER", (_difference(self, False),)),)
        sides = Call("=", (self.left, self.right))
        return (Call("NOT", (Call("ISERROR", (sides,)),)),)

    def formula(self, grid: Grid) -> str:
        return self.test.formula(grid)

    def guards(self, grid: Grid) -> list[str]:
        return [test.formula(grid) for test in (*self.needs, *self._computable())]

    def words(self, names: Names) -> str:
        return Call(self.operator, (self.left, self.right)).words(names)


class Side(Expr, frozen=True):
    """The figure on a side of a check, known where the check can be judged."""

    check: OfficeCheck
    side: Node

    def parts(self) -> tuple[Expr, ...]:
        return (self.check,)

    def evaluate(self, env: Env) -> Decimal | None:
        judged = self.check.evaluate(env) is not None
        value = outcome(number, self.side.value(env)) if judged else None
        return value if isinstance(value, Decimal) else None

    def formula(self, grid: Grid) -> str:
        return self.side.formula(grid)

    def dusty(self) -> bool:
        return self.side.dusty()

    def words(self, names: Names) -> str:
        return self.side.words(names)


def check_in_row(check: OfficeCheck, block: str, row: str) -> OfficeCheck:
    """Give a check of a row of an open list as it is of another."""
    left, right, *needs = (
        in_row(node, block, row) for node in (check.left, check.right, *check.needs)
    )
    return replace(check, left=left, right=right, needs=tuple(needs))


def _difference(check: OfficeCheck, turned: bool) -> Node:
    sides = (_operand(check.left), _operand(check.right))
    return Call("-", sides[::-1] if turned else sides)


def _operand(side: Node) -> Node:
    signed = isinstance(side, Call) and side.name not in ARGUMENTS
    return _bracketed(side) if signed else side


def _constant(value: Decimal) -> Constant:
    return Constant(value, f"{value.normalize():f}")


def guarded(check: OfficeCheck, meaning: Meaning) -> OfficeCheck:
    """Give a check with the tests of all that has to be known for it.

    What stands behind a formula that it refers to is asked for as well.
    """
    own = dict.fromkeys(cells_of(check))
    asked = set(_asked(check))
    waited = set(_operands(check)) - asked
    cells, areas = _behind(check, meaning)
    kinds = {key: meaning.blank(key) for key in cells}
    over = {key for key in waited if kinds[key] is Blank.PASSED_OVER}
    due = [key for key in cells if key in over or kinds[key] is Blank.DUE]
    filled = _single(due) or [key for key in cells if kinds[key] is not Blank.OURS]
    computed = [key for key in own if meaning.formula(key) and key not in asked]
    needs = (
        _are_filled(_ranges(filled, areas), len(_single(due))),
        _are_figures(_ranges(filter(meaning.figure, cells), areas)),
        _are_given(_single(computed)),
        *(_in_every_row(key, meaning) for key in (*due, *computed) if key.row == EVERY),
    )
    return replace(check, needs=tuple(need for need in needs if need))


def _single(keys: Iterable[Key]) -> list[Key]:
    return [key for key in keys if key.row != EVERY]


def _ranges(keys: Iterable[Key], areas: Iterable[Area]) -> tuple[Node, ...]:
    """Give references to these cells, as ranges where the office wrote one over nothing else."""
    left = dict.fromkeys(keys)
    found: list[Node] = []
    for area in areas:
        if left.keys() >= set(area.keys):
            found.append(area)
            left = {key: None for key in left if key not in area.keys}
    return (*found, *(_column(key) if key.row == EVERY else CellAt(key) for key in left))


def _column(key: Key) -> Area:
    return Area(((key,),), (_FIXED, _FIXED))


def _are_filled(cells: tuple[Node, ...], count: int) -> Node | None:
    """Give the test that these cells are filled, any of them where it is not said how many."""
    sign = "=" if count else ">"
    return Call(sign, (Call("COUNTA", cells), _constant(Decimal(count)))) if cells else None


def _are_figures(cells: tuple[Node, ...]) -> Node | None:
    """Give the test that what is filled of these is all numbers: SUM would pass over the rest."""
    return Call("=", (Call("COUNT", cells), Call("COUNTA", cells))) if cells else None


def _are_given(keys: Sequence[Key]) -> Node | None:
    """Give the test that these formulas give something: no error, no empty text."""
    given = (Call("<>", (CellAt(key), _NOTHING)) for key in keys)
    tests = (Call("IFERROR", (one, Constant(False, "FALSE"))) for one in given)
    return Call("AND", tuple(tests)) if keys else None


def _in_every_row(key: Key, meaning: Meaning) -> Node:
    """Give the test that a list column is filled in each row in use, with a number if computed."""
    columns = [key._replace(column=column) for column in meaning.used(key.block)]
    filled = (_bracketed(Call("<>", (_column(one), _NOTHING))) for one in columns)
    used = _bracketed(Call(">", (reduce(_plus, filled), _constant(ZERO))))
    number = Call("-", (_constant(Decimal(1)), Call("ISNUMBER", (_column(key),))))
    lacks = number if meaning.formula(key) else Call("=", (_column(key), _NOTHING))
    lacking = Call("SUMPRODUCT", (Call("*", (used, _bracketed(lacks))),))
    return Call("=", (lacking, _constant(ZERO)))


def _bracketed(node: Node) -> Node:
    return Call("()", (node,))


def _plus(left: Node, right: Node) -> Node:
    return Call("+", (left, right))


def cells_of(expr: Expr) -> Iterator[Key]:
    """Give the cells an expression refers to, list columns with EVERY as the row."""
    yield from references(expr)
    yield from (Key(block, EVERY, column) for block, column in columns(expr))


def _behind(expr: Expr, meaning: Meaning) -> tuple[list[Key], list[Area]]:
    """Give the cells and the ranges an expression hangs on, those behind formulas included.

    Behind a list column stand the columns that its formula names in its own row.
    """
    found: dict[Key, None] = {}
    areas: dict[Area, None] = {}
    waiting = [(expr, "")]
    for one, listed in waiting:
        areas.update(dict.fromkeys(node for node in nodes(one) if isinstance(node, Area)))
        for cell in cells_of(one):
            key = cell._replace(row=EVERY) if cell.block == listed else cell
            formula = meaning.formula(key) if key not in found else None
            found[key] = None
            if formula:
                waiting.append((formula, key.block if key.row == EVERY else ""))
    return list(found), list(areas)


def _asked(expr: Expr) -> Iterator[Key]:
    """Give the cells of which an expression itself asks whether they are blank or an error."""
    for node in nodes(expr):
        match node:
            case Call(name, (first, *_)) if name in _ASK:
                yield from cells_of(first)
            case Call("=" | "<>", sides) if _NOTHING in sides:
                yield from (key for side in sides for key in cells_of(side))


def _operands(expr: Expr, taken: bool = True) -> Iterator[Key]:
    """Give the cells whose value is computed with; functions of ranges pass over blanks."""
    if isinstance(expr, CellAt) and taken:
        yield expr.key
    if isinstance(expr, Call) and expr.name != "()":
        taken = expr.name not in ARGUMENTS or not ARGUMENTS[expr.name].ranges(0)
    for part in expr.parts():
        yield from _operands(part, taken)
