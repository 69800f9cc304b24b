"""Excel agrees with Python: LibreOffice recalculates filled forms, our evaluator must say the same.

Every computed cell of the department form and of the specimen form is compared, over the shipped
samples, the examples of the rules and made-up returns. The stored results are spoilt beforehand,
so a formula that was not computed anew is a disagreement too. At the end the evaluator is broken
on purpose, and the same comparison has to notice: a referee that finds no fault proves nothing
unless it finds the planted ones.
"""

from __future__ import annotations

import math
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_EVEN, Decimal
from functools import cache, partial
from io import BytesIO
from typing import Any

import build
import openpyxl
import pytest
import xlsxwriter
from libreoffice import needs_libreoffice, recalculated, recalculated_all
from random_returns import Mood, random_cells
from test_rules import example_cells

from perfxl import aggregates, answers, expr, scoring, workflow
from perfxl.answers import Answer, Cell, Values, read_answers
from perfxl.expr import FAILS, PASSES, PENDING, Const, Env, Key
from perfxl.forms.department_2022 import department_2022
from perfxl.forms.live import with_checks
from perfxl.layout import place
from perfxl.model import Form
from perfxl.render.workbook import render
from perfxl.rule import Example, Rule
from perfxl.rules import RULES, cross_table, specimen, totals

pytestmark = needs_libreoffice

DEPARTMENT, SPECIMEN = "department", "specimen"
SEEDS = {
    DEPARTMENT: {Mood.CAREFUL: 3, Mood.PATCHY: 2, Mood.CARELESS: 2},
    SPECIMEN: {Mood.CAREFUL: 8, Mood.PATCHY: 4, Mood.CARELESS: 4},
}
SPOILT = b"-98765.4321"
LIVE_RULES = [rule for rule in RULES if rule.live]


# ---------------------------------------------------------------- the returns


@cache
def form_of(name: str) -> Form:
    if name == DEPARTMENT:
        return workflow.form_of_template(workflow.load_rubric(None))
    return with_checks(specimen.specimen(), RULES)


def fresh_form(name: str) -> Form:
    """Give the form declared anew, so that a change to what it is made of shows."""
    if name == DEPARTMENT:
        return with_checks(department_2022(workflow.load_rubric(None)), RULES)
    return with_checks(specimen.specimen.__wrapped__(), RULES)


def sample_cells(name: str, form: Form) -> dict[Key, Cell]:
    return build.read_sample(name)[0]


def rule_cells(example: Example, form: Form) -> dict[Key, Cell]:
    return example_cells(form, example)


def made_up_cells(mood: Mood, seed: int, form: Form) -> dict[Key, Cell]:
    return random_cells(form, mood, seed)


def _fillings() -> Iterator[tuple[str, str, Callable[[Form], dict[Key, Cell]]]]:
    """Give (id, form, how it is filled) of every return."""
    yield "blank", DEPARTMENT, lambda form: {}
    for sample in build.SAMPLES:
        yield sample, DEPARTMENT, partial(sample_cells, sample)
    for rule in LIVE_RULES:
        yield f"{rule.id}-good", SPECIMEN, partial(rule_cells, rule.good)
        yield f"{rule.id}-bad", SPECIMEN, partial(rule_cells, rule.bad)
    for form_name, moods in SEEDS.items():
        for mood, count in moods.items():
            for seed in range(count):
                yield f"{form_name}-{mood}-{seed}", form_name, partial(made_up_cells, mood, seed)


NAMES = [name for name, _, _ in _fillings()]


@dataclass(frozen=True)
class Return:
    """A filled form: its answers, the workbook we make of it, and what LibreOffice shows there.

    `shown` holds the computed cells after recalculation.
    """

    form_name: str
    answers: Mapping[Key, Answer]
    workbook: bytes
    shown: Mapping[Key, object]

    def values(self, form: Form | None = None) -> Values:
        """Give the values as `check` knows them."""
        return Values(form or form_of(self.form_name), self.answers)

    @property
    def native(self) -> bool:
        """Whether a spreadsheet sees what we see: no text was read as a number."""
        values = self.values()
        return values.as_spreadsheet() is values


@pytest.fixture(scope="session")
def returns() -> dict[str, Return]:
    """Give every return by name; LibreOffice is started once for all of them."""
    values = {}
    for name, form_name, fill in _fillings():
        form = form_of(form_name)
        values[name] = form_name, Values(form, read_answers(form, fill(form)))
    written = [render(filled) for _, filled in values.values()]
    books = recalculated_all([spoilt(data) for data in written])
    return {
        name: Return(form_name, filled.answers, data, computed_cells(filled.form, book))
        for (name, (form_name, filled)), data, book in zip(
            values.items(), written, books, strict=True
        )
    }


def spoilt(data: bytes) -> bytes:
    """Give the workbook with a wrong result stored beside each formula."""
    target = BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as old, zipfile.ZipFile(target, "w") as new:
        for part in old.infolist():
            content = old.read(part)
            if part.filename.startswith("xl/worksheets/"):
                content = re.sub(b"(?<=</f>)<v>[^<]*</v>", b"<v>" + SPOILT + b"</v>", content)
            new.writestr(part, content)
    return target.getvalue()


def computed_cells(form: Form, data: bytes) -> dict[Key, object]:
    """Give what stands in each computed cell of a workbook; errors as their text («#VALUE!»)."""
    book = openpyxl.load_workbook(BytesIO(data), data_only=True, read_only=True)
    sheets = {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book}
    layout = place(form)
    found: dict[Key, object] = {}
    for key, item in form.items.items():
        if item.formula is not None:
            row, column = layout.spot(key)
            found[key] = sheets[layout.sheet(key).name][row][column]
    return found


# ---------------------------------------------------------------- the comparison


def same(ours: object, shown: object) -> bool:
    """Whether LibreOffice shows our value; unknown is None here and an empty text there."""
    if isinstance(ours, Decimal):
        is_number = isinstance(shown, (int, float)) and not isinstance(shown, bool)
        return is_number and math.isclose(ours, shown, rel_tol=1e-9, abs_tol=1e-9)  # type: ignore[arg-type]
    return (ours or "") == ("" if shown is None else shown)


def disagreements(values: Values, shown: Mapping[Key, object]) -> Iterator[str]:
    layout = place(values.form)
    for key, theirs in shown.items():
        ours = values.get(key)
        if not same(ours, theirs):
            sheet = layout.sheet(key)
            item = values.form.items[key]
            formula = item.formula.excel(layout.seen_from(sheet)) if item.formula else ""
            place_of = f"{sheet.name}!{layout.a1(key)} {key}"
            yield f"{place_of}: Python {ours!r}, LibreOffice {theirs!r}, ={formula}"


@pytest.mark.parametrize("name", NAMES)
def test_every_computed_cell_agrees(returns: dict[str, Return], name: str) -> None:
    one = returns[name]
    items = form_of(one.form_name).items.values()
    assert len(one.shown) == sum(item.formula is not None for item in items)
    found = list(disagreements(one.values().as_spreadsheet(), one.shown))
    assert not found, f"{len(found)} cells\n" + "\n".join(found[:5])


def test_tidy_returns_need_no_reading(returns: dict[str, Return]) -> None:
    """Where all numbers are numbers, the values compared are the very ones `check` judges."""
    tidy = {name for name, one in returns.items() if one.native}
    assert {name for name in NAMES if Mood.CAREFUL in name or Mood.PATCHY in name} <= tidy
    assert not any(Mood.CARELESS in name for name in tidy)


@pytest.mark.parametrize("name", ["xinhua_2022", "department-careful-0", "department-careless-0"])
def test_stored_results_are_those_recalculated(returns: dict[str, Return], name: str) -> None:
    """Protected View and previews show what was stored beside the formulas."""
    one = returns[name]
    stored = computed_cells(form_of(one.form_name), one.workbook)
    different = {
        str(key): (stored[key], shown)
        for key, shown in one.shown.items()
        if not same(Decimal(cell) if isinstance(cell := stored[key], (int, float)) else cell, shown)
    }
    assert different == {}


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
    cases = form_of(one.form_name).cases
    return {one.shown[verdict] for verdict, own, _ in cases if own is rule}


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
    made_up = [one for name, one in returns.items() if name.startswith((DEPARTMENT, SPECIMEN))]
    seen = set().union(*(shown_verdicts(one, rule) for one in made_up))
    assert {PASSES, FAILS} <= seen


def test_python_judges_all_that_a_spreadsheet_judges(returns: dict[str, Return]) -> None:
    """Reading a text as a number may decide what was open, never the other way about."""
    texts = [one for one in returns.values() if not one.native]
    judged = 0
    for one in texts:
        values = one.values()
        for verdict, _, _ in values.form.cases:
            if one.shown[verdict] in {PASSES, FAILS}:
                assert values.text(verdict) in {PASSES, FAILS}, verdict
                judged += 1
    assert judged > 100


# ---------------------------------------------------------------- broken on purpose

Patch = pytest.MonkeyPatch


def _node(patch: Patch, node: type[Any], evaluate: Callable[..., Any]) -> None:
    """Replace a node's `evaluate`; the new one gets the old one, the node and the values."""
    old = node.evaluate
    patch.setattr(node, "evaluate", lambda self, env: evaluate(old, self, env))


def _operator(right: str, wrong: str) -> Callable[[Patch], None]:
    def other(old: Any, self: expr.Compare, env: Env) -> Any:
        return old(replace(self, operator=wrong) if self.operator == right else self, env)

    return lambda patch: _node(patch, expr.Compare, other)


def _half_even(patch: Patch) -> None:
    def rounded(value: Decimal, places: int) -> Decimal:
        return value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN)

    patch.setattr(expr, "rounded", rounded)


def _never_rounded(patch: Patch) -> None:
    patch.setattr(expr, "rounded_value", lambda node, env, places: node.evaluate(env))


def _blank_is_zero(patch: Patch) -> None:
    _node(patch, expr.Number, lambda old, self, env: old(self, env) or Decimal(0))


def _zero_divides(patch: Patch) -> None:
    def ratio(old: Any, self: expr.Ratio, env: Env) -> Any:
        return Decimal(0) if self.right.evaluate(env) == 0 else old(self, env)

    _node(patch, expr.Ratio, ratio)


def _not_capped(patch: Patch) -> None:
    _node(patch, expr.Least, lambda old, self, env: self.left.evaluate(env))


def _overrun_below_zero(patch: Patch) -> None:
    def greatest(left: expr.Expr, right: expr.Expr) -> expr.Expr:
        return left if isinstance(left, expr.Minus) else expr.Greatest(left, right)

    patch.setattr(scoring, "Greatest", greatest)


def _all_upwards(patch: Patch) -> None:
    patch.setattr(scoring, "UP", (*answers.UP, *answers.DOWN))


def _wider_tolerance(patch: Patch) -> None:
    right = totals.tolerance
    patch.setattr(totals, "tolerance", lambda figures: right(figures + 1))


def _wider_ceiling(patch: Patch) -> None:
    patch.setattr(cross_table, "ROUNDING", Const(Decimal("0.06")))


def _case_matters(patch: Patch) -> None:
    patch.setattr(aggregates, "folded", expr.tidy)


def _blanks_matter(patch: Patch) -> None:
    patch.setattr(expr, "tidy", str)


def _shown_on_every_row(patch: Patch) -> None:
    def group(old: Any, self: aggregates.GroupSum, env: Env) -> Any:
        rows = [replace(self, row=key.row) for key in env.column(self.block, self.by)]
        name = env.text(Key(self.block, self.row, self.by))
        same = [row for row in rows if env.text(Key(self.block, row.row, self.by)) == name]
        return old(same[0], env)

    _node(patch, aggregates.GroupSum, group)


def _weights_ignored(patch: Patch) -> None:
    _node(
        patch,
        aggregates.Mean,
        lambda old, self, env: old(replace(self, weights=self.by), env),  # texts: no weight at all
    )


def _texts_skipped(patch: Patch) -> None:
    def column_sum(old: Any, self: aggregates.ColumnSum, env: Env) -> Decimal:
        numbers = (env.number(key) for key in env.column(self.block, self.column))
        return sum((number for number in numbers if number is not None), Decimal(0))

    _node(patch, aggregates.ColumnSum, column_sum)


def _wide_blanks_fill(patch: Patch) -> None:
    patch.setattr(answers, "is_blank", lambda text: not text.strip(" "))


def _idle_rows_judged(patch: Patch) -> None:
    _node(patch, expr.Verdict, lambda old, self, env: old(replace(self, active=None), env))


def _one_known_is_enough(patch: Patch) -> None:
    def some(old: Any, self: expr.Some, env: Env) -> Any:
        return True if any(test.evaluate(env) for test in self.tests) else old(self, env)

    _node(patch, expr.Some, some)


def _open_counts_as_failed(patch: Patch) -> None:
    def count(old: Any, self: aggregates.FailCount, env: Env) -> Decimal | None:
        return Decimal(sum(env.text(key) in {FAILS, PENDING} for key in self.keys)) or None

    _node(patch, aggregates.FailCount, count)


def _open_is_gravest(patch: Patch) -> None:
    def worst(old: Any, self: aggregates.Worst, env: Env) -> Any:
        return PENDING if PENDING in map(env.text, self.keys) else old(self, env)

    _node(patch, aggregates.Worst, worst)


def _no_fallback(patch: Patch) -> None:
    _node(patch, expr.Otherwise, lambda old, self, env: self.operand.evaluate(env))


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
    "overrun goes below 0": _overrun_below_zero,
    "all indicators upwards": _all_upwards,
    "tolerance one figure wider": _wider_tolerance,
    "ceiling one cent higher": _wider_ceiling,
    "case of names matters": _case_matters,
    "blanks in texts matter": _blanks_matter,
    "group sum on every row": _shown_on_every_row,
    "weights ignored": _weights_ignored,
    "texts skipped in sums": _texts_skipped,
    "full-width blanks fill a cell": _wide_blanks_fill,
    "unused rows judged": _idle_rows_judged,
    "one known alternative is enough": _one_known_is_enough,
    "open counts as failed": _open_counts_as_failed,
    "open is graver than failed": _open_is_gravest,
    "no fallback": _no_fallback,
    "texts read as numbers": _texts_read_as_numbers,
}


def noticed(returns: Mapping[str, Return]) -> str | None:
    """Give the first disagreement, with forms declared anew; the small form is asked first."""
    for form_name in (SPECIMEN, DEPARTMENT):
        form = fresh_form(form_name)
        for one in returns.values():
            if one.form_name == form_name:
                for found in disagreements(one.values(form).as_spreadsheet(), one.shown):
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
