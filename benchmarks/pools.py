"""Whether a kept library could share out our work: python benchmarks/pools.py [--quick] [--only …].

What decision 0018 asks of whoever runs the checks, put to our own `Workers`, to the standard
library's ProcessPoolExecutor, to loky and to pebble (pip install loky pebble), each trial in a
process of its own. A library that is not installed is left out. See README.md.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from importlib import import_module
from importlib.util import find_spec
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import Any

from perfxl.returns import workflow
from perfxl.run import process, work
from perfxl.run.process import Allowance, Lost
from perfxl.run.sources import Source
from perfxl.run.workers import Workers

CLEAN = Path(__file__).resolve().parent.parent / "sample_data" / "clean" / "filled.xlsx"
COUNT = 2  # processes
ROOM = 400 * 1024**2  # bytes a job may take
LIMIT = 15.0  # seconds a job may take
TOO_LONG = 60.0  # seconds after which a trial is broken off
SOUND = 11  # jobs beside the one that does harm
RETURNS = 40
WAITS = (0.1, 0.3, 0.6, 0.9, 1.2, 1.5)  # seconds until Ctrl-C
Verdicts = list[str]
Run = Callable[[Sequence[str]], Verdicts]


# ---------------------------------------------------------------- the work


def begin() -> None:
    """Begin as the checks do, but without their memory limit: each pool sets it as it can."""
    work.begin(workflow.Terms(workflow.load_rubric(None)))


def begin_limited() -> None:
    """Begin with what a library's pool can be told: silent, deaf to Ctrl-C, its memory limited."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    process._fall_silent()
    begin()
    process._limit_memory(ROOM)


def do(job: str) -> str:
    """Do a job: check a return, or do harm."""
    match job:
        case "abort":
            os.abort()
        case "fault":
            ctypes.string_at(0)
        case "hang":
            re.match(r"(a+)+$", "a" * 40 + "!")  # never gives way to Python
        case "swallow":
            return str(len([bytearray(1024**2) for _ in range(100_000)]))
        case "return":
            source = Source(CLEAN, CLEAN.name)
            return work.check_one(work.CheckJob(source, None), work.terms())["standing"]
    return "done"


# ---------------------------------------------------------------- the pools


def ours(jobs: Sequence[str]) -> Verdicts:
    """Share out with what perfxl has."""
    with Workers(do, COUNT, begin, (), Allowance(LIMIT, ROOM), (work.ENGINE,)) as workers:
        found = workers.results(workers.start(job) for job in jobs)
        return [one.why if isinstance(one, Lost) else str(one) for one in found]


def standard(jobs: Sequence[str]) -> Verdicts:
    """Share out with the standard library."""
    context = get_context("forkserver")
    context.set_forkserver_preload([work.ENGINE])
    with ProcessPoolExecutor(COUNT, context, begin_limited) as pool:
        return _collected([pool.submit(do, job) for job in jobs])


def loky(jobs: Sequence[str]) -> Verdicts:
    """Share out with loky."""
    pool = import_module("loky").ProcessPoolExecutor(COUNT, initializer=begin_limited)
    with pool:
        return _collected([pool.submit(do, job) for job in jobs])


def pebble(jobs: Sequence[str]) -> Verdicts:
    """Share out with pebble, which has a limit of time for each job."""
    context = get_context("forkserver")
    context.set_forkserver_preload([work.ENGINE])
    pool = import_module("pebble").ProcessPool(COUNT, initializer=begin_limited, context=context)
    with pool:
        return _collected([pool.schedule(do, args=[job], timeout=LIMIT) for job in jobs])


def _collected(futures: Sequence[Any]) -> Verdicts:
    return [_verdict(future) for future in futures]


def _verdict(future: Any) -> str:
    try:
        return str(future.result())
    except Exception as error:  # which one is what is asked
        return type(error).__name__


POOLS: dict[str, Run] = {"perfxl": ours, "标准库": standard, "loky": loky, "pebble": pebble}
TRIALS = {
    "abort": "终止(abort)",
    "fault": "段错误",
    "hang": "死循环(不还给 Python)",
    "swallow": "内存不断增长",
}


# ---------------------------------------------------------------- the trials


def started(pool: str, jobs: Sequence[str], **options: Any) -> subprocess.Popen[bytes]:
    """Start a process that shares out these jobs and prints their verdicts; it has begun to."""
    command = [sys.executable, __file__, "--pool", pool, *jobs]
    pipe = subprocess.PIPE
    run = subprocess.Popen(command, stdout=pipe, stderr=pipe, start_new_session=True, **options)
    assert run.stdout is not None
    run.stdout.readline()
    return run


def ended(run: subprocess.Popen[bytes]) -> tuple[bytes, bytes] | None:
    """Give what a process printed; None where it does not end, and is ended with all of its own."""
    try:
        return run.communicate(timeout=TOO_LONG)
    except subprocess.TimeoutExpired:
        os.killpg(run.pid, signal.SIGKILL)
        run.communicate()
        return None


def left(run: subprocess.Popen[bytes]) -> int:
    """Give how many processes of a session are there still after a moment, and end them."""
    end = time.monotonic() + process.GRACE
    while (alive := _alive(run.pid)) and time.monotonic() < end:
        time.sleep(0.2)
    for number in alive:
        os.kill(number, signal.SIGKILL)
    return len(alive)


def _alive(session: int) -> list[int]:
    numbers = (int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit())
    return [number for number in numbers if _session(number) == session]


def _session(number: int) -> int:
    try:
        fields = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return 0 if fields[0] == "Z" else int(fields[3])


def harmed(pool: str, harm: str) -> str:
    """Say what one job that does harm costs the others."""
    jobs = ["return"] * SOUND
    jobs.insert(SOUND // 3, harm)
    run = started(pool, jobs)
    printed = ended(run)
    remain = left(run)
    if printed is None:
        return f"不结束({TOO_LONG:.0f} 秒后强行结束)"
    verdicts = json.loads(printed[0] or b"[]")
    if not verdicts:
        return "没有结论:" + printed[1].decode(errors="replace").strip().rpartition("\n")[2][:60]
    own = verdicts.pop(SOUND // 3)
    lost = SOUND - Counter(verdicts)["passed"]
    noise = ",屏幕上有出错信息" if printed[1] else ""
    return f"{own},其余丢 {lost}/{SOUND}{noise}" + (f",留下 {remain} 个进程" if remain else "")


def broken_off(pool: str, times: int) -> str:
    """Say what Ctrl-C does, at different times: whether the run ends, quietly, with nobody left."""
    told: Counter[str] = Counter()
    for wait in WAITS * times:
        run = started(pool, ["return"] * RETURNS)
        time.sleep(wait)
        os.killpg(run.pid, signal.SIGINT)
        printed = ended(run)
        told["不结束"] += printed is None
        told["屏幕上有出错信息"] += printed is not None and b"Traceback" in printed[1]
        told["留下进程"] += bool(left(run))
    said = "、".join(f"{what} {count} 次" for what, count in told.items() if count)
    return f"{len(WAITS) * times} 次:{said or '都安静结束'}"


def killed(pool: str) -> str:
    """Say who is left some time after the process that shares out was killed."""
    run = started(pool, ["return"] * 2 + ["hang"] * 2)
    time.sleep(LIMIT / 2)
    run.kill()
    time.sleep(LIMIT + process.GRACE + 5.0)
    return f"留下 {left(run)} 个进程"


def without_semaphores(pool: str) -> str:
    """Say whether it works where the system has no room for shared locks (/dev/shm)."""
    printed = ended(started(pool, ["return"], env={**os.environ, "POOLS_NO_LOCKS": "1"}))
    return "能用" if printed and b"passed" in printed[0] else "不能启动"


def _forbid_locks() -> None:
    def refused(*_: object) -> None:
        raise OSError(38, "Function not implemented")

    locks: Any = import_module("_multiprocessing")
    locks.SemLock = refused


def seconds(pool: str) -> float:
    """Give how long it takes to check many returns, from start to end."""
    run, start = started(pool, ["return"] * RETURNS), time.perf_counter()
    printed = ended(run)
    spent = time.perf_counter() - start
    assert printed is not None, pool
    assert json.loads(printed[0]) == ["passed"] * RETURNS, printed
    return spent


def compared(pools: Sequence[str], times: int) -> Iterator[str]:
    """Say how long each takes beside ours, in turn."""
    turns = [{pool: seconds(pool) for pool in pools} for _ in range(times + 1)][1:]
    for pool in pools:
        ratio = median(t[pool] / t["perfxl"] for t in turns)
        yield f"{ratio:.2f}({median(t[pool] for t in turns):.1f} 秒)"


def main() -> None:
    """Put each pool to each trial and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", default="", help="行名里的几个字")
    parser.add_argument("--pool", help=argparse.SUPPRESS)
    parser.add_argument("jobs", nargs="*")
    options = parser.parse_args()
    if options.pool:
        if "POOLS_NO_LOCKS" in os.environ:
            _forbid_locks()
        print("begun", flush=True)
        try:
            print(json.dumps(POOLS[options.pool](options.jobs)))
        except KeyboardInterrupt:
            sys.exit(130)
        return
    pools = [pool for pool in POOLS if pool in ("perfxl", "标准库") or find_spec(pool)]
    print("| |", " | ".join(pools), "|")
    print("|---" * (len(pools) + 1) + "|")
    for name, cells in rows(pools, 1 if options.quick else 3):
        if options.only in name:
            print(f"| {name} |", " | ".join(cells()), "|", flush=True)


def rows(pools: Sequence[str], times: int) -> Iterator[tuple[str, Callable[[], Iterator[str]]]]:
    """Give each trial by its name: what yields a cell a pool."""

    def each(trial: Callable[..., str], *more: Any) -> Callable[[], Iterator[str]]:
        return lambda: (trial(pool, *more) for pool in pools)

    for harm, name in TRIALS.items():
        yield name, each(harmed, harm)
    yield "Ctrl-C", each(broken_off, times)
    yield "主进程被强行结束", each(killed)
    yield "没有共享锁(/dev/shm)", each(without_semaphores)
    yield f"{RETURNS} 份的时间 ÷ perfxl", lambda: compared(pools, times)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:  # where whoever is killed leaves what it made
        os.environ.setdefault("TMPDIR", place)
        main()
