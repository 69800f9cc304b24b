"""Templates of a season: one a unit, bound and prefilled, written only where they changed."""

from __future__ import annotations

import shutil
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from clerk import SOUND, TERMS, fill_file, units
from hypothesis import given
from hypothesis import strategies as st
from libreoffice import needs_libreoffice, recalculated

from perfxl.cli import program
from perfxl.disk import resources
from perfxl.disk.files import safe_name
from perfxl.errors import UsageError
from perfxl.expr.tree import Key
from perfxl.form.identity import Issued
from perfxl.form.register import Unit
from perfxl.form.relations import Identity
from perfxl.forms.shipped import form_of
from perfxl.returns import workflow
from perfxl.season import issue
from perfxl.settings.folder import SETTINGS_NAME, SeasonFolder
from perfxl.settings.workbook import new_season, open_campaign, settings_bytes

# what is rendered is shown elsewhere; here it matters when it is written, and where
pytestmark = pytest.mark.usefixtures("work_once")
RUBRIC = workflow.load_rubric(None)
ONE = "100201_示例一中_2022年度部门整体支出绩效自评表.xlsx"
PREFILLED = {
    "units.001.department": "示例区教育局",
    "amounts.001.code": 100201,
    "amounts.001.line": "收入:一、一般公共预算财政拨款收入",
    "amounts.001.initial": 12.5,
    "amounts.002.code": "100201",
    "amounts.002.line": "收入:使用非财政拨款结余",
    "amounts.002.initial": 0,
    "targets.001.code": "100201",
    "targets.001.name": "慰问人次",
    "targets.001.symbol": "≥",
    "targets.001.target": 500,
}


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("filled") / "2022年度自评"
    new_season(root, workflow.terms_of(workflow.NOTHING, date(2023, 2, 20)))
    fill_file(SeasonFolder(root).settings, {**SOUND, **PREFILLED})
    return root


@pytest.fixture
def season(filled: Path, tmp_path: Path) -> SeasonFolder:
    """Give a season whose settings a clerk has filled in."""
    return SeasonFolder(shutil.copytree(filled, tmp_path / filled.name))


@pytest.fixture(scope="module")
def sent(filled: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give that season with its templates written."""
    root = Path(shutil.copytree(filled, tmp_path_factory.mktemp("sent") / filled.name))
    list(issue.issue(SeasonFolder(root), None, "", ""))
    return root


@pytest.fixture
def issued(sent: Path, tmp_path: Path) -> SeasonFolder:
    """Give a season whose templates have been written."""
    return SeasonFolder(shutil.copytree(sent, tmp_path / sent.name))


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run the command line in a folder; give exit code, stdout and stderr."""

    def call(folder: Path, *arguments: object) -> tuple[int, str, str]:
        monkeypatch.chdir(folder)
        monkeypatch.setattr(sys, "argv", ["perfxl", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            program.main()
        out, err = capfd.readouterr()
        assert "Traceback" not in out + err
        return int(ended.value.code or 0), out, err

    return call


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def stamps(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}


# ---------------------------------------------------------------- what goes out


def test_one_template_a_unit_bound_and_prefilled(season: SeasonFolder, run: Any) -> None:
    code, out, _ = run(season.root, "template")
    assert (code, "新写 3 份,没有变化 0 份" in out) == (0, True)
    assert names(season.issued) == [
        f"10020{n}_示例{name}中_2022年度部门整体支出绩效自评表.xlsx"
        for n, name in enumerate("一二三", 1)
    ]
    data = (season.issued / ONE).read_bytes()
    checked = workflow.check_bytes(Path(ONE), data, workflow.Terms(RUBRIC))
    assert checked.issued == Issued("示例一中", "100201")
    assert checked.outcome is not None
    assert {finding.rule.id for finding in checked.outcome.findings} == {"C01"}
    values = checked.reviewed.values
    who = next(values.form.of(Identity))
    assert [values.text(key) for key in (who.name, who.code, who.year)] == [
        "示例一中", "100201", "2022",
    ]  # fmt: skip
    assert values.text(Key("unit", "department")) == "示例区教育局"
    assert values.number(Key("income", "general", "initial")) == Decimal("12.5")
    assert values.number(Key("income", "surplus_used", "initial")) == 0
    assert values.number(Key("indicators", "001", "target")) == 500
    assert values.text(Key("indicators", "002", "name")) is None


def test_cover_says_until_when_and_whom_to_ask(issued: SeasonFolder, run: Any) -> None:
    book = openpyxl.load_workbook(issued.issued / ONE)
    cover = {row[1].value: row[2].value for row in book["封面"].iter_rows(max_row=14)}
    told = ("截止日期", "下发单位", "联系人", "报送邮箱")
    assert [cover[name] for name in told] == [
        "2023年4月30日", "示例区财政局", "张三 020-12345678", "czj@example.gov.cn",
    ]  # fmt: skip
    assert all(sheet.protection.sheet for sheet in book)


def test_the_shipped_template_is_no_seasons(tmp_path: Path, run: Any) -> None:
    assert run(tmp_path, "template", "-o", "t.xlsx", "--year", 2022)[0] == 0
    shipped = resources.templates_folder() / workflow.blank_name(form_of(RUBRIC))
    assert (tmp_path / "t.xlsx").read_bytes() == shipped.read_bytes()


def test_a_filled_in_template_checks_against_the_seasons_year(
    season: SeasonFolder, run: Any
) -> None:
    fill_file(season.settings, {"campaign.year": 2023, "campaign.deadline": date(2024, 4, 30)})
    run(season.root, "template", "--unit-code", "100202")
    (path,) = season.issued.iterdir()
    assert path.name == "100202_示例二中_2023年度部门整体支出绩效自评表.xlsx"
    for year in (2023, None):  # a return says its own year
        checked = workflow.check_file(path, workflow.Terms(RUBRIC, year))
        assert checked.reviewed.values.form.year == 2023
        assert checked.error is None
    other = workflow.check_file(path, workflow.Terms(RUBRIC, 2022))
    assert other.error is not None
    assert "这是 2023 年度的表,现在审核的是 2022 年度的表" in other.error.message


def test_more_targets_than_rows_are_offered(season: SeasonFolder) -> None:
    many = {f"targets.{n:03d}.code": "100202" for n in range(2, 82)}
    many |= {f"targets.{n:03d}.name": f"指标{n}" for n in range(2, 82)}
    fill_file(season.settings, many)
    campaign = open_campaign(season)
    data = issue.Templates(campaign).data(campaign.register.units[1])
    checked = workflow.check_bytes(Path("x.xlsx"), data, workflow.Terms(RUBRIC))
    assert checked.reviewed.values.text(Key("indicators", "080", "name")) == "指标81"


def test_one_unit_by_code_or_name(season: SeasonFolder, run: Any) -> None:
    assert run(season.root, "template", "--unit-code", "0100-201")[0] == 0
    assert names(season.issued) == [ONE]
    assert run(season.issued, "template", "--unit", "示例二中")[0] == 0
    assert len(names(season.issued)) == 2
    for arguments, said in (
        (["--unit-code", "999"], "单位名单里没有“999”"),
        (["--unit-code", "100201", "--unit", "示例二中"], "是两个单位的"),
    ):
        code, _, err = run(season.root, "template", *arguments)
        assert (code, said in err) == (2, True)


def test_elsewhere_by_output(season: SeasonFolder, run: Any, tmp_path: Path) -> None:
    assert run(tmp_path, "template", "-o", season.root)[0] == 0
    assert len(names(season.issued)) == 3
    assert run(tmp_path, "template", "-o", season.root / "另发")[0] == 0
    assert len(names(season.root / "另发")) == 3
    code, _, err = run(tmp_path, "template", "-o", season.root / "a.xlsx")
    assert (code, "不是文件夹" in err) == (2, True)
    code, _, err = run(season.root, "template", "--rubric", "x.toml")
    assert (code, "去掉 --rubric" in err) == (2, True)


def test_wrong_settings_write_nothing(season: SeasonFolder, run: Any) -> None:
    fill_file(season.settings, {"units.002.code": "100201", "units.003.email": "张三"})
    code, out, err = run(season.root, "template")
    assert (code, out) == (2, "")
    assert "[错误 R01] 单位名单 C5" in err
    assert "[错误 R05] 单位名单 H6" in err
    assert f"请在 Excel 里改正 {season.settings}" in err
    assert names(season.issued) == []


def test_remarks_are_printed(season: SeasonFolder, run: Any) -> None:
    fill_file(season.settings, {"units.002.email": None})
    assert "[提示 R06] 单位名单 H5 “示例二中”没有填电子邮箱" in run(season.root, "template")[1]


# ---------------------------------------------------------------- again


def test_nothing_is_written_where_nothing_changed(issued: SeasonFolder, run: Any) -> None:
    before = stamps(issued.issued)
    assert "新写 0 份,没有变化 3 份" in run(issued.root, "template")[1]
    assert stamps(issued.issued) == before
    fill_file(issued.settings, {"amounts.001.initial": 13})
    assert "新写 1 份,没有变化 2 份" in run(issued.root, "template")[1]
    assert {name for name, at in stamps(issued.issued).items() if at != before[name]} == {ONE}


def test_what_somebody_changed_is_not_overwritten(issued: SeasonFolder, run: Any) -> None:
    path = issued.issued / ONE
    openpyxl.load_workbook(path).save(path)
    before = path.read_bytes()
    out = run(issued.root, "template")[1]
    assert f"注意:{ONE} 有人打开改过,没有覆盖" in out
    assert "新写 0 份,没有变化 2 份" in out
    assert path.read_bytes() == before


def test_files_of_renamed_and_removed_units_stay_and_are_told(
    issued: SeasonFolder, run: Any
) -> None:
    gone = {f"units.003.{column}": None for column in ("code", "name", "email")}
    fill_file(issued.settings, {"units.001.name": "示例第一中学", **gone})
    out = run(issued.root, "template")[1]
    assert f"注意:{ONE}(现为“示例第一中学”) 是改名前的文件名,新模板已另存" in out
    assert "100203_示例三中_2022年度部门整体支出绩效自评表.xlsx 不是单位名单里任何单位的模板" in out
    assert len(names(issued.issued)) == 4
    out = run(issued.root, "template", "--unit-code", "100202")[1]
    assert "注意" not in out
    again = run(issued.root, "template", "--unit-code", "100201")[1]
    assert "是改名前的文件名;不用了请自行删除" in again  # no new one this time


def test_many_files_of_nobody_are_one_line(issued: SeasonFolder, run: Any) -> None:
    """Nor are results of ours told, wherever they lie."""
    for number in range(7):
        (issued.issued / f"90000{number}_旧.xlsx").write_bytes(b"x")
    template = (issued.issued / ONE).read_bytes()
    (issued.issued / "甲_审核结果.xlsx").write_bytes(template)
    (line,) = (one for one in run(issued.root, "template")[1].splitlines() if "注意" in one)
    assert line.startswith("注意:900000_旧.xlsx、")
    assert "900004_旧.xlsx 等 7 份 不是单位名单里任何单位的模板" in line


def test_another_form_of_ours_in_its_place_is_not_replaced(issued: SeasonFolder, run: Any) -> None:
    blank = settings_bytes(RUBRIC)
    (issued.issued / ONE).write_bytes(blank)
    assert f"注意:{ONE} 有人打开改过" in run(issued.root, "template")[1]
    assert (issued.issued / ONE).read_bytes() == blank


def test_lock_files_are_nobodys(season: SeasonFolder, run: Any) -> None:
    (season.issued / f"~${ONE}").write_bytes(b"x")
    assert "注意" not in run(season.root, "template")[1]


@pytest.mark.deep
@needs_libreoffice
def test_settings_saved_by_libreoffice_give_the_same_templates(
    issued: SeasonFolder, run: Any
) -> None:
    issued.settings.write_bytes(recalculated(issued.settings.read_bytes()))
    assert "新写 0 份,没有变化 3 份" in run(issued.root, "template")[1]


# ---------------------------------------------------------------- the commands together


def test_from_an_empty_folder_to_templates(tmp_path: Path, run: Any) -> None:
    code, out, _ = run(tmp_path, "new", "2022年度自评")
    root = tmp_path / "2022年度自评"
    assert (code, "perfxl template" in out, f"{root / SETTINGS_NAME}" in out) == (0, True, True)
    code, out, err = run(root, "template")
    assert (code, out) == (2, "")
    assert "单位名单 C4 必填项没有填" in err
    fill_file(root / SETTINGS_NAME, {**TERMS, **units("甲中", "乙中")})
    code, out, _ = run(root, "template")
    assert (code, len(names(root / "发放"))) == (0, 2)
    code, _, err = run(tmp_path, "new", "2022年度自评")
    assert (code, "已经有 任务设置.xlsx" in err) == (2, True)


def test_help_of_new_is_chinese(tmp_path: Path, run: Any) -> None:
    code, out, _ = run(tmp_path, "new", "--help")
    assert (code, "新建一个任务文件夹" in out, "Usage" in out) == (0, True, False)


# ---------------------------------------------------------------- names of files


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("甲/乙:丙?", "甲_乙_丙_"), ("CON", "_CON"), ("nul.表", "_nul.表"), ("Com1", "_Com1"),
        ("CONTROL", "CONTROL"), ("甲. . ", "甲"), (" 甲", "甲"), ("...", "perfxl"), ("", "perfxl"),
        ("a\x00b\x7f", "a_b_"), ("汉" * 100, "汉" * 66),
    ],
)  # fmt: skip
def test_safe_name(name: str, safe: str) -> None:
    assert safe_name(name) == safe


@given(st.text(), st.text(min_size=1))
def test_any_unit_gives_a_name_every_system_takes(code: str, name: str) -> None:
    made = issue.template_name(Unit(code, name), form_of(RUBRIC))
    assert len(made.encode()) <= 230
    assert made.endswith("_2022年度部门整体支出绩效自评表.xlsx")
    assert not set(made) & set('<>:"/\\|?*\x00\n')


def test_a_long_name_is_cut_not_its_year() -> None:
    made = issue.template_name(Unit("100201", "示例" * 60), form_of(RUBRIC))
    assert made.startswith("100201_示例示例")
    assert made.endswith("_2022年度部门整体支出绩效自评表.xlsx")


def test_unknown_unit_is_a_usage_error(season: SeasonFolder) -> None:
    with pytest.raises(UsageError):
        list(issue.issue(season, None, "999", ""))
