"""Open lists of a 表样: the pattern row, what belongs to it above and below, what must not."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from perfxl.form.drawing import Drawing, DrawnArea, DrawnSheet
from perfxl.form.faults import FormFault, Wrong
from perfxl.forms.office.headings import is_serial
from perfxl.forms.office.model import Input, OpenList

_SERIAL = "序号"


def read_lists(drawing: Drawing, inputs: Sequence[Input]) -> tuple[list[OpenList], list[FormFault]]:
    """Give the lists that 行数 asks for, and what is wrong with their pattern rows."""
    lists, faults = list[OpenList](), list[FormFault]()
    rows = dict.fromkeys((one.sheet, one.area.top) for one in inputs if one.token.rows)
    for name, row in rows:
        sheet = drawing.sheet(name)
        assert sheet is not None, "inputs stand on sheets of the drawing"
        among = [one for one in inputs if one.sheet == name and one.area.top == row]
        faults += _pattern_faults(among, [r for sheet_name, r in rows if sheet_name == name])
        asked = max(one.token.rows for one in among)
        spare = _spare(drawing, sheet, row, among)
        labels = tuple(a for a in sheet.merges if row in a.rows and a.shape[0] > 1)
        lists.append(OpenList(name, row, max(asked, spare + 1), spare, tuple(among), labels))
    return lists, faults


def _pattern_faults(among: Iterable[Input], patterns: Iterable[int]) -> Iterator[FormFault]:
    among = list(among)
    first = next(one for one in among if one.token.rows)
    for one in among:
        if one.token.rows and one.token.rows != first.token.rows:
            told = Wrong.of("rows-twice", one=first.token.rows, other=one.token.rows)
            yield FormFault(one.sheet, one.spot, told)
        if one.area.shape[0] == 1:
            continue
        others = any(row in one.area.rows for row in patterns if row != one.area.top)
        inner = others or _has_list_beside(one, among)
        told = Wrong.of("list-in-list" if inner else "list-merged")
        yield FormFault(one.sheet, one.spot, told)


def _has_list_beside(one: Input, among: Iterable[Input]) -> bool:
    """Whether a merged cell with rows of its own reaches over a single row that has some, too."""
    return bool(one.token.rows) and any(
        other.token.rows and other.area.shape[0] == 1 for other in among
    )


def _spare(drawing: Drawing, sheet: DrawnSheet, row: int, among: Sequence[Input]) -> int:
    """Give how many empty rows of like format stand directly below the pattern row."""
    count = 0
    while row + count < sheet.last[0] and _is_alike(drawing, sheet, among, count + 1):
        count += 1
    return count


def _is_alike(drawing: Drawing, sheet: DrawnSheet, among: Sequence[Input], rows: int) -> bool:
    return _is_bare(sheet, among, rows) and all(
        _same(drawing, sheet, one, one.area.moved(rows)) for one in among
    )


def _same(drawing: Drawing, sheet: DrawnSheet, one: Input, area: DrawnArea) -> bool:
    """Whether an area is cut and lined like the pattern's, and empty but for a serial number."""
    text = sheet.text(area.first)
    numbered = one.token.word == _SERIAL and is_serial(text)
    empty = sheet.is_empty(area.first) or (numbered and not sheet.cell(area.first).formula)
    looks = [drawing.style(sheet.cell(a.first)) for a in (one.area, area)]
    alike = looks[0].number_format == looks[1].number_format
    lined = bool(looks[0].lines) == bool(looks[1].lines)
    return empty and alike and lined and sheet.area(area.first) == area


def _is_bare(sheet: DrawnSheet, among: Sequence[Input], rows: int) -> bool:
    """Whether nothing stands in a row but what the pattern row's own cells and formulas make."""
    pattern = among[0].area.top
    covered = {column for one in among for column in one.area.columns}
    others = (c for c in range(sheet.last[1] + 1) if c not in covered)
    return all(_follows(sheet, pattern, pattern + rows, column) for column in others)


def _follows(sheet: DrawnSheet, pattern: int, row: int, column: int) -> bool:
    """Whether a cell is empty, part of what reaches down, or the pattern's formula filled down."""
    own, first = sheet.cell((row, column)).formula, sheet.cell((pattern, column)).formula
    if own:
        return _filled(own, row) == _filled(first, pattern)
    return sheet.is_empty((row, column)) or sheet.area((row, column)).top < row


def _filled(formula: str, row: int) -> str:
    """Give a formula without the number of its own row."""
    return re.sub(rf"(?<=[A-Za-z]){row + 1}(?!\d)", "#", formula)
