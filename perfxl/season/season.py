"""One season in hand: its settings, the records of its returns, and the lock on both."""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import Self

from filelock import FileLock, Timeout
from msgspec.structs import replace

from perfxl.disk.files import TEMPORARY, answer, demand_writable, safe_name, whole_path
from perfxl.errors import Unreadable, UsageError, WriteError, system_words
from perfxl.returns.records import Entry, Record
from perfxl.returns.versions import versions
from perfxl.returns.workflow import Terms
from perfxl.run import scratch
from perfxl.run.batch import Order, check_all, stamp, terms_fingerprint
from perfxl.run.process import Allowance, Lost
from perfxl.run.sources import EXPECTED, Source, everything, parted
from perfxl.run.store import Store
from perfxl.run.workers import Workers, usual_workers
from perfxl.season.rollup.model import OtherFile, Turnout, Why, unit_rows
from perfxl.season.rollup.writing import RollupJob, roll_up
from perfxl.settings.campaign import Campaign
from perfxl.settings.folder import ROLLUP_NAME, SeasonFolder, demand_settings, season_of

LOCK_NAME = "审核中"
ROLLUP = Allowance(3600.0)  # seconds: thousands of units on a slow machine


class Season:
    """A season's folder, locked and with its store open; a context.

    Raise UsageError where another run has it, WriteError where it cannot be written.
    """

    def __init__(self, folder: SeasonFolder, campaign: Campaign) -> None:
        """Take folder and settings; nothing is opened before the context is entered."""
        self.folder, self.campaign = folder, campaign
        self.terms = Terms(
            campaign.rubric,
            campaign.year,
            campaign.register,
            campaign.prefilled,
            maker=campaign.maker,
        )
        self._given = {path.name: _content(path) for path in (folder.settings, folder.form)}
        self.aside: list[Source] = []
        self._open = ExitStack()

    def __enter__(self) -> Self:
        try:
            self.folder.store.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.folder.store / LOCK_NAME, timeout=0)
            lock.acquire()
        except Timeout as error:
            raise UsageError.of("busy") from error
        except OSError as error:
            why = system_words(error)
            raise WriteError.of("season-not-writable", path=self.folder.results, why=why) from error
        with ExitStack() as opened:
            opened.callback(lock.release)
            for place in (self.folder.root, self.folder.results):
                demand_writable(place)
            self._clear_remains()
            self.store = opened.enter_context(Store(self.folder.store))
            self._open = opened.pop_all()
        return self

    def __exit__(self, kind: object, error: object, at: object) -> None:
        self._open.close()

    def _clear_remains(self) -> None:
        """Take away the unfinished files of a run that was killed; nobody else writes here now."""
        for path in self.folder.root.rglob(f"{TEMPORARY}*.tmp"):
            path.unlink(missing_ok=True)
        scratch.clear()

    # ------------------------------------------------------------ checking

    def sources(self, paths: Sequence[Path] = ()) -> list[Source]:
        """Give the returns in these paths; without any, all that came back.

        What else is there is then `aside`.
        """
        wanted = [self._meant(path) for path in paths] or [self.folder.returned]
        if self.folder.returned in wanted and not self.folder.returned.is_dir():
            raise UsageError.of("no-returns")
        found, self.aside = parted(everything(wanted, self._shown))
        # that nothing came back yet is no fault
        return [s for s in found if s.refused or s.path != self.folder.returned]

    def _meant(self, path: Path) -> Path:
        whole = whole_path(path)
        return self.folder.returned if whole == self.folder.root else whole

    def _shown(self, path: Path) -> str:
        whole = whole_path(path)
        inside = whole.is_relative_to(self.folder.root)
        return whole.relative_to(self.folder.root).as_posix() if inside else str(whole)

    def is_whole(self, paths: Sequence[Path]) -> bool:
        """Whether these paths take in all that came back."""
        return not paths or self.folder.returned in map(self._meant, paths)

    def check(
        self,
        found: Sequence[Source],
        write: bool = True,
        count: int = 0,
        today: date | None = None,
    ) -> Generator[Record | Lost]:
        """Give the record of each return, checked now or known already (see `check_all`)."""
        order = Order(
            replace(self.terms, today=today),
            self.result_folder,
            self.folder.root,
            write,
            count or usual_workers(),
            self._came_back,
        )
        return check_all(found, order, self.store)

    def _came_back(self, source: Source) -> bool:
        """Whether a source lies where returns belong; anything else is checked, but not kept."""
        return whole_path(source.path).is_relative_to(self.folder.returned)

    def result_folder(self, source: Source) -> Path:
        """Give where the result goes: where the return stands in 回收/, the like in 结果/."""
        returned, folder = self.folder.returned, whole_path(source.path).parent
        inside = folder.relative_to(returned) if folder.is_relative_to(returned) else Path()
        archive = safe_name(source.path.stem) if source.members else ""
        return self.folder.results / inside / archive

    def forget_others(self, found: Iterable[Source]) -> None:
        """Forget the returns that are there no longer."""
        self.store.keep_only({source.name for source in found})

    def standing(self, today: date) -> Iterator[str]:
        """Give the lines that say how many units have reported, and which files count for none."""
        found = versions(self.store.entries())
        turnout = Turnout(self.campaign, today, unit_rows(self.campaign, found))
        late = "(已过截止日期)" if turnout.overdue else ""
        unopened = f"已收到但打不开 {turnout.unopened} 家" if turnout.unopened else ""
        missing = f"未报 {len(turnout.missing)} 家{late}" if turnout.missing else ""
        outstanding = ",".join(filter(None, (unopened, missing))) or "已报齐"
        projects = f"({len(turnout.read)} 个项目)" if turnout.by_project else ""
        yield f"应报 {turnout.due} 家,已报 {turnout.checked} 家{projects},{outstanding}"
        same = "同一单位同一项目" if turnout.by_project else "同一单位"
        counts = ((len(found.strays), "不知是哪个单位的"), (turnout.older, f"是{same}的另一份"))
        said = "、".join(f"{count} 份{what}" for count, what in counts if count)
        if said:
            yield f"其中 {said},见汇总的“其他文件”"

    def roll_up(self, today: date) -> Path:
        """Write the roll-up, unless all in it would be the same, and give where it is.

        That is done by a process of its own: the run's own stays small, however many units.
        """
        self.store.flush()
        state, place = self._rollup_mark(today), self.rolled_up
        if self.store.note("rollup_mark") == f"{state} {stamp(place)}":
            return place
        with Workers(roll_up, 1, _nothing, (), ROLLUP) as workers:
            job = RollupJob(self.folder, self.campaign, today, self._set_aside())
            (written,) = workers.results([workers.start(job)])
        if isinstance(written, Lost):
            raise RuntimeError(f"the roll-up {written.why}\n{written.details}")
        if isinstance(written, WriteError):
            raise written
        self.store.put_note("rollup", written.name)
        self.store.put_note("rollup_mark", f"{state} {stamp(written)}")
        self.store.flush()
        return written

    @property
    def rolled_up(self) -> Path:
        """Where the roll-up written last is: beside one that somebody has changed since."""
        return self.folder.root / (self.store.note("rollup") or ROLLUP_NAME)

    def _set_aside(self) -> tuple[OtherFile, ...]:
        """Give what came back and was taken for no return, but for what is rightly there."""
        odd = (source for source in self.aside if source.aside not in EXPECTED)
        return tuple(
            OtherFile(Why.ASIDE, Entry(one.name, "", None, "", "", one.received, ""), "", one.aside)
            for one in odd
        )

    def _rollup_mark(self, today: date) -> str:
        """Give the fingerprint of all that goes into the roll-up."""
        found = hashlib.sha256()
        for part in (terms_fingerprint(self.terms), *self._given.values(), today.isoformat()):
            found.update(part.encode())
        for entry in self.store.entries():
            found.update(repr(entry).encode())
        found.update(repr(self._set_aside()).encode())
        return found.hexdigest()

    def demand_checked(self) -> None:
        """Raise UsageError where something came back, or was changed, and is not checked yet.

        What is there no longer is forgotten: letters and reports must not count it.
        """
        found = self.sources()
        known = {entry.source: entry for entry in self.store.entries()}
        self.forget_others(found)
        unknown = sum(not _is_checked(source, known.get(source.name)) for source in found)
        if unknown:
            raise UsageError.of("not-checked", count=unknown)

    def changed(self) -> list[str]:
        """Give which of settings and 表样 were changed since the run began, by name."""
        root = self.folder.root
        return [name for name, before in self._given.items() if _content(root / name) != before]


def season_at(path: Path | None = None) -> Season:
    """Give the season a path (or the current folder) is in; raise UsageError where none."""
    from perfxl.settings.workbook import open_campaign

    if path is not None and not answer(path.exists, otherwise=True):
        raise UsageError.of("season-not-there", path=path)
    folder = season_of(path or Path())
    if folder is None:
        demand_settings(path or Path())
        raise UsageError.of("no-season")
    return Season(folder, open_campaign(folder))


def _is_checked(source: Source, entry: Entry | None) -> bool:
    """Whether a return is the one that was checked; one that has been saved since is another."""
    if entry is None or entry.received == source.received:
        return entry is not None
    try:
        return hashlib.sha256(source.read()).hexdigest() == entry.sha256
    except Unreadable:
        return False


def _nothing() -> None:
    """What the process of a roll-up needs beforehand."""


def _content(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""
