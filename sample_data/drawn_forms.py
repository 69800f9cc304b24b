"""Draw the forms that are shipped as 表样: as an office prints them, a token in each cell to fill.

The 项目支出绩效自评表 has two editions that differ in their indicators: that of 2020, with 成本指标
among the 产出指标, and that of 2023, in which it is a 一级指标.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from io import BytesIO
from typing import Any, NamedTuple

from msgspec import Struct
from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from perfxl.form.identity import WRITTEN
from perfxl.forms.office.checks import HEADINGS
from perfxl.forms.office.model import CHECKS_SHEET, NOTES_SHEET
from perfxl.forms.office.notes import EDITION, MONEY, NAME
from perfxl.forms.shipped import ShippedForm


class Group(NamedTuple):
    """A 一级指标: its points, and its 二级指标 with how many rows each has.

    `alone` is what its points are where a project has no 成本指标.
    """

    name: str
    points: int
    rows: Mapping[str, int]
    alone: int | None = None


_COST = {"经济成本\n指标": 1, "社会成本\n指标": 1, "生态环境\n成本指标": 1}
_OUTPUT = {"数量指标": 3, "质量指标": 2, "时效指标": 1}
_BENEFIT = {"经济效益\n指标": 1, "社会效益\n指标": 2, "生态效益\n指标": 1}
_SATISFACTION = Group("满意度指标", 10, {"服务对象\n满意度指标": 1})
GROUPS = {
    "2020": (
        Group("产出指标", 50, {**_OUTPUT, "成本指标": 1}),
        Group("效益指标", 30, {**_BENEFIT, "可持续影响\n指标": 1}),
        _SATISFACTION,
    ),
    "2023": (
        Group("成本指标", 20, _COST, 0),
        Group("产出指标", 40, _OUTPUT, 50),
        Group("效益指标", 20, _BENEFIT, 30),
        _SATISFACTION,
    ),
}

USUAL = {"font_name": "宋体", "font_size": 11}  # whose digits, 8 pixels wide, widths count in
WIDTHS = (6.3, 10.2, 10.2, 14, 10.2, 10.2, 5.6, 6.8, 17)  # in all as wide as the page
SHEET = "项目支出绩效自评表"
FUNDS = ("年度资金总额", "其中：当年财政拨款", "　　　上年结转资金", "　　　其他资金")
FUNDS_ROW, GOALS_ROW, FIRST = 6, 10, 13  # counted from 1
LINE, GOALS, INDICATOR, FOOTNOTE = 17.25, 58, 28.5, 69  # heights in points
NOTE = (
    "说明：1.预算执行率得分＝全年执行数÷全年预算数×10分，最高10分。"
    "2.一级指标分值：{split}；连同预算执行率10分，合计100分。"
    "3.定量指标达到年度指标值的得满分，未达到的按完成比例计分；"
    "定性指标分达成、部分达成、未达成三档，按分值的100%—80%（含）、80%—60%（含）、60%—0%计分。"
    "4.未达到或大幅超过年度指标值的，写明偏差原因和改进措施；没有的指标，整行不填。"
)


def drawn(shipped: ShippedForm) -> bytes:
    """Give a shipped form as a 表样, as .xlsx bytes: the same ones each time."""
    kept = BytesIO()
    usual = {**USUAL, "font_scheme": "none"}
    book = Workbook(kept, {"in_memory": True, "default_format_properties": usual})
    book.set_properties({"title": shipped.title, "created": datetime.fromisoformat(WRITTEN)})
    drawing = _Drawing(book, book.add_worksheet(SHEET), GROUPS[shipped.edition])
    drawing.draw()
    _listed(book, CHECKS_SHEET, (8, 8, 40, 30, 8, 34, 8, 50), [HEADINGS, *drawing.checks()])
    notes = [(NAME, shipped.title), (EDITION, shipped.edition), (MONEY, "万元")]
    _listed(book, NOTES_SHEET, (14, 40), notes)
    book.close()
    return kept.getvalue()


def _listed(
    book: Workbook, name: str, widths: Sequence[float], rows: Sequence[Sequence[str]]
) -> None:
    paper = book.add_worksheet(name)
    plain = {"font_name": "宋体", "font_size": 10.5, "valign": "vcenter", "text_wrap": True}
    head = book.add_format({**plain, "font_name": "黑体", "border": 1, "align": "center"})
    body = book.add_format({**plain, "border": 1})
    for column, width in enumerate(widths):
        paper.set_column(column, column, width)
    for at, row in enumerate(rows):
        for column, text in enumerate(row):
            heads = at == 0 if name == CHECKS_SHEET else column == 0
            paper.write_string(at, column, text, head if heads else body)
    paper.set_landscape()
    paper.set_paper(9)
    paper.fit_to_pages(1, 0)


class _Drawing(Struct, frozen=True):
    """The sheet being drawn. Rows are counted from 1, as the addresses of formulas are."""

    book: Workbook
    paper: Worksheet
    groups: Sequence[Group]

    @property
    def last(self) -> int:
        """The last row of indicators."""
        return FIRST - 1 + sum(sum(group.rows.values()) for group in self.groups)

    @property
    def spans(self) -> dict[str, tuple[int, int]]:
        """The first and the last row of each 一级指标."""
        found, row = {}, FIRST
        for group in self.groups:
            after = row + sum(group.rows.values())
            found[group.name] = (row, after - 1)
            row = after
        return found

    def draw(self) -> None:
        self._page()
        self._head()
        self._funds()
        self._goals()
        self._indicators()
        self._foot()

    # ------------------------------------------------------------ looks

    def _look(self, **changes: Any) -> Any:
        usual = {
            "font_name": "宋体",
            "font_size": 10,
            "align": "center",
            "valign": "vcenter",
            "text_wrap": True,
            "border": 1,
        }
        return self.book.add_format({**usual, **changes})

    def _put(self, area: str, value: str | float, **look: Any) -> None:
        """Write wording, a token, a number or a formula into a cell or a merged area."""
        first, _, last = area.partition(":")
        style = self._look(**look)
        if last:
            self.paper.merge_range(area, "", style)
        if isinstance(value, str) and value.startswith("="):
            self.paper.write_formula(first, value, style, "")  # nothing is filled in yet
        else:
            self.paper.write(first, value, style)

    def _label(self, area: str, text: str) -> None:
        self._put(area, text, font_name="黑体")

    def _page(self) -> None:
        paper = self.paper
        for column, width in enumerate(WIDTHS):
            paper.set_column_pixels(column, column, width * 7)  # so it is written as it stands
        paper.set_paper(9)
        paper.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.4)
        paper.center_horizontally()
        paper.fit_to_pages(1, 0)  # rows that a unit makes higher go to a second page
        paper.repeat_rows(FIRST - 2)
        paper.print_area(0, 0, self.last + 2, len(WIDTHS) - 1)
        paper.hide_gridlines(2)

    # ------------------------------------------------------------ parts, top to bottom

    def _head(self) -> None:
        heights = (28, LINE, LINE, LINE)
        for row, height in enumerate(heights):
            self.paper.set_row(row, height)
        self._put("A1:I1", "项目支出绩效自评表", font_name="黑体", font_size=18, border=0)
        self._put("A2:I2", "（【年度】年度）", font_size=12, border=0, valign="top")
        self._label("A3:B3", "项目名称")
        self._put("C3:I3", "【文字 必填】")
        self._label("A4:B4", "主管部门")
        self._put("C4:E4", "【文字 必填】")
        self._label("F4", "实施单位")
        self._put("G4:I4", "【单位名称 必填】")

    def _funds(self) -> None:
        first, last = FUNDS_ROW, FUNDS_ROW + len(FUNDS) - 1
        for row in range(first - 1, last + 1):
            self.paper.set_row(row - 1, LINE)
        self._label(f"A{first - 1}:A{last}", "项目\n资金\n(万元)")
        self._label(f"B{first - 1}:C{first - 1}", "")
        heads = ("年初预算数", "全年预算数", "全年执行数", "分值", "执行率", "得分")
        for column, text in zip("DEFGHI", heads, strict=True):
            self._label(f"{column}{first - 1}", text)
        for row, name in enumerate(FUNDS, first):
            self._put(f"B{row}:C{row}", name, align="left")
            for column in "DEF":
                token = "【金额 必填】" if row <= first + 1 else "【金额】"
                self._put(f"{column}{row}", token, num_format="#,##0.00", align="right")
            for column in "GHI" if row > first else "":
                self._put(f"{column}{row}", "—")
        self._put(f"G{first}", 10)
        rate = f'=IFERROR(IF(F{first}="","",ROUND(F{first}/E{first},4)),"")'
        self._put(f"H{first}", rate, num_format="0.00%")
        score = f'=IF(H{first}="","",ROUND(MIN(H{first},1)*G{first},2))'
        self._put(f"I{first}", score, num_format="0.00")

    def _goals(self) -> None:
        row = GOALS_ROW
        self.paper.set_row(row - 1, LINE)
        self.paper.set_row(row, GOALS)
        self._label(f"A{row}:A{row + 1}", "年度\n总体\n目标")
        for area, text in (("B{}:E{}", "预期目标"), ("F{}:I{}", "实际完成情况")):
            self._label(area.format(row, row), text)
            below = area.format(row + 1, row + 1)
            self._put(below, "【长文字 必填】", align="left", valign="top")

    def _indicators(self) -> None:
        self.paper.set_row(FIRST - 2, 1.5 * LINE)
        heads = ("一级指标", "二级指标", "三级指标", "年度指标值", "实际完成值", "分值", "得分")
        for column, text in zip("BCDEFGHI", (*heads, "偏差原因分析\n及改进措施"), strict=True):
            self._label(f"{column}{FIRST - 1}", text)
        self._label(f"A{FIRST - 1}:A{self.last}", "绩效\n指标")
        for group, (first, last) in zip(self.groups, self.spans.values(), strict=True):
            area = f"B{first}" if first == last else f"B{first}:B{last}"
            self._put(area, f"{group.name}\n（{group.points}分）")
        row = FIRST
        for name, count in (pair for group in self.groups for pair in group.rows.items()):
            self._put(f"C{row}" if count == 1 else f"C{row}:C{row + count - 1}", name)
            row += count
        for at in range(FIRST, self.last + 1):
            self._indicator(at)

    def _indicator(self, row: int) -> None:
        self.paper.set_row(row - 1, INDICATOR)
        self._put(f"D{row}", "【三级指标】", align="left")
        for column, token in zip("EF", ("【指标值】", "【完成值】"), strict=True):
            self._put(f"{column}{row}", token)
        for column, token in zip("GH", ("【分值】", "【得分】"), strict=True):
            self._put(f"{column}{row}", token)
        self._put(f"I{row}", "【偏差原因】", align="left")

    def _foot(self) -> None:
        row, funds = self.last + 1, FUNDS_ROW
        for at, height in zip((row, row + 1, row + 2), (LINE, LINE, FOOTNOTE), strict=True):
            self.paper.set_row(at - 1, height)
        self._label(f"A{row}:F{row}", "总　分")
        self._put(f"G{row}", f"=SUM(G{FIRST}:G{row - 1})+G{funds}")
        total = f'=IF(I{funds}="","",SUM(H{FIRST}:H{row - 1})+I{funds})'
        self._put(f"H{row}", total, num_format="0.00")
        self._put(f"I{row}", "")
        self._signed(row + 1)
        small = {"font_size": 9.5, "align": "left", "valign": "top", "border": 0}
        self._put(f"A{row + 2}:I{row + 2}", NOTE.format(split=self._split()), **small)

    def _split(self) -> str:
        """Say how the points are split."""
        usual = "、".join(f"{one.name}{one.points}分" for one in self.groups)
        other = "、".join(f"{one.name}{one.alone}分" for one in self.groups if one.alone)
        return f"{usual}；未设置成本指标的，{other}" if other else usual

    def _signed(self, row: int) -> None:
        plain = {"border": 0}
        for area, text in (
            ("A{0}:B{0}", "填表人："),
            ("D{0}", "联系电话："),
            ("G{0}:H{0}", "填报日期："),
        ):
            self._put(area.format(row), text, align="right", **plain)
        for area in ("C{0}", "E{0}:F{0}"):
            self._put(area.format(row), "【文字】", align="left", **plain)
        self._put(f"I{row}", "【日期】", align="left", num_format='yyyy"年"m"月"d"日"', **plain)

    # ------------------------------------------------------------ what must hold

    def checks(self) -> Iterator[tuple[str, ...]]:
        """Give the rows of «勾稽关系»: funds add up, none is overspent, points come to 100."""
        first, last = FUNDS_ROW, FUNDS_ROW + len(FUNDS) - 1
        for number, (column, name) in enumerate(
            zip("DEF", ("年初预算数", "全年预算数", "全年执行数"), strict=True), 1
        ):
            yield (
                f"G{number:02d}",
                "错误",
                f"{name}:年度资金总额等于各项来源之和",
                f"{column}{first}",
                "=",
                f"SUM({column}{first + 1}:{column}{last})",
                "",
                f"核对{name}的当年财政拨款、上年结转资金、其他资金;没有的填 0",
            )
        spent = (f"F{first}:F{last}", "≤", f"E{first}:E{last}", "")
        fix = "核对执行数;确有超支的,写明资金从哪里来"
        yield ("G04", "核实", "全年执行数不超过全年预算数", *spent, fix)
        points = (f"G{self.last + 1}", "=", "100", "")
        fix = "调整各指标的分值,连同预算执行率 10 分合计 100 分"
        yield ("G05", "错误", "分值合计 100 分", *points, fix)
        yield from self._splits()

    def _splits(self) -> Iterator[tuple[str, ...]]:
        """Give what the points of each 一级指标 come to; without 成本指标 others take theirs."""
        sums = {name: f"SUM(G{first}:G{last})" for name, (first, last) in self.spans.items()}
        for number, group in enumerate(self.groups, 6):
            right, what = f"{group.points}", f"{group.name}的分值合计 {group.points} 分"
            if group.alone is not None:
                right = f"IF({sums['成本指标']}=0,{group.alone},{group.points})"
                what += f"(没有成本指标的 {group.alone} 分)" if group.alone else ""
            fix = f"按说明第 2 条调整{group.name}各行的分值"
            yield (f"G{number:02d}", "核实", what, sums[group.name], "=", right, "", fix)
