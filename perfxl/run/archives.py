"""Archives; and the opening of whatever holds returns, archives and mails in one another."""

from __future__ import annotations

import errno
import io
import sys
import zipfile
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from io import BytesIO
from pathlib import Path

from perfxl.errors import Unreadable
from perfxl.reading.intake import demand_file, system_fault
from perfxl.reading.limits import FILE
from perfxl.reading.package import ZIP_FAULTS
from perfxl.run.containers import DEEPEST, NAMELESS, OLD_NAMES, ZIP, Container, uniquely_named

MOST_DIRECTORY = 2 * 1024**2  # bytes that list what an archive holds: 20,000 files, 1 KB each here


def opened(path: Path, members: tuple[str, ...]) -> Container:
    """Give the archive or mail at a path, or the one `members` lead to in it.

    Raise Unreadable where it cannot be opened.
    """
    try:
        demand_file(path)
        stamp = path.stat().st_mtime_ns
    except OSError as error:
        raise system_fault(error) from error
    return _opened(path, stamp, members)


@lru_cache(maxsize=DEEPEST)  # the members of one archive are read one after the other
def _opened(path: Path, stamp: int, members: tuple[str, ...]) -> Container:
    """Open an archive or mail; `stamp` is the time its file was last changed."""
    from perfxl.run.mails import Mail

    if members:
        data = _opened(path, stamp, members[:-1]).read(members[-1])
        return Archive(BytesIO(data)) if members[-1].lower().endswith(ZIP) else Mail(data)
    try:
        return Archive(path) if path.suffix.lower() == ZIP else Mail.at(path)
    except OSError as error:
        raise system_fault(error) from error


class Archive(Container):
    """A zip archive."""

    def __init__(self, file: Path | BytesIO) -> None:
        try:
            self._zip = _listed(file)
        except ZIP_FAULTS as error:
            if isinstance(error, OSError) and error.errno not in {None, errno.EINVAL}:
                raise  # the disk's fault, not the archive's
            raise Unreadable.of("archive-damaged") from error
        self._infos: dict[str, zipfile.ZipInfo] = uniquely_named(
            (info.filename or NAMELESS, info) for info in self._zip.infolist() if _is_file(info)
        )

    def members(self) -> Iterator[tuple[str, str]]:
        for name, info in sorted(self._infos.items()):
            yield name, _entry_time(info)

    def cost(self, member: str) -> int:
        size = self._infos[member].file_size
        return size if size <= FILE.most else 0

    def read(self, member: str) -> bytes:
        info = self._infos.get(member)
        if info is None:
            raise Unreadable.of("member-missing")
        if info.flag_bits & 1:
            raise Unreadable.of("member-locked")
        if info.file_size > FILE.most:
            raise Unreadable.of("member-too-large")
        try:
            with self._zip.open(info) as file:  # no more is unpacked than is stated
                return file.read(info.file_size + 1)
        except ZIP_FAULTS as error:
            raise Unreadable.of("member-damaged") from error


class _Bounded(io.BufferedReader):
    """A file that gives no more than `most` bytes at once: zipfile reads all of a list at once."""

    most = MOST_DIRECTORY

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > self.most:
            raise Unreadable.of("archive-long")
        return super().read(size)

    def __del__(self) -> None:
        self.close()


class _Closing(io.FileIO):
    """A file that is closed when nobody holds it any more, whatever goes first of what held it."""

    def __del__(self) -> None:
        self.close()


def _listed(file: Path | BytesIO) -> zipfile.ZipFile:
    """Open an archive whose list of members is of a sane length."""
    bounded = _Bounded(_Closing(file) if isinstance(file, Path) else file)
    archive = _named(bounded)
    bounded.most = sys.maxsize  # of what a member holds, `read` says how much
    return archive


def _named(file: io.BufferedReader) -> zipfile.ZipFile:
    """Open an archive with its names read as Chinese Windows writes them, if they are such."""
    try:
        return zipfile.ZipFile(file, metadata_encoding=OLD_NAMES)
    except UnicodeDecodeError:
        return zipfile.ZipFile(file)


def _is_file(info: zipfile.ZipInfo) -> bool:
    """Whether an entry is more than the name of a folder: one may be called so and hold a file."""
    return bool(info.file_size) or not info.filename.endswith("/")


def _entry_time(info: zipfile.ZipInfo) -> str:
    try:
        return datetime(*info.date_time).astimezone().isoformat()
    except (ValueError, OverflowError):
        return ""
