"""What a rendered workbook may carry beyond its form: marked cells, charts, links to files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct, field

from perfxl.form.identity import NOBODY, Issued

if TYPE_CHECKING:
    from perfxl.expr.tree import Key


class Flag(Struct, frozen=True):
    """What is wrong with a cell: severity (error, verify, note) and the text of its note."""

    severity: str
    text: str


class Chart(Struct, frozen=True):
    """A native chart: `series` are (name, keys) against the texts of `labels`.

    `kind` is "bar" (lying, for long labels) or "column" (standing, with its figures).
    """

    sheet: str
    title: str
    labels: Sequence[Key]
    series: Sequence[tuple[str, Sequence[Key]]]
    percent: bool = False
    row: int = 2
    height: int = 360  # pixels
    width: int = 620
    kind: str = "bar"


class Extras(Struct, frozen=True):
    """What a workbook has beyond its form: whom it is for, and what a result adds.

    `files` are paths, with "/" and from the workbook's own folder, that a click on a cell opens.
    """

    issued: Issued = NOBODY
    flags: Mapping[Key, Flag] = field(default_factory=dict)
    charts: Sequence[Chart] = ()
    files: Mapping[Key, str] = field(default_factory=dict)
    first_sheet: str = ""  # the sheet to open at
    # cells that show small bars of the figures in others, which stand side by side
    sparklines: Mapping[Key, Sequence[Key]] = field(default_factory=dict)
    result_of: str = ""  # the mark of the return it is the result of, which is then sealed
