"""From the records of a season to its roll-up, one record at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from statistics import median
from typing import Any

from msgspec.structs import replace

from perfxl.check.rule import Severity
from perfxl.expr.tree import Key, references
from perfxl.form.model import Form
from perfxl.form.relations import own_indicators
from perfxl.returns.records import (
    PASSED,
    UNREADABLE,
    Entry,
    FilledCell,
    Record,
    indicator_rows,
)
from perfxl.returns.versions import Versions
from perfxl.rules import rules_of
from perfxl.rules.scale import X07
from perfxl.rules.witnesses import LEAST_IN_YUAN, YUAN, is_in_yuan
from perfxl.season.rollup.model import (
    AmountTally,
    IndicatorTally,
    OtherFile,
    Rollup,
    RuleTally,
    UnitRow,
    Why,
    accounts_of,
    amounts_of_unit,
    file_name,
    unit_rows,
)
from perfxl.settings.campaign import Campaign
from perfxl.text.amounts import amount_text, plain, to_decimal
from perfxl.text.units import unit_name

LONGEST_INDICATOR = 200
FEWEST_OTHERS = 4  # units among whom there is a usual size


def tally(
    records: Iterable[Record],
    versions: Versions,
    campaign: Campaign,
    today: date,
    aside: Iterable[OtherFile] = (),
) -> Rollup:
    """Give the roll-up of these records, whatever their order.

    `versions` says which of them counts, `aside` what came and was taken for no return.
    """
    gathering = _Gathering(campaign, versions)
    gathering.others |= {other.entry.source: other for other in aside}
    for record in records:
        gathering.take(record)
    return gathering.rollup(today)


class _Gathering:
    """What has been gathered so far."""

    def __init__(self, campaign: Campaign, versions: Versions) -> None:
        self.campaign, form = campaign, campaign.form
        self.accounts = accounts_of(form)
        self.money = amounts_of_unit(form, self.accounts)
        cells = tuple(self.accounts.keys.values()) or self.money
        self.lines = {key: _lines(form, key) if self.accounts else [str(key)] for key in cells}
        self.indicator_lists = own_indicators(form)
        self.over = campaign.form.limits.overfulfilment
        self.units = unit_rows(campaign, versions)
        self.titles = {rule.id: rule.title for rule in rules_of(form)}
        self.rules: dict[str, RuleTally] = {}
        self.indicators: dict[tuple[str, str], IndicatorTally] = {}
        self.amounts = {key: AmountTally() for key in cells}
        self.gaps = {column: AmountTally() for column in self.accounts.columns}
        self.waiting: dict[int, tuple[Mapping[Key, Decimal], bool]] = {}
        self.others: dict[str, OtherFile] = {}
        self.counting: dict[str, int] = {}
        self._sort_out(versions)

    def _sort_out(self, versions: Versions) -> None:
        """Tell the returns that count from the files that do not."""
        places = {row.entry.source: place for place, row in enumerate(self.units) if row.entry}
        for first, *older in versions.of_units.values():
            if first.source not in places:
                self._leave_out([first, *older])
                continue
            self.counting[first.source] = places[first.source]
            if first.standing == UNREADABLE:
                self._leave_out([first])
            elif not first.year_fits:
                self.others[first.source] = OtherFile(Why.OTHER_YEAR, first, "", "")
            self._supersede(first, older)
        self._leave_out(versions.strays)

    def _supersede(self, first: Entry, older: Sequence[Entry]) -> None:
        seen = {first.sha256: first}
        for entry in older:
            same = seen.setdefault(entry.sha256, entry) if entry.sha256 else entry
            if same is not entry:
                why, reason = Why.COPY, f"与它内容相同:“{file_name(same.source)}”"
            elif entry.year_fits:
                why, reason = Why.SUPERSEDED, f"按“{file_name(first.source)}”计"
            else:
                why, reason = Why.OTHER_YEAR, ""
            self.others[entry.source] = OtherFile(why, entry, "", reason)

    def _leave_out(self, entries: Iterable[Entry]) -> None:
        for entry in entries:
            why = Why.UNREADABLE if entry.standing == UNREADABLE else Why.STRAY
            self.others[entry.source] = OtherFile(why, entry, "", "单位不在单位名单中")

    def take(self, record: Record) -> None:
        """Take in one record; none is ever counted twice."""
        source = record["source"]
        place = self.counting.pop(source, None)
        if place is not None and record["standing"] != UNREADABLE:
            self._count(place, record)
        if source in self.others:
            self.others[source] = _explained(self.others[source], record["document"])

    def _count(self, place: int, record: Record) -> None:
        counts = record["counts"]
        row = self.units[place] = replace(
            self.units[place],
            errors=counts["error"],
            verifies=counts["verify"],
            notes=counts["note"],
            explained=counts["explained"],
        )
        self._add_findings(place, record["document"]["findings"])
        if row.entry is not None and row.entry.year_fits:
            self.units[place] = self._with_figures(row, record)
            self._take_amounts(place, record)

    def _with_figures(self, row: UnitRow, record: Record) -> UnitRow:
        """Add up the indicators of a return of this year, and give its unit's row with scores."""
        facts = {fact["key"]: fact for fact in record["facts"]}
        self._add_indicators(facts, record["document"]["indicators"])
        score = record["document"]["score"] or {}
        interval = score if _scored(score) else {}  # of a blank grid it says nothing: 0 to 100
        return replace(
            row,
            stated=_number(score.get("stated")),
            low=_number(interval.get("low")),
            high=_number(interval.get("high")),
            grade=score.get("grade") or "",
            rate=_number(record["rate"]),
        )

    def _take_amounts(self, place: int, record: Record) -> None:
        """Add up the amounts of a return; those in doubt are left out, those that may be wait."""
        passed = record["standing"] == PASSED
        facts = {fact["key"]: fact for fact in record["facts"]}
        sums = ((key, _sum_of(lines, facts)) for key, lines in self.lines.items())
        amounts = {key: amount for key, amount in sums if amount is not None}
        doubt = self._doubt(record["document"]["findings"])
        if doubt:
            self.units[place] = replace(self.units[place], doubt=doubt)
        elif self._may_be_in_yuan(amounts):
            self.waiting[place] = (amounts, passed)
        else:
            self._add_amounts(place, amounts, passed)

    def _doubt(self, findings: Sequence[Mapping[str, Any]]) -> str:
        """Give what was found of the unit of a return's amounts and not explained."""
        blocks = {key.block for key in self.amounts}
        open_ones = (f for f in findings if f["id"] == X07.id and not f["explained"])
        said = (f["message"] for f in open_ones if Key.parse(f["key"]).block in blocks)
        return ";".join(said)

    def _may_be_in_yuan(self, amounts: Mapping[Key, Decimal]) -> bool:
        """Whether amounts are large, and as whole as 元 often are and so many 万元 never."""
        size = amounts.get(self._size, Decimal(0)) if self.accounts else Decimal(0)
        return size >= LEAST_IN_YUAN and all(a == a.to_integral_value() for a in amounts.values())

    @property
    def _size(self) -> Key:
        """What tells how large a unit is: its income of the year."""
        return self.accounts.total(self.accounts.final)[0]

    def _add_waiting(self) -> None:
        """Add up what waited, unless beside the other units it looks as if in 元."""
        if not self.waiting:
            return
        at = self.accounts.final_keys.index(self._size)
        sizes = [size for row in self.units if row.amounts and (size := row.amounts[at])]
        usual = median(sizes) if len(sizes) >= FEWEST_OTHERS else Decimal(0)
        for place, (amounts, passed) in self.waiting.items():
            size = amounts[self._size]
            if usual and is_in_yuan(size, usual) and min(sizes) <= size / YUAN <= max(sizes):
                self.units[place] = replace(self.units[place], doubt=_beyond(size, usual))
            else:
                self._add_amounts(place, amounts, passed)
        self.waiting.clear()

    def _add_amounts(self, place: int, found: Mapping[Key, Decimal], passed: bool) -> None:
        for key, amount in found.items():
            self.amounts[key].add(amount, passed)
        for column, gap in self.gaps.items():
            income, cost = self.accounts.total(column)
            if income in found and cost in found:
                gap.add(found[income] - found[cost], passed)
        amounts = tuple(found.get(key) for key in self.money)
        self.units[place] = replace(self.units[place], amounts=amounts)

    def _add_findings(self, place: int, findings: Sequence[Mapping[str, Any]]) -> None:
        for found in (one for lead in findings for one in (lead, *lead["consequences"])):
            rule_id = found["id"]
            tally = self.rules.get(rule_id)
            if tally is None:
                title = self.titles.get(rule_id, found["name"])
                tally = self.rules[rule_id] = RuleTally(rule_id, title, Severity(found["severity"]))
            tally.findings += 1
            tally.explained += bool(found.get("explained"))
            if place not in tally.positions[-1:]:
                tally.positions.append(place)

    def _add_indicators(
        self, facts: Mapping[str, FilledCell], judged: Sequence[Mapping[str, Any]]
    ) -> None:
        seen: set[tuple[str, str]] = set()
        for found, unit in zip(judged, self._units_of_measure(facts), strict=True):
            name = found["name"][:LONGEST_INDICATOR]
            alike = (plain(name).casefold(), unit_name(unit))
            tally = self.indicators.get(alike)
            if tally is None:
                tally = self.indicators[alike] = IndicatorTally(name, alike[1])
            tally.name = min(tally.name, name)
            tally.units += alike not in seen
            seen.add(alike)
            self._add_outcome(tally, found)

    def _units_of_measure(self, facts: Mapping[str, FilledCell]) -> Iterator[str]:
        """Give the unit of measure of each indicator, from top to bottom."""
        for listed in self.indicator_lists:
            for row in indicator_rows(facts.values(), listed, self.campaign.form):
                yield row.text(listed.unit) or ""

    def _add_outcome(self, tally: IndicatorTally, found: Mapping[str, Any]) -> None:
        completion = _number(found["completion"])
        tally.rows += 1
        tally.met += found["status"] == "met"
        tally.unmet += found["status"] == "unmet"
        tally.unjudged += found["status"] == "unjudged"
        if completion is not None:
            tally.rated += 1
            tally.completions += completion
            tally.over += completion >= self.over

    def rollup(self, today: date) -> Rollup:
        """Give what has been gathered."""
        self._add_waiting()
        for tally in self.rules.values():
            tally.positions.sort()
        gravest = sorted(
            self.rules.values(), key=lambda t: (t.severity.rank, -len(t.positions), t.id)
        )
        frequent = sorted(
            self.indicators.values(), key=lambda t: (-t.units, -t.unmet, t.name, t.unit)
        )
        ranks = list(Why)
        others = sorted(
            self.others.values(), key=lambda other: (ranks.index(other.why), other.entry.source)
        )
        return Rollup(
            self.campaign,
            today,
            self.units,
            self.accounts,
            gravest,
            frequent,
            self.amounts,
            self.gaps,
            others,
        )


def _explained(other: OtherFile, document: Mapping[str, Any]) -> OtherFile:
    """Give a file that is not counted with what its record tells of it."""
    who = document["unit"] or {}
    said = " ".join(filter(None, (who.get("name"), who.get("code"))))
    reason = other.reason
    if other.why is Why.UNREADABLE and document["error"]:
        reason = document["error"]["message"]
    elif other.why is Why.OTHER_YEAR:
        reason = f"年度填的是 {document['year']},数字没有计入"
    elif other.why is Why.STRAY:
        found = (f["message"] for f in document["findings"] if f["id"] == "W12")
        reason = next(found, reason) if said else "没有填单位名称和单位代码"
    return OtherFile(other.why, other.entry, said, reason)


def _beyond(size: Decimal, usual: Decimal) -> str:
    """Say that an income looks as if in 元 beside the median of the other units."""
    in_wan, size_text = amount_text(size / YUAN), amount_text(size)
    others = f"其他单位的中位数是 {amount_text(usual)} 万元"
    return f"收入总计 {size_text} 万元,像是按元填的,折合 {in_wan} 万元:{others}"


def _scored(score: Mapping[str, Any]) -> bool:
    """Whether the unit stated any score."""
    stated = (one["stated"] for one in (score, *score["items"])) if score else ()
    return any(one is not None for one in stated)


def _lines(form: Form, key: Key) -> list[str]:
    """Give the printed keys of what an amount is made of: itself, or the lines of a total."""
    formula = form.items[key].formula
    return [str(key)] if formula is None else list(map(str, references(formula)))


def _sum_of(lines: Sequence[str], facts: Mapping[str, FilledCell]) -> Decimal | None:
    """Give the sum of what was typed in some cells, not rounded; None where one says nothing."""
    amounts = [_number(facts[line]["value"]) if line in facts else None for line in lines]
    known = [amount for amount in amounts if amount is not None]
    return sum(known, Decimal(0)) if len(known) == len(amounts) else None


def _number(text: str | None) -> Decimal | None:
    return None if text is None else to_decimal(text)
