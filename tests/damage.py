"""The damage that examples of rules name, done to the sheets as read (see `handling`)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import handling
from handling import Table
from msgspec.structs import replace

from perfxl.expr.tree import Key
from perfxl.form.answers import Cell
from perfxl.form.identity import ISSUED_CODE, ISSUED_NAME
from perfxl.form.layout import KEY_COLUMN, MARK, Layout, parse_identity
from perfxl.form.ours import standing
from perfxl.form.raw import Raw
from perfxl.reading.sheets import Book, Paper


def _at(book: Book, layout: Layout, key: Key, change: Callable[[Table, int, int], None]) -> Book:
    row, column = layout.spot(key)
    return handling.on(book, layout.sheet(key).name, lambda cells: change(cells, row, column))


def write(book: Book, layout: Layout, key: str, text: str) -> Book:
    """Overwrite one cell with a text or, where it is one, a number; the formula is gone."""
    raw = Decimal(text) if text.replace(".", "").isdigit() else text
    row, column = layout.spot(Key.parse(key))
    return handling.on(
        book, layout.sheet(Key.parse(key)).name, handling.write(row, column, raw or None)
    )


def error(book: Book, layout: Layout, key: str, text: str) -> Book:
    """Turn one cell into an error value."""

    def change(cells: Table, row: int, column: int) -> None:
        cells[row][column] = replace(cells[row][column], error=text, raw=None)

    return _at(book, layout, Key.parse(key), change)


def _row_of(layout: Layout, mark: str) -> Key:
    """Give the first cell of the row named `block.row`."""
    block, row = mark.split(".")
    return Key(block, row, next(iter(layout.form.row(Key(block, row)).items)))


def drop_row(book: Book, layout: Layout, mark: str) -> Book:
    """Delete a whole row, as a spreadsheet does: what is below moves up."""
    return _at(book, layout, _row_of(layout, mark), lambda cells, row, _: cells.__delitem__(row))


def double_row(book: Book, layout: Layout, mark: str) -> Book:
    """Copy a row, hidden key and all, and insert the copy below it."""
    return _at(
        book,
        layout,
        _row_of(layout, mark),
        lambda cells, row, _: handling.copy_row(row, row + 1)(cells),
    )


def stray_row(book: Book, layout: Layout, mark: str, text: str, amount: str = "") -> Book:
    """Insert a row with a text of the unit's own, and an amount as final figure, above a row."""
    key, held = _row_of(layout, mark), dict[int, Raw]()
    if amount:
        held[layout.spot(key._replace(column="final"))[1]] = Decimal(amount)
    return _at(
        book,
        layout,
        key,
        lambda cells, row, column: handling.insert_rows(row, [{column: text, **held}])(cells),
    )


def merge(book: Book, layout: Layout, first: str, last: str) -> Book:
    """Make the cells from one to another a single one: what they held is gone, but for the first's.

    It holds what the first one did that held anything.
    """
    (top, left), (bottom, right) = (layout.spot(Key.parse(name)) for name in (first, last))
    name = layout.sheet(Key.parse(first)).name

    def cover(cells: Table) -> None:
        spots = [(r, c) for r in range(top, bottom + 1) for c in range(left, right + 1)]
        held = next((cells[r][c] for r, c in spots if not cells[r][c].blank), handling.EMPTY)
        for row, column in spots:
            cells[row][column] = handling.EMPTY
        cells[top][left] = held

    merges = next(paper.scan.merges for paper in book.papers if paper.name == name)
    areas = (*merges, (top, left, bottom, right))
    papers = (
        replace(paper, scan=replace(paper.scan, merges=areas)) if paper.name == name else paper
        for paper in handling.on(book, name, cover).papers
    )
    return replace(book, papers=tuple(papers))


def drop_sheet(book: Book, layout: Layout, sheet: str) -> Book:
    """Delete a sheet."""
    name = next(s.name for s in layout.form.sheets if s.key == sheet)
    return replace(book, papers=tuple(paper for paper in book.papers if paper.name != name))


def edition(book: Book, _: Layout, number: str) -> Book:
    """Make it the same form of another edition."""
    return _stating(book, lambda form, _, sheet: (form, number, sheet))


def form(book: Book, _: Layout, name: str) -> Book:
    """Make it another form, its sheets told apart as ours are."""
    other = _stating(book, lambda _, edition, sheet: (name, edition, sheet))
    return replace(other, properties={})


def _stating(book: Book, change: Callable[[str, str, str], tuple[str, str, str]]) -> Book:
    """Change form, edition and sheet key that every sheet states of itself."""

    def on(cells: Table) -> None:
        names = parse_identity(cells[0][KEY_COLUMN].raw)
        if names:
            mark = "/".join((MARK, *change(*names)))
            cells[0][KEY_COLUMN] = replace(cells[0][KEY_COLUMN], raw=mark)

    return handling.on_all(book, on)


def rubric(book: Book, _: Layout, name: str) -> Book:
    """Make it the same form with another rubric."""
    return replace(book, properties={**book.properties, "perfxl_rubric": name})


def claim(book: Book, _: Layout, name: str, text: str) -> Book:
    """Make the file say something else of itself in a property."""
    return replace(book, properties={**book.properties, name: text})


def forget(book: Book, _: Layout) -> Book:
    """Make it another workbook altogether: neither keys nor wording of ours."""
    papers = tuple(
        Paper(f"Sheet{n}", [["某表"] * len(row) for row in paper.rows])
        for n, paper in enumerate(book.papers)
    )
    return Book(papers)


def issue(book: Book, _: Layout, name: str, code: str) -> Book:
    """Make it a workbook issued to this unit."""
    return replace(book, properties={**book.properties, ISSUED_NAME: name, ISSUED_CODE: code})


def activate(book: Book, _: Layout, *contents: str) -> Book:
    """Give the workbook content that could run."""
    return replace(book, active=contents)


def unprotect(book: Book, layout: Layout, sheet: str) -> Book:
    """Take the protection off one sheet."""
    name = next(s.name for s in layout.form.sheets if s.key == sheet)
    papers = (
        replace(paper, scan=replace(paper.scan, unlocked=True)) if paper.name == name else paper
        for paper in book.papers
    )
    return replace(book, papers=tuple(papers))


def hide_row(book: Book, layout: Layout, mark: str) -> Book:
    """Hide a row."""
    key = _row_of(layout, mark)
    row, name = layout.spot(key)[0], layout.sheet(key).name
    papers = (
        replace(paper, scan=replace(paper.scan, hidden_rows=frozenset({row})))
        if paper.name == name
        else paper
        for paper in book.papers
    )
    return replace(book, papers=tuple(papers))


def by_hand(book: Book, layout: Layout, sheet: str) -> Book:
    """Put a sheet that an office drew on the office's own blank, with the answers it held."""
    one = next(s for s in layout.form.sheets if s.key == sheet)
    assert one.drawing is not None, "a sheet of ours has no other paper"
    bottom, right = one.drawing.last
    drawn = ((c, one.drawing.cell(c)) for c in sorted(one.drawing.cells))
    held = {spot: Cell(cell.raw, percent=False) for spot, cell in drawn if not cell.formula}
    issued = next(paper for paper in book.papers if paper.name == one.name)
    for key, item in layout.form.items.items():
        if item.is_input and layout.sheet(key) is one:
            held[layout.spot(key)] = issued.cell(*layout.spot(key))
    cells = [
        [held.get((row, column), handling.EMPTY) for column in range(right + 1)]
        for row in range(bottom + 1)
    ]
    return handling.on(book, one.name, lambda _: cells)


def explain(book: Book, _: Layout, rule: str, text: str) -> Book:
    """Add a list of findings with a 说明 beside a row whose rule is another than it was."""
    columns = {"id": rule, "place": "表", "message": "问题", "explanation": text, "key": "a.b.c"}
    own = {"standing": standing("I01", "表", "问题"), "state": "0"}
    rows = [[*columns, *own], [*columns.values(), *own.values()]]
    return replace(book, papers=(*book.papers, Paper("审核结果", rows)))


DAMAGES: dict[str, Callable[..., Book]] = {
    "write": write,
    "error": error,
    "drop_row": drop_row,
    "double_row": double_row,
    "stray_row": stray_row,
    "stray_line": stray_row,
    "merge": merge,
    "drop_sheet": drop_sheet,
    "edition": edition,
    "form": form,
    "rubric": rubric,
    "claim": claim,
    "forget": forget,
    "issue": issue,
    "activate": activate,
    "unprotect": unprotect,
    "hide_row": hide_row,
    "by_hand": by_hand,
    "explain": explain,
}


def damaged(book: Book, layout: Layout, damage: tuple[tuple[str, ...], ...]) -> Book:
    """Do all the damage an example names, in order."""
    for name, *arguments in damage:
        book = DAMAGES[name](book, layout, *arguments)
    return book
