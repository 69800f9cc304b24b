"""The words around the figures in a report: which may stand there, and what they make of them.

Words are let through by name only. What is not among them may make of a figure a part, a mean, an
intention or somebody else's, and is nothing to hold against a return.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial

from perfxl.agreement.facts import GRADE, Subject
from perfxl.spelling import one_of
from perfxl.units import own_unit, unit_pattern
from perfxl.values import plain

OWN_TIME, OTHER_TIME, PART_OF_YEAR = "†", "‡", "¤"  # in place of each character of a date

# between a name and its number
_BETWEEN = """
共计 合计 总计 累计 总共 一共 共 总额 总量 总数 总金额 金额 资金 经费 达到 达 为 是 有 计 实现
发放 拨付 支付 支出 投入 安排 使用 下达 收入 实际 全年 全年度 年度 本年度 本年 当年 已 均 数 数额 额
了 设置 设 设有 包括 自评 评价 评定 获 得 得分 结果 情况 的 ( ) “ ” ‘ ’ " ' : 《 》 【 】
"""
# before a name, back to the last comma or number
_BEFORE = """
全年 全年度 年度 本年度 本年 当年 年初 年内 其中 部门 整体 单位 全部 的 共计 合计 共 总 累计 已
实际 设置 设置了 设立 设 设有 有 另 另外 同时 此外 我单位 本单位 我部门 本部门 我局 本局 我街 我街道
本街道 街道 全街 我镇 本镇 我校 本校 我中心 本中心 我院 本院 我办 我委 经 自评 评价 为
主要 主要扣分点 扣分点 扣分项 一是 二是 三是 四是 五是 六是 七是 八是
( ) “ ” ‘ ’ " ' : 《 》 【 】 * · ● ■ ◆
"""
# … where it is money's or an indicator's: «完成重点工作任务45项» may count other tasks
_DOING = "完成 实现 发放 拨付 支付 支出 投入 安排 使用 取得 开展"
# … where nothing else bears it
_KINDS = "项目 重点项目 重点任务 指标 三级指标 绩效指标"
# without one of these beside it a common name («经营收入») is rather that of others
ACCOUNTS = re.compile("决算|预算|部门|收支|财政|总计")
TOTAL = ("共计", "合计", "总计", "累计", "总共", "一共", "总额", "总金额")
# before a project's name: what makes of it a part, another's or an intention
NARROWING = re.compile(
    "人均|户均|平均|[每、和及与或村镇校]|[省市区县上本]级|中央|自筹|配套|社区|居委|分[局院校]|新增|追加"
    "|补发|结余|剩余|欠|部分|其他|计划|拟|将|预计"
    f"|争取|力争|未|不|没|减|退|缴|追回|滞留|目标|[{OTHER_TIME}{PART_OF_YEAR}]"
)
# before a line of the accounts, in the same sentence: what is told may be of one purse
ONE_PURSE = re.compile(
    "拨款|公共预算|基金|国有资本|专户|本级|机关|人员|公用|中央|省级|市级|区级|县级|上级|追加|新增|调[整增减]"
    "|人均|户均|平均"
)
OTHER_UNITS = re.compile("下属|所属|二级|附属|分[局院校]|各[单部科]")
AFTER = re.compile("[余多几]|左右|上下|以[上下内]|之内|及以|或以|\\(含|[-~至到]\\d|/")
IS_ALL = re.compile("中|[,;。]|$")  # after what is counted: nothing that makes it fewer
BREAK = re.compile(r"(?<!\d)[,;]|[,;](?!\d)")
JOINT = re.compile("[、和及与]|以及")
BRACKETS = re.compile(r"\([^()]*\)")
NUMBERING = re.compile(r"\(?(?:\d{1,2}|[一二三四五六七八九十]{1,3})[).、.](?!\d)")
ENDS = re.compile(r"(?<=[。!?])")
# in this order: what one has taken the next does not see
_OWN_TIMES = (
    r"截[至止]到?{year}年(?:12月)?(?:31日|底|末)止?|{year}年1月?[-至到]12月(?:份)?|今年"
    r"|{year}年12月(?:31日|底|末)|{year}年(?:全年|度|末|底|初)?(?!\d)"
)
_PARTS_OF_YEAR = (
    r"(?:{year}年)?(?<!\d)\d{{1,2}}(?:-\d{{1,2}})?月(?:份|底|末)?"
    "|[上下]半年|半年|季度|[上中下]旬|[本当每]月|逐月"
)
_OTHER_TIMES = (
    r"上一?年度?|去年|往年|前年|历年|同期|下一?年度?|明年|次年|来年|近[二两三四五]年"
    r"|(?<!\d)\d{{4}}年(?:度|末|底)?"
)
_TIMES = (
    (_OWN_TIMES, OWN_TIME),
    (_PARTS_OF_YEAR, PART_OF_YEAR),
    (_OTHER_TIMES, OTHER_TIME),
)


def _tokens(words: Iterable[str]) -> re.Pattern[str]:
    return re.compile(f"{OWN_TIME}+|{one_of(set(words))}")


def parsed(text: str, pattern: re.Pattern[str]) -> list[str] | None:
    """Give the words a text is made of, None where one of them is unknown."""
    found, at = [], 0
    while at < len(text):
        match = pattern.match(text, at)
        if match is None:
            return None
        found.append(match[0])
        at = match.end()
    return found


def _marked(text: str, year: int) -> str:
    """Give a text of the same length, with marks of whose time it speaks in place of dates."""
    for pattern, mark in _TIMES:
        dates = re.compile(pattern.format(year=year))
        text = dates.sub(partial(_as_marks, mark), text)
    return text


def _as_marks(mark: str, match: re.Match[str]) -> str:
    return mark * len(match[0])


GRADE_TOLD = re.compile(
    "(?:评定为|评为|结果为|为|是|:)[“”\"'(]?(?P<grade>优|良|中|低|差)(?:秀|好|等|级)?"
    "(?=[“”\"')]|[,;。!?]|$)"
)


# ---------------------------------------------------------------- what is looked for


@dataclass(frozen=True)
class Vocabulary:
    """The subjects of a return by name, and the patterns that find them in a text.

    `unit_names` are what the unit calls itself, `year` is the one reported.
    """

    subjects: tuple[Subject, ...]
    year: int = 0
    unit_names: tuple[str, ...] = ()

    @cached_property
    def by_name(self) -> dict[str, Subject]:
        """Each subject by each of its names; a name that two have is neither's."""
        found: dict[str, Subject] = {}
        doubled: set[str] = set()
        for subject in self.subjects:
            for name in {plain(name) for name in subject.names}:
                if found.setdefault(name, subject) is not subject:
                    doubled.add(name)
        return {name: one for name, one in found.items() if name and name not in doubled}

    def dated(self, text: str) -> str:
        """Give a text with marks in place of dates, but for those that are part of a name."""
        parts = re.split(f"({one_of(self.by_name) or '(?!)'})", text)
        return "".join(
            part if at % 2 else _marked(part, self.year) for at, part in enumerate(parts)
        )

    @cached_property
    def token(self) -> re.Pattern[str]:
        """Finds names and numbers with a unit, the longest name first."""
        own = {own_unit(fact.unit) for one in self.subjects for fact in one.facts} - {"", GRADE}
        units = "|".join(filter(None, (one_of(own), unit_pattern(""))))
        number = r"(?<![A-Za-z第\d.,/~±*×+=·-])(?P<number>(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?)"
        names = one_of(self.by_name) or "(?!)"
        return re.compile(rf"(?P<name>{names})|{number}(?P<unit>{units})")

    @cached_property
    def own_name(self) -> re.Pattern[str]:
        """Finds what the unit calls itself."""
        return re.compile(one_of(self.unit_names) or "(?!)")

    def without_names(self, text: str) -> str:
        """Give a text with every name known taken out."""
        return self.token.sub("", text)

    def names_project(self, text: str) -> bool:
        """Whether a text speaks of a project by its name."""
        found = (self.by_name.get(match[0]) for match in self.token.finditer(text))
        return any(one is not None and one.is_project for one in found)

    def between(self, subject: Subject) -> re.Pattern[str]:
        """Finds words that may stand between a name and its number."""
        return self._around[subject][1]

    def before(self, subject: Subject) -> re.Pattern[str]:
        """Finds words that may stand before a name, those of its own figures among them."""
        return self._around[subject][0]

    @cached_property
    def _around(self) -> dict[Subject, tuple[re.Pattern[str], re.Pattern[str]]]:
        between = _BETWEEN.split()
        return {
            one: (_tokens([*self._before(one), *one.words]), _tokens([*between, *one.words]))
            for one in self.subjects
        }

    def _before(self, subject: Subject) -> Iterator[str]:
        yield from (*_BEFORE.split(), *self.unit_names)
        if subject.specific or subject.is_money:
            yield from _DOING.split()
        if subject.specific:
            yield from _KINDS.split()
            yield from (plain(n) for one in self.subjects if one.is_project for n in one.names)
