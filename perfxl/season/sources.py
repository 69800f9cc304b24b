"""Where returns come from: files, folders, archives and saved mails, one inside the other.

A source is a file on disk, or a member of an archive or an attachment of a mail, by name; bytes
are read when asked for. Archives and mails are only looked through, never unpacked to disk: no
name in them becomes a path.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from perfxl.files import LOCK_PREFIXES, RESULT_STEM, is_own_result
from perfxl.reading.intake import MAX_FILE, Unreadable, is_untouched, read_bytes, system_words

if TYPE_CHECKING:
    from email.message import EmailMessage

WORKBOOKS = frozenset({".xlsx", ".xlsm", ".xls", ".et", ".xlsb", ".ods"})
ZIP, MAIL = ".zip", ".eml"
CLOSED = frozenset({".rar", ".7z", ".msg"})  # cannot be looked into, may hold returns
MOST_MEMBERS = 2_000
LARGEST_MAIL = 100 * 1024 * 1024
LOOKED_AT = WORKBOOKS | CLOSED | {ZIP, MAIL}
DEEPEST = 3  # an archive in a mail in an archive
SET_ASIDE = "作废"  # a folder whose files are passed over
OLD_NAMES = "gb18030"  # how programs in Chinese Windows spell names
UNKNOWN = "\ufffd"
_BARE_NAME = re.compile(r'filename="?([^";\r\n]+)')


@dataclass(frozen=True, slots=True)
class Source:
    """A file that may be a return. `members` leads into archives and mails, the outermost first.

    `received` is when it came, ISO 8601: the date of the mail, else of the archive's entry, else
    of the file.
    """

    path: Path
    shown: str
    members: tuple[str, ...] = ()
    received: str = ""

    @property
    def name(self) -> str:
        """The path as shown, and behind it the members; what no text can hold is spelt out."""
        whole = "/".join((self.shown, *self.members))
        return whole.encode("utf-8", "backslashreplace").decode()

    @property
    def stem(self) -> str:
        """The name its result is called by."""
        return PurePosixPath(self.members[-1]).stem if self.members else self.path.stem

    @property
    def mailed(self) -> bool:
        """Whether it came by a mail that is at hand."""
        return any(name.lower().endswith(MAIL) for name in (self.path.name, *self.members))

    def read(self) -> bytes:
        """Give its content; raise Unreadable where there is none to be had."""
        if not self.members:
            if self.path.suffix.lower() in {ZIP, MAIL} and self.path.exists():
                self.within("").container()  # what keeps it from being looked into
            return read_bytes(self.path)
        return self.container().read(self.members[-1])

    def container(self) -> Container:
        """Give the archive or mail it is in; raise Unreadable where that cannot be opened."""
        try:
            stamp = self.path.stat().st_mtime_ns
        except OSError as error:
            raise _system_fault(error) from error
        return _opened(self.path, stamp, self.members[:-1])

    def within(self, member: str, time: str = "") -> Source:
        """Give what this one holds under a name."""
        return Source(self.path, self.shown, (*self.members, member), time or self.received)


def sources(paths: Iterable[Path], shown: Callable[[Path], str] = str) -> Iterator[Source]:
    """Give the returns in these files and folders, each once, folders in the order of names.

    A folder without any, and a file named that is none, are given themselves: reading says why.
    `shown` says how a path is called.
    """
    seen: set[Path] = set()
    for path in paths:
        if not path.is_dir():
            found: Iterable[Path] = [path]
        else:
            found = sorted(entry for entry in path.rglob("*") if _may_hold(entry, path)) or [path]
        for file in found:
            whole = file.resolve()
            if whole not in seen:
                seen.add(whole)
                yield from _inside(Source(file, shown(file), received=_file_time(file)))


def _may_hold(path: Path, root: Path) -> bool:
    """Whether a file in a folder is looked at: no lock file, result of ours or one set aside."""
    suffix, inside = path.suffix.lower(), path.relative_to(root).parts
    if path.name.startswith(LOCK_PREFIXES) or any(part.startswith(".") for part in inside):
        return False
    if SET_ASIDE in inside[:-1] or suffix not in LOOKED_AT:
        return False
    return path.is_file() and not is_own_result(path)


def _file_time(path: Path) -> str:
    try:
        seconds = path.stat().st_mtime
    except OSError:
        return ""
    return datetime.fromtimestamp(seconds).astimezone().isoformat(timespec="seconds")


def _inside(source: Source, depth: int = 0) -> Iterator[Source]:
    """Give the returns a source holds; itself where it is no archive or mail, or holds none."""
    name = source.members[-1] if source.members else source.path.name
    if PurePosixPath(name).suffix.lower() not in {ZIP, MAIL} or depth == DEEPEST:
        yield source
        return
    found = False
    for inner in _members(source):
        for each in _inside(inner, depth + 1):
            found = True
            yield each
    if not found:
        yield source  # reading says why


def _members(source: Source) -> Iterator[Source]:
    """Give what may be a return, or hold one, in an archive or mail."""
    try:
        container = source.within("").container()
    except Unreadable:
        return
    for member, time in container.members():
        if PurePosixPath(member).suffix.lower() in LOOKED_AT and not _is_result(container, member):
            keeps = source.mailed and isinstance(container, _Archive)
            yield source.within(member, "" if keeps else time)


def _is_result(container: Container, member: str) -> bool:
    """Whether a member is a result as we wrote it."""
    try:
        stem = PurePosixPath(member).stem
        return bool(RESULT_STEM.search(stem)) and is_untouched(container.read(member))
    except Unreadable:
        return False


# ---------------------------------------------------------------- archives and mails


class Container:
    """What holds members: their names with the time they bear ("" where none), their bytes."""

    def members(self) -> Iterator[tuple[str, str]]:
        """Give name and time of each member that is a file."""
        raise NotImplementedError

    def read(self, member: str) -> bytes:
        """Give the bytes of a member; raise Unreadable where there are none to be had."""
        raise NotImplementedError


@lru_cache(maxsize=DEEPEST)  # the members of one archive are read one after the other
def _opened(path: Path, stamp: int, members: tuple[str, ...]) -> Container:
    """Open an archive or mail; `stamp` is the time its file was last changed."""
    if members:
        data = _opened(path, stamp, members[:-1]).read(members[-1])
        return _Archive(BytesIO(data)) if members[-1].lower().endswith(ZIP) else _Mail(data)
    try:
        if path.suffix.lower() == ZIP:
            return _Archive(path)
        if path.stat().st_size > LARGEST_MAIL:
            raise Unreadable("too-large", "邮件超过 100 MB", "把附件另存到文件夹里再审核")
        return _Mail(path.read_bytes())
    except OSError as error:
        raise _system_fault(error) from error


def _system_fault(error: OSError) -> Unreadable:
    message = f"读取失败({system_words(error)})"
    return Unreadable("cannot-read", message, "检查磁盘或网络盘后重试")


class _Archive(Container):
    """A zip archive."""

    def __init__(self, file: Path | BytesIO) -> None:
        try:
            self._zip = _named(file)
        except zipfile.BadZipFile as error:
            raise Unreadable(
                "damaged", "压缩包已损坏或不完整", "请重新下载,或请单位重新报送"
            ) from error
        infos = [info for info in self._zip.infolist() if not info.is_dir()]
        if len(infos) > MOST_MEMBERS:
            message = f"压缩包里的文件超过 {MOST_MEMBERS} 个"
            raise Unreadable("too-large", message, "解压后只留自评表再审核")
        self._infos = {info.filename: info for info in infos}

    def members(self) -> Iterator[tuple[str, str]]:
        for name, info in sorted(self._infos.items()):
            if not PurePosixPath(name).name.startswith((*LOCK_PREFIXES, ".")) and not (
                name.startswith("__MACOSX/")
            ):
                yield name, _entry_time(info)

    def read(self, member: str) -> bytes:
        info = self._infos.get(member)
        if info is None:
            raise Unreadable("not-found", "压缩包里没有这个文件", "核对压缩包后重试")
        if info.flag_bits & 1:
            raise Unreadable("encrypted", "压缩包有密码", "请解压后再审核,或请单位取消密码")
        try:
            with self._zip.open(info) as file:
                data = file.read(MAX_FILE + 1)
        except (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError) as error:
            raise Unreadable("damaged", "压缩包里的这个文件已损坏", "请单位重新报送") from error
        if len(data) > MAX_FILE:
            raise Unreadable("too-large", "文件超过 50 MB,不是正常的自评表", "请单位核对后重新报送")
        return data


def _named(file: Path | BytesIO) -> zipfile.ZipFile:
    """Open an archive with its names read as Chinese Windows writes them, if they are such."""
    try:
        return zipfile.ZipFile(file, metadata_encoding=OLD_NAMES)
    except UnicodeDecodeError:
        return zipfile.ZipFile(file)


def _entry_time(info: zipfile.ZipInfo) -> str:
    try:
        return datetime(*info.date_time).astimezone().isoformat()
    except (ValueError, OverflowError):
        return ""


class _Mail(Container):
    """A saved mail with its attachments."""

    def __init__(self, data: bytes) -> None:
        from email import message_from_bytes, policy

        message: EmailMessage = message_from_bytes(data, policy=policy.default)
        self._time = _mail_time(message)
        self._parts: dict[str, bytes] = {}
        for part in message.walk():
            name = _attachment_name(part)
            if name:
                self._parts[_free(name, self._parts)] = _content(part)

    def members(self) -> Iterator[tuple[str, str]]:
        return ((name, self._time) for name in self._parts)

    def read(self, member: str) -> bytes:
        if member not in self._parts:
            raise Unreadable("not-found", "邮件里没有这个附件", "核对邮件后重试")
        return self._parts[member]


def _mail_time(message: EmailMessage) -> str:
    from email.utils import parsedate_to_datetime

    try:
        return parsedate_to_datetime(str(message.get("Date", ""))).astimezone().isoformat()
    except (TypeError, ValueError, IndexError, OverflowError):
        return ""


def _attachment_name(part: EmailMessage) -> str:
    """Give the name of an attachment, its last part only; "" for what is none."""
    if part.get_content_type() == "message/rfc822":
        return str(part.get_filename() or "转发的邮件").removesuffix(MAIL) + MAIL
    name = part.get_filename() or ""
    if UNKNOWN in name:
        name = _name_as_written(part) or name
    return PurePosixPath(name.replace("\\", "/")).name


def _name_as_written(part: EmailMessage) -> str:
    """Give a name that stands in its header as bare bytes: UTF-8, or as Chinese Windows writes."""
    for header, value in part.raw_items():
        found = _BARE_NAME.search(value) if header.lower() == "content-disposition" else None
        if found:
            raw = found[1].encode("ascii", "surrogateescape")
            try:
                return raw.decode()
            except UnicodeDecodeError:
                return raw.decode(OLD_NAMES, "replace")
    return ""


def _content(part: EmailMessage) -> bytes:
    if part.get_content_type() == "message/rfc822":
        inner = part.get_payload()
        return inner[0].as_bytes() if isinstance(inner, list) else b""  # type: ignore[union-attr]
    data = part.get_payload(decode=True)
    return data if isinstance(data, bytes) else b""


def _free(name: str, taken: Iterable[str]) -> str:
    """Give a name that is not taken: a mail may have two attachments of one name."""
    path, number, free = PurePosixPath(name), 1, name
    while free in taken:
        number += 1
        free = f"{path.stem}({number}){path.suffix}"
    return free
