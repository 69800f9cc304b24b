"""Before any parser sees a file: is it there, readable, of a sane size, and a workbook at all?

Judged by content, never by name. What cannot be read raises `Unreadable`, which carries one clear
Chinese line and what to do.

    PerfxlError
    └── Unreadable   some input cannot be read as a workbook
"""

from __future__ import annotations

import errno
import lzma
import struct
import zipfile
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

from perfxl.origin import WRITTEN

MAX_FILE = 50 * 1024 * 1024  # a filled form is under 300 KB
MAX_ENTRIES = 2_000
MAX_INFLATED = 256 * 1024 * 1024  # the largest honest workbook measured inflates to 60 MB
MAX_PROPERTIES = 64 * 1024  # bytes looked at of a part with properties; ours are under 2 KB
# what reading a zip archive raises that is not as it should be
ZIP_FAULTS = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, OSError),
    *(RuntimeError, KeyError, ValueError),  # unknown methods and versions, odd names
)


class PerfxlError(Exception):
    """Something the user can mend: `message` says what, `fix` what to do."""

    def __reduce__(self) -> tuple[Any, ...]:  # it may come from another process
        return type(self), (self.code, self.message, self.fix)

    def __init__(self, code: str, message: str, fix: str) -> None:
        """Keep the code (for data), the message and the remedy (for people)."""
        super().__init__(message)
        self.code, self.message, self.fix = code, message, fix


class Unreadable(PerfxlError):  # noqa: N818 - the verdict, not only the error
    """An input that cannot be read as a workbook."""


ASK_AGAIN = "请用 Excel 或 WPS 打开原文件,另存为“Excel 工作簿(*.xlsx)”后重新报送"
SLIM_DOWN = "删去图片、多余的工作表和空行空列,保存后重新报送"
ARCHIVE = "压缩包"
TAKE_OUT = "请把里面的 Excel 文件另存到文件夹里再审核"
USE_THE_FORM = "请用下发的 Excel 模板填报,不要报送扫描件、图片或 Word 文档"
UNPACK = "请先解压,报送里面的 Excel 文件"


OUTLOOK_MARK = "__substg1.0_"  # before the names of streams of a .msg
MAIL_HEADERS = (b"from:", b"to:", b"subject:", b"date:", b"received:", b"mime-version:")

SYSTEM_WORDS = {
    errno.ENOSPC: "磁盘已满",
    errno.EROFS: "磁盘是只读的",
    errno.ENOENT: "文件或文件夹不存在",
    errno.ENOTDIR: "路径中有同名的文件,不是文件夹",
    errno.EEXIST: "已有同名的文件,不能建文件夹",
    errno.ENAMETOOLONG: "路径或文件名太长",
    errno.EIO: "磁盘或网络盘出错",
}


def system_words(error: OSError) -> str:
    """Say in Chinese what the system reports."""
    return SYSTEM_WORDS.get(error.errno or 0, f"系统错误 {error.errno}")


def system_fault(error: OSError, what: str = "") -> Unreadable:
    """Give what to tell where the system lets `what` (a file, where not said) not be read."""
    if isinstance(error, PermissionError):
        fix = "先关闭打开它的 Excel 或 WPS 再试;仍不行,请管理员检查权限"
        return Unreadable("no-permission", f"没有权限读取{what}", fix)
    message = f"读取失败({system_words(error)})"
    return Unreadable("cannot-read", message, "检查磁盘或网络盘后重试")


def demand_file(path: Path) -> None:
    """Raise Unreadable unless this is a file: a pipe or a device may never come to an end."""
    if not path.exists():
        raise Unreadable("not-found", "文件不存在", "核对文件名和所在文件夹")
    if path.is_dir():
        raise Unreadable("no-workbooks", "文件夹里没有 Excel 文件", "核对文件夹,或直接指定文件")
    if not path.is_file():
        raise Unreadable("not-a-file", "不是文件", "请指定 Excel 文件")


def read_bytes(path: Path) -> bytes:
    """Give the content of a file; raise Unreadable where there is none to be had."""
    try:
        demand_file(path)
        if path.stat().st_size > MAX_FILE:
            raise Unreadable("too-large", "文件超过 50 MB,不是正常的自评表", SLIM_DOWN)
        data = path.read_bytes()
    except OSError as error:
        raise system_fault(error) from error
    inspect_content(data)
    return data


def inspect_content(data: bytes) -> None:
    """Raise Unreadable unless these bytes are a workbook of a kind we read."""
    if not data:
        raise Unreadable("empty", "文件是空的(0 字节)", "请重新导出或重新下载后报送")
    if data[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        _inspect_ole(data)
    elif data[:2] == b"PK":
        _inspect_zip(data)
    else:
        kind, fix = _kind(data)
        raise Unreadable("not-a-workbook", f"不是 Excel 工作簿(实际是{kind})", fix)


def is_untouched(data: bytes, form: str = "") -> bool:
    """Whether this is a workbook (of this form) that perfxl wrote and nobody has saved since."""
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            core = _properties(archive, "docProps/core.xml")
            custom = _properties(archive, "docProps/custom.xml")
    except ZIP_FAULTS:
        return False
    return (
        f">{WRITTEN}</dcterms:modified>" in core
        and f'name="perfxl_form"><vt:lpwstr>{form}' in custom
    )


def _properties(archive: zipfile.ZipFile, part: str) -> str:
    with archive.open(part) as file:
        return file.read(MAX_PROPERTIES).decode("utf-8", "replace")


def _inspect_ole(data: bytes) -> None:
    if "EncryptedPackage".encode("utf-16-le") in data:
        raise Unreadable("encrypted", "文件已加密", "请取消打开密码后重新报送")
    if OUTLOOK_MARK.encode("utf-16-le") in data:
        raise Unreadable("not-a-workbook", "不是 Excel 工作簿(实际是 Outlook 邮件)", TAKE_OUT)
    if not any(name.encode("utf-16-le") in data for name in ("Workbook", "Book")):
        raise Unreadable(
            "not-a-workbook", "不是 Excel 工作簿(实际是其他 Office 文件)", USE_THE_FORM
        )


def _inspect_zip(data: bytes) -> None:
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            parts = archive.infolist()
    except ZIP_FAULTS as error:
        raise Unreadable("damaged", "文件已损坏或不完整", ASK_AGAIN) from error
    names = {part.filename.lower() for part in parts}
    if not any(
        name.endswith(("workbook.xml", "workbook.bin")) or name == "content.xml" for name in names
    ):
        kind = _zip_kind(names)
        fix = UNPACK if kind == ARCHIVE else USE_THE_FORM
        raise Unreadable("not-a-workbook", f"不是 Excel 工作簿(实际是{kind})", fix)
    inflated = sum(part.file_size for part in parts)
    if len(parts) > MAX_ENTRIES or inflated > MAX_INFLATED:
        raise Unreadable("too-large", "文件内容过多,不是正常的自评表", SLIM_DOWN)


def _zip_kind(names: set[str]) -> str:
    if any(name.startswith("word/") for name in names):
        return "Word 文档"
    if any(name.startswith("ppt/") for name in names):
        return "演示文稿"
    return ARCHIVE


def _kind(data: bytes) -> tuple[str, str]:
    """Say what these bytes are instead of a workbook, and what to do."""
    head = data[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith((b"rar!", b"7z\xbc\xaf\x27\x1c")):
        return ARCHIVE, UNPACK
    if any(line.startswith(MAIL_HEADERS) for line in head.splitlines()[:3]):
        return "邮件,没有 Excel 附件", TAKE_OUT
    if head.startswith(b"%pdf"):
        return " PDF 文件", USE_THE_FORM
    if head.startswith((b"<!doctype html", b"<html")):
        return "网页", USE_THE_FORM
    if head.startswith(b"<?xml"):
        return " XML 文件", USE_THE_FORM
    if head.startswith((b"\x89png", b"\xff\xd8", b"gif8", b"bm")):
        return "图片", USE_THE_FORM
    return "其他类型的文件", USE_THE_FORM
