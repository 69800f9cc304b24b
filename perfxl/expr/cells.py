"""What cells hold: numbers and texts, filled or not, legible to a spreadsheet or to us alone."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from perfxl.expr.texts import (
    filled_formula,
    folded,
    matches_formula,
    quoted,
    texts_formula,
    tidy,
    tidy_formula,
)
from perfxl.expr.tree import PENDING, Env, Expr, Grid, Key, Known, Leaf, Names

FEW = 5  # cells that a formula names more shortly one by one


class Const(Expr, frozen=True):
    """A fixed number."""

    value: Decimal

    def evaluate(self, env: Env) -> Decimal:
        return self.value

    def formula(self, grid: Grid) -> str:
        return str(self.value)

    def words(self, names: Names) -> str:
        return str(self.value)


ZERO, ONE = Const(Decimal(0)), Const(Decimal(1))


class Unknown(Expr, frozen=True):
    """What cannot be told by rule; always None."""

    def evaluate(self, env: Env) -> None:
        return None

    def formula(self, grid: Grid) -> str:
        raise TypeError("Unknown may only stand at the top of an expression or in a branch of If")

    def excel(
        self, grid: Grid, unknown: str = '""', leaf: Leaf = str, known: Known = frozenset()
    ) -> str:
        return unknown

    def words(self, names: Names) -> str:
        return "由人工判断"


class Number(Expr, frozen=True):
    """The number in a cell; None when the cell is blank or holds anything else."""

    key: Key

    def numbers(self) -> tuple[Key, ...]:
        return (self.key,)

    def evaluate(self, env: Env) -> Decimal | None:
        return env.number(self.key)

    def formula(self, grid: Grid) -> str:
        return grid.cell(self.key)

    def words(self, names: Names) -> str:
        return f"{names.label(self.key)}{names.figure(self.key)}"


class Is(Expr, frozen=True):
    """Whether the text in a cell is one of `choices`; `blank` is what a blank yields: unknown."""

    key: Key
    choices: tuple[str, ...]
    blank: bool | None = None

    def cells(self) -> tuple[Key, ...]:
        return (self.key,)

    def evaluate(self, env: Env) -> bool | None:
        text = env.text(self.key)
        return self.blank if text is None else folded(text) in map(folded, self.choices)

    def formula(self, grid: Grid) -> str:
        cell = tidy_formula(grid.cell(self.key))
        if len(self.choices) == 1:
            return f"{cell}={quoted(self.choices[0])}"
        return f"{matches_formula(cell, self.choices)}>0"

    def guards(self, grid: Grid) -> list[str]:
        return [filled_formula(grid.cell(self.key))] if self.blank is None else []

    def words(self, names: Names) -> str:
        return f"{names.label(self.key)}为“{'”或“'.join(self.choices)}”"


class Kept(NamedTuple):
    """A text as a unit typed it, blanks put in order, and the cell that keeps it.

    What others typed is never part of a formula: it is compared as one cell with another.
    """

    text: str
    key: Key


class StillSays(Expr, frozen=True):
    """Whether a cell still shows the text that was kept of it; never unknown."""

    key: Key
    kept: Kept

    def evaluate(self, env: Env) -> bool:
        return folded(env.text(self.key) or "") == folded(self.kept.text)

    def formula(self, grid: Grid) -> str:
        return f"{tidy_formula(grid.cell(self.key))}={grid.cell(self.kept.key)}"

    def words(self, names: Names) -> str:
        return f"{names.label(self.key)}还是原来填的内容"


def filled_count_formula(grid: Grid, keys: Sequence[Key]) -> str:
    """Excel text of how many of these cells are filled."""
    filled = ((cells, f"({filled_formula(cells)})*1") for cells in grid.ranges(keys))
    return "+".join(f"SUMPRODUCT({text})" if ":" in cells else text for cells, text in filled)


class Filled(Expr, frozen=True):
    """Whether a cell holds anything but blanks; never unknown."""

    key: Key

    def evaluate(self, env: Env) -> bool:
        return env.is_filled(self.key)

    def formula(self, grid: Grid) -> str:
        return filled_formula(grid.cell(self.key))

    def proved(self, grid: Grid) -> Known:
        return frozenset({self.formula(grid)})

    def words(self, names: Names) -> str:
        return f"{names.label(self.key)}已填"


class Paired(Expr, frozen=True):
    """Whether the texts in two cells are one of the pairs `choices`; never unknown."""

    keys: tuple[Key, Key]
    choices: tuple[tuple[str, str], ...]

    def cells(self) -> tuple[Key, ...]:
        return self.keys

    def evaluate(self, env: Env) -> bool:
        own = tuple(folded(env.text(key) or "") for key in self.keys)
        return any(own == tuple(map(folded, pair)) for pair in self.choices)

    def formula(self, grid: Grid) -> str:
        sides = zip(self.keys, zip(*self.choices, strict=True), strict=True)
        same = (
            f"({tidy_formula(grid.cell(key))}={{{','.join(map(quoted, texts))}}})"
            for key, texts in sides
        )
        return f"SUMPRODUCT({'*'.join(same)})>0"

    def words(self, names: Names) -> str:
        return f"{'、'.join(map(names.label, self.keys))}相配"


class Says(Expr, frozen=True):
    """Whether the text in a cell has one of `choices` in it; never unknown."""

    key: Key
    choices: tuple[str, ...]

    def evaluate(self, env: Env) -> bool:
        text = env.text(self.key) or ""
        return any(choice in text for choice in self.choices)

    def formula(self, grid: Grid) -> str:
        listed = ",".join(map(quoted, self.choices))
        return f"SUMPRODUCT(ISNUMBER(FIND({{{listed}}},{grid.cell(self.key)}))*1)>0"

    def words(self, names: Names) -> str:
        return f"{names.label(self.key)}里有“{'”或“'.join(self.choices)}”"


class Begins(Expr, frozen=True):
    """Whether a cell holds a text of at most so many characters that begins so; never unknown."""

    key: Key
    choices: tuple[str, ...]
    longest: int

    def evaluate(self, env: Env) -> bool:
        text = tidy(env.text(self.key) or "")
        return len(text) <= self.longest and text.startswith(self.choices)

    def formula(self, grid: Grid) -> str:
        cell, listed = tidy_formula(grid.cell(self.key)), ",".join(map(quoted, self.choices))
        begins = f"SUMPRODUCT((LEFT({cell},LEN({{{listed}}}))={{{listed}}})*1)>0"
        return f"AND(LEN({cell})<={self.longest},{begins})"

    def words(self, names: Names) -> str:
        return f"{names.label(self.key)}以“{'”或“'.join(self.choices)}”开头"


class IsNumber(Expr, frozen=True):
    """Whether a cell holds a number as such (not a text that reads like one); never unknown."""

    key: Key

    def evaluate(self, env: Env) -> bool:
        return env.is_number(self.key)

    def formula(self, grid: Grid) -> str:
        return f"ISNUMBER({grid.cell(self.key)})"

    def proved(self, grid: Grid) -> Known:
        return frozenset({self.key})

    def words(self, names: Names) -> str:
        return f"{names.label(self.key)}是数值"


class Legible(Expr, frozen=True):
    """Whether a spreadsheet, too, can tell what these cells say; never unknown.

    To it «112场» is no number, and «完成» none of `choices` (() where numbers belong), though
    `check` reads both. What `check` has read, or given up, is legible to us.
    """

    keys: tuple[Key, ...]
    choices: tuple[str, ...] = ()

    def evaluate(self, env: Env) -> bool:
        return all(env.is_legible(key) or self._is_blank(env, key) for key in self.keys)

    def _is_blank(self, env: Env, key: Key) -> bool:
        return bool(self.choices) and not env.is_filled(key)

    def formula(self, grid: Grid) -> str:
        if self.choices:
            cells = (tidy_formula(grid.cell(key)) for key in self.keys)
            found = (matches_formula(cell, ("", *self.choices)) for cell in cells)
            return f"{'*'.join(found)}>0"
        few = len(self.keys) < FEW  # a range of them is named twice
        named = [grid.cell(key) for key in self.keys] if few else grid.ranges(self.keys)
        return f"{'+'.join(map(texts_formula, named))}=0"

    def words(self, names: Names) -> str:
        return f"{'、'.join(map(names.label, self.keys))}没有写成文字"


class NotGiven(Expr, frozen=True):
    """What hangs on a cell left blank: 待填 to a spreadsheet, unknown to us.

    `check` may read the blank from the cells beside it; where it does, nothing hangs on this.
    """

    key: Key

    def evaluate(self, env: Env) -> str | None:
        return None if env.is_legible(self.key) else PENDING

    def formula(self, grid: Grid) -> str:
        return quoted(PENDING)

    def words(self, names: Names) -> str:
        return f"{names.label(self.key)}未填,由人工判断"


class Literal(Expr, frozen=True):
    """A fixed text."""

    text: str

    def evaluate(self, env: Env) -> str:
        return self.text

    def formula(self, grid: Grid) -> str:
        return quoted(self.text)

    def words(self, names: Names) -> str:
        return self.text
