"""What a token makes of its cell: kind, unit, bounds, choices and what is said beside it."""

from __future__ import annotations

from perfxl.form.drawing import Drawing, DrawnSheet
from perfxl.form.model import Item, Kind
from perfxl.forms.office.model import Input
from perfxl.rubric.scoring import STATUSES
from perfxl.text.quantities import DOWN, QUALITATIVE, UP

SYMBOLS = (*UP, *DOWN, QUALITATIVE)
_STANDING_CHOICES = {"符号": SYMBOLS, "完成情况": STATUSES}  # where the office gives none
_PROMPTS = {
    Kind.DATE: "写成 2023-05-08 的样子",
    Kind.RATE: "填百分数,如 95.5%",
    Kind.VALUE: "填数,可带符号和单位,如 ≥95%;也可填文字",
}
_UNITS = {Kind.SCORE: "分"}
_EXACT = frozenset({"日期", "整数", "代码"})


def input_item(one: Input, drawing: Drawing, sheet: DrawnSheet, money: str) -> Item:
    """Give the item of a cell to fill; `money` is the unit of amounts that name none."""
    token, kind = one.token, kind_of(one)
    shown_as_rate = "%" in drawing.style(sheet.cell(one.spot)).number_format
    if kind is Kind.RATE and not shown_as_rate:
        kind = Kind.NUMBER  # the heading says per cent: 95 is typed, and formulas count with it
    amount = kind is Kind.AMOUNT
    unit = (token.unit or money) if amount else _UNITS.get(kind, "")
    return Item(
        kind,
        unit="%" if kind is Kind.NUMBER and token.kind is Kind.RATE else unit,
        most=token.points,
        required=token.required,
        choices=_choices(one),
        prompt=sheet.cell(one.spot).comment.strip() or _prompt(kind, unit),
        signed=amount,
        exact=token.word in _EXACT,
    )


def kind_of(one: Input) -> Kind:
    """Give the kind of a cell to fill: choices make one of a text."""
    kind = one.token.kind
    assert kind is not None, "a token that nothing is filled into"
    return Kind.CHOICE if _choices(one) and kind is Kind.TEXT else kind


def _choices(one: Input) -> tuple[str, ...]:
    if one.token.kind not in {Kind.TEXT, Kind.CHOICE}:
        return ()  # a drop-down over numbers offers some of them
    if one.choices:
        return one.choices
    return _STANDING_CHOICES.get(one.token.word, ())


def _prompt(kind: Kind, unit: str) -> str:
    return f"单位:{unit}" if kind is Kind.AMOUNT else _PROMPTS.get(kind, "")
