"""The rubric: both files of it say the same, every fault has its place, the form follows it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import build
import pytest
from damage import damaged
from handling import insert_rows, on
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from strategies import texts
from tiers import examples

from perfxl.check.findings import Outcome
from perfxl.check.judging import check
from perfxl.disk import resources
from perfxl.errors import RubricError
from perfxl.expr.rounding import rounded
from perfxl.expr.tree import FAILS, PASSES, Key
from perfxl.form.answers import ERROR_VALUES, Cell, Values, read_answers
from perfxl.form.layout import place
from perfxl.form.model import Thresholds
from perfxl.form.ours import OWN_SHEETS
from perfxl.form.raw import Raw
from perfxl.form.relations import Conclusion, ScoreItem
from perfxl.forms.shipped import form_of
from perfxl.reading.bind import bind
from perfxl.reading.sheets import read_book
from perfxl.render.workbook import render
from perfxl.returns import workflow
from perfxl.rubric import toml as rubric_toml
from perfxl.rubric.answers import draft_of
from perfxl.rubric.methods import METHODS
from perfxl.rubric.model import Band, Cap, Method, NumberRange, Parameter, Rubric, RubricItem, Tiers
from perfxl.rubric.sheet import rubric_form
from perfxl.rubric.soundness import rubric_of
from perfxl.rules import RULES
from perfxl.rules.scores import earned_grade

FOLDER = resources.templates_folder() / "rubrics"
SHIPPED = {path.stem: workflow.load_rubric(path) for path in sorted(FOLDER.glob("*.toml"))}
FOUR, FIVE = SHIPPED["guangdong-2022-example"], SHIPPED["five-grades-2022-example"]


def d(text: str | int) -> Decimal:
    return Decimal(text)


# ---------------------------------------------------------------- the shipped ones


@pytest.mark.parametrize("path", build.rubric_books(), ids=lambda path: path.stem)
def test_shipped_workbook_equals_a_fresh_rendering(path: Path) -> None:
    assert path.read_bytes() == build.rubric_books()[path]


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_files_say_the_same(name: str) -> None:
    text = (FOLDER / f"{name}.toml").read_text("utf-8")
    assert re.sub(r"^#.*\n", "", text, flags=re.MULTILINE) == rubric_toml.dump(SHIPPED[name])
    assert workflow.load_rubric(FOLDER / f"{name}.xlsx") == SHIPPED[name]
    assert SHIPPED[name].id == name
    assert "示例" in SHIPPED[name].title


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_words_hold_no_figures_that_could_contradict(name: str) -> None:
    for item in SHIPPED[name].items:
        assert not re.search(r"[0-9０-９一二三四五六七八九十]+(分|%)", item.standard), item.key
        assert item.standard or item.computed, item.key
        item.wording.encode("gbk")


def test_the_two_shipped_rubrics_differ_in_every_respect() -> None:
    assert len(FOUR.grades) == 4
    assert len(FIVE.grades) == 5
    for name in ("tiers", "limits", "caps", "grades"):
        assert getattr(FOUR, name) != getattr(FIVE, name)
    assert FOUR.caps == ()


# ---------------------------------------------------------------- methods


def leaf(method: str, points: str = "4", **more: object) -> RubricItem:
    return RubricItem(
        key="a",
        level1="一",
        level2="二",
        name="三",
        points=d(points),
        method=METHODS[method],
        **more,  # type: ignore[arg-type]
    )


FALLING = (Band(d("0.9"), d(2)), Band(d("0.6"), d(1)), Band(d(0), d(0)))
RISING = (Band(d("0.3"), d(0)), Band(d("0.1"), d("1.5")), Band(d(0), d(2)))


@pytest.mark.parametrize(
    ("item", "allowed", "wording"),
    [
        (leaf("yes_no"), "4 0", "符合得满分,不符合不得分"),
        (leaf("yes_no", standard="按时盘点。"), "4 0", "按时盘点:符合得满分,不符合不得分"),
        (leaf("deduct", numbers={"per_finding": d(1)}), "4 3 2 1 0", "每项扣1分,扣完为止"),
        (leaf("deduct", numbers={"per_finding": d("1.5")}), "4 2.5 1 0", "每项扣1.5分,扣完为止"),
        (leaf("deduct"), "", "发现问题酌情扣分,扣完为止"),
        (leaf("ratio"), "", "比率×分值,最高得满分"),
        (
            leaf("ratio", numbers={"floor": d("0.675")}),
            "",
            "比率×分值,最高得满分,比率低于67.5%不得分",
        ),
        (leaf("band", "2", bands=FALLING), "2 1 0", "≥90%得2分,≥60%得1分,低于60%得0分"),
        (leaf("band", "2", bands=RISING), "2 1.5 0", "≥30%得0分,≥10%得1.5分,低于10%得2分"),
    ],
)
def test_method_and_parameters_say_what_scores_there_are(
    item: RubricItem, allowed: str, wording: str
) -> None:
    assert [f"{score:f}" for score in item.allowed] == allowed.split()
    assert item.wording == wording


PER_EVENT = Parameter(
    key="per_event",
    range=NumberRange("每次得分", above=True),
    prompt="每做一次得几分",
    of_points=True,
)


def _tally_wording(item: RubricItem) -> str:
    return f"每次得{item.number(PER_EVENT)}分,最高得满分"


TALLY = Method(
    key="tally",
    label="计次",
    hint="填每次得几分",
    in_figures=_tally_wording,
    parameters=(PER_EVENT,),
)


@pytest.fixture
def tally(monkeypatch: pytest.MonkeyPatch) -> Iterator[Rubric]:
    """Give a rubric by an eighth method: all that is done for it is its record."""
    monkeypatch.setitem(METHODS, TALLY.key, TALLY)
    rubric_form.cache_clear()
    first, *others = FOUR.items
    by_tally = replace(first, method=TALLY, numbers={"per_event": d(2)}, evidence=True)
    yield replace(FOUR, id="tally", items=(by_tally, *others))
    rubric_form.cache_clear()


def test_new_method_needs_its_record_alone(tally: Rubric) -> None:
    text = rubric_toml.dump(tally)
    assert 'method = "tally"\n' in text
    assert "per_event = 2\n" in text
    assert rubric_toml.parse(text) == tally
    workbook = workflow.rubric_bytes(tally)
    assert workflow.read_rubric(workbook, workbook=True) == tally
    steps = rubric_form().blocks["how_to"].rows
    assert any("“计次”填每次得几分" in row.label for row in steps)
    row = form_of(tally).blocks["scores"].rows[0]
    assert row.items["standard"].text == "每次得2分,最高得满分"
    assert row.items["score"].prompt == "0 至 20 分"
    (leaf, *_) = form_of(tally).of(ScoreItem)
    assert (leaf.computed, leaf.covers) == (False, ())


def test_faults_of_a_new_method_are_told_like_the_others(tally: Rubric) -> None:
    text = rubric_toml.dump(tally)
    place = f"第 1 项“{tally.items[0].name}”"
    blank, more, misplaced = (
        text.replace(old, new)
        for old, new in (
            ("per_event = 2\n", ""),
            ("per_event = 2\n", "per_event = 30\n"),
            ('"tally"', '"yes_no"'),
        )
    )
    assert text_faults(blank) == (f"{place} per_event:“每次得分”未填",)
    assert text_faults(more) == (f"{place} per_event:每次得分不应高于分值 20",)
    assert text_faults(misplaced) == (f"{place} per_event:每次得分只用于计分方法“计次”,请删去",)


# ---------------------------------------------------------------- round trips

_RATES = st.integers(1, 10_000).map(lambda n: d(n) / 10_000)
_POINTS = st.integers(1, 5_000).map(lambda n: d(n) / 100)


def _texts(least: int = 1) -> st.SearchStrategy[str]:
    return (
        texts(20)
        .map(str.strip)
        .filter(lambda text: least <= len(text) < 100 and text not in ERROR_VALUES)
    )


def _falling(
    draw: st.DrawFn, values: st.SearchStrategy[Decimal], least: int, most: int
) -> list[Decimal]:
    return sorted(draw(st.lists(values, unique=True, min_size=least, max_size=most)), reverse=True)


def _bands(draw: st.DrawFn, points: Decimal) -> tuple[Band, ...]:
    rates = [*_falling(draw, _RATES, 1, 4), d(0)]
    shares = st.integers(0, int(points * 100) - 1).map(lambda n: d(n) / 100)
    count = min(len(rates), int(points * 100) + 1)
    low = draw(st.lists(shares, unique=True, min_size=count - 1, max_size=count - 1))
    scores = sorted([points, *low], reverse=draw(st.booleans()))
    return tuple(map(Band, rates[-count:], scores))


def _number(draw: st.DrawFn, parameter: Parameter, points: Decimal) -> Decimal:
    if parameter.range.rate:
        return draw(_RATES | st.just(d(0)))
    most = points if parameter.of_points else parameter.range.most
    return draw(st.integers(0, int(most * 100)).map(lambda n: d(n) / 100))


def _item(draw: st.DrawFn, n: int, name: str, method: Method) -> RubricItem:
    points = draw(_POINTS)
    numbers = {one.key: _number(draw, one, points) for one in method.parameters}
    return RubricItem(
        key=f"k{n}",
        level1=draw(_texts()),
        level2=draw(_texts()),
        name=name,
        points=points,
        method=method,
        standard=draw(_texts() | st.just("")),
        numbers={key: value for key, value in numbers.items() if value},
        bands=_bands(draw, points) if method.banded else (),
        evidence=draw(st.booleans()),
    )


@st.composite
def rubrics(draw: st.DrawFn) -> Rubric:
    """Give any sound rubric."""
    names = draw(st.lists(_texts(), unique_by=_as_compared, min_size=1, max_size=6))
    computed = draw(st.permutations([one for one in METHODS.values() if one.computed]))
    others = st.sampled_from([one for one in METHODS.values() if not one.computed])
    cut = draw(st.integers(0, 3))
    methods = [computed[n] if n < cut else draw(others) for n, _ in enumerate(names)]
    items = tuple(_item(draw, n, name, methods[n]) for n, name in enumerate(names))
    total = sum((item.points for item in items), d(0))
    scores = st.integers(1, int(total * 100)).map(lambda n: d(n) / 100)
    lowest = [*_falling(draw, scores, 0, min(4, int(total * 100))), d(0)]
    grades = tuple(zip(("优", "良", "A+", "2级", "差")[-len(lowest) :], lowest, strict=True))
    below = _falling(draw, _RATES, 0, 4)
    highest = _falling(draw, scores, 0, len(below))
    partly, done = sorted(draw(st.lists(_RATES, unique=True, min_size=2, max_size=2)))
    limits = Thresholds(draw(_RATES), draw(_RATES), draw(_RATES) + 1)
    return Rubric(
        id=draw(st.from_regex(r"[A-Za-z0-9_.\-五级]{1,60}", fullmatch=True)),
        title=draw(_texts()),
        notice=draw(_texts() | st.just("")),
        items=items,
        grades=grades,
        tiers=Tiers(done, partly),
        limits=limits,
        caps=tuple(map(Cap, below, highest)),
    )


def _as_compared(text: str) -> str:
    return "".join(text.casefold().split())


@examples(15)
@given(rubrics())
def test_any_rubric_survives_workbook_and_text(rubric: Rubric) -> None:
    workbook = workflow.rubric_bytes(rubric)
    read = workflow.read_rubric(workbook, workbook=True)
    assert read == rubric
    again = rubric_toml.parse(rubric_toml.dump(read))
    assert again == rubric
    assert rubric_toml.fingerprint(again) == rubric_toml.fingerprint(rubric)
    assert workflow.rubric_bytes(again) == workbook


def test_numbers_are_spelt_alike_however_they_are_written() -> None:
    text = rubric_toml.dump(FOUR)
    other = text.replace("points = 20\n", "points = 20.00\n").replace("0.6", "0.60")
    assert other != text
    assert rubric_toml.fingerprint(rubric_toml.parse(other)) == rubric_toml.fingerprint(FOUR)


def test_every_change_of_content_changes_the_mark() -> None:
    changed = (
        replace(FOUR, notice="另一说明"),
        replace(FOUR, tiers=Tiers(d("0.8"), d("0.5"))),
        replace(FOUR, limits=replace(FOUR.limits, overfulfilment=d("1.2"))),
        replace(FOUR, caps=FIVE.caps),
        replace(FOUR, items=(*FOUR.items[1:], FOUR.items[0])),
        replace(FOUR, items=(replace(FOUR.items[0], evidence=True), *FOUR.items[1:])),
    )
    marks = {rubric_toml.fingerprint(rubric) for rubric in (FOUR, *changed)}
    assert len(marks) == len(changed) + 1


# ---------------------------------------------------------------- faults of a text

FAULTS = tomllib.loads((Path(__file__).parent / "rubric_faults.toml").read_text("utf-8"))
SOUND: str = FAULTS["sound"]
TEXT_FAULTS: dict[str, dict[str, Any]] = FAULTS["text"]
BOOK_FAULTS: dict[str, dict[str, Any]] = FAULTS["book"]


def text_faults(text: str) -> tuple[str, ...]:
    with pytest.raises(RubricError) as refused:
        rubric_toml.parse(text)
    return refused.value.faults


def test_sound_text_is_sound() -> None:
    rubric = rubric_toml.parse(SOUND)
    assert (rubric.tiers, rubric.limits) == (Tiers(), Thresholds())
    assert [item.evidence for item in rubric.items] == [True, True, False]


@pytest.mark.parametrize("name", TEXT_FAULTS)
def test_fault_of_a_text_is_told_with_its_place(name: str) -> None:
    fault = TEXT_FAULTS[name]
    faults = text_faults(SOUND.replace(fault["old"], fault["new"], 1))
    assert any(told.startswith(fault["fault"]) for told in faults), faults
    assert len(faults) == fault.get("count", 1), faults
    "".join(faults).encode("gbk")


def test_all_faults_at_once() -> None:
    names = ("total", "tiers crossed", "cap order", "key twice", "floor")
    text = SOUND
    for name in names:
        text = text.replace(TEXT_FAULTS[name]["old"], TEXT_FAULTS[name]["new"], 1)
    faults = text_faults(text)
    assert len(faults) == len(names)
    for name in names:
        assert any(told.startswith(TEXT_FAULTS[name]["fault"]) for told in faults)


ODD = ('""', '"甲"', "0", "-1", "nan", "inf", "1e9999999", "1e-30", "true", "2022-01-01")
ODD_SHAPES = ("[]", "{}", "[1]", "[{}]", "[[]]")


@pytest.mark.parametrize("odd", [*ODD, *ODD_SHAPES])
def test_odd_value_anywhere_is_refused_or_understood(odd: str) -> None:
    """Whatever stands behind a key, what comes of it is a rubric or a list of faults."""
    lines = SOUND.splitlines()
    told: list[tuple[str, ...]] = []
    for n, line in enumerate(lines):
        if " = " in line:
            changed = [*lines[:n], f"{line.partition(' = ')[0]} = {odd}", *lines[n + 1 :]]
            try:
                made = rubric_toml.parse("\n".join(changed))
            except RubricError as error:
                told.append(error.faults)
            else:
                assert rubric_toml.parse(rubric_toml.dump(made)) == made
    assert len(told) > sum(" = " in line for line in lines) / 2
    assert all(re.search(r"[\u4e00-\u9fff]", fault) for faults in told for fault in faults)


def test_computed_method_only_once() -> None:
    text = rubric_toml.dump(FOUR).replace('"benefit_completion"', '"output_completion"')
    place = "第 2 项“部门整体绩效目标效益指标完成情况” method"
    assert text_faults(text) == (f"{place}:计分方法“产出完成率”只能用于一个项目,这里重复了",)


def test_nothing_at_all_is_told_too() -> None:
    assert set(text_faults("")) == {
        "id:“标准代号”未填",
        "title:“标准名称”未填",
        "items:没有评分项目",
        "grades:没有等级,至少填一个",
    }


# ---------------------------------------------------------------- faults of a workbook


def book_faults(damage: tuple[tuple[str, ...], ...]) -> tuple[str, ...]:
    book = read_book(workflow.rubric_bytes(FOUR))
    spoilt = damaged(book, place(rubric_form()), damage)
    with pytest.raises(RubricError) as refused:
        rubric_of(*draft_of(bind(spoilt, rubric_form())))
    return refused.value.faults


@pytest.mark.parametrize("name", BOOK_FAULTS)
def test_fault_of_a_workbook_is_told_with_its_cell(name: str) -> None:
    fault = BOOK_FAULTS[name]
    faults = book_faults((tuple(fault["damage"]),))
    assert any(told.startswith(fault["fault"]) for told in faults), faults
    assert len(faults) == fault.get("count", 1), faults
    "".join(faults).encode("gbk")


def test_all_faults_of_a_workbook_at_once() -> None:
    planted = [BOOK_FAULTS[n] for n in ("blank", "evidence", "tier", "grade", "band order")]
    faults = book_faults(tuple(tuple(fault["damage"]) for fault in planted))
    assert len(faults) == len(planted)
    for fault in planted:
        assert any(told.startswith(fault["fault"]) for told in faults)


def test_blank_thresholds_are_the_usual_ones() -> None:
    names = ("done", "partly", "adjustment", "execution", "overfulfilment")
    book = read_book(workflow.rubric_bytes(FIVE))
    blanked = damaged(
        book, place(rubric_form()), tuple(("write", f"settings.{name}", "") for name in names)
    )
    rubric = rubric_of(*draft_of(bind(blanked, rubric_form())))
    assert (rubric.tiers, rubric.limits) == (Tiers(), Thresholds())


# ---------------------------------------------------------------- the form follows


@cache
def live(rubric: Rubric) -> Values:
    """Give the clean sample under a rubric: every score what the rubric and the tables allow."""
    form = workflow.live_form(form_of(rubric))
    others = {k: c for k, c in build.read_sample("clean")[0].items() if k.block != "scores"}
    blank = Values(form, read_answers(form, others))
    cells = dict(others)
    for item in form.of(ScoreItem):
        assert item.high
        assert item.reason
        points = item.points_in(blank) or d(0)
        score = rounded(blank.number(item.high) or d(0), 2) if item.computed else points
        cells[item.stated] = Cell(score)
        cells[item.stated._replace(column="evidence")] = Cell("附件材料")
        if score < points:
            cells[item.reason] = Cell("支出率不足 100%,按比例扣分")
    return _concluded(rubric, cells)


def _concluded(rubric: Rubric, cells: Mapping[Key, Cell]) -> Values:
    """Give the return with the total and the grade its scores earn, and a summary that says so."""
    form = workflow.live_form(form_of(rubric))
    conclusion = next(form.of(Conclusion))
    assert conclusion.total
    assert conclusion.grade
    total = Values(form, read_answers(form, cells)).number(conclusion.total)
    scored = {**cells, conclusion.stated: Cell(total)}
    grade = earned_grade(conclusion, Values(form, read_answers(form, scored)))
    told = {Key("texts", "summary"): Cell(f"自评总得分 {total} 分,等级为{grade}。")}
    return Values(form, read_answers(form, {**scored, conclusion.grade: Cell(grade), **told}))


def judged(values: Values, rubric: Rubric) -> Outcome:
    """Write a return, read it back and check it against a rubric."""
    submission = bind(read_book(render(values), skip=OWN_SHEETS), form_of(rubric))
    return check(submission, RULES, Values(workflow.live_form(submission.form), submission.answers))


THREE = replace(FIVE, id="three", grades=(("优", d(85)), ("良", d(60)), ("差", d(0))))
PLAIN = replace(FIVE, id="plain", caps=())


@pytest.mark.parametrize("rubric", [*SHIPPED.values(), THREE, PLAIN], ids=lambda rubric: rubric.id)
def test_clean_return_yields_nothing_under_any_rubric(rubric: Rubric) -> None:
    outcome = judged(live(rubric), rubric)
    assert outcome.findings == ()
    assert outcome.not_checked == ()


@pytest.mark.parametrize("rubric", SHIPPED.values(), ids=SHIPPED)
def test_form_carries_what_the_rubric_says(rubric: Rubric) -> None:
    form = form_of(rubric)
    assert (form.rubric, form.limits) == (rubric.id, rubric.limits)
    assert form.rubric_mark == rubric_toml.fingerprint(rubric)
    assert form.items[Key("conclusion", "grade")].choices == tuple(n for n, _ in rubric.grades)
    for item, record in zip(rubric.items, form.of(ScoreItem), strict=True):
        assert record.evidence == item.evidence
        assert form.items[Key("scores", item.key, "standard")].text == item.wording
        assert record.material in form.items


def test_prompt_says_which_scores_there_are() -> None:
    form = form_of(FIVE)
    prompts = {item.key: form.items[Key("scores", item.key, "score")].prompt for item in FIVE.items}
    assert prompts["asset_utilisation"] == "按评分标准可得 4、3、1.5、0 分"
    assert prompts["purchase_policy"] == "2.4 至 3 分,比率低于 80% 的为 0 分"
    assert prompts["output"] == "0 至 25 分"


def _changed(values: Values, **answers: object) -> dict[Key, Cell]:
    cells = {key: answer.cell for key, answer in values.answers.items() if not answer.cell.blank}
    return cells | {Key.parse(k.replace("__", ".")): Cell(v) for k, v in answers.items()}  # type: ignore[arg-type]


def found(cells: Mapping[Key, Cell], rubric: Rubric) -> dict[str, str]:
    """Give the messages of a return's findings by rule; cells as typed."""
    form = workflow.live_form(form_of(rubric))
    outcome = judged(Values(form, read_answers(form, cells)), rubric)
    return {finding.rule.id: finding.message for finding in outcome.findings}


def test_overfulfilment_threshold_comes_from_the_rubric() -> None:
    more = _changed(live(FIVE), indicators__001__actual=d(75))  # 75 of 60: 125 %
    assert "达到或超过 120%" in found(more, FIVE)["I02"]
    assert "I02" not in found(_changed(live(FOUR), indicators__001__actual=d(75)), FOUR)


def test_tiers_come_from_the_rubric() -> None:
    answers = {
        "indicators__001__symbol": "定性",
        "indicators__001__target": "效果明显",
        "indicators__001__actual": "一般",
        "indicators__001__status": "部分完成",
    }
    for rubric, low in ((FOUR, "0.6"), (FIVE, "0.5")):
        form = workflow.live_form(form_of(rubric))
        values = Values(form, read_answers(form, _changed(live(rubric), **answers)))
        assert values.number(Key("indicators", "001", "low")) == d(low)
        assert values.number(Key("indicators", "001", "high")) == d("0.8")


def spent(rate: str) -> dict[Key, Cell]:
    """Give the clean sample under FIVE with this share of the year's budget spent, re-scored."""
    annual = d("1295.40")
    final = rounded(annual * d(rate), 2)
    cells = _changed(live(FIVE), cost__basic__final=final - d(10), cost__project__final=d(10))
    cells |= {
        Key("cost", row, "final"): Cell(d(0)) for row in ("superior", "business", "subsidiary")
    }
    cells[Key("scores", "execution", "score")] = Cell(d(0))
    cells[Key("scores", "execution", "reason")] = Cell("支出率低")
    return {key: cell for key, cell in cells.items() if key.block != "projects"}


@pytest.mark.parametrize(
    ("rate", "most"),
    [
        ("0.49", 59),
        ("0.5", 69),
        ("0.59", 69),
        ("0.65", 79),
        ("0.7", 89),
        ("0.79", 89),
        ("0.8", 100),
    ],
)
def test_low_execution_rate_caps_the_total(rate: str, most: int) -> None:
    form = workflow.live_form(form_of(FIVE))
    values = _concluded(FIVE, spent(rate))
    conclusion = next(form.of(Conclusion))
    assert conclusion.uncapped
    assert conclusion.total
    assert conclusion.high
    whole = values.number(conclusion.uncapped)
    assert values.number(Key("funds", "spent", "rate")) == d(rate)
    assert whole == d(85)
    assert values.number(conclusion.total) == min(whole, d(most))
    assert values.number(conclusion.high) == min(
        values.number(Key("scores", "total", "high")) or d(0), d(most)
    )
    assert values.number(Key("summary", "total", "score")) == min(whole, d(most))
    verdicts = {
        rule.id: values.text(key) for key, rule, _ in form.cases if rule.id in {"S02", "S04"}
    }
    assert verdicts == {"S02": PASSES, "S04": PASSES}


def test_plain_sum_is_wrong_where_a_cap_applies_and_the_message_says_so() -> None:
    cells = spent("0.65")
    cells[Key("conclusion", "score")] = Cell(d(85))
    cells[Key("conclusion", "grade")] = Cell("良")
    message = found(cells, FIVE)["S02"]
    assert "填报 85.00 ≠ 各项自评得分之和 85.00 按支出率封顶后的 79.00,差 6.00 分" in message


def test_unknown_execution_rate_leaves_every_cap_possible() -> None:
    form = workflow.live_form(form_of(FIVE))
    cells = {k: c for k, c in spent("0.65").items() if k != Key("cost", "basic", "final")}
    values = Values(form, read_answers(form, cells))
    conclusion = next(form.of(Conclusion))
    assert conclusion.total
    assert conclusion.low
    assert conclusion.high
    assert values.number(conclusion.total) is None
    assert values.number(conclusion.low) == d(59)
    assert values.number(conclusion.high) == d(100)


# ---------------------------------------------------------------- made with another rubric


def test_edited_rubric_of_the_same_id_is_told_once() -> None:
    worded = replace(FOUR.items[3], standard="另一种说法")
    edited = replace(
        FOUR, tiers=Tiers(d("0.8"), d("0.5")), items=(*FOUR.items[:3], worded, *FOUR.items[4:])
    )
    outcome = judged(live(FOUR), edited)
    assert [finding.rule.id for finding in outcome.findings] == ["W17"]
    for rubric in (FOUR, edited):
        assert f"{FOUR.id}(校验码 {rubric_toml.fingerprint(rubric)})" in outcome.findings[0].message


def test_return_made_with_another_rubric_is_told_with_the_rows_that_are_not_there() -> None:
    outcome = judged(live(FIVE), FOUR)
    told = {finding.rule.id: finding for finding in outcome.findings}
    assert {"W17", "W04"} <= told.keys()
    assert not {"W05", "W06"} & told.keys()
    assert told["W17"].actual == f"{FIVE.id}(校验码 {rubric_toml.fingerprint(FIVE)})"
    assert told["W17"].expected == f"{FOUR.id}(校验码 {rubric_toml.fingerprint(FOUR)})"


@pytest.mark.parametrize("lost", ["perfxl_rubric", "perfxl_rubric_mark", "both"])
def test_lost_properties_say_nothing(lost: str) -> None:
    values = live(FOUR)
    book = read_book(render(values), skip=OWN_SHEETS)
    kept = {k: v for k, v in book.properties.items() if lost not in (k, "both")}
    submission = bind(replace(book, properties=kept), form_of(FOUR))
    assert submission.flaws == ()


def test_altered_wording_elsewhere_is_still_told() -> None:
    form = form_of(FOUR)
    book = read_book(render(live(FOUR)), skip=OWN_SHEETS)
    write: Callable[[str, str], tuple[str, ...]] = lambda key, text: ("write", key, text)  # noqa: E731
    spoilt = damaged(
        book,
        place(workflow.live_form(form_of(FOUR))),
        (
            ("rubric", "other"),
            write("scores.output.standard", "另一标准"),
            write("income.other.label", "八、捐赠收入"),
        ),
    )
    flaws = bind(spoilt, form).flaws
    assert [(flaw.kind, flaw.expected) for flaw in flaws] == [
        ("label_altered", "八、其他收入"),
        ("rubric_differs", f"{FOUR.id}(校验码 {rubric_toml.fingerprint(FOUR)})"),
    ]


def test_failing_live_check_of_a_rubric_workbook() -> None:
    """The sheet says by itself whether the points add up."""
    form = rubric_form()
    read = bind(read_book(workflow.rubric_bytes(FOUR)), form)
    sums = Key("settings", "adds_up")
    assert Values(form, read.answers).text(sums) == PASSES
    spoilt = damaged(
        read_book(workflow.rubric_bytes(FOUR)), place(form), (("write", "items.001.points", "21"),)
    )
    assert Values(form, bind(spoilt, form).answers).text(sums) == FAILS


def test_item_inserted_in_the_workbook_is_read_in_its_place() -> None:
    """What a clerk does: half the points of one item go to a new one in the row below."""
    at = place(rubric_form()).blocks["items"]
    new = {"key": "new", "level1": "新", "level2": "新", "name": "新增项", "method": "是否"}
    row: dict[int, Raw] = {at.columns[name][0]: text for name, text in new.items()}
    row[at.columns["points"][0]] = d(10)
    book = damaged(
        read_book(workflow.rubric_bytes(FOUR)),
        place(rubric_form()),
        (("write", "items.001.points", "10"),),
    )
    read = bind(on(book, at.sheet.name, insert_rows(at.first + 1, [row])), rubric_form())
    items = rubric_of(*draft_of(read)).items
    assert [item.key for item in items[:3]] == ["output", "new", "benefit"]
    assert items[1] == RubricItem(
        key="new",
        level1="新",
        level2="新",
        name="新增项",
        points=d(10),
        method=METHODS["yes_no"],
    )
    assert items[2:] == FOUR.items[1:]
