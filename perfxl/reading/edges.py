"""Where the lines around the cells of a table end: cells that were pushed took theirs along.

Cells pushed right or down, or pulled back, show nothing else where all they displaced were blanks.
Who widens a table by hand draws lines along the whole of it; what is pasted without lines has none
in filled cells either: these tell of nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from perfxl.form.addresses import a1
from perfxl.form.drawing import Spot, area_of
from perfxl.reading.aligned import Aligned, Blueprint, Seen
from perfxl.reading.likeness import is_weak

_FAR = 3  # cells that are pushed at once


class Edges:
    """The last cells with lines in each row and column, of the drawing and of a return."""

    def __init__(self, blueprint: Blueprint, seen: Seen, aligned: Aligned) -> None:
        self.blueprint, self.seen, self.aligned = blueprint, seen, aligned
        self.boxed = seen.paper.scan.boxed
        self.rows, self.columns = _ends(self.boxed)
        self.drawn_rows, self.drawn_columns = _ends(blueprint.boxed)

    def doubt(self, row: int, at: int) -> str:
        """Say that the lines of a row drawn end elsewhere where it stands, "" where they do not."""
        drawn = self.drawn_rows.get(row, -1)
        end = self._right(drawn)
        found = self.rows.get(at, end)
        if end is None or found is None or (found > end and self._is_wider(found, drawn)):
            return ""
        past = [(at, column) for column in _past(found, end)]
        if not self._tell(past, found < end, (row, drawn)):
            return ""
        return f"这一行的框线到 {a1(at, found)} 为止,表样到 {a1(at, end)}"

    def pushed(self) -> Iterator[Spot]:
        """Give the cells drawn below the ends of columns that end elsewhere than they should."""
        off = {column: ends for column in self.aligned.columns if (ends := self._off(column))}
        told = {column for column, ends in off.items() if self._is_pushed(column, *ends)}
        for column, (_, found) in sorted(off.items()):
            beside = (c for c in (column - 1, column + 1) if c in told)
            if column in told or any(off[c][1] == found for c in beside):
                told.add(column)
                yield self.drawn_columns[column] + 1, column

    # ------------------------------------------------------------ where they should end

    def _right(self, drawn: int) -> int | None:
        """Give where the lines of rows end that do so in a column drawn: where most of them do."""
        rows = self.aligned.rows
        bare = {row for row, _ in self._pasted}
        alike = [rows[n] for n, end in self.drawn_rows.items() if end == drawn and n in rows]
        alike += (at for at in self._listed(drawn) if at in self.rows)
        most = _most(self.rows.get(at) for at in alike if at not in bare)
        return self.aligned.columns.get(drawn) if most is None else most

    def _listed(self, drawn: int) -> Iterator[int]:
        """Give the rows of lists that end in a column drawn, as far as fixed rows tell of them."""
        rows, last = self.aligned.rows, max(self.rows, default=-1)
        for listed in self.blueprint.lists.values():
            if self.drawn_rows.get(listed.start) == drawn and listed.start - 1 in rows:
                below = (at for row, at in rows.items() if row >= listed.stop)
                yield from range(rows[listed.start - 1] + 1, min(below, default=last + 1))

    def _is_wider(self, column: int, drawn: int) -> bool:
        """Whether a table is: there are lines beside a row of headings, which did not move."""
        heads = (self.aligned.rows.get(row) for row in self.blueprint.headings)
        headed = any((head, column) in self.boxed for head in heads)
        return headed and self.aligned.columns.get(drawn) != column

    def _off(self, column: int) -> tuple[int, int] | None:
        """Give where a column ends, and should, where these are not the same."""
        found = self.columns.get(self.aligned.columns[column])
        if found is None:
            return None
        ends = self._bottoms(self.drawn_columns.get(column, -1)) - {found}
        return (min(ends), found) if ends else None

    def _bottoms(self, drawn: int) -> set[int]:
        """Give where the lines of columns should end that do so in a row drawn.

        That is where its wording stands, and where most of them do; where all do it, anywhere.
        """
        bare = {column for _, column in self._pasted}
        alike = [c for c, end in self.drawn_columns.items() if end == drawn]
        places = [self.aligned.columns.get(c, -1) for c in alike]
        ends = [self.columns.get(at) for at in places if at not in bare]
        if len(alike) > 1 and len({*ends} - {None}) < 2:
            return set()
        told = (_most(ends), self.aligned.rows.get(drawn), *self._by_length(drawn))
        return {end for end in told if end is not None}

    def _by_length(self, drawn: int) -> Iterator[int]:
        """Give where a list that nothing stands below ends, by the row above and the heading.

        The one may have been pushed together with the list, between the other rows were inserted.
        """
        rows = self.aligned.rows
        above = [row for row in rows if row < drawn]
        if drawn in self.blueprint.listed and max(rows) < drawn and above:
            headings = [row for row in above if row in self.blueprint.headings]
            yield from (rows[max(some)] + drawn - max(some) for some in (above, headings) if some)

    # ------------------------------------------------------------ what cells past an end tell

    def _is_pushed(self, column: int, end: int, found: int) -> bool:
        """Whether a column was pushed; where a list ends it, rows may have been added."""
        at, drawn = self.aligned.columns[column], self.drawn_columns[column]
        past, fixed = [(row, at) for row in _past(found, end)], set(self.aligned.rows.values())
        added = any(spot in self.seen.at and spot[0] not in fixed for spot in past)
        if added and drawn in self.blueprint.listed:
            return self._is_gapped(column)
        return self._tell(past, found < end, (drawn, column))

    def _is_gapped(self, column: int) -> bool:
        """Whether in a table that a list ends a row is blank in this column alone."""
        at, drawn = self.aligned.columns[column], self.drawn_columns[column]
        ends = [*self._by_length(drawn)]
        if not ends:
            return False
        others = [other for other in self.aligned.columns.values() if other != at]
        fixed = {self.aligned.rows.get(row, -1) for row, c in self.blueprint.inputs if c == column}
        listed = range(max(self.aligned.rows.values()) + 1, min(ends) + 1)
        return any(
            (row, at) not in self.seen.at and any((row, other) in self.seen.at for other in others)
            for row in {*fixed, *listed} - {-1}
        )

    def _tell(self, past: Sequence[Spot], before: bool, drawn: Spot) -> bool:
        """Whether the cells between two ends tell of pushed ones; not all keep lines of merges."""
        if not before or not 0 < len(past) <= _FAR:
            return 0 < len(past) <= _FAR
        blank = not any(map(self._is_typed, past))
        single = self.blueprint.drawing.area(drawn) == area_of(drawn)
        return blank and single and self._pasted.isdisjoint(self._bare_around(past))

    def _bare_around(self, past: Sequence[Spot]) -> set[Spot]:
        """Give the cells that lost their lines with these, as what is pasted does it together."""
        found, ahead = set(past), list(past)
        while ahead:
            row, column = ahead.pop()
            near = {(row + 1, column), (row - 1, column), (row, column + 1), (row, column - 1)}
            more = (near & self._bare) - found
            found |= more
            ahead += more
        return found

    @cached_property
    def _bare(self) -> frozenset[Spot]:
        """The cells that are drawn with lines, or in rows of lists, and have none."""
        rows = {at: row for row, at in self.aligned.rows.items()}
        columns = {at: column for column, at in self.aligned.columns.items()}
        drawn = self.blueprint.boxed
        last = min(len(self.seen.paper.rows), max(self.rows, default=-1) + 1)
        spots = ((at, column) for at in range(last) for column in columns)
        return frozenset(
            (at, column)
            for at, column in spots
            if (at, column) not in self.boxed
            and (at not in rows or (rows[at], columns[column]) in drawn)
        )

    @cached_property
    def _pasted(self) -> frozenset[Spot]:
        """Those of them that are filled."""
        return frozenset(filter(self._is_typed, self._bare))

    def _is_typed(self, spot: Spot) -> bool:
        """Whether something was typed into a cell, rather than pulled up from below its table."""
        text = self.seen.at.get(spot, "")
        if not text or (text in self.blueprint.count and not is_weak(text)):
            return False
        return not any((spot[0] + n, spot[1]) in self._emptied for n in range(1, _FAR + 1))

    @cached_property
    def _emptied(self) -> frozenset[Spot]:
        """The cells to fill without lines that hold nothing."""
        inputs = (spot for spot in self.blueprint.inputs if spot not in self.blueprint.boxed)
        here = (self.aligned(spot) for spot in inputs)
        return frozenset(spot for spot in here if spot and spot not in self.seen.at)


def _ends(spots: Iterable[Spot]) -> tuple[dict[int, int], dict[int, int]]:
    """Give the last column of each row, and the last row of each column."""
    rows, columns = dict[int, int](), dict[int, int]()
    for row, column in spots:
        rows[row] = max(column, rows.get(row, 0))
        columns[column] = max(row, columns.get(column, 0))
    return rows, columns


def _past(found: int, end: int) -> range:
    """Give what is between two ends, the further one with it."""
    return range(min(found, end) + 1, max(found, end) + 1)


def _most(ends: Iterable[int | None]) -> int | None:
    """Give the end that most have, None where there is none or but one in all."""
    counted = Counter(ends)
    end, count = counted.most_common(1)[0] if counted else (None, 0)
    return end if count * 2 > counted.total() > 1 else None
