"""Made-up returns, reckoned once more: plain fractions on the filled cells, and nothing of ours.

What is right is written down here a second time, from the rules of the form alone; `perfxl` only
fills the cells and runs the check. Lines have up to four decimals, as 元 ÷ 10,000 leaves them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from math import floor
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hall import SCALE, cells, check_data, workbook

from perfxl.check.judging import check
from perfxl.form.answers import Submission, Values, read_answers
from perfxl.form.raw import Raw
from perfxl.forms.shipped import form_of
from perfxl.returns import output, workflow
from perfxl.returns.output import Checked
from perfxl.rules import RULES

pytestmark = pytest.mark.deep

RETURNS, RENDERED = 300, 10

COLUMNS = ("initial", "annual", "final")
SOURCES = [
    "general", "fund", "capital", "superior", "service",
    "business", "subsidiary", "other",
]  # fmt: skip
INCOME = [*SOURCES, "surplus_used", "brought_forward"]
SPENDING = ["basic", "project", "superior", "business", "subsidiary"]
COST = [*SPENDING, "distributed", "carried_forward"]
SIDES = {"income": INCOME, "cost": COST}
OUTPUTS, BENEFITS = ("产出指标",), ("效益指标", "满意度指标")
POINTS = {
    "output": 20, "benefit": 20, "execution": 10, "pre_evaluation": 3, "budget_discipline": 4,
    "financial_compliance": 3, "budget_disclosure": 2, "performance_disclosure": 2,
    "performance_rules": 4, "result_use": 3, "rules_execution": 5, "intention_disclosure": 2,
    "purchase_control": 1, "purchase_compliance": 2, "contract_timeliness": 2,
    "contract_filing": 1, "purchase_policy": 2, "asset_allocation": 2, "asset_income": 1,
    "asset_inventory": 1, "asset_data": 2, "asset_compliance": 2, "asset_utilisation": 2,
    "economic_cost": 2, "three_public": 2,
}  # fmt: skip
COMPUTED = ("output", "benefit", "execution")
GRADES = (("优", 90), ("良", 80), ("中", 60), ("差", 0))
JUDGED = ("T01", "T02", "X01", "X02", "X03", "X04", "X05", "X06", "S01", "S02", "S04")
UPWARD = ("≥", ">", "=")


# ---------------------------------------------------------------- made up


def made_up(seed: int) -> dict[str, Raw]:
    """Give what a clerk changed of the return that is in order; figures lie near their limits."""
    rng = Random(seed)
    typed: dict[str, Raw] = {}
    typed |= _accounts(rng)
    typed |= _projects(rng, typed)
    for n in range(1, 10):
        typed |= _indicator(rng, n)
    if rng.random() < 0.6:
        lowest = rng.choice((-10, 0, 0, 1))
        typed |= {f"indicators.{n:03d}.weight": _figure(rng, lowest, 20) for n in range(1, 10)}
        if rng.random() < 0.2:
            typed["indicators.004.weight"] = None
    return typed | _scores(rng)


def _figure(rng: Random, low: float, high: float) -> Decimal:
    step = Decimal(1).scaleb(-rng.choice((0, 2, 2, 3, 4)))
    return Decimal(rng.uniform(low, high)).quantize(step)


def _accounts(rng: Random) -> dict[str, Raw]:
    typed: dict[str, Raw] = {}
    usual = rng.choice(("0.9", "0.89995", "0.899", "0.95", "1"))
    for side, lines in SIDES.items():
        for line in lines:
            initial = Decimal(0) if rng.random() < 0.2 else _figure(rng, 0, 900)
            annual = initial * Decimal(rng.choice(("1", "1.3", "1.30004", "1.30006", "0.7", "0.6")))
            final = annual * Decimal(usual) + Decimal(rng.choice(("0", "0", "0.004", "0.01")))
            figures = zip(COLUMNS, (initial, annual, final), strict=True)
            typed |= {f"{side}.{line}.{column}": figure for column, figure in figures}
    for column in COLUMNS:
        near = [Decimal(n) / 1000 for n in (0, 4, 5, 40, 80, 84, 85, 86, 90, 95, 700)]
        last = f"cost.carried_forward.{column}"
        apart = _total(typed, "income", column) - _total(typed, "cost", column)
        typed[last] = Decimal(str(typed[last])) + apart + rng.choice(near)
        for side in SIDES if column != "initial" else ():
            total = _total(typed, side, column)
            limit = Decimal(len(SIDES[side]) + 1) * Decimal("0.005")
            steps = [limit + Decimal(n) / 1000 for n in (-9, -5, 0, 4, 5, 6, 10)]
            gap = rng.choice((Decimal(0), *steps)) * rng.choice((1, -1))
            typed[f"funds.{side}.{column}"] = total + gap
    return typed


def _total(typed: Mapping[str, Raw], side: str, column: str) -> Decimal:
    figures = (Decimal(str(typed[f"{side}.{line}.{column}"])) for line in SIDES[side])
    return sum(figures, Decimal(0))


def _projects(rng: Random, typed: Mapping[str, Raw]) -> dict[str, Raw]:
    """Give two projects in three rows, in all about what all projects spent."""
    total = Decimal(str(typed["cost.project.final"])) + Decimal(rng.randint(-80, 80)) / 1000
    first, second = (_figure(rng, 0, 100) for _ in range(2))
    spent = (first, second, total - first - second)
    found: dict[str, Raw] = {}
    for n, (name, amount) in enumerate(zip(("甲项目", "乙项目", "甲项目"), spent, strict=True), 1):
        row = f"projects.{n:03d}"
        budget = amount + Decimal(rng.choice(("0", "0.004", "-0.004", "-0.01", "5")))
        found |= {f"{row}.name": name, f"{row}.budget": budget, f"{row}.spent": amount}
        found[f"project_indicators.{n:03d}.project"] = name
    return found


def _indicator(rng: Random, number: int) -> dict[str, Raw]:
    target = rng.choice((Decimal(0), Decimal(28_000), _figure(rng, 1, 100), _figure(rng, 1, 9e5)))
    shares = "0 0.5 0.33333 0.89995 0.99994 0.99996 0.9999999 1 1.00004 1.29996 1.3 1.5 2 -0.1"
    actual = target * Decimal(rng.choice(shares.split()))
    if rng.random() < 0.3:
        actual = target - Decimal(rng.choice(("1", "0.0001")))
    row = f"indicators.{number:03d}"
    return {
        f"{row}.name": f"第{number}项工作量",
        f"{row}.symbol": rng.choice(("≥", "≥", ">", "=", "≤", "<")),
        f"{row}.target": target,
        f"{row}.unit": "个",
        f"{row}.actual": actual,
        f"{row}.reason": "见说明材料",
    }


def _scores(rng: Random) -> dict[str, Raw]:
    found: dict[str, Raw] = {}
    for item, points in POINTS.items():
        score = Decimal(points) - Decimal(rng.choice((0, 0, 4, 5, 6, 10, 333, -4, -5))) / 1000
        found[f"scores.{item}.score"] = score
        found[f"scores.{item}.reason"] = rng.choice(("按评分标准扣分", None))
    total = sum((Decimal(str(found[f"scores.{item}.score"])) for item in POINTS), Decimal(0))
    edge = Decimal(rng.choice((60, 80, 90))) - Decimal(rng.choice((4, 5, 6, 0))) / 1000
    found["conclusion.score"] = rng.choice((total, total + Decimal("0.004"), edge, edge))
    found["conclusion.grade"] = rng.choice("优良中差")
    return found


# ---------------------------------------------------------------- reckoned again


def half_up(value: Fraction, places: int = 2) -> Fraction:
    """Round half away from zero."""
    scaled = abs(value) * 10**places
    size = Fraction(floor(scaled + Fraction(1, 2)), 10**places)
    return size if value >= 0 else -size


def shown_rate(value: Fraction, *borders: Fraction) -> Fraction:
    """Give a rate with four decimals that has not reached a border it is short of."""
    found = half_up(value, 4)
    while any(value < border <= found for border in borders):
        found -= Fraction(1, 10_000)
    return found


def printed(value: Fraction, places: int) -> str:
    """Print a number that has no more decimals than these."""
    assert value * 10**places == int(value * 10**places)
    return f"{Decimal(int(value * 10**places)).scaleb(-places):.{places}f}"


class Reckoning:
    """What must come out of a return with these cells."""

    def __init__(self, filled: Mapping[str, Raw]) -> None:
        self.filled = filled

    def number(self, key: str) -> Fraction:
        raw = self.filled[key]
        assert isinstance(raw, (int, Decimal)), key
        return Fraction(raw)

    def total(self, side: str, column: str, lines: list[str] | None = None) -> Fraction:
        """Give the exact sum of the lines typed."""
        rows = SIDES[side] if lines is None else lines
        return self.sum_of(f"{side}.{line}.{column}" for line in rows)

    def sum_of(self, keys: Iterable[str]) -> Fraction:
        return sum(map(self.number, keys), Fraction(0))

    def gap(self, left: Fraction, right: Fraction) -> Fraction:
        return abs(half_up(left) - half_up(right))

    def fired(self) -> Iterator[tuple[str, str]]:
        """Give rule and cell of everything that has to be found."""
        yield from self._totals()
        yield from self._lines()
        yield from self._project_funds()
        spent, budget = (self.total("cost", column, SPENDING) for column in ("final", "annual"))
        if budget and spent / budget < Fraction(9, 10):
            yield "X04", "funds.spent.rate"
        yield from self._scores()

    def _totals(self) -> Iterator[tuple[str, str]]:
        compared = [
            ("X01", f"cost.total.{c}", self.total("income", c), self.total("cost", c), 17)
            for c in COLUMNS
        ]
        for side, lines in SIDES.items():
            for c in COLUMNS[1:]:
                key = f"funds.{side}.{c}"
                compared.append(("T01", key, self.number(key), self.total(side, c), len(lines) + 1))
        for rule, key, left, right, figures in compared:
            gap = self.gap(left, right)
            if gap:
                yield (rule if gap > Fraction(figures, 200) else "T02"), key

    def _lines(self) -> Iterator[tuple[str, str]]:
        lines = [f"income.{line}" for line in SOURCES] + [f"cost.{line}" for line in SPENDING]
        for line in lines:
            initial, annual, final = (self.number(f"{line}.{c}") for c in COLUMNS)
            if half_up(final) > half_up(annual):
                yield "X02", f"{line}.final"
            if half_up(initial) and half_up(abs(annual / initial - 1), 4) > Fraction(3, 10):
                yield "X03", f"{line}.annual"

    def _project_funds(self) -> Iterator[tuple[str, str]]:
        rows = [f"projects.{n:03d}" for n in (1, 2, 3)]
        whole = self.sum_of(f"{row}.spent" for row in rows)
        if half_up(whole) - half_up(self.number("cost.project.final")) > Fraction(5, 100):
            yield "X05", "projects_total.total.spent"
        names: dict[Raw, list[str]] = {}
        for row in rows:
            names.setdefault(self.filled[f"{row}.name"], []).append(row)
        for own in names.values():
            spent, budget = (self.sum_of(f"{row}.{c}" for row in own) for c in ("spent", "budget"))
            if half_up(spent) > half_up(budget):
                yield "X06", f"{own[0]}.project_spent"

    def _scores(self) -> Iterator[tuple[str, str]]:
        for item, points in POINTS.items():
            if not 0 <= half_up(self.number(f"scores.{item}.score")) <= points:
                yield "S01", f"scores.{item}.score"
        stated = half_up(self.number("conclusion.score"))
        if stated != half_up(self.sum_of(f"scores.{item}.score" for item in POINTS)):
            yield "S02", "conclusion.score"
        if self.filled["conclusion.grade"] != self.grade:
            yield "S04", "conclusion.grade"

    @property
    def grade(self) -> str:
        """The grade of the score as it is shown."""
        stated = half_up(self.number("conclusion.score"))
        return next(name for name, lowest in GRADES if stated >= lowest)

    def completion(self, row: str) -> Fraction | None:
        """Give how far an indicator was reached, exact."""
        target, actual = (self.number(f"{row}.{c}") for c in ("target", "actual"))
        upward = self.filled[f"{row}.symbol"] in UPWARD
        if target < 0:
            return None
        if target == 0:
            only_zero = self.filled[f"{row}.symbol"] not in ("≥", ">")
            return Fraction(actual <= 0 or not only_zero)
        if upward:
            return max(actual, Fraction(0)) / target
        over = 1 - (actual - target) / target
        return Fraction(1) if actual <= target else max(over, Fraction(0))

    @property
    def indicators(self) -> list[tuple[str | None, str]]:
        """Completion as data, and verdict, of each indicator."""
        found: list[tuple[str | None, str]] = []
        for n in range(1, 10):
            rate = self.completion(f"indicators.{n:03d}")
            assert rate is not None
            shown = shown_rate(rate, Fraction(1), Fraction(13, 10))
            found.append((printed(shown, 4), "met" if rate >= 1 else "unmet"))
        return found

    def mean(self, groups: tuple[str, ...]) -> Fraction:
        """Give the mean of the capped completions, weighted where the weights can be used."""
        rows = [f"indicators.{n:03d}" for n in range(1, 10)]
        rows = [row for row in rows if self.filled[f"{row}.level1"] in groups]
        shares = [min(self.completion(row) or Fraction(0), Fraction(1)) for row in rows]
        raws = [self.filled.get(f"{row}.weight") for row in rows]
        weights = [Fraction(raw) for raw in raws if isinstance(raw, Decimal)]
        usable = len(weights) == len(rows) and min(weights) >= 0 and sum(weights) > 0
        weights = weights if usable else [Fraction(1)] * len(rows)
        earned = (s * w for s, w in zip(shares, weights, strict=True))
        return sum(earned, Fraction(0)) / sum(weights, Fraction(0))

    def bounds(self, item: str) -> tuple[Fraction, Fraction]:
        """Give lower and upper bound of the score a leaf can have."""
        points = Fraction(POINTS[item])
        if item == "execution":
            spent, budget = (self.total("cost", c, SPENDING) for c in ("final", "annual"))
            both = points * max(Fraction(0), min(Fraction(1), spent / budget))
        elif item in COMPUTED:
            both = points * self.mean(OUTPUTS if item == "output" else BENEFITS)
        else:
            score = self.number(f"scores.{item}.score")
            told = half_up(score) == points or self.filled.get(f"scores.{item}.reason")
            if not told or not 0 <= half_up(score) <= points:
                return Fraction(0), points
            both = max(Fraction(0), min(score, points))
        return both, both

    @property
    def document(self) -> dict[str, Any]:
        """The figures as `check --json` has them."""
        low, high = (sum((self.bounds(item)[n] for item in POINTS), Fraction(0)) for n in (0, 1))
        leaves = {item: [printed(half_up(b), 2) for b in self.bounds(item)] for item in POINTS}
        return {
            "totals": [
                printed(half_up(self.total(side, column)), 2)
                for side in SIDES
                for column in COLUMNS
            ],
            "indicators": self.indicators,
            "leaves": list(leaves.values()),
            "score": [
                printed(half_up(one), 2) for one in (self.number("conclusion.score"), low, high)
            ],
            "grade": self.grade,
            "fired": sorted(self.fired()),
        }


# ---------------------------------------------------------------- held against each other


def said(checked: Checked) -> dict[str, Any]:
    """Give the same figures as the check says them."""
    document = output.file_document(checked)
    totals, score = document["totals"], document["score"]
    return {
        "totals": [totals[side][c] for side in ("income", "expenditure") for c in COLUMNS],
        "indicators": [(one["completion"], one["status"]) for one in document["indicators"]],
        "leaves": [[item["low"], item["high"]] for item in score["items"]],
        "score": [score[name] for name in ("stated", "low", "high")],
        "grade": score["grade"],
        "fired": sorted((f["id"], f["key"]) for f in document["findings"] if f["id"] in JUDGED),
    }


def evaluated(typed: Mapping[str, Raw]) -> Checked:
    """Give the check of the cells themselves, without a workbook between."""
    form = workflow.live_form(form_of(SCALE))
    values = Values(form, read_answers(form, cells(typed)))
    outcome = check(Submission(form, values.answers), RULES, values)
    return Checked(Path("cells"), values=values, outcome=outcome)


def reckoned(typed: Mapping[str, Raw]) -> dict[str, Any]:
    whole = {str(key): cell.raw for key, cell in cells(typed).items()}
    return Reckoning(whole).document


def test_every_figure_comes_out_the_same_reckoned_again() -> None:
    fired: set[str] = set()
    for seed in range(RETURNS):
        typed = made_up(seed)
        expected = reckoned(typed)
        assert said(evaluated(typed)) == expected, seed
        fired |= {rule for rule, _ in expected["fired"]}
    assert fired == set(JUDGED)  # a return that breaks no rule would prove nothing of it


@pytest.mark.parametrize("seed", range(RENDERED))
def test_so_it_does_read_from_a_workbook(seed: int) -> None:
    typed = made_up(seed)
    assert said(check_data(workbook(typed))) == reckoned(typed)
