"""Amounts, rates and indicator values as people write them: what is read, and what is not."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal

import pytest

from perfxl import values
from perfxl.answers import Answer, Cell, Fault, Raw, interpret, read_answers, text_of
from perfxl.expr import Key
from perfxl.model import Item, Kind
from perfxl.rules.specimen import specimen
from perfxl.values import Measure, Quantity

D = Decimal

# ---------------------------------------------------------------- texts that are numbers

AMOUNTS = {
    "1234.50": "1234.50",
    "1,234.50": "1234.50",
    "１２３４．５": "1234.5",
    "１，２３４．５": "1234.5",
    "1287. 98": "1287.98",
    " 1 234\u3000": "1234",
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
    "¥12": None,
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
    reading, expected = values.read_amount(text), AMOUNTS[text]
    assert (reading and reading.value) == (None if expected is None else D(expected))


def test_how_an_amount_was_read_is_said() -> None:
    reading = values.read_amount(" １２３４５元 ")
    assert reading is not None
    assert reading.how == "文本“１２３４５元”按 1.2345 万元读取"


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
    reading = values.read_number(text)
    assert (reading and reading.value) == (None if number is None else D(number))


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("105.26%", "1.0526"),
        ("１０５．２６％", "1.0526"),
        ("95", "0.95"),
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
    reading = values.read_rate(text)
    assert (reading and reading.value) == (None if rate is None else D(rate))


QUANTITIES = {
    "≥100场": ("≥", "100", "场"),
    "≥28000人次": ("≥", "28000", "人次"),
    "11,476 人次": ("", "11476", "人次"),
    "1000 平方米": ("", "1000", "平方米"),
    "< 10%": ("<", "10", "%"),
    "＜１０％": ("<", "10", "%"),
    "≤90万元": ("≤", "90", "万元"),
    "=5": ("=", "5", ""),
    "95%以上": ("≥", "95", "%"),
    "3个以内": ("≤", "3", "个"),
    "5次以下": ("≤", "5", "次"),
    "≥100百分比": ("≥", "100", "%"),
    "6.47亿元": ("", "6.47", "亿元"),
    "-2℃": ("", "-2", "°C"),
    "0": ("", "0", ""),
    "≥95%以上": None,
    "》95%": None,
    "95%-100%": None,
    "3-5次": None,
    "约300人": None,
    "至少全年完成2次宣传": None,
    "已完成100%": None,
    "2021年1月-12月": None,
    "历史遗留土地等问题正在逐步解决": None,
    "≥": None,
    "高": None,
    "无": None,
    "": None,
}


@pytest.mark.parametrize("text", QUANTITIES)
def test_quantities(text: str) -> None:
    expected = QUANTITIES[text]
    wanted = expected and Quantity(expected[0], D(expected[1]), expected[2])
    assert values.read_quantity(text) == wanted


@pytest.mark.parametrize(
    ("text", "expected"),
    [("12月底到位", None), ("2个工作日内", Quantity("≤", D(2), "个工作日"))],
)
def test_words_behind_a_number_are_no_unit(text: str, expected: Quantity | None) -> None:
    assert values.read_quantity(text) == expected


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
    assert values.amount_text(value) == amount
    assert values.rate_text(value) == rate
    assert values.number_text(value) == plain
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
    read = values.to_decimal(number)
    assert read == (None if expected is None else D(expected))


def test_infinity_and_words_are_no_numbers() -> None:
    assert values.to_decimal(float("inf")) is None
    assert values.to_decimal("许多") is None


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
    (Kind.AMOUNT, Cell("9" * 20), None, Fault.UNREADABLE),
    (Kind.AMOUNT, Cell("999999999999999"), D("999999999999999"), Fault.NONE),
    (Kind.AMOUNT, Cell("1000000000000000"), None, Fault.UNREADABLE),
    (Kind.AMOUNT, Cell(), None, Fault.NONE),
    (Kind.AMOUNT, Cell(" \u3000"), None, Fault.NONE),
    (Kind.AMOUNT, Cell(error="#REF!"), None, Fault.ERROR),
    (Kind.AMOUNT, Cell("#REF!"), None, Fault.ERROR),
    (Kind.AMOUNT, Cell(formula=True), None, Fault.UNCALCULATED),
    (Kind.AMOUNT, Cell("", formula=True), None, Fault.NONE),
    (Kind.AMOUNT, Cell(D(5), formula=True), D(5), Fault.NONE),
    (Kind.SCORE, Cell("19.1"), D("19.1"), Fault.NONE),
    (Kind.SCORE, Cell("19.1分"), None, Fault.UNREADABLE),
    (Kind.NUMBER, Cell("２０２２"), D(2022), Fault.NONE),
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
    (Kind.CHOICE, Cell(" ≥\u3000"), "≥", Fault.NONE),
]


@pytest.mark.parametrize(("kind", "cell", "value", "fault"), READINGS)
def test_one_cell(kind: Kind, cell: Cell, value: Decimal | str | None, fault: Fault) -> None:
    answer = interpret(Item(kind), cell)
    assert (answer.cell, answer.value, answer.fault) == (cell, value, fault)
    assert bool(answer.how) == (isinstance(cell.raw, str) and isinstance(value, Decimal))


# ---------------------------------------------------------------- one indicator

Read = tuple[Decimal | str | None, Fault]


def indicator(symbol: Raw, target: Raw | Cell, unit: Raw, actual: Raw | Cell) -> dict[str, Answer]:
    """Give the answers of one row of indicators."""
    typed = {"symbol": symbol, "target": target, "unit": unit, "actual": actual}
    cells = {
        Key("indicators", "001", column): raw if isinstance(raw, Cell) else Cell(raw)
        for column, raw in typed.items()
    }
    answers = read_answers(specimen(), cells)
    return {column: answers[Key("indicators", "001", column)] for column in typed}


def percent(value: str) -> Cell:
    """Give a number shown as per cent."""
    return Cell(D(value), percent=True)


OK, UNCLEAR = Fault.NONE, Fault.UNCLEAR
INDICATORS: list[tuple[tuple[Raw, Raw | Cell, Raw, Raw | Cell], tuple[object, Read, Read]]] = [
    # as the form asks for it
    (("≥", D(100), "场", D(134)), ("≥", (D(100), OK), (D(134), OK))),
    (("≤", D(90), "万元", D(90)), ("≤", (D(90), OK), (D(90), OK))),
    ((None, D(5), None, D(5)), (None, (D(5), OK), (D(5), OK))),
    # pasted as a whole
    ((None, "≥100场", None, "134 场"), ("≥", (D(100), OK), (D(134), OK))),
    (("≥", "≥100场", "场", "134场"), ("≥", (D(100), OK), (D(134), OK))),
    ((None, "95%以上", None, "96%"), ("≥", (D(95), OK), (D(96), OK))),
    ((None, "100场", None, "134场"), ("=", (D(100), OK), (D(134), OK))),
    (("<", "<10%", "%", "<10%"), ("<", (D(10), OK), (D(10), OK))),
    (("≥", "１００", "场", "１３４"), ("≥", (D(100), OK), (D(134), OK))),
    (("≥", "≥100百分比", "%", "100%"), ("≥", (D(100), OK), (D(100), OK))),
    # symbol or unit of its own contradicts what was pasted
    (("≤", "≥100场", "场", "134场"), ("≤", ("≥100场", UNCLEAR), (D(134), OK))),
    (("≥", "100场", "个", "134场"), ("≥", ("100场", UNCLEAR), ("134场", UNCLEAR))),
    (("≥", D(10), "万元", "已完成100%"), ("≥", (D(10), OK), ("已完成100%", UNCLEAR))),
    (("≥", D(10), "万元", "100%"), ("≥", (D(10), OK), ("100%", UNCLEAR))),
    ((None, "100场", None, "134次"), ("=", (D(100), OK), ("134次", UNCLEAR))),
    (("≥", D(90), "%", "<10%"), ("≥", (D(90), OK), ("<10%", UNCLEAR))),
    (("=", D(10), "%", "≥10%"), ("=", (D(10), OK), ("≥10%", UNCLEAR))),
    # words
    (("=", D(100), "%", "正在逐步解决"), ("=", (D(100), OK), ("正在逐步解决", UNCLEAR))),
    (("定性", "效果明显", None, "达成"), ("定性", ("效果明显", OK), ("达成", OK))),
    ((None, "效果明显", None, None), (None, ("效果明显", UNCLEAR), (None, OK))),
    # a spreadsheet stores a typed 95% as 0.95 and shows it as per cent
    (("≥", percent("0.95"), "%", percent("0.96")), ("≥", (D(95), OK), (D(96), OK))),
    (("≥", percent("0.95"), None, D(96)), ("≥", (D(95), OK), (D(96), OK))),
    (("≥", D(95), "%", percent("0.96")), ("≥", (D(95), OK), (D(96), OK))),
    (("≥", percent("0.95"), "场", D(96)), ("≥", (D("0.95"), UNCLEAR), (D(96), OK))),
    (("≥", D(95), "场", percent("0.96")), ("≥", (D(95), OK), (D("0.96"), UNCLEAR))),
    # one of two percentages looks like a fraction
    (("≥", D(95), "%", D("0.96")), ("≥", (D(95), OK), (D("0.96"), UNCLEAR))),
    (("≥", D("0.95"), "%", D(96)), ("≥", (D("0.95"), OK), (D(96), UNCLEAR))),
    (("≤", D(5), "%", D("0.96")), ("≤", (D(5), OK), (D("0.96"), OK))),
    # too many digits for a figure
    (("≥", "9" * 20, "个", D(5)), ("≥", ("9" * 20, UNCLEAR), (D(5), OK))),
    # nothing there
    ((None, None, None, None), (None, (None, OK), (None, OK))),
    (("≥", None, "场", D(5)), ("≥", (None, OK), (D(5), OK))),
]


@pytest.mark.parametrize(("typed", "read"), INDICATORS)
def test_one_indicator(
    typed: tuple[Raw, Raw | Cell, Raw, Raw | Cell], read: tuple[object, Read, Read]
) -> None:
    answers = indicator(*typed)
    assert answers["symbol"].value == read[0]
    for column, expected in zip(("target", "actual"), read[1:], strict=True):
        assert (answers[column].value, answers[column].fault) == expected


def test_how_an_indicator_value_was_read_is_said() -> None:
    answers = indicator(None, "≥1,000 场", None, D(5))
    assert answers["target"].how == "“≥1,000 场”按 1,000场 读取"
    assert answers["actual"].how == ""
