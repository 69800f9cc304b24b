"""Tables of a manuscript held against those a return yields: which is which, where they differ.

A table is known by its caption and its headings, a row by its name, a column by its heading; what
cannot be told for certain is passed over. So columns and rows may stand in another order, be more
or fewer, and a table may go on over the page.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from msgspec import Struct

from perfxl.expr.tree import Key
from perfxl.form.answers import Values
from perfxl.form.document import Manuscript, TextTable
from perfxl.form.model import Kind
from perfxl.form.relations import Indicators, Total
from perfxl.report.captions import MONEY_UNIT, NUMBERED, Around, TableSetting, goes_on, is_named
from perfxl.report.facts import KnownFigure, Printed
from perfxl.report.headings import headed, letters_only
from perfxl.report.names import is_bound, percents
from perfxl.report.tables import Reported, ShownCell, tables
from perfxl.text.amounts import LARGEST_VALUE, NUMBER, Measure, is_plausible, plain
from perfxl.text.choices import read_choice
from perfxl.text.quantities import read_quantity
from perfxl.text.spelling import AFTER, BEFORE, is_nothing, one_of, tidied
from perfxl.text.units import unit_name

TOTALS = frozenset({"合计", "总计"})
HEADER_ROWS = 3  # among the first of these rows the headings are looked for
_UNIT_IN_BRACKETS = re.compile(r"\((?:单位:?)?(亿元|万元|千元|元|%|分)\)")
_UNIT_HEADINGS = frozenset({"计量单位", "度量单位", "单位"})
_MONEY_UNITS = frozenset({"亿元", "万元", "千元", "元"})
_FIGURE = re.compile(rf"(?P<number>{NUMBER})(?P<unit>亿元|万元|千元|元|%|分)?")
_PLAIN_VALUE = re.compile(
    rf"[≥≤><=]?(?:{one_of(BEFORE)})?{NUMBER}[^\d,;。()]{{0,5}}?(?:{one_of(AFTER)})?"
)
_UNITS = {Measure.AMOUNT: "万元", Measure.SCORE: "分", Measure.RATE: "%"}


class Held(Struct, frozen=True):
    """A cell of a table in the report held against the return, both as texts: is it right?"""

    table: Reported
    row: str
    heading: str
    key: Key
    printed: str
    expected: str
    right: bool


def comparable_cells(manuscript: Manuscript, values: Values) -> Iterator[Held]:
    """Give every cell that can be compared, table by table; blank ones of the report cannot."""
    known, setting = [table for table in tables(values) if table.rows], TableSetting.of(values)
    last: _Placed | None = None
    for at, (heading, piece) in enumerate(headed(manuscript)):
        if isinstance(piece, TextTable):
            around = Around.of(manuscript.pieces, at, heading)
            named = [table for table in known if is_named(around, table, setting)]
            last = _placed(piece, around, named, last, setting)
            if last is not None:
                yield from _compared(last, values)
        elif not goes_on(piece, setting):
            last = None


# ---------------------------------------------------------------- which table it is


class _Placed(Struct, frozen=True):
    """A grid known to be a table: its rows by name, its columns by heading, its unit of money.

    `units` is the column that tells the unit of each row, None where there is none.
    """

    grid: TextTable
    table: Reported
    header: int
    columns: Mapping[int, int]  # column of the table → column of the grid
    rows: Sequence[tuple[int, int]]  # (row of the table, row of the grid)
    unit: str
    units: int | None


def _placed(
    grid: TextTable,
    around: Around,
    named: Sequence[Reported],
    last: _Placed | None,
    setting: TableSetting,
) -> _Placed | None:
    """Give a grid with its place; one without a caption of its own may go on from the last."""
    unit = MONEY_UNIT.search("\n".join((*around.above, around.below, _cell_text(grid))))
    money = unit[1] if unit else (last.unit if last is not None else "万元")
    fitting = [one for table in named if (one := _fitted(grid, table, money, setting)) is not None]
    if not fitting and last is not None:
        again = _fitted(grid, last.table, money, setting)
        fitting = [] if again is None else [again]
    most = max((len(one.rows) for one in fitting), default=0)
    best = [one for one in fitting if len(one.rows) == most]
    return best[0] if len(best) == 1 else None


def _cell_text(grid: TextTable) -> str:
    return plain(" ".join(text for row in grid.rows[:HEADER_ROWS] for text in row))


def _heading(text: str, setting: TableSetting) -> str:
    """Give a heading without this year and without its unit; any other words count."""
    return letters_only(setting.without_year(_UNIT_IN_BRACKETS.sub("", plain(text))))


def _name(text: str) -> str:
    return letters_only(NUMBERED.sub("", plain(text), count=1))


def _fitted(grid: TextTable, table: Reported, unit: str, setting: TableSetting) -> _Placed | None:
    """Give a grid as this table, None where headings or most of its rows are not those of it."""
    found = [(_columns(grid, n, table, setting), n) for n in range(len(grid.rows[:HEADER_ROWS]))]
    columns, header = max(found, key=lambda one: len(one[0]), default=({}, 0))
    if table.naming - 1 not in columns or not any(n >= table.naming for n in columns):
        return None
    rows = list(_matched(grid, table, columns, header))
    named = [name for row in grid.rows[header + 1 :] if (name := _cell(row, columns, table))]
    certain = [n for n, _ in rows if _name(table.rows[n][table.naming - 1].text) not in TOTALS]
    own = [name for name in named if name not in TOTALS]
    if not certain or 2 * len(certain) < len(own):
        return None
    units = [n for n, text in enumerate(grid.rows[header]) if letters_only(text) in _UNIT_HEADINGS]
    return _Placed(grid, table, header, columns, rows, unit, units[0] if len(units) == 1 else None)


def _columns(
    grid: TextTable, header: int, table: Reported, setting: TableSetting
) -> dict[int, int]:
    """Give where a row has the headings of a table; one that is there twice is not known.

    Nor is one below words of another year: «2021年» above «决算数».
    """
    texts = [_heading(text, setting) for text in grid.rows[header]]
    headings = [_heading(text, setting) for text in table.headings]
    found = {n: texts.index(text) for n, text in enumerate(headings) if texts.count(text) == 1}
    found = {
        n: column
        for n, column in found.items()
        if not any(
            setting.is_elsewhere(row[column]) for row in grid.rows[:header] if column < len(row)
        )
    }
    if table.naming == 1 and found and 0 not in found and 0 not in found.values():
        found[0] = 0  # the first column tells what a row is, whatever it is called
    return found


def _cell(row: Sequence[str], columns: Mapping[int, int], table: Reported) -> str:
    """Give the name of a row."""
    at = columns[table.naming - 1]
    return _name(row[at]) if at < len(row) else ""


def _matched(
    grid: TextTable, table: Reported, columns: Mapping[int, int], header: int
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


def _compared(placed: _Placed, values: Values) -> Iterator[Held]:
    table = placed.table
    for ours, theirs in placed.rows:
        row, cells = table.rows[ours], placed.grid.rows[theirs]
        pointed = next((cell.key for cell in row if cell.key is not None), None)
        for n, column in placed.columns.items():
            text = plain(cells[column]) if column < len(cells) else ""
            key = row[n].key or pointed
            if n < table.naming or key is None or not text or is_nothing(text):
                continue
            found = _Cell(text, row[n], _of_money(placed, column, cells), _of_row(placed, cells))
            right = _is_right(found, values)
            if right is not None:
                name = row[table.naming - 1].text
                yield Held(table, name, table.headings[n], key, text, row[n].text, right)


class _Cell(Struct, frozen=True):
    """A cell of the report and that of ours: the unit of money or % it is in, that of its row."""

    text: str
    shown: ShownCell
    unit: str
    of_row: str


def _of_row(placed: _Placed, cells: Sequence[str]) -> str:
    """Give the unit a row says it is in, "" where it does not."""
    at = placed.units
    text = plain(cells[at]) if at is not None and at < len(cells) else ""
    return "" if is_nothing(text) else text


def _of_money(placed: _Placed, column: int, cells: Sequence[str]) -> str:
    """Give the unit in a column's heading, else of the row or the table."""
    in_heading = _UNIT_IN_BRACKETS.search(plain(placed.grid.rows[placed.header][column]))
    of_row = _of_row(placed, cells)
    return in_heading[1] if in_heading else of_row if of_row in _MONEY_UNITS else placed.unit


def _is_right(cell: _Cell, values: Values) -> bool | None:
    """Whether a cell says the same as the return, None where that is not certain."""
    shown = cell.shown
    if shown.figure is not None:
        return _is_figure(cell, shown.figure, values)
    if shown.key is None:
        return _is_plain(cell.text, shown.text)
    match values.form.items[shown.key].kind:
        case Kind.VALUE:
            as_shown = cell.text == plain(shown.text)
            return as_shown or _is_value(cell, shown.key, values)
        case Kind.CHOICE:
            choices = values.form.items[shown.key].choices
            said = read_choice(cell.text, choices)
            return said.value == shown.text if said and shown.text in choices else None
    return None


def _is_figure(cell: _Cell, figure: Decimal, values: Values) -> bool | None:
    match, shown = _FIGURE.fullmatch(cell.text), cell.shown
    if match is None or shown.key is None:
        return None
    own, figures = _UNITS.get(shown.measure, ""), [figure]
    written = match["unit"]
    if shown.measure is Measure.AMOUNT:
        written = written or cell.unit
        figures += _stated(shown.key, values)
    if shown.measure is Measure.RATE:
        figures = list(percents(figure)) if written or cell.unit == "%" else []
        figures += [figure] if figures and not written else []  # 0.95 below a % is 95 % as well
    printed = Printed.of(match["number"], written or own)
    fact = KnownFigure(shown.key, own, tuple(figures))
    comparable = printed.is_sane and fact.figures_in(printed.unit)
    return fact.is_printed(printed) if comparable else None


def _stated(key: Key, values: Values) -> list[Decimal]:
    """Give the control total the unit typed for a computed one: T01 speaks of their difference."""
    stated = (one.stated for one in values.form.of(Total) if one.lines.computed == key)
    return [number for one in stated if (number := values.number(one)) is not None]


def _is_plain(text: str, expected: str) -> bool | None:
    """Whether two plain numbers (分值) are the same."""
    numbers = [re.fullmatch(rf"({NUMBER})分?", plain(one)) for one in (text, expected)]
    figures = [Decimal(one[1].replace(",", "")) for one in numbers if one is not None]
    return figures[0] == figures[1] if len(figures) == len(numbers) else None


def _is_value(cell: _Cell, key: Key, values: Values) -> bool | None:
    """Whether an indicator's value, a bare one, is the same number in the unit of the row."""
    written = tidied(cell.text)
    listed = next((one for one in values.form.of(Indicators) if one.block == key.block), None)
    number, shown = values.number(key), values.answer(key).shown
    if listed is None or number is None or shown or not _PLAIN_VALUE.fullmatch(written):
        return None
    unit = values.text(listed.cell(key.row, listed.unit)) or ""
    name = values.text(listed.cell(key.row, listed.name)) or ""
    has_none = written[-1].isdigit()
    in_full = f"{written}{cell.of_row}" if has_none else written
    read = read_quantity(in_full, unit, values.form.year, name)
    if not read.certain or read.value is None or not is_plausible(read.value, LARGEST_VALUE):
        return None
    if key.column == listed.actual and not read.symbol and is_bound(values, listed, key.row):
        return None
    is_share = has_none and unit_name(unit) == "%"  # 0.98 for 98 %
    return any(_prints(read.value, one) for one in [number] + [number / 100] * is_share)


def _prints(value: Decimal, number: Decimal) -> bool:
    places = max(-int(value.as_tuple().exponent), 0)
    return Printed(value, places).is_of(number)
