"""A season when things around it are not as they should be: nothing lost, nothing mixed up."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import faulty
import openpyxl
import pytest
from seasons import TODAY, UNITS, campaign, returned, season_folder

from perfxl.errors import UsageError, WriteError
from perfxl.returns.records import Record
from perfxl.run.process import Lost
from perfxl.run.store import NAME, Store
from perfxl.season import checking
from perfxl.season.checking import CheckRequest
from perfxl.season.season import Season
from perfxl.settings.folder import SeasonFolder

pytestmark = pytest.mark.machine

FIRST, SECOND, LIBRARY = UNITS


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SeasonFolder:
    """Give a season with one return in it; its settings are those of `campaign`.

    The work is done here: what processes are for is shown in test_workers and test_isolation.
    """
    faulty.at_once(monkeypatch)
    monkeypatch.setattr("perfxl.settings.workbook.open_campaign", lambda _: campaign())
    made = season_folder(tmp_path / "2022年度自评")
    (made.returned / "甲.xlsx").write_bytes(returned(FIRST))
    return made


def check(folder: SeasonFolder, *paths: Path, write: bool = True) -> list[Record]:
    with Season(folder, campaign()) as season:
        found = season.sources(paths)
        records = [one for one in season.check(found, write) if not isinstance(one, Lost)]
        if season.is_whole(paths):
            season.forget_others(found)
    return records


def run(request: CheckRequest) -> tuple[list[Record], checking.CheckRun]:
    with checking.checking(request) as made:
        return [one for one in made.records if not isinstance(one, Lost)], made


def unit_in(result: Path) -> str:
    sheet = openpyxl.load_workbook(result)["附件3 自评表"]
    return next(str(c.value) for row in sheet.iter_rows() for c in row if c.value in CODES)


CODES = {unit.code for unit in UNITS}


# ---------------------------------------------------------------- results


def test_each_result_stays_with_its_return_whatever_else_arrives(folder: SeasonFolder) -> None:
    check(folder)
    (folder.returned / "甲.xlsm").write_bytes(returned(SECOND))  # of the same stem, sorted before
    for _ in range(2):
        by_source = {record["source"]: record for record in check(folder)}
        places = {source: record["document"]["result"] for source, record in by_source.items()}
        assert unit_in(folder.root / places["回收/甲.xlsx"]) == FIRST.code
        assert unit_in(folder.root / places["回收/甲.xlsm"]) == SECOND.code


@pytest.mark.parametrize("spoil", [Path.unlink, lambda path: path.write_bytes(b"edited")])
def test_a_run_without_results_does_not_make_a_spoilt_one_pass(
    folder: SeasonFolder, spoil: Callable[[Path], object]
) -> None:
    check(folder)
    result = folder.results / "甲_审核结果.xlsx"
    spoil(result)
    check(folder, write=False)
    (record,) = check(folder)
    assert unit_in(folder.root / record["document"]["result"]) == FIRST.code


# ---------------------------------------------------------------- folders


def test_where_nothing_is_left_of_the_returns_no_record_is_lost(folder: SeasonFolder) -> None:
    check(folder)
    folder.returned.rename(folder.root / "回收x")
    with pytest.raises(UsageError, match="“回收”文件夹不见了"):
        check(folder)
    with Store(folder.store) as store:
        assert [entry.source for entry in store.entries()] == ["回收/甲.xlsx"]


def test_nothing_come_back_yet_is_no_fault(folder: SeasonFolder) -> None:
    (folder.returned / "甲.xlsx").unlink()
    records, made = run(CheckRequest([folder.root], TODAY))
    assert (records, made.total, made.fault) == ([], 0, None)
    assert made.closing[0] == "应报 3 家,已报 0 家,未报 3 家(已过截止日期)"
    assert folder.rollup.exists()


def test_a_file_from_elsewhere_is_checked_but_not_kept(folder: SeasonFolder) -> None:
    (folder.issued / "100202_x.xlsx").write_bytes(returned(SECOND))
    (record,) = check(folder, folder.issued / "100202_x.xlsx")
    assert record["standing"] == "passed"
    with Store(folder.store) as store:
        assert list(store.entries()) == []


def test_a_copied_season_has_a_roll_up_of_its_own(folder: SeasonFolder, tmp_path: Path) -> None:
    run(CheckRequest([folder.root], TODAY))
    other = SeasonFolder((tmp_path / "副本").resolve())
    shutil.copytree(folder.root, other.root)
    other.rollup.unlink()
    _, made = run(CheckRequest([other.root], TODAY))
    assert made.closing[-1] == f"汇总:{other.rollup}"
    assert other.rollup.exists()


def test_returns_on_another_disk_by_a_link(folder: SeasonFolder, tmp_path: Path) -> None:
    folder.returned.rename(tmp_path / "别处")
    folder.returned.symlink_to(tmp_path / "别处", target_is_directory=True)
    records, _ = run(CheckRequest([folder.returned], TODAY))
    assert [record["source"] for record in records] == ["回收/甲.xlsx"]
    assert [path.name for path in folder.results.glob("*.xlsx")] == ["甲_审核结果.xlsx"]


# ---------------------------------------------------------------- requests


def test_results_elsewhere_of_all_that_came_back(folder: SeasonFolder, tmp_path: Path) -> None:
    records, _ = run(CheckRequest([folder.root], TODAY, output=tmp_path / "别处"))
    assert [record["standing"] for record in records] == ["passed"]
    assert [path.name for path in (tmp_path / "别处").iterdir()] == ["甲_审核结果.xlsx"]


def test_a_comparison_needs_one_file(folder: SeasonFolder) -> None:
    (folder.returned / "乙.xlsx").write_bytes(returned(SECOND))
    with pytest.raises(UsageError, match="一次只能审核一个文件"):
        run(CheckRequest([folder.root], TODAY, previous=folder.returned / "甲.xlsx"))


def test_the_folder_above_seasons_is_refused(folder: SeasonFolder) -> None:
    with pytest.raises(UsageError, match=r"里面有任务文件夹.*2022年度自评"):
        run(CheckRequest([folder.root.parent], TODAY))
    assert not list(folder.root.rglob("*_审核结果.xlsx"))


def _broken_off(request: CheckRequest) -> None:
    with checking.checking(request) as made:
        next(made.records)
        raise BrokenPipeError


def test_settings_that_were_renamed_are_missed(folder: SeasonFolder) -> None:
    folder.settings.rename(folder.root / "任务设置(1).xlsx")
    for paths in ([folder.root], [folder.root / "."]):
        with pytest.raises(UsageError, match="这里像是任务文件夹"):
            run(CheckRequest(paths, TODAY))


def test_the_lock_is_held_until_no_worker_writes(
    folder: SeasonFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    faulty.in_processes(monkeypatch)
    for number in range(12):
        (folder.returned / f"{number:02d}.xlsx").write_bytes(returned(FIRST))
    with pytest.raises(BrokenPipeError):
        _broken_off(CheckRequest([folder.root], TODAY))
    before = sorted(folder.results.rglob("*"))
    with Season(folder, campaign()):
        assert sorted(folder.results.rglob("*")) == before


# ---------------------------------------------------------------- the store


def _overwrite(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[4096:] = b"\xff" * (len(data) - 4096)
    path.write_bytes(data)


def _other_tables(path: Path) -> None:
    path.unlink()
    base = sqlite3.connect(path)
    base.executescript("CREATE TABLE returns (a, b); PRAGMA user_version = 1;")
    base.close()


def _other_layout(path: Path) -> None:
    base = sqlite3.connect(path)
    base.executescript("PRAGMA user_version = 99;")
    base.close()


def _damaged_record(path: Path) -> None:
    base = sqlite3.connect(path)
    base.executescript("UPDATE returns SET record = x'0011';")
    base.close()


@pytest.mark.parametrize(
    "damage",
    [
        _overwrite,
        _other_tables,
        _other_layout,
        _damaged_record,
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(path.read_bytes()[:5000]),
    ],
)
def test_a_damaged_store_is_made_anew(
    folder: SeasonFolder, damage: Callable[[Path], object]
) -> None:
    check(folder, write=False)
    damage(folder.store / NAME)
    assert [record["standing"] for record in check(folder, write=False)] == ["passed"]
    with Store(folder.store) as store:
        assert [record["standing"] for record in store.records()] == ["passed"]


@pytest.fixture
def locked(folder: SeasonFolder) -> Iterator[None]:
    """Hold the store, as another program may."""
    check(folder)
    base = sqlite3.connect(folder.store / NAME, isolation_level=None)
    base.execute("BEGIN IMMEDIATE")
    yield
    base.close()


@pytest.mark.usefixtures("locked")
def test_a_store_held_by_another_program_does_not_stop_the_checks(folder: SeasonFolder) -> None:
    for number in range(3):
        (folder.returned / f"{number}.xlsx").write_bytes(returned(FIRST))
    records, made = run(CheckRequest([folder.root], TODAY))
    assert [record["standing"] for record in records] == ["passed"] * 4
    assert isinstance(made.fault, WriteError)
    assert "正被别的程序占用" in made.fault.message
    assert len(list(folder.results.glob("*_审核结果.xlsx"))) == 4
    with Store(folder.store) as store:  # what was known is known still
        assert [entry.source for entry in store.entries()] == ["回收/甲.xlsx"]


def test_a_reader_broken_off_may_end_after_the_store(folder: SeasonFolder) -> None:
    check(folder)
    with Store(folder.store) as store:
        records = store.records()
        assert next(records)
    assert isinstance(records, Generator)
    records.close()  # as Python does in its own time


def test_files_that_are_no_spreadsheets_are_named(folder: SeasonFolder) -> None:
    for name in ("报告.docx", "盖章.pdf", "说明.txt", "照片.jpg", "~$甲.xlsx"):
        (folder.returned / name).write_bytes(b"x")
    _, made = run(CheckRequest([folder.root], TODAY))
    assert made.closing[:5] == [
        "不是表格,没有看:回收/报告.docx",
        "不是表格,没有看:回收/照片.jpg",
        "不是表格,没有看:回收/盖章.pdf",
        "不是表格,没有看:回收/说明.txt",
        "照例不看:系统和办公软件的文件 1 个",
    ]
