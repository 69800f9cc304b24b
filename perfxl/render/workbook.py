"""A form and its answers as .xlsx bytes: template, result, settings and roll-up alike.

The only code that knows xlsxwriter (with `styles`). The same form and answers give
the same bytes. What a unit typed goes out as text, never as a formula, link or format; the value
of every formula is written beside it, so previews and Protected View show what Excel will show.
"""

from __future__ import annotations

import unicodedata
import warnings
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from io import BytesIO
from itertools import groupby
from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.packager import Packager
from xlsxwriter.worksheet import (
    CellBlankTuple,
    CellFormulaTuple,
    CellNumberTuple,
    CellStringTuple,
    Worksheet,
)

from perfxl.expr.tree import Key
from perfxl.form.addresses import a1, column_name, quoted_sheet
from perfxl.form.answers import BLANK, Values
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
)
from perfxl.form.model import NUMERIC, Column, Form, Item, Kind, Row, Sheet
from perfxl.form.raw import Raw
from perfxl.render.extras import Chart, Extras
from perfxl.render.seal import UNSEALED, sealed_parts
from perfxl.render.styles import Styles
from perfxl.text.amounts import LARGEST_FIGURE
from perfxl.text.safe import escaped, fitting, in_xml, shown, storable

A4 = 9
CALCULATED_BY = 191029  # Excel 2019 and later; it calculates anew what an earlier one calculated
LONGEST_TEXT = 32_767
LONGEST_LIST = 255
LONGEST_PROPERTY = 255
LONGEST_LINK, MOST_LINKS = 2_000, 65_530
_ESCAPED = frozenset('%#" \\<>[]^`{}')  # in a file's name; escaped here as Excel would do it
TITLE_HEIGHT, HEAD_HEIGHT, LINE_HEIGHT, ROW_HEIGHT = 30, 30, 13.5, 19.5
TALLEST_ROW = 409.0  # what Excel can show
# room for what is typed later: a computed cell never makes its row grow
ROOM = {"essay": 90.0, "name": 2 * LINE_HEIGHT + 6}
ROW_PIXELS = 26
WORDY = frozenset({Kind.LABEL, Kind.TEXT, Kind.LONG, Kind.SHOWN, Kind.VALUE})  # may need lines
PROTECTION = {
    "format_columns": True,
    "format_rows": True,
    "autofilter": True,
    "select_locked_cells": True,
    "select_unlocked_cells": True,
}


def render(values: Values, extras: Extras | None = None) -> bytes:
    """Give the workbook of `values.form` filled with these values, as .xlsx bytes.

    Unreadable input comes out exactly as it was typed. A warning of xlsxwriter (which then drops
    what it was given) is an error here.
    """
    extras = extras or Extras()
    target = BytesIO()
    options = {
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


class PlainWorksheet(Worksheet):  # type: ignore[misc]
    """A worksheet that takes formulas as they are, and writes the usual cells without detours.

    XlsxWriter searches each formula for thirty functions newer than Excel 2007, to prefix them, and
    for functions that spill; expressions print none of these, and the search would take most of the
    time of a rendering. The bytes are those that its own worksheet would write, but for links.
    """

    def write_formula(self, row: int, column: int, formula: str, style: Any, value: Any) -> None:
        """Take a formula, without the leading "=", and the value to show."""
        assert not self._check_dimensions(row, column), "outside the sheet"
        self.table[row][column] = CellFormulaTuple(formula, style, value)

    def _write_cell(self, row: int, col: int, cell: Any) -> None:
        rest = _xml(cell) if cell.format else None
        if rest is None:
            super()._write_cell(row, col, cell)
        else:
            style = cell.format._get_xf_index()
            self.fh.write(f'<c r="{column_name(col)}{row + 1}" s="{style}"{rest}')

    def _write_hyperlinks(self) -> None:
        """Write links to files with "/", which all systems follow: backslashes, only Windows."""
        super()._write_hyperlinks()
        for link in self.external_hyper_links:
            link[1] = link[1].replace("\\", "/")  # one that belongs to a name is escaped


def _xml(cell: Any) -> str | None:
    """Give the XML of a usual cell after its reference and style, None of any other."""
    match cell:
        case CellStringTuple():
            return f' t="s"><v>{cell.string}</v></c>'
        case CellBlankTuple():
            return "/>"
        case CellNumberTuple():
            return f"><v>{cell.number:.16G}</v></c>"
        case CellFormulaTuple(formula, _, float() as value):
            return f"><f>{escaped(formula)}</f><v>{value}</v></c>"
        case CellFormulaTuple(formula, _, str() as value):  # «#REF!», too, is what a unit typed
            return f' t="str"><f>{escaped(formula)}</f><v>{escaped(in_xml(value))}</v></c>'
    return None


class _Renderer:
    """One rendering: the workbook under construction and what goes into it."""

    def __init__(self, book: Workbook, values: Values, extras: Extras) -> None:
        self.book, self.extras = book, extras
        self.values = values.healed()
        self.stored = self.values.as_spreadsheet()  # what formulas yield, text read by us or not
        self.form: Form = values.form
        self.layout: Layout = place(self.form)
        self.styles = Styles(book)

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
        for name, text in names.items():
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
        # each result is stored, and as of this version: nothing to calculate when it is opened
        self.book.set_calc_mode("auto", CALCULATED_BY)
        self.book.calc_on_load = False
        sheets = {
            sheet.key: self.book.add_worksheet(sheet.name, PlainWorksheet) for sheet in form.sheets
        }
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
        width = _table_width(sheet)
        paper.set_default_row(ROW_HEIGHT)
        paper.set_column(KEY_COLUMN, KEY_COLUMN, 3, None, {"hidden": True})
        for n, chars in enumerate(sheet.widths, 1):
            paper.set_column(n, n, chars)
        top = key_rows(sheet)
        self._merged(paper, top, 1, width, sheet.title, "title")
        paper.set_row(top, TITLE_HEIGHT)
        if sheet.subtitle:
            self._merged(paper, top + 1, 1, width, sheet.subtitle, "subtitle")
        filters = 0
        for block in self.layout.of_sheet(sheet):
            self._block(paper, sheet, block)
            if block.block.filtered and block.header is not None and not filters:
                filters += 1
                last = max(last for _, last in block.columns.values())
                paper.autofilter(block.header, 1, block.last, last)
        paper.write_string(0, KEY_COLUMN, identity(self.form, sheet), self.styles.named("key"))
        if sheet.hidden:  # and without a print area: LibreOffice would print it all the same
            paper.hide()
            paper.protect("", PROTECTION)
        else:
            self._page(paper, sheet)

    def _page(self, paper: Worksheet, sheet: Sheet) -> None:
        printed = list(self.layout.of_sheet(sheet))
        end = max((block.last for block in printed), default=1)
        charts = [chart for chart in self.extras.charts if chart.sheet == sheet.key]
        end = max([end, *map(_chart_end, charts)])
        paper.set_paper(A4)
        if not sheet.portrait:
            paper.set_landscape()
        paper.set_margins(left=0.4, right=0.4, top=0.6, bottom=0.6)
        if sheet.blocks or not charts:  # LibreOffice moves a chart alone off the paper
            paper.center_horizontally()
        paper.fit_to_pages(1, 0)
        paper.print_area(0, 1, end, _table_width(sheet) + sheet.chart_columns)
        paper.set_footer("&C&9&A  第 &P 页 共 &N 页")
        paper.set_h_pagebreaks([_top(spot) for spot in printed if spot.block.new_page])
        if printed and printed[-1].header is not None:
            # those of another block would stand above all the blocks that follow it
            paper.repeat_rows(printed[-1].header)
        formulas = f"{a1(0, KEY_COLUMN)}:{a1(end, len(sheet.widths))}"  # unlike those beside them
        paper.ignore_errors(
            {
                "number_stored_as_text": " ".join(a for s in printed for a in self._worded(s)),
                "formula_differs": formulas,
                "formula_range": formulas,
            }
        )
        self._view(paper, sheet)
        if sheet.protected:
            paper.protect("", PROTECTION)

    def _view(self, paper: Worksheet, sheet: Sheet) -> None:
        """Set what stays in view, and the cursor: on the first cell to fill, if there is any."""
        headers = (s.header for s in self.layout.of_sheet(sheet) if s.header is not None)
        header = next(headers, None) if sheet.frozen else None
        cursor = 0, FIRST_COLUMN, 0, _table_width(sheet)
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

    def _merged(
        self, paper: Worksheet, row: int, first: int, last: int, text: str, look: str
    ) -> None:
        style = self.styles.named(look)
        if last > first:
            paper.merge_range(row, first, row, last, "", style)
        paper.write_string(row, first, text, style)

    # ------------------------------------------------------------ blocks

    def _block(self, paper: Worksheet, sheet: Sheet, spot: BlockPlace) -> None:
        block, key_style = spot.block, self.styles.named("key")
        if spot.title is not None:
            self._merged(paper, spot.title, 1, _table_width(sheet), block.title, "block")
            paper.set_row(spot.title, 22)
        paper.set_row(spot.keys, None, None, {"hidden": True})
        paper.write_string(spot.keys, KEY_COLUMN, BLOCK_MARK + block.key, key_style)
        for column in block.columns:
            first, last = spot.columns[column.key]
            paper.write_string(spot.keys, first, column.key, key_style)
            if spot.header is not None:
                self._merged(paper, spot.header, first, last, column.label, "head")
            if column.hidden:
                paper.set_column(first, last, 8, None, {"hidden": True})
        if spot.header is not None:
            paper.set_row(spot.header, HEAD_HEIGHT)
        self._validations(paper, spot)
        for number, row in enumerate(block.rows):
            at = spot.first + number
            paper.write_string(at, KEY_COLUMN, row_mark(block.key, row.key), key_style)
            height = self._height(sheet, spot, number)
            if height:
                paper.set_row(at, height)
            for name, item in row.items.items():
                self._cell(paper, at, spot.columns[name], Key(block.key, row.key, name), item)

    def _height(self, sheet: Sheet, spot: BlockPlace, number: int) -> float:
        """Give a row's height where fixed wording needs it; other rows fit themselves."""
        row = spot.block.rows[number]
        lines = 1
        for column, item in row.items.items():
            if item.kind not in WORDY:
                continue
            key = Key(spot.block.key, row.key, column)
            text = item.text if item.is_label else self._text_shown(key)
            if text:
                first, last = spot.columns[column]
                lines = max(lines, lines_needed(text, sum(sheet.widths[first - 1 : last])))
        if lines == 1 and spot.block.repeats:
            return 0
        least = max(ROOM.get(item.look, ROW_HEIGHT) for item in row.items.values())
        return min(TALLEST_ROW, max(least, lines * LINE_HEIGHT + 6))

    def _text_shown(self, key: Key) -> str:
        raw = self.values.answers.get(key, BLANK).cell.raw
        return raw if isinstance(raw, str) else self.stored.text(key) or ""

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
        style = self.styles.of(item, flag.severity if flag else "")
        if last > first:
            paper.merge_range(row, first, row, last, "", style)
        if item.link is not None:
            self._link(
                paper, row, first, item.link, item.text or str(self.values.get(key) or ""), style
            )
        elif key in self.extras.files:
            self._file(paper, row, first, self.extras.files[key], self.values.text(key), style)
        elif item.formula is not None:
            self._formula(paper, row, first, self._printed(key), self.stored.get(key), style)
        elif item.is_label:
            self._text(paper, row, first, shown(item.text), style)
        elif item.kind is Kind.SHOWN:
            content = self.values.get(key)
            self._raw(
                paper, row, first, shown(content) if isinstance(content, str) else content, style
            )
        else:
            cell = self.values.answers.get(key, BLANK).cell
            self._raw(paper, row, first, cell.error or cell.raw, style)
        if flag:
            text = fitting(shown(flag.text), LONGEST_TEXT)  # a longer one would be dropped
            paper.write_comment(row, first, text, _COMMENT)

    def _printed(self, key: Key) -> str:
        """Give the text of a formula: the form's, unless these values have another for the cell."""
        other = self.values.instead.get(key)
        if other is None:
            return self.layout.formula(key)
        return other.excel(self.layout.seen_from(self.layout.sheet(key)))

    def _link(
        self, paper: Worksheet, row: int, column: int, key: Key, text: str, style: Any
    ) -> None:
        sheet = self.layout.sheet(key).name.replace("'", "''")
        paper.write_url(row, column, f"internal:'{sheet}'!{self.layout.a1(key)}", style, text)

    def _file(
        self, paper: Worksheet, row: int, column: int, path: str, text: str | None, style: Any
    ) -> None:
        """Write a text that opens a file, or the text alone where Excel can hold no such link."""
        target, name = file_target(path), shown(text or path)
        if target and paper.hlink_count < MOST_LINKS:
            paper.write_url(row, column, target, style, name)
        else:
            self._text(paper, row, column, name, style)

    def _formula(
        self, paper: Worksheet, row: int, column: int, text: str, value: Any, style: Any
    ) -> None:
        paper.write_formula(row, column, text, style, _stored(value))

    def _raw(self, paper: Worksheet, row: int, column: int, raw: Raw, style: Any) -> None:
        match raw:
            case None | "":
                paper.write_blank(row, column, None, style)
            case bool():
                paper.write_boolean(row, column, raw, style)
            case Decimal():
                paper.write_number(row, column, float(raw), style)
            case date() | time():
                paper.write_datetime(row, column, raw, style)
            case str():
                self._text(paper, row, column, raw, style)

    def _text(self, paper: Worksheet, row: int, column: int, text: str, style: Any) -> None:
        """Write a text as text: xlsxwriter takes one between <r> and </r> for XML of its own."""
        text = _holdable(text)
        if text.startswith("<r>") and text.endswith("</r>"):
            plain = self.styles.named("label")
            paper.write_rich_string(row, column, plain, text[0], plain, text[1:], style)
        else:
            paper.write_string(row, column, text, style)

    # ------------------------------------------------------------ validation

    def _validations(self, paper: Worksheet, spot: BlockPlace) -> None:
        """Set one validation for each run of like inputs in a column."""
        for column in spot.block.columns:
            at, first = spot.columns[column.key][0], spot.first
            rules = (validation(row.items.get(column.key)) for row in spot.block.rows)
            for rule, alike in groupby(rules):
                last = first + len(list(alike)) - 1
                if rule:
                    paper.data_validation(first, at, last, at, rule)
                first = last + 1

    # ------------------------------------------------------------ green triangles

    def _worded(self, spot: BlockPlace) -> Iterator[str]:
        """Give the ranges in which digits are meant as a text; columns that are alike in one."""
        columns = sorted(spot.block.columns, key=lambda column: spot.columns[column.key])
        for rows, alike in groupby(columns, lambda column: self._worded_rows(spot, column)):
            spans = [spot.columns[column.key] for column in alike]
            for first, last in rows:
                yield f"{a1(first, spans[0][0])}:{a1(last, spans[-1][1])}"

    def _worded_rows(self, spot: BlockPlace, column: Column) -> list[tuple[int, int]]:
        rows = enumerate(spot.block.rows, spot.first)
        meant = [(n, self._is_worded(spot.block.key, row, column.key)) for n, row in rows]
        runs = ([n for n, _ in run] for yes, run in groupby(meant, lambda one: one[1]) if yes)
        return [(run[0], run[-1]) for run in runs]

    def _is_worded(self, block: str, row: Row, column: str) -> bool:
        """Whether a cell is for words, or holds a text that can be no figure even as it was read.

        Where a figure belongs the triangle helps: the unit may have pasted it as a text.
        """
        item = row.items.get(column)
        if item is None or not (item.is_input and item.kind in NUMERIC):
            return item is not None
        return isinstance(self.values.answers.get(Key(block, row.key, column), BLANK).cell.raw, str)

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
_COMMENT = {"x_scale": 2.2, "y_scale": 1.4, "font_size": 9, "author": "perfxl"}


def _table_width(sheet: Sheet) -> int:
    """Give the last column of the blocks as printed: the live hints are for the screen."""
    hints = any(column.last for block in sheet.blocks for column in block.columns)
    return len(sheet.widths) - hints


def _top(spot: BlockPlace) -> int:
    """Give the row a block begins with."""
    return spot.keys if spot.title is None else spot.title


def _chart_end(chart: Chart) -> int:
    """Give the row a chart reaches down to."""
    return chart.row + -(-chart.height // ROW_PIXELS)


def validation(item: Item | None) -> dict[str, Any] | None:
    """Give xlsxwriter's description of what may be typed into an input, None where anything may."""
    if item is None or not item.is_input:
        return None
    prompt = {"input_message": item.prompt[:255]} if item.prompt else {}
    if item.choices:
        assert len(",".join(item.choices)) <= LONGEST_LIST
        message = f"请从下拉列表中选择:{'、'.join(item.choices)}"
        return {"validate": "list", "source": list(item.choices), **_refusal(message), **prompt}
    if item.kind in NUMERIC:
        return {"validate": "decimal", **_bounds(item), **prompt}
    return {"validate": "any", **prompt} if prompt else None


def _bounds(item: Item) -> dict[str, Any]:
    """Give the numbers a cell takes, and what is said to any other."""
    what = f"数字(单位:{item.unit})" if item.unit else "数字"
    low, high = -float(LARGEST_FIGURE), float(LARGEST_FIGURE)
    if item.most is not None:
        low, high, what = 0.0, float(item.most), f" 0 至 {item.most:f} 之间的数字"
    zero = ";没有发生额请填 0" if item.kind is Kind.AMOUNT else ""
    message = f"这一格只能填{what},不要填文字、单位或“-”{zero}。"
    return {"criteria": "between", "minimum": low, "maximum": high, **_refusal(message)}


def _refusal(message: str) -> dict[str, Any]:
    return {"error_title": "填写有误", "error_message": message[:255], "error_type": "stop"}


def file_target(path: str) -> str:
    """Give the link to a file as xlsxwriter wants it, "" where Excel can hold no such link."""
    if path != storable(path) or "\n" in path or "\t" in path:
        return ""
    escaped = "".join(f"%{ord(char):02X}" if char in _ESCAPED else char for char in path)
    length = len(escaped.encode("utf-16-le")) // 2
    return f"external:./{escaped}" if length <= LONGEST_LINK else ""


def _holdable(text: str) -> str:
    """Give a text a cell can hold: nothing in it acts, and it is not too long."""
    return fitting(storable(text), LONGEST_TEXT)


def _stored(value: Any) -> Any:
    """Give the result of a formula as it stands beside it."""
    match value:
        case None:
            return ""
        case Decimal():
            return float(value)
        case str():
            return _holdable(value)
    return value


def lines_needed(text: str, width: float) -> int:
    """Estimate the lines a text takes in a column this many characters wide (汉字 count 2)."""
    room = max(2.0, width - 1)
    if 2 * len(text) <= room and "\n" not in text:
        return 1  # spares measuring most cells of a form
    return sum(max(1, -int(-text_width(part) // room)) for part in text.split("\n"))


def text_width(text: str) -> int:
    """Give the width of a text in half-width characters."""
    return sum(2 if unicodedata.east_asian_width(char) in "WFA" else 1 for char in text)
