"""What a report says, as read from its document: passages and tables in their order."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count, groupby

from msgspec import Struct
from msgspec.structs import replace


class Passage(Struct, frozen=True):
    """A paragraph of running text, a heading or a caption; `number` counts them from 1."""

    text: str
    number: int


class TextTable(Struct, frozen=True):
    """A table: the texts of its cells row by row. Where cells were merged each has the text."""

    rows: tuple[tuple[str, ...], ...]


class Manuscript(Struct, frozen=True):
    """A report: its passages and tables in the order in which a reader meets them."""

    pieces: tuple[Passage | TextTable, ...]


def typed(lines: Iterable[str]) -> Manuscript:
    """Give a manuscript of these lines; those next to each other with tabs are rows of a table."""
    pieces: list[Passage | TextTable] = []
    for is_row, group in groupby(lines, key=lambda line: "\t" in line):
        if is_row:
            pieces.append(TextTable(tuple(tuple(line.split("\t")) for line in group)))
        else:
            pieces += [Passage(line, 0) for line in group]
    passages = count(1)
    return Manuscript(
        tuple(
            replace(piece, number=next(passages)) if isinstance(piece, Passage) else piece
            for piece in pieces
        )
    )
