"""A process that works for another: how it starts, what limits it keeps, what it says.

It says that it has begun, then takes one job after another and says what came of each. Whatever a
job does to it, nothing but its end is seen outside. As one of them is started before all else (see
`reader`), little is imported here.
"""

from __future__ import annotations

import faulthandler
import gc
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from perfxl.run import scratch

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

GRACE = 5.0  # seconds the running jobs get to finish when the run is broken off
COLLECT_AFTER = 100_000  # nearly all a job makes lives until its end: look for cycles seldom
FORK = "fork"
STANDARD = (0, 1, 2)  # input, output, errors
DATA_FIELD = 5  # in /proc/self/statm: pages of data and stack
_ENDINGS = [  # what asks a program to end; not every system knows each
    getattr(signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
    if hasattr(signal, name)
]
BEGUN = "begun"  # the first word of a process
DIED, OVERRAN, OUTGREW, FAULT = "died", "overran", "outgrew", "fault"


class Lost(NamedTuple):
    """Why a job gave nothing: what became of its process; or a fault of ours, with details."""

    why: str
    details: str = ""


NEVER_BEGAN = Lost(FAULT, "a process ended before it had begun")


class Allowance(NamedTuple):
    """What a job may take: so many seconds, so many bytes beyond what its process begins with.

    `memory` None: as much as there is. Only Linux holds a process to it: macOS takes such a limit
    and does not keep it, Windows has none that a program can set itself with what Python offers.
    """

    seconds: float
    memory: int | None = None


# A return takes half a second and some 10 MB: a computer ten times slower keeps well within the
# time, and with what a process begins with (110 MB) its memory stays below 600 MB.
LIMITS = Allowance(60.0, 400 * 1024**2)


class LostElsewhere(Exception):  # noqa: N818 - what became of it, not only the error
    """A process that this one asked gave no answer, so neither does this one."""

    def __init__(self, lost: Lost) -> None:
        """Keep why."""
        super().__init__()
        self.lost = lost


# ---------------------------------------------------------------- how processes start


def context_for(preload: tuple[str, ...], *, fork: bool) -> Any:
    """Give how processes are started.

    Divided from this one, which costs nothing, where that is asked for and safe; else, where the
    system can, from one that has imported what they need.
    """
    import multiprocessing

    scratch.clear()
    if fork and divisible():
        return multiprocessing.get_context(FORK)
    if sys.platform == "win32":
        return multiprocessing.get_context("spawn")
    from multiprocessing import forkserver, resource_tracker

    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(preload))
    resource_tracker.ensure_running()  # else started below, which would let Ctrl-C through again
    with interrupts_held(), scratch.own_folder():
        forkserver.ensure_running()
    return context


def divisible() -> bool:
    """Whether this process may be forked: it has but one thread, those of libraries counted.

    False where the system does not tell.
    """
    try:
        return len(os.listdir("/proc/self/task")) == 1  # noqa: PTH208 - no more is loaded
    except OSError:
        return False


@contextmanager
def interrupts_held() -> Iterator[None]:
    """Hold Ctrl-C and requests to end back: they go to every process, also to one hardly begun.

    A process started meanwhile inherits that.
    """
    if sys.platform == "win32":
        yield
        return
    held = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDINGS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, held)


def fill_standard() -> None:
    """Open what of the standard streams is closed: else a pipe would take their place."""
    while (free := os.open(os.devnull, os.O_RDWR)) in STANDARD:
        os.set_inheritable(free, True)
    os.close(free)


def started(context: Any, *doing: Any) -> tuple[BaseProcess, Connection[Any, Any]]:
    """Start a process that serves (see `serve`); give it, and our end of the pipe to it.

    Interrupts are to be held until the caller knows it: nobody else would end it.
    """
    fill_standard()
    ours, theirs = context.Pipe()
    inherited = (ours,) if context.get_start_method() == FORK else ()
    process = context.Process(target=serve, args=(theirs, inherited, *doing), daemon=True)
    process.start()
    theirs.close()
    return process, ours


# ---------------------------------------------------------------- in the process


def serve(
    pipe: Connection[Any, Any],
    inherited: tuple[Connection[Any, Any], ...],
    work: Callable[[Any], Any],
    begin: Callable[..., None],
    setting: tuple[object, ...],
    limits: Allowance,
) -> None:
    """Do one job after another, until the pipe is closed."""
    for others in inherited:  # held open here, the end of the other process would not show
        others.close()
    _take_signals()
    _fall_silent()
    gc.set_threshold(COLLECT_AFTER)
    said: object = _outcome(lambda: _begun(begin, setting, limits))
    while _sent(pipe, said) and not isinstance(said, Lost):
        try:
            job = pipe.recv()
        except (EOFError, OSError):
            return
        said = _in_time(lambda: work(job), limits.seconds + GRACE)  # noqa: B023 - called at once


def _take_signals() -> None:
    """Leave what ends a program to the process that shares out; it asks this one to end by SIGTERM.

    What is being written is then taken back. Until here all of them were held.
    """
    for number in _ENDINGS:
        signal.signal(number, _leave if number == signal.SIGTERM else signal.SIG_IGN)
    if sys.platform != "win32":
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDINGS)


def _leave(*_: object) -> None:
    raise SystemExit


def _begun(begin: Callable[..., None], setting: tuple[object, ...], limits: Allowance) -> str:
    begin(*setting)
    if limits.memory is not None:
        _limit_memory(limits.memory)
    return BEGUN


def _sent(pipe: Connection[Any, Any], said: object) -> bool:
    """Send what came of a job; False where nobody waits for it any more."""
    try:
        pipe.send(said)
    except OSError:
        return False
    return True


def _in_time(job: Callable[[], object], seconds: float) -> object:
    """Give what came of a job; one that takes longer ends the process.

    That is for when nobody is left to end it. No library that keeps Python waiting keeps this.
    """
    faulthandler.dump_traceback_later(seconds, exit=True, file=STANDARD[-1])
    try:
        return _outcome(job)
    finally:
        faulthandler.cancel_dump_traceback_later()


def _outcome(job: Callable[[], object]) -> object:
    try:
        return job()
    except LostElsewhere as error:
        return error.lost
    except MemoryError:
        return Lost(OUTGREW)
    except Exception as error:  # a rule or a renderer of ours: told as such, not as bad data
        import traceback

        return Lost(FAULT, "".join(traceback.format_exception(error)))
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException:  # a panic of a library in Rust is none of the above
        return Lost(DIED)


def _fall_silent() -> None:
    """Let go of the standard streams: the last words of a library help no clerk.

    Nor does who reads our output wait for a process that outlives us.
    """
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in STANDARD:
        os.dup2(nothing, stream)
    os.close(nothing)


def _limit_memory(room: int) -> None:
    """Hold this process to so many bytes more than it has, and let it leave no image when it dies.

    What counts is what it may write to (RLIMIT_DATA). The address space (RLIMIT_AS) would count
    libraries and the stacks of their threads, which grow with the number of processors.
    """
    if sys.platform != "linux":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    most = _data_bytes() + room
    if hard != resource.RLIM_INFINITY:
        most = min(most, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (most, hard))


def _data_bytes() -> int:
    """Give how much memory this process may write to; 0 where the system does not tell."""
    try:
        with open("/proc/self/statm", encoding="ascii") as said:  # noqa: PTH123 - no more is loaded
            fields = said.read().split()
    except OSError:
        return 0
    return int(fields[DATA_FIELD]) * os.sysconf("SC_PAGE_SIZE")
