"""Comparisons and what is made of them: branches, fall-backs, verdicts."""

from __future__ import annotations

from decimal import Decimal

from perfxl.expr.arithmetic import Round, ShownRate, rounded_formula, rounded_value
from perfxl.expr.cells import ONE, ZERO, Const, Filled, Literal, Unknown, filled_count_formula
from perfxl.expr.rounding import MONEY_PLACES, rounded
from perfxl.expr.texts import quoted
from perfxl.expr.tree import (
    FAILS,
    IDLE,
    NO_PREMISES,
    PASSES,
    PENDING,
    Env,
    Expr,
    Grid,
    Key,
    Known,
    Leaf,
    Names,
    Premises,
    Value,
)


class Compare(Expr, frozen=True):
    """left `operator` right (one of = < <= > >=), both rounded to `places` before comparing."""

    operator: str
    left: Expr
    right: Expr
    places: int = MONEY_PLACES

    def parts(self) -> tuple[Expr, ...]:
        return (self.left, self.right)

    def evaluate(self, env: Env) -> bool | None:
        left, right = (rounded_value(side, env, self.places) for side in (self.left, self.right))
        if left is None or right is None:
            return None
        match self.operator:
            case "=":
                return left == right
            case "<":
                return left < right
            case "<=":
                return left <= right
            case ">":
                return left > right
            case ">=":
                return left >= right
        raise ValueError(self.operator)

    def formula(self, grid: Grid) -> str:
        left, right = (self._rounded(side, grid) for side in (self.left, self.right))
        return f"{left}{self.operator}{right}"

    def proved(self, grid: Grid) -> Known:
        above_zero = self.operator == ">" and self.right == ZERO
        return frozenset({f"{self.left.formula(grid)}<>0"}) if above_zero else frozenset()

    def _rounded(self, side: Expr, grid: Grid) -> str:
        if isinstance(side, Const):
            return f"{rounded(side.value, self.places).normalize():f}"
        return rounded_formula(side, grid, self.places)

    def words(self, names: Names) -> str:
        operator = {"<=": "≤", ">=": "≥"}.get(self.operator, self.operator)
        return f"{self.left.words(names)} {operator} {self.right.words(names)}"


ALWAYS = Compare("=", ONE, ONE)


class Not(Expr, frozen=True):
    """The opposite."""

    test: Expr

    def parts(self) -> tuple[Expr, ...]:
        return (self.test,)

    def evaluate(self, env: Env) -> bool | None:
        value = self.test.evaluate(env)
        return None if value is None else not value

    def formula(self, grid: Grid) -> str:
        return f"NOT({self.test.formula(grid)})"

    def words(self, names: Names) -> str:
        return f"并非({self.test.words(names)})"


class _Several(Expr, frozen=True):
    tests: tuple[Expr, ...]

    def parts(self) -> tuple[Expr, ...]:
        return self.tests

    def _values(self, env: Env) -> list[Value] | None:
        values: list[Value] = []
        for test in self.tests:
            value = test.evaluate(env)
            if value is None:
                return None
            values.append(value)
        return values

    def _formulas(self, grid: Grid, counted: str) -> list[str]:
        """Give the tests as Excel texts; those for being filled are one, `counted` over ranges."""
        keys = [test.key for test in self.tests if isinstance(test, Filled)]
        filled = counted.format(filled_count_formula(grid, keys), len(keys))
        others = [test.formula(grid) for test in self.tests if not isinstance(test, Filled)]
        return [filled, *others] if keys else others


class All(_Several, frozen=True):
    """Whether every test holds; unknown as soon as one is."""

    def evaluate(self, env: Env) -> bool | None:
        values = self._values(env)
        return None if values is None else all(values)

    def formula(self, grid: Grid) -> str:
        return f"AND({','.join(self._formulas(grid, '{0}={1}'))})"

    def proved(self, grid: Grid) -> Known:
        return frozenset[str | Key]().union(*(test.proved(grid) for test in self.tests))

    def words(self, names: Names) -> str:
        return ",且".join(test.words(names) for test in self.tests)


class Some(_Several, frozen=True):
    """Whether at least one test holds; unknown as soon as one is."""

    def evaluate(self, env: Env) -> bool | None:
        values = self._values(env)
        return None if values is None else any(values)

    def formula(self, grid: Grid) -> str:
        return f"OR({','.join(self._formulas(grid, '{0}>0'))})"

    def words(self, names: Names) -> str:
        return ",或".join(test.words(names) for test in self.tests)


class Tally(_Several, frozen=True):
    """How many of the tests hold."""

    def evaluate(self, env: Env) -> Decimal | None:
        values = self._values(env)
        return None if values is None else Decimal(sum(map(bool, values)))

    def formula(self, grid: Grid) -> str:
        return f"({'+'.join(f'({test})*1' for test in self._formulas(grid, '{0}'))})"

    def words(self, names: Names) -> str:
        return f"{len(self.tests)} 项中成立的项数"


class If(Expr, frozen=True):
    """One branch or the other; only the branch taken has to be known.

    It prints its own guards, so it may stand at the top or in a branch, never inside arithmetic.
    """

    test: Expr
    yes: Expr
    no: Expr

    def evaluate(self, env: Env) -> Value | None:
        test = self.test.evaluate(env)
        if test is None:
            return None
        return (self.yes if test else self.no).evaluate(env)

    def formula(self, grid: Grid) -> str:
        raise TypeError("If may only stand at the top of an expression or in a branch of If")

    def parts(self) -> tuple[Expr, ...]:
        return (self.test, self.yes, self.no)

    def premises(self, grid: Grid) -> Premises:
        return self.test.premises(grid)  # whichever branch is taken

    def behind(self, premises: Premises, grid: Grid, unknown: str, leaf: Leaf, known: Known) -> str:
        inside = premises.met(known)
        yes = self.yes.excel(grid, unknown, leaf, inside | self.test.proved(grid))
        no = self.no.excel(grid, unknown, leaf, inside)
        return self.test.behind(
            premises, grid, unknown, lambda test: f"IF({test},{yes},{no})", known
        )

    def words(self, names: Names) -> str:
        other = "" if isinstance(self.no, Unknown) else f";否则 {self.no.words(names)}"
        return f"{self.test.words(names)}时 {self.yes.words(names)}{other}"


def unrounded(expr: Expr) -> Expr:
    """Give an expression without the rounding it ends with."""
    match expr:
        case Round(operand) | ShownRate(operand):
            return operand
        case If(test, yes, no):
            return If(test, unrounded(yes), unrounded(no))
    return expr


def legibly(legible: Expr, operand: Expr) -> Expr:
    """Give the operand, or 待填 where a spreadsheet cannot tell what `check` would make of it.

    Any figure it gave there might be another than that of `check`.
    """
    return If(legible, operand, Literal(PENDING))


class Otherwise(Expr, frozen=True):
    """The operand, or a fallback (always known) where the operand is unknown."""

    operand: Expr
    fallback: Expr

    def evaluate(self, env: Env) -> Value | None:
        value = self.operand.evaluate(env)
        return self.fallback.evaluate(env) if value is None else value

    def formula(self, grid: Grid) -> str:
        raise TypeError("Otherwise may only stand at the top of an expression or in a branch of If")

    def premises(self, grid: Grid) -> Premises:
        return NO_PREMISES

    def behind(self, premises: Premises, grid: Grid, unknown: str, leaf: Leaf, known: Known) -> str:
        return self.operand.excel(grid, leaf(self.fallback.formula(grid)), leaf, known)

    def words(self, names: Names) -> str:
        return f"{self.operand.words(names)};无法计算时取 {self.fallback.words(names)}"


def _passing(test: str) -> str:
    return f"IF({test},{quoted(PASSES)},{quoted(FAILS)})"


class Verdict(Expr, frozen=True):
    """通过, 不通过 or 待填 for a test; IDLE where `active` says the row is not in use."""

    test: Expr
    active: Expr | None = None

    def parts(self) -> tuple[Expr, ...]:
        return (self.test,) if self.active is None else (self.test, self.active)

    def evaluate(self, env: Env) -> str:
        if self.active is not None and not self.active.evaluate(env):
            return IDLE
        value = self.test.evaluate(env)
        return PENDING if value is None else PASSES if value else FAILS

    def formula(self, grid: Grid) -> str:
        raise TypeError("Verdict may only stand at the top")

    def excel(
        self, grid: Grid, unknown: str = '""', leaf: Leaf = str, known: Known = frozenset()
    ) -> str:
        if self.active is None:
            return self._judged(grid, known)
        premises = self.active.premises(grid)
        active = self.active.behind(premises, grid, "FALSE", str, frozenset())
        judged = self._judged(grid, premises.met(known) | self.active.proved(grid))
        return f"IF({active},{judged},{quoted(IDLE)})"

    def _judged(self, grid: Grid, known: Known) -> str:
        return self.test.excel(grid, quoted(PENDING), _passing, known)

    def words(self, names: Names) -> str:
        return self.test.words(names)
