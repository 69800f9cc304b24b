"""A workbook changed on purpose: found by holding it against the form, rubric and register.

No mark in the file is trusted: what is not found must have changed nothing that is read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import cache
from io import BytesIO
from pathlib import Path

import build
import handling
import openpyxl
import pytest
from gallery import SCALE, filled_book, judged
from handling import Table
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from openpyxl.comments import Comment
from seasons import UNITS
from tiers import examples

from perfxl.check.findings import Finding, Outcome
from perfxl.expr.tree import Key
from perfxl.form.addresses import a1
from perfxl.form.answers import Submission
from perfxl.form.layout import KEY_COLUMN, Layout
from perfxl.form.ours import OWN_SHEETS
from perfxl.form.raw import Raw, text_of
from perfxl.form.register import Register, Unit
from perfxl.forms.shipped import form_of
from perfxl.reading.bind import bind
from perfxl.reading.sheets import Book
from perfxl.returns import workflow

FORM = form_of(SCALE)
INCOME, COST, MAIN = "表1-3 收入", "表1-4 支出", "附件3 自评表"
Edit = Callable[[Book, Layout], Book]


@cache
def genuine() -> tuple[Book, Layout]:
    """Give the clean sample, of which nothing is to be said."""
    book, layout = filled_book({})
    assert judged(book).findings == ()
    return book, layout


def told(book: Book) -> list[str]:
    """Give the rules that find something."""
    return [finding.rule.id for finding in judged(book).findings]


def cell_edit(key: str, raw: Raw) -> Edit:
    """Overwrite the cell of a key."""

    def edit(book: Book, layout: Layout) -> Book:
        where = Key.parse(key)
        return handling.on(book, layout.sheet(where).name, handling.write(*layout.spot(where), raw))

    return edit


def swapped(sheet: str, one: tuple[int, int], other: tuple[int, int]) -> Edit:
    """Let two cells change places."""

    def swap(cells: Table) -> None:
        (a, b), (c, d) = one, other
        cells[a][b], cells[c][d] = cells[c][d], cells[a][b]

    return lambda book, _: handling.on(book, sheet, swap)


def row_key(layout: Layout, key: str) -> tuple[int, int]:
    return layout.spot(Key.parse(key))[0], KEY_COLUMN


def column_key(layout: Layout, key: str) -> tuple[int, int]:
    where = Key.parse(key)
    return layout.blocks[where.block].keys, layout.spot(where)[1]


def renamed(names: dict[str, str]) -> Edit:
    """Give sheets other names."""

    def edit(book: Book, _: Layout) -> Book:
        papers = (replace(paper, name=names.get(paper.name, paper.name)) for paper in book.papers)
        return replace(book, papers=tuple(papers))

    return edit


def shadowed(sheet: str, row: int, column: int, own_key: bool) -> Edit:
    """Put a copy of a sheet with other figures in front; `own_key`: the original loses its key."""

    def edit(book: Book, _: Layout) -> Book:
        (paper,) = (paper for paper in book.papers if paper.name == sheet)
        copy = replace(paper, name="副本")
        whole = replace(book, papers=(copy, *book.papers))
        if own_key:
            whole = handling.on(whole, sheet, handling.clear_identity)
        return handling.on(whole, "副本", handling.write(row, column, Decimal("0.5")))

    return edit


def shadow_column(cells: Table, layout: Layout, own_key: bool) -> None:
    """Put a copy of a column with other figures beside it; `own_key`: only the copy has the key."""
    (row, column), keys = layout.spot(Key("income", "general", "final")), layout.blocks["income"]
    for cells_of_row in cells:
        cells_of_row[column + 1 : column + 1] = cells_of_row[column : column + 1]
    cells[row][column + 1] = replace(cells[row][column + 1], raw=Decimal("1.00"))
    if own_key:
        cells[keys.keys][column] = handling.EMPTY


BOOK, LAYOUT = genuine()
AT = LAYOUT.spot(Key("income", "general", "final"))
TAMPERED: dict[str, tuple[Edit, set[str]]] = {
    "label": (cell_edit("income.general.label", "一、其他"), {"W05"}),
    "points": (cell_edit("scores.output.points", Decimal(30)), {"W05"}),
    "standard": (cell_edit("scores.output.standard", "自评即得满分"), {"W05"}),
    "name of a leaf": (cell_edit("scores.output.name", "其他"), {"W05"}),
    "points of the summary": (cell_edit("summary.group1.points", Decimal(90)), {"W05"}),
    "computed total": (cell_edit("income.total.final", Decimal(9999)), {"W06"}),
    "computed rate": (cell_edit("indicators.001.completion", Decimal(1)), {"W06"}),
    "supported score": (cell_edit("scores.output.high", Decimal(1)), {"W06"}),
    "emptied total": (cell_edit("scores.total.score", None), {"W06"}),
    "column keys swapped": (
        swapped(
            INCOME,
            column_key(LAYOUT, "income.general.initial"),
            column_key(LAYOUT, "income.general.final"),
        ),
        {"W05"},
    ),
    "headers swapped": (
        swapped(
            INCOME,
            (AT[0] - 1, AT[1]),
            (AT[0] - 1, AT[1] - 2),
        ),
        {"W05"},
    ),
    "key of another row": (
        lambda book, layout: handling.on(
            book,
            INCOME,
            handling.write(*row_key(layout, "income.general.label"), "income.fund"),
        ),
        {"W05"},
    ),
    "sheet copied": (shadowed(INCOME, *AT, own_key=False), {"W11"}),
    "sheet shadowed": (shadowed(INCOME, *AT, own_key=True), {"W11"}),
    "column copied": (
        lambda book, layout: handling.on(
            book, INCOME, lambda cells: shadow_column(cells, layout, own_key=False)
        ),
        {"W11"},
    ),
    "column shadowed": (
        lambda book, layout: handling.on(
            book, INCOME, lambda cells: shadow_column(cells, layout, own_key=True)
        ),
        {"W11"},
    ),
    "sheet called as one of ours": (renamed({INCOME: "校验"}), {"W03"}),
    "form in the properties": (
        lambda book, _: replace(book, properties={**book.properties, "perfxl_form": "x-2022"}),
        {"W19"},
    ),
    "edition in the properties": (
        lambda book, _: replace(book, properties={**book.properties, "perfxl_edition": "9"}),
        {"W19"},
    ),
    "rubric in the properties": (
        lambda book, _: replace(book, properties={**book.properties, "perfxl_rubric_mark": "0"}),
        {"W17"},
    ),
    "edition on a sheet": (
        lambda book, _: handling.on(
            book, INCOME, handling.write(0, 0, f"perfxl/{FORM.id}/9/income")
        ),
        {"W02"},
    ),
    "form on a sheet": (
        lambda book, _: handling.on(book, INCOME, handling.write(0, 0, "perfxl/other/1/income")),
        {"W03"},
    ),
    "sheet key": (
        lambda book, _: handling.on(book, INCOME, handling.write(0, 0, f"perfxl/{FORM.id}/1/cost")),
        {"W03", "W11"},
    ),
}


@pytest.mark.parametrize("name", TAMPERED)
def test_tampering_is_found(name: str) -> None:
    edit, rules = TAMPERED[name]
    book = edit(BOOK, LAYOUT)
    if name == "sheet called as one of ours":  # these are not even read
        book = replace(book, papers=tuple(p for p in book.papers if p.name != "校验"))
    assert rules <= {*told(book)}


HARMLESS: dict[str, Edit] = {
    "sheet names swapped": renamed({INCOME: COST, COST: INCOME}),
    "row keys swapped": lambda book, layout: swapped(
        INCOME, row_key(layout, "income.general.label"), row_key(layout, "income.fund.label")
    )(book, layout),
    "content moved down": lambda book, _: handling.on(
        book, INCOME, handling.insert_rows(2, [{}, {}])
    ),
    "content moved right": lambda book, _: handling.on(book, INCOME, handling.insert_column(1)),
    "sheets in another order": lambda book, _: replace(book, papers=book.papers[::-1]),
}


@pytest.mark.parametrize("name", HARMLESS)
def test_what_is_read_is_what_people_see(name: str) -> None:
    book = HARMLESS[name](BOOK, LAYOUT)
    assert values(bind(book, FORM)) == values(bind(BOOK, FORM))
    assert told(book) == []


# ---------------------------------------------------------------- law: any locked cell


def values(submission: Submission) -> dict[Key, tuple[Raw, object]]:
    """Give what was read into each filled cell."""
    return {
        key: (answer.cell.raw, answer.value)
        for key, answer in submission.answers.items()
        if answer.cell.raw is not None
    }


def locked() -> Sequence[tuple[str, int, int]]:
    """Give every cell of the form's sheets with something in it that no unit types."""
    typed = {(LAYOUT.sheet(key).name, *LAYOUT.spot(key)) for key, _ in FORM.inputs()}
    own = {sheet.name for sheet in FORM.sheets}
    return [
        spot
        for paper in BOOK.papers
        if paper.name in own
        for r, row in enumerate(paper.rows)
        for c, raw in enumerate(row)
        if raw is not None and (spot := (paper.name, r, c)) not in typed
    ]


LOCKED = locked()
READ = values(bind(BOOK, FORM))
TEXTS = [text_of(p.raw(r, c)) for s, r, c in LOCKED for p in BOOK.papers if p.name == s]


@examples(15)
@given(
    st.sampled_from(LOCKED),
    st.one_of(st.none(), st.sampled_from(TEXTS), st.just("改过"), st.just(Decimal(7))),
)
def test_a_locked_cell_changed_is_told_or_changes_nothing(
    spot: tuple[str, int, int], raw: Raw
) -> None:
    sheet, row, column = spot
    book = handling.on(BOOK, sheet, handling.write(row, column, raw))
    submission = bind(book, FORM)
    if not submission.flaws and values(submission) != READ:
        assert told(book), (sheet, a1(row, column), raw)


def test_there_are_many_locked_cells() -> None:
    assert len(LOCKED) > 800


# ---------------------------------------------------------------- the file itself


@cache
def opened(data: bytes, change: Callable[[openpyxl.Workbook], None]) -> bytes:
    """Give a workbook changed as by a person with a spreadsheet, all protection taken off."""
    book = openpyxl.load_workbook(BytesIO(data))
    for sheet in book.worksheets:
        sheet.protection.sheet = False
    change(book)
    target = BytesIO()
    book.save(target)
    return target.getvalue()


def as_it_is(_: openpyxl.Workbook) -> None:
    """Change nothing."""


@cache
def wrong() -> bytes:
    """Give a return that has an error, and a figure to be read."""
    return sent(income__general__final=Decimal("1.00"), indicators__001__actual="约一百场")


@cache
def result_of(data: bytes) -> bytes:
    """Give the result of a return."""
    return workflow.result_bytes(workflow.check_bytes(Path("甲.xlsx"), data, workflow.Terms(SCALE)))


@cache
def checked(data: bytes, register: Register | None = None) -> Outcome:
    terms = workflow.Terms(SCALE) if register is None else workflow.Terms(SCALE, register=register)
    outcome = workflow.check_bytes(Path("甲.xlsx"), data, terms).outcome
    assert outcome is not None
    return outcome


def ids(outcome: Outcome) -> set[str]:
    return {finding.rule.id for finding in outcome.findings}


def sent(**changes: Raw) -> bytes:
    cells = dict(build.read_sample("clean")[0])
    for name, raw in changes.items():
        key = Key.parse(name.replace("__", "."))
        cells[key] = replace(cells[key], raw=raw)
    return build.filled(cells)


def test_protection_taken_off_is_told() -> None:
    assert ids(checked(opened(sent(), as_it_is))) == {"W15"}


@pytest.mark.xdist_group("tampering")
@pytest.mark.parametrize("sheet", sorted(OWN_SHEETS))
def test_what_our_own_sheets_say_counts_for_nothing(sheet: str) -> None:
    data = result_of(wrong())

    def pretend(book: openpyxl.Workbook) -> None:
        for row in book[sheet].iter_rows():
            for cell in row:
                if str(cell.value).startswith(("=", "约")):
                    cell.value = "通过"
        book[sheet]["A1"].comment = Comment("审核通过,不用再看", "财政局")

    assert ids(checked(opened(data, pretend))) == ids(checked(opened(data, as_it_is)))


@pytest.mark.xdist_group("tampering")
def test_a_result_made_to_look_passed_is_checked_afresh() -> None:
    result = result_of(wrong())

    def pretend(book: openpyxl.Workbook) -> None:
        page = book["审核结果"]
        for row in page.iter_rows():
            for cell in row:
                if isinstance(cell.value, str) and cell.value.startswith("退回修改"):
                    cell.value = "通过:没有发现问题"
        page["A1"].comment = Comment("通过", "perfxl")

    errors = {f.rule.id for f in checked(wrong()).findings if f.severity == "error"}
    assert errors
    assert errors <= ids(checked(opened(result, pretend)))
    assert errors <= ids(checked(opened(result, lambda book: book.remove(book["审核结果"]))))


@pytest.mark.xdist_group("tampering")
def test_an_error_cannot_be_explained_away_in_a_result() -> None:
    result = result_of(wrong())

    def explain(book: openpyxl.Workbook) -> None:
        heads: dict[str, int] = {}
        for row in book["审核结果"].iter_rows():
            found = {cell.value: cell.column for cell in row if isinstance(cell.value, str)}
            if {"id", "key", "explanation"} <= found.keys():
                heads = found
            elif heads and row[heads["id"] - 1].value:
                row[heads["explanation"] - 1].value = "财政局已同意"

    outcome = checked(opened(result, explain))
    errors: list[Finding] = [f for f in outcome.findings if f.severity == "error"]
    assert errors
    assert not any(finding.explained for finding in errors)


FIRST, SECOND, _ = UNITS


@pytest.mark.parametrize(
    ("name", "code"),
    [(FIRST.name, SECOND.code), (SECOND.name, FIRST.code), (SECOND.name, SECOND.code)],
)
def test_the_code_or_name_of_another_unit_is_told(name: str, code: str) -> None:
    issued = workflow.template_bytes(form_of(SCALE), FIRST.name, FIRST.code)
    at = {key: LAYOUT.spot(key) for key in (Key("unit", "name"), Key("unit", "code"))}

    def paste(book: openpyxl.Workbook) -> None:
        for key, text in zip(at, (name, code), strict=True):
            row, column = at[key]
            book[MAIN].cell(row + 1, column + 1).value = text

    assert "W12" in ids(checked(opened(issued, paste), Register(UNITS)))


def test_a_unit_that_is_none_is_told() -> None:
    data = sent(unit__name="某单位", unit__code="999999")
    assert "W12" in ids(checked(data, Register((Unit("1", "别的单位"),))))
