"""An office makes its own 附件3 a 表样, units fill it in: what the manual's page has done by hand.

Cells are named as on the office's blank; a template has them lower where its lists are longer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path

from clerk import TERMS, fill_file, units
from drawings import LAYOUTS, data, draw
from editing import edited
from openpyxl.styles import Alignment, Font, PatternFill
from seasons import UNITS

SHEET, CHECKS = "整体自评", "勾稽关系"
BLANK, FORM = "附件3.xlsx", "附件3_表样.xlsx"
HEADS = (3, 4, 5, 11)  # rows of headings
TASKS, MEASURES = 10, 20  # rows that the clerk gives the lists
LONGER = ((9, TASKS - 3), (16, MEASURES - 4))  # from which row on a template has how many more
Typed = Mapping[str, object]

# what the clerk types over in what was proposed
MENDED: Typed = {
    "A2": "（【年度】年度）",
    "B6": f"【文字 必填 行数{TASKS}】",
    "D6": "【金额 必填】",
    "F6": "【金额 必填】",
    "H6": '=IF(D6=0,"",F6/D6)',
    "H9": '=IF(D9=0,"",F9/D9)',
    "B12": f"【一级指标 行数{MEASURES}】",
    "C17": "【长文字 必填】",
}
MISSPELT: Typed = {"F6": "【金額 必填】"}
STATED: Typed = {
    "A6": "G05",
    "B6": "核实",
    "C6": "执行数不超过预算数",
    "D6": "F6:F6",
    "E6": "≤",
    "F6": "D6:D6",
    "H6": "核对;确有超支的写明原因",
}


def _line(row: int, *values: object) -> dict[str, object]:
    return {f"{letter}{row}": value for letter, value in zip("BCDEFGH", values, strict=False)}


ANSWERS: Typed = {
    **_line(6, "公共图书服务", "开放、借阅、讲座", 120, 100, 118.6, 99),
    **_line(7, "文化惠民演出", "下乡演出 40 场", 60, 60, 58.4, 58.4),
    **_line(8, "免费开放", "馆舍维护、设备更新", 35.5, 30, 35.5, 30),
    **_line(12, "产出指标", "数量指标", "下乡演出场次", "≥40", "场", 42, "已完成"),
    **_line(13, "产出指标", "质量指标", "设备完好率", "≥95", "%", 96.5, "已完成"),
    **_line(14, "效益指标", "社会效益指标", "服务人次", "≥30000", "人次", 31200, "已完成"),
    **_line(15, "满意度指标", "服务对象满意度指标", "读者满意度", "≥90", "%", 93, "已完成"),
    "D9": 215.5,
    "E9": 190,
    "F9": 212.5,
    "G9": 187.4,
    "B10": "开放图书馆和文化馆,完成下乡演出,群众满意。",
    "C16": "部分馆舍设备老旧。",
    "C17": "列入下一年度设备更新计划。",
    "C18": "陈工",
    "G18": "020-1000",
}
RATES: Typed = {"H6": 0.9883, "H7": 0.9733, "H8": 1, "H9": 0.9861}  # by hand, where no formula is
WRONG: Typed = {"F6": 128.6, "F9": 221.5, "G13": 90, "C17": None}


def blank() -> bytes:
    """Give the form as the office has sent it out so far, in its own look."""
    book = draw(LAYOUTS["tasks"], blank=True)
    sheet = book[SHEET]
    sheet["A1"].font = Font(name="黑体", size=18)
    sheet.row_dimensions[1].height = 30
    for cell in (cell for row in sheet.iter_rows() for cell in row):
        cell.alignment = Alignment("center", "center", wrap_text=True)
    for cell in (cell for row in HEADS for cell in sheet[row]):
        cell.font = Font(name="宋体", size=11, bold=True)
        cell.fill = PatternFill("solid", fgColor="DDEBF7")
    for row in (*range(6, 10), *range(12, 16)):
        sheet.row_dimensions[row].height = 18
    sheet.column_dimensions["B"].width = 20
    for row in range(6, 10):
        sheet[f"H{row}"].number_format = "0.00%"
    sheet.page_setup.orientation = "landscape"
    return data(book)


def mended(proposed: bytes) -> bytes:
    """Give a proposed 表样 as the clerk means it to be."""
    return edited(proposed, {SHEET: MENDED, CHECKS: STATED})


def on_own_paper(name: str, code: str, changes: Typed) -> bytes:
    """Give the office's blank as a unit has filled it in."""
    cells = {"C3": name, "G3": code, **ANSWERS, **RATES, **changes}
    return edited(blank(), {SHEET: cells})


def typed_into(workbook: bytes, cells: Typed) -> bytes:
    """Give a template or a result with cells typed into."""
    return edited(workbook, {SHEET: {_issued(cell): value for cell, value in cells.items()}})


def _issued(cell: str) -> str:
    letter, row = cell[0], int(cell[1:])
    return f"{letter}{row + sum(more for first, more in LONGER if row >= first)}"


# ---------------------------------------------------------------- deeds


def _put_blank(folder: Path) -> None:
    (folder / BLANK).write_bytes(blank())


def _mend(folder: Path) -> None:
    path = folder / FORM
    path.write_bytes(edited(path.read_bytes(), {SHEET: {**MENDED, **MISSPELT}, CHECKS: STATED}))


def _spell(folder: Path) -> None:
    path = folder / FORM
    path.write_bytes(edited(path.read_bytes(), {SHEET: MENDED}))


def _fill(folder: Path) -> None:
    template = next(folder.glob("*文化馆*.xlsx"))
    (folder / "文化馆.xlsx").write_bytes(typed_into(template.read_bytes(), {**ANSWERS, **WRONG}))


def _correct(folder: Path) -> None:
    result = (folder / "文化馆_审核结果.xlsx").read_bytes()
    corrected = {cell: ANSWERS[cell] for cell in WRONG}
    (folder / "文化馆_再报.xlsx").write_bytes(typed_into(result, corrected))


def _put_old(folder: Path) -> None:
    (folder / "收到的表").mkdir()
    put_returns(folder / "收到的表")


def put_returns(folder: Path) -> None:
    """Put what two units filled in on the office's own blank into a folder."""
    for unit, changes in zip(UNITS, ({}, WRONG), strict=False):
        filled = on_own_paper(unit.name, unit.code, changes)
        (folder / f"{unit.name}.xlsx").write_bytes(filled)


def fill_settings(folder: Path) -> None:
    """Fill in the settings of a season of three units."""
    year = {"campaign.year": 2023, "campaign.deadline": date(2024, 4, 30)}
    names = (unit.name for unit in UNITS)
    fill_file(folder / "任务设置.xlsx", {**TERMS, **year, **units(*names)})


def receive(folder: Path) -> None:
    """Put the returns of three units into a season: two on the blank, one on its template."""
    put_returns(folder / "回收")
    (template,) = (folder / "发放").glob(f"*{UNITS[2].name}*.xlsx")
    filled = typed_into(template.read_bytes(), {**ANSWERS, "G15": 88})
    (folder / "回收" / template.name).write_bytes(filled)


DEEDS: Mapping[str, Callable[[Path], None]] = {
    "把本单位发过的空白表 附件3.xlsx 放进来": _put_blank,
    "用 Excel 打开 附件3_表样.xlsx,照上面两张表改好,保存,关闭": _mend,
    "用 Excel 打开 附件3_表样.xlsx,把 F6 改成【金额 必填】,保存,关闭": _spell,
    "单位填好发回来,存为 文化馆.xlsx": _fill,
    "单位在审核结果里改好发回来,存为 文化馆_再报.xlsx": _correct,
    "把手里填好的两份表放进文件夹 收到的表": _put_old,
    "用 Excel 打开 任务设置.xlsx,填好截止日期等参数和三家单位,保存,关闭": fill_settings,
    "收到三家的表,放进“回收”:两家填的是以前的空白表,一家填的是模板": receive,
}
