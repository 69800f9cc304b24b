"""The text of a Word document (.docx): its passages and tables, read from its main part.

Only what a reader sees counts: no deleted or hidden text, no field codes, no notes beside the page,
and of a text box that is kept twice for old programs only the first. What needs a style to be
known (hidden by a style, numbers of lists) is not looked up.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct, field

from perfxl.errors import GIVE_A_DOCUMENT, SAVE_AS_DOCUMENT, Unreadable
from perfxl.form.document import Manuscript, Passage, TextTable
from perfxl.reading import kinds, limits
from perfxl.reading.compound import Compound
from perfxl.reading.markup import local, parse, parser
from perfxl.reading.package import OLE_HEAD, Package

_MAIN = "word/document.xml"
_UNSEEN = frozenset(
    {"del", "moveFrom", "Fallback", "rt", "delText", "instrText", "tcPrChange", "trPrChange"}
)
_MARKS = {"tab": "\t", "ptab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
_OFF = frozenset({"0", "false", "off", "none"})
_RESTART = "restart"


def read_document(data: bytes) -> Manuscript:
    """Give what a report says; raise Unreadable where these bytes are no .docx that can be read."""
    try:
        return _read(_main_part(data))
    except Unreadable as error:
        raise _of_a_report(error) from error


def _of_a_report(error: Unreadable) -> Unreadable:
    """Give a refusal with what to do about a document where it speaks of workbooks."""
    if error.code == "too-large":
        return Unreadable.of("report-too-large", what=error.message.partition(",")[0])
    if error.code in {"damaged", "ambiguous", "doctype"}:
        return Unreadable.of("report-damaged", what=error.message)
    return error


def _main_part(data: bytes) -> bytes:
    if not data:
        raise Unreadable.of("empty")
    if not data.startswith(kinds.ZIP_HEADS):
        raise _refusal(data)
    package = Package(data)
    if package.is_workbook:
        raise _no_document(kinds.WORKBOOK)
    xml = package.part(package.main) or package.part(_MAIN)
    if xml is None or not _is_document(xml):
        stated = package.part(kinds.OPEN_DOCUMENT) or b""
        raise _no_document(kinds.of_package(package.names, stated) or kinds.WORKBOOK)
    return xml


def _refusal(data: bytes) -> Unreadable:
    """Give what to say of bytes that are no zip package."""
    if data.startswith(OLE_HEAD):
        return _no_document(kinds.of_container(Compound(data)))
    if kinds.is_guarded(data):
        return Unreadable.of("encrypted-by-guard")
    return _no_document(kinds.of_bytes(data))


def _no_document(kind: kinds.FileKind) -> Unreadable:
    fix = SAVE_AS_DOCUMENT if kind is kinds.WORD else GIVE_A_DOCUMENT
    called = "旧格式或其他格式的文档" if kind is kinds.WORD else kind.called
    return Unreadable.of("not-a-report", kind=called, what_to_do=fix)


def _is_document(xml: bytes) -> bool:
    """Whether a part is the text of a document: not of slides or whatever else is packed so."""
    root: list[str] = []
    made = parser()
    made.StartElementHandler = lambda name, _: root.append(local(name)) if not root else None
    parse(made, xml)
    return root == ["document"]


# ---------------------------------------------------------------- tables


class _Cell(Struct):
    """A cell being read: how many columns it takes up, whether it goes on from above or left."""

    lines: list[str] = field(default_factory=list)
    span: int = 1
    from_above: bool = False
    from_left: bool = False


class _Table(Struct):
    """A table being read; `skipped` are columns a row leaves out before its first cell."""

    rows: list[tuple[str, ...]] = field(default_factory=list)
    cells: list[_Cell] = field(default_factory=list)
    skipped: int = 0
    deleted: bool = False

    def begin_row(self) -> None:
        """Be ready for the cells of a row."""
        self.cells, self.skipped, self.deleted = [], 0, False

    def end_row(self) -> int:
        """Keep the row, merged cells spelled out, and give its length; a deleted one is none."""
        if self.deleted:
            return 0
        above = self.rows[-1] if self.rows else ()
        row = [""] * self.skipped
        for cell in self.cells:
            text = "\n".join(cell.lines)
            if cell.from_left and row:
                text = row[-1]
            for _ in range(cell.span):
                seen = above[len(row)] if cell.from_above and len(row) < len(above) else text
                row.append(seen)
        self.rows.append(tuple(row))
        return len(row)


# ---------------------------------------------------------------- the whole


class _Reader(Struct):
    """The main part as it goes by: which elements are open, what has been read."""

    pieces: list[Passage | TextTable] = field(default_factory=list)
    path: list[str] = field(default_factory=list)
    paragraphs: list[list[str]] = field(default_factory=list)  # open ones, the innermost last
    tables: list[_Table] = field(default_factory=list)
    unseen: int = 0  # how many open elements hide what is in them
    hidden: list[bool] = field(default_factory=list)  # of each open run, the innermost last
    elements: int = 0
    letters: int = 0
    cells: int = 0
    passages: int = 0

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """Take note of an element that begins."""
        name, parent = local(name), self.path[-1] if self.path else ""
        self.path.append(name)
        self._demand_sane()
        if name in _UNSEEN:
            self.unseen += 1
            if parent == "trPr" and self.tables:
                self.tables[-1].deleted = True
            return
        value = next((text for key, text in attributes.items() if local(key) == "val"), "")
        self._begin(name, parent, value)

    def _demand_sane(self) -> None:
        self.elements += 1
        if len(self.path) > limits.DEPTH.most or self.elements > limits.ELEMENTS.most:
            limits.DEPTH.demand(len(self.path))
            limits.ELEMENTS.demand(self.elements)

    def _begin(self, name: str, parent: str, value: str) -> None:
        match name:
            case "p":
                self.paragraphs.append([])
            case "r":
                self.hidden.append(any(self.hidden))
            case "vanish" if len(self.path) > 2 and self.path[-3] == "r" and self.hidden:
                self.hidden[-1] = self.hidden[-1] or value not in _OFF
            case "tbl":
                self.tables.append(_Table())
            case "tr" if self.tables:
                self.tables[-1].begin_row()
            case "tc" if self.tables:
                self.tables[-1].cells.append(_Cell())
            case _ if parent == "r" and name in _MARKS:
                self.text(_MARKS[name], "t")
            case _ if parent in {"tcPr", "trPr"} and self.tables:
                self._merge(name, value)

    def _merge(self, name: str, value: str) -> None:
        table = self.tables[-1]
        if name == "gridBefore":
            table.skipped = _columns(value)
        elif not table.cells:
            return
        elif name == "gridSpan":
            table.cells[-1].span = max(_columns(value), 1)
        elif name == "vMerge":
            table.cells[-1].from_above = value != _RESTART
        elif name == "hMerge":
            table.cells[-1].from_left = value != _RESTART

    def text(self, data: str, name: str = "") -> None:
        """Take text that stands in a run."""
        name = name or (self.path[-1] if self.path else "")
        if name != "t" or self.unseen or any(self.hidden[-1:]) or not self.paragraphs:
            return
        self.letters += len(data)
        limits.LETTERS.demand(self.letters)
        self.paragraphs[-1].append(data)

    def end(self, name: str) -> None:
        """Keep what has been read of an element that ends."""
        name = local(name)
        self.path.pop()
        if name == "r" and self.hidden:
            self.hidden.pop()
        if name in _UNSEEN:
            self.unseen -= 1
        elif name == "p" and self.paragraphs:
            self._keep("".join(self.paragraphs.pop()))
        elif name == "tr" and self.tables:
            self.cells += self.tables[-1].end_row()
            limits.GRID_CELLS.demand(self.cells)
        elif name == "tbl" and self.tables:
            self.pieces.append(TextTable(tuple(self.tables.pop().rows)))

    def _keep(self, text: str) -> None:
        if not text.strip():
            return
        cell = next(self._open_cells(), None)
        if cell is not None:
            cell.lines.append(text)
            return
        self.passages += 1
        self.pieces.append(Passage(text, self.passages))

    def _open_cells(self) -> Iterator[_Cell]:
        yield from (table.cells[-1] for table in reversed(self.tables) if table.cells)


def _columns(value: str) -> int:
    """Give a number of columns; what is no number of them, or none any program draws, is 0."""
    count = int(value) if value.isascii() and value.isdigit() and len(value) < 4 else 0
    return min(count, limits.GRID_COLUMNS.most)


def _read(xml: bytes) -> Manuscript:
    reader, made = _Reader(), parser()
    made.StartElementHandler, made.EndElementHandler = reader.start, reader.end
    made.CharacterDataHandler = reader.text
    parse(made, xml)
    return Manuscript(tuple(reader.pieces))
