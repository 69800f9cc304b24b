"""One indicator: symbol, target, unit and actual brought together, so that they can be judged.

People paste «≥100场» into the target's cell and answer it with a sentence: what does not contradict
the columns of their own is read; everything else keeps a doubt that says why a person must look.
A date is held against dates only: it counts as a target of 0 days late, kept or not. Words without
a number are a qualitative target. A range is kept by what lies within it.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from perfxl.text.amounts import LARGEST_VALUE, cited, is_plausible, number_text, plain
from perfxl.text.dates import day_of_serial, day_text, is_written_date, month_of, month_text
from perfxl.text.quantities import (
    DOWN,
    EXACTLY,
    QUALITATIVE,
    UP,
    Doubt,
    Quantity,
    QuantityKind,
    is_figured,
    measure_word,
    read_quantity,
    same_events,
)
from perfxl.text.spelling import tidied
from perfxl.text.units import DATE_UNITS, unit_name
from perfxl.text.wording import OF_TARGETS

_BARE_MONTH = re.compile(r"\d{1,2}月")  # as well a number of months
_ABOUT_DATES = re.compile("日期|时间|时限|期限|节点")
_TWO_AND_MORE = re.compile(r"2[1-9]\d+(?:\.\d+)?")
_SATISFACTION = re.compile("满意")
_NEARER = 10  # times, by which an actual is closer to a target without its doubtful 2
_RETURNED, _HALF = 3, 6  # months: returns are written until March; the first half of a year
_TENS = re.compile("[万亿]")
_COUNTED = 1_000  # times
_LIKE = Decimal(2)  # how far a fraction × 100 may be from the per cent it is taken for


class Typed(Struct, frozen=True):
    """What stands in a cell: a number (`percent`: shown as per cent), a text, a date or nothing."""

    raw: Decimal | date | str | None
    percent: bool = False


class Indicator(Struct, frozen=True, kw_only=True):
    """One row as typed; `about` is its name and group, `year` the year reported.

    `costs`: it is of a cost, which is as well to be reached as not to be passed.
    """

    about: str
    symbol: str
    target: Typed
    unit: str
    actual: Typed
    year: int = 0
    costs: bool = False


class Judged(Struct, frozen=True):
    """What the row amounts to: the symbol that holds, target and actual (None where blank)."""

    symbol: str
    target: Quantity | None
    actual: Quantity | None

    @property
    def compared(self) -> bool:
        """Whether target and actual are known figures."""
        return all(side is not None and side.certain for side in (self.target, self.actual))


def judge(row: Indicator) -> Judged:
    """Give how a row is to be judged; a qualitative one is not read at all."""
    if row.symbol == QUALITATIVE:
        return Judged(row.symbol, None, None)
    if not row.unit and isinstance(row.target.raw, str):
        row = replace(row, unit=measure_word(row.target.raw))
    target = _read(row, row.target, row.unit, f"{row.about} {OF_TARGETS}")
    actual = _read(row, row.actual, row.unit or (target.unit if target else ""), row.about)
    if target is not None:
        target = _stated(row, target, actual)
    symbol = row.symbol or _implied(row, target, actual)
    if actual is not None and symbol != QUALITATIVE:
        actual = _reached(row, symbol, target, actual)
        target = target and _open(target, actual)
    if target is not None and target.kind is QuantityKind.DATE:
        target = replace(target, value=Decimal(0))
    return Judged(symbol, target, actual)


def _read(row: Indicator, typed: Typed, unit: str, about: str) -> Quantity | None:
    """Give what a cell holds, in `unit` ("" = none given); None where it is blank.

    `about` is what a sentence may say around its number.
    """
    match typed.raw:
        case None | "":
            return None
        case date():
            day = date(typed.raw.year, typed.raw.month, typed.raw.day)
            return _in_place(unit, Quantity(QuantityKind.DATE, day=day))
        case str():
            return _in_place(unit, read_quantity(typed.raw, unit, row.year, about))
    if not is_plausible(typed.raw, LARGEST_VALUE):
        return Quantity(QuantityKind.UNREADABLE, doubt=Doubt.SIZE)
    if not typed.percent:
        return Quantity(QuantityKind.NUMBER, "", typed.raw, unit_name(unit))
    # a spreadsheet stores a typed 95% as 0.95
    doubt = Doubt.NONE if unit_name(unit) in ("", "%") else Doubt.UNIT
    return Quantity(QuantityKind.NUMBER, "", typed.raw * 100, "%", doubt=doubt)


def _in_place(unit: str, quantity: Quantity) -> Quantity:
    """Give a reading, doubted where it is a date or period and the unit is none of dates."""
    odd = {QuantityKind.DATE: Doubt.SERIAL, QuantityKind.PERIOD: Doubt.WORDS}.get(quantity.kind)
    dated = not unit or plain(unit) in DATE_UNITS
    return quantity if odd is None or dated else replace(quantity, doubt=odd)


def _implied(row: Indicator, target: Quantity | None, actual: Quantity | None) -> str:
    """Give the symbol that a target implies where the column of symbols is blank.

    A cost that differs from its target implies none: less of it may be meant.
    """
    if target is None or target.doubt not in {Doubt.NONE, Doubt.GLYPH}:
        return ""
    if target.kind is QuantityKind.DATE:
        return "≤"
    if target.symbol or target.kind not in {QuantityKind.NUMBER, QuantityKind.RANGE}:
        return target.symbol
    exact = actual is None or actual.value == target.value
    return "=" if exact or not row.costs else ""


# ---------------------------------------------------------------- the target


def _stated(row: Indicator, target: Quantity, actual: Quantity | None) -> Quantity:
    """Give the target with the doubts that its row raises."""
    target = _deadline(row, target)
    if target.kind is QuantityKind.DATE:
        return target.doubted(Doubt.SYMBOL) if row.symbol in {"≥", ">"} else target
    if target.kind is QuantityKind.RANGE:
        return _held_against(row, target, actual)
    if target.kind is not QuantityKind.NUMBER:
        qualitative = not row.symbol and _is_qualitative(row, target, actual)
        words = replace(target, kind=QuantityKind.WORDS, symbol=QUALITATIVE, doubt=Doubt.NONE)
        return words if qualitative else target.doubted(Doubt.WORDS)
    if _serial(row, target, actual):
        return target.doubted(Doubt.SERIAL)
    if row.symbol and target.symbol not in ("", row.symbol):
        return target.doubted(Doubt.SYMBOL)
    if row.symbol in ("", "=") and _misread(row.target, target, actual):
        return target.doubted(Doubt.DIGIT)
    return target


def _deadline(row: Indicator, target: Quantity) -> Quantity:
    """Give a month as the deadline it is; «12月» alone may be twelve months.

    A spreadsheet makes of «2022年12月» its first day: whether the others are left out is not known.
    """
    raw = row.target.raw
    if isinstance(raw, date) and raw.day == 1 and target.day is not None:
        following = target.day + timedelta(1)
        return replace(target, symbol="<", since=following, day=month_of(target.day).last)
    if (
        target.kind is not QuantityKind.PERIOD
        or target.day is None
        or target.doubt is not Doubt.DAY
    ):
        return target
    counted = _BARE_MONTH.fullmatch(tidied(str(raw))) and not row.unit
    if counted and not _ABOUT_DATES.search(row.about):
        return target
    return replace(target, kind=QuantityKind.DATE, doubt=Doubt.NONE)


def _is_qualitative(row: Indicator, target: Quantity, actual: Quantity | None) -> bool:
    """Whether a target in words asks for no number: it tells of none and is not answered by one."""
    if target.symbol == QUALITATIVE:
        return True
    in_words = target.kind in {QuantityKind.WORDS, QuantityKind.PERIOD, QuantityKind.NONE_HAPPENED}
    counted = actual is not None and actual.kind is QuantityKind.NUMBER
    return in_words and not counted and not is_figured(str(row.target.raw))


def _held_against(row: Indicator, target: Quantity, actual: Quantity | None) -> Quantity:
    """Give a range as the number that decides: an actual within it keeps it, one below misses it.

    What lies above it may be more than was asked for, or too much.
    """
    if row.symbol not in ("", "=") or target.ends is None or not (row.unit or target.unit):
        return target
    if actual is None or not actual.certain or actual.value is None or actual.symbol:
        return target
    low, high = target.ends
    if actual.value > high:
        return target
    how = f"{cited(str(row.target.raw))}按 {number_text(low)} 至 {number_text(high)} 之间读取"
    return replace(target, value=max(low, actual.value), how=how, doubt=Doubt.NONE)


def _serial(row: Indicator, one: Quantity, other: Quantity | None) -> bool:
    """Whether a number is rather a date: its serial number (44561 is 2021-12-31), or 2022.12."""
    if one.value is None or not (day_of_serial(one.value) or is_written_date(one.value)):
        return False
    if row.unit:
        return plain(row.unit) in DATE_UNITS
    if _ABOUT_DATES.search(row.about):
        return True
    return other is not None and other.kind in {QuantityKind.DATE, QuantityKind.PERIOD}


def _misread(typed: Typed, one: Quantity, other: Quantity | None) -> bool:
    """Whether the 2 at the head of a pasted value was a ≥ («2280次» beside 285)."""
    if not isinstance(typed.raw, str) or one.symbol or one.value is None:
        return False
    figures = number_text(one.value).replace(",", "")
    if other is None or other.value is None or not _TWO_AND_MORE.fullmatch(figures):
        return False
    return abs(other.value - Decimal(figures[1:])) * _NEARER <= abs(other.value - one.value)


# ---------------------------------------------------------------- the actual


def _reached(row: Indicator, symbol: str, target: Quantity | None, actual: Quantity) -> Quantity:
    """Give the actual with the doubts that its target raises, or as the number it stands for."""
    if target is not None and target.kind is QuantityKind.DATE and not target.doubt:
        return _days_late(row, target, actual)
    if actual.kind is QuantityKind.NONE_HAPPENED:
        return _none_happened(row, symbol, target, actual)
    if actual.kind is QuantityKind.DATE:
        return actual.doubted(Doubt.DAY)
    if actual.kind is not QuantityKind.NUMBER:
        return actual.doubted(Doubt.WORDS)
    if target is not None and not row.unit and _lacks_unit(row, target, actual):
        return actual.doubted(Doubt.UNIT)
    if _serial(row, actual, target):
        return actual.doubted(Doubt.SERIAL)
    if target is not None and target.certain and _misread(row.actual, actual, target):
        return actual.doubted(Doubt.DIGIT)
    if actual.symbol and not _settled(symbol, target, actual):
        return actual.doubted(Doubt.BOUND)
    if target is not None and symbol in UP and _scales_differ(row, target, actual):
        return actual.doubted(Doubt.SCALE)
    return actual


def _days_late(row: Indicator, target: Quantity, actual: Quantity) -> Quantity:
    """Give the days by which a day or month misses a deadline, 0 where it is kept.

    Doubted where one may as well be as the other: 15 September for «9月前», June for 15 June.
    """
    if actual.day is None or target.day is None or not _year_is_known(row, target, actual):
        serial = actual.value is not None and day_of_serial(actual.value) is not None
        return actual.doubted(Doubt.SERIAL if serial else Doubt.DAY)
    if actual.doubt not in {Doubt.NONE, Doubt.DAY}:
        return actual
    until = target.since - timedelta(1) if target.symbol and target.since else target.day
    begun = actual.since or actual.day
    if actual.day <= (target.day if actual.symbol and target.symbol else until):
        late = 0
    elif begun > target.day and not actual.symbol:
        late = (begun - target.day).days
    else:
        return actual.doubted(Doubt.DAY)
    how = "" if _has_year(row.actual) else _completed(row, actual)
    return replace(actual, kind=QuantityKind.DATE, value=Decimal(late), how=how, doubt=Doubt.NONE)


def _year_is_known(row: Indicator, target: Quantity, actual: Quantity) -> bool:
    """Whether a year is written or the one reported is meant: «1月5日» may be of the one after."""
    if _has_year(row.actual) or target.day is None or actual.day is None:
        return True
    early = actual.day.month <= _RETURNED and target.day.month > _HALF
    return target.day.year == row.year and not early


def _completed(row: Indicator, actual: Quantity) -> str:
    """Say with which year a day or month was read."""
    said = month_text if actual.since else day_text
    return f"{cited(str(row.actual.raw))}按 {said(actual.day or date.min)} 读取"


def _open(target: Quantity, actual: Quantity) -> Quantity:
    """Give the target doubted where it («9月前») rather than the actual leaves the case open."""
    if target.symbol == "<" and target.since and actual.doubt is Doubt.DAY and actual.day:
        return target.doubted(Doubt.DAY) if actual.day >= target.since else target
    return target


def _has_year(typed: Typed) -> bool:
    """Whether a day is written with its year."""
    return isinstance(typed.raw, date) or re.search(r"\d{4}", str(typed.raw)) is not None


def _none_happened(
    row: Indicator, symbol: str, target: Quantity | None, actual: Quantity
) -> Quantity:
    """Give 0 where that keeps the target and the text speaks of the same; no survey, no rate."""
    if target is None or target.value is None:
        return actual.doubted(Doubt.WORDS)
    kept = symbol in DOWN or (target.value == 0 and symbol in EXACTLY)
    if kept and target.value >= 0 and same_events(actual.events, row.about):
        how = f"“{row.actual.raw}”按 0{target.unit} 读取"
        return replace(
            actual, kind=QuantityKind.NUMBER, value=Decimal(0), unit=target.unit, how=how
        )
    asked = target.value > 0 and symbol in UP and _SATISFACTION.search(row.about)
    return actual.doubted(Doubt.SURVEY if asked else Doubt.WORDS)


def _settled(symbol: str, target: Quantity | None, actual: Quantity) -> bool:
    """Whether an actual given as a bound («<10%») proves its target kept."""
    if actual.value is None:
        return False
    goal = target.value if target is not None and target.certain else None
    if symbol in DOWN and actual.symbol in DOWN:
        return goal is None or actual.value <= goal
    upward = {"≥", ">"}
    return {symbol, actual.symbol} <= upward and (goal is None or actual.value >= goal)


def _lacks_unit(row: Indicator, target: Quantity, actual: Quantity) -> bool:
    """Whether nothing says what a number is to be read in: «7.6万» beside a bare 8."""
    if not target.certain:
        return actual.how != ""
    by_ten_thousand = [bool(_TENS.search(str(typed.raw))) for typed in (row.target, row.actual)]
    pair = sorted((target.value or Decimal(0), actual.value or Decimal(0)))
    return (
        not target.unit
        and by_ten_thousand[0] != by_ten_thousand[1]
        and 0 < pair[0] * _COUNTED <= pair[1]
    )


def _scales_differ(row: Indicator, target: Quantity, actual: Quantity) -> bool:
    """Whether one of two percentages looks like a fraction: 0.96 against a target of 95 (%)."""
    if target.value is None or actual.value is None or "%" not in (target.unit, actual.unit):
        return False
    sides = ((row.target, target.value, actual.value), (row.actual, actual.value, target.value))
    return any(_is_bare(typed) and _is_fraction(value, other) for typed, value, other in sides)


def _is_bare(typed: Typed) -> bool:
    """Whether a number is typed with no sign of per cent."""
    return not typed.percent and not re.search("[%％‰]|百分|千分", str(typed.raw))


def _is_fraction(value: Decimal, other: Decimal) -> bool:
    """Whether a number is rather a share of 1 where the other is per cent."""
    return 0 < value <= 1 and other > 0 and 1 / _LIKE <= value * 100 / other <= _LIKE
