"""What a return gives names to that the text of its report tells figures of: projects, indicators.

Short forms of a project's name are known only as far as nothing else can be meant; of an indicator
whose values cannot be read for certain nothing is looked for.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal

from msgspec.structs import replace

from perfxl.expr.texts import folded
from perfxl.expr.tree import Key
from perfxl.form.answers import Values
from perfxl.form.model import Kind
from perfxl.form.relations import Indicators, ProjectFunds, ProjectTables
from perfxl.report.facts import COUNT, KnownFigure, Subject
from perfxl.report.tables import share_of
from perfxl.text.amounts import plain
from perfxl.text.quantities import QUALITATIVE, read_quantity
from perfxl.text.units import unit_name

LONGEST_NAME = 60  # characters of a name that has short forms
LONGEST_ORDINARY = 5  # characters of a project's short form that may be any words
SHORTEST = 4  # characters of a name taken from a return: fewer may be any word
_SHORTEST_OWN = 2  # characters an indicator's name must have of its own
_AT_MOST = frozenset({"≤", "<"})
_LAST_PLACE = Decimal("0.01")
_UNITS = {Kind.AMOUNT: "万元", Kind.SCORE: "分", Kind.RATE: "%"}
# words for the figures of a project …
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
    "年度预算执行数",
    "预算执行数",
    "执行数",
    "实际支出",
    "实际执行",
    "支出数",
    "支出",
    "执行",
    "发放",
    "拨付",
    "支付",
    "决算数",
    "使用",
)
RATE = ("预算完成率", "预算执行率", "资金执行率", "执行率", "支出率", "资金使用率")
OWN_INDICATORS = ("绩效指标", "三级绩效指标", "三级指标")
# … and of an indicator
TARGET = (
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
)
ACTUAL = ("年度完成值", "实际完成值", "实际完成指标值", "完成值", "实际完成", "完成数", "完成")
DONE_RATE = ("完成率", "指标完成率", "实际完成率")
GAP = ("差距", "缺口", "差额", "尚差", "还差", "差", "少")
# … and of an item of the score grid
SCORED = ("自评得分", "评价得分", "得分", "自评")
POINTS = ("分值", "满分", "标准分")
SCORE_RATE = ("得分率",)
DEDUCTED = ("扣减", "扣除", "扣分", "扣了", "扣")
_ENDINGS = re.compile("(?:项目|工作|经费|资金|补助|专项)+$")
# what is left of a name without these tells what it is of: «财政拨款», «群众满意度» nothing
_ANY_SOURCE = re.compile(
    "中央|省级?|市级?|区级?|县级?|镇级?|本级|上级|下级|财政|拨款|预算|一般公共|政府性基金|资金|经费|补助"
    "|专项|配套|自[有筹]|其他|收入|支出|年度|本年|[()、,/]"
)
_ANY_INDICATOR = re.compile(
    "群众|居民|公众|社会|服务对象|受益|企业|满意[度率]|投诉|人[数次员]|[次场]数|场次|数量|完成|及时|覆盖"
    "|知晓|合格|达标|到位|培训|活动|会议|宣传|检查|发放|开展|举办|组织|资金|经费|费用|项目|工作|任务"
    "|[率度数的]"
)
# what an indicator's name ends with to say how it is measured, and sentences leave out …
_MEASURE = re.compile("(?:总?[场人户件期批家][次数]|人次数|次数|个数|总?数量|总数)$")
# … and begins with where they may say it otherwise, or after the number
_VERB = re.compile("^(?:组织|开展|举办|举行|完成|实施|新建|建成|建设)+")


def about(values: Values, key: Key, name: str) -> str:
    """Give what messages call something: the sheet it is on and its name."""
    return f"{values.form.sheet_of[key.block].name}“{name}”"


def facts_at(
    values: Values,
    key: Key,
    words: tuple[str, ...] = (),
    *,
    only_said: bool = False,
    first_meant: bool = True,
) -> Iterator[KnownFigure]:
    """Give the figure of a cell, in the unit of its kind; nothing where there is none."""
    number, kind = values.number(key), values.form.items[key].kind
    if number is not None and kind in _UNITS:
        figures = percents(number) if kind is Kind.RATE else (number,)
        yield KnownFigure(
            key, _UNITS[kind], figures, words, only_said=only_said, first_meant=first_meant
        )


def percents(rate: Decimal) -> tuple[Decimal, ...]:
    """Give a rate as per cent, and as it may be printed where it was cut, not rounded.

    What is shown just short of a border (89.99 %) may have been rounded onto it.
    """
    shown = rate * 100
    others = (shown - _LAST_PLACE, shown + _LAST_PLACE)
    return shown, *(one for one in others if one < shown or one == one.to_integral_value())


# ---------------------------------------------------------------- projects


def without_ending(name: str) -> str:
    """Give a project's name without the words all of them end with."""
    return _ENDINGS.sub("", name)


def named_projects(values: Values) -> Iterator[Subject]:
    """Give the key projects, each by its name and by what is short for it alone."""
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
    facts = [*facts_at(values, spent, SPENT), *facts_at(values, budget, BUDGET)]
    rate = share_of(values, spent, budget)
    if rate is not None:
        facts.append(KnownFigure(spent, "%", percents(rate), RATE, only_said=True))
    name = values.text(funds.cell(rows[0], funds.project)) or ""
    facts += _own_indicators(values, spent, name)
    facts += [
        fact
        for row in rows
        for column, words in _parts(values, funds)
        for fact in facts_at(values, funds.cell(row, column), words, first_meant=False)
    ]
    names = tuple(_short_forms(plain(name), others))
    any_words = (n for n in names if len(n) <= LONGEST_ORDINARY and without_ending(n) == n)
    return Subject(
        names,
        tuple(facts),
        about(values, spent, name),
        specific=True,
        is_project=True,
        ordinary=frozenset(any_words),
    )


def _own_indicators(values: Values, spent: Key, name: str) -> Iterator[KnownFigure]:
    """Give how many indicators a project has."""
    for listed in values.form.of(Indicators):
        keys = values.column(listed.block, listed.project) if listed.project else ()
        count = sum(folded(values.text(key) or "") == folded(name) for key in keys)
        if count:
            yield KnownFigure(spent, COUNT, (Decimal(count),), OWN_INDICATORS, only_said=True)


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
    if len(core) > LONGEST_NAME:
        return
    for length in range(len(core), max(SHORTEST, 2 * len(core) // 3 + 1) - 1, -1):
        short = core[-length:]
        if not any(short in other for other in others):
            yield short


def named_sources(values: Values) -> Iterator[Subject]:
    """Give the sources of projects' money that are named after their project.

    Of any other («民政事务经费») the unit may have more than the project got.
    """
    shown = {
        table.funds.block: table.funds.columns[0][1] for table in values.form.of(ProjectTables)
    }
    for funds in values.form.of(ProjectFunds):
        for key in values.column(funds.block, shown.get(funds.block, "")):
            name = plain(values.text(key) or "")
            project = without_ending(plain(values.text(funds.cell(key.row, funds.project)) or ""))
            if len(_ANY_SOURCE.sub("", name)) < SHORTEST or not project or project not in name:
                continue
            facts = [
                fact
                for column, words in _parts(values, funds)
                for fact in facts_at(values, key._replace(column=column), words)
            ]
            yield Subject((name,), tuple(facts), about(values, key, name), specific=True)


# ---------------------------------------------------------------- indicators


def indicators(values: Values, *, own: bool) -> Iterator[Subject]:
    """Give the indicators; of one whose values cannot be read for certain nothing is judged.

    What any unit might call so is the return's indicator only in its `own` texts.
    """
    alike: dict[str, list[tuple[Indicators, str]]] = {}
    for listed in values.form.of(Indicators):
        for key in values.column(listed.block, listed.name):
            name = plain(values.text(key) or "")
            if len(name) >= SHORTEST:
                alike.setdefault(name, []).append((listed, key.row))
    short = Counter(form for name in alike for form in _without_measure(name))
    for name, places in alike.items():
        facts = [_indicator(values, listed, row) for listed, row in places]
        if all(facts):
            key = facts[0][0].key
            generic = len(_ANY_INDICATOR.sub("", name)) < _SHORTEST_OWN
            unsure = any(len(found) == 1 for found in facts)  # one actual is not known
            unsure |= generic and not own
            merged = tuple(
                replace(fact, only_said=fact.only_said or unsure)
                for found in facts
                for fact in found
            )
            alone = len({found[0].figures for found in facts}) == 1 and not unsure
            forms = [form for form in _without_measure(name) if alone and short[form] == 1]
            yield Subject(
                (name, *(form for form in forms if form not in alike)),
                merged,
                about(values, key, name),
                specific=not (generic and own),
                is_indicator=True,
            )


def _without_measure(name: str) -> set[str]:
    """Give what sentences call an indicator: without «场次», and the verb it begins with."""
    core = _MEASURE.sub("", name)
    forms = {core, _VERB.sub("", core)} if core != name else set()
    return {form for form in forms if len(form) >= SHORTEST}


def is_bound(values: Values, listed: Indicators, row: str) -> bool:
    """Whether an actual only says how much at most or at least («<10%»): 0 % is no other figure."""
    raw = values.answer(listed.cell(row, listed.actual)).cell.raw
    if not isinstance(raw, str):
        return False
    unit, name = (values.text(listed.cell(row, c)) or "" for c in (listed.unit, listed.name))
    return read_quantity(raw, unit, values.form.year, name).symbol != ""


def _indicator(values: Values, listed: Indicators, row: str) -> list[KnownFigure]:
    target = listed.goal(row, values.is_filled)
    actual, done = (listed.cell(row, column) for column in (listed.actual, listed.completion))
    wanted, reached = values.number(target), values.number(actual)
    unit = unit_name(values.text(listed.cell(row, listed.unit)) or "")
    symbol = values.text(listed.cell(row, listed.symbol))
    if wanted is None or not unit or symbol == QUALITATIVE:
        return []
    if any(values.answer(key).shown for key in (target, actual)):
        return []  # a date is held as days late
    if reached is None or is_bound(values, listed, row):
        return [KnownFigure(target, unit, (wanted,), TARGET, only_said=True)]
    found = [KnownFigure(actual, unit, (reached,), ACTUAL)]
    found.append(KnownFigure(target, unit, (wanted,), TARGET, first_meant=False))
    found.append(KnownFigure(actual, unit, (abs(wanted - reached),), GAP, only_said=True))
    if symbol in _AT_MOST:
        return found  # there is more than one way to a rate
    found += facts_at(values, done, DONE_RATE, only_said=unit == "%")
    if listed.stated_rate:
        stated = listed.cell(row, listed.stated_rate)
        found += facts_at(values, stated, DONE_RATE, only_said=unit == "%")
    return found
