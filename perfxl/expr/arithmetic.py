"""Sums, differences, ratios and their rounding."""

from __future__ import annotations

from decimal import Decimal

from perfxl.expr.cells import Const, Number
from perfxl.expr.rounding import (
    EXACT_PLACES,
    FINE_PLACES,
    RATE_PLACES,
    WHOLE,
    just_below,
    rate_shown,
    rounded,
)
from perfxl.expr.tree import Env, Expr, Grid, Key, Names, decimal

UNBOUNDED = "10^300"  # no figure is as large


def rounded_value(expr: Expr, env: Env, places: int) -> Decimal | None:
    """Give the rounded value of `expr`, by the same two steps as `rounded_formula`."""
    value = decimal(expr.evaluate(env))
    if value is None:
        return None
    fine = rounded(value, FINE_PLACES) if expr.dusty() and places < FINE_PLACES else value
    return rounded(fine, places)


def rounded_formula(expr: Expr, grid: Grid, places: int) -> str:
    """Give Excel's ROUND of `expr`; the dust of a sum is taken off first, it could tip a half."""
    text = expr.formula(grid)
    if expr.dusty() and places < FINE_PLACES:
        text = f"ROUND({text},{FINE_PLACES})"
    return f"ROUND({text},{places})"


class Sum(Expr, frozen=True):
    """The sum of its terms."""

    terms: tuple[Expr, ...]

    def parts(self) -> tuple[Expr, ...]:
        return self.terms

    def dusty(self) -> bool:
        return True

    def evaluate(self, env: Env) -> Decimal | None:
        total = Decimal(0)
        for term in self.terms:
            value = decimal(term.evaluate(env))
            if value is None:
                return None
            total += value
        return total

    def formula(self, grid: Grid) -> str:
        if not self.terms:
            return "0"  # a spreadsheet has no SUM()
        keys = [term.key for term in self.terms if isinstance(term, Number)]
        others = [term.formula(grid) for term in self.terms if not isinstance(term, Number)]
        return f"SUM({','.join(filter(None, [grid.cells(keys) if keys else '', *others]))})"

    def words(self, names: Names) -> str:
        shown = [term for term in self.terms if not _prints_zero(term, names)] or self.terms[:1]
        rest = ",其余各行为 0" if len(shown) < len(self.terms) else ""
        return " + ".join(term.words(names) for term in shown) + rest


def _prints_zero(term: Expr, names: Names) -> bool:
    return isinstance(term, Number) and names.figure(term.key).strip() in {"0", "0.00"}


class _Binary(Expr, frozen=True):
    left: Expr
    right: Expr

    def parts(self) -> tuple[Expr, ...]:
        return (self.left, self.right)

    def _operands(self, env: Env) -> tuple[Decimal, Decimal] | None:
        left, right = decimal(self.left.evaluate(env)), decimal(self.right.evaluate(env))
        return None if left is None or right is None else (left, right)

    def _formula(self, operator: str, grid: Grid) -> str:
        return f"({self.left.formula(grid)}{operator}{self.right.formula(grid)})"

    def _words(self, operator: str, names: Names) -> str:
        return f"{self.left.words(names)} {operator} {self.right.words(names)}"


class Minus(_Binary, frozen=True):
    """left - right."""

    def dusty(self) -> bool:
        return not (isinstance(self.left, Round) and isinstance(self.right, Round))

    def evaluate(self, env: Env) -> Decimal | None:
        both = self._operands(env)
        return None if both is None else both[0] - both[1]

    def formula(self, grid: Grid) -> str:
        return self._formula("-", grid)

    def words(self, names: Names) -> str:
        return self._words("-", names)


class Times(_Binary, frozen=True):
    """left × right."""

    def evaluate(self, env: Env) -> Decimal | None:
        both = self._operands(env)
        return None if both is None else both[0] * both[1]

    def formula(self, grid: Grid) -> str:
        return self._formula("*", grid)

    def words(self, names: Names) -> str:
        return self._words("×", names)


class Ratio(_Binary, frozen=True):
    """left ÷ right; unknown when right is zero."""

    def evaluate(self, env: Env) -> Decimal | None:
        both = self._operands(env)
        return None if both is None or both[1] == 0 else both[0] / both[1]

    def formula(self, grid: Grid) -> str:
        return self._formula("/", grid)

    def guards(self, grid: Grid) -> list[str]:
        inner = [*self.left.guards(grid), *self.right.guards(grid)]
        zero = [] if isinstance(self.right, Const) else [f"{self.right.formula(grid)}<>0"]
        return inner + zero

    def words(self, names: Names) -> str:
        return self._words("÷", names)


class Round(Expr, frozen=True):
    """The operand rounded half away from zero."""

    operand: Expr
    places: int

    def parts(self) -> tuple[Expr, ...]:
        return (self.operand,)

    def evaluate(self, env: Env) -> Decimal | None:
        return rounded_value(self.operand, env, self.places)

    def formula(self, grid: Grid) -> str:
        return rounded_formula(self.operand, grid, self.places)

    def words(self, names: Names) -> str:
        return self.operand.words(names)


class ShownRate(Expr, frozen=True):
    """The operand, a rate, as `rate_shown` gives it: a cell holds what it shows."""

    operand: Expr
    borders: tuple[Decimal, ...] = (WHOLE,)

    def parts(self) -> tuple[Expr, ...]:
        return (self.operand,)

    def evaluate(self, env: Env) -> Decimal | None:
        value = decimal(self.operand.evaluate(env))
        return None if value is None else rate_shown(value, self.borders)

    def formula(self, grid: Grid) -> str:
        shown, exact = (
            rounded_formula(self.operand, grid, places) for places in (RATE_PLACES, EXACT_PLACES)
        )
        borders = [border.normalize() for border in sorted(set(self.borders))]
        reached = f"SUMPRODUCT(({exact}>={{{','.join(f'{border:f}' for border in borders)}}})*1)"
        most = ",".join((*(f"{just_below(border):f}" for border in borders), UNBOUNDED))
        return f"MIN({shown},CHOOSE({reached}+1,{most}))"

    def words(self, names: Names) -> str:
        return self.operand.words(names)


class Abs(Expr, frozen=True):
    """The operand without its sign."""

    operand: Expr

    def parts(self) -> tuple[Expr, ...]:
        return (self.operand,)

    def dusty(self) -> bool:
        return self.operand.dusty()

    def evaluate(self, env: Env) -> Decimal | None:
        value = decimal(self.operand.evaluate(env))
        return None if value is None else abs(value)

    def formula(self, grid: Grid) -> str:
        return f"ABS({self.operand.formula(grid)})"

    def words(self, names: Names) -> str:
        return f"|{self.operand.words(names)}|"


class Least(_Binary, frozen=True):
    """The smaller of two."""

    def evaluate(self, env: Env) -> Decimal | None:
        both = self._operands(env)
        return None if both is None else min(both)

    def formula(self, grid: Grid) -> str:
        return f"MIN({self.left.formula(grid)},{self.right.formula(grid)})"

    def words(self, names: Names) -> str:
        return f"{self._words('与', names)}中较小者"


class Greatest(_Binary, frozen=True):
    """The larger of two."""

    def evaluate(self, env: Env) -> Decimal | None:
        both = self._operands(env)
        return None if both is None else max(both)

    def formula(self, grid: Grid) -> str:
        return f"MAX({self.left.formula(grid)},{self.right.formula(grid)})"

    def words(self, names: Names) -> str:
        return f"{self._words('与', names)}中较大者"


class Largest(Expr, frozen=True):
    """The largest number in several cells, 0 where there is none; never unknown."""

    keys: tuple[Key, ...]

    def cells(self) -> tuple[Key, ...]:
        return self.keys

    def evaluate(self, env: Env) -> Decimal:
        numbers = (number for key in self.keys if (number := env.number(key)) is not None)
        return max(numbers, default=Decimal(0))

    def formula(self, grid: Grid) -> str:
        return f"MAX({grid.cells(self.keys)})"

    def words(self, names: Names) -> str:
        return f"{'、'.join(map(names.label, self.keys))}中最大者"
