"""An office's form goes out and comes back: issued, filled, checked, annotated, filled again."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from decimal import Decimal
from io import BytesIO
from itertools import product
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from drawings import FEW, LAYOUTS, data, draw
from hyperformula import differing, needs_engine, recomputed
from inserting import row_inserted
from libreoffice import needs_libreoffice, recalculated
from msgspec.structs import replace
from office_returns import YEAR, concluded, filled, made_up, on_own_paper, terms, workbook
from test_shipped_forms import DRAWN
from test_shipped_forms import terms as shipped_terms
from tiers import everyday

from perfxl.check.findings import Finding
from perfxl.expr.office import CellAt, bare
from perfxl.expr.tree import Key
from perfxl.form.answers import Cell, Fault, Values, read_answers
from perfxl.form.layout import place
from perfxl.form.model import Form, Kind
from perfxl.form.register import Unit
from perfxl.form.relations import Indicators, StatedCheck
from perfxl.forms.office.propose import propose
from perfxl.forms.office.suggested import check_rows
from perfxl.reading.drawing import read_drawing
from perfxl.render.inserted import AddedSheet, with_texts
from perfxl.returns import workflow
from perfxl.returns.makers import OfficeMaker
from perfxl.returns.output import Checked

EACH = pytest.mark.parametrize("name", everyday(LAYOUTS, FEW[:3]))


def checked(content: bytes, on: workflow.Terms) -> Checked:
    found = workflow.check_bytes(Path("报送.xlsx"), content, on)
    assert found.error is None, found.error
    return found


def findings(one: Checked) -> tuple[Finding, ...]:
    assert one.outcome is not None
    return one.outcome.findings


def typed(one: Checked, cells: Mapping[Key, Cell]) -> dict[Key, Any]:
    """Give what was read in these cells."""
    assert one.submission is not None
    return {key: one.submission.answers[key].cell.raw for key in cells}


def told(found: tuple[Finding, ...]) -> list[str]:
    return [f"{one.rule.id} {one.places[:1]} {one.message}" for one in found]


@EACH
def test_what_is_typed_comes_back_and_is_silent(name: str) -> None:
    on = terms(name)
    cells = filled(on.form)
    found = checked(workbook(on.form, cells), on)
    assert typed(found, cells) == {key: cell.raw for key, cell in cells.items()}
    assert told(findings(found)) == []
    assert found.outcome is not None
    assert found.outcome.not_checked == ()


@EACH
def test_a_blank_template_lacks_just_what_must_be_filled(name: str) -> None:
    on = terms(name)
    found = checked(workflow.template_bytes(on.form, "某局", "440001"), on)
    lacking = {key for one in findings(found) for key in one.keys if one.rule.id == "C01"}
    due = {
        key
        for key, item in on.form.inputs()
        if item.required is True and not on.form.blocks[key.block].repeats
    }
    who = set(workflow.identity_of(on.form, Unit("440001", "某局")))
    assert lacking == due - who
    assert [one for one in told(findings(found)) if not one.startswith("C01")] == []


def test_strokes_on_the_office_s_own_blank_are_blanks() -> None:
    """A row of them is an indicator that there is not, one beside an amount is none of it."""
    on = terms("funds")
    cells = {k: c for k, c in filled(on.form).items() if k.block != "unit"}
    (listed,) = on.form.of(Indicators)
    last = on.form.blocks[listed.block].rows[-1]
    gone = [key for key in cells if key[:2] == (listed.block, last.key)]
    other = next(k for k, i in on.form.items.items() if k in cells and i.kind is Kind.AMOUNT)
    gone.append(other._replace(row="10"))  # 其他资金
    left = {key: cell for key, cell in cells.items() if key not in gone}
    left |= concluded(on.form, left)
    raws = {key: cell.raw for key, cell in left.items()} | dict.fromkeys(gone, "/")
    name = next(key for key in gone if key.column == listed.name)
    found = checked(on_own_paper("funds", raws | {name: "指标1：/"}), on)
    assert typed(found, left) == {key: cell.raw for key, cell in left.items()}
    assert all(value is None for value in typed(found, dict.fromkeys(gone, Cell())).values())
    assert {one.rule.id for one in findings(found)} <= {"W25"}, told(findings(found))


FIVE = Decimal(5)
SECOND: dict[str, str | Decimal] = {
    "C": "修缮堤坝",
    "D": "≥3处",
    "E": "3处",
    "F": FIVE,
    "G": FIVE,
    "H": "按期完成",
}


def _of_group(on: workflow.Terms, *, used: int) -> tuple[dict[Key, Cell], dict[Key, Cell]]:
    """Give answers with so many indicators under 数量指标, drawn in rows 14 and 15; the second."""
    cells = {k: c for k, c in filled(on.form).items() if k.block != "unit"}
    second = {key: cell for key, cell in cells.items() if key.row == "15"}
    left = cells if used == 2 else {k: c for k, c in cells.items() if k not in second}
    return left | concluded(on.form, left), second


def _typed_on(cells: Mapping[Key, Cell]) -> bytes:
    return on_own_paper("funds", {key: cell.raw for key, cell in cells.items()})


@pytest.mark.parametrize("at", [15, 16], ids=["among them", "below them"])
def test_an_indicator_in_a_row_inserted_under_its_label_is_read(at: int) -> None:
    """The row drawn and left blank is as good as the one inserted beside it."""
    on = terms("funds")
    cells, second = _of_group(on, used=1)
    cells |= {key: Cell(SECOND.get(key.column)) for key in second}
    cells |= concluded(on.form, cells)
    one, _ = _of_group(on, used=1)
    total = {key: cell for key, cell in cells.items() if key not in second}
    found = checked(row_inserted(_typed_on(one | total), "自评表", at, SECOND), on)
    assert typed(found, cells) == {key: cell.raw for key, cell in cells.items()}
    assert {one.rule.id for one in findings(found)} <= {"W25"}, told(findings(found))


@pytest.mark.parametrize("used", [1, 2])
def test_a_blank_row_inserted_under_a_label_is_nothing(used: int) -> None:
    on = terms("funds")
    cells, _ = _of_group(on, used=used)
    found = checked(row_inserted(_typed_on(cells), "自评表", 15, {}), on)
    assert typed(found, cells) == {key: cell.raw for key, cell in cells.items()}
    assert {one.rule.id for one in findings(found)} <= {"W25"}, told(findings(found))


def test_one_indicator_more_than_drawn_is_told_and_the_others_are_read() -> None:
    on = terms("funds")
    cells, _ = _of_group(on, used=2)
    found = checked(row_inserted(_typed_on(cells), "自评表", 16, SECOND), on)
    assert typed(found, cells) == {key: cell.raw for key, cell in cells.items()}
    (more,) = [one for one in findings(found) if one.rule.id != "W25"]
    assert (more.rule.id, [at.cell for at in more.places]) == ("W24", ["C16"])
    assert "第 16 行“修缮堤坝”" in more.message


def test_a_row_left_blank_may_be_deleted() -> None:
    on = terms("funds")
    cells, _ = _of_group(on, used=1)
    book = openpyxl.load_workbook(BytesIO(_typed_on(cells)))
    paper = book["自评表"]
    merged = [area.bounds for area in paper.merged_cells.ranges]
    for area in [*paper.merged_cells.ranges]:
        paper.unmerge_cells(area.coord)
    paper.delete_rows(15)
    for left, top, right, bottom in merged:
        moved = top - (top > 15), bottom - (bottom >= 15)
        if (left, moved[0]) != (right, moved[1]):
            paper.merge_cells(None, moved[0], left, moved[1], right)
    found = checked(data(book), on)
    kept = {key: cell for key, cell in cells.items() if on.form.items[key].formula is None}
    assert typed(found, kept) == {key: cell.raw for key, cell in kept.items()}


@pytest.mark.parametrize(("heading", "rules"), [("备注", {"W09"}), ("", {"W24"})])
def test_a_column_of_remarks_beside_a_table_moved_nothing(heading: str, rules: set[str]) -> None:
    """Without a heading it may be a row pushed out of its place."""
    on = terms("weighed")
    cells = {k: c for k, c in filled(on.form).items() if k.block != "unit"}
    lines = (("自评表", "L12", heading), ("自评表", "L13", "见合同"))
    raws = {key: cell.raw for key, cell in cells.items()}
    found = checked(on_own_paper("weighed", raws, lines), on)
    assert {one.rule.id for one in findings(found)} - {"W25"} == rules, told(findings(found))
    assert (typed(found, cells) == raws) is bool(heading)


def _merged(content: bytes, sheet: str, area: str, raw: str) -> bytes:
    book = openpyxl.load_workbook(BytesIO(content))
    book[sheet][area.partition(":")[0]] = raw
    book[sheet].merge_cells(area)
    return data(book)


@pytest.mark.parametrize(
    ("area", "raw", "rules", "unread"),
    [
        ("K13:K16", "均已完成", {"W21", "W25"}, 0),  # a reason is that of each
        ("K13:K13", "均已完成", {"W25"}, 0),
        ("H13:H14", "101", {"W22", "W25"}, 2),
        ("J13:J14", "6", {"W22", "W25"}, 2),  # scores: what they come to is not known
        ("D9:E9", "6", {"W22", "W25"}, 2),
        ("I13:J15", "6", {"W22", "W25"}, 6),
        ("G8:I8", "6", {"W24", "W25"}, 22),  # over wording, which is gone
    ],
)
def test_cells_merged_by_hand_down_a_column_are_theirs_alone(
    area: str, raw: str, rules: set[str], unread: int
) -> None:
    on = terms("weighed")
    cells = {k: c for k, c in filled(on.form).items() if k.block != "unit"}
    own = on_own_paper("weighed", {key: cell.raw for key, cell in cells.items()})
    found = checked(_merged(own, "自评表", area, raw), on)
    assert {one.rule.id for one in findings(found)} == rules, told(findings(found))
    assert found.submission is not None
    answers = found.submission.answers
    gone = [key for key in cells if answers[key].cell.lost or answers[key].fault is Fault.UNREAD]
    assert len(gone) == unread


@EACH
def test_a_result_is_the_form_again(name: str) -> None:
    on = terms(name)
    cells = filled(on.form)
    once = checked(workbook(on.form, cells), on)
    again = checked(workflow.result_bytes(once), on)
    assert typed(again, cells) == typed(once, cells)
    assert told(findings(again)) == told(findings(once))


@EACH
def test_the_office_s_own_blank_is_read_as_it_is(name: str) -> None:
    on = terms(name)
    cells = {k: c for k, c in filled(on.form).items() if k.block != "unit"}
    found = checked(on_own_paper(name, {key: cell.raw for key, cell in cells.items()}), on)
    assert typed(found, cells) == {key: cell.raw for key, cell in cells.items()}
    assert {one.rule.id for one in findings(found)} <= {"W25"}, told(findings(found))
    healed = checked(workflow.result_bytes(found), on)
    assert typed(healed, cells) == typed(found, cells)
    unnamed = {key for one in findings(healed) for key in one.keys}
    assert unnamed <= {Key("unit", "name", "value")}, "asked for where no cell of the office's does"


# ---------------------------------------------------------------- checks the office wrote


def with_checks(name: str) -> workflow.Terms:
    """Give the terms of a form with the checks that are proposed for it."""
    drawn = data(draw(LAYOUTS[name]))
    rows = check_rows(read_drawing(drawn), propose(read_drawing(data(draw(LAYOUTS[name], True)))))
    stated = with_texts(drawn, {}, [AddedSheet("勾稽关系", rows, (8,) * 8)])
    return replace(terms(name), maker=OfficeMaker(stated))


def consistent(on: workflow.Terms) -> dict[Key, Cell]:
    """Give values for which each equation holds: what it is held against is put in its cell."""
    form, cells = on.form, filled(on.form)
    for check in form.of(StatedCheck):
        for test in check.tests:
            left = bare(test.left)
            if isinstance(left, CellAt) and form.items[left.key].is_input:
                values = Values(form, read_answers(form, cells))
                right = test.right.value(values)
                if isinstance(right, Decimal):
                    cells[left.key] = Cell(right)
    return {**cells, **concluded(form, cells)}


CHECKED = ("funds", "balance", "budget", "central")


@pytest.mark.parametrize("name", everyday(CHECKED, ("balance",)))
def test_a_wrong_figure_is_found_where_it_stands(name: str) -> None:
    on = with_checks(name)
    cells = consistent(on)
    clean = checked(workbook(on.form, cells), on)
    assert told(findings(clean)) == []
    tried = 0
    for check in on.form.of(StatedCheck):
        left = bare(check.tests[0].left)
        if not isinstance(left, CellAt) or left.key not in cells:
            continue
        raw = cells[left.key].raw
        assert isinstance(raw, Decimal)
        worse = raw + 7 if check.tests[0].operator in {"=", "<="} else raw - 7_000
        found = checked(workbook(on.form, {**cells, left.key: Cell(worse)}), on)
        told_with = (one for lead in findings(found) for one in lead.consequences)
        ours = [one for one in (*findings(found), *told_with) if one.rule.id == check.id]
        assert len(ours) == 1, told(findings(found))
        assert place(workflow.live_form(on.form)).a1(left.key) in [p.cell for p in ours[0].places]
        tried += 1
    assert tried


# ---------------------------------------------------------------- whatever is drawn


@pytest.mark.parametrize("seed", everyday(range(60), range(8)))
def test_whatever_is_drawn_is_read_back(seed: int) -> None:
    packed, asks = made_up(seed)
    if not asks:
        return
    on = workflow.Terms(workflow.load_rubric(None), YEAR, maker=OfficeMaker(packed))
    cells = filled(on.form)
    found = checked(workbook(on.form, cells), on)
    assert typed(found, cells) == {key: cell.raw for key, cell in cells.items()}
    assert not [one for one in told(findings(found)) if one.startswith("W")]


# ---------------------------------------------------------------- another program as referee


def shown(content: bytes) -> Iterator[tuple[str, str, Any]]:
    for paper in openpyxl.load_workbook(BytesIO(content), data_only=True).worksheets:
        for row in paper.iter_rows():
            for cell in row:
                if cell.value is not None and cell.value != "":
                    value = cell.value
                    yield (
                        paper.title,
                        cell.coordinate,
                        round(float(value), 6) if isinstance(value, int | float) else value,
                    )


@needs_libreoffice
@pytest.mark.deep
@pytest.mark.xdist_group("referee")
@pytest.mark.parametrize("name", LAYOUTS)
def test_libreoffice_computes_what_is_stored(name: str) -> None:
    on = terms(name)
    content = workbook(on.form, random.Random(name).choice([filled(on.form), {}]))
    assert list(shown(recalculated(content))) == list(shown(content))


@needs_engine
@pytest.mark.deep
def test_a_second_engine_computes_what_is_stored(tmp_path: Path) -> None:
    """Of all drawings and of the forms that come with perfxl: blank, filled, all names alike."""
    made = {name: terms(name).form for name in LAYOUTS}
    made |= {one.id: shipped_terms(one.id).form for one in DRAWN}
    files = [tmp_path / f"{name}{n}.xlsx" for name in made for n in range(3)]
    fillings = product(made.values(), (_blank, filled, _alike))
    for file, (form, fill) in zip(files, fillings, strict=True):
        file.write_bytes(workbook(form, fill(form)))
    for file, found in zip(files, recomputed(files), strict=True):
        assert found, file.stem
        assert (file.stem, differing(found)[:5]) == (file.stem, [])


def _blank(_: Form) -> dict[Key, Cell]:
    return {}


def _alike(form: Form) -> dict[Key, Cell]:
    """Give what `filled` does, all indicators of one name."""
    cells = filled(form)
    for one in form.of(Indicators):
        named = (k for k in cells if k.block == one.block and k.column == one.name)
        cells |= dict.fromkeys(list(named), Cell("办结率"))
    return cells
