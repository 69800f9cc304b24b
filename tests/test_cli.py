"""The commands as a clerk meets them: what they print, what they write, how they end."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any, NoReturn

import build
import openpyxl
import pytest
from typer.main import get_command

from perfxl import __version__
from perfxl.cli import commands, program
from perfxl.disk import resources
from perfxl.errors import UsageError
from perfxl.forms.department_2022 import ID
from perfxl.returns import workflow
from perfxl.returns.records import Record
from perfxl.run import batch, work

WORKED = build.HERE / "xinhua_2022" / "filled.xlsx"
CLEAN = build.HERE / "clean" / "filled.xlsx"
pytestmark = pytest.mark.usefixtures("at_once", "work_once")


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Run the command line in an empty folder; give exit code, stdout and stderr."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["perfxl", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            program.main()
        out, err = capfd.readouterr()
        assert "Traceback" not in out + err
        return int(ended.value.code or 0), out, err

    return call


def copy(source: Path, folder: Path, name: str = "return.xlsx") -> Path:
    target = folder / name
    target.write_bytes(source.read_bytes())
    return target


# ---------------------------------------------------------------- what works


def test_template_with_unit(run: Any, tmp_path: Path) -> None:
    code, out, _ = run("template", "-o", "t.xlsx", "--unit", "示例单位", "--unit-code", "0012")
    assert (code, "t.xlsx" in out) == (0, True)
    book = openpyxl.load_workbook(tmp_path / "t.xlsx")
    assert book["附件3 自评表"]["I8"].value == "示例单位"
    assert book["附件3 自评表"]["I9"].value == "0012"
    assert all(sheet.protection.sheet for sheet in book)
    code, _, err = run("template", "-o", "t.xlsx")
    assert (code, "文件已存在" in err) == (4, True)
    assert run("template", "--unit", "甲/乙")[0] == 0
    assert (tmp_path / "甲_乙_部门整体支出绩效自评表.xlsx").exists()


def test_check_prints_a_summary_and_writes_a_result(run: Any, tmp_path: Path) -> None:
    source = copy(WORKED, tmp_path)
    before = source.read_bytes()
    code, out, _ = run("check", source)
    assert code == 1
    assert "退回修改:有 3 处错误必须改正" in out
    assert "差 2.53 万元" in out
    assert source.read_bytes() == before
    result = tmp_path / "return_审核结果.xlsx"
    assert str(result) in out
    assert openpyxl.load_workbook(result).sheetnames[0] == "审核结果"
    assert [p.name for p in tmp_path.iterdir() if p.suffix == ".tmp"] == []


def test_a_template_knows_whom_it_was_issued_to(run: Any, tmp_path: Path) -> None:
    run("template", "-o", tmp_path / "表.xlsx", "--unit", "示例一中", "--unit-code", "100201")
    book = openpyxl.load_workbook(tmp_path / "表.xlsx")
    sheet = book["附件3 自评表"]
    code = next(cell for row in sheet.iter_rows() for cell in row if cell.value == "100201")
    code.value = "100202"
    book.save(tmp_path / "回.xlsx")
    _, out, _ = run("check", tmp_path / "回.xlsx", "--json")
    (found,) = (f for f in json.loads(out)["files"][0]["findings"] if f["id"] == "W12")
    assert found["cell"] == code.coordinate
    assert "这份表是发给“100201 示例一中”的" in found["message"]
    result = tmp_path / "回_审核结果.xlsx"
    _, out, _ = run("check", result, "--json", "--no-result")
    assert "W12" in {f["id"] for f in json.loads(out)["files"][0]["findings"]}


def test_a_second_round_names_the_first(run: Any, tmp_path: Path) -> None:
    source = copy(WORKED, tmp_path)
    code, out, _ = run("check", source, "--previous", WORKED, "--no-result")
    assert code == 1
    assert "与上次相比:已改正 0 处" in out
    code, _, err = run("check", source, source, WORKED, "--previous", WORKED)
    assert (code, "一次只能审核一个文件" in err) == (2, True)
    code, _, err = run("check", source, "--previous", tmp_path / "没有.xlsx")
    assert (code, "上次的文件" in err) == (2, True)


def test_at_most_ten_findings_unless_asked(run: Any, tmp_path: Path) -> None:
    source = copy(WORKED, tmp_path)
    _, short, _ = run("check", source, "--no-result")
    _, whole, _ = run("check", source, "--no-result", "-v")
    assert short.count("\n  [") == 10
    assert "另有 7 条" in short
    assert whole.count("\n  [") == 17


def test_json_is_alone_on_stdout(run: Any, tmp_path: Path) -> None:
    code, out, _ = run("check", copy(WORKED, tmp_path), copy(CLEAN, tmp_path, "c.xlsx"), "--json")
    document = json.loads(out)
    assert code == 1
    assert document["perfxl"] == __version__
    assert [file["status"] for file in document["files"]] == ["findings", "clean"]
    assert document["summary"]["by_severity"]["error"] == 3
    assert document["files"][0]["form"] == ID
    assert Path(document["files"][0]["result"]).exists()


def test_clean_return_ends_with_zero(run: Any, tmp_path: Path) -> None:
    code, out, _ = run("check", copy(CLEAN, tmp_path))
    assert code == 0
    assert "通过:没有发现问题" in out


def test_folder_is_checked_without_locks_and_results(run: Any, tmp_path: Path) -> None:
    folder = tmp_path / "回收"
    folder.mkdir()
    copy(CLEAN, folder, "甲.xlsx")
    copy(CLEAN, folder, "~$甲.xlsx")
    copy(CLEAN, folder, "甲_审核结果.xlsx")
    _, out, _ = run("check", folder, "--json", "--no-result")
    assert [Path(f["path"]).name for f in json.loads(out)["files"]] == ["甲.xlsx"]


def test_results_go_where_asked(run: Any, tmp_path: Path) -> None:
    run("check", copy(CLEAN, tmp_path), "-o", tmp_path / "结果")
    assert (tmp_path / "结果" / "return_审核结果.xlsx").exists()


def _saved_again(path: Path) -> bytes:
    book = openpyxl.load_workbook(path)
    book.save(path)
    return path.read_bytes()


def test_result_somebody_worked_on_is_a_return_and_never_replaced(run: Any, tmp_path: Path) -> None:
    run("check", copy(WORKED, tmp_path))
    mine = tmp_path / "return_审核结果.xlsx"
    corrected = _saved_again(mine)
    _, out, _ = run("check", tmp_path, "--json")
    told = {Path(f["path"]).name: Path(f["result"]).name for f in json.loads(out)["files"]}
    assert told == {
        "return.xlsx": "return_审核结果_2.xlsx",
        "return_审核结果.xlsx": "return_审核结果_3.xlsx",
    }
    assert mine.read_bytes() == corrected


def test_the_same_files_again_do_not_pile_up(run: Any, tmp_path: Path) -> None:
    """As a shell types `*.xlsx`: what we wrote the last time is named as well."""
    copy(CLEAN, tmp_path, "甲.xlsx")
    (tmp_path / "乙.xlsx").write_bytes(b"%PDF-1.7")
    for told in ([], ["1 份审核结果没有再审核:它们的原表已经在内"]):
        typed = sorted(path.name for path in tmp_path.iterdir())
        _, out, _ = run("check", *typed)
        assert "甲.xlsx(示例区文化馆)  通过:没有发现问题(审核结果:甲_审核结果.xlsx)" in out
        assert "共 2 份" in out
        assert [line for line in out.splitlines() if "没有再审核" in line] == told
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"甲.xlsx", "乙.xlsx", "甲_审核结果.xlsx"}
    results = tmp_path / "发回"
    results.mkdir()
    (tmp_path / "甲_审核结果.xlsx").rename(results / "甲_审核结果.xlsx")
    code, out, _ = run("check", "发回")
    assert (code, out.count("\n")) == (3, 3)
    assert "文件夹里只有审核结果,没有报来的表" in out
    assert run("check", results, "--json")[0] == 3
    os.chdir(results)
    assert run("check", ".")[1].startswith(".\n  无法审核:文件夹里只有审核结果")


def test_fields_lists_every_input(run: Any) -> None:
    code, out, _ = run("fields", "--json")
    entries = {entry["label"]: entry for entry in json.loads(out)}
    assert code == 0
    assert entries["一、一般公共预算财政拨款收入·决算数"] == {
        "key": "income.general.final",
        "label": "一、一般公共预算财政拨款收入·决算数",
        "sheet": "表1-3 收入",
        "cell": "E5",
        "kind": "amount",
        "unit": "万元",
        "required": True,
        "choices": [],
    }
    assert entries["序号1·三级指标"]["repeats"] is True
    assert entries["序号1·三级指标"]["rows"] >= 60
    assert entries["序号1·资金来源"]["rows"] >= 40
    assert "单位名称" in entries


def test_fields_are_the_cells_that_are_read(run: Any, tmp_path: Path) -> None:
    """Fill one cell per field with openpyxl where `fields` says, and find it in the answers."""
    _, out, _ = run("fields", "--json")
    run("template", "-o", "t.xlsx")
    book = openpyxl.load_workbook(tmp_path / "t.xlsx")
    entries = json.loads(out)
    for number, entry in enumerate(entries):
        cell = book[entry["sheet"]][entry["cell"]]
        assert not cell.protection.locked
        cell.value = entry["choices"][0] if entry["choices"] else number
    book.save(tmp_path / "t.xlsx")
    _, out, _ = run("check", "t.xlsx", "--json", "--no-result")
    findings = json.loads(out)["files"][0]["findings"]
    assert not [f for f in findings if f["id"] in {"W03", "W04", "W05", "W06", "W10"}]
    blank = [cell for f in findings if f["id"] == "C01" for cell in f["cells"]]
    assert blank == []


def test_rules_are_listed_and_explained(run: Any) -> None:
    code, out, _ = run("rules", "--json")
    entries = json.loads(out)
    assert {"id", "name", "severity", "live", "message", "why", "fix", "source"} <= set(entries[0])
    assert "X01" in {entry["id"] for entry in entries}
    code, out, _ = run("rules", "x01")
    assert (code, "收支不平" in out) == (0, True)
    assert run("rules")[0] == 0


def test_bare_command_shows_the_way(run: Any) -> None:
    code, out, _ = run()
    assert (code, "perfxl check" in out) == (0, True)
    assert run("--version")[1].strip() == f"perfxl {__version__}"


# ---------------------------------------------------------------- help

KINDS = {"perfxl", "xlsx", "toml", "docx", "csv", "json", "parquet", "word", "excel"}
COMMANDS: dict[str, Any] = get_command(commands.app).commands  # type: ignore[attr-defined]


def english_in(text: str) -> set[str]:
    """Give the English words of a help but for names: of commands, options, choices, files."""
    options = {name for command in COMMANDS.values() for one in command.params for name in one.opts}
    root = {name for one in get_command(commands.app).params for name in one.opts}
    given = (str(one.metavar) for command in COMMANDS.values() for one in command.params)
    choices = [choice for metavar in given if "|" in metavar for choice in metavar.split("|")]
    names = {name.lstrip("-") for name in (*COMMANDS, *options, *root, *choices, "-h", "--help")}
    words = set(re.findall(r"(?a)(?<![\w-])[a-zA-Z]+(?:-[a-zA-Z]+)*(?!\w)", text))
    return {word for word in words if word.lower() not in names | KINDS}


def test_help_is_chinese_and_fits_the_screen(run: Any) -> None:
    assert english_in("Show this message; <int range> [default: 0] 用 --jobs") >= {
        "message",
        "range",
    }
    for command in [[], *([name] for name in COMMANDS)]:
        code, out, err = run(*command, "--help")
        assert (code, err) == (0, "")
        assert "用法:" in out
        assert "显示本说明" in out
        assert english_in(out) == set(), command
        wide = [line for line in out.splitlines() if len(line.encode("gbk")) > 79]
        assert wide == [], command
        for option in COMMANDS[command[0]].params if command else ():
            assert option.opts[0] in out or option.metavar in out
            assert option.help in re.sub(r"\n +", "\n", out)


def test_help_is_asked_for_in_many_ways(run: Any) -> None:
    guide, of_check = run("--help")[1], run("check", "--help")[1]
    for words_typed in ([], ["-h"], ["help"], ["/?"]):
        assert run(*words_typed) == (0, guide, "")
    for words_typed in (["check", "-h"], ["help", "check"], ["check", "/?"], ["check", "x", "-h"]):
        assert run(*words_typed) == (0, of_check, "")
    assert "是 check 吗" in run("help", "chek")[2]
    assert all(name in guide for one in get_command(commands.app).params for name in one.opts)


def test_a_shell_is_told_what_can_be_typed(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_PERFXL_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", "perfxl ch")
    monkeypatch.setenv("COMP_CWORD", "1")
    assert run()[:2] == (0, "check\n")


# ---------------------------------------------------------------- bad input


def _other_workbook(path: Path) -> None:
    book = openpyxl.Workbook()
    book.active["A1"] = "会议签到表"
    book.save(path)


def _truncated(path: Path) -> None:
    path.write_bytes(WORKED.read_bytes()[:40_000])


def _word(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("word/document.xml", "<w/>")


BAD_FILES: dict[str, tuple[Any, str]] = {
    "missing": (None, "文件不存在"),
    "empty": (lambda path: path.write_bytes(b""), "文件是空的"),
    "text": (lambda path: path.write_text("单位,金额\n甲,1\n", "utf-8"), "不是 Excel 工作簿"),
    "pdf": (lambda path: path.write_bytes(b"%PDF-1.7 ..."), "PDF"),
    "word": (_word, "Word 文档"),
    "truncated": (_truncated, "损坏"),
    "other workbook": (_other_workbook, "这不是现用的自评表"),
    "folder without workbooks": (lambda path: path.mkdir(), "文件夹里没有 Excel 文件"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_bad_input_gets_one_clear_line(run: Any, tmp_path: Path, name: str) -> None:
    make, words = BAD_FILES[name]
    path = tmp_path / "return.xlsx"
    if make:
        make(path)
    before = path.read_bytes() if path.is_file() else None
    code, out, _ = run("check", path)
    assert code == 3
    assert words in out
    assert out.strip().count("\n") == 1, "the file's name, and one line that says it all"
    code, out, _ = run("check", path, "--json")
    file = json.loads(out)["files"][0]
    assert (code, file["status"], file["result"]) == (3, "unreadable", None)
    assert words in file["error"]["message"]
    assert file["error"]["fix"]
    assert before is None or path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir() if p != path] == []


def test_foreign_workbook_is_w01(run: Any, tmp_path: Path) -> None:
    _other_workbook(tmp_path / "x.xlsx")
    _, out, _ = run("check", "x.xlsx", "--json")
    assert [f["id"] for f in json.loads(out)["files"][0]["findings"]] == ["W01"]


def test_empty_template_is_told_short(run: Any) -> None:
    run("template", "-o", "t.xlsx")
    code, out, _ = run("check", "t.xlsx", "-v", "--no-result")
    assert code == 1
    assert out.count("[错误 C01]") == out.count("\n  [") <= 12


def test_one_bad_file_does_not_stop_the_others(run: Any, tmp_path: Path) -> None:
    copy(CLEAN, tmp_path, "b.xlsx")
    (tmp_path / "a.xlsx").write_bytes(b"nonsense")
    code, out, _ = run("check", "a.xlsx", "b.xlsx", "--json", "--no-result")
    assert code == 3
    assert [f["status"] for f in json.loads(out)["files"]] == ["unreadable", "clean"]


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write anywhere")
def test_read_only_folder(run: Any, tmp_path: Path) -> None:
    source = copy(CLEAN, tmp_path)
    tmp_path.chmod(stat.S_IRUSR | stat.S_IXUSR)
    code, out, _ = run("check", source)
    tmp_path.chmod(stat.S_IRWXU)
    assert (code, "不能写入" in out) == (4, True)


def test_output_that_cannot_be_written(run: Any, tmp_path: Path) -> None:
    source = copy(CLEAN, tmp_path)
    (tmp_path / "taken").write_text("a file where a folder is wanted", "utf-8")
    code, _, err = run("check", source, "-o", tmp_path / "taken")
    assert (code, "不能写入" in err) == (4, True)
    assert (tmp_path / "taken").read_text("utf-8") == "a file where a folder is wanted"


def on_a_full_disk(job: work.CheckJob) -> Record | UsageError:
    """Do the work of a process while nothing can be written down."""

    def full(_: object) -> None:
        raise OSError(28, "No space left on device")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", full)
        return work.work(job)


def test_failed_write_keeps_the_earlier_result(
    run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = copy(CLEAN, tmp_path)
    run("check", source)
    result = tmp_path / "return_审核结果.xlsx"
    before = result.read_bytes()

    monkeypatch.setattr(batch, "work", on_a_full_disk)
    code, out, _ = run("check", source)
    assert (code, "不能写入" in out) == (4, True)
    assert result.read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["return.xlsx", "return_审核结果.xlsx"]


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        # what is missing, and how the whole is written
        ("new", "perfxl new:少了文件夹。写法:perfxl new 文件夹"),
        ("targets", "perfxl targets:少了文件或文件夹。写法:perfxl targets 文件或文件夹…"),
        ("mail", "perfxl mail:少了发放、催报、退回修改中的一个。写法:perfxl mail"),
        ("check", "perfxl check:没有说审核哪个文件。写法:perfxl check 文件或文件夹…"),
        ("report", "perfxl report:没有说按哪个文件起草。写法:perfxl report 文件或文件夹…"),
        ("template -o", "perfxl template:-o 后面少了位置"),
        ("check x.xlsx -o --json", "perfxl check:-o 后面少了文件夹"),
        ("check x.xlsx --rubric", "perfxl check:--rubric 后面少了文件"),
        # what is too much
        ("template 甲", "perfxl template:多写了“甲”"),
        ("new 甲 乙 (丙)", "perfxl new:多写了“乙 (丙)”"),
        ("check x.xlsx --json=是", "perfxl check:--json 后面不写值"),
        # what is not known, and what comes close to it
        ("chek", "perfxl:没有这个命令:chek,是 check 吗?"),
        ("CHECK x.xlsx", "是 check 吗?"),
        ("targts", "是 targets 吗?"),
        ("甲", "perfxl:没有这个命令:甲,也没有这个文件"),
        ("check --verbos", "perfxl check:没有“--verbos”这个选项,是 --verbose 吗?"),
        ("template --units", "是 --unit 吗?"),
        ("check --nonsense", "perfxl check:没有“--nonsense”这个选项。"),
        ("rules x1", "perfxl rules:没有编号为 x1 的规则,是 X01 吗?"),
        ("rules S3", "是 S03 吗?"),
        ("rules 收支不", "是 X01 吗?"),
        ("rules Z99", "没有编号为 Z99 的规则。全部编号:perfxl rules"),
        # what stands for something else
        ("check —verbose", "“—verbose”应写成 --verbose"),
        ("check x.xlsx -json", "“-json”应写成 --json"),
        ("template －－unit=甲", "“－－unit=甲”应写成 --unit"),
        ("--json x.xlsx", "perfxl:“--json”写在命令后面,如 perfxl check --json"),
        # wrong values
        ("check x.xlsx --jobs 两", "perfxl check:--jobs 应是 0 或更大的整数,写的是“两”"),
        ("report x.xlsx --jobs -1", "perfxl report:--jobs 应是 0 或更大的整数,写的是“-1”"),
        ("mail 催", "perfxl mail:没有“催”这一种。请写 发放、催报、退回修改 中的一个"),
        ("mail 退回", "是 退回修改 吗?"),
        ("template --rubric nowhere.toml", "评分标准文件读不了"),
    ],
)
def test_wrong_usage_names_the_command_and_what_to_type(run: Any, typed: str, told: str) -> None:
    code, out, err = run(*typed.split())
    assert (code, out) == (2, "")
    assert told in err
    assert err.strip().count("\n") == 0
    assert err.encode("gbk")
    assert english_in(err) <= {"chek", "CHECK", "targts", "nowhere"}


def test_a_file_alone_is_checked(run: Any, tmp_path: Path) -> None:
    (tmp_path / "help me").mkdir()
    source = tmp_path / "help me" / "表.xlsx"
    source.write_bytes(b"%PDF-1.7")
    for typed in ([source], [source, "--json"], ["help me"], ["没有.xlsx"], ["help me", "x.xls"]):
        ended = run(*typed)
        assert ended == run("check", *typed)
        assert ended[0] == 3


def test_what_ends_with_a_slash_is_a_folder(run: Any, tmp_path: Path) -> None:
    for number, slash in enumerate("/\\"):
        for command, name in (("template", "部门整体支出绩效自评表"), ("rubric", "guangdong")):
            folder = tmp_path / f"出{number}" / command
            assert run(command, "-o", f"{folder}{slash}")[0] == 0
            (written,) = folder.iterdir()
            assert written.name.startswith(name)
    assert run("template", "-o", "出")[0] == 0
    assert (tmp_path / "出.xlsx").is_file()
    code, _, err = run("template", "-o", "出.xlsx/")
    assert (code, "不能写入" in err) == (4, True)
    assert (tmp_path / "出.xlsx").is_file()


def test_bad_rubric_names_every_fault(run: Any, tmp_path: Path) -> None:
    (tmp_path / "r.toml").write_text(
        'id="x"\ntitle="x"\n[[items]]\nkey="a"\nlevel1="一"\nlevel2="二"\nname="三"\n'
        'points=40\nmethod="guess"\n[[grades]]\nname="优"\nlowest=90\n',
        "utf-8",
    )
    code, _, err = run("template", "--rubric", "r.toml")
    assert code == 2
    assert "“guess”不认识" in err
    assert "分值合计 40,应为 100" in err
    assert "末级的“最低分”应为 0" in err


RUBRICS = resources.templates_folder() / "rubrics"
FIVE = RUBRICS / "five-grades-2022-example.toml"


def test_rubric_goes_to_excel_and_back(run: Any, tmp_path: Path) -> None:
    code, out, _ = run("rubric")
    example = tmp_path / "guangdong-2022-example.xlsx"
    assert (code, example.name in out) == (0, True)
    assert example.read_bytes() == (RUBRICS / example.name).read_bytes()
    copy(FIVE, tmp_path, "标准.toml")
    assert run("rubric", "标准.toml")[0] == 0
    assert run("rubric", "标准.xlsx", "-o", "新.toml")[0] == 0
    assert workflow.load_rubric(tmp_path / "新.toml") == workflow.load_rubric(FIVE)
    (tmp_path / "出").mkdir()
    _, out, _ = run("rubric", "标准.xlsx", "-o", "出")
    assert str(Path("出") / "标准.toml") in out


def test_rubric_never_replaces_a_file(run: Any, tmp_path: Path) -> None:
    copy(FIVE, tmp_path, "标准.toml")
    (tmp_path / "标准.xlsx").write_bytes(b"somebody's work")
    code, _, err = run("rubric", "标准.toml")
    assert (code, "文件已存在" in err) == (4, True)
    assert (tmp_path / "标准.xlsx").read_bytes() == b"somebody's work"


@pytest.mark.parametrize("suffix", [".toml", ".xlsx"])
def test_either_file_of_a_rubric_will_do(run: Any, tmp_path: Path, suffix: str) -> None:
    scale = FIVE.with_suffix(suffix)
    assert run("template", "--rubric", scale, "-o", "t.xlsx")[0] == 0
    book = openpyxl.load_workbook(tmp_path / "t.xlsx")
    properties = {entry.name: entry.value for entry in book.custom_doc_props.props}
    assert properties["perfxl_rubric"] == FIVE.stem
    _, out, _ = run("check", "t.xlsx", "--rubric", scale, "--json", "--no-result")
    document = json.loads(out)["files"][0]
    assert document["rubric"] == FIVE.stem
    assert {f["id"] for f in document["findings"]} == {"C01"}
    _, out, _ = run("check", "t.xlsx", "--json", "--no-result")
    assert "W17" in {f["id"] for f in json.loads(out)["files"][0]["findings"]}


def test_rubric_is_no_return(run: Any, tmp_path: Path) -> None:
    copy(FIVE.with_suffix(".xlsx"), tmp_path, "x.xlsx")
    code, out, _ = run("check", "x.xlsx", "--json")
    assert code == 3
    assert [f["id"] for f in json.loads(out)["files"][0]["findings"]] == ["W01"]


def _rubric_as(name: str, content: bytes) -> Any:
    return lambda folder: (folder / name).write_bytes(content)


BAD_RUBRICS: dict[str, tuple[str, Any, str]] = {
    "a return": ("r.xlsx", _rubric_as("r.xlsx", CLEAN.read_bytes()), "不是评分标准表"),
    "a return called toml": ("r.toml", _rubric_as("r.toml", CLEAN.read_bytes()), "不是评分标准表"),
    "a text called xlsx": ("r.xlsx", _rubric_as("r.xlsx", FIVE.read_bytes()), "不是 Excel 工作簿"),
    "gbk": ("r.toml", _rubric_as("r.toml", FIVE.read_text("utf-8").encode("gbk")), "不是 UTF-8"),
    "pdf": ("r.toml", _rubric_as("r.toml", b"%PDF-1.7\xff"), "不是 UTF-8 编码的文本"),
    "no toml": ("r.toml", _rubric_as("r.toml", "评分标准".encode()), "不是有效的 TOML 文件"),
    "folder": ("r.toml", lambda folder: (folder / "r.toml").mkdir(), "评分标准文件读不了"),
}


@pytest.mark.parametrize("name", BAD_RUBRICS)
def test_bad_rubric_gets_one_clear_line(run: Any, tmp_path: Path, name: str) -> None:
    file, make, words = BAD_RUBRICS[name]
    make(tmp_path)
    code, _, err = run("template", "--rubric", file, "-o", "t.xlsx")
    assert code == 2
    assert words in err
    assert err.strip().count("\n") == 0
    assert not (tmp_path / "t.xlsx").exists()


def test_rubric_saved_by_notepad_is_read(run: Any, tmp_path: Path) -> None:
    (tmp_path / "r.toml").write_bytes(b"\xef\xbb\xbf" + FIVE.read_bytes().replace(b"\n", b"\r\n"))
    assert workflow.load_rubric(tmp_path / "r.toml") == workflow.load_rubric(FIVE)


def broken(_: work.CheckJob) -> NoReturn:
    raise RuntimeError("a bug")


def test_fault_of_ours_is_said_as_such(
    run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "work", broken)
    code, _, err = run("check", copy(CLEAN, tmp_path))
    assert code == 5
    assert "perfxl 自身出错,不是您的表有问题" in err
    assert "RuntimeError: a bug" in (tmp_path / "perfxl-错误日志.txt").read_text("utf-8")


def test_interrupt(run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(batch._Batch, "job", stopped)
    code, _, err = run("check", copy(CLEAN, tmp_path))
    assert (code, "已中断" in err) == (130, True)


def test_gbk_console_survives(tmp_path: Path) -> None:
    source = copy(WORKED, tmp_path, "表 ✓ 😀.xlsx")
    done = subprocess.run(
        [sys.executable, "-m", "perfxl", "check", str(source), "--no-result"],
        env={**os.environ, "PYTHONIOENCODING": "gbk", "PYTHONUTF8": "0"},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 1
    assert "退回修改" in done.stdout.decode("gbk")
    assert done.stderr == b""
