"""What people do to a workbook, done to its sheets as read: rows and columns in, keys gone.

Cells travel whole, with their formats, errors and formulas, as they do in a spreadsheet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from msgspec.structs import replace
from openpyxl.utils.cell import coordinate_to_tuple

from perfxl.form.answers import Address, Cell
from perfxl.form.layout import BLOCK_MARK, KEY_COLUMN, MARK
from perfxl.form.raw import Raw
from perfxl.reading.scan import SheetScan
from perfxl.reading.sheets import Book, Paper

Table = list[list[Cell]]
EMPTY = Cell(percent=False)


def table(paper: Paper) -> Table:
    """Give the cells of a sheet."""
    return [[paper.cell(r, c) for c in range(len(row))] for r, row in enumerate(paper.rows)]


def sheet(name: str, cells: Table) -> Paper:
    """Give the sheet that holds these cells."""
    spots = {(r, c): cell for r, row in enumerate(cells) for c, cell in enumerate(row)}
    scan = SheetScan(
        errors={spot: cell.error for spot, cell in spots.items() if cell.error},
        formulas=frozenset(spot for spot, cell in spots.items() if cell.formula),
        percents=frozenset(spot for spot, cell in spots.items() if cell.percent),
        empties=frozenset(spot for spot, cell in spots.items() if cell.formula and cell.raw == ""),
    )
    return Paper(name, [[cell.raw for cell in row] for row in cells], scan)


def on(book: Book, name: str, change: Callable[[Table], Table | None]) -> Book:
    """Give the workbook with one sheet changed."""

    def changed(paper: Paper) -> Paper:
        cells = table(paper)
        return sheet(paper.name, change(cells) or cells)

    return replace(book, papers=tuple(changed(p) if p.name == name else p for p in book.papers))


def on_all(book: Book, change: Callable[[Table], Table | None]) -> Book:
    """Give the workbook with every sheet changed."""
    for paper in book.papers:
        book = on(book, paper.name, change)
    return book


def insert_rows(at: int, rows: Sequence[Mapping[int, Raw]] = ({},)) -> Callable[[Table], None]:
    """Insert rows above row `at`; each is given as the contents of its columns."""

    def change(cells: Table) -> None:
        width = max(map(len, cells))
        new = [[replace(EMPTY, raw=row.get(c)) for c in range(width)] for row in rows]
        cells[at:at] = new

    return change


def insert_column(at: int) -> Callable[[Table], None]:
    """Insert a blank column left of column `at`."""

    def change(cells: Table) -> None:
        for row in cells:
            if at <= len(row):
                row.insert(at, EMPTY)

    return change


def reorder(rows: Sequence[int], order: Sequence[int], first: int = 0) -> Callable[[Table], None]:
    """Put the given rows into another order, from column `first` on: 1 leaves the keys behind."""

    def change(cells: Table) -> None:
        held = [cells[row][first:] for row in order]
        for row, moved in zip(rows, held, strict=True):
            cells[row] = [*cells[row][:first], *moved]

    return change


def copy_row(row: int, at: int) -> Callable[[Table], None]:
    """Insert a copy of a row, hidden key and all, above row `at`."""
    return lambda cells: cells.insert(at, list(cells[row]))


def write(row: int, column: int, raw: Raw) -> Callable[[Table], None]:
    """Overwrite one cell; what was there before is gone."""

    def change(cells: Table) -> None:
        cells[row][column] = replace(EMPTY, raw=raw)

    return change


# ---------------------------------------------------------------- keys


def _blank(cells: Table, spots: Iterable[tuple[int, int]]) -> None:
    for row, column in spots:
        cells[row][column] = replace(cells[row][column], raw=None)


def _marked_rows(cells: Table) -> list[int]:
    return [n for n, row in enumerate(cells) if BLOCK_MARK in str(row[KEY_COLUMN].raw)]


def clear_first_column(cells: Table) -> None:
    """Clear the hidden column with the row keys; A1 goes with it."""
    _blank(cells, ((n, KEY_COLUMN) for n, row in enumerate(cells) if row))


def clear_key_rows(cells: Table) -> None:
    """Clear the hidden rows with the column keys."""
    for n in _marked_rows(cells):
        _blank(cells, ((n, c) for c in range(len(cells[n]))))


def clear_identity(cells: Table) -> None:
    """Clear A1."""
    if str(cells[0][KEY_COLUMN].raw).startswith(MARK):
        _blank(cells, [(0, KEY_COLUMN)])


def delete_first_column(cells: Table) -> None:
    """Delete column A altogether."""
    for row in cells:
        del row[: KEY_COLUMN + 1]


def clear_everything(cells: Table) -> None:
    """Clear every key there is."""
    clear_key_rows(cells)
    clear_first_column(cells)


def delete_everything(cells: Table) -> None:
    """Clear the rows of column keys and delete column A."""
    clear_key_rows(cells)
    delete_first_column(cells)


def as_earlier(cells: Table) -> None:
    """Put the column keys on top of a sheet where earlier templates have them: above the header."""
    on_top: list[list[Cell]] = []
    while BLOCK_MARK in str(cells[0][KEY_COLUMN].raw):
        on_top.append(cells.pop(0))
    for keys in on_top:
        identity, _, block = str(keys[KEY_COLUMN].raw).partition(BLOCK_MARK)
        if identity:
            cells[0][KEY_COLUMN] = replace(EMPTY, raw=identity)
        keys[KEY_COLUMN] = replace(EMPTY, raw=BLOCK_MARK + block)
        marks = [str(row[KEY_COLUMN].raw) for row in cells]
        first = next(n for n, mark in enumerate(marks) if mark.startswith(f"{block}."))
        before = max((n for n, mark in enumerate(marks[:first]) if "." in mark), default=0)
        filled = [sum(cell.raw is not None for cell in row[KEY_COLUMN + 1 :]) for row in cells]
        header = (n for n in range(before + 1, first) if filled[n] > 1)
        cells.insert(next(header, first), keys)


WIPES: dict[str, Callable[[Table], None]] = {
    "none": lambda cells: None,
    "earlier template": as_earlier,
    "column A cleared": clear_first_column,
    "key rows cleared": clear_key_rows,
    "A1 cleared": clear_identity,
    "column A deleted": delete_first_column,
    "all keys cleared": clear_everything,
    "all keys deleted": delete_everything,
}


# ---------------------------------------------------------------- looking


def raw_at(book: Book, address: Address | None) -> Raw:
    """Give what stands at an address of the file."""
    assert address is not None
    paper = next(paper for paper in book.papers if paper.name == address.sheet)
    row, column = coordinate_to_tuple(address.cell)
    return paper.raw(row - 1, column - 1)
