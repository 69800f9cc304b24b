"""What was read from a rubric workbook, as a draft: each value with its sheet and cell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from msgspec.structs import replace

from perfxl.errors import RubricError
from perfxl.expr.texts import folded
from perfxl.expr.tree import Key
from perfxl.form.answers import BLANK, Address, Answer, Fault, Flaw, Submission
from perfxl.form.raw import text_of
from perfxl.rubric.draft import DraftRow, RubricDraft
from perfxl.rubric.methods import METHODS
from perfxl.rubric.sheet import EVIDENCE, OFFERED, SETTINGS

_FLAWS = {
    "form_unknown": "不是评分标准表({0.found})",
    "edition_outdated": "评分标准表的版次是 {0.found},应为 {0.expected}",
    "sheet_missing": "缺少工作表“{0.label}”",
    "row_missing": "{0.label}不见了",
    "doubled": "{0.label}出现了两次",
    "content_outside": "{0.label}有不属于本表的内容“{0.found}”",
}
_GONE = {"form_unknown", "sheet_missing", "row_missing"}


def draft_of(submission: Submission) -> tuple[RubricDraft, list[str]]:
    """Give what a rubric workbook says, and the faults of the workbook itself.

    Raise RubricError where it is another workbook, or parts of it are gone: no more can be told.
    """
    flaws = [flaw for flaw in submission.flaws if flaw.kind in _FLAWS]
    faults = [_flaw_text(flaw) for flaw in flaws]
    if any(flaw.kind in _GONE for flaw in flaws):
        raise RubricError(*faults)
    draft, strays = draft_in(submission)
    return draft, [*faults, *strays]


def draft_in(submission: Submission) -> tuple[RubricDraft, list[str]]:
    """Give the rubric that a workbook with the sheets of one says, and what belongs to no item."""
    faults: list[str] = []
    keys = {name: Key("settings", name) for name, *_ in SETTINGS}
    tables = {block: submission.form.sheet_of[block].name for block in OFFERED}
    settings = _entry(submission, keys, tables)
    bands = list(_rows(submission, "bands"))
    items = [_with_bands(item, bands) for item in _rows(submission, "items")]
    names = {_name(item, "name") for item in items}
    for band in bands:
        if _name(band, "item") not in names:
            given = f"“评分项目”表里没有三级指标“{band.values.get('item')}”"
            said = given if _name(band, "item") else "“三级指标”未填"
            faults.append(f"{band.place('item')}:{said}")
    grades, caps = (list(_rows(submission, block)) for block in ("grades", "caps"))
    return RubricDraft(settings, grades, caps, items), faults


def _flaw_text(flaw: Flaw) -> str:
    text = _FLAWS[flaw.kind].format(flaw)
    return f"{_where(flaw.address)}:{text}" if flaw.address else text


def _rows(submission: Submission, block: str) -> Iterator[DraftRow]:
    """Give the rows of a list that hold anything."""
    for row in submission.form.blocks[block].rows:
        inputs = {name: Key(block, row.key, name) for name in row.inputs}
        if any(_answer(submission, key) is not BLANK for key in inputs.values()):
            yield _entry(submission, inputs, {})


def _entry(submission: Submission, keys: Mapping[str, Key], tables: Mapping[str, str]) -> DraftRow:
    """Give the values of these cells; a field without a cell is a table, or the row as a whole."""
    first = next(iter(keys.values()))

    def place(name: str) -> str:
        key = keys.get(name, first)
        address = submission.answers.get(key, BLANK).cell.address
        if name in tables or address is None:
            return f"“{tables.get(name, submission.form.sheet_of[key.block].name)}”表"
        return _where(address)

    return DraftRow({n: _value(n, _answer(submission, key)) for n, key in keys.items()}, place)


def _where(address: Address) -> str:
    row = address.cell.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    return f"“{address.sheet}”表 第 {row} 行 {address.cell}"


def _answer(submission: Submission, key: Key) -> Answer:
    """Give the answer in a cell, BLANK itself where there is none."""
    answer = submission.answers.get(key, BLANK)
    return BLANK if answer.cell.blank and answer.fault is Fault.NONE else answer


def _value(name: str, answer: Answer) -> object:
    """Give a value as a draft has it; what could not be read, as the text that stands there."""
    if answer.fault is not Fault.NONE:
        return answer.cell.error or text_of(answer.cell.raw) or "没有结果的公式"
    value = answer.value
    if name == "method":
        return next((key for key, one in METHODS.items() if one.label == value), value or "")
    if name == "evidence":
        return EVIDENCE.get(str(value), value)
    return value if isinstance(value, (str, Decimal)) else ""


def _name(entry: DraftRow, column: str) -> str:
    return folded(str(entry.values.get(column, "")))


def _with_bands(item: DraftRow, bands: Sequence[DraftRow]) -> DraftRow:
    name = _name(item, "name")
    own = tuple(band for band in bands if name and _name(band, "item") == name)
    return replace(item, bands=own)
