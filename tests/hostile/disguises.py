"""Other kinds of files under a spreadsheet's name, and spreadsheets under another's."""

from __future__ import annotations

import gzip
import json
import sqlite3
import struct
import zlib
from functools import partial
from io import BytesIO

import openpyxl
import xlsxwriter

from hostile.entries import Entry, Verdict, honest, refused
from hostile.office import biff, biff_sheet, by_libreoffice, compound, ods, record
from hostile.packages import Builder, archive, honest_bytes, package, stored, swap
from hostile.workbook import ROOT_RELS, TYPES, WORKBOOK, XML

EMPTY = refused("empty")
OLD = refused("old-format")
LOCKED = refused("encrypted")
GUARDED = refused("encrypted-by-guard", "encrypted", "not-a-workbook")
FOREIGN = refused("form-not-recognised")
NO_SHEETS = refused("no-sheets")


def other(says: str = "") -> Verdict:
    """It is no workbook; the message says what it is."""
    return refused("not-a-workbook", says=says)


def of(data: bytes) -> Builder:
    """Build these bytes."""
    return lambda: data


def text(content: str, encoding: str = "utf-8") -> Builder:
    """Build a text."""
    return of(content.encode(encoding))


# ---------------------------------------------------------------- kinds


def picture() -> bytes:
    """Give a PNG of one dot."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0\0"))
        + chunk(b"IEND", b"")
    )


def office_package(main: str, kind: str) -> Builder:
    """Build a package of another office program."""
    rels = (
        f'{XML}<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        '<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/'
        f'relationships/officeDocument" Target="{main}"/></Relationships>'
    )
    types = (
        f'{XML}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        f'<Override PartName="/{main}" ContentType="{kind}"/></Types>'
    )
    parts = {TYPES: types, ROOT_RELS: rels, main: f"{XML}<a/>"}
    return lambda: archive((path, xml.encode()) for path, xml in parts.items())


def zipped(*names: str) -> Builder:
    """Build an archive of files with these names."""
    return lambda: archive((name, b"content") for name in names)


def database() -> bytes:
    """Give an SQLite database."""
    with sqlite3.connect(":memory:") as connection:
        connection.execute("create table a (b)")
    return connection.serialize()


def by_openpyxl() -> bytes:
    """Give somebody else's workbook."""
    book = openpyxl.Workbook()
    book.active.append(["单位", "金额"])
    target = BytesIO()
    book.save(target)
    return target.getvalue()


def by_xlsxwriter() -> bytes:
    """Give somebody else's workbook, with a chart."""
    target = BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, [1, 2, 3])
        chart = book.add_chart({"type": "line"})
        chart.add_series({"values": "=Sheet1!$A$1:$C$1"})
        sheet.insert_chart("E2", chart)
    return target.getvalue()


def spoken(words: str) -> bytes:
    """Give an .xls with a text that only sounds like encryption."""
    label = record(
        0x204, struct.pack("<HHHHB", 0, 0, 15, len(words), 1) + words.encode("utf-16-le")
    )
    sheet = record(0x809, struct.pack("<HHHHII", 0x600, 0x10, 1, 1997, 0, 6)) + label + record(0xA)
    return biff(sheet)


HTML = (
    '<html xmlns:x="urn:schemas-microsoft-com:office:excel">'
    "<table><tr><td>1</td></tr></table></html>"
)
CSV = "单位,金额\r\n示例区文化馆,1150.00\r\n"
XML_2003 = (
    '<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?>\n<Workbook'
    ' xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>'
)
MHT = "MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=a\r\n\r\n--a\r\n"
EML = "From: a@example.com\r\nTo: b@example.com\r\nSubject: x\r\n\r\nhello\r\n"
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
JPEG = b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1" + b"\0" * 99
FILEPASS = record(0x2F, struct.pack("<HHH", 1, 1, 1) + b"\0" * 48)
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
SLIDES = "application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml"
GUARDS = {
    "guard_e_safenet.xlsx": b"b\x14#e\0\0\1\0E-SafeNet   LOCK" + b"\x9c" * 900,
    "guard_tsd.xlsx": b"%TSD-Header-###%" + b"\x9c" * 900,
}


def _kind(name: str, why: str, build: Builder, wants: Verdict) -> Entry:
    return Entry(name, why, build, wants)


OTHERS = (
    _kind("kind_empty.xlsx", "nothing at all", of(b""), EMPTY),
    _kind("kind_space.xlsx", "blanks", of(b" \r\n" * 99), other()),
    _kind(
        "kind_zeros.xlsx",
        "zeros, as a broken disk leaves",
        of(b"\0" * 9_000),
        other() | refused("damaged"),
    ),
    _kind(
        "kind_noise.xlsx",
        "noise",
        of(bytes((n * n * 7 + 13) % 251 for n in range(9_000))),
        other() | GUARDED,
    ),
    _kind("kind_html.xls", "a page exported by a system as .xls", text(HTML), other("网页")),
    _kind(
        "kind_html_gbk.xlsx",
        "a page in GBK",
        text(HTML.replace("1<", "金额<"), "gbk"),
        other("网页"),
    ),
    _kind("kind_html_utf16.xls", "a page in UTF-16", text("\ufeff" + HTML, "utf-16-le"), other()),
    _kind("kind_csv.xlsx", "comma-separated values", text(CSV), other()),
    _kind("kind_csv_gbk.xls", "comma-separated values in GBK", text(CSV, "gbk"), other()),
    _kind(
        "kind_csv_utf16.xlsx",
        "tab-separated values in UTF-16",
        text("\ufeff" + CSV.replace(",", "\t"), "utf-16-le"),
        other(),
    ),
    _kind("kind_text.xlsx", "a text", text("请见附件\r\n"), other()),
    _kind("kind_pdf.xlsx", "a PDF", of(PDF), other("PDF")),
    _kind("kind_png.xlsx", "a picture", of(picture()), other("图片")),
    _kind("kind_jpg.xlsx", "a photo", of(JPEG), other("图片")),
    _kind(
        "kind_heic.xlsx", "a photo of a telephone", of(b"\0\0\0\x18ftypheic" + b"\0" * 99), other()
    ),
    _kind("kind_tiff.xlsx", "a scan", of(b"II*\0" + b"\0" * 99), other()),
    _kind("kind_gif.xlsx", "a picture that moves", of(b"GIF89a" + b"\0" * 99), other("图片")),
    _kind("kind_bmp.xlsx", "a bitmap", of(b"BM" + b"\0" * 99), other("图片")),
    _kind(
        "kind_docx.xlsx",
        "a Word document",
        office_package("word/document.xml", WORD),
        other("Word"),
    ),
    _kind(
        "kind_pptx.xlsx",
        "slides",
        office_package("ppt/presentation.xml", SLIDES),
        other("演示文稿"),
    ),
    _kind(
        "kind_doc.xlsx",
        "an old Word document",
        lambda: compound({"WordDocument": b"\xec\xa5" * 99}),
        other(),
    ),
    _kind(
        "kind_msg.xlsx",
        "a mail saved by Outlook",
        lambda: compound({"__substg1.0_0037001F": b"s", "__properties_version1.0": b"p"}),
        other("邮件"),
    ),
    _kind("kind_eml.xlsx", "a saved mail", text(EML), other("邮件")),
    _kind("kind_mht.xls", "a page as one file", text(MHT), other()),
    _kind("kind_zip.xlsx", "an archive", zipped("a.xlsx", "b.xlsx"), other("压缩包")),
    _kind("kind_rar.xlsx", "a RAR archive", of(b"Rar!\x1a\7\1\0" + b"\0" * 99), other("压缩包")),
    _kind("kind_7z.xlsx", "a 7z archive", of(b"7z\xbc\xaf'\x1c" + b"\0" * 99), other("压缩包")),
    _kind("kind_gz.xlsx", "a gzip archive", of(gzip.compress(b"a" * 99, mtime=0)), other("压缩包")),
    _kind(
        "kind_apk.xlsx",
        "a program for telephones",
        zipped("AndroidManifest.xml", "classes.dex"),
        other(),
    ),
    _kind(
        "kind_numbers.xlsx",
        "a workbook of Numbers",
        zipped("Index/Document.iwa", "preview.jpg"),
        other(),
    ),
    _kind("kind_ofd.xlsx", "an OFD document", zipped("OFD.xml", "Doc_0/Document.xml"), other()),
    _kind(
        "kind_odt.xlsx",
        "a document of LibreOffice",
        lambda: archive(
            [
                ("mimetype", stored(b"application/vnd.oasis.opendocument.text")),
                ("content.xml", b"<a/>"),
            ]
        ),
        other(),
    ),
    _kind("kind_caj.xlsx", "a CAJ document", of(b"CAJ\0" + b"\0" * 99), other()),
    _kind("kind_xml_2003.xls", "an Excel 2003 XML table", text(XML_2003), other()),
    _kind("kind_xml.xlsx", "some XML", text(f"{XML}<a/>"), other("XML")),
    _kind("kind_json.xlsx", "a JSON document", text(json.dumps({"a": 1})), other()),
    _kind("kind_sqlite.xlsx", "a database", database, other()),
    _kind("kind_exe.xlsx", "a program", of(b"MZ\x90\0" + b"\0" * 999), other()),
    _kind("kind_elf.xlsx", "a program of another system", of(b"\x7fELF" + b"\0" * 999), other()),
    _kind("kind_lnk.xlsx", "a shortcut", of(b"L\0\0\0\1\x14\2\0" + b"\0" * 99), other()),
    _kind(
        "kind_dbf.xls",
        "a dBase table",
        of(b"\3\x7a\7\x1a" + struct.pack("<IHH", 0, 33, 1) + b"\0" * 20 + b"\r\x1a"),
        other(),
    ),
    _kind("kind_lotus.xls", "a Lotus table", of(b"\0\0\2\0\4\4" + b"\0" * 99), other() | OLD),
    _kind("kind_rtf.xls", "a text with formats", of(rb"{\rtf1\ansi a}"), other()),
    _kind(
        "kind_partial.xlsx",
        "a download that is not done: the page of a proxy",
        text("<!DOCTYPE HTML><html>404"),
        other("网页"),
    ),
)

OLD_ONES = (
    _kind("old_biff2.xls", "Excel 2", of(record(0x9, b"\0\0\x10\0") + record(0xA)), OLD),
    _kind("old_biff3.xls", "Excel 3", of(record(0x209, b"\0\0\x10\0\0\0") + record(0xA)), OLD),
    _kind("old_biff4.xls", "Excel 4", of(record(0x409, b"\0\0\x10\0\0\0") + record(0xA)), OLD),
    _kind(
        "old_biff4_folder.xls",
        "Excel 4 workbook",
        of(record(0x409, b"\0\0\0\1\0\0") + record(0xA)),
        OLD,
    ),
    _kind(
        "old_biff5_bare.xls",
        "Excel 5 without its container",
        of(record(0x809, b"\0\5\5\0\0\0\0\0") + record(0xA)),
        OLD,
    ),
)

ENCRYPTED = (
    _kind(
        "encrypted.xlsx",
        "opened by a password",
        lambda: compound({"EncryptionInfo": b"\4\0\4\0", "EncryptedPackage": b"\x9c" * 9_000}),
        LOCKED,
    ),
    _kind(
        "encrypted_as.xls",
        "opened by a password, under an old name",
        lambda: compound({"EncryptedPackage": b"\x9c" * 9_000, "EncryptionInfo": b"\4\0\4\0"}),
        LOCKED,
    ),
    _kind(
        "encrypted.xls",
        "an .xls opened by a password",
        lambda: biff(biff_sheet([(0, 0)]), FILEPASS),
        LOCKED,
    ),
    _kind(
        "encrypted_book.et",
        "a .et opened by a password",
        lambda: biff(biff_sheet([(0, 0)]), FILEPASS),
        LOCKED,
    ),
    _kind("encrypted.ods", "an .ods opened by a password", lambda: ods("", secret=True), LOCKED),
    _kind(
        "encrypted_not.xls",
        "an .xls that only speaks of encryption",
        lambda: spoken("EncryptedPackage"),
        FOREIGN,
    ),
    *(
        _kind(name, "encrypted by a guard of the unit", of(data), GUARDED)
        for name, data in GUARDS.items()
    ),
)

STRANGERS = (
    _kind("foreign_openpyxl.xlsx", "somebody else's workbook", by_openpyxl, FOREIGN),
    _kind("foreign_chart.xlsx", "somebody else's workbook with a chart", by_xlsxwriter, FOREIGN),
    _kind("foreign.xls", "somebody else's .xls", lambda: biff(biff_sheet([(0, 0)])), FOREIGN),
    _kind(
        "foreign_5.xls",
        "somebody else's .xls of 1995",
        lambda: biff(biff_sheet([(0, 0)]), stream="Book"),
        FOREIGN | refused("old-format", "damaged"),
    ),
    _kind(
        "foreign.ods",
        "somebody else's .ods",
        lambda: ods("<table:table-row><table:table-cell/></table:table-row>"),
        FOREIGN,
    ),
    _kind(
        "foreign_none.ods",
        "an .ods whose content is cut",
        lambda: archive(
            [
                ("mimetype", stored(b"application/vnd.oasis.opendocument.spreadsheet")),
                ("content.xml", b"<office:docu"),
            ]
        ),
        refused("damaged"),
    ),
    _kind(
        "no_sheets.xlsx",
        "a workbook without sheets",
        office_package(
            "xl/workbook.xml",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
        ),
        NO_SHEETS | refused("damaged", "not-a-workbook"),
    ),
    _kind(
        "no_sheets_left.xlsx",
        "our form with its list of sheets emptied",
        package(
            swap(WORKBOOK, "<sheets>", "<sheets/><other>"), swap(WORKBOOK, "</sheets>", "</other>")
        ),
        NO_SHEETS | refused("damaged") | honest(),
    ),
    _kind(
        "no_sheets_at_all.xlsx",
        "a workbook part that lists no sheet",
        package(
            lambda parts: {
                **parts,
                WORKBOOK: (
                    XML
                    + '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheets/></workbook>'
                ).encode(),
            }
        ),
        NO_SHEETS,
    ),
)

RENAMED = tuple(
    _kind(f"honest.{suffix}", f"our form, named .{suffix}", honest_bytes, honest())
    for suffix in ("xlsx", "xlsm", "xls", "et", "xlsb", "ods")
)

BY_LIBREOFFICE = tuple(
    Entry(
        f"saved_by_libreoffice.{kind}",
        f"our form saved as .{kind}",
        partial(by_libreoffice, kind),
        honest(),
        needs_office=True,
    )
    for kind in ("xlsx", "ods", "xls")
)

DISGUISES = OTHERS + OLD_ONES + ENCRYPTED + STRANGERS + RENAMED + BY_LIBREOFFICE
