"""All returns of a season rolled up: who reported, what was found, what the figures add up to.

Only the return that counts of each unit of the register is counted (see `versions`); all others
are listed with the reason. One of another year says how its unit stands and what was found, but
its figures are left out. Records are taken one at a time and let go: of each unit a slim row
stays. A blank amount is not zero: every total says how many units it is made from.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta, timezone
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from itertools import islice
from typing import Any

from msgspec import Struct, field

from perfxl.check.rule import Severity
from perfxl.expr.rounding import rate_shown
from perfxl.expr.tree import Key
from perfxl.form.identity import WRITTEN
from perfxl.form.model import Block, Form, Kind
from perfxl.form.register import Unit
from perfxl.form.relations import Balance, ClosingBalance, Conclusion, Identity
from perfxl.returns.records import STANDING_WORDS, UNREADABLE, Entry
from perfxl.returns.versions import Versions, moment
from perfxl.rubric.scoring import grade_of
from perfxl.settings.campaign import Campaign

MISSING = "missing"
MOST_AMOUNTS = 100  # of a form, told unit by unit
# how a unit stands
WORDS = {**STANDING_WORDS, UNREADABLE: "已收到,打不开", MISSING: "未报"}
_BEIJING = timezone(timedelta(hours=8))


class Why(StrEnum):
    """Why a file is not counted."""

    UNREADABLE = "无法审核"
    STRAY = "不知是哪个单位的"
    OTHER_YEAR = "不是本年度的"
    COPY = "内容相同的副本"
    SUPERSEDED = "已有更新的一份"
    ASIDE = "没有看"


class Accounts(Struct, frozen=True, dict=True):
    """The money tables of a form: income and expenditure, their columns and totals.

    A form that holds no income against expenditure has none of them.
    """

    sides: tuple[Block, ...] = ()  # income, expenditure
    totals: tuple[str, ...] = ()  # the rows with their grand totals
    columns: tuple[str, ...] = ()
    final: str = ""  # the column of the final accounts

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self.sides)

    @cached_property
    def labels(self) -> Mapping[str, str]:
        """What the columns are called."""
        return {column.key: column.label for column in self.sides[0].columns}

    @cached_property
    def final_keys(self) -> tuple[Key, ...]:
        """The cells of the final accounts, income first."""
        return tuple(key for block in self.sides for key in block.keys(self.final))

    @cached_property
    def keys(self) -> Mapping[str, Key]:
        """The cells of all columns, by their printed keys."""
        keys = (k for b in self.sides for c in self.columns for k in b.keys(c))
        return {str(key): key for key in keys}

    def total(self, column: str) -> tuple[Key, Key]:
        """Give the grand totals of one column, income and expenditure."""
        ends = zip(self.sides, self.totals, strict=True)
        income, cost = (Key(block.key, row, column) for block, row in ends)
        return income, cost


class UnitRow(Struct, frozen=True):
    """One unit of the register and its return that counts, None where it has not reported.

    Where units report project by project, each project that came has a row.

    Scores, rate (a fraction) and amounts are None where the return does not state them, counts of
    findings where there is no return that could be read. `amounts` are in the order of
    `amounts_of_unit`, () where there are none to count: `doubt` says why it is not certain that
    those stated are in the form's unit.
    """

    unit: Unit
    standing: str
    entry: Entry | None = None
    versions: int = 0
    stated: Decimal | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    grade: str = ""
    rate: Decimal | None = None
    errors: int | None = None
    verifies: int | None = None
    notes: int | None = None
    explained: int | None = None
    amounts: tuple[Decimal | None, ...] = ()
    doubt: str = ""


def unit_rows(campaign: Campaign, versions: Versions) -> list[UnitRow]:
    """Give the row of each unit of the register: how it stands, nothing of what its return says."""
    each = versions.of_each(campaign.register.units)
    return [
        UnitRow(unit, found[0].standing, found[0], len(found)) if found else UnitRow(unit, MISSING)
        for unit, found in each
    ]


class RuleTally(Struct):
    """How often one rule found something; `positions` are those of the units, in any order."""

    id: str
    title: str
    severity: Severity
    findings: int = 0
    explained: int = 0
    positions: list[int] = field(default_factory=list)


class IndicatorTally(Struct):
    """How one indicator, by name and unit of measure, came out across units.

    `rows` are those of all returns, met, unmet or not to be judged; `over` are met beyond the
    limit; `completions` adds up the completion of the `rated` rows.
    """

    name: str
    unit: str
    units: int = 0
    rows: int = 0
    met: int = 0
    unmet: int = 0
    unjudged: int = 0
    over: int = 0
    rated: int = 0
    completions: Decimal = Decimal(0)

    @property
    def mean(self) -> Decimal | None:
        """The mean completion, a fraction; None where no row has one."""
        return rate_shown(self.completions / self.rated) if self.rated else None


class AmountTally(Struct):
    """The sum of one figure over units in 万元, and how many units it is known of."""

    total: Decimal = Decimal(0)
    units: int = 0
    passed: Decimal = Decimal(0)  # of returns that passed
    passed_units: int = 0

    @property
    def known(self) -> Decimal | None:
        """The sum, None where no unit stated the figure: a blank is no zero."""
        return self.total if self.units else None

    @property
    def known_passed(self) -> Decimal | None:
        """The same of the returns that passed."""
        return self.passed if self.passed_units else None

    def add(self, amount: Decimal, passed: bool) -> None:
        """Add the amount of one unit."""
        self.total += amount
        self.units += 1
        if passed:
            self.passed += amount
            self.passed_units += 1


class OtherFile(Struct, frozen=True):
    """A file that is not counted. `said` is the unit it names itself, `reason` is for people."""

    why: Why
    entry: Entry
    said: str
    reason: str


class Turnout(Struct, frozen=True, dict=True):
    """How the units of a register stand at one day, in its order, project by project if so asked.

    Whatever says how many units have reported, or have not, says it from here.
    """

    campaign: Campaign
    today: date
    units: Sequence[UnitRow]

    @cached_property
    def missing(self) -> Sequence[UnitRow]:
        """The units that nothing has come from."""
        return [row for row in self.units if row.standing == MISSING]

    @property
    def by_project(self) -> bool:
        """Whether a unit fills in the form once for each of its projects."""
        who = self.campaign.form.only(Identity)
        return who is not None and who.project is not None

    @property
    def counted(self) -> str:
        """What rows are counted in."""
        return "个项目" if self.by_project else "家"

    @property
    def count_head(self) -> str:
        """What a column of counts of rows is called."""
        return "项目数" if self.by_project else "家数"

    @property
    def due(self) -> int:
        """How many units are to report."""
        return len({row.unit for row in self.units})

    @cached_property
    def read(self) -> Sequence[UnitRow]:
        """The rows of returns that could be read."""
        return [row for row in self.units if row.standing not in {MISSING, UNREADABLE}]

    @property
    def unopened(self) -> int:
        """How many units sent nothing that could be read."""
        return self.due - len(self.missing) - self.checked

    @property
    def checked(self) -> int:
        """How many units sent a return that could be read."""
        return len({row.unit for row in self.read})

    @property
    def older(self) -> int:
        """How many files are of units, or projects, of which another one counts."""
        return sum(max(0, row.versions - 1) for row in self.units)

    @property
    def days_left(self) -> int:
        """The days until the deadline, below 0 once it is over."""
        return (self.campaign.deadline - self.today).days

    @property
    def days_words(self) -> str:
        """How far the deadline is, in words."""
        if not self.days_left:
            return "今天截止"
        return f"还有 {self.days_left} 天" if self.days_left > 0 else f"逾期 {-self.days_left} 天"

    @property
    def overdue(self) -> int:
        """How many units nothing has come from although the deadline is over."""
        return len(self.missing) if self.days_left < 0 else 0

    def standings(self, standing: str) -> int:
        """Give the number of units that stand so."""
        return sum(row.standing == standing for row in self.units)


class Rollup(Turnout, frozen=True, dict=True):
    """A season at one day, rules gravest first.

    `amounts` are by cell, of the money tables or, without them, of the whole form; `gaps`, by
    column, are income less expenditure of the units whose grand totals are both known.
    """

    accounts: Accounts
    rules: Sequence[RuleTally]
    indicators: Sequence[IndicatorTally]
    amounts: Mapping[Key, AmountTally]
    gaps: Mapping[str, AmountTally]
    others: Sequence[OtherFile]

    @cached_property
    def money(self) -> tuple[Key, ...]:
        """The cells that a unit's amounts are of."""
        return amounts_of_unit(self.campaign.form, self.accounts)

    def asks_for(self, kind: type[Any]) -> bool:
        """Whether the form has what relations of this kind speak of."""
        return self.campaign.form.only(kind) is not None

    @cached_property
    def doubted(self) -> Sequence[UnitRow]:
        """The units whose amounts are in no total: it is not certain that they are in 万元."""
        return [row for row in self.units if row.doubt]

    @property
    def doubt_words(self) -> str:
        """How many units' amounts are left out, in words; "" where none."""
        return f"其中{len(self.doubted)}家金额单位可疑,未计入" if self.doubted else ""

    def summed(self, standing: str) -> int:
        """Give the number of units that stand so and whose amounts are in the totals."""
        return sum(row.standing == standing and bool(row.amounts) for row in self.units)

    @cached_property
    def grades(self) -> tuple[tuple[str, str], ...]:
        """The grades and the lowest score of each, best first; () where the form asks for none."""
        conclusion = self.campaign.form.only(Conclusion)
        return conclusion.grades if conclusion else ()

    def graded(self, score: Callable[[UnitRow], Decimal | None]) -> Mapping[str, int]:
        """Give how many units earn each grade by such a score; by "", those that have none."""
        earned = Counter(self.grade(score(row)) for row in self.units)
        return {grade: earned[grade] for grade, _ in (*self.grades, ("", ""))}

    def files(self, why: Why) -> int:
        """Give the number of files not counted for this reason."""
        return sum(other.why is why for other in self.others)

    def grade(self, score: Decimal | None) -> str:
        """Give the grade of a score, "" where there is none."""
        return "" if score is None else grade_of(score, self.grades)


def share(part: int, whole: int) -> Decimal | None:
    """Give a part of a whole as a fraction, None of nothing."""
    return rate_shown(Decimal(part) / whole) if whole else None


def amounts_of_unit(form: Form, accounts: Accounts) -> tuple[Key, ...]:
    """Give the amounts told of each unit: the final accounts, of a form without any each amount.

    Those in open lists are left out: nobody knows which rows of two returns are alike.
    """
    if accounts:
        return accounts.final_keys
    fixed = (block for block in form.blocks.values() if not block.repeats)
    every = (
        key for block in fixed for key, item in block.items.items() if item.kind is Kind.AMOUNT
    )
    return tuple(islice(every, MOST_AMOUNTS))


def accounts_of(form: Form) -> Accounts:
    """Give the money tables of a form."""
    closing = form.only(ClosingBalance)
    if closing is None:
        return Accounts()
    ends = (closing.income.computed, closing.expenditure.computed)
    return Accounts(
        tuple(form.blocks[key.block] for key in ends),
        tuple(key.row for key in ends),
        tuple(balance.column for balance in form.of(Balance)),
        closing.column,
    )


def time_text(entry: Entry) -> str:
    """Give when a return was saved, else received, in Beijing time; "" where neither is known."""
    saved = None if entry.saved == WRITTEN else moment(entry.saved)
    found = saved or moment(entry.received)
    return f"{found.astimezone(_BEIJING):%Y-%m-%d %H:%M}" if found else ""


def file_name(source: str) -> str:
    """Give the last part of a path."""
    return source.replace("\\", "/").rsplit("/", 1)[-1]
