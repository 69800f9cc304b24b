"""X: figures of different lines and tables held against each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal

from perfxl.check.rule import Case, Example, Rule, Severity, text_in
from perfxl.expr.arithmetic import Abs, Minus, Ratio, Round
from perfxl.expr.cells import ZERO, Const, Filled, Number
from perfxl.expr.logic import Compare, Not, Some
from perfxl.expr.rounding import MONEY_PLACES, RATE_PLACES
from perfxl.expr.tree import Expr, decimal
from perfxl.form.answers import Values
from perfxl.form.model import Form
from perfxl.form.relations import Balance, BudgetLine, ExecutionRate, ProjectFunds
from perfxl.rules.scale import in_two_units, in_yuan, projects_in_yuan
from perfxl.rules.totals import EqualTotals, Pair, likely_causes, lines, typed_in_yuan, within
from perfxl.text.amounts import Measure, percent_text, rate_text

ROUNDING = Const(Decimal("0.05"))  # 万元; what rounding some nine project rows may add up to


def _balance_cases(form: Form) -> Iterator[Case]:
    for balance in form.of(Balance):
        left, right = balance.income, balance.expenditure
        pair = (left.computed, right.computed)

        def sound(values: Values, balance: Balance = balance, pair: Pair = pair) -> bool | None:
            return EqualTotals.of(balance.income, values).upholds(*pair)

        def causes(values: Values, balance: Balance = balance, pair: Pair = pair) -> list[str]:
            income, spent = map(values.number, pair)
            if income is None or spent is None:
                return []
            short = balance.income if income < spent else balance.expenditure
            parts = (*balance.income.parts, *balance.expenditure.parts)
            found = likely_causes(pair, parts, short.balancing, values)
            return found or typed_in_yuan(max(income, spent), min(income, spent))

        figures = len(left.parts) + len(right.parts)
        yield Case(
            right.computed,
            within(Number(left.computed), Number(right.computed), figures),
            f"{form.label(left.computed)} = {form.label(right.computed)}",
            actual=Number(right.computed),
            expected=Number(left.computed),
            against=form.label(left.computed),
            sound=sound,
            terms={
                "income": form.label(left.computed),
                "incomes": lines(left),
                "costs": lines(right),
            },
            causes=causes,
        )


def _or_told(test: Expr, of_scale: Expr, form: Form) -> Expr:
    """Whether a test holds, or what it would say is a slip of the unit of money (X07)."""
    return Some((test, of_scale)) if form.in_wan else test


def _final_cases(form: Form) -> Iterator[Case]:
    for line in form.of(BudgetLine):
        yield Case(
            line.final,
            _or_told(
                Compare("<=", Number(line.final), Number(line.annual)),
                in_yuan(line.final, line.annual),
                form,
            ),
            f"{form.label(line.final)} ≤ 全年预算数",
            actual=Number(line.final),
            expected=Number(line.annual),
            against=form.column_label(line.annual),
        )


def _adjustment_cases(form: Form) -> Iterator[Case]:
    limit = form.limits.adjustment
    for line in form.of(BudgetLine):
        change = Ratio(Minus(Number(line.annual), Number(line.initial)), Number(line.initial))
        yield Case(
            line.annual,
            _or_told(
                Compare("<=", Abs(change), Const(limit), RATE_PLACES),
                in_two_units(line.annual, line.initial),
                form,
            ),
            f"{form.label(line.annual)} 较年初预算变动不超过 {percent_text(limit)}",
            active=_initial_given(line),
            actual=change,
            expected=Const(limit),
            against="规定",
            measure=Measure.RATE,
            terms={
                "initial": (Number(line.initial), Measure.AMOUNT),
                "annual": (Number(line.annual), Measure.AMOUNT),
                "change": _grown_by(line, change),
                "limit": percent_text(limit),
            },
        )


def _grown_by(line: BudgetLine, change: Expr) -> Callable[[Values], str]:
    def say(values: Values) -> str:
        share = decimal(change.evaluate(values)) or Decimal(0)
        grown = (values.number(line.annual) or 0) > (values.number(line.initial) or 0)
        return f"{'增加' if grown else '减少'} {rate_text(abs(share))}"

    return say


def _initial_given(line: BudgetLine) -> Expr:
    """An initial budget of zero has no rate of change: such a line is not judged at all."""
    return Not(Compare("=", Number(line.initial), ZERO))


def _execution_cases(form: Form) -> Iterator[Case]:
    for execution in form.of(ExecutionRate):
        yield Case(
            execution.rate,
            Compare(">=", Number(execution.rate), Const(form.limits.execution), RATE_PLACES),
            f"{form.label(execution.rate)} 不低于 {percent_text(form.limits.execution)}",
            actual=Number(execution.rate),
            expected=Const(form.limits.execution),
            against="规定",
            measure=Measure.RATE,
            terms={"limit": percent_text(form.limits.execution)},
        )


def _ceiling_cases(form: Form) -> Iterator[Case]:
    for funds in form.of(ProjectFunds):
        over = Minus(
            Round(Number(funds.total), MONEY_PLACES), Round(Number(funds.ceiling), MONEY_PLACES)
        )
        yield Case(
            funds.total,
            _or_told(Compare("<=", over, ROUNDING), projects_in_yuan(funds), form),
            f"重点项目执行数合计 ≤ {form.label(funds.ceiling)}",
            active=Filled(funds.total),
            actual=Number(funds.total),
            expected=Number(funds.ceiling),
            against=form.label(funds.ceiling),
            terms={"ceiling": form.label(funds.ceiling)},
        )


def _project_cases(form: Form) -> Iterator[Case]:
    for funds in form.of(ProjectFunds):
        for row in form.blocks[funds.block].rows:
            spent, budget = funds.cell(row.key, funds.spent), funds.cell(row.key, funds.budget)
            name = funds.cell(row.key, funds.project)
            yield Case(
                spent,
                Compare("<=", Number(spent), Number(budget)),
                f"{row.label} 项目执行数 ≤ 预算数",
                active=Filled(spent),
                actual=Number(spent),
                expected=Number(budget),
                against=form.column_label(budget),
                terms={"project": text_in(name)},
            )


_BALANCED = {
    "income.grant.final": "90",
    "income.other.final": "10",
    "income.carried.final": "0",
    "cost.basic.final": "40",
    "cost.project.final": "60",
    "cost.left.final": "0",
}
_PROJECT = {"projects.001.name": "道路养护", "projects.001.budget": "50"}

X01 = Rule(
    id="X01",
    name="income-expenditure-unbalanced",
    title="收支不平",
    severity=Severity.ERROR,
    when="同一栏的收入总计与支出总计不等。",
    message="{income} {expected} ≠ {label} {actual},差 {difference} {unit}"
    "(收入:{incomes};支出:{costs})",
    why="收入总计包含年初结转和结余,支出总计包含年末结转和结余,两者在每一栏都应相等。",
    fix="核对结转结余各行是否漏填,再逐行核对收入与支出;以决算报表为准改正。",
    source="勾稽关系:收入总计 = 支出总计(年初预算数、全年预算数、决算数各栏)",
    good=Example(_BALANCED),
    bad=Example({**_BALANCED, "cost.basic.final": "42.53"}, at="cost.total.final"),
    cases=_balance_cases,
    brief="{income} {expected} ≠ {label} {actual},差 {difference} {unit}",
)

X02 = Rule(
    id="X02",
    name="final-above-budget",
    title="决算超预算",
    severity=Severity.VERIFY,
    when="某一行的决算数大于全年预算数。",
    message="{label} {actual} 大于全年预算数 {expected},超 {difference} {unit}",
    why="决算数一般不超过全年预算数(调整预算数);超出的要么填错,要么属于需要说明的超预算事项。",
    fix="核对两栏数字;确实超出的,在审核结果的“说明”栏写明原因和依据。",
    source="勾稽关系:决算数 ≤ 全年预算数,逐行",
    good=Example({"income.grant.annual": "90", "income.grant.final": "90"}),
    bad=Example({"income.grant.annual": "90", "income.grant.final": "91"}, at="income.grant.final"),
    cases=_final_cases,
)

X03 = Rule(
    id="X03",
    name="budget-adjusted-heavily",
    title="预算调整大",
    severity=Severity.VERIFY,
    when="某一行的全年预算数与年初预算数相差的比例超过规定(默认 30%)。年初预算为 0 的行不判断。",
    message="{label} {annual} {unit},比年初预算数 {initial} {unit}{change},超过规定的 {limit}",
    why="年初预算与全年预算相差过大,可能是预算编制不准,也可能是年中有重大追加或调减,需要说明。",
    fix="核对两栏数字;确属追加或调减的,在审核结果的“说明”栏写明文件依据和事由。",
    source="预算编制约束性:全年预算数较年初预算数变动超过规定比例的需说明(默认 30%)",
    good=Example({"income.grant.initial": "100", "income.grant.annual": "120"}),
    bad=Example(
        {"income.grant.initial": "100", "income.grant.annual": "184"}, at="income.grant.annual"
    ),
    cases=_adjustment_cases,
)

X04 = Rule(
    id="X04",
    name="execution-rate-low",
    title="支出率低",
    severity=Severity.VERIFY,
    when="支出率低于规定(默认 90%)。",
    message="{label} {actual},低于规定的 {limit}",
    why="支出率反映预算资金执行进度,偏低的需要说明资金未支出的原因。",
    fix="核对决算数和全年预算数;确实偏低的,在审核结果的“说明”栏写明没有支出的原因和结转安排。",
    source="部门预算资金支出率 = 支出决算数 ÷ 全年预算数(默认不低于 90%)",
    good=Example({"income.grant.annual": "100", "income.grant.final": "95"}),
    bad=Example({"income.grant.annual": "100", "income.grant.final": "75"}, at="stated.rate"),
    cases=_execution_cases,
)

X05 = Rule(
    id="X05",
    name="projects-above-total",
    title="项目超总额",
    severity=Severity.ERROR,
    when="重点项目执行数的合计大于项目支出决算数。",
    message="重点项目执行数合计 {actual} 大于 {ceiling} {expected},多 {difference} {unit}",
    why="重点项目支出是项目支出的一部分,合计不可能超过项目支出决算数。",
    fix="核对各项目执行数是否重复填、是否误按元填,并核对项目支出决算数。",
    source="勾稽关系:Σ 重点项目执行数 ≤ 项目支出决算数",
    good=Example({"cost.project.final": "60", **_PROJECT, "projects.001.spent": "50"}),
    bad=Example(
        {"cost.project.final": "40", **_PROJECT, "projects.001.spent": "50"},
        at="projects_total.total",
    ),
    cases=_ceiling_cases,
)

X06 = Rule(
    id="X06",
    name="project-above-budget",
    title="项目超预算",
    severity=Severity.VERIFY,
    when="某个重点项目的执行数大于它的预算数。",
    message="项目“{project}”执行数 {actual} 大于预算数 {expected},超 {difference} {unit}",
    why="项目执行数一般不超过该项目预算数(含调整),超出的需要说明资金来源。",
    fix="核对该项目各资金来源的预算数与执行数;确实超出的,在审核结果的“说明”栏写明资金来源。",
    source="勾稽关系:各项目执行数 ≤ 预算数",
    good=Example({**_PROJECT, "projects.001.spent": "50"}),
    bad=Example({**_PROJECT, "projects.001.spent": "51.20"}, at="projects.001.spent_sum"),
    cases=_project_cases,
)

RULES = (X01, X02, X03, X04, X05, X06)
