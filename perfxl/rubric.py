"""The score grid as data: items with points and a method, and the grades.

A rubric is a TOML file (`workbook_templates/rubrics/`); each district's notice brings its own.
Points are 分; grade thresholds are the lowest score of the grade.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

COMPUTED_METHODS = ("output_completion", "benefit_completion", "execution_rate")
METHODS = {
    "output_completion": "按表1-5 产出指标加权完成率计算",
    "benefit_completion": "按表1-5 效益、满意度指标加权完成率计算",
    "execution_rate": "按支出率(决算数÷全年预算数)计算,最高得满分",
    "ratio": "按完成比例计分",
    "band": "按区间计分",
    "deduct": "发现一项问题扣一项分,扣完为止",
    "yes_no": "符合得满分,不符合不得分",
}


class RubricError(ValueError):
    """A rubric that cannot be used; the message says where and why, in Chinese."""


@dataclass(frozen=True, slots=True)
class RubricItem:
    """A leaf of the grid: 一级/二级/三级指标, points, method and the standard in words."""

    key: str
    level1: str
    level2: str
    name: str
    points: Decimal
    method: str
    standard: str

    @property
    def computed(self) -> bool:
        """Whether the tables of the form yield the score."""
        return self.method in COMPUTED_METHODS


@dataclass(frozen=True, slots=True)
class Rubric:
    """A whole grid; `grades` are (name, lowest score), best first."""

    id: str
    title: str
    notice: str
    items: tuple[RubricItem, ...]
    grades: tuple[tuple[str, Decimal], ...]

    @property
    def points(self) -> Decimal:
        """The points of all items."""
        return sum((item.points for item in self.items), Decimal(0))

    def groups(self) -> dict[str, list[RubricItem]]:
        """Give the items by 一级指标, in order."""
        found: dict[str, list[RubricItem]] = {}
        for item in self.items:
            found.setdefault(item.level1, []).append(item)
        return found


def parse(text: str) -> Rubric:
    """Give the rubric a TOML text holds; raise RubricError naming every fault."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RubricError(f"评分标准不是有效的 TOML 文件:{error}") from error
    faults: list[str] = []
    items = tuple(_item(n, entry, faults) for n, entry in enumerate(data.get("items", []), 1))
    grades = tuple(_grade(n, entry, faults) for n, entry in enumerate(data.get("grades", []), 1))
    faults += _whole_faults(data, items, grades)
    if faults:
        raise RubricError("评分标准有误:" + ";".join(faults))
    return Rubric(data["id"], data["title"], data.get("notice", ""), items, grades)


def _whole_faults(
    data: dict[str, Any],
    items: tuple[RubricItem, ...],
    grades: tuple[tuple[str, Decimal], ...],
) -> list[str]:
    lowest = [value for _, value in grades]
    keys = [item.key for item in items]
    checks = {
        "缺少 id 或 title": not (data.get("id") and data.get("title")),
        "没有评分项目(items)": not items,
        "没有等级(grades)": not grades,
        "评分项目的 key 有重复": len(set(keys)) < len(keys),
        "各等级的最低分须由高到低,末级为 0": bool(grades)
        and (lowest != sorted(set(lowest), reverse=True) or lowest[-1] != 0),
    }
    total = sum((item.points for item in items), Decimal(0))
    stated = _number(data.get("points", 100)) or Decimal(100)
    checks[f"各项分值合计 {total},应为 {stated}"] = bool(items) and total != stated
    return [fault for fault, found in checks.items() if found]


def _number(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return Decimal(repr(value))


def _item(number: int, entry: dict[str, Any], faults: list[str]) -> RubricItem:
    points, method = _number(entry.get("points")), str(entry.get("method", ""))
    key = str(entry.get("key", ""))
    missing = [name for name in ("key", "level1", "level2", "name") if not entry.get(name)]
    if missing:
        faults.append(f"第 {number} 项缺少 {'、'.join(missing)}")
    if not key.isascii() or not key.replace("_", "").isalnum():
        faults.append(f"第 {number} 项 key“{key}”只能用英文字母、数字和下划线")
    if points is None or points <= 0:
        faults.append(f"第 {number} 项分值 points 应为正数")
    if method not in METHODS:
        faults.append(f"第 {number} 项计分方法 method“{method}”不认识,可用:{'、'.join(METHODS)}")
    standard = str(entry.get("standard", "")) or METHODS.get(method, "")
    level1, level2, name = (str(entry.get(part, "")) for part in ("level1", "level2", "name"))
    return RubricItem(key, level1, level2, name, points or Decimal(0), method, standard)


def _grade(number: int, entry: dict[str, Any], faults: list[str]) -> tuple[str, Decimal]:
    name, lowest = str(entry.get("name", "")), _number(entry.get("lowest"))
    if not name or lowest is None:
        faults.append(f"第 {number} 个等级缺少 name 或 lowest")
    return name, lowest or Decimal(0)
