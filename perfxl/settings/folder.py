"""The folder of a season: where everything in it stands, and how it is found."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct

from perfxl.disk.files import answer, whole_path
from perfxl.errors import UsageError

SETTINGS_NAME = "任务设置.xlsx"
FORM_NAME = "表样.xlsx"
ROLLUP_NAME = "汇总.xlsx"


class SeasonFolder(Struct, frozen=True):
    """The places in a season's folder."""

    root: Path

    @property
    def settings(self) -> Path:
        """The settings workbook."""
        return self.root / SETTINGS_NAME

    @property
    def form(self) -> Path:
        """The office's own form, where the season has one."""
        return self.root / FORM_NAME

    @property
    def issued(self) -> Path:
        """The templates, one a unit."""
        return self.root / "发放"

    @property
    def returned(self) -> Path:
        """What came back."""
        return self.root / "回收"

    @property
    def results(self) -> Path:
        """What the checks yielded."""
        return self.root / "结果"

    @property
    def letters(self) -> Path:
        """The drafts of mails."""
        return self.root / "邮件"

    @property
    def reports(self) -> Path:
        """The drafts of reports."""
        return self.root / "报告"

    @property
    def rollup(self) -> Path:
        """The roll-up workbook."""
        return self.root / ROLLUP_NAME

    @property
    def store(self) -> Path:
        """The records of the returns checked so far, perfxl's own."""
        return self.results / ".perfxl"


def demand_settings(path: Path) -> None:
    """Raise UsageError where a folder looks like a season's, but has no settings workbook."""
    here = SeasonFolder(whole_path(path))
    folders = (here.issued, here.returned)
    looks_so = all(answer(place.is_dir, otherwise=False) for place in folders)
    if looks_so and not answer(here.settings.exists, otherwise=True):
        raise UsageError.of("no-settings", settings=SETTINGS_NAME)


def season_of(path: Path) -> SeasonFolder | None:
    """Give the season a path is in, by walking up to a folder with a settings workbook."""
    start = whole_path(path)
    for folder in (start, *start.parents):
        if answer((folder / SETTINGS_NAME).is_file, otherwise=False):
            return SeasonFolder(folder)
    return None
