"""The forms that come with perfxl as 表样: drawn as today, sound, on one page; what they say."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import build
import openpyxl
import pytest
from editing import edited
from libreoffice import needs_libreoffice
from msgspec.structs import replace
from seasons import TODAY, UNITS, campaign
from test_drawn_look import pages

from perfxl.disk import resources
from perfxl.expr.tree import Key
from perfxl.form.answers import Cell, Values, read_answers
from perfxl.form.layout import place
from perfxl.form.model import Kind
from perfxl.form.raw import Raw
from perfxl.form.register import Unit
from perfxl.form.relations import Identity
from perfxl.forms.office.model import CHECKS_SHEET, NOTES_SHEET
from perfxl.forms.shipped import FORMS, ShippedForm
from perfxl.reading.drawing import read_drawing
from perfxl.render.workbook import render
from perfxl.returns import output, workflow
from perfxl.returns.makers import OfficeMaker
from perfxl.returns.records import Record, entry_of, record_of
from perfxl.returns.versions import versions
from perfxl.returns.workflow import check_bytes
from perfxl.season.letters.texts import Occasion, letters
from perfxl.season.rollup.sheets import rollup_workbook
from perfxl.season.rollup.tally import tally
from perfxl.settings.campaign import Campaign

DRAWN = [one for one in FORMS if one.drawn]
ALL = pytest.mark.parametrize("shipped", DRAWN, ids=lambda one: one.id)
YEAR = 2023
SMALLEST = 9  # points, of what is printed
_PER_INCH, _DIGIT = 96, 8  # pixels, of a digit of 宋体 in 11 points
_A4 = (8.27, 11.69)  # inches
_POINTS = 72

Cells = Mapping[str, Raw]


def path(shipped: ShippedForm) -> Path:
    return resources.form_path(shipped.file_name)


def terms(id_: str) -> workflow.Terms:
    (shipped,) = (one for one in DRAWN if one.id == id_)
    maker = OfficeMaker(path(shipped).read_bytes())
    return workflow.Terms(workflow.load_rubric(None), YEAR, maker=maker)


def values(id_: str, cells: Cells) -> Values:
    """Give a return with these cells filled on the sheet that is drawn."""
    form = workflow.live_form(terms(id_).form)
    layout = place(form)
    keys = {layout.a1(key): key for key, _ in form.inputs() if layout.sheet(key).drawing}
    return Values(form, read_answers(form, {keys[at]: Cell(raw) for at, raw in cells.items()}))


def at(given: Values, cell: str) -> Key:
    layout = place(given.form)
    return next(
        k for k in given.form.items if layout.sheet(k).drawing and layout.a1(k) == cell
    )  # fmt: skip


def told(id_: str, cells: Cells) -> set[tuple[str, str]]:
    """Give rule and cell of what is said of such a return."""
    checked = workflow.check_bytes(Path("a.xlsx"), render(values(id_, cells)), terms(id_))
    return {(one["id"], one["cell"]) for one in output.file_document(checked)["findings"]}


# ---------------------------------------------------------------- the files


def test_they_are_as_drawn_today() -> None:
    drawn = build.drawn_books()
    assert {p.name for p in drawn} == {p.name for p in resources.form_path("").glob("*")}
    assert all(p.read_bytes() == data for p, data in drawn.items())
    assert drawn == build.drawn_books()


@ALL
def test_it_is_sound_and_named_as_it_is_listed(shipped: ShippedForm) -> None:
    office = OfficeMaker(path(shipped).read_bytes()).office
    assert (office.faults, office.remarks) == ((), ())
    assert (office.notes.name, office.notes.edition) == (shipped.title, shipped.edition)
    assert office.notes.year is None  # it is of the year it is issued for
    assert len({one.id for one in FORMS}) == len(FORMS)
    assert all(one.id.isascii() for one in FORMS)


@ALL
def test_what_is_printed_is_large_enough_on_one_page(shipped: ShippedForm) -> None:
    """As Excel lays it out: rows by their heights, columns by the digits of its usual font."""
    book = openpyxl.load_workbook(path(shipped))
    sheet = book.worksheets[0]
    (usual, *_) = book._fonts
    assert (usual.name, usual.sz) == ("宋体", 11)
    margins = sheet.page_margins
    widths = read_drawing(path(shipped).read_bytes()).sheets[0].widths
    wide = sum(widths.values()) * _DIGIT / _PER_INCH
    scale = min(1.0, (_A4[0] - margins.left - margins.right) / wide)
    used = [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert min(cell.font.sz for cell in used) * scale >= SMALLEST
    assert {cell.font.name for cell in used} == {"宋体", "黑体"}
    high = sum(sheet.row_dimensions[n].height for n in range(1, sheet.max_row + 1)) * scale
    assert high <= (_A4[1] - margins.top - margins.bottom) * _POINTS
    assert (sheet.page_setup.paperSize, sheet.page_setup.orientation) == (9, "portrait")
    assert sheet.print_title_rows == "$12:$12"


@needs_libreoffice
@pytest.mark.deep
@pytest.mark.xdist_group("referee")
@ALL
def test_other_programs_print_it_on_one_page(shipped: ShippedForm) -> None:
    book = openpyxl.load_workbook(path(shipped))
    for name in (CHECKS_SHEET, NOTES_SHEET):
        del book[name]
    target = BytesIO()
    book.save(target)
    assert pages(target.getvalue()) == 1


@pytest.mark.parametrize(
    ("cell", "raw", "found"),
    [
        ("D9", 20, set()),  # saved by a program that keeps no results of formulas
        ("A2", "（2019年度）", {("W06", "A2")}),
        ("A2", None, {("W06", "A2")}),
        ("A1", "自评表", {("W05", "A1")}),
    ],
)
def test_wording_that_shows_the_year_is_told_of_once(
    cell: str, raw: Raw, found: set[tuple[str, str]]
) -> None:
    data = (build.HERE / "project_clean" / "filled.xlsx").read_bytes()
    changed = edited(data, {"项目支出绩效自评表": {cell: raw}})
    checked = workflow.check_bytes(Path("a.xlsx"), changed, terms("project-2023"))
    assert {(f["id"], f["cell"]) for f in output.file_document(checked)["findings"]} == found


# ---------------------------------------------------------------- what the form works out


@pytest.mark.parametrize(
    ("annual", "spent", "rate", "score"),
    [
        ("312.60", "310.35", "0.9928", "9.93"),
        ("100", "100", "1", "10"),
        ("100", "120", "1.2", "10"),  # no more than all points
        ("100", "0", "0", "0"),
        ("3", "1", "0.3333", "3.33"),
        ("0", "5", None, None),
        ("100", None, None, None),
        (None, "5", None, None),
        (None, None, None, None),
    ],
)
@pytest.mark.parametrize("id_", [one.id for one in DRAWN])
def test_the_execution_rate_earns_its_share_of_ten_points(
    id_: str, annual: str | None, spent: str | None, rate: str | None, score: str | None
) -> None:
    amounts = {"E6": annual and Decimal(annual), "F6": spent and Decimal(spent)}
    given = values(id_, amounts)
    expected = [None if text is None else Decimal(text) for text in (rate, score)]
    assert [given.number(at(given, cell)) for cell in ("H6", "I6")] == expected


@pytest.mark.parametrize("id_", [one.id for one in DRAWN])
def test_an_unmet_qualitative_indicator_is_owned_by_a_reason(id_: str) -> None:
    """There is no 完成情况 to own it by."""
    unmet: Cells = {"D13": "服务水平", "E13": "有效提升", "F13": "尚未完成"}
    assert ("I17", "F13") in told(id_, unmet)
    assert ("I17", "F13") not in told(id_, {**unmet, "I13": "资金未到位,明年二月完成"})


FUNDS: Cells = {
    "C3": "校舍维修",
    "C4": "示例区教育局",
    "G4": "示例一中",
    "B11": "完成维修",
    "F11": "已完成",
    **{f"{column}{row}": Decimal(50) for column in "DEF" for row in (7, 8)},
    **{f"{column}6": Decimal(100) for column in "DEF"},
}


def scored(points: Mapping[int, int]) -> Cells:
    """Give a return in which each row with points holds an indicator that is met."""
    cells = dict(FUNDS)
    for row, most in points.items():
        goal = (f"第{row}项数量", f"≥{row}个", f"{row}个")
        if row == max(points):
            goal = ("师生满意度", "≥90%", "95%")
        cells |= dict(zip((f"{column}{row}" for column in "DEF"), goal, strict=True))
        cells |= {f"G{row}": Decimal(most), f"H{row}": Decimal(most)}
    return cells


SPLITS = {
    "2020": ("project-2020", {13: 20, 16: 10, 18: 10, 19: 10, 20: 15, 21: 15, 25: 10}),
    "with costs": ("project-2023", {13: 20, 16: 20, 21: 20, 22: 20, 26: 10}),
    "without costs": ("project-2023", {16: 30, 19: 10, 21: 10, 22: 15, 23: 15, 26: 10}),
}


@pytest.mark.parametrize("name", SPLITS)
def test_each_split_of_the_points_is_right(name: str) -> None:
    id_, points = SPLITS[name]
    assert told(id_, scored(points)) == set()
    given = values(id_, scored(points))
    assert given.number(at(given, f"H{27 - (id_ == 'project-2020')}")) == 100


@pytest.mark.parametrize(
    ("name", "row", "found"),
    [
        ("2020", 13, {("G05", "G26"), ("G06", "G13")}),
        ("2020", 25, {("G05", "G26"), ("G08", "G25")}),
        ("with costs", 13, {("G05", "G27"), ("G06", "G13")}),
        ("without costs", 16, {("G05", "G27"), ("G07", "G16")}),
    ],
)
def test_a_point_too_many_is_told_of_the_whole_and_of_its_part(
    name: str, row: int, found: set[tuple[str, str]]
) -> None:
    id_, points = SPLITS[name]
    changed = {**points, row: points[row] + 1}
    assert {one for one in told(id_, scored(changed)) if one[0][0] == "G"} == found


# ---------------------------------------------------------------- a season of them


def _reported(unit: Unit, project: str, spent: int, campaign: Campaign) -> Record:
    form = campaign.form
    (who,) = form.of(Identity)
    assert who.project is not None
    money = next(key for key, item in form.inputs() if item.kind is Kind.AMOUNT)
    cells: dict[Key, Raw] = {who.name: unit.name, who.code: unit.code, who.project: project}
    cells[money] = Decimal(spent)
    written = render(Values(form, read_answers(form, {k: Cell(raw) for k, raw in cells.items()})))
    terms = workflow.Terms(campaign.rubric, campaign.year, maker=campaign.maker)
    name = f"{unit.code} {project} {spent}.xlsx"
    return record_of(check_bytes(Path(name), written, terms), name, register=campaign.register)


@ALL
def test_in_a_season_each_project_of_a_unit_is_a_return_of_its_own(shipped: ShippedForm) -> None:
    """What is sent again is told from another project by the project's name."""
    season = replace(campaign(), maker=OfficeMaker(path(shipped).read_bytes()))
    first, second, third = UNITS
    sent = [(first, "免费开放", 1), (first, "购 书", 2), (first, "购书", 3), (second, "购书", 4)]
    records = [_reported(*one, season) for one in sent]
    found = versions(map(entry_of, records))
    rollup = tally(records, found, season, TODAY)
    assert [(row.unit, row.entry and row.entry.project, row.versions) for row in rollup.units] == [
        (first, "免费开放", 1),
        (first, "购书", 2),
        (second, "购书", 1),
        (third, None, 0),
    ]
    assert (rollup.due, rollup.checked, len(rollup.missing), rollup.older) == (3, 2, 1, 1)
    assert [other.entry.source for other in rollup.others] == ["100201 购 书 2.xlsx"]
    book = openpyxl.load_workbook(BytesIO(render(rollup_workbook(rollup, str).values)))
    assert [row.amounts and row.amounts[0] for row in rollup.units] == [1, 3, 4, ()]
    told = [[c.value for c in row] for row in book["金额明细"].iter_rows(min_col=2, max_col=6)]
    assert told[-3:] == [
        [first.code, first.name, "免费开放", "退回修改", 1],
        [first.code, first.name, "购书", "退回修改", 3],
        [second.code, second.name, "购书", "退回修改", 4],
    ]
    texts = {cell.value for sheet in book for row in sheet.iter_rows() for cell in row}
    assert {"项目名称", "免费开放", "项目数"} <= texts
    due = letters(Occasion.RETURN, season, found, records, lambda unit: unit.code, TODAY)
    assert [letter.subject.partition("表")[2] for letter in due] == [
        "(免费开放)",
        "(购书)",
        "(购书)",
    ]
