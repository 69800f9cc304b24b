"""Started by a click: the result is opened, what is said stays in sight, nothing waits unseen."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import build
import pytest
from seasons import campaign, season_folder
from test_season_cli import perfxl

from perfxl.cli import launch, words
from perfxl.disk import desktop

CLEAN = build.HERE / "clean" / "filled.xlsx"
CLICK = ("--clicked", *launch.CHECK)
OPENER = """#!/bin/sh
echo "$1" >> "{log}"
case "$1" in *.txt) cat "$1" > "{log}.txt";; esac
exit {code}
"""
Openings = Callable[[], list[str]]
pytestmark = [
    pytest.mark.usefixtures("at_once", "work_once"),
    pytest.mark.skipif(os.name == "nt", reason="the opener is a script"),
]


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """Give a folder with one return in it, 甲.xlsx."""
    folder = tmp_path / "收到 100%"
    folder.mkdir()
    (folder / "甲.xlsx").write_bytes(CLEAN.read_bytes())
    return folder


def _opener(folder: Path, monkeypatch: pytest.MonkeyPatch, code: int = 0) -> Openings:
    """Put an opener of ours on a desktop; give what tells which paths it was given."""
    programs, log = folder / "bin", folder / "opened"
    programs.mkdir()
    (programs / "xdg-open").write_text(OPENER.format(log=log, code=code), "utf-8")
    (programs / "xdg-open").chmod(0o755)
    monkeypatch.setenv("PATH", os.pathsep.join((str(programs), os.environ["PATH"])))
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setenv("TMPDIR", str(programs))
    monkeypatch.setattr("tempfile.tempdir", None)
    return lambda: log.read_text("utf-8").splitlines() if log.exists() else []


@pytest.fixture
def openings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Openings:
    return _opener(tmp_path, monkeypatch)


def told(tmp_path: Path) -> str:
    """Give the text that was opened."""
    return (tmp_path / "opened.txt").read_text("utf-8")


# ---------------------------------------------------------------- --open


def test_the_result_of_a_file_alone_is_opened(here: Path, openings: Openings) -> None:
    ended = perfxl(here, "甲.xlsx", "--open")
    result = here / "甲_审核结果.xlsx"
    assert (ended.code, openings()) == (0, [str(result)])
    assert ended.out.endswith(desktop.SAID.format(path=result.name) + "\n")
    assert ended.err == f"{words.BEGUN}\n"


def test_of_several_files_the_folder_is_opened(here: Path, openings: Openings) -> None:
    (here / "乙.xlsx").write_bytes(CLEAN.read_bytes())
    assert perfxl(here, "check", ".", "-o", "出", "--open").code == 0
    assert openings() == [str(here / "出")]


def test_in_a_season_the_roll_up_is_opened(
    tmp_path: Path, openings: Openings, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = season_folder(tmp_path / "任务")
    monkeypatch.setattr("perfxl.settings.workbook.open_campaign", lambda _: campaign())
    (folder.returned / "甲.xlsx").write_bytes(CLEAN.read_bytes())
    perfxl(folder.root, "check", "--open")
    perfxl(folder.root, "check", folder.returned / "甲.xlsx", "--open")
    rolled, alone = openings()
    assert (Path(rolled).name, Path(alone).parent) == ("汇总.xlsx", folder.results)


def test_where_there_is_nothing_to_open_or_nothing_to_open_it_with(
    here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    ended = perfxl(here, "甲.xlsx", "--open")
    assert (ended.code, "没有打开 甲_审核结果.xlsx" in ended.out) == (0, True)
    openings = _opener(tmp_path, monkeypatch, code=3)
    assert "没有打开 甲_审核结果.xlsx" in perfxl(here, "甲.xlsx", "--open").out
    assert len(openings()) == 1
    assert words.NOTHING_TO_OPEN in perfxl(here, "没有.xlsx", "--open").out
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not desktop.opened(here)


def test_an_opener_that_stays_is_not_waited_for(
    here: Path, tmp_path: Path, openings: Openings, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bin" / "xdg-open").write_text("#!/bin/sh\nexec sleep 60\n", "utf-8")
    monkeypatch.setattr(desktop, "ANSWERED", 0.1)
    started: list[subprocess.Popen[bytes]] = []

    class Popen(subprocess.Popen[bytes]):
        def __init__(self, *arguments: object, **more: object) -> None:
            super().__init__(*arguments, **more)  # type: ignore[call-overload]
            started.append(self)

    monkeypatch.setattr(subprocess, "Popen", Popen)
    assert desktop.opened(here)
    assert started[0].poll() is None
    started[0].kill()
    started[0].wait()


# ---------------------------------------------------------------- a click


def test_what_nobody_sees_printed_is_opened_as_a_text(
    here: Path, tmp_path: Path, openings: Openings
) -> None:
    ended = perfxl(tmp_path, *CLICK, here / "甲.xlsx")
    assert (ended.code, ended.out, ended.err) == (0, "", "")
    result, text = openings()
    assert Path(result).name == "甲_审核结果.xlsx"
    assert Path(text).stat().st_mode & 0o077 == 0, "for the user alone"
    shown = told(tmp_path)
    assert shown.startswith(words.BEGUN)
    assert "结论:通过" in shown
    assert shown.endswith(f"已打开:{result}\n")


@pytest.mark.parametrize(
    ("typed", "code", "word"),
    [
        ((*CLICK, "没有.xlsx"), 3, "文件不存在"),
        ((*CLICK, "-json.xlsx"), 3, "文件不存在"),
        (CLICK, 2, "没有说审核哪个文件"),
        (("--clicked", "chek"), 2, "是 check 吗"),
    ],
)
def test_whatever_comes_of_a_click_is_told(
    tmp_path: Path, openings: Openings, typed: tuple[str, ...], code: int, word: str
) -> None:
    ended = perfxl(tmp_path, *typed)
    assert (ended.code, ended.out, ended.err) == (code, "", "")
    assert word in told(tmp_path)


def test_a_click_on_nothing_opens_the_page_or_else_tells_what_there_is(
    tmp_path: Path, openings: Openings, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("starlette", reason="the libraries of perfxl[desk] are not installed")
    served: list[bool] = []
    monkeypatch.setattr("perfxl.desk.serving.serve", lambda _, browser: served.append(browser))
    assert perfxl(tmp_path, "--clicked").code == 0
    assert (served, openings()) == ([True], []), "the page tells of itself"
    monkeypatch.setattr(launch, "LIBRARIES", ("a_library_there_is_not",))
    assert perfxl(tmp_path, "--clicked").code == 0
    assert "用法:" in told(tmp_path)
    assert perfxl(tmp_path, "--clicked", "desk").code == 2
    assert "没有安装网页要用的几个库" in told(tmp_path), "what went wrong is told"


def test_a_text_nobody_can_open_does_not_stay(
    here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _opener(tmp_path, monkeypatch, code=4)
    assert perfxl(here, *CLICK, "甲.xlsx").code == 0
    assert [path.name for path in (tmp_path / "bin").iterdir()] == ["xdg-open"]


def test_a_click_is_served_where_no_text_can_be_kept(
    here: Path, openings: Openings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise FileNotFoundError

    monkeypatch.setattr("tempfile.mkstemp", full)
    assert perfxl(here, *CLICK, "甲.xlsx").code == 0
    assert [Path(path).name for path in openings()] == ["甲_审核结果.xlsx"]


def test_addresses_are_taken_for_paths(here: Path, openings: Openings) -> None:
    """Some file managers give them."""
    assert perfxl(here, *CLICK, (here / "甲.xlsx").as_uri()).code == 0
    assert openings()[0] == str(here / "甲_审核结果.xlsx")


def test_on_a_console_a_key_is_waited_for(
    here: Path, openings: Openings, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = io.StringIO("\n还有")
    monkeypatch.setattr(launch, "has_console", lambda: True)
    monkeypatch.setattr(sys, "stdin", keys)
    ended = perfxl(here, *CLICK, "甲.xlsx")
    assert ended.out.endswith(f"{words.PRESS_ENTER}\n")
    assert keys.read() == "还有", "one line was read, and no more"
    assert len(openings()) == 1


def test_a_file_dropped_upon_the_program_is_checked(
    here: Path, openings: Openings, monkeypatch: pytest.MonkeyPatch
) -> None:
    consoles = {"own": [r"C:\perfxl\Scripts\perfxl.exe", r"C:\Python\PYTHON.EXE"], "none": []}
    consoles["shell"] = [*consoles["own"], r"C:\Windows\System32\cmd.exe"]
    consoles["unknown"] = [*consoles["own"], ""]
    assert [launch.alone(programs) for programs in consoles.values()] == [True, False, False, False]
    monkeypatch.setattr(launch, "on_console", lambda: consoles["own"])
    for typed, meant in {
        ("甲.xlsx",): [*launch.CHECK, "甲.xlsx"],
        ("rules", "X01"): ["rules", "X01"],
        (): ["desk"],
    }.items():
        monkeypatch.chdir(here)
        assert launch.clicked(typed) == meant
    monkeypatch.setattr(launch, "on_console", lambda: consoles["shell"])
    assert launch.clicked(("甲.xlsx",)) is None


def test_a_process_without_streams_ends_by_itself(here: Path, tmp_path: Path) -> None:
    """As a file manager starts it: nothing to read from, no terminal, a foreign encoding."""
    (here / "甲.xlsx").rename(here / "表 ✓ 😀.xlsx")
    for closed in ("</dev/null", "<&- >&- 2>&-"):
        done = subprocess.run(
            ["sh", "-c", f'"{sys.executable}" -P -m perfxl "$@" {closed}', "", *CLICK, str(here)],
            env={**os.environ, "PYTHONIOENCODING": "gbk", "PYTHONUTF8": "0"},
            capture_output=True,
            timeout=60,
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert (here / "表 ✓ 😀_审核结果.xlsx").exists()
