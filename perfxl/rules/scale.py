"""X07: amounts in 元 or 千元 where 万元 is asked for.

What the template can see it says at once: one column of a line beside another, the key projects
beside the accounts, totals no unit has. What takes reading (see `witnesses`) only `check` says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal

from perfxl.check.rule import Case, Example, Hit, Rule, Severity, these
from perfxl.expr.arithmetic import Times
from perfxl.expr.cells import ONE, ZERO, Const, Filled, Number
from perfxl.expr.logic import All, Compare, Not, Some
from perfxl.expr.tree import Expr, Key
from perfxl.form.answers import Submission, Values
from perfxl.form.model import Form
from perfxl.form.relations import Balance, BudgetLine, ProjectFunds
from perfxl.rules.witnesses import (
    LEAST_FOLD,
    LEAST_IN_YUAN,
    MOST_FOLD,
    RIGHT,
    TEN,
    YUAN,
    Witness,
    in_indicators,
    in_projects,
    in_texts,
    known_before,
)
from perfxl.text.amounts import Measure, amount_text, number_text

LARGEST = Decimal(2_000_000)  # 万元, 200 亿元; see docs/decisions/0024
# key projects are a part of what they are held against: in 元 they are fewer times as much
LEAST_FOLD_OF_PART = Decimal(1_000)
MOST_WITNESSES = 2  # told in one message
READ_AS = {
    YUAN: "按元填的",
    TEN: "按千元填的(大了 10 倍)",
    1 / TEN: "小了 10 倍",
    1 / YUAN: "多除了一次 10000",
}


def in_yuan(large: Key, small: Key, least: Decimal = LEAST_FOLD) -> Expr:
    """Whether one of two figures looks as if typed in 元 beside the other in 万元.

    It is some 10,000 times the other, and that is no trifle: lines do shrink and grow.
    """
    return All(
        (
            Compare(">=", Number(large), Const(LEAST_IN_YUAN)),
            Compare(">=", Number(large), Times(Const(least), Number(small))),
            Compare("<=", Number(large), Times(Const(MOST_FOLD), Number(small))),
        )
    )


def in_two_units(one: Key, other: Key) -> Expr:
    """Whether one of two figures of a line seems to be in 元 and the other in 万元."""
    return Some((in_yuan(one, other), in_yuan(other, one)))


def projects_in_yuan(funds: ProjectFunds) -> Expr:
    """Whether the key projects look as if typed in 元 beside the line they are a part of."""
    return in_yuan(funds.total, funds.ceiling, LEAST_FOLD_OF_PART)


# ---------------------------------------------------------------- what the template sees


def _cases(form: Form) -> Iterator[Case]:
    return _live_cases(form) if form.in_wan else iter(())


def _live_cases(form: Form) -> Iterator[Case]:
    for line in form.of(BudgetLine):
        pairs = ((line.initial, line.annual), (line.annual, line.final))
        for key, other in (*pairs, *(pair[::-1] for pair in pairs)):
            yield Case(
                key,
                Not(in_yuan(key, other)),
                f"{form.label(key)}不是{form.column_label(other)}的约一万倍",
                actual=Number(key),
                mends=these(line.initial, line.annual, line.final),
                terms={"odd": _far_from(key, f"同一行的{form.column_label(other)}", other)},
            )
    for balance in form.of(Balance):
        total = balance.income.computed
        size = Number(total)
        usual = All((Compare(">=", size, ONE), Compare("<=", size, Const(LARGEST))))
        yield Case(
            total,
            Some((Compare("=", size, ZERO), usual)),
            f"{form.label(total)}的金额单位为万元",
            actual=size,
            terms={"odd": _unlikely(total)},
        )
    for funds in form.of(ProjectFunds):
        yield Case(
            funds.total,
            Not(projects_in_yuan(funds)),
            f"{form.label(funds.total)}与{form.label(funds.ceiling)}单位一致",
            active=Filled(funds.total),
            actual=Number(funds.total),
            terms={"odd": _beyond_whole(funds)},
        )


def _far_from(key: Key, wording: str, other: Key) -> Callable[[Values], str]:
    def say(values: Values) -> str:
        found, right = (amount_text(values.number(one) or Decimal(0)) for one in (key, other))
        return f"{found} 万元,而{wording}是 {right} 万元"

    return say


def _beyond_whole(funds: ProjectFunds) -> Callable[[Values], str]:
    def say(values: Values) -> str:
        amount = values.number(funds.total) or Decimal(0)
        whole = amount_text(values.number(funds.ceiling) or Decimal(0))
        return f"{_converted(amount, YUAN)}:{values.form.label(funds.ceiling)}只有 {whole} 万元"

    return say


def _unlikely(total: Key) -> Callable[[Values], str]:
    def say(values: Values) -> str:
        amount = values.number(total) or Decimal(0)
        if amount < 0:
            return f"{amount_text(amount)} 万元,不会小于 0"
        fold = YUAN if amount > LARGEST else 1 / YUAN
        usual = f"一个单位一年的收入一般在 1 万元到 {amount_text(LARGEST)} 万元之间"
        fitting = [one for one in _witnesses(values) if one.fold == fold]
        return f"{_converted(amount, fold)}:{_evidence(fitting) or usual}"

    return say


def _converted(amount: Decimal, fold: Decimal) -> str:
    """Say in which unit an amount seems to be typed, and what that comes to."""
    typed, right = amount_text(amount), amount_text(amount / fold)
    return f"{typed} 万元,像是{READ_AS[fold]},折合 {right} 万元"


# ---------------------------------------------------------------- what witnesses tell


def _witnesses(values: Values) -> list[Witness]:
    """Give what a return itself tells of its scale; what is told live as odd tells nothing."""
    found = [*in_texts(values), *in_indicators(values), *in_projects(values)]
    odd = {f.block for f in values.form.of(ProjectFunds) if projects_in_yuan(f).evaluate(values)}
    return [one for one in found if one.key.block not in odd and not _is_odd(one.key, values)]


def _is_odd(key: Key, values: Values) -> bool:
    """Whether one column of a figure's line seems to be in another unit than the next."""
    lines = (line for line in values.form.of(BudgetLine) if key in {line.annual, line.final})
    return any(
        in_two_units(one, other).evaluate(values)
        for line in lines
        for one, other in ((line.initial, line.annual), (line.annual, line.final))
    )


def _evidence(witnesses: Sequence[Witness]) -> str:
    return ";".join(dict.fromkeys(one.said for one in witnesses[:MOST_WITNESSES]))


def _contradicted(submission: Submission, values: Values) -> Iterator[Hit]:
    """Give the totals that all witnesses contradict, else the figures single sentences do."""
    if not values.form.in_wan:
        return
    found = _witnesses(values)
    for source, amounts in submission.known.items():
        found += known_before(values, amounts, source)
    if _is_of_whole(found, values):
        yield from _totals(found, values)
    else:
        yield from (hit for one in found if one.fold != RIGHT for hit in _sentence(one, values))


def _is_of_whole(witnesses: Sequence[Witness], values: Values) -> bool:
    """Whether all tell the same of amounts that go together: one wrong line is not the whole.

    Where nothing but sentences give more than the tables, the slip is rather in them.
    """
    folds = {one.fold for one in witnesses}
    if len(folds) != 1 or not folds & READ_AS.keys():
        return False
    larger = witnesses[0].fold > RIGHT or not all(one.text for one in witnesses)
    sides = [(b.income.computed, b.expenditure.computed) for b in values.form.of(Balance)]
    totals = {key for pair in sides for key in pair}
    balanced = all(_are_alike(*map(values.number, pair)) for pair in sides)
    return larger and (balanced or any(one.key in totals for one in witnesses))


def _are_alike(one: Decimal | None, other: Decimal | None) -> bool:
    """Whether two totals are of one scale; that they are equal is another rule's matter."""
    return one == other or bool(one and other and abs(one - other) * 100 <= abs(one))


def _totals(witnesses: Sequence[Witness], values: Values) -> Iterator[Hit]:
    fold = witnesses[0].fold
    for balance in values.form.of(Balance):
        total = balance.income.computed
        amount = values.number(total)
        if amount is not None and ONE.value <= amount <= LARGEST:  # any other is told live
            odd = f"{_converted(amount, fold)}:{_evidence(witnesses)}"
            yield Hit(
                values.form.label(total),
                total,
                actual=amount,
                measure=Measure.AMOUNT,
                terms={"odd": odd},
            )


def _sentence(witness: Witness, values: Values) -> Iterator[Hit]:
    """Give what a sentence tells against the tables, at the sentence."""
    if witness.text is None:
        return
    times = number_text(max(witness.fold, 1 / witness.fold))
    amount = amount_text(values.number(witness.key) or Decimal(0))
    figure = f"{values.form.label(witness.key)}是 {amount} 万元"
    odd = f"说“{witness.quoted}”,而{figure},正好差 {times} 倍"
    label = values.form.label(witness.text)
    yield Hit(label, witness.text, actual=witness.quoted, terms={"odd": odd})


X07 = Rule(
    id="X07",
    name="unit-of-money-suspect",
    title="金额单位可疑",
    severity=Severity.VERIFY,
    when="同一行的两栏、重点项目与项目支出相差约一万倍;收入总计大得、小得不像以万元为单位;"
    "或者文字、以万元计的成本指标、预填的数、上次报送的数都说表内金额大了一万倍或十倍。",
    message="{label} {odd},请核对金额单位",
    why="本表金额一律以万元为单位;把元当成万元填,金额就大了一万倍,按千元填就大了十倍。",
    fix="核对这些金额的单位:按元填的,除以 10000 再填,按千元填的除以 10;除多了的,改回来;"
    "合计数可疑的,改它上面各行;是文字写错的,改正文字;确实无误的,在审核结果的“说明”栏写明。",
    source="填报说明:金额单位为万元",
    good=Example({"income.grant.annual": "120", "income.grant.final": "118"}),
    bad=Example(
        {"income.grant.annual": "120", "income.grant.final": "1180000"}, at="income.grant.final"
    ),
    cases=_cases,
    inspect=_contradicted,
    grouped="{sheet} 有 {count} 处金额可能没有按万元填:{cells}。{last}",
)

RULES = (X07,)
