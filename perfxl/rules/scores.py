"""S: the unit's own scores against the grid, the tables and the grades."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal

from perfxl.check.findings import few
from perfxl.check.rule import Case, Example, Rule, Severity, text_in
from perfxl.expr.aggregates import NoneBelow
from perfxl.expr.cells import ZERO, Const, Filled, Is, Legible, Number, Unknown
from perfxl.expr.logic import ALWAYS, All, Compare, If, Not, Some
from perfxl.expr.rounding import MONEY_PLACES, rounded
from perfxl.expr.tree import Expr, Key
from perfxl.form.answers import Values
from perfxl.form.model import Form
from perfxl.form.relations import (
    Conclusion,
    Indicators,
    ScoreGroup,
    ScoreItem,
    scored,
    used_at,
)
from perfxl.rubric import scoring
from perfxl.text.amounts import Measure, amount_text


def _points_cases(form: Form) -> Iterator[Case]:
    for item in scored(form):
        score, points = Number(item.stated), item.worth
        if points is None:
            continue
        most = item.points if isinstance(item.points, str) else "分值"
        yield Case(
            item.stated,
            All((Compare(">=", score, ZERO), Compare("<=", score, points))),
            f"{item.wording(form)}:0 ≤ 自评得分 ≤ {most}",
            active=used_at(form, item.stated),
            actual=score,
            measure=Measure.SCORE,
            terms={"name": item.called, "points": (points, Measure.PLAIN)},
        )


def _sum_cases(form: Form) -> Iterator[Case]:
    for conclusion in form.of(Conclusion):
        if conclusion.total is None:
            continue
        yield Case(
            conclusion.stated,
            Compare("=", Number(conclusion.stated), Number(conclusion.total)),
            f"{form.label(conclusion.stated)} = 各项自评得分之和",
            actual=Number(conclusion.stated),
            expected=Number(conclusion.total),
            against="各项得分之和",
            measure=Measure.SCORE,
            terms={"capped": _capped(conclusion)},
        )


def _capped(conclusion: Conclusion) -> Callable[[Values], str]:
    """Say that a low execution rate caps the sum, where it does."""

    def say(values: Values) -> str:
        whole = values.number(conclusion.uncapped) if conclusion.uncapped else None
        if whole is None or conclusion.total is None or whole == values.number(conclusion.total):
            return ""
        return f" {amount_text(whole)} 按支出率封顶后的"

    return say


def _evidence_cases(form: Form) -> Iterator[Case]:
    groups = {group.name: group for group in form.of(ScoreGroup)}
    for item in scored(form):
        if not item.computed or item.low is None or item.high is None:
            continue
        # a score outside its points is S01's case, full points beside a gap S05's
        within: Expr = Compare("<=", Number(item.stated), Number(item.high))
        if _gaps(item, form):
            within = If(_full_despite_gap(item, form), ALWAYS, within)
        if item.worth is not None:
            outside = Compare(">", Number(item.stated), item.worth)
            within = If(outside, outside, within)
        yield Case(
            item.stated,
            within,
            f"{item.wording(form)}:自评得分不高于按表内数据测算的得分",
            actual=Number(item.stated),
            active=used_at(form, item.stated),
            expected=Number(item.high),
            against="最高",
            measure=Measure.SCORE,
            terms={
                "name": item.called,
                "interval": _interval(item.low, item.high),
                "whole": _whole(groups.get(item.group)),
            },
        )


def _gaps(item: ScoreItem, form: Form) -> list[NoneBelow]:
    """Give, for each list of indicators an item is computed from, whether it has no gap."""
    return [
        NoneBelow(indicators.block, indicators.best, indicators.group, item.covers)
        for indicators in form.of(Indicators)
        if indicators.best and item.covers
    ]


def _full_despite_gap(item: ScoreItem, form: Form) -> Expr:
    """Whether an item has all its points although an indicator behind it is not met."""
    assert item.worth is not None, "points of what tables support"
    full = Compare("=", Number(item.stated), item.worth)
    return All((full, Some(tuple(Not(gap) for gap in _gaps(item, form)))))


def _full_marks_cases(form: Form) -> Iterator[Case]:
    for item in scored(form):
        gaps = _gaps(item, form)
        if gaps and item.high is not None:
            full = _full_despite_gap(item, form)
            # where no gap is seen, a row whose share only `check` can tell may be one
            test = If(Some((full, Legible((item.high,)))), Not(full), Unknown())
            yield Case(
                item.stated,
                test,
                f"{item.wording(form)}:有指标未完成的不得满分",
                actual=Number(item.stated),
                expected=Number(item.high),
                against="最高",
                measure=Measure.SCORE,
                terms={"name": item.called, "unmet": _unmet_names(gaps, form), "most": _most(item)},
            )


def _most(item: ScoreItem) -> Callable[[Values], str]:
    """Say how much the completion allows at most, where that is less than the points."""

    def say(values: Values) -> str:
        high = values.number(item.high) if item.high else None
        points = item.points_in(values)
        if high is None or points is None or rounded(high, MONEY_PLACES) >= points:
            return ""
        return f";按完成率最多得 {amount_text(high)} 分"

    return say


def _unmet_names(gaps: Sequence[NoneBelow], form: Form) -> Callable[[Values], str]:
    names = {indicators.block: indicators.name for indicators in form.of(Indicators)}

    def say(values: Values) -> str:
        keys = [
            Key(gap.block, row, names[gap.block]) for gap in gaps for row in gap.rows_below(values)
        ]
        return few([f"“{values.text(key) or form.row(key).label}”" for key in keys])

    return say


def _interval(low: Key, high: Key) -> Callable[[Values], str]:
    def say(values: Values) -> str:
        bounds = [values.number(key) for key in (low, high)]
        texts = dict.fromkeys(amount_text(bound) for bound in bounds if bound is not None)
        return "～".join(texts)

    return say


def _whole(group: ScoreGroup | None) -> Callable[[Values], str]:
    """Say how the whole 一级指标 stands, where the form has one."""

    def say(values: Values) -> str:
        if group is None or (stated := values.number(group.stated)) is None:
            return ""
        interval = _interval(group.low, group.high)(values)
        return f"({group.name}合计自评 {amount_text(stated)},测算 {interval})"

    return say


def _grade_cases(form: Form) -> Iterator[Case]:
    for conclusion in form.of(Conclusion):
        if conclusion.grade is None or not conclusion.grades:
            continue
        score = Number(conclusion.stated)
        *better, (worst, _) = conclusion.grades
        test: Expr = Is(conclusion.grade, (worst,))
        for name, lowest in reversed(better):
            reached = Compare(">=", score, Const(Decimal(lowest)))
            test = If(reached, Is(conclusion.grade, (name,)), test)
        scale = "、".join(f"{name} {lowest} 分及以上" for name, lowest in better)
        yield Case(
            conclusion.grade,
            test,
            f"{form.label(conclusion.grade)} 与自评总得分一致({scale})",
            active=_a_grade(conclusion.grade, conclusion),
            actual=score,
            measure=Measure.SCORE,
            terms={
                "grade": text_in(conclusion.grade),
                "right": _grade_term(conclusion),
            },
        )


def _a_grade(grade: Key, conclusion: Conclusion) -> Expr:
    """Whether the grade is one at all, or still to be filled; what is none is W16's case."""
    names = tuple(name for name, _ in conclusion.grades)
    return If(Filled(grade), Is(grade, names), ALWAYS)


def _grade_term(conclusion: Conclusion) -> Callable[[Values], str]:
    return lambda values: earned_grade(conclusion, values) or ""


def earned_grade(conclusion: Conclusion, values: Values) -> str | None:
    """Give the grade the stated total score earns, None while it has none."""
    score = values.number(conclusion.stated)
    return (
        None
        if score is None or not conclusion.grades
        else scoring.grade_of(score, conclusion.grades)
    )


_INDICATOR = {
    "indicators.001.name": "讲座场次",
    "indicators.001.level1": "产出指标",
    "indicators.001.symbol": "≥",
    "indicators.001.target": "100",
    "indicators.001.actual": "80",
}

S01 = Rule(
    id="S01",
    name="score-outside-points",
    title="得分超范围",
    severity=Severity.ERROR,
    when="某一项的自评得分小于 0 或大于分值。",
    message="“{name}”自评 {actual} 分,应在 0 至 {points} 分之间",
    why="自评得分不能高于该项分值,也不能为负。",
    fix="按评分标准重新评分,得分在 0 与分值之间。",
    source="评分要求:0 ≤ 自评得分 ≤ 分值",
    good=Example({"grid.output.score": "100"}),
    bad=Example({"grid.output.score": "101"}, at="grid.output.score"),
    cases=_points_cases,
)

S02 = Rule(
    id="S02",
    name="score-sum-differs",
    title="总分不等于各项之和",
    severity=Severity.ERROR,
    when="填报的自评总得分不等于各项自评得分之和。",
    message="{label} 填报 {actual} ≠ 各项自评得分之和{capped} {expected},差 {difference} 分",
    why="自评总得分应等于各三级指标自评得分之和。",
    fix="核对各项自评得分,改正总分或改正某一项。",
    source="勾稽关系:自评总得分 = Σ 各项自评得分",
    good=Example({"grid.output.score": "94", "conclusion.stated": "94"}),
    bad=Example({"grid.output.score": "94", "conclusion.stated": "95"}, at="conclusion.stated"),
    cases=_sum_cases,
)

S03 = Rule(
    id="S03",
    name="score-above-evidence",
    title="自评高于测算得分",
    severity=Severity.VERIFY,
    when="可以由本表数据算出的项目,自评得分高于按数据测算的最高分。",
    message="“{name}”自评 {actual} 分,按表内数据测算为 {interval} 分{whole}",
    why="这一项可以由本表的指标完成情况和收支数据算出,自评高于测算的最高分,需要说明依据。",
    fix="按表内数据重新评分并写扣分理由;另有依据的在审核结果的“说明”栏写明。",
    source="评分标准:按完成率、支出率计算的项目(定性或读不成数的指标按区间计)",
    good=Example({**_INDICATOR, "grid.output.score": "80"}),
    bad=Example({**_INDICATOR, "grid.output.score": "90"}, at="grid.output.score"),
    cases=_evidence_cases,
)

S04 = Rule(
    id="S04",
    name="grade-differs",
    title="等级与得分不符",
    severity=Severity.ERROR,
    when="填报的评价等级与自评总得分应得的等级不同。",
    message="评价等级填“{grade}”,自评总得分 {actual} 分应为“{right}”",
    why="评价等级由自评总得分按等级标准确定。",
    fix="按自评总得分改正评价等级;如总得分有误,先改正总得分。",
    source="等级标准:见评分标准(示例:优 ≥ 90,良 ≥ 80,中 ≥ 60,其余为差)",
    good=Example({"conclusion.stated": "94", "conclusion.grade": "优"}),
    bad=Example({"conclusion.stated": "84", "conclusion.grade": "优"}, at="conclusion.grade"),
    cases=_grade_cases,
)

S05 = Rule(
    id="S05",
    name="full-marks-despite-gap",
    title="有未完成却得满分",
    severity=Severity.VERIFY,
    when="按指标完成情况计分的项目给了满分,而其中有指标没有完成。",
    message="“{name}”自评满分 {actual} 分,但有指标没有完成:{unmet}{most}",
    why="有指标没有完成,这一项就不应是满分,应按完成率计分。",
    fix="按完成率扣减得分并写扣分理由;指标其实已完成的,改正完成值和完成情况;另有依据的,在审核结果的“说明”栏写明。",
    source="评分标准:产出、效益指标完成情况按完成率计分",
    good=Example({**_INDICATOR, "grid.output.score": "80"}),
    bad=Example({**_INDICATOR, "grid.output.score": "100"}, at="grid.output.score"),
    cases=_full_marks_cases,
)

RULES = (S01, S02, S03, S04, S05)
