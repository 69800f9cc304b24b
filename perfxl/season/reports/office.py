"""The draft of an office's own report on a season: how its units reported and what was found.

Every figure comes from the roll-up; what a unit has not stated is never taken for zero, so each
sum says how many units it is made from. What only the office can judge stays a visible gap.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal
from operator import attrgetter

from msgspec.structs import replace

from perfxl.check.rule import Severity
from perfxl.expr.tree import Key
from perfxl.form.relations import Indicators
from perfxl.render.draft import (
    ChartPiece,
    Draft,
    Heading,
    Paragraph,
    Piece,
    TablePiece,
    enumerated,
    gap,
    numeral,
)
from perfxl.returns.records import PASSED, STANDINGS, TO_CORRECT, TO_VERIFY, UNREADABLE
from perfxl.season.rollup.model import (
    MISSING,
    WORDS,
    AmountTally,
    IndicatorTally,
    Rollup,
    RuleTally,
    UnitRow,
    Why,
    share,
)
from perfxl.text.amounts import amount_text, rate_text
from perfxl.text.dates import day_text

MOST_NAMED = 30
_NUMBERED = re.compile(r"[表图]\d(?![\d-])")  # a table or figure of ours, not «表1-4»
MOST_RULES, MOST_INDICATORS = 15, 20
EXAMPLES = 3


def season_report(rollup: Rollup) -> Draft:
    """Give the draft of the office's report on a season."""
    campaign = rollup.campaign
    office = campaign.office or gap("财政部门名称")
    title = f"{office}\n{campaign.year}年度{campaign.form.subject}汇总报告"
    parts = (
        ("报送和审核情况", _received(rollup)),
        ("收支情况", _money(rollup) if rollup.accounts else ()),
        ("绩效指标完成情况", _indicators(rollup) if rollup.asks_for(Indicators) else ()),
        ("自评得分和等级", _scores(rollup) if rollup.grades else ()),
        ("审核发现的主要问题", _problems(rollup)),
        ("下一步工作建议", [Paragraph(gap("对单位的要求和下一步工作安排"))]),
    )
    said = [(heading, found) for heading, part in parts if (found := list(part))]
    pieces = (
        *_opening(rollup),
        *(
            piece
            for number, (heading, part) in enumerate(said, 1)
            for piece in (Heading(f"{numeral(number)}、{heading}", 1), *part)
        ),
        Paragraph(office, "signature"),
        Paragraph(day_text(rollup.today), "signature"),
    )
    return Draft(title, _renumbered(pieces))


def _renumbered(pieces: Sequence[Piece]) -> tuple[Piece, ...]:
    """Give the pieces with tables and figures counted without gaps, in captions and text."""
    captions = [one.caption for one in pieces if isinstance(one, (TablePiece, ChartPiece))]
    marks = dict.fromkeys(found[0] for found in map(_NUMBERED.match, captions) if found)
    counts, numbers = Counter[str](), dict[str, str]()
    for mark in marks:
        counts[mark[0]] += 1
        numbers[mark] = f"{mark[0]}{counts[mark[0]]}"

    def renumber(text: str) -> str:
        return _NUMBERED.sub(lambda found: numbers.get(found[0], found[0]), text)

    def anew(piece: Piece) -> Piece:
        match piece:
            case TablePiece() | ChartPiece():
                return replace(piece, caption=renumber(piece.caption))
            case Paragraph():
                return replace(piece, text=renumber(piece.text))
        return piece

    return tuple(map(anew, pieces))


def _opening(rollup: Rollup) -> Iterator[Piece]:
    campaign = rollup.campaign
    yield Paragraph(
        f"按照{gap('当年绩效自评工作通知的名称和文号')},对{campaign.year}年度{campaign.form.subject}的"
        f"报送和审核情况汇总如下。数据截至{day_text(rollup.today)},"
        f"报送截止日期为{day_text(campaign.deadline)}。"
    )


def _share(part: int, whole: int) -> str:
    rate = share(part, whole)
    return "" if rate is None else f"({rate_text(rate)})"


# ---------------------------------------------------------------- 一 报送


def _received(rollup: Rollup) -> Iterator[Piece]:
    due = len(rollup.units)
    came = rollup.checked
    stood = enumerated([f"{WORDS[s]}{rollup.standings(s)}家" for s in STANDINGS if s != UNREADABLE])
    late = f",其中已逾期{rollup.overdue}家" if rollup.overdue else ""
    missing = f"未报{len(rollup.missing)}家{late}"
    unopened = f"已收到但打不开{rollup.unopened}家," if rollup.unopened else ""
    yield Paragraph(
        f"应报单位{due}家,已报{came}家{_share(came, due)},{unopened}{missing}。"
        f"已报单位中,{stood}。报送和审核情况见表1、图1。"
    )
    standings = (*STANDINGS, MISSING)
    rows = [
        (WORDS[s], str(rollup.standings(s)), _plain_share(rollup.standings(s), due))
        for s in standings
    ]
    rows.append(("合计", str(due), _plain_share(due, due)))
    yield _table("表1 报送和审核情况", ("情况", "家数", "占应报"), rows)
    counts = tuple(Decimal(rollup.standings(s)) for s in standings)
    names = tuple(WORDS[s] for s in standings)
    yield ChartPiece("图1 报送和审核情况(家数)", names, (("家数", counts),), "column")
    if rollup.missing:
        yield Paragraph(f"未报送的单位:{_named([row.unit.name for row in rollup.missing])}。")
    for standing in (TO_CORRECT, TO_VERIFY, UNREADABLE):
        standing_so = [row.unit.name for row in rollup.units if row.standing == standing]
        if standing_so:
            yield Paragraph(f"{WORDS[standing]}的单位:{_named(standing_so)}。")
    unread, strays = rollup.files(Why.UNREADABLE), rollup.files(Why.STRAY)
    if unread or strays:
        yield Paragraph(f"没有计入的文件:无法审核的{unread}份,不知是哪个单位的{strays}份。")


def _plain_share(part: int, whole: int) -> str:
    rate = share(part, whole)
    return "" if rate is None else rate_text(rate)


def _named(names: Sequence[str], most: int = MOST_NAMED) -> str:
    more = f"等{len(names)}家" if len(names) > most else ""
    return enumerated(names[:most]) + more


def _table(
    caption: str, headings: tuple[str, ...], rows: Sequence[tuple[str, ...]], texts: int = 1
) -> TablePiece:
    """Give a table whose first `texts` columns are words, the others figures."""
    strong = {n for n, row in enumerate(rows) if row[0] == "合计" or row[0].endswith("总计")}
    figures = frozenset(range(texts, len(headings)))
    return TablePiece(caption, headings, tuple(rows), figures, strong=frozenset(strong))


# ---------------------------------------------------------------- 二 收支


def _money(rollup: Rollup) -> Iterator[Piece]:
    final = rollup.accounts.final
    income, cost = (rollup.amounts[key] for key in rollup.accounts.total(final))
    if income.known is None or cost.known is None:
        yield Paragraph("还没有能够汇总的收支数据。")
        return
    yield Paragraph(
        f"收入总计决算数合计{amount_text(income.total)}万元({income.units}家填全),"
        f"支出总计决算数合计{amount_text(cost.total)}万元({cost.units}家填全)。"
        f"{_balance(rollup.gaps[final])}{_not_final(rollup)}{_left_out(rollup)}"
        "各行合计见表2,收支合计见图2;空白不按0计,每行只合计填报了的单位。"
    )
    yield _money_table(rollup)
    yield _money_figure(rollup)


def _balance(difference: AmountTally) -> str:
    """Say what income and expenditure of the units that state both come to."""
    if difference.known is None:
        return ""
    if not difference.known:
        return f"收支都填全的{difference.units}家,收支合计相等。"
    more, less = ("收入", "支出") if difference.known > 0 else ("支出", "收入")
    size = amount_text(abs(difference.known))
    return f"收支都填全的{difference.units}家,{more}合计比{less}多{size}万元。"


def _not_final(rollup: Rollup) -> str:
    count = rollup.summed(TO_CORRECT)
    return f"其中{count}家的表要退回修改,数字可能变动。" if count else ""


def _left_out(rollup: Rollup) -> str:
    """Say which units' amounts are in none of the sums."""
    names = _named([row.unit.name for row in rollup.doubted])
    return f"已报单位{rollup.doubt_words}:{names}。" if rollup.doubted else ""


def _money_table(rollup: Rollup) -> TablePiece:
    accounts = rollup.accounts
    rows = []
    for block in accounts.sides:
        for row in block.rows:
            tallies = [rollup.amounts[block_key] for block_key in _line(rollup, block.key, row.key)]
            sums = ("" if t.known is None else amount_text(t.known) for t in tallies)
            rows.append((row.label, *sums, str(tallies[-1].units)))
    heads = ("项目", *(accounts.labels[column] for column in accounts.columns), "决算填报家数")
    return _table("表2 收支汇总(万元)", heads, rows)


def _line(rollup: Rollup, block: str, row: str) -> list[Key]:
    return [rollup.accounts.keys[f"{block}.{row}.{column}"] for column in rollup.accounts.columns]


def _money_figure(rollup: Rollup) -> ChartPiece:
    accounts = rollup.accounts
    series = tuple(
        (
            accounts.labels[column],
            tuple(rollup.amounts[key].known for key in accounts.total(column)),
        )
        for column in accounts.columns
    )
    return ChartPiece("图2 收支合计(万元)", ("收入总计", "支出总计"), series, "column")


# ---------------------------------------------------------------- 三 指标


def _indicators(rollup: Rollup) -> Iterator[Piece]:
    tallies = rollup.indicators
    rows, met, unmet, unjudged, over = (
        sum(getattr(tally, name) for tally in tallies)
        for name in ("rows", "met", "unmet", "unjudged", "over")
    )
    if not rows:
        yield Paragraph("还没有能够汇总的绩效指标。")
        return
    yield Paragraph(
        f"各单位共列报三级绩效指标{rows}个,其中按数值核算完成{met}个{_share(met, rows)}、"
        f"未完成{unmet}个{_share(unmet, rows)},要由人判断{unjudged}个{_share(unjudged, rows)};"
        f"完成值明显超过指标值的{over}个。"
    )
    worst = sorted((t for t in tallies if t.unmet), key=_most_unmet)[:MOST_INDICATORS]
    if worst:
        yield Paragraph("未完成较多的指标见表3。")
        yield _table(
            "表3 未完成较多的指标",
            ("指标", "计量单位", "单位数", "未完成", "平均完成率"),
            [
                (
                    t.name,
                    t.unit,
                    str(t.units),
                    str(t.unmet),
                    "—" if t.mean is None else rate_text(t.mean),
                )
                for t in worst
            ],
            texts=2,
        )


def _most_unmet(tally: IndicatorTally) -> tuple[int, str, str]:
    return -tally.unmet, tally.name, tally.unit


# ---------------------------------------------------------------- 四 得分


def _scores(rollup: Rollup) -> Iterator[Piece]:
    scored = [row for row in rollup.units if row.stated is not None]
    if not scored:
        yield Paragraph("还没有能够汇总的自评得分。")
        return
    scores = [row.stated for row in scored if row.stated is not None]
    mean = sum(scores, Decimal(0)) / len(scores)
    counts = rollup.graded(attrgetter("stated"))
    counts = {name: counts[name] for name, _ in rollup.grades}
    grades = enumerated([f"{name}{count}家" for name, count in counts.items()])
    yield Paragraph(
        f"填报自评总得分的{len(scored)}家,平均{amount_text(mean)}分,最高{amount_text(max(scores))}分,"
        f"最低{amount_text(min(scores))}分。按自评得分和等级标准,{grades}。"
        "等级分布见图3,各单位得分见表4。"
    )
    numbers = tuple(Decimal(count) for count in counts.values())
    yield ChartPiece("图3 等级分布(家数)", tuple(counts), (("家数", numbers),), "column")
    yield _table(
        "表4 各单位自评得分",
        ("单位", "情况", "自评得分", "等级", "测算得分", "支出率"),
        [_score_row(rollup, row) for row in scored],
        texts=2,
    )


def _score_row(rollup: Rollup, row: UnitRow) -> tuple[str, ...]:
    low, high = ("" if s is None else amount_text(s) for s in (row.low, row.high))
    stated = "" if row.stated is None else amount_text(row.stated)
    interval = low if low == high else f"{low}～{high}"
    rate = "" if row.rate is None else rate_text(row.rate)
    return (row.unit.name, WORDS[row.standing], stated, rollup.grade(row.stated), interval, rate)


# ---------------------------------------------------------------- 五 问题


def _problems(rollup: Rollup) -> Iterator[Piece]:
    found = [tally for tally in rollup.rules if tally.severity is not Severity.NOTE]
    if not found:
        yield Paragraph("审核没有发现需要改正或核实的问题。")
        return
    errors = sum(row.errors or 0 for row in rollup.units)
    verifies = sum(row.verifies or 0 for row in rollup.units)
    passed = rollup.standings(PASSED)
    yield Paragraph(
        f"在能够审核的{rollup.checked}家中,共发现错误{errors}处、需核实{verifies}处,{passed}家通过。"
        "按涉及单位数排列的主要问题见表5。"
    )
    most = sorted(found, key=lambda t: (t.severity.rank, -len(t.positions), t.id))[:MOST_RULES]
    yield _table(
        "表5 主要问题",
        ("级别", "问题", "涉及单位", "处数", "已说明"),
        [
            (
                t.severity.word,
                t.title,
                str(len(t.positions)),
                str(t.findings),
                str(t.explained),
            )
            for t in most
        ],
        texts=2,
    )
    for number, tally in enumerate((t for t in most if t.severity is Severity.ERROR), 1):
        yield Paragraph(f"{numeral(number)}是{_problem(rollup, tally)}")


def _problem(rollup: Rollup, tally: RuleTally) -> str:
    names = [rollup.units[position].unit.name for position in tally.positions]
    return f"{tally.title},涉及{len(names)}家:{_named(names, EXAMPLES)}。"
