"""T: typed control totals against the sum of their lines, with the likely causes of a gap.

Tolerance: converting 元 to 万元 cell by cell leaves each rounded figure up to 0.005 off, so a
comparison of n+1 rounded figures may differ by (n+1) × 0.005 without anyone's fault.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import pairwise

from perfxl.answers import Values
from perfxl.expr import ZERO, Abs, Compare, Const, Expr, Key, Minus, Number, Round, Some, Sum
from perfxl.model import Form
from perfxl.relations import Balance, LineSum, Total
from perfxl.rule import Case, Example, Rule, Severity
from perfxl.values import amount_text

CENT, CENT_PLACES = Decimal("0.01"), 3
MOST_CAUSES = 3
TEN_THOUSANDFOLD = Decimal("0.1")  # how near to 10,000 times a figure in 元 must be


def tolerance(figures: int) -> Const:
    """Give the largest difference, in 万元, that rounding alone explains among so many figures."""
    return Const(Decimal(figures) * Decimal("0.005"))


def gap(left: Expr, right: Expr) -> Expr:
    """Give |left - right| after rounding both to two decimals."""
    return Abs(Minus(Round(left, 2), Round(right, 2)))


def within(left: Expr, right: Expr, figures: int) -> Expr:
    """Whether the two differ by no more than rounding explains."""
    return Compare("<=", gap(left, right), tolerance(figures), CENT_PLACES)


def equal_or_beyond(left: Expr, right: Expr, figures: int) -> Expr:
    """Whether the two are equal, or differ by more than rounding explains (another rule's case)."""
    distance = gap(left, right)
    beyond = Compare(">", distance, tolerance(figures), CENT_PLACES)
    return Some((Compare("=", distance, ZERO, CENT_PLACES), beyond))


def lines(total: LineSum) -> Sum:
    """Give the sum of the typed lines behind a total."""
    return Sum(tuple(map(Number, total.parts)))


def likely_causes(
    difference: Decimal, parts: Sequence[Key], forgotten: Sequence[Key], values: Values
) -> list[str]:
    """Say what would explain a difference (amount, signed or not, 万元); the best guesses only.

    `forgotten` are the balancing lines whose omission would leave this sign of difference.
    """
    size = abs(difference)
    found: list[str] = []
    for key in parts:
        number = values.number(key)
        if number:
            found += _line_causes(f"“{values.form.row(key).label}”", number, size)
    empty = [key for key in forgotten if values.number(key) == 0]
    if forgotten and len(empty) == len(forgotten):
        names = "、".join(f"“{values.form.row(key).label}”" for key in reversed(forgotten))
        found.append(f"{names}填的是 0,看看是否漏填了 {amount_text(size)} 万元")
    return found[:MOST_CAUSES]


def _line_causes(name: str, number: Decimal, size: Decimal) -> Iterator[str]:
    """Say how one line of this amount could make a difference of this size."""
    if abs(number) == size:
        yield f"差额正好等于{name}的 {amount_text(number)},看看是否漏填或多加了一次"
    in_wan = number / 10_000
    if abs(in_wan) >= 1 and abs(abs(number - in_wan) - size) <= CENT:
        yield f"{name}{amount_text(number)} 像是按元填的(折合 {amount_text(in_wan)} 万元)"
    for swapped in _swaps(number):
        if abs(swapped - number) == size:
            yield f"{name}{amount_text(number)} 像是数字填颠倒了(应为 {amount_text(swapped)})"


def _swaps(number: Decimal) -> Iterator[Decimal]:
    """Give the number with any two neighbouring unequal digits exchanged."""
    text = f"{number:.2f}"
    places = [i for i, char in enumerate(text) if char.isdigit()]
    for left, right in pairwise(places):
        if text[left] != text[right] and not (left == places[0] and text[right] == "0"):
            digits = list(text)
            digits[left], digits[right] = digits[right], digits[left]
            yield Decimal("".join(digits))


def _control_cases(form: Form) -> Iterator[Case]:
    for total in form.of(Total):
        stated, computed = Number(total.stated), Number(total.lines.computed)

        def causes(values: Values, total: Total = total) -> list[str]:
            said, found = values.number(total.stated), values.number(total.lines.computed)
            if said is None or found is None:
                return []
            forgotten = total.lines.balancing if said > found else ()
            if found and abs(said / found / 10_000 - 1) < TEN_THOUSANDFOLD:
                return [f"{amount_text(said)} 像是按元填的(折合 {amount_text(said / 10_000)} 万元)"]
            return likely_causes(said - found, total.lines.parts, forgotten, values)

        yield Case(
            total.stated,
            within(stated, computed, len(total.lines.parts) + 1),
            f"{form.label(total.stated)} = 各项之和",
            actual=stated,
            expected=computed,
            terms={"lines": lines(total.lines)},
            causes=causes,
        )


def _rounding_cases(form: Form) -> Iterator[Case]:
    for total in form.of(Total):
        stated, computed = Number(total.stated), Number(total.lines.computed)
        yield Case(
            total.stated,
            equal_or_beyond(stated, computed, len(total.lines.parts) + 1),
            f"{form.label(total.stated)} 与各项之和的尾差",
            actual=stated,
            expected=computed,
            terms={"other": "各项之和"},
        )
    for balance in form.of(Balance):
        left, right = balance.income, balance.expenditure
        yield Case(
            right.computed,
            equal_or_beyond(
                Number(left.computed),
                Number(right.computed),
                len(left.parts) + len(right.parts),
            ),
            f"{form.label(left.computed)} 与 {form.label(right.computed)} 的尾差",
            actual=Number(right.computed),
            expected=Number(left.computed),
            terms={"other": form.label(left.computed)},
        )


_LINES = {"income.grant.final": "90", "income.other.final": "10", "income.carried.final": "0"}

T01 = Rule(
    "T01",
    "total-differs-from-parts",
    "合计与分项不符",
    Severity.ERROR,
    "填报的收入总计或支出总计与各项之和不等,差额超出四舍五入所能解释的范围。",
    "{label} 填报 {actual} ≠ 各项之和 {expected}({lines}),差 {difference} 万元",
    "合计数按决算报表填列,应等于表内各项之和;差额超出四舍五入所能解释的范围,说明有一行漏填、多填或填错。",
    "逐行核对各项与决算报表,改正有误的一行;如是合计数抄错,改正合计数。",
    "勾稽关系:收入总计 = 本年收入合计 + 使用非财政拨款结余 + 年初结转和结余;支出总计同理",
    Example({**_LINES, "stated.income": "100"}),
    Example({**_LINES, "stated.income": "102.54"}, at="stated.income"),
    cases=_control_cases,
    brief="{label} 填报 {actual} ≠ 各项之和 {expected},差 {difference} 万元",
)

T02 = Rule(
    "T02",
    "total-rounding",
    "合计有尾差",
    Severity.NOTE,
    "两个应当相等的合计只差零点零几万元,在四舍五入的尾差范围之内。",
    "{label} {actual} 与{other} {expected} 差 {difference} 万元,在四舍五入尾差范围内",
    "各项由元折算为万元时分别四舍五入,合计可能相差零点零几万元,不算错误。",
    "一般不必修改;如需一致,请按决算报表核对各项的第二位小数。",
    "尾差允许范围:参与比较的数据个数 × 0.005 万元",
    Example({**_LINES, "stated.income": "100"}),
    Example({**_LINES, "stated.income": "100.01"}, at="stated.income"),
    cases=_rounding_cases,
)

RULES = (T01, T02)
