"""The result is again a return: checked, corrected, explained, sent through other programs."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from datetime import date, time
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import build
import hall
import openpyxl
import pytest
from editing import edited
from libreoffice import needs_libreoffice, recalculated_all
from random_returns import Mood, random_cells

from perfxl.check.findings import Finding
from perfxl.check.rule import Severity
from perfxl.expr.tree import Key
from perfxl.form.answers import Cell
from perfxl.form.layout import Layout, place
from perfxl.form.ours import OWN_SHEETS
from perfxl.forms.shipped import form_of
from perfxl.returns import workflow
from perfxl.returns.output import Checked
from perfxl.returns.result import result

SCALE = workflow.load_rubric(None)
TERMS = workflow.Terms(SCALE)
Change = Callable[[Any], None]
Typed = Mapping[tuple[str, str], object]  # by sheet name and A1 reference
_RESULTS: dict[int, tuple[Checked, bytes]] = {}
WRITING = ["W08"]  # what was read of an odd spelling is written in the result


def checked(data: bytes) -> Checked:
    """Give the check of a workbook."""
    return hall.check_data(data)


def found(one: Checked) -> tuple[Finding, ...]:
    """Give the findings of a check."""
    assert one.outcome is not None
    return one.outcome.findings


def told(one: Checked, without: Iterable[str] = ()) -> list[tuple[str, list[str], str]]:
    """Give rule, keys and message of each finding, but those of some rules."""
    return [
        (finding.rule.id, [str(key) for key in finding.keys], finding.message)
        for finding in found(one)
        if finding.rule.id not in without
    ]


def result_of(one: Checked) -> bytes:
    """Give the result workbook of a check."""
    known = id(one)  # checks are kept as long as their results
    if known not in _RESULTS:
        _RESULTS[known] = one, workflow.result_bytes(one)
    return _RESULTS[known][1]


def result_layout(one: Checked) -> Layout:
    """Give where everything stands in the result workbook of a check."""
    return place(result(one.reviewed).values.form)


def saved(data: bytes, *changes: Change) -> bytes:
    """Give a workbook changed and saved by another program, which stores no results."""
    book = openpyxl.load_workbook(BytesIO(data))
    for change in changes:
        change(book)
    target = BytesIO()
    book.save(target)
    return target.getvalue()


def typing(data: bytes, cells: Typed) -> bytes:
    """Give a workbook with something typed into cells of it."""
    sheets: dict[str, dict[str, object]] = {}
    for (sheet, reference), raw in cells.items():
        sheets.setdefault(sheet, {})[reference] = raw
    return edited(data, sheets)


@cache
def sample(name: str) -> bytes:
    """Give the workbook of a sample."""
    return build.workbook(name)


def random_return(mood: Mood, seed: int) -> bytes:
    """Give a return made up at random."""
    form = form_of(SCALE)
    return build.filled(random_cells(form, mood, seed))


# ---------------------------------------------------------------- the same findings again


@pytest.mark.parametrize("name", build.SAMPLES)
def test_result_of_a_sample_is_found_the_same(name: str) -> None:
    first = checked(sample(name))
    once = result_of(first)
    second = checked(once)
    assert told(second, without=WRITING) == told(first, without=WRITING)
    twice = result_of(second)  # no longer with a note on what was written otherwise
    assert result_of(checked(twice)) == twice


@pytest.mark.parametrize("mood", Mood)
def test_result_of_a_random_return_is_found_the_same(mood: Mood) -> None:
    first = checked(random_return(mood, seed=7))
    once = result_of(first)
    second = checked(once)
    assert told(second, without=WRITING) == told(first, without=WRITING)
    twice = result_of(second)  # no longer with a note on what was written otherwise
    assert result_of(checked(twice)) == twice


def cell(key: str) -> tuple[str, str]:
    """Give sheet and A1 reference of a cell of the template."""
    layout, where = place(workflow.live_form(form_of(SCALE))), Key.parse(key)
    return layout.sheet(where).name, layout.a1(where)


def formatted(key: str, raw: object, number_format: str) -> Change:
    """Type into a cell and give it a number format."""

    def change(book: Any) -> None:
        sheet, reference = cell(key)
        book[sheet][reference] = raw
        book[sheet][reference].number_format = number_format

    return change


UNTIDY = (
    formatted("indicators.006.target", 0.95, "0%"),
    formatted("indicators.007.actual", 0.9, "0%"),
    formatted("indicators.008.target", date(2022, 5, 3), "yyyy-mm-dd"),
    formatted("indicators.010.target", "≥95%", "General"),
    formatted("income.general.final", date(2022, 5, 3), "yyyy-mm-dd"),
    formatted("income.fund.final", time(8, 30), "hh:mm"),
    formatted("income.capital.final", True, "General"),
    formatted("income.superior.final", "#REF!", "General"),
    formatted("income.service.final", "  ", "General"),
    formatted("income.business.final", "1,234.50元", "General"),
    formatted("income.other.final", 0.1 + 0.2, "General"),
    formatted("project_indicators.001.stated_rate", 105.26, "General"),
    formatted("project_indicators.002.stated_rate", 1.0526, "General"),
    formatted("unit.code", 440114001, "General"),
    formatted("unit.department", False, "General"),
    formatted("conclusion.date", 45026, "General"),
)


def test_result_of_an_untidy_return_is_found_the_same() -> None:
    first = checked(saved(sample("xinhua_2022"), *UNTIDY))
    assert {"W07", "W08", "W10", "C01"} <= {rule for rule, *_ in told(first)}
    assert told(checked(result_of(first))) == told(first, without=WRITING)


def test_formula_that_was_never_calculated_is_blank_in_the_result() -> None:
    formula = formatted("income.general.final", "=1+1", "General")
    first = checked(saved(sample("xinhua_2022"), formula))
    assert told(first)[0][:2] == ("W07", ["income.general.final"])
    second = checked(result_of(first))
    assert ("C01", ["income.general.final"]) in [(rule, keys) for rule, keys, _ in told(second)]
    assert told(second, without=["C01"]) == told(first, without=["W07", *WRITING])


def test_result_heals_the_form_and_keeps_the_rest() -> None:
    def damage(book: Any) -> None:
        sheet, total = cell("income.total.final")
        book[sheet][cell("income.other.label")[1]] = "八、捐赠收入"
        book[sheet][total] = 999
        sheet, gone = cell("cost.superior.label")
        book[sheet].delete_rows(int(gone[1:]))

    first = checked(saved(sample("xinhua_2022"), damage))
    second = checked(result_of(first))
    healed = ["W04", "W05", "W06"]
    assert {rule for rule, *_ in told(first)}.issuperset(healed)
    assert told(second, without=["C01"]) == told(first, without=[*healed, *WRITING])
    asked = [finding.keys for finding in found(second) if finding.rule.id == "C01"]
    assert {key.row for keys in asked for key in keys} == {"superior"}


# ---------------------------------------------------------------- corrected and explained


def explaining(one: Checked) -> dict[tuple[str, str], object]:
    """Give a 说明 for every 核实 of a result, to be typed into its list of findings."""
    layout = result_layout(one)
    keys = [
        (Key("findings", f"{number:03d}", "explanation"), finding)
        for number, finding in enumerate(found(one), 1)
    ]
    return {
        (layout.sheet(key).name, layout.a1(key)): f"说明 {finding.rule.id} {finding.keys[0]}"
        for key, finding in keys
        if finding.severity is Severity.VERIFY
    }


def notes(one: Checked) -> dict[str, str | None]:
    """Give what was said to each 核实, by what was expected to be said."""
    return {
        f"说明 {finding.rule.id} {finding.keys[0]}": finding.note
        for finding in found(one)
        if finding.severity is Severity.VERIFY
    }


def test_explanations_are_carried_from_round_to_round() -> None:
    one = checked(sample("xinhua_2022"))
    said = explaining(one)
    assert len(said) > 3
    once = checked(typing(result_of(one), said))
    assert notes(once) == {text: text for text in notes(one)}
    assert notes(checked(result_of(once))) == notes(once)


def test_explanations_survive_wiped_keys() -> None:
    one = checked(sample("xinhua_2022"))

    def wipe(book: Any) -> None:
        for sheet in book:
            without_keys(sheet)

    again = checked(saved(typing(result_of(one), explaining(one)), wipe))
    assert notes(again) == {text: text for text in notes(one)}


def test_explanation_follows_its_row_when_rows_come_in_above() -> None:
    one = checked(sample("xinhua_2022"))
    said = explaining(one)
    row = 6  # of «表1-5», the first rows of indicators

    def insert(book: Any) -> None:
        sheet, new = book["表1-5 绩效指标"], ("产出指标", "数量指标", "新", "≥", 5, "个", 5)
        sheet.insert_rows(row)
        for column, raw in zip("CDEFGHI", new, strict=True):
            sheet[f"{column}{row}"] = raw

    two = checked(saved(typing(result_of(one), said), insert))
    moved = {finding.message: finding.note for finding in found(two) if finding.note}
    expected = {
        finding.message: f"说明 {finding.rule.id} {finding.keys[0]}"
        for finding in found(one)
        if finding.severity is Severity.VERIFY
    }
    listed = [f for f in found(one) if f.message in expected and f.keys[0].block == "indicators"]
    assert len(listed) > 2
    assert {f.message: expected[f.message] for f in listed} == {
        f.message: moved.get(f.message) for f in listed
    }
    assert any(f.keys[0] not in {g.keys[0] for g in found(one)} for f in found(two))


SEEN = "BCDEFGHIJK"  # the columns of the list of findings that people see


def listed(sheet: Any) -> range:
    """Give the rows of the list of findings."""
    marks = [cell.row for cell in sheet["A"] if str(cell.value).startswith("findings.")]
    return range(marks[0], marks[-1] + 1)


def reordered(order: Callable[[list[Any]], list[Any]]) -> Change:
    """Put the rows of the list in another order, but for what is hidden of them."""

    def change(book: Any) -> None:
        sheet = book["审核结果"]
        rows = [[sheet[f"{column}{n}"].value for column in SEEN] for n in listed(sheet)]
        for n, row in zip(listed(sheet), order(rows), strict=True):
            for column, raw in zip(SEEN, row, strict=True):
                sheet[f"{column}{n}"] = raw

    return change


def by_column(letter: str) -> Callable[[list[Any]], list[Any]]:
    """Sort by what stands in a column."""
    at = SEEN.index(letter)
    return lambda rows: sorted(rows, key=lambda row: str(row[at] or ""))


def widened(book: Any) -> None:
    """Insert a column before the places, and a row among the findings."""
    sheet = book["审核结果"]
    sheet.insert_rows(listed(sheet)[2])
    sheet.insert_cols(5)


@pytest.mark.parametrize(
    "changes",
    [
        [reordered(by_column("D"))],
        [reordered(by_column("F"))],
        [reordered(lambda rows: rows[::-1])],
        [reordered(lambda rows: [*rows[3:], *rows[:3]])],
        [reordered(by_column("E")), widened],
    ],
    ids=["by rule", "by message", "upside down", "rotated", "by place, and widened"],
)
def test_explanations_survive_sorting_of_what_is_seen(changes: list[Change]) -> None:
    one = checked(sample("xinhua_2022"))
    again = checked(saved(typing(result_of(one), explaining(one)), *changes))
    assert notes(again) == {text: text for text in notes(one)}
    assert "W23" not in {rule for rule, *_ in told(again)}


def test_an_explanation_whose_finding_cannot_be_told_is_said_to_be_lost() -> None:
    one = checked(sample("xinhua_2022"))
    over, heavy = (
        explanation_cell(one, flagged(one, rule, key))
        for rule, key in (
            ("I02", "indicators.004.target"),
            ("X03", "income.fund.annual"),
        )
    )
    beside = f"D{over[1][1:]}"

    def renamed(book: Any) -> None:
        book["审核结果"][beside] = "I99"

    def reworded(book: Any) -> None:
        book["审核结果"][f"F{heavy[1][1:]}"] = "已核对"

    said = typing(result_of(one), {over: "社区自办讲座增加", heavy: "年中追加"})
    two = checked(saved(said, renamed, reworded))
    (lost,) = (finding for finding in found(two) if finding.rule.id == "W23")
    assert "社区自办讲座增加" in lost.message
    assert str(lost.places[0]) == f"审核结果 {over[1]}"
    assert flagged(two, "I02", "indicators.004.target").explained is None
    assert flagged(two, "X03", "income.fund.annual").explained == "年中追加"
    assert "W23" not in {rule for rule, *_ in told(checked(result_of(two)))}


def test_corrections_typed_into_the_result_clear_its_findings() -> None:
    one = checked(sample("xinhua_2022"))
    layout = result_layout(one)
    before, after = (build.read_sample(name)[0] for name in ("xinhua_2022", "corrected"))
    changed = {key: cell.raw for key, cell in after.items() if before.get(key) != cell}
    typed = {(layout.sheet(key).name, layout.a1(key)): raw for key, raw in changed.items()}
    two = checked(typing(result_of(one), typed))
    assert told(two) == told(checked(build.filled(after)), without=WRITING)
    assert not any(finding.severity is Severity.ERROR for finding in found(two))


# ---------------------------------------------------------------- other programs


def without_keys(sheet: Any) -> None:
    """Delete the first column; in a spreadsheet what is hidden moves along."""
    sheet.delete_cols(1)
    sheet.column_dimensions["A"].hidden = False


def wiped(book: Any) -> None:
    """Delete the first column everywhere and empty the rows of column keys."""
    for sheet in book:
        for row in sheet.iter_rows():
            if "#" in str(row[0].value):
                for one in row:
                    one.value = None
        without_keys(sheet)


def untidied(book: Any) -> None:
    """Rename, reorder and add sheets; insert rows and a column."""
    book.create_sheet("附注", 0)["A1"] = "共 12 页"
    for number, sheet in enumerate(book):
        if sheet.title not in {*OWN_SHEETS, "附注"}:
            sheet.insert_rows(1 + number % 9)
            sheet.title = f"表{number}"
    book["表3"].insert_cols(4)
    book.move_sheet(book.worksheets[-1], -5)


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("xinhua_2022", []),
        ("xinhua_2022", [wiped]),
        ("xinhua_2022", [untidied]),
        ("clean", [untidied, wiped]),
    ],
)
def test_workbook_saved_by_another_program_is_found_the_same(
    name: str, changes: list[Change]
) -> None:
    # it stores no results of formulas: none of them may pass for an altered one
    assert told(checked(saved(sample(name), *changes))) == told(checked(sample(name)))


def test_rows_beyond_those_offered_are_read_from_a_file() -> None:
    offered = len(form_of(SCALE).blocks["projects"].rows)

    def insert(book: Any) -> None:
        sheet, at = book["表2-2 项目预算"], int(cell("projects.002.name")[1][1:])
        sheet.insert_rows(at, offered)
        for number in range(offered):
            for column, raw in zip("CDEF", (f"新项目{number}", "财政拨款", 1, 1), strict=True):
                sheet[f"{column}{at + number}"] = raw

    one = checked(saved(sample("clean"), insert))
    assert one.values is not None
    rows = one.values.form.blocks["projects"].rows
    assert len(rows) > offered
    names = [one.values.text(Key("projects", row.key, "name")) for row in rows]
    assert names[1 : offered + 1] == [f"新项目{number}" for number in range(offered)]
    assert told(checked(result_of(one))) == told(one)


@pytest.mark.deep
@needs_libreoffice
def test_workbook_saved_by_libreoffice_is_found_the_same() -> None:
    files = [*map(sample, build.SAMPLES), result_of(checked(sample("xinhua_2022")))]
    for before, after in zip(files, recalculated_all(files), strict=True):
        assert told(checked(after)) == told(checked(before))


@pytest.mark.deep
@needs_libreoffice
def test_dates_as_a_spreadsheet_computes_them_are_no_altered_results() -> None:
    typed = (
        formatted("indicators.004.symbol", "≤", "General"),
        formatted("indicators.004.target", date(2022, 12, 31), "yyyy-mm-dd"),
        formatted("indicators.004.unit", None, "General"),
        formatted("indicators.004.actual", date(2022, 12, 20), "yyyy-mm-dd"),
        formatted("indicators.005.target", date(2022, 6, 30), "yyyy-mm-dd"),
        formatted("indicators.005.unit", "年月日", "General"),
        formatted("indicators.005.actual", date(2022, 7, 5), "yyyy-mm-dd"),
        formatted("indicators.005.status", "未完成", "General"),
        formatted("indicators.005.reason", "招标推迟", "General"),
        formatted("indicators.001.target", date(2022, 3, 5), "yyyy-mm-dd"),
    )
    (data,) = recalculated_all([saved(sample("clean"), *typed)])
    one = checked(data)
    assert "W06" not in {rule for rule, *_ in told(one)}
    late = [message for rule, _, message in told(one) if rule == "I01"]
    assert late == ["“单场演出平均成本”未完成:指标值 2022-06-30,完成值 2022-07-05,晚 5 天"]
    assert ("I11", ["indicators.001.target"]) in [(rule, keys) for rule, keys, _ in told(one)]
    assert told(checked(result_of(one))) == told(one)


# ---------------------------------------------------------------- the same bytes

MAKE = """
import hashlib, sys
sys.path.insert(0, sys.argv[1])
import build
from test_second_round import checked, result_of, sample
made = sample("xinhua_2022")
print(hashlib.sha256(made).hexdigest(), hashlib.sha256(result_of(checked(made))).hexdigest())
"""


def test_same_input_same_bytes_in_any_process() -> None:
    made = sample("xinhua_2022")
    once = checked(made)
    assert checked(made).outcome == once.outcome
    assert result_of(once) == result_of(checked(made))
    here = [hashlib.sha256(data).hexdigest() for data in (made, result_of(once))]
    said = subprocess.run(
        [sys.executable, "-c", MAKE, str(build.HERE)],
        cwd=Path(__file__).parent,
        env={**os.environ, "PYTHONHASHSEED": "4711", "TZ": "Asia/Shanghai"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.split() == here


def flagged(one: Checked, rule: str, key: str) -> Finding:
    """Give the finding of a rule at a key."""
    return next(f for f in found(one) if f.rule.id == rule and Key.parse(key) in f.keys)


def explanation_cell(one: Checked, finding: Finding) -> tuple[str, str]:
    """Give where a unit explains a finding of a result."""
    layout, number = result_layout(one), found(one).index(finding) + 1
    key = Key("findings", f"{number:03d}", "explanation")
    return layout.sheet(key).name, layout.a1(key)


def test_an_explanation_lapses_when_the_flagged_figure_has_changed_since() -> None:
    one = checked(sample("xinhua_2022"))
    over = flagged(one, "I02", "indicators.004.target")
    layout = result_layout(one)
    actual = Key("indicators", "004", "actual")
    told_why = {explanation_cell(one, over): "社区自办讲座增加"}
    unchanged = checked(typing(result_of(one), told_why))
    assert flagged(unchanged, "I02", "indicators.004.target").explained == "社区自办讲座增加"
    more = {(layout.sheet(actual).name, layout.a1(actual)): 180}
    changed = checked(typing(result_of(unchanged), more))
    finding = flagged(changed, "I02", "indicators.004.target")
    assert finding.explained is None
    assert finding.lapsed == "原说明“社区自办讲座增加”是数据改动前写的,请重新说明"
    again = flagged(checked(result_of(changed)), "I02", "indicators.004.target")
    assert (again.explained, again.lapsed) == (None, None), "a lapsed 说明 is not written back"


@pytest.mark.parametrize("text", ["暂无", " 无。", "xx", "同上", "已按计划完成", "无偏差,已完成"])
def test_empty_talk_explains_nothing(text: str) -> None:
    one = checked(sample("xinhua_2022"))
    over = flagged(one, "I02", "indicators.004.target")
    two = checked(typing(result_of(one), {explanation_cell(one, over): text}))
    finding = flagged(two, "I02", "indicators.004.target")
    assert finding.explained is None
    assert finding.lapsed == f"说明只写了“{text.strip()}”,请写明原因"


def test_an_error_cannot_be_explained_away() -> None:
    one = checked(sample("xinhua_2022"))
    gap = flagged(one, "T01", "funds.income.final")
    cell = explanation_cell(one, gap)
    assert openpyxl.load_workbook(BytesIO(result_of(one)))[cell[0]][cell[1]].protection.locked
    two = checked(typing(result_of(one), {cell: "按决算报表填列,无误"}))
    finding = flagged(two, "T01", "funds.income.final")
    assert finding.explained is None
    assert finding.lapsed == "错误必须改正,不能用说明代替"


def test_a_reason_of_empty_words_explains_nothing() -> None:
    base = build.read_sample("xinhua_2022")[0]
    key = Key("indicators", "009", "reason")
    gap = "indicators.009.actual"
    assert flagged(checked(build.filled(base)), "I01", gap).explained
    two = checked(build.filled({**base, key: Cell("暂无")}))
    assert flagged(two, "I01", gap).explained is None
    assert flagged(two, "C04", "indicators.009.reason")


@pytest.mark.parametrize(
    ("reason", "taken"),
    [
        ("已完成", False),
        ("无偏差,已按要求完成。", False),
        ("不存在偏差", False),
        ("按计划全部完成目标", False),
        ("已完成招标,尾款下年支付", True),
        ("疫情影响,按计划完成的只有 30 场", True),
    ],
)
def test_a_reason_that_denies_the_gap_explains_nothing(reason: str, taken: bool) -> None:
    base = build.read_sample("xinhua_2022")[0]
    data = build.filled({**base, Key("indicators", "009", "reason"): Cell(reason)})
    found = flagged(checked(data), "I01", "indicators.009.actual")
    assert found.explained == (reason if taken else None)
    assert found.lapsed == (None if taken else f"原因只写了“{reason}”,请写明原因")


def test_a_finding_of_several_cells_keeps_its_explanation_while_fewer_are_left() -> None:
    blank = {f"scores.{item}.evidence": Cell(None) for item in ("result_use", "asset_income")}
    base = build.read_sample("clean")[0] | {Key.parse(k): cell for k, cell in blank.items()}
    one = checked(build.filled(base))
    missing = flagged(one, "C05", "scores.asset_income.evidence")
    assert len(missing.keys) == 2
    told_why = {explanation_cell(one, missing): "材料涉密,现场查阅"}
    two = checked(typing(result_of(one), told_why))
    assert flagged(two, "C05", "scores.result_use.evidence").explained == "材料涉密,现场查阅"
    layout = result_layout(two)
    first = Key.parse("scores.result_use.evidence")
    given = {(layout.sheet(first).name, layout.a1(first)): "附件 10"}
    three = checked(typing(result_of(two), given))
    assert flagged(three, "C05", "scores.asset_income.evidence").explained == "材料涉密,现场查阅"
    more = Key.parse("scores.three_public.evidence")
    emptied = {(layout.sheet(more).name, layout.a1(more)): None}
    four = checked(typing(result_of(two), emptied))
    again = flagged(four, "C05", "scores.result_use.evidence")
    assert (again.explained, len(again.keys)) == (None, 3)
    assert again.lapsed == "原说明“材料涉密,现场查阅”没有说到新增的格子,请重新说明"
