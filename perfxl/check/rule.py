"""A rule: what can be wrong, where to look, how to say it; and `check`, which applies them.

A rule is a frozen record. Rules about figures give `cases(form)`: each case has a test that is an
expression, so it is live in the template and the unit sees the very finding we would send. Rules
about the workbook itself give `inspect(submission)`, an ordinary function.

Findings are values. A rule that cannot decide leaves the case undecided and says what is missing;
a rule that crashes is a fault of ours and is not caught here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field, replace
from decimal import Decimal
from enum import StrEnum

from perfxl.expr.arithmetic import Minus, Round
from perfxl.expr.rounding import MONEY_PLACES
from perfxl.expr.tree import FAILS, PENDING, Expr, Key, Names, columns, decimal, references
from perfxl.form.answers import BLANK, Address, Fault, Submission, Values, says_nothing
from perfxl.form.document import Manuscript, typed
from perfxl.form.identity import fingerprint
from perfxl.form.model import Form, Kind
from perfxl.text.amounts import Measure, addend_text
from perfxl.text.safe import clipped, cut


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


@dataclass(frozen=True, slots=True)
class Case:
    """One place a rule applies to. `test` holds where all is well.

    `key` is the cell to point at; `cells`, where given, are the cells concerned, each with a test
    of its own, and those that fail are pointed at instead. `active` says whether a list row is in
    use at all. `actual`, `expected` and further `terms` fill the message; `causes` may add hints.
    `explanation` is where the form itself offers room for the reason. `mends` are inputs the fix
    sends to besides those the test is made of.
    """

    key: Key
    test: Expr
    about: str
    _: KW_ONLY
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
    explanation: Key | None = None
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


@dataclass(frozen=True, slots=True)
class Hit:
    """Something `inspect` found: where, the further cells it is about, what fills the message.

    `mends` are further inputs the fix sends to.
    """

    label: str
    key: Key | None = None
    address: Address | None = None
    _: KW_ONLY
    actual: Decimal | str | None = None
    expected: str | None = None
    against: str = ""  # what `expected` is, where it may be wrong as well
    measure: Measure = Measure.PLAIN
    terms: Mapping[str, str] = field(default_factory=dict)
    others: tuple[Key, ...] = ()
    mends: tuple[Key, ...] = ()

    @property
    def shown(self) -> str | None:
        """What was found, for people."""
        found = self.actual
        return self.measure.text(found) if isinstance(found, Decimal) else found


@dataclass(frozen=True, slots=True)
class Example:
    """Answers on the specimen form (`rules.specimen`), and damage done to the workbook.

    `report` are the lines of a report that comes with it (see `manuscript.typed`); `at` names the
    key the bad example must be found at.
    """

    answers: Mapping[str, object] = field(default_factory=dict)
    _: KW_ONLY
    damage: tuple[tuple[str, ...], ...] = ()
    report: tuple[str, ...] = ()
    at: str = ""

    @property
    def manuscript(self) -> Manuscript | None:
        """The report that comes with it, if any does."""
        return typed(self.report) if self.report else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One entry of the catalogue. `when` says when it appears, `message` is filled by name.

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
    good: Example
    bad: Example
    cases: Callable[[Form], Iterable[Case]] | None = None
    inspect: Callable[[Submission, Values], Iterable[Hit]] | None = None
    grouped: str = ""  # the message where like findings of one block become one
    brief: str = ""  # the message where there is room for one line only
    follows: tuple[str, ...] = ()
    aside: str = ""
    alone: bool = False  # whether, once it finds something, nothing else is judged

    @property
    def live(self) -> bool:
        """Whether the template itself runs this check."""
        return self.cases is not None


@dataclass(frozen=True, slots=True)
class Brief:
    """A finding in one line: a message, what fills it, and what may be left out after it."""

    message: str
    terms: Mapping[str, str]
    more: tuple[str, ...] = ()

    def within(self, room: int) -> str:
        """Give what so many characters have room for: quotations are cut, figures are not."""
        fitted = (
            self.message.format_map({name: cut(text, most) for name, text in self.terms.items()})
            for most in SHORTER_QUOTED
        )
        said = next((text for text in fitted if len(text) <= room), "")
        said = said or clipped(self.message.format_map(self.terms), room)
        for piece in self.more:
            said += piece if len(said) + len(piece) <= room else ""
        return said


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing found. `actual`, `expected`, `difference` are figures (or texts) as data.

    `against` names the figure `actual` was held against, where nobody knows which of them is
    wrong; `expected` is None where it is known not to be what should stand there.
    `mends` are further inputs its fix sends to; `consequences` what merely follows from it, the
    message tells them as well.
    """

    rule: Rule
    label: str
    message: str
    brief: Brief
    keys: tuple[Key, ...] = ()
    places: tuple[Address, ...] = ()
    actual: Decimal | str | None = None
    expected: Decimal | str | None = None
    difference: Decimal | None = None
    measure: Measure = Measure.PLAIN
    against: str = ""
    note: str | None = None  # the unit's 说明 in an earlier result, as long as it holds
    reason: str | None = None  # its reason in the form's own column
    lapsed: str | None = None  # why a 说明 it wrote holds no longer
    states: tuple[str, ...] = ()  # a mark of what is flagged in each cell, or of the whole
    mends: tuple[Key, ...] = ()
    aside: str = ""  # how it is told with what it follows from
    consequences: tuple[Finding, ...] = ()

    @property
    def row(self) -> tuple[str, str] | None:
        """The block and row it is about."""
        return (self.keys[0].block, self.keys[0].row) if self.keys else None

    @property
    def explained(self) -> str | None:
        """What the unit says to a 核实; an 错误 cannot be explained away."""
        said = self.note or self.reason
        return said if said and self.severity is Severity.VERIFY else None

    @property
    def severity(self) -> Severity:
        """That of the rule."""
        return self.rule.severity

    def printed(self, value: Decimal | str | None) -> str:
        """Print a figure of this finding for people, "" where there is none."""
        return self.measure.text(value) if isinstance(value, Decimal) else value or ""

    @property
    def standard(self) -> str:
        """What the figure was held against, for people: what should be there, or what it is."""
        return self.against or self.printed(self.expected)

    def figure(self, value: Decimal | str | None) -> str | None:
        """Print a figure of this finding as data."""
        return self.measure.data(value) if isinstance(value, Decimal) else value


@dataclass(frozen=True, slots=True)
class NotChecked:
    """A rule that could not be judged at some place, and what it lacked."""

    rule: Rule
    label: str
    reason: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """All that the rules say of one return, the gravest finding first, explained ones later."""

    findings: tuple[Finding, ...]
    not_checked: tuple[NotChecked, ...]

    # inputs the file has no cell for, and those that an earlier result asked about
    named: frozenset[Key] = frozenset()

    @property
    def every(self) -> Iterator[Finding]:
        """The findings, each before what follows from it."""
        for finding in self.findings:
            yield from (finding, *finding.consequences)

    @property
    def open_points(self) -> int:
        """The number of 核实 that are not explained."""
        return sum(f.severity is Severity.VERIFY and not f.explained for f in self.findings)

    def count(self, severity: Severity) -> int:
        """Give the number of findings of one severity."""
        return sum(finding.severity is severity for finding in self.findings)


@dataclass(frozen=True, slots=True)
class Labels:
    """How cells are called in messages; with `values`, their figures stand beside them."""

    form: Form
    values: Values | None = None

    def label(self, key: Key) -> str:
        """Give the row's wording: within one message the column is the same throughout."""
        return self.form.row(key).label

    def figure(self, key: Key) -> str:
        """Give the figure after a blank, or "" where there is none."""
        number = self.values.number(key) if self.values else None
        return "" if number is None else f" {addend_text(number)}"


def check(submission: Submission, rules: Sequence[Rule], values: Values) -> Outcome:
    """Apply the rules to a return; a form not recognised is the only finding about it.

    `values` must belong to the form with its live checks, which `form.cases` lists.
    """
    form = values.form
    order = {rule.id: number for number, rule in enumerate(rules)}
    findings: list[Finding] = []
    open_cases: list[NotChecked] = []
    for rule in sorted(rules, key=lambda rule: not rule.alone):
        if rule.inspect is not None:
            hits = rule.inspect(submission, values)
            findings += (_from_hit(rule, hit, submission) for hit in hits)
        if rule.alone and findings:
            return Outcome(tuple(findings), (), submission.missing | submission.named)
    for verdict, rule, case in form.cases:
        if rule.id not in order:
            continue
        outcome = values.text(verdict)
        if outcome == FAILS:
            findings += _from_case(rule, case, submission, values)
        elif outcome == PENDING:
            open_cases.append(NotChecked(rule, case.about, _reason(case, values)))
    marked = (replace(finding, states=_states(finding, values)) for finding in findings)
    noted = (_with_note(finding, submission) for finding in _grouped(marked, form))
    ordered = sorted(noted, key=lambda f: (f.severity.rank, bool(f.explained), order[f.rule.id]))
    named = submission.missing | submission.named
    return Outcome(tuple(_with_consequences(ordered)), tuple(open_cases), named)


def _from_hit(rule: Rule, hit: Hit, submission: Submission) -> Finding:
    place = hit.address or _address(submission, hit.key)
    texts = {"label": hit.label, "actual": hit.shown, "expected": hit.expected, **hit.terms}
    terms = {name: cut(text or "", LONGEST_QUOTED) for name, text in texts.items()}
    return Finding(
        rule=rule,
        label=hit.label,
        message=rule.message.format_map(terms),
        brief=Brief(rule.brief or rule.message, terms),
        keys=(hit.key, *hit.others) if hit.key else (),
        places=(place,) if place else (),
        actual=hit.actual,
        expected=hit.expected,
        measure=hit.measure,
        against=f"{hit.against} {hit.expected}" if hit.against else "",
        mends=hit.mends,
    )


def _from_case(rule: Rule, case: Case, submission: Submission, values: Values) -> Iterator[Finding]:
    """Give the finding of a failed case; none where its cells are gone, which is told as such."""
    failing = tuple(key for key, test in case.cells if test.evaluate(values) is False)
    keys = tuple(key for key in failing or (case.key,) if not _is_gone(submission, key))
    if not keys:
        return
    places = tuple(p for p in (_address(submission, key) for key in keys) if p is not None)
    actual, expected, difference = (
        None if expr is None else decimal(expr.evaluate(values))
        for expr in (case.actual, case.expected, case.difference)
    )
    label = values.form.label(keys[0])
    terms = {
        "label": label,
        "labels": "、".join(map(values.form.label, keys)),
        **{
            name: "" if figure is None else case.measure.text(figure)
            for name, figure in (("actual", actual), ("expected", expected))
        },
        "difference": "" if difference is None else case.measure.text(abs(difference)),
        **{name: cut(_term(term, values), LONGEST_QUOTED) for name, term in case.terms.items()},
    }
    causes = case.causes(values) if case.causes else ()
    sound = case.sound(values) if case.sound else None
    against = f"{case.against} {terms['expected']}" if case.against and not sound else ""
    reason = values.text(case.explanation) if case.explanation else None
    hint = f"。可能原因:{';'.join(causes)}" if causes else ""
    yield Finding(
        rule=rule,
        label=label,
        message=rule.message.format_map(terms) + hint,
        brief=Brief(
            rule.brief or rule.message, terms, (f"。可能原因:{causes[0]}",) if causes else ()
        ),
        keys=keys,
        places=places,
        actual=actual,
        expected=None if against and sound is False else expected,
        difference=difference,
        measure=case.measure,
        against=against,
        reason=None if reason is None or says_nothing(reason) else reason,
        mends=tuple(case.mends(values)) if case.mends else (),
        aside=rule.aside.format_map(terms),
    )


def _is_gone(submission: Submission, key: Key) -> bool:
    """Whether an input has no cell of its own in the file: its row is gone, or it was merged."""
    answer = submission.answers.get(key, BLANK)
    return key in submission.missing or answer.fault is Fault.MERGED


def _with_note(finding: Finding, submission: Submission) -> Finding:
    """Give the finding with the 说明 the unit wrote to it, or with why that holds no longer.

    A finding of several cells is explained when each of them was, by one text.
    """
    keys = map(str, finding.keys or ("",))
    cells = [
        (submission.explanations.get((finding.rule.id, key)), state)
        for key, state in zip(keys, finding.states, strict=True)
    ]
    said = next((one for one, _ in cells if one is not None), None)
    if said is None:
        return finding
    if finding.severity is Severity.ERROR:
        return replace(finding, lapsed="错误必须改正,不能用说明代替")
    quoted = cut(said.text, LONGEST_QUOTED)
    if says_nothing(said.text):
        return replace(finding, lapsed=f"说明只写了“{quoted}”,请写明原因")
    if any(one is None for one, _ in cells):
        return replace(finding, lapsed=f"原说明“{quoted}”没有说到新增的格子,请重新说明")
    if any(one and one.state not in {"", state} for one, state in cells):
        return replace(finding, lapsed=f"原说明“{quoted}”是数据改动前写的,请重新说明")
    return replace(finding, note=said.text)


def _states(finding: Finding, values: Values) -> tuple[str, ...]:
    """Give the mark of each cell a finding flags: its figures, what stands there, in which row."""
    figures = [finding.figure(figure) or "" for figure in (finding.actual, finding.difference)]
    if not finding.keys:
        return (fingerprint(figures),)
    return tuple(fingerprint([*figures, *_standing(key, values)]) for key in finding.keys)


def _standing(key: Key, values: Values) -> Iterator[str]:
    naming = values.form.blocks[key.block].naming
    for cell in (key, *(key._replace(column=column) for column in naming)):
        yield values.text(cell) or ""


def _term(term: Term, values: Values) -> str:
    names: Names = Labels(values.form, values)
    if isinstance(term, str):
        return term
    if not isinstance(term, (Expr, tuple)):
        return term(values)
    expr, measure = term if isinstance(term, tuple) else (term, None)
    if measure is None:
        return expr.words(names)
    value = expr.evaluate(values)
    return measure.text(value) if isinstance(value, Decimal) else str(value or "")


def _address(submission: Submission, key: Key | None) -> Address | None:
    """Give where a cell stands, or where it has none in the file what its row is judged by.

    That is a computed cell of a row the unit added: what it adds up stands for it, else what it is
    computed from, else any input of that row.
    """
    found = (_stands(submission, one) for one in _stand_ins(submission.form, key))
    return next(filter(None, found), None)


def _stands(submission: Submission, key: Key) -> Address | None:
    answer = submission.answers.get(key)
    cell = submission.computed.get(key) if answer is None else answer.cell
    return cell.address if cell else None


def _stand_ins(form: Form, key: Key | None) -> Iterator[Key]:
    if key is None:
        return
    yield key
    item = form.items.get(key)
    if item is None or item.formula is None:
        return
    yield from (key._replace(column=c) for block, c in columns(item.formula) if block == key.block)
    yield from (one for one in references(item.formula) if one[:2] == key[:2])
    row = form.row(key)
    yield from (key._replace(column=column) for column, i in row.items.items() if i.is_input)


def _reason(case: Case, values: Values) -> str:
    """Say what keeps a case from being judged."""
    parts: dict[str, list[str]] = {}
    for key in values.unknown_inputs(case.test):
        answer = values.answers.get(key, BLANK)
        label = values.form.label(key)
        match answer.fault:
            case Fault.UNCLEAR:
                typed = cut(str(answer.value), LONGEST_QUOTED)
                parts.setdefault(f"{label}“{typed}”不能识别为数值,请人工判断", [])
            case Fault.MERGED:
                parts.setdefault("在合并的格子里,分不清填的是什么:{}", []).append(label)
            case Fault.NONE if answer.cell.blank:
                parts.setdefault("未填:{}", []).append(label)
            case _ if values.form.items[key].kind is Kind.CHOICE:
                parts.setdefault("不是下拉列表里的选项:{}", []).append(label)
            case _:
                parts.setdefault("读不出数值:{}", []).append(label)
    said = [text.format(few(labels)) if labels else text for text, labels in parts.items()]
    return ";".join(said) or "按规则无法判断,请人工判断"


def few(labels: Sequence[str], most: int = 3) -> str:
    """Give the first of several wordings, and how many there are."""
    more = f" 等 {len(labels)} 处" if len(labels) > most else ""
    return "、".join(labels[:most]) + more


def _grouped(findings: Iterable[Finding], form: Form) -> Iterator[Finding]:
    """Make one finding of like ones in a block, where their rule asks for it."""
    groups: dict[tuple[str, str, str], list[Finding]] = {}
    for number, finding in enumerate(findings):
        where = _place_of_group(finding)
        alike = (finding.rule.id, where, "") if finding.rule.grouped else ("", "", str(number))
        groups.setdefault(alike, []).append(finding)
    return (_merged(group, form) for group in groups.values())


def _place_of_group(finding: Finding) -> str:
    """Give the block that like findings share; of none, the sheet where the message names it."""
    if finding.keys:
        return finding.keys[0].block
    return finding.places[0].sheet if finding.places and "{sheet}" in finding.rule.grouped else ""


def _labels(finding: Finding, form: Form) -> list[str]:
    """Give what a finding is about; one about several cells names them all."""
    return [form.label(key) for key in finding.keys] if len(finding.keys) > 1 else [finding.label]


def _merged(alike: Iterable[Finding], form: Form) -> Finding:
    distinct: dict[object, Finding] = {}
    for finding in alike:  # a cell that two cases of a rule flag is told once
        distinct.setdefault((finding.keys, finding.places), finding)
    group = list(distinct.values())
    first = group[0]
    keys = tuple(key for finding in group for key in finding.keys)
    places = tuple(place for finding in group for place in finding.places)
    count = max(len(keys), len(places))
    if not first.rule.grouped or count < 2:
        return first
    labels = [label for finding in group for label in _labels(finding, form)]
    each = [
        f"{f.places[0].cell} {cut(f.printed(f.actual), LONGEST_QUOTED)}" for f in group if f.places
    ]
    terms = {
        "count": str(count),
        "label": first.label,
        "actual": cut(first.printed(first.actual), LONGEST_QUOTED),
        "last": group[-1].message,
        "labels": few(labels),
        "cells": few([place.cell for place in places], 6),
        "each": few(each, MOST_TOLD),
        "sheet": places[0].sheet if places else "",
    }
    states = tuple(state for finding in group for state in finding.states)[: len(keys) or 1]
    message = first.rule.grouped.format_map(terms)
    brief = Brief(first.rule.grouped, {**terms, "each": few(each, FEW_TOLD)})
    mends = tuple(key for finding in group for key in finding.mends)
    return replace(
        first, keys=keys, places=places, states=states, message=message, brief=brief, mends=mends
    )


# ---------------------------------------------------------------- one mistake, one finding


def _with_consequences(findings: Sequence[Finding]) -> Iterator[Finding]:
    """Tell what merely follows from another finding of its row with that one, unless explained."""
    known = {(finding.rule.id, finding.row): finding for finding in findings if finding.row}
    followers: dict[tuple[str, tuple[str, str] | None], list[Finding]] = {}
    leads = []
    for finding in findings:
        above = [(rule, finding.row) for rule in finding.rule.follows]
        lead = next((mark for mark in above if mark in known), None)
        if lead is None or finding.explained or finding.lapsed:
            leads.append(finding)
        else:
            followers.setdefault(lead, []).append(finding)
    for finding in leads:
        yield _leading(finding, followers.get((finding.rule.id, finding.row), ()))


def _leading(finding: Finding, followers: Sequence[Finding]) -> Finding:
    if not followers:
        return finding
    asides = tuple(f";{one.aside}" for one in followers)
    return replace(
        finding,
        message="".join((finding.message, *asides)),
        brief=replace(finding.brief, more=(*finding.brief.more, *asides)),
        consequences=tuple(followers),
    )
