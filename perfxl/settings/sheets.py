"""任务设置.xlsx: what an office asks for, of whom, by which rubric, what it fills in beforehand.

A form like the others: rendered, read and checked by the same engine. Its rubric sheets are those
of the rubric workbook (`rubric_sheet`). Amounts are 万元. The lists are left unlocked: a register
is pasted, and may be longer than what is offered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache

from perfxl.expr.tree import Key
from perfxl.form.model import Block, Column, Form, Item, Kind, Row, Sheet, centred, label, open_list
from perfxl.form.relations import SeasonTerms, UnitList, UnitRows
from perfxl.forms.department_2022 import (
    ANNUAL,
    COST_BALANCING,
    COST_LINES,
    INCOME_BALANCING,
    INCOME_LINES,
    INITIAL,
    LEVEL1,
    LEVEL2,
    SYMBOLS,
    VALUE_PROMPT,
)
from perfxl.returns.live import Cover, with_checks
from perfxl.rubric.sheet import rubric_sheets, steps
from perfxl.settings.rules import RULES

ID, EDITION, TITLE = "campaign-settings", "1", "任务设置"
OFFERED = {"units": 200, "amounts": 100, "targets": 100}
MOST = {"units": 10_000, "amounts": 100_000, "targets": 100_000}

LINES: Mapping[str, tuple[str, str]] = {
    **{f"收入:{text}": ("income", row) for row, text in (*INCOME_LINES, *INCOME_BALANCING)},
    **{f"支出:{text}": ("cost", row) for row, text in (*COST_LINES, *COST_BALANCING)},
}

STEPS = (
    "1. 依次填写:参数、单位名单;核对评分标准、评分项目、分档三张表。预填金额、预填指标可以不填。",
    "2. 只填浅黄色的格子。单位名单等清单可以整块粘贴,行数不够时接着往下填;建议只粘贴数值或文字。",
    "3. 单位代码开头有 0 的,先把来源表的代码列设为文本再复制,以免丢掉开头的 0。",
    "4. 填完保存并关闭本文件,在任务文件夹里运行 perfxl template,每个单位的模板写进“发放”。",
    "5. 填得不对的,会一次全部指出工作表和单元格;改正、保存后再运行一次。",
    "6. 单位报回来的表放进“回收”文件夹,运行 perfxl check 回收;审核结果写进“结果”文件夹。",
    "7. 名单或标准有变,直接改本文件,再运行 perfxl template:没有变的模板不重写,别人改过的不覆盖。",
)
RUBRIC_STEPS = (
    "1. 现在填的是示例标准。请按当年通知改好;换年度的,标准代号也要换。",
    "2. 百分数照常填写,如 90%;分值、扣分填数字,单位为分。",
    "3. “评分项目”一行一项。项目代号用英文字母、数字或下划线;项目代号和三级指标名称都不能重复。",
    "4. 评分标准只写考核什么(如“已评估项目数÷应评估项目数”);得几分由右边各栏自动写进自评表。",
    "5. 产出完成率、效益完成率、支出率由表内数据计算,各用一次。“分档”的各档填在“分档”表。",
    "6. “扣分”填每项扣几分,不固定的留空;“按比率”可以填比率下限;“是否”得满分或 0 分。",
    "7. 下发以后再改标准,已发出的模板就不对了:改动后要重新下发。",
)

_PARAMETERS = (
    ("title", "任务名称", Item(Kind.TEXT, required=True), "如:2022 年度部门整体支出绩效自评"),
    ("year", "年度", Item(Kind.NUMBER, required=True), "自评所属年度,四位数字"),
    ("deadline", "截止日期", Item(Kind.DATE, required=True), "当天仍算按时,格式如 2023-04-30"),
    ("office", "下发单位", Item(Kind.TEXT, required=True), "印在模板封面和邮件上"),
    ("contact", "联系人", Item(Kind.TEXT, required=True), "单位有疑问时找谁"),
    ("phone", "联系电话", Item(Kind.CODE, required=True), "印在模板封面和邮件上"),
    ("email", "电子邮箱", Item(Kind.TEXT), "收表的邮箱,可不填"),
    ("notice", "通知附言", Item(Kind.LONG, look="essay"), "写进每封邮件,可不填"),
)
_UNIT_COLUMNS: tuple[tuple[Column, Item], ...] = (
    (Column("code", "单位代码"), Item(Kind.CODE, required=True, prompt="预算单位代码,不能重复")),
    (Column("name", "单位名称"), Item(Kind.TEXT, required=True, prompt="单位全称")),
    (Column("department", "主管部门"), Item(Kind.TEXT, prompt="没有的可不填")),
    (Column("contact", "联系人"), Item(Kind.TEXT)),
    (Column("phone", "联系电话"), Item(Kind.CODE)),
    (Column("email", "电子邮箱"), Item(Kind.TEXT, prompt="几个邮箱用分号隔开")),
)
_UNIT_CODE = (
    Column("code", "单位代码"),
    Item(Kind.CODE, required=True, prompt="与“单位名单”里的单位代码相同"),
)
_MONEY = Item(Kind.AMOUNT, unit="万元", prompt="单位:万元;不预填的留空")
_AMOUNT_COLUMNS = (
    _UNIT_CODE,
    (Column("line", "项目"), Item(Kind.CHOICE, required=True, choices=tuple(LINES))),
    (INITIAL, _MONEY),
    (ANNUAL, _MONEY),
)
_TARGET_COLUMNS = (
    _UNIT_CODE,
    (Column("level1", "一级指标"), Item(Kind.CHOICE, choices=LEVEL1)),
    (Column("level2", "二级指标"), Item(Kind.CHOICE, choices=LEVEL2)),
    (Column("name", "三级指标"), Item(Kind.TEXT, required=True)),
    (Column("symbol", "符号"), Item(Kind.CHOICE, choices=SYMBOLS)),
    (Column("target", "年度指标值"), Item(Kind.VALUE, prompt=VALUE_PROMPT)),
    (Column("unit", "计量单位"), Item(Kind.TEXT, prompt="如:个、场、人次、%、万元")),
)
AMOUNTS = (INITIAL.key, ANNUAL.key)
TARGETS = tuple(column.key for column, _ in _TARGET_COLUMNS[1:])


def _entry(item: Item) -> Item:
    """Give an input that stands on the left whatever it holds, as its neighbours do."""
    return item if item.look else replace(item, look="entry")


def _parameters() -> Sheet:
    rows = tuple(
        Row(key, text, {"label": label(text), "value": _entry(item), "note": label(note)})
        for key, text, item, note in _PARAMETERS
    )
    columns = (Column("label", "参数"), Column("value", "内容"), Column("note", "说明"))
    block = Block("campaign", "参数", columns, rows)
    return Sheet("campaign", "参数", "参数", (block,), (16, 50, 40), portrait=True, frozen=False)


def _listed(
    key: str,
    title: str,
    columns: Sequence[tuple[Column, Item]],
    widths: tuple[float, ...],
    how: str,
    needed: str = "",
) -> Sheet:
    def pattern(row: str) -> Row:
        cells = {column.key: item for column, item in columns}
        return Row(row, f"第{int(row)}行", {"seq": centred(str(int(row))), **cells})

    heads = (Column("seq", "序号"), *(column for column, _ in columns))
    block = open_list(
        key, title, heads, pattern, OFFERED[key], needed=needed, filtered=True, most=MOST[key]
    )
    return Sheet(key, title, f"{title}({how})", (block,), (6, *widths), protected=False)


@cache
def settings_form() -> Form:
    """Give the blank form, without its first sheet and live checks."""
    pasted = "可以整块粘贴,行数不够时接着往下填"
    sheets = (
        _parameters(),
        _listed("units", "单位名单", _UNIT_COLUMNS, (16, 40, 26, 12, 18, 34), pasted, "code"),
        *rubric_sheets("评分标准", steps("rubric_how_to", RUBRIC_STEPS)),
        _listed(
            "amounts", "预填金额", _AMOUNT_COLUMNS, (16, 44, 18, 18), f"可不填;单位:万元;{pasted}"
        ),
        _listed(
            "targets", "预填指标", _TARGET_COLUMNS, (16, 13, 20, 34, 8, 16, 10), f"可不填;{pasted}"
        ),
    )
    relations = (
        SeasonTerms(*(Key("campaign", row) for row in ("year", "deadline", "email"))),
        UnitList("units", "code", "name", "email"),
        UnitRows("amounts", "code", "line"),
        UnitRows("targets", "code", "name"),
    )
    return Form(ID, EDITION, TITLE, sheets, relations)


def live_settings(form: Form) -> Form:
    """Give the form (grown or not) with its first sheet and live checks."""
    return with_checks(form, RULES, Cover("使用说明", TITLE, (), STEPS))
