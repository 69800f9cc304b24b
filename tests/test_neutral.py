"""A form without totals, scores, indicators or even a unit's name goes through every command."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from datetime import date
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import drawings
import pytest
import seasons
from drawings import LAYOUTS
from msgspec import Struct
from msgspec.structs import replace
from openpyxl import load_workbook
from random_returns import Mood, random_cells
from small_forms import MAKERS
from tiers import everyday

from perfxl.check.rounds import Reviewed
from perfxl.errors import UsageError
from perfxl.form.answers import Values, read_answers
from perfxl.form.identity import Issued
from perfxl.form.model import Form
from perfxl.form.relations import (
    ClosingBalance,
    Conclusion,
    ExecutionRate,
    Identity,
    Indicators,
    scored,
)
from perfxl.forms.shipped import Maker, form_of
from perfxl.render.extras import Extras
from perfxl.render.workbook import render
from perfxl.returns import output, workflow
from perfxl.returns.makers import OfficeMaker
from perfxl.returns.output import Checked
from perfxl.returns.records import Record, entry_of, record_of
from perfxl.returns.versions import versions
from perfxl.season.export.tables import TABLES, About
from perfxl.season.export.writing import write_tables
from perfxl.season.issue import Templates, template_name
from perfxl.season.letters.texts import Letter, Occasion, letters
from perfxl.season.reports.office import season_report
from perfxl.season.rollup.model import Rollup
from perfxl.season.rollup.sheets import rollup_workbook
from perfxl.season.rollup.tally import tally
from perfxl.settings.campaign import Campaign
from perfxl.settings.sheets import list_of_targets, live_settings, settings_form
from perfxl.targets.writing import outcome_line, targets_of, write_targets

RUBRIC = workflow.load_rubric(None)
UNIT = seasons.UNITS[0]
TODAY = date(2023, 4, 10)
DRAWN = ("funds", "tasks", "points", "basic")  # as a 表样, with nothing of our own forms
ALL: dict[str, Maker] = {
    **MAKERS,
    **{name: OfficeMaker(drawings.data(drawings.draw(LAYOUTS[name]))) for name in DRAWN},
}


class Round(Struct, frozen=True, eq=False):
    """What comes of one form: its return, the check of that, and the season it is in."""

    campaign: Campaign
    form: Form
    data: bytes
    checked: Checked

    def has(self, kind: type[object]) -> bool:
        return self.form.only(kind) is not None

    @property
    def terms(self) -> workflow.Terms:
        held = self.campaign
        return workflow.Terms(RUBRIC, held.year, register=held.register, maker=held.maker)

    @property
    def records(self) -> list[Record]:
        """Two units' returns: the form need not say whose, the workbook tells it was issued to."""
        record = record_of(self.checked, "回收/表.xlsx", register=self.campaign.register)
        other = replace(self.checked, path=Path("另一份.xlsx"), sha256="1")
        return [record, {**record_of(other, "回收/另一份.xlsx"), "unit": seasons.UNITS[1].code}]

    @property
    def rollup(self) -> Rollup:
        found = versions(map(entry_of, self.records))
        return tally(iter(self.records), found, self.campaign, TODAY)


@cache
def _round(name: str) -> Round:
    maker = ALL[name]
    form = form_of(RUBRIC, None, maker)
    form = form.of_year(form.year or 2024)  # a 表样 need not say its year
    campaign = replace(seasons.campaign(), maker=maker, year=form.year)
    cells = {**random_cells(form, Mood.PATCHY, 1)}
    live = workflow.live_form(form)
    filled = Values(live, read_answers(live, cells))
    data = render(filled, Extras(Issued(UNIT.name, UNIT.code)))
    terms = workflow.Terms(RUBRIC, form.year, campaign.register, maker=maker)
    return Round(campaign, form, data, workflow.check_bytes(Path("表.xlsx"), data, terms))


# these differ from others in what they ask for, not in what they lack
DEEP = {"tasks", "points", "adjusted targets", "listed indicators"}


@pytest.fixture(params=everyday(ALL, ALL.keys() - DEEP), scope="module")
def made(request: pytest.FixtureRequest) -> Round:
    return _round(request.param)


def said_in(data: bytes) -> dict[str, list[str]]:
    """Give the texts of a workbook by sheet."""
    book = load_workbook(BytesIO(data), data_only=True)
    return {
        paper.title: [str(c.value) for row in paper.iter_rows() for c in row if c.value is not None]
        for paper in book.worksheets
    }


def demand_sound(data: bytes) -> dict[str, list[str]]:
    """Give the texts of a workbook in which no word of Python's stands."""
    said = said_in(data)
    odd = [text for texts in said.values() for text in texts if "None" in text or "()" in text]
    assert not odd
    return said


def test_a_template_is_made_and_read_back(made: Round) -> None:
    blank = workflow.template_bytes(made.form, UNIT.name, UNIT.code)
    assert blank == workflow.template_bytes(made.form, UNIT.name, UNIT.code)
    demand_sound(blank)
    back = workflow.check_bytes(Path("空白.xlsx"), blank, made.terms)
    assert back.error is None
    assert back.reviewed.values.unit_name == (UNIT.name if made.has(Identity) else "")
    keys = {entry["key"] for entry in workflow.fields(workflow.live_form(made.form))}
    assert keys <= {str(key) for key, _ in made.form.inputs()}


def test_a_check_says_what_the_form_has(made: Round) -> None:
    assert made.checked.error is None
    document = output.file_document(made.checked)
    assert document["form"] == made.form.id
    assert (document["unit"] is not None) == made.has(Identity)
    assert (document["totals"] is not None) == made.has(ClosingBalance)
    assert (document["score"] is not None) == made.has(Conclusion)
    assert bool(document["indicators"]) == made.has(Indicators)
    assert document["project_indicators"] == []
    lines = list(output.summary(made.checked))
    told = {word: any(word in line for line in lines[1:4]) for word in ("单位:", "总计:", "得分:")}
    assert told == {
        "单位:": made.has(Identity),
        "总计:": made.has(ClosingBalance),
        "得分:": made.has(Conclusion),
    }
    assert not any("None" in line for line in lines)


def test_a_result_is_a_return_again(made: Round) -> None:
    data = workflow.result_bytes(made.checked, "一")
    said = demand_sound(data)
    assert ("得分" in said) == made.has(Conclusion)
    assert min(map(len, said.values())) > 1
    again = workflow.check_bytes(Path("表_审核结果.xlsx"), data, made.terms)
    assert findings(again.reviewed) == findings(made.checked.reviewed)
    after = workflow.result_bytes(replace(again, outcome=made.checked.outcome), "一")
    assert after == data


def findings(reviewed: Reviewed) -> list[tuple[str, Sequence[object]]]:
    return [(found.rule.id, found.keys) for found in reviewed.outcome.findings]


def test_a_roll_up_has_the_columns_of_the_form(made: Round) -> None:
    book = rollup_workbook(made.rollup, lambda path: "")
    said = demand_sound(render(book.values, book.extras))
    assert ("收支汇总" in said) == ("收入明细" in said) == made.has(ClosingBalance)
    assert ("指标情况" in said) == made.has(Indicators)
    heads = said["单位情况"]
    assert ("自评得分" in heads) == made.has(Conclusion)
    assert ("收入总计" in heads) == made.has(ClosingBalance)
    assert ("支出率" in heads) == made.has(ExecutionRate)
    titles = [text for text in said["概况"] if text[1:2] == "、"]
    assert [title[0] for title in titles] == list("一二三四")[: len(titles)]


def test_tables_of_it_are_exported(made: Round, tmp_path: Path) -> None:
    about = About(made.form, versions(map(entry_of, made.records)).counting, made.campaign.register)
    write_tables(tmp_path, iter(made.records), about)
    rows = {table.name: list(_csv(tmp_path / f"{table.name}.csv")) for table in TABLES}
    assert len(rows["returns"]) == 2
    assert len(rows["fields"]) == sum(len(record["facts"]) for record in made.records)
    assert bool(rows["indicators"]) == made.has(Indicators)
    assert bool(rows["scores"]) == (made.has(Conclusion) and any(scored(made.form)))
    assert not any("None" in value for table in rows.values() for row in table for value in row)


def _csv(path: Path) -> Iterator[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        yield from list(csv.reader(file))[1:]


def test_letters_call_it_by_its_name(made: Round) -> None:
    found, written = versions(map(entry_of, made.records)), dict[Occasion, list[Letter]]()
    for occasion in Occasion:
        due = letters(occasion, made.campaign, found, made.records, lambda _: "模板.xlsx", TODAY)
        written[occasion] = list(due)
    assert all(written.values())
    what = f"{made.form.year}年度{made.form.title}"
    for letter in (one for ones in written.values() for one in ones):
        assert what in letter.subject
        assert what in letter.body
        assert "None" not in letter.body
    assert what in template_name(UNIT, made.form)


def test_a_return_is_its_units_though_the_form_does_not_ask(made: Round) -> None:
    if not made.has(Identity):
        assert made.records[0]["unit"] == UNIT.code


def test_an_office_can_issue_it_and_report_on_it(made: Round) -> None:
    demand_sound(Templates(made.campaign).data(UNIT))
    settings = live_settings(settings_form(made.form))
    said = demand_sound(render(Values(settings, read_answers(settings, {}))))
    assert ("预填指标" in said) == (list_of_targets(made.form) is not None)
    draft = season_report(made.rollup)
    texts: list[Any] = [getattr(piece, "text", "") for piece in draft.pieces]
    assert not any("None" in text for text in (draft.title, *texts))
    assert f"{made.form.year}年度{made.form.subject}" in draft.title
    for kind in "表图":  # counted without gaps, whatever is left out
        captions = [one for piece in draft.pieces if (one := getattr(piece, "caption", ""))]
        numbers = [int(one[1]) for one in captions if one.startswith(kind)]
        assert numbers == list(range(1, len(numbers) + 1))
        named = {int(n) for text in texts for n in re.findall(rf"{kind}(\d)(?![\d-])", text)}
        assert named <= set(numbers)
    workflow.draft_bytes(draft)


def test_targets_come_of_indicators_alone(made: Round, tmp_path: Path) -> None:
    path = tmp_path / "表.xlsx"
    path.write_bytes(made.data)
    found = targets_of([path], made.form)
    if not made.has(Indicators):
        assert not found.proposals
        assert "指标" in outcome_line(found)
    demand_sound(write_targets(found, tmp_path).read_bytes())


def test_a_form_without_a_report_drafts_none(made: Round) -> None:
    with pytest.raises(UsageError) as caught:
        workflow.demand_report(made.form)
    assert caught.value.code == "no-report"
    assert "\n" not in caught.value.message
    workflow.demand_report(form_of(RUBRIC))
