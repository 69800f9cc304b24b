"""Amounts, numbers and rates as people write them, and how perfxl prints them.

Read what is certain, never guess: a text that is not wholly understood yields None and a person
judges. Amounts are 万元, rates are fractions (1.0526 is 105.26 %).
Source: 财政部门自评表填报习惯, collected in published returns.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal, InvalidOperation
from enum import Enum
from functools import lru_cache

from msgspec import Struct

from perfxl.expr.rounding import FINE_PLACES, MONEY_PLACES, rate_shown, rounded
from perfxl.expr.texts import BLANKS
from perfxl.text.safe import named, unseen

NUMBER = r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
OF_YEARS = r"(?<=(?<!\d)20\d\d)年度?"  # what may stand behind a year
_UNITS = "亿元|万元|千元|亿|万|元"
_AMOUNT = re.compile(
    rf"(?P<open>\()?(?P<sign>¥)?(?P<number>{NUMBER})(?P<close>\))?(?P<unit>{_UNITS}|\((?:{_UNITS})\))?"
    r"(?:(?<=元)整|(?<=\.\d\d)\.)?"
)
_RATE = re.compile(rf"(?P<number>{NUMBER})(?P<percent>%)?")
LARGEST_SIGNED = Decimal(10_000)  # with a bare ¥; more may well be 元: «¥890000»
_SIZES = {"元": 1, "千元": 1_000, "万": 10**4, "万元": 10**4, "亿": 10**8, "亿元": 10**8}
WAN = "万元"  # what amounts are in where a form does not say otherwise
# «100 200» may be two numbers: a single blank groups thousands only before decimals
_GROUPED = re.compile(r"(?<![\d.,])\d{1,3}(?:(?: \d{3}){2,}(?![\d,]| \d)|(?: \d{3})+(?=\.\d))")
_LOOSE_BLANKS = re.compile(r"(?<!\d)\s+|\s+(?!\d)")
# Beyond these a figure cannot be meant. In 万元, 12 digits are more than any country's accounts;
# with two decimals they are still exact in a spreadsheet. Values of indicators come in 元 and kg.
LARGEST_FIGURE, LARGEST_VALUE = Decimal(10) ** 12, Decimal(10) ** 15
SMALLEST = Decimal("1E-20")  # but for 0; what binary fractions leave of a sum is larger
LONGEST_WRITTEN = 25  # places; beyond these a number is written with a power of ten
_POWER = re.compile(rf"(?P<number>{NUMBER}[eE][+-]?\d{{1,9}})(?P<percent>%)?")
LARGEST_FRACTION = Decimal(3)  # 300 %; a completion beyond it is rather 3 % typed as 3
_DASHES = str.maketrans("−–—‐‑", "-----")


class Reading(Struct, frozen=True):
    """A number read from a text, and in words how (`how` is "" when nothing was unusual)."""

    value: Decimal
    how: str = ""


def plain(text: str) -> str:
    """Give `text` with full-width forms narrowed, dashes made one, blanks and the unseen removed.

    Blanks between digits are kept as one unless they certainly group thousands: «12 34» is none.
    What only joins or turns characters («18.5» between U+202D and U+202C) carries no meaning.
    """
    narrowed = text if text.isascii() else "".join(map(_narrow, text)).translate(_DASHES)
    spaced = _LOOSE_BLANKS.sub("", " ".join(narrowed.split()))
    return _GROUPED.sub(lambda match: match[0].replace(" ", ""), spaced)


@lru_cache(maxsize=4096)
def _narrow(char: str) -> str:
    if unseen(char):
        return ""
    # «①» and «²» narrow to digits too: «①100» would become 1100
    return char if unicodedata.category(char) == "No" else unicodedata.normalize("NFKC", char)


def stripped(text: str) -> str:
    """Give `text` without blanks at its ends, by the measure of `expr.is_blank`."""
    return text.strip(BLANKS)


def read_amount(text: str, unit: str = WAN) -> Reading | None:
    """Give the amount in `unit`, or None where the text is not one for certain.

    Thousands separators, full-width digits, stray blanks, brackets for negatives, a ¥ and the
    units 元, 千元, 万元, 亿元 are understood. «-», «/», «无» are no numbers: none is written 0.
    """
    match = _AMOUNT.fullmatch(plain(text).replace("萬", "万").replace("億", "亿"))
    if match is None or bool(match["open"]) != bool(match["close"]):
        return None
    value = digits(match["number"])
    if match["open"]:
        if match["number"][0] in "+-":
            return None
        value = -value
    if match["sign"] and not match["unit"] and abs(value) >= LARGEST_SIGNED and unit == WAN:
        return None
    value *= Decimal(_SIZES[(match["unit"] or unit).strip("()")]) / _SIZES[unit]
    return Reading(value, f"文字{cited(text)}按 {number_text(value)} {unit}读取")


def cited(text: str) -> str:
    """Give a text as it is spoken of before its reading, with what cannot be seen in it named."""
    hidden = "里有看不见的字符," if any(map(unseen, text)) else ""
    return f"“{named(stripped(text))}”{hidden}"


def read_number(text: str, unit: str = "") -> Reading | None:
    """Give the number a text holds, alone or with a unit (a pattern) behind it; else None."""
    match = re.fullmatch(rf"({NUMBER})(?:{unit})?", plain(text))
    if match is None:
        return None
    value = digits(match[1])
    return Reading(value, f"文字{cited(text)}按 {value} 读取")


def read_rate(text: str) -> Reading | None:
    """Give a rate as a fraction, or None.

    A number without % counts as per cent, but «1.04» may be 1.04 % as well as 104 %.
    """
    match = _RATE.fullmatch(plain(text))
    if match is None:
        return None
    number = digits(match["number"])
    if not match["percent"] and 0 < abs(number) <= LARGEST_FRACTION:
        return None
    value = number / 100
    return Reading(value, f"文字{cited(text)}按 {rate_text(value)} 读取")


def digits(text: str) -> Decimal:
    """Give the number that NUMBER matched."""
    return Decimal(text.replace(",", ""))


def is_plausible(value: Decimal, largest: Decimal = LARGEST_FIGURE) -> bool:
    """Whether a figure of this size can be meant at all."""
    return value == 0 or SMALLEST <= value.copy_abs() < largest


# a context in which no number a text can name overflows
_WIDEST = Context(Emax=MAX_EMAX, Emin=MIN_EMIN)


def power_in(text: str) -> Decimal | None:
    """Give the number of a text such as «1E+300», which may have lost digits; None for others."""
    match = _POWER.fullmatch(plain(text))
    # scaled by its exponent: dividing overflows near the end of all numbers
    return match and digits(match["number"]).scaleb(-2 if match["percent"] else 0, _WIDEST)


def to_decimal(value: int | float | str) -> Decimal | None:
    """Give the shortest decimal that denotes this number, or None (nan, infinity)."""
    try:
        number = Decimal(repr(value) if isinstance(value, float) else value)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def amount_text(value: Decimal) -> str:
    """Print an amount or a score: two decimals, thousands separated."""
    return f"{rounded(value, MONEY_PLACES):,}"


def addend_text(value: Decimal) -> str:
    """Print a figure that is added up, as exact as it was typed: 元 ÷ 10,000 has four decimals."""
    exact = rounded(value, FINE_PLACES)
    return amount_text(value) if exact == rounded(value, MONEY_PLACES) else number_text(exact)


def rate_text(value: Decimal) -> str:
    """Print a rate (1.0526) as per cent: 105.26%; what is short of 100 % never prints as that."""
    return f"{rounded(rate_shown(value) * 100, MONEY_PLACES)}%"


def percent_text(value: Decimal) -> str:
    """Print a threshold (0.3) as people say it: 30%."""
    return f"{number_text(value * 100)}%"


def digits_text(value: Decimal) -> str:
    """Print the digits of a number, those of one far too large or small with a power of ten."""
    exact = abs(value).normalize(Context(prec=max(28, len(value.as_tuple().digits))))
    exact = exact.copy_sign(value) if exact else exact
    return f"{exact:f}" if abs(exact.adjusted()) < LONGEST_WRITTEN else str(exact)


def number_text(value: Decimal) -> str:
    """Print a number as a person would: no exponent, no idle zeros, thousands separated."""
    text = f"{value.normalize():,f}"
    return text if text != "-0" else "0"


class Measure(Enum):
    """How a figure is printed: for people (`text`) and in data (`data`, a plain string)."""

    AMOUNT = ("万元", 2)
    SCORE = ("分", 2)
    RATE = ("", 4)
    PLAIN = ("", 2)
    YEAR = ("", 0)

    @property
    def unit(self) -> str:
        """The unit's name, "" where the figure carries none."""
        return str(self.value[0])

    def text(self, value: Decimal) -> str:
        """Print for people, without the unit."""
        match self:
            case Measure.RATE:
                return rate_text(value)
            case Measure.PLAIN:
                return number_text(value)
            case Measure.YEAR:
                return f"{value.normalize():f}"  # 2,022 is no year
        return amount_text(value)

    def data(self, value: Decimal) -> str:
        """Print for data: two decimals, rates (fractions) four, years none."""
        return str(
            rate_shown(value) if self is Measure.RATE else rounded(value, int(self.value[1]))
        )
