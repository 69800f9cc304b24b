"""Symbols, words and numerals as people write them, each in the spelling the grammar knows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal

from perfxl.text.amounts import NUMBER, digits, plain
from perfxl.text.units import slashed


def _by_word(words: Mapping[str, str]) -> dict[str, str]:
    """Give the sign of each word, from the words of each sign."""
    return {word: sign for sign, listed in words.items() for word in listed.split()}


_SIGNS = _by_word({"≥": ">= => ≧ ⩾ ≮", "≤": "<= =< ≦ ⩽ ≯", "=": "== ══ ═"})
_GLYPHS = _by_word({"≥": "》= 〉=", ">": "》 〉 »", "≤": "《= 〈=", "<": "《 〈 «"})
BEFORE = _by_word(
    {
        "≥": "不低于 不少于 不小于 不得低于 不得少于 不能低于 应不低于"
        " 大于等于 大于或等于 至少 最低 最少 保底 下限",
        ">": "大于 高于 超过 多于",
        "≤": "不高于 不超过 不多于 不大于 不得超过 不得高于 不能超过 不超"
        " 控制在 小于等于 小于或等于 至多 最多 最高不超过 最高 上限 限额 封顶 不突破",
        "<": "小于 低于 少于",
        "=": "等于",
    }
)
AFTER = _by_word(
    {
        "≥": "以上 及以上 或以上 以上(含) (含)以上 (含以上)",
        "≤": "以下 及以下 或以下 以内 之内 内 (含)以下 (含)以内",
    }
)
# What says nothing, wherever it stands; Excel compares with each spelling as it is.
_NOTHING = "无 暂无 没有 没 空 不适用 N/A NA None / // - -- — —— X XX XXX XXXX × ×× ×××"
# … and where a reason is due
_NO_REASON = """
无。 暂无。 没有。 (无) 无原因 没有原因 暂无原因 无理由 无说明 暂无说明 无需说明 无偏差 无扣分
。 . … …… ? ？ * 略 同上 不详 待填 待补 待补充 1 0
"""
EMPTY_WORDS = tuple(f"{_NOTHING} {_NO_REASON}".split())
# … and where a text of some length is due
_NO_TEXT = "略。 同上。 同前 如上 附后 后附 另附"
HOLLOW_WORDS = (*EMPTY_WORDS, *_NO_TEXT.split())
_TRULY_NONE = frozenset(("无", "无。", "暂无", "暂无。", "没有", "没有。", "(无)"))
# … in a text of what there may be none of: problems, say
VAGUE_WORDS = tuple(word for word in HOLLOW_WORDS if word not in _TRULY_NONE)
# another paper does not stand for it either, unless a clause of its own follows
_POINTERS = "详见 参见 请见 见附 见报告 见自评 见绩效 见总结 见上 见下 见后 见另"
POINTERS = tuple(_POINTERS.split())
CLAUSES = ("，", ",", "；", ";", "：", ":")
LONGEST_POINTER = 25  # characters
NUMERAL = "[零〇一二两三四五六七八九十百千]++"
_PARTS = re.compile(rf"(?P<of>[百千])分之(?P<share>(?>{NUMBER}|{NUMERAL}))(?![点.%‰])")
_YUAN = re.compile("¥(?=[0-9.,]+[千万百亿]*元)")  # says no more than the unit behind it
_FIGURES = dict(zip("零一二两三四五六七八九", (0, 1, 2, 2, 3, 4, 5, 6, 7, 8, 9), strict=True))
# 零 must stand for what is left out: «三千五» may mean 3500
_CHINESE = re.compile(
    r"(?:(?P<thousands>[一二两三四五六七八九])千)?"
    r"(?:(?P<hundreds>[一二两三四五六七八九])百)?"
    r"(?:(?<=[百千])零(?=[一二三四五六七八九十]))?"
    r"(?P<ten>(?P<tens>[一二三四五六七八九])?十)?"
    r"(?:(?<![百千])(?P<ones>[一二两三四五六七八九]))?"
)


def one_of(words: Iterable[str]) -> str:
    """Give a pattern of any of these words, the longest first."""
    return "|".join(map(re.escape, sorted(words, key=len, reverse=True)))


def tidied(text: str) -> str:
    """Give a text without blanks, its symbols and parts of a hundred in one spelling."""
    tidy = (
        _YUAN.sub("", slashed(plain(text))).lstrip("→").rstrip("。.;!").replace("百分之百", "100%")
    )
    for odd, sign in _SIGNS.items():
        tidy = tidy.replace(odd, sign)
    return _PARTS.sub(_part, tidy)


def _part(match: re.Match[str]) -> str:
    value = number_in(match["share"])
    return match[0] if value is None else f"{value:f}{'%' if match['of'] == '百' else '‰'}"


# … and where a value is due; strokes of any length besides
_NO_VALUE = frozenset(tidied(word).casefold() for word in (*_NOTHING.split(), "未填"))


def is_nothing(text: str) -> bool:
    """Whether a value or unit only stands for «nothing to say»: «无», «/», «-»."""
    said = tidied(text).casefold()
    return said in _NO_VALUE or (said != "" and not said.strip("/\\-x×"))


def upright(text: str) -> tuple[str, bool]:
    """Give the text with a wrong glyph at its head put right, and whether there was one."""
    for glyph, sign in _GLYPHS.items():
        if text.startswith(glyph):
            return sign + text.removeprefix(glyph), True
    return text, False


def sign_of(text: str) -> tuple[str, bool]:
    """Give the symbol a word or look-alike stands for ("" for none), and whether it is doubtful."""
    if text in _GLYPHS:
        return _GLYPHS[text], True
    return _SIGNS.get(text) or BEFORE.get(text, ""), False


def number_in(text: str) -> Decimal | None:
    """Give the number of digits or of Chinese numerals; None for «二三十», «三千五», «〇»."""
    if re.fullmatch(NUMBER, text):
        return digits(text)
    match = _CHINESE.fullmatch(text)
    if match is None or not text:
        return None
    ten = 10 if match["ten"] and not match["tens"] else 0
    parts = ((match["thousands"], 1000), (match["hundreds"], 100), (match["tens"], 10))
    total = sum(_FIGURES[figure] * size for figure, size in parts if figure)
    return Decimal(total + ten + _FIGURES[match["ones"] or "零"])
