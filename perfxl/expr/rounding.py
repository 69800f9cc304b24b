"""How figures are rounded: halves away from zero, and a rate short of what it has not reached."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import cache, lru_cache

MONEY_PLACES, RATE_PLACES = 2, 4

FINE_PLACES = 6  # 分 in 万元

EXACT_PLACES = 12  # of a rate that is judged or added up; binary fractions are exact as far

WHOLE = Decimal(1)


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
