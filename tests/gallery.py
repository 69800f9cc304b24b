"""Planted faults, one for every rule of the catalogue, on the real form.

Each fault changes the clean sample in the way a unit would, coherently (a lower score brings its
sum with it), and names the one finding that must come of it. The clean sample itself yields none.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import cache

import build
from damage import damaged
from msgspec import Struct, field
from msgspec.structs import replace
from office_returns import form_of as drawn_form
from office_returns import own_paper

from perfxl.check.findings import Finding, Outcome
from perfxl.check.judging import check
from perfxl.expr.tree import Key
from perfxl.form.answers import Cell, Values, read_answers
from perfxl.form.document import Manuscript, typed
from perfxl.form.layout import Layout, place
from perfxl.form.model import Kind
from perfxl.form.raw import Raw
from perfxl.forms.shipped import form_of
from perfxl.reading.bind import bind
from perfxl.reading.sheets import Book, read_book
from perfxl.render.workbook import render
from perfxl.returns import workflow
from perfxl.rules import RULES

SCALE = workflow.load_rubric(None)


class Fault(Struct, frozen=True):
    """Answers changed and damage done; the finding's rule and the cell it must point at.

    `report` are the lines of a report that comes with it. `at` is the key of what stands there
    in an untouched workbook, sheet and cell where that is nothing; "" where it is the whole file.
    """

    rule: str
    answers: Mapping[str, Raw] = field(default_factory=dict)
    damage: tuple[tuple[str, ...], ...] = ()
    report: tuple[str, ...] = ()
    at: str = ""


def _d(text: str) -> Decimal:
    return Decimal(text)


def summed_up(score: str) -> dict[str, Raw]:
    """Give the summary of a return that tells this total score."""
    return {"texts.summary": f"自评总得分 {score} 分。"}


@cache
def clean() -> dict[Key, Cell]:
    return build.read_sample("clean")[0]


def _worded(target: str, actual: str) -> dict[str, Raw]:
    """Give one more indicator, a qualitative one said to be done."""
    typed = ("产出指标", "质量指标", "服务水平", "定性", target, actual, "已完成")
    columns = ("level1", "level2", "name", "symbol", "target", "actual", "status")
    return {f"indicators.011.{c}": text for c, text in zip(columns, typed, strict=True)}


def _again(row: str, *others: str) -> dict[str, Raw]:
    """Give rows of the projects in which the clean sample's row stands once more."""
    given = {key.column: cell.raw for key, cell in clean().items() if key[:2] == ("projects", row)}
    return {f"projects.{other}.{column}": raw for other in others for column, raw in given.items()}


def in_yuan() -> dict[str, Raw]:
    """Give every amount of the clean sample in 元 where 万元 is asked for."""
    form = workflow.live_form(form_of(SCALE))
    return {
        str(key): cell.raw * 10_000
        for key, cell in clean().items()
        if form.items[key].kind is Kind.AMOUNT and isinstance(cell.raw, Decimal)
    }


COST_TABLE = ("表1-4 部门总支出统计表", "项目\t年初预算数\t全年预算数\t决算数")

GALLERY = (
    Fault("W01", damage=(("forget",),)),
    Fault("W01", damage=(("form", "department-2021"),)),
    Fault("W01", damage=(("form", "rubric"),)),
    Fault("W02", damage=(("edition", "0"),), at="附件3 自评表!A1"),
    Fault("W09", damage=(("stray_row", "income.other", "捐赠收入"),), at="income.other.label"),
    Fault(
        "W20",
        damage=(("stray_line", "income.this_year", "九、租金", "3"),),
        at="income.this_year.label",
    ),
    Fault(
        "W21",
        damage=(("merge", "indicators.001.level1", "indicators.003.level1"),),
        at="indicators.001.level1",
    ),
    Fault("W22", damage=(("merge", "texts.achievements", "texts.problems"),), at="texts.problems"),
    Fault("W11", damage=(("double_row", "income.other"),), at="income.this_year.label"),
    Fault("W17", damage=(("rubric", "other"),)),
    Fault("W19", damage=(("claim", "perfxl_form", "department-2021"),)),
    Fault("W03", damage=(("drop_sheet", "tasks"),)),
    Fault("W04", damage=(("drop_row", "income.other"),), at="income.general.initial"),
    Fault(
        "W05", damage=(("write", "income.other.label", "八、捐赠收入"),), at="income.other.label"
    ),
    Fault("W06", damage=(("write", "income.total.final", "1399.90"),), at="income.total.final"),
    Fault("W07", {"cost.project.annual": "约四百五"}, at="cost.project.annual"),
    Fault("W08", {"income.general.initial": "１，１５０．００"}, at="income.general.initial"),
    Fault("W10", damage=(("error", "income.general.annual", "#REF!"),), at="income.general.annual"),
    Fault("W12", damage=(("issue", "示例区图书馆", "100200301"),), at="unit.code"),
    Fault("W13", {"unit.year": _d("2021")}, at="unit.year"),
    Fault("W14", damage=(("activate", "宏", "外部链接"),)),
    Fault("W15", damage=(("unprotect", "cost"),), at="表1-4 支出!A1"),
    Fault("W18", damage=(("hide_row", "income.other"),), at="income.other.label"),
    Fault("W23", damage=(("explain", "X03", "有批复文件"),), at="审核结果!D2"),
    Fault("C01", {"income.surplus_used.initial": None}, at="income.surplus_used.initial"),
    Fault("C01", {"indicators.003.status": None}, at="indicators.003.status"),
    Fault("C01", {"texts.problems": "　 "}, at="texts.problems"),
    Fault("C03", {"scores.result_use.reason": None}, at="scores.result_use.reason"),
    Fault("C05", {"scores.result_use.evidence": None}, at="scores.result_use.evidence"),
    Fault("C04", {"scores.result_use.reason": "暂无"}, at="scores.result_use.reason"),
    Fault("C04", {"texts.measures": "无"}, at="texts.measures"),
    Fault("C06", {"conclusion.date": date(2021, 4, 10)}, at="conclusion.date"),
    Fault("C07", {"conclusion.phone": "1380013800"}, at="conclusion.phone"),
    Fault("T01", {"funds.income.final": _d("1301.90")}, at="funds.income.final"),
    Fault("T02", {"funds.income.final": _d("1299.91")}, at="funds.income.final"),
    Fault("X01", {"cost.carried_forward.initial": _d("12.53")}, at="cost.total.initial"),
    Fault(
        "X02",
        {
            "income.superior.final": _d("27.00"),
            "cost.carried_forward.final": _d("12.00"),
            "funds.income.final": _d("1301.90"),
            "funds.cost.final": _d("1301.90"),
            "cost.carried_forward.annual": _d("12.00"),
            "income.brought_forward.annual": _d("12.00"),
            "funds.income.annual": _d("1307.40"),
            "funds.cost.annual": _d("1307.40"),
        },
        at="income.superior.final",
    ),
    Fault(
        "X03",
        {"cost.project.initial": _d("300.00"), "cost.basic.initial": _d("900.00")},
        at="cost.project.annual",
    ),
    Fault(
        "X04",
        {
            "cost.project.final": _d("313.10"),
            "cost.carried_forward.final": _d("143.40"),
            "scores.execution.score": _d("8.90"),
            "scores.execution.reason": "项目跨年实施,支出率不足",
            "conclusion.score": _d("97.90"),
            **summed_up("97.90"),
        },
        at="funds.spent.rate",
    ),
    Fault(
        "X05",
        {"projects.001.budget": _d("480.00"), "projects.001.spent": _d("480.00")},
        at="projects_total.total.spent",
    ),
    Fault("X07", answers=in_yuan(), at="income.total.initial"),
    Fault("X08", {"projects.003.spent": _d("-61.50")}, at="projects.003.spent"),
    Fault("X09", _again("003", "004"), at="projects.004.name"),
    Fault(
        "X10",
        {"projects.003.name": "小计", "project_indicators.002.project": "免费开放项目"},
        at="projects.003.name",
    ),
    Fault("X06", {"projects.003.spent": _d("61.50")}, at="projects.003.project_spent"),
    Fault(
        "I01",
        {
            "indicators.002.actual": _d("38"),
            "indicators.002.status": "未完成",
            "indicators.002.reason": "两期培训因场地维修取消,下年补办",
            "scores.output.score": _d("19.50"),
            "scores.output.reason": "培训班少办 2 个,扣 0.50 分",
            "conclusion.score": _d("98.46"),
            **summed_up("98.46"),
        },
        at="indicators.002.actual",
    ),
    # that the indicator is unmet follows, and is told with the missing reason
    Fault(
        "C02",
        {
            "indicators.002.actual": _d("38"),
            "indicators.002.status": "未完成",
            "scores.output.score": _d("19.50"),
            "scores.output.reason": "培训班少办 2 个,扣 0.50 分",
            "conclusion.score": _d("98.46"),
            **summed_up("98.46"),
        },
        at="indicators.002.reason",
    ),
    Fault("I02", {"indicators.001.actual": _d("78")}, at="indicators.001.target"),
    Fault("I03", {"indicators.006.target": "30-50"}, at="indicators.006.target"),
    Fault("I04", {"indicators.007.actual": "较上年明显增加"}, at="indicators.007.actual"),
    Fault("I05", {"indicators.006.actual": "已完成100%"}, at="indicators.006.actual"),
    Fault("I10", {"indicators.010.actual": "全年未发生群众投诉"}, at="indicators.010.actual"),
    Fault(
        "I11",
        {"project_indicators.001.target": date(2022, 3, 5)},
        at="project_indicators.001.target",
    ),
    Fault("I12", {"indicators.003.symbol": "》"}, at="indicators.003.symbol"),
    Fault("I17", _worded("有效提升", "未达到预期目标"), at="indicators.011.actual"),
    Fault(
        "I18",
        {"indicators.010.symbol": "≤", "indicators.010.actual": _d("85")},
        at="indicators.010.symbol",
    ),
    Fault("I13", {"indicators.002.weight": _d("50")}, at="indicators.001.weight"),
    Fault("I14", {"indicators.010.actual": _d("955")}, at="indicators.010.actual"),
    Fault("I15", {"indicators.010.level1": "产出指标"}, at="indicators.010.level2"),
    Fault(
        "I16", {"project_indicators.001.project": "戏曲进校园"}, at="project_indicators.001.project"
    ),
    Fault("W16", {"indicators.001.level2": "产出数量"}, at="indicators.001.level2"),
    Fault("W16", {"indicators.002.status": "基本完成"}, at="indicators.002.status"),
    Fault("W16", {"conclusion.grade": "A"}, at="conclusion.grade"),
    Fault("I03", {"indicators.006.target": "约30"}, at="indicators.006.target"),
    Fault(
        "I04", {"project_indicators.001.actual": "近 312 天"}, at="project_indicators.001.actual"
    ),
    Fault("I05", {"indicators.007.actual": "53,200人"}, at="indicators.007.actual"),
    Fault("I12", {"indicators.003.target": "》95%"}, at="indicators.003.target"),
    Fault("W08", {"indicators.003.symbol": ">="}, at="indicators.003.symbol"),
    Fault("W08", {"indicators.001.level1": "产出"}, at="indicators.001.level1"),
    Fault(
        "W08", {"indicators.010.actual": "问卷 200 份,满意度为 95.5%"}, at="indicators.010.actual"
    ),
    Fault("I08", {"indicators.002.name": "公益演出场次 "}, at="indicators.002.name"),
    Fault("I09", {"indicators.005.level2": "数量指标"}, at="indicators.001.level2"),
    Fault("I06", {"indicators.001.status": "未完成"}, at="indicators.001.status"),
    Fault(
        "I07",
        {"project_indicators.001.stated_rate": _d("1")},
        at="project_indicators.001.stated_rate",
    ),
    Fault(
        "S01",
        {
            "scores.purchase_compliance.score": _d("3"),
            "conclusion.score": _d("99.96"),
            **summed_up("99.96"),
        },
        at="scores.purchase_compliance.score",
    ),
    Fault("S02", {"conclusion.score": _d("98.00")}, at="conclusion.score"),
    Fault(
        "S03",
        {
            "scores.execution.score": _d("9.99"),
            "scores.execution.reason": "按支出率扣 0.01 分",
            "conclusion.score": _d("98.99"),
            **summed_up("98.99"),
        },
        at="scores.execution.score",
    ),
    Fault("S04", {"conclusion.grade": "良"}, at="conclusion.grade"),
    Fault("D01", report=("2022年度基本支出834.40万元。",), at="cost.basic.final"),
    Fault("D01", report=("评价等级为“良”。",), at="conclusion.grade"),
    Fault("D03", {"texts.summary": "自评总得分 89.96 分,等级为优。"}, at="texts.summary"),
    Fault(
        "D02",
        report=(*COST_TABLE, "二、项目支出\t390.00\t445.00\t446.50"),
        at="cost.project.annual",
    ),
)

# Several like faults at once, of the rules that make one finding of them.
TOGETHER = (
    Fault(
        "W09",
        damage=(
            ("stray_row", "income.other", "捐赠收入"),
            ("stray_row", "income.superior", "其中:省级"),
        ),
        at="income.superior.label",
    ),
    Fault(
        "W21",
        damage=(
            ("merge", "indicators.001.level1", "indicators.003.level1"),
            ("merge", "indicators.001.level2", "indicators.002.level2"),
        ),
        at="indicators.001.level1",
    ),
    Fault("W22", damage=(("merge", "texts.achievements", "texts.measures"),), at="texts.problems"),
    Fault(
        "W08",
        {"indicators.003.symbol": ">=", "indicators.003.actual": "98%"},
        at="indicators.003.symbol",
    ),
    Fault(
        "W16",
        {"indicators.001.level2": "产出数量", "indicators.002.status": "基本完成"},
        at="indicators.001.level2",
    ),
    Fault(
        "W04",
        damage=(("drop_row", "income.other"), ("drop_row", "income.fund")),
        at="income.general.initial",
    ),
    Fault(
        "W05",
        damage=(
            ("write", "income.other.label", "八、捐赠收入"),
            ("write", "income.subsidiary.label", "七、下级上缴"),
        ),
        at="income.subsidiary.label",
    ),
    Fault(
        "W06",
        damage=(("write", "income.total.final", "1399.90"), ("write", "income.total.initial", "9")),
        at="income.total.initial",
    ),
    Fault(
        "W07",
        {"cost.project.annual": "约四百五", "cost.basic.annual": "八百多"},
        at="cost.basic.annual",
    ),
    Fault(
        "W08",
        {"income.general.initial": "１１５０", "income.fund.initial": "0元"},
        at="income.general.initial",
    ),
    Fault(
        "W10",
        damage=(
            ("error", "income.general.initial", "#REF!"),
            ("error", "income.general.annual", "#REF!"),
        ),
        at="income.general.initial",
    ),
    Fault("W15", damage=(("unprotect", "cost"), ("unprotect", "income")), at="表1-3 收入!A1"),
    Fault("X09", _again("003", "004", "005"), at="projects.004.name"),
    Fault(
        "X08",
        {"projects.002.spent": _d("-1"), "projects.003.spent": _d("-1")},
        at="projects.002.spent",
    ),
    Fault("C01", {"texts.problems": None, "texts.achievements": None}, at="texts.achievements"),
    Fault(
        "C05",
        {"scores.result_use.evidence": None, "scores.asset_income.evidence": " "},
        at="scores.result_use.evidence",
    ),
    Fault(
        "D02", report=(*COST_TABLE, "二、项目支出\t39.00\t45.00\t446.50"), at="cost.project.initial"
    ),
)

# Faults that cannot come alone: the rule's finding must be there, at its cell, with these others.
COMPANIONS = {
    # full points need a gap beside them, and that is asked about too
    "S05": (
        Fault(
            "S05",
            {
                "indicators.002.actual": _d("38"),
                "indicators.002.status": "未完成",
                "indicators.002.reason": "两期培训因场地维修取消,下年补办",
            },
            at="scores.output.score",
        ),
        {"S05", "I01"},
    ),
    # a line in 元 upsets the sums as well; that it is above its budget follows and is not said
    "X07": (
        Fault("X07", {"income.superior.final": _d("250000")}, at="income.superior.final"),
        {"X07", "X01", "T01"},
    ),
}

# What only a form that an office drew can show: wording of its own paper written over (by cell).
ON_OWN_PAPER = (
    Fault("W24", damage=(("情况", "A6", "主要职责"),), at="情况!B6"),
    Fault("W24", damage=(("情况", "A4", "内设科室数"),), at="情况!B4"),
    Fault("W25", at="情况!A1"),
    Fault("W26", damage=(("情况", "B4", "3.5"),), at="情况!B4"),
    Fault("W26", damage=(("情况", "D24", "已评价"),), at="情况!D24"),
)


def found_on_own_paper(fault: Fault) -> tuple[Finding, ...]:
    """Give what the fault's own rule says of an office's own paper with this fault."""
    read = bind(own_paper("answers", 0, fault.damage), drawn_form("answers"))
    rule = next(rule for rule in RULES if rule.id == fault.rule)
    return check(read, (rule,), Values(read.form, read.answers)).findings


def filled_book(answers: Mapping[str, Raw]) -> tuple[Book, Layout]:
    """Give the clean sample with these answers, as read, without cover and 校验."""
    return _filled_book(answers) if answers else _clean_book()


@cache
def _clean_book() -> tuple[Book, Layout]:
    return _filled_book({})


def _filled_book(answers: Mapping[str, Raw]) -> tuple[Book, Layout]:
    cells = {**clean(), **{Key.parse(name): Cell(raw) for name, raw in answers.items()}}
    form = form_of(SCALE)
    return read_book(render(Values(form, read_answers(form, cells)))), place(form)


def judged(book: Book, report: Manuscript | None = None) -> Outcome:
    submission = replace(bind(book, form_of(SCALE)), report=report)
    return check(submission, RULES, Values(workflow.live_form(submission.form), submission.answers))


def outcome_of(fault: Fault) -> Outcome:
    """Give what is said of the clean sample with this fault."""
    return judged(*spoiled(fault))


def spoiled(fault: Fault) -> tuple[Book, Manuscript | None]:
    """Give the clean sample with this fault, as read, and the report that comes with it."""
    book, layout = filled_book(fault.answers)
    report = typed(fault.report) if fault.report else None
    return damaged(book, layout, fault.damage), report


def found(fault: Fault) -> list[tuple[str, str]]:
    """Give the rule and the place of every finding, as `Fault.at` has it."""
    return [(f.rule.id, _at(f)) for f in outcome_of(fault).findings]


def _at(finding: Finding) -> str:
    if not finding.places:
        return ""
    sheet, cell = finding.places[0].sheet, finding.places[0].cell
    return _keys().get((sheet, cell), f"{sheet}!{cell}")


@cache
def _keys() -> dict[tuple[str, str], str]:
    """Give the keys of the untouched form by sheet and cell."""
    form = form_of(SCALE)
    layout = place(form)
    return {(layout.sheet(key).name, layout.a1(key)): str(key) for key in form.items}
