"""The rules on forms with parts left out or printed: what is not asked for is never told to fill.

Each case fills a form drawn by hand in `office_parts`, as a unit would; what a spreadsheet shows
of it waits or agrees with what `check` says.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from io import BytesIO

import office_parts
import openpyxl
import pytest
from libreoffice import needs_libreoffice, recalculated_all
from office_parts import computed, in_unit, listed, printed
from refereed import computed_cells, disagreements, spoilt

from perfxl.check.findings import Finding
from perfxl.check.judging import check
from perfxl.check.rounds import Reviewed
from perfxl.expr.tree import FAILS, PENDING, Key
from perfxl.form.answers import Cell, Submission, Values, read_answers
from perfxl.form.model import Form
from perfxl.form.raw import Raw
from perfxl.render.workbook import render
from perfxl.returns import output
from perfxl.returns.live import unit_cover, with_checks
from perfxl.returns.result import result
from perfxl.rules import RULES
from perfxl.rules.specimen import specimen

D = Decimal
UNIT: dict[str, Raw] = {
    "unit.name.value": "示例单位",
    "unit.code.value": "101",
    "unit.year.value": D(2024),
}
SILENT = {"W05"}  # that a text was read
PRINTED, ASKED, WIDE = printed(), printed(reason=False), printed(adjusted=True)
LISTED = listed()


@cache
def live(form: Form) -> Form:
    return with_checks(form, RULES)


def filled(form: Form, cells: Mapping[str, Raw]) -> Values:
    form = live(form)
    typed = {Key(*key.split(".")): Cell(raw) for key, raw in {**UNIT, **cells}.items()}
    assert typed.keys() <= {key for key, _ in form.inputs()}, "only what is asked for is filled"
    return Values(form, read_answers(form, typed))


def found(form: Form, cells: Mapping[str, Raw]) -> dict[str, Finding]:
    """Give the findings by rule and cell, what was merely read left out."""
    values = filled(form, cells)
    outcome = check(Submission(values.form, values.answers), RULES, values)
    told = [one for one in outcome.every if one.rule.id not in SILENT and one.keys]
    return {f"{one.rule.id} {one.keys[0]}": one for one in told}


def completion(form: Form, row: str, cells: Mapping[str, Raw]) -> tuple[object, object]:
    """Give the completion that `check` finds and the one that a spreadsheet shows."""
    values, key = filled(form, cells), Key("rows", row, "completion")
    return values.get(key), values.as_spreadsheet().get(key)


def idle(values: Values, row: str) -> bool:
    """Whether no live check of a row of indicators waits or fails."""
    verdicts = (
        values.text(verdict)
        for verdict, _, case in values.form.cases
        if case.key[:2] == ("rows", row)
    )
    return not {PENDING, FAILS} & set(verdicts)


# ---------------------------------------------------------------- rows left blank


@pytest.mark.parametrize("form", [PRINTED, ASKED, WIDE, LISTED], ids=lambda form: form.id)
def test_a_blank_row_is_no_fault_and_asks_for_nothing(form: Form) -> None:
    assert not found(form, {})
    values = filled(form, {})
    for view in (values, values.as_spreadsheet()):
        for row in form.blocks["rows"].rows:
            assert idle(view, row.key), row.label
            assert view.get(Key("rows", row.key, "completion")) in (None, "")


def test_a_row_in_use_needs_its_actual() -> None:
    assert set(found(PRINTED, {"rows.7.H": D(20)})) == {"C01 rows.7.F"}
    assert set(found(LISTED, {"rows.001.C": "讲座场次", "rows.001.F": D(3)})) == {"C01 rows.001.D"}


def test_what_the_form_prints_is_never_asked_for() -> None:
    told = found(PRINTED, {f"rows.{row}.F": "进展顺利" for row in range(7, 14)})
    inputs = {str(key) for key, _ in PRINTED.inputs()}
    assert told
    assert {key.split()[1] for key in told} <= inputs


# ---------------------------------------------------------------- completion, symbol, target


@pytest.mark.parametrize(
    ("row", "actual", "rate"),
    [
        ("7", D(80), D("0.8")),  # a bare number is to be reached
        ("7", D(150), D("1.5")),
        ("8", D(95), D(1)),
        ("8", D(90), D("0.9474")),
        ("9", D(450), D(1)),  # ≤
        ("9", D(600), D("0.8")),
        ("10", D(80), D(1)),  # a cost without symbol, met either way
        ("10", D(100), None),
        ("13", D(0), D(1)),  # «0» is kept by none
        ("13", D(2), D(0)),
        ("12", D(5), None),
    ],
)
def test_completion_of_printed_targets(row: str, actual: Decimal, rate: Decimal | None) -> None:
    ours, shown = completion(PRINTED, row, {f"rows.{row}.F": actual})
    rounded = ours.quantize(D("0.0001")) if isinstance(ours, Decimal) else ours
    assert rounded == rate
    assert shown in (ours, PENDING)
    assert (shown == PENDING) == (row == "10" and rate is None)  # of all these only this one waits


def test_a_text_waits_and_is_read() -> None:
    cells = {"rows.8.F": "96%"}
    assert completion(PRINTED, "8", cells)[1] == PENDING
    assert isinstance(completion(PRINTED, "8", cells)[0], Decimal)
    assert completion(PRINTED, "11", {"rows.11.F": "2024年9月30日"}) == (D(1), PENDING)


def test_a_filled_adjusted_target_stands_for_the_target() -> None:
    cells = {"rows.7.F": D(80)}
    assert completion(WIDE, "7", cells) == (D("0.8"), D("0.8"))
    assert completion(WIDE, "7", {**cells, "rows.7.E": D(80)}) == (D(1), D(1))
    assert completion(WIDE, "7", {**cells, "rows.7.E": "≥80场"}) == (D(1), PENDING)
    assert completion(WIDE, "8", {"rows.8.F": D(90), "rows.8.E": D(90)}) == (D(1), D(1))
    (told,) = (
        one for key, one in found(WIDE, {**cells, "rows.7.E": D(40)}).items() if "I02" in key
    )
    assert str(told.keys[0]) == "rows.7.E"
    assert "指标值 40" in told.message
    (document, _) = _documents(WIDE, {**cells, "rows.7.E": D(90)})
    assert document[0]["target"] == "90"


def test_a_cost_without_a_symbol_is_asked_of_its_target() -> None:
    cells: dict[str, Raw] = {"rows.001.C": "印刷成本", "rows.001.D": D(80), "rows.001.F": D(100)}
    told = found(LISTED, cells)
    assert set(told) == {"I03 rows.001.D"}
    (finding,) = told.values()
    assert "没有写明符号" in finding.message
    assert "≤5%" in finding.fix
    assert not found(LISTED, {**cells, "rows.001.D": "≤100元"})
    assert not found(LISTED, {**cells, "rows.001.C": "印刷份数", "rows.001.F": D(80)})


@pytest.mark.parametrize("target", ["约100", "≥100≤", "》100", "100-120", D(44561)])
def test_no_finding_sends_to_columns_that_are_not_there(target: Raw) -> None:
    cells: dict[str, Raw] = {
        "rows.001.C": "完成时间" if target == D(44561) else "讲座场次",
        "rows.001.D": target,
        "rows.001.F": "进展顺利",
    }
    told = found(LISTED, cells)
    assert any(key.endswith("D") for key in told)
    for finding in told.values():
        for column in ("符号栏", "“符号”", "计量单位", "偏差原因"):
            assert column not in finding.message + finding.fix


# ---------------------------------------------------------------- reasons and scores


def test_a_reason_is_due_only_where_there_is_a_cell_for_it() -> None:
    unmet = {"rows.7.F": D(80), "rows.7.H": D(16)}
    assert {"C02 rows.7.I", "I01 rows.7.F", "C03 rows.7.I"} == set(found(PRINTED, unmet))
    assert set(found(PRINTED, {**unmet, "rows.7.I": "场地修缮,场次减少"})) == {"I01 rows.7.F"}
    (told,) = found(ASKED, unmet).values()
    assert told.rule.id == "I01"
    assert "写明偏差原因" not in told.fix
    values = filled(PRINTED, unmet)
    outcome = check(Submission(values.form, values.answers), RULES, values)
    assert [one.rule.id for one in outcome.findings] == ["C02"]  # one slip, one finding


def test_a_score_is_within_its_points_wherever_they_stand() -> None:
    met = {"rows.7.F": D(100)}
    assert not found(PRINTED, {**met, "rows.7.H": D(20)})
    (told,) = found(PRINTED, {**met, "rows.7.H": D(21)}).values()
    assert told.rule.id == "S01"
    assert told.message == "“讲座场次”自评 21.00 分,应在 0 至 20 分之间"
    row: dict[str, Raw] = {"rows.001.C": "讲座", "rows.001.D": D(9), "rows.001.F": D(9)}
    assert not found(LISTED, {**row, "rows.001.G": D(10), "rows.001.H": D(10)})
    told_of = found(LISTED, {**row, "rows.001.G": D(10), "rows.001.H": D(11)})
    assert set(told_of) == {"S01 rows.001.H"}
    assert "应在 0 至 10 分之间" in told_of["S01 rows.001.H"].message


def test_a_total_without_grade_or_bounds() -> None:
    rows = {row: points for row, (_, _, points) in enumerate(office_parts.ROWS, 7)}
    cells: dict[str, Raw] = {f"rows.{row}.H": D(points) for row, points in rows.items()}
    cells |= {"rows.7.F": D(100), "rows.8.F": D(96), "rows.9.F": D(500), "rows.10.F": D(80)}
    cells |= {"rows.11.F": "2024年9月30日", "rows.12.F": "持续提升", "rows.13.F": D(0)}
    assert not found(PRINTED, {**cells, "end.total.value": D(75)})
    assert set(found(PRINTED, {**cells, "end.total.value": D(80)})) == {"S02 end.total"}
    assert set(found(PRINTED, {**cells, "end.total.value": D(75), "rows.13.H": D(6)})) == {
        "S01 rows.13.H",
        "S02 end.total",
    }


def test_a_formula_of_the_form_is_the_actual_and_what_the_tables_support() -> None:
    form = computed()
    assert not found(form, {})
    assert set(found(form, {"rows.7.A": D(15)})) == {"I01 rows.7.F"}
    assert set(found(form, {"rows.7.A": D(15), "rows.7.H": D(18)})) == {
        "I01 rows.7.F",
        "S03 rows.7.H",
    }
    assert _documents(form, {"rows.7.A": D(15)})[0][0]["actual"] == "15"


# ---------------------------------------------------------------- money


@pytest.mark.parametrize(
    ("unit", "text", "amount", "how"),
    [
        ("元", "1.2万元", "12000", "按 12,000 元读取"),
        ("元", "￥890000", "890000", "按 890,000 元读取"),
        ("千元", "1.2万元", "12", "按 12 千元读取"),
        ("亿元", "5000万元", "0.5", "按 0.5 亿元读取"),
        ("万元", "12000元", "1.2", "按 1.2 万元读取"),
        ("万元", "5千元", "0.5", "按 0.5 万元读取"),
    ],
)
def test_money_is_read_in_the_unit_of_its_cell(unit: str, text: str, amount: str, how: str) -> None:
    values = filled(in_unit(unit), {"money.wages.value": text})
    answer = values.answers[Key("money", "wages")]
    assert answer.value == D(amount)
    assert how in answer.how


def test_a_message_names_the_unit_of_its_amount() -> None:
    (told,) = found(in_unit("元"), {"money.wages.value": D(-5)}).values()
    assert told.message == "人员经费 -5.00 元是负数,一般不会小于 0"


def test_the_cover_says_how_figures_are_filled_in_here() -> None:
    def steps(form: Form) -> list[str]:
        return list(unit_cover(form).steps)

    assert "金额单位为元" in steps(in_unit("元"))[1]
    assert "“≥95%”" in steps(LISTED)[1]
    assert [step[:2] for step in steps(PRINTED)] == ["1.", "2.", "3.", "4.", "5."]
    assert "指标的符号" in steps(specimen())[1]


# ---------------------------------------------------------------- what is made of them


def _reviewed(form: Form, cells: Mapping[str, Raw]) -> Reviewed:
    values = filled(form, cells)
    return Reviewed(values, check(Submission(values.form, values.answers), RULES, values))


def _documents(form: Form, cells: Mapping[str, Raw]) -> tuple[list[dict[str, object]], object]:
    values = filled(form, cells)
    return list(output._indicators(values, of_projects=False)), output._score(values)


def test_only_rows_in_use_count() -> None:
    rows, score = _documents(PRINTED, {"rows.7.F": D(80), "rows.9.H": D(3)})
    assert [(row["name"], row["status"]) for row in rows] == [
        ("讲座场次", "unmet"),
        ("成本指标:人均成本", "unjudged"),
    ]
    assert isinstance(score, dict)
    assert (score["low"], score["grade"]) == (None, None)
    assert [(one["item"], one["points"], one["stated"]) for one in score["items"]] == [
        ("成本指标:人均成本", "10.00", "3.00")
    ]


def test_a_result_has_scores_without_bounds() -> None:
    made = result(_reviewed(PRINTED, {"rows.7.F": D(80), "rows.7.H": D(16)}))
    book = openpyxl.load_workbook(BytesIO(render(made.values, made.extras)))
    said = [str(cell.value) for row in book["得分"].iter_rows() for cell in row if cell.value]
    assert not any("测算" in text for text in said)
    assert sum("None" in text for text in said) == 0


TRIED: dict[str, dict[str, Raw]] = {
    "blank": {},
    "numbers": {f"rows.{row}.F": D(90) for row in range(7, 14)},
    "texts": {f"rows.{row}.F": "96%" for row in range(7, 14)},
    "scores": {**{f"rows.{row}.H": D(11) for row in range(7, 14)}, "end.total.value": D(77)},
}


@needs_libreoffice
@pytest.mark.deep
@pytest.mark.xdist_group("referee")
def test_a_spreadsheet_computes_the_same() -> None:
    """The template waits or agrees; the result shows what `check` says, texts included."""
    made: list[tuple[Values, Values]] = []
    for form in (PRINTED, WIDE):
        for cells in TRIED.values():
            reviewed = _reviewed(form, cells)
            judged = result(reviewed)
            made.append((reviewed.values.as_spreadsheet(), reviewed.values))
            made.append((judged.values, judged.values))
    books = recalculated_all([spoilt(render(written)) for _, written in made])
    for (seen, written), book in zip(made, books, strict=True):
        assert not list(disagreements(seen, computed_cells(written.form, book)))
