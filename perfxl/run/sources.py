"""Where returns come from: files, folders, archives and saved mails, one inside the other.

A source is a file on disk, or a member of an archive or an attachment of a mail, by name; bytes
are read when asked for. What is there and is no return is a source too, set aside with the reason:
nothing is passed over without a word.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from functools import cache
from hashlib import sha256
from pathlib import Path, PurePosixPath
from time import monotonic

from msgspec import Struct
from msgspec.structs import replace

from perfxl.disk.files import LOCK_PREFIXES, answer, safe_name, whole
from perfxl.errors import Unreadable
from perfxl.reading.intake import is_untouched, looks_like_workbook, read_bytes, system_fault
from perfxl.reading.kinds import SUFFIXES
from perfxl.returns.places import RESULT_STEM, is_ours, is_own_result, result_of
from perfxl.run.archives import opened
from perfxl.run.containers import DEEPEST, MAIL, ZIP, Container

# cannot be looked into, may hold returns
CLOSED = frozenset({".rar", ".7z", ".msg", ".tar", ".gz", ".tgz", ".bz2", ".xz"})
HOLDERS = frozenset({ZIP, MAIL})
LOOKED_AT = SUFFIXES | CLOSED | HOLDERS
SET_ASIDE = "作废"  # a folder whose files are passed over
OF_THE_SYSTEM = frozenset({"thumbs.db", "desktop.ini"})
OF_A_MAC = "__MACOSX/"  # what its archives hold besides the files
# why something is not looked at
NO_TABLE, NO_FILE = "不是表格", "不是文件(是管道、设备之类)"
NOWHERE, LINKED_FOLDER = "链接指向的文件不存在", "是指向别处文件夹的链接"
LEFT_OUT, KEPT, OURS = f"“{SET_ASIDE}”和隐藏的文件夹", "系统和办公软件的文件", "perfxl 的审核结果"
EXPECTED = (LEFT_OUT, KEPT, OURS)  # what is rightly there: counted, not named

# of one file, in all that is in it
MOST_MEMBERS = 2_000
MOST_UNPACKED = 1024**3  # bytes of what is looked at: 2,000 returns of 500 KB
MOST_SECONDS = 60.0  # to look through it: a slow computer unpacks as much as that in 40


class Source(Struct, frozen=True):
    """A file that may be a return. `members` leads into archives and mails, the outermost first.

    `received` is when it came, ISO 8601: the date of the mail, else of the archive's entry, else
    of the file. `refused` is why it is not read (code, message, what to do), where that is known;
    `aside` why it is taken for no return at all.
    """

    path: Path
    shown: str
    members: tuple[str, ...] = ()
    received: str = ""
    refused: tuple[str, str, str] | None = None
    aside: str = ""

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
        """What its name ends with, in small letters; all of a name that is nothing else."""
        last = PurePosixPath(self._last).name.lower().rstrip()
        return last if last in LOOKED_AT else PurePosixPath(last).suffix

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
        return self.container().read(self._last) if self.members else _read(self.path)

    def container(self) -> Container:
        """Give the archive or mail it is in; raise Unreadable where that cannot be opened."""
        return opened(self.path, self.members[:-1])

    def within(self, member: str, time: str = "") -> Source:
        """Give what this one holds under a name."""
        return Source(self.path, self.shown, (*self.members, member), time or self.received)


def _read(path: Path) -> bytes:
    try:
        return read_bytes(path)
    except Unreadable as error:
        if error.code == "no-workbooks" and any(map(is_own_result, _Walk(path).files)):
            raise Unreadable.of("only-results") from error
        raise


def source_fingerprint(source: Source, folder: Path) -> str:
    """Give the mark of a return as its result in a folder states it: where it stands from there.

    It holds wherever both are moved together, and tells a reader nothing of names.
    """
    try:
        way = Path(os.path.relpath(source.path, folder)).as_posix()
    except ValueError:  # on another drive
        way = whole(source.path).as_posix()
    place = unicodedata.normalize("NFC", "\n".join((way, *source.members))).casefold()
    return sha256(place.encode("utf-8", "surrogatepass")).hexdigest()


def set_apart(paths: Sequence[Path]) -> tuple[list[Path], list[Path]]:
    """Part what is named: what is to be read, and results of ours whose returns are named as well.

    `*.xlsx` names both. A result that somebody has worked on is a return, and so is one that is
    named without the return it is of.
    """

    @cache
    def returns(folder: Path) -> dict[str, Path]:
        return {source_fingerprint(Source(path, ""), folder): path for path in paths}

    def is_spare(path: Path) -> bool:
        of = returns(path.parent).get(result_of(path), path)
        return of != path and is_ours(path)

    spare = list(filter(is_spare, paths))
    return [path for path in paths if path not in spare], spare


def _spelt(name: str) -> str:
    return name.encode("utf-8", "backslashreplace").decode()


# ---------------------------------------------------------------- folders


def sources(paths: Iterable[Path], shown: Callable[[Path], str] = str) -> Iterator[Source]:
    """Give the returns in these files and folders, each once, folders in the order of names.

    A folder without any, a file named that is none, and a folder that cannot be read are given
    themselves: reading says why. `shown` says how a path is called.
    """
    return (source for source in everything(paths, shown) if not source.aside)


def everything(paths: Iterable[Path], shown: Callable[[Path], str] = str) -> Iterator[Source]:
    """Give the returns as `sources` does, and what else is there, set aside with the reason."""
    seen: set[tuple[Path, str]] = set()
    for path in paths:
        walk = _Walk(path)
        for file, aside in walk.entries():
            place = _place(file), aside
            if place not in seen:
                seen.add(place)
                time, refused = _file_time(file), walk.closed.get(file)
                source = Source(file, shown(file), (), time, refused, aside)
                yield from [source] if refused or aside else _inside(source)


def parted(found: Iterable[Source]) -> tuple[list[Source], list[Source]]:
    """Give the returns among these, and what is set aside."""
    both: dict[bool, list[Source]] = {False: [], True: []}
    for source in found:
        both[bool(source.aside)].append(source)
    return both[False], both[True]


def _place(file: Path) -> Path:
    """Give where a file is, links followed; a link to nowhere is a thing of its own."""
    return whole(file) if answer(file.exists, otherwise=True) else whole(file.parent) / file.name


class _Walk:
    """What is at a path: itself, or the `files` in a folder.

    Its folders may be `closed` to us, or are `left_out` for a reason.
    """

    def __init__(self, path: Path) -> None:
        self.files: list[Path] = []
        self.closed: dict[Path, tuple[str, str, str]] = {}
        self.left_out: dict[Path, str] = {}
        if answer(path.is_dir, otherwise=False):
            self._walk(path)
        else:
            self.files.append(path)
        self._path = path

    def entries(self) -> Iterator[tuple[Path, str]]:
        """Give what may be a return, the path itself where nothing is; then the rest, and why."""
        found = {file: _why_aside(file) for file in self.files}
        held = [file for file, aside in found.items() if not aside]
        yield from ((file, "") for file in sorted((*held, *self.closed)) or [self._path])
        others = {**found, **self.left_out}
        yield from sorted((f, why) for f, why in others.items() if why and f != self._path)

    def _walk(self, root: Path) -> None:
        for folder, inner, files in os.walk(root, onerror=self._refused):
            why = {name: _why_left_out(Path(folder, name)) for name in inner}
            self.left_out |= {Path(folder, name): why[name] for name in inner if why[name]}
            inner[:] = [name for name in inner if not why[name]]
            self.files += (Path(folder, name) for name in files)

    def _refused(self, error: OSError) -> None:
        self.closed[Path(error.filename)] = system_fault(error, "这个文件夹").said


def _why_left_out(folder: Path) -> str:
    """Say why a folder is not gone into; "" where it is."""
    if folder.name == SET_ASIDE or folder.name.startswith("."):
        return LEFT_OUT
    return LINKED_FOLDER if answer(folder.is_symlink, otherwise=False) else ""


def _why_aside(path: Path) -> str:
    """Say why what is in a folder is not looked at; "" where it may be a return.

    What bears the name of one is looked at, whatever it is: reading says why it cannot be read.
    """
    known = Source(path, "").suffix in LOOKED_AT
    if is_kept(path.name):
        return KEPT
    if not answer(path.is_file, otherwise=True):
        nowhere = answer(path.is_symlink, otherwise=False) and not os.path.exists(path)  # noqa: PTH110
        return "" if known else NOWHERE if nowhere else NO_FILE
    if is_own_result(path):
        return OURS
    return "" if known or _looks_so(lambda: _head(path), path.suffix) else NO_TABLE


def _looks_so(read: Callable[[], bytes], suffix: str) -> bool:
    """Whether what has no ending to its name is a workbook by its content."""
    try:
        return not suffix and looks_like_workbook(read())
    except (OSError, Unreadable):
        return False


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(8)


def is_kept(name: str) -> bool:
    """Whether a program or a system keeps a file of this name for itself."""
    last = PurePosixPath(name).name.lower()
    nothing_else = last in LOOKED_AT or not last.strip(".")
    hidden = last.startswith((*LOCK_PREFIXES, ".")) and not nothing_else
    return hidden or last in OF_THE_SYSTEM or name.startswith(OF_A_MAC)


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
        return [replace(source, refused=error.said)]


class _Look:
    """One look into a file and all that is in it; raises Unreadable where that is too much."""

    def __init__(self) -> None:
        self._members = self._unpacked = 0
        self._end = monotonic() + MOST_SECONDS

    def inside(self, source: Source, depth: int = 0) -> Iterator[Source]:
        if source.aside or source.suffix not in HOLDERS:
            yield source
        elif depth == DEEPEST:
            yield replace(source, refused=Unreadable.of("too-deep").said)
        else:
            inner = self._members_of(source)
            found = [each for one in inner for each in self.inside(one, depth + 1)]
            holds = any(not each.aside for each in found)
            yield from found if holds else [source]  # reading says why

    def _members_of(self, source: Source) -> Iterator[Source]:
        """Give what an archive or mail holds, each with the reason why it is no return."""
        try:
            container = source.within("").container()
        except Unreadable:
            return
        keeps = source.mailed and source.suffix == ZIP
        for member, time in container.members():
            inner = source.within(member, "" if keeps else time)
            yield replace(inner, aside=self._why_aside(container, inner))

    def _why_aside(self, container: Container, source: Source) -> str:
        """Say why a member is not looked at; "" where it may be a return, or hold one."""
        member = source.members[-1]
        if is_kept(member):
            return KEPT
        self._members += 1
        if self._members > MOST_MEMBERS:
            raise Unreadable.of("too-many-members", most=MOST_MEMBERS)
        if monotonic() > self._end:
            raise Unreadable.of("unpacks-too-slowly")
        known = source.suffix in LOOKED_AT
        if source.suffix and not known:
            return NO_TABLE
        self._unpack(container.cost(member))
        if RESULT_STEM.search(PurePosixPath(member).stem) and _is_result(container, member):
            return OURS
        return "" if known or _looks_so(lambda: container.read(member), "") else NO_TABLE

    def _unpack(self, size: int) -> None:
        self._unpacked += size
        if self._unpacked > MOST_UNPACKED:
            raise Unreadable.of("unpacks-too-large")


def _is_result(container: Container, member: str) -> bool:
    """Whether a member is a result as we wrote it."""
    try:
        return is_untouched(container.read(member))
    except Unreadable:
        return False
