"""The sheets of a workbook: values through pandas, and what pandas does not tell from the XML.

Both pandas engines turn error cells into blanks and drop number formats, so one streaming pass
over the XML adds, for .xlsx, which cells are errors, formulas, or shown as per cent. Other formats
(.xls, .ods, .xlsb) are read without that knowledge.
"""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from functools import cached_property, lru_cache
from io import BytesIO
from xml.etree import ElementTree
from xml.parsers import expat

from perfxl.answers import Address, Cell, Raw
from perfxl.expr import is_blank
from perfxl.layout import a1
from perfxl.reading.intake import ASK_AGAIN, SLIM_DOWN, ZIP_FAULTS, Unreadable
from perfxl.values import to_decimal

MAX_USED_BOX = 5_000_000  # cells between A1 and the last used cell; honest files stay below 400,000
PERCENT_FORMATS = {"9", "10"}
DIGITS = 15  # what a spreadsheet shows of a number; the rest is binary dust
EXACT = 2**53  # integers below are exact in a spreadsheet

MACROS = "宏"
MACRO_STORE = "_VBA_PROJECT".encode("utf-16-le")  # in an .xls
# parts of an .xlsx that could run or reach outside, by the start of their path below xl/
ACTIVE_PARTS = {
    "vbaproject": MACROS,
    "macrosheets/": MACROS,
    "externallinks/": "外部链接",
    "connections": "数据连接",
    "querytables/": "数据连接",
    "embeddings/": "嵌入的对象",
    "activex/": "控件",
}

Spot = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Marks:
    """What the XML says of a sheet's cells; `percents` is None where formats are not known.

    `empties` are formulas whose stored result is the empty text; `unlocked` says that the sheet
    is not protected (False where that is not known).
    """

    errors: Mapping[Spot, str] = field(default_factory=dict)
    formulas: frozenset[Spot] = frozenset()
    percents: frozenset[Spot] | None = None
    empties: frozenset[Spot] = frozenset()
    unlocked: bool = False


@dataclass(frozen=True, slots=True)
class Paper:
    """One sheet as found: its name, its rows of raw values, its marks."""

    name: str
    rows: Sequence[Sequence[Raw]]
    marks: Marks = Marks()

    def raw(self, row: int, column: int) -> Raw:
        """Give what stands in a cell; None outside the used range."""
        if 0 <= row < len(self.rows) and 0 <= column < len(self.rows[row]):
            return self.rows[row][column]
        return None

    def is_filled(self, row: int, column: int) -> bool:
        """Whether a cell holds anything but blanks, a formula never calculated included."""
        raw, spot, marks = self.raw(row, column), (row, column), self.marks
        if raw is None or spot in marks.errors:
            return spot in marks.errors or (spot in marks.formulas and spot not in marks.empties)
        return not (isinstance(raw, str) and is_blank(raw))

    def cell(self, row: int, column: int) -> Cell:
        """Give a cell with its address."""
        spot, marks = (row, column), self.marks
        formula, error = spot in marks.formulas, marks.errors.get(spot, "")
        raw = "" if spot in marks.empties else self.raw(row, column)
        return Cell(
            None if error else raw,
            None if marks.percents is None else spot in marks.percents,
            error,
            formula,
            Address(self.name, a1(row, column)),
        )


@dataclass(frozen=True, slots=True)
class Book:
    """A whole workbook as found, with the custom properties that name its form.

    `active` names the kinds of content in it that could run or reach outside, in Chinese; `saved`
    is when it was last saved, as the file states it (ISO 8601, "" where it does not).
    """

    papers: tuple[Paper, ...]
    properties: Mapping[str, str] = field(default_factory=dict)
    active: tuple[str, ...] = ()
    saved: str = ""


def read_book(data: bytes, skip: frozenset[str] = frozenset()) -> Book:
    """Give the sheets of a workbook, leaving out those named in `skip`.

    Raise Unreadable where it holds no worksheet or the engine cannot read it.
    """
    package = _Package(data) if data[:2] == b"PK" else None
    marks = package.marks(skip) if package else None
    tables = _tables(data, skip, None if marks is None else marks.keys())
    papers = tuple(
        Paper(name, _rows(values), marks[name] if marks is not None else Marks())
        for name, values in tables.items()
    )
    if package is None:
        return Book(papers, active=(MACROS,) if MACRO_STORE in data else ())
    return Book(papers, package.properties(), package.active(), package.saved())


def _tables(
    data: bytes, skip: frozenset[str], known: Collection[str] | None
) -> dict[str, list[list[object]]]:
    """Give the values of each sheet as pandas reads them, by its name.

    A sheet not among the `known`, where these are given, was not looked at and is not trusted.
    """
    import pandas as pd
    from python_calamine import CalamineError

    options = {"header": None, "dtype": object, "keep_default_na": False}
    try:
        with pd.ExcelFile(BytesIO(data), engine="calamine") as file:
            names = [str(name) for name in file.sheet_names]
            wanted = [name for name in names if name not in skip]
            if known is not None and not set(wanted) <= set(known):
                raise _damaged()
            frames = pd.read_excel(file, sheet_name=wanted, **options) if wanted else {}
    except (CalamineError, ValueError, KeyError, OSError) as error:
        raise _damaged() from error
    if not names:
        raise Unreadable("no-sheets", "文件里没有工作表", ASK_AGAIN)
    return {name: frame.to_numpy().tolist() for name, frame in frames.items()}


def _damaged() -> Unreadable:
    return Unreadable("damaged", "文件已损坏,读不出内容", ASK_AGAIN)


def _rows(values: Sequence[Sequence[object]]) -> list[list[Raw]]:
    return [[_raw(value) for value in row] for row in values]


def _raw(value: object) -> Raw:
    """Give a value as the core knows it: text, bool, Decimal, date or time; "" and NaN are None."""
    match value:
        case str():
            return value or None
        case None | bool():
            return value
        case int() | float():
            return _number(value)
        case datetime():
            return value if value.time() > time.min else value.date()
        case date() | time():
            return value
    return None if value != value else str(value)


def _number(value: int | float) -> Decimal | None:
    """Give a number with the digits a spreadsheet shows: 0.1 + 0.2 is 0.3."""
    whole = isinstance(value, int) or value.is_integer()
    return to_decimal(int(value) if whole and abs(value) < EXACT else f"{value:.{DIGITS}g}")


# ---------------------------------------------------------------- the package


class _Package:
    """The parts of an .xlsx that say what pandas does not; anything odd in them is passed over."""

    def __init__(self, data: bytes) -> None:
        try:
            self._archive = zipfile.ZipFile(BytesIO(data))
        except ZIP_FAULTS as error:
            raise _damaged() from error
        self._names = {name.lower(): name for name in self._archive.namelist()}

    def _read(self, path: str) -> bytes | None:
        name = self._names.get(path.lower())
        if name is None:
            return None
        try:
            return self._archive.read(name)
        except ZIP_FAULTS as error:
            raise _damaged() from error  # a wrong checksum, an odd compression, a password

    def _tree(self, path: str) -> ElementTree.Element | None:
        xml = self._read(path)
        try:
            # expat loads nothing from outside and stops entity bombs
            return None if xml is None else ElementTree.fromstring(xml)  # noqa: S314
        except ElementTree.ParseError:
            return None

    def properties(self) -> dict[str, str]:
        """Give the custom document properties."""
        tree = self._tree("docProps/custom.xml")
        if tree is None:
            return {}
        return {
            str(entry.get("name")): "".join(entry.itertext()) for entry in tree if entry.get("name")
        }

    def saved(self) -> str:
        """Give the date and time the core properties state; "" where they do not."""
        nodes = self._tree("docProps/core.xml")
        found = (node.text for node in nodes or () if _local(node.tag) == "modified")
        return (next(found, None) or "").strip()

    def active(self) -> tuple[str, ...]:
        """Give the kinds of content that could run or reach outside, each once."""
        folder = f"{posixpath.dirname(self._main)}/".lower()
        inner = [name.removeprefix(folder) for name in self._names]
        return tuple(
            dict.fromkeys(
                word
                for start, word in ACTIVE_PARTS.items()
                if any(name.startswith(start) for name in inner)
            )
        )

    @cached_property
    def _main(self) -> str:
        """The path of the workbook part."""
        links = self._tree("_rels/.rels")
        found = (link for link in links or () if str(link.get("Type")).endswith("/officeDocument"))
        return next((str(link.get("Target")).lstrip("/") for link in found), "xl/workbook.xml")

    def _beside(self, target: str) -> str:
        """Give the path of a part that the workbook part names."""
        path = target if target.startswith("/") else f"/{posixpath.dirname(self._main)}/{target}"
        return posixpath.normpath(path).lstrip("/")

    def marks(self, skip: frozenset[str]) -> dict[str, Marks] | None:
        """Give the marks of each sheet, by its name; None where this is no .xlsx."""
        if self._tree(self._main) is None:
            return None
        percents = self._percent_styles()
        found = {}
        for name, part in self._sheet_parts():
            xml = None if name in skip else self._read(part)
            if xml is not None:
                found[name] = _scan(xml, percents)
        return found

    def _sheet_parts(self) -> Iterator[tuple[str, str]]:
        folder, name = posixpath.split(self._main)
        book, links = self._tree(self._main), self._tree(f"{folder}/_rels/{name}.rels")
        if book is None or links is None:
            return
        targets = {link.get("Id"): str(link.get("Target")) for link in links}
        for node in book.iter():
            if _local(node.tag) == "sheet":
                link = next((v for k, v in node.attrib.items() if _local(k) == "id"), None)
                yield str(node.get("name")), self._beside(targets.get(link, ""))

    def _percent_styles(self) -> frozenset[str] | None:
        """Give the indexes of cell styles that show per cent; None without a style sheet."""
        tree = self._tree(self._beside("styles.xml"))
        if tree is None:
            return None
        formats = set(PERCENT_FORMATS)
        styles: list[str] = []
        for node in tree.iter():
            if _local(node.tag) == "numFmt" and "%" in str(node.get("formatCode")):
                formats.add(str(node.get("numFmtId")))
            elif _local(node.tag) == "cellXfs":
                styles = [str(child.get("numFmtId", "0")) for child in node]
        return frozenset(str(n) for n, style in enumerate(styles) if style in formats)


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _scan(xml: bytes, percent_styles: frozenset[str] | None) -> Marks:
    """Give the marks of one sheet by one streaming pass."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    scan = _Scan(percent_styles or frozenset(), parser)
    try:
        parser.Parse(xml, True)
    except (expat.ExpatError, ValueError) as error:  # no XML, or a reference that is no number
        raise _damaged() from error
    if scan.bottom * scan.right > MAX_USED_BOX:
        raise Unreadable("too-large", "表格范围过大,不是正常的自评表", SLIM_DOWN)
    percents = None if percent_styles is None else frozenset(scan.percents)
    return Marks(
        scan.errors, frozenset(scan.formulas), percents, frozenset(scan.empties), scan.unlocked
    )


class _Scan:
    """Handlers of the streaming pass."""

    def __init__(self, percent_styles: frozenset[str], parser: expat.XMLParserType) -> None:
        self.errors: dict[Spot, str] = {}
        self.formulas: set[Spot] = set()
        self.percents: set[Spot] = set()
        self.empties: set[Spot] = set()
        self.bottom = self.right = 0
        self.unlocked = True
        self._percent_styles = percent_styles
        self._spot: Spot = (-1, -1)
        self._type = ""  # of the cell: e is an error, str the text a formula gave
        self._value = ""
        self._within = ""  # the element whose text comes next
        self._watching = False
        self._parser = parser
        parser.StartElementHandler = self.start

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._within = name.rpartition(":")[2]
        match self._within:
            case "row":
                number = attributes.get("r", "")
                self._spot = (int(number) - 1 if number else self._spot[0] + 1, -1)
            case "c":
                self._cell(attributes)
            case "f":
                self.formulas.add(self._spot)
            case "sheetProtection":
                self.unlocked = attributes.get("sheet") not in {"1", "true"}

    def _cell(self, attributes: Mapping[str, str]) -> None:
        reference = attributes.get("r")
        spot = _spot(reference) if reference else (self._spot[0], self._spot[1] + 1)
        self._spot = spot
        if spot[0] >= self.bottom:
            self.bottom = spot[0] + 1
        if spot[1] >= self.right:
            self.right = spot[1] + 1
        self._type, self._value = attributes.get("t", ""), ""
        # the values of other cells are pandas' business
        watched = self._type in {"e", "str"}
        if watched is not self._watching:
            self._watching = watched
            self._parser.EndElementHandler = self.end if watched else None
            self._parser.CharacterDataHandler = self.text if watched else None
        if attributes.get("s") in self._percent_styles:
            self.percents.add(spot)

    def text(self, data: str) -> None:
        if self._within == "v":
            self._value += data

    def end(self, name: str) -> None:
        self._within = ""
        if name.rpartition(":")[2] != "c":
            return
        if self._type == "e":
            self.errors[self._spot] = self._value or "#VALUE!"
        elif self._type == "str" and not self._value and self._spot in self.formulas:
            self.empties.add(self._spot)


def _spot(reference: str) -> Spot:
    letters = reference.rstrip("0123456789")
    digits = reference[len(letters) :]
    return (int(digits) - 1 if digits else 0), _column(letters)


@lru_cache(maxsize=1024)
def _column(letters: str) -> int:
    column = 0
    for char in letters:
        column = column * 26 + ord(char.upper()) - ord("A") + 1
    return column - 1
