"""An office's own form: tokens and what they mean, every fault at once, tokens proposed."""

from __future__ import annotations

import ast
import re
import zipfile
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from drawings import EACH, LAYOUTS, Sheet, at_random, data, draw, truth
from editing import rewritten
from form_faults import FAULTS, REMARKS, SMALL, Case, changed
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.comments import Comment
from openpyxl.styles import Border, Side
from test_season_cli import perfxl
from tiers import everyday

from perfxl import returns
from perfxl.errors import Unreadable
from perfxl.form.addresses import a1
from perfxl.form.drawing import DrawnArea
from perfxl.form.faults import Remark, Said, Wrong
from perfxl.form.model import Kind
from perfxl.form.ours import TAKEN_NAMES, UNIT_SHEET
from perfxl.form.relations import StatedCheck
from perfxl.forms.office import headings
from perfxl.forms.office.compiled import compiled
from perfxl.forms.office.drawn import has_tokens, understand
from perfxl.forms.office.model import OfficeForm
from perfxl.forms.office.propose import Proposed, propose
from perfxl.forms.office.suggested import check_rows, note_rows
from perfxl.forms.office.tokens import KINDS, Grade, Token, marked, parse
from perfxl.forms.office.told import holds
from perfxl.reading.drawing import read_drawing
from perfxl.returns.office import form_of_office
from perfxl.text.stubs import is_stub, written_over, year_of

GOOD, POOR = Grade("好", Decimal(85)), Grade("差", Decimal(0))


def understood(sheets: Sequence[Sheet], change: Callable[[Any], None] | None = None) -> OfficeForm:
    """Give what is understood of a 表样, something changed in its workbook first."""
    book = draw(sheets)
    if change is not None:
        change(book)
    return understand(read_drawing(data(book)))


def proposed(sheets: Sequence[Sheet], change: Callable[[Any], None] | None = None) -> Proposed:
    book = draw(sheets, blank=True)
    if change is not None:
        change(book)
    return propose(read_drawing(data(book)))


# ---------------------------------------------------------------- tokens


@pytest.mark.parametrize(
    ("text", "token"),
    [
        ("文字", Token("文字")),
        (" 金 额 : 元　必填 行数 ６０", Token("金额", True, 60, unit="元")),
        ("金额：元", Token("金额", unit="元")),
        ("文字必填", Token("文字", True)),
        ("文字 必填 行数60", Token("文字", True, 60)),
        ("文字 行数：60 必填", Token("文字", True, 60)),
        ("选择:甲／乙/丙 必填", Token("选择", True, choices=("甲", "乙", "丙"))),
        ("选择 必填:甲/乙", Token("选择", True, choices=("甲", "乙"))),
        ("选择:选填/必填", Token("选择", choices=("选填", "必填"))),
        ("选择:非常 好/一般", Token("选择", choices=("非常 好", "一般"))),
        ("选择", Token("选择")),
        ("一级指标:产出指标/效益指标", Token("一级指标", choices=("产出指标", "效益指标"))),
        ("得分:20", Token("得分", points=Decimal(20))),
        ("得分：12.5分", Token("得分", points=Decimal("12.5"))),
        (
            "等级:好85/差",
            Token("等级", choices=("好", "差"), grades=(GOOD, POOR)),
        ),
    ],
)  # fmt: skip
def test_tokens_are_read(text: str, token: Token) -> None:
    assert parse(text) == token
    assert marked(f" 【{text}】 ").alone == token


@pytest.mark.parametrize(
    ("text", "what", "fix"),
    [
        ("【金頟】", "不认识“金頟”", "是不是【金额】?"),
        ("【文本】", "不认识“文本”", "是不是【文字】?"),
        ("【执行率】", "不认识“执行率”", "是不是【百分比】?"),
        ("【文字 选填】", "不认识“文字选填”", "是不是【文字】?"),
        ("【注】", "不认识“注”", "换成别的括号"),
        ("【】", "没有写填什么", "去掉【】"),
        ("【必填】", "没有写填什么", "去掉【】"),
        ("【文字 行数0】", "行数 0 不对", "行数60"),
        ("【文字 行数99999】", "行数 99999 不对", "1000"),
        ("【数字:3】", "后面不写", "写成【数字】"),
        ("【金额:美元】", "不认识金额单位“美元”", "万元"),
        ("【得分:二十】", "不是大于 0 的数", "【得分:20】"),
        ("【得分:0】", "不是大于 0 的数", "【得分:20】"),
        ("【选择:甲】", "只有一项可选", "甲/乙/丙"),
        ("【选择:甲/甲】", "有相同的", "去掉"),
        ("【等级:优80/良90】", "读不懂", "从高到低"),
        ("【等级:优90】", "读不懂", "从高到低"),
        ("【文字】【金额】", "一格里有两个标记", "分成两格"),
        ("共【金额】元", "【金额】夹在文字里", "单独放一格"),
        ("填报单位:【单位名秤】", "不认识“单位名秤”", "是不是【单位名称】?"),
        ("填报单位:【单位名称 行数3】", "写了行数", "去掉行数"),
        ("【金额", "不成对", "补上"),
        ("金额】", "不成对", "补上"),
    ],
)
def test_what_is_wrong_with_a_token_is_said_with_its_remedy(text: str, what: str, fix: str) -> None:
    (wrong,) = marked(text).wrong
    assert what in wrong.what
    assert fix in wrong.fix


@pytest.mark.parametrize(
    "text", ["见【填表说明】第 3 条", "【注】请如实填写", "〖文字〗", "[金额]"]
)
def test_wording_in_brackets_is_wording(text: str) -> None:
    assert marked(text).wrong == ()
    assert marked(text).alone is None


ASKS = "请在此处简要说明各级审计和财政监督检查中发现的问题及其所涉及的金额，如没有请填无。"


@pytest.mark.parametrize(
    ("text", "stub"), [(ASKS, True), (f"{ASKS}\n无", False), ("（请在此填写）", True)]
)
def test_what_asks_to_be_written_over_is_a_stub_until_it_is(text: str, stub: bool) -> None:
    assert is_stub(text) is stub


@pytest.mark.parametrize(
    ("text", "written"),
    [
        *((text, "") for text in ("/", "／", "—", "－－", "--", "指标1：/", "指标2:", "……")),
        ("指标1：修桥", "修桥"),
        *((text, text) for text in ("无", "-5", "5/6", "1-2月", "A/B", "0")),
    ],
)
def test_a_stroke_is_written_where_there_is_nothing(text: str, written: str) -> None:
    assert written_over(text) == written


def test_unit_and_year_may_stand_inside_wording() -> None:
    said = marked("填报单位:【单位名称】 代码:【单位代码】(【年度】年度)")
    assert [token.word for token in said.inside] == ["单位名称", "单位代码", "年度"]
    assert marked("【单位名称】【单位代码】").wrong == ()


def test_every_kind_makes_a_field_or_nothing() -> None:
    nothing = {word for word, kind in KINDS.items() if kind.kind is None}
    assert nothing == {"完成率", "序号"}
    assert not any(isinstance(parse(word), Wrong) for word in KINDS)
    token = parse("符号:≥/≤")
    assert isinstance(token, Token)
    assert (token.kind, Token("符号").kind) == (Kind.CHOICE, Kind.TEXT)


# ---------------------------------------------------------------- a form understood


@EACH
def test_a_form_without_faults_is_silent(name: str) -> None:
    form = understood(LAYOUTS[name])
    assert form.faults == ()
    assert {(one.sheet, a1(*one.spot)): one.token.word for one in form.inputs} == truth(
        LAYOUTS[name]
    )


def test_what_belongs_to_a_list_is_found() -> None:
    first, second = understood(LAYOUTS["tasks"]).lists
    assert (first.row, first.rows, first.spare, len(first.inputs)) == (5, 20, 2, 7)
    assert (second.row, second.rows, second.spare) == (11, 40, 3)
    assert first.labels == (DrawnArea(3, 0, 8, 0),)


def test_printed_numbers_below_a_serial_number_are_spare_rows() -> None:
    (one,) = understood(LAYOUTS["profile"]).lists
    assert (one.row, one.spare) == (19, 2)


def test_formulas_filled_down_belong_to_the_list() -> None:
    (one,) = understood(LAYOUTS["projects"]).lists
    assert (one.row, one.spare) == (2, 2)

    def other(book: Any) -> None:
        book["项目"]["F5"] = "=D5+1"

    (one,) = understood(LAYOUTS["projects"], other).lists
    assert one.spare == 1


def test_a_formula_of_the_pattern_row_alone_is_that_of_the_list() -> None:
    def alone(book: Any) -> None:
        book["项目"]["F4"] = book["项目"]["F5"] = None

    (one,) = understood(LAYOUTS["projects"], alone).lists
    assert (one.row, one.spare) == (2, 2)


def test_rows_of_indicators_take_printed_wording() -> None:
    rows = understood(LAYOUTS["funds"]).indicators
    assert [one.row for one in rows] == [13, 14, 15, 16, 17]
    assert rows[1].columns["一级指标"] == (13, 0)  # merged down from the row above
    assert rows[1].columns.keys() >= {"二级指标", "三级指标", "指标值", "完成值", "分值", "得分"}
    assert understood(LAYOUTS["basic"]).indicators == ()


def test_a_cell_is_called_by_its_row_and_column() -> None:
    labels = {a1(*one.spot): one.label for one in understood(LAYOUTS["funds"]).inputs}
    assert labels["D9"] == "其中:财政拨款·年初预算数"
    assert labels["C4"] == "项目名称"


def test_choices_come_from_the_drop_down_in_the_drawing() -> None:
    form = understood(LAYOUTS["service"])
    (one,) = [one for one in form.inputs if one.token.word == "选择"]
    assert one.choices == ("公共服务", "履职服务")

    def beside(book: Any) -> None:
        paper = book["购买服务"]
        paper["H1"], paper["H2"] = "甲", "乙"
        paper.data_validations.dataValidation[0].formula1 = "$H$1:$H$2"

    (one,) = [o for o in understood(LAYOUTS["service"], beside).inputs if o.token.word == "选择"]
    assert one.choices == ("甲", "乙")


def small(
    cells: Mapping[str, object] | None = None,
    checks: Sequence[Sequence[object]] = (),
    notes: Mapping[str, object] | None = None,
) -> OfficeForm:
    """Give what is understood of a small form with these cells, checks and notes."""
    return understood((Sheet("表", SMALL),), changed(cells, checks, notes))


def told(form: OfficeForm) -> list[str]:
    return [str(fault) for fault in form.faults]


def test_the_small_form_is_silent() -> None:
    form = small(
        checks=[
            ("", "", "", "B4", "≤", "1000", "", ""),
            ("G02", "核实", "不超预算", "C4:C5", "<=", "B4:B5", 0.01, "核对"),
            ("", "提示", "", "=SUM(C8:C8)", "=", "=C6", "", ""),
            ("", "", "", "B8:B8", "大于等于", "C8:C8", "", ""),
            (None,) * 8,
            ("", "", "", "表!B6", "≠", "C6", "", ""),
        ],
        notes={"表样名称": "小表", "版次": "2", "年度": 2024, "金额单位": "元", "别的": "话"},
    )
    assert told(form) == []
    assert [check.id for check in form.checks] == ["G01", "G02", "G03", "G04", "G05"]
    assert [check.relation for check in form.checks] == ["≤", "≤", "=", "≥", "≠"]
    assert [check.severity.word for check in form.checks][:3] == ["错误", "核实", "提示"]
    assert form.checks[1].tolerance == Decimal("0.01")
    assert (form.notes.name, form.notes.year, form.notes.money) == ("小表", 2024, "元")


HONEST = {
    "the row itself": {"C8": "=B8*2"},
    "the whole list": {"C8": "=B8/SUM(B8:B8)"},
    "with $": {"C8": "=B8*$B$6"},
    "only rows with $": {"C8": "=B8*B$6"},
    "a name in a text": {"B6": '=IF(B4="C8","[1]x",B5)'},
    "a function like a cell": {"B6": "=LOG10(B4)"},
    "another sheet": {"B6": "='表'!C6"},
    "a list with more around it": {"B10": "=SUM(B8:B9)"},
}


@pytest.mark.parametrize("case", [*FAULTS, *REMARKS], ids=lambda case: f"{case.name} {case.place}")
def test_what_is_wrong_or_to_be_known_is_one_line_in_its_place(case: Case) -> None:
    *before, one = case.told()
    assert all(isinstance(other.said, Remark) for other in before)
    assert (one.said.name, one.place) == (case.name, case.place)
    assert isinstance(one.said, Wrong if case in FAULTS else Remark)
    assert case.what in one.said.what
    assert case.fix in one.said.fix


@pytest.mark.parametrize(("kind", "cases"), [(Wrong, FAULTS), (Remark, REMARKS)])
def test_each_is_seen_in_some_form(kind: type[Said], cases: Sequence[Case]) -> None:
    assert {case.name for case in cases} == kind.messages.keys()


@pytest.mark.parametrize(
    "sides", [("B2", "=", '"甲"'), ("B4", "<>", '""'), ("B8:B8", "≤", "C8:C8")]
)
def test_texts_may_be_alike_and_blanks_be_asked_for(sides: tuple[str, str, str]) -> None:
    assert told(small(checks=[("", "", "", *sides)])) == []


@pytest.mark.parametrize("cells", HONEST.values(), ids=HONEST)
def test_what_is_like_a_fault_and_none_is_silent(cells: Mapping[str, object]) -> None:
    assert told(small(cells)) == []


def test_all_faults_are_told_at_once_in_the_order_of_the_cells() -> None:
    form = small({"C8": "=B8*B6", "B4": "【金頟】", "B2": "【单位名秤】", "B10": "=B8"})
    assert [fault.place for fault in form.faults] == ["表 B2", "表 B4", "表 C8", "表 B10"]


def test_what_is_beyond_us_is_a_remark_and_no_fault() -> None:
    form = small(
        {"B6": "=VLOOKUP(B4,B4:C5,2)", "C6": "=B6*2"},
        [
            ("", "", "", "MEDIAN(B4:B5)", "≤", "B4", "", ""),
            ("", "", "", "C6", "=", "C4", "", ""),
            ("", "", "", "B4", "=", "B5", "", ""),
        ],
    )
    assert told(form) == []
    assert tuple(map(str, form.remarks)) == (
        "表 B6:不能核对:函数 VLOOKUP。在表里照常计算,perfxl 不核对它的结果",
        "勾稽关系 A2:编号 G01 不能核对:函数 MEDIAN。这一条不审核",
        "勾稽关系 A3:编号 G02 不能核对:用到了不能核对的公式。这一条不审核",
    )
    stated = compiled(form, 2024).of(StatedCheck)
    assert [one.id for one in stated] == ["G03"]


SIDES = st.one_of(
    st.sampled_from(["B4:B5", "C4:C5", "SUM(B4:B5)", "B8:B8", "SUM(C8:C9)", "B6", "B10", "A1:D12"]),
    st.text(alphabet="BCD4568910:$!+-*/=<>()SUM,表'\"[]%^&", min_size=1, max_size=12),
)


@given(SIDES, st.sampled_from("=≥≤><≠"), SIDES)
def test_every_check_is_a_rule_a_fault_or_a_remark(left: str, relation: str, right: str) -> None:
    form = small(checks=[("", "", "", left, relation, right, "", "")])
    found = {"fault": bool(form.faults), "remark": bool(form.remarks)}
    if not form.faults:
        stated = list(compiled(form, 2024).of(StatedCheck))
        found["rule"] = bool(stated) and all(check.tests for check in stated)
    assert sum(found.values()) >= 1, found


def test_a_hidden_sheet_without_tokens_is_kept_in_peace() -> None:
    def change(book: Any) -> None:
        book.create_sheet("选项")["A1"] = "甲"
        book["选项"].sheet_state = "veryHidden"

    assert told(understood((Sheet("表", SMALL),), change)) == []


def test_names_of_sheets_that_are_ours_are_taken() -> None:
    """Those that a template or a result has besides the form's own, and no others."""
    modules = (Path(returns.__file__ or "").parent).glob("*.py")
    trees = [ast.parse(path.read_text("utf-8")) for path in modules]
    named = set[object]()
    for node in (node for tree in trees for node in ast.walk(tree)):
        match node:
            case ast.Call(ast.Name("Sheet"), [_, ast.Constant(name), *_]):
                named.add(name)
            case ast.Call(ast.Name("Cover"), [ast.Constant(name), *_]):
                named.add(name)
    assert named | {UNIT_SHEET} == TAKEN_NAMES


# ---------------------------------------------------------------- read as drawn


def test_merged_cells_keep_their_lines_and_values() -> None:
    book = openpyxl.Workbook()
    paper = book.active
    paper["A1"] = "甲"
    paper["A1"].comment = Comment("写全称", "局")
    paper["C1"].border = Border(right=Side(style="thick"))
    paper.merged_cells.add("A1:C1")
    paper["D1"] = "=A1"
    paper["D1"].number_format = "0.00%"
    paper.row_dimensions[1].height = 40
    paper.column_dimensions["B"].width = 30
    drawing = read_drawing(data(book))
    (sheet,) = drawing.sheets
    assert sheet.area((0, 2)) == DrawnArea(0, 0, 0, 2)
    assert drawing.style(sheet.cell((0, 2))).lines == {"right"}
    assert (sheet.cell((0, 0)).comment, sheet.cell((0, 3)).formula) == ("写全称", "=A1")
    assert drawing.style(sheet.cell((0, 3))).number_format == "0.00%"
    assert (sheet.heights, sheet.widths) == ({0: 40}, {1: 30})


ODS = b"""<?xml version="1.0"?><office:document office:mimetype="application/vnd.oasis.opendocument.spreadsheet"
xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"><office:body><office:spreadsheet>
<table:table table:name="a"/></office:spreadsheet></office:body></office:document>"""  # noqa: E501
SMALL_FILE = data(draw((Sheet("表", SMALL),)))
UNREADABLE: Mapping[str, tuple[bytes, str, str]] = {
    "not a workbook": (b"%PDF-1.4 ...", "damaged", "另存为"),
    "another format": (ODS, "not-xlsx", "另存为“Excel 工作簿(*.xlsx)”"),
    "empty": (b"", "empty", "重新下载"),
    "broken": (SMALL_FILE[:-200], "damaged", "另存为"),
    "encrypted": (b"E-SafeNet" + bytes(600), "encrypted", "取消打开密码"),
    "a state no program knows": (
        rewritten(SMALL_FILE, lambda _, xml: xml.replace(b'state="visible"', b'state="show"')),
        *("damaged", "另存为"),
    ),
    "two sheets of a name": (
        rewritten(
            data(draw((Sheet("a", SMALL), Sheet("b", SMALL)))),
            lambda name, xml: xml.replace(b'name="b"', b'name="A"'),
        ),
        *("damaged", "另存为"),
    ),
}


@pytest.mark.parametrize("case", UNREADABLE.values(), ids=UNREADABLE)
def test_what_cannot_be_read_is_one_line(case: tuple[bytes, str, str]) -> None:
    packed, code, fix = case
    with pytest.raises(Unreadable) as caught:
        read_drawing(packed)
    assert caught.value.code == code
    assert fix in caught.value.fix
    assert "\n" not in caught.value.message


# ---------------------------------------------------------------- tokens proposed


def told_cells(found: Proposed) -> dict[tuple[str, str], str]:
    """Give the word of each token that is to stand alone, by sheet and cell."""
    alone = (one for one in found.cells if not one.written)
    return {(one.sheet, a1(*one.area.first)): one.word for one in alone}


@EACH
def test_every_cell_to_fill_is_proposed_and_no_other(name: str) -> None:
    assert told_cells(proposed(LAYOUTS[name])) == truth(LAYOUTS[name])


def _bare(book: Any) -> None:
    """No lines at all: offices have such sheets too."""
    for paper in book.worksheets:
        for row in paper.iter_rows():
            for cell in row:
                cell.border = Border()


def _plain(book: Any) -> None:
    """Every height and width as Excel has it."""
    for paper in book.worksheets:
        paper.row_dimensions.clear()
        paper.column_dimensions.clear()


def _spaced(book: Any) -> None:
    """Labels drawn out with blanks, as typists do, and over two lines."""
    for paper in book.worksheets:
        for row in paper.iter_rows():
            for cell in row:
                text = cell.value
                if isinstance(text, str) and 1 < len(text) < 9 and text[0] not in "=□0123456789":
                    cell.value = (
                        "\n".join((text[:2], text[2:])) if len(text) > 4 else " ".join(text)
                    )


def _lined_by_neighbours(book: Any) -> None:
    """Each line drawn once, by the cell to its left or above."""
    thin = Side(style="thin")
    for paper in book.worksheets:
        for row in paper.iter_rows():
            for cell in row:
                if cell.border.left.style:
                    first = {"left": thin} if cell.column == 1 else {}
                    cell.border = Border(right=thin, bottom=thin, top=thin, **first)


SHARES: Mapping[Callable[[Any], None], tuple[float, float]]
SHARES = {_bare: (0.9, 0.95), _plain: (1, 1), _spaced: (1, 1), _lined_by_neighbours: (1, 1)}


@pytest.mark.parametrize("change", everyday(SHARES, {_bare}), ids=lambda change: change.__name__)
def test_proposals_stand_another_look(change: Callable[[Any], None]) -> None:
    """Of all layouts together so much is found, and so much of what is proposed is right."""
    hits = wanted = given = 0
    for sheets in LAYOUTS.values():
        found, right = told_cells(proposed(sheets, change)), truth(sheets)
        hits, wanted = hits + len(found.keys() & right.keys()), wanted + len(right)
        given += len(found)
    recall, precision = SHARES[change]
    assert hits / wanted >= recall
    assert hits / given >= precision


def test_stars_propose_required_and_empty_rows_a_list() -> None:
    by_cell = {a1(*one.area.first): one for one in proposed(LAYOUTS["profile"]).cells}
    assert by_cell["B4"].text == "【单位名称 必填】"
    assert by_cell["B5"].text == "【选择:行政/事业】"
    assert by_cell["B20"].text == "【文字 行数50】"
    assert "3 行空行" in by_cell["B20"].doubt
    assert not by_cell["C20"].rows


def test_a_blank_nobody_speaks_of_is_a_doubt() -> None:
    doubts = [one for one in proposed(LAYOUTS["budget"]).doubts if "空着" in one.why]
    assert {a1(*doubt.spot) for doubt in doubts} == {"E9", "G9", "E10", "G10"}


def test_a_line_of_one_year_is_a_doubt() -> None:
    (doubt,) = proposed(LAYOUTS["funds"]).doubts
    assert a1(*doubt.spot) == "A3"
    assert "（【年度】年度）" in doubt.why


@pytest.mark.parametrize(
    ("text", "year"),
    [
        ("（2023年度）", "2023"),
        ("2023 年", "2023"),
        ("部门预算项目支出绩效自评表（2023年度）", "2023"),
        ("2022年度部门整体支出绩效自评表", "2022"),
        ("2022年部门整体支出绩效自评表（市级）", "2022"),
        ("依据《绩效管理办法》（2021年）", ""),
        ("2021年印发的办法，填入下表", ""),
        ("2021—2023年项目汇总表", ""),
        ("附表", ""),
    ],
)
def test_a_title_says_of_which_year_a_form_is(text: str, year: str) -> None:
    assert year_of(text) == year
    drawing = read_drawing(data(draw((Sheet("表", f"{text}|<\n项目|【文字】"),), blank=True)))
    found = propose(drawing)
    assert ["印着" in one.why for one in found.doubts] == [True] * bool(year)
    assert {row[0]: row[1] for row in note_rows(drawing, found)[:4]}["年度"] == year


def test_a_form_of_two_years_says_none() -> None:
    sheets = [Sheet(str(year), f"（{year}年度）|<\n项目|【文字】") for year in (2022, 2023)]
    drawing = read_drawing(data(draw(sheets, blank=True)))
    assert {row[0]: row[1] for row in note_rows(drawing, propose(drawing))[:4]}["年度"] == ""


@pytest.mark.parametrize(
    ("lines", "unit"),
    [
        ("部门整体绩效自评表|<|<|<\n主管部门|.|联系人|.", "B2"),
        ("部门整体绩效自评表|<|<|<\n主管部门|.|实施单位|.", "D2"),
        ("部门整体绩效自评表|<|<|<\n联系部门|.|联系人|.", ""),
        ("项目支出绩效自评表|<|<|<\n主管部门|.|联系人|.", ""),  # of any of its units
    ],
)
def test_the_department_reports_where_nobody_else_is_asked_for(lines: str, unit: str) -> None:
    found = [one for one in proposed((Sheet("表", lines),)).cells if one.word == "单位名称"]
    assert [a1(*one.area.first) for one in found] == [unit] * bool(unit)
    assert [bool(one.doubt) for one in found] == [unit == "B2"] * bool(unit)


def test_scores_are_held_against_the_weight_where_it_is_all_there_is() -> None:
    def weighed(lines: str) -> list[tuple[str, ...]]:
        drawing = read_drawing(data(draw((Sheet("表", lines),), blank=True)))
        rows = check_rows(drawing, propose(drawing))[1:]
        return [(row[1], *row[3:6]) for row in rows if "权重" in row[2]]

    table = "三级指标|指标值|完成值|权重{0}\n.|.|.|.{1}\n.|.|.|.{1}"
    assert weighed(table.format("|得分", "|.")) == [("核实", "E2:E2", "≤", "D2:D2")]
    assert weighed(table.format("|分值|得分", "|.|.")) == []  # which are not above the points
    assert weighed(table.format("|得分|加权得分", "|.|.")) == []  # the weight is applied to them


def test_labels_over_a_table_are_no_headings_of_it() -> None:
    lines = "主管部门|.|实施单位|<|.\n款|预算数|执行数|分值|得分\n总额|.|.|9|.\n其中：甲|.|.|-|-"
    drawing = read_drawing(data(draw((Sheet("表", lines),), blank=True)))
    told = [row[2] for row in check_rows(drawing, propose(drawing))[1:]]
    assert "执行数:总额等于各项之和" in told


def test_a_single_row_of_sentences_is_no_list() -> None:
    assert not any(one.rows for one in proposed(LAYOUTS["weighed"]).cells)
    lines = "项目名称|金额（万元）\n.|."
    assert [one.text for one in proposed((Sheet("表", lines),)).cells if one.rows]


def test_one_column_names_an_indicator_others_explain_it() -> None:
    lines = "指标解释|指标名称|目标值|完成值\n.|.|.|.\n.|.|.|."
    found = told_cells(proposed((Sheet("表", lines),)))
    assert [found["表", cell] for cell in ("A2", "B2")] == ["文字", "三级指标"]
    alone = told_cells(proposed((Sheet("表", lines.replace("指标名称", "备注")),)))
    assert alone["表", "A2"] == "三级指标"


@pytest.mark.parametrize(
    ("lines", "unit"),
    [
        ("填报单位|.|项目实施单位|.", "B1"),
        ("项目实施单位|.|填报单位|.", "D1"),
        ("项目实施单位|.|预算单位|.", "B1"),
    ],
)
def test_of_two_units_on_a_sheet_the_one_that_reports_is_it(lines: str, unit: str) -> None:
    found = proposed((Sheet("表", lines),)).cells
    words = {a1(*one.area.first): (one.word, bool(one.doubt)) for one in found}
    other = ({"B1", "D1"} - {unit}).pop()
    assert (words[unit], words[other]) == (("单位名称", False), ("文字", True))


def test_each_sheet_has_its_unit() -> None:
    sheets = [Sheet(name, "填报单位|.|项目|.") for name in ("甲", "乙")]
    assert [one.word for one in proposed(sheets).cells] == ["单位名称", "文字"] * 2


def test_money_that_came_is_money() -> None:
    lines = "资金来源|预算数|实际到位|到位率\n中央|.|.|.\n省级|.|.|."
    found = told_cells(proposed((Sheet("表", lines),)))
    assert [found["表", cell] for cell in ("C2", "D2")] == ["金额", "百分比"]


@pytest.mark.parametrize(
    ("labels", "right"),
    [
        ("合计 中央资金 省级资金", ["B2 = SUM(B3:B4)"]),
        ("总计 一、甲 二、乙 三、丙", ["B2 = SUM(B3:B5)"]),
        ("合计 中央资金 其中:专项 省级资金", []),  # a part of a part
        ("合计 中央资金", []),
        ("甲 合计 乙 丙", []),  # no telling
    ],
)
def test_a_total_right_below_the_headings_adds_up_what_follows(
    labels: str, right: list[str]
) -> None:
    rows = "\n".join(f"{label}|.|." for label in labels.split())
    assert sums(f"资金来源|预算数|执行数\n{rows}") == right


def test_what_is_said_of_many_cells_is_one_line() -> None:
    lines = "\n".join(f"指标{word}|【得分】" for word in "甲乙丙")
    said = [line for line in holds(understood((Sheet("表", lines),))) if "提醒" in line]
    assert said == ["  提醒:表 B1 等 3 格:得分没有满分。不核对上限;要核对的写成【得分:20】"]


def test_unit_and_year_go_into_wording_that_leaves_room_for_them() -> None:
    lines = "（    年度）|<\n填报单位：|<\n项目|金额（万元）\n甲|【金额】\n乙|【金额】"
    found = proposed((Sheet("表", lines),))
    assert [one.text for one in found.cells if one.written] == [
        "填报单位：【单位名称】",
        "（【年度】年度）",
    ]


def test_sums_are_proposed_as_checks_where_wording_says_so() -> None:
    def rows(name: str) -> list[tuple[str, ...]]:
        drawing = read_drawing(data(draw(LAYOUTS[name], blank=True)))
        return [row[3:6] for row in check_rows(drawing, propose(drawing))[1:]]

    assert rows("funds")[:4] == [
        ("D8", "=", "SUM(D9:D10)"),
        ("E8", "=", "SUM(E9:E10)"),
        ("F8", "=", "SUM(F9:F10)"),
        ("F8:F10", "≤", "E8:E10"),
    ]
    assert ("B15", "=", "SUM(B16:B17)") in rows("profile")
    assert rows("tasks")[0] == ("D9", "=", "SUM(D6:D6)")
    assert rows("basic") == [("D7:D11", "≤", "C7:C11")]
    assert all(side.startswith("'") for row in rows("ledger") for side in (row[0],))


def sums(lines: str) -> list[str]:
    """Give the sums proposed for the first column of amounts in a sheet, «total = parts»."""
    drawing = read_drawing(data(draw((Sheet("表", lines),), blank=True)))
    rows = [row[3:6] for row in check_rows(drawing, propose(drawing))[1:]]
    return [
        f"{left} = {right}" for left, relation, right in rows if (relation, left[0]) == ("=", "B")
    ]


@pytest.mark.parametrize(
    ("labels", "right"),
    [
        ("甲收入 乙收入 本年收入合计 使用结余 年初结转 总计", ["B7 = SUM(B4:B6)"]),
        ("甲 乙 小计 丙 丁 合计", ["B4 = SUM(B2:B3)", "B7 = SUM(B4:B6)"]),
        ("甲 乙 小计 丙 丁 小计 戊 合计", ["B4 = SUM(B2:B3)", "B7 = SUM(B5:B6)"]),
        ("甲 乙 合计 丙 丁 合计", ["B4 = SUM(B2:B3)"]),
        ("甲 乙 小计 丙 丁 小计 本年合计 戊 总计", [*("B4 = SUM(B2:B3)", "B7 = SUM(B5:B6)"),
                                                   "B10 = SUM(B8:B9)"]),
        ("资金总额 甲 乙 合计", []),
    ],
)  # fmt: skip
def test_a_total_over_the_parts_of_another_is_one_of_them(labels: str, right: list[str]) -> None:
    """Or no sum is proposed: a part left out would make every right return wrong."""
    lines = [f"{label}|【金额】|【金额】" for label in labels.split()]
    assert sums("\n".join(("项目|预算数|决算数", *lines))) == right


def test_so_is_one_that_is_computed() -> None:
    lines = ["项目|预算数|决算数", *(f"{label}|【金额】|【金额】" for label in ("甲", "乙"))]
    rest = [f"{label}|【金额】|【金额】" for label in ("丙", "丁", "总计")]
    assert sums("\n".join((*lines, "本年合计|=B2+B3|=C2+C3", *rest))) == ["B7 = SUM(B4:B6)"]
    assert sums("\n".join((*lines, "两项之差|=B2-B3|=C2-C3", *rest))) == []


GRADED = """
评分表|<|<|<
一级指标|二级指标|分值|自评得分
投入|目标|5|【得分】
^|配置|5|【得分】
小计|<|10|【数字】
过程|预算|10|【得分】
^|执行|10|【得分】
^|管理|10|【得分】
小计|<|30|【数字】
合计|<|100|【总得分】
"""


def test_only_the_total_of_all_scores_is_the_unit_s() -> None:
    sheet = Sheet("评分表", GRADED)
    assert told_cells(proposed((sheet,))) == truth((sheet,))
    drawing = read_drawing(data(draw((sheet,), blank=True)))
    rows = [row[3:6] for row in check_rows(drawing, propose(drawing))[1:]]
    assert rows == [("D5", "=", "SUM(D3:D4)"), ("D9", "=", "SUM(D6:D8)")]


def test_of_several_totals_of_scores_the_last_of_the_first_sheet_is_it() -> None:
    sheets = [Sheet(name, GRADED.replace("小计", "合计")) for name in ("甲", "乙")]
    found = proposed(sheets)
    (one,) = [one for one in found.cells if one.word == "总得分"]
    assert (one.sheet, a1(*one.area.first)) == ("甲", "D10")
    assert sum("只能有一格" in one.doubt for one in found.cells) == 5


SIDES_OF_BOOKS = """
收入|<|<|支出|<|<
项目|预算数|决算数|项目|预算数|决算数
一、财政拨款|【金额】|【金额】|一、教育支出|【金额】|【金额】
二、其他|【金额】|【金额】|二、其他支出|【金额】|【金额】
本年合计|【金额】|【金额】|本年支出合计|【金额】|【金额】
年初结转和结余|【金额】|【金额】|结余分配|【金额】|【金额】
总计|【金额】|【金额】|总计|【金额】|【金额】
"""
IN_ROWS = """
类别|项目|预算数|决算数
收入|财政拨款|【金额】|【金额】
^|其他|【金额】|【金额】
支出|人员经费|【金额】|【金额】
^|上年结转资金|【金额】|【金额】
^|年末结转|【金额】|【金额】
"""


@pytest.mark.parametrize(
    ("lines", "bound"),
    [(SIDES_OF_BOOKS, ("F3:F5", "≤", "E3:E5")), (IN_ROWS, ("D4:D5", "≤", "C4:C5"))],
    ids=["side by side", "one below the other"],
)
def test_only_spending_is_bound_by_its_budget(lines: str, bound: tuple[str, str, str]) -> None:
    drawing = read_drawing(data(draw((Sheet("表", lines),), blank=True)))
    rows = [row[3:6] for row in check_rows(drawing, propose(drawing))[1:]]
    assert [row for row in rows if row[1] == "≤"] == [bound]


def test_a_nought_printed_last_is_a_cell() -> None:
    book = openpyxl.Workbook()
    for row in (("金额", "【金额】", "=B1+B2"), (None, 0)):
        book.worksheets[0].append(row)
    assert understand(read_drawing(data(book))).faults == ()


@EACH
def test_what_is_proposed_is_a_form_without_faults(name: str, tmp_path: Path) -> None:
    path = tmp_path / "附件3.xlsx"
    path.write_bytes(data(draw(LAYOUTS[name], blank=True)))
    before = path.read_bytes()
    found = form_of_office(path, None)
    assert (found.faults, path.read_bytes()) == ((), before)
    assert found.written == tmp_path / "附件3_表样.xlsx"
    drawing = read_drawing(found.written.read_bytes())
    assert has_tokens(drawing)
    form = understand(drawing)
    assert told(form) == []
    assert {(one.sheet, a1(*one.spot)): one.token.word for one in form.inputs} == truth(
        LAYOUTS[name]
    )
    assert [sheet.name for sheet in drawing.sheets][-2:] == ["勾稽关系", "表样说明"]


def test_checks_that_the_office_has_already_are_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "附件3.xlsx"
    book = draw(LAYOUTS["funds"], blank=True)
    book.create_sheet("勾稽关系")
    path.write_bytes(data(book))
    assert "没有提出勾稽关系" in form_of_office(path, None).lines


@pytest.mark.parametrize("seed", everyday(range(0, 200, 10), {0}))
def test_whatever_is_drawn_what_is_proposed_has_no_faults(seed: int, tmp_path: Path) -> None:
    for number in range(seed, seed + 10):
        path = tmp_path / f"{number}.xlsx"
        path.write_bytes(data(draw((at_random(number),), blank=True)))
        written = form_of_office(path, None).written
        if written is not None:
            form = understand(read_drawing(written.read_bytes()))
            assert told(form) == []
            assert len(form.inputs) + len(form.shown) > 0


def test_a_blank_merged_down_over_rows_makes_no_list() -> None:
    lines = "名称|金额\n【文字】|【金额】\n^|【金额】\n^|【金额】"
    found = proposed((Sheet("表", lines),))
    assert told_cells(found) == truth((Sheet("表", lines),))
    assert not any(one.rows for one in found.cells)


def test_all_but_the_cells_stays_byte_for_byte(tmp_path: Path) -> None:
    path = tmp_path / "附件3.xlsx"
    path.write_bytes(data(draw(LAYOUTS["funds"], blank=True)))
    written = form_of_office(path, None).written
    assert written is not None
    old, new = zipfile.ZipFile(path), zipfile.ZipFile(written)
    changed = {name for name in old.namelist() if old.read(name) != new.read(name)}
    assert changed == {
        *("xl/worksheets/sheet1.xml", "xl/workbook.xml"),
        *("xl/_rels/workbook.xml.rels", "[Content_Types].xml"),
    }
    drawings = [read_drawing(one.read_bytes()) for one in (path, written)]
    before, after = (drawing.sheets[0] for drawing in drawings)
    for spot in before.cells.keys() | after.cells.keys():
        cells = before.cell(spot), after.cell(spot)
        looks = [drawing.style(cell) for drawing, cell in zip(drawings, cells, strict=True)]
        assert looks[0] == looks[1]
        assert "【" in after.text(spot) or cells[0].raw == cells[1].raw, a1(*spot)


def test_the_notes_list_each_doubt_and_each_token(tmp_path: Path) -> None:
    path = tmp_path / "附件3.xlsx"
    path.write_bytes(data(draw(LAYOUTS["budget"], blank=True)))
    written = form_of_office(path, None).written
    notes = openpyxl.load_workbook(str(written))["表样说明"]
    rows = [[cell.value for cell in row] for row in notes.iter_rows()]
    assert rows[0][:2] == ["表样名称", "2023年度部门整体支出绩效自评表"]
    assert rows[3][:2] == ["金额单位", "万元"]
    assert ["自评表", "E9", "(没有)", None, "空着,看不出要不要填"] in rows
    assert ["自评表", "C3", "【单位名称】", "省级预算部门名称", None] in rows


@pytest.mark.parametrize(
    ("text", "label", "heading"),
    [
        ("资金使用单位", "单位名称", "文字"),
        ("预算执行单位：", "单位名称", "文字"),
        *(
            (text, "文字", "文字")
            for text in ("资金主管部门", "资金名称", "经费管理处室", "收入经办人")
        ),
        *(
            ("项目资金", "金额", "金额"),
            ("单位", "单位名称", "计量单位"),
            ("编制（人）", "整数", "整数"),
        ),
    ],
)
def test_who_has_money_is_no_money(text: str, label: str, heading: str) -> None:
    assert (headings.of_label(text), headings.of_heading(text)) == (label, heading)


BEGUN = """
序号|项目名称|预算数|决算数
|合计|【金额】|【金额】
.|一、基本支出|【金额】|【金额】
.|二、项目支出|【金额】|【金额】
1=>【序号】|【文字 行数50】|【金额】|【金额】
2|.|.|.
3|.|.|.
"""


BARE = re.sub("(?m)^(1=>)?【序号】|^.(?=[|][.])", ".", BEGUN)


@pytest.mark.parametrize("lines", [BEGUN, BARE], ids=["numbered", "bare"])
def test_a_list_below_printed_rows_begins_with_its_first_empty_row(lines: str) -> None:
    """The row over it is no heading, its column has one of names; no number is asked for there."""
    sheet = Sheet("明细", lines)
    found = proposed((sheet,))
    wanted = truth((sheet,))
    unnumbered = {spot: word for spot, word in told_cells(found).items() if word != "序号"}
    assert unnumbered == {spot: word for spot, word in wanted.items() if word != "序号"}
    assert [(a1(*one.area.first), one.text) for one in found.cells if one.rows] == [
        ("B5", "【文字 行数50】")
    ]
    assert [spot for spot, word in told_cells(found).items() if word == "序号"] == [("明细", "A5")]


def test_a_name_left_blank_is_a_text_though_its_heading_stands_under_one_of_money() -> None:
    lines = """
收入|<|<|支出|<|<
项目|预算数|决算数|项目|预算数|决算数
一、拨款收入|【金额】|【金额】|一、教育支出|【金额】|【金额】
【文字】|【金额】|【金额】|二、其他支出|【金额】|【金额】
"""
    assert told_cells(proposed((Sheet("收支", lines),))) == truth((Sheet("收支", lines),))


BEHIND_COLONS = """
资金（万元）|按收入性质分：|<|按支出性质分：|<
^|其中：一般公共预算：|<|其中：基本支出：|<
^|政府性基金拨款：|<|项目支出：|<
^|其他资金：|<|.|<
单位名称：|【单位名称】|<|项目经费：|【金额】
"""


def test_amounts_behind_a_colon_are_doubts_and_cells_beside_them_no_others() -> None:
    found = proposed((Sheet("表", BEHIND_COLONS),))
    assert told_cells(found) == truth((Sheet("表", BEHIND_COLONS),))
    colons = {a1(*doubt.spot) for doubt in found.doubts if "冒号后面" in doubt.why}
    assert colons == {"B2", "D2", "B3", "D3", "B4"}
    assert {a1(*doubt.spot) for doubt in found.doubts} - colons == {"D4"}


FEET = """
绩效指标|三级指标|年度指标值|实际完成值
^|【三级指标】|【指标值】|【完成值】
说明|请在此处简要说明各级审计、财政监督中发现的问题，如没有请填无。=>【长文字】|<|<
注：1.请在此处以外的地方不要填写|<|<|<
~填表人：       联系电话：       填报日期：   年  月  日|<|<|<
"""


def test_a_note_to_be_written_over_is_a_cell_and_a_line_of_several_a_doubt() -> None:
    found = proposed((Sheet("表", FEET),))
    assert told_cells(found) == truth((Sheet("表", FEET),))
    assert [(a1(*doubt.spot), doubt.why[:8]) for doubt in found.doubts] == [
        ("A5", "几样写在同一格里")
    ]


MONITORED = """
一级指标|二级指标|三级指标|年度指标值|1-7月完成情况|全年预计完成情况|偏差原因分析|<|2024年预计数|备注
^|^|^|^|^|^|经费保障|制度保障|^|^
产出指标|数量指标|【三级指标】|【指标值】|【长文字】|【长文字】|【偏差原因】|【偏差原因】|【数字】|【文字】
^|成本指标|【三级指标】|【指标值】|【长文字】|【长文字】|【偏差原因】|【偏差原因】|【数字】|【文字】
"""


def test_what_asks_for_words_gets_them_whatever_is_in_its_row() -> None:
    sheet = Sheet("监控表", MONITORED)
    found = proposed((sheet,))
    assert told_cells(found) == truth((sheet,))
    assert not any(one.doubt for one in found.cells)


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        *(("单位：万元", "万元"), ("年度资金（元）", "元"), ("单位：元", "元")),
        *(("二元结构", ""), ("元", "")),
    ],
)
def test_units_of_money_are_read_from_wording(text: str, unit: str) -> None:
    assert headings.money_unit(text) == unit


# ---------------------------------------------------------------- the command


def put(folder: Path, name: str, book: Any) -> Path:
    path = folder / name
    path.write_bytes(data(book))
    return path


def test_a_form_with_tokens_is_judged_and_nothing_written(tmp_path: Path) -> None:
    put(tmp_path, "表样.xlsx", draw(LAYOUTS["tasks"]))
    ended = perfxl(tmp_path, "form", "表样.xlsx")
    assert (ended.code, ended.err) == (0, "")
    assert "要填 26 格,没有错误" in ended.out
    assert "清单:样行 B6 起,7 列,共 20 行,画好的空行 2 行算在内" in ended.out
    assert [path.name for path in tmp_path.iterdir()] == ["表样.xlsx"]


def test_faults_are_listed_with_their_number(tmp_path: Path) -> None:
    book = draw((Sheet("表", SMALL),))
    book["表"]["B4"], book["表"]["C4"] = "【金頟】", "【金额】元"
    put(tmp_path, "表样.xlsx", book)
    ended = perfxl(tmp_path, "form", "表样.xlsx")
    assert ended.code == 1
    assert ended.out.splitlines() == [
        "表样.xlsx 有 2 处要改正,改好后再运行一次:",
        "  表 B4:不认识“金頟”。是不是【金额】?",
        "  表 C4:【金额】夹在文字里。请把要填的部分单独放一格",
    ]


def test_a_form_is_proposed_where_it_is_asked_for_and_over_nothing(tmp_path: Path) -> None:
    put(tmp_path, "附件3.xlsx", draw(LAYOUTS["funds"], blank=True))
    ended = perfxl(tmp_path, "form", "附件3.xlsx", "-o", "新/")
    assert ended.code == 0
    assert "提出 52 个标记" in ended.out
    assert (tmp_path / "新" / "附件3_表样.xlsx").exists()
    (tmp_path / "附件3_表样.xlsx").write_text("别人的", "utf-8")
    again = perfxl(tmp_path, "form", "附件3.xlsx")
    assert (again.code, again.out) == (4, "")
    assert "文件已存在" in again.err
    assert (tmp_path / "附件3_表样.xlsx").read_text("utf-8") == "别人的"


def test_what_cannot_be_read_ends_the_command(tmp_path: Path) -> None:
    (tmp_path / "旧.xls").write_bytes(ODS)
    ended = perfxl(tmp_path, "form", "旧.xls")
    assert (ended.code, ended.out) == (3, "")
    assert ended.err.startswith("旧.xls:不是 .xlsx 格式的工作簿。请用 Excel 或 WPS 打开,另存为")
    assert perfxl(tmp_path, "form", "没有.xlsx").code == 3


def test_a_workbook_that_asks_for_nothing_is_told(tmp_path: Path) -> None:
    put(tmp_path, "空.xlsx", openpyxl.Workbook())
    ended = perfxl(tmp_path, "form", "空.xlsx")
    assert ended.code == 1
    assert "看不出哪些格要填" in ended.out
    assert [path.name for path in tmp_path.iterdir()] == ["空.xlsx"]
