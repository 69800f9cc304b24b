"""Every fault of an office's form, and every remark on one: what it says, and what to do.

A form with faults issues nothing; a remark is to be known: what is kept but not checked, what of
the look is lost.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Self

from msgspec import Struct

from perfxl.errors import Message
from perfxl.form.addresses import a1

_MEND = "改正公式"
_LOOK = "核对写的是哪一格;要单位填的,在那一格写上标记"
_COMPUTED = "在表里照常计算,perfxl 不核对它的结果"


class Said(Struct, frozen=True):
    """What is said of a form, by its name among the messages of its kind, and what to do."""

    messages: ClassVar[Mapping[str, Message]] = {}
    name: str
    what: str
    fix: str

    @classmethod
    def of(cls, name: str, /, **terms: object) -> Self:
        """Give what has this name, its blanks filled in."""
        text, fix, _ = cls.messages[name]
        return cls(name, text.format(**terms), fix.format(**terms))

    def __str__(self) -> str:
        return "。".join(filter(None, (self.what, self.fix)))


class Wrong(Said, frozen=True):
    """Something to put right before a form can be used."""

    messages: ClassVar[Mapping[str, Message]] = {
        # sheets
        "nothing-to-fill": Message(
            "看不出哪些格要填", "在要填的格里写上标记,如【文字】【金额】,再运行一次"
        ),
        "too-many-tokens": Message(
            "要填的格有 {count:,} 个,不是正常的表样(至多 {most:,} 个)",
            "重复的行改成清单:只留一行,写上【… 行数60】",
        ),
        "sheet-name-taken": Message("工作表“{name}”与 perfxl 自己的同名", "给这张表换一个名字"),
        "sheet-names-alike": Message("与“{other}”只差大小写或空格", "给其中一张换一个名字"),
        "sheet-protected": Message("工作表有保护", "在“审阅”里撤销工作表保护后再给出"),
        # tokens
        "token-empty": Message(
            "【】里没有写填什么", "写上种类,如【文字】【金额】;不是要填的格,去掉【】"
        ),
        "token-misspelt": Message("不认识“{word}”", "是不是【{like}】?"),
        "token-unknown": Message("不认识“{word}”", "种类见手册;不是要填的格,把【】换成别的括号"),
        "token-open": Message("【】不成对", "补上缺的括号,写成【种类】"),
        "token-in-wording": Message("【{word}】夹在文字里", "请把要填的部分单独放一格"),
        "token-covered": Message("标记写在合并格靠里的格里,看不见", "把标记写进左上角的 {first}"),
        "token-hidden": Message("标记在隐藏的地方,单位填不到", "要填的,取消隐藏;不用的,去掉【】"),
        "two-tokens": Message("一格里有两个标记", "一格只填一样,分成两格或留下一个"),
        "parameter": Message(
            "“{word}”后面不写“:{parameter}”", "写成【{word}】;要下拉的用【选择:…】"
        ),
        "choices-missing": Message("没有写可选哪些", "写成【选择:甲/乙/丙】,或在这一格设好下拉"),
        "choices-one": Message("只有一项可选", "各项用 / 隔开,如【{word}:甲/乙/丙】"),
        "choices-twice": Message("可选的项里有相同的", "去掉重复的一项"),
        "choices-comma": Message("可选的项里有半角逗号,下拉会把它拆成两项", "改成顿号或全角逗号"),
        "choices-long": Message(
            "可选的项合起来超过 {most} 个字,下拉放不下", "缩短各项;项太多的改为【文字】"
        ),
        "money-unit": Message("不认识金额单位“{unit}”", "写 {units} 中的一个"),
        "points": Message("满分“{points}”不是大于 0 的数", "写成数,如【{word}:20】"),
        "grades": Message("等级“{grades}”读不懂", "从高到低写,如【等级:{example}】"),
        "rate-alone": Message(
            "【{word}】这一行没有指标值或完成值",
            "同一行写上【指标值】和【完成值】;只是填一个比率的,用【百分比】",
        ),
        "total-twice": Message(
            "又一个【总得分】,{first} 已经是总得分", "只留全部得分的合计;小计改成【数字】"
        ),
        # lists
        "rows-odd": Message("行数 {rows} 不对", "行数写 1 到 {most} 的整数,如【{word} 行数60】"),
        "rows-in-wording": Message("夹在文字里的【{word}】写了行数", "去掉行数"),
        "rows-twice": Message("同一行写了两个行数:{one} 和 {other}", "只在一格里写行数"),
        "list-in-list": Message("清单里又有清单", "一行样行只成一张清单:取消上下合并,每行各填各的"),
        "list-merged": Message("清单的样行里有上下合并的格", "样行只占一行:取消上下合并"),
        # formulas, how they are written
        "formula-empty": Message("公式是空的", _MEND),
        "formula-quotes": Message("引号不成对", _MEND),
        "formula-signs": Message("括号不成对,或有读不懂的符号", _MEND),
        "formula-closed": Message("多了一个右括号", _MEND),
        "formula-unclosed": Message("少 {count} 个右括号", _MEND),
        "formula-operand": Message("“{sign}”后面少一个数或格子", _MEND),
        "formula-operator": Message("“{sign}”前面少一个运算符或逗号", _MEND),
        "formula-semicolon": Message("分号应为逗号", _MEND),
        "formula-comma": Message("“{text}”里的顿号、句号应为逗号、小数点", _MEND),
        "formula-r1c1": Message("“{text}”是 R1C1 写法,要改成 A1 写法", _MEND),
        "formula-spread": Message("一个公式占了几格({area})", "每格写各自的公式"),
        "function-misspelt": Message("没有函数 {name},是不是 {like}?", _MEND),
        "function-unknown": Message("没有函数 {name},请核对名称", _MEND),
        "function-count": Message("{name} 的参数个数不对(现有 {count} 个)", _MEND),
        "function-ranges": Message("{name} 要求和、要比较的都要写成区域", _MEND),
        "function-shapes": Message("{name} 里几个区域的行数、列数不一样", _MEND),
        # what they refer to
        "other-workbook": Message("引用了别的工作簿({text})", "把要用的数放进本工作簿,改正公式"),
        "sheet-unknown": Message(
            "引用的工作表“{sheet}”不存在", "核对表名;名里有空格或符号的写成 '表名'!A1"
        ),
        "sheet-of-tool": Message(
            "引用了“{sheet}”,这一张不随表样下发", "把要用的数放进表样自己的表里,改正公式"
        ),
        "sheet-unsaid": Message("{cell} 没有写是哪张表的", "写上表名,如 {sheet}!{cell}"),
        "cell-gone": Message("公式里有 #REF!:引用的格子已经删掉,请重新选", _MEND),
        "cell-blank": Message("{cell} 是空格,表里没有这一格", _LOOK),
        "cell-silent": Message("{cell} 那里没有要填的格,也没有数", "核对写的是不是这一格"),
        "cell-merged": Message("{cell} 在合并格里,不是左上角的一格", "写成 {first}"),
        "cell-of-list": Message(
            "单引了清单样行里的 {cell},不知是哪一行", "要整列的写成区域 {pattern}:{pattern}"
        ),
        "cell-beside-list": Message(
            "{cell} 一带只有清单的空行,没有样行", "要整列的写成区域 {pattern}:{pattern}"
        ),
        "cell-off-list": Message("样行里的公式引用了清单外的 {cell}", "行号前加 $,如 {held}"),
        "range-blank": Message("区域 {text} 里没有表里的格子", _LOOK),
        "range-large": Message("区域 {text} 太大", _MEND),
        "circle": Message("公式绕了一圈又用到自己({through})", "改正其中一个公式,不要互相引用"),
        # 勾稽关系 and 表样说明
        "check-headings": Message("没有表头", "第一行写 {headings},其中 {needed} 不能少"),
        "check-heading": Message("表头里少了“{name}”", "补上“{name}”一列"),
        "check-lacks": Message("没有写“{name}”", "补上,或删去整行"),
        "check-id-twice": Message("编号 {id} 用了两次", "换一个没有用过的编号"),
        "check-id-taken": Message("编号 {id} 是 perfxl 自己的规则的", "换一个,如 G01"),
        "check-id-odd": Message(
            "编号“{id}”太长,或有空格、符号",
            "写成 G01 或 1.1 这样:字母、数字、汉字,不超过 12 个",
        ),
        "check-level-misspelt": Message("没有“{level}”这一级", "是不是“{like}”?"),
        "check-level": Message("没有“{level}”这一级", "写 {levels} 中的一个"),
        "check-relation": Message("不认识“{relation}”", "写 {relations} 中的一个"),
        "check-tolerance": Message("容差“{tolerance}”不是 0 或更大的数", "写成数,如 0.01"),
        "check-no-cells": Message("两边都没有用到表里的格子", "写上要核对的格,如 D7"),
        "check-text": Message(
            "{side} 是文字,不能与数比,也不能比大小",
            "数不加引号;要填数的格写【数字】【金额】;文字之间只用 = ≠",
        ),
        "check-one-range": Message(
            "一边是区域 {range},另一边 {other} 不是",
            "两边写成同样大小的区域,或用 SUM 合成一个数",
        ),
        "check-shapes": Message("两个区域大小不同:{sizes}", "改成行数、列数相同的区域"),
        "check-gaps": Message(
            "{one} 和 {other} 里有一边是空格,对不上", "给空格写上标记,或把区域分成几条"
        ),
        "notes-year": Message(
            "年度“{year}”不是四位的年份", "写成 2023 这样,或空着(制作模板时再定)"
        ),
    }


class Remark(Said, frozen=True):
    """Something to be known of a form: the remedy is what becomes of it, "" where that is said."""

    messages: ClassVar[Mapping[str, Message]] = {
        # what is not checked
        "score-alone": Message("得分没有满分", "不核对上限;要核对的写成【得分:20】"),
        "beyond-function": Message("不能核对:函数 {name}", _COMPUTED),
        "beyond-name": Message("不能核对:名称“{text}”", _COMPUTED),
        "beyond-reference": Message("不能核对:表格、整行或几张工作表的引用“{text}”", _COMPUTED),
        "beyond-column": Message("不能核对:整列引用 {text}", _COMPUTED),
        "beyond-union": Message("不能核对:几个区域连成的引用", _COMPUTED),
        "beyond-common": Message("不能核对:两个区域的交集", _COMPUTED),
        "beyond-colon": Message("不能核对:用冒号拼出的区域", _COMPUTED),
        "beyond-constants": Message("不能核对:花括号里的一列数", _COMPUTED),
        "beyond-array": Message("不能核对:用整个区域作运算(数组公式)", _COMPUTED),
        "beyond-long": Message("不能核对:公式太长(运算超过 {most} 次)", _COMPUTED),
        "check-beyond": Message("不能核对:用到了不能核对的公式", "这一条不审核"),
        # what of the look is lost
        "lost-drawings": Message("图片、图形、文本框和图表不保留", ""),
        "lost-header-pictures": Message("页眉页脚里的图片不保留", ""),
        "lost-background": Message("工作表背景不保留", ""),
        "lost-objects": Message("嵌入的对象不保留", ""),
        "lost-controls": Message("控件不保留", ""),
        "lost-tables": Message("“表格”(套用表格格式)只保留单元格本身", ""),
        "lost-sparklines": Message("迷你图不保留", ""),
        "lost-new-conditions": Message("新式的条件格式(数据条、图标等)不保留", ""),
        "lost-icons": Message("条件格式的图标不保留", ""),
        "lost-header": Message("页眉页脚超过 {most} 个字符,不保留", ""),
        "lost-other-headers": Message("首页、偶数页另设的页眉页脚不保留,各页相同", ""),
        "lost-gradient": Message("渐变填充不保留,改为其中第一种颜色", ""),
        "lost-comment": Message("批注超过 {most} 个字符,作为填写提示时只保留前面的部分", ""),
    }


class FormFault(Struct, frozen=True):
    """A fault of a form or a remark on it, in its place; `spot` None: about a whole sheet."""

    sheet: str
    spot: tuple[int, int] | None
    said: Said

    @property
    def place(self) -> str:
        """The sheet and cell as people name them."""
        return self.sheet if self.spot is None else f"{self.sheet} {a1(*self.spot)}"

    def __str__(self) -> str:
        return f"{self.place}:{self.said}"
