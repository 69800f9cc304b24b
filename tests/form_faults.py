"""Every fault an office's form can have, and every remark, each made in a small form."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from drawings import Sheet, data, draw
from editing import rewritten
from openpyxl.chart import BarChart
from openpyxl.comments import Comment
from openpyxl.formatting.rule import IconSetRule
from openpyxl.styles import GradientFill
from openpyxl.worksheet.formula import ArrayFormula, DataTableFormula
from openpyxl.worksheet.table import Table

from perfxl.form.faults import FormFault
from perfxl.forms.office.checks import HEADINGS
from perfxl.forms.office.drawn import has_tokens, understand
from perfxl.reading.drawing import read_drawing
from perfxl.returns.office import form_of_office

SMALL = """
表|<|<
单位名称|【单位名称】|<
项目|预算数|执行数
甲|【金额】|【金额】
乙|【金额】|【金额】
合计|=SUM(B4:B5)|=SUM(C4:C5)
名称|数量|金额
【文字 行数9】|【整数】|【金额】
.|.|.
总计|=SUM(B8:B8)|=SUM(C8:C9)
"""
Change = Callable[[Any], None]


class Case(NamedTuple):
    """Something of the small form, in words and done: what is said of it where, and these words."""

    name: str
    done: str
    change: Change
    place: str
    what: str
    fix: str = ""
    put: tuple[bytes, bytes] = (b"", b"")  # into the sheet, what openpyxl does not write

    def workbook(self) -> bytes:
        """Give the form with this in it."""
        book = draw((Sheet("表", SMALL),))
        self.change(book)
        before, new = self.put
        return with_part(data(book), before, new) if before else data(book)

    def told(self) -> tuple[FormFault, ...]:
        """Give its faults, its remarks where it has none."""
        packed = self.workbook()
        drawing = read_drawing(packed)
        if has_tokens(drawing):
            form = understand(drawing)
            return form.faults or form.remarks
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "附件3.xlsx")
            path.write_bytes(packed)
            return form_of_office(path, None).faults


def with_part(packed: bytes, before: bytes, new: bytes) -> bytes:
    """Give a workbook with something put into its first sheet before the first such tag."""

    def change(part: str, content: bytes) -> bytes:
        if part != "xl/worksheets/sheet1.xml":
            return content
        assert before in content
        return content.replace(before, new + before, 1)

    return rewritten(packed, change)


def changed(
    cells: Mapping[str, object] | None = None,
    checks: Sequence[Sequence[object]] = (),
    notes: Mapping[str, object] | None = None,
) -> Change:
    """Give what puts these cells, checks and notes into the small form."""

    def change(book: Any) -> None:
        for cell, value in (cells or {}).items():
            book["表"][cell] = value
        if checks:
            paper = book.create_sheet("勾稽关系")
            for row in (HEADINGS, *checks):
                paper.append(list(row))
        if notes is not None:
            paper = book.create_sheet("表样说明")
            for row in notes.items():
                paper.append(row)

    return change


def _cell(name: str, cell: str, text: str, what: str, fix: str = "", **more: object) -> Case:
    written = {cell: text, **more}
    done = ",".join(f"{at} 写 {said}" for at, said in written.items())
    return Case(name, done, changed(written), f"表 {cell}", what, fix)


def _check(name: str, cell: str, row: str, what: str, fix: str = "") -> Case:
    """Give a check of these cells, «|» between them, from 编号 to 容差 or the last that is said."""
    values = [one.strip() for one in row.split("|")]
    said = ",".join(f"{h} {v}" for h, v in zip(HEADINGS, values, strict=False) if v)
    return Case(name, f"勾稽关系:{said}", changed(None, [values]), f"勾稽关系 {cell}", what, fix)


def _headings(*heads: str) -> Change:
    def change(book: Any) -> None:
        book.create_sheet("勾稽关系").append(list(heads))

    return change


def _in_lower_cell(book: Any) -> None:
    paper = book["表"]
    paper.unmerge_cells("B2:C2")
    paper["C2"], paper["B2"] = "【文字】", "名"
    paper.merged_cells.add("B2:C2")


def _hidden(book: Any) -> None:
    book.create_sheet("藏着")["A1"] = "【文字】"
    book["藏着"].sheet_state = "hidden"


def _merged_pattern(book: Any) -> None:
    book["表"].merge_cells("A8:A9")


def _list_in_list(book: Any) -> None:
    book["表"].merge_cells("A8:A9")
    book["表"]["B9"] = "【整数 行数3】"


def _many(book: Any) -> None:
    paper = book.create_sheet("多")
    for row in range(1, 51):
        for column in range(1, 101):
            paper.cell(row, column, "【数字】")


def _without_tokens(book: Any) -> None:
    del book["表"]
    book.create_sheet("表")


def _another(book: Any) -> None:
    book.copy_worksheet(book["表"]).title = "另表"
    changed(None, [("", "", "", "B6", "=", "另表!B6")])(book)


def _label_down(book: Any) -> None:
    changed({"A8": "类", "B8": "【整数 行数9】", "B10": "=A8&1"})(book)
    book["表"].merge_cells("A8:A9")


def _sheet(name: str) -> Change:
    return lambda book: book.create_sheet(name)


def _alike(book: Any) -> None:
    book.create_sheet("A表")
    book.create_sheet("a表 ")


FAULTS: tuple[Case, ...] = (
    # sheets
    Case("nothing-to-fill", "空白工作簿", _without_tokens, "表", "看不出", "写上标记"),
    Case("too-many-tokens", "5,008 个标记", _many, "表", "5,008", "行数60"),
    Case("sheet-name-taken", "一张表叫“校验”", _sheet("校验"), "校验", "同名", "换一个"),
    Case("sheet-names-alike", "两张表叫“A表”“a表 ”", _alike, "a表 ", "只差大小写", "换一个"),
    Case(
        *("sheet-protected", "工作表有保护"),
        lambda book: setattr(book["表"].protection, "sheet", True),
        *("表", "有保护", "撤销"),
    ),
    # tokens
    _cell("token-empty", "B4", "【】", "没有写填什么", "去掉【】"),
    _cell("token-misspelt", "B4", "【金頟】", "不认识“金頟”", "是不是【金额】?"),
    _cell("token-unknown", "B4", "【注】", "不认识“注”", "换成别的括号"),
    _cell("token-open", "B4", "【金额", "不成对", "补上"),
    _cell("token-in-wording", "B4", "约【金额】元", "【金额】夹在文字里", "单独放一格"),
    Case(
        *("token-covered", "B2:C2 合并,标记写在 C2", _in_lower_cell),
        *("表 C2", "看不见", "左上角的 B2"),
    ),
    Case("token-hidden", "隐藏的表里有标记", _hidden, "藏着 A1", "隐藏", "取消隐藏"),
    Case(
        *("token-hidden", "第 2 行隐藏"),
        lambda book: setattr(book["表"].row_dimensions[2], "hidden", True),
        *("表 B2", "隐藏", "取消隐藏"),
    ),
    _cell("two-tokens", "B4", "【金额】【金额】", "两个标记", "分成两格"),
    _cell("parameter", "B4", "【数字:3】", "后面不写“:3”", "写成【数字】"),
    _cell("choices-missing", "B4", "【选择】", "没有写可选哪些", "下拉"),
    _cell("choices-one", "B4", "【选择:甲】", "只有一项可选", "甲/乙/丙"),
    _cell("choices-twice", "B4", "【选择:甲/甲】", "有相同的", "去掉"),
    _cell("choices-comma", "B4", "【选择:甲,乙/丙】", "半角逗号", "顿号"),
    Case(
        *("choices-long", "【选择:…】各项共 257 个字"),
        changed({"B4": f"【选择:甲/{'乙' * 255}】"}),
        *("表 B4", "超过 255 个字", "缩短"),
    ),
    _cell("money-unit", "B4", "【金额:美元】", "金额单位“美元”", "万元"),
    _cell("points", "B4", "【得分:二十】", "不是大于 0 的数", "【得分:20】"),
    _cell("grades", "B4", "【等级:优80/良90】", "读不懂", "从高到低"),
    _cell("rate-alone", "B4", "【完成率】", "没有指标值或完成值", "【百分比】"),
    _cell("total-twice", "B5", "【总得分】", "B4 已经是总得分", "【数字】", B4="【总得分】"),
    # lists
    _cell("rows-odd", "B4", "【金额 行数0】", "行数 0 不对", "行数60"),
    _cell("rows-in-wording", "A2", "单位:【单位名称 行数3】", "写了行数", "去掉行数"),
    _cell("rows-twice", "B8", "【整数 行数5】", "两个行数", "一格里写"),
    Case(
        *("list-in-list", "样行 A8 与 A9 合并,B9 又写【整数 行数3】", _list_in_list),
        *("表 A8", "清单里又有清单", "取消上下合并"),
    ),
    Case(
        *("list-merged", "样行 A8 与 A9 合并", _merged_pattern),
        *("表 A8", "上下合并", "取消上下合并"),
    ),
    # formulas, how they are written
    _check("formula-empty", "A2", "|||B6|=|=", "公式是空的", "改正公式"),
    _cell("formula-quotes", "B6", '="合计', "引号不成对", "改正公式"),
    _cell("formula-signs", "B6", "={B4)", "括号不成对", "改正公式"),
    _cell("formula-closed", "B6", "=SUM(B4:B5))", "多了一个右括号", "改正公式"),
    _cell("formula-unclosed", "B6", "=SUM(B4:B5", "少 1 个右括号", "改正公式"),
    _cell("formula-operand", "B6", "=B4+", "“+”后面少一个数", "改正公式"),
    _cell("formula-operator", "B6", "=SUM(B4 B5)", "“B5”前面少一个运算符", "改正公式"),
    _cell("formula-semicolon", "B6", "=SUM(B4;B5)", "分号应为逗号", "改正公式"),
    _cell("formula-comma", "B6", "=SUM(B4、B5)", "顿号", "改正公式"),
    _cell("formula-r1c1", "B6", "=R4C2+1", "R1C1", "改正公式"),
    Case(
        *("formula-spread", "B4:B5 是一个数组公式 {=C4:C5*2}"),
        changed({"B4": ArrayFormula("B4:B5", "=C4:C5*2")}),
        *("表 B4", "占了几格(B4:B5)", "每格写各自的公式"),
    ),
    Case(
        *("formula-spread", "B4:B5 是模拟运算表"),
        changed({"B4": DataTableFormula("B4:B5", dt2D=False, r1="C4")}),
        *("表 B4", "占了几格(B4:B5)", "每格写各自的公式"),
    ),
    _cell("function-misspelt", "B6", "=SUMM(B4:B5)", "SUMM,是不是 SUM?", "改正公式"),
    _cell("function-unknown", "B6", "=合计(B4)", "没有函数 合计", "改正公式"),
    _cell("function-count", "B6", "=ROUND(B4)", "现有 1 个", "改正公式"),
    _cell("function-ranges", "B6", "=COUNTIF(1,2)", "写成区域", "改正公式"),
    _cell("function-shapes", "B6", "=SUMIF(B4:B5,1,C4:C6)", "行数、列数不一样", "改正公式"),
    # what they refer to
    _cell("other-workbook", "B6", "=[1]Sheet1!A1", "别的工作簿", "放进本工作簿"),
    _cell("sheet-unknown", "B6", "=没有!A1", "“没有”不存在", "表名"),
    Case(
        *("sheet-of-tool", "B6 写 =表样说明!B1"),
        changed({"B6": "=表样说明!B1"}, notes={"年度": 2024}),
        *("表 B6", "引用了“表样说明”", "放进表样自己的表里"),
    ),
    Case(
        *("sheet-unsaid", "两张表,勾稽关系:左边 B6,关系 =,右边 另表!B6", _another),
        *("勾稽关系 A2", "B6 没有写是哪张表的", "表!B6"),
    ),
    _cell("cell-gone", "B6", "=#REF!+1", "#REF!", "改正公式"),
    _cell("cell-blank", "B6", "=B4+D9", "D9 是空格", "写上标记"),
    _check("cell-silent", "A2", "|||A4|=|B6", "A4 那里没有", "核对"),
    _check("cell-merged", "A2", "|||C2|=|B6", "不是左上角", "写成 B2"),
    _cell("cell-of-list", "B10", "=B8", "单引了清单样行里的 B8", "B8:B8"),
    _check("cell-of-list", "A2", "|||B8|≤|C6", "单引了清单样行", "B8:B8"),
    _cell("cell-beside-list", "B10", "=SUM(B9:B9)", "没有样行", "B8:B8"),
    _cell("cell-off-list", "C8", "=B8*B6", "引用了清单外的 B6", "$B$6"),
    _cell("cell-off-list", "C8", "=SUM(B4:B5)", "清单外的 B4:B5", "$B$4:$B$5"),
    _cell("range-blank", "B6", "=SUM(X1:Z9)", "没有表里的格子", "写上标记"),
    _cell("range-large", "B6", "=SUM(A1:ZZ9999)", "太大", "改正公式"),
    _cell("circle", "B6", "=SUM(B4:B5)+C6", "绕了一圈", "互相引用", C6="=B6"),
    _cell("circle", "B6", "=B6+1", "绕了一圈", "互相引用"),
    _cell("circle", "B6", "=SUM(C8:C8)", "绕了一圈", "互相引用", C8="=B8*$B$6"),
    # 勾稽关系
    Case(
        *("check-headings", "勾稽关系没有表头", _headings("随便", "写写")),
        *("勾稽关系", "没有表头", "左边、关系、右边"),
    ),
    Case(
        *("check-heading", "勾稽关系的表头只有左边、关系", _headings("左边", "关系")),
        *("勾稽关系 A1", "少了“右边”", "补上"),
    ),
    _check("check-lacks", "D2", "||||=|C6", "没有写“左边”", "补上"),
    Case(
        *("check-id-twice", "勾稽关系:两条的编号都是 G01"),
        changed(None, [("G01", "", "", "B6", "=", "C6")] * 2),
        *("勾稽关系 A3", "用了两次", "没有用过"),
    ),
    _check("check-id-taken", "A2", "X01|||B6|=|C6", "perfxl 自己的", "G01"),
    _check("check-id-odd", "A2", "G 01|||B6|=|C6", "有空格", "不超过 12 个"),
    _check("check-level-misspelt", "B2", "|错||B6|=|C6", "没有“错”这一级", "是不是“错误”?"),
    _check("check-level", "B2", "|严重||B6|=|C6", "没有“严重”这一级", "错误、核实、提示"),
    _check("check-relation", "E2", "|||B6|约等于|C6", "不认识“约等于”", "≥"),
    _check("check-tolerance", "G2", "|||B6|=|C6|一分", "容差“一分”", "0.01"),
    _check("check-no-cells", "A2", "|||1|=|1", "没有用到表里的格子", "D7"),
    _check("check-text", "A2", '|||B4|≤|"一百"', '"一百" 是文字', "数不加引号"),
    _check("check-text", "A2", '|||B4|=|"100"', '"100" 是文字', "数不加引号"),
    _check("check-text", "A2", '|||B4&"元"|≥|C4', "是文字", "数不加引号"),
    _check("check-text", "A2", '|||B2|>|"甲"', "B2 是文字", "【数字】"),
    _check("check-one-range", "A2", "|||B4:B5|≤|B6", "另一边 B6", "SUM"),
    _check("check-shapes", "A2", "|||B4:B5|≤|C4:C6", "大小不同", "行数、列数"),
    _check("check-shapes", "A2", "|||B8:B8|≤|C4:C4", "大小不同", "行数"),
    _check("check-shapes", "A2", "|||C10:D10|=|B4:C4", "大小不同", "行数"),
    Case(
        *("check-gaps", "B5 空着,勾稽关系:左边 B4:B6,关系 ≤,右边 C4:C6"),
        changed({"B5": None}, [("", "", "", "B4:B6", "≤", "C4:C6")]),
        *("勾稽关系 A2", "有一边是空格", "分成几条"),
    ),
    _check("other-workbook", "A2", "|||[1]表!A1|=|B6", "别的工作簿", "放进"),
    _check("function-misspelt", "A2", "|||SUMM(B4:B5)|=|B6", "是不是 SUM?", "改正"),
    _check("sheet-unknown", "A2", "|||别的!A1|=|B6", "“别的”不存在", "表名"),
    # 表样说明
    Case(
        *("notes-year", "表样说明:年度 去年", changed(notes={"年度": "去年"})),
        *("表样说明 B1", "四位", "2023"),
    ),
    Case(
        *("money-unit", "表样说明:金额单位 美元", changed(notes={"版次": 1, "金额单位": "美元"})),
        *("表样说明 B2", "美元", "万元"),
    ),
)


TOGETHER = Case(
    *("several", "B4 写 【金頟】,C4 写 【金额】元,C8 写 =B8*B6"),
    changed({"B4": "【金頟】", "C4": "【金额】元", "C8": "=B8*B6"}),
    *("表 C4", "夹在文字里", "单独放一格"),
)


def _drawn(change: Callable[[Any], object]) -> Change:
    """Give a change of the sheet itself."""
    return lambda book: (change(book["表"]), None)[1]


def _looks(paper: Any) -> None:
    paper["B4"].fill = GradientFill(stop=("FFFFFFFF", "FF5B9BD5"))


def _put(name: str, done: str, tag: str, what: str) -> Case:
    xml = (
        f'<extLst><ext uri="x" xmlns:x14="x"><{tag}/></ext></extLst>' if ":" in tag else f"<{tag}/>"
    )
    put = b"</worksheet>" if ":" in tag else b"<pageMargins", xml.encode()
    return Case(name, done, _drawn(lambda _: None), "表", what, "", put)


REMARKS: tuple[Case, ...] = (
    _cell("score-alone", "B4", "【得分】", "没有满分", "【得分:20】"),
    _cell("beyond-function", "B6", "=VLOOKUP(B4,B4:C5,2)", "函数 VLOOKUP", "照常计算"),
    _check("beyond-function", "A2", "|||MEDIAN(B4:B5)|≤|B4", "G01 不能核对", "这一条不审核"),
    _cell("beyond-name", "B6", "=预算合计*2", "名称“预算合计”", "照常计算"),
    _cell("beyond-reference", "B6", "=SUM(4:5)", "“4:5”", "照常计算"),
    _cell("beyond-column", "B6", "=SUM(E:E)", "整列引用 E:E", "照常计算"),
    _cell("beyond-union", "B6", "=SUM((B4,B5))", "几个区域连成", "照常计算"),
    _cell("beyond-common", "B6", "=SUM(B4:C5 B4:B5)", "交集", "照常计算"),
    _cell("beyond-colon", "B6", "=SUM(B4:INDEX(B4:B5,2))", "冒号拼出", "照常计算"),
    _cell("beyond-constants", "B6", "=SUM({1,2})", "花括号", "照常计算"),
    _cell("beyond-array", "B6", "=SUM(B4:B5*2)", "数组公式", "照常计算"),
    Case(
        *("beyond-long", "B6 的公式加了 300 次", changed({"B6": "=" + "+".join(["B4"] * 301)})),
        *("表 B6", "超过 200 次", "照常计算"),
    ),
    Case(
        *("check-beyond", "B6 用到 VLOOKUP,勾稽关系:左边 B6,关系 =,右边 C6"),
        changed({"B6": "=VLOOKUP(B4,B4:C5,2)"}, [("", "", "", "B6", "=", "C6")]),
        *("勾稽关系 A2", "G01 不能核对", "这一条不审核"),
    ),
    Case(
        *("lost-drawings", "一张图表", _drawn(lambda paper: paper.add_chart(BarChart(), "H2"))),
        *("表", "图表不保留"),
    ),
    Case(
        *("lost-tables", "套用了表格格式"),
        _drawn(lambda paper: paper.add_table(Table(displayName="T", ref="A3:C5"))),
        *("表", "只保留单元格本身"),
    ),
    Case(
        *("lost-icons", "条件格式的图标集"),
        _drawn(
            lambda paper: paper.conditional_formatting.add(
                "B4:B5", IconSetRule("3Arrows", "percent", [0, 33, 67])
            )
        ),
        *("表", "图标不保留"),
    ),
    Case("lost-gradient", "B4 是渐变填充", _drawn(_looks), "表 B4", "渐变"),
    Case(
        *("lost-comment", "B4 的批注有 300 个字"),
        _drawn(lambda paper: setattr(paper["B4"], "comment", Comment("长" * 300, "局"))),
        *("表 B4", "批注超过 255"),
    ),
    Case(
        *("lost-header", "页脚有 300 个字"),
        _drawn(lambda paper: setattr(paper.oddFooter.left, "text", "长" * 300)),
        *("表", "页眉页脚超过 255"),
    ),
    Case(
        *("lost-other-headers", "首页另设页眉"),
        _drawn(lambda paper: setattr(paper.HeaderFooter, "differentFirst", True)),
        *("表", "各页相同"),
    ),
    _put("lost-header-pictures", "页眉里有图片", "legacyDrawingHF", "页眉页脚里的图片"),
    _put("lost-background", "设了工作表背景", "picture", "背景"),
    _put("lost-objects", "嵌入了对象", "oleObjects", "嵌入的对象"),
    _put("lost-controls", "放了控件", "controls", "控件"),
    _put("lost-sparklines", "有迷你图", "x14:sparklineGroups", "迷你图"),
    _put("lost-new-conditions", "有数据条", "x14:conditionalFormattings", "新式的条件格式"),
)
