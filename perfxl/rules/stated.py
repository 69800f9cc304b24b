"""The checks that an office stated itself, in «勾稽关系»: each a rule, with its words and figures.

They are judged like ours (see `form.relations.StatedCheck`, `expr.office_check`): what is not known
makes them wait, a difference that rounding explains is none, and the likely causes are those that
totals have.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from functools import cached_property, partial
from itertools import chain

from msgspec import Struct
from msgspec.structs import replace

from perfxl.check.rule import Case, Rule, Severity
from perfxl.expr.office import Call, CellAt, Constant, Node, bare
from perfxl.expr.office_check import OfficeCheck, Side, check_in_row
from perfxl.expr.rounding import FINE_PLACES, RATE_PLACES, rounded
from perfxl.expr.spreadsheet import COMPARISONS, ZERO
from perfxl.expr.tree import Expr, Key, columns, decimal, nodes, references
from perfxl.form.answers import BLANK, Answer, Cell, Fault, Values
from perfxl.form.model import Block, Form, Item, Kind
from perfxl.form.relations import StatedCheck, row_in_use_test
from perfxl.report.tables import MEASURES, row_in_use
from perfxl.rules.totals import (
    EXACT,
    MOST_CAUSES,
    miscounted,
    slips,
    tolerance,
    typed_in_yuan,
)
from perfxl.text.amounts import WAN, Measure, addend_text, amount_text
from perfxl.text.safe import cut

OF_SCORES = ("S01", "S02")
LONGEST_TITLE = 40  # it stands in the formulas of hints
LONGEST_STANDARD = 60  # of what a figure is held against
MOST_ROWS_ROUNDED = 10  # of a list, whose rounding may add up
HALF_OF_A_RATE = Decimal("0.5").scaleb(-RATE_PLACES)
YUAN = "元"
TURNED = {"<=": ">=", ">=": "<=", "<": ">", ">": "<"}
MUST = {
    "=": "应等于",
    "<>": "不应等于",
    "<=": "不应大于",
    ">=": "不应小于",
    "<": "应小于",
    ">": "应大于",
}
_NUMBER = Item(Kind.NUMBER)
# what leaves figures in their unit
_ADDING = {"+", "-", "u+", "u-", "()", "SUM", "SUMIF", "SUMIFS", "ROUND", "ABS", "MIN", "MAX"}
_ADDING |= {"AVERAGE", "IF", "IFERROR", "AND", "OR", *COMPARISONS}


def stated_rules(form: Form) -> Iterator[Rule]:
    """Give a rule for each check the form states."""
    return (_rule(check, form) for check in form.of(StatedCheck))


def _rule(check: StatedCheck, form: Form) -> Rule:
    first = _Told(check.tests[0], form)
    said = first.test.words(_Called(form, first.key, every_row=True))
    title = cut(check.what or said, LONGEST_TITLE)
    return Rule(
        id=check.id,
        name=title,
        title=title,
        severity=Severity(check.severity),
        when=f"“{check.what or said}”不成立。",
        message="{one}{said},{must} {other}{found}{gap}",
        why=f"本表样规定:{said}{'(逐格核对)' if _is_one_of_many(check, form) else ''}。",
        fix=check.fix or "核对两边用到的各格,改正填错的一格。",
        source=f"表样“{check.place or '勾稽关系'}”",
        cases=partial(_cases, check),
        # a score beyond its points, a total that is not their sum: one mistake, whoever says so
        follows=OF_SCORES if first.is_typed and first.item.kind is Kind.SCORE else (),
        aside=f"勾稽关系 {check.id} 同样不成立",
    )


def _is_one_of_many(check: StatedCheck, form: Form) -> bool:
    return len(check.tests) > 1 or _list_of(check.tests[0], form) is not None


def _list_of(test: OfficeCheck, form: Form) -> Block | None:
    """Give the open list in each of whose rows a test must hold, if any."""
    blocks = (form.blocks[key.block] for key in references(test))
    return next((block for block in blocks if block.repeats), None)


def _cases(check: StatedCheck, form: Form) -> Iterator[Case]:
    for test in check.tests:
        block = _list_of(test, form)
        if block is None:
            yield _Told(_allowing(check, test, form), form).case(check)
            continue
        for row in block.rows:
            own = _allowing(check, check_in_row(test, block.key, row.key), form)
            yield replace(_Told(own, form).case(check), active=row_in_use_test(block.key, row))


def _allowing(check: StatedCheck, test: OfficeCheck, form: Form) -> OfficeCheck:
    """Give a test with the tolerance that is said, else what rounding explains."""
    allowed = check.tolerance
    return replace(test, tolerance=_Told(test, form).rounding if allowed is None else allowed)


# ---------------------------------------------------------------- what it hangs on


def _inputs(expr: Expr, form: Form) -> list[Key]:
    """Give the inputs an expression hangs on, those behind formulas of the form included."""
    found: dict[Key, None] = {}
    waiting = [expr]
    for one in waiting:
        listed = (key for column in columns(one) for key in form.blocks[column[0]].keys(column[1]))
        for key in (*references(one), *listed):
            item = form.items[key]
            if key not in found and item.formula is not None:
                waiting.append(item.formula)
            found[key] = None
    return [key for key in found if form.items[key].is_input]


def _addends(test: OfficeCheck, form: Form) -> int:
    """Give how many typed figures a test adds up; of a list not more than are usually filled."""
    counts = Counter(
        (key.block, key.column, "" if form.blocks[key.block].repeats else key.row)
        for key in _inputs(test, form)
    )
    return sum(min(count, MOST_ROWS_ROUNDED) for count in counts.values())


def _lacks(test: OfficeCheck, values: Values) -> list[Key]:
    """Give the inputs that keep a test from being judged: illegible, required, or left blank."""
    form = values.form
    keys = [key for key in _inputs(test, form) if _is_in_use(key, values)]
    answers = {key: values.answers.get(key, BLANK) for key in keys}
    unread = [key for key, answer in answers.items() if answer.fault is not Fault.NONE]
    blank = [key for key, answer in answers.items() if answer.cell.blank]
    due = [key for key in blank if form.items[key].required is not False]
    waited = [key for key in blank if form.items[key].kind is not Kind.AMOUNT]
    return unread or due or waited or blank


def _is_in_use(key: Key, values: Values) -> bool:
    """Whether a cell is in no list, or in a row of it that is in use."""
    repeats = values.form.blocks[key.block].repeats
    return not repeats or row_in_use(values, key.block, key.row)


# ---------------------------------------------------------------- in words


class _Called(Struct, frozen=True):
    """How the cells of a check are called where it is told of one of them, `of`.

    What is in the column of that one is called by its row, in a list by the column; with `values`,
    figures stand beside it. With `every_row` no row of a list is named.
    """

    form: Form
    of: Key
    values: Values | None = None
    every_row: bool = False

    def label(self, key: Key) -> str:
        """Give the wording of a cell, or of a column of a list."""
        if self.form.blocks[key.block].repeats and (self.every_row or key != self.of):
            return self.form.column(key).label
        if key == self.of:
            return self.form.label(key)
        _, dot, column = self.form.label(self.of).rpartition("·")
        return self.form.label(key).removesuffix(f"{dot}{column}" if dot else "")

    def figure(self, key: Key) -> str:
        """Give what is filled in, after a blank."""
        number = self.values.number(key) if self.values else None
        return "" if number is None else f" {_printed(number, self.form.items[key])}"


def _printed(value: object, item: Item) -> str:
    if not isinstance(value, Decimal):
        return f"“{value}”"
    measure = MEASURES.get(item.kind, Measure.PLAIN)
    return addend_text(value) if measure.unit else measure.text(value)


class _Told(Struct, frozen=True, dict=True):
    """A test at one place: `one` is the side it is told of, `other` what that is held against.

    The first is a cell standing alone where there is one, best one that the unit fills.
    """

    test: OfficeCheck
    form: Form

    @cached_property
    def turned(self) -> bool:
        """Whether the right side is the one told of."""
        left, right = map(self._rank, (self.test.left, self.test.right))
        return right > left

    def _rank(self, side: Node) -> int:
        match bare(side):
            case CellAt(key):
                return 2 if self.form.items[key].is_input else 1
            case Constant():
                return -1
        return 0

    @property
    def one(self) -> Node:
        return self.test.right if self.turned else self.test.left

    @property
    def other(self) -> Node:
        return self.test.left if self.turned else self.test.right

    @cached_property
    def key(self) -> Key:
        """The cell to point at: the first named, of a list that is taken whole its first."""
        listed = (self.form.blocks[block].keys(column)[0] for block, column in columns(self.one))
        return next(chain(references(self.one), listed))

    @cached_property
    def item(self) -> Item:
        """What stands there; a plain number of a side that is no sum of its cells."""
        return self.form.items[self.key] if _is_sum(self.one) else _NUMBER

    @property
    def is_typed(self) -> bool:
        """Whether it is told of a single cell that the unit fills."""
        return isinstance(bare(self.one), CellAt) and self.item.is_input

    @cached_property
    def unit(self) -> str:
        """That of the figures: of a computed cell that of those it is made of."""
        items = (self.form.items[key] for key in (self.key, *_inputs(self.test, self.form)))
        return next((one.unit for one in items if one.kind is self.item.kind and one.unit), "")

    @property
    def dust(self) -> Decimal:
        """What rounding to a larger unit than that of the accounts may leave between the sides."""
        addends = _addends(self.test, self.form)
        rounded_off = self.item.kind is Kind.AMOUNT and self.unit != YUAN
        return (
            tolerance(addends).value if rounded_off and addends > len(self.test.parts()) else ZERO
        )

    @property
    def rounding(self) -> Decimal:
        """The difference that rounding alone explains, 0 where no figure may equal another."""
        if self.test.operator not in {"=", "<=", ">="}:
            return ZERO
        return HALF_OF_A_RATE if self.item.kind is Kind.RATE else self.dust

    def case(self, check: StatedCheck) -> Case:
        """Give the case."""
        test, plain = self.test, _Called(self.form, self.key)
        words = test.words(plain)
        operator = TURNED.get(test.operator, test.operator) if self.turned else test.operator
        return Case(
            self.key,
            test,
            words if len(check.tests) > 1 else check.what or words,
            actual=Side(test, self.one),
            expected=Side(test, self.other),
            against=cut(self.other.words(plain), LONGEST_STANDARD),
            measure=MEASURES.get(self.item.kind, Measure.PLAIN),
            terms={
                "must": MUST[operator],
                "one": partial(self._words, self.one),
                "other": partial(self._words, self.other),
                "said": partial(self._value, self.one),
                "found": partial(self._value, self.other),
                "gap": self._gap,
            },
            causes=partial(_causes, self),
            lacks=partial(_lacks, test),
            whole=self.key not in references(self.one),
        )

    def _words(self, side: Node, values: Values) -> str:
        match bare(side):
            case Constant():
                return ""
            case CellAt(key):
                return _Called(self.form, self.key).label(key)
            case Call("IF"):
                return ""  # what it comes to is said first
        return side.words(_Called(self.form, self.key, values))

    def _value(self, side: Node, values: Values) -> str:
        value = _printed(side.evaluate(values), self.item)
        if isinstance(node := bare(side), Call) and node.name == "IF":
            return f"{value}{node.words(_Called(self.form, self.key, values))}"
        sign = "" if isinstance(bare(side), Constant) else " " if _is_cell(side) else " = "
        return f"{sign}{value}"

    def _gap(self, values: Values) -> str:
        apart = self.apart(values)
        told = apart is not None and self.item.kind is not Kind.RATE
        return f",相差 {_printed(apart, self.item)} {self.unit}".rstrip() if told else ""

    def figures(self, values: Values) -> tuple[Decimal, Decimal] | None:
        """Give what the sides come to, None where they are no figures."""
        one, other = (decimal(side.evaluate(values)) for side in (self.one, self.other))
        return None if one is None or other is None else (one, other)

    def apart(self, values: Values) -> Decimal | None:
        """Give by how much the sides differ."""
        both = self.figures(values)
        return both and rounded(abs(both[0] - both[1]), FINE_PLACES)


def _is_sum(side: Node) -> bool:
    """Whether a side counts in the unit of its cells: a share of two amounts is no amount."""
    return all(not isinstance(node, Call) or node.name in _ADDING for node in nodes(side))


def _is_cell(side: Node) -> bool:
    return isinstance(bare(side), CellAt)


# ---------------------------------------------------------------- causes


def _causes(told: _Told, values: Values) -> list[str]:
    """Say what would make the sides equal, as of our totals; the best guesses only."""
    both, apart = told.figures(values), told.apart(values)
    if both is None or apart is None or told.item.kind is not Kind.AMOUNT:
        return []
    in_yuan = typed_in_yuan(*both) or typed_in_yuan(*both[::-1]) if told.unit == WAN else []
    if in_yuan or told.test.operator != "=":
        return in_yuan
    rounding = ["差额不超过各项折算成万元时四舍五入的尾差"] if apart <= told.dust else []
    return [*_miscounted(told, values), *_slips(told, values, apart), *rounding][:MOST_CAUSES]


def _amounts(told: _Told, values: Values) -> Iterator[tuple[Key, Decimal, str]]:
    """Give the amounts a check hangs on, each with its cell and what that is called."""
    for key in _inputs(told.test, told.form):
        number = values.number(key)
        if number and told.form.items[key].kind is Kind.AMOUNT:
            yield key, number, f"“{told.form.label(key)}”"


def _miscounted(told: _Told, values: Values) -> Iterator[str]:
    """Say which line a typed total left out or counted twice."""
    both = told.figures(values) if told.is_typed else None
    lines = ((number, name) for key, number, name in _amounts(told, values) if key != told.key)
    return miscounted(*both, lines) if both else iter(())


def _slips(told: _Told, values: Values, apart: Decimal) -> Iterator[str]:
    """Say which amount, mended as slips are, makes the sides equal."""
    for key, number, name in _amounts(told, values):
        signed = told.form.items[key].signed or number < 0
        turned = (-number, EXACT, f"{name}{amount_text(number)} 像是正负号填反了")
        for amount, slack, said in (*slips(number, name), *([turned] if signed else ())):
            counted = amount == 0 and told.is_typed  # told above
            explains = not counted and abs(abs(number - amount) - apart) <= slack
            if explains and _mends(told, values, key, amount, slack):
                yield said


def _mends(told: _Told, values: Values, key: Key, amount: Decimal, slack: Decimal) -> bool:
    """Whether another amount in a cell makes the sides equal."""
    answers = {**values.answers, key: Answer(Cell(amount), amount)}
    apart = told.apart(values.covering(answers, ()))
    return apart is not None and apart <= slack
