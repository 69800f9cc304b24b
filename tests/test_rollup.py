"""The roll-up of a season: what counts, what it adds up to, and the workbook that shows it."""

from __future__ import annotations

import copy
import re
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO
from itertools import islice
from pathlib import Path

import pytest
import season_records as made
from hypothesis import given
from hypothesis import strategies as st
from libreoffice import needs_libreoffice, recalculated
from msgspec.structs import replace
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet
from tiers import examples

from perfxl.errors import WriteError
from perfxl.expr.tree import Key
from perfxl.form.answers import Values
from perfxl.form.model import Form
from perfxl.form.register import Unit
from perfxl.form.relations import Balance
from perfxl.render.cells import LONGEST_LINK, MOST_LINKS, file_target
from perfxl.render.draft import Paragraph
from perfxl.render.draft import TablePiece as DraftTable
from perfxl.render.extras import Chart, Extras
from perfxl.render.workbook import render
from perfxl.returns.records import Record, entry_of
from perfxl.returns.versions import versions
from perfxl.season.letters.texts import Occasion, letters
from perfxl.season.reports.office import season_report
from perfxl.season.rollup import overview
from perfxl.season.rollup.model import IndicatorTally, Rollup, Why, time_text
from perfxl.season.rollup.sheets import MOST_INDICATORS, rollup_workbook
from perfxl.season.rollup.tables import LINK, MONEY, TEXT, Head, ListSheet, ListTable, ListValues
from perfxl.season.rollup.tally import tally
from perfxl.season.rollup.writing import link_from, write_rollup
from perfxl.settings.campaign import Campaign
from perfxl.settings.folder import SeasonFolder

IN_TIME, LATE = made.DEADLINE, made.DEADLINE + timedelta(days=3)
FINAL = {name: Key("income", name, "final") for name in ("general", "total")}
COST_TOTAL = Key("cost", "total", "final")
NOTHING = {
    str(key): Decimal(0)
    for balance in made.form().of(Balance)
    for side in (balance.income, balance.expenditure)
    for key in side.parts
}
SUM_WORDS = {"合计(只计筛选后显示的行)"}
SAVED, EARLIER = "2023-04-20T08:00:00Z", "2023-03-01T08:00:00Z"


def rolled(campaign: Campaign, records: Sequence[Record], today: date = IN_TIME) -> Rollup:
    found = versions(map(entry_of, records))
    return tally(iter(records), found, campaign, today)


def written(rollup: Rollup, link: Mapping[str, str] | None = None) -> bytes:
    made = rollup_workbook(rollup, lambda path: (link or {}).get(path, ""))
    return render(made.values, made.extras)


def rows(data: bytes, sheet: str) -> list[dict[str, object]]:
    """Give the rows of the list on a sheet, by the labels of its columns."""
    return list(_rows(load_workbook(BytesIO(data), data_only=True)[sheet]))


def _rows(paper: Worksheet) -> Iterable[dict[str, object]]:
    first = int(paper.freeze_panes[1:])  # the row below the header, which stays in view
    labels = [cell.value for cell in paper[first - 1]][1:]
    for cells in islice(paper.iter_rows(min_row=first, values_only=True), None):
        yield dict(zip(labels, cells[1:], strict=True))


# ---------------------------------------------------------------- the season of three samples


def season() -> tuple[Campaign, list[Record]]:
    """Three units that reported, one that did not, and files that do not count."""
    culture, street, school, nobody = (made.unit(n) for n in range(1, 5))
    clean, corrected = made.sample("clean"), made.sample("corrected")
    broken = {"unit": None, "error": {"code": "x", "message": "文件已损坏", "fix": "重发"}}
    nameless = {"unit": {"name": None, "code": None}, "findings": []}
    records = [
        made.sent(clean, culture.code, "回收/馆.xlsx", saved=SAVED),
        made.sent(made.sample("xinhua_2022"), street.code, "回收/街.xlsx", saved=SAVED),
        made.sent(corrected, school.code, "回收/校.xlsx", saved=SAVED),
        made.sent(corrected, culture.code, "回收/馆旧.xlsx", saved=EARLIER),
        made.sent(
            corrected,
            culture.code,
            "回收/馆旧副本.xlsx",
            saved=EARLIER,
            document={"sha256": "回收/馆旧.xlsx"},
        ),
        made.sent(clean, None, "回收/外区.xlsx", saved=SAVED),
        made.sent(clean, None, "回收/没名.xlsx", saved=SAVED, document=nameless),
        made.sent(clean, None, "回收/坏.xlsx", standing="unreadable", facts=[], document=broken),
    ]
    return made.campaign_of(culture, street, school, nobody), records


def test_who_reported() -> None:
    rollup = rolled(*season())
    assert [row.standing for row in rollup.units] == ["passed", "correct", "passed", "missing"]
    assert [row.versions for row in rollup.units] == [3, 1, 1, 0]
    assert [row.unit.code for row in rollup.missing] == [made.unit(4).code]
    assert rollup.checked == 3
    assert (rollup.overdue, rolled(*season(), today=LATE).overdue) == (0, 1)


def test_what_is_added_up() -> None:
    """Each sum is made of the three returns that count: the older one, say, is left out."""
    rollup = rolled(*season())
    income, cost = rollup.amounts[FINAL["total"]], rollup.amounts[COST_TOTAL]
    assert (income.total, income.units) == (
        Decimal("88732.68"),
        3,
    )
    assert (cost.total, cost.units) == (Decimal("88735.21"), 3)
    assert (cost.passed, cost.passed_units) == (Decimal("45017.56"), 2)
    assert rollup.gaps["final"].total == Decimal("-2.53")
    street = rollup.units[1]
    assert (street.stated, street.low, street.high) == (
        Decimal("94.00"),
        Decimal("91.63"),
        Decimal("93.63"),
    )
    assert (street.errors, street.verifies, street.notes, street.explained) == (3, 11, 3, 3)


def test_what_was_found() -> None:
    rules = {tally.id: tally for tally in rolled(*season()).rules}
    assert (len(rules["X01"].positions), rules["X01"].findings) == (1, 2)
    assert (len(rules["I01"].positions), rules["I01"].findings) == (2, 6)
    assert rules["I01"].explained == 6
    assert [t.severity.rank for t in rules.values()] == sorted(
        t.severity.rank for t in rules.values()
    )


def test_how_indicators_came_out() -> None:
    found = {tally.name: tally for tally in rolled(*season()).indicators}
    visits, lectures = found["重要节日慰问人次"], found["开展讲座、活动次数"]
    assert (visits.units, visits.met, visits.unmet, visits.mean) == (2, 0, 2, Decimal("0.4160"))
    assert (lectures.met, lectures.over, lectures.mean) == (2, 2, Decimal("1.3400"))
    assert found["历史遗留问题解决率"].mean is None


def test_what_does_not_count_and_why() -> None:
    others = {other.entry.source: other for other in rolled(*season()).others}
    told = {source: (other.why, other.reason) for source, other in others.items()}
    assert told == {
        "回收/坏.xlsx": (Why.UNREADABLE, "文件已损坏"),
        "回收/外区.xlsx": (Why.STRAY, "单位不在单位名单中"),
        "回收/没名.xlsx": (Why.STRAY, "没有填单位名称和单位代码"),
        "回收/馆旧副本.xlsx": (Why.SUPERSEDED, "按“馆.xlsx”计"),
        "回收/馆旧.xlsx": (Why.COPY, "与它内容相同:“馆旧副本.xlsx”"),
    }
    assert others["回收/外区.xlsx"].said == "示例区文化馆 100200300"


def test_a_unit_no_longer_on_the_register() -> None:
    campaign, records = season()
    fewer = replace(campaign, register=type(campaign.register)(campaign.register.units[1:]))
    rollup = rolled(fewer, records)
    assert rollup.amounts[COST_TOTAL].units == 2
    assert "回收/馆.xlsx" in {o.entry.source for o in rollup.others if o.why is Why.STRAY}


def test_two_units_of_one_code_share_no_return() -> None:
    one = made.unit(1)
    campaign = made.campaign_of(one, Unit(one.code, "另一个单位"))
    record = made.sent(made.sample("clean"), one.code, "一.xlsx")
    rollup = rolled(campaign, [record, record])
    assert [row.standing for row in rollup.units] == ["passed", "missing"]
    assert rollup.amounts[COST_TOTAL].total == Decimal("1299.90")


def test_an_unreadable_return_of_a_unit_is_neither_missing_nor_counted() -> None:
    one = made.unit(1)
    record = made.sent(made.sample("clean"), one.code, "一.xlsx", standing="unreadable", facts=[])
    rollup = rolled(made.campaign_of(one), [record])
    assert (rollup.checked, len(rollup.missing), rollup.units[0].errors) == (0, 0, None)
    assert not rollup.rules


def test_a_return_of_another_year_displaces_none_of_this_year() -> None:
    one, clean = made.unit(1), made.sample("clean")
    right = made.sent(clean, one.code, "今年.xlsx", saved=EARLIER)
    wrong = made.sent(clean, one.code, "去年.xlsx", saved=SAVED, document={"year": 2021})
    rollup = rolled(made.campaign_of(one), [right, wrong])
    assert rollup.units[0].entry == entry_of(right)
    assert [(o.entry.source, o.why) for o in rollup.others] == [("去年.xlsx", Why.OTHER_YEAR)]
    assert rollup.others[0].reason == "年度填的是 2021,数字没有计入"


def test_a_return_of_another_year_alone_adds_to_no_total() -> None:
    one = made.unit(1)
    wrong = made.sent(made.sample("xinhua_2022"), one.code, "去年.xlsx", document={"year": 2021})
    rollup = rolled(made.campaign_of(one), [wrong])
    assert rollup.amounts[COST_TOTAL].known is None
    assert not rollup.indicators
    row = rollup.units[0]
    assert (row.standing, row.errors, row.amounts, row.stated) == ("correct", 3, (), None)
    assert [o.why for o in rollup.others] == [Why.OTHER_YEAR]
    assert not rolled(made.campaign_of(one), [{**wrong, "form_year": 2021}]).others


def test_a_grid_without_any_score_has_no_interval() -> None:
    one, clean = made.unit(1), made.sample("clean")
    items = [{"item": "一", "stated": None}]
    score = {"stated": None, "low": "0.00", "high": "100.00", "grade": None, "items": items}
    blank = made.sent(clean, one.code, "空白.xlsx", document={"score": score})
    row = rolled(made.campaign_of(one), [blank]).units[0]
    assert (row.low, row.high) == (None, None)


def test_a_blank_amount_is_no_zero() -> None:
    """The sums of a column say of how many units they are; nobody's figure is not 0."""
    one, two = made.unit(1), made.unit(2)
    blank = dict.fromkeys(map(str, FINAL.values()))
    first = made.amounts(made.sample("clean"), blank)
    records = [
        made.sent(first, one.code, "一.xlsx"),
        made.sent(made.sample("clean"), two.code, "二.xlsx"),
    ]
    both = rolled(made.campaign_of(one, two), records)
    assert both.amounts[FINAL["total"]].units == 1
    assert both.gaps["final"].units == 1
    only = rolled(made.campaign_of(one), records[:1])
    assert only.amounts[FINAL["total"]].known is None
    (total,) = (cells for cells in _cells(written(only), "收入明细") if cells[2] in SUM_WORDS)
    assert total[4:6] == (None, 0)
    listed = {row["项目"]: row for row in rows(written(only), "收支汇总")}
    assert listed["收入总计"]["决算数"] is None
    assert listed["支出总计"]["决算数"] == 1299.9


figures = st.decimals(-1000, 10**6, places=4) | st.none()  # 元 ÷ 10,000 has four decimals


@examples(10)
@given(
    st.lists(st.tuples(st.integers(0, 4), figures, figures, st.integers(1, 28)), max_size=12),
    st.randoms(),
)
def test_totals_are_the_sums_over_what_counts(
    sent: list[tuple[int, Decimal | None, Decimal | None, int]], shuffler: object
) -> None:
    """Whatever the order of the records, and however often a unit sent one."""
    campaign = made.campaign_of(*(made.unit(n) for n in range(4)))
    records = []
    latest: dict[int, tuple[int, int]] = {}
    for n, (number, income, cost, day) in enumerate(sent):
        lines = {**NOTHING, str(FINAL["general"]): income, "cost.basic.final": cost}
        record = made.amounts(made.sample("clean"), lines)
        code = made.unit(number).code if number < 4 else None
        saved = f"2023-04-{day:02d}T08:00:00Z"
        records.append(made.sent(record, code, f"{n:03d}.xlsx", saved=saved))
        if code:
            latest[number] = max(latest.get(number, (0, 0)), (day, n))
    counted = [sent[n] for _, n in latest.values()]
    rollup = rolled(campaign, records)
    for place, key in enumerate((FINAL["total"], COST_TOTAL)):
        known = [amount for one in counted if (amount := one[1:3][place]) is not None]
        assert rollup.amounts[key].total == sum(known, Decimal(0))
        assert rollup.amounts[key].units == len(known)
    shuffler.shuffle(records)  # type: ignore[attr-defined]
    assert rolled(campaign, records) == rollup


# ---------------------------------------------------------------- the workbook


def test_the_sheets() -> None:
    book = load_workbook(BytesIO(written(rolled(*season()))))
    assert book.sheetnames == [
        "概况", "单位情况", "问题分布", "指标情况", "收支汇总", "收入明细", "支出明细", "催报名单",
        "其他文件",
    ]  # fmt: skip
    for paper in book:
        assert not paper.protection.sheet
        assert paper.page_setup.paperSize == 9
        assert paper.print_title_rows
    lists = [book[name] for name in book.sheetnames if name not in {"概况", "收支汇总"}]
    assert all(paper.auto_filter.ref and paper.freeze_panes for paper in lists)
    assert len(book["概况"]._charts) == 3  # openpyxl has no other way to ask


def test_what_the_sheets_show() -> None:
    data = written(rolled(*season(), today=LATE))
    overview_rows = {cells[1]: cells[2] for cells in _cells(data, "概况")}
    assert (overview_rows["应报(单位名单)"], overview_rows["已报"], overview_rows["未报"]) == (
        4,
        3,
        1,
    )
    assert (overview_rows["　已逾期"], overview_rows["文件:已有更新的一份"]) == (1, 1)
    units = rows(data, "单位情况")
    assert [row["情况"] for row in units] == ["通过", "退回修改", "通过", "未报"]
    assert units[1]["收支差额"] == -2.53
    assert units[0]["保存或收到时间"] == "2023-04-20 16:00"
    assert units[3]["收入总计"] is None
    (missing,) = rows(data, "催报名单")
    assert (missing["单位名称"], missing["情况"]) == (made.unit(4).name, "逾期 3 天")
    money = {row["项目"]: row["决算数"] for row in rows(data, "收支汇总")}
    assert money["支出总计"] == 88735.21
    assert {row["文件"] for row in rows(data, "其他文件")} >= {"外区.xlsx", "馆旧.xlsx"}


def _cells(data: bytes, sheet: str) -> list[tuple[object, ...]]:
    return list(load_workbook(BytesIO(data), data_only=True)[sheet].values)


def test_scores_at_a_bound_count_once() -> None:
    """Each range holds its lower bound; every unit with a score is in exactly one."""
    one, two = made.unit(1), made.unit(2)
    records = [
        made.sent(
            made.sample("clean"),
            unit.code,
            unit.code,
            document={
                "score": {"stated": stated, "low": "-1", "high": None, "grade": "优", "items": []}
            },
        )
        for unit, stated in ((one, "90"), (two, "89.99"))
    ]
    page = overview.overview(rolled(made.campaign_of(one, two), records), "概况")
    bands = {line[0]: line[1:] for line in page.tables[2].entries}
    assert (bands["90～95"], bands["85～90"]) == ((1, 0, 0), (1, 0, 0))
    assert bands["60 分以下"] == (0, 2, 0)
    grades = {line[0]: line[1:] for line in page.tables[1].entries}
    assert grades["优(≥90)"] == (1, 0, 0)
    assert grades["没有得分"] == (0, 0, 2)


def with_indicators(*found: tuple[str, str, str, str | None]) -> Record:
    """Give a record with these indicators: name, unit of measure, status and completion."""
    judged = [{"name": n, "status": status, "completion": rate} for n, _, status, rate in found]
    facts = [
        {"key": f"indicators.{n:03d}.{column}", "kind": "text", "value": text}
        for n, one in enumerate(found, 1)
        for column, text in zip(("name", "unit"), one[:2], strict=True)
        if text
    ]
    code = made.unit(1).code
    return made.sent(made.sample("clean"), code, "一", facts=facts, document={"indicators": judged})


def test_indicators_of_one_name_and_unit_are_one() -> None:
    record = with_indicators(
        ("培训率", "%", "met", "1.3000"),
        ("培 训率", "百分比", "met", "1.2999"),
        ("培训率", "", "unjudged", None),
        ("ＡB次数", "次", "unmet", "0.1000"),
        ("ab次数", "次", "unmet", "0.2001"),
    )
    found = rolled(made.campaign_of(made.unit(1)), [record]).indicators
    assert list(found) == [
        IndicatorTally("ab次数", "次", 1, 2, 0, 2, 0, 0, 2, Decimal("0.3001")),
        IndicatorTally("培 训率", "%", 1, 2, 2, 0, 0, 1, 2, Decimal("2.5999")),
        IndicatorTally("培训率", "", 1, 1, 0, 0, 1, 0, 0, Decimal(0)),
    ]
    assert [tally.mean for tally in found] == [Decimal("0.1501"), Decimal("1.3000"), None]


def test_many_indicators_are_cut_and_told() -> None:
    record = with_indicators(*((f"指标{n}", "", "met", None) for n in range(MOST_INDICATORS + 7)))
    data = written(rolled(made.campaign_of(made.unit(1)), [record]))
    assert len(rows(data, "指标情况")) == MOST_INDICATORS
    assert "另有 7 个指标没有列出" in str(_cells(data, "指标情况")[2][1])


def test_a_season_without_returns_or_units() -> None:
    for campaign in (made.campaign_of(), made.campaign_of(made.unit(1))):
        data = written(rolled(campaign, []))
        assert rows(data, "问题分布") == []
        assert {sheet for sheet, _ in _formulas(data)} <= {"单位情况"}
        assert len(rows(data, "催报名单")) == len(campaign.register.units)


def test_same_input_same_bytes() -> None:
    campaign, records = season()
    assert written(rolled(campaign, records)) == written(rolled(campaign, records[::-1]))


def test_what_a_unit_typed_stays_text() -> None:
    """No name becomes a formula or a link."""
    odd = ["=1+1", "http://example.com/x", "@SUM(A1)", "<r>x</r>", "internal:'概况'!A1"]
    campaign = made.campaign_of(*(Unit(f"{n:03d}", name) for n, name in enumerate(odd)))
    paper = load_workbook(BytesIO(written(rolled(campaign, []))))["催报名单"]
    cells = {str(cell.value): cell for row in paper.iter_rows() for cell in row}
    for name in odd:
        assert cells[name].data_type == "s"
        assert cells[name].hyperlink is None


@pytest.mark.deep
@needs_libreoffice
def test_formulas_agree_with_libreoffice() -> None:
    one, two = made.unit(1), made.unit(2)
    blank = made.amounts(made.sample("xinhua_2022"), {"income.general.final": None})
    campaign, records = season()
    more = replace(campaign, register=type(campaign.register)((*campaign.register.units, one, two)))
    records = [*records, made.sent(blank, made.unit(4).code, "四.xlsx", saved=SAVED)]
    records = [made.amounts(record, {"income.other.final": None}) for record in records]
    data = written(rolled(more, records))
    shown = load_workbook(BytesIO(data), data_only=True)
    afresh = load_workbook(BytesIO(recalculated(data)), data_only=True)
    places = _formulas(data)
    assert len(places) > 30
    values = [shown[sheet][place].value for sheet, place in places]
    assert [afresh[sheet][place].value for sheet, place in places] == values
    assert values.count(None) == 7  # where a line is blank, so is every sum it belongs to


def _formulas(data: bytes) -> list[tuple[str, str]]:
    """Give sheet and place of each formula."""
    return [
        (paper.title, cell.coordinate)
        for paper in load_workbook(BytesIO(data))
        for row in paper.iter_rows()
        for cell in row
        if cell.data_type == "f"
    ]


# ---------------------------------------------------------------- links


def test_links_lead_to_the_files() -> None:
    campaign, records = season()
    odd = "回收/100% 真#1 'a' [b]/馆.xlsx"
    data = written(rolled(campaign, records), {"回收/馆.xlsx": odd, "回收/坏.xlsx": "回收/坏.xlsx"})
    paper = load_workbook(BytesIO(data))["单位情况"]
    (cell,) = [c for row in paper.iter_rows() for c in row if c.value == "打开原件"]
    wanted = "回收/100%25%20真%231%20'a'%20%5Bb%5D/馆.xlsx"  # with "\\" it opens on Windows alone
    assert cell.hyperlink.target == wanted
    assert not [c for row in paper.iter_rows() for c in row if c.value == "打开结果"]


@pytest.mark.parametrize(
    "path", ["a\nb.xlsx", "a\x07.xlsx", "\ud800.xlsx", "长" * (LONGEST_LINK + 1), "#" * 700]
)
def test_a_path_no_link_can_hold_stays_text(path: str) -> None:
    assert file_target(path) == ""


@pytest.mark.parametrize(
    "path", ["x", "../x.xlsx", "C盘/x.xlsx", "😀" * 300, "external:x", "%41", "a\\b.xlsx"]
)
def test_a_path_a_link_can_hold(path: str) -> None:
    head = Head("file", "文件", 20, LINK, lambda entry: entry)
    data = _list([path], head, {Key("list", "0", "file"): path})
    with zipfile.ZipFile(BytesIO(data)) as archive:
        names = [name for name in archive.namelist() if "worksheets/_rels" in name]
        links = archive.read(names[0]).decode("utf-8")
    back = path.replace("%", "%25").replace("\\", "%5C")
    assert f'Target="{back}"' in links


def _list(entries: Sequence[object], head: Head, files: Mapping[Key, str]) -> bytes:
    table = ListTable("list", "", (head,), entries, filtered=True)
    form = Form("list", "1", "清单", (ListSheet("list", "清单", "清单", "", (table,)).sheet(),))
    return render(Values(form, {}, ListValues([table])), Extras(files=files))


def test_more_links_than_a_sheet_can_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    assert MOST_LINKS == 65_530  # Excel's limit
    monkeypatch.setattr("perfxl.render.cells.MOST_LINKS", 3)
    head = Head("file", "文件", 20, LINK, lambda entry: entry)
    names = [f"{n}.xlsx" for n in range(5)]
    data = _list(names, head, {Key("list", str(n), "file"): name for n, name in enumerate(names)})
    paper = load_workbook(BytesIO(data))["清单"]
    cells = [cell for row in paper.iter_rows() for cell in row if cell.value in names]
    assert [cell.hyperlink is not None for cell in cells] == [True] * 3 + [False] * 2


def test_shown_is_a_mapping_of_all_cells() -> None:
    heads = (Head("a", "甲", 9, TEXT, str), Head("b", "乙", 9, MONEY, lambda entry: entry))
    shown = ListValues([ListTable("list", "", heads, [1, 2])])
    assert len(shown) == 4
    assert dict(shown)[Key("list", "1", "b")] == Decimal(2)
    assert Key("other", "1", "b") not in shown


def test_a_standing_chart() -> None:
    """Columns stand on the names; a lying chart reads from top to bottom."""
    table = ListTable(
        "list", "", (Head("a", "甲", 9, TEXT, str), Head("b", "乙", 9, MONEY, int)), [1, 2]
    )
    form = Form("list", "1", "清单", (ListSheet("list", "清单", "清单", "", (table,)).sheet(),))
    keys = [[Key("list", str(n), column) for n in range(2)] for column in "ab"]
    for kind, direction, order in (("column", "col", "minMax"), ("bar", "bar", "maxMin")):
        chart = Chart("list", "图", keys[0], (("数", keys[1]),), kind=kind)
        data = render(Values(form, {}, ListValues([table])), Extras(charts=[chart]))
        with zipfile.ZipFile(BytesIO(data)) as archive:
            drawn = archive.read("xl/charts/chart1.xml").decode()
        assert f'<c:barDir val="{direction}"/>' in drawn
        assert f'<c:orientation val="{order}"/>' in drawn.split("<c:valAx>")[0]


# ---------------------------------------------------------------- in the folder


def write(folder: Path) -> Path:
    campaign, records = season()
    entries = [entry_of(record) for record in records]
    return write_rollup(SeasonFolder(folder), campaign, lambda: records, entries, LATE)


def test_a_rollup_as_we_wrote_it_is_replaced(tmp_path: Path) -> None:
    assert write(tmp_path) == write(tmp_path) == tmp_path / "汇总.xlsx"
    assert [path.name for path in tmp_path.iterdir()] == ["汇总.xlsx"]


def test_a_rollup_somebody_worked_on_is_kept(tmp_path: Path) -> None:
    book = load_workbook(write(tmp_path))
    book["概况"]["B3"] = "改过"
    book.save(tmp_path / "汇总.xlsx")
    kept = (tmp_path / "汇总.xlsx").read_bytes()
    assert write(tmp_path) == write(tmp_path) == tmp_path / "汇总_2.xlsx"
    assert (tmp_path / "汇总.xlsx").read_bytes() == kept


def test_a_folder_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "甲").write_text("")
    with pytest.raises(WriteError):
        write(tmp_path / "甲")


def test_links_from_the_folder(tmp_path: Path) -> None:
    (tmp_path / "回收").mkdir()
    for name in ("甲.xlsx", "包.zip"):
        (tmp_path / "回收" / name).write_text("")
    assert link_from(tmp_path, str(tmp_path / "回收" / "甲.xlsx")) == "回收/甲.xlsx"
    assert link_from(tmp_path, "回收/甲.xlsx") == "回收/甲.xlsx"
    assert link_from(tmp_path, "回收/包.zip/里面/乙.xlsx") == "回收/包.zip"
    assert link_from(tmp_path / "回收", str(tmp_path / "回收" / "甲.xlsx")) == "甲.xlsx"
    assert link_from(tmp_path, "回收/没有.xlsx") == link_from(tmp_path, "") == ""


def test_time_is_that_of_beijing() -> None:
    record = made.sent(made.sample("clean"), "1", "一")
    entry = replace(entry_of(record), received="2023-04-20T23:30:00+08:00")
    assert time_text(entry) == "2023-04-20 23:30"  # nobody saved it since perfxl wrote it
    assert time_text(replace(entry, saved="2023-04-20T20:00:00Z")) == "2023-04-21 04:00"
    assert time_text(replace(entry, received="")) == ""


# ---------------------------------------------------------------- report, letters and roll-up agree


def doubled() -> tuple[Campaign, list[Record]]:
    """Units that sent two returns, the later one worse, and one of another year."""
    campaign, clean = made.campaign_of(*(made.unit(n) for n in range(6))), made.sample("clean")
    worse = made.sample("xinhua_2022")
    return campaign, [
        *(made.sent(clean, made.unit(n).code, f"{n}.xlsx", saved=EARLIER) for n in range(4)),
        *(made.sent(worse, made.unit(n).code, f"{n}新.xlsx", saved=SAVED) for n in range(2)),
        made.sent(worse, made.unit(4).code, "去年.xlsx", document={"year": 2021}),
    ]


def unopened() -> tuple[Campaign, list[Record]]:
    """Units of which nothing can be read, one beside a return that can; files of nobody."""
    campaign, clean = made.campaign_of(*(made.unit(n) for n in range(5))), made.sample("clean")
    error = {"code": "damaged", "message": "文件已损坏", "fix": "请重新报送"}
    broken = {"standing": "unreadable", "facts": [], "document": {"error": error, "findings": []}}
    return campaign, [
        made.sent(clean, made.unit(0).code, "好.xlsx"),
        made.sent(clean, made.unit(0).code, "坏一.xlsx", **copy.deepcopy(broken)),
        made.sent(clean, made.unit(1).code, "坏二.xlsx", **copy.deepcopy(broken)),
        made.sent(clean, made.unit(1).code, "坏三.xlsx", **copy.deepcopy(broken)),
        made.sent(clean, None, "坏四.xlsx", **copy.deepcopy(broken)),
        made.sent(clean, None, "别处.xlsx"),
    ]


def one_code_twice() -> tuple[Campaign, list[Record]]:
    """Two units of one code, which share no return; nothing from a third."""
    one = made.unit(1)
    campaign = made.campaign_of(one, Unit(one.code, "另一个单位"), made.unit(2))
    return campaign, [made.sent(made.sample("corrected"), one.code, "一.xlsx")]


def empty() -> tuple[Campaign, list[Record]]:
    """Nothing has come."""
    return made.campaign_of(made.unit(1)), []


@pytest.mark.parametrize("make", [season, doubled, unopened, one_code_twice, empty])
def test_report_letters_and_roll_up_state_the_same_counts(
    make: Callable[[], tuple[Campaign, list[Record]]],
) -> None:
    campaign, records = make()
    rollup = rolled(campaign, records, today=LATE)
    data, pieces = written(rollup), season_report(rollup).pieces
    told = "\n".join(piece.text for piece in pieces if isinstance(piece, Paragraph))
    tables = {p.caption.split(" ")[0]: p.rows for p in pieces if isinstance(p, DraftTable)}
    shown = {str(cells[1]).strip("　"): cells[2:] for cells in _cells(data, "概况")}

    def said(pattern: str) -> int:
        """Give the number the report states so, 0 where it states none."""
        found = re.search(pattern, told)
        return int(found[1]) if found else 0

    assert said(r"应报单位(\d+)家") == shown["应报(单位名单)"][0]
    assert said(r"已报(\d+)家\(") == said(r"已报(\d+)家\D") == shown["已报"][0]
    assert said(r"打不开(\d+)家") == shown["已收到,打不开"][0]
    assert said(r"未报(\d+)家") == shown["未报"][0] == len(rows(data, "催报名单"))
    assert said(r"已逾期(\d+)家") == shown["已逾期"][0]
    assert [count for _, count, _ in tables["表1"][:-1]] == [
        str(shown[standing][0]) for standing, *_ in tables["表1"][:-1]
    ]
    units = rows(data, "单位情况")
    assert said(r"共发现错误(\d+)处") == sum(row["错误"] or 0 for row in units)  # type: ignore[misc]
    assert said(r"需核实(\d+)处") == sum(row["核实"] or 0 for row in units)  # type: ignore[misc]
    assert said(r"总得分的(\d+)家") == sum(row["自评得分"] is not None for row in units)
    assert said(r"\((\d+)家填全\),支") == shown["收入总计"][1]
    assert said(r"优(\d+)家") == shown["优(≥90)"][0]
    reasons = Counter(row["为什么不计"] for row in rows(data, "其他文件"))
    assert said(r"无法审核的(\d+)份") == shown["文件:无法审核"][0] == reasons["无法审核"]
    assert said(r"哪个单位的(\d+)份") == shown["文件:不知是哪个单位的"][0]
    rules = {row["问题"]: row for row in rows(data, "问题分布")}
    for _, title, *counts in tables.get("表5", ()):
        assert counts == [str(rules[title][name]) for name in ("家数", "条数", "已说明条数")]
    due = letters(
        *(Occasion.REMIND, campaign, versions(map(entry_of, records)), records), str, LATE
    )
    asked = Counter("打不开" in letter.subject for letter in due)
    assert (asked[False], asked[True]) == (shown["未报"][0], shown["已收到,打不开"][0])
