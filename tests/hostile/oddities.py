"""Files that are odd and honest: other programs write them so; each is read like the base.

A fault of style, of a drawing or of a property is never a reason to refuse the numbers.
"""

from __future__ import annotations

import re

from hostile.active import DRAWING, after_drawing
from hostile.entities import in_encoding
from hostile.entries import Entry, Verdict, honest, refused
from hostile.packages import Builder, Parts, Step, drop, moved, package, put, rewrite, swap
from hostile.workbook import (
    APP,
    C5,
    CORE,
    CUSTOM,
    INCOME,
    MAIN,
    OFFICE,
    RELS,
    ROOT_RELS,
    ROW_5,
    STRINGS,
    STYLES,
    THEME,
    TYPES,
    WORKBOOK,
    after_data,
    amount,
    another_sheet,
    beside_income,
    every_sheet,
    relationship,
    sheet_xml,
    strings,
)

STRICT = {
    "http://schemas.openxmlformats.org/spreadsheetml/2006/": "http://purl.oclc.org/ooxml/spreadsheetml/",
    "http://schemas.openxmlformats.org/officeDocument/2006/": "http://purl.oclc.org/ooxml/officeDocument/",
    "http://schemas.openxmlformats.org/drawingml/2006/": "http://purl.oclc.org/ooxml/drawingml/",
}
ROW = r'<row r="(\d+)"([^>]*/>|.*?</row>)'
PREFIX = re.compile(r"<(/?)(?=[a-zA-Z])")
COMPATIBLE = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
ALTERNATIVES = (
    f"<mc:AlternateContent {COMPATIBLE}>"
    '<mc:Choice Requires="x15"/><mc:Fallback/></mc:AlternateContent>'
)
OF_WPS = (
    'xmlns:etc="http://www.wps.cn/officeDocument/2017/etCustomData" mc:Ignorable="etc" '
    + COMPATIBLE
)
FOREIGN_ROW = (
    '<extLst><ext uri="{1}"><y:row xmlns:y="urn:y" r="5">'
    '<y:c r="C5"><y:v>9999</y:v></y:c></y:row></ext></extLst>'
)
RICH = (
    "<si><r><t>单位</t></r><r><rPr><b/></rPr><t>名称</t></r>"
    '<rPh sb="0" eb="1"><t>ダン</t></rPh></si>'
)
LOST_NAMES = (
    '<definedName name="a">#REF!</definedName>'
    '<definedName name="b" hidden="1">[9]S!$A$1</definedName>'
)
UNREADABLE_XML = "<broken><"


def everywhere(old: str, new: str) -> Step:
    """Replace a text in every part."""
    return lambda parts: {
        path: part.replace(old.encode(), new.encode()) if isinstance(part, bytes) else part
        for path, part in parts.items()
    }


def strict(parts: Parts) -> Parts:
    """Give the package in the strict variant of the standard."""
    for old, new in STRICT.items():
        parts = everywhere(old, new)(parts)
    return parts


def inline(text: str) -> str:
    """Give a sheet with its shared strings in its cells."""
    return re.sub(
        r' t="s"><v>(\d+)</v>',
        lambda found: f' t="inlineStr"><is>{strings()[int(found[1])]}</is>',
        text,
    )


def unaddressed(text: str) -> str:
    """Give a sheet without references: rows and cells follow one another, gaps filled."""
    head, data, tail = re.split(r"(?<=<sheetData>)|(?=</sheetData>)", text)
    rows = {int(n): row for n, row in re.findall(ROW, data, re.DOTALL)}
    numbers = range(1, max(rows, default=0) + 1)
    return head + "".join(_bare_row(rows.get(n, "")) for n in numbers) + tail


def _bare_row(row: str) -> str:
    cells = re.findall(r'<c r="([A-Z]+)\d+"([^>/]*)(/>|>.*?</c>)', row, re.DOTALL)
    out: list[str] = []
    for letters, more, rest in cells:
        out += ["<c/>"] * (_number(letters) - 1 - len(out))
        out.append(f"<c{more}{rest}")
    return f"<row>{''.join(out)}</row>"


def _number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def prefixed(path: str) -> Step:
    """Give every element of a part a prefix."""

    def change(text: str) -> str:
        renamed = PREFIX.sub(r"<\1x:", text)
        return renamed.replace(f'xmlns="{MAIN}"', f'xmlns:x="{MAIN}"', 1)

    return rewrite(path, change)


def without(pattern: str, path: str = STYLES) -> Step:
    """Take what matches out of a part."""
    return rewrite(path, lambda text: re.sub(pattern, "", text, flags=re.DOTALL))


def marked(path: str) -> Step:
    """Put a byte order mark before a part."""
    return rewrite(path, lambda text: b"\xef\xbb\xbf" + text.encode())


def in_utf16(path: str) -> Step:
    """Give a part in UTF-16, as it says."""
    return in_encoding(path, "utf-16-le", b"\xff\xfe", "UTF-16")


def _odd(name: str, why: str, build: Builder, wants: Verdict | None = None) -> Entry:
    return Entry(f"odd_{name}", why, build, wants or honest())


def styles(name: str, why: str, change: Step) -> Entry:
    """Give an entry with another style sheet."""
    return _odd(f"styles_{name}.xlsx", why, package(change))


ADDRESSES_GONE = every_sheet(unaddressed)

STYLE_FAULTS = (
    styles("missing", "no style sheet", drop(STYLES)),
    styles(
        "unlinked",
        "a style sheet nothing refers to",
        without(r'<Relationship [^>]*styles.xml"/>', RELS),
    ),
    styles("broken", "a style sheet that is no XML", put(STYLES, UNREADABLE_XML)),
    styles("empty", "a style sheet of no bytes", put(STYLES, b"")),
    styles(
        "fonts",
        "fonts of sizes and colours there are none of",
        rewrite(
            STYLES,
            lambda t: re.sub(r'sz val="[^"]*"', 'sz val="abc"', t).replace('rgb="FF', 'rgb="ZZ'),
        ),
    ),
    styles(
        "families",
        "a font family beyond 14",
        rewrite(STYLES, lambda t: t.replace('<family val="2"/>', '<family val="99"/>')),
    ),
    styles("fills", "no fills", without(r"<fills.*?</fills>")),
    styles(
        "borders",
        "borders there are none of",
        rewrite(STYLES, lambda t: t.replace('style="thin"', 'style="wobbly"')),
    ),
    styles(
        "alignment",
        "an alignment there is none of",
        rewrite(STYLES, lambda t: t.replace('horizontal="center"', 'horizontal="middle"')),
    ),
    styles(
        "names",
        "no named styles",
        without(r"<cellStyles.*?</cellStyles>|<cellStyleXfs.*?</cellStyleXfs>"),
    ),
    styles("differences", "no differential styles", without(r"<dxfs.*?</dxfs>|<dxfs [^>]*/>")),
    styles(
        "counts",
        "counts that are wrong",
        rewrite(STYLES, lambda t: re.sub(r'count="\d+"', 'count="-7"', t)),
    ),
    styles(
        "unknown",
        "elements of the future",
        rewrite(STYLES, lambda t: t.replace("<fonts", '<new xmlns="urn:a"/><fonts', 1)),
    ),
)

SHEET_FAULTS = (
    _odd("strict.xlsx", "the strict variant of the standard", package(strict)),
    _odd(
        "no_dimension.xlsx",
        "sheets without a dimension",
        package(every_sheet(lambda t: re.sub(r"<dimension [^>]*/>", "", t))),
    ),
    _odd(
        "small_dimension.xlsx",
        "a dimension of one cell",
        package(every_sheet(lambda t: re.sub(r'<dimension ref="[^"]*"', '<dimension ref="A1"', t))),
    ),
    _odd(
        "huge_dimension.xlsx",
        "a dimension of the whole sheet",
        package(
            every_sheet(
                lambda t: re.sub(r'<dimension ref="[^"]*"', '<dimension ref="A1:XFD1048576"', t)
            )
        ),
    ),
    _odd(
        "nonsense_dimension.xlsx",
        "a dimension that is none",
        package(every_sheet(lambda t: re.sub(r'<dimension ref="[^"]*"', '<dimension ref="?"', t))),
    ),
    _odd("inline.xlsx", "texts within the cells", package(every_sheet(inline))),
    _odd(
        "inline_alone.xlsx",
        "texts within the cells, no shared ones",
        package(
            every_sheet(inline),
            drop(STRINGS),
            without(r'<Relationship [^>]*sharedStrings.xml"/>', RELS),
        ),
    ),
    _odd("unaddressed.xlsx", "rows and cells without references", package(ADDRESSES_GONE)),
    _odd("prefixed_sheet.xlsx", "a sheet whose elements have a prefix", package(prefixed(INCOME))),
    _odd(
        "prefixed_all.xlsx",
        "workbook, sheet and strings with a prefix",
        package(prefixed(INCOME), prefixed(WORKBOOK), prefixed(STRINGS)),
    ),
    _odd(
        "single_quotes.xlsx",
        "attributes in single quotes",
        package(rewrite(INCOME, lambda t: t.replace('"1:6"', "'1:6'").replace('r="C5"', "r='C5'"))),
    ),
    _odd(
        "white_space.xlsx",
        "line ends between all elements",
        package(rewrite(INCOME, lambda t: t.replace("><", ">\r\n  <"))),
    ),
    _odd(
        "comments.xlsx",
        "comments and instructions between elements",
        package(amount(f"<!-- a --><?b c?>{C5.replace('1150', '<!-- d -->1150')}")),
    ),
    _odd(
        "alternate.xlsx",
        "alternatives for programs of the future",
        package(
            after_data(
                INCOME,
                ALTERNATIVES,
            )
        ),
    ),
    _odd(
        "future.xlsx",
        "extensions of the future",
        package(
            swap(
                INCOME,
                "</worksheet>",
                '<extLst><ext uri="{1}" xmlns:y="urn:y"><y:a r="C5"/></ext></extLst></worksheet>',
            )
        ),
    ),
    _odd(
        "foreign_cell.xlsx",
        "an element of another namespace called like a cell",
        package(
            swap(
                INCOME,
                "</worksheet>",
                FOREIGN_ROW + "</worksheet>",
            )
        ),
        # the engine tells elements by their local names, so this is not certain enough to read
        honest() | refused("ambiguous"),
    ),
    _odd(
        "spans.xlsx",
        "spans that are wrong",
        package(rewrite(INCOME, lambda t: t.replace(ROW_5, '<row r="5" spans="9:2">'))),
    ),
    _odd(
        "rich.xlsx",
        "a text in several formats, with its reading",
        package(
            rewrite(
                STRINGS,
                lambda t: t.replace(
                    "<si><t>单位名称</t></si>",
                    RICH,
                ),
            )
        ),
    ),
    _odd(
        "string_count.xlsx",
        "shared strings with wrong counts",
        package(rewrite(STRINGS, lambda t: re.sub(r'uniqueCount="\d+"', 'uniqueCount="3"', t))),
    ),
    _odd(
        "overlapping_merges.xlsx",
        "merges that overlap",
        package(
            swap(
                INCOME,
                '<mergeCell ref="B2:E2"/>',
                '<mergeCell ref="B2:E2"/><mergeCell ref="C2:E2"/>',
            )
        ),
    ),
    _odd(
        "visible_sheet.xlsx",
        "a sheet of the unit's own, empty",
        package(another_sheet(sheet_xml())),
    ),
    _odd(
        "linked_row.xlsx",
        "a link within the workbook",
        package(after_data(INCOME, '<hyperlinks><hyperlink ref="B5" location="A1"/></hyperlinks>')),
        honest() | honest("W14"),
    ),
)

PARTS_FAULTS = (
    _odd(
        "drawing_broken.xlsx",
        "a drawing that is no XML",
        package(
            after_drawing("rId1"),
            beside_income(relationship("rId1", "drawing", "../drawings/drawing1.xml")),
            put("xl/drawings/drawing1.xml", UNREADABLE_XML),
        ),
    ),
    _odd(
        "drawing_missing.xlsx",
        "a drawing that is not there",
        package(
            after_drawing("rId1"),
            beside_income(relationship("rId1", "drawing", "../drawings/none.xml")),
        ),
    ),
    _odd(
        "drawing_unlinked.xlsx",
        "a drawing without a relationship",
        package(after_drawing("rId9"), put("xl/drawings/drawing1.xml", DRAWING)),
    ),
    _odd(
        "picture.xlsx",
        "pictures",
        package(put("xl/media/image1.png", b"\x89PNG" + bytes(range(256)) * 4_000)),
    ),
    _odd(
        "no_properties.xlsx",
        "no document properties",
        package(drop(CORE, APP, CUSTOM), without(r"<Relationship [^>]*docProps[^>]*/>", ROOT_RELS)),
    ),
    _odd("no_custom.xlsx", "no custom properties", package(drop(CUSTOM))),
    _odd(
        "broken_custom.xlsx",
        "custom properties that are no XML",
        package(put(CUSTOM, UNREADABLE_XML)),
    ),
    _odd("broken_core.xlsx", "core properties that are no XML", package(put(CORE, UNREADABLE_XML))),
    _odd("no_theme.xlsx", "no theme", package(drop(THEME))),
    _odd("no_types.xlsx", "no list of content types", package(drop(TYPES))),
    _odd(
        "broken_types.xlsx",
        "a list of content types that is no XML",
        package(put(TYPES, UNREADABLE_XML)),
        honest() | refused("damaged"),
    ),
    _odd("no_root.xlsx", "no relationships of the package", package(drop(ROOT_RELS))),
    _odd(
        "absolute_targets.xlsx",
        "targets with a leading slash",
        package(rewrite(RELS, lambda t: t.replace('Target="', 'Target="/xl/'))),
    ),
    _odd(
        "dotted_targets.xlsx",
        "targets with dots",
        package(rewrite(RELS, lambda t: t.replace('Target="', 'Target="../xl/./'))),
    ),
    _odd(
        "backslash_targets.xlsx",
        "targets with backslashes",
        package(rewrite(RELS, lambda t: t.replace("worksheets/", "worksheets\\"))),
    ),
    _odd(
        "upper_targets.xlsx",
        "targets in capitals",
        package(
            rewrite(RELS, lambda t: t.replace("worksheets/sheet5.xml", "Worksheets/SHEET5.XML"))
        ),
    ),
    _odd(
        "part_as_picture.xlsx",
        "a sheet that calls itself a picture",
        package(
            moved(INCOME, "xl/media/image1.png"),
            swap(RELS, "worksheets/sheet5.xml", "media/image1.png"),
        ),
    ),
    _odd(
        "part_bare.xlsx",
        "a sheet without an extension in a folder of its own",
        package(moved(INCOME, "data/income"), swap(RELS, "worksheets/sheet5.xml", "/data/income")),
    ),
    _odd(
        "workbook_elsewhere.xlsx",
        "a workbook part in another folder",
        package(
            lambda parts: {path.replace("xl/", "book/"): part for path, part in parts.items()},
            rewrite(ROOT_RELS, lambda t: t.replace("xl/workbook.xml", "book/workbook.xml")),
        ),
    ),
    _odd(
        "unknown_parts.xlsx",
        "parts of other programs",
        package(
            put("customXml/item1.xml", "<a/>"),
            put("xl/cellimages.xml", "<etc:cellImages xmlns:etc='urn:wps'/>"),
            put("xl/calcChain.xml", f'<calcChain xmlns="{MAIN}"/>'),
            put("xl/metadata.xml", "<metadata/>"),
            put("docProps/thumbnail.jpeg", b"\xff\xd8"),
        ),
    ),
    _odd(
        "printer.xlsx",
        "settings of a printer",
        package(
            put("xl/printerSettings/printerSettings1.bin", b"\0" * 5_000),
            beside_income(
                relationship("rId1", "printerSettings", "../printerSettings/printerSettings1.bin")
            ),
        ),
    ),
    _odd(
        "notes.xlsx",
        "notes and their shapes",
        package(
            put("xl/comments1.xml", f'<comments xmlns="{MAIN}"/>'),
            put("xl/drawings/vmlDrawing1.vml", "<xml><br></xml>"),
            beside_income(
                relationship("rId1", "comments", "../comments1.xml"),
                relationship("rId2", "vmlDrawing", "../drawings/vmlDrawing1.vml"),
            ),
        ),
    ),
    _odd(
        "mail_link.xlsx",
        "an address the program made a link",
        package(
            after_data(INCOME, '<hyperlinks><hyperlink ref="B5" r:id="rId1"/></hyperlinks>'),
            beside_income(relationship("rId1", "hyperlink", "mailto:a@example.com", "External")),
        ),
        honest() | honest("W14"),
    ),
    _odd(
        "protected_structure.xlsx",
        "a workbook with its structure locked",
        package(
            swap(
                WORKBOOK,
                "<bookViews>",
                '<workbookProtection lockStructure="1" workbookPassword="CC1A"/><bookViews>',
            )
        ),
    ),
    _odd(
        "read_only.xlsx",
        "a workbook that asks to be opened read-only",
        package(
            swap(WORKBOOK, "<workbookPr ", '<fileSharing readOnlyRecommended="1"/><workbookPr ')
        ),
    ),
    _odd(
        "names_broken.xlsx",
        "names that lead nowhere",
        package(
            swap(
                WORKBOOK,
                "</definedNames>",
                LOST_NAMES + "</definedNames>",
            )
        ),
    ),
    _odd(
        "wps.xlsx",
        "namespaces of WPS",
        package(
            rewrite(
                WORKBOOK,
                lambda t: t.replace(
                    f'xmlns:r="{OFFICE}"',
                    f'xmlns:r="{OFFICE}" {OF_WPS}',
                    1,
                ),
            )
        ),
    ),
)

ENCODINGS = (
    _odd(
        "mark.xlsx",
        "byte order marks",
        package(marked(INCOME), marked(WORKBOOK), marked(RELS), marked(STRINGS), marked(ROOT_RELS)),
    ),
    _odd("utf16_sheet.xlsx", "a sheet in UTF-16", package(in_utf16(INCOME))),
    _odd("utf16_strings.xlsx", "shared strings in UTF-16", package(in_utf16(STRINGS))),
    _odd(
        "utf16_all.xlsx",
        "workbook, relationships, strings and a sheet in UTF-16",
        package(*map(in_utf16, (WORKBOOK, RELS, STRINGS, INCOME))),
    ),
    _odd(
        "no_declaration.xlsx",
        "parts without an XML declaration",
        package(every_sheet(lambda t: t.partition("?>")[2])),
    ),
    _odd(
        "gbk_declared.xlsx",
        "UTF-8 that says it is GBK",
        package(swap(INCOME, 'encoding="UTF-8"', 'encoding="GBK"')),
        honest() | refused("damaged"),
    ),
    _odd(
        "gbk.xlsx",
        "shared strings in GBK that say so",
        package(in_encoding(STRINGS, "gbk")),
        honest() | refused("damaged"),
    ),
    _odd(
        "latin_declared.xlsx",
        "a sheet of figures in ASCII that says it is Latin",
        package(
            rewrite(
                INCOME,
                lambda t: t.replace('encoding="UTF-8"', 'encoding="ISO-8859-1"').encode(
                    "ascii", "xmlcharrefreplace"
                ),
            )
        ),
        honest() | refused("damaged"),
    ),
    _odd(
        "unknown_encoding.xlsx",
        "an encoding there is none of",
        package(swap(INCOME, 'encoding="UTF-8"', 'encoding="klingon"')),
        honest() | refused("damaged"),
    ),
    _odd(
        "declared_wrong_mark.xlsx",
        "UTF-16 that says it is UTF-8",
        package(rewrite(INCOME, lambda t: b"\xff\xfe" + t.encode("utf-16-le"))),
        honest() | refused("damaged"),
    ),
    _odd(
        "half_utf16.xlsx",
        "UTF-16 with a byte too few",
        package(
            rewrite(
                INCOME,
                lambda t: b"\xff\xfe" + t.replace("UTF-8", "UTF-16").encode("utf-16-le")[:-1],
            )
        ),
        refused("damaged"),
    ),
)

ODDITIES = STYLE_FAULTS + SHEET_FAULTS + PARTS_FAULTS + ENCODINGS
