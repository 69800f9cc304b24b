"""«表样说明»: what a form is called, its edition, its year, its unit of money."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from perfxl.expr.texts import squeezed
from perfxl.form.drawing import DrawnSheet
from perfxl.form.faults import FormFault, Wrong
from perfxl.form.raw import text_of
from perfxl.forms.office.model import Notes
from perfxl.forms.office.tokens import MONEY_UNITS, no_unit

NAME, EDITION, YEAR, MONEY = "表样名称", "版次", "年度", "金额单位"
_LABEL, _VALUE = 0, 1  # columns


def read_notes(sheet: DrawnSheet) -> tuple[Notes, list[FormFault]]:
    """Give what a sheet states, and what is wrong with it; what it does not state is left open."""
    rows: dict[str, int] = {}
    for row in range(sheet.last[0] + 1):
        rows.setdefault(squeezed(sheet.text((row, _LABEL))), row)
    said = {
        name: text_of(sheet.cell((rows[name], _VALUE)).raw)
        for name in (NAME, EDITION, YEAR, MONEY)
        if name in rows
    }
    faults = [FormFault(sheet.name, (rows[name], _VALUE), fault) for name, fault in _wrong(said)]
    year = said.get(YEAR, "").removesuffix("年")
    return Notes(
        *(said.get(NAME, ""), said.get(EDITION, "")),
        int(year) if _is_year(year) else None,
        said.get(MONEY) or Notes().money,
    ), faults


def _is_year(text: str) -> bool:
    return re.fullmatch(r"20\d\d", text) is not None


def _wrong(said: Mapping[str, str]) -> Iterator[tuple[str, Wrong]]:
    year, money = said.get(YEAR, ""), said.get(MONEY, "")
    if year and not _is_year(year.removesuffix("年")):
        yield YEAR, Wrong.of("notes-year", year=year)
    if money and money not in MONEY_UNITS:
        yield MONEY, no_unit(money)
