"""A rule: what can be wrong, where to look, how to say it; `judging` applies rules to a return.

A rule is a frozen record. Rules about figures give `cases(form)`: each case has a test that is an
expression, so it is live in the template and the unit sees the very finding we would send. Rules
about the workbook itself give `inspect(submission)`, an ordinary function.

Findings are values. A rule that cannot decide leaves the case undecided and says what is missing;
a rule that crashes is a fault of ours and is not caught here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct, field

from perfxl.expr.arithmetic import Minus, Round
from perfxl.expr.rounding import MONEY_PLACES
from perfxl.expr.tree import Expr, Key
from perfxl.form.answers import Address, Submission, Values
from perfxl.form.document import Manuscript, typed
from perfxl.form.model import Form
from perfxl.text.amounts import Measure


class Severity(StrEnum):
    """错误 must be corrected, 核实 corrected or explained, 提示 is for information."""

    ERROR = "error"
    VERIFY = "verify"
    NOTE = "note"

    @property
    def word(self) -> str:
        """The word the staff use."""
        return {"error": "错误", "verify": "核实", "note": "提示"}[self.value]

    @property
    def rank(self) -> int:
        """0 for the gravest."""
        return list(Severity).index(self)


LONGEST_QUOTED = 200  # characters of a text told within a sentence of ours

SHORTER_QUOTED = (LONGEST_QUOTED, 80, 50, 30)  # the same where there is room for one line only

MOST_TOLD, FEW_TOLD = 12, 2  # cells of a group told with what stands in them; in one line

Term = str | Expr | tuple[Expr, Measure] | Callable[[Values], str]


def text_in(key: Key, otherwise: str = "") -> Callable[[Values], str]:
    """Give a term that prints the text in a cell, or `otherwise` where it is blank."""
    return lambda values: values.text(key) or otherwise


def these(*keys: Key) -> Callable[[Values], tuple[Key, ...]]:
    """Give the same cells whatever stands in them."""
    return lambda _: keys


class Case(Struct, frozen=True):
    """One place a rule applies to. `test` holds where all is well.

    `key` is the cell to point at; `cells`, where given, are the cells concerned, each with a test
    of its own, and those that fail are pointed at instead. `active` says whether a list row is in
    use at all. `actual`, `expected` and further `terms` fill the message; `causes` may add hints;
    `lacks` are the inputs that keep it from being judged, where the test does not tell them.
    `explanation` is where the form itself offers room for the reason. `mends` are inputs the fix
    sends to besides those the test is made of; `narrow`: the form has not all columns it sends to.
    """

    key: Key
    test: Expr
    about: str
    cells: tuple[tuple[Key, Expr], ...] = ()
    active: Expr | None = None
    actual: Expr | None = None
    expected: Expr | None = None
    against: str = ""
    sound: Callable[[Values], bool | None] | None = None
    measure: Measure = Measure.AMOUNT
    terms: Mapping[str, Term] = field(default_factory=dict)
    causes: Callable[[Values], Sequence[str]] | None = None
    mends: Callable[[Values], Iterable[Key]] | None = None
    lacks: Callable[[Values], Iterable[Key]] | None = None
    explanation: Key | None = None
    narrow: bool = False
    due: Expr | None = None  # how many cells have to be filled
    missing: Expr | None = None  # how many of them are not
    whole: bool = False  # whether it is about a list as a whole, not about one of its rows

    @property
    def difference(self) -> Expr | None:
        """Actual - expected, rounded, where both are amounts or scores."""
        if self.actual is None or self.expected is None:
            return None
        if self.measure not in {Measure.AMOUNT, Measure.SCORE}:
            return None
        places = MONEY_PLACES
        return Round(Minus(Round(self.actual, places), Round(self.expected, places)), places)


class Hit(Struct, frozen=True):
    """Something `inspect` found: where, the further cells it is about, what fills the message.

    `mends` are further inputs the fix sends to; `narrow`: the form has not all columns it names.
    """

    label: str
    key: Key | None = None
    address: Address | None = None
    actual: Decimal | str | None = None
    expected: str | None = None
    against: str = ""  # what `expected` is, where it may be wrong as well
    measure: Measure = Measure.PLAIN
    terms: Mapping[str, str] = field(default_factory=dict)
    others: tuple[Key, ...] = ()
    mends: tuple[Key, ...] = ()
    narrow: bool = False

    @property
    def shown(self) -> str | None:
        """What was found, for people."""
        found = self.actual
        return self.measure.text(found) if isinstance(found, Decimal) else found


class Example(Struct, frozen=True):
    """Answers on the specimen form (`rules.specimen`), and damage done to the workbook.

    `report` are the lines of a report that comes with it (see `manuscript.typed`); `at` names the
    key the bad example must be found at.
    """

    answers: Mapping[str, object] = field(default_factory=dict)
    damage: tuple[tuple[str, ...], ...] = ()
    report: tuple[str, ...] = ()
    at: str = ""

    @property
    def manuscript(self) -> Manuscript | None:
        """The report that comes with it, if any does."""
        return typed(self.report) if self.report else None


NO_EXAMPLE = Example()


class Rule(Struct, frozen=True, kw_only=True):
    """One entry of the catalogue. `when` says when it appears, `message` is filled by name.

    Of ours each has a good and a bad example; one that an office wrote has none. `narrow_fix` is
    the fix on a form without the columns that `fix` sends to.

    What it finds in a row is no mistake of its own beside a finding there of a rule it `follows`
    (ids, the gravest first): it is told with that one, as `aside` has it, and mended by its fix.
    """

    id: str
    name: str
    title: str
    severity: Severity
    when: str
    message: str
    why: str
    fix: str
    source: str
    good: Example = NO_EXAMPLE
    bad: Example = NO_EXAMPLE
    cases: Callable[[Form], Iterable[Case]] | None = None
    inspect: Callable[[Submission, Values], Iterable[Hit]] | None = None
    grouped: str = ""  # the message where like findings of one block become one
    brief: str = ""  # the message where there is room for one line only
    follows: tuple[str, ...] = ()
    aside: str = ""
    narrow_fix: str = ""
    alone: bool = False  # whether, once it finds something, nothing else is judged
    of_gone: bool = False  # whether what it tells of is not there, so that no cell can be named

    @property
    def live(self) -> bool:
        """Whether the template itself runs this check."""
        return self.cases is not None

    @property
    def illustrated(self) -> bool:
        """Whether it has examples."""
        return self.bad is not NO_EXAMPLE
