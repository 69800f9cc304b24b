"""The smallest form that has one of everything a rule can speak of.

Rules carry their good and bad example as answers on this form, so no rule knows a real one. It is
also a short worked example of how a form is declared.
"""

from __future__ import annotations

from decimal import Decimal
from functools import cache

from perfxl.expr.aggregates import ColumnSum, GroupSum, LegibleColumn, LegibleGroup
from perfxl.expr.arithmetic import Ratio, Round, ShownRate, Sum
from perfxl.expr.cells import Filled, IsNumber, Legible, Number
from perfxl.expr.logic import All, Some, legibly
from perfxl.expr.rounding import WHOLE
from perfxl.expr.tree import Key
from perfxl.form.drawing import DrawnCell, DrawnSheet
from perfxl.form.model import (
    Block,
    Column,
    Form,
    Item,
    Kind,
    Row,
    Sheet,
    Thresholds,
    label,
    open_list,
)
from perfxl.form.relations import (
    BudgetLine,
    ClosingBalance,
    Conclusion,
    ExecutionRate,
    Identity,
    Indicators,
    LineSum,
    Mention,
    OwnText,
    ProjectFunds,
    Reference,
    ReportTable,
    ScoreItem,
    Signature,
    Total,
)
from perfxl.rubric import scoring
from perfxl.rubric.model import Tiers
from perfxl.text.spelling import HOLLOW_WORDS

LABEL, VALUE = Column("label", "项目"), Column("value", "内容")
FINAL, ANNUAL, INITIAL = (
    Column("final", "决算数"),
    Column("annual", "全年预算数"),
    Column("initial", "年初预算数"),
)
MONEY = Item(Kind.AMOUNT, unit="万元", required=True)
LEVELS = (("产出指标", ("数量指标", "质量指标")), ("效益指标", ("社会效益指标",)))
GRADES = (("优", "90"), ("良", "80"), ("差", "0"))


def _line(key: str, label: str, **items: Item) -> Row:
    return Row(key, label, {"label": Item(Kind.LABEL, label), **items})


def _sum(block: str, *rows: str) -> Item:
    lines = tuple(Key(block, row, "final") for row in rows)
    total = Round(Sum(tuple(map(Number, lines))), 2)
    return Item(Kind.AMOUNT, unit="万元", formula=legibly(Legible(lines), total))


def _money() -> Sheet:
    lines = (
        _line("grant", "财政拨款", initial=MONEY, annual=MONEY, final=MONEY),
        _line("other", "其他收入", final=MONEY),
        _line("carried", "年初结转", final=MONEY),
        _line("total", "收入总计", final=_sum("income", "grant", "other", "carried")),
    )
    costs = (
        _line("basic", "基本支出", final=MONEY),
        _line("project", "项目支出", final=MONEY),
        _line("left", "年末结转", final=MONEY),
        _line("total", "支出总计", final=_sum("cost", "basic", "project", "left")),
    )
    spent, budget = (Key("income", "grant", column) for column in ("final", "annual"))
    ratio = ShownRate(Ratio(Number(spent), Number(budget)), (WHOLE, Thresholds().execution))
    rate = legibly(Legible((spent, budget)), ratio)
    stated = (
        _line("income", "收入总计(填报)", value=MONEY),
        _line("cost", "支出总计(填报)", value=MONEY),
        _line("rate", "支出率", value=Item(Kind.RATE, formula=rate)),
    )
    money = (LABEL, INITIAL, ANNUAL, FINAL)
    blocks = (
        Block("income", "收入", money, lines),
        Block("cost", "支出", (LABEL, FINAL), costs),
        Block("stated", "填报", (LABEL, VALUE), stated, headed=False),
    )
    return Sheet("money", "收支", "收支", blocks, (24, 14, 14, 14))


def _indicator(row: str) -> Row:
    measured = ("name", "symbol", "target", "unit", "actual", "completion", "status")
    name, symbol, target, unit, actual, rate, status = (
        Key("indicators", row, column) for column in measured
    )
    completion = scoring.completion(name, symbol, target, unit, actual, Thresholds())
    share = scoring.capped_share(symbol, target, actual, rate)
    used = Some((Filled(name), Filled(target)))
    symbols = ("≥", "=", "≤", "定性")
    group, weight = (Key("indicators", row, column) for column in ("level1", "weight"))
    groups = tuple(level for level, _ in LEVELS)
    counts = All((Legible((group,), groups), Legible((weight,))))
    low = scoring.capped_completion(rate, share, status, used, counts, Tiers())
    high = scoring.highest_completion(rate, Key("indicators", row, "low"), status, symbol, Tiers())
    items = {
        "name": Item(Kind.TEXT, required=True),
        "symbol": Item(Kind.CHOICE, choices=symbols, required=IsNumber(target), implied=True),
        "target": Item(Kind.VALUE, required=True),
        "unit": Item(Kind.TEXT),
        "actual": Item(Kind.VALUE, required=True),
        "completion": Item(Kind.RATE, formula=completion),
        "stated_rate": Item(Kind.RATE),
        "status": Item(Kind.CHOICE, choices=scoring.STATUSES),
        "reason": Item(Kind.LONG),
        "level1": Item(Kind.CHOICE, choices=groups),
        "level2": Item(Kind.CHOICE, choices=tuple(kind for _, kinds in LEVELS for kind in kinds)),
        "project": Item(Kind.TEXT),
        "weight": Item(Kind.NUMBER),
        "low": Item(Kind.RATE, formula=low),
        "high": Item(Kind.RATE, formula=high),
    }
    return Row(row, f"第{int(row)}行", items)


INDICATOR_COLUMNS = tuple(
    Column(key, label)
    for key, label in (
        ("name", "指标"),
        ("symbol", "符号"),
        ("target", "指标值"),
        ("unit", "单位"),
        ("actual", "完成值"),
        ("completion", "完成率"),
        ("stated_rate", "填报完成率"),
        ("status", "完成情况"),
        ("reason", "偏差原因"),
        ("level1", "一级指标"),
        ("level2", "二级指标"),
        ("project", "项目"),
        ("weight", "权重"),
        ("low", "下限"),
        ("high", "上限"),
    )
)


def _project_sum(column: str, row: str) -> Item:
    total = GroupSum("projects", column, "name", row)
    return Item(Kind.AMOUNT, formula=legibly(LegibleGroup(total), total))


def _project(row: str) -> Row:
    items = {
        "name": Item(Kind.TEXT, required=True),
        "budget": MONEY,
        "spent": MONEY,
        "budget_sum": _project_sum("budget", row),
        "spent_sum": _project_sum("spent", row),
    }
    return Row(row, f"第{int(row)}行", items)


def _mean(bound: str) -> Item:
    share = scoring.mean_share("indicators", bound, ("产出指标",), Decimal(100))
    return Item(Kind.SCORE, formula=legibly(LegibleColumn("indicators", bound), share))


def _scores() -> Sheet:
    score, reason = Key("grid", "output", "score"), Key("grid", "output", "reason")
    leaf = _line(
        "output",
        "产出指标完成情况",
        score=Item(Kind.SCORE, unit="分", required=True),
        reason=Item(Kind.LONG),
        material=Item(Kind.TEXT),
        low=_mean("low"),
        high=_mean("high"),
    )
    whole = legibly(Legible((score,)), Round(Sum((Number(score),)), 2))
    total = Item(Kind.SCORE, formula=whole)
    conclusion = (
        _line("total", "合计", value=total),
        _line("stated", "自评总得分", value=Item(Kind.SCORE, unit="分", required=True)),
        _line(
            "grade", "评价等级", value=Item(Kind.CHOICE, choices=("优", "良", "差"), required=True)
        ),
    )
    summary = _line("summary", "自评结论综述", value=Item(Kind.LONG))
    columns = (
        LABEL,
        Column("score", "自评得分"),
        Column("reason", "扣分理由"),
        Column("material", "佐证材料"),
        Column("low", "下限"),
        Column("high", "上限"),
    )
    blocks = (
        Block("grid", "评分", columns, (leaf,)),
        Block("conclusion", "结论", (LABEL, VALUE), conclusion, headed=False),
        Block("texts", "文字", (LABEL, VALUE), (summary,), headed=False),
    )
    assert reason in {Key(b.key, r.key, c) for b in blocks for r in b.rows for c in r.items}
    return Sheet("scores", "评分", "评分", blocks, (24, 14, 24, 14, 14, 14))


def _relations() -> tuple[object, ...]:
    def lines(block: str, rows: tuple[str, ...], carried: str) -> LineSum:
        return LineSum(
            Key(block, "total", "final"),
            tuple(Key(block, row, "final") for row in rows),
            (Key(block, carried, "final"),),
        )

    income = lines("income", ("grant", "other", "carried"), "carried")
    cost = lines("cost", ("basic", "project", "left"), "left")
    indicators = Indicators(
        block="indicators",
        name="name",
        symbol="symbol",
        target="target",
        unit="unit",
        actual="actual",
        completion="completion",
        reason="reason",
        status="status",
        stated_rate="stated_rate",
        group="level1",
        category="level2",
        categories=(("数量指标", ("数量指标",)),),
        levels=LEVELS,
        weight="weight",
        weights=("100",),
        best="high",
    )
    return (
        Identity(Key("unit", "name"), Key("unit", "code"), Key("unit", "year")),
        Signature(Key("unit", "date"), Key("unit", "phone")),
        Total(Key("stated", "income"), income),
        Total(Key("stated", "cost"), cost),
        ClosingBalance("final", income, cost),
        BudgetLine(*(Key("income", "grant", c) for c in ("initial", "annual", "final"))),
        ExecutionRate(Key("stated", "rate")),
        ProjectFunds(
            block="projects",
            project="name",
            budget="budget_sum",
            spent="spent_sum",
            total=Key("projects_total", "total"),
            ceiling=Key("cost", "project", "final"),
        ),
        indicators,
        Reference("indicators", "project", ("projects", "name")),
        ScoreItem(
            group="履职效能",
            name="产出指标完成情况",
            points="100",
            stated=Key("grid", "output", "score"),
            reason=Key("grid", "output", "reason"),
            low=Key("grid", "output", "low"),
            high=Key("grid", "output", "high"),
            computed=True,
            evidence=True,
            material=Key("grid", "output", "material"),
            covers=("产出指标",),
        ),
        Conclusion(
            stated=Key("conclusion", "stated"),
            grade=Key("conclusion", "grade"),
            total=Key("conclusion", "total"),
            low=Key("grid", "output", "low"),
            high=Key("grid", "output", "high"),
            grades=GRADES,
        ),
        ReportTable(
            number="1",
            title="收入情况",
            block="income",
            columns=(("项目", "label"), ("决算数", "final")),
            rows=("grant", "other", "carried", "total"),
        ),
        OwnText(block="texts", column="value"),
        Mention(("财政拨款",), ((Key("income", "grant", "final"), ("决算数",)),)),
    )


@cache
def specimen() -> Form:
    """Give the specimen form."""
    unit = Block(
        "unit",
        "单位",
        (LABEL, VALUE),
        (
            _line("name", "单位名称", value=Item(Kind.TEXT, required=True)),
            _line("code", "单位代码", value=Item(Kind.CODE)),
            _line("year", "年度", value=Item(Kind.NUMBER)),
            _line("goal", "绩效目标", value=Item(Kind.LONG, hollow=HOLLOW_WORDS)),
            _line("date", "填报日期", value=Item(Kind.DATE)),
            _line("phone", "联系电话", value=Item(Kind.CODE)),
        ),
        headed=False,
    )
    projects = open_list(
        "projects",
        "项目",
        tuple(
            Column(key, label, spanning=key == "name")
            for key, label in (
                ("name", "项目名称"),
                ("budget", "预算数"),
                ("spent", "执行数"),
                ("budget_sum", "预算合计"),
                ("spent_sum", "执行合计"),
            )
        ),
        _project,
        4,
    )
    sum_row = _line(
        "total", "合计", value=Item(Kind.AMOUNT, formula=Round(ColumnSum("projects", "spent"), 2))
    )
    sheets = (
        Sheet("unit", "单位", "单位", (unit,), (24, 24)),
        _money(),
        Sheet(
            "indicators",
            "指标",
            "指标",
            (open_list("indicators", "指标", INDICATOR_COLUMNS, _indicator, 4),),
            (14,) * len(INDICATOR_COLUMNS),
        ),
        Sheet(
            "projects",
            "项目",
            "项目",
            (Block("projects_total", "合计", (LABEL, VALUE), (sum_row,), headed=False), projects),
            (24, 14, 14, 14, 14),
        ),
        _scores(),
    )
    return Form("specimen", "1", "样表", sheets, _relations(), year=2022, rubric="specimen")


@cache
def drawn_specimen() -> Form:
    """Give a form of one sheet as an office drew it: a title, and lines to fill in."""
    texts = ("登记情况", "经办人", "审核人", "补充说明", "办结日期")
    drawing = {(n, 0): DrawnCell(text) for n, text in enumerate(texts)}
    drawing |= {(n, 1): DrawnCell("【文字】") for n in range(1, len(texts))}
    rows = [Row("1", texts[0], {"A": label(texts[0])})]
    for n, text in enumerate(texts[1:], 2):
        day = text.endswith("日期")
        item = Item(Kind.DATE if day else Kind.TEXT, name=text, exact=day)
        rows.append(Row(str(n), text, {"A": label(text), "B": item}))
    columns = (Column("A", "A列", at=0), Column("B", "B列", at=1))
    block = Block("paper", "登记表", columns, tuple(rows), drawn=range(len(texts)))
    sheet = Sheet(
        "paper", "登记表", "登记表", (block,), (16, 24), drawing=DrawnSheet("登记表", drawing)
    )
    return Form("drawn", "1", "登记表", (sheet,), year=2022)
