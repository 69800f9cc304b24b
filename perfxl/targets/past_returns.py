"""A return of any year as its indicators only, and whose it is.

Source of what is read: the indicators' list and that of the projects (表1-5, 表2-3).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from msgspec import Struct

from perfxl.form.answers import Address, Answer, Fault, Values
from perfxl.form.raw import text_of
from perfxl.form.register import Unit, bare
from perfxl.form.relations import Indicators
from perfxl.rules.readings import PROBLEMS
from perfxl.text.quantities import QUALITATIVE, Doubt, read_quantity
from perfxl.text.spelling import is_nothing

PROJECT = "重点项目"  # the group of an indicator of one project
_WHY_FAULT = {
    Fault.ERROR: "是错误值",
    Fault.UNCALCULATED: "是公式,没有算出结果",
    Fault.UNREADABLE: "不是能确定的数值",
    Fault.ABSURD: "太大或太接近 0,不像真的",
    Fault.MERGED: "在合并的格子里,分不清是多少",
    Fault.UNREAD: "没有读取",
}
_WHY_DOUBT = {
    **PROBLEMS,
    Doubt.SERIAL: "像是日期,不是数量",
    Doubt.SURVEY: "只说没有投诉,没有调查结果",
    Doubt.UNIT: "的单位与计量单位不是一类",
}
BLANK_WHY, DATE_WHY, WORDS_WHY = "没有填写", "是日期,不能求平均", "不是能确定的数值"
BOUND_WHY = "只写了界限,看不出实际完成多少"


class StatedValue(Struct, frozen=True):
    """A target or an actual: its number, or the text typed and why it is none.

    A qualitative indicator has neither number nor reason.
    """

    value: Decimal | None
    text: str = ""
    why: str = ""
    place: Address | None = None


class PastRow(Struct, frozen=True):
    """One indicator of one return; `group` is 一级指标 and 二级指标, or PROJECT and its name."""

    group: tuple[str, str]
    name: str
    symbol: str
    measure: str
    target: StatedValue
    actual: StatedValue


class LeftOut(Struct, frozen=True):
    """What was not used: file, cell, what stands there and why; "" where it is not of one place."""

    source: str
    why: str
    unit: str = ""
    year: int | None = None
    name: str = ""
    place: Address | None = None
    found: str = ""


class PastReturn(Struct, frozen=True):
    """The indicators of a unit, or one of its projects, in one year.

    `project` is "" where a unit reports once for all; `saved` is ISO 8601, "" where not known.
    """

    source: str
    unit: Unit
    year: int
    rows: tuple[PastRow, ...]
    project: str = ""
    saved: str = ""

    def left_out(self, why: str, row: PastRow | None = None) -> LeftOut:
        """Say that this return, or one row of it, was not used, and why."""
        name, actual = (row.name, row.actual) if row else ("", StatedValue(None))
        return LeftOut(self.source, why, self.unit.name, self.year, name, actual.place, actual.text)


# ---------------------------------------------------------------- one return


def past_return(values: Values, unit: Unit, source: str, saved: str = "") -> PastReturn:
    """Give the indicators of a unit's return, those of its projects included."""
    rows = tuple(
        _row(values, indicators, row.key)
        for indicators in values.form.of(Indicators)
        for row in values.form.blocks[indicators.block].rows
        if indicators.in_use(values.form, row.key).evaluate(values)
        and values.text(indicators.cell(row.key, indicators.name))
    )
    return PastReturn(source, unit, values.form.year, rows, values.project, saved)


def _row(values: Values, indicators: Indicators, row: str) -> PastRow:
    def answer(column: str) -> Answer:
        return values.answer(indicators.cell(row, column))

    def text(column: str) -> str:
        if not column or answer(column).fault:
            return ""
        return values.text(indicators.cell(row, column)) or ""

    measure = "" if is_nothing(text(indicators.unit)) else text(indicators.unit)
    symbol = text(indicators.symbol)
    words = symbol == QUALITATIVE
    target, actual = (
        _figure(answer(column), words)
        for column in (indicators.goal(row, values.is_filled).column, indicators.actual)
    )
    about = f"{text(indicators.name)} {text(indicators.group)}"
    if actual.value is not None and _is_bound(actual.text, measure, values.form.year, about):
        actual = StatedValue(None, actual.text, BOUND_WHY, actual.place)
    project = text(indicators.project) or values.project
    groups = (text(indicators.group), text(indicators.category))
    group = (PROJECT, project) if indicators.project or values.project else groups
    return PastRow(group, text(indicators.name), symbol, measure, target, actual)


def _figure(answer: Answer, words: bool) -> StatedValue:
    text = answer.shown or answer.cell.error or text_of(answer.cell.raw)
    why = "" if words else _why(answer)
    value = answer.value if isinstance(answer.value, Decimal) and not (why or words) else None
    return StatedValue(value, text, why, answer.cell.address)


def _why(answer: Answer) -> str:
    """Say why an answer is no number to reckon with, "" where it is one."""
    if answer.cell.blank and not answer.cell.uncalculated:
        return BLANK_WHY
    if answer.fault in _WHY_FAULT:
        return _WHY_FAULT[answer.fault]
    if answer.doubt not in {Doubt.NONE, Doubt.GLYPH}:
        return _WHY_DOUBT[answer.doubt]
    if not isinstance(answer.value, Decimal):
        return WORDS_WHY
    ranged = answer.shown and read_quantity(answer.shown).ends is not None
    return _WHY_DOUBT[Doubt.RANGE] if ranged else DATE_WHY if answer.shown else ""


def _is_bound(text: str, measure: str, year: int, about: str) -> bool:
    """Whether an actual is a bound («<10%»): enough to judge a target by, not to set one."""
    return read_quantity(text, measure, year, about).symbol not in {"", "="}


# ---------------------------------------------------------------- whose it is


def by_unit(
    returns: Iterable[PastReturn],
) -> tuple[dict[str, list[PastReturn]], list[LeftOut]]:
    """Give the returns of each unit by what tells it from others, and those of no certain unit.

    The code decides; without one the code that goes with the name elsewhere, else the name. One
    code under two names in one year is nobody's.
    """
    every = sorted(returns, key=lambda one: (one.year, one.source))
    codes: dict[str, set[str]] = {}
    for one in every:
        if one.unit.code:
            codes.setdefault(bare(one.unit.name), set()).add(bare(one.unit.code))
    found: dict[str, list[PastReturn]] = {}
    left_out: list[LeftOut] = []
    for one in every:
        known = codes.get(bare(one.unit.name), set()) if one.unit.name else set()
        if one.unit.code or len(known) == 1:
            found.setdefault(bare(one.unit.code) or min(known), []).append(one)
        elif one.unit.name and not known:
            found.setdefault(f"={bare(one.unit.name)}", []).append(one)
        else:
            why = "没有填单位代码,同名的单位有几个" if known else "没有填单位名称和代码"
            left_out.append(one.left_out(why))
    for key, ones in found.items():
        found[key] = list(_undisputed(ones, left_out))
    return {key: ones for key, ones in found.items() if ones}, left_out


def _undisputed(ones: Sequence[PastReturn], left_out: list[LeftOut]) -> Iterator[PastReturn]:
    names: dict[int, set[str]] = {}
    for one in ones:
        names.setdefault(one.year, set()).add(bare(one.unit.name))
    for one in ones:
        if len(names[one.year] - {""}) > 1:
            why = f"这一年有几个单位填了同一代码 {one.unit.code},不能确定是哪一个"
            left_out.append(one.left_out(why))
        else:
            yield one
