"""任务设置.xlsx: what an office asks for, of whom, by which rubric, what it fills in beforehand.

A form like the others: rendered, read and checked by the same engine. Its rubric sheets are those
of the rubric workbook (`rubric_sheet`). Amounts are 万元. The lists are left unlocked: a register
is pasted, and may be longer than what is offered.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from msgspec.structs import replace

from perfxl.expr.tree import Key
from perfxl.form.model import Block, Column, Form, Item, Kind, Row, Sheet, centred, label, open_list
from perfxl.form.relations import (
    Balance,
    ClosingBalance,
    Indicators,
    SeasonTerms,
    UnitList,
    UnitRows,
    own_indicators,
)
from perfxl.returns.live import Cover, with_checks
from perfxl.rubric.sheet import rubric_sheets, rubric_steps, steps
from perfxl.settings.rules import RULES

ID, EDITION, TITLE = "campaign-settings", "1", "任务设置"
OFFERED = {"units": 200, "amounts": 100, "targets": 100}
MOST = {"units": 10_000, "amounts": 100_000, "targets": 100_000}

OWN_ID = "campaign-settings-own-form"  # of settings of seasons with a 表样
STEPS = (
    "1. 依次填写:{sheets}。{optional}",
    "2. 只填浅黄色的格子。单位名单等清单可以整块粘贴,行数不够时接着往下填;建议只粘贴数值或文字。",
    "3. 单位代码开头有 0 的,先把来源表的代码列设为文本再复制,以免丢掉开头的 0。",
    "4. 填完保存并关闭本文件,在任务文件夹里运行 perfxl template,每个单位的模板写进“发放”。",
    "5. 填得不对的,会一次全部指出工作表和单元格;改正、保存后再运行一次。",
    "6. 单位报回来的表放进“回收”文件夹,运行 perfxl check 回收;审核结果写进“结果”文件夹。",
    "7. {changes},再运行 perfxl template:没有变的模板不重写,别人改过的不覆盖。",
)
RUBRIC_STEPS = (
    "1. 现在填的是示例标准。请按当年通知改好;换年度的,标准代号也要换。",
    "7. 下发以后再改标准,已发出的模板就不对了:改动后要重新下发。",
)

_PARAMETERS = (
    ("title", "任务名称", Item(Kind.TEXT, required=True), "如:2022 年度{subject}"),
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
PASTED = "可以整块粘贴,行数不够时接着往下填"


# ---------------------------------------------------------------- what a form takes beforehand


def money_lines(form: Form) -> dict[str, tuple[str, str]]:
    """Give block and row of each line of income and expenditure, by the words it is chosen by."""
    return {
        f"{word}:{form.row(key).label}": (key.block, key.row)
        for balance in _budgets(form)
        for word, side in (("收入", balance.income), ("支出", balance.expenditure))
        for key in side.parts
    }


def budget_columns(form: Form) -> tuple[Column, ...]:
    """Give the money columns that are known before the year is over."""
    return tuple(form.column(balance.income.computed) for balance in _budgets(form))


def _budgets(form: Form) -> list[Balance]:
    return [one for one in form.of(Balance) if not isinstance(one, ClosingBalance)]


def list_of_targets(form: Form) -> Indicators | None:
    """Give the open list of a form that targets go into, None where it has none."""
    lists = (one for one in own_indicators(form) if form.blocks[one.block].repeats)
    return next(lists, None)


def target_columns(form: Form, listed: Indicators) -> tuple[str, ...]:
    """Give the columns of such a list that are known beforehand."""
    named = (listed.group, listed.category, listed.name)
    known = (*named, listed.symbol, listed.target, listed.unit)
    return tuple(column for column in known if listed.asks_for(form, column))


def _entry(item: Item) -> Item:
    """Give an input that stands on the left whatever it holds, as its neighbours do."""
    return item if item.look else replace(item, look="entry")


def _parameters(form: Form) -> Sheet:
    rows = tuple(
        Row(
            key,
            text,
            {
                "label": label(text),
                "value": _entry(item),
                "note": label(note.format(subject=form.subject)),
            },
        )
        for key, text, item, note in _PARAMETERS
    )
    columns = (Column("label", "参数"), Column("value", "内容"), Column("note", "说明"))
    block = Block("campaign", "参数", columns, rows)
    return Sheet("campaign", "参数", "参数", (block,), (14, 43, 32), portrait=True, frozen=False)


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


def _amounts(form: Form) -> Iterator[tuple[Sheet, UnitRows]]:
    """Give the sheet of the amounts that can be filled in beforehand, if the form takes any."""
    lines, budgets = money_lines(form), budget_columns(form)
    if lines:
        line = (Column("line", "项目"), Item(Kind.CHOICE, required=True, choices=tuple(lines)))
        columns = (_UNIT_CODE, line, *((column, _MONEY) for column in budgets))
        widths = (16, 44, *(18 for _ in budgets))
        how = f"可不填;单位:万元;{PASTED}"
        yield (
            _listed("amounts", "预填金额", columns, widths, how),
            UnitRows("amounts", "code", "line"),
        )


def _targets(form: Form) -> Iterator[tuple[Sheet, UnitRows]]:
    """Give the sheet of the targets that can be filled in beforehand, if the form takes any."""
    listed = list_of_targets(form)
    if listed:
        block = form.blocks[listed.block]
        labels, items = {column.key: column.label for column in block.columns}, block.rows[0].items
        columns = [_UNIT_CODE]
        for key in target_columns(form, listed):
            item = items[key]
            item = Item(
                item.kind, choices=item.choices, prompt=item.prompt, required=key == listed.name
            )
            columns.append((Column(key, labels[key]), item))
        wide = {listed.group: 13, listed.category: 20, listed.name: 34, listed.symbol: 8}
        wide |= {listed.target: 16, listed.unit: 10}
        widths = (16, *(wide[column.key] for column, _ in columns[1:]))
        sheet = _listed("targets", "预填指标", columns, widths, f"可不填;{PASTED}")
        yield sheet, UnitRows("targets", "code", listed.name)


@lru_cache(maxsize=4)
def settings_form(form: Form) -> Form:
    """Give the blank settings of seasons with a form, without first sheet and live checks."""
    more = (*_amounts(form), *_targets(form))
    scale = steps("rubric_how_to", rubric_steps(*RUBRIC_STEPS))
    sheets = (
        _parameters(form),
        _listed("units", "单位名单", _UNIT_COLUMNS, (15, 32, 23, 10, 15, 30), PASTED, "code"),
        *(rubric_sheets("评分标准", scale) if form.rubric else ()),
        *(sheet for sheet, _ in more),
    )
    relations = (
        SeasonTerms(*(Key("campaign", row) for row in ("year", "deadline", "email"))),
        UnitList(block="units", code="code", name="name", email="email"),
        *(rows for _, rows in more),
    )
    return Form(ID if form.rubric else OWN_ID, EDITION, TITLE, sheets, relations)


def live_settings(form: Form) -> Form:
    """Give the form (grown or not) with its first sheet and live checks."""
    return with_checks(form, RULES, Cover("使用说明", TITLE, (), how_to(form)))


def how_to(form: Form) -> tuple[str, ...]:
    """Give the steps from settings to results, as the sheets of the settings are."""
    scaled = form.id == ID
    optional = "、".join(sheet.name for sheet in form.sheets if sheet.key in {"amounts", "targets"})
    terms = {
        "sheets": f"参数、单位名单{';核对评分标准、评分项目、分档三张表' if scaled else ''}",
        "optional": f"{optional}可以不填。" if optional else "",
        "changes": "名单或标准有变,直接改本文件"
        if scaled
        else "名单有变,直接改本文件;表样有变,改好 表样.xlsx",
    }
    return tuple(step.format(**terms) for step in STEPS)
