"""The stream of an .xls, written out as the package of an .xlsx it stands for ([MS-XLS]).

So an .xls is read, looked through and limited as any .xlsx is. Only what the sheets need is there:
cells, rows, columns, merges and protection; texts; number formats. Of a formula it is only said
that there is one.
"""

from __future__ import annotations

import codecs
import struct
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from msgspec import Struct, field

from perfxl.errors import Unreadable
from perfxl.form.addresses import a1
from perfxl.reading import limits
from perfxl.reading.binary import bool_content, error_content, number_content, packed_number
from perfxl.reading.markup import plain_text, text_xml
from perfxl.reading.package import Plain
from perfxl.text.safe import attribute

_BEGIN, _END, _CONTINUED = 0x809, 0x0A, 0x3C
_WORKSHEET, _MACRO_SHEET = 0, 1
_OF_97, _OF_95 = 0x600, 0x500  # versions
_STRING = 0x207  # the text that the formula before it gave
_WIDE, _PHONETIC, _RICH = 1, 4, 8  # flags of a text
_STATES = ("visible", "hidden", "veryHidden")
_MISSHAPEN = (struct.error, IndexError, LookupError, ValueError)


class BiffRecord(NamedTuple):
    """A record: its number, and its content in the pieces it was kept in."""

    kind: int
    pieces: Sequence[bytes]

    @property
    def data(self) -> bytes:
        """The first piece, all there is but for long texts."""
        return self.pieces[0]


class _Book(Struct):
    """What the head of the stream says, as XML where it goes into a part."""

    wide: bool = True  # texts are in Unicode, since Excel 97
    codec: str = "cp1252"  # … and before that in this
    since_1904: bool = False
    formats: list[str] = field(default_factory=list)
    styles: list[str] = field(default_factory=list)
    sheets: list[tuple[int, int, str, str]] = field(default_factory=list)  # at, kind, name, state
    texts: list[str] = field(default_factory=list)
    cells: int = 0  # written so far, of all sheets


def as_package(stream: bytes, macros: bool) -> bytes:
    """Give the package of an .xlsx; raise Unreadable where the stream is not whole or locked."""
    try:
        book = _book(stream)
        with Plain(book.since_1904) as plain:
            plain.add("styles.xml", _style_sheet(book))
            items = "".join(f'<si><t xml:space="preserve">{text}</t></si>' for text in book.texts)
            plain.add("sharedStrings.xml", f"<sst>{items}</sst>".encode())
            for at, kind, name, state in book.sheets:
                if kind == _WORKSHEET:
                    plain.add_sheet(_Sheet(book).xml(stream, at), name, state)
            if macros or any(kind == _MACRO_SHEET for _, kind, *_ in book.sheets):
                plain.add("vbaProject.bin", b"")
            return plain.data()
    except _MISSHAPEN as error:
        raise Unreadable.of("damaged") from error


def _records(stream: bytes, at: int) -> Iterator[BiffRecord]:
    """Give the records from here to the end of this part of the stream, not those nested in it.

    Some programs say that a sheet begins behind the record it begins with.
    """
    depth, count = int(stream[at : at + 2] != _BEGIN.to_bytes(2, "little")), 0
    while at + 4 <= len(stream):
        kind, size = struct.unpack_from("<HH", stream, at)
        pieces, at = [stream[at + 4 : at + 4 + size]], at + 4 + size
        while stream[at : at + 2] == b"\x3c\0":
            (size,) = struct.unpack_from("<H", stream, at + 2)
            pieces.append(stream[at + 4 : at + 4 + size])
            at += 4 + size
        depth += (kind == _BEGIN) - (kind == _END)
        if depth <= 1:
            yield BiffRecord(kind, pieces)
        if depth <= 0:
            return
        count += 1
        limits.ELEMENTS.demand(count)
    raise Unreadable.of("damaged")


# ---------------------------------------------------------------- the workbook


def _book(stream: bytes) -> _Book:
    book, records = _Book(), _records(stream, 0)
    first = next(records)
    (version,) = struct.unpack_from("<H", first.data)
    if first.kind != _BEGIN or version not in {_OF_97, _OF_95}:
        raise Unreadable.of("old-format")
    book.wide = version == _OF_97
    for record in records:
        if record.kind in _OF_BOOK:
            _OF_BOOK[record.kind](book, record)
    if not book.sheets:
        raise Unreadable.of("no-sheets")
    return book


def _locked(*_: object) -> None:
    raise Unreadable.of("encrypted")


def _code_page(book: _Book, record: BiffRecord) -> None:
    (number,) = struct.unpack_from("<H", record.data)
    named = {10000: "mac_roman", 32768: "mac_roman", 32769: "cp1252", 1200: "utf-16-le"}
    book.codec = codecs.lookup(named.get(number, f"cp{number}")).name


def _date_mode(book: _Book, record: BiffRecord) -> None:
    book.since_1904 = record.data[:1] == b"\1"


def _format(book: _Book, record: BiffRecord) -> None:
    (number,) = struct.unpack_from("<H", record.data)
    try:
        code = plain_text(_Texts(book, record.pieces, 2).text("H" if book.wide else "B"))
    except _MISSHAPEN:
        return  # no reason to refuse the numbers
    book.formats.append(f'<numFmt numFmtId="{number}" formatCode={attribute(code)}/>')


def _style(book: _Book, record: BiffRecord) -> None:
    (number,) = struct.unpack_from("<H", record.data, 2)
    book.styles.append(f'<xf numFmtId="{number}"/>')


def _listed_sheet(book: _Book, record: BiffRecord) -> None:
    at, state, kind = struct.unpack_from("<IBB", record.data)
    name = _Texts(book, record.pieces, 6).text("B")
    book.sheets.append((at, kind, plain_text(name), _STATES[min(state & 3, 2)]))
    limits.SHEETS.demand(len(book.sheets))


def _shared_texts(book: _Book, record: BiffRecord) -> None:
    texts = _Texts(book, record.pieces, 8)
    while not texts.ended:  # how many there are is stated, and not always right
        book.texts.append(text_xml(texts.text("H")))
        limits.STRINGS.demand(len(book.texts))


_OF_BOOK: dict[int, Callable[[_Book, BiffRecord], None]] = {
    0x2F: _locked,
    0x42: _code_page,
    0x22: _date_mode,
    0x41E: _format,
    0xE0: _style,
    0x85: _listed_sheet,
    0xFC: _shared_texts,
}


def _style_sheet(book: _Book) -> bytes:
    formats, styles = "".join(book.formats), "".join(book.styles)
    parts = f"<numFmts>{formats}</numFmts><cellXfs>{styles}</cellXfs>"
    return f"<styleSheet>{parts}</styleSheet>".encode()


class _Texts:
    """Texts on end in the pieces of a record; where one runs on, its piece says again how."""

    def __init__(self, book: _Book, pieces: Sequence[bytes], at: int) -> None:
        self._book, self._pieces, self._piece, self._at = book, pieces, 0, at

    @property
    def _left(self) -> int:
        return len(self._pieces[self._piece]) - self._at

    @property
    def ended(self) -> bool:
        """Whether nothing comes any more."""
        return self._piece + 1 == len(self._pieces) and not self._left

    def text(self, length: str) -> str:
        """Give the next text, whose length is of this format; some programs leave out its flags."""
        (count,) = self._unpacked(length)
        bare = self._piece + 1 == len(self._pieces) and self._left == count
        if bare or not self._book.wide:
            return self._bytes(count).decode(self._book.codec, "replace")
        (flags,) = self._unpacked("B")
        runs = self._unpacked("H")[0] if flags & _RICH else 0
        phonetic = self._unpacked("I")[0] if flags & _PHONETIC else 0
        text = self._letters(count, flags)
        self._bytes(4 * runs + phonetic)
        return text

    def _letters(self, count: int, flags: int) -> str:
        found = ""
        while True:
            width = 2 if flags & _WIDE else 1
            here = min(count, self._left // width)
            data = self._bytes(here * width)
            found += data.decode("utf-16-le" if width == 2 else "latin-1", "replace")
            count -= here
            if not count:
                return found
            self._piece, self._at = self._piece + 1, 0
            (flags,) = self._unpacked("B")

    def _unpacked(self, pattern: str) -> tuple[int, ...]:
        return struct.unpack(f"<{pattern}", self._bytes(struct.calcsize(f"<{pattern}")))

    def _bytes(self, size: int) -> bytes:
        data = b""
        while True:
            here = min(self._left, size - len(data))
            data += self._pieces[self._piece][self._at : self._at + here]
            self._at += here
            if len(data) == size:
                return data
            self._piece, self._at = self._piece + 1, 0


# ---------------------------------------------------------------- a sheet


class _Sheet:
    """The cells of a sheet, put in order: the stream has rows before cells, and may have any."""

    def __init__(self, book: _Book) -> None:
        self._book = book
        self._cells: dict[int, dict[int, str]] = {}
        self._rows: dict[int, str] = {}
        self._head: list[str] = []  # elements before and behind the cells
        self._tail: list[str] = []
        self._of_formula: Callable[[str], None] | None = None  # what takes the text of one

    def xml(self, stream: bytes, at: int) -> bytes:
        """Give the part of the sheet that begins there in the stream."""
        for record in _records(stream, at):
            if record.kind in _OF_SHEET:
                _OF_SHEET[record.kind](self, record)
        rows = "".join(self._row(row) for row in sorted({*self._cells, *self._rows}))
        body = f"{''.join(self._head)}<sheetData>{rows}</sheetData>{''.join(self._tail)}"
        return f"<worksheet>{body}</worksheet>".encode()

    def _row(self, row: int) -> str:
        cells = "".join(cell for _, cell in sorted(self._cells.get(row, {}).items()))
        return f'<row r="{row + 1}"{self._rows.get(row, "")}>{cells}</row>'

    def _put(self, row: int, column: int, style: int, content: str) -> None:
        cells = self._cells.setdefault(row, {})
        if column in cells:
            raise Unreadable.of("ambiguous", what="行或单元格次序错乱或重复")
        cells[column] = f'<c r="{a1(row, column)}" s="{style}"{content}</c>'
        self._book.cells += 1
        limits.CELLS.demand(self._book.cells)

    def number(self, record: BiffRecord) -> None:
        row, column, style, value = struct.unpack_from("<HHHd", record.data)
        self._put(row, column, style, number_content(value))

    def packed(self, record: BiffRecord) -> None:
        row, column, style, value = struct.unpack_from("<HHHi", record.data)
        self._put(row, column, style, number_content(packed_number(value)))

    def packed_row(self, record: BiffRecord) -> None:
        row, column = struct.unpack_from("<HH", record.data)
        for n in range((len(record.data) - 6) // 6):
            style, value = struct.unpack_from("<Hi", record.data, 4 + 6 * n)
            self._put(row, column + n, style, number_content(packed_number(value)))

    def shared_text(self, record: BiffRecord) -> None:
        row, column, style, number = struct.unpack_from("<HHHI", record.data)
        self._put(row, column, style, f' t="s"><v>{number}</v>')

    def text(self, record: BiffRecord) -> None:
        text = text_xml(_Texts(self._book, record.pieces, 6).text("H"))
        row, column, style = struct.unpack_from("<HHH", record.data)
        self._put(row, column, style, f' t="inlineStr"><is><t xml:space="preserve">{text}</t></is>')

    def bool_or_error(self, record: BiffRecord) -> None:
        row, column, style, value, is_error = struct.unpack_from("<HHHBB", record.data)
        content = error_content(value) if is_error else bool_content(value)
        self._put(row, column, style, content)

    def formula(self, record: BiffRecord) -> None:
        row, column, style, kind, value, text_mark = struct.unpack_from("<HHHBxB3xH", record.data)
        number = number_content(struct.unpack_from("<d", record.data, 6)[0])
        contents = {1: bool_content(value), 2: error_content(value)}

        def put(text: str) -> None:
            self._put(row, column, style, f' t="str"><f/><v xml:space="preserve">{text}</v>')

        if text_mark != 0xFFFF or kind in contents:
            content = number if text_mark != 0xFFFF else contents[kind]
            self._put(row, column, style, content.replace(">", "><f/>", 1))
        elif kind:
            put("")
        else:
            self._of_formula = put

    def given_text(self, record: BiffRecord) -> None:
        if self._of_formula is not None:
            self._of_formula(text_xml(_Texts(self._book, record.pieces, 0).text("H")))
            self._of_formula = None

    def row(self, record: BiffRecord) -> None:
        (row,) = struct.unpack_from("<H", record.data)
        if record.data[12] & 0x20:
            self._rows[row] = ' hidden="1"'

    def columns(self, record: BiffRecord) -> None:
        first, last, flags = struct.unpack_from("<HH4xH", record.data)
        self._head.append(f'<col min="{first + 1}" max="{last + 1}" hidden="{flags & 1}"/>')

    def merges(self, record: BiffRecord) -> None:
        (count,) = struct.unpack_from("<H", record.data)
        for n in range(count):
            top, bottom, left, right = struct.unpack_from("<4H", record.data, 2 + 8 * n)
            self._tail.append(f'<mergeCell ref="{a1(top, left)}:{a1(bottom, right)}"/>')

    def protection(self, record: BiffRecord) -> None:
        self._tail.append(f'<sheetProtection sheet="{int(any(record.data[:2]))}"/>')


_OF_SHEET: dict[int, Callable[[_Sheet, BiffRecord], None]] = {
    0x06: _Sheet.formula,
    0x12: _Sheet.protection,
    0x7D: _Sheet.columns,
    0xBD: _Sheet.packed_row,
    0xD6: _Sheet.text,
    0xE5: _Sheet.merges,
    0xFD: _Sheet.shared_text,
    0x203: _Sheet.number,
    0x204: _Sheet.text,
    0x205: _Sheet.bool_or_error,
    _STRING: _Sheet.given_text,
    0x208: _Sheet.row,
    0x27E: _Sheet.packed,
}
