"""Values as Excel computes with them: a blank is 0 and "", a text may read as a number, errors.

What an office's own formulas stand on (see `office`). Figures are Decimal of 28 digits where Excel
has binary fractions of 15: they are taken to 15 digits where that decides something.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal
from fnmatch import translate

from perfxl.expr.rounding import rounded

Scalar = Decimal | str | bool | None  # None: a blank cell
Array = list[list[Scalar]]


class ErrorValue(str):
    """An error as Excel shows it, «#DIV/0!»; a text to all who know of no errors."""

    __slots__ = ()


class Failed(Exception):  # noqa: N818 - what becomes of a value, no fault of the program
    """A computation that ends in an error value."""

    def __init__(self, error: ErrorValue) -> None:
        """Keep the error value."""
        super().__init__(error)
        self.error = error


DIVIDED, NO_VALUE, NO_NUMBER, NOT_THERE = map(ErrorValue, ("#DIV/0!", "#VALUE!", "#NUM!", "#N/A"))
ZERO = Decimal(0)
_EXCEL = Context(prec=28, Emax=307, Emin=-307, traps=[])
_SHOWN = Context(prec=15, rounding=ROUND_HALF_UP)
_MOST_PLACES = 330
_NUMBER = re.compile(
    r"[-+]?(\d{1,3}(,\d{3})+|\d+|(?=\.\d))(\.\d*)?(E[-+]?\d{1,3})?", re.ASCII | re.IGNORECASE
)
_ORDERS = ("<=", ">=", "<>", "=", "<", ">")


def outcome(function: Callable[..., Scalar], *operands: object) -> Scalar:
    """Give what a function yields, an error value where it ends in one."""
    try:
        value = function(*operands)
    except Failed as failed:
        return failed.error
    if not isinstance(value, Decimal):
        return value
    figure = _EXCEL.plus(value)
    return figure if figure.is_finite() else NO_NUMBER


def spread(function: Callable[..., Scalar], arrays: Sequence[Array]) -> Array:
    """Give what a function yields place by place; a single row or column stands for all."""
    height, width = max(map(len, arrays)), max(len(array[0]) for array in arrays)
    if any(len(a) not in {1, height} or len(a[0]) not in {1, width} for a in arrays):
        return [[NOT_THERE]]
    wide = [[row * width if len(row) == 1 else row for row in array] for array in arrays]
    tall = [array * height if len(array) == 1 else array for array in wide]
    return [
        [outcome(function, *held) for held in zip(*rows, strict=True)]
        for rows in zip(*tall, strict=True)
    ]


# ---------------------------------------------------------------- what a value is taken for


def known(value: Scalar) -> Scalar:
    """Give a value that is no error; of an error nothing can be made."""
    if isinstance(value, ErrorValue):
        raise Failed(value)
    return value


def number(value: Scalar) -> Decimal:
    """Give a value as an operator takes it: a blank is 0, TRUE 1, «12» 12, «» no number."""
    value = known(value)
    if isinstance(value, str):
        return _read(value)
    return Decimal(value or 0)


def _read(text: str) -> Decimal:
    found = _as_number(text)
    if found is None:
        raise Failed(NO_VALUE)
    return found


def _as_number(text: str) -> Decimal | None:
    plain = text.strip().removesuffix("%")
    if not _NUMBER.fullmatch(plain):
        return None
    found = Decimal(plain.replace(",", ""))
    return found / 100 if text.strip().endswith("%") else found


def text(value: Scalar) -> str:
    """Give a value as & joins it: a figure of at most 15 digits, a blank as nothing."""
    value = known(value)
    if isinstance(value, Decimal):
        shown = fine(value).normalize()
        return f"{shown:f}" if -10 <= shown.adjusted() <= 20 else f"{shown:E}"
    return str(value).upper() if isinstance(value, bool) else value or ""


def truth(value: Scalar) -> bool:
    """Give a value as a condition takes it."""
    value = known(value)
    if isinstance(value, str):
        if value.upper() not in {"TRUE", "FALSE"}:
            raise Failed(NO_VALUE)
        return value.upper() == "TRUE"
    return bool(value)


def fine(value: Decimal) -> Decimal:
    """Give a figure to the 15 digits that Excel knows of it."""
    return _SHOWN.plus(value)


# ---------------------------------------------------------------- operators


def _divided(left: Decimal, right: Decimal) -> Decimal:
    if right == 0:
        raise Failed(DIVIDED)
    return _EXCEL.divide(left, right)


def _power(left: Decimal, right: Decimal) -> Decimal:
    if left == 0 and right < 0:
        raise Failed(DIVIDED)
    return _EXCEL.power(left, right)  # 0^0 and the root of a negative are no numbers


def order(left: Scalar, right: Scalar) -> int:
    """Give -1, 0 or 1: numbers come before texts, texts before FALSE and TRUE; case is nothing."""
    one, other = _ranked(known(left), right), _ranked(known(right), left)
    return (one > other) - (one < other)


def _ranked(value: Scalar, other: Scalar) -> tuple[int, Decimal, str]:
    """Give what a value is sorted by; a blank is what the other one would be, blank."""
    if isinstance(value, bool) or (value is None and isinstance(other, bool)):
        return 2, Decimal(value or 0), ""
    if isinstance(value, str) or (value is None and isinstance(other, str)):
        return 1, ZERO, (value or "").casefold()
    return 0, fine(value or ZERO), ""


def _of_figures(function: Callable[[Decimal, Decimal], Decimal]) -> Callable[..., Scalar]:
    return lambda left, right: function(number(left), number(right))


def _of_order(holds: Callable[[int], bool]) -> Callable[..., Scalar]:
    return lambda left, right: holds(order(left, right))


COMPARISONS: dict[str, Callable[[int], bool]] = {
    "=": lambda sign: sign == 0,
    "<>": lambda sign: sign != 0,
    "<": lambda sign: sign < 0,
    ">": lambda sign: sign > 0,
    "<=": lambda sign: sign <= 0,
    ">=": lambda sign: sign >= 0,
}


def _round(value: Scalar, places: Scalar) -> Decimal:
    wanted = int(number(places))
    return rounded(fine(number(value)), max(-_MOST_PLACES, min(wanted, _MOST_PLACES)))


# What is made of single values, by how it is written: two operands around a sign, u+ u- before one,
# % behind it, () around it; functions by name.
SINGLE: dict[str, Callable[..., Scalar]] = {
    "+": _of_figures(_EXCEL.add),
    "-": _of_figures(_EXCEL.subtract),
    "*": _of_figures(_EXCEL.multiply),
    "/": _of_figures(_divided),
    "^": _of_figures(_power),
    "&": lambda left, right: text(left) + text(right),
    **{sign: _of_order(holds) for sign, holds in COMPARISONS.items()},
    "u+": lambda value: value,
    "u-": lambda value: -number(value),
    "%": lambda value: number(value) / 100,
    "()": lambda value: value,
    "ABS": lambda value: abs(number(value)),
    "INT": lambda value: fine(number(value)).to_integral_value(ROUND_FLOOR),
    "ROUND": _round,
    "NOT": lambda value: not truth(value),
    "ISBLANK": lambda value: value is None,
    "ISNUMBER": lambda value: isinstance(value, Decimal),
    "ISERROR": lambda value: isinstance(value, ErrorValue),
}


# ---------------------------------------------------------------- criteria


def criterion(wanted: Scalar) -> Callable[[Scalar], bool]:
    """Give the test that COUNTIF and SUMIF make of a criterion: «>0», «<>x», «合*», 5."""
    if not isinstance(wanted, str):
        return _held_as("=", ZERO if wanted is None else wanted)
    sign = next((sign for sign in _ORDERS if wanted.startswith(sign)), "")
    typed = wanted.removeprefix(sign)
    if not typed:
        return _blank(sign)
    figure = _as_number(typed)
    if figure is None and typed.upper() in {"TRUE", "FALSE"}:
        return _held_as(sign or "=", typed.upper() == "TRUE")
    return _held_as(sign or "=", typed if figure is None else figure)


def _blank(sign: str) -> Callable[[Scalar], bool]:
    if sign == "<>":
        return lambda held: held is not None
    return lambda held: held is None or (not sign and held == "")


def _held_as(sign: str, wanted: Scalar) -> Callable[[Scalar], bool]:
    """Give the test for being so compared with a value; only like is compared with like."""
    if sign in {"=", "<>"}:
        equal = _equal(wanted)
        return equal if sign == "=" else lambda held: not equal(held)
    holds = COMPARISONS[sign]
    return lambda held: type(held) is type(wanted) and holds(order(held, wanted))


def _equal(wanted: Scalar) -> Callable[[Scalar], bool]:
    if isinstance(wanted, str):
        pattern = re.compile(_pattern(wanted), re.IGNORECASE)
        return lambda held: type(held) is str and bool(pattern.fullmatch(held))
    if isinstance(wanted, bool):
        return lambda held: held is wanted
    return lambda held: _figure_in(held) == fine(wanted or ZERO)


def _figure_in(held: Scalar) -> Decimal | None:
    figure = _as_number(held) if isinstance(held, str) else held
    return fine(figure) if isinstance(figure, Decimal) else None


def _pattern(wanted: str) -> str:
    """Give a text with * and ? as a regular expression; after ~ they are themselves."""
    pieces = re.findall(r"~[*?~]|.", wanted, re.DOTALL)
    return translate("".join(f"[{p[-1]}]" if p[0] == "~" or p == "[" else p for p in pieces))
