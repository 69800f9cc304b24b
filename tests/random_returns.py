"""Returns made up at random for any form, with the values on which formulas and people trip.

Everything follows from the seed, so a failure can be repeated. A mood says how tidy the unit was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from functools import partial
from random import Random

from perfxl.expr.tree import Key
from perfxl.form.answers import Cell, Values, read_answers
from perfxl.form.model import NUMERIC, Block, Form, Item, Kind
from perfxl.form.raw import Raw
from perfxl.form.relations import (
    Balance,
    BudgetLine,
    Conclusion,
    Identity,
    Indicators,
    ProjectFunds,
    ScoreItem,
    Total,
)

Changes = Iterator[tuple[Key, Raw]]
Step = Callable[[Form, Values], Changes]


class Mood(StrEnum):
    """How a return was filled."""

    CAREFUL = "careful"  # every number is there and the figures nearly fit: all gets judged
    PATCHY = "patchy"  # blanks, odd texts; what belongs to be a number is one
    CARELESS = "careless"  # texts where numbers belong


LEFT_OUT = {Mood.CAREFUL: 0.0, Mood.PATCHY: 0.15, Mood.CARELESS: 0.1}
BEGUN = {Mood.CAREFUL: 0.05, Mood.PATCHY: 0.25, Mood.CARELESS: 0.05}


def decimals(text: str) -> tuple[Decimal, ...]:
    """Give the numbers of a list."""
    return tuple(map(Decimal, text.split()))


# Zero, signs, halves of a cent, 元 ÷ 10,000 with three and four decimals, what binary fractions
# cannot hold, sizes far apart. 万亿元 is the largest: beyond it a spreadsheet, which keeps 15
# digits, cannot tell half a cent any more.
AMOUNTS = decimals(
    "0 0 0 0.01 0.004 0.005 0.0049 0.015 1.005 2.675 1.115 8.345 0.1 0.2 0.3 33.3333 66.6667 100"
    " 1234.5 1234.565 100.005 446.495 868.404 845.3215 22588.02 38546.39 0.0001 -0.01 -0.005 -2.675"
    " -50 1000000.125 99999999.99"
)
QUANTITIES = decimals(
    "0 0 -1 -0.5 0.0001 0.5 1 2 3 7 9.99 33.3 66.7 95 99.99 100 100 100.01 1000 28000 123456.78"
)
WEIGHTS = decimals("0 1 2 0.1 0.2 0.3 0.7 2.5 10 33.33 0.00001")
RATES = decimals("0 1 1 0.99 1.0526 0.9999 1.2999 1.3 1.30004 2.5 0.00005 -0.1")
# what the difference of two figures that should be equal may be
GAPS = decimals("0 0 0 0.01 -0.01 0.004 0.005 -0.005 0.0049 0.015 0.02 0.055 0.06 0.1 1 -30")
CENTS = decimals("0 0 0.01 -0.01")
RATE_GAPS = decimals("0 0.0001 0.004 0.0049 0.005 0.005 0.005 0.00504 0.00506 0.0051 0.0055 0.1")
OVER_CEILING = decimals("0.04 0.05 0.0549 0.055 0.055 0.06 0.06 1 -7")
SHARES = decimals("1 1 0 0.7 0.69995 0.69994 0.9 0.89995 0.89994 1.3 1.3 1.30004 1.30005 1.31 3")
DONE_SHARES = decimals("0.99999999 0.99999999 1.00000001 1.29999999 1.29999999 1.30000001")

# one name in many spellings; then patterns, blanks, what looks like a formula or a verdict
SPELLINGS = (
    *("道路养护", "道路养护 ", " 道路养护", "道路养护\u3000", "\u00a0道路养护", "道路养护\n"),
    *("道路 养护", "道路（养护）。", "道路\u3000养护", "道路\u200b养护"),
    *("ABC", "abc", "Abc ", "ａｂｃ"),
)
ODDITIES = (
    *("\u3000", "  ", "\u00a0", "\n", "*", "?", "~", "~*", "道路*", ">5", "<>", "=5", "=1+1"),
    *("'=A1", "+1", "-", "@SUM(A1)", "“引号”", '"', 'a"b', "a&b<c>", "12", "TRUE"),
    *("不通过", "待填", "通过", "错误", "http://example.com", "多\n行", "长" * 300),
)
NAME_NUMBERS = decimals("5 0 -3 0.1 12.5 440114001")
CHOICE_TEXTS = (
    *("基本", "≥ ", " ≤", "\u00a0≥", "=1", "未完成 ", " 定性", "已完成\u3000", "已完成\n"),
    *("产出指标 ", "优 ", "\u3000", "*", "~"),
)
# what we read as one of the choices and a spreadsheet does not
READ_CHOICES = ("部分", "完成", "产出", "产 出指标", "＞", ">=", "》", "不低于", "优秀", "社会效益")
WORDS = ("逐步解决", "约三百", "达标", "=1+1", "*", "-", "1/2", " ")
VALUE_TEXTS = (
    "处理率 100%,及时",
    "效果明显",
    "未发生",
    "12月底前",
    "2022-12-20",
    "三个",
    "12",
    " 12",
    "＞５",
    "１２",
    "≥100场",
    "95%",
    "<10%",
    "0",
    "5个以上",
    "1,000",
    "≤3次",
)
NUMBER_TEXTS = (
    *("abc", "12", " 12 ", "１２", "1,234.50", "12元", "无", "-", "/", "\u3000", " ", "1e3", "(5)"),
    *("105.26%", "#REF!", "=1+1", "1/2", "2023-04-10"),
)


def random_cells(form: Form, mood: Mood, seed: int) -> dict[Key, Cell]:
    """Give the filled cells of a return to `form`."""
    rng = Random(seed)
    weighing = rng.choice(("none", "some", "all", "all", "zero"))
    raws: dict[Key, Raw] = {}
    for block in form.blocks.values():
        for key, item in _filled(block, mood, rng):
            raws[key] = _raw(key, item, mood, rng)
            if key.column == "weight":
                raws[key] = _weight(weighing, raws[key], rng)
    if mood is Mood.CAREFUL:
        raws = _nearly_fitting(form, raws, rng)
    return {key: Cell(raw) for key, raw in raws.items() if raw is not None}


def _filled(block: Block, mood: Mood, rng: Random) -> Iterator[tuple[Key, Item]]:
    """Give the inputs to fill: most rows of a list are used, most cells of a row."""
    used = rng.choice((0.0, 0.3, 0.8, 1.0, 1.0))
    for row in block.rows:
        if block.repeats and rng.random() >= used:
            continue
        cells = ((Key(block.key, row.key, c), item) for c, item in row.items.items())
        inputs = [(key, item) for key, item in cells if item.is_input]
        if block.repeats and rng.random() < BEGUN[mood]:  # and left at its first cell
            yield rng.choice(inputs)
            continue
        for key, item in inputs:
            if rng.random() >= LEFT_OUT[mood] or key.column == "weight":
                yield key, item


def _raw(key: Key, item: Item, mood: Mood, rng: Random) -> Raw:
    untidy = mood is not Mood.CAREFUL
    match item.kind:
        case Kind.CHOICE:
            odd = untidy and rng.random() < 0.15
            texts = CHOICE_TEXTS + ODDITIES + (READ_CHOICES if mood is Mood.CARELESS else ())
            return rng.choice(texts if odd else item.choices)
        case Kind.VALUE:
            texts = (*WORDS, *VALUE_TEXTS) if mood is Mood.CARELESS else WORDS
            odd = rng.random() < (0.3 if untidy else 0.05)
            return rng.choice(texts) if odd else _quantity(rng)
        case Kind.DATE:
            return rng.choice((date(2023, 4, 10), "2023年4月10日", "\u3000"))
        case kind if kind in NUMERIC:
            odd = mood is Mood.CARELESS and rng.random() < 0.2
            return rng.choice(NUMBER_TEXTS) if odd else _number(kind, rng)
    if rng.random() < 0.2:
        return rng.choice(NAME_NUMBERS)
    return rng.choice(rng.choice((SPELLINGS, SPELLINGS, ODDITIES)))


def _number(kind: Kind, rng: Random) -> Decimal:
    some = {Kind.RATE: RATES, Kind.SCORE: QUANTITIES}.get(kind, AMOUNTS)
    return rng.choice(some) if rng.random() < 0.6 else _places(rng.uniform(-5, 5000), rng)


def _quantity(rng: Random) -> Decimal:
    return rng.choice(QUANTITIES) if rng.random() < 0.7 else _places(rng.uniform(0, 500), rng)


def _places(number: float, rng: Random) -> Decimal:
    step = Decimal(1).scaleb(-rng.choice((0, 1, 2, 2, 3, 4)))
    return Decimal(number).quantize(step, ROUND_HALF_UP)


def _weight(weighing: str, raw: Raw, rng: Random) -> Raw:
    """Give a weight: a unit weighs all its indicators, some, none, or all with 0."""
    if weighing == "none" or (weighing == "some" and rng.random() < 0.3):
        return None
    if isinstance(raw, str):
        return raw
    return Decimal(0) if weighing == "zero" else rng.choice(WEIGHTS)


# ---------------------------------------------------------------- figures that nearly fit


def changed(form: Form, raws: Mapping[Key, Raw], steps: Sequence[Step]) -> dict[Key, Raw]:
    """Give the answers after these changes, each of which sees what those before it did."""
    now = dict(raws)
    for step in steps:
        cells = {key: Cell(raw) for key, raw in now.items()}
        now.update(step(form, Values(form, read_answers(form, cells))))
    return now


def _nearly_fitting(form: Form, raws: Mapping[Key, Raw], rng: Random) -> dict[Key, Raw]:
    """Give the answers, figures changed so that every rule is judged close to its limit.

    Random figures would never balance, and a test for ≤ tells nothing about < unless both sides
    are sometimes equal.
    """
    figures = (_years, _budget_lines, _projects, _ceilings, _indicators, _stated_rates)
    sums = (_balances, _totals, _scores, _conclusions)
    return changed(form, raws, [partial(step, rng=rng) for step in (*figures, *sums, _blanks)])


def _about(target: Decimal | None, rng: Random) -> Decimal:
    return (target or Decimal(0)) + rng.choice(GAPS)


def _rounding(figures: int, rng: Random) -> Decimal:
    """Give a difference, often one just within or beyond what rounding so many figures explains."""
    limit = Decimal(figures) * Decimal("0.005")
    edges = [limit + Decimal(step) / 1000 for step in (-10, -5, 0, 5, 10)]
    return rng.choice((*GAPS, *edges * 5)) * rng.choice((1, -1))


def _years(form: Form, values: Values, rng: Random) -> Changes:
    for who in form.of(Identity):
        yield who.year, Decimal(form.year - rng.choice((0, 0, 1)))


def _budget_lines(form: Form, values: Values, rng: Random) -> Changes:
    usual = rng.choice(SHARES)  # one for the year, so that the rate of the sums is near a limit
    for line in form.of(BudgetLine):
        initial = values.number(line.initial) or Decimal(0)
        annual = initial * rng.choice(SHARES)
        share = usual if rng.random() < 0.7 else rng.choice(SHARES)
        yield line.annual, annual
        yield line.final, annual * share if rng.random() < 0.5 else _about(annual, rng)


def _projects(form: Form, values: Values, rng: Random) -> Changes:
    for funds in form.of(ProjectFunds):
        for row in form.blocks[funds.block].rows:
            budget, spent = Key(funds.block, row.key, "budget"), Key(funds.block, row.key, "spent")
            if values.number(spent) is not None and rng.random() < 0.7:
                yield spent, _about(values.number(budget), rng)


def _ceilings(form: Form, values: Values, rng: Random) -> Changes:
    for funds in form.of(ProjectFunds):
        total = values.number(funds.total)
        if total is not None:
            yield funds.ceiling, total - rng.choice(OVER_CEILING)


def _balances(form: Form, values: Values, rng: Random) -> Changes:
    for balance in form.of(Balance):
        income, cost = (
            values.number(side.computed) or Decimal(0)
            for side in (balance.income, balance.expenditure)
        )
        part = balance.expenditure.balancing[-1]
        figures = len(balance.income.parts) + len(balance.expenditure.parts)
        yield part, (values.number(part) or Decimal(0)) + income - cost + _rounding(figures, rng)


def _totals(form: Form, values: Values, rng: Random) -> Changes:
    for total in form.of(Total):
        found = values.number(total.lines.computed) or Decimal(0)
        yield total.stated, found + _rounding(len(total.lines.parts) + 1, rng)


def _indicators(form: Form, values: Values, rng: Random) -> Changes:
    for indicators in form.of(Indicators):
        for row in form.blocks[indicators.block].rows:
            target = values.number(indicators.cell(row.key, indicators.target))
            if target is not None and rng.random() < 0.6:
                share = rng.choice((*SHARES, *DONE_SHARES))
                yield indicators.cell(row.key, indicators.actual), target * share


def _stated_rates(form: Form, values: Values, rng: Random) -> Changes:
    for indicators in form.of(Indicators):
        for row in form.blocks[indicators.block].rows if indicators.stated_rate else ():
            rate = values.number(indicators.cell(row.key, indicators.completion))
            if rate is not None:
                gap = rng.choice(RATE_GAPS) * rng.choice((1, -1))
                yield indicators.cell(row.key, indicators.stated_rate), rate + gap


def _scores(form: Form, values: Values, rng: Random) -> Changes:
    for item in form.of(ScoreItem):
        near = values.number(item.high) if item.computed and item.high else None
        points = item.points_in(values) or Decimal(0)
        if rng.random() < 0.5:
            yield item.stated, rng.choice((Decimal(0), points, points)) + rng.choice(CENTS)
        else:
            yield item.stated, _about(points if near is None else near, rng)


def _conclusions(form: Form, values: Values, rng: Random) -> Changes:
    for conclusion in form.of(Conclusion):
        if not (conclusion.grades and conclusion.grade and conclusion.total):
            continue
        lowest = Decimal(rng.choice(conclusion.grades)[1])
        near = lowest if rng.random() < 0.5 else values.number(conclusion.total)
        stated = _about(near, rng)
        yield conclusion.stated, stated
        if rng.random() < 0.6:
            grades = (name for name, lowest in conclusion.grades if stated >= Decimal(lowest))
            yield conclusion.grade, next(grades, conclusion.grades[-1][0])


def _blanks(form: Form, values: Values, rng: Random) -> Changes:
    """Give blanks where something is due only now and then."""
    reasons = [
        key
        for indicators in form.of(Indicators)
        for key in form.blocks[indicators.block].keys(indicators.reason)
    ]
    items = [key for item in form.of(ScoreItem) for key in (item.reason, item.material) if key]
    for key in (*reasons, *items):
        if rng.random() < 0.4:
            yield key, None
