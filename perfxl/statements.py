"""What sentences say of something a return has figures for: «长寿保健金157,327人次共计899.3万元».

A number belongs to a name only where every word between the two is understood, and the name to
the whole unit only where every word before it is: «人均», «较上年», «约» or a word nobody knows
keeps it from being judged. A wrong question costs more trust than one not asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial

from perfxl.facts import GRADE, Fact, Printed, Subject
from perfxl.spelling import one_of
from perfxl.units import own_unit, unit_pattern
from perfxl.values import LARGEST_VALUE, digits, is_plausible, plain

MOST_PLACES = 8  # decimals anybody prints
LONGEST_CARRIED = 3  # characters, at least, of a word that takes a name up again after a comma
LONGEST_SENTENCE = 1_000  # characters: nobody reads a longer one
OWN_TIME, OTHER_TIME, PART_OF_YEAR = "†", "‡", "¤"  # in place of each character of a date
_TIME_MARKS = frozenset({OWN_TIME, OTHER_TIME, PART_OF_YEAR})

# ---------------------------------------------------------------- words

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
_ACCOUNTS = re.compile("决算|预算|部门|收支|财政|总计")
_TOTAL = ("共计", "合计", "总计", "累计", "总共", "一共", "总额", "总金额")
# before a project's name: what makes of it a part, another's or an intention
_NARROWING = re.compile(
    "人均|户均|平均|[每、和及与或村镇校]|[中央省市区县上本]级|中央|自筹|配套|社区|居委|分[局院校]|新增|追加|补发|结余|剩余|欠|部分|其他|计划|拟|将|预计"
    f"|争取|力争|未|不|没|减|退|缴|追回|滞留|目标|[{OTHER_TIME}{PART_OF_YEAR}]"
)
# before a line of the accounts, in the same sentence: what is told may be of one purse
_ONE_PURSE = re.compile(
    "拨款|公共预算|基金|国有资本|专户|本级|机关|人员|公用|中央|省级|市级|区级|县级|上级|追加|新增|调[整增减]"
    "|人均|户均|平均"
)
_OTHER_UNITS = re.compile("下属|所属|二级|附属|分[局院校]|各[单部科]")
_AFTER = re.compile("[余多几]|左右|上下|以[上下内]|之内|及以|或以|[-~至到]\\d|/")
_IS_ALL = re.compile("中|[,;。]|$")  # after what is counted: nothing that makes it fewer
_BREAK = re.compile(r"(?<!\d)[,;]|[,;](?!\d)")
_JOINT = re.compile("[、和及与]|以及")
_BRACKETS = re.compile(r"\([^()]*\)")
_NUMBERING = re.compile(r"\(?(?:\d{1,2}|[一二三四五六七八九十]{1,3})[).、.](?!\d)")
_ENDS = re.compile(r"(?<=[。!?])")
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


def _tokens(words: Sequence[str]) -> re.Pattern[str]:
    return re.compile(f"{OWN_TIME}+|{one_of(set(words))}")


def _parsed(text: str, pattern: re.Pattern[str]) -> list[str] | None:
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


# ---------------------------------------------------------------- what is looked for


@dataclass(frozen=True, slots=True)
class Claim:
    """A number that a sentence gives for a subject, and the figures it may mean.

    `begin` and `end` are where it stands in the text: from its clause's beginning to its unit.
    """

    subject: Subject
    facts: tuple[Fact, ...]
    printed: str
    begin: int
    end: int
    right: bool


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


# ---------------------------------------------------------------- reading a text


def claims(
    text: str, known: Vocabulary, *, context: str = "", of_project: bool = False
) -> Iterator[Claim]:
    """Give what a text says for certain of the subjects known, sentence by sentence.

    `text` is as `plain` gives it, `context` the heading it stands under; `of_project` says that a
    project is spoken of all along.
    """
    marked = known.dated(text)
    in_accounts = _ACCOUNTS.search(known.without_names(f"{context} {marked}")) is not None
    at, foreign = 0, False
    for sentence in _ENDS.split(marked):
        if len(sentence) <= LONGEST_SENTENCE:
            setting = _Setting(at, foreign, of_project, in_accounts)
            yield from _Sentence(sentence, known, setting).claims()
        times = [char for char in _BRACKETS.sub("", sentence) if char in _TIME_MARKS]
        foreign = times[-1] != OWN_TIME if times else foreign
        of_project = of_project or known.names_project(sentence)
        at += len(sentence)


@dataclass(frozen=True, slots=True)
class _Setting:
    """Where a sentence stands: its place in the text, and what was spoken of before it."""

    offset: int
    foreign: bool  # whether another year, or a part of the year, was the last
    of_project: bool
    in_accounts: bool


@dataclass(slots=True)
class _Sentence:
    """A sentence gone through from left to right: who is spoken of, since where."""

    text: str
    known: Vocabulary
    setting: _Setting
    current: Subject | None = None
    since: int = 0  # the end of the last name or number
    after_number: bool = False  # whether that was a number
    certain: bool = False  # whether the name stands for the whole
    open_prefix: bool = False  # whether only a total may be told of it
    led: tuple[str, ...] = ()  # words before the name that say which figure is meant
    stranger: bool = False  # whether an amount was told of something unknown
    given: set[str] = field(default_factory=set)  # units in which the name has its number
    spoken: list[Subject] = field(default_factory=list)  # subjects of this sentence
    masked: str = ""

    def claims(self) -> Iterator[Claim]:
        """Give the claims of this sentence."""
        self.masked = self.text
        for match in self.known.token.finditer(self.text):
            if match["name"] is None:
                yield from self._number(match)
            else:
                self._name(match)
                if self.current is not None and self.certain:
                    yield from self._grade(self.current, match.end())

    # ------------------------------------------------------------ names

    def _name(self, match: re.Match[str]) -> None:
        name, subject = match[0], self.known.by_name[match[0]]
        if self._is_word_of_current(name, match.start()):
            return
        head = self.text[: match.start()]
        masked = self.masked[: match.start()]
        self.masked = masked + "_" * len(name) + self.masked[match.end() :]
        prefix = self._prefix(match.start())
        words = None if prefix is None else _parsed(prefix, self.known.before(subject))
        understood = words is not None and self._stands_alone(match.start())
        self.led = tuple(word for word in words or () if word in subject.words)
        barred = self._is_barred(subject, head, masked)
        clause = head[max(self._clause(match.start()), 0) :]
        self.open_prefix = not understood
        whole = subject.specific and subject.is_project and not _NARROWING.search(clause)
        self.certain = not barred and (understood or whole)
        self.current, self.since, self.after_number = subject, match.end(), False
        self.given = set()
        if self.certain and understood:
            self.spoken.append(subject)

    def _is_word_of_current(self, name: str, start: int) -> bool:
        """Whether a name only says which figure of the one spoken of is meant («预算执行率»)."""
        if self.current is None or name not in self.current.words:
            return False
        words = self.text[self.since : start]
        return _parsed(_BREAK.sub("", words), self.known.between(self.current)) is not None

    def _clause(self, end: int) -> int:
        """Give where the clause begins that goes on until `end`."""
        return max((found.end() for found in _BREAK.finditer(self.text, 0, end)), default=0)

    def _prefix(self, start: int) -> str | None:
        """Give the words before a name, back to the last comma, number or name."""
        begin = max(self._clause(start), self.since)
        prefix = self.text[begin:start]
        if begin == self.since and self.after_number:
            prefix = prefix.removeprefix(")")
        joint = _JOINT.match(prefix)
        if begin == self.since and self.after_number and joint:
            prefix = prefix[joint.end() :]
        numbering = _NUMBERING.match(prefix) if begin == 0 or not self.after_number else None
        return prefix[numbering.end() :] if numbering else prefix

    def _stands_alone(self, start: int) -> bool:
        """Whether no other name stands right before it, unless that is the project it is of."""
        if not self.since or self.after_number or self._clause(start) >= self.since:
            return True
        return self.current is not None and self.current.is_project and self.certain

    def _is_barred(self, subject: Subject, head: str, masked: str) -> bool:
        """Whether what was said before makes of the name something else than the whole of it."""
        times = [char for char in head if char in _TIME_MARKS]
        if (times[-1] != OWN_TIME) if times else self.setting.foreign:
            return True
        if "其中" in masked and not self._is_part_of_spoken(subject):
            return True
        if subject.specific:
            return False
        if subject.common and not self.setting.in_accounts:
            return True
        of_project = self.setting.of_project or any(one.is_project for one in self.spoken)
        told_of = self.known.own_name.sub("", masked)
        if of_project or _OTHER_UNITS.search(told_of):
            return True
        return subject.is_money and (self.stranger or _ONE_PURSE.search(told_of) is not None)

    def _is_part_of_spoken(self, subject: Subject) -> bool:
        """Whether the sentence told of the whole it is a part of."""
        if self.stranger or not self.spoken:
            return False
        blocks = {fact.key.block for one in self.spoken for fact in one.facts}
        return subject.is_project or any(fact.key.block in blocks for fact in subject.facts)

    # ------------------------------------------------------------ numbers

    def _number(self, match: re.Match[str]) -> Iterator[Claim]:
        head, subject = self.text[self.since : match.start()], self.current
        claim = None
        counted = self._counted(match)
        if counted is not None:
            claim = self._told(match, counted, self.led, carried=False)
        elif subject is not None and self.certain:
            claim = self._claim(match, head, subject)
        elif match["unit"].endswith("元"):
            self.stranger = True
        self.since, self.after_number = match.end(), True
        if claim is not None:
            yield claim

    def _counted(self, match: re.Match[str]) -> Subject | None:
        """Give what a number stands right before, if that is counted: «21个三级指标»."""
        following = self.known.token.match(self.text, match.end())
        subject = self.known.by_name.get(following["name"] or "") if following else None
        if following is None or subject is None or not _IS_ALL.match(self.text, following.end()):
            return None
        prefix = self._prefix(match.start())
        words = None if prefix is None else _parsed(prefix, self.known.before(subject))
        head, masked = self.text[: match.start()], self.masked[: match.start()]
        if words is None or "其中" in masked or self._is_barred(subject, head, masked):
            return None
        self.given = set()
        self.led = tuple(word for word in words if word in subject.words)
        return subject

    def _claim(self, match: re.Match[str], head: str, subject: Subject) -> Claim | None:
        broken = _BREAK.search(head) or (self.after_number and _JOINT.match(head))
        bare = _JOINT.sub("", _BREAK.sub("", head), count=1) if broken else head
        parsed = _parsed(bare, self.known.between(subject))
        said = tuple(word for word in parsed or () if word in subject.words)
        if parsed is None or (broken and not any(len(word) >= LONGEST_CARRIED for word in said)):
            self.current = None
            self.stranger |= match["unit"].endswith("元")
            return None
        if self.open_prefix and not (said or set(parsed) & set(_TOTAL)):
            return None
        return self._told(match, subject, said or self.led, carried=bool(broken))

    def _told(
        self, match: re.Match[str], subject: Subject, said: tuple[str, ...], *, carried: bool
    ) -> Claim | None:
        """Give the claim of a number that belongs to a subject, if the return has such a figure."""
        printed = _printed(match)
        if printed is None or _AFTER.match(self.text, match.end()):
            return None
        meant = [subject, *self.spoken] if carried else [subject]
        facts = [
            fact
            for one in dict.fromkeys(meant)
            for fact in _meant(one, said, printed.unit, bool(carried))
        ]
        if not facts or (printed.unit in self.given and not said):
            return None
        self.given.add(printed.unit)
        right = any(fact.is_printed(printed) for fact in facts)
        return self._made(facts, subject, match[0], match.end(), right)

    def _made(
        self, facts: Sequence[Fact], subject: Subject, printed: str, end: int, right: bool
    ) -> Claim:
        begin = self.setting.offset + self._clause(end - len(printed))
        return Claim(subject, tuple(facts), printed, begin, self.setting.offset + end, right)

    # ------------------------------------------------------------ grades

    def _grade(self, subject: Subject, at: int) -> Iterator[Claim]:
        """Give the grade told right after its name: «评价等级为“优”»."""
        facts = [fact for fact in subject.facts if fact.grade]
        match = _GRADE.match(self.text, at) if facts else None
        if match is not None:
            right = any(fact.grade == match["grade"] for fact in facts)
            yield self._made(facts, subject, match["grade"], match.end(), right)


_GRADE = re.compile(
    "(?:评定为|评为|结果为|为|是|:)[“”\"'(]?(?P<grade>优|良|中|低|差)(?:秀|好|等|级)?"
    "(?=[“”\"')]|[,;。!?]|$)"
)


def _printed(match: re.Match[str]) -> Printed | None:
    """Give the number found, None where nobody would print one like it."""
    printed = Printed.of(match["number"], match["unit"])
    sane = is_plausible(digits(match["number"]), LARGEST_VALUE) and printed.places <= MOST_PLACES
    return printed if sane else None


def _meant(subject: Subject, said: Sequence[str], unit: str, carried: bool) -> Iterator[Fact]:
    """Give the figures of a subject that words and a unit may mean."""
    fitting = [fact for fact in subject.facts if fact.figures_in(unit)]
    if said:
        long = [word for word in said if not carried or len(word) >= LONGEST_CARRIED]
        yield from (fact for fact in fitting if set(long) & set(fact.words))
        return
    plainly = [fact for fact in fitting if not fact.words]
    yield from plainly or (fact for fact in fitting if not fact.only_said)
