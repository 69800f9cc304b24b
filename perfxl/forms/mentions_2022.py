"""What the text of the report that goes with the form of 2022 tells figures of, and in which words.

Wordings follow published reports. `forms.department_2022` lists these relations with its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product

from perfxl.expr.tree import Key
from perfxl.form.relations import Counted, Mention, OwnText
from perfxl.rubric import scoring

# how the text of a report calls the columns of the money tables and their lines
COLUMNS = {
    "initial": ("年初预算数", "年初预算", "年初部门预算", "预算数", "预算"),
    "annual": (
        "全年预算数",
        "全年预算",
        "调整后预算数",
        "调整后预算",
        "调整预算数",
        "调整预算",
        "年度预算数",
        "年度预算",
        "预算数",
        "预算",
    ),
    "final": ("决算数", "决算", "执行数", "实际支出", "实际收入"),
}
RATE = ("支出率", "执行率", "预算执行率", "预算完成率")
WHOLE_INCOME = ("总收入", "收入总额", "收入决算总额", "预算总收入")
WHOLE_COST = (
    "总支出",
    "支出总额",
    "支出决算总额",
    "预算总支出",
    "部门整体支出",
    "部门整体预算支出",
    "整体支出",
    "部门决算支出",
)
LINES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "income": {
        "general": ("一般公共预算财政拨款收入", "一般公共预算拨款收入"),
        "fund": (
            "政府性基金预算财政拨款收入",
            "政府性基金预算拨款收入",
            "政府性基金财政拨款收入",
            "政府性基金收入",
        ),
        "capital": ("国有资本经营预算财政拨款收入", "国有资本经营预算拨款收入"),
        "superior": ("上级补助收入",),
        "service": ("事业收入",),
        "business": ("经营收入",),
        "subsidiary": ("附属单位上缴收入",),
        "other": ("其他收入",),
        "this_year": ("本年收入合计", "本年收入", "收入合计"),
        "surplus_used": ("使用非财政拨款结余",),
        "brought_forward": ("年初结转和结余", "年初结转结余"),
        "total": ("收入总计", *WHOLE_INCOME),
    },
    "cost": {
        "basic": ("基本支出",),
        "project": ("项目支出",),
        "superior": ("上缴上级支出",),
        "business": ("经营支出",),
        "subsidiary": ("对附属单位补助支出",),
        "this_year": ("本年支出合计", "本年支出", "支出合计"),
        "distributed": ("结余分配",),
        "carried_forward": ("年末结转和结余", "年末结转结余"),
        "total": ("支出总计", *WHOLE_COST),
    },
}
# names that enterprises and villages have in their books, too
COMMON_NAMES = frozenset(
    {
        "事业收入",
        "经营收入",
        "其他收入",
        "本年收入",
        "收入合计",
        "总收入",
        "收入总额",
        "经营支出",
        "本年支出",
        "总支出",
        "支出总额",
    }
)
# names of a total that may be with or without what was brought forward
LOOSE_NAMES = frozenset({"收入合计", "支出合计", *WHOLE_INCOME, *WHOLE_COST})
# the row of the funds block that gives the rate of a line
FUNDS_ROWS = {
    ("income", "total"): "income",
    ("cost", "basic"): "basic",
    ("cost", "project"): "project",
    ("cost", "this_year"): "spent",
    ("cost", "total"): "cost",
}
DONE_WORDS = (
    (("已完成", "完成"), (scoring.DONE,)),
    (("未完成",), (scoring.UNDONE, scoring.PARTLY)),
    (("部分完成",), (scoring.PARTLY,)),
)


# where the unit tells in its own words how the year went
OWN_TEXTS = (
    OwnText(block="unit", column="value", rows=("result", "shortfall")),
    OwnText(block="texts", column="value", rows=("achievements", "problems", "summary")),
    OwnText(block="scores", column="reason"),
    OwnText(block="tasks", column="result", of="name"),
    OwnText(block="indicators", column="reason", of="name"),
    OwnText(block="project_indicators", column="reason", of="name"),
)


def mentions(total_score: Key, levels: Sequence[tuple[str, tuple[str, ...]]]) -> list[object]:
    """Give what the text of a report tells figures of, besides scores, indicators and projects.

    `levels` are groups of indicators, called by the first of the texts that a column has for them.
    """
    rates = tuple((Key("funds", row, "rate"), ()) for row in ("spent", "cost", "income"))
    return [
        *OWN_TEXTS,
        *(
            mention
            for block, lines in LINES.items()
            for row, names in lines.items()
            for mention in _line_mention(block, row, names)
        ),
        Mention(
            (
                "支出率",
                "预算支出率",
                "整体支出率",
                "部门预算支出率",
                "部门预算资金支出率",
                "预算执行率",
                "整体支出预算执行率",
                "部门预算执行率",
                "部门整体支出率",
            ),
            rates,
            common=True,
        ),
        Mention(
            (
                "自评总得分",
                *(
                    f"{whole}支出绩效自评{score}"
                    for whole in ("部门整体", "整体")
                    for score in ("得分", "总得分", "综合得分", "最终得分", "总分")
                ),
            ),
            ((Key("conclusion", "score"), ()), (total_score, ())),
        ),
        Counted(names=("主要职责", "部门职责", "部门主要职责"), block="duties"),
        Counted(names=("内设机构", "部门内设机构"), block="offices"),
        Counted(names=("重点工作任务",), block="tasks"),
        Counted(
            names=("重点项目", "重点任务项目"),
            block="projects",
            column="name",
            distinct=True,
            common=True,
        ),
        Counted(
            names=("绩效指标", "三级绩效指标", "三级指标"),
            block="indicators",
            by="status",
            sorted=DONE_WORDS,
        ),
        *(
            Counted(
                names=texts[:1],
                block="indicators",
                column=column,
                texts=texts,
                by="status",
                sorted=DONE_WORDS,
            )
            for column, texts in levels
        ),
    ]


def _line_mention(block: str, row: str, names: tuple[str, ...]) -> Iterator[Mention]:
    """Give a line of a money table by its names; those that are common or loose apart."""
    keys = [(Key(block, row, column), words) for column, words in COLUMNS.items()]
    if row == "total":
        keys += [(Key("funds", block, column), COLUMNS[column]) for column in ("annual", "final")]
    if (block, row) in FUNDS_ROWS:
        keys.append((Key("funds", FUNDS_ROWS[block, row], "rate"), RATE))
    other = "total" if row == "this_year" else "this_year"
    without = [(Key(block, other, column), words) for column, words in COLUMNS.items()]
    for common, loose in product((False, True), repeat=2):
        called = tuple(
            name for name in names if (name in COMMON_NAMES, name in LOOSE_NAMES) == (common, loose)
        )
        if called:
            yield Mention(called, tuple([*keys, *without] if loose else keys), common)
