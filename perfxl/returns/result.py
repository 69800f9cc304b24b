"""The result: the form once more, with what was found, the scores, and what was not checked.

Its further sheets are declared like any others, so the result is rendered by the one renderer and
is again a template: the unit corrects it, writes its 说明 and sends it back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct

from perfxl.check.findings import Finding, NotChecked, Outcome
from perfxl.check.rounds import Alteration, Comparison, Reviewed
from perfxl.check.rule import Severity
from perfxl.expr.aggregates import Text
from perfxl.expr.arithmetic import Ratio, ShownRate, Sum
from perfxl.expr.cells import Kept, Number
from perfxl.expr.tree import Expr, Key
from perfxl.form.answers import Answer, Cell, Values
from perfxl.form.identity import NOBODY, Issued
from perfxl.form.layout import Layout, place
from perfxl.form.model import Block, Column, Item, Kind, Row, Sheet, centred, label, row_key
from perfxl.form.ours import FINDING_COLUMNS, standing
from perfxl.form.raw import Raw
from perfxl.form.relations import (
    Balance,
    Conclusion,
    Identity,
    Indicators,
    ScoreGroup,
    ScoreItem,
    own_indicators,
    points_in_all,
    scored_in,
)
from perfxl.render.extras import Chart, Extras, Flag
from perfxl.returns.as_read import AS_TYPED, as_read
from perfxl.text.amounts import amount_text

FINDINGS, VERDICT, UNCHECKED, SCORES = "findings", "verdict", "unchecked", "score_card"
ROUNDS, UNASKED = "rounds", "unasked"
CHARTED_INDICATORS = 60
# a sheet of its own: beside the scores the chart would be cut in two by the end of the page
COMPLETION_PAGE = Sheet("completion", "完成率图", "指标完成率", (), (90,), portrait=True)

EXPLANATION = Item(Kind.LONG, prompt="“核实”类问题确属实情的,在此写明原因和依据")
NO_EXPLANATION = Item(Kind.SHOWN)  # an error must be mended: nothing can be typed there


class Result(Struct, frozen=True):
    """What the renderer needs for a result workbook."""

    values: Values
    extras: Extras


def verdict_text(outcome: Outcome) -> str:
    """Give the one line that says how the return stands."""
    errors, open_points = outcome.count(Severity.ERROR), outcome.open_points
    if errors:
        return f"退回修改:有 {errors} 处错误必须改正" + (
            f",另有 {open_points} 处需改正或说明" if open_points else ""
        )
    if open_points:
        return f"请核实:没有错误,有 {open_points} 处需改正或说明"
    if outcome.count(Severity.VERIFY):
        return "通过:没有错误,需核实的事项均已说明"
    return "通过:没有需要改正的问题" if outcome.findings else "通过:没有发现问题"


def changes_text(changes: Comparison) -> str:
    """Give the one line that says what a second round changed."""
    return (
        f"已改正 {len(changes.fixed)} 处,仍存在 {len(changes.remaining)} 处,"
        f"新出现 {len(changes.new)} 处;要求以外改动 {len(changes.unasked)} 格"
    )


def result(
    reviewed: Reviewed, issued: Issued = NOBODY, changes: Comparison | None = None
) -> Result:
    """Give the result of a check, ready to render. Its values belong to the live form.

    `issued` goes with the file; `changes` against an earlier round get a sheet of their own.
    """
    values, outcome = reviewed.values, reviewed.outcome
    form, shown, answers = values.form, dict[Key, Raw](), dict[Key, Answer]()
    layout = place(form)
    blocks = (
        _verdict_block(values, outcome, shown),
        _findings_block(outcome.findings, layout, shown, answers),
    )
    first = Sheet(
        "findings",
        "审核结果",
        f"{form.title}审核结果",
        blocks,
        (4, 7, 5, 17, 31, 10, 10, 9, 22, 14, 10, 10, 10),
        frozen=False,
    )
    charts = _charts(values)
    pages = [COMPLETION_PAGE] if any(c.sheet == COMPLETION_PAGE.key for c in charts) else []
    scores = [_score_sheet(values, conclusion) for conclusion in form.of(Conclusion)]
    extra = (*scores, *pages, _unchecked_sheet(outcome.not_checked, shown))
    compared = [_comparison_sheet(changes, layout, shown)] if changes else []
    read = as_read(values)
    kept = [_kept_sheet(read.kept, answers)] if read.kept else []
    whole = form.with_sheets(before=(first, *compared), after=(*extra, *kept))
    extras = Extras(issued, _marks(outcome.every, read.notes), charts, first_sheet="findings")
    return Result(read.values.on(whole, answers, shown), extras)


# ---------------------------------------------------------------- 审核结果


def _verdict_block(values: Values, outcome: Outcome, shown: dict[Key, Raw]) -> Block:
    rows = []
    for key, wording, text, look in _verdict_lines(values, outcome):
        item = Item(Kind.SHOWN, look=look)
        rows.append(Row(key, wording, {"label": label(wording), "value": item}))
        shown[Key(VERDICT, key)] = text
    columns = (Column("label", "项目", 4), Column("value", "内容", 6))
    return Block(VERDICT, "一、结论", columns, tuple(rows), headed=False)


def _verdict_lines(values: Values, outcome: Outcome) -> list[tuple[str, str, str, str]]:
    form = values.form
    counts = ",".join(f"{severity.word} {outcome.count(severity)} 处" for severity in Severity)
    lines = []
    for who in form.of(Identity):
        unit = " ".join(filter(None, (values.unit_name, values.unit_code)))
        lines.append(("unit", "单位", unit or "(未填)", ""))
        lines.append(("year", "年度", values.text(who.year) or "(未填)", ""))
    lines += [
        ("verdict", "审核结论", verdict_text(outcome), _verdict_look(outcome)),
        ("counts", "发现问题", f"{counts};未能核对 {len(outcome.not_checked)} 处(见“未核对”)", ""),
    ]
    if outcome.count(Severity.ERROR) or outcome.open_points:
        todo = (
            "直接在本文件里改标色的格子,标色的是自动计算的,改算出它的数;"
            "“核实”类问题确属实情的,在“说明”栏写明原因;保存后重新报送"
        )
        lines.append(("todo", "请您", todo, ""))
    for balance in form.of(Balance):
        wording = f"收支总计·{form.column_label(balance.income.computed)}"
        income, cost = (
            _amount(values, lines.computed) for lines in (balance.income, balance.expenditure)
        )
        lines.append((f"total_{balance.column}", wording, f"收入 {income},支出 {cost} 万元", ""))
    for conclusion in form.of(Conclusion):
        grade = conclusion.grade
        graded = f",等级 {values.text(grade) or '未填'}" if grade else ""
        stated = f"{_amount(values, conclusion.stated)} 分{graded}"
        lines.append(("score", "自评得分", stated, ""))
        if conclusion.low and conclusion.high:
            low, high = (_amount(values, key) for key in (conclusion.low, conclusion.high))
            support = f"{low} ～ {high} 分" if low != high else f"{low} 分"
            lines.append(("support", "测算得分", f"{support}(不能由数据算出的项目按自评计)", ""))
    return lines


def _verdict_look(outcome: Outcome) -> str:
    if outcome.count(Severity.ERROR):
        return Severity.ERROR.value
    return Severity.VERIFY.value if outcome.open_points else "shown"


def _amount(values: Values, key: Key) -> str:
    number = values.number(key)
    return "(未填全)" if number is None else amount_text(number)


def _findings_block(
    findings: Sequence[Finding],
    layout: Layout,
    shown: dict[Key, Raw],
    answers: dict[Key, Answer],
) -> Block:
    rows = []
    for number, finding in enumerate(findings, 1):
        row = row_key(number)
        message = "\n".join(filter(None, (finding.message, finding.lapsed)))
        rows.append(_finding_row(row, number, finding, message, layout))
        texts = {
            "message": message,
            "actual": finding.printed(finding.actual),
            "expected": finding.standard,
            "difference": finding.printed(finding.difference),
            "fix": finding.fix,
        }
        shown |= {Key(FINDINGS, row, column): text for column, text in texts.items()}
        if finding.note:
            answers[Key(FINDINGS, row, "explanation")] = Answer(Cell(finding.note), finding.note)
    title = "二、发现的问题" if findings else "二、没有发现问题"
    return Block(FINDINGS, title, FINDING_COLUMNS, tuple(rows), filtered=bool(findings))


def _finding_row(row: str, number: int, finding: Finding, message: str, layout: Layout) -> Row:
    key = finding.keys[0] if finding.keys else None
    more = f" 等 {len(finding.keys)} 处" if len(finding.keys) > 1 else ""
    where = _linked(key, layout, more) if key else label(_place(finding) + more)
    items = {
        "seq": centred(str(number)),
        "level": label(
            finding.severity.word + ("\n已说明" if finding.explained else ""),
            look=finding.severity.value,
        ),
        "id": centred(finding.rule.id),
        "place": where,
        "message": Item(Kind.SHOWN),
        "actual": Item(Kind.SHOWN, look="figure"),
        "expected": Item(Kind.SHOWN, look="figure"),
        "difference": Item(Kind.SHOWN, look="figure"),
        "fix": Item(Kind.SHOWN),
        "explanation": NO_EXPLANATION if finding.severity is Severity.ERROR else EXPLANATION,
        "key": label(" ".join(map(str, finding.keys))),
        "state": label(" ".join(finding.states)),
        "standing": label(standing(finding.rule.id, where.text, message)),
    }
    return Row(row, f"第{number}条", items)


def _place(finding: Finding) -> str:
    return str(finding.places[0]) if finding.places else finding.label


def _marks(findings: Iterable[Finding], notes: Mapping[Key, str]) -> dict[Key, Flag]:
    """Give each flagged cell the colour of its gravest finding and the words of all of them.

    Last come the notes of what was read otherwise than it was typed.
    """
    said = [
        (key, finding.severity, f"{_head(finding)}{finding.message}\n怎么改:{finding.fix}")
        for finding in findings
        for key in finding.keys
    ]
    marks: dict[Key, Flag] = {}
    for key, severity, text in (*said, *((key, Severity.NOTE, t) for key, t in notes.items())):
        old = marks.get(key)
        if old is None:
            marks[key] = Flag(severity.value, text)
        else:
            marks[key] = Flag(old.severity, f"{old.text}\n\n{text}")
    return marks


def _head(finding: Finding) -> str:
    return f"【{finding.severity.word} {finding.rule.id}】"


# ---------------------------------------------------------------- 与上次对比


def _comparison_sheet(changes: Comparison, layout: Layout, shown: dict[Key, Raw]) -> Sheet:
    blocks = (_rounds_block(changes, layout, shown), _unasked_block(changes, layout, shown))
    widths = (8, 6, 6, 21, 50, 40)
    note = changes_text(changes)
    return Sheet("comparison", "与上次对比", "与上次报送对比", blocks, widths, note, frozen=False)


def _rounds_block(changes: Comparison, layout: Layout, shown: dict[Key, Raw]) -> Block:
    rows: list[Row] = []
    for word, look, findings in (
        ("新出现", "error", changes.new),
        ("仍存在", "verify", changes.remaining),
        ("已改正", "note", changes.fixed),
    ):
        for finding in findings:
            row = row_key(len(rows) + 1)
            key = finding.keys[0] if finding.keys and word != "已改正" else None
            items = {
                "state": label(word, look=look),
                "level": centred(finding.severity.word),
                "rule": centred(finding.rule.id),
                "place": _linked(key, layout) if key else label(_place(finding)),
                "message": Item(Kind.SHOWN),
            }
            shown[Key(ROUNDS, row, "message")] = finding.message
            rows.append(Row(row, f"第{len(rows) + 1}条", items))
    columns = (
        Column("state", "情况"),
        Column("level", "级别"),
        Column("rule", "编号"),
        Column("place", "位置(点击前往)"),
        Column("message", "问题"),
    )
    return Block(ROUNDS, "一、上次和这次的问题", columns, tuple(rows), filtered=bool(rows))


def _unasked_block(changes: Comparison, layout: Layout, shown: dict[Key, Raw]) -> Block:
    rows = []
    for number, change in enumerate(changes.unasked, 1):
        row = row_key(number)
        items = {
            "place": _changed_place(change, layout),
            "label": label(change.label),
            "before": Item(Kind.SHOWN),
            "after": Item(Kind.SHOWN),
        }
        shown[Key(UNASKED, row, "before")] = change.before or "(空白)"
        shown[Key(UNASKED, row, "after")] = change.after or "(空白)"
        rows.append(Row(row, f"第{number}格", items))
    columns = (
        Column("place", "位置(点击前往)", 3),
        Column("label", "项目"),
        Column("before", "上次"),
        Column("after", "这次"),
    )
    title = "二、要求以外改动的格子" if rows else "二、要求以外没有改动"
    return Block(UNASKED, title, columns, tuple(rows))


def _changed_place(change: Alteration, layout: Layout) -> Item:
    if change.key in layout.form.items:
        return _linked(change.key, layout)
    return label(f"上次的 {change.place}(这一行已删除)")


def _linked(key: Key, layout: Layout, more: str = "") -> Item:
    where = f"{layout.sheet(key).name} {layout.a1(key)}{more}"
    return Item(Kind.LABEL, where, link=key, look="link")


# ---------------------------------------------------------------- 得分, 未核对


def _score_sheet(values: Values, conclusion: Conclusion) -> Sheet:
    form, items = values.form, list(scored_in(values.form, values))
    total = ScoreItem(
        name="自评总得分",
        points=f"{points_in_all(form):f}",
        stated=conclusion.stated,
        low=conclusion.low,
        high=conclusion.high,
    )

    def whole(group: str) -> Expr:
        return Sum(tuple(Number(item.stated) for item in items if item.group == group))

    groups = [
        _score_row(
            f"group{n}",
            "小计",
            ScoreItem(name=g.name, points=g.points, stated=g.stated, low=g.low, high=g.high),
            whole(g.name),
        )
        for n, g in enumerate(form.of(ScoreGroup), 1)
    ]
    leaves = [_score_row(f"item{n}", item.group, item) for n, item in enumerate(items, 1)]
    rows = [*leaves, *groups, _score_row("total", "合计", total)]
    if conclusion.grade:
        grade = Item(Kind.TEXT, formula=Text(conclusion.grade))
        cells = {"name": label("评价等级(填报)"), "stated": grade}
        rows.append(Row("grade", "评价等级", cells))
    supported = any(one.high for one in (total, *items))
    columns = (
        Column("group", "一级指标"),
        Column("name", "三级指标"),
        Column("points", "分值"),
        Column("stated", "自评得分"),
        Column("rate", "得分率"),
        *((Column("low", "测算得分(低)"), Column("high", "测算得分(高)")) if supported else ()),
    )
    block = Block(SCORES, "得分对照", columns, tuple(rows))
    note = "“测算得分”由表内数据计算;定性指标只算出区间,算不出的项目按自评计;小计不先四舍五入"
    note, widths = note if supported else "", (9, 36, 6, 9, 9, 9, 9)[: len(columns)]
    return Sheet(
        "score_card", "得分", "得分对照", (block,), widths, note, portrait=True, chart_columns=10
    )


def _score_row(key: str, group: str, item: ScoreItem, own: Expr | None = None) -> Row:
    """Give a line of the scores; `own` is its score where that is not as it is shown."""
    name, points, worth = item.name, item.points, item.worth
    bounds = {"low": item.low, "high": item.high}
    cells = {
        "group": label(group),
        "name": Item(Kind.TEXT, formula=Text(name)) if isinstance(name, Key) else label(name),
        "points": _score(points) if isinstance(points, Key) else centred(points),
        "stated": _score(item.stated),
    }
    if worth:
        rate = Ratio(own or Number(item.stated), worth)
        cells["rate"] = Item(Kind.RATE, formula=ShownRate(rate))
    cells |= {column: _score(cell) for column, cell in bounds.items() if cell}
    return Row(key, name if isinstance(name, str) else "", cells)


def _score(key: Key) -> Item:
    return Item(Kind.SCORE, formula=Number(key))


def _unchecked_sheet(not_checked: Sequence[NotChecked], shown: dict[Key, Raw]) -> Sheet:
    rows = []
    for number, entry in enumerate(not_checked, 1):
        row = row_key(number)
        shown[Key(UNCHECKED, row, "reason")] = entry.reason
        items = {
            "id": label(entry.rule.id),
            "about": label(entry.label),
            "reason": Item(Kind.SHOWN),
        }
        rows.append(Row(row, entry.label, items))
    columns = (
        Column("id", "编号"),
        Column("about", "检查内容"),
        Column("reason", "为什么没有核对"),
    )
    block = Block(UNCHECKED, "未核对", columns, tuple(rows))
    note = "资料不全,或要由人判断的检查" if rows else "没有:各项检查都已核对"
    return Sheet("unchecked", "未核对", "未能核对的事项", (block,), (6, 44, 82), note)


def _kept_sheet(kept: Sequence[Kept], answers: dict[Key, Answer]) -> Sheet:
    """Give the hidden sheet of the texts that formulas hold cells against."""
    rows = tuple(Row(one.key.row, "", {"value": Item(Kind.TEXT)}) for one in kept)
    answers |= {one.key: Answer(Cell(one.text), one.text) for one in kept}
    block = Block(AS_TYPED, "", (Column("value", "原填"),), rows)
    return Sheet("as_typed", "原填", "读不成数的原文", (block,), (60,), hidden=True)


# ---------------------------------------------------------------- charts


def _charts(values: Values) -> list[Chart]:
    return [*_score_charts(values), *_completion_charts(values)]


def _score_charts(values: Values) -> Iterator[Chart]:
    scored = list(scored_in(values.form, values))
    items = [f"item{n}" for n, _ in enumerate(scored, 1)]

    def column(name: str) -> list[Key]:
        return [Key(SCORES, row, name) for row in items]

    series = [("自评得分", column("stated"))]
    if any(item.high for item in scored):
        series.append(("测算得分(高)", column("high")))
    if items and any(values.form.of(Conclusion)):
        yield Chart(
            "score_card",
            "自评得分与测算得分",
            column("name"),
            tuple(series),
            height=700,
        )


def _completion_charts(values: Values) -> Iterator[Chart]:
    for indicators in own_indicators(values.form)[:1]:  # one page, one chart
        rows = _charted_rows(values, indicators)
        if not rows:
            return
        yield Chart(
            COMPLETION_PAGE.key,
            "指标完成率",
            [indicators.cell(row, indicators.name) for row in rows],
            (("完成率", [indicators.cell(row, indicators.completion) for row in rows]),),
            percent=True,
            height=120 + 20 * len(rows),
        )


def _charted_rows(values: Values, indicators: Indicators) -> list[str]:
    """Give the rows from the first to the last indicator in use: a chart wants one range."""
    rows = [row.key for row in values.form.blocks[indicators.block].rows]
    tests = (indicators.in_use(values.form, row) for row in rows)
    used = [n for n, test in enumerate(tests) if test.evaluate(values)]
    return rows[: used[-1] + 1][:CHARTED_INDICATORS] if used else []
