"""A draft as a Word document: the only importer of python-docx (with `official`, its styles).

The same draft gives the same bytes. Punctuation of running text is set full width, as the standard
for Chinese documents asks; in figures it stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from io import BytesIO
from itertools import pairwise
from typing import TYPE_CHECKING

import docx
from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.opc.constants import RELATIONSHIP_TYPE as RELATION
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm

from perfxl.form.identity import DIGEST, PROPERTIES_PART, WRITTEN
from perfxl.render import official
from perfxl.render.cells import text_width
from perfxl.render.draft import (
    GAP,
    ID,
    Box,
    ChartPiece,
    Draft,
    Heading,
    Paragraph,
    Piece,
    TablePiece,
)
from perfxl.render.graphs import graph
from perfxl.render.seal import UNSEALED, sealed
from perfxl.text.safe import attribute, fitting, storable

if TYPE_CHECKING:
    from docx.document import Document
    from docx.table import Table as WordTable
    from docx.table import _Cell, _Row
    from docx.text.paragraph import Paragraph as WordParagraph

WIDTH = 156.0  # mm of the type area
SHORT = 14  # characters: a column of nothing longer stands centred and is not broken
WIDEST = 30  # characters a column counts with at most
PADDING = 3  # characters, the room beside a text
CHARACTER = 1.86  # mm, half the width of a 汉字 in a table
LEAST_LEFT = 0.3  # of the page, for the columns of long texts
LANGUAGE = "zh-CN"
SHORT_TABLE, FIRST_ROWS = 8, 2  # rows: a table that is kept whole, what begins a longer one
MERGED = 10  # characters a merged column counts with at most
TALLEST = 205.0  # mm of a figure: room for its caption stays on the page
LONGEST_TITLE = 255  # characters of a property
_CHINESE = "\u3000-\u303f\u3400-\u9fff\uff00-\uffef“”‘’…—"
_HALF = ",:;?!()"
_FULL = {ord(char): ord(char) + 0xFEE0 for char in _HALF}
# a whole run of marks at once: what stands beside a wide one is wide
_HALF_WIDTH = re.compile(
    rf"(?<=[{_CHINESE}])[{_HALF}]++|(?<![{_HALF}])[{_HALF}]++(?=[{_CHINESE}])"
    r"|(?<=[\uff08(][%\u2030])\)"  # «得分率(%)»
)
_CHART_TYPE = "application/vnd.openxmlformats-officedocument.drawingml.chart+xml"
_BOOK_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_PROPERTIES_TYPE = "application/vnd.openxmlformats-officedocument.custom-properties+xml"
_PROPERTIES = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    '<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/custom-properties"'
    ' xmlns:vt="http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes">'
    '<property fmtid="{D5CDD505-2E9C-101B-9397-08002B2CF9AE}" pid="2" name="perfxl_form">'
    f"<vt:lpwstr>{ID}</vt:lpwstr></property>"
    '<property fmtid="{D5CDD505-2E9C-101B-9397-08002B2CF9AE}" pid="3" '
    f'name="{DIGEST}"><vt:lpwstr>{UNSEALED}</vt:lpwstr></property></Properties>'
)
_PROGRAM = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<Properties xmlns='
    '"http://schemas.openxmlformats.org/officeDocument/2006/extended-properties">'
    "<Application>perfxl</Application></Properties>"
)
_LEFT_BEHIND = ("/thumbnail", "/stylesWithEffects")
WORD_2013 = "15"
_PICTURE = """<w:drawing {w}><wp:inline distT="0" distB="0" distL="0" distR="0">
<wp:extent cx="{wide}" cy="{high}"/><wp:docPr id="{number}" name="图 {number}" descr={alt}/>
<wp:cNvGraphicFramePr/><a:graphic><a:graphicData uri="{chart}"><c:chart xmlns:c="{chart}"
r:id="{link}"/></a:graphicData></a:graphic></wp:inline></w:drawing>"""
_CHART_SPACE = "http://schemas.openxmlformats.org/drawingml/2006/chart"


def document(draft: Draft) -> bytes:
    """Give a draft as .docx bytes."""
    return _Writer(draft).bytes()


def typeset(text: str) -> str:
    """Give a text with the punctuation beside Chinese characters in full width."""
    return _HALF_WIDTH.sub(lambda match: match[0].translate(_FULL), storable(text))


class _Writer:
    """Writes the pieces of a draft one after another."""

    def __init__(self, draft: Draft) -> None:
        self._document: Document = docx.Document()
        self._charts = 0
        self._styles = official.set_styles(self._document)
        official.set_page(self._document.sections[0])
        _set_settings(self._document)
        _number_pages(self._document)
        self._properties(draft.title)
        boxes = [piece for piece in draft.pieces if isinstance(piece, Box)]
        for box in boxes:
            self._box(box)
        self._paragraph(draft.title, official.TITLE)
        body = [piece for piece in draft.pieces if not isinstance(piece, Box)]
        for piece, after in pairwise((*body, None)):
            self._piece(piece, before_signature=_signs(after))

    def bytes(self) -> bytes:
        stream = BytesIO()
        self._document.save(stream)
        return sealed(stream.getvalue())

    def _piece(self, piece: Piece | None, *, before_signature: bool) -> None:
        match piece:
            case Heading():
                self._paragraph(piece.text, official.HEADINGS[piece.level - 1])
            case Paragraph():
                look = official.SIGNATURE if piece.look == "signature" else official.BODY
                made = self._paragraph(piece.text, look)
                if before_signature:  # a signature never stands alone on a page
                    made.paragraph_format.keep_with_next = True
            case TablePiece():
                self._table(piece)
            case ChartPiece():
                self._figure(piece)

    def _paragraph(self, text: str, style: str) -> WordParagraph:
        made = self._document.add_paragraph()
        made._p.style = self._styles[style]
        _write(made, text)
        return made

    # ------------------------------------------------------------ tables

    def _table(self, piece: TablePiece) -> None:
        self._paragraph(piece.caption, official.CAPTION)
        table = self._grid(1 + len(piece.rows), _widths(piece))
        head, *rows = table.rows
        sides, body = _sides(piece), self._styles[official.CELL]
        _repeat(head)
        for cell, text in zip(head.cells, piece.headings, strict=True):
            _fill(cell, text, self._styles[official.HEAD_CELL])
            _shade(cell, official.HEAD_FILL)
        for number, (row, texts) in enumerate(zip(rows, piece.rows, strict=True)):
            _keep_whole(row)
            for cell, text, side in zip(row.cells, texts, sides, strict=True):
                _fill(cell, text, body, side, bold=number in piece.strong)
            if number < _kept_together(len(rows)):
                for cell in row.cells:
                    cell.paragraphs[0].paragraph_format.keep_with_next = True
        for column in range(piece.merged):
            _merge(table, piece.rows, column)
        self._paragraph("", official.CELL)  # room below

    def _grid(self, rows: int, widths: Sequence[float]) -> WordTable:
        table: WordTable = self._document.add_table(rows, len(widths), style="Table Grid")
        table.alignment, table.autofit = WD_TABLE_ALIGNMENT.CENTER, False
        for column, width in zip(table.columns, widths, strict=True):
            column.width = Mm(width)
        for row in table.rows:  # the cells of a column take the library a look at all of them
            for cell, width in zip(row.cells, widths, strict=True):
                cell.width = Mm(width)
                cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER
        return table

    def _box(self, box: Box) -> None:
        cell = self._grid(1, [WIDTH]).cell(0, 0)
        _shade(cell, official.BOX_FILL)
        _fill(cell, box.heading, self._styles[official.BOX_HEADING])
        for line in box.lines:
            _write(cell.add_paragraph(style=official.BOX), line)

    # ------------------------------------------------------------ charts

    def _figure(self, piece: ChartPiece) -> None:
        self._charts += 1
        made, package = graph(piece), self._document.part.package
        book = Part(_part(f"embeddings/sheet{self._charts}.xlsx"), _BOOK_TYPE, made.workbook)
        chart = Part(_part(f"charts/chart{self._charts}.xml"), _CHART_TYPE, made.chart, package)
        assert chart.relate_to(book, RELATION.PACKAGE) == "rId1"
        bars = len(piece.labels) * len(piece.series)
        high = 80.0 if piece.kind == "column" else min(TALLEST, 25 + 6.5 * bars)
        xml = _PICTURE.format(
            w=nsdecls("w", "wp", "a", "r"),
            wide=int(Mm(WIDTH)),
            high=int(Mm(high)),
            number=self._charts,
            alt=attribute(storable(piece.caption)),
            chart=_CHART_SPACE,
            link=self._document.part.relate_to(chart, RELATION.CHART),
        )
        paragraph = self._document.add_paragraph(style=official.PICTURE)
        paragraph.add_run()._r.append(parse_xml(xml))
        caption = self._paragraph(piece.caption, official.CAPTION)
        caption.paragraph_format.keep_with_next = False

    # ------------------------------------------------------------ properties

    def _properties(self, title: str) -> None:
        core = self._document.core_properties
        core.title = fitting(storable(title.replace("\n", "")), LONGEST_TITLE)
        core.author, core.language = "perfxl", LANGUAGE
        core.last_modified_by, core.comments, core.revision = "perfxl", "", 1
        core.created = core.modified = datetime.fromisoformat(WRITTEN).replace(tzinfo=None)
        package = self._document.part.package
        part = Part(PackURI(f"/{PROPERTIES_PART}"), _PROPERTIES_TYPE, _PROPERTIES.encode(), package)
        package.relate_to(part, RELATION.CUSTOM_PROPERTIES)


# ---------------------------------------------------------------- cells


def _write(paragraph: WordParagraph, text: str) -> None:
    """Write a text into a paragraph, what is left to fill in a style that shows."""
    at, text = 0, typeset(text)
    for match in GAP.finditer(text):
        if match.start() > at:
            paragraph.add_run(text[at : match.start()])
        paragraph.add_run(match[0], style=official.GAP)
        at = match.end()
    if at < len(text) or not text:
        paragraph.add_run(text[at:])


def _fill(
    cell: _Cell,
    text: str,
    style: str,
    side: WD_ALIGN_PARAGRAPH | None = None,
    bold: bool = False,
) -> None:
    """Write into an empty cell; a style by its id, as asking for one by name takes long."""
    paragraph = cell.paragraphs[0]
    paragraph._p.style, paragraph.alignment = style, side
    _write(paragraph, text)
    for run in paragraph.runs if bold else ():
        run.bold = True


def _shade(cell: _Cell, fill: str) -> None:
    shade = official.shading(fill)  # the standard has an order
    cell._tc.get_or_add_tcPr().insert_element_before(shade, "w:noWrap", "w:tcMar", "w:vAlign")


def _repeat(row: _Row) -> None:
    """Have a row stand at the head of the table on every page."""
    _keep_whole(row)
    row._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))


def _keep_whole(row: _Row) -> None:
    """Have no page end within a row."""
    row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))


def _merge(table: WordTable, rows: Sequence[Sequence[str]], column: int) -> None:
    """Make one of like cells below each other, within like cells to their left."""
    marks = [row[: column + 1] for row in rows]
    starts = [0, *(n for n, (a, b) in enumerate(pairwise(marks), 1) if a != b), len(rows)]
    cells = table.columns[column].cells
    for first, end in pairwise(starts):
        for cell in cells[first + 2 : end + 1]:
            for paragraph in cell.paragraphs:
                paragraph.clear()
        if end - first > 1:
            merged = cells[first + 1].merge(cells[end])
            for paragraph in merged.paragraphs[1:]:
                paragraph._p.getparent().remove(paragraph._p)


def _signs(piece: Piece | None) -> bool:
    return isinstance(piece, Paragraph) and piece.look == "signature"


def _kept_together(rows: int) -> int:
    """Give how many rows, from the first, stand on one page with the next: all of a short table."""
    return rows - 1 if rows <= SHORT_TABLE else FIRST_ROWS


def _longest(piece: TablePiece) -> list[int]:
    """Give the width of the longest text of each column, in half-width characters.

    Merged cells are high enough to break their text.
    """
    columns = zip(piece.headings, *piece.rows, strict=True)
    longest = [max(text_width(text) for text in column) for column in columns]
    return [min(width, MERGED) if n < piece.merged else width for n, width in enumerate(longest)]


def _widths(piece: TablePiece) -> list[float]:
    """Give the width of each column in mm: short texts stay on one line, long ones share the rest.

    Where short texts alone fill the page, or there are no others, all are stretched alike.
    """
    longest = _longest(piece)
    short = {n: (width + PADDING) * CHARACTER for n, width in enumerate(longest) if width <= SHORT}
    left = WIDTH - sum(short.values())
    shares = {n: min(WIDEST, width) + SHORT for n, width in enumerate(longest) if n not in short}
    if shares and left >= WIDTH * LEAST_LEFT:
        long = {n: left * part / sum(shares.values()) for n, part in shares.items()}
        return [(short | long)[n] for n in range(len(longest))]
    needed = [min(WIDEST, width) + PADDING for width in longest]
    return [WIDTH * width / sum(needed) for width in needed]


def _sides(piece: TablePiece) -> list[WD_ALIGN_PARAGRAPH]:
    """Give how each column stands: figures to the right, short texts centred."""
    return [
        WD_ALIGN_PARAGRAPH.RIGHT
        if column in piece.figures
        else WD_ALIGN_PARAGRAPH.CENTER
        if longest <= SHORT
        else WD_ALIGN_PARAGRAPH.LEFT
        for column, longest in enumerate(_longest(piece))
    ]


# ---------------------------------------------------------------- the whole


def _set_settings(document: Document) -> None:
    """Set language, pages that differ left and right, and the faces that stand in for others."""
    settings = document.settings
    settings.odd_and_even_pages_header_footer = True
    defaults = document.styles.element.find(qn("w:docDefaults"))
    for language in defaults.iter(qn("w:lang")):
        language.set(qn("w:eastAsia"), LANGUAGE)
    for setting in settings.element.iter(qn("w:compatSetting")):
        if setting.get(qn("w:name")) == "compatibilityMode":
            setting.set(qn("w:val"), WORD_2013)  # else Word opens it in a mode for old documents
    for zoom in settings.element.iter(qn("w:zoom")):
        zoom.set(qn("w:percent"), "100")
    package = document.part.package
    for part in package.iter_parts():
        if part.partname == "/word/fontTable.xml":
            part._blob = _font_table().encode()
        elif part.partname == "/docProps/app.xml":
            part._blob = _PROGRAM.encode()
    for holder in (package, document.part):  # what the library's own template leaves behind
        for link in [link for link in holder.rels.values() if link.reltype.endswith(_LEFT_BEHIND)]:
            del holder.rels[link.rId]


def _font_table() -> str:
    fonts = "".join(
        f'<w:font w:name="{face}"><w:altName w:val="{others}"/><w:charset w:val="86"/></w:font>'
        for face, others in official.STAND_INS.items()
    )
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        f"<w:fonts {nsdecls('w')}>{fonts}</w:fonts>"
    )


def _number_pages(document: Document) -> None:
    """Number the pages between dashes, outside: right on odd pages, left on even ones."""
    section = document.sections[0]
    for footer, side in (
        (section.footer, WD_ALIGN_PARAGRAPH.RIGHT),
        (section.even_page_footer, WD_ALIGN_PARAGRAPH.LEFT),
    ):
        footer.is_linked_to_previous = False
        paragraph = footer.paragraphs[0]
        paragraph.style, paragraph.alignment = official.FOOTER, side
        paragraph.add_run("— ")
        _field(paragraph, "PAGE")
        paragraph.add_run(" —")


def _field(paragraph: WordParagraph, code: str) -> None:
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), code)
    run = OxmlElement("w:r")
    text = OxmlElement("w:t")
    text.text = "1"
    run.append(text)
    field.append(run)
    paragraph._p.append(field)


def _part(name: str) -> PackURI:
    return PackURI(f"/word/{name}")
