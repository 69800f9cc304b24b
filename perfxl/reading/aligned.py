"""A drawing laid against a sheet of a return: which row and column is which, by their wording.

A row is known by its whole wording, where that stands as often in the return as in the drawing;
others lie between two known ones that are as far apart as drawn, or are alike under one label and
as good as each other. A column is known where all the wording that was found in it agrees. What is
not known so is left out.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import pairwise, zip_longest

from msgspec import Struct

from perfxl.expr.tree import Key
from perfxl.form.drawing import DrawnSheet, Spot
from perfxl.form.layout import BlockPlace
from perfxl.form.model import Block, Item
from perfxl.reading.likeness import FORMULA, is_token, is_weak, opening, same, worded
from perfxl.reading.sheets import Paper
from perfxl.text.stubs import written_over

Cells = Sequence[tuple[int, str]]  # column and wording of each, left to right


class _Wordings:
    """Cells with their wording, and the same by row."""

    at: Mapping[Spot, str]

    @cached_property
    def rows(self) -> Mapping[int, Cells]:
        """The cells of each row that has any."""
        rows: dict[int, list[tuple[int, str]]] = {}
        for (row, column), text in sorted(self.at.items()):
            rows.setdefault(row, []).append((column, text))
        return rows


class Blueprint(_Wordings):
    """What a drawing says: fixed wording and formulas by cell, but for the rows of its lists.

    `inputs` are the cells a unit fills, those of a list by its pattern row; `lists` its rows.
    """

    def __init__(self, drawing: DrawnSheet, places: Iterable[BlockPlace]) -> None:
        self.drawing, self.blocks = drawing, [place.block for place in places]
        self.lists = {block.key: _drawn(block) for block in self.blocks if block.repeats}
        self.listed = {row for rows in self.lists.values() for row in rows}
        self.inputs = {spot: key for spot, key, item in self.items() if item.is_input}
        texts = {
            spot: worded(text)
            for spot, text in drawing.texts()
            if spot[0] not in self.listed and not is_token(text)
        }
        formulas = (spot for spot in drawing.formulas if spot[0] not in self.listed)
        self.at = {**texts, **dict.fromkeys(formulas, FORMULA)}

    def items(self) -> Iterator[tuple[Spot, Key, Item]]:
        """Give the cells that are drawn, of a list those of its first row."""
        for block in self.blocks:
            columns = {column.key: column.at for column in block.columns}
            for row in block.rows[:1] if block.repeats else block.rows:
                at = _drawn(block).start if block.repeats else int(row.key) - 1
                for name, item in row.items.items():
                    column = columns[name]
                    if column is not None and item.home is None:
                        yield (at, column), Key(block.key, row.key, name), item

    @cached_property
    def strong(self) -> Mapping[int, Cells]:
        """The wording of each row that tells it from others."""
        told = {
            row: [cell for cell in cells if not is_weak(cell[1])]
            for row, cells in self.rows.items()
        }
        return {row: cells for row, cells in told.items() if cells}

    @cached_property
    def count(self) -> Counter[str]:
        """How often each wording is drawn."""
        return Counter(self.at.values())

    @cached_property
    def headings(self) -> frozenset[int]:
        """The rows of nothing but wording."""
        filled = {row for row, _ in self.inputs}
        filled |= {row for (row, _), text in self.at.items() if is_weak(text)}
        return frozenset(self.strong.keys() - filled)

    @cached_property
    def boxed(self) -> frozenset[Spot]:
        """The cells with a line below or right of them."""
        cells = self.drawing.cells.items()
        return frozenset(s for s, cell in cells if {"right", "bottom"} & {n for n, _ in cell.look})

    @cached_property
    def taken(self) -> Mapping[int, frozenset[int]]:
        """The columns of each row in which anything may stand."""
        drawn = (spot for spot in self.drawing.cells if not self.drawing.is_empty(spot))
        taken = defaultdict[int, set[int]](set)
        for spot in drawn:
            area = self.drawing.area(spot)
            for row in area.rows:
                taken[row].update(area.columns)
        return {row: frozenset(columns) for row, columns in taken.items()}

    def are_alike(self, rows: range) -> bool:
        """Whether these rows ask for the same, and none but the first has wording of its own."""
        asked = defaultdict[int, dict[int, tuple[str, str]]](dict)
        for (row, column), key in self.inputs.items():
            asked[row][column] = key.block, key.column
        labelled = any(row in self.strong for row in rows[1:])
        return (
            not labelled
            and bool(asked[rows[0]])
            and all(asked[row] == asked[rows[0]] for row in rows)
        )

    @cached_property
    def _across(self) -> tuple[Mapping[int, list[Spot]], Mapping[int, list[Spot]]]:
        """The wordings of each row and of each column, those over several in each of them."""
        rows, columns = defaultdict[int, list[Spot]](list), defaultdict[int, list[Spot]](list)
        for spot in ((row, column) for row, cells in self.strong.items() for column, _ in cells):
            for row in self.drawing.area(spot).rows:
                rows[row].append(spot)
            for column in self.drawing.area(spot).columns:
                columns[column].append(spot)
        return rows, columns

    def heading(self, spot: Spot) -> Spot | None:
        """Give the wording right above a cell."""
        own = (s for s in self._across[1].get(spot[1], ()) if s[0] < spot[0])
        return max(own, default=None)

    def label(self, spot: Spot) -> Spot | None:
        """Give the wording left of a cell."""
        own = (s for s in self._across[0].get(spot[0], ()) if s[1] < spot[1])
        return max(own, key=lambda s: (s[1], s[0]), default=None)


def _drawn(block: Block) -> range:
    assert block.drawn is not None, "a block of a drawn sheet"
    return block.drawn


class Seen(_Wordings):
    """What a sheet of a return shows, rows and columns of ours left out."""

    def __init__(self, paper: Paper, hidden: tuple[set[int], set[int]]) -> None:
        self.paper, (rows, columns) = paper, hidden
        shown = {
            (n, column): text
            for n, row in enumerate(paper.rows)
            for column, raw in enumerate(row)
            if n not in rows and column not in columns and (text := worded(raw))
        }
        formulas = (s for s in paper.scan.formulas if s[0] not in rows and s[1] not in columns)
        self.at = {**dict.fromkeys(formulas, FORMULA), **shown}

    def is_written(self, row: int, drawn: Container[str]) -> bool:
        """Whether a row holds more than blanks, stubs and what is drawn somewhere."""
        return any(t not in drawn and written_over(t) for _, t in self.rows.get(row, ()))

    @cached_property
    def homes(self) -> Mapping[str, Sequence[int]]:
        """The rows each wording stands in."""
        homes = defaultdict[str, list[int]](list)
        for (row, _), text in self.at.items():
            homes[text].append(row)
        return homes

    def shows(self, spot: Spot, wording: str) -> bool:
        """Whether a cell shows what is drawn; of formulas a file may have kept results alone."""
        if wording == FORMULA and (
            spot in self.paper.scan.formulas or spot in self.paper.scan.errors
        ):
            return True
        found = self.at.get(spot, "")
        kept = wording != FORMULA or self.paper.scan.formulas
        return same(wording, found) or not (kept or found)

    def holding(self, wanted: Cells) -> list[int]:
        """Give the rows that hold all of these wordings in this order."""
        rows: Iterable[int] = self.rows
        closed = next((text for _, text in wanted if opening(text) is None), None)
        if closed is not None:
            rows = sorted(set(self.homes.get(closed, ())))
        return [row for row in rows if None not in matched(wanted, self.rows[row])]


def matched(wanted: Cells, row: Cells) -> list[int | None]:
    """Give the column of each wording in a row, in order, each taken once; None for those gone."""
    places, start = list[int | None](), 0
    for _, text in wanted:
        at = next((n for n in range(start, len(row)) if same(text, row[n][1])), None)
        places.append(None if at is None else row[at][0])
        start = start if at is None else at + 1
    return places


class Aligned(Struct):
    """Where rows and columns drawn stand on a sheet, as far as that is known.

    Of rows that are alike under one label there may be more or less than drawn: `shared` are those
    drawn, `gone` the ones of them that there is none left for, `surplus` those in use that none is
    drawn for.
    """

    rows: dict[int, int]
    columns: dict[int, int]
    shared: frozenset[int] = frozenset()
    gone: frozenset[int] = frozenset()
    surplus: frozenset[int] = frozenset()

    def __call__(self, spot: Spot) -> Spot | None:
        """Give where a cell drawn stands."""
        row, column = self.rows.get(spot[0]), self.columns.get(spot[1])
        return None if row is None or column is None else (row, column)


def align(blueprint: Blueprint, seen: Seen) -> Aligned:
    """Give where a drawing's rows and columns stand by their wording."""
    rows = _known(blueprint, seen)
    shared = list(_shared_out(blueprint, seen, rows))
    both = {row: at for row, at in shared if row is not None and at is not None}
    rows |= _between(blueprint, rows) | both
    drawn = frozenset(row for row, _ in shared if row is not None)
    surplus = frozenset(at for row, at in shared if row is None and at is not None)
    columns = columns_of(blueprint, seen, rows)
    return Aligned(rows, columns, drawn, drawn - both.keys(), surplus)


def _known(blueprint: Blueprint, seen: Seen) -> dict[int, int]:
    """Give the rows whose whole wording is as often in the return as in the drawing.

    It may be part of another's: what is known of more wording is that row's own.
    """
    alike = defaultdict[tuple[str, ...], list[int]](list)
    for row, cells in blueprint.strong.items():
        alike[tuple(text for _, text in cells)].append(row)
    known = dict[int, int]()
    for wording, rows in sorted(alike.items(), key=lambda one: len(one[0]), reverse=True):
        fuller = {at for row, at in known.items() if len(blueprint.strong[row]) > len(wording)}
        found = [row for row in seen.holding(blueprint.strong[rows[0]]) if row not in fuller]
        if len(found) > 1:  # of rows unknown it may be part, too: it is the one that it begins
            found = [row for row in found if same(wording[0], seen.rows[row][0][1])]
        if len(found) == len(rows):
            known.update(zip(rows, found, strict=True))
    wanted = Counter(known.values())
    return {row: found for row, found in known.items() if wanted[found] == 1}


def _between(blueprint: Blueprint, known: Mapping[int, int]) -> dict[int, int]:
    """Give the rows without wording of their own between two known ones, as far apart as drawn."""
    between, taken = dict[int, int](), set(known.values())
    for first, last in pairwise(sorted(known)):
        rows = range(first + 1, last)
        alike = known[last] - known[first] == last - first
        if not alike or not blueprint.listed.isdisjoint(rows):
            continue
        shift = known[first] - first
        free = (row for row in rows if row not in blueprint.strong and row + shift not in taken)
        between |= {row: row + shift for row in free}
    return between


def _shared_out(
    blueprint: Blueprint, seen: Seen, known: Mapping[int, int]
) -> Iterator[tuple[int | None, int | None]]:
    """Give the rows under a label that are not as many as drawn, those in use first, in order.

    All that these ask is the same: whichever was inserted or deleted, each is as good as another.
    """
    for first, last in pairwise(sorted(known)):
        rows, there = range(first + 1, last), range(known[first] + 1, known[last])
        if len(rows) == len(there) or not rows or not blueprint.are_alike(range(first, last)):
            continue
        used = [at for at in there if seen.is_written(at, blueprint.count)]
        spare = [at for at in there if at not in used]
        chosen = sorted((*used, *spare)[: max(len(rows), len(used))])
        yield from zip_longest(rows, chosen)


def columns_of(blueprint: Blueprint, seen: Seen, rows: Mapping[int, int]) -> dict[int, int]:
    """Give the columns that all wording found agrees on, and those between two moved alike."""
    votes = voted(blueprint, seen, rows)
    columns = {column: found.pop() for column, found in votes.items() if len(found) == 1}
    for column in range(blueprint.drawing.last[1] + 1):
        if column not in votes:
            near = (
                max((c for c in columns if c < column), default=None),
                min((c for c in columns if c > column), default=None),
            )
            shifts = {columns[c] - c for c in near if c is not None}
            if len(shifts) == 1:
                columns[column] = column + shifts.pop()
    wanted = Counter(columns.values())
    return {column: found for column, found in columns.items() if wanted[found] == 1}


def voted(blueprint: Blueprint, seen: Seen, rows: Mapping[int, int]) -> dict[int, set[int]]:
    """Give in which columns the wording of each column drawn was found."""
    votes = defaultdict[int, set[int]](set)
    for row, found in rows.items():
        wanted = blueprint.strong.get(row, ())
        places = matched(wanted, seen.rows.get(found, ()))
        for (column, _), place in zip(wanted, places, strict=True):
            if place is not None:
                votes[column].add(place)
    return votes
