"""The texts of a return held against its own tables: what is told, and all that is let pass."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path

import build
import hall
import pytest
from test_report_check import SENTENCES as REPORTS

from perfxl.check.findings import Finding
from perfxl.check.judging import check
from perfxl.check.rule import Hit
from perfxl.expr.tree import Key
from perfxl.form.answers import Cell, Submission, Values, interpret, read_answers
from perfxl.form.model import Kind
from perfxl.form.raw import Raw
from perfxl.rules.report import D03

SENTENCES = tomllib.loads(Path(__file__).with_name("own_texts.toml").read_text("utf-8"))
HONEST = SENTENCES["honest"]["sentences"]


def told(answers: Mapping[str, Raw]) -> list[Finding]:
    """Give what is told of the texts of the return with these answers."""
    values = typed_over(in_order(), answers)
    return list(check(Submission(values.form, values.answers), (D03,), values).findings)


@cache
def in_order() -> Values:
    """Give the return that nothing is to be said of."""
    return build.values_of(hall.cells({}))


def typed_over(values: Values, answers: Mapping[str, Raw]) -> Values:
    """Give the values with these answers; for a text alone no other cell is read anew."""
    form, typed = values.form, {Key.parse(name): Cell(raw) for name, raw in answers.items()}
    if all(form.items[key].kind is Kind.LONG for key in typed):
        read = {key: interpret(form.items[key], cell) for key, cell in typed.items()}
        return Values(form, {**values.answers, **read})
    before = {key: answer.cell for key, answer in values.answers.items()}
    return Values(form, read_answers(form, before | typed))


def hits(values: Values) -> list[Hit]:
    assert D03.inspect is not None
    return list(D03.inspect(Submission(values.form, values.answers), values))


@pytest.mark.parametrize(("sentence", "figure"), SENTENCES["wrong"].items())
def test_a_wrong_figure_is_told_at_its_text(sentence: str, figure: str) -> None:
    (finding,) = told({"texts.achievements": sentence.replace("||", "\n")})
    assert (finding.actual, str(finding.keys[0])) == (figure, "texts.achievements")


@pytest.mark.parametrize("sentence", HONEST)
def test_what_is_right_or_in_doubt_passes(sentence: str) -> None:
    assert told({"texts.achievements": sentence.replace("||", "\n")}) == []


def test_the_lists_are_long() -> None:
    assert len(SENTENCES["wrong"]) >= 40
    assert len(HONEST) >= 200


@pytest.mark.parametrize("sample", REPORTS["honest"])
def test_what_an_honest_report_says_the_return_may_say(sample: str) -> None:
    given = build.values_of(build.read_sample(sample)[0])
    for text in REPORTS["honest"][sample]:
        said = {"texts.achievements": text.replace("||", "\n")}
        assert hits(typed_over(given, said)) == [], text


@pytest.mark.parametrize("sample", build.SAMPLES)
def test_the_samples_agree_with_themselves(sample: str) -> None:
    values = build.values_of(build.read_sample(sample)[0])
    assert hits(values) == []


def test_a_finding_names_both_figures_and_both_places() -> None:
    (finding,) = [
        one
        for one in hall.asked({"texts.summary": "自评得分89.86分,等级为良。"})
        if one.rule is D03
    ]
    assert [(one.sheet, one.cell) for one in finding.places] == [("文字部分", "C6")]
    assert finding.message == (
        "自评结论综述写的“自评得分89.86分…”,而附件3 自评表“自评总得分”为 98.86 分;"
        "“…等级为良”,而附件3 自评表“评价等级”为 优"
    )
    assert (finding.actual, finding.expected) == ("89.86分、良", "98.86 分、优")


def test_the_more_there_is_the_fewer_are_quoted() -> None:
    text = "举办公共文化活动121场,下基层演出83场,设备完好率96.8%,群众满意度95.6%,建成分馆5个。"
    (finding,) = told({"unit.result": text})
    assert finding.message.endswith("等 5 处")


@pytest.mark.parametrize(
    ("key", "text", "figure"),
    [
        ("unit.result", "年度目标基本完成,支出合计802.18万元。", "802.18万元"),
        ("unit.shortfall", "下基层演出仅完成28场。", "28场"),
        ("texts.problems", "下基层演出仅完成28场,未达到目标。", "28场"),
        ("tasks.001.result", "全年举办公共文化活动121场。", "121场"),
        ("indicators.002.reason", "受天气影响,下基层演出仅完成28场", ""),
        ("indicators.002.reason", "下基层演出仅完成28场,未达到目标", "28场"),
        ("scores.output.reason", "下基层演出场次未完成,按完成率扣 1.96 分", "1.96 分"),
        ("scores.execution.reason", "支出率 98.20%,按比例扣 0.81 分", "0.81 分"),
        # of something else, of what is aimed at, of how points are taken off
        ("tasks.002.result", "全年举办公共文化活动21场。", ""),
        ("indicators.002.reason", "全年举办公共文化活动21场。", ""),
        ("unit.goal", "举办公共文化活动120场,支出合计800万元。", ""),
        ("tasks.001.goal", "全年举办公共文化活动120场。", ""),
        ("texts.measures", "举办公共文化活动120场,下基层演出60场。", ""),
        ("scores.execution.reason", "支出率98.20%,每低1个百分点扣0.1分", ""),
        ("scores.execution.reason", "执行进度慢扣0.1分,结转多扣0.08分", ""),
    ],
)
def test_what_a_text_is_of_counts(key: str, text: str, figure: str) -> None:
    actual = [str(one.actual).replace(" ", "") for one in told({key: text})]
    assert actual == [figure.replace(" ", "")] * bool(figure)


@pytest.mark.parametrize(("score", "count"), [("98.2", 0), ("-0.18", 0), ("9.28", 1)])
def test_a_reason_is_not_held_against_a_score_that_is_none(score: str, count: int) -> None:
    reason = "支出率98.20%,按比例扣0.18分"
    typed: dict[str, Raw] = {"scores.execution.score": Decimal(score)}
    found = told(typed | {"scores.execution.reason": reason})
    assert len([one for one in found if one.keys[0].column == "reason"]) == count


@pytest.mark.parametrize("amount", ["9,021.8万元", "9,021,800万元", "902,180万元", "0.90218万元"])
def test_another_unit_of_money_is_no_other_figure(amount: str) -> None:
    assert told({"unit.result": f"支出合计{amount}。"}) == []


def test_the_text_follows_the_table() -> None:
    assert told({"indicators.002.actual": Decimal(39)})[0].actual == "38场"


def test_indicators_of_one_name_with_other_actuals_have_no_short_name() -> None:
    other = {"project_indicators.001.actual": Decimal(60)}
    assert told({**other, "texts.achievements": "举办公共文化活动121场。"}) == []
