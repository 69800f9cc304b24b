"""Reports for tests: the worked case in short words, as lines and as a .docx, and its slips.

Figures, names and the oddities of print are those of the published report of the worked case: a
caption below its table, a table continued on the next page, blanks within numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO
from itertools import groupby
from typing import Any

from docx import Document
from msgspec import Struct
from msgspec.structs import replace

from perfxl.form.document import Manuscript, Passage, TextTable

PLANTED = "为年满70岁的老人发放长寿保健金 157,327 人次共计 899.3 万元"
RIGHT = "为年满70岁的老人发放长寿保健金 157,327 人次共计 809.28 万元"
_BODY = f"""
2022 年度新华街道办事处部门整体支出绩效自评报告
依据《2023 年预算绩效管理工作方案》(花财监〔2023〕1号),开展 2022 年度部门整体支出绩效自评,现报告如下。
一、评价部门概况
(一)部门概况
新华街道办事处的主要职责有12项,具体见表1-1。
表 1-1 部门主要职责
序号	职责内容
1	贯彻党的方针政策和上级决定。
序号	职责内容
2	推进基层党建。
新华街道办事处设内设机构 14个,分别是党政综合办公室、党建工作办公室等。
(二)年度总体工作和重点工作任务
年初设置重点工作任务6项。一是公共服务事务,目标为:提供场室,开展讲座、活动和课程。
(三)部门整体收支情况
依据 2022 年度部门决算报表,部门年度总收入决算数为 43,717.66 万元,其中一般公共预算财政拨款收入决算数为 22,588.02 万元。
表 1-3 部门总收入统计表
项目	年初预算数	全年预算数	决算数
一、一般公共预算财政拨 款收入	21,870.50	22,588.02	22,588.02
二、政府性基金预算财政 拨款收入	4,000.00	21,127.10	21,127.10
三、国有资本经营预算财 政拨款收入	0.00	0.00	0.00
四、上级补助收入	0.00	0.00	0.00
八、其他收入	0.00	0.00	0.00
新华街 2022 年部门整体预算支出决算数为 43,717.66 万元,按支出性质划分,基本支出为 5,171.26 万元,项目支出为 38,546.39 万元。
表 1-4 部门总支出统计表(按支出性质和经济分类)
项目	行次	年初预算数	全年预算数	决算数
一、基本支出	1	4,956.27	5,171.27	5,171.26
二、项目支出	2	20,914.23	38,546.39	38,546.39
三、上缴上级支出	3	0.00	0.00	0.00
(四)部门整体支出绩效目标及完成情况
共设置三级绩效指标 21 个。各项绩效指标完成情况见表 1-5。
表 1-5 部门年度绩效指标完成情况
一级 指标	二级指标	三级指标	年度指 标值	年度完成值	完成情 况
产出指标	数量 指标	补偿村集体数量	5个	5 个	已完成
产出指标	数量 指标	开展讲座、活动次 数	≥100场	134 场	已完成
产出指标	数量 指标	服务场地覆盖面 积	1000 平 方米	1000 平方米	已完成
产出指标	数量 指标	重要节日慰问人 次	≥500 人 次	208 人次	未完成
产出指标	质量指标	垃圾清运达标率	100%	100%	已完成
效益 指标	社会 指标	居民使用场室人 次	≥28000 人次	11,476 人次	未完成
效益 指标	社会 指标	村干部被处理率	< 10%	< 10%	已完成
效益 指标	社会 指标	历史遗留问题解 决率	100%	历史遗留土地等问题正在逐步 解决	未完成
满意度	服务对象	村民投诉次数	0次	年度无村民投诉及信访等情况	已完成
二、综合评价分析
(一)自评结论综述
履职效能自评得分 47.50 分,主要扣分点为个别指标设置不够精准;管理效率自评得分 46.50 分。自评总得分为 94 分,评价等级为"优"。
部门整体支出绩效自评得分总体情况见表 2-1。
评价因素	分值(分)	评价得分(分)	得分率(%)
履职效能	50	47.50	95.00%
管理效率	50	46.50	93.00%
评价总得分	100	94.00	94.00%
表 2-1 部门整体支出绩效自评得分总体情况
(二)各项工作任务绩效目标完成情况分析
5.社会保障事务
2022年共救助低收入家庭236户648人,发放低保金535.8万元、特困金74.4万元,为206人提供医疗救助共计6.7万元,{RIGHT},发放灵活就业社会保险补贴6,871人、补贴资金共计1,556.8万元。
(三)各重点任务项目支出完成情况分析
1. 长者长寿保健金项目
本重点任务项目预算执行和指标完成情况如下:
表 2-2 长者长寿保健金项目预算执行情况
资金来源	年度预算数 (万元)	年度预算执行数 (万元)	预算完成率(%)
长者长寿保健金 市级财政资助经费	390.47	390.47	100.00%
资金来源	年度预算数 (万元)	年度预算执行数 (万元)	预算完成率(%)
花都区长者长寿 保健金经费	417.75	417.75	100.00%
民政事务经费	1.06	1.06	100.00%
合计	809.28	809.28	100.00%
表 2-3 长者长寿保健金项目指标完成情况
指标名称	年度指标值	实际完成指标值	完成率 (%)
70 周岁以上长者长 寿保健金发放人次 数计划完成率	95%以上	发放长 寿保健金157327人 次,计划完成率 100%。	105. 26%
月度长者长寿保健金镇街发放及时率	90%以上	月度发 放 及 时 率 为 91.01%。	101. 12%
投诉发生率	≤1%	投诉发生率为0%。	100%
长者满意度	90%	长者满意度为 100%。	111.11%
2. 新型冠状病毒肺炎疫情防控工作项目
表 2-4 新型冠状病毒肺炎疫情防控工作项目预算执行情况
资金来源	年度预算数 (万元)	年度预算执行数 (万元)	预算完成率(%)
财政拨款 (市本级支出)	1287. 98	1287. 98	100%
(四)主要工作成效
大力改善民生福祉:{RIGHT}。全年完成 64 次全员核酸检测。
三、存在的主要问题
个别指标值设置偏高,居民使用场室人次因疫情难以达到 28,000 人次。
四、下一步改进措施
参照过去三年的平均值设定指标值。
五、附件
附件3:部门整体支出绩效自评表
"""  # noqa: E501 - lines of a report
WORKED: tuple[str, ...] = tuple(_BODY.strip().splitlines())
ORIGINAL: tuple[str, ...] = tuple(line.replace(RIGHT, PLANTED) for line in WORKED)
MERGED = 2  # columns in which like cells one below the other are one


def docx(lines: tuple[str, ...]) -> bytes:
    """Give a .docx of these lines; each header row begins a table of its own, like cells merged."""
    document = Document()
    for is_row, group in groupby(lines, key=lambda line: "\t" in line):
        rows = [line.split("\t") for line in group]
        if is_row:
            for table in _tables(rows):
                _add_table(document, table)
        else:
            for (text,) in rows:
                document.add_paragraph(text)
    target = BytesIO()
    document.save(target)
    return target.getvalue()


def _tables(rows: list[list[str]]) -> Iterator[list[list[str]]]:
    starts = [n for n, row in enumerate(rows) if row == rows[0]]
    for begin, end in zip(starts, [*starts[1:], len(rows)], strict=True):
        yield rows[begin:end]


def _add_table(document: Any, rows: list[list[str]]) -> None:
    table = document.add_table(len(rows), len(rows[0]))
    for column in range(len(rows[0])):
        at = 0
        alike = lambda row, column=column: row[column]  # noqa: E731 - a key of groupby
        for text, group in groupby(rows, key=alike if column < MERGED else id):
            count = len(list(group))
            first = table.cell(at, column)
            if count > 1 and column < MERGED:
                first = first.merge(table.cell(at + count - 1, column))
            first.text = text if column < MERGED else rows[at][column]
            at += count


# ---------------------------------------------------------------- one figure changed


class Mutant(Struct, frozen=True):
    """A manuscript with one figure changed: where it is (a sentence or a table), and from what."""

    manuscript: Manuscript
    in_table: bool
    before: str
    after: str
    text: str


_FIGURE = re.compile(
    r"(?<![\d,.A-Za-z〔第表图-])(\d[\d,]*(?:\.\d+)?)(?=\s*(?:亿元|万元|元|%|分|个|项|人次|人|场|家|次|亩|平方米))"
)
_CELL = re.compile(r"[≥≤<>=]?\s*(\d[\d,]*(?:\.\s?\d+)?)\s*[^\d]{0,4}")


def mutants(manuscript: Manuscript) -> Iterator[Mutant]:
    """Give a manuscript with one figure changed at a time, in its sentences and in its tables."""
    for at, piece in enumerate(manuscript.pieces):
        if isinstance(piece, Passage):
            for match in _FIGURE.finditer(piece.text):
                text, after = _changed(piece.text, match)
                made = replace(piece, text=text)
                yield Mutant(_with(manuscript, at, made), False, match[1], after, piece.text)
        else:
            yield from _in_table(manuscript, at, piece)


def _in_table(manuscript: Manuscript, at: int, grid: TextTable) -> Iterator[Mutant]:
    for n, row in enumerate(grid.rows[1:], 1):
        for column, cell in enumerate(row[1:], 1):
            match = _CELL.fullmatch(cell)
            if match is None:
                continue
            text, after = _changed(cell, match)
            rows = list(grid.rows)
            rows[n] = (*row[:column], text, *row[column + 1 :])
            made = TextTable(tuple(rows))
            yield Mutant(_with(manuscript, at, made), True, match[1], after, " | ".join(row))


def _changed(text: str, match: re.Match[str]) -> tuple[str, str]:
    """Change the last digit before the point, as a slip of the hand would."""
    number = match[1]
    last = len(number.partition(".")[0]) - 1
    after = f"{number[:last]}{(int(number[last]) + 3) % 10}{number[last + 1 :]}"
    return text[: match.start(1)] + after + text[match.end(1) :], after


def _with(manuscript: Manuscript, at: int, piece: Passage | TextTable) -> Manuscript:
    pieces = list(manuscript.pieces)
    pieces[at] = piece
    return Manuscript(tuple(pieces))
