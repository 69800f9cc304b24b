"""The sheets of a workbook: values through pandas, and what pandas does not tell from the XML.

Both pandas engines turn error cells into blanks and drop number formats, so one streaming pass
over the XML (`scan`) adds which cells are errors, formulas, or shown as per cent. Formats other
than .xlsx have been written out as one by then (`intake`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time

from msgspec import Struct, field
from msgspec.structs import replace

from perfxl.errors import Unreadable
from perfxl.expr.texts import is_blank
from perfxl.form.addresses import a1
from perfxl.form.answers import Address, Cell
from perfxl.form.raw import Raw
from perfxl.reading import limits, values
from perfxl.reading.intake import inspect
from perfxl.reading.markup import Element
from perfxl.reading.package import OLE_HEAD, STYLE_SECTIONS, Package, Plain, SheetPart
from perfxl.reading.scan import Area, CellStyles, SheetScan, for_engine, scan
from perfxl.text.amounts import to_decimal

PERCENT_FORMATS = {"9", "10"}
DIGITS = 15  # what a spreadsheet shows of a number; the rest is binary dust
EXACT = 2**53  # integers below are exact in a spreadsheet
WORKSHEET = "worksheet"  # the type of relationship; there are sheets of charts and dialogs, too
NOT_SCANNED = SheetScan()
NOT_TRUSTED = frozenset({"damaged", "ambiguous"})  # what one sheet may be and the others not
# It applies TRIM and CLEAN to no range. Nor is an .xls believed: LibreOffice stores 0 for texts.
MISCALCULATING = frozenset({"gnumeric"})


class Paper(Struct, frozen=True):
    """One sheet as found: its name, its rows of raw values, its scan."""

    name: str
    rows: Sequence[Sequence[Raw]]
    scan: SheetScan = NOT_SCANNED

    def raw(self, row: int, column: int) -> Raw:
        """Give what stands in a cell; None outside the used range."""
        if 0 <= row < len(self.rows) and 0 <= column < len(self.rows[row]):
            return self.rows[row][column]
        return None

    def over(self, row: int, column: int) -> Area | None:
        """Give the merge that covers a cell, which is not its first; None where there is none."""
        for area in self.scan.merges:
            top, left, bottom, right = area
            if top <= row <= bottom and left <= column <= right and (row, column) != (top, left):
                return area
        return None

    def is_filled(self, row: int, column: int) -> bool:
        """Whether a cell holds anything but blanks, a formula never calculated included."""
        raw, spot, scan = self.raw(row, column), (row, column), self.scan
        if raw is None or spot in scan.errors:
            return spot in scan.errors or (spot in scan.formulas and spot not in scan.empties)
        return not (isinstance(raw, str) and is_blank(raw))

    def cell(self, row: int, column: int) -> Cell:
        """Give a cell with its address."""
        spot, scan = (row, column), self.scan
        formula, error = spot in scan.formulas, scan.errors.get(spot, "")
        raw = "" if spot in scan.empties else self.raw(row, column)
        return Cell(
            None if error else raw,
            None if scan.percents is None else spot in scan.percents,
            error,
            formula,
            Address(self.name, a1(row, column)),
        )


class Book(Struct, frozen=True):
    """A whole workbook as found, with the custom properties that name its form.

    `active` names the kinds of content in it that could run or reach outside, in Chinese; `hidden`
    names those of its sheets nobody sees, as far as that is known; `saved` is when it was last
    saved, as the file states it (ISO 8601, "" where it does not); `unread` are sheets that cannot
    be trusted, each with why; `miscalculated` says that results of formulas are not to be believed.
    """

    papers: tuple[Paper, ...]
    properties: Mapping[str, str] = field(default_factory=dict)
    active: tuple[str, ...] = ()
    hidden: frozenset[str] = frozenset()
    saved: str = ""
    unread: Mapping[str, Unreadable] = field(default_factory=dict)
    miscalculated: bool = False


def read_book(data: bytes, skip: frozenset[str] = frozenset()) -> Book:
    """Give the sheets of a workbook, leaving out those named in `skip`.

    Raise Unreadable where these bytes are no workbook we read, or none that can be trusted.
    """
    book = _read_package(inspect(data), skip)
    return replace(book, miscalculated=book.miscalculated or data.startswith(OLE_HEAD))


def _read_package(package: Package, skip: frozenset[str]) -> Book:
    sheets = [sheet for sheet in package.sheets() if sheet.type == WORKSHEET]
    if not sheets:
        raise Unreadable.of("no-sheets")
    wanted = [sheet for sheet in sheets if sheet.name not in skip]
    unread = dict[str, Unreadable]()
    papers = _papers(package, wanted, unread) if wanted else ()
    if unread and not papers:
        raise next(iter(unread.values()))
    return Book(
        papers,
        package.properties(),
        _active(package, papers),
        frozenset(sheet.name for sheet in wanted if sheet.hidden),
        package.saved(),
        unread,
        package.program() in MISCALCULATING,
    )


def _papers(
    package: Package, sheets: Sequence[SheetPart], unread: dict[str, Unreadable]
) -> tuple[Paper, ...]:
    """Give the sheets, of which the engine sees the parts that were scanned, and nothing else.

    Those that cannot be trusted go to `unread`.
    """
    with Plain(package.dates_from_1904) as plain:
        styles, texts = package.styles(), package.texts()
        if styles is not None:
            plain.add("styles.xml", styles[0])
        if texts is not None:
            plain.add("sharedStrings.xml", texts)
        told = None if styles is None else cell_styles(styles[1])
        scans, cells, box = dict[str, tuple[str, SheetScan]](), 0, 0
        for sheet in sheets:
            try:
                xml, scan = _scanned(package, sheet, told)
            except Unreadable as error:
                if error.code not in NOT_TRUSTED:
                    raise
                unread[sheet.name] = error
                continue
            scans[plain.add_sheet(for_engine(xml, scan))] = sheet.name, scan
            cells, box = cells + scan.cells, box + scan.box
            limits.CELLS.demand(cells)
            limits.BOX.demand(box)
        found = values.of_sheets(plain.data()) if scans else {}
    return tuple(Paper(name, _rows(found[number]), scan) for number, (name, scan) in scans.items())


def _scanned(
    package: Package, sheet: SheetPart, styles: CellStyles | None
) -> tuple[bytes, SheetScan]:
    xml = package.part(sheet.path, limits.PART)
    if xml is None:
        raise Unreadable.of("damaged")
    return xml, scan(xml, styles)


def _active(package: Package, papers: Iterable[Paper]) -> tuple[str, ...]:
    """Give the kinds of content that could run or reach outside, those of formulas with them."""
    reaching = (word for paper in papers for word in paper.scan.reaching)
    return tuple(dict.fromkeys((*package.active(), *reaching)))


def cell_styles(found: Sequence[Element]) -> CellStyles:
    """Give which cell styles show per cent, and which have a line below or right."""
    own = (one for one in found if one.name == "numFmt" and "%" in one.get("formatCode"))
    formats, lined = PERCENT_FORMATS | {one.get("numFmtId") for one in own}, _lined(found)
    styles = list(enumerate(one for one in _within("cellXfs", found) if one.name == "xf"))
    return CellStyles(
        frozenset(str(n) for n, one in styles if (one.get("numFmtId") or "0") in formats),
        frozenset(str(n) for n, one in styles if (one.get("borderId") or "0") in lined),
    )


def _lined(found: Sequence[Element]) -> set[str]:
    """Give the indexes of borders with a line below or right."""
    lined, index = set[str](), -1
    for one in _within("borders", found):
        index += one.name == "border"
        if one.name in {"right", "bottom"} and one.get("style") not in {"", "none"}:
            lined.add(str(index))
    return lined


def _within(section: str, found: Iterable[Element]) -> Iterator[Element]:
    """Give the elements of one section of a style sheet."""
    inside = ""
    for element in found:
        inside = element.name if element.name in STYLE_SECTIONS else inside
        if inside == section:
            yield element


def _rows(found: values.Rows) -> list[list[Raw]]:
    return [[as_raw(value) for value in row] for row in found]


def as_raw(value: object) -> Raw:
    """Give a value as the core knows it: text, bool, Decimal, date or time; "" and NaN are None."""
    match value:
        case str():
            return value or None
        case None | bool():
            return value
        case int() | float():
            return _number(value)
        case datetime():
            return value if value.time() > time.min else value.date()
        case date() | time():
            return value
    return None if value != value else str(value)


def _number(value: int | float) -> Raw:
    """Give a number with the digits a spreadsheet shows: 0.1 + 0.2 is 0.3.

    What is beyond all numbers is the text of it, which no rule takes for a number.
    """
    if not math.isfinite(value):
        return str(value)
    whole = isinstance(value, int) or value.is_integer()
    return to_decimal(int(value) if whole and abs(value) < EXACT else f"{value:.{DIGITS}g}")
