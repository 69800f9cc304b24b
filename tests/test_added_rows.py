"""What units add to the form or make one: rows, remarks, merged cells. Nothing is read by halves.

Rows are inserted as a spreadsheet does it, formulas and all, and LibreOffice computes what the
sheet then shows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cache
from io import BytesIO

import build
import editing
import hall
import openpyxl
import pytest
from inserting import row_inserted
from libreoffice import needs_libreoffice, recalculated_all

from perfxl.check.findings import Finding
from perfxl.check.rule import Severity
from perfxl.form.raw import Raw
from perfxl.returns import workflow
from perfxl.returns.output import Checked, file_document

MAIN, INCOME, COST = "附件3 自评表", "表1-3 收入", "表1-4 支出"
INDICATORS, PROJECTS, TEXTS = "表1-5 绩效指标", "表2-2 项目预算", "文字部分"
TRAINING = {
    "C": "产出指标",
    "D": "数量指标",
    "E": "培训场次",
    "F": "≥",
    "G": 10,
    "H": "场",
    "I": 12,
    "K": "已完成",
}
OPERA = {"C": "戏曲进校园", "D": "一般公共预算", "E": 10, "F": 12.5}
RENT = {"B": "九、租金收入", "C": 3, "D": 3, "E": 3}


@cache
def base() -> bytes:
    """Give the return as it is before anything is added."""
    return hall.workbook({})


@cache
def whole() -> bytes:
    """Give it in the template, with cover and hints."""
    return hall.template({})


def edited(data: bytes, sheet: str, cells: Mapping[str, object], *merges: str) -> bytes:
    """Give the workbook with cells of a sheet typed over, and areas of it merged."""
    return editing.edited(data, {sheet: cells}, {sheet: merges})


def told(checked: Checked) -> list[tuple[str, str]]:
    """Give rule and cell of what is found, but for the indicator explained and the lost lock."""
    return [
        (f.rule.id, f.places[0].cell if f.places else "")
        for f in checked.reviewed.outcome.findings
        if f.rule.id not in {"I01", "W15"}
    ]


def only(data: bytes, rule: str) -> Finding:
    """Give the one thing found, which is of this rule."""
    checked = hall.check_data(data)
    assert [name for name, _ in told(checked)] == [rule]
    return next(f for f in checked.reviewed.outcome.findings if f.rule.id == rule)


# ---------------------------------------------------------------- what the sheet then shows

ADDED: dict[str, Callable[[], bytes]] = {
    "in a list": lambda: row_inserted(base(), INDICATORS, 7, TRAINING),
    "in a list, a row copied": lambda: row_inserted(base(), INDICATORS, 7, TRAINING, copied=True),
    "above a list": lambda: row_inserted(base(), INDICATORS, 4, TRAINING),
    "below a list": lambda: row_inserted(base(), INDICATORS, 64, TRAINING),
    "in and below a list": lambda: row_inserted(
        row_inserted(base(), INDICATORS, 7, TRAINING), INDICATORS, 65, {**TRAINING, "E": "讲座场次"}
    ),
    "names merged": lambda: edited(base(), INDICATORS, {}, "C4:C8", "C9:C11", "D4:D5"),
    "a reason merged over formulas": lambda: edited(base(), INDICATORS, {}, "M5:P5"),
    "a project in a list": lambda: row_inserted(base(), PROJECTS, 13, OPERA),
    "a project below a list": lambda: row_inserted(base(), PROJECTS, 51, OPERA),
    "between lines": lambda: row_inserted(base(), INCOME, 9, RENT),
    "between lines of two sums": lambda: row_inserted(base(), INCOME, 8, RENT),
    "below the last line": lambda: row_inserted(base(), INCOME, 13, RENT),
}
EXPECTED = {
    "names merged": [("W21", "C4")],
    "a project in a list": [("X06", "F13")],
    "a project below a list": [("X06", "F51")],
    "between lines": [("W20", "B9")],
    "between lines of two sums": [("W20", "B8")],
    "below the last line": [("W20", "B13")],
}


@cache
def added(name: str) -> bytes:
    """Give one of these workbooks, with the results it had before."""
    return ADDED[name]()


@cache
def shown() -> dict[str, bytes]:
    """Give these workbooks as LibreOffice computes them."""
    return dict(zip(ADDED, recalculated_all([*map(added, ADDED)]), strict=True))


@pytest.mark.deep
@needs_libreoffice
@pytest.mark.xdist_group("referee")
@pytest.mark.parametrize("name", ADDED)
def test_what_the_sheet_shows_of_rows_it_does_not_cover_is_no_fault(name: str) -> None:
    assert told(hall.check_data(shown()[name])) == EXPECTED.get(name, [])


@pytest.mark.deep
@needs_libreoffice
@pytest.mark.xdist_group("referee")
def test_a_score_typed_over_is_found_among_added_rows() -> None:
    data = edited(shown()["in a list"], MAIN, {"L33": 3})
    assert ("W06", "L33") in told(hall.check_data(data))


# ---------------------------------------------------------------- rows of lists


@pytest.mark.parametrize(
    "name", [name for name in ADDED if "list" in name and "project" not in name]
)
def test_an_added_indicator_is_read_and_counts(name: str) -> None:
    data = file_document(hall.check_data(added(name)))
    found = [one for one in data["indicators"] if one["name"] == "培训场次"]
    assert [(one["completion"], one["status"]) for one in found] == [("1.2000", "met")]
    assert data["findings"][0]["id"] == "I01"


def test_a_finding_on_an_added_row_has_its_place_in_every_view() -> None:
    checked = hall.check_data(added("a project in a list"))
    (found,) = (f for f in checked.reviewed.outcome.findings if f.rule.id == "X06")
    assert [str(place) for place in found.places] == [f"{PROJECTS} F13"]
    book = openpyxl.load_workbook(BytesIO(workflow.result_bytes(checked)))
    marked = [
        (row[2].value, cell.column_letter)
        for row in book[PROJECTS].iter_rows()
        for cell in row
        if cell.comment and "X06" in cell.comment.text
    ]
    assert marked == [("戏曲进校园", "I")]


# ---------------------------------------------------------------- rows of tables

LINES: dict[str, tuple[str, int, dict[str, object], str]] = {
    "a line": (INCOME, 13, RENT, "W20"),
    "an amount as text": (INCOME, 13, {"B": "九、租金收入", "E": "3万元"}, "W20"),
    "without a name": (INCOME, 7, {"D": 3}, "W20"),
    "of costs": (COST, 10, {"B": "六、其他支出", "E": 5.5}, "W20"),
    "of the funds": (MAIN, 24, {"B": "按支出类型:补助", "G": 5.5}, "W20"),
    "below the total": (INCOME, 17, {"B": "九、租金收入", "E": 3}, "W20"),
    "no amount": (INCOME, 13, {"B": "九、租金收入"}, "W09"),
    "nothing in it": (INCOME, 13, {"B": "九、租金收入", "C": 0, "D": 0, "E": 0}, "W09"),
    "part of the line above": (INCOME, 13, {"B": "其中:房屋租金", "E": 3}, "W09"),
    "a sum checked": (INCOME, 17, {"B": "与决算报表核对", "E": 908.52}, "W09"),
    "a remark below": (COST, 18, {"B": "注:以上为决算数", "E": 2022}, "W09"),
}


@pytest.mark.parametrize("name", LINES)
def test_a_row_added_to_a_table(name: str) -> None:
    sheet, at, cells, rule = LINES[name]
    found = only(row_inserted(base(), sheet, at, cells), rule)
    assert (found.places[0].sheet, found.places[0].cell[1:]) == (sheet, str(at))


def test_amounts_not_counted_are_named_with_the_line_they_may_belong_to() -> None:
    found = only(row_inserted(base(), INCOME, 13, RENT), "W20")
    assert found.severity is Severity.ERROR
    assert "“九、租金收入”" in found.message
    assert "年初预算数 3.00、全年预算数 3.00、决算数 3.00 万元" in found.message
    assert "八、其他收入" in found.message
    assert {str(key) for key in found.keys} == {
        f"income.other.{column}" for column in ("initial", "annual", "final")
    }


def test_a_copied_line_called_otherwise_is_a_line_added() -> None:
    assert only(row_inserted(base(), INCOME, 13, RENT, copied=True), "W20").places[0].cell == "B13"
    twice = row_inserted(base(), INCOME, 13, {"E": 3}, copied=True)
    assert told(hall.check_data(twice)) == [("W11", "B13")]


# ---------------------------------------------------------------- beside the tables

BESIDE: dict[str, tuple[str, str, object]] = {
    "right of a list": (INDICATORS, "S6", "备注"),
    "beside the title": (INDICATORS, "R2", "内部资料"),
    "a number": (INCOME, "G7", 88.5),
    "in a column two tables differ in": (MAIN, "K10", "已核"),
    "far below": (TEXTS, "C40", "以上内容已核对"),
    "right of the cover": ("封面", "F5", "联系人:张三"),
    "below the cover": ("封面", "B40", "联系人:张三"),
}


@pytest.mark.parametrize("name", BESIDE)
def test_content_beside_a_table_is_told(name: str) -> None:
    sheet, cell, value = BESIDE[name]
    found = only(edited(whole(), sheet, {cell: value}), "W09")
    assert (found.severity, [str(place) for place in found.places]) == (
        Severity.NOTE,
        [f"{sheet} {cell}"],
    )
    assert str(value) in found.message


def test_content_beside_is_told_once_for_each_sheet() -> None:
    data = edited(whole(), INCOME, {"G6": "备注", "G7": "据决算", "G8": "据账簿"})
    data = edited(data, COST, {"H6": "备注"})
    checked = hall.check_data(data)
    assert told(checked) == [("W09", "G6"), ("W09", "H6")]
    first = next(f for f in checked.reviewed.outcome.findings if f.rule.id == "W09")
    assert [place.cell for place in first.places] == ["G6", "G7", "G8"]
    assert "G6 备注、G7 据决算、G8 据账簿" in first.message


@pytest.mark.parametrize(
    "answers", [{}, {"cost.project.annual": "约四百", "indicators.003.actual": None}]
)
def test_what_perfxl_writes_is_never_content_beside(answers: Mapping[str, Raw]) -> None:
    first = hall.checked(answers)
    again = hall.check_data(workflow.result_bytes(first))
    assert "W09" not in {f.rule.id for f in again.reviewed.outcome.findings}


@pytest.mark.deep
@needs_libreoffice
def test_nor_is_it_where_another_program_saved_it() -> None:
    result = workflow.result_bytes(hall.checked({"cost.project.annual": "约四百"}))
    for data in recalculated_all([whole(), result]):
        assert "W09" not in {f.rule.id for f in hall.check_data(data).reviewed.outcome.findings}


# ---------------------------------------------------------------- merged cells


def figures(checked: Checked) -> object:
    """Give the score and the indicators a check yields."""
    data = file_document(checked)
    return data["score"], data["indicators"], data["project_indicators"], data["totals"]


def test_merged_names_read_as_if_written_out() -> None:
    data = edited(base(), INDICATORS, {}, "C4:C8", "C9:C11", "D4:D5")
    found = only(data, "W21")
    assert found.severity is Severity.NOTE
    assert "C4 到 C8“产出指标”、D4 到 D5“数量指标”、C9 到 C11“效益指标”" in found.message
    checked = hall.check_data(data)
    assert figures(checked) == figures(hall.checked({}))
    again = hall.check_data(workflow.result_bytes(checked))
    assert (told(again), figures(again)) == ([], figures(checked))


def test_a_merged_project_is_one_project_of_its_rows() -> None:
    answers = {"projects.001.spent": Decimal(221)}
    merged = hall.check_data(edited(hall.workbook(answers), PROJECTS, {}, "C11:C12"))
    # what 表2-3 calls the second row is no project any more
    assert told(merged) == [("X06", "I11"), ("I16", "C5"), ("W21", "C11")]
    (found,) = (f for f in merged.reviewed.outcome.findings if f.rule.id == "X06")
    assert (str(found.actual), str(found.expected)) == ("369.20", "350.00")


def test_a_merge_down_to_rows_not_in_use_fills_none_of_them() -> None:
    assert only(edited(base(), INDICATORS, {}, "C12:C15", "C9:C11"), "W21").places[0].cell == "C9"


LOST: dict[str, tuple[str, str, list[str]]] = {
    "amounts of two lines": (INCOME, "E5:E6", ["E5", "E6"]),
    "two amounts of a line": (INCOME, "D8:E8", ["D8", "E8"]),
    "targets of two rows": (INDICATORS, "G4:G5", ["G4", "G5"]),
    "target to actual": (INDICATORS, "G4:I4", ["G4", "H4", "I4"]),
    "states of two rows": (INDICATORS, "K4:K5", ["K5"]),
    "both levels of two rows": (INDICATORS, "C4:D5", ["D4", "D5"]),
    "a level with the number of its row": (INDICATORS, "B4:C4", ["C4"]),
    "scores of two leaves": (MAIN, "H33:H34", ["H33", "H34"]),
    "two texts": (TEXTS, "C3:C4", ["C4"]),
}


@pytest.mark.parametrize("name", LOST)
def test_a_merge_over_inputs_is_named_instead_of_blanks(name: str) -> None:
    sheet, area, cells = LOST[name]
    checked = hall.check_data(edited(base(), sheet, {}, area))
    rules = [rule for rule, _ in told(checked)]
    assert "W22" in rules
    assert not {"C01", "C02", "W07", "W16", "S03"} & {*rules}
    (found,) = (f for f in checked.reviewed.outcome.findings if f.rule.id == "W22")
    assert [place.cell for place in found.places] == cells
    assert found.severity is Severity.ERROR


def test_no_total_and_no_score_is_made_of_what_a_merge_covers() -> None:
    money = file_document(hall.check_data(edited(base(), INCOME, {}, "E5:E6")))
    assert money["totals"]["income"]["final"] is None
    assert money["totals"]["income"]["annual"] == "925.06"
    level = file_document(hall.check_data(edited(base(), INDICATORS, {}, "B4:C4")))
    output = level["score"]["items"][0]
    assert (output["low"], output["high"]) == ("0.00", "20.00")


def test_what_a_merge_hides_must_be_what_it_shows() -> None:
    same = edited(base(), INDICATORS, {})
    for text, rule in (("产出指标", "W21"), ("效益指标", "W22")):
        book = openpyxl.load_workbook(BytesIO(same))
        book[INDICATORS].merge_cells("C4:C6")
        book[INDICATORS]._cells[5, 3] = openpyxl.cell.Cell(book[INDICATORS], 5, 3, text)
        target = BytesIO()
        book.save(target)
        assert rule in [name for name, _ in told(hall.check_data(target.getvalue()))]


@pytest.mark.parametrize(
    ("sheet", "area"),
    [
        (INDICATORS, "M5:P5"),  # a reason over what is right of it
        (MAIN, "I12:L12"),
        (INDICATORS, "C20:D25"),  # rows not in use
        (INDICATORS, "L4:L6"),  # weights, none of which is filled
    ],
)
def test_a_merge_that_loses_nothing_is_not_told(sheet: str, area: str) -> None:
    assert told(hall.check_data(edited(base(), sheet, {}, area))) == []


def test_the_shipped_samples_have_nothing_added() -> None:
    forms = dict.fromkeys(build.SAMPLES, hall.TERMS)
    forms |= {name: build.read_drawn(name)[0] for name in build.DRAWN_SAMPLES}
    for name, terms in forms.items():
        path = build.HERE / name / "filled.xlsx"
        outcome = workflow.check_file(path, terms).reviewed.outcome
        assert not {"W09", "W20", "W21", "W22"} & {f.rule.id for f in outcome.findings}
