"""A run of checks as the command line asks for it: in a season's folder, or on files anywhere.

What only a season takes is imported for a season only.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from perfxl.disk.files import answer, demand_writable
from perfxl.errors import UsageError, WriteError
from perfxl.returns import workflow
from perfxl.returns.records import Record
from perfxl.returns.workflow import NOTHING, Terms, Wanted
from perfxl.run.batch import Order, check_all, own_folder
from perfxl.run.process import Lost
from perfxl.run.sources import EXPECTED, Source, everything, parted, set_apart
from perfxl.run.workers import usual_workers
from perfxl.settings.folder import SETTINGS_NAME, demand_settings, season_of
from perfxl.text.safe import line

if TYPE_CHECKING:
    from perfxl.season.season import Season

Records = Generator[Record | Lost]
MOST_NAMED = 3
MOST_ASIDE = 20  # files named one by one that are no returns
CHANGED = "审核期间“{}”有改动,本次仍按开始时的内容审核;请重新运行一次"
REPORT_ONCE = "与报告对照的结果只写在这份审核结果里,下次审核任务文件夹时不再带上"
SPARE = "{} 份审核结果没有再审核:它们的原表已经在内"
PARTIAL = "只审核了部分文件,汇总没有更新;运行 perfxl check(不带文件名)更新汇总"


class CheckRequest(Struct, frozen=True):
    """What is asked for: which files, how, and where results go (`output` None: the usual place).

    `count` is the number of processes, 0 for the usual one.
    """

    paths: Sequence[Path]
    today: date
    output: Path | None = None
    previous: Path | None = None
    report: Path | None = None
    wanted: Wanted = NOTHING
    write: bool = True
    count: int = 0


def _none() -> Records:
    yield from ()


class CheckRun(Struct):
    """A run under way: how many returns there are, and the record of each in their order.

    When all have been taken, `closing` holds what else is to be said, `roll_up` the roll-up of a
    season, and `fault` what could not be written.
    """

    total: int
    records: Records = field(default_factory=_none)
    root: Path = field(default_factory=Path)  # what the paths in the records are told from
    closing: list[str] = field(default_factory=list)
    roll_up: Path | None = None
    fault: WriteError | None = None


def _passed_over(aside: Sequence[Source]) -> Iterator[str]:
    """Give a line for each thing that was not looked at, and one for those rightly there."""
    odd = [source for source in aside if source.aside not in EXPECTED]
    yield from (f"{one.aside},没有看:{line(one.name)}" for one in odd[:MOST_ASIDE])
    if len(odd) > MOST_ASIDE:
        yield f"没有看的还有 {len(odd) - MOST_ASIDE} 个"
    counts = Counter(source.aside for source in aside)
    said = "、".join(f"{why} {counts[why]} 个" for why in EXPECTED if counts[why])
    if said:
        yield f"照例不看:{said}"


@contextmanager
def checking(request: CheckRequest) -> Iterator[CheckRun]:
    """Begin the run a request asks for; raise UsageError where it cannot be carried out."""
    with ExitStack() as opened:
        run = _begun(request, opened)
        opened.enter_context(closing(run.records))  # no worker writes on when the lock is released
        yield run


def _begun(request: CheckRequest, opened: ExitStack) -> CheckRun:
    """Give the run, with the season it is in entered into `opened`."""
    paths, spare = set_apart(request.paths)
    run = _asked(replace(request, paths=paths), opened)
    if spare:
        run.closing.append(SPARE.format(len(spare)))
    return run


def _asked(request: CheckRequest, opened: ExitStack) -> CheckRun:
    folder = season_of(request.paths[0] if request.paths else Path())
    if folder is None:
        terms = workflow.terms_of(request.wanted, request.today)
        found, aside = outside(request.paths)
        run = _anywhere(found, request, terms, own_folder)
        run.closing += _passed_over([one for one in aside if one.aside not in EXPECTED])
        return run
    from perfxl.season.season import Season
    from perfxl.settings.workbook import open_campaign

    request.wanted.demand_nothing()
    season = Season(folder, open_campaign(folder))
    if request.output or request.previous or request.report:
        found = season.sources(request.paths)
        run = _anywhere(found, request, season.terms, season.result_folder)
        run.closing += _passed_over(season.aside)
        if request.report and request.write:
            run.closing.append(REPORT_ONCE)
        return run
    return _in_season(opened.enter_context(season), request)


# ---------------------------------------------------------------- anywhere


def outside(
    paths: Sequence[Path], nothing_given: str = "nothing-to-check"
) -> tuple[list[Source], list[Source]]:
    """Give the returns in these paths, and what is none; a whole season may be in none of them."""
    for path in paths or [Path()]:
        demand_settings(path)
    if not paths:
        raise UsageError.of(nothing_given)
    walks = (walk for path in paths for walk in os.walk(path))
    seasons = [Path(folder) for folder, _, names in walks if SETTINGS_NAME in names]
    if seasons:
        named = "、".join(str(found) for found in seasons[:MOST_NAMED])
        raise UsageError.of("seasons", named=named)
    return parted(everything(paths))


def _anywhere(
    found: Sequence[Source], request: CheckRequest, terms: Terms, usual: Callable[[Source], Path]
) -> CheckRun:
    output = request.output
    folder = usual if output is None else lambda _: output
    if request.previous and len(found) != 1:
        raise UsageError.of("previous-alone")
    if request.report and len(found) != 1:
        raise UsageError.of("report-alone")
    if request.write:
        _demand_room(found, output)
    count = request.count or usual_workers()
    order = Order(
        terms,
        folder,
        None,
        request.write,
        count,
        previous=request.previous,
        report=request.report,
    )
    return CheckRun(len(found), check_all(found, order))


def _demand_room(found: Sequence[Source], output: Path | None) -> None:
    """Raise WriteError where results could not be put, before any work is done for them.

    Of a single return beside its result: its verdict is as soon had, and is worth having.
    """
    if output is not None:
        demand_writable(output)
    elif len(found) > 1:
        places = {
            own_folder(source) for source in found if answer(source.path.is_file, otherwise=False)
        }
        for place in sorted(places):
            demand_writable(place)


# ---------------------------------------------------------------- in a season


def _in_season(season: Season, request: CheckRequest) -> CheckRun:
    found = season.sources(request.paths)
    run = CheckRun(len(found), root=season.folder.root)
    run.closing += _passed_over(season.aside)
    run.records = _season_records(season, found, request, run)
    return run


def _season_records(
    season: Season, found: Sequence[Source], request: CheckRequest, run: CheckRun
) -> Records:
    yield from season.check(found, request.write, request.count, request.today)
    run.fault = season.store.fault
    if run.fault:
        return  # a roll-up of what could be kept would leave units out
    if season.is_whole(request.paths):
        season.forget_others(found)
        run.closing += season.standing(request.today)
        try:
            run.roll_up = season.roll_up(request.today)
            run.closing.append(f"汇总:{run.roll_up}")
        except WriteError as error:
            run.fault = error
    else:
        run.closing.append(PARTIAL)
    run.closing += map(CHANGED.format, season.changed())
