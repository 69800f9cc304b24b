"""One planted fault, one finding: every rule of the catalogue on the real form (see `gallery`)."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from gallery import (
    COMPANIONS,
    GALLERY,
    ON_OWN_PAPER,
    TOGETHER,
    Fault,
    filled_book,
    found,
    found_on_own_paper,
    judged,
    outcome_of,
    spoiled,
)

from perfxl.rules import RULES


@pytest.mark.parametrize("fault", GALLERY, ids=lambda fault: f"{fault.rule}-{fault.at}")
def test_one_fault_one_finding(fault: Fault) -> None:
    assert found(fault) == [(fault.rule, fault.at)]


@pytest.mark.parametrize("fault", GALLERY, ids=lambda fault: f"{fault.rule}-{fault.at}")
def test_a_finding_names_its_sheet_once_and_no_cell_of_what_is_gone(fault: Fault) -> None:
    for finding in outcome_of(fault).findings:
        told = f"{finding.where}{finding.message}"
        assert not re.match(r"(.+) [A-Z]{1,2}\d+ \1", told)
        assert finding.rule.id != "W04" or not re.match(r"(.+ )?[A-Z]{1,2}\d+ ", told)


@pytest.mark.parametrize("fault", TOGETHER, ids=lambda fault: fault.rule)
def test_like_faults_make_one_finding(fault: Fault) -> None:
    findings = found(fault)
    assert (fault.rule, fault.at) in findings
    assert [rule for rule, _ in findings].count(fault.rule) == 1


@pytest.mark.parametrize("rule", COMPANIONS)
def test_faults_that_bring_others(rule: str) -> None:
    fault, rules = COMPANIONS[rule]
    findings = found(fault)
    assert (fault.rule, fault.at) in findings
    assert {rule for rule, _ in findings} == rules


def test_gallery_covers_the_catalogue() -> None:
    planted = {fault.rule for fault in (*GALLERY, *ON_OWN_PAPER)}
    assert planted | set(COMPANIONS) == {rule.id for rule in RULES}


@pytest.mark.parametrize("fault", ON_OWN_PAPER, ids=lambda fault: f"{fault.rule}-{fault.at}")
def test_a_fault_on_an_offices_own_paper_is_found_at_its_place(fault: Fault) -> None:
    (finding,) = found_on_own_paper(fault)
    assert f"{finding.places[0].sheet}!{finding.places[0].cell}" == fault.at


def test_clean_return_yields_nothing() -> None:
    outcome = judged(filled_book({})[0])
    assert outcome.findings == ()
    assert outcome.not_checked == ()


@pytest.mark.parametrize("fault", GALLERY[::9], ids=lambda fault: fault.rule)
def test_judging_twice_says_the_same(fault: Fault) -> None:
    given = spoiled(fault)
    assert judged(*given) == judged(*given)


def test_a_forgotten_carry_over_is_named_and_not_the_line_that_happens_to_equal_the_gap() -> None:
    """What was brought forward is often carried forward again; typed totals tell which it is."""
    fault = Fault("X01", {"income.brought_forward.final": Decimal(0)})
    (message,) = (f.message for f in outcome_of(fault).findings if f.rule.id == "X01")
    causes = message.partition("可能原因")[2]
    assert "年末结转和结余" not in causes
    assert "“年初结转和结余”、“使用非财政拨款结余”填的是 0,看看是否漏填了 10.00 万元" in causes


def test_a_carry_over_left_out_comes_before_one_that_happens_to_equal_the_gap() -> None:
    """Of a column without typed totals neither can be told: what is likelier is said first."""
    fault = Fault("X01", {"income.brought_forward.initial": Decimal(0)})
    (message,) = (f.message for f in outcome_of(fault).findings if f.rule.id == "X01")
    causes = message.partition("可能原因")[2]
    assert 0 < causes.index("“年初结转和结余”、") < causes.index("“年末结转和结余”")
