"""Targets and actuals of indicators as people write them: what is read, and what only people can.

A text is first held against a strict grammar (symbol or word, one number, unit, 以上 and the like),
then, where it is a sentence, searched for the one number with the unit asked for. That number is
taken only if all words around it are understood: words of doing, of the whole year, and the
indicator's own. «The first number» of a sentence is never taken: two candidates are none.
Percentages keep their number (95 % is 95).
Source: strings seen in published returns (docs/decisions/0010).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache

from msgspec import Struct
from msgspec.structs import replace

from perfxl.text.amounts import (
    LARGEST_VALUE,
    NUMBER,
    cited,
    digits,
    is_plausible,
    number_text,
    plain,
    power_in,
)
from perfxl.text.dates import is_period, read_day, read_month
from perfxl.text.spelling import (
    AFTER,
    BEFORE,
    NUMERAL,
    is_nothing,
    number_in,
    one_of,
    tidied,
    upright,
)
from perfxl.text.units import converted, own_unit, unit_name, unit_pattern
from perfxl.text.wording import names_rate, own_words, tells_rate, understood, years_told

UP, DOWN, EXACTLY, QUALITATIVE = ("≥", ">", "="), ("≤", "<"), ("=",), "定性"
LONGEST = 300  # characters; a longer text is a report, not a value


class QuantityKind(StrEnum):
    """What a text turned out to be."""

    NUMBER = "number"
    RANGE = "range"  # «3-5次»
    DATE = "date"  # a day, or a deadline that ends with one
    PERIOD = "period"
    WORDS = "words"  # qualitative, with the symbol of that where it is so for certain
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
    SIZE = "size"  # no value is so large, or so close to 0
    SLIP = "slip"  # letters among the digits
    SURVEY = "survey"  # satisfaction told by the absence of complaints
    SYMBOL = "symbol"  # two symbols that contradict each other
    UNIT = "unit"
    UNSIGNED = "unsigned"  # a cost that nothing says is not to be passed
    WORDS = "words"


class Quantity(Struct, frozen=True):
    """What a text says: `value` is in `unit` ("" = none known), `how` tells of the reading.

    `symbol` is the side a bound gives (≥ ≤ > <), "" where there is none; < for «9月前». `events` is
    what did not happen (NONE_HAPPENED), `day` the day of a date, or the last of a month, which
    begins `since`; `ends` are those of a range.
    """

    kind: QuantityKind
    symbol: str = ""
    value: Decimal | None = None
    unit: str = ""
    how: str = ""
    day: date | None = None
    since: date | None = None
    ends: tuple[Decimal, Decimal] | None = None
    events: str = ""
    doubt: Doubt = Doubt.NONE

    @property
    def certain(self) -> bool:
        """Whether there is a value and it may be judged."""
        return self.value is not None and self.doubt in {Doubt.NONE, Doubt.GLYPH}

    def doubted(self, doubt: Doubt) -> Quantity:
        """Give this reading with a doubt; an earlier one stays."""
        return self if self.doubt and self.doubt is not Doubt.GLYPH else replace(self, doubt=doubt)


def read_quantity(text: str, unit: str = "", year: int = 0, about: str = "") -> Quantity:
    """Give what an indicator value says, in `unit` where one is asked for.

    `unit` is accepted besides the known ones; a number in a unit of another family keeps its own
    and is doubted. `year` is the one reported: it completes deadlines such as «12月底前» (0: they
    stay periods), and figures of another year are not read. `about` is the indicator's wording,
    whose words a sentence may use around its number.
    """
    written = tidied(text)
    if len(written) > LONGEST:
        return Quantity(QuantityKind.WORDS, doubt=Doubt.WORDS)
    pointed, odd = upright(written)
    found = _plain(pointed, unit) or _absurd(pointed) or _whole(pointed, unit, year)
    found = found or _from_sentence(pointed, unit, year, own_words(about))
    if found.doubt is Doubt.WORDS and _has_slip(pointed, unit):
        found = replace(found, doubt=Doubt.SLIP)
    if found.certain and found.value is not None:
        how = f"{cited(text)}按 {number_text(found.value)}{found.unit} 读取"
        return replace(found, how=how, doubt=Doubt.GLYPH if odd else Doubt.NONE)
    return found


# ---------------------------------------------------------------- the strict grammar

_Patterns = tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]
_NEUTRAL = (
    "(?:全年|年度|本年|当年|共计|合计|累计|总计|总数|共|实际|已经|已|均|完成|实现|达到|达|为)*+"
)
_DONE = "(?:完成|办结|办理|到位|发放|拨付|支付|处理|处置|响应|答复|完毕)*+"
_FIGURE = "[0-9一二两三四五六七八九十百千零]"
_VAGUE = re.compile(
    rf"(?:(?<![节签预合公条])约|近|接近|大概|不足|不到)(?={_FIGURE})|(?<={_FIGURE}|万)[余多几]"
    "|左右|上下|上百|数[十百千]"
)


_NUMBERED = frozenset({"期", "批", "年", "月", "日"})  # «2-4期» are three, «1-6» may be six


def _patterns(unit: str, text: str) -> _Patterns:
    """Give the patterns of a value, a range and a number in a sentence, where `unit` is known.

    They are large: a unit of the row's own gets its own only where the text has it at all.
    """
    own = own_unit(unit)
    return _compiled(own if own in text else "")


@lru_cache(maxsize=256)
def _compiled(own: str) -> _Patterns:
    units = unit_pattern(own)
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
        rf"(?<![A-Za-z第\d., /~±*×+=·。、\-一二两三四五六七八九十百千零])(?<![\d%‰][至到])(?<!\d:)"
        r"(?!十分(?![之钟]))"  # «very»
        rf"(?P<number>(?:\d{{1,3}}(?:,\d{{3}})+|\d+)(?:\.\d+)?|{NUMERAL})(?P<unit>{units})"
        rf"(?P<after>{one_of(AFTER)})?(?![-~/*×+=±\d]|[至到]\d)"
    )
    return re.compile(value), re.compile(between), re.compile(mention)


def _plain(text: str, unit: str) -> Quantity | None:
    """Give a bare number, which is most of what is typed, or None."""
    return _measured(digits(text), "", unit) if re.fullmatch(NUMBER, text) else None


def _absurd(text: str) -> Quantity | None:
    """Give that a text is a number no value can be, written with a power of ten, or None."""
    value = power_in(text)
    beyond = value is not None and not is_plausible(value, LARGEST_VALUE)
    return Quantity(QuantityKind.UNREADABLE, doubt=Doubt.SIZE) if beyond else None


def _whole(text: str, unit: str, year: int) -> Quantity | None:
    """Give what the text as a whole is, or None for a sentence."""
    value, between, _ = _patterns(unit, text)
    if is_nothing(text):
        return Quantity(QuantityKind.NOTHING, doubt=Doubt.EMPTY)
    match = value.fullmatch(text)
    if match is not None and unit and match["unit"] == plain(unit):
        return _number(match, unit)  # «11月» in a row of months
    if (day := read_day(text, year)) is not None:
        return Quantity(QuantityKind.DATE, day=day)
    if is_period(text):
        return _period(text, year)
    if match is not None:
        return _number(match, unit)
    match = between.fullmatch(text)
    return None if match is None else _range(match, unit)


def _period(text: str, year: int) -> Quantity:
    month = read_month(text, year)
    if month is None:
        return Quantity(QuantityKind.PERIOD, doubt=Doubt.DAY)
    side = "<" if month.before else ""
    return Quantity(QuantityKind.PERIOD, side, day=month.last, since=month.first, doubt=Doubt.DAY)


def _number(match: re.Match[str], unit: str) -> Quantity | None:
    value = number_in(match["number"])
    if value is None or (match["number"] == "一" and match["unit"] in {None, "批"}):
        return None
    signs = (match["sign"] or "", BEFORE.get(match["before"] or "", ""))
    sides = {*signs, AFTER.get(match["after"] or "", "")} - {""}
    if len(sides) > 1:
        return Quantity(QuantityKind.UNREADABLE, doubt=Doubt.SYMBOL)
    return _measured(value, match["unit"] or "", unit, next(iter(sides), ""))


def _measured(value: Decimal, written: str, unit: str, symbol: str = "") -> Quantity:
    """Give a number in the unit asked for; in its own, doubted, where that cannot be."""
    if not is_plausible(value, LARGEST_VALUE):  # nor is a longer one a figure: it is a code
        return Quantity(QuantityKind.UNREADABLE, doubt=Doubt.SIZE)
    if not unit:
        bare = written.lstrip("万亿") == ""
        amount = converted(value, written, "") if bare else value
        return Quantity(QuantityKind.NUMBER, symbol, amount, "" if bare else unit_name(written))
    amount = converted(value, written, unit)
    if amount is None:
        return Quantity(QuantityKind.NUMBER, symbol, value, unit_name(written), doubt=Doubt.UNIT)
    return Quantity(QuantityKind.NUMBER, symbol, amount, unit_name(unit))


def _range(match: re.Match[str], unit: str) -> Quantity:
    low, high = digits(match["low"]), digits(match["high"])
    first, last = (unit_name(match[name] or "") for name in ("first", "unit"))
    if low >= high or (first and first != last):
        return Quantity(QuantityKind.UNREADABLE, doubt=Doubt.SEVERAL)
    least, most = (converted(end, last, unit or last) for end in (low, high))
    numbered = low == 1 or last in _NUMBERED
    ends = None if numbered or least is None or most is None else (least, most)
    return Quantity(QuantityKind.RANGE, unit=last, ends=ends, doubt=Doubt.RANGE)


def _has_slip(text: str, unit: str) -> bool:
    """Whether only letters taken for digits (O, l, I) keep the text from being a value."""
    mended = re.sub("[OoDQ]", "0", re.sub("[lI|]", "1", text))
    return (
        re.search(r"\d", text) is not None
        and mended != text
        and _patterns(unit, mended)[0].fullmatch(mended) is not None
    )


_MEASURE = re.compile(
    rf"(?:[≥≤><=]|{one_of(BEFORE)})?{NUMBER}"
    r"(?P<word>(?:[A-Za-z]{1,6}|[^\W\da-zA-Z_]{1,3}?)(?:/[^\W\d_]{1,3}?)*)"
    rf"(?:{one_of(AFTER)})?"
)
# behind a number these count nothing, or put it in an order: «8折», «3级», «100多场», «3月底»
_NO_MEASURE = re.compile("[余多几来级等类档号星折届阶年月日时前后上下左右内外未不无没半至到约]")


def measure_word(text: str) -> str:
    """Give the short measure word behind the one number of a text («8例»), "" for none.

    It is none of the units known: those need no telling.
    """
    match = _MEASURE.fullmatch(tidied(text))
    if match is None or _NO_MEASURE.search(match["word"].partition("/")[0]):
        return ""
    return own_unit(match["word"])


# ---------------------------------------------------------------- sentences

_OPERATOR = re.compile(rf"[≥≤><=]|{one_of(BEFORE)}")
_CLAUSES = re.compile(r"[;()!?“”]|(?<!\d)[。、,]|[。、,](?!\d)")
# A number whose clause has one of these tells of another year or of the plan.
_ASIDE = re.compile("目标|计划|同比|环比|上年|去年|往年|预计|预期")
# What is counted beside such words may be something else, or may not have come about.
_BARRING = re.compile(
    "未|没|无|尚|不能|但|取消|撤销|中止|终止|停(?!车)|推迟|延[迟误期后]|顺延|逾期|超[期额出时支]"
    "|差(?![旅错别异])|欠|缺|剩|退(?![休役伍耕])|失败|作废|半年|季度|某时|正在|拟|将|力争|争取|明年|下年"
)


class _Role(StrEnum):
    """What a number in a sentence is to its indicator."""

    OWN = "own"
    ASIDE = "aside"
    OPEN = "open"


class _Mention(Struct, frozen=True):
    quantity: Quantity
    role: _Role
    doubt: Doubt


def _from_sentence(text: str, unit: str, year: int, about: str) -> Quantity:
    """Give the one number that a sentence certainly means, or what kind of words it is."""
    dated = years_told(text, year)
    mentions = list(_mentions(dated, unit, about))
    fitting = [one for one in mentions if one.quantity.doubt is not Doubt.UNIT]
    # where none fits, the one in another unit tells what the unit is about
    kept = [one for one in fitting or mentions if one.role is not _Role.ASIDE]
    if len(kept) == 1 and kept[0].role is _Role.OWN:
        return kept[0].quantity
    if fitting:
        doubt = Doubt.SEVERAL if len(fitting) > 1 else fitting[0].doubt
        return Quantity(QuantityKind.UNREADABLE, doubt=doubt)
    return _words(dated, about)


def _mentions(text: str, unit: str, about: str) -> Iterator[_Mention]:
    """Give each number with a unit, clause by clause; Chinese «一» is too often no number."""
    pattern = _patterns(unit, text)[2]
    clauses = ["", *filter(None, _CLAUSES.split(text))]
    for at, clause in enumerate(clauses):
        found = list(pattern.finditer(clause))
        others = ",".join((*clauses[:at], *clauses[at + 1 :]))
        for match in found:
            value = number_in(match["number"])
            if value is not None and match["number"] != "一":
                quantity, doubt = _marked(match, value, unit, alone=len(found) == 1)
                role = _Role.OPEN if doubt else _role(match, clauses[at - 1], others, about)
                yield _Mention(quantity, role, doubt or Doubt.WORDS)


def _role(match: re.Match[str], previous: str, others: str, about: str) -> _Role:
    """Give what a number is, by the words around it; with none before it, by the clause before."""
    head = _OPERATOR.sub("", match.string[: match.start()])
    tail = match.string[match.end() :]
    own = understood(head or _OPERATOR.sub("", previous), about) and understood(tail, about)
    if not own:
        return _Role.ASIDE if _ASIDE.search(match.string) else _Role.OPEN
    other_rate = match["unit"] in {"%", "‰"} and not names_rate(head, about)
    barred = not tells_rate(head) and _BARRING.search(others)
    return _Role.OPEN if other_rate or barred else _Role.OWN


def _marked(match: re.Match[str], value: Decimal, unit: str, alone: bool) -> tuple[Quantity, Doubt]:
    """Give a number with the symbol beside it, and what keeps the two from being certain."""
    words = _OPERATOR.findall(match.string[: match.start()])
    sides = {BEFORE.get(word, word) for word in words if alone}
    sides |= {AFTER[match["after"]]} if match["after"] else set()
    quantity = _measured(value, match["unit"], unit, next(iter(sides), ""))
    if len(sides) > 1 or (words and not alone):
        return quantity, Doubt.SYMBOL
    return quantity, Doubt.ABOUT if _VAGUE.search(match.string) else Doubt.NONE


# ---------------------------------------------------------------- words

_EVENT = (
    "投诉|信访|上访|举报|事故|事件|舆情|案件|违规|违纪|违法|纠纷|"
    "差错|处罚|问责|疫情|伤亡|火灾|安全隐患|不良"
)
EVENTS = tuple(_EVENT.split("|"))
_NONE_HAPPENED = re.compile(
    rf"(?P<when>[^未没无零,;。]{{0,12}})(?:未曾?|没有?|无|零)(?:发生|出现|接到|收到|产生|有)*"
    rf"(?P<events>[^,;。但除仅]{{0,16}}(?:{_EVENT})[^,;。但除仅]{{0,12}})"
)
_NEVER = re.compile("(?:全年|年度|本年度)?(?:未|没有)(?:发生|出现)")
_EVENT_WORDS = re.compile(rf"{_EVENT}|任何|一起|一例|群众|等|及|和|或|的|情况|现象|问题")
_TIER = re.compile(
    "(?:未|部分|基本|已|全部|全面)?达成(?:了)?(?:年度|预期)?(?:指标|目标|效果)?"
    "(?:,?(?:并|且)(?:具有一定效果|效果较差))?"
)
_FIGURED = (  # compiled when it is first asked for, which takes as long as to import this module
    rf"\d|零|(?!十分){NUMERAL}(?:[余多几半成季]|{unit_pattern('')})|{_OPERATOR.pattern}|{_VAGUE.pattern}"
)
_QUALITY = "明显|显著|良好|较好|较高|提升|提高|改善|增强|优化|有效|满意|好|高|强|优|持续|长期"
_QUALITATIVE = re.compile(rf"[^未没无不,;。\d]{{0,12}}(?:{_QUALITY})")


def same_events(events: str, about: str) -> bool:
    """Whether what did not happen («安全事故») is all that an indicator of this wording counts.

    «未发生重大投诉» says nothing of the others, unless only the great ones are counted.
    """
    named = [event for event in EVENTS if event in events]
    counted = not named or any(event in about for event in named)
    return counted and understood(_EVENT_WORDS.sub("", events), own_words(about))


def is_figured(text: str) -> bool:
    """Whether words tell of a number or a bound («十几场», «不低于上年»), or of none at all."""
    return re.search(_FIGURED, tidied(text)) is not None


def _words(text: str, about: str) -> Quantity:
    """Give the kind of a text without a number of its own."""
    if _TIER.fullmatch(text) or _QUALITATIVE.fullmatch(text):
        return Quantity(QuantityKind.WORDS, QUALITATIVE)
    if _NEVER.fullmatch(text):
        return Quantity(QuantityKind.NONE_HAPPENED)
    figured = re.search(r"\d", text) is not None
    match = _NONE_HAPPENED.fullmatch(text)
    if match is not None and understood(match["when"], about) and not figured:
        return Quantity(QuantityKind.NONE_HAPPENED, events=match["events"])
    doubt = Doubt.ABOUT if figured and _VAGUE.search(text) else Doubt.WORDS
    return Quantity(QuantityKind.UNREADABLE if figured else QuantityKind.WORDS, doubt=doubt)
