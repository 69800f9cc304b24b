"""What a season costs: python benchmarks/season.py [--quick] [--returns 1000] [--only one,batch].

First one return after another in one process, beside what cannot be done without; then whole
seasons, each run a process of its own with its workers: time, memory, workers. See README.md.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import mean
from time import perf_counter, process_time, sleep

import returns as made
from msgspec import Struct
from run import Recording, Unsearched, padded, raw_read, record, seconds
from xlsxwriter.worksheet import Worksheet

from perfxl.render.cells import PlainWorksheet
from perfxl.returns import workflow
from perfxl.returns.output import Checked
from perfxl.returns.records import record_of
from perfxl.settings.folder import SeasonFolder

ROOT = Path(__file__).resolve().parent.parent
SEEN = 32  # returns of which each step is timed
STAGES = ("读取+审核", "写审核结果", "留记录")
READ, WRITTEN = (
    "calamine 原样读取",
    ("xlsxwriter 只写单元格", "同上,公式免查新函数", "同上,用 perfxl 的工作表类"),
)
PAPERS = (Worksheet, Unsearched, PlainWorksheet)
WORKERS = os.cpu_count() or 1
Step = Callable[[], object]


class Costs(Struct, frozen=True):
    """Seconds of one return: each stage of ours; raw reading, bare writing by each of PAPERS."""

    stages: Sequence[float]
    read: float
    written: Sequence[float]

    @property
    def ours(self) -> float:
        """All that perfxl does with a return."""
        return sum(self.stages)

    def floor(self, paper: int = 0) -> float:
        """What cannot be done without."""
        return self.read + self.written[paper]


# ---------------------------------------------------------------- one return after another


def checked(one: made.Return, terms: workflow.Terms) -> Checked:
    """Give the check of a return."""
    return workflow.check_bytes(Path(one.name), one.data, terms)


def kept(one: Checked, terms: workflow.Terms) -> str:
    """Give what is kept of a check, as text."""
    return json.dumps(record_of(one, str(one.path), "", terms.register), ensure_ascii=False)


def costs_of(one: made.Return, terms: workflow.Terms) -> Costs:
    """Time every stage of one return and its floors, each after one turn that does not count."""
    found = checked(one, terms)
    cells: Recording = record(lambda: workflow.result_bytes(found))
    stages: Sequence[Step] = (
        lambda: checked(one, terms),
        lambda: workflow.result_bytes(found),
        lambda: kept(found, terms),
    )
    written = [least_of_two(partial(cells.write, paper)) for paper in PAPERS]
    read = least_of_two(lambda: raw_read(one.data))
    return Costs([least_of_two(stage) for stage in stages], read, written)


def least_of_two(step: Step) -> float:
    """Give the processor time of a step, the lesser of two."""
    return min(seconds(step, process_time) for _ in range(2))


def one_by_one(returns: Sequence[made.Return], terms: workflow.Terms) -> list[Costs]:
    """Print where the time of a return goes, beside its floors, and give the costs."""
    readable = [one for one in returns if checked(one, terms).error is None]
    costs = [costs_of(one, terms) for one in readable]
    ours = mean(one.ours for one in costs)
    for number, name in enumerate(STAGES):
        spent = mean(one.stages[number] for one in costs)
        line(name, milliseconds(spent), f"{spent / ours:.0%}")
    line("合计", milliseconds(ours))
    line(READ, milliseconds(mean(one.read for one in costs)))
    for number, name in enumerate(WRITTEN):
        line(name, milliseconds(mean(one.written[number] for one in costs)))
    for number, name in enumerate(WRITTEN):
        floor = mean(one.floor(number) for one in costs)
        line(f"合计 ÷ (读 + {name})", f"{ours / floor:.2f}", "≤ 1.5")
    return costs


def milliseconds(spent: float) -> str:
    """Give seconds as milliseconds, in words."""
    return f"{spent * 1000:.0f} 毫秒"


def worker_memory(returns: Sequence[made.Return], terms: workflow.Terms) -> None:
    """Print what a process holds after a third of many different returns, and after all."""
    third, held = len(returns) // 3, []
    for number, one in enumerate(returns, 1):
        found = checked(one, terms)
        if found.error is None:
            workflow.result_bytes(found)
            kept(found, terms)
        if number in (third, len(returns)):
            gc.collect()
            held.append(memory(os.getpid(), "VmRSS"))
    first, last = held
    line(
        f"进程内存 {third} → {len(returns)} 份",
        f"{first:.0f} → {last:.0f} MB",
        f"{last - first:+.0f}",
    )


def memory(process: int, what: str) -> float:
    """Give a figure of /proc/…/status in MB, 0 where the process is gone."""
    try:
        status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    except OSError:
        return 0.0
    found = (row.split()[1] for row in status.splitlines() if row.startswith(f"{what}:"))
    return int(next(found, "0")) / 1024


# ---------------------------------------------------------------- whole seasons


class Run(Struct, frozen=True):
    """One run of the command line: seconds on the wall, and the most its own process held (MB)."""

    wall: float
    peak: float


def season(root: Path, count: int) -> Path:
    """Make the folder of a season with this many returns, and give it."""
    folder = SeasonFolder(root / f"{count}份")
    made.deliver(made.returns(count), folder.returned)
    folder.settings.write_bytes(made.settings(count))
    return folder.root


def check_season(folder: Path, jobs: int) -> Run:
    """Check all that came back and roll it up, as a clerk does.

    The run's own memory is read while it goes on: what the system tells afterwards includes the
    workers.
    """
    command = [sys.executable, "-m", "perfxl", "check", folder, "--jobs", jobs]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    start, peak = perf_counter(), 0.0
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen([*map(str, command)], env=env, stdout=said, stderr=said)
        while process.poll() is None:
            peak = max(peak, memory(process.pid, "VmHWM"))
            sleep(0.02)
        wall = perf_counter() - start
        said.seek(0)
        assert process.returncode in {0, 1, 3}, said.read().decode(errors="replace")
    return Run(wall, peak)


def seasons(root: Path, count: int, costs: Sequence[Costs]) -> None:
    """Print what a season of `count` returns costs, and one of five times as many."""
    small = season(root, count)
    alone, wiped = check_season(small, 1), SeasonFolder(small).results
    shutil.rmtree(wiped)
    first = check_season(small, WORKERS)
    again = check_season(small, WORKERS)
    line(f"{count} 份,{WORKERS} 个进程", f"{first.wall:.1f} 秒", f"{first.peak:.0f} MB")
    for number, name in enumerate(WRITTEN[:2]):
        floor = mean(one.floor(number) for one in costs) * count / WORKERS
        line(f"÷ ((读 + {name}) ÷ 进程数)", f"{first.wall / floor:.2f}", "≤ 1.5")
    line("没有变化再审一次 ÷ 第一次", f"{again.wall / first.wall:.1%}", "≤ 5%")
    line(f"1 个进程 ÷ {WORKERS} 个", f"{alone.wall / first.wall:.2f}", "≥ 1.7")
    large = check_season(season(root, 5 * count), WORKERS)
    line(f"{5 * count} 份,{WORKERS} 个进程", f"{large.wall:.1f} 秒", f"{large.peak:.0f} MB")
    line(f"{5 * count} 份 ÷ {count} 份", f"{large.wall / first.wall:.2f}", "≤ 5.5")
    line("主进程内存之差", f"{large.peak - first.peak:+.0f} MB", "持平")


# ---------------------------------------------------------------- the table


def line(*cells: str) -> None:
    """Print a row of the table."""
    print("".join(padded(cell, width) for cell, width in zip(cells, (44, 20, 12), strict=False)))
    sys.stdout.flush()


def main() -> None:
    """Measure, and print as soon as something is known."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--returns", type=int, default=1000, help="returns of the smaller season")
    parser.add_argument("--quick", action="store_true", help="a season of 40, to try it out")
    parser.add_argument("--only", default="one,memory,batch", help="which parts to measure")
    arguments = parser.parse_args()
    count = 40 if arguments.quick else arguments.returns
    wanted = arguments.only.split(",")
    terms = workflow.Terms(made.SCALE, register=made.campaign(count).register)
    gc.set_threshold(100_000)  # as the command line does
    costs = one_by_one(list(made.returns(SEEN)), terms) if {"one", "batch"} & {*wanted} else []
    if "memory" in wanted:
        worker_memory(list(made.returns(min(300, count))), terms)
    if "batch" in wanted:
        with tempfile.TemporaryDirectory() as folder:
            seasons(Path(folder), count, costs)


if __name__ == "__main__":
    main()
