"""A sheet of a drawing as a reader sees it: boxes, the label beside a cell, the heading over it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping
from decimal import Decimal
from functools import cached_property, wraps
from typing import TypeVar, cast

from perfxl.form.drawing import SIDES, Drawing, DrawnArea, DrawnSheet, Spot
from perfxl.form.raw import text_of
from perfxl.forms.office import headings
from perfxl.forms.office.tokens import is_token
from perfxl.text import stubs

WIDTH, _HEIGHT = 8.43, 15.0  # of a column in characters, a row in points, where none is set
_NEXT = {"left": (0, -1, "right"), "right": (0, 1, "left"), "top": (-1, 0, "bottom")}
_NEXT["bottom"] = (1, 0, "top")
_SPACES = 3  # open cells that a row of headings never has
Of = TypeVar("Of", bound=Hashable)
Told = TypeVar("Told")
_ROOM = 24  # characters beside a label that are room enough to write in


def _kept(ask: Callable[[DrawnGrid, Of], Told]) -> Callable[[DrawnGrid, Of], Told]:
    """Give a question about a grid whose answers it keeps: each is asked many times."""

    @wraps(ask)
    def asked(grid: DrawnGrid, what: Of) -> Told:
        answers = grid.answers.setdefault(ask.__name__, {})
        if what not in answers:
            answers[what] = ask(grid, what)
        return cast("Told", answers[what])

    return asked


class DrawnGrid:
    """One sheet: a cell stands for the whole merged area it belongs to."""

    def __init__(self, drawing: Drawing, sheet: DrawnSheet) -> None:
        self.drawing, self.sheet = drawing, sheet
        said = [
            s
            for s, c in sheet.cells.items()
            if c.formula or c.raw not in {None, ""} or drawing.style(c).lines
        ]
        said += [sheet.area(spot).last for spot in said]
        self.rows = max((row for row, _ in said), default=0) + 1
        self.columns = max((column for _, column in said), default=0) + 1
        self.answers: dict[str, dict[Hashable, object]] = {}

    # ------------------------------------------------------------ what a cell is

    @cached_property
    def areas(self) -> tuple[DrawnArea, ...]:
        """Every cell, merged ones once, row by row."""
        spots = ((r, c) for r in range(self.rows) for c in range(self.columns))
        return tuple(dict.fromkeys(self.sheet.area(spot) for spot in spots))

    @_kept
    def is_open(self, area: DrawnArea) -> bool:
        """Whether a cell is empty, or holds a token or what is to be written over."""
        cell = self.sheet.cell(area.first)
        if cell.formula:
            return False
        text = self.sheet.text(area.first)
        return not text or (isinstance(cell.raw, str) and (stubs.is_stub(text) or is_token(text)))

    @_kept
    def wording(self, area: DrawnArea) -> str:
        """Give the fixed wording of a cell; "" where there is none, a number or a mere stroke."""
        cell = self.sheet.cell(area.first)
        text = text_of(cell.raw) if isinstance(cell.raw, str) and not cell.formula else ""
        speaks = text and not headings.is_dash(text) and not headings.is_numbered(text)
        return text if speaks and not self.is_open(area) else ""

    def row(self, row: int) -> Iterator[DrawnArea]:
        """Give the cells that begin in a row or reach down into it, left to right."""
        column = 0
        while column < self.columns:
            area = self.sheet.area((row, column))
            yield area
            column = area.right + 1

    def height(self, area: DrawnArea) -> float:
        """Give how high a cell is, in points."""
        return sum(self.sheet.heights.get(row, _HEIGHT) for row in area.rows)

    def width(self, area: DrawnArea) -> float:
        """Give how wide a cell is, in characters."""
        return sum(self.sheet.widths.get(column, WIDTH) for column in area.columns)

    # ------------------------------------------------------------ boxes

    @cached_property
    def _drawn_without_lines(self) -> bool:
        return not any(self._lines(area.first) for area in self.areas)

    def _lines(self, spot: Spot) -> frozenset[str]:
        return self.drawing.style(self.sheet.cell(spot)).lines

    @_kept
    def boxed(self, area: DrawnArea) -> bool:
        """Whether a line runs round a cell; in a sheet without any, whether it is amid wording."""
        if self._drawn_without_lines:
            return area.top in self._midst
        if self._lines(area.first) >= SIDES:
            return True
        return all(self._lined(area, side) for side in SIDES)

    @cached_property
    def _midst(self) -> range:
        counts = Counter(row for (row, _), _ in self.sheet.texts())
        rows = [row for row, count in counts.items() if count > 1]
        return range(min(rows, default=0), max(rows, default=-1) + 1)

    def _lined(self, area: DrawnArea, side: str) -> bool:
        down, right, opposite = _NEXT[side]
        edge = [s for s in area.spots() if (s[0] + down, s[1] + right) not in set(area.spots())]
        return all(
            side in self._lines(spot) or opposite in self._lines((spot[0] + down, spot[1] + right))
            for spot in edge
        )

    # ------------------------------------------------------------ what speaks of a cell

    @_kept
    def label(self, area: DrawnArea) -> DrawnArea | None:
        """Give the nearest wording to the left that stands in the cell's row, or reaches it."""
        column = area.left - 1
        while column >= 0:
            found = self.sheet.area((area.top, column))
            if self.wording(found):
                return found
            column = found.left - 1
        return None

    def is_beside(self, label: DrawnArea | None, area: DrawnArea) -> bool:
        """Whether a label stands directly to the left, in the cell's very rows."""
        return label is not None and label.right + 1 == area.left and label.rows == area.rows

    @_kept
    def heading(self, area: DrawnArea) -> DrawnArea | None:
        """Give the wording over a cell that reigns over it: rows between are cut like the cell.

        A heading may be wider than the column under it.
        """
        above = self._above(area)
        return above if above and self._alone_over(above, area) else self._reigning[area]

    @cached_property
    def _reigning(self) -> Mapping[DrawnArea, DrawnArea | None]:
        """The heading that each cell has in a row of headings, however far above."""
        found: dict[DrawnArea, DrawnArea | None] = {}
        for area in self.areas:
            above = found[area] = self._above(area)
            if above is None:
                continue
            over = above.left <= area.left and area.right <= above.right
            if not (over and self.wording(above) and self.heads(above.bottom)):
                found[area] = found[above] if above.columns == area.columns else None
        return found

    @_kept
    def heading_kind(self, heading: DrawnArea | None) -> str:
        """Give the kind a heading stands for; where it says none, that of the heading over it."""
        return next(filter(None, map(headings.of_heading, self.wordings_over(heading))), "")

    def wordings_over(self, heading: DrawnArea | None) -> list[str]:
        """Give the wording of a heading, then that of each it is one part of."""
        found = []
        while heading is not None and self.wording(heading):
            found.append(self.wording(heading))
            over = self._above(heading)
            wider = over is not None and over.left <= heading.left and heading.right <= over.right
            parted = wider and over and self._is_split(over) and not self._is_before_open(over)
            heading = over if parted else None
        return found

    def _is_before_open(self, area: DrawnArea) -> bool:
        """Whether a cell to fill stands beside wording: that is its label, no heading."""
        beside = self.sheet.area((area.top, area.right + 1))
        return area.right + 1 < self.columns and self.boxed(beside) and self.is_open(beside)

    def _is_split(self, area: DrawnArea) -> bool:
        """Whether other headings stand side by side under one."""
        below = self.sheet.area((area.bottom + 1, area.left))
        return area.left <= below.left and below.right < area.right

    def _above(self, area: DrawnArea) -> DrawnArea | None:
        return self.sheet.area((area.top - 1, area.left)) if area.top else None

    def _alone_over(self, above: DrawnArea, area: DrawnArea) -> bool:
        """Whether wording stands directly over a cell that has no other, and under no heading."""
        if self.wording(area):
            return False
        cut = above.columns == area.columns and above.bottom + 1 == area.top
        told = cut and bool(self.wording(above)) and self.boxed(above)
        return told and self.label(area) is None and self._reigning[above] is None

    @_kept
    def heads(self, row: int) -> bool:
        """Whether a row is one of headings: two or more, each over cells that hold no wording."""
        found = self.headings(row)
        over = [area for area in found if self._is_over(area)]
        spaces = [a for a in self.row(row) if a.top == row and self._is_space(a)]
        filled = any(isinstance(self.sheet.cell(a.first).raw, Decimal) for a in self.row(row))
        if filled or len(over) < 2 or len(spaces) >= min(len(over), _SPACES):
            return False
        return 3 * len(over) >= len(found)

    def _is_space(self, area: DrawnArea) -> bool:
        return self.is_open(area) and self.boxed(area)

    def _is_over(self, area: DrawnArea) -> bool:
        """Whether a cell cut likewise stands below that is no wording."""
        if area.bottom + 1 >= self.rows:
            return False
        below = dict.fromkeys(self.sheet.area((area.bottom + 1, c)) for c in area.columns)
        within = all(area.left <= b.left and b.right <= area.right for b in below)
        return within and not any(map(self.wording, below)) and all(map(self.boxed, below))

    def headings(self, row: int) -> list[DrawnArea]:
        """Give the headings that end in a row."""
        return [area for area in self.row(row) if area.bottom == row and self.wording(area)]

    def naming(self, area: DrawnArea, levels: int = 1) -> str:
        """Give what people call a cell: the wording of its row and of its column.

        Of the column that is so many headings, one over the other.
        """
        label = self.label(area)
        while label and self._only_explains(label):
            label = self.label(label)
        own = [] if label is None else [self.wording(label)]
        return "·".join(map(headings.told, [*own, *self.told_over(area, levels)]))

    def _only_explains(self, label: DrawnArea) -> bool:
        """Whether wording says how a cell is filled in, and another beside it what it is."""
        above = self._above(label)
        while above and above.columns == label.columns:
            if headings.explains(self.wording(above)):
                return self.label(label) is not None
            above = self._above(above)
        return False

    def told_over(self, area: DrawnArea, levels: int = 1) -> list[str]:
        """Give so many headings that stand over a cell, the highest first."""
        return self.wordings_over(self.heading(area))[:levels][::-1]

    def is_roomy(self, area: DrawnArea) -> bool:
        """Whether a label leaves room in its own cell for what belongs to it."""
        align = self.drawing.style(self.sheet.cell(area.first)).align
        used = 2 * len(stubs.bare(self.wording(area)))
        return align in {"", "left"} and self.width(area) > used + _ROOM and area.left < area.right
