"""How much of anything a file may hold, each number with its reason: the one table of limits.

No honest file comes near: a filled form has less than 0.3 MB, 20 sheets, 3 MB of XML and 30,000
cells. `seen` is the most that was seen in 2,743 public workbooks of all kinds, where it was
measured. What passes all of them is read within 10 seconds and 600 MB.
"""

from __future__ import annotations

from msgspec import Struct

from perfxl.errors import Unreadable

KB, MB = 1024, 1024 * 1024
UNITS = {"字节": 1, "KB": KB, "MB": MB}


class Limit(Struct, frozen=True):
    """At most so many of something, why, and the most seen in honest files ("" where unknown)."""

    most: int
    what: str
    why: str
    seen: str = ""
    unit: str = ""

    @property
    def shown(self) -> str:
        """The number as people read it."""
        return f"{self.most // UNITS.get(self.unit, 1):,} {self.unit}".strip()

    def demand(self, amount: int) -> None:
        """Raise Unreadable where there is more."""
        if amount > self.most:
            raise Unreadable.of("too-large", what=f"{self.what}超过 {self.shown}")


FILE = Limit(50 * MB, "文件", "一次读入内存;带照片的工作簿也很少超过 20 MB", unit="MB")
ENTRIES = Limit(2_000, "文件内部的部件数", "每个部件都要看一眼它是什么", "340")
PACKAGE = Limit(256 * MB, "文件解压后的大小", "按文件自己写明的大小算,图片在内", unit="MB")
PARTS = Limit(96 * MB, "文件解压后的内容", "全部要读的 XML,压缩炸弹到此为止", "60 MB", "MB")
PART = Limit(64 * MB, "一张表解压后的内容", "一个部件要整个放进内存", "57 MB", "MB")
BINARY = Limit(
    16 * MB, "二进制部件解压后的内容", "写成 XML 要多占几倍,逐条记录都要看", "5.5 MB", "MB"
)
SMALL_PART = Limit(24 * MB, "样式或目录解压后的内容", "样式再多也到不了", unit="MB")
HEAD = Limit(64 * KB, "部件的开头", "只看开头的部件,根元素在此之内", unit="KB")
SHEETS = Limit(255, "工作表数", "每张表都要读")
STRINGS = Limit(1_000_000, "不同的文字", "读取引擎每条占内存")
ELEMENTS = Limit(1_500_000, "一张表的内容", "逐个扫描,每个占时间")
DEPTH = Limit(256, "文件内部的层数", "正常的文件不到 20 层")
CELLS = Limit(1_000_000, "格子数", "每格占内存", "357,526")
BOX = Limit(
    1_000_000,
    "表格范围(从 A1 到最后一格)",
    "读取引擎按整个范围申请内存:相距很远的两格就能要几百 GB",
    "379,130",
)
FACTS = Limit(200_000, "样式、名称等的条数", "逐条记下")
LETTERS = Limit(500_000, "报告的字数", "逐句对照;自评报告一般只有两三万字")
GRID_CELLS = Limit(200_000, "报告里表格的格子数", "合并的格子每格都算,占内存")
GRID_COLUMNS = Limit(63, "报告里合并的列数", "Word 的表格至多这么多列,再多的按此计")

ALL = tuple(one for one in list(globals().values()) if isinstance(one, Limit))
