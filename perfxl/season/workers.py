"""Work shared out to processes: what a job does to its process costs that job alone.

Each job has a time limit. A process that dies (out of memory, a fault in a library) or overruns
is replaced; its job ends with the reason, and the others go on. What this takes is imported when
a pool is made: a single return is checked without one.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, wait
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Self, TypeVar

if TYPE_CHECKING:
    from multiprocessing.context import BaseContext

J = TypeVar("J")
R = TypeVar("R")
T = TypeVar("T")

AHEAD = 8  # jobs handed out beyond the oldest unfinished one, for each worker
SECONDS = 120.0  # one return takes less than one
GRACE = 5.0  # seconds the running jobs get to finish when the run is broken off
COLLECT_AFTER = 100_000  # nearly all a job makes lives until its end: look for cycles seldom
DIED, OVERRAN, FAULT = "died", "overran", "fault"


@dataclass(frozen=True, slots=True)
class Lost:
    """Why a job gave nothing: its process died or overran; or a fault of ours, with details."""

    why: str
    details: str = ""


def usual_workers() -> int:
    """Give how many processes work at once unless told otherwise."""
    return min(8, os.cpu_count() or 1)


class Workers(Generic[J, R]):
    """Processes that do `work` on jobs, each begun with `begin(*setting)`; a context."""

    def __init__(
        self,
        work: Callable[[J], R],
        count: int,
        begin: Callable[..., None],
        setting: tuple[object, ...],
        seconds: float = SECONDS,
    ) -> None:
        """Make the pool; its processes start with the first job."""
        self._work, self._count, self._seconds = work, count, seconds
        from pebble import ProcessPool

        context = _context(work.__module__)
        self._pool = ProcessPool(count, 0, _begin, (begin, setting), context)
        self._started: deque[Future[R]] = deque()

    def start(self, job: J) -> Future[R]:
        """Hand a job out."""
        future: Future[R] = self._pool.schedule(self._work, [job], timeout=self._seconds)
        self._started.append(future)
        return future

    def results(self, steps: Iterable[Future[R] | T]) -> Iterator[R | T | Lost]:
        """Give what the started jobs yield, and what is no job as it is, in the order of steps.

        Steps are taken one by one, and never more than some ahead of what has been given.
        """
        waiting: deque[Future[R] | T] = deque()
        for step in steps:
            waiting.append(step)
            while len(self._started) > AHEAD * self._count:
                yield self._settled(waiting.popleft())
            while waiting and not isinstance(waiting[0], Future):
                yield self._settled(waiting.popleft())
        while waiting:
            yield self._settled(waiting.popleft())

    def _settled(self, step: Future[R] | T) -> R | T | Lost:
        from pebble import ProcessExpired

        if not isinstance(step, Future):
            return step
        try:
            return step.result()
        except TimeoutError:
            return Lost(OVERRAN)
        except ProcessExpired:
            return Lost(DIED)
        except Exception as error:
            return Lost(FAULT, "".join(traceback.format_exception(error)))
        finally:
            self._started.remove(step)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: object, at: object) -> None:
        if kind is not None:
            self._break_off()
            self._pool.stop()  # type: ignore[no-untyped-call]
        else:
            self._pool.close()  # type: ignore[no-untyped-call]
        self._pool.join()

    def _break_off(self) -> None:
        """Let the running jobs finish what they write; those not begun are dropped."""
        running = [future for future in self._started if not future.done() and future.running()]
        for future in self._started:
            if not future.done() and future not in running:
                future.cancel()
        wait(running, GRACE)


def _context(preloaded: str) -> BaseContext:
    """Give how processes are started: where the system can, from one that has imported the work."""
    import multiprocessing

    if sys.platform == "win32":
        return multiprocessing.get_context("spawn")
    from multiprocessing import forkserver

    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([preloaded])
    # Ctrl-C goes to every process of the terminal, also to one that has hardly begun: they inherit
    # that it is held back
    held = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, held)
    return context


def _begin(begin: Callable[..., None], setting: tuple[object, ...]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # it is for the process that shares out
    gc.set_threshold(COLLECT_AFTER)
    begin(*setting)
