"""The workbook that sums up a season, declared like any form and rendered by the one renderer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from functools import cache, partial
from itertools import islice
from operator import itemgetter
from typing import Any

from msgspec.structs import replace

from perfxl.expr.aggregates import ColumnSum
from perfxl.expr.arithmetic import Round
from perfxl.expr.rounding import MONEY_PLACES
from perfxl.expr.tree import Key
from perfxl.form.answers import Values
from perfxl.form.model import Block, Form, Item, Kind
from perfxl.form.relations import Conclusion, ExecutionRate, Indicators
from perfxl.render.extras import Extras
from perfxl.returns.result import Result
from perfxl.season.rollup.model import (
    WORDS,
    OtherFile,
    Rollup,
    RuleTally,
    UnitRow,
    file_name,
    share,
    time_text,
)
from perfxl.season.rollup.overview import charts, overview
from perfxl.season.rollup.tables import (
    CENTRED,
    COUNT,
    LINK,
    MONEY,
    RATE,
    TEXT,
    Head,
    ListSheet,
    ListTable,
    ListValues,
    figure,
)
from perfxl.text.amounts import percent_text

ID, EDITION = "rollup", "1"
MOST_INDICATORS = 1_000
EXAMPLES = 3
RESULT_LINK, RETURN_LINK = "打开结果", "打开原件"

Link = Callable[[str], str]


def rollup_workbook(rollup: Rollup, link: Link) -> Result:
    """Give the workbook of a roll-up, ready to render.

    `link` gives the path from the workbook's folder to a return or result, "" where none leads.
    """
    link, campaign = cache(link), rollup.campaign
    title = campaign.title or campaign.form.subject
    pages = [
        overview(rollup, f"{title}  概况"),
        _units(rollup, link),
        _rules(rollup),
        *([_indicators(rollup)] if rollup.asks_for(Indicators) else ()),
        *([_summary(rollup), *_details(rollup)] if rollup.accounts else _amounts(rollup)),
        _missing(rollup),
        _others(rollup),
    ]
    form = Form(
        ID,
        EDITION,
        f"{title}汇总",
        tuple(page.sheet() for page in pages),
        year=campaign.year,
        rubric=campaign.form.rubric,
    )
    shown = ListValues([table for page in pages for table in page.tables])
    extras = Extras(charts=charts(rollup), files=_links(rollup, link), first_sheet=pages[0].key)
    return Result(Values(form, {}, shown), extras)


# ---------------------------------------------------------------- 单位情况


def _name_heads() -> tuple[Head, ...]:
    return (
        figure("unit.code", "单位代码", 10, TEXT),
        figure("unit.name", "单位名称", 18, TEXT),
    )


_STANDING = Head("standing", "情况", 7, CENTRED, lambda row: WORDS[row.standing])


def _total_heads(rollup: Rollup) -> tuple[Head, ...]:
    if not rollup.accounts:
        return ()
    keys, final = rollup.accounts.final_keys, rollup.accounts.final
    income, cost = map(keys.index, rollup.accounts.total(final))
    return (
        Head("income", "收入总计", 12, MONEY, partial(_amount, income), summed=True),
        Head("cost", "支出总计", 12, MONEY, partial(_amount, cost), summed=True),
        Head("gap", "收支差额", 10, MONEY, partial(_gap, income, cost), summed=True),
    )


def _amount(place: int, row: UnitRow) -> Decimal | None:
    return row.amounts[place] if row.amounts else None


def _gap(income: int, cost: int, row: UnitRow) -> Decimal | None:
    earned, spent = _amount(income, row), _amount(cost, row)
    return None if earned is None or spent is None else earned - spent


_SCORE_HEADS = (
    figure("stated", "自评得分", 7.5, MONEY),
    figure("low", "测算(低)", 7.5, MONEY),
    figure("high", "测算(高)", 7.5, MONEY),
    figure("grade", "等级", 4.5, CENTRED),
)
_PROJECT_HEADS = (
    Head("project", "项目名称", 26, TEXT, lambda row: row.entry.project if row.entry else ""),
)
_DOUBT_HEADS = (figure("doubt", "金额单位可疑,未计入", 30, TEXT),)
_RATE_HEADS = (figure("rate", "支出率", 8, RATE),)


def _screen_heads(rollup: Rollup, link: Link) -> tuple[Head, ...]:
    """Give the columns that are not printed: details, and what leads to the files."""
    return (
        *(_DOUBT_HEADS if rollup.money else ()),
        figure("versions", "份数", 6, COUNT),
        Head(
            "time", "保存或收到时间", 18, CENTRED, lambda r: time_text(r.entry) if r.entry else ""
        ),
        Head("result", "审核结果", 10, LINK, lambda r: RESULT_LINK if link(_result(r)) else ""),
        Head("source", "报送文件", 10, LINK, lambda r: RETURN_LINK if link(_source(r)) else ""),
    )


def _units(rollup: Rollup, link: Link) -> ListSheet:
    heads = (
        *_name_heads(),
        *(_PROJECT_HEADS if rollup.by_project else ()),
        _STANDING,
        *(_SCORE_HEADS if rollup.asks_for(Conclusion) else ()),
        *_total_heads(rollup),
        *(_RATE_HEADS if rollup.asks_for(ExecutionRate) else ()),
        figure("errors", "错误", 5, COUNT),
        figure("verifies", "核实", 5, COUNT),
        figure("notes", "提示", 5, COUNT),
        figure("explained", "已说明", 6, COUNT),
        *(replace(head, aside=True) for head in _screen_heads(rollup, link)),
    )
    table = ListTable("units", "", heads, rollup.units, filtered=True)
    each = "一个单位的一个项目" if rollup.by_project else "一家"
    note = f"{each}一行,几份中只计最近保存的一份"
    if rollup.accounts:
        note += (
            ";收支为决算数,单位:万元;没有填全的留空,不当作 0"
            f";退回修改的也列入合计,可用“情况”栏筛选{_left_out(rollup)}"
        )
    return ListSheet("units", "单位情况", "单位情况", note, (table,))


def _left_out(rollup: Rollup) -> str:
    """Say, after a note, that amounts in doubt are in no total."""
    return f";{rollup.doubt_words},见“单位情况”" if rollup.doubted else ""


def _result(row: UnitRow) -> str:
    return row.entry.result if row.entry else ""


def _source(row: UnitRow) -> str:
    return row.entry.source if row.entry else ""


def _links(rollup: Rollup, link: Link) -> dict[Key, str]:
    wanted = [
        *((Key("units", str(n), "result"), _result(row)) for n, row in enumerate(rollup.units)),
        *((Key("units", str(n), "source"), _source(row)) for n, row in enumerate(rollup.units)),
        *((Key("others", str(n), "source"), o.entry.source) for n, o in enumerate(rollup.others)),
    ]
    return {key: target for key, path in wanted if (target := link(path))}


# ---------------------------------------------------------------- 问题分布, 指标情况


def _rules(rollup: Rollup) -> ListSheet:
    def of_checked(rule: RuleTally) -> Decimal | None:
        return share(len(rule.positions), len(rollup.read))

    def examples(rule: RuleTally) -> str:
        names = dict.fromkeys(rollup.units[place].unit.name for place in rule.positions)
        return "、".join(islice(names, EXAMPLES)) + (" 等" if len(names) > EXAMPLES else "")

    heads = (
        figure("id", "编号", 6, CENTRED),
        figure("title", "问题", 30, TEXT),
        figure("severity.word", "级别", 6, CENTRED),
        Head("units", rollup.count_head, 6, COUNT, lambda rule: len(rule.positions)),
        Head("share", "占已审核", 9, RATE, of_checked),
        figure("findings", "条数", 6, COUNT),
        figure("explained", "已说明条数", 8, COUNT),
        Head("examples", "单位(举例)", 59, TEXT, examples),
    )
    table = ListTable("rules", "", heads, rollup.rules, filtered=True)
    each = rollup.counted
    note = f"能审核的 {len(rollup.read)} {each}中,每条规则有多少{each}出现;各单位的问题见其审核结果"
    return ListSheet("rules", "问题分布", "问题分布", note, (table,))


def _indicators(rollup: Rollup) -> ListSheet:
    limit = percent_text(rollup.campaign.form.limits.overfulfilment)
    heads = (
        figure("name", "三级指标", 46, TEXT),
        figure("unit", "计量单位", 11, CENTRED),
        figure("units", rollup.count_head, 8, COUNT),
        figure("rows", "条数", 8, COUNT),
        figure("met", "已完成", 9, COUNT),
        figure("over", f"其中≥{limit}", 10, COUNT),
        figure("unmet", "未完成", 9, COUNT),
        figure("unjudged", "不能判断", 10, COUNT),
        figure("mean", "平均完成率", 11, RATE),
    )
    shown = rollup.indicators[:MOST_INDICATORS]
    table = ListTable("indicators", "", heads, shown, filtered=True)
    rest = len(rollup.indicators) - len(shown)
    more = f";另有 {rest} 个指标没有列出" if rest else ""
    note = f"名称和计量单位都相同的算一个指标;平均完成率只计能算出的,不封顶{more}"
    return ListSheet("indicators", "指标情况", "指标情况", note, (table,))


# ---------------------------------------------------------------- 收支


def _summary(rollup: Rollup) -> ListSheet:
    accounts = rollup.accounts
    labels = accounts.labels
    lines = [
        (row.label, *(rollup.amounts[Key(block.key, row.key, c)] for c in accounts.columns))
        for block in accounts.sides
        for row in block.rows
    ]
    gap = ("收支差额(收入总计-支出总计)", *rollup.gaps.values())
    heads = [Head("label", "项目", 38, TEXT, itemgetter(0))]
    for place, column in enumerate(accounts.columns, 1):
        heads += (
            Head(column, labels[column], 17, MONEY, partial(_tally, "known", place)),
            Head(f"{column}_units", "家数", 7, COUNT, partial(_tally, "units", place)),
        )
    wording = f"{labels[accounts.final]}·其中通过的"
    heads.append(Head("passed", wording, 17, MONEY, lambda line: line[-1].known_passed))
    table = ListTable("summary", "", tuple(heads), [*lines, gap], formulas=_from_detail(rollup))
    note = (
        f"单位:万元;已审核 {rollup.checked} 家,“家数”是这一格有数的家数"
        f";没有填的不当作 0,所以各行家数不同时,合计不等于各行之和{_left_out(rollup)}"
    )
    return ListSheet("summary", "收支汇总", "收支汇总", note, (table,))


def _tally(attribute: str, place: int, line: Sequence[Any]) -> Decimal | int | None:
    found: Decimal | int | None = getattr(line[place], attribute)
    return found


def _from_detail(rollup: Rollup) -> dict[tuple[int, str], Item]:
    """Give the sums of the final accounts as formulas over the detail sheets, by line."""
    final = rollup.accounts.final
    return {
        (line, final): Item(
            Kind.AMOUNT,
            formula=Round(ColumnSum(f"{key.block}_detail", key.row), MONEY_PLACES),
        )
        for line, key in enumerate(rollup.accounts.final_keys)
        if rollup.amounts[key].units
    }


def _details(rollup: Rollup) -> Iterator[ListSheet]:
    income, cost = rollup.accounts.sides
    earned, _, gap = _total_heads(rollup)
    yield _detail(rollup, income, "收入明细")
    yield _detail(rollup, cost, "支出明细", earned, gap)


def _detail(rollup: Rollup, block: Block, name: str, *more: Head) -> ListSheet:
    heads = [*_name_heads(), _STANDING]
    for place, key in enumerate(rollup.accounts.final_keys):
        if key.block == block.key:
            wording, shown = rollup.campaign.form.row(key).label, partial(_amount, place)
            heads.append(Head(key.row, wording, 13, MONEY, shown, summed=True))
    heads += more
    reported = [row for row in rollup.units if row.amounts]
    table = ListTable(f"{block.key}_detail", "", tuple(heads), reported, filtered=True)
    note = (
        f"决算数,单位:万元;空白是单位没有填;合计一行由其他各行计算,缺一项就不算{_left_out(rollup)}"
    )
    return ListSheet(f"{block.key}_detail", name, f"{name}(决算数)", note, (table,))


def _amounts(rollup: Rollup) -> Iterator[ListSheet]:
    """Give each amount of each return, by the form's own wording, where there are no accounts."""
    form = rollup.campaign.form
    heads = [*_name_heads(), *(_PROJECT_HEADS if rollup.by_project else ()), _STANDING]
    for place, key in enumerate(rollup.money):
        wording = f"{form.label(key)}({form.money_unit(key)})"
        shown = partial(_amount, place)
        heads.append(Head(f"amount{place}", wording, 14, MONEY, shown, summed=True))
    if rollup.money:
        reported = [row for row in rollup.units if row.amounts]
        table = ListTable("amounts", "", tuple(heads), reported, filtered=True)
        note = f"空白是没有填;退回修改的也列入合计,可用“情况”栏筛选{_left_out(rollup)}"
        yield ListSheet("amounts", "金额明细", "金额明细", note, (table,))


# ---------------------------------------------------------------- 催报名单, 其他文件


def _missing(rollup: Rollup) -> ListSheet:
    heads = (
        *_name_heads(),
        figure("unit.department", "主管部门", 24, TEXT),
        figure("unit.contact", "联系人", 12, TEXT),
        figure("unit.phone", "电话", 18, TEXT),
        figure("unit.email", "邮箱", 30, TEXT),
        Head("late", "情况", 14, CENTRED, lambda _: rollup.days_words),
    )
    table = ListTable("missing", "", heads, rollup.missing, filtered=True)
    count = len(rollup.missing)
    until = f"报送截止 {rollup.campaign.deadline:%Y-%m-%d}"
    unopened = f";另有 {rollup.unopened} 家已收到,打不开,见“单位情况”" if rollup.unopened else ""
    note = f"{until};还没有收到 {count} 家的表" if count else f"{until};各单位都已报送"
    note += unopened
    return ListSheet("missing", "催报名单", "催报名单", note, (table,))


def _others(rollup: Rollup) -> ListSheet:
    names = {row.unit.code: row.unit.name for row in rollup.units}

    def unit(other: OtherFile) -> str:
        return names.get(other.entry.unit or "", "") or other.said

    heads = (
        Head("why", "为什么不计", 16, CENTRED, lambda other: other.why.value),
        Head("unit", "单位(名单中的,或表上填的)", 26, TEXT, unit),
        Head("source", "文件", 30, LINK, lambda other: file_name(other.entry.source)),
        Head("time", "保存或收到时间", 16, CENTRED, lambda other: time_text(other.entry)),
        Head("reason", "说明", 43, TEXT, lambda other: other.reason),
    )
    table = ListTable("others", "", heads, rollup.others, filtered=True)
    note = "这些文件都没有计入汇总" if rollup.others else "没有:每份表都已计入"
    return ListSheet("others", "其他文件", "其他文件", note, (table,))
