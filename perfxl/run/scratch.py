"""The temporary folder of a run, which goes with it; those of runs that were killed.

Processes are asked for at a socket in a folder that Python makes («pymp-…») and, where the run is
killed, leaves behind. Ours is made around that one and locked while the run lives, so the next run
knows those that nobody has any more. Windows needs no such folder.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache

PREFIX = "perfxl-run-"
UNFINISHED = ".perfxl-run-"  # until it is locked
LONGEST = 50  # characters of the system's temporary folder: the path of a socket has room for 104


@contextmanager
def own_folder() -> Iterator[None]:
    """Let what is made meanwhile in the system's temporary folder lie in one of this run's own."""
    import tempfile

    usual, folder = tempfile.tempdir, None
    with suppress(OSError):  # what then cannot be made there either, says so
        folder = _made()
    try:
        tempfile.tempdir = folder or usual
        yield
    finally:
        tempfile.tempdir = usual


def clear() -> None:
    """Take away the folders of this user's runs that have ended."""
    import tempfile

    if sys.platform != "win32":
        with suppress(OSError), os.scandir(tempfile.gettempdir()) as found:
            for entry in found:
                if entry.name.startswith(PREFIX) and entry.is_dir(follow_symlinks=False):
                    _take_away(entry.path)


def _take_away(folder: str) -> None:
    import shutil

    with suppress(OSError):
        held = os.open(folder, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
        try:
            if os.fstat(held).st_uid == os.geteuid() and _locked(held):
                shutil.rmtree(folder, ignore_errors=True)
        finally:
            os.close(held)


def _locked(folder: int) -> bool:
    """Lock an open folder for as long as it is open; False where a run has it."""
    import fcntl

    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


@cache
def _made() -> str | None:
    """Make the folder of this run, locked before it bears a name that others look for."""
    import shutil
    import tempfile
    from multiprocessing.util import Finalize
    from pathlib import Path

    if sys.platform == "win32" or len(tempfile.gettempdir()) > LONGEST:
        return None
    new = Path(tempfile.mkdtemp(prefix=UNFINISHED))
    if not _locked(os.open(new, os.O_RDONLY)):  # open, and so locked, until the process ends
        return None  # a file system without locks
    folder = str(new.rename(new.with_name(PREFIX + new.name.removeprefix(UNFINISHED))))
    # after Python has taken away what it made in it (-100)
    Finalize(None, shutil.rmtree, (folder,), {"ignore_errors": True}, exitpriority=-200)
    return folder
