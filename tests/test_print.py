"""Our sheets on paper: type that can be read, rows in use, each table under its own header.

Sizes follow from the width of columns, that of a digit in the plain font, and the page.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from datetime import date
from io import BytesIO
from itertools import pairwise
from operator import attrgetter

import build
import pytest
import season_records
from libreoffice import needs_libreoffice, printed, saved_as
from openpyxl import Workbook, load_workbook
from openpyxl.utils import range_boundaries
from openpyxl.worksheet.worksheet import Worksheet

from perfxl.expr.tree import Key
from perfxl.form.answers import Cell
from perfxl.form.layout import place, title_row
from perfxl.form.model import Sheet
from perfxl.forms.shipped import form_of
from perfxl.render.cells import lines_needed
from perfxl.render.printing import UNFINISHED
from perfxl.render.workbook import render
from perfxl.returns import live, workflow
from perfxl.returns.records import entry_of
from perfxl.returns.versions import versions
from perfxl.season.letters.sheets import texts
from perfxl.season.rollup.sheets import rollup_workbook
from perfxl.season.rollup.tally import tally
from perfxl.settings.workbook import settings_bytes

RUBRIC = workflow.load_rubric(None)
LIVE = workflow.live_form(form_of(RUBRIC))
PLACED = place(LIVE)
LINE = 12.0  # points a line of the cover's font takes, at least


def made(name: str | None = None) -> Workbook:
    return load_workbook(BytesIO(build.filled({Key("unit", "name"): Cell(name)})))


BOOK = made()
PRINTED = [sheet for sheet in LIVE.sheets if sheet.printed and not sheet.hidden]


def printed_ranges(paper: Worksheet) -> list[tuple[int, int, int, int]]:
    """Give the ranges that are printed: first column and row, last column and row."""
    areas = (area.rpartition("!")[2] for area in ",".join([paper.print_area]).split(","))
    return [range_boundaries(area) for area in areas]


@pytest.mark.parametrize("sheet", PRINTED, ids=attrgetter("key"))
def test_title_and_subtitle_stand_over_what_is_printed(sheet: Sheet) -> None:
    paper = BOOK[sheet.name]
    first_rows = [area for area in paper.merged_cells.ranges if area.max_row <= 2]
    assert first_rows
    assert {area.max_col for area in first_rows} == {
        right for *_, right, _ in printed_ranges(paper)
    }


@pytest.mark.parametrize("sheet", PRINTED, ids=attrgetter("key"))
def test_repeated_rows_are_the_header_of_the_table_that_goes_on(sheet: Sheet) -> None:
    *_, last = (spot for spot in PLACED.of_sheet(sheet) if not spot.block.kept)
    repeated = BOOK[sheet.name].print_title_rows
    assert repeated == (None if last.header is None else f"${last.header + 1}:${last.header + 1}")


@pytest.mark.parametrize("name", ["封面", "校验"])
def test_what_helps_to_fill_in_is_not_printed(name: str) -> None:
    assert printed_ranges(BOOK[name]) == [(1, 1, 1, 1)]  # a hidden cell
    assert BOOK[name].column_dimensions["A"].hidden


@pytest.mark.parametrize("sheet", PRINTED, ids=attrgetter("key"))
def test_what_is_for_the_screen_is_not_printed(sheet: Sheet) -> None:
    right = max(right for *_, right, _ in printed_ranges(BOOK[sheet.name]))
    for spot in PLACED.of_sheet(sheet):
        for column in spot.block.columns:
            assert (spot.columns[column.key][1] + 1 > right) == column.off_paper, column.label


# ---------------------------------------------------------------- how large


def rollup_bytes() -> bytes:
    """Give the roll-up of a season of one return."""
    unit = season_records.unit(1)
    records = [season_records.sent(season_records.sample("xinhua_2022"), unit.code, "回收/街.xlsx")]
    campaign = season_records.campaign_of(unit, season_records.unit(2))
    rollup = tally(iter(records), versions(map(entry_of, records)), campaign, date(2023, 4, 1))
    made = rollup_workbook(rollup, lambda _: "")
    return render(made.values, made.extras)


ROLLUP = load_workbook(BytesIO(rollup_bytes()))
SETTINGS = load_workbook(BytesIO(settings_bytes(RUBRIC)))
LETTERS = load_workbook(
    BytesIO(render(texts("催报", [{"name": "街道", "body": "请尽快报来。", "code": "1001"}])))
)
RETURN = workflow.check_file(build.HERE / "xinhua_2022" / "filled.xlsx", workflow.Terms(RUBRIC))
RESULT = load_workbook(BytesIO(workflow.result_bytes(RETURN)))
ON_PAPER = [
    pytest.param(paper, id=f"{name}-{paper.title}")
    for name, book in (
        *(("blank", BOOK), ("result", RESULT)),
        *(("rollup", ROLLUP), ("set", SETTINGS), ("letters", LETTERS)),
    )
    for paper in book
    if paper.sheet_state == "visible" and printed_ranges(paper) != [(1, 1, 1, 1)]
]
LEAST_TYPE = 9.0
DIGIT = {"宋体": 5.25, "in its place": 6.36}  # points of 宋体 10, and of DejaVu Sans 10
A4 = {"portrait": 595.3, "landscape": 841.9}
INCH = 72


def widths_of(paper: Worksheet, first: int, last: int) -> Iterator[float]:
    for dimension in paper.column_dimensions.values():
        for _ in range(max(first, dimension.min), min(last, dimension.max) + 1):
            yield 0 if dimension.hidden else dimension.width


@pytest.mark.parametrize("paper", ON_PAPER)
@pytest.mark.parametrize("digit", DIGIT.values(), ids=DIGIT)
def test_no_type_is_printed_too_small_to_read(paper: Worksheet, digit: float) -> None:
    margins = paper.page_margins
    room = A4[paper.page_setup.orientation or "portrait"] - INCH * (margins.left + margins.right)
    for left, top, right, bottom in printed_ranges(paper):
        width = sum(widths_of(paper, left, right)) * digit
        scale = min(1, room * (paper.page_setup.fitToWidth or 1) / width) if width else 1
        if paper.page_setup.scale and not paper.sheet_properties.pageSetUpPr:
            scale = paper.page_setup.scale / 100
        rows = [n for n in range(top, bottom + 1) if not paper.row_dimensions[n].hidden]
        cells = (paper.cell(row, column) for row in rows for column in range(left, right + 1))
        sizes = [cell.font.sz for cell in cells if cell.value is not None]
        assert min(sizes, default=LEAST_TYPE) * scale >= LEAST_TYPE - 0.01


# ---------------------------------------------------------------- which rows


def printed_rows(paper: Worksheet) -> set[int]:
    ranges = printed_ranges(paper)
    return {row for _, top, _, end in ranges for row in range(top, end + 1)}


@pytest.mark.parametrize("sheet", PRINTED, ids=attrgetter("key"))
def test_a_result_prints_the_rows_in_use_and_no_others(sheet: Sheet) -> None:
    values, paper = RETURN.reviewed.values, RESULT[sheet.name]
    answered = {(key.block, key.row) for key, one in values.answers.items() if not one.cell.blank}
    for spot in place(values.form).of_sheet(sheet):
        rows = enumerate(spot.block.rows, spot.first + 1)
        used = {at for at, row in rows if (spot.block.key, row.key) in answered}
        fixed = set() if spot.block.repeats else set(range(spot.first + 1, spot.last + 2))
        block = set(range(spot.first + 1, spot.last + 2))
        assert printed_rows(paper) & block == used | fixed


@pytest.mark.parametrize("sheet", PRINTED, ids=attrgetter("key"))
def test_a_blank_leaves_room_and_its_title_tells_of_what_is_beyond(sheet: Sheet) -> None:
    paper = BOOK[sheet.name]
    title = paper.cell(title_row(sheet) + 1, 2)
    assert title.value == sheet.title
    rules = [rule for one in paper.conditional_formatting for rule in one.rules]
    looks = {rule.formula[0]: rule.dxf.numFmt.formatCode for rule in rules}
    for spot in PLACED.of_sheet(sheet):
        offered = len(spot.block.rows)
        printed = printed_rows(paper) & set(range(spot.first + 1, spot.last + 2))
        assert len(printed) == (min(offered, UNFINISHED) if spot.block.repeats else offered)
        if len(printed) < offered:
            (rule,) = (one for one in looks if f"{max(printed) + 1}:" in one)
            assert f"{spot.last + 1})>0" in rule
            assert f"第{len(printed)}行以后不打印" in looks[rule]


@pytest.mark.deep
@needs_libreoffice
def test_the_title_tells_on_paper_of_rows_that_are_not_printed() -> None:
    spot = PLACED.blocks["indicators"]
    book = made()
    paper = book[spot.sheet.name]
    for row, told in ((spot.first + UNFINISHED, 0), (spot.last + 1, 1)):
        paper.cell(row, spot.columns["name"][0] + 1).value = "场次"
        book.save(data := BytesIO())
        titles = [page for page in printed(data.getvalue(), "xlsx") if spot.sheet.title in page]
        assert len(titles) == 1
        assert titles[0].count("不打印") == told


def test_rows_of_lists_grow_with_what_is_typed() -> None:
    lists = [spot for spot in PLACED.blocks.values() if spot.block.repeats]
    assert lists
    for spot in lists:
        paper = BOOK[spot.sheet.name]
        rows = range(spot.first + 1, spot.last + 2)
        assert not any(paper.row_dimensions[row].height for row in rows), spot.block.key
        assert not paper.sheet_format.customHeight


@pytest.mark.parametrize("book", [BOOK, RESULT], ids=["blank", "result"])
def test_no_text_is_cut_off_by_its_row(book: Workbook) -> None:
    for sheet in PRINTED:
        paper, widths = book[sheet.name], list(sheet.widths)
        merged = {area.start_cell.coordinate: area for area in paper.merged_cells.ranges}
        for row in paper.iter_rows():
            height = paper.row_dimensions[row[0].row].height
            for cell in row[1 : len(widths) + 1] if height else ():
                if isinstance(cell.value, str) and cell.alignment.wrap_text:
                    area = merged.get(cell.coordinate)
                    right = area.max_col if area else cell.column
                    below = range(cell.row + 1, area.max_row + 1) if area else ()
                    room = height + sum(paper.row_dimensions[n].height or 18 for n in below)
                    width = sum(widths[cell.column - 2 : right - 1])
                    assert lines_needed(cell.value, width) * LINE <= room, cell.coordinate


# ---------------------------------------------------------------- one form


MAIN = next(sheet for sheet in PRINTED if sheet.closing)


def test_the_heading_says_which_year_who_and_when() -> None:
    paper, top = BOOK[MAIN.name], title_row(MAIN) + 1
    assert (paper.cell(top - 1, 2).value, paper.cell(top, 2).value) == (MAIN.annex, MAIN.title)
    lines = [[cell for cell in row if cell.value] for row in paper[f"B{top + 1}:J{top + 2}"]]
    told = [[(cell.value, cell.number_format) for cell in line] for line in lines]
    assert told == [
        [(f'=IF({at}="","",{at})', echo.look) for echo in line for at in [PLACED.a1(echo.key)]]
        for line in MAIN.heading
    ]


@pytest.mark.deep
@needs_libreoffice
def test_the_heading_is_printed_with_what_is_typed() -> None:
    first, *_ = printed((build.HERE / "xinhua_2022" / "filled.xlsx").read_bytes(), "xlsx")
    for text in ("(2022年度)", "填报单位:广州市花都区", "填报日期:2023年4月10日"):
        assert text in first.replace(" ", "")
    first, *_ = printed(build.filled({}), "xlsx")
    for text in ("(年度)", "填报单位:", "填报日期:"):
        assert text in first.replace(" ", "")


@pytest.mark.parametrize("sheet", PRINTED, ids=attrgetter("key"))
def test_tables_end_at_one_right_edge(sheet: Sheet) -> None:
    paper = BOOK[sheet.name]
    right = max(right for *_, right, _ in printed_ranges(paper))
    for spot in PLACED.of_sheet(sheet):
        for row in range(spot.first + 1, spot.last + 2):
            edge = paper.cell(row, right)
            assert edge.border.right.style == "thin", edge.coordinate


def test_no_input_is_merged_and_what_continues_its_box_is_locked() -> None:
    paper, spot = BOOK[MAIN.name], PLACED.blocks["unit"]
    (column, _), right = spot.columns["value"], printed_ranges(paper)[0][2]
    assert column + 1 < right
    for row in range(spot.first + 1, spot.last + 2):
        box = [paper.cell(row, at) for at in range(column + 1, right + 1)]
        assert [cell.protection.locked for cell in box] == [False] + [True] * (len(box) - 1)
        assert not {cell.coordinate for cell in box} & {
            cell for area in paper.merged_cells.ranges for cell in area.cells
        }
        assert {cell.border.left.style for cell in box[1:]} == {None}


@pytest.mark.parametrize("book", [BOOK, RESULT], ids=["blank", "result"])
def test_like_levels_are_shown_once_on_each_page(book: Workbook) -> None:
    paper, spot = book[MAIN.name], PLACED.blocks["scores"]
    begins = {mark.id for mark in paper.row_breaks.brk}
    leaves = [row for row in spot.block.rows if "level2" in row.items]
    for level in ("level1", "level2"):
        texts = [row.items[level].text for row in leaves]
        column = spot.columns[level][0] + 1
        for n, text in enumerate(texts):
            begun = n == 0 or text != texts[n - 1] or spot.first + n in begins
            assert paper.cell(spot.first + n + 1, column).value == (text if begun else None)


def test_there_is_a_line_to_sign_and_seal() -> None:
    paper = BOOK[MAIN.name]
    row = PLACED.blocks["conclusion"].last + 2
    assert paper.cell(row, 2).value == MAIN.closing
    assert "(公章)" in MAIN.closing
    assert max(printed_rows(paper)) == row


SCREEN = 1366 - 60  # pixels, without the letters of rows and the bar to scroll


@pytest.mark.parametrize("sheet", PRINTED, ids=attrgetter("key"))
def test_an_input_and_its_hint_are_seen_together(sheet: Sheet) -> None:
    assert sum(int(7 * width + 5) for width in sheet.widths) <= SCREEN


# ---------------------------------------------------------------- what comes out of a printer


def sizes_printed(pdf: bytes) -> set[float]:
    """Give the sizes of type on all pages, in points."""
    zoom = 3  # sizes are told without fractions
    command = ["pdftohtml", "-xml", "-i", "-stdout", "-zoom", str(zoom), "-", "-"]
    told = subprocess.run(command, input=pdf, capture_output=True).stdout.decode()
    return {int(size) / zoom for size in re.findall(r'<fontspec id="\d+" size="(\d+)"', told)}


@pytest.mark.deep
@needs_libreoffice
@pytest.mark.parametrize(
    ("data", "pages"),
    [
        pytest.param(build.filled({}), 17, id="blank"),
        pytest.param((build.HERE / "xinhua_2022" / "filled.xlsx").read_bytes(), 15, id="filled"),
    ],
)
def test_few_pages_come_out_in_type_that_can_be_read(data: bytes, pages: int) -> None:
    assert len(printed(data, "xlsx")) == pages
    assert min(sizes_printed(saved_as(data, "pdf"))) >= LEAST_TYPE


def test_letters_are_printed_with_whom_they_are_for_and_nothing_else() -> None:
    (paper,) = LETTERS
    ((left, _, right, bottom),) = printed_ranges(paper)
    cells = [paper.cell(bottom, column).value for column in range(left, right + 1)]
    assert [value for value in cells if value] == ["1", "街道", "请尽快报来。"]
    assert paper.page_setup.fitToWidth in {None, 1}


@pytest.mark.deep
@needs_libreoffice
def test_a_sheet_a_little_longer_than_a_page_is_one() -> None:
    feet = ["".join(page.split())[-12:] for page in printed(rollup_bytes(), "xlsx")]
    assert sum("概况第" in foot for foot in feet) == 2  # tables, charts
    assert ROLLUP["概况"].page_setup.scale < 100


@pytest.mark.deep
@needs_libreoffice
def test_each_page_of_a_list_has_its_header() -> None:
    header = [column.label for column in PLACED.blocks["indicators"].block.columns[:4]]
    told = ("".join(page.split()) for page in printed(build.filled({}), "xlsx"))
    pages = [page for page in told if "表1-5绩效指标第" in page]
    assert len(pages) == 2
    for page in pages:
        assert all(label in page for label in header)


# ---------------------------------------------------------------- where pages end


@pytest.mark.parametrize("book", [BOOK, RESULT], ids=["blank", "result"])
def test_what_is_signed_stands_with_the_end_of_the_grid(book: Workbook) -> None:
    (main,) = (sheet for sheet in PRINTED if any(block.kept for block in sheet.blocks))
    *_, grid, signed = PLACED.of_sheet(main)
    begin = [mark.id for mark in book[main.name].row_breaks.brk]  # rows before, so from 0
    levels = [row.items["level2"].text for row in grid.block.rows[:-1]]
    groups = {grid.first + n for n, text in enumerate(levels) if text not in levels[:n]}
    tops = {spot.title for spot in PLACED.of_sheet(main)}
    assert set(begin) <= groups | tops
    assert max(begin) in groups
    assert signed.title not in begin


@pytest.mark.parametrize("book", [BOOK, RESULT], ids=["blank", "result"])
def test_no_page_is_fuller_than_paper(book: Workbook) -> None:
    (main,) = (sheet for sheet in PRINTED if any(block.kept for block in sheet.blocks))
    paper = book[main.name]
    breaks = [0, *(mark.id for mark in paper.row_breaks.brk), PLACED.blocks["conclusion"].last + 2]
    usual = paper.sheet_format.defaultRowHeight
    for top, end in pairwise(breaks):
        rows = (paper.row_dimensions[n] for n in range(top + 1, end + 1))
        height = sum(0 if row.hidden else row.height or usual for row in rows)
        assert height <= A4["portrait"] - INCH * (
            paper.page_margins.top + paper.page_margins.bottom
        )


def test_the_cover_has_room_for_a_long_name_typed_later() -> None:
    name = "示例区" + "长" * 52 + "委员会办公室"
    row, column = PLACED.spot(Key(live.STATUS, "name", "value"))
    for book in (BOOK, made(name)):
        paper = book["封面"]
        cell = paper.cell(row + 1, column + 1)
        lines = lines_needed(name, LIVE.sheets[0].widths[1])
        assert lines == 2
        assert cell.alignment.wrap_text
        assert paper.row_dimensions[row + 1].height >= lines * LINE
