"""Our own form taken out as a 表样 and compiled: the same as what the program declares.

What a 表样 cannot say, or says otherwise, stands here by name: the list is the law, and changes
with the declaration and with what forms of an office can say.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from io import BytesIO
from pathlib import Path

import build
import hall
import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from inserting import row_inserted
from libreoffice import needs_libreoffice, recalculated
from random_returns import Mood, random_cells
from test_season_cli import perfxl
from tiers import examples

from perfxl.check.judging import check
from perfxl.expr.tree import PENDING, Key, Value
from perfxl.form.answers import Cell, Submission, Values, read_answers
from perfxl.form.layout import place
from perfxl.form.model import Form, Kind
from perfxl.form.relations import StatedCheck
from perfxl.forms.office.places import DrawnPlaces
from perfxl.forms.shipped import DECLARED, FORMS, form_of
from perfxl.forms.taken_out import taken_out
from perfxl.returns import workflow
from perfxl.returns.makers import OfficeMaker, shipped_form
from perfxl.returns.office import shipped_bytes
from perfxl.rules import rules_of

Cells = Mapping[Key, Cell]
Found = set[tuple[str, Key]]
Judged = tuple[Values, Found]

OURS = form_of(hall.SCALE)
INCOME, MAIN = "表1-3 收入", "附件3 自评表"

# what must hold between the cells of ours that no 表样 says, by kind of relation
UNSAID = {
    *("Narrative", "ReportTable", "ProjectTables", "Mention", "OwnText", "Counted"),  # a report's
    "ScoreGroup",  # scores by 一级指标: told beside a score above its evidence
    "Signature",  # when it was filled in, and the telephone
}
# and those that it says in «勾稽关系»
STATED = {"Total", "Balance", "ClosingBalance", "BudgetLine", "ExecutionRate", "ProjectFunds"}
# what our inputs have that no token says, by block and column
EMPTY_WORDS = {("duties", "text"), ("unit", "value"), ("texts", "value")}
EMPTY_WORDS |= {("tasks", column) for column in ("name", "goal", "result")}
BESIDE_A_NUMBER = {(b, c) for b in ("indicators", "project_indicators") for c in ("symbol", "unit")}
NEVER_ALL_BLANK = {("duties", "text"), ("tasks", "name"), ("indicators", "name")}
# rules that say more of ours
ONLY_OURS = {
    "C01": "blank lists; symbol and unit beside a number",
    "C04": "empty words in an account of the year",
    "C05": "material that a score needs",
    "C07": "the telephone; C06, the day, is alike",
    "S05": "full points beside a gap: told as S03",
    "T02": "what rounding leaves",
    "X05": "pointed to at the computed sum; of a list that has gaps",
    "X06": "of a list that has gaps; by names that differ by blanks",
    "X07": "lines of the accounts in 元",
}
# and those that say the same otherwise
ONLY_THEIRS = {
    "S03": "for S05",
    "X03": "for X07",
    "X05": "pointed to at 项目支出, which is typed",
    "X06": "once in each row of a project",
}
# computed cells that differ, and by how much at most; None where they are not alike at all
ROUNDED = {
    ("indicators", "low"): None,  # a rate as it is shown; none of rows that have no 一级指标 yet
    ("indicators", "high"): None,
    ("scores", "low"): Decimal("0.002"),  # of such rates
    ("scores", "high"): Decimal("0.002"),
    ("funds", "rate"): Decimal("0.0001"),  # ours never shows as reached what is not
    ("projects", "rate"): Decimal("0.0001"),
    ("projects", "project_budget"): None,  # in each row of a project
    ("projects", "project_spent"): None,
}

SEEDS = (0, 1, 3, 8)  # of returns in which each of these is seen


@cache
def maker() -> OfficeMaker:
    return OfficeMaker(shipped_bytes(shipped_form(DECLARED)))


@cache
def theirs() -> Form:
    return maker()(hall.SCALE).of_year(OURS.year)


@cache
def counterparts() -> Mapping[Key, Key]:
    """Give for each cell of ours the one of the drawn form that stands where it was taken out."""
    drawn = taken_out(OURS, hall.SCALE)
    layout, places = place(drawn), DrawnPlaces(maker().office)
    found = dict[Key, Key]()
    for key, item in OURS.items.items():
        repeats = OURS.blocks[key.block].repeats
        pattern = key._replace(row="001") if repeats else key
        if pattern in drawn.items and not item.is_label:
            there = places.key(layout.sheet(pattern).name, layout.spot(pattern))
            assert there is not None
            found[key] = there._replace(row=key.row) if repeats else there
    return found


def judged(form: Form, cells: Cells) -> Judged:
    """Give the values of a return, and what is found in it, each with its cells."""
    answers = read_answers(form, cells)
    values = Values(workflow.live_form(form), answers)
    outcome = check(Submission(form, answers), rules_of(values.form), values)
    return values, {(f.rule.id.partition("-")[0], key) for f in outcome.findings for key in f.keys}


def both(cells: Cells) -> tuple[Judged, Judged]:
    """Give a return judged by our form and by the drawn one, its cells named as ours are."""
    to = counterparts()
    back = {there: here for here, there in to.items()}
    values, found = judged(theirs(), {to[key]: cell for key, cell in cells.items()})
    return judged(OURS, cells), (values, {(rule, back.get(key, key)) for rule, key in found})


def in_cents(cells: Cells) -> Cells:
    """Give amounts as the form asks for them, with two decimals."""

    def amount(key: Key, cell: Cell) -> Cell:
        money = OURS.items[key].kind is Kind.AMOUNT and isinstance(cell.raw, Decimal)
        return Cell(round(cell.raw, 2)) if money and isinstance(cell.raw, Decimal) else cell

    return {key: amount(key, cell) for key, cell in cells.items()}


def assert_as_listed(ours: Found, others: Found) -> None:
    assert {rule for rule, _ in ours - others} <= ONLY_OURS.keys()
    assert {rule for rule, _ in others - ours} <= ONLY_THEIRS.keys()
    blanks = {(key.block, key.column) for rule, key in ours - others if rule == "C01"}
    assert blanks <= BESIDE_A_NUMBER | NEVER_ALL_BLANK


def differing(ours: Values, others: Values) -> list[Key]:
    """Give the computed cells that we know and the drawn form has otherwise, but for ROUNDED."""
    cells = (key for key in counterparts() if OURS.items[key].formula is not None)
    return [key for key in cells if not alike(key, ours.get(key), others.get(counterparts()[key]))]


def alike(key: Key, known: Value | None, other: Value | None) -> bool:
    """Whether a computed cell is the same as ours, which may not be known."""
    most = ROUNDED.get((key.block, key.column), Decimal(0))
    if known in {None, PENDING} or known == other or most is None:
        return True
    near = isinstance(known, Decimal) and isinstance(other, Decimal)
    return near and abs(Decimal(known) - Decimal(other)) <= most  # type: ignore[arg-type]


# ---------------------------------------------------------------- what it is


def test_it_is_sound_and_the_same_each_time() -> None:
    office = maker().office
    assert (office.faults, office.remarks) == ((), ())
    assert (office.notes.name, office.notes.edition) == (OURS.title, "2022")
    assert shipped_bytes(shipped_form(DECLARED)) == maker().data


def test_it_is_made_for_people() -> None:
    """No technical row or column, nothing locked, every sheet and wording of ours."""
    drawing = maker().office.drawing
    assert not any(s.hidden or s.hidden_rows or s.hidden_columns for s in drawing.sheets)
    assert not any(s.protected for s in drawing.sheets)
    names = [sheet.name for sheet in OURS.sheets]
    assert [sheet.name for sheet in drawing.sheets] == [*names, "勾稽关系", "表样说明"]
    for ours, theirs_ in zip(OURS.sheets, drawing.sheets, strict=False):
        texts = {text for _, text in theirs_.texts()}
        texts |= {str(cell.raw) for cell in theirs_.cells.values()}
        assert {ours.title, *(b.title for b in ours.blocks if len(ours.blocks) > 1)} <= texts
        labels = (i for b in ours.blocks for k, i in b.items.items() if k.column != "seq")
        summed = {str(one.points) for one in OURS.relations if hasattr(one, "points")} | {"100"}
        assert {i.text for i in labels if i.text} <= texts | summed


def test_it_says_all_but_what_is_listed() -> None:
    ours, others = ({type(one).__name__ for one in f.relations} for f in (OURS, theirs()))
    assert ours - others == UNSAID | STATED
    assert others - ours == {"StatedCheck"}
    ids = {one.id.partition("-")[0] for one in theirs().of(StatedCheck)}
    assert ids == {"T01", "X01", "X02", "X03", "X04", "X05", "X06", "X08"}


def test_it_asks_for_the_same() -> None:
    ours, others = ([key for key, _ in form.inputs()] for form in (OURS, theirs()))
    assert [counterparts()[key] for key in ours] == others
    differences = Counter[tuple[str, str, str]]()
    for here in ours:
        item, other = OURS.items[here], theirs().items[counterparts()[here]]
        for name in ("kind", "unit", "choices", "most", "required", "implied", "hollow"):
            if getattr(item, name) != getattr(other, name):
                differences[name, here.block, here.column] += 1
        assert other.prompt == item.prompt or not item.prompt
        assert wording(OURS, here) == wording(theirs(), counterparts()[here])
    assert differences.keys() == {
        *(("hollow", *place_) for place_ in EMPTY_WORDS),
        *(("required", *place_) for place_ in BESIDE_A_NUMBER),
    }


def wording(form: Form, key: Key) -> str:
    """Give what a cell is called, whatever rows of a list and lines of a table are numbered by."""
    told = re.sub(r"^(序号|第)(\d+)行?·", r"\2·", form.label(key))
    return re.sub(r"^[一二三四五六七八]、", "", told)


# ---------------------------------------------------------------- what it says of returns


@pytest.mark.parametrize("name", build.SAMPLES)
def test_it_says_the_same_of_a_sample(name: str) -> None:
    data = (build.HERE / name / "filled.xlsx").read_bytes()
    read = hall.check_data(data, workflow.Terms(hall.SCALE, OURS.year)).submission
    assert read is not None
    cells = {key: one.cell for key, one in read.answers.items() if not one.cell.blank}
    (ours, found), (others, told) = both(cells)
    assert found - told == ({("T02", Key("funds", "cost", "final"))} & found)
    assert not told - found
    assert differing(ours, others) == []
    to = counterparts()
    for row in ("score", "grade"):
        key = Key("conclusion", row)
        assert ours.get(key) == others.get(to[key])


def test_what_differs_is_what_is_listed() -> None:
    """Each rule of the lists says something else of one of these returns."""
    more, other = set[str](), set[str]()
    for seed in SEEDS:
        (ours, found), (others, told) = both(in_cents(random_cells(OURS, Mood.CAREFUL, seed)))
        assert_as_listed(found, told)
        assert differing(ours, others) == []
        more |= {rule for rule, _ in found - told}
        other |= {rule for rule, _ in told - found}
    assert (more, other) == (set(ONLY_OURS), set(ONLY_THEIRS))


@examples(2)
@given(st.sampled_from([*Mood]), st.integers(0, 10**6))
def test_it_says_the_same_of_any_return(mood: Mood, seed: int) -> None:
    (ours, found), (others, told) = both(in_cents(random_cells(OURS, mood, seed)))
    assert_as_listed(found, told)
    if mood is Mood.CAREFUL:  # else texts stand where formulas look for choices
        assert differing(ours, others) == []


# ---------------------------------------------------------------- changed by an office


def at(name: str) -> str:
    """Give where a cell of ours stands in the 表样."""
    return place(taken_out(OURS, hall.SCALE)).a1(Key.parse(name))


def with_a_line_more(data: bytes) -> bytes:
    """Give the form with a line of income more, another split of points, other wording."""
    last = place(taken_out(OURS, hall.SCALE)).spot(Key("income", "other", "final"))[0] + 1
    data = row_inserted(data, INCOME, last, {"B": "八、捐赠收入"}, copied=True)
    book = openpyxl.load_workbook(BytesIO(data))
    book[INCOME][f"B{last + 1}"] = "九、其他收入"
    points = {"scores.output.points": 15, "scores.benefit.points": 25}
    for name, value in {"unit.name.label": "填报单位", **points}.items():
        book[MAIN][at(name)] = value
    target = BytesIO()
    book.save(target)
    return target.getvalue()


def assert_changed(data: bytes) -> None:
    office = OfficeMaker(data).office
    assert (office.faults, office.remarks) == ((), ())
    form = OfficeMaker(data)(hall.SCALE).of_year(2024)
    layout = place(form)
    keys = {(layout.sheet(key).name, layout.a1(key)): key for key in form.items}
    lines = [k for (sheet, cell), k in keys.items() if sheet == INCOME and cell[0] == "E"]
    amounts = {key: Cell(Decimal(1)) for key in lines if form.items[key].is_input}
    stated, score = keys[MAIN, at("funds.income.final")], keys[MAIN, at("scores.output.score")]
    typed = {stated: Cell(Decimal(10)), score: Cell(Decimal(16))}  # of 11, and of 15 points
    values, found = judged(form, amounts | typed)
    sums = [values.number(key) for key in lines if form.items[key].formula]
    assert len(amounts) == 11  # with the new line
    assert sums == [Decimal(9), Decimal(11)]
    assert values.number(keys[MAIN, at("scores.total.points")]) == 100
    assert {("T01", stated), ("S01", score)} <= found
    assert form.label(keys[MAIN, at("unit.name")]) == "填报单位"


def test_an_office_changes_a_line_and_the_points() -> None:
    assert_changed(with_a_line_more(maker().data))


@needs_libreoffice
@pytest.mark.deep
@pytest.mark.xdist_group("referee")
def test_an_office_saves_it_with_another_program() -> None:
    assert_changed(recalculated(with_a_line_more(maker().data)))


# ---------------------------------------------------------------- at the command


def test_it_is_taken_out_at_the_command(tmp_path: Path) -> None:
    named = f"{OURS.title}_2022_表样.xlsx"
    ended = perfxl(tmp_path, "form")
    assert (ended.code, named in ended.out) == (0, True)
    assert (tmp_path / named).read_bytes() == maker().data
    assert perfxl(tmp_path, "form").code == 4  # never written over
    assert perfxl(tmp_path, "form", "--name", DECLARED, "-o", "a.xlsx").code == 0
    assert (tmp_path / "a.xlsx").read_bytes() == maker().data
    assert perfxl(tmp_path, "form", "a.xlsx").code == 0
    assert DECLARED in perfxl(tmp_path, "form", "--list").out
    assert perfxl(tmp_path, "template", "--form", "a.xlsx", "--year", "2022").code == 0


def test_its_id_means_what_the_program_declares(tmp_path: Path) -> None:
    plain, named = (
        perfxl(tmp_path, "fields", "--year", "2022", *more) for more in ((), ("--form", DECLARED))
    )
    assert plain.code == named.code == 0
    assert plain.out == named.out
    assert [one.id for one in FORMS if not one.drawn] == [DECLARED]
