"""A form as its office drew it: the issued template looks the same, and keeps our guarantees."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cache
from io import BytesIO
from typing import Any

import pytest
from drawings import LAYOUTS, Sheet, at_random, data, draw
from form_faults import with_part
from libreoffice import needs_libreoffice, recalculated, saved_as
from msgspec.structs import replace
from openpyxl import Workbook, load_workbook
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.chart import BarChart
from openpyxl.comments import Comment
from openpyxl.formatting.rule import CellIsRule, ColorScaleRule, DataBarRule, FormulaRule
from openpyxl.styles import (
    Alignment,
    Border,
    Font,
    GradientFill,
    PatternFill,
    Side,
)
from openpyxl.styles.colors import Color
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.formula import ArrayFormula
from openpyxl.worksheet.pagebreak import Break

from perfxl.expr.tree import Key
from perfxl.form.answers import Cell, Values, read_answers
from perfxl.form.drawing import DrawnArea, DrawnSheet
from perfxl.form.layout import drawn_rows, place
from perfxl.form.model import Form
from perfxl.forms.office.compiled import compiled
from perfxl.forms.office.drawn import understand
from perfxl.reading.drawing import read_drawing
from perfxl.reading.looks import tinted
from perfxl.render.cells import height_of, lines_needed
from perfxl.render.extras import Extras, Flag
from perfxl.render.grown import GrownRows, moved
from perfxl.render.styles import INPUT_FILL, SEVERITY_FILL
from perfxl.render.workbook import render
from perfxl.returns import workflow

LINES = """
~附件3
部门整体支出绩效自评表|<|<|<|<|<
~填报单位：【单位名称】|<|<|代码：【单位代码】|<|（【年度】年度）
项目|<|预算数|决算数|执行率|说明
支出|【文字 必填 行数6】|【金额】|【金额】|=D5/C5|【文字】
^|.|.|.|=D6/C6|.
合计|<|=SUM(C5:C6)|=SUM(D5:D6)|=D7/C7|.
说明|【长文字】|<|<|日期|【日期】#60
~注：不分页。|<|<|<|<|<
"""
DRAWN = Sheet("自评表", LINES, (8, 22.5, 14, 14.7109375, 11, 20), choices={"B5": "甲,乙"})
PATTERN, BELOW = 4, 6  # the pattern row, the first row below the list
ROWS = 6
INK = "FF" + "C00000"
THICK, DOTTED = Side(style="thick", color="FF1F4E79"), Side(style="dotted", color="FF00B050")


def dressed() -> Workbook:
    """Give the drawing with everything an office may have done to it."""
    book = draw([DRAWN])
    paper = book["自评表"]
    paper["A2"].font = Font("黑体", 18, bold=True, color=INK)
    paper["A2"].alignment = Alignment("center", "center", wrap_text=True)
    paper["A2"].fill = PatternFill("solid", fgColor=Color(theme=4, tint=0.7999816888943144))
    paper["B2"].border = Border(bottom=THICK)  # within a merged area, and kept
    paper["A1"].value = CellRichText(
        "附件", TextBlock(InlineFont("楷体", sz=14, b=True, color="FF0070C0"), "3")
    )
    paper["A4"].border = Border(THICK, DOTTED, THICK, DOTTED)
    paper["C4"].border = Border(diagonal=DOTTED, diagonalDown=True)
    paper["C4"].font = Font("仿宋", 10.5, italic=True, underline="double", strike=True)
    paper["D4"].fill = PatternFill("lightUp", fgColor="FF7030A0", bgColor="FFFFFF99")
    paper["E4"].alignment = Alignment("right", "top", text_rotation=90, shrink_to_fit=True)
    paper["F4"].alignment = Alignment("left", indent=2, text_rotation=255)
    paper["F4"].comment = Comment("写主要原因", "财政局")
    paper["F5"].fill = PatternFill("solid", fgColor="FFE2EFDA")
    for cell in ("C5", "C6"):  # alike, or the second were no empty row of the list
        paper[cell].number_format = "#,##0.000"
    paper["F8"].number_format = "mm-dd-yy"  # built in, number 14
    paper["A9"].font = Font("宋体", 9, color=Color(indexed=10))
    paper.row_dimensions[1].height = 34
    paper.row_dimensions[5].height = 23.4
    paper.row_dimensions[9].hidden = True
    paper.row_dimensions[8].outlineLevel = 1
    paper.column_dimensions["F"].outlineLevel = 1
    page(paper)
    paper.conditional_formatting.add(
        "E5:E6", CellIsRule("lessThan", ["0.8"], font=Font(color=INK), stopIfTrue=True)
    )
    red = PatternFill(bgColor="FFFFC7CE")
    paper.conditional_formatting.add("C7:D7", FormulaRule(["C7>SUM($C$5:$C$6)"], fill=red))
    paper.conditional_formatting.add(
        "C5:C6", ColorScaleRule("min", None, "FFFFFFFF", "max", None, "FF63BE7B")
    )
    paper.conditional_formatting.add("D5:D6", DataBarRule("min", None, "max", None, "FF638EC6"))
    short = DataValidation(
        "textLength", "20", operator="lessThan", allow_blank=True, showErrorMessage=True
    )
    short.error, short.promptTitle = "太长", "说明"
    short.add("F5:F6")
    paper.add_data_validation(short)
    return book


def page(paper: Any) -> None:
    setup = paper.page_setup
    setup.paperSize, setup.orientation, setup.fitToWidth, setup.fitToHeight = 9, "landscape", 1, 1
    paper.sheet_properties.pageSetUpPr.fitToPage = True
    margins = paper.page_margins
    margins.left, margins.right, margins.top, margins.bottom = 0.5, 0.55, 0.9, 0.8
    margins.header, margins.footer = 0.4, 0.45
    paper.oddHeader.right.text, paper.oddFooter.center.text = "内部资料", "第 &P 页，共 &N 页"
    paper.print_options.horizontalCentered = True
    paper.print_title_rows = "2:4"
    paper.print_area = "A1:F8"
    paper.row_breaks.append(Break(id=7))
    paper.freeze_panes = "B5"
    paper.sheet_view.zoomScale = 85
    paper.sheet_view.showGridLines = False
    paper.sheet_properties.tabColor = "FF00B0F0"
    paper.sheet_format.defaultRowHeight = 16.5


def form_of(book: Workbook) -> Form:
    office = understand(read_drawing(data(book)))
    assert not office.faults, office.faults
    return compiled(office, 2024)


@cache
def issued() -> tuple[Form, bytes]:
    form = form_of(dressed())
    return form, render(Values(form, read_answers(form, {})))


def plain(book: bytes) -> Any:
    return load_workbook(BytesIO(book), rich_text=True)


def rows_of(form: Form) -> list[int]:
    """Give for each row issued the row drawn, both counted from 0."""
    sheet = next(sheet for sheet in form.sheets if sheet.drawing is not None)
    return drawn_rows(place(form).of_sheet(sheet))


# ---------------------------------------------------------------- the same look


def test_every_cell_looks_as_it_was_drawn() -> None:
    form, made = issued()
    before, after = plain(data(dressed()))["自评表"], plain(made)["自评表"]
    inputs = {place(form).spot(key) for key, _ in form.inputs()}
    compared = 0
    for at, row in enumerate(rows_of(form)):
        for column in range(6):
            old, new = before.cell(row + 1, column + 1), after.cell(at + 1, column + 1)
            if type(old).__name__ == "MergedCell" or type(new).__name__ == "MergedCell":
                continue  # openpyxl paints these anew; see the next test
            where = f"{old.coordinate} → {new.coordinate}"
            assert (seen_font(old), old.alignment.horizontal) == (
                *(seen_font(new), new.alignment.horizontal),
            ), where
            assert (old.alignment.wrap_text or None) == (new.alignment.wrap_text or None), where
            assert lines(old) == lines(new), where
            assert old.alignment.textRotation == new.alignment.textRotation, where
            if (at, column) not in inputs:
                assert seen_fill(old) == seen_fill(new), where
            if (at, column) not in inputs or old.number_format != "General":
                assert old.number_format == new.number_format, where
            compared += 1
    assert compared > 40


def seen_font(cell: Any) -> tuple[Any, ...]:
    font = cell.font
    plain_ink = font.color is None or font.color.type != "rgb"
    ink = "" if plain_ink and not (font.color and font.color.type == "indexed") else font.color.rgb
    if font.color is not None and font.color.type == "indexed":
        ink = "FFFF0000"  # the tenth of the colours by number
    if ink == "FF000000":  # automatic
        ink = ""
    return font.name, font.sz, font.b, font.i, font.u, font.strike, ink


def seen_fill(cell: Any) -> tuple[Any, ...]:
    fill, colour = cell.fill, cell.fill.fgColor
    if colour.type == "theme":
        return fill.fill_type, "FFDCE6F1"  # 80% lighter than the theme's fourth
    return fill.fill_type, colour.rgb if fill.fill_type else ""


def lines(cell: Any) -> tuple[Any, ...]:
    border = cell.border
    sides = (border.left, border.right, border.top, border.bottom, border.diagonal)
    inks = (
        side.color.rgb if side and side.color and side.color.type == "rgb" else "" for side in sides
    )
    return (*(side and side.style for side in sides), *("" if i == "FF000000" else i for i in inks))


def test_all_that_was_read_is_read_again() -> None:
    """Read by ourselves, which sees cells within merged areas: look by look."""
    form, made = issued()
    old, new = drawn(data(dressed())), drawn(made)
    inputs = {place(form).spot(key) for key, _ in form.inputs()}
    covered = {
        spot for first in inputs for spot in new.area(first).spots()
    }  # these may have got a colour
    for at, row in enumerate(rows_of(form)):
        for column in range(6):
            before, after = old.cell((row, column)), new.cell((at, column))
            if (at, column) in covered:
                continue
            looks = [
                dict(cell.look or drawn.normal) for cell, drawn in ((before, old), (after, new))
            ]
            assert looks[0] == looks[1], (at, column)
    assert new.normal == old.normal


def drawn(book: bytes) -> DrawnSheet:
    sheet = read_drawing(book).sheet("自评表")
    assert sheet is not None
    return sheet


def test_wording_and_rich_text_stand_as_drawn() -> None:
    form, made = issued()
    before, after = plain(data(dressed()))["自评表"], plain(made)["自评表"]
    first = after["A1"].value
    assert isinstance(first, CellRichText)
    block = first[-1]
    assert isinstance(block, TextBlock)
    assert (str(first), block.text, block.font.rFont, block.font.sz) == ("附件3", "3", "楷体", 14)
    assert block.font.b
    for at, row in enumerate(rows_of(form)):
        for column in range(6):
            old = before.cell(row + 1, column + 1).value
            if isinstance(old, str) and "【" not in old and not old.startswith("="):
                new = after.cell(at + 1, column + 1).value
                repeated = row == PATTERN and at > PATTERN  # merged down beside the list
                assert new == (None if repeated else old), (at, column)


def test_sizes_and_what_is_hidden() -> None:
    form, made = issued()
    before, after = plain(data(dressed()))["自评表"], plain(made)["自评表"]
    for at, row in enumerate(rows_of(form), 1):
        height = before.row_dimensions[row + 1].height
        assert after.row_dimensions[at].height == pytest.approx(height), row
        assert after.row_dimensions[at].hidden == before.row_dimensions[row + 1].hidden
    assert after.row_dimensions[BELOW + ROWS].outlineLevel == 1
    for letter, width in zip("ABCDEF", DRAWN.widths, strict=True):
        assert after.column_dimensions[letter].width == width
    assert after.column_dimensions["F"].outlineLevel == 1
    assert after.sheet_format.defaultRowHeight == 16.5
    assert not after.sheet_format.customHeight, "rows that set no height fit what is typed"


TYPED = """
项目|金额|说明|备注
其一|【金额】|【文字】|.#30
其二|【金额】|【文字】|.
其三|【金额】|【长文字】|<#25
其四|【金额】|^|<#26
【长文字】|<|两\\n行\\n三行|【文字】
"""


def test_rows_are_as_tall_as_what_is_typed() -> None:
    book = draw([Sheet("表", TYPED, (10, 10, 20, 6))])
    book["表"]["C2"].font, book["表"]["D6"].alignment = Font("宋体", 22), Alignment()
    form = form_of(book)
    keys = {place(form).a1(key): key for key, _ in form.inputs() if key.block.startswith("s1")}

    def heights(**typed: int) -> list[float | None]:
        cells = {keys[cell]: Cell("字" * many) for cell, many in typed.items()}
        sheet = plain(render(Values(form, read_answers(form, cells))))["表"]
        return [sheet.row_dimensions[row].height for row in range(1, 7)]

    drawn = [None, 30, None, 25, 26, None]
    assert heights() == heights(C2=1, C4=1, A6=1) == drawn
    assert heights(C3=300) == drawn, "a spreadsheet fits this row itself"
    assert heights(D6=300) == drawn, "what is not to wrap stays on its line"
    assert heights(A6=15) == drawn, "the wording beside it is taller"
    four = height_of(lines_needed("字" * 35, 20), 11)
    assert heights(A6=35) == pytest.approx([*drawn[:5], four])
    large = height_of(lines_needed("字" * 30, 20 * 11 / 22), 22)
    assert heights(C2=30) == pytest.approx([None, large, *drawn[2:]])
    merged = height_of(lines_needed("字" * 130, 26), 11)
    assert heights(C4=130) == pytest.approx([*drawn[:4], merged - 25, None])
    tallest = pytest.approx([None, 409, None, 25, 409, None])
    assert heights(C2=5000, C4=5000) == tallest, "no more can be shown"


def test_merges_grow_and_repeat() -> None:
    _, made = issued()
    merged = {str(area) for area in plain(made)["自评表"].merged_cells.ranges}
    assert merged == {
        *("A2:F2", "A3:C3", "D3:E3", "A4:B4", "A5:A10", "A11:B11", "B12:D12", "A13:F13"),
    }
    lines = "项目|<|金额\n【文字 行数3】|<|【金额】\n合计|<|=SUM(C2:C2)"
    form = form_of(draw([Sheet("表", lines)]))
    made = render(Values(form, read_answers(form, {})))
    merged = {str(area) for area in plain(made)["表"].merged_cells.ranges}
    assert merged == {"A1:B1", "A2:B2", "A3:B3", "A4:B4", "A5:B5"}


def test_the_page_is_the_same() -> None:
    _, made = issued()
    before, after = plain(data(dressed()))["自评表"], plain(made)["自评表"]
    assert after.page_setup.paperSize == before.page_setup.paperSize
    assert after.page_setup.fitToWidth in {None, 1}, "as wide as a page, as drawn"
    for side in ("left", "right", "top", "bottom", "header", "footer"):
        assert getattr(after.page_margins, side) == getattr(before.page_margins, side), side
    assert after.page_setup.orientation == "landscape"
    assert after.page_setup.fitToHeight == 0, "a list has grown: it fits the width alone"
    assert str(after.oddHeader) == str(before.oddHeader)
    assert str(after.oddFooter) == str(before.oddFooter)
    assert after.print_options.horizontalCentered
    assert after.print_title_rows == "$2:$4"
    assert after.print_area == f"'自评表'!$A$1:$F${8 + ROWS - 2}"
    assert [one.id for one in after.row_breaks.brk] == [7 + ROWS - 2]
    assert after.freeze_panes == "B5"
    assert (after.sheet_view.zoomScale, after.sheet_view.showGridLines) == (85, False)
    assert after.sheet_properties.tabColor.rgb == "FF00B0F0"


def test_several_print_areas_are_kept_and_none_means_what_is_drawn() -> None:
    for area, expected in (
        ("A1:F4,A7:F8", "'自评表'!$A$1:$F$4,'自评表'!$A$11:$F$12"),
        (None, "'自评表'!$A$1:$F$13"),
        ("A1:K40", "'自评表'!$A$1:$F$13"),
    ):
        book = dressed()
        book["自评表"].print_area = area
        form = form_of(book)
        assert plain(render(Values(form, read_answers(form, {}))))["自评表"].print_area == expected


def test_conditional_formats_go_with_their_rows() -> None:
    _, made = issued()
    found = {
        str(one.sqref): rule
        for one in plain(made)["自评表"].conditional_formatting
        for rule in one.rules
    }
    assert found.keys() == {"E5:E10", "C11:D11", "C5:C10", "D5:D10"}
    assert found["C11:D11"].formula == ["C11>SUM($C$5:$C$10)"]
    assert found["C11:D11"].dxf.fill.bgColor.rgb == "FFFFC7CE"
    low = found["E5:E10"]
    assert (low.type, low.operator, low.formula, low.stopIfTrue) == (
        *("cellIs", "lessThan", ["0.8"], True),
    )
    assert low.dxf.font.color.rgb == INK
    assert [colour.rgb for colour in found["C5:C10"].colorScale.color] == ["FFFFFFFF", "FF63BE7B"]
    assert found["D5:D10"].dataBar.color.rgb == "FF638EC6"


@pytest.mark.parametrize(
    ("rgb", "tint", "expected"),
    [
        ("4F81BD", 0.7999816888943144, "DCE6F1"),
        ("4F81BD", 0.5999938962981048, "B8CCE4"),
        ("4F81BD", 0.3999755851924192, "95B3D7"),
        ("4F81BD", -0.249977111117893, "366092"),
        ("FFFFFF", -0.0499893185216834, "F2F2F2"),
        ("FFFFFF", -0.249977111117893, "BFBFBF"),
        ("000000", 0.499984740745262, "7F7F7F"),
        ("C0504D", 0.7999816888943144, "F2DCDB"),
        ("9bbb59", 0.0, "9BBB59"),
    ],
)
def test_a_tint_is_excels(rgb: str, tint: float, expected: str) -> None:
    """Values as Excel's own palette of the Office theme shows them."""
    assert tinted(rgb, tint) == expected


@needs_libreoffice
@pytest.mark.deep
@pytest.mark.xdist_group("referee")
def test_as_many_pages_as_drawn() -> None:
    for name in ("funds", "rubric"):
        book = draw([replace(LAYOUTS[name][0], name="自评表")])
        page(book["自评表"])
        book["自评表"].print_area = None
        form = form_of(book)
        own = replace(form, sheets=tuple(s for s in form.sheets if s.drawing is not None))
        ours = {s.name for s in form.sheets} - {s.name for s in own.sheets}
        made = plain(render(Values(form, read_answers(form, {}))))
        for name in ours:
            made.remove(made[name])
        assert pages(data(made)) == pages(data(book))


def pages(book: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page\b(?!s)", saved_as(book, "pdf")))


# ---------------------------------------------------------------- what is lost is said


def test_what_cannot_be_kept_is_said() -> None:
    book = draw([DRAWN])
    paper = book["自评表"]
    paper["B4"].fill = GradientFill(stop=("FFFFFFFF", "FF5B9BD5"))
    paper.oddHeader.left.text, paper.oddFooter.left.text = "&G标志", "长" * 300
    paper.HeaderFooter.differentFirst = True
    said = [str(remark) for remark in read_drawing(data(book)).told]
    assert said == [
        "自评表:页眉页脚超过 255 个字符,不保留",
        "自评表:首页、偶数页另设的页眉页脚不保留,各页相同",
        "自评表 B4:渐变填充不保留,改为其中第一种颜色",
    ]
    form = form_of(book)
    after = plain(render(Values(form, read_answers(form, {}))))["自评表"]
    assert after.oddHeader.left.text == "标志"
    assert after.oddFooter.left.text is None


def test_a_chart_is_said() -> None:
    book = draw([DRAWN])
    book["自评表"].add_chart(BarChart(), "H2")
    said = [str(remark) for remark in understand(read_drawing(data(book))).remarks]
    assert said == ["自评表:图片、图形、文本框和图表不保留"]


EXTENDED = """<extLst><ext uri="{CCE6A557-97BC-4b89-ADB6-D9C93CAAB3DF}"
 xmlns:x14="http://schemas.microsoft.com/office/spreadsheetml/2009/9/main">
<x14:dataValidations xmlns:xm="http://schemas.microsoft.com/office/excel/2006/main" count="1">
<x14:dataValidation type="list" allowBlank="1" showErrorMessage="1"><x14:formula1>
<xm:f>选项!$A$1:$A$2</xm:f></x14:formula1><xm:sqref>F5:F6</xm:sqref></x14:dataValidation>
</x14:dataValidations></ext></extLst>"""


def test_a_list_on_another_sheet_is_kept() -> None:
    book = draw([DRAWN, Sheet("选项", "其一\n其二")])
    made = with_part(data(book), b"</worksheet>", EXTENDED.encode())
    (sheet, _) = read_drawing(made).sheets
    assert sheet.choices((4, 5)) == ("其一", "其二")
    office = understand(read_drawing(made))
    form = compiled(office, 2024)
    after = plain(render(Values(form, read_answers(form, {}))))["自评表"]
    (listed,) = (v for v in after.data_validations.dataValidation if "F5" in v.sqref)
    assert (str(listed.sqref), listed.formula1) == ("F5:F10", '"其一,其二"')


def test_a_formula_over_arrays_stays_one() -> None:
    """Written plainly, Excel would take one cell of each range."""
    book = draw([DRAWN])
    book["自评表"]["C7"] = ArrayFormula("C7", "=SUM(C5:C6*D5:D6)")
    form = form_of(book)
    after = plain(render(Values(form, read_answers(form, {}))))["自评表"]["C11"].value
    assert (after.ref, after.text) == ("C11", "=SUM(C5:C10*D5:D10)")


# ---------------------------------------------------------------- the same guarantees


def test_inputs_alone_are_unlocked_and_seen() -> None:
    form, made = issued()
    after = plain(made)["自评表"]
    layout = place(form)
    inputs = {layout.spot(key) for key, _ in form.inputs() if layout.sheet(key).name == "自评表"}
    new = drawn(made)
    open_ones = {spot for first in inputs for spot in new.area(first).spots()}
    assert after.protection.sheet
    raw = read_locks(made)
    assert raw == open_ones
    fills = {spot: after.cell(spot[0] + 1, spot[1] + 1).fill.fgColor.rgb for spot in inputs}
    white = {spot for spot in inputs if spot[1] != 5 or spot[0] > 9}
    assert {fills[spot] for spot in white} == {"FF" + INPUT_FILL[1:]}
    assert {fills[spot] for spot in inputs - white} == {"FFE2EFDA"}, "the office's own stays"


def read_locks(book: bytes) -> set[tuple[int, int]]:
    """Give the cells that can be typed into, those within merged areas among them."""
    with zipfile.ZipFile(BytesIO(book)) as package:
        styles = package.read("xl/styles.xml").decode()
        name = next(n for n in package.namelist() if n.endswith("sheet2.xml"))
        xml = package.read(name).decode()
    formats = re.findall(r"<xf [^>]*/>|<xf .*?</xf>", styles.partition("<cellXfs")[2])
    unlocked = {n for n, one in enumerate(formats) if 'locked="0"' in one}
    cells = re.findall(r'<c r="([A-Z]+)(\d+)" s="(\d+)"', xml)
    return {
        (int(row) - 1, ord(letters) - ord("A"))
        for letters, row, style in cells
        if int(style) in unlocked
    }


def test_keys_stand_right_of_the_drawing_and_below_it() -> None:
    form, made = issued()
    after = plain(made)["自评表"]
    spot = next(p for p in place(form).blocks.values() if p.sheet.drawing is not None)
    keys, column = spot.keys + 1, spot.key_column + 1
    assert (keys, column) == (14, 7)
    assert str(after.cell(keys, column).value).startswith(f"perfxl/{form.id}/{form.edition}/")
    assert [after.cell(keys, c).value for c in range(1, 7)] == list("ABCDEF")
    assert after.cell(5, column).value == "s1b2.001"
    assert after.column_dimensions["G"].hidden
    assert after.row_dimensions[keys].hidden


def test_what_may_be_typed() -> None:
    _, made = issued()
    found = {str(v.sqref): v for v in plain(made)["自评表"].data_validations.dataValidation}
    assert found["B5:B10"].formula1 == '"甲,乙"'
    amounts = next(v for v in found.values() if v.type == "decimal")
    assert str(amounts.sqref) == "C5:C10 D5:D10"
    assert amounts.prompt == "单位:万元"
    theirs = found["F5:F10"]
    assert (theirs.type, theirs.operator, theirs.formula1) == ("textLength", "lessThan", "20")
    assert (theirs.error, theirs.promptTitle) == ("太长", "说明")


def test_a_validation_of_the_office_moves_with_its_row() -> None:
    book = dressed()
    paper = book["自评表"]
    own = DataValidation("custom", formula1="AND(F8>=$F$4,LEN(B8)>0)", showErrorMessage=True)
    own.add("B8:F8")
    paper.add_data_validation(own)
    form = form_of(book)
    after = plain(render(Values(form, read_answers(form, {}))))["自评表"]
    found = {str(v.sqref): v.formula1 for v in after.data_validations.dataValidation}
    assert found["B12:D12"] == "AND(F12>=$F$4,LEN(B12)>0)"
    assert found["F12"] == "AND(J12>=$F$4,LEN(F12)>0)"


def test_what_has_a_name_keeps_it() -> None:
    book = dressed()
    for name, text in (
        ("全部预算", "自评表!$C$5:$C$6"),
        ("限额", "0.05"),
        ("外面", "'[1]别处'!$A$1"),
        ("没有", "勾稽关系!$A$1"),
    ):
        book.defined_names[name] = DefinedName(name, attr_text=text)
    own = DefinedName("合计", attr_text="自评表!$C$7")
    book["自评表"].defined_names["合计"] = own
    book.create_sheet("勾稽关系")
    form = form_of(book)
    made = plain(render(Values(form, read_answers(form, {}))))
    named = {name: found.attr_text for name, found in made.defined_names.items()}
    assert named == {"全部预算": "自评表!$C$5:$C$10", "限额": "0.05"}
    assert made["自评表"].defined_names["合计"].attr_text == "自评表!$C$11"


def test_comments_become_prompts_or_stay() -> None:
    book = dressed()
    book["自评表"]["C5"].comment = Comment("含上年结转", "财政局")
    form = form_of(book)
    after = plain(render(Values(form, read_answers(form, {}))))["自评表"]
    assert after["F4"].comment.text == "写主要原因"
    assert after["C5"].comment is None
    prompts = {str(v.sqref): v.prompt for v in after.data_validations.dataValidation}
    assert prompts["C5:C10"] == "含上年结转"


ANSWERS: Mapping[tuple[str, str], Cell] = {
    ("001", "B"): Cell("甲"),
    ("001", "C"): Cell(Decimal(100)),
    ("001", "D"): Cell(Decimal(90)),
    ("001", "F"): Cell("#DIV/0!"),
    ("002", "C"): Cell(Decimal(0)),
}


def filled() -> Values:
    form, _ = issued()
    cells = {Key("s1b2", row, column): cell for (row, column), cell in ANSWERS.items()}
    return Values(form, read_answers(form, cells))


def test_results_stand_beside_formulas_errors_as_errors() -> None:
    values = filled()
    made = render(values)
    with zipfile.ZipFile(BytesIO(made)) as package:
        xml = package.read("xl/worksheets/sheet2.xml").decode()
    cell = {
        found[1]: found[0] for found in re.finditer(r'<c r="([A-Z]+\d+)"(?:[^>]*/>|.*?</c>)', xml)
    }
    assert re.search(r'<c r="E5" s="\d+"><f>D5/C5</f><v>0.9</v></c>', cell["E5"])
    assert re.search(r'<c r="E6" s="\d+" t="e"><f>D6/C6</f><v>#DIV/0!</v></c>', cell["E6"])
    assert re.search(r'<c r="F5" s="\d+" t="s">', cell["F5"]), "typed by the unit: a text"
    assert "<f>SUM(C5:C10)</f><v>100.0</v>" in cell["C11"]
    assert "SUM(D5:D10)" in cell["D11"]


FORMULAS = """
【文字】|【数字】|=A1|=A1=B1|=B1/0|=A1+1|=VLOOKUP(B1,A1:B1,2)
【文字】|.|=A2&"元"|.|.|.|.
"""


@needs_libreoffice
@pytest.mark.deep
@pytest.mark.xdist_group("referee")
def test_what_looks_like_an_error_is_one_only_if_it_was_computed() -> None:
    form = form_of(draw([Sheet("表", FORMULAS)]))
    a, b = (Key("s1b1", "1", column) for column in "AB")
    cells = {a: Cell("#DIV/0!"), b: Cell(Decimal(2)), Key("s1b1", "2", "A"): Cell("<&>")}
    made = render(Values(form, read_answers(form, cells)))
    with zipfile.ZipFile(BytesIO(made)) as package:
        xml = package.read("xl/worksheets/sheet2.xml").decode()
        book = package.read("xl/workbook.xml").decode()
    kinds = dict(re.findall(r'<c r="([C-F]1)" s="\d+" t="(\w+)"', xml))
    assert kinds == {"C1": "str", "D1": "b", "E1": "e", "F1": "e"}
    assert "<v>#VALUE!</v>" in xml, "a text is no number, whatever it says"
    assert 'fullCalcOnLoad="1"' in book, "what is not ours to compute Excel computes"
    before, after = (
        load_workbook(BytesIO(one), data_only=True)["表"] for one in (made, recalculated(made))
    )
    shown = [
        [paper[f"{c}1"].value for c in "CDEF"] + [paper["C2"].value] for paper in (before, after)
    ]
    assert shown[0] == shown[1] == ["#DIV/0!", False, "#DIV/0!", "#VALUE!", "<&>元"]


@needs_libreoffice
@pytest.mark.deep
@pytest.mark.xdist_group("referee")
@pytest.mark.filterwarnings("ignore:.*extension is not supported")
def test_the_results_are_those_of_a_spreadsheet() -> None:
    made = render(filled())
    before, after = (
        load_workbook(BytesIO(book), data_only=True)["自评表"]
        for book in (made, recalculated(made))
    )
    for row in range(1, 14):
        for column in range(1, 7):
            old, new = (paper.cell(row, column).value for paper in (before, after))
            assert (old or None) == (new or None), (row, column)


def test_a_flag_colours_the_cell_and_says_why() -> None:
    key = Key("s1b2", "002", "C")
    extras = Extras(flags={key: Flag("error", "不能是 0")})
    after = plain(render(filled(), extras))["自评表"]
    cell = after["C6"]
    assert cell.comment.text == "不能是 0"
    assert cell.fill.fgColor.rgb == "FF" + SEVERITY_FILL["error"][1:]
    assert cell.number_format == "#,##0.000"


def test_a_flag_on_what_several_rows_share_stands_where_that_is_seen() -> None:
    form = form_of(draw(LAYOUTS["funds"]))
    layout = place(form)
    shared = next(key for key, item in form.items.items() if item.home)
    row, column = layout.spot(shared)
    values = Values(form, read_answers(form, {}))
    sheet = layout.sheet(shared).name
    after = plain(render(values, Extras(flags={shared: Flag("note", "看这里")})))[sheet]
    assert after.cell(row + 1, column + 1).comment.text == "看这里"


def test_hints_stand_right_of_the_drawing_and_are_not_printed() -> None:
    form = workflow.live_form(form_of(draw(LAYOUTS["funds"])))
    sheet = next(s for s in form.sheets if s.drawing is not None)
    after = plain(render(Values(form, read_answers(form, {}))))[sheet.name]
    spots = {p.columns["hint"][0] for p in place(form).of_sheet(sheet) if "hint" in p.columns}
    (column,) = spots
    width = len(sheet.widths) - 1
    assert column == width == 8
    texts = [after.cell(row, column + 1).value for row in range(1, after.max_row + 1)]
    assert texts.count("校验提示") == 1
    assert after.print_area.endswith(f"$H${place(form).blocks[sheet.blocks[-1].key].last + 1}")
    assert not after.column_dimensions["I"].hidden


@pytest.mark.parametrize("seed", range(12))
def test_whatever_is_drawn_is_rendered(seed: int) -> None:
    book = draw([at_random(seed)])
    paper = book["表"]
    free = next(
        (c for row in paper.iter_rows() for c in row if c.value is None and hasattr(c, "border")),
        None,
    )
    if free is None or type(free).__name__ == "MergedCell":
        return
    free.value = "【文字】"
    office = understand(read_drawing(data(book)))
    if office.faults:
        return
    form = compiled(office, 2024)
    old = read_drawing(data(book)).sheets[0]
    new = read_drawing(render(Values(form, read_answers(form, {})))).sheet("表")
    assert new is not None
    assert new.merges == old.merges
    assert {s: t for s, t in new.texts() if old.text(s)} == {
        spot: text for spot, text in old.texts() if "【" not in text
    }


# ---------------------------------------------------------------- references


ROWMAP = GrownRows([0, 1, 2, 2, 2, 5, 6])  # of row 3 a list of three, two spare rows left out


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("A1+A6", "A1+A6"),
        ("$B$7", "$B$7"),
        ("SUM(C3:C5)", "SUM(C3:C5)"),
        ("SUM(C$3:C$3)", "SUM(C$3:C$5)"),
        ("SUM(A3:C3)", "SUM(A3:C3)"),
        ("SUM(C2:C6)", "SUM(C2:C6)"),
        ("A8+A20", "A8+A20"),
        ('IF(A6="A6",LOG10(A6),选项!A6)', 'IF(A6="A6",LOG10(A6),选项!A6)'),
    ],
)
def test_references_that_stay(before: str, after: str) -> None:
    assert moved(before, own) == after


def own(name: str) -> GrownRows | None:
    return None if name else ROWMAP


def test_references_move_with_their_rows() -> None:
    rows = GrownRows([0, 1, 2, 2, 2, 2, 3, 4])
    take: Callable[[str], GrownRows | None] = lambda name: rows if name in {"", "甲"} else None  # noqa: E731
    assert moved("B4+$C$5+甲!D4+'乙'!D4", take) == "B7+$C$8+甲!D7+'乙'!D4"
    assert moved("SUM($B$3:$B$3)&B3", take, (2, 1)) == "SUM($B$3:$B$6)&C5"
    assert rows.area(DrawnArea(1, 0, 3, 2)) == DrawnArea(1, 0, 6, 2)
    assert [str(one) for one in rows.repeated(DrawnArea(2, 0, 2, 1))] == [
        *("A3:B3", "A4:B4", "A5:B5", "A6:B6"),
    ]
    spare = GrownRows([0, 2, 2, 5])
    assert spare.area(DrawnArea(3, 0, 4, 0)) is None
    assert (spare.first(9), spare.last(9)) == (7, 7)
