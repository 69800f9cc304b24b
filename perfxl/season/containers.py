"""Archives and saved mails: what they hold by name, as Chinese programs write names.

They are only looked through, never unpacked to disk: no name in them becomes a path.
"""

from __future__ import annotations

import errno
import re
import zipfile
from collections.abc import Iterator
from datetime import datetime
from email.errors import MessageError
from functools import lru_cache
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from perfxl.files import LOCK_PREFIXES
from perfxl.reading.intake import demand_file, system_fault
from perfxl.reading.limits import FILE
from perfxl.reading.package import ZIP_FAULTS
from perfxl.reading.refusals import Unreadable

if TYPE_CHECKING:
    from email.message import EmailMessage, MIMEPart

ZIP, MAIL = ".zip", ".eml"
DEEPEST = 3  # an archive in a mail in an archive
LARGEST_MAIL = 100 * 1024 * 1024
MOST_DASHED = 10_000  # lines of a mail that may begin a part, signatures and quotations among them
OLD_NAMES = "gb18030"  # how programs in Chinese Windows spell names
UNKNOWN = "\ufffd"
FORWARDED = "message/rfc822"
MAIL_TOO_LARGE = ("too-large", "邮件超过 100 MB", "把附件另存到文件夹里再审核")
MAIL_IN_PIECES = ("too-large", "邮件的分段太多,不是正常的邮件", "把附件另存到文件夹里再审核")
MAIL_DAMAGED = ("damaged", "邮件内容已损坏", "请重新下载,或请单位重新报送")
# what the email package raises on headers and parts no honest program writes
MAIL_FAULTS = (MessageError, RecursionError, LookupError, ValueError, AttributeError, TypeError)
_BARE_NAME = re.compile(r'filename="?([^";\r\n]+)')
_UNSPEAKABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


class Container:
    """What holds members: their names with the time they bear ("" where none), their bytes."""

    def members(self) -> Iterator[tuple[str, str]]:
        """Give name and time of each member that is a file."""
        raise NotImplementedError

    def cost(self, member: str) -> int:
        """Give how many bytes at most must be unpacked to read a member."""
        return 0

    def read(self, member: str) -> bytes:
        """Give the bytes of a member; raise Unreadable where there are none to be had."""
        raise NotImplementedError


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
    if members:
        data = _opened(path, stamp, members[:-1]).read(members[-1])
        return _Archive(BytesIO(data)) if members[-1].lower().endswith(ZIP) else _Mail(data)
    try:
        if path.suffix.lower() == ZIP:
            return _Archive(path)
        if path.stat().st_size > LARGEST_MAIL:
            raise Unreadable(*MAIL_TOO_LARGE)
        return _Mail(path.read_bytes())
    except OSError as error:
        raise system_fault(error) from error


# ---------------------------------------------------------------- archives


class _Archive(Container):
    """A zip archive."""

    def __init__(self, file: Path | BytesIO) -> None:
        try:
            self._zip = _named(file)
        except ZIP_FAULTS as error:
            if isinstance(error, OSError) and error.errno not in {None, errno.EINVAL}:
                raise  # the disk's fault, not the archive's
            raise Unreadable(
                "damaged", "压缩包已损坏或不完整", "请重新下载,或请单位重新报送"
            ) from error
        self._infos = {info.filename: info for info in self._zip.infolist() if not info.is_dir()}

    def members(self) -> Iterator[tuple[str, str]]:
        for name, info in sorted(self._infos.items()):
            if not PurePosixPath(name).name.startswith((*LOCK_PREFIXES, ".")) and not (
                name.startswith("__MACOSX/")
            ):
                yield name, _entry_time(info)

    def cost(self, member: str) -> int:
        size = self._infos[member].file_size
        return size if size <= FILE.most else 0

    def read(self, member: str) -> bytes:
        info = self._infos.get(member)
        if info is None:
            raise Unreadable("not-found", "压缩包里没有这个文件", "核对压缩包后重试")
        if info.flag_bits & 1:
            raise Unreadable("encrypted", "压缩包有密码", "请解压后再审核,或请单位取消密码")
        if info.file_size > FILE.most:
            raise Unreadable("too-large", "文件超过 50 MB,不是正常的自评表", "请单位核对后重新报送")
        try:
            with self._zip.open(info) as file:  # no more is unpacked than is stated
                return file.read(info.file_size + 1)
        except ZIP_FAULTS as error:
            raise Unreadable("damaged", "压缩包里的这个文件已损坏", "请单位重新报送") from error


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


# ---------------------------------------------------------------- mails


class _Mail(Container):
    """A saved mail with its attachments."""

    def __init__(self, data: bytes) -> None:
        from email import message_from_bytes, policy

        if sum(map(data.count, (b"\n--", b"\r--"))) > MOST_DASHED:  # parts take much memory each
            raise Unreadable(*MAIL_IN_PIECES)
        try:
            message: EmailMessage = message_from_bytes(data, policy=policy.default)
            self._time = _mail_time(message)
            self._parts = _attachments(message)
        except MAIL_FAULTS as error:
            raise Unreadable(*MAIL_DAMAGED) from error

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


def _attachments(message: EmailMessage) -> dict[str, bytes]:
    """Give the attachments by name; where a mail has several of one name, the others numbered."""
    found: dict[str, bytes] = {}
    numbers: dict[str, int] = {}  # the last one given to a name
    for part in _own_parts(message):
        name = _attachment_name(part)
        if not name:
            continue
        free, path = name, PurePosixPath(name)
        while free in found:
            numbers[name] = numbers.get(name, 1) + 1
            free = f"{path.stem}({numbers[name]}){path.suffix}"
        found[free] = _content(part)
    return found


def _own_parts(message: EmailMessage) -> Iterator[EmailMessage]:
    """Give the parts of a mail; a mail forwarded in it is one, what that holds is its own."""
    waiting = [message]
    while waiting:
        part = waiting.pop()
        yield part
        inner = part.get_payload() if part.get_content_maintype() == "multipart" else None
        if isinstance(inner, list):
            waiting += reversed(inner)  # type: ignore[arg-type]


def _attachment_name(part: EmailMessage) -> str:
    """Give the name of an attachment, its last part only; "" for what is none."""
    name = part.get_filename() or ""
    if UNKNOWN in name:
        name = _name_as_written(part) or name
    last = PurePosixPath(_UNSPEAKABLE.sub("_", name.replace("\\", "/"))).name
    if part.get_content_type() == FORWARDED:
        return (last or "转发的邮件").removesuffix(MAIL) + MAIL
    return last


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
    if part.get_content_type() == FORWARDED:
        return b"".join(map(_as_it_came, part.iter_parts()))
    data = part.get_payload(decode=True)
    return data if isinstance(data, bytes) else b""


def _as_it_came(mail: MIMEPart) -> bytes:
    """Give a mail as bytes, headers as they stand: folding anew would spoil names in them."""
    from email.policy import EmailPolicy

    return mail.as_bytes(policy=EmailPolicy(refold_source="none"))
