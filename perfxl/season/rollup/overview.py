"""The first sheet of the roll-up: how far the season is, in tables and charts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import partial
from operator import attrgetter

from msgspec.structs import replace

from perfxl.expr.tree import Key
from perfxl.form.model import Item
from perfxl.form.raw import Raw
from perfxl.form.relations import points_in_all
from perfxl.render.draft import numeral
from perfxl.render.extras import Chart
from perfxl.returns.records import STANDINGS
from perfxl.season.rollup.model import MISSING, WORDS, Rollup, UnitRow, Why, share
from perfxl.season.rollup.tables import COUNT, MONEY, RATE, TEXT, Head, ListSheet, ListTable
from perfxl.text.amounts import number_text

KEY = "overview"
WIDTHS = (26, 13, 13, 13)
BOUNDS = (95, 90, 85, 80, 70, 60, 0)  # of each range of scores the lowest, out of 100
CHART_WIDTH, CHART_HEIGHT = 480, 300  # pixels
CHART_ROWS, CHART_COLUMNS = 13, 8
CHARTED_SCORES = 2

Line = tuple[Raw | int, ...]
SCORES: tuple[tuple[str, Callable[[UnitRow], Decimal | None]], ...] = (
    ("自评得分", attrgetter("stated")),
    ("测算得分(低)", attrgetter("low")),
    ("测算得分(高)", attrgetter("high")),
)
SCORE_HEADS = tuple((name, COUNT) for name, _ in SCORES)


def overview(rollup: Rollup, title: str) -> ListSheet:
    """Give the overview of a roll-up."""
    campaign = rollup.campaign
    until = f"报送截止 {campaign.deadline:%Y-%m-%d}({rollup.days_words})"
    office = " ".join(filter(None, (campaign.office, campaign.contact, campaign.phone)))
    note = "  ".join(filter(None, (f"统计日期 {rollup.today:%Y-%m-%d},{until}", office)))
    made = [
        _received(rollup),
        *((_grades(rollup), _bands(rollup)) if rollup.grades else ()),
        *((_money(rollup),) if rollup.accounts else ()),
    ]
    tables = tuple(replace(t, title=f"{numeral(n)}、{t.title}") for n, t in enumerate(made, 1))
    return ListSheet(KEY, "概况", title, note, tables, portrait=True, chart_columns=CHART_COLUMNS)


def charts(rollup: Rollup) -> list[Chart]:
    """Give the charts beside the overview."""
    standing = [wording for wording, *_ in _standings(rollup)]
    received = (
        "received",
        f"报送和审核情况({rollup.count_head})",
        2,
        len(standing),
        (rollup.count_head,),
    )
    scores = (
        ("grades", f"等级分布({rollup.count_head})", 0, len(rollup.grades), _charted()),
        ("bands", f"得分分布({rollup.count_head})", 0, len(BOUNDS), _charted()),
    )
    drawn = (received, *(scores if rollup.grades else ()))
    return [
        _chart(block, title, [str(n) for n in range(first, first + count)], names, place)
        for place, (block, title, first, count, names) in enumerate(drawn)
    ]


def _charted() -> tuple[str, ...]:
    return tuple(name for name, _ in SCORES[:CHARTED_SCORES])


def _chart(block: str, title: str, rows: Sequence[str], names: Sequence[str], place: int) -> Chart:
    def column(number: int) -> list[Key]:
        return [Key(block, row, f"c{number}") for row in rows]

    series = [(name, column(number)) for number, name in enumerate(names, 1)]
    return Chart(
        KEY,
        title,
        column(0),
        series,
        row=2 + CHART_ROWS * place,
        height=CHART_HEIGHT,
        width=CHART_WIDTH,
        kind="column",
    )


def _table(
    key: str, title: str, heads: Sequence[tuple[str, Item]], lines: Sequence[Line]
) -> ListTable:
    """Give a small table from its lines."""
    made = tuple(
        Head(f"c{n}", wording, WIDTHS[n], item, _at(n)) for n, (wording, item) in enumerate(heads)
    )
    return ListTable(key, title, made, lines)


def _at(place: int) -> Callable[[Line], Raw | int]:
    return lambda line: line[place] if place < len(line) else None


# ---------------------------------------------------------------- the tables


def _standings(rollup: Rollup) -> list[tuple[str, int]]:
    """Give how the returns stand, and what has not come."""
    indents = [*("　" for _ in STANDINGS[:-1]), "", ""]  # one that cannot be read is none reported
    standings = zip(indents, (*STANDINGS, MISSING), strict=True)
    return [(f"{indent}{WORDS[one]}", rollup.standings(one)) for indent, one in standings]


def _received(rollup: Rollup) -> ListTable:
    rows = len(rollup.units)
    counts = (
        ("应报(单位名单)", rollup.due, rollup.due),
        ("已报", rollup.checked, rollup.due),
        *((wording, count, rows) for wording, count in _standings(rollup)),
        ("　已逾期", rollup.overdue, rollup.due),
    )
    lines: list[Line] = [(wording, count, share(count, of)) for wording, count, of in counts]
    lines += [(f"文件:{why}", rollup.files(why)) for why in Why]
    heads = (
        ("项目", TEXT),
        ("家数、项目数" if rollup.by_project else "家数(份数)", COUNT),
        ("占比" if rollup.by_project else "占应报", RATE),
    )
    return _table("received", "报送和审核情况", heads, lines)


def _grades(rollup: Rollup) -> ListTable:
    grades = [(f"{name}(≥{number_text(Decimal(lowest))})", name) for name, lowest in rollup.grades]
    earned = [rollup.graded(score) for _, score in SCORES]
    lines: list[Line] = [
        (wording, *(counts[grade] for counts in earned))
        for wording, grade in (*grades, ("没有得分", ""))
    ]
    return _table("grades", f"等级分布({rollup.count_head})", (("等级", TEXT), *SCORE_HEADS), lines)


def _bands(rollup: Rollup) -> ListTable:
    points = points_in_all(rollup.campaign.form)
    bounds = [points * bound / 100 for bound in BOUNDS]
    lines: list[Line] = [
        (_band_words(low, high), *_counted(rollup, partial(_within, low, high)))
        for low, high in zip(bounds, (None, *bounds), strict=False)
    ]
    heads = (("得分", TEXT), *SCORE_HEADS)
    return _table("bands", f"得分分布({rollup.count_head},每段含下限)", heads, lines)


def _counted(rollup: Rollup, test: Callable[[Decimal | None], bool]) -> list[int]:
    """Give for each kind of score the number of units whose score passes the test."""
    return [sum(test(score(row)) for row in rollup.units) for _, score in SCORES]


def _within(low: Decimal, high: Decimal | None, score: Decimal | None) -> bool:
    if score is None or (high is not None and score >= high):
        return False
    return not low or score >= low


def _band_words(low: Decimal, high: Decimal | None) -> str:
    if high is None:
        return f"{number_text(low)} 分以上"
    return f"{number_text(low)}～{number_text(high)}" if low else f"{number_text(high)} 分以下"


def _money(rollup: Rollup) -> ListTable:
    totals = rollup.accounts.total(rollup.accounts.final)
    tallies = [rollup.amounts[key] for key in totals] + [rollup.gaps[rollup.accounts.final]]
    lines: list[Line] = [
        (wording, tally.known, tally.units, tally.known_passed)
        for wording, tally in zip(("收入总计", "支出总计", "收支差额"), tallies, strict=True)
    ]
    heads = (("决算数(万元)", TEXT), ("合计", MONEY), ("填全的家数", COUNT), ("其中:通过的", MONEY))
    left_out = f"({rollup.doubt_words})" if rollup.doubted else ""
    return _table("money", f"收支总计{left_out}", heads, lines)
