"""The words around the figures in a report: which may stand there, and what they make of them.

Words are let through by name only. What is not among them may make of a figure a part, a mean, an
intention or somebody else's, and is nothing to hold against a return.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property, lru_cache, partial

from msgspec import Struct

from perfxl.report.facts import GRADE, Subject
from perfxl.text.amounts import plain
from perfxl.text.spelling import one_of
from perfxl.text.units import own_unit, unit_pattern

OWN_TIME, OTHER_TIME, PART_OF_YEAR = "†", "‡", "¤"  # in place of each character of a date

# between a name and its number
_BETWEEN = """
共计 合计 总计 累计 总共 一共 共 总额 总量 总数 总金额 金额 资金 经费 达到 达 为 是 有 计 实现
发放 拨付 支付 支出 投入 安排 使用 下达 收入 实际 全年 全年度 年度 已 均 数 数额 额
了 设置 设 设有 包括 自评 评价 评定 获 得 得分 结果 情况 的 ( ) “ ” ‘ ’ " ' : 《 》 【 】
"""
# before a name, back to the last comma or number
_BEFORE = """
全年 全年度 年度 年初 年内 其中 部门 整体 单位 全部 的 共计 合计 共 总 累计 已
实际 设置 设置了 设立 设 设有 有 另 另外 同时 此外 我单位 本单位 我部门 本部门 我局 本局 我街 我街道
本街道 街道 全街 我镇 本镇 我乡 我校 本校 我中心 本中心 我院 本院 我办 我委 我馆 本馆 我所 我站
我队 我会 我厅 自评 评价 为
主要 主要扣分点 扣分点 扣分项 一是 二是 三是 四是 五是 六是 七是 八是
( ) “ ” ‘ ’ " ' : 《 》 【 】 * · ● ■ ◆
"""
# … where it is money's or an indicator's: «完成重点工作任务45项» may count other tasks
_DOING = "完成 实现 发放 拨付 支付 支出 投入 安排 使用 取得 开展"
# … where nothing else bears it
_KINDS = "项目 重点项目 重点任务 指标 三级指标 绩效指标"
# … where it is an indicator's, or between that and its number …
_HELD = """
举办 举行 开展 组织 实施 建成 新建 完成 共 各类 各项 了 仅 只 本年 本年度 当年 达
"""
# … but none that may add to what was told, or go back to other years
_FURTHER = frozenset({"另", "另外", "此外", "同时", "有", "累计"})
# … where it is the score or grade of the whole
_MARKED = "经 部门整体支出 整体支出 支出 绩效 综合 最终 最后 自我 评分 本年 本年度 本次 评定"
# … anywhere before it in its sentence, between other names and their numbers
_SCOPE = """
按支出性质划分 按支出性质和经济分类划分 按经济分类划分 部门决算报表 决算报表 决算显示 显示 收支
依据 根据 经统计 预算 决算 情况 占 和 与 及 以及 , ; 、 _ .
总体 基本 全面 较好 圆满 顺利 如期 按期 按时 按计划 各项 目标 年度目标 绩效目标 任务 工作 均已
"""
# what a clause that only tells of something else done begins with …
_DOERS = """
举办 举行 开展 组织 完成 实施 落实 推进 加强 坚持 新增 新建 建成 改造 培训 接待 服务 发放 救助 慰问
检查 出动 受理 办理 处理 整治 编制 制定 出台 印发 修订 提升 优化 强化 深化 扎实 积极 认真 全面 持续
不断 有效 切实 圆满 顺利 较好 紧扣 聚焦
"""
_DOER = re.compile(one_of(_DOERS.split()))
# … and must not hold: where, with whom, for what, for how much
_LIMITS = re.compile(
    "其中|[在于对为向与从由按经以等元]|通过|依托|利用|借助|围绕|结合|联[合同]|[会协]同|邀请|面向|针对|期间"
    "|系列|主题|[节季月周旬日]|半年|参[与加]|协助|配合|承办|分别|平均"
)
AIMED = re.compile("目标值?[为是:]")  # what follows is not yet done
WHOLE_YEAR = re.compile(f"全年|年度|{OWN_TIME}")
# where these are spoken of, a score or grade is rather theirs
OTHER_MARKS = re.compile(
    "项目|专项|考[核评]|[测评]评|评[估比选审]|专家|检查|复核|抽[评查]|第三方|下属|所属|排名|平均|均"
)
# … or, before it in the same sentence, that of a part
PART_MARKS = re.compile(
    "方面|率|指标(?!体系)|情况|产出|效益|满意|预算|资金|资产|采购|财[务政]|管理|制度|获评|[处科股]室"
)
MARKS = re.compile(r"扣|(?<![\d.])(?!100分)\d+(?:\.\d+)?分")
# … before the first name of the sentences before
_OPENING = "如下 如上 见表 具体 收支 图 各项 1 2 3 4 5 6 7 8 9 0 - 。 ! ?"
# without one of these beside it a common name («经营收入») is rather that of others
ACCOUNTS = re.compile("决算|预算|部门|收支|财政|总计")
TOTAL = ("共计", "合计", "总计", "累计", "总共", "一共", "总额", "总金额")
# those a project is for, told without a limit to some of them: aids begin at these ages …
BENEFICIARIES = re.compile(
    r"(?:^|.*[,;:。])(?:为|向|给)(?:年?满(?:6[05]|70)周?岁的?|全体|符合条件的?)?"
    "(?:老人|老年人|长者|居民|群众|学生|职工|对象|人员)发放"
)
# … unless something before limits it
LIMITED = re.compile("其中|以[上下来]|[节批季月前]|全[省市区县国]|一次性|高龄|[增补]发")
# before a line of the accounts, in the same sentence: what is told may be of one purse
ONE_PURSE = re.compile(
    "拨款|公共预算|基金|国有资本|专户|本级|机关|人员|公用|中央|省级|市级|区级|县级|上级|追加|新增|调[整增减]"
    "|人均|户均|平均"
)
OTHER_UNITS = re.compile("下属|所属|二级|附属|分[局院校]|各[单部科]")
BASED = re.compile("依据|根据|按照")  # what a rule says is no figure of the unit, …
LOST = re.compile(r"扣[减除分了]?\d+(?:\.\d+)?分$")
SCORE_LEFT = re.compile(r"[,、]?(?:自评|实际|实)?得分?为?|\(")  # between that and the score
CLOSED = re.compile(r"[,;。!?、)”\"]|$")  # after a number: nothing that makes it another
NOUNS = re.compile("(?:三级|绩效)*指标|(?:重点)?(?:工作)?任务|职责|机构")  # of what is counted
# … nor right after it, in the next clause
REST = re.compile("[^。]{0,3}(?:其余|另有|结转|结余|未执行|未支)")
LATER = re.compile("调[整减增](?!后)|最终|核减|取消|增设")  # a number told first is not the last
IS_ALL = re.compile("中|[,;。]|$")  # after what is counted: nothing that makes it fewer
BREAK = re.compile(r"(?<!\d)[,;]|[,;](?!\d)")
CLAUSES = re.compile(f"{BREAK.pattern}|、")
WHOLE = re.compile("总|合计|整体|部门决算支出")  # in names of what «其中» may take apart
JOINT = re.compile("[、和及与]|以及")
BRACKETS = re.compile(r"\([^()]*\)|【[^【】]*】|《[^《》]*》")
# a clause that only says how the unit came to it: «在上级的关心支持下», «经过全体职工的努力»
CIRCUMSTANCE = re.compile(
    r"(?:^|(?<=[,;。!?]))(?:在[^,;。!?\d]{0,10}(?:上级|各级|党|政府|领导|主管)[^,;。!?\d]{0,10}"
    r"(?:关心|领导|指导|重视|大力支持|关心支持|关怀)下"
    r"|(?:在|通过|经过)(?:全体[^,;。!?\d]{2,6})?(?:共同|不懈|不断)?努力下?)(?=,)"
)
NUMBERING = re.compile(r"\(?(?:\d{1,2}|[一二三四五六七八九十]{1,3})[).、.](?!\d)")
ENDS = re.compile(r"(?<=[。!?])")
# in this order: what one has taken the next does not see
_OWN_TIMES = (
    r"截[至止]到?{year}年(?:12月)?(?:31日|底|末)止?|{year}年1月?[-至到]12月(?:份)?"
    r"|{year}年12月(?:31日|底|末)|{year}年(?:全年|度|末|底|初)?(?!\d)"
)
_PARTS_OF_YEAR = (
    r"(?:{year}年)?(?<!\d)\d{{1,2}}(?:-\d{{1,2}})?月(?:份|底|末)?"
    "|[上下]半年|半年|季度|[上中下]旬|[本当每]月|逐月"
)
_OTHER_TIMES = (
    r"上一?年度?|今年|去年|往年|前年|历年|同期|下一?年度?|明年|次年|来年|近[二两三四五]年"
    r"|(?<!\d)\d{{4}}年(?:度|末|底)?"
)
_TIMES = (
    (_OWN_TIMES, OWN_TIME),
    (_PARTS_OF_YEAR, PART_OF_YEAR),
    (_OTHER_TIMES, OTHER_TIME),
)


def tokens(words: Iterable[str]) -> re.Pattern[str]:
    """Find any of these words, or a date of the year reported."""
    return _tokens(frozenset(words))


@lru_cache(maxsize=256)  # most subjects of most returns have the same words around them
def _tokens(words: frozenset[str]) -> re.Pattern[str]:
    return re.compile(f"{OWN_TIME}+|{one_of(words)}")


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


def without_brackets(text: str) -> str:
    """Give a text of the same length, with `_` in place of what only stands beside what is told.

    That is brackets with what is in them, and circumstances.
    """
    return CIRCUMSTANCE.sub(partial(_as_marks, "_"), BRACKETS.sub(partial(_as_marks, "_"), text))


def _marked(text: str, year: int) -> str:
    """Give a text of the same length, with marks of whose time it speaks in place of dates."""
    for pattern, mark in _TIMES:
        dates = re.compile(pattern.format(year=year))
        text = dates.sub(partial(_as_marks, mark), text)
    return text


def _as_marks(mark: str, match: re.Match[str]) -> str:
    return mark * len(match[0])


GRADE_TOLD = re.compile(
    "(?:评定为|评为|结果为|为|是|:)?[“”\"'(]?(?P<grade>优|良|中|低|差)(?:秀|好|等|级)?"
    "[”\"')]?(?=[,;。!?]|$)"
)


# ---------------------------------------------------------------- what is looked for


class Vocabulary(Struct, frozen=True, dict=True):
    """The subjects of a return by name, and the patterns that find them in a text.

    `unit_names` are what the unit calls itself, `year` is the one reported, `words` are those that
    say which figure of a subject is meant. `own` is for the texts of the return itself, which speak
    of this unit and year unless they say otherwise.
    """

    subjects: tuple[Subject, ...]
    year: int = 0
    unit_names: tuple[str, ...] = ()
    words: frozenset[str] = frozenset()
    own: bool = False

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
        parts = self._names.split(text)
        return "".join(
            part if at % 2 else _marked(part, self.year) for at, part in enumerate(parts)
        )

    @cached_property
    def _names(self) -> re.Pattern[str]:
        return re.compile(f"({one_of(self.by_name) or '(?!)'})")

    @cached_property
    def token(self) -> re.Pattern[str]:
        """Finds names and numbers with a unit, the longest name first."""
        own = {own_unit(fact.unit) for one in self.subjects for fact in one.facts} - {"", GRADE}
        units = "|".join(filter(None, (one_of(own), unit_pattern(""))))
        number = r"(?<![A-Za-z第\d.,/~±*×+=·-])(?P<number>(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?)"
        names = self._names.pattern
        return re.compile(rf"(?P<name>{names})|{number}(?P<unit>{units})")

    @cached_property
    def own_name(self) -> re.Pattern[str]:
        """Finds what the unit calls itself."""
        return re.compile(one_of(self.unit_names) or "(?!)")

    def without_names(self, text: str) -> str:
        """Give a text with every name known taken out."""
        return self.token.sub("", text)

    def projects_in(self, text: str) -> frozenset[Subject]:
        """Give the projects a text speaks of by their names."""
        found = (self.by_name.get(match[0]) for match in self.token.finditer(text))
        return frozenset(one for one in found if one is not None and one.is_project)

    def is_understood(self, text: str) -> bool:
        """Whether nothing in a text limits what is spoken of after it; brackets as `_`."""
        return parsed(text, self._scope) is not None

    def is_apart(self, clause: str) -> bool:
        """Whether a clause only tells of something else done: «开展培训24期»; names as `_`."""
        clause = self.own_name.sub("", clause)
        if _LIMITS.search(clause):
            return False
        at = 0
        while at < len(clause):
            if _DOER.match(clause, at):
                return True
            word = self._scope.match(clause, at)
            if word is None:
                return False
            at = word.end()
        return True

    def is_closed(self, text: str, end: int, unit: str) -> bool:
        """Whether what stands after a number makes nothing else of it: «(近五年)», «个层级»."""
        if REST.match(text, end):
            return False
        bracket = BRACKETS.match(text, end)
        if bracket is not None:  # the score of what is told, or why it is less
            said = unit == "分" or self.is_understood(self.without_names(bracket[0][1:-1]))
            return said and CLOSED.match(text, bracket.end()) is not None
        joint = JOINT.match(text, end)
        following = self.token.match(text, joint.end()) if joint else None
        named = following is not None and following["name"] is not None
        return named or CLOSED.match(text, end) is not None

    def opens_plainly(self, sentence: str) -> bool:
        """Whether nothing before a sentence's first name limits what the next speak of."""
        bare = BRACKETS.sub("_", NUMBERING.sub("", sentence, count=1))
        first = self.token.search(bare)
        opening = bare[: first.start()] if first else bare
        return (
            parsed(re.sub(f"[{OTHER_TIME}{PART_OF_YEAR}]", "", opening), self._opening) is not None
        )

    @cached_property
    def _scope(self) -> re.Pattern[str]:
        return tokens(self._scope_words())

    @cached_property
    def _opening(self) -> re.Pattern[str]:
        return tokens([*self._scope_words(), *_OPENING.split()])

    def _scope_words(self) -> Iterator[str]:
        yield from f"{_BETWEEN} {_BEFORE} {_DOING} {_SCOPE}".split()
        yield from self.unit_names
        yield from self.words

    def between(self, subject: Subject) -> re.Pattern[str]:
        """Finds words that may stand between a name and its number."""
        held = _HELD.split() if subject.is_indicator else ()
        return tokens([*_BETWEEN.split(), *held, *subject.words])

    def before(self, subject: Subject) -> re.Pattern[str]:
        """Finds words that may stand before a name, those of its own figures among them."""
        return tokens([*self._before(subject), *subject.words])

    def _before(self, subject: Subject) -> Iterator[str]:
        further = _FURTHER if subject.is_indicator else ()
        yield from (word for word in _BEFORE.split() if word not in further)
        yield from self.unit_names
        if subject.is_indicator:
            yield from _HELD.split()
        if subject.is_verdict:
            yield from _MARKED.split()
        if subject.specific or subject.is_money:
            yield from _DOING.split()
        if subject.specific:
            yield from _KINDS.split()
            yield from (plain(n) for one in self.subjects if one.is_project for n in one.names)
