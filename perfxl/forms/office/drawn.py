"""From a drawing with tokens to the form an office means, with every fault in it at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import product

from msgspec import Struct, field
from msgspec.structs import replace

from perfxl.form.addresses import a1, quoted_sheet
from perfxl.form.answers import Cell, interpret
from perfxl.form.drawing import Drawing, DrawnArea, DrawnSheet, Spot, area_of
from perfxl.form.faults import FormFault, Remark, Said, Wrong
from perfxl.form.model import Item, Kind
from perfxl.form.ours import TAKEN_NAMES
from perfxl.forms.office import headings
from perfxl.forms.office.checks import read_checks
from perfxl.forms.office.grid import DrawnGrid
from perfxl.forms.office.linked import linked
from perfxl.forms.office.lists import read_lists
from perfxl.forms.office.model import (
    CHECKS_SHEET,
    MOST_TOKENS,
    NOTES_SHEET,
    DrawnCheck,
    IndicatorRow,
    Input,
    Notes,
    OfficeForm,
    form_sheets,
)
from perfxl.forms.office.notes import read_notes
from perfxl.forms.office.tokens import Token, is_token, marked

_TARGET, _ADJUSTED, _ACTUAL, _RATE = "指标值", "调整指标值", "完成值", "完成率"
_SCORE, _POINTS, _TOTAL = "得分", "分值", "总得分"
LONGEST_LIST = 255  # characters that a drop-down can hold


def has_tokens(drawing: Drawing) -> bool:
    """Whether a workbook is a 表样: anything in it is a token, or meant for one."""
    sheets = form_sheets(drawing)
    return any(is_token(text) for sheet in sheets for _, text in sheet.texts() if "【" in text)


def understand(drawing: Drawing) -> OfficeForm:
    """Give the form a 表样 stands for; where it has faults, as far as it is understood."""
    found = _Cells()
    for sheet in form_sheets(drawing):
        found.read(sheet)
    faults = [*sheet_faults(drawing), *found.faults]
    if len(found.inputs) > MOST_TOKENS:
        return OfficeForm(drawing, faults=(*sheet_faults(drawing), _too_many(found)))
    grids = {sheet.name: DrawnGrid(drawing, sheet) for sheet in form_sheets(drawing)}
    inputs = tuple(replace(i, label=grids[i.sheet].naming(i.area)) for i in found.inputs)
    lists, wrong = read_lists(drawing, inputs)
    indicators = tuple(_indicators(inputs, grids))
    checks, notes, told = _of_the_tool(drawing)
    faults += [*wrong, *_row_faults(inputs, indicators), *_other_totals(inputs), *told]
    form = OfficeForm(
        *(drawing, notes, inputs, tuple(lists), indicators, found.shown, tuple(checks)),
    )
    wrong, remarks = linked(form)
    return replace(
        form,
        faults=tuple(_in_order(drawing, [*faults, *wrong])),
        remarks=(*_without_points(inputs, grids), *remarks, *_told(drawing, Remark)),
    )


def _told(drawing: Drawing, kind: type[Said]) -> Iterator[FormFault]:
    """Give the faults or remarks that were met in reading the form's own sheets."""
    names = {sheet.name for sheet in form_sheets(drawing)}
    return (one for one in drawing.told if isinstance(one.said, kind) and one.sheet in names)


def _too_many(found: _Cells) -> FormFault:
    told = Wrong.of("too-many-tokens", count=len(found.inputs), most=MOST_TOKENS)
    return FormFault(found.inputs[0].sheet, None, told)


def _in_order(drawing: Drawing, faults: Iterable[FormFault]) -> list[FormFault]:
    """Give faults by sheet and cell, each once."""
    order = {sheet.name: number for number, sheet in enumerate(drawing.sheets)}
    return sorted(dict.fromkeys(faults), key=lambda f: (order.get(f.sheet, 0), f.spot or (-1, -1)))


# ---------------------------------------------------------------- sheets


def sheet_faults(drawing: Drawing) -> Iterator[FormFault]:
    """Give what is wrong with the sheets as such, with tokens or without."""
    yield from _told(drawing, Wrong)
    seen = dict[str, str]()
    for sheet in drawing.sheets:
        name = sheet.name.strip()
        if name in TAKEN_NAMES:
            yield FormFault(sheet.name, None, Wrong.of("sheet-name-taken", name=name))
        if name.casefold() in seen:
            told = Wrong.of("sheet-names-alike", other=seen[name.casefold()])
            yield FormFault(sheet.name, None, told)
        seen[name.casefold()] = sheet.name
        if sheet.protected:
            yield FormFault(sheet.name, None, Wrong.of("sheet-protected"))


def _of_the_tool(drawing: Drawing) -> tuple[list[DrawnCheck], Notes, list[FormFault]]:
    checks, notes, faults = list[DrawnCheck](), Notes(), list[FormFault]()
    for sheet in drawing.sheets:
        name = sheet.name.strip()
        if name == CHECKS_SHEET and sheet.cells:
            checks, wrong = read_checks(sheet)
            faults += wrong
        elif name == NOTES_SHEET:
            notes, wrong = read_notes(sheet)
            faults += wrong
    return checks, notes, faults


# ---------------------------------------------------------------- cells


class _Cells(Struct):
    """The tokens of all sheets as they are met."""

    inputs: list[Input] = field(default_factory=list)
    shown: dict[tuple[str, Spot], tuple[Token, ...]] = field(default_factory=dict)
    faults: list[FormFault] = field(default_factory=list)

    def read(self, sheet: DrawnSheet) -> None:
        """Take the tokens of a sheet."""
        for spot, text in sheet.texts():
            if "【" in text or "】" in text:
                self._cell(sheet, spot, text)

    def _cell(self, sheet: DrawnSheet, spot: Spot, text: str) -> None:
        said, area = marked(text), sheet.area(spot)
        self.faults += [FormFault(sheet.name, spot, wrong) for wrong in said.wrong]
        if said == type(said)():
            return
        if spot != area.first:
            told = Wrong.of("token-covered", first=area_of(area.first))
            self.faults.append(FormFault(sheet.name, spot, told))
        elif self._unseen(sheet, area):
            self.faults.append(FormFault(sheet.name, spot, Wrong.of("token-hidden")))
        if said.alone is not None:
            self._alone(sheet, area, said.alone)
        elif said.inside:
            self.shown[sheet.name, spot] = said.inside

    def _alone(self, sheet: DrawnSheet, area: DrawnArea, token: Token) -> None:
        choices = token.choices or sheet.choices(area.first)
        if token.word == "选择" and not choices:
            self.faults.append(FormFault(sheet.name, area.first, Wrong.of("choices-missing")))
        self.faults += (FormFault(sheet.name, area.first, one) for one in _unlisted(choices))
        self.inputs.append(Input(sheet.name, area, token, choices=choices))

    def _unseen(self, sheet: DrawnSheet, area: DrawnArea) -> bool:
        rows, columns = set(area.rows), set(area.columns)
        return sheet.hidden or rows <= sheet.hidden_rows or columns <= sheet.hidden_columns


def _unlisted(choices: Sequence[str]) -> Iterator[Wrong]:
    """Tell why a spreadsheet could not offer these as a list."""
    if any("," in choice for choice in choices):
        yield Wrong.of("choices-comma")
    if len(",".join(choices)) > LONGEST_LIST:
        yield Wrong.of("choices-long", most=LONGEST_LIST)


# ---------------------------------------------------------------- indicators


def _indicators(inputs: Iterable[Input], grids: Mapping[str, DrawnGrid]) -> Iterator[IndicatorRow]:
    """Give the rows with a target and an actual, printed wording under such headings included."""
    rows = dict.fromkeys(
        (one.sheet, one.area.top) for one in inputs if one.token.word in {_TARGET, _ACTUAL}
    )
    asked = {(one.sheet, one.spot): one for one in inputs}
    for sheet, row in rows:
        columns = dict(parts_of(grids[sheet], row, asked))
        if columns.keys() >= {_TARGET, _ACTUAL}:
            yield IndicatorRow(sheet, row, columns)


def parts_of(
    grid: DrawnGrid, row: int, inputs: Mapping[tuple[str, Spot], Input]
) -> Iterator[tuple[str, Spot]]:
    """Give the parts of an indicator in a row; a token holds before wording, the first of two."""
    areas = list(reversed(list(grid.row(row))))
    asked = [(inputs.get((grid.sheet.name, area.first)), area) for area in areas]
    printed = ((_printed(grid, area), area.first) for one, area in asked if one is None)
    yield from (found for found in printed if found[0])
    yield from ((one.token.word, one.spot) for one, _ in asked if one is not None)


def points_in(sheet: DrawnSheet, spot: Spot | None) -> Decimal | None:
    """Give the points printed in a cell, read as a unit's score is: «10分»; None where none are."""
    value = interpret(Item(Kind.SCORE), Cell(sheet.cell(spot).raw)).value if spot else None
    return value if isinstance(value, Decimal) else None


def _printed(grid: DrawnGrid, area: DrawnArea) -> str:
    """Give the column of an indicator that fixed wording or a formula stands in, by its heading."""
    heading = None if grid.sheet.is_empty(area.first) else grid.heading(area)
    word = headings.of_heading(grid.wording(heading)) if heading else ""
    return word if word in headings.OF_INDICATORS else ""


def _row_faults(inputs: Iterable[Input], indicators: Iterable[IndicatorRow]) -> Iterator[FormFault]:
    rows = {(one.sheet, one.row) for one in indicators}
    for one in inputs:
        if one.token.word in {_RATE, _ADJUSTED} and (one.sheet, one.area.top) not in rows:
            yield FormFault(one.sheet, one.spot, Wrong.of("rate-alone", word=one.token.word))


def _other_totals(inputs: Iterable[Input]) -> Iterator[FormFault]:
    """Tell of totals of scores but the first: a unit has one, which the grade goes by."""
    totals = [one for one in inputs if one.token.word == _TOTAL]
    for first, one in product(totals[:1], totals[1:]):
        beside = first.sheet == one.sheet
        where = a1(*first.spot) if beside else f"{quoted_sheet(first.sheet)}!{a1(*first.spot)}"
        yield FormFault(one.sheet, one.spot, Wrong.of("total-twice", first=where))


def _without_points(inputs: Iterable[Input], grids: Mapping[str, DrawnGrid]) -> Iterator[FormFault]:
    """Tell of scores nobody says the points of: they are held against nothing."""
    pointed = {(one.sheet, one.area.top) for one in inputs if one.token.word == _POINTS}
    for one in inputs:
        bare = one.token.word == _SCORE and one.token.points is None
        typed = (one.sheet, one.area.top) in pointed
        if bare and not typed and _POINTS not in dict(parts_of(grids[one.sheet], one.area.top, {})):
            yield FormFault(one.sheet, one.spot, Remark.of("score-alone"))
