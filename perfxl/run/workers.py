"""Work shared out to processes: what a job does to its process costs that job alone.

Each job has limits of time and, on Linux, of memory. A process that dies (a fault in a library),
overruns or outgrows them is replaced; its job ends with the reason, and the others go on. One pipe
leads to each process, and nothing is shared between them: a process that ends at any moment leaves
no lock behind.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from time import monotonic
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from msgspec import Struct

from perfxl.run.process import (
    BEGUN,
    DIED,
    GRACE,
    NEVER_BEGAN,
    OVERRAN,
    Allowance,
    Lost,
    context_for,
    interrupts_held,
    started,
)

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

J = TypeVar("J")
R = TypeVar("R")
T = TypeVar("T")

BEGINNING = 60.0  # seconds a process has to begin, on a slow and busy computer
AHEAD = 8  # steps taken beyond the oldest unfinished one, for each worker


def usual_workers() -> int:
    """Give how many processes work at once unless told otherwise."""
    return min(8, os.cpu_count() or 1)


class Task(Struct, Generic[J, R], eq=False):
    """A job handed out, and what came of it."""

    job: J
    done: bool = False
    result: R | Lost | None = None

    def end(self, result: R | Lost) -> None:
        """Take what came of it."""
        self.result, self.done = result, True


class _Worker(Struct, Generic[J, R], eq=False):
    """A process, the pipe to it, and what it is doing."""

    process: BaseProcess
    pipe: Connection[Any, Any]
    task: Task[J, R] | None = None
    deadline: float = 0.0
    begun: bool = False


class Workers(Generic[J, R]):
    """Processes that do `work` on jobs, each begun with `begin(*setting)`; a context.

    `preload` names modules for the process that others are divided from to have in memory. `fork`
    says that a single one may be divided from this very process: nothing its work does may touch
    what this one holds open, a database of SQLite above all.
    """

    def __init__(
        self,
        work: Callable[[J], R],
        count: int,
        begin: Callable[..., None],
        setting: tuple[object, ...],
        limits: Allowance,
        preload: tuple[str, ...] = (),
        *,
        fork: bool = False,
    ) -> None:
        """Say what is to be done; processes start when jobs come."""
        self._serve = (work, begin, setting, limits)
        self._count, self._limits = count, limits
        self._forks = fork and count == 1
        self._preload = (work.__module__, *preload)
        self._workers: list[_Worker[J, R]] = []
        self._waiting: deque[Task[J, R]] = deque()

    # ------------------------------------------------------------ jobs

    def start(self, job: J) -> Task[J, R]:
        """Hand a job out, to be begun as soon as a process is free."""
        task = Task[J, R](job)
        self._waiting.append(task)
        self._attend(0.0)
        return task

    def results(self, steps: Iterable[Task[J, R] | T]) -> Iterator[R | T | Lost]:
        """Give what the started jobs yield, and what is no job as it is, in the order of steps.

        Steps are taken one by one, and never more than some ahead of what has been given.
        """
        ahead: deque[Task[J, R] | T] = deque()
        for step in steps:
            ahead.append(step)
            while len(ahead) > AHEAD * self._count or (ahead and self._known(ahead[0])):
                yield self._settled(ahead.popleft())
        while ahead:
            yield self._settled(ahead.popleft())

    @staticmethod
    def _known(step: Task[J, R] | T) -> bool:
        return not isinstance(step, Task) or step.done

    def _settled(self, step: Task[J, R] | T) -> R | T | Lost:
        if not isinstance(step, Task):
            return step
        while not step.done:
            self._attend(self._patience())
        assert step.result is not None
        return step.result

    # ------------------------------------------------------------ processes

    def _attend(self, seconds: float) -> None:
        """Hand out what waits, and take in what has come within so many seconds."""
        from multiprocessing.connection import wait

        self._hand_out()
        busy = {worker.pipe: worker for worker in self._workers if worker.task}
        for pipe in wait(list(busy), seconds) if busy else ():
            self._take(busy[pipe])  # type: ignore[index]
        for worker in [w for w in self._workers if w.task and monotonic() > w.deadline]:
            self._drop(worker, OVERRAN)
        self._hand_out()

    def _hand_out(self) -> None:
        while self._waiting and (worker := self._free()):
            task = self._waiting.popleft()
            try:
                worker.pipe.send(task.job)
            except OSError:  # it ended between two jobs, or before the first
                if worker.begun:
                    self._waiting.appendleft(task)
                else:
                    task.end(NEVER_BEGAN)
                self._drop(worker)
            else:
                seconds = self._limits.seconds
                room = seconds if worker.begun else max(seconds, BEGINNING)
                worker.task, worker.deadline = task, monotonic() + room

    def _free(self) -> _Worker[J, R] | None:
        """Give a process that has nothing to do, a new one where there may be more."""
        free = next((worker for worker in self._workers if worker.task is None), None)
        return free or (self._hire() if len(self._workers) < self._count else None)

    def _hire(self) -> _Worker[J, R]:
        context = self._context  # to make it lets interrupts through
        with interrupts_held():
            worker = _Worker[J, R](*started(context, *self._serve))
            self._workers.append(worker)
        return worker

    @cached_property
    def _context(self) -> Any:
        return context_for(self._preload, fork=self._forks)

    def _take(self, worker: _Worker[J, R]) -> None:
        """Take in what a process has sent; the end of its pipe is its own end."""
        try:
            result = worker.pipe.recv()
        except (EOFError, OSError):
            # one that never began ended by no fault of the file it was given
            result = Lost(DIED) if worker.begun else NEVER_BEGAN
        if result == BEGUN and not worker.begun:
            worker.begun = True  # and to begin took none of the time of its job
            worker.deadline = monotonic() + self._limits.seconds
            return
        assert worker.task is not None
        worker.task.end(result)
        worker.task = None
        if isinstance(result, Lost):  # who knows what state it is in
            self._drop(worker)

    def _drop(self, worker: _Worker[J, R], why: str = DIED) -> None:
        """Be done with a process; the job it has is lost."""
        if worker.task is not None:
            worker.task.end(Lost(why))
        self._workers.remove(worker)
        worker.pipe.close()
        worker.process.kill()
        worker.process.join()

    def _patience(self) -> float:
        """Give the seconds until the next job overruns."""
        deadlines = [worker.deadline for worker in self._workers if worker.task]
        return max(0.0, min(deadlines, default=monotonic()) - monotonic()) + 0.01

    # ------------------------------------------------------------ the end

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: object, at: object) -> None:
        """End the processes; when broken off, after the running jobs have written what they do."""
        self._waiting.clear()
        end = monotonic() + GRACE
        while any(worker.task for worker in self._workers) and monotonic() < end:
            self._attend(end - monotonic())
        for worker in list(self._workers):
            self._drop(worker)
