"""What becomes of a workbook on its way, done to the sheets as read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from perfxl.answers import Raw
from perfxl.expr import Key
from perfxl.layout import KEY_COLUMN, Layout, parse_identity
from perfxl.reading.sheets import Book, Marks, Paper


def _paper(book: Book, key: Key, layout: Layout) -> tuple[int, Paper]:
    name = layout.sheet(key).name
    return next((n, paper) for n, paper in enumerate(book.papers) if paper.name == name)


def _with(book: Book, number: int, paper: Paper) -> Book:
    papers = list(book.papers)
    papers[number] = paper
    return replace(book, papers=tuple(papers))


def write(book: Book, layout: Layout, key: str, text: str) -> Book:
    """Overwrite one cell with a text or, where it is one, a number; the formula is gone."""
    where = Key.parse(key)
    number, paper = _paper(book, where, layout)
    row, column = layout.spot(where)
    rows = [list(cells) for cells in paper.rows]
    raw: Raw = Decimal(text) if text.replace(".", "").isdigit() else text
    rows[row][column] = raw
    marks = replace(paper.marks, formulas=paper.marks.formulas - {(row, column)})
    return _with(book, number, Paper(paper.name, rows, marks))


def error(book: Book, layout: Layout, key: str, text: str) -> Book:
    """Turn one cell into an error value."""
    where = Key.parse(key)
    number, paper = _paper(book, where, layout)
    marks = replace(paper.marks, errors={**paper.marks.errors, layout.spot(where): text})
    return _with(book, number, Paper(paper.name, paper.rows, marks))


def drop_row(book: Book, layout: Layout, key: str) -> Book:
    """Delete a whole row, as a spreadsheet does: what is below moves up."""
    block, row = key.split(".")
    where = Key(block, row, next(iter(layout.form.row(Key(block, row)).items)))
    number, paper = _paper(book, where, layout)
    gone = layout.spot(where)[0]
    rows = [cells for n, cells in enumerate(paper.rows) if n != gone]
    return _with(book, number, Paper(paper.name, rows, _moved_up(paper.marks, gone)))


def _moved_up(marks: Marks, gone: int) -> Marks:
    def up(spot: tuple[int, int]) -> tuple[int, int]:
        return (spot[0] - 1, spot[1]) if spot[0] > gone else spot

    return Marks(
        {up(spot): text for spot, text in marks.errors.items() if spot[0] != gone},
        frozenset(up(spot) for spot in marks.formulas if spot[0] != gone),
        None
        if marks.percents is None
        else frozenset(up(spot) for spot in marks.percents if spot[0] != gone),
    )


def drop_sheet(book: Book, layout: Layout, sheet: str) -> Book:
    """Delete a sheet."""
    name = next(s.name for s in layout.form.sheets if s.key == sheet)
    return replace(book, papers=tuple(paper for paper in book.papers if paper.name != name))


def forget(book: Book, layout: Layout) -> Book:
    """Make it another workbook altogether: neither keys nor wording of ours."""
    papers = []
    for n, paper in enumerate(book.papers):
        rows = [
            ["" if parse_identity(cells[KEY_COLUMN]) else "某表" for _ in cells]
            for cells in paper.rows
            if cells
        ]
        papers.append(Paper(f"Sheet{n}", [list(map(str, cells)) for cells in rows]))
    return replace(book, papers=tuple(papers), properties={})


DAMAGES: dict[str, Callable[..., Book]] = {
    "write": write,
    "error": error,
    "drop_row": drop_row,
    "drop_sheet": drop_sheet,
    "forget": forget,
}


def damaged(book: Book, layout: Layout, damage: tuple[tuple[str, ...], ...]) -> Book:
    """Do all the damage an example names, in order."""
    for name, *arguments in damage:
        book = DAMAGES[name](book, layout, *arguments)
    return book
