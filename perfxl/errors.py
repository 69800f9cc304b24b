"""What is said of a file that cannot be read: one catalogue, each entry with its next step.

PerfxlError      something the user can mend
├── Unreadable   some input cannot be read as a workbook
├── UsageError   the command cannot be carried out as given
└── WriteError   a result or template cannot be written
    └── Busy     its place is held open by another program
"""

from __future__ import annotations

import errno
from collections.abc import Mapping
from typing import Any, NamedTuple


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


class WriteError(PerfxlError):
    """A result or template cannot be written."""


class Busy(WriteError):  # noqa: N818 - the state of the file, not only an error
    """A file cannot be replaced because another program holds it open."""


class UsageError(PerfxlError):
    """The command cannot be carried out as given."""


class Refusal(NamedTuple):
    """One way to say no: the message, with blanks to fill in, and what to do."""

    message: str
    fix: str


ASK_AGAIN = "请用 Excel 或 WPS 打开原文件,另存为“Excel 工作簿(*.xlsx)”后重新报送"
SLIM_DOWN = "删去图片、多余的工作表和空行空列,保存后重新报送"
GIVE_A_DOCUMENT = "请给出 Word 格式(.docx)的自评报告"
SAVE_AS_DOCUMENT = "请用 Word 或 WPS 打开,另存为“Word 文档(*.docx)”后再给出"
USE_THE_FORM = "请用下发的 Excel 模板填报,不要报送扫描件、图片或 Word 文档"

NO_WORKBOOKS = "no-workbooks"

REFUSALS: Mapping[str, Refusal] = {
    # the file itself
    "not-found": Refusal("文件不存在", "核对文件名和所在文件夹"),
    "link-to-nowhere": Refusal("链接指向的文件不存在", "找回原来的文件放进来,或删掉这个链接"),
    NO_WORKBOOKS: Refusal("文件夹里没有 Excel 文件", "核对文件夹,或直接指定文件"),
    "only-results": Refusal("文件夹里只有审核结果,没有报来的表", "放进报来的表,或直接指定文件"),
    "not-a-file": Refusal("不是文件", "请指定 Excel 文件"),
    "no-permission": Refusal(
        "没有权限读取{what}", "先关闭打开它的 Excel 或 WPS 再试;仍不行,请管理员检查权限"
    ),
    "cannot-read": Refusal("读取失败({why})", "检查磁盘或网络盘后重试"),
    "changed": Refusal("文件在读取时有变化", "等文件保存、下载或同步完成后,重新审核"),
    "empty": Refusal("文件是空的(0 字节)", "请重新导出或重新下载后报送"),
    # its kind
    "encrypted": Refusal("文件已加密", "请取消打开密码后重新报送"),
    "encrypted-by-guard": Refusal(
        "文件已被单位的加密软件加密", "请在单位的加密软件里解密(或申请外发)后重新报送"
    ),
    "old-format": Refusal("是很旧的 Excel 格式,读不了", ASK_AGAIN),
    "not-a-workbook": Refusal("不是 Excel 工作簿(实际是{kind})", "{what_to_do}"),
    "no-sheets": Refusal("文件里没有工作表", ASK_AGAIN),
    # what is in it
    "too-large": Refusal("{what},不是正常的自评表", SLIM_DOWN),
    "damaged": Refusal("文件已损坏或不完整", ASK_AGAIN),
    "ambiguous": Refusal("文件内部有错乱({what}),不能确定内容是什么", ASK_AGAIN),
    "doctype": Refusal("文件里有不该有的外部定义(DOCTYPE),没有读取", ASK_AGAIN),
    # a report to be held against a return
    "not-a-report": Refusal("不是 .docx 格式的 Word 文档(实际是{kind})", "{what_to_do}"),
    "report-damaged": Refusal("{what}", SAVE_AS_DOCUMENT),
    "report-too-large": Refusal("{what},不是正常的自评报告", "删去图片和附件,另存后再给出"),
}


def refused(code: str, **terms: str) -> Unreadable:
    """Give the refusal of this code, its blanks filled in."""
    message, fix = REFUSALS[code]
    return Unreadable(code, message.format(**terms), fix.format(**terms))


SYSTEM_WORDS = {
    errno.ENOSPC: "磁盘已满",
    errno.EROFS: "磁盘是只读的",
    errno.ENOENT: "文件或文件夹不存在",
    errno.ENOTDIR: "路径中有同名的文件,不是文件夹",
    errno.EEXIST: "已有同名的文件,不能建文件夹",
    errno.ENAMETOOLONG: "路径或文件名太长",
    errno.EIO: "磁盘或网络盘出错",
    errno.ESTALE: "网络盘已断开",
    errno.ENOTCONN: "网络盘已断开",
    errno.ETIMEDOUT: "网络盘没有回应",
    errno.ELOOP: "链接指向自己",
    errno.EFBIG: "文件太大",
    errno.EDQUOT: "磁盘配额已用完",
    errno.EMFILE: "同时打开的文件太多",
}


def system_words(error: OSError) -> str:
    """Say in Chinese what the system reports."""
    return SYSTEM_WORDS.get(error.errno or 0, f"系统错误 {error.errno}")
