"""What is kept of a checked return: plain data as JSON has it, enough for all that comes after.

Roll-up, letters and export are made from these records alone, so a season's returns are read and
checked once, in processes of their own, and never held all at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any, TypedDict

from msgspec import Struct

from perfxl.check.findings import Outcome
from perfxl.check.rule import Severity
from perfxl.expr.tree import Key
from perfxl.form.answers import BLANK, Values
from perfxl.form.identity import Issued
from perfxl.form.layout import place
from perfxl.form.model import Form, Kind, Row
from perfxl.form.raw import text_of
from perfxl.form.register import NO_REGISTER, Register, Unit
from perfxl.form.relations import ExecutionRate, Identity, Indicators
from perfxl.returns import output
from perfxl.returns.output import Checked
from perfxl.returns.result import verdict_text
from perfxl.text.amounts import Measure

# how a return stands, gravest last; 通过, 待核实, 退回修改, 无法审核
PASSED, TO_VERIFY, TO_CORRECT, UNREADABLE = STANDINGS = (
    "passed",
    "verify",
    "correct",
    "unreadable",
)
STANDING_WORDS = dict(zip(STANDINGS, ("通过", "待核实", "退回修改", "无法审核"), strict=True))
FAULT, OUR_FAULT = "fault", 5  # error and exit code where perfxl itself failed
COMPUTED = {Kind.AMOUNT, Kind.SCORE, Kind.RATE}  # kinds of computed cells worth keeping


class FilledCell(TypedDict):
    """One filled cell: its key, what the form calls it, where it stands in the return, its value.

    `value` is text: an amount's or score's digits, a rate as a fraction, words as typed.
    `cell` is "" for a computed cell that the return has no room for.
    """

    key: str
    label: str
    sheet: str
    cell: str
    kind: str
    value: str


class Counts(TypedDict):
    """Findings of one return: by severity, 核实 explained and still open, checks not judged."""

    error: int
    verify: int
    note: int
    explained: int
    open: int
    not_checked: int


class Record(TypedDict):
    """One return as checked.

    `source` is its path, that of a member behind its archive's; `document` is its entry in
    `check --json`; `unit` is the code of the unit of the register it belongs to, None where that
    is not certain; `project` is the one of the unit's it is of, "" where a unit reports once;
    `saved` and `received` are ISO 8601, "" where not known; `form_year` is the
    year it was held against, None where it could not be read; `rate` is the execution rate, a
    fraction of four places; `verdict` and `lines` are for people.
    """

    source: str
    received: str
    saved: str
    standing: str
    verdict: str
    unit: str | None
    project: str
    form_year: int | None
    counts: Counts
    rate: str | None
    document: dict[str, Any]
    facts: list[FilledCell]
    lines: list[str]


class Entry(Struct, frozen=True):
    """A record in short: enough to tell which of a unit's returns counts.

    `year_fits` is False where the year filled in is another than the one it was held against.
    """

    source: str
    sha256: str
    unit: str | None
    standing: str
    saved: str
    received: str
    result: str  # path of its result, "" where none was written
    year_fits: bool = True
    project: str = ""


def entry_of(record: Record) -> Entry:
    """Give a record in short."""
    document = record["document"]
    return Entry(
        record["source"],
        document["sha256"] or "",
        record["unit"],
        record["standing"],
        record["saved"],
        record["received"],
        document["result"] or "",
        year_fits=document["year"] in {None, record["form_year"]},
        project=record["project"],
    )


def record_of(
    checked: Checked, source: str, received: str = "", register: Register = NO_REGISTER
) -> Record:
    """Give the record of a checked return."""
    values, outcome = checked.values, checked.outcome
    read = values is not None and outcome is not None and checked.error is None
    return Record(
        source=source,
        received=received,
        saved=checked.saved,
        standing=standing_of(outcome) if read and outcome else UNREADABLE,
        verdict=verdict_text(outcome) if read and outcome else "",
        unit=_unit_code(values, register, checked.issued) if values else None,
        project=values.project if values else "",
        form_year=values.form.year if values else None,
        counts=_counts(outcome),
        rate=_rate(values) if values else None,
        document=output.file_document(checked),
        facts=list(_facts(values)) if values else [],
        lines=list(output.summary(checked)),
    )


def standing_of(outcome: Outcome) -> str:
    """Give how a return stands that could be read."""
    if outcome.count(Severity.ERROR):
        return TO_CORRECT
    return TO_VERIFY if outcome.open_points else PASSED


def exit_code(record: Record) -> int:
    """Give the exit code this return alone would give."""
    error = record["document"]["error"]
    if record["standing"] == UNREADABLE:
        return OUR_FAULT if error["code"] == FAULT else 3
    if error:  # its result could not be written
        return 4
    return 1 if record["counts"]["error"] else 0


def verdict_of(record: Record) -> str:
    """Give the one line that says how a return stands, or why it could not be checked."""
    error = record["document"]["error"]
    if error and record["standing"] == UNREADABLE:
        return f"{STANDING_WORDS[UNREADABLE]}:{error['message']}。{error['fix']}。"
    return record["verdict"]


def _counts(outcome: Outcome | None) -> Counts:
    found = outcome or Outcome((), ())
    explained = sum(bool(finding.explained) for finding in found.findings)
    return Counts(
        error=found.count(Severity.ERROR),
        verify=found.count(Severity.VERIFY),
        note=found.count(Severity.NOTE),
        explained=explained,
        open=found.open_points,
        not_checked=len(found.not_checked),
    )


def reporting(values: Values, issued: Issued) -> Unit:
    """Give who reports, as stated; on a form that does not ask, whom it was issued to."""
    if values.form.only(Identity) is None:
        return Unit(issued.code, issued.name)
    return Unit(values.unit_code, values.unit_name)


def _unit_code(values: Values, register: Register, issued: Issued) -> str | None:
    unit = reporting(values, issued)
    found = register.belonging(unit.code, unit.name, issued.code)
    return found.unit.code if found.unit else None


def indicator_rows(
    facts: Iterable[FilledCell], listed: Indicators, form: Form
) -> Iterator[RecordedRow]:
    """Give the rows of a block that hold an indicator, from top to bottom."""
    block, rows = form.blocks[listed.block], dict[str, dict[str, FilledCell]]()
    for fact in facts:
        at, row, column = f"{fact['key']}.value".split(".")[:3]
        if at == listed.block:
            rows.setdefault(row, {})[column] = fact
    for row, cells in rows.items():
        like = block.rows[block.numbers.get(row, 0)]  # a list may have grown: its rows are alike
        if not cells.keys().isdisjoint(listed.marks(like)):
            yield RecordedRow(like, row, cells)


class RecordedRow(Struct, frozen=True):
    """An indicator as a record has it: what the form says of its row, and what the unit filled."""

    form: Row
    key: str
    cells: Mapping[str, FilledCell]

    def text(self, column: str) -> str | None:
        """Give what stands in a column, typed or printed, None where nothing does."""
        if column in self.cells:
            return self.cells[column]["value"]
        item = self.form.items.get(column)
        given = item.given if item else None
        return None if given in {None, ""} else text_of(given)


def _rate(values: Values) -> str | None:
    rate = values.form.only(ExecutionRate)
    number = values.number(rate.rate) if rate else None
    return None if number is None else Measure.RATE.data(number)


def _facts(values: Values) -> Iterator[FilledCell]:
    """Give every filled input, and the computed amounts, scores and rates."""
    layout, form = place(values.form), values.form
    for key, item in form.items.items():
        if layout.sheet(key).key in {"cover", "checks", "row_checks"}:
            continue
        kept = item.is_input or (item.formula is not None and item.kind in COMPUTED)
        text = _value_text(values, key) if kept else ""
        if text:
            address = values.answers.get(key, BLANK).cell.address
            yield FilledCell(
                key=str(key),
                label=form.label(key),
                sheet=address.sheet if address else layout.sheet(key).name,
                cell=address.cell if address else "",
                kind=item.kind.value,
                value=text,
            )


def _value_text(values: Values, key: Key) -> str:
    """Give a value as data; words and dates as they were typed."""
    shown = values.answers.get(key, BLANK).shown
    value = values.get(key)
    if shown or not isinstance(value, Decimal):
        return shown or values.text(key) or ""
    return f"{value:f}"
