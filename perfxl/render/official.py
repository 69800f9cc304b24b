"""How an official document looks: page, type and styles as GB/T 9704—2012 prescribes.

A4; 37 mm above, 28 mm to the left of a type area of 156 × 225 mm with 22 lines of 28 characters;
title 小标宋 2号, body 仿宋 3号, headings 黑体 and 楷体 3号, page numbers 4号 outside.
All of it stands in styles, so a clerk changes a style and not every paragraph. Each face names the
one to take where a machine lacks it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor
from docx.styles.style import ParagraphStyle
from msgspec import Struct

if TYPE_CHECKING:
    from docx.document import Document
    from docx.oxml.xmlchemy import BaseOxmlElement
    from docx.section import Section

# the faces, and what stands in for each: newer names of Windows, those of Linux offices
SONG, FANG_SONG, HEI, KAI = "宋体", "仿宋_GB2312", "黑体", "楷体_GB2312"
TITLE_FACE = "方正小标宋简体"
STAND_INS = {
    TITLE_FACE: "方正小标宋_GBK,FZXiaoBiaoSong-B05S,华文中宋,宋体",
    FANG_SONG: "仿宋,FangSong,华文仿宋,方正仿宋_GBK,Noto Serif CJK SC",
    KAI: "楷体,KaiTi,华文楷体,方正楷体_GBK,Noto Serif CJK SC",
    HEI: "SimHei,方正黑体_GBK,Noto Sans CJK SC",
    SONG: "SimSun,方正书宋_GBK,Noto Serif CJK SC",
}
LATIN = "Times New Roman"
# 号 as points
NO_2, NO_3, NO_4, SMALL_4, NO_5 = 22.0, 16.0, 14.0, 12.0, 10.5
LINE = 28.9  # points: 22 of them fill 225 mm
BODY, CAPTION, CELL, HEAD_CELL, PICTURE, SIGNATURE, BOX, BOX_HEADING, GAP = (
    "Normal",
    "Caption",
    "表格",
    "表格标题行",
    "图",
    "落款",
    "更正提示",
    "更正提示标题",
    "待补充",
)
TITLE, FOOTER = "Title", "Footer"
HEADINGS = ("Heading 1", "Heading 2", "Heading 3")


class _Look(Struct, frozen=True):
    """A style of paragraphs: face, size in points, and how a paragraph stands.

    `exact` is the distance of lines in points, None for what the type needs; `first` indents the
    first line by so many characters.
    """

    face: str
    size: float
    bold: bool = False
    first: int = 0
    exact: float | None = LINE
    align: WD_ALIGN_PARAGRAPH = WD_ALIGN_PARAGRAPH.JUSTIFY
    before: float = 0
    after: float = 0
    keep: bool = False  # on one page with what follows


_CENTRE, _LEFT, _RIGHT = (
    WD_ALIGN_PARAGRAPH.CENTER,
    WD_ALIGN_PARAGRAPH.LEFT,
    WD_ALIGN_PARAGRAPH.RIGHT,
)
LOOKS = {
    BODY: _Look(FANG_SONG, NO_3, first=2),
    TITLE: _Look(TITLE_FACE, NO_2, exact=36, align=_CENTRE, before=LINE, after=LINE),
    HEADINGS[0]: _Look(HEI, NO_3, first=2, keep=True),
    HEADINGS[1]: _Look(KAI, NO_3, first=2, keep=True),
    HEADINGS[2]: _Look(FANG_SONG, NO_3, bold=True, first=2, keep=True),
    CAPTION: _Look(HEI, SMALL_4, exact=None, align=_CENTRE, before=8, after=4, keep=True),
    CELL: _Look(FANG_SONG, NO_5, exact=None, align=_LEFT, before=2, after=2),
    HEAD_CELL: _Look(HEI, NO_5, exact=None, align=_CENTRE, before=3, after=3, keep=True),
    PICTURE: _Look(FANG_SONG, NO_5, exact=None, align=_CENTRE, before=8, keep=True),
    SIGNATURE: _Look(FANG_SONG, NO_3, align=_RIGHT),
    BOX: _Look(FANG_SONG, NO_5, exact=16, align=_LEFT),
    BOX_HEADING: _Look(HEI, SMALL_4, exact=20, align=_LEFT),
    FOOTER: _Look(SONG, NO_4, exact=None, align=_LEFT),
}
INK, WARNING = RGBColor(0, 0, 0), RGBColor(0xB9, 0x1C, 0x1C)
GAP_FILL, HEAD_FILL, BOX_FILL = "FFF2CC", "F2F2F2", "FDE9E7"


def set_page(section: Section) -> None:
    """Give a section the page of an official document."""
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(37), Mm(35)
    section.left_margin, section.right_margin = Mm(28), Mm(26)
    section.header_distance, section.footer_distance = Mm(20), Mm(23)
    grid = section._sectPr.find(qn("w:docGrid"))
    if grid is None:
        grid = OxmlElement("w:docGrid")
        section._sectPr.append(grid)
    grid.set(qn("w:type"), "lines")
    grid.set(qn("w:linePitch"), str(round(LINE * 20)))


def set_styles(document: Document) -> dict[str, str]:
    """Give a document the styles of `LOOKS` and that of gaps; return their ids by name."""
    names = {style.name for style in document.styles}
    for name in (name for name in LOOKS if name not in names):
        document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
    for name, look in LOOKS.items():
        style = document.styles[name]
        assert isinstance(style, ParagraphStyle)
        _dress(style, look)
    gap = document.styles.add_style(GAP, WD_STYLE_TYPE.CHARACTER)
    gap.font.color.rgb = WARNING
    gap.element.get_or_add_rPr().append(shading(GAP_FILL))
    return {name: document.styles[name].style_id for name in LOOKS}


def shading(fill: str) -> BaseOxmlElement:
    """Give the element that fills what it stands in with a colour."""
    made = OxmlElement("w:shd")
    for attribute, value in (("val", "clear"), ("color", "auto"), ("fill", fill)):
        made.set(qn(f"w:{attribute}"), value)
    return made


def _dress(style: ParagraphStyle, look: _Look) -> None:
    style.hidden, style.quick_style = False, True
    style.font.size, style.font.bold, style.font.italic = Pt(look.size), look.bold, False
    style.font.color.rgb = INK
    _set_face(style, look.face)
    shape = style.paragraph_format
    shape.alignment, shape.keep_with_next = look.align, look.keep
    shape.space_before, shape.space_after = Pt(look.before), Pt(look.after)
    shape.widow_control = True
    if look.exact is None:
        shape.line_spacing_rule = WD_LINE_SPACING.SINGLE
    else:
        shape.line_spacing_rule, shape.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(look.exact)
    if look.exact is None or look.exact < LINE:
        _leave_grid(style)
    _indent(style, look.first)
    _drop(style.element.pPr, "w:pBdr", "w:contextualSpacing", "w:tabs")


def _leave_grid(style: ParagraphStyle) -> None:
    """Have lines stand as near as the type allows, not on the lines of the page."""
    loose = OxmlElement("w:snapToGrid")
    loose.set(qn("w:val"), "0")
    properties = style.element.get_or_add_pPr()
    spacing = properties.find(qn("w:spacing"))
    spacing.addprevious(loose)  # the standard has an order


def _set_face(style: ParagraphStyle, face: str) -> None:
    """Set the face of Chinese and of Latin letters; those of the theme would come before."""
    properties = style.element.get_or_add_rPr()
    _drop(properties, "w:rFonts", "w:spacing", "w:kern")
    fonts = OxmlElement("w:rFonts")
    for letters, name in (("ascii", LATIN), ("hAnsi", LATIN), ("eastAsia", face), ("cs", LATIN)):
        fonts.set(qn(f"w:{letters}"), name)
    properties.insert(0, fonts)


def _indent(style: ParagraphStyle, characters: int) -> None:
    """Indent the first line by characters, which grow with the type; 0 takes an indent away."""
    style.paragraph_format.first_line_indent = Pt(characters * NO_3)
    indent = style.element.get_or_add_pPr().find(qn("w:ind"))
    indent.set(qn("w:firstLineChars"), str(100 * characters))


def _drop(element: object, *names: str) -> None:
    for name in names:
        for child in element.findall(qn(name)):  # type: ignore[attr-defined]
            element.remove(child)  # type: ignore[attr-defined]
