"""What the commands tell people to do, in the words of the page: buttons instead of commands.

One table for all texts, applied where a page shows one: what is said stays in one place, and says
to each where he is.
"""

from __future__ import annotations

import re

_NEW = "在“换一个任务”里另建一个任务"
_WHERE = "核对位置;还没有任务的,按“在这里新建一个任务”"
_WORDS = tuple(
    (re.compile(command), button)
    for command, button in (
        # a season
        ("先进入任务文件夹,或用 --season 指定;还没有的,用 perfxl new 新建", _WHERE),
        ("核对名称和位置;还没有的,用 perfxl new 新建", _WHERE),
        ("用 perfxl new (?:--form )?另建一个任务", _NEW),
        ("换成 perfxl new 生成的", "换成新建任务时生成的"),
        ("先运行 perfxl template", "先按“生成模板”"),
        ("先运行 perfxl check(?: 回收)?", "先按“审核回收”"),
        ("运行 perfxl check.不带文件名.", "按“审核回收”"),
        ("保存并关闭,再运行一次", "保存并关闭,再按“查看”"),
        # forms, rubrics
        ("先运行 perfxl form .+?,核对它提出的标记", "先放到“表样”里,核对提出的标记"),
        ("再运行一次 perfxl form", "再放进来一次"),
        ("自带的用 perfxl form --list 看;自己的写全文件名", "自带的在“表样”里看"),
        ("请用 perfxl rubric 生成的评分标准表.+编码", "换成 perfxl 写出的评分标准表"),
        # what is given
        ("perfxl (?:check|report):没有说", "没有说"),
        ("写法:perfxl (?:check|report) 文件或文件夹….+?不写", "请先放进文件"),
        (",或去掉 --(?:previous|report)", ""),
        ("去掉 --(?:rubric|year),或改任务设置", "改任务设置"),
        ("去掉 --form;", ""),
        ("去掉 --rubric", "不用另给评分标准"),
        (",-o 请给文件夹", ",请给文件夹"),
        (r"[(\uff08]-o[)\uff09]", ""),
        ("用 -o 换", "换"),
        ("运行 .+? -m pip install .+?(?: 后重试|,或去掉 --parquet)", "请维护人员安装后重试"),
        # once more
        ("(?:再|重新)运行一次", "再来一次"),
        ("后(?:再|重新)运行", "后再来一次"),
    )
)


def on_page(text: str) -> str:
    """Give a text with what to do told as it is done on the page."""
    for command, button in _WORDS:
        text = command.sub(button, text)
    return text
