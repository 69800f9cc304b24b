"""One streaming pass over a sheet's XML: what pandas does not tell, and whether it can be trusted.

Rows and cells must stand in their order, each once, as programs write them: on others the engines
disagree, and what is read would not be what a spreadsheet shows.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from msgspec import Struct, field

from perfxl.errors import Unreadable
from perfxl.form.addresses import a1
from perfxl.reading import limits
from perfxl.reading.markup import local, parse, parser

LAST_ROW, LAST_COLUMN = 1_048_576, 16_384
REACHING = "引用外部内容的公式"
# formulas that call on other programs, files or the network
_CALLS = ("DDE", "WEBSERVICE", "RTD", "CALL", "EXEC", "REGISTER.ID", "HYPERLINK")
_CALL_BYTES = (*(f"{name}(".encode() for name in _CALLS), b"|")
_REACHING = re.compile(
    rb"<(?:\w+:)?f\b[^>]*>[^<]*?(?:\b(?:%s)\(|\w\|'?[^<\"]*!)"
    % b"|".join(re.escape(name.encode()) for name in _CALLS)
)

ROOT = "worksheet"
# what is no number of a shared text
_BAD_INDEX = re.compile(
    rb"""<(?:\w+:)?c\s[^<>]*\bt=["']s["'][^<>]*>\s*<(?:\w+:)?v\s*>(?!\s*[0-9]{1,7}\s*</)(?!</)"""
)
# errors that the engine knows; on others it gives up the whole sheet
_KNOWN_ERRORS = frozenset(("#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!"))
_ERROR_CELL = re.compile(rb"""(<(?:\w+:)?c\s[^<>]*?\bt=["'])e(["'])""")
_DIMENSION = re.compile(rb"<(?:\w+:)?dimension\b[^<>]*/>")

_AREA = re.compile(r"([A-Z]{1,3})([0-9]{1,7}):([A-Z]{1,3})([0-9]{1,7})")

Spot = tuple[int, int]
Area = tuple[int, int, int, int]  # top, left, bottom, right, all within


class SheetScan(Struct, frozen=True, kw_only=True):
    """What the XML says of a sheet's cells; `percents` is None where formats are not known.

    `empties` are formulas whose stored result is the empty text; `unlocked` says that the sheet
    is not protected (False where that is not known); `hidden_rows` and `hidden_columns` are those
    nobody sees; `merges` are areas of cells made one; `boxed` are cells with a line below or right
    of them; `reaching` names content of formulas that reaches outside; `cells` is how many cells
    there are, `box` how many from A1 to the last with content.
    """

    errors: Mapping[Spot, str] = field(default_factory=dict)
    formulas: frozenset[Spot] = frozenset()
    percents: frozenset[Spot] | None = None
    empties: frozenset[Spot] = frozenset()
    unlocked: bool = False
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    merges: tuple[Area, ...] = ()
    boxed: frozenset[Spot] = frozenset()
    reaching: tuple[str, ...] = ()
    cells: int = 0
    box: int = 0


class CellStyles(Struct, frozen=True):
    """The indexes of cell styles that show per cent, and of those with a line below or right."""

    percents: frozenset[str] = frozenset()
    boxed: frozenset[str] = frozenset()


def scan(xml: bytes, styles: CellStyles | None) -> SheetScan:
    """Give the scan of one sheet; raise Unreadable where it cannot be trusted."""
    made = _Scan(styles or CellStyles())
    parse(made.parser, xml)
    if _BAD_INDEX.search(xml):
        raise Unreadable.of("damaged")
    percents = None if styles is None else frozenset(made.percents)
    return SheetScan(
        errors=made.errors,
        formulas=frozenset(made.formulas),
        percents=percents,
        empties=frozenset(made.empties),
        unlocked=made.unlocked,
        hidden_rows=frozenset(made.hidden_rows),
        hidden_columns=frozenset(made.hidden_columns),
        merges=tuple(made.merges),
        boxed=frozenset(made.boxed),
        reaching=(REACHING,) if _reaches(xml) else (),
        cells=made.cells,
        box=made.bottom * made.right,
    )


def for_engine(xml: bytes, scan: SheetScan) -> bytes:
    """Give a scanned sheet without what the engine needlessly fails on.

    That is a stated dimension, wrong in some files, and errors of newer programs, which the scan
    knows already.
    """
    xml = _DIMENSION.sub(b"", xml, count=1)
    if _KNOWN_ERRORS.issuperset(scan.errors.values()):
        return xml
    return _ERROR_CELL.sub(rb"\1str\2", xml)


def _reaches(xml: bytes) -> bool:
    return any(word in xml for word in _CALL_BYTES) and bool(_REACHING.search(xml))


class _Scan:
    """Handlers of the streaming pass."""

    def __init__(self, styles: CellStyles) -> None:
        self.errors: dict[Spot, str] = {}
        self.formulas: set[Spot] = set()
        self.percents: set[Spot] = set()
        self.boxed: set[Spot] = set()
        self.empties: set[Spot] = set()
        self.hidden_rows: set[int] = set()
        self.hidden_columns: set[int] = set()
        self.merges: list[Area] = []
        self.bottom = self.right = self.cells = self.elements = 0
        self.unlocked = True
        self._percents, self._boxed = styles.percents, styles.boxed
        self._row, self._stated = -1, ""  # its number, and as it is written, "" where it is not
        self._spot: Spot = (-1, -1)
        self._column = -1
        self._type = ""  # of the cell: e is an error, str the text a formula gave
        self._value = ""
        self._within = ""  # the element whose text comes next
        self._watching = False
        self._open: list[str] = []  # the elements that have begun and not ended
        self._deepest, self._most = limits.DEPTH.most, limits.ELEMENTS.most
        self._handlers = {
            "c": self._cell,
            "v": self._content,
            "is": self._content,
            "f": self._formula,
            "row": self._begin_row,
            "col": self._columns,
            "sheetProtection": self._protection,
            "mergeCell": self._merge,
        }
        self.parser = parser()
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self._open.remove

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._within = within = local(name)
        self.elements += 1
        self._open.append(name)
        if self.elements == 1 and within != ROOT:
            raise Unreadable.of("damaged")
        if len(self._open) > self._deepest or self.elements > self._most:
            limits.DEPTH.demand(len(self._open))
            limits.ELEMENTS.demand(self.elements)
        handle = self._handlers.get(within)
        if handle is not None:
            handle(attributes)

    def _formula(self, _: Mapping[str, str]) -> None:
        self.formulas.add(self._spot)

    def _protection(self, attributes: Mapping[str, str]) -> None:
        self.unlocked = attributes.get("sheet") not in {"1", "true"}

    def _begin_row(self, attributes: Mapping[str, str]) -> None:
        stated = attributes.get("r", "")
        row = int(stated) - 1 if stated else self._row + 1
        if not self._row < row < LAST_ROW or row <= self._spot[0]:
            raise _disorder()
        self._row, self._stated, self._column = row, stated, -1
        if _is_hidden(attributes, "ht"):
            self.hidden_rows.add(row)

    def _cell(self, attributes: Mapping[str, str]) -> None:
        reference = attributes.get("r")
        spot = self._referred(reference) if reference else (self._row, self._column + 1)
        if spot <= self._spot or spot[1] >= LAST_COLUMN:
            raise _disorder()
        self._spot, self._column = spot, spot[1]
        self.cells += 1
        if self.cells > limits.CELLS.most:
            limits.CELLS.demand(self.cells)
        self._type, self._value = attributes.get("t", ""), ""
        # the values of other cells are pandas' business
        watched = self._type in {"e", "str"}
        if watched is not self._watching:
            self._watching = watched
            self.parser.EndElementHandler = self.end if watched else self._open.remove
            self.parser.CharacterDataHandler = self.text if watched else None
        style = attributes.get("s")
        if style in self._percents:
            self.percents.add(spot)
        if style in self._boxed:
            self.boxed.add(spot)

    def _referred(self, reference: str) -> Spot:
        """Give the spot of a reference, which must be in this row where the row is numbered."""
        stated = self._stated
        if stated and reference.endswith(stated):
            return self._row, _column(reference[: -len(stated)])
        letters = reference.rstrip("0123456789")
        row = int(reference[len(letters) :]) - 1
        if (stated and row != self._row) or not 0 <= row < LAST_ROW:
            raise _disorder()
        return row, _column(letters)

    def _content(self, _: Mapping[str, str]) -> None:
        row, column = self._spot
        if row < self.bottom and column < self.right:
            return
        self.bottom, self.right = max(self.bottom, row + 1), max(self.right, column + 1)
        if self.bottom * self.right > limits.BOX.most:
            reach = f"表格范围(从 A1 到 {a1(self.bottom - 1, self.right - 1)})"
            raise Unreadable.of("too-large", what=f"{reach}超过 {limits.BOX.shown} 格")

    def _columns(self, attributes: Mapping[str, str]) -> None:
        if _is_hidden(attributes, "width"):
            first, last = (int(attributes.get(name, "1")) for name in ("min", "max"))
            self.hidden_columns.update(range(first - 1, min(last, LAST_COLUMN)))

    def _merge(self, attributes: Mapping[str, str]) -> None:
        if match := _AREA.fullmatch(attributes.get("ref", "").replace("$", "")):
            left, top, right, bottom = match.groups()
            area = int(top) - 1, _column(left), int(bottom) - 1, _column(right)
            self.merges.append(area)
            limits.FACTS.demand(len(self.merges))

    def text(self, data: str) -> None:
        if self._within == "v":
            self._value += data

    def end(self, name: str) -> None:
        self._open.remove(name)
        self._within = ""
        if local(name) != "c":
            return
        if self._type == "e":
            self.errors[self._spot] = self._value or "#VALUE!"
        elif self._type == "str" and not self._value and self._spot in self.formulas:
            self.empties.add(self._spot)


def _is_hidden(attributes: Mapping[str, str], size: str) -> bool:
    """Whether a row or column is hidden, or so small that it might as well be."""
    return attributes.get("hidden") in {"1", "true"} or attributes.get(size) in {"0", "0.0"}


def _disorder() -> Unreadable:
    return Unreadable.of("ambiguous", what="行或单元格次序错乱或重复")


@lru_cache(maxsize=1024)
def _column(letters: str) -> int:
    if not letters.isascii() or not letters.isalpha():
        raise Unreadable.of("damaged")
    column = 0
    for char in letters[:4]:
        column = column * 26 + ord(char.upper()) - ord("A") + 1
    return column - 1
