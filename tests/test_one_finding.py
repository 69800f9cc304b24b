"""One mistake, one finding; and one line of the screen for each."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from io import BytesIO

import hall
import openpyxl
import pytest

from perfxl.check.rule import Severity
from perfxl.cli.catalogue import by_id
from perfxl.form.raw import Raw
from perfxl.returns import workflow
from perfxl.returns.output import LONGEST_LINE, file_document, summary
from perfxl.rules import RULES

BARE: Mapping[str, Raw] = {"indicators.002.reason": None}
CLAIMED: Mapping[str, Raw] = {**BARE, "indicators.002.status": "已完成"}
OF_PROJECT: Mapping[str, Raw] = {
    "project_indicators.003.actual": Decimal(4),
    "project_indicators.003.stated_rate": "66.67%",
}


@pytest.mark.parametrize(
    ("answers", "lead", "rest"),
    [
        (BARE, "C02", ["I01"]),
        (CLAIMED, "I06", ["C02", "I01"]),
        (OF_PROJECT, "C02", ["I01"]),
        ({"indicators.001.status": "未完成"}, "I06", []),
    ],
)
def test_what_follows_in_a_row_is_told_with_its_mistake(
    answers: Mapping[str, Raw], lead: str, rest: list[str]
) -> None:
    (finding,) = hall.asked(answers)
    assert finding.rule.id == lead
    assert [one.rule.id for one in finding.consequences] == rest
    assert {one.row for one in finding.consequences} <= {finding.row}
    assert all(one.aside in finding.message for one in finding.consequences)


def test_the_one_finding_says_how_far_and_what_else_is_missing() -> None:
    (finding,) = hall.asked(CLAIMED)
    assert finding.message == (
        "“下基层演出场次”按指标值和完成值计算,完成率 76.00%,完成情况应为“部分完成”或“未完成”,"
        "现在填的是“已完成”;也没有写偏差原因及改进措施;"
        "指标值 ≥50场,完成值 38场,完成率 76.00%,还差 12场"
    )
    assert "写明偏差原因" in finding.rule.fix


def test_two_rates_are_percentage_points_apart() -> None:
    (finding,) = (
        f for f in hall.asked({"indicators.003.actual": Decimal(94)}) if f.rule.id == "I06"
    )
    assert "还差 4个百分点" in finding.message


def test_an_explained_gap_and_other_rows_stay_for_themselves() -> None:
    both = hall.checked({"indicators.002.status": "已完成"}).reviewed.outcome.findings
    assert [finding.rule.id for finding in both] == ["I06", "I01"]
    two: Mapping[str, Raw] = {
        **BARE,
        "indicators.003.actual": Decimal(90),
        "indicators.003.status": "已完成",
    }
    assert [
        (f.rule.id, len(f.consequences)) for f in hall.asked(two) if f.rule.id in {"C02", "I06"}
    ] == [
        ("C02", 1),
        ("I06", 2),
    ]
    # another place, another finding
    full: Mapping[str, Raw] = {
        **BARE,
        "scores.output.score": Decimal(20),
        "conclusion.score": Decimal("99.82"),
    }
    assert {"C02", "S05"} <= {finding.rule.id for finding in hall.asked(full)}


def test_counted_once_and_told_everywhere() -> None:
    one = hall.checked(BARE)
    document = file_document(one)
    (entry,) = document["findings"]
    (follower,) = entry["consequences"]
    assert (entry["id"], entry["fix"]) == ("C02", by_id("C02").fix)  # type: ignore[union-attr]
    assert set(follower) == {"id", "name", "severity", "cell", "key", "message"}
    assert (follower["id"], follower["key"]) == ("I01", "indicators.002.actual")
    assert one.outcome is not None
    assert (one.outcome.count(Severity.ERROR), one.outcome.open_points) == (1, 0)
    book = openpyxl.load_workbook(BytesIO(workflow.result_bytes(one)))
    notes = [c.comment.text for row in book["表1-5 绩效指标"].iter_rows() for c in row if c.comment]
    assert any("【错误 C02】" in note for note in notes)
    assert any("【核实 I01】" in note for note in notes)


def test_what_is_followed_by_way_of_another_is_followed_itself() -> None:
    for rule in RULES:
        for lead in map(by_id, rule.follows):
            assert lead is not None
            assert lead.severity.rank <= rule.severity.rank
            assert set(lead.follows) <= set(rule.follows)
        assert bool(rule.follows) == bool(rule.aside)


# ---------------------------------------------------------------- one line


LONG = "为进一步丰富群众文化生活而在全区各镇街、各村居轮流开展的下基层惠民演出活动的总场次" * 2
HIGH: Mapping[str, Raw] = {"cost.basic.final": Decimal("521.88")}
LARGE: Mapping[str, Raw] = {
    f"{block}.{column}": amount
    for block in ("income.general", "income.fund", "cost.basic", "cost.project")
    for column, amount in (("annual", Decimal("11111111.11")), ("final", Decimal("12345678.91")))
}


@pytest.mark.parametrize(
    "answers",
    [
        {"income.general.final": Decimal("854.32")},
        {"income.brought_forward.final": Decimal(0), "cost.basic.final": Decimal(480)},
        {**LARGE, "cost.superior.final": Decimal("8765432.19")},
        {**CLAIMED, "indicators.002.name": LONG, "indicators.002.unit": "场次(含巡演)"},
        {"indicators.004.name": LONG, "indicators.004.target": LONG},
        {"indicators.003.actual": LONG, "indicators.008.target": LONG, "unit.name": LONG},
        {f"income.{line}.initial": f"１{n}.5 万元" for n, line in enumerate(("fund", "other"))},
    ],
)
def test_a_finding_is_one_short_line(answers: Mapping[str, Raw]) -> None:
    one = hall.checked(answers)
    lines = [text for text in summary(one) if text.startswith("  [")]
    assert one.outcome is not None
    assert len(lines) == len(one.outcome.findings)
    assert max(map(len, lines)) <= LONGEST_LINE < 160


def test_the_line_of_a_total_gives_figures_difference_and_likeliest_cause() -> None:
    lines = [text for text in summary(hall.checked(HIGH)) if "X01" in text]
    assert all("908.52" in text and "917.52" in text and "差 9.00 万元" in text for text in lines)
    assert all(text.count("可能原因") == 1 and ";" not in text for text in lines)
    assert not any("(收入:" in text for text in lines)
    whole = [f for f in hall.asked(HIGH) if f.rule.id == "X01"]
    assert all("(收入:" in finding.message for finding in whole)
