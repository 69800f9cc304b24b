"""What is understood of an office's form: its cells to fill, lists, indicators, checks, faults."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cached_property

from msgspec import Struct, field

from perfxl.check.rule import Severity
from perfxl.form.drawing import Drawing, DrawnArea, DrawnSheet, Spot
from perfxl.form.faults import FormFault
from perfxl.forms.office.tokens import Token
from perfxl.text.stubs import year_of

CHECKS_SHEET, NOTES_SHEET = "勾稽关系", "表样说明"
OF_THE_TOOL = frozenset({CHECKS_SHEET, NOTES_SHEET})
MOST_TOKENS = 3_000  # a form with more is no form: ours has some two hundred


class Input(Struct, frozen=True):
    """A cell with a token, merged or not; `label` is its wording, row and column."""

    sheet: str
    area: DrawnArea
    token: Token
    label: str = ""
    choices: tuple[str, ...] = ()

    @property
    def spot(self) -> Spot:
        """Where the token stands."""
        return self.area.first


class OpenList(Struct, frozen=True):
    """A list: its pattern row, how many rows it gets, the empty rows below that belong to it.

    `labels` are merged areas down across the pattern row, which grow with it; `inputs` the tokens
    of the row.
    """

    sheet: str
    row: int
    rows: int
    spare: int
    inputs: tuple[Input, ...]
    labels: tuple[DrawnArea, ...]

    @property
    def drawn(self) -> range:
        """The rows it takes up in the drawing."""
        return range(self.row, self.row + 1 + self.spare)

    def pattern(self, area: DrawnArea) -> bool:
        """Whether an area covers the pattern row."""
        return self.row in area.rows


class IndicatorRow(Struct, frozen=True):
    """A row with a target and an actual: where each column stands, a token or wording."""

    sheet: str
    row: int
    columns: Mapping[str, Spot]


class DrawnCheck(Struct, frozen=True):
    """A row of «勾稽关系», its sides as typed."""

    id: str
    severity: Severity
    what: str
    left: str
    relation: str
    right: str
    tolerance: Decimal | None
    fix: str
    row: int


class Notes(Struct, frozen=True):
    """What «表样说明» states; "" and None where it does not."""

    name: str = ""
    edition: str = ""
    year: int | None = None
    money: str = "万元"


class OfficeForm(Struct, frozen=True, dict=True):
    """An office's form as understood. `shown` are cells whose wording names unit or year."""

    drawing: Drawing
    notes: Notes = Notes()
    inputs: tuple[Input, ...] = ()
    lists: tuple[OpenList, ...] = ()
    indicators: tuple[IndicatorRow, ...] = ()
    shown: Mapping[tuple[str, Spot], tuple[Token, ...]] = field(default_factory=dict)
    checks: tuple[DrawnCheck, ...] = ()
    faults: tuple[FormFault, ...] = ()
    remarks: tuple[FormFault, ...] = ()

    @cached_property
    def sheets(self) -> tuple[DrawnSheet, ...]:
        """The sheets of the form itself."""
        return form_sheets(self.drawing)

    @cached_property
    def year(self) -> int | None:
        """The year it is of: that it states, else the only one it prints in a line «(2023年度)»."""
        printed = {year_of(text) for sheet in self.sheets for _, text in sheet.texts()} - {""}
        return self.notes.year or (int(printed.pop()) if len(printed) == 1 else None)

    def lists_of(self, sheet: str) -> Iterator[OpenList]:
        """Give the lists of a sheet."""
        return (one for one in self.lists if one.sheet == sheet)


def form_sheets(drawing: Drawing) -> tuple[DrawnSheet, ...]:
    """Give the sheets of a drawing that are part of the form."""
    return tuple(sheet for sheet in drawing.sheets if sheet.name.strip() not in OF_THE_TOOL)
