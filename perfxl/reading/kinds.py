"""What a file is that is no .xlsx, by its content: what people send under a spreadsheet's name."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from typing import NamedTuple

from perfxl.errors import ASK_AGAIN, USE_THE_FORM, Unreadable
from perfxl.reading.compound import Compound


class FileKind(NamedTuple):
    """What a file is called, and what to do instead."""

    called: str
    fix: str


UNPACK = "请先解压,报送里面的 Excel 文件"
TAKE_OUT = "请把里面的 Excel 文件另存到文件夹里再审核"
ARCHIVE = FileKind("压缩包", UNPACK)
MAIL = FileKind("邮件,没有 Excel 附件", TAKE_OUT)
PICTURE = FileKind("图片", USE_THE_FORM)
WEB_PAGE = FileKind("网页", ASK_AGAIN)
WORD = FileKind(" Word 文档", USE_THE_FORM)
WORKBOOK = FileKind(" Excel 工作簿", USE_THE_FORM)

ZIP_HEADS = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
OLD_EXCEL = (b"\x09\x00\x04\x00", b"\x09\x02\x06\x00", b"\x09\x04\x06\x00", b"\x09\x08")
GUARDS = (b"%TSD-Header", b"E-SafeNet", b"DRMONE", b"LOCKED BY")  # marks of encryption programs
MAIL_HEADERS = (b"from:", b"to:", b"subject:", b"date:", b"received:", b"mime-version:")
OPEN_DOCUMENT = "mimetype"  # the part that says which kind of document it is
# how the names of workbooks that are read end
SUFFIXES = frozenset({".xlsx", ".xlsm", ".xls", ".et", ".xlsb", ".ods", ".fods"})
MANIFEST = "META-INF/manifest.xml"
PROPERTY = "__substg1.0_"  # how the streams of a mail begin
SPREADSHEET = b"opendocument.spreadsheet"
FIRST_BYTES = 8  # shown of what is not known at all

_HEADS: tuple[tuple[tuple[bytes, ...], FileKind], ...] = (
    ((b"rar!", b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b", b"bzh", b"\xfd7zxz"), ARCHIVE),
    ((b"%pdf",), FileKind(" PDF 文件", USE_THE_FORM)),
    ((b"{\\rtf",), WORD),
    ((b"\x89png", b"\xff\xd8", b"gif8", b"bm", b"ii*\0", b"mm\0*"), PICTURE),
    ((b"mz", b"\x7felf"), FileKind("程序", USE_THE_FORM)),
    ((b"sqlite format",), FileKind("数据库", USE_THE_FORM)),
    ((b"{", b"["), FileKind("数据文件(JSON)", USE_THE_FORM)),
)
# streams of an OLE container, and what it is that has one
_STREAMS = (
    *(("workbook", WORKBOOK), ("book", WORKBOOK)),
    (PROPERTY, FileKind(" Outlook 邮件", TAKE_OUT)),
    ("worddocument", WORD),
    ("powerpoint document", FileKind("演示文稿", USE_THE_FORM)),
)
_OTHER_OFFICE = FileKind("其他 Office 文件", USE_THE_FORM)


def refusal(data: bytes) -> Unreadable:
    """Give what to say of bytes that are neither a zip nor an OLE container."""
    if is_guarded(data):
        return Unreadable.of("encrypted-by-guard")
    if data.startswith(OLD_EXCEL):
        return Unreadable.of("old-format")
    kind = of_bytes(data)
    return Unreadable.of("not-a-workbook", kind=kind.called, what_to_do=kind.fix)


def is_flat(data: bytes) -> bool:
    """Whether these bytes are an OpenDocument spreadsheet in one piece (.fods)."""
    head = data[:4096]
    return b"office:document" in head and SPREADSHEET in head


def is_guarded(data: bytes) -> bool:
    """Whether an encryption program of the unit's office has made these bytes."""
    return any(guard in data[:4096] for guard in GUARDS)


def of_bytes(data: bytes) -> FileKind:
    """Give what bytes are that are neither a zip nor an OLE container."""
    begins = data[:FIRST_BYTES].hex(" ").upper()
    return (
        _by_head(data) or _by_words(data) or FileKind(f"其他类型的文件,开头是 {begins}", ASK_AGAIN)
    )


def _by_head(data: bytes) -> FileKind | None:
    head = data[:32].lower()
    if data[257:262] == b"ustar":
        return ARCHIVE
    if head[8:12] == b"webp" or head[4:12] in {b"ftypheic", b"ftypmif1"}:
        return PICTURE
    return next((kind for heads, kind in _HEADS if head.startswith(heads)), None)


def _by_words(data: bytes) -> FileKind | None:
    """Tell kinds of text apart by the words they begin with."""
    text = _text(data)
    if text is None:
        return None
    head = text[:4096].lstrip("\ufeff \t\r\n").lower()
    lines = [line.encode("utf-8", "replace") for line in head.splitlines()[:3]]
    tests: tuple[tuple[Callable[[], bool], FileKind], ...] = (
        (lambda: "multipart/related" in head and "mime-version" in head, WEB_PAGE),
        (lambda: any(line.startswith(MAIL_HEADERS) for line in lines), MAIL),
        (lambda: "office:spreadsheet" in head, FileKind("旧式的 XML 表格", ASK_AGAIN)),
        (lambda: "<html" in head or "<table" in head or "<!doctype html" in head, WEB_PAGE),
        (lambda: head.startswith(("<?xml", "<")), FileKind(" XML 文件", USE_THE_FORM)),
        (lambda: True, FileKind("文本或 CSV 文件", USE_THE_FORM)),
    )
    return next(kind for is_it, kind in tests if is_it())


def _text(data: bytes) -> str | None:
    """Give the beginning as text, None where it is none."""
    utf16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    for encoding in ("utf-16",) if utf16 else ("utf-8", "gb18030"):
        text = codecs.getincrementaldecoder(encoding)("ignore" if utf16 else "strict")
        try:
            found = text.decode(data[:8192])
        except UnicodeDecodeError:
            continue
        if not any(ord(char) < 32 and char not in "\t\r\n\f" for char in found):
            return found
    return None


def of_container(found: Compound) -> FileKind:
    """Give what an OLE container holds; raise Unreadable where that is locked away."""
    if "encryptedpackage" in found.entries:
        raise Unreadable.of("encrypted")
    names = {name[: len(PROPERTY)] if name.startswith(PROPERTY) else name for name in found.entries}
    return next((kind for stream, kind in _STREAMS if stream in names), _OTHER_OFFICE)


def of_package(names: frozenset[str], stated: bytes) -> FileKind | None:
    """Give what a zip package is that is no .xlsx or .xlsb; None where it is an .ods.

    `stated` is what an OpenDocument file says it is.
    """
    folders = {name.partition("/")[0] for name in names}
    if "content.xml" in names and SPREADSHEET in stated:
        return None
    if "word" in folders or b"opendocument.text" in stated:
        return WORD
    if "ppt" in folders or b"opendocument.presentation" in stated:
        return FileKind("演示文稿", USE_THE_FORM)
    if "ofd.xml" in names:
        return FileKind(" OFD 版式文件", USE_THE_FORM)
    return ARCHIVE
