"""Whatever a file holds, it gets a verdict: some hundred mangled workbooks (more: see `fuzz`)."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from io import BytesIO
from pathlib import Path

import fuzz
import pytest
from fuzz import Failure, Fuzzer, Recipe, Tried, fuzzed
from libreoffice import needs_libreoffice
from mangling import ACTIVE, mangled

pytestmark = pytest.mark.deep

TRIES = 100
CHUNKS = 4  # that several cores can share them
STEPS = tuple(range(1000, 1040))


@cache
def books() -> Mapping[str, bytes]:
    return fuzz.bases(others=False)


@pytest.mark.parametrize("seed", range(CHUNKS))
def test_whatever_a_file_holds_it_gets_a_verdict(seed: int) -> None:
    fuzzer = fuzzed(seed, TRIES, books())
    assert fuzzer.failures == {}
    assert len(fuzzer.kept) > 10


@needs_libreoffice
def test_so_does_what_other_programs_saved() -> None:
    saved = fuzz.saved(books()["clean.xlsx"])
    assert set(saved) == {"saved.xls", "saved.ods", "saved.xlsx"}
    assert fuzzed(CHUNKS, TRIES // 4, saved).failures == {}


def test_the_same_steps_give_the_same_bytes_and_none_the_same_file() -> None:
    data = books()["bare.xlsx"]
    assert mangled(data, ()) == data
    assert all(mangled(data, [step]) == mangled(data, [step]) for step in STEPS)
    assert len({mangled(data, [step]) for step in STEPS}) > len(STEPS) * 3 // 4


def test_the_same_seed_tries_the_same_files() -> None:
    one, two = (fuzzed(7, 16, {"bare.xlsx": books()["bare.xlsx"]}, jobs) for jobs in (1, 2))
    assert one.kept == two.kept
    assert one.reached == two.reached


class Faulty:
    """Stands for processes whose check fails wherever a file was made by a certain step."""

    def start(self, recipe: Recipe) -> Recipe:
        return recipe

    def results(self, recipes: Iterable[Recipe]) -> Iterator[Tried]:
        for recipe in recipes:
            step = max(recipe.steps, default=0)
            yield Tried(frozenset(), (f"fails at {step}",) if step > 1 << 39 else ())


def test_a_failure_is_kept_once_and_cut_down_to_the_step_it_takes(tmp_path: Path) -> None:
    fuzzer = Fuzzer(1, ("bare.xlsx",))
    fuzzer.run(Faulty(), 200)  # type: ignore[arg-type]
    (failure,) = fuzzer.failures.values()
    assert fuzzer.failed[failure.kind] > 50
    assert len(failure.recipe.steps) == 1
    fuzz.keep(fuzzer, books(), tmp_path)
    data = (tmp_path / "1-0-bare.xlsx").read_bytes()
    assert data == mangled(books()["bare.xlsx"], failure.recipe.steps)
    assert "fails at" in (tmp_path / "1-0-bare.txt").read_text(encoding="utf-8")


def test_failures_at_one_place_are_of_one_kind() -> None:
    traces = (
        f'  File "{folder}/perfxl/check/rule.py", line 7\n    x\nValueError: {number} is odd'
        for folder, number in (("/a", 1), ("/b", 27))
    )
    kinds = {Failure(Recipe("bare.xlsx", ()), trace).kind for trace in traces}
    assert kinds == {'perfxl/check/rule.py", line 7 ValueError: _ is odd'}


@pytest.mark.parametrize("name, data", [ACTIVE[0], ACTIVE[1], ("xl/workbook.xml", ACTIVE[3][1])])
def test_what_a_result_must_not_hold_is_noticed(name: str, data: bytes) -> None:
    target = BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr(name, data)
        archive.writestr("xl/sharedStrings.xml", data)  # a text is but a text
    assert len(list(fuzz.carried_over(target.getvalue()))) == 1 + (name != "xl/workbook.xml")
