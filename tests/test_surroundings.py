"""What surrounds a run, at its worst: places, names, consoles, clocks; a line each, no fault."""

from __future__ import annotations

import errno
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import build
import pytest
from faulty import Disk, at_once
from seasons import campaign, season_folder
from test_season_cli import Ended, perfxl

from perfxl.cli import catalogue, faults, words
from perfxl.cli.catalogue import CATALOGUE
from perfxl.disk import files
from perfxl.disk.files import write_file
from perfxl.errors import Busy, WriteError
from perfxl.returns import workflow
from perfxl.settings.folder import SETTINGS_NAME
from perfxl.settings.workbook import new_season

pytestmark = pytest.mark.machine

CLEAN = (build.HERE / "clean" / "filled.xlsx").read_bytes()
ROOT = Path(__file__).resolve().parent.parent
RESULT = "甲_审核结果.xlsx"
unix = pytest.mark.skipif(os.name == "nt", reason="files, names and streams as Unix has them")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a folder with one return in it, 甲.xlsx, and have all work done in this process."""
    at_once(monkeypatch)
    (tmp_path / "甲.xlsx").write_bytes(CLEAN)
    return tmp_path


def names(folder: Path) -> list[str]:
    return sorted(os.fsencode(path.name).decode("utf-8", "replace") for path in folder.iterdir())


def program(
    folder: Path, command: str, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run a command line of the shell, `perfxl` in it being this program."""
    line = f'perfxl() {{ "{sys.executable}" -m perfxl "$@"; }}; {command}'
    done = subprocess.run(
        ["bash", "-c", line], cwd=folder, env={**os.environ, **(env or {})}, capture_output=True
    )
    assert b"Traceback" not in done.stderr
    assert b"Exception ignored" not in done.stderr
    return done


def one_line(ended: Ended, code: int, word: str) -> None:
    assert ended.code == code
    assert word in ended.err
    assert ended.err.count("\n") == 1
    assert ended.out == ""


# ---------------------------------------------------------------- places


def _a_file(folder: Path) -> str:
    (folder / "有了").write_bytes(b"mine")
    return "有了"


def _under_a_file(folder: Path) -> str:
    return f"{_a_file(folder)}/里面"


def _the_return(_: Path) -> str:
    return "甲.xlsx"


def _a_pipe(folder: Path) -> str:
    os.mkfifo(folder / "管道")
    return "管道"


def _a_loop(folder: Path) -> str:
    (folder / "圈").symlink_to("圈")
    return "圈"


def _of_the_system(_: Path) -> str:
    return "/proc/结果"  # takes no files, not even from root


def _a_device(_: Path) -> str:
    return "/dev/full"


def _too_long(_: Path) -> str:
    return "长" * 100


NO_FOLDERS = (_a_file, _under_a_file, _the_return, _a_pipe, _a_loop, _of_the_system, _a_device)


@unix
@pytest.mark.parametrize("make", [*NO_FOLDERS, _too_long])
def test_a_place_that_takes_no_result_is_told_before_the_work(
    here: Path, monkeypatch: pytest.MonkeyPatch, make: Callable[[Path], str]
) -> None:
    place = make(here)
    monkeypatch.setattr(workflow, "check_bytes", None)  # no work is begun
    before = names(here)
    one_line(perfxl(here, "check", "甲.xlsx", "-o", place), 4, "不能写入")
    assert names(here) == before
    assert (here / "甲.xlsx").read_bytes() == CLEAN


def test_a_folder_that_takes_no_results_is_told_before_the_work(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "乙.xlsx").write_bytes(CLEAN)
    monkeypatch.setattr(workflow, "check_bytes", None)
    with Disk(1, for_good=True, error=errno.EROFS).under():  # as root meets it, too
        one_line(perfxl(here, "check", "."), 4, "磁盘是只读的")
    assert names(here) == ["乙.xlsx", "甲.xlsx"]


@pytest.mark.parametrize("number", [1, 2])  # the season's folder, that of the results
def test_a_season_that_cannot_be_written_is_told_before_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    folder = season_folder(tmp_path / "任务")
    folder.store.mkdir()
    (folder.returned / "甲.xlsx").write_bytes(CLEAN)
    monkeypatch.setattr("perfxl.settings.workbook.open_campaign", lambda _: campaign())
    monkeypatch.setattr(workflow, "check_bytes", None)
    with Disk(number, error=errno.EROFS).under():
        one_line(perfxl(folder.root, "check"), 4, "磁盘是只读的")
    assert not list(folder.results.glob("*.xlsx"))


def test_a_single_verdict_is_had_where_nothing_can_be_written(here: Path) -> None:
    with Disk(1, for_good=True, error=errno.EACCES).under():
        ended = perfxl(here, "check", "甲.xlsx")
    assert ended.code == 4
    assert "结论:通过" in ended.out
    assert "审核结果没有写出:不能写入" in ended.out
    assert names(here) == ["甲.xlsx"]


@unix
@pytest.mark.parametrize("make", [_under_a_file, _of_the_system, _too_long])
@pytest.mark.parametrize("command", ["template", "rubric", "targets", "new"])
def test_an_output_that_has_no_place_is_told(
    here: Path, command: str, make: Callable[[Path], str]
) -> None:
    place = make(here)
    before = names(here)
    given = {"targets": ["甲.xlsx", "-o", place], "new": [place]}.get(command, ["-o", place])
    ended = perfxl(here, command, *given)
    assert ended.code == 4
    assert ended.err.count("\n") == 1
    assert names(here) == before


@unix
@pytest.mark.parametrize("make", [_a_pipe, _a_loop, _the_return])
@pytest.mark.parametrize("command", ["template", "rubric"])
def test_what_stands_in_the_way_of_an_output_stays(
    here: Path, command: str, make: Callable[[Path], str]
) -> None:
    place = here / make(here)
    place = place.rename(place.with_suffix(".xlsx"))
    one_line(perfxl(here, command, "-o", place.name), 4, "文件已存在")
    assert os.path.lexists(place)
    assert place.is_symlink() == (make is _a_loop)


def test_targets_written_over_a_return_get_a_number(here: Path) -> None:
    ended = perfxl(here, "targets", "甲.xlsx", "-o", "甲.xlsx")
    assert "甲_2.xlsx" in ended.out
    assert (here / "甲.xlsx").read_bytes() == CLEAN


@pytest.mark.parametrize("make", [lambda path: path.write_bytes(b""), lambda path: path.mkdir()])
def test_what_stands_where_the_result_goes_is_left_alone(
    here: Path, make: Callable[[Path], object]
) -> None:
    make(here / RESULT)
    assert "甲_审核结果_2.xlsx" in perfxl(here, "check", "甲.xlsx").out
    assert names(here) == sorted([RESULT, "甲_审核结果_2.xlsx", "甲.xlsx"])
    assert (here / RESULT).is_dir() or (here / RESULT).read_bytes() == b""


@unix
def test_names_that_differ_by_case_have_a_result_each(tmp_path: Path) -> None:
    for name in ("a.xlsx", "A.XLSX"):
        (tmp_path / name).write_bytes(CLEAN)
    assert perfxl(tmp_path, "check", ".", "-o", "出").code == 0
    assert len({name.casefold() for name in names(tmp_path / "出")}) == 2


def test_a_file_given_twice_is_checked_once(here: Path) -> None:
    document = json.loads(perfxl(here, "check", "甲.xlsx", ".", "./甲.xlsx", "--json").out)
    assert len(document["files"]) == 1


@unix
def test_a_current_folder_that_is_gone_is_told(here: Path) -> None:
    gone = here / "没了"
    for command in ("check", "template", "new x", "export", "rubric", f"targets {here}/甲.xlsx"):
        gone.mkdir()
        done = program(here, f"cd {gone}; rmdir {gone}; perfxl {command}")
        assert (done.returncode, done.stderr.decode()) == (2, f"{words.NO_FOLDER}\n")
    gone.mkdir()
    done = program(here, f"cd {gone}; rmdir {gone}; perfxl check {here}/甲.xlsx")
    assert done.returncode == 0
    assert (here / RESULT).exists()


# ---------------------------------------------------------------- inputs


@pytest.fixture
def socket_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Give the name of a socket, which no path may be long for."""
    monkeypatch.chdir(tmp_path)
    with closing(socket.socket(socket.AF_UNIX)) as listening:
        listening.bind("甲口.xlsx")
        yield "甲口.xlsx"


@unix
def test_what_is_no_file_is_not_read(socket_at: str, here: Path) -> None:
    os.mkfifo(here / "管.xlsx")
    for name in (socket_at, "管.xlsx", "/dev/zero"):
        ended = perfxl(here, "check", name, "--no-result")
        assert (ended.code, "不是文件" in ended.out) == (3, True)
        for command in ("template", "check 甲.xlsx"):
            one_line(perfxl(here, *command.split(), "--rubric", name), 2, "评分标准文件读不了")


@unix
@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir, lambda path: path.symlink_to(path)])
def test_settings_that_are_no_file(tmp_path: Path, make: Callable[[Path], object]) -> None:
    for name in ("发放", "回收"):
        (tmp_path / name).mkdir()
    make(tmp_path / SETTINGS_NAME)
    for command in ("check", "export", "mail 发放"):
        assert perfxl(tmp_path, *command.split()).code == 2
    one_line(perfxl(tmp_path, "new", "."), 2, "已经有 任务设置.xlsx")


@pytest.mark.parametrize(
    ("error", "word"),
    [
        (errno.EIO, "磁盘或网络盘出错"),
        (errno.ESTALE, "读取失败"),
        (errno.EACCES, "关闭打开它的 Excel 或 WPS"),
    ],
)
def test_a_return_the_system_does_not_let_us_read(
    here: Path, monkeypatch: pytest.MonkeyPatch, error: int, word: str
) -> None:
    (here / "乙.xlsx").write_bytes(CLEAN)
    refuse(monkeypatch, here / "甲.xlsx", error)
    ended = perfxl(here, "check", "甲.xlsx", "--no-result")
    assert (ended.code, word in ended.out) == (3, True)
    for command in ("check --previous 甲.xlsx 乙.xlsx", "template --rubric 甲.xlsx"):
        assert perfxl(here, *command.split()).code == 2
    assert perfxl(here, "targets", "甲.xlsx").code == 3


def refuse(monkeypatch: pytest.MonkeyPatch, refused: Path, error: int) -> None:
    """Let the system refuse to open a file, however it is opened."""

    def refusing(real: Callable[..., Any]) -> Callable[..., Any]:
        def opened(path: Any, *rest: Any, **more: Any) -> Any:
            if isinstance(path, str | Path) and Path(path).absolute() == refused:
                raise OSError(error, os.strerror(error), str(path))
            return real(path, *rest, **more)

        return opened

    monkeypatch.setattr(Path, "open", refusing(Path.open))
    monkeypatch.setattr(os, "open", refusing(os.open))


def test_a_refusal_nobody_was_ready_for_is_no_fault_of_ours(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refusing(_: object) -> None:
        raise OSError(errno.EIO, "Input/output error", "Z:\\评分标准.toml")

    monkeypatch.setattr(workflow, "load_rubric", refusing)
    one_line(
        perfxl(here, "check", "甲.xlsx"), 4, "系统不让读写 Z:\\评分标准.toml(磁盘或网络盘出错)"
    )


# ---------------------------------------------------------------- names


ODD = [
    "空 格  两个.xlsx",
    "'单' \"双\" `反`.xlsx",
    "表 ✓ 😀.xlsx",
    "-d.xlsx",
    "换\n行.xlsx",
    "$HOME;rm *.xlsx",
    "%TEMP% & 其他.xlsx",
    "=1+1.xlsx",
    "点..xlsx",
]
UNDECODABLE = [os.fsdecode(name) for name in (b"\xff\xfe.xlsx", "甲乙.xlsx".encode("gbk"))]


@unix
@pytest.mark.parametrize("name", [ODD[4], UNDECODABLE[0]])
def test_odd_names_reach_another_process(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(CLEAN)
    assert perfxl(tmp_path, "check", ".").code == 0


@unix
@pytest.mark.parametrize("name", [*ODD, *UNDECODABLE])
def test_odd_names_are_read_and_have_a_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    at_once(monkeypatch)
    for folder in (tmp_path, tmp_path / Path(name).stem):
        folder.mkdir(exist_ok=True)
        (folder / name).write_bytes(CLEAN)
        file = perfxl(folder, "check", "--json", "--", name)
        (entry,) = json.loads(file.out)["files"]
        assert (file.code, entry["status"]) == (0, "clean")
        assert (folder / entry["result"]).exists()
        assert perfxl(folder, "check", ".").code == 0


@unix
@pytest.mark.parametrize("name", [*ODD, *UNDECODABLE])
def test_odd_names_are_written(tmp_path: Path, name: str) -> None:
    assert perfxl(tmp_path, "template", f"--output={name}").code == 0
    assert (tmp_path / name).stat().st_size > 100_000
    unit = perfxl(tmp_path, "template", f"--unit={name}", "-o", "单位.xlsx")
    assert unit.code == 0
    assert perfxl(tmp_path, "new", "--", Path(name).stem).code == 0
    assert perfxl(tmp_path, "check", "--", f"没有{name}").code == 3


def test_a_name_or_path_too_long_is_told(here: Path) -> None:
    name = "长" * 120 + ".xlsx"
    ended = perfxl(here, "check", name)
    assert (ended.code, "无法审核" in ended.out) == (3, True)
    one_line(perfxl(here, "template", "--rubric", name), 2, "评分标准文件读不了")
    one_line(perfxl(here, "export", "--season", name), 2, "这里不是任务文件夹")
    one_line(perfxl(here, "export", "--season", "没有"), 2, "没有这个文件夹")
    one_line(perfxl(here, "new", name), 4, "不能新建文件夹")


def test_a_path_longer_than_windows_takes_is_said_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "LONGEST_PATH", 259)
    target = tmp_path / ("长" * 60) / ("长" * 60) / ("长" * 60) / ("长" * 60) / "表.xlsx"
    length = len(str(target))
    assert write_file(target, b"where the system takes it").exists()
    with (
        Disk(1, error=errno.ENOENT).under(),  # what Windows says
        pytest.raises(WriteError, match=rf"路径有 {length} 个字,系统至多 259 个"),
    ):
        write_file(target, b"")


# ---------------------------------------------------------------- results held open


def test_a_result_open_in_excel_is_said_to_lie_beside(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert perfxl(here, "check", "甲.xlsx").code == 0
    before = (here / RESULT).read_bytes()
    replace = Path.replace

    def held(path: Path, target: Path) -> Path:
        if target.name == RESULT:
            raise PermissionError(errno.EACCES, "in use")
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", held)
    monkeypatch.setattr(files, "PAUSES", (0.0,))
    ended = perfxl(here, "check", "甲.xlsx")
    assert ended.code == 0
    assert "甲_审核结果_2.xlsx(原来的审核结果正被别的程序打开,没有替换)" in ended.out
    assert (here / RESULT).read_bytes() == before


def test_a_file_with_no_other_name_that_is_held_open_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def held(*_: object) -> None:
        raise PermissionError(errno.EACCES, "in use")

    monkeypatch.setattr(Path, "replace", held)
    monkeypatch.setattr(files, "PAUSES", (0.0,))
    with pytest.raises(Busy, match="不能替换"):
        write_file(tmp_path / "表.xlsx", b"")
    assert names(tmp_path) == []


# ---------------------------------------------------------------- consoles and streams


def test_every_message_can_be_shown_on_a_gbk_console() -> None:
    told = [words.GUIDE, words.AFTER_NEW, *(v for k, v in vars(words).items() if k.isupper())]
    told += ["\n".join(catalogue.rule_page(rule)) for rule in CATALOGUE]
    told += [(ROOT / "docs" / "messages.md").read_text("utf-8")]
    for text in told:
        str(text).encode("gbk")


@unix
@pytest.mark.parametrize(
    ("encoding", "env"),
    [
        ("gbk", {"PYTHONIOENCODING": "gbk", "PYTHONUTF8": "0"}),
        ("cp936", {"PYTHONIOENCODING": "cp936", "PYTHONUTF8": "0"}),
        ("utf-8", {"LC_ALL": "C"}),
    ],
)
def test_a_console_of_another_encoding_shows_all_or_spells_it_out(
    here: Path, encoding: str, env: Mapping[str, str]
) -> None:
    (here / "甲.xlsx").rename(here / "表 ✓ 😀.xlsx")
    for command in ("check *.xlsx", "check nothing.xlsx", "--help"):
        done = program(here, f"perfxl {command}", env)
        shown = (done.stdout + done.stderr).decode(encoding)
        assert done.returncode == (3 if "nothing" in command else 0)
        assert shown.strip()
    done = program(here, "perfxl check *.xlsx --json", env)
    assert json.loads(done.stdout.decode("utf-8"))["files"][0]["path"] == "表 ✓ 😀.xlsx"


@unix
def test_a_locale_that_cannot_name_files_in_chinese_is_told(here: Path) -> None:
    ascii_only = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = program(here, "perfxl check *.xlsx", ascii_only)
    assert done.returncode == 2
    assert done.stderr.count(b"\n") == 1
    assert b"LANG=C.UTF-8" in done.stderr
    assert names(here) == ["甲.xlsx"]


ALL_CLOSED = "<&- >&- 2>&-"


@unix
@pytest.mark.parametrize(
    ("arguments", "closed"),
    [
        *(("check . -o 出 --json", closed) for closed in (">&-", "2>&-", "<&-", ALL_CLOSED)),
        *((arguments, ALL_CLOSED) for arguments in ("check 甲.xlsx", "template -o t")),
    ],
)
def test_closed_streams_do_not_matter(here: Path, arguments: str, closed: str) -> None:
    (here / "乙.xlsx").write_bytes(CLEAN)
    assert program(here, f"perfxl {arguments} {closed}").returncode == 0
    made = [path for path in here.rglob("*.xlsx") if path.stem not in {"甲", "乙"}]
    assert made
    assert all(path.read_bytes().startswith(b"PK") for path in made)
    assert (here / "甲.xlsx").read_bytes() == CLEAN


@unix
@pytest.mark.parametrize("command", ["--help", "check --help", "rules --json", "fields", ""])
def test_nobody_reads_what_is_printed(tmp_path: Path, command: str) -> None:
    done = program(tmp_path, f"perfxl {command} | true; exit ${{PIPESTATUS[0]}}")
    assert (done.returncode, done.stderr) == (0, b"")


@unix
def test_output_into_a_full_disk_is_told(here: Path) -> None:
    for command in ("check 甲.xlsx --no-result", "check 甲.xlsx --no-result --json", "rules"):
        done = program(here, f"perfxl {command} >/dev/full")
        assert (done.returncode, "输出写不进去(磁盘已满)" in done.stderr.decode()) == (4, True)
    assert program(here, "perfxl check no.xlsx --rubric no.toml 2>/dev/full").returncode == 2


@unix
def test_no_home_no_place_for_temporary_files(here: Path) -> None:
    (here / "乙.xlsx").write_bytes(CLEAN)
    bare = f"env -i PATH=/nowhere PYTHONPATH={os.environ['PYTHONPATH']} TMPDIR=/nowhere"
    command = f"{bare} HOME=/proc {sys.executable} -m perfxl check . -o 出"
    assert program(here, command).returncode == 0
    assert len(names(here / "出")) == 2


def test_a_fault_of_ours_is_kept_where_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, spare = tmp_path / "这里", tmp_path / "别处"
    for folder in (here, spare):
        folder.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(spare))
    (here / faults.LOG_NAME).mkdir()  # nothing can be written there
    assert str(spare / faults.LOG_NAME) in faults.fault_line("Traceback ...\nRuntimeError: a bug\n")
    assert "RuntimeError: a bug" in (spare / faults.LOG_NAME).read_text("utf-8")
    (spare / faults.LOG_NAME).unlink()
    (spare / faults.LOG_NAME).mkdir()
    assert faults.fault_line("Traceback ...\nRuntimeError: a bug\n").endswith("RuntimeError: a bug")


# ---------------------------------------------------------------- clocks


@unix
@pytest.mark.parametrize("zone", ["Nowhere/Mars", "XXX+30", "Asia/Shanghai", "UTC-14", ":", "乱"])
def test_any_time_zone(here: Path, monkeypatch: pytest.MonkeyPatch, zone: str) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    ended = perfxl(here, "check", "甲.xlsx")
    monkeypatch.undo()
    time.tzset()
    assert ended.code == 0


@pytest.mark.parametrize("seconds", [0.0, 4_102_444_800.0 * 2])
def test_a_clock_that_is_wrong(here: Path, monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    assert perfxl(here, "template", "-o", "准.xlsx").code == 0
    monkeypatch.setattr(time, "time", lambda: seconds)
    assert perfxl(here, "template", "-o", "误.xlsx").code == 0
    assert (here / "准.xlsx").read_bytes() == (here / "误.xlsx").read_bytes()
    assert perfxl(here, "check", "甲.xlsx").code == 0


def test_files_of_times_before_any_archive(here: Path) -> None:
    for when in (-1_000_000_000, 0, 16_000_000_000):
        os.utime(here / "甲.xlsx", (when, when))
        assert perfxl(here, "check", "甲.xlsx").code == 0


def test_a_season_made_when_the_clock_is_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "time", lambda: 0.0)
    terms = workflow.terms_of(workflow.NOTHING, date(1970, 1, 1))
    assert [path.name for path in new_season(tmp_path / "任务", terms)]
