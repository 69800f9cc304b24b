"""Runs of the desk: one after another in a thread of their own, told of while they last.

Each takes all processors and, in a season, the lock; so a second one waits for its turn.
"""

from __future__ import annotations

import multiprocessing
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from msgspec import Struct, field

from perfxl.errors import PerfxlError
from perfxl.run.batch import make_ready


class DeskRun(Struct):
    """A run as the pages tell of it: how far it has come, a line for each step, how it ended.

    `lines` are what the command says at its end.
    """

    doing: str
    number: int = 0
    total: int = 0
    done: int = 0
    told: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    fault: str = ""  # why it could not be carried out
    ended: bool = False

    def tell(self, text: str) -> None:
        """Say that one more step is done."""
        self.done += 1
        self.told.append(text)


class Stopped(Exception):  # noqa: N818 - an end, not an error
    """The desk is being closed."""


class Runs:
    """All runs since the desk was opened."""

    def __init__(self, fault_line: Callable[[str], str], called: Callable[[str], str]) -> None:
        """Take what keeps the details of a fault of ours, and what names files as people do."""
        self.fault_line, self.called = fault_line, called
        self.stopping = False
        self.all: list[DeskRun] = []
        self._pool = ThreadPoolExecutor(1, "run")
        self._pool.submit(make_ready)

    def begin(self, run: DeskRun, work: Callable[[], None]) -> None:
        """Have a run carried out as soon as those before it are."""
        self.all.append(run)
        run.number = len(self.all)
        self._pool.submit(self._carried_out, run, work)

    def _carried_out(self, run: DeskRun, work: Callable[[], None]) -> None:
        try:
            self.go_on()
            work()
        except Stopped:
            pass
        except PerfxlError as error:
            run.fault = self.called(f"{error.message}。{error.fix}。")
        except Exception:  # a fault of ours: say so, keep the details for the report
            run.fault = self.fault_line(traceback.format_exc())
        finally:
            run.ended = True

    def go_on(self) -> None:
        """Raise Stopped where the desk is being closed."""
        if self.stopping:
            raise Stopped

    def close(self) -> None:
        """End what is under way: its processes take back what they are writing."""
        self.stopping = True
        for process in multiprocessing.active_children():
            process.terminate()
        self._pool.shutdown(cancel_futures=True)
