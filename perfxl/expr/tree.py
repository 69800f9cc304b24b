"""Expressions over the cells of a form: evaluated, printed as Excel, printed in words.

A rule's test, a total, a rate: each is one small tree of the nodes below. A node does three things
and they stand side by side, so they cannot drift apart: `evaluate` (Python, Decimal), `formula`
(Excel 2007 functions only) and `words` (Chinese, for people).

Not knowing is part of the language. A blank or unreadable operand, or a zero divisor, makes the
whole expression *unknown*: `evaluate` returns None and `excel` prints the caller's word for it
(an empty text, or 待填). Spreadsheets would rather coerce: SUM skips the text "12" where + reads
it, "abc">5 is TRUE, and a blank equals both 0 and "". Hence the COUNT guards `excel` puts in front.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import cache, lru_cache
from typing import NamedTuple, Protocol

PASSES, FAILS, PENDING, IDLE = "通过", "不通过", "待填", ""
MONEY_PLACES, RATE_PLACES = 2, 4
FINE_PLACES = 6  # 分 in 万元
EXACT_PLACES = 12  # of a rate that is judged or added up; binary fractions are exact as far
WHOLE = Decimal(1)
UNBOUNDED = "10^300"  # no figure is as large
FEW = 5  # cells that a formula names more shortly one by one

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


class Env(Protocol):
    """What an expression is evaluated against: the values of one return."""

    def number(self, key: Key) -> Decimal | None: ...
    def text(self, key: Key) -> str | None: ...
    def is_number(self, key: Key) -> bool: ...
    def is_filled(self, key: Key) -> bool: ...
    def is_lost(self, key: Key) -> bool: ...
    def is_legible(self, key: Key) -> bool: ...
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


class Names(Protocol):
    """How cells are called in words; `figure` is their printed value, "" where none is wanted."""

    def label(self, key: Key) -> str: ...
    def figure(self, key: Key) -> str: ...


def rounded(value: Decimal, places: int) -> Decimal:
    """Round half away from zero, as Excel's ROUND does (Python's own `round` is half-even)."""
    digits = max(28, value.adjusted() + places + 2)  # a pasted 1E+30 is no fault of ours
    found = value.quantize(_unit_in(places), ROUND_HALF_UP, _context(digits))
    return found or found.copy_abs()  # -0.004 is no -0.00


def rate_shown(value: Decimal, borders: Iterable[Decimal] = (WHOLE,)) -> Decimal:
    """Give a rate (a fraction) as it is shown: rounded, but short of each border it is short of.

    27,999 of 28,000 is 99.99 %, not 100 %; far from a border it is rounded like any figure.
    """
    exact = rounded(value, EXACT_PLACES)
    cuts = (just_below(border) for border in borders if exact < border)
    return min((rounded(value, RATE_PLACES), *cuts))


def just_below(border: Decimal) -> Decimal:
    """Give the highest rate shown that is short of a border."""
    return border - _unit_in(RATE_PLACES)


@cache  # for the few numbers of places there are
def _unit_in(places: int) -> Decimal:
    return Decimal(1).scaleb(-places)


@lru_cache(maxsize=16)  # nearly always that of 28 digits
def _context(digits: int) -> Context:
    return Context(prec=digits)


@lru_cache(maxsize=1024)  # few texts stand in thousands of formulas
def quoted(text: str) -> str:
    """Give `text` as an Excel string literal."""
    return '"' + text.replace('"', '""') + '"'


@dataclass(frozen=True, slots=True)
class Expr:
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
        body = leaf(self.formula(grid))
        for guard in reversed(self.open_guards(grid, known)):
            body = f"IF({guard},{body},{unknown})"
        return body

    def open_guards(self, grid: Grid, known: Known) -> list[str]:
        """Give the conditions still to be tested, the COUNT of the numbers first."""
        numbers = [key for key in dict.fromkeys(_numbers(self)) if key not in known]
        counted = [f"COUNT({grid.cells(numbers)})={len(numbers)}"] if numbers else []
        return counted + [g for g in dict.fromkeys(self.guards(grid)) if g not in known]

    def settled(self, grid: Grid, known: Known) -> Known:
        """Give what is known once this expression's guards hold."""
        return known | set(_numbers(self)) | set(self.guards(grid))

    def proved(self, grid: Grid) -> Known:
        """Give what is known where this, a test, holds."""
        return frozenset()


def decimal(value: Value | None) -> Decimal | None:
    """Give `value` if it is a number, else None."""
    return value if isinstance(value, Decimal) else None


def references(expr: Expr) -> Iterator[Key]:
    """Give the cells whose content has to be known for `expr` to be judged."""
    if isinstance(expr, (Number, Is)):
        yield expr.key
    if isinstance(expr, (Largest, Paired)):
        yield from expr.keys
    for part in expr.parts():
        yield from references(part)


def columns(expr: Expr) -> Iterator[tuple[str, str]]:
    """Give the list columns whose figures `expr` or a part of it adds up."""
    yield from expr.columns()
    for part in expr.parts():
        yield from columns(part)


def _numbers(expr: Expr) -> list[Key]:
    """Give the cells whose numbers `expr` takes, in the order they are named."""
    found: list[Key] = []
    ahead = [expr]
    while ahead:
        one = ahead.pop()
        if isinstance(one, Number):
            found.append(one.key)
        elif parts := one.parts():
            ahead += reversed(parts)
    return found


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


# ---------------------------------------------------------------- operands


@dataclass(frozen=True, slots=True)
class Const(Expr):
    """A fixed number."""

    value: Decimal

    def evaluate(self, env: Env) -> Decimal:
        return self.value

    def formula(self, grid: Grid) -> str:
        return str(self.value)

    def words(self, names: Names) -> str:
        return str(self.value)


ZERO, ONE = Const(Decimal(0)), Const(Decimal(1))


@dataclass(frozen=True, slots=True)
class Unknown(Expr):
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


@dataclass(frozen=True, slots=True)
class Number(Expr):
    """The number in a cell; None when the cell is blank or holds anything else."""

    key: Key

    def evaluate(self, env: Env) -> Decimal | None:
        return env.number(self.key)

    def formula(self, grid: Grid) -> str:
        return grid.cell(self.key)

    def words(self, names: Names) -> str:
        return f"{names.label(self.key)}{names.figure(self.key)}"


@dataclass(frozen=True, slots=True)
class Is(Expr):
    """Whether the text in a cell is one of `choices`; `blank` is what a blank yields: unknown."""

    key: Key
    choices: tuple[str, ...]
    blank: bool | None = None

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


@dataclass(frozen=True, slots=True)
class StillSays(Expr):
    """Whether a cell still shows the text that was kept of it; never unknown."""

    key: Key
    kept: Kept

    def evaluate(self, env: Env) -> bool:
        return folded(env.text(self.key) or "") == folded(self.kept.text)

    def formula(self, grid: Grid) -> str:
        return f"{tidy_formula(grid.cell(self.key))}={grid.cell(self.kept.key)}"

    def words(self, names: Names) -> str:
        return f"{names.label(self.key)}还是原来填的内容"


_SPACES = "\u3000\u00a0"  # full-width and no-break: Excel's TRIM knows neither
_CONTROLS = "".join(map(chr, range(32)))  # what Excel's CLEAN takes out
BLANKS = f"{_CONTROLS} {_SPACES}"
_TIDIED = str.maketrans(_SPACES, " " * len(_SPACES), _CONTROLS)


def tidy(text: str) -> str:
    """Give a text as `tidy_formula` does: single blanks, none at the ends, no line breaks."""
    return " ".join(filter(None, text.translate(_TIDIED).split(" ")))


@lru_cache(maxsize=8192)  # a cell is tested again and again
def tidy_formula(cell: str) -> str:
    """Excel text of a cell (or, inside SUMPRODUCT, of each of several), blanks put in order."""
    for space in _SPACES:
        cell = f'SUBSTITUTE({cell},"{space}"," ")'
    return f"TRIM(CLEAN({cell}))"


@lru_cache(maxsize=1024)  # of a return the same few are asked for over and over
def folded(text: str) -> str:
    """Give what two texts are compared by: Excel's = takes no notice of case."""
    return tidy(text).casefold()


# What names are compared without, besides blanks and width: punctuation, and what pasting leaves
# unseen. Signs among figures stay: «1.5», «3-6岁». ASC knows the width of the latter marks alone.
_WIDE_MARKS, _MARKS = "、。“”《》【】\u200b\u2060\ufeff", " (),;:"
_SQUEEZED = {
    **{ord("！") + n: chr(ord("!") + n) for n in range(94)},
    **dict.fromkeys(map(ord, f"{_WIDE_MARKS}{_MARKS}"), ""),
    **{ord(mark) + ord("！") - ord("!"): "" for mark in _MARKS.strip()},
}


def squeezed(text: str) -> str:
    """Give what two names are compared by: blanks, width and punctuation make no other name."""
    return tidy(text).translate(_SQUEEZED).casefold()


def squeezed_formula(cell: str) -> str:
    """Excel text of a cell (or, inside SUMPRODUCT, of each of several) as `squeezed` gives it."""
    return _without(_MARKS, f"ASC({_without(_WIDE_MARKS, tidy_formula(cell))})")


def _without(marks: str, cell: str) -> str:
    for mark in marks:
        cell = f'SUBSTITUTE({cell},"{mark}","")'
    return cell


def filled_formula(cell: str) -> str:
    """Excel test for 'holds more than blanks', full-width blanks included."""
    return f'{tidy_formula(cell)}<>""'


def filled_count_formula(grid: Grid, keys: Sequence[Key]) -> str:
    """Excel text of how many of these cells are filled."""
    filled = ((cells, f"({filled_formula(cells)})*1") for cells in grid.ranges(keys))
    return "+".join(f"SUMPRODUCT({text})" if ":" in cells else text for cells, text in filled)


def matches_formula(cells: str, choices: Sequence[str]) -> str:
    """Excel text of how many of these (put in order already) are one of `choices`."""
    return f"SUMPRODUCT(({cells}={{{','.join(map(quoted, choices))}}})*1)"


def is_blank(text: str) -> bool:
    """Whether a text is nothing but blanks, by the same measure as `filled_formula`."""
    return not text.strip(BLANKS)


@dataclass(frozen=True, slots=True)
class Filled(Expr):
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


@dataclass(frozen=True, slots=True)
class Paired(Expr):
    """Whether the texts in two cells are one of the pairs `choices`; never unknown."""

    keys: tuple[Key, Key]
    choices: tuple[tuple[str, str], ...]

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


@dataclass(frozen=True, slots=True)
class Says(Expr):
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


@dataclass(frozen=True, slots=True)
class Begins(Expr):
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


@dataclass(frozen=True, slots=True)
class IsNumber(Expr):
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


@dataclass(frozen=True, slots=True)
class Legible(Expr):
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


def texts_formula(cells: str) -> str:
    """Excel text of how many of these cells hold a text, 待填 among them.

    More than 0 is all that is told of a single one. COUNTIF with a pattern for any text counts
    numbers too in LibreOffice.
    """
    return f'SUMPRODUCT(ISTEXT({cells})*({cells}<>""))' if ":" in cells else f"LEN(T({cells}))"


@dataclass(frozen=True, slots=True)
class NotGiven(Expr):
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


@dataclass(frozen=True, slots=True)
class Literal(Expr):
    """A fixed text."""

    text: str

    def evaluate(self, env: Env) -> str:
        return self.text

    def formula(self, grid: Grid) -> str:
        return quoted(self.text)

    def words(self, names: Names) -> str:
        return self.text


# ---------------------------------------------------------------- arithmetic


@dataclass(frozen=True, slots=True)
class Sum(Expr):
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
        keys = [term.key for term in self.terms if isinstance(term, Number)]
        others = [term.formula(grid) for term in self.terms if not isinstance(term, Number)]
        return f"SUM({','.join(filter(None, [grid.cells(keys) if keys else '', *others]))})"

    def words(self, names: Names) -> str:
        shown = [term for term in self.terms if not _prints_zero(term, names)] or self.terms[:1]
        rest = ",其余各行为 0" if len(shown) < len(self.terms) else ""
        return " + ".join(term.words(names) for term in shown) + rest


def _prints_zero(term: Expr, names: Names) -> bool:
    return isinstance(term, Number) and names.figure(term.key).strip() in {"0", "0.00"}


@dataclass(frozen=True, slots=True)
class _Binary(Expr):
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


@dataclass(frozen=True, slots=True)
class Minus(_Binary):
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


@dataclass(frozen=True, slots=True)
class Times(_Binary):
    """left × right."""

    def evaluate(self, env: Env) -> Decimal | None:
        both = self._operands(env)
        return None if both is None else both[0] * both[1]

    def formula(self, grid: Grid) -> str:
        return self._formula("*", grid)

    def words(self, names: Names) -> str:
        return self._words("×", names)


@dataclass(frozen=True, slots=True)
class Ratio(_Binary):
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


@dataclass(frozen=True, slots=True)
class Round(Expr):
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


@dataclass(frozen=True, slots=True)
class ShownRate(Expr):
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


@dataclass(frozen=True, slots=True)
class Abs(Expr):
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


@dataclass(frozen=True, slots=True)
class Least(_Binary):
    """The smaller of two."""

    def evaluate(self, env: Env) -> Decimal | None:
        both = self._operands(env)
        return None if both is None else min(both)

    def formula(self, grid: Grid) -> str:
        return f"MIN({self.left.formula(grid)},{self.right.formula(grid)})"

    def words(self, names: Names) -> str:
        return f"{self._words('与', names)}中较小者"


@dataclass(frozen=True, slots=True)
class Greatest(_Binary):
    """The larger of two."""

    def evaluate(self, env: Env) -> Decimal | None:
        both = self._operands(env)
        return None if both is None else max(both)

    def formula(self, grid: Grid) -> str:
        return f"MAX({self.left.formula(grid)},{self.right.formula(grid)})"

    def words(self, names: Names) -> str:
        return f"{self._words('与', names)}中较大者"


@dataclass(frozen=True, slots=True)
class Largest(Expr):
    """The largest number in several cells, 0 where there is none; never unknown."""

    keys: tuple[Key, ...]

    def evaluate(self, env: Env) -> Decimal:
        numbers = (number for key in self.keys if (number := env.number(key)) is not None)
        return max(numbers, default=Decimal(0))

    def formula(self, grid: Grid) -> str:
        return f"MAX({grid.cells(self.keys)})"

    def words(self, names: Names) -> str:
        return f"{'、'.join(map(names.label, self.keys))}中最大者"


# ---------------------------------------------------------------- tests


@dataclass(frozen=True, slots=True)
class Compare(Expr):
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


@dataclass(frozen=True, slots=True)
class Not(Expr):
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


@dataclass(frozen=True, slots=True)
class _Several(Expr):
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


@dataclass(frozen=True, slots=True)
class All(_Several):
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


@dataclass(frozen=True, slots=True)
class Some(_Several):
    """Whether at least one test holds; unknown as soon as one is."""

    def evaluate(self, env: Env) -> bool | None:
        values = self._values(env)
        return None if values is None else any(values)

    def formula(self, grid: Grid) -> str:
        return f"OR({','.join(self._formulas(grid, '{0}>0'))})"

    def words(self, names: Names) -> str:
        return ",或".join(test.words(names) for test in self.tests)


@dataclass(frozen=True, slots=True)
class Tally(_Several):
    """How many of the tests hold."""

    def evaluate(self, env: Env) -> Decimal | None:
        values = self._values(env)
        return None if values is None else Decimal(sum(map(bool, values)))

    def formula(self, grid: Grid) -> str:
        return f"({'+'.join(f'({test})*1' for test in self._formulas(grid, '{0}'))})"

    def words(self, names: Names) -> str:
        return f"{len(self.tests)} 项中成立的项数"


@dataclass(frozen=True, slots=True)
class If(Expr):
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

    def excel(
        self, grid: Grid, unknown: str = '""', leaf: Leaf = str, known: Known = frozenset()
    ) -> str:
        inside = self.test.settled(grid, known)
        yes = self.yes.excel(grid, unknown, leaf, inside | self.test.proved(grid))
        no = self.no.excel(grid, unknown, leaf, inside)
        return self.test.excel(grid, unknown, lambda test: f"IF({test},{yes},{no})", known)

    def settled(self, grid: Grid, known: Known) -> Known:
        return self.test.settled(grid, known)  # whichever branch was taken

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


@dataclass(frozen=True, slots=True)
class Otherwise(Expr):
    """The operand, or a fallback (always known) where the operand is unknown."""

    operand: Expr
    fallback: Expr

    def evaluate(self, env: Env) -> Value | None:
        value = self.operand.evaluate(env)
        return self.fallback.evaluate(env) if value is None else value

    def formula(self, grid: Grid) -> str:
        raise TypeError("Otherwise may only stand at the top of an expression or in a branch of If")

    def excel(
        self, grid: Grid, unknown: str = '""', leaf: Leaf = str, known: Known = frozenset()
    ) -> str:
        return self.operand.excel(grid, leaf(self.fallback.formula(grid)), leaf, known)

    def settled(self, grid: Grid, known: Known) -> Known:
        return known

    def words(self, names: Names) -> str:
        return f"{self.operand.words(names)};无法计算时取 {self.fallback.words(names)}"


@dataclass(frozen=True, slots=True)
class Verdict(Expr):
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
        active = self.active
        if active is not None:
            known = active.settled(grid, known) | active.proved(grid)
        body = self.test.excel(
            grid,
            quoted(PENDING),
            lambda test: f"IF({test},{quoted(PASSES)},{quoted(FAILS)})",
            known,
        )
        if active is None:
            return body
        return f"IF({active.excel(grid, 'FALSE')},{body},{quoted(IDLE)})"

    def words(self, names: Names) -> str:
        return self.test.words(names)
