"""A sheet as an office drew it, with our guarantees: its look, our keys, checks, answers, locks.

What the drawing shows stands as it is drawn; only the rows of a list are repeated, and what stands
below moves down with them. Right of it and below it, hidden and not printed, are the keys.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from msgspec import Struct
from msgspec.structs import replace
from xlsxwriter.worksheet import Worksheet

from perfxl.expr.tree import Key
from perfxl.form.addresses import a1, quoted_sheet
from perfxl.form.drawing import (
    DrawnArea,
    DrawnCell,
    DrawnSheet,
    Look,
    Spot,
    Strip,
    Validation,
    area_of,
)
from perfxl.form.layout import BlockPlace, Layout, drawn_rows, identity, row_mark
from perfxl.form.model import Form, Item, Kind, Sheet
from perfxl.form.raw import text_of
from perfxl.render.cells import (
    LONGEST_LIST,
    LONGEST_PROMPT,
    PROTECTION,
    TALLEST_ROW,
    Cells,
    height_of,
    ignore_triangles,
    lines_needed,
    validation,
)
from perfxl.render.extras import Flag
from perfxl.render.grown import GrownRows, moved, sheets_in
from perfxl.render.styles import INPUT_FILL, SEVERITY_FILL, Styles
from perfxl.text.safe import storable

LONGEST_TITLE = 32  # of a prompt or a refusal
_FORMATS = {Kind.CODE: "@", Kind.DATE: "yyyy-mm-dd"}  # without which leading zeros or days are lost
_PIXELS, _DIGIT = 4 / 3, 7  # of a point; of a character
_CUSTOM = 1e-9  # the writer takes a height equal to the usual one for none of its own
_TYPES = {"textLength": "length"}  # validations that the writer calls otherwise
_NOTE = {"author": "", "x_scale": 1.5}
_PLAIN = Strip()
_ROW_HEIGHT, _FONT_SIZE = 15.0, 11  # of a workbook that says neither
_WRAPS = frozenset(
    {
        *(("text_wrap", True), ("align", "justify"), ("align", "distributed")),
        *(("valign", "vjustify"), ("valign", "vdistributed")),
    }
)
_KEYS_WIDTH, _HIDDEN_WIDTH = 3, 8


def grown_rows(layout: Layout, form: Form) -> dict[str, GrownRows]:
    """Give the rows of every drawn sheet, by the name of the sheet in lower case."""
    drawn = (sheet for sheet in form.sheets if sheet.drawing is not None)
    return {s.name.casefold(): GrownRows(drawn_rows(layout.of_sheet(s))) for s in drawn}


def grown_names(form: Form, grown: Mapping[str, GrownRows]) -> Iterator[tuple[str, str]]:
    """Give the names an office gave, and what they name, as far as its sheets are of the form."""
    drawing = next((s.drawing for s in form.sheets if s.drawing is not None), None)
    for name, text in drawing.names.items() if drawing else ():
        sheet = sheets_in(f"{name.rpartition('!')[0]}!A1") if "!" in name else set()
        if "[" not in text and "#REF!" not in text and grown.keys() >= sheet | sheets_in(text):
            yield name, f"={moved(text, lambda one: grown.get(one.casefold()))}"


class Placed(Struct, frozen=True):
    """An item at its cell: key, the area it takes up, the cell drawn there."""

    key: Key
    item: Item
    area: DrawnArea
    cell: DrawnCell
    drawn: Spot


class DrawnPaper(Struct, frozen=True, dict=True):
    """A worksheet becoming what an office drew; `grown` are the rows of all such sheets."""

    paper: Worksheet
    sheet: Sheet
    cells: Cells
    styles: Styles
    grown: Mapping[str, GrownRows]

    def write(self) -> None:
        """Write all of the sheet."""
        self._sizes()
        self._merges()
        self._contents()
        self._beside()
        self._validations()
        self._conditions()
        self._page()
        self._view()

    # ------------------------------------------------------------ what stands where

    @property
    def drawing(self) -> DrawnSheet:
        """What was drawn."""
        assert self.sheet.drawing is not None, "a drawn sheet"
        return self.sheet.drawing

    @cached_property
    def places(self) -> Sequence[BlockPlace]:
        """Its runs of rows."""
        return list(self.cells.layout.of_sheet(self.sheet))

    @cached_property
    def rows(self) -> GrownRows:
        """Its rows, each a repetition of one drawn."""
        return self.grown[self.sheet.name.casefold()]

    @cached_property
    def columns(self) -> dict[str, tuple[int, bool]]:
        """Where the columns that are not drawn stand, by key, and whether they are seen."""
        return {
            one.key: (place.columns[one.key][0], one.last)
            for place in self.places
            for one in place.block.columns
            if one.at is None
        }

    @cached_property
    def width(self) -> int:
        """How many columns are drawn: the live hints stand right of them."""
        hints = any(column.last for place in self.places for column in place.block.columns)
        return len(self.sheet.widths) - hints

    @property
    def whole(self) -> DrawnArea:
        """What is drawn, without what of ours is beside and below it."""
        return DrawnArea(0, 0, len(self.rows.drawn) - 1, self.width - 1)

    @cached_property
    def merges(self) -> dict[Spot, DrawnArea]:
        """The merged areas by their first cell."""
        drawn = (one for one in self.drawing.merges if one.left < self.width)
        areas = (_within(area, self.whole) for one in drawn for area in self.rows.repeated(one))
        return {area.first: area for area in areas if area.first != area.last}

    @cached_property
    def placed(self) -> dict[Spot, Placed]:
        """The items that have a cell of their own in the drawing, by that cell."""
        found = {}
        for place in self.places:
            for number, row in enumerate(place.block.rows):
                for name, item in row.items.items():
                    at = (place.first + number, place.columns[name][0])
                    if item.home is None and name not in self.columns:
                        found[at] = self._placed(Key(place.block.key, row.key, name), item, at)
        return found

    def _placed(self, key: Key, item: Item, at: Spot) -> Placed:
        drawn = (self.rows.drawn[at[0]], at[1])
        return Placed(key, item, self.merges.get(at, area_of(at)), self.drawing.cell(drawn), drawn)

    @cached_property
    def flags(self) -> dict[Spot, Flag]:
        """What is wrong, by the cell that shows what it is about."""
        layout, found = self.cells.layout, dict[Spot, Flag]()
        for key, flag in self.cells.extras.flags.items():
            if layout.sheet(key).key == self.sheet.key:
                found.setdefault(layout.spot(key), flag)
        return found

    # ------------------------------------------------------------ sizes, merges

    def _sizes(self) -> None:
        drawing, paper = self.drawing, self.paper
        usual = drawing.row_height * _PIXELS
        if usual:  # both, or each row would get this height as its own
            paper.default_row_height = paper.original_row_height = usual
        for at, row in enumerate(self.rows.drawn):
            strip, height = drawing.rows.get(row, _PLAIN), self.heights.get(at)
            options = _options(strip, row in drawing.hidden_rows)
            if height is not None or options:
                pixels = None if height is None else height * _PIXELS
                if pixels is not None and pixels == paper.default_row_height:
                    pixels += _CUSTOM
                paper.set_row_pixels(at, pixels, self._across(strip), options)
        for column in range(self.width):
            width = drawing.widths.get(column) or drawing.column_width
            strip = drawing.columns.get(column, _PLAIN)
            options = _options(strip, column in drawing.hidden_columns)
            style = self._across(strip)
            if width or options or style:
                exact = round(width * 256) / 256 * _DIGIT if width else None
                paper.set_column_pixels(column, column, exact, style, options)

    @cached_property
    def heights(self) -> dict[int, float]:
        """The heights of rows as drawn, more where what is typed would be cut."""
        usual = self.drawing.row_height or _ROW_HEIGHT
        drawn = ((at, self.drawing.heights.get(row)) for at, row in enumerate(self.rows.drawn))
        found = {at: height for at, height in drawn if height is not None}
        tall = dict(found)  # as seen: with rows that Excel fits to their cells, but for merged ones
        for one in sorted(self.placed.values(), key=lambda one: one.area.shape):
            at = one.area.bottom
            fitted = at not in found and one.area.first == one.area.last
            short = self._needed(one) - sum(tall.get(row, usual) for row in one.area.rows)
            grown = min(short, TALLEST_ROW - tall.get(at, usual))
            if grown > 0 and (fitted or one.item.is_input):
                tall[at] = tall.get(at, usual) + grown
                if not fitted:
                    found[at] = tall[at]
        return found

    def _needed(self, one: Placed) -> float:
        """Give the points that the lines of a text take, 0 where it stands on one."""
        text = self.cells.words(one.key, one.item)
        if not text or _WRAPS.isdisjoint(one.cell.look):
            return 0.0
        usual, size = (
            float(dict(look).get("font_size", _FONT_SIZE))
            for look in (self.drawing.normal, one.cell.look)
        )
        width = sum(self.sheet.widths[column] for column in one.area.columns)
        lines = lines_needed(text, width * usual / size)
        return height_of(lines, size) if lines > 1 else 0.0

    def _across(self, strip: Strip) -> Any:
        """Give the format of the cells of a row or column that are not there."""
        return self.styles.exact(strip.look) if strip.look else None

    def _merges(self) -> None:
        for area in self.merges.values():  # not by `merge_range`: each cell keeps its own lines
            self.paper.merge.append([*area.first, *area.last])

    # ------------------------------------------------------------ cells

    def _contents(self) -> None:
        looks = {spot: one for one in self.placed.values() for spot in one.area.spots()}
        by_row: dict[int, list[tuple[int, DrawnCell]]] = {}
        for (row, column), cell in sorted(self.drawing.cells.items()):
            by_row.setdefault(row, []).append((column, cell))
        for at, row in enumerate(self.rows.drawn):
            for column, cell in by_row.get(row, ()):
                if column >= self.width:
                    continue
                spot = (at, column)
                self.paper.write_blank(*spot, None, self._style(cell.look, looks.get(spot)))
                if cell.comment and spot not in self.placed:
                    self.paper.write_comment(*spot, storable(cell.comment), _NOTE)
        for spot, one in self.placed.items():
            self._content(*spot, one, self._style(one.cell.look, one))

    def _style(self, look: Look, one: Placed | None) -> Any:
        """Give the format of a cell: as drawn, but for what the unit must see and be able to do."""
        if one is None:
            return self.styles.exact(look)
        changes: dict[str, Any] = {}
        drawn = dict(look)
        if one.item.is_input:
            changes["locked"] = False
            if "num_format" not in drawn and one.item.kind in _FORMATS:
                changes["num_format"] = _FORMATS[one.item.kind]
            # an office's own colour stays. A white cell gets that of our inputs: what is drawn for
            # print says by its box alone where to write, and a clerk must see which boxes take
            # typing and which are locked; wording, which is to look as drawn, is never coloured
            if "pattern" not in drawn:
                changes |= {"pattern": 1, "bg_color": INPUT_FILL}
        flag = self.flags.get(one.area.first)
        if flag:
            changes |= {"pattern": 1, "bg_color": SEVERITY_FILL[flag.severity]}
        return self.styles.exact(look, **changes)

    def _content(self, row: int, column: int, one: Placed, style: Any) -> None:
        item, cell, paper = one.item, one.cell, self.paper
        fixed = item.text if item.is_label else item.given
        if isinstance(fixed, str) and fixed.strip() == text_of(cell.raw):
            self._drawn(row, column, cell, style)
        elif item.given is not None:
            self.cells.raw(paper, row, column, item.given, style)
        else:
            self.cells.write(paper, row, column, one.key, item, style)
        if one.area.first in self.flags:
            self.cells.note(paper, row, column, self.flags[one.area.first])
        elif cell.comment and not item.is_input:  # that of an input is its prompt
            paper.write_comment(row, column, storable(cell.comment), _NOTE)

    def _drawn(self, row: int, column: int, cell: DrawnCell, style: Any) -> None:
        """Write fixed wording as it is drawn, in several fonts where it has them."""
        parts: list[Any] = []
        for text, font in cell.runs:
            parts += [self.styles.exact(font), storable(text)] if font else [storable(text)]
        if len(parts) > 2 and all(text for text, _ in cell.runs):
            self.paper.write_rich_string(row, column, *parts, style)
        else:
            self.cells.raw(self.paper, row, column, cell.raw, style)

    def _rows_of(self, name: str) -> GrownRows | None:
        return self.grown.get((name or self.sheet.name).casefold())

    # ------------------------------------------------------------ beside and below the drawing

    def _beside(self) -> None:
        """Write the keys, and the cells that stand right of what is drawn."""
        paper, style = self.paper, self.styles.named("key")
        first = self.places[0]
        hidden = {"hidden": True}
        paper.set_column(first.key_column, first.key_column, _KEYS_WIDTH, None, hidden)
        paper.set_row(first.keys, None, None, hidden)
        paper.write_string(
            first.keys, first.key_column, identity(self.cells.layout.form, self.sheet), style
        )
        for key, (at, _) in _all_columns(self.places).items():
            paper.write_string(first.keys, at, key, style)
        for at, seen in self.columns.values():
            if seen:
                paper.set_column(at, at, self.sheet.widths[-1])
                self._heading(at)
            else:
                paper.set_column(at, at, _HIDDEN_WIDTH, None, hidden)
        for place in self.places:
            self._beside_of(place)

    def _beside_of(self, place: BlockPlace) -> None:
        for number, row in enumerate(place.block.rows):
            at = place.first + number
            mark = row_mark(place.block.key, row.key)
            self.paper.write_string(at, place.key_column, mark, self.styles.named("key"))
            for name in filter(self.columns.get, row.items):
                key, item = Key(place.block.key, row.key, name), row.items[name]
                style, column = self.styles.of(item), place.columns[name][0]
                self.cells.write(self.paper, at, column, key, item, style)

    def _heading(self, at: int) -> None:
        """Write the heading of the column of hints above the first of them."""
        hints = (
            (place.first + number - 1, column.label)
            for place in self.places
            for column in place.block.columns
            for number, row in enumerate(place.block.rows)
            if column.last and column.key in row.items
        )
        row, text = next(hints, (-1, ""))
        if row >= 0:
            self.paper.write_string(row, at, text, self.styles.named("head"))

    # ------------------------------------------------------------ what may be typed

    def _validations(self) -> None:
        """Set what may be typed: our rule for a kind, else the office's own."""
        found: dict[str, tuple[dict[str, Any], list[DrawnArea]]] = {}
        for one in self.placed.values():
            rule = self._rule(one)
            if rule:
                found.setdefault(repr(rule), (rule, []))[1].append(one.area)
        for rule, areas in found.values():
            joined = joined_areas(areas)
            self.paper.data_validation(*joined[0].first, *joined[0].last, _several(rule, joined))

    def _rule(self, one: Placed) -> dict[str, Any] | None:
        item = one.item
        listed = len(",".join(item.choices)) <= LONGEST_LIST  # what a list in the cell may hold
        ours = validation(item if listed else replace(item, choices=()))
        if not item.is_input or (ours and ours["validate"] not in {"any", "date"}):
            return ours
        here = area_of(one.drawn)
        drawn = (v for v in self.drawing.validations if any(a.covers(here) for a in v.areas))
        theirs = next((rule for v in drawn if (rule := self._of_office(v, one))), None)
        said = {name: text for name, text in (ours or {}).items() if name == "input_message"}
        return ours if theirs is None else {**said, **theirs}

    def _of_office(self, found: Validation, one: Placed) -> dict[str, Any] | None:
        """Give a validation of the office's for one cell, None where it cannot be written."""
        top, left = found.areas[0].first
        by = (one.area.top - self.rows.first(top), one.area.left - left)
        values: list[Any] = [
            f"={moved(text.removeprefix('='), self._rows_of, by)}" for text in found.formulas
        ]
        if found.type == "list":
            listed = found.formulas[:1] and found.formulas[0].startswith('"')
            values = [list(found.choices)] if listed else values
            if not values or (listed and len(",".join(found.choices)) > LONGEST_LIST):
                return None
        if not values or found.type in {"", "none"}:
            return None
        named = dict(zip(("value", "maximum"), values, strict=False))
        limits = {"error_title": LONGEST_TITLE, "input_title": LONGEST_TITLE}
        settings = {
            name: value[: limits.get(name, LONGEST_PROMPT)] if isinstance(value, str) else value
            for name, value in found.settings.items()
        }
        kind = _TYPES.get(found.type, found.type)
        return {"criteria": "between", **settings, "validate": kind, **named}

    # ------------------------------------------------------------ conditional formats

    def _conditions(self) -> None:
        for one in self.drawing.conditions:
            areas = [grown for area in one.areas if (grown := self.rows.area(area))]
            options = {
                name: f"={moved(value[1:], self._rows_of)}"
                if isinstance(value, str) and value.startswith("=")
                else value
                for name, value in one.options.items()
            }
            if one.look:
                options["format"] = self.styles.exact(one.look)
            if areas:
                where = (*areas[0].first, *areas[0].last)
                self.paper.conditional_format(*where, _several(options, areas))

    # ------------------------------------------------------------ page

    def _page(self) -> None:
        paper, setup, drawing = self.paper, self.drawing.printed, self.drawing
        if setup.paper:
            paper.set_paper(setup.paper)
        if setup.landscape:
            paper.set_landscape()
        paper.set_margins(*setup.margins[:4])
        paper.set_header(setup.header, {"margin": setup.margins[4]})
        paper.set_footer(setup.footer, {"margin": setup.margins[5]})
        self._scale()
        if setup.across:
            paper.center_horizontally()
        if setup.down:
            paper.center_vertically()
        if setup.over_then_down:
            paper.print_across()
        if setup.first_page:
            paper.set_start_page(setup.first_page)
        paper.hide_gridlines(0 if setup.gridlines else 1 if drawing.view.gridlines else 2)
        self._printed_rows()

    def _scale(self) -> None:
        """Set how large it is printed; where a list has grown it no longer fits on one page."""
        setup = self.drawing.printed
        if setup.fit is None:
            self.paper.set_print_scale(setup.scale)
            return
        lists = (place.block for place in self.places if place.block.repeats)
        grown = any(len(block.rows) > len(block.drawn or ()) for block in lists)
        across, down = setup.fit
        self.paper.fit_to_pages(across or 1 if grown else across, 0 if grown else down)

    def _printed_rows(self) -> None:
        """Set areas, titles, breaks; what is ours, right and below, is not printed."""
        setup, rows, paper = self.drawing.printed, self.rows, self.paper
        if setup.title_rows:
            first, last = setup.title_rows
            paper.repeat_rows(rows.first(first), rows.last(last))
        if setup.title_columns:
            paper.repeat_columns(*setup.title_columns)
        paper.set_h_pagebreaks([rows.first(row) for row in setup.row_breaks])
        paper.set_v_pagebreaks(list(setup.column_breaks))
        if self.sheet.hidden:  # LibreOffice prints a hidden sheet that has a print area
            return
        grown = [area for one in setup.areas if (area := rows.area(one))]
        kept = [_within(area, self.whole) for area in grown] or [self.whole]
        name = quoted_sheet(self.sheet.name)
        # as text: the writer's own `print_area` takes one area, and none of a single cell
        paper.print_area_range = ",".join(
            f"{name}!{a1(*area.first, True)}:{a1(*area.last, True)}" for area in kept
        )

    # ------------------------------------------------------------ screen

    def _view(self) -> None:
        view, paper = self.drawing.view, self.paper
        frozen, columns = view.frozen
        if frozen or columns:
            paper.freeze_panes(self.rows.first(frozen), columns)
        if view.zoom != 100:
            paper.set_zoom(view.zoom)
        if view.tab:
            paper.set_tab_color(view.tab)
        if not view.zeros:
            paper.hide_zero()
        inputs = (one.area for one in self.placed.values() if one.item.is_input)
        first = next(inputs, DrawnArea(0, 0, 0, 0))
        paper.set_selection(*first.first, *first.last)
        keys = self.places[0]
        ignore_triangles(paper, (keys.keys, keys.key_column), self.places, self.cells.values)
        if self.sheet.hidden:
            paper.hide()
        if self.sheet.protected:
            paper.protect("", PROTECTION)


def _options(strip: Strip, hidden: bool) -> dict[str, Any]:
    """Give what the writer is told of a row or a column besides its size and look."""
    options = {"hidden": hidden, "level": strip.level, "collapsed": strip.collapsed}
    return {name: value for name, value in options.items() if value}


def _all_columns(places: Iterable[BlockPlace]) -> dict[str, tuple[int, int]]:
    return {key: spot for place in places for key, spot in place.columns.items()}


def _within(area: DrawnArea, whole: DrawnArea) -> DrawnArea:
    bottom, right = min(area.bottom, whole.bottom), min(area.right, whole.right)
    return DrawnArea(min(area.top, bottom), min(area.left, right), bottom, right)


def _several(options: Mapping[str, Any], areas: Sequence[DrawnArea]) -> dict[str, Any]:
    """Give options for several areas at once."""
    if len(areas) == 1:
        return dict(options)
    return {**options, "multi_range": " ".join(map(str, areas))}


def joined_areas(areas: Iterable[DrawnArea]) -> list[DrawnArea]:
    """Give areas with those that lie one below the other in one."""
    return list(_joined(sorted(areas, key=lambda one: (one.left, one.right, one.top))))


def _joined(areas: Iterable[DrawnArea]) -> Iterator[DrawnArea]:
    run: DrawnArea | None = None
    for area in areas:
        if run and area.columns == run.columns and area.top == run.bottom + 1:
            run = DrawnArea(run.top, run.left, area.bottom, run.right)
            continue
        if run:
            yield run
        run = area
    if run:
        yield run
