"""Work shared out to processes: what a job does to its process costs that job alone.

Each job has a time limit. A process that dies (out of memory, a fault in a library) or overruns
is replaced; its job ends with the reason, and the others go on. One pipe leads to each process,
and nothing is shared between them: a process that ends at any moment leaves no lock behind.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

J = TypeVar("J")
R = TypeVar("R")
T = TypeVar("T")

AHEAD = 8  # steps taken beyond the oldest unfinished one, for each worker
SECONDS = 120.0  # one return takes less than one
GRACE = 5.0  # seconds the running jobs get to finish when the run is broken off
COLLECT_AFTER = 100_000  # nearly all a job makes lives until its end: look for cycles seldom
BEGUN = "begun"  # the first word of a process
DIED, OVERRAN, FAULT = "died", "overran", "fault"


@dataclass(frozen=True, slots=True)
class Lost:
    """Why a job gave nothing: its process died or overran; or a fault of ours, with details."""

    why: str
    details: str = ""


def usual_workers() -> int:
    """Give how many processes work at once unless told otherwise."""
    return min(8, os.cpu_count() or 1)


@dataclass(eq=False)
class Task(Generic[J, R]):
    """A job handed out, and what came of it."""

    job: J
    done: bool = False
    result: R | Lost | None = None

    def end(self, result: R | Lost) -> None:
        """Take what came of it."""
        self.result, self.done = result, True


@dataclass(eq=False)
class _Worker(Generic[J, R]):
    """A process, the pipe to it, and what it is doing."""

    process: BaseProcess
    pipe: Connection[Any, Any]
    task: Task[J, R] | None = None
    deadline: float = 0.0
    begun: bool = False


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
        """Say what is to be done; processes start when jobs come."""
        self._serve = (work, begin, setting)
        self._count, self._seconds = count, seconds
        self._workers: list[_Worker[J, R]] = []
        self._waiting: deque[Task[J, R]] = deque()
        self._context = _context(work.__module__)

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
        free = [worker for worker in self._workers if worker.task is None]
        while self._waiting and (free or len(self._workers) < self._count):
            worker = free.pop() if free else self._hire()
            worker.task = self._waiting.popleft()
            worker.deadline = monotonic() + self._seconds
            try:
                worker.pipe.send(worker.task.job)
            except OSError:
                self._drop(worker, DIED)

    def _hire(self) -> _Worker[J, R]:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=_serve, args=(theirs, *self._serve), daemon=True)
        process.start()
        theirs.close()
        worker = _Worker[J, R](process, ours)
        self._workers.append(worker)
        return worker

    def _take(self, worker: _Worker[J, R]) -> None:
        """Take in what a process has sent; the end of its pipe is its own end."""
        try:
            result = worker.pipe.recv()
        except (EOFError, OSError):
            # one that never began ended by no fault of the file it was given
            self._drop(worker, DIED if worker.begun else FAULT)
            return
        if not worker.begun:
            worker.begun = True
            return
        assert worker.task is not None
        worker.task.end(result)
        worker.task = None

    def _drop(self, worker: _Worker[J, R], why: str) -> None:
        """Be done with a process; the job it had is lost."""
        if worker.task is not None:
            details = "a process ended before it had begun" if why == FAULT else ""
            worker.task.end(Lost(why, details))
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
            self._drop(worker, DIED)


def _context(preloaded: str) -> Any:
    """Give how processes are started: where the system can, from one that has imported the work."""
    import multiprocessing

    if sys.platform == "win32":
        return multiprocessing.get_context("spawn")
    from multiprocessing import forkserver, resource_tracker

    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([preloaded])
    # Ctrl-C goes to every process of the terminal, also to one that has hardly begun: they inherit
    # that it is held back
    resource_tracker.ensure_running()  # else started below, which would let Ctrl-C through again
    held = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, held)
    return context


def _serve(
    pipe: Connection[Any, Any],
    work: Callable[[Any], Any],
    begin: Callable[..., None],
    setting: tuple[object, ...],
) -> None:
    """Do one job after another, until the pipe is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # it is for the process that shares out
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # the last words of a library help no clerk
    gc.set_threshold(COLLECT_AFTER)
    begin(*setting)
    pipe.send(BEGUN)
    while True:
        try:
            job = pipe.recv()
        except (EOFError, OSError):
            return
        try:
            result = work(job)
        except Exception as error:  # a rule or a renderer of ours: told as such, not as bad data
            result = Lost(FAULT, "".join(traceback.format_exception(error)))
        try:
            pipe.send(result)
        except OSError:  # nobody waits for it any more
            return
