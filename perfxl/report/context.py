"""What stands before a sentence and makes of it a plan, another year's, a single item's, a part."""

from __future__ import annotations

import re

from msgspec import Struct, field
from msgspec.structs import replace

from perfxl.report.facts import Subject
from perfxl.report.vocabulary import (
    BRACKETS,
    ONE_PURSE,
    OTHER_MARKS,
    OTHER_TIME,
    OTHER_UNITS,
    OWN_TIME,
    PART_OF_YEAR,
    Vocabulary,
    parsed,
    tokens,
)

LONGEST = 40  # characters
_KINDS = (
    re.compile("第[一二三四五六七八九十]+章"),
    re.compile("第[一二三四五六七八九十]+节"),
    re.compile("[一二三四五六七八九十]+、"),
    re.compile(r"\([一二三四五六七八九十]+\)"),
    re.compile(r"\d{1,2}[.、](?!\d(?!\d{3}年))"),
    re.compile(r"\(\d+\)"),
)
_INTENDED = re.compile(
    f"计划|规划|改进|下一步|打算|建议|设想|预算安排|展望|[{OTHER_TIME}{PART_OF_YEAR}]"
)
# what the usual chapters are called; below any other heading a part of the unit may be spoken of
_CHAPTERS = """
部门 单位 整体 总体 基本 概况 情况 年度 全年 收入 支出 收支 决算 预算 执行 资金 使用 绩效 目标
自评 评价 结论 综述 综合 分析 结果 得分 总得分 等级 指标 各项 完成 实现 机构 设置 职责 职能 主要
重点 工作 任务 内设 组织 实施 成效 成绩 存在 的 问题 与 和 及 以及 、 一级 二级 三级 表 : ( )
基本支出 项目支出
"""
_USUAL = tokens(_CHAPTERS.split())


class Scope(Struct, frozen=True):
    """What the headings say of the passages below them."""

    text: str = ""
    intended: bool = False  # a plan, or another year: nothing is told of the year reported
    partial: bool = False  # another unit or purse, a single item: nothing is told of the whole unit
    projects: frozenset[Subject] = frozenset()


class Outline(Struct):
    """The headings above a place of the report: the last of every level."""

    known: Vocabulary
    _above: dict[int, str] = field(default_factory=dict)
    scope: Scope = field(default_factory=Scope)

    def pass_by(self, text: str) -> None:
        """Take up a passage, as `plain` gives it, if it is a heading."""
        level = next((n for n, kind in enumerate(_KINDS) if kind.match(text)), None)
        if level is None or len(text) > LONGEST or text.endswith(("。", ";")):
            return
        self._above = {n: above for n, above in self._above.items() if n < level}
        self._above[level] = _KINDS[level].sub("", text, count=1)
        self.scope = self._read()

    def _read(self) -> Scope:
        dated = [self.known.dated(text) for text in self._above.values()]
        every = " ".join(dated)
        return Scope(
            every,
            intended=_INTENDED.search(every) is not None,
            partial=not all(map(self._is_usual, dated)),
            projects=self.known.projects_in(every),
        )

    def _is_usual(self, text: str) -> bool:
        """Whether a heading speaks of the whole unit, in words of the usual chapters only."""
        own = self.known.own_name.sub("", text)
        foreign = ONE_PURSE.search(own) or OTHER_UNITS.search(own)
        return foreign is None and parsed(own, _USUAL) is not None


# ---------------------------------------------------------------- the sentences before


class SentenceSetting(Struct, frozen=True):
    """Where a sentence stands: below which headings, and what was spoken of before it."""

    scope: Scope
    in_accounts: bool
    of_project: bool
    offset: int = 0
    foreign: bool = False  # whether another year, or a part of the year, was the last
    strange: bool = False  # whether a sentence began with words nobody knows
    marked: bool = False  # whether a sentence spoke of what others are marked for

    def after(self, sentence: str, known: Vocabulary) -> SentenceSetting:
        """Give the setting of the next sentence."""
        return replace(
            self,
            offset=self.offset + len(sentence),
            foreign=self.is_foreign(BRACKETS.sub("", sentence)),
            strange=self.strange or not known.opens_plainly(sentence),
            marked=self.marked or OTHER_MARKS.search(sentence) is not None,
            of_project=self.of_project or bool(known.projects_in(sentence)),
        )

    def is_foreign(self, head: str) -> bool:
        """Whether the last date before the end of a sentence's head is not of the year reported."""
        own = head.rfind(OWN_TIME)
        other = max(head.rfind(OTHER_TIME), head.rfind(PART_OF_YEAR))
        return other > own if max(own, other) >= 0 else self.foreign

    def leaves_open(self, subject: Subject) -> bool:
        """Whether the sentences before may say that a name is another's, or of a part."""
        if subject.is_project:
            return self.strange and bool(subject.ordinary) and subject not in self.scope.projects
        return self.strange and not (subject.is_counted or subject.is_scored)
