"""Which cell of the form stands where in the drawing: runs of rows, keys, references."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cached_property
from itertools import chain

from msgspec import Struct

from perfxl.expr.office import EVERY
from perfxl.expr.tree import Key
from perfxl.form.addresses import a1, column_name
from perfxl.form.drawing import DrawnSheet, Spot
from perfxl.form.faults import Wrong
from perfxl.forms.office.grid import DrawnGrid
from perfxl.forms.office.model import IndicatorRow, Input, OfficeForm, OpenList
from perfxl.reading.formula import Place, Resolve


class Run(Struct, frozen=True, dict=True):
    """Rows of one sheet that make a block: rows of indicators, an open list, or any others."""

    key: str
    sheet: DrawnSheet
    rows: range
    listed: OpenList | None = None
    indicators: Mapping[int, IndicatorRow] | None = None

    @cached_property
    def parts(self) -> Mapping[str, int]:
        """In which column each part of its indicators stands, none where its rows are none."""
        rows = (self.indicators or {}).values()
        return {word: column for row in rows for word, column in _columns(row).items()}

    def row_key(self, row: int) -> str:
        """Give the key of a row drawn, counted from 0; of a list that of each of its rows."""
        return EVERY if self.listed else str(row + 1)


class DrawnPlaces:
    """The runs of all sheets of a form, and the keys of their cells."""

    def __init__(self, office: OfficeForm) -> None:
        self.office = office
        self.grids = {sheet.name: DrawnGrid(office.drawing, sheet) for sheet in office.sheets}
        self.inputs = {(one.sheet, one.spot): one for one in office.inputs}

    @cached_property
    def runs(self) -> Mapping[str, tuple[Run, ...]]:
        """The runs of each sheet, top to bottom, by its name."""
        sheets = enumerate(self.office.sheets, 1)
        return {sheet.name: tuple(self._runs(number, sheet)) for number, sheet in sheets}

    def all_runs(self) -> Iterator[Run]:
        """Give the runs of all sheets, one after another."""
        return chain.from_iterable(self.runs.values())

    def _runs(self, number: int, sheet: DrawnSheet) -> Iterator[Run]:
        lists = {one.row: one for one in self.office.lists_of(sheet.name)}
        among = {one.row: one for one in self.office.indicators if one.sheet == sheet.name}
        row, count = 0, 0
        while row < self.grids[sheet.name].rows:
            end = self._end(sheet, row, lists, among)
            count += 1
            own = {n: among[n] for n in range(row, end) if n in among}
            yield Run(f"s{number}b{count}", sheet, range(row, end), lists.get(row), own or None)
            row = end

    def _end(
        self,
        sheet: DrawnSheet,
        row: int,
        lists: Mapping[int, OpenList],
        among: Mapping[int, IndicatorRow],
    ) -> int:
        """Give where the run that begins in a row ends: at a list, or where the rows change."""
        if row in lists:
            return lists[row].drawn.stop
        own, end = _columns(among.get(row)), row + 1
        while end < self.grids[sheet.name].rows and end not in lists:
            more = _columns(among.get(end))
            if bool(more) != bool(own) or any(own.get(w, c) != c for w, c in more.items()):
                break
            own, end = {**own, **more}, end + 1
        return end

    def asked(self, run: Run) -> Iterator[Input]:
        """Give the tokens in the rows of a run."""
        return (
            one
            for (sheet, spot), one in self.inputs.items()
            if sheet == run.sheet.name and spot[0] in run.rows
        )

    @cached_property
    def _run_of(self) -> Mapping[tuple[str, int], Run]:
        return {(run.sheet.name, row): run for run in self.all_runs() for row in run.rows}

    def run(self, sheet: str, row: int) -> Run | None:
        """Give the run a row drawn belongs to."""
        return self._run_of.get((sheet, row))

    def key(self, sheet: str, spot: Spot) -> Key | None:
        """Give the key of what stands in a cell, None where nothing does; see `Run.row_key`."""
        run = self.run(sheet, spot[0])
        if run is None or run.sheet.area(spot).first != spot or run.sheet.is_empty(spot):
            return None
        if run.listed and spot[0] != run.listed.row:
            return None
        return Key(run.key, run.row_key(spot[0]), column_name(spot[1]))

    @cached_property
    def names(self) -> Mapping[tuple[str, Spot], str]:
        """What people call each cell that is filled in or computed; no two are called the same."""
        cells = [*self.inputs, *((s.name, spot) for s in self.office.sheets for spot in s.formulas)]
        names = {cell: self._name(cell, 1) for cell in cells}
        for named in (lambda cell: self._name(cell, 2), self._with_address):
            alike = Counter(names.values())
            names |= {cell: named(cell) for cell, name in names.items() if alike[name] > 1}
        return names

    def _name(self, cell: tuple[str, Spot], levels: int) -> str:
        name, spot = cell
        return self.grids[name].naming(self.grids[name].sheet.area(spot), levels)

    def _with_address(self, cell: tuple[str, Spot]) -> str:
        return f"{self._name(cell, 2)}({a1(*cell[1])})"

    def seen_from(self, sheet: str, listed: OpenList | None = None, row: str = EVERY) -> Resolve:
        """Give what tells a formula on a sheet which cells it names, in a list's row or not."""

        def resolve(place: Place) -> Key | Wrong | None:
            where = self.office.drawing.sheet(place.sheet) if place.sheet else None
            name = sheet if not place.sheet else where.name if where else ""
            if name not in self.runs:
                return Wrong.of("sheet-unknown", sheet=place.sheet)
            if place.row is None:
                return self._column(name, place.column)
            key = self.key(name, (place.row, place.column))
            own = listed and name == listed.sheet and place.row == listed.row
            return key._replace(row=row) if key and own and _is_of_row(place) else key

        return resolve

    def _column(self, sheet: str, column: int) -> Key | None:
        lists = list(self.office.lists_of(sheet))
        return self.key(sheet, (lists[0].row, column)) if len(lists) == 1 else None


def _is_of_row(place: Place) -> bool:
    """Whether a reference within a pattern row means its own row: across columns it adds that up.

    Down one column, and with a $ before the row, it means the whole list.
    """
    return not place.ranged or (place.wide and not place.fixed[1])


def _columns(row: IndicatorRow | None) -> Mapping[str, int]:
    """Give in which column each part of an indicator stands; none where a row is no indicator."""
    return {word: column for word, (_, column) in row.columns.items()} if row else {}
