"""What `check` says: the JSON document other programs read, and the summary people read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from msgspec import Struct

from perfxl.check.findings import Finding, Outcome
from perfxl.check.rounds import GONE, Alteration, Comparison, Reviewed
from perfxl.check.rule import Severity
from perfxl.errors import PerfxlError
from perfxl.expr.tree import FAILS, PASSES, Key
from perfxl.form.answers import Submission, Values
from perfxl.form.identity import NOBODY, Issued
from perfxl.form.relations import (
    Balance,
    ClosingBalance,
    Conclusion,
    Identity,
    Indicators,
    scored_in,
)
from perfxl.returns.result import changes_text, verdict_text
from perfxl.rules.indicators import I01
from perfxl.rules.report import Coverage
from perfxl.rules.scores import earned_grade
from perfxl.text.amounts import Measure, amount_text
from perfxl.text.safe import clipped, line

MOST_LINES = 10
FINDING = "  ["  # how the line of a finding begins
LONGEST_LINE = 159  # characters of such a line, the rest is in the result and the JSON document
STATUSES = {PASSES: "met", FAILS: "unmet"}


class Checked(Struct, frozen=True):
    """The check of one file: what was found, or why it could not be read."""

    path: Path
    sha256: str | None = None
    values: Values | None = None
    outcome: Outcome | None = None
    issued: Issued = NOBODY
    saved: str = ""  # when the file says it was last saved, ISO 8601
    changes: Comparison | None = None  # against an earlier round
    report: Coverage | None = None  # how much of the unit's report was held against it
    result: Path | None = None
    error: PerfxlError | None = None
    write_error: PerfxlError | None = None
    submission: Submission | None = None  # what was checked
    moved: bool = False  # whether the result had to go beside its place, which is held open

    @property
    def status(self) -> str:
        """clean, findings or unreadable."""
        if self.error is not None or self.outcome is None:
            return "unreadable"
        return "findings" if self.outcome.findings else "clean"

    @property
    def reviewed(self) -> Reviewed:
        """What was found in a file that could be read."""
        assert self.values is not None
        assert self.outcome is not None
        return Reviewed(self.values, self.outcome)


# ---------------------------------------------------------------- JSON


class Totals:
    """What the summary at the end of the JSON document counts, file by file."""

    def __init__(self) -> None:
        """Begin with nothing counted."""
        self._statuses: Counter[str] = Counter()
        self._severities: Counter[str] = Counter()

    def add(self, entry: Mapping[str, Any]) -> None:
        """Count the entry of one file."""
        self._statuses[entry["status"]] += 1
        self._severities.update(finding["severity"] for finding in entry["findings"])

    def document(self) -> dict[str, Any]:
        """Give the summary."""
        return {
            "files": self._statuses.total(),
            **{status: self._statuses[status] for status in ("clean", "findings", "unreadable")},
            "by_severity": {word: self._severities[word] for word in map(str, Severity)},
        }


def file_document(one: Checked) -> dict[str, Any]:
    """Give the entry of one file in the JSON document."""
    values, outcome = one.values, one.outcome
    form = values.form if values else None
    problem = one.error or one.write_error
    return {
        "path": str(one.path),
        "sha256": one.sha256,
        "status": one.status,
        "form": form.id if form else None,
        "edition": form.edition if form else None,
        "rubric": form.rubric if form else None,
        "unit": _unit(values) if values else None,
        "year": _year(values) if values else None,
        "totals": _totals(values) if values else None,
        "score": _score(values) if values else None,
        "indicators": list(_indicators(values, of_projects=False)) if values else [],
        "project_indicators": list(_indicators(values, of_projects=True)) if values else [],
        "findings": [_finding(finding) for finding in outcome.findings] if outcome else [],
        "not_checked": [
            {"id": entry.rule.id, "reason": f"{entry.label}:{entry.reason}"}
            for entry in (outcome.not_checked if outcome else ())
        ],
        "changes": _changes(one.changes) if one.changes else None,
        "report": _report(one.report) if one.report else None,
        "result": str(one.result) if one.result else None,
        "error": {"code": problem.code, "message": problem.message, "fix": problem.fix}
        if problem
        else None,
    }


def _unit(values: Values) -> dict[str, str | None] | None:
    if values.form.only(Identity) is None:
        return None
    return {"name": values.unit_name or None, "code": values.unit_code or None}


def _year(values: Values) -> int | None:
    year = values.year
    return int(year) if year is not None and year == int(year) else None


def _data(value: Decimal | None, measure: Measure = Measure.AMOUNT) -> str | None:
    return None if value is None else measure.data(value)


def _totals(values: Values) -> dict[str, dict[str, str | None]] | None:
    balances = list(values.form.of(Balance))
    if not balances:
        return None
    return {
        "income": {b.column: _data(values.number(b.income.computed)) for b in balances},
        "expenditure": {b.column: _data(values.number(b.expenditure.computed)) for b in balances},
    }


def _score(values: Values) -> dict[str, Any] | None:
    conclusion = values.form.only(Conclusion)
    if conclusion is None:
        return None

    def figure(key: Key | None) -> str | None:
        return _data(values.number(key)) if key else None

    return {
        "stated": figure(conclusion.stated),
        "low": figure(conclusion.low),
        "high": figure(conclusion.high),
        "grade": earned_grade(conclusion, values),
        "items": [
            {
                "item": item.called(values),
                "points": _data(item.points_in(values)),
                "stated": figure(item.stated),
                "low": figure(item.low),
                "high": figure(item.high),
            }
            for item in scored_in(values.form, values)
        ],
    }


def _indicators(values: Values, of_projects: bool) -> Iterator[dict[str, Any]]:
    """Give the indicators of the year, or those of the key projects."""
    verdicts = {
        case.key: values.text(verdict) for verdict, rule, case in values.form.cases if rule is I01
    }
    for indicators in values.form.of(Indicators):
        if of_projects != indicators.of_projects:
            continue
        for row in values.form.blocks[indicators.block].rows:
            marks = (indicators.cell(row.key, column) for column in indicators.marks(row))
            if not any(map(values.text, marks)):
                continue
            actual = indicators.cell(row.key, indicators.actual)
            rate = values.number(indicators.cell(row.key, indicators.completion))
            yield {
                "name": values.text(indicators.cell(row.key, indicators.name)) or "",
                "target": _as_typed(values, indicators.goal(row.key, values.is_filled)),
                "actual": _as_typed(values, actual),
                "completion": _data(rate, Measure.RATE),
                "status": STATUSES.get(verdicts[actual] or "", "unjudged"),
            }


def _as_typed(values: Values, key: Key) -> str | None:
    """Give a value's digits or words; a date as it was typed, not as the days that are judged."""
    return values.answer(key).shown or values.text(key)


def _finding(finding: Finding) -> dict[str, Any]:
    place = finding.places[0] if finding.places else None
    return {
        "id": finding.rule.id,
        "name": finding.rule.name,
        "severity": finding.severity.value,
        "sheet": place.sheet if place else None,
        "cell": place.cell if place else None,
        "cells": [found.cell for found in finding.places],
        "key": str(finding.keys[0]) if finding.keys else None,
        "label": finding.label,
        "message": finding.message,
        "actual": finding.figure(finding.actual),
        "expected": finding.figure(finding.expected),
        "against": finding.against or None,
        "difference": finding.figure(finding.difference),
        "fix": finding.fix,
        "explained": finding.explained,
        "lapsed": finding.lapsed,
        "consequences": [_consequence(one) for one in finding.consequences],
    }


def _consequence(finding: Finding) -> dict[str, Any]:
    """Give what merely follows from a finding, and is told with it."""
    whole = _finding(finding)
    return {name: whole[name] for name in ("id", "name", "severity", "cell", "key", "message")}


def _changes(changes: Comparison) -> dict[str, Any]:
    return {
        "fixed": [_finding(finding) for finding in changes.fixed],
        "remaining": [_finding(finding) for finding in changes.remaining],
        "new": [_finding(finding) for finding in changes.new],
        "unasked": [
            {
                "key": str(one.key),
                "label": one.label,
                "sheet": one.place.sheet if one.place else None,
                "cell": one.place.cell if one.place else None,
                "before": one.before,
                "after": one.after,
            }
            for one in changes.unasked
        ],
    }


def _report(covered: Coverage) -> dict[str, int]:
    return {"tables": covered.tables, "cells": covered.cells, "figures": covered.figures}


# ---------------------------------------------------------------- the summary


def abridged(lines: Iterable[str], most: int = MOST_LINES) -> Iterator[str]:
    """Give the lines of a summary with at most so many findings."""
    found = 0
    for text in lines:
        found += text.startswith(FINDING)
        if found <= most:
            yield text
        elif not text.startswith(FINDING):
            yield f"  ……另有 {found - most} 条(加 -v 全部显示)"
            yield text
            found = 0
    if found > most:
        yield f"  ……另有 {found - most} 条(加 -v 全部显示)"


def summary(one: Checked) -> Iterator[str]:
    """Give the lines a clerk reads about one file; what it says of itself breaks none of them."""
    return map(line, _lines(one))


def _lines(one: Checked) -> Iterator[str]:
    yield one.path.name or str(one.path)
    if one.error is not None:
        yield f"  无法审核:{one.error.message}。{one.error.fix}。"
        return
    assert one.values is not None
    assert one.outcome is not None
    yield from _facts(one.values)
    yield f"  结论:{verdict_text(one.outcome)}"
    if one.changes is not None:
        yield f"  与上次相比:{changes_text(one.changes)}"
    if one.report is not None:
        yield from _of_report(one.report)
    yield from (_line(finding, one.changes) for finding in one.outcome.findings)
    yield from map(_altered, one.changes.unasked if one.changes else ())
    if one.outcome.not_checked:
        yield f"  另有 {len(one.outcome.not_checked)} 处资料不全或要人工判断,未能核对(见“未核对”表)"
    if one.write_error is not None:
        yield f"  审核结果没有写出:{one.write_error.message}。{one.write_error.fix}。"
    elif one.result is not None:
        moved = "(原来的审核结果正被别的程序打开,没有替换)" if one.moved else ""
        yield f"  审核结果:{one.result}{moved}"


def _of_report(covered: Coverage) -> Iterator[str]:
    """Give how much of a report was compared, so that nothing found is not taken for all right."""
    tables = (
        f"认出 {covered.tables} 张表,对照 {covered.cells} 格"
        if covered.tables
        else "没有认出与自评表对应的表,请看报告里的表题和表头"
    )
    figures = (
        f"文字中对照 {covered.figures} 个数" if covered.figures else "文字中没有认出自评表里的数"
    )
    yield f"  报告:{tables};{figures}"
    if covered.doubtful_title:
        yield f"  报告的标题是“{covered.doubtful_title}”,请核对是不是这个单位、这一年的报告"


def _line(finding: Finding, changes: Comparison | None) -> str:
    new = " 新出现" if changes and finding in changes.new else ""
    said = " 已说明" if finding.explained else ""
    lapsed = f"({finding.lapsed})" if finding.lapsed else ""
    mark = f"{FINDING}{finding.severity.word} {finding.rule.id}{new}{said}] {finding.where}"
    room = LONGEST_LINE - len(mark)
    if len(finding.message) + len(lapsed) <= room:
        return f"{mark}{finding.message}{lapsed}"
    lapsed = "(原说明不算数,见审核结果)" if lapsed else ""
    return f"{mark}{finding.brief.within(room - len(lapsed))}{lapsed}"


def _altered(change: Alteration) -> str:
    place = f"{change.place} " if change.place else ""
    before, after = (clipped(text) or "空白" for text in (change.before, change.after))
    gone = "(这一行已删除)" if change.key.row.startswith(GONE) else ""
    return f"{FINDING}要求以外改动] {place}{change.label}{gone}:{before} → {after}"


def _facts(values: Values) -> Iterator[str]:
    """Give the lines that say whose return this is and what it comes to, as far as it is asked."""
    form = values.form
    if who := form.only(Identity):
        name, code = values.unit_name or "(单位名称未填)", values.unit_code
        yield f"  单位:{name}{f'({code})' if code else ''}  年度:{values.text(who.year) or '未填'}"
    if balance := form.only(ClosingBalance):
        yield (
            f"  收入总计:{_money(values, balance.income.computed)}"
            f"  支出总计:{_money(values, balance.expenditure.computed)}(决算数,万元)"
        )
    if conclusion := form.only(Conclusion):
        support = ""
        if conclusion.low and conclusion.high:
            low, high = (_money(values, key) for key in (conclusion.low, conclusion.high))
            support = f"  测算得分:{low if low == high else f'{low}～{high}'}"
        grade = earned_grade(conclusion, values)
        yield (
            f"  自评得分:{_money(values, conclusion.stated)}"
            f"{f'(按等级标准为{grade})' if grade else ''}{support}"
        )


def _money(values: Values, key: Key) -> str:
    number = values.number(key)
    return "未填全" if number is None else amount_text(number)
