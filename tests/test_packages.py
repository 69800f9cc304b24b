"""Everything we write, one file of each kind, as other programs find it: nothing to repair or ask.

The limits are Excel's and those of the format, each with its source. A second engine beside
LibreOffice, HyperFormula, computes every formula. Referees from outside the project (schemas of
ECMA-376 among them) judge as well where PERFXL_REFEREES says where they are, or they lie in
../shared/referees.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from functools import cached_property
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree

import build
import pytest
import test_rollup
from hyperformula import differing, needs_engine, recomputed
from msgspec.structs import replace
from openpyxl.utils import range_boundaries
from random_returns import Mood, random_cells
from seasons import UNITS, campaign

from perfxl.check.rounds import compare
from perfxl.forms.shipped import form_of
from perfxl.render.workbook import render
from perfxl.returns import workflow
from perfxl.returns.output import Checked
from perfxl.season.issue import Templates
from perfxl.season.letters.sheets import texts
from perfxl.season.reports.office import season_report
from perfxl.season.rollup.sheets import rollup_workbook
from perfxl.settings.workbook import settings_bytes
from perfxl.targets.writing import targets_of, write_targets

HERE = Path(__file__).resolve().parent
RUBRIC = workflow.load_rubric(None)
REFEREES = Path(
    os.environ.get("PERFXL_REFEREES") or HERE.parent.parent / "shared" / "referees"
).resolve()
M = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"

needs_referees = pytest.mark.skipif(
    not (REFEREES / "package_valid.py").is_file(),
    reason="no referees from outside: PERFXL_REFEREES says where they are",
)


# ---------------------------------------------------------------- one of each kind


def _checked(data: bytes) -> Checked:
    return workflow.check_bytes(Path("表.xlsx"), data, workflow.Terms(RUBRIC))


def _written(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Give every kind of file, by its name."""
    sample = _checked(build.workbook("xinhua_2022"))
    corrected = _checked(build.workbook("corrected"))
    changes = compare(sample.reviewed, corrected.reviewed)
    form = workflow.live_form(form_of(RUBRIC))
    careless = build.filled(random_cells(form, Mood.CARELESS, 0))
    yield "issued.xlsx", Templates(campaign()).data(UNITS[0])
    yield "second.xlsx", workflow.result_bytes(replace(corrected, changes=changes))
    yield "result.xlsx", workflow.result_bytes(_checked(careless))
    yield "rubric.xlsx", workflow.rubric_bytes(RUBRIC)
    yield "settings.xlsx", settings_bytes(RUBRIC)
    rollup = test_rollup.rolled(*test_rollup.season())
    book = rollup_workbook(rollup, lambda path: path)
    yield "rollup.xlsx", render(book.values, book.extras)
    yield "letters.xlsx", render(texts("催报", [{"code": "100201", "phone": "020100201"}]))
    returns = [build.HERE / "xinhua_2022" / "filled.xlsx"]
    target = write_targets(targets_of(returns, form_of(RUBRIC)), folder / "建议指标值.xlsx")
    yield "targets.xlsx", target.read_bytes()
    yield "report.docx", workflow.draft_bytes(workflow.report_of(sample))
    yield "season.docx", workflow.draft_bytes(season_report(rollup))


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with one file of each kind."""
    folder = tmp_path_factory.mktemp("written")
    for name, data in _written(tmp_path_factory.mktemp("targets")):
        (folder / name).write_bytes(data)
    return folder


@pytest.fixture(scope="module")
def books(written: Path) -> dict[str, Book]:
    """Give the workbooks among them."""
    return {path.name: Book(path.read_bytes()) for path in sorted(written.glob("*.xlsx"))}


# ---------------------------------------------------------------- a workbook in its parts

Area = tuple[int, int, int, int]  # first column, first row, last column, last row


class Sheet:
    """A sheet's part."""

    def __init__(self, name: str, visible: bool, xml: bytes, strings: list[str]) -> None:
        self.name, self.visible, self.root = name, visible, ElementTree.fromstring(xml)
        self.strings = strings

    @cached_property
    def cells(self) -> list[ElementTree.Element]:
        return list(self.root.iter(f"{M}c"))

    @cached_property
    def hidden(self) -> tuple[set[int], set[int]]:
        """The hidden columns and rows."""
        columns = {
            n
            for col in self.root.iter(f"{M}col")
            if col.get("hidden") == "1"
            for n in range(int(col.get("min", 0)), int(col.get("max", 0)) + 1)
        }
        rows = {int(r.get("r", 0)) for r in self.root.iter(f"{M}row") if r.get("hidden") == "1"}
        return columns, rows

    def is_hidden(self, reference: str) -> bool:
        column, row, _, _ = area(reference)
        return column in self.hidden[0] or row in self.hidden[1]

    def text(self, cell: ElementTree.Element) -> str:
        """Give the text typed into a cell, "" where there is none."""
        return self.strings[int(cell.findtext(f"{M}v", "0"))] if cell.get("t") == "s" else ""


class Book:
    """A workbook in its parts."""

    def __init__(self, data: bytes) -> None:
        with zipfile.ZipFile(BytesIO(data)) as packed:
            self.parts = {name: packed.read(name) for name in packed.namelist()}
        self.root = ElementTree.fromstring(self.parts["xl/workbook.xml"])
        table = ElementTree.fromstring(self.parts["xl/sharedStrings.xml"])
        strings = ["".join(t.text or "" for t in si.iter(f"{M}t")) for si in table]
        self.sheets = [
            Sheet(
                sheet.get("name", ""),
                sheet.get("state") is None,
                self.parts[f"xl/worksheets/sheet{n}.xml"],
                strings,
            )
            for n, sheet in enumerate(self.root.iter(f"{M}sheet"), 1)
        ]


def area(reference: str) -> Area:
    left, top, right, bottom = range_boundaries(reference)
    assert left
    assert top
    assert right
    assert bottom
    return left, top, right, bottom


def meet(one: Area, other: Area) -> bool:
    return one[0] <= other[2] and other[0] <= one[2] and one[1] <= other[3] and other[1] <= one[3]


# ---------------------------------------------------------------- the limits

Limit = Callable[[Book], Iterator[str]]
_NUMBER = re.compile(r"\s*[-+]?(\d{1,3}(,\d{3})+|\d+)?(\.\d*)?([eE][-+]?\d+)?%?\s*")


def calculated_on_opening(book: Book) -> Iterator[str]:
    """ECMA 18.2.2: Excel calculates anew, and asks to save a file that nobody changed.

    So it does with what was calculated by an Excel before its own: 191029 is that of 2019 and 365.
    """
    (calc,) = book.root.iter(f"{M}calcPr")
    if calc.get("fullCalcOnLoad") or int(calc.get("calcId", 0)) < 191029:
        yield f"{calc.attrib}"


def untyped_results(book: Book) -> Iterator[str]:
    """ECMA 18.18.11: without t="str" an empty result is a number; SheetJS drops the formula."""
    for sheet, cell, result in _results(book):
        if result is None or (not result.text and cell.get("t") != "str"):
            yield f"{sheet.name}!{cell.get('r')}"


def _results(
    book: Book,
) -> Iterator[tuple[Sheet, ElementTree.Element, ElementTree.Element | None]]:
    for sheet in book.sheets:
        for cell in sheet.cells:
            if cell.find(f"{M}f") is not None:
                yield sheet, cell, cell.find(f"{M}v")


def green_triangles(book: Book) -> Iterator[str]:
    """ECMA 18.3.1.50: where digits are meant as a text, the sheet says so."""
    for sheet in (sheet for sheet in book.sheets if sheet.visible):
        ignored = [
            area(reference)
            for error in sheet.root.iter(f"{M}ignoredError")
            if error.get("numberStoredAsText") == "1"
            for reference in error.get("sqref", "").split()
        ]
        for cell in sheet.cells:
            text, at = sheet.text(cell), cell.get("r", "")
            digits = _NUMBER.fullmatch(text) and re.search(r"\d", text)
            if digits and not sheet.is_hidden(at) and not any(meet(area(at), a) for a in ignored):
                yield f"{sheet.name}!{at} {text}"


def panes_over_hidden(book: Book) -> Iterator[str]:
    """ECMA 18.3.1.66: a split counts what is visible before it; LibreOffice counts all of it."""
    for sheet in book.sheets:
        for view in sheet.root.iter(f"{M}sheetView"):
            for pane in view.iter(f"{M}pane"):
                first, then = (area(x.get("topLeftCell", "A1")) for x in (view, pane))
                for axis, split in enumerate(("xSplit", "ySplit")):
                    before = range(first[axis], then[axis])
                    unseen = sheet.hidden[axis] & set(before)
                    if unseen or len(before) != int(pane.get(split, 0)):
                        yield f"{sheet.name} {split}={pane.get(split)}, {before}, hidden {unseen}"


def cursors_out_of_place(book: Book) -> Iterator[str]:
    """On a hidden cell nobody sees the cursor; a sheet to fill opens on a cell to fill."""
    styles = ElementTree.fromstring(book.parts["xl/styles.xml"])
    formats = styles.find(f"{M}cellXfs")
    assert formats is not None
    unlocked = {
        str(n)
        for n, style in enumerate(formats)
        if any(p.get("locked") == "0" for p in style.iter(f"{M}protection"))
    }
    for sheet in (sheet for sheet in book.sheets if sheet.visible):
        chosen = [s.get("activeCell", "A1") for s in sheet.root.iter(f"{M}selection")]
        at = chosen[-1] if chosen else "A1"  # XlsxWriter names the pane in use last
        inputs = [cell.get("r") for cell in sheet.cells if cell.get("s") in unlocked]
        if sheet.is_hidden(at) or (inputs and at not in inputs):
            yield f"{sheet.name}!{at}"


def merges_in_filters(book: Book) -> Iterator[str]:
    """Excel does not sort a filtered list that has merged cells of several sizes."""
    for sheet in book.sheets:
        for filtered in sheet.root.iter(f"{M}autoFilter"):
            for merge in sheet.root.iter(f"{M}mergeCell"):
                if meet(area(merge.get("ref", "")), area(filtered.get("ref", ""))):
                    yield f"{sheet.name}!{merge.get('ref')}"


def mixed_coercions(book: Book) -> Iterator[str]:
    """One way to count truth values, `*1`; and no number HyperFormula takes for a name (1E+9)."""
    for sheet, cell, _ in _results(book):
        formula = re.sub(r'"[^"]*"', "", cell.findtext(f"{M}f", ""))
        if "--" in formula or re.search(r"\dE[+-]?\d", formula):
            yield f"{sheet.name}!{cell.get('r')} {formula}"


# with what is broken by hand to see it found: part of the workbook, pattern, what comes instead
LIMITS: dict[Limit, tuple[str, str, str]] = {
    calculated_on_opening: ("xl/workbook.xml", "<calcPr", '<calcPr fullCalcOnLoad="1"'),
    untyped_results: ("xl/worksheets/sheet3.xml", ' t="str"(?=><f>[^<]*</f><v></v>)', ""),
    green_triangles: ("xl/worksheets/sheet3.xml", "<ignoredErrors>.*</ignoredErrors>", ""),
    panes_over_hidden: ("xl/worksheets/sheet3.xml", ' topLeftCell="B2"', ""),
    cursors_out_of_place: ("xl/worksheets/sheet3.xml", 'activeCell="[A-Z]+', 'activeCell="A'),
    merges_in_filters: (
        "xl/worksheets/sheet3.xml",
        '<mergeCell ref="B2:C2',
        '<mergeCell ref="B5:C5',
    ),
    mixed_coercions: ("xl/worksheets/sheet12.xml", r"SUMPRODUCT\(", "SUMPRODUCT(--"),
}


@pytest.mark.parametrize("limit", LIMITS, ids=lambda limit: limit.__name__)
def test_nothing_we_write_is_beyond_a_limit(books: dict[str, Book], limit: Limit) -> None:
    found = {name: list(limit(book)) for name, book in books.items()}
    assert {name: faults[:5] for name, faults in found.items() if faults} == {}


@pytest.mark.parametrize("limit", LIMITS, ids=lambda limit: limit.__name__)
def test_a_planted_fault_is_found(written: Path, limit: Limit) -> None:
    part, pattern, instead = LIMITS[limit]
    book = Book((written / "issued.xlsx").read_bytes())
    broken, count = re.subn(pattern, instead, book.parts[part].decode())
    assert count
    target = BytesIO()
    with zipfile.ZipFile(target, "w") as packed:
        for name, content in {**book.parts, part: broken.encode()}.items():
            packed.writestr(name, content)
    assert list(limit(Book(target.getvalue())))


# ---------------------------------------------------------------- a second engine


@pytest.mark.deep
@needs_engine
def test_a_second_engine_computes_what_is_stored(written: Path, books: dict[str, Book]) -> None:
    """The returns are those without half cents, which programs round either way."""
    names = ["issued.xlsx", "second.xlsx", "rubric.xlsx", "settings.xlsx", "rollup.xlsx"]
    for name, found in zip(names, recomputed([written / n for n in names]), strict=True):
        assert len(found) == sum(1 for _ in _results(books[name])), name
        others = differing(found)
        assert others[:5] == [], f"{name}: {len(others)} cells"


# ---------------------------------------------------------------- referees from outside


@pytest.mark.deep
@needs_referees
@pytest.mark.parametrize(
    "referee", [["package_valid.py"], ["excel_limits.py", "--strict"]], ids=lambda r: r[0]
)
def test_referees_find_nothing(written: Path, referee: list[str]) -> None:
    files = sorted(written.glob("*.xlsx" if "--strict" in referee else "*.*"))
    program, *options = referee
    command = [sys.executable, str(REFEREES / program), *options, *map(str, files)]
    ended = subprocess.run(command, capture_output=True, text=True, encoding="utf-8")
    assert ended.returncode == 0, ended.stdout[-2_000:]
