"""Formulas that an office wrote itself: computed as Excel does, printed as they were typed.

The second family of nodes, beside those of our own rules. Here nothing is unknown: a blank is 0 and
"", an error is a value, and no guard is put in front. What a check may not know of such a formula
is said by `office_check`; `reading.formula` makes these trees from text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from itertools import chain
from math import prod
from typing import NamedTuple

from msgspec.structs import replace

from perfxl.expr.spreadsheet import (
    COMPARISONS,
    DIVIDED,
    NO_VALUE,
    SINGLE,
    ZERO,
    Array,
    ErrorValue,
    Failed,
    Scalar,
    criterion,
    known,
    number,
    outcome,
    spread,
    truth,
)
from perfxl.expr.tree import Env, Expr, Grid, Key, Names, Value

EVERY = "*"  # as the row of a key within a range: each row of an open list
_MOST_TOLD = 8  # cells of a range told one by one
_ADDRESS = re.compile(r"(.*!)?\$?([A-Z]+)\$?(\d+)")

Fixed = tuple[bool, bool]  # whether a $ stands before the column, before the row
LOOSE: Fixed = (False, False)


class Node(Expr, frozen=True):
    """A part of an office's formula."""

    def value(self, env: Env) -> Scalar:
        """Give what Excel computes, error values and blanks (None) among it."""
        raise NotImplementedError

    def array(self, env: Env) -> Array:
        """Give the values of a range, or those computed of one, row by row."""
        return [[self.value(env)]]

    def evaluate(self, env: Env) -> Value | None:
        value = self.value(env)
        return ZERO if value is None else value


class Constant(Node, frozen=True):
    """A number, a text, TRUE, an error as typed; blank where an argument is left out."""

    held: Scalar
    text: str = ""

    def value(self, env: Env) -> Scalar:
        return self.held

    def formula(self, grid: Grid) -> str:
        return self.text

    def words(self, names: Names) -> str:
        return f"“{self.held}”" if type(self.held) is str else self.text


class CellAt(Node, frozen=True):
    """A cell."""

    key: Key
    fixed: Fixed = LOOSE

    def cells(self) -> tuple[Key, ...]:
        return (self.key,)

    def value(self, env: Env) -> Scalar:
        return env.seen(self.key)

    def formula(self, grid: Grid) -> str:
        prefix, column, row = _address(grid.cell(self.key))
        return f"{prefix}{_dollars(column, row, self.fixed)}"

    def words(self, names: Names) -> str:
        return _told(self.key, names)


def _told(key: Key, names: Names) -> str:
    return f"{names.label(key)}{names.figure(key)}"


def _address(reference: str) -> tuple[str, str, str]:
    """Give what names the sheet, the letters and the digits of a reference."""
    found = _ADDRESS.fullmatch(reference)
    assert found is not None, reference
    return found[1] or "", found[2], found[3]


def _dollars(column: str, row: str, fixed: Fixed) -> str:
    return f"{'$' * fixed[0]}{column}{'$' * fixed[1]}{row}"


Cells = tuple[Key | None, ...]


class Area(Node, frozen=True):
    """A range: row by row its cells, None where nothing of the form stands.

    A row whose keys have EVERY as theirs, all of them, stands for all rows of an open list. Its
    outer rows and columns hold a cell each. `fixed` tells of its first corner, then of its last.
    """

    rows: tuple[Cells, ...]
    fixed: tuple[Fixed, Fixed] = (LOOSE, LOOSE)

    @property
    def keys(self) -> list[Key]:
        """All its cells."""
        return [key for row in self.rows for key in row if key]

    @property
    def shape(self) -> tuple[int, tuple[str, ...]]:
        """What is equal where each cell has its like: the width, and which rows are lists."""
        firsts = (next(filter(None, row), None) for row in self.rows)
        lists = (key.block if key and key.row == EVERY else "" for key in firsts)
        return len(self.rows[0]), tuple(lists)

    def cells(self) -> tuple[Key, ...]:
        return tuple(key for key in self.keys if key.row != EVERY)

    def columns(self) -> tuple[tuple[str, str], ...]:
        return tuple((key.block, key.column) for key in self.keys if key.row == EVERY)

    def value(self, env: Env) -> Scalar:
        ((value, *more), *rows) = self.array(env)
        return NO_VALUE if more or rows else value

    def array(self, env: Env) -> Array:
        rows = chain.from_iterable(_grown(row, env) for row in self.rows)
        return [[key and env.seen(key) for key in row] for row in rows]

    def formula(self, grid: Grid) -> str:
        columns = list(zip(*self.rows, strict=True))
        prefix, left, _ = _corner(grid, columns[0], 0)
        right = _corner(grid, columns[-1], -1)[1]
        top, bottom = (_corner(grid, self.rows[end], end)[2] for end in (0, -1))
        first, last = self.fixed
        return f"{prefix}{_dollars(left, top, first)}:{_dollars(right, bottom, last)}"

    def told(self, names: Names) -> list[str]:
        """Give its cells in words; those of a list, and too many, as one."""
        keys = self.keys
        if self.columns():
            return [f"{names.label(keys[0])}各行"]
        if len(keys) > _MOST_TOLD:
            return [f"{names.label(keys[0])} 至 {names.label(keys[-1])} 各格"]
        return [_told(key, names) for key in keys]

    def words(self, names: Names) -> str:
        return "、".join(self.told(names))


def _grown(row: Cells, env: Env) -> Iterator[Cells]:
    """Give the row, or all rows of the list it stands for."""
    listed = next((key for key in row if key and key.row == EVERY), None)
    if listed is None:
        yield row
        return
    for own in env.column(listed.block, listed.column):
        yield tuple(key and key._replace(row=own.row) for key in row)


def _corner(grid: Grid, keys: Cells, end: int) -> tuple[str, str, str]:
    """Give the address of a cell among these; of a list that of its first (0) or last row (-1)."""
    key = next(filter(None, keys))
    if key.row == EVERY:
        return _address(grid.column(key.block, key.column).split(":")[end])
    return _address(grid.cell(key))


class Call(Node, frozen=True):
    """A function of its operands, or what is written as a sign (see `SINGLE`)."""

    name: str
    operands: tuple[Node, ...]

    def parts(self) -> tuple[Node, ...]:
        return self.operands

    def value(self, env: Env) -> Scalar:
        if self.name in SINGLE:
            return outcome(SINGLE[self.name], *(part.value(env) for part in self.operands))
        return outcome(RANGED[self.name], env, *self.operands)

    def array(self, env: Env) -> Array:
        if self.name in SINGLE:
            return spread(SINGLE[self.name], [part.array(env) for part in self.operands])
        return [[self.value(env)]]

    def dusty(self) -> bool:
        own = self.name in {"+", "-"} or self.name.startswith("SUM")
        return own or any(part.dusty() for part in self.operands)

    def formula(self, grid: Grid) -> str:
        texts = [part.formula(grid) for part in self.operands]
        notation = _NOTATION.get(self.name)
        return notation.format(*texts) if notation else f"{self.name}({','.join(texts)})"

    def words(self, names: Names) -> str:
        told = [p.told(names) if isinstance(p, Area) else [p.words(names)] for p in self.operands]
        words = list(map("、".join, told))
        if self.name == "SUM":
            words = [f"{w}之和" if w.endswith(_MANY) else w for one in told for w in one]
        shown = _WORDS.get(f"{self.name}/{len(words)}") or _WORDS[self.name]
        joined = (" + " if self.name == "SUM" else "、").join(words)
        return shown.format(*words, every=joined)


def in_row(node: Node, block: str, row: str) -> Node:
    """Give a formula of a row of an open list as it stands in another; whole columns stay."""
    match node:
        case CellAt(key):
            return replace(node, key=_in_row(key, block, row))
        case Area(rows):
            moved = (tuple(key and _in_row(key, block, row) for key in one) for one in rows)
            return replace(node, rows=tuple(moved))
        case Call(_, operands):
            return replace(node, operands=tuple(in_row(one, block, row) for one in operands))
    return node


def _in_row(key: Key, block: str, row: str) -> Key:
    return key if key.block != block or key.row == EVERY else key._replace(row=row)


class Verbatim(Node, frozen=True):
    """A formula beyond what is computed here: printed as typed, with what it names where that is.

    Its value is not known: nothing that hangs on it is judged.
    """

    pieces: tuple[str | Node, ...]

    def parts(self) -> tuple[Node, ...]:
        return tuple(piece for piece in self.pieces if isinstance(piece, Node))

    def evaluate(self, env: Env) -> None:
        return None

    def formula(self, grid: Grid) -> str:
        return "".join(p.formula(grid) if isinstance(p, Node) else p for p in self.pieces)


def bare(node: Node) -> Node:
    """Give a node without brackets around it: a reference in brackets is still one."""
    while isinstance(node, Call) and node.name == "()":
        (node,) = node.operands
    return node


# ---------------------------------------------------------------- what functions of ranges compute


def _held(env: Env, nodes: tuple[Node, ...]) -> Iterator[tuple[Scalar, bool]]:
    """Give each value of some arguments, and whether it stands in a cell."""
    for node in nodes:
        cell = isinstance(bare(node), (CellAt, Area))
        yield from ((value, cell) for row in node.array(env) for value in row)


def _figures(env: Env, *nodes: Node) -> list[Decimal]:
    """Give the numbers among some arguments; texts, blanks and TRUE in cells are passed over."""
    held = ((known(value), cell) for value, cell in _held(env, nodes))
    return [number(value) for value, cell in held if not cell or isinstance(value, Decimal)]


def _mean(env: Env, *nodes: Node) -> Decimal:
    figures = _figures(env, *nodes)
    if not figures:
        raise Failed(DIVIDED)
    return sum(figures, ZERO) / len(figures)


def _count(env: Env, *nodes: Node) -> Decimal:
    found = (v if cell else outcome(number, v) for v, cell in _held(env, nodes))
    return Decimal(sum(isinstance(value, Decimal) for value in found))


def _truths(env: Env, *nodes: Node) -> list[bool]:
    held = ((known(value), cell) for value, cell in _held(env, nodes))
    found = [truth(v) for v, cell in held if not cell or isinstance(v, (Decimal, bool))]
    if not found:
        raise Failed(NO_VALUE)
    return found


def _if(env: Env, test: Node, yes: Node, no: Node | None = None) -> Scalar:
    if truth(test.value(env)):
        return yes.value(env)
    return False if no is None else no.value(env)


def _if_error(env: Env, operand: Node, instead: Node) -> Scalar:
    value = operand.value(env)
    return instead.value(env) if isinstance(value, ErrorValue) else value


def _flat(node: Node, env: Env) -> list[Scalar]:
    return list(chain.from_iterable(node.array(env)))


def _where(env: Env, *pairs: Node) -> Iterator[bool]:
    """Tell of each place whether it meets every criterion; ranges and criteria alternate."""
    tests = (
        map(criterion(wanted.value(env)), _flat(cells, env))
        for cells, wanted in zip(pairs[::2], pairs[1::2], strict=True)
    )
    return map(all, zip(*tests, strict=True))


def _sum_where(env: Env, summed: Node, *pairs: Node) -> Decimal:
    chosen = zip(_flat(summed, env), _where(env, *pairs), strict=True)
    held = (known(value) for value, meets in chosen if meets)
    return sum((value for value in held if isinstance(value, Decimal)), ZERO)


def _sum_of_products(env: Env, *nodes: Node) -> Decimal:
    arrays = [node.array(env) for node in nodes]
    if len({(len(array), len(array[0])) for array in arrays}) > 1:
        raise Failed(NO_VALUE)
    rows = zip(*map(chain.from_iterable, arrays), strict=True)
    figures = ([v if isinstance(known(v), Decimal) else ZERO for v in row] for row in rows)
    return sum((prod(row, start=Decimal(1)) for row in figures), ZERO)


RANGED: dict[str, Callable[..., Scalar]] = {
    "SUM": lambda *a: sum(_figures(*a), ZERO),
    "SUMIF": lambda env, cells, wanted, *sums: _sum_where(env, *(sums or [cells]), cells, wanted),
    "SUMIFS": _sum_where,
    "SUMPRODUCT": _sum_of_products,
    "COUNT": _count,
    "COUNTA": lambda *a: Decimal(sum(not c or v is not None for v, c in _held(a[0], a[1:]))),
    "COUNTIF": lambda *a: Decimal(sum(_where(*a))),
    "AVERAGE": _mean,
    "MIN": lambda *a: min(_figures(*a), default=ZERO),
    "MAX": lambda *a: max(_figures(*a), default=ZERO),
    "AND": lambda *a: all(_truths(*a)),
    "OR": lambda *a: any(_truths(*a)),
    "IF": _if,
    "IFERROR": _if_error,
}


class Takes(NamedTuple):
    """How many arguments a function takes, and which of them may be ranges."""

    least: int
    most: int
    ranges: Callable[[int], bool] = lambda _: False  # asked with the number of an argument


MANY = 255
_ANY = Takes(1, MANY, lambda _: True)
ARGUMENTS: dict[str, Takes] = {
    **dict.fromkeys(("SUM", "COUNT", "COUNTA", "AVERAGE", "MIN", "MAX", "AND", "OR"), _ANY),
    "SUMPRODUCT": _ANY,
    "SUMIF": Takes(2, 3, lambda number: number != 1),
    "SUMIFS": Takes(3, MANY, lambda number: number == 0 or number % 2 == 1),
    "COUNTIF": Takes(2, 2, lambda number: number == 0),
    "IF": Takes(2, 3),
    **dict.fromkeys(("IFERROR", "ROUND"), Takes(2, 2)),
    **dict.fromkeys(("ABS", "INT", "NOT", "ISBLANK", "ISNUMBER", "ISERROR"), Takes(1, 1)),
}
_INFIX = ("+", "-", "*", "/", "^", "&", *COMPARISONS)
_NOTATION = {sign: f"{{0}}{sign}{{1}}" for sign in _INFIX} | {
    "u+": "+{0}",
    "u-": "-{0}",
    "%": "{0}%",
    "()": "({0})",
}
_MANY = ("各行", "各格")  # at the end of several cells told as one
_READ = {"<=": "≤", ">=": "≥", "<>": "≠", "*": "×", "/": "÷", "&": "连"}
_WORDS = {
    **{sign: f"{{0}} {_READ.get(sign, sign)} {{1}}" for sign in _INFIX},
    **{name: _NOTATION[name] for name in ("u+", "u-", "%", "()")},
    "SUM": "{every}",
    "SUMIF": "{2}之和({0}符合 {1})",
    "SUMIF/2": "{0}之和(符合 {1} 的)",
    "SUMIFS": "{0}之和(条件 {every})",
    "SUMPRODUCT": "逐格相乘之和({every})",
    "COUNT": "{every}中数的个数",
    "COUNTA": "{every}中已填的格数",
    "COUNTIF": "{0}中符合 {1} 的格数",
    "AVERAGE": "{every} 的平均数",
    "MIN": "{every} 中最小的",
    "MAX": "{every} 中最大的",
    "ROUND": "{0}",
    "ABS": "|{0}|",
    "INT": "{0}的整数部分",
    "IF": "(如果 {0},则 {1};否则 {2})",
    "IF/2": "(如果 {0},则 {1})",
    "IFERROR": "({0},算不出来时取 {1})",
    "ISERROR": "{0} 算不出来",
    "AND": "{every} 都成立",
    "OR": "{every} 至少一项成立",
    "NOT": "并非 {0}",
    "ISBLANK": "{0} 没有填",
    "ISNUMBER": "{0} 是数",
}
