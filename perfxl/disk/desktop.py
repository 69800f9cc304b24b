"""The desktop around us: what a double click on a file would do."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

OPENERS = (("xdg-open",), ("gio", "open"), ("open",))  # the last is that of macOS
SAID = "已打开:{path}"
NOT_OPENED = "没有打开 {path}:没有图形界面,或没有能打开它的程序"
ADDRESS = "file://"  # some file managers give addresses for paths
ANSWERED = 3  # seconds after which an opener that has not failed is one that stays, like its window


def path_of(word: str) -> str:
    """Give the path that a file manager means by a word: the path itself, or its address."""
    if not word.startswith(ADDRESS):
        return word
    from urllib.parse import unquote

    return unquote(word.removeprefix(ADDRESS), errors="surrogateescape")


def said_of_opening(path: Path) -> str:
    """Open a file or folder as a double click does, and say whether that could be done."""
    return (SAID if opened(path) else NOT_OPENED).format(path=path)


def opened(path: Path) -> bool:
    """Open a file or folder as a double click does; whether there was anything to open it with."""
    path = path.absolute()
    try:
        if sys.platform == "win32":
            os.startfile(path)  # noqa: S606 - a double click, no more
            return True
        return _handed_over(path)
    except OSError:  # no program for files of this kind
        return False


def _handed_over(path: Path) -> bool:
    """Give a path to the opener of the desktop; without a screen it would look for a terminal."""
    opener = next((one for one in OPENERS if shutil.which(one[0])), None)
    screen = sys.platform == "darwin" or {"DISPLAY", "WAYLAND_DISPLAY"} & os.environ.keys()
    if opener is None or not screen:
        return False
    nowhere = subprocess.DEVNULL
    asked = subprocess.Popen(  # noqa: S603 - the path is our own and from the top, no option
        [*opener, path], stdin=nowhere, stdout=nowhere, stderr=nowhere, start_new_session=True
    )
    try:
        return asked.wait(ANSWERED) == 0
    except subprocess.TimeoutExpired:
        return True
