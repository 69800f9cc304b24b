"""What stands in a cell, as it is written, and what may be typed into it.

What a unit typed goes out as text, never as a formula, link or format.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from datetime import date, time
from decimal import Decimal
from itertools import groupby
from typing import Any

from msgspec import Struct
from xlsxwriter.worksheet import (
    CellBlankTuple,
    CellFormulaTuple,
    CellNumberTuple,
    CellStringTuple,
    Worksheet,
)

from perfxl.expr.spreadsheet import ErrorValue
from perfxl.expr.tree import Key
from perfxl.form.addresses import a1, column_name
from perfxl.form.answers import BLANK, Values
from perfxl.form.layout import BlockPlace, Layout
from perfxl.form.model import NUMERIC, Column, Item, Kind, Row
from perfxl.form.raw import Raw
from perfxl.render.extras import Extras, Flag
from perfxl.render.styles import Styles
from perfxl.text.amounts import LARGEST_FIGURE
from perfxl.text.safe import escaped, fitting, in_xml, shown, storable

LONGEST_TEXT = 32_767
TALLEST_ROW = 409.0  # in points: what Excel can show
WORDY = frozenset(Kind) - NUMERIC  # may need lines
LONGEST_LIST = 255
LONGEST_PROMPT = 255
PROTECTION = {
    "format_columns": True,
    "format_rows": True,
    "autofilter": True,
    "select_locked_cells": True,
    "select_unlocked_cells": True,
}
LONGEST_LINK, MOST_LINKS = 2_000, 65_530
_ESCAPED = frozenset('%#" \\<>[]^`{}')  # in a file's name; escaped here as Excel would do it
_DAY_ZERO = date(1899, 12, 30).toordinal()  # to Excel
_COMMENT = {"x_scale": 2.2, "y_scale": 1.4, "font_size": 9, "author": "perfxl"}


class PlainWorksheet(Worksheet):  # type: ignore[misc]
    """A worksheet that takes formulas as they are, and writes the usual cells without detours.

    XlsxWriter searches each formula for thirty functions newer than Excel 2007, to prefix them, and
    for functions that spill; expressions print none of these, and the search would take most of the
    time of a rendering. The bytes are those that its own worksheet would write, but for links and
    the columns each row uses.
    """

    def write_formula(self, row: int, column: int, formula: str, style: Any, value: Any) -> None:
        """Take a formula, without the leading "=" but {=…} over arrays, and the value to show."""
        assert not self._check_dimensions(row, column), "outside the sheet"
        if formula.startswith("{="):
            self.write_array_formula(row, column, row, column, formula, style, value)
            return
        self.table[row][column] = CellFormulaTuple(formula, style, value)

    def _calculate_spans(self) -> None:
        """Leave out which columns each row uses: it is no more than a hint to readers."""
        self.row_spans: dict[int, str] = {}

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
        case CellFormulaTuple(formula, _, ErrorValue() as value):
            return f' t="e"><f>{escaped(formula)}</f><v>{value}</v></c>'
        case CellFormulaTuple(formula, _, str() as value):  # «#REF!», too, is what a unit typed
            return f' t="str"><f>{escaped(formula)}</f><v>{escaped(in_xml(value))}</v></c>'
    return None


class Cells(Struct, frozen=True):
    """Writes what stands in the cells of a form: its wording, answers, formulas with results."""

    values: Values
    stored: Values  # what formulas yield
    layout: Layout
    extras: Extras
    styles: Styles

    def write(
        self, paper: Worksheet, row: int, column: int, key: Key, item: Item, style: Any
    ) -> None:
        """Write what an item holds."""
        if item.link is not None:
            self._link(
                paper, row, column, item.link, item.text or str(self.values.get(key) or ""), style
            )
        elif key in self.extras.files:
            self._file(paper, row, column, self.extras.files[key], self.values.text(key), style)
        elif item.formula is not None:
            self._formula(paper, row, column, self._printed(key), self.stored.get(key), style)
        elif item.is_label:
            self.text(paper, row, column, shown(item.text), style)
        elif item.kind is Kind.SHOWN:
            content = self.values.get(key)
            self.raw(
                paper, row, column, shown(content) if isinstance(content, str) else content, style
            )
        else:
            cell = self.values.answers.get(key, BLANK).cell
            self.raw(paper, row, column, cell.error or cell.raw, style)

    def echo(self, paper: Worksheet, row: int, column: int, key: Key, style: Any) -> None:
        """Write what another cell holds, by a formula."""
        cell = self.values.answers.get(key, BLANK).cell
        held = cell.error or cell.raw
        if isinstance(held, date):
            held = Decimal(held.toordinal() - _DAY_ZERO)
        at = self.layout.a1(key)
        self._formula(paper, row, column, f'IF({at}="","",{at})', held, style)

    def note(self, paper: Worksheet, row: int, column: int, flag: Flag) -> None:
        """Write beside a cell what is wrong with it."""
        text = fitting(shown(flag.text), LONGEST_TEXT)  # a longer one would be dropped
        paper.write_comment(row, column, text, _COMMENT)

    def prompt(self, paper: Worksheet, row: int, column: int, text: str) -> None:
        """Write beside a cell of a 表样 what is said where it is filled in."""
        paper.write_comment(row, column, text, _COMMENT)

    def words(self, key: Key, item: Item) -> str:
        """Give the wording or the text that a cell shows, "" where there is none."""
        if item.is_label:
            return item.text
        if isinstance(item.given, str):
            return item.given
        if item.kind not in WORDY:
            return ""
        raw = self.values.answers.get(key, BLANK).cell.raw
        return raw if isinstance(raw, str) else self.stored.text(key) or ""

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
            self.text(paper, row, column, name, style)

    def _formula(
        self, paper: Worksheet, row: int, column: int, text: str, value: Any, style: Any
    ) -> None:
        paper.write_formula(row, column, text, style, _stored(value))

    def raw(self, paper: Worksheet, row: int, column: int, raw: Raw, style: Any) -> None:
        """Write what stands in a cell of a file."""
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
                self.text(paper, row, column, raw, style)

    def text(self, paper: Worksheet, row: int, column: int, text: str, style: Any) -> None:
        """Write a text as text: xlsxwriter takes one between <r> and </r> for XML of its own."""
        text = _holdable(text)
        if text.startswith("<r>") and text.endswith("</r>"):
            plain = self.styles.named("label")
            paper.write_rich_string(row, column, plain, text[0], plain, text[1:], style)
        else:
            paper.write_string(row, column, text, style)


def validation(item: Item | None) -> dict[str, Any] | None:
    """Give xlsxwriter's description of what may be typed into an input, None where anything may."""
    if item is None or not item.is_input:
        return None
    prompt = {"input_message": item.prompt[:LONGEST_PROMPT]} if item.prompt else {}
    if item.choices:
        assert len(",".join(item.choices)) <= LONGEST_LIST
        message = f"请从下拉列表中选择:{'、'.join(item.choices)}"
        return {"validate": "list", "source": list(item.choices), **_refusal(message), **prompt}
    if item.kind in NUMERIC:
        whole = item.kind is Kind.NUMBER and item.exact
        return {"validate": "integer" if whole else "decimal", **_bounds(item), **prompt}
    if item.kind is Kind.DATE and item.exact:
        return {**_DAYS, **prompt}
    return {"validate": "any", **prompt} if prompt else None


def offered(item: Item | None) -> dict[str, Any] | None:
    """Give that of a drop-down of a 表样, where tokens and anything else may be typed as well."""
    if item is None or not item.choices:
        return None
    return {"validate": "list", "source": list(item.choices), "show_error": False}


def _bounds(item: Item) -> dict[str, Any]:
    """Give the numbers a cell takes, and what is said to any other."""
    number = "整数" if item.exact else "数字"
    what = f"{number}(单位:{item.unit})" if item.unit else number
    low, high = -float(LARGEST_FIGURE), float(LARGEST_FIGURE)
    if item.most is not None:
        low, high, what = 0.0, float(item.most), f" 0 至 {item.most:f} 之间的数字"
    zero = ";没有发生额请填 0" if item.kind is Kind.AMOUNT else ""
    message = f"这一格只能填{what},不要填文字、单位或“-”{zero}。"
    return {"criteria": "between", "minimum": low, "maximum": high, **_refusal(message)}


# months and «长期» may be typed after all
_DAYS: dict[str, Any] = {
    "validate": "date",
    "criteria": "between",
    "minimum": date(1950, 1, 1),
    "maximum": date(2099, 12, 31),
    "error_title": "是日期吗",
    "error_message": "日期写成 2023-05-08 的样子。只到月的、“长期”之类,可以照填。",
    "error_type": "warning",
}


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
        case ErrorValue():
            return value
        case str():
            return _holdable(value)
    return value


# ---------------------------------------------------------------- the room it takes


def lines_needed(text: str, width: float) -> int:
    """Estimate the lines a text takes in a column this many characters wide (汉字 count 2)."""
    room = max(2.0, (width - 1) // 2 * 2)  # no half of a 汉字
    if 2 * len(text) <= room and "\n" not in text:
        return 1  # spares measuring most cells of a form
    return sum(max(1, -int(-text_width(part) // room)) for part in text.split("\n"))


def text_width(text: str) -> int:
    """Give the width of a text in half-width characters."""
    return sum(2 if unicodedata.east_asian_width(char) in "WFA" else 1 for char in text)


def height_of(lines: int, size: float = 10) -> float:
    """Give the points that so many lines take in a font of this size."""
    return lines * (1.35 * size)


# ---------------------------------------------------------------- green triangles


def ignore_triangles(
    paper: Worksheet, last: tuple[int, int], places: Iterable[BlockPlace], values: Values
) -> None:
    """Have Excel let formulas be unlike those beside them, and digits be texts where they are."""
    whole = f"{a1(0, 0)}:{a1(*last)}"
    words = " ".join(text for place in places for text in _worded(place, values))
    paper.ignore_errors(
        {"number_stored_as_text": words, "formula_differs": whole, "formula_range": whole}
    )


def _worded(spot: BlockPlace, values: Values) -> Iterator[str]:
    """Give the ranges in which digits are meant as a text; columns that are alike in one."""
    columns = sorted(spot.block.columns, key=lambda column: spot.columns[column.key])
    for rows, alike in groupby(columns, lambda column: _worded_rows(spot, column, values)):
        spans = [spot.columns[column.key] for column in alike]
        for first, last in rows:
            yield f"{a1(first, spans[0][0])}:{a1(last, spans[-1][1])}"


def _worded_rows(spot: BlockPlace, column: Column, values: Values) -> list[tuple[int, int]]:
    rows = enumerate(spot.block.rows, spot.first)
    meant = [(n, _is_worded(spot.block.key, row, column.key, values)) for n, row in rows]
    runs = ([n for n, _ in run] for yes, run in groupby(meant, lambda one: one[1]) if yes)
    return [(run[0], run[-1]) for run in runs]


def _is_worded(block: str, row: Row, column: str, values: Values) -> bool:
    """Whether a cell is for words, or holds a text that can be no figure even as it was read.

    Where a figure belongs the triangle helps: the unit may have pasted it as a text.
    """
    item = row.items.get(column)
    if item is None or not (item.is_input and item.kind in NUMERIC):
        return item is not None
    return isinstance(values.answers.get(Key(block, row.key, column), BLANK).cell.raw, str)
