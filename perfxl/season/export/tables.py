"""The collected data as tidy tables: one row a fact, each with its unit and its cell.

Tables are declared here and filled from records, one record at a time; who writes them (CSV,
Parquet) need know nothing of returns. Numbers are decimals of at most ten places, amounts 万元,
rates fractions; what a unit typed stays as it was typed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from typing import Any

from msgspec import Struct

from perfxl.expr.rounding import rounded
from perfxl.form.model import NUMERIC, Form, Kind
from perfxl.form.register import NO_REGISTER, Register, Unit
from perfxl.form.relations import Indicators, ScoreItem, ScoreRows
from perfxl.returns.records import Record, RecordedRow, indicator_rows
from perfxl.rules import rules_of

PLACES = 10
DIGITS = 38  # of the widest decimal that Parquet readers agree on
TOO_WIDE = Decimal(10) ** (DIGITS - PLACES)
PLAIN_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")

Value = str | Decimal | int | bool | None
Row = tuple[Value, ...]


class Type(StrEnum):
    """What a column holds."""

    TEXT = "text"
    NUMBER = "number"
    INTEGER = "integer"
    FLAG = "flag"


class DataColumn(Struct, frozen=True):
    """A column: its name for programs, what it is called in Chinese, and what it means."""

    name: str
    label: str
    type: Type = Type.TEXT
    meaning: str = ""


class DataTable(Struct, frozen=True):
    """A table: `own` are its columns after those all tables share.

    `rows` gives their values, from the record of a return and the form it is on.
    """

    name: str
    label: str
    own: tuple[DataColumn, ...]
    rows: Callable[[Record, Form], Iterator[Row]]

    @property
    def columns(self) -> tuple[DataColumn, ...]:
        """All columns."""
        return (*SHARED, *self.own)


SHARED = (
    DataColumn("unit_code", "单位代码", meaning="单位名单里的;对不上名单时为表里填的"),
    DataColumn("unit_name", "单位名称", meaning="单位名单里的;对不上名单时为表里填的"),
    DataColumn("year", "年度", Type.INTEGER, "表里填的"),
    DataColumn("source", "文件", meaning="报来的文件"),
    DataColumn(
        "counting",
        "是否采用",
        Type.FLAG,
        "同一单位报了几份的,采用的一份为 true;统计时只取 true,免得重复计算",
    ),
)


class About(Struct, frozen=True, dict=True):
    """What records do not say: the form, which returns count, who the units are."""

    form: Form
    counting: frozenset[str]
    register: Register = NO_REGISTER

    @cached_property
    def _units(self) -> Mapping[str | None, Unit]:
        return {unit.code: unit for unit in self.register.units}

    def rows(self, table: DataTable, record: Record) -> Iterator[Row]:
        """Give the rows a record adds to a table."""
        shared = self._shared(record)
        return ((*shared, *row) for row in table.rows(record, self.form))

    def _shared(self, record: Record) -> Row:
        stated = record["document"]["unit"] or {"code": None, "name": None}
        unit = self._units.get(record["unit"])
        return (
            unit.code if unit else stated["code"],
            unit.name if unit else stated["name"],
            record["document"]["year"],
            record["source"],
            record["source"] in self.counting,
        )


# ---------------------------------------------------------------- returns


def _totals(side: str, word: str) -> tuple[DataColumn, ...]:
    columns = (("initial", "年初预算数"), ("annual", "全年预算数"), ("final", "决算数"))
    return tuple(
        DataColumn(
            f"{side}_{name}", f"{word}·{label}", Type.NUMBER, "万元,按各行重新计算;有未填的为空"
        )
        for name, label in columns
    )


def _count(name: str, label: str, meaning: str = "") -> DataColumn:
    return DataColumn(name, label, Type.INTEGER, meaning)


RETURN_COLUMNS = (
    DataColumn("registered", "在单位名单里", Type.FLAG),
    DataColumn("stated_code", "填报的单位代码"),
    DataColumn("stated_name", "填报的单位名称"),
    DataColumn("project", "项目名称", meaning="一个项目填一份的表才有"),
    DataColumn("form", "表号"),
    DataColumn("edition", "版次"),
    DataColumn("rubric", "评分标准"),
    DataColumn(
        "standing",
        "审核结论",
        meaning="passed 通过,verify 待核实,correct 退回修改,unreadable 无法审核",
    ),
    DataColumn("verdict", "审核结论(文字)"),
    _count("errors", "错误"),
    _count("verifications", "核实"),
    _count("notes", "提示"),
    _count("explained", "已说明"),
    _count("open", "待改正或说明", "核实类中还没有说明的"),
    _count("not_checked", "未能核对"),
    *_totals("income", "收入总计"),
    *_totals("expenditure", "支出总计"),
    DataColumn("execution_rate", "支出率", Type.NUMBER, "小数,1 为 100%"),
    DataColumn("score_stated", "自评总得分", Type.NUMBER, "单位填报"),
    DataColumn("score_low", "测算得分(低)", Type.NUMBER),
    DataColumn("score_high", "测算得分(高)", Type.NUMBER),
    DataColumn("grade", "等级", meaning="按自评总得分和评分标准"),
    DataColumn("received", "收到时间"),
    DataColumn("saved", "保存时间", meaning="文件自己记的"),
    DataColumn("sha256", "文件指纹"),
    DataColumn("result", "审核结果文件"),
    DataColumn("error_code", "不能审核的原因代码"),
    DataColumn("error", "不能审核的原因"),
)


def _returns(record: Record, _: Form) -> Iterator[Row]:
    document, counts = record["document"], record["counts"]
    stated = document["unit"] or {"code": None, "name": None}
    score, error = document["score"] or {}, document["error"] or {}
    yield (
        record["unit"] is not None,
        stated["code"],
        stated["name"],
        record["project"] or None,
        document["form"],
        document["edition"],
        document["rubric"],
        record["standing"],
        record["verdict"],
        *(counts["error"], counts["verify"], counts["note"]),
        *(counts["explained"], counts["open"], counts["not_checked"]),
        *_amounts(document["totals"], "income"),
        *_amounts(document["totals"], "expenditure"),
        number(record["rate"]),
        *(number(score.get(name)) for name in ("stated", "low", "high")),
        score.get("grade"),
        record["received"],
        record["saved"],
        document["sha256"],
        document["result"],
        error.get("code"),
        error.get("message"),
    )


def _amounts(totals: Mapping[str, Mapping[str, str | None]] | None, side: str) -> Iterator[Value]:
    for column in ("initial", "annual", "final"):
        yield number(totals[side].get(column)) if totals else None


# ---------------------------------------------------------------- fields


FIELD_COLUMNS = (
    DataColumn("sheet", "工作表"),
    DataColumn("cell", "单元格", meaning="单位文件里的;自动计算、文件里没有的格子为空"),
    DataColumn("key", "键", meaning="块.行.列,见词汇表"),
    DataColumn("label", "项目", meaning="行的名称·栏的名称"),
    DataColumn("kind", "种类", meaning="amount 万元、score 分、rate 小数、text 文字等,见词汇表"),
    DataColumn("value", "值", meaning="按原文"),
    DataColumn("number", "数值", Type.NUMBER, "值是数的格子才有"),
)
MEASURED = {kind.value for kind in NUMERIC | {Kind.VALUE}}


def _fields(record: Record, _: Form) -> Iterator[Row]:
    for fact in record["facts"]:
        value = number(fact["value"]) if fact["kind"] in MEASURED else None
        cells = (fact["sheet"], fact["cell"], fact["key"], fact["label"], fact["kind"])
        yield (*cells, fact["value"], value)


# ---------------------------------------------------------------- indicators


INDICATOR_COLUMNS = (
    DataColumn("scope", "范围", meaning="department 部门年度指标(表1-5),project 项目指标(表2-3)"),
    DataColumn("row", "行"),
    DataColumn("project", "项目名称"),
    DataColumn("level1", "一级指标"),
    DataColumn("level2", "二级指标"),
    DataColumn("name", "指标名称"),
    DataColumn("symbol", "符号"),
    DataColumn("target", "年度指标值", meaning="按原文"),
    DataColumn("unit", "计量单位"),
    DataColumn("actual", "年度完成值", meaning="按原文"),
    DataColumn("completion", "完成率", Type.NUMBER, "小数,1 为 100%,不封顶;不能计算的为空"),
    DataColumn("judged", "是否完成", meaning="met 完成,unmet 未完成,unjudged 不能按规则判断"),
    DataColumn("stated_status", "完成情况", meaning="单位填报"),
    DataColumn("reason", "偏差原因及改进措施"),
    DataColumn("sheet", "工作表"),
    DataColumn("cell", "单元格", meaning="完成值所在;没填的为指标名称所在"),
)
# what a list is of, and where a document has what was found of it
SCOPES = {False: ("department", "indicators"), True: ("project", "project_indicators")}


def _indicators(record: Record, form: Form) -> Iterator[Row]:
    for of_projects, (scope, found) in SCOPES.items():
        named = (
            (listed, row)
            for listed in form.of(Indicators)
            if listed.of_projects == of_projects
            for row in indicator_rows(record["facts"], listed, form)
        )
        for (listed, row), judged in zip(named, record["document"][found], strict=True):
            typed = (
                *(listed.group, listed.category, listed.name),
                *(listed.symbol, _target(listed, row), listed.unit, listed.actual),
            )
            first = next(iter(row.cells.values()))
            place = row.cells.get(listed.actual) or row.cells.get(listed.name) or first
            yield (
                scope,
                row.key,
                row.text(listed.project) or record["project"] or None,
                *map(row.text, typed),
                number(judged["completion"]),
                judged["status"],
                row.text(listed.status),
                row.text(listed.reason),
                place["sheet"],
                place["cell"],
            )


def _target(listed: Indicators, row: RecordedRow) -> str:
    """Give the column of the target that holds."""
    return listed.goal(row.key, lambda key: key.column in row.cells).column


# ---------------------------------------------------------------- scores, findings


SCORE_COLUMNS = (
    DataColumn("item", "三级指标"),
    DataColumn("points", "分值", Type.NUMBER),
    DataColumn("stated", "自评得分", Type.NUMBER),
    DataColumn("low", "测算得分(低)", Type.NUMBER),
    DataColumn("high", "测算得分(高)", Type.NUMBER),
    DataColumn("sheet", "工作表"),
    DataColumn("cell", "单元格", meaning="自评得分所在;没填的为空"),
)


def _scores(record: Record, form: Form) -> Iterator[Row]:
    filled = {fact["key"]: fact for fact in record["facts"]}
    score = record["document"]["score"]
    asked = _scored_in(filled, form) if score else ()
    for key, item in zip(asked, score["items"] if score else (), strict=True):
        figures = (number(item[name]) for name in ("points", "stated", "low", "high"))
        place = filled.get(key)
        where = (place["sheet"], place["cell"]) if place else (None, None)
        yield (item["item"], *figures, *where)


def _scored_in(filled: Iterable[str], form: Form) -> Iterator[str]:
    """Give the keys of the scores of a form; of those that are rows of a block the ones given."""
    for one in form.relations:
        if isinstance(one, ScoreItem):
            yield str(one.stated)
        elif isinstance(one, ScoreRows):
            of = (key.split(".") for key in filled)
            yield from (".".join(k) for k in of if (k[0], k[-1]) == (one.block, one.stated))


FINDING_COLUMNS = (
    DataColumn("rule", "规则编号"),
    DataColumn("title", "规则名称"),
    DataColumn("severity", "级别", meaning="error 错误,verify 核实,note 提示"),
    DataColumn("sheet", "工作表"),
    DataColumn("cell", "单元格"),
    DataColumn("cells", "涉及的单元格", meaning="用空格隔开"),
    DataColumn("key", "键"),
    DataColumn("label", "项目"),
    DataColumn("message", "问题"),
    DataColumn("actual", "填报"),
    DataColumn("expected", "应为"),
    DataColumn("against", "对照", meaning="与之比较的数和它的名称;不知道哪一个填错时才有"),
    DataColumn("difference", "差额"),
    DataColumn("fix", "怎么改"),
    DataColumn("explained", "说明", meaning="单位写的;为空就是没有说明"),
    DataColumn("lapsed", "说明为何不算"),
)


def _findings(record: Record, form: Form) -> Iterator[Row]:
    titles = {rule.id: rule.title for rule in rules_of(form)}
    for finding in record["document"]["findings"]:
        values: Mapping[str, Any] = {
            **finding,
            "rule": finding["id"],
            "title": titles.get(finding["id"]),
            "cells": " ".join(filter(None, finding["cells"])),
        }
        yield tuple(values[column.name] for column in FINDING_COLUMNS)


TABLES = (
    DataTable("returns", "报来的表,一份一行", RETURN_COLUMNS, _returns),
    DataTable("fields", "填报数据,一格一行", FIELD_COLUMNS, _fields),
    DataTable("indicators", "指标,一项一行", INDICATOR_COLUMNS, _indicators),
    DataTable("scores", "得分,一项一行", SCORE_COLUMNS, _scores),
    DataTable("findings", "问题,一条一行", FINDING_COLUMNS, _findings),
)


# ---------------------------------------------------------------- values


def number(text: str | None) -> Decimal | None:
    """Give the number a text is, to ten places; None where it is none, or too large to keep."""
    if not text or not PLAIN_NUMBER.fullmatch(text):
        return None
    value = Decimal(text)
    return None if abs(value) >= TOO_WIDE else rounded(value, PLACES)


def plain_digits(value: Decimal) -> str:
    """Give the digits of a number without idle zeros."""
    text = f"{value:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text
