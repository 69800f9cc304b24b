"""Ctrl-C, or the system asking to end, at any time: whole files, no word of Python's, nobody left.

When is told by what has been imported: `-X importtime` says so on stderr, the same on any machine.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import faulty
import pytest
from test_faults import assert_gone, assert_whole, folder_of, perfxl, unix
from test_season_cli import Checked, copied
from test_season_cli import checked as checked
from test_season_cli import issued as issued
from test_season_cli import perfxl as done

from perfxl.disk import files
from perfxl.settings.folder import SeasonFolder

pytestmark = [pytest.mark.machine, unix]
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
EARLY = ("typer", "perfxl.cli.words", "perfxl.returns.workflow", "multiprocessing.connection")
DIVIDED = "multiprocessing.popen_fork"  # from here on another process reads, checks and writes
DONE = {0, 1}  # nobody interrupted it in time


def broken_off(
    folder: Path, *command: str, after: str, wait: float = 0.0, number: int = signal.SIGINT
) -> tuple[int, str]:
    """Run a command, break it off when it has imported a module; give exit code and last words."""
    run = perfxl(*command, cwd=folder, start_new_session=True, env=_timed())
    assert run.stderr is not None
    mark = re.compile(rf"\|\s+{re.escape(after)}\n".encode())
    for line in run.stderr:
        if mark.search(line):
            break
    time.sleep(wait)
    os.killpg(run.pid, number)  # as the terminal does: to all processes
    _, told = run.communicate(timeout=60)
    assert_gone(run.pid)
    kept = [line for line in told.decode().splitlines() if not line.startswith("import time:")]
    return run.returncode, "\n".join(kept)


def _timed() -> dict[str, str]:
    return {**os.environ, "PYTHONPROFILEIMPORTTIME": "1"}


def assert_quiet(code: int, told: str, folder: Path) -> None:
    """Nothing half-written, no word but ours."""
    assert code in {*DONE, 130}, told
    assert "Traceback" not in told
    assert "Exception ignored" not in told
    assert code in DONE or "已中断" in told or told == ""
    assert not list(folder.rglob(f"{files.TEMPORARY}*"))
    assert_whole(folder)


@pytest.mark.parametrize(
    ("after", "number"),
    [
        *((after, signal.SIGINT) for after in (*EARLY, DIVIDED)),
        *((after, number) for after in (EARLY[0], DIVIDED) for number in SIGNALS[1:]),
    ],
)
def test_a_single_check_broken_off(tmp_path: Path, after: str, number: int) -> None:
    folder = folder_of(tmp_path, 1)
    code, told = broken_off(folder, "check", "00.xlsx", after=after, number=number)
    assert_quiet(code, told, folder)
    assert code == 130


@pytest.mark.parametrize("wait", [0.05, 0.35, 0.65])
def test_a_result_broken_off_while_it_is_made(tmp_path: Path, wait: float) -> None:
    folder = folder_of(tmp_path, 1)
    assert_quiet(*broken_off(folder, "check", "00.xlsx", after=DIVIDED, wait=wait), folder)


@pytest.mark.parametrize(
    ("wait", "number"),
    [*((wait, signal.SIGINT) for wait in (0.0, 0.4, 1.2)), *((0.4, n) for n in SIGNALS[1:])],
)
def test_a_batch_broken_off(tmp_path: Path, wait: float, number: int) -> None:
    folder = folder_of(tmp_path, 6)
    code, told = broken_off(
        *(folder, "check", ".", "--jobs", "2"),
        after="multiprocessing.forkserver",
        wait=wait,
        number=number,
    )
    assert_quiet(code, told, folder)
    assert code in DONE or "已完成" in told


@pytest.fixture
def season(checked: Checked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SeasonFolder:
    """Give a season whose returns are checked; what goes on afterwards needs no processes."""
    faulty.at_once(monkeypatch)
    return copied(checked.folder, tmp_path.resolve())


@pytest.mark.xdist_group("interrupts")  # the season is made in one process
@pytest.mark.parametrize(
    ("command", "wait"),
    [("template", 0.3), ("mail 催报", 0.0), ("export", 0.0), ("check", 0.0), ("check", 0.3)],
)
def test_a_season_broken_off_can_go_on(season: SeasonFolder, command: str, wait: float) -> None:
    shutil.rmtree(season.issued)
    season.issued.mkdir()
    after = {"export": "perfxl.season.export.writing", "template": "perfxl.season.issue"}
    words = command.split()
    code, told = broken_off(
        season.root, *words, after=after.get(command, "perfxl.season.season"), wait=wait
    )
    assert "Traceback" not in told
    assert code in {0, 3, 130}, told
    assert not list(season.root.rglob(f"{files.TEMPORARY}*"))
    assert_whole(season.root)
    assert done(season.root, *words).code == (3 if command == "check" else 0)


def test_impatience(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, 6)
    run = perfxl("check", ".", "-o", "出", "--jobs", 2, cwd=folder, start_new_session=True)
    assert run.stdout is not None
    run.stdout.readline()
    for _ in range(5):
        os.killpg(run.pid, signal.SIGINT)
        time.sleep(0.05)
    _, told = run.communicate(timeout=60)
    assert run.returncode == 130
    assert b"Traceback" not in told
    assert_gone(run.pid)


LOSING = {
    "a class being made": """
        class Field:
            def __set_name__(self, *_):
                signal.raise_signal(signal.SIGINT)
        class Drafts:
            written = Field()
    """,
    "a weak reference's callback": """
        class Lock: pass
        lock = Lock()
        kept = weakref.ref(lock, lambda _: signal.raise_signal(signal.SIGINT))
        del lock
        time.sleep(60)
    """,
    "a destructor": """
        class File:
            def __del__(self):
                signal.raise_signal(signal.SIGTERM)
        File()
        time.sleep(60)
    """,
}


@pytest.mark.parametrize("where", LOSING)
def test_what_python_loses_of_an_interrupt_is_obeyed_all_the_same(
    tmp_path: Path, where: str
) -> None:
    program = f"""
import runpy, signal, sys, time, weakref
from perfxl.cli import commands
def losing(*_, **__):
{LOSING[where]}
commands.app = losing
sys.argv = ["perfxl", "rules"]
runpy.run_module("perfxl", run_name="__main__")
"""
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, timeout=30
    )
    assert (run.returncode, "Traceback" in run.stderr) == (130, False), run.stderr
    assert "已中断" in run.stderr
    assert not list(tmp_path.iterdir())
