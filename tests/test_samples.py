"""The samples and templates that are shipped: as rendered today, and judged exactly as expected."""

from __future__ import annotations

import json
from typing import Any

import build
import pytest

from perfxl.disk import resources
from perfxl.forms.shipped import form_of
from perfxl.returns import workflow

WORKED = "xinhua_2022"
ALL = pytest.mark.parametrize("name", [*build.SAMPLES, *build.DRAWN_SAMPLES])


def expected(name: str) -> dict[str, Any]:
    data: dict[str, Any] = json.loads((build.HERE / name / "expected.json").read_text("utf-8"))
    return data


@ALL
def test_workbook_equals_a_fresh_rendering(name: str) -> None:
    assert (build.HERE / name / "filled.xlsx").read_bytes() == build.workbook(name)


@ALL
def test_check_says_exactly_what_is_expected(name: str) -> None:
    assert build.expected(name) == expected(name)


def test_blank_template_equals_a_fresh_rendering() -> None:
    form = form_of(workflow.load_rubric(None))
    shipped = resources.templates_folder() / workflow.blank_name(form)
    assert shipped.read_bytes() == workflow.template_bytes(form)
    assert shipped.stat().st_size < 150 * 1024


def findings(name: str) -> dict[tuple[str, str], dict[str, Any]]:
    return {(f["id"], f["cell"]): f for f in expected(name)["findings"]}


def test_worked_case_is_told_as_published() -> None:
    """The verdicts of the published report, figure by figure (see sample_data/xinhua_2022)."""
    document, found = expected(WORKED), findings(WORKED)
    errors = {place: f for place, f in found.items() if f["severity"] == "error"}
    assert {place: f["difference"] for place, f in errors.items()} == {
        ("T01", "G22"): "2.54",
        ("X01", "D13"): "2.54",
        ("X01", "E13"): "2.53",
    }
    assert all("年初结转和结余" in f["message"] for f in errors.values())
    assert found["T02", "G28"]["difference"] == "0.01"
    assert found["T02", "G28"]["severity"] == "note"
    totals = document["totals"]
    assert totals["income"] == {"initial": "25870.50", "annual": "43715.12", "final": "43715.12"}
    assert totals["expenditure"] == {
        "initial": "25870.50",
        "annual": "43717.66",
        "final": "43717.65",
    }
    unmet = {i["name"]: i["completion"] for i in document["indicators"] if i["status"] == "unmet"}
    assert unmet == {
        "重要节日慰问人次": "0.4160",
        "居民使用场室人次": "0.4099",
        "历史遗留问题解决率": None,
    }
    assert len(document["indicators"]) == 21
    assert [f["cell"] for f in document["findings"] if f["id"] == "I01"] == ["I12", "I17", "I22"]
    assert found["I02", "G7"]["actual"] == "1.3400"
    assert {f["actual"] for f in document["findings"] if f["id"] == "X03"} == {"4.2818", "0.8431"}
    assert document["score"]["stated"] == "94.00"
    assert document["score"]["grade"] == "优"


def test_worked_case_scores_as_an_interval() -> None:
    message = findings(WORKED)["S03", "H34"]["message"]
    assert "履职效能合计自评 47.50,测算 45.13～47.13" in message


def test_qualitative_gap_at_sixty_per_cent() -> None:
    """Between the bounds: 46.63 when the qualitative gap earns 60 % of its points."""
    items = {i["item"]: i for i in expected(WORKED)["score"]["items"]}
    benefit = items["部门整体绩效目标效益指标完成情况"]
    low, high = float(benefit["low"]), float(benefit["high"])
    assert round(45.13 + (high - low) * 0.6 / 0.8, 2) == 46.63


def test_corrected_sample_is_explained() -> None:
    document = expected("corrected")
    questions = [f for f in document["findings"] if f["severity"] == "verify"]
    assert "error" not in {f["severity"] for f in document["findings"]}
    assert questions
    assert all(f["explained"] for f in questions)


def test_clean_project_has_nothing_to_say() -> None:
    document = expected("project_clean")
    assert (document["findings"], document["not_checked"]) == ([], [])
    assert (document["form"], document["year"]) == ("项目支出绩效自评表", 2023)
    assert document["score"]["stated"] == "99.93"  # of the execution rate 9.93


def test_faulty_project_is_told_each_fault_at_its_cell() -> None:
    """One finding for each fault in answers.toml, but for the points, which break two checks."""
    document = expected("project_faulty")
    told = {
        place: (f["severity"], f["actual"], f["expected"])
        for place, f in findings("project_faulty").items()
    }
    assert told == {
        ("C01", "C4"): ("error", None, None),  # no authority
        ("C02", "I16"): ("error", None, None),  # 268 of 300 homes, and not a word why
        ("S01", "H18"): ("error", "7.00", None),  # of 6 points
        ("G01", "D6"): ("error", "300.00", "228.00"),  # 208 for 280
        ("G05", "G27"): ("error", "102.00", "100.00"),  # one indicator has two points too many
        ("G08", "G22"): ("verify", "22.00", "20.00"),
        ("G04", "F8"): ("verify", "16.20", "12.60"),  # spent beyond what was carried over
        ("I10", "F26"): ("verify", "未收到投诉", None),  # nobody was asked
    }
    assert "数字填颠倒了" in findings("project_faulty")["G01", "D6"]["message"]
    assert [one["id"] for one in document["not_checked"]] == ["I01"]
