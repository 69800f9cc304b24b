"""How completion, points and grades follow from the tables, as expressions.

Being expressions they are live in the template and recomputed on reading by the same tree.
Rates are fractions; scores are 分. What only a person can judge makes a score an interval.
Source: domain notes on quantitative and qualitative indicators of the 自评 systems in use.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from perfxl.expr.aggregates import Mean, Text
from perfxl.expr.arithmetic import Greatest, Least, Minus, Ratio, Round, ShownRate, Times
from perfxl.expr.cells import (
    ONE,
    ZERO,
    Const,
    Filled,
    Is,
    IsNumber,
    Legible,
    NotGiven,
    Number,
    Says,
    Unknown,
)
from perfxl.expr.logic import All, Compare, If, Not, Otherwise, Some, legibly
from perfxl.expr.rounding import EXACT_PLACES, MONEY_PLACES, RATE_PLACES, WHOLE, rounded
from perfxl.expr.tree import Expr, Key
from perfxl.form.model import Thresholds
from perfxl.rubric.model import Cap, RubricItem, Tiers
from perfxl.text.quantities import DOWN, EXACTLY, QUALITATIVE, UP
from perfxl.text.wording import NO_SHARES, SHARES

EXACT = 8  # decimals of a target and an actual: what people type has no more
COST = "成本"
HUNDRED = Const(Decimal(100))  # per cent, a whole
PER_CENT = ("%", "％", "百分比", "百分数")
DONE, PARTLY, UNDONE = STATUSES = ("已完成", "部分完成", "未完成")


def is_share(name: Key, unit: Key) -> Expr:
    """Whether an indicator is, by its name, a share of a whole in per cent; never unknown."""
    return All((Says(name, SHARES), Not(Says(name, NO_SHARES)), Says(unit, PER_CENT)))


def is_to_reach(about: Sequence[Key], target: Key, actual: Key) -> Expr:
    """Whether a bare number is a target to be reached: less may be meant of what says it is a cost.

    One that is reached exactly is kept either way.
    """
    costs = Some(tuple(Says(key, (COST,)) for key in about))
    return Some((Not(costs), Compare("=", Number(target), Number(actual), EXACT)))


def in_force(target: Expr, adjusted: Key) -> Expr:
    """Give the target that holds, the adjusted one where there is one."""
    return If(Filled(adjusted), figure(adjusted), target)


def figure(key: Key) -> Expr:
    """Give the number in a cell, 待填 where `check` may read one that a spreadsheet cannot."""
    return legibly(Legible((key,)), Number(key))


def completion(
    name: Key,
    symbol: Key,
    target: Key,
    unit: Key,
    actual: Key,
    limits: Thresholds,
    unsigned: Expr | None = None,
) -> Expr:
    """Give the completion of an indicator as it is shown, not capped above (105.26 % stays).

    Shown it is short of 100 %, and of the limit from which it is too much, until it is reached.
    A share above its whole (290 % of the public) is not judged. 待填 where a text stands in a
    number's place, or no symbol beside the numbers, unless `unsigned` says that these are to be
    reached: so where the form asks for no symbol.
    """
    rate = _completed(symbol, target, actual, (WHOLE, limits.overfulfilment), unsigned)
    beyond = Compare(">", Greatest(Number(target), Number(actual)), HUNDRED, EXACT)
    judged = If(All((is_share(name, unit), beyond)), Unknown(), rate)
    legible = legibly(_measures_legible(symbol, target, actual), judged)
    return If(Is(symbol, (QUALITATIVE,), blank=False), Unknown(), legible)


def capped_share(symbol: Key, target: Key, actual: Key, rate: Key) -> Expr:
    """Give the completion of an indicator as it earns points, its `rate` known: exact, at most 1.

    Where a spreadsheet cannot tell it, and where the target is zero, that is the `rate`.
    """
    goal, shown = Number(target), Number(rate)
    upward, over = (Round(share, EXACT_PLACES) for share in _shares(target, actual))
    exact = If(
        Compare(">", goal, ZERO, EXACT), If(Is(symbol, DOWN, blank=False), over, upward), shown
    )
    short = If(_measures_legible(symbol, target, actual), exact, shown)
    return If(met(rate), ONE, short)


def _measures_legible(symbol: Key, target: Key, actual: Key) -> Expr:
    """Whether a spreadsheet, too, can tell what an indicator is measured by."""
    return All((Legible((symbol,), (*UP, *DOWN, QUALITATIVE)), Legible((target, actual))))


def _completed(
    symbol: Key, target: Key, actual: Key, borders: tuple[Decimal, ...], unsigned: Expr | None
) -> Expr:
    """Give the completion of an indicator, a fraction, as it is shown beside these borders.

    ≥ > =: actual ÷ target. ≤ <: 1 when kept, else 1 − (actual − target) ÷ target, at least 0.
    A target of zero: «≥ 0» is always met, «= 0» and «≤ 0» only by zero. Negative actuals count
    as 0; negative targets are not judged.
    """
    goal, got = Number(target), Number(actual)
    upward, over = (ShownRate(share, borders) for share in _shares(target, actual))
    downward = If(Compare("<=", got, goal, EXACT), ONE, over)
    zero_kept = If(Compare("<=", got, ZERO, EXACT), ONE, ZERO)
    blank = NotGiven(symbol)
    bare_zero, bare = (
        If(unsigned, share, blank) if unsigned else blank for share in (zero_kept, upward)
    )
    of_zero = _by_text(symbol, (((">", "≥"), ONE), ((*EXACTLY, *DOWN), zero_kept)), bare_zero)
    of_more = _by_text(symbol, ((UP, upward), (DOWN, downward)), bare)
    positive = If(Compare(">", goal, ZERO, EXACT), of_more, Unknown())
    return If(Compare("=", goal, ZERO, EXACT), of_zero, positive)


def _by_text(
    key: Key, shares: Sequence[tuple[tuple[str, ...], Expr]], otherwise: Expr | None = None
) -> Expr:
    """Give the share that goes with the text in a cell; where none does `otherwise`, or unknown."""
    found = Unknown() if otherwise is None else otherwise
    for choices, share in reversed(shares):
        found = If(Is(key, choices, blank=False), share, found)
    return found


def _shares(target: Key, actual: Key) -> tuple[Expr, Expr]:
    """Give how much of a target is reached, and what is left of one that is overrun."""
    goal, got = Number(target), Number(actual)
    overrun = Ratio(Minus(got, goal), goal)
    return Ratio(Greatest(got, ZERO), goal), Greatest(Minus(ONE, overrun), ZERO)


def share_by_status(rate: Key, status: Key) -> Expr:
    """Whether a spreadsheet, too, can tell that there is no completion, and what the status is."""
    return All((Legible((rate,)), Legible((status,), STATUSES)))


def met(rate: Key) -> Expr:
    """Whether a computed completion reaches 100 %: as it is shown it does only when it does."""
    return Compare(">=", Number(rate), ONE, RATE_PLACES)


def capped_completion(
    rate: Key, share: Expr, status: Key, used: Expr, counts: Expr, tiers: Tiers
) -> Expr:
    """Give the lower bound of the share of points an indicator earns (0 to 1).

    Where its completion, the `rate`, is known: the `share`. Otherwise the unit's 完成情况 decides
    the tier; without one of the three all is open. 待填 where a spreadsheet cannot tell, or not
    (`counts`) for which mean.
    """
    tier_of = (((DONE,), Const(tiers.done)), ((PARTLY,), Const(tiers.partly)))
    guess = _by_text(status, tier_of, ZERO)
    judged = legibly(share_by_status(rate, status), guess)
    return If(used, legibly(counts, If(IsNumber(rate), share, judged)), Unknown())


def highest_completion(rate: Key, low: Key, status: Key, symbol: Key, tiers: Tiers) -> Expr:
    """Give the upper bound of that share, known where the lower bound `low` is.

    «未完成» with a numeric target may still be partly met, so it is that of 部分完成.
    """
    done, partly = Const(tiers.done), Const(tiers.partly)
    undone = If(Is(symbol, (QUALITATIVE,), blank=False), partly, done)
    guess = _by_text(status, (((UNDONE,), undone), ((PARTLY,), done)), ONE)
    judged = legibly(share_by_status(rate, status), guess)
    return If(IsNumber(low), If(IsNumber(rate), Number(low), judged), Text(low))


def mean_share(block: str, column: str, choices: tuple[str, ...], points: Decimal) -> Expr:
    """Give points × the weighted mean of a bound of the capped completions."""
    mean = Mean(block, column, "weight", "level1", choices)
    return Times(Const(points), mean)


def or_open(share: Expr, points: Decimal, highest: bool) -> Expr:
    """Give the share, or, while the tables do not yield it, 0 or the points: all is open."""
    return Otherwise(share, Const(points) if highest else ZERO)


def execution_share(spent: Expr, budget: Expr, points: Decimal) -> Expr:
    """Give points × spent ÷ budget, at most the points."""
    return _within(Times(Const(points), Ratio(spent, budget)), Const(points))


def _within(score: Expr, points: Expr) -> Expr:
    """Give a score, at least 0, at most the points."""
    return Greatest(Least(score, points), ZERO)


def own_score(item: RubricItem, score: Key, reason: Key, highest: bool) -> Expr:
    """Give a bound of an item no table supports: the self-score where it stands.

    It stands within [0, points] with every deduction explained; else all that is known is
    0 to the points.
    """
    points = Const(item.points)
    stands = All(
        (
            Compare(">=", Number(score), ZERO),
            Compare("<=", Number(score), points),
            Some((Compare("=", Number(score), points), Filled(reason))),
        )
    )
    bound = points if highest else ZERO
    stands_as = If(stands, _within(Number(score), points), bound)
    return legibly(Legible((score,)), Otherwise(stands_as, bound))


def capped_total(total: Key, rate: Key, caps: Sequence[Cap]) -> Expr:
    """Give the total, at most what the execution rate allows; unknown while the rate is."""
    capped: Expr = Number(total)
    for cap in caps:  # from the mildest to the most severe, which is asked first
        low = Compare("<", Number(rate), Const(cap.below), RATE_PLACES)
        capped = If(low, Least(Number(total), Const(cap.highest)), capped)
    return capped


def capped_bound(total: Key, rate: Key, caps: Sequence[Cap], highest: bool) -> Expr:
    """Give a bound of the capped total: any cap may apply while the rate is not known."""
    most_severe = Least(Number(total), Const(caps[-1].highest))
    bound = Number(total) if highest else most_severe
    return legibly(Legible((total, rate)), Otherwise(capped_total(total, rate, caps), bound))


def grade_of(score: Decimal, grades: Sequence[tuple[str, Decimal | str]]) -> str:
    """Give the grade of a score as it is shown, with two decimals: 89.996 is 90.00.

    `grades` are (name, lowest score), best first.
    """
    shown = rounded(score, MONEY_PLACES)
    return next((name for name, lowest in grades if shown >= Decimal(lowest)), grades[-1][0])
