"""Expressions over the cells of a form: evaluated, printed as Excel, printed in words.

A rule's test, a total, a rate: each is one small tree of nodes, whose operands are nodes as well
(`cells`, `arithmetic`, `logic`, `aggregates`). A node does three things, which stand side by side
and so cannot drift apart: `evaluate` (Python, Decimal), `formula` (Excel 2007 functions only) and
`words` (Chinese, for people).

Not knowing is part of the language. A blank or unreadable operand, or a zero divisor, makes the
whole expression *unknown*: `evaluate` returns None and `excel` prints the caller's word for it
(an empty text, or 待填). Spreadsheets would rather coerce: SUM skips the text "12" where + reads
it, "abc">5 is TRUE, and a blank equals both 0 and "". Hence the COUNT guards `excel` puts in front.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple, Protocol

from msgspec import Struct

PASSES, FAILS, PENDING, IDLE = "通过", "不通过", "待填", ""

Value = Decimal | str | bool

Leaf = Callable[[str], str]


class Key(NamedTuple):
    """Names one cell of a form: block, row and column; the only address the core knows."""

    block: str
    row: str
    column: str = "value"

    def __str__(self) -> str:
        """`block.row.column`; a single-valued row leaves `.value` out."""
        return ".".join(self if self.column != "value" else self[:2])

    @classmethod
    def parse(cls, text: str) -> Key:
        """Give the key that `str` printed."""
        return cls(*text.split("."))


Known = frozenset[str | Key]


class Premises(NamedTuple):
    """The numbers that must be there for an expression to be computed, then the guards to hold."""

    numbers: Sequence[Key]
    guards: Sequence[str]

    def met(self, known: Known) -> Known:
        """Give what is known where these hold as well."""
        return known.union(self.numbers, self.guards)


NO_PREMISES = Premises((), ())


class Env(Protocol):
    """What an expression is evaluated against: the values of one return."""

    def number(self, key: Key) -> Decimal | None: ...
    def text(self, key: Key) -> str | None: ...
    def is_number(self, key: Key) -> bool: ...
    def is_filled(self, key: Key) -> bool: ...
    def is_lost(self, key: Key) -> bool: ...
    def is_legible(self, key: Key) -> bool: ...
    def seen(self, key: Key) -> Value | None: ...  # as Excel has it, None where it is blank
    def column(self, block: str, column: str) -> Sequence[Key]: ...
    def alike(
        self, block: str, columns: tuple[str, ...]
    ) -> Mapping[tuple[str, ...], list[str]]: ...


class Grid(Protocol):
    """Where cells stand, seen from the sheet the formula is written on."""

    def cell(self, key: Key) -> str: ...
    def cells(self, keys: Sequence[Key]) -> str: ...
    def ranges(self, keys: Sequence[Key]) -> list[str]: ...
    def column(self, block: str, column: str) -> str: ...
    def column_down_to(self, block: str, column: str, row: str) -> str: ...
    def alike_down_to(self, block: str, columns: Sequence[str], row: str) -> list[str]: ...


class Names(Protocol):
    """How cells are called in words; `figure` is their printed value, "" where none is wanted."""

    def label(self, key: Key) -> str: ...
    def figure(self, key: Key) -> str: ...


class Expr(Struct, frozen=True):
    """A node. Unknown operands make `evaluate` None; `formula` is right once the guards hold."""

    def evaluate(self, env: Env) -> Value | None:
        raise NotImplementedError

    def formula(self, grid: Grid) -> str:
        raise NotImplementedError

    def words(self, names: Names) -> str:
        raise NotImplementedError

    def parts(self) -> tuple[Expr, ...]:
        """The operands."""
        return ()

    def cells(self) -> tuple[Key, ...]:
        """The cells it names itself whose content has to be known."""
        return self.numbers()

    def numbers(self) -> tuple[Key, ...]:
        """The cells it names itself that must hold a number, else it is unknown."""
        return ()

    def columns(self) -> tuple[tuple[str, str], ...]:
        """The list columns, as block and column, whose figures it adds up.

        A mean of shares names none: to better a score is no reason to change an indicator, so such
        a change is one nobody asked for (see `check.rounds`).
        """
        return ()

    def dusty(self) -> bool:
        """Whether this adds or subtracts binary fractions: 0.3-0.1 is a little less than 0.2."""
        return False

    def guards(self, grid: Grid) -> list[str]:
        """Excel conditions that must hold, in this order, before `formula` may be computed."""
        parts = self.parts()
        return [guard for part in parts for guard in part.guards(grid)] if parts else []

    def excel(
        self, grid: Grid, unknown: str = '""', leaf: Leaf = str, known: Known = frozenset()
    ) -> str:
        """Excel text without the leading '='.

        `unknown` stands where the value is not known; `leaf` wraps the value where it is;
        `known` are the guards and numbers that the text around this one has already tested.
        """
        return self.behind(self.premises(grid), grid, unknown, leaf, known)

    def premises(self, grid: Grid) -> Premises:
        """Give what must be known before this may be computed, and is wherever it was."""
        return Premises(_numbers(self), self.guards(grid))

    def behind(self, premises: Premises, grid: Grid, unknown: str, leaf: Leaf, known: Known) -> str:
        """Give `excel` with its premises tested first, the numbers by one COUNT."""
        body = leaf(self.formula(grid))
        for guard in reversed([g for g in dict.fromkeys(premises.guards) if g not in known]):
            body = f"IF({guard},{body},{unknown})"
        if numbers := [key for key in dict.fromkeys(premises.numbers) if key not in known]:
            body = f"IF(COUNT({grid.cells(numbers)})={len(numbers)},{body},{unknown})"
        return body

    def proved(self, grid: Grid) -> Known:
        """Give what is known where this, a test, holds."""
        return frozenset()


def decimal(value: Value | None) -> Decimal | None:
    """Give `value` if it is a number, else None."""
    return value if isinstance(value, Decimal) else None


def nodes(expr: Expr) -> list[Expr]:
    """Give a tree's nodes, each before its operands."""
    found, ahead = [], [expr]
    while ahead:
        node = ahead.pop()
        found.append(node)
        if parts := node.parts():
            ahead += reversed(parts)
    return found


def references(expr: Expr) -> Iterator[Key]:
    """Give the cells whose content has to be known for `expr` to be judged."""
    return (key for node in nodes(expr) for key in node.cells())


def columns(expr: Expr) -> Iterator[tuple[str, str]]:
    """Give the list columns whose figures `expr` or a part of it adds up."""
    return (column for node in nodes(expr) for column in node.columns())


def _numbers(expr: Expr) -> list[Key]:
    """Give the numbers that a tree names, without a list of its nodes: it is asked often."""
    found, ahead = list[Key](), [expr]
    while ahead:
        node = ahead.pop()
        found += node.numbers()
        if parts := node.parts():
            ahead += reversed(parts)
    return found
