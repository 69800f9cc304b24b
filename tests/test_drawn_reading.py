"""Sheets an office drew, read: with keys wherever rows moved, without by wording and place.

Every answer is like no other, so one that is read in another's place is seen.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from itertools import product
from pathlib import Path

import moving
import pytest
from drawings import EACH, LAYOUTS, Sheet, data, draw
from hypothesis import given as generated
from hypothesis import strategies as st
from libreoffice import needs_libreoffice, recalculated_all
from msgspec import Struct
from msgspec.structs import replace
from office_returns import YEAR, answers_of, form_of, issued, on_own_paper, own_paper

from perfxl import reading
from perfxl.check.judging import check
from perfxl.expr.tree import Key
from perfxl.form.answers import (
    Address,
    Cell,
    Fault,
    Flaw,
    Submission,
    Values,
    interpret,
    read_answers,
)
from perfxl.form.model import NUMERIC, Form, Item, Kind
from perfxl.form.raw import Raw
from perfxl.forms.office.compiled import UNIT
from perfxl.reading.bind import bind
from perfxl.reading.outside import MOST_TOLD
from perfxl.reading.sheets import Book, read_book
from perfxl.returns import workflow
from perfxl.returns.makers import OfficeMaker
from perfxl.rules import RULES


def changed(book: Book, form: Form, change: Callable[[moving.Held], moving.Held | None]) -> Book:
    """Give the workbook with the sheets drawn changed, as far as they can be."""
    drawn = {sheet.name for sheet in form.sheets if sheet.drawing}
    papers = [
        moving.paper(change(moving.held(one)) or moving.held(one)) if one.name in drawn else one
        for one in book.papers
    ]
    return replace(book, papers=tuple(papers))


class Judged(Struct, frozen=True):
    """What came of the answers given: those read in another's place, and how many were read."""

    wrong: list[tuple[Key, Raw]]
    right: int


def judged(found: Submission, given: Mapping[Key, Raw]) -> Judged:
    """Compare cell by cell; of a list row by row. What was reworded is its own."""
    rows: dict[str, list[dict[str, Raw]]] = {}
    for key, raw in given.items():
        if found.form.blocks[key.block].repeats:
            lines = rows.setdefault(key.block, [])
            lines += [{} for _ in range(int(key.row) - len(lines))]
            lines[int(key.row) - 1][key.column] = raw
    wrong, right = list[tuple[Key, Raw]](), 0
    for key, answer in found.answers.items():
        raw = answer.cell.raw
        if key.block == UNIT:
            continue  # who reports is told by wording, of which year by the form
        if raw is None or str(raw).startswith("改") or not found.form.items[key].is_input:
            continue
        if found.form.blocks[key.block].repeats:
            read = _row(found, key)
            good = any(read.items() <= line.items() for line in rows.get(key.block, ()))
        else:
            good = given.get(key) == raw
        wrong += [] if good else [(key, raw)]
        right += good
    return Judged(wrong, right)


def _row(found: Submission, key: Key) -> dict[str, Raw]:
    row = found.form.row(key).items
    cells = {c: found.answers[key._replace(column=c)].cell.raw for c in row if row[c].is_input}
    return {c: raw for c, raw in cells.items() if raw is not None and not str(raw).startswith("改")}


def told(found: Submission) -> list[str]:
    return [flaw.kind for flaw in found.flaws]


# ---------------------------------------------------------------- untouched


@EACH
@pytest.mark.parametrize("gaps", [0, 3])
def test_own_paper_filled_is_read_and_only_said(name: str, gaps: int) -> None:
    given = answers_of(name, gaps)
    found = bind(own_paper(name, gaps), form_of(name))
    assert judged(found, given) == Judged([], len(given))
    assert told(found) == ["own_paper"]


@EACH
def test_own_paper_blank_holds_no_answers(name: str) -> None:
    """Stubs left as they are say nothing."""
    found = bind(read_book(data(draw(LAYOUTS[name], blank=True))), form_of(name))
    answers = {key: one.cell.raw for key, one in found.answers.items() if key.block != UNIT}
    typed = [raw for raw in answers.values() if raw]
    given = [item.given for item in found.form.items.values() if item.given]
    assert sorted(map(str, typed)) == sorted(map(str, given))
    assert told(found) == ["own_paper"]


@EACH
def test_what_we_issued_is_read_and_nothing_said(name: str) -> None:
    given = answers_of(name, 3)
    found = bind(issued(name, 3), form_of(name))
    assert judged(found, given) == Judged([], len(given))
    assert told(found) == []


# ---------------------------------------------------------------- handled


def could_be_typed(was: Book, now: Book, found: Submission, key: Key) -> bool:
    """Whether a return with this answer may as well have been filled so, as far as a file tells.

    Merges and printed wording are as drawn, lines too but for filled cells (those were pasted);
    what stands in the row of the answer is what is asked there, or a remark where nothing is.
    """
    address, places = found.answers[key].cell.address, _places(found.form)
    assert address is not None
    pairs = zip(was.papers, now.papers, strict=True)
    old, new = next(pair for pair in pairs if pair[1].name == address.sheet)
    asked = {spot: item for (sheet, spot), item in places.items() if sheet == new.name}
    lost = new.scan.boxed ^ old.scan.boxed
    if new.scan.merges != old.scan.merges:
        return False
    if any(spot in new.scan.boxed or not new.is_filled(*spot) for spot in lost):
        return False
    spots = product(range(max(map(len, (old.rows, new.rows)))), range(40))
    row = int(re.sub("[A-Z]", "", address.cell)) - 1
    return all(
        (s[0] != row or _fits(asked[s], new.cell(*s)))
        if s in asked
        else old.raw(*s) == new.raw(*s) or (old.raw(*s) is None and isinstance(new.raw(*s), str))
        for s in spots
    )


def _places(form: Form) -> dict[tuple[str, tuple[int, int]], Item]:
    """Give the cells a unit fills on the office's own paper, and what is asked there."""
    found = dict[tuple[str, tuple[int, int]], Item]()
    for block in form.blocks.values():
        for n, row in zip(block.drawn or (), block.rows, strict=False):
            for column in block.columns:
                item = row.items.get(column.key)
                if item is not None and item.is_input and column.at is not None:
                    found[form.sheet_of[block.key].name, (n, column.at)] = item
    return found


def _fits(item: Item, cell: Cell) -> bool:
    """Whether a cell holds what its kind asks for; words may be anything but amounts."""
    number = isinstance(cell.raw, Decimal)
    if item.kind in NUMERIC:
        return interpret(item, cell).fault is not Fault.UNREADABLE
    fraction = isinstance(cell.raw, Decimal) and cell.raw % 1 != 0
    return not (item.kind is Kind.CHOICE and number) and not (
        item.kind in {Kind.TEXT, Kind.LONG} and fraction
    )


WHOLE = ("insert_row", "insert_column", "move_rows", "swap_rows", "double_row", "remark")
GONE = ("delete_row", "delete_column", "clear", "reword")
PUSHED = ("push_right", "push_down", "pull_left", "pull_up")


@EACH
@pytest.mark.parametrize("kind", [*WHOLE, *GONE])
def test_on_own_paper_nothing_is_read_in_anothers_place(name: str, kind: str) -> None:
    _never_wrong(own_paper(name, 3), name, kind)


@EACH
@pytest.mark.parametrize("kind", [*PUSHED, "swap_columns"])
def test_cells_pushed_on_own_paper_are_not_read(name: str, kind: str) -> None:
    """Not even where they displaced only blanks: the lines around cells went with them."""
    for seed, gaps in product(range(2), (0, 2)):
        _not_read(name, kind, gaps, seed)


@pytest.mark.deep
@generated(st.sampled_from(sorted(LAYOUTS)), st.sampled_from((*PUSHED, "swap_columns")), st.data())
def test_no_value_is_ever_shifted(name: str, kind: str, drawn: st.DataObject) -> None:
    gaps, seed = drawn.draw(st.integers(2, 6)), drawn.draw(st.integers(0, 10_000))
    _not_read(name, kind, gaps, seed)


def _not_read(name: str, kind: str, gaps: int, seed: int) -> None:
    form, rng = form_of(name), random.Random(f"{name} {kind} {gaps} {seed}")
    book = own_paper(name, gaps)
    pushed = changed(book, form, lambda held: moving.KINDS[kind](held, rng))
    found = bind(pushed, form)
    wrong = judged(found, answers_of(name, gaps)).wrong
    assert [one for one in wrong if not could_be_typed(book, pushed, found, one[0])] == []


@EACH
@pytest.mark.parametrize("kind", ["plain", "pasted", "wider"])
def test_lines_drawn_otherwise_tell_of_nothing(name: str, kind: str) -> None:
    """Values pasted without lines, all of a return pasted so, a column boxed along the table."""
    form, given = form_of(name), answers_of(name, 3)
    redrawn = changed(own_paper(name, 3), form, moving.LINES[kind])
    found = bind(redrawn, form)
    assert judged(found, given) == Judged([], len(given))
    assert told(found) == ["own_paper"]


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        (
            {"B4": "答", "D4": 12.5, "C4": 120.75, "E4": None},
            "C4 填的是“120.75”,这一栏该写文字,可能错位",
        ),
        ({"A5": 120.75}, "这一行的格子被挪动"),
        ({"A5": 7777}, "这一行的格子被挪动"),
        ({"A5": 1.1, "C4": 2023, "D4": None}, ""),
    ],
)
def test_an_amount_where_words_are_asked_is_refused(typed: Mapping[str, Raw], why: str) -> None:
    lines = tuple(("明细表", cell, raw) for cell, raw in typed.items())
    found = bind(own_paper("ledger", 0, lines), form_of("ledger"))
    assert {f.found for f in found.flaws if f.kind == "unbound"} == {why} - {""}


@pytest.mark.deep
@needs_libreoffice
def test_own_paper_saved_by_another_program_is_read_whole() -> None:
    given = {name: answers_of(name, 3) for name in LAYOUTS}
    saved = recalculated_all([on_own_paper(name, given[name]) for name in LAYOUTS])
    for name, book in zip(LAYOUTS, saved, strict=True):
        found = bind(read_book(book), form_of(name))
        assert (name, judged(found, given[name])) == (name, Judged([], len(given[name])))
        assert told(found) == ["own_paper"]


@EACH
@pytest.mark.parametrize("kind", [*WHOLE, *GONE, *PUSHED])
def test_on_ours_nothing_is_read_in_anothers_place(name: str, kind: str) -> None:
    _never_wrong(issued(name, 3), name, kind)


def _never_wrong(book: Book, name: str, kind: str, gaps: int = 3) -> None:
    form, given = form_of(name), answers_of(name, gaps)
    for seed in range(3):
        rng = random.Random(f"{name} {kind} {seed}")
        handled = changed(book, form, lambda held: moving.KINDS[kind](held, rng))  # noqa: B023
        found = bind(handled, form)
        assert judged(found, given).wrong == [], seed
        lost = {key for key in given if not _is_read(found, key)}
        assert not lost or told(found), "what is not read is said"


def _is_read(found: Submission, key: Key) -> bool:
    answer = found.answers.get(key)
    return found.form.blocks[key.block].repeats or (answer is not None and not answer.cell.blank)


@EACH
@pytest.mark.parametrize("kind", ["insert_row", "insert_column", "double_row", "move_rows"])
def test_by_keys_all_is_read_wherever_it_was_moved(name: str, kind: str) -> None:
    form, given, rng = form_of(name), answers_of(name, 3), random.Random(f"{name} {kind}")
    handled = changed(issued(name, 3), form, lambda held: moving.KINDS[kind](held, rng))
    assert judged(bind(handled, form), given).right >= len(given)


@EACH
def test_blanks_and_widths_make_no_other_wording(name: str) -> None:
    form, given = form_of(name), answers_of(name, 3)
    respaced = changed(
        own_paper(name, 3), form, lambda held: moving.respace(held, random.Random(0))
    )
    found = bind(respaced, form)
    assert {key for key in given if not _is_read(found, key)} == set()
    assert told(found) == ["own_paper"]


# ---------------------------------------------------------------- one by one


def test_a_swapped_column_is_refused_at_its_place() -> None:
    """Amounts typed under each other's headings: the headings say so."""
    form, given = form_of("funds"), answers_of("funds", 0)

    def swap(held: moving.Held) -> moving.Held | None:
        place_of = {3: 4, 4: 3}
        return held.mapped(lambda s: (s[0], place_of.get(s[1], s[1])) if s[0] == 6 else s)

    found = bind(changed(own_paper("funds"), form, swap), form)
    assert judged(found, given).wrong == []
    unbound = [flaw for flaw in found.flaws if flaw.kind == "unbound"]
    assert {flaw.address.cell[0] for flaw in unbound if flaw.address} >= {"D"}
    assert all(key in found.missing for flaw in unbound for key in (flaw.key, *flaw.others) if key)


def test_rows_added_to_a_list_are_read() -> None:
    """The blank has four rows for projects; a unit with six puts two in."""
    form, given = form_of("ledger"), answers_of("ledger", 0)
    book = own_paper("ledger")

    def grown(held: moving.Held) -> moving.Held | None:
        if held.name != "明细表":
            return held
        wider = held.mapped(lambda s: (s[0] + 2 * (s[0] > 4), s[1]))
        assert wider is not None
        more = {(n, c): Cell(f"加{n}{c}") for n in (5, 6) for c in (1, 2, 6)}
        return replace(wider, cells={**wider.cells, **more})

    found = bind(changed(book, form, grown), form)
    column = [found.answers[key].cell.raw for key in found.form.blocks["s1b2"].keys("B")]
    own = [raw for key, raw in given.items() if (key.block, key.column) == ("s1b2", "B")]
    assert [raw for raw in column if raw] == [*own[:2], "加51", "加61", *own[2:]]
    assert told(found) == ["own_paper"]


DETAILS = """
项目支出明细表|<|<|<
~编制单位：|【单位名称】||单位：万元
序号|项目名称|预算数|决算数
.|合计|【金额】|【金额】
【序号】|【文字 行数50】|【金额】|【金额】
.|.|.|.
.|.|.|.
"""


def typed_on(lines: str, typed: Mapping[str, Raw]) -> Submission:
    """Give what is read of a blank drawn in one sheet, with this typed into its cells."""
    sheets = (Sheet("明细", lines),)
    blank = draw(sheets, blank=True)
    for cell, raw in typed.items():
        blank["明细"][cell] = raw
    maker = OfficeMaker(data(draw(sheets)))
    form = workflow.Terms(workflow.load_rubric(None), YEAR, maker=maker).form
    return bind(read_book(data(blank)), form)


@pytest.mark.parametrize(
    "lines",
    [DETAILS, DETAILS.replace(".|合计|【金额】|【金额】\n", "")],
    ids=["below a sum", "alone"],
)
def test_a_list_with_nothing_below_it_is_read(lines: str) -> None:
    """What stands below the last wording is its own, not pushed out of the drawing."""
    first = lines.strip().splitlines().index("【序号】|【文字 行数50】|【金额】|【金额】") + 1
    typed: dict[str, Raw] = {
        f"{c}{first + n}": f"{c}{n}" if c == "B" else Decimal(n + 1) for n in (0, 1) for c in "BCD"
    }
    found = typed_on(lines, typed)
    assert told(found) == ["own_paper"]
    assert {"B0", "B1"} <= {answer.cell.raw for answer in found.answers.values()}


TWICE = """
支出明细表|<|<|<|<
~编制单位：|【单位名称】|||单位：万元
项目|预算数|<|决算数|<
^|合计|财政拨款|合计|财政拨款
合计|【金额】|【金额】|【金额】|【金额】
基本支出|【金额】|【金额】|【金额】|【金额】
~注：本表按科目填写。
"""


def test_a_row_called_as_its_heading_is_that_row() -> None:
    """The heading has more wording than the row, so the two are told from each other."""
    typed = {f"{column}{row}": Decimal(row) for row in (5, 6) for column in "BCDE"}
    found = typed_on(TWICE, typed)
    assert told(found) == ["own_paper"]
    read = {a.cell.address.cell: a.cell.raw for a in found.answers.values() if a.cell.address}
    assert typed.items() <= read.items()


SAYING = """
专项检查情况表|<|<
（    年度）|<|<
~编制单位：|【单位名称】|
项目|预算数|决算数
合计|【金额】|【金额】
说明|简要说明检查中发现的问题，如没有请填无。|<
~注：本表按科目填写。
~填表人：        填报日期：   年  月  日
"""
SAID = "简要说明检查中发现的问题，如没有请填无。"


@pytest.mark.parametrize(
    ("cell", "typed", "altered"),
    [
        ("B6", "无", True),
        ("B6", f"{SAID}\n无", True),
        ("B6", SAID.replace("，", " ,"), False),
        ("A7", "已按科目填写。", True),
        ("A7", None, False),
        ("A8", "填表人：张三  填报日期：2025年3月1日", True),
        ("A8", "填表人: 填报日期:2025年3月1日", False),
        ("A2", "（2024年度）", False),
    ],
)
def test_what_is_written_over_wording_or_behind_it_is_told(
    cell: str, typed: Raw, altered: bool
) -> None:
    """A row of which nothing is read has no other word for it; a date is there to complete."""
    found = typed_on(SAYING, {"B3": "甲局", "B5": Decimal(2), "C5": Decimal(1), cell: typed})
    told_in = [f.address.cell for f in found.flaws if f.kind == "label_altered" and f.address]
    assert told_in == [cell] * altered
    assert set(told(found)) <= {"own_paper", "label_altered"}


@pytest.mark.parametrize(
    ("name", "cell", "typed", "row", "read"),
    [
        ("funds", "A3", "（2024 年度）", "year", Decimal(2024)),
        ("funds", "A3", "（2022 年度）", "year", Decimal(2022)),
        ("funds", "A3", "（   年度）", "year", Decimal(2024)),  # of the year it is held against
        ("central", "A2", "(2023年度)", "year", Decimal(2023)),
    ],
)
def test_who_reports_is_read_in_wording(
    name: str, cell: str, typed: str, row: str, read: Raw
) -> None:
    sheet = {"funds": "自评表", "central": "项目"}[name]
    found = bind(own_paper(name, 0, ((sheet, cell, typed),)), form_of(name))
    if Key("unit", row) in found.missing:
        assert read is None or name == "funds"
    else:
        assert found.answers[Key("unit", row)].cell.raw == read
    assert "sheet_missing" not in told(found)


def test_a_stub_written_on_is_what_stands_behind_it() -> None:
    found = bind(own_paper("funds", 0, (("自评表", "C14", "指标1：培训场次"),)), form_of("funds"))
    assert "培训场次" in {answer.cell.raw for answer in found.answers.values()}


def test_an_answer_in_a_covered_cell_of_its_merged_area_is_read() -> None:
    """Programs that undo merges may leave a text in any of its cells."""
    form, given = form_of("basic"), answers_of("basic", 0)
    key = Key("s1b1", "12", "B")

    def undone(held: moving.Held) -> moving.Held | None:
        cells = {(11, 2) if spot == (11, 1) else spot: c for spot, c in held.cells.items()}
        return replace(held, cells=cells, merges=tuple(a for a in held.merges if a[0] != 11))

    found = bind(changed(own_paper("basic"), form, undone), form)
    assert found.answers[key].cell.raw == given[key]
    assert "inputs_merged" not in told(found)


def test_sheets_are_found_by_wording_where_they_are_renamed() -> None:
    form, given = form_of("ledger"), answers_of("ledger", 0)
    book = own_paper("ledger")
    renamed = replace(book, papers=tuple(replace(p, name=f"{p.name}2024") for p in book.papers))
    found = bind(renamed, form)
    assert judged(found, given) == Judged([], len(given))


def test_another_workbook_is_not_the_office_s_paper() -> None:
    """Nor is one of the same name whose wording is another's."""
    assert told(bind(own_paper("points"), form_of("ledger"))) == ["form_unknown"]
    paper = replace(own_paper("points").papers[0], name="明细表")
    assert told(bind(Book((paper,)), form_of("ledger"))) == ["form_unknown"]


def test_what_is_typed_beside_the_drawing_is_told() -> None:
    found = bind(own_paper("ledger", 0, (("明细表", "C12", "附注"),)), form_of("ledger"))
    assert told(found) == ["own_paper", "content_outside"]


@pytest.mark.parametrize("book", [own_paper, issued])
def test_a_level_merged_down_a_list_is_that_of_each_row(book: Callable[[str], Book]) -> None:
    form, given = form_of("tasks"), answers_of("tasks", 0)
    keys = [Key("s1b4", f"{number:03d}", "B") for number in (1, 2, 3)]

    def merged(held: moving.Held) -> moving.Held | None:
        spots = [s for k in keys for s, cell in held.cells.items() if cell.raw == given[k]]
        cells = {s: cell for s, cell in held.cells.items() if s not in spots[1:]}
        return replace(held, cells=cells, merges=(*held.merges, (*spots[0], *spots[-1])))

    found = bind(changed(book("tasks"), form, merged), form)
    assert {found.answers[key].cell.raw for key in keys} == {given[keys[0]]}
    assert [kind for kind in told(found) if kind != "own_paper"] == ["names_merged"]


@pytest.mark.parametrize("book", [own_paper, issued])
def test_of_a_table_pasted_beside_so_much_is_told_as_anyone_reads(
    book: Callable[[str], Book],
) -> None:
    pasted = {(60 + n, 0): Cell(f"附{n}") for n in range(MOST_TOLD + 9)}

    def beside(held: moving.Held) -> moving.Held | None:
        return replace(held, cells={**held.cells, **pasted})

    form = form_of("balance")
    assert (
        told(bind(changed(book("balance"), form, beside), form)).count("content_outside")
        == MOST_TOLD
    )


def test_an_issued_label_written_over_is_told() -> None:
    form = form_of("balance")

    def written(held: moving.Held) -> moving.Held | None:
        return replace(held, cells={**held.cells, (6, 0): Cell("二、捐赠收入")})

    found = bind(changed(issued("balance"), form, written), form)
    assert [(f.kind, f.found) for f in found.flaws] == [("label_altered", "二、捐赠收入")]


def test_wording_that_is_not_computed_yet_is_no_other() -> None:
    form = form_of("central")

    def kept(held: moving.Held) -> moving.Held | None:
        return replace(held, cells={**held.cells, (1, 0): Cell(formula=True)})

    assert told(bind(changed(issued("central"), form, kept), form)) == []


def test_a_sort_of_the_visible_cells_leaves_keys_behind() -> None:
    """Then the wording decides: it is what people see."""
    form, given = form_of("districts"), answers_of("districts", 0)

    def reversed_rows(held: moving.Held) -> moving.Held | None:
        return held.mapped(lambda s: (10 - s[0], s[1]) if s[0] in (4, 5, 6) and s[1] < 6 else s)

    found = bind(changed(issued("districts"), form, reversed_rows), form)
    assert judged(found, given).wrong == []
    swapped = [key for key in given if key.row in ("5", "6", "7")]
    assert all(found.answers[key].cell.raw == given[key] for key in swapped)


FLAW = re.compile(r'\bFlaw\(\s*"(\w+)"')
MODULES = Path(reading.__file__ or "").parent.glob("*.py")
MET = sorted({kind for path in MODULES for kind in FLAW.findall(path.read_text("utf-8"))})


@pytest.mark.parametrize("kind", [*MET, "not one of them"])
def test_every_kind_of_flaw_met_in_reading_is_told_by_a_rule(kind: str) -> None:
    form = form_of("ledger")
    key = next(key for key, _ in form.inputs())
    values = Values(form, read_answers(form, {}))
    flaw = Flaw(kind, Address("明细表", "A1"), key, "甲", "1", "2")
    told_of = check(Submission(form, values.answers, flaws=(flaw,)), RULES, values).every
    assert any(one.rule.id[0] == "W" for one in told_of) is (kind in MET)


def test_dates_are_read() -> None:
    day = date(2024, 5, 8)
    found = bind(own_paper("service", 0, (("购买服务", "E2", day),)), form_of("service"))
    assert day in {answer.cell.raw for answer in found.answers.values()}
