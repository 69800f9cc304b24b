"""What tokens of dates, whole numbers and codes take: what is none of these is told at its cell."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from io import BytesIO

import pytest
from drawings import Sheet, data, draw
from openpyxl import load_workbook

from perfxl.check.judging import check
from perfxl.form.answers import Cell, Submission, Values, read_answers
from perfxl.form.raw import Raw
from perfxl.render.workbook import render
from perfxl.returns import workflow
from perfxl.returns.makers import OfficeMaker
from perfxl.rules import RULES

LINES = """
登记表|<
办结日期|【日期】
人数|【整数】
项目代码|【代码】
联系电话|【代码】
"""
FORM = workflow.Terms(
    workflow.load_rubric(None), 2023, maker=OfficeMaker(data(draw([Sheet("登记", LINES)])))
).form
KEYS = {key.row: key for key, _ in FORM.inputs() if key.block != "unit"}
DAY, COUNT, CODE, PHONE = "2345"
WORDS = (
    "2023-12-31",
    "2023.12.31",
    "2023/12/31",
    "2023年12月31日",
    "20231231",
    "2023/12",
    "2023年12月",
    "二〇二三年十二月",
    "二○二三年十二月三十一日",
    "2023年",
    "２０２３－１２－３１",
    "12月底前",
    "2023年第四季度",
    "2023.1-2023.12",
    "2023年底",
    "全年",
    "长期",
    "/",
    "无",
    "—",
    "不适用",
)


def told(row: str, raw: Raw) -> list[str]:
    answers = read_answers(FORM, {KEYS[row]: Cell(raw)})
    rules = tuple(rule for rule in RULES if rule.id == "W26")
    findings = check(Submission(FORM, answers), rules, Values(FORM, answers)).findings
    assert {key for one in findings for key in one.keys} <= {KEYS[row]}
    return [one.message for one in findings]


@pytest.mark.parametrize(
    ("row", "raw"),
    [
        *((DAY, date(2023, 12, 31)), (DAY, Decimal(45291)), (DAY, Decimal("2023.12"))),
        *((DAY, Decimal(20231231)), (DAY, Decimal(2023)), (DAY, None)),
        *((DAY, text) for text in WORDS),
        *((DAY, "2023 年 12 月 31 日"), (DAY, "2023-12-31 08:30")),
        *((COUNT, Decimal(3)), (COUNT, Decimal("3.0")), (COUNT, "3 个"), (COUNT, "３人")),
        *((CODE, "001234"), (CODE, Decimal(1234)), (CODE, " 001234 "), (CODE, "无")),
        *((CODE, "91330100MA27XXXX1B"), (CODE, "A-01、A-02"), (CODE, "示例 项目")),
        *((PHONE, "0571 88880000"), (PHONE, "138 0013 8000"), (PHONE, Decimal(13800138000))),
    ],
)
def test_what_is_taken_is_not_told(row: str, raw: Raw) -> None:
    assert told(row, raw) == []


@pytest.mark.parametrize(
    ("row", "raw", "why"),
    [
        (DAY, "已办结", "看不出是什么时候"),
        (DAY, "张三", "看不出是什么时候"),
        (DAY, Decimal(3), "看不出是什么时候"),
        (DAY, "2023-02-30", "日历上没有这一天"),
        (DAY, "2023年13月", "看不出是什么时候"),
        (DAY, "20231301", "日历上没有这一天"),
        (COUNT, Decimal("3.5"), "应当是整数"),
        (COUNT, "3.5", "应当是整数"),
        (CODE, "00 1234", "中间有空格"),
        (CODE, Decimal(913301000000000000), "位数太多,存成数以后后几位丢了"),
    ],
)
def test_what_is_none_of_its_kind_is_told_at_its_cell(row: str, raw: Raw, why: str) -> None:
    (message,) = told(row, raw)
    assert message.endswith(why)


def test_the_template_asks_before_it_takes_them() -> None:
    form = workflow.live_form(FORM)
    book = load_workbook(BytesIO(render(Values(form, read_answers(form, {})))))
    found = {
        str(v.sqref): (v.type, v.errorStyle) for v in book["登记"].data_validations.dataValidation
    }
    assert found["B2"] == ("date", "warning")  # «长期» may be typed after all
    assert found["B3"][0] == "whole"
