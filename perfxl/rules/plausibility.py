"""What is possible as written but cannot be meant: by its sum, its size, its place, its day.

I13 to I16 look at indicators and projects, X08 to X10 at amounts, C06 and C07 at who signed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from difflib import get_close_matches

from perfxl.check.rule import Case, Example, Hit, Rule, Severity, text_in
from perfxl.expr.aggregates import AddsUp, AnyFilled, ColumnSum
from perfxl.expr.arithmetic import Largest
from perfxl.expr.cells import ZERO, Const, Filled, Is, Number, Paired
from perfxl.expr.logic import All, Compare, If, Not
from perfxl.expr.tree import Expr, Key
from perfxl.form.answers import Submission, Values
from perfxl.form.model import Form, Kind, Row
from perfxl.form.raw import text_of
from perfxl.form.register import bare
from perfxl.form.relations import Indicators, Reference, Signature, Total
from perfxl.rubric.scoring import EXACT, HUNDRED, is_share
from perfxl.text.amounts import Measure, number_text
from perfxl.text.dates import day_in, day_text, is_no_day
from perfxl.text.telephones import impossible

_SUMS = {"合计", "小计", "总计", "共计", "合计数", "总数", "累计"}  # what a row of a sum is called
_LIKE = Decimal("0.8")  # of its target that a rate reaches which another may be a slip for


def _weight_cases(form: Form) -> Iterator[Case]:
    for indicators in form.of(Indicators):
        if not indicators.asks_for(form, indicators.weight):
            continue
        block = form.blocks[indicators.block]
        keys = block.keys(indicators.weight)
        by = indicators.name if indicators.asks_for(form, indicators.name) else indicators.actual
        adds_up = AddsUp(block.key, indicators.weight, by, indicators.weights)
        yield Case(
            keys[0],
            adds_up,
            f"{block.title}:权重合计 {'或 '.join(indicators.weights)}",
            cells=tuple((key, _is_weighed(key, by)) for key in keys),
            active=AnyFilled(block.key, indicators.weight),
            actual=ColumnSum(block.key, indicators.weight),
            expected=Const(Decimal(indicators.weights[0])),
            measure=Measure.PLAIN,
            whole=True,
            terms={"fault": _weights_at_fault(adds_up)},
        )


def _is_weighed(key: Key, by: str) -> Expr:
    """Whether a row has a weight that is none below 0, or is not in use."""
    named = Filled(key._replace(column=by))
    return If(Filled(key), Compare(">=", Number(key), ZERO), Not(named))


def _weights_at_fault(adds_up: AddsUp) -> Callable[[Values], str]:
    def say(values: Values) -> str:
        keys = values.column(adds_up.block, adds_up.column)
        weights = [n for key in keys if (n := values.number(key)) is not None]
        if adds_up.negative(values):
            negative = "、".join(number_text(weight) for weight in weights if weight < 0)
            return f"有负数 {negative},权重不能小于 0"
        if missing := adds_up.unweighed(values):
            count = len(weights) + len(missing)
            return f":{count} 个指标只填了 {len(weights)} 个,没有填全的,测算得分时不使用"
        total = number_text(sum(weights, Decimal(0)))
        return f"合计 {total},应为 {' 或 '.join(adds_up.sums)}"

    return say


def _share_cases(form: Form) -> Iterator[Case]:
    for indicators in form.of(Indicators):
        for row in form.blocks[indicators.block].rows:
            yield _share_case(form, indicators, row)


def _share_case(form: Form, indicators: Indicators, row: Row) -> Case:
    name, unit = (indicators.cell(row.key, c) for c in (indicators.name, indicators.unit))
    asked = (indicators.actual, indicators.target, indicators.adjusted)
    sides = [indicators.cell(row.key, column) for column in filter(None, asked)]
    largest = Largest(tuple(sides))
    columns = "、".join(map(form.column_label, sides))
    return Case(
        sides[0],
        _within_whole(largest),
        f"{form.blocks[indicators.block].called(row)} {columns}不超过 100%",
        cells=tuple((key, _within_whole(Number(key))) for key in sides),
        active=_is_judged(indicators, row.key, is_share(name, unit), form),
        actual=largest,
        expected=HUNDRED,
        measure=Measure.PLAIN,
        terms={
            "name": text_in(name),
            "figures": lambda values: "、".join(
                f"{form.column_label(key)}是 {number_text(value)}%"
                for key, value, _ in _beyond(values, *sides)
            ),
            "likely": lambda values: "".join(
                f",{number_text(value)} 像是 {meant}"
                for _, value, other in _beyond(values, *sides)
                if (meant := _meant(value, other))
            ),
        },
    )


def _is_judged(indicators: Indicators, row: str, test: Expr, form: Form) -> Expr:
    """Whether a test holds of a row; where the name is printed it must be in use as well."""
    named = form.items[indicators.cell(row, indicators.name)].is_input
    return test if named else All((indicators.in_use(form, row), test))


def _within_whole(figure: Expr) -> Expr:
    return Compare("<=", figure, HUNDRED, EXACT)


def _beyond(values: Values, actual: Key, *targets: Key) -> Iterator[tuple[Key, Decimal, Decimal]]:
    """Give each rate beyond its whole, and the other side's."""
    got, *goals = (values.number(key) or Decimal(0) for key in (actual, *targets))
    sides = [(actual, got, goals[-1] or goals[0])]
    sides += ((key, goal, got) for key, goal in zip(targets, goals, strict=True))
    for key, value, other in sides:
        if _within_whole(Const(value)).evaluate(values) is False:
            yield key, value, other


def _meant(value: Decimal, other: Decimal) -> str:
    """Give what a number over 100 may stand for: its ≥ read as 2, or its point left out."""
    figures = f"{value.normalize():f}"
    guesses = [("", value.scaleb(-places)) for places in (1, 2)]
    if figures.startswith("2") and figures[1:]:
        guesses.insert(0, ("≥", Decimal(figures[1:])))
    near = (
        f"{sign}{number_text(guess)}"
        for sign, guess in guesses
        if guess <= HUNDRED.value and 0 < other * _LIKE <= guess
    )
    return next(near, "")


def _level_cases(form: Form) -> Iterator[Case]:
    for indicators in form.of(Indicators):
        if not (indicators.levels and indicators.asks_for(form, indicators.category)):
            continue
        groups = tuple(group for group, _ in indicators.levels)
        pairs = tuple((group, kind) for group, kinds in indicators.levels for kind in kinds)
        kinds = tuple(dict.fromkeys(kind for _, kind in pairs))
        block = form.blocks[indicators.block]
        for row in block.rows:
            group, kind = (
                indicators.cell(row.key, column)
                for column in (indicators.group, indicators.category)
            )
            yield Case(
                kind,
                Paired((group, kind), pairs),
                f"{block.called(row)} 二级指标属于一级指标",
                active=All((Is(group, groups, blank=False), Is(kind, kinds, blank=False))),
                terms={
                    "name": text_in(indicators.cell(row.key, indicators.name), "该指标"),
                    "group": text_in(group),
                    "kind": text_in(kind),
                    "right": _groups_of(indicators, kind),
                },
            )


def _groups_of(indicators: Indicators, kind: Key) -> Callable[[Values], str]:
    """Say which groups the kind of an indicator belongs to."""

    def say(values: Values) -> str:
        test = ((group, Is(kind, kinds)) for group, kinds in indicators.levels)
        return "或".join(f"“{group}”" for group, of in test if of.evaluate(values))

    return say


def _strangers(submission: Submission, values: Values) -> Iterator[Hit]:
    """Give each name that the list it is of does not have, where it stands first."""
    form = submission.form
    for reference in form.of(Reference):
        names = {
            bare(name): name
            for key in values.column(*reference.listed)
            if (name := values.text(key))
        }
        known = set(names)
        for key in values.column(reference.block, reference.column):
            name = values.text(key)
            if name and bare(name) not in known:
                known.add(bare(name))
                near = get_close_matches(bare(name), names, 1)
                terms = {
                    "list": form.sheet_of[reference.listed[0]].name,
                    "near": f",是不是“{names[near[0]]}”" if near else "",
                }
                yield Hit(values.form.label(key), key, actual=name, terms=terms)


def _twins(submission: Submission, values: Values) -> Iterator[Hit]:
    """Give each row of an open list in which words and amounts are those of a row above it."""
    form = submission.form
    for block in (block for block in form.blocks.values() if block.repeats):
        first = dict[tuple[Decimal | str, ...], Row]()
        for row in block.rows:
            held = {
                key: _held(values, key) for key in (Key(block.key, row.key, c) for c in row.inputs)
            }
            named = next((key for key, one in held.items() if one and isinstance(one, str)), None)
            spent = any(values.number(key) for key in held if form.items[key].kind is Kind.AMOUNT)
            if named and spent and (twin := first.setdefault(tuple(held.values()), row)) is not row:
                terms = {"first": twin.label, "row": row.label}
                yield Hit(form.label(named), named, actual=values.text(named), terms=terms)


def _sums(submission: Submission, values: Values) -> Iterator[Hit]:
    """Give each row of an open list with amounts that is named as the sum of others."""
    form = submission.form
    for block in (block for block in form.blocks.values() if block.repeats):
        for row in block.rows:
            keys = [Key(block.key, row.key, column) for column in row.inputs]
            spent = any(values.number(key) for key in keys if form.items[key].kind is Kind.AMOUNT)
            named = (key for key in keys if form.items[key].kind is not Kind.AMOUNT)
            sums = (key for key in named if bare(values.text(key) or "") in _SUMS)
            if spent and (key := next(sums, None)) is not None:
                yield Hit(form.label(key), key, actual=values.text(key), terms={"row": row.label})


def _held(values: Values, key: Key) -> Decimal | str:
    """Give a cell's number, or its words without what does not tell them apart."""
    number = values.number(key)
    return bare(values.text(key) or "") if number is None else number


def _amount_cases(form: Form) -> Iterator[Case]:
    """Give the amounts that may not be below zero; a total has its lines to be held against."""
    totals = {total.stated for total in form.of(Total)}
    for key, item in form.inputs():
        if item.kind is Kind.AMOUNT and not item.signed and key not in totals:
            yield Case(
                key,
                Compare(">=", Number(key), ZERO),
                f"{form.label(key)}不是负数",
                active=Filled(key),
                actual=Number(key),
                expected=ZERO,
            )


def _odd_days(submission: Submission, values: Values) -> Iterator[Hit]:
    last = date(submission.form.year, 12, 31)
    for signature in submission.form.of(Signature):
        raw = submission.answers[signature.date].cell.raw
        day, fault = day_in(raw), ""
        if day is None:
            fault = "日历上没有这一天" if is_no_day(raw) else ""
        elif day < last:
            fault = f"在 {submission.form.year} 年度结束之前,那时还没有全年的数"
        elif submission.today is not None and day > submission.today:
            fault = f"还没有到(审核日期 {day_text(submission.today)})"
        if fault:
            actual = day_text(day) if day else f"“{text_of(raw)}”"
            yield _signed(values, signature.date, actual, fault)


def _odd_numbers(submission: Submission, values: Values) -> Iterator[Hit]:
    for signature in submission.form.of(Signature):
        for number in impossible(text_of(submission.answers[signature.phone].cell.raw)):
            count = sum(map(str.isdigit, number))
            fault = f"有 {count} 位数字,手机和固定电话都没有这样的号码"
            yield _signed(values, signature.phone, number, fault)


def _signed(values: Values, key: Key, actual: str, fault: str) -> Hit:
    return Hit(values.form.label(key), key, actual=actual, terms={"fault": fault})


def _row(**cells: str) -> dict[str, object]:
    return {f"indicators.001.{column}": value for column, value in cells.items()}


_RATE = {"name": "群众满意度", "symbol": "≥", "target": "95", "unit": "%"}
_TWO = {"indicators.001.name": "讲座场次", "indicators.002.name": "培训期数"}
_PROJECTS = {"projects.001.name": "公共文化活动专项"}
_TWICE = {
    f"projects.{row}.{column}": typed
    for row in ("001", "002")
    for column, typed in (("name", "公共文化活动专项"), ("budget", "12"), ("spent", "10"))
}

I13 = Rule(
    id="I13",
    name="weights-do-not-add-up",
    title="权重不合要求",
    severity=Severity.VERIFY,
    when="填了权重,但合计不是 100(也不是扣除支出率分值后的 90 一类),或者只填了一部分指标,"
    "或者有负数。一个也没有填的不算。",
    message="权重{fault}",
    why="权重决定各指标在得分里占多少;没有填全、合计不对或有负数,测算的得分就不是想要的。",
    fix="要么每个指标都填权重,合计 100;要么都不填,各指标同等对待;"
    "确属实情的,在审核结果的“说明”栏写明。",
    source="填报说明:权重可不填,要填就每个指标都填,合计 100",
    good=Example({**_TWO, "indicators.001.weight": "60", "indicators.002.weight": "40"}),
    bad=Example(
        {**_TWO, "indicators.001.weight": "60", "indicators.002.weight": "50"},
        at="indicators.001.weight",
    ),
    cases=_weight_cases,
)

I14 = Rule(
    id="I14",
    name="rate-above-whole",
    title="比率超过100%",
    severity=Severity.VERIFY,
    when="满意度、合格率、覆盖率、及时率一类占全部多少的比率超过 100%。"
    "增长率、完成率、支出率等可以超过的不算。",
    message="“{name}”的{figures},这类比率不会超过 100%{likely}",
    why="这类比率是部分占全部的多少,不会超过 100%;多半是漏了小数点,或者“≥”误成了数字 2。"
    "这样的指标不计算完成率。",
    fix="核对原始数据,改正指标值或完成值;确属实情的,在审核结果的“说明”栏写明怎么计算的。",
    source="指标含义:部分 ÷ 全部 ≤ 100%",
    good=Example(_row(**_RATE, actual="100")),
    bad=Example(_row(**_RATE, actual="290"), at="indicators.001.actual"),
    cases=_share_cases,
)

I15 = Rule(
    id="I15",
    name="levels-mismatched",
    title="一级二级指标不配",
    severity=Severity.VERIFY,
    when="二级指标不属于它前面的一级指标。满意度指标放在效益指标下的是旧表的做法,不算。",
    message="“{name}”的二级指标“{kind}”不属于一级指标“{group}”,应属于{right}",
    why="一级指标决定这个指标计入哪一项得分;两级不配,得分就算到了别处。",
    fix="改正一级指标或二级指标;确属实情的,在审核结果的“说明”栏写明。",
    source="绩效指标体系:一级指标下设的二级指标",
    good=Example(_row(level1="产出指标", level2="数量指标")),
    bad=Example(_row(level1="产出指标", level2="社会效益指标"), at="indicators.001.level2"),
    cases=_level_cases,
)

I16 = Rule(
    id="I16",
    name="project-not-listed",
    title="项目不在项目表里",
    severity=Severity.VERIFY,
    when="项目指标表里的项目,项目资金表里没有。名称里的空格、全角半角不算不同;有资金没有指标的项目不算。",
    message="项目“{actual}”在“{list}”里没有{near}",
    why="两张表按项目名称对应;名称不一致,这个项目的资金和指标就对不上。",
    fix="两张表写同一个项目名称;漏填资金的补填;确属实情的,在审核结果的“说明”栏写明。",
    source="填报说明:同一项目各表名称一致",
    good=Example({**_PROJECTS, **_row(project="公共文化活动专项 ")}),
    bad=Example({**_PROJECTS, **_row(project="公共文化活动专项经费")}, at="indicators.001.project"),
    inspect=_strangers,
)

X08 = Rule(
    id="X08",
    name="amount-negative",
    title="金额为负数",
    severity=Severity.VERIFY,
    when="收入、支出、结余或项目资金填了负数。结余分配可以为负,不算。",
    message="{label} {actual} {unit}是负数,一般不会小于 0",
    why="收入、支出和结转结余一般不会小于 0;负数多半是正负号填错,或者别的行少填了。",
    fix="核对决算报表,改正正负号或有关各行;确实为负的,在审核结果的“说明”栏写明原因。",
    source="填报说明:金额按决算报表填列",
    good=Example({"income.carried.final": "0"}),
    bad=Example({"income.carried.final": "-6.34"}, at="income.carried.final"),
    cases=_amount_cases,
    grouped="{sheet} 有 {count} 处金额是负数,一般不会小于 0:{each}(第一个是“{label}”)",
)

X09 = Rule(
    id="X09",
    name="row-repeated",
    title="清单里的行重复",
    severity=Severity.VERIFY,
    when="带金额的清单里,两行填的文字和金额全都相同。有一格不同的、没有金额的不算。",
    message="{row}“{actual}”和{first}填的全都相同,金额可能算了两遍",
    why="同一笔填了两行,合计就多算一遍。",
    fix="重复的,把其中一行清空;确有相同的两笔的,在审核结果的“说明”栏写明。",
    source="填报说明:每个项目、每个资金来源填一行",
    good=Example({**_TWICE, "projects.002.spent": "9"}),
    bad=Example({**_TWICE, "projects.002.spent": "10"}, at="projects.002.name"),
    inspect=_twins,
    grouped="{sheet} 有 {count} 行和前面的行填的全都相同,金额可能算了两遍:{each}",
)

X10 = Rule(
    id="X10",
    name="row-of-a-sum",
    title="清单里填了合计行",
    severity=Severity.VERIFY,
    when="带金额的清单里,有一行的名称(或来源)只写了“合计”“小计”“总计”一类的词。",
    message="{row}填的是“{actual}”,像是合计行;清单的合计自动计算,这一行会再加一遍",
    why="清单的每一行都当作一笔加进合计;把合计也填成一行,就多算一遍。",
    fix="是合计的,把这一行清空;确实叫这个名称的,在审核结果的“说明”栏写明。",
    source="填报说明:每个项目、每个资金来源填一行",
    good=Example({**_PROJECTS, "projects.001.budget": "12", "projects.001.spent": "10"}),
    bad=Example(
        {
            **_PROJECTS,
            "projects.001.spent": "10",
            "projects.002.name": "合计",
            "projects.002.spent": "10",
        },
        at="projects.002.name",
    ),
    inspect=_sums,
)

C06 = Rule(
    id="C06",
    name="date-implausible",
    title="填报日期可疑",
    severity=Severity.VERIFY,
    when="填报日期在所填年度结束之前,或者还没有到,或者日历上没有这一天。只写年月的不算。",
    message="{label}填的是 {actual},{fault}",
    why="自评在年度结束之后进行;日期不对,多半是年份填错,或者沿用了以前的表。",
    fix="改正填报日期;确属实情的,在审核结果的“说明”栏写明。",
    source="报送要求:年度结束后开展自评",
    good=Example({"unit.date": "2023-04-10"}),
    bad=Example({"unit.date": "2021-04-10"}, at="unit.date"),
    inspect=_odd_days,
)

C07 = Rule(
    id="C07",
    name="telephone-implausible",
    title="电话号码不对",
    severity=Severity.NOTE,
    when="联系电话是不可能的号码:手机 11 位,固定电话 7 至 8 位(另加区号)。“转”后面的分机不算。",
    message="{label}填的是“{actual}”,{fault}",
    why="审核中有疑问时要打这个电话;少一位或多一位就打不通。",
    fix="核对后改正。",
    source="填报说明:联系电话能打通",
    good=Example({"unit.phone": "020-86881234"}),
    bad=Example({"unit.phone": "1380013800"}, at="unit.phone"),
    inspect=_odd_numbers,
)

RULES = (X08, X09, X10, C06, C07, I13, I14, I15, I16)
