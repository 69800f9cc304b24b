"""The smallest settings that the rules of family R can speak of, as `specimen` is for returns."""

from __future__ import annotations

from functools import cache

from perfxl.expr.tree import Key
from perfxl.form.model import Block, Column, Form, Item, Kind, Row, Sheet, open_list
from perfxl.form.relations import SeasonTerms, UnitList, UnitRows

LINES = ("收入:其他收入", "支出:基本支出")


def _listed(key: str, title: str, columns: tuple[tuple[Column, Item], ...]) -> Sheet:
    def pattern(row: str) -> Row:
        return Row(row, f"第{int(row)}行", {column.key: item for column, item in columns})

    heads = tuple(column for column, _ in columns)
    return Sheet(key, title, title, (open_list(key, title, heads, pattern, 4),), (24,) * len(heads))


def _parameter(key: str, label: str, kind: Kind) -> Row:
    return Row(key, label, {"label": Item(Kind.LABEL, label), "value": Item(kind)})


@cache
def settings_specimen() -> Form:
    """Give the specimen form of settings."""
    rows = (
        _parameter("year", "年度", Kind.NUMBER),
        _parameter("deadline", "截止日期", Kind.DATE),
        _parameter("email", "电子邮箱", Kind.TEXT),
    )
    columns = (Column("label", "参数"), Column("value", "内容"))
    terms = Block("campaign", "参数", columns, rows, headed=False)
    code = (Column("code", "单位代码"), Item(Kind.CODE))
    sheets = (
        Sheet("campaign", "参数", "参数", (terms,), (24, 24)),
        _listed(
            "units",
            "单位名单",
            (
                code,
                (Column("name", "单位名称"), Item(Kind.TEXT)),
                (Column("email", "电子邮箱"), Item(Kind.TEXT)),
            ),
        ),
        _listed(
            "amounts",
            "预填金额",
            (code, (Column("line", "项目"), Item(Kind.CHOICE, choices=LINES))),
        ),
    )
    relations = (
        SeasonTerms(*(Key("campaign", row) for row in ("year", "deadline", "email"))),
        UnitList(block="units", code="code", name="name", email="email"),
        UnitRows("amounts", "code", "line"),
    )
    return Form("settings-specimen", "1", "任务设置", sheets, relations)
