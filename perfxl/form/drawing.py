"""A workbook of an office's own as it is drawn: what stands where, and how its cells look.

Rows and columns count from 0, as everywhere; `layout.a1` names a cell for people.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

from msgspec import Struct, field

from perfxl.form.addresses import a1
from perfxl.form.faults import FormFault
from perfxl.form.raw import Raw, text_of

Spot = tuple[int, int]  # row, column
Span = tuple[int, int]  # first and last row, or column
Property = str | int | float | bool
# how a cell looks to the last detail: properties by the names the writer of workbooks has for them
Look = tuple[tuple[str, Property], ...]
SIDES = frozenset({"left", "right", "top", "bottom"})


class DrawnArea(Struct, frozen=True, order=True):
    """Cells that form a rectangle, the last row and column among them."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def first(self) -> Spot:
        """The cell in the top left corner."""
        return self.top, self.left

    @property
    def last(self) -> Spot:
        """The cell in the bottom right corner."""
        return self.bottom, self.right

    @property
    def shape(self) -> tuple[int, int]:
        """How many rows and columns there are."""
        return self.bottom - self.top + 1, self.right - self.left + 1

    @property
    def columns(self) -> range:
        """The columns, left to right."""
        return range(self.left, self.right + 1)

    @property
    def rows(self) -> range:
        """The rows, top to bottom."""
        return range(self.top, self.bottom + 1)

    def spots(self) -> Iterator[Spot]:
        """Give the cells, row by row."""
        return ((row, column) for row in self.rows for column in self.columns)

    def covers(self, other: DrawnArea) -> bool:
        """Whether all of another area lies in this one."""
        rows = self.top <= other.top and other.bottom <= self.bottom
        return rows and self.left <= other.left and other.right <= self.right

    def moved(self, rows: int) -> DrawnArea:
        """Give the area so many rows further down."""
        return DrawnArea(self.top + rows, self.left, self.bottom + rows, self.right)

    def __str__(self) -> str:
        return a1(*self.first) if self.first == self.last else f"{a1(*self.first)}:{a1(*self.last)}"


def area_of(spot: Spot) -> DrawnArea:
    """Give the area that is this one cell."""
    return DrawnArea(*spot, *spot)


class Style(Struct, frozen=True):
    """How a cell looks, as far as it says what belongs there."""

    number_format: str = "General"
    lines: frozenset[str] = frozenset()  # the sides with a line
    align: str = ""  # horizontally; "" where it goes by what the cell holds


class DrawnCell(Struct, frozen=True):
    """A cell of a drawing. `formula` begins with =, one over arrays with {=, and ends with }.

    `style` counts in the drawing's `styles`; `runs` are the parts of a text in several fonts, each
    with its own.
    """

    raw: Raw = None
    formula: str = ""
    style: int = 0
    comment: str = ""
    look: Look = ()
    runs: tuple[tuple[str, Look], ...] = ()


class Validation(Struct, frozen=True):
    """What some cells take: `type` and `formulas` as the file has them, choices where listed.

    `settings` are what else it says, by the names the writer of workbooks has for it.
    """

    areas: tuple[DrawnArea, ...]
    type: str
    formulas: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    prompt: str = ""
    settings: Mapping[str, Property] = field(default_factory=dict)


class Condition(Struct, frozen=True):
    """A look that some cells take on; of its options a text that begins with = is a formula.

    References in it are as seen from the first cell of the first area.
    """

    areas: tuple[DrawnArea, ...]
    options: Mapping[str, Property]
    look: Look = ()


class PrintSetup(Struct, frozen=True):
    """How a sheet is printed. Margins in inches: left, right, top, bottom, header, footer."""

    areas: tuple[DrawnArea, ...] = ()
    title_rows: Span | None = None
    title_columns: Span | None = None
    row_breaks: tuple[int, ...] = ()  # a page ends above these
    column_breaks: tuple[int, ...] = ()
    paper: int = 0  # as the file counts them: 9 is A4; 0 not said
    landscape: bool = False
    scale: int = 100
    fit: tuple[int, int] | None = None  # pages across and down; 0 as many as it takes
    margins: tuple[float, ...] = (0.7, 0.7, 0.75, 0.75, 0.3, 0.3)
    header: str = ""
    footer: str = ""
    across: bool = False  # whether it is centred between left and right
    down: bool = False
    gridlines: bool = False
    first_page: int = 0  # the number of the first page; 0 goes on counting
    over_then_down: bool = False


class View(Struct, frozen=True):
    """How a sheet is seen: rows and columns that stay, zoom, the colour of its tab."""

    frozen: Spot = (0, 0)
    zoom: int = 100
    gridlines: bool = True
    zeros: bool = True
    tab: str = ""


class Strip(Struct, frozen=True):
    """A row or a column as a whole: level of the outline, the look of cells that are not there."""

    level: int = 0
    collapsed: bool = False
    look: Look = ()


EMPTY = DrawnCell()


class DrawnSheet(Struct, frozen=True, dict=True):
    """A sheet of a drawing; widths in characters, heights in points, where they are set.

    `normal` is the font of its workbook's plain cells, in which a width is counted; `names` are
    what that gives a name, one of a sheet alone with the sheet before it.
    """

    name: str
    cells: Mapping[Spot, DrawnCell]
    merges: tuple[DrawnArea, ...] = ()
    validations: tuple[Validation, ...] = ()
    widths: Mapping[int, float] = field(default_factory=dict)
    heights: Mapping[int, float] = field(default_factory=dict)
    hidden: bool = False
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    protected: bool = False
    printed: PrintSetup = PrintSetup()
    view: View = View()
    rows: Mapping[int, Strip] = field(default_factory=dict)
    columns: Mapping[int, Strip] = field(default_factory=dict)
    row_height: float = 0.0  # of rows that set none; 0 goes by the font
    column_width: float = 0.0
    conditions: tuple[Condition, ...] = ()
    normal: Look = ()
    names: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def _merged(self) -> dict[Spot, DrawnArea]:
        return {spot: area for area in self.merges for spot in area.spots()}

    @cached_property
    def last(self) -> Spot:
        """The last row and the last column with a cell."""
        spots = [*self.cells, *(area.last for area in self.merges)] or [(0, 0)]
        return max(row for row, _ in spots), max(column for _, column in spots)

    def area(self, spot: Spot) -> DrawnArea:
        """Give the merged area a cell belongs to, or the cell alone."""
        return self._merged.get(spot) or area_of(spot)

    def cell(self, spot: Spot) -> DrawnCell:
        """Give what stands in a cell."""
        return self.cells.get(spot, EMPTY)

    def text(self, spot: Spot) -> str:
        """Give the wording of a cell, blanks at its ends left out; "" for a formula or nothing."""
        cell = self.cell(spot)
        return "" if cell.formula else text_of(cell.raw).strip()

    def is_empty(self, spot: Spot) -> bool:
        """Whether a cell holds nothing."""
        return not self.cell(spot).formula and not self.text(spot)

    def texts(self) -> Iterator[tuple[Spot, str]]:
        """Give every wording, row by row."""
        return ((spot, text) for spot in sorted(self.cells) if (text := self.text(spot)))

    @cached_property
    def formulas(self) -> Mapping[Spot, str]:
        """Every formula, row by row."""
        found = ((spot, self.cells[spot].formula) for spot in sorted(self.cells))
        return {spot: formula for spot, formula in found if formula}

    def choices(self, spot: Spot) -> tuple[str, ...]:
        """Give what the drop-down of a cell offers, () where it has none."""
        here = area_of(spot)
        offered = (v.choices for v in self.validations if any(a.covers(here) for a in v.areas))
        return next((choices for choices in offered if choices), ())


class Drawing(Struct, frozen=True):
    """A workbook as drawn: its sheets in their order, and the styles its cells count in."""

    sheets: tuple[DrawnSheet, ...]
    styles: tuple[Style, ...] = (Style(),)
    told: tuple[FormFault, ...] = ()  # what cannot be read as it stands, what is lost

    def sheet(self, name: str) -> DrawnSheet | None:
        """Give the sheet of this name; case makes no other."""
        return next((s for s in self.sheets if s.name.casefold() == name.casefold()), None)

    def style(self, cell: DrawnCell) -> Style:
        """Give how a cell looks."""
        return self.styles[cell.style]
