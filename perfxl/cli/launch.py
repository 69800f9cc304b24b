"""Started by a click: words nobody typed, and a window that would close before it is read.

Our own icons and menu entries say so by `CLICKED`, the first word. A program dropped upon or
double-clicked by itself is told by its console, on Windows: nothing but us is on it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr, redirect_stdout, suppress
from pathlib import Path, PureWindowsPath
from typing import Any

from perfxl.cli import words
from perfxl.disk.terminal import say

CLICKED = "--clicked"
CHECK = ("check", "--open", "--")  # what a click on files asks for
PAGE = "desk"  # the command a click on nothing asks for, where it can be had
LIBRARIES = ("starlette", "uvicorn", "jinja2", "python_multipart")  # of the page
MOST_ON_CONSOLE = 16
# what stands between a click and us: the launcher of a script, the one of an environment
STARTERS = frozenset({"perfxl.exe", "python.exe", "py.exe"})


def clicked(typed: Sequence[str]) -> list[str] | None:
    """Give the words a click stands for; None where a person typed them."""
    if typed[:1] == [CLICKED]:
        from perfxl.disk.desktop import path_of

        return [*map(path_of, typed[1:])] or _nothing_named()
    if not alone(on_console()):
        return None
    dropped = typed and all(map(os.path.lexists, typed))
    return [*CHECK, *typed] if dropped else [*typed] or _nothing_named()


def _nothing_named() -> list[str]:
    """Give the page where it is installed; else no word, which is answered by the guide."""
    return [PAGE] if has_page() else []


def has_page() -> bool:
    """Whether what the page needs is installed."""
    from importlib.util import find_spec

    return all(map(find_spec, LIBRARIES))


# ---------------------------------------------------------------- the console


def alone(programs: Sequence[str]) -> bool:
    """Whether no shell is among the programs of a console: it was made for us and ends with us."""
    names = {PureWindowsPath(program).name.casefold() for program in programs}
    return bool(names) and names <= STARTERS


def on_console() -> list[str]:
    """Give the files of the programs on our console; [] without one, or where none is told."""
    if sys.platform != "win32":
        return []
    import ctypes

    kernel = ctypes.WinDLL("kernel32")
    numbers = (ctypes.c_uint32 * MOST_ON_CONSOLE)()
    count = kernel.GetConsoleProcessList(numbers, MOST_ON_CONSOLE)
    return [_program(kernel, number) for number in numbers[:count]]


def _program(kernel: Any, number: int) -> str:
    """Give the file a process runs; "" where the system does not tell."""
    import ctypes

    named, length = ctypes.create_unicode_buffer(1024), ctypes.c_uint32(1024)
    may_ask = 0x1000  # PROCESS_QUERY_LIMITED_INFORMATION
    kernel.OpenProcess.restype = ctypes.c_void_p
    process = ctypes.c_void_p(kernel.OpenProcess(may_ask, False, number))
    kernel.QueryFullProcessImageNameW(process, 0, named, ctypes.byref(length))
    kernel.CloseHandle(process)
    return named.value


def has_console() -> bool:
    """Whether a window shows what is said: elsewhere than on Windows a click makes none."""
    return os.name == "nt" and sys.stdin is not None and sys.stdin.isatty() and sys.stdout.isatty()


# ---------------------------------------------------------------- what is said


def kept_in_sight(run: Callable[[], int], *, itself: bool) -> int:
    """Give the exit code of a run; keep what it says before whoever clicked.

    On the console it stays till a key, else it is opened as a text. Where it is shown by `itself`,
    only what went wrong is kept.
    """
    if not has_console():
        return _told_in_a_text(run, itself=itself)
    code = run()
    if code or not itself:
        with suppress(KeyboardInterrupt, OSError):
            say(words.PRESS_ENTER)
            sys.stdin.readline()
    return code


def _told_in_a_text(run: Callable[[], int], *, itself: bool) -> int:
    """Write what is said to a file, and open it; the system clears it away with its others."""
    from tempfile import mkstemp

    from perfxl.disk.desktop import opened

    try:
        number, name = mkstemp(".txt", "perfxl-")
    except OSError:  # no room anywhere: the result alone will have to say it
        return run()
    text = os.fdopen(number, "w", encoding="utf-8", errors="backslashreplace")
    with text, redirect_stdout(text), redirect_stderr(text):
        code = run()
    if (itself and not code) or not opened(Path(name)):
        Path(name).unlink()
    return code
