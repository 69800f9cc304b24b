"""The draft of the report that goes with the form: 部门整体支出绩效自评报告.

The skeleton is that of published reports of 2022. Figures come from the return and are computed
where they can be; texts are the unit's own; what is missing stays a visible gap.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from functools import cached_property

from msgspec import Struct

from perfxl.check.findings import Outcome
from perfxl.check.rule import Rule, Severity
from perfxl.expr.rounding import MONEY_PLACES, rounded
from perfxl.expr.tree import FAILS, Key
from perfxl.form.answers import Values, says_nothing
from perfxl.form.model import Form
from perfxl.form.relations import (
    Balance,
    ClosingBalance,
    Conclusion,
    ExecutionRate,
    Identity,
    Indicators,
    LineSum,
    Narrative,
    ProjectFunds,
    ReportTable,
    ScoreGroup,
    ScoreItem,
    Signature,
    own_indicators,
)
from perfxl.render.draft import (
    GAP,
    Box,
    ChartPiece,
    Draft,
    Heading,
    Paragraph,
    Piece,
    TablePiece,
    enumerated,
    gap,
    numeral,
    paragraphs,
)
from perfxl.report.tables import Reported, ShownCell, measured_text, projects, row_in_use, tables
from perfxl.rubric.scoring import DONE, PARTLY, UNDONE
from perfxl.text.amounts import amount_text, number_text, rate_text
from perfxl.text.dates import day_text

_NUMBERED = re.compile(r"^[一二三四五六七八九十]+、")
_ENDS = "。!?;\uff01\uff1f\uff1b"  # the last three full width
_COLON = "\uff1a"
MERGED = 2  # of the table of indicators, the columns in which like cells become one
TOTALS = ("合计", "总计")
US = "本单位"  # after the first mention: names of units are long
LONGEST_BOX = 30  # lines
LONGEST_FIGURE = 25  # bars that can be read on one page


# what a form must have for its report to be drafted
NEEDED = (
    *(Narrative, Identity, Signature, ReportTable, ClosingBalance, ExecutionRate),
    *(Conclusion, ScoreGroup, ProjectFunds),
)


def has_report(form: Form) -> bool:
    """Whether a report goes with a form that can be drafted."""
    return all(form.only(kind) for kind in NEEDED) and bool(own_indicators(form))


def report(values: Values, outcome: Outcome, unmet: Rule, exceeded: Rule) -> Draft:
    """Give the draft of a checked return; its values belong to the form with live checks.

    `unmet` and `exceeded` are the rules for indicators the draft speaks of. Where the return has
    errors, a box at the head lists them.
    """
    source = _Source(values, outcome)
    title = f"{source.name}\n{source.year}年度{source.form.subject}报告"
    pieces = (
        *_box(outcome),
        *_opening(source),
        Heading("一、部门概况", 1),
        *_profile(source),
        *_tasks(source),
        *_money(source),
        *_targets(source),
        Heading("二、综合评价分析", 1),
        *_conclusion(source),
        *_task_results(source),
        *_project_results(source),
        Heading("(四)主要工作成效", 2),
        *source.essay(source.asked.achievements),
        Heading("三、存在的主要问题", 1),
        *_problems(source, unmet, exceeded),
        Heading("四、下一步改进措施", 1),
        *source.essay(source.asked.measures),
        Heading("五、附件", 1),
        Paragraph(f"附件3{_COLON}{source.year}年度{source.name}{values.form.title}"),
        *_signature(source),
    )
    return Draft(title, pieces)


class _Source:
    """The return as sentences need it: every figure printed with its unit, or a gap."""

    def __init__(self, values: Values, outcome: Outcome) -> None:
        self.values, self.outcome, self.form = values, outcome, values.form
        (self.asked,) = self.form.of(Narrative)
        (who,) = self.form.of(Identity)
        self.name = values.unit_name or gap("单位名称")
        self.year = values.text(who.year) or gap("年度")
        self.indicators = own_indicators(self.form)[0]

    @cached_property
    def tables(self) -> dict[str, Reported]:
        """The tables of the report by number."""
        return {table.number: table for table in tables(self.values)}

    @cached_property
    def numbers(self) -> dict[str, str]:
        """The numbers of the tables by the block that each repeats."""
        return {table.block: table.number for table in self.form.of(ReportTable)}

    def text(self, key: Key, what: str = "") -> str:
        """Give what a cell says, a gap where it says nothing."""
        said = self.values.text(key) or ""
        return gap(what or self.form.label(key)) if not said or says_nothing(said) else said

    def essay(self, key: Key) -> Iterator[Paragraph]:
        """Give the paragraphs of one of the unit's texts."""
        return paragraphs(self.text(key))

    def amount(self, key: Key, what: str = "") -> str:
        """Give an amount with its unit."""
        number = self.values.number(key)
        return gap(what or self.form.label(key)) if number is None else f"{amount_text(number)}万元"

    def score(self, key: Key, what: str) -> str:
        """Give a score with its unit."""
        number = self.values.number(key)
        return gap(what) if number is None else f"{amount_text(number)}分"

    def rows(self, block: str) -> list[str]:
        """Give the keys of a list's rows in use."""
        rows = self.form.blocks[block].rows
        return [row.key for row in rows if row_in_use(self.values, block, row.key)]

    def table(self, block: str) -> TablePiece:
        """Give the table of the report that repeats a block, ready to write."""
        merged = MERGED if block == self.indicators.block else 0
        return as_table(self.tables[self.numbers[block]], merged)


def as_table(made: Reported, merged: int = 0) -> TablePiece:
    """Give a table as it is written, with gaps where the form has blanks."""
    rows = tuple(tuple(map(_cell_text, row)) for row in made.rows)
    counted = {n for row in made.rows for n, cell in enumerate(row) if cell.figure is not None}
    strong = {n for n, row in enumerate(rows) if row[0].endswith(TOTALS)}
    return TablePiece(
        made.caption, made.headings, rows, frozenset(counted), merged, frozenset(strong)
    )


def _cell_text(cell: ShownCell) -> str:
    return cell.text or (gap() if cell.key else "")


def _sentence(text: str) -> str:
    """Give a text that ends as a sentence does."""
    return text if text.endswith(tuple(_ENDS)) else f"{text}。"


def _clause(text: str) -> str:
    """Give a text that goes on: without what ends it."""
    return text.rstrip(_ENDS)


# ---------------------------------------------------------------- head and end


def _box(outcome: Outcome) -> Iterator[Piece]:
    errors = [one for one in outcome.findings if one.severity is Severity.ERROR]
    if not errors:
        return
    lines = [f"{n}. {one.where}{one.message}" for n, one in enumerate(errors[:LONGEST_BOX], 1)]
    if len(errors) > LONGEST_BOX:
        lines.append(f"……共 {len(errors)} 处,其余见审核结果")
    if outcome.open_points:
        lines.append(f"另有 {outcome.open_points} 处要核实,见审核结果。")
    heading = f"本稿依据的自评表有 {len(errors)} 处错误,改正后请重新生成本报告"
    yield Box(heading, tuple(lines))


def _opening(source: _Source) -> Iterator[Piece]:
    notice = gap("当年财政部门通知的名称和文号")
    yield Paragraph(
        f"为落实全面实施预算绩效管理的要求,依据{notice},{source.name}(以下简称{US})开展了"
        f"{source.year}年度部门整体支出绩效自评,现将有关情况报告如下。"
    )


def _signature(source: _Source) -> Iterator[Piece]:
    (signature,) = source.form.of(Signature)
    text = source.values.text(signature.date) or gap("成文日期")
    yield Paragraph(source.name, "signature")
    yield Paragraph(_day(text), "signature")


def _day(text: str) -> str:
    """Give a date as documents write it: 2023年4月10日; what is none as it stands."""
    match = re.fullmatch(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?", text)
    try:
        return day_text(date(*map(int, match.groups()))) if match else text
    except ValueError:
        return text


# ---------------------------------------------------------------- 一 部门概况


def _profile(source: _Source) -> Iterator[Piece]:
    listed, (block, column) = source.asked.duties, source.asked.offices
    duties, offices = source.rows(listed), source.rows(block)
    yield Heading("(一)部门基本情况", 2)
    yield Heading("1.部门职责", 3)
    basis = gap("职能配置、内设机构和人员编制规定的名称和文号")
    if duties:
        yield Paragraph(
            f"依据{basis},{US}的主要职责共{len(duties)}项,具体见表{source.numbers[listed]}。"
        )
        yield source.table(listed)
    else:
        yield Paragraph(f"依据{basis},{US}的主要职责为:{gap('主要职责')}。")
    yield Heading("2.机构设置", 3)
    if not offices:
        yield Paragraph(f"{US}内设机构:{gap('内设机构的个数和名称,没有的写明没有')}。")
        return
    names = enumerated([source.text(Key(block, row, column)) for row in offices])
    yield Paragraph(f"{US}内设机构{len(offices)}个,分别是:{_clause(names)}。")


def _tasks(source: _Source) -> Iterator[Piece]:
    block, *columns, _ = source.asked.tasks
    rows = source.rows(block)
    yield Heading("(二)年度总体工作和重点工作任务", 2)
    goal = _clause(source.text(source.asked.goal))
    yield from paragraphs(f"{source.year}年度整体绩效目标为:{goal}。")
    if not rows:
        yield Paragraph(f"年初设置重点工作任务:{gap('重点工作任务')}。")
        return
    yield Paragraph(f"年初设置重点工作任务{len(rows)}项。")
    for number, row in enumerate(rows, 1):
        name, aim = (source.text(Key(block, row, column)) for column in columns)
        yield from paragraphs(
            f"{numeral(number)}是{_clause(name)},匹配的年度绩效目标为:{_sentence(aim)}"
        )


def _money(source: _Source) -> Iterator[Piece]:
    yield Heading("(三)部门整体收支情况", 2)
    balances = list(source.form.of(Balance))
    income, cost = ([getattr(one, side) for one in balances] for side in ("income", "expenditure"))
    earnings, spending = (lines[0].computed.block for lines in (income, cost))
    yield Heading("1.部门整体收入情况", 3)
    yield Paragraph(
        f"{_total(source, '收入', income)}{source.year}年度收入情况见表{source.numbers[earnings]}。"
    )
    yield source.table(earnings)
    yield Heading("2.部门整体支出情况", 3)
    (execution,) = source.form.of(ExecutionRate)
    rate = source.values.number(execution.rate)
    spent = f"支出率为{gap('支出率')}" if rate is None else f"支出率为{rate_text(rate)}"
    annual, final = map(source.amount, source.asked.spent)
    yield Paragraph(
        f"{_total(source, '支出', cost)}本年支出合计全年预算数为{annual},决算数为{final},{spent}。"
        f"{source.year}年度支出情况见表{source.numbers[spending]},收支预算和决算对比见图1。"
    )
    yield source.table(spending)
    yield from _money_figure(source, [balance.column for balance in balances])


def _total(source: _Source, what: str, lines: Sequence[LineSum]) -> str:
    """Say a total, the lines it is made of, and how the year changed it."""
    initial, annual, final = lines
    parts = [
        f"{_NUMBERED.sub('', source.form.row(key).label)}{source.amount(key)}"
        for key in final.parts
        if source.values.number(key)
    ]
    of_which = f",其中{enumerated(parts)}" if parts else ""
    return (
        f"{source.year}年度{what}总计决算数为{source.amount(final.computed)}{of_which}。"
        f"{what}总计年初预算数为{source.amount(initial.computed)},"
        f"全年预算数为{source.amount(annual.computed)}{_change(source, initial, annual)}。"
    )


def _change(source: _Source, initial: LineSum, annual: LineSum) -> str:
    before, after = (source.values.exact(lines.computed) for lines in (initial, annual))
    if before is None or after is None:
        return ""
    size = rounded(after, MONEY_PLACES) - rounded(before, MONEY_PLACES)
    if not size:
        return ""
    word, grown = ("增加", "增长") if size > 0 else ("减少", "下降")
    share = f"({grown}{rate_text(abs(after - before) / before)})" if before else ""
    return f",比年初预算数{word}{amount_text(abs(size))}万元{share}"


def _money_figure(source: _Source, columns: Sequence[str]) -> Iterator[ChartPiece]:
    names, keys = zip(*source.asked.charted, strict=True)
    series = tuple(
        (
            source.form.column_label(keys[0]._replace(column=column)),
            tuple(source.values.number(key._replace(column=column)) for key in keys),
        )
        for column in columns
    )
    if any(value for _, values in series for value in values):
        yield ChartPiece("图1 收支预算和决算对比(万元)", names, series)


# ---------------------------------------------------------------- 指标


class _Gauge(Struct, frozen=True):
    """One indicator as sentences name it."""

    name: str
    target: str
    actual: str
    rate: Decimal | None
    reason: str


def _targets(source: _Source) -> Iterator[Piece]:
    yield Heading("(四)部门整体支出绩效目标及完成情况", 2)
    listed = source.indicators
    rows = source.rows(listed.block)
    if not rows:
        yield Paragraph(f"年度绩效指标:{gap('绩效指标的设置和完成情况')}。")
        return
    levels = _counted(source, rows, listed.group, [level for level, _ in listed.levels])
    statuses = _counted(source, rows, listed.status, (DONE, PARTLY, UNDONE))
    yield Paragraph(
        f"{source.year}年度共设置三级绩效指标{len(rows)}个,其中{levels};{statuses}。"
        f"各项绩效指标完成情况见表{source.numbers[listed.block]}{_where_rates_are(source, rows)}。"
    )
    yield from paragraphs(f"整体绩效目标完成情况:{_sentence(source.text(source.asked.result))}")
    yield source.table(listed.block)
    yield from _completion_figure(source, rows)


def _counted(source: _Source, rows: Sequence[str], column: str, words: Sequence[str]) -> str:
    """Say how many rows have each of these words in a column; those none has are left out."""
    said = [source.values.text(source.indicators.cell(row, column)) for row in rows]
    parts = [f"{word}{said.count(word)}个" for word in words if word in said]
    missing = len(rows) - sum(said.count(word) for word in words)
    if missing:
        parts.append(f"{gap('类别或完成情况')}{missing}个")
    return enumerated(parts)


def _completion_figure(source: _Source, rows: Sequence[str]) -> Iterator[ChartPiece]:
    rated = _rated(source, rows)
    for first in range(0, len(rated), LONGEST_FIGURE):
        part = rated[first : first + LONGEST_FIGURE]
        names = tuple(
            source.text(source.indicators.cell(row, source.indicators.name)) for row in part
        )
        rates = tuple(source.values.number(_completion(source, row)) for row in part)
        caption = f"图2 绩效指标完成率{'(续)' if first else ''}"
        yield ChartPiece(caption, names, (("完成率", rates),), percent=True)


def _rated(source: _Source, rows: Sequence[str]) -> list[str]:
    return [row for row in rows if source.values.number(_completion(source, row)) is not None]


def _where_rates_are(source: _Source, rows: Sequence[str]) -> str:
    """Say where the rates of completion are shown, and of how many indicators there is none."""
    rated = len(_rated(source, rows))
    left_out = f"(不含完成率要由人判断的{len(rows) - rated}个)" if rated < len(rows) else ""
    return f",完成率见图2{left_out}" if rated else ""


def _completion(source: _Source, row: str) -> Key:
    return source.indicators.cell(row, source.indicators.completion)


# ---------------------------------------------------------------- 二 综合评价分析


def _conclusion(source: _Source) -> Iterator[Piece]:
    (conclusion,) = source.form.of(Conclusion)
    yield Heading("(一)自评结论综述", 2)
    if source.values.is_filled(source.asked.summary):  # the figures below say the rest
        yield from source.essay(source.asked.summary)
    scored = list(source.form.of(ScoreGroup))
    groups = ";".join(_group(source, group) for group in scored)
    score = source.score(conclusion.stated, "自评总得分")
    assert conclusion.grade is not None, "the grade of a form with groups of scores"
    grade, block = source.text(conclusion.grade), scored[0].stated.block
    yield Paragraph(
        f"{groups}。自评总得分为{score},评价等级为“{grade}”。自评得分总体情况见表{source.numbers[block]}。"
    )
    yield source.table(block)


def _group(source: _Source, group: ScoreGroup) -> str:
    score = source.score(group.stated, f"{group.name}自评得分")
    points = f"(分值{number_text(Decimal(group.points))}分)"
    items = [item for item in source.form.of(ScoreItem) if item.group == group.name]
    scored = [(item, source.values.number(item.stated)) for item in items]
    reason = "扣分理由及依据"
    lost = [
        f"{item.called(source.values)}扣{number_text(short)}分"
        f"({_clause(source.text(item.reason, reason))})"
        for item, stated in scored
        if item.reason and (short := _deducted(source, item, stated)) > 0
    ]
    if any(stated is None for _, stated in scored):
        lost.append(gap("没有填得分的各项"))
    why = f",主要扣分点为:{enumerated(lost)}" if lost else ",没有扣分"
    return f"{group.name}自评得分{score}{points}{why}"


def _deducted(source: _Source, item: ScoreItem, stated: Decimal | None) -> Decimal:
    """Give how many of its points a score falls short."""
    points = item.points_in(source.values)
    if stated is None or points is None:
        return Decimal(0)
    return points - rounded(stated, MONEY_PLACES)


def _task_results(source: _Source) -> Iterator[Piece]:
    yield Heading("(二)各项工作任务绩效目标完成情况分析", 2)
    block, *columns = source.asked.tasks
    rows = source.rows(block)
    for number, row in enumerate(rows, 1):
        name, aim, result = (source.text(Key(block, row, column)) for column in columns)
        yield Heading(f"{number}.{_clause(name)}", 3)
        yield from paragraphs(f"匹配的年度绩效目标为:{_sentence(aim)}")
        yield from paragraphs(f"完成情况:{_sentence(result)}")
    if not rows:
        yield Paragraph(f"{gap('各项重点工作任务的完成情况')}。")


def _project_results(source: _Source) -> Iterator[Piece]:
    yield Heading("(三)各重点项目支出完成情况分析", 2)
    names = projects(source.values)
    for number, name in enumerate(names, 1):
        made = [table for table in source.tables.values() if table.project == name]
        yield Heading(f"{number}.{name}", 3)
        yield Paragraph(_project_sentence(source, name, made))
        yield from (as_table(table) for table in made if table.rows)
    if not names:
        yield Paragraph(f"{gap('重点项目的执行和完成情况,没有的写明没有')}。")


def _project_sentence(source: _Source, name: str, made: Sequence[Reported]) -> str:
    funds, reached = made
    (list_,) = source.form.of(ProjectFunds)
    row = next((cell.key.row for line in funds.rows for cell in line if cell.key), None)
    if row is None:
        money = f"年度预算数{gap(f'{name}的资金')}"
    else:
        budget, spent = (
            source.amount(list_.cell(row, column), f"{name}的{what}")
            for column, what in ((list_.budget, "预算数"), (list_.spent, "执行数"))
        )
        money = f"年度预算数{budget},年度预算执行数{spent}"
        rate = funds.rows[-1][-1].text
        money += f",预算完成率{rate}" if rate else ""
    count = f"设绩效指标{len(reached.rows)}个" if reached.rows else gap("该项目的绩效指标")
    shown = enumerated([f"表{table.number}" for table in made if table.rows])
    return f"{_as_project(name)}{money},{count}。" + (f"执行和完成情况见{shown}。" if shown else "")


def _as_project(name: str) -> str:
    return name if name.endswith("项目") else f"{name}项目"


# ---------------------------------------------------------------- 三 存在的主要问题


def _problems(source: _Source, unmet: Rule, exceeded: Rule) -> Iterator[Piece]:
    number = 1
    yield Heading("(一)单位自评发现的问题", 2)
    yield from source.essay(source.asked.problems)
    for title, rule, why in (
        ("部分绩效指标未完成", unmet, "未完成的原因和改进措施"),
        ("部分绩效指标完成值明显超过指标值", exceeded, "超额完成的原因"),
    ):
        gauges = list(_gauges(source, rule, why))
        if gauges:
            number += 1
            yield Heading(f"({numeral(number)}){title}", 2)
            yield from (
                Paragraph(f"{n}.{_gauge_sentence(alike)}")
                for n, alike in enumerate(_of_one_reason(gauges), 1)
            )


def _gauges(source: _Source, rule: Rule, why: str) -> Iterator[_Gauge]:
    """Give the indicators a rule finds fault with, with the unit's own reasons."""
    values, said = source.values, _explanations(source.outcome, rule)
    lists = {one.block: one for one in source.form.of(Indicators)}
    for verdict, one, case in source.form.cases:
        if one is not rule or values.text(verdict) != FAILS:
            continue
        indicators, row = lists[case.key.block], case.key.row
        reason = values.text(indicators.cell(row, indicators.reason)) or ""
        reason = said.get(case.key, "") if not reason or says_nothing(reason) else reason
        target, actual = (
            measured_text(values, indicators, indicators.cell(row, column))
            for column in (indicators.target, indicators.actual)
        )
        rate = values.number(indicators.cell(row, indicators.completion))
        name = _gauge_name(source, indicators, row)
        yield _Gauge(name, target, actual, rate, reason or gap(why))


def _explanations(outcome: Outcome, rule: Rule) -> dict[Key, str]:
    return {
        key: finding.explained
        for finding in outcome.findings
        if finding.rule is rule and finding.explained
        for key in finding.keys
    }


def _gauge_name(source: _Source, indicators: Indicators, row: str) -> str:
    name = source.text(indicators.cell(row, indicators.name), "指标名称")
    if not indicators.project:
        return f"“{name}”"
    project = source.text(indicators.cell(row, indicators.project), "项目名称")
    return f"{_as_project(project)}的“{name}”"


def _of_one_reason(gauges: Sequence[_Gauge]) -> list[list[_Gauge]]:
    """Give the indicators by their reason, which is then told once."""
    found: dict[str, list[_Gauge]] = {}
    for number, one in enumerate(gauges):
        reason = f"{one.reason}{number}" if GAP.search(one.reason) else one.reason
        found.setdefault(reason, []).append(one)
    return list(found.values())


def _gauge_sentence(alike: Sequence[_Gauge]) -> str:
    source = ";".join(map(_gauge_clause, alike))
    return f"{source}。原因:{_sentence(alike[0].reason)}"


def _gauge_clause(one: _Gauge) -> str:
    target, actual = one.target or gap("年度指标值"), one.actual or gap("年度完成值")
    rate = "" if one.rate is None else f",完成率{rate_text(one.rate)}"
    return f"{one.name}年度指标值{target},完成值{actual}{rate}"
