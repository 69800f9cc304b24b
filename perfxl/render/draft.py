"""A document to be written, as data: headings, paragraphs, tables and charts in their order.

What only a person can add stands in it as «【待补充:…】», which nobody can overlook; nothing is
made up in its place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal

from msgspec import Struct

ID = "report"  # what the properties of a document of ours call it
GAP = re.compile("【待补充[^】]*】")
_DIGITS = "〇一二三四五六七八九"


class Heading(Struct, frozen=True):
    """A heading with its number; `level` 1 is the highest."""

    text: str
    level: int


class Paragraph(Struct, frozen=True):
    """Running text, one paragraph; `look` names its style: body, or signature (right)."""

    text: str
    look: str = "body"


class TablePiece(Struct, frozen=True):
    """A table under its caption, its header repeated on every page.

    In the first `merged` columns like cells below each other become one; `figures` are the columns
    of numbers, which stand to the right; `strong` are rows (from 0) in bold: totals.
    """

    caption: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    figures: frozenset[int] = frozenset()
    merged: int = 0
    strong: frozenset[int] = frozenset()


class ChartPiece(Struct, frozen=True):
    """A native chart over its caption: `series` are (name, numbers) against `labels`.

    None leaves a gap. `kind` is "bar" (lying, for long labels) or "column" (standing). With
    `percent` numbers are fractions, else amounts in 万元 or counts.
    """

    caption: str
    labels: tuple[str, ...]
    series: tuple[tuple[str, tuple[Decimal | None, ...]], ...]
    kind: str = "bar"
    percent: bool = False


class Box(Struct, frozen=True):
    """A frame with a heading and lines: what to do before the document is used."""

    heading: str
    lines: tuple[str, ...]


Piece = Heading | Paragraph | TablePiece | ChartPiece | Box


class Draft(Struct, frozen=True):
    """A whole document; `title`, of one line or two, stands above its pieces."""

    title: str
    pieces: tuple[Piece, ...]

    @property
    def gaps(self) -> int:
        """How many places are left for a person to fill."""
        return sum(len(GAP.findall(text)) for text in (self.title, *self._texts()))

    def _texts(self) -> Iterator[str]:
        for piece in self.pieces:
            match piece:
                case Heading() | Paragraph():
                    yield piece.text
                case TablePiece():
                    yield from (cell for row in piece.rows for cell in row)


def gap(what: str = "") -> str:
    """Give the mark for something a person must add; what, where its place does not say."""
    return f"【待补充:{what}】" if what else "【待补充】"


def paragraphs(text: str) -> Iterator[Paragraph]:
    """Give the paragraphs of a text of several lines; none where it is blank."""
    return (Paragraph(line.strip()) for line in text.splitlines() if line.strip())


def numeral(number: int) -> str:
    """Give 1 to 99 as Chinese headings count: 一, 十二, 二十."""
    tens, ones = divmod(number, 10)
    head = "" if tens == 0 else "十" if tens == 1 else f"{_DIGITS[tens]}十"
    return head + (_DIGITS[ones] if ones or not tens else "")


def enumerated(parts: Sequence[str]) -> str:
    """Join the parts of an enumeration."""
    return "、".join(parts)
