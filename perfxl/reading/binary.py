"""The binary parts of an .xlsb, written out as the XML they stand for ([MS-XLSB]).

So an .xlsb is read, looked through and limited as any .xlsx is. Only what the sheets need is there:
cells, rows, columns, merges and protection; shared texts; number formats; the list of sheets. Of a
formula it is only said that there is one.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Iterator

from perfxl.errors import Unreadable
from perfxl.form.addresses import a1
from perfxl.reading import limits
from perfxl.reading.markup import plain_text, text_xml
from perfxl.text.safe import attribute

_HEADS = {  # of parts, by the record each begins with: the element it stands for
    b"\x83\x01": "workbook",
    b"\x81\x01": "worksheet",
    b"\x96\x02": "styleSheet",
    b"\x9f\x01": "sst",
}
_ROW, _LAST_CELL, _FIRST_SHORT, _RICH = 0, 18, 12, 62  # numbers of records
_BEGIN_CELLS, _END_CELLS = 145, 146
_ERRORS = {
    0x00: "#NULL!",
    0x07: "#DIV/0!",
    0x0F: "#VALUE!",
    0x17: "#REF!",
    0x1D: "#NAME?",
    0x24: "#NUM!",
    0x2A: "#N/A",
}
_STATES = ("visible", "hidden", "veryHidden")
_MISSHAPEN = (struct.error, IndexError)


def is_binary(part: bytes) -> bool:
    """Whether a part is one of those that stand for XML."""
    return part[:2] in _HEADS


def as_xml(part: bytes) -> bytes:
    """Give the XML a binary part stands for; raise Unreadable where it is not whole."""
    root = _HEADS[part[:2]]
    write = _Sheet().element if root == "worksheet" else _element
    try:
        body = "".join(write(kind, data) for kind, data in _records(part))
    except _MISSHAPEN as error:
        raise Unreadable.of("damaged") from error
    return f"<{root}>{body}</{root}>".encode()


def _records(part: bytes) -> Iterator[tuple[int, bytes]]:
    """Give number and content of each record."""
    at = count = 0
    while at < len(part):
        kind, at = _variable(part, at, 2)
        size, at = _variable(part, at, 4)
        if at + size > len(part):
            raise Unreadable.of("damaged")
        yield kind, part[at : at + size]
        at, count = at + size, count + 1
        if count > limits.ELEMENTS.most:
            limits.ELEMENTS.demand(count)


def _variable(part: bytes, at: int, most: int) -> tuple[int, int]:
    """Give a number of as many bytes as say that one follows, and where it ends."""
    number = 0
    for n in range(most):
        byte = part[at + n]
        number |= (byte & 0x7F) << 7 * n
        if byte < 0x80:
            break
    return number, at + n + 1


# ---------------------------------------------------------------- workbook, texts, formats


def _element(kind: int, data: bytes) -> str:
    write = _ELEMENTS.get(kind)
    return write(data) if write else ""


def _listed_sheet(data: bytes) -> str:
    (state,) = struct.unpack_from("<I", data)
    link, at = _text(data, 8)
    name, _ = _text(data, at)
    shown = f"name={attribute(plain_text(name))} r:id={attribute(plain_text(link))}"
    return f'<sheet {shown} state="{_STATES[min(state, 2)]}"/>'


def _format(data: bytes) -> str:
    (number,) = struct.unpack_from("<H", data)
    return f'<numFmt numFmtId="{number}" formatCode={attribute(plain_text(_text(data, 2)[0]))}/>'


def _text(data: bytes, at: int) -> tuple[str, int]:
    """Give the text that begins here with its length, and where it ends; none is ""."""
    (length,) = struct.unpack_from("<I", data, at)
    if length == 0xFFFFFFFF:
        return "", at + 4
    end = at + 4 + 2 * length
    if end > len(data):
        raise Unreadable.of("damaged")
    return data[at + 4 : end].decode("utf-16-le", "replace"), end


_ELEMENTS: dict[int, Callable[[bytes], str]] = {
    153: lambda data: f'<workbookPr date1904="{data[0] & 1}"/>',
    156: _listed_sheet,
    19: lambda data: f'<si><t xml:space="preserve">{text_xml(_text(data, 1)[0])}</t></si>',
    44: _format,
    47: lambda data: f'<xf numFmtId="{struct.unpack_from("<H", data, 2)[0]}"/>',
    615: lambda _: "<numFmts>",
    616: lambda _: "</numFmts>",
    617: lambda _: "<cellXfs>",
    618: lambda _: "</cellXfs>",
    626: lambda _: "<cellStyleXfs>",
    627: lambda _: "</cellStyleXfs>",
}


# ---------------------------------------------------------------- a sheet


class _Sheet:
    """The elements of a sheet, one after another."""

    def __init__(self) -> None:
        self._row, self._column, self._end = 0, -1, ""
        self._in_cells = False

    def element(self, kind: int, data: bytes) -> str:
        if kind in {_BEGIN_CELLS, _END_CELLS}:
            self._in_cells = kind == _BEGIN_CELLS
            return "<sheetData>" if self._in_cells else f"{self._end}</sheetData>"
        if not self._in_cells:
            return _BESIDE_CELLS[kind](data) if kind in _BESIDE_CELLS else ""
        if kind == _ROW:
            return self._begin_row(data)
        return self._cell(kind, data) if kind <= _LAST_CELL or kind == _RICH else ""

    def _begin_row(self, data: bytes) -> str:
        (self._row,) = struct.unpack_from("<I", data)
        self._column, before, self._end = -1, self._end, "</row>"
        hidden = ' hidden="1"' if data[11] & 0x10 else ""
        return f'{before}<row r="{self._row + 1}"{hidden}>'

    def _cell(self, kind: int, data: bytes) -> str:
        """Give a cell; a short one stands right of the one before and does not say where."""
        if _FIRST_SHORT <= kind <= _LAST_CELL:
            self._column, kind, data = self._column + 1, kind - _FIRST_SHORT + 1, b"\0" * 4 + data
        else:
            (self._column,) = struct.unpack_from("<I", data)
        (style,) = struct.unpack_from("<I", data, 4)
        if self._column > 0xFFFF:
            raise Unreadable.of("damaged")
        head = f'<c r="{a1(self._row, self._column)}" s="{style & 0xFFFFFF}"'
        return f"{head}{_CONTENTS[kind](data)}</c>"


def number_content(value: float) -> str:
    """Give what follows the address of a cell that holds a number."""
    return f"><v>{value!r}</v>" if math.isfinite(value) else ' t="e"><v>#NUM!</v>'


def error_content(code: int) -> str:
    """Give what follows the address of a cell that shows an error."""
    return f' t="e"><v>{_ERRORS.get(code, "#VALUE!")}</v>'


def bool_content(value: int) -> str:
    """Give what follows the address of a cell that is true or false."""
    return f' t="b"><v>{int(value != 0)}</v>'


def packed_number(kept: int) -> float:
    """Give a number of 30 bits: whole, or the upper half of one; a bit says if in hundredths."""
    value: float = kept >> 2
    if not kept & 2:
        (value,) = struct.unpack("<d", struct.pack("<q", (kept & ~3) << 32))
    return value / 100 if kept & 1 else value


def _packed(data: bytes) -> str:
    return number_content(packed_number(struct.unpack_from("<i", data, 8)[0]))


def _real(data: bytes) -> str:
    return number_content(struct.unpack_from("<d", data, 8)[0])


def _error(data: bytes) -> str:
    return error_content(data[8])


def _bool(data: bytes) -> str:
    return bool_content(data[8])


def _typed_text(data: bytes, at: int = 8) -> str:
    text = text_xml(_text(data, at)[0])
    return f' t="inlineStr"><is><t xml:space="preserve">{text}</t></is>'


def _given_text(data: bytes) -> str:
    return f' t="str"><v xml:space="preserve">{text_xml(_text(data, 8)[0])}</v>'


def _of_formula(write: Callable[[bytes], str]) -> Callable[[bytes], str]:
    return lambda data: write(data).replace(">", "><f/>", 1)


_CONTENTS: dict[int, Callable[[bytes], str]] = {
    1: lambda _: ">",
    2: _packed,
    3: _error,
    4: _bool,
    5: _real,
    6: _typed_text,
    7: lambda data: f' t="s"><v>{struct.unpack_from("<I", data, 8)[0]}</v>',
    8: _of_formula(_given_text),
    9: _of_formula(_real),
    10: _of_formula(_bool),
    11: _of_formula(_error),
    _RICH: lambda data: _typed_text(data, 9),
}


def _columns(data: bytes) -> str:
    first, last = struct.unpack_from("<2I", data)
    return f'<col min="{first + 1}" max="{last + 1}" hidden="{data[16] & 1}"/>'


def _merge(data: bytes) -> str:
    top, bottom, left, right = struct.unpack_from("<4I", data)
    if max(top, bottom, left, right) > 0xFFFFFF:
        raise Unreadable.of("damaged")
    return f'<mergeCell ref="{a1(top, left)}:{a1(bottom, right)}"/>'


_BESIDE_CELLS: dict[int, Callable[[bytes], str]] = {
    60: _columns,
    176: _merge,
    535: lambda data: f'<sheetProtection sheet="{int(any(data[2:6]))}"/>',
    677: lambda data: f'<sheetProtection sheet="{int(any(data[4:8]))}"/>',
}
