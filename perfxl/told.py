"""What the text of a report may tell of one return: every name with the figures meant by it.

Names come from the form (lines of the accounts, lists that are counted) and from the return itself
(projects, indicators). Where the return has no certain figure nothing is looked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from perfxl.answers import Values
from perfxl.expr import RATE_PLACES, Key, folded, rounded
from perfxl.facts import COUNT, GRADE, Fact, Subject
from perfxl.model import Kind
from perfxl.quantities import QUALITATIVE
from perfxl.relations import (
    Conclusion,
    Counted,
    Identity,
    Indicators,
    ProjectFunds,
    ProjectTables,
    ScoreGroup,
    ScoreItem,
    Told,
)
from perfxl.reported import row_in_use
from perfxl.statements import Vocabulary
from perfxl.units import unit_name
from perfxl.values import plain

SHORTEST = 4  # characters of a name taken from a return: fewer may be any word
_SHORTEST_UNIT = 3
_LAST_PLACE = Decimal("0.01")
SHORTEST_ITEM = 5  # of an item of the score grid: «数据质量» is any quality of data
_UNITS = {Kind.AMOUNT: "万元", Kind.SCORE: "分", Kind.RATE: "%"}
_ENDINGS = re.compile("(?:项目|工作|经费|资金|补助|专项)+$")
_ANY_SOURCE = re.compile(
    "中央|省级?|市级?|区级?|县级?|镇级?|本级|上级|下级|财政|拨款|预算|一般公共|政府性基金|资金|经费|补助|专项|配套"
    "|自[有筹]|其他|收入|支出|年度|本年|[()、,/]"
)
_AUTHORITY = re.compile("^.*?(?:人民政府|[省市区县](?=..))")
BUDGET = (
    "年度预算数",
    "年度预算",
    "全年预算数",
    "预算数",
    "预算安排",
    "预算资金",
    "预算金额",
    "预算",
)
SPENT = (
    *(
        "年度预算执行数",
        "预算执行数",
        "执行数",
        "实际支出",
        "实际执行",
        "支出数",
        "支出",
        "执行",
        "发放",
    ),
    *("拨付", "支付", "决算数", "使用"),
)
RATE = ("预算完成率", "预算执行率", "资金执行率", "执行率", "支出率", "资金使用率")
OWN_INDICATORS = ("绩效指标", "三级绩效指标", "三级指标")
TARGET = (
    *(
        "年度指标值",
        "年度目标值",
        "指标值",
        "目标值",
        "年度目标",
        "绩效目标",
        "目标",
        "≥",
        "≤",
        ">",
        "<",
    ),
)
ACTUAL = ("年度完成值", "实际完成值", "实际完成指标值", "完成值", "实际完成", "完成数", "完成")
DONE_RATE = ("完成率", "指标完成率", "实际完成率")
GAP = ("差距", "缺口", "差额", "尚差", "还差", "差", "少")
GRADE_NAMES = ("评价等级", "自评等级", "绩效等级", "等级", "自评结果", "评价结果")
# what is left of an indicator's name without these tells what it is of: «群众满意度» nothing
_ANY_INDICATOR = re.compile(
    "群众|居民|公众|社会|服务对象|受益|企业|满意[度率]|投诉|人[数次员]|[次场]数|场次|数量|完成|及时|覆盖|知晓|合格|达标"
    "|到位|培训|活动|会议|宣传|检查|发放|开展|资金|项目|工作|任务|[率度数的]"
)
_SHORTEST_OWN = 2
SCORED = ("自评得分", "评价得分", "得分", "自评")
POINTS = ("分值", "满分", "标准分")
SCORE_RATE = ("得分率",)
DEDUCTED = ("扣减", "扣除", "扣分", "扣了", "扣")


def vocabulary(values: Values) -> Vocabulary:
    """Give everything the text of this unit's report may tell a figure of."""
    who = next(values.form.of(Identity))
    year = values.number(who.year)
    found = [*_lines(values), *_counts(values), *_scores(values)]
    found += [*_projects(values), *_sources(values), *_indicators(values)]
    subjects = tuple(_merged([one for one in found if one.facts]))
    known = int(year) if year is not None and year == year.to_integral_value() else 0
    return Vocabulary(subjects, known or values.form.year, _unit_names(values.text(who.name) or ""))


def without_ending(name: str) -> str:
    """Give a project's name without the words all of them end with."""
    return _ENDINGS.sub("", name)


def _unit_names(name: str) -> tuple[str, ...]:
    """Give what a unit calls itself: its name, and that without the authorities it is under."""
    whole = plain(name)
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
            alike.setdefault(plain(name), []).append(subject)
    seen: set[tuple[int, ...]] = set()
    for name, group in alike.items():
        together = tuple(dict.fromkeys(map(id, group)))
        if len(together) == 1 and together not in seen:
            seen.add(together)
            own = tuple(n for n in group[0].names if len({*map(id, alike[plain(n)])}) == 1)
            yield replace(group[0], names=own)
        elif len(together) > 1:
            facts = tuple(fact for one in group for fact in one.facts)
            yield replace(
                group[0],
                names=(name,),
                facts=facts,
                specific=all(one.specific for one in group),
                common=all(one.common for one in group),
            )


def _about(values: Values, key: Key, name: str) -> str:
    """Give what messages call something: the sheet it is on and its name."""
    return f"{values.form.sheet_of[key.block].name}“{name}”"


def _fact(
    values: Values, key: Key, words: tuple[str, ...] = (), *, only_said: bool = False,
    told: bool = True,
) -> Iterator[Fact]:  # fmt: skip
    """Give the figure of a cell, in the unit of its kind; nothing where there is none."""
    number, kind = values.number(key), values.form.item(key).kind
    if number is not None and kind in _UNITS:
        figures = percents(number) if kind is Kind.RATE else (number,)
        yield Fact(key, _UNITS[kind], figures, words, only_said=only_said, told=told)


def percents(rate: Decimal) -> tuple[Decimal, ...]:
    """Give a rate as per cent, and as it may be printed where it was cut, not rounded."""
    return rate * 100, rate * 100 - _LAST_PLACE


# ---------------------------------------------------------------- accounts and counts


def _lines(values: Values) -> Iterator[Subject]:
    for told in values.form.of(Told):
        first = told.keys[0][0]
        alone = all(values.form.item(key).kind is Kind.RATE for key, _ in told.keys)
        facts = (
            fact
            for key, words in told.keys
            for fact in _fact(
                values, key, words,
                only_said=not alone and values.form.item(key).kind is Kind.RATE,
            )
        )  # fmt: skip
        label = re.sub("^[一二三四五六七八九十]+、", "", values.form.row(first).label)
        yield Subject(told.names, tuple(facts), _about(values, first, label), common=told.common)


def _counts(values: Values) -> Iterator[Subject]:
    for counted in values.form.of(Counted):
        rows = [row for row in _rows(values, counted.block) if _is_of(values, counted, row)]
        if counted.distinct:
            rows = list(_first_named(values, counted, rows))
        if not rows:
            continue
        column = counted.column or _first_column(values, counted.block)
        key = Key(counted.block, rows[0], column)
        facts = [Fact(key, COUNT, (Decimal(len(rows)),))]
        facts += _sorted(values, counted, rows)
        about = _about(values, key, counted.names[0])
        yield Subject(counted.names, tuple(facts), about, common=counted.common)


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


def _sorted(values: Values, counted: Counted, rows: Sequence[str]) -> Iterator[Fact]:
    """Give how many rows are finished, how many are not: by the first text alone or any."""
    for words, texts in counted.sorted:
        said = [values.text(Key(counted.block, row, counted.by)) for row in rows]
        strictly, widely = said.count(texts[0]), sum(text in texts for text in said)
        counts = dict.fromkeys((strictly, widely))
        yield Fact(
            Key(counted.block, rows[0], counted.by), COUNT, tuple(map(Decimal, counts)), words,
            only_said=True,
        )  # fmt: skip


# ---------------------------------------------------------------- scores


def _scores(values: Values) -> Iterator[Subject]:
    for group in values.form.of(ScoreGroup):
        facts = _score_facts(values, group.stated, group.points)
        yield Subject((group.name,), tuple(facts), _about(values, group.stated, group.name))
    for item in values.form.of(ScoreItem):
        facts = _score_facts(values, item.stated, item.points)
        names = (item.name,) if len(item.name) >= SHORTEST_ITEM else ()
        yield Subject(names, tuple(facts), _about(values, item.stated, item.name))
    for conclusion in values.form.of(Conclusion):
        yield from _concluded(values, conclusion)


def _score_facts(values: Values, stated: Key, points: str) -> Iterator[Fact]:
    score, most = values.number(stated), Decimal(points)
    if score is None:
        return
    yield Fact(stated, "分", (score,), SCORED)
    yield Fact(stated, "分", (most,), POINTS, told=False)
    yield Fact(stated, "分", (most - score,), DEDUCTED, only_said=True)
    if most:
        share = rounded(score / most, RATE_PLACES)
        yield Fact(stated, "%", percents(share), SCORE_RATE, only_said=True)


def _concluded(values: Values, conclusion: Conclusion) -> Iterator[Subject]:
    both = (values.number(conclusion.stated), values.number(conclusion.total))
    grades = (values.text(conclusion.grade), *_reached(conclusion, both))
    facts = (Fact(conclusion.grade, GRADE, grade=grade) for grade in dict.fromkeys(grades) if grade)
    yield Subject(GRADE_NAMES, tuple(facts), _about(values, conclusion.grade, GRADE_NAMES[0]))


def _reached(conclusion: Conclusion, scores: Iterable[Decimal | None]) -> Iterator[str]:
    for score in scores:
        if score is not None:
            yield from [name for name, least in conclusion.grades if score >= Decimal(least)][:1]


# ---------------------------------------------------------------- projects


def _projects(values: Values) -> Iterator[Subject]:
    for funds in values.form.of(ProjectFunds):
        groups = values.alike(funds.block, (funds.project,))
        names = {
            rows[0]: values.text(funds.cell(rows[0], funds.project)) or ""
            for rows in groups.values()
        }
        for rows in groups.values():
            others = [plain(name) for row, name in names.items() if row != rows[0]]
            yield _project(values, funds, rows, others)


def _project(
    values: Values, funds: ProjectFunds, rows: Sequence[str], others: Sequence[str]
) -> Subject:
    budget, spent = (funds.cell(rows[0], column) for column in (funds.budget, funds.spent))
    facts = [*_fact(values, spent, SPENT), *_fact(values, budget, BUDGET)]
    both = values.number(budget), values.number(spent)
    if both[0] and both[1] is not None:
        rate = rounded(both[1] / both[0], RATE_PLACES)
        facts.append(Fact(spent, "%", percents(rate), RATE, only_said=True))
    name = values.text(funds.cell(rows[0], funds.project)) or ""
    facts += _own_indicators(values, spent, name)
    facts += [
        fact
        for row in rows
        for column, words in _parts(values, funds)
        for fact in _fact(values, funds.cell(row, column), words, told=False)
    ]
    names = tuple(_short_forms(plain(name), others))
    return Subject(names, tuple(facts), _about(values, spent, name), specific=True, is_project=True)


def _own_indicators(values: Values, spent: Key, name: str) -> Iterator[Fact]:
    """Give how many indicators a project has."""
    for listed in values.form.of(Indicators):
        keys = values.column(listed.block, listed.project) if listed.project else ()
        count = sum(folded(values.text(key) or "") == folded(name) for key in keys)
        if count:
            yield Fact(spent, COUNT, (Decimal(count),), OWN_INDICATORS, only_said=True)


def _parts(values: Values, funds: ProjectFunds) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Give the columns with what each source gave, besides those with the project's sums."""
    typed = values.form.blocks[funds.block].rows[0].items.items()
    amounts = [column for column, item in typed if item.kind is Kind.AMOUNT and item.is_input]
    return tuple(zip(amounts, (BUDGET, SPENT), strict=False))


def _short_forms(name: str, others: Sequence[str]) -> Iterator[str]:
    """Give a project's name, that without its generic ending, and short forms: over two thirds.

    A short form is the end of the name, where its meaning is, and is found in no other project's.
    """
    core = without_ending(name)
    if len(name) >= SHORTEST:
        yield from (name, f"{core}项目", f"{core}经费", f"{core}资金")
    for length in range(len(core), max(SHORTEST, 2 * len(core) // 3 + 1) - 1, -1):
        short = core[-length:]
        if not any(short in other for other in others):
            yield short


def _sources(values: Values) -> Iterator[Subject]:
    """Give the sources of projects' money whose names tell what it is for."""
    shown = {
        table.funds.block: table.funds.columns[0][1] for table in values.form.of(ProjectTables)
    }
    for funds in values.form.of(ProjectFunds):
        for key in values.column(funds.block, shown.get(funds.block, "")):
            name = plain(values.text(key) or "")
            if len(_ANY_SOURCE.sub("", name)) < SHORTEST:
                continue
            facts = [
                fact
                for column, words in _parts(values, funds)
                for fact in _fact(values, key._replace(column=column), words)
            ]
            yield Subject((name,), tuple(facts), _about(values, key, name), specific=True)


# ---------------------------------------------------------------- indicators


def _indicators(values: Values) -> Iterator[Subject]:
    """Give the indicators; of one whose values cannot be read for certain nothing is judged."""
    alike: dict[str, list[tuple[Indicators, str]]] = {}
    for listed in values.form.of(Indicators):
        for key in values.column(listed.block, listed.name):
            name = plain(values.text(key) or "")
            if len(name) >= SHORTEST:
                alike.setdefault(name, []).append((listed, key.row))
    for name, places in alike.items():
        facts = [_indicator(values, listed, row) for listed, row in places]
        if all(facts):
            key = facts[0][0].key
            anyone_s = len(_ANY_INDICATOR.sub("", name)) < _SHORTEST_OWN
            anyone_s |= any(len(found) == 1 for found in facts)  # one actual is not known
            merged = tuple(
                replace(fact, only_said=fact.only_said or anyone_s)
                for found in facts
                for fact in found
            )
            yield Subject((name,), merged, _about(values, key, name), specific=True)


def _indicator(values: Values, listed: Indicators, row: str) -> list[Fact]:
    target, actual, done = (
        listed.cell(row, column) for column in (listed.target, listed.actual, listed.completion)
    )
    wanted, reached = values.number(target), values.number(actual)
    unit = unit_name(values.text(listed.cell(row, listed.unit)) or "")
    symbol = values.text(listed.cell(row, listed.symbol))
    if wanted is None or not unit or symbol == QUALITATIVE:
        return []
    if any(values.answers[key].shown for key in (target, actual)):
        return []  # a date is held as days late
    if reached is None:
        return [Fact(target, unit, (wanted,), TARGET, only_said=True)]
    found = [Fact(actual, unit, (reached,), ACTUAL), Fact(target, unit, (wanted,), TARGET)]
    found.append(Fact(actual, unit, (abs(wanted - reached),), GAP, only_said=True))
    found += _fact(values, done, DONE_RATE, only_said=unit == "%")
    if listed.stated_rate:
        stated = listed.cell(row, listed.stated_rate)
        found += _fact(values, stated, DONE_RATE, only_said=unit == "%")
    return found
