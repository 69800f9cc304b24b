"""The catalogue: every record is whole, its examples are judged, every message is filled."""

from __future__ import annotations

import re

import pytest
from examples import outcome

from perfxl.check.findings import Outcome
from perfxl.check.rule import Rule
from perfxl.cli.catalogue import CATALOGUE, by_id
from perfxl.expr.tree import PASSES, Key
from perfxl.rules import RULES
from perfxl.settings import rules as settings_rules


def test_ids_and_names_are_unique() -> None:
    """That they never mean something else their pages prove (see `test_catalogue`)."""
    assert len({rule.id for rule in CATALOGUE}) == len({rule.name for rule in CATALOGUE})
    assert len({rule.id for rule in CATALOGUE}) == len(CATALOGUE)
    assert by_id("x01") is by_id("X01") is not None
    assert by_id("r01") is settings_rules.OWN[0]
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
