"""Where returns come from: files, folders, archives and saved mails, one inside the other.

A source is a file on disk, or a member of an archive or an attachment of a mail, by name; bytes
are read when asked for.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path, PurePosixPath
from time import monotonic

from perfxl.files import LOCK_PREFIXES, RESULT_STEM, answer, is_own_result, safe_name, whole
from perfxl.reading.intake import is_untouched, read_bytes, system_fault
from perfxl.reading.refusals import Unreadable
from perfxl.season.containers import DEEPEST, MAIL, ZIP, Container, opened

WORKBOOKS = frozenset({".xlsx", ".xlsm", ".xls", ".et", ".xlsb", ".ods", ".fods"})
CLOSED = frozenset({".rar", ".7z", ".msg"})  # cannot be looked into, may hold returns
HOLDERS = frozenset({ZIP, MAIL})
LOOKED_AT = WORKBOOKS | CLOSED | HOLDERS
SET_ASIDE = "作废"  # a folder whose files are passed over
OF_THE_SYSTEM = frozenset({"thumbs.db", "desktop.ini"})

# of one file, in all that is in it
MOST_MEMBERS = 2_000
MOST_UNPACKED = 1024**3  # bytes of what is looked at: 2,000 returns of 500 KB
MOST_SECONDS = 60.0  # to look through it: a slow computer unpacks as much as that in 40
TOO_MANY = (
    "too-large",
    f"压缩包或邮件里的文件超过 {MOST_MEMBERS} 个",
    "解压后只留自评表再审核",
)
TOO_LARGE = ("too-large", "压缩包里的文件展开后超过 1 GB", "解压后只留自评表再审核")
TOO_SLOW = ("too-slow", "压缩包或邮件太复杂,查看超时", "解压后只留自评表再审核")
TOO_DEEP = ("too-deep", "压缩包套了太多层", "请解压后再放进来")


@dataclass(frozen=True, slots=True)
class Source:
    """A file that may be a return. `members` leads into archives and mails, the outermost first.

    `received` is when it came, ISO 8601: the date of the mail, else of the archive's entry, else
    of the file. `refused` is why it is not read (code, message, what to do), where that is known.
    """

    path: Path
    shown: str
    members: tuple[str, ...] = ()
    received: str = ""
    refused: tuple[str, str, str] | None = None

    @property
    def name(self) -> str:
        """The path as shown, and behind it the members; what no text can hold is spelt out."""
        return _spelt("/".join((self.shown, *self.members)))

    @property
    def stem(self) -> str:
        """The name its result is called by, one every system takes."""
        return safe_name(PurePosixPath(self._last).stem if self.members else self.path.stem)

    @property
    def suffix(self) -> str:
        """What its name ends with, in small letters."""
        return PurePosixPath(self._last).suffix.lower()

    @property
    def _last(self) -> str:
        return self.members[-1] if self.members else self.path.name

    @property
    def mailed(self) -> bool:
        """Whether it came by a mail that is at hand."""
        return any(name.lower().endswith(MAIL) for name in (self.path.name, *self.members))

    def read(self) -> bytes:
        """Give its content; raise Unreadable where there is none to be had."""
        if self.refused:
            raise Unreadable(*self.refused)
        if self.suffix in HOLDERS:
            self.within("").container()  # what keeps it from being looked into
        return self.container().read(self._last) if self.members else read_bytes(self.path)

    def container(self) -> Container:
        """Give the archive or mail it is in; raise Unreadable where that cannot be opened."""
        return opened(self.path, self.members[:-1])

    def within(self, member: str, time: str = "") -> Source:
        """Give what this one holds under a name."""
        return Source(self.path, self.shown, (*self.members, member), time or self.received)


def _spelt(name: str) -> str:
    return name.encode("utf-8", "backslashreplace").decode()


# ---------------------------------------------------------------- folders


def sources(paths: Iterable[Path], shown: Callable[[Path], str] = str) -> Iterator[Source]:
    """Give the returns in these files and folders, each once, folders in the order of names.

    A folder without any, a file named that is none, and a folder that cannot be read are given
    themselves: reading says why. `shown` says how a path is called.
    """
    seen: set[Path] = set()
    for path in paths:
        walk = _Walk(path)
        for file in sorted((*filter(_may_hold, walk.files), *walk.closed)) or [path]:
            place = whole(file)
            if place not in seen:
                seen.add(place)
                source = Source(file, shown(file), (), _file_time(file), walk.closed.get(file))
                yield from [source] if source.refused else _inside(source)


def others(paths: Iterable[Path], shown: Callable[[Path], str] = str) -> list[str]:
    """Give the names of the files in these folders that `sources` passes over: no spreadsheets.

    Hidden files, those set aside and what an office program or a system keeps are not told.
    """
    found = {
        whole(file): _spelt(shown(file))
        for path in paths
        for file in sorted(_Walk(path).files)
        if file != path and file.suffix.lower() not in LOOKED_AT and _is_file(file)
    }
    return list(found.values())


class _Walk:
    """What is at a path: itself, or the `files` in a folder and the folders `closed` to us."""

    def __init__(self, path: Path) -> None:
        self.files: list[Path] = []
        self.closed: dict[Path, tuple[str, str, str]] = {}
        if answer(path.is_dir, otherwise=False):
            self._walk(path)
        else:
            self.files.append(path)

    def _walk(self, root: Path) -> None:
        for folder, inner, files in os.walk(root, onerror=self._refused):
            inner[:] = [name for name in inner if name != SET_ASIDE and not name.startswith(".")]
            self.files += (Path(folder, name) for name in files if not _is_kept(name))

    def _refused(self, error: OSError) -> None:
        fault = system_fault(error, "这个文件夹")
        self.closed[Path(error.filename)] = (fault.code, fault.message, fault.fix)


def _is_kept(name: str) -> bool:
    """Whether a program or a system keeps a file of this name for itself."""
    return name.startswith((*LOCK_PREFIXES, ".")) or name.lower() in OF_THE_SYSTEM


def _may_hold(path: Path) -> bool:
    """Whether a file in a folder is looked at: one of a kind we know, no result of ours."""
    return path.suffix.lower() in LOOKED_AT and _is_file(path) and not is_own_result(path)


def _is_file(path: Path) -> bool:
    return answer(path.is_file, otherwise=True)  # reading says why


def _file_time(path: Path) -> str:
    try:
        seconds = path.stat().st_mtime
        return datetime.fromtimestamp(seconds).astimezone().isoformat(timespec="seconds")
    except (OSError, ValueError, OverflowError):  # gone, or of a year no calendar has
        return ""


# ---------------------------------------------------------------- archives and mails


def _inside(source: Source) -> list[Source]:
    """Give the returns a file holds; itself where it is no archive or mail, or holds none."""
    try:
        return list(_Look().inside(source))
    except Unreadable as error:  # one word for all of it
        return [replace(source, refused=(error.code, error.message, error.fix))]


class _Look:
    """One look into a file and all that is in it; raises Unreadable where that is too much."""

    def __init__(self) -> None:
        self._members = self._unpacked = 0
        self._end = monotonic() + MOST_SECONDS

    def inside(self, source: Source, depth: int = 0) -> Iterator[Source]:
        if source.suffix not in HOLDERS:
            yield source
        elif depth == DEEPEST:
            yield replace(source, refused=TOO_DEEP)
        else:
            inner = self._members_of(source)
            found = [each for one in inner for each in self.inside(one, depth + 1)]
            yield from found or [source]  # reading says why

    def _members_of(self, source: Source) -> Iterator[Source]:
        """Give what may be a return, or hold one, in an archive or mail."""
        try:
            container = source.within("").container()
        except Unreadable:
            return
        keeps = source.mailed and source.suffix == ZIP
        for member, time in container.members():
            self._members += 1
            if self._members > MOST_MEMBERS:
                raise Unreadable(*TOO_MANY)
            if monotonic() > self._end:
                raise Unreadable(*TOO_SLOW)
            inner = source.within(member, "" if keeps else time)
            named_so = bool(RESULT_STEM.search(PurePosixPath(member).stem))
            if inner.suffix in LOOKED_AT:
                self._unpack(container.cost(member))
            if inner.suffix in LOOKED_AT and not (named_so and _is_result(container, member)):
                yield inner

    def _unpack(self, size: int) -> None:
        self._unpacked += size
        if self._unpacked > MOST_UNPACKED:
            raise Unreadable(*TOO_LARGE)


def _is_result(container: Container, member: str) -> bool:
    """Whether a member is a result as we wrote it."""
    try:
        return is_untouched(container.read(member))
    except Unreadable:
        return False
