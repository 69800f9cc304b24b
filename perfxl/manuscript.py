"""What a report says, as read from its document: passages and tables in their order."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Passage:
    """A paragraph of running text, a heading or a caption; `number` counts them from 1."""

    text: str
    number: int


@dataclass(frozen=True, slots=True)
class Grid:
    """A table: the texts of its cells row by row. Where cells were merged each has the text."""

    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Manuscript:
    """A report: its passages and tables in the order in which a reader meets them."""

    pieces: tuple[Passage | Grid, ...]
