"""What one job does to its process costs that job alone."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import build
import pytest

from perfxl.run import workers
from perfxl.run.process import DIED, FAULT, OVERRAN, Allowance, Lost
from perfxl.run.workers import AHEAD, Task, Workers

pytestmark = pytest.mark.machine

LIMITS = Allowance(30.0)
_scale = 0


def begin(scale: int) -> None:
    global _scale
    _scale = scale


def work(job: object) -> object:
    match job:
        case "abort":
            os.abort()
        case "hang":
            time.sleep(60)
        case "bug":
            raise RuntimeError("a bug")
        case "interrupt":
            raise KeyboardInterrupt
        case int():
            return job * _scale
    return job


def results(*steps: object, seconds: float = 30.0, processes: int = 2) -> list[object]:
    """Give what the steps yield; texts and numbers are jobs, lists are no jobs."""
    with Workers(work, processes, begin, (10,), Allowance(seconds)) as workers:
        started = (s if isinstance(s, list) else workers.start(s) for s in steps)
        return list(workers.results(started))


def test_results_come_in_the_order_of_the_steps() -> None:
    assert results(1, [0], 2, 3, [4], [5], 6) == [10, [0], 20, 30, [4], [5], 60]


def test_a_process_that_dies_costs_its_job_only() -> None:
    found = results(1, "abort", 2, "abort", *range(3, 20))
    assert found == [10, Lost(DIED), 20, Lost(DIED), *(n * 10 for n in range(3, 20))]


def test_a_job_that_overruns_is_ended() -> None:
    start = time.monotonic()
    assert results(1, "hang", 2, 3, seconds=1.0) == [10, Lost(OVERRAN), 20, 30]
    assert time.monotonic() - start < 30


def test_a_bug_is_a_fault_of_ours_with_its_traceback() -> None:
    one, fault, two = results(1, "bug", 2)
    assert (one, two) == (10, 20)
    assert isinstance(fault, Lost)
    assert fault.why == FAULT
    assert "RuntimeError: a bug" in fault.details


def test_steps_are_taken_a_few_ahead_only() -> None:
    taken = count()

    def steps(workers: Workers[object, object]) -> Iterator[Task[object, object]]:
        for number in range(200):
            next(taken)
            yield workers.start(number)

    with Workers(work, 1, begin, (1,), LIMITS) as workers:
        found = workers.results(steps(workers))
        assert next(found) == 0
        assert next(taken) <= AHEAD + 2
        assert list(found) == list(range(1, 200))


def test_broken_off_it_ends_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "GRACE", 0.5)
    start = time.monotonic()

    def stopped() -> None:
        with Workers(work, 2, begin, (1,), LIMITS) as two:
            found = two.results(two.start(job) for job in (1, "hang", *range(100)))
            next(found)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped()
    assert time.monotonic() - start < 20


def unable() -> None:
    raise RuntimeError("this process cannot begin")


def test_a_process_that_never_began_is_a_fault_of_ours_not_of_the_file() -> None:
    with Workers(work, 1, unable, (), LIMITS) as workers:
        (found,) = workers.results([workers.start(1)])
    assert isinstance(found, Lost)
    assert found.why == FAULT
    assert "this process cannot begin" in found.details


def test_reading_elsewhere_gives_the_same(tmp_path: Path) -> None:
    """The program starts the process that reads, the command line called alone does not."""
    alone = "import sys; from perfxl.cli import program; program.main()"
    shown = []
    for program in (["-m", "perfxl"], ["-c", alone]):
        folder = tmp_path / program[0]
        folder.mkdir()
        (folder / "甲.xlsx").write_bytes((build.HERE / "clean" / "filled.xlsx").read_bytes())
        command = [sys.executable, *program, "check", "甲.xlsx"]
        done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
        shown.append((done.stdout, (folder / "甲_审核结果.xlsx").read_bytes()))
    assert shown[0] == shown[1]
