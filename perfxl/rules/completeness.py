"""C: what must be filled, and what must be explained where it is filled."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import NamedTuple

from perfxl.check.rule import Case, Example, Rule, Severity, Term, text_in
from perfxl.expr.aggregates import AnyFilled
from perfxl.expr.arithmetic import Minus
from perfxl.expr.cells import ZERO, Begins, Const, Filled, Is, IsNumber, Number, Says, Unknown
from perfxl.expr.logic import ALWAYS, All, Compare, If, Not, Some, Tally
from perfxl.expr.tree import Expr, Key
from perfxl.form.answers import Values
from perfxl.form.model import Block, Form, Row
from perfxl.form.relations import Indicators, ScoreItem, holds_anything, scored, used_at
from perfxl.rubric.scoring import DONE, PARTLY, UNDONE, met, share_by_status
from perfxl.text.amounts import Measure
from perfxl.text.quantities import QUALITATIVE
from perfxl.text.spelling import CLAUSES, EMPTY_WORDS, LONGEST_POINTER, POINTERS


def _needs(block: Block, row: Row) -> list[tuple[Key, Expr, Expr]]:
    """Give (cell, whether it is due, whether that is satisfied) for the cells a row requires."""
    found: list[tuple[Key, Expr, Expr]] = []
    for column, item in row.items.items():
        key = Key(block.key, row.key, column)
        if not item.is_input:
            continue
        if item.required is True:
            found.append((key, ALWAYS, Filled(key)))
        elif item.required is not False:
            found.append((key, item.required, Some((Not(item.required), Filled(key)))))
    return found


def _required_cases(form: Form) -> Iterator[Case]:
    for block in form.blocks.values():
        if block.needed:
            first = block.keys(block.needed)[0]
            yield Case(first, AnyFilled(block.key, block.needed), f"{block.title}:至少填一行")
        for row in block.rows:
            needs = _needs(block, row)
            if not needs:
                continue
            yield Case(
                needs[0][0],
                All(tuple(test for _, _, test in needs)),
                f"{block.called(row)} 必填项已填",
                cells=tuple((key, test) for key, _, test in needs),
                active=holds_anything(block.key, row) if block.repeats else None,
                due=Tally(tuple(due for _, due, _ in needs)),
                missing=Minus(
                    Const(Decimal(len(needs))), Tally(tuple(test for _, _, test in needs))
                ),
            )


class _Reason(NamedTuple):
    """Where an indicator's reason goes, and what tells whether one is due."""

    key: Key
    place: str
    name: Callable[[Values], str]
    rate: Key
    symbol: Key
    status: Key | None

    @property
    def judged(self) -> Expr:
        """Whether there is a completion or a status to judge by."""
        known = Filled(self.rate)
        return Some((known, Filled(self.status))) if self.status else known


def _reasons(form: Form) -> Iterator[_Reason]:
    for indicators in form.of(Indicators):
        if not (indicators.reason and indicators.asks_for(form, indicators.reason)):
            continue
        block = form.blocks[indicators.block]
        for row in block.rows:

            def cell(column: str, indicators: Indicators = indicators, row: Row = row) -> Key:
                return indicators.cell(row.key, column)

            yield _Reason(
                cell(indicators.reason),
                block.called(row),
                text_in(cell(indicators.name), "该指标"),
                cell(indicators.completion),
                cell(indicators.symbol),
                cell(indicators.status) if indicators.status else None,
            )


def _reason_cases(form: Form) -> Iterator[Case]:
    for one in _reasons(form):
        explained = Filled(one.key)
        by_status: Expr = Unknown()
        if one.status:
            # «已完成» beside a figure nobody could read proves nothing
            unread = If(Is(one.status, (PARTLY, UNDONE), blank=False), explained, Unknown())
            done = Some((Is(one.status, (DONE,)), explained))
            by_status = If(Is(one.symbol, (QUALITATIVE,)), done, unread)
            by_status = If(share_by_status(one.rate, one.status), by_status, Unknown())
        yield Case(
            one.key,
            If(IsNumber(one.rate), Some((met(one.rate), explained)), by_status),
            f"{one.place} 未完成的已写偏差原因",
            active=one.judged,
            terms={"name": one.name},
        )


def _empty_words_cases(form: Form) -> Iterator[Case]:
    """Give each text that is required, and each reason that is due: where none is, «无» is fair."""
    yield from _hollow_cases(form)
    for one in _reasons(form):
        says = Not(Is(one.key, EMPTY_WORDS))
        by_status: Expr = Unknown()
        if one.status:
            by_status = If(Is(one.status, (PARTLY, UNDONE)), says, ALWAYS)
            by_status = If(share_by_status(one.rate, one.status), by_status, Unknown())
        yield Case(
            one.key,
            If(IsNumber(one.rate), If(met(one.rate), ALWAYS, says), by_status),
            f"{one.place} 写明了偏差原因",
            active=All((Filled(one.key), one.judged)),
            terms=_wording(one.key, one.name, form),
        )
    # of an indicator that is not met the same words are told already
    unless = {one.key: (IsNumber(one.rate), met(one.rate)) for one in _reasons(form)}
    for item, key, full in _explained(form):
        yield Case(
            key,
            If(full, ALWAYS, Not(Is(key, EMPTY_WORDS))),
            f"{item.wording(form)}:写明了扣分理由",
            active=All((Filled(key), Filled(item.stated), *unless.get(key, ()))),
            terms=_wording(key, item.called, form),
        )


def _explained(form: Form) -> Iterator[tuple[ScoreItem, Key, Expr]]:
    """Give each score with the cell of its reason, and whether all its points are given."""
    for item in scored(form):
        if item.reason and item.worth:
            yield item, item.reason, Compare(">=", Number(item.stated), item.worth)


def _hollow_cases(form: Form) -> Iterator[Case]:
    for key, item in form.inputs():
        if item.hollow:
            yield Case(
                key,
                Not(Some((Is(key, item.hollow), _points_elsewhere(key)))),
                f"{_place(key, form)} 写明了内容",
                active=Filled(key),
                terms={"what": f"“{form.label(key)}”", "text": text_in(key), "due": "内容"},
            )


def _points_elsewhere(key: Key) -> Expr:
    """Whether a text only says where else to read («详见报告»)."""
    return All((Begins(key, POINTERS, LONGEST_POINTER), Not(Says(key, CLAUSES))))


def _place(key: Key, form: Form) -> str:
    block = form.blocks[key.block]
    return f"{block.title}:{form.label(key)}" if block.repeats else form.label(key)


def _wording(reason: Key, name: Callable[[Values], str], form: Form) -> dict[str, Term]:
    return {
        "what": lambda values: f"“{name(values)}”的“{form.column_label(reason)}”",
        "text": text_in(reason),
        "due": "原因",
    }


def _deduction_cases(form: Form) -> Iterator[Case]:
    for item, key, full in _explained(form):
        assert item.worth is not None, "points that are not all given"
        yield Case(
            key,
            Some((full, Filled(key))),
            f"{item.wording(form)}:扣分的已写理由",
            active=used_at(form, key),
            terms={"name": item.called, "points": (item.worth, Measure.PLAIN)},
            actual=Number(item.stated),
        )


def _material_cases(form: Form) -> Iterator[Case]:
    for item in form.of(ScoreItem):
        if item.evidence and item.material:
            written = Filled(item.material)
            yield Case(
                item.material,
                If(written, Not(Is(item.material, EMPTY_WORDS)), written),
                f"{item.wording(form)}:有得分的已写佐证材料",
                active=Compare(">", Number(item.stated), ZERO),
                actual=Number(item.stated),
                measure=Measure.SCORE,
                terms={"name": item.called},
            )


_UNMET = {
    "indicators.001.name": "慰问人次",
    "indicators.001.symbol": "≥",
    "indicators.001.target": "500",
    "indicators.001.actual": "208",
    "indicators.001.status": "未完成",
}

C01 = Rule(
    id="C01",
    name="required-blank",
    title="必填项未填",
    severity=Severity.ERROR,
    when="浅黄色的必填格子是空的。",
    message="必填项没有填:{labels}",
    why="必填项为空时,相关的合计、完成率和得分都无法核对。",
    fix="补填空着的格子;金额没有发生额的填 0,不要留空。",
    source="填报说明:浅黄色的必填格子都要填",
    good=Example({"unit.name": "示例单位"}),
    bad=Example({"unit.name": ""}, at="unit.name"),
    cases=_required_cases,
    grouped="{sheet} 有 {count} 个必填格没有填:{cells}(第一个是“{label}”)",
)

C02 = Rule(
    id="C02",
    name="reason-missing",
    title="缺偏差原因",
    severity=Severity.ERROR,
    when="指标没有完成,“偏差原因及改进措施”是空的。同一行另有 I06 的,并入那一条。",
    message="“{name}”没有完成,也没有写偏差原因及改进措施",
    why="未完成的指标应如实分析偏差原因并提出改进措施,这是绩效自评的核心内容。",
    fix="核对完成值;确实未完成的,在“偏差原因及改进措施”栏写明具体原因和下一步措施,相应扣减得分。",
    source="绩效自评要求:未完成指标须说明偏差原因及改进措施",
    good=Example({**_UNMET, "indicators.001.reason": "受疫情影响,走访次数减少"}),
    bad=Example(_UNMET, at="indicators.001.reason"),
    cases=_reason_cases,
    follows=("I06",),
    aside="也没有写偏差原因及改进措施",
)

C03 = Rule(
    id="C03",
    name="deduction-unexplained",
    title="扣分未说明",
    severity=Severity.ERROR,
    when="自评得分低于分值,“扣分理由及依据”是空的。",
    message="“{name}”分值 {points} 分,自评 {actual} 分,没有写扣分理由及依据",
    why="自评得分低于分值的,应说明扣了几分、为什么扣,否则无法复核。",
    fix="写明扣了几分、为什么扣、依据是什么;如不应扣分,改正自评得分。",
    source="评分要求:自评得分低于分值的须填写扣分理由及依据",
    good=Example({"grid.output.score": "95", "grid.output.reason": "个别指标未完成"}),
    bad=Example({"grid.output.score": "95"}, at="grid.output.reason"),
    cases=_deduction_cases,
    follows=("I06", "C02"),
    aside="扣了分也没有写理由",
)

C04 = Rule(
    id="C04",
    name="reason-empty-words",
    title="只写了空话",
    severity=Severity.VERIFY,
    when="指标没有完成或者扣了分,应当写原因的格子里只写了“无”“暂无”“XX”一类的话;"
    "必须写内容的格子(绩效目标、完成情况、主要职责、重点任务、文字部分)里只写了“无”“略”“详见报告”一类的话。"
    "存在的主要问题可以写“无”。",
    message="{what}只写了“{text}”,应写明具体{due}",
    why="“无”“略”“见附件”等于没有写,看的人无法判断;这份表单独汇总,别处写的内容看不到。",
    fix="写明具体内容;写原因的,写清什么事、为什么没做到、差多少、下一步怎么办;确实没有的,在审核结果的“说明”栏写明。",
    source="绩效自评要求:如实填写各项内容,分析偏差原因",
    good=Example({**_UNMET, "indicators.001.reason": "受疫情影响,走访次数减少"}),
    bad=Example({**_UNMET, "indicators.001.reason": "暂无"}, at="indicators.001.reason"),
    cases=_empty_words_cases,
)

C05 = Rule(
    id="C05",
    name="evidence-missing",
    title="缺佐证材料",
    severity=Severity.VERIFY,
    when="需要佐证材料的项目有得分,“佐证材料”却是空的,或只写了“无”一类的话。哪些项目需要,由评分标准规定。",
    message="“{name}”自评 {actual} 分,没有写佐证材料",
    why="这类得分表内没有数据可查,只能凭材料核实。",
    fix="写明佐证材料的名称或编号(如文件名、文号、网址);确实没有的,在审核结果的“说明”栏写明。",
    source="评分要求:自评得分须有佐证材料",
    good=Example({"grid.output.score": "95", "grid.output.material": "绩效目标批复表"}),
    bad=Example({"grid.output.score": "95"}, at="grid.output.material"),
    cases=_material_cases,
    grouped="{sheet} 有 {count} 项得分没有写佐证材料:{cells}(第一个是“{label}”)",
)

RULES = (C01, C02, C03, C04, C05)
