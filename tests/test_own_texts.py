"""The texts of a return held against its own tables: what is told, and all that is let pass."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hall import asked

from perfxl.answers import Raw
from perfxl.rule import Finding

SENTENCES = tomllib.loads(Path(__file__).with_name("own_texts.toml").read_text("utf-8"))
HONEST = SENTENCES["honest"]["sentences"]


def told(answers: dict[str, Raw]) -> list[Finding]:
    return [finding for finding in asked(answers) if finding.rule.id == "D03"]


@pytest.mark.parametrize(("sentence", "figure"), SENTENCES["wrong"].items())
def test_a_wrong_figure_is_told_at_its_text(sentence: str, figure: str) -> None:
    (finding,) = told({"texts.achievements": sentence.replace("||", "\n")})
    assert (finding.actual, str(finding.keys[0])) == (figure, "texts.achievements")
