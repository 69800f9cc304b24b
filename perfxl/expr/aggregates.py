"""Expressions over the columns of an open list: sums, weighted means, counts, joined hints.

The same three printers as in `expr`; apart because these nodes ask the grid for whole columns,
so they follow a list that has grown. Excel's SUMIF and COUNTIF read criteria as patterns (a name
like «>5» or «*»), therefore texts are compared inside SUMPRODUCT.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from perfxl.expr.cells import Kept, Legible
from perfxl.expr.rounding import FINE_PLACES, rounded
from perfxl.expr.texts import (
    filled_formula,
    folded,
    matches_formula,
    quoted,
    squeezed,
    squeezed_formula,
    texts_formula,
    tidy,
    tidy_formula,
)
from perfxl.expr.tree import FAILS, IDLE, PASSES, PENDING, Env, Expr, Grid, Key, Names

_HALF_A_PLACE = Decimal("0.00005")  # of a whole: what weights of two decimals are rounded by


def _mask(cells: str, choices: Sequence[str]) -> str:
    return "+".join(f"({tidy_formula(cells)}={quoted(choice)})" for choice in choices)


class ColumnSum(Expr, frozen=True):
    """The sum of a list column; unknown while it holds no number, or what is or may be none."""

    block: str
    column: str

    def columns(self) -> tuple[tuple[str, str], ...]:
        return ((self.block, self.column),)

    def dusty(self) -> bool:
        return True

    def evaluate(self, env: Env) -> Decimal | None:
        keys = env.column(self.block, self.column)
        numbers = [number for key in keys if (number := env.number(key)) is not None]
        readable = len(numbers) == sum(map(env.is_filled, keys)) and not any(map(env.is_lost, keys))
        return sum(numbers, Decimal(0)) if numbers and readable else None

    def formula(self, grid: Grid) -> str:
        return f"SUM({grid.column(self.block, self.column)})"

    def guards(self, grid: Grid) -> list[str]:
        cells = grid.column(self.block, self.column)
        filled = f"SUMPRODUCT(({filled_formula(cells)})*1)"
        return [f"COUNT({cells})>0", f"COUNT({cells})={filled}"]

    def words(self, names: Names) -> str:
        return "各行之和"


class Subtotal(Expr, frozen=True):
    """The sum of the numbers in a list column; in a workbook, of those a filter leaves in view.

    Unknown where there is none.
    """

    block: str
    column: str

    def columns(self) -> tuple[tuple[str, str], ...]:
        return ((self.block, self.column),)

    def dusty(self) -> bool:
        return True

    def evaluate(self, env: Env) -> Decimal | None:
        numbers = map(env.number, env.column(self.block, self.column))
        known = [number for number in numbers if number is not None]
        return sum(known, Decimal(0)) if known else None

    def formula(self, grid: Grid) -> str:
        return f"SUBTOTAL(109,{grid.column(self.block, self.column)})"

    def guards(self, grid: Grid) -> list[str]:
        return [f"SUBTOTAL(102,{grid.column(self.block, self.column)})>0"]

    def words(self, names: Names) -> str:
        return "筛出各行之和"


class AddsUp(Expr, frozen=True):
    """Whether every row with a text in `by` has a weight in `column`, and these come to a whole.

    None is below zero, and together they are one of `sums`, or the same as fractions of 1, but for
    what each may be rounded. Unknown while a weight is not a number.
    """

    block: str
    column: str
    by: str
    sums: tuple[str, ...]

    def evaluate(self, env: Env) -> bool | None:
        weights = ColumnSum(self.block, self.column).evaluate(env)
        if weights is None:
            return None
        return not self.unweighed(env) and not self.negative(env) and self._whole(weights, env)

    def unweighed(self, env: Env) -> list[Key]:
        """Give the rows without a weight, by its cell."""
        keys = (key for key in env.column(self.block, self.column) if env.number(key) is None)
        return [key for key in keys if env.is_filled(key._replace(column=self.by))]

    def negative(self, env: Env) -> list[Key]:
        """Give the weights below zero."""
        return [k for k in env.column(self.block, self.column) if (env.number(k) or 0) < 0]

    def _whole(self, total: Decimal, env: Env) -> bool:
        count = sum(env.number(key) is not None for key in env.column(self.block, self.column))
        return any(
            rounded(abs(total - whole) - whole * count * _HALF_A_PLACE, FINE_PLACES) <= 0
            for whole in self._wholes()
        )

    def _wholes(self) -> list[Decimal]:
        return [Decimal(text) / part for text in self.sums for part in (1, 100)]

    def formula(self, grid: Grid) -> str:
        cells = grid.column(self.block, self.column)
        used = filled_formula(grid.column(self.block, self.by))
        near = ",".join(
            f"ROUND(ABS(SUM({cells})-{whole:f})-COUNT({cells})*{whole * _HALF_A_PLACE:f},"
            f"{FINE_PLACES})<=0"
            for whole in self._wholes()
        )
        weighed = f"SUMPRODUCT(({used})*(1-ISNUMBER({cells})))=0"
        return f"AND({weighed},SUMPRODUCT(({cells}<0)*1)=0,OR({near}))"

    def guards(self, grid: Grid) -> list[str]:
        return ColumnSum(self.block, self.column).guards(grid)

    def words(self, names: Names) -> str:
        return f"各行都有,不小于 0,合计为 {'或 '.join(self.sums)}"


class GroupSum(Expr, frozen=True):
    """The sum of `column` over the rows whose `by` names the same as this row's.

    Known only on the first row of its group, so that every group is shown and judged once, and
    only when every row of the group holds a number.
    """

    block: str
    column: str
    by: str
    row: str

    def columns(self) -> tuple[tuple[str, str], ...]:
        return ((self.block, self.column),)

    def dusty(self) -> bool:
        return True

    def evaluate(self, env: Env) -> Decimal | None:
        numbers = [env.number(key) for key in self.summed(env)]
        known = [number for number in numbers if number is not None]
        return sum(known, Decimal(0)) if numbers and len(known) == len(numbers) else None

    def summed(self, env: Env) -> list[Key]:
        """Give the cells of the group, none where this is not its first row."""
        name = _name(env, Key(self.block, self.row, self.by))
        rows = env.alike(self.block, (self.by,)).get((name or "",), [])
        first = bool(rows) and rows[0] == self.row
        return [Key(self.block, row, self.column) for row in rows] if first else []

    def _same(self, grid: Grid, cells: str) -> str:
        return _same_text(cells, grid.cell(Key(self.block, self.row, self.by)))

    def formula(self, grid: Grid) -> str:
        same = self._same(grid, grid.column(self.block, self.by))
        return f"SUMPRODUCT({same}*1,{grid.column(self.block, self.column)})"

    def guards(self, grid: Grid) -> list[str]:
        same = self._same(grid, grid.column(self.block, self.by))
        numbers = f"ISNUMBER({grid.column(self.block, self.column)})"
        return [*self.begins(grid), f"SUMPRODUCT({same}*(1-{numbers}))=0"]

    def begins(self, grid: Grid) -> list[str]:
        """Give the Excel conditions that this is the first row of a group."""
        above = self._same(grid, grid.column_down_to(self.block, self.by, self.row))
        name = filled_formula(grid.cell(Key(self.block, self.row, self.by)))
        return [name, f"SUMPRODUCT({above}*1)=1"]

    def texts(self, grid: Grid) -> str:
        """Give the Excel text of how many of the group's cells hold a text."""
        same = self._same(grid, grid.column(self.block, self.by))
        cells = grid.column(self.block, self.column)
        return f'SUMPRODUCT({same}*ISTEXT({cells})*({cells}<>""))'

    def words(self, names: Names) -> str:
        return "同名各行之和"


def _name(env: Env, key: Key) -> str | None:
    text = env.text(key)
    return None if text is None else squeezed(text)


def _folded(env: Env, key: Key) -> str | None:
    text = env.text(key)
    return None if text is None else folded(text)


class FirstOfItsKind(Expr, frozen=True):
    """Whether no row above holds the same names in the columns `by`; unknown where one is blank."""

    block: str
    by: tuple[str, ...]
    row: str

    def evaluate(self, env: Env) -> bool | None:
        own = (_name(env, Key(self.block, self.row, column)) for column in self.by)
        rows = env.alike(self.block, self.by).get(tuple(text or "" for text in own))
        return None if rows is None else rows[0] == self.row

    def formula(self, grid: Grid) -> str:
        own = (grid.cell(Key(self.block, self.row, column)) for column in self.by)
        down = grid.alike_down_to(self.block, self.by, self.row)
        alike = (_same_text(cells, cell) for cells, cell in zip(down, own, strict=True) if cells)
        return f"SUMPRODUCT({'*'.join(alike)}*1)=1"

    def guards(self, grid: Grid) -> list[str]:
        own = (grid.cell(Key(self.block, self.row, column)) for column in self.by)
        return [filled_formula(cell) for cell in own]

    def words(self, names: Names) -> str:
        return "与上面各行不重复"


def _same_text(cells: str, cell: str) -> str:
    """Excel test, one for each of `cells`, for holding the same name as `cell`."""
    return f"({squeezed_formula(cells)}={squeezed_formula(cell)})"


class AnyIs(Expr, frozen=True):
    """Whether any cell of a list column is one of `choices`; never unknown."""

    block: str
    column: str
    choices: tuple[str, ...]

    def evaluate(self, env: Env) -> bool:
        choices = set(map(folded, self.choices))
        return any(_folded(env, key) in choices for key in env.column(self.block, self.column))

    def formula(self, grid: Grid) -> str:
        mask = _mask(grid.column(self.block, self.column), self.choices)
        return f"SUMPRODUCT(({mask})*1)>0"

    def words(self, names: Names) -> str:
        return f"至少有一项{'或'.join(self.choices)}"


class NoneBelow(Expr, frozen=True):
    """Whether no row whose `by` is one of `choices` has less than 1 in `column`; never unknown."""

    block: str
    column: str
    by: str
    choices: tuple[str, ...]

    def evaluate(self, env: Env) -> bool:
        return not self.rows_below(env)

    def rows_below(self, env: Env) -> list[str]:
        """Give the keys of those rows."""
        choices = set(map(folded, self.choices))
        rows = [k.row for k in env.column(self.block, self.by) if _folded(env, k) in choices]
        shares = ((row, env.number(Key(self.block, row, self.column))) for row in rows)
        return [row for row, share in shares if share is not None and share < 1]

    def formula(self, grid: Grid) -> str:
        mask = _mask(grid.column(self.block, self.by), self.choices)
        cells = grid.column(self.block, self.column)
        return f"SUMPRODUCT(({mask})*ISNUMBER({cells})*({cells}<1))=0"

    def words(self, names: Names) -> str:
        return f"{'、'.join(self.choices)}没有未完成的"


class Mean(Expr, frozen=True):
    """The mean of `column` over the rows whose `by` is one of `choices`.

    Weighted by `weights` when every such row has one, none below 0, and their sum is positive; else
    plain: a mean lies within what it is made of.
    Unknown when there is no such row, and where nobody can tell which rows these are, or what they
    weigh. A row without a value counts as 0.
    """

    block: str
    column: str
    weights: str
    by: str
    choices: tuple[str, ...]

    def evaluate(self, env: Env) -> Decimal | None:
        choices = set(map(folded, self.choices))
        rows = [k.row for k in env.column(self.block, self.by) if _folded(env, k) in choices]
        cells = (*env.column(self.block, self.by), *env.column(self.block, self.weights))
        if not rows or any(map(env.is_lost, cells)):
            return None
        weights = [env.number(Key(self.block, row, self.weights)) for row in rows]
        known = [weight for weight in weights if weight is not None]
        odd = len(known) < len(rows) or min(known) < 0
        if odd or rounded(sum(known, Decimal(0)), FINE_PLACES) <= 0:
            known = [Decimal(1)] * len(rows)
        values = [env.number(Key(self.block, row, self.column)) or Decimal(0) for row in rows]
        return sum((v * w for v, w in zip(values, known, strict=True)), Decimal(0)) / sum(known)

    def formula(self, grid: Grid) -> str:
        mask = f"({_mask(grid.column(self.block, self.by), self.choices)})"
        values = grid.column(self.block, self.column)
        weights = grid.column(self.block, self.weights)
        fit = f"SUMPRODUCT({mask}*ISNUMBER({weights})*({weights}>=0))"
        weighed = f"{fit}=SUMPRODUCT({mask}*1)"
        total = f"SUMPRODUCT({mask}*1,{weights})"
        return (
            f"IF(AND({weighed},ROUND({total},{FINE_PLACES})>0),"
            f"SUMPRODUCT({mask}*1,{values},{weights})/{total},"
            f"SUMPRODUCT({mask}*1,{values})/SUMPRODUCT({mask}*1))"
        )

    def guards(self, grid: Grid) -> list[str]:
        mask = _mask(grid.column(self.block, self.by), self.choices)
        return [f"SUMPRODUCT(({mask})*1)>0"]  # Excel's SUMPRODUCT does not count bare TRUEs

    def words(self, names: Names) -> str:
        return f"{'、'.join(self.choices)}各指标完成率的加权平均"


class LegibleColumn(Expr, frozen=True):
    """Whether a spreadsheet, too, can tell what each cell of a list column says (see `Legible`)."""

    block: str
    column: str
    choices: tuple[str, ...] = ()
    odd: tuple[Kept, ...] = ()  # texts known to be none of the choices

    def evaluate(self, env: Env) -> bool:
        legible = {folded(text) for text in (*self.choices, *(kept.text for kept in self.odd))}
        keys = env.column(self.block, self.column)
        return all(env.is_legible(key) or _folded(env, key) in legible for key in keys)

    def formula(self, grid: Grid) -> str:
        cells = grid.column(self.block, self.column)
        if not self.choices:
            return f"{texts_formula(cells)}=0"
        texts = tidy_formula(cells)
        counts = [matches_formula(texts, ("", *self.choices))]
        counts += [f"SUMPRODUCT(({texts}={grid.cell(kept.key)})*1)" for kept in self.odd]
        return f"{'+'.join(counts)}=ROWS({cells})"

    def words(self, names: Names) -> str:
        return "这一列没有写成别的文字"


class LegibleGroup(Expr, frozen=True):
    """Whether a spreadsheet, too, can tell each figure of a group; unknown but on its first row."""

    group: GroupSum

    def evaluate(self, env: Env) -> bool | None:
        keys = self.group.summed(env)
        return all(map(env.is_legible, keys)) if keys else None

    def formula(self, grid: Grid) -> str:
        return f"{self.group.texts(grid)}=0"

    def guards(self, grid: Grid) -> list[str]:
        return self.group.begins(grid)

    def words(self, names: Names) -> str:
        return "同名各行没有写成文字"


class AnyFilled(Expr, frozen=True):
    """Whether any cell of a list column is filled; never unknown."""

    block: str
    column: str

    def evaluate(self, env: Env) -> bool:
        return any(map(env.is_filled, env.column(self.block, self.column)))

    def formula(self, grid: Grid) -> str:
        cells = grid.column(self.block, self.column)
        return f"SUMPRODUCT(({filled_formula(cells)})*1)>0"

    def words(self, names: Names) -> str:
        return "至少填一行"


class SumRows(Expr, frozen=True):
    """The sum of a column over the rows that hold these texts; never unknown.

    Texts and blanks in the column count as 0.
    """

    block: str
    column: str
    where: tuple[tuple[str, str], ...] = ()

    def evaluate(self, env: Env) -> Decimal:
        numbers = ((k.row, env.number(k)) for k in env.column(self.block, self.column))
        return sum((n for row, n in numbers if n and self._counts(env, row)), Decimal(0))

    def _counts(self, env: Env, row: str) -> bool:
        return all(env.text(Key(self.block, row, c)) == text for c, text in self.where)

    def formula(self, grid: Grid) -> str:
        cells = grid.column(self.block, self.column)
        if not self.where:
            return f"SUM({cells})"
        tests = [f"({grid.column(self.block, c)}={quoted(text)})" for c, text in self.where]
        return f"SUMPRODUCT({'*'.join(tests)}*1,{cells})"

    def words(self, names: Names) -> str:
        return "符合条件的各行之和"


def _count(grid: Grid, keys: Sequence[Key], verdict: str) -> str:
    """Excel text of how many cells hold this verdict; COUNTIF takes one range at a time."""
    return "+".join(f"COUNTIF({cells},{quoted(verdict)})" for cells in grid.ranges(keys))


class Worst(Expr, frozen=True):
    """The gravest of several verdicts: 不通过, else 待填, else 通过, else idle."""

    keys: tuple[Key, ...]

    def evaluate(self, env: Env) -> str:
        found = {env.text(key) for key in self.keys}
        return next((v for v in (FAILS, PENDING, PASSES) if v in found), IDLE)

    def formula(self, grid: Grid) -> str:
        body = quoted(IDLE)
        for verdict in (PASSES, PENDING, FAILS):
            body = f"IF({_count(grid, self.keys, verdict)}>0,{quoted(verdict)},{body})"
        return body

    def words(self, names: Names) -> str:
        return "各行中最严重的结果"


class FailCount(Expr, frozen=True):
    """How many of several verdicts are 不通过; unknown (blank) when none is."""

    keys: tuple[Key, ...]

    def evaluate(self, env: Env) -> Decimal | None:
        count = sum(env.text(key) == FAILS for key in self.keys)
        return Decimal(count) if count else None

    def formula(self, grid: Grid) -> str:
        return _count(grid, self.keys, FAILS)

    def guards(self, grid: Grid) -> list[str]:
        return [f"{self.formula(grid)}>0"]

    def words(self, names: Names) -> str:
        return "不通过的行数"


class Hints(Expr, frozen=True):
    """The wordings of those checks that fail, joined; unknown (blank) when none does.

    First comes `unread`, where not all of the `figures` are legible (see `Legible`).
    """

    hints: tuple[tuple[Key, str], ...]
    figures: Legible | None = None
    unread: str = ""

    def evaluate(self, env: Env) -> str | None:
        unread = "" if self.figures is None or self.figures.evaluate(env) else self.unread
        return unread + "".join(t for key, t in self.hints if env.text(key) == FAILS) or None

    def formula(self, grid: Grid) -> str:
        texts = [
            f'IF({grid.cell(key)}={quoted(FAILS)},{quoted(text)},"")' for key, text in self.hints
        ]
        if self.figures is not None:
            texts.insert(0, f'IF({self.figures.formula(grid)},"",{quoted(self.unread)})')
        return "&".join(texts)

    def words(self, names: Names) -> str:
        return "本行未通过的校验"


class Text(Expr, frozen=True):
    """The text in a cell, carried over with its blanks in order; unknown when blank."""

    key: Key

    def evaluate(self, env: Env) -> str | None:
        return tidy(env.text(self.key) or "") or None

    def formula(self, grid: Grid) -> str:
        return tidy_formula(grid.cell(self.key))

    def guards(self, grid: Grid) -> list[str]:
        return [filled_formula(grid.cell(self.key))]

    def words(self, names: Names) -> str:
        return names.label(self.key)
