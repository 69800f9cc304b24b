"""I: indicators: met or not, over-fulfilled, and whether what was typed agrees with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal

from perfxl.check.rule import Case, Example, Rule, Severity, text_in
from perfxl.expr.aggregates import AnyFilled, AnyIs, FirstOfItsKind, LegibleColumn
from perfxl.expr.arithmetic import Abs, Minus, Ratio, ShownRate
from perfxl.expr.cells import ONE, Const, Filled, Is, IsNumber, Legible, Number, Unknown
from perfxl.expr.logic import ALWAYS, All, Compare, If, Not, Some
from perfxl.expr.rounding import RATE_PLACES
from perfxl.expr.texts import folded
from perfxl.expr.tree import Expr, Key
from perfxl.form.answers import Values
from perfxl.form.model import Form
from perfxl.form.relations import Indicators, ScoreItem
from perfxl.rubric.scoring import DONE, HUNDRED, PARTLY, STATUSES, UNDONE, met, share_by_status
from perfxl.text.amounts import Measure, number_text, percent_text, rate_text
from perfxl.text.dates import names_day
from perfxl.text.quantities import QUALITATIVE

TYPED_ROUNDING = Const(Decimal("0.005"))  # people print 101.12 % as 101 %
NEVER = Not(ALWAYS)


def indicator_rows(form: Form) -> Iterator[tuple[Indicators, str, str]]:
    """Give every list row of indicators with the wording of its place."""
    for indicators in form.of(Indicators):
        block = form.blocks[indicators.block]
        for row in block.rows:
            yield indicators, row.key, block.called(row)


def name_of(indicators: Indicators, row: str) -> Callable[[Values], str]:
    """Say what an indicator is called."""
    return text_in(indicators.cell(row, indicators.name), "该指标")


def _explanation(indicators: Indicators, row: str) -> Key | None:
    """Give where the form offers room for a reason, None where it does not."""
    return indicators.cell(row, indicators.reason) if indicators.reason else None


def _gap(indicators: Indicators, row: str) -> Callable[[Values], str]:
    """Say the target, the actual and how much is missing, or what the unit says of it."""
    actual, rate, symbol, unit = (
        indicators.cell(row, column)
        for column in (
            indicators.actual,
            indicators.completion,
            indicators.symbol,
            indicators.unit,
        )
    )

    def say(values: Values) -> str:
        target = indicators.goal(row, values.is_filled)
        measure = values.text(unit) or ""
        sign = (values.text(symbol) or "").replace("=", "").replace(QUALITATIVE, "")
        goal, got = _figure(values, target, measure), values.written(actual)
        goal = goal if values.answer(target).shown else f"{sign}{goal}"
        share = values.number(rate)
        if share is None:
            status = values.text(indicators.cell(row, indicators.status)) or "未完成"
            reached_text = f"完成值“{got}”" if got else "完成值没有填"
            return f"指标值 {goal},{reached_text},完成情况为“{status}”,完成率无法计算"
        wanted, reached = values.number(target), values.number(actual)
        far = abs(wanted - reached) if wanted is not None and reached is not None else Decimal(0)
        word = "超出" if (reached or 0) > (wanted or 0) else "还差"
        if values.answer(actual).shown:  # a date: the figures are days
            least = "" if names_day(goal) and names_day(got) else "至少"
            return f"指标值 {goal},完成值 {got},{least}晚 {number_text(far)} 天"
        figures = f"指标值 {goal},完成值 {got}{measure}"
        apart = "个百分点" if measure == "%" else measure
        return f"{figures},完成率 {rate_text(share)},{word} {number_text(far)}{apart}"

    return say


def _unmet_cases(form: Form) -> Iterator[Case]:
    for indicators, row, place in indicator_rows(form):
        rate = indicators.cell(row, indicators.completion)
        by_status: Expr = Unknown()
        if indicators.status:
            status = indicators.cell(row, indicators.status)
            symbol = indicators.cell(row, indicators.symbol)
            undone = If(Is(status, (PARTLY, UNDONE), blank=False), NEVER, Unknown())
            by_status = If(Is(symbol, (QUALITATIVE,)), Is(status, (DONE,)), undone)
            by_status = If(share_by_status(rate, status), by_status, Unknown())
        actual = indicators.cell(row, indicators.actual)
        yield Case(
            actual,
            If(IsNumber(rate), met(rate), by_status),
            f"{place} 完成率达到 100%",
            active=indicators.in_use(form, row),
            actual=Number(rate),
            expected=ONE,
            measure=Measure.RATE,
            terms={"name": name_of(indicators, row), "gap": _gap(indicators, row)},
            mends=_scores(indicators, row, form),
            explanation=_explanation(indicators, row),
            narrow=not indicators.reason,
        )


def _scores(indicators: Indicators, row: str, form: Form) -> Callable[[Values], list[Key]]:
    """Give the scores that an indicator of this group counts in."""

    def give(values: Values) -> list[Key]:
        if not indicators.best:
            return []
        group = folded(values.text(indicators.cell(row, indicators.group)) or "")
        return [one.stated for one in form.of(ScoreItem) if group in map(folded, one.covers)]

    return give


def _overfulfilled_cases(form: Form) -> Iterator[Case]:
    limit = form.limits.overfulfilment
    for indicators, row, place in indicator_rows(form):
        rate = indicators.cell(row, indicators.completion)
        below = Compare("<", Number(rate), Const(limit), RATE_PLACES)
        yield Case(
            _asked_for(indicators, row, form),
            below,
            f"{place} 完成率低于 {percent_text(limit)}",
            cells=_adjusted(indicators, row, below),
            active=Filled(rate),
            actual=Number(rate),
            expected=Const(limit),
            against="规定",
            measure=Measure.RATE,
            terms={
                "name": name_of(indicators, row),
                "gap": _far(indicators, row),
                "limit": percent_text(limit),
            },
            explanation=_explanation(indicators, row),
            narrow=not indicators.reason,
        )


def _asked_for(indicators: Indicators, row: str, form: Form) -> Key:
    """Give the target, where the form prints it what was made of it."""
    target = indicators.cell(row, indicators.target)
    return target if form.items[target].is_input else indicators.cell(row, indicators.actual)


def _adjusted(indicators: Indicators, row: str, test: Expr) -> tuple[tuple[Key, Expr], ...]:
    """Give the adjusted target where there is one: it is that which a test is about."""
    if not indicators.adjusted:
        return ()
    adjusted = indicators.cell(row, indicators.adjusted)
    return ((adjusted, If(Filled(adjusted), test, ALWAYS)),)


def _far(indicators: Indicators, row: str) -> Callable[[Values], str]:
    actual, unit = (indicators.cell(row, c) for c in (indicators.actual, indicators.unit))

    def say(values: Values) -> str:
        sides = (indicators.goal(row, values.is_filled), actual)
        goal, got = (_figure(values, key, values.text(unit) or "") for key in sides)
        return f"指标值 {goal},完成值 {got}"

    return say


def _figure(values: Values, key: Key, measure: str) -> str:
    """Say a figure with its unit; a date, a range and words as they were typed."""
    counted = values.number(key) is not None and not values.answer(key).shown
    return f"{values.written(key)}{measure if counted else ''}"


def _status_cases(form: Form) -> Iterator[Case]:
    for indicators, row, place in indicator_rows(form):
        if not indicators.status:
            continue
        rate, status = (
            indicators.cell(row, column) for column in (indicators.completion, indicators.status)
        )
        read = Legible((status,), STATUSES)
        right = (Is(status, statuses, blank=False) for statuses in ((DONE,), (PARTLY, UNDONE)))
        yield Case(
            status,
            If(read, If(met(rate), *right), Unknown()),
            f"{place} 完成情况与完成率一致",
            # a status that is none of the three is W16's case
            active=All((Filled(rate), Some((Is(status, STATUSES, blank=False), Not(read))))),
            actual=Number(rate),
            measure=Measure.RATE,
            mends=_goal(indicators, row),
            narrow=not indicators.reason,
            terms={
                "name": name_of(indicators, row),
                "status": text_in(status),
                "right": _right_status(rate),
            },
        )


def _goal(indicators: Indicators, row: str) -> Callable[[Values], tuple[Key, ...]]:
    """Give the target that holds."""
    return lambda values: (indicators.goal(row, values.is_filled),)


def _right_status(rate: Key) -> Callable[[Values], str]:
    done = met(rate)
    return lambda values: f"“{DONE}”" if done.evaluate(values) else f"“{PARTLY}”或“{UNDONE}”"


def _stated_rate_cases(form: Form) -> Iterator[Case]:
    for indicators, row, place in indicator_rows(form):
        if not indicators.stated_rate:
            continue
        rate, stated = (
            indicators.cell(row, column)
            for column in (indicators.completion, indicators.stated_rate)
        )
        typed = _as_rate(form, stated)
        distance = Abs(Minus(ShownRate(typed), Number(rate)))
        yield Case(
            stated,
            Compare("<=", distance, TYPED_ROUNDING, RATE_PLACES),
            f"{place} 填报完成率与计算一致",
            active=All((Filled(rate), Filled(stated))),
            actual=typed,
            expected=Number(rate),
            measure=Measure.RATE,
            mends=_goal(indicators, row),
            terms={"name": name_of(indicators, row), "gap": _far(indicators, row)},
        )


def _as_rate(form: Form, key: Key) -> Expr:
    """Give a rate as the fraction it is."""
    stated = Number(key)
    return Ratio(stated, HUNDRED) if form.items[key].in_per_cent else stated


def _duplicate_cases(form: Form) -> Iterator[Case]:
    for indicators, row, place in indicator_rows(form):
        name = indicators.cell(row, indicators.name)
        if not form.items[name].is_input:
            continue  # what the form prints twice, no unit can mend
        by = tuple(filter(None, (indicators.project, indicators.category, indicators.name)))
        first = FirstOfItsKind(indicators.block, by, row)
        yield Case(
            name,
            If(_categories_legible(indicators, form), first, Unknown()),
            f"{place} 指标不重复",
            active=All(tuple(Filled(indicators.cell(row, column)) for column in by)),
            mends=_like(indicators, by, row),
            terms={"name": text_in(name), "row": place, "first": _first_like(indicators, by, row)},
        )


def _categories_legible(indicators: Indicators, form: Form) -> Expr:
    """Whether a spreadsheet, too, can tell of which category each row is."""
    keys = form.blocks[indicators.block].keys(indicators.category)
    choices = form.items[keys[0]].choices if keys else ()
    return LegibleColumn(indicators.block, indicators.category, choices) if choices else ALWAYS


def _rows_like(values: Values, block: str, by: Sequence[str], row: str) -> list[str]:
    """Give the rows of the same texts as this one, in their order."""
    return next(rows for rows in values.alike(block, tuple(by)).values() if row in rows)


def _first_like(indicators: Indicators, by: Sequence[str], row: str) -> Callable[[Values], str]:
    """Say which row is the first of the same texts."""

    def say(values: Values) -> str:
        first = _rows_like(values, indicators.block, by, row)[0]
        return values.form.row(indicators.cell(first, indicators.name)).label

    return say


def _like(indicators: Indicators, by: Sequence[str], row: str) -> Callable[[Values], Iterator[Key]]:
    """Give all cells of the rows of the same texts: one of them is to go."""

    def give(values: Values) -> Iterator[Key]:
        return _cells(values.form, indicators, _rows_like(values, indicators.block, by, row))

    return give


def _spare(indicators: Indicators) -> Callable[[Values], Iterator[Key]]:
    """Give all cells of the rows that hold no indicator yet."""

    def give(values: Values) -> Iterator[Key]:
        names = values.column(indicators.block, indicators.name)
        used = ((key.row, indicators.in_use(values.form, key.row)) for key in names)
        rows = (row for row, test in used if not test.evaluate(values))
        return _cells(values.form, indicators, rows)

    return give


def _cells(form: Form, indicators: Indicators, rows: Iterable[str]) -> Iterator[Key]:
    for row in rows:
        columns = form.row(indicators.cell(row, indicators.name)).items
        yield from (indicators.cell(row, column) for column in columns)


def _category_cases(form: Form) -> Iterator[Case]:
    for indicators in form.of(Indicators):
        if not (indicators.categories and indicators.asks_for(form, indicators.category)):
            continue
        block = form.blocks[indicators.block]
        there = {
            wording: AnyIs(block.key, indicators.category, kinds)
            for wording, kinds in indicators.categories
        }
        yield Case(
            block.keys(indicators.category)[0],
            If(_categories_legible(indicators, form), All(tuple(there.values())), Unknown()),
            f"{block.title}:各类指标都有",
            active=AnyFilled(block.key, indicators.category),
            whole=True,
            mends=_spare(indicators),
            terms={"absent": _absent(there)},
        )


def _absent(there: Mapping[str, Expr]) -> Callable[[Values], str]:
    return lambda values: "、".join(
        wording for wording, test in there.items() if not test.evaluate(values)
    )


def _indicator(symbol: str, target: str, actual: str, **more: str) -> dict[str, object]:
    cells = {"name": "讲座场次", "symbol": symbol, "target": target, "actual": actual, **more}
    return {f"indicators.001.{column}": value for column, value in cells.items()}


I01 = Rule(
    id="I01",
    name="indicator-unmet",
    title="指标未完成",
    severity=Severity.VERIFY,
    when="指标的完成率低于 100%,或定性指标的完成情况不是“已完成”。"
    "同一行另有 I06 或 C02 的,并入那一条。",
    message="“{name}”未完成:{gap}",
    why="完成率低于 100% 的指标是自评的重点,应说明原因,得分按完成率折算。",
    fix="核对完成值;确实未完成的,写明偏差原因及改进措施,相应扣减得分。",
    narrow_fix="核对完成值;确实未完成的,相应扣减得分,并在审核结果的“说明”栏写明原因。",
    source="完成率 = 年度完成值 ÷ 年度指标值(反向指标为 1 - 超出部分 ÷ 指标值)",
    good=Example(_indicator("≥", "100", "134")),
    bad=Example(_indicator("≥", "500", "208"), at="indicators.001.actual"),
    cases=_unmet_cases,
    follows=("I06", "C02"),
    aside="{gap}",
)

I02 = Rule(
    id="I02",
    name="target-too-low",
    title="指标值偏低",
    severity=Severity.VERIFY,
    when="指标的完成率达到或超过规定(默认 130%)。",
    message="“{name}”{gap},完成率 {actual},达到或超过 {limit},指标值可能定得过低",
    why="超额完成过多,往往是年初指标值定得过低,需要说明,并作为下年定目标的参考。",
    fix="核对指标值和完成值;确实超额的,在“偏差原因及改进措施”栏说明原因。",
    narrow_fix="核对指标值和完成值;确实超额的,在审核结果的“说明”栏说明原因。",
    source="超额完成 30% 及以上须说明(默认值,可由当年通知另定)",
    good=Example(_indicator("≥", "100", "120")),
    bad=Example(_indicator("≥", "100", "134"), at="indicators.001.target"),
    cases=_overfulfilled_cases,
)

I06 = Rule(
    id="I06",
    name="status-contradicts-value",
    title="完成情况与完成率不符",
    severity=Severity.ERROR,
    when="按数值算出的完成率与“完成情况”一栏相反。",
    message="“{name}”按指标值和完成值计算,完成率 {actual},完成情况应为{right},现在填的是“{status}”",
    why="完成率达到 100% 的应为“已完成”,低于 100% 的应为“未完成”或“部分完成”。",
    fix="核对指标值、完成值和完成情况三栏,改正填错的一栏;确实未完成的,写明偏差原因及改进措施,相应扣减得分。",
    narrow_fix="核对指标值、完成值和完成情况三栏,改正填错的一栏;确实未完成的,相应扣减得分。",
    source="勾稽关系:完成情况与完成率一致",
    good=Example(_indicator("≥", "100", "100", status="已完成")),
    bad=Example(_indicator("≥", "100", "80", status="已完成"), at="indicators.001.status"),
    cases=_status_cases,
)

I07 = Rule(
    id="I07",
    name="rate-differs",
    title="完成率不符",
    severity=Severity.ERROR,
    when="填报的完成率与按指标值、完成值算出的不同。",
    message="“{name}”填报完成率 {actual},按指标值和完成值计算应为 {expected}({gap})",
    why="完成率应由完成值与指标值计算得出;超额完成的照实填,不要改成 100%。",
    fix="按计算结果改正完成率;如指标值或完成值填错,改正后再填完成率。",
    source="勾稽关系:完成率 = 年度完成值 ÷ 年度指标值",
    good=Example(_indicator("≥", "95", "100", stated_rate="1.0526")),
    bad=Example(_indicator("≥", "95", "100", stated_rate="1"), at="indicators.001.stated_rate"),
    cases=_stated_rate_cases,
)

_TWICE = {
    **_indicator("≥", "100", "100", level2="数量指标"),
    "indicators.002.level2": "数量指标",
}

I08 = Rule(
    id="I08",
    name="indicator-duplicated",
    title="指标重复",
    severity=Severity.ERROR,
    when="同一类(二级指标)里,或同一个项目里,同一个指标填了两次;名称只差空白、全角半角、标点的也算。",
    message="{row}的“{name}”与{first}重复",
    why="同一指标填两次,计算完成率时会重复计分。",
    fix="留下正确的一行,把另一行清空;如是两个不同的指标,把名称改得能区分开。",
    source="填报说明:每个指标填一行",
    good=Example({**_TWICE, "indicators.002.name": "培训期数"}),
    bad=Example({**_TWICE, "indicators.002.name": "讲座场次 "}, at="indicators.002.name"),
    cases=_duplicate_cases,
)

I09 = Rule(
    id="I09",
    name="category-empty",
    title="缺少某类指标",
    severity=Severity.NOTE,
    when="数量、质量、时效、成本、效益、满意度中有一类一个指标也没有。",
    message="没有设置{absent}",
    why="绩效指标一般要覆盖数量、质量、时效、成本、效益和满意度,缺少的一类反映不出来。",
    fix="当年批复的绩效目标确实没有这类指标的,不用处理;漏填的请补上。",
    source="绩效指标体系:产出、效益、满意度指标的各个类别",
    good=Example({"indicators.001.level2": "数量指标"}),
    bad=Example({"indicators.001.level2": "社会效益指标"}, at="indicators.001.level2"),
    cases=_category_cases,
)

RULES = (I01, I02, I06, I07, I08, I09)
