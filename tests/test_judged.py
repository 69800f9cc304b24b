"""One indicator: symbol, target, unit and actual brought together, and what is said of doubts."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from perfxl.expr.tree import Key
from perfxl.form.answers import Answer, Cell, Fault, Values, read_answers
from perfxl.form.raw import Raw
from perfxl.rules.specimen import specimen
from perfxl.text.quantities import Doubt

D = Decimal
Read = tuple[Decimal | str | None, str]
Typed = Raw | Cell


def indicator(
    symbol: Raw, target: Typed, unit: Raw, actual: Typed, name: str = "讲座和宣传场次"
) -> dict[str, Answer]:
    """Give the answers of one row of indicators."""
    answers = values(symbol, target, unit, actual, name).answers
    columns = ("symbol", "target", "actual")
    return {column: answers[Key("indicators", "001", column)] for column in columns}


def values(symbol: Raw, target: Typed, unit: Raw, actual: Typed, name: str) -> Values:
    """Give a return with one row of indicators."""
    typed = {"name": name, "symbol": symbol, "target": target, "unit": unit, "actual": actual}
    cells = {
        Key("indicators", "001", column): raw if isinstance(raw, Cell) else Cell(raw)
        for column, raw in typed.items()
    }
    return Values(specimen(), read_answers(specimen(), cells))


def completion(*row: Typed, name: str = "讲座场次") -> Decimal | None:
    """Give the computed completion of one row of indicators."""
    symbol, target, unit, actual = row
    assert not isinstance(symbol, Cell)
    assert not isinstance(unit, Cell)
    found = values(symbol, target, unit, actual, name)
    return found.number(Key("indicators", "001", "completion"))


def percent(value: str) -> Cell:
    """Give a number shown as per cent."""
    return Cell(D(value), percent=True)


INDICATORS: list[tuple[tuple[Raw, Typed, Raw, Typed], tuple[object, Read, Read]]] = [
    # as the form asks for it
    (("≥", D(100), "场", D(134)), ("≥", (D(100), ""), (D(134), ""))),
    (("≤", D(90), "万元", D(90)), ("≤", (D(90), ""), (D(90), ""))),
    ((None, D(5), None, D(5)), ("=", (D(5), ""), (D(5), ""))),
    # pasted as a whole
    ((None, "≥100场", None, "134 场"), ("≥", (D(100), ""), (D(134), ""))),
    (("≥", "≥100场", "场", "134场"), ("≥", (D(100), ""), (D(134), ""))),
    ((None, "95%以上", None, "96%"), ("≥", (D(95), ""), (D(96), ""))),
    ((None, "100场", None, "134场"), ("=", (D(100), ""), (D(134), ""))),
    (("<", "<10%", "%", "<10%"), ("<", (D(10), ""), (D(10), ""))),
    (("≥", "１００", "场", "１３４"), ("≥", (D(100), ""), (D(134), ""))),
    (("≥", "≥100百分比", "%", "100%"), ("≥", (D(100), ""), (D(100), ""))),
    (("≥", D(5000), "万元", "6.47亿元"), ("≥", (D(5000), ""), (D(64700), ""))),
    ((">=", D(100), "场", D(134)), ("≥", (D(100), ""), (D(134), ""))),
    (("≥", "100场", "/", "134场"), ("≥", (D(100), ""), (D(134), ""))),
    # symbol or unit of its own contradicts what was pasted
    (("≤", "≥100场", "场", "134场"), ("≤", ("≥100场", "symbol"), (D(134), ""))),
    (("≥", "100场", "个", "134场"), ("≥", ("100场", "unit"), ("134场", "unit"))),
    (("≥", D(10), "万元", "已完成100%"), ("≥", (D(10), ""), ("已完成100%", "unit"))),
    ((None, "100场", None, "134次"), ("=", (D(100), ""), ("134次", "unit"))),
    ((None, "至少全年完成2次宣传", None, "已完成100%"), ("≥", (D(2), ""), ("已完成100%", "unit"))),
    (("≥", "按需", None, "134场"), ("≥", ("按需", "words"), ("134场", "unit"))),
    # an actual given as a bound proves its target kept, or nothing
    (("≥", D(90), "%", "<10%"), ("≥", (D(90), ""), ("<10%", "bound"))),
    (("=", D(10), "%", "≥10%"), ("=", (D(10), ""), ("≥10%", "bound"))),
    (("≥", D(90), "%", "95%以上"), ("≥", (D(90), ""), (D(95), ""))),
    (("≥", D(98), "%", "95%以上"), ("≥", (D(98), ""), ("95%以上", "bound"))),
    (("≤", D(5), "天", "3天以内"), ("≤", (D(5), ""), (D(3), ""))),
    (("≤", D(5), "天", "7天以内"), ("≤", (D(5), ""), ("7天以内", "bound"))),
    # words
    (("=", D(100), "%", "正在逐步解决"), ("=", (D(100), ""), ("正在逐步解决", "words"))),
    (("≥", D(90), "%", "效果明显"), ("≥", (D(90), ""), ("效果明显", "words"))),
    (("≥", D(90), "%", "无"), ("≥", (D(90), ""), ("无", "empty"))),
    (("定性", "效果明显", None, "达成"), ("定性", ("效果明显", ""), ("达成", ""))),
    ((None, "效果明显", None, None), ("定性", ("效果明显", ""), (None, ""))),
    ((None, "达成年度指标", None, "达成"), ("定性", ("达成年度指标", ""), ("达成", ""))),
    ((None, "按需开展", None, None), ("定性", ("按需开展", ""), (None, ""))),
    (("≥", "效果明显", None, None), ("≥", ("效果明显", "words"), (None, ""))),
    ((None, "零投诉", None, None), (None, ("零投诉", "words"), (None, ""))),
    (("约", "≥100场", "场", D(134)), ("约", (D(100), ""), (D(134), ""))),
    (("≥", D(4), "次", "3月5日"), ("≥", (D(4), ""), ("3月5日", "serial"))),
    (("≥", "3-5次", "次", D(4)), ("≥", ("3-5次", "range"), (D(4), ""))),
    # a spreadsheet stores a typed 95% as 0.95 and shows it as per cent
    (("≥", percent("0.95"), "%", percent("0.96")), ("≥", (D(95), ""), (D(96), ""))),
    (("≥", percent("0.95"), None, D(96)), ("≥", (D(95), ""), (D(96), ""))),
    (("≥", D(95), "%", percent("0.96")), ("≥", (D(95), ""), (D(96), ""))),
    (("≥", percent("0.95"), "场", D(96)), ("≥", ("95%", "unit"), (D(96), ""))),
    (("≥", D(95), "场", percent("0.96")), ("≥", (D(95), ""), ("96%", "unit"))),
    # one of two percentages looks like a fraction
    (("≥", D(95), "%", D("0.96")), ("≥", (D(95), ""), ("0.96", "scale"))),
    (("≥", D("0.95"), "%", D(96)), ("≥", (D("0.95"), ""), ("96", "scale"))),
    (("≤", D(5), "%", D("0.96")), ("≤", (D(5), ""), (D("0.96"), ""))),
    (("≥", "1%", "%", D(100)), ("≥", (D(1), ""), (D(100), ""))),
    (("≥", percent("0.95"), "%", "0.96"), ("≥", (D(95), ""), ("0.96", "scale"))),
    # small percentages are small
    (("≥", D(1), "%", D(5)), ("≥", (D(1), ""), (D(5), ""))),
    (("≥", D("0.5"), "%", D(2)), ("≥", (D("0.5"), ""), (D(2), ""))),
    (("≥", D(1), "%", D("3.2")), ("≥", (D(1), ""), (D("3.2"), ""))),
    (("≥", D(5), "%", D("0.96")), ("≥", (D(5), ""), (D("0.96"), ""))),
    # too many digits for a figure
    (("≥", "9" * 20, "个", D(5)), ("≥", ("9" * 20, "size"), (D(5), ""))),
    # wrong glyphs are read, a 2 that was a ≥ is not
    ((None, "》95%", "%", D(96)), (">", (D(95), "glyph"), (D(96), ""))),
    (("》=", D(95), "%", D(96)), ("≥", (D(95), ""), (D(96), ""))),
    ((None, "2280次", None, D(285)), (None, ("2280次", "digit"), (D(285), ""))),
    (("=", "292%", "%", D(95)), ("=", ("292%", "digit"), (D(95), ""))),
    (("=", "24", "场", D(5)), ("=", (D(24), ""), (D(5), ""))),
    ((None, "25场", None, D(8)), ("=", (D(25), ""), (D(8), ""))),
    (("=", "21", "次", D(1)), ("=", (D(21), ""), (D(1), ""))),
    (("=", "260场", "场", D(160)), ("=", (D(260), ""), (D(160), ""))),
    (("≥", "280次", None, D(285)), ("≥", (D(280), ""), (D(285), ""))),
    (("=", "220次", None, D(220)), ("=", (D(220), ""), (D(220), ""))),
    (("=", "200次", None, D(100)), ("=", (D(200), ""), (D(100), ""))),
    # dates where numbers belong
    (("≥", date(2022, 3, 5), "次", D(4)), ("≥", ("2022-03-05", "serial"), (D(4), ""))),
    (("≥", D(4), "次", date(2022, 3, 5)), ("≥", (D(4), ""), ("2022-03-05", "serial"))),
    (("≥", D(4), "次", "2022-03-05"), ("≥", (D(4), ""), ("2022-03-05", "serial"))),
    ((None, D(44561), None, "2022年12月"), (None, ("44561", "serial"), ("2022年12月", "day"))),
    ((None, "12月底前", None, D(44561)), ("≤", (D(0), ""), ("44561", "serial"))),
    ((None, D(44561), "年月日", None), (None, ("44561", "serial"), (None, ""))),
    (
        (None, D("2022.12"), "年月", D("2022.11")),
        (None, ("2022.12", "serial"), ("2022.11", "serial")),
    ),
    (("≥", D(202212), "人次", D(202212)), ("≥", (D(202212), ""), (D(202212), ""))),
    (("≥", D(44561), "人次", D(44561)), ("≥", (D(44561), ""), (D(44561), ""))),
    (("≥", D(44561), None, D(44561)), ("≥", (D(44561), ""), (D(44561), ""))),
    # nothing there
    ((None, None, None, None), (None, (None, ""), (None, ""))),
    (("≥", None, "场", D(5)), ("≥", (None, ""), (D(5), ""))),
]


@pytest.mark.parametrize(("typed", "read"), INDICATORS)
def test_one_indicator(
    typed: tuple[Raw, Typed, Raw, Typed], read: tuple[object, Read, Read]
) -> None:
    answers = indicator(*typed)
    assert answers["symbol"].value == read[0]
    for column, expected in zip(("target", "actual"), read[1:], strict=True):
        answer = answers[column]
        assert (answer.value, answer.doubt.value) == expected
        doubtful = answer.doubt not in {Doubt.NONE, Doubt.GLYPH}
        assert answer.fault is (Fault.UNCLEAR if doubtful else Fault.NONE)


NONE_HAPPENED = [
    ("民政救助对象投诉率", "=", D(0), "%", "年度无民政救助对象投诉情况", D(1), ""),
    ("村民投诉次数", "=", D(0), "次", "年度无村民投诉及信访等情况", D(1), ""),
    ("重大安全事故起数", "≤", D(0), "起", "未发生重大安全事故", D(1), ""),
    ("重大安全事故起数", "≤", D(0), "起", "全年未发生", D(1), ""),
    ("安全事故起数", "≤", D(0), "起", "未发生重大安全事故", None, "words"),
    ("安全事故起数", "≤", D(0), "起", "未发生人员死亡事故", None, "words"),
    ("群众投诉次数", "=", D(0), "次", "未发生群体性投诉", None, "words"),
    ("投诉次数", "=", D(0), "次", "未发生未处理的投诉", None, "words"),
    ("投诉次数", "=", D(0), "次", "部分村未发生投诉", None, "words"),
    ("投诉次数", "=", D(1), "次", "未发生投诉", None, "words"),
    ("重大安全事故起数", "≤", D(0), "起", "未发生群众投诉", None, "words"),
    ("重大安全事故起数", "≤", D(0), "起", "无", None, "empty"),
    ("投诉发生率", "≤", D(1), "%", "未发生投诉", D(1), ""),
    ("隔离人员满意率", "≥", D(90), "%", "→未发生隔离人员投诉等情况", None, "survey"),
    ("活动覆盖率", "≥", D(90), "%", "未发生群众投诉", None, "words"),
]


@pytest.mark.parametrize(
    ("name", "symbol", "target", "unit", "actual", "rate", "doubt"), NONE_HAPPENED
)
def test_what_did_not_happen(
    name: str, symbol: str, target: Decimal, unit: str, actual: str, rate: object, doubt: str
) -> None:
    assert indicator(symbol, target, unit, actual, name)["actual"].doubt.value == doubt
    assert completion(symbol, target, unit, actual, name=name) == rate


DEADLINES: list[tuple[Raw, Typed, Typed, Decimal | None]] = [
    (None, "2022年12月31日前", "2022年12月20日", D(1)),
    (None, "2022年12月31日前", "2022年12月31日", D(1)),
    (None, "12月底前", "2022-12-31", D(1)),
    ("≤", "12月底到位", date(2022, 11, 3), D(1)),
    ("=", date(2022, 12, 31), date(2022, 12, 31), D(1)),
    (None, "2022年6月底", "2022年7月1日", D(0)),
    ("≤", date(2022, 6, 30), date(2023, 1, 5), D(0)),
    (None, "12月底前", "12月20日", D(1)),
    (None, "12月底前", "2022年12月", D(1)),
    (None, "12月底前", "2022年11月完成", D(1)),
    (None, "6月30日前", "2022年7月", D(0)),
    (None, "12月底前", "1月5日", None),
    (None, "12月底前", "按时完成", None),
    (None, "12月底前", D(1), None),
    (None, "全年", "2022年12月20日", None),
    ("≥", "2022年12月31日", "2022年12月31日", None),
    # a spreadsheet makes of «2022年12月» its first day
    (None, date(2022, 12, 1), date(2022, 12, 1), D(1)),
    (None, date(2022, 12, 1), "2022年11月", D(1)),
    (None, date(2022, 12, 1), date(2022, 12, 20), None),
    (None, date(2022, 12, 1), "2022年12月", None),
    (None, date(2022, 12, 1), date(2023, 1, 5), D(0)),
]


@pytest.mark.parametrize(("symbol", "target", "actual", "expected"), DEADLINES)
def test_dates_are_judged_against_dates_alone(
    symbol: Raw, target: Typed, actual: Typed, expected: Decimal | None
) -> None:
    assert completion(symbol, target, None, actual) == expected


def test_a_date_is_printed_as_it_was_written() -> None:
    found = values(None, "12月底前", None, date(2023, 1, 5), "交付时间")
    target, actual = (Key("indicators", "001", column) for column in ("target", "actual"))
    assert (found.number(target), found.number(actual)) == (D(0), D(5))
    assert (found.written(target), found.written(actual)) == ("12月底前", "2023-01-05")


def test_what_leaves_a_deadline_open_is_asked_about() -> None:
    for actual in ("9月", "2022年9月15日", "9月3日"):
        answers = indicator(None, "9月前", None, actual, "交付时间")
        assert [answers[column].doubt for column in ("target", "actual")] == [Doubt.DAY, Doubt.DAY]
    answers = indicator(None, "9月15日前", None, "9月", "交付时间")
    assert [answers[column].doubt for column in ("target", "actual")] == [Doubt.NONE, Doubt.DAY]


def test_with_which_year_a_month_was_read_is_said() -> None:
    answers = indicator(None, "2022年12月31日前", None, "11月完成", "交付时间")
    assert answers["actual"].how == "“11月完成”按 2022年11月 读取"
    answers = indicator(None, "12月底前", None, "12月20日", "交付时间")
    assert answers["actual"].how == "“12月20日”按 2022年12月20日 读取"
    assert indicator(None, "12月底前", None, "2022年11月", "交付时间")["actual"].how == ""


def test_a_range_is_printed_as_it_was_written() -> None:
    found = values(None, "95%-100%", None, "93%", "满意度")
    target = Key("indicators", "001", "target")
    assert (found.number(target), found.written(target)) == (D(95), "95%-100%")
    assert found.answers[target].how == "“95%-100%”按 95 至 100 之间读取"


def test_a_spreadsheet_sees_a_date_as_its_serial_number() -> None:
    seen = values("≤", date(2022, 6, 30), None, date(2021, 12, 31), "交付时间").as_spreadsheet()
    actual = Key("indicators", "001", "actual")
    assert seen.number(actual) == D(44561)
    assert seen.is_number(actual)


def test_how_an_indicator_value_was_read_is_said() -> None:
    answers = indicator(None, "≥1,000 场", None, D(5))
    assert answers["target"].how == "“≥1,000 场”按 1,000场 读取"
    assert answers["actual"].how == ""
    assert indicator("≥", D(5000), "万元", "6.47亿元")["actual"].how == (
        "“6.47亿元”按 64,700万元 读取"
    )
