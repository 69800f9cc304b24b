"""Where the blocks of a form stand on a sheet of a file: by hidden keys, else by visible labels.

Keys and labels are combined column by column and row by row, so a sheet that lost some of its keys
is read by the rest. What cannot be told for certain is left out; binding says that it is missing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct, field
from msgspec.structs import replace

from perfxl.form.answers import Cell
from perfxl.form.layout import BlockPlace
from perfxl.form.model import Block, row_key
from perfxl.form.raw import text_of
from perfxl.reading.page import Page, complete, header_row, key_columns, key_row, naming
from perfxl.reading.sheets import Paper
from perfxl.text.stubs import written_over


class Found(Struct):
    """Where one block stands: the place of each column and row that was found.

    `header` and `keys` are the rows of its column labels and keys. `foreign` are rows a unit added
    to a list, `renamed` says which key its other rows had in the file and which they got; `doubled`
    are copies of fixed rows, `strays` rows with content that are no rows of the block. On a sheet
    that an office drew, `unread` are cells (row and column) nobody can be certain of, `elsewhere`
    those that stand in another cell than row and column cross in; `by_hand` says that it is the
    office's own blank.
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
    unread: set[tuple[str, str]] = field(default_factory=set)
    elsewhere: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)
    by_hand: bool = False

    def spot(self, row: str, column: str) -> tuple[int, int]:
        """Give where a cell of a row and a column that were found is read."""
        return self.elsewhere.get((row, column)) or (self.rows[row], self.columns[column])

    def cell(self, row: str, column: str) -> Cell:
        """Give what stands in a cell; of an office's own blank, what stands over its stub."""
        cell = self.paper.cell(*self.spot(row, column))
        if self.by_hand and isinstance(cell.raw, str):
            return replace(cell, raw=written_over(cell.raw) or None)
        return cell


def find_blocks(paper: Paper, spots: Sequence[BlockPlace]) -> dict[str, Found]:
    """Give the blocks of a sheet that were found on this paper, by key."""
    page, found, top = Page(paper, tuple(spots)), dict[str, Found](), 0
    for spot in spots:
        find = _list if spot.block.repeats else _table
        block = find(page, spot, top) or find(page, spot, 0)
        if block is not None:
            found[spot.block.key] = block
            top = max((top, *block.rows.values()))
    return found


# ---------------------------------------------------------------- fixed rows


def _table(page: Page, spot: BlockPlace, top: int) -> Found | None:
    """Find a block of fixed rows."""
    block, keys = spot.block, key_row(page, spot, top)
    columns = {**_label_columns(page, block, top), **key_columns(page, spot, keys)}
    labelled = _labelled_rows(page, block, columns, top)
    rows = _rows_by_key(page, block, labelled)
    if not rows:
        return None
    first, last = min(rows.values()), max(rows.values())
    below = range(first - 1, top - 1, -1) if keys is None else range(keys + 1, len(page.texts))
    header = header_row(page, spot, keys, below)
    complete(page, spot, header, columns)
    if not block.headed:
        _beside_labels(page, spot, rows, columns)
    if not columns:  # rows of which nothing but the hidden keys is left
        return None
    found = Found(page.paper, columns, rows, header, keys)
    start = first if header is None else min(first, header + 1)
    _apart(page, block, found, labelled, range(start, last))
    return found


def _label_columns(page: Page, block: Block, top: int) -> dict[str, int]:
    """Give the columns in which most of the rows' labels stand."""
    homes = {text: column for column, text in map(naming, block.rows) if text}
    votes = Counter(
        (homes[text], at)
        for n in range(top, len(page.texts))
        if page.free_for(block, n)
        for at, text in enumerate(page.texts[n])
        if text in homes
    )
    return {column: at for (column, at), _ in reversed(votes.most_common())}


def _labelled_rows(
    page: Page, block: Block, columns: Mapping[str, int], top: int
) -> dict[str, list[int]]:
    """Give for each row's key where its label stands."""
    keyed = any(mark[0] == block.key for mark in page.keyed.values())
    rows = [n for n in range(0 if keyed else top, len(page.texts)) if page.free_for(block, n)]
    places: dict[str, list[int]] = {}
    for row in block.rows:
        column, text = naming(row)
        at = columns.get(column)
        places[row.key] = [n for n in rows if text and page.text(n, at) == text]
    return places


def _rows_by_key(page: Page, block: Block, labelled: Mapping[str, Sequence[int]]) -> dict[str, int]:
    """Give the place of each fixed row: that of its key, else that of its label.

    Where the same rows carry all labels in another order, they were sorted without their keys:
    then the labels, which people see, decide.
    """
    keyed = {row.key: at[0] for row in block.rows if (at := page.marked(block, row.key))}
    single = {key: at[0] for key, at in labelled.items() if len(at) == 1}
    if set(single) == set(keyed) and set(single.values()) == set(keyed.values()):
        return single
    for key, places in labelled.items():
        free = [n for n in places if n not in keyed.values() and n not in page.keyed]
        if free:
            keyed.setdefault(key, free[0])
    return keyed


def _beside_labels(
    page: Page, spot: BlockPlace, rows: Mapping[str, int], columns: dict[str, int]
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
    page: Page, block: Block, found: Found, labelled: Mapping[str, Sequence[int]], body: range
) -> None:
    """Note the rows among or below a table's that are copies of them, or not its own at all.

    A copy that is called otherwise was made for the sake of its format and key alone.
    """
    own, inputs = set(found.rows.values()), _input_columns(block, found.columns)
    for row in block.rows:
        column, wording = naming(row)
        marked = set(page.marked(block, row.key)) - own
        other = {n for n in marked if page.text(n, found.columns.get(column)) not in ("", wording)}
        copies = {*marked - other, *(n for n in labelled.get(row.key, ()) if n in body)} - own
        found.doubled |= {n: row.key for n in copies if _filled(page.paper, n, inputs)}
        found.strays += sorted(other)
    found.strays += [
        n
        for n in (*body, *_below(page, body.stop))
        if n not in own
        and n not in found.doubled
        and page.free_for(block, n)
        and n not in page.keyed
        and _filled(page.paper, n, list(found.columns.values()))
    ]


def _below(page: Page, last: int) -> range:
    """Give the rows below a table, down to whatever is ours again."""
    below = range(last + 1, len(page.texts))
    return range(
        last + 1, next((n for n in below if n in page.walls or n in page.keyed), below.stop)
    )


# ---------------------------------------------------------------- open lists


def _list(page: Page, spot: BlockPlace, top: int) -> Found | None:
    """Find an open list; rows a unit inserted are numbered in with the others.

    Without inserted rows every row keeps its own key, wherever it was moved to.
    """
    block, keys = spot.block, key_row(page, spot, top)
    columns = key_columns(page, spot, keys)
    below = range(top if keys is None else keys + 1, len(page.texts))
    header = header_row(page, spot, keys, below)
    complete(page, spot, header, columns)
    start = header if header is not None else keys
    inputs = _input_columns(block, columns)
    if start is None or not inputs:
        return None
    own = _own_rows(page, block, columns, start)
    found = Found(page.paper, columns, {}, header, keys)
    number_rows(found, own, _body(page, block, own, start), inputs)
    return found


def number_rows(
    found: Found, own: Mapping[int, str], body: Sequence[int], inputs: Sequence[int]
) -> None:
    """Number the rows of a list, those inserted among or below its own with the others."""
    taken = list(_taken(found.paper, body, own, inputs))
    used = [n for n in taken if _filled(found.paper, n, inputs)]
    if all(n in own for n in used):
        found.rows = {key: n for n, key in own.items()}
    else:
        spare = sorted(own.keys() - set(used))
        found.rows = {row_key(number): n for number, n in enumerate([*used, *spare], 1)}
    found.foreign = set(found.rows.values()) - own.keys()
    found.renamed = {own[n]: key for key, n in found.rows.items() if n in own}
    found.strays = [n for n in body if n not in taken and _filled(found.paper, n, inputs)]


def _own_rows(page: Page, block: Block, columns: Mapping[str, int], start: int) -> dict[int, str]:
    """Give the list rows that have a key: the hidden one, or where all are gone, the serial number.

    Of rows with the same key the first keeps it: the others are copies.
    """
    keys = {n: key for n, (owner, key) in page.keyed.items() if owner == block.key and key}
    if not keys:
        serial = _serial_column(block)
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


def _serial_column(block: Block) -> str:
    """Give the column that shows a list row's number, "" where there is none."""
    row = block.rows[0]
    shown = (c for c, item in row.items.items() if item.is_label and item.text == str(int(row.key)))
    return next(shown, "")


def _body(page: Page, block: Block, own: Mapping[int, str], start: int) -> list[int]:
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
