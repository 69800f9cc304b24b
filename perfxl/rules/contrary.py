"""I17, I18: an indicator that, as it was filled in, says the opposite of what it stands for.

A qualitative indicator is as done as the unit says it is, so its words are read after all; and a
symbol the wrong way round makes a bad result a good one.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from perfxl.check.rule import Example, Hit, Rule, Severity
from perfxl.expr.tree import Key
from perfxl.form.answers import BLANK, Submission, Values, indicator_of
from perfxl.form.raw import text_of
from perfxl.form.relations import Indicators
from perfxl.rubric.scoring import PARTLY, UNDONE
from perfxl.rules.indicators import indicator_rows, name_of
from perfxl.text.indicator import Judged, judge
from perfxl.text.quantities import QUALITATIVE, QuantityKind
from perfxl.text.wording import says_undone, wrong_way


def _unlike_words(submission: Submission, values: Values) -> Iterator[Hit]:
    """Give each qualitative indicator whose cells say that it was not met, though nobody owns it.

    A unit owns it by 完成情况, where there is no such column by a reason; without either it cannot.
    """
    for indicators, row, _ in indicator_rows(submission.form):
        symbol, target, actual = (
            indicators.cell(row, column)
            for column in (indicators.symbol, indicators.target, indicators.actual)
        )
        if values.text(symbol) == QUALITATIVE and not _is_owned(indicators, row, values):
            goal, got = (
                text_of(submission.answers.get(key, BLANK).cell.raw) for key in (target, actual)
            )
            if problem := _short(submission, indicators, row) or _undone(got, goal):
                yield _hit(submission, values, indicators, actual, problem)


def _is_owned(indicators: Indicators, row: str, values: Values) -> bool:
    if indicators.status:
        return values.text(indicators.cell(row, indicators.status)) in {PARTLY, UNDONE}
    return not indicators.reason or values.is_filled(indicators.cell(row, indicators.reason))


def _short(submission: Submission, indicators: Indicators, row: str) -> str:
    """Say that target and actual are figures, the actual the worse; "" where that is not so."""
    typed = indicator_of(indicators, row, submission.answers, submission.form)
    if not _falls_short(judge(replace(typed, symbol=""))):
        return ""
    goal, got = (text_of(side.raw) for side in (typed.target, typed.actual))
    return f"指标值“{goal}”、完成值“{got}”都是数,照数比较没有达到"


def _falls_short(judged: Judged) -> bool:
    """Whether a figure is on the wrong side of another; what equals what is left to the unit."""
    target, actual = judged.target, judged.actual
    if target is None or actual is None or not judged.compared:
        return False
    ranges = QuantityKind.RANGE in {target.kind, actual.kind}
    if ranges or target.value is None or actual.value is None:
        return False
    far = actual.value - target.value
    return far > 0 if judged.symbol in {"≤", "<"} else far < 0


def _undone(got: str, goal: str) -> str:
    said = says_undone(got, goal)
    return f"完成值里写着“{said}”" if said else ""


def _turned_round(submission: Submission, values: Values) -> Iterator[Hit]:
    """Give each symbol that bounds from the wrong side what the indicator counts."""
    for indicators, row, _ in indicator_rows(submission.form):
        symbol = indicators.cell(row, indicators.symbol)
        sign, name = values.text(symbol), values.text(indicators.cell(row, indicators.name))
        if sign and name and wrong_way(sign, name):
            hidden = values.form.column(symbol).hidden or not values.form.items[symbol].is_input
            place = indicators.goal(row, values.is_filled) if hidden else symbol
            if values.form.items[place].is_input:
                yield _hit(submission, values, indicators, place, sign)


def _hit(
    submission: Submission, values: Values, indicators: Indicators, key: Key, problem: str
) -> Hit:
    columns = (indicators.symbol, indicators.target, indicators.actual, indicators.status)
    return Hit(
        values.form.label(key),
        key,
        actual=text_of(submission.answers.get(key, BLANK).cell.raw),
        mends=tuple(indicators.cell(key.row, column) for column in columns if column),
        narrow=not indicators.reason,
        terms={"name": name_of(indicators, key.row)(values), "problem": problem},
    )


def _indicator(**cells: str) -> Example:
    return Example({f"indicators.001.{column}": value for column, value in cells.items()})


def _bad(column: str, **cells: str) -> Example:
    return Example(_indicator(**cells).answers, at=f"indicators.001.{column}")


_WORDS = {"name": "服务水平", "symbol": QUALITATIVE, "target": "有效提升", "status": "已完成"}
_SHARE = {"name": "群众满意度", "target": "90", "unit": "%", "actual": "95"}

I17 = Rule(
    id="I17",
    name="qualitative-not-met",
    title="定性指标像是没有完成",
    severity=Severity.VERIFY,
    when="符号是“定性”,完成情况没有说未完成(没有这一栏的,也没有写偏差原因),完成值却写着“未达到”"
    "“尚未”“正在推进”一类的话;或者指标值和完成值其实都是数,照数比较没有达到。",
    message="“{name}”没有说未完成,但{problem}",
    why="定性指标不计算完成率,完成与否全凭填写;写着没有做到又填已完成的,得分没有依据。",
    fix="是数的,在“符号”栏选 ≥、≤ 等;没有做到的,完成情况选“部分完成”或“未完成”,写明原因,"
    "相应扣减得分;确实已完成的,把完成值写清楚,或在审核结果的“说明”栏写明。",
    narrow_fix="没有做到的,相应扣减得分;确实已完成的,把完成值写清楚;也可以在审核结果的“说明”栏写明。",
    source="勾稽关系:完成情况与完成值一致",
    good=_indicator(**_WORDS, actual="有效提升"),
    bad=_bad("actual", **_WORDS, actual="未达到预期目标"),
    inspect=_unlike_words,
)

I18 = Rule(
    id="I18",
    name="symbol-turned-round",
    title="符号方向可疑",
    severity=Severity.VERIFY,
    when="满意度、合格率一类越大越好的指标用了“≤”“<”,或者投诉率、事故数、平均成本一类越小越好的用了“≥”“>”。"
    "名称里另有“不”“降低”“处理”一类字的不算。",
    message="“{name}”的符号是“{problem}”,方向像是反了",
    why="符号反了,没有达到的会算作完成,完成得好的会算作没有完成。",
    fix="核对符号;反了的改过来,完成情况和得分也跟着核对;确属实情的,在审核结果的“说明”栏写明。",
    narrow_fix="核对指标值里的符号;反了的改过来;确属实情的,在审核结果的“说明”栏写明。",
    source="指标含义:满意度一类不少于,投诉、成本一类不超过",
    good=_indicator(**_SHARE, symbol="≥"),
    bad=_bad("symbol", **_SHARE, symbol="≤"),
    inspect=_turned_round,
)

RULES = (I17, I18)
