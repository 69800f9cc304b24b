"""Two rounds of one return: what was mended, what remains, what is new, what else was changed.

Findings are the same when the same rule points at the same cell. Rows of a list are matched by
what names them, so a row that has moved is not taken for another one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import compress
from operator import not_

from msgspec import Struct

from perfxl.check.findings import Finding, Outcome
from perfxl.check.rule import Severity
from perfxl.expr.cells import Number
from perfxl.expr.texts import folded
from perfxl.expr.tree import FAILS, Expr, Key, columns, references
from perfxl.form.answers import BLANK, Address, Values
from perfxl.form.model import Block, Form, Kind
from perfxl.form.relations import Balance, BudgetLine, Indicators
from perfxl.text.amounts import amount_text

GONE = "gone-"  # before the key of a row that is no longer there
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3})")
Rows = Mapping[tuple[str, str], str]  # (block, row before) → row now


class Reviewed(Struct, frozen=True):
    """A return and what was found in it."""

    values: Values
    outcome: Outcome


class Alteration(Struct, frozen=True):
    """An input that was changed: where it stands, and its content before and now as text.

    Where its row was taken away, `place` is that in the earlier file.
    """

    key: Key
    label: str
    place: Address | None
    before: str
    after: str


class Comparison(Struct, frozen=True):
    """What a second round changed.

    `fixed` are findings of the earlier return, `remaining` and `new` of this one; `unasked` are
    inputs that were changed although no finding called for it.
    """

    fixed: tuple[Finding, ...]
    remaining: tuple[Finding, ...]
    new: tuple[Finding, ...]
    unasked: tuple[Alteration, ...]


def compare(before: Reviewed, now: Reviewed) -> Comparison:
    """Give what changed from one round to the next."""
    rows = _matched_rows(before.values, now.values)
    old = {mark for finding in before.outcome.every for mark in _marks(finding, rows)}
    left = {mark for finding in now.outcome.every for mark in _marks(finding, {})}
    known = [not old.isdisjoint(_marks(finding, {})) for finding in now.outcome.findings]
    return Comparison(
        tuple(f for f in before.outcome.findings if left.isdisjoint(_marks(f, rows))),
        tuple(compress(now.outcome.findings, known)),
        tuple(compress(now.outcome.findings, map(not_, known))),
        tuple(_unasked(before, now.values, rows)),
    )


def _marks(finding: Finding, rows: Rows) -> Iterator[tuple[str, str]]:
    """Give what tells a finding from others: its rule, and each cell or else what it is about."""
    for key in finding.keys:
        yield finding.rule.id, str(_moved(key, rows))
    if not finding.keys:
        yield finding.rule.id, finding.label


# ---------------------------------------------------------------- which row is which


def _matched_rows(before: Values, now: Values) -> dict[tuple[str, str], str]:
    """Give the row each row of an open list has become: by its name, else it has kept its key.

    A row whose name is gone and whose place another row has taken has become none of them.
    """
    rows: dict[tuple[str, str], str] = {}
    for block in before.form.blocks.values():
        if block.repeats and block.key in now.form.blocks:
            old, new = _named(before, block), _named(now, now.form.blocks[block.key])
            same = {row: new[name] for name, row in old.items() if name in new}
            rows |= {(block.key, row): moved for row, moved in same.items()}
            taken = set(same.values()) - same.keys()
            rows |= {(block.key, row): f"{GONE}{row}" for row in taken}
    return rows


def _named(values: Values, block: Block) -> dict[tuple[str, ...], str]:
    """Give the rows of a list by the texts that name them, those with a name of their own only."""
    found: dict[tuple[str, ...], list[str]] = {}
    for row in block.rows:
        texts = (values.text(Key(block.key, row.key, column)) or "" for column in block.naming)
        found.setdefault(tuple(map(folded, texts)), []).append(row.key)
    return {name: rows[0] for name, rows in found.items() if len(rows) == 1 and any(name)}


def _moved(key: Key, rows: Rows) -> Key:
    return key._replace(row=rows.get((key.block, key.row), key.row))


# ---------------------------------------------------------------- what was changed unasked


def _unasked(before: Reviewed, now: Values, rows: Rows) -> Iterable[Alteration]:
    """Give the inputs that differ from the earlier return though nothing called for it."""
    called_for = set(_asked(before))
    changed = list(_altered(before.values, now, rows))
    asked = {_moved(key, rows) for key in called_for}
    asked = _with_what_follows(asked, {one.key for one in changed}, now)
    right = [one for one in changed if one.key in asked]
    others = (one for one in changed if one.key not in asked)
    unasked = (one for one in others if not _retold(one, right, now.form))
    return (*_removed(before.values, rows, called_for), *unasked)


def _retold(text: Alteration, right: Sequence[Alteration], form: Form) -> bool:
    """Whether a text only tells anew what was rightly changed: figures and words, nothing else."""
    if form.items[text.key].kind is not Kind.LONG:
        return False
    both = ((one.before, one.after) for one in right if one.before and one.after)
    told = {old: new for pair in both for old, new in zip(*map(_as_told, pair), strict=True)}
    if not told:
        return False
    longest_first = sorted(map(re.escape, told), key=len, reverse=True)
    pattern = rf"(?<![\d.])(?:{'|'.join(longest_first)})(?!\.?\d)"
    before, after = (_THOUSANDS.sub("", side) for side in (text.before, text.after))
    return re.sub(pattern, lambda found: told[found[0]], before) == after


def _as_told(said: str) -> tuple[str, str]:
    """Give what a cell holds as it is, and with the two decimals a sentence may give it."""
    return said, amount_text(Decimal(said)).replace(",", "") if _NUMBER.fullmatch(said) else said


def _removed(before: Values, rows: Rows, asked: set[Key]) -> Iterator[Alteration]:
    """Give the inputs of the earlier return whose row is gone.

    To take a row away is what was asked for only where all of it was, as of a row there twice.
    """
    filled = [key for key, _ in before.form.inputs() if _said(before, key)]
    kept = {(key.block, key.row) for key in filled if key not in asked}
    gone = {row for row in kept if rows.get(row, "").startswith(GONE)}
    for key in (key for key in filled if (key.block, key.row) in gone):
        place, text = before.answers.get(key, BLANK).cell.address, _said(before, key)
        yield Alteration(_moved(key, rows), before.form.label(key), place, text, "")


def _altered(before: Values, now: Values, rows: Rows) -> Iterator[Alteration]:
    """Give the inputs that differ from the earlier return."""
    inputs = [key for key, _ in before.form.inputs()]
    inputs.sort(key=lambda key: (key.block, key.row) in rows)  # what was matched by name prevails
    came_from = {_moved(key, rows): key for key in inputs}
    for key, _ in now.form.inputs():
        old, new = _said(before, came_from.get(key)), _said(now, key)
        if old != new:
            place = now.answers.get(key, BLANK).cell.address
            yield Alteration(key, now.form.label(key), place, old, new)


def _said(values: Values, key: Key | None) -> str:
    return (values.text(key) or "") if key is not None else ""


def _asked(reviewed: Reviewed) -> Iterator[Key]:
    """Give the inputs whose change some finding called for.

    These are the cells it flags, those its figures are made of, those its fix sends to, what the
    file had no cell for, and what it had been asked about before. In a list it is the whole row,
    for a gap may be mended by actual, status or reason alike; a 提示 asks for no more than it
    names. What an indicator asks for, its name and target, is not: to lower a target mends nothing,
    unless it was itself flagged or named.
    """
    form = reviewed.values.form
    given = _given(form)
    yield from reviewed.outcome.named
    for finding in reviewed.outcome.every:
        yield from (*finding.keys, *finding.mends)
    for severity, expr in _found_wrong(reviewed):
        for key in _behind(expr, form):
            cells = (key,) if severity is Severity.NOTE else _row_of(key, form)
            yield from (cell for cell in cells if (cell.block, cell.column) not in given)


def _found_wrong(reviewed: Reviewed) -> Iterator[tuple[Severity, Expr]]:
    """Give each flagged cell and each test that failed, of a list as a whole apart."""
    for finding in reviewed.outcome.every:
        yield from ((finding.severity, Number(key)) for key in finding.keys)
    for verdict, rule, case in reviewed.values.form.cases:
        if reviewed.values.text(verdict) == FAILS and not case.whole:
            yield rule.severity, case.test


def _given(form: Form) -> frozenset[tuple[str, str]]:
    """Give the columns, with their block, that say what an indicator is and asks for."""
    return frozenset(
        (one.block, column)
        for one in form.of(Indicators)
        for column in (
            *(one.group, one.category, one.name),
            *(one.symbol, one.target, one.adjusted, one.unit),
        )
    )


def _told_alone(form: Form) -> frozenset[Key]:
    """Give the inputs of amounts and of what indicators ask for and have reached."""
    columns = {*_given(form), *((one.block, one.actual) for one in form.of(Indicators))}
    cells = {key for block, column in columns if column for key in form.blocks[block].keys(column)}
    lines = ((one.initial, one.annual, one.final) for one in form.of(BudgetLine))
    return frozenset(cells.union(*lines))


def _with_what_follows(asked: set[Key], changed: set[Key], now: Values) -> set[Key]:
    """Give the inputs asked for, and those that had to follow: a total, when a line has changed.

    A cell follows when a check of it is made of a cell that was rightly changed, unless it tells
    what nothing else does: an amount, an indicator's name, target or actual. The lines that carry
    over to the next year follow any line of their balance.
    """
    apart = _told_alone(now.form)
    checks = [
        (case.key, frozenset(_behind(case.test, now.form)))
        for _, _, case in now.form.cases
        if case.key in changed and case.key not in apart
    ]
    for balance in now.form.of(Balance):
        sides = (balance.income, balance.expenditure)
        lines = frozenset(key for side in sides for key in side.parts)
        checks += [(key, lines) for side in sides for key in side.balancing]
    while True:
        right = asked & changed
        more = {key for key, inputs in checks if key not in asked and inputs & right}
        if not more:
            return asked
        asked = asked | more


def _row_of(key: Key, form: Form) -> Iterator[Key]:
    """Give the cells that may be mended together: a list's row, a row whose label was altered."""
    if form.blocks[key.block].repeats or form.items[key].is_label:
        yield from (Key(key.block, key.row, column) for column in form.row(key).items)
    else:
        yield key


def _behind(expr: Expr, form: Form) -> Iterator[Key]:
    """Give the inputs an expression is made of, through the computed cells between."""
    listed = (key for name in columns(expr) for key in form.blocks[name[0]].keys(name[1]))
    for key in (*references(expr), *listed):
        formula = form.items[key].formula
        if formula is None:
            yield key
        else:
            yield from _behind(formula, form)
