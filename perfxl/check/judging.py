"""The rules applied to a return: each case judged, what fails told once and where it stands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from perfxl.check.findings import (
    Brief,
    Finding,
    NotChecked,
    Outcome,
    few,
    grouped,
    with_consequences,
)
from perfxl.check.rule import LONGEST_QUOTED, Case, Hit, Rule, Severity, Term
from perfxl.expr.tree import FAILS, PENDING, Expr, Key, Names, columns, decimal, references
from perfxl.form.answers import BLANK, Address, Fault, Submission, Values, says_nothing
from perfxl.form.identity import fingerprint
from perfxl.form.model import Form, Kind
from perfxl.text.amounts import addend_text
from perfxl.text.safe import cut
from perfxl.text.wording import denies


class Labels(Struct, frozen=True):
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
    noted = (_with_note(finding, submission) for finding in grouped(marked, form))
    ordered = sorted(noted, key=lambda f: (f.severity.rank, bool(f.explained), order[f.rule.id]))
    named = submission.missing | submission.named
    return Outcome(tuple(with_consequences(ordered)), tuple(open_cases), named)


def _from_hit(rule: Rule, hit: Hit, submission: Submission) -> Finding:
    place = hit.address or _address(submission, hit.key)
    texts = {
        "label": hit.label,
        "unit": submission.form.money_unit(hit.key),
        "actual": hit.shown,
        "expected": hit.expected,
        **hit.terms,
    }
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
        narrow=hit.narrow,
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
        "unit": values.form.money_unit(keys[0]),
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
    reason, lapsed = _reason_given(case, values)
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
        reason=reason,
        lapsed=lapsed,
        mends=tuple(case.mends(values)) if case.mends else (),
        narrow=case.narrow,
        aside=rule.aside.format_map(terms),
    )


def _reason_given(case: Case, values: Values) -> tuple[str | None, str | None]:
    """Give the reason the form has room for, and why what was written there is none."""
    said = values.text(case.explanation) if case.explanation else None
    if said is None or says_nothing(said):
        return None, None
    return (None, _lapsed("原因", said)) if denies(said) else (said, None)


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
    if says_nothing(said.text) or denies(said.text):
        return replace(finding, lapsed=_lapsed("说明", said.text))
    if any(one is None for one, _ in cells):
        return replace(finding, lapsed=f"原说明“{quoted}”没有说到新增的格子,请重新说明")
    if any(one and one.state not in {"", state} for one, state in cells):
        return replace(finding, lapsed=f"原说明“{quoted}”是数据改动前写的,请重新说明")
    return replace(finding, note=said.text, lapsed=None)


def _lapsed(what: str, text: str) -> str:
    return f"{what}只写了“{cut(text, LONGEST_QUOTED)}”,请写明原因"


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
    yield from (key._replace(column=column) for column in form.row(key).inputs)


def _reason(case: Case, values: Values) -> str:
    """Say what keeps a case from being judged."""
    parts: dict[str, list[str]] = {}
    for key in case.lacks(values) if case.lacks else values.unknown_inputs(case.test):
        answer = values.answers.get(key, BLANK)
        label = values.form.label(key)
        match answer.fault:
            case Fault.UNCLEAR:
                typed = cut(str(answer.value), LONGEST_QUOTED)
                parts.setdefault(f"{label}“{typed}”不能识别为数值,请人工判断", [])
            case Fault.MERGED:
                parts.setdefault("在合并的格子里,分不清填的是什么:{}", []).append(label)
            case Fault.UNREAD:
                parts.setdefault("没有读取:{}", []).append(label)
            case Fault.NONE if answer.cell.blank:
                parts.setdefault("未填:{}", []).append(label)
            case _ if values.form.items[key].kind is Kind.CHOICE:
                parts.setdefault("不是下拉列表里的选项:{}", []).append(label)
            case _:
                parts.setdefault("读不出数值:{}", []).append(label)
    said = [text.format(few(labels)) if labels else text for text, labels in parts.items()]
    return ";".join(said) or "按规则无法判断,请人工判断"
