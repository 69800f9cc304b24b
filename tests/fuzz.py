"""A fuzzer: real workbooks mangled (see `mangling`) and checked; whatever they hold, a verdict.

    python tests/fuzz.py --iterations 100000 --seed 7 --keep DIR --jobs 2

Each try is a recipe: a workbook to begin with and steps. One that reaches something new (a finding
in another block, another reason not to read a file) is mangled further later on. The same seed
tries the same files, by however many processes. What fails is cut down to the steps it takes and
kept in DIR: the file, and beside it what was wrong.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import tempfile
import traceback
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from random import Random
from time import monotonic
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from perfxl.form.ours import OWN_SHEETS
from perfxl.forms.shipped import form_of

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "sample_data"), str(ROOT / "tests")]

import build
from gallery import SCALE
from libreoffice import PROGRAM, saved_as
from mangling import CANARY, mangled
from openpyxl import load_workbook

from perfxl.form.answers import Values, read_answers
from perfxl.form.layout import place
from perfxl.reading.intake import is_untouched
from perfxl.reading.sheets import read_book
from perfxl.render.workbook import render
from perfxl.returns import workflow
from perfxl.returns.records import UNREADABLE, Record, exit_code
from perfxl.returns.workflow import Terms
from perfxl.rules import RULES
from perfxl.run.process import Allowance, Lost
from perfxl.run.sources import Source
from perfxl.run.work import CheckJob, check_one
from perfxl.run.workers import Workers

SECONDS = 10.0  # what the check of one file may take
MEMORY = 600 << 20  # and how many bytes
ROUND = 128  # tries between two looks at what they reached: the same for any number of processes
MOST_STEPS = 8
RENDERED = 20  # of so many tries one has its result written and looked at

# What a file may be refused for. `fault`, `worker-died` and `too-slow` are not among them.
REFUSALS = frozenset(
    {
        *("empty", "too-large", "encrypted", "old-format", "not-a-workbook", "no-sheets"),
        *("damaged", "ambiguous", "doctype", "form-not-recognised"),
    }
)
IDS = frozenset(rule.id for rule in RULES)
CELL = re.compile(r"[A-Z]{1,3}[1-9][0-9]{0,6}")
# Parts a result of ours has; what else there may be came from the file that was checked
OWN_PARTS = re.compile(
    r"\[Content_Types\]\.xml|docProps/(app|core|custom)\.xml|_rels/\.rels"
    r"|xl/(workbook|styles|sharedStrings|comments\d+|theme/theme1|charts/chart\d+)\.xml"
    r"|xl/(worksheets/sheet|drawings/drawing)\d+\.xml|xl/drawings/vmlDrawing\d+\.vml"
    r"|xl/(_rels/workbook|worksheets/_rels/sheet\d+|drawings/_rels/drawing\d+)\.xml\.rels"
)
# where texts of a unit belong: as texts, or as values shown beside a formula or in a chart
TEXT_PARTS = re.compile(r"xl/sharedStrings\.xml|xl/comments\d+\.xml|docProps/custom\.xml")
VALUES = re.compile(rb"<(v|c:v)>[^<]*</\1>")


class Recipe(Struct, frozen=True):
    """How a file is made: from which workbook, by which steps; whether its result is written."""

    base: str
    steps: tuple[int, ...]
    rendered: bool = False


class Tried(Struct, frozen=True):
    """What came of a recipe: what it reached, and what was not as promised."""

    reached: frozenset[str]
    complaints: tuple[str, ...] = ()


class Failure(Struct, frozen=True):
    """A recipe cut down to what it takes, and what is wrong with it."""

    recipe: Recipe
    complaint: str

    @property
    def kind(self) -> str:
        """What tells one bug from another: where it was raised, what was said, without figures."""
        raised = re.findall(r'File ".*?/(perfxl/[^"]*", line \d+)', self.complaint)
        said = re.sub(r"\d+|'[^']*'", "_", self.complaint.rstrip().rpartition("\n")[2])
        return f"{raised[-1] if raised else ''} {said}"


# ---------------------------------------------------------------- workbooks to begin with


def bases(others: bool) -> dict[str, bytes]:
    """Give the workbooks all begins with; `others` as LibreOffice saves them too, where it can."""
    clean = build.filled(build.read_sample("clean")[0])
    bare = form_of(SCALE)
    answers = build.read_sample("clean")[0]
    found = {
        "clean.xlsx": clean,
        "xinhua.xlsx": build.workbook("xinhua_2022"),
        "corrected.xlsx": build.workbook("corrected"),
        "blank.xlsx": workflow.template_bytes(form_of(SCALE), "示例区图书馆", "100203"),
        # no cover and no live checks: smaller, so tried faster
        "bare.xlsx": render(Values(bare, read_answers(bare, answers))),
    }
    return found | saved(clean) if others and PROGRAM else found


def saved(data: bytes) -> dict[str, bytes]:
    """Give a workbook as LibreOffice saves it, in each format."""
    return {f"saved.{kind}": saved_as(data, kind) for kind in ("xls", "ods", "xlsx")}


# ---------------------------------------------------------------- one try


class _Bench:
    """What a process needs for its tries."""

    def __init__(self, books: Mapping[str, bytes], folder: Path) -> None:
        self.books, self.terms = books, Terms(SCALE)
        self.source = folder / f"{os.getpid()}.xlsx"
        self.target = folder / f"{os.getpid()}_result.xlsx"
        form = workflow.live_form(form_of(SCALE))
        self.sheets = {place(form).sheet(key).name for key in form.items}


_bench: _Bench


def begin(books: Mapping[str, bytes], folder: Path) -> None:
    """Prepare this process for its tries."""
    global _bench
    _bench = _Bench(books, folder)


def attempt(recipe: Recipe) -> Tried:
    """Make the file of a recipe, check it, and give what came of it."""
    try:
        return _attempted(recipe)
    except (KeyboardInterrupt, SystemExit):  # asked to end: that says nothing of the file
        raise
    except BaseException as error:  # also a panic of the engine, which is no Exception
        return Tried(frozenset(), ("".join(traceback.format_exception(error)),))


def _attempted(recipe: Recipe) -> Tried:
    bench = _bench
    data = mangled(bench.books[recipe.base], recipe.steps)
    bench.source.write_bytes(data)
    bench.target.unlink(missing_ok=True)
    target = bench.target if recipe.rendered else None
    record = check_one(CheckJob(Source(bench.source, "x.xlsx"), target), bench.terms)
    complaints = list(_about_record(record, data))
    if bench.source.read_bytes() != data:
        complaints.append("the file that was checked has changed")
    if recipe.rendered and record["standing"] != UNREADABLE:
        complaints += _about_result(record)
    return Tried(frozenset(_reached(record)), tuple(complaints))


def _reached(record: Record) -> Iterator[str]:
    document = record["document"]
    if record["standing"] == UNREADABLE:
        yield f"{document['error']['code']} {document['error']['message'][:30]}"
    for finding in document["findings"]:
        yield f"{finding['id']} {str(finding['key']).split('.')[0]}"
    for entry in document["not_checked"]:
        yield f"{entry['id']} not checked"


# ---------------------------------------------------------------- what a verdict must be


def _about_record(record: Record, data: bytes) -> Iterator[str]:
    document: dict[str, Any] = record["document"]
    code, error, found = exit_code(record), document["error"], document["findings"]
    json.dumps(record, ensure_ascii=False, allow_nan=False).encode("utf-8")
    if code != {"unreadable": 3, "clean": 0}.get(document["status"], code):
        yield f"exit code {code} beside status {document['status']}"
    if (code == 1) != any(one["severity"] == "error" for one in found) and code != 3:
        yield f"exit code {code} beside the findings {[one['id'] for one in found]}"
    if (document["status"] == "clean") != (not found and error is None):
        yield f"status {document['status']} beside findings {[one['id'] for one in found]}"
    if error and (error["code"] not in REFUSALS or not error["message"] or not error["fix"]):
        yield f"error {error}"
    for one in found:
        yield from _about_finding(one, data)


def _about_finding(finding: Mapping[str, Any], data: bytes) -> Iterator[str]:
    if finding["id"] not in IDS or not finding["message"]:
        yield f"no such finding: {finding['id']}"
    known = {None, *_bench.sheets}
    if finding["sheet"] not in known and finding["sheet"] not in _names(data):
        yield f"{finding['id']} is on no sheet: {finding['sheet']!r}"
    for cell in finding["cells"]:
        if not CELL.fullmatch(cell):
            yield f"{finding['id']} is at no cell: {cell!r}"


def _names(data: bytes) -> set[str]:
    """Give the names of the sheets of a file that could be read."""
    return {paper.name for paper in read_book(data, skip=OWN_SHEETS).papers}


def _about_result(record: Record) -> Iterator[str]:
    """Say what is wrong with a result, read by another program and by ourselves."""
    bench = _bench
    if not record["document"]["result"]:
        yield f"no result: {record['document']['error']}"
        return
    data = bench.target.read_bytes()
    if not is_untouched(data):
        yield "the result is not known as ours"
    load_workbook(BytesIO(data), read_only=True).close()
    yield from carried_over(data)
    again = check_one(CheckJob(Source(bench.target, "x.xlsx"), None), bench.terms)
    if again["standing"] == UNREADABLE:
        yield f"the result cannot be read: {again['document']['error']}"
    elif again["document"]["totals"] != record["document"]["totals"]:
        yield f"other totals in the result: {again['document']['totals']}"


def carried_over(data: bytes) -> Iterator[str]:
    """Say what a result holds that came from the file checked, other than texts as texts."""
    with zipfile.ZipFile(BytesIO(data)) as archive:
        for entry in archive.infolist():
            name, part = entry.filename, archive.read(entry)
            if not OWN_PARTS.fullmatch(name):
                yield f"a part not of ours: {name}"
            if b'TargetMode="External"' in part:
                yield f"a link out of the result: {name}"
            if not TEXT_PARTS.fullmatch(name) and CANARY.encode() in VALUES.sub(b"", part).lower():
                yield f"carried over into {name}"


# ---------------------------------------------------------------- many tries


class Fuzzer(Struct):
    """Tries one after another, kept where they reach something new."""

    seed: int
    names: Sequence[str]
    guided: bool = True
    reached: set[str] = field(default_factory=set)
    failures: dict[str, Failure] = field(default_factory=dict)  # the first of each kind
    failed: Counter[str] = field(default_factory=Counter)
    kept: list[Recipe] = field(default_factory=list)
    tried: int = 0

    def run(self, workers: Workers[Recipe, Tried], iterations: int) -> None:
        """Try so many recipes."""
        while self.tried < iterations:
            count = min(ROUND, iterations - self.tried)
            recipes = [self._recipe(self.tried + n) for n in range(count)]
            results = workers.results(workers.start(recipe) for recipe in recipes)
            for recipe, result in zip(recipes, results, strict=True):
                self._take(recipe, result)
            self.tried += count
            for failure in [f for f in self.failures.values() if len(f.recipe.steps) > 1]:
                self.failures[failure.kind] = _shortest(failure, workers)

    def _recipe(self, number: int) -> Recipe:
        rng = Random(f"{self.seed} {number}")
        steps = tuple(rng.getrandbits(40) for _ in range(rng.choice((1, 1, 2, 3))))
        rendered = number % RENDERED == 0
        if self.guided and self.kept and rng.random() < 0.5:
            old = rng.choice(self.kept)
            return Recipe(old.base, (*old.steps, *steps)[-MOST_STEPS:], rendered)
        return Recipe(rng.choice(self.names), steps, rendered)

    def _take(self, recipe: Recipe, result: Tried | Lost) -> None:
        for complaint in _complaints(result):
            failure = Failure(recipe, complaint)
            self.failed[failure.kind] += 1
            self.failures.setdefault(failure.kind, failure)
        if isinstance(result, Tried) and not result.reached <= self.reached:
            self.reached |= result.reached
            self.kept.append(recipe)


def _complaints(result: Tried | Lost) -> Sequence[str]:
    """Give what is wrong with what came of a recipe."""
    if isinstance(result, Lost):
        return (f"{result.why}\n{result.details}",)
    return result.complaints


def _shortest(failure: Failure, workers: Workers[Recipe, Tried]) -> Failure:
    """Give the failure with every step left out that it does not take."""
    for step in failure.recipe.steps:
        steps = tuple(other for other in failure.recipe.steps if other != step)
        shorter = replace(failure.recipe, steps=steps)
        (result,) = workers.results([workers.start(shorter)])
        alike = (Failure(shorter, said) for said in _complaints(result))
        failure = next((one for one in alike if one.kind == failure.kind), failure)
    return failure


def fuzzed(seed: int, iterations: int, books: Mapping[str, bytes], jobs: int = 1) -> Fuzzer:
    """Give what came of so many tries."""
    fuzzer = Fuzzer(seed, tuple(books))
    fuzz_on(fuzzer, iterations, books, jobs)
    return fuzzer


def fuzz_on(fuzzer: Fuzzer, iterations: int, books: Mapping[str, bytes], jobs: int) -> None:
    """Go on until so many recipes have been tried, in so many processes."""
    with tempfile.TemporaryDirectory(prefix="perfxl-fuzz-") as name:
        setting = (dict(books), Path(name))
        with Workers(attempt, jobs, begin, setting, Allowance(SECONDS, MEMORY)) as workers:
            fuzzer.run(workers, iterations)


def keep(fuzzer: Fuzzer, books: Mapping[str, bytes], folder: Path) -> None:
    """Write the file of each failure, and beside it what is wrong and how it was made."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, (kind, failure) in enumerate(fuzzer.failures.items()):
        recipe = failure.recipe
        path = folder / f"{fuzzer.seed}-{number}-{recipe.base}"
        path.write_bytes(mangled(books[recipe.base], recipe.steps))
        told = f"{fuzzer.failed[kind]} x {kind}\n{recipe}\n\n{failure.complaint}\n"
        path.with_suffix(".txt").write_text(told, encoding="utf-8")


def main() -> int:
    """Fuzz as the command line says, tell what was found, and give 1 where anything was."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--iterations", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--keep", type=Path, help="folder for the files that failed")
    parser.add_argument("--unguided", action="store_true", help="mangle only the first workbooks")
    asked = parser.parse_args()
    books, start = bases(others=True), monotonic()
    fuzzer = Fuzzer(asked.seed, tuple(books), not asked.unguided)
    with suppress(KeyboardInterrupt):  # what was found so far is told all the same
        fuzz_on(fuzzer, asked.iterations, books, asked.jobs)
    seconds = monotonic() - start
    print(f"{fuzzer.tried} tries in {seconds:.0f} s, {len(fuzzer.kept)} kept,", end=" ")
    print(f"{len(fuzzer.reached)} verdicts reached, {len(fuzzer.failures)} failures")
    for kind, count in fuzzer.failed.most_common():
        print(f"{count:6} {kind}  {fuzzer.failures[kind].recipe}")
    if asked.keep:
        keep(fuzzer, books, asked.keep)
    return bool(fuzzer.failures)


if __name__ == "__main__":
    import fuzz  # the processes import this file by its name

    sys.exit(fuzz.main())
