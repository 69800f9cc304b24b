"""The workbook of next year's targets: what past years suggest, what was left out, how it is done.

Its one input column takes the target that the clerk decides on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from perfxl.expr.tree import Key
from perfxl.form.answers import Values, read_answers
from perfxl.form.model import Block, Column, Form, Item, Kind, Row, Sheet, centred, label, row_key
from perfxl.form.raw import Raw
from perfxl.render.extras import Extras
from perfxl.returns.result import Result
from perfxl.targets.histories import MOST_YEARS, Gathered, years_text
from perfxl.targets.past_returns import LeftOut
from perfxl.targets.proposals import (
    COARSENESS,
    FITS,
    NEAR,
    STEADY,
    TREND_YEARS,
    UNSTABLE,
    Evidence,
    Proposal,
    quantity,
    shortened,
)
from perfxl.text.amounts import percent_text

ID, EDITION = "targets", "1"
TARGETS, LEFT_OUT, METHOD = "targets", "left_out", "method"
ADOPTED = Item(Kind.VALUE, prompt="建议只供参考,由您决定:填下一年采用的指标值")
FIGURE = Item(Kind.SHOWN, look="figure")
METHODS = (
    (
        "按单位、指标名称和计量单位,把各年的同一个指标找出来;一级、二级指标不同的不合并。"
        "名称里的空格、标点、全角半角和序号不计。"
    ),
    "计量单位能换算的(如 元 与 万元)换算成最近一年的单位;不能换算的(如 人 与 人次)不合并,并写明。",
    (
        f"只看最近 {MOST_YEARS} 年;只用能确定的完成值。读不准的、写成文字或界限(如“<10%”)的不用,"
        "列在“未采用”表。同一单位同一年有几份的,用最后保存的一份。"
    ),
    (
        f"趋势:满 {TREND_YEARS} 年才看。波动幅度(标准差÷平均数)不超过 {percent_text(STEADY)} 为"
        "“平稳”;"
        f"各年的变化有 {percent_text(FITS)} 以上落在一条直线上的为“上升”或“下降”;其余为“波动”。"
    ),
    (
        "建议指标值:取各年完成值的平均数;有上升或下降趋势的,取平均数与最近一年的中间。"
        f"再取整(一般改变不超过 {percent_text(COARSENESS / 2)}),总在各年实际完成的范围以内。"
    ),
    (
        "各年完成值都相同的(如都是 100%),建议沿用。符号为“=”而各年不同的、定性指标、没有填符号的,"
        "不建议数值。"
    ),
    (
        f"证据:满 {TREND_YEARS} 年为“强”;只有两年的,或换算过计量单位的为“中”;只有一年的,"
        f"波动幅度超过 {percent_text(UNSTABLE)} 的,各年符号方向相反的为“弱”。证据弱的只能作参考。"
    ),
    (
        f"与原指标值相差不超过 {percent_text(NEAR)} 的说“相近”;超过的说明原来偏高或偏低"
        "(“≤”类指标说偏松或偏严)。"
    ),
    "建议只依据过去的完成情况,不知道下一年的政策、任务和资金有什么变化。请在“采用的指标值”栏填写您的决定。",
)


def targets_book(
    proposals: Sequence[Proposal], gathered: Gathered, left_out: Sequence[LeftOut]
) -> Result:
    """Give the workbook of these proposals, ready to render."""
    shown: dict[Key, Raw] = {}
    block = _targets_block(proposals, gathered.years, shown)
    sheets = (
        _targets_sheet(block, gathered.years),
        _left_out_sheet(left_out, shown),
        _method_sheet(),
    )
    year = max(gathered.years, default=0) + 1
    form = Form(ID, EDITION, "建议指标值", sheets, year=year)
    bars = {
        Key(TARGETS, row.key, "bars"): [
            Key(TARGETS, row.key, f"actual_{year}") for year in gathered.years
        ]
        for row, one in zip(block.rows, proposals, strict=True)
        if one.statistics and one.statistics.low != one.statistics.high
    }
    values = Values(form, read_answers(form, {}), shown)
    return Result(values, Extras(first_sheet=TARGETS, sparklines=bars))


# ---------------------------------------------------------------- 建议指标


def _targets_block(
    proposals: Sequence[Proposal], years: Sequence[int], shown: dict[Key, Raw]
) -> Block:
    rows = []
    for number, one in enumerate(proposals, 1):
        row = row_key(number)
        texts = {**_what(one), **_past(one, years), **_suggestion(one)}
        shown |= {Key(TARGETS, row, column): raw for column, raw in texts.items()}
        items = {
            **{column: _item(column) for column in texts},
            "seq": centred(str(number)),
            "adopted": ADOPTED,
            "bars": Item(Kind.SHOWN),
        }
        if one.evidence is Evidence.WEAK:
            items["evidence"] = Item(Kind.SHOWN, look="verify")
        rows.append(Row(row, one.history.name, items))
    return Block(TARGETS, "建议指标", _columns(years), tuple(rows), filtered=bool(rows))


def _columns(years: Sequence[int]) -> tuple[Column, ...]:
    """Give the columns; all actuals side by side, as the small bars want them."""
    return (
        Column("seq", "序号"),
        Column("unit", "单位"),
        Column("level1", "一级\n指标"),
        Column("level2", "二级指标\n(项目)"),
        Column("name", "指标"),
        Column("symbol", "符号"),
        Column("measure", "计量\n单位"),
        *(Column(f"target_{year}", f"{year} 年\n指标值") for year in years),
        *(Column(f"actual_{year}", f"{year} 年\n完成值") for year in years),
        Column("bars", "完成值\n走势"),
        Column("mean", "平均\n完成"),
        Column("trend", "趋势"),
        Column("range", "完成范围"),
        Column("suggested", "建议\n指标值"),
        Column("evidence", "证据"),
        Column("reason", "依据"),
        Column("adopted", "采用的\n指标值"),
    )


def _item(column: str) -> Item:
    figures = column.startswith(("target_", "actual_")) or column in {
        "mean",
        "range",
        "suggested",
    }
    if figures:
        return FIGURE
    centred = column in {"symbol", "measure", "trend", "evidence"}
    return Item(Kind.SHOWN, look="verdict" if centred else "")


def _what(one: Proposal) -> dict[str, Raw]:
    history = one.history
    unit = " ".join(filter(None, (history.unit.name, history.unit.code)))
    level1, level2 = history.group
    return {
        "unit": unit,
        "level1": level1,
        "level2": level2,
        "name": history.name,
        "symbol": history.symbol,
        "measure": history.measure,
    }


def _past(one: Proposal, years: Sequence[int]) -> dict[str, Raw]:
    """Give targets (as typed where they are no numbers) and actuals.

    Actuals that were not used stay blank: texts would be drawn as 0.
    """
    rows, found = one.history.rows, dict[str, Raw]()
    for year in years:
        row = rows.get(year)
        target = row.target if row else None
        actual = row.actual.value if row else None
        words = target.text if target else None
        known = target.value if target else None
        found[f"target_{year}"] = words if known is None else shortened(known)
        found[f"actual_{year}"] = None if actual is None else shortened(actual)
    return found


def _suggestion(one: Proposal) -> dict[str, Raw]:
    found = one.statistics
    texts: dict[str, Raw] = {
        "suggested": _short(one.suggested),
        "evidence": one.evidence.word,
        "reason": one.reason,
    }
    if found is None:
        return {**texts, **dict.fromkeys(("mean", "trend", "range"))}
    low, high = (quantity(value, "") for value in (found.low, found.high))
    return {
        **texts,
        "mean": shortened(found.mean),
        "trend": found.trend.word,
        "range": low if low == high else f"{low} ～ {high}",
    }


def _short(value: Decimal | None) -> Decimal | None:
    return None if value is None else shortened(value)


def _targets_sheet(block: Block, years: Sequence[int]) -> Sheet:
    past = [8.0] * (2 * len(years))
    widths = (5, 20, 9, 11, 20, 5, 7, *past, 10, 9, 7, 14, 9, 5, 46, 9)
    note = f"依据 {years_text(years)} 年的自评表;建议只供参考,请在右边黄色的一栏填写采用的指标值"
    title = f"{max(years) + 1} 年建议指标值" if years else "建议指标值"
    return Sheet(TARGETS, "建议指标", title, (block,), widths, note)


# ---------------------------------------------------------------- 未采用, 说明


def _left_out_sheet(left_out: Sequence[LeftOut], shown: dict[Key, Raw]) -> Sheet:
    rows = []
    for number, one in enumerate(left_out, 1):
        row = row_key(number)
        texts = _left_out_texts(one)
        shown |= {Key(LEFT_OUT, row, column): text for column, text in texts.items()}
        items = {"seq": centred(str(number)), **dict.fromkeys(texts, Item(Kind.SHOWN))}
        rows.append(Row(row, f"第{number}条", items))
    columns = (
        Column("seq", "序号"),
        Column("source", "文件"),
        Column("unit", "单位"),
        Column("year", "年度"),
        Column("name", "指标"),
        Column("place", "位置"),
        Column("found", "填写的内容"),
        Column("why", "为什么没有采用"),
    )
    block = Block(LEFT_OUT, "未采用", columns, tuple(rows), filtered=bool(rows))
    note = "没有用来计算的文件和完成值" if rows else "没有:各年的完成值都用上了"
    widths = (5, 30, 22, 7, 26, 20, 30, 44)
    return Sheet("left_out", "未采用", "没有采用的数", (block,), widths, note)


def _left_out_texts(one: LeftOut) -> Mapping[str, str]:
    return {
        "source": one.source,
        "unit": one.unit,
        "year": str(one.year or ""),
        "name": one.name,
        "place": str(one.place or ""),
        "found": one.found,
        "why": one.why,
    }


def _method_sheet() -> Sheet:
    rows = tuple(
        Row(f"step{n}", text, {"seq": centred(str(n)), "text": label(text)})
        for n, text in enumerate(METHODS, 1)
    )
    columns = (Column("seq", "序号"), Column("text", "说明"))
    block = Block(METHOD, "说明", columns, rows, headed=False)
    return Sheet(METHOD, "说明", "建议指标值是怎样得出的", (block,), (6, 84), portrait=True)
