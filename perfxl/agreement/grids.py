"""Tables of a manuscript held against those a return yields: which is which, where they differ.

A table is known by its caption and its headings, a row by its name, a column by its heading; what
cannot be told for certain is passed over. So columns and rows may stand in another order, be more
or fewer, and a table may go on over the page.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from perfxl.agreement.facts import Fact, Printed
from perfxl.agreement.names import is_bound, percents, without_ending
from perfxl.answers import Values
from perfxl.choices import read_choice
from perfxl.expr import Key
from perfxl.manuscript import Grid, Manuscript, Passage
from perfxl.model import Kind
from perfxl.quantities import read_quantity
from perfxl.relations import Indicators, Total
from perfxl.reported import Reported, Shown, tables
from perfxl.spelling import AFTER, BEFORE, is_nothing, one_of, tidied
from perfxl.values import NUMBER, Measure, plain

TOTALS = frozenset({"合计", "总计"})
HEADER_ROWS = 3  # among the first of these rows the headings are looked for
CAPTION_REACH = 3  # passages looked back for a caption
SHORTEST_CAPTION = 6  # characters of a caption that is only a part of a title
LONGEST_CAPTION = 60
_NUMBERED = re.compile(r"\(?[一二三四五六七八九十\d]+[)、.](?!\d)")
_BRACKETS = re.compile(r"\([^()]*\)")
_UNIT = re.compile("单位:?(亿元|万元|千元|元)")
_HEADING_UNIT = re.compile(r"\((亿元|万元|千元|元)\)")
_FIGURE = re.compile(rf"(?P<number>{NUMBER})(?P<unit>亿元|万元|千元|元|%|分)?")
_PLAIN_VALUE = re.compile(
    rf"[≥≤><=]?(?:{one_of(BEFORE)})?{NUMBER}[^\d,;。()]{{0,5}}?(?:{one_of(AFTER)})?"
)
_UNITS = {Measure.AMOUNT: "万元", Measure.SCORE: "分", Measure.RATE: "%"}


@dataclass(frozen=True, slots=True)
class Difference:
    """A cell of a table in the report that differs from the return; both as texts."""

    table: Reported
    row: str
    heading: str
    key: Key
    printed: str
    expected: str


def differences(manuscript: Manuscript, values: Values) -> Iterator[Difference]:
    """Give every cell that differs, table by table; blank cells of the report never do."""
    known = [table for table in tables(values) if table.rows]
    last: _Placed | None = None
    for at, piece in enumerate(manuscript.pieces):
        if isinstance(piece, Grid):
            last = _placed(piece, _around(manuscript.pieces, at), known, last)
            if last is not None:
                yield from _compared(last, values)
        elif not _goes_on(piece):
            last = None


def _goes_on(passage: Passage) -> bool:
    """Whether a table may go on after this: «续表», «单位:万元»."""
    text = plain(passage.text)
    return len(text) <= LONGEST_CAPTION and ("续" in text[:4] or _UNIT.search(text) is not None)


# ---------------------------------------------------------------- which table it is


@dataclass(frozen=True, slots=True)
class _Placed:
    """A grid known to be a table: its rows by name, its columns by heading, its unit of money."""

    grid: Grid
    table: Reported
    header: int
    columns: Mapping[int, int]  # column of the table → column of the grid
    rows: Sequence[tuple[int, int]]  # (row of the table, row of the grid)
    unit: str


def _around(pieces: Sequence[Passage | Grid], at: int) -> tuple[str, str]:
    """Give the passages that may be the caption: those above, and the one below."""
    above: list[str] = []
    for piece in reversed(pieces[max(at - CAPTION_REACH, 0) : at]):
        if isinstance(piece, Grid):
            break
        above.append(plain(piece.text))
    below = pieces[at + 1] if at + 1 < len(pieces) else None
    under = plain(below.text) if isinstance(below, Passage) else ""
    return "\n".join(above), under if under.startswith("表") else ""


def _placed(
    grid: Grid, around: tuple[str, str], known: Sequence[Reported], last: _Placed | None
) -> _Placed | None:
    """Give a grid with its place; one without a caption of its own may go on from the last."""
    above, below = around
    captions = [text for text in above.split("\n") if len(text) <= LONGEST_CAPTION] + [below]
    named = [one for one in known if any(_is_named(text, one, above) for text in captions if text)]
    unit = _UNIT.search(f"{above}\n{below}\n{_cell_text(grid)}")
    money = unit[1] if unit else (last.unit if last is not None else "万元")
    fitting = [one for table in named if (one := _fitted(grid, table, money)) is not None]
    if not fitting and last is not None:
        again = _fitted(grid, last.table, money)
        fitting = [] if again is None else [again]
    most = max((len(one.rows) for one in fitting), default=0)
    best = [one for one in fitting if len(one.rows) == most]
    return best[0] if len(best) == 1 else None


def _cell_text(grid: Grid) -> str:
    return plain(" ".join(text for row in grid.rows[:HEADER_ROWS] for text in row))


def _is_named(caption: str, table: Reported, above: str) -> bool:
    """Whether a caption has the words of a table's title, its number aside.

    A project may be named there or in the heading above.
    """
    said, title = _bare(caption), _bare(_BRACKETS.sub("", plain(table.title)))
    if table.project:
        whole, core = _bare(table.project), _bare(without_ending(plain(table.project)))
        return title.replace(whole, "") in said and core in f"{said} {_bare(above)}"
    rest = re.sub(r"^表?\d*", "", said)
    return title in said or (len(rest) >= SHORTEST_CAPTION and rest in title)


def _bare(text: str) -> str:
    """Give a text without blanks, punctuation and case."""
    return re.sub(r"[\W_]", "", plain(text)).casefold()


def _heading(text: str) -> str:
    return re.sub(r"^\d{4}年度?", "", _bare(_BRACKETS.sub("", plain(text))))


def _name(text: str) -> str:
    return _bare(_NUMBERED.sub("", plain(text), count=1))


def _fitted(grid: Grid, table: Reported, unit: str) -> _Placed | None:
    """Give a grid as this table, None where headings or most of its rows are not those of it."""
    found = [(_columns(row, table), n) for n, row in enumerate(grid.rows[:HEADER_ROWS])]
    columns, header = max(found, key=lambda one: len(one[0]), default=({}, 0))
    if table.naming - 1 not in columns or not any(n >= table.naming for n in columns):
        return None
    rows = list(_matched(grid, table, columns, header))
    named = [name for row in grid.rows[header + 1 :] if (name := _cell(row, columns, table))]
    certain = [n for n, _ in rows if _name(table.rows[n][table.naming - 1].text) not in TOTALS]
    own = [name for name in named if name not in TOTALS]
    if not certain or 2 * len(certain) < len(own):
        return None
    return _Placed(grid, table, header, columns, rows, unit)


def _columns(row: Sequence[str], table: Reported) -> dict[int, int]:
    """Give where a row has the headings of a table; one that is there twice is not known."""
    texts = [_heading(text) for text in row]
    headings = [_heading(text) for text in table.headings]
    found = {n: texts.index(text) for n, text in enumerate(headings) if texts.count(text) == 1}
    if table.naming == 1 and found and 0 not in found and 0 not in found.values():
        found[0] = 0  # the first column tells what a row is, whatever it is called
    return found


def _cell(row: Sequence[str], columns: Mapping[int, int], table: Reported) -> str:
    """Give the name of a row."""
    at = columns[table.naming - 1]
    return _name(row[at]) if at < len(row) else ""


def _matched(
    grid: Grid, table: Reported, columns: Mapping[int, int], header: int
) -> Iterator[tuple[int, int]]:
    """Give the rows of a table and of a grid that are the same for certain."""
    naming = [n for n in range(table.naming) if n in columns]
    for naming_columns in ([table.naming - 1], naming):
        ours = [tuple(_name(row[n].text) for n in naming_columns) for row in table.rows]
        theirs = [
            tuple(_name(row[columns[n]]) if columns[n] < len(row) else "" for n in naming_columns)
            for row in grid.rows[header + 1 :]
        ]
        count, seen = Counter(ours), Counter(theirs)
        if max(count.values(), default=0) == 1 or naming_columns == naming:
            for n, names in enumerate(ours):
                if all(names) and count[names] == seen[names] == 1:
                    yield n, theirs.index(names) + header + 1
            return


# ---------------------------------------------------------------- cell by cell


def _compared(placed: _Placed, values: Values) -> Iterator[Difference]:
    table = placed.table
    for ours, theirs in placed.rows:
        row = table.rows[ours]
        pointed = next((cell.key for cell in row if cell.key is not None), None)
        for n, column in placed.columns.items():
            cells = placed.grid.rows[theirs]
            text = plain(cells[column]) if column < len(cells) else ""
            key = row[n].key or pointed
            if n < table.naming or key is None or not text or is_nothing(text):
                continue
            heading = placed.grid.rows[placed.header][column]
            if _differs(text, row[n], plain(heading), placed.unit, values):
                name = row[table.naming - 1].text
                yield Difference(table, name, table.headings[n], key, text, row[n].text)


def _differs(text: str, shown: Shown, heading: str, unit: str, values: Values) -> bool:
    """Whether a cell says for certain something else than the return."""
    if shown.figure is not None:
        return _figure_differs(text, shown, shown.figure, heading, unit, values)
    if shown.key is None:
        return _plain_differs(text, shown.text)
    match values.form.item(shown.key).kind:
        case Kind.VALUE:
            return _value_differs(text, shown.key, values)
        case Kind.CHOICE:
            choices = values.form.item(shown.key).choices
            said = read_choice(text, choices)
            return said is not None and shown.text in choices and said.value != shown.text
    return False


def _figure_differs(
    text: str, shown: Shown, figure: Decimal, heading: str, unit: str, values: Values
) -> bool:
    match = _FIGURE.fullmatch(text)
    if match is None or shown.key is None:
        return False
    own, figures = _UNITS.get(shown.measure, ""), [figure]
    written = match["unit"]
    if shown.measure is Measure.AMOUNT:
        in_heading = _HEADING_UNIT.search(heading)
        written = written or (in_heading[1] if in_heading else unit)
        figures += _stated(shown.key, values)
    if shown.measure is Measure.RATE:
        figures = list(percents(figure)) if written or "%" in heading else []
        figures += [figure] if figures and not written else []  # 0.95 below a % is 95 % as well
    printed = Printed.of(match["number"], written or own)
    fact = Fact(shown.key, own, tuple(figures))
    return bool(fact.figures_in(printed.unit)) and not fact.is_printed(printed)


def _stated(key: Key, values: Values) -> list[Decimal]:
    """Give the control total the unit typed for a computed one: T01 speaks of their difference."""
    stated = (one.stated for one in values.form.of(Total) if one.lines.computed == key)
    return [number for one in stated if (number := values.number(one)) is not None]


def _plain_differs(text: str, expected: str) -> bool:
    """Whether two plain numbers (分值) differ."""
    numbers = [re.fullmatch(rf"({NUMBER})分?", plain(one)) for one in (text, expected)]
    figures = [Decimal(one[1].replace(",", "")) for one in numbers if one is not None]
    return len(figures) == len(numbers) and figures[0] != figures[1]


def _value_differs(text: str, key: Key, values: Values) -> bool:
    """Whether an indicator's value, a bare one, is another number in the unit of the row."""
    written = tidied(text)
    listed = next(one for one in values.form.of(Indicators) if one.block == key.block)
    number, shown = values.number(key), values.answers[key].shown
    if number is None or shown or not _PLAIN_VALUE.fullmatch(written):
        return False
    unit = values.text(listed.cell(key.row, listed.unit)) or ""
    name = values.text(listed.cell(key.row, listed.name)) or ""
    read = read_quantity(written, unit, values.form.year, name)
    if not read.certain or read.value is None:
        return False
    if key.column == listed.actual and not read.symbol and is_bound(values, listed, key.row):
        return False
    places = max(-int(read.value.as_tuple().exponent), 0)
    return not Printed(read.value, places).is_of(number)
