"""Ctrl-C, and the system's request to end: one thing, obeyed from first import to last line.

What was begun is finished or taken back: an interrupt is a KeyboardInterrupt in the main thread.
Python loses some of them. Where it can raise nothing (a weak reference's callback, a destructor) it
prints a traceback and goes on; within a class being made it raises a RuntimeError instead. So what
came is remembered here: said once more where it was lost, and told from a fault of ours.
"""

from __future__ import annotations

import _thread
import signal
import sys
import time
from types import FrameType

# asked to end by the system: a closed window, a shutdown, another program
_ENDINGS = ("SIGTERM", "SIGHUP", "SIGBREAK")
_SOON = 0.02  # seconds, until Python has left the place where it can raise nothing
_MAIN = _thread.get_ident()  # this module is imported where the program begins
_what_came: list[int] = []


def heed() -> None:
    """Obey Ctrl-C and every request to end from now on, but for those the caller has ignored."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _stop)
    for number in filter(None, (getattr(signal, name, None) for name in _ENDINGS)):
        if signal.getsignal(number) is signal.SIG_DFL:  # nohup says otherwise
            signal.signal(number, _stop)
    sys.unraisablehook = _unraisable


def came() -> bool:
    """Whether an interrupt came: what fails after it fails because of it."""
    return bool(_what_came)


def leave() -> None:
    """Heed nothing any more: all is done but to leave."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Python remembers an interrupt that came through code made at run time (a dataclass, say),
    # and ends by that signal whatever the exit code: the next such code makes it forget
    exec("")  # noqa: S102 - no code at all


def _stop(number: int, _: FrameType | None) -> None:
    _what_came.append(number)
    raise KeyboardInterrupt


def _unraisable(lost: sys.UnraisableHookArgs) -> None:
    if isinstance(lost.exc_value, KeyboardInterrupt):
        _thread.start_new_thread(_once_more, ())
    else:
        sys.__unraisablehook__(lost)


def _once_more() -> None:
    time.sleep(_SOON)
    if sys.platform == "win32":
        _thread.interrupt_main()
    else:  # unlike the former, it also wakes who sleeps or waits
        signal.pthread_kill(_MAIN, signal.SIGINT)
