"""How long perfxl takes, each figure beside what it cannot do without: python benchmarks/run.py.

Every figure is a ratio of two times taken in turn (A B A B …), so a machine that slows down slows
both; printed are the median, the middle half of the ratios, the ratio of the two fastest times,
which other programs disturb least, and the goal. See README.md.
"""

from __future__ import annotations

import gc
import os
import re
import subprocess
import sys
import tempfile
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from io import BytesIO
from itertools import product
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter, process_time
from typing import Any
from unittest.mock import patch

import pandas as pd
from msgspec import Struct
from msgspec.structs import replace
from python_calamine import CalamineWorkbook
from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from perfxl.check.judging import check
from perfxl.form.answers import Submission, Values
from perfxl.form.ours import OWN_SHEETS
from perfxl.forms.shipped import form_of
from perfxl.reading.bind import bind
from perfxl.reading.sheets import read_book
from perfxl.render import workbook as rendering
from perfxl.render.cells import PlainWorksheet
from perfxl.returns import workflow
from perfxl.returns.makers import OfficeMaker
from perfxl.returns.records import record_of
from perfxl.rules import RULES

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / "tests"))
import drawings

SAMPLE = ROOT / "sample_data" / "xinhua_2022" / "filled.xlsx"
RUBRIC = workflow.load_rubric(None)
PROCESSES, CALLS = 11, 15  # how often whole processes and calls are timed
Run = Callable[[], object]
Clock = Callable[[], float]


class Figure(Struct, frozen=True):
    """What is measured, against which floor, and the highest ratio wanted (None: no goal)."""

    name: str
    floor: str
    ratios: list[float]
    fastest: tuple[float, float]  # seconds of what is measured, and of the floor
    goal: float | None = None

    def line(self) -> tuple[str, ...]:
        """Give the cells of the table's row."""
        low, _, high = quantiles(self.ratios, n=4)
        ratio = median(self.ratios)
        goal, verdict = "", ""
        if self.goal is not None:
            goal = f"≤ {self.goal:.1f}"
            verdict = "达到" if ratio <= self.goal else "未达到"
        spread = f"{low:.2f}–{high:.2f}"
        ours, floors = self.fastest
        return (
            self.name,
            self.floor,
            f"{ratio:.2f}",
            spread,
            f"{ours / floors:.2f}",
            goal,
            verdict,
            f"{ours * 1000:.0f}",
        )


def compare(
    name: str,
    run: Run,
    floor_name: str,
    floor: Run,
    goal: float | None = None,
    times: int = CALLS,
    clock: Clock = process_time,
) -> Figure:
    """Time `run` and `floor` in turn, after one turn that does not count."""
    run(), floor()
    pairs = [(seconds(run, clock), seconds(floor, clock)) for _ in range(times)]
    ratios = [one / other for one, other in pairs]
    ours, floors = zip(*pairs, strict=True)
    return Figure(name, floor_name, ratios, (min(ours), min(floors)), goal)


def seconds(run: Run, clock: Clock) -> float:
    """Give the time one call takes; garbage is collected before, not while, as in `timeit`.

    Calls are timed by the processor time of this process, which other programs disturb least;
    whole processes by the clock on the wall.
    """
    gc.collect()
    gc.disable()
    try:
        start = clock()
        run()
        return clock() - start
    finally:
        gc.enable()


# ---------------------------------------------------------------- whole processes


def python(*arguments: str) -> None:
    """Run this interpreter; like an installed package, perfxl finds its bytecode compiled."""
    env = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(  # output is kept off the terminal, its cost is perfxl's own
        [sys.executable, *arguments], cwd=ROOT, env=env, capture_output=True, check=False
    )
    assert done.returncode in {0, 1}, done.stderr.decode(errors="replace")


def check_sample() -> None:
    """Check the sample and write its result, as a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        python("-m", "perfxl", "check", str(SAMPLE), "-o", folder)
        assert any(Path(folder).iterdir()), "no result was written"


def processes() -> Iterator[Figure]:
    """Compare start-up and one whole check with importing pandas."""

    def import_pandas() -> None:
        python("-c", "import pandas")

    def ask_help() -> None:
        python("-m", "perfxl", "--help")

    for name, run, goal in (
        ("perfxl --help", ask_help, 0.4),
        ("perfxl check(含写出)", check_sample, 1.6),
    ):
        yield compare(name, run, "import pandas", import_pandas, goal, PROCESSES, perf_counter)


# ---------------------------------------------------------------- reading and checking


def raw_read(data: bytes) -> list[list[list[Any]]]:
    """Give the values of every sheet as calamine gives them."""
    book = CalamineWorkbook.from_filelike(BytesIO(data))
    return [book.get_sheet_by_name(name).to_python() for name in book.sheet_names]


def reading(data: bytes) -> Iterator[Figure]:
    """Compare reading and checking, warm, with reading the raw values."""
    scale = workflow.load_rubric(None)

    def read() -> Submission:
        return bind(read_book(data, OWN_SHEETS), form_of(scale))

    def judge(submission: Submission) -> None:
        values = Values(workflow.live_form(submission.form), submission.answers)
        check(submission, RULES, values)

    def floor() -> None:
        raw_read(data)

    name, read_once = "calamine 原样读取", read()
    yield compare("读取+审核", lambda: judge(read()), name, floor, 4.0)
    yield compare("  其中读取", read, name, floor)
    yield compare("  其中审核", lambda: judge(read_once), name, floor)


def engines(data: bytes) -> Figure:
    """Compare the two engines through pandas; reading through calamine rests on this."""

    def read(engine: str) -> None:
        options = {"header": None, "dtype": object, "keep_default_na": False}
        pd.read_excel(BytesIO(data), sheet_name=None, engine=engine, **options)

    names = "pandas+openpyxl", "pandas+calamine"
    return compare(names[0], lambda: read("openpyxl"), names[1], lambda: read("calamine"), times=7)


# ---------------------------------------------------------------- rendering


METHODS = [
    f"write_{kind}"
    for kind in ("blank", "boolean", "datetime", "formula", "number", "string", "url")
]
# number of the sheet, method, row, column, content, number of the format, further arguments
Written = tuple[int, str, int, int, Any, int, tuple[Any, ...]]


class Unsearched(Worksheet):  # type: ignore[misc]
    """XlsxWriter's worksheet, spared the search of every formula for functions of later years."""

    def _prepare_formula(self, formula: str, *_: object, **__: object) -> str:
        return formula


class Recording(Struct):
    """The cells of a rendering, in the order they were written."""

    sheets: list[str]
    formats: list[dict[str, Any]]
    cells: list[Written]

    def write(self, paper: type[Worksheet]) -> bytes:
        """Write these cells, and nothing else, on worksheets of this class."""
        target = BytesIO()
        with Workbook(target, {"in_memory": True}) as book:
            formats = [book.add_format(properties) for properties in self.formats]
            papers = [book.add_worksheet(name, paper) for name in self.sheets]
            for sheet, method, row, column, content, style, more in self.cells:
                getattr(papers[sheet], method)(row, column, content, formats[style], *more)
        return target.getvalue()


def record(run: Run) -> Recording:
    """Run a rendering, and note each cell that is written and the properties of its format."""
    cells: list[Written] = []
    sheets: list[str] = []
    properties_of: dict[Any, dict[str, Any]] = {}
    used: dict[Any, int] = {}
    add_format, add_worksheet = Workbook.add_format, Workbook.add_worksheet

    def note_format(book: Any, properties: dict[str, Any]) -> Any:
        made = add_format(book, properties)
        properties_of[made] = properties
        return made

    def note_worksheet(book: Any, name: str, paper: type[Worksheet]) -> Any:
        sheets.append(name)
        return add_worksheet(book, name, paper)

    def noting(method: str) -> Callable[..., Any]:
        write = getattr(PlainWorksheet, method)

        def note(paper: Any, row: int, column: int, content: Any, style: Any, *more: Any) -> Any:
            style_number = used.setdefault(style, len(used))
            cells.append((paper.index, method, row, column, content, style_number, more))
            return write(paper, row, column, content, style, *more)

        return note

    merge_range = PlainWorksheet.merge_range

    def note_merged(paper: Any, *area: Any) -> Any:
        """Note the cells of a merged range, which stand empty but for the first."""
        top, left, bottom, right, _, style = area
        number = used.setdefault(style, len(used))
        for row, column in product(range(top, bottom + 1), range(left, right + 1)):
            cells.append((paper.index, "write_blank", row, column, None, number, ()))
        return merge_range(paper, *area)

    with ExitStack() as patches:
        patches.enter_context(patch.object(PlainWorksheet, "merge_range", note_merged))
        patches.enter_context(patch.object(Workbook, "add_format", note_format))
        patches.enter_context(patch.object(Workbook, "add_worksheet", note_worksheet))
        for method in METHODS:
            patches.enter_context(patch.object(PlainWorksheet, method, noting(method)))
        run()
    return Recording(sheets, [properties_of[style] for style in used], cells)


def writing(data: bytes) -> Iterator[Figure]:
    """Compare rendering the filled sample, warm, with writing its cells without knowing why."""
    scale = workflow.load_rubric(None)
    submission = bind(read_book(data, OWN_SHEETS), form_of(scale))
    form = workflow.live_form(submission.form)

    def render() -> bytes:
        return rendering.render(Values(form, submission.answers))

    cells = record(render)
    papers = {"xlsxwriter 只写单元格": Worksheet, "  同上,公式免查新函数": Unsearched}
    for floor, paper in papers.items():
        assert raw_read(cells.write(paper)) == raw_read(render()), "the floor writes other cells"
        yield compare("生成(计算+写出)", render, floor, partial(cells.write, paper), 1.6)


# ---------------------------------------------------------------- a return of a season


def whole_return(data: bytes) -> Figure:
    """Compare all a worker does with a return, warm, with raw reading and bare writing."""
    terms, path = workflow.Terms(workflow.load_rubric(None)), Path(SAMPLE.name)
    once = workflow.check_bytes(path, data, terms)
    cells = record(lambda: workflow.result_bytes(once))

    def ours() -> None:
        checked = workflow.check_bytes(path, data, terms)
        workflow.result_bytes(checked)
        record_of(checked, path.name, "", terms.register)

    def floor() -> None:
        raw_read(data)
        cells.write(Unsearched)

    return compare("一季里的一份(每个进程)", ours, "原样读 + 免查的写", floor, 1.5)


# ---------------------------------------------------------------- an office's own form


LONG = 210  # rows of each list, with which an office's form has about as many cells as ours


def drawn() -> Iterator[Figure]:
    """Compare the form of an office with ours, issued and checked, cell by cell."""
    layouts = {"drawn": _long_form(), "ours": workflow.Terms(RUBRIC)}
    forms = {name: terms.form for name, terms in layouts.items()}
    live = {name: workflow.live_form(form) for name, form in forms.items()}
    share = len(live["ours"].items) / len(live["drawn"].items)
    blanks = {name: workflow.template_bytes(form) for name, form in forms.items()}

    def issue(name: str) -> None:
        workflow.template_bytes(forms[name])

    def check_blank(name: str) -> None:
        workflow.check_bytes(Path(SAMPLE.name), blanks[name], layouts[name])

    for word, run in (("生成", issue), ("审核", check_blank)):
        one, other = (partial(run, name) for name in layouts)
        found = compare(f"表样{word},每格", one, f"自带的表{word}", other, 1.5)
        ratios = [ratio * share for ratio in found.ratios]
        yield replace(found, ratios=ratios, fastest=(found.fastest[0] * share, found.fastest[1]))


def _long_form() -> workflow.Terms:
    sheets = [
        replace(sheet, lines=re.sub("行数[0-9]+", f"行数{LONG}", sheet.lines))
        for sheet in drawings.LAYOUTS["tasks"]
    ]
    maker = OfficeMaker(drawings.data(drawings.draw(sheets)))
    return workflow.Terms(RUBRIC, 2024, maker=maker)


# ---------------------------------------------------------------- the table


def figures() -> Iterator[Figure]:
    """Give every figure."""
    data = SAMPLE.read_bytes()
    yield from processes()
    yield from reading(data)
    yield from writing(data)
    yield whole_return(data)
    yield from drawn()
    yield engines(data)


def padded(text: str, width: int) -> str:
    """Pad to a width in half-width characters (汉字 take two)."""
    wide = sum(unicodedata.east_asian_width(char) in "WF" for char in text)
    return text + " " * (width - len(text) - wide)


def main() -> None:
    """Print the table, a line as soon as it is known."""
    widths = (24, 24, 8, 14, 8, 8, 8, 8)
    head = ("项目", "÷ 比照", "中位数", "中间一半", "最快", "目标", "", "毫秒")
    print("".join(map(padded, head, widths)))
    for figure in figures():
        print("".join(map(padded, figure.line(), widths)), flush=True)


if __name__ == "__main__":
    main()
