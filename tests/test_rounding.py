"""Figures are rounded once, and compared as they are shown; no rate is shown as what it is not."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from io import BytesIO
from typing import Any

import openpyxl
import pytest
from hall import SCALE, asked, cells, checked, findings, workbook
from hypothesis import given
from hypothesis import strategies as st
from tiers import examples

from perfxl.check.findings import Finding
from perfxl.expr.rounding import rate_shown, rounded
from perfxl.expr.tree import Key
from perfxl.form.answers import Values, read_answers
from perfxl.form.layout import place
from perfxl.form.raw import Raw
from perfxl.form.relations import Balance, Conclusion
from perfxl.forms.shipped import form_of
from perfxl.returns import output
from perfxl.rubric.scoring import grade_of
from perfxl.text.amounts import Measure, amount_text

D = Decimal
FORM = form_of(SCALE)
BALANCE = next(one for one in FORM.of(Balance) if one.column == "final")
NOTHING: dict[str, Raw] = {
    str(key): D(0) for side in (BALANCE.income, BALANCE.expenditure) for key in side.parts
}


def accounts(income: Mapping[str, str], cost: Mapping[str, str]) -> dict[str, Raw]:
    """Give final accounts with these lines and no others; both totals typed as they are."""
    lines = {f"income.{row}.final": D(text) for row, text in income.items()}
    lines |= {f"cost.{row}.final": D(text) for row, text in cost.items()}
    both = [sum(map(D, side.values())) for side in (income, cost)]
    typed = {"funds.income.final": rounded(D(both[0]), 2), "funds.cost.final": D(both[1])}
    return {**NOTHING, **lines, **typed}


def document(answers: Mapping[str, Raw]) -> dict[str, Any]:
    return output.file_document(checked(answers))


def only(rule: str, found: list[Finding]) -> Finding:
    (one,) = [finding for finding in found if finding.rule.id == rule]
    return one


# ---------------------------------------------------------------- totals


@pytest.mark.parametrize(
    ("income", "cost", "rule", "total", "difference"),
    [
        (
            {"general": "100.005", "surplus_used": "0.004", "brought_forward": "0.001"},
            {"basic": "99.93"},
            *("T02", "100.01", "-0.08"),
        ),
        (
            {"general": "868.404", "brought_forward": "12.001"},
            {"basic": "880.32"},
            *("X01", "880.41", "-0.09"),
        ),
        (
            {"general": "50.0049", "service": "49.9949"},
            {"basic": "100.08"},
            "T02",
            "100.00",
            "0.08",
        ),
    ],
)
def test_a_total_is_the_sum_of_what_was_typed_rounded_once(
    income: dict[str, str], cost: dict[str, str], rule: str, total: str, difference: str
) -> None:
    typed = accounts(income, cost)
    assert document(typed)["totals"]["income"]["final"] == total
    found = findings(typed)
    one = only(rule, found)
    assert (one.figure(one.expected), one.figure(one.difference)) == (total, difference)
    assert {"T01", "T02", "X01"} & {f.rule.id for f in found} == {rule}
    paper = openpyxl.load_workbook(BytesIO(workbook(typed)), data_only=True)["表1-3 收入"]
    assert paper[place(FORM).a1(BALANCE.income.computed)].value == float(total)


def test_the_lines_of_a_sum_are_told_as_exact_as_they_were_typed() -> None:
    typed = accounts({"general": "868.404", "brought_forward": "12.001"}, {"basic": "880.32"})
    message = only("X01", findings(typed)).message
    assert "一般公共预算财政拨款收入 868.404 + 年初结转和结余 12.001,其余各行为 0" in message


@examples(8)
@given(st.lists(st.decimals(-1000, 10**6, places=4), min_size=10, max_size=10))
def test_a_total_is_the_rounded_exact_sum(amounts: list[Decimal]) -> None:
    typed = {str(k): a for k, a in zip(BALANCE.income.parts, amounts, strict=True)}
    values = Values(FORM, read_answers(FORM, cells(typed)))
    assert values.number(BALANCE.income.computed) == rounded(sum(amounts, D(0)), 2)
    assert values.exact(BALANCE.income.computed) == sum(amounts, D(0))


def projects(spent: str, ceiling: str) -> dict[str, Raw]:
    """Give projects that spent so much, beside 项目支出 of this amount."""
    rest = {f"projects.{n:03d}.{c}": D(0) for n in (2, 3) for c in ("budget", "spent")}
    first: dict[str, Raw] = {"projects.001.budget": D(500), "projects.001.spent": D(spent)}
    return {**rest, **first, "cost.project.final": D(ceiling)}


@pytest.mark.parametrize(
    ("spent", "ceiling", "above"),
    [
        ("446.55", "446.495", None),
        ("446.5549", "446.50", None),
        ("446.56", "446.495", "0.06"),
        ("446.555", "446.50", "0.06"),
    ],
)
def test_projects_are_held_against_their_total_as_both_are_shown(
    spent: str, ceiling: str, above: str | None
) -> None:
    found = [f for f in findings(projects(spent, ceiling)) if f.rule.id == "X05"]
    assert [f.figure(f.difference) for f in found] == ([above] if above else [])


# ---------------------------------------------------------------- rates


@pytest.mark.parametrize(
    ("target", "actual", "completion", "status"),
    [
        ("28000", "27999", "0.9999", "unmet"),
        ("1000000000000", "999999999999", "0.9999", "unmet"),
        ("28000", "28000", "1.0000", "met"),
        ("28000", "28001", "1.0000", "met"),
        ("30000", "38999", "1.2999", "met"),
        ("30000", "39000", "1.3000", "met"),
        ("30000", "20", "0.0007", "unmet"),
        ("3", "2", "0.6667", "unmet"),
    ],
)
def test_a_completion_is_not_shown_as_what_it_did_not_reach(
    target: str, actual: str, completion: str, status: str
) -> None:
    row = "indicators.001"
    words = "已完成" if status == "met" else "未完成"
    typed: dict[str, Raw] = {
        f"{row}.target": D(target),
        f"{row}.actual": D(actual),
        f"{row}.status": words,
        f"{row}.reason": "见说明材料",
    }
    one = document(typed)["indicators"][0]
    assert (one["completion"], one["status"]) == (completion, status)
    found = {f.rule.id for f in asked(typed)}
    assert ("I02" in found) == (D(completion) >= D("1.3"))
    assert "I06" not in found
    paper = openpyxl.load_workbook(BytesIO(workbook(typed)), data_only=True)["表1-5 绩效指标"]
    at = place(FORM).a1(Key("indicators", "001", "completion"))
    assert f"{paper[at].value:.4f}" == completion
    for finding in checked(typed).reviewed.outcome.findings:
        assert status == "met" or "100.00%" not in finding.message


@pytest.mark.parametrize(
    ("final", "rate"), [("899.96", "0.8999"), ("900", "0.9000"), ("999.96", "0.9999")]
)
def test_an_execution_rate_is_short_of_its_limit_until_it_is_reached(final: str, rate: str) -> None:
    typed: dict[str, Raw] = {
        "cost.basic.annual": D(1000),
        "cost.basic.final": D(final),
        "cost.project.annual": D(0),
        "cost.project.final": D(0),
    }
    values = checked(typed).reviewed.values
    shown = values.number(Key("funds", "spent", "rate"))
    assert shown is not None
    assert Measure.RATE.data(shown) == rate
    assert ("X04" in {f.rule.id for f in findings(typed)}) == (shown < D("0.9"))


BORDERS = (D("0.6"), D("0.9"), D(1), D("1.3"))
rates = st.decimals(-2, 3, places=9)


@given(rates | st.sampled_from(BORDERS).map(lambda border: border - D("0.00003")))
def test_no_rate_is_shown_across_a_border(rate: Decimal) -> None:
    shown = rate_shown(rate, BORDERS)
    assert [shown >= border for border in BORDERS] == [rate >= border for border in BORDERS]
    assert abs(shown - rate) < D("0.0001")
    assert shown in (rounded(rate, 4), *(border - D("0.0001") for border in BORDERS))


@given(rates)
def test_a_rate_reads_the_same_in_words_and_as_data(rate: Decimal) -> None:
    assert Measure.RATE.text(rate) == f"{D(Measure.RATE.data(rate)) * 100:.2f}%"
    assert (rate >= 1) == (D(Measure.RATE.data(rate)) >= 1)


def test_nothing_is_shown_as_less_than_nothing() -> None:
    assert amount_text(D("-0.004")) == Measure.SCORE.data(D("-0.004")) == "0.00"
    assert Measure.RATE.text(D("-0.00001")) == "0.00%"


# ---------------------------------------------------------------- scores


@pytest.mark.parametrize(
    ("score", "shown", "grade"),
    [
        ("89.996", "90.00", "优"),
        ("89.995", "90.00", "优"),
        ("89.994", "89.99", "良"),
        ("79.995", "80.00", "良"),
        ("79.9949", "79.99", "中"),
        ("59.996", "60.00", "中"),
        ("59.99", "59.99", "差"),
    ],
)
def test_the_grade_is_that_of_the_score_as_it_is_shown(score: str, shown: str, grade: str) -> None:
    typed: dict[str, Raw] = {"conclusion.score": D(score), "conclusion.grade": grade}
    said = document(typed)["score"]
    assert (said["stated"], said["grade"]) == (shown, grade)
    assert "S04" not in {f.rule.id for f in findings(typed)}
    other = "良" if grade != "良" else "中"
    assert only("S04", findings({**typed, "conclusion.grade": other})).rule.id == "S04"


@given(st.decimals(-1, 101, places=4))
def test_a_score_and_what_is_shown_of_it_have_one_grade(score: Decimal) -> None:
    grades = next(FORM.of(Conclusion)).grades
    assert grade_of(score, grades) == grade_of(rounded(score, 2), grades)


def test_a_grid_that_sums_to_the_score_shown_is_its_sum() -> None:
    typed: dict[str, Raw] = {"scores.benefit.score": D("11.136"), "conclusion.grade": "优"}
    typed |= {"scores.benefit.reason": "按完成率扣分", "conclusion.score": D(90)}
    assert not {"S02", "S04"} & {f.rule.id for f in findings(typed)}


# ---------------------------------------------------------------- weights


def weighed(*weights: object) -> dict[str, Raw]:
    return {f"indicators.{n:03d}.weight": D(str(one)) for n, one in enumerate(weights, 1)}


def bounds(answers: Mapping[str, Raw]) -> list[tuple[Decimal, Decimal, Decimal]]:
    items = document(answers)["score"]["items"]
    return [(D(one["low"]), D(one["high"]), D(one["points"])) for one in items]


@pytest.mark.parametrize(
    "weights",
    [
        (20, -10, 10, 10, 10, 20, 10, 10, 20),
        (-1, -1, -1, -1, -1, -1, -1, -1, -1),
        (100, -99, 1, 1, 1, 100, -99, 1, 1),
    ],
)
def test_a_weight_below_zero_weighs_nothing(weights: tuple[int, ...]) -> None:
    found = bounds(weighed(*weights))
    assert all(0 <= low <= high <= points for low, high, points in found)
    assert found[0][0] == bounds({})[0][0]  # of five indicators each a fifth


def test_weights_weigh() -> None:
    assert bounds(weighed(0, 10, 0, 0, 0, 1, 1, 1, 1))[0][0] == D("15.20")  # 38 of 50 alone


@pytest.mark.parametrize("spent", ["-50", "5000"])
def test_no_score_is_beyond_its_points(spent: str) -> None:
    typed: dict[str, Raw] = {"cost.basic.final": D(spent), "cost.project.final": D(0)}
    typed |= {"scores.asset_data.score": D("2.004"), "scores.asset_income.score": D("-0.004")}
    typed["scores.asset_income.reason"] = "没有上缴"
    assert all(0 <= low <= high <= points for low, high, points in bounds(typed))
    assert D(document(typed)["score"]["high"]) <= 100
