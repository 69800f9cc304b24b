"""A season from first to last at the command line: what is printed, written, and refused."""

from __future__ import annotations

import csv
import json
import shutil
import sys
from collections.abc import Mapping
from contextlib import chdir, redirect_stderr, redirect_stdout
from datetime import date
from io import BytesIO, TextIOWrapper
from pathlib import Path

import build
import faulty
import openpyxl
import pytest
from clerk import SOUND, fill_file, units
from editing import edited
from msgspec import Struct
from reports import docx
from seasons import TODAY, UNITS, WRONG

from perfxl.cli import commands, program
from perfxl.errors import UsageError
from perfxl.expr.tree import Key
from perfxl.form.layout import place
from perfxl.form.raw import Raw
from perfxl.forms.shipped import form_of
from perfxl.returns import workflow
from perfxl.season.checking import PARTIAL, REPORT_ONCE
from perfxl.settings.folder import SeasonFolder

FIRST, SECOND, LIBRARY = UNITS
PLACED = place(workflow.live_form(form_of(workflow.load_rubric(None))))
NAME = "2022年度自评"
SENT = {f"{unit.code}_{unit.name}.xlsx": unit for unit in (FIRST, SECOND)}
ONE, TWO = SENT


class Ended(Struct, frozen=True):
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str


def perfxl(folder: Path, *arguments: object, today: date = TODAY) -> Ended:
    """Run a command in a folder, on a fixed day."""
    bytes_shown = BytesIO(), BytesIO()
    shown = [TextIOWrapper(kept, "utf-8", write_through=True) for kept in bytes_shown]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["perfxl", *map(str, arguments)])
        patch.setattr(commands, "_today", lambda: today)
        outputs = redirect_stdout(shown[0]), redirect_stderr(shown[1])
        with chdir(folder), outputs[0], outputs[1], pytest.raises(SystemExit) as ended:
            program.main()
    out, err = (kept.getvalue().decode() for kept in bytes_shown)
    assert "Traceback" not in out + err
    assert "自身出错" not in out + err
    return Ended(int(ended.value.code or 0), out, err)


def fill_in(template: Path, target: Path, changes: Mapping[str, Raw]) -> None:
    """Fill an issued template in as a unit does, all but its name and code, and send it in."""
    cells = {key: cell.raw for key, cell in build.read_sample("clean")[0].items()}
    cells |= {Key.parse(key): raw for key, raw in changes.items()}
    sheets: dict[str, dict[str, object]] = {}
    for key, raw in cells.items():
        if key not in {Key("unit", "name"), Key("unit", "code")}:
            sheets.setdefault(PLACED.sheet(key).name, {})[PLACED.a1(key)] = raw
    target.write_bytes(edited(template.read_bytes(), sheets))


def files(folder: Path) -> dict[str, int]:
    """Give the files below a folder that people see, with the times they were written at."""
    return {
        path.relative_to(folder).as_posix(): path.stat().st_mtime_ns
        for path in folder.rglob("*")
        if path.is_file() and ".perfxl" not in path.parts
    }


@pytest.fixture(scope="module")
def issued(tmp_path_factory: pytest.TempPathFactory) -> SeasonFolder:
    """Give a season made, set, issued and returned by command, with nothing checked yet."""
    home = tmp_path_factory.mktemp("home").resolve()
    assert perfxl(home, "new", NAME).code == 0
    folder = SeasonFolder(home / NAME)
    fill_file(folder.settings, {**SOUND, **units(*(unit.name for unit in UNITS))})
    assert perfxl(folder.root, "template").code == 0
    for name, unit in SENT.items():
        (template,) = folder.issued.glob(f"{unit.code}_*.xlsx")
        fill_in(template, folder.returned / name, WRONG if unit is SECOND else {})
    (folder.returned / "坏.xlsx").write_bytes(b"nonsense")
    return folder


class Checked(Struct, frozen=True):
    """A season checked twice: how each check ended, and the files it left."""

    folder: SeasonFolder
    ended: tuple[Ended, Ended]
    left: tuple[dict[str, int], dict[str, int]]


@pytest.fixture(scope="module")
def checked(issued: SeasonFolder, tmp_path_factory: pytest.TempPathFactory) -> Checked:
    folder = copied(issued, tmp_path_factory.mktemp("checked").resolve())
    first = perfxl(folder.root, "check"), files(folder.root)
    second = perfxl(folder.root, "check"), files(folder.root)
    return Checked(folder, (first[0], second[0]), (first[1], second[1]))


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do the work of each test here; a season from first to last has been `checked` by others."""
    faulty.at_once(monkeypatch)


def copied(folder: SeasonFolder, to: Path) -> SeasonFolder:
    return SeasonFolder(shutil.copytree(folder.root, to / NAME))


@pytest.fixture
def unchecked_copy(issued: SeasonFolder, tmp_path: Path) -> SeasonFolder:
    return copied(issued, tmp_path.resolve())


@pytest.fixture
def copy(checked: Checked, tmp_path: Path) -> SeasonFolder:
    return copied(checked.folder, tmp_path.resolve())


# ---------------------------------------------------------------- all of it


def test_a_check_says_how_each_return_and_the_season_stand(checked: Checked) -> None:
    ended, folder = checked.ended[0], checked.folder
    lines = ended.out.splitlines()
    assert (ended.code, ended.err) == (3, "")  # something could not be read
    said = {line.split("  ")[0]: line.split("  ")[1] for line in lines[:3]}
    assert list(said) == [f"回收/{ONE}", f"回收/{TWO}", "回收/坏.xlsx"]
    assert [told.split(":")[0] for told in said.values()] == ["通过", "退回修改", "无法审核"]
    assert lines[3:] == [
        "",
        "共 3 份:通过 1,待核实 0,退回修改 1,无法审核 1",
        "应报 3 家,已报 2 家,未报 1 家",
        "其中 1 份不知是哪个单位的,见汇总的“其他文件”",
        f"汇总:{folder.rollup}",
    ]


def test_a_check_writes_results_and_the_roll_up(checked: Checked) -> None:
    new = checked.left[0].keys() - files_sent(checked.folder)
    assert new == {
        "汇总.xlsx",
        f"结果/{Path(ONE).stem}_审核结果.xlsx",
        f"结果/{Path(TWO).stem}_审核结果.xlsx",
    }
    book = openpyxl.load_workbook(checked.folder.rollup, read_only=True)
    names = {cell for row in book["催报名单"].iter_rows(values_only=True) for cell in row}
    assert {unit.name for unit in UNITS} & names == {LIBRARY.name}


def files_sent(folder: SeasonFolder) -> set[str]:
    inside = (folder.settings, *folder.issued.iterdir(), *folder.returned.iterdir())
    guides = [path for path in folder.root.iterdir() if path.suffix == ".txt"]
    return {path.relative_to(folder.root).as_posix() for path in (*inside, *guides)}


def test_a_second_check_says_the_same_and_writes_nothing(checked: Checked) -> None:
    assert checked.ended[0] == checked.ended[1]
    assert checked.left[0] == checked.left[1]


def test_json_names_files_that_are_there(copy: SeasonFolder) -> None:
    ended = perfxl(copy.root, "check", "--json")
    document = json.loads(ended.out)
    assert ended.code == 3
    assert "应报 3 家" in ended.err
    paths = [Path(entry["path"]) for entry in document["files"]]
    assert paths == [copy.returned / name for name in (ONE, TWO, "坏.xlsx")]
    results = [entry["result"] for entry in document["files"]]
    assert results[2] is None
    assert [Path(result).parent for result in results[:2]] == [copy.results] * 2
    assert all(path.is_file() for path in (*paths, *map(Path, results[:2])))


def test_no_result_leaves_the_results_alone(unchecked_copy: SeasonFolder) -> None:
    ended = perfxl(unchecked_copy.root, "check", "--no-result")
    assert ended.code == 3
    assert "审核结果没有写出" not in ended.out
    assert not list(unchecked_copy.results.glob("*.xlsx"))
    assert f"汇总:{unchecked_copy.rollup}" in ended.out
    assert unchecked_copy.rollup.is_file()


# ---------------------------------------------------------------- part of it


@pytest.mark.parametrize(("name", "code", "word"), [(ONE, 0, "通过"), (TWO, 1, "退回修改")])
def test_a_check_of_one_leaves_the_roll_up_alone(
    copy: SeasonFolder, name: str, code: int, word: str
) -> None:
    before = files(copy.root)
    ended = perfxl(copy.returned, "check", name)
    assert ended.code == code
    assert word in ended.out
    assert ended.out.splitlines()[-1] == PARTIAL
    assert "应报" not in ended.out
    after = files(copy.root)
    assert after.keys() == before.keys()
    assert after["汇总.xlsx"] == before["汇总.xlsx"]


def test_findings_of_a_report_last_until_the_next_check(copy: SeasonFolder, tmp_path: Path) -> None:
    report = tmp_path / "报告.docx"
    report.write_bytes(docx(("财政拨款支出1.00万元。",)))
    asked = ("check", copy.returned / ONE, "--report", report)
    assert perfxl(copy.root, *asked).out.splitlines()[-1] == REPORT_ONCE
    assert REPORT_ONCE not in perfxl(copy.root, *asked, "--no-result").out
    assert REPORT_ONCE not in perfxl(copy.root, "check").out


def test_a_corrected_return_moves_the_season_on(copy: SeasonFolder) -> None:
    (copy.returned / "坏.xlsx").unlink()
    (template,) = copy.issued.glob(f"{SECOND.code}_*.xlsx")
    fill_in(template, copy.returned / TWO, {})
    assert perfxl(copy.root, "check", copy.returned / TWO).code == 0
    assert perfxl(copy.root, "mail", "催报").code == 0
    (draft,) = (copy.letters / "催报").glob("*.eml")
    assert LIBRARY.name in draft.name


# ---------------------------------------------------------------- what is refused


def test_what_a_season_settles_is_not_asked_for_again(copy: SeasonFolder) -> None:
    before = files(copy.root)
    scale = build.HERE.parent / "workbook_templates" / "rubrics" / "five-grades-2022-example.toml"
    for option, value in (("--rubric", scale), ("--year", 2022), ("--form", "表样.xlsx")):
        told = UsageError.messages[f"two-{option[2:]}s"].text
        for command in ("check", "template", "fields"):
            ended = perfxl(copy.root, command, option, value)
            assert (ended.code, ended.out, told in ended.err) == (2, "", True)
    for command in ("report", "targets"):
        ended = perfxl(copy.root, command, "回收", "--form", "表样.xlsx")
        assert (ended.code, ended.out) == (2, "")
        assert UsageError.messages["two-forms"].text in ended.err
    assert files(copy.root) == before


@pytest.mark.parametrize("occasion", ["催报", "退回修改"])
def test_mail_is_refused_before_a_check(unchecked_copy: SeasonFolder, occasion: str) -> None:
    ended = perfxl(unchecked_copy.root, "mail", occasion)
    assert (ended.code, ended.out) == (2, "")
    assert "“回收”里有 3 份还没有审核" in ended.err
    assert not unchecked_copy.letters.exists()


def test_check_of_nothing_outside_a_season(tmp_path: Path) -> None:
    ended = perfxl(tmp_path, "check")
    assert (ended.code, ended.out) == (2, "")
    assert UsageError.messages["nothing-to-check"].text in ended.err
    assert not list(tmp_path.iterdir())


def test_what_only_a_season_has_is_refused_outside(tmp_path: Path) -> None:
    for arguments in (("export",), ("mail", "催报")):
        ended = perfxl(tmp_path, *arguments)
        assert (ended.code, ended.out) == (2, "")
        assert "这里不是任务文件夹" in ended.err


# ---------------------------------------------------------------- what comes after


def test_letters_go_to_those_they_concern(copy: SeasonFolder) -> None:
    for occasion, unit in (("催报", LIBRARY), ("退回修改", SECOND)):
        ended = perfxl(copy.root, "mail", occasion)
        assert ended.code == 0
        assert f"{occasion}:1 封邮件草稿" in ended.out
        (draft,) = (copy.letters / occasion).glob("*.eml")
        assert unit.name in draft.name


def test_export_tells_of_what_was_checked(copy: SeasonFolder) -> None:
    ended = perfxl(copy.root, "export", "-o", "数据")
    assert (ended.code, ended.err) == (0, "")
    told = [line.split() for line in ended.out.splitlines()[1:-1]]
    assert max(int(count) for _, count, _ in told) > 100  # the amounts and texts of two returns
    for name, count, _ in told:
        with (copy.root / "数据" / name).open(encoding="utf-8-sig", newline="") as file:
            assert len(list(csv.DictReader(file))) == int(count)
