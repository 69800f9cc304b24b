"""The template on paper: nothing outside the printed columns, no table under a foreign header."""

from __future__ import annotations

from io import BytesIO
from operator import attrgetter

import build
import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.utils import range_boundaries
from openpyxl.worksheet.worksheet import Worksheet

from perfxl.expr.tree import Key
from perfxl.form.answers import Cell
from perfxl.form.layout import place
from perfxl.form.model import Sheet
from perfxl.forms.shipped import form_of
from perfxl.render.cells import lines_needed
from perfxl.returns import live, workflow

LIVE = workflow.live_form(form_of(workflow.load_rubric(None)))
PLACED = place(LIVE)
LINE = 12.0  # points a line of the cover's font takes, at least


def made(name: str | None = None) -> Workbook:
    return load_workbook(BytesIO(build.filled({Key("unit", "name"): Cell(name)})))


BOOK = made()
PRINTED = [sheet for sheet in LIVE.sheets if not sheet.hidden]


def last_printed(paper: Worksheet) -> int:
    found = range_boundaries(paper.print_area.split("!")[1])[2]
    assert found is not None
    return int(found)


@pytest.mark.parametrize("sheet", PRINTED, ids=attrgetter("key"))
def test_title_and_subtitle_stand_over_what_is_printed(sheet: Sheet) -> None:
    paper = BOOK[sheet.name]
    first_rows = [area for area in paper.merged_cells.ranges if area.max_row <= 2]
    assert first_rows
    assert {area.max_col for area in first_rows} == {last_printed(paper)}


@pytest.mark.parametrize("sheet", PRINTED, ids=attrgetter("key"))
def test_repeated_rows_are_the_header_of_the_last_table(sheet: Sheet) -> None:
    *_, last = PLACED.of_sheet(sheet)
    repeated = BOOK[sheet.name].print_title_rows
    assert repeated == (None if last.header is None else f"${last.header + 1}:${last.header + 1}")


def test_what_is_signed_begins_a_page() -> None:
    (broken,) = [paper for paper in BOOK if paper.row_breaks.brk]
    above = [mark.id for mark in broken.row_breaks.brk]  # the last row of the page before
    heading = broken.cell(above[0] + 1, 2).value
    assert (len(above), heading) == (1, LIVE.blocks["conclusion"].title)


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
