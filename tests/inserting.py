"""Rows inserted as a spreadsheet inserts them: what is below moves down, and all formulas with it.

The stored results go with the formulas and are not computed anew (see `libreoffice`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from io import BytesIO
from typing import Any

import openpyxl
from openpyxl.formula import Tokenizer
from openpyxl.formula.tokenizer import Token
from openpyxl.formula.translate import Translator
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

_ROW = re.compile(r"(?<=[A-Z])(\$?)(\d+)")


def row_inserted(
    data: bytes, sheet: str, at: int, cells: Mapping[str, object], copied: bool = False
) -> bytes:
    """Give the workbook with a row inserted above row `at`, holding `cells` by column letter.

    `copied`: it is a copy of the row above, key, formulas and all, with `cells` typed over it.
    """
    book = openpyxl.load_workbook(BytesIO(data))
    paper = book[sheet]
    paper.protection.sheet = False
    above = {get_column_letter(n): cell for n, cell in enumerate(paper[at - 1], 1)}
    held = {column: cell.value for column, cell in above.items()} if copied else {}
    formats = {column: cell._style for column, cell in above.items()}
    _move_down(paper, at)
    for other in book.worksheets:
        for row in other.iter_rows():
            for cell in row:
                if isinstance(cell.value, str) and cell.value.startswith("="):
                    own = other.title == sheet
                    if own or sheet in cell.value:
                        cell.value = _moved(cell.value, own, sheet, at)
    for column, style in formats.items():
        paper[f"{column}{at}"]._style = style
    for column, value in {**_copies(held, at), **cells}.items():
        paper[f"{column}{at}"].value = value
    target = BytesIO()
    book.save(target)
    return target.getvalue()


def _move_down(paper: Worksheet, at: int) -> None:
    merged = [(area.bounds, area) for area in [*paper.merged_cells.ranges]]
    for _, area in merged:
        paper.unmerge_cells(area.coord)
    hidden = [n for n, row in paper.row_dimensions.items() if row.hidden]
    paper.insert_rows(at)
    for n in hidden:
        paper.row_dimensions[n].hidden = False
    for n in hidden:
        paper.row_dimensions[n + (n >= at)].hidden = True
    for (left, top, right, bottom), _ in merged:
        paper.merge_cells(None, top + (top >= at), left, bottom + (bottom >= at), right)


def _moved(formula: str, own: bool, sheet: str, at: int) -> str:
    """Give a formula with the rows of `sheet` from `at` on one further down."""

    def shift(match: re.Match[str]) -> str:
        row = int(match[2])
        return f"{match[1]}{row + (row >= at)}"

    parts = []
    for text, is_range in _tokens(formula):
        if is_range:
            name, mark, cells = text.rpartition("!")
            if name.strip("'") == sheet if mark else own:
                text = f"{name}{mark}{_ROW.sub(shift, cells)}"
        parts.append(text)
    return "=" + "".join(parts)


@cache
def _tokens(formula: str) -> list[tuple[str, bool]]:
    """Give the parts of a formula, and which of them are cells; they take long to tell apart."""
    return [
        (token.value, token.type == Token.OPERAND and token.subtype == Token.RANGE)
        for token in Tokenizer(formula).items
    ]


def _copies(held: Mapping[str, Any], at: int) -> dict[str, object]:
    """Give the cells of the row above as a copy holds them: its relative references move along."""
    return {
        column: Translator(value, f"{column}{at - 1}").translate_formula(f"{column}{at}")
        if isinstance(value, str) and value.startswith("=")
        else value
        for column, value in held.items()
    }
