"""One return, seen four ways: what `check` says, its result recalculated, the live sheet, again.

Texts stand where numbers belong, and words where one of a list does. What was read of them counts
in the result's own formulas; the live sheet, which reads no texts, may wait but never contradict.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from io import BytesIO

import build
import gallery
import hall
import openpyxl
import pytest
from libreoffice import needs_libreoffice, recalculated_all
from random_returns import Mood, random_cells
from refereed import computed_cells, counts, disagreements, same, spoilt, told_for_certain
from tiers import everyday

from perfxl.check.findings import Finding
from perfxl.check.rounds import compare
from perfxl.expr.tree import PENDING, Key
from perfxl.form.answers import Answer, Cell, Values, read_answers
from perfxl.form.layout import place
from perfxl.form.ours import HINT
from perfxl.form.raw import Raw
from perfxl.forms.shipped import form_of
from perfxl.render.workbook import render
from perfxl.returns import output, workflow
from perfxl.returns.as_read import as_read
from perfxl.returns.live import UNREAD
from perfxl.returns.output import Checked
from perfxl.returns.result import SCORES, result
from perfxl.text.quantities import Doubt

FORM = workflow.live_form(form_of(hall.SCALE))
ROWS: dict[str, dict[str, Raw]] = {
    "figures": {"indicators.001.actual": "112场", "indicators.007.actual": "5.6万人次"},
    "scales": {"indicators.007.actual": "56,000人次", "indicators.006.actual": "3,120,000元"},
    "amounts": {"income.service.final": "28.16万元", "cost.basic.final": "512.88元"},
    "scores": {"scores.output.score": "１９．０４", "conclusion.score": "98.86 "},
    "bound": {"indicators.005.actual": "<88.2万元"},
    "implied": {
        "indicators.001.symbol": None,
        "indicators.001.target": "不少于100场",
        "indicators.001.unit": None,
        "indicators.001.actual": "举办公共文化活动112场",
    },
    "no unit": {
        "indicators.001.symbol": None,
        "indicators.001.target": "100",
        "indicators.001.unit": None,
        "indicators.001.actual": "80",
        "indicators.001.status": "未完成",
        "indicators.001.reason": "场地维修,推迟到明年",
    },
    "day too late": {
        "indicators.004.actual": "2023年1月20日",
        "indicators.004.status": "未完成",
        "indicators.004.reason": "招标推迟,已于次年建成",
    },
    "words": {
        "indicators.001.symbol": "不低于",
        "indicators.002.status": "没有完成",
        "indicators.003.level2": "质量",
        "indicators.009.level1": "满意度",
    },
    "glyph": {"indicators.001.symbol": "》"},
    "no symbol": {
        "indicators.001.symbol": None,
        "indicators.001.actual": "80场",
        "indicators.001.status": "未完成",
        "indicators.001.reason": "场地维修,推迟到明年",
    },
    "no symbol of days": {
        "indicators.004.symbol": None,
        "indicators.004.target": date(2022, 12, 31),
        "indicators.004.actual": date(2022, 11, 20),
    },
    "weights": {f"indicators.{n:03d}.weight": "12" if n < 9 else "4" for n in range(1, 10)},
    "projects": {"projects.001.spent": "195.50万元", "project_indicators.001.actual": "112场"},
    "rate": {"project_indicators.001.stated_rate": "112%"},
    "unread": {
        "indicators.001.actual": "约一百场",
        "indicators.002.status": "差不多",
        "indicators.003.level2": "其他",
        "indicators.005.level1": "其他",
        "indicators.006.weight": "约十",
        "indicators.007.actual": "群众参与踊跃," * 60,
        "scores.pre_evaluation.score": "满分",
        "cost.basic.final": "约五百",
        "projects.001.spent": "近200",
    },
}
# of the same cells as others
_APART = {"no unit", "unread", "glyph", "figures", "no symbol", "no symbol of days"}
ROWS["together"] = {
    k: raw for name, row in ROWS.items() if name not in _APART for k, raw in row.items()
}


def _given(name: str) -> Mapping[Key, Cell]:
    sort, _, which = name.partition(" ")
    match sort:
        case "sample":
            return build.read_sample(which)[0]
        case "fault":
            fault = gallery.GALLERY[int(which)]
            return gallery.clean() | {Key.parse(k): Cell(raw) for k, raw in fault.answers.items()}
        case "random":
            return random_cells(FORM, Mood.CARELESS, int(which))
    return hall.cells(ROWS[which])


NAMES = [
    *(f"sample {name}" for name in build.SAMPLES),
    *(f"row {name}" for name in ROWS),
    *(f"random {seed}" for seed in range(3)),
]
FAULTS = [f"fault {n}" for n, fault in enumerate(gallery.GALLERY) if fault.answers]
# rows together stand for those that are of other cells each
FEW = {"sample xinhua_2022", "row together", "row unread", "row no symbol", "random 0"}


SAID = ("unit", "year", "totals", "score", "indicators")


@cache
def result_of(name: str) -> bytes:
    """Give the result workbook of a return."""
    return workflow.result_bytes(checked(name))


@cache
def checked(name: str) -> Checked:
    """Give the check of a return."""
    form = form_of(hall.SCALE)
    return hall.check_data(render(Values(form, read_answers(form, _given(name)))))


def findings(one: Checked) -> list[tuple[str, list[str], str]]:
    """Give what is found but for the writing: that is mended in the result."""
    return [
        (finding.rule.id, [str(key) for key in finding.keys], finding.message)
        for finding in one.reviewed.outcome.findings
        if finding.rule.id != "W08" and not _glyph(one, finding)
    ]


def _glyph(one: Checked, finding: Finding) -> bool:
    answers = one.reviewed.values.answers
    return any(key in answers and answers[key].doubt is Doubt.GLYPH for key in finding.keys)


def differing(values: Values, shown: Mapping[Key, object]) -> list[str]:
    """Give the computed cells of a result that do not show what `check` says."""
    return [
        f"{key}: {values.get(key)!r}, but {shown[key]!r}"
        for key, item in values.form.items.items()
        if item.formula is not None and not counts(key) and not same(values.get(key), shown[key])
    ]


def contradicting(values: Values, shown: Mapping[Key, object]) -> list[str]:
    """Give the computed cells of a live sheet that show another thing than `check` says."""
    return list(disagreements(values, told_for_certain(shown)))


def by_us(values: Values) -> dict[Key, object]:
    """Give what a spreadsheet shows in each computed cell, by our own evaluator."""
    seen = values.as_spreadsheet()
    items = values.form.items.items()
    return {key: _stored(seen.get(key)) for key, item in items if item.formula is not None}


def _stored(value: object) -> object:
    return float(str(value)) if not isinstance(value, str | None) else value


# ---------------------------------------------------------------- by our own evaluator


@pytest.mark.parametrize("name", everyday([*NAMES, *FAULTS], {*FEW, *FAULTS[::5]}))
def test_the_result_computes_what_check_says(name: str) -> None:
    values = Values(FORM, read_answers(FORM, _given(name)))
    assert differing(values, by_us(as_read(values).values)) == []


@pytest.mark.parametrize("name", everyday([*NAMES, *FAULTS], {*FEW, *FAULTS[::5]}))
def test_the_live_sheet_never_contradicts_check(name: str) -> None:
    values = Values(FORM, read_answers(FORM, _given(name)))
    assert contradicting(values, by_us(values.healed())) == []


@pytest.mark.parametrize("name", everyday(NAMES, FEW))
def test_the_result_is_read_as_the_return_was(name: str) -> None:
    first = checked(name)
    second = hall.check_data(result_of(name))
    assert findings(second) == findings(first)
    before, after = map(output.file_document, (first, second))
    assert [after[part] for part in SAID] == [before[part] for part in SAID]
    told = {key for f in second.reviewed.outcome.findings if f.rule.id == "W08" for key in f.keys}
    assert not told & as_read(first.reviewed.values).notes.keys()
    assert compare(first.reviewed, second.reviewed).unasked == ()


def test_what_was_read_is_written_with_a_note() -> None:
    book = openpyxl.load_workbook(BytesIO(result_of("row implied")))
    layout, found = place(FORM), []
    for column in ("symbol", "target", "unit", "actual"):
        key = Key("indicators", "001", column)
        cell = book[layout.sheet(key).name][layout.a1(key)]
        found.append((cell.value, cell.comment.text.splitlines()[-1]))
    assert found == [
        ("≥", "原来没有填,已按“≥”读入,如不对请改正"),
        (100, "原填“不少于100场”,已按“100”读入,如不对请改正"),
        ("场", "原来没有填,已按“场”读入,如不对请改正"),
        (112, "原填“举办公共文化活动112场”,已按“112”读入,如不对请改正"),
    ]


def test_a_number_without_a_unit_stays_as_typed() -> None:
    """As a number it would ask for its unit, which nobody asked for in the first round."""
    first = checked("row no unit").reviewed.values
    written = as_read(first).values
    typed = [Key("indicators", "001", column) for column in ("symbol", "target", "unit", "actual")]
    assert [written.answers[key].cell.raw for key in typed] == ["=", "100", None, "80"]
    assert by_us(written)[Key("indicators", "001", "completion")] == 0.8


def test_a_symbol_that_was_asked_for_stays_to_be_filled() -> None:
    """The sheet shows what `check` took it for; once it is filled the formula counts."""
    values = checked("row no symbol").reviewed.values
    symbol, rate = (Key("indicators", "001", column) for column in ("symbol", "completion"))
    written = as_read(values).values
    assert (values.get(symbol), written.answers[symbol].cell.raw) == ("=", None)
    assert by_us(written)[rate] == 0.8
    assert by_us(values.healed())[rate] == PENDING
    answers = {**written.answers, symbol: Answer(Cell("≤"), "≤")}
    assert by_us(Values(values.form, answers, values.shown, written.instead))[rate] == 1


def test_the_live_sheet_waits_and_says_why() -> None:
    values = checked("row figures").reviewed.values
    shown = by_us(values)
    assert shown[Key("indicators", "001", "completion")] == PENDING
    assert shown[Key("scores", "output", "low")] == PENDING
    assert str(shown[Key("indicators", "001", HINT)]).startswith(UNREAD)
    assert UNREAD not in str(shown[Key("indicators", "002", HINT)])
    assert shown[Key("scores", "execution", "low")] == pytest.approx(9.8199, abs=0.0001)


def test_a_cell_changed_in_the_result_is_computed_anew() -> None:
    """What `check` made of a text holds for that text alone."""
    values = as_read(checked("row day too late").reviewed.values).values
    rate, actual = (Key("indicators", "004", column) for column in ("completion", "actual"))
    assert by_us(values)[rate] == 0
    for raw in ("2022年11月20日", Decimal(0), None):
        answers = {**values.answers, actual: Answer(Cell(raw))}
        now = Values(values.form, answers, values.shown, values.instead)
        assert by_us(now)[rate] == PENDING


# ---------------------------------------------------------------- by LibreOffice

# LibreOffice takes seconds for each of them
REFEREED = ("sample xinhua_2022", "row together", "row no unit", "row unread", "random 0")


@pytest.fixture(scope="module")
def recalculated() -> dict[str, tuple[bytes, bytes]]:
    """Give result and live sheet of each return as LibreOffice has them."""
    written = [result_of(name) for name in REFEREED]
    written += [build.filled(dict(_given(name))) for name in REFEREED]
    books = recalculated_all([spoilt(data) for data in written])
    pairs = zip(books[: len(REFEREED)], books[len(REFEREED) :], strict=True)
    return dict(zip(REFEREED, pairs, strict=True))


referee = pytest.mark.xdist_group("referee")


@pytest.mark.deep
@needs_libreoffice
@referee
@pytest.mark.parametrize("name", REFEREED)
def test_a_recalculated_result_says_what_check_says(
    recalculated: dict[str, tuple[bytes, bytes]], name: str
) -> None:
    one = checked(name)
    form = result(one.reviewed).values.form
    shown = computed_cells(form, recalculated[name][0])
    assert differing(one.reviewed.values, shown) == []
    score = output.file_document(one)["score"]
    rows = [Key(SCORES, f"item{n}") for n, _ in enumerate(score["items"], 1)]
    for row, item in zip(rows, score["items"], strict=True):
        for bound in ("low", "high"):
            assert f"{shown[row._replace(column=bound)]:.2f}" == item[bound]


@pytest.mark.deep
@needs_libreoffice
@referee
@pytest.mark.parametrize("name", REFEREED)
def test_a_recalculated_live_sheet_never_contradicts_check(
    recalculated: dict[str, tuple[bytes, bytes]], name: str
) -> None:
    values = checked(name).reviewed.values
    shown = computed_cells(values.form, recalculated[name][1])
    assert contradicting(values, shown) == []


@pytest.mark.deep
@needs_libreoffice
@referee
@pytest.mark.parametrize("name", REFEREED)
def test_a_recalculated_result_is_read_as_the_return_was(
    recalculated: dict[str, tuple[bytes, bytes]], name: str
) -> None:
    assert findings(hall.check_data(recalculated[name][0])) == findings(checked(name))
