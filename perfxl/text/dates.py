"""Dates, deadlines and periods in texts, and the serial numbers spreadsheets keep for dates.

A day is given only where the text names it for certain; a month, a quarter or «1-12月» is a period.
A month has its first and last day, between which what it tells of lies.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, timedelta
from decimal import Decimal

from msgspec import Struct

from perfxl.text.amounts import plain
from perfxl.text.spelling import is_nothing

_YEAR = r"(?:(?P<year>\d{4})年|(?P<digits>\d{4})[-/.])"
_CLOSE = r"(?:之?前|以前|止|为止)?"
_DONE = r"(?:全部|已|均)*(?:到位|完成|办结|发放|拨付|支付|竣工|验收|投入使用)*[。.]?"
_DAY = re.compile(
    rf"已?(?:于|在|截至|截止到?)?{_YEAR}?(?P<month>\d{{1,2}})[月\-/.](?P<day>\d{{1,2}})[日号]?{_CLOSE}{_DONE}"
)
_MONTH_END = re.compile(
    rf"(?:于|在|截至)?{_YEAR}?(?P<month>\d{{1,2}})月(?:份)?(?:底|末){_CLOSE}{_DONE}"
)
_YEAR_END = re.compile(
    rf"(?:于|在|截至)?(?:(?P<year>\d{{4}})年?|当|本)?年度?(?:底|末|终){_CLOSE}{_DONE}"
)
_MONTH = r"(?:\d{4}年)?\d{1,2}月?(?:份|\d{1,2}[日号])?"
_PERIOD = re.compile(
    rf"已?(?:于|在)?(?:{_MONTH}[-~至到]{_MONTH}|(?:\d{{4}}年)?\d{{1,2}}月(?:份)?"
    r"|(?:\d{4}年度?)?第?[一二三四1-4]季度|\d{4}年度?(?:内|全年)?|全年|当年|本年度?|年内|按[月季年])"
    rf"{_CLOSE}{_DONE}"
)
_POINTED_DAY = re.compile(r"\d{1,2}\.\d{2}[日号]")
_WRITTEN_DATE = re.compile(r"20[123]\d\.?(?:0?[1-9]|1[0-2])(?:[0-2]\d|3[01])?")
_WHOLE_MONTH = re.compile(
    rf"已?(?:于|在)?(?:(?P<year>\d{{4}})年)?(?P<month>\d{{1,2}})月(?:份)?"
    rf"(?:(?P<before>之?前|以前)|止|为止)?{_DONE}"
)
_WRITTEN_OUT = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})[日号]?(?: ?\d{1,2}:\d\d(?::\d\d)?)?"
)
_RUN_TOGETHER = re.compile(r"(20\d\d)(\d\d)(\d\d)")  # 20230412
_MONTH_OF_YEAR = re.compile(r"(?:19|20)\d\d[-/.年](\d{1,2})(?!\d)")
_TELLS_WHEN = re.compile(
    r"(?:19|20)\d\d|[〇○零一二三四五六七八九]{4}年|\d{1,2}[月季./-]|[一二三四五六七八九十]月|季度|年[底末初中内度]"
    r"|[全当本次每]年|长期|常年|永久|持续|至今|不定期|按[年季月]"
)
_EPOCH = date(1899, 12, 30)
_FIRST, _LAST = date(2010, 1, 1), date(2035, 12, 31)  # what a form of these years may speak of


class Month(Struct, frozen=True):
    """The days of a month; `before`: the text says «9月前», which may leave them out or not."""

    first: date
    last: date
    before: bool


def read_day(text: str, year: int = 0) -> date | None:
    """Give the last day a deadline allows, or the day a text names; None where it names none.

    `text` is free of blanks; `year` is meant where the text gives none (0: then there is no day).
    """
    for pattern in (_DAY, _MONTH_END, _YEAR_END):
        match = pattern.fullmatch(text)
        if match is None:
            continue
        found = match.groupdict()
        if pattern is _DAY and not found["digits"] and "月" not in text:
            return None  # «3-5» is no date
        named = int(found.get("year") or found.get("digits") or year)
        return _day(named, int(found.get("month") or 12), int(found.get("day") or 0))
    return None


def _day(year: int, month: int, day: int) -> date | None:
    """Give the day, the month's last for 0; None for the 31st of February and the like."""
    if not (_FIRST.year <= year <= _LAST.year and 1 <= month <= 12):
        return None
    last = monthrange(year, month)[1]
    return date(year, month, day or last) if day <= last else None


def is_period(text: str) -> bool:
    """Whether a text (free of blanks) names a stretch of time or a day without its year."""
    if _PERIOD.fullmatch(text):
        return "月" in text or "年" in text or "季" in text
    dated = _DAY.fullmatch(text) or _MONTH_END.fullmatch(text) or _YEAR_END.fullmatch(text)
    if dated is None:
        return False
    # «1.5日» and «1-2日» are numbers of days, «12.31日» is none for certain
    return "月" in text or "年" in text or _POINTED_DAY.match(text) is not None


def month_of(day: date, before: bool = False) -> Month:
    """Give the month of a day."""
    last = monthrange(day.year, day.month)[1]
    return Month(day.replace(day=1), day.replace(day=last), before)


def read_month(text: str, year: int = 0) -> Month | None:
    """Give the month a text (free of blanks) names, None for any other period.

    `year` is meant where the text gives none (0: then there is no month).
    """
    match = _WHOLE_MONTH.fullmatch(text)
    day = match and _day(int(match["year"] or year), int(match["month"]), 1)
    return month_of(day, match["before"] is not None) if match and day else None


def names_day(text: str) -> bool:
    """Whether a deadline, or what is told of it, has a day rather than a month."""
    return read_day(plain(text), _LAST.year) is not None


def serial_number(day: date) -> Decimal:
    """Give the number a spreadsheet keeps for a day (44561 is 2021-12-31)."""
    return Decimal(date(day.year, day.month, day.day).toordinal() - _EPOCH.toordinal())


def is_written_date(value: Decimal) -> bool:
    """Whether a number is how a month or day of these years is typed: 2022.12, 202212, 20221231."""
    return _WRITTEN_DATE.fullmatch(f"{value:f}") is not None


def day_of_serial(value: Decimal) -> date | None:
    """Give the day of these years that a number stands for where it is a date, else None."""
    if value != value.to_integral_value() or not 0 < value < 10**5:
        return None
    day = _EPOCH + timedelta(days=int(value))
    return day if _FIRST <= day <= _LAST else None


def day_in(raw: object) -> date | None:
    """Give the day that a cell for one holds: a date, one written out, or its serial number."""
    match raw:
        case date():
            return date(raw.year, raw.month, raw.day)
        case Decimal():
            return day_of_serial(raw) or _written_out(f"{raw:f}")
        case str():
            return _written_out(plain(raw))
    return None


def tells_when(raw: object) -> bool:
    """Whether a cell for a date tells a day, a month, a period, or that there is none: «长期».

    Years are read in Chinese figures, too; no such day or month is no date.
    """
    if isinstance(raw, Decimal):
        return day_in(raw) is not None or is_written_date(raw) or _FIRST.year <= raw <= _LAST.year
    if not isinstance(raw, str):
        return isinstance(raw, date)
    text = plain(raw)
    months = (int(month) for month in _MONTH_OF_YEAR.findall(text))
    if is_no_day(raw) or not all(1 <= month <= 12 for month in months):
        return False
    return is_nothing(text) or _TELLS_WHEN.search(text) is not None


def is_no_day(raw: object) -> bool:
    """Whether what a cell for a day holds is written as one that no calendar has: «2023-2-30»."""
    text = plain(raw) if isinstance(raw, str) else f"{raw:f}" if isinstance(raw, Decimal) else ""
    return _of_day(text) is not None and day_in(raw) is None


def _of_day(text: str) -> re.Match[str] | None:
    return _WRITTEN_OUT.fullmatch(text) or _RUN_TOGETHER.fullmatch(text)


def _written_out(text: str) -> date | None:
    match = _of_day(text)
    if match is None:
        return None
    year, month, day = map(int, match.groups())
    try:
        return date(year, month, day)
    except ValueError:
        return None  # no such day


def day_text(day: date) -> str:
    """Give a day as letters and covers print it."""
    return f"{month_text(day)}{day.day}日"


def month_text(day: date) -> str:
    """Give the month of a day."""
    return f"{day.year}年{day.month}月"
