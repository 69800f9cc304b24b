"""Targets and actuals of indicators as people write them: what is read, and what only people can.

A text is first held against a strict grammar (symbol or word, one number, unit, 以上 and the like),
then, where it is a sentence, searched for the one number with the unit asked for. «The first
number» of a sentence is never taken: two candidates are none. Percentages keep their number (95 %
is 95).
Source: strings seen in published returns (docs/decisions/0010).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache

from perfxl.deadlines import is_period, read_day
from perfxl.spelling import AFTER, BEFORE, NUMERAL, number_in, one_of, tidied, upright
from perfxl.units import converted, unit_name, unit_pattern
from perfxl.values import NUMBER, digits, number_text, stripped

UP, DOWN, EXACTLY, QUALITATIVE = ("≥", ">", "="), ("≤", "<"), ("=",), "定性"
TOO_LARGE = Decimal(10) ** 15  # a text this long is a code, not a figure
LONGEST = 300  # characters; a longer text is a report, not a value


class Kind(StrEnum):
    """What a text turned out to be."""

    NUMBER = "number"
    RANGE = "range"  # «3-5次»: from `value` to `high`
    DATE = "date"  # a day, or a deadline that ends with one
    PERIOD = "period"
    TIER = "tier"  # one of the three results of a qualitative indicator
    WORDS = "words"  # qualitative
    NONE_HAPPENED = "none-happened"  # «未发生…投诉»
    NOTHING = "nothing"  # «无», «/», «-»
    UNREADABLE = "unreadable"


class Doubt(StrEnum):
    """Why a value needs a person, or (GLYPH alone) a second look although it was read."""

    NONE = ""
    ABOUT = "about"  # «约300人»
    BOUND = "bound"  # «90%以上» does not tell whether 95 % was reached
    DAY = "day"  # a deadline without a day on the other side
    DIGIT = "digit"  # «2280次»: a 2 that was a ≥
    EMPTY = "empty"  # «无», «/»
    GLYPH = "glyph"  # «》95%»
    RANGE = "range"
    SCALE = "scale"  # 0.96 against a target of 95 %
    SERIAL = "serial"  # a date where a number belongs, or its serial number
    SEVERAL = "several"  # numbers of which none is certainly meant
    SIZE = "size"
    SLIP = "slip"  # letters among the digits
    SURVEY = "survey"  # satisfaction told by the absence of complaints
    SYMBOL = "symbol"  # two symbols that contradict each other
    UNIT = "unit"
    WORDS = "words"


@dataclass(frozen=True, slots=True)
class Quantity:
    """What a text says: `value` is in `unit` ("" = none known), `how` tells of the reading.

    `symbol` is the side a bound gives (≥ ≤ > <), "" where there is none. `events` is what did not
    happen (NONE_HAPPENED), `day` the day of a date.
    """

    kind: Kind
    symbol: str = ""
    value: Decimal | None = None
    unit: str = ""
    how: str = ""
    high: Decimal | None = None
    day: date | None = None
    events: str = ""
    doubt: Doubt = Doubt.NONE

    @property
    def certain(self) -> bool:
        """Whether there is a value and it may be judged."""
        return self.value is not None and self.doubt in {Doubt.NONE, Doubt.GLYPH}

    def doubted(self, doubt: Doubt) -> Quantity:
        """Give this reading with a doubt; an earlier one stays."""
        return self if self.doubt and self.doubt is not Doubt.GLYPH else replace(self, doubt=doubt)


def is_nothing(text: str) -> bool:
    """Whether a text only stands for «nothing to say»: «无», «/», «-»."""
    return _NOTHING.fullmatch(tidied(text)) is not None


def read_quantity(text: str, unit: str = "", year: int = 0) -> Quantity:
    """Give what an indicator value says, in `unit` where one is asked for.

    `unit` is accepted besides the known ones; a number in a unit of another family keeps its own
    and is doubted. `year` completes deadlines such as «12月底前» (0: they stay periods).
    """
    written = tidied(text)
    if len(written) > LONGEST:
        return Quantity(Kind.WORDS, doubt=Doubt.WORDS)
    pointed, odd = upright(written)
    found = _whole(pointed, unit, year) or _from_sentence(pointed, unit)
    if found.doubt is Doubt.WORDS and _has_slip(pointed, unit):
        found = replace(found, doubt=Doubt.SLIP)
    if found.certain and found.value is not None:
        how = f"“{stripped(text)}”按 {number_text(found.value)}{found.unit} 读取"
        return replace(found, how=how, doubt=Doubt.GLYPH if odd else Doubt.NONE)
    return found


# ---------------------------------------------------------------- the strict grammar

_NEUTRAL = (
    "(?:全年|年度|本年|当年|共计|合计|累计|总计|总数|共|实际|已经|已|均|完成|实现|达到|达|为)*+"
)
_DONE = "(?:完成|办结|办理|到位|发放|拨付|支付|处理|处置|响应|答复|完毕)*+"
_ABOUT = re.compile("约|左右|上下|近|余|多|几|大概|接近|不足|上百|数[十百千]")
_NOTHING = re.compile(r"无|没有|暂无|空|/+|\\+|-+|n/?a|不适用|未填|[xX×]+", re.IGNORECASE)


@lru_cache(maxsize=256)
def _patterns(unit: str) -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    """Give the patterns of a value, a range and a number in a sentence, where `unit` is known."""
    units = unit_pattern(unit)
    number = rf"(?P<number>{NUMBER}|{NUMERAL})"
    value = (
        rf"{_NEUTRAL}(?P<sign>[≥≤><=])?(?P<before>{one_of(BEFORE)})?{_NEUTRAL}"
        rf"{number}(?P<unit>{units})?(?P<after>{one_of(AFTER)})?{_DONE}"
    )
    between = (
        rf"{_NEUTRAL}(?P<low>{NUMBER})(?P<first>{units})?(?:[-~]|至|到)"
        rf"(?P<high>{NUMBER})(?P<unit>{units})?(?:之间)?"
    )
    mention = (
        rf"(?<![\d., /\-~+A-Za-z第一二两三四五六七八九十百千零])(?<![\d%‰][至到])"
        rf"(?P<number>(?:\d{{1,3}}(?:,\d{{3}})+|\d+)(?:\.\d+)?|{NUMERAL})(?P<unit>{units})"
        rf"(?P<after>{one_of(AFTER)})?(?![-~/]|[至到]\d)"
    )
    return re.compile(value), re.compile(between), re.compile(mention)


def _whole(text: str, unit: str, year: int) -> Quantity | None:
    """Give what the text as a whole is, or None for a sentence."""
    value, between, _ = _patterns(unit)
    if _NOTHING.fullmatch(text):
        return Quantity(Kind.NOTHING, doubt=Doubt.EMPTY)
    if (day := read_day(text, year)) is not None:
        return Quantity(Kind.DATE, day=day)
    if is_period(text):
        return Quantity(Kind.PERIOD, doubt=Doubt.DAY)
    if (match := value.fullmatch(text)) is not None:
        return _number(match, unit)
    if (match := between.fullmatch(text)) is not None:
        return _range(match)
    return None


def _number(match: re.Match[str], unit: str) -> Quantity | None:
    value = number_in(match["number"])
    if value is None or (match["number"] == "一" and match["unit"] in {None, "批"}):
        return None
    signs = (match["sign"] or "", BEFORE.get(match["before"] or "", ""))
    sides = {*signs, AFTER.get(match["after"] or "", "")} - {""}
    if len(sides) > 1:
        return Quantity(Kind.UNREADABLE, doubt=Doubt.SYMBOL)
    return _measured(value, match["unit"] or "", unit, next(iter(sides), ""))


def _measured(value: Decimal, written: str, unit: str, symbol: str = "") -> Quantity:
    """Give a number in the unit asked for; in its own, doubted, where that cannot be."""
    if abs(value) >= TOO_LARGE:
        return Quantity(Kind.UNREADABLE, doubt=Doubt.SIZE)
    if not unit:
        bare = written.lstrip("万亿") == ""
        amount = converted(value, written, "") if bare else value
        return Quantity(Kind.NUMBER, symbol, amount, "" if bare else unit_name(written))
    amount = converted(value, written, unit)
    if amount is None:
        return Quantity(Kind.NUMBER, symbol, value, unit_name(written), doubt=Doubt.UNIT)
    return Quantity(Kind.NUMBER, symbol, amount, unit_name(unit))


def _range(match: re.Match[str]) -> Quantity:
    low, high = digits(match["low"]), digits(match["high"])
    first, last = (unit_name(match[name] or "") for name in ("first", "unit"))
    if low >= high or (first and first != last):
        return Quantity(Kind.UNREADABLE, doubt=Doubt.SEVERAL)
    return Quantity(Kind.RANGE, "", low, last, high=high, doubt=Doubt.RANGE)


def _has_slip(text: str, unit: str) -> bool:
    """Whether only letters taken for digits (O, l, I) keep the text from being a value."""
    mended = re.sub("[OoDQ]", "0", re.sub("[lI|]", "1", text))
    return (
        re.search(r"\d", text) is not None
        and mended != text
        and _patterns(unit)[0].fullmatch(mended) is not None
    )


# ---------------------------------------------------------------- sentences

_OPERATOR = re.compile(rf"[≥≤><=]|{one_of(BEFORE)}")
_CLAUSES = re.compile(r"[。;:、()!?“”]|(?<!\d),|,(?!\d)")
_CALENDAR = re.compile(
    r"\d{4}年(?:度|末|底)?|\d{1,2}月(?:份|底|末)?\d{1,2}[日号]|\d{1,2}月(?:份|底|末)?|月\d{1,2}[日号]"
)
# What the number behind or before such a word is, is not what was reached in the year.
_ELSEWHERE = re.compile(
    "未|没|无|不足|不到|不达|增|提高|提升|上升|减|降|同比|环比|上年|去年|往年|较|比(?!例)|目标|预计|预期"
    "|拟|力争|应当|(?<!响)应为|需要|计划(?!完成)|其中|另有|还差|剩余|尚|每|人均|平均|分别"
)
_INTRODUCED = re.compile(
    "(?:率|达到|达|为|是|合计|共计|累计|共|总计|实际|完成|标准)(?:为|达到|达|是|了|共)?$"
)
_NEGATED = re.compile("未|没|尚|无法|不能|但")


@dataclass(frozen=True, slots=True)
class _Mention:
    quantity: Quantity
    introduced: bool
    disturbed: Doubt


def _from_sentence(text: str, unit: str) -> Quantity:
    """Give the one number that a sentence certainly means, or what kind of words it is."""
    mentions = list(_mentions(_CALENDAR.sub("某时", text), unit))
    fitting = [one for one in mentions if one.quantity.doubt is not Doubt.UNIT]
    clear = [one for one in fitting if not one.disturbed]
    chosen = [one for one in clear if one.introduced]
    if not chosen and len(fitting) == len(clear) and not _NEGATED.search(text):
        chosen = clear
    different = {(one.quantity.value, one.quantity.unit) for one in chosen}
    units = {one.quantity.unit for one in fitting}
    if len(different) == 1 and len(units) == 1:
        return _agreed([one.quantity for one in chosen])
    if fitting:
        doubt = Doubt.SEVERAL if len(fitting) > 1 else fitting[0].disturbed or Doubt.WORDS
        return Quantity(Kind.UNREADABLE, doubt=doubt)
    if len(mentions) == 1 and not mentions[0].disturbed:
        return mentions[0].quantity
    return _words(text)


def _agreed(quantities: list[Quantity]) -> Quantity:
    """Give the reading of one value said once or more often; its symbols must not differ."""
    symbols = {quantity.symbol for quantity in quantities} - {""}
    if len(symbols) > 1:
        return Quantity(Kind.UNREADABLE, doubt=Doubt.SYMBOL)
    return replace(quantities[0], symbol=next(iter(symbols), ""))


def _mentions(text: str, unit: str) -> Iterator[_Mention]:
    """Give each number with a unit, clause by clause; Chinese «一» is too often no number."""
    for clause in _CLAUSES.split(text):
        found = list(_patterns(unit)[2].finditer(clause))
        for match in found:
            value = number_in(match["number"])
            if value is None or match["number"] == "一":
                continue
            yield _mention(clause, match, value, unit, alone=len(found) == 1)


def _mention(clause: str, match: re.Match[str], value: Decimal, unit: str, alone: bool) -> _Mention:
    head = clause[: match.start()]
    words = _OPERATOR.findall(head)
    sides = {BEFORE.get(word, word) for word in words if alone}
    sides |= {AFTER[match["after"]]} if match["after"] else set()
    quantity = _measured(value, match["unit"], unit, next(iter(sides), ""))
    rest = _OPERATOR.sub("", clause)
    bare = head.removesuffix(words[-1]) if words else head
    whole = not bare and match.end() == len(clause)
    introduced = whole or _INTRODUCED.search(bare) is not None
    # «四个意识»: numerals in prose are counts only where the words before them say so
    idiom = not introduced and not match["number"][0].isdigit()
    disturbed = Doubt.WORDS if idiom or _ELSEWHERE.search(rest) else Doubt.NONE
    if _ABOUT.search(rest):
        disturbed = Doubt.ABOUT
    if len(sides) > 1 or (words and not alone):
        disturbed = Doubt.SYMBOL
    return _Mention(quantity, introduced, disturbed)


# ---------------------------------------------------------------- words

EVENTS = (
    "投诉", "信访", "上访", "举报", "事故", "事件", "舆情", "案件", "违规", "违纪", "违法", "纠纷",
    "差错", "处罚", "问责", "疫情", "伤亡", "火灾", "安全隐患", "不良",
)  # fmt: skip
_EVENT = "|".join(EVENTS)
_NONE_HAPPENED = re.compile(
    rf"(?:[^未没无零,;。]{{0,12}})(?:未曾?|没有?|无|零)(?:发生|出现|接到|收到|产生|有)*"
    rf"(?P<events>[^,;。但除仅]{{0,16}}(?:{_EVENT})[^,;。但除仅]{{0,12}})"
)
_NEVER = re.compile("(?:全年|年度|本年度)?(?:未|没有)(?:发生|出现)")
_TIER = re.compile(
    "(?:未|部分|基本|已|全部|全面)?达成(?:了)?(?:年度|预期)?(?:指标|目标|效果)?"
    "(?:,?(?:并|且)(?:具有一定效果|效果较差))?"
)
_QUALITY = "明显|显著|良好|较好|较高|提升|提高|改善|增强|优化|有效|满意|好|高|强|优|持续|长期"
_QUALITATIVE = re.compile(rf"[^未没无不,;。\d]{{0,12}}(?:{_QUALITY})")


def _words(text: str) -> Quantity:
    """Give the kind of a text without a number of its own."""
    if _TIER.fullmatch(text):
        return Quantity(Kind.TIER, QUALITATIVE)
    if _QUALITATIVE.fullmatch(text):
        return Quantity(Kind.WORDS, QUALITATIVE)
    if _NEVER.fullmatch(text):
        return Quantity(Kind.NONE_HAPPENED)
    match = _NONE_HAPPENED.fullmatch(text)
    if match is not None and not re.search(r"\d", text):
        return Quantity(Kind.NONE_HAPPENED, events=match["events"])
    doubt = Doubt.ABOUT if _ABOUT.search(text) and re.search(r"\d", text) else Doubt.WORDS
    return Quantity(Kind.UNREADABLE if re.search(r"\d", text) else Kind.WORDS, doubt=doubt)
