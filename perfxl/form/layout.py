"""Where every cell of a form stands; the only code that knows cell addresses, both ways.

Column A is hidden and holds the row keys; a hidden row above each block's header holds its column
keys; A1 holds form, edition and sheet key. Reading binds by those keys, so inserted, sorted or
moved rows and renamed sheets still read right. Rows and columns count from 0.

On a sheet that an office drew no letter and no row may move: there the hidden column of row keys
stands right of all others, the hidden row of column keys below the last, and in their corner what
A1 holds elsewhere.

Where a header stays in view, the hidden rows that would lie above it stand on top of the sheet
instead: programs differ in whether a hidden row counts among those above a split, so what stays in
view begins below them and right of column A.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from msgspec import Struct, field

from perfxl.expr.tree import Expr, Key
from perfxl.form.addresses import a1, quoted_sheet
from perfxl.form.model import Block, Column, Form, Sheet

MARK = "perfxl"
BLOCK_MARK = "#"
KEY_COLUMN = 0
FIRST_COLUMN = 1


def key_rows(sheet: Sheet) -> int:
    """Give how many hidden rows of column keys stand on top of a sheet, above its title."""
    headed = (number for number, block in enumerate(sheet.blocks, 1) if block.headed)
    return next(headed, 0) if sheet.frozen and sheet.keyed else 0


def title_row(sheet: Sheet) -> int:
    """Give the row of a sheet's title."""
    return key_rows(sheet) + bool(sheet.annex)


def identity(form: Form, sheet: Sheet) -> str:
    """Give the text of A1, which on top of a sheet marks a row of column keys as well."""
    first = BLOCK_MARK + sheet.blocks[0].key if key_rows(sheet) else ""
    return f"{MARK}/{form.id}/{form.edition}/{sheet.key}{first}"


def parse_identity(text: object) -> tuple[str, str, str] | None:
    """Give (form id, edition, sheet key) of an A1 text, or None where it is no identity."""
    parts = text.partition(BLOCK_MARK)[0].strip().split("/") if isinstance(text, str) else []
    if len(parts) != 4 or parts[0] != MARK:
        return None
    return parts[1], parts[2], parts[3]


def row_mark(block: str, row: str) -> str:
    """Give the text of column A beside a row."""
    return f"{block}.{row}"


class BlockPlace(Struct, frozen=True, kw_only=True):
    """Where a block stands: its rows, and first and last column of each of its columns.

    `title` and `header` are None where the block shows none; `keys` is the row of its column keys,
    `key_column` the column of its row keys. `homes` are cells that another one shows.
    """

    sheet: Sheet
    block: Block
    title: int | None = None
    keys: int
    key_column: int = KEY_COLUMN
    header: int | None = None
    first: int
    columns: dict[str, tuple[int, int]]
    homes: Mapping[Key, Key] = field(default_factory=dict)

    @property
    def last(self) -> int:
        """The last row."""
        return self.first + len(self.block.rows) - 1


class Layout(Struct, frozen=True):
    """The places of a whole form."""

    form: Form
    blocks: dict[str, BlockPlace]
    _formulas: dict[str, dict[Key, str]] = field(default_factory=dict)

    def spot(self, key: Key) -> tuple[int, int]:
        """Give row and column of a cell."""
        place = self.blocks[key.block]
        if place.homes and key in place.homes:
            return self.spot(place.homes[key])
        return place.first + place.block.numbers[key.row], place.columns[key.column][0]

    def sheet(self, key: Key) -> Sheet:
        """Give the sheet a cell is on."""
        return self.blocks[key.block].sheet

    def a1(self, key: Key) -> str:
        """Give the A1 reference of a cell, without its sheet."""
        return a1(*self.spot(key))

    def of_sheet(self, sheet: Sheet) -> Iterator[BlockPlace]:
        """Give the blocks of a sheet, from top to bottom."""
        return (self.blocks[block.key] for block in sheet.blocks)

    def formula(self, key: Key) -> str:
        """Give the Excel text of a computed cell, without the leading "=".

        Printing takes far longer than writing, so a form keeps its texts (some 3,000, 1 MB), and
        one with sheets around it leaves those of its core to that.
        """
        core = self.form.core
        if core is not None and key.block in core.blocks:
            return place(core).formula(key)
        return self.formulas(key.block)[key]

    def formulas(self, block: str) -> Mapping[Key, str]:
        """Give the texts of all computed cells of a block."""
        if block not in self._formulas:
            place = self.blocks[block]
            grid = self.seen_from(place.sheet)
            self.take(block, [formula.excel(grid) for _, formula in _computed(place.block)])
        return self._formulas[block]

    def take(self, block: str, texts: Sequence[str]) -> None:
        """Take the texts of all computed cells of a block, in their order."""
        keys = (key for key, _ in _computed(self.blocks[block].block))
        self._formulas[block] = dict(zip(keys, texts, strict=True))

    def seen_from(self, sheet: Sheet) -> SheetView:
        """Give the grid for formulas written on `sheet`."""
        prefixes = {
            key: "" if place.sheet.key == sheet.key else f"{quoted_sheet(place.sheet.name)}!"
            for key, place in self.blocks.items()
        }
        return SheetView(self, prefixes, {})


def _computed(block: Block) -> Iterator[tuple[Key, Expr]]:
    return ((k, item.formula) for k, item in block.items.items() if item.formula is not None)


class SheetView(Struct, frozen=True):
    """References as a formula on one sheet writes them; a `Grid` for expressions.

    `prefixes` names the sheet of each block, "" for the sheet the formula is on.
    """

    layout: Layout
    prefixes: Mapping[str, str]
    _named: dict[Key, str]

    def cell(self, key: Key) -> str:
        """Give the reference of one cell."""
        named = self._named.get(key)
        if named is None:
            named = self._named[key] = self.prefixes[key.block] + self.layout.a1(key)
        return named

    def cells(self, keys: Sequence[Key]) -> str:
        """Give references of several cells, separated by commas."""
        return ",".join(self.ranges(keys))

    def ranges(self, keys: Sequence[Key]) -> list[str]:
        """Give the references of several cells, neighbours in a column or a row as one range."""
        spots = ((self.prefixes[key.block], *self.layout.spot(key)) for key in keys)
        runs: list[_Run] = []
        for prefix, row, column in spots:
            if not (runs and runs[-1].takes(prefix, row, column)):
                runs.append(_Run(prefix, row, column, row, column))
        return [run.text for run in runs]

    def column(self, block: str, column: str) -> str:
        """Give the absolute range of a block's column."""
        place = self.layout.blocks[block]
        left = place.columns[column][0]
        first, last = a1(place.first, left, True), a1(place.last, left, True)
        return f"{self.prefixes[block]}{first}:{last}"

    def column_down_to(self, block: str, column: str, row: str) -> str:
        """Give the range of a block's column from its first row to `row`."""
        place = self.layout.blocks[block]
        left = place.columns[column][0]
        end = self.layout.spot(Key(block, row, column))[0]
        return f"{self.prefixes[block]}{a1(place.first, left, True)}:{a1(end, left, True)}"

    def alike_down_to(self, block: str, columns: Sequence[str], row: str) -> list[str]:
        """Give the ranges of columns in which rows down to `row` may hold what that does.

        What is merged down over this row is "", and the others begin where it does: further up a
        spreadsheet has it in no row but the first.
        """
        spots = [self.layout.spot(Key(block, row, column)) for column in columns]
        own = max(at for at, _ in spots)
        first = max((at for at, _ in spots if at < own), default=self.layout.blocks[block].first)
        return [
            f"{self.prefixes[block]}{a1(first, left, True)}:{a1(own, left, True)}"
            if at == own
            else ""
            for at, left in spots
        ]


class _Run(Struct):
    """Neighbouring cells of one column or one row; the edges count."""

    prefix: str
    top: int
    left: int
    bottom: int
    right: int

    def takes(self, prefix: str, row: int, column: int) -> bool:
        """Take the next cell in where it goes on from this one, and say whether it does."""
        below = row == self.bottom + 1 and self.left == self.right == column
        beside = column == self.right + 1 and self.top == self.bottom == row
        if goes_on := prefix == self.prefix and (below or beside):
            self.bottom, self.right = row, column
        return goes_on

    @property
    def text(self) -> str:
        """The reference."""
        start, end = a1(self.top, self.left), a1(self.bottom, self.right)
        return f"{self.prefix}{start}" + (f":{end}" if end != start else "")


def _columns(columns: Sequence[Column], width: int) -> dict[str, tuple[int, int]]:
    places: dict[str, tuple[int, int]] = {}
    at = FIRST_COLUMN
    for column in columns:
        if column.last:
            places[column.key] = (width, width)
            continue
        places[column.key] = (at, at + column.span - 1)
        at += column.span
    return places


def _drawn_columns(sheet: Sheet) -> dict[str, tuple[int, int]]:
    """Give where the columns of a drawn sheet stand, whatever block they are of."""
    columns = {column.key: column for block in sheet.blocks for column in block.columns}
    places = {key: one.at for key, one in columns.items() if one.at is not None}
    places |= {key: len(sheet.widths) - 1 for key, one in columns.items() if one.last}
    hidden = (key for key in columns if key not in places)
    places |= {key: at for at, key in enumerate(hidden, len(sheet.widths))}
    return {key: (at, at) for key, at in places.items()}


def _place_drawn(sheet: Sheet) -> Iterator[BlockPlace]:
    """Give the places of the runs of rows that an office's sheet is made of."""
    places = _drawn_columns(sheet)
    key_column = max((at for _, at in places.values()), default=0)
    key_column = max(key_column + 1, len(sheet.widths))
    row, keys = 0, sum(len(block.rows) for block in sheet.blocks)
    for block in sheet.blocks:
        yield BlockPlace(
            sheet=sheet,
            block=block,
            keys=keys,
            key_column=key_column,
            first=row,
            columns={column.key: places[column.key] for column in block.columns},
            homes={key: item.home for key, item in block.items.items() if item.home},
        )
        row += len(block.rows)


def drawn_rows(places: Iterable[BlockPlace]) -> list[int]:
    """Give for each row of a drawn sheet, down to the row of keys, which row drawn it is like."""
    return [row for one in places for row in _drawn(one.block)]


def _drawn(block: Block) -> Sequence[int]:
    assert block.drawn is not None, "a block of a drawn sheet"
    return [block.drawn.start] * len(block.rows) if block.repeats else block.drawn


def _place_sheet(sheet: Sheet) -> Iterator[BlockPlace]:
    if sheet.drawing is not None:
        yield from _place_drawn(sheet)
        return
    on_top = key_rows(sheet)
    row = title_row(sheet) + 1 + bool(sheet.subtitle) + len(sheet.heading)
    titled = len(sheet.blocks) > 1
    for number, block in enumerate(sheet.blocks):
        title = row if titled and block.title else None
        row += title is not None
        keys = number if number < on_top else row
        row += number >= on_top and sheet.keyed
        header = row if block.headed else None
        row += header is not None
        columns = _columns(block.columns, len(sheet.widths))
        yield BlockPlace(
            sheet=sheet,
            block=block,
            title=title,
            keys=keys,
            header=header,
            first=row,
            columns=columns,
        )
        row += len(block.rows) + 1


@lru_cache(maxsize=8)  # the forms at hand: of the year, live, and the result's around that
def place(form: Form) -> Layout:
    """Give the layout of a form: the same form always has the same one."""
    places = (place for sheet in form.sheets for place in _place_sheet(sheet))
    return Layout(form, {place.block.key: place for place in places})
