"""The methods of scoring an item, a record each: a new one is written here and nowhere else.

The reader of a rubric, its workbook, its text and the form go over these records.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from perfxl.expr.aggregates import LegibleColumn
from perfxl.expr.cells import Legible
from perfxl.expr.logic import legibly
from perfxl.expr.tree import Expr
from perfxl.rubric import scoring
from perfxl.rubric.model import (
    ZERO,
    Basis,
    Method,
    NumberRange,
    Parameter,
    RubricItem,
    shortest,
    usual_prompt,
)
from perfxl.text.amounts import number_text, percent_text

MOST_NAMED = 8  # scores worth naming one by one

# ---------------------------------------------------------------- computed from the tables


def _weighted_mean(item: RubricItem, basis: Basis, highest: bool) -> Expr:
    """Give points × the weighted mean of what the indicators covered earn."""
    bound = "high" if highest else "low"
    levels = basis.covered[item.method.key]
    share = scoring.mean_share(basis.indicators, bound, levels, item.points)
    legible = LegibleColumn(basis.indicators, bound)
    return legibly(legible, scoring.or_open(share, item.points, highest))


OUTPUT_COMPLETION = Method(
    key="output_completion",
    label="产出完成率",
    words="产出指标完成率(单项不超过100%)按权重加权平均×分值",
    support=_weighted_mean,
)
BENEFIT_COMPLETION = Method(
    key="benefit_completion",
    label="效益完成率",
    words="效益指标和满意度指标完成率(单项不超过100%)按权重加权平均×分值",
    support=_weighted_mean,
)


def _spent(item: RubricItem, basis: Basis, highest: bool) -> Expr:
    share = scoring.execution_share(basis.spent, basis.budget, item.points)
    return legibly(Legible(basis.funds), scoring.or_open(share, item.points, highest))


EXECUTION_RATE = Method(
    key="execution_rate",
    label="支出率",
    words="本年支出决算数÷全年预算数×分值,最高得满分",
    support=_spent,
)

# ---------------------------------------------------------------- a rate


FLOOR = Parameter(
    key="floor",
    range=NumberRange("比率下限", most=Decimal(1), rate=True, default=ZERO),
    prompt="比率低于它的不得分;没有的留空",
)


def _floor_wording(item: RubricItem) -> str:
    floor = item.number(FLOOR)
    return f"{RATIO.words},比率低于{percent_text(floor)}不得分" if floor else ""


def _from_floor(item: RubricItem) -> str:
    floor = item.number(FLOOR)
    if not floor:
        return usual_prompt(item)
    least = number_text(floor * item.points)
    return f"{least} 至 {item.points:f} 分,比率低于 {percent_text(floor)} 的为 0 分"


RATIO = Method(
    key="ratio",
    label="按比率",
    hint="可以填比率下限",
    words="比率×分值,最高得满分",
    in_figures=_floor_wording,
    parameters=(FLOOR,),
    prompt=_from_floor,
)

# ---------------------------------------------------------------- bands


def _band_points(item: RubricItem) -> tuple[Decimal, ...]:
    return tuple(sorted({band.points for band in item.bands}, reverse=True))


def _band_wording(item: RubricItem) -> str:
    return ",".join(_steps(item))


def _steps(item: RubricItem) -> Iterator[str]:
    *upper, last = item.bands
    for band in upper:
        yield f"≥{percent_text(band.at_least)}得{number_text(band.points)}分"
    yield f"低于{percent_text(upper[-1].at_least)}得{number_text(last.points)}分"


BAND = Method(
    key="band",
    label="分档",
    in_figures=_band_wording,
    banded=True,
    allowed=_band_points,
)

# ---------------------------------------------------------------- deductions

PER_FINDING = Parameter(
    key="per_finding",
    range=NumberRange("每项扣分", above=True, default=ZERO),
    prompt="每发现一项扣几分;不固定的留空",
    of_points=True,
)


def _after_deductions(item: RubricItem) -> tuple[Decimal, ...]:
    each = item.number(PER_FINDING)
    times = int(item.points / each) if each else MOST_NAMED + 1
    if times > MOST_NAMED:
        return ()
    steps = [shortest(item.points - n * each) for n in range(times + 1)]
    return tuple(dict.fromkeys((*steps, ZERO)))  # 扣完为止: the last step may be less


def _deduction_wording(item: RubricItem) -> str:
    each = item.number(PER_FINDING)
    return f"每项扣{number_text(each)}分,扣完为止" if each else ""


DEDUCT = Method(
    key="deduct",
    label="扣分",
    hint="填每项扣几分,不固定的留空",
    words="发现问题酌情扣分,扣完为止",
    in_figures=_deduction_wording,
    parameters=(PER_FINDING,),
    allowed=_after_deductions,
)

# ---------------------------------------------------------------- all or nothing


def _all_or_nothing(item: RubricItem) -> tuple[Decimal, ...]:
    return (item.points, ZERO)


YES_NO = Method(
    key="yes_no",
    label="是否",
    hint="得满分或 0 分",
    words="符合得满分,不符合不得分",
    allowed=_all_or_nothing,
)

METHODS = {
    method.key: method
    for method in (
        OUTPUT_COMPLETION,
        BENEFIT_COMPLETION,
        EXECUTION_RATE,
        RATIO,
        BAND,
        DEDUCT,
        YES_NO,
    )
}


def parameters() -> Iterator[tuple[Method, Parameter]]:
    """Give every parameter, with the method it belongs to."""
    return ((method, one) for method in METHODS.values() for one in method.parameters)
