"""Indicator values: what each text is read as, and what must never happen to any text."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from perfxl.form.answers import says_nothing
from perfxl.rules import readings
from perfxl.text.amounts import NUMBER, number_text
from perfxl.text.choices import Chosen, read_choice
from perfxl.text.quantities import (
    Doubt,
    Quantity,
    QuantityKind,
    is_figured,
    measure_word,
    read_quantity,
)
from perfxl.text.spelling import EMPTY_WORDS, NUMERAL, is_nothing, number_in, tidied
from perfxl.text.units import converted, unit_pattern

TABLE = tomllib.loads((Path(__file__).parent / "quantities.toml").read_text("utf-8"))
NOT_READ = [
    (text, *key.split(", ")) for key, texts in TABLE.pop("not read").items() for text in texts
]
YEAR = 2022
CASES = [
    (kind, *case, *[""] * (4 - len(case)))
    for kind, groups in TABLE.items()
    for cases in groups.values()
    for case in cases
]


def said(quantity: Quantity) -> str:
    """Give a reading as the table writes it."""
    number = "" if quantity.value is None else number_text(quantity.value).replace(",", "")
    parts = [quantity.symbol + number, quantity.unit, quantity.events]
    day = "" if quantity.day is None else quantity.day.isoformat()
    return " ".join(filter(None, [*parts, day, f"[{quantity.doubt}]" if quantity.doubt else ""]))


@pytest.mark.parametrize(("kind", "text", "unit", "expected", "about"), CASES)
def test_reading(kind: str, text: str, unit: str, expected: str, about: str) -> None:
    dated = kind == "date"
    found = read_quantity(text, unit, YEAR if dated else 0, about)
    assert (found.kind.value, said(found)) == (kind, expected)
    assert found.certain == bool(found.how)


@pytest.mark.parametrize(("text", "about", "unit"), NOT_READ)
def test_what_is_not_read(text: str, about: str, unit: str) -> None:
    for name in (about, ""):
        assert not read_quantity(text, unit, YEAR, name).certain


@pytest.mark.parametrize("noun", ["个社区", "个点", "件", ""])
@given(a=st.integers(2, 999), b=st.integers(2, 999))
def test_two_counts_of_a_sentence_are_none(noun: str, a: int, b: int) -> None:
    for text in (f"已完成{a}个村的{b}个点", f"共{a}个村{b}个项目", f"完成{a}个中的{b}个{noun}"):
        assert not read_quantity(text, "个", YEAR, "村点项目社区建设个数").certain


def test_the_table_is_large_and_has_every_kind() -> None:
    assert len(CASES) >= 200
    assert set(TABLE) == set(QuantityKind)
    assert len({case[1:4] for case in CASES}) == len(CASES)


# ---------------------------------------------------------------- what must never happen

UNITS = st.sampled_from(["", "%", "场", "人次", "万元", "亩", "个小组"])
PIECES = (
    *(
        "≥",
        "<",
        "不低于",
        "约",
        "12",
        "95",
        "1,234",
        "0.5",
        "%",
        "场",
        "人次",
        "亿元",
        "以上",
        "内",
    ),
    *(
        "-",
        "、",
        ",",
        "。",
        "/",
        "率为",
        "完成",
        "2022年",
        "12月",
        "底前",
        "未发生",
        "投诉",
        "三",
        "百",
    ),
    " ",
)
TEXTS = st.text(max_size=40) | st.lists(st.sampled_from(PIECES), max_size=9).map("".join)
NUMBERS = st.integers(0, 9_999).map(str) | st.decimals(0, 999, places=2).map(str)


@given(NUMBERS, st.sampled_from(["{}个工作日", "{}场/月", "{}人次"]))
def test_a_unit_is_never_a_part_of_a_longer_one(number: str, wording: str) -> None:
    assert not read_quantity(wording.format(number), wording[2]).certain


@given(TEXTS, UNITS | st.text(max_size=5), st.integers(0, 3000))
@example("控制在" * 100, "", 0)
@example("达" * 5000, "%", 0)
def test_any_text_has_a_reading(text: str, unit: str, year: int) -> None:
    found = read_quantity(text, unit, year)
    assert bool(found.how) == found.certain
    assert (
        found.certain
        or found.doubt
        or found.kind in {*(QuantityKind.DATE, QuantityKind.WORDS, QuantityKind.NONE_HAPPENED)}
    )
    if found.certain:
        assert found.kind is QuantityKind.NUMBER
        assert found.value in set(standing(text, found.unit))


FIGURES = re.compile(rf"(?=(?P<number>{NUMBER}|{NUMERAL})(?P<unit>{unit_pattern('')})?)")


def standing(text: str, unit: str) -> Iterator[Decimal]:
    """Give every number that stands in a text, as such and in the unit."""
    for match in FIGURES.finditer(tidied(text)):
        number = number_in(match["number"])
        if number is not None:
            yield number
            yield converted(number, match["unit"] or "", unit) or number


def widened(text: str) -> str:
    """Give a text with full-width forms."""
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


def reading(text: str, unit: str) -> tuple[QuantityKind, str]:
    found = read_quantity(text, unit)
    return found.kind, said(found)


@given(TEXTS | st.sampled_from([case[1] for case in CASES]), UNITS, st.data())
def test_blanks_and_widths_do_not_matter(text: str, unit: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(text)))
    before, after = text[:at], text[at:]
    if re.search(r"[\d\s]$", before) and re.match(r"[\d\s]", after):
        before, after = text, ""
    blank = data.draw(st.sampled_from(" \u3000\u00a0\n"))
    assert reading(f"{before}{blank}{after}", unit) == reading(text, unit)
    assert reading(widened(text), unit) == reading(text, unit)


@given(
    NUMBERS, NUMBERS, st.sampled_from(["、", ";", "-", "~", "至", "/", "和", "或", " 和 "]), UNITS
)
def test_two_numbers_are_never_one(one: str, other: str, between: str, unit: str) -> None:
    texts = [f"{one}{between}{other}", f"{one}{unit}{between}{other}{unit}"]
    for text in texts if Decimal(one) != Decimal(other) else []:
        assert not read_quantity(text, unit).certain


@given(NUMBERS, st.sampled_from(["约{}场", "{}场左右", "近{}场", "{}余场", "{}多场", "每村{}场"]))
def test_what_is_about_a_number_is_none(number: str, wording: str) -> None:
    assert not read_quantity(wording.format(number), "场").certain


@given(NUMBERS, st.sampled_from(["≥", "≤", ">", "<", "不低于", "不超过"]), UNITS)
def test_a_symbol_a_number_and_a_unit_are_read(number: str, symbol: str, unit: str) -> None:
    found = read_quantity(f"{symbol}{number}{unit}", unit)
    assert (found.certain, found.value, found.unit) == (True, Decimal(number), unit)


@pytest.mark.parametrize(
    ("unit", "wanted", "expected"),
    [("亩", "公顷", "0.2"), ("公顷", "亩", "45"), ("万元", "元", "30000"), ("人", "人次", None)],
)
def test_units_convert_within_a_family_alone(unit: str, wanted: str, expected: str | None) -> None:
    found = converted(Decimal(3), unit, wanted)
    assert found == (None if expected is None else Decimal(expected))


@pytest.mark.parametrize(
    ("text", "word"),
    [
        *(("8例", "例"), ("≥ 25 TB", "TB"), ("不少于12种", "种"), ("12种以上", "种")),
        *(("530元/人·月", "元/人/月"), ("1,200元/人*月", "元/人/月"), ("3次/年", "次/年")),
        *(
            ("8场", ""),
            ("8", ""),
            ("8%", ""),
            ("1.2万亩", ""),
            ("8折", ""),
            ("5A级", ""),
            ("3名次前", ""),
        ),
        *(
            ("100多例", ""),
            ("8例左右", ""),
            ("约8例", ""),
            ("8-10例", ""),
            ("8例3种", ""),
            ("例", ""),
        ),
        *(("8例未完成", ""), ("12月底", ""), ("2022届", ""), ("8个重点村级服务站", "")),
    ],
)
def test_measure_words(text: str, word: str) -> None:
    assert measure_word(text) == word


@pytest.mark.parametrize(
    "text", ["十几场", "近千人", "不低于上年", "零投诉", "两项", "≥上年", "3级"]
)
def test_words_that_tell_of_a_number(text: str) -> None:
    assert is_figured(text)


@pytest.mark.parametrize(
    "text", ["资源采购期以当年为主", "十分满意", "进一步规范", "统一标准", "百姓满意"]
)
def test_words_that_tell_of_none(text: str) -> None:
    assert not is_figured(text)


def numeral(number: int) -> str:
    """Give a number below 10,000 in Chinese numerals."""
    figures, text, gap = "零一二三四五六七八九", "", False
    for size, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        figure = number // size % 10
        if figure:
            text += ("零" if gap and text else "") + figures[figure] + name
        gap = not figure
    return text.removeprefix("一") if 10 <= number < 20 else text


@given(st.integers(1, 9_999))
def test_chinese_numerals(number: int) -> None:
    assert number_in(numeral(number)) == number


@pytest.mark.parametrize(
    "text", ["", "零三", "三千五", "二三十", "一百五", "十十", "二〇二二", "百"]
)
def test_what_is_no_numeral(text: str) -> None:
    assert number_in(text) is None


# ---------------------------------------------------------------- one of a list

SYMBOLS, STATUSES = ("≥", ">", "=", "≤", "<", "定性"), ("已完成", "部分完成", "未完成")
LEVELS = ("数量指标", "质量指标", "社会效益指标", "生态效益指标", "服务对象满意度指标")
MEANT = [
    (SYMBOLS, "≥", "≥"), (SYMBOLS, " ≥\u3000", "≥"), (SYMBOLS, ">=", "≥"), (SYMBOLS, "＞＝", "≥"),
    (SYMBOLS, "≧", "≥"), (SYMBOLS, "⩾", "≥"), (SYMBOLS, "＞", ">"), (SYMBOLS, "＝", "="),
    (SYMBOLS, "<=", "≤"), (SYMBOLS, "≦", "≤"), (SYMBOLS, "＜", "<"), (SYMBOLS, "大于等于", "≥"),
    (SYMBOLS, "不低于", "≥"), (SYMBOLS, "不少于", "≥"), (SYMBOLS, "不超过", "≤"),
    (SYMBOLS, "等于", "="), (SYMBOLS, "大于", ">"), (SYMBOLS, "小于", "<"),
    (SYMBOLS, "定性指标", "定性"), (SYMBOLS, "定 性", "定性"),
    (SYMBOLS, "》", ">"), (SYMBOLS, "》=", "≥"), (SYMBOLS, "〉", ">"), (SYMBOLS, "《", "<"),
    (SYMBOLS, "约", None), (SYMBOLS, "=1", None), (SYMBOLS, "≠", None), (SYMBOLS, "定", None),
    (STATUSES, "完成", "已完成"), (STATUSES, "全部完成", "已完成"), (STATUSES, "部分", "部分完成"),
    (STATUSES, "已 完成", "已完成"), (STATUSES, "未", None), (STATUSES, "基本完成", None),
    (STATUSES, "未全部完成", None), (STATUSES, "尚未完成", "未完成"), (STATUSES, "√", None),
    (LEVELS, "数量", "数量指标"), (LEVELS, "社会效益", "社会效益指标"), (LEVELS, "效益指标", None),
    (LEVELS, "满意度", "服务对象满意度指标"), (LEVELS, "效益", None), (LEVELS, "量指标", None),
    (LEVELS, "数量指标(50分)", "数量指标"), (LEVELS, "质量指标(万元)。", "质量指标"),
    (STATUSES, "已完成。", "已完成"), (STATUSES, "超额完成", "已完成"), (STATUSES, "\u2003", None),
    (LEVELS, "满意度指标", "服务对象满意度指标"), (LEVELS, "产出", None), (LEVELS, "指标", None),
    (("优", "良", "中", "差"), "优秀", "优"), (("优", "良", "中", "差"), "低", None),
]  # fmt: skip


@pytest.mark.parametrize(("choices", "text", "meant"), MEANT)
def test_choice(choices: tuple[str, ...], text: str, meant: str | None) -> None:
    found = read_choice(text, choices)
    assert (found and found.value) == meant
    if found is not None:
        assert found.odd == (text[0] in "》〉《")
        assert bool(found.how) == (text.strip() != meant)


def test_what_is_on_the_list_needs_no_reading() -> None:
    for choices in (SYMBOLS, STATUSES, LEVELS):
        assert [read_choice(choice, choices) for choice in choices] == list(map(Chosen, choices))


# ---------------------------------------------------------------- what is said of them


def test_every_doubt_has_its_words() -> None:
    assert set(readings.PROBLEMS) | readings._TOLD == set(Doubt) - {Doubt.NONE}
    assert not set(readings.PROBLEMS) & readings._TOLD
    for rule in readings.RULES:
        told = {doubt for doubt in Doubt if readings._RULES.get(doubt, "I04") == rule.id}
        assert "{problem}" not in rule.message or not told & readings._TOLD


def test_what_says_nothing_as_a_value_says_nothing_as_a_reason() -> None:
    said = {word for word in EMPTY_WORDS if is_nothing(word)}
    assert {"无", "暂无", "/", "XX", "N/A"} <= said
    assert not said & {"0", "1", "略", "同上"}
    assert says_nothing("暂 无")
    assert not says_nothing("无人报名")
