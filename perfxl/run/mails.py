"""Saved mails: what is attached to them, under the names mail programs write.

Taking a mail apart can cost far more than its size: headers that are parsed in the square of their
length, parts in parts, millions of lines. Each is bounded where no honest mail comes near.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.errors import MessageError
from email.headerregistry import HeaderRegistry
from email.message import EmailMessage, MIMEPart
from email.policy import EmailPolicy
from email.utils import parsedate_to_datetime
from pathlib import Path, PurePosixPath
from typing import Self

from perfxl.errors import Unreadable
from perfxl.reading.limits import FILE
from perfxl.run.containers import MAIL, NAMELESS, OLD_NAMES, Container, uniquely_named

LARGEST_MAIL = FILE.most  # mail servers stop there; it is in memory several times
MOST_LINES = 2_000_000  # of a mail; 50 MB of attachments have 700,000
MOST_DASHED = 10_000  # lines of a mail that may begin a part, signatures and quotations among them
MOST_COMPARED = 20_000_000  # each line is held against the mark of each part it may be the end of
LONGEST_HEADER = 4_096  # characters; a name of 255 汉字, each written as 9, given twice over
HEADER_COST = 200_000_000  # the time a header takes grows with its length squared; this is 2 s
UNKNOWN = "\ufffd"
FORWARDED = "message/rfc822"
DATA = frozenset({"application"})  # never the text of a mail
# what the email package raises on headers and parts no honest program writes
MAIL_FAULTS = (MessageError, RecursionError, LookupError, ValueError, AttributeError, TypeError)
_BARE_NAME = re.compile(r'filename="?([^";\r\n]+)')
_UNSPEAKABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


class _Headers:
    """Makes out the headers of one mail: each once, and no more of them than a mail has."""

    def __init__(self) -> None:
        self._make = HeaderRegistry()
        self._made: dict[tuple[str, str], str] = {}
        self._cost = 0

    def __call__(self, name: str, value: str) -> str:
        key = (name, value)
        if key not in self._made:
            self._cost += len(value) ** 2
            if len(value) > LONGEST_HEADER or self._cost > HEADER_COST:
                raise Unreadable.of("mail-long")
            self._made[key] = self._make(name, value)
        return self._made[key]


class Mail(Container):
    """A saved mail with its attachments."""

    def __init__(self, data: bytes) -> None:
        _demand_mail(data)
        try:
            message: EmailMessage = message_from_bytes(
                data, policy=EmailPolicy(header_factory=_Headers())
            )
            self._time = _mail_time(message)
            self._parts = _attachments(message)
        except MAIL_FAULTS as error:
            raise Unreadable.of("mail-damaged") from error

    @classmethod
    def at(cls, path: Path) -> Self:
        """Open the mail that a file on disk is."""
        if path.stat().st_size > LARGEST_MAIL:
            raise Unreadable.of("mail-too-large")
        return cls(path.read_bytes())

    def members(self) -> Iterator[tuple[str, str]]:
        return ((name, self._time) for name in self._parts)

    def read(self, member: str) -> bytes:
        if member not in self._parts:
            raise Unreadable.of("attachment-missing")
        try:
            return _content(self._parts[member])
        except MAIL_FAULTS as error:
            raise Unreadable.of("mail-damaged") from error


def _demand_mail(data: bytes) -> None:
    """Raise Unreadable unless these bytes can be taken apart as a mail in a few seconds."""
    lines = data.count(b"\n") + data.count(b"\r")
    dashed = sum(map(data.count, (b"\n--", b"\r--")))  # parts take much memory each
    compared = lines * (1 + data.lower().count(b"multipart"))
    if lines > MOST_LINES or dashed > MOST_DASHED or compared > MOST_COMPARED:
        raise Unreadable.of("mail-in-pieces")


def _mail_time(message: EmailMessage) -> str:
    try:
        return parsedate_to_datetime(str(message.get("Date", ""))).astimezone().isoformat()
    except (TypeError, ValueError, IndexError, OverflowError):
        return ""


def _attachments(message: EmailMessage) -> dict[str, EmailMessage]:
    """Give the attachments by name; where a mail has several of one name, the others numbered."""
    named = ((_attachment_name(part), part) for part in _own_parts(message))
    found: dict[str, EmailMessage] = uniquely_named((name, part) for name, part in named if name)
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
    if _is_shown_in_text(part):
        return ""
    sent = part.get_content_disposition() == "attachment" or part.get_content_maintype() in DATA
    return last or (NAMELESS if sent else "")


def _is_shown_in_text(part: EmailMessage) -> bool:
    """Whether a part is a picture in the text of a mail, of a signature say: no attachment."""
    picture = part.get_content_maintype() == "image" and "Content-ID" in part
    return picture and part.get_content_disposition() != "attachment"


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
    return mail.as_bytes(policy=EmailPolicy(refold_source="none"))
