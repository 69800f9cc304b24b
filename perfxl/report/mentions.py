"""What the text of a report may tell of one return: every name with the figures meant by it.

Names come from the form (lines of the accounts, lists that are counted) and from the return itself
(projects, indicators). Where the return has no certain figure nothing is looked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from functools import lru_cache

from msgspec.structs import replace

from perfxl.expr.rounding import rate_shown
from perfxl.expr.texts import folded
from perfxl.expr.tree import Key
from perfxl.form.answers import Values
from perfxl.form.model import Kind
from perfxl.form.relations import Conclusion, Counted, Mention, ScoreGroup, ScoreItem
from perfxl.report.facts import COUNT, GRADE, KnownFigure, Subject
from perfxl.report.names import (
    DEDUCTED,
    LONGEST_NAME,
    POINTS,
    SCORE_RATE,
    SCORED,
    about,
    facts_at,
    indicators,
    named_projects,
    named_sources,
    percents,
)
from perfxl.report.tables import row_in_use
from perfxl.report.vocabulary import Vocabulary
from perfxl.rubric.scoring import grade_of
from perfxl.text.amounts import plain

SHORTEST_ITEM = 5  # of an item of the score grid: «数据质量» is any quality of data
_SHORTEST_UNIT = 3  # characters of a short form of a unit's name
_AUTHORITY = re.compile("^.*?(?:人民政府|(?:[省区县]|市(?!场))(?=..))")
_plain = lru_cache(maxsize=1024)(plain)  # the names of the form are the same in every return
GRADE_NAMES = (
    "评价等级",
    "自评等级",
    *(f"{whole}绩效{kind}等级" for whole in ("", "部门整体支出") for kind in ("评价", "自评")),
)
# … and in the return's own texts, where they can hardly be another's
OWN_GRADE_NAMES = ("等级", "绩效等级", "评定等级", "自评结果", "绩效自评结果")
OWN_SCORE_NAMES = (
    ("自评总分", "总得分", "部门整体支出自评得分", "整体支出自评得分"),
    ("自评得分", "绩效自评得分", "评价得分", "自评综合得分", "综合得分", "最终得分"),
)
FINAL = "决算数"  # is what the return's own texts mean unless they say otherwise


def vocabulary(values: Values, own_text: str | None = None) -> Vocabulary:
    """Give everything the text of this unit's report may tell a figure of.

    Where the return's own text is given (plain), it is what is named there.
    """
    own = own_text is not None
    found = [*_lines(values, own=own), *_counts(values), *_scores(values)]
    found += _verdicts(values) if own else ()
    found += [*named_projects(values), *named_sources(values), *indicators(values, own=own)]
    return _vocabulary(found, values, own_text)


def money(values: Values) -> Vocabulary:
    """Give the lines of the accounts and the key projects alone."""
    return _vocabulary([*_lines(values, own=False), *named_projects(values)], values)


def _vocabulary(
    found: Sequence[Subject], values: Values, own_text: str | None = None
) -> Vocabulary:
    year = values.year
    words = frozenset(word for one in found for word in one.words)
    meant = [one for one in found if one.facts and (own_text is None or _is_named(one, own_text))]
    known = int(year) if year is not None and year == year.to_integral_value() else 0
    names = _unit_names(values.unit_name)
    own = own_text is not None
    return Vocabulary(tuple(_merged(meant)), known or values.form.year, names, words, own)


def _is_named(subject: Subject, text: str) -> bool:
    return any(_plain(name) in text for name in subject.names)


def _unit_names(name: str) -> tuple[str, ...]:
    """Give what a unit calls itself: its name, and that without the authorities it is under."""
    whole = plain(name)
    if len(whole) > LONGEST_NAME:  # each short form is looked for in every sentence
        return (whole,)
    own = _AUTHORITY.sub("", whole)
    while _AUTHORITY.sub("", own) not in {own, ""}:
        own = _AUTHORITY.sub("", own)
    shorter = (own[:length] for length in range(_SHORTEST_UNIT, len(own) + 1))
    return tuple(dict.fromkeys(filter(None, (whole, *shorter))))


def _merged(subjects: Sequence[Subject]) -> Iterator[Subject]:
    """Give the subjects, those of one name with all their figures as one."""
    alike: dict[str, list[Subject]] = {}
    for subject in subjects:
        for name in subject.names:
            alike.setdefault(_plain(name), []).append(subject)
    seen: set[tuple[int, ...]] = set()
    for name, group in alike.items():
        together = tuple(dict.fromkeys(map(id, group)))
        if len(together) == 1 and together not in seen:
            seen.add(together)
            own = tuple(n for n in group[0].names if len({*map(id, alike[_plain(n)])}) == 1)
            yield replace(group[0], names=own)
        elif len(together) > 1:
            facts = tuple(fact for one in group for fact in one.facts)
            yield replace(
                group[0],
                names=(name,),
                facts=facts,
                specific=all(one.specific for one in group),
                is_indicator=any(one.is_indicator for one in group),
                is_verdict=any(one.is_verdict for one in group),
                common=all(one.common for one in group),
            )


# ---------------------------------------------------------------- accounts and counts


def _lines(values: Values, *, own: bool) -> Iterator[Subject]:
    for mention in values.form.of(Mention):
        first = mention.keys[0][0]
        alone = all(values.form.items[key].kind is Kind.RATE for key, _ in mention.keys)
        facts = tuple(
            fact
            for key, words in mention.keys
            for fact in facts_at(
                values,
                key,
                words,
                only_said=not alone and values.form.items[key].kind is Kind.RATE,
                first_meant=(key.block != first.block or key.row == first.row)
                and (not own or not words or FINAL in words),
            )
        )
        label = re.sub("^[一二三四五六七八九十]+、", "", values.form.row(first).label)
        is_verdict = own and any(fact.unit == "分" for fact in facts)
        said = about(values, first, label)
        yield Subject(mention.names, facts, said, is_verdict=is_verdict, common=mention.common)


def _counts(values: Values) -> Iterator[Subject]:
    lists = dict.fromkeys(counted.block for counted in values.form.of(Counted))
    used = {block: _rows(values, block) for block in lists}
    for counted in values.form.of(Counted):
        rows = [row for row in used[counted.block] if _is_of(values, counted, row)]
        if counted.distinct:
            rows = list(_first_named(values, counted, rows))
        if not rows:
            continue
        column = counted.column or _first_column(values, counted.block)
        key = Key(counted.block, rows[0], column)
        facts = [KnownFigure(key, COUNT, (Decimal(len(rows)),))]
        facts += _sorted(values, counted, rows)
        said = about(values, key, counted.names[0])
        yield Subject(counted.names, tuple(facts), said, common=counted.common)


def _first_column(values: Values, block: str) -> str:
    return values.form.blocks[block].naming[0]


def _rows(values: Values, block: str) -> list[str]:
    rows = values.form.blocks[block].rows
    return [row.key for row in rows if row_in_use(values, block, row.key)]


def _is_of(values: Values, counted: Counted, row: str) -> bool:
    text = values.text(Key(counted.block, row, counted.column)) if counted.texts else ""
    return not counted.texts or text in counted.texts


def _first_named(values: Values, counted: Counted, rows: Sequence[str]) -> Iterator[str]:
    seen = set()
    for row in rows:
        name = folded(values.text(Key(counted.block, row, counted.column)) or "")
        if name and name not in seen:
            seen.add(name)
            yield row


def _sorted(values: Values, counted: Counted, rows: Sequence[str]) -> Iterator[KnownFigure]:
    """Give how many rows are finished, how many are not: by the first text alone or any."""
    for words, texts in counted.sorted:
        said = [values.text(Key(counted.block, row, counted.by)) for row in rows]
        strictly, widely = said.count(texts[0]), sum(text in texts for text in said)
        counts = dict.fromkeys((strictly, widely))
        yield KnownFigure(
            Key(counted.block, rows[0], counted.by),
            COUNT,
            tuple(map(Decimal, counts)),
            words,
            only_said=True,
        )


# ---------------------------------------------------------------- scores


def _scores(values: Values) -> Iterator[Subject]:
    for group in values.form.of(ScoreGroup):
        facts = _score_facts(values, group.stated, Decimal(group.points))
        yield Subject((group.name,), tuple(facts), about(values, group.stated, group.name))
    for item in values.form.of(ScoreItem):
        points = item.points_in(values)
        name = item.called(values)
        facts = _score_facts(values, item.stated, points)
        names = (name,) if len(name) >= SHORTEST_ITEM else ()
        yield Subject(names, tuple(facts), about(values, item.stated, name))
    for conclusion in values.form.of(Conclusion):
        yield from _concluded(values, conclusion)


def _score_facts(values: Values, stated: Key, most: Decimal | None) -> Iterator[KnownFigure]:
    score = values.number(stated)
    if score is None:
        return
    yield KnownFigure(stated, "分", (score,), SCORED)
    if most is None:
        return
    yield KnownFigure(stated, "分", (most,), POINTS, first_meant=False)
    yield KnownFigure(stated, "分", (most - score,), DEDUCTED, only_said=True)
    if most:
        share = rate_shown((values.exact(stated) or score) / most)
        yield KnownFigure(stated, "%", percents(share), SCORE_RATE, only_said=True)


def _concluded(values: Values, conclusion: Conclusion) -> Iterator[Subject]:
    key = conclusion.grade
    if key is None:
        return
    both = [values.number(one) for one in (conclusion.stated, conclusion.total) if one]
    grades = (values.text(key), *_reached(conclusion, both))
    facts = (KnownFigure(key, GRADE, grade=grade) for grade in dict.fromkeys(grades) if grade)
    yield Subject(GRADE_NAMES, tuple(facts), about(values, key, GRADE_NAMES[0]))


def _verdicts(values: Values) -> Iterator[Subject]:
    """Give the score and grade by names that are another's in a report."""
    for conclusion in values.form.of(Conclusion):
        key = conclusion.stated
        points = sum((Decimal(group.points) for group in values.form.of(ScoreGroup)), Decimal(0))
        facts = (
            *facts_at(values, key),
            *(facts_at(values, conclusion.total, first_meant=False) if conclusion.total else ()),
            KnownFigure(key, "分", (points,), first_meant=False),
        )
        said = about(values, key, values.form.row(key).label)
        for names in OWN_SCORE_NAMES:
            yield Subject(names, facts, said, is_verdict=True)
        for subject in _concluded(values, conclusion):
            yield replace(subject, names=(*GRADE_NAMES, *OWN_GRADE_NAMES), is_verdict=True)


def _reached(conclusion: Conclusion, scores: Iterable[Decimal | None]) -> Iterator[str]:
    for score in scores:
        if score is not None:
            yield grade_of(score, conclusion.grades)
