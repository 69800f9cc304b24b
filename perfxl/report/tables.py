"""What a report repeats of the form: its tables, computed from one return.

The draft shows these tables and a report handed in is held against them, so there is one account
of what belongs in which cell.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from msgspec import Struct

from perfxl.expr.rounding import rate_shown
from perfxl.expr.texts import folded
from perfxl.expr.tree import Key
from perfxl.form.answers import Values
from perfxl.form.model import Kind
from perfxl.form.raw import text_of
from perfxl.form.relations import Indicators, ProjectFunds, ProjectTables, ReportTable
from perfxl.text.amounts import Measure
from perfxl.text.quantities import QUALITATIVE

MEASURES = {Kind.AMOUNT: Measure.AMOUNT, Kind.SCORE: Measure.SCORE, Kind.RATE: Measure.RATE}
TOTAL = "合计"


class ShownCell(Struct, frozen=True):
    """A cell of a table: its text, "" where the form has none, and the cell of the form it is of.

    `figure` is a number in 万元, 分 or as a fraction, as `measure` says; None for words.
    """

    text: str
    key: Key | None = None
    figure: Decimal | None = None
    measure: Measure = Measure.PLAIN


class Reported(Struct, frozen=True):
    """A table of the report; the first `naming` cells of a row tell what it is about."""

    number: str
    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[ShownCell, ...], ...]
    naming: int
    project: str = ""  # the key project it is about

    @property
    def caption(self) -> str:
        """Number and title: «表1-3 部门总收入统计表»."""
        return f"表{self.number} {self.title}"


def tables(values: Values) -> Iterator[Reported]:
    """Give the tables of the report of one return, in their order; lists without rows are there."""
    for table in values.form.of(ReportTable):
        yield _table(table, table.number, table.title, _rows_of(table, values), values)
    for both in values.form.of(ProjectTables):
        yield from _of_projects(both, values)


def projects(values: Values) -> tuple[str, ...]:
    """Give the names of the key projects in the order in which the return first names them."""
    columns = [(funds.block, funds.project) for funds in values.form.of(ProjectFunds)]
    columns += [(one.block, one.project) for one in values.form.of(Indicators) if one.project]
    texts = (values.text(key) for column in columns for key in values.column(*column))
    named = {folded(text): text for text in reversed([text for text in texts if text])}
    return tuple(reversed(named.values()))


def row_in_use(values: Values, block: str, row: str) -> bool:
    """Whether anything is filled in a row of a list."""
    inputs = values.form.row(Key(block, row)).inputs
    return any(values.is_filled(Key(block, row, column)) for column in inputs)


# ---------------------------------------------------------------- one table


def _rows_of(table: ReportTable, values: Values) -> list[str]:
    if table.rows:
        return list(table.rows)
    rows = values.form.blocks[table.block].rows
    return [row.key for row in rows if row_in_use(values, table.block, row.key)]


def _table(
    table: ReportTable, number: str, title: str, rows: Sequence[str], values: Values
) -> Reported:
    shown = (
        tuple(shown_in(values, Key(table.block, row, column)) for _, column in table.columns)
        for row in rows
    )
    headings = tuple(heading for heading, _ in table.columns)
    return Reported(number, title, headings, tuple(shown), table.naming)


def shown_in(values: Values, key: Key) -> ShownCell:
    """Give what the report shows of a cell; of an indicator's value its symbol and unit, too."""
    row = values.form.row(key)
    item = row.items.get(key.column)
    if item is None:
        return ShownCell(row.label if key.column == "label" else "")
    number, measure = values.number(key), MEASURES.get(item.kind)
    if number is not None and measure is not None:
        return ShownCell(measure.text(number), key, number, measure)
    for indicators in values.form.of(Indicators):
        measured = {indicators.target, indicators.adjusted, indicators.actual}
        if key.block == indicators.block and key.column in measured:
            return ShownCell(measured_text(values, indicators, key), key)
    return ShownCell(values.written(key), None if item.is_label else key)


def measured_text(values: Values, indicators: Indicators, key: Key) -> str:
    """Print an indicator's target («≥500人次») or actual («208人次»); "" where it is blank."""
    answer = values.answer(key)
    if isinstance(answer.cell.raw, str):
        return text_of(answer.cell.raw)  # as it was typed, whatever it was read as
    written = values.written(key)
    if values.number(key) is None or answer.shown:
        return written
    unit = values.text(indicators.cell(key.row, indicators.unit)) or ""
    unit = f" {unit}" if unit[:1].isdigit() else unit  # 40 «2次/月» is not 402次/月
    symbol = values.text(indicators.cell(key.row, indicators.symbol)) or ""
    texts = key.column != indicators.actual and symbol not in {"=", QUALITATIVE}
    return f"{symbol if texts else ''}{written}{unit}"


# ---------------------------------------------------------------- of each key project


def _of_projects(both: ProjectTables, values: Values) -> Iterator[Reported]:
    chapter, _, first = both.number.partition("-")
    number = int(first)
    for name in projects(values):
        for table in (both.funds, both.indicators):
            yield _of_project(table, f"{chapter}-{number}", name, values)
            number += 1


def _of_project(table: ReportTable, number: str, name: str, values: Values) -> Reported:
    column = _project_column(table, values)
    keys = values.column(table.block, column)
    rows = [key.row for key in keys if folded(values.text(key) or "") == folded(name)]
    made = _table(table, number, table.title.format(name), rows, values)
    total = [
        row
        for funds in values.form.of(ProjectFunds)
        if funds.block == table.block and rows
        for row in [_total(funds, rows[0], values)]
    ]
    return Reported(made.number, made.title, made.headings, (*made.rows, *total), made.naming, name)


def _project_column(table: ReportTable, values: Values) -> str:
    funds = {one.block: one.project for one in values.form.of(ProjectFunds)}
    listed = {one.block: one.project for one in values.form.of(Indicators)}
    return (listed | funds)[table.block]


def _total(funds: ProjectFunds, row: str, values: Values) -> tuple[ShownCell, ...]:
    """Give the last row of a project's funds: 合计, budget, spent, rate."""
    budget, spent = funds.cell(row, funds.budget), funds.cell(row, funds.spent)
    rate = share_of(values, spent, budget)
    share = (
        ShownCell("")
        if rate is None
        else ShownCell(Measure.RATE.text(rate), spent, rate, Measure.RATE)
    )
    return ShownCell(TOTAL), shown_in(values, budget), shown_in(values, spent), share


def share_of(values: Values, part: Key, whole: Key) -> Decimal | None:
    """Give what one figure is of another as it is shown, a fraction; None of nothing."""
    one, all_of_it = values.exact(part), values.exact(whole)
    return None if one is None or not all_of_it else rate_shown(one / all_of_it)
