"""Workbooks of other kinds, made with bare hands: compound files, .xls, .ods; LibreOffice's own."""

from __future__ import annotations

import shutil
import struct
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from hostile.packages import SAMPLE, Member, archive, stored

SECTOR = 512
FREE, END, FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
SMALLEST = 4096  # streams below this would go to the mini stream

SOFFICE = shutil.which("soffice") or shutil.which("libreoffice")


# ---------------------------------------------------------------- compound files (OLE)


def compound(streams: Mapping[str, bytes]) -> bytes:
    """Give a compound file with these streams in its root, each padded to an ordinary one."""
    padded = {name: data.ljust(SMALLEST, b"\0") for name, data in streams.items()}
    padded = {name: data + b"\0" * (-len(data) % SECTOR) for name, data in padded.items()}
    directory = -(-(len(padded) + 1) * 128 // SECTOR)
    lengths = [len(data) // SECTOR for data in padded.values()]
    tables = -(-(directory + sum(lengths) + 8) * 4 // SECTOR)
    chain, starts = [FAT] * tables, []
    for length in (directory, *lengths):
        starts.append(len(chain))
        chain += [*range(len(chain) + 1, len(chain) + length), END]
    chain += [FREE] * (tables * SECTOR // 4 - len(chain))
    entries = [_storage_entry("Root Entry", 5, 1, END, 0)]
    for number, (name, data) in enumerate(padded.items(), 1):
        right = number + 1 if number < len(padded) else FREE
        entries.append(_storage_entry(name, 2, FREE, starts[number], len(data), right))
    listing = b"".join(entries).ljust(directory * SECTOR, b"\0")
    table = struct.pack(f"<{len(chain)}I", *chain)
    return _compound_header(tables, starts[0]) + table + listing + b"".join(padded.values())


def _storage_entry(
    name: str, kind: int, child: int, start: int, size: int, right: int = FREE
) -> bytes:
    title = name.encode("utf-16-le")
    head = title.ljust(64, b"\0") + struct.pack("<HBB", len(title) + 2, kind, 1)
    links = struct.pack("<III", FREE, right, child)
    return head + links + b"\0" * 36 + struct.pack("<IQ", start, size)


def _compound_header(tables: int, directory: int) -> bytes:
    magic = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 16
    shape = struct.pack(
        "<5H6x9I", 62, 3, 0xFFFE, 9, 6, 0, tables, directory, 0, SMALLEST, END, 0, END, 0
    )
    heads = [*range(tables), *[FREE] * (109 - tables)]
    return magic + shape + struct.pack("<109I", *heads)


# ---------------------------------------------------------------- .xls


def record(kind: int, data: bytes = b"") -> bytes:
    """Give one BIFF record."""
    return struct.pack("<HH", kind, len(data)) + data


def biff_sheet(spots: Sequence[tuple[int, int]]) -> bytes:
    """Give the records of a sheet with the number 1 in these cells."""
    cells = b"".join(record(0x203, struct.pack("<HHHd", r, c, 15, 1.0)) for r, c in spots)
    return record(0x809, struct.pack("<HHHHII", 0x600, 0x10, 1, 1997, 0, 6)) + cells + record(0xA)


def biff(sheet: bytes, *globals_: bytes, stream: str = "Workbook") -> bytes:
    """Give an .xls of one sheet, with these records at the head of its globals."""
    start = record(0x809, struct.pack("<HHHHII", 0x600, 5, 1, 1997, 0, 6)) + b"".join(globals_)
    name = b"Sheet1"
    size = len(start) + 4 + 8 + len(name) + 4
    listed = record(0x85, struct.pack("<IHBB", size, 0, len(name), 0) + name)
    return compound({stream: start + listed + record(0xA) + sheet})


# ---------------------------------------------------------------- .xlsb


def binary_record(kind: int, data: bytes = b"") -> bytes:
    """Give one record of a binary part; what is shorter than 128 bytes."""
    head = bytes([kind]) if kind < 128 else bytes([kind & 0x7F | 0x80, kind >> 7])
    return head + bytes([len(data)]) + data


def binary_sheet(spots: Sequence[tuple[int, int]]) -> bytes:
    """Give a binary sheet with the number 1 in these cells, each in a row of its own."""
    cells = b"".join(
        binary_record(0, struct.pack("<I", r).ljust(25, b"\0"))
        + binary_record(5, struct.pack("<IId", c, 0, 1.0))
        for r, c in spots
    )
    return binary_record(129) + binary_record(145) + cells + binary_record(146) + binary_record(130)


def wide(text: str) -> bytes:
    """Give a text as binary parts keep it."""
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def xlsb(sheet: bytes, texts: bytes = b"") -> bytes:
    """Give an .xlsb of one sheet, with this part of shared texts."""
    listed = binary_record(156, struct.pack("<II", 0, 1) + wide("rId1") + wide("S"))
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    link = f'<Relationship Id="rId{{}}" Type="{office}/{{}}" Target="{{}}"/>'
    sheets = link.format(1, "worksheet", "worksheets/sheet1.bin")
    shared = link.format(2, "sharedStrings", "sharedStrings.bin")
    main = link.format(1, "officeDocument", "xl/workbook.bin")
    return archive(
        [
            ("_rels/.rels", f"<Relationships>{main}</Relationships>".encode()),
            ("xl/workbook.bin", binary_record(131) + listed + binary_record(132)),
            (
                "xl/_rels/workbook.bin.rels",
                f"<Relationships>{sheets}{shared}</Relationships>".encode(),
            ),
            ("xl/worksheets/sheet1.bin", sheet),
            ("xl/sharedStrings.bin", texts or binary_record(159, bytes(8)) + binary_record(160)),
        ]
    )


# ---------------------------------------------------------------- .ods

ODS_TYPE = b"application/vnd.oasis.opendocument.spreadsheet"
ODS_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<office:document-content'
    ' xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
    ' xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
    ' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"'
    ' office:version="1.2"><office:body><office:spreadsheet><table:table table:name="S">'
)
ODS_TAIL = "</table:table></office:spreadsheet></office:body></office:document-content>"


def ods(rows: str, content: Member | None = None, secret: bool = False, doctype: str = "") -> bytes:
    """Give an .ods of one table; `secret` declares its content encrypted."""
    key = (
        '<manifest:encryption-data manifest:checksum-type="SHA1/1K" manifest:checksum="AA==">'
        '<manifest:algorithm manifest:algorithm-name="Blowfish CFB"/></manifest:encryption-data>'
    )
    manifest = (
        '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{ODS_TYPE.decode()}"/>'
        '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml">'
        f"{key if secret else ''}</manifest:file-entry></manifest:manifest>"
    )
    head = ODS_HEAD.replace("\n", "\n" + doctype, 1)
    plain = b"\x93\x11secret" * 99 if secret else (head + rows + ODS_TAIL).encode()
    return archive(
        [
            ("mimetype", stored(ODS_TYPE)),
            ("content.xml", content or plain),
            ("META-INF/manifest.xml", manifest.encode()),
        ]
    )


# ---------------------------------------------------------------- LibreOffice


@cache
def converted() -> Path:
    """Give a folder with the base as LibreOffice saves it: .ods, .xls and .xlsx."""
    assert SOFFICE, "LibreOffice is not installed"
    folder = Path(tempfile.mkdtemp(prefix="perfxl-gallery-"))
    for kind in ("ods", "xls", "xlsx"):
        profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
        command = [SOFFICE, profile, "--headless", "--convert-to", kind, "--outdir", str(folder)]
        subprocess.run([*command, str(SAMPLE)], check=True, capture_output=True, timeout=180)
    return folder


def by_libreoffice(kind: str) -> bytes:
    """Give the base as LibreOffice saves it in this format."""
    return (converted() / f"filled.{kind}").read_bytes()
