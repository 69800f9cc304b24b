"""The draft of a report: what it says, how it looks, where it goes."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import build
import docx
import pytest
from docx.enum.text import WD_LINE_SPACING
from docx.oxml.ns import qn
from docx.shared import Pt
from hypothesis import given
from hypothesis import strategies as st
from libreoffice import needs_writer, printed
from random_returns import Mood, random_cells
from test_season_cli import Ended, copied, perfxl
from test_season_cli import issued as issued
from tiers import examples

from perfxl.check.judging import check
from perfxl.errors import PerfxlError, WriteError
from perfxl.expr.tree import Key
from perfxl.form.answers import Cell, Submission, Values, read_answers
from perfxl.forms.shipped import form_of
from perfxl.render.document import document, typeset
from perfxl.render.draft import Box, ChartPiece, Draft, Heading, Paragraph, TablePiece, gap, numeral
from perfxl.report.drafting import report
from perfxl.returns import workflow
from perfxl.returns.records import FAULT
from perfxl.rules import RULES
from perfxl.rules.indicators import I01, I02
from perfxl.season.reports.writing import Drafted
from perfxl.settings.folder import SeasonFolder

WORKED, CLEAN = (build.HERE / name / "filled.xlsx" for name in ("xinhua_2022", "clean"))
pytestmark = pytest.mark.usefixtures("at_once", "work_once")


def draft_of(cells: dict[Key, Cell]) -> Draft:
    values = build.values_of(cells)
    return report(values, check(Submission(values.form, values.answers), RULES, values), I01, I02)


def sample(name: str, **changes: object) -> Draft:
    cells = build.read_sample(name)[0]
    cells |= {Key.parse(key): Cell(raw) for key, raw in changes.items()}  # type: ignore[arg-type]
    return draft_of(cells)


def texts(draft: Draft) -> str:
    return "\n".join(p.text for p in draft.pieces if isinstance(p, (Heading, Paragraph)))


def tables(draft: Draft) -> dict[str, TablePiece]:
    return {p.caption.split(" ")[0]: p for p in draft.pieces if isinstance(p, TablePiece)}


@pytest.fixture(scope="module")
def worked() -> Draft:
    return sample("xinhua_2022")


# ---------------------------------------------------------------- what it says


def test_the_skeleton_is_that_of_published_reports(worked: Draft) -> None:
    first = [p.text for p in worked.pieces if isinstance(p, Heading) and p.level == 1]
    assert first == [
        "一、部门概况",
        "二、综合评价分析",
        "三、存在的主要问题",
        "四、下一步改进措施",
        "五、附件",
    ]
    second = [p.text for p in worked.pieces if isinstance(p, Heading) and p.level == 2]
    assert [text[:3] for text in second] == [
        *("(一)", "(二)", "(三)", "(四)"),
        *("(一)", "(二)", "(三)", "(四)"),
        *("(一)", "(二)", "(三)"),
    ]
    wanted = ["表1-1", "表1-3", "表1-4", "表1-5", "表2-1", "表2-2", "表2-3", "表2-4", "表2-5"]
    assert list(tables(worked)) == wanted
    assert [p.kind for p in worked.pieces if isinstance(p, ChartPiece)] == ["bar", "bar"]


@pytest.mark.parametrize(
    "sentence",
    [
        "主要职责共12项",
        "内设机构14个",
        "年初设置重点工作任务6项",
        "2022年度收入总计决算数为43,715.12万元,其中一般公共预算财政拨款收入22,588.02万元、",
        "、政府性基金预算财政拨款收入21,127.10万元",
        "全年预算数为43,717.66万元,比年初预算数增加17,847.16万元(增长68.99%)",
        "支出率为99.99%",
        "共设置三级绩效指标21个,其中产出指标13个、效益指标6个、满意度指标2个;已完成18个、未完成3个",
        "履职效能自评得分47.50分(分值50分),主要扣分点为:部门整体绩效目标产出指标完成情况扣0.9分",
        "自评总得分为94.00分,评价等级为“优”",
        "长者长寿保健金项目年度预算数809.28万元,年度预算执行数809.28万元,预算完成率100.00%,设绩效指标6个",
        "“重要节日慰问人次”年度指标值≥500人次,完成值208人次,完成率41.60%。原因:受疫情影响",
        "“开展讲座、活动次数”年度指标值≥100场,完成值134场,完成率134.00%。原因:【待补充",
        "2023年4月10日",
    ],
)
def test_every_figure_of_the_worked_case(worked: Draft, sentence: str) -> None:
    assert sentence in texts(worked)


def test_tables_hold_what_the_form_holds(worked: Draft) -> None:
    found = tables(worked)
    assert found["表1-3"].rows[-1] == ("收入总计", "25,870.50", "43,715.12", "43,715.12")
    assert found["表1-4"].rows[1] == ("二、项目支出", "20,914.23", "38,546.39", "38,546.39")
    assert found["表1-5"].rows[8][2:] == ("重要节日慰问人次", "≥500人次", "208人次", "未完成")
    assert found["表2-1"].rows[-1] == ("评价总得分", "100", "94.00", "94.00%")
    assert found["表2-2"].rows[-1] == ("合计", "809.28", "809.28", "100.00%")
    assert found["表2-3"].rows[0][-1] == "105.26%"


def test_errors_stand_in_a_box_at_the_head(worked: Draft) -> None:
    (box,) = (p for p in worked.pieces if isinstance(p, Box))
    assert worked.pieces[0] is box
    assert "3 处错误" in box.heading
    assert [line[:2] for line in box.lines[:3]] == ["1.", "2.", "3."]
    assert "43,715.12" in box.lines[1]
    assert not any(isinstance(p, Box) for p in sample("clean").pieces)


def test_what_is_missing_is_a_gap_and_nothing_is_made_up() -> None:
    blank = draft_of({})
    told = texts(blank)
    for what in ("单位名称", "年度整体绩效目标", "收入总计·决算数", "主要工作成效", "评价等级"):
        assert gap(what) in told, what
    in_tables = {cell for t in tables(blank).values() for row in t.rows for cell in row[1:]}
    assert in_tables <= {gap(), "50", "100"}
    assert blank.gaps > 20
    # the only figures are those of headings, tables named and points
    assert not re.search(r"\d+(?:\.\d+)?(?:万元|%|个(?!数)|项(?!目))", told)


def test_nothing_is_claimed_of_scores_that_are_not_there() -> None:
    told = texts(draft_of({}))
    assert "没有扣分" not in told
    assert gap("没有填得分的各项") in told


def test_a_unit_that_begins_with_a_digit_stands_apart() -> None:
    made = sample("clean", **{"indicators.001.unit": "2次/月"})
    assert re.fullmatch(r"[≥≤<>]?[\d,.]+ 2次/月", tables(made)["表1-5"].rows[0][3])


@pytest.mark.parametrize(
    ("text", "end"),
    [("已完成\uff01", "已完成\uff01"), ("已完成;", "已完成;"), ("已完成", "已完成。")],
)
def test_a_sentence_ends_once(text: str, end: str) -> None:
    made = sample("clean", **{"unit.result.value": text})
    assert f"整体绩效目标完成情况:{end}\n" in texts(made)


def test_indicators_with_one_reason_are_told_together() -> None:
    changed = {
        f"indicators.00{n}.{column}": raw
        for n in (1, 2)
        for column, raw in (("actual", Decimal(1)), ("status", "未完成"), ("reason", "受灾"))
    }
    told = [p.text for p in sample("clean", **changed).pieces if isinstance(p, Paragraph)]
    (both,) = (text for text in told if text.startswith("1.") and "受灾" in text)
    assert both.count("完成率") == 2
    assert both.count("受灾") == 1


def test_a_text_that_says_nothing_is_a_gap() -> None:
    made = sample("clean", **{"texts.problems.value": "暂无"})
    assert gap("存在的主要问题") in texts(made)


@pytest.mark.parametrize(
    ("number", "told"), [(1, "一"), (10, "十"), (11, "十一"), (20, "二十"), (42, "四十二")]
)
def test_numerals(number: int, told: str) -> None:
    assert numeral(number) == told


@examples(6)
@given(st.integers(0, 10**6), st.sampled_from(list(Mood)))
def test_whatever_is_filled_in_there_is_a_draft(seed: int, mood: Mood) -> None:
    form = workflow.live_form(form_of(workflow.load_rubric(None)))
    cells = random_cells(form, mood, seed)
    values = Values(form, read_answers(form, cells))
    made = report(values, check(Submission(form, values.answers), RULES, values), I01, I02)
    assert all(len(row) == len(t.headings) for t in tables(made).values() for row in t.rows)
    assert "None" not in texts(made)


# ---------------------------------------------------------------- how it looks


@pytest.fixture(scope="module")
def written(worked: Draft) -> bytes:
    return document(worked)


def test_the_page_is_that_of_official_documents(written: bytes) -> None:
    (section,) = docx.Document(BytesIO(written)).sections
    page = (
        *(section.page_width, section.page_height, section.top_margin),
        *(section.bottom_margin, section.left_margin, section.right_margin),
    )
    assert [round(length.mm) for length in page if length] == [210, 297, 37, 35, 28, 26]
    assert (210 - 28 - 26, 297 - 37 - 35) == (156, 225)  # the type area the standard asks for


@pytest.mark.parametrize(
    ("style", "face", "size"),
    [
        ("Normal", "仿宋_GB2312", 16),
        ("Title", "方正小标宋简体", 22),
        ("Heading 1", "黑体", 16),
        ("Heading 2", "楷体_GB2312", 16),
        ("Heading 3", "仿宋_GB2312", 16),
        ("Footer", "宋体", 14),
    ],
)
def test_type_stands_in_styles(written: bytes, style: str, face: str, size: float) -> None:
    made = docx.Document(BytesIO(written)).styles[style]
    fonts = made.element.rPr.rFonts
    assert fonts.get(qn("w:eastAsia")) == face
    assert fonts.get(qn("w:eastAsiaTheme")) is None
    assert made.font.size == Pt(size)


def test_paragraphs_carry_no_type_of_their_own(written: bytes) -> None:
    made = docx.Document(BytesIO(written))
    assert {style_of(p) for p in made.paragraphs} <= {
        *("Normal", "Title", "Heading 1", "Heading 2", "Heading 3"),
        *("Caption", "表格", "图", "落款"),
    }
    assert not any(run.font.size or run.font.name for p in made.paragraphs for run in p.runs)
    body = made.styles["Normal"].paragraph_format
    assert body.line_spacing_rule is WD_LINE_SPACING.EXACTLY
    assert made.styles["Normal"].element.pPr.find(qn("w:ind")).get(qn("w:firstLineChars")) == "200"


def test_every_table_repeats_its_head_and_breaks_no_row(written: bytes) -> None:
    made = docx.Document(BytesIO(written))
    _box, *others = made.tables
    assert len(others) == 9
    for table in others:
        first, *rest = table.rows
        assert first._tr.trPr.find(qn("w:tblHeader")) is not None
        assert all(row._tr.trPr.find(qn("w:cantSplit")) is not None for row in table.rows)
        assert all(row._tr.trPr.find(qn("w:tblHeader")) is None for row in rest)


def test_pages_are_numbered_outside(written: bytes) -> None:
    with zipfile.ZipFile(BytesIO(written)) as package:
        feet = [package.read(n).decode() for n in package.namelist() if "footer" in n]
    assert len(feet) == 2
    assert all('w:instr="PAGE"' in foot for foot in feet)
    assert {bool(re.search('w:jc w:val="right"', foot)) for foot in feet} == {True, False}


def test_charts_are_native_and_can_be_edited(written: bytes) -> None:
    import openpyxl

    with zipfile.ZipFile(BytesIO(written)) as package:
        charts = sorted(n for n in package.namelist() if n.startswith("word/charts/chart"))
        books = sorted(n for n in package.namelist() if n.startswith("word/embeddings/"))
        assert (len(charts), len(books)) == (2, 2)
        money, completion = (package.read(n).decode() for n in charts)
        held = openpyxl.load_workbook(BytesIO(package.read(books[0]))).active
    assert "<c:v>43715.12</c:v>" in money
    assert "<c:v>0.416</c:v>" in completion
    assert 'c:externalData r:id="rId1"' in money
    assert [cell.value for cell in held[2]] == ["收入总计", 25870.5, 43715.12, 43715.12]


def test_gaps_stand_out(written: bytes) -> None:
    made = docx.Document(BytesIO(written))
    marked = [r.text for p in made.paragraphs for r in p.runs if r.style.name == "待补充"]
    assert len(marked) == 3
    assert all(text.startswith("【待补充") for text in marked)


def test_the_same_draft_gives_the_same_bytes(worked: Draft, written: bytes) -> None:
    assert document(worked) == written


@pytest.mark.parametrize(
    ("text", "set_"),
    [
        ("收入43,715.12万元,其中:甲(一)", "收入43,715.12万元，其中：甲（一）"),
        ("(一)、乙", "（一）、乙"),
        ("1,234.50,5:30", "1,234.50,5:30"),
        ("完成率95.00%,未达标", "完成率95.00%，未达标"),
        ("a, b (c)", "a, b (c)"),
        ("得分率(%)", "得分率\uff08%\uff09"),
        ("((一", "\uff08\uff08一"),
    ],
)
def test_punctuation_beside_chinese_is_full_width(text: str, set_: str) -> None:
    assert typeset(text) == set_


def test_a_units_text_is_text() -> None:
    import openpyxl

    evil = "=1+1\x1b[31m\u202e<w:p/>&amp;_x0041_\ud800{{7*7}}"
    names = {"unit.name.value": evil * 8, "indicators.001.name": "=1+1"}
    written = document(sample("clean", **{"texts.problems.value": evil, **names}))
    read = docx.Document(BytesIO(written))
    with zipfile.ZipFile(BytesIO(written)) as package:
        held = openpyxl.load_workbook(BytesIO(package.read("word/embeddings/sheet2.xlsx"))).active
    assert (held["A2"].value, held["A2"].data_type) == ("=1+1", "s")
    told = "\n".join(p.text for p in read.paragraphs)
    assert "<w:p/>" in told
    assert "\x1b" not in told
    assert "{{7*7}}" in told


@pytest.mark.deep
@needs_writer
def test_it_prints_whole(worked: Draft, written: bytes) -> None:
    pages = printed(written)
    assert 10 <= len(pages) <= 18
    whole = re.sub(r"\s", "", "".join(pages))
    assert "—1—" in re.sub(r"\s", "", pages[0])
    for piece in worked.pieces:
        if isinstance(piece, Heading):
            assert re.sub(r"\s", "", typeset(piece.text)) in whole
        if isinstance(piece, TablePiece):
            figures = {c for row in piece.rows for c in row if re.fullmatch(r"[\d,.%]+", c)}
            assert all(figure in whole for figure in figures)


# ---------------------------------------------------------------- where it goes


@pytest.fixture
def here(tmp_path: Path) -> Path:
    (tmp_path / "甲.xlsx").write_bytes(CLEAN.read_bytes())
    (tmp_path / "乙.xlsx").write_bytes(WORKED.read_bytes())
    return tmp_path


def style_of(paragraph: Any) -> str:
    return str(paragraph.style.name)


def drafts(folder: Path) -> Iterator[str]:
    return (path.name for path in sorted(folder.rglob("*.docx")))


def ended_with(ended: Ended, code: int, word: str) -> None:
    assert ended.code == code
    assert word in ended.out + ended.err


def test_a_draft_goes_beside_its_return(here: Path) -> None:
    ended_with(perfxl(here, "report", "甲.xlsx"), 0, "报告初稿:甲_自评报告.docx(2 处待补充)")
    ended_with(perfxl(here, "report", "乙.xlsx"), 1, "自评表有 3 处错误,先改正再起草;3 处待补充")
    assert list(drafts(here)) == ["乙_自评报告.docx", "甲_自评报告.docx"]


def test_or_where_it_is_asked_to(here: Path) -> None:
    perfxl(here, "report", "甲.xlsx", "-o", "报告.docx")
    perfxl(here, "report", "甲.xlsx", "-o", "无后缀")
    perfxl(here, "report", ".", "-o", "出")
    assert list(drafts(here)) == sorted(
        ["报告.docx", "无后缀.docx", "乙_自评报告.docx", "甲_自评报告.docx"],
        key=lambda name: f"出/{name}" if "自评" in name else name,
    )


def test_of_a_result_the_draft_is_that_of_the_return(here: Path) -> None:
    perfxl(here, "check", "甲.xlsx")
    ended_with(perfxl(here, "report", "甲_审核结果.xlsx"), 0, "甲_自评报告.docx")


def test_a_draft_somebody_has_worked_on_is_never_replaced(here: Path) -> None:
    perfxl(here, "report", "甲.xlsx")
    place = here / "甲_自评报告.docx"
    first = place.read_bytes()
    perfxl(here, "report", "甲.xlsx")
    assert place.read_bytes() == first
    assert list(drafts(here)) == ["甲_自评报告.docx"]
    edited = docx.Document(str(place))
    edited.add_paragraph("我写的")
    edited.save(str(place))  # leaves the date of the draft in it, as some programs do
    kept = place.read_bytes()
    ended_with(perfxl(here, "report", "甲.xlsx"), 0, "没有变化,没有重写")
    assert (list(drafts(here)), place.read_bytes()) == (["甲_自评报告.docx"], kept)
    (here / "甲.xlsx").write_bytes(WORKED.read_bytes())
    ended_with(perfxl(here, "report", "甲.xlsx"), 1, "甲_自评报告_2.docx")
    assert (list(drafts(here))[-1], place.read_bytes()) == ("甲_自评报告_2.docx", kept)


def test_two_returns_of_one_name_get_two_drafts(here: Path) -> None:
    (here / "甲_审核结果.xlsx").write_bytes(WORKED.read_bytes())
    assert perfxl(here, "report", "甲.xlsx", "甲_审核结果.xlsx").code == 1
    assert list(drafts(here)) == ["甲_自评报告.docx", "甲_自评报告_2.docx"]


def test_what_cannot_be_read_is_told_and_the_others_go_on(here: Path) -> None:
    (here / "坏.xlsx").write_bytes(b"nonsense")
    ended = perfxl(here, "report", ".")
    ended_with(ended, 3, "坏.xlsx  无法审核:不是 Excel 工作簿")
    assert list(drafts(here)) == ["乙_自评报告.docx", "甲_自评报告.docx"]


def test_without_its_library_one_line_says_so(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workflow, "find_spec", lambda _: None)
    ended = perfxl(here, "report", "甲.xlsx")
    assert (ended.code, ended.out) == (2, "")
    assert "pip install python-docx" in ended.err
    assert ended.err.count("\n") == 1


def test_nothing_given_is_told(here: Path) -> None:
    ended_with(perfxl(here, "report"), 2, "没有说")


# ---------------------------------------------------------------- a season


@pytest.fixture(scope="module")
def season(issued: SeasonFolder, tmp_path_factory: pytest.TempPathFactory) -> SeasonFolder:
    folder = copied(issued, tmp_path_factory.mktemp("reports").resolve())
    assert perfxl(folder.root, "check").code == 3
    return folder


def test_a_season_gets_a_draft_a_unit_and_one_of_its_own(season: SeasonFolder) -> None:
    ended = perfxl(season.root, "report")
    assert ended.code == 1
    assert list(drafts(season.reports)) == [
        "100201_示例第一小学_2022年度自评报告.docx",
        "100202_示例第二小学_2022年度自评报告.docx",
        "汇总报告.docx",
    ]
    whole = docx.Document(str(season.reports / "汇总报告.docx"))
    told = "\n".join(p.text for p in whole.paragraphs)
    assert "应报单位3家，已报2家（66.67%），未报1家" in told
    assert "未报送的单位：示例区图书馆。" in told
    assert "收入总计决算数合计" in told
    captions = [p.text for p in whole.paragraphs if style_of(p) == "Caption"]
    assert [text.split(" ")[0] for text in captions] == [
        *("表1", "图1", "表2", "图2", "图3", "表3", "表4"),
    ]
    money = whole.tables[1]
    (total,) = (row for row in money.rows if row.cells[0].text == "收入总计")
    assert [cell.text for cell in total.cells][1:] == ["2,420.00", "2,610.80", "1,365.90", "2"]


def test_a_single_return_of_a_season_gets_its_draft_alone(
    season: SeasonFolder, tmp_path: Path
) -> None:
    ended = perfxl(season.root, "report", "回收/100201_示例第一小学.xlsx", "-o", tmp_path)
    assert ended.code == 0
    assert list(drafts(tmp_path)) == ["100201_示例第一小学_2022年度自评报告.docx"]
    perfxl(season.root, "report", "回收/100201_示例第一小学.xlsx", "-o", tmp_path / "一份.docx")
    assert (tmp_path / "一份.docx").is_file()


def test_a_season_not_checked_is_told(issued: SeasonFolder, tmp_path: Path) -> None:
    folder = copied(issued, tmp_path.resolve())
    ended_with(perfxl(folder.root, "report"), 2, "还没有审核")
    ended_with(perfxl(folder.root, "report", "--rubric", "标准.xlsx"), 2, "去掉 --rubric")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (None, 0),
        (PerfxlError("empty", "", ""), 3),
        (WriteError("not-writable", "", ""), 4),
        (PerfxlError(FAULT, "", ""), 5),
    ],
)
def test_the_exit_code_says_what_went_wrong(error: PerfxlError | None, code: int) -> None:
    assert Drafted("甲.xlsx", error=error).exit_code == code
