"""A return with nothing wrong but one unmet indicator, explained; and what is said of it changed.

Tests of verdicts start from it: they change what a clerk would type, and read the findings by
rule, sheet and cell, through the whole way from bytes to findings.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import build

from perfxl.check.rule import Finding, Severity
from perfxl.expr.tree import Key
from perfxl.form.answers import Cell, Raw, Values, read_answers
from perfxl.forms.shipped import form_of
from perfxl.render.workbook import render
from perfxl.returns import workflow
from perfxl.returns.output import Checked

SCALE = workflow.load_rubric(None)
TERMS = workflow.Terms(SCALE)


@cache
def _given() -> dict[Key, Cell]:
    return build.read_file(Path(__file__).with_name("hall.toml"))[0]


def cells(answers: Mapping[str, Raw]) -> dict[Key, Cell]:
    """Give the cells of the return with these answers, named as keys print (None: blank)."""
    return {**_given(), **{Key.parse(name): Cell(raw) for name, raw in answers.items()}}


def workbook(answers: Mapping[str, Raw]) -> bytes:
    """Give the form filled so, as .xlsx bytes: without cover and 校验, which no check reads."""
    form = form_of(SCALE)
    return render(Values(form, read_answers(form, cells(answers))))


def template(answers: Mapping[str, Raw]) -> bytes:
    """Give the template filled so, with cover and 校验, as .xlsx bytes."""
    return build.filled(cells(answers))


def check_data(data: bytes, terms: workflow.Terms = TERMS) -> Checked:
    """Give the check of a workbook's bytes."""
    return workflow.check_bytes(Path("filled.xlsx"), data, terms)


def checked(answers: Mapping[str, Raw], terms: workflow.Terms = TERMS) -> Checked:
    """Give the check of the return with these answers."""
    return check_data(workbook(answers), terms)


def findings(answers: Mapping[str, Raw], terms: workflow.Terms = TERMS) -> list[Finding]:
    """Give what is found beyond the one unmet indicator that is explained."""
    return found_in(checked(answers, terms))


def found_in(checked: Checked) -> list[Finding]:
    """Give what is found in a check beyond that indicator."""
    return [
        finding
        for finding in checked.reviewed.outcome.findings
        if not (finding.rule.id == "I01" and finding.explained)
    ]


def asked(answers: Mapping[str, Raw]) -> list[Finding]:
    """Give what is found beyond it that has to be mended or explained: 错误 and 核实."""
    return [finding for finding in findings(answers) if finding.severity is not Severity.NOTE]
