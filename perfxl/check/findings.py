"""What rules find: a finding, those not judged, and how several of one kind become one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from perfxl.check.rule import FEW_TOLD, LONGEST_QUOTED, MOST_TOLD, SHORTER_QUOTED, Rule, Severity
from perfxl.expr.tree import Key
from perfxl.form.answers import Address
from perfxl.form.model import Form
from perfxl.text.amounts import Measure
from perfxl.text.safe import clipped, cut


class Brief(Struct, frozen=True):
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


class Finding(Struct, frozen=True, kw_only=True):
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
    narrow: bool = False  # whether the form has not all columns that the rule's fix sends to
    aside: str = ""  # how it is told with what it follows from
    consequences: tuple[Finding, ...] = ()

    @property
    def fix(self) -> str:
        """What to do."""
        return (self.narrow and self.rule.narrow_fix) or self.rule.fix

    @property
    def row(self) -> tuple[str, str] | None:
        """The block and row it is about."""
        return (self.keys[0].block, self.keys[0].row) if self.keys else None

    @property
    def where(self) -> str:
        """Its one cell, with a blank behind; "" where there are several or none."""
        if len(self.places) != 1 or self.rule.of_gone:
            return ""
        return f"{cell_before(self.places[0], self.message)} "

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


class NotChecked(Struct, frozen=True):
    """A rule that could not be judged at some place, and what it lacked."""

    rule: Rule
    label: str
    reason: str


class Outcome(Struct, frozen=True):
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


def few(labels: Sequence[str], most: int = 3) -> str:
    """Give the first of several wordings, and how many there are."""
    more = f" 等 {len(labels)} 处" if len(labels) > most else ""
    return "、".join(labels[:most]) + more


def grouped(findings: Iterable[Finding], form: Form) -> Iterator[Finding]:
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


def cell_before(place: Address, message: str) -> str:
    """Give a cell to stand before a message, without its sheet where the message begins with it."""
    return place.cell if message.startswith(place.sheet) else str(place)


def with_consequences(findings: Sequence[Finding]) -> Iterator[Finding]:
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
