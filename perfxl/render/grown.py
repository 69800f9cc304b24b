"""Where the rows of a drawing have come to lie: a list has more of them than was drawn."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence

from perfxl.form.addresses import column_name, column_number
from perfxl.form.drawing import DrawnArea

_QUOTED = re.compile(r'("(?:[^"]|"")*")')
_SHEET = r"(?:('(?:[^']|'')+'|[^\W\d][\w.]*)!)?"
_REFERENCE = re.compile(
    rf"(?<![\w.$!:'\]]){_SHEET}(\$?)([A-Z]{{1,3}})(\$?)([1-9]\d*)(?::(\$?)([A-Z]{{1,3}})(\$?)([1-9]\d*))?(?![\w.(!])",
    re.IGNORECASE,
)


class GrownRows:
    """The rows of a rendered sheet, each a repetition of one that was drawn."""

    def __init__(self, drawn: Sequence[int]) -> None:
        self.drawn = drawn
        self._first: dict[int, int] = {}
        self._last = {row: at for at, row in enumerate(drawn)}
        for at, row in enumerate(drawn):
            self._first.setdefault(row, at)

    def first(self, row: int) -> int:
        """Give the first row that stands for a drawn one, of a spare row that for the next."""
        return self._first.get(row, self._beyond(row))

    def last(self, row: int) -> int:
        """Give the last row that stands for a drawn one, of a spare row that for the one above."""
        return self._last.get(row, self._beyond(row + 1) - 1)

    def _beyond(self, row: int) -> int:
        at = bisect_left(self.drawn, row)
        past = row - self.drawn[-1] - 1 if self.drawn else row
        return at + max(0, past)

    def area(self, area: DrawnArea) -> DrawnArea | None:
        """Give where an area lies, its lists as long as they are; None where nothing is left."""
        top, bottom = self.first(area.top), min(self.last(area.bottom), len(self.drawn) - 1)
        return DrawnArea(top, area.left, bottom, area.right) if top <= bottom else None

    def repeated(self, area: DrawnArea) -> Iterator[DrawnArea]:
        """Give an area as often as its row is there; one of several rows once, grown with them."""
        grown = self.area(area)
        if grown is None:
            return
        if area.top < area.bottom:
            yield grown
        else:
            yield from (DrawnArea(row, area.left, row, area.right) for row in grown.rows)


Moved = Callable[[str], GrownRows | None]  # by the name of a sheet, "" for the formula's own


def moved(formula: str, rows_of: Moved, by: tuple[int, int] = (0, 0)) -> str:
    """Give a formula with its references where the rows they name are now.

    `by` are rows and columns that the relative ones go on, as where a formula is filled down.
    """
    parts = _QUOTED.split(formula)  # every other one is a text in quotes
    parts[::2] = [
        _REFERENCE.sub(lambda found: _moved(found, rows_of, by), one) for one in parts[::2]
    ]
    return "".join(parts)


def sheets_in(formula: str) -> set[str]:
    """Give the sheets a formula names, in lower case."""
    plain = "".join(_QUOTED.split(formula)[::2])
    return {_unquoted(found[1]).casefold() for found in _REFERENCE.finditer(plain) if found[1]}


def _unquoted(sheet: str) -> str:
    return sheet.strip("'").replace("''", "'")


def _moved(found: re.Match[str], rows_of: Moved, by: tuple[int, int]) -> str:
    sheet, fixed, column, fixed_row, row, across, end_column, down, end_row = found.groups()
    rows = rows_of(_unquoted(sheet or ""))
    if rows is None:
        return found[0]
    name = f"{sheet}!" if sheet else ""
    top = int(row) - 1
    first = _cell(fixed, column, fixed_row, rows.first(top), by)
    if end_row is None:
        return f"{name}{first}"
    bottom = int(end_row) - 1
    alone = bottom == top and not down  # a stretch of the row it is seen from
    last = rows.first(bottom) if alone else rows.last(bottom)
    return f"{name}{first}:{_cell(across, end_column, down, last, by)}"


def _cell(fixed: str, column: str, fixed_row: str, row: int, by: tuple[int, int]) -> str:
    row += 0 if fixed_row else by[0]
    letters = column if fixed else column_name(column_number(column) + by[1])
    return f"{fixed}{letters}{fixed_row}{row + 1}"
