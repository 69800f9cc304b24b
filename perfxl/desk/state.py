"""What lies on the desk while it is open; the pages show it and put things on it."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from time import monotonic

from perfxl.desk.checks import Checks, DropRun
from perfxl.desk.runs import Runs
from perfxl.desk.seasons import SeasonDesk
from perfxl.desk.uploads import Drop, Uploads
from perfxl.returns.workflow import Wanted

PAUSE = 0.25  # seconds between two looks at whether the desk is to close
GRACE = 15.0  # seconds without any page before the desk is taken for closed


class Desk:
    """What lies on the desk while it is open: runs, files, who looks at it."""

    def __init__(self, folder: Path, fault_line: Callable[[str], str]) -> None:
        """Take the temporary folder, and what keeps the details of a fault of ours."""
        self.uploads = Uploads(folder)
        self.runs = Runs(fault_line, self.uploads.called)
        self.checking = Checks(self.runs)
        self.season: SeasonDesk | None = None
        self.token = secrets.token_urlsafe()
        self.closing = False
        self._watching, self._left = 0, 0.0

    def check(self, drop: Drop, wanted: Wanted) -> DropRun:
        """Begin to check what was dropped."""
        run = DropRun("审核", drop=drop, wanted=wanted)
        self.runs.begin(run, lambda: self.checking.check(run))
        return run

    @property
    def checks(self) -> list[DropRun]:
        """The runs of checks, in their order."""
        return [run for run in self.runs.all if isinstance(run, DropRun)]

    @property
    def deserted(self) -> bool:
        """Whether pages were open, all have been closed for a while, and nothing is under way."""
        away = bool(self._left) and not self._watching and monotonic() - self._left > GRACE
        return away and all(run.ended for run in self.runs.all)

    async def watch(self) -> AsyncGenerator[str]:
        """Give the stream that a browser holds as long as pages are open in it, or the desk is."""
        self._watching += 1
        try:
            yield "retry: 1000\n\n"
            while not self.closing:
                await asyncio.sleep(PAUSE)
        finally:
            self._watching -= 1
            self._left = monotonic()
