"""The examples that rules carry, worked on a real workbook of the specimen form."""

from __future__ import annotations

from damage import damaged
from msgspec.structs import replace

from perfxl.check.findings import Outcome
from perfxl.check.judging import check
from perfxl.check.rule import Example, Rule
from perfxl.cli.catalogue import example_cells, stage_of
from perfxl.form.answers import Values, read_answers
from perfxl.form.layout import place
from perfxl.reading.bind import bind
from perfxl.reading.sheets import read_book
from perfxl.render.workbook import render


def outcome(rule: Rule, example: Example) -> tuple[Outcome, Values]:
    """Write the specimen with an example's answers, do its damage, read it, apply the one rule."""
    stage = stage_of(rule)
    form = stage.form
    written = render(Values(form, read_answers(form, example_cells(form, example))))
    submission = bind(damaged(read_book(written), place(form), example.damage), stage.bare)
    submission = replace(submission, report=example.manuscript)
    values = Values(stage.live(submission.form), submission.answers)
    return check(submission, (rule,), values), values
