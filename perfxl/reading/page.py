"""A sheet of the file, with all that tells its rows and columns apart: keys, labels, titles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

from msgspec import Struct

from perfxl.form.layout import BLOCK_MARK, BlockPlace, key_rows, parse_identity
from perfxl.form.model import Block, Column, Row
from perfxl.form.raw import Raw, text_of
from perfxl.reading.sheets import Paper

KEY_REACH = 6  # the key column is looked for among the first columns


def unspaced(raw: Raw) -> str:
    """Give the text of a cell without any blanks, for comparing labels."""
    return "".join(text_of(raw).split())


def naming(row: Row) -> tuple[str, str]:
    """Give the column of the label that names this row, and its text; blank where there is none."""
    labels = [(column, item.text) for column, item in row.items.items() if item.is_label]
    exact = [label for label in labels if label[1] == row.label]
    column, text = next(iter([*exact, *labels]), ("", ""))
    return column, unspaced(text)


class Page(Struct, frozen=True, dict=True):
    """A sheet of the file, with all that tells its rows apart."""

    paper: Paper
    spots: tuple[BlockPlace, ...]

    @cached_property
    def texts(self) -> list[list[str]]:
        """The texts of its cells without blanks; "" for what is no text."""
        return [
            [unspaced(raw) if isinstance(raw, str) else "" for raw in row]
            for row in self.paper.rows
        ]

    @cached_property
    def labels(self) -> dict[str, frozenset[str]]:
        """The column labels of each block, without blanks."""
        return {
            spot.block.key: frozenset(unspaced(column.label) for column in spot.block.columns)
            for spot in self.spots
        }

    def text(self, row: int, column: int | None) -> str:
        """Give the text of a cell without blanks; "" where there is none."""
        cells = self.texts[row]
        return cells[column] if column is not None and column < len(cells) else ""

    @cached_property
    def keyed(self) -> dict[int, tuple[str, str]]:
        """Block and row key of each row that has them; a row of column keys has the row key ""."""
        blocks = {spot.block.key for spot in self.spots}
        columns: dict[int, dict[int, tuple[str, str]]] = {}
        for n, row in enumerate(self.texts):
            for column, text in enumerate(row[:KEY_REACH]):
                named, mark, rest = text.rpartition(BLOCK_MARK)
                block, dot, key = rest.partition(".")
                ours = not named or parse_identity(named) is not None
                if block in blocks and ours and bool(mark) != bool(dot):
                    columns.setdefault(column, {})[n] = block, key
        return max(columns.values(), key=len, default={})

    @cached_property
    def _marked(self) -> dict[tuple[str, str], list[int]]:
        rows: dict[tuple[str, str], list[int]] = {}
        for n, mark in self.keyed.items():
            rows.setdefault(mark, []).append(n)
        return rows

    def marked(self, block: Block, key: str) -> list[int]:
        """Give the rows that carry this row key of a block."""
        return self._marked.get((block.key, key), [])

    def free_for(self, block: Block, row: int) -> bool:
        """Whether a row may belong to this block: no header, title or row of another one."""
        return row not in self.walls and self.keyed.get(row, (block.key,))[0] == block.key

    @cached_property
    def walls(self) -> frozenset[int]:
        """The rows that hold no answers: column keys, headers, titles."""
        return frozenset(
            n
            for n in range(len(self.texts))
            if self.keyed.get(n, ("", "-"))[1] == ""
            or any(
                self.header_hits(spot, n) or self.is_title(spot, n) or self.iskey_row(spot, n)
                for spot in self.spots
            )
        )

    def header_hits(self, spot: BlockPlace, row: int) -> int:
        """Give how many column labels of a block a row holds; 0 unless it is most of them."""
        labels = self.labels[spot.block.key]
        hits = len(labels.intersection(self.texts[row])) if spot.block.headed else 0
        return hits if hits * 3 >= len(labels) * 2 else 0

    def is_title(self, spot: BlockPlace, row: int) -> bool:
        """Whether a row holds a block's title, or what is signed at the end, and nothing else."""
        titles = {unspaced(spot.block.title), unspaced(spot.sheet.closing)} - {""}
        if titles.isdisjoint(self.texts[row]):
            return False
        return sum(raw is not None for raw in self.paper.rows[row]) == 1

    def iskey_row(self, spot: BlockPlace, row: int) -> bool:
        """Whether a row holds all column keys of a block and next to nothing else."""
        texts, names = set(self.texts[row]), {column.key for column in spot.block.columns}
        others = texts - names - {"", BLOCK_MARK + spot.block.key}
        return names <= texts and sum(parse_identity(text) is None for text in others) <= 1


# ---------------------------------------------------------------- columns


def key_row(page: Page, spot: BlockPlace, top: int) -> int | None:
    """Give the row of a block's column keys: by its mark, else by the keys themselves."""
    on_top = spot.keys < key_rows(spot.sheet)  # above the blocks that come before it, too
    rows = range(0 if on_top else top, len(page.texts))
    found = [n for n in rows if n not in page.keyed and page.iskey_row(spot, n)]
    return next(iter([*page.marked(spot.block, ""), *found]), None)


def key_columns(page: Page, spot: BlockPlace, row: int | None) -> dict[str, int]:
    """Give where the column keys stand in that row, each at its first place."""
    if row is None:
        return {}
    names = {column.key for column in spot.block.columns}
    places: dict[str, int] = {}
    for column, text in enumerate(page.texts[row]):
        if text in names:
            places.setdefault(text, column)
    return places


def header_row(page: Page, spot: BlockPlace, keys: int | None, rows: Sequence[int]) -> int | None:
    """Give the first of these rows that holds the most column labels.

    Where none holds enough of them, the row above the block's first must have been the header.
    """
    hits = {n: page.header_hits(spot, n) for n in rows}
    best = max((n for n in rows if hits[n]), key=lambda n: hits[n], default=None)
    if best is not None or keys is None or not spot.block.headed:
        return best
    own = (n for n, (block, key) in page.keyed.items() if block == spot.block.key and key)
    return min(own, default=keys + 2) - 1


def complete(page: Page, spot: BlockPlace, header: int | None, columns: dict[str, int]) -> None:
    """Add the columns whose keys are gone: by their labels, else between two neighbours."""
    if header is None:
        return
    wanted = spot.block.columns
    for column in wanted:
        free = [
            n
            for n, text in enumerate(page.texts[header])
            if text == unspaced(column.label) and n not in columns.values()
        ]
        if free and column.key not in columns:
            columns[column.key] = free[0]
    for before, column, after in zip(wanted, wanted[1:], wanted[2:], strict=False):
        shifts = {_shift(spot, columns, near) for near in (before, after)}
        if column.key not in columns and len(shifts) == 1 and None not in shifts:
            columns[column.key] = spot.columns[column.key][0] + (shifts.pop() or 0)


def _shift(spot: BlockPlace, columns: Mapping[str, int], column: Column) -> int | None:
    """Give how many columns a column has moved; None where it was not found."""
    at = columns.get(column.key)
    return None if at is None else at - spot.columns[column.key][0]
