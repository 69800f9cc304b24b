"""Faults around a run: the disk full, a result held open, Ctrl-C, nobody reading on."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import build
import faulty
import pytest
from test_season_cli import perfxl as done

from perfxl.disk import files
from perfxl.disk.files import numbered, write_beside, write_file
from perfxl.errors import Busy, WriteError

pytestmark = pytest.mark.machine

WORKED = build.HERE / "xinhua_2022" / "filled.xlsx"
unix = pytest.mark.skipif(os.name == "nt", reason="signals and limits as Unix has them")


def folder_of(tmp_path: Path, count: int) -> Path:
    folder = tmp_path / "回收"
    folder.mkdir()
    for number in range(count):
        (folder / f"{number:02d}.xlsx").write_bytes(WORKED.read_bytes())
    return folder


def perfxl(*arguments: object, **options: object) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # type: ignore[call-overload, no-any-return]
        [sys.executable, "-m", "perfxl", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        **options,
    )


def assert_whole(folder: Path) -> int:
    """Every result can be opened, nothing unfinished is left; give how many there are."""
    results = list(folder.rglob("*_审核结果.xlsx"))
    for result in results:
        with zipfile.ZipFile(result) as archive:
            assert archive.testzip() is None
    assert not list(folder.rglob(f"{files.TEMPORARY}*"))
    return len(results)


def assert_gone(group: int) -> None:
    """No process of a run is left, or will be in a moment."""
    for _ in range(50):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return
        time.sleep(0.1)
    pytest.fail("processes are left")


# ---------------------------------------------------------------- the run as a whole


@unix
def test_ctrl_c_leaves_whole_results_and_says_how_to_go_on(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, 24)
    run = perfxl("check", folder, "-o", tmp_path / "结果", "--jobs", 2, start_new_session=True)
    assert run.stdout is not None
    run.stdout.readline()  # the first is done
    os.killpg(run.pid, signal.SIGINT)  # as the terminal does: to all processes
    _, err = run.communicate(timeout=60)
    told = err.decode()
    assert run.returncode == 130
    assert "Traceback" not in told
    done = re.search(r"已完成 (\d+)/24", told)
    assert done
    assert "重新运行即可继续" in told
    assert int(done[1]) <= assert_whole(tmp_path) < 24
    assert_gone(run.pid)


@unix
def test_a_full_disk_is_one_line_and_the_earlier_results_stay(tmp_path: Path) -> None:
    import resource

    folder, results = folder_of(tmp_path, 2), tmp_path / "结果"
    _checked_before(folder, results)
    before = {path.name: path.read_bytes() for path in results.iterdir()}

    def full() -> None:  # no file may grow beyond this: as a full disk, in every process
        resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    run = perfxl("check", folder, "-o", results, preexec_fn=full)
    out, err = (text.decode() for text in run.communicate(timeout=120))
    assert run.returncode == 4
    assert "2 份审核结果没有写出" in out
    assert out.count("不能写入") == 1
    assert "Traceback" not in out + err
    assert {path.name: path.read_bytes() for path in results.iterdir()} == before


def _checked_before(folder: Path, results: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        faulty.at_once(patch)
        assert done(folder.parent, "check", folder, "-o", results).code == 1


@unix
def test_nobody_reads_on(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, 12)
    run = perfxl("check", folder, "--no-result", "-v")
    assert run.stdout is not None
    run.stdout.readline()
    run.stdout.close()
    assert run.stderr is not None
    with run.stderr as told:
        assert told.read() == b""
    assert run.wait(timeout=60) == 0


def test_lines_only_where_there_is_no_terminal(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, 3)
    out, err = perfxl("check", folder, "--no-result").communicate(timeout=60)
    assert err == b""
    assert b"\x1b" not in out
    lines = out.decode().splitlines()
    assert [line.partition("  ")[0] for line in lines[:3]] == [
        f"{folder}/{n:02d}.xlsx(广州市花都区人民政府新华街道办事处)" for n in range(3)
    ]
    assert lines[-1] == "共 3 份:通过 0,待核实 0,退回修改 3,无法审核 0"


# ---------------------------------------------------------------- one file


@pytest.fixture
def held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a file that another program holds open, as Windows has it: it cannot be replaced."""
    target = tmp_path / "结果.xlsx"
    target.write_bytes(b"open in Excel")
    replace = Path.replace

    def refusing(self: Path, other: Path) -> Path:
        if other == target:
            raise PermissionError(13, "in use")
        return replace(self, other)

    monkeypatch.setattr(Path, "replace", refusing)
    monkeypatch.setattr(files, "PAUSES", (0.0, 0.0))
    return target


def test_a_file_held_open_gets_a_numbered_neighbour(held: Path) -> None:
    assert write_beside(held, b"new") == held.with_name("结果_2.xlsx")
    assert held.read_bytes() == b"open in Excel"
    assert sorted(path.name for path in held.parent.iterdir()) == ["结果.xlsx", "结果_2.xlsx"]
    with pytest.raises(Busy, match="不能替换"):
        write_file(held, b"new")


def test_a_file_held_open_but_briefly_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusals = iter((True, True))
    replace = Path.replace

    def refusing(self: Path, other: Path) -> Path:
        if next(refusals, False):
            raise PermissionError(13, "in use")
        return replace(self, other)

    monkeypatch.setattr(Path, "replace", refusing)
    assert write_file(tmp_path / "结果.xlsx", b"new").read_bytes() == b"new"


def test_the_folder_vanished(tmp_path: Path) -> None:
    target = tmp_path / "结果" / "甲.xlsx"
    assert write_file(target, b"made again").exists()
    (tmp_path / "taken").write_bytes(b"")
    with pytest.raises(WriteError, match="不能写入"):
        write_file(tmp_path / "taken" / "甲.xlsx", b"")


def test_numbers_behind_a_name(tmp_path: Path) -> None:
    taken = {"a.xlsx", "a_2.xlsx"}
    assert numbered(Path("a.xlsx"), lambda path: path.name in taken) == Path("a_3.xlsx")
    assert numbered(Path("b.xlsx"), lambda path: path.name in taken) == Path("b.xlsx")
