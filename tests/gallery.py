"""Planted faults, one for every rule of the catalogue, on the real form.

Each fault changes the clean sample in the way a unit would, coherently (a lower score brings its
sum with it), and names the one finding that must come of it. The clean sample itself yields none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import cache

import build
from damage import damaged

from perfxl.check.rule import Outcome, check
from perfxl.expr.tree import Key
from perfxl.form.answers import Cell, Raw, Values, read_answers
from perfxl.form.document import Manuscript, typed
from perfxl.form.layout import Layout, place
from perfxl.form.model import Kind
from perfxl.reading.bind import bind
from perfxl.reading.sheets import Book, read_book
from perfxl.render.workbook import render
from perfxl.returns import workflow
from perfxl.rules import RULES

SCALE = workflow.load_rubric(None)


@dataclass(frozen=True)
class Fault:
    """Answers changed and damage done; the finding's rule and the cell it must point at.

    `report` are the lines of a report that comes with it.
    """

    rule: str
    sheet: str
    cell: str
    answers: Mapping[str, Raw] = field(default_factory=dict)
    damage: tuple[tuple[str, ...], ...] = ()
    report: tuple[str, ...] = ()


def _d(text: str) -> Decimal:
    return Decimal(text)


def summed_up(score: str) -> dict[str, Raw]:
    """Give the summary of a return that tells this total score."""
    return {"texts.summary": f"自评总得分 {score} 分。"}


@cache
def clean() -> dict[Key, Cell]:
    return build.read_sample("clean")[0]


def in_yuan() -> dict[str, Raw]:
    """Give every amount of the clean sample in 元 where 万元 is asked for."""
    form = workflow.form_of_template(SCALE)
    return {
        str(key): cell.raw * 10_000
        for key, cell in clean().items()
        if form.items[key].kind is Kind.AMOUNT and isinstance(cell.raw, Decimal)
    }


COST_TABLE = ("表1-4 部门总支出统计表", "项目\t年初预算数\t全年预算数\t决算数")

GALLERY = (
    Fault("W01", "", "", damage=(("forget",),)),
    Fault("W01", "", "", damage=(("form", "department-2021"),)),
    Fault("W01", "", "", damage=(("form", "rubric"),)),
    Fault("W02", "附件3 自评表", "A1", damage=(("edition", "0"),)),
    Fault("W09", "表1-3 收入", "B12", damage=(("stray_row", "income.other", "捐赠收入"),)),
    Fault(
        "W20", "表1-3 收入", "B13", damage=(("stray_line", "income.this_year", "九、租金", "3"),)
    ),
    Fault(
        "W21",
        "表1-5 绩效指标",
        "C4",
        damage=(("merge", "indicators.001.level1", "indicators.003.level1"),),
    ),
    Fault(
        "W22",
        "文字部分",
        "C4",
        damage=(("merge", "texts.achievements", "texts.problems"),),
    ),
    Fault("W11", "表1-3 收入", "B13", damage=(("double_row", "income.other"),)),
    Fault("W17", "", "", damage=(("rubric", "other"),)),
    Fault("W19", "", "", damage=(("claim", "perfxl_form", "department-2021"),)),
    Fault("W03", "", "", damage=(("drop_sheet", "tasks"),)),
    Fault("W04", "表1-3 收入", "C5", damage=(("drop_row", "income.other"),)),
    Fault("W05", "表1-3 收入", "B12", damage=(("write", "income.other.label", "八、捐赠收入"),)),
    Fault("W06", "表1-3 收入", "E16", damage=(("write", "income.total.final", "1399.90"),)),
    Fault("W07", "表1-4 支出", "D6", {"cost.project.annual": "约四百五"}),
    Fault("W08", "表1-3 收入", "C5", {"income.general.initial": "１，１５０．００"}),
    Fault("W10", "表1-3 收入", "D5", damage=(("error", "income.general.annual", "#REF!"),)),
    Fault("W12", "附件3 自评表", "I7", damage=(("issue", "示例区图书馆", "100200301"),)),
    Fault("W13", "附件3 自评表", "I9", {"unit.year": _d("2021")}),
    Fault("W14", "", "", damage=(("activate", "宏", "外部链接"),)),
    Fault("W15", "表1-4 支出", "A1", damage=(("unprotect", "cost"),)),
    Fault("W18", "表1-3 收入", "B12", damage=(("hide_row", "income.other"),)),
    Fault("W23", "审核结果", "D2", damage=(("explain", "X03", "有批复文件"),)),
    Fault("C01", "表1-3 收入", "C14", {"income.surplus_used.initial": None}),
    Fault("C01", "表1-5 绩效指标", "K6", {"indicators.003.status": None}),
    Fault("C01", "文字部分", "C4", {"texts.problems": "　 "}),
    Fault("C03", "附件3 自评表", "I40", {"scores.result_use.reason": None}),
    Fault("C05", "附件3 自评表", "J40", {"scores.result_use.evidence": None}),
    Fault("C04", "附件3 自评表", "I40", {"scores.result_use.reason": "暂无"}),
    Fault("C04", "文字部分", "C5", {"texts.measures": "无"}),
    Fault("C06", "附件3 自评表", "I65", {"conclusion.date": date(2021, 4, 10)}),
    Fault("C07", "附件3 自评表", "I64", {"conclusion.phone": "1380013800"}),
    Fault("T01", "附件3 自评表", "G20", {"funds.income.final": _d("1301.90")}),
    Fault("T02", "附件3 自评表", "G20", {"funds.income.final": _d("1299.91")}),
    Fault(
        "X01",
        "表1-4 支出",
        "C13",
        {"cost.carried_forward.initial": _d("12.53")},
    ),
    Fault(
        "X02",
        "表1-3 收入",
        "E8",
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
    ),
    Fault(
        "X03",
        "表1-4 支出",
        "D6",
        {"cost.project.initial": _d("300.00"), "cost.basic.initial": _d("900.00")},
    ),
    Fault(
        "X04",
        "附件3 自评表",
        "H24",
        {
            "cost.project.final": _d("313.10"),
            "cost.carried_forward.final": _d("143.40"),
            "scores.execution.score": _d("8.90"),
            "scores.execution.reason": "项目跨年实施,支出率不足",
            "conclusion.score": _d("97.90"),
            **summed_up("97.90"),
        },
    ),
    Fault(
        "X05",
        "表2-2 项目预算",
        "F6",
        {"projects.001.budget": _d("480.00"), "projects.001.spent": _d("480.00")},
    ),
    Fault("X07", "表1-3 收入", "C16", answers=in_yuan()),
    Fault("X08", "表2-2 项目预算", "F13", {"projects.003.spent": _d("-61.50")}),
    Fault("X06", "表2-2 项目预算", "I13", {"projects.003.spent": _d("61.50")}),
    Fault(
        "I01",
        "表1-5 绩效指标",
        "I5",
        {
            "indicators.002.actual": _d("38"),
            "indicators.002.status": "未完成",
            "indicators.002.reason": "两期培训因场地维修取消,下年补办",
            "scores.output.score": _d("19.50"),
            "scores.output.reason": "培训班少办 2 个,扣 0.50 分",
            "conclusion.score": _d("98.46"),
            **summed_up("98.46"),
        },
    ),
    # that the indicator is unmet follows, and is told with the missing reason
    Fault(
        "C02",
        "表1-5 绩效指标",
        "M5",
        {
            "indicators.002.actual": _d("38"),
            "indicators.002.status": "未完成",
            "scores.output.score": _d("19.50"),
            "scores.output.reason": "培训班少办 2 个,扣 0.50 分",
            "conclusion.score": _d("98.46"),
            **summed_up("98.46"),
        },
    ),
    Fault("I02", "表1-5 绩效指标", "G4", {"indicators.001.actual": _d("78")}),
    Fault("I03", "表1-5 绩效指标", "G9", {"indicators.006.target": "30-50"}),
    Fault("I04", "表1-5 绩效指标", "I10", {"indicators.007.actual": "较上年明显增加"}),
    Fault("I05", "表1-5 绩效指标", "I9", {"indicators.006.actual": "已完成100%"}),
    Fault("I10", "表1-5 绩效指标", "I13", {"indicators.010.actual": "全年未发生群众投诉"}),
    Fault("I11", "表2-3 项目指标", "F4", {"project_indicators.001.target": date(2022, 3, 5)}),
    Fault("I12", "表1-5 绩效指标", "F6", {"indicators.003.symbol": "》"}),
    Fault("I13", "表1-5 绩效指标", "L4", {"indicators.002.weight": _d("50")}),
    Fault("I14", "表1-5 绩效指标", "I13", {"indicators.010.actual": _d("955")}),
    Fault("I15", "表1-5 绩效指标", "D13", {"indicators.010.level1": "产出指标"}),
    Fault("I16", "表2-3 项目指标", "C4", {"project_indicators.001.project": "戏曲进校园"}),
    Fault("W16", "表1-5 绩效指标", "D4", {"indicators.001.level2": "产出数量"}),
    Fault("W16", "表1-5 绩效指标", "K5", {"indicators.002.status": "基本完成"}),
    Fault("W16", "附件3 自评表", "I62", {"conclusion.grade": "A"}),
    Fault("I03", "表1-5 绩效指标", "G9", {"indicators.006.target": "约30"}),
    Fault("I04", "表2-3 项目指标", "H4", {"project_indicators.001.actual": "近 312 天"}),
    Fault("I05", "表1-5 绩效指标", "I10", {"indicators.007.actual": "53,200人"}),
    Fault("I12", "表1-5 绩效指标", "G6", {"indicators.003.target": "》95%"}),
    Fault("W08", "表1-5 绩效指标", "F6", {"indicators.003.symbol": ">="}),
    Fault("W08", "表1-5 绩效指标", "C4", {"indicators.001.level1": "产出"}),
    Fault("W08", "表1-5 绩效指标", "I13", {"indicators.010.actual": "问卷 200 份,满意度为 95.5%"}),
    Fault("I08", "表1-5 绩效指标", "E5", {"indicators.002.name": "公益演出场次 "}),
    Fault("I09", "表1-5 绩效指标", "D4", {"indicators.005.level2": "数量指标"}),
    Fault("I06", "表1-5 绩效指标", "K4", {"indicators.001.status": "未完成"}),
    Fault("I07", "表2-3 项目指标", "I4", {"project_indicators.001.stated_rate": _d("1")}),
    Fault(
        "S01",
        "附件3 自评表",
        "H44",
        {
            "scores.purchase_compliance.score": _d("3"),
            "conclusion.score": _d("99.96"),
            **summed_up("99.96"),
        },
    ),
    Fault("S02", "附件3 自评表", "I61", {"conclusion.score": _d("98.00")}),
    Fault(
        "S03",
        "附件3 自评表",
        "H33",
        {
            "scores.execution.score": _d("9.99"),
            "scores.execution.reason": "按支出率扣 0.01 分",
            "conclusion.score": _d("98.99"),
            **summed_up("98.99"),
        },
    ),
    Fault("S04", "附件3 自评表", "I62", {"conclusion.grade": "良"}),
    Fault("D01", "表1-4 支出", "E5", report=("2022年度基本支出834.40万元。",)),
    Fault("D01", "附件3 自评表", "I62", report=("评价等级为“良”。",)),
    Fault("D03", "文字部分", "C6", {"texts.summary": "自评总得分 89.96 分,等级为优。"}),
    Fault("D02", "表1-4 支出", "D6", report=(*COST_TABLE, "二、项目支出\t390.00\t445.00\t446.50")),
)

# Several like faults at once, of the rules that make one finding of them.
TOGETHER = (
    Fault(
        "W09",
        "表1-3 收入",
        "B8",
        damage=(
            ("stray_row", "income.other", "捐赠收入"),
            ("stray_row", "income.superior", "其中:省级"),
        ),
    ),
    Fault(
        "W21",
        "表1-5 绩效指标",
        "C4",
        damage=(
            ("merge", "indicators.001.level1", "indicators.003.level1"),
            ("merge", "indicators.001.level2", "indicators.002.level2"),
        ),
    ),
    Fault(
        "W22",
        "文字部分",
        "C4",
        damage=(("merge", "texts.achievements", "texts.measures"),),
    ),
    Fault(
        "W08",
        "表1-5 绩效指标",
        "F6",
        {"indicators.003.symbol": ">=", "indicators.003.actual": "98%"},
    ),
    Fault(
        "W16",
        "表1-5 绩效指标",
        "D4",
        {"indicators.001.level2": "产出数量", "indicators.002.status": "基本完成"},
    ),
    Fault(
        "W04",
        "表1-3 收入",
        "C5",
        damage=(("drop_row", "income.other"), ("drop_row", "income.fund")),
    ),
    Fault(
        "W05",
        "表1-3 收入",
        "B11",
        damage=(
            ("write", "income.other.label", "八、捐赠收入"),
            ("write", "income.subsidiary.label", "七、下级上缴"),
        ),
    ),
    Fault(
        "W06",
        "表1-3 收入",
        "C16",
        damage=(("write", "income.total.final", "1399.90"), ("write", "income.total.initial", "9")),
    ),
    Fault(
        "W07",
        "表1-4 支出",
        "D5",
        {"cost.project.annual": "约四百五", "cost.basic.annual": "八百多"},
    ),
    Fault(
        "W08",
        "表1-3 收入",
        "C5",
        {"income.general.initial": "１１５０", "income.fund.initial": "0元"},
    ),
    Fault(
        "W10",
        "表1-3 收入",
        "C5",
        damage=(
            ("error", "income.general.initial", "#REF!"),
            ("error", "income.general.annual", "#REF!"),
        ),
    ),
    Fault("W15", "表1-3 收入", "A1", damage=(("unprotect", "cost"), ("unprotect", "income"))),
    Fault(
        "X08",
        "表2-2 项目预算",
        "F12",
        {"projects.002.spent": _d("-1"), "projects.003.spent": _d("-1")},
    ),
    Fault("C01", "文字部分", "C3", {"texts.problems": None, "texts.achievements": None}),
    Fault(
        "C05",
        "附件3 自评表",
        "J40",
        {"scores.result_use.evidence": None, "scores.asset_income.evidence": " "},
    ),
    Fault("D02", "表1-4 支出", "C6", report=(*COST_TABLE, "二、项目支出\t39.00\t45.00\t446.50")),
)

# Faults that cannot come alone: the rule's finding must be there, at its cell, with these others.
COMPANIONS = {
    # full points need a gap beside them, and that is asked about too
    "S05": (
        Fault(
            "S05",
            "附件3 自评表",
            "H31",
            {
                "indicators.002.actual": _d("38"),
                "indicators.002.status": "未完成",
                "indicators.002.reason": "两期培训因场地维修取消,下年补办",
            },
        ),
        {"S05", "I01"},
    ),
    # a line in 元 upsets the sums as well; that it is above its budget follows and is not said
    "X07": (
        Fault("X07", "表1-3 收入", "E8", {"income.superior.final": _d("250000")}),
        {"X07", "X01", "T01"},
    ),
}


def filled_book(answers: Mapping[str, Raw]) -> tuple[Book, Layout]:
    """Give the clean sample with these answers, as read, without cover and 校验."""
    return _filled_book(answers) if answers else _clean_book()


@cache
def _clean_book() -> tuple[Book, Layout]:
    return _filled_book({})


def _filled_book(answers: Mapping[str, Raw]) -> tuple[Book, Layout]:
    cells = {**clean(), **{Key.parse(name): Cell(raw) for name, raw in answers.items()}}
    form = workflow.form_of(SCALE)
    return read_book(render(Values(form, read_answers(form, cells)))), place(form)


def judged(book: Book, report: Manuscript | None = None) -> Outcome:
    submission = replace(bind(book, workflow.form_of(SCALE)), report=report)
    return check(
        submission, RULES, Values(workflow.live_form(SCALE, submission.form), submission.answers)
    )


def outcome_of(fault: Fault) -> Outcome:
    """Give what is said of the clean sample with this fault."""
    return judged(*spoiled(fault))


def spoiled(fault: Fault) -> tuple[Book, Manuscript | None]:
    """Give the clean sample with this fault, as read, and the report that comes with it."""
    book, layout = filled_book(fault.answers)
    report = typed(fault.report) if fault.report else None
    return damaged(book, layout, fault.damage), report


def found(fault: Fault) -> list[tuple[str, str, str]]:
    """Give (rule, sheet, cell) of every finding."""
    return [
        (f.rule.id, f.places[0].sheet if f.places else "", f.places[0].cell if f.places else "")
        for f in outcome_of(fault).findings
    ]
