"""Returns that meet what chance seldom does: limits, gaps and empty words, dealt out in turn.

A return holds as many of them as it has places for; the next one goes on where it ended.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import partial
from itertools import chain, cycle, pairwise, product, repeat
from typing import TypeVar

from random_returns import Changes, Mood, changed, decimals, random_cells

from perfxl.expr.tree import Key
from perfxl.form.answers import Cell, Values
from perfxl.form.model import Form
from perfxl.form.raw import Raw
from perfxl.form.relations import (
    Balance,
    BudgetLine,
    Conclusion,
    Indicators,
    ProjectFunds,
    ScoreItem,
)
from perfxl.rubric.scoring import PARTLY, PER_CENT, UNDONE
from perfxl.rules.scale import LARGEST, LEAST_FOLD_OF_PART
from perfxl.rules.witnesses import LEAST_FOLD, LEAST_IN_YUAN, MOST_FOLD
from perfxl.text.quantities import QUALITATIVE
from perfxl.text.spelling import CLAUSES, EMPTY_WORDS, HOLLOW_WORDS, POINTERS
from perfxl.text.wording import NO_SHARES, SHARES

T = TypeVar("T")
CENT, HUNDRED = Decimal("0.01"), Decimal(100)
JUST_ABOVE = HUNDRED + Decimal("0.00000001")
JUST_UNMET = HUNDRED - Decimal("0.000001")
ROUND = 6  # turns: each group of indicators in one, then all of a kind in two


def dealt_cells(form: Form, turn: int) -> dict[Key, Cell]:
    """Give the filled cells of a careful return to `form`, changed by what this turn deals."""
    raws = {key: cell.raw for key, cell in random_cells(form, Mood.CAREFUL, turn).items()}
    lists = (_indicators, _shares, _due_or_not, _left_row, _categories, _levels, _weights)
    money = (_budget_lines, _ceilings, _sizes, _balances)
    steps = (_hollow_texts, *lists, *money, _scores, _conclusions)
    after = changed(form, raws, [partial(step, turn=turn) for step in steps])
    return {key: Cell(raw) for key, raw in after.items() if raw is not None}


def _dealt(cards: Sequence[T], turn: int, places: int) -> list[T]:
    """Give the cards of this turn, one for each place."""
    return [cards[number % len(cards)] for number in range(turn * places, (turn + 1) * places)]


# ---------------------------------------------------------------- indicators


def _indicators(form: Form, values: Values, turn: int) -> Changes:
    """Give unmet indicators of one group, every other one by what the unit says of it."""
    (group,) = _dealt([group for item in form.of(ScoreItem) for group in item.covers], turn, 1)
    for indicators in form.of(Indicators):
        rows = form.blocks[indicators.block].rows
        symbols = ("≥", QUALITATIVE if indicators.status else "≥")
        words = [(word, symbol) for word in EMPTY_WORDS for symbol in symbols]
        statuses = (PARTLY, PARTLY, UNDONE, UNDONE)
        dealt = zip(_dealt(words, turn, len(rows)), cycle(statuses))
        for row, ((word, symbol), status) in zip(rows, dealt, strict=True):
            told: dict[str, Raw] = {
                indicators.group: group,
                indicators.symbol: symbol,
                indicators.target: HUNDRED,
                indicators.actual: JUST_UNMET,
                indicators.status: status,
                indicators.reason: word,
            }
            yield from ((indicators.cell(row.key, c), raw) for c, raw in told.items() if c)


def _shares(form: Form, values: Values, turn: int) -> Changes:
    """Give indicators the names of shares, and of what is none for one word more."""
    share, *_ = SHARES
    cards: list[tuple[str, str, Raw]] = [(word, "%", HUNDRED) for word in SHARES]
    cards += [(f"{share}的{word}", "%", HUNDRED) for word in NO_SHARES]
    cards += [(share, unit, HUNDRED) for unit in (*PER_CENT, "场")]
    cards += [("场次", "%", HUNDRED), (share, "%", JUST_ABOVE), (share, "%", "很高")]
    for indicators in form.of(Indicators):
        rows = form.blocks[indicators.block].rows
        if indicators.unit == indicators.category:
            continue
        dealt = _dealt(cards, turn, len(rows))
        for row, (name, unit, target) in zip(rows, dealt, strict=True):
            yield indicators.cell(row.key, indicators.name), name
            yield indicators.cell(row.key, indicators.unit), unit
            yield indicators.cell(row.key, indicators.target), target


def _weights(form: Form, values: Values, turn: int) -> Changes:
    """Give weights that come to a whole, just do, just do not, or would but for one below zero."""
    for indicators in form.of(Indicators):
        keys = form.blocks[indicators.block].keys(indicators.weight)
        if not keys:
            continue
        count = len(keys)
        rounding = CENT * count / 2
        cards = (HUNDRED, HUNDRED + rounding, HUNDRED - rounding - CENT, Decimal(1), Decimal(0))
        (whole,) = _dealt(cards, turn, 1)
        share = Decimal(-1) if whole == 0 else round(whole / count, 2)
        yield from ((key, share) for key in keys[1:])
        yield keys[0], (whole or HUNDRED) - share * (count - 1)


def _due_or_not(form: Form, values: Values, turn: int) -> Changes:
    """Give full rows but for what is due with a figure only: there it is not, or one is blank."""
    for indicators in form.of(Indicators):
        rows = form.blocks[indicators.block].rows
        inputs = {column: item for column, item in rows[0].items.items() if item.is_input}
        conditional = [c for c, item in inputs.items() if not isinstance(item.required, bool)]
        filled: dict[str, Raw] = {
            c: item.choices[0] if item.choices else HUNDRED for c, item in inputs.items()
        }
        cards: list[dict[str, Raw]] = [{**dict.fromkeys(conditional), indicators.target: "达标"}]
        cards += [{column: None} for column in conditional]
        for row, blanks in zip(rows, cards, strict=False):
            for column, raw in (filled | blanks).items():
                yield indicators.cell(row.key, column), raw
        if indicators.category:  # all of one name, which is none too many of two categories
            first_two = form.blocks[indicators.block].keys(indicators.category)[:2]
            yield from zip(first_two, inputs[indicators.category].choices, strict=False)


def _left_row(form: Form, values: Values, turn: int) -> Changes:
    """Now and then all is done, but the last row was left when only its group was chosen."""
    for indicators in form.of(Indicators) if turn % ROUND == 5 else ():
        *rows, left = form.blocks[indicators.block].rows
        for row in rows:
            yield indicators.cell(row.key, indicators.symbol), "≥"
            yield indicators.cell(row.key, indicators.actual), HUNDRED
        for column, item in left.items.items():
            if item.is_input and column != indicators.group:
                yield indicators.cell(left.key, column), None


def _categories(form: Form, values: Values, turn: int) -> Changes:
    """Leave one category out, or give each one name, another one each time."""
    for indicators in form.of(Indicators):
        if len(indicators.categories) > 1:
            column = form.blocks[indicators.block].keys(indicators.category)
            namings = _namings([names for _, names in indicators.categories])
            (names,) = _dealt(list(namings), turn, 1)
            yield from zip(column, cycle(names), strict=False)


def _levels(form: Form, values: Values, turn: int) -> Changes:
    """Now and then give each kind of indicator under each group in turn."""
    for indicators in form.of(Indicators) if turn % ROUND == 4 else ():
        block = form.blocks[indicators.block]
        if not indicators.levels or not block.rows[0].items[indicators.category].choices:
            continue
        kinds = dict.fromkeys(kind for _, kinds in indicators.levels for kind in kinds)
        pairs = cycle(product((group for group, _ in indicators.levels), kinds))
        for row, (group, kind) in zip(block.rows, pairs, strict=False):
            yield indicators.cell(row.key, indicators.group), group
            yield indicators.cell(row.key, indicators.category), kind


def _namings(categories: Sequence[Sequence[str]]) -> Iterator[list[str]]:
    first = [names[0] for names in categories]
    for number, names in enumerate(categories):
        yield [*first[:number], *first[number + 1 :]]
        for name in names if len(names) > 1 else ():
            yield [*first[:number], name, *first[number + 1 :]]


# ---------------------------------------------------------------- texts


def _hollow_texts(form: Form, values: Values, turn: int) -> Changes:
    """Give words that say nothing, or point elsewhere, where something is due."""
    pointers = [*POINTERS, *(f"{POINTERS[0]}附件{clause}演出112场" for clause in ("", *CLAUSES))]
    due = [key for key, item in form.inputs() if item.hollow]
    yield from zip(due, _dealt([*HOLLOW_WORDS, *pointers], turn, len(due)), strict=True)


# ---------------------------------------------------------------- amounts


def _in_yuan() -> Iterator[tuple[Decimal, Decimal, Decimal]]:
    """Give initial, annual and final figures of which some are about 10,000 times the others."""
    three, one = Decimal(3), Decimal(1)
    pairs = (
        (three, three * LEAST_FOLD),
        (three, three * LEAST_FOLD - CENT),
        (three, three * MOST_FOLD),
        (three, three * MOST_FOLD + CENT),
        (one, LEAST_IN_YUAN),
        (one, LEAST_IN_YUAN - CENT),
    )
    for small, large in pairs:
        yield small, large, large
        yield large, small, small
        yield small, small, large
        yield large, large, small


LINES = (
    (HUNDRED, HUNDRED, Decimal(90)),  # 支出率 at its limit and just below
    (HUNDRED, HUNDRED, Decimal("89.99")),
    (Decimal(0), Decimal(0), Decimal(0)),
    *_in_yuan(),
)
SIZES = (*decimals("0 -0.01 0.01 0.99 1"), LARGEST, LARGEST + CENT)


def _budget_lines(form: Form, values: Values, turn: int) -> Changes:
    lines = list(form.of(BudgetLine))
    for line, figures in zip(lines, _dealt(LINES, turn, len(lines)), strict=True):
        yield from zip((line.initial, line.annual, line.final), figures, strict=True)


PARTS = (  # what the key projects come to, and the whole they are a part of
    (20 * LEAST_FOLD_OF_PART, Decimal(20)),
    (20 * LEAST_FOLD_OF_PART - CENT, Decimal(20)),
    (3 * MOST_FOLD, Decimal(3)),
    (3 * MOST_FOLD + CENT, Decimal(3)),
    (LEAST_IN_YUAN, Decimal(1)),
    (LEAST_IN_YUAN - CENT, Decimal(1)),
)


def _ceilings(form: Form, values: Values, turn: int) -> Changes:
    """Give key projects in 元, or just not, beside the line they are a part of."""
    for funds in form.of(ProjectFunds):
        ((total, whole),) = _dealt(PARTS, turn, 1)
        first, *others = form.blocks[funds.block].keys("spent")
        yield from ((key, Decimal(0)) for key in others)
        yield first, total
        yield funds.ceiling, whole


def _sizes(form: Form, values: Values, turn: int) -> Changes:
    """Give totals too small or too large for a unit, or just not."""
    balances = list(form.of(Balance))
    for balance, size in zip(balances, _dealt(SIZES, turn, len(balances)), strict=True):
        part, total = balance.income.balancing[-1], values.number(balance.income.computed)
        assert total is not None, "the lines of a careful return are filled"
        yield part, (values.number(part) or Decimal(0)) + size - total


def _balances(form: Form, values: Values, turn: int) -> Changes:
    """Give income and expenditure as far apart as rounding explains, or a cent more."""
    for balance in form.of(Balance):
        income, cost = balance.income, balance.expenditure
        limit = (len(income.parts) + len(cost.parts)) * Decimal("0.005")
        (apart,) = _dealt([limit, limit + CENT], turn, 1)
        part = cost.balancing[-1]
        known = [values.number(key) for key in (part, income.computed, cost.computed)]
        last, earned, spent = (number or Decimal(0) for number in known)
        yield part, last + earned - spent + apart


# ---------------------------------------------------------------- scores


def _scores(form: Form, values: Values, turn: int) -> Changes:
    """Give all points, or a cent more, where indicators decide, else a cent less; empty words."""
    items = sorted(form.of(ScoreItem), key=lambda item: bool(item.covers))
    others = sum(not item.covers for item in items)
    over = CENT if turn % ROUND == 4 else Decimal(0)
    words = chain(_dealt(EMPTY_WORDS, turn, others), repeat(EMPTY_WORDS[0]))
    for item, word in zip(items, words, strict=False):
        points = item.points_in(values) or Decimal(0)
        least = Decimal(0) if turn % ROUND == 5 else points
        yield item.stated, points + over if item.covers else least - CENT
        if item.reason:
            yield item.reason, word
    due = [item.material for item in items if item.evidence and item.material]
    yield from zip(due, _dealt(EMPTY_WORDS, turn, len(due)), strict=True)


def _conclusions(form: Form, values: Values, turn: int) -> Changes:
    """Give a score that just earns its grade or just no better one, or the sum of the grid."""
    for conclusion in form.of(Conclusion):
        assert conclusion.grade
        assert conclusion.total
        worst, _ = conclusion.grades[-1]
        edges = [
            edge
            for (better, lowest), (next_best, _) in pairwise(conclusion.grades)
            for edge in ((Decimal(lowest), better), (Decimal(lowest) - CENT, next_best))
        ]
        ((stated, grade),) = _dealt([*edges, (values.number(conclusion.total), worst)], turn, 1)
        yield conclusion.stated, stated
        yield conclusion.grade, grade
