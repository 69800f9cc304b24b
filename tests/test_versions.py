"""Which of several returns of one unit counts."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from seasons import UNITS, campaign, returned

from perfxl.form.identity import WRITTEN
from perfxl.form.register import Unit
from perfxl.returns.records import PASSED, TO_CORRECT, UNREADABLE, Entry, entry_of, record_of
from perfxl.returns.versions import moment, versions
from perfxl.returns.workflow import Terms, check_bytes
from perfxl.run.store import Store

ALL = ("001", "")
ENTRY = Entry("b.xlsx", "", "001", PASSED, "2023-04-10T08:00:00Z", "2023-04-12T08:00:00Z", "")


@pytest.mark.parametrize(
    "other",
    [
        replace(ENTRY, source="c", saved="2023-04-10T07:59:59Z"),
        replace(ENTRY, source="c", saved="2023-04-10T15:59:00+08:00"),
        replace(ENTRY, source="c", received="2023-04-11T08:00:00Z"),
        replace(ENTRY, source="a"),
        replace(ENTRY, source="c", saved="2024-01-01T00:00:00Z", standing=UNREADABLE),
        replace(ENTRY, source="c", saved="2024-01-01T00:00:00Z", year_fits=False),
        replace(ENTRY, source="c", saved="", received="2023-04-10T07:00:00Z"),
        replace(ENTRY, source="c", saved=WRITTEN, received="2023-04-10T07:00:00Z"),
        replace(ENTRY, source="c", saved="no date", received=""),
    ],
    ids=[
        "saved",
        "zone",
        "received",
        "path",
        "unreadable",
        "another year",
        "no date",
        "untouched",
        "no date at all",
    ],
)
def test_the_later_one_counts(other: Entry) -> None:
    for both in ([ENTRY, other], [other, ENTRY]):
        found = versions(both)
        assert found.of_units == {ALL: [ENTRY, other]}
        assert found.counting == {"b.xlsx"}


def test_one_not_saved_since_counts_by_its_arrival() -> None:
    later = replace(ENTRY, source="a", saved=WRITTEN, received="2023-04-13T08:00:00Z")
    assert versions([ENTRY, later]).of_units[ALL][0] is later


def test_one_of_another_year_counts_before_one_that_cannot_be_read() -> None:
    other = replace(ENTRY, year_fits=False)
    unreadable = replace(ENTRY, source="c", standing=UNREADABLE, received="2024-01-01T00:00:00Z")
    assert versions([other, unreadable]).of_units[ALL][0] is other


def test_what_is_wrong_with_a_return_does_not_matter() -> None:
    later = replace(ENTRY, saved="2023-04-11T08:00:00Z", standing=TO_CORRECT)
    assert versions([ENTRY, later]).of_units[ALL][0] is later


def test_each_project_of_a_unit_counts_once() -> None:
    spelt = [replace(ENTRY, source=source, project="免费 开放") for source in ("a", "b")]
    other = replace(ENTRY, source="c", project="购书")
    units = [Unit("001", "馆"), Unit("002", "校")]
    found = versions([*spelt, replace(other, project="购 书", source="d"), other])
    assert found.counting == {"b", "d"}
    assert [(unit.code, [e.source for e in es]) for unit, es in found.of_each(units)] == [
        ("001", ["b", "a"]),
        ("001", ["d", "c"]),
        ("002", []),
    ]


def test_a_file_of_no_unit_never_counts() -> None:
    strays = [replace(ENTRY, unit=None, source=source) for source in ("b", "a")]
    found = versions(strays)
    assert [entry.source for entry in found.strays] == ["a", "b"]
    assert not found.counting


@given(st.permutations([replace(ENTRY, source=f"{n}", unit=f"{n % 3}") for n in range(9)]))
def test_the_order_does_not_matter(entries: list[Entry]) -> None:
    found = versions(entries)
    assert found.counting == {"6", "7", "8"}
    assert sum(len(of_unit) for of_unit in found.of_units.values()) == len(entries)


def test_a_time_without_zone_is_utc() -> None:
    assert moment("2023-04-10T08:00:00") == datetime(2023, 4, 10, 8, tzinfo=UTC)
    assert moment("yesterday") is None


@pytest.mark.parametrize(("year", "fits"), [(2022, True), (2021, False), (None, True)])
def test_the_store_keeps_whether_the_year_fits(
    year: int | None, fits: bool, tmp_path: Path
) -> None:
    """A blank year says nothing against a return."""
    season = campaign()
    typed = None if year is None else Decimal(year)
    data = returned(UNITS[0], changes={"unit.year": typed})
    checked = check_bytes(Path("a.xlsx"), data, Terms(season.rubric, season.year, season.register))
    with Store(tmp_path) as store:
        store.put(record_of(checked, "a.xlsx"), "", "")
        (entry,) = store.entries()
    assert entry == entry_of(record_of(checked, "a.xlsx"))
    assert entry.year_fits is fits
