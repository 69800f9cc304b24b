"""A return with nothing wrong but one unmet indicator, explained; and what is said of it changed.

Tests of verdicts start from it: they change what a clerk would type, and read the findings by
rule, sheet and cell. What is typed is judged as reading finds it, without a file: that the whole
way from bytes to findings says the same is shown in test_hall.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import cache, lru_cache
from pathlib import Path

import build
from msgspec.structs import replace
from openpyxl.utils.datetime import from_excel

from perfxl.check.findings import Finding
from perfxl.check.judging import check
from perfxl.check.rule import Severity
from perfxl.expr.tree import Key
from perfxl.form.answers import BLANK, Address, Cell, Submission, Values, read_answers
from perfxl.form.layout import place
from perfxl.form.model import Form, Kind
from perfxl.form.raw import Raw
from perfxl.forms.shipped import form_of
from perfxl.render.workbook import render
from perfxl.returns import workflow
from perfxl.returns.output import Checked
from perfxl.rules import RULES

SCALE = workflow.load_rubric(None)
TERMS = workflow.Terms(SCALE)


_WORKBOOKS: dict[str, bytes] = {}  # the same return is looked at from several sides


@cache
def _given() -> dict[Key, Cell]:
    return build.read_file(Path(__file__).with_name("hall.toml"))[0]


def cells(answers: Mapping[str, Raw]) -> dict[Key, Cell]:
    """Give the cells of the return with these answers, named as keys print (None: blank)."""
    return {**_given(), **{Key.parse(name): Cell(raw) for name, raw in answers.items()}}


def workbook(answers: Mapping[str, Raw]) -> bytes:
    """Give the form filled so, as .xlsx bytes: without cover and 校验, which no check reads."""
    said = repr(sorted(answers.items()))  # equal is not enough: 1 is True, and 1.0 is 1.00
    if said not in _WORKBOOKS:
        form = form_of(SCALE)
        _WORKBOOKS[said] = render(Values(form, read_answers(form, cells(answers))))
    return _WORKBOOKS[said]


def template(answers: Mapping[str, Raw]) -> bytes:
    """Give the template filled so, with cover and 校验, as .xlsx bytes."""
    return build.filled(cells(answers))


@lru_cache(maxsize=32)
def check_data(data: bytes, terms: workflow.Terms = TERMS) -> Checked:
    """Give the check of a workbook's bytes."""
    return workflow.check_bytes(Path("filled.xlsx"), data, terms)


def checked(answers: Mapping[str, Raw], terms: workflow.Terms = TERMS) -> Checked:
    """Give the check of the return with these answers."""
    form = form_of(SCALE)
    written = Values(form, read_answers(form, cells(answers))).healed().answers
    placed = {key: _placed(form, key, written.get(key, BLANK).cell) for key in form.items}
    computed = {
        key: replace(placed[key], raw=None, formula=True)  # as where no results are kept
        for key, item in form.items.items()
        if item.formula is not None
    }
    submission = Submission(
        form,
        read_answers(form, placed),
        computed=computed,
        register=terms.register,
        today=terms.today,
    )
    values = Values(workflow.live_form(form), submission.answers)
    outcome = check(submission, RULES, values)
    return Checked(Path("filled.xlsx"), None, values, outcome, submission=submission)


def _placed(form: Form, key: Key, cell: Cell) -> Cell:
    """Give a cell as a file holds it: where it stands, and whether it is shown as per cent."""
    layout = place(form)
    address = Address(layout.sheet(key).name, layout.a1(key))
    kind = form.items[key].kind
    if kind is Kind.DATE and isinstance(cell.raw, Decimal):  # in whose format a number is a day
        cell = replace(cell, raw=from_excel(int(cell.raw)).date())
    return replace(cell, percent=kind is Kind.RATE, address=address)


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
