"""`perfxl form`: an office's own form judged, tokens proposed for it, or a shipped one written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from perfxl.disk import resources
from perfxl.disk.files import demand_free, place_for, safe_name, write_file
from perfxl.form.drawing import Drawing, Spot
from perfxl.form.faults import FormFault, Wrong
from perfxl.forms.office import told
from perfxl.forms.office.compiled import compiled
from perfxl.forms.office.drawn import has_tokens, sheet_faults, understand
from perfxl.forms.office.model import CHECKS_SHEET, NOTES_SHEET
from perfxl.forms.office.propose import Proposed, propose
from perfxl.forms.office.suggested import check_rows, note_rows
from perfxl.forms.shipped import ShippedForm, form_of
from perfxl.reading.drawing import form_bytes, read_drawing
from perfxl.render.inserted import AddedSheet, with_texts
from perfxl.returns.makers import shipped_form
from perfxl.returns.taken_out import taken_out_book
from perfxl.returns.workflow import load_rubric

ENDING = "_表样"  # of the name of what is proposed
_CHECK_WIDTHS = (8, 8, 44, 34, 8, 34, 8, 44)
_NOTE_WIDTHS = (20, 12, 30, 44, 44)


class JudgedForm(Struct, frozen=True):
    """What became of a form: the lines to say, its faults, what was written."""

    lines: tuple[str, ...] = ()
    faults: tuple[FormFault, ...] = ()
    written: Path | None = None

    @property
    def ready(self) -> bool:
        """Whether returns can be checked by it as it is."""
        return not self.faults and self.written is None


def form_of_office(path: Path, target: Path | None) -> JudgedForm:
    """Give the judgement of a workbook with tokens; for one without, write one that has them.

    Raise Unreadable where it cannot be read, WriteError where something else stands in its place.
    """
    data = form_bytes(path)
    drawing = read_drawing(data)
    if has_tokens(drawing):
        office = understand(drawing)
        if office.faults:
            return JudgedForm(faults=office.faults)
        made = compiled(office, office.notes.year or 0)
        return JudgedForm((*told.holds(office), *told.stands_for(made)))
    faults = tuple(sheet_faults(drawing))
    proposed = propose(drawing)
    if faults or not proposed.cells:
        return JudgedForm(faults=faults or (_nothing(drawing),))
    name = f"{safe_name(path.stem)}{ENDING}.xlsx"
    place = demand_free(place_for(target or path.parent, name, {".xlsx"}))
    added = list(_added(drawing, proposed))
    checks = sum(len(sheet.rows) - 1 for sheet in added if sheet.name == CHECKS_SHEET)
    written = write_file(place, with_texts(data, _texts(proposed), added))
    return JudgedForm(tuple(told.proposals(proposed, checks)), (), written)


def write_shipped(name: str, target: Path | None) -> Path:
    """Write the shipped 表样 of this id, and give where; an existing file is never replaced.

    Raise UsageError where there is none, WriteError where it cannot be written.
    """
    shipped = shipped_form(name)
    file_name = f"{shipped.file_name.removesuffix('.xlsx')}{ENDING}.xlsx"
    place = demand_free(place_for(target or Path(), file_name, {".xlsx"}))
    return write_file(place, shipped_bytes(shipped))


def shipped_bytes(shipped: ShippedForm) -> bytes:
    """Give the 表样 of a shipped form: its file, or made of what the program declares."""
    if shipped.drawn:
        return resources.form_path(shipped.file_name).read_bytes()
    rubric = load_rubric(None)
    return taken_out_book(shipped, form_of(rubric), rubric)


def _nothing(drawing: Drawing) -> FormFault:
    return FormFault(drawing.sheets[0].name, None, Wrong.of("nothing-to-fill"))


def _texts(proposed: Proposed) -> dict[str, dict[Spot, str]]:
    texts: dict[str, dict[Spot, str]] = {}
    for one in proposed.cells:
        texts.setdefault(one.sheet, {})[one.area.first] = one.text
    return texts


def _added(drawing: Drawing, proposed: Proposed) -> Iterator[AddedSheet]:
    """Give the sheets of the tool; one the office has already is left as it is."""
    if drawing.sheet(CHECKS_SHEET) is None:
        yield AddedSheet(CHECKS_SHEET, check_rows(drawing, proposed), _CHECK_WIDTHS)
    if drawing.sheet(NOTES_SHEET) is None:
        yield AddedSheet(NOTES_SHEET, note_rows(drawing, proposed), _NOTE_WIDTHS)
