"""Amounts and indicator values as people write them, and how perfxl prints them.

Read what is certain, never guess: a text that is not wholly understood yields None and a person
judges. Amounts are 万元, rates are fractions (1.0526 is 105.26 %).
Source: 财政部门自评表填报习惯, collected in published returns.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import Enum

from perfxl.expr import MONEY_PLACES, rounded

_NUMBER = r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
_AMOUNT = re.compile(
    rf"(?P<open>\()?(?P<number>{_NUMBER})(?P<close>\))?(?P<unit>亿元|万元|亿|万|元)?"
)
_RATE = re.compile(rf"(?P<number>{_NUMBER})(?P<percent>%)?")
_QUANTITY = re.compile(
    rf"(?P<symbol>[≥≤><=])?(?P<number>{_NUMBER})(?P<unit>[^\d\s,.;:、,。;:()+\-≥≤<>=]{{0,8}}?)(?P<bound>以上|以下|以内|内)?"
)
_IN_WAN = {"亿元": Decimal(10_000), "亿": Decimal(10_000), "元": Decimal("0.0001")}
_BOUNDS = {"以上": "≥", "以下": "≤", "以内": "≤", "内": "≤"}
_BLANKS = re.compile(r"\s+")
# Words behind a number that are its unit for certain; «12月底到位» is no 12 of anything.
_UNIT_WORDS = """
% ‰ °C 个 家 户 人 人次 名 位 次 场 场次 期 项 件 宗 起 份 篇 套 台 辆 栋 处 座 条
所 间 床 张 册 本 批 班 支 队 株 棵 头 只 剂 村 镇 社区 学校 企业 元 万元 亿元 万人
万人次 万次 万剂 亩 公顷 米 公里 千米 平方米 立方米 平方公里 吨 万吨 公斤 千克
千瓦时 度 天 小时 分钟 个月 工作日 个工作日 分 百分点 个百分点
"""
_UNITS = frozenset(_UNIT_WORDS.split())
_SAME_UNITS = {"%": "%", "百分比": "%", "百分之": "%"}


@dataclass(frozen=True, slots=True)
class Reading:
    """A number read from a text, and in words how (`how` is "" when nothing was unusual)."""

    value: Decimal
    how: str = ""


@dataclass(frozen=True, slots=True)
class Quantity:
    """An indicator value: symbol (≥ ≤ > < = or ""), number, unit ("" when none is written)."""

    symbol: str
    value: Decimal
    unit: str


def plain(text: str) -> str:
    """Give `text` with full-width forms narrowed and all blanks removed."""
    narrowed = unicodedata.normalize("NFKC", text)
    return _BLANKS.sub("", narrowed)


def stripped(text: str) -> str:
    """Give `text` without blanks (also full-width ones) and line breaks at its ends."""
    return text.strip()


def read_amount(text: str) -> Reading | None:
    """Give the amount in 万元, or None where the text is not one for certain.

    Thousands separators, full-width digits, stray blanks, brackets for negatives and the units
    元, 万元, 亿元 are understood. «-», «/» and «无» are not numbers: no amount is written 0.
    """
    match = _AMOUNT.fullmatch(plain(text))
    if match is None or bool(match["open"]) != bool(match["close"]):
        return None
    value = _decimal(match["number"])
    if match["open"]:
        if match["number"][0] in "+-":
            return None
        value = -value
    value *= _IN_WAN.get(match["unit"] or "", Decimal(1))
    return Reading(value, f"文本“{stripped(text)}”按 {number_text(value)} 万元读取")


def read_number(text: str) -> Reading | None:
    """Give the plain number a text holds, or None."""
    narrowed = plain(text)
    if not re.fullmatch(_NUMBER, narrowed):
        return None
    value = _decimal(narrowed)
    return Reading(value, f"文本“{stripped(text)}”按 {value} 读取")


def read_rate(text: str) -> Reading | None:
    """Give a rate as a fraction, or None; a number without % counts as per cent."""
    match = _RATE.fullmatch(plain(text))
    if match is None:
        return None
    value = _decimal(match["number"]) / 100
    return Reading(value, f"文本“{stripped(text)}”按 {rate_text(value)} 读取")


def read_quantity(text: str, unit: str = "") -> Quantity | None:
    """Give an indicator value such as «≥100场», «95%以上», «1000 平方米», or None.

    `unit` is the unit the row gives, accepted besides the common ones.
    Percentages keep their number (95 % is 95 with unit %). Anything with more words than a
    symbol, one number, a unit and 以上/以下/以内 is not read.
    """
    match = _QUANTITY.fullmatch(plain(text))
    if match is None:
        return None
    symbol, bound = match["symbol"] or "", _BOUNDS.get(match["bound"] or "", "")
    if symbol and bound:
        return None
    written = unit_name(match["unit"])
    if written and written not in _UNITS and written != unit_name(unit):
        return None
    return Quantity(symbol or bound, _decimal(match["number"]), written)


def unit_name(text: str) -> str:
    """Give the unit in its one spelling, for comparing."""
    narrowed = plain(text)
    return _SAME_UNITS.get(narrowed, narrowed)


def _decimal(text: str) -> Decimal:
    return Decimal(text.replace(",", ""))


def to_decimal(value: int | float | str) -> Decimal | None:
    """Give the shortest decimal that denotes this number, or None (nan, infinity)."""
    try:
        number = Decimal(repr(value) if isinstance(value, float) else value)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def amount_text(value: Decimal) -> str:
    """Print an amount or a score: two decimals, thousands separated."""
    return f"{rounded(value, MONEY_PLACES) + 0:,}"


def rate_text(value: Decimal) -> str:
    """Print a rate (1.0526) as per cent: 105.26%."""
    return f"{rounded(value * 100, MONEY_PLACES) + 0}%"


def percent_text(value: Decimal) -> str:
    """Print a threshold (0.3) as people say it: 30%."""
    return f"{number_text(value * 100)}%"


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
        return str(rounded(value, int(self.value[1])) + 0)
