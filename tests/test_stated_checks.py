"""What an office states in «勾稽关系» is judged like a rule of ours: live, with unknowns, in words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from functools import cache, partial
from io import BytesIO

import openpyxl
import pytest
from libreoffice import needs_libreoffice, recalculated_all
from refereed import computed_cells, disagreements, spoilt

from perfxl.catalogue import CATALOGUE, by_id, catalogue_of, rule_data, rule_page
from perfxl.check.findings import Finding, Outcome
from perfxl.check.judging import check
from perfxl.check.rounds import Reviewed
from perfxl.check.rule import Severity
from perfxl.expr.office import EVERY, Node
from perfxl.expr.office_check import Blank, Meaning
from perfxl.expr.tree import FAILS, IDLE, PASSES, PENDING, Expr, Key
from perfxl.form.answers import Cell, Submission, Values, read_answers
from perfxl.form.layout import place
from perfxl.form.model import Block, Column, Form, Item, Kind, Row, Sheet, label, open_list
from perfxl.form.raw import Raw
from perfxl.form.relations import Identity, StatedCheck
from perfxl.forms.office.model import DrawnCheck
from perfxl.forms.office.stated import stated_checks
from perfxl.reading.bind import bind
from perfxl.reading.formula import Malformed, Place, read_formula
from perfxl.reading.sheets import read_book
from perfxl.render.workbook import render
from perfxl.returns.live import with_checks
from perfxl.returns.result import result
from perfxl.rules import RULES, rules_of

D = Decimal
LISTED = 3
SHEET = "自评表"
MONEY = Item(Kind.AMOUNT, unit="万元")
DUE = replace(MONEY, required=True)
LINES = {"grant": "财政拨款", "other": "其他资金", "carried": "上年结转", "total": "合计"}
COLUMNS = (Column("label", "项目"), Column("budget", "预算数"), Column("final", "决算数"))


def _line(key: str, computed: Item) -> Row:
    final = DUE if key == "grant" else MONEY
    budget = computed if key == "total" else MONEY
    return Row(key, LINES[key], {"label": label(LINES[key]), "budget": budget, "final": final})


def _task(key: str) -> Row:
    cells = {"name": Item(Kind.TEXT), "amount": DUE, "spent": MONEY}
    return Row(key, f"第 {int(key)} 行", cells)


def _bare(computed: Item) -> Form:
    who = {"name": "单位名称", "code": "单位代码", "year": "年度"}
    kinds = {"name": Kind.TEXT, "code": Kind.CODE, "year": Kind.NUMBER}
    pair = (Column("label", "项目"), Column("value", "内容"))
    rows = [Row(k, t, {"label": label(t), "value": Item(kinds[k])}) for k, t in who.items()]
    unit = Block("unit", "单位", pair, tuple(rows), headed=False)
    fund = Block("fund", "资金", COLUMNS, tuple(_line(key, computed) for key in LINES))
    names = (Column("name", "任务"), Column("amount", "金额"), Column("spent", "已用"))
    tasks = open_list("tasks", "任务", names, _task, LISTED)
    scored = Row("score", "得分", {"label": label("得分"), "value": Item(Kind.SCORE, unit="分")})
    level = Row("level", "等级", {"label": label("等级"), "value": Item(Kind.TEXT)})
    rate = Row("rate", "执行率", {"label": label("执行率"), "value": Item(Kind.RATE)})
    number = Row("count", "人数", {"label": label("人数"), "value": Item(Kind.NUMBER, unit="人")})
    told = Block("told", "结果", pair, (scored, level, rate, number), headed=False)
    identity = Identity(*(Key("unit", key) for key in who))
    sheet = Sheet("main", SHEET, "表", (unit, fund, tasks, told), (20, 16, 16))
    return Form("office-2024", "1", "自评表", (sheet,), (identity,), year=2024)


DRAWN = _bare(MONEY)
LAYOUT = place(DRAWN)
STANDING = {LAYOUT.spot(key): key for key in DRAWN.items}


def resolved(at: Place) -> Key | Malformed | None:
    key = STANDING.get((at.row or 0, at.column))
    if key and key.block == "tasks" and at.ranged:
        return key._replace(row=EVERY) if key.row == "001" else None
    return key


def typed(text: str) -> str:
    """Give an expression with addresses for the keys in it: «{fund.total.final}»."""
    return re.sub(r"{([^}]+)}", lambda found: LAYOUT.a1(Key.parse(found[1])), text)


SUMMED = read_formula(typed("=SUM({fund.grant.budget}:{fund.carried.budget})"), resolved)
assert isinstance(SUMMED, Node)
BARE = _bare(replace(MONEY, formula=SUMMED))


def _item(key: Key) -> Item:
    return BARE.items[key._replace(row="001") if key.row == EVERY else key]


def _blank(key: Key) -> Blank:
    item = _item(key)
    if not item.is_input:
        return Blank.OURS
    if item.required is not False:
        return Blank.DUE
    others = {Kind.AMOUNT: Blank.ZERO, Kind.TEXT: Blank.EMPTY}
    return others.get(item.kind, Blank.PASSED_OVER)


def _formula(key: Key) -> Expr | None:
    return _item(key).formula


NUMBERS = {Kind.AMOUNT, Kind.SCORE, Kind.RATE, Kind.NUMBER}
MEANING = Meaning(
    _blank,
    lambda key: _item(key).is_input and _item(key).kind in NUMBERS,
    _formula,
    lambda _: ("name", "amount", "spent"),
)


def drawn(left: str, relation: str, right: str, **more: object) -> DrawnCheck:
    about: dict[str, object] = {"id": "G01", "severity": Severity.ERROR, "what": "", "fix": ""}
    sides = {"left": typed(left), "relation": relation, "right": typed(right)}
    return DrawnCheck(**{**about, **sides, "tolerance": None, "row": 1, **more})  # type: ignore[arg-type]


@cache
def live(*checks: DrawnCheck) -> Form:
    stated = tuple(stated_checks(checks, resolved, MEANING, [SHEET]))
    form = replace(BARE, relations=(*BARE.relations, *stated))
    return with_checks(form, rules_of(form))


def filled(form: Form, cells: Mapping[str, object]) -> Values:
    raws = {Key.parse(key): Cell(raw) for key, raw in cells.items()}  # type: ignore[arg-type]
    return Values(form, read_answers(form, raws))


def judged(values: Values) -> Outcome:
    return check(Submission(values.form, values.answers), rules_of(values.form), values)


def stated(outcome: Outcome) -> list[Finding]:
    ours = {rule.id for rule in RULES}
    return [finding for finding in outcome.findings if finding.rule.id not in ours]


def verdicts(values: Values) -> list[str | None]:
    ours = {rule.id for rule in RULES}
    return [values.text(v) or IDLE for v, rule, _ in values.form.cases if rule.id not in ours]


TOTAL = drawn(
    "{fund.total.final}", "=", "SUM({fund.grant.final}:{fund.carried.final})", what="合计等于各项之和"
)
CEILING = drawn(
    "{fund.grant.final}:{fund.carried.final}", "≤", "{fund.grant.budget}:{fund.carried.budget}",
    id="G02", severity=Severity.VERIFY, what="不超预算", fix="写明原因。",
)  # fmt: skip
TASKS = drawn("SUM({tasks.001.amount}:{tasks.001.amount})", "=", "{fund.total.final}", id="G03")
SPENT = drawn(
    "{tasks.001.spent}:{tasks.001.spent}", "≤", "{tasks.001.amount}:{tasks.001.amount}", id="1.4"
)
CLEAN = {
    "unit.name": "某局",
    "unit.code": "101",
    "unit.year": D(2024),
    "fund.grant.budget": D(1000),
    "fund.other.budget": D(250),
    "fund.grant.final": D(1000),
    "fund.other.final": D(230),
    "fund.total.final": D(1230),
    "tasks.001.name": "修路",
    "tasks.001.amount": D(1000),
    "tasks.001.spent": D(900),
    "tasks.002.name": "架桥",
    "tasks.002.amount": D(230),
}
ALL = (TOTAL, CEILING, TASKS, SPENT)


def test_a_clean_return_is_silent() -> None:
    values = filled(live(*ALL), CLEAN)
    assert stated(judged(values)) == []
    fixed, rows = [PASSES, PASSES, PASSES, PENDING, PASSES], [PASSES, PASSES, IDLE]
    assert verdicts(values) == [*fixed, *rows]


def test_one_wrong_figure_is_found_at_its_cell_in_words() -> None:
    values = filled(live(*ALL), {**CLEAN, "fund.total.final": D("1234.5")})
    total, tasks = stated(judged(values))
    assert total.keys == tasks.keys == (Key("fund", "total", "final"),)
    assert total.message == (
        "合计·决算数 1,234.50,应等于 财政拨款 1,000.00 + 其他资金 230.00 + 上年结转 = 1,230.00,"
        "相差 4.50 万元"
    )
    assert (total.actual, total.expected, total.difference) == (D("1234.50"), D(1230), D("4.50"))
    assert total.standard == "财政拨款 + 其他资金 + 上年结转 1,230.00"
    assert tasks.message == "合计·决算数 1,234.50,应等于 金额各行之和 = 1,230.00,相差 4.50 万元"
    assert (total.rule.id, total.rule.title, total.severity) == (
        "G01",
        "合计等于各项之和",
        Severity.ERROR,
    )
