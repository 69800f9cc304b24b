"""Returns on the layout we shipped before: what they say is found as it is on that of today.

`earlier/` keeps files as they were: wordings of how to fill in beside the inputs, no heading.
"""

from __future__ import annotations

from pathlib import Path

import build

from perfxl.returns import workflow
from perfxl.returns.output import Checked, file_document

TERMS = workflow.Terms(workflow.load_rubric(None))
EARLIER = Path(__file__).with_name("earlier")
WITHOUT = ("cell", "cells")  # places have moved


def found(checked: Checked) -> object:
    """Give all that a check says but where in the file it stands, and of which file."""
    said = file_document(checked)
    findings = [
        {name: value for name, value in one.items() if name not in WITHOUT}
        for one in said["findings"]
    ]
    return findings, {key: said[key] for key in said if key not in {"findings", "path", "sha256"}}


def test_a_return_on_the_earlier_layout_is_found_the_same() -> None:
    earlier = workflow.check_file(EARLIER / "xinhua_2022.xlsx", TERMS)
    today = workflow.check_file(build.HERE / "xinhua_2022" / "filled.xlsx", TERMS)
    assert found(earlier) == found(today)


def test_its_result_is_on_that_of_today() -> None:
    earlier = workflow.check_file(EARLIER / "xinhua_2022.xlsx", TERMS)
    today = workflow.check_file(build.HERE / "xinhua_2022" / "filled.xlsx", TERMS)
    answers = [
        workflow.check_bytes(Path("x.xlsx"), workflow.result_bytes(one), TERMS).reviewed.values
        for one in (earlier, today)
    ]
    assert {k: a.value for k, a in answers[0].answers.items()} == {
        k: a.value for k, a in answers[1].answers.items()
    }
