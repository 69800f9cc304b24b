"""The program around the commands: its streams and memory, and the exit code.

Exit codes: 0 nothing at 错误 level, 1 findings at that level, 2 wrong usage, 3 some input could
not be read, 4 a result could not be written, 5 a fault of ours, 130 interrupted; the highest holds.
"""

from __future__ import annotations

import atexit
import errno
import gc
import os
import sys
import traceback
from contextlib import suppress
from functools import partial
from pathlib import Path

import typer

from perfxl.cli import interrupts, launch, usage, words
from perfxl.cli.commands import USAGE_ERROR, NobodyReads, app
from perfxl.cli.faults import LOG_NAME, fault_line
from perfxl.disk.terminal import say

INTERRUPTED = 130
NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}  # where no file is named: output
WRITE_FAULTS = {"exists": 4, "not-writable": 4}


def main() -> None:
    """Run the command line and exit with its code; no traceback ever reaches the user."""
    _prepare_streams()
    clicked = launch.clicked(sys.argv[1:])
    run = partial(_to_the_end, clicked)
    if clicked is None:
        sys.exit(run())
    sys.exit(launch.kept_in_sight(run, itself=clicked == [launch.PAGE]))


def _to_the_end(clicked: list[str] | None) -> int:
    try:
        return _run(clicked)
    except (KeyboardInterrupt, typer.Abort):
        return _ended(words.INTERRUPTED, INTERRUPTED)


def _run(clicked: list[str] | None) -> int:
    """Give the exit code of the command, typed or stood for by a click; Ctrl-C passes through."""
    _spare_collections()
    if not _takes_chinese_names():
        return _ended(words.NO_CHINESE_NAMES, 2)
    from perfxl.errors import PerfxlError

    try:
        code = app(clicked, prog_name=usage.PROGRAM, standalone_mode=False) or 0
        sys.stdout.flush()
        if code == INTERRUPTED:
            raise KeyboardInterrupt
    except PerfxlError as error:
        return _ended(f"{error.message}。{error.fix}。", WRITE_FAULTS.get(error.code, 2))
    except USAGE_ERROR as error:
        return _ended(usage.fault(error), 2)
    except (NobodyReads, BrokenPipeError):
        _drop_output()  # end without a word
        return 0
    except OSError as error:
        return _refused(error)
    except typer.Abort:
        raise
    except Exception:  # a fault of ours, or what Python makes of an interrupt
        if interrupts.came():
            raise KeyboardInterrupt from None
        return _our_fault()
    return code


def _refused(error: OSError) -> int:
    """Say what the system refuses and nobody was ready for; tell it from a fault of ours."""
    from perfxl.errors import system_words

    if error.filename is not None:
        return _ended(words.REFUSED.format(path=error.filename, why=system_words(error)), 4)
    if error.errno == errno.ENOENT:  # only the current folder is asked for without a name
        return _ended(words.NO_FOLDER, 2)
    if error.errno in NO_ROOM:
        _drop_output()
        return _ended(words.NOT_PRINTED.format(why=system_words(error)), 4)
    return _our_fault()


def _our_fault() -> int:
    return _ended(fault_line(traceback.format_exc()), 5)


def _drop_output() -> None:
    """Let what is still to be printed go nowhere: closing the stream would fail once more."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def _spare_collections() -> None:
    """Look for reference cycles seldom, and not at all at the end.

    A run is short and nearly all it makes lives until its end; looking at pandas and the form over
    and over, and once more when the process closes, would take a fifth of the time of a check.
    """
    gc.set_threshold(100_000)
    atexit.register(gc.freeze)


def _prepare_streams() -> None:
    """Make the streams take whatever is printed; a program without a console has none."""
    _fill_descriptors()
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115
        elif hasattr(getattr(sys, name), "reconfigure"):  # a GBK console knows not every glyph
            getattr(sys, name).reconfigure(errors="backslashreplace")


def _takes_chinese_names() -> bool:
    """Whether files can be named as ours are; a locale of Latin letters alone says no."""
    try:
        return bool(os.fsencode(LOG_NAME))
    except UnicodeEncodeError:
        return False


def _fill_descriptors() -> None:
    """Open what was closed of the three standard files: no file of ours may get their numbers."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free


def _ended(line: str, code: int) -> int:
    with suppress(OSError):  # where nothing can be said, the exit code does
        say(line, aside=True)
    return code
