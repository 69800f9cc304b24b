"""Amounts in 元 or 千元, what a gap comes from, and what «应为» may say: told, or left unsaid."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import hall
import openpyxl
import pytest
import season_records as made
from msgspec.structs import replace

from perfxl.check.findings import Finding
from perfxl.expr.tree import Key
from perfxl.form.model import Kind
from perfxl.form.raw import Raw
from perfxl.forms.shipped import form_of
from perfxl.render.workbook import render
from perfxl.returns import workflow
from perfxl.returns.output import file_document
from perfxl.returns.records import Record, entry_of, record_of
from perfxl.returns.versions import versions
from perfxl.season.reports.office import season_report
from perfxl.season.rollup.model import Rollup
from perfxl.season.rollup.sheets import rollup_workbook
from perfxl.season.rollup.tally import tally

FORM = form_of(hall.SCALE)
INCOME_TOTALS = ["income.total.initial", "income.total.annual", "income.total.final"]
ACHIEVEMENTS, SUMMARY = "texts.achievements", "texts.summary"


def d(text: str) -> Decimal:
    return Decimal(text)


def times(fold: str, *blocks: str) -> dict[str, Raw]:
    """Give the amounts of the return so many times as large: all, or those of some blocks."""
    amounts = {key: cell.raw for key, cell in hall.cells({}).items()}
    return {
        str(key): raw * d(fold)
        for key, raw in amounts.items()
        if isinstance(raw, Decimal)
        and FORM.items[key].kind is Kind.AMOUNT
        and (not blocks or key.block in blocks)
    }


def scale(answers: Mapping[str, Raw]) -> Finding:
    """Give the only finding, which must be about the unit of money."""
    (found,) = hall.findings(answers)
    assert found.rule.id == "X07"
    return found


# ---------------------------------------------------------------- the scale of money


def test_a_return_in_yuan_is_told_without_any_witness() -> None:
    found = scale(times("10000"))
    assert list(map(str, found.keys)) == INCOME_TOTALS
    assert "9,085,200.00 万元,像是按元填的,折合 908.52 万元" in found.message


@pytest.mark.parametrize(
    ("fold", "said", "told"),
    [
        ("1000", "支出总计90.85万元。", "按元填的,折合 90.85 万元"),
        ("1000", "全年办活动112场,建成分馆3个。收入总计为90.852万元。", "按元填的"),
        ("1000", "其中:项目支出38.93万元,基本支出51.29万元。", "按元填的"),
        ("1000", "公共文化活动专项支出19.55万元。", "按元填的"),
        ("10", "收入总计908.52万元。", "按千元填的(大了 10 倍),折合 908.52 万元"),
        ("10", "收入总计9085200元。", "按千元填的"),
    ],
)
def test_the_texts_tell_the_unit(fold: str, said: str, told: str) -> None:
    found = scale({**times(fold), ACHIEVEMENTS: said})
    assert list(map(str, found.keys)) == INCOME_TOTALS
    assert told in found.message
    assert "文字部分“主要工作成效”说“" in found.message


@pytest.mark.parametrize(
    "indicator",
    [
        {"name": "公共文化活动专项经费", "target": d("20"), "actual": d("19.2")},
        {"name": "活动经费", "target": d("20"), "actual": d("19.55")},
        {"name": "非遗保护支出", "target": d("2"), "actual": d("1.8")},
    ],
)
def test_an_indicator_of_a_project_tells_the_unit(indicator: Mapping[str, Raw]) -> None:
    changes = {f"indicators.005.{column}": raw for column, raw in indicator.items()}
    found = scale({**times("1000"), **changes})
    assert "像是按元填的,折合 90.85 万元:表1-5" in found.message


def test_an_indicator_of_a_named_project_tells_the_unit() -> None:
    own: dict[str, Raw] = {
        "name": "投入资金",
        "symbol": "=",
        "target": d("15"),
        "unit": "万元",
        "actual": d("15"),
    }
    changes = {f"project_indicators.002.{column}": raw for column, raw in own.items()}
    assert "表2-3" in scale({**times("1000"), **changes}).message


def test_projects_in_yuan_are_told_once() -> None:
    """That they are above the line they are a part of follows, and is not said."""
    found = scale(times("10000", "projects"))
    assert [str(key) for key in found.keys] == ["projects_total.total.spent"]
    assert "3,617,000.00 万元,像是按元填的,折合 361.70 万元" in found.message


def test_accounts_in_yuan_beside_projects_in_wan() -> None:
    tenth = {**times("1000"), **times("0.1", "projects")}
    assert "表2-2 项目预算“重点项目合计”为 36.17 万元" in scale(tenth).message


def test_a_large_bureau_and_a_small_unit_are_silent() -> None:
    for fold in ("497.864", "0.0950"):
        rounded = {
            name: raw.quantize(d("0.01"))
            for name, raw in times(fold).items()
            if isinstance(raw, Decimal)
        }
        assert [f.rule.id for f in hall.asked(rounded) if f.rule.id not in {"T01", "X01"}] == []


@pytest.mark.parametrize(
    "answers",
    [
        times("1000"),  # 元 may be meant, but nobody says so
        times("10"),
        {SUMMARY: "收入总计908.52万元,支出总计9085200元,公共文化活动专项支出195.5万元。"},
        {SUMMARY: "收入总计0.09亿元,上年收入总计852.14万元。"},
        {**times("497.864"), SUMMARY: "收入总计45.23亿元。", "conclusion.score": d("98.86")},
        # what is saved, or spent on one of many, is not a project's money
        {
            **times("100"),
            "indicators.005.name": "公共文化活动单位成本",
            "indicators.005.target": d("2"),
            "indicators.005.actual": d("1.955"),
        },
    ],
    ids=["yuan", "thousands", "right", "another year", "bureau", "unit cost"],
)
def test_what_nobody_contradicts_is_left_alone(answers: Mapping[str, Raw]) -> None:
    assert [f for f in hall.findings(answers) if f.rule.id == "X07"] == []


def test_one_sentence_alone_is_asked_about_where_it_stands() -> None:
    """Others agree with the tables, so the slip is rather there."""
    text = "收入总计9085.2万元,支出总计908.52万元。"
    found = scale({SUMMARY: text})
    assert [str(key) for key in found.keys] == [SUMMARY]
    assert "“收入总计9085.2万元”,而收入总计·决算数是 908.52 万元,正好差 10 倍" in found.message


def test_a_wrong_line_is_not_the_whole() -> None:
    said = {ACHIEVEMENTS: "项目支出389.3万元。"}
    found = hall.findings({**said, "cost.project.final": d("3893000")})
    told = [str(key) for f in found if f.rule.id == "X07" for key in f.keys]
    assert told == ["cost.project.final"]
    found = hall.findings({**said, "cost.project.final": d("3893")})
    told = [str(key) for f in found if f.rule.id == "X07" for key in f.keys]
    assert told == [ACHIEVEMENTS]


# ---------------------------------------------------------------- what is known beforehand


def test_amounts_filled_in_beforehand_are_a_witness() -> None:
    filled: dict[Key, str | Decimal] = {
        Key("income", "general", "initial"): d("80.00"),
        Key("unit", "department"): "局",
    }
    terms = replace(hall.TERMS, prefilled={"100200300": filled})
    data = hall.workbook(times("1000"))
    (found,) = (
        f
        for f in workflow.check_bytes(Path("a.xlsx"), data, terms).reviewed.outcome.findings
        if f.rule.id == "X07"
    )
    assert "预填的数里一、一般公共预算财政拨款收入·年初预算数为 80.00 万元" in found.message


def test_an_earlier_round_is_a_witness_unless_it_was_in_doubt(tmp_path: Path) -> None:
    right, wrong = tmp_path / "right.xlsx", tmp_path / "wrong.xlsx"
    right.write_bytes(hall.workbook(times("0.1")))
    wrong.write_bytes(hall.workbook({**times("1000"), SUMMARY: "收入总计90.85万元。"}))

    def found(now: Path, before: Path) -> list[str]:
        checked = workflow.check_file(now, hall.TERMS)
        against = workflow.checked_against(checked, before, hall.TERMS)
        return [f.message for f in against.reviewed.outcome.findings if f.rule.id == "X07"]

    plain = tmp_path / "plain.xlsx"
    plain.write_bytes(hall.workbook(times("1000")))
    assert "上次报送的表里收入总计" in found(plain, right)[0]
    assert found(right, wrong) == []


# ---------------------------------------------------------------- causes, and what should be


def by_rule(answers: Mapping[str, Raw]) -> dict[str, Finding]:
    return {f.rule.id: f for f in hall.findings(answers)}


def causes(finding: Finding) -> str:
    return finding.message.partition("可能原因:")[2]


def test_only_the_line_that_brings_the_column_together_is_named() -> None:
    found = by_rule({"income.general.final": d("854.32")})
    for finding in found.values():
        said = "“一、一般公共预算财政拨款收入”854.32 像是数字填颠倒了(应为 845.32)"
        assert causes(finding) == said
    assert found["T01"].expected is None
    assert found["T01"].standard == "各项之和 917.52"
    assert found["X01"].standard == "收入总计·决算数 917.52"


def test_a_line_of_the_other_side() -> None:
    found = by_rule({"cost.basic.final": d("521.88")})
    said = "“一、基本支出”521.88 像是数字填颠倒了(应为 512.88)"
    assert {causes(found[rule]) for rule in ("T01", "X01")} == {said}
    assert (found["X01"].expected, found["X01"].against) == (d("908.52"), "")


@pytest.mark.parametrize("typed", ["899.52", "917.52", "980.52"])
def test_a_miscopied_total_casts_doubt_on_no_line(typed: str) -> None:
    (found,) = hall.findings({"funds.income.final": d(typed)})
    assert causes(found).startswith("像是合计数抄错")
    assert "“" not in causes(found)
    assert (found.expected, found.against) == (d("908.52"), "")


def test_a_total_without_one_of_its_lines_names_it() -> None:
    (found,) = hall.findings({"funds.cost.final": d("519.22")})
    assert "像是少加了“二、项目支出”的 389.30" in causes(found)
    (found,) = hall.findings({"funds.cost.final": d("1297.82")})
    assert "像是多加了一次“二、项目支出”的 389.30" in causes(found)


def test_no_cause_is_better_than_a_wrong_one() -> None:
    """Two and two of the totals agree: neither side is known to be right."""
    copied = {"income.general.final": d("854.32"), "funds.income.final": d("917.52")}
    (found,) = hall.findings(copied)
    assert causes(found) == ""
    assert (found.expected, found.standard) == (d("917.52"), "收入总计·决算数 917.52")
    other = by_rule({"income.general.final": d("850.11")})
    assert {causes(finding) for finding in other.values()} == {""}


def test_a_forgotten_line_is_named_though_the_typed_total_went_along() -> None:
    left_out = {"income.brought_forward.final": d("0"), "funds.income.final": d("896.18")}
    (found,) = hall.findings(left_out)
    assert "“年初结转和结余”、“使用非财政拨款结余”填的是 0,看看是否漏填了 12.34" in causes(found)


def test_the_json_and_the_result_say_what_a_figure_is() -> None:
    checked = hall.checked({"income.general.final": d("854.32")})
    told = {f["id"]: f for f in file_document(checked)["findings"]}
    assert (told["T01"]["expected"], told["T01"]["against"]) == (None, "各项之和 917.52")
    assert told["T01"]["difference"] == "-9.00"
    book = openpyxl.load_workbook(BytesIO(workflow.result_bytes(checked)), data_only=True)
    cells = {str(cell.value) for row in book["审核结果"].iter_rows() for cell in row}
    assert "各项之和 917.52" in cells


# ---------------------------------------------------------------- in a season


def season(*returns: Mapping[str, Raw]) -> Rollup:
    units = [made.unit(n) for n, _ in enumerate(returns, 1)]
    campaign, records = made.campaign_of(*units), list[Record]()
    for unit, answers in zip(units, returns, strict=True):
        own = {"unit.name": unit.name, "unit.code": unit.code, **answers}
        path = f"{unit.code}.xlsx"
        checked = hall.checked(own)
        document = {"path": path, "sha256": path}
        record = record_of(replace(checked, path=Path(path)), path)
        records.append(made.sent(record, unit.code, path, document=document))
    found = versions(map(entry_of, records))
    return tally(iter(records), found, campaign, made.DEADLINE)


def test_amounts_in_doubt_stay_out_of_the_totals() -> None:
    rollup = season({}, {"cost.project.final": d("3893000")}, times("10000"))
    total = rollup.amounts[Key("income", "total", "final")]
    assert (total.total, total.units) == (d("908.52"), 1)
    assert [row.amounts for row in rollup.doubted] == [(), ()]
    book = rollup_workbook(rollup, lambda path: "")
    data = openpyxl.load_workbook(BytesIO(render(book.values, book.extras)), data_only=True)
    shown = {str(cell.value) for row in data["概况"].iter_rows() for cell in row}
    assert "四、收支总计(其中2家金额单位可疑,未计入)" in shown
    units = {str(cell.value) for row in data["单位情况"].iter_rows() for cell in row}
    assert any("9,085,200.00 万元,像是按元填的" in text for text in units)
    said = " ".join(str(getattr(piece, "text", "")) for piece in season_report(rollup).pieces)
    assert "其中2家金额单位可疑,未计入" in said


def test_a_unit_in_yuan_is_told_by_the_others() -> None:
    """Its own return says nothing of it; that of a bureau as large has decimals."""
    small = [times(fold) for fold in ("0.08", "0.1", "0.12", "0.2")]
    rollup = season(*small, {**times("1000"), "funds.income.final": d("908520")})
    (odd,) = rollup.doubted
    assert "像是按元填的,折合 90.85 万元:其他单位的中位数是 " in odd.doubt
    bureau = season(*small, times("1000.01"))
    assert not bureau.doubted
    assert bureau.amounts[Key("income", "total", "final")].units == 5
