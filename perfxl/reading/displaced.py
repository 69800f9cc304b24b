"""What on a sheet tells of cells that were pushed, swapped or moved within it.

A fixed cell gone from its place, content where the drawing has none, cells merged otherwise: each
spoils its row, and its column from the last wording in place above it on. Nothing is read there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Set
from difflib import SequenceMatcher
from functools import cached_property

from msgspec import Struct, field

from perfxl.form.addresses import a1, column_name
from perfxl.form.drawing import DrawnArea, Spot, area_of
from perfxl.reading.aligned import Aligned, Blueprint, Cells, Seen
from perfxl.reading.edges import Edges
from perfxl.reading.likeness import FORMULA, identities, is_figure, is_weak, opening, undated

_REWORDED = 0.5  # how much of a wording is still its own
_PUSHED = 3  # rows that what stood last in a column may have been pushed down


class Displaced(Struct, dict=True):
    """The rows and columns drawn that are spoilt: rows with why, columns from a row on.

    `pushed` are those of the columns whose cells surely stand higher or lower, wording and all;
    `reworded` are fixed cells that stand in their places and read otherwise. On a sheet with keys
    (not `by_hand`), which is locked, words that are gone or beside the drawing spoil nothing.
    """

    blueprint: Blueprint
    seen: Seen
    aligned: Aligned
    by_hand: bool
    rows: dict[int, str] = field(default_factory=dict)
    columns: dict[int, int] = field(default_factory=dict)
    pushed: dict[int, int] = field(default_factory=dict)
    reworded: list[tuple[Spot, Spot]] = field(default_factory=list)

    def find(self) -> None:
        """Note all that is spoilt."""
        self._fixed_cells()
        if self.by_hand:
            self._written_over()
        self._scattered()
        self._strays()
        if self.by_hand:
            self._below()
            self._merges()
            self._lines()
        self._between()
        self._unsure()

    def column_doubt(self, spot: Spot) -> str:
        """Say that cells were moved in the column of a cell, "" where none were."""
        row, column = spot
        if row < self.columns.get(column, row + 1):
            return ""
        return f"{column_name(self.aligned.columns.get(column, column))} 列有格子被挪动"

    def stands(self, spot: Spot) -> bool:
        """Whether wording drawn in a cell stands in its place."""
        here, text = self.aligned(spot), self.blueprint.at.get(spot, "")
        return here is not None and not is_weak(text) and self.seen.shows(here, text)

    # ------------------------------------------------------------ evidence

    def _fixed_cells(self) -> None:
        """Note fixed cells that are gone from their places, or only reworded."""
        for spot, text in self.blueprint.at.items():
            here = self.aligned(spot)
            computed = text == FORMULA or identities(text)  # of which W06 tells
            if here is None or (computed and not self.by_hand):
                continue
            shown, now = self.seen.shows(here, text), self.seen.at.get(here, "")
            if not shown and self._is_moved(text, now):
                drawn = self.blueprint.drawing.text(spot) or "公式"
                self._spoil(spot, f"“{drawn}”不在应在的 {a1(*here)}", True)
            elif self._reads_otherwise(here, text):
                self.reworded.append((spot, here))

    def _reads_otherwise(self, here: Spot, text: str) -> bool:
        """Whether a cell shows other words than drawn, or more than a unit is to complete."""
        now = self.seen.at.get(here, "")
        if text in (now, undated(now)):
            return False
        return not (self.seen.shows(here, text) and (text == FORMULA or identities(text)))

    def _written_over(self) -> None:
        """Note what stands in place of wording in rows that were not found for it.

        Of rows with cells to fill it is told anyway that they are not read.
        """
        filled = {row for row, _ in self.blueprint.inputs}
        for row in sorted(self.blueprint.strong.keys() - filled - self.aligned.rows.keys()):
            if (at := self._supposed(row)) is None:
                continue
            for column, text in self.blueprint.strong[row]:
                here = at, self.aligned.columns.get(column, -1)
                now = self.seen.at.get(here, "")
                if now and now not in self.blueprint.count and self._reads_otherwise(here, text):
                    self.reworded.append(((row, column), here))

    def _supposed(self, row: int) -> int | None:
        """Give where a row not found should stand by those around it, None where they disagree."""
        rows, listed = self.aligned.rows, self.blueprint.listed
        near = (
            max((n for n in rows if n < row), default=row),
            min((n for n in rows if n > row), default=row),
        )
        sure = (n for n in near if listed.isdisjoint(range(min(n, row), max(n, row))))
        places = {rows[n] + row - n for n in sure if n != row}
        return places.pop() if len(places) == 1 else None

    def _is_moved(self, text: str, now: str) -> bool:
        """Whether what stands where a wording did tells of moved cells, not of other words."""
        if not self.by_hand:
            return (now in self.blueprint.count and not is_weak(now)) or self._is_elsewhere(text)
        like = SequenceMatcher(None, text, now).ratio()
        return not now or now in self.blueprint.count or like < _REWORDED

    def _is_elsewhere(self, text: str) -> bool:
        """Whether wording that is drawn once stands somewhere, which is not its place."""
        return self.blueprint.count[text] == 1 and not is_weak(text) and text in self.seen.homes

    def _scattered(self) -> None:
        """Note rows that were not found because their wording stands in several, or crosswise."""
        for row, cells in self.blueprint.strong.items():
            if row in self.aligned.rows:
                self._crossed(row, self.aligned.rows[row], cells)
                continue
            alone = [
                (column, text)
                for column, text in cells
                if opening(text) is None and len(self.seen.homes.get(text, ())) == 1
            ]
            homes = {column: self.seen.homes[text][0] for column, text in alone}
            count = Counter(homes.values()).most_common(2)
            if len(count) == 1:
                self._crossed(row, count[0][0], alone)
            if len(count) < 2:
                continue
            whole = count[0][0] if count[0][1] > count[1][1] else None
            for column, at in homes.items():
                if at != whole:
                    self._spoil((row, column), f"{a1(at, column)} 的文字不在原来的行", True)
                    self._push((row, column))

    def _crossed(self, row: int, at: int, cells: Cells) -> None:
        """Note the columns in which wording of a row stands that is drawn in others."""
        drawn, found = _alone(cells), _alone(self.seen.rows.get(at, ()))
        own = {place: column for column, place in self.aligned.columns.items()}
        for text, column in drawn.items():
            there = own.get(found.get(text, -1), column)
            if there != column:
                for one in (column, there):
                    self._spoil((row, one), f"“{text}”不在应在的 {column_name(column)} 列")

    def _strays(self) -> None:
        """Note content where the drawing has none: it may have been pushed there."""
        own = {at: column for column, at in self.aligned.columns.items()}
        for row, at in self.aligned.rows.items():
            taken = self.blueprint.taken.get(row, frozenset())
            for column, text in self.seen.rows.get(at, ()):
                if column in self._added:
                    continue
                if own.get(column) not in taken and (self.by_hand or is_figure(text)):
                    why = f"{a1(at, column)} 表样没有内容,现有“{text}”"
                    self._spoil_row(row, why, is_figure(text))
                    if column in own:
                        self._spoil((row, own[column]), why)

    @cached_property
    def _added(self) -> frozenset[int]:
        """The columns beside those drawn that got a heading of their own: remarks, mostly."""
        headings = (at for row, at in self.aligned.rows.items() if row in self.blueprint.headings)
        beside = (cell for at in headings for cell in self.seen.rows.get(at, ()))
        own, drawn = set(self.aligned.columns.values()), self.blueprint.count
        new = (c for c, text in beside if text not in drawn and not is_weak(text))
        return frozenset(new) - own

    def _below(self) -> None:
        """Note what stands right below the drawing: a column may have been pushed down.

        Where a list is the last thing drawn, what stands below is the list's.
        """
        last = max(self.aligned.rows, default=0)
        if last < max(self.blueprint.taken, default=0):
            return
        bottom = self.aligned.rows.get(last, 0) + 1
        own = {at: column for column, at in self.aligned.columns.items()}
        for at in range(bottom, bottom + _PUSHED):
            for column, text in self.seen.rows.get(at, ()):
                if column in own and (at == bottom or is_figure(text)):
                    self._spoil_column((last + 1, own[column]))

    def _merges(self) -> None:
        """Note cells merged otherwise than drawn among the fixed rows."""
        own = {at: row for row, at in self.aligned.rows.items()}
        drawn = {area.first: area for area in self.blueprint.drawing.merges}
        columns = {at: column for column, at in self.aligned.columns.items()}
        for top, left, bottom, right in self.seen.paper.scan.merges:
            area = drawn.get((own.get(top, -1), columns.get(left, -1)))
            if area is not None and self._is_own(area.last, (bottom, right)):
                continue
            spots = DrawnArea(top, left, bottom, right).spots()
            if self._are_inputs({(own.get(row, -1), columns.get(at, -1)) for row, at in spots}):
                continue  # merged by hand where they are: nothing was moved
            why = f"{a1(top, left)}:{a1(bottom, right)} 表样没有这样合并"
            for row in {own[at] for at in range(top, bottom + 1) if at in own}:
                self._spoil_row(row, why, True)
                for at in range(left, right + 1) if bottom > top else ():
                    if at in columns:
                        self._spoil((row, columns[at]), why)

    def _are_inputs(self, spots: Set[Spot]) -> bool:
        """Whether each of these cells is drawn to be filled by itself, and no merge came to them.

        Those drawn in their rows and columns are all in their places.
        """
        drawn, inputs = self.blueprint.drawing, self.blueprint.inputs
        if not all(spot in inputs and drawn.area(spot) == area_of(spot) for spot in spots):
            return False
        rows, columns = {row for row, _ in spots}, {column for _, column in spots}
        near = (
            area
            for area in drawn.merges
            if not (rows.isdisjoint(area.rows) and columns.isdisjoint(area.columns))
        )
        return all(self._is_merged(area) for area in near)

    def _is_merged(self, area: DrawnArea) -> bool:
        """Whether cells drawn as one are one where they stand."""
        first, last = self.aligned(area.first), self.aligned(area.last)
        return bool(first and last and (*first, *last) in self.seen.paper.scan.merges)

    def _is_own(self, drawn: Spot, last: Spot) -> bool:
        """Whether a merge ends where it is drawn to; in a list, among rows alike, it may sooner."""
        rows, column = self.aligned.rows, self.aligned.columns.get(drawn[1])
        fewer = drawn[0] in self.aligned.shared and last[0] < rows.get(drawn[0] + 1, 0)
        ends = rows.get(drawn[0]) == last[0] or fewer
        return column == last[1] and (ends or drawn[0] in self.blueprint.listed)

    def _lines(self) -> None:
        """Note rows and columns whose lines end elsewhere than drawn."""
        for row, at in self.aligned.rows.items():
            if why := self.edges.doubt(row, at):
                self._spoil_row(row, why)
                headings = self.blueprint.strong[row] if row in self.blueprint.headings else ()
                for column, _ in headings:
                    self._spoil_column((row + 1, column))
        for spot in self.edges.pushed():
            self._push(spot)

    @cached_property
    def edges(self) -> Edges:
        """Where the lines of the tables end."""
        return Edges(self.blueprint, self.seen, self.aligned)

    def _unsure(self) -> None:
        """Spoil the rows known only by wording in columns pushed up or down, and lists below."""
        for row, cells in self.blueprint.strong.items():
            if all(self.pushed.get(column, row + 1) <= row for column, _ in cells):
                for one in (row, row + 1) if row + 1 in self.blueprint.listed else (row,):
                    self._spoil_row(one, f"{column_name(cells[0][0])} 列有格子被挪动")

    def _between(self) -> None:
        """Spoil columns between spoilt ones as well: cells are pushed side by side."""
        for column in range(min(self.columns, default=0), max(self.columns, default=0)):
            near = [self.columns.get(c) for c in (column - 1, column + 1)]
            starts = [start for start in near if start is not None]
            if column not in self.columns and len(starts) == len(near):
                self.columns[column] = max(starts)

    # ------------------------------------------------------------ what it spoils

    def _spoil(self, spot: Spot, why: str, table: bool = False) -> None:
        """Have a row count for nothing, and its column from the last wording in place above it."""
        self._spoil_row(spot[0], why, table)
        self._spoil_column(spot)

    def _spoil_column(self, spot: Spot) -> None:
        row, column = spot
        start = max((n + 1 for n in range(row) if self.stands((n, column))), default=0)
        self.columns[column] = min(start, self.columns.get(column, start))

    def _push(self, spot: Spot) -> None:
        """Have a column count for nothing from the last row on that others tell of, too."""
        row, column = spot
        above = (n for n in range(row - 1, -1, -1) if self.stands((n, column)))
        start = next((n + 1 for n in above if self._is_sure(n, column)), 0)
        self.columns[column] = min(start, self.columns.get(column, start))
        self.pushed[column] = min(start, self.pushed.get(column, start))

    def _is_sure(self, row: int, column: int) -> bool:
        """Whether wording in another column than this stands in a row."""
        return any(c != column and self.stands((row, c)) for c, _ in self.blueprint.strong[row])

    def _spoil_row(self, row: int, why: str, table: bool = False) -> None:
        """Have a row count for nothing, or its whole table where cells of it surely were moved."""
        for one in self._table(row) if table else (row,):
            self.rows.setdefault(one, why)

    def _table(self, row: int) -> Iterable[int]:
        """Give the rows under the same heading as this one."""
        start = max((n for n in self.blueprint.headings if n < row), default=-1)
        end = min((n for n in self.blueprint.headings if n > row), default=row + 1)
        inside = (n for n in range(start + 1, end) if n not in self.blueprint.listed)
        return (row, *inside) if row not in self.blueprint.headings else (row,)


def _alone(cells: Cells) -> dict[str, int]:
    """Give the column of each wording that stands once among these cells."""
    count = Counter(text for _, text in cells)
    return {text: column for column, text in cells if count[text] == 1}
