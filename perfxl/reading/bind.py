"""From sheets as found to a return: every answer finds its key, every cell keeps its address.

Keys in the hidden column and rows decide; where a unit wiped them, the visible labels do (`find`).
What is missing, altered or there twice becomes a flaw, never an exception.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

from msgspec.structs import replace

from perfxl.errors import Unreadable
from perfxl.expr.tree import Key
from perfxl.form.addresses import a1, column_name
from perfxl.form.answers import UNREAD, Address, Cell, Flaw, Submission, read_answers
from perfxl.form.identity import ISSUED_CODE, ISSUED_NAME, Issued
from perfxl.form.layout import KEY_COLUMN, MARK, parse_identity, place
from perfxl.form.model import Block, Column, Form, Row, Sheet
from perfxl.form.relations import Conclusion, Indicators, ScoreGroup, ScoreItem
from perfxl.reading.drawn import (
    LIKE_ENOUGH,
    NAMED_ENOUGH,
    Drawn,
    find_drawn,
    likeness_of,
    who_reports,
)
from perfxl.reading.explained import listed_explanations
from perfxl.reading.find import Found, find_blocks
from perfxl.reading.merged import merged
from perfxl.reading.outside import altered, crowded, strays, typed_beside
from perfxl.reading.page import unspaced
from perfxl.reading.sheets import Book, Paper
from perfxl.text.safe import storable, taken

IDENTITY_REACH = 6  # rows and columns in which the identity is looked for
TITLE_REACH = 6
FEW = 5  # of rows, columns or sheets named in one message


def bind(book: Book, form: Form, cover: Form | None = None) -> Submission:
    """Give the return a workbook holds, on the form grown to its open lists.

    Of its `cover`, where one is given, nothing is read but what was written beside it. A workbook
    that is not this form gives a submission whose only flaw says so. Raise Unreadable where a list
    is longer than any return could be, or a sheet that cannot be trusted may be one of the form's.
    """
    book = replace(book, papers=tuple(map(_inert, book.papers)))
    book, flaws_of_cover = _without_cover(book, cover)
    papers, flaws = _papers(book, form)
    if len(papers) < len(form.sheets):
        for error in book.unread.values():  # one of those not found, for all we know
            raise error
    if not papers:
        return Submission(form, {}, flaws=(_unknown(book, form),))
    found, drawn = _find(papers, form)
    grown = _grown(form, found)
    cells = dict(_cells(grown, found))
    cells |= dict(who_reports(grown, drawn, cells))
    changed, flaws_of_merges = merged(grown, found, cells)
    cells |= changed
    missing = frozenset(key for key, _ in grown.inputs() if key not in cells)
    answers = read_answers(grown, cells) | dict.fromkeys(missing, UNREAD)
    computed = _computed(book, grown, cells)
    flaws += (*flaws_of_cover, *_flaws(grown, papers, found, drawn), *flaws_of_merges)
    ours = [paper for paper in book.papers if _may_be(paper, form)]
    explained = listed_explanations(ours, found)
    other = list(_rubric_flaws(book, grown))
    if other:  # wording and results that merely follow from it are not worth a word
        scored = _scored(grown)
        flaws = [flaw for flaw in flaws if not _follows(flaw, grown, scored)]
        computed = {key: cell for key, cell in computed.items() if key not in scored}
    return Submission(
        grown,
        answers,
        computed=computed,
        flaws=(
            *flaws,
            *_active(book, papers),
            *_hidden(book, grown, papers, found),
            *other,
            *explained.lost,
        ),
        missing=missing,
        added=dict(_added(found)),
        crowded=frozenset(_crowded(grown, found)),
        explanations=explained.said,
        issued=Issued(
            *(storable(book.properties.get(name, "")) for name in (ISSUED_NAME, ISSUED_CODE))
        ),
        saved=book.saved,
        named=explained.named,
    )


def _computed(book: Book, form: Form, cells: Mapping[Key, Cell]) -> dict[Key, Cell]:
    """Give what the computed cells show, as far as it is to be believed.

    A program that keeps no formulas has kept what they gave: nobody typed all of it.
    """
    shown = {key: cell for key, cell in cells.items() if form.items[key].formula is not None}
    if not any(cell.formula for cell in shown.values()):
        shown = {key: replace(cell, formula=True) for key, cell in shown.items()}
    if not book.miscalculated:
        return shown
    return {
        key: replace(cell, raw=None, error="") if cell.formula else cell
        for key, cell in shown.items()
    }


def _inert(paper: Paper) -> Paper:
    """Give a sheet whose texts and name do nothing unseen, wherever they go from here."""
    rows = [[taken(raw) if isinstance(raw, str) else raw for raw in row] for row in paper.rows]
    return replace(paper, name=storable(paper.name), rows=rows)


def _without_cover(book: Book, cover: Form | None) -> tuple[Book, list[Flaw]]:
    """Give a workbook without its cover, and what to say of that."""
    mine = {paper.name: paper for paper in book.papers if cover and _is_of(paper, cover)}
    if cover is None or not mine:
        return book, []
    rest = tuple(paper for paper in book.papers if paper.name not in mine)
    flaws = [flaw for paper in mine.values() for flaw in _beside(cover, paper)]
    return replace(book, papers=rest, hidden=book.hidden - mine.keys()), flaws


def _is_of(paper: Paper, cover: Form) -> bool:
    names = _identity(paper)
    return names is not None and names[::2] == (cover.id, cover.sheets[0].key)


def _beside(cover: Form, paper: Paper) -> Iterator[Flaw]:
    (sheet,) = cover.sheets
    found = find_blocks(paper, list(place(cover).of_sheet(sheet)))
    for name, spot in found.items():
        yield from strays(sheet, cover.blocks[name], spot)
    yield from typed_beside(sheet, paper, found)


def _find(papers: Mapping[str, Paper], form: Form) -> tuple[dict[str, Found], dict[str, Drawn]]:
    """Give the blocks that were found, by key, and the sheets an office drew, by theirs."""
    layout, found, drawn = place(form), dict[str, Found](), dict[str, Drawn]()
    for sheet in form.sheets:
        if sheet.key not in papers:
            continue
        paper, places = papers[sheet.key], list(layout.of_sheet(sheet))
        if sheet.drawing is None:
            found |= find_blocks(paper, places)
        else:
            drawn[sheet.key] = find_drawn(form, sheet, paper, places)
            found |= drawn[sheet.key].found
    return found, drawn


def _grown(form: Form, found: Mapping[str, Found]) -> Form:
    """Give the form with room for every list row that was found."""
    lists = [(form.blocks[key], spot) for key, spot in found.items() if form.blocks[key].repeats]
    counts = {block.key: max(map(int, spot.rows), default=0) for block, spot in lists}
    for block, _ in lists:
        if counts[block.key] > block.most:
            raise Unreadable.of(
                "list-too-long", list=block.title, count=counts[block.key], form=form.title
            )
    return form.grown(counts)


# ---------------------------------------------------------------- which sheet is which


def _identity(paper: Paper) -> tuple[str, str, str] | None:
    """Give form id, edition and sheet key as the sheet states them, wherever A1 has moved to.

    On a sheet that an office drew they stand below and right of all else.
    """
    corner = (raw for row in paper.rows[:IDENTITY_REACH] for raw in row[:IDENTITY_REACH])
    anywhere = (raw for row in reversed(paper.rows) for raw in reversed(row))
    stated = (raw for raw in chain(corner, anywhere) if isinstance(raw, str) and MARK in raw)
    return next(filter(None, map(parse_identity, stated)), None)


def _may_be(paper: Paper, form: Form) -> bool:
    """Whether a sheet does not say that it is of another form."""
    names = _identity(paper)
    return names is None or names[0] == form.id


def stated_form(book: Book) -> str:
    """Give the id of the form a workbook says it is, "" where it says nothing.

    Most sheets decide: one of another year may have been copied in.
    """
    stated = [names[0] for paper in book.papers if (names := _identity(paper))]
    counted = Counter(stated).most_common(1)
    return counted[0][0] if counted else book.properties.get("perfxl_form", "")


def _papers(book: Book, form: Form) -> tuple[dict[str, Paper], list[Flaw]]:
    """Give the paper of each sheet of the form, by identity, else by name or title.

    None at all where too little of it is ours.
    """
    stated = [(_identity(paper), paper) for paper in book.papers]
    ours = [(names[2], paper) for names, paper in stated if names and names[0] == form.id]
    nameless = [paper for names, paper in stated if names is None]
    papers: dict[str, Paper] = {}
    flaws = [*_edition_flaws(book, form), *_contradiction(book, form)]
    for sheet in form.sheets:
        same = [paper for key, paper in ours if key == sheet.key]
        named, titled = _alike(nameless, sheet)
        candidates = same or named or titled
        if candidates:
            papers[sheet.key] = min(candidates, key=lambda paper: paper.name != sheet.name)
            # what people take for the sheet may be one without its key
            flaws += _sheet_twice(sheet, papers[sheet.key], [*same, *named, *titled])
    claimed = book.properties.get("perfxl_form", form.id)
    enough = bool(ours) or (claimed == form.id and len(papers) * 2 >= len(form.sheets))
    return (papers if enough else {}), flaws


def _alike(papers: Sequence[Paper], sheet: Sheet) -> tuple[list[Paper], list[Paper]]:
    """Give the papers called like a sheet, and those with its title or all but its wording."""
    named = [paper for paper in papers if unspaced(paper.name) == unspaced(sheet.name)]
    if sheet.drawing is None:
        return named, [paper for paper in papers if _has_title(paper, sheet)]
    alike = {paper.name: likeness_of(paper, sheet.drawing) for paper in papers}
    best = max(alike.values(), default=0)
    worded = [p for p in papers if alike[p.name] == best >= LIKE_ENOUGH]
    return (
        [paper for paper in named if alike[paper.name] >= NAMED_ENOUGH],
        worded if len(worded) == 1 else [],
    )


def _has_title(paper: Paper, sheet: Sheet) -> bool:
    """Whether one of the first rows holds the sheet's title and nothing else."""
    tops = ([unspaced(raw) for raw in row if raw is not None] for row in paper.rows[:TITLE_REACH])
    return [unspaced(sheet.title)] in tops


def _edition_flaws(book: Book, form: Form) -> Iterator[Flaw]:
    """Say once that the sheets, or where they say nothing the file, are of another edition."""
    stated = [(names, paper) for paper in book.papers if (names := _identity(paper))]
    editions = [(names[1], paper.name) for names, paper in stated if names[0] == form.id]
    if not editions and book.properties.get("perfxl_form") == form.id and book.papers:
        editions = [(book.properties.get("perfxl_edition", form.edition), book.papers[0].name)]
    for edition, name in editions:
        if edition != form.edition:
            yield Flaw("edition_outdated", Address(name, "A1"), None, name, edition, form.edition)
            return


def _contradiction(book: Book, form: Form) -> Iterator[Flaw]:
    """Say that the file's properties name another form or edition than its sheets, which are ours.

    What they leave out contradicts nothing: programs drop properties.
    """
    own = (form.id, form.edition)
    stated = tuple(book.properties.get(f"perfxl_{name}", "") for name in ("form", "edition"))
    ours = any(names and names[:2] == own for names in map(_identity, book.papers))
    if ours and any(said not in ("", name) for said, name in zip(stated, own, strict=True)):
        yield Flaw("identity_differs", None, None, "整个文件", _version(*stated), _version(*own))


def _version(form: str, edition: str) -> str:
    return " ".join(filter(None, (form, f"第 {edition} 版" if edition else "")))


def _rubric_flaws(book: Book, form: Form) -> Iterator[Flaw]:
    """Say that the file was made with another rubric, where it says with which."""
    stated, fingerprint = (
        book.properties.get(f"perfxl_{name}", "") for name in ("rubric", "rubric_mark")
    )
    if stated and (stated != form.rubric or fingerprint not in ("", form.rubric_mark)):
        names = (_rubric_name(stated, fingerprint), _rubric_name(form.rubric, form.rubric_mark))
        yield Flaw("rubric_differs", None, None, "整个文件", *names)


def _rubric_name(stated: str, fingerprint: str) -> str:
    return f"{stated}(校验码 {fingerprint})" if fingerprint else stated


def _scored(form: Form) -> frozenset[Key]:
    """Give the cells of the grid and the conclusion, and the bounds of what an indicator earns."""
    blocks = {
        *(item.stated.block for item in form.of(ScoreItem)),
        *(group.stated.block for group in form.of(ScoreGroup)),
        *(conclusion.stated.block for conclusion in form.of(Conclusion)),
    }
    lists = {indicators.block: indicators.completion for indicators in form.of(Indicators)}
    return frozenset(
        key
        for key in form.items
        if key.block in blocks or lists.get(key.block, key.column) != key.column
    )


def _follows(flaw: Flaw, form: Form, scored: frozenset[Key]) -> bool:
    """Whether a flaw is wording or a row of sums of the grid, which come from the rubric.

    What then seems to be none of the form's may be the other rubric's, too.
    """
    if flaw.kind == "content_outside":
        return True
    if flaw.key not in scored:
        return False
    sums = flaw.kind == "row_missing" and not form.items[flaw.key].is_input
    return sums or flaw.kind == "label_altered"


def _sheet_twice(sheet: Sheet, chosen: Paper, candidates: Sequence[Paper]) -> Iterator[Flaw]:
    """Say which other sheets claim to be this one, unless they hold just the same."""
    for paper in {paper.name: paper for paper in candidates}.values():
        if paper.rows != chosen.rows:
            label = f"{sheet.name}(整张表)"
            yield Flaw("doubled", Address(paper.name, "A1"), None, label, paper.name, chosen.name)


def _active(book: Book, papers: Mapping[str, Paper]) -> Iterator[Flaw]:
    """Say what in the file could run or reach outside, or is a sheet of the unit's nobody sees."""
    own = {paper.name for paper in (*papers.values(), *filter(_identity, book.papers))}
    foreign = sorted(f"隐藏的工作表“{name}”" for name in book.hidden - own)
    if book.active or foreign:
        found = "、".join((*book.active, *foreign[:FEW]))
        yield Flaw("active_content", label="整个文件", found=found)


def _hidden(
    book: Book, form: Form, papers: Mapping[str, Paper], found: Mapping[str, Found]
) -> Iterator[Flaw]:
    """Say which sheets, rows and columns of the form nobody sees, spare rows of lists apart."""
    layout = place(form)
    for sheet in form.sheets:
        paper = papers.get(sheet.key)
        blocks = [spot.block.key for spot in layout.of_sheet(sheet) if spot.block.key in found]
        if paper is None:
            continue
        if paper.name in book.hidden:
            yield Flaw("hidden", Address(paper.name, "A1"), None, f"{sheet.name}整张表")
        rows = sorted(
            {n for key in blocks for n in _hidden_rows(sheet, form.blocks[key], found[key])}
        )
        if rows:
            at = Address(paper.name, a1(rows[0], KEY_COLUMN + 1))
            numbers = "、".join(str(n + 1) for n in rows[:FEW])
            more = f"等 {len(rows)} 行" if len(rows) > FEW else "行"
            yield Flaw("hidden", at, None, f"{sheet.name}第 {numbers} {more}")
        columns = sorted(
            {n for key in blocks for n in _hidden_columns(sheet, form.blocks[key], found[key])}
        )
        if columns:
            names = "、".join(map(column_name, columns[:FEW]))
            at = Address(paper.name, a1(0, columns[0]))
            yield Flaw("hidden", at, None, f"{sheet.name} {names} 列")


def _hidden_rows(sheet: Sheet, block: Block, spot: Found) -> Iterator[int]:
    """Give the rows nobody sees: of a list, those with content only; not those drawn hidden."""
    inputs = {c for row in block.rows for c, item in row.items.items() if item.is_input}
    columns = [at for key, at in spot.columns.items() if key in inputs]
    drawn = sheet.drawing.hidden_rows if sheet.drawing and not block.repeats else ()
    for row, at in spot.rows.items():
        if drawn and int(row) - 1 in drawn:
            continue
        if at in spot.paper.scan.hidden_rows and (
            not block.repeats or any(spot.paper.is_filled(at, column) for column in columns)
        ):
            yield at


def _hidden_columns(sheet: Sheet, block: Block, spot: Found) -> Iterator[int]:
    drawn = sheet.drawing.hidden_columns if sheet.drawing else ()
    shown = (c.key for c in block.columns if not c.hidden and c.at not in drawn)
    at = (spot.columns[key] for key in shown if key in spot.columns)
    return (n for n in at if n in spot.paper.scan.hidden_columns)


def _unknown(book: Book, form: Form) -> Flaw:
    return Flaw("form_unknown", label="整个文件", found=_what_else(book, form))


def _what_else(book: Book, form: Form) -> str:
    """Say what the workbook is instead: of another year, another form of ours, or which sheets."""
    stated = next((names[0] for paper in book.papers if (names := _identity(paper))), "")
    year = form.year_said_by(stated)
    if stated != form.id and year is not None:
        return f"这是 {year} 年度的表,现在审核的是 {form.year} 年度的表"
    if stated and stated != form.id:
        return f"文件里写明的表号是 {stated}"
    sheets = "、".join(paper.name for paper in book.papers[:4])
    return f"文件里的工作表是 {sheets}" if sheets else "文件里没有工作表"


# ---------------------------------------------------------------- the cells


def _cells(form: Form, found: Mapping[str, Found]) -> Iterator[tuple[Key, Cell]]:
    """Give input and computed cells; a list row that the file has no room for is blank.

    A row that a unit added has no formulas of ours, nor has a cell that others were merged over:
    such blank computed cells are left out.
    """
    for block_key, spot in found.items():
        block = form.blocks[block_key]
        for row in block.rows:
            at = spot.rows.get(row.key)
            for column, item in row.items.items():
                if item.is_label or column not in spot.columns:
                    continue
                key = Key(block_key, row.key, column)
                if (row.key, column) in spot.unread:
                    continue
                if at is not None:
                    cell = spot.cell(row.key, column)
                    if item.is_input or not (cell.blank and _lacks_formula(spot, at, column)):
                        yield key, cell
                elif block.repeats and item.is_input:
                    yield key, Cell()


def _lacks_formula(spot: Found, at: int, column: str) -> bool:
    return at in spot.foreign or spot.paper.over(at, spot.columns[column]) is not None


def _added(found: Mapping[str, Found]) -> Iterator[tuple[tuple[str, str], bool]]:
    """Give the rows a unit added to lists, and whether they stand outside the list's own rows."""
    for block, spot in found.items():
        own = {*spot.rows.values()} - spot.foreign
        first, last = min(own, default=0), max(own, default=-1)
        for row, at in spot.rows.items():
            if at in spot.foreign:
                yield (block, row), not first < at < last


def _crowded(form: Form, found: Mapping[str, Found]) -> Iterator[Key]:
    tables = ((form.blocks[key], spot) for key, spot in found.items())
    return (key for block, spot in tables if not block.repeats for key in crowded(block, spot))


# ---------------------------------------------------------------- what is not as it should be


def _flaws(
    form: Form,
    papers: Mapping[str, Paper],
    found: Mapping[str, Found],
    drawn: Mapping[str, Drawn],
) -> Iterator[Flaw]:
    """Give what is missing, altered, there twice or foreign on the sheets of the form."""
    by_hand = [papers[key].name for key, one in drawn.items() if one.by_hand]
    if by_hand:
        yield Flaw("own_paper", Address(by_hand[0], "A1"), label="、".join(by_hand))
    for sheet in form.sheets:
        paper = papers.get(sheet.key)
        if paper is None:
            if sheet.drawing is not None or not by_hand:  # the office's paper has none of ours
                yield Flaw("sheet_missing", label=sheet.name)
            continue
        if paper.scan.unlocked and sheet.protected and paper.name not in by_hand:
            yield Flaw("unprotected", Address(paper.name, "A1"), label=sheet.name)
        if sheet.key in drawn:
            yield from drawn[sheet.key].flaws
            continue
        for block in sheet.blocks:
            spot = found.get(block.key)
            if spot is not None:
                yield from _block_flaws(sheet, block, spot)
            else:
                label = f"{sheet.name}“{block.title}”整段"
                yield Flaw("row_missing", Address(paper.name, "A1"), label=label)
        yield from typed_beside(sheet, paper, found)


def _block_flaws(sheet: Sheet, block: Block, spot: Found) -> Iterator[Flaw]:
    for column in block.columns:
        yield from _column_flaws(block, column, spot)
    yield from strays(sheet, block, spot)
    if block.repeats:
        return
    for row in block.rows:
        yield from _row_flaws(sheet, block, row, spot)
        for at in (n for n, key in spot.doubled.items() if key == row.key):
            first, copy = _place(spot, spot.rows[row.key]), _place(spot, at)
            label = f"{sheet.name}“{row.label}”"
            yield Flaw("doubled", copy, None, label, copy.cell, first.cell)


def _column_flaws(block: Block, column: Column, spot: Found) -> Iterator[Flaw]:
    label = block.naming_of(column)
    at = spot.columns.get(column.key)
    if at is None:
        top = spot.header if spot.header is not None else min(spot.rows.values(), default=0)
        yield Flaw("row_missing", Address(spot.paper.name, a1(top, KEY_COLUMN)), label=label)
        return
    if spot.header is not None and block.headed:
        head = spot.paper.cell(spot.header, at)
        if unspaced(head.raw) != unspaced(column.label):
            yield altered(head, column.label)
    for other in _copies(column, spot, at):
        if any(spot.paper.raw(n, at) != spot.paper.raw(n, other) for n in spot.rows.values()):
            top = min(spot.rows.values())
            place = Address(spot.paper.name, a1(top, other))
            yield Flaw("doubled", place, None, label, a1(top, other), a1(top, at))


def _copies(column: Column, spot: Found, at: int) -> Iterator[int]:
    """Give where else a column's key or label stands: the column was copied with it."""
    keys = spot.paper.rows[spot.keys] if spot.keys is not None else ()
    heads = spot.paper.rows[spot.header] if spot.header is not None else ()
    found = {n for n, raw in enumerate(keys) if raw == column.key}
    found |= {n for n, raw in enumerate(heads) if unspaced(raw) == unspaced(column.label)}
    return iter(sorted(found - {*spot.columns.values()} - {at}))


def _row_flaws(sheet: Sheet, block: Block, row: Row, spot: Found) -> Iterator[Flaw]:
    at = spot.rows.get(row.key)
    if at is None:
        column = next((c for c, item in row.items.items() if item.is_input), next(iter(row.items)))
        place = _place(spot, min(spot.rows.values(), default=0), column)
        key = Key(block.key, row.key, column)
        yield Flaw("row_missing", place, key, f"{sheet.name}“{row.label}”这一行")
        return
    for column, item in row.items.items():
        if item.is_label and column in spot.columns:
            cell = spot.paper.cell(at, spot.columns[column])
            if cell.blank and _stands_above(block, row, column):
                continue
            if unspaced(item.text) not in (unspaced(cell.raw), _text_over(spot, at, column)):
                yield altered(cell, item.text, Key(block.key, row.key, column))


def _stands_above(block: Block, row: Row, column: str) -> bool:
    """Whether the row above shows this wording for both."""
    number = block.numbers[row.key]
    grouped = number and any(one.grouped for one in block.columns if one.key == column)
    above = block.rows[number - 1].items.get(column) if grouped else None
    return above is not None and above.text == row.items[column].text


def _text_over(spot: Found, at: int, column: str) -> str | None:
    """Give the label that a column shows once for this row and those above; None where none."""
    area = spot.paper.over(at, spot.columns[column])
    return unspaced(spot.paper.raw(*area[:2])) if area and area[1] == area[3] else None


def _place(spot: Found, row: int, column: str = "") -> Address:
    first = min(spot.columns.values())
    return Address(spot.paper.name, a1(row, spot.columns.get(column, first)))
