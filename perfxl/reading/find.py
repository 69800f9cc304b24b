"""Where the blocks of a form stand on a sheet of a file: by hidden keys, else by visible labels.

Keys and labels are combined column by column and row by row, so a sheet that lost some of its keys
is read by the rest. What cannot be told for certain is left out; binding says that it is missing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from perfxl.answers import Raw, text_of
from perfxl.layout import BLOCK_MARK, BlockPlace
from perfxl.model import Block, Column, Row, row_key
from perfxl.reading.sheets import Paper

KEY_REACH = 6  # the key column is looked for among the first columns


def squeezed(raw: Raw) -> str:
    """Give the text of a cell without any blanks, for comparing labels."""
    return "".join(text_of(raw).split())


def wording(row: Row) -> tuple[str, str]:
    """Give the column of the label that names this row, and its text; blank where there is none."""
    labels = [(column, item.text) for column, item in row.items.items() if item.is_label]
    naming = [label for label in labels if label[1] == row.label]
    column, text = next(iter([*naming, *labels]), ("", ""))
    return column, squeezed(text)


@dataclass
class Found:
    """Where one block stands: the place of each column and row that was found.

    `header` and `keys` are the rows of its column labels and keys. `foreign` are rows a unit added
    to a list, `renamed` says which key its other rows had in the file and which they got; `doubled`
    are copies of fixed rows, `strays` rows with content that are no rows of the block.
    """

    paper: Paper
    columns: dict[str, int]
    rows: dict[str, int]
    header: int | None
    keys: int | None
    foreign: set[int] = field(default_factory=set)
    renamed: dict[str, str] = field(default_factory=dict)
    doubled: dict[int, str] = field(default_factory=dict)
    strays: list[int] = field(default_factory=list)


def find_blocks(paper: Paper, spots: Sequence[BlockPlace]) -> dict[str, Found]:
    """Give the blocks of a sheet that were found on this paper, by key."""
    page, found, top = _Page(paper, tuple(spots)), dict[str, Found](), 0
    for spot in spots:
        find = _list if spot.block.repeats else _table
        block = find(page, spot, top) or find(page, spot, 0)
        if block is not None:
            found[spot.block.key] = block
            top = max((top, *block.rows.values()))
    return found


@dataclass(frozen=True)
class _Page:
    """A sheet of the file, with all that tells its rows apart."""

    paper: Paper
    spots: tuple[BlockPlace, ...]

    @cached_property
    def texts(self) -> list[list[str]]:
        """The texts of its cells without blanks; "" for what is no text."""
        return [
            [squeezed(raw) if isinstance(raw, str) else "" for raw in row]
            for row in self.paper.rows
        ]

    @cached_property
    def labels(self) -> dict[str, frozenset[str]]:
        """The column labels of each block, without blanks."""
        return {
            spot.block.key: frozenset(squeezed(column.label) for column in spot.block.columns)
            for spot in self.spots
        }

    def text(self, row: int, column: int | None) -> str:
        cells = self.texts[row]
        return cells[column] if column is not None and column < len(cells) else ""

    @cached_property
    def marks(self) -> dict[int, tuple[str, str]]:
        """Block and row key of each row that has them; a row of column keys has the row key ""."""
        blocks = {spot.block.key for spot in self.spots}
        columns: dict[int, dict[int, tuple[str, str]]] = {}
        for n, row in enumerate(self.texts):
            for column, text in enumerate(row[:KEY_REACH]):
                block, dot, key = text.removeprefix(BLOCK_MARK).partition(".")
                if block in blocks and text.startswith(BLOCK_MARK) != bool(dot):
                    columns.setdefault(column, {})[n] = block, key
        return max(columns.values(), key=len, default={})

    @cached_property
    def _marked(self) -> dict[tuple[str, str], list[int]]:
        rows: dict[tuple[str, str], list[int]] = {}
        for n, mark in self.marks.items():
            rows.setdefault(mark, []).append(n)
        return rows

    def marked(self, block: Block, key: str) -> list[int]:
        """Give the rows that carry this row key of a block."""
        return self._marked.get((block.key, key), [])

    def free_for(self, block: Block, row: int) -> bool:
        """Whether a row may belong to this block: no header, title or row of another one."""
        return row not in self.walls and self.marks.get(row, (block.key,))[0] == block.key

    @cached_property
    def walls(self) -> frozenset[int]:
        """The rows that hold no answers: column keys, headers, titles."""
        return frozenset(
            n
            for n in range(len(self.texts))
            if self.marks.get(n, ("", "-"))[1] == ""
            or any(
                self.header_hits(spot, n) or self.is_title(spot, n) or self.is_key_row(spot, n)
                for spot in self.spots
            )
        )

    def header_hits(self, spot: BlockPlace, row: int) -> int:
        """Give how many column labels of a block a row holds; 0 unless it is most of them."""
        labels = self.labels[spot.block.key]
        hits = len(labels.intersection(self.texts[row])) if spot.block.headed else 0
        return hits if hits * 3 >= len(labels) * 2 else 0

    def is_title(self, spot: BlockPlace, row: int) -> bool:
        """Whether a row holds a block's title and nothing else."""
        title, texts = squeezed(spot.block.title), self.texts[row]
        if not title or title not in texts:
            return False
        return sum(raw is not None for raw in self.paper.rows[row]) == 1

    def is_key_row(self, spot: BlockPlace, row: int) -> bool:
        """Whether a row holds all column keys of a block and next to nothing else."""
        texts, names = set(self.texts[row]), {column.key for column in spot.block.columns}
        others = texts - names - {"", BLOCK_MARK + spot.block.key}
        return names <= texts and len(others) <= 1


# ---------------------------------------------------------------- columns


def _key_row(page: _Page, spot: BlockPlace, top: int) -> int | None:
    """Give the row of a block's column keys: by its mark, else by the keys themselves."""
    rows = range(top, len(page.texts))
    found = [n for n in rows if n not in page.marks and page.is_key_row(spot, n)]
    return next(iter([*page.marked(spot.block, ""), *found]), None)


def _key_columns(page: _Page, spot: BlockPlace, row: int | None) -> dict[str, int]:
    if row is None:
        return {}
    names = {column.key for column in spot.block.columns}
    places: dict[str, int] = {}
    for column, text in enumerate(page.texts[row]):
        if text in names:
            places.setdefault(text, column)
    return places


def _header(page: _Page, spot: BlockPlace, keys: int | None, rows: Sequence[int]) -> int | None:
    """Give the first of these rows that holds the most column labels.

    Where none holds enough of them, the row below the keys must have been the header.
    """
    hits = {n: page.header_hits(spot, n) for n in rows}
    best = max((n for n in rows if hits[n]), key=lambda n: hits[n], default=None)
    return keys + 1 if best is None and keys is not None and spot.block.headed else best


def _complete(page: _Page, spot: BlockPlace, header: int | None, columns: dict[str, int]) -> None:
    """Add the columns whose keys are gone: by their labels, else between two neighbours."""
    if header is None:
        return
    wanted = spot.block.columns
    for column in wanted:
        free = [
            n
            for n, text in enumerate(page.texts[header])
            if text == squeezed(column.label) and n not in columns.values()
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


# ---------------------------------------------------------------- fixed rows


def _table(page: _Page, spot: BlockPlace, top: int) -> Found | None:
    """Find a block of fixed rows."""
    block, keys = spot.block, _key_row(page, spot, top)
    columns = {**_label_columns(page, block, top), **_key_columns(page, spot, keys)}
    labelled = _labelled_rows(page, block, columns, top)
    rows = _rows_by_key(page, block, labelled)
    if not rows:
        return None
    first, last = min(rows.values()), max(rows.values())
    below = range(first - 1, top - 1, -1) if keys is None else range(keys + 1, len(page.texts))
    header = _header(page, spot, keys, below)
    _complete(page, spot, header, columns)
    if not block.headed:
        _beside_labels(page, spot, rows, columns)
    found = Found(page.paper, columns, rows, header, keys)
    start = first if header is None else min(first, header + 1)
    _apart(page, block, found, labelled, range(start, last))
    return found


def _label_columns(page: _Page, block: Block, top: int) -> dict[str, int]:
    """Give the columns in which most of the rows' labels stand."""
    homes = {text: column for column, text in map(wording, block.rows) if text}
    votes = Counter(
        (homes[text], at)
        for n in range(top, len(page.texts))
        if page.free_for(block, n)
        for at, text in enumerate(page.texts[n])
        if text in homes
    )
    return {column: at for (column, at), _ in reversed(votes.most_common())}


def _labelled_rows(
    page: _Page, block: Block, columns: Mapping[str, int], top: int
) -> dict[str, list[int]]:
    """Give for each row's key where its label stands."""
    keyed = any(mark[0] == block.key for mark in page.marks.values())
    rows = [n for n in range(0 if keyed else top, len(page.texts)) if page.free_for(block, n)]
    places: dict[str, list[int]] = {}
    for row in block.rows:
        column, text = wording(row)
        at = columns.get(column)
        places[row.key] = [n for n in rows if text and page.text(n, at) == text]
    return places


def _rows_by_key(
    page: _Page, block: Block, labelled: Mapping[str, Sequence[int]]
) -> dict[str, int]:
    """Give the place of each fixed row: that of its key, else that of its label.

    Where the same rows carry all labels in another order, they were sorted without their keys:
    then the labels, which people see, decide.
    """
    keyed = {row.key: at[0] for row in block.rows if (at := page.marked(block, row.key))}
    single = {key: at[0] for key, at in labelled.items() if len(at) == 1}
    if set(single) == set(keyed) and set(single.values()) == set(keyed.values()):
        return single
    for key, places in labelled.items():
        free = [n for n in places if n not in keyed.values() and n not in page.marks]
        if free:
            keyed.setdefault(key, free[0])
    return keyed


def _beside_labels(
    page: _Page, spot: BlockPlace, rows: Mapping[str, int], columns: dict[str, int]
) -> None:
    """Add the columns of a block without header, which stand as far from the labels as ever.

    Typed content in yet another column says that columns were inserted: then only one such column
    for one missing is certain.
    """
    shifts = {at - spot.columns[column][0] for column, at in columns.items()}
    absent = [column.key for column in spot.block.columns if column.key not in columns]
    if len(shifts) != 1 or not absent:
        return
    expected = {key: spot.columns[key][0] + min(shifts) for key in absent}
    typed = {
        at
        for n in rows.values()
        for at in range(min(columns.values()) + 1, len(page.paper.rows[n]))
        if at not in columns.values() and _is_typed(page.paper, n, at)
    }
    if typed <= set(expected.values()):
        columns.update(expected)
    elif len(typed) == len(absent) == 1:
        columns[absent[0]] = min(typed)


def _is_typed(paper: Paper, row: int, column: int) -> bool:
    cell = paper.cell(row, column)
    return not cell.formula and not cell.blank


def _apart(
    page: _Page, block: Block, found: Found, labelled: Mapping[str, Sequence[int]], body: range
) -> None:
    """Note the rows within a table that are copies of its rows, or not its own at all."""
    own, inputs = set(found.rows.values()), _input_columns(block, found.columns)
    for key in found.rows:
        copies = {*page.marked(block, key), *(n for n in labelled.get(key, ()) if n in body)}
        found.doubled |= {n: key for n in copies - own if _filled(page.paper, n, inputs)}
    found.strays += [
        n
        for n in body
        if n not in own
        and n not in found.doubled
        and page.free_for(block, n)
        and n not in page.marks
        and _filled(page.paper, n, list(found.columns.values()))
    ]


# ---------------------------------------------------------------- open lists


def _list(page: _Page, spot: BlockPlace, top: int) -> Found | None:
    """Find an open list; rows a unit inserted are numbered in with the others.

    Without inserted rows every row keeps its own key, wherever it was moved to.
    """
    block, keys = spot.block, _key_row(page, spot, top)
    columns = _key_columns(page, spot, keys)
    below = range(top if keys is None else keys + 1, len(page.texts))
    header = _header(page, spot, keys, below)
    _complete(page, spot, header, columns)
    start = header if header is not None else keys
    inputs = _input_columns(block, columns)
    if start is None or not inputs:
        return None
    own = _own_rows(page, block, columns, start)
    body = _body(page, block, own, start)
    taken = list(_taken(page.paper, body, own, inputs))
    used = [n for n in taken if _filled(page.paper, n, inputs)]
    if all(n in own for n in used):
        rows = {key: n for n, key in own.items()}
    else:
        spare = sorted(own.keys() - set(used))
        rows = {row_key(number): n for number, n in enumerate([*used, *spare], 1)}
    found = Found(page.paper, columns, rows, header, keys)
    found.foreign = set(rows.values()) - own.keys()
    found.renamed = {own[n]: key for key, n in rows.items() if n in own}
    found.strays = [n for n in body if n not in taken and _filled(page.paper, n, inputs)]
    return found


def _own_rows(page: _Page, block: Block, columns: Mapping[str, int], start: int) -> dict[int, str]:
    """Give the list rows that have a key: the hidden one, or where all are gone, the serial number.

    Of rows with the same key the first keeps it: the others are copies.
    """
    keys = {n: key for n, (owner, key) in page.marks.items() if owner == block.key and key}
    if not keys:
        serial = wording_of_serial(block)
        end = next((n for n in sorted(page.walls) if n > start), len(page.texts))
        keys = {
            n: row_key(int(text))
            for n in range(start + 1, end)
            if serial in columns
            and re.fullmatch(r"[0-9]{1,6}", text := text_of(page.paper.raw(n, columns[serial])))
        }
    most = len(block.rows) + len(page.texts)
    own: dict[str, int] = {}
    for n, key in sorted(keys.items()):
        if re.fullmatch(r"[0-9]{3,6}", key) and row_key(int(key)) == key and 0 < int(key) <= most:
            own.setdefault(key, n)
    return {n: key for key, n in own.items()}


def wording_of_serial(block: Block) -> str:
    """Give the column that shows a list row's number, "" where there is none."""
    row = block.rows[0]
    shown = (c for c, item in row.items.items() if item.is_label and item.text == str(int(row.key)))
    return next(shown, "")


def _body(page: _Page, block: Block, own: Mapping[int, str], start: int) -> list[int]:
    """Give the rows that may be rows of a list: down to the next block, and its own."""
    first, last = min((start + 1, *own)), max((start, *own))
    end = next((n for n in sorted(page.walls) if n > last), len(page.texts))
    free = {n for n in range(first, end) if page.free_for(block, n)}
    return sorted(free | own.keys())


def _taken(
    paper: Paper, body: Sequence[int], own: Mapping[int, str], inputs: Sequence[int]
) -> Iterator[int]:
    """Give the rows of a list: its own, and those with content among or below them.

    Below the last, after a gap, a single filled cell may be a remark: that is no row.
    """
    last = max(own, default=body[0] - 1 if body else 0)
    for n in body:
        count = _filled(paper, n, inputs)
        near = n <= last + 1 or count > 1 or len(inputs) == 1
        if n in own or (count and near):
            yield n
            last = max(last, n)


# ---------------------------------------------------------------- what stands in a row


def _input_columns(block: Block, columns: Mapping[str, int]) -> list[int]:
    inputs = {c for row in block.rows for c, item in row.items.items() if item.is_input}
    return [at for key, at in columns.items() if key in inputs]


def _filled(paper: Paper, row: int, columns: Sequence[int]) -> int:
    """Give how many of these cells hold anything, a formula never calculated included."""
    return sum(paper.is_filled(row, column) for column in columns)
