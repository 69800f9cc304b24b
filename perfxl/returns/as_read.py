"""A return as it was read: what a result holds, so that its formulas yield what `check` yields.

A spreadsheet reads no texts. Where «112场» was read as 112, the result says 112; the unit may go on
correcting there, and what is read from the result is what was read from the return. What no number
says (a deadline in words, a figure nobody could read) stays as it was typed: the cells computed
from it then hold what `check` made of it, for as long as it is not changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache

from msgspec import Struct
from msgspec.structs import replace

from perfxl.expr.aggregates import LegibleColumn, LegibleGroup
from perfxl.expr.cells import Const, Filled, Kept, Legible, Literal, Number, StillSays, Unknown
from perfxl.expr.logic import All, Compare, If, Not, Verdict
from perfxl.expr.texts import tidy
from perfxl.expr.tree import Expr, Key, nodes
from perfxl.form.answers import Answer, Fault, Values, read_answers, typed_text
from perfxl.form.model import Form, Item, Kind, row_key
from perfxl.form.raw import text_of
from perfxl.form.relations import Indicators
from perfxl.rubric.scoring import EXACT
from perfxl.text.safe import cut, storable

AS_TYPED = "as_typed"  # the block of the texts kept
LONGEST_QUOTED = 100
MOST_ODD = 40  # texts that a formula asks about one by one
ASKING = frozenset({Legible, LegibleColumn, LegibleGroup})


class AsRead(Struct, frozen=True):
    """The values to write, and what to say beside the cells that no longer hold what was typed."""

    values: Values
    notes: Mapping[Key, str]
    kept: tuple[Kept, ...]  # the texts that formulas compare others with; cells yet to be written


class _Texts(Struct, frozen=True):
    """The texts that formulas compare others with, by themselves."""

    kept: dict[str, Kept]

    def keep(self, text: str) -> Kept:
        """Give a text with the cell that keeps it, as it stands in a file, blanks put in order."""
        text = tidy(storable(text))
        return self.kept.setdefault(text, Kept(text, Key(AS_TYPED, row_key(len(self.kept) + 1))))


def as_read(values: Values) -> AsRead:
    """Give the values of a return with all that was read for certain written as it was read."""
    form, typed = values.form, values.healed()
    items, rows = form.items, list(_rows_of_indicators(typed))
    read = {key: _as_read(items[key], answer) for key, answer in typed.answers.items()}
    for symbol, target, *_ in rows:
        if isinstance(typed.answer(target).cell.raw, Decimal) and typed.answer(symbol).cell.blank:
            read[symbol] = typed.answers[symbol]  # it was asked for, and is to be filled
    _leave_otherwise_read(form, rows, typed.answers, read)
    notes = {
        key: _note(items[key], typed.answers[key], answer)
        for key, answer in read.items()
        if answer is not typed.answers[key]
    }
    written, texts = Values(form, read, values.shown), _Texts({})
    instead = dict(_instead(values, written, texts))
    return AsRead(replace(written, instead=instead), notes, tuple(texts.kept.values()))


def _as_read(item: Item, answer: Answer) -> Answer:
    """Give an answer whose cell holds its value: not where that was typed, or is days late."""
    cell, value = answer.cell, answer.value
    stands = value is None or answer.fault is not Fault.NONE or bool(answer.shown)
    if stands or not item.is_input or value in (cell.raw, text_of(cell.raw)):
        return answer
    return replace(answer, cell=replace(cell, raw=value, percent=item.kind is Kind.RATE))


def _note(item: Item, typed: Answer, read: Answer) -> str:
    said = cut(text_of(typed.cell.raw), LONGEST_QUOTED)
    how = f"原填“{said}”," if said else "原来没有填,"
    return f"{how}已按“{typed_text(item, read.cell)}”读入,如不对请改正"


# ---------------------------------------------------------------- rows of indicators

Answers = Mapping[Key, Answer]
Four = tuple[Key, Key, Key, Key]  # symbol, target, unit, actual: what is read together


def _rows_of_indicators(values: Values) -> Iterator[Four]:
    form = values.form
    for one in form.of(Indicators):
        for row in form.blocks[one.block].rows:
            symbol, unit, actual = (
                one.cell(row.key, column) for column in (one.symbol, one.unit, one.actual)
            )
            target = one.goal(row.key, values.is_filled)
            if target in values.answers and actual in values.answers:
                yield symbol, target, unit, actual


def _leave_otherwise_read(
    form: Form, all_rows: Sequence[Four], typed: Answers, read: dict[Key, Answer]
) -> None:
    """Put rows that would not be read from the result as they were back to what was typed."""
    for kept in (1, 0):  # of such a row the symbol alone may stay as read
        rows = [keys for keys in all_rows if any(read[key] is not typed[key] for key in keys)]
        cells = {key: answer.cell for key, answer in read.items()}
        again = read_answers(form, cells, {keys[0][:2] for keys in rows})
        for keys in rows:
            if not _says_the_same(keys, typed, read, again):
                read |= {key: typed[key] for key in keys[kept:]}


def _says_the_same(keys: Four, typed: Answers, read: Answers, again: Answers) -> bool:
    """Whether a row is read from the result as from the return, with nothing more to be filled."""
    target, unit = keys[1:3]
    number = isinstance(read[target].cell.raw, Decimal)
    due = number and read[target] is not typed[target] and read[unit].cell.blank
    return not due and all(
        (read[key].value, read[key].fault, read[key].shown)
        == (again[key].value, again[key].fault, again[key].shown)
        for key in keys
    )


# ---------------------------------------------------------------- cells computed from texts


def _instead(values: Values, written: Values, kept: _Texts) -> Iterator[tuple[Key, Expr]]:
    """Give what each cell holds that a spreadsheet could not compute, as long as nothing changes.

    From the cells computed from these it can compute the others itself.
    """
    seen = written.as_spreadsheet()
    for key, (formula, named) in _asking(values.form).items():
        match formula:
            case Verdict(If(LegibleColumn() as legible, yes, no), active):
                if known := _with_odd_ones(legible, seen, kept):
                    yield key, Verdict(If(known, yes, no), active)
            case If(LegibleColumn() | LegibleGroup() as legible, _, _):
                if odd := _unread(legible, seen):  # and there is no sum, as long as one is
                    yield key, If(_stands(seen, odd[0], kept), Unknown(), formula)
            case _ if _illegible(named, seen) and seen.get(key) != values.get(key):
                inputs = {one for one in named if values.form.items[one].is_answered}
                of = ((one, seen if one in inputs else values) for one in named)
                unchanged = All(tuple(_stands(holding, one, kept) for one, holding in of))
                yield key, If(unchanged, _value(values, key), formula)


def _illegible(keys: Sequence[Key], seen: Values) -> list[Key]:
    """Give the inputs among these that a spreadsheet cannot tell."""
    return [key for key in keys if seen.form.items[key].is_answered and not seen.is_legible(key)]


def _unread(legible: LegibleColumn | LegibleGroup, seen: Values) -> list[Key]:
    """Give the inputs of a list whose texts nobody could read."""
    if isinstance(legible, LegibleGroup):
        keys: Sequence[Key] = legible.group.summed(seen)
    else:
        keys = seen.column(legible.block, legible.column)
    return _illegible(keys, seen)


def _with_odd_ones(legible: LegibleColumn, seen: Values, kept: _Texts) -> LegibleColumn | None:
    """Give the test with the texts that nobody could read taken for what they are: no choices."""
    odd = dict.fromkeys(seen.text(key) or "" for key in _unread(legible, seen))
    if not 0 < len(odd) <= MOST_ODD:
        return None
    return replace(legible, odd=tuple(map(kept.keep, odd)))


@lru_cache(maxsize=4)
def _asking(form: Form) -> Mapping[Key, tuple[Expr, tuple[Key, ...]]]:
    """Give the cells that ask whether others are legible: their formulas, and which others."""
    formulas = {key: item.formula for key, item in form.items.items()}
    return {
        key: (formula, tuple(dict.fromkeys(_named(formula))))
        for key, formula in formulas.items()
        if formula is not None and not ASKING.isdisjoint(map(type, nodes(formula)))
    }


def _named(expr: Expr) -> Iterator[Key]:
    return (key for part in nodes(expr) if isinstance(part, Legible) for key in part.keys)


def _stands(values: Values, key: Key, kept: _Texts) -> Expr:
    """Whether a cell still holds what it does now."""
    value = values.get(key)
    if isinstance(value, Decimal):
        return Compare("=", Number(key), Const(value), EXACT)
    text = str(value or "")
    return StillSays(key, kept.keep(text)) if tidy(text) else Not(Filled(key))


def _value(values: Values, key: Key) -> Expr:
    match values.get(key):
        case Decimal() as number:
            return Const(number)
        case str() as text:
            return Literal(text)
    return Unknown()
