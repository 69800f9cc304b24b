"""What units set themselves and reached, year by year: the same indicator found again in each.

An indicator is the same one where unit, name and measure agree and its group does not contradict.
What that leaves open is left out and told, never guessed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise

from perfxl.answers import Address, Answer, Fault, Values, text_of
from perfxl.quantities import QUALITATIVE, Doubt, read_quantity
from perfxl.register import Unit, bare
from perfxl.relations import Identity, Indicators
from perfxl.rules.readings import PROBLEMS
from perfxl.spelling import is_nothing
from perfxl.units import converted, unit_name
from perfxl.values import plain

PROJECT = "重点项目"  # the group of an indicator of one project
MOST_YEARS = 5
_SERIAL = re.compile(r"(?:指标)?[(]?\d{1,2}[.、:)](?!\d)")  # «指标1:», «2、»
_WHY_FAULT = {
    Fault.ERROR: "是错误值",
    Fault.UNCALCULATED: "是公式,没有算出结果",
    Fault.UNREADABLE: "不是能确定的数值",
}
_WHY_DOUBT = {
    **PROBLEMS,
    Doubt.SERIAL: "像是日期,不是数量",
    Doubt.SURVEY: "只说没有投诉,没有调查结果",
    Doubt.UNIT: "的单位与计量单位不是一类",
}
BLANK_WHY, DATE_WHY, WORDS_WHY = "没有填写", "是日期,不能求平均", "不是能确定的数值"
BOUND_WHY = "只写了界限,看不出实际完成多少"


@dataclass(frozen=True, slots=True)
class Figure:
    """A target or an actual: its number, or the text typed and why it is none.

    A qualitative indicator has neither number nor reason.
    """

    value: Decimal | None
    text: str = ""
    why: str = ""
    place: Address | None = None


@dataclass(frozen=True, slots=True)
class PastRow:
    """One indicator of one return; `group` is 一级指标 and 二级指标, or PROJECT and its name."""

    group: tuple[str, str]
    name: str
    symbol: str
    measure: str
    target: Figure
    actual: Figure


@dataclass(frozen=True, slots=True)
class PastReturn:
    """The indicators of a unit in one year; `saved` is ISO 8601, "" where not known."""

    source: str
    unit: Unit
    year: int
    rows: tuple[PastRow, ...]
    saved: str = ""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What was not used: file, cell, what stands there and why; "" where it is not of one place."""

    source: str
    why: str
    unit: str = ""
    year: int | None = None
    name: str = ""
    place: Address | None = None
    found: str = ""


@dataclass(eq=False)
class History:
    """One indicator over the years, figures in `measure`; `notes` tell what to know of it.

    `latest` is the last year of the unit's returns, whether it has the indicator or not;
    `is_converted` tells that an actual was given in another measure.
    """

    unit: Unit
    group: tuple[str, str]
    name: str
    measure: str
    latest: int
    rows: dict[int, PastRow] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    is_converted: bool = False

    @property
    def symbol(self) -> str:
        """The symbol last used, "" where there never was one."""
        return next((row.symbol for _, row in self.falling if row.symbol), "")

    @property
    def falling(self) -> list[tuple[int, PastRow]]:
        """The years, the last first."""
        return sorted(self.rows.items(), reverse=True)

    @property
    def actuals(self) -> dict[int, Decimal]:
        """What was reached, by year; years without a certain number are not in it."""
        found = {year: row.actual.value for year, row in sorted(self.rows.items())}
        return {year: value for year, value in found.items() if value is not None}

    def takes(self, row: PastRow) -> bool:
        """Whether a row is this indicator in an earlier year, as far as its cells tell."""
        return _compatible(self.group, row.group) and _measured_alike(self.measure, row.measure)

    def add(self, year: int, row: PastRow) -> None:
        """Take in a row of an earlier year, its figures in this measure."""
        mine, theirs = unit_name(self.measure), unit_name(row.measure)
        target, actual = (
            Figure(_in(one.value, theirs, mine), one.text, one.why, one.place)
            for one in (row.target, row.actual)
        )
        if theirs != mine and _in(Decimal(1), theirs, mine) != 1:
            self.is_converted |= actual.value is not None
            self.notes.append(f"{year} 年的计量单位是“{row.measure}”,已换算成“{self.measure}”")
        self.rows[year] = PastRow(row.group, row.name, row.symbol, self.measure, target, actual)
        first, second = (own or other for own, other in zip(self.group, row.group, strict=True))
        self.group = (first, second)


@dataclass(frozen=True, slots=True)
class Gathered:
    """The indicators of all units over the years, and what was left out."""

    histories: tuple[History, ...]
    left_out: tuple[LeftOut, ...]
    years: tuple[int, ...]


# ---------------------------------------------------------------- one return


def past_return(values: Values, source: str, saved: str = "") -> PastReturn:
    """Give the indicators of a return, those of its projects included."""
    who = next(values.form.of(Identity))
    unit = Unit(values.text(who.code) or "", values.text(who.name) or "")
    rows = tuple(
        _row(values, indicators, row.key)
        for indicators in values.form.of(Indicators)
        for row in values.form.blocks[indicators.block].rows
        if values.text(indicators.cell(row.key, indicators.name))
    )
    return PastReturn(source, unit, values.form.year, rows, saved)


def _row(values: Values, indicators: Indicators, row: str) -> PastRow:
    def answer(column: str) -> Answer:
        return values.answers[indicators.cell(row, column)]

    def text(column: str) -> str:
        if not column or answer(column).fault:
            return ""
        return values.text(indicators.cell(row, column)) or ""

    measure = "" if is_nothing(text(indicators.unit)) else text(indicators.unit)
    symbol = text(indicators.symbol)
    words = symbol == QUALITATIVE
    target, actual = (
        _figure(answer(column), words) for column in (indicators.target, indicators.actual)
    )
    about = f"{text(indicators.name)} {text(indicators.group)}"
    if actual.value is not None and _is_bound(actual.text, measure, values.form.year, about):
        actual = Figure(None, actual.text, BOUND_WHY, actual.place)
    project = text(indicators.project)
    groups = (text(indicators.group), text(indicators.category))
    group = (PROJECT, project) if indicators.project else groups
    return PastRow(group, text(indicators.name), symbol, measure, target, actual)


def _figure(answer: Answer, words: bool) -> Figure:
    text = answer.shown or answer.cell.error or text_of(answer.cell.raw)
    why = "" if words else _why(answer)
    value = answer.value if isinstance(answer.value, Decimal) and not (why or words) else None
    return Figure(value, text, why, answer.cell.address)


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
    return DATE_WHY if answer.shown else ""


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
            left_out.append(_whole(one, why))
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
            left_out.append(_whole(one, why))
        else:
            yield one


def _whole(one: PastReturn, why: str) -> LeftOut:
    return LeftOut(one.source, why, one.unit.name, one.year)


# ---------------------------------------------------------------- the same indicator


def gather(units: Mapping[str, Sequence[PastReturn]]) -> Gathered:
    """Give the indicators of units over the last MOST_YEARS years, one return a unit and year."""
    years = sorted({one.year for ones in units.values() for one in ones})[-MOST_YEARS:]
    histories: list[History] = []
    left_out: list[LeftOut] = []
    for _, ones in sorted(units.items()):
        falling = sorted(ones, key=lambda one: one.year, reverse=True)
        used = [one for one in falling if one.year in years]
        left_out += [_whole(one, f"早于最近 {MOST_YEARS} 年") for one in falling[len(used) :]]
        if used:
            histories += _of_unit(used, left_out)
    return Gathered(tuple(histories), tuple(left_out), tuple(years))


def _of_unit(falling: Sequence[PastReturn], left_out: list[LeftOut]) -> Iterator[History]:
    """Give one unit's indicators in the order of its last return."""
    latest = falling[0]
    renamed = [
        f"{earlier.year} 年的单位名称是“{earlier.unit.name}”"
        for later, earlier in pairwise(falling)
        if earlier.unit.name and bare(earlier.unit.name) != bare(later.unit.name)
    ]
    names = dict.fromkeys(same_name(row.name) for one in falling for row in one.rows)
    for name in names:
        found: list[History] = []
        for one in falling:
            rows = [row for row in one.rows if same_name(row.name) == name]
            _take(found, rows, one, latest, left_out)
        for history in found:
            history.notes += [*renamed, *_apart(history, found), *_changes(history)]
            yield history
        left_out += [
            LeftOut(_source(falling, year), f"完成值{why}", latest.unit.name, year,
                    row.name, row.actual.place, row.actual.text)
            for history in found
            for year, row in history.falling
            if (why := row.actual.why)
        ]  # fmt: skip


def _source(returns: Sequence[PastReturn], year: int) -> str:
    return next(one.source for one in returns if one.year == year)


def _take(
    found: list[History],
    rows: Sequence[PastRow],
    one: PastReturn,
    latest: PastReturn,
    left_out: list[LeftOut],
) -> None:
    """Let each row of a name go on the history it certainly belongs to, or begin one."""
    fits = [[history for history in found if history.takes(row)] for row in rows]
    for row, its in zip(rows, fits, strict=True):
        twins = [other for other in rows if other is not row and _alike(row, other)]
        rivals = [other for other in fits if its and its[0] in other]
        if twins or len(its) > 1 or len(rivals) > 1:
            why = "同名指标不止一个,不能确定与往年的哪一个对应"
            place, text = row.actual.place, row.actual.text
            left_out.append(
                LeftOut(one.source, why, one.unit.name, one.year, row.name, place, text)
            )
            continue
        if not its:
            its = [History(latest.unit, row.group, row.name, row.measure, latest.year)]
            found += its
        its[0].add(one.year, row)


def _alike(one: PastRow, other: PastRow) -> bool:
    return _compatible(one.group, other.group) and _measured_alike(one.measure, other.measure)


def _compatible(one: tuple[str, str], other: tuple[str, str]) -> bool:
    """Whether two groups may be one: a blank contradicts nothing."""
    pairs = zip(map(same_name, one), map(same_name, other), strict=True)
    return all(left == right or not (left and right) for left, right in pairs)


def _measured_alike(one: str, other: str) -> bool:
    """Whether two measures are of one family; none at all is like none only."""
    one, other = unit_name(one), unit_name(other)
    return one == other or (bool(one and other) and _in(Decimal(1), other, one) is not None)


def _in(value: Decimal | None, measure: str, wanted: str) -> Decimal | None:
    return None if value is None else converted(value, measure, wanted)


def same_name(text: str) -> str:
    """Give a name by which two are compared: widths, blanks, punctuation, serials do not matter.

    Punctuation between digits does: «1.5公里» is not «15公里».
    """
    bared = _SERIAL.sub("", plain(text), count=1) if _SERIAL.match(plain(text)) else plain(text)
    return "".join(char for n, char in enumerate(bared) if _counts(bared, n)).casefold()


def _counts(text: str, at: int) -> bool:
    char, around = text[at], text[max(at - 1, 0) : at + 2]
    if len(around) == 3 and around[0].isdigit() and around[2].isdigit():
        return True
    return not (char.isspace() or unicodedata.category(char).startswith("P"))


# ---------------------------------------------------------------- what to know of it


def _apart(history: History, found: Sequence[History]) -> Iterator[str]:
    """Say which years of the same name were kept apart, and why.

    Where both are there in one year, they are two indicators to the unit itself.
    """
    for other in found:
        if other is history or other.rows.keys() & history.rows.keys():
            continue
        years = "、".join(map(str, sorted(other.rows)))
        if _compatible(history.group, other.group):
            what = f"计量单位是“{other.measure}”" if other.measure else "没有填计量单位"
        else:
            what = f"属于“{'·'.join(filter(None, other.group))}”"
        yield f"{years} 年的同名指标{what},没有合并"


def _changes(history: History) -> Iterator[str]:
    """Say what differs between the years of one history."""
    last = max(history.rows)
    if last != history.latest:
        yield f"{history.latest} 年的表里没有这个指标"
    symbols = {row.symbol for row in history.rows.values() if row.symbol}
    if len(symbols) > 1:
        listed = "、".join(f"{y} 年“{r.symbol}”" for y, r in sorted(history.rows.items()))
        yield f"各年符号不同({listed})"
    unused: dict[str, list[str]] = {}
    for year, row in sorted(history.rows.items()):
        if row.actual.why:
            unused.setdefault(row.actual.why, []).append(str(year))
    for why, years in unused.items():
        yield f"{'、'.join(years)} 年完成值{why},没有采用"
