"""How our own sheets come onto A4: what is printed of them, how large, and where pages end.

No type is printed under nine points: a sheet too wide for that runs over as many pages side by side
as it needs, each beginning with the columns that name its rows.

What a list offers beyond the rows in use stays off the paper. Only an area of fixed cells does so
in Excel, WPS and LibreOffice alike: LibreOffice drops one computed by a formula and prints the
whole sheet, hints and all; Excel turns it into fixed cells as soon as the page is set up by hand.
So the area is worked out when a workbook is written, leaves room where a list is still to be
filled, and the title says so, on the screen and on paper, once something stands beyond it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, islice, pairwise
from math import ceil

from msgspec import Struct

from perfxl.expr.tree import Key
from perfxl.form.answers import BLANK, Values
from perfxl.form.layout import BlockPlace
from perfxl.form.model import Block, Row, Sheet

A4 = 9  # as Excel numbers papers
SHORT_SIDE, LONG_SIDE = 595.3, 841.9  # points, as are all lengths here
SIDES, ENDS = 0.4, 0.5  # margins, in inches
INCH = 72
FOOTER = 20  # LibreOffice puts it above the margin, not into it
# a digit of 宋体 10 is 5 wide; where there is no 宋体, of a font that stands in for it, and the
# columns with it
DIGIT, PADDING = 6.4, 5 / 7  # of a column, in digits
LEAST_SCALE = 0.9  # of ten points, nine
UNFINISHED = 40  # rows of a list still to be filled: two pages, and more than most units have


class OnPaper(Struct, frozen=True):
    """What is printed of a block: its rows from `top` to `last`, the column beyond them."""

    spot: BlockPlace
    top: int
    last: int

    @property
    def cut(self) -> bool:
        """Whether rows are left out."""
        return self.last < self.spot.last


def printed(spots: Iterable[BlockPlace], values: Values) -> list[OnPaper]:
    """Give what is printed of each block of a sheet."""
    return [OnPaper(spot, block_top(spot), _last_printed(spot, values)) for spot in spots]


def block_top(spot: BlockPlace) -> int:
    """Give the row a block begins with."""
    return min(row for row in (spot.title, spot.header, spot.first) if row is not None)


def _last_printed(spot: BlockPlace, values: Values) -> int:
    """Give the last row in use; of a list still to be filled, one that leaves room."""
    block = spot.block
    if not block.repeats:
        return spot.last
    numbered = enumerate(block.rows, 1)
    count = max((n for n, row in numbered if any(_typed(block, row, values))), default=0)
    if not count or not all(_typed(block, block.rows[count - 1], values, needed=True)):
        count = min(len(block.rows), max(count, UNFINISHED))
    return spot.first - 1 + count


def _typed(block: Block, row: Row, values: Values, needed: bool = False) -> Iterator[bool]:
    """Say of each input of a row, or of those it cannot do without, whether something is there."""
    for column, item in row.items.items():
        if item.is_input and (item.required is True or not needed):
            yield not values.answers.get(Key(block.key, row.key, column), BLANK).cell.blank


def areas(parts: Sequence[OnPaper], end: int) -> list[tuple[int, int]]:
    """Give first and last row of each range that is printed, down to the row `end`.

    A list ends one, and so a page: what follows may be far below.
    """
    cuts = [part for part in parts if part.spot.block.repeats]
    tops = [0, *(part.spot.last + 1 for part in cuts)]
    ends = [*(part.last for part in cuts), end]
    return [(top, last) for top, last in zip(tops, ends, strict=True) if top <= last]


def repeated(parts: Sequence[OnPaper]) -> int | None:
    """Give the heading to repeat on every page that follows it, None where there is none.

    It is that of the last table that may go on over a page: one of a table above would stand on
    top of the others as well.
    """
    return next((one.spot.header for one in reversed(parts) if not one.spot.block.kept), None)


# ---------------------------------------------------------------- how large


def printed_columns(sheet: Sheet) -> int:
    """Give the last column that is printed: hints and what is hidden are not."""
    shown = (
        sum(column.span for column in block.columns if not column.off_paper)
        for block in sheet.blocks
    )
    return max(shown, default=len(sheet.widths))


def pages_across(sheet: Sheet) -> int:
    """Give how many pages side by side a sheet takes in type that can be read."""
    return ceil(LEAST_SCALE / _scale_across(sheet))


def one_page_scale(sheet: Sheet, height: float) -> float | None:
    """Give the scale at which a sheet a little longer than a page is one, if it can be read so.

    Else a table of two lines, or a heading without them, would stand alone on the next page.
    """
    room = (LONG_SIDE if sheet.portrait else SHORT_SIDE) - 2 * ENDS * INCH - FOOTER
    scale = min(_scale_across(sheet), room / height if height else 1.0)
    return scale if height > room and scale >= LEAST_SCALE else None


def _scale_across(sheet: Sheet) -> float:
    """Give the scale at which a sheet is as wide as a page."""
    room = (SHORT_SIDE if sheet.portrait else LONG_SIDE) - 2 * SIDES * INCH
    widths = sheet.widths[: printed_columns(sheet)]
    return room / ((sum(widths) + PADDING * len(widths)) * DIGIT)


# ---------------------------------------------------------------- where pages end


def page_breaks(parts: Sequence[OnPaper], heights: Sequence[float]) -> Iterator[int]:
    """Give the rows that begin a page, on a sheet lying across that ends with what is signed.

    Pages begin with a block or with a group of rows, and what is signed stands with the last of
    them. `heights` are those of all rows down to the last.
    """
    room = SHORT_SIDE - 2 * ENDS * INCH
    begun, used = 0, 0.0
    starts = [*_starts(parts), len(heights)]
    for start, end in pairwise(starts):
        height = sum(heights[start:end])
        if start > begun and used + height > room:
            yield start
            begun, used = start, heights[repeated(parts) or 0]
        used += height


def _starts(parts: Sequence[OnPaper]) -> Iterator[int]:
    """Give the first row and each one that may begin a page."""
    yield 0
    for part in parts:
        block, first = part.spot.block, part.spot.first
        if not block.kept:
            yield part.top
            groups = groupby(enumerate(block.rows[:-1], first), _group)  # but for a total
            yield from (next(rows)[0] for _, rows in islice(groups, 1, None))


def _group(numbered: tuple[int, Row]) -> str:
    """Give the second wording of a row, which those of a group share."""
    *_, second = islice(numbered[1].items.values(), 2)
    return second.text
