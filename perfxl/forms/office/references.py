"""Which cells a formula's text names: all that is asked of a formula before it is read as a tree.

The one place of this package that looks into a formula.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from perfxl.form.addresses import column_number
from perfxl.form.drawing import DrawnArea

_TEXT = re.compile(r'"(?:[^"]|"")*"|“[^”]*”')
_CELL = r"(\$?)([A-Za-z]{1,3})(\$?)([1-9]\d{0,6})"
_PLAIN_SHEET = r"[^\s'!()+\-*/^&=<>,;:%{}\"]+"
# full-width signs, as input methods leave them
_WIDE = str.maketrans({n + 0xFEE0: n for n in range(0x21, 0x7F)} | {0x3000: " "})


@dataclass(frozen=True, slots=True)
class CellReference:
    """Cells that a formula names. `sheet` is "" for those of its own; `fixed` where each row has $.

    `ranged` is whether it is written as a range; `elsewhere` whether it lies in another workbook.
    """

    sheet: str
    area: DrawnArea
    fixed: bool
    ranged: bool
    elsewhere: bool
    text: str


def references(formula: str, sheets: Sequence[str]) -> Iterator[CellReference]:
    """Give each reference in a formula, those in its texts left out; sheets are those there are."""
    plain = _TEXT.sub('""', formula).translate(_WIDE)
    return map(_reference, _pattern(sheets).finditer(plain))


def range_alone(side: str, sheets: Sequence[str]) -> CellReference | None:
    """Give the reference where a text is that and nothing else."""
    plain = side.translate(_WIDE).lstrip("= ").rstrip()
    found = _pattern(sheets).fullmatch(plain)
    return _reference(found) if found else None


def _pattern(sheets: Sequence[str]) -> re.Pattern[str]:
    known = [re.escape(name.translate(_WIDE)) for name in sorted(sheets, key=len, reverse=True)]
    sheet = "|".join((r"'(?:[^']|'')+'", *known, _PLAIN_SHEET))
    return re.compile(
        rf"(?<![\w.$!:])(?:({sheet})!)?{_CELL}(?:\s*:\s*{_CELL})?(?![\w.(!])", re.IGNORECASE
    )


def _reference(found: re.Match[str]) -> CellReference:
    sheet, _, left, fixed, top, _, right, fixed_too, bottom = found.groups()
    name = _unquoted(sheet or "")
    columns = sorted((column_number(left), column_number(right or left)))
    rows = sorted((int(top) - 1, int(bottom or top) - 1))
    return CellReference(
        name,
        DrawnArea(rows[0], columns[0], rows[1], columns[1]),
        bool(fixed) and (right is None or bool(fixed_too)),
        right is not None,
        "[" in name,
        found[0],
    )


def _unquoted(sheet: str) -> str:
    return sheet[1:-1].replace("''", "'") if sheet.startswith("'") else sheet
