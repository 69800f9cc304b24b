"""What people do to an office's own sheet, done to it as read: cells travel with their merges.

Each kind of damage gives the sheet changed, or None where it does not apply there: a spreadsheet
does not push cells that are but part of a merged area either.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping

from msgspec import Struct
from msgspec.structs import replace

from perfxl.form.answers import Cell
from perfxl.reading.scan import SheetScan
from perfxl.reading.sheets import Paper

Spot = tuple[int, int]
Area = tuple[int, int, int, int]


class Held(Struct, frozen=True):
    """The cells of a sheet with content, its merged areas, the cells with a line around them."""

    name: str
    cells: Mapping[Spot, Cell]
    merges: tuple[Area, ...]
    boxed: frozenset[Spot]

    @property
    def last(self) -> Spot:
        """The last row and column."""
        corners = [area[2:] for area in self.merges]
        spots = [*self.cells, *corners]
        return max(r for r, _ in spots), max(c for _, c in spots)

    def mapped(self, move: Callable[[Spot], Spot | None]) -> Held | None:
        """Give the sheet with every cell where `move` says, None where it tears a merged area."""
        cells = {to: cell for spot, cell in self.cells.items() if (to := move(spot)) is not None}
        merges = list[Area]()
        for top, left, bottom, right in self.merges:
            spots = [move((r, c)) for r in range(top, bottom + 1) for c in range(left, right + 1)]
            kept = [spot for spot in spots if spot is not None]
            if not kept:
                continue
            first, last = min(kept), max(kept)
            # an inserted row or column widens what it goes through
            if (bottom, right) != (top, left) and first != last:
                shape = (last[0] - first[0] + 1) * (last[1] - first[1] + 1)
                if shape < len(kept) or last[1] < first[1]:
                    return None
                merges.append((*first, *last))
        boxed = frozenset(to for spot in self.boxed if (to := move(spot)) is not None)
        return replace(self, cells=cells, merges=tuple(merges), boxed=boxed)


def held(paper: Paper) -> Held:
    """Give what a sheet holds."""
    spots = ((r, c) for r, row in enumerate(paper.rows) for c in range(len(row)))
    cells = {spot: paper.cell(*spot) for spot in spots}
    filled = {s: cell for s, cell in cells.items() if not cell.blank or cell.formula}
    return Held(paper.name, filled, paper.scan.merges, paper.scan.boxed)


def paper(sheet: Held) -> Paper:
    """Give the sheet that holds this."""
    bottom, right = sheet.last
    rows = [
        [sheet.cells[r, c].raw if (r, c) in sheet.cells else None for c in range(right + 1)]
        for r in range(bottom + 1)
    ]
    cells = sheet.cells.items()
    scan = SheetScan(
        formulas=frozenset(spot for spot, cell in cells if cell.formula),
        percents=frozenset(spot for spot, cell in cells if cell.percent),
        merges=sheet.merges,
        boxed=sheet.boxed,
    )
    return Paper(sheet.name, rows, scan)


# ---------------------------------------------------------------- whole rows and columns


def insert_row(sheet: Held, rng: random.Random) -> Held | None:
    at = rng.randint(0, sheet.last[0])
    return sheet.mapped(lambda s: (s[0] + (s[0] >= at), s[1]))


def insert_column(sheet: Held, rng: random.Random) -> Held | None:
    at = rng.randint(0, sheet.last[1] + 1)
    return sheet.mapped(lambda s: (s[0], s[1] + (s[1] >= at)))


def delete_row(sheet: Held, rng: random.Random) -> Held | None:
    at = rng.randint(0, sheet.last[0])
    return sheet.mapped(lambda s: None if s[0] == at else (s[0] - (s[0] > at), s[1]))


def delete_column(sheet: Held, rng: random.Random) -> Held | None:
    at = rng.randint(0, sheet.last[1])
    return sheet.mapped(lambda s: None if s[1] == at else (s[0], s[1] - (s[1] > at)))


def _crosses(sheet: Held, rows: set[int]) -> bool:
    """Whether a merged area reaches over the edge of these rows."""
    return any(
        0 < sum(r in rows for r in range(top, bottom + 1)) < bottom - top + 1
        for top, _, bottom, _ in sheet.merges
    )


def move_rows(sheet: Held, rng: random.Random) -> Held | None:
    """Cut some rows and put them in further down."""
    first = rng.randint(0, sheet.last[0] - 1)
    count, to = rng.randint(1, 3), rng.randint(first + 1, sheet.last[0] + 1)
    order = list(range(sheet.last[0] + 1))
    block, rest = order[first : first + count], order[:first] + order[first + count :]
    order = rest[:to] + block + rest[to:]
    place = {row: n for n, row in enumerate(order)}
    if _crosses(sheet, set(block)) or any(_crosses(sheet, {r}) for r in block):
        return None
    return sheet.mapped(lambda s: (place[s[0]], s[1]))


def swap_rows(sheet: Held, rng: random.Random) -> Held | None:
    first, other = rng.sample(range(sheet.last[0] + 1), 2)
    if _crosses(sheet, {first}) or _crosses(sheet, {other}):
        return None
    place = {first: other, other: first}
    return sheet.mapped(lambda s: (place.get(s[0], s[0]), s[1]))


def double_row(sheet: Held, rng: random.Random) -> Held | None:
    at = rng.randint(0, sheet.last[0])
    grown = sheet.mapped(lambda s: (s[0] + (s[0] > at), s[1]))
    copy = {(at + 1, c): cell for (r, c), cell in sheet.cells.items() if r == at}
    return grown and replace(grown, cells={**grown.cells, **copy})


# ---------------------------------------------------------------- cells pushed within the sheet


def _pushed(
    sheet: Held, area: Area, move: Callable[[Spot], Spot | None], over: Spot = (0, 0)
) -> Held | None:
    """Give the sheet with the cells of an area moved, None where that tears a merged one.

    Cells put in look like those so far `over`, left of them or above.
    """

    def within(spot: Spot) -> bool:
        return area[0] <= spot[0] <= area[2] and area[1] <= spot[1] <= area[3]

    for top, left, bottom, right in sheet.merges:
        inside = [within((r, c)) for r in range(top, bottom + 1) for c in range(left, right + 1)]
        if any(inside) and not all(inside):
            return None
    moved = sheet.mapped(lambda s: move(s) if within(s) else s)
    beside = ((r + over[0], c + over[1]) for r, c in sheet.boxed)
    new = {spot for spot in beside if over != (0, 0) and _is_edge(spot, area, over)}
    return moved and replace(moved, boxed=moved.boxed | new)


def _is_edge(spot: Spot, area: Area, over: Spot) -> bool:
    """Whether cells are put in here, where those of an area are pushed right or down."""
    if over[1]:
        return area[0] <= spot[0] <= area[2] and spot[1] == area[1]
    return area[1] <= spot[1] <= area[3] and spot[0] == area[0]


def _some(sheet: Held, rng: random.Random) -> tuple[int, int, int]:
    return rng.randint(0, sheet.last[0]), rng.randint(0, sheet.last[1]), rng.randint(0, 2)


def push_right(sheet: Held, rng: random.Random) -> Held | None:
    row, column, more = _some(sheet, rng)
    return _pushed(sheet, (row, column, row + more, 999), lambda s: (s[0], s[1] + 1), (0, 1))


def pull_left(sheet: Held, rng: random.Random) -> Held | None:
    row, column, more = _some(sheet, rng)
    area = (row, column, row + more, 999)
    return _pushed(sheet, area, lambda s: None if s[1] == column else (s[0], s[1] - 1))


def push_down(sheet: Held, rng: random.Random) -> Held | None:
    row, column, more = _some(sheet, rng)
    return _pushed(sheet, (row, column, 999, column + more), lambda s: (s[0] + 1, s[1]), (1, 0))


def pull_up(sheet: Held, rng: random.Random) -> Held | None:
    row, column, more = _some(sheet, rng)
    area = (row, column, 999, column + more)
    return _pushed(sheet, area, lambda s: None if s[0] == row else (s[0] - 1, s[1]))


def swap_columns(sheet: Held, rng: random.Random) -> Held | None:
    """Put the contents of two columns in each other's place, over some rows."""
    first, other = rng.sample(range(sheet.last[1] + 1), 2)
    top = rng.randint(0, sheet.last[0])
    rows, place = range(top, top + rng.randint(2, 12)), {first: other, other: first}
    torn = any(
        bottom >= rows.start and above < rows.stop and {first, other} & {*range(left, right + 1)}
        for above, left, bottom, right in sheet.merges
    )
    if torn:
        return None
    return sheet.mapped(lambda s: (s[0], place.get(s[1], s[1])) if s[0] in rows else s)


# ---------------------------------------------------------------- wording


def _wording(sheet: Held, rng: random.Random) -> Spot:
    texts = [
        spot
        for spot, cell in sorted(sheet.cells.items())
        if isinstance(cell.raw, str) and not (cell.raw.isascii() or cell.raw.startswith("答"))
    ]
    return rng.choice(texts)


def _written(sheet: Held, spot: Spot, text: str | None) -> Held:
    cell = replace(sheet.cells[spot], raw=text)
    cells = {s: c for s, c in sheet.cells.items() if s != spot or text is not None}
    return replace(sheet, cells={**cells, **({spot: cell} if text is not None else {})})


def respace(sheet: Held, rng: random.Random) -> Held:
    """Put blanks into all wording, and write its colons and brackets otherwise."""
    wide = str.maketrans({"：": ":", "（": "(", "）": ")"})
    cells = {
        spot: replace(cell, raw="  ".join(cell.raw.translate(wide)))
        if isinstance(cell.raw, str) and not (cell.raw.isascii() or cell.raw.startswith("答"))
        else cell
        for spot, cell in sheet.cells.items()
    }
    return replace(sheet, cells=cells)


def reword(sheet: Held, rng: random.Random) -> Held | None:
    spot = _wording(sheet, rng)
    return _written(sheet, spot, f"改{str(sheet.cells[spot].raw)[1:]}了")


def clear(sheet: Held, rng: random.Random) -> Held | None:
    return _written(sheet, _wording(sheet, rng), None)


def remark(sheet: Held, rng: random.Random) -> Held | None:
    """Type a remark right of all there is, or below."""
    row, column = rng.randint(0, sheet.last[0]), sheet.last[1] + rng.randint(1, 2)
    spot = (row, column) if rng.random() < 0.5 else (sheet.last[0] + 2, rng.randint(0, column))
    return replace(sheet, cells={**sheet.cells, spot: Cell("附注")})


KINDS: Mapping[str, Callable[[Held, random.Random], Held | None]] = {
    one.__name__: one
    for one in (
        *(insert_row, insert_column, delete_row, delete_column, move_rows, swap_rows, double_row),
        *(push_right, pull_left, push_down, pull_up, swap_columns),
        *(respace, reword, clear, remark),
    )
}


# ---------------------------------------------------------------- lines


def plain(sheet: Held) -> Held:
    """Take all lines away."""
    return replace(sheet, boxed=frozenset())


def pasted(sheet: Held) -> Held:
    """Take those around answers away."""
    filled = {s for s, cell in sheet.cells.items() if str(cell.raw).startswith(("答", "1", "2"))}
    return replace(sheet, boxed=sheet.boxed - filled)


def wider(sheet: Held) -> Held:
    """Draw lines around one more column, headings and all."""
    right = sheet.last[1] + 1
    return replace(sheet, boxed=sheet.boxed | {(n, right) for n in range(1, sheet.last[0] + 1)})


LINES: Mapping[str, Callable[[Held], Held]] = {one.__name__: one for one in (plain, pasted, wider)}
