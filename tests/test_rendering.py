"""What rendering spares itself must not show: texts kept, cells written without detours."""

from __future__ import annotations

import re
import zipfile
from io import BytesIO
from pathlib import Path

import build
import pytest
from msgspec.structs import replace
from random_returns import Mood, random_cells
from tiers import everyday
from xlsxwriter.worksheet import Worksheet

from perfxl.expr.tree import Key
from perfxl.form.answers import Cell, Values, read_answers
from perfxl.form.layout import Layout, place
from perfxl.form.model import Form
from perfxl.forms.shipped import form_of
from perfxl.reading.sheets import read_book
from perfxl.render import workbook
from perfxl.render.workbook import render
from perfxl.returns import workflow
from perfxl.returns.result import result
from perfxl.text import safe

TERMS = workflow.Terms(workflow.load_rubric(None))
LIVE = workflow.live_form(form_of(TERMS.rubric))
# what has to be escaped, and what a spreadsheet would take for something else
EMPTY_TEXT = re.compile(rb' t="str"(?=><f>[^<]*</f><v></v>)')
SPANS = re.compile(rb'(?<=<row r=")(\d+") spans="\d+:\d+"')
NAMES = ("示例区财政局", 'a&b<c>\n"引号"', "#其他", "<r>乙</r>", "", "TRUE", "多\n行")


def result_of(data: bytes) -> bytes:
    return workflow.result_bytes(workflow.check_bytes(Path("x.xlsx"), data, TERMS))


def as_xlsxwriter_does(patch: pytest.MonkeyPatch, values: Values) -> dict[str, bytes]:
    with patch.context() as context:
        context.setattr(workbook, "PlainWorksheet", Worksheet)
        return parts(render(values))


def parts(data: bytes) -> dict[str, bytes]:
    """Give the parts of a workbook, without what XlsxWriter does otherwise.

    It gives no type to a result that is an empty text, and says which columns a row uses.
    """
    with zipfile.ZipFile(BytesIO(data)) as packed:
        read = {name: packed.read(name) for name in packed.namelist()}
    return {name: EMPTY_TEXT.sub(b"", SPANS.sub(rb"\1", part)) for name, part in read.items()}


@pytest.mark.parametrize("name", everyday(NAMES, NAMES[1:2]))
def test_cells_are_written_as_xlsxwriter_writes_them(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    cells = {**build.read_sample("xinhua_2022")[0], Key("unit", "name"): Cell(name or None)}
    values = Values(LIVE, read_answers(LIVE, cells))
    assert parts(render(values)) == as_xlsxwriter_does(monkeypatch, values)


@pytest.mark.parametrize("mood", everyday(Mood, {Mood.CARELESS}))
def test_any_return_is_written_as_xlsxwriter_writes_it(
    mood: Mood, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = Values(LIVE, read_answers(LIVE, random_cells(LIVE, mood, 7)))
    assert parts(render(values)) == as_xlsxwriter_does(monkeypatch, values)


def test_a_result_is_written_as_xlsxwriter_writes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    data = build.filled(build.read_sample("xinhua_2022")[0])
    ours = parts(result_of(data))
    monkeypatch.setattr(workbook, "PlainWorksheet", Worksheet)
    assert ours == parts(result_of(data))


def printed_afresh(layout: Layout) -> dict[Key, str]:
    return {
        key: item.formula.excel(layout.seen_from(layout.sheet(key)))
        for key, item in layout.form.items.items()
        if item.formula is not None
    }


def result_form(name: str) -> Form:
    checked = workflow.check_bytes(Path(name), build.workbook(name), TERMS)
    return result(checked.reviewed).values.form


@pytest.mark.parametrize("name", ["clean", "xinhua_2022"])
def test_kept_formulas_are_those_printed_afresh(name: str) -> None:
    for form in (LIVE, result_form(name)):
        layout = place(form)
        afresh = printed_afresh(layout)
        assert {key: layout.formula(key) for key in afresh} == afresh


def test_a_longer_list_has_formulas_of_its_own() -> None:
    longer = workflow.live_form(form_of(TERMS.rubric).grown({"tasks": 25}))
    total = next(key for key, item in LIVE.items.items() if item.formula and key.block == "status")
    assert place(longer).formula(total) == printed_afresh(place(longer))[total]
    moved = [key for key in printed_afresh(place(LIVE)) if key in longer.items]
    assert any(place(longer).formula(key) != place(LIVE).formula(key) for key in moved)


def test_only_a_form_with_sheets_around_it_has_a_core() -> None:
    around = LIVE.with_sheets(after=(replace(LIVE.sheets[0], key="other", name="其他", blocks=()),))
    assert around.core is LIVE
    assert replace(around, sheets=LIVE.sheets[:2]).core is None
    assert around.grown({"tasks": 25}).core is None


def test_the_cells_of_a_form_are_those_of_its_blocks() -> None:
    assert all(LIVE.row(key).items[key.column] is item for key, item in LIVE.items.items())
    assert [str(key) for key in LIVE.items][:2] == ["status.name.label", "status.name"]
    assert len(LIVE.items) == sum(len(block.items) for block in LIVE.blocks.values())


@pytest.mark.parametrize("name", ["#REF!", "_x001B_[31m", "_x005F_x202E_", "_x005F_x005F_x001B_"])
def test_a_text_is_the_same_text_where_a_formula_shows_it(name: str) -> None:
    """Else a formula's result is an error, or holds a control character that Excel makes of it."""
    cells = {**build.read_sample("clean")[0], Key("unit", "name"): Cell(name)}
    paper = read_book(render(Values(LIVE, read_answers(LIVE, cells)))).papers[0]
    row, column = place(LIVE).spot(Key("status", "name"))
    assert paper.cell(row, column).raw == safe.storable(name)
