"""What is written is what is read: whatever a unit typed, whatever became of its workbook."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import cache

import pytest
from hypothesis import given
from strategies import ODD, returns, said
from tiers import examples

from perfxl.expr.tree import Key
from perfxl.form.answers import Cell, Submission, Values, read_answers
from perfxl.form.model import Block, Column, Form, Item, Kind, Row, Sheet, open_list, row_key
from perfxl.form.ours import OWN_SHEETS
from perfxl.form.raw import Raw
from perfxl.forms.shipped import form_of
from perfxl.reading.bind import bind
from perfxl.reading.sheets import read_book
from perfxl.render.workbook import render
from perfxl.returns import workflow
from perfxl.rules.specimen import specimen

SCALE = workflow.load_rubric(None)
SPECIMEN = specimen()
KINDS = [kind for kind in Kind if Item(kind).is_input]


def written(form: Form, cells: Mapping[Key, Cell]) -> bytes:
    """Give the workbook of a form filled with these cells."""
    return render(Values(form, read_answers(form, cells)))


def kept(form: Form, cells: Mapping[Key, Cell]) -> dict[Key, tuple[Raw, object, str, str]]:
    """Give what must be read back: all as it was, a number nobody can mean as its text."""
    return said(Values(form, read_answers(form, cells)).healed().answers)


def reread(form: Form, cells: Mapping[Key, Cell]) -> Submission:
    """Give the return that is read back from the workbook filled with these cells."""
    return bind(read_book(written(form, cells)), form)


@cache
def every_kind(rows: int) -> Form:
    """Give a form with a column for every kind of input, in fixed rows and in an open list."""

    def pattern(row: str) -> Row:
        return Row(row, f"第{int(row)}行", {kind.value: Item(kind) for kind in KINDS})

    columns = tuple(Column(kind.value, f"{kind.value} 列") for kind in KINDS)
    listed = open_list("listed", "开口", columns, pattern, rows)
    fixed = tuple(
        Row(f"r{n}", f"行{n}", {"label": Item(Kind.LABEL, f"行{n}"), **pattern("001").items})
        for n in range(rows)
    )
    table = Block("fixed", "固定", (Column("label", "项目"), *columns), fixed)
    sheets = (
        Sheet("fixed", "固定", "固定表", (table,), (12,) * (len(KINDS) + 1)),
        Sheet("listed", "开口", "开口表", (listed,), (12,) * len(KINDS)),
    )
    return Form("kinds", "1", "各种格子", sheets)


def test_every_kind_of_cell_keeps_every_odd_content() -> None:
    form = every_kind(len(ODD))
    raws = dict(zip((row.key for row in form.blocks["fixed"].rows), ODD, strict=True))
    raws |= {row_key(n): raw for n, raw in enumerate(ODD, 1)}
    cells = {
        key: Cell(raws[key.row])
        for key, item in form.inputs()
        # in a date's cell a spreadsheet shows a number as a date
        if not (item.kind is Kind.DATE and isinstance(raws[key.row], Decimal))
    }
    submission = reread(form, cells)
    assert len(said(submission.answers)) == len(cells) > len(ODD) * len(KINDS)
    assert said(submission.answers) == kept(form, cells)


@examples(9)
@given(returns(SPECIMEN))
def test_specimen_reads_back_as_written(cells: dict[Key, Cell]) -> None:
    submission = reread(SPECIMEN, cells)
    assert said(submission.answers) == kept(SPECIMEN, cells)
    assert submission.form is SPECIMEN
    assert not submission.flaws
    assert not submission.missing


@examples(3)
@given(returns(form_of(SCALE), most=80))
def test_department_form_reads_back_as_written(cells: dict[Key, Cell]) -> None:
    live = workflow.live_form(form_of(SCALE))
    book = read_book(written(live, cells), skip=OWN_SHEETS)
    submission = bind(book, form_of(SCALE))
    assert said(submission.answers) == kept(live, cells)
    assert not submission.flaws


DAYS = (date(2023, 4, 10), date(1900, 3, 1), date(9999, 12, 31))


@pytest.mark.parametrize("raw", [*DAYS, datetime.fromisoformat("2023-04-10T08:30")])
def test_dates_stay_dates(raw: date) -> None:
    key = Key("fixed", "r0", "date")
    assert reread(every_kind(1), {key: Cell(raw)}).answers[key].cell.raw == raw


def test_unreadable_amount_comes_back_as_typed() -> None:
    key = Key("income", "other", "final")
    for text in ("约三百", " 无 ", "12 万元左右", "３００?"):
        answer = reread(SPECIMEN, {key: Cell(text)}).answers[key]
        assert (answer.cell.raw, answer.value, answer.fault.value) == (text, None, "unreadable")


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("a\r\nb", "a\nb"),  # line breaks of Windows
        ("a\x01b", "a□b"),  # control characters, which no workbook can hold
        ("\ud800", "□"),
        ("\x9b31m", "□31m"),
        ("甲\u202egpj.exe", "甲□gpj.exe"),  # direction marks make a text read otherwise
        ("\ufffe\U0001ffff", "□□"),
        ("😀" * 20_000, "😀" * 16_383),  # of two units each
        ("x" * 40_000, "x" * 32_767),
    ],
)
def test_what_no_workbook_can_hold_is_replaced_visibly(typed: str, kept: str) -> None:
    key = Key("unit", "name")
    assert reread(SPECIMEN, {key: Cell(typed)}).answers[key].cell.raw == kept


@pytest.mark.parametrize("text", ["<r>甲</r>", "<r><t>甲</t></r>"])
def test_text_that_looks_like_rich_text_is_text(text: str) -> None:
    key = Key("unit", "name")
    assert reread(SPECIMEN, {key: Cell(text)}).answers[key].cell.raw == text


def test_list_longer_than_offered_reads_back() -> None:
    offered = len(SPECIMEN.blocks["projects"].rows)
    grown = SPECIMEN.grown({"projects": offered + 30})
    cells = {Key("projects", row_key(n), "name"): Cell(f"项目 {n}") for n in range(1, offered + 31)}
    book = read_book(written(grown, cells))
    submission = bind(book, SPECIMEN)
    assert len(submission.form.blocks["projects"].rows) == offered + 30
    assert said(submission.answers) == said(read_answers(grown, cells))
    assert said(bind(book, grown).answers) == said(submission.answers)
