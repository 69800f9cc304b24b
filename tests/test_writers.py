"""Returns saved anew by other programs: the findings of the original, or one that is true.

SheetJS, exceljs and xlsx-populate are there after `npm ci` in tests/writers, Gnumeric where its
`ssconvert` is; what a machine does not have is skipped.
"""

from __future__ import annotations

import os
import re
import shutil
import struct
import subprocess
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import cache, partial
from io import BytesIO
from pathlib import Path

import build
import pytest
from gallery import SCALE
from hostile.office import biff, biff_sheet, binary_record, ods, record, wide, xlsb
from hostile.packages import package, rewrite
from hostile.workbook import CUSTOM, INCOME, another_sheet, sheet_xml
from libreoffice import needs_libreoffice, saved_as
from openpyxl import load_workbook

from perfxl.expr.tree import Key
from perfxl.form.answers import Address
from perfxl.form.layout import place
from perfxl.forms.shipped import form_of
from perfxl.reading.sheets import Paper, read_book
from perfxl.returns import workflow
from perfxl.returns.workflow import Terms

NODE = Path(__file__).parent / "writers"
HAS_NODE = shutil.which("node") is not None and (NODE / "node_modules").exists()
needs_node = pytest.mark.skipif(
    not HAS_NODE and os.environ.get("PERFXL_REQUIRE_NODE") != "1",
    reason="npm ci has not been run in tests/writers; PERFXL_REQUIRE_NODE=1 makes this fail",
)
needs_gnumeric = pytest.mark.skipif(
    shutil.which("ssconvert") is None, reason="Gnumeric (ssconvert) is not installed"
)
Told = list[tuple[str, str, tuple[Address, ...]]]

# What a program does to a sheet, so that it is true: W15, it takes its protection away.
TRUE = {"W15"}


def by_openpyxl(source: Path, target: Path) -> None:
    buffer = BytesIO()
    load_workbook(source).save(buffer)
    target.write_bytes(buffer.getvalue())


def by_libreoffice(source: Path, target: Path) -> None:
    target.write_bytes(saved_as(source.read_bytes(), target.suffix[1:]))


def by_gnumeric(source: Path, target: Path) -> None:
    subprocess.run(["ssconvert", source, target], check=True, capture_output=True, timeout=300)


def by_node(program: str, source: Path, target: Path) -> None:
    command = ["node", *map(str, (NODE / "save.js", program, source, target))]
    subprocess.run(command, check=True, capture_output=True, timeout=300)


WRITERS = [
    pytest.param(by_openpyxl, "xlsx", id="openpyxl-xlsx"),
    *(
        pytest.param(by_libreoffice, kind, id=f"libreoffice-{kind}", marks=needs_libreoffice)
        for kind in ("xlsx", "xls", "ods", "fods")
    ),
    *(
        pytest.param(by_gnumeric, kind, id=f"gnumeric-{kind}", marks=needs_gnumeric)
        for kind in ("xlsx", "xls", "ods")
    ),
    *(
        pytest.param(partial(by_node, "sheetjs"), kind, id=f"sheetjs-{kind}", marks=needs_node)
        for kind in ("xlsx", "xlsb", "xls", "ods", "fods")
    ),
    *(
        pytest.param(partial(by_node, program), "xlsx", id=f"{program}-xlsx", marks=needs_node)
        for program in ("exceljs", "populate")
    ),
]


@cache
def source(name: str = "xinhua_2022") -> bytes:
    """Give a sample, that with findings of many kinds where none is named, or the template."""
    return workflow.template_bytes(form_of(SCALE)) if name == "template" else build.workbook(name)


def told(name: str, data: bytes) -> Told:
    """Give the findings of a file that are the unit's: what, said how, where."""
    checked = workflow.check_bytes(Path(name), data, Terms(SCALE))
    assert checked.error is None, checked.error
    assert checked.outcome is not None
    findings = (one for one in checked.outcome.findings if one.rule.id not in TRUE)
    return [(one.rule.id, one.message, one.places) for one in findings]


@pytest.mark.deep
@pytest.mark.parametrize("name", ["xinhua_2022", "clean", "template"])
@pytest.mark.parametrize(("save", "kind"), WRITERS)
def test_findings_are_those_of_the_original(
    save: Callable[[Path, Path], None], kind: str, name: str, tmp_path: Path
) -> None:
    original, saved = tmp_path / "book.xlsx", tmp_path / f"saved.{kind}"
    original.write_bytes(source(name))
    save(original, saved)
    assert told(saved.name, saved.read_bytes()) == told(original.name, source(name))


# ---------------------------------------------------------------- made by hand


def only(data: bytes) -> Paper:
    """Give the one sheet of a workbook."""
    (paper,) = read_book(data).papers
    return paper


def test_short_cells_of_a_binary_sheet_follow_each_other() -> None:
    texts = (
        binary_record(159, bytes(8)) + binary_record(19, b"\0" + wide("甲_x000A_")) + b"\xa0\1\0"
    )
    cells = [
        binary_record(0, struct.pack("<I", 2).ljust(11, b"\0") + b"\x10"),  # a hidden row
        binary_record(7, struct.pack("<III", 1, 0, 0)),
        binary_record(13, struct.pack("<Ii", 0, 1250 << 2 | 3)),  # 12.5, in hundredths
        binary_record(14, struct.pack("<IB", 0, 0x17)),
        binary_record(17, struct.pack("<I", 0) + wide("<乙>")),
        binary_record(9, struct.pack("<IId", 5, 0, 0.25)),
    ]
    sheet = b"\x81\1\0" + binary_record(145) + b"".join(cells) + binary_record(146)
    paper = only(xlsb(sheet, texts))
    assert list(paper.rows[2]) == [
        None,
        "甲_x000A_",
        Decimal("12.5"),
        None,
        "<乙>",
        Decimal("0.25"),
    ]
    scan = paper.scan
    assert (scan.errors, scan.formulas) == ({(2, 3): "#REF!"}, frozenset({(2, 5)}))
    assert scan.hidden_rows == {2}


@pytest.mark.parametrize("stream", ["Workbook", "WORKBOOK", "Book", "BOOK"])
def test_streams_of_an_xls_have_names_in_any_case(stream: str) -> None:
    paper = only(biff(biff_sheet([(0, 0), (2, 1)]), stream=stream))
    assert [list(row) for row in paper.rows] == [[1, None], [None, None], [None, 1]]


def test_a_text_of_an_xls_runs_on_in_the_next_piece() -> None:
    head = struct.pack("<II", 1, 1) + struct.pack("<HB", 5, 0) + b"abc"
    texts = record(0xFC, head) + record(0x3C, b"\1" + "甲乙".encode("utf-16-le"))
    begin, end = record(0x809, struct.pack("<HHHHII", 0x600, 16, 1, 1997, 0, 6)), record(0xA)
    cell = record(0xFD, struct.pack("<HHHI", 0, 0, 0, 0))
    assert only(biff(begin + cell + end, texts)).rows == [["abc甲乙"]]


def test_an_indented_ods_is_read_like_any() -> None:
    rows = """
      <table:table-row table:number-rows-repeated="2"> <table:table-cell/> </table:table-row>
      <table:table-row>
        <table:covered-table-cell table:number-columns-repeated="2"/>
        <table:table-cell office:value-type="percentage" office:value="0.95"><text:p>95%</text:p>
        </table:table-cell>
        <table:table-cell office:value-type="date" office:date-value="2022-11-20"/>
        <table:table-cell office:value-type="string">
          <office:annotation><text:p>批注</text:p></office:annotation>
          <text:p>甲<text:s text:c="2"/>乙</text:p>
          <text:p>丙</text:p>
        </table:table-cell>
      </table:table-row>
      <table:table-row table:number-rows-repeated="1048573"><table:table-cell/></table:table-row>
    """
    paper = only(ods(rows))
    assert list(paper.rows[2]) == [None, None, Decimal("0.95"), date(2022, 11, 20), "甲  乙\n丙"]
    assert paper.scan.percents == frozenset({(2, 2)})
    assert len(paper.rows) == 3


def test_blanks_around_properties_do_not_count() -> None:
    custom = rewrite(CUSTOM, lambda text: re.sub(r"(<vt:\w+>)([^<]*)", "\\1\n   \\2\n  ", text))
    assert told("x.xlsx", package(custom)()) == []


def test_a_sheet_that_is_not_the_form_s_may_be_in_disorder() -> None:
    rows = '<row r="2"><c r="A2"><v>1</v></c></row><row r="1"><c r="A1"><v>1</v></c></row>'
    assert told("x.xlsx", package(another_sheet(sheet_xml(rows)))()) == []


def test_an_error_that_a_formula_of_the_form_gives_is_computed_anew() -> None:
    total = place(form_of(SCALE)).a1(Key("income", "total", "initial"))

    def fail(text: str) -> str:
        cell = rf'(<c r="{total}" s="\d+")(><f>[^<]*</f>)<v>[^<]*'
        assert re.search(cell, text)
        return re.sub(cell, r'\1 t="e"\2<v>#VALUE!', text)

    assert told("x.xlsx", package(rewrite(INCOME, fail))()) == []
