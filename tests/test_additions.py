"""A line or a column more in the form: all else follows from its declaration."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import hall
import pytest

from perfxl.expr.tree import Key
from perfxl.form.answers import Cell, Values, read_answers
from perfxl.form.model import Column, Form, Item, Kind, Sheet
from perfxl.form.raw import Raw
from perfxl.forms import department_2022 as declared
from perfxl.forms.shipped import Maker
from perfxl.render.workbook import render
from perfxl.returns import workflow
from perfxl.returns.output import Checked
from perfxl.rubric.model import Rubric

LINE = ("lottery", "九、彩票公益金收入")
OWNER = (Column("owner", "责任科室"), Item(Kind.TEXT, required=True))
AMOUNTS = [f"income.lottery.{column.key}" for column in declared.MONEY]
OWNERS = ["tasks.001.owner", "tasks.002.owner"]


def with_a_line(rubric: Rubric) -> Form:
    with pytest.MonkeyPatch.context() as changed:
        changed.setattr(declared, "INCOME_LINES", (*declared.INCOME_LINES, LINE))
        return declared.department_2022(rubric)


def with_a_column(rubric: Rubric) -> Form:
    name = (Column("name", "任务名称"), Item(Kind.TEXT, required=True))
    block = declared._simple_list("tasks", "重点工作任务", (name, OWNER), "name")
    with pytest.MonkeyPatch.context() as changed:
        sheet = Sheet("tasks", "表1-2 重点任务", "表1-2 重点任务", (block,), (6, 24, 50))
        changed.setattr(declared, "_tasks_sheet", lambda: sheet)
        return declared.department_2022(rubric)


def terms_of(maker: Maker) -> workflow.Terms:
    return workflow.Terms(hall.SCALE, maker=maker)


def checked(maker: Maker, answers: dict[str, Raw]) -> Checked:
    terms = terms_of(maker)
    live = workflow.live_form(terms.form)
    given = {key: cell for key, cell in hall.cells({}).items() if key in live.items}
    given |= {Key.parse(name): Cell(raw) for name, raw in answers.items()}
    return workflow.check_bytes(
        Path("a.xlsx"), render(Values(live, read_answers(live, given))), terms
    )


def said(checked: Checked) -> list[tuple[str, tuple[str, ...]]]:
    return [(f.rule.id, tuple(map(str, f.keys))) for f in hall.found_in(checked)]


@pytest.mark.parametrize(
    ("maker", "names", "raw"),
    [(with_a_line, AMOUNTS, Decimal(0)), (with_a_column, OWNERS, "办公室")],
)
def test_what_is_added_is_asked_for_and_read(maker: Maker, names: list[str], raw: Raw) -> None:
    assert said(checked(maker, {})) == [("C01", tuple(names))]
    whole = checked(maker, dict.fromkeys(names, raw))
    assert said(whole) == []
    assert [whole.reviewed.values.get(Key.parse(name)) for name in names] == [raw] * len(names)
    again = workflow.check_bytes(Path("b.xlsx"), workflow.result_bytes(whole), terms_of(maker))
    assert said(again) == []
    fields = {entry["key"] for entry in workflow.fields(workflow.live_form(maker(hall.SCALE)))}
    assert {names[0]} <= fields


def test_a_line_that_is_added_counts_in_the_totals_and_their_check() -> None:
    without = checked(with_a_line, dict.fromkeys(AMOUNTS, Decimal(0))).reviewed.values
    amounts: dict[str, Raw] = {**dict.fromkeys(AMOUNTS, Decimal(0)), AMOUNTS[-1]: Decimal(5)}
    found = checked(with_a_line, amounts)
    total = Key("income", "total", "final")
    before, after = without.number(total), found.reviewed.values.number(total)
    assert before is not None
    assert after == before + 5
    assert {rule for rule, _ in said(found)} >= {"T01", "X01"}
