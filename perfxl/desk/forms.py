"""An office's own form on the page: what was understood of it, drawn as its sheets are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from perfxl.desk.runs import DeskRun
from perfxl.disk.files import safe_name
from perfxl.errors import PerfxlError
from perfxl.form.addresses import a1
from perfxl.form.drawing import DrawnSheet, Spot
from perfxl.forms.office.model import OF_THE_TOOL
from perfxl.forms.office.tokens import is_token
from perfxl.reading.drawing import read_drawing
from perfxl.reading.intake import read_bytes
from perfxl.returns.office import ENDING, JudgedForm, form_of_office
from perfxl.run.process import LIMITS, Lost
from perfxl.run.work import lost_error
from perfxl.run.workers import Workers

MOST_ROWS, MOST_COLUMNS = 300, 40  # of a sheet that are shown


class PageCell(Struct, frozen=True):
    """A cell as a page shows it, merged or not; `mark` says what is to be seen of it."""

    text: str
    place: str
    rows: int
    columns: int
    mark: str  # "token" for one to fill, "fault" for one to put right


class PageSheet(Struct, frozen=True):
    """A sheet as a page shows it."""

    name: str
    rows: tuple[tuple[PageCell, ...], ...]
    cut: bool  # whether there is more of it
    about: bool  # whether it is none of the form's, but says something of it


class PageForm(Struct, frozen=True):
    """A form as a page shows it: the judgement of the command, and the sheets."""

    judged: JudgedForm
    sheets: tuple[PageSheet, ...]


class FormJob(Struct, frozen=True):
    """A workbook to judge, and the folder for what is proposed."""

    path: Path
    target: Path


class FormRun(DeskRun):
    """A form that is judged, what it is called, and what came of it."""

    called: str = ""
    form: PageForm | None = None

    @property
    def written_name(self) -> str:
        """The name under which what is proposed is downloaded, as the command would call it."""
        return f"{safe_name(Path(self.called).stem)}{ENDING}.xlsx"

    def judge(self, job: FormJob, use: Callable[[Path], None]) -> None:
        """Judge the form in a process of its own, and have one that is ready used from now on.

        Raise PerfxlError where it cannot be read.
        """
        with Workers(judged, 1, _nothing, (), LIMITS) as workers:
            (found,) = workers.results([workers.start(job)])
        if isinstance(found, Lost):
            raise lost_error(found)
        if isinstance(found, PerfxlError):
            raise found
        self.form = found
        if found.judged.ready:
            use(job.path)


def judged(job: FormJob) -> PageForm | PerfxlError:
    """Give the form as it was understood; of one without tokens, as it is proposed."""
    try:
        found = form_of_office(job.path, job.target)
        drawing = read_drawing(read_bytes(found.written or job.path))
    except PerfxlError as error:
        return error
    wrong = {(fault.sheet, fault.spot) for fault in found.faults}
    shown = (_sheet(sheet, wrong) for sheet in drawing.sheets if not sheet.hidden)
    return PageForm(found, tuple(shown))


def _nothing() -> None:
    """What the process needs beforehand."""


def _sheet(sheet: DrawnSheet, wrong: set[tuple[str, Spot | None]]) -> PageSheet:
    used = [spot for spot in sheet.cells if not sheet.is_empty(spot)]
    used += [area.last for area in sheet.merges]
    height = 1 + max((row for row, _ in used), default=0)
    width = 1 + max((column for _, column in used), default=0)
    rows, columns = min(height, MOST_ROWS), min(width, MOST_COLUMNS)
    shown = (
        tuple(
            _cell(sheet, (row, column), (rows, columns), wrong)
            for column in range(columns)
            if sheet.area((row, column)).first == (row, column)
        )
        for row in range(rows)
    )
    cut, about = (rows, columns) != (height, width), sheet.name.strip() in OF_THE_TOOL
    return PageSheet(sheet.name, tuple(shown), cut, about)


def _cell(
    sheet: DrawnSheet, spot: Spot, end: Spot, wrong: set[tuple[str, Spot | None]]
) -> PageCell:
    area, cell = sheet.area(spot), sheet.cell(spot)
    text = cell.formula or sheet.text(spot)
    token = "token" if is_token(text) else ""
    mark = "fault" if (sheet.name, spot) in wrong else token
    rows, columns = (
        min(a.stop, e) - a.start for a, e in zip((area.rows, area.columns), end, strict=True)
    )
    return PageCell(text, a1(*spot), rows, columns, mark)
