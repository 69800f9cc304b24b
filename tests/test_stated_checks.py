"""What an office states in «勾稽关系» is judged like our rules: live, in words, with causes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cache, partial
from io import BytesIO
from pathlib import Path
from random import Random

import openpyxl
import pytest
import seasons
from drawings import Sheet as DrawnLines
from drawings import data, draw
from libreoffice import needs_libreoffice, recalculated_all
from msgspec.structs import replace
from refereed import computed_cells, disagreements, spoilt
from test_office_round_trip import consistent
from test_office_round_trip import with_checks as with_proposed

from perfxl.check.findings import Finding, Outcome
from perfxl.check.judging import check
from perfxl.check.rounds import Reviewed
from perfxl.check.rule import Severity
from perfxl.cli.catalogue import CATALOGUE, by_id, catalogue_of, rule_data, rule_page
from perfxl.expr.office import EVERY, Node
from perfxl.expr.tree import FAILS, IDLE, PASSES, PENDING, Key
from perfxl.form.answers import Cell, Submission, Values, read_answers
from perfxl.form.faults import Wrong
from perfxl.form.layout import place
from perfxl.form.model import Block, Column, Form, Item, Kind, Row, Sheet, label, open_list
from perfxl.form.ours import RULE_ID
from perfxl.form.raw import Raw
from perfxl.form.relations import Identity, StatedCheck
from perfxl.forms.office.model import DrawnCheck
from perfxl.forms.office.stated import stated_checks
from perfxl.reading.bind import bind
from perfxl.reading.formula import Place, read_formula
from perfxl.reading.sheets import read_book
from perfxl.render.workbook import render
from perfxl.returns import output, workflow
from perfxl.returns.live import with_checks
from perfxl.returns.makers import OfficeMaker
from perfxl.returns.records import entry_of, record_of
from perfxl.returns.result import result
from perfxl.returns.versions import versions
from perfxl.rubric.model import Rubric
from perfxl.rules import RULES, rules_of
from perfxl.season.export.tables import About
from perfxl.season.export.writing import write_tables
from perfxl.season.issue import Templates
from perfxl.season.letters.texts import Occasion, letters
from perfxl.season.reports.office import season_report
from perfxl.season.rollup.tally import tally

D = Decimal
Cells = dict[str, Raw]
LISTED = 3
SHEET = "自评表"
TODAY = date(2024, 4, 10)
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


def resolved(at: Place) -> Key | Wrong | None:
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


def drawn(left: str, relation: str, right: str, **more: object) -> DrawnCheck:
    about: dict[str, object] = {"id": "G01", "severity": Severity.ERROR, "what": "", "fix": ""}
    sides = {"left": typed(left), "relation": relation, "right": typed(right)}
    return DrawnCheck(**{**about, **sides, "tolerance": None, "row": 1, **more})  # type: ignore[arg-type]


@cache
def live(*checks: DrawnCheck) -> Form:
    stated = tuple(stated_checks(checks, BARE, resolved, [SHEET]))
    form = replace(BARE, relations=(*BARE.relations, *stated))
    return with_checks(form, rules_of(form))


def filled(form: Form, cells: Mapping[str, Raw]) -> Values:
    raws = {Key.parse(key): Cell(raw) for key, raw in cells.items()}
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
    "{fund.total.final}",
    "=",
    "SUM({fund.grant.final}:{fund.carried.final})",
    what="合计等于各项之和",
)
CEILING = drawn(
    "{fund.grant.final}:{fund.carried.final}", "≤", "{fund.grant.budget}:{fund.carried.budget}",
    id="G02", severity=Severity.VERIFY, what="不超预算", fix="写明原因。",
)  # fmt: skip
TASKS = drawn("SUM({tasks.001.amount}:{tasks.001.amount})", "=", "{fund.total.final}", id="G03")
SPENT = drawn(
    "{tasks.001.spent}:{tasks.001.spent}", "≤", "{tasks.001.amount}:{tasks.001.amount}", id="1.4"
)
CLEAN: Cells = {
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


def one(outcome: Outcome, rule_id: str) -> Finding:
    (found,) = (finding for finding in stated(outcome) if finding.rule.id == rule_id)
    return found


def test_ranges_are_held_against_each_other_cell_by_cell() -> None:
    found = one(judged(filled(live(*ALL), {**CLEAN, "fund.other.final": D(260)})), "G02")
    assert found.keys == (Key("fund", "other", "final"),)
    assert found.message == "其他资金·决算数 260.00,不应大于 其他资金·预算数 250.00,相差 10.00 万元"
    assert (found.severity, found.rule.fix) == (Severity.VERIFY, "写明原因。")


def test_columns_of_a_list_are_held_against_each_other_row_by_row() -> None:
    values = filled(live(SPENT), {**CLEAN, "tasks.002.spent": D(231)})
    (found,) = stated(judged(values))
    assert (found.rule.id, found.keys) == ("1.4", (Key("tasks", "002", "spent"),))
    assert found.message == "第 2 行·已用 231.00,不应大于 金额 230.00,相差 1.00 万元"
    assert verdicts(values) == [PASSES, FAILS, IDLE]
    grown = replace(BARE, relations=live(SPENT).relations).grown({"tasks": 9})
    more = with_checks(grown, rules_of(grown))
    cells = {**CLEAN, "tasks.009.amount": D(1), "tasks.009.spent": D(2)}
    (found,) = stated(judged(filled(more, cells)))
    assert found.keys == (Key("tasks", "009", "spent"),)


WAITS: dict[str, tuple[Cells, str, str]] = {
    "a required cell": ({"fund.grant.final": None}, "G01", "未填:财政拨款·决算数"),
    "one in a list": (
        {"tasks.002.amount": None, "tasks.002.spent": D(1)},
        "G03",
        "未填:第 2 行·金额",
    ),
    "words for a figure": ({"fund.other.final": "若干"}, "G01", "读不出数值:其他资金·决算数"),
    "all that is asked after": (
        {"fund.carried.final": None},
        "G02",
        "未填:上年结转·决算数、上年结转·预算数",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WAITS)
def test_what_is_not_known_makes_a_check_wait(name: str) -> None:
    cells, rule_id, reason = WAITS[name]
    outcome = judged(filled(live(*ALL), {**CLEAN, **cells}))
    waiting = {one.rule.id: one.reason for one in outcome.not_checked}
    assert waiting.get(rule_id) == reason
    assert not [found for found in stated(outcome) if found.rule.id == rule_id]


def test_a_formula_that_gives_nothing_makes_a_check_wait() -> None:
    share = drawn("{told.rate}", "=", "{fund.grant.final}/{fund.total.budget}")
    nothing = {k: raw for k, raw in CLEAN.items() if not k.endswith("budget")}
    outcome = judged(filled(live(share), {**nothing, "told.rate": D("0.8")}))
    assert stated(outcome) == []
    assert [one.rule.id for one in outcome.not_checked if one.rule.id == "G01"] == ["G01"]
    right = filled(live(share), {**CLEAN, "told.rate": D("0.8")})
    assert stated(judged(right)) == []
    (found,) = stated(judged(filled(live(share), {**CLEAN, "told.rate": D("0.81")})))
    assert (
        found.message
        == "执行率 81.00%,应等于 财政拨款·决算数 1,000.00 ÷ 合计·预算数 1,250.00 = 80.00%"
    )


ROUNDED = {
    "within what rounding explains": (TOTAL, D("1230.02"), False),
    "beyond": (TOTAL, D("1230.03"), True),
    "none is allowed": (replace(TOTAL, tolerance=D(0)), D("1230.01"), True),
    "more is allowed": (replace(TOTAL, tolerance=D("0.5")), D("1230.5"), False),
    "two single cells": (drawn("{fund.total.final}", "=", "{fund.total.final}*1"), D(7), False),
    "a cell and a figure": (drawn("{fund.total.final}", "≤", "1230"), D("1230.01"), True),
    "unlike": (drawn("{fund.total.final}", "≠", "1230"), D(1230), True),
    "less": (drawn("1230", ">", "{fund.total.final}"), D("1229.99"), False),
}


@pytest.mark.parametrize("name", ROUNDED)
def test_what_rounding_explains_is_no_fault(name: str) -> None:
    made, total, wrong = ROUNDED[name]
    assert bool(stated(judged(filled(live(made), {**CLEAN, "fund.total.final": total})))) is wrong


@pytest.mark.parametrize(
    ("left", "right", "told"),
    [
        (
            "{told.level.value}",
            'IF({told.score.value}>=90,"优",IF({told.score.value}>=80,"良","中"))',
            "“良”(如果 得分 85.00 ≥ 90,则 “优”;否则 (如果 得分 85.00 ≥ 80,则 “良”;否则 “中”))",
        ),
        (
            "{fund.total.final}",
            "IF(AND({fund.grant.final}>0,{told.score.value}>60),{fund.grant.final},0)",
            "20.00(如果 财政拨款 20.00 > 0、得分 85.00 > 60 都成立,则 财政拨款 20.00;否则 0)",
        ),
        (
            "{fund.total.final}",
            "MAX({fund.grant.final},{fund.other.final})",
            "财政拨款 20.00、其他资金 5.00 中最大的 = 20.00",
        ),
    ],
)
def test_conditions_are_told_as_one_would_say_them(left: str, right: str, told: str) -> None:
    form = live(drawn(left, "=", right))
    cells: Cells = {"told.level.value": "中", "told.score.value": D(85)}
    cells |= {"fund.total.final": D(30), "fund.grant.final": D(20), "fund.other.final": D(5)}
    values = filled(form, cells)
    found = check(Submission(form, values.answers), rules_of(form), values)
    (message,) = (one.message for one in found.every if one.rule.id == "G01")
    assert message.partition("应等于 ")[2].partition(",相差")[0] == told


def test_texts_are_compared_as_texts() -> None:
    level = drawn("{told.level}", "=", '"优"', what="等级是优")
    (found,) = stated(judged(filled(live(level), {**CLEAN, "told.level": "良"})))
    assert found.message == "等级 “良”,应等于 “优”"
    assert stated(judged(filled(live(level), {**CLEAN, "told.level": "优"}))) == []
    outcome = judged(filled(live(level), CLEAN))
    assert (
        stated(outcome),
        [one.reason for one in outcome.not_checked if one.rule.id == "G01"],
    ) == (
        [],
        ["未填:等级"],
    )


CAUSES: dict[str, tuple[Cells, str]] = {
    "left out": ({"fund.total.final": D(1000)}, "像是少加了“其他资金·决算数”的 230.00"),
    "counted twice": ({"fund.total.final": D(1460)}, "像是多加了一次“其他资金·决算数”的 230.00"),
    "the total in 元": ({"fund.total.final": D(12_300_000)}, "12,300,000.00 像是按元填的"),
    "a line in 元": ({"fund.other.final": D(2_300_000)}, "像是按元填的(折合 230.00 万元)"),
    "turned digits": ({"fund.other.final": D(320)}, "像是数字填颠倒了(应为 230.00)"),
    "turned digits in the total": ({"fund.total.final": D(1320)}, "数字填颠倒了(应为 1,230.00)"),
    "a wrong sign": ({"fund.other.final": D(-230)}, "像是正负号填反了"),
    "nothing like it": ({"fund.total.final": D("1234.56")}, ""),
}


@pytest.mark.parametrize("name", CAUSES)
def test_the_likely_cause_is_said(name: str) -> None:
    cells, cause = CAUSES[name]
    (found,) = stated(judged(filled(live(TOTAL), {**CLEAN, **cells})))
    assert cause in found.message
    assert ("可能原因" in found.message) is bool(cause)


def test_a_difference_of_cents_the_office_does_not_allow_is_told_as_rounding() -> None:
    exact = replace(TOTAL, tolerance=D(0))
    (found,) = stated(judged(filled(live(exact), {**CLEAN, "fund.total.final": D("1230.01")})))
    assert "四舍五入的尾差" in found.message


def test_sums_on_both_sides_name_the_line_that_differs() -> None:
    both = drawn("SUM({fund.grant.final}:{fund.other.final})", "=", "{fund.total.budget}")
    (found,) = stated(judged(filled(live(both), {**CLEAN, "fund.carried.budget": D(20)})))
    assert found.keys == (Key("fund", "total", "budget"),)
    assert (
        "合计·预算数 1,270.00,应等于 财政拨款·决算数 1,000.00 + 其他资金·决算数 230.00"
        in found.message
    )


# ---------------------------------------------------------------- where they are told of


def test_a_rule_has_its_page_without_examples() -> None:
    rules = catalogue_of(live(*ALL))
    assert [rule.id for rule in rules if rule not in CATALOGUE] == ["G01", "G02", "G03", "1.4"]
    rule = by_id("g02", rules)
    assert rule is not None
    page = "\n".join(rule_page(rule))
    assert page.startswith("G02 不超预算(核实)\n")
    assert "财政拨款·决算数 ≤ 财政拨款·预算数(逐格核对)" in page
    listed = by_id("1.4", rules)
    assert listed is not None
    assert (listed.title, listed.why) == ("已用 ≤ 金额", "本表样规定:已用 ≤ 金额(逐格核对)。")
    assert "填报时即时校验:是" in page
    assert "例(" not in page
    data = rule_data(rule)
    assert (data["title"], data["severity"], data["examples"]) == ("不超预算", "verify", None)
    page.encode("gbk")


def test_what_a_unit_explains_is_read_back_from_the_result() -> None:
    form = live(*ALL)
    values = filled(form, {**CLEAN, "fund.other.final": D(260)})
    made = result(Reviewed(values, judged(values)))
    book = openpyxl.load_workbook(BytesIO(render(made.values, made.extras)))
    paper = book["审核结果"]
    (heads,) = (
        row for row in paper.iter_rows() if {"编号", "级别"} <= {cell.value for cell in row}
    )
    at = {cell.value: cell.column for cell in heads}
    explaining = next(value for value in at if value and str(value).startswith("说明"))
    for row in range(heads[0].row + 1, paper.max_row + 1):
        if paper.cell(row, at["编号"]).value == "G02":
            paper.cell(row, at[explaining]).value = "追加预算 10 万元"
    target = BytesIO()
    book.save(target)
    bare = replace(BARE, relations=form.relations)
    read = bind(read_book(target.getvalue()), bare)
    again = Values(with_checks(read.form, rules_of(read.form)), read.answers)
    found = one(check(read, rules_of(read.form), again), "G02")
    assert found.explained == "追加预算 10 万元"


def stated_form(_: Rubric) -> Form:
    """Make the form with its checks, as `perfxl.forms.shipped` has it."""
    return replace(BARE, relations=live(*ALL).relations)


def test_a_season_tells_of_them_by_their_titles(tmp_path: Path) -> None:
    campaign = replace(seasons.campaign(), maker=stated_form, year=2024)
    unit = campaign.register.units[0]
    who: Cells = {"unit.name": unit.name, "unit.code": unit.code}
    values = filled(live(*ALL), {**CLEAN, **who, "fund.total.final": D("1234.5")})
    terms = workflow.Terms(campaign.rubric, register=campaign.register, maker=stated_form)
    checked = workflow.check_bytes(Path("表.xlsx"), render(values), terms)
    title, message = "合计等于各项之和", one(checked.reviewed.outcome, "G01").message
    at = place(values.form).a1(Key("fund", "total", "final"))
    (said,) = (f for f in output.file_document(checked)["findings"] if f["id"] == "G01")
    assert (said["name"], said["cell"], said["difference"]) == (title, at, "4.50")
    assert any(message in line for line in output.summary(checked))
    records = [record_of(checked, "回收/表.xlsx", register=campaign.register)]
    found = versions(map(entry_of, records))
    rollup = tally(iter(records), found, campaign, TODAY)
    assert {(one.id, one.title) for one in rollup.rules} >= {("G01", title)}
    write_tables(tmp_path, iter(records), About(stated_form(campaign.rubric), found.counting))
    assert f"G01,{title},error" in (tmp_path / "findings.csv").read_text("utf-8-sig")
    (letter,) = letters(Occasion.RETURN, campaign, found, records, lambda _: "", TODAY)
    assert message in letter.body
    assert title in "".join(
        str(cell)
        for piece in season_report(rollup).pieces
        for row in getattr(piece, "rows", ())
        for cell in row
    )
    cover = Templates(campaign).form()
    assert {rule.id for _, rule, _ in cover.cases} >= {"G01", "G02", "G03", "1.4"}


# ---------------------------------------------------------------- on a drawing

DRAWING = """
表|<|<
单位名称|【单位名称】|<
项目|预算数|执行数
甲|【金额】|【金额 必填】
乙|【金额】|【金额】
合计|=SUM(B4:B5)|【金额】
名称|数量|金额
【文字 行数9】|【整数】|【金额】
.|.|.
总计|=SUM(B8:B8)|=SUM(C8:C9)
得分|【得分:10】|.
"""
STATED_ROWS = (
    ("编号", "级别", "检查内容", "左边", "关系", "右边", "容差", "怎么改"),
    ("", "", "执行数合计", "C6", "=", "SUM(C4:C5)", "", ""),
    ("甲1", "核实", "", "C4:C5", "≤", "B4:B5", "", "写明原因"),
    (3, "提示", "", "=C10", "=", "=C6", 0.5, ""),
    ("", "", "", "B8:B8", "<=", "C8:C8", "", ""),
)
SHARE = ("", "核实", "执行过九成", "C6/B6", "≥", "0.9", "", "")


def drawn_terms(rows: Sequence[Sequence[object]] = STATED_ROWS) -> workflow.Terms:
    book = draw((DrawnLines("表", DRAWING),))
    paper = book.create_sheet("勾稽关系")
    for row in rows:
        paper.append(list(row))
    return workflow.Terms(workflow.load_rubric(None), 2024, maker=OfficeMaker(data(book)))


def test_the_rows_of_an_office_s_sheet_become_rules() -> None:
    form = drawn_terms().form
    rules = {rule.id: rule for rule in rules_of(form)[len(RULES) :]}
    assert list(rules) == ["G01", "甲1", "3", "G04"]
    assert [rule.severity.word for rule in rules.values()] == ["错误", "核实", "提示", "错误"]
    assert rules["甲1"].title == "甲·执行数 ≤ 甲·预算数"
    assert rules["甲1"].fix == "写明原因"
    assert rules["G01"].source == "表样“勾稽关系 A2”"
    counts = [len(list(rule.cases(form))) for rule in rules.values() if rule.cases]
    assert counts == [1, 2, 1, 9]


def test_a_wrong_figure_on_a_drawn_form_is_found_in_words() -> None:
    form = drawn_terms().form
    at = {form.label(key): key for key, _ in form.inputs()}
    listed = next(block for block in form.blocks.values() if block.repeats)
    cells: dict[Key, Raw] = {
        at["甲·执行数"]: D(3),
        at["乙·执行数"]: D(4),
        at["甲·预算数"]: D(5),
        at["乙·预算数"]: D(4),
        at["合计·执行数"]: D(8),
        Key(listed.key, "002", "B"): D(1),
        Key(listed.key, "002", "C"): D(7),
    }
    answers = read_answers(form, {key: Cell(raw) for key, raw in cells.items()})
    values = Values(with_checks(form, rules_of(form)), answers)
    (total, whole) = stated(judged(values))
    assert total.message == "合计·执行数 8.00,应等于 甲 3.00 + 乙 4.00 = 7.00,相差 1.00 万元"
    assert whole.message == "合计·执行数 8.00,应等于 总计·金额 7.00,相差 1.00 万元"


def test_what_was_not_read_is_not_taken_for_blank() -> None:
    """A figure beside the table has its rows in doubt: what stands there may be anything."""
    blank = draw((DrawnLines("表", DRAWING),), blank=True)
    for cell, raw in {"C4": 3, "C5": 4, "C6": 7, "F5": 9}.items():
        blank["表"][cell] = raw
    form = drawn_terms().form
    found = bind(read_book(data(blank)), form)
    values = Values(with_checks(form, rules_of(form)), found.answers)
    outcome = check(found, rules_of(form), values)
    assert [flaw.kind for flaw in found.flaws if flaw.kind == "unbound"]
    assert "G01" not in {finding.rule.id for finding in outcome.every}
    (waiting,) = (one for one in outcome.not_checked if one.rule.id == "G01")
    assert waiting.reason.startswith("没有读取:")


def test_a_share_of_amounts_is_no_amount() -> None:
    form = drawn_terms((STATED_ROWS[0], SHARE)).form
    at = {form.label(key): key for key, _ in form.inputs()}
    amounts = {"甲·执行数": D(3), "甲·预算数": D(5), "合计·执行数": D(3), "合计·预算数": D(5)}
    cells = {at[name]: Cell(raw) for name, raw in amounts.items() if name in at}
    values = Values(with_checks(form, rules_of(form)), read_answers(form, cells))
    (share,) = stated(judged(values))
    assert "0.6" in share.message
    assert "万元" not in share.message


# ---------------------------------------------------------------- the referee

SCENES: dict[str, Cells] = {
    "clean": dict(CLEAN),
    "blank": {},
    **{name: {**CLEAN, **cells} for name, (cells, _) in CAUSES.items()},
    **{name: {**CLEAN, **cells} for name, (cells, *_) in WAITS.items()},
    "all told": {**CLEAN, "told.level": "良", "told.rate": D("0.8"), "told.count": D(3)},
    "half a row": {**CLEAN, "tasks.003.spent": D(3)},
    "scored": {**CLEAN, "told.score": D(9), "told.count": D(3), "told.level": "优"},
}
EVERY_KIND = (
    *ALL,
    drawn("{told.rate}", "=", "{fund.grant.final}/{fund.total.budget}", id="G05"),
    drawn("{told.level}", "=", '"优"', id="G06"),
    drawn("{told.score}", "<", "{told.count}*3", id="G07"),
    drawn("{fund.total.final}-{fund.grant.final}", "≥", "{told.level}", id="G08"),
)


@cache
def recalculated() -> dict[str, tuple[Values, dict[Key, object]]]:
    form = live(*EVERY_KIND)
    scenes = {name: filled(form, cells).as_spreadsheet() for name, cells in SCENES.items()}
    books = recalculated_all([spoilt(render(values)) for values in scenes.values()])
    shown = map(partial(computed_cells, form), books)
    return dict(zip(scenes, zip(scenes.values(), shown, strict=True), strict=True))


DRAWN_FORMS = ("funds", "tasks", "ledger", "central", "profile", "projects")


def drawn_returns(name: str) -> Iterator[Values]:
    """Give a clean and a patchy return on an office's form with the checks proposed for it."""
    on, pick = with_proposed(name), Random(name)
    form, cells = workflow.live_form(on.form), consistent(on)
    for patchy in (0.0, 0.3):
        left = {key: cell for key, cell in cells.items() if pick.random() >= patchy / 2}
        wrong = {
            key: Cell(D(pick.randint(0, 300)) / 100)
            for key, cell in left.items()
            if isinstance(cell.raw, D) and pick.random() < patchy
        }
        yield Values(form, read_answers(form, left | wrong)).as_spreadsheet()


@needs_libreoffice
@pytest.mark.deep
@pytest.mark.xdist_group("referee")
@pytest.mark.parametrize("name", DRAWN_FORMS)
def test_the_template_of_a_drawn_form_says_what_check_says(name: str) -> None:
    returns, ours = list(drawn_returns(name)), {rule.id for rule in RULES}
    books = recalculated_all([spoilt(render(values)) for values in returns])
    for values, book in zip(returns, books, strict=True):
        shown = computed_cells(values.form, book)
        own = {v: shown[v] for v, rule, _ in values.form.cases if rule.id not in ours}
        assert list(disagreements(values, own)) == []
    assert {PASSES, FAILS} <= {said for values in returns for said in verdicts(values)}


@needs_libreoffice
@pytest.mark.deep
@pytest.mark.xdist_group("referee")
@pytest.mark.parametrize("name", SCENES)
def test_the_template_says_what_check_says(name: str) -> None:
    values, shown = recalculated()[name]
    assert list(disagreements(values, shown)) == []


@needs_libreoffice
@pytest.mark.deep
@pytest.mark.xdist_group("referee")
def test_the_scenes_put_every_check_to_the_test() -> None:
    ours = {rule.id for rule in RULES}
    seen: dict[str, set[object]] = {}
    for values, shown in recalculated().values():
        for verdict, rule, _ in values.form.cases:
            if rule.id not in ours:
                seen.setdefault(rule.id, set()).add(shown[verdict])
    assert seen.keys() == {made.id for made in EVERY_KIND}
    assert all(said & {PASSES, FAILS} for rule_id, said in seen.items() if rule_id != "G08")
    assert {PASSES, FAILS, PENDING} <= seen["G01"]


def test_no_office_may_take_an_id_of_ours() -> None:
    assert all(RULE_ID.fullmatch(rule.id) for rule in CATALOGUE)
    assert not any(RULE_ID.fullmatch(made.id) for made in EVERY_KIND)


def test_a_relation_is_plain_data() -> None:
    (made,) = live(TOTAL).of(StatedCheck)
    assert (made.severity, made.place, len(made.tests)) == ("error", "勾稽关系 A2", 1)
