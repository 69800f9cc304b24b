"""A form and its answers as .xlsx bytes: template, result, settings and roll-up alike.

The only code that knows xlsxwriter (with `styles`). The same form and answers give
the same bytes. What a unit typed goes out as text, never as a formula, link or format; the value
of every formula is written beside it, so previews and Protected View show what Excel will show.
"""

from __future__ import annotations

import warnings
from bisect import bisect
from collections.abc import Sequence
from datetime import datetime
from io import BytesIO
from itertools import groupby, pairwise
from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.packager import Packager
from xlsxwriter.worksheet import (
    Worksheet,
)

from perfxl.expr.office import Verbatim
from perfxl.expr.tree import Key
from perfxl.form.addresses import a1, quoted_sheet
from perfxl.form.answers import Values
from perfxl.form.identity import DIGEST, ISSUED_CODE, ISSUED_NAME, RESULT_OF, WRITTEN
from perfxl.form.layout import (
    BLOCK_MARK,
    FIRST_COLUMN,
    KEY_COLUMN,
    BlockPlace,
    Layout,
    identity,
    key_rows,
    place,
    row_mark,
    title_row,
)
from perfxl.form.model import Block, Echo, Form, Item, Kind, Row, Sheet
from perfxl.render.cells import (
    PROTECTION,
    TALLEST_ROW,
    Cells,
    PlainWorksheet,
    height_of,
    ignore_triangles,
    lines_needed,
    offered,
    validation,
)
from perfxl.render.drawn import DrawnPaper, grown_names, grown_rows
from perfxl.render.extras import Chart, Extras
from perfxl.render.printing import (
    A4,
    ENDS,
    SIDES,
    OnPaper,
    areas,
    one_page_scale,
    page_breaks,
    pages_across,
    printed,
    printed_columns,
    repeated,
)
from perfxl.render.seal import UNSEALED, sealed_parts
from perfxl.render.styles import FONT, FONT_SIZE, Styles
from perfxl.text.safe import fitting, storable

Boxes = dict[str, tuple[int, int]]  # the first and last column of each
CALCULATED_BY = 191029  # Excel 2019 and later; it calculates anew what an earlier one calculated
LONGEST_PROPERTY = 255
TITLE_HEIGHT, BLOCK_HEIGHT, HEAD_HEIGHT, ROW_HEIGHT, PADDING = 30, 22, 24, 18, 4
# lines kept for what is typed later: no row beside a merged wording, or a computed cell, grows
ROOM = {"essay": 10, "name": 2}
ACCOUNT_ROOM, REMARK_ROOM = 4, 2  # for a text that a fixed row must have, or may
ROW_PIXELS = 24
CLOSING_HEIGHT = 40
INDENT = 1  # of a text in its cell, in digits
MARGIN = 1.5  # of the column of keys where there are none


def render(values: Values, extras: Extras | None = None) -> bytes:
    """Give the workbook of `values.form` filled with these values, as .xlsx bytes.

    Unreadable input comes out exactly as it was typed. A warning of xlsxwriter (which then drops
    what it was given) is an error here.
    """
    extras = extras or Extras()
    target = BytesIO()
    options = {
        **_plain_font(values.form),
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with (_SealedBook if extras.result_of else Workbook)(target, options) as book:
            _Renderer(book, values, extras).write()
    return target.getvalue()


def _plain_font(form: Form) -> dict[str, Any]:
    """Give the font of plain cells, in whose digits widths are counted: an office's, else ours."""
    normal = next((s.drawing.normal for s in form.sheets if s.drawing is not None), ())
    drawn = {name: value for name, value in normal if name in {"font_name", "font_size"}}
    font = drawn or {"font_name": FONT, "font_size": FONT_SIZE}
    return {"default_format_properties": {**font, "font_scheme": "none"}}


class _SealedBook(Workbook):  # type: ignore[misc]
    """A workbook that bears its fingerprint."""

    def _get_packager(self) -> Packager:
        return _SealingPackager()


class _SealingPackager(Packager):  # type: ignore[misc]
    """Seals the parts before they are packed: to pack them once more would take a tenth longer."""

    def _create_package(self) -> list[tuple[BytesIO, str, bool]]:
        parts = {
            name: content.getvalue() if binary else content.getvalue().encode()
            for content, name, binary in super()._create_package()
        }
        return [(BytesIO(part), name, True) for name, part in sealed_parts(parts).items()]


class _Renderer:
    """One rendering: the workbook under construction and what goes into it."""

    def __init__(self, book: Workbook, values: Values, extras: Extras) -> None:
        self.book, self.extras = book, extras
        self.values = values.healed()
        self.stored = self.values.as_spreadsheet()  # what formulas yield, text read by us or not
        self.form: Form = values.form
        self.layout: Layout = place(self.form)
        self.styles = Styles(book)
        self.grown = grown_rows(self.layout, self.form)
        self.heights: dict[int, float] = {}  # of the sheet at hand, where they are set
        self.cells = Cells(self.values, self.stored, self.layout, self.extras, self.styles)

    def write(self) -> None:
        form = self.form
        self.book.set_size(2400, 1600)
        self.book.set_properties(
            {"title": form.title, "created": datetime.fromisoformat(WRITTEN), "comments": ""}
        )
        names = {
            "form": form.id,
            "edition": form.edition,
            "rubric": form.rubric,
            "rubric_mark": form.rubric_mark,
        }
        for name, text in names.items() if all(sheet.keyed for sheet in form.sheets) else ():
            self.book.set_custom_property(f"perfxl_{name}", text)
        issued, result_of = self.extras.issued, self.extras.result_of
        stated = {
            ISSUED_NAME: issued.name,
            ISSUED_CODE: issued.code,
            RESULT_OF: result_of,
            DIGEST: UNSEALED if result_of else "",
        }
        for name, text in stated.items():
            if text:
                self.book.set_custom_property(name, fitting(storable(text), LONGEST_PROPERTY))
        # each result is stored, and as of this version: nothing to calculate when it is opened, but
        # for a formula of an office's that is not ours to compute
        self.book.set_calc_mode("auto", CALCULATED_BY)
        formulas = (item.formula for item in form.items.values())
        self.book.calc_on_load = any(isinstance(formula, Verbatim) for formula in formulas)
        sheets = {
            sheet.key: self.book.add_worksheet(sheet.name, PlainWorksheet) for sheet in form.sheets
        }
        for name, formula in grown_names(form, self.grown):
            self.book.define_name(name, formula)
        for sheet in form.sheets:
            self._sheet(sheets[sheet.key], sheet)
        right_of = {s.key: len(s.widths) + 1 if s.blocks else 1 for s in form.sheets}
        for chart in self.extras.charts:
            self._chart(sheets[chart.sheet], chart, right_of[chart.sheet])
        for key, figures in self.extras.sparklines.items():
            self._sparkline(sheets[self.layout.sheet(key).key], key, figures)
        if self.extras.first_sheet:
            sheets[self.extras.first_sheet].activate()

    # ------------------------------------------------------------ sheets

    def _sheet(self, paper: Worksheet, sheet: Sheet) -> None:
        if sheet.drawing is not None:
            DrawnPaper(paper, sheet, self.cells, self.styles, self.grown).write()
            return
        self.heights = {}
        # both, or each row would get this height as its own, and not grow with what is typed
        paper.default_row_height = paper.original_row_height = ROW_PIXELS
        if sheet.keyed:
            paper.set_column(KEY_COLUMN, KEY_COLUMN, 3, None, {"hidden": True})
        else:
            paper.set_column(KEY_COLUMN, KEY_COLUMN, MARGIN)
        for n, chars in enumerate(sheet.widths, 1):
            paper.set_column(n, n, chars)
        self._head(paper, sheet)
        filters = 0
        for block in self.layout.of_sheet(sheet):
            self._block(paper, sheet, block)
            if block.block.filtered and block.header is not None and not filters:
                filters += 1
                last = max(last for _, last in block.columns.values())
                paper.autofilter(block.header, 1, block.last, last)
        if sheet.closing:
            last = self.layout.blocks[sheet.blocks[-1].key].last
            self._merged(paper, last + 1, 1, printed_columns(sheet), sheet.closing, "closing")
            self._row(paper, last + 1, CLOSING_HEIGHT)
        self._key(paper, sheet, (0, KEY_COLUMN), identity(self.form, sheet))
        if sheet.hidden:  # and without a print area: LibreOffice would print it all the same
            paper.hide()
            paper.protect("", PROTECTION)
        else:
            self._page(paper, sheet)

    def _head(self, paper: Worksheet, sheet: Sheet) -> None:
        """Write what stands above the blocks."""
        width, row = printed_columns(sheet), title_row(sheet)
        if sheet.annex:
            self._merged(paper, row - 1, 1, width, sheet.annex, "annex")
        self._merged(paper, row, 1, width, sheet.title, "title")
        self._row(paper, row, TITLE_HEIGHT)
        if sheet.subtitle:
            row += 1
            self._merged(paper, row, 1, width, sheet.subtitle, "subtitle")
            lines = lines_needed(sheet.subtitle, sum(sheet.widths[:width]))
            self._row(paper, row, max(ROW_HEIGHT, height_of(lines)))
        for line in sheet.heading:
            row += 1
            self._row(paper, row, ROW_HEIGHT)
            self._echoes(paper, row, line, width)

    def _echoes(self, paper: Worksheet, row: int, line: Sequence[Echo], width: int) -> None:
        ends = [width * n // len(line) for n in range(len(line) + 1)]
        aligned = ("left", "right") if len(line) > 1 else ("center",)
        for echo, (before, last), align in zip(line, pairwise(ends), aligned, strict=True):
            style = self.styles.echo(echo.look, align)
            paper.merge_range(row, before + 1, row, last, "", style)
            self.cells.echo(paper, row, before + 1, echo.key, style)

    def _page(self, paper: Worksheet, sheet: Sheet) -> None:
        parts = printed(self.layout.of_sheet(sheet), self.values)
        charts = [chart for chart in self.extras.charts if chart.sheet == sheet.key]
        paper.set_paper(A4)
        if not sheet.portrait:
            paper.set_landscape()
        paper.set_margins(SIDES, SIDES, ENDS, ENDS)
        if sheet.blocks or not charts:  # LibreOffice moves a chart alone off the paper
            paper.center_horizontally()
        paper.fit_to_pages(pages_across(sheet), 0)
        if sheet.printed:
            self._areas(paper, sheet, parts, charts)
        else:  # a hidden cell: all programs print nothing of the sheet
            paper.print_area(0, KEY_COLUMN, 0, KEY_COLUMN)
        paper.set_footer("&C&10&A  第 &P 页 共 &N 页")
        breaks: list[int] = []
        rows = range(parts[-1].last + 1 + bool(sheet.closing)) if parts else range(0)
        heights = [self.heights.get(row, ROW_HEIGHT) for row in rows]
        if not any(part.spot.block.repeats for part in parts):
            scale = one_page_scale(sheet, sum(heights))
            if scale is not None:
                paper.set_print_scale(int(100 * scale))
        if any(part.spot.block.kept for part in parts):
            breaks = list(page_breaks(parts, heights))
            paper.set_h_pagebreaks(breaks)
        self._groups(paper, parts, breaks)
        if (heading := repeated(parts)) is not None:
            paper.repeat_rows(heading)
        if sheet.kept_columns:
            paper.repeat_columns(FIRST_COLUMN, FIRST_COLUMN + sheet.kept_columns - 1)
        end = parts[-1].spot.last if parts else 1
        spots = [part.spot for part in parts]
        ignore_triangles(paper, (end, len(sheet.widths)), spots, self.values)
        self._view(paper, sheet)
        if sheet.protected:
            paper.protect("", PROTECTION)

    def _areas(
        self, paper: Worksheet, sheet: Sheet, parts: Sequence[OnPaper], charts: Sequence[Chart]
    ) -> None:
        """Set what is printed, each range from a page of its own, and say what is left out."""
        width = printed_columns(sheet)
        bottom = max(map(_chart_end, charts), default=0)
        end = parts[-1].last + bool(sheet.closing) if parts else bottom
        ranges = [(top, FIRST_COLUMN, last, width) for top, last in areas(parts, end)]
        if parts and charts:
            beside = len(sheet.widths) + 1
            ranges.append((charts[0].row, beside, bottom, beside + sheet.chart_columns - 1))
        texts = []
        for area in ranges:
            paper.print_area(*area)
            texts.append(paper.print_area_range)
        paper.print_area_range = ",".join(texts)
        for part in parts:
            if part.cut:
                self._cut_short(paper, sheet, part)

    def _cut_short(self, paper: Worksheet, sheet: Sheet, part: OnPaper) -> None:
        """Let the title say so where rows are filled in that are not printed.

        It says so by a number format: its text stays what readers know the sheet by.
        """
        block, spot = part.spot.block, part.spot
        inputs = (column for column, item in block.rows[0].items.items() if item.is_input)
        column = spot.columns[next(iter((*block.naming, *inputs)))][0]
        beyond = f"{a1(part.last + 1, column)}:{a1(spot.last, column)}"
        told = f"({block.title}第{part.last + 1 - spot.first}行以后不打印,请放大打印区域)"
        look = self.book.add_format({"num_format": f'@"{told}"'})
        title = title_row(sheet), FIRST_COLUMN
        rule = {"type": "formula", "criteria": f"=COUNTA({beyond})>0", "format": look}
        paper.conditional_format(*title, *title, rule)

    def _view(self, paper: Worksheet, sheet: Sheet) -> None:
        """Set what stays in view, and the cursor: on the first cell to fill, if there is any."""
        headers = (s.header for s in self.layout.of_sheet(sheet) if s.header is not None)
        header = next(headers, None) if sheet.frozen else None
        cursor = 0, FIRST_COLUMN, 0, printed_columns(sheet)
        if header is not None:
            top, below, right = key_rows(sheet), header + 1, FIRST_COLUMN + sheet.kept_columns
            paper.set_top_left_cell(top, FIRST_COLUMN)
            paper.freeze_panes(below - top, sheet.kept_columns, below, right)
            cursor = below, right, below, right
        paper.set_selection(*(self._first_input(sheet) or cursor))
        paper.hide_gridlines(2)

    def _first_input(self, sheet: Sheet) -> tuple[int, int, int, int] | None:
        """Give the range of the first cell to fill, None where a sheet has none."""
        items = (one for block in sheet.blocks for one in block.items.items())
        key = next((key for key, item in items if item.is_input), None)
        if key is None:
            return None
        row, column = self.layout.spot(key)
        return row, column, row, self.layout.blocks[key.block].columns[key.column][1]

    def _row(self, paper: Worksheet, row: int, height: float) -> None:
        paper.set_row(row, height)
        self.heights[row] = height

    def _merged(
        self, paper: Worksheet, row: int, first: int, last: int, text: str, look: str
    ) -> None:
        style = self.styles.named(look)
        if last > first:
            paper.merge_range(row, first, row, last, "", style)
        paper.write_string(row, first, text, style)

    # ------------------------------------------------------------ blocks

    def _groups(self, paper: Worksheet, parts: Sequence[OnPaper], breaks: Sequence[int]) -> None:
        """Show once, and anew on each page, what rows one below the other have in common."""
        style = self.styles.named("mark")
        for spot in (part.spot for part in parts):
            names = [column.key for column in spot.block.columns if column.grouped]
            rows = [
                (at, bisect(breaks, at), *(row.items[name].text for name in names))
                for at, row in enumerate(spot.block.rows, spot.first)
                if all(name in row.items for name in names)
            ]
            for n, name in enumerate(names, 3):
                for common, alike in groupby(rows, lambda row: row[1:n]):  # noqa: B023
                    first, *others = (at for at, *_ in alike)
                    column = spot.columns[name][0]
                    if others:
                        paper.merge_range(first, column, others[-1], column, "", style)
                    paper.write_string(first, column, common[-1], style)

    def _block(self, paper: Worksheet, sheet: Sheet, spot: BlockPlace) -> None:
        block = spot.block
        if spot.title is not None:
            self._merged(paper, spot.title, 1, printed_columns(sheet), block.title, "block")
            self._row(paper, spot.title, BLOCK_HEIGHT)
        boxes = _boxes(sheet, spot)
        self._keys(paper, sheet, spot, boxes)
        for column in block.columns:
            first, last = boxes[column.key]
            if spot.header is not None:
                self._merged(paper, spot.header, first, last, column.label, "head")
            if column.hidden:
                paper.set_column(first, last, 8, None, {"hidden": True})
        if spot.header is not None:
            wordings = ((c.label, *boxes[c.key]) for c in block.columns)
            lines = max(lines_needed(t, sum(sheet.widths[a - 1 : b])) for t, a, b in wordings)
            self._row(paper, spot.header, max(HEAD_HEIGHT, height_of(lines) + 3))
        self._validations(paper, spot)
        for number, row in enumerate(block.rows):
            at = spot.first + number
            self._key(paper, sheet, (at, KEY_COLUMN), row_mark(block.key, row.key))
            height = self._height(sheet, spot, boxes, number)
            if height:
                self._row(paper, at, height)
            if sheet.printed and not sheet.hidden and block.headed:
                self._gaps(paper, block, row, at, boxes)
            for name, item in row.items.items():
                self._cell(paper, at, boxes[name], Key(block.key, row.key, name), item)

    def _keys(self, paper: Worksheet, sheet: Sheet, spot: BlockPlace, boxes: Boxes) -> None:
        """Write the hidden row that says which column is which."""
        if sheet.keyed:
            paper.set_row(spot.keys, None, None, {"hidden": True})
            self.heights[spot.keys] = 0
        self._key(paper, sheet, (spot.keys, KEY_COLUMN), BLOCK_MARK + spot.block.key)
        for column, (first, _) in boxes.items():
            self._key(paper, sheet, (spot.keys, first), column)

    def _key(self, paper: Worksheet, sheet: Sheet, spot: tuple[int, int], text: str) -> None:
        if sheet.keyed:
            paper.write_string(*spot, text, self.styles.named("key"))

    def _gaps(self, paper: Worksheet, block: Block, row: Row, at: int, boxes: Boxes) -> None:
        """Draw the boxes of a printed row in which there is nothing."""
        for column in block.columns:
            if column.key not in row.items and not column.off_paper:
                self._merged(paper, at, *boxes[column.key], "", "label")

    def _height(self, sheet: Sheet, spot: BlockPlace, boxes: Boxes, number: int) -> float:
        """Give a row's height where fixed wording needs it; other rows fit themselves."""
        row = spot.block.rows[number]
        lines = 1 if spot.block.repeats else max(map(_room, row.items.values()))
        for column, item in row.items.items():
            text = self.cells.words(Key(spot.block.key, row.key, column), item)
            if text and item.look != "hint":  # which runs on to the right
                first, last = boxes[column]
                last = first if item.is_input else last
                width = sum(sheet.widths[first - 1 : last]) - INDENT
                lines = max(lines, lines_needed(text, width))
        if lines == 1:
            return 0
        return min(TALLEST_ROW, height_of(lines) + PADDING)

    # ------------------------------------------------------------ cells

    def _cell(
        self,
        paper: Worksheet,
        row: int,
        columns: tuple[int, int],
        key: Key,
        item: Item,
    ) -> None:
        first, last = columns
        flag = self.extras.flags.get(key)
        severity = flag.severity if flag else ""
        style = self.styles.of(item, severity, "right" if last > first and item.is_input else "")
        if last > first and item.is_input:  # which is never merged
            rest = self.styles.of(item, severity, "left")
            for column in range(first + 1, last + 1):
                paper.write_blank(row, column, None, rest)
        elif last > first:
            paper.merge_range(row, first, row, last, "", style)
        self.cells.write(paper, row, first, key, item, style)
        if flag:
            self.cells.note(paper, row, first, flag)
        if item.prompt and not self.layout.sheet(key).keyed:
            self.cells.prompt(paper, row, first, item.prompt)

    # ------------------------------------------------------------ validation

    def _validations(self, paper: Worksheet, spot: BlockPlace) -> None:
        """Set one validation for each run of like inputs in a column."""
        for column in spot.block.columns:
            at, first = spot.columns[column.key][0], spot.first
            allowed = validation if spot.sheet.keyed else offered
            rules = (allowed(row.items.get(column.key)) for row in spot.block.rows)
            for rule, alike in groupby(rules):
                last = first + len(list(alike)) - 1
                if rule:
                    paper.data_validation(first, at, last, at, rule)
                first = last + 1

    # ------------------------------------------------------------ charts

    def _chart(self, paper: Worksheet, chart: Chart, column: int) -> None:
        standing = chart.kind == "column"
        drawing = self.book.add_chart({"type": chart.kind})
        drawing.set_title({"name": chart.title, "name_font": {"size": 12}})
        for name, keys in chart.series:
            drawing.add_series(
                {
                    "name": name,
                    "categories": self._reference(chart.labels),
                    "values": self._reference(keys),
                    "gap": 60,
                    **(FIGURES if standing else {}),
                }
            )
        names, figures = drawing.set_y_axis, drawing.set_x_axis
        if standing:
            names, figures = figures, names
        names({"num_font": {"size": 8}} | ({} if standing else {"reverse": True}))
        faint = {"visible": True, "line": {"color": "#D1D5DB"}}
        axis = {
            "major_gridlines": faint,
            "num_format": "0%" if chart.percent else "0",
            "num_font": {"size": 8},
            "min": 0,
        }
        figures({**axis, "label_position": "low"})
        drawing.set_legend({"position": "bottom"} if len(chart.series) > 1 else {"none": True})
        if any(self.form.column(keys[0]).hidden for _, keys in chart.series):
            drawing.show_hidden_data()  # a form that is drawn has them in a helper column
        drawing.set_size({"width": chart.width, "height": chart.height})
        paper.insert_chart(chart.row, column, drawing, {"x_offset": 15})

    def _sparkline(self, paper: Worksheet, key: Key, figures: Sequence[Key]) -> None:
        """Draw small bars of the figures side by side on the same sheet, from 0 upwards."""
        (row, first), (_, last) = self.layout.spot(figures[0]), self.layout.spot(figures[-1])
        name = quoted_sheet(self.layout.sheet(key).name)
        below = any((self.values.number(figure) or 0) < 0 for figure in figures)
        options = {
            "range": f"{name}!{a1(row, first)}:{a1(row, last)}",
            **_SPARKLINE,
            **({} if below else {"min": 0}),
        }
        paper.add_sparkline(*self.layout.spot(key), options)

    def _reference(self, keys: Sequence[Key]) -> list[Any]:
        (row, column), (end, _) = self.layout.spot(keys[0]), self.layout.spot(keys[-1])
        return [self.layout.sheet(keys[0]).name, row, column, end, column]


_SPARKLINE = {
    "type": "column",
    "series_color": "#93B4E8",
    "last_point": True,
    "last_color": "#1D4ED8",
}
FIGURES = {"data_labels": {"value": True, "font": {"size": 8}}}


def _boxes(sheet: Sheet, spot: BlockPlace) -> Boxes:
    """Give where the boxes of a block stand: the tables of a sheet end at one right edge.

    Those that are filtered end where they are drawn: no program sorts over merged cells.
    """
    boxes, edge = dict(spot.columns), printed_columns(sheet)
    on_paper = [column.key for column in spot.block.columns if not column.off_paper]
    table = sheet.printed and not sheet.hidden and spot.block.headed
    if table and on_paper and not (spot.block.repeats or spot.block.filtered):
        first, last = boxes[on_paper[-1]]
        if not any(last < left <= edge for left, _ in boxes.values()):
            boxes[on_paper[-1]] = first, max(last, edge)
    return boxes


def _room(item: Item) -> int:
    """Give the lines kept for a cell of a fixed row."""
    if item.is_input and item.kind is Kind.LONG and not item.look:
        return ACCOUNT_ROOM if item.required else REMARK_ROOM
    return ROOM.get(item.look, 1)


def _chart_end(chart: Chart) -> int:
    """Give the row a chart reaches down to."""
    return chart.row + -(-chart.height // ROW_PIXELS)
