"""What was read from sound settings: the season they ask for."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from decimal import Decimal

from perfxl.expr.texts import tidy
from perfxl.expr.tree import Key
from perfxl.form.answers import BLANK, Prefill, Submission, Values
from perfxl.form.model import Form, row_key
from perfxl.form.register import Register, Unit, bare
from perfxl.form.relations import Indicators
from perfxl.rubric.model import Rubric
from perfxl.settings.campaign import Campaign
from perfxl.settings.rules import certain_day
from perfxl.settings.sheets import budget_columns, list_of_targets, money_lines, target_columns
from perfxl.text.amounts import number_text, plain
from perfxl.text.emails import mailboxes


def campaign_of(
    submission: Submission, form: Form, rubric: Rubric, remarks: tuple[str, ...] = ()
) -> Campaign:
    """Give the season that settings without any 错误 ask for, of returns on a form."""
    values = Values(submission.form, submission.answers)

    def text(row: str) -> str:
        return tidy(values.text(Key("campaign", row)) or "")

    year, deadline = values.number(Key("campaign", "year")), Key("campaign", "deadline")
    day = certain_day(submission.answers[deadline])
    assert year is not None, "C01 and W07 tell of a year that cannot be read"
    assert day is not None, "C01 and R08 tell of a deadline that cannot be read"
    register = Register(tuple(_units(values)))
    notice = (values.text(Key("campaign", "notice")) or "").replace("\r\n", "\n")
    return Campaign(
        title=text("title"),
        year=int(year),
        deadline=day,
        office=text("office"),
        contact=text("contact"),
        phone=text("phone"),
        rubric=rubric,
        register=register,
        email=", ".join(mailboxes(text("email"))),
        notice=notice,
        prefilled=_prefilled(values, form, register),
        remarks=remarks,
    )


def _units(values: Values) -> Iterator[Unit]:
    for key in values.column("units", "code"):
        code, name, department, contact, phone, email = (
            tidy(values.text(key._replace(column=column)) or "")
            for column in ("code", "name", "department", "contact", "phone", "email")
        )
        if code:
            yield Unit(plain(code), name, department, contact, phone, ", ".join(mailboxes(email)))


def _prefilled(values: Values, form: Form, register: Register) -> dict[str, Prefill]:
    """Give what is filled in beforehand, by the unit's code as the register spells it."""
    codes = {bare(unit.code): unit.code for unit in register.units}
    found: dict[str, dict[Key, str | Decimal]] = defaultdict(dict)
    lines, budgets = money_lines(form), budget_columns(form)
    for key in values.column("amounts", "code") if lines else ():
        if code := values.text(key):
            block, row = lines[values.text(key._replace(column="line")) or ""]
            for column in budgets:
                amount = values.number(key._replace(column=column.key))
                if amount is not None:
                    found[codes[bare(code)]][Key(block, row, column.key)] = amount
    counts = Counter[str]()
    listed = list_of_targets(form)
    for key in values.column("targets", "code") if listed else ():
        if listed and (code := values.text(key)):
            own = codes[bare(code)]
            counts[own] += 1
            found[own] |= _target(values, key, form, listed, row_key(counts[own]))
    return dict(found)


def _target(
    values: Values, key: Key, form: Form, listed: Indicators, row: str
) -> Iterator[tuple[Key, str | Decimal]]:
    cells = {one: values.get(key._replace(column=one)) for one in target_columns(form, listed)}
    target = values.answers.get(key._replace(column=listed.target), BLANK)
    if target.cell.percent and isinstance(target.value, Decimal):  # a typed 95% is kept as 0.95
        share = target.value * 100
        if listed.unit in cells:
            cells |= {listed.target: share, listed.unit: cells[listed.unit] or "%"}
        else:
            cells |= {listed.target: f"{number_text(share)}%"}
    for column, value in cells.items():
        if value is not None and not isinstance(value, bool):
            yield listed.cell(row, column), value
