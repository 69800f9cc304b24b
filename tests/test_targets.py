"""Next year's targets: what past returns suggest, how strongly, and what is left out."""

from __future__ import annotations

import json
import os
import sys
import zipfile
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from statistics import linear_regression, mean, stdev
from typing import Any

import build
import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from perfxl.cli import program
from perfxl.expr.tree import Key
from perfxl.form.answers import Cell, Values, read_answers
from perfxl.form.model import row_key
from perfxl.form.register import Unit
from perfxl.forms.shipped import form_of
from perfxl.render.workbook import render
from perfxl.returns import workflow
from perfxl.settings.folder import SeasonFolder
from perfxl.targets.histories import MOST_YEARS, Gathered, gather, same_name, years_text
from perfxl.targets.past_returns import BOUND_WHY, PastReturn, PastRow, StatedValue, by_unit
from perfxl.targets.proposals import Evidence, Proposal, Trend, proposal, rounded_within, statistics
from perfxl.targets.writing import TARGETS_NAME, Targets, targets_of

SCALE = workflow.load_rubric(None)
SCHOOL = Unit("100201", "示例一中")
LECTURES = {"level1": "产出指标", "level2": "数量指标", "name": "讲座场次", "unit": "场"}


# ---------------------------------------------------------------- made by hand


def past(
    year: int, actual: Any, target: Any = 100, symbol: str = "≥", unit: Unit = SCHOOL, **row: Any
) -> PastReturn:
    """Give a return of one indicator; a text is a value that could not be read."""

    def figure(value: Any) -> StatedValue:
        text = isinstance(value, str)
        return (
            StatedValue(None, value, "不是能确定的数值")
            if text
            else StatedValue(Decimal(value), str(value))
        )

    given = {"group": ("产出指标", "数量指标"), "name": "讲座场次", "measure": "场", **row}
    made = PastRow(symbol=symbol, target=figure(target), actual=figure(actual), **given)
    return PastReturn(f"{unit.name}_{year}.xlsx", unit, year, (made,))


def gathered(*returns: PastReturn) -> Gathered:
    units, left_out = by_unit(returns)
    assert not left_out
    return gather(units)


def proposed(*returns: PastReturn) -> Proposal:
    """Give the only proposal of these returns."""
    (history,) = gathered(*returns).histories
    return proposal(history)


def series(*values: Any, **row: Any) -> Proposal:
    return proposed(*(past(2020 + n, value, **row) for n, value in enumerate(values)))


def verdict(one: Proposal) -> tuple[Any, Evidence]:
    return one.suggested, one.evidence


# ---------------------------------------------------------------- what is suggested


def test_a_steady_series_suggests_its_mean() -> None:
    one = series(241, 244, 208, target=500, measure="人次")
    assert verdict(one) == (230, Evidence.STRONG)
    assert one.reason == (
        "2020～2022 三年平均完成 231 人次,时高时低,建议 230 人次;"
        "2022 年指标值 500 人次,原指标值偏高。"
    )


def test_a_rising_series_suggests_between_mean_and_last_year() -> None:
    one = series(96, 118, 134)
    assert verdict(one) == (125, Evidence.STRONG)
    assert one.reason == (
        "2020～2022 三年平均完成 116 场,总体上升(平均每年 16%),建议 125 场"
        "(取平均数与最近一年的中间);2022 年指标值 100 场,原指标值偏低。"
    )


def test_what_was_always_reached_stays() -> None:
    one = series(100, 100, 100, symbol="=", measure="%")
    assert verdict(one) == (100, Evidence.STRONG)
    assert one.reason == ("2020～2022 年都完成 100%,建议 100%;2022 年指标值 100%,与建议相同。")


def test_a_ceiling_is_too_loose_or_too_tight() -> None:
    assert "原指标值偏松" in series(4, 4, 4, target=5, symbol="≤", measure="天").reason
    assert "原指标值偏严" in series(4, 4, 4, target=3, symbol="≤", measure="天").reason
    falling = series(10, 8, 6, target=9, symbol="≤", measure="天")
    assert falling.suggested == 7
    assert falling.statistics is not None
    assert falling.statistics.trend is Trend.DOWN


def test_one_year_is_weak_evidence() -> None:
    one = proposed(past(2022, 208, 500))
    assert verdict(one) == (208, Evidence.WEAK)
    assert one.reason == (
        "只有 2022 年一年的数,完成 208 场,建议 208 场;2022 年指标值 500 场,原指标值偏高。"
        "一年的数看不出高低,依据不足。"
    )


def test_two_years_show_no_trend() -> None:
    one = series(100, 120)
    assert verdict(one) == (110, Evidence.MEDIUM)
    assert "两年看不出趋势" in one.reason


def test_an_unstable_series_is_weak_evidence() -> None:
    one = series(100, 300, 80)
    assert one.evidence is Evidence.WEAK
    assert "各年相差大(波动幅度 76%),依据不足" in one.reason


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"symbol": "定性"}, "定性指标,不建议数值。"),
        ({"symbol": ""}, "没有填符号,不知道是越多越好还是越少越好,不建议数值。"),
        ({"symbol": "="}, "符号是“=”而各年完成值不同,应按下一年的实际任务数填写。"),
    ],
)
def test_no_number_where_none_can_be_given(row: dict[str, str], reason: str) -> None:
    one = series(96, 118, 134, **row)
    assert (one.suggested, one.evidence, one.reason) == (None, Evidence.NONE, reason)


def test_what_could_not_be_read_is_told_and_not_guessed() -> None:
    one = series("已完成", "已完成")
    assert (one.suggested, one.statistics) == (None, None)
    assert one.reason == (
        "没有能用的完成值,不建议数值。2020、2021 年完成值不是能确定的数值,没有采用。"
    )


def test_symbols_of_opposite_directions_are_weak_evidence() -> None:
    one = proposed(past(2020, 5), past(2021, 5, symbol="≤"), past(2022, 5))
    assert one.evidence is Evidence.WEAK
    assert "各年符号不同(2020 年“≥”、2021 年“≤”、2022 年“≥”)" in one.reason


@given(st.lists(st.integers(1, 1000), min_size=3, max_size=5))
def test_spread_and_slope_are_the_usual_ones(values: list[int]) -> None:
    found = statistics({2020 + n: Decimal(value) for n, value in enumerate(values)})
    assert found.spread is not None
    assert found.slope is not None
    assert float(found.spread) == pytest.approx(stdev(values) / mean(values))
    line = linear_regression(range(len(values)), values)
    assert float(found.slope) == pytest.approx(line.slope / mean(values), abs=1e-9)


def test_a_mean_of_zero_says_nothing() -> None:
    assert series(0, 0, 0, symbol="≤").suggested == 0
    assert series(-5, 5, symbol="≤").evidence is Evidence.WEAK


# ---------------------------------------------------------------- the same indicator


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("开展讲座、活动次数", "开展讲座 活动次数"),
        ("满意度(%)", "满意度"),
        ("指标1:讲座场次", "2、讲座场次"),
    ],
)
def test_names_alike(one: str, other: str) -> None:
    assert same_name(one) == same_name(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1.5公里道路", "15公里道路"),
        ("误差>5毫米点数", "误差<5毫米点数"),
        ("65岁以上", "6、5岁以上"),
    ],
)
def test_names_apart(one: str, other: str) -> None:
    assert same_name(one) != same_name(other)


def test_measures_of_one_family_are_converted_to_the_last() -> None:
    one = proposed(
        past(2021, 1_200_000, 1_000_000, measure="元"), past(2022, 130, 100, measure="万元")
    )
    assert one.history.actuals == {2021: 120, 2022: 130}
    assert one.history.measure == "万元"
    assert one.evidence is Evidence.MEDIUM
    assert "2021 年的计量单位是“元”,已换算成“万元”" in one.reason


@pytest.mark.parametrize(
    ("row", "note"),
    [
        ({"measure": "人次"}, "2021 年的同名指标计量单位是“人次”,没有合并"),
        ({"measure": ""}, "2021 年的同名指标没有填计量单位,没有合并"),
        (
            {"group": ("效益指标", "社会效益指标")},
            "2021 年的同名指标属于“效益指标·社会效益指标”,没有合并",
        ),
    ],
)
def test_what_differs_is_kept_apart(row: dict[str, Any], note: str) -> None:
    found = gathered(past(2021, 120, **{"measure": "人", **row}), past(2022, 130, measure="人"))
    assert [history.actuals for history in found.histories] == [{2022: 130}, {2021: 120}]
    assert note in found.histories[0].notes


def test_a_blank_group_contradicts_nothing() -> None:
    one = proposed(past(2021, 120, group=("", "")), past(2022, 130))
    assert one.history.group == ("产出指标", "数量指标")
    assert one.history.actuals == {2021: 120, 2022: 130}


def test_two_of_one_name_match_nothing() -> None:
    one = past(2021, 120)
    twice = replace(one, rows=(one.rows[0], replace(one.rows[0], target=StatedValue(None))))
    found = gathered(twice, past(2022, 130))
    assert [history.actuals for history in found.histories] == [{2022: 130}]
    assert [one.why for one in found.left_out] == [
        "同名指标不止一个,不能确定与往年的哪一个对应",
    ] * 2


def test_a_row_that_fits_two_matches_neither() -> None:
    apart = past(2022, 130)
    other = replace(apart.rows[0], group=("效益指标", "社会效益指标"))
    found = gathered(past(2021, 120, group=("", "")), replace(apart, rows=(apart.rows[0], other)))
    assert [history.actuals for history in found.histories] == [{2022: 130}, {2022: 130}]
    assert [one.year for one in found.left_out] == [2021]


def test_an_indicator_given_up_is_said_to_be() -> None:
    one = gathered(past(2021, 120), past(2022, 5, name="别的指标")).histories[1]
    assert "2022 年的表里没有这个指标" in one.notes


def test_only_the_last_years_count() -> None:
    found = gathered(*(past(year, 100) for year in range(2015, 2023)))
    assert found.years == tuple(range(2023 - MOST_YEARS, 2023))
    assert {one.why for one in found.left_out} == {"早于最近 5 年"}
    assert [one.year for one in found.left_out] == [2017, 2016, 2015]


def test_years_in_words() -> None:
    assert years_text([2018, 2019, 2020]) == "2018～2020"
    assert years_text([2018, 2020, 2021]) == "2018、2020、2021"
    assert years_text([2021, 2022]) == "2021、2022"


# ---------------------------------------------------------------- whose it is


def test_the_code_tells_units_apart_and_a_name_finds_its_code() -> None:
    renamed = Unit("100201", "示例第一中学")
    nameless = Unit("", "示例一中")
    one = proposed(past(2020, 9, unit=nameless), past(2021, 10), past(2022, 11, unit=renamed))
    assert one.history.actuals == {2020: 9, 2021: 10, 2022: 11}
    assert "2021 年的单位名称是“示例一中”" in one.reason


def test_units_by_name_alone() -> None:
    units, left_out = by_unit([past(2022, 1, unit=Unit("", name)) for name in ("甲", "乙", "甲")])
    assert sorted(len(ones) for ones in units.values()) == [1, 2]
    assert not left_out


def test_nobody_s_returns_are_left_out() -> None:
    strangers = [Unit("1", "甲"), Unit("1", "乙"), Unit("", "")]
    units, left_out = by_unit(past(2022, 1, unit=unit) for unit in strangers)
    assert not units
    assert {one.why for one in left_out} == {
        "没有填单位名称和代码",
        "这一年有几个单位填了同一代码 1,不能确定是哪一个",
    }


# ---------------------------------------------------------------- laws

figures = st.one_of(
    st.integers(0, 10**6).map(Decimal),
    st.decimals(0, 200, places=2, allow_nan=False, allow_infinity=False),
)
rows = st.lists(figures, min_size=1, max_size=MOST_YEARS)
symbols = st.sampled_from(("≥", ">", "≤", "<", "="))
measures = st.sampled_from(("%", "场", "人次", "万元"))


@given(rows, symbols, measures)
def test_a_suggestion_was_reached_before(values: list[Decimal], symbol: str, measure: str) -> None:
    one = series(*values, symbol=symbol, measure=measure)
    if one.suggested is not None:
        assert min(values) <= one.suggested <= max(values)
        assert one.evidence is not Evidence.NONE
    if len(values) == 1:
        assert one.evidence is Evidence.WEAK


@given(rows.filter(lambda values: len(values) > 1), st.randoms())
def test_the_order_of_files_does_not_matter(values: list[Decimal], random: Any) -> None:
    returns = [past(2020 + n, value) for n, value in enumerate(values)]
    mixed = random.sample(returns, len(returns))
    one, other = proposed(*returns), proposed(*mixed)
    assert (one.suggested, one.evidence, one.reason) == (
        other.suggested, other.evidence, other.reason,
    )  # fmt: skip


@given(st.lists(figures, min_size=1, max_size=MOST_YEARS - 1), symbols)
def test_an_unreadable_year_adds_but_a_note(values: list[Decimal], symbol: str) -> None:
    returns = [past(2020 + n, value, symbol=symbol) for n, value in enumerate(values)]
    before = proposed(*returns)
    after = proposed(past(2019, "已完成", symbol=symbol), *returns)
    assert (before.suggested, before.evidence, before.statistics) == (
        after.suggested, after.evidence, after.statistics,
    )  # fmt: skip
    assert after.reason == before.reason + "2019 年完成值不是能确定的数值,没有采用。"


@given(st.lists(st.integers(0, 10**9).map(Decimal), min_size=2, max_size=5, unique=True))
def test_counts_stay_whole_and_rounding_is_small(values: list[Decimal]) -> None:
    mean = sum(values, Decimal(0)) / len(values)
    found = rounded_within(mean, min(values), max(values), least=Decimal(1))
    assert found == found.to_integral_value()
    assert abs(found - mean) <= max(mean * Decimal("0.025"), Decimal("0.5"))


# ---------------------------------------------------------------- from files


def write_return(
    folder: Path, year: int, *indicators: Mapping[str, Any], name: str = "", code: str = "100201"
) -> Path:
    """Write a return of a year with these indicators and give its path."""
    form = workflow.live_form(form_of(SCALE, year))
    typed: dict[Key, Any] = {
        Key("unit", "name"): "示例一中", Key("unit", "code"): code,
        Key("unit", "year"): Decimal(year),
    }  # fmt: skip
    for n, row in enumerate(indicators, 1):
        typed |= {Key("indicators", row_key(n), column): raw for column, raw in row.items()}
    cells = {key: Cell(Decimal(raw) if isinstance(raw, int) else raw) for key, raw in typed.items()}
    target = folder / (name or f"{year}.xlsx")
    target.write_bytes(render(Values(form, read_answers(form, cells))))
    return target


def lectures(target: Any, actual: Any, **row: Any) -> dict[str, Any]:
    return {**LECTURES, "symbol": "≥", "target": target, "actual": actual, **row}


def three_years(folder: Path) -> list[Path]:
    return [
        write_return(folder, 2020, lectures(80, 96)),
        write_return(folder, 2021, lectures(90, "全年开展讲座118场")),
        write_return(folder, 2022, lectures("≥100场", 134)),
    ]


def found_in(*paths: Path) -> Targets:
    return targets_of(paths, form_of(SCALE))


def test_years_are_read_from_the_files(tmp_path: Path) -> None:
    found = found_in(*three_years(tmp_path))
    assert found.gathered.years == (2020, 2021, 2022)
    (one,) = found.proposals
    assert one.history.actuals == {2020: 96, 2021: 118, 2022: 134}
    assert one.suggested == 125
    assert not found.left_out


def test_of_a_season_s_folder_only_what_came_back_is_read(tmp_path: Path) -> None:
    season = SeasonFolder(tmp_path)
    for folder in (season.issued, season.returned):
        folder.mkdir()
    season.settings.write_bytes(b"settings")
    write_return(season.issued, 2021, lectures(90, 90))
    write_return(season.returned, 2022, lectures(90, 96))
    found = found_in(tmp_path)
    assert found.gathered.years == (2022,)
    assert found.unread == ()


def test_bounds_dates_and_words_are_left_out_with_their_place(tmp_path: Path) -> None:
    write_return(
        tmp_path,
        2022,
        lectures(100, "100场以上"),
        lectures("12月底前", "2022年12月5日", name="发放时间", unit="", symbol="≤"),
        lectures("效果明显", "明显提升", name="影响力", symbol="定性"),
        lectures(5, None, name="空"),
    )
    found = found_in(tmp_path)
    assert [one.suggested for one in found.proposals] == [None] * 4
    told = [(one.name, one.why, one.place and one.place.cell) for one in found.left_out]
    assert told == [
        ("讲座场次", f"完成值{BOUND_WHY}", "I4"),
        ("发放时间", "完成值是日期,不能求平均", "I5"),
        ("空", "完成值没有填写", "I7"),
    ]


def test_the_last_saved_of_a_year_counts(tmp_path: Path) -> None:
    old = write_return(tmp_path, 2022, lectures(100, 90), name="旧.xlsx")
    new = write_return(tmp_path, 2022, lectures(100, 110), name="新.xlsx")
    os.utime(old, (1_600_000_000, 1_600_000_000))
    found = found_in(new, old)
    assert [one.history.actuals for one in found.proposals] == [{2022: 110}]
    (left,) = found.left_out
    assert (left.source, left.why) == (
        str(old),
        "同一单位同一年有 2 份,用了最后保存的一份:新.xlsx",
    )


def test_a_wrong_year_is_nobody_s_guess(tmp_path: Path) -> None:
    form = workflow.live_form(form_of(SCALE, 2021))
    cells = {Key("unit", "year"): Cell(Decimal(2022))}
    path = tmp_path / "x.xlsx"
    path.write_bytes(render(Values(form, read_answers(form, cells))))
    (left,) = found_in(path).unread
    assert "这是 2021 年度的表,“年度”却填了 2022" in left.why


@pytest.mark.parametrize("stated", [True, False])
def test_without_its_identity_the_typed_year_counts(tmp_path: Path, stated: bool) -> None:
    path = write_return(tmp_path, 2021, lectures(100, 110))
    book = openpyxl.load_workbook(path)
    for sheet in book:
        sheet["A1"] = None
    if not stated:
        for name in list(book.custom_doc_props.names):
            del book.custom_doc_props[name]
    book.save(path)
    (one,) = found_in(path).proposals
    assert one.history.actuals == {2021: 110}


def test_other_files_are_told_and_the_rest_goes_on(tmp_path: Path) -> None:
    three_years(tmp_path)
    (tmp_path / "坏.xlsx").write_bytes(b"PK\x03\x04")
    openpyxl.Workbook().save(tmp_path / "别的.xlsx")
    found = found_in(tmp_path)
    assert [one.suggested for one in found.proposals] == [125]
    assert sorted(Path(one.source).name for one in found.unread) == ["别的.xlsx", "坏.xlsx"]


# ---------------------------------------------------------------- the command


pytestmark = pytest.mark.filterwarnings("ignore:Sparkline Group")  # openpyxl reads none


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Run the command line in an empty folder; give exit code, stdout and stderr."""
    home = tmp_path / "这里"
    home.mkdir()
    monkeypatch.chdir(home)

    def call(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["perfxl", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            program.main()
        out, err = capfd.readouterr()
        return int(ended.value.code or 0), out, err

    return call


def sheet_texts(path: Path, sheet: str) -> list[Sequence[Any]]:
    return list(openpyxl.load_workbook(path)[sheet].iter_rows(values_only=True))


def test_the_workbook(run: Any, tmp_path: Path) -> None:
    folder = tmp_path / "收"
    folder.mkdir()
    three_years(folder)
    code, out, _ = run("targets", folder)
    assert (code, "建议了 1 个指标值(其中 0 个依据不足)" in out) == (0, True)
    rows = sheet_texts(Path(TARGETS_NAME), "建议指标")
    assert rows[1][1] == "2023 年建议指标值"
    assert rows[4][2:7] == ("示例一中 100201", "产出指标", "数量指标", "讲座场次", "≥")
    assert rows[4][8:14] == (80, 90, 100, 96, 118, 134)
    assert rows[4][15:20] == (116, "上升", "96 ～ 134", 125, "强")
    with zipfile.ZipFile(TARGETS_NAME) as archive:
        drawn = archive.read("xl/worksheets/sheet1.xml").decode()
    assert "<xm:f>'建议指标'!L5:N5</xm:f><xm:sqref>O5</xm:sqref>" in drawn
    book = openpyxl.load_workbook(TARGETS_NAME)
    assert book.sheetnames == ["建议指标", "未采用", "说明"]
    unlocked = [c for row in book["建议指标"] for c in row if not c.protection.locked]
    assert len(unlocked) == 1


def test_the_workbook_again(run: Any, tmp_path: Path) -> None:
    """One of ours is replaced and never read as a return; one worked on is neither."""
    three_years(tmp_path / "这里")
    assert run("targets", ".")[0] == 0
    first = Path(TARGETS_NAME).read_bytes()
    assert run("targets", ".")[0] == 0
    assert Path(TARGETS_NAME).read_bytes() == first
    book = openpyxl.load_workbook(TARGETS_NAME)
    book.save(TARGETS_NAME)
    worked_on = Path(TARGETS_NAME).read_bytes()
    assert run("targets", ".")[0] == 0
    assert Path(TARGETS_NAME).read_bytes() == worked_on
    assert Path("建议指标值_2.xlsx").read_bytes() == first


def test_a_foreign_file_keeps_its_place(run: Any, tmp_path: Path) -> None:
    three_years(tmp_path)
    blank = Path("空表.xlsx")
    blank.write_bytes(workflow.template_bytes(form_of(SCALE)))
    before = blank.read_bytes()
    assert run("targets", tmp_path / "2022.xlsx", "-o", blank)[0] == 0
    assert blank.read_bytes() == before
    assert Path("空表_2.xlsx").exists()


def test_json(run: Any, tmp_path: Path) -> None:
    three_years(tmp_path)
    code, out, _ = run("targets", tmp_path, "--json")
    data = json.loads(out)
    (one,) = data["proposals"]
    assert (code, data["years"], data["left_out"]) == (0, [2020, 2021, 2022], [])
    assert one["years"]["2021"] == {"target": "90", "actual": "118"}
    assert (one["suggested"], one["evidence"], one["slope"]) == ("125", "strong", "0.1638")
    assert not Path(TARGETS_NAME).exists()


def test_what_cannot_be_read_is_told_and_ends_with_3(run: Any, tmp_path: Path) -> None:
    code, out, _ = run("targets", tmp_path / "没有.xlsx")
    assert (code, "文件不存在" in out, "没有读到能用的指标" in out) == (3, True, True)
    assert not Path(TARGETS_NAME).exists()


def test_the_worked_case() -> None:
    """The published report calls this target too high: 28,000 against 11,476 reached."""
    found = found_in(build.HERE / "xinhua_2022" / "filled.xlsx")
    one = next(one for one in found.proposals if one.history.name == "居民使用场室人次")
    assert verdict(one) == (11_476, Evidence.WEAK)
    assert "2022 年指标值 28,000 人次,原指标值偏高" in one.reason
