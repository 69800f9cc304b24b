"""What units set themselves and reached, year by year: the same indicator found again in each.

An indicator is the same one where unit, name and measure agree and its group does not contradict.
What that leaves open is left out and told, never guessed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import pairwise

from msgspec import Struct, field

from perfxl.form.register import Unit, bare
from perfxl.targets.past_returns import LeftOut, PastReturn, PastRow, StatedValue
from perfxl.text.amounts import plain
from perfxl.text.units import converted, unit_name

MOST_YEARS = 5
_SERIAL = re.compile(r"^(?:指标)?[(]?\d{1,2}[.、:)](?!\d)")  # «指标1:», «2、»


class History(Struct, eq=False):
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
            StatedValue(_in(one.value, theirs, mine), one.text, one.why, one.place)
            for one in (row.target, row.actual)
        )
        if theirs != mine and _in(Decimal(1), theirs, mine) != 1:
            self.is_converted |= actual.value is not None
            self.notes.append(f"{year} 年的计量单位是“{row.measure}”,已换算成“{self.measure}”")
        self.rows[year] = PastRow(row.group, row.name, row.symbol, self.measure, target, actual)
        first, second = (own or other for own, other in zip(self.group, row.group, strict=True))
        self.group = (first, second)


class Gathered(Struct, frozen=True):
    """The indicators of all units over the years, and what was left out."""

    histories: tuple[History, ...]
    left_out: tuple[LeftOut, ...]
    years: tuple[int, ...]


# ---------------------------------------------------------------- the same indicator


def gather(units: Mapping[str, Sequence[PastReturn]]) -> Gathered:
    """Give the indicators of units over the last MOST_YEARS years, one return a unit and year."""
    years = sorted({one.year for ones in units.values() for one in ones})[-MOST_YEARS:]
    histories: list[History] = []
    left_out: list[LeftOut] = []
    for _, ones in sorted(units.items()):
        falling = sorted(ones, key=lambda one: one.year, reverse=True)
        used = [one for one in falling if one.year in years]
        left_out += [one.left_out(f"早于最近 {MOST_YEARS} 年") for one in falling[len(used) :]]
        if used:
            histories += _of_unit(used, left_out)
    return Gathered(tuple(histories), tuple(left_out), tuple(years))


def _of_unit(falling: Sequence[PastReturn], left_out: list[LeftOut]) -> Iterator[History]:
    """Give one unit's indicators in the order of its last return."""
    latest, of_year = falling[0], {one.year: one for one in falling}
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
            of_year[year].left_out(f"完成值{why}", row)
            for history in found
            for year, row in history.falling
            if (why := row.actual.why)
        ]


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
            left_out.append(one.left_out(why, row))
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
    bared = _SERIAL.sub("", plain(text))
    return "".join(char for n, char in enumerate(bared) if _counts(bared, n)).casefold() or bared


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
        years = years_text(sorted(other.rows))
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
    unused: dict[str, list[int]] = {}
    for year, row in sorted(history.rows.items()):
        if row.actual.why:
            unused.setdefault(row.actual.why, []).append(year)
    for why, years in unused.items():
        yield f"{years_text(years)} 年完成值{why},没有采用"


def years_text(years: Sequence[int]) -> str:
    """Print years, ascending; three and more in a row as 2018～2022."""
    if len(years) > 2 and years[-1] - years[0] == len(years) - 1:
        return f"{years[0]}～{years[-1]}"
    return "、".join(map(str, years))
