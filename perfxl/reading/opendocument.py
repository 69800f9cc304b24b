"""The text of an .ods or .fods, written out as the package of an .xlsx it stands for.

So these are read, looked through and limited as any .xlsx is. Only what the sheets need is there:
cells, hidden rows and columns, merges, protection; the document's own properties and its date.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from xml.parsers.expat import XMLParserType

from perfxl.errors import Unreadable
from perfxl.form.addresses import a1
from perfxl.reading import limits
from perfxl.reading.binary import bool_content, number_content
from perfxl.reading.markup import local, parse, parser, text_xml
from perfxl.reading.package import Plain
from perfxl.text.safe import attribute

_EPOCH = datetime.fromisoformat("1899-12-30")
_DATE, _TIME, _PERCENT = 1, 2, 3  # numbers of styles
_STYLES = (
    b'<styleSheet><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="21"/>'
    b'<xf numFmtId="10"/></cellXfs></styleSheet>'
)
_OF_TYPE = {"date": _DATE, "time": _TIME, "percentage": _PERCENT}
_CELLS = frozenset({"table-cell", "covered-table-cell"})
# what stands in a cell and is no text of it
_BESIDE = frozenset({"annotation", "frame", "custom-shape", "note", "ruby-text", "shapes"})
_PROPERTIES = frozenset({"user-defined", "date", "generator"})
_DURATION = re.compile(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:([\d.]+)S)?")
_LONGEST = 32_767


def as_package(content: bytes, macros: bool, meta: bytes = b"") -> bytes:
    """Give the package of an .xlsx for the content of a document, and what it says of itself."""
    found = _Document()
    parse(found.parser(), content)
    found.read_meta(meta)
    if not found.tables:
        raise Unreadable.of("no-sheets")
    with Plain(dates_from_1904=False) as plain:
        plain.add("styles.xml", _STYLES)
        for table in found.tables:
            state = "hidden" if table.style in found.unseen else "visible"
            plain.add_sheet(table.xml(), table.name, state)
        if macros:
            plain.add("vbaProject.bin", b"")
        plain.add_properties("".join(found.properties), found.saved, found.program)
        return plain.data()


class _Table:
    """A sheet being written, row by row."""

    def __init__(self, attributes: Mapping[str, str]) -> None:
        self.name = attributes.get("table:name", "")
        self.style = attributes.get("table:style-name", "")
        self._protected = attributes.get("table:protected") == "true"
        self._columns, self._rows, self._merges = list[str](), list[str](), list[str]()
        self._right = self._row = self._cells = 0
        self.size = 0  # characters it takes, written out
        self._attributes: Mapping[str, str] = {}
        self._in_row: list[tuple[int, int, str]] = []  # first column, how many, content

    def columns(self, attributes: Mapping[str, str]) -> None:
        """Take columns that are alike."""
        first = self._right + 1
        self._right += _count(attributes, "table:number-columns-repeated")
        if _is_hidden(attributes):
            self._columns.append(f'<col min="{first}" max="{self._right}" hidden="1"/>')

    def begin_row(self, attributes: Mapping[str, str]) -> None:
        """Begin rows that are alike."""
        self._attributes, self._in_row, self._right = attributes, [], 0

    def cell(self, attributes: Mapping[str, str], content: str) -> None:
        """Take cells that are alike, "" for content where they are blank."""
        many = _count(attributes, "table:number-columns-repeated")
        if content:
            self._in_row.append((self._right, many, content))
        across = _count(attributes, "table:number-columns-spanned")
        down = _count(attributes, "table:number-rows-spanned")
        if across > 1 or down > 1:
            last = a1(self._row + down - 1, self._right + across - 1)
            self._merges.append(f'<mergeCell ref="{a1(self._row, self._right)}:{last}"/>')
            limits.FACTS.demand(len(self._merges))
        self._right += many

    def end_row(self) -> None:
        """Write the rows as often as they are there; blank ones only where they are hidden."""
        many = _count(self._attributes, "table:number-rows-repeated")
        hidden = ' hidden="1"' if _is_hidden(self._attributes) else ""
        if self._in_row or (hidden and many < limits.FACTS.most):
            self._cells += many * sum(count for _, count, _ in self._in_row)
            limits.CELLS.demand(self._cells)
            self.size += many * sum(count * len(content) for _, count, content in self._in_row)
            limits.PART.demand(self.size)  # a long text may be said to stand a million times
            self._rows += (self._row_xml(self._row + n, hidden) for n in range(many))
            limits.ELEMENTS.demand(len(self._rows))
        self._row += many

    def _row_xml(self, row: int, hidden: str) -> str:
        cells = (
            f'<c r="{a1(row, first + n)}"{content}</c>'
            for first, count, content in self._in_row
            for n in range(count)
        )
        return f'<row r="{row + 1}"{hidden}>{"".join(cells)}</row>'

    def xml(self) -> bytes:
        """Give the part of the sheet."""
        columns, rows, merges = map("".join, (self._columns, self._rows, self._merges))
        locked = f'<sheetProtection sheet="{int(self._protected)}"/>'
        body = f"{columns}<sheetData>{rows}</sheetData>{locked}{merges}"
        return f"<worksheet>{body}</worksheet>".encode()


class _Document:
    """Handlers of the pass over a document."""

    def __init__(self) -> None:
        self.tables: list[_Table] = []
        self.unseen: set[str] = set()  # styles of sheets nobody sees
        self.properties: list[str] = []
        self.saved = self.program = ""
        self._open: list[str] = []  # the elements that have begun and not ended
        self._style = ""
        self._cell: Mapping[str, str] | None = None
        self._lines: list[str] = []  # of the cell or property
        self._aside = self._elements = 0

    def parser(self) -> XMLParserType:
        """Give a parser that fills this."""
        made = parser()
        made.StartElementHandler, made.EndElementHandler = self._start, self._end
        made.CharacterDataHandler = self._text
        return made

    def read_meta(self, xml: bytes) -> None:
        """Take what a part says of the document; the numbers can be read without it."""
        try:
            parse(self.parser(), xml)
        except Unreadable as error:
            if error.code != "damaged":
                raise

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        name = local(name)
        self._open.append(name)
        self._elements += 1
        limits.DEPTH.demand(len(self._open))
        limits.ELEMENTS.demand(self._elements)
        if self._aside or (self._cell is not None and name in _BESIDE) or name == "shapes":
            self._aside += 1
        elif self._cell is not None:
            self._in_cell(name, attributes)
        elif name == "style":
            self._style = attributes.get("style:name", "")
        elif name == "table-properties" and attributes.get("table:display") == "false":
            self.unseen.add(self._style)
        elif name in _PROPERTIES:
            self._cell, self._lines = attributes, [""]
        else:
            self._in_table(name, attributes)

    def _in_table(self, name: str, attributes: dict[str, str]) -> None:
        if name == "table":
            limits.PARTS.demand(sum(table.size for table in self.tables))
            self.tables.append(_Table(attributes))
            limits.SHEETS.demand(len(self.tables))
        elif name == "table-column" and self.tables:
            self.tables[-1].columns(attributes)
        elif name == "table-row" and self.tables:
            self.tables[-1].begin_row(attributes)
        elif name in _CELLS:
            self._cell, self._lines = attributes, []

    def _in_cell(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "p" or not self._lines:
            self._lines.append("")
        if name == "s":
            self._lines[-1] += " " * min(_count(attributes, "text:c"), _LONGEST)
        elif name in {"tab", "line-break"}:
            self._lines[-1] += "\t" if name == "tab" else "\n"

    def _text(self, data: str) -> None:
        shown = self._cell is not None and not self._aside and self._open[-1] not in _CELLS
        if shown and self._lines and len(self._lines[-1]) < _LONGEST:
            self._lines[-1] += data

    def _end(self, _: str) -> None:
        name = self._open.pop()
        if self._aside:
            self._aside -= 1
        elif name in _PROPERTIES and self._cell is not None:
            self._property(name, "".join(self._lines), self._cell)
            self._cell = None
        elif name in _CELLS and self._cell is not None and self.tables:
            self.tables[-1].cell(self._cell, _content(self._cell, "\n".join(self._lines)))
            self._cell = None
        elif name == "table-row" and self.tables:
            self.tables[-1].end_row()

    def _property(self, name: str, text: str, attributes: Mapping[str, str]) -> None:
        if name == "date":
            self.saved = text
        elif name == "generator":
            self.program = text.partition("/")[0]
        elif "meta:name" in attributes:
            named = attribute(attributes["meta:name"])
            self.properties.append(f"<property name={named}>{text_xml(text)}</property>")


def _count(attributes: Mapping[str, str], name: str) -> int:
    return max(1, int(attributes.get(name, "1")))


def _is_hidden(attributes: Mapping[str, str]) -> bool:
    return attributes.get("table:visibility") in {"collapse", "filter"}


def _content(attributes: Mapping[str, str], text: str) -> str:
    """Give what follows the address of a cell; "" where it is blank."""
    kind = attributes.get("office:value-type", "")
    formula = attributes.get("table:formula")
    written = "" if formula is None else f"<f>{text_xml(formula)}</f>"
    if attributes.get("calcext:value-type") == "error":
        return f' t="e">{written}<v>{text_xml(text)}</v>'
    if kind in {"", "string"}:
        return _text_content(attributes.get("office:string-value", text), written)
    try:
        content = _typed_content(kind, attributes)
    except (ValueError, KeyError):  # a date that is none: what the sheet shows
        return _text_content(text, written)
    style = f' s="{_OF_TYPE.get(kind, 0)}"'
    return style + content.replace(">", f">{written}", 1)


def _text_content(text: str, formula: str) -> str:
    if formula:
        return f' t="str">{formula}<v xml:space="preserve">{text_xml(text)}</v>'
    if not text:
        return ""
    return f' t="inlineStr"><is><t xml:space="preserve">{text_xml(text)}</t></is>'


def _typed_content(kind: str, attributes: Mapping[str, str]) -> str:
    if kind == "boolean":
        return bool_content(attributes.get("office:boolean-value", "").lower() == "true")
    if kind == "date":
        since = datetime.fromisoformat(attributes["office:date-value"][:19]) - _EPOCH
        return number_content(since.days + since.seconds / 86_400)
    if kind == "time":
        return number_content(_days(attributes.get("office:time-value", "")))
    return number_content(float(attributes.get("office:value", "nan")))


def _days(duration: str) -> float:
    found = _DURATION.match(duration)
    hours, minutes, seconds = (float(part or 0) for part in found.groups()) if found else (0, 0, 0)
    return (hours * 3600 + minutes * 60 + seconds) / 86_400
