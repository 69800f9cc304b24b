"""A workbook of the office's own with texts put into cells and sheets added, all else as it is.

Only the cells named change, in the XML of their sheets: pictures, text boxes, headers, everything
that libraries lose, stays byte for byte.
"""

from __future__ import annotations

import re
import zipfile
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from io import BytesIO
from xml.sax.saxutils import quoteattr

from msgspec import Struct, field

from perfxl.form.addresses import a1, column_number
from perfxl.form.drawing import Spot
from perfxl.reading.markup import local, parse, parser, simplified, text_xml
from perfxl.reading.package import Package

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
_DATE = (1980, 1, 1, 0, 0, 0)  # of what is added: the same input gives the same bytes
_SPOKEN = '<sheetViews><sheetView showFormulas="1" workbookViewId="0"/></sheetViews>'
_ADDRESS = re.compile(r"([A-Za-z]+)(\d+)")


class Formula(str):
    """A text that is a formula: its references move with what they name. Begins with no =."""

    __slots__ = ()


class AddedSheet(Struct, frozen=True):
    """A sheet of texts: its name, its rows, the widths of its columns in characters.

    Of formulas it shows what they say, not what they come to.
    """

    name: str
    rows: Sequence[Sequence[str]]
    widths: Sequence[float]


def with_texts(
    data: bytes, texts: Mapping[str, Mapping[Spot, str]], added: Sequence[AddedSheet] = ()
) -> bytes:
    """Give a workbook with a text in each of these cells, by sheet, and these sheets at its end."""
    package = Package(data)
    paths = {sheet.name: sheet.path.lower() for sheet in package.sheets()}
    changes: dict[str, Callable[[bytes], bytes]] = {
        paths[name]: _texts_into(cells) for name, cells in texts.items() if cells
    }
    parts = [(f"xl/worksheets/perfxl{n}.xml", sheet) for n, sheet in enumerate(added, 1)]
    if added:
        main = package.main
        folder, _, file = main.rpartition("/")
        changes[main.lower()] = lambda xml: _listed(xml, added)
        changes[f"{folder}/_rels/{file}.rels".lower()] = lambda xml: _linked(xml, parts)
        changes["[content_types].xml"] = lambda xml: _typed(xml, parts)
    return _rewritten(data, changes, [(path, _sheet(sheet)) for path, sheet in parts])


def _rewritten(
    data: bytes,
    changes: Mapping[str, Callable[[bytes], bytes]],
    added: Sequence[tuple[str, bytes]],
) -> bytes:
    target = BytesIO()
    with (
        zipfile.ZipFile(BytesIO(data)) as source,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as made,
    ):
        for entry in source.infolist():
            content = source.read(entry)
            change = changes.get(entry.filename.replace("\\", "/").lstrip("/").lower())
            made.writestr(entry, change(content) if change else content, zipfile.ZIP_DEFLATED)
        for path, content in added:
            made.writestr(zipfile.ZipInfo(path, _DATE), content, zipfile.ZIP_DEFLATED)
    return target.getvalue()


# ---------------------------------------------------------------- cells


class _Row(Struct):
    """A row of the XML: where its content ends, its cells by column with where they begin and end.

    `closed` where it is written without content: <row/>.
    """

    number: int
    start: int
    end: int = 0
    closed: bool = False
    columns: list[int] = field(default_factory=list)
    spans: list[tuple[int, int]] = field(default_factory=list)
    styles: list[str] = field(default_factory=list)


class _Places(Struct):
    """Where in the bytes of a sheet its rows and cells stand."""

    xml: bytes
    prefix: str = ""
    rows: list[_Row] = field(default_factory=list)
    end: int = 0  # of the rows

    def find(self) -> None:
        """Go over the sheet."""
        made = parser()

        def start(name: str, attributes: dict[str, str]) -> None:
            if local(name) in {"row", "c"}:
                self._start(local(name), attributes, made.CurrentByteIndex)
            elif local(name) == "sheetData":
                self.prefix = name[: -len("sheetData")]

        def end(name: str) -> None:
            if local(name) in {"row", "c", "sheetData"}:
                self._end(local(name), made.CurrentByteIndex)

        made.StartElementHandler, made.EndElementHandler = start, end
        parse(made, self.xml)

    def _start(self, name: str, attributes: Mapping[str, str], at: int) -> None:
        stated = attributes.get("r", "")
        if name == "row":
            last = self.rows[-1].number if self.rows else -1
            self.rows.append(_Row(int(stated) - 1 if stated else last + 1, at))
            return
        row = self.rows[-1]
        found = _ADDRESS.fullmatch(stated)
        after = row.columns[-1] + 1 if row.columns else 0
        row.columns.append(column_number(found[1]) if found else after)
        row.spans.append((at, at))
        row.styles.append(attributes.get("s", ""))

    def _end(self, name: str, at: int) -> None:
        if name == "sheetData":
            self.end = at
        elif name == "row":
            self.rows[-1].end = at
            self.rows[-1].closed = self._is_closed(self.rows[-1].start)
        else:
            begin = self.rows[-1].spans[-1][0]
            end = begin if self._is_closed(begin) else at
            self.rows[-1].spans[-1] = begin, self._tag_end(end)

    def _tag_end(self, start: int) -> int:
        return self.xml.index(b">", start) + 1

    def _is_closed(self, start: int) -> bool:
        """Whether an element has no content: <c/>."""
        return self.xml[self._tag_end(start) - 2] == ord("/")


def _texts_into(texts: Mapping[Spot, str]) -> Callable[[bytes], bytes]:
    return lambda xml: _with_cells(simplified(xml), texts)


def _with_cells(xml: bytes, texts: Mapping[Spot, str]) -> bytes:
    places = _Places(xml)
    places.find()
    edits = sorted(_edits(places, texts), reverse=True)
    for start, end, content in edits:
        xml = xml[:start] + content + xml[end:]
    return xml


def _edits(places: _Places, texts: Mapping[Spot, str]) -> Iterator[tuple[int, int, bytes]]:
    """Give what replaces which bytes, for each cell."""
    numbers = [row.number for row in places.rows]
    by_row: dict[int, dict[int, str]] = {}
    for (row, column), text in texts.items():
        by_row.setdefault(row, {})[column] = text
    for number, cells in by_row.items():
        at = bisect_left(numbers, number)
        if at < len(numbers) and numbers[at] == number:
            yield from _in_row(places, places.rows[at], cells)
        else:
            start = places.rows[at].start if at < len(numbers) else places.end
            yield start, start, _row_xml(places.prefix, number, cells)


def _in_row(
    places: _Places, row: _Row, cells: Mapping[int, str]
) -> Iterator[tuple[int, int, bytes]]:
    if row.closed:
        yield row.start, row.end, _row_xml(places.prefix, row.number, cells)
        return
    missing: dict[int, list[bytes]] = {}
    for column, text in sorted(cells.items()):
        at = bisect_left(row.columns, column)
        if at < len(row.columns) and row.columns[at] == column:
            spot = (row.number, column)
            yield *row.spans[at], _cell_xml(places.prefix, spot, text, row.styles[at])
        else:
            start = row.spans[at][0] if at < len(row.spans) else row.end
            xml = _cell_xml(places.prefix, (row.number, column), text)
            missing.setdefault(start, []).append(xml)
    for start, made in missing.items():
        yield start, start, b"".join(made)


def _row_xml(prefix: str, number: int, cells: Mapping[int, str]) -> bytes:
    inner = b"".join(
        _cell_xml(prefix, (number, column), text) for column, text in sorted(cells.items())
    )
    head, tail = f'<{prefix}row r="{number + 1}">', f"</{prefix}row>"
    return head.encode() + inner + tail.encode()


def _cell_xml(prefix: str, spot: Spot, text: str, style: str = "") -> bytes:
    if isinstance(text, Formula):
        return f'<c r="{a1(*spot)}"><f>{text_xml(text)}</f></c>'.encode()
    styled = f' s="{style}"' if style else ""
    inner = f'<{prefix}t xml:space="preserve">{text_xml(text)}</{prefix}t>'
    return (
        f'<{prefix}c r="{a1(*spot)}"{styled} t="inlineStr"><{prefix}is>{inner}</{prefix}is>'
        f"</{prefix}c>"
    ).encode()


# ---------------------------------------------------------------- sheets


def _sheet(sheet: AddedSheet) -> bytes:
    columns = "".join(
        f'<col min="{n}" max="{n}" width="{width}" customWidth="1"/>'
        for n, width in enumerate(sheet.widths, 1)
    )
    rows = b"".join(
        _row_xml("", number, {column: text for column, text in enumerate(row) if text})
        for number, row in enumerate(sheet.rows)
    )
    spoken = any(isinstance(text, Formula) for row in sheet.rows for text in row)
    head = f'<worksheet xmlns="{_MAIN}">{_SPOKEN * spoken}<cols>{columns}</cols><sheetData>'
    return head.encode() + rows + b"</sheetData></worksheet>"


def _before(xml: bytes, element: str, content: Callable[[str], str]) -> bytes:
    """Give a part with something in front of the end of an element, in the prefix it has there."""
    text = simplified(xml).decode()
    found = list(re.finditer(rf"</(\w+:)?{element}\s*>", text))[-1]
    return (text[: found.start()] + content(found[1] or "") + text[found.start() :]).encode()


def _listed(xml: bytes, added: Sequence[AddedSheet]) -> bytes:
    text = xml.decode("utf-8", "replace")
    used = [int(number) for number in re.findall(r'sheetId="(\d+)"', text)]
    first = max(used, default=0) + 1

    def listed(prefix: str) -> str:
        return "".join(
            f'<{prefix}sheet name={quoteattr(sheet.name)} sheetId="{first + n}"'
            f' xmlns:rel="{_OFFICE}" rel:id="perfxl{n + 1}"/>'
            for n, sheet in enumerate(added)
        )

    return _before(xml, "sheets", listed)


def _linked(xml: bytes, parts: Sequence[tuple[str, AddedSheet]]) -> bytes:
    return _before(
        xml,
        "Relationships",
        lambda prefix: "".join(
            f'<{prefix}Relationship Id="perfxl{n}" Type="{_OFFICE}/worksheet" Target="/{path}"/>'
            for n, (path, _) in enumerate(parts, 1)
        ),
    )


def _typed(xml: bytes, parts: Sequence[tuple[str, AddedSheet]]) -> bytes:
    return _before(
        xml,
        "Types",
        lambda prefix: "".join(
            f'<{prefix}Override PartName="/{path}" ContentType="{_TYPE}"/>' for path, _ in parts
        ),
    )
