"""All that can be raised for people to read: what it is, and every message with its remedy.

PerfxlError          something the user can mend
├── Unreadable       some input cannot be read
├── Unanswered       the check of an input ended without an answer
├── UsageError       the command cannot be carried out as given
└── WriteError       a result or template cannot be written
    └── Busy         its place is held open by another program
Faulty               a file of the office's has faults, told all at once
├── RubricError      its rubric
├── FormError        its form
└── SettingsError    its settings
"""

from __future__ import annotations

import errno
from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple, Self

ASK_AGAIN = "请用 Excel 或 WPS 打开原文件,另存为“Excel 工作簿(*.xlsx)”后重新报送"
SLIM_DOWN = "删去图片、多余的工作表和空行空列,保存后重新报送"
SAVE_AS_WORKBOOK = "请用 Excel 或 WPS 打开,另存为“Excel 工作簿(*.xlsx)”后再给出"
GIVE_A_DOCUMENT = "请给出 Word 格式(.docx)的自评报告"
SAVE_AS_DOCUMENT = "请用 Word 或 WPS 打开,另存为“Word 文档(*.docx)”后再给出"
USE_THE_FORM = "请用下发的 Excel 模板填报,不要报送扫描件、图片或 Word 文档"
UNPACK = "解压后只留自评表再审核"
UNPACK_MAIL = "把附件另存到文件夹里再审核"
GIVE_A_RUBRIC = "请用 perfxl rubric 生成的评分标准表(.xlsx);会用 .toml 的,存为 UTF-8 编码"
ALLOW_WRITING = "检查文件夹权限和磁盘空间后重试"


class Message(NamedTuple):
    """What is said and what to do, with blanks to fill in; `code` where data call it otherwise."""

    text: str
    fix: str
    code: str = ""


class PerfxlError(Exception):
    """Something the user can mend: `message` says what, `fix` what to do, `code` is for data."""

    messages: ClassVar[Mapping[str, Message]] = {}

    def __init__(self, code: str, message: str, fix: str) -> None:
        """Keep code, message and remedy; `of` takes them from the messages of the kind."""
        super().__init__(message)
        self.code, self.message, self.fix = code, message, fix

    @classmethod
    def of(cls, name: str, /, **terms: object) -> Self:
        """Give the error of this name, the blanks of its message and remedy filled in."""
        text, fix, code = cls.messages[name]
        return cls(code or name, text.format(**terms), fix.format(**terms))

    @property
    def said(self) -> tuple[str, str, str]:
        """Code, message and remedy, from which it can be made again."""
        return self.code, self.message, self.fix

    def __reduce__(self) -> tuple[Any, ...]:  # it may come from another process
        return type(self), self.said


class Unreadable(PerfxlError):  # noqa: N818 - the verdict, not only the error
    """An input that cannot be read."""

    messages: ClassVar[Mapping[str, Message]] = {
        # the file itself
        "not-found": Message("文件不存在", "核对文件名和所在文件夹"),
        "link-to-nowhere": Message("链接指向的文件不存在", "找回原来的文件放进来,或删掉这个链接"),
        "no-workbooks": Message("文件夹里没有 Excel 文件", "核对文件夹,或直接指定文件"),
        "only-results": Message("文件夹里只有审核结果,没有报来的表", "放进报来的表,或直接指定文件"),
        "not-a-file": Message("不是文件", "请指定 Excel 文件"),
        "no-permission": Message(
            "没有权限读取{what}", "先关闭打开它的 Excel 或 WPS 再试;仍不行,请管理员检查权限"
        ),
        "cannot-read": Message("读取失败({why})", "检查磁盘或网络盘后重试"),
        "changed": Message("文件在读取时有变化", "等文件保存、下载或同步完成后,重新审核"),
        "empty": Message("文件是空的(0 字节)", "请重新导出或重新下载后报送"),
        # its kind
        "encrypted": Message("文件已加密", "请取消打开密码后重新报送"),
        "encrypted-by-guard": Message(
            "文件已被单位的加密软件加密", "请在单位的加密软件里解密(或申请外发)后重新报送"
        ),
        "old-format": Message("是很旧的 Excel 格式,读不了", ASK_AGAIN),
        "not-a-workbook": Message("不是 Excel 工作簿(实际是{kind})", "{what_to_do}"),
        "no-sheets": Message("文件里没有工作表", ASK_AGAIN),
        # what is in it
        "too-large": Message("{what},不是正常的自评表", SLIM_DOWN),
        "damaged": Message("文件已损坏或不完整", ASK_AGAIN),
        "ambiguous": Message("文件内部有错乱({what}),不能确定内容是什么", ASK_AGAIN),
        "doctype": Message("文件里有不该有的外部定义(DOCTYPE),没有读取", ASK_AGAIN),
        # a report to be held against a return
        "not-a-report": Message("不是 .docx 格式的 Word 文档(实际是{kind})", "{what_to_do}"),
        "report-damaged": Message("{what}", SAVE_AS_DOCUMENT),
        "report-too-large": Message("{what},不是正常的自评报告", "删去图片和附件,另存后再给出"),
        # a list, a year, a form
        "list-too-long": Message(
            "“{list}”有 {count} 行,不是正常的{form}", "删去不属于本表的行后重新报送", "too-large"
        ),
        "form-not-recognised": Message("不是自评表({found})", "请给出用下发的模板填报的自评表"),
        "no-year": Message("看不出是哪一年的表", "在“年度”一格填上年度后再试"),
        "year-not-expected": Message(
            "这是 {year} 年度的表,“年度”却填了 {typed},不能确定是哪一年的数",
            "核对是哪一年的数,改正年度或换成正确的表",
        ),
        "not-a-rubric": Message("不是 UTF-8 编码的文本", GIVE_A_RUBRIC),
        # an office's own form
        "form-folder": Message("是文件夹,不是表样", "请给出其中的文件(.xlsx)", "not-a-file"),
        "form-empty": Message("文件是空的(0 字节)", "请重新下载,或从备份里找回", "empty"),
        "form-not-xlsx": Message("不是 .xlsx 格式的工作簿", SAVE_AS_WORKBOOK, "not-xlsx"),
        "form-encrypted": Message("文件已加密", "请取消打开密码(或解密)后再给出", "encrypted"),
        "form-damaged": Message("{what}", SAVE_AS_WORKBOOK, "damaged"),
        "form-too-large": Message(
            "{what},不是正常的表样", "删去图片、多余的工作表和空行空列后再给出", "too-large"
        ),
        # archives and mails
        "archive-damaged": Message(
            "压缩包已损坏或不完整", "请重新下载,或请单位重新报送", "damaged"
        ),
        "archive-long": Message("压缩包里的文件太多,不是正常的报送", UNPACK, "too-large"),
        "member-missing": Message("压缩包里没有这个文件", "核对压缩包后重试", "not-found"),
        "member-locked": Message("压缩包有密码", "请解压后再审核,或请单位取消密码", "encrypted"),
        "member-too-large": Message(
            "文件超过 50 MB,不是正常的自评表", "请单位核对后重新报送", "too-large"
        ),
        "member-damaged": Message("压缩包里的这个文件已损坏", "请单位重新报送", "damaged"),
        "mail-too-large": Message("邮件超过 50 MB", UNPACK_MAIL, "too-large"),
        "mail-long": Message("邮件的信头太长,不是正常的邮件", UNPACK_MAIL, "too-large"),
        "mail-in-pieces": Message("邮件的分段太多,不是正常的邮件", UNPACK_MAIL, "too-large"),
        "mail-damaged": Message("邮件内容已损坏", "请重新下载,或请单位重新报送", "damaged"),
        "attachment-missing": Message("邮件里没有这个附件", "核对邮件后重试", "not-found"),
        "too-many-members": Message("压缩包或邮件里的文件超过 {most} 个", UNPACK, "too-large"),
        "unpacks-too-large": Message("压缩包里的文件展开后超过 1 GB", UNPACK, "too-large"),
        "unpacks-too-slowly": Message("压缩包或邮件太复杂,查看超时", UNPACK, "too-slow"),
        "too-deep": Message("压缩包套了太多层", "请解压后再放进来"),
    }


class Unanswered(PerfxlError):  # noqa: N818 - what became of it, not only the error
    """A check that ended without an answer."""

    messages: ClassVar[Mapping[str, Message]] = {
        "worker-died": Message(
            "审核时程序意外终止,文件可能已损坏", "请单位用 Excel 或 WPS 另存后重新报送"
        ),
        "too-slow": Message("审核超时,不是正常的自评表", "请单位用下发的模板重新填报"),
        "too-large": Message("审核这份文件需要的内存过多,不是正常的自评表", SLIM_DOWN),
        "fault": Message(
            "perfxl 自身出错,不是这份表有问题", "请把 perfxl-错误日志.txt 发给维护人员"
        ),
    }


class UsageError(PerfxlError):
    """The command cannot be carried out as given."""

    messages: ClassVar[Mapping[str, Message]] = {
        # what is asked for
        "nothing-to-check": Message(
            "perfxl check:没有说审核哪个文件",
            "写法:perfxl check 文件或文件夹…;在任务文件夹里可以不写",
            "nothing",
        ),
        "nothing-to-draft": Message(
            "perfxl report:没有说按哪个文件起草",
            "写法:perfxl report 文件或文件夹…;在任务文件夹里可以不写",
            "nothing",
        ),
        "previous-alone": Message(
            "与上次比较时一次只能审核一个文件", "只给一个文件,或去掉 --previous", "previous"
        ),
        "previous-unreadable": Message("上次的文件 {name} 读不了:{why}", "{fix}", "previous"),
        "previous-of-another": Message(
            "上次的文件是“{before}”的,这次是“{now}”的",
            "给出同一单位上次报送的表或审核结果",
            "previous",
        ),
        "report-alone": Message(
            "与报告对照时一次只能审核一个文件", "只给一个文件,或去掉 --report", "report"
        ),
        "report-unreadable": Message("报告 {name} 读不了:{why}", "{fix}", "report"),
        "two-rubrics": Message(
            "任务文件夹里按“任务设置.xlsx”的评分标准制表和审核",
            "去掉 --rubric,或改任务设置",
            "rubric",
        ),
        "two-forms": Message(
            "任务文件夹里按其中的“表样.xlsx”(没有的,按附件3)制表和审核",
            "去掉 --form;要换表样的,用 perfxl new --form 另建一个任务",
            "form",
        ),
        "two-years": Message(
            "任务文件夹里按“任务设置.xlsx”的年度制表和审核", "去掉 --year,或改任务设置", "year"
        ),
        "rubric-no-file": Message("评分标准文件读不了:{path}(不是文件)", GIVE_A_RUBRIC, "rubric"),
        "rubric-not-there": Message(
            "评分标准文件读不了:{path}({why})", "核对文件名和所在文件夹", "rubric"
        ),
        "rubric-unreadable": Message("{name}:{why}", GIVE_A_RUBRIC, "rubric"),
        "rubric-faulty": Message(
            "{name}:评分标准有 {count} 处问题{listed}", "改正后重试", "rubric"
        ),
        # an office's own form
        "form-unknown": Message(
            "没有叫“{name}”的表样", "自带的用 perfxl form --list 看;自己的写全文件名", "form"
        ),
        "form-unreadable": Message("{path}:{why}", "{fix}", "form"),
        "form-without-tokens": Message(
            "{path} 里没有【标记】,还不是表样", "先运行 perfxl form {path},核对它提出的标记", "form"
        ),
        "form-faulty": Message(
            "{path}:表样有 {count} 处要改正{listed}", "改正后再运行一次", "form"
        ),
        "form-missing": Message(
            "任务设置是按自己的表样做的,任务文件夹里却没有“表样.xlsx”",
            "从备份里恢复;没有备份的,用 perfxl new --form 另建一个任务",
            "form",
        ),
        "form-unexpected": Message(
            "任务设置不是按自己的表样做的,任务文件夹里却有“表样.xlsx”",
            "移走它;要用它的,用 perfxl new --form 另建一个任务",
            "form",
        ),
        "rubric-of-form": Message("自己的表样里写着分值,不用评分标准", "去掉 --rubric", "rubric"),
        # a season's folder
        "no-season": Message(
            "这里不是任务文件夹(没有“任务设置.xlsx”)",
            "先进入任务文件夹,或用 --season 指定;还没有的,用 perfxl new 新建",
        ),
        "season-not-there": Message(
            "没有这个文件夹:{path}", "核对名称和位置;还没有的,用 perfxl new 新建", "no-season"
        ),
        "season-gone": Message(
            "任务文件夹不在了:{path}", "把它移回来;移到了别处的,按“换一个任务”打开", "no-season"
        ),
        "no-place": Message("没有写任务文件夹的位置", "请先写上位置", "no-season"),
        "place-not-whole": Message(
            "不知道“{place}”在哪里", "请写完整的位置,如 D:\\2022年度自评", "no-season"
        ),
        "seasons": Message("里面有任务文件夹:{named}", "进入其中一个,或写明是哪一个"),
        "season-exists": Message(
            "{folder} 里已经有 {settings}", "直接打开 {settings} 修改;要另建任务的,换一个文件夹名"
        ),
        "no-settings": Message(
            "这里像是任务文件夹,但没有“{settings}”", "如果改过名字,改回来;如果删掉了,从备份里恢复"
        ),
        "settings-unreadable": Message(
            "{path} 读不了:{why}",
            "用 Excel 打开它,另存为“Excel 工作簿(*.xlsx)”;仍不行,用 perfxl new 另建一个任务",
            "settings",
        ),
        "settings-faulty": Message(
            "{name} 有 {count} 处问题要先改正{listed}",
            "\n请在 Excel 里改正 {path},保存并关闭,再运行一次",
            "settings",
        ),
        "busy": Message("另一个 perfxl 正在处理这个任务文件夹", "等它结束后再运行"),
        "no-returns": Message(
            "“回收”文件夹不见了",
            "把它放回任务文件夹(名字要是“回收”),或新建一个空的;原来的审核记录没有动",
        ),
        "not-checked": Message("“回收”里有 {count} 份还没有审核", "先运行 perfxl check"),
        "output-no-folder": Message(
            "{folder} 不是文件夹", "任务里的模板各有名字,-o 请给文件夹", "output"
        ),
        "unit": Message("单位名单里{why}", "核对代码和名称,或改任务设置里的单位名单"),
        "template-unreadable": Message(
            "不能读取 {path}({why})", "关闭正在打开它的程序,再运行一次", "template"
        ),
        "no-report": Message(
            "“{form}”没有配套的报告格式,不能起草",
            "自评表可以照常审核、汇总;报告请按当年通知的格式另写",
        ),
        # what is not installed
        "no-file-manager": Message(
            "没有找到能加右键菜单的文件管理器(能加的有:{known})",
            "可以把表拖到命令窗口里,前面写 perfxl 和空格",
        ),
        "no-python-docx": Message(
            "没有安装 python-docx,写不了 Word 报告",
            "运行 {python} -m pip install python-docx 后重试",
        ),
        "no-browser": Message(
            "没有能打开网页的浏览器",
            "在命令窗口里运行 perfxl desk --no-browser,把它显示的地址复制到浏览器里",
        ),
        "no-desk": Message(
            "没有安装网页要用的几个库",
            '运行 {python} -m pip install "perfxl[desk]" 后重试',
        ),
        "no-pyarrow": Message(
            "没有安装 pyarrow,写不了 Parquet",
            "运行 {python} -m pip install pyarrow,或去掉 --parquet",
        ),
    }


class WriteError(PerfxlError):
    """A result or template cannot be written."""

    messages: ClassVar[Mapping[str, Message]] = {
        "exists": Message("文件已存在:{path}", "换一个文件名,或先移走原文件"),
        "foreign": Message("已有别的文件:{path}", "换一个文件夹(-o),或先移走它", "exists"),
        "path-too-long": Message(
            "不能写入 {path}(路径有 {length} 个字,系统至多 {most} 个)",
            "用 -o 换一个路径短的文件夹",
            "not-writable",
        ),
        "not-allowed": Message(
            "不能写入 {path}", "关闭正在打开它的程序,或换一个有写权限的文件夹(-o)", "not-writable"
        ),
        "not-writable": Message("不能写入 {path}({why})", "检查磁盘空间,或用 -o 换一个文件夹"),
        "season-not-writable": Message("不能写入 {path}({why})", ALLOW_WRITING, "not-writable"),
        "store-not-writable": Message("不能写入 {path}", ALLOW_WRITING, "not-writable"),
        "records-locked": Message(
            "审核记录写不进 {path}(正被别的程序占用)", "关闭占用它的程序后重新运行", "not-writable"
        ),
        "records-not-written": Message(
            "审核记录写不进 {path}", "检查磁盘空间后重新运行", "not-writable"
        ),
        "folder-not-allowed": Message(
            "不能新建文件夹 {path}", "换一个有写权限的位置", "not-writable"
        ),
        "folder-not-made": Message(
            "不能新建文件夹 {path}({why})", "换一个文件夹名或位置", "not-writable"
        ),
        "not-removed": Message("不能移走 {path}", "关闭正在打开它的程序后重试", "not-writable"),
    }


class Busy(WriteError):  # noqa: N818 - the state of the file, not only an error
    """A file cannot be replaced because another program holds it open."""

    messages: ClassVar[Mapping[str, Message]] = {
        "not-replaced": Message("不能替换 {path}", "关闭正在打开它的程序后重试", "not-writable"),
    }


class Faulty(Exception):  # noqa: N818 - the state of the file, not only an error
    """A file of the office's that cannot be used; `faults` say where and why, in Chinese."""

    def __init__(self, *faults: str) -> None:
        """Keep the faults, all of them."""
        super().__init__("\n".join(faults))
        self.faults = faults

    @property
    def listed(self) -> str:
        """The faults behind a colon: one on the same line, several each on its own."""
        return f":{self.faults[0]}" if len(self.faults) == 1 else "\n  ".join(("", *self.faults))


class RubricError(Faulty):
    """A rubric that cannot be used."""


class FormError(Faulty):
    """A form of an office's own that cannot be used; without tokens it has no fault to name."""


class SettingsError(Faulty):
    """Settings that cannot be used; the faults name sheet and cell."""


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
