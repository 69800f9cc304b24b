"""T: typed control totals against the sum of their lines, with the likely causes of a gap.

Tolerance: converting 元 to 万元 cell by cell leaves each rounded figure up to 0.005 off, so a
comparison of n+1 rounded figures may differ by (n+1) × 0.005 without anyone's fault.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import chain, pairwise
from operator import itemgetter

from msgspec import Struct

from perfxl.check.rule import Case, Example, Rule, Severity
from perfxl.expr.arithmetic import Abs, Minus, Round, Sum
from perfxl.expr.cells import ZERO, Const, Number
from perfxl.expr.logic import Compare, Some
from perfxl.expr.tree import Expr, Key
from perfxl.form.answers import Values
from perfxl.form.model import Form
from perfxl.form.relations import Balance, LineSum, Total
from perfxl.text.amounts import amount_text

CENT, CENT_PLACES = Decimal("0.01"), 3
EXACT = Decimal("0.005")
YUAN = Decimal(10_000)  # of them 1 万元
MOST_CAUSES = 3
EVERY_TOTAL = 4  # of a column: both sums, and what is typed of each
SUM_OF_PARTS = "各项之和"
TEN_THOUSANDFOLD = Decimal("0.1")  # how near to 10,000 times a figure in 元 must be


def tolerance(figures: int) -> Const:
    """Give the largest difference, in 万元, that rounding alone explains among so many figures."""
    return Const(Decimal(figures) * Decimal("0.005"))


def difference(left: Expr, right: Expr) -> Expr:
    """Give |left - right| after rounding both to two decimals."""
    return Abs(Minus(Round(left, 2), Round(right, 2)))


def within(left: Expr, right: Expr, figures: int) -> Expr:
    """Whether the two differ by no more than rounding explains."""
    return Compare("<=", difference(left, right), tolerance(figures), CENT_PLACES)


def equal_or_beyond(left: Expr, right: Expr, figures: int) -> Expr:
    """Whether the two are equal, or differ by more than rounding explains (another rule's case)."""
    distance = difference(left, right)
    beyond = Compare(">", distance, tolerance(figures), CENT_PLACES)
    return Some((Compare("=", distance, ZERO, CENT_PLACES), beyond))


def lines(total: LineSum) -> Sum:
    """Give the sum of the typed lines behind a total."""
    return Sum(tuple(map(Number, total.parts)))


def typed_in_yuan(typed: Decimal | None, right: Decimal | None) -> list[str]:
    """Say that an amount is in 元 where it is some 10,000 times what it should be."""
    if not typed or not right or abs(typed / right / YUAN - 1) >= TEN_THOUSANDFOLD:
        return []
    return [f"{amount_text(typed)} 像是按元填的(折合 {amount_text(typed / YUAN)} 万元)"]


# ---------------------------------------------------------------- the totals of a column


Pair = tuple[Key, Key]


class EqualTotals(Struct, frozen=True):
    """The totals of one column that must all be the same amount, and what they are now.

    `pairs` are those held against each other: income and expenditure, each with what is typed of
    it. A total that is not known is in none of them.
    """

    sides: tuple[LineSum, ...]
    pairs: tuple[Pair, ...]
    amounts: Mapping[Key, Decimal]

    @classmethod
    def of(cls, lines: LineSum, values: Values) -> EqualTotals:
        """Give the column a sum of lines is in."""
        form = values.form
        both = ((one.income, one.expenditure) for one in form.of(Balance))
        sides = next((pair for pair in both if lines in pair), (lines,))
        pairs = [(sides[0].computed, sides[-1].computed)] if len(sides) > 1 else []
        pairs += [(one.stated, one.lines.computed) for one in form.of(Total) if one.lines in sides]
        found = {key: values.number(key) for pair in pairs for key in pair}
        amounts = {key: amount for key, amount in found.items() if amount is not None}
        return cls(sides, tuple(p for p in pairs if amounts.keys() >= {*p}), amounts)

    def explains(self, pair: Pair, shifts: Mapping[Key, Decimal], slack: Decimal) -> bool:
        """Whether totals so changed make a pair equal, and leave less apart in all than now."""
        now, then = self._gaps({}), self._gaps(shifts)
        return abs(then[pair]) <= slack and sum(then.values()) < sum(now.values())

    def _gaps(self, shifts: Mapping[Key, Decimal]) -> dict[Pair, Decimal]:
        none = Decimal(0)
        return {
            (one, other): abs(
                self.amounts[one]
                + shifts.get(one, none)
                - self.amounts[other]
                - shifts.get(other, none)
            )
            for one, other in self.pairs
        }

    def typed(self, total: Key) -> list[Key]:
        """Give the totals typed for a sum of lines that say the same."""
        return [
            stated
            for stated, computed in self.pairs
            if computed == total and stated not in self._sums and self._alike(stated, computed)
        ]

    @property
    def _sums(self) -> set[Key]:
        return {side.computed for side in self.sides}

    def _alike(self, one: Key, other: Key) -> bool:
        figures = sum(len(side.parts) for side in self.sides)
        apart = abs(self.amounts[one] - self.amounts[other])
        return apart <= tolerance(figures).value

    def upholds(self, right: Key, wrong: Key) -> bool | None:
        """Whether all other totals are like one of two that differ (True) or the other (False).

        None where they are not of one mind, or one of them is not known.
        """
        others = self.amounts.keys() - {right, wrong}
        if len(self.amounts) < EVERY_TOTAL:
            return None
        for answer, total in ((True, right), (False, wrong)):
            if all(self._alike(other, total) for other in others):
                return answer
        return None


# ---------------------------------------------------------------- causes


def likely_causes(
    pair: Pair, parts: Sequence[Key], forgotten: Sequence[Key], values: Values
) -> list[str]:
    """Say what would make two totals of a column equal; the best guesses only.

    `parts` are the lines that may be wrong; `forgotten` are the balancing lines whose omission
    would leave this sign of difference. What leaves the column as far apart as before is no cause.
    """
    both = ((one.income, one.expenditure) for one in values.form.of(Balance))
    sums = (*chain.from_iterable(both), *(one.lines for one in values.form.of(Total)))
    lines = next(one for one in sums if one.computed == pair[1])
    column = EqualTotals.of(lines, values)
    balancing = {key for side in column.sides for key in side.balancing}
    found = [
        (key in balancing, said)
        for key in parts
        for amount, slack, said in slips(values.number(key), _named(key, values))
        if column.explains(pair, _shifts(column, key, amount, values), slack)
    ]
    # a year's balance is sooner left out than the next one's added twice
    found += ((False, said) for said in _omission(column, pair, forgotten, values))
    return [said for _, said in sorted(found, key=itemgetter(0))][:MOST_CAUSES]


def _shifts(column: EqualTotals, key: Key, amount: Decimal, values: Values) -> dict[Key, Decimal]:
    """Give by how much each sum changes when a line becomes another amount."""
    change = amount - (values.number(key) or 0)
    return {side.computed: change for side in column.sides if key in side.parts}


def _named(key: Key, values: Values) -> str:
    return f"“{values.form.row(key).label}”"


def slips(number: Decimal | None, name: str) -> Iterator[tuple[Decimal, Decimal, str]]:
    """Give what a line may have to be, how near that is, and in words what went wrong with it."""
    if not number:
        return
    yield Decimal(0), EXACT, f"差额正好等于{name}的 {amount_text(number)},看看是否多加了一次"
    in_wan = number / YUAN
    if abs(in_wan) >= 1:
        said = f"{name}{amount_text(number)} 像是按元填的(折合 {amount_text(in_wan)} 万元)"
        yield in_wan, CENT, said
    for swapped in _swaps(number):
        said = f"{name}{amount_text(number)} 像是数字填颠倒了(应为 {amount_text(swapped)})"
        yield swapped, EXACT, said


def _omission(
    column: EqualTotals, pair: Pair, forgotten: Sequence[Key], values: Values
) -> Iterator[str]:
    """Say that balancing lines, all of them 0, may have been left out; a typed total went along."""
    if not forgotten or any(values.number(key) != 0 for key in forgotten):
        return
    size = abs(column.amounts[pair[0]] - column.amounts[pair[1]])
    shifts = _shifts(column, forgotten[0], size, values)
    follow = [key for total in shifts for key in column.typed(total)]
    if column.explains(pair, shifts | dict.fromkeys(follow, size), EXACT):
        names = "、".join(_named(key, values) for key in reversed(forgotten))
        yield f"{names}填的是 0,看看是否漏填了 {amount_text(size)} 万元"


def _miscopied(total: Total, values: Values) -> list[str]:
    """Say how a typed total may have gone wrong that all others of its column contradict."""
    said, right = values.number(total.stated), values.number(total.lines.computed)
    assert said is not None
    assert right is not None
    found = [f"像是合计数抄错:收入、支出各项之和和填报的另一个总计都是 {amount_text(right)}"]
    if right in _swaps(said):
        found.append(f"{amount_text(said)} 像是数字填颠倒了")
    lines = ((values.number(key), _named(key, values)) for key in total.lines.parts)
    return [*found, *miscounted(said, right, lines)][:MOST_CAUSES]


def miscounted(
    said: Decimal, right: Decimal, lines: Iterable[tuple[Decimal | None, str]]
) -> Iterator[str]:
    """Say which line, as figure and name, a total left out or counted twice, if any."""
    size, how = abs(said - right), "少加了" if said < right else "多加了一次"
    for number, name in lines:
        if number == size:
            yield f"像是{how}{name}的 {amount_text(size)}"


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

        def sound(values: Values, total: Total = total) -> bool | None:
            pair = (total.lines.computed, total.stated)
            if typed_in_yuan(values.number(pair[1]), values.number(pair[0])):
                return True
            return EqualTotals.of(total.lines, values).upholds(*pair)

        def causes(values: Values, total: Total = total) -> list[str]:
            said, found = values.number(total.stated), values.number(total.lines.computed)
            if said is None or found is None:
                return []
            in_yuan = typed_in_yuan(said, found)
            if in_yuan or sound(values, total):
                return in_yuan or _miscopied(total, values)
            forgotten = total.lines.balancing if said > found else ()
            pair = (total.stated, total.lines.computed)
            named = likely_causes(pair, total.lines.parts, forgotten, values)
            return named or typed_in_yuan(found, said)

        yield Case(
            total.stated,
            within(stated, computed, len(total.lines.parts) + 1),
            f"{form.label(total.stated)} = 各项之和",
            actual=stated,
            expected=computed,
            against=SUM_OF_PARTS,
            sound=sound,
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
            against=SUM_OF_PARTS,
            terms={"other": SUM_OF_PARTS},
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
            against=form.label(left.computed),
            terms={"other": form.label(left.computed)},
        )


_LINES = {"income.grant.final": "90", "income.other.final": "10", "income.carried.final": "0"}

T01 = Rule(
    id="T01",
    name="total-differs-from-parts",
    title="合计与分项不符",
    severity=Severity.ERROR,
    when="填报的收入总计或支出总计与各项之和不等,差额超出四舍五入所能解释的范围。",
    message="{label} 填报 {actual} ≠ 各项之和 {expected}({lines}),差 {difference} {unit}",
    why="合计数按决算报表填列,应等于表内各项之和;差额超出四舍五入所能解释的范围,说明有一行漏填、多填或填错。",
    fix="逐行核对各项与决算报表,改正有误的一行;如是合计数抄错,改正合计数。",
    source="勾稽关系:收入总计 = 本年收入合计 + 使用非财政拨款结余 + 年初结转和结余;支出总计同理",
    good=Example({**_LINES, "stated.income": "100"}),
    bad=Example({**_LINES, "stated.income": "102.54"}, at="stated.income"),
    cases=_control_cases,
    brief="{label} 填报 {actual} ≠ 各项之和 {expected},差 {difference} {unit}",
)

T02 = Rule(
    id="T02",
    name="total-rounding",
    title="合计有尾差",
    severity=Severity.NOTE,
    when="两个应当相等的合计只差零点零几万元,在四舍五入的尾差范围之内。",
    message="{label} {actual} 与{other} {expected} 差 {difference} {unit},在四舍五入尾差范围内",
    why="各项由元折算为万元时分别四舍五入,合计可能相差零点零几万元,不算错误。",
    fix="一般不必修改;如需一致,请按决算报表核对各项的第二位小数。",
    source="尾差允许范围:参与比较的数据个数 × 0.005 万元",
    good=Example({**_LINES, "stated.income": "100"}),
    bad=Example({**_LINES, "stated.income": "100.01"}, at="stated.income"),
    cases=_rounding_cases,
)

RULES = (T01, T02)
