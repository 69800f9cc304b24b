"""A clerk of the office at work on a settings workbook: loads it, writes cells, saves it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from editing import edited

from perfxl.expr.tree import Key
from perfxl.form.addresses import a1
from perfxl.form.layout import place
from perfxl.forms.shipped import form_of
from perfxl.returns.workflow import load_rubric
from perfxl.settings.sheets import live_settings, settings_form

LAYOUT = place(live_settings(settings_form(form_of(load_rubric(None)))))
TERMS: dict[str, object] = {
    "campaign.year": 2022,
    "campaign.deadline": date(2023, 4, 30),
    "campaign.office": "示例区财政局",
    "campaign.contact": "张三",
    "campaign.phone": "020-12345678",
    "campaign.email": "czj@example.gov.cn",
}


def units(*names: str, first: int = 100201) -> dict[str, object]:
    """Give the cells of a register of these units, each with a code and an e-mail address."""
    cells: dict[str, object] = {}
    for n, name in enumerate(names, 1):
        row = f"units.{n:03d}"
        code = str(first + n - 1)
        cells |= {f"{row}.code": code, f"{row}.name": name, f"{row}.email": f"{code}@example.com"}
    return cells


SOUND = {"campaign.title": "2022 年度自评", **TERMS, **units("示例一中", "示例二中", "示例三中")}


def fill(data: bytes, cells: Mapping[str, object]) -> bytes:
    """Give the workbook with these cells, named by key, overwritten; None empties one."""
    sheets: dict[str, dict[str, object]] = {}
    for name, value in cells.items():
        sheet, reference = place_of(name)
        sheets.setdefault(sheet, {})[reference] = value
    return edited(data, sheets)


def place_of(name: str) -> tuple[str, str]:
    """Give sheet and A1 reference of a key; list rows beyond those offered stand below them."""
    key = Key.parse(name)
    spot = LAYOUT.blocks[key.block]
    rows = [row.key for row in spot.block.rows]
    row = spot.first + (int(key.row) - 1 if spot.block.repeats else rows.index(key.row))
    return spot.sheet.name, a1(row, spot.columns[key.column][0])


def cell(book: Any, name: str) -> Any:
    """Give the cell of a key in an open workbook."""
    sheet, reference = place_of(name)
    return book[sheet][reference]


def fill_file(path: Path, cells: Mapping[str, object]) -> None:
    """Overwrite cells of a settings file."""
    path.write_bytes(fill(path.read_bytes(), cells))
