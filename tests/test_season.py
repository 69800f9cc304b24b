"""A season's returns: each ends in one status, known ones are not done again, faults stay small."""

from __future__ import annotations

import os
import shutil
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from editing import rewritten
from filelock import FileLock
from msgspec.structs import replace
from seasons import TODAY, UNITS, WRONG, campaign, returned, season_folder

from perfxl.disk import files
from perfxl.errors import UsageError, WriteError
from perfxl.form.register import Register, Unit
from perfxl.returns.records import Record
from perfxl.returns.versions import versions
from perfxl.run import batch
from perfxl.run.process import DIED, OVERRAN, Lost
from perfxl.run.sources import Source
from perfxl.run.store import NAME, Store
from perfxl.run.work import CheckJob, named_in
from perfxl.season.rollup.writing import RollupJob, roll_up
from perfxl.season.season import LOCK_NAME, Season
from perfxl.settings.campaign import Campaign
from perfxl.settings.folder import FORM_NAME, SETTINGS_NAME, SeasonFolder

FIRST, SECOND, LIBRARY = UNITS
FEWER = Register(UNITS[:2])
pytestmark = pytest.mark.usefixtures("at_once", "work_once")


@pytest.fixture
def season(tmp_path: Path) -> Iterator[Season]:
    folder = season_folder(tmp_path / "2022年度自评")
    with Season(folder, campaign()) as opened:
        yield opened


def put(season: Season, name: str, data: bytes) -> Path:
    path = season.folder.returned / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def checked(
    season: Season, *paths: Path, write: bool = True, today: date | None = None
) -> list[Record]:
    """Check as the command does, and give the records."""
    found = season.check(season.sources(paths), write, today=today)
    return [record for record in found if not isinstance(record, Lost)]


def standings(records: Sequence[Record]) -> dict[str, str]:
    return {record["source"].removeprefix("回收/"): record["standing"] for record in records}


def results(season: Season) -> list[str]:
    return sorted(
        path.relative_to(season.folder.results).as_posix()
        for path in season.folder.results.rglob("*.xlsx")
    )


# ---------------------------------------------------------------- every file one status


def test_every_file_ends_in_one_status_and_has_its_result(season: Season) -> None:
    put(season, "甲.xlsx", returned(FIRST))
    put(season, "教育/乙.xlsx", returned(SECOND, changes=WRONG))
    put(season, "坏.xlsx", b"nonsense")
    with zipfile.ZipFile(season.folder.returned / "包.zip", "w") as archive:
        archive.writestr("表/丙.xlsx", returned(LIBRARY))
        archive.writestr("坏.xlsx", b"")
    assert standings(checked(season)) == {
        "包.zip/坏.xlsx": "unreadable",
        "包.zip/表/丙.xlsx": "passed",
        "坏.xlsx": "unreadable",
        "教育/乙.xlsx": "correct",
        "甲.xlsx": "passed",
    }
    assert results(season) == ["包/丙_审核结果.xlsx", "教育/乙_审核结果.xlsx", "甲_审核结果.xlsx"]
    by_source = {entry.source: entry for entry in season.store.entries()}
    assert by_source["回收/甲.xlsx"].unit == FIRST.code
    assert by_source["回收/教育/乙.xlsx"].result == "结果/教育/乙_审核结果.xlsx"
    assert by_source["回收/坏.xlsx"].unit is None


def test_a_file_that_cannot_be_read_is_attributed_by_its_name(season: Season) -> None:
    put(season, f"{FIRST.code}_示例第一小学_2022年度部门整体支出绩效自评表.xlsx", b"")
    put(season, "无名.xlsx", b"")
    checked(season)
    assert {entry.unit for entry in season.store.entries()} == {FIRST.code, None}


NAMED = Register(
    (
        Unit("100201", "示例第一小学"),
        Unit("100202", "示例区教育局"),
        Unit("100203", "示例区教育局(本级)"),
        Unit("001", "甲/乙"),
        Unit("100205", "同名单位"),
        Unit("100206", "同名单位"),
    )
)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("100201_示例第一小学_2022年度部门整体支出绩效自评表", "100201"),
        ("100201_终稿", "100201"),
        ("100201(1)", "100201"),
        ("示例第一小学", "100201"),
        ("报送 示例第一小学 - 副本", "100201"),
        ("示例第一小学2022年度自评表", "100201"),
        ("100201示例第一小学自评表", "100201"),
        ("001_甲_乙_2022年度部门整体支出绩效自评表", "001"),
        ("示例区教育局", "100202"),
        ("示例区教育局（本级）自评表", "100203"),
        ("100206_同名单位_2022年度", "100206"),
        ("999_示例第一小学", "100201"),
        ("1", None),
        ("同名单位", None),
        ("示例第一小学分校", None),
        ("新示例第一小学", None),
        ("示例区教育局和示例第一小学", None),
        ("100201_示例区教育局", None),
        ("自评表", None),
        ("", None),
    ],
)
def test_the_unit_a_name_tells_of(name: str, code: str | None) -> None:
    """What is not certain is no unit's."""
    assert named_in(Source(Path(f"{name}.xlsx"), name), NAMED) == code


def test_unit_is_held_against_the_register(season: Season) -> None:
    told = {
        "甲": (returned(FIRST, changes={"unit.name": SECOND.name}), "在单位名单里是“示例第一小学”"),
        "乙": (returned(FIRST, changes={"unit.code": "999"}), "在单位名单里的代码是 100201"),
        "丙": (returned(Unit("999", "别处")), "单位名单里没有“999 别处”"),
        "丁": (returned(FIRST, changes={"unit.name": "示例一小"}), "单位名称填的是“示例一小”"),
        "戊": (returned(FIRST, changes={"unit.code": "０１００２０１"}), ""),
    }
    for name, (data, _) in told.items():
        put(season, f"{name}.xlsx", data)
    units = {}
    for record in checked(season, write=False):
        name = record["document"]["path"].removeprefix("回收/").removesuffix(".xlsx")
        found = [f["message"] for f in record["document"]["findings"] if f["id"] == "W12"]
        assert [told[name][1]] == [told[name][1] for text in found if told[name][1] in text] or (
            not told[name][1] and not found
        )
        units[name] = record["unit"]
    assert units == {"甲": None, "乙": FIRST.code, "丙": None, "丁": FIRST.code, "戊": FIRST.code}


# ---------------------------------------------------------------- what is known


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a season of two checked returns, to be copied: each check starts processes."""
    folder = season_folder(tmp_path_factory.mktemp("prepared"))
    with Season(folder, campaign()) as season:
        put(season, "甲.xlsx", returned(FIRST))
        put(season, "乙.xlsx", returned(SECOND, changes=WRONG))
        assert standings(checked(season)) == {"甲.xlsx": "passed", "乙.xlsx": "correct"}
    return folder.root


@pytest.fixture
def two_returns(prepared: Path, tmp_path: Path) -> Iterator[Season]:
    root = shutil.copytree(prepared, tmp_path / "2022年度自评")  # with the times of its files
    with Season(SeasonFolder(root), campaign()) as season:
        yield season


def started(
    season: Season,
    monkeypatch: pytest.MonkeyPatch,
    today: date | None = None,
    write: bool = True,
) -> list[str]:
    """Check again and give the returns that were checked anew."""
    anew: list[str] = []
    job = batch._Batch.job

    def noting(self: batch._Batch, source: Source) -> CheckJob:
        anew.append(source.stem)
        return job(self, source)

    monkeypatch.setattr(batch._Batch, "job", noting)
    checked(season, write=write, today=today)
    monkeypatch.undo()
    return anew


def test_what_has_not_changed_is_not_done_again(
    two_returns: Season, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = list(two_returns.store.records())
    os.utime(two_returns.folder.returned / "甲.xlsx", (0, 0))  # only its time has changed
    assert started(two_returns, monkeypatch) == []
    assert list(two_returns.store.records()) == before


@pytest.mark.parametrize(
    ("change", "anew"),
    [
        (lambda s: put(s, "甲.xlsx", returned(FIRST, changes={"unit.department": "别的"})), ["甲"]),
        (lambda s: put(s, "新.xlsx", returned(LIBRARY)), ["新"]),
        (lambda s: (s.folder.results / "甲_审核结果.xlsx").unlink(), ["甲"]),
        (lambda s: (s.folder.results / "甲_审核结果.xlsx").write_bytes(b"edited"), ["甲"]),
        (
            lambda s: setattr(s, "terms", replace(s.terms, register=Register(UNITS[:2]))),
            ["乙", "甲"],
        ),
    ],
)
def test_what_has_changed_is_done_again(
    two_returns: Season, monkeypatch: pytest.MonkeyPatch, change: object, anew: list[str]
) -> None:
    assert callable(change)
    change(two_returns)
    assert started(two_returns, monkeypatch) == anew


def test_a_date_to_come_is_looked_at_again_on_another_day(
    season: Season, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(season, "甲.xlsx", returned(FIRST, changes={"conclusion.date": date(2023, 4, 20)}))
    put(season, "乙.xlsx", returned(SECOND))

    def told() -> set[str]:
        documents = (record["document"] for record in season.store.records())
        return {finding["id"] for document in documents for finding in document["findings"]}

    before, after = date(2023, 4, 10), date(2023, 4, 20)
    assert started(season, monkeypatch, before, write=False) == ["乙", "甲"]
    assert "C06" in told()
    assert started(season, monkeypatch, before, write=False) == []
    assert started(season, monkeypatch, after, write=False) == ["甲"]
    assert "C06" not in told()
    assert started(season, monkeypatch, date(2023, 5, 1), write=False) == []


def test_results_not_written_before_are_written_when_asked(
    season: Season, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(season, "甲.xlsx", returned(FIRST))
    checked(season, write=False)
    assert results(season) == []
    assert started(season, monkeypatch) == ["甲"]
    assert results(season) == ["甲_审核结果.xlsx"]


def test_a_result_somebody_worked_on_is_never_replaced(two_returns: Season) -> None:
    mine = two_returns.folder.results / "甲_审核结果.xlsx"
    mine.write_bytes(b"my notes")
    checked(two_returns)
    assert mine.read_bytes() == b"my notes"
    assert (two_returns.folder.results / "甲_审核结果_2.xlsx").exists()


def test_returns_that_are_gone_are_forgotten(two_returns: Season) -> None:
    (two_returns.folder.returned / "乙.xlsx").unlink()
    found = two_returns.sources()
    list(two_returns.check(found))
    two_returns.forget_others(found)
    assert [entry.source for entry in two_returns.store.entries()] == ["回收/甲.xlsx"]


def test_what_is_gone_or_changed_since_it_was_checked_counts_no_more(two_returns: Season) -> None:
    first = two_returns.folder.returned / "甲.xlsx"
    os.utime(first, (0, 0))
    two_returns.demand_checked()  # only its time has changed
    (two_returns.folder.returned / "乙.xlsx").rename(two_returns.folder.root / "乙.xlsx")
    two_returns.demand_checked()
    assert [entry.source for entry in two_returns.store.entries()] == ["回收/甲.xlsx"]
    first.write_bytes(b"another")
    with pytest.raises(UsageError, match="有 1 份还没有审核"):
        two_returns.demand_checked()


def test_a_damaged_store_is_made_anew(tmp_path: Path) -> None:
    folder = season_folder(tmp_path / "s")
    folder.store.mkdir()
    (folder.store / NAME).write_bytes(b"no database at all, but long enough to be looked at" * 99)
    with Season(folder, campaign()) as season:
        put(season, "甲.xlsx", returned(FIRST))
        assert standings(checked(season)) == {"甲.xlsx": "passed"}


# ---------------------------------------------------------------- several returns of one unit


def test_of_several_returns_the_one_saved_last_counts(season: Season) -> None:
    early, late = returned(FIRST, changes=WRONG), returned(FIRST)
    put(season, "z_早.xlsx", saved_at(early, "2023-03-01T08:00:00Z"))
    put(season, "a_晚.xlsx", saved_at(late, "2023-03-05T08:00:00Z"))
    put(season, f"{FIRST.code}_最后.xlsx", b"cannot be read")
    checked(season, write=False)
    found = versions(season.store.entries())
    (of_first,) = found.of_units.values()
    assert [entry.source for entry in of_first] == [
        "回收/a_晚.xlsx",
        "回收/z_早.xlsx",
        f"回收/{FIRST.code}_最后.xlsx",
    ]
    assert found.counting == {"回收/a_晚.xlsx"}


def saved_at(data: bytes, when: str) -> bytes:
    """Give a workbook as an office program saves it at that time."""

    def change(part: str, content: bytes) -> bytes:
        if part != "docProps/core.xml":
            return content
        return content.replace(b"2022-01-01T00:00:00Z", when.encode())

    return rewritten(data, change)


# ---------------------------------------------------------------- faults around us


def test_a_second_run_says_so_and_stops(tmp_path: Path) -> None:
    folder = season_folder(tmp_path / "s")
    folder.store.mkdir()
    with (
        FileLock(folder.store / LOCK_NAME),
        pytest.raises(UsageError, match="另一个 perfxl 正在处理"),
        Season(folder, campaign()),
    ):
        pass


def test_remains_of_a_killed_run_are_taken_away(tmp_path: Path) -> None:
    folder = season_folder(tmp_path / "s")
    (folder.results / "子").mkdir()
    for place in (folder.root, folder.results / "子"):
        (place / f"{files.TEMPORARY}abc.tmp").write_bytes(b"half")
    (folder.root / "我的.tmp").write_bytes(b"mine")
    with Season(folder, campaign()):
        assert [path.name for path in folder.root.rglob("*.tmp")] == ["我的.tmp"]


@pytest.mark.parametrize("why", [DIED, OVERRAN])
def test_a_worker_that_dies_is_one_unreadable_file(
    season: Season, monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    put(season, "甲.xlsx", returned(FIRST))
    put(season, f"{SECOND.code}_乙.xlsx", returned(SECOND))
    settled = batch._Batch.settled

    def losing(self: batch._Batch, source: Source, result: object) -> object:
        return settled(self, source, Lost(why) if "乙" in source.stem else result)  # type: ignore[arg-type]

    monkeypatch.setattr(batch._Batch, "settled", losing)
    records = checked(season, write=False)
    assert set(standings(records).values()) == {"passed", "unreadable"}
    (lost,) = (record for record in records if record["standing"] == "unreadable")
    assert lost["unit"] == SECOND.code
    assert lost["document"]["error"]["message"]
    monkeypatch.undo()
    assert standings(checked(season, write=False))["甲.xlsx"] == "passed"
    assert {record["standing"] for record in season.store.records()} == {"passed"}  # tried again


def test_returns_that_vanish_while_they_are_checked(season: Season) -> None:
    put(season, "甲.xlsx", returned(FIRST))
    put(season, "乙.xlsx", returned(SECOND))
    found = season.sources()
    shutil.rmtree(season.folder.returned)
    records = [record for record in season.check(found) if not isinstance(record, Lost)]
    assert {record["document"]["error"]["message"] for record in records} == {"文件不存在"}


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_season_is_told_before_the_work(tmp_path: Path) -> None:
    folder = season_folder(tmp_path / "s")
    folder.results.chmod(0o500)
    with pytest.raises(WriteError, match="不能写入"), Season(folder, campaign()):
        pass
    folder.results.chmod(0o700)


def test_a_folder_that_cannot_be_made_is_told_before_the_work(tmp_path: Path) -> None:
    folder = season_folder(tmp_path / "s")
    folder.store.write_bytes(b"a file where a folder is wanted")
    with pytest.raises(WriteError, match="不能写入"), Season(folder, campaign()):
        pass


def test_settings_changed_while_a_run_goes_on(season: Season) -> None:
    assert season.changed() == []
    season.folder.settings.write_bytes(b"other settings")
    assert season.changed() == [SETTINGS_NAME]
    season.folder.form.write_bytes(b"a form")
    assert season.changed() == [SETTINGS_NAME, FORM_NAME]


def test_a_store_gives_back_what_was_put(two_returns: Season, tmp_path: Path) -> None:
    records = list(two_returns.store.records())
    with Store(tmp_path / "other") as store:
        for record in reversed(records):
            store.put(record, "mark", "stamp")
        store.put_note("rollup", "abc")
    with Store(tmp_path / "other") as store:
        assert list(store.records()) == records
        assert list(store.records({"回收/甲.xlsx"})) == [records[1]]
        assert store.note("rollup") == "abc"
        assert [entry.standing for entry in store.entries()] == ["correct", "passed"]


def test_campaign_of_no_units_holds_nobody_against_it(tmp_path: Path) -> None:
    everybody: Campaign = replace(campaign(), register=Register())
    with Season(season_folder(tmp_path / "s"), everybody) as season:
        put(season, "甲.xlsx", returned(Unit("1", "某单位")))
        assert standings(checked(season)) == {"甲.xlsx": "passed"}


# ---------------------------------------------------------------- the roll-up


def test_the_roll_up_is_written_when_anything_in_it_has_changed(two_returns: Season) -> None:
    rollup = two_returns.roll_up(TODAY)
    assert rollup == two_returns.folder.rollup
    first = rollup.stat()
    assert two_returns.roll_up(TODAY) == rollup
    assert rollup.stat().st_mtime_ns == first.st_mtime_ns
    put(two_returns, "丙.xlsx", returned(LIBRARY))
    checked(two_returns)
    two_returns.roll_up(TODAY)
    assert rollup.stat().st_mtime_ns != first.st_mtime_ns
    book = openpyxl.load_workbook(rollup)
    names = {cell.value for row in book["单位情况"].iter_rows() for cell in row}
    assert {FIRST.name, SECOND.name, LIBRARY.name} <= names


def test_a_roll_up_the_clerk_has_worked_on_is_kept(two_returns: Season) -> None:
    rollup = two_returns.roll_up(TODAY)
    book = openpyxl.load_workbook(rollup)
    book.save(rollup)
    mine = rollup.read_bytes()
    assert two_returns.roll_up(TODAY) == rollup.with_name("汇总_2.xlsx")
    assert rollup.read_bytes() == mine


def test_a_roll_up_that_cannot_be_written_is_told(
    two_returns: Season, monkeypatch: pytest.MonkeyPatch
) -> None:
    rollup = two_returns.roll_up(TODAY).read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    told = roll_up(RollupJob(two_returns.folder, two_returns.campaign, TODAY))
    assert isinstance(told, WriteError)
    assert "磁盘已满" in told.message
    assert two_returns.folder.rollup.read_bytes() == rollup
