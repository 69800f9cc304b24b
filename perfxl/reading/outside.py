"""What stands on the sheets of a form and is no part of it: rows among its rows, cells beside them.

Nothing of it is read. Amounts in a row added to a table are in no total, so they are told as such;
anything else is told with its text.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import islice

from perfxl.expr.tree import Key
from perfxl.form.answers import Cell, Flaw, interpret
from perfxl.form.model import Block, Kind, Row, Sheet
from perfxl.form.ours import HINT_LABEL
from perfxl.form.raw import text_of
from perfxl.reading.find import Found
from perfxl.reading.page import naming, unspaced
from perfxl.reading.scan import LAST_COLUMN
from perfxl.reading.sheets import Paper
from perfxl.text.amounts import amount_text

MOST_TOLD = 1_000  # cells beside the tables of one sheet
EVERYWHERE = range(LAST_COLUMN)
_ORDINAL = re.compile("^[一二三四五六七八九十]+、")
# rows that repeat what other rows count already, or only remark on them
_NO_LINE = re.compile("^#?其中|^备?注|小计|合计|总计|核对|上年")
_REST = "其他"


def said(cell: Cell) -> str:
    """Give what a cell shows."""
    return cell.error or text_of(cell.raw)


def altered(cell: Cell, expected: str, key: Key | None = None) -> Flaw:
    """Say that wording reads otherwise."""
    return Flaw("label_altered", cell.address, key, expected, said(cell) or "空白", expected)


# ---------------------------------------------------------------- rows among or below a table


def strays(sheet: Sheet, block: Block, spot: Found) -> Iterator[Flaw]:
    """Say which rows among or below those of a block are none of its own."""
    for at in spot.strays:
        cells = [spot.paper.cell(at, column) for column in sorted(spot.columns.values())]
        held = next(cell for cell in cells if not cell.blank or cell.uncalculated)
        label = f"{sheet.name}第 {at + 1} 行"
        amounts = {} if block.repeats else _amounts(block, spot, at)
        if amounts and _is_line(block, spot, at):
            yield _uncounted_row(block, spot, at, f"{label}“{said(held)}”", held, amounts)
        else:
            yield Flaw("content_outside", held.address, None, label, said(held))


def crowded(block: Block, spot: Found) -> Iterator[Key]:
    """Give the lines of a table beside which a row that is none of its own holds a number.

    A spreadsheet takes that row into its sums over the line and the next, and then counts a number
    too many.
    """
    places = sorted((at, row) for row, at in spot.rows.items())
    for at in spot.strays:
        near = [
            *[row for n, row in places if n < at][-1:],
            *[row for n, row in places if n > at][:1],
        ]
        for column in _amounts(block, spot, at):
            keys = (Key(block.key, row, column) for row in near if len(near) == 2)
            yield from islice((key for key in keys if _is_input(block, key)), 1)


def _amounts(block: Block, spot: Found, at: int) -> dict[str, Decimal]:
    """Give the amounts in a row that is none of a table's, by the column of it they stand in."""
    money = {
        column: item
        for row in block.rows
        for column, item in row.items.items()
        if item.is_input and item.kind is Kind.AMOUNT and column in spot.columns
    }
    read = {c: interpret(item, _cell(spot, at, c)).value for c, item in money.items()}
    return {column: value for column, value in read.items() if isinstance(value, Decimal) and value}


def _cell(spot: Found, at: int, column: str) -> Cell:
    return spot.paper.cell(at, spot.columns[column])


def _is_input(block: Block, key: Key) -> bool:
    item = block.items.get(key)
    return item is not None and item.is_input


def _is_line(block: Block, spot: Found, at: int) -> bool:
    """Whether a row reads as one more line: below the last only where it is called as lines are."""
    text, last = _wording(block, spot, at), max(spot.rows.values())
    if _NO_LINE.search(text):
        return False
    return at < last or (
        at == last + 1 and text[-2:] in {_bare(r.label)[-2:] for r in _lines(block)}
    )


def _wording(block: Block, spot: Found, at: int) -> str:
    column = naming(block.rows[0])[0]
    return _bare(said(_cell(spot, at, column))) if column in spot.columns else ""


def _bare(text: str) -> str:
    return _ORDINAL.sub("", unspaced(text))


def _lines(block: Block) -> Iterator[Row]:
    """Give the rows of a table that are filled in."""
    return (row for row in block.rows if any(item.is_input for item in row.items.values()))


def _uncounted_row(
    block: Block, spot: Found, at: int, label: str, held: Cell, amounts: Mapping[str, Decimal]
) -> Flaw:
    """Say that amounts are in no total, and the line they may belong to where one is like it."""
    heads = {column.key: column.label for column in block.columns}
    amounts_text = "、".join(f"{heads[column]} {amount_text(a)}" for column, a in amounts.items())
    line = _likely(block, _wording(block, spot, at))
    keys = [Key(block.key, line.key, column) for column in amounts] if line else []
    first, others = next(iter(keys), None), tuple(keys[1:])
    wording = line.label if line else ""
    return Flaw("row_uncounted", held.address, first, label, amounts_text, wording, others)


def _likely(block: Block, text: str) -> Row | None:
    """Give the line whose wording holds this one or is held by it, else that for all others."""
    named = (r for r in _lines(block) if text and (text in r.label or _bare(r.label) in text))
    rest = (row for row in _lines(block) if _REST in row.label)
    return next(named, None) or next(rest, None)


# ---------------------------------------------------------------- cells beside the tables


def typed_beside(sheet: Sheet, paper: Paper, found: Mapping[str, Found]) -> Iterator[Flaw]:
    """Say what is typed on a sheet of the form outside its blocks.

    A sheet that lost a block or column says nothing: that may be what stands there.
    """
    spots = [(block, found[block.key]) for block in sheet.blocks if block.key in found]
    if len(spots) < len(sheet.blocks) or any(len(b.columns) > len(s.columns) for b, s in spots):
        return
    left = min(min(spot.columns.values()) for _, spot in spots)
    wordings = _wordings(sheet) | _echoed(sheet, paper, found)
    cells = _typed_cells(paper, _own(paper, spots, wordings, left), left)
    yield from told_beside(sheet, (one for one in cells if unspaced(said(one)) not in wordings))


def told_beside(sheet: Sheet, cells: Iterable[Cell]) -> Iterator[Flaw]:
    """Say what is typed in cells outside the tables, as many as anyone would read."""
    for cell in islice(cells, MOST_TOLD):
        yield Flaw("content_outside", cell.address, None, f"{sheet.name}表格以外", said(cell))


def _wordings(sheet: Sheet) -> frozenset[str]:
    """Give the words of the sheet that stand in no row of it."""
    blocks = (text for b in sheet.blocks for text in (b.title, *(c.label for c in b.columns)))
    others = (sheet.title, sheet.subtitle, sheet.annex, sheet.closing, HINT_LABEL)
    return frozenset(map(unspaced, (*others, *blocks)))


def _echoed(sheet: Sheet, paper: Paper, found: Mapping[str, Found]) -> frozenset[str]:
    """Give what the lines below the title show once more, where no formula says that they do."""
    keys = (echo.key for line in sheet.heading for echo in line)
    spots = ((found[key.block], key) for key in keys if key.block in found)
    cells = (
        paper.cell(spot.rows[key.row], spot.columns[key.column])
        for spot, key in spots
        if key.row in spot.rows and key.column in spot.columns
    )
    return frozenset(unspaced(said(cell)) for cell in cells)


def _typed_cells(paper: Paper, own: Mapping[int, Container[int]], left: int) -> Iterator[Cell]:
    """Give the cells with content that are none of the sheet's own, formulas apart."""
    for n, row in enumerate(paper.rows):
        ours = own.get(n, ())
        for column in (c for c, raw in enumerate(row) if raw is not None and c not in ours):
            cell = paper.cell(n, column)
            if column >= left and not cell.formula and not cell.blank:
                yield cell


def _own(
    paper: Paper, spots: Sequence[tuple[Block, Found]], wordings: Container[str], left: int
) -> dict[int, Container[int]]:
    """Give the columns of each row that are the sheet's own, or told of otherwise."""
    names = {block.key for block, _ in spots}
    keys = {spot.keys for _, spot in spots}
    rows = ((n, row) for n, row in enumerate(paper.rows) if n not in keys)
    filled = ((n, c) for n, row in rows for c, raw in enumerate(row) if raw)
    title = next((spot for spot in filled if spot[1] >= left), (0, left))  # however worded
    own: dict[int, Container[int]] = {title[0]: {title[1]}}
    for n, cells in enumerate(paper.rows):
        marks = (raw.partition(".") for raw in cells[:left] if isinstance(raw, str))
        if any(dot and name in names for name, dot, _ in marks):
            own[n] = EVERYWHERE  # but for the rows that were found
    for block, spot in spots:
        beyond = _further_columns(paper, spot, wordings)
        for row in block.rows:
            if row.key in spot.rows:
                own[spot.rows[row.key]] = {*(spot.columns[c] for c in row.items), *beyond}
        own |= dict.fromkeys((*spot.doubled, *spot.strays), EVERYWHERE)
        if spot.keys is not None:
            own[spot.keys] = EVERYWHERE
        if spot.header is not None:
            own[spot.header] = {*spot.columns.values(), *beyond}
    return own


def _further_columns(paper: Paper, spot: Found, wordings: Container[str]) -> set[int]:
    """Give the columns with a key or heading of ours: that of the hints, copies of others."""
    keyed = paper.rows[spot.keys] if spot.keys is not None else ()
    headed = paper.rows[spot.header] if spot.header is not None else ()
    return {n for n, raw in enumerate(keyed) if raw is not None} | {
        n for n, raw in enumerate(headed) if raw is not None and unspaced(raw) in wordings
    }
