"""The return that tests of verdicts start from is in order, and judged as a file of it is."""

from __future__ import annotations

from collections.abc import Mapping

import hall
import pytest
from test_one_finding import BARE, CLAIMED, HIGH, LARGE, LONG
from test_plausibility import SILENT, TOLD
from test_views import ROWS
from tiers import everyday

from perfxl.form.raw import Raw

TYPED: list[Mapping[str, Raw]] = [
    *(ROWS["together"], ROWS["unread"], CLAIMED, {"unit.name": LONG, **LARGE}),
    *([answers for answers, _, _ in TOLD] + SILENT + [BARE, HIGH]),
    *ROWS.values(),
]


def test_nothing_but_the_explained_indicator_is_found() -> None:
    assert hall.findings({}) == []
    (finding,) = hall.checked({}).reviewed.outcome.findings
    assert finding.rule.id == "I01"
    assert finding.explained


@pytest.mark.parametrize("answers", everyday(TYPED, TYPED[:4]))
def test_what_is_typed_is_judged_as_a_file_of_it_is(answers: Mapping[str, Raw]) -> None:
    typed, read = hall.checked(answers), hall.check_data(hall.workbook(answers))
    assert typed.reviewed.outcome == read.reviewed.outcome
    assert typed.reviewed.values.answers == read.reviewed.values.answers
