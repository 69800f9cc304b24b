"""What was read from sound settings: the season they ask for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal

from perfxl.expr.texts import tidy
from perfxl.expr.tree import Key
from perfxl.form.answers import BLANK, Prefill, Submission, Values
from perfxl.form.model import row_key
from perfxl.form.register import Register, Unit, bare
from perfxl.rubric.model import Rubric
from perfxl.settings.campaign import Campaign
from perfxl.settings.rules import certain_day
from perfxl.settings.sheets import AMOUNTS, LINES, TARGETS
from perfxl.text.amounts import plain
from perfxl.text.emails import mailboxes

INDICATORS = "indicators"  # the list of the form that targets go into


def campaign_of(submission: Submission, rubric: Rubric, remarks: tuple[str, ...] = ()) -> Campaign:
    """Give the season that settings without any 错误 ask for."""
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
        text("title"),
        int(year),
        day,
        text("office"),
        text("contact"),
        text("phone"),
        rubric,
        register,
        ", ".join(mailboxes(text("email"))),
        notice,
        _prefilled(values, register),
        remarks,
    )


def _units(values: Values) -> Iterator[Unit]:
    for key in values.column("units", "code"):
        code, name, department, contact, phone, email = (
            tidy(values.text(key._replace(column=column)) or "")
            for column in ("code", "name", "department", "contact", "phone", "email")
        )
        if code:
            yield Unit(plain(code), name, department, contact, phone, ", ".join(mailboxes(email)))


def _prefilled(values: Values, register: Register) -> dict[str, Prefill]:
    """Give what is filled in beforehand, by the unit's code as the register spells it."""
    codes = {bare(unit.code): unit.code for unit in register.units}
    found: dict[str, dict[Key, str | Decimal]] = defaultdict(dict)
    for key in values.column("amounts", "code"):
        code = values.text(key)
        if code:
            found[codes[bare(code)]] |= _amounts(values, key)
    counts = dict.fromkeys(codes.values(), 0)
    for key in values.column("targets", "code"):
        code = values.text(key)
        if code:
            own = codes[bare(code)]
            counts[own] += 1
            found[own] |= _target(values, key, row_key(counts[own]))
    return dict(found)


def _amounts(values: Values, key: Key) -> Iterator[tuple[Key, Decimal]]:
    block, row = LINES[values.text(key._replace(column="line")) or ""]
    for column in AMOUNTS:
        amount = values.number(key._replace(column=column))
        if amount is not None:
            yield Key(block, row, column), amount


def _target(values: Values, key: Key, row: str) -> Iterator[tuple[Key, str | Decimal]]:
    cells = {column: values.get(key._replace(column=column)) for column in TARGETS}
    target = values.answers.get(key._replace(column="target"), BLANK)
    if target.cell.percent and isinstance(target.value, Decimal):  # a typed 95% is kept as 0.95
        cells |= {"target": target.value * 100, "unit": cells["unit"] or "%"}
    for column, value in cells.items():
        if value is not None and not isinstance(value, bool):
            yield Key(INDICATORS, row, column), value
