"""Amounts, numbers and rates as people write them: what is read, and what is not."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfxl.expr.texts import is_blank
from perfxl.form.answers import Cell, Fault, interpret
from perfxl.form.model import Item, Kind
from perfxl.form.raw import Raw, text_of
from perfxl.text import amounts
from perfxl.text.amounts import Measure

D = Decimal

# ---------------------------------------------------------------- texts that are numbers

AMOUNTS = {
    "1234.50": "1234.50",
    "1,234.50": "1234.50",
    "１２３４．５": "1234.5",
    "１，２３４．５": "1234.5",
    "1287. 98": "1287.98",
    " 1 234\u3000": None,
    "1  234": None,
    "100 200": None,
    "1 234.50": "1234.50",
    "1 234 .50": "1234.50",
    "1 234 567": "1234567",
    "1 234 56": None,
    "12 34": None,
    "−5": "-5",
    "①5": None,
    "\u00a012\u00a0": "12",
    "12\n": "12",
    "12.3万": "12.3",
    "12.3 万元": "12.3",
    "1234.5元": "0.12345",
    "2亿": "20000",
    "1.5亿元": "15000.0",
    "(500)": "-500",
    "（500）": "-500",
    "(500万元)": None,
    "(500)万元": "-500",
    "-3.2": "-3.2",
    "－3.2": "-3.2",
    "+7": "7",
    "0": "0",
    "0.00": "0",
    "007": "7",
    "(-5)": None,
    "(5": None,
    "5)": None,
    "12,34": None,
    "1,2345": None,
    "1.2.3": None,
    "1e3": None,
    ".5": None,
    "5.": None,
    "1/2": None,
    "12%": None,
    "1234.56萬元": "1234.56",
    "1234.5 (万元)": "1234.5",
    "300.00元整": "0.03",
    "1234.50.": "1234.50",
    "300整": None,
    "¥12": "12",
    "￥ 18.50": "18.50",
    "(¥500)": "-500",
    "¥18.5万元": "18.5",
    "￥890000元": "89",
    "¥9999.99": "9999.99",
    "¥10000": None,  # may well be 元
    "￥890000": None,
    "18.5¥": None,
    "¥": None,
    "人民币18.5": None,
    "18.5\u200b": "18.5",
    "\ufeff18.5": "18.5",
    "1\u200e8.5": "18.5",
    "\u202d18.5\u202c": "18.5",
    "\u2066-3.2\u2069 万元": "-3.2",
    "\u200b": None,
    "1\u200b 2": None,
    "845,32": None,
    "850。00": None,
    "约三百": None,
    "三百": None,
    "约300": None,
    "300左右": None,
    "10-20": None,
    "12元万": None,
    "-": None,
    "/": None,
    "无": None,
    "": None,
    "NaN": None,
    "inf": None,
}


@pytest.mark.parametrize("text", AMOUNTS)
def test_amounts(text: str) -> None:
    reading, expected = amounts.read_amount(text), AMOUNTS[text]
    assert (reading and reading.value) == (None if expected is None else D(expected))


def test_how_an_amount_was_read_is_said() -> None:
    reading = amounts.read_amount(" １２３４５元 ")
    assert reading is not None
    assert reading.how == "文字“１２３４５元”按 1.2345 万元读取"
    hidden = amounts.read_amount("5171.26\u200b")
    assert hidden is not None
    assert hidden.how == "文字“5171.26〈零宽空格〉”里有看不见的字符,按 5,171.26 万元读取"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("2022", "2022"),
        ("２０２２", "2022"),
        (" 1,000.5 ", "1000.5"),
        ("-1", "-1"),
        ("2022年", None),
        ("5分", None),
        ("10%", None),
        ("(5)", None),
        ("", None),
    ],
)
def test_numbers(text: str, number: str | None) -> None:
    reading = amounts.read_number(text)
    assert (reading and reading.value) == (None if number is None else D(number))


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("105.26%", "1.0526"),
        ("１０５．２６％", "1.0526"),
        ("95", "0.95"),
        ("1.04", None),
        ("1", None),
        ("3", None),
        ("3.01", "0.0301"),
        ("1.04%", "0.0104"),
        ("1,000%", "10"),
        ("-5%", "-0.05"),
        ("0", "0"),
        ("95%以上", None),
        ("≥95%", None),
        ("95 百分比", None),
        ("完成", None),
        ("", None),
    ],
)
def test_rates(text: str, rate: str | None) -> None:
    reading = amounts.read_rate(text)
    assert (reading and reading.value) == (None if rate is None else D(rate))


# ---------------------------------------------------------------- printing


@pytest.mark.parametrize(
    ("number", "amount", "rate", "plain"),
    [
        ("1234.5", "1,234.50", "123450.00%", "1,234.5"),
        ("0", "0.00", "0.00%", "0"),
        ("-0.001", "0.00", "-0.10%", "-0.001"),
        ("-0", "0.00", "0.00%", "0"),
        ("0.005", "0.01", "0.50%", "0.005"),
        ("-0.005", "-0.01", "-0.50%", "-0.005"),
        ("1.0526", "1.05", "105.26%", "1.0526"),
        ("2.50", "2.50", "250.00%", "2.5"),
        ("1E+3", "1,000.00", "100000.00%", "1,000"),
        ("1234567.891", "1,234,567.89", "123456789.10%", "1,234,567.891"),
    ],
)
def test_printing(number: str, amount: str, rate: str, plain: str) -> None:
    value = D(number)
    assert amounts.amount_text(value) == amount
    assert amounts.rate_text(value) == rate
    assert amounts.number_text(value) == plain
    assert Measure.AMOUNT.text(value) == Measure.SCORE.text(value) == amount
    assert Measure.RATE.text(value) == rate
    assert Measure.PLAIN.text(value) == plain


def test_figures_as_data_have_fixed_places() -> None:
    assert Measure.AMOUNT.data(D("1234.5")) == "1234.50"
    assert Measure.SCORE.data(D("-0.001")) == "0.00"
    assert Measure.RATE.data(D("0.416")) == "0.4160"
    assert (Measure.AMOUNT.unit, Measure.SCORE.unit, Measure.RATE.unit) == ("万元", "分", "")


@pytest.mark.parametrize(
    ("number", "expected"),
    [(1, "1"), (0.1, "0.1"), (1e20, "1E+20"), ("12.50", "12.50"), (float("nan"), None)],
)
def test_to_decimal(number: int | float | str, expected: str | None) -> None:
    read = amounts.to_decimal(number)
    assert read == (None if expected is None else D(expected))


def test_infinity_and_words_are_no_numbers() -> None:
    assert amounts.to_decimal(float("inf")) is None
    assert amounts.to_decimal("许多") is None


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (None, ""),
        (True, "TRUE"),
        (False, "FALSE"),
        (D("12"), "12"),
        (D("12.50"), "12.5"),
        (D("1E+2"), "100"),
        (D("1E-7"), "0.0000001"),
        (date(2023, 4, 10), "2023-04-10"),
        (time(8, 30), "08:30:00"),
        ("\u3000 甲 乙\n", "甲 乙"),
    ],
)
def test_text_of_a_cell(raw: Raw, text: str) -> None:
    assert text_of(raw) == text


# ---------------------------------------------------------------- one cell

NO, YES = False, True
READINGS: list[tuple[Kind, Cell, Decimal | str | None, Fault]] = [
    (Kind.AMOUNT, Cell(D("12.5")), D("12.5"), Fault.NONE),
    (Kind.AMOUNT, Cell("12.5万元"), D("12.5"), Fault.NONE),
    (Kind.AMOUNT, Cell("约三百"), None, Fault.UNREADABLE),
    (Kind.AMOUNT, Cell(YES), None, Fault.UNREADABLE),
    (Kind.AMOUNT, Cell(date(2022, 5, 3)), None, Fault.UNREADABLE),
    (Kind.AMOUNT, Cell(time(8, 30)), None, Fault.UNREADABLE),
    (Kind.AMOUNT, Cell("9" * 20), None, Fault.ABSURD),
    (Kind.AMOUNT, Cell("999999999999.99"), D("999999999999.99"), Fault.NONE),
    (Kind.AMOUNT, Cell("1000000000000"), None, Fault.ABSURD),
    (Kind.AMOUNT, Cell("-1000000000000"), None, Fault.ABSURD),
    (Kind.AMOUNT, Cell("100000000亿元"), None, Fault.ABSURD),
    (Kind.AMOUNT, Cell("1E+300"), None, Fault.ABSURD),
    (Kind.AMOUNT, Cell("1E+400"), None, Fault.ABSURD),
    (Kind.AMOUNT, Cell("-1E+999999999"), None, Fault.ABSURD),
    (Kind.RATE, Cell("1E+999999999%"), None, Fault.ABSURD),
    (Kind.AMOUNT, Cell("1E-999999999"), None, Fault.ABSURD),
    (Kind.AMOUNT, Cell("1E-300"), None, Fault.ABSURD),
    (Kind.AMOUNT, Cell("1E+05"), None, Fault.UNREADABLE),  # its digits may be lost
    (Kind.AMOUNT, Cell(D("1E+300")), None, Fault.ABSURD),
    (Kind.AMOUNT, Cell(D("1E+12")), None, Fault.ABSURD),
    (Kind.AMOUNT, Cell(D("999999999999.99")), D("999999999999.99"), Fault.NONE),
    (Kind.AMOUNT, Cell(D("1E-300")), None, Fault.ABSURD),
    (Kind.AMOUNT, Cell(D("5.55E-17")), D("5.55E-17"), Fault.NONE),  # dust of a formula
    (Kind.AMOUNT, Cell(D("-0")), D(0), Fault.NONE),
    (Kind.SCORE, Cell(D("1E+300")), None, Fault.ABSURD),
    (Kind.RATE, Cell(D("1E+300"), percent=True), None, Fault.ABSURD),
    (Kind.NUMBER, Cell("9" * 32_767), None, Fault.ABSURD),
    (Kind.AMOUNT, Cell(), None, Fault.NONE),
    (Kind.AMOUNT, Cell(" \u3000"), None, Fault.NONE),
    (Kind.AMOUNT, Cell(error="#REF!"), None, Fault.ERROR),
    (Kind.AMOUNT, Cell("#REF!"), None, Fault.ERROR),
    (Kind.AMOUNT, Cell(formula=True), None, Fault.UNCALCULATED),
    (Kind.AMOUNT, Cell("", formula=True), None, Fault.NONE),
    (Kind.AMOUNT, Cell(D(5), formula=True), D(5), Fault.NONE),
    (Kind.SCORE, Cell("19.1"), D("19.1"), Fault.NONE),
    (Kind.SCORE, Cell("19.1分"), D("19.1"), Fault.NONE),
    (Kind.SCORE, Cell(" ２０ 分"), D(20), Fault.NONE),
    (Kind.SCORE, Cell("19.02\u200b分"), D("19.02"), Fault.NONE),
    (Kind.SCORE, Cell("约20分"), None, Fault.UNREADABLE),
    (Kind.SCORE, Cell("20分以上"), None, Fault.UNREADABLE),
    (Kind.SCORE, Cell("19.02/20分"), None, Fault.UNREADABLE),
    (Kind.SCORE, Cell("2022年"), None, Fault.UNREADABLE),
    (Kind.AMOUNT, Cell("20分"), None, Fault.UNREADABLE),
    (Kind.NUMBER, Cell("２０２２"), D(2022), Fault.NONE),
    (Kind.NUMBER, Cell("2022年"), D(2022), Fault.NONE),
    (Kind.NUMBER, Cell("２０２２ 年度"), D(2022), Fault.NONE),
    (Kind.NUMBER, Cell("22年"), None, Fault.UNREADABLE),
    (Kind.NUMBER, Cell("2022年底"), None, Fault.UNREADABLE),
    (Kind.NUMBER, Cell("2022-2023年"), None, Fault.UNREADABLE),
    (Kind.NUMBER, Cell("12022年"), None, Fault.UNREADABLE),
    (Kind.RATE, Cell(D("1.0526"), percent=YES), D("1.0526"), Fault.NONE),
    (Kind.RATE, Cell(D("105.26"), percent=NO), D("1.0526"), Fault.NONE),
    (Kind.RATE, Cell(D("1.0526"), percent=NO), D("1.0526"), Fault.NONE),
    (Kind.RATE, Cell(D("105.26"), percent=None), D("105.26"), Fault.NONE),
    (Kind.RATE, Cell("105.26%"), D("1.0526"), Fault.NONE),
    (Kind.RATE, Cell("完成"), None, Fault.UNREADABLE),
    (Kind.VALUE, Cell(D(100)), D(100), Fault.NONE),
    (Kind.VALUE, Cell("效果明显 "), "效果明显", Fault.NONE),
    (Kind.CODE, Cell(D("440114001")), "440114001", Fault.NONE),
    (Kind.CODE, Cell("0012"), "0012", Fault.NONE),
    (Kind.DATE, Cell(date(2023, 4, 10)), "2023-04-10", Fault.NONE),
    (Kind.DATE, Cell("2023年4月"), "2023年4月", Fault.NONE),
    (Kind.TEXT, Cell(" 甲\n"), "甲", Fault.NONE),
    (Kind.TEXT, Cell(NO), "FALSE", Fault.NONE),
    (Kind.TEXT, Cell("\u3000\u00a0"), None, Fault.NONE),
    (Kind.TEXT, Cell("\u2003"), "\u2003", Fault.NONE),  # a blank to people, none to Excel
    (Kind.CHOICE, Cell("\u2003"), "\u2003", Fault.UNREADABLE),
    (Kind.AMOUNT, Cell("\u2003"), None, Fault.UNREADABLE),
]


@pytest.mark.parametrize(("kind", "cell", "value", "fault"), READINGS)
def test_one_cell(kind: Kind, cell: Cell, value: Decimal | str | None, fault: Fault) -> None:
    answer = interpret(Item(kind), cell)
    assert (answer.cell, answer.value, answer.fault) == (cell, value, fault)
    assert bool(answer.how) == (isinstance(cell.raw, str) and isinstance(value, Decimal))


BLANKS = st.text(st.sampled_from(" \t\n\x1f\x85\u00a0\u2003\u3000\ufeff"), max_size=4)


@given(BLANKS, st.sampled_from(["", "甲"]), BLANKS, st.sampled_from(Kind))
def test_a_cell_is_blank_or_says_something(before: str, ink: str, after: str, kind: Kind) -> None:
    cell = Cell(before + ink + after)
    assert cell.blank == (text_of(cell.raw) == "") == is_blank(before + ink + after)
    assert interpret(Item(kind), cell).value != ""
