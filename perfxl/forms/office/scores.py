"""The scores of an office's form: what each may come to, what they add up to, the grade."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from msgspec.structs import replace

from perfxl.expr.aggregates import ColumnSum, LegibleColumn
from perfxl.expr.arithmetic import Round, Sum
from perfxl.expr.cells import Legible, Number
from perfxl.expr.logic import All, legibly
from perfxl.expr.office import Call, Node
from perfxl.expr.office_check import cells_of
from perfxl.expr.rounding import MONEY_PLACES
from perfxl.expr.tree import Expr, Key, nodes
from perfxl.form.addresses import column_name
from perfxl.form.drawing import Spot
from perfxl.form.model import Block, Column, Item, Kind
from perfxl.form.relations import Conclusion, ScoreItem, ScoreRows
from perfxl.forms.office import headings
from perfxl.forms.office.drawn import parts_of, points_in
from perfxl.forms.office.model import Input
from perfxl.forms.office.places import DrawnPlaces, Run
from perfxl.reading.formula import read_formula

SCORE, POINTS, TOTAL, GRADE = "得分", "分值", "总得分", "等级"
_REASONS = ("扣分原因", "偏差原因")
_LEVELS = ("三级指标", "二级指标", "一级指标")
_MATERIAL = "佐证材料"
_SUPPORTED = "测算"  # in the heading over a formula: the score that the tables support
_ADDING = {"SUM", "ROUND", "+", "()", "IF", "COUNT", "=", "IFERROR"}  # what leaves a sum one
_BOUNDS = ("低", "高")  # where two such headings say between what it lies
_SUM = "sum_of_scores"  # the helper column with what the scores come to


class _Taken(NamedTuple):
    """The scores that a formula takes in; those it `adds` up, none where it does anything else."""

    scores: set[Key]
    adds: set[Key]

    @classmethod
    def of(cls, parts: Sequence[_Taken], formula: Node) -> _Taken:
        """Give what a formula takes in of these parts."""
        calls = {node.name for node in nodes(formula) if isinstance(node, Call)}
        adds = set[Key]().union(*(part.adds for part in parts)) if calls <= _ADDING else set[Key]()
        return cls(set[Key]().union(*(part.scores for part in parts)), adds)


class Scores:
    """The scores of a form that an office drew."""

    def __init__(self, places: DrawnPlaces) -> None:
        """Begin with where all cells are."""
        self.places = places

    # ------------------------------------------------------------ single scores

    @cached_property
    def rows(self) -> tuple[ScoreRows, ...]:
        """The columns of scores, those of indicators and of lists."""
        return tuple(one for run in self.places.all_runs() if (one := self._rows(run)))

    def _rows(self, run: Run) -> ScoreRows | None:
        asked = [one for one in self.places.asked(run) if one.token.word == SCORE]
        if not asked or not (run.indicators or run.listed):
            return None
        parts = {word: column_name(at) for word, at in self._parts(run).items()}
        _, supported = self._supported(run, asked[0])
        return ScoreRows(
            block=run.key,
            name=parts.get("三级指标") or self._naming(run),
            stated=column_name(asked[0].area.left),
            points=parts.get(POINTS, ""),
            reason=next((parts[word] for word in _REASONS if word in parts), ""),
            supported=supported.column if supported else "",
        )

    def _parts(self, run: Run) -> Mapping[str, int]:
        return run.parts or {w: at for w, (_, at) in self._row_parts(run, run.rows.start).items()}

    def _naming(self, run: Run) -> str:
        """Give the first column of a list that is filled with a text."""
        texts = (one for one in self.places.asked(run) if one.token.kind in {Kind.TEXT, Kind.LONG})
        first = next(texts, next(self.places.asked(run)))
        return column_name(first.area.left)

    @cached_property
    def items(self) -> tuple[ScoreItem, ...]:
        """The scores that stand alone, top to bottom."""
        plain = (r for r in self.places.all_runs() if not (r.indicators or r.listed))
        asked = (one for run in plain for one in self.places.asked(run) if one.token.word == SCORE)
        return tuple(map(self._item, asked))

    def _item(self, one: Input) -> ScoreItem:
        run = self.places.run(one.sheet, one.area.top)
        assert run is not None, "tokens stand within the rows of a form"
        parts = self._row_parts(run, one.area.top)
        cells = {word: self.places.key(one.sheet, spot) for word, spot in parts.items()}
        low, high = self._supported(run, one)
        return ScoreItem(
            name=self._called(one),
            points=self._points(one, parts),
            stated=self._key(one),
            reason=next((cells[word] for word in _REASONS if word in cells), None),
            material=cells.get(_MATERIAL),
            low=low,
            high=high,
            computed=high is not None,
        )

    def _called(self, one: Input) -> str:
        """Give what is scored: the lowest level of indicator its row names, else its label."""
        grid, row = self.places.grids[one.sheet], one.area.top
        named = {grid.heading_kind(grid.heading(a)): a for a in grid.row(row) if grid.wording(a)}
        area = next((named[word] for word in _LEVELS if word in named), grid.label(one.area))
        return headings.told(grid.wording(area)) if area else one.label

    def _points(self, one: Input, parts: Mapping[str, Spot]) -> str | Key:
        if one.token.points is not None:
            return f"{one.token.points:f}"
        spot = parts.get(POINTS)
        points = points_in(self.places.grids[one.sheet].sheet, spot)
        if points is not None:
            return f"{points:f}"
        asked = spot and self.places.inputs.get((one.sheet, spot))
        return self._key(asked) if asked else ""

    def _supported(self, run: Run, one: Input) -> tuple[Key | None, Key | None]:
        """Give the cells of the row in which formulas say what the tables support: least, most."""
        grid = self.places.grids[one.sheet]
        found: dict[str, Key | None] = {}
        for area in grid.row(one.area.top):
            heads = "".join(grid.told_over(area))
            if run.sheet.cell(area.first).formula and _SUPPORTED in heads:
                bound = next((bound for bound in _BOUNDS if bound in heads), "")
                found.setdefault(bound, self.places.key(one.sheet, area.first))
        low, high = (found.get(bound, found.get("")) for bound in _BOUNDS)
        return low or high, high or low

    def _row_parts(self, run: Run, row: int) -> dict[str, Spot]:
        return dict(parts_of(self.places.grids[run.sheet.name], row, self.places.inputs))

    def _key(self, one: Input) -> Key:
        key = self.places.key(one.sheet, one.spot)
        assert key is not None, "a token has a cell"
        return key

    # ------------------------------------------------------------ the total

    def conclusion(self) -> Conclusion | None:
        """Give the total and the grade, None where no total is asked for or computed."""
        asked, grade = self._first(TOTAL), self._first(GRADE)
        stated = self._key(asked) if asked else self._computed
        if stated is None:
            return None
        return Conclusion(
            stated=stated,
            grade=self._key(grade) if grade else None,
            total=stated._replace(column=_SUM) if asked and self._is_whole else None,
            grades=tuple((one.name, f"{one.floor:f}") for one in grade.token.grades)
            if grade
            else (),
        )

    @property
    def _computed(self) -> Key | None:
        """Give the last cell, in the row of a whole, whose formula takes in scores asked for."""
        return next(reversed(self._sums), None)

    @cached_property
    def _sums(self) -> dict[Key, _Taken]:
        """What the formulas in rows of a whole take in of the scores asked for."""
        asked = (self._key(one) for one in self.places.inputs.values() if one.token.word == SCORE)
        taken = {key: _Taken({key}, {key}) for key in asked}
        found = dict[Key, _Taken]()
        for sheet, spot in self._formulas:
            key, read = self.places.key(sheet, spot), self._read(sheet, spot)
            parts = [taken[one] for one in cells_of(read) if one in taken] if read else []
            if key and read and parts:
                taken[key] = _Taken.of(parts, read)
                if self._is_whole_row(sheet, spot[0]):
                    found[key] = taken[key]
        return found

    def _read(self, sheet: str, spot: Spot) -> Node | None:
        text = self.places.grids[sheet].sheet.formulas[spot]
        read = read_formula(text, self.places.seen_from(sheet), [*self.places.runs])
        return read if isinstance(read, Node) else None

    def _is_whole_row(self, sheet: str, row: int) -> bool:
        grid = self.places.grids[sheet]
        return any(headings.is_whole(grid.wording(area)) for area in grid.row(row))

    def _first(self, word: str) -> Input | None:
        return next((one for one in self.places.inputs.values() if one.token.word == word), None)

    @property
    def _is_whole(self) -> bool:
        """Whether the total is that of the scores asked for: none is computed, but for their sum.

        What else a formula gives may be part of the total, too.
        """
        every = {self._key(one) for one in self.places.inputs.values() if one.token.word == SCORE}
        summed = any(one.adds == every for one in self._sums.values())
        return bool(every) and (summed or not self._formulas)

    @cached_property
    def _formulas(self) -> list[tuple[str, Spot]]:
        """The formulas under a heading over scores, by sheet and cell, top to bottom."""
        found = ((s, spot) for s in self.places.office.sheets for spot in sorted(s.formulas))
        heads = ((s, spot, self.places.grids[s.name].told_over(s.area(spot))) for s, spot in found)
        return [(s.name, spot) for s, spot, h in heads if h and headings.of_heading(h[-1]) == SCORE]

    def with_sum(self, block: Block) -> Block:
        """Give a block, beside the typed total, if that is in it, what the scores come to."""
        conclusion = self.conclusion()
        total = conclusion.total if conclusion else None
        if total is None or total.block != block.key:
            return block
        item = Item(Kind.SCORE, unit="分", formula=self._sum())
        rows = tuple(
            replace(row, items={**row.items, _SUM: item}) if row.key == total.row else row
            for row in block.rows
        )
        helper = Column(_SUM, "各项得分之和", hidden=True)
        return replace(block, columns=(*block.columns, helper), rows=rows)

    def _sum(self) -> Expr:
        single = tuple(item.stated for item in self.items)
        columns = [(one.block, one.stated) for one in self.rows]
        parts = (*map(Number, single), *(ColumnSum(*column) for column in columns))
        legible = (Legible(single), *(LegibleColumn(*column) for column in columns))
        known = All(legible if single else legible[1:])
        return legibly(known, Round(Sum(parts), MONEY_PLACES))
