"""Units of measure: which are one and the same, which convert, and that all others differ.

A unit unknown here equals only itself. 人 and 人次, 天 and 工作日, 场 and 次 are not the same thing
and never convert. «元/人·月» and «元/人*月» are both written «元/人/月».
"""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction

from perfxl.text.amounts import plain

_SPELLINGS = {
    "百分比": "%",
    "百分数": "%",
    "百分之": "%",
    "千分比": "‰",
    "千分之": "‰",
    "平米": "平方米",
    "km": "公里",
    "kg": "公斤",
    "m2": "平方米",
    "m²": "平方米",  # its 2 is kept, see `plain`
}
# Each line a family: units with their size in that of the first.
_FAMILIES: tuple[dict[str, int | Fraction], ...] = (
    {"元": 1, "千元": 1_000, "万元": 10**4, "百万元": 10**6, "千万元": 10**7, "亿元": 10**8},
    {"%": 1, "‰": Fraction(1, 10)},
    {"百分点": 1, "个百分点": 1},
    {"米": 1, "厘米": Fraction(1, 100), "公里": 1_000, "千米": 1_000},
    {"平方米": 1, "亩": Fraction(10**4, 15), "公顷": 10**4, "平方公里": 10**6},
    {"公斤": 1, "千克": 1, "克": Fraction(1, 1_000), "吨": 1_000},
    {"分钟": 1, "小时": 60, "个小时": 60},
    {"天": 1, "日": 1},
    {"工作日": 1, "个工作日": 1},
    {"月": 1, "个月": 1},
    {"人": 1, "名": 1, "位": 1},
    {"场": 1, "场次": 1},
)
# Each of these is a family of its own.
_COUNTED = """
°C 个 家 户 人次 次 期 项 件 宗 起 份 篇 套 台 辆 栋 处 座 条 所 间 床 张 册 本 批 班 支 队 株 棵
头 只 剂 村 镇 社区 学校 企业 立方米 千瓦时 度 分 年
"""
_TENS = {"万": 10**4, "亿": 10**8}
_BETWEEN_PARTS = re.compile(r"(?<=[^\W\d])[*×·•∙⋅・](?=[^\W\d])")
_TWICE = re.compile(r"([^()]+)\(([^()]+)\)")


def _scales() -> dict[str, tuple[str, Fraction]]:
    """Give the family and size of every unit, those counted by 万 and 亿 included."""
    counted: list[dict[str, int | Fraction]] = [{unit: 1} for unit in _COUNTED.split()]
    found = {
        unit: (next(iter(family)), Fraction(size))
        for family in (*_FAMILIES, *counted)
        for unit, size in family.items()
    }
    for unit, (family, size) in list(found.items()):
        if family not in {"元", "%"}:
            found |= {f"{ten}{unit}": (family, size * by) for ten, by in _TENS.items()}
    return found


_SCALES = _scales()
_WORDS = frozenset((*_SCALES, *_SPELLINGS, *_TENS))
DATE_UNITS = frozenset({"年月日", "年/月/日", "年月", "年", "月", "日", "日期", "时间"})


def unit_pattern(own: str) -> str:
    """Give a pattern of every known unit and the row's own: the longest, never a part of it."""
    words = sorted(_WORDS | ({own} - {""}), key=len, reverse=True)
    return f"(?>{'|'.join(map(re.escape, words))})"


def own_unit(text: str) -> str:
    """Give a unit as `unit_pattern` needs it: "" for those it knows anyway."""
    narrowed = slashed(plain(text))
    return "" if narrowed in _WORDS else narrowed


def unit_name(text: str) -> str:
    """Give the unit in its one spelling, for comparing; «%(百分比)» says one unit twice."""
    narrowed = slashed(plain(text))
    twice = _TWICE.fullmatch(narrowed)
    if twice is not None and unit_name(twice[1]) == unit_name(twice[2]):
        narrowed = twice[1]
    return _SPELLINGS.get(narrowed, narrowed)


def slashed(text: str) -> str:
    """Give a text with what stands between the parts of a unit («人·月», «人*月») made a «/»."""
    return _BETWEEN_PARTS.sub("/", text)


def converted(value: Decimal, unit: str, wanted: str) -> Decimal | None:
    """Give `value` in the unit `wanted`, or None where the units are not of one family.

    No unit at all is the one wanted; a bare «万» counts what the unit wanted counts, and is wanted
    bare of whatever is counted.
    """
    unit, wanted = unit_name(unit), unit_name(wanted)
    if unit in _TENS and wanted not in {"%", "‰"}:
        unit += wanted.lstrip("万亿")
    if unit in ("", wanted):
        return value
    if (unit in _TENS and not wanted) or (wanted in _TENS and unit[:1] in _TENS):
        ratio = Fraction(_TENS[unit[0]], _TENS.get(wanted, 1))
        return value * ratio.numerator / ratio.denominator
    if unit not in _SCALES or wanted not in _SCALES:
        return None
    (family, size), (other, per) = _SCALES[unit], _SCALES[wanted]
    if family != other:
        return None
    ratio = size / per
    return value * ratio.numerator / ratio.denominator
