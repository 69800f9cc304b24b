"""Files that carry what could run or reach outside: read, told as W14, never followed."""

from __future__ import annotations

from hostile.entries import Entry, Verdict, honest
from hostile.packages import Builder, Step, all_of, package, put, swap
from hostile.workbook import (
    INCOME,
    MAIN,
    OFFICE,
    ROOT_RELS,
    TYPES,
    WORKBOOK,
    XML,
    after_data,
    amount,
    another_sheet,
    beside_income,
    linked,
    relationship,
    relationships,
    sheet_xml,
    typed,
)

PORT = 47_321  # of this machine: links of the gallery lead here, and the tests listen
ADDRESS = f"http://127.0.0.1:{PORT}/x"
TOLD = honest("W14")
VBA = "http://schemas.microsoft.com/office/2006/relationships/vbaProject"
MACRO_MAIN = "application/vnd.ms-excel.sheet.macroEnabled.main+xml"
PLAIN_MAIN = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"


def formula(text: str) -> Step:
    """Put a formula, with the value that stood there, in the first amount."""
    return amount(f'<c r="C5" s="25"><f>{text}</f><v>1150</v></c>')


def part(path: str, kind: str, content: str | bytes) -> Step:
    """Add a part of this kind that the workbook refers to."""
    return all_of(put(path, content), linked(relationship("rId70", kind, f"/{path}")))


def external_link(body: str, target: str) -> Step:
    """Add an external link of this body, leading to a target."""
    path = "externalLinks/externalLink1.xml"
    xml = f'{XML}<externalLink xmlns="{MAIN}" xmlns:r="{OFFICE}">{body}</externalLink>'
    rels = relationships(relationship("rId1", "externalLinkPath", target, "External"))
    books = '</sheets><externalReferences><externalReference r:id="rId70"/></externalReferences>'
    return all_of(
        put(f"xl/{path}", xml),
        put("xl/externalLinks/_rels/externalLink1.xml.rels", rels),
        linked(relationship("rId70", "externalLink", path)),
        swap(WORKBOOK, "</sheets>", books),
    )


BOOK = '<externalBook r:id="rId1"><sheetNames><sheetName val="S"/></sheetNames></externalBook>'
DDE = (
    '<ddeLink ddeService="cmd" ddeTopic="/C calc">'
    '<ddeItems><ddeItem name="A0"/></ddeItems></ddeLink>'
)
CONNECTIONS = (
    f'{XML}<connections xmlns="{MAIN}"><connection id="1" name="c" type="4" refreshedVersion="3"'
    f' refreshOnLoad="1"><webPr url="{ADDRESS}"/></connection></connections>'
)
QUERY = f'{XML}<queryTable xmlns="{MAIN}" name="q" connectionId="1" refreshOnLoad="1"/>'
DRAFT = '<row r="1"><c r="A1"><v>1</v></c></row>'
DRAWING = (
    f'{XML}<xdr:wsDr xmlns:xdr="http://schemas.openxmlformats.org/drawingml/2006/'
    f'spreadsheetDrawing" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
    f' xmlns:r="{OFFICE}"><xdr:absoluteAnchor><xdr:pos x="0" y="0"/><xdr:ext cx="9" cy="9"/>'
    '<xdr:pic><xdr:nvPicPr><xdr:cNvPr id="2" name="p"/><xdr:cNvPicPr/></xdr:nvPicPr>'
    '<xdr:blipFill><a:blip r:link="rId1"/></xdr:blipFill><xdr:spPr/></xdr:pic>'
    "<xdr:clientData/></xdr:absoluteAnchor></xdr:wsDr>"
)


def remote_picture() -> tuple[Step, ...]:
    """Give the steps that add a picture loaded from elsewhere."""
    rels = "xl/drawings/_rels/drawing1.xml.rels"
    return (
        after_drawing("rId1"),
        beside_income(relationship("rId1", "drawing", "../drawings/drawing1.xml")),
        put("xl/drawings/drawing1.xml", DRAWING),
        put(rels, relationships(relationship("rId1", "image", ADDRESS, "External"))),
    )


def after_drawing(name: str) -> Step:
    """Refer to a drawing at the end of the income table."""
    return swap(INCOME, "</worksheet>", f'<drawing r:id="{name}"/></worksheet>')


def hyperlink(target: str) -> tuple[Step, ...]:
    """Give the steps that make a cell of the income table a link."""
    return (
        after_data(INCOME, '<hyperlinks><hyperlink ref="B5" r:id="rId1"/></hyperlinks>'),
        beside_income(relationship("rId1", "hyperlink", target, "External")),
    )


def _active(name: str, why: str, build: Builder, wants: Verdict = TOLD) -> Entry:
    return Entry(f"active_{name}", why, build, wants)


MACRO = part("xl/vbaProject.bin", VBA, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 2_000)
ODD_MACRO = part("xl/media/a.bin", VBA, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 2_000)

ACTIVE = (
    _active("macro.xlsm", "a macro project", package(MACRO, swap(TYPES, PLAIN_MAIN, MACRO_MAIN))),
    _active("macro_under.xlsx", "a macro project in an .xlsx", package(MACRO)),
    _active("macro_elsewhere.xlsm", "a macro project under another name", package(ODD_MACRO)),
    _active(
        "macro_sheet.xlsm",
        "an Excel 4 macro sheet",
        package(
            part(
                "xl/macrosheets/sheet1.xml", VBA.replace("vbaProject", "xlMacrosheet"), sheet_xml()
            )
        ),
    ),
    _active(
        "external_link.xlsx",
        "a link to another workbook, used in an amount",
        package(external_link(BOOK, ADDRESS), formula("[1]S!A1")),
    ),
    _active(
        "external_share.xlsx",
        "a link to a share that would be given the user's name and password",
        package(external_link(BOOK, f"file:///\\\\127.0.0.1@{PORT}\\a\\b.xlsx")),
    ),
    _active("dde_link.xlsx", "a DDE link", package(external_link(DDE, "cmd"))),
    _active(
        "dde_formula.xlsx", "a formula that calls a program", package(formula("cmd|'/C calc'!A0"))
    ),
    _active(
        "webservice.xlsx",
        "a formula that asks a server",
        package(formula(f'WEBSERVICE("{ADDRESS}")')),
    ),
    _active(
        "hyperlink_formula.xlsx",
        "a formula that is a link",
        package(formula(f'HYPERLINK("{ADDRESS}",1150)')),
    ),
    _active("call.xlsx", "a formula that calls a library", package(formula('CALL("a","b","J")'))),
    _active(
        "connection.xlsx",
        "a data connection renewed on opening",
        package(part("xl/connections.xml", "connections", CONNECTIONS)),
    ),
    _active(
        "query.xlsx",
        "a query table",
        package(
            part("xl/connections.xml", "connections", CONNECTIONS),
            put("xl/queryTables/queryTable1.xml", QUERY),
            beside_income(relationship("rId1", "queryTable", "../queryTables/queryTable1.xml")),
        ),
    ),
    _active(
        "embedded.xlsx",
        "an embedded object",
        package(
            put("xl/embeddings/oleObject1.bin", b"MZ" + b"\0" * 999),
            beside_income(relationship("rId1", "oleObject", "../embeddings/oleObject1.bin")),
        ),
    ),
    _active(
        "embedded_package.xlsx",
        "an embedded workbook that is a bomb itself",
        package(
            put("xl/embeddings/Microsoft_Excel_Sheet1.xlsx", b"PK\3\4" + b"\0" * 999),
            beside_income(
                relationship("rId1", "package", "../embeddings/Microsoft_Excel_Sheet1.xlsx")
            ),
        ),
    ),
    _active(
        "control.xlsx",
        "an ActiveX control",
        package(
            put("xl/activeX/activeX1.xml", f"{XML}<ax:ocx xmlns:ax='a'/>"),
            beside_income(relationship("rId1", "control", "../activeX/activeX1.xml")),
        ),
    ),
    _active("remote_picture.xlsx", "a picture loaded from a server", package(*remote_picture())),
    _active("hyperlink.xlsx", "a link to a server", package(*hyperlink(ADDRESS))),
    _active("hyperlink_file.xlsx", "a link to a program", package(*hyperlink("file:///C:/a.exe"))),
    _active(
        "hyperlink_script.xlsx", "a link that is a script", package(*hyperlink("javascript:a()"))
    ),
    _active(
        "hidden.xlsx",
        "a hidden sheet of the unit's own",
        package(another_sheet(sheet_xml(DRAFT), "草稿", "hidden")),
    ),
    _active(
        "very_hidden.xlsx",
        "a sheet only a program can show",
        package(another_sheet(sheet_xml(DRAFT), "草稿", "veryHidden")),
    ),
    _active(
        "ribbon.xlsx",
        "a part that changes the ribbon",
        package(
            put(
                "customUI/customUI.xml",
                '<customUI xmlns="http://schemas.microsoft.com/office/2006/01/customui"/>',
            ),
            linked(
                relationship(
                    "rId9",
                    "http://schemas.microsoft.com/office/2006/relationships/ui/extensibility",
                    "customUI/customUI.xml",
                ),
                ROOT_RELS,
            ),
        ),
        TOLD | honest(),
    ),
    _active(
        "typed_command.xlsx",
        "text that looks like a command is text",
        package(typed("=cmd|'/C calc'!A0 +1 @SUM(A1) -2")),
        honest(),
    ),
    _active(
        "typed_link.xlsx",
        "text that looks like a link is text",
        package(typed(f"{ADDRESS} mailto:a@example.com file:///etc/passwd")),
        honest(),
    ),
    _active(
        "typed_markup.xlsx",
        "text that looks like a page is text",
        package(typed("&lt;script&gt;alert(1)&lt;/script&gt;&lt;!DOCTYPE a&gt;")),
        honest(),
    ),
)
