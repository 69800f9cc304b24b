"""Every command that writes, on a disk that refuses a step of any kind, or all from that one on.

A kind is what is done to which sort of file; those of each command are recorded in disk_steps.toml
(PERFXL_RECORD_STEPS=1 writes them anew). Of each, the first step and the last are refused alone,
and the first with all that come after it. Whatever step it is: each file is as it was or as it will
be, nothing unfinished lies about, a line says what could not be written, and the same command run
again on a sound disk finishes the work.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from faulty import Disk, at_once
from kept import work_once
from msgspec.structs import replace
from seasons import UNITS, WRONG, campaign, returned, season_folder
from test_season_cli import Ended, perfxl

from perfxl.disk import files
from perfxl.reading.intake import is_untouched
from perfxl.settings.campaign import Campaign
from perfxl.settings.folder import ROLLUP_NAME, SeasonFolder

pytestmark = pytest.mark.machine

FIRST, SECOND, _ = UNITS
NAME = "2022年度自评"
STEPS = Path(__file__).with_name("disk_steps.toml")
SAID = ("不能写入", "写不进", "不能新建", "系统不让读写")
NEW_TERMS: Campaign = replace(campaign(), contact="钱工", phone="020-2000")
Command = tuple[str, ...]
# what is run in the season after its returns and settings have changed; the last is refused
IN_SEASON: dict[str, tuple[Command, ...]] = {
    "results, records and roll-up": (("check",),),
    "templates": (("template",),),
    "drafts and texts": (("check",), ("mail", "催报")),
    "drafts with results": (("check",), ("mail", "退回修改")),
    "tables": (("check",), ("export",)),
    "reports": (("check",), ("report",)),
}
ANYWHERE: dict[str, Command] = {
    "one result": ("check", "甲.xlsx"),
    "results elsewhere": ("check", "甲.xlsx", "乙.xlsx", "-o", "出/结果"),
    "a template": ("template", "-o", "出/模板.xlsx"),
    "a report": ("report", "甲.xlsx"),
    "a rubric": ("rubric", "-o", "标准.xlsx"),
    "suggested targets": ("targets", "甲.xlsx"),
    "a new season": ("new", "2023年度自评"),
}


@pytest.fixture(scope="module", autouse=True)
def _quick() -> Iterator[None]:
    """Do all in this process, read and render each once: how it is written is what matters."""
    with pytest.MonkeyPatch.context() as patch:
        at_once(patch)
        work_once(patch)
        yield


def _settings(patch: pytest.MonkeyPatch, terms: Campaign) -> None:
    for place in ("settings.workbook", "season.issue"):
        patch.setattr(f"perfxl.{place}.open_campaign", lambda _: terms)


def _put(folder: SeasonFolder, **changes: Mapping[str, Any]) -> None:
    for unit, wrong in zip((FIRST, SECOND), changes.values(), strict=True):
        (folder.returned / f"{unit.code}.xlsx").write_bytes(returned(unit, changes=wrong))


@pytest.fixture(scope="module")
def earlier(tmp_path_factory: pytest.TempPathFactory) -> SeasonFolder:
    """Give a season as an earlier run of every command left it."""
    folder = season_folder(tmp_path_factory.mktemp("earlier") / NAME)
    _put(folder, one=WRONG, two={})
    with pytest.MonkeyPatch.context() as patch:
        _settings(patch, campaign())
        for command in sorted({one for commands in IN_SEASON.values() for one in commands}):
            assert perfxl(folder.root, *command).code < 2
    return folder


def content(folder: Path) -> dict[str, bytes]:
    """Give what people see of a folder, file by file."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and ".perfxl" not in path.parts
    }


def assert_sound(ended: Ended, before: dict[str, bytes], after: dict[str, bytes], at: Path) -> None:
    """What a refused command may leave: old files or new ones, whole, and a word about it."""
    assert ended.code == 4
    assert any(word in ended.out + ended.err for word in SAID)
    assert not list(at.rglob(f"{files.TEMPORARY}*"))
    for name, data in content(at).items():
        # a roll-up may tell of a result that is not there
        roll_up = name == ROLLUP_NAME and is_untouched(data)
        assert roll_up or data in (before.get(name), after.get(name)), name
    assert before.keys() & after.keys() <= content(at).keys()


def refuse_each_kind(
    fresh: Callable[[str], Path], what: str, command: Command, for_good: bool
) -> None:
    """Run a command for the first and last of each kind of its steps of writing, that refused."""
    whole = fresh("whole")
    before = content(whole)
    with Disk(0).under() as disk:
        good = perfxl(whole, *command).code
    after = content(whole)
    assert after != before, "the command has something to write"
    assert recorded(what, disk.taken) == sorted(set(disk.taken))
    for number in first(disk.taken) if for_good else first_and_last(disk.taken):
        at = fresh(str(number))
        with Disk(number, for_good).under() as refusing:
            ended = perfxl(at, *command)
        assert refusing.refused
        assert_sound(ended, before, after, at)
        if command[0] not in {"template", "rubric", "new"} or content(at) == before:
            assert perfxl(at, *command).code == good
            assert content(at) == after
        shutil.rmtree(at)


def recorded(what: str, taken: Sequence[str]) -> list[str]:
    """Give the kinds of step that are recorded of a command."""
    steps: dict[str, list[str]] = tomllib.loads(STEPS.read_text("utf-8")) if STEPS.exists() else {}
    if os.environ.get("PERFXL_RECORD_STEPS") == "1":
        steps[what] = sorted(set(taken))
        lines = (
            f"{json.dumps(name)} = {json.dumps(kinds, ensure_ascii=False, indent=4)}\n"
            for name, kinds in sorted(steps.items())
        )
        STEPS.write_text("".join(lines), "utf-8")
    return steps.get(what, [])


def first(taken: Sequence[str]) -> list[int]:
    """Give the numbers, from 1 on, of the first step of each kind."""
    return sorted({kind: n for n, kind in reversed([*enumerate(taken, 1)])}.values())


def first_and_last(taken: Sequence[str]) -> list[int]:
    """Give the numbers of the first and the last step of each kind."""
    last = {kind: number for number, kind in enumerate(taken, 1)}
    return sorted({*first(taken), *last.values()})


@pytest.mark.parametrize("for_good", [False, True])
@pytest.mark.parametrize("what", IN_SEASON)
def test_a_disk_full_at_any_step_in_a_season(
    earlier: SeasonFolder,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    what: str,
    for_good: bool,
) -> None:
    *before, command = IN_SEASON[what]
    _settings(monkeypatch, NEW_TERMS)
    changed = SeasonFolder(shutil.copytree(earlier.root, tmp_path / "changed" / NAME).resolve())
    _put(changed, one={}, two=WRONG)
    for one in before:
        assert perfxl(changed.root, *one).code < 2

    def fresh(name: str) -> Path:
        return Path(shutil.copytree(changed.root, tmp_path / "season")).rename(tmp_path / name)

    refuse_each_kind(fresh, what, command, for_good)


@pytest.mark.parametrize("for_good", [False, True])
@pytest.mark.parametrize("what", ANYWHERE)
def test_a_disk_full_at_any_step_anywhere(tmp_path: Path, what: str, for_good: bool) -> None:
    def fresh(name: str) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        for stem, unit in (("甲", FIRST), ("乙", SECOND)):
            (folder / f"{stem}.xlsx").write_bytes(returned(unit))
        return folder

    refuse_each_kind(fresh, what, ANYWHERE[what], for_good)


@pytest.mark.parametrize("error", [errno.EIO, errno.ESTALE, errno.EROFS, errno.EACCES])
def test_other_refusals_than_a_full_disk_are_told_alike(tmp_path: Path, error: int) -> None:
    (tmp_path / "甲.xlsx").write_bytes(returned(FIRST))
    before = content(tmp_path)
    with Disk(1, for_good=True, error=error).under():
        ended = perfxl(tmp_path, "check", "甲.xlsx")
    assert_sound(ended, before, before, tmp_path)
