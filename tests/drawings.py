"""Offices' own forms, drawn in lines of text: with tokens as a 表样, without as the blank they had.

A line is a row, «|» stands between cells. «<» goes on with the cell to the left, «^» with the one
above; «.» is a box nobody fills; «stub=>【token】» is what the blank shows for a token.
A line that begins with «~» has no boxes; «#80» at its end is the row's height in points.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

THIN = Side(style="thin")
BOX = Border(left=THIN, right=THIN, top=THIN, bottom=THIN)
HEIGHT = re.compile(r"\s*#(\d+)\s*$")
TOKEN = re.compile(r"【([^【】]+)】")


@dataclass(frozen=True)
class Sheet:
    """A sheet to draw: its name, its lines, column widths, formats and drop-downs by cell."""

    name: str
    lines: str
    widths: Sequence[float] = ()
    formats: Mapping[str, str] = field(default_factory=dict)
    choices: Mapping[str, str] = field(default_factory=dict)


def grid(sheet: Sheet) -> tuple[list[list[str]], list[bool], list[float | None]]:
    """Give the cells of each row, whether it is boxed, its height."""
    cells, boxed, heights = [], [], []
    for line in sheet.lines.strip("\n").splitlines():
        found = HEIGHT.search(line)
        plain = HEIGHT.sub("", line).strip()
        boxed.append(not plain.startswith("~"))
        heights.append(float(found[1]) if found else None)
        cells.append([cell.strip() for cell in plain.removeprefix("~").split("|")])
    return cells, boxed, heights


def content(cell: str, blank: bool) -> Any:
    stub, _, token = cell.rpartition("=>")
    text = (stub if stub or TOKEN.fullmatch(token) else token) if blank else token
    if cell in {"", "."}:
        return None
    text = text.replace("\\n", "\n")
    if blank and not stub and TOKEN.search(token):
        text = TOKEN.sub("", text)
    return float(text) if re.fullmatch(r"\d+(\.\d+)?", text) else text or None


def draw(sheets: Sequence[Sheet], blank: bool = False) -> Workbook:
    """Give the workbook, with tokens or blank."""
    book = Workbook()
    del book["Sheet"]
    for sheet in sheets:
        _sheet(book.create_sheet(sheet.name), sheet, blank)
    return book


def _sheet(paper: Any, sheet: Sheet, blank: bool) -> None:
    cells, boxed, heights = grid(sheet)
    width = max(map(len, cells))
    for r, row in enumerate(cells):
        if heights[r]:
            paper.row_dimensions[r + 1].height = heights[r]
        for c in range(width):
            text = row[c] if c < len(row) else ""
            cell = paper.cell(r + 1, c + 1)
            if boxed[r] and c < len(row):
                cell.border = BOX
                cell.alignment = Alignment(horizontal="center", wrap_text=True)
            if text not in {"<", "^"}:
                cell.value = content(text, blank)
    for first, last in merges(cells):
        paper.merge_cells(start_row=first[0], start_column=first[1],
                          end_row=last[0], end_column=last[1])  # fmt: skip
    for number, chars in enumerate(sheet.widths, 1):
        paper.column_dimensions[get_column_letter(number)].width = chars
    for cell, code in sheet.formats.items():
        paper[cell].number_format = code
    for area, listed in sheet.choices.items():
        validation = DataValidation(type="list", formula1=f'"{listed}"')
        validation.add(area)
        paper.add_data_validation(validation)


def merges(cells: list[list[str]]) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Give the corners of each merged area, counted from 1."""
    found = []
    for r, row in enumerate(cells):
        for c, text in enumerate(row):
            if text in {"<", "^"}:
                continue
            right, bottom = c, r
            while right + 1 < len(row) and row[right + 1] == "<":
                right += 1
            while bottom + 1 < len(cells) and len(cells[bottom + 1]) > c \
                    and cells[bottom + 1][c] == "^":  # fmt: skip
                bottom += 1
            if (right, bottom) != (c, r):
                found.append(((r + 1, c + 1), (bottom + 1, right + 1)))
    return found


def data(book: Workbook) -> bytes:
    target = BytesIO()
    book.save(target)
    return target.getvalue()


def truth(sheets: Sequence[Sheet]) -> dict[tuple[str, str], str]:
    """Give the word of each token that stands alone, by sheet and cell."""
    found = {}
    for sheet in sheets:
        for r, row in enumerate(grid(sheet)[0]):
            for c, text in enumerate(row):
                token = TOKEN.fullmatch(text.rpartition("=>")[2])
                if token:
                    word = re.split("[ :]", token[1])[0]
                    found[sheet.name, f"{get_column_letter(c + 1)}{r + 1}"] = word
    return found


# ---------------------------------------------------------------- layouts

FUNDS_LINES = """
~附件2
项目支出绩效自评表|<|<|<|<|<|<|<
（2024年度）|<|<|<|<|<|<|<
项目名称|<|【文字】|<|<|项目代码|【代码】|<
主管部门|<|【文字】|<|<|实施单位|【单位名称】|<
项目负责人|<|【文字】|<|<|联系电话|【文字】|<
项目资金（万元）|<|.|年初预算数|全年预算数|全年执行数|分值|得分
^|^|年度资金总额|【金额】|【金额】|【金额】|10|【得分】
^|^|其中：财政拨款|【金额】|【金额】|【金额】|—|—
^|^|其他资金|【金额】|【金额】|【金额】|—|—
年度总体目标|年初设定目标|<|<|年度总体目标完成情况|<|<|<
^|【长文字】|<|<|【长文字】|<|<|<#90
一级指标|二级指标|三级指标|年度指标值|实际完成值|分值|得分|偏差原因分析及改进措施
产出指标|数量指标|指标1：=>【三级指标】|【指标值】|【完成值】|【分值】|【得分】|【偏差原因】
^|^|……=>【三级指标】|【指标值】|【完成值】|【分值】|【得分】|【偏差原因】
^|质量指标|指标1：=>【三级指标】|【指标值】|【完成值】|【分值】|【得分】|【偏差原因】
效益指标|社会效益指标|指标1：=>【三级指标】|【指标值】|【完成值】|【分值】|【得分】|【偏差原因】
满意度指标|服务对象满意度指标|指标1：=>【三级指标】|【指标值】|【完成值】|【分值】|【得分】|【偏差原因】
总分|<|<|<|<|=SUM(F14:F18)+G8|【总得分】|.
~填表人：|【文字】||联系电话：|【文字】||填报日期：|【日期】
"""

RUBRIC_LINES = """
部门整体支出绩效评价指标评分表|<|<|<|<|<|<|<
单位名称|<|【单位名称】|<|单位代码|【单位代码】|年度|【年度】
一级指标|二级指标|三级指标|分值|评分标准|自评得分|扣分原因|佐证材料
投入|目标设定|绩效目标合理性|5|符合客观实际得5分，每缺一项扣1分|【得分】|【扣分原因】|【佐证材料】
^|^|绩效指标明确性|5|指标清晰、细化、可衡量|【得分】|【扣分原因】|【佐证材料】
^|预算配置|在职人员控制率|5|以100%为标准，每超1%扣0.5分|【得分】|【扣分原因】|【佐证材料】
过程|预算执行|预算完成率|10|完成率达100%得满分|【得分】|【扣分原因】|【佐证材料】
^|^|三公经费控制率|5|≤100%得满分|【得分】|【扣分原因】|【佐证材料】
产出及效率|职责履行|重点工作办结率|70|按比例计分|【得分】|【扣分原因】|【佐证材料】
合计|<|<|=SUM(D4:D9)|.|【总得分】|.|.
评价等级|<|【等级】|<|评价结论|【长文字】|<|<#60
单位负责人|<|【文字】|<|填表人|【文字】|填报日期|【日期】
"""

BASIC_LINES = """
部门整体支出绩效评价基础数据表|<|<|<|<
~单位：元
填报单位|【单位名称】|<|填报日期|【日期】
财政供养人员情况|编制数|年末实际在职人数|控制率|<
^|【整数】|【整数】|【百分比】|<
经费控制情况|2022年决算数|2023年预算数|2023年决算数|<
三公经费|【金额】|【金额】|【金额】|<
其中：公务接待费|【金额】|【金额】|【金额】|<
公务用车运行维护费|【金额】|【金额】|【金额】|<
因公出国（境）费|【金额】|【金额】|【金额】|<
项目支出|【金额】|【金额】|【金额】|<
厉行节约保障措施|【长文字】|<|<|<#60
是否公开|□是 □否=>【选择:是/否】|公开网址|【文字】|<
说明|【长文字】|<|<|<#50
"""

TASKS_LINES = """
部门整体绩效自评表|<|<|<|<|<|<|<
（2023年度）|<|<|<|<|<|<|<
部门名称|<|【单位名称】|<|<|预算编码|【单位代码】|<
年度主要任务|任务名称|主要内容|预算数（万元）|<|执行数（万元）|<|执行率
^|^|^|总额|其中：财政拨款|总额|其中：财政拨款|^
^|【文字 行数20】|【长文字】|【金额】|【金额】|【金额】|【金额】|【百分比】
^|.|.|.|.|.|.|.
^|.|.|.|.|.|.|.
^|合计|<|【金额】|【金额】|【金额】|【金额】|【百分比】
年度绩效目标|【长文字】|<|<|<|<|<|<#80
年度绩效指标|一级指标|二级指标|三级指标|指标值|计量单位|完成值|完成情况
^|【一级指标 行数40】|【二级指标】|【三级指标】|【指标值】|【计量单位】|【完成值】|【完成情况】
^|.|.|.|.|.|.|.
^|.|.|.|.|.|.|.
^|.|.|.|.|.|.|.
存在的主要问题|<|【长文字】|<|<|<|<|<#60
改进措施|<|【长文字】|<|<|<|<|<#60
填报人|<|【文字】|<|联系电话|<|【文字】|<
"""

LEDGER_LINES = """
项目支出预算执行情况明细表|<|<|<|<|<|<
~填报单位：|【单位名称】|||金额单位：万元
序号|项目名称|资金来源|预算数|执行数|执行率|备注
【序号】|【文字 行数30】|【文字】|【金额】|【金额】|【百分比】|【文字】
.|.|.|.|.|.|.
.|.|.|.|.|.|.
.|.|.|.|.|.|.
合计|<|<|【金额】|【金额】|【百分比】|.
"""

SYMBOLS_LINES = """
绩效指标完成情况表|<|<|<|<|<|<|<|<|<
单位名称|【单位名称】|<|<|<|单位代码|<|【单位代码】|<|<
一级指标|二级指标|三级指标|符号|目标值|调整后目标值|计量单位|实际完成值|完成率|未完成原因及改进措施
产出指标|数量指标|【三级指标】|【符号】|【指标值】|【调整指标值】|【计量单位】|【完成值】|【自填完成率】|【偏差原因】
^|质量指标|【三级指标】|【符号】|【指标值】|【调整指标值】|【计量单位】|【完成值】|【自填完成率】|【偏差原因】
^|时效指标|【三级指标】|【符号】|【指标值】|【调整指标值】|【计量单位】|【完成值】|【自填完成率】|【偏差原因】
效益指标|经济效益|【三级指标】|【符号】|【指标值】|【调整指标值】|【计量单位】|【完成值】|【自填完成率】|【偏差原因】
^|社会效益|【三级指标】|【符号】|【指标值】|【调整指标值】|【计量单位】|【完成值】|【自填完成率】|【偏差原因】
满意度指标|服务对象满意度|【三级指标】|【符号】|【指标值】|【调整指标值】|【计量单位】|【完成值】|【自填完成率】|【偏差原因】
自评总分|<|<|【总得分】|<|自评等级|<|【等级】|<|<
"""

BUDGET_LINES = """
~附件3
2023年度部门整体支出绩效自评表|<|<|<|<|<|<|<
省级预算部门名称|<|【单位名称】|<|<|<|<|<
年度预算申请（万元）|.|年初预算数|全年预算数|全年执行数|分值|执行率|得分
^|年度资金总额|【金额】|【金额】|【金额】|10|【百分比】|【得分】
^|按收入性质分：|<|<|按支出性质分：|<|<|<
^|其中：一般公共预算：|<|【金额】|其中：基本支出：|<|【金额】|<
^|政府性基金拨款：|<|【金额】|项目支出：|<|【金额】|<
^|纳入专户管理的非税收入拨款：|<|【金额】|.|<|.|<
^|其他资金：|<|【金额】|.|<|.|<
年度总体目标|预期目标|<|<|实际完成情况|<|<|<
^|【长文字】|<|<|【长文字】|<|<|<#90
绩效指标|一级指标|二级指标|三级指标|年度指标值|实际完成值|分值|偏差原因分析及改进措施
^|产出指标(50分)|数量指标|【三级指标】|【指标值】|【完成值】|【分值】|【偏差原因】
^|^|质量指标|【三级指标】|【指标值】|【完成值】|【分值】|【偏差原因】
^|^|时效指标|【三级指标】|【指标值】|【完成值】|【分值】|【偏差原因】
^|效益指标(30分)|经济效益指标|【三级指标】|【指标值】|【完成值】|【分值】|【偏差原因】
^|^|社会效益指标|【三级指标】|【指标值】|【完成值】|【分值】|【偏差原因】
^|满意度指标(10分)|服务对象满意度指标|【三级指标】|【指标值】|【完成值】|【分值】|【偏差原因】
总分|<|<|<|<|<|100|.
~填表人：|【文字】|填报日期：|【日期】|联系电话：|【文字】|单位负责人：|【文字】
"""
SCORES_LINES = """
2023年度部门整体支出绩效自评表|<|<|<|<|<|<|<|<|<
主管部门|【文字】|<|<|部门联系人|<|【文字】|联系电话|<|【文字】
部门支出预算数（万元）|年初预算数|<|全年（调整）预算数|<|全年执行数|执行率（%）|执行率权重|执行率得分|自评总分（分）
^|【金额】|<|【金额】|<|【金额】|【百分比】|【权重】|【得分】|【总得分】
当年绩效目标|年初绩效目标|<|<|全年（调整）绩效目标|<|<|全年目标实际完成情况|<|<
^|【长文字】|<|<|【长文字】|<|<|【长文字】|<|<#100
绩效指标|指标名称|计量单位|指标性质|年初指标值|调整指标值|全年完成值|指标权重|指标得分|说明
^|【三级指标 行数9】|【计量单位】|【符号】|【指标值】|【调整指标值】|【完成值】|【权重】|【得分】|【文字】
^|.|.|.|.|.|.|.|.|.
^|.|.|.|.|.|.|.|.|.
^|.|.|.|.|.|.|.|.|.
~注：指标性质填写≥、≤、=。
"""  # noqa: E501
PROFILE_LINES = """
附件4
单位基本情况表|<|<|<|<|<
一、基本信息|<|<|<|<|<
单位名称*|【单位名称】|<|统一社会信用代码|【单位代码】|<
单位性质|行政□ 事业□=>【选择:行政/事业】|<|所属年度|【年度】|<
人员编制数|【整数】|实有人数|【整数】|离退休人数|【整数】
单位地址|【文字】|<|邮政编码|【文字】|<
二、部门职能|<|<|<|<|<
【长文字】|<|<|<|<|<#120
三、收支情况（元）|<|<|<|<|<
项目|上年决算数|本年预算数|本年决算数|增减额|增减率
一、收入合计|=B13+B14|=C13+C14|=D13+D14|=D12-C12|=IF(C12=0,"",E12/C12)
财政拨款收入|【金额】|【金额】|【金额】|=D13-C13|=IF(C13=0,"",E13/C13)
其他收入|【金额】|【金额】|【金额】|=D14-C14|=IF(C14=0,"",E14/C14)
二、支出合计|【金额】|【金额】|【金额】|=D15-C15|=IF(C15=0,"",E15/C15)
基本支出|【金额】|【金额】|【金额】|=D16-C16|=IF(C16=0,"",E16/C16)
项目支出|【金额】|【金额】|【金额】|=D17-C17|=IF(C17=0,"",E17/C17)
四、重点项目|<|<|<|<|<
序号|项目名称|预算金额|支出金额|实施进度|备注
1=>【序号】|【文字 行数20】|【金额】|【金额】|【文字】|【文字】
2|.|.|.|.|.
3|.|.|.|.|.
~单位负责人（签字）：|【文字】|填表人：|【文字】|填表时间：|【日期】
"""
POINTS_LINES = """
预算项目绩效自评打分表|<|<|<|<|<|<
~项目名称：|【文字】|<|预算单位：|【单位名称】||
评价内容|评价指标|指标解释|评价标准|标准分|自评分|自评说明
决策（20分）|立项依据充分性|项目立项是否符合法律法规|符合得5分，不符合不得分|5|【得分】|【文字】
^|立项程序规范性|申请、设立过程是否规范|规范得5分|5|【得分】|【文字】
^|绩效目标合理性|目标是否明确|明确得10分|10|【得分】|【文字】
过程（30分）|资金到位率|资金到位率=到位资金/计划投入|到位率×15|15|【得分】|【文字】
^|预算执行率|执行率=支出/到位|执行率×15|15|【得分】|【文字】
效果（50分）|实际完成率|产出数/计划数|完成率×50|50|【得分】|【文字】
得分合计|<|<|<|100|【总得分】|.
自评等级|【等级】|<|<|<|<|<
自评结论|【长文字】|<|<|<|<|<#70
"""
SERVICE_LINES = """
政府购买服务项目绩效自评表|<|<|<|<|<
填报单位：|【单位名称】|<|填报时间：|【日期】|<
项目类别|【选择】|<|项目起止时间|【日期】|<
承接主体名称|【文字】|<|合同金额（万元）|【金额】|<
资金来源|预算安排数|实际到位数|实际支出数|结余数|支出率
财政资金|【金额】|【金额】|【金额】|=C6-D6|=IF(C6=0,"",D6/C6)
自筹资金|【金额】|【金额】|【金额】|=C7-D7|=IF(C7=0,"",D7/C7)
合计|【金额】|【金额】|【金额】|=C8-D8|=IF(C8=0,"",D8/C8)
服务内容|计划数量|完成数量|计划完成时间|实际完成时间|未完成原因
【文字 行数20】|【整数】|【整数】|【日期】|【日期】|【偏差原因】
.|.|.|.|.|.
.|.|.|.|.|.
主要成效|【长文字】|<|<|<|<#60
存在问题及原因|【长文字】|<|<|<|<#60
下一步改进措施|【长文字】|<|<|<|<#60
"""
LAYOUTS: Mapping[str, Sequence[Sheet]] = {
    "funds": (Sheet("自评表", FUNDS_LINES, (10, 12, 20, 14, 14, 12, 10, 24)),),
    "rubric": (Sheet("评分表", RUBRIC_LINES, (12, 14, 20, 8, 40, 10, 24, 20)),),
    "basic": (Sheet("基础数据", BASIC_LINES, (24, 16, 18, 16, 12)),),
    "tasks": (Sheet("整体自评", TASKS_LINES, (10, 16, 24, 12, 14, 12, 14, 12)),),
    "ledger": (
        Sheet("明细表", LEDGER_LINES, (8, 24, 16, 14, 14, 10, 16)),
        Sheet("指标表", SYMBOLS_LINES, (12, 14, 20, 8, 12, 12, 10, 12, 10, 24)),
    ),
    "budget": (Sheet("自评表", BUDGET_LINES, (14, 16, 14, 16, 16, 12, 12, 20)),),
    "scores": (Sheet("整体自评", SCORES_LINES, (14, 20, 10, 10, 14, 14, 14, 10, 10, 16)),),
    "profile": (Sheet("基本情况", PROFILE_LINES, (24, 16, 14, 18, 14, 14)),),
    "points": (Sheet("打分表", POINTS_LINES, (14, 18, 24, 24, 8, 10, 24)),),
    "service": (
        Sheet(
            "购买服务",
            SERVICE_LINES,
            (16, 14, 14, 16, 14, 14),
            choices={"B3": "公共服务,履职服务"},
        ),
    ),
}
