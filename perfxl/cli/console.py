"""What a run of checks shows: a bar while it lasts, a line a return, or one JSON document."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from perfxl import __version__
from perfxl.cli import words
from perfxl.cli.faults import fault_line
from perfxl.disk.desktop import said_of_opening
from perfxl.disk.terminal import say
from perfxl.returns import output
from perfxl.returns.records import STANDING_WORDS, UNREADABLE, Record, exit_code, verdict_of
from perfxl.run.process import Lost
from perfxl.season.checking import CheckRun
from perfxl.text import safe

if TYPE_CHECKING:
    from perfxl.season.reports import writing as reports

INDENT = 2


def show(run: CheckRun, as_json: bool, verbose: bool, opening: bool) -> int:
    """Take a run's records one by one, show them, and give the exit code of the whole.

    With `opening` what was written is opened in the end.
    """
    shown: _Lines | _Document = _Document(run.root) if as_json else _Lines(run.total, verbose)
    results: list[Path] = []
    worst = done = 0
    try:
        with _bar("审核", run.total, hidden=as_json) as advance:
            for record in run.records:
                if isinstance(record, Lost):
                    say(fault_line(record.details), aside=True)
                    continue
                shown.add(record)
                worst, done = max(worst, exit_code(record)), done + 1
                results += _results(run, record)
                advance()
    except KeyboardInterrupt:
        say(f"已完成 {done}/{run.total}", aside=True)
        raise
    finally:
        shown.close()
    for line in run.closing:
        say(line, aside=as_json)
    if run.fault is not None:
        say(f"汇总没有更新:{run.fault.message}。{run.fault.fix}。", aside=True)
    if opening:
        say(_opened(run.roll_up, results), aside=as_json)
    return max(worst, 4 if run.fault else 0)


def _results(run: CheckRun, record: Record) -> Iterator[Path]:
    if record["document"]["result"]:
        yield run.root / record["document"]["result"]


def _opened(roll_up: Path | None, results: Sequence[Path]) -> str:
    """Open what tells of the whole run: the roll-up, the only result, or the folder of several."""
    if not roll_up and not results:
        return words.NOTHING_TO_OPEN
    return said_of_opening(roll_up or (results[0] if len(results) == 1 else results[0].parent))


@contextmanager
def _bar(doing: str, total: int, hidden: bool = False) -> Iterator[Callable[[], None]]:
    """Show how far a run has come, on a terminal; give what counts one more."""
    if total < 2 or hidden or not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    with Progress(
        *(doing, BarColumn(), MofNCompleteColumn(), "还需", TimeRemainingColumn()),
        console=Console(stderr=True),
        transient=True,
        redirect_stdout=sys.stdout.isatty(),
    ) as bar:
        task = bar.add_task("", total=total)
        yield lambda: bar.advance(task)


def show_drafts(run: reports.DraftRun) -> int:
    """Take a run's drafts one by one, show them, and give the exit code of the whole."""
    worst = done = kept = failed = 0
    try:
        with _bar("起草", run.total) as advance:
            for one in run.drafts:
                if isinstance(one, Lost):
                    say(fault_line(one.details), aside=True)
                    continue
                say(safe.line(f"{one.source}  {one.said}"))
                worst, done = max(worst, one.exit_code), done + 1
                kept, failed = kept + one.kept, failed + (one.path is None)
                advance()
        if done > 1:
            say(f"\n共 {done} 份:写出 {done - kept - failed},没有变化 {kept},没有写出 {failed}")
        for end in run.ends:
            say(end())
    except KeyboardInterrupt:
        say(f"已完成 {done}/{run.total}", aside=True)
        raise
    return worst


class _Lines:
    """For people: all about a single return, a line about each of several."""

    def __init__(self, total: int, verbose: bool) -> None:
        self._total, self._verbose = total, verbose
        self._standings: Counter[str] = Counter()
        self._unwritten: list[Mapping[str, str]] = []

    def add(self, record: Record) -> None:
        self._standings[record["standing"]] += 1
        error = record["document"]["error"]
        if error and record["standing"] != UNREADABLE:
            self._unwritten.append(error)
        if self._verbose or self._total == 1:
            lines = record["lines"] if self._verbose else output.abridged(record["lines"])
            say("\n".join((*lines, "")))
        else:
            say(safe.line(f"{_called(record)}  {_said(record)}"))

    def close(self) -> None:
        if self._total > 1:
            counts = ",".join(f"{word} {self._standings[s]}" for s, word in STANDING_WORDS.items())
            say(f"\n共 {self._standings.total()} 份:{counts}")
        if self._unwritten and self._total > 1:
            first = self._unwritten[0]
            why = f"{first['message']}。{first['fix']}。"
            say(f"{len(self._unwritten)} 份审核结果没有写出,如:{why}")


def _called(record: Record) -> str:
    """Give what a return is called: its file, and its unit where the file's name does not say."""
    unit = (record["document"]["unit"] or {}).get("name") or ""
    return record["source"] if unit in record["source"] else f"{record['source']}({unit})"


def _said(record: Record) -> str:
    unwritten = record["document"]["error"] and record["standing"] != UNREADABLE
    return verdict_of(record) + ("(审核结果没有写出)" if unwritten else _placed(record))


def _placed(record: Record) -> str:
    """Give where the result of a return is: its name alone where it lies beside it."""
    if not record["document"]["result"]:
        return ""
    result = PurePath(record["document"]["result"])
    beside = result.parent == PurePath(record["source"]).parent
    return f"(审核结果:{result.name if beside else result})"


class _Document:
    """For programs: the JSON document on stdout, file by file, whole even if broken off."""

    def __init__(self, root: Path) -> None:
        self._root, self._totals, self._any = root, output.Totals(), False
        _write(f'{{\n  "perfxl": {json.dumps(__version__)},\n  "files": [')

    def add(self, record: Record) -> None:
        entry = record["document"]
        self._totals.add(entry)
        placed = {name: str(self._root / entry[name]) for name in ("path", "result") if entry[name]}
        _write(",\n" if self._any else "\n")
        _write(_indented({**entry, **placed}, 2))
        self._any = True

    def close(self) -> None:
        _write(f'\n  ],\n  "summary": {_indented(self._totals.document(), 1).lstrip()}\n}}\n')
        sys.stdout.flush()


def _indented(data: Any, depth: int) -> str:
    text = json.dumps(data, ensure_ascii=False, indent=INDENT)
    return "\n".join(" " * INDENT * depth + line for line in text.split("\n"))


def _write(text: str) -> None:
    sys.stdout.flush()
    sys.stdout.buffer.write(safe.in_json(text).encode())


def print_json(data: Any) -> None:
    """Print data as JSON, always in UTF-8."""
    _write(json.dumps(data, ensure_ascii=False, indent=INDENT) + "\n")
    sys.stdout.flush()
