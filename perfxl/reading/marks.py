"""The keys that stand on a sheet an office drew: right of all its columns, below all its rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from msgspec import Struct, field

from perfxl.form.drawing import Spot
from perfxl.form.layout import BlockPlace, parse_identity
from perfxl.form.ours import HINT
from perfxl.reading.aligned import Aligned, Blueprint, Seen, matched, voted
from perfxl.reading.sheets import Paper

Mark = tuple[str, str]  # block and row


class Marks(Struct, frozen=True, dict=True):
    """The keys found: those of rows by row, those of columns by key; where each of them stand.

    `astray` are rows with a key of a row in another column.
    """

    rows: Mapping[int, Mark] = field(default_factory=dict)
    astray: Mapping[int, Mark] = field(default_factory=dict)
    columns: Mapping[str, int] = field(default_factory=dict)
    at: Spot = (-1, -1)

    def hidden(self, places: Iterable[BlockPlace]) -> tuple[set[int], set[int]]:
        """Give the rows and columns that show nothing of the drawing: those of keys, of ours."""
        columns = [column for place in places for column in place.block.columns]
        drawn = {self.columns.get(one.key, -1) for one in columns if one.at is not None}
        names = {HINT, *(one.key for one in columns if one.at is None)}
        right = {
            at for key, at in self.columns.items() if key in names and at > max(drawn, default=-1)
        }
        return {self.at[0]}, {self.at[1], *right}

    @cached_property
    def _homes(self) -> Mapping[Mark, list[int]]:
        homes: dict[Mark, list[int]] = {}
        for row, mark in self.rows.items():
            homes.setdefault(mark, []).append(row)
        return homes

    def of(self, block: str, row: str) -> list[int]:
        """Give the rows that carry this key."""
        return self._homes.get((block, row), [])


def marks_on(paper: Paper, places: Iterable[BlockPlace]) -> Marks:
    """Give the keys on a sheet; none where it is not one we issued."""
    blocks = {place.block.key for place in places}
    found: dict[int, dict[int, Mark]] = {}
    corner = -1
    for (row, column), text in _texts(paper):
        block, _, key = text.strip().partition(".")
        if block in blocks and key.isdecimal():
            found.setdefault(column, {})[row] = block, key
        elif parse_identity(text):
            corner = row
    if not found:
        return Marks()
    column = max(found, key=lambda one: len(found[one]))
    names = {HINT, *(key for place in places for key in place.columns)}
    row = corner if corner >= 0 else _key_row(paper, names)
    keys = dict[str, int]()
    for at, raw in enumerate(paper.rows[row] if row >= 0 else ()):
        if isinstance(raw, str) and raw in names:
            keys.setdefault(raw, at)
    astray = {n: mark for c, marks in found.items() if c != column for n, mark in marks.items()}
    return Marks(found[column], astray, keys, (row, column))


def _texts(paper: Paper) -> Iterator[tuple[Spot, str]]:
    for n, row in enumerate(paper.rows):
        for column, raw in enumerate(row):
            if isinstance(raw, str) and ("." in raw or "/" in raw):
                yield (n, column), raw


def _key_row(paper: Paper, names: set[str]) -> int:
    """Give the row with most of the column keys, -1 where none has half of them."""
    hits = {
        n: len(names.intersection(r for r in row if isinstance(r, str)))
        for n, row in enumerate(paper.rows)
    }
    best = max(hits, key=lambda n: hits[n], default=-1)
    return best if hits.get(best, 0) * 2 > len(names) else -1


def by_marks(
    blueprint: Blueprint, seen: Seen, marks: Marks, told: Aligned
) -> tuple[Aligned, set[int]]:
    """Give where keys say that rows and columns stand, and the columns their headings deny it of.

    Where a row's wording stands elsewhere (its cells were sorted without the keys), that decides,
    if no other row is called the same. Where they were moved otherwise, what has no wording of its
    own and what the two disagree on is left out.
    """
    rows, keyed = dict[int, int](), dict[int, int]()
    for block in blueprint.blocks:
        for row in () if block.repeats else block.rows:
            drawn, marked = int(row.key) - 1, marks.of(block.key, row.key)
            at = _settled(blueprint, seen, drawn, marked, told)
            if at is not None:
                rows[drawn] = at
            if marked and at not in marked:
                keyed[drawn] = marked[0]
    if keyed:
        sorted_only = {rows.get(drawn) for drawn in keyed} == set(keyed.values())
        rows = {
            n: at
            for n, at in rows.items()
            if n in blueprint.strong
            and (_is_single(blueprint, n) if sorted_only else n not in keyed)
        }
    columns = {
        column.at: marks.columns[column.key]
        for block in blueprint.blocks
        for column in block.columns
        if column.at is not None and marks.columns.get(column.key) not in (None, marks.at[1])
    }
    votes = voted(blueprint, seen, rows)
    if len(columns) * 2 < len(told.columns):  # cells moved onto the row of keys cost them all
        columns = {c: at for c, at in told.columns.items() if votes.get(c) == {at}} | columns
    denied = {c for c, at in columns.items() if votes.get(c) and at not in votes[c]}
    return Aligned(rows, columns), denied


def _settled(
    blueprint: Blueprint, seen: Seen, drawn: int, marked: list[int], told: Aligned
) -> int | None:
    """Give where a fixed row stands: where its key and its wording do, else its wording alone."""
    wanted = blueprint.strong.get(drawn, ())
    whole = [at for at in marked if None not in matched(wanted, seen.rows.get(at, ()))]
    if whole:
        return whole[0]
    if drawn in told.rows:
        return told.rows[drawn]
    others = set(told.rows.values())
    return next((at for at in marked if at not in others), None)


def _is_single(blueprint: Blueprint, drawn: int) -> bool:
    """Whether no other row has the wording of this one."""
    wording = [text for _, text in blueprint.strong.get(drawn, ())]
    alike = [n for n, cells in blueprint.strong.items() if [text for _, text in cells] == wording]
    return alike == [drawn]
