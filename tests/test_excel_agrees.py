"""Excel agrees with Python: LibreOffice recalculates filled forms, our evaluator must say the same.

At the end the evaluator is broken on purpose, and the same comparison has to notice: a referee
that finds no fault proves nothing unless it finds the planted ones.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from io import BytesIO
from itertools import starmap
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from libreoffice import needs_libreoffice, recalculated
from msgspec.structs import replace
from mutants import mutants
from random_returns import Mood
from refereed import (
    CAPPED,
    DEPARTMENT,
    GROWN,
    LIVE_RULES,
    MADE_UP,
    NAMES,
    RESULT,
    RESULTS,
    SPECIMEN,
    SPENT,
    Return,
    computed_cells,
    declared,
    disagreements,
    form_of,
    refereed,
    same,
    told_for_certain,
)

from perfxl.check.judging import check
from perfxl.check.rule import Case, Rule, Severity
from perfxl.expr import aggregates, arithmetic, cells, logic, rounding, texts
from perfxl.expr.cells import Const
from perfxl.expr.tree import FAILS, PASSES, PENDING, Env, Expr, Key
from perfxl.form import answers
from perfxl.form.answers import Submission, Values
from perfxl.form.model import Form, Row
from perfxl.returns.live import CHECKS, STATUS
from perfxl.rubric import scoring
from perfxl.rules import RULES, cross_table, totals
from perfxl.text import quantities

# in one process: LibreOffice takes as long for every one that asks
pytestmark = [needs_libreoffice, pytest.mark.xdist_group("referee"), pytest.mark.deep]


@pytest.fixture(scope="session")
def returns() -> dict[str, Return]:
    found = refereed()
    assert list(found) == NAMES
    return found


@pytest.fixture(scope="session")
def seen(returns: dict[str, Return]) -> dict[str, Values]:
    """Give each return as a spreadsheet sees it: what is read from texts only `check` knows."""
    return {name: one.values.as_spreadsheet() for name, one in returns.items()}


@pytest.mark.parametrize("name", NAMES)
def test_every_computed_cell_agrees(returns: dict[str, Return], name: str) -> None:
    one = returns[name]
    items = one.values.form.items.values()
    assert len(one.shown) == sum(item.formula is not None for item in items) > 0
    told = one.shown if one.native and not one.waits else told_for_certain(one.shown)
    for view, shown in ((one.values.as_spreadsheet(), one.shown), (one.values, told)):
        found = list(disagreements(view, shown))
        assert not found, f"{len(found)} cells\n" + "\n".join(found[:5])


def test_tidy_returns_need_no_reading(returns: dict[str, Return]) -> None:
    """Where all numbers are numbers, what is compared is just what `check` judges."""
    tidy = {name for name in MADE_UP if returns[name].native}
    assert {name for name in MADE_UP if Mood.CARELESS not in name} <= tidy
    assert len(tidy) < len(MADE_UP)


@pytest.mark.parametrize("name", ["blank", *RESULTS])
def test_stored_results_are_those_recalculated(returns: dict[str, Return], name: str) -> None:
    """Protected View and previews show what was stored beside the formulas."""
    one = returns[name]
    for key, stored in computed_cells(one.values.form, one.workbook).items():
        ours = Decimal(stored) if isinstance(stored, (int, float)) else stored
        assert same(ours, one.shown[key]), key


# ---------------------------------------------------------------- what LibreOffice itself says


def test_the_referee_recalculates() -> None:
    target = BytesIO()
    with xlsxwriter.Workbook(target) as book:
        sheet = book.add_worksheet()
        sheet.write_formula("A1", "=1+1", None, 99)
        sheet.write_formula("A2", '="a"&"b"', None, "stale")

    def stored(data: bytes) -> list[object]:
        book = openpyxl.load_workbook(BytesIO(data), data_only=True)
        return [cell.value for (cell,) in book.active["A1:A2"]]

    assert stored(target.getvalue()) == [99, "stale"]
    assert stored(recalculated(target.getvalue())) == [2, "ab"]


def shown_verdicts(one: Return, rule: Rule) -> set[object]:
    """Give what LibreOffice says of a rule, all its cases together."""
    return {one.shown[verdict] for verdict, own, _ in one.values.form.cases if own is rule}


@pytest.mark.parametrize("rule", LIVE_RULES, ids=lambda rule: rule.id)
def test_the_live_check_sees_the_examples_of_its_rule(
    returns: dict[str, Return], rule: Rule
) -> None:
    good, bad = (shown_verdicts(returns[f"{rule.id}-{sort}"], rule) for sort in ("good", "bad"))
    assert PASSES in good
    assert FAILS in bad
    if rule.id != "C01":  # nearly all of the form is blank in an example
        assert FAILS not in good


@pytest.mark.parametrize("rule", LIVE_RULES, ids=lambda rule: rule.id)
def test_made_up_returns_put_every_rule_to_the_test(returns: dict[str, Return], rule: Rule) -> None:
    """Agreement about nothing but blanks would be worth nothing."""
    seen = set().union(*(shown_verdicts(returns[name], rule) for name in MADE_UP))
    assert {PASSES, FAILS} <= seen


RETURNED = [name for name in NAMES if RESULT not in name]


@pytest.mark.parametrize("name", RETURNED)
def test_the_cover_counts_what_check_finds(
    returns: dict[str, Return], seen: dict[str, Values], name: str
) -> None:
    shown, values = returns[name].shown, seen[name]
    outcome = check(Submission(values.form, values.answers), RULES, values)
    for severity, row in zip(Severity, ("errors", "verify", "notes"), strict=True):
        live = [f for f in outcome.every if f.rule.live and f.severity is severity]
        assert shown[Key(STATUS, row)] == len(live), severity
    pending = [case for verdict, _, case in values.form.cases if shown[verdict] == PENDING]
    assert len(pending) == len(outcome.not_checked)


def cases_behind(row: Row, form: Form) -> Iterator[Case]:
    """Give what a row of «校验» judges: a case of its own wording, or all of its rule in a list."""
    rule_id, link = row.items["id"].text, row.items["place"].link
    assert link is not None
    cases = [c for _, rule, c in form.cases if (rule.id, c.key.block) == (rule_id, link.block)]
    yield from [case for case in cases if case.about == row.label] or cases


@pytest.mark.parametrize("name", RETURNED)
def test_each_row_of_checks_says_what_check_finds(
    returns: dict[str, Return], seen: dict[str, Values], name: str
) -> None:
    shown, values = returns[name].shown, seen[name]
    outcome = check(Submission(values.form, values.answers), RULES, values)
    found = Counter((f.rule.id, key) for f in outcome.every for key in f.keys[:1])
    unjudged = {(case.rule.id, case.label) for case in outcome.not_checked}
    for row in values.form.blocks[CHECKS].rows:
        rule_id, cases = row.items["id"].text, list(cases_behind(row, values.form))
        places = {key for c in cases for key in (c.key, *(key for key, _ in c.cells))}
        failed = sum(found.pop((rule_id, key), 0) for key in places)
        waits = any((rule_id, case.about) in unjudged for case in cases)
        allowed = {FAILS} if failed else {PENDING} if waits else {PASSES, None}
        assert shown[Key(CHECKS, row.key, "result")] in allowed, row.label
        assert (shown[Key(CHECKS, row.key, "count")] or 0) == failed, row.label
    assert not [rule_id for rule_id, _ in found if rule_id in {rule.id for rule in LIVE_RULES}]


@pytest.mark.parametrize(("share", "most"), [*zip(SPENT, (59, 79, 89, 100), strict=True)])
def test_a_spreadsheet_caps_the_total(returns: dict[str, Return], share: str, most: int) -> None:
    shown = returns[f"{CAPPED}-{share}"].shown
    assert shown[Key("scores", "total", "score")] == 100
    assert shown[Key("scores", "capped", "score")] == most
    assert shown[Key("summary", "total", "score")] == most


def test_python_judges_all_that_a_spreadsheet_judges(returns: dict[str, Return]) -> None:
    """Reading a text as a number may decide what was open, never the other way about."""
    judged = 0
    for one in returns.values():
        for verdict, _, _ in () if one.native else one.values.form.cases:
            if one.shown[verdict] in {PASSES, FAILS}:
                assert one.values.text(verdict) in {PASSES, FAILS}, verdict
                judged += 1
    assert judged > 100


# ---------------------------------------------------------------- broken on purpose

Patch = pytest.MonkeyPatch


def _node(patch: Patch, node: type[Any], evaluate: Callable[..., Any]) -> None:
    """Replace a node's `evaluate`; the new one gets the old one, the node and the values."""
    old = node.evaluate
    patch.setattr(node, "evaluate", lambda self, env: evaluate(old, self, env))


def _operator(right: str, wrong: str) -> Callable[[Patch], None]:
    def other(old: Any, self: logic.Compare, env: Env) -> Any:
        return old(replace(self, operator=wrong) if self.operator == right else self, env)

    return lambda patch: _node(patch, logic.Compare, other)


def _half_even(patch: Patch) -> None:
    def rounded(value: Decimal, places: int) -> Decimal:
        return value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN)

    for module in (rounding, arithmetic):
        patch.setattr(module, "rounded", rounded)


def _never_rounded(patch: Patch) -> None:
    for module in (arithmetic, logic):
        patch.setattr(module, "rounded_value", lambda node, env, places: node.evaluate(env))


def _blank_is_zero(patch: Patch) -> None:
    _node(patch, cells.Number, lambda old, self, env: old(self, env) or Decimal(0))


def _zero_divides(patch: Patch) -> None:
    def ratio(old: Any, self: arithmetic.Ratio, env: Env) -> Any:
        return Decimal(0) if self.right.evaluate(env) == 0 else old(self, env)

    _node(patch, arithmetic.Ratio, ratio)


def _totals_not_capped(patch: Patch) -> None:
    patch.setattr(scoring, "capped_total", lambda total, rate, caps: cells.Number(total))


def _not_capped(patch: Patch) -> None:
    _node(patch, arithmetic.Least, lambda old, self, env: self.left.evaluate(env))


def _overrun_below_zero(patch: Patch) -> None:
    def greatest(left: Expr, right: Expr) -> Expr:
        return left if isinstance(left, arithmetic.Minus) else arithmetic.Greatest(left, right)

    patch.setattr(scoring, "Greatest", greatest)


def _all_upwards(patch: Patch) -> None:
    patch.setattr(scoring, "UP", (*quantities.UP, *quantities.DOWN))


def _wider_tolerance(patch: Patch) -> None:
    right = totals.tolerance
    patch.setattr(totals, "tolerance", lambda figures: right(figures + 1))


def _wider_ceiling(patch: Patch) -> None:
    patch.setattr(cross_table, "ROUNDING", Const(Decimal("0.06")))


def _case_matters(patch: Patch) -> None:
    patch.setattr(aggregates, "squeezed", texts.tidy)


def _blanks_matter(patch: Patch) -> None:
    patch.setattr(texts, "tidy", str)


def _shown_on_every_row(patch: Patch) -> None:
    old = aggregates.GroupSum.summed

    def summed(self: aggregates.GroupSum, env: Env) -> list[Key]:
        groups = env.alike(self.block, (self.by,)).values()
        first = next((rows[0] for rows in groups if self.row in rows), self.row)
        return old(replace(self, row=first), env)

    patch.setattr(aggregates.GroupSum, "summed", summed)


def _weights_ignored(patch: Patch) -> None:
    _node(
        patch,
        aggregates.Mean,
        lambda old, self, env: old(replace(self, weights=self.by), env),  # texts: no weight at all
    )


def _negative_weights_weigh(patch: Patch) -> None:
    patch.setattr(aggregates, "min", lambda _: Decimal(0), raising=False)


def _rates_reach_borders(patch: Patch) -> None:
    def rounded(value: Decimal, borders: object) -> Decimal:
        return rounding.rounded(value, rounding.RATE_PLACES)

    patch.setattr(arithmetic, "rate_shown", rounded)


def _texts_skipped(patch: Patch) -> None:
    def column_sum(old: Any, self: aggregates.ColumnSum, env: Env) -> Decimal:
        numbers = (env.number(key) for key in env.column(self.block, self.column))
        return sum((number for number in numbers if number is not None), Decimal(0))

    _node(patch, aggregates.ColumnSum, column_sum)


def _wide_blanks_fill(patch: Patch) -> None:
    patch.setattr(answers, "is_blank", lambda text: not text.strip(" "))


def _idle_rows_judged(patch: Patch) -> None:
    _node(patch, logic.Verdict, lambda old, self, env: old(replace(self, active=None), env))


def _one_known_is_enough(patch: Patch) -> None:
    def some(old: Any, self: logic.Some, env: Env) -> Any:
        return True if any(test.evaluate(env) for test in self.tests) else old(self, env)

    _node(patch, logic.Some, some)


def _open_counts_as_failed(patch: Patch) -> None:
    def count(old: Any, self: aggregates.FailCount, env: Env) -> Decimal | None:
        return Decimal(sum(env.text(key) in {FAILS, PENDING} for key in self.keys)) or None

    _node(patch, aggregates.FailCount, count)


def _open_is_gravest(patch: Patch) -> None:
    def worst(old: Any, self: aggregates.Worst, env: Env) -> Any:
        return PENDING if PENDING in map(env.text, self.keys) else old(self, env)

    _node(patch, aggregates.Worst, worst)


def _no_fallback(patch: Patch) -> None:
    _node(patch, logic.Otherwise, lambda old, self, env: self.operand.evaluate(env))


def _texts_read_as_numbers(patch: Patch) -> None:
    patch.setattr(Values, "as_spreadsheet", lambda self: self)


MUTATIONS: dict[str, Callable[[Patch], None]] = {
    "halves to even": _half_even,
    "< for <=": _operator("<=", "<"),
    "> for >=": _operator(">=", ">"),
    "<= for <": _operator("<", "<="),
    "nothing rounded": _never_rounded,
    "blank is 0": _blank_is_zero,
    "zero divisor gives 0": _zero_divides,
    "completion not capped": _not_capped,
    "totals not capped": _totals_not_capped,
    "overrun goes below 0": _overrun_below_zero,
    "all indicators upwards": _all_upwards,
    "tolerance one figure wider": _wider_tolerance,
    "ceiling one cent higher": _wider_ceiling,
    "case of names matters": _case_matters,
    "blanks in texts matter": _blanks_matter,
    "group sum on every row": _shown_on_every_row,
    "weights ignored": _weights_ignored,
    "negative weights weigh": _negative_weights_weigh,
    "rates rounded onto a border": _rates_reach_borders,
    "texts skipped in sums": _texts_skipped,
    "full-width blanks fill a cell": _wide_blanks_fill,
    "unused rows judged": _idle_rows_judged,
    "one known alternative is enough": _one_known_is_enough,
    "open counts as failed": _open_counts_as_failed,
    "open is graver than failed": _open_is_gravest,
    "no fallback": _no_fallback,
    "texts read as numbers": _texts_read_as_numbers,
}


FORMS = (SPECIMEN, GROWN, DEPARTMENT, CAPPED)  # the small ones are asked first


def noticed(returns: dict[str, Return]) -> str | None:
    """Give the first disagreement, with forms declared anew."""
    for form_name in FORMS:
        form = declared(form_name)
        for one in returns.values():
            if one.form_name == form_name:
                for found in disagreements(one.on(form), one.shown):
                    return found
    return None


def test_an_unbroken_evaluator_is_not_blamed(returns: dict[str, Return]) -> None:
    assert noticed(returns) is None


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_broken_evaluator_is_noticed(
    returns: dict[str, Return], name: str, monkeypatch: Patch
) -> None:
    MUTATIONS[name](monkeypatch)
    assert noticed(returns) is not None


# ---------------------------------------------------------------- each rule with a slip in its test

# A gap between figures of two decimals is whole cents, its limit whole half cents.
NO_GAP_BETWEEN = "no gap lies between the limit and a tenth of a cent more"
# Slips that change no verdict, by the rule and the node, with the reason why.
HARMLESS: dict[str, dict[str, str]] = {
    "T01": {"test.right.more": NO_GAP_BETWEEN},
    "X01": {"test.right.more": NO_GAP_BETWEEN},
    "T02": {
        "test.tests[1].right.more": NO_GAP_BETWEEN,
        "test.tests[0].= to <=": "a distance is never below zero",
        "test.tests[0].left.dropped": "a difference is zero with its sign or without",
    },
    "S03": {
        "test.yes.> to >=": "asked only of scores above the points",
        "test.yes.right.less": "asked only of scores above the points",
        "test.no.test.tests[0].= to >=": "asked only of scores not above the points",
    },
}


def slips(rule: Rule) -> dict[str, dict[str, list[tuple[Key, Expr]]]]:
    """Give every slip in the rule's tests, made in all its cases: where each form shows them.

    A verdict may hang on a tally beside it: that has the slips then.
    """
    found: dict[str, dict[str, list[tuple[Key, Expr]]]] = {}
    for form_name in FORMS:
        form = form_of(form_name)
        for verdict, _, case in (case for case in form.cases if case[1] is rule):
            tally = verdict._replace(column="missing")
            for key in (verdict, tally) if case.missing else (verdict,):
                formula = form.items[key].formula
                for slip, other in mutants(formula) if formula else ():
                    place = f"{'tally.' if key is tally else ''}{slip}"
                    found.setdefault(place, {}).setdefault(form_name, []).append((key, other))
    return found


@pytest.mark.parametrize("rule", LIVE_RULES, ids=lambda rule: rule.id)
def test_a_slip_in_a_rule_is_noticed(
    returns: dict[str, Return], seen: dict[str, Values], rule: Rule
) -> None:
    def shows(form_name: str, cases: Sequence[tuple[Key, Expr]]) -> bool:
        return any(
            not same(other.evaluate(seen[name]), one.shown[verdict])
            for name, one in returns.items()
            if one.form_name == form_name
            for verdict, other in cases
        )

    made = slips(rule)
    unnoticed = {slip for slip, forms in made.items() if not any(starmap(shows, forms.items()))}
    assert made
    assert unnoticed == set(HARMLESS.get(rule.id, {}))
