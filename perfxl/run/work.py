"""What a worker does with one return: read it, check it, write its result, keep its record."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from perfxl.disk.files import safe_name
from perfxl.errors import PerfxlError, Unanswered, Unreadable, UsageError
from perfxl.form.layout import place
from perfxl.form.register import Register, Unit
from perfxl.reading.values import read_elsewhere
from perfxl.returns import workflow
from perfxl.returns.output import Checked
from perfxl.returns.records import UNREADABLE, Record, record_of
from perfxl.returns.workflow import Terms
from perfxl.run.beside import Printing
from perfxl.run.process import DIED, FAULT, OUTGREW, OVERRAN, Lost
from perfxl.run.reader import Asked
from perfxl.run.sources import Source, source_fingerprint

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

_LOST = {DIED: "worker-died", OVERRAN: "too-slow", OUTGREW: "too-large", FAULT: "fault"}
ENGINE = "perfxl.run.engine"
TOOLS = ("perfxl.reading.bind", "perfxl.reading.sheets", "perfxl.render.workbook")
SHORTEST_CODE = 4  # of a code that is all a file's name says: «1» may only number it
_NEXT = r"20\d\d|部门整体|绩效|自评"  # what people write behind a unit's name without a blank
_terms: Terms | None = None
_printing: Printing | None = None


class CheckJob(Struct, frozen=True):
    """A return to check, and where its result goes (None: nowhere), told from `base` on.

    `previous` is the file of an earlier round to hold it against, `report` the unit's report.
    """

    source: Source
    target: Path | None
    base: Path | None = None
    previous: Path | None = None
    report: Path | None = None

    @property
    def mark(self) -> str:
        """The mark by which the result says which return it is of."""
        return source_fingerprint(self.source, self.target.parent) if self.target else ""


def begin(terms: Terms, reader: Connection[Any, Any] | None = None) -> None:
    """Take the terms all jobs of this process are checked by, and the process that reads, if any.

    While that gets ready, what any return takes is made ready here; formulas are printed beside.
    """
    global _terms, _printing
    _terms = terms
    for name in TOOLS:
        import_module(name)
    if reader is None:
        import_module(ENGINE)
        return
    asked = Asked(reader)
    read_elsewhere(asked.read)
    _printing = Printing(place(workflow.live_form(terms.form)))


def terms() -> Terms:
    """Give the terms this process was begun with."""
    assert _terms is not None, "begin comes first"
    return _terms


def work(job: CheckJob) -> Record | UsageError:
    """Give the record of a return, its result written; or why the job cannot be done."""
    try:
        return check_one(job, terms())
    except UsageError as error:
        return error


def check_one(job: CheckJob, terms: Terms) -> Record:
    """Give the record of a return checked by these terms, its result written.

    Raise UsageError where it cannot be held against a report or the file of an earlier round.
    """
    path = Path(job.source.name)
    report = None if job.report is None else workflow.read_report(job.report)
    try:
        data = job.source.read()
    except Unreadable as error:
        return _record(Checked(path, error=error), job.source, terms.register)
    try:
        checked = workflow.check_bytes(path, data, terms, report)
    except Unreadable as error:
        checked = Checked(path, error=error)
    checked = replace(checked, sha256=hashlib.sha256(data).hexdigest())
    if job.previous is not None:
        checked = workflow.checked_against(checked, job.previous, terms, report)
    _take_printed()
    written = workflow.write_result(checked, job.target, job.mark)
    if written.result is not None and job.base is not None:
        written = replace(written, result=written.result.relative_to(job.base))
    return _record(written, job.source, terms.register)


def _take_printed() -> None:
    global _printing
    printing, _printing = _printing, None
    if printing is not None:
        printing.take()


def lost_record(source: Source, lost: Lost, register: Register) -> Record:
    """Give the record of a return whose check ended without an answer."""
    return _record(Checked(Path(source.name), error=lost_error(lost)), source, register)


def lost_error(lost: Lost) -> PerfxlError:
    """Give what to tell of a return whose process ended without an answer."""
    return Unanswered.of(_LOST[lost.why])


def _record(checked: Checked, source: Source, register: Register) -> Record:
    record = record_of(checked, source.name, source.received, register)
    if record["standing"] == UNREADABLE:
        record["unit"] = named_in(source, register)
    return record


def named_in(source: Source, register: Register) -> str | None:
    """Give the code of the unit a file's name tells of, by code or name as the templates' names do.

    All there is to go by for a file that cannot be read; None where the name does not say for
    certain. A code counts at the beginning, a name where it stands alone; of names one within the
    other («教育局», «教育局(本级)») the longest does.
    """
    stem = _folded(source.stem)
    code = re.split(r"[_\s(]", stem, maxsplit=1)[0]
    if len(code) < SHORTEST_CODE and not stem.startswith(f"{code}_"):
        code = ""
    alone = {unit.name for unit in register.units if _stands_alone(unit, stem)}
    longest = max(alone, key=len, default="")
    several = any(name not in longest for name in alone)
    found = None if several else register.belonging(code, longest).unit
    return found.code if found else None


def _stands_alone(unit: Unit, stem: str) -> bool:
    """Whether the name of a unit is in that of a file, and not as a part of a longer one."""
    code, name = (re.escape(_folded(safe_name(text))) for text in (unit.code, unit.name))
    behind = rf"^|[\W_]|{code}" if unit.code else r"^|[\W_]"
    found = re.search(rf"(?:{behind}){name}(?=$|[\W_]|{_NEXT})", stem)
    return bool(unit.name) and found is not None


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold()
