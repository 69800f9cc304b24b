"""An office's form compiled: blocks, items, names, formulas and who reports."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

import pytest
from drawings import EACH, LAYOUTS, Sheet, data, draw
from office_returns import made_up
from random_returns import Mood, random_cells
from tiers import everyday

from perfxl.check.judging import check
from perfxl.expr.tree import PENDING, Key
from perfxl.form.answers import Submission, Values, read_answers
from perfxl.form.layout import drawn_rows, place
from perfxl.form.model import Form, Kind
from perfxl.form.relations import Conclusion, Identity, Indicators, scored
from perfxl.forms.office.compiled import compiled
from perfxl.forms.office.drawn import understand
from perfxl.reading.drawing import read_drawing
from perfxl.returns.live import cover_alone, with_checks
from perfxl.rules import RULES
from perfxl.rules.specimen import specimen

YEAR = 2024
LISTED = Sheet(
    "表",
    """
~填报单位：【单位名称】（【年度】年度）|<|<|<|<
项目|预算数|决算数|执行率|说明
【文字 必填 行数5】|【金额】|【金额】|=C3/B3|【文字】
.|.|.|=C4/B4|.
合计|=SUM(B3:B3)|=SUM(C3:C4)|=IF(ISERROR(C5/B5),"",C5/B5)|.
超过一成的|=COUNTIF(D3:D3,">0.1")|=VLOOKUP(B5,B3:C3,2)|10|.
""",
)


def form_of(*sheets: Sheet) -> Form:
    office = understand(read_drawing(data(draw(sheets))))
    assert not office.faults, office.faults
    return compiled(office, YEAR)


@EACH
def test_every_token_is_an_input_where_it_stands(name: str) -> None:
    office = understand(read_drawing(data(draw(LAYOUTS[name]))))
    form = compiled(office, YEAR)
    layout, own = place(form), {item.key for item in form.sheets if item.drawing is None}
    for one in office.inputs:
        if not one.token.is_input or any(
            x.sheet == one.sheet and x.row < one.spot[0] for x in office.lists
        ):
            continue  # below a list rows stand lower
        keys = [
            key
            for key, item in form.items.items()
            if layout.sheet(key).name == one.sheet
            and layout.spot(key) == one.spot
            and not item.home
        ]
        assert len(keys) == 1, one
        item = form.items[keys[0]]
        assert item.is_input or one.token.word in {"单位名称", "年度", "单位代码"}
        of_indicator = one.token.word in {"三级指标", "指标值", "完成值"}  # due in rows in use
        assert item.required is one.token.required or (of_indicator and item.required)
    assert own <= {"unit"}


@EACH
def test_no_two_cells_are_called_the_same(name: str) -> None:
    form = form_of(*LAYOUTS[name])
    called = Counter(
        (key.block, form.label(key))
        for key, item in form.items.items()
        if (item.is_input or item.formula) and not item.home and not form.column(key).hidden
    )
    assert [label for label, count in called.items() if count > 1] == []


@EACH
def test_all_of_it_is_computed_and_printed(name: str) -> None:
    form = form_of(*LAYOUTS[name])
    values, layout = Values(form, read_answers(form, {})), place(form)
    for key, item in form.items.items():
        values.get(key)
        assert item.formula is None or layout.formula(key)


@pytest.mark.parametrize("seed", everyday(range(60), range(8)))
def test_whatever_is_drawn_is_compiled(seed: int) -> None:
    office = understand(read_drawing(made_up(seed)[0]))
    form = compiled(office, YEAR)
    values = Values(form, read_answers(form, {}))
    assert len([key for key, item in form.items.items() if item.is_input and values.get(key)]) == 0
    placed = place(form)
    for sheet in form.sheets:
        if sheet.drawing:
            rows = [row for block in sheet.blocks for row in block.drawn or ()]
            assert rows == list(range(len(rows))), "every row drawn is in one block, in order"
            assert len(drawn_rows(placed.of_sheet(sheet))) == sum(len(b.rows) for b in sheet.blocks)


def test_a_list_grows_and_what_stands_below_moves() -> None:
    form = form_of(LISTED)
    layout = place(form)
    listed, below = (block for block in form.blocks.values() if block.key in {"s1b2", "s1b3"})
    assert listed.repeats
    assert [row.key for row in listed.rows] == ["001", "002", "003", "004", "005"]
    assert listed.drawn == range(2, 4), "the pattern row and the empty one below it"
    assert layout.spot(Key(listed.key, "005", "B")) == (6, 1)
    assert layout.formula(Key(listed.key, "004", "D")) == "C6/B6"
    total = Key(below.key, "5", "B")
    assert layout.spot(total) == (7, 1)
    assert layout.formula(total) == "SUM(B3:B7)"
    assert layout.formula(total._replace(column="C")) == "SUM(C3:C7)"
    assert layout.formula(Key(below.key, "6", "B")) == 'COUNTIF(D3:D7,">0.1")'
    assert drawn_rows(layout.of_sheet(form.sheets[-1])) == [0, 1, 2, 2, 2, 2, 2, 4, 5]


def test_a_formula_beyond_us_stays_as_it_was_typed_and_is_not_known() -> None:
    form = form_of(LISTED)
    key = next(k for k in form.items if k.row == "6" and k.column == "C")
    assert place(form).formula(key) == "VLOOKUP(B8,B3:C7,2)"
    values = Values(form, read_answers(form, {}))
    assert values.get(key) is None
    assert values.seen(key) == ""


def test_who_reports_is_asked_once_and_shown_where_the_wording_names_it() -> None:
    form = form_of(LISTED)
    (who,) = form.of(Identity)
    assert {who.name.block, who.code.block, who.year.block} == {"unit"}
    shown = next(key for key in form.items if key.row == "1" and key.column == "A")
    unit = form.sheets[0].name
    assert place(form).formula(shown) == (f'"填报单位："&\'{unit}\'!C4&"（"&\'{unit}\'!C6&"年度）"')


def test_what_the_form_prints_answers_for_every_row_it_stands_for() -> None:
    form = form_of(*LAYOUTS["funds"])
    (indicators,) = form.of(Indicators)
    values = Values(form, read_answers(form, {}))
    rows = form.blocks[indicators.block].rows
    level1 = [values.text(indicators.cell(row.key, indicators.group)) for row in rows]
    assert level1 == ["产出指标"] * 3 + ["效益指标", "满意度指标"]
    assert values.number(Key("s1b1", "8", "G")) == Decimal(10)
    assert form.items[indicators.cell(rows[0].key, "symbol")].given == ""


@pytest.mark.parametrize(
    ("printed", "points"), [(10, "10"), ("10", "10"), ("10分", "10"), ("—", "")]
)
def test_points_are_read_as_a_score_is(printed: object, points: str) -> None:
    book = draw(LAYOUTS["funds"])
    book["自评表"]["G8"] = printed
    form = compiled(understand(read_drawing(data(book))), YEAR)
    item = next(one for one in scored(form) if one.stated == Key("s1b1", "8", "H"))
    assert (item.points, item.worth is None) == (points, points == "")


def test_a_rate_under_a_heading_with_per_cent_holds_the_figure_typed() -> None:
    plain = Sheet("表", "|完成率（%）\n项目|【百分比】\n甲|乙")
    shown = Sheet("表", "|完成率\n项目|【百分比】\n甲|乙", formats={"B2": "0.00%"})
    for sheet, kind, unit in ((plain, Kind.NUMBER, "%"), (shown, Kind.RATE, "")):
        form = form_of(sheet)
        item = next(item for key, item in form.inputs() if key.block != "unit")
        assert (item.kind, item.unit) == (kind, unit)


@EACH
def test_a_blank_one_asks_for_what_is_required_and_nothing_else(name: str) -> None:
    form = with_checks(form_of(*LAYOUTS[name]), RULES)
    values = Values(form, read_answers(form, {}))
    for view in (values, values.as_spreadsheet()):
        outcome = check(Submission(form, values.answers), RULES, view)
        assert {one.rule.id for one in outcome.findings} <= {"C01"}
        asked = {key for one in outcome.findings for key in one.keys}
        assert all(form.items[key].required is True for key in asked)
        waits = {
            verdict.row
            for verdict, rule, case in form.cases
            if view.text(verdict) == PENDING and rule.id[0] == "I"
        }
        assert not waits


@EACH
def test_whatever_is_filled_is_judged(name: str) -> None:
    form = with_checks(form_of(*LAYOUTS[name]), RULES)
    for seed in range(4):
        values = Values(form, read_answers(form, random_cells(form, Mood.CARELESS, seed)))
        outcome = check(Submission(form, values.answers), RULES, values)
        keys = {key for one in outcome.findings for key in one.keys}
        assert not any(form.column(key).hidden for key in keys)
        assert not any(form.items[key].given is not None for key in keys)


# a total that a formula gives: of scores that are asked for, in the row of the whole
SUMMED = """
单位名称|<|<|【单位名称】|<
项目|预算数|分值|执行率|得分
合计|【金额】|10|【百分比】|=ROUND(D3*C3,2)
二级指标|三级指标|分值|完成值|得分
{rows}
小计|<|=SUM(C5:C6)|.|{part}
总分|<|=SUM(C5:C6)+C3|.|{whole}
"""
ROWS = "\n".join(f"{name}|{name}情况|20|【文字】|【得分】" for name in ("数量", "质量"))


@pytest.mark.parametrize(
    ("part", "whole", "found"),
    [
        ("=SUM(E5:E6)", "=E7+E3", "E8"),
        (".", "=SUM(E5:E6)+E3", "E8"),
        (".", '=IF(E3="","",E5+E6+E3)', "E8"),
        ("=SUM(E5:E6)", ".", None),  # the sum of a part
        (".", "=C8*1", None),  # takes in no score
        (".", "【总得分】", "E8"),
        (".", ".", None),
    ],
)
def test_a_total_by_formula_is_the_score(part: str, whole: str, found: str | None) -> None:
    form = form_of(Sheet("表", SUMMED.format(rows=ROWS, part=part, whole=whole)))
    total = form.only(Conclusion)
    assert (total and place(form).a1(total.stated)) == found
    assert all(one.total is None for one in form.of(Conclusion))


@pytest.mark.parametrize(
    ("lines", "year"),
    [
        ("（2023年度）\n项目|【文字】", 2023),
        ("项目|【文字】", None),
        ("（【年度】年度）\n项目|【文字】", None),
        ("（2023年度）\n2024年\n项目|【文字】", None),
        ("项目|2022年决算数|2023年预算数\n甲|【金额】|【金额】", None),
    ],
)
def test_a_form_is_of_the_year_it_prints(lines: str, year: int | None) -> None:
    assert understand(read_drawing(data(draw([Sheet("表", lines)])))).year == year


def test_the_cover_tells_of_what_the_form_has() -> None:
    drawn, own = form_of(*LAYOUTS["funds"]), specimen()
    said = {
        form.id: " ".join(
            row.label for block in cover_alone(form).blocks.values() for row in block.rows
        )
        for form in (drawn, own)
    }
    for wording in ("灰色", "筛选", "自动计算 "):
        assert wording not in said[drawn.id]
    assert "带公式的灰色格子自动计算" in said[own.id]
