"""附件3 «部门整体支出绩效自评表» and its tables, edition 2022.

Wording and order follow published returns of 2022; the leaves of the score grid come from the
rubric. Amounts are 万元. Next year's form is a difference from this one, not a copy: build it
from these functions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import partial

from msgspec.structs import replace

from perfxl.expr.aggregates import ColumnSum, GroupSum, LegibleColumn, LegibleGroup, Text
from perfxl.expr.arithmetic import Ratio, Round, ShownRate, Sum
from perfxl.expr.cells import Const, Filled, IsNumber, Legible, Number
from perfxl.expr.logic import All, Some, legibly
from perfxl.expr.rounding import MONEY_PLACES, WHOLE
from perfxl.expr.tree import Expr, Key
from perfxl.form.model import (
    Block,
    Column,
    Echo,
    Form,
    Item,
    Kind,
    Row,
    Sheet,
    Thresholds,
    centred,
    label,
    open_list,
)
from perfxl.form.relations import (
    Balance,
    BudgetLine,
    ClosingBalance,
    Conclusion,
    ExecutionRate,
    Identity,
    Indicators,
    LineSum,
    Narrative,
    ProjectFunds,
    ProjectTables,
    Reference,
    ReportTable,
    ScoreGroup,
    ScoreItem,
    Signature,
    Total,
)
from perfxl.forms.levels import (
    BENEFIT,
    COST,
    COSTS,
    EXPECTED_LEVEL2,
    LEVEL1,
    LEVEL2,
    LEVELS,
    OUTPUT,
    SATISFACTION,
)
from perfxl.forms.mentions_2022 import mentions
from perfxl.rubric import scoring
from perfxl.rubric import toml as rubric_toml
from perfxl.rubric.methods import BENEFIT_COMPLETION, EXECUTION_RATE, OUTPUT_COMPLETION
from perfxl.rubric.model import Basis, Rubric, RubricItem
from perfxl.text.amounts import number_text, percent_text
from perfxl.text.quantities import QUALITATIVE
from perfxl.text.spelling import HOLLOW_WORDS, VAGUE_WORDS

ID, EDITION, YEAR = "department-2022", "1", 2022
TITLE = "部门整体支出绩效自评表"

INITIAL, ANNUAL, FINAL = (
    Column("initial", "年初预算数"),
    Column("annual", "全年预算数"),
    Column("final", "决算数"),
)
MONEY = (INITIAL, ANNUAL, FINAL)
AMOUNT = Item(
    Kind.AMOUNT, unit="万元", required=True, prompt="单位:万元,保留两位小数;没有发生额请填 0"
)
COVERED = {
    OUTPUT_COMPLETION.key: (OUTPUT, COST),
    BENEFIT_COMPLETION.key: (BENEFIT, SATISFACTION),
}
# what the text of a report counts, each by the texts of a column
COUNTED_LEVELS = (
    *(("level1", (name,)) for name in (OUTPUT, BENEFIT, SATISFACTION)),
    *(("level2", COSTS if name == COST else (name,)) for name in LEVEL2),
)
SYMBOLS = ("≥", ">", "=", "≤", "<", QUALITATIVE)
ACCOUNT = Item(Kind.LONG, required=True, hollow=HOLLOW_WORDS)
EXPLAIN = Item(Kind.LONG, prompt="写明具体原因和下一步措施")

OFFERED = {"duties": 20, "offices": 20, "tasks": 20, "indicators": 60, "projects": 40}
OFFERED_PROJECT_INDICATORS = 40

INCOME_LINES = (
    ("general", "一、一般公共预算财政拨款收入"),
    ("fund", "二、政府性基金预算财政拨款收入"),
    ("capital", "三、国有资本经营预算财政拨款收入"),
    ("superior", "四、上级补助收入"),
    ("service", "五、事业收入"),
    ("business", "六、经营收入"),
    ("subsidiary", "七、附属单位上缴收入"),
    ("other", "八、其他收入"),
)
INCOME_BALANCING = (
    ("surplus_used", "使用非财政拨款结余"),
    ("brought_forward", "年初结转和结余"),
)
COST_LINES = (
    ("basic", "一、基本支出"),
    ("project", "二、项目支出"),
    ("superior", "三、上缴上级支出"),
    ("business", "四、经营支出"),
    ("subsidiary", "五、对附属单位补助支出"),
)
COST_BALANCING = (
    ("distributed", "结余分配"),
    ("carried_forward", "年末结转和结余"),
)
SIGNED = {"distributed"}  # a loss of the year may be made good
Lines = Sequence[tuple[str, str]]


def _sum(*keys: Key) -> Expr:
    return Sum(tuple(map(Number, keys)))


def _total(*keys: Key) -> Expr:
    return legibly(Legible(keys), Round(_sum(*keys), MONEY_PLACES))


def _rate(part: Expr, whole: Expr, cells: Sequence[Key], *borders: Decimal) -> Item:
    """Give a rate of figures that are not rounded yet and stand in these `cells`.

    Beside 1 it is held against `borders`.
    """
    rate = ShownRate(Ratio(part, whole), (WHOLE, *borders))
    return Item(Kind.RATE, formula=legibly(Legible(tuple(cells)), rate))


def _value_row(key: str, wording: str, item: Item, how: str = "") -> Row:
    # all on the left, whatever they hold
    look = item.look if item.kind is Kind.LONG else "entry"
    item = replace(item, look=look, prompt=how or item.prompt)
    return Row(key, wording, {"label": label(wording), "value": item})


YEAR_LINE = '"("0"年度)";;"(年度)";"("@"年度)"'
NAME_LINE = '"填报单位:"@'
DATE_LINE = '"填报日期:"yyyy"年"m"月"d"日";;"填报日期:";"填报日期:"@'
BY_HAND = (" " * 24).join(("填表人(签字):", "单位负责人(签字):", "单位(公章):", ""))
_VALUE_COLUMNS = (Column("label", "项目", 7), Column("value", "填报内容"))


# ---------------------------------------------------------------- 附件3


def _unit_block() -> Block:
    rows = (
        _value_row("name", "单位名称", Item(Kind.TEXT, required=True), "填单位全称"),
        _value_row("code", "单位代码", Item(Kind.CODE, required=True), "填预算单位代码"),
        _value_row("department", "主管部门", Item(Kind.TEXT), "没有主管部门的可不填"),
        _value_row("year", "年度", Item(Kind.NUMBER, required=True), "自评所属年度,四位数字"),
        _value_row("goal", "年度整体绩效目标", ACCOUNT, "与批复的绩效目标一致"),
        _value_row("result", "整体绩效目标完成情况", ACCOUNT, "对照目标逐项说明"),
        _value_row("shortfall", "未能完成原因", Item(Kind.LONG), "全部完成的可不填"),
    )
    return Block("unit", "一、基本情况", _VALUE_COLUMNS, rows)


def _funds_block(rubric: Rubric) -> Block:
    judged_by = (rubric.limits.execution, *(cap.below for cap in rubric.caps))

    def line(key: str, wording: str, items: dict[str, Item], sums: list[Expr]) -> Row:
        cells = [Key("funds", key, column) for column in items]
        budget, spent = sums
        rate = _rate(spent, budget, cells, *judged_by)
        return Row(key, wording, {"label": label(wording), **items, "rate": rate})

    def linked(key: str, wording: str, block: str, *rows: str) -> Row:
        parts = {c: [Key(block, row, c) for row in rows] for c in ("annual", "final")}
        items = {
            c: Item(Kind.AMOUNT, unit="万元", formula=_total(*keys)) for c, keys in parts.items()
        }
        sums = [_sum(*keys) for keys in parts.values()]
        return line(key, wording, items, sums)

    def typed(key: str, wording: str) -> Row:
        items = {"annual": AMOUNT, "final": AMOUNT}
        stated: list[Expr] = [Number(Key("funds", key, column)) for column in items]
        return line(key, wording, items, stated)

    rows = (
        linked("grants", "按资金来源:财政拨款", "income", "general", "fund", "capital"),
        linked(
            "own",
            "按资金来源:其他资金",
            "income",
            "superior",
            "service",
            "business",
            "subsidiary",
            "other",
        ),
        linked("brought", "按资金来源:结转结余", "income", *(key for key, _ in INCOME_BALANCING)),
        typed("income", "收入总计(按决算报表填列)"),
        linked("basic", "按支出类型:基本支出", "cost", "basic"),
        linked("project", "按支出类型:项目支出", "cost", "project"),
        linked("others", "按支出类型:其他支出", "cost", "superior", "business", "subsidiary"),
        linked("spent", "本年支出合计", "cost", *(key for key, _ in COST_LINES)),
        linked("carried", "按支出类型:年末结转结余", "cost", *(key for key, _ in COST_BALANCING)),
        typed("cost", "支出总计(按决算报表填列)"),
    )
    columns = (
        Column("label", "项目", 4),
        ANNUAL,
        FINAL,
        Column("rate", "支出率", 3),
    )
    return Block("funds", "二、年度部门整体支出规模(万元)", columns, rows)


def _grid_block(rubric: Rubric) -> Block:
    rows = [_grid_row(item) for item in rubric.items]
    total = {
        "level1": label("合计"),
        "points": centred(f"{rubric.points:f}"),
        "score": Item(Kind.SCORE, unit="分", formula=_total(*_grid_keys(rubric.items, "score"))),
        "low": Item(Kind.SCORE, unit="分", formula=_total(*_grid_keys(rubric.items, "low"))),
        "high": Item(Kind.SCORE, unit="分", formula=_total(*_grid_keys(rubric.items, "high"))),
    }
    rows.append(Row("total", "合计", total))
    rows += _capped_rows(rubric)
    columns = (
        Column("level1", "一级指标", grouped=True),
        Column("level2", "二级指标", grouped=True),
        Column("name", "三级指标"),
        Column("points", "分值"),
        Column("standard", "评分标准", 2),
        Column("score", "自评得分"),
        Column("reason", "扣分理由及依据"),
        Column("evidence", "佐证材料"),
        Column("low", "测算得分(低)", aside=True),
        Column("high", "测算得分(高)", aside=True),
    )
    title = f"三、评分({rubric.notice})" if rubric.notice else "三、评分"
    return Block("scores", title, columns, tuple(rows))


def _capped_rows(rubric: Rubric) -> list[Row]:
    """Give the row with the total as a low execution rate caps it, where the rubric has caps."""
    if not rubric.caps:
        return []
    rate = Key("funds", "spent", "rate")
    whole = {column: Key("scores", "total", column) for column in SUMMED}
    formulas = {
        "score": scoring.capped_total(whole["score"], rate, rubric.caps),
        "low": scoring.capped_bound(whole["low"], rate, rubric.caps, highest=False),
        "high": scoring.capped_bound(whole["high"], rate, rubric.caps, highest=True),
    }
    steps = ",".join(
        f"低于{percent_text(cap.below)}的最高{number_text(cap.highest)}分" for cap in rubric.caps
    )
    cells = {
        "level1": label("封顶后合计"),
        "standard": label(f"本年支出率{steps}"),
        **{column: Item(Kind.SCORE, unit="分", formula=f) for column, f in formulas.items()},
    }
    return [Row("capped", "封顶后合计", cells)]


def _grand_total(rubric: Rubric, column: str) -> Key:
    """Give the cell of the grid that the unit's total is held against."""
    return Key("scores", "capped" if rubric.caps else "total", column)


def _grid_keys(items: Sequence[RubricItem], column: str) -> tuple[Key, ...]:
    return tuple(Key("scores", item.key, column) for item in items)


def _grid_row(item: RubricItem) -> Row:
    score, reason = Key("scores", item.key, "score"), Key("scores", item.key, "reason")
    low, high = (_bound(item, score, reason, highest) for highest in (False, True))
    cells = {
        "level1": label(item.level1),
        "level2": label(item.level2),
        "name": label(item.name),
        "points": centred(f"{item.points:f}"),
        "standard": label(item.wording),
        "score": Item(
            Kind.SCORE,
            unit="分",
            most=item.points,
            required=True,
            prompt=item.prompt,
        ),
        "reason": Item(Kind.LONG, prompt="自评得分低于分值的,写明扣分理由及依据"),
        "evidence": Item(Kind.LONG, prompt="填写佐证材料名称或编号"),
        "low": Item(Kind.SCORE, unit="分", formula=low),
        "high": Item(Kind.SCORE, unit="分", formula=high),
    }
    return Row(item.key, item.name, cells)


def _bound(item: RubricItem, score: Key, reason: Key, highest: bool) -> Expr:
    """Give a bound of the score of a leaf: from the tables, or the self-score where it stands."""
    if item.method.support:
        return item.method.support(item, _basis(), highest)
    return scoring.own_score(item, score, reason, highest)


def _basis() -> Basis:
    spent, budget = (
        _sum(*(Key("cost", row, column) for row, _ in COST_LINES)) for column in ("final", "annual")
    )
    return Basis(
        indicators="indicators",
        covered=COVERED,
        spent=spent,
        budget=budget,
        funds=tuple(Key("funds", "spent", column) for column in ("final", "annual")),
    )


def _conclusion_block(rubric: Rubric) -> Block:
    grades = tuple(name for name, _ in rubric.grades)
    capped = ",按支出率封顶" if rubric.caps else ""
    scale = "、".join(f"{name}≥{lowest:f}" for name, lowest in rubric.grades[:-1])
    score = Item(
        Kind.SCORE,
        unit="分",
        most=rubric.points,
        required=True,
    )
    rows = (
        _value_row("score", "自评总得分", score, f"等于各三级指标自评得分之和{capped}"),
        _value_row("grade", "评价等级", Item(Kind.CHOICE, required=True, choices=grades), scale),
        _value_row("filler", "填表人", Item(Kind.TEXT, required=True)),
        _value_row("phone", "联系电话", Item(Kind.CODE, required=True)),
        _value_row("date", "填报日期", Item(Kind.DATE, required=True), "格式如 2023-04-10"),
        _value_row("leader", "单位负责人", Item(Kind.TEXT, required=True)),
    )
    return Block("conclusion", "四、自评结论与签章", _VALUE_COLUMNS, rows, kept=True)


# ---------------------------------------------------------------- 表1-1, 1-2, 文字


def _simple_list(
    key: str, title: str, columns: Sequence[tuple[Column, Item]], needed: str
) -> Block:
    def pattern(row: str) -> Row:
        cells = {column.key: item for column, item in columns}
        return Row(row, f"序号{int(row)}", {"seq": centred(str(int(row))), **cells})

    heads = (Column("seq", "序号"), *(column for column, _ in columns))
    return open_list(key, title, heads, pattern, OFFERED[key], needed=needed, filtered=True)


def _profile_sheet() -> Sheet:
    duties = ((Column("text", "职责内容"), ACCOUNT),)
    offices = ((Column("text", "机构名称"), Item(Kind.TEXT, required=True)),)
    return Sheet(
        "profile",
        "表1-1 职责机构",
        "表1-1 部门主要职责和内设机构",
        (
            _simple_list("duties", "主要职责", duties, "text"),
            _simple_list("offices", "内设机构", offices, ""),
        ),
        (6, 84),
        portrait=True,
    )


def _tasks_sheet() -> Sheet:
    columns = (
        (Column("name", "任务名称"), replace(ACCOUNT, kind=Kind.TEXT)),
        (Column("goal", "匹配的年度绩效目标"), ACCOUNT),
        (Column("result", "完成情况"), ACCOUNT),
    )
    return Sheet(
        "tasks",
        "表1-2 重点任务",
        "表1-2 年度重点工作任务",
        (_simple_list("tasks", "重点工作任务", columns, "name"),),
        (5, 23, 50, 50),
    )


def _texts_sheet() -> Sheet:
    essay = replace(ACCOUNT, look="essay")
    rows = [
        Row(key, wording, {"label": label(wording), "value": item})
        for key, wording, item in (
            ("achievements", "主要工作成效", essay),
            ("problems", "存在的主要问题", replace(essay, hollow=VAGUE_WORDS)),
            ("measures", "下一步改进措施", essay),
            ("summary", "自评结论综述", essay),
        )
    ]
    columns = (Column("label", "项目"), Column("value", "内容"))
    block = Block("texts", "文字说明", columns, tuple(rows), headed=False)
    return Sheet("texts", "文字部分", "文字部分", (block,), (13, 78), portrait=True, frozen=False)


# ---------------------------------------------------------------- 表1-3, 1-4


def _money_block(
    key: str, title: str, this_year: str, grand: str, lines: Lines, rest: Lines
) -> Block:
    def typed(row: str, wording: str) -> Row:
        item = replace(AMOUNT, signed=row in SIGNED)
        return Row(row, wording, {"label": label(wording), **{c.key: item for c in MONEY}})

    def summed(row: str, wording: str, *parts: str) -> Row:
        sums = {
            c.key: Item(
                Kind.AMOUNT, unit="万元", formula=_total(*(Key(key, p, c.key) for p in parts))
            )
            for c in MONEY
        }
        return Row(row, wording, {"label": label(wording), **sums})

    rows = (
        *(typed(*line) for line in lines),
        summed("this_year", this_year, *(row for row, _ in lines)),
        *(typed(*line) for line in rest),
        summed("total", grand, *(row for row, _ in (*lines, *rest))),
    )
    return Block(key, title, (Column("label", "项目"), *MONEY), rows)


def _income_sheet() -> Sheet:
    block = _money_block(
        "income", "部门总收入", "本年收入合计", "收入总计", INCOME_LINES, INCOME_BALANCING
    )
    return Sheet(
        "income",
        "表1-3 收入",
        "表1-3 部门总收入统计表",
        (block,),
        (36, 17, 17, 17),
        "单位:万元",
        portrait=True,
    )


def _cost_sheet() -> Sheet:
    block = _money_block(
        "cost", "部门总支出", "本年支出合计", "支出总计", COST_LINES, COST_BALANCING
    )
    title = "表1-4 部门总支出统计表(按支出性质和经济分类)"
    return Sheet(
        "cost", "表1-4 支出", title, (block,), (36, 17, 17, 17), "单位:万元", portrait=True
    )


# ---------------------------------------------------------------- 表1-5, 2-1, 2-2, 2-3

VALUE_PROMPT = "只填数值,符号和单位另填;单位为%时 95% 填 95;是日期的写明年月日;定性指标可填文字"


def _indicator_row(rubric: Rubric, row: str) -> Row:
    def key(column: str) -> Key:
        return Key("indicators", row, column)

    symbol, target, actual = key("symbol"), key("target"), key("actual")
    rate, status = key("completion"), key("status")
    typed = ("level1", "level2", "name", "symbol", "target", "unit", "actual", "status")
    used = Some(tuple(Filled(key(column)) for column in typed))
    counts = All((Legible((key("level1"),), LEVEL1), Legible((key("weight"),))))
    share = scoring.capped_share(symbol, target, actual, rate)
    low = scoring.capped_completion(rate, share, status, used, counts, rubric.tiers)
    high = scoring.highest_completion(rate, key("low"), status, symbol, rubric.tiers)
    return Row(
        row,
        f"序号{int(row)}",
        {
            "seq": centred(str(int(row))),
            "level1": Item(Kind.CHOICE, required=True, choices=LEVEL1),
            "level2": Item(Kind.CHOICE, required=True, choices=LEVEL2),
            "name": Item(Kind.TEXT, required=True),
            **_measured("indicators", row, rubric.limits),
            "status": Item(Kind.CHOICE, required=True, choices=scoring.STATUSES),
            "weight": Item(Kind.NUMBER, prompt="可不填;要填就每个指标都填,合计 100"),
            "reason": EXPLAIN,
            "low": Item(Kind.RATE, formula=low),
            "high": Item(Kind.RATE, formula=high),
        },
    )


def _measured(block: str, row: str, limits: Thresholds) -> dict[str, Item]:
    """Give symbol, target, unit, actual and completion of an indicator."""
    columns = ("name", "symbol", "target", "unit", "actual")
    name, symbol, target, unit, actual = (Key(block, row, column) for column in columns)
    numeric = IsNumber(target)
    return {
        "symbol": Item(Kind.CHOICE, required=numeric, choices=SYMBOLS, implied=True),
        "target": Item(Kind.VALUE, required=True, prompt=VALUE_PROMPT),
        "unit": Item(Kind.TEXT, required=numeric, prompt="如:个、场、人次、%、万元"),
        "actual": Item(Kind.VALUE, required=True, prompt=VALUE_PROMPT),
        "completion": Item(
            Kind.RATE, formula=scoring.completion(name, symbol, target, unit, actual, limits)
        ),
    }


def _indicators_sheet(rubric: Rubric) -> Sheet:
    columns = (
        Column("seq", "序号"),
        Column("level1", "一级指标", spanning=True),
        Column("level2", "二级指标", spanning=True),
        Column("name", "三级指标"),
        Column("symbol", "符号"),
        Column("target", "年度指标值"),
        Column("unit", "计量单位"),
        Column("actual", "年度完成值"),
        Column("completion", "完成率"),
        Column("status", "完成情况"),
        Column("weight", "权重"),
        Column("reason", "偏差原因及改进措施"),
        Column("low", "完成率下限", hidden=True),
        Column("high", "完成率上限", hidden=True),
    )
    block = open_list(
        "indicators",
        "年度绩效指标",
        columns,
        partial(_indicator_row, rubric),
        OFFERED["indicators"],
        needed="name",
        filtered=True,
    )
    widths = (5, 10, 10, 22, 6, 11, 8, 13, 9, 9, 5, 19, 8, 8)
    return Sheet("indicators", "表1-5 绩效指标", "表1-5 部门年度绩效指标完成情况", (block,), widths)


def _summary_sheet(rubric: Rubric) -> Sheet:
    rows = [
        _summary_row(f"group{n}", name, _points(items), {c: _grid_keys(items, c) for c in SUMMED})
        for n, (name, items) in enumerate(rubric.groups().items(), 1)
    ]
    last = "capped" if rubric.caps else ""
    whole = {c: (Key("scores", last, c),) if last else _grid_keys(rubric.items, c) for c in SUMMED}
    grade = {
        "label": label("评价等级"),
        "score": Item(Kind.TEXT, formula=Text(Key("conclusion", "grade"))),
    }
    columns = (
        Column("label", "评价因素"),
        Column("points", "分值(分)"),
        Column("score", "评价得分(分)"),
        Column("rate", "得分率(%)"),
        Column("low", "测算得分(低)", aside=True),
        Column("high", "测算得分(高)", aside=True),
    )
    total = _summary_row("total", "评价总得分", rubric.points, whole)
    block = Block("summary", "自评得分", columns, (*rows, total, Row("grade", "评价等级", grade)))
    title = "表2-1 部门整体支出绩效自评得分总体情况"
    widths = (28, 18, 18, 18, 13, 13)
    return Sheet(
        "summary", "表2-1 得分", title, (block,), widths, "本表由附件3 自动取数", portrait=True
    )


SUMMED = ("score", "low", "high")


def _points(items: Sequence[RubricItem]) -> Decimal:
    return sum((item.points for item in items), Decimal(0))


def _summary_row(
    key: str, wording: str, points: Decimal, parts: Mapping[str, tuple[Key, ...]]
) -> Row:
    score, low, high = (
        Item(Kind.SCORE, unit="分", formula=_total(*parts[column])) for column in SUMMED
    )
    stated = _sum(*parts["score"])
    cells = {
        "label": label(wording),
        "points": centred(f"{points:f}"),
        "score": score,
        "rate": _rate(stated, Const(points), (Key("summary", key, "score"),)),
        "low": low,
        "high": high,
    }
    return Row(key, wording, cells)


def _project_sum(column: str, row: str) -> Item:
    """Give the sum of a project's rows, shown on the first of them."""
    total = GroupSum("projects", column, "name", row)
    return Item(
        Kind.AMOUNT, unit="万元", formula=legibly(LegibleGroup(total), Round(total, MONEY_PLACES))
    )


def _project_row(row: str) -> Row:
    budget, spent = Key("projects", row, "budget"), Key("projects", row, "spent")
    return Row(
        row,
        f"序号{int(row)}",
        {
            "seq": centred(str(int(row))),
            "name": Item(
                Kind.TEXT, required=True, prompt="同一项目有几个资金来源的,每行都写项目名称"
            ),
            "source": Item(Kind.TEXT, required=True),
            "budget": AMOUNT,
            "spent": AMOUNT,
            "rate": _rate(Number(spent), Number(budget), (spent, budget)),
            "project_budget": _project_sum("budget", row),
            "project_spent": _project_sum("spent", row),
        },
    )


def _projects_sheet() -> Sheet:
    columns = (
        Column("seq", "序号"),
        Column("name", "项目名称", spanning=True),
        Column("source", "资金来源", spanning=True),
        Column("budget", "年度预算数"),
        Column("spent", "年度预算执行数"),
        Column("rate", "预算完成率"),
        Column("project_budget", "本项目预算合计", aside=True),
        Column("project_spent", "本项目执行合计", aside=True),
    )
    spent, budget = (ColumnSum("projects", column) for column in ("spent", "budget"))
    sums = {
        one.column: Item(
            Kind.AMOUNT,
            unit="万元",
            formula=legibly(LegibleColumn("projects", one.column), Round(one, MONEY_PLACES)),
        )
        for one in (budget, spent)
    }
    rate = _rate(spent, budget, [Key("projects_total", "total", column) for column in sums])
    total = Row("total", "重点项目合计", {"label": label("合计"), **sums, "rate": rate})
    head = (Column("label", "项目", 3), *columns[3:6])
    return Sheet(
        "projects",
        "表2-2 项目预算",
        "表2-2 重点项目预算执行情况",
        (
            Block("projects_total", "全部重点项目", head, (total,)),
            open_list(
                "projects",
                "重点项目资金",
                columns,
                _project_row,
                OFFERED["projects"],
                filtered=True,
            ),
        ),
        (5, 25, 20, 14, 14, 11, 15, 15),
        "单位:万元;每个项目的每个资金来源填一行",
        portrait=True,
        frozen=False,
    )


def _project_indicator_row(limits: Thresholds, row: str) -> Row:
    return Row(
        row,
        f"序号{int(row)}",
        {
            "seq": centred(str(int(row))),
            "project": Item(Kind.TEXT, required=True),
            "name": Item(Kind.TEXT, required=True),
            **_measured("project_indicators", row, limits),
            "stated_rate": Item(
                Kind.RATE, required=True, prompt="按实际填,超过 100% 的照写,如 105.26%"
            ),
            "reason": EXPLAIN,
        },
    )


def _project_indicators_sheet(limits: Thresholds) -> Sheet:
    columns = (
        Column("seq", "序号"),
        Column("project", "项目名称", spanning=True),
        Column("name", "指标名称"),
        Column("symbol", "符号"),
        Column("target", "年度指标值"),
        Column("unit", "计量单位"),
        Column("actual", "实际完成指标值"),
        Column("stated_rate", "完成率"),
        Column("completion", "核算完成率"),
        Column("reason", "偏差原因及改进措施"),
    )
    block = open_list(
        "project_indicators",
        "项目指标",
        columns,
        partial(_project_indicator_row, limits),
        OFFERED_PROJECT_INDICATORS,
        filtered=True,
    )
    widths = (5, 19, 23, 6, 13, 8, 15, 9, 9, 22)
    title = "表2-3 重点项目指标完成情况"
    return Sheet("project_indicators", "表2-3 项目指标", title, (block,), widths)


# ---------------------------------------------------------------- the whole


def _line_sum(block: str, column: str, lines: Lines, balancing: Lines) -> LineSum:
    def keys(rows: Lines) -> tuple[Key, ...]:
        return tuple(Key(block, row, column) for row, _ in rows)

    rest = keys(balancing)
    return LineSum(Key(block, "total", column), (*keys(lines), *rest), rest)


def _money_relations() -> list[object]:
    found: list[object] = []
    for column in MONEY:
        income = _line_sum("income", column.key, INCOME_LINES, INCOME_BALANCING)
        cost = _line_sum("cost", column.key, COST_LINES, COST_BALANCING)
        balance = ClosingBalance if column is FINAL else Balance
        found.append(balance(column.key, income, cost))
        if column is not INITIAL:
            found.append(Total(Key("funds", "income", column.key), income))
            found.append(Total(Key("funds", "cost", column.key), cost))
    for block, lines in (("income", INCOME_LINES), ("cost", COST_LINES)):
        found += (BudgetLine(*(Key(block, row, c.key) for c in MONEY)) for row, _ in lines)
    found.append(ExecutionRate(Key("funds", "spent", "rate")))
    found.append(
        ProjectFunds(
            block="projects",
            project="name",
            budget="project_budget",
            spent="project_spent",
            total=Key("projects_total", "total", "spent"),
            ceiling=Key("cost", "project", "final"),
        )
    )
    return found


def _indicator_relations(rubric: Rubric) -> list[object]:
    indicators = Indicators(
        block="indicators",
        name="name",
        symbol="symbol",
        target="target",
        unit="unit",
        actual="actual",
        completion="completion",
        reason="reason",
    )
    return [
        replace(
            indicators,
            status="status",
            group="level1",
            category="level2",
            categories=EXPECTED_LEVEL2,
            levels=LEVELS,
            weight="weight",
            weights=_whole_weights(rubric),
            best="high",
        ),
        replace(
            indicators,
            block="project_indicators",
            stated_rate="stated_rate",
            project="project",
            of_projects=True,
        ),
        Reference("project_indicators", "project", ("projects", "name")),
    ]


def _whole_weights(rubric: Rubric) -> tuple[str, ...]:
    """Give what weights may come to: 100, or without the points that the execution rate earns.

    The national scheme weighs the rate as one indicator more.
    """
    rates = [item.points for item in rubric.items if item.method == EXECUTION_RATE]
    without = 100 - 100 * sum(rates, Decimal(0)) / rubric.points
    return tuple(dict.fromkeys(("100", number_text(without))))


def _score_relations(rubric: Rubric) -> list[object]:
    def grid(row: str, column: str) -> Key:
        return Key("scores", row, column)

    leaves = [
        ScoreItem(
            group=item.level1,
            name=item.name,
            points=f"{item.points:f}",
            stated=grid(item.key, "score"),
            reason=grid(item.key, "reason"),
            low=grid(item.key, "low"),
            high=grid(item.key, "high"),
            computed=item.computed,
            evidence=item.evidence,
            material=grid(item.key, "evidence"),
            covers=COVERED.get(item.method.key, ()),
        )
        for item in rubric.items
    ]
    groups = [
        ScoreGroup(
            name=name,
            points=f"{_points(items):f}",
            stated=Key("summary", f"group{n}", "score"),
            low=Key("summary", f"group{n}", "low"),
            high=Key("summary", f"group{n}", "high"),
        )
        for n, (name, items) in enumerate(rubric.groups().items(), 1)
    ]
    conclusion = Conclusion(
        stated=Key("conclusion", "score"),
        grade=Key("conclusion", "grade"),
        total=_grand_total(rubric, "score"),
        low=_grand_total(rubric, "low"),
        high=_grand_total(rubric, "high"),
        grades=tuple((name, f"{lowest:f}") for name, lowest in rubric.grades),
        uncapped=grid("total", "score") if rubric.caps else None,
    )
    return [*leaves, *groups, conclusion]


def _report_relations(rubric: Rubric) -> list[object]:
    """Give the tables of the report that goes with the form, as published reports number them."""

    def money(number: str, title: str, block: str, lines: Lines, rest: Lines) -> ReportTable:
        columns = (("项目", "label"), *((column.label, column.key) for column in MONEY))
        keys = (*(key for key, _ in lines), "this_year", *(key for key, _ in rest), "total")
        return ReportTable(number=number, title=title, block=block, columns=columns, rows=keys)

    indicators = (
        ("一级指标", "level1"),
        ("二级指标", "level2"),
        ("三级指标", "name"),
        ("年度指标值", "target"),
        ("年度完成值", "actual"),
        ("完成情况", "status"),
    )
    scores = (
        ("评价因素", "label"),
        ("分值(分)", "points"),
        ("评价得分(分)", "score"),
        ("得分率(%)", "rate"),
    )
    funds = (
        ("资金来源", "source"),
        ("年度预算数(万元)", "budget"),
        ("年度预算执行数(万元)", "spent"),
        ("预算完成率(%)", "rate"),
    )
    reached = (
        ("指标名称", "name"),
        ("年度指标值", "target"),
        ("实际完成指标值", "actual"),
        ("完成率(%)", "stated_rate"),
    )
    groups = tuple(f"group{n}" for n in range(1, len(rubric.groups()) + 1))
    duties = (("序号", "seq"), ("职责内容", "text"))
    essays = ("achievements", "problems", "measures", "summary")
    narrative = Narrative(
        Key("unit", "goal"),
        Key("unit", "result"),
        "duties",
        ("offices", "text"),
        ("tasks", "name", "goal", "result"),
        (Key("cost", "this_year", ANNUAL.key), Key("cost", "this_year", FINAL.key)),
        (
            ("收入总计", Key("income", "total")),
            ("支出总计", Key("cost", "total")),
            ("基本支出", Key("cost", "basic")),
            ("项目支出", Key("cost", "project")),
        ),
        *(Key("texts", row) for row in essays),
    )
    return [
        narrative,
        ReportTable(number="1-1", title="部门主要职责", block="duties", columns=duties),
        money("1-3", "部门总收入统计表", "income", INCOME_LINES, INCOME_BALANCING),
        money("1-4", "部门总支出统计表(按支出性质和经济分类)", "cost", COST_LINES, COST_BALANCING),
        ReportTable(
            number="1-5",
            title="部门年度绩效指标完成情况",
            block="indicators",
            columns=indicators,
            naming=3,
        ),
        ReportTable(
            number="2-1",
            title="部门整体支出绩效自评得分总体情况",
            block="summary",
            columns=scores,
            rows=(*groups, "total"),
        ),
        ProjectTables(
            "2-2",
            ReportTable(number="", title="{}预算执行情况", block="projects", columns=funds),
            ReportTable(
                number="", title="{}指标完成情况", block="project_indicators", columns=reached
            ),
        ),
    ]


def department_2022(rubric: Rubric) -> Form:
    """Give the form with the score grid of this rubric (without cover and live checks)."""
    grid = Sheet(
        "main",
        "附件3 自评表",
        TITLE,
        (_unit_block(), _funds_block(rubric), _grid_block(rubric), _conclusion_block(rubric)),
        (6, 7, 19, 5, 17, 17, 8, 36, 14, 9, 9),
        annex="附件3",
        heading=(
            (Echo(Key("unit", "year", "value"), YEAR_LINE),),
            (
                Echo(Key("unit", "name", "value"), NAME_LINE),
                Echo(Key("conclusion", "date", "value"), DATE_LINE),
            ),
        ),
        closing=BY_HAND,
        frozen=False,
    )
    sheets = (
        grid,
        _profile_sheet(),
        _tasks_sheet(),
        _income_sheet(),
        _cost_sheet(),
        _indicators_sheet(rubric),
        _summary_sheet(rubric),
        _projects_sheet(),
        _project_indicators_sheet(rubric.limits),
        _texts_sheet(),
    )
    relations = (
        Identity(*(Key("unit", row) for row in ("name", "code", "year", "department"))),
        Signature(Key("conclusion", "date"), Key("conclusion", "phone")),
        *_money_relations(),
        *_indicator_relations(rubric),
        *_score_relations(rubric),
        *_report_relations(rubric),
        *mentions(_grand_total(rubric, "score"), COUNTED_LEVELS),
    )
    return Form(
        ID,
        EDITION,
        TITLE,
        sheets,
        relations,
        year=YEAR,
        rubric=rubric.id,
        rubric_mark=rubric_toml.fingerprint(rubric),
        limits=rubric.limits,
    )
