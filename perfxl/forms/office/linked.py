"""What formulas and checks refer to: other workbooks, circles, cells that move with a list.

What cannot be read is a fault. What goes beyond what is computed here is a remark: a formula stays
as it is and lives in the template, a check is not judged.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from graphlib import CycleError, TopologicalSorter
from typing import cast

from msgspec import Struct, field
from msgspec.structs import replace

from perfxl.expr.office import EVERY, Area, Call, CellAt, Constant, Node, bare
from perfxl.expr.office_check import cells_of
from perfxl.expr.tree import Grid, Key, columns, nodes, references
from perfxl.form.addresses import a1, column_number, quoted_sheet
from perfxl.form.drawing import DrawnSheet, Spot, area_of
from perfxl.form.faults import FormFault, Remark, Said, Wrong
from perfxl.form.model import NUMERIC, Kind, row_key
from perfxl.forms.office.model import CHECKS_SHEET, OF_THE_TOOL, DrawnCheck, OfficeForm, OpenList
from perfxl.forms.office.places import DrawnPlaces, Run
from perfxl.reading.formula import Place, read_formula

_MOST_CIRCLES = 20  # told at once
_SORTS: Mapping[Kind | None, type] = {
    Kind.TEXT: str,
    Kind.LONG: str,
    **dict.fromkeys(NUMERIC, Decimal),
}
Standing = tuple[str, Spot]  # a sheet and a cell of it


def linked(form: OfficeForm) -> tuple[list[FormFault], list[FormFault]]:
    """Give what is wrong with all formulas and checks of a form, and what is to be said of them."""
    links = _Links(form)
    for sheet in form.sheets:
        spare = {row for one in form.lists_of(sheet.name) for row in one.drawn if row != one.row}
        for spot, formula in sheet.formulas.items():
            if spot[0] not in spare:  # there it is the pattern's, filled down
                links.add_formula(sheet, spot, formula)
    links.faults += _circles(links.graph)
    for check in form.checks:
        links.add_check(check)
    return links.faults, links.remarks


class _Links(Struct, dict=True):
    """The references of a form as they are met; faults and remarks go to one list each."""

    form: OfficeForm
    faults: list[FormFault] = field(default_factory=list)
    remarks: list[FormFault] = field(default_factory=list)
    graph: dict[Standing, set[Standing]] = field(default_factory=dict)
    beyond: set[Standing] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.places = DrawnPlaces(self.form)
        self.runs = {run.key: run for run in self.places.all_runs()}
        self.names = [sheet.name for sheet in self.form.drawing.sheets]

    # ------------------------------------------------------------ formulas

    def add_formula(self, sheet: DrawnSheet, spot: Spot, formula: str) -> None:
        """Take in the formula of a cell."""
        own = next((one for one in self.form.lists_of(sheet.name) if one.row == spot[0]), None)
        read = read_formula(formula, _Sight(self.places, sheet.name, own), self.names)
        match read:
            case Wrong():
                self.faults.append(FormFault(sheet.name, spot, read))
            case Remark():
                self.remarks.append(FormFault(sheet.name, spot, read))
                self.beyond.add((sheet.name, spot))
            case _:
                self.graph[sheet.name, spot] = set(self._formulas(read))
                self.faults += self._outward(sheet, spot, read)

    def _formulas(self, tree: Node) -> Iterator[Standing]:
        """Give the formulas that a tree refers to."""
        for key in cells_of(tree):
            run, spot = self.standing(key)
            if spot in run.sheet.formulas:
                yield run.sheet.name, spot

    def standing(self, key: Key) -> tuple[Run, Spot]:
        """Give where a cell stands in the drawing, a whole column of a list with its pattern."""
        run = self.runs[key.block]
        row = run.listed.row if run.listed else int(key.row) - 1
        return run, (row, column_number(key.column))

    def _outward(self, sheet: DrawnSheet, spot: Spot, tree: Node) -> Iterator[FormFault]:
        """Tell of references that shift when a pattern row is filled down, unless $ holds them."""
        run = self.places.run(sheet.name, spot[0])
        if run is None or run.listed is None:
            return
        grid = self._as_drawn(sheet)
        for node in nodes(tree):
            match node:
                case CellAt(key, fixed):
                    loose = key.block != run.key and not fixed[1]
                    held: Node = replace(node, fixed=(True, True))
                case Area(_, (first, last)):
                    inside = any(key.block == run.key for key in node.keys)
                    loose = not inside and not (first[1] and last[1])
                    held = replace(node, fixed=((True, True), (True, True)))
                case _:
                    continue
            if loose:
                cells = {"cell": node.formula(grid), "held": held.formula(grid)}
                yield FormFault(sheet.name, spot, Wrong.of("cell-off-list", **cells))

    def _as_drawn(self, sheet: DrawnSheet) -> Grid:
        return cast("Grid", _AsDrawn(self, sheet))

    # ------------------------------------------------------------ checks

    def add_check(self, check: DrawnCheck) -> None:
        """Take in a check."""
        own = self.form.sheets[0].name if len(self.form.sheets) == 1 else ""
        sight = _Sight(self.places, own, None, of_check=True)
        sides = [read_formula(side, sight, self.names) for side in (check.left, check.right)]
        self.faults += (_of(check, side) for side in sides if isinstance(side, Wrong))
        trees = [side for side in sides if isinstance(side, Node)]
        beyond = [side for side in sides if isinstance(side, Remark)]
        if beyond or any(self._hangs_on_beyond(tree) for tree in trees):
            why = Remark.of("check-beyond")
            self.remarks.append(_of(check, replace(beyond[0], fix=why.fix) if beyond else why))
        if len(trees) == len(sides):
            self.faults += self._check_faults(check, *trees)

    def _hangs_on_beyond(self, tree: Node) -> bool:
        seen, waiting = set[Standing](), list(self._formulas(tree))
        for one in waiting:
            if one not in seen:
                seen.add(one)
                waiting += self.graph.get(one, ())
        return not seen.isdisjoint(self.beyond)

    def _check_faults(self, check: DrawnCheck, left: Node, right: Node) -> Iterator[FormFault]:
        """Tell of sides that cannot be held against each other."""
        if not any((*references(side), *columns(side)) for side in (left, right)):
            yield _of(check, Wrong.of("check-no-cells"))
        sorts = {self._sort(right): check.right, self._sort(left): check.left}
        if str in sorts and (Decimal in sorts or check.relation not in {"=", "≠"}):
            yield _of(check, Wrong.of("check-text", side=sorts[str]))
        ranges = [side for side in map(bare, (left, right)) if isinstance(side, Area)]
        if not ranges:
            return
        texts = [one.formula(self._as_drawn(self.form.sheets[0])) for one in ranges]
        if len(ranges) < 2:
            side, other = (right, check.right) if ranges[0] is bare(left) else (left, check.left)
            if any((*references(side), *columns(side))):
                yield _of(check, Wrong.of("check-one-range", range=texts[0], other=other))
            return
        one, two = ranges
        if one.shape != two.shape:
            sizes = (f"{t}({self._size(r)})" for t, r in zip(texts, ranges, strict=True))
            yield _of(check, Wrong.of("check-shapes", sizes=" 和 ".join(sizes)))
        elif [bool(key) for row in one.rows for key in row] != [
            bool(key) for row in two.rows for key in row
        ]:
            yield _of(check, Wrong.of("check-gaps", one=texts[0], other=texts[1]))

    def _sort(self, side: Node) -> type | None:
        """Give whether a side is a text or a number, None where nobody knows or it is ""."""
        match bare(side):
            case Constant(str() | Decimal() as held) if held != "":
                return type(held)
            case Call("&"):
                return str
            case CellAt(key):
                run, spot = self.standing(key)
                one = self.places.inputs.get((run.sheet.name, spot))
                return _SORTS.get(one.token.kind) if one and not one.choices else None
        return None

    def _size(self, area: Area) -> str:
        """Give how many rows and columns a range has once its lists have all their rows."""
        lists = (self.runs[block].listed for block in area.shape[1] if block)
        rows = len(area.rows) + sum(one.rows - 1 for one in lists if one)
        return f"{rows} 行 {area.shape[0]} 列"


def _of(check: DrawnCheck, said: Said) -> FormFault:
    told = replace(said, what=f"编号 {check.id} {said.what}")
    return FormFault(CHECKS_SHEET, (check.row, 0), told)


class _AsDrawn(Struct, frozen=True):
    """As much of a `Grid` as an office's formulas take: references as they stand in its drawing."""

    links: _Links
    sheet: DrawnSheet

    def cell(self, key: Key) -> str:
        run, spot = self.links.standing(key)
        here = run.sheet.name == self.sheet.name
        return a1(*spot) if here else f"{quoted_sheet(run.sheet.name)}!{a1(*spot)}"

    def column(self, block: str, column: str) -> str:
        cell = self.cell(Key(block, EVERY, column))
        return f"{cell}:{cell}"


class _Sight(Struct, frozen=True):
    """What a formula on a sheet sees, or what is wrong with where it looks.

    `own` is the list whose pattern row it stands in; a check stands on no sheet of the form: where
    there are several it must say which.
    """

    places: DrawnPlaces
    sheet: str
    own: OpenList | None
    of_check: bool = False

    def __call__(self, place: Place) -> Key | Wrong | None:
        """Give the key of a cell, as `reading.formula.Resolve`."""
        form, name = self.places.office, _named(place)
        if not place.sheet and not self.sheet:
            return Wrong.of("sheet-unsaid", cell=name, sheet=form.sheets[0].name)
        target = form.drawing.sheet(place.sheet or self.sheet)
        if target is None or target.name.strip() in OF_THE_TOOL:
            return Wrong.of("sheet-of-tool" if target else "sheet-unknown", sheet=place.sheet)
        wrong = (
            None if place.row is None else self._astray(target, (place.row, place.column), place)
        )
        return wrong or self.places.seen_from(self.sheet, self.own, row_key(1))(place)

    def _astray(self, target: DrawnSheet, spot: Spot, place: Place) -> Wrong | None:
        """Tell of cells that are part of another, of a list, or that hold nothing to check."""
        area, name = target.area(spot), _named(place)
        if area.first != spot and not place.ranged:
            return Wrong.of("cell-merged", cell=name, first=a1(*area.first))
        lists = self.places.office.lists_of(target.name)
        one = next((one for one in lists if spot[0] in one.drawn), None)
        if one is not None and one != self.own and self._is_listed(target, one, spot):
            return _of_list(one, place)
        if self.of_check and not place.ranged and _says_nothing(target, spot):
            return Wrong.of("cell-silent", cell=name)
        return None

    def _is_listed(self, target: DrawnSheet, one: OpenList, spot: Spot) -> bool:
        """Whether a cell is in a column of a list, and no label merged down across it."""
        label = any(label.covers(area_of(spot)) for label in one.labels)
        return not label and self.places.key(target.name, (one.row, spot[1])) is not None


def _named(place: Place) -> str:
    cell = a1(place.row or 0, place.column)
    return f"{place.sheet}!{cell}" if place.sheet else cell


def _of_list(one: OpenList, place: Place) -> Wrong | None:
    """Tell of references from outside to cells of a list that do not mean the whole of it."""
    if place.ranged and one.row in place.rows:
        return None
    name = "cell-beside-list" if place.ranged else "cell-of-list"
    return Wrong.of(name, cell=_named(place), pattern=a1(one.row, place.column))


def _says_nothing(sheet: DrawnSheet, spot: Spot) -> bool:
    """Whether a cell holds neither a token, nor a formula, nor a number."""
    cell = sheet.cell(spot)
    wording = cell.raw is None or isinstance(cell.raw, str)
    return not cell.formula and wording and "【" not in str(cell.raw)


def _circles(graph: Mapping[Standing, set[Standing]]) -> Iterator[FormFault]:
    left = {place: set(others) for place, others in graph.items()}
    for _ in range(_MOST_CIRCLES):
        try:
            TopologicalSorter(left).prepare()
        except CycleError as error:
            circle = list(dict.fromkeys(error.args[1]))
            sheet, first = min(circle)
            through = "、".join(a1(*spot) for _, spot in sorted(circle)[:5])
            yield FormFault(sheet, first, Wrong.of("circle", through=through))
            left = {p: others - set(circle) for p, others in left.items() if p not in circle}
        else:
            return
