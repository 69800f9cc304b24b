"""The verbs that touch disk: write a template, check returns, write results."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from perfxl.check.findings import Outcome
from perfxl.check.judging import check
from perfxl.check.rounds import Reviewed, compare
from perfxl.disk import resources
from perfxl.disk.files import demand_free, place_for, safe_name, write_beside, write_file
from perfxl.errors import (
    GIVE_A_DOCUMENT,
    RubricError,
    Unreadable,
    UsageError,
    WriteError,
    system_words,
)
from perfxl.expr.texts import folded
from perfxl.expr.tree import Key
from perfxl.form.answers import BLANK, Cell, Prefill, Submission, Values, read_answers
from perfxl.form.document import Manuscript
from perfxl.form.identity import Issued
from perfxl.form.layout import place
from perfxl.form.model import YEARS, Form, Kind
from perfxl.form.ours import OWN_SHEETS
from perfxl.form.raw import Raw, text_of
from perfxl.form.register import NO_REGISTER, Register, Unit
from perfxl.form.relations import Balance, Identity
from perfxl.forms.shipped import DECLARED, SHIPPED, Maker, form_of
from perfxl.reading.intake import looks_like_workbook, read_bytes
from perfxl.reading.kinds import SUFFIXES
from perfxl.render.draft import Draft
from perfxl.render.extras import Extras
from perfxl.returns.live import cover_alone, with_checks
from perfxl.returns.output import Checked
from perfxl.returns.result import result
from perfxl.rubric import toml as rubric_toml
from perfxl.rubric.answers import draft_of
from perfxl.rubric.model import Rubric
from perfxl.rubric.sheet import lists_of, rubric_cells, rubric_form
from perfxl.rubric.soundness import rubric_of
from perfxl.rules import rules_of
from perfxl.rules.indicators import I01, I02
from perfxl.rules.report import coverage
from perfxl.rules.scale import X07

if TYPE_CHECKING:
    from perfxl.reading.sheets import Book

DEFAULT_RUBRIC = "guangdong-2022-example"
RUBRIC_SUFFIXES = {".xlsx", ".toml"}
PREFILLED, EARLIER = "预填的数里", "上次报送的表里"  # where amounts are known from


# ---------------------------------------------------------------- the form


def load_rubric(path: Path | None) -> Rubric:
    """Give the rubric of a TOML file or workbook, or the one that comes with perfxl."""
    source = path or resources.rubric_path(DEFAULT_RUBRIC)
    try:
        if source.exists() and not source.is_file():  # a pipe may never come to an end
            raise UsageError.of("rubric-no-file", path=source)
        data = source.read_bytes()
    except OSError as error:
        raise UsageError.of("rubric-not-there", path=source, why=system_words(error)) from error
    try:
        return read_rubric(data, _is_workbook(source, data))
    except RubricError as error:
        count, listed = len(error.faults), error.listed
        raise UsageError.of(
            "rubric-faulty", name=source.name, count=count, listed=listed
        ) from error
    except Unreadable as error:
        raise UsageError.of("rubric-unreadable", name=source.name, why=error.message) from error


def _is_workbook(source: Path, data: bytes) -> bool:
    return source.suffix.lower() in SUFFIXES or looks_like_workbook(data)


def read_rubric(data: bytes, workbook: bool) -> Rubric:
    """Give the rubric in the bytes of a workbook or TOML file.

    Raise RubricError naming every fault, Unreadable where the bytes are neither.
    """
    if workbook:
        from perfxl.reading.bind import bind
        from perfxl.reading.sheets import read_book

        return rubric_of(*draft_of(bind(read_book(data), rubric_form())))
    try:
        return rubric_toml.parse(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise Unreadable.of("not-a-rubric") from error


def rubric_bytes(scale: Rubric) -> bytes:
    """Give the rubric as a workbook, as .xlsx bytes."""
    from perfxl.render.workbook import render

    form = rubric_form().grown(lists_of(scale))
    return render(Values(form, read_answers(form, rubric_cells(scale))))


def export_rubric(path: Path | None, target: Path | None) -> Path:
    """Write a TOML rubric as a workbook, or the reverse, and give where.

    It goes beside its source (the one that comes with perfxl: into this folder) unless `target`
    names a folder or a file, whose suffix then decides. An existing file is never replaced.
    """
    scale, source = load_rubric(path), path or Path(f"{DEFAULT_RUBRIC}.toml")
    other = ".xlsx" if source.suffix.lower() == ".toml" else ".toml"
    place = place_for(target or source.parent, f"{source.stem}{other}", RUBRIC_SUFFIXES)
    target = demand_free(place)
    as_text = target.suffix.lower() == ".toml"
    return write_file(target, rubric_toml.dump(scale).encode() if as_text else rubric_bytes(scale))


class Terms(Struct, frozen=True):
    """What returns are held against, all of it the issuer's: form, rubric, year, register.

    A `year` of None is the one that a return states, `usual` that of one which states none, and
    where that is None the form's own. `prefilled` is what was filled in for units beforehand, by
    their codes; `today` is the day of the check, None where no date in a return is held against it.
    """

    rubric: Rubric
    year: int | None = None
    register: Register = NO_REGISTER
    prefilled: Mapping[str, Prefill] = field(default_factory=dict)
    today: date | None = None
    maker: Maker = SHIPPED
    usual: int | None = None

    def __hash__(self) -> int:
        return hash((self.rubric, self.year, self.register, self.maker))  # `prefilled` has none

    @property
    def form(self) -> Form:
        """The form, blank and without its live checks."""
        return form_of(self.rubric, self.year or self.usual, self.maker)


class Wanted(Struct, frozen=True):
    """What a command line says of the form: the 表样, the rubric, the year; None where nothing."""

    form: Path | None = None
    rubric: Path | None = None
    year: int | None = None

    @property
    def ours(self) -> bool:
        """Whether the form that the program declares is named by its id."""
        return self.form is not None and str(self.form) == DECLARED and not self.form.is_file()

    def demand_nothing(self) -> None:
        """Raise UsageError where anything is said: in a season's folder all of it is settled."""
        said = {"two-forms": self.form, "two-rubrics": self.rubric, "two-years": self.year}
        for name in (name for name, one in said.items() if one is not None):
            raise UsageError.of(name)


NOTHING = Wanted()


def terms_of(wanted: Wanted, today: date) -> Terms:
    """Give the terms of a check outside any season; raise UsageError where there can be none."""
    form = None if wanted.ours else wanted.form
    if form is not None and wanted.rubric is not None:
        raise UsageError.of("rubric-of-form")
    rubric, last = load_rubric(wanted.rubric), today.year - 1
    if form is None:
        return Terms(rubric, wanted.year, today=today, usual=last)
    from perfxl.returns.makers import load_maker  # most forms are the shipped one

    maker = load_maker(form)
    return Terms(rubric, wanted.year, today=today, maker=maker, usual=maker.year or last)


@lru_cache(maxsize=8)
def _cover(form: Form) -> Form:
    return cover_alone(form)


@lru_cache(maxsize=4)
def live_form(form: Form) -> Form:
    """Give a form (grown or not) with cover, live checks and hints, as the template shows it."""
    return with_checks(form, rules_of(form))


def blank_name(form: Form) -> str:
    """Give the file name of the blank template of a form that is of no unit."""
    return f"{form.title}_{form.year}.xlsx"


# ---------------------------------------------------------------- template


def template_bytes(form: Form, unit: str = "", code: str = "") -> bytes:
    """Give a blank template, bound to a unit where one is named, as .xlsx bytes."""
    from perfxl.render.workbook import render

    live = live_form(form)
    cells = {key: Cell(raw) for key, raw in identity_of(form, Unit(code, unit)).items() if raw}
    return render(Values(live, read_answers(live, cells)), Extras(Issued(unit, code)))


def identity_of(form: Form, unit: Unit) -> dict[Key, Raw]:
    """Give what a form of this year says of a unit, cell by cell; "" where it is not known."""
    who = form.only(Identity)
    if who is None:
        return {}
    known: dict[Key, Raw] = {who.name: unit.name, who.code: unit.code}
    if who.department is not None:
        known[who.department] = unit.department
    return {**known, who.year: Decimal(form.year)}


def write_template(target: Path, form: Form, unit: str = "", code: str = "") -> Path:
    """Write a template and give its path; an existing file is never replaced."""
    name = f"{safe_name('_'.join(filter(None, (code, unit, form.title))))}.xlsx"
    place = demand_free(place_for(target, name, {".xlsx"}))
    return write_file(place, template_bytes(form, unit, code))


# ---------------------------------------------------------------- check


def check_file(path: Path, terms: Terms, report: Manuscript | None = None) -> Checked:
    """Give the check of one file; what cannot be read is said in `error`, never raised."""
    try:
        data = read_bytes(path)
        checked = check_bytes(path, data, terms, report)
    except Unreadable as error:
        return Checked(path, error=error)
    return replace(checked, sha256=hashlib.sha256(data).hexdigest())


def check_bytes(path: Path, data: bytes, terms: Terms, report: Manuscript | None = None) -> Checked:
    """Give the check of a workbook's bytes, held against the unit's report where there is one."""
    from perfxl.reading.bind import bind
    from perfxl.reading.sheets import read_book

    cover = _cover(terms.form)
    book = read_book(data, OWN_SHEETS - {sheet.name for sheet in cover.sheets})
    bound = (
        bind_in_its_year(book, terms.form, _cover)
        if terms.year is None
        else bind(book, terms.form, cover)
    )
    known = _prefilled(bound, terms)
    submission = replace(
        bound, register=terms.register, report=report, known=known, today=terms.today
    )
    values = Values(live_form(submission.form), submission.answers)
    outcome = check(submission, rules_of(values.form), values)
    unknown = next((f for f in outcome.findings if f.rule.id == "W01"), None)
    if unknown is not None:
        error = Unreadable(unknown.rule.name, unknown.message, unknown.rule.fix.rstrip("。"))
        return Checked(path, outcome=Outcome((unknown,), ()), error=error)
    covered = None if report is None else coverage(report, values)
    return Checked(
        path,
        None,
        values,
        outcome,
        submission.issued,
        submission.saved,
        report=covered,
        submission=submission,
    )


def bind_in_its_year(
    book: Book, form: Form, cover_of: Callable[[Form], Form | None] = lambda _: None
) -> Submission:
    """Give a return as one of the year its form's id says, else its unit, else that of the form."""
    from perfxl.reading.bind import bind, stated_form

    said = form.year_said_by(stated_form(book))
    own = form if said is None else form.of_year(said)
    bound = bind(book, own, cover_of(own))
    typed = typed_year(bound) if said is None else None
    if typed in {None, own.year}:
        return bound
    own = form.of_year(typed)
    return bind(book, own, cover_of(own))


def typed_year(bound: Submission) -> int | None:
    """Give the year that the unit filled in, None where that is no year of a form."""
    year = Values(bound.form, bound.answers).year
    return int(year) if year is not None and year in map(Decimal, YEARS) else None


def _prefilled(bound: Submission, terms: Terms) -> dict[str, dict[Key, Decimal]]:
    """Give the amounts the office filled in for the unit beforehand."""
    who = bound.form.only(Identity)
    typed = bound.answers.get(who.code, BLANK) if who else BLANK
    code = bound.issued.code or text_of(typed.cell.raw)
    amounts = {
        key: raw
        for key, raw in terms.prefilled.get(code, {}).items()
        if isinstance(raw, Decimal)
        and key in bound.form.items
        and bound.form.items[key].kind is Kind.AMOUNT
    }
    return {PREFILLED: amounts} if amounts else {}


def read_report(path: Path) -> Manuscript:
    """Give what the report in a file says; raise UsageError where it cannot be read."""
    from perfxl.reading.document import read_document

    try:
        if path.is_dir():
            raise Unreadable.of("not-a-report", kind="文件夹", what_to_do=GIVE_A_DOCUMENT)
        return read_document(read_bytes(path))
    except Unreadable as error:
        raise UsageError.of(
            "report-unreadable", name=path.name, why=error.message, fix=error.fix
        ) from error


def checked_against(
    checked: Checked, previous: Path, terms: Terms, report: Manuscript | None = None
) -> Checked:
    """Give the check of a file, held against that of an earlier round: a return or its result.

    Both are held against the same year and report, if any, or all they differ in would be new.
    Raise UsageError where the earlier file cannot be read or is another unit's.
    """
    year = checked.values.form.year if checked.values else terms.year
    earlier = check_file(previous, replace(terms, year=year), report)
    if earlier.error is not None:
        why, fix = earlier.error.message, earlier.error.fix
        raise UsageError.of("previous-unreadable", name=previous.name, why=why, fix=fix)
    if checked.error is not None:
        return checked
    checked = _knowing(checked, earlier.reviewed)
    before, now = earlier.reviewed, checked.reviewed
    if not _same_unit(before.values, now.values):
        names = [one.values.unit_name or "(未填)" for one in (before, now)]
        raise UsageError.of("previous-of-another", before=names[0], now=names[1])
    return replace(checked, changes=compare(before, now))


def _knowing(checked: Checked, earlier: Reviewed) -> Checked:
    """Give the check with the totals of an earlier round known, unless these were in doubt."""
    values, submission = checked.reviewed.values, checked.submission
    sides = [side for b in earlier.values.form.of(Balance) for side in (b.income, b.expenditure)]
    found = {side.computed: earlier.values.number(side.computed) for side in sides}
    totals = {key: total for key, total in found.items() if total}
    if submission is None or any(f.rule is X07 for f in earlier.outcome.findings):
        return checked
    submission = replace(submission, known={**submission.known, EARLIER: totals})
    return replace(
        checked, outcome=check(submission, rules_of(values.form), values), submission=submission
    )


def _same_unit(one: Values, other: Values) -> bool:
    """Whether two returns name one unit: by code or name, either may have been corrected since."""
    who = one.form.only(Identity)
    both = [(one.text(key), other.text(key)) for key in ((who.code, who.name) if who else ())]
    known = [(folded(left), folded(right)) for left, right in both if left and right]
    return not known or any(left == right for left, right in known)


def write_result(checked: Checked, target: Path | None, fingerprint: str = "") -> Checked:
    """Write the result of a check to its place (None: not at all), or beside it where that is open.

    It bears the mark of its return. A failure to write is told, not raised.
    """
    if target is None or checked.values is None or checked.outcome is None:
        return checked
    try:
        written = write_beside(target, result_bytes(checked, fingerprint))
        return replace(checked, result=written, moved=written != target)
    except WriteError as error:
        return replace(checked, write_error=error)


def result_bytes(checked: Checked, fingerprint: str = "") -> bytes:
    """Give the annotated result workbook of a check, as .xlsx bytes that bear a mark."""
    from perfxl.render.workbook import render

    made = result(checked.reviewed, checked.issued, checked.changes)
    return render(made.values, replace(made.extras, result_of=fingerprint))


# ---------------------------------------------------------------- the report


def demand_report_writer() -> None:
    """Raise UsageError where the library that writes Word documents is not there."""
    if find_spec("docx") is None:
        raise UsageError.of("no-python-docx", python=sys.executable)


def demand_report(form: Form) -> None:
    """Raise UsageError where no report goes with a form."""
    from perfxl.report.drafting import has_report  # most checks draft nothing

    if not has_report(form):
        raise UsageError.of("no-report", form=form.title)


def report_of(checked: Checked) -> Draft:
    """Give the draft of the report that goes with a return that could be read."""
    from perfxl.report.drafting import report

    return report(checked.reviewed.values, checked.reviewed.outcome, I01, I02)


def draft_bytes(draft: Draft) -> bytes:
    """Give a draft as .docx bytes."""
    from perfxl.render.document import document

    return document(draft)


def fields(form: Form) -> Iterator[dict[str, object]]:
    """Give every input cell of the form, the first row of each open list standing for all."""
    layout = place(form)
    for key, item in form.inputs():
        block = form.blocks[key.block]
        if block.repeats and key.row != block.rows[0].key:
            continue
        entry: dict[str, object] = {
            "key": str(key),
            "label": form.label(key),
            "sheet": layout.sheet(key).name,
            "cell": layout.a1(key),
            "kind": (Kind.RATE if item.in_per_cent else item.kind).value,
            "unit": item.unit,
            "required": item.required is not False,
            "choices": list(item.choices),
        }
        if block.repeats:
            entry |= {"repeats": True, "rows": len(block.rows)}
        yield entry
