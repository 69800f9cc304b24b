"""Files that are small on disk and want all the memory or time there is."""

from __future__ import annotations

from hostile.entries import Entry, Verdict, finds, honest, refused
from hostile.office import biff, biff_sheet, binary_sheet, ods, xlsb
from hostile.packages import (
    MIB,
    Builder,
    Member,
    Step,
    archive,
    base,
    declaring,
    grown,
    numbered,
    overlapping,
    package,
    put,
    same_data,
    stored,
    stretched,
    swap,
    swap_like,
    swollen,
)
from hostile.workbook import (
    APP,
    C5,
    CUSTOM,
    END_OF_ROWS,
    INCOME,
    RELS,
    STRINGS,
    STYLES,
    TYPES,
    WORKBOOK,
    XML,
    add_sheets,
    after_rows,
    another_sheet,
    relationship,
    sheet_xml,
)

TOO_LARGE = refused("too-large")
LIE = refused("too-large", "damaged")  # the lie, or what is behind it
TWICE = refused("too-large", "ambiguous", "damaged", "not-a-workbook")  # the same over and over
DROWNED = refused("too-large", "damaged", "worker-died")  # no scan before: its process bears it
HARMLESS = TOO_LARGE | honest()  # no number is lost either way: nobody need read that part

BEFORE_ROWS, AFTER_ROWS = sheet_xml("|").split("|")
END_OF_FORMULA = "</f>"  # of the first there is
END_OF_STRINGS = "</t></si></sst>"
ONE_ROW = '<row r="1"><c r="A1"><v>1</v></c></row>'
FAR_ROW = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
LONG_ROW = "<row>" + '<c t="s"><v>0</v></c>' * 1000 + "</row>"
FIRST_STRING = "<si>.*?</si>"

STYLE = '<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
MERGE_ALL = '<mergeCells count="1"><mergeCell ref="A1:XFD1048576"/></mergeCells>'
FORMAT = (
    '<conditionalFormatting sqref="H{0}"><cfRule type="expression" dxfId="0" priority="{0}">'
    "<formula>H{0}&gt;1</formula></cfRule></conditionalFormatting>"
)
VALIDATION = '<dataValidation type="whole" sqref="H{0}"><formula1>1</formula1></dataValidation>'
FORMATTED_ROW = '<row r="{}" s="1" customFormat="1" ht="20" customHeight="1"/>'
REPEATED = (
    '<table:table-row table:number-rows-repeated="1048576"><table:table-cell'
    ' table:number-columns-repeated="16384" office:value-type="float" office:value="1">'
    "<text:p>1</text:p></table:table-cell></table:table-row>"
)
REPEATED_TEXT = (
    '<table:table-row table:number-rows-repeated="300"><table:table-cell'
    ' table:number-columns-repeated="3000" office:value-type="string">'
    f"<text:p>{'字' * 30_000}</text:p></table:table-cell></table:table-row>"
)


def huge_string(mib: int) -> Step:
    """Make the last shared string that long."""
    return grown(STRINGS, END_OF_STRINGS, "长" * 341, mib * MIB // 1023)


def names(count: int) -> dict[str, str]:
    """Give the names of so many sheets, without further attributes."""
    return {f"附页{n}": "" for n in range(count)}


def box(row: int, letters: str) -> bytes:
    """Give a sheet with a cell in A1 and one far away."""
    return sheet_xml(f'{ONE_ROW}<row r="{row}"><c r="{letters}{row}"><v>1</v></c></row>').encode()


def nested(depth: int) -> Member:
    """Give a sheet with elements that deep."""
    head = f"{BEFORE_ROWS}</sheetData><extLst>".encode()
    tail = b"</ext>" * depth + b"</extLst></worksheet>"
    return stretched(head, b"<ext>" * 1000, depth // 1000, tail)


def many_entries(count: int) -> Builder:
    """Build the base with so many empty entries besides."""
    return lambda: archive(
        [*base().items(), *((f"xl/media/image{n}.png", stored(b"")) for n in range(count))]
    )


def of_one_kernel(shape: object, count: int) -> Builder:
    """Build a workbook of so many sheets that are all the same deflated data."""
    assert callable(shape)
    kernel = sheet_xml("<row/>" * 300_000).encode()
    paths = ["xl/workbook.xml", *(f"xl/worksheets/sheet{n}.xml" for n in range(count, 0, -1))]
    return lambda: bytes(shape(paths, kernel))


def _bomb(name: str, why: str, build: Builder, wants: Verdict = TOO_LARGE, size: int = 0) -> Entry:
    return Entry(f"bomb_{name}", why, build, wants, size)


TEXT = (
    _bomb("ratio.xlsx", "one shared string of 1 GiB", package(huge_string(1024))),
    _bomb(
        "small_lie.xlsx",
        "300 MiB that declare to be 60 KB",
        package(huge_string(300), declaring(60_000, STRINGS)),
        LIE,
    ),
    _bomb(
        "zero_lie.xlsx",
        "300 MiB that declare to be nothing",
        package(huge_string(300), declaring(0, STRINGS)),
        LIE,
    ),
    _bomb(
        "large_lie.xlsx",
        "55 KB that declare to be 3 GiB",
        package(declaring(3 << 30, STRINGS)),
        LIE,
    ),
    _bomb(
        "sheet_lie.xlsx",
        "a sheet of 300 MB that declares 8 KB",
        package(grown(INCOME, END_OF_ROWS, "<row/>", 50_000_000), declaring(8_000, INCOME)),
        LIE,
    ),
    _bomb(
        "empty_strings.xlsx",
        "16 million empty shared strings",
        package(grown(STRINGS, "</sst>", "<si/>", 16_000_000)),
    ),
    _bomb(
        "empty_texts.xlsx",
        "16 million shared strings of an empty text",
        package(grown(STRINGS, "</sst>", "<si><t/></si>", 16_000_000)),
    ),
    _bomb(
        "runs.xlsx",
        "10 million runs of one letter",
        package(grown(STRINGS, "</sst>", "<si><r><t>a</t></r></si>", 10_000_000)),
    ),
    _bomb(
        "one_string_everywhere.xlsx",
        "300,000 cells that show one string of 32,767 characters: 10 GB",
        package(
            swap_like(STRINGS, FIRST_STRING, f"<si><t>{'字' * 32_767}</t></si>"),
            another_sheet(""),
            put(
                "xl/worksheets/sheet100.xml",
                lambda: swollen(BEFORE_ROWS, LONG_ROW, 300, AFTER_ROWS),
            ),
        ),
        DROWNED,
    ),
    _bomb(
        "comment.xlsx",
        "300 MB of comments in a sheet",
        package(grown(INCOME, "<sheetData>", f"<!--{'a' * 993}-->", 300_000)),
    ),
    _bomb(
        "attribute.xlsx",
        "an attribute of 200 MB",
        package(grown(INCOME, '"><sheetPr>', "a" * 1000, 200_000)),
    ),
    _bomb(
        "attributes.xlsx",
        "an element of 200,000 attributes",
        package(numbered(INCOME, C5.removeprefix("<c "), 'a{}="1" ', 200_000)),
        LIE | honest(),
    ),
    _bomb(
        "number.xlsx",
        "a number of 300 million digits",
        package(grown(INCOME, "1150</v>", "0" * 1000, 300_000)),
    ),
    _bomb(
        "formula.xlsx",
        "a formula of 300 MB",
        package(grown(INCOME, END_OF_FORMULA, "+1" * 500, 300_000)),
    ),
)

SHAPE = (
    _bomb(
        "far_corner.xlsx",
        "A1 and XFD1048576: a box of 17 thousand million cells",
        package(another_sheet(box(1_048_576, "XFD"))),
    ),
    _bomb(
        "far_corner_of_ours.xlsx",
        "a cell in XFD1048576 of the income table",
        package(after_rows(INCOME, FAR_ROW)),
    ),
    _bomb(
        "boxes.xlsx",
        "200 sheets, each with a box of nearly 5 million cells",
        package(add_sheets(names(200), box(5_000, "ALK"))),
    ),
    _bomb(
        "tall_boxes.xlsx",
        "A1 and C1048576 in 20 sheets",
        package(add_sheets(names(20), box(1_048_576, "C"))),
    ),
    _bomb(
        "formatted_rows.xlsx",
        "a million formatted rows without a cell",
        package(numbered(INCOME, END_OF_ROWS, FORMATTED_ROW, 1_000_000)),
        HARMLESS,
    ),
    _bomb(
        "unnumbered_rows.xlsx",
        "a million rows without number or cell",
        package(grown(INCOME, END_OF_ROWS, '<row s="1" customFormat="1"/>', 1_000_000)),
        HARMLESS,
    ),
    _bomb(
        "columns.xlsx",
        "a million column widths",
        package(grown(INCOME, "</cols>", '<col min="7" max="7" width="9"/>', 1_000_000)),
        HARMLESS,
    ),
    _bomb(
        "merges.xlsx",
        "100,000 merges",
        package(numbered(INCOME, "</mergeCells>", '<mergeCell ref="H{0}:I{0}"/>', 100_000)),
        HARMLESS,
    ),
    _bomb(
        "merge_all.xlsx",
        "one merge over a whole sheet",
        package(another_sheet(sheet_xml(ONE_ROW, MERGE_ALL))),
        HARMLESS | honest("W09"),
    ),
    _bomb(
        "validations.xlsx",
        "100,000 validations",
        package(numbered(INCOME, "</dataValidations>", VALIDATION, 100_000)),
        HARMLESS,
    ),
    _bomb(
        "hyperlinks.xlsx",
        "100,000 links within the workbook",
        package(
            swap(INCOME, "<printOptions", "<hyperlinks></hyperlinks><printOptions"),
            numbered(INCOME, "</hyperlinks>", '<hyperlink ref="H{}" location="A1"/>', 100_000),
        ),
        HARMLESS | honest("W14"),
    ),
    _bomb(
        "formats.xlsx",
        "50,000 conditional formats",
        package(numbered(INCOME, "<dataValidations", FORMAT, 50_000)),
        HARMLESS,
    ),
    _bomb(
        "deep.xlsx",
        "elements a million deep, in a sheet nobody reads",
        package(another_sheet(""), put("xl/worksheets/sheet100.xml", lambda: nested(1_000_000))),
        LIE | honest(),
    ),
    _bomb(
        "deep_in_ours.xlsx",
        "elements a million deep in the income table",
        package(put(INCOME, lambda: nested(1_000_000))),
        LIE | finds("W03", "W04"),
    ),
)

PACKAGE = (
    _bomb("sheets.xlsx", "5,000 sheets", package(add_sheets(names(5_000), sheet_xml().encode()))),
    _bomb(
        "sheets_of_one_part.xlsx",
        "5,000 sheets that are one part",
        package(add_sheets(names(5_000), sheet_xml().encode(), same="worksheets/sheet99.xml")),
        TWICE,
    ),
    _bomb(
        "sheet_nodes.xlsx",
        "a million sheets of one name",
        package(grown(WORKBOOK, "</sheets>", '<sheet name="a" sheetId="77" r:id="rId5"/>', 10**6)),
        TWICE,
    ),
    _bomb(
        "names.xlsx",
        "200,000 defined names",
        package(
            numbered(
                WORKBOOK, "</definedNames>", '<definedName name="n{}">1</definedName>', 200_000
            )
        ),
        HARMLESS,
    ),
    _bomb(
        "styles.xlsx",
        "5 million cell styles",
        package(grown(STYLES, "</cellXfs>", STYLE, 5_000_000)),
    ),
    _bomb(
        "fonts.xlsx",
        "300 MB of fonts",
        package(grown(STYLES, "</fonts>", '<font><sz val="11"/></font>', 11_000_000)),
    ),
    _bomb(
        "rels.xlsx",
        "5 million relationships",
        package(
            grown(RELS, "</Relationships>", relationship("rId77", "image", "a.png"), 5_000_000)
        ),
    ),
    _bomb(
        "properties.xlsx",
        "300 MB of custom properties",
        package(grown(CUSTOM, "</Properties>", "<property/>", 27_000_000)),
        HARMLESS,
    ),
    _bomb(
        "titles.xlsx",
        "300 MB of extended properties",
        package(grown(APP, "</Properties>", "<Company/>", 30_000_000)),
        HARMLESS,
    ),
    _bomb(
        "types.xlsx",
        "300 MB of content types",
        package(grown(TYPES, "</Types>", '<Default Extension="a" ContentType="b"/>', 7_500_000)),
        HARMLESS,
    ),
    _bomb(
        "unused_part.xlsx",
        "300 MB of XML nothing refers to",
        package(
            put("customXml/item1.xml", lambda: swollen(f"{XML}<a>", "<b/>" * 100, 750_000, "</a>"))
        ),
        HARMLESS,
    ),
    _bomb(
        "odd_name.xlsx",
        "a sheet of 300 MB in a part that calls itself a picture",
        package(
            put("xl/media/a.png", lambda: swollen(BEFORE_ROWS, "<row/>", 50_000_000, AFTER_ROWS)),
            swap(RELS, "worksheets/sheet5.xml", "media/a.png"),
        ),
    ),
    _bomb("entries.xlsx", "ten thousand entries", many_entries(10_000)),
    _bomb(
        "fifield.xlsx",
        "200 entries that overlap, each quoting the headers of those behind it",
        of_one_kernel(overlapping, 200),
        TWICE,
    ),
    _bomb("one_body.xlsx", "1,500 names for the same data", of_one_kernel(same_data, 1_500), TWICE),
    _bomb("sparse.xlsx", "zeros up to 51 MiB behind the base", package(), size=51 * MIB),
    _bomb("sparse_4_gib.xlsx", "zeros up to 4 GiB behind the base", package(), size=4096 * MIB),
)

OTHER_KINDS = (
    _bomb(
        "far_corner.xls",
        "cells in A1 and IV65536 of an .xls",
        lambda: biff(biff_sheet([(0, 0), (65_535, 255)])),
    ),
    _bomb(
        "far_cell.xls",
        "a note in IV60000 of an .xls",
        lambda: biff(biff_sheet([(0, 0), (59_999, 255)]), stream="BOOK"),
    ),
    _bomb(
        "records.xlsb",
        "a sheet of five million records that say nothing",
        lambda: xlsb(b"\x81\x01\0" + b"\x7f\0" * 5_000_000),
    ),
    _bomb(
        "far_corner.xlsb",
        "cells in A1 and XFD1048576 of an .xlsb",
        lambda: xlsb(binary_sheet([(0, 0), (1_048_575, 16_383)])),
    ),
    _bomb(
        "long_record.xlsb",
        "a record that states to be longer than its part",
        lambda: xlsb(b"\x81\x01\xff\xff\xff\x7f"),
        refused("damaged"),
    ),
    _bomb(
        "repeated.ods",
        "a cell of an .ods repeated over a million rows and 16,384 columns",
        lambda: ods(REPEATED),
    ),
    _bomb(
        "repeated_text.ods",
        "a text of 30,000 characters that is said to stand 900,000 times: 27 GB",
        lambda: ods(REPEATED_TEXT),
    ),
    _bomb(
        "text.ods",
        "an .ods with a text of 300 MB",
        lambda: ods("", swollen("<a>", "长" * 100, 1_000_000, "</a>")),
    ),
)

BOMBS = TEXT + SHAPE + PACKAGE + OTHER_KINDS
