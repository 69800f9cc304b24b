"""The drawing in an office's own workbook: values, formulas, looks, merges, as openpyxl finds them.

A workbook of the office's is trusted where a unit's is not, yet goes through the same limits before
openpyxl sees it. Of a merged area every cell is kept: a token in a lower one is a fault to be told.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from perfxl.errors import Unreadable
from perfxl.form.drawing import (
    SIDES,
    Drawing,
    DrawnCell,
    DrawnSheet,
    Look,
    Spot,
    Style,
    Validation,
)
from perfxl.form.faults import FormFault, Wrong
from perfxl.form.raw import Raw
from perfxl.reading import kinds, limits, setup
from perfxl.reading.intake import inspect, read_bytes
from perfxl.reading.looks import Looks
from perfxl.reading.package import MACROS, ZIP_FAULTS, Package
from perfxl.reading.scan import scan
from perfxl.reading.sheets import WORKSHEET, as_raw

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

# the formats of Chinese dates among the built-in ones, which openpyxl takes for none
_CHINESE_DATES = frozenset((*range(27, 37), *range(50, 59)))
_DATE = 'yyyy"年"m"月"d"日"'
# what openpyxl raises at a file that is not as it expects
_FAULTS = (*ZIP_FAULTS, TypeError, AttributeError, IndexError, SyntaxError)


def form_bytes(path: Path) -> bytes:
    """Give the content of a file with an office's form; otherwise raise Unreadable."""
    if path.is_dir():
        raise Unreadable.of("form-folder")
    return read_bytes(path)


def read_drawing(data: bytes) -> Drawing:
    """Give the drawing in the bytes of an .xlsx; otherwise raise Unreadable, told to the office."""
    try:
        package = _package(data)
        parts = _sane_parts(package)
    except Unreadable as error:
        raise _of_a_form(error) from error
    return _Reading(_loaded(data), parts).drawing()


def _package(data: bytes) -> Package:
    package = inspect(data)
    plain = data.startswith(kinds.ZIP_HEADS) and Package(data).is_workbook
    if not plain or package.main.endswith(".bin") or MACROS in package.active():
        raise Unreadable.of("form-not-xlsx")
    return package


def _sane_parts(package: Package) -> dict[str, bytes]:
    """Give the XML of each sheet; raise Unreadable where one is larger than any form, or broken."""
    cells, box, parts = 0, 0, {}
    sheets = [sheet for sheet in package.sheets() if sheet.type == WORKSHEET]
    if not sheets:
        raise Unreadable.of("no-sheets")
    package.texts()
    for sheet in sheets:
        parts[sheet.name] = package.part(sheet.path, limits.PART) or b""
        found = scan(parts[sheet.name], None)
        cells, box = cells + found.cells, box + found.box
        limits.CELLS.demand(cells)
        limits.BOX.demand(box)
    return parts


def _of_a_form(error: Unreadable) -> Unreadable:
    """Give a refusal with what the office can do about a file of its own."""
    if error.code in {"encrypted", "encrypted-by-guard"}:
        return Unreadable.of("form-encrypted")
    if error.code == "empty":
        return Unreadable.of("form-empty")
    if error.code in {"old-format", "not-xlsx"}:
        return Unreadable.of("form-not-xlsx")
    if error.code == "too-large":
        return Unreadable.of("form-too-large", what=error.message.partition(",")[0])
    return Unreadable.of("form-damaged", what=error.message)


def _loaded(data: bytes) -> Workbook:
    from openpyxl.reader.excel import ExcelReader
    from openpyxl.worksheet.worksheet import Worksheet

    class _Whole(Worksheet):  # type: ignore[misc]
        """A sheet that keeps every cell of a merged area, and its lines as they are."""

        def _clean_merge_range(self, _: object) -> None:
            """Leave the cells alone."""

    class _Reader(ExcelReader):  # type: ignore[misc]
        """Reads such sheets."""

        def read_worksheets(self) -> None:
            book = self.wb

            def create_sheet(title: str) -> Worksheet:
                book._add_sheet(sheet := _Whole(book, title))
                return sheet

            book.create_sheet = create_sheet
            super().read_worksheets()

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what it leaves out: that stays in the file itself
        try:
            reader = _Reader(BytesIO(data), rich_text=True)
            reader.read()
        except _FAULTS as error:
            raise Unreadable.of("form-damaged", what="文件的内容不合规范") from error
    if not reader.wb.worksheets:  # Strict OOXML
        raise Unreadable.of("form-damaged", what="是少见的 .xlsx 写法(Strict)")
    return reader.wb


class _Reading:
    """One workbook being read: the styles and looks its cells have in common."""

    def __init__(self, book: Workbook, parts: Mapping[str, bytes]) -> None:
        self.book, self.parts = book, parts
        self.looks = Looks(book)
        self.names = setup.names(book)
        self.styles: dict[Style, int] = {Style(): 0}

    def drawing(self) -> Drawing:
        """Give the drawing."""
        sheets = tuple(map(self._sheet, self.book.worksheets))
        told = tuple(self._told())
        return Drawing(tuple(_with_choices(sheets)), tuple(self.styles), told)

    def _told(self) -> Iterator[FormFault]:
        for sheet in self.book.worksheets:
            yield from _spread(sheet)
            yield from setup.lost(sheet, self.parts.get(sheet.title, b""))

    def _sheet(self, sheet: Worksheet) -> DrawnSheet:
        found = sheet.data_validations.dataValidation
        rows = {row - 1: one for row, one in sheet.row_dimensions.items()}
        columns = dict(_columns(sheet))
        return DrawnSheet(
            sheet.title,
            self._cells(sheet),
            tuple(sorted(setup.area_of_range(one) for one in sheet.merged_cells.ranges)),
            validations=(
                *map(_validation, found),
                *setup.extended_validations(self.parts.get(sheet.title, b"")),
            ),
            widths={n: one.width for n, one in columns.items() if one.customWidth},
            heights=dict(_heights(sheet)),
            hidden=sheet.sheet_state != "visible",
            hidden_rows=frozenset(n for n, one in rows.items() if one.hidden),
            hidden_columns=frozenset(n for n, one in columns.items() if one.hidden),
            protected=bool(sheet.protection.sheet),
            printed=setup.printed(sheet),
            view=setup.view(sheet, self.looks),
            rows={n: setup.strip(one, self.looks) for n, one in rows.items()},
            columns={n: setup.strip(one, self.looks) for n, one in columns.items()},
            row_height=float(sheet.sheet_format.defaultRowHeight or 0),
            column_width=float(sheet.sheet_format.defaultColWidth or 0),
            conditions=setup.conditions(sheet, self.looks),
            normal=self.looks.normal,
            names=self.names,
        )

    def _cells(self, sheet: Worksheet) -> dict[Spot, DrawnCell]:
        found = (cell for row in sheet.iter_rows() for cell in row)
        drawn = (((cell.row - 1, cell.column - 1), self._cell(cell)) for cell in found)
        return {spot: cell for spot, cell in drawn if cell is not None}

    def _cell(self, cell: Any) -> DrawnCell | None:
        """Give a cell; None where there is neither a content nor a look."""
        if cell.value is None and not cell.has_style and cell.comment is None:
            return None
        styles = self.styles
        style = styles.setdefault(_style(cell), len(styles)) if cell.has_style else 0
        comment, look = cell.comment.text if cell.comment else "", self.looks.of(cell)
        if cell.data_type != "f":
            raw, runs = self._content(cell.value)
            return DrawnCell(raw, "", style, comment, look, runs)
        return DrawnCell(None, _formula(cell.value), style, comment, look)

    def _content(self, value: Any) -> tuple[Raw, tuple[tuple[str, Look], ...]]:
        """Give what a cell holds, and the parts of a text in several fonts."""
        if not isinstance(value, list):
            return as_raw(value), ()
        runs = tuple(
            (part, ())
            if isinstance(part, str)
            else (part.text, self.looks.font(part.font, "rFont"))
            for part in value
        )
        return "".join(text for text, _ in runs), runs


def _formula(value: Any) -> str:
    """Give a formula; openpyxl has that of an array in an object, and of a table of data none."""
    if isinstance(value, str):
        return value
    text: str = getattr(value, "text", None) or ""
    return f"{{={text.removeprefix('=')}}}" if text else ""


def _spread(sheet: Worksheet) -> Iterator[FormFault]:
    """Tell of formulas that fill several cells, whose values would be taken for printed ones."""
    for cell in (cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f"):
        area = setup.area_in(getattr(cell.value, "ref", ""))
        if area and (area.first != area.last or not getattr(cell.value, "text", "")):
            yield FormFault(sheet.title, area.first, Wrong.of("formula-spread", area=area))


def _style(cell: Any) -> Style:
    lines = frozenset(side for side in SIDES if getattr(getattr(cell.border, side), "style", None))
    code = _DATE if cell._style.numFmtId in _CHINESE_DATES else cell.number_format
    align = cell.alignment.horizontal
    return Style(code, lines, "" if align in {None, "general"} else align)


def _heights(sheet: Worksheet) -> Iterator[tuple[int, float]]:
    """Give the rows that set their height; where the sheet sets one for all, all of them do."""
    usual = sheet.sheet_format
    for row in range(1, sheet.max_row + 1) if usual.customHeight else ():
        yield row - 1, usual.defaultRowHeight
    for row, one in sheet.row_dimensions.items():
        if one.height is not None:
            yield row - 1, one.height


def _columns(sheet: Worksheet) -> Iterator[tuple[int, Any]]:
    """Give the dimension of each column: openpyxl keeps one for a run of equal ones."""
    for one in sheet.column_dimensions.values():
        if one.min:
            yield from ((n - 1, one) for n in range(one.min, min(one.max, sheet.max_column) + 1))


# ---------------------------------------------------------------- drop-downs


def _validation(found: Any) -> Validation:
    formulas = tuple(text for text in (found.formula1, found.formula2) if text)
    areas = tuple(setup.area_of_range(one) for one in found.sqref.ranges)
    listed = formulas[0] if found.type == "list" and formulas else ""
    choices = tuple(_parts(listed[1:-1].split(","))) if listed[:1] == '"' else ()
    settings = setup.validation_settings(found)
    return Validation(areas, found.type or "", formulas, choices, found.prompt or "", settings)


def _parts(texts: Iterable[str]) -> Iterator[str]:
    return (text.strip() for text in texts if text.strip())


def _with_choices(sheets: tuple[DrawnSheet, ...]) -> Iterator[DrawnSheet]:
    """Give the sheets with what a drop-down offers from cells put down beside it."""
    for sheet in sheets:
        look = _looked_up(sheet, {one.name.casefold(): one for one in sheets})
        validations = tuple(
            replace(one, choices=look(one.formulas[0]))
            if one.type == "list" and one.formulas and not one.choices
            else one
            for one in sheet.validations
        )
        yield replace(sheet, validations=validations)


def _looked_up(here: DrawnSheet, sheets: dict[str, DrawnSheet]) -> Callable[[str], tuple[str, ...]]:
    def look(formula: str) -> tuple[str, ...]:
        name, _, cells = formula.lstrip("=").rpartition("!")
        sheet = sheets.get(name.strip("'").replace("''", "'").casefold()) if name else here
        area = setup.area_in(cells)  # None of a name or a formula: what it offers is not known
        if sheet is None or area is None:
            return ()
        return tuple(_parts(map(sheet.text, area.spots())))

    return look
