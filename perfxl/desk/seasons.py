"""A season on the page: its folder chosen or made, how its units stand, what the commands do."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing
from functools import partial
from hashlib import sha256
from operator import attrgetter
from pathlib import Path

from msgspec import Struct

from perfxl.desk.checks import today
from perfxl.desk.runs import DeskRun, Runs
from perfxl.disk.desktop import path_of, said_of_opening
from perfxl.errors import UsageError
from perfxl.returns import workflow
from perfxl.returns.records import verdict_of
from perfxl.returns.versions import versions
from perfxl.run.process import Lost
from perfxl.season.checking import CheckRequest, checking
from perfxl.season.export import writing as export
from perfxl.season.issue import issue
from perfxl.season.letters import writing as letters
from perfxl.season.letters.texts import Occasion
from perfxl.season.reports.writing import DraftRequest, drafting
from perfxl.season.rollup.model import Turnout, unit_rows
from perfxl.season.season import Season
from perfxl.settings.folder import (
    FORM_NAME,
    ROLLUP_NAME,
    SETTINGS_NAME,
    SeasonFolder,
    demand_settings,
    season_of,
)
from perfxl.settings.workbook import new_season, open_campaign

Do = Callable[["SeasonDesk", DeskRun], Iterator[str]]


class SeasonDesk:
    """The season on the desk: how its units stood when it was last looked at, and the last run."""

    def __init__(self, folder: SeasonFolder, runs: Runs) -> None:
        """Take the folder, which is looked at by a run of its own."""
        self.folder, self.runs = folder, runs
        self.turnout: Turnout | None = None
        self.rolled_up = folder.rollup
        self.last = self.begin(LOOK)

    def begin(self, action: Action) -> DeskRun:
        """Begin what a button stands for."""
        self.last = DeskRun(action.label)
        self.runs.begin(self.last, partial(self._do, self.last, action))
        return self.last

    def _do(self, run: DeskRun, action: Action) -> None:
        if fault := self._gone():
            self.turnout = None
            raise fault
        try:
            run.lines += action.do(self, run)
        finally:
            self.turnout = None  # where it cannot be looked at, nothing is known any longer
            with self.opened() as season:
                found = versions(season.store.entries())
                rows = unit_rows(season.campaign, found)
                self.turnout = Turnout(season.campaign, today(), rows)
                self.rolled_up = season.rolled_up

    def _gone(self) -> UsageError | None:
        """Give what to tell where folder or settings went while the desk was open."""
        if not self.folder.root.is_dir():
            return UsageError.of("season-gone", path=self.folder.root)
        if not self.folder.settings.exists():
            return UsageError.of("no-settings", settings=SETTINGS_NAME)
        return None

    def opened(self) -> Season:
        """Give the season, to be entered; raise UsageError naming every fault of its settings."""
        return Season(self.folder, open_campaign(self.folder))

    @property
    def mark(self) -> str:
        """What a page names the season by that it is of: its folder, in letters safe anywhere."""
        return sha256(os.fsencode(self.folder.root)).hexdigest()

    def result_of(self, code: str, project: str) -> Path | None:
        """Give where the result of the return of a unit is, for one of its projects if it has."""
        rows = self.turnout.units if self.turnout else ()
        places = (
            self.folder.root / row.entry.result
            for row in rows
            if row.entry
            and row.entry.result
            and (row.unit.code, row.entry.project) == (code, project)
        )
        return next((place for place in places if place.is_file()), None)

    # ------------------------------------------------------------ what buttons stand for

    def look(self, run: DeskRun) -> Iterator[str]:
        """Do nothing: what is done after any action is all."""
        yield from ()

    def issue(self, run: DeskRun) -> Iterator[str]:
        """Write the templates, giving the lines of the command; so do all of these."""
        return issue(self.folder, None, "", "")

    def check(self, run: DeskRun) -> Iterator[str]:
        """Check what came back and roll it up."""
        with checking(CheckRequest([self.folder.root], today())) as found:
            run.total = found.total
            for record in found.records:
                self.runs.go_on()
                if isinstance(record, Lost):
                    yield self.runs.fault_line(record.details)
                else:
                    run.tell(f"{record['source']}  {verdict_of(record)}")
            yield from found.closing
            if found.fault is not None:
                yield f"汇总没有更新:{found.fault.message}。{found.fault.fix}。"

    def open(self, run: DeskRun, place: Callable[[SeasonDesk], Path]) -> Iterator[str]:
        """Open a file of the season in the program of this computer, or its folder."""
        path = place(self)
        yield said_of_opening(path) if path.exists() else f"还没有 {path.name},先按“审核回收”"
        if path == self.rolled_up != self.folder.rollup:
            yield f"{ROLLUP_NAME} 有人改过,没有覆盖:最近一次审核的汇总是 {path.name}"

    def mail(self, run: DeskRun, occasion: Occasion) -> Iterator[str]:
        """Write the drafts due on an occasion."""
        with self.opened() as season:
            yield from letters.outcome_lines(letters.mail_of(season, occasion, today()))

    def export(self, run: DeskRun) -> Iterator[str]:
        """Write the tables."""
        with self.opened() as season:
            yield from export.outcome_lines(export.export_of(season, None, False))

    def report(self, run: DeskRun) -> Iterator[str]:
        """Draft the reports."""
        with ExitStack() as opened:
            found = drafting(DraftRequest([self.folder.root], today()), opened)
            opened.enter_context(closing(found.drafts))
            run.total = found.total
            for one in found.drafts:
                self.runs.go_on()
                if isinstance(one, Lost):
                    yield self.runs.fault_line(one.details)
                else:
                    run.tell(f"{one.source}  {one.said}")
            yield from (end() for end in found.ends)


class Action(Struct, frozen=True):
    """What a button stands for: what it is called, what it does, giving the lines to say of it."""

    label: str
    about: str
    do: Do


def _opening(label: str, about: str, place: Callable[[SeasonDesk], Path]) -> Action:
    return Action(label, about, partial(SeasonDesk.open, place=place))


def _mailing(label: str, about: str, occasion: Occasion) -> Action:
    return Action(label, about, partial(SeasonDesk.mail, occasion=occasion))


LOOK = Action("查看", "重新看一遍各单位的情况和任务设置", SeasonDesk.look)
ACTIONS: Mapping[str, Action] = {
    "settings": _opening(
        "打开任务设置", "用 Excel 改,保存并关闭后按“查看”", attrgetter("folder.settings")
    ),
    "look": LOOK,
    "template": Action("生成模板", "每个单位一份,放在“发放”里", SeasonDesk.issue),
    "mail-issue": _mailing("写发放邮件", "附上模板的邮件草稿,只写不发", Occasion.ISSUE),
    "folder": _opening("打开任务文件夹", "收到的表放进里面的“回收”", attrgetter("folder.root")),
    "check": Action("审核回收", "审核“回收”里的表,写出审核结果和汇总", SeasonDesk.check),
    "roll-up": _opening("打开汇总", "各单位的情况、得分和问题", attrgetter("rolled_up")),
    "mail-remind": _mailing("写催报邮件", "给还没有报的单位,只写不发", Occasion.REMIND),
    "mail-return": _mailing("写退回邮件", "附上审核结果,请单位改正", Occasion.RETURN),
    "export": Action("导出", "把收上来的数据导出成 CSV 表", SeasonDesk.export),
    "report": Action("起草报告", "每个单位一份 Word 自评报告初稿,另写汇总报告", SeasonDesk.report),
}


def season_in(typed: str, runs: Runs) -> SeasonDesk:
    """Give the season in a folder that a clerk typed; raise UsageError where there is none."""
    folder = _folder(typed)
    found = season_of(folder)
    if found is None:
        demand_settings(folder)
        raise UsageError.of("no-season" if folder.is_dir() else "season-not-there", path=folder)
    return SeasonDesk(found, runs)


def season_made(typed: str, form: Path | None, runs: Runs) -> SeasonDesk:
    """Make a season in a folder that a clerk typed, of the 表样 that lies there or of this one."""
    folder = _folder(typed)
    lying = folder / FORM_NAME
    own_form = lying if os.path.lexists(lying) else form
    new_season(folder, workflow.terms_of(workflow.Wanted(own_form), today()))
    return SeasonDesk(SeasonFolder(folder.resolve()), runs)


def season_here() -> SeasonFolder | None:
    """Give the season that the desk was opened in."""
    return season_of(Path())


def _folder(typed: str) -> Path:
    """Give the folder of a path as it is typed or copied: in quotation marks, as an address."""
    place = path_of(typed.replace("\0", "").strip().strip('"').strip())
    if not place:
        raise UsageError.of("no-place")
    path = Path(place)
    if path.name == SETTINGS_NAME:
        path = path.parent
    if not path.is_absolute():
        raise UsageError.of("place-not-whole", place=place)
    return path
