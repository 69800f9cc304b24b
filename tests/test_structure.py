"""Whatever was moved, inserted, renamed or wiped: answers read the same, or a flaw says where."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache

import pytest
from handling import (
    WIPES,
    Table,
    clear_everything,
    clear_first_column,
    copy_row,
    insert_column,
    insert_rows,
    on,
    on_all,
    raw_at,
    reorder,
    write,
)
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from strategies import distinct, said
from tiers import examples

from perfxl.errors import Unreadable
from perfxl.expr.tree import Key
from perfxl.form.answers import Cell, Fault, Submission, Values, read_answers
from perfxl.form.layout import BlockPlace, place
from perfxl.form.model import MOST_ROWS, row_key
from perfxl.form.raw import Raw
from perfxl.forms.shipped import form_of
from perfxl.reading.bind import bind
from perfxl.reading.sheets import Book, Paper, read_book
from perfxl.render.workbook import render
from perfxl.returns import workflow
from perfxl.rules.specimen import specimen

FORMS = {"specimen": specimen(), "department": form_of(workflow.load_rubric(None))}
FOREIGN = Paper("附注", [["说明", None, "收入"], ["共 3 页", "12", None]])
WIPED = [name for name in WIPES if name != "none"]


@cache
def workbook(name: str) -> Book:
    """Give the workbook of a form with every input filled."""
    form = FORMS[name]
    return read_book(render(Values(form, read_answers(form, distinct(form)))))


@cache
def filled(name: str) -> Mapping[Key, tuple[Raw, object, str, str]]:
    """Give what that workbook says."""
    return said(read_answers(FORMS[name], distinct(FORMS[name])))


def spot(name: str, block: str) -> BlockPlace:
    """Give where a block stands in the workbook as rendered."""
    return place(FORMS[name]).blocks[block]


def own_names(book: Book, name: str) -> list[str]:
    """Give the names of the form's sheets, in the order of the file."""
    return [paper.name for paper in book.papers if paper.name != FOREIGN.name]


def agrees(book: Book, name: str) -> Submission:
    """Read a workbook; every answer must be as filled in, and point at where it stands."""
    submission = bind(book, FORMS[name])
    assert said(submission.answers) == filled(name)
    for key, (raw, *_) in filled(name).items():
        assert raw_at(book, submission.answers[key].cell.address) == raw
    return submission


def clean(book: Book, name: str) -> None:
    """Read a workbook as `agrees`, without a single flaw."""
    submission = agrees(book, name)
    assert submission.flaws == ()
    assert submission.missing == frozenset()


def flaws(book: Book, name: str = "specimen") -> list[tuple[str, str]]:
    """Give kind and place of each flaw met in reading."""
    return [(flaw.kind, str(flaw.address)) for flaw in bind(book, FORMS[name]).flaws]


# ---------------------------------------------------------------- blank rows, wiped keys


@st.composite
def handled(draw: st.DrawFn, name: str) -> Book:
    """Give a workbook with keys wiped, rows and columns inserted, sheets renamed and reordered."""
    book = on_all(workbook(name), WIPES[draw(st.sampled_from(sorted(WIPES)))])
    names = own_names(book, name)
    inserts = {"row": insert_rows, "column": insert_column}
    for _ in range(draw(st.integers(0, 5))):
        paper = draw(st.sampled_from(book.papers))
        what = draw(st.sampled_from(sorted(inserts)))
        size = len(paper.rows) if what == "row" else max(map(len, paper.rows))
        book = on(book, paper.name, inserts[what](draw(st.integers(0, size))))
    papers = draw(st.permutations([*book.papers, FOREIGN]))
    if draw(st.booleans()):
        papers = [replace(paper, name=f"Sheet{n}") for n, paper in enumerate(papers)]
    assert len(papers) == len(names) + 1
    return replace(book, papers=tuple(papers))


@examples(30)
@given(handled("specimen"))
def test_handled_specimen_reads_the_same(book: Book) -> None:
    clean(book, "specimen")


@examples(4)
@given(handled("department"))
def test_handled_department_form_reads_the_same(book: Book) -> None:
    clean(book, "department")


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("wipe", WIPES)
def test_wiped_keys_read_the_same(name: str, wipe: str) -> None:
    clean(on_all(workbook(name), WIPES[wipe]), name)


def test_workbook_without_keys_names_or_titles_is_refused() -> None:
    def forget(cells: Table) -> None:
        clear_everything(cells)
        for row in cells[:2]:  # titles stand in either
            row[:] = [replace(cell, raw=None) for cell in row]

    book = on_all(workbook("specimen"), forget)
    papers = tuple(replace(paper, name=f"Sheet{n}") for n, paper in enumerate(book.papers))
    submission = bind(replace(book, papers=papers), FORMS["specimen"])
    assert [flaw.kind for flaw in submission.flaws] == ["form_unknown"]
    assert submission.answers == {}


def test_half_of_the_sheets_tell_the_form_and_fewer_do_not() -> None:
    form, book = FORMS["department"], on_all(workbook("department"), clear_everything)
    half = bind(replace(book, papers=book.papers[: len(form.sheets) // 2]), form)
    assert {flaw.kind for flaw in half.flaws} == {"sheet_missing"}
    assert len(half.flaws) == len(form.sheets) // 2
    fewer = bind(replace(book, papers=book.papers[: len(form.sheets) // 2 - 1]), form)
    assert [flaw.kind for flaw in fewer.flaws] == ["form_unknown"]


def test_header_worded_anew_throughout_still_reads_by_its_keys() -> None:
    at = spot("specimen", "income")
    assert at.header is not None
    book = workbook("specimen")
    for number, (first, _) in enumerate(at.columns.values()):
        book = on(book, "收支", write(at.header, first, f"第 {number} 栏"))
    submission = agrees(book, "specimen")
    assert [(f.kind, f.expected) for f in submission.flaws] == [
        ("label_altered", column.label) for column in at.block.columns
    ]


def test_renamed_header_between_intact_ones_still_reads() -> None:
    at = spot("specimen", "income")
    assert at.header is not None
    book = on_all(workbook("specimen"), clear_everything)
    book = on(book, "收支", write(at.header, at.columns["annual"][0], "调整后预算"))
    assert [flaw.kind for flaw in agrees(book, "specimen").flaws] == ["label_altered"]


def test_column_that_cannot_be_told_is_missing_and_not_guessed() -> None:
    at = spot("specimen", "income")
    assert at.header is not None
    last = at.columns["final"][0]
    book = on_all(workbook("specimen"), clear_everything)
    book = on(book, "收支", write(at.header, last, "全年支出"))
    submission = bind(book, FORMS["specimen"])
    lost = {key for key in filled("specimen") if (key.block, key.column) == ("income", "final")}
    assert submission.missing == lost
    assert [(flaw.kind, flaw.label) for flaw in submission.flaws] == [
        ("row_missing", "收入“决算数”这一列")
    ]


def test_filled_column_beside_keyless_labels_is_not_taken_for_the_answers() -> None:
    book = on_all(workbook("specimen"), clear_everything)
    rows = spot("specimen", "unit")
    book = on(book, "单位", insert_column(2))
    for n in range(rows.first, rows.last + 1):
        book = on(book, "单位", write(n, 2, "备注"))
    submission = bind(book, FORMS["specimen"])
    assert {key.block for key in submission.missing} == {"unit"}
    assert [flaw.label for flaw in submission.flaws] == ["单位“内容”这一列"]


# ---------------------------------------------------------------- rows moved


@examples(10)
@given(st.data())
def test_rows_of_a_table_in_any_order(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(FORMS)))
    tables = [block for block in FORMS[name].blocks.values() if not block.repeats]
    block = data.draw(st.sampled_from(tables))
    at = spot(name, block.key)
    rows = range(at.first, at.last + 1)
    order = data.draw(st.permutations(rows))
    first = data.draw(st.sampled_from((0, 1)), label="0: with the keys, 1: without")
    wipe = data.draw(st.sampled_from(sorted(WIPES)))
    book = on(workbook(name), at.sheet.name, reorder(rows, order, first))
    clean(on_all(book, WIPES[wipe]), name)


@examples(8)
@given(st.data())
def test_rows_of_a_list_in_any_order(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(FORMS)))
    lists = [block for block in FORMS[name].blocks.values() if block.repeats]
    block = data.draw(st.sampled_from(lists))
    at = spot(name, block.key)
    rows = range(at.first, at.last + 1)
    book = on(workbook(name), at.sheet.name, reorder(rows, data.draw(st.permutations(rows))))
    if any(item.is_label for item in block.rows[0].items.values()):  # a serial number to go by
        book = on_all(book, WIPES[data.draw(st.sampled_from(sorted(WIPES)))])
    clean(book, name)


def test_row_moved_to_the_end_of_the_sheet_keeps_its_key() -> None:
    profile = FORMS["department"].blocks["duties"]
    at = spot("department", profile.key)

    def move(cells: Table) -> None:
        cells.append(cells.pop(at.first))

    clean(on(workbook("department"), at.sheet.name, move), "department")


# ---------------------------------------------------------------- open lists


def rows_of(answers: Submission, block: str) -> list[dict[str, Raw]]:
    """Give the rows of a list that hold anything, top to bottom."""
    rows: dict[str, dict[str, Raw]] = {}
    for key, answer in answers.answers.items():
        if key.block == block and answer.cell.raw is not None:
            rows.setdefault(key.row, {})[key.column] = answer.cell.raw
    return [rows[key] for key in sorted(rows)]


def rows_on_paper(book: Book, at: BlockPlace, last: int) -> list[dict[str, Raw]]:
    """Give the same as it stands on the sheet, from the first row of the list to `last`."""
    paper = next(paper for paper in book.papers if paper.name == at.sheet.name)
    inputs = [c for c, item in at.block.rows[0].items.items() if item.is_input]
    rows: list[dict[str, Raw]] = [
        {c: raw for c in inputs if (raw := paper.raw(n, at.columns[c][0])) is not None}
        for n in range(at.first, last + 1)
    ]
    return [row for row in rows if row]


@examples(10)
@given(st.data())
def test_foreign_rows_become_rows_of_the_list(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(FORMS)))
    lists = [block for block in FORMS[name].blocks.values() if block.repeats]
    at = spot(name, data.draw(st.sampled_from(lists)).key)
    inputs = [c for c, item in at.block.rows[0].items.items() if item.is_input]
    book, last, own_last = workbook(name), at.last, at.last
    for number in range(data.draw(st.integers(1, 4))):
        columns = data.draw(st.sets(st.sampled_from(inputs), min_size=1))
        row: dict[int, Raw] = {at.columns[c][0]: f"新增 {number} {c}" for c in columns}
        where = data.draw(st.integers(at.first, last + 1))
        rows = [row, {}] if where <= own_last else [row]  # below the last, a gap would end it
        book = on(book, at.sheet.name, insert_rows(where, rows))
        own_last += len(rows) if where <= own_last else 0
        last += len(rows)
    wipe = data.draw(st.sampled_from(("none", "A1 cleared", "key rows cleared")))
    book = on_all(book, WIPES[wipe])
    submission = bind(book, FORMS[name])
    assert rows_of(submission, at.block.key) == rows_on_paper(book, at, last)
    assert submission.flaws == ()
    for key, answer in submission.answers.items():
        if answer.cell.raw is not None:
            assert raw_at(book, answer.cell.address) == answer.cell.raw, key


@pytest.mark.parametrize("wipe", WIPED)
def test_foreign_rows_of_a_keyless_list_are_read_in_order(wipe: str) -> None:
    at = spot("department", "projects")
    name, budget = at.columns["name"][0], at.columns["budget"][0]
    book = workbook("department")
    for n in (at.first, at.first + 7, at.last + 3):
        book = on(book, at.sheet.name, insert_rows(n, [{name: f"新增 {n}", budget: f"{n}"}]))
    expected = rows_on_paper(book, at, at.last + 3)
    submission = bind(on_all(book, WIPES[wipe]), FORMS["department"])
    assert rows_of(submission, "projects") == expected
    assert len(submission.form.blocks["projects"].rows) == len(at.block.rows) + 3


def test_blank_row_in_a_keyless_list_does_not_end_it() -> None:
    at = spot("specimen", "projects")
    book = on(workbook("specimen"), at.sheet.name, insert_rows(at.first + 1, [{}, {}]))
    clean(on_all(book, clear_everything), "specimen")


def test_row_of_nothing_but_a_formula_never_calculated_is_a_row() -> None:
    at = spot("specimen", "projects")
    budget = at.columns["budget"][0]

    def insert(cells: Table) -> None:
        insert_rows(at.first + 1)(cells)
        cells[at.first + 1][budget] = Cell(percent=False, formula=True)

    submission = bind(on(workbook("specimen"), "项目", insert), FORMS["specimen"])
    read = submission.answers[Key("projects", "002", "budget")]
    assert read.fault is Fault.UNCALCULATED
    assert len(submission.form.blocks["projects"].rows) == 5


def test_copied_row_of_a_list_is_a_row_of_its_own() -> None:
    at = spot("specimen", "projects")
    for n in (at.first, at.first + 1, at.last + 1):
        book = on(workbook("specimen"), at.sheet.name, copy_row(at.first, n))
        submission = bind(book, FORMS["specimen"])
        assert rows_of(submission, "projects") == rows_on_paper(book, at, at.last + 1)
        assert len(submission.form.blocks["projects"].rows) == 5
        assert submission.flaws == ()


def test_remark_below_a_list_is_no_row_but_rows_after_a_gap_are() -> None:
    at = spot("specimen", "projects")
    name, budget = (at.columns[c][0] for c in ("name", "budget"))
    gap: list[dict[int, Raw]] = [{}, {}]
    remark = on(workbook("specimen"), "项目", insert_rows(at.last + 1, [*gap, {name: "注:略"}]))
    assert len(rows_of(bind(remark, FORMS["specimen"]), "projects")) == 4
    assert flaws(remark) == [("content_outside", f"项目 B{at.last + 4}")]
    row: dict[int, Raw] = {name: "新项目", budget: "5"}
    more = on(workbook("specimen"), "项目", insert_rows(at.last + 1, [*gap, row]))
    read = rows_of(bind(more, FORMS["specimen"]), "projects")
    assert read[4] == {"name": "新项目", "budget": "5"}
    assert flaws(more) == []


def test_grown_list_that_lost_a_row_keeps_the_others() -> None:
    form = FORMS["specimen"].grown({"projects": 9})
    cells = {key: cell for key, cell in distinct(form).items() if key.block == "projects"}
    book = read_book(render(Values(form, read_answers(form, cells))))
    at = place(form).blocks["projects"]

    def drop(cells: Table) -> None:
        del cells[at.first + 6]

    submission = bind(on(book, at.sheet.name, drop), FORMS["specimen"])
    expected = {key: cell.raw for key, cell in cells.items() if key.row != row_key(7)}
    assert {k: raw for k, (raw, *_) in said(submission.answers).items()} == expected


def test_list_longer_than_any_return_is_refused() -> None:
    at = spot("specimen", "projects")
    rows: list[dict[int, Raw]] = [{at.columns["name"][0]: f"{n}"} for n in range(MOST_ROWS)]
    enough = on(workbook("specimen"), at.sheet.name, insert_rows(at.last + 1, rows[:-4]))
    assert len(bind(enough, FORMS["specimen"]).form.blocks["projects"].rows) == MOST_ROWS
    more = on(workbook("specimen"), at.sheet.name, insert_rows(at.last + 1, rows))
    with pytest.raises(Unreadable, match=f"“项目”有 {MOST_ROWS + 4} 行"):
        bind(more, FORMS["specimen"])


@pytest.mark.parametrize("mark", ["projects.99999999", "projects.000", "projects.²", "projects.5"])
def test_row_key_nobody_gave_is_no_key(mark: str) -> None:
    at = spot("specimen", "projects")
    book = on(workbook("specimen"), at.sheet.name, write(at.last, 0, mark))
    submission = bind(book, FORMS["specimen"])
    assert rows_of(submission, "projects") == rows_on_paper(book, at, at.last)
    assert len(submission.form.blocks["projects"].rows) == 4


# ---------------------------------------------------------------- there twice


def test_copied_fixed_row_is_told_and_the_first_counts() -> None:
    at = spot("specimen", "income")
    row, column = at.first + 1, at.columns["final"][0]

    def copy_and_change(cells: Table) -> None:
        copy_row(row, row + 1)(cells)
        write(row + 1, column, "999")(cells)

    book = on(workbook("specimen"), "收支", copy_and_change)
    agrees(book, "specimen")
    assert flaws(book) == [("doubled", f"收支 B{row + 2}")]
    assert flaws(on(book, "收支", clear_first_column)) == [("doubled", f"收支 B{row + 2}")]


@pytest.mark.parametrize("below", [0, 2])
def test_line_added_to_a_fixed_table_is_told(below: int) -> None:
    at = spot("specimen", "income")
    new: dict[int, Raw] = {at.columns["label"][0]: "捐赠收入", at.columns["final"][0]: "50"}
    for wipe in WIPES.values():
        book = on(workbook("specimen"), "收支", insert_rows(at.first + below, [new]))
        submission = agrees(on(book, "收支", wipe), "specimen")
        assert [(f.kind, f.found) for f in submission.flaws] == [("row_uncounted", "决算数 50.00")]


def test_copied_column_is_told_where_it_differs() -> None:
    at = spot("specimen", "income")
    column = at.columns["final"][0]

    def copy(cells: Table) -> None:
        for row in cells:
            row[column + 1 : column + 1] = row[column : column + 1]

    book = on(workbook("specimen"), "收支", copy)
    clean(book, "specimen")
    book = on(book, "收支", write(at.first, column + 1, "1"))
    agrees(book, "specimen")
    assert [kind for kind, _ in flaws(book)] == ["doubled"]


def test_copied_sheet_is_told_where_it_differs() -> None:
    book = workbook("specimen")
    copy = replace(book.papers[1], name="收支 (2)")
    for papers in ([copy, *book.papers], [*book.papers, copy]):
        twice = replace(book, papers=tuple(papers))
        clean(twice, "specimen")
        changed = on(twice, copy.name, write(5, 4, "1"))
        agrees(changed, "specimen")
        assert flaws(changed) == [("doubled", "收支 (2) A1")]


# ---------------------------------------------------------------- other forms, other editions


def stating(text: str) -> Callable[[Table], None]:
    """Make A1 say something else."""
    return write(0, 0, text)


def test_sheet_of_another_form_is_not_read() -> None:
    book, form = (
        on(workbook("specimen"), "评分", stating("perfxl/other/1/scores")),
        FORMS["specimen"],
    )
    submission = bind(book, form)
    assert [(flaw.kind, flaw.label) for flaw in submission.flaws] == [("sheet_missing", "评分")]
    lost = {key for key, _ in form.inputs() if form.sheet_of[key.block].name == "评分"}
    assert submission.missing == lost
    assert said(submission.answers).keys() == filled("specimen").keys() - lost


def test_workbook_of_another_form_is_refused() -> None:
    def other(cells: Table) -> None:
        cells[0][0] = replace(cells[0][0], raw=str(cells[0][0].raw).replace("specimen", "other"))

    book = on_all(workbook("specimen"), other)
    assert flaws(book) == [("form_unknown", "None")]
    wiped = on_all(workbook("specimen"), WIPES["A1 cleared"])
    assert wiped.properties["perfxl_form"] == "specimen"
    clean(wiped, "specimen")
    assert flaws(replace(wiped, properties={"perfxl_form": "other"})) == [("form_unknown", "None")]


def test_other_edition_is_read_and_told_once() -> None:
    def older(cells: Table) -> None:
        cells[0][0] = replace(cells[0][0], raw=str(cells[0][0].raw).replace("/1/", "/0/"))

    told = [("edition_outdated", "单位 A1")]
    book = on_all(workbook("specimen"), older)
    agrees(book, "specimen")
    assert flaws(book) == told
    wiped = on_all(workbook("specimen"), WIPES["A1 cleared"])
    assert flaws(replace(wiped, properties={**wiped.properties, "perfxl_edition": "0"})) == told


def test_a_table_of_which_only_the_row_keys_are_left_is_missing() -> None:
    def keep_keys(cells: Table) -> None:
        for row in cells:
            del row[1:]

    sheet = next(s for s in FORMS["specimen"].sheets if s.blocks[0].key == "income")
    book = on(workbook("specimen"), sheet.name, keep_keys)
    assert ("row_missing", f"{sheet.name} A1") in flaws(book)
