"""The catalogue: every record is whole, its examples are judged, every message is filled."""

from __future__ import annotations

import re

import pytest
from examples import outcome

from perfxl.catalogue import by_id
from perfxl.check.rule import Outcome, Rule
from perfxl.expr.tree import PASSES, Key
from perfxl.rules import RULES

# Ids that were once in the catalogue must never mean something else: append, never change.
IDS = {
    "W01": "form-not-recognised",
    "W02": "edition-outdated",
    "W03": "sheet-missing",
    "W04": "row-missing",
    "W05": "label-altered",
    "W06": "computed-value-altered",
    "W07": "number-unreadable",
    "W08": "number-read-from-text",
    "W09": "content-outside-form",
    "W10": "error-value",
    "W11": "row-duplicated",
    "W12": "unit-not-expected",
    "W13": "year-not-expected",
    "W14": "active-content",
    "W15": "protection-removed",
    "W16": "choice-not-offered",
    "W17": "rubric-differs",
    "W18": "content-hidden",
    "W19": "identity-contradicts",
    "W20": "row-not-counted",
    "W21": "cells-merged",
    "W22": "merge-covers-inputs",
    "W23": "explanation-lost",
    "C01": "required-blank",
    "C02": "reason-missing",
    "C03": "deduction-unexplained",
    "C04": "reason-empty-words",
    "C05": "evidence-missing",
    "C06": "date-implausible",
    "C07": "telephone-implausible",
    "T01": "total-differs-from-parts",
    "T02": "total-rounding",
    "X01": "income-expenditure-unbalanced",
    "X02": "final-above-budget",
    "X03": "budget-adjusted-heavily",
    "X04": "execution-rate-low",
    "X05": "projects-above-total",
    "X06": "project-above-budget",
    "X07": "unit-of-money-suspect",
    "X08": "amount-negative",
    "I01": "indicator-unmet",
    "I02": "target-too-low",
    "I03": "target-unreadable",
    "I04": "actual-unreadable",
    "I05": "unit-differs",
    "I06": "status-contradicts-value",
    "I07": "rate-differs",
    "I08": "indicator-duplicated",
    "I09": "category-empty",
    "I10": "satisfaction-without-survey",
    "I11": "value-looks-like-date",
    "I12": "symbol-suspect",
    "I13": "weights-do-not-add-up",
    "I14": "rate-above-whole",
    "I15": "levels-mismatched",
    "I16": "project-not-listed",
    "S01": "score-outside-points",
    "S02": "score-sum-differs",
    "S03": "score-above-evidence",
    "S04": "grade-differs",
    "S05": "full-marks-despite-gap",
    "D01": "text-differs-from-table",
    "D02": "table-differs",
    "D03": "own-text-differs-from-table",
}


def test_ids_are_stable() -> None:
    assert {rule.id: rule.name for rule in RULES} == IDS
    assert len({rule.name for rule in RULES}) == len(RULES)
    assert by_id("x01") is by_id("X01") is not None
    assert by_id("X99") is None


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_record_is_whole(rule: Rule) -> None:
    assert rule.cases or rule.inspect
    texts = (rule.title, rule.when, rule.message, rule.why, rule.fix, rule.source)
    assert all(re.search(r"[\u4e00-\u9fff]", text) for text in texts)
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", rule.name)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_good_example_is_judged_and_passes(rule: Rule) -> None:
    found, values = outcome(rule, rule.good)
    assert found.findings == () if rule.id != "C01" else _not_at(found, "unit.name")
    if rule.live:
        verdicts = [values.text(verdict) for verdict, own, _ in values.form.cases if own is rule]
        assert PASSES in verdicts, "the good example must really be judged"


def _not_at(found: Outcome, key: str) -> bool:
    return all(Key.parse(key) not in finding.keys for finding in found.findings)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_bad_example_is_found_once_at_its_key(rule: Rule) -> None:
    found, _ = outcome(rule, rule.bad)
    at = Key.parse(rule.bad.at) if rule.bad.at else None
    hits = [finding for finding in found.findings if at is None or at in finding.keys]
    assert len(hits) == 1
    assert len(found.findings) == 1 or rule.id == "C01", "only this fault is planted"
    assert "{" not in hits[0].message
    assert "None" not in hits[0].message
    assert hits[0].severity is rule.severity
