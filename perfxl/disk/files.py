"""Files as perfxl writes them: whole or not at all, under names every system takes."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import sleep
from typing import IO

from perfxl.errors import Busy, WriteError, system_words
from perfxl.text import safe

TEMPORARY = ".perfxl-"
# before the names of files an office program or a system keeps beside others
LOCK_PREFIXES = ("~$", ".~", "._")
# names of devices: Windows takes no file called so, whatever follows a point
RESERVED = re.compile(r"(CON|PRN|AUX|NUL|COM[0-9¹²³]|LPT[0-9¹²³])\s*(\.|$)", re.IGNORECASE)
UNSAFE = re.compile(r'[<>:"/\\|?*]')  # what one system or another takes for something else
LONGEST_NAME = 200  # bytes, a 汉字 takes three: systems stop at 255, results add to a name
LONGEST_PATH = 259 if os.name == "nt" else 4095  # Windows takes more where it is set up to

PAUSES = (0.1, 0.3, 0.6)  # seconds between attempts to replace a file that is open elsewhere


def safe_name(name: str, most: int = LONGEST_NAME) -> str:
    """Give a file name (without suffix) every system accepts, of at most `most` bytes."""
    kept = UNSAFE.sub("_", safe.name(name)).encode()[:most]
    tidy = kept.decode("utf-8", "ignore").strip(" ").rstrip(". ") or "perfxl"
    return f"_{tidy}" if RESERVED.match(tidy) else tidy


def whole(path: Path) -> Path:
    """Give the absolute path, links followed; a link that leads to itself stays as it is."""
    return Path(os.path.realpath(path))


def whole_path(path: Path) -> Path:
    """Give the path from the top, links as they are: a folder may be a link to another disk."""
    return Path(os.path.abspath(path))  # noqa: PTH100 - resolve() would follow links


def alike(path: Path) -> str:
    """Give what tells one file from another on every system: on some, case does not."""
    return unicodedata.normalize("NFC", str(whole_path(path))).casefold()


def answer(ask: Callable[[], bool], otherwise: bool) -> bool:
    """Give what the system answers on a path, `otherwise` where it refuses to."""
    try:
        return ask()
    except OSError:
        return otherwise


def place_for(target: Path, name: str, suffixes: Collection[str]) -> Path:
    """Give where an output goes: into this folder under `name`, or where the path says.

    A path that ends with none of these suffixes gets that of `name`.
    """
    if answer(target.is_dir, otherwise=False):
        target /= name
    if target.suffix.lower() in suffixes:
        return target
    return target.with_name(f"{target.name}{Path(name).suffix}")


def demand_free(target: Path) -> Path:
    """Give this path; raise WriteError where anything stands there, were it a link to nowhere."""
    if os.path.lexists(target):
        raise WriteError.of("exists", path=target)
    return target


def numbered(target: Path, taken: Callable[[Path], bool]) -> Path:
    """Give this path, or the first with a number behind its stem that is not taken."""
    free, number = target, 1
    while taken(free):
        number += 1
        free = target.with_name(f"{target.stem}_{number}{target.suffix}")
    return free


@contextmanager
def writing(target: Path) -> Iterator[IO[bytes]]:
    """Give a file that becomes `target` whole, or leaves nothing: filled beside, then renamed."""
    temporary = _beside(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        _put_in_place(temporary, target)
    except OSError as error:
        raise _not_written(target, error) from error
    finally:
        _take_away(temporary)


def _beside(target: Path) -> Path:
    """Give a name in the same folder that nothing has, by chance and not by trying."""
    return target.with_name(f"{TEMPORARY}{os.urandom(8).hex()}.tmp")


def _take_away(temporary: Path) -> None:
    with suppress(OSError):  # it may not be there; a season clears what could not be taken away
        temporary.unlink()


def _not_written(target: Path, error: OSError) -> WriteError:
    """Give what to tell where the system does not let a file be written."""
    length = len(str(whole(target)))
    if length > LONGEST_PATH:
        return WriteError.of("path-too-long", path=target, length=length, most=LONGEST_PATH)
    if isinstance(error, PermissionError):
        return WriteError.of("not-allowed", path=target)
    return WriteError.of("not-writable", path=target, why=system_words(error))


def demand_writable(folder: Path) -> None:
    """Make a folder where there is none; raise WriteError where no file can be put into it."""
    trial = _beside(folder / TEMPORARY)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        trial.open("xb").close()
    except OSError as error:
        raise _not_written(folder, error) from error
    finally:
        _take_away(trial)


def write_file(target: Path, data: bytes) -> Path:
    """Write a whole file or nothing."""
    with writing(target) as file:
        file.write(data)
    return target


def _put_in_place(temporary: Path, target: Path) -> None:
    """Rename over the target; Windows refuses while a program has it open, often but briefly."""
    for pause in (*PAUSES, None):
        try:
            temporary.replace(target)
        except PermissionError as error:
            if pause is None:
                raise Busy.of("not-replaced", path=target) from error
            sleep(pause)
        else:
            return


def write_beside(target: Path, data: bytes) -> Path:
    """Write a file; where its place is held by a program, under a numbered name. Give where."""
    try:
        return write_file(target, data)
    except Busy:
        return write_file(numbered(target, os.path.lexists), data)
