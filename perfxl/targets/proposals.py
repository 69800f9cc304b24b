"""Next year's targets: what past years suggest, how strong that evidence is, and why, in words.

A suggestion is conservative: it lies within what was reached before and is never a forecast.
Source: 自评报告的改进措施 (参照过去三年的平均值、趋势); limits are ours (docs/decisions/0016).
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Any

from msgspec import Struct

from perfxl.expr.rounding import rounded
from perfxl.targets.histories import History, years_text
from perfxl.text.amounts import Measure, number_text, percent_text
from perfxl.text.quantities import DOWN, QUALITATIVE, UP
from perfxl.text.units import unit_name

TREND_YEARS = 3  # fewer show no trend
STEADY = Decimal("0.05")  # spread up to which years are alike
UNSTABLE = Decimal("0.30")  # spread beyond which their mean says little
FITS = Decimal("0.75")  # share of the variation a straight line must explain to be a trend
NEAR = Decimal("0.10")  # a target this close to the suggestion is as good
COARSENESS = Decimal("0.05")  # how much rounding may change a figure
_FINEST = 40  # roundings tried before a figure is left as it is


class Trend(StrEnum):
    """How a series goes; `word` is for people."""

    UP = "up"
    DOWN = "down"
    STEADY = "steady"
    UNSTEADY = "unsteady"
    UNKNOWN = "unknown"

    @property
    def word(self) -> str:
        """The word for people."""
        return dict(zip(Trend, ("上升", "下降", "平稳", "波动", "看不出"), strict=True))[self]


class Evidence(StrEnum):
    """How much a suggestion rests on; `word` is for people."""

    STRONG = "strong"
    MEDIUM = "medium"
    WEAK = "weak"
    NONE = "none"

    @property
    def word(self) -> str:
        """The word for people."""
        return dict(zip(Evidence, ("强", "中", "弱", "无"), strict=True))[self]


class Statistics(Struct, frozen=True):
    """What a series of actuals amounts to.

    `spread` is standard deviation (of a sample) over mean, `slope` the yearly change over mean,
    both fractions; None where they cannot be told: one year, a mean of zero.
    """

    mean: Decimal
    low: Decimal
    high: Decimal
    last: Decimal
    spread: Decimal | None
    slope: Decimal | None
    trend: Trend


class Proposal(Struct, frozen=True):
    """What past years suggest for one indicator; `suggested` None where no number should be."""

    history: History
    statistics: Statistics | None
    suggested: Decimal | None
    evidence: Evidence
    reason: str


# ---------------------------------------------------------------- the series


def statistics(series: Mapping[int, Decimal]) -> Statistics:
    """Give what a series of at least one year, by year, amounts to."""
    values = list(series.values())
    mean = sum(values, Decimal(0)) / len(values)
    low, high = min(values), max(values)
    mean = min(max(mean, low), high)  # a third is cut off somewhere
    squares = sum(((value - mean) ** 2 for value in values), Decimal(0))
    spread = None
    if len(values) > 1 and (mean or not squares):
        spread = (squares / (len(values) - 1)).sqrt() / abs(mean) if squares else Decimal(0)
    slope, fit = _line(series, mean, squares)
    per_year = slope / abs(mean) if slope is not None and mean else None
    trend = _trend(len(values), spread, slope, fit)
    return Statistics(mean, low, high, series[max(series)], spread, per_year, trend)


def _line(
    series: Mapping[int, Decimal], mean: Decimal, squares: Decimal
) -> tuple[Decimal | None, Decimal]:
    """Give the least squares slope and the share of the variation that the line explains."""
    if len(series) < TREND_YEARS:
        return None, Decimal(0)
    middle = Decimal(sum(series)) / len(series)
    across = sum(((year - middle) ** 2 for year in series), Decimal(0))
    both = sum(((year - middle) * (value - mean) for year, value in series.items()), Decimal(0))
    return both / across, both**2 / (across * squares) if squares else Decimal(0)


def _trend(count: int, spread: Decimal | None, slope: Decimal | None, fit: Decimal) -> Trend:
    if count < TREND_YEARS or slope is None:
        return Trend.UNKNOWN
    if spread is not None and spread <= STEADY:
        return Trend.STEADY
    if fit < FITS:
        return Trend.UNSTEADY
    return Trend.UP if slope > 0 else Trend.DOWN


# ---------------------------------------------------------------- the suggestion


def proposal(history: History) -> Proposal:
    """Give what the past years of an indicator suggest."""
    series, symbol = history.actuals, history.symbol
    found = statistics(series) if series else None
    barred = _barred(symbol, found)
    if found is None or barred:
        return Proposal(history, found, None, Evidence.NONE, _sentences(barred, history))
    suggested = _suggested(found, series, history.measure)
    reason = f"{_basis(found, series, history)},{_advice(found, suggested, history)}"
    weak = _weakness(found, history)
    return Proposal(
        history,
        found,
        suggested,
        _evidence(history, weak),
        _sentences(reason, history, weak),
    )


def _barred(symbol: str, found: Statistics | None) -> str:
    """Say why no number is suggested, "" where one is."""
    if symbol == QUALITATIVE:
        return "定性指标,不建议数值"
    if found is None:
        return "没有能用的完成值,不建议数值"
    if not symbol:
        return "没有填符号,不知道是越多越好还是越少越好,不建议数值"
    if symbol == "=" and found.low != found.high:
        return "符号是“=”而各年完成值不同,应按下一年的实际任务数填写"
    return ""


def _suggested(found: Statistics, series: Mapping[int, Decimal], measure: str) -> Decimal:
    """Give the mean, drawn half-way to the last year where there is a trend, in round figures."""
    trending = found.trend in {Trend.UP, Trend.DOWN}
    value = (found.mean + found.last) / 2 if trending else found.mean
    counted = all(one == one.to_integral_value() for one in series.values())
    least = Decimal(1) if counted else Decimal(0)
    if unit_name(measure) == "%":
        return rounded_within(value, found.low, found.high, least=Decimal(0), most=Decimal(1))
    return rounded_within(value, found.low, found.high, least)


def rounded_within(
    value: Decimal, low: Decimal, high: Decimal, least: Decimal, most: Decimal | None = None
) -> Decimal:
    """Give a number in round figures that lies between `low` and `high`, as `value` does.

    The step is 1, 2 or 5 at some decimal place, as coarse as COARSENESS allows, between `least` and
    `most`; finer where the round figure would lie outside.
    """
    if low == high or not value:
        return value
    step = _step(abs(value) * COARSENESS)
    step = max(step if most is None else min(step, most), least)
    for _ in range(_FINEST):
        found = rounded(value / step, 0) * step
        if low <= found <= high:
            return found.normalize()
        step = _step(step * Decimal("0.6"))  # the next finer
    return value


def _step(most: Decimal) -> Decimal:
    """Give the largest of 1, 2, 5 at any decimal place that is not above `most`."""
    place = Decimal(1).scaleb(most.adjusted())
    return next(place * lead for lead in (5, 2, 1) if place * lead <= most)


# ---------------------------------------------------------------- how far to trust it


def _weakness(found: Statistics, history: History) -> str:
    """Say why the evidence is weak, "" where it is not."""
    years = history.actuals
    if len(years) == 1:
        return "一年的数看不出高低,依据不足"
    if found.spread is None:
        return "各年有正有负,平均数没有意义,依据不足"
    if found.spread > UNSTABLE:
        return f"各年相差大(波动幅度 {percent_text(rounded(found.spread, 2))}),依据不足"
    symbols = {history.rows[year].symbol for year in years}
    if symbols & set(DOWN) and symbols & set(UP):
        return "各年的符号方向相反,依据不足"
    return ""


def _evidence(history: History, weak: str) -> Evidence:
    if weak:
        return Evidence.WEAK
    few = len(history.actuals) < TREND_YEARS
    return Evidence.MEDIUM if few or history.is_converted else Evidence.STRONG


# ---------------------------------------------------------------- in words


def _sentences(reason: str, history: History, weak: str = "") -> str:
    return "。".join((*filter(None, (reason, weak)), *dict.fromkeys(history.notes), ""))


def _basis(found: Statistics, series: Mapping[int, Decimal], history: History) -> str:
    """Say what the years have in common: «2020、2021、2022 三年平均完成 231 场,总体上升»."""
    if len(series) == 1:
        return f"只有 {next(iter(series))} 年一年的数,完成 {quantity(found.last, history.measure)}"
    years = years_text(sorted(series))
    if found.low == found.high:
        return f"{years} 年都完成 {quantity(found.low, history.measure)}"
    per_year = f" {percent_text(rounded(abs(found.slope), 2))}" if found.slope else "不定"
    ways = {
        Trend.UP: f",总体上升(平均每年{per_year})",
        Trend.DOWN: f",总体下降(平均每年{per_year})",
        Trend.STEADY: ",各年相近",
        Trend.UNSTEADY: ",时高时低",
        Trend.UNKNOWN: ",两年看不出趋势",
    }
    count = "两三四五"[len(series) - 2]
    return f"{years} {count}年平均完成 {quantity(found.mean, history.measure)}{ways[found.trend]}"


def _advice(found: Statistics, suggested: Decimal, history: History) -> str:
    """Say what is suggested and how last year's target compares with it."""
    trending = found.trend in {Trend.UP, Trend.DOWN}
    how = "(取平均数与最近一年的中间)" if trending else ""
    advice = f"建议 {quantity(suggested, history.measure)}{how}"
    known = ((year, row.target.value) for year, row in history.falling)
    year, target = next(((y, value) for y, value in known if value is not None), (0, None))
    if target is None:
        return advice
    against = _against(target, suggested, history.symbol)
    return f"{advice};{year} 年指标值 {quantity(target, history.measure)},{against}"


def _against(target: Decimal, suggested: Decimal, symbol: str) -> str:
    """Say how a target compares with the suggestion."""
    if target == suggested:
        return "与建议相同"
    if abs(target - suggested) <= NEAR * abs(suggested):
        return "与建议相近"
    higher, lower = ("偏松", "偏严") if symbol in DOWN else ("偏高", "偏低")
    return f"原指标值{higher if target > suggested else lower}"


def quantity(value: Decimal, measure: str) -> str:
    """Print a figure with its measure: 231 场, 98%."""
    blank = "" if unit_name(measure) in {"", "%", "‰"} else " "
    return f"{number_text(shortened(value))}{blank}{measure}"


def shortened(value: Decimal) -> Decimal:
    """Give a figure with as many decimals as people want to see."""
    return rounded(value, 2 if abs(value) >= 1 else 4)


# ---------------------------------------------------------------- as data


def proposal_data(one: Proposal) -> dict[str, Any]:
    """Give a proposal as JSON has it: numbers as plain digits, rates with four decimals."""
    history, found = one.history, one.statistics
    return {
        "unit": {"name": history.unit.name or None, "code": history.unit.code or None},
        "group": list(history.group),
        "name": history.name,
        "symbol": history.symbol or None,
        "measure": history.measure or None,
        "years": {
            str(year): {"target": _digits(row.target.value), "actual": _digits(row.actual.value)}
            for year, row in sorted(history.rows.items())
        },
        "mean": _digits(found.mean) if found else None,
        "low": _digits(found.low) if found else None,
        "high": _digits(found.high) if found else None,
        "spread": _rate(found.spread) if found else None,
        "slope": _rate(found.slope) if found else None,
        "trend": found.trend.value if found else None,
        "suggested": _digits(one.suggested),
        "evidence": one.evidence.value,
        "reason": one.reason,
    }


def _digits(value: Decimal | None) -> str | None:
    return None if value is None else f"{shortened(value).normalize() + 0:f}"


def _rate(value: Decimal | None) -> str | None:
    return None if value is None else Measure.RATE.data(value)
