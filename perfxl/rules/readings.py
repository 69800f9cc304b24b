"""I03 to I05, I10 to I12, W16: what was typed and could not be read, or was read with doubts.

Each doubtful cell gets one finding, by the doubt its reading left (`quantities.Doubt`). An actual
is not asked about while its target is unknown, nor where the unit itself reports the indicator as
unfinished (I01 tells that already).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from msgspec.structs import replace

from perfxl.check.rule import Example, Hit, Rule, Severity
from perfxl.expr.tree import Key
from perfxl.form.answers import BLANK, Answer, Fault, Submission, Values, goal_in
from perfxl.form.model import Form, Kind
from perfxl.form.raw import text_of
from perfxl.form.relations import Indicators
from perfxl.rubric.scoring import PARTLY, UNDONE
from perfxl.text.quantities import Doubt

Inspect = Callable[[Submission, Values], Iterator[Hit]]

_RULES = {
    Doubt.SERIAL: "I11",
    Doubt.GLYPH: "I12",
    Doubt.DIGIT: "I12",
    Doubt.SYMBOL: "I12",
    Doubt.SURVEY: "I10",
    Doubt.UNIT: "I05",
}
PROBLEMS = {
    Doubt.ABOUT: "是约数,没有确定的数",
    Doubt.BOUND: "只说了范围,不能确定是否达到目标",
    Doubt.DAY: "不能确定是哪一天",
    Doubt.DIGIT: "开头的“2”可能是“≥”误写成的",
    Doubt.EMPTY: "没有写出数值",
    Doubt.GLYPH: "写法不规范,暂按“{symbol}”读取",
    Doubt.RANGE: "是一个范围,不能确定按哪一个数考核",
    Doubt.SCALE: "与指标值相差悬殊,可能把百分数填成了小数(95% 应填 95)",
    Doubt.SEVERAL: "里有几个数,不能确定是哪一个",
    Doubt.SIZE: "太大、太接近 0 或位数太多,不像一个数量",
    Doubt.SLIP: "里混有字母(O、l 等),可能是把数字打成了字母",
    Doubt.SYMBOL: "里的符号与“符号”栏不一致,或前后矛盾",
    Doubt.UNSIGNED: "没有写明符号,不知道是不得超过还是应当达到",
    Doubt.WORDS: "不是能确定的数值",
}
# columns beside the doubtful one that the fix of a rule sends to
_BESIDE = {
    "I03": ("symbol", "unit"),
    "I05": ("target", "unit"),
    "I11": ("target", "unit"),
    "I12": ("symbol", "target"),
}
_TOLD = frozenset({Doubt.SERIAL, Doubt.SURVEY, Doubt.UNIT})  # the rule's own message says it all


def _doubtful(submission: Submission) -> Iterator[tuple[str, Indicators, Key, Answer]]:
    """Give rule, list, place and answer of every indicator cell that left a doubt."""
    for indicators in submission.form.of(Indicators):
        for row in submission.form.blocks[indicators.block].rows:
            for rule, column in _doubtful_cells(submission, indicators, row.key):
                key = indicators.cell(row.key, column)
                yield rule, indicators, key, submission.answers[key]


def _doubtful_cells(
    submission: Submission, indicators: Indicators, row: str
) -> Iterator[tuple[str, str]]:
    """Give (rule, column) of the cells of one row that a person must look at."""
    form, answers = submission.form, submission.answers
    goal = goal_in(indicators, row, answers)
    symbol, target, actual = (
        answers.get(key, BLANK)
        for key in (
            indicators.cell(row, indicators.symbol),
            goal,
            indicators.cell(row, indicators.actual),
        )
    )
    if symbol.doubt:
        yield _RULES[symbol.doubt], indicators.symbol
    if target.doubt and form.items[goal].is_input:  # what the form prints is not the unit's
        yield _RULES.get(target.doubt, "I03"), goal.column
    if not actual.doubt or target.value is None or target.fault is not Fault.NONE:
        return
    rule = _RULES.get(actual.doubt, "I04")
    if rule not in {"I04", "I05"} or not _told_unfinished(submission, indicators, row):
        yield rule, indicators.actual


def _told_unfinished(submission: Submission, indicators: Indicators, row: str) -> bool:
    if not indicators.status:
        return False
    return submission.answers[indicators.cell(row, indicators.status)].value in {PARTLY, UNDONE}


def _doubts(rule_id: str) -> Inspect:
    """Give an inspection that reports the doubts of one rule."""

    def inspect(submission: Submission, values: Values) -> Iterator[Hit]:
        for rule, indicators, key, answer in _doubtful(submission):
            if rule == rule_id:
                beside = (getattr(indicators, name) for name in _BESIDE.get(rule, ()))
                mends = tuple(indicators.cell(key.row, column) for column in beside)
                hit = _hit(values, indicators, key, answer)
                narrow = _is_narrow(indicators, key.row, values.form)
                yield replace(hit, mends=mends, narrow=narrow)

    return inspect


def _is_narrow(indicators: Indicators, row: str, form: Form) -> bool:
    """Whether a row has no cell for the symbol, the unit or the reason."""
    columns = (indicators.symbol, indicators.unit)
    return not indicators.reason or any(_lacks(indicators, row, c, form) for c in columns)


def _lacks(indicators: Indicators, row: str, column: str, form: Form) -> bool:
    """Whether a row has no cell for what the rules count on (see `forms.measured`)."""
    return form.column(indicators.cell(row, column)).hidden


def _hit(values: Values, indicators: Indicators, key: Key, answer: Answer) -> Hit:
    name, unit, symbol = (
        values.text(indicators.cell(key.row, column))
        for column in (indicators.name, indicators.unit, indicators.symbol)
    )
    problem = "" if answer.doubt in _TOLD else PROBLEMS[answer.doubt]
    if answer.doubt is Doubt.SYMBOL and _lacks(indicators, key.row, indicators.symbol, values.form):
        problem = "里的符号前后矛盾"
    if _lacks(indicators, key.row, indicators.unit, values.form):
        unit = None
    terms = {
        "name": name or "该指标",
        "column": values.form.column_label(key),
        "problem": problem.format(symbol=symbol or "="),
        "unit": f"计量单位“{unit}”" if unit else "指标值的单位",
    }
    return Hit(
        values.form.label(key), key, actual=answer.shown or text_of(answer.cell.raw), terms=terms
    )


def _not_offered(submission: Submission, values: Values) -> Iterator[Hit]:
    for key, item in submission.form.inputs():
        answer = submission.answers[key]
        if item.kind is Kind.CHOICE and answer.fault is Fault.UNREADABLE:
            offered = "、".join(item.choices)
            yield Hit(values.form.label(key), key, actual=str(answer.value), expected=offered)


def _indicator(**cells: str) -> Example:
    row = {"name": "讲座场次", "symbol": "≥", "target": "100", "actual": "120", **cells}
    return Example({f"indicators.001.{column}": value for column, value in row.items()})


def _bad(column: str, **cells: str) -> Example:
    return Example(_indicator(**cells).answers, at=f"indicators.001.{column}")


I03 = Rule(
    id="I03",
    name="target-unreadable",
    title="指标值无法识别",
    severity=Severity.VERIFY,
    when="符号不是“定性”,“年度指标值”却读不出一个确定的数或日期,如一个约数、一句话、“≥”后面的一个范围、不知道包不包括本月的“9月前”。",
    message="“{name}”的{column}“{actual}”{problem},完成率无法计算",
    why="指标值读不出确定的数或日期,就无法与完成值对照,得分只能按完成情况估计。",
    fix="指标值只填一个数(或“2022年12月31日前”这样的日期),符号和单位另填;定性指标在符号栏选“定性”;确属实情的,在审核结果的“说明”栏写明原因。",
    narrow_fix="指标值写成“≥100”“≤5%”的形式,只写一个数,或写“2022年12月31日前”这样的日期;确属实情的,在审核结果的“说明”栏写明原因。",
    source="填报说明:指标值只填数值,符号和单位另填",
    good=_indicator(),
    bad=_bad("target", target="100-120"),
    inspect=_doubts("I03"),
)

I04 = Rule(
    id="I04",
    name="actual-unreadable",
    title="完成值无法识别",
    severity=Severity.VERIFY,
    when="目标是数或日期,“年度完成值”却读不出一个确定的数或日期。"
    "已填“未完成”“部分完成”的,由 I01 来说。",
    message="“{name}”的{column}“{actual}”{problem},完成率无法计算",
    why="目标是数(或日期),完成值却读不出确定的数(或日期),无法判断是否完成。",
    fix="完成值只填实际完成的数(指标值是日期的填完成日期,写明年月日);情况说明写到“偏差原因及改进措施”栏;确属实情的,在审核结果的“说明”栏写明原因。",
    narrow_fix="完成值只填实际完成的数(指标值是日期的填完成日期,写明年月日);情况说明和确属实情的原因,写在审核结果的“说明”栏。",
    source="填报说明:完成值只填数值,与指标值同一单位",
    good=_indicator(),
    bad=_bad("actual", actual="进展顺利"),
    inspect=_doubts("I04"),
)

I05 = Rule(
    id="I05",
    name="unit-differs",
    title="单位不一致",
    severity=Severity.VERIFY,
    when="完成值带的单位与指标值的单位不是同一种,换算不了。万元与元、人次与万人次之类自动换算。",
    message="“{name}”的{column}“{actual}”的单位与{unit}不同,不能换算,完成率无法计算",
    why="指标值与完成值的单位不同(如目标是万元、完成填百分数),两者不能相比。",
    fix="按“计量单位”栏的单位填指标值和完成值,只填数;计量单位填错的,改正计量单位;确属实情的,在审核结果的“说明”栏写明原因。",
    narrow_fix="指标值和完成值用同一单位填写;确属实情的,在审核结果的“说明”栏写明原因。",
    source="填报说明:完成值与指标值同一单位",
    good=_indicator(unit="万元", actual="1,200,000元"),
    bad=_bad("actual", unit="万元", actual="已完成100%"),
    inspect=_doubts("I05"),
)

I10 = Rule(
    id="I10",
    name="satisfaction-without-survey",
    title="满意度没有调查",
    severity=Severity.VERIFY,
    when="目标是满意率,完成值写的却是“没有投诉”一类的话,不是调查得来的百分数。",
    message="“{name}”应填满意度的百分数,{column}填的是“{actual}”,没有满意度数据",
    why="没有投诉不等于满意;满意度应以问卷、回访等调查的结果为准。",
    fix="填满意度调查得出的百分数,并说明调查方式和样本量;没有调查的,在“偏差原因及改进措施”栏如实说明,并相应扣分;确属实情的,在审核结果的“说明”栏写明原因。",
    narrow_fix="填满意度调查得出的百分数;没有调查的,相应扣分,并在审核结果的“说明”栏写明原因。",
    source="评分要求:满意度指标以调查结果为依据",
    good=_indicator(name="群众满意度", target="90", unit="%", actual="95"),
    bad=_bad("actual", name="群众满意度", target="90", unit="%", actual="未发生群众投诉"),
    inspect=_doubts("I10"),
)

I11 = Rule(
    id="I11",
    name="value-looks-like-date",
    title="像是日期",
    severity=Severity.VERIFY,
    when="指标值或完成值是一个日期,或像 44561 这样的日期序号,而这里应当填数值。",
    message="“{name}”的{column}“{actual}”像是日期(或日期变成的数字),没有当作数值计算",
    why="在电子表格里,“3-5”会变成 3月5日,日期丢了格式会变成 44561 这样的序号。",
    fix="是数值的,改填数值;是日期的,写成“2022年12月31日前”,“计量单位”栏留空或填“年月日”;确属实情的,在审核结果的“说明”栏写明原因。",
    narrow_fix="是数值的,改填数值;是日期的,写成“2022年12月31日前”;确属实情的,在审核结果的“说明”栏写明原因。",
    source="填报说明:指标值为日期的写明年月日",
    good=_indicator(
        name="讲座完成时间", symbol="", target="2022年12月31日前", actual="2022年12月20日"
    ),
    bad=_bad("target", name="讲座完成时间", symbol="", target="44561", actual="2022年12月20日"),
    inspect=_doubts("I11"),
)

I12 = Rule(
    id="I12",
    name="symbol-suspect",
    title="符号可疑",
    severity=Severity.VERIFY,
    when="符号写成了“》”一类的字形,“≥”像是误写成了数字 2,或者同一格里的符号与符号栏矛盾。",
    message="“{name}”的{column}“{actual}”{problem}",
    why="符号写错、认错或自相矛盾时,目标的大小或方向会弄反。",
    fix="在“符号”栏的下拉列表里选,“年度指标值”栏只填数值;确属实情的,在审核结果的“说明”栏写明原因。",
    narrow_fix="指标值写成“≥100”“≤5%”的形式;完成值只填数值;确属实情的,在审核结果的“说明”栏写明原因。",
    source="填报说明:符号从下拉列表选择",
    good=_indicator(symbol="", target="≥100场", actual="120"),
    bad=_bad("target", symbol="", target="》100场", actual="120"),
    inspect=_doubts("I12"),
)

W16 = Rule(
    id="W16",
    name="choice-not-offered",
    title="不在可选范围",
    severity=Severity.ERROR,
    when="只能从下拉列表里选的格子,填了列表以外的文字。“产出”“完成”这类只对得上一项的,照读。",
    message="{label}填的是“{actual}”,应从这几项里选:{expected}",
    why="这一格只能从下拉列表里选;别的文字不能参与核对和计分。",
    fix="从下拉列表里选一项;粘贴的内容请改成列表里的文字。",
    source="填报说明:下拉列表的格子只能选列表里的内容",
    good=_indicator(status="已完成"),
    bad=_bad("status", status="基本完成"),
    inspect=_not_offered,
    grouped="{sheet} 有 {count} 格不是下拉列表里的选项:{cells}(第一个“{label}”填的是“{actual}”)",
)

RULES = (W16, I03, I04, I05, I10, I11, I12)
