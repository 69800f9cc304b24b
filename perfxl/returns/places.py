"""Where outputs go: in place of our own of last time, never of a file somebody has worked on."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

from perfxl.disk.files import answer, numbered, whole
from perfxl.errors import Unreadable
from perfxl.form.identity import DIGEST, RESULT_OF
from perfxl.reading.intake import is_untouched, read_bytes, stated

RESULT_SUFFIX = "_审核结果"
RESULT_STEM = re.compile(rf"{RESULT_SUFFIX}(_\d+)?$")


def is_own_result(path: Path) -> bool:
    """Whether this is a result as we wrote it; one that somebody has saved since is a return."""
    return bool(RESULT_STEM.search(path.stem)) and is_ours(path)


def result_name(
    stem: str, folder: Path, source: Path, another_s: Callable[[Path], bool] = lambda _: False
) -> Path:
    """Give the name of the result of a source.

    A result as we wrote it is replaced; the source, a foreign file, the result of another source
    (`another_s`) or one somebody has worked on is never: then the name gets a number.
    """

    def taken(target: Path) -> bool:
        if another_s(target):
            return True
        return answer(target.exists, otherwise=False) and (
            whole(target) == whole(source) or not is_own_result(target)
        )

    return numbered(folder / f"{RESULT_STEM.sub('', stem)}{RESULT_SUFFIX}.xlsx", taken)


def our_place(target: Path, form: str) -> Path:
    """Give where a workbook of a form of ours goes: in place of the last one.

    Where somebody has worked on that, or it is another workbook, the name gets a number.
    """
    return numbered(target, lambda place: os.path.lexists(place) and not is_ours(place, form))


def is_ours(path: Path, form: str = "") -> bool:
    """Whether this is a file (of this form) as we wrote it; False where it cannot be read."""
    try:
        return is_untouched(path.read_bytes(), form)
    except OSError:
        return False


def is_made_of(path: Path, data: bytes) -> bool:
    """Whether a file began as this document of ours, even if somebody has worked on it since."""
    seal = stated(data, DIGEST)
    try:
        return bool(seal) and stated(path.read_bytes(), DIGEST) == seal
    except OSError:
        return False


def result_of(path: Path) -> str:
    """Give the mark of the return that a file says it is the result of, "" where it does not."""
    try:
        return stated(read_bytes(path), RESULT_OF)
    except Unreadable:
        return ""
