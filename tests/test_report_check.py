"""A report held against its workbook: what is found, what is let pass, and what a slip comes to."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import build
import faulty
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from reports import ORIGINAL, WORKED, docx, mutants
from test_season_cli import perfxl
from tiers import examples

from perfxl.check.findings import Finding, Outcome
from perfxl.check.judging import check
from perfxl.expr.tree import Key
from perfxl.form.answers import Cell, Submission, Values
from perfxl.form.document import Manuscript, Passage, TextTable, typed
from perfxl.reading.document import read_document
from perfxl.render.document import document
from perfxl.report.drafting import report
from perfxl.report.grids import comparable_cells
from perfxl.report.headings import doubtful_title
from perfxl.report.mentions import vocabulary
from perfxl.report.tables import tables
from perfxl.returns.output import Checked, file_document, summary
from perfxl.rules import RULES as ALL_RULES
from perfxl.rules.indicators import I01, I02
from perfxl.rules.report import D01, D02, RULES, coverage

SENTENCES = tomllib.loads((Path(__file__).parent / "report_sentences.toml").read_text("utf-8"))
WORKBOOK = build.HERE / "xinhua_2022" / "filled.xlsx"
PLANTED = [("D01", "projects.001.project_spent", "899.3万元")]


@cache
def values_of(sample: str) -> Values:
    return build.values_of(build.read_sample(sample)[0])


@pytest.fixture(scope="module", autouse=True)
def _known() -> Iterator[None]:
    """Work out but once what a report may speak of: it is what the return says, whatever report."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("perfxl.rules.report.vocabulary", _once(vocabulary))
        patch.setattr("perfxl.report.grids.tables", _once(lambda values: [*tables(values)]))
        yield


def _once(work: Callable[..., Any]) -> Callable[..., Any]:
    known: dict[int, tuple[Values, Any]] = {}

    def done(values: Values, *more: Any) -> Any:
        if more:
            return work(values, *more)
        if id(values) not in known:
            known[id(values)] = values, work(values)
        return known[id(values)][1]

    return done


def found(manuscript: Manuscript, sample: str = "xinhua_2022") -> tuple[Finding, ...]:
    """Give what is told of a report; D03 tells of the return alone (see test_own_texts)."""
    values = values_of(sample)
    submission = Submission(values.form, values.answers, report=manuscript)
    return check(submission, (D01, D02), values).findings


def told(findings: Sequence[Finding]) -> list[tuple[str, str, object]]:
    return [(one.rule.id, str(one.keys[0]), one.actual) for one in findings]


# ---------------------------------------------------------------- the worked case


def test_the_slip_of_the_original_is_found_and_nothing_else() -> None:
    (finding,) = found(read_document(docx(ORIGINAL)))
    assert told([finding]) == PLANTED
    assert finding.message.startswith("报告“5.社会保障事务”第 25、“(四)主要工作成效”第 34 段“…")
    assert "发放长寿保健金 157,327 人次共计 899.3 万元" in finding.message
    assert "表2-2 项目预算“长者长寿保健金项目”为 809.28 万元" in finding.message


def test_the_worked_report_itself_is_right() -> None:
    assert found(read_document(docx(WORKED))) == ()


def test_tables_and_sentences_are_really_looked_at() -> None:
    lines = list(WORKED)
    for before, after in (
        (
            "花都区长者长寿 保健金经费	417.75",
            "花都区长者长寿 保健金经费	417.57",
        ),  # over the page
        ("合计	809.28	809.28	100.00%", "合计	809.28	809.28	10.00%"),
        ("履职效能	50	47.50", "履职效能	60	47.50"),  # its caption below
        ("二、项目支出	2	20,914.23", "二、项目支出	2	20,941.23"),  # a column of its own
        ("≥500 人 次	208 人次	未完成", "≥500 人 次	280 人次	已完成"),
        ("101. 12%", "110. 12%"),
    ):
        (at,) = (n for n, line in enumerate(lines) if before in line)
        lines[at] = lines[at].replace(before, after)
    findings = found(read_document(docx(tuple(lines))))
    assert [(one.actual, [str(key) for key in one.keys]) for one in findings] == [
        ("20,941.23", ["cost.project.initial"]),
        ("280人次", ["indicators.009.actual", "indicators.009.status"]),
        ("60", ["summary.group1.score"]),
        ("417.57", ["projects.002.budget", "projects.001.project_spent"]),
        ("110.12%", ["project_indicators.002.stated_rate"]),
    ]


# ---------------------------------------------------------------- sentences


@pytest.mark.parametrize(("sentence", "figure"), SENTENCES["wrong"].items())
def test_a_wrong_figure_is_found(sentence: str, figure: str) -> None:
    assert [(one.rule.id, one.actual) for one in found(typed([sentence]))] == [("D01", figure)]


@pytest.mark.parametrize("sentence", SENTENCES["passed"]["sentences"])
def test_what_is_right_or_in_doubt_passes(sentence: str) -> None:
    assert found(typed([sentence])) == ()


@pytest.mark.parametrize("sample", SENTENCES["honest"])
def test_an_honest_text_is_never_questioned(sample: str) -> None:
    texts = SENTENCES["honest"][sample]
    assert [text for text in texts if found(typed(text.split("||")), sample)] == []


def test_the_lists_are_long() -> None:
    assert sum(map(len, SENTENCES["honest"].values())) >= 400
    assert len(SENTENCES["wrong"]) >= 40
    assert len(SENTENCES["passed"]["sentences"]) >= 40


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["2.长者长寿保健金项目", "设绩效指标5个。"], []),  # of the project, not of the unit
        (["一、部门概况", "设绩效指标5个。"], ["5个"]),
        (["村集体全年实现经营收入300万元。"], []),
        (["(三)部门收支情况", "全年经营收入300万元。"], ["300万元"]),
        (["(三)下属单位情况", "1.收入情况", "基本支出300万元。"], []),
        (["五、下一步改进措施", "1.目标", "重要节日慰问人次目标值300人次。"], []),
        (["五、下一步改进措施", "六、部门收支情况", "基本支出300万元。"], ["300万元"]),
        (["1.2023年预算", "基本支出5,300万元。"], []),
        (["2021年情况如下。基本支出4,000万元。"], []),
        (["2021年情况如上。2022年基本支出4,000万元。"], ["4,000万元"]),
    ],
)
def test_what_was_said_before_counts(lines: list[str], expected: list[str]) -> None:
    assert [one.actual for one in found(typed(lines))] == expected


def test_one_slip_at_many_places_is_one_finding() -> None:
    (finding,) = found(typed(["基本支出5,117.26万元。", "无关。"] * 6))
    assert "第 1、3、5、7 等 6 段" in finding.message


# ---------------------------------------------------------------- tables

INCOME = ["表1-3 部门总收入统计表", "项目\t年初预算数\t全年预算数\t决算数"]
LINE = "一、一般公共预算财政拨款收入\t21,870.50\t22,588.02\t{}"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([*INCOME, LINE.format("22,588.20")], ["22,588.20"]),
        ([*INCOME, LINE.format("22,588")], []),
        ([*INCOME, LINE.format("")], []),
        ([*INCOME, LINE.format("/")], []),
        ([*INCOME, LINE.format("见附表")], []),
        (["单位:元", *INCOME, "一般公共预算财政拨款收入\t218705000\t225880200\t225880200"], []),
        (["单位:元", *INCOME, "一般公共预算财政拨款收入\t218705000\t225880200\t225880249"], []),
        (["单位:元", *INCOME, "一般公共预算财政拨款收入\t218705000\t225880200\t225880300"],
         ["225880300"]),
        (["单位:元", *INCOME, "一般公共预算财政拨款收入\t1\t1\t1"], ["1", "1", "1"]),
        ([*INCOME[:1], "决算数(亿元)\t项目", "2.26\t一般公共预算财政拨款收入"], []),
        ([*INCOME[:1], "决算数(亿元)\t项目", "2.62\t一般公共预算财政拨款收入"], ["2.62"]),
        (["另一张表", INCOME[1], LINE.format("1")], []),  # whose caption is nobody's
        ([INCOME[0], "项目\t甲\t乙\t丙", LINE.format("1")], []),
        ([*INCOME, "一般公共预算拨款\t1\t1\t1"], []),  # a name nobody knows
        ([*INCOME, LINE.format("1"), LINE.format("2")], []),  # twice: which is it?
        ([*INCOME, LINE.format("22,588.02"), "收入总计\t25870.50\t43715.12\t43717.66"], []),
        ([*INCOME, LINE.format("22,588.02"), "收入总计\t25870.50\t43715.12\t43771.66"],
         ["43771.66"]),
    ],
)  # fmt: skip
def test_tables(lines: list[str], expected: list[str]) -> None:
    findings = found(typed(lines))
    assert [one.rule.id for one in findings] == ["D02"] * bool(expected)
    assert [one.actual for one in findings] == expected[:1]
    assert [len(one.keys) for one in findings] == [len(expected)] * bool(expected)


def test_a_bound_is_no_figure() -> None:
    lines = ["表1-5 部门年度绩效指标完成情况", "三级指标\t年度指标值\t年度完成值"]
    assert found(typed([*lines, "村干部被处理率\t<10%\t0%", "补偿企业数量\t2家\t2家"])) == ()
    assert found(typed([*lines, "村干部被处理率\t<20%\t0%", "补偿企业数量\t2家\t2家"])) != ()


FUNDS = "资金来源\t年度预算数(万元)\t年度预算执行数(万元)\t预算完成率(%)"


def test_a_table_of_a_project_is_known_by_its_name_alone() -> None:
    """In the caption or above it: others have tables and sources of the same names."""
    rows = [FUNDS, "民政事务经费\t9\t9\t100%"]
    assert found(typed(["1.其他项目", "表1 预算执行情况", *rows])) == ()
    (finding,) = found(typed(["1.长者长寿保健金", "表1 预算执行情况", *rows]))
    assert [str(key) for key in finding.keys] == ["projects.003.budget", "projects.003.spent"]


def test_a_table_goes_on_after_the_page() -> None:
    lines = [*INCOME, LINE.format("22,588.02"), "续表1-3", INCOME[1]]
    second = "二、政府性基金预算财政拨款收入\t4,000.00\t21,127.10\t21,217.10"
    assert told(found(typed([*lines, second]))) == [("D02", "income.fund.final", "21,217.10")]


def test_the_message_of_a_table_names_place_and_both_figures() -> None:
    (finding,) = found(typed([*INCOME, LINE.format("22,588.20")]))
    assert finding.message == (
        "报告的表《部门总收入统计表》“一、一般公共预算财政拨款收入”一行的“决算数”为 22,588.20,"
        "自评表为 22,588.02"
    )


# ---------------------------------------------------------------- laws


WORDS = sorted({name for one in vocabulary(values_of("clean")).subjects for name in one.names})
PIECES = st.one_of(
    st.sampled_from(WORDS),
    st.sampled_from(
        [
            "年初预算数",
            "决算数",
            "共计",
            "其中",
            "为",
            "万元",
            "%",
            "个",
            "分",
            ",",
            "。",
            "、",
            "(",
            ")",
            "“",
            "2021年",
            "2022年度",
            "较",
        ]
    ),
    st.decimals(0, 10**9, places=2).map(str),
    st.text(max_size=6),
)
TEXTS = st.lists(PIECES, max_size=12).map("".join)


@examples(15)
@given(st.lists(st.one_of(TEXTS, st.lists(TEXTS, min_size=2, max_size=4)), max_size=5))
def test_no_manuscript_whatever_raises(pieces: list[str | list[str]]) -> None:
    made = tuple(
        Passage(piece, n) if isinstance(piece, str) else TextTable((tuple(piece), tuple(piece)))
        for n, piece in enumerate(pieces, 1)
    )
    for finding in found(Manuscript(made), "clean"):
        assert finding.actual is not None
        assert len(finding.message) < 500


@examples(15)
@given(st.sampled_from([*SENTENCES["wrong"], *SENTENCES["passed"]["sentences"]]), st.data())
def test_blanks_and_width_change_nothing(sentence: str, data: st.DataObject) -> None:
    edges = [
        m.start() for m in re.finditer(r"(?<=[一-龥])(?=[一-龥\d])|(?<=\d)(?=[一-龥])", sentence)
    ]
    chosen = data.draw(st.sets(st.sampled_from(edges), max_size=4)) if edges else set()
    spaced = "".join(f" {char}" if n in chosen else char for n, char in enumerate(sentence))
    wide = spaced.translate(str.maketrans("0123456789%()", "0123456789%()"))
    plain = [(one.keys, one.expected) for one in found(typed([sentence]))]
    assert [(one.keys, one.expected) for one in found(typed([spaced]))] == plain
    assert [(one.keys, one.expected) for one in found(typed([wide]))] == plain


@pytest.mark.parametrize("sentence", [s for s in SENTENCES["wrong"] if re.search(r"\d,\d{3}", s)])
def test_separators_of_thousands_change_nothing(sentence: str) -> None:
    bare = re.sub(r"(?<=\d),(?=\d{3})", "", sentence)
    assert [f.keys for f in found(typed([bare]))] == [f.keys for f in found(typed([sentence]))]


# ---------------------------------------------------------------- one figure changed at a time


@cache
def drafted(sample: str) -> Manuscript:
    """Give the draft of a sample's report, written and read back."""
    values = values_of(sample)
    outcome = check(Submission(values.form, values.answers), ALL_RULES, values)
    return read_document(document(report(values, outcome, I01, I02)))


@pytest.mark.parametrize("sample", build.SAMPLES)
def test_a_draft_agrees_with_its_return(sample: str) -> None:
    assert found(drafted(sample), sample) == ()


@pytest.mark.deep
@pytest.mark.parametrize(
    ("sample", "caught"),
    # What is missed: how much more than in the budget, figures within the unit's own reasons, and
    # whatever follows words nobody knows.
    [("clean", {"table": (113, 113), "text": (40, 50)}), ("xinhua_2022", {"text": (56, 72)})],
)
def test_one_figure_changed(sample: str, caught: dict[str, tuple[int, int]]) -> None:
    counts = {place: [0, 0] for place in caught}
    for mutant in mutants(drafted(sample)):
        place = "table" if mutant.in_table else "text"
        if place in counts:
            counts[place][0] += found(mutant.manuscript, sample) != ()
            counts[place][1] += 1
    assert {place: tuple(count) for place, count in counts.items()} == caught


# ---------------------------------------------------------------- the command


def run(*arguments: object) -> tuple[int, str, str]:
    """Run the command line; give exit code, stdout and stderr."""
    with pytest.MonkeyPatch.context() as patch:
        faulty.at_once(patch)
        done = perfxl(Path.cwd(), *arguments)
    return done.code, done.out, done.err


def test_check_with_a_report(tmp_path: Path) -> None:
    report = tmp_path / "报告.docx"
    report.write_bytes(docx(ORIGINAL))
    code, out, _ = run("check", WORKBOOK, "--report", report, "--json", "-o", tmp_path)
    assert code == 1
    document: Any = json.loads(out)["files"][0]
    own = [one for one in document["findings"] if one["id"].startswith("D")]
    assert [(one["id"], one["key"], one["actual"]) for one in own] == PLANTED
    assert own[0]["severity"] == "verify"
    assert own[0]["cell"]
    assert not any(one["id"].startswith("D") for one in document["not_checked"])
    assert Path(document["result"]).exists()
    without = json.loads(run("check", WORKBOOK, "--json", "--no-result")[1])["files"][0]
    assert [f for f in document["findings"] if f not in own] == without["findings"]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "文件是空的"),
        (b"%PDF-1.7", "不是 .docx 格式的 Word 文档(实际是 PDF 文件)"),
        (WORKBOOK.read_bytes(), "实际是 Excel 工作簿"),
        (docx(("一",))[:900], "文件已损坏或不完整"),
    ],
)
def test_a_report_that_cannot_be_read_is_wrong_usage(
    tmp_path: Path, data: bytes, words: str
) -> None:
    report = tmp_path / "报告.docx"
    report.write_bytes(data)
    code, out, err = run("check", WORKBOOK, "--report", report, "--no-result")
    assert code == 2
    assert err.startswith("报告 报告.docx 读不了:")
    assert err.count("\n") == 1
    assert words in err
    assert "Traceback" not in out + err


def test_a_report_goes_with_one_return_only(tmp_path: Path) -> None:
    report = tmp_path / "报告.docx"
    code, _, err = run("check", WORKBOOK, "--report", report, "--no-result")
    assert (code, "文件不存在" in err) == (2, True)
    code, _, err = run("check", WORKBOOK, "--report", tmp_path, "--no-result")
    assert (code, "实际是文件夹" in err) == (2, True)
    report.write_bytes(docx(WORKED))
    clean = WORKBOOK.parent.parent / "clean" / "filled.xlsx"
    code, _, err = run("check", WORKBOOK, clean, "--report", report, "--no-result")
    assert code == 2
    assert "一次只能审核一个文件" in err


def test_without_a_report_nothing_is_found_or_left_open() -> None:
    values = values_of("clean")
    outcome = check(Submission(values.form, values.answers), RULES, values)
    assert (outcome.findings, outcome.not_checked) == ((), ())


def test_numbers_of_passages_are_told_as_they_are() -> None:
    manuscript = typed(["标题", "基本支出5,117.26万元。"])
    moved = replace(manuscript, pieces=manuscript.pieces[1:])
    assert "第 2 段" in found(moved)[0].message


# ---------------------------------------------------------------- tables of something else

MONEY = "项目\t年初预算数\t全年预算数\t决算数"
COST = [MONEY, "一、基本支出\t1\t1\t1", "二、项目支出\t1\t1\t1"]
LISTED = [
    "一级指标\t二级指标\t三级指标\t年度指标值\t年度完成值\t完成情况",
    "产出指标\t数量指标\t公益演出场次\t1场\t1场\t已完成",
]
SPENT = [FUNDS, "一般公共预算\t1\t1\t1%", "合计\t1\t1\t1%"]
TAKEN = [MONEY, "一、一般公共预算财政拨款收入\t1\t1\t1"]
TABLES = {"收入": TAKEN, "支出": COST, "指标": LISTED, "项目": SPENT}


def is_compared(lines: Sequence[str]) -> bool:
    """Whether a table of the sample is held against its return, whatever comes of it."""
    return any(comparable_cells(typed(lines), values_of("clean")))


@pytest.mark.parametrize(
    ("above", "kind"),
    [
        (["表3 部门总收入统计表"], "收入"),
        (["表3 2022年度部门总收入统计表"], "收入"),
        (["表32022年度部门总收入统计表(单位:万元)"], "收入"),
        (["表1-3 示例区文化馆部门总收入统计表"], "收入"),
        (["表1-3 文化馆2022年部门总收入统计表(续)"], "收入"),
        (["部门总收入情况见表1-3。", "表1-3 部门总收入统计表", "金额单位:万元"], "收入"),
        (["表1-4 部门总支出统计表(按支出性质和经济分类)"], "支出"),
        (["表1-4 部门总支出统计表"], "支出"),
        (["(二)2022年预算安排和执行情况", "表1-4 部门总支出统计表"], "支出"),
        (["2022年度部门总收入统计表如下:"], "收入"),
        (["表一 我馆部门总收入统计表"], "收入"),
        (["表1-3 部门总收入统计表", "单位名称:示例区文化馆 金额单位:万元"], "收入"),
        (["较2021年增长。", "表1-3 部门总收入统计表"], "收入"),
        (["部门年度绩效指标完成情况表"], "指标"),
        (["表1-5 2022年绩效指标完成情况"], "指标"),
        (["表2-2 免费开放项目预算执行情况"], "项目"),
        (["表2-2 免费开放预算执行情况表"], "项目"),
        (["1.免费开放项目", "表1 预算执行情况"], "项目"),
    ],
)
def test_a_caption_that_says_what_ours_does_is_known(above: list[str], kind: str) -> None:
    assert is_compared([*above, *TABLES[kind]])


@pytest.mark.parametrize(
    ("above", "kind"),
    [
        (["表3 2021年度部门总收入统计表"], "收入"),
        (["表32021年度部门总收入统计表"], "收入"),
        (["表3 上年部门总收入统计表"], "收入"),
        (["表3 部门总收入统计表(2023年)"], "收入"),
        (["表3 部门总收入统计表(2021-2022年)"], "收入"),
        (["(一)2021年收支情况", "表3 部门总收入统计表"], "收入"),
        (["表3 部门总收入统计表", "(截至8月底)"], "收入"),
        (["表3 部门总收入统计表", "上半年情况如下:"], "收入"),
        (["表3 部门总收入统计表(预算安排)"], "收入"),
        (["部门总收入统计表2021"], "收入"),
        (["2021年度", "部门总收入统计表"], "收入"),
        (["单位:示例区美术馆", "部门总收入统计表"], "收入"),
        (["部门总收入统计表", "单位名称:示例区美术馆 单位:万元"], "收入"),
        (["2.财政拨款收支情况", "表3 部门总收入统计表"], "收入"),
        (["表3 示例区部门总收入统计表"], "收入"),  # of the whole place
        (["表6 2023年度部门总支出统计表"], "支出"),
        (["表1-4 部门总支出统计表(一般公共预算)"], "支出"),
        (["表7 示例区美术馆部门总支出统计表"], "支出"),
        (["表7 下属单位部门总支出统计表"], "支出"),
        (["部门总支出统计表如下。", "表7 2021年部门总支出统计表"], "支出"),
        (["2021年部门年度绩效指标完成情况"], "指标"),
        (["绩效运行监控:部门年度绩效指标完成情况(截至8月底)"], "指标"),
        (["免费开放项目预算执行情况(截至6月30日)"], "项目"),
        (["免费开放项目、非遗保护项目预算执行情况"], "项目"),
        (["1.免费开放项目、非遗保护项目", "表1 预算执行情况"], "项目"),
    ],
)
def test_a_table_of_something_else_is_passed_over(above: list[str], kind: str) -> None:
    assert not is_compared([*above, *TABLES[kind]])


def test_a_caption_above_the_next_table_is_not_of_the_one_before() -> None:
    ours = "表2 部门总收入统计表"
    assert not is_compared(["收入对比", *TAKEN, ours, "单位:万元", "甲\t乙", "丙\t丁"])
    assert is_compared(["收入如下。", *TAKEN, ours, "支出情况。", "另见说明。"])


def test_a_table_does_not_go_on_into_another_year() -> None:
    first = ["表3 部门总收入统计表", *TAKEN]
    count = len(list(comparable_cells(typed(first), values_of("clean"))))
    for between in ("表4 2021年度部门总收入统计表(单位:万元)", "续表(2021年)"):
        assert (
            len(list(comparable_cells(typed([*first, between, *TAKEN]), values_of("clean"))))
            == count
        )
    for between in ("续表3", "单位:万元"):
        assert (
            len(list(comparable_cells(typed([*first, between, *TAKEN]), values_of("clean"))))
            == 2 * count
        )


@pytest.mark.parametrize(
    ("headings", "count"),
    [
        (["项目\t决算数"], 1),
        (["项目\t2022年度决算数(万元)"], 1),
        (["项目\t2021年决算数"], 0),
        (["项目\t决算数(财政拨款)"], 0),
        (["项目\t2022年\t2021年", "项目\t年初预算数\t决算数"], 1),
        (["项目\t2022年\t2022年", "项目\t年初预算数\t决算数"], 2),
    ],
)
def test_a_column_is_ours_by_all_its_words(headings: list[str], count: int) -> None:
    lines = ["表3 部门总收入统计表", *headings, "一、一般公共预算财政拨款收入\t1\t1"]
    assert len(list(comparable_cells(typed(lines), values_of("clean")))) == count


def test_scores_of_others_are_not_ours() -> None:
    lines = ["表2-1 部门整体支出绩效自评得分总体情况", "评价因素\t{}", "履职效能\t1"]
    for heading, count in (("评价得分(分)", 1), ("评价得分", 1), ("评价得分(第三方)", 0)):
        typed_lines = [line.format(heading) for line in lines]
        assert len(list(comparable_cells(typed(typed_lines), values_of("clean")))) == count


# ---------------------------------------------------------------- units


UNITS_TABLE = [
    "表1-5 部门年度绩效指标完成情况",
    "三级指标\t计量单位\t年度指标值\t年度完成值",
]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("居民使用场室人次\t万人次\t≥2.8\t1.1476", []),
        ("居民使用场室人次\t人次\t28000\t11476", []),
        ("居民使用场室人次\t万人次\t≥2.8\t1.4176", ["1.4176"]),
        ("居民使用场室人次\t万人次\t≥28000人次\t11476人次", []),  # each says its own
        ("居民使用场室人次\t文化科\t1\t1", []),  # no unit at all
        ("垃圾清运达标率\t%\t100\t100", []),
        ("垃圾清运达标率\t\t1\t1.00", []),
        ("垃圾清运达标率\t/\t1\t0.98", ["0.98"]),
        ("垃圾清运达标率\t%\t100\t89%", ["89%"]),
    ],
)
def test_the_unit_of_a_row_counts(row: str, expected: list[str]) -> None:
    assert [one.actual for one in found(typed([*UNITS_TABLE, row]))] == expected


def test_a_unit_of_money_in_a_row_counts() -> None:
    lines = ["表3 部门总收入统计表", "项目\t单位\t决算数", "一般公共预算财政拨款收入\t{}\t{}"]
    for unit, amount, right in (
        ("元", "225880200", True),
        ("万元", "22588.02", True),
        ("亿元", "2.26", True),
        ("元", "22588.02", False),
    ):
        assert (found(typed([line.format(unit, amount) for line in lines])) == ()) is right


# ---------------------------------------------------------------- places


def test_a_place_is_told_by_its_heading() -> None:
    text = "基本支出5,117.26万元。"
    lines = ["开头", text, "(二)各项工作任务绩效目标完成情况分析", text, text]
    (finding,) = found(typed(lines))
    assert finding.message.startswith("报告第 2、“(二)各项工作任务绩效目标完成情…”第 4、5 段“")


# ---------------------------------------------------------------- how much was compared


def summed(lines: Sequence[str], sample: str = "xinhua_2022") -> list[str]:
    """Give what the summary of a check says of a report."""
    values = values_of(sample)
    outcome = Outcome((), ())
    checked = Checked(Path("x.xlsx"), None, values, outcome, report=coverage(typed(lines), values))
    return [line.strip() for line in summary(checked) if line.startswith("  报告")]


def test_the_summary_tells_how_much_was_compared() -> None:
    assert summed([*INCOME, LINE.format("1"), "基本支出5,171.26万元。"]) == [
        "报告:认出 1 张表,对照 3 格;文字中对照 1 个数"
    ]
    (line,) = summed(WORKED)
    assert line.startswith("报告:认出 7 张表,对照 80 格;")


def test_the_summary_says_where_nothing_was_compared() -> None:
    tables = "没有认出与自评表对应的表,请看报告里的表题和表头"
    figures = "文字中没有认出自评表里的数"
    assert summed(["无"]) == [f"报告:{tables};{figures}"]
    assert summed(["基本支出5,171.26万元。"]) == [f"报告:{tables};文字中对照 1 个数"]
    assert summed([*INCOME, LINE.format("1")]) == [f"报告:认出 1 张表,对照 3 格;{figures}"]


def test_without_a_report_the_summary_says_nothing_of_one() -> None:
    checked = Checked(Path("x.xlsx"), None, values_of("clean"), Outcome((), ()))
    assert not [line for line in summary(checked) if "报告:" in line]
    assert file_document(checked)["report"] is None


@pytest.mark.parametrize(
    "title",
    [
        ["2021年度示例区文化馆部门整体支出绩效自评报告"],
        ["示例区文化馆", "2021年度部门整体支出绩效自评报告"],
        ["示例区文化馆", "2023 年度", "部门整体支出绩效自评报告"],
        ["2022年度示例区美术馆部门整体支出绩效自评报告"],
        ["某某市教育局部门整体支出绩效自评报告"],
    ],
)
def test_a_title_of_another_unit_or_year_is_told(title: list[str]) -> None:
    told_of = next(line for line in title if line.endswith("自评报告"))
    values = values_of("clean")
    assert doubtful_title(typed([*title, "一、概况"]), values) == told_of
    assert summed([*title, "一、概况"], "clean")[-1] == (
        f"报告的标题是“{told_of}”,请核对是不是这个单位、这一年的报告"
    )


@pytest.mark.parametrize(
    "title",
    [
        [],
        ["2022年度示例区文化馆部门整体支出绩效自评报告"],
        ["示例区文化馆\n2022年度部门整体支出绩效自评报告"],
        ["关于文化馆2022年度部门整体支出绩效自评报告"],
        ["某省某市示例区文化馆", "2022年度", "部门整体支出绩效自评报告"],
        ["某省某市示例区文化馆2022年度部门整体支出绩效自评报告"],
        ["区文化馆部门整体支出绩效自评报告"],
        ["某局所属事业单位绩效自评报告"],  # of another shape: it may be called so
        ["无", "根据《关于开展2023年绩效自评的通知》,形成本自评报告。"],
    ],
)
def test_a_title_that_may_be_right_passes(title: list[str]) -> None:
    assert doubtful_title(typed(title), values_of("clean")) == ""


def test_the_worked_titles_are_right() -> None:
    for lines in (WORKED, ORIGINAL):
        assert doubtful_title(typed(lines), values_of("xinhua_2022")) == ""
    for sample in build.SAMPLES:
        assert doubtful_title(drafted(sample), values_of(sample)) == ""


def test_the_json_tells_how_much_was_compared(tmp_path: Path) -> None:
    report = tmp_path / "报告.docx"
    report.write_bytes(docx((*INCOME, LINE.format("22,588.02"))))
    _, out, _ = run("check", WORKBOOK, "--report", report, "--json", "--no-result")
    told_of = json.loads(out)["files"][0]["report"]
    assert told_of == {"tables": 1, "cells": 3, "figures": 0}
    _, out, _ = run("check", WORKBOOK, "--report", report, "--no-result")
    assert "  报告:认出 1 张表,对照 3 格;文字中没有认出自评表里的数\n" in out


@pytest.mark.parametrize(
    "odd", ["100." + "0" * 30, "0." + "0" * 40 + "1", "9" * 29 + "亿元", "1" * 400]
)
def test_numbers_nobody_prints_are_not_judged(odd: str) -> None:
    row = f"一、一般公共预算财政拨款收入\t{odd}\t{odd}\t{odd}"
    table = ["表1-3 部门总收入统计表", "项目\t年初预算数\t全年预算数\t决算数", row]
    assert found(typed([*table, f"收入总计决算数为{odd}。"]), "clean") == ()


def test_long_names_take_no_longer() -> None:
    cells = build.read_sample("clean")[0]
    long = "".join(chr(0x4E00 + n) for n in range(3_000))
    cells |= {Key.parse(key): Cell(long) for key in ("unit.name", "projects.001.name")}
    values = build.values_of(cells)
    submission = Submission(values.form, values.answers, report=typed(["收入总计决算数为5万元。"]))
    assert len(check(submission, RULES, values).findings) == 1
