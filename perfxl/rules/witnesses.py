"""What tells of the scale of a return's money: its texts, its indicators, what is known of it.

A witness gives the number of times by which the amounts are too large: 10,000 where 元 was typed
for 万元, 10 where 千元 was, 1 where they are right. One speaks only where it is certain what it
speaks of, and the number is just one of these; where witnesses are not of one mind, nothing is
said of the whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from itertools import pairwise

from msgspec import Struct
from msgspec.structs import replace

from perfxl.expr.rounding import MONEY_PLACES, rounded
from perfxl.expr.texts import folded
from perfxl.expr.tree import Key
from perfxl.form.answers import Values
from perfxl.form.model import Kind
from perfxl.form.relations import Indicators, ProjectFunds
from perfxl.report.facts import MONEY, KnownFigure, Printed, Subject
from perfxl.report.mentions import money
from perfxl.report.names import about, without_ending
from perfxl.report.vocabulary import Vocabulary, parsed
from perfxl.text.amounts import amount_text, number_text, plain
from perfxl.text.units import unit_name

RIGHT, TEN, YUAN = Decimal(1), Decimal(10), Decimal(10_000)
FOLDS = (YUAN, TEN, 1 / TEN, 1 / YUAN)
# A figure in 元 beside one in 万元 of the same thing, spent or adjusted by no more than half, is
# this many times the other; budgets that really grow like that are not known.
LEAST_FOLD, MOST_FOLD = Decimal(5_000), Decimal(15_000)
LEAST_IN_YUAN = Decimal(10_000)
# digits a number must have: «9» may be any figure's first one, and a slip of ten is soon made
LEAST_DIGITS = {RIGHT: 1, YUAN: 3, 1 / YUAN: 3, TEN: 4, 1 / TEN: 4}
FEWEST_PROJECTS = 2  # one small project may be all a large unit calls a key one
# an indicator of what is spent on the whole of something …
_SPENT = re.compile("经费|成本|资金|费用|支出|投入|预算|总额|金额|费$")
# … not on one of many, nor of what was saved
_APART = re.compile(
    "单位|人均|户均|平均|每|均|标准|单价|定额|节约|节省|节支|降低|减少|差|率|带动|拉动"
)
_COST = "成本"


class Witness(Struct, frozen=True):
    """One that tells: by how many times which amount is too large, and in words how.

    `text` is the cell whose sentence, `quoted`, says so: the slip may as well be there.
    """

    fold: Decimal
    key: Key
    said: str
    text: Key | None = None
    quoted: str = ""


def is_in_yuan(large: Decimal, small: Decimal) -> bool:
    """Whether an amount looks as if typed in 元 beside another, of the same thing, in 万元."""
    return large >= LEAST_IN_YUAN and LEAST_FOLD * small <= large <= MOST_FOLD * small


def _fold(*pairs: tuple[Decimal | None, Decimal | None]) -> Decimal | None:
    """Give by which fold each amount is just its other, unless a few digits made it so."""
    known = [(amount, right) for amount, right in pairs if amount and right]
    digits = max((_digits(right) for _, right in known), default=0)
    for fold in (RIGHT, *FOLDS) if len(known) == len(pairs) else ():
        if all(_is(amount / fold, right) for amount, right in known):
            return fold if digits >= LEAST_DIGITS[fold] else None
    return None


def _is(one: Decimal, other: Decimal) -> bool:
    return rounded(one, MONEY_PLACES) == rounded(other, MONEY_PLACES)


def _digits(number: Decimal) -> int:
    return len(number.normalize().as_tuple().digits)


# ---------------------------------------------------------------- texts


def in_texts(values: Values) -> Iterator[Witness]:
    """Give what the return's own sentences tell of its amounts, right after their names.

    Whatever stands before a name may make another figure of it, but hardly one that has all the
    digits of the one in the table.
    """
    texts = {
        key: text
        for key, item in values.form.inputs()
        if item.kind is Kind.LONG and "元" in (text := plain(values.text(key) or ""))
    }
    known = money(values) if texts else Vocabulary(())
    for key, text in texts.items():
        where = about(values, key, values.form.row(key).label)
        for subject, printed, quoted in _named_amounts(text, known):
            implied = _implied(subject, printed)
            if implied is not None:
                yield Witness(implied[0], implied[1].key, f"{where}说“{quoted}”", key, quoted)


def _named_amounts(text: str, known: Vocabulary) -> Iterator[tuple[Subject, Printed, str]]:
    """Give each number that stands right after a name, and both as they stand there."""
    for name, number in pairwise(known.token.finditer(text)):
        subject = known.by_name.get(name["name"] or "")
        if subject is None or number["name"] is not None:
            continue
        between = text[name.end() : number.start()]
        if parsed(between, known.between(subject)) is not None:
            printed = Printed.of(number["number"], number["unit"])
            yield subject, printed, text[name.start() : number.end()]


def _implied(subject: Subject, printed: Printed) -> tuple[Decimal, KnownFigure] | None:
    """Give by how many times which figure is what a sentence says, if it is money's."""
    facts = [fact for fact in subject.facts if fact.unit == MONEY and fact.figures_in(printed.unit)]
    digits = _digits(printed.value) if printed.value else 0
    for fold in (RIGHT, *FOLDS):
        for fact in facts if digits >= LEAST_DIGITS[fold] else ():
            scaled = replace(fact, figures=tuple(figure / fold for figure in fact.figures))
            if scaled.is_printed(printed):
                return fold, fact
    return None


# ---------------------------------------------------------------- indicators and projects


class _Project(Struct, frozen=True):
    """A key project: its name, budget and expenditure, and where that stands."""

    name: str
    budget: Decimal
    spent: Decimal
    key: Key


def _projects(values: Values, funds: ProjectFunds) -> Iterator[_Project]:
    for rows in values.alike(funds.block, (funds.project,)).values():
        budget, spent = (funds.cell(rows[0], column) for column in (funds.budget, funds.spent))
        sums = values.number(budget), values.number(spent)
        if sums[0] and sums[1]:
            name = values.text(funds.cell(rows[0], funds.project)) or ""
            yield _Project(name, sums[0], sums[1], spent)


def in_indicators(values: Values) -> Iterator[Witness]:
    """Give what indicators in 万元 tell that certainly are of a project's money."""
    projects = [one for funds in values.form.of(ProjectFunds) for one in _projects(values, funds)]
    for listed in values.form.of(Indicators) if projects else ():
        for row in values.form.blocks[listed.block].rows:
            unit = values.text(listed.cell(row.key, listed.unit)) or ""
            if unit_name(unit) == MONEY and _is_of_spending(values, listed, row.key):
                yield from _of_project(values, listed, row.key, projects)


def _is_of_spending(values: Values, listed: Indicators, row: str) -> bool:
    name = plain(values.text(listed.cell(row, listed.name)) or "")
    level = values.text(listed.cell(row, listed.category)) or "" if listed.category else ""
    return not _APART.search(name) and (_COST in level or _SPENT.search(name) is not None)


def _of_project(
    values: Values, listed: Indicators, row: str, projects: Iterable[_Project]
) -> Iterator[Witness]:
    sides = (listed.goal(row, values.is_filled), listed.cell(row, listed.actual))
    target, actual = map(values.number, sides)
    for project in projects:
        named = _is_named(values, listed, row, project)
        fold = _project_fold(project, target, actual, named)
        if fold is not None and target and actual:
            name = values.text(listed.cell(row, listed.name)) or ""
            where = about(values, listed.cell(row, listed.name), name)
            stands = about(values, project.key, project.name)
            spent = amount_text(project.spent)
            said = f"{where}为 {number_text(actual)} 万元,而{stands}填的是 {spent}"
            yield Witness(fold, project.key, said)


def _is_named(values: Values, listed: Indicators, row: str, project: _Project) -> bool:
    """Whether an indicator is said to be of a project, in a column of its own or by its name."""
    if listed.project:
        return folded(values.text(listed.cell(row, listed.project)) or "") == folded(project.name)
    core = without_ending(plain(project.name))
    return bool(core) and core in plain(values.text(listed.cell(row, listed.name)) or "")


def _project_fold(
    project: _Project, target: Decimal | None, actual: Decimal | None, named: bool
) -> Decimal | None:
    """Give by how many times a project's money is that of an indicator of it."""
    if not target or not actual:
        return None
    fold = _fold((project.budget, target), (project.spent, actual))
    if fold is not None and (named or fold == YUAN):
        return fold
    if named and is_in_yuan(project.budget, target) and is_in_yuan(project.spent, actual):
        return YUAN
    return None


def in_projects(values: Values) -> Iterator[Witness]:
    """Give whether key projects in 万元 stand beside accounts that seem to be in 元."""
    for funds in values.form.of(ProjectFunds):
        spent, ceiling = values.number(funds.total), values.number(funds.ceiling)
        several = len(values.alike(funds.block, (funds.project,))) >= FEWEST_PROJECTS
        if spent and ceiling and several and is_in_yuan(ceiling, spent):
            total = about(values, funds.total, values.form.row(funds.total).label)
            line = about(values, funds.ceiling, values.form.row(funds.ceiling).label)
            said = f"{total}为 {amount_text(spent)} 万元,而{line}填的是 {amount_text(ceiling)}"
            yield Witness(YUAN, funds.ceiling, said)


# ---------------------------------------------------------------- what is known from elsewhere


def known_before(values: Values, known: Mapping[Key, Decimal], source: str) -> Iterator[Witness]:
    """Give what amounts known of the unit beforehand tell, cell by cell."""
    for key, right in known.items():
        amount = values.number(key) if key in values.form.items else None
        fold = _fold((amount, right))
        if fold is None and amount and is_in_yuan(amount, right):
            fold = YUAN
        if fold is not None:
            said = f"{source}{values.form.label(key)}为 {amount_text(right)} 万元"
            yield Witness(fold, key, said)
