"""A second round held against the first: mended, remaining, new, and changed unasked."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import build
import hall
import openpyxl
import pytest
from editing import edited
from openpyxl.packaging.custom import StringProperty

from perfxl.check.rounds import Comparison
from perfxl.errors import UsageError
from perfxl.expr.tree import Key
from perfxl.form.identity import ISSUED_CODE
from perfxl.form.layout import Layout, place
from perfxl.form.raw import Raw
from perfxl.forms.shipped import form_of
from perfxl.returns import workflow
from perfxl.returns.output import Checked, file_document, summary

pytestmark = pytest.mark.usefixtures("work_once")

SCALE = workflow.load_rubric(None)
TERMS = workflow.Terms(SCALE)
LAYOUT = place(workflow.live_form(form_of(SCALE)))
WORKED = build.HERE / "xinhua_2022" / "filled.xlsx"
# the line of 年初结转和结余 that was left out, added
MENDED = {
    "income.brought_forward.annual": 2.54,
    "income.brought_forward.final": 2.54,
    "funds.income.annual": 43717.66,
    "cost.basic.final": 5171.27,
}


def typed(data: bytes, answers: Mapping[str, object], layout: Layout = LAYOUT) -> bytes:
    """Give a workbook with other answers, saved by another program."""
    sheets: dict[str, dict[str, object]] = {}
    for name, raw in answers.items():
        key = Key.parse(name)
        sheets.setdefault(layout.sheet(key).name, {})[layout.a1(key)] = raw
    return edited(data, sheets)


def against(tmp_path: Path, before: bytes, now: bytes) -> Checked:
    """Check one workbook against another."""
    old, new = tmp_path / "上次.xlsx", tmp_path / "这次.xlsx"
    old.write_bytes(before)
    new.write_bytes(now)
    return workflow.checked_against(workflow.check_file(new, TERMS), old, TERMS)


def changes(checked: Checked) -> Comparison:
    """Give what a check says of the earlier round."""
    assert checked.changes is not None
    return checked.changes


def ids(findings: Any) -> list[str]:
    return [finding.rule.id for finding in findings]


def unasked(checked: Checked) -> dict[str, tuple[str, str]]:
    return {str(c.key): (c.before, c.after) for c in changes(checked).unasked}


def test_the_same_file_again_changes_nothing(tmp_path: Path) -> None:
    data = WORKED.read_bytes()
    checked = against(tmp_path, data, data)
    found = changes(checked)
    assert checked.outcome is not None
    assert (found.fixed, found.new, found.unasked) == ((), (), ())
    assert found.remaining == checked.outcome.findings


def test_mended_remaining_new_and_unasked(tmp_path: Path) -> None:
    data = WORKED.read_bytes()
    more = {**MENDED, "conclusion.grade": "良", "unit.department": "另一个局"}
    checked = against(tmp_path, data, typed(data, more))
    found = changes(checked)
    assert ids(found.fixed)[:3] == ["T01", "X01", "X01"]
    assert ids(found.new) == ["S04"]
    assert "I01" in ids(found.remaining)
    # what the unbalanced totals are made of was asked for; grade and department were not
    assert unasked(checked) == {
        "unit.department": ("广州市花都区人民政府", "另一个局"),
        "conclusion.grade": ("优", "良"),
    }


def test_a_gap_may_be_mended_by_actual_status_or_reason_but_not_by_its_target(
    tmp_path: Path,
) -> None:
    data = WORKED.read_bytes()
    row = {"indicators.009.reason": "疫情期间走访减少", "indicators.009.actual": 300}
    assert unasked(against(tmp_path, data, typed(data, row))) == {}
    lowered = {"indicators.009.target": 208, "indicators.009.status": "已完成"}
    assert unasked(against(tmp_path, data, typed(data, lowered))) == {
        "indicators.009.target": ("500", "208")
    }
    flagged = {"indicators.004.target": 130}  # too low, as I02 said
    assert unasked(against(tmp_path, data, typed(data, flagged))) == {}
    other = {"indicators.001.actual": 6}
    assert list(unasked(against(tmp_path, data, typed(data, other)))) == ["indicators.001.actual"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("自评总得分 98.43 分,等级为优。", False),
        ("自评总得分 98.43 分,等级为良。", True),
        ("自评总得分 98.96 分,等级为优,成绩突出。", True),
    ],
)
def test_a_text_that_tells_anew_what_was_mended_is_not_unasked(
    tmp_path: Path, text: str, told: bool
) -> None:
    first = {"indicators.001.actual": 52, "texts.summary": "自评总得分 98.96 分,等级为优。"}
    mended = {
        "indicators.001.status": "部分完成",
        "indicators.001.reason": "场地维修,8 场顺延到下年",
        "scores.output.score": Decimal("19.47"),
        "scores.output.reason": "少办 8 场",
        "conclusion.score": Decimal("98.43"),
    }
    data = build.workbook("clean")
    found = unasked(
        against(tmp_path, typed(data, first), typed(data, first | mended | {"texts.summary": text}))
    )
    assert list(found) == (["texts.summary"] if told else [])


def unasked_of(tmp_path: Path, before: Mapping[str, Raw], now: Mapping[str, Raw]) -> set[str]:
    """Give the cells changed unasked from one round of the return to the next."""
    old, new = hall.workbook(before), hall.workbook({**before, **now})
    return set(unasked(against(tmp_path, old, new)))


READ = {
    "income.superior.final": "１８.5",
    "income.other.final": "4.20 万元",
    "indicators.001.actual": "112场",
    "indicators.007.target": "≥5",
}


def test_what_was_to_be_put_right_if_wrong_was_asked(tmp_path: Path) -> None:
    put_right: dict[str, Raw] = {
        "income.superior.final": Decimal("17.5"),
        "income.other.final": Decimal("5.20"),
        "indicators.001.actual": Decimal(113),
        "indicators.007.target": Decimal("5.5"),
    }
    assert unasked_of(tmp_path, READ, put_right) == set()
    beside: dict[str, Raw] = {
        "income.superior.annual": Decimal("17.5"),
        "income.service.final": Decimal(29),
        "indicators.001.target": Decimal(90),
        "indicators.003.actual": Decimal(99),
    }
    assert unasked_of(tmp_path, READ, {**put_right, **beside}) == set(beside)


def test_what_the_result_of_the_first_round_asked_about_was_asked(tmp_path: Path) -> None:
    """What was read from a text is a number there: that it was asked about, its list still says."""
    result = workflow.result_bytes(hall.checked(READ))
    right = {"income.superior.final": Decimal("17.5"), "indicators.001.actual": Decimal(113)}
    beside = {"indicators.003.actual": Decimal("98.7")}
    now = typed(hall.workbook({**READ, **right, **beside}), {})
    assert set(unasked(against(tmp_path, result, now))) == set(beside)


MORE = {"level1": "产出指标", "level2": "成本指标", "name": "设备购置费", "symbol": "≤"}
TWICE = {"level1": "产出指标", "level2": "数量指标", "name": "举办公共文化活动场次"}
TWICE |= {"symbol": "≥", "unit": "场", "status": "已完成"}


def row(number: str, **cells: Raw) -> dict[str, Raw]:
    """Give the answers of a row of indicators."""
    return {f"indicators.{number}.{column}": raw for column, raw in cells.items()}


@pytest.mark.parametrize(
    ("before", "now", "left"),
    [
        # a total a cent apart: its lines, and it
        ({"funds.cost.final": Decimal("908.51")}, {"cost.basic.final": Decimal("512.87")}, set()),
        # an indicator unmet: the score it counts in, and the total of scores; not its target
        (
            {},
            {
                "scores.output.score": Decimal(18),
                "conclusion.score": Decimal("97.82"),
                "indicators.002.target": Decimal(38),
                "scores.benefit.score": Decimal(19),
            },
            {"indicators.002.target", "scores.benefit.score"},
        ),
        # a status that contradicts the figures: the target as well, which the fix names
        (
            {"indicators.001.status": "未完成"},
            row("001", target=Decimal(120), name="举办活动场次", unit="次"),
            {"indicators.001.name", "indicators.001.unit"},
        ),
        # a target in a wrong unit: target and unit
        (
            {"indicators.005.actual": "已完成100%"},
            row("005", unit="%", target=Decimal(100), actual=Decimal(98), symbol="≥"),
            {"indicators.005.symbol"},
        ),
        # a category that has no indicator yet: a further row
        (
            {"indicators.005.level2": "数量指标"},
            row("010", **MORE, target=Decimal(3), unit="万元", actual=Decimal(2)),
            set(),
        ),
        # nothing called for a further row
        ({}, row("010", **MORE), {f"indicators.010.{column}" for column in MORE}),
    ],
)
def test_what_a_fix_names_was_asked(
    tmp_path: Path, before: Mapping[str, Raw], now: Mapping[str, Raw], left: set[str]
) -> None:
    assert unasked_of(tmp_path, before, now) == left


def test_name_and_code_of_a_unit_go_together(tmp_path: Path) -> None:
    def issued(**answers: Raw) -> bytes:
        data = hall.workbook({f"unit.{column}": raw for column, raw in answers.items()})
        book = openpyxl.load_workbook(BytesIO(data))
        book.custom_doc_props.append(StringProperty(name=ISSUED_CODE, value="100200300"))
        target = BytesIO()
        book.save(target)
        return target.getvalue()

    other = {"name": "示例区文化馆新馆"}
    assert unasked(against(tmp_path, issued(code="1"), issued(code="1", **other))) == {}
    assert set(unasked(against(tmp_path, issued(), issued(**other)))) == {"unit.name"}


def test_of_a_row_there_twice_either_may_go(tmp_path: Path) -> None:
    twice = row("003", **TWICE, target=Decimal(100), actual=Decimal(112))
    emptied = dict.fromkeys(row("001", **TWICE, target=None, actual=None))
    assert unasked_of(tmp_path, twice, emptied) == set()
    book = openpyxl.load_workbook(BytesIO(hall.workbook(twice)))
    sheet, at = book["表1-5 绩效指标"], int(LAYOUT.a1(Key.parse("indicators.003.name"))[1:])
    sheet.delete_rows(at)
    target = BytesIO()
    book.save(target)
    assert unasked(against(tmp_path, hall.workbook(twice), target.getvalue())) == {}


def test_what_was_missing_altogether_was_asked(tmp_path: Path) -> None:
    whole = hall.workbook({})
    book = openpyxl.load_workbook(BytesIO(whole))
    book["表1-3 收入"].delete_rows(int(LAYOUT.a1(Key.parse("income.other.final"))[1:]))
    book.remove(book["表2-2 项目预算"])
    target = BytesIO()
    book.save(target)
    assert unasked(against(tmp_path, target.getvalue(), whole)) == {}


def test_a_reason_that_was_written_leaves_the_gap_it_explains(tmp_path: Path) -> None:
    bare = hall.workbook({"indicators.002.reason": None})
    found = changes(against(tmp_path, bare, hall.workbook({})))
    assert (ids(found.fixed), ids(found.remaining), ids(found.new)) == (["C02"], ["I01"], [])
    found = changes(against(tmp_path, bare, bare))
    assert (ids(found.fixed), ids(found.remaining), ids(found.new)) == ([], ["C02"], [])
    found = changes(against(tmp_path, hall.workbook({}), bare))
    assert (ids(found.fixed), ids(found.remaining), ids(found.new)) == ([], [], ["C02"])


def test_what_carries_over_follows_the_lines_of_its_balance(tmp_path: Path) -> None:
    clean = (build.HERE / "clean" / "filled.xlsx").read_bytes()
    over = {
        "income.superior.final": 27,
        "cost.carried_forward.final": 12,
        "funds.income.final": 1301.90,
        "funds.cost.final": 1301.90,
    }
    checked = against(tmp_path, typed(clean, over), clean)
    assert ids(changes(checked).fixed) == ["X02"]
    assert unasked(checked) == {}


def test_the_earlier_file_may_be_its_result(tmp_path: Path) -> None:
    data = WORKED.read_bytes()
    result = workflow.result_bytes(workflow.check_bytes(WORKED, data, TERMS))
    checked = against(tmp_path, result, typed(data, MENDED))
    assert ids(changes(checked).fixed)[:3] == ["T01", "X01", "X01"]
    assert unasked(checked) == {}


def test_rows_that_moved_are_the_same_rows(tmp_path: Path) -> None:
    data = WORKED.read_bytes()
    book = openpyxl.load_workbook(BytesIO(data))
    sheet, new = (
        book["表1-5 绩效指标"],
        ("产出指标", "成本指标", "新指标", "≤", 5, "万元", 5, None, "已完成"),
    )
    sheet.insert_rows(4)
    for column, raw in zip("CDEFGHIJK", new, strict=True):
        sheet[f"{column}4"] = raw
    target = BytesIO()
    book.save(target)
    checked = against(tmp_path, data, target.getvalue())
    assert ids(changes(checked).new) == []
    assert {Key.parse(key).row for key in unasked(checked)} == {"001"}
    assert all(before == "" for before, _ in unasked(checked).values())


def test_a_row_taken_away_is_told_even_where_it_was_asked_about(tmp_path: Path) -> None:
    """The unmet indicator is gone, and the rows below moved up into its place."""
    data = WORKED.read_bytes()
    rows = [row.key for row in LAYOUT.form.blocks["indicators"].rows]
    columns = [c for c, i in LAYOUT.form.blocks["indicators"].rows[0].items.items() if i.is_input]
    book = openpyxl.load_workbook(BytesIO(data))
    sheet = book["表1-5 绩效指标"]
    for row, below in itertools.pairwise(rows[8:]):
        for column in columns:
            here, there = (LAYOUT.a1(Key("indicators", key, column)) for key in (row, below))
            sheet[here].value = sheet[there].value
    target = BytesIO()
    book.save(target)
    checked = against(tmp_path, data, target.getvalue())
    gone = {c.label: c for c in changes(checked).unasked if c.key.row == "gone-009"}
    assert gone["序号9·三级指标"].before == "重要节日慰问人次"
    for change in gone.values():
        where = LAYOUT.a1(Key("indicators", "009", change.key.column))
        assert (change.after, change.place and change.place.cell) == ("", where)
    assert len(changes(checked).unasked) == len(gone)
    fixed = [f.message for f in changes(checked).fixed if f.rule.id == "I01"]
    assert len(fixed) == 1
    assert "重要节日慰问人次" in fixed[0]
    assert any("(这一行已删除):重要节日慰问人次 → 空白" in line for line in summary(checked))
    book = openpyxl.load_workbook(BytesIO(workflow.result_bytes(checked)))
    cells = [
        str(cell.value) for row in book["与上次对比"].iter_rows() for cell in row if cell.value
    ]
    assert "上次的 表1-5 绩效指标 E12(这一行已删除)" in cells


def test_another_unit_or_no_workbook_is_refused(tmp_path: Path) -> None:
    data = WORKED.read_bytes()
    assert changes(against(tmp_path, typed(data, {"unit.code": "999"}), data)).unasked
    other = {"unit.code": "999", "unit.name": "另一单位"}
    with pytest.raises(UsageError, match="上次的文件是“另一单位”的"):
        against(tmp_path, typed(data, other), data)
    with pytest.raises(UsageError, match=r"上次的文件 上次.xlsx 读不了"):
        against(tmp_path, b"nothing", data)


def test_told_in_summary_workbook_and_data(tmp_path: Path) -> None:
    data = WORKED.read_bytes()
    checked = against(tmp_path, data, typed(data, {**MENDED, "conclusion.grade": "良"}))
    lines = list(summary(checked))
    assert "  与上次相比:已改正 4 处,仍存在 13 处,新出现 1 处;要求以外改动 1 格" in lines
    assert any("[错误 S04 新出现]" in line for line in lines)
    assert lines[-2].startswith("  [要求以外改动] 附件3 自评表 I64 评价等级:优 → 良")
    told = json.loads(json.dumps(file_document(checked)))["changes"]
    assert {name: len(entries) for name, entries in told.items()} == {
        "fixed": 4, "remaining": 13, "new": 1, "unasked": 1,
    }  # fmt: skip
    assert told["unasked"][0]["before"] == "优"
    book = openpyxl.load_workbook(BytesIO(workflow.result_bytes(checked)))
    cells = [
        str(cell.value) for row in book["与上次对比"].iter_rows() for cell in row if cell.value
    ]
    assert {"新出现", "仍存在", "已改正", "优", "良"} <= set(cells)
    again = workflow.check_bytes(Path("x.xlsx"), workflow.result_bytes(checked), TERMS)
    assert again.outcome is not None
    assert checked.outcome is not None
    left = [one for one in checked.outcome.findings if one.rule.id != "W08"]  # mended by us
    assert ids(again.outcome.findings) == ids(left)
