"""Filled forms and what LibreOffice makes of them: the shipped samples, rules' examples, made up.

`refereed()` gives them all, recalculated once for all tests; `disagreements` compares one with
our evaluator. The results stored in the workbooks are spoilt beforehand, so that a formula which
was not computed anew is a disagreement too.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cache
from io import BytesIO

import build
import openpyxl
from dealt_returns import CENT, dealt_cells
from editing import rewritten
from libreoffice import recalculated_all
from msgspec import Struct
from msgspec.structs import replace
from random_returns import Mood, random_cells

from perfxl.check.judging import check
from perfxl.check.rounds import Reviewed
from perfxl.cli.catalogue import example_cells
from perfxl.disk import resources
from perfxl.expr.tree import PENDING, Key
from perfxl.form.answers import Cell, Submission, Values, read_answers
from perfxl.form.layout import place
from perfxl.form.model import Form
from perfxl.form.ours import HINT
from perfxl.form.raw import Raw, text_of
from perfxl.form.relations import BudgetLine, Conclusion, Indicators, ScoreItem
from perfxl.forms.department_2022 import department_2022
from perfxl.forms.levels import EXPECTED_LEVEL2
from perfxl.render.extras import Extras
from perfxl.render.workbook import render
from perfxl.returns import workflow
from perfxl.returns.live import STATUS, with_checks
from perfxl.returns.result import result
from perfxl.rules import RULES, specimen

DEPARTMENT, SPECIMEN, GROWN, RESULT = "department", "specimen", "grown", "result"
CAPPED = "capped"  # the form with another rubric: five grades, totals capped
SEEDS = {
    DEPARTMENT: {Mood.CAREFUL: 3, Mood.PATCHY: 2, Mood.CARELESS: 2},
    SPECIMEN: {Mood.CAREFUL: 6, Mood.PATCHY: 3, Mood.CARELESS: 3},
    GROWN: {Mood.CAREFUL: 4, Mood.PATCHY: 5, Mood.CARELESS: 1},
    CAPPED: {Mood.CAREFUL: 1, Mood.PATCHY: 1},
}
DEALT = {DEPARTMENT: 6, SPECIMEN: 1, GROWN: 14}  # turns
SPENT = ("0.45", "0.65", "0.79995", "0.8")  # shares of the budget, by which totals are capped
WEIGHED = "weights-below-0"
RESULTS = ("xinhua_2022", f"{DEPARTMENT}-{Mood.CARELESS}-0")
LIVE_RULES = tuple(rule for rule in RULES if rule.live)
SPOILT = b"-98765.4321"


def declared(form_name: str) -> Form:
    """Give a form declared anew, so that a change to what it is made of shows."""
    rubrics = {DEPARTMENT: workflow.DEFAULT_RUBRIC, CAPPED: "five-grades-2022-example"}
    if form_name in rubrics:
        scale = workflow.load_rubric(resources.rubric_path(rubrics[form_name]))
        return with_checks(department_2022(scale), RULES)
    small: Form = specimen.specimen.__wrapped__()
    if form_name == GROWN:  # lists longer than the template offers them
        small = _stricter(small).grown({"indicators": 9, "projects": 11})
    return with_checks(small, RULES)


def _stricter(form: Form) -> Form:
    """Give the form with as many grades and categories of indicators as any form has.

    One return shows one total score and one lack of categories: it takes many, so small ones.
    """
    scale = workflow.load_rubric(resources.rubric_path("five-grades-2022-example"))
    five = tuple((name, str(lowest)) for name, lowest in scale.grades)

    def changed(relation: object) -> object:
        match relation:
            case Conclusion():
                return replace(relation, grades=five)
            case Indicators():  # units stand in for 二级指标
                return replace(relation, category="unit", categories=EXPECTED_LEVEL2)
        return relation

    return replace(form, relations=tuple(map(changed, form.relations)))


form_of = cache(declared)


class Return(Struct, frozen=True):
    """A filled form, the workbook we make of it, and its computed cells as LibreOffice has them."""

    form_name: str
    values: Values
    workbook: bytes
    shown: Mapping[Key, object]

    @property
    def native(self) -> bool:
        """Whether a spreadsheet sees what we see: nothing was read as other than it stands.

        For a blank symbol, whatever it was read as, it waits.
        """
        answers = self.values.answers.items()
        return all(
            a.value in (a.cell.raw, text_of(a.cell.raw) or None)
            or (a.cell.blank and self.values.form.items[key].implied)
            for key, a in answers
        )

    @property
    def waits(self) -> bool:
        """Whether a spreadsheet waits for what we read, or give up: a text, a blank symbol."""
        seen = self.values.as_spreadsheet()
        told = (k for k, a in self.values.answers.items() if (a.cell.raw, a.value) != (None, None))
        return not all(map(seen.is_legible, told))

    def on(self, form: Form) -> Values:
        """Give the values a spreadsheet sees, on this form; nothing is known yet."""
        return Values(form, self.values.answers, self.values.shown).as_spreadsheet()


Filling = tuple[str, str, dict[Key, Cell]]


def _fillings() -> Iterator[Filling]:
    """Give (id, form, answers) of every return."""
    yield "blank", DEPARTMENT, {}
    for sample in build.SAMPLES:
        yield sample, DEPARTMENT, build.read_sample(sample)[0]
    for rule in LIVE_RULES:
        yield f"{rule.id}-good", SPECIMEN, example_cells(form_of(SPECIMEN), rule.good)
        yield f"{rule.id}-bad", SPECIMEN, example_cells(form_of(SPECIMEN), rule.bad)
    for seed, share in enumerate(SPENT):
        yield f"{CAPPED}-{share}", CAPPED, _spent(form_of(CAPPED), Decimal(share), seed)
    yield WEIGHED, GROWN, _weighed(form_of(GROWN))
    for form_name, mood, seed in _seeds():
        cells = random_cells(form_of(form_name), mood, seed)
        yield f"{form_name}-{mood}-{seed}", form_name, cells
    for form_name, turn in _turns():
        yield f"{form_name}-dealt-{turn}", form_name, dealt_cells(form_of(form_name), turn)


def _spent(form: Form, share: Decimal, seed: int) -> dict[Key, Cell]:
    """Give a careful return that spent this share of the budget on every line, scored in full."""
    cells = random_cells(form, Mood.CAREFUL, seed)
    for line in form.of(BudgetLine):
        cells |= {line.annual: Cell(Decimal(1_000_000)), line.final: Cell(1_000_000 * share)}
    return cells | {item.stated: Cell(Decimal(str(item.points))) for item in form.of(ScoreItem)}


def _weighed(form: Form) -> dict[Key, Cell]:
    """Give indicators of one group, each further from its target than the last, one weight < 0.

    They are scored a cent above their points; of one more there is but the weight.
    """
    (indicators,) = form.of(Indicators)
    *rows, last = form.blocks[indicators.block].rows
    cells = {item.stated: Cell(Decimal(str(item.points)) + CENT) for item in form.of(ScoreItem)}
    for number, row in enumerate(rows, 1):
        told: dict[str, Raw] = {
            indicators.group: "产出指标",
            indicators.symbol: "≥",
            indicators.target: Decimal(100),
            indicators.actual: Decimal(100 - 10 * number),
            "weight": Decimal(-1 if number == 2 else 2),
        }
        cells |= {indicators.cell(row.key, column): Cell(raw) for column, raw in told.items()}
    return cells | {indicators.cell(last.key, "weight"): Cell(Decimal(2))}


def _seeds() -> Iterator[tuple[str, Mood, int]]:
    for form_name, moods in SEEDS.items():
        for mood, count in moods.items():
            for seed in range(count):
                yield form_name, mood, seed


def _turns() -> Iterator[tuple[str, int]]:
    return ((form_name, turn) for form_name, turns in DEALT.items() for turn in range(turns))


MADE_UP = [
    *(f"{form_name}-{mood}-{seed}" for form_name, mood, seed in _seeds()),
    *(f"{form_name}-dealt-{turn}" for form_name, turn in _turns()),
]
NAMES = [
    *("blank", *build.SAMPLES),
    *(f"{rule.id}-{sort}" for rule in LIVE_RULES for sort in ("good", "bad")),
    *(f"{CAPPED}-{share}" for share in SPENT),
    WEIGHED,
    *MADE_UP,
    *(f"{name}-{RESULT}" for name in RESULTS),
]


def _filled() -> Iterator[tuple[str, str, Values, Extras | None]]:
    """Give (id, form, values, what is drawn on the workbook) of every return and result."""
    returns: dict[str, Values] = {}
    for name, form_name, cells in _fillings():
        form = form_of(form_name)
        returns[name] = Values(form, read_answers(form, cells))
        yield name, form_name, returns[name], None
    for name in RESULTS:
        values = returns[name]
        submission = Submission(values.form, values.answers)
        made = result(Reviewed(values, check(submission, RULES, values)))
        yield f"{name}-{RESULT}", RESULT, made.values, made.extras


@cache
def refereed() -> dict[str, Return]:
    """Give every return by its name in NAMES; LibreOffice works on all of them at once."""
    filled = list(_filled())
    written = [render(values, extras) for *_, values, extras in filled]
    books = recalculated_all([spoilt(data) for data in written])
    return {
        name: Return(form_name, values, data, computed_cells(values.form, book))
        for (name, form_name, values, _), data, book in zip(filled, written, books, strict=True)
    }


def spoilt(data: bytes) -> bytes:
    """Give the workbook with a wrong result stored beside each formula."""
    result, wrong = re.compile(b"(?<=</f>)<v>[^<]*</v>"), b"<v>" + SPOILT + b"</v>"
    return rewritten(
        data,
        lambda part, xml: result.sub(wrong, xml) if part.startswith("xl/worksheets/") else xml,
    )


def computed_cells(form: Form, data: bytes) -> dict[Key, object]:
    """Give what stands in each computed cell of a workbook; errors as their text («#VALUE!»)."""
    book = openpyxl.load_workbook(BytesIO(data), data_only=True, read_only=True)
    sheets = {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book}
    layout = place(form)
    found: dict[Key, object] = {}
    for key, item in form.items.items():
        if item.formula is not None:
            row, column = layout.spot(key)
            found[key] = sheets[layout.sheet(key).name][row][column]
    return found


def same(ours: object, shown: object) -> bool:
    """Whether a cell shows this value; unknown is None with us and an empty text in a cell."""
    if isinstance(ours, Decimal):
        number = isinstance(shown, (int, float)) and not isinstance(shown, bool)
        return number and math.isclose(float(ours), float(str(shown)), rel_tol=1e-9, abs_tol=1e-9)
    return (ours or "") == ("" if shown is None else shown)


def told_for_certain(shown: Mapping[Key, object]) -> dict[Key, object]:
    """Give the cells of a sheet that do not wait: not those that count filled cells or verdicts."""
    return {key: value for key, value in shown.items() if not counts(key) and value not in _WAITING}


def counts(key: Key) -> bool:
    """Whether a cell counts cells and verdicts: what is filled, what has failed."""
    return key.block == STATUS or key.column in {"due", "missing", "count"} or key.column == HINT


_WAITING = (None, "", PENDING)


def disagreements(values: Values, shown: Mapping[Key, object]) -> Iterator[str]:
    """Give, in words, every computed cell that does not show our value."""
    layout = place(values.form)
    for key, theirs in shown.items():
        ours = values.get(key)
        formula = values.form.items[key].formula
        if not same(ours, theirs) and formula is not None:
            sheet = layout.sheet(key)
            text = formula.excel(layout.seen_from(sheet))
            yield f"{sheet.name}!{layout.a1(key)} {key}: {ours!r}, but {theirs!r} by ={text}"
