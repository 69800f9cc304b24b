"""From sheets as found to a return: every answer finds its key, every cell keeps its address.

Keys in the hidden column and rows decide; where a unit wiped them, the visible labels do. Fixed
rows may have moved; rows inserted into an open list are rows of that list. What is missing or
altered becomes a flaw, never an exception.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from perfxl.answers import Address, Cell, Flaw, Raw, Submission, read_answers, text_of
from perfxl.expr import Key, is_blank
from perfxl.layout import (
    BLOCK_MARK,
    KEY_COLUMN,
    BlockPlace,
    a1,
    parse_identity,
    place,
    row_mark,
)
from perfxl.model import Block, Form, Item, Row, Sheet, row_key
from perfxl.reading.sheets import Book, Paper
from perfxl.values import stripped

FINDINGS = "findings"  # the block of a result workbook that holds the unit's 说明
_BLANKS = re.compile(r"\s+")


@dataclass
class _Found:
    """Where one block stands in the file."""

    paper: Paper
    columns: dict[str, int]
    rows: dict[str, int] = field(default_factory=dict)
    header: int | None = None
    by_labels: bool = False


def bind(book: Book, form: Form) -> Submission:
    """Give the return a workbook holds, on the form grown to its open lists.

    A workbook that is not this form gives a submission whose only flaw says so.
    """
    layout = place(form)
    papers = _papers(book, form)
    if not papers:
        return Submission(form, {}, flaws=(_unknown(book),))
    flaws: list[Flaw] = []
    found: dict[str, _Found] = {}
    for sheet in form.sheets:
        paper = papers.get(sheet.key)
        if paper is None:
            flaws.append(Flaw("sheet_missing", label=sheet.name))
            continue
        for spot in layout.of_sheet(sheet):
            block = _find_block(paper, spot)
            if block is None:
                flaws.append(_block_missing(spot, paper, sheet))
            else:
                found[spot.block.key] = block
    counts = {key: len(block.rows) for key, block in found.items() if form.blocks[key].repeats}
    grown = form.grown(counts)
    inputs, computed = _cells(grown, found, flaws)
    answers = read_answers(grown, inputs)
    missing = frozenset(answers.keys() - inputs.keys())
    return Submission(grown, answers, computed, tuple(flaws), missing, _explanations(book, form))


def _unknown(book: Book) -> Flaw:
    names = "、".join(paper.name for paper in book.papers[:4])
    return Flaw(
        "form_unknown", label="整个文件", found=f"工作表为 {names}" if names else "没有工作表"
    )


def _block_missing(spot: BlockPlace, paper: Paper, sheet: Sheet) -> Flaw:
    label = f"{sheet.name}“{spot.block.title}”整段"
    return Flaw("row_missing", Address(paper.name, "A1"), label=label)


# ---------------------------------------------------------------- which sheet is which


def _papers(book: Book, form: Form) -> dict[str, Paper]:
    """Give the paper of each sheet of the form: by identity, then by name or title."""
    found: dict[str, Paper] = {}
    for paper in book.papers:
        identity = parse_identity(paper.raw(0, 0))
        if identity and identity[0] == form.id:
            found.setdefault(identity[2], paper)
    taken = {paper.name for paper in found.values()}
    keyed = bool(found)
    for sheet in form.sheets:
        if sheet.key in found:
            continue
        for paper in book.papers:
            if paper.name not in taken and _looks_like(paper, sheet):
                found[sheet.key] = paper
                taken.add(paper.name)
                break
    wanted = {sheet.key for sheet in form.sheets}
    matched = {key: paper for key, paper in found.items() if key in wanted}
    enough = (keyed and matched) or len(matched) * 2 >= len(wanted)
    return matched if enough else {}


def _looks_like(paper: Paper, sheet: Sheet) -> bool:
    if parse_identity(paper.raw(0, 0)):
        return False
    title = squeezed(sheet.title)
    tops = (squeezed(raw) for row in paper.rows[:3] for raw in row)
    return squeezed(paper.name) == squeezed(sheet.name) or title in tops


def squeezed(raw: Raw) -> str:
    """Give the text of a cell without any blanks, for comparing labels."""
    return _BLANKS.sub("", text_of(raw))


# ---------------------------------------------------------------- where a block stands


def _find_block(paper: Paper, spot: BlockPlace) -> _Found | None:
    return _by_keys(paper, spot) or _by_labels(paper, spot)


def _by_keys(paper: Paper, spot: BlockPlace) -> _Found | None:
    block = spot.block
    marks = _key_column(paper)
    at = marks.get(BLOCK_MARK + block.key)
    if not at:
        return None
    names = {column.key for column in block.columns}
    columns = {
        text: column
        for column, raw in enumerate(paper.rows[at[0]])
        if column != KEY_COLUMN and (text := text_of(raw)) in names
    }
    found = _Found(paper, columns, header=at[0] + 1 if block.headed else None)
    for row in block.rows:
        places = marks.get(row_mark(block.key, row.key))
        if places:
            found.rows[row.key] = places[0]
    if not columns or not found.rows:
        return None
    if block.repeats:
        found.rows = _list_rows(paper, block, columns, found.rows, marks)
    return found


def _key_column(paper: Paper) -> dict[str, list[int]]:
    marks: dict[str, list[int]] = {}
    for number, row in enumerate(paper.rows):
        mark = row[KEY_COLUMN] if row else None
        if isinstance(mark, str):
            marks.setdefault(stripped(mark), []).append(number)
    return marks


def _list_rows(
    paper: Paper,
    block: Block,
    columns: Mapping[str, int],
    keyed: dict[str, int],
    marks: Mapping[str, Sequence[int]],
) -> dict[str, int]:
    """Give the rows of an open list; rows a unit inserted are numbered in with the others.

    Without inserted rows every row keeps its own key, wherever it was moved to.
    """
    grown = {key: at[0] for key, at in _more_keys(block, marks).items()}
    keyed = {**keyed, **grown}
    inputs = _input_columns(block, columns)
    own = set(keyed.values())
    first, last = min(own), max(own)
    while _in_use(paper, last + 1, inputs) and not _marked(paper, last + 1):
        last += 1
    foreign = [
        n
        for n in range(first, last + 1)
        if n not in own and _in_use(paper, n, inputs) and n not in _blocks(marks)
    ]
    if not foreign:
        return keyed
    used = [
        n
        for n in range(first, last + 1)
        if (n in own or n in foreign) and _in_use(paper, n, inputs)
    ]
    spare = [n for n in sorted(own) if n not in set(used)]
    return {row_key(number): n for number, n in enumerate([*used, *spare], 1)}


def _more_keys(block: Block, marks: Mapping[str, Sequence[int]]) -> dict[str, Sequence[int]]:
    """Give the rows beyond those the form offers: an earlier result may have grown the list."""
    prefix = row_mark(block.key, "")
    return {
        mark.removeprefix(prefix): at
        for mark, at in marks.items()
        if mark.startswith(prefix) and mark.removeprefix(prefix).isdigit()
    }


def _blocks(marks: Mapping[str, Sequence[int]]) -> set[int]:
    return {at for mark, places in marks.items() if mark.startswith(BLOCK_MARK) for at in places}


def _marked(paper: Paper, row: int) -> bool:
    raw = paper.raw(row, KEY_COLUMN)
    return isinstance(raw, str) and not is_blank(raw)


def _input_columns(block: Block, columns: Mapping[str, int]) -> list[int]:
    items = block.rows[0].items
    return [at for key, at in columns.items() if key in items and items[key].is_input]


def _in_use(paper: Paper, row: int, columns: Sequence[int]) -> bool:
    return any(not paper.cell(row, column).blank for column in columns)


# ---------------------------------------------------------------- by visible labels


def _by_labels(paper: Paper, spot: BlockPlace) -> _Found | None:
    """Find a block whose keys were wiped by the wording of its header and rows."""
    if spot.header is not None:
        header = _header(paper, spot)
        if header is None:
            return None
        at, shift = header
    else:
        at, shift = _KEYLESS_TOP, _shift(paper, spot)
    columns = {key: first + shift for key, (first, _) in spot.columns.items()}
    found = _Found(paper, columns, header=at if spot.header is not None else None, by_labels=True)
    if spot.block.repeats:
        found.rows = _rows_below(paper, spot.block, columns, at)
    else:
        found.rows = _labelled_rows(paper, spot.block, columns, at)
    return found if found.rows else None


_KEYLESS_TOP = 0


def _header(paper: Paper, spot: BlockPlace) -> tuple[int, int] | None:
    """Give the row of a block's header and how many columns it has moved."""
    wanted = {squeezed(column.label): spot.columns[column.key][0] for column in spot.block.columns}
    best: tuple[int, int, int] | None = None
    for number, row in enumerate(paper.rows):
        shifts: dict[int, int] = {}
        for column, raw in enumerate(row):
            home = wanted.get(squeezed(raw)) if isinstance(raw, str) else None
            if home is not None:
                shifts[column - home] = shifts.get(column - home, 0) + 1
        for shift, hits in shifts.items():
            if hits * 3 >= len(wanted) * 2 and (best is None or hits > best[0]):
                best = (hits, number, shift)
    return None if best is None else best[1:]


def _wording(row: Row) -> str | None:
    """Give the column of the label that names this row."""
    return next(
        (c for c, item in row.items.items() if item.is_label and item.text == row.label), None
    )


def _shift(paper: Paper, spot: BlockPlace) -> int:
    """Give how many columns the labels of a block without header have moved."""
    homes = {
        squeezed(row.label): spot.columns[c][0] for row in spot.block.rows if (c := _wording(row))
    }
    votes: dict[int, int] = {}
    for row in paper.rows:
        for column, raw in enumerate(row):
            home = homes.get(squeezed(raw)) if isinstance(raw, str) else None
            if home is not None:
                votes[column - home] = votes.get(column - home, 0) + 1
    return max(votes, key=lambda shift: votes[shift], default=0)


def _labelled_rows(
    paper: Paper, block: Block, columns: Mapping[str, int], top: int
) -> dict[str, int]:
    found: dict[str, int] = {}
    for row in block.rows:
        column = _wording(row)
        if column is None:
            continue
        wanted = squeezed(row.label)
        for number in range(top, len(paper.rows)):
            if number in found.values() or squeezed(paper.raw(number, columns[column])) != wanted:
                continue
            found[row.key] = number
            break
    return found


def _rows_below(
    paper: Paper, block: Block, columns: Mapping[str, int], header: int
) -> dict[str, int]:
    """Give the rows of a keyless list: those below its header, one for one."""
    inputs = _input_columns(block, columns)
    rows: dict[str, int] = {}
    number = header + 1
    serial = columns.get("seq")
    while number < len(paper.rows):
        if not _in_use(paper, number, inputs) and (
            serial is None or paper.cell(number, serial).blank
        ):
            break
        rows[row_key(len(rows) + 1)] = number
        number += 1
    return rows


# ---------------------------------------------------------------- the cells


def _cells(
    form: Form, found: Mapping[str, _Found], flaws: list[Flaw]
) -> tuple[dict[Key, Cell], dict[Key, Cell]]:
    """Give input and computed cells; add what is missing or reworded to `flaws`."""
    inputs: dict[Key, Cell] = {}
    computed: dict[Key, Cell] = {}
    for block_key, spot in found.items():
        block = form.blocks[block_key]
        flaws += _headers_altered(block, spot)
        for row in block.rows:
            at = spot.rows.get(row.key)
            if at is None:
                if not block.repeats:
                    flaws.append(_row_missing(form, block, row, spot))
                continue
            for column, item in row.items.items():
                if column not in spot.columns:
                    continue
                cell = spot.paper.cell(at, spot.columns[column])
                key = Key(block_key, row.key, column)
                if item.is_input:
                    inputs[key] = cell
                elif item.formula is not None:
                    computed[key] = cell
                elif not block.repeats:
                    flaws += _label_altered(key, item, cell)
    return inputs, computed


def _row_missing(form: Form, block: Block, row: Row, spot: _Found) -> Flaw:
    column = next((c for c, item in row.items.items() if item.is_input), next(iter(row.items)))
    address = Address(
        spot.paper.name, a1(min(spot.rows.values(), default=0), spot.columns.get(column, 1))
    )
    label = f"{form.sheet_of[block.key].name}“{row.label}”"
    return Flaw("row_missing", address, Key(block.key, row.key, column), label)


def _headers_altered(block: Block, spot: _Found) -> Iterator[Flaw]:
    if spot.header is None or spot.by_labels:
        return
    for column in block.columns:
        at = spot.columns.get(column.key)
        if at is None:
            address = Address(spot.paper.name, a1(spot.header, KEY_COLUMN))
            yield Flaw("row_missing", address, label=f"{block.title}“{column.label}”这一列")
        elif squeezed(spot.paper.raw(spot.header, at)) != squeezed(column.label):
            yield _altered(spot.paper.cell(spot.header, at), column.label)


def _label_altered(key: Key, item: Item, cell: Cell) -> Iterator[Flaw]:
    if item.is_label and squeezed(cell.raw) != squeezed(item.text):
        yield _altered(cell, item.text, key)


def _altered(cell: Cell, expected: str, key: Key | None = None) -> Flaw:
    found = text_of(cell.raw) or "空白"
    return Flaw("label_altered", cell.address, key, expected, found, expected)


# ---------------------------------------------------------------- what the unit explained


def _explanations(book: Book, form: Form) -> dict[tuple[str, str], str]:
    """Give the 说明 a unit wrote into a result workbook, by rule id and key."""
    found: dict[tuple[str, str], str] = {}
    for paper in book.papers:
        identity = parse_identity(paper.raw(0, 0))
        if not identity or identity[0] != form.id or identity[2] != FINDINGS:
            continue
        marks = _key_column(paper)
        at = marks.get(BLOCK_MARK + FINDINGS)
        if not at:
            continue
        columns = {text_of(raw): n for n, raw in enumerate(paper.rows[at[0]])}
        for mark, rows in marks.items():
            if not mark.startswith(row_mark(FINDINGS, "")):
                continue
            rule, key, said = (
                text_of(paper.raw(rows[0], columns.get(name, -1)))
                for name in ("id", "key", "explanation")
            )
            if rule and said:
                found[rule, key] = said
    return found
