"""Drafts of reports: one of a return, of a folder of them, or of a whole season and on it.

Each return is read and checked in a process of its own, as `check` does it, and its draft written
there. A draft somebody has worked on is never replaced: then the name gets a number.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack
from datetime import date
from pathlib import Path

from msgspec import Struct, field
from msgspec.structs import replace

from perfxl.check.rule import Severity
from perfxl.disk.files import alike, demand_writable, numbered, place_for, safe_name, write_beside
from perfxl.errors import PerfxlError, Unreadable, WriteError
from perfxl.render.draft import ID
from perfxl.returns import workflow
from perfxl.returns.places import RESULT_STEM, is_made_of, is_ours, our_place
from perfxl.returns.records import FAULT, OUR_FAULT, STANDING_WORDS, UNREADABLE
from perfxl.returns.versions import versions
from perfxl.returns.workflow import NOTHING, Terms, Wanted
from perfxl.run.batch import own_folder
from perfxl.run.process import LIMITS, Lost
from perfxl.run.sources import Source, set_apart
from perfxl.run.work import ENGINE, TOOLS, begin, lost_error, terms
from perfxl.run.workers import Workers, usual_workers
from perfxl.season.checking import outside
from perfxl.season.reports.office import season_report
from perfxl.season.rollup.tally import tally
from perfxl.season.season import Season, season_at
from perfxl.settings.folder import season_of

SUFFIX = "_自评报告"
SUMMARY_NAME = "汇总报告.docx"
WRITER = "perfxl.render.document"
LONGEST_STEM = 200  # bytes of the stem a name begins with: systems stop at 255


class DraftRequest(Struct, frozen=True):
    """What is asked for: of which returns, where drafts go (None: the usual place), by what terms.

    `count` is the number of processes, 0 for the usual one.
    """

    paths: Sequence[Path]
    today: date
    output: Path | None = None
    wanted: Wanted = NOTHING
    count: int = 0


class DraftJob(Struct, frozen=True):
    """A return, the usual place of its draft, and where it goes instead if that is taken."""

    source: Source
    usual: Path
    target: Path


class Drafted(Struct, frozen=True):
    """What became of the draft of one return: `path` is None where there is none, `error` why.

    `errors` counts findings at 错误 level, `gaps` what is left for a person to fill in. `kept`
    says that the draft was there already, as it is or with somebody's work on it; `beside` that
    it went beside such work.
    """

    source: str
    path: Path | None = None
    errors: int = 0
    gaps: int = 0
    error: PerfxlError | None = None
    kept: bool = False
    beside: bool = False

    @property
    def exit_code(self) -> int:
        """The exit code this draft alone would give."""
        if isinstance(self.error, WriteError):
            return 4
        if self.error is not None:
            return OUR_FAULT if self.error.code == FAULT else 3
        return 1 if self.errors else 0

    @property
    def said(self) -> str:
        """What became of it, for people."""
        if self.error is not None:
            unwritten = isinstance(self.error, WriteError)
            head = "报告没有写出" if unwritten else STANDING_WORDS[UNREADABLE]
            return f"{head}:{self.error.message}。{self.error.fix}。"
        errors = f"自评表有 {self.errors} 处错误,先改正再起草" if self.errors else ""
        gaps = f"{self.gaps} 处待补充" if self.gaps else ""
        kept = "没有变化,没有重写" if self.kept else ""
        moved = "原来的文件有人改过或不是初稿,没有动" if self.beside else ""
        said = ";".join(filter(None, (errors, gaps, kept, moved)))
        return f"报告初稿:{self.path}{f'({said})' if said else ''}"


class DraftRun(Struct):
    """A run under way: how many drafts there are to be, and what became of each in their order.

    `ends` is what is to be done when all have been taken: it gives a line to say.
    """

    total: int
    drafts: Generator[Drafted | Lost]
    ends: list[Callable[[], str]] = field(default_factory=list)


def drafting(request: DraftRequest, opened: ExitStack) -> DraftRun:
    """Begin the run a request asks for; raise UsageError where it cannot be carried out.

    The season it is in is entered into `opened`.
    """
    workflow.demand_report_writer()
    request = replace(request, paths=set_apart(request.paths)[0])
    folder = season_of(request.paths[0] if request.paths else Path())
    if folder is None:
        return _anywhere(request)
    return _in_season(opened.enter_context(season_at(folder.root)), request)


def _anywhere(request: DraftRequest) -> DraftRun:
    held = replace(workflow.terms_of(request.wanted, request.today), today=None)
    workflow.demand_report(held.form)
    found, _ = outside(request.paths, "nothing-to-draft")
    usual = [own_folder(source) / _name(source) for source in found]
    jobs = _jobs(found, _places(usual, request.output))
    return DraftRun(len(jobs), _drafts(jobs, held, request.count))


def _name(source: Source) -> str:
    return f"{safe_name(RESULT_STEM.sub('', source.stem), LONGEST_STEM)}{SUFFIX}.docx"


def _places(usual: Sequence[Path], output: Path | None, many: bool = False) -> list[Path]:
    """Give where drafts that usually go to these places are asked to; folders are made.

    `output` is a folder where there are several drafts, or `many` says that there may be.
    """
    if output is None:
        places = list(usual)
    elif len(usual) == 1 and not many:
        places = [place_for(output, usual[0].name, {".docx"})]
    else:
        places = [output / place.name for place in usual]
    for folder in sorted({place.parent for place in places}):
        demand_writable(folder)
    return places


def _jobs(found: Sequence[Source], wanted: Sequence[Path]) -> list[DraftJob]:
    """Give each draft its place: none of another draft, nor of a document of somebody's."""
    taken: set[str] = set()

    def is_taken(place: Path) -> bool:
        foreign = os.path.lexists(place) and not is_ours(place, ID)
        return alike(place) in taken or foreign

    jobs = []
    for source, place in zip(found, wanted, strict=True):
        target = numbered(place, is_taken)
        taken.add(alike(target))
        jobs.append(DraftJob(source, place, target))
    return jobs


# ---------------------------------------------------------------- in a season


def _in_season(season: Season, request: DraftRequest) -> DraftRun:
    request.wanted.demand_nothing()
    workflow.demand_report(season.terms.form)
    season.demand_checked()
    whole, asked = season.is_whole(request.paths), season.sources(request.paths)
    of_units = versions(season.store.entries()).of_units
    units = {entries[0].source: code for (code, _), entries in of_units.items()}
    found = [source for source in asked if source.name in units] if whole else asked
    names = (_unit_name(season, units.get(source.name), source) for source in found)
    usual = [season.folder.reports / name for name in names]
    jobs = _jobs(found, _places(usual, request.output, many=whole))
    run = DraftRun(len(jobs), _drafts(jobs, season.terms, request.count))
    if whole:
        folder = request.output or season.folder.reports
        run.ends.append(lambda: f"汇总报告:{_summarised(season, folder, request.today)}")
    return run


def _unit_name(season: Season, code: str | None, source: Source) -> str:
    """Give what a unit's draft is called; one of no unit of the register after its file."""
    unit = next((one for one in season.campaign.register.units if one.code == code), None)
    if unit is None:
        return _name(source)
    who = safe_name(f"{unit.code}_{unit.name}", LONGEST_STEM)
    return f"{who}_{season.campaign.year}年度自评报告.docx"


def _summarised(season: Season, folder: Path, today: date) -> Path:
    """Write the office's own report on a season and give where."""
    season.roll_up(today)  # what it states, the report states: both anew
    entries = list(season.store.entries())
    rollup = tally(season.store.records(), versions(entries), season.campaign, today)
    target = our_place(folder / SUMMARY_NAME, ID)
    return write_beside(target, workflow.draft_bytes(season_report(rollup)))


# ---------------------------------------------------------------- the work


def _drafts(jobs: Sequence[DraftJob], held: Terms, count: int) -> Generator[Drafted | Lost]:
    """Give what became of each draft; details of a fault of ours come before it."""
    count = min(count or usual_workers(), len(jobs))
    preload = (ENGINE, *TOOLS, WRITER)
    with Workers(write_draft, count, begin, (held,), LIMITS, preload, fork=True) as workers:
        steps = (workers.start(job) for job in jobs)
        for job, result in zip(jobs, workers.results(steps), strict=True):
            if not isinstance(result, Lost):
                yield result
                continue
            if result.details:
                yield result
            yield Drafted(job.source.name, error=lost_error(result))


def write_draft(job: DraftJob) -> Drafted:
    """Write the draft of a return; what cannot be read or written is told, never raised."""
    name = job.source.name
    try:
        checked = workflow.check_bytes(Path(name), job.source.read(), terms())
        if checked.error is not None:
            return Drafted(name, error=checked.error)
        made = workflow.report_of(checked)
        data = workflow.draft_bytes(made)
        kept = is_made_of(job.usual, data)
        path = job.usual if kept else write_beside(job.target, data)
    except (Unreadable, WriteError) as error:
        return Drafted(name, error=error)
    outcome = checked.reviewed.outcome
    errors = outcome.count(Severity.ERROR)
    moved = not kept and job.usual != job.target
    return Drafted(name, path, errors, made.gaps, kept=kept, beside=moved)
