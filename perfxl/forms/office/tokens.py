"""The tokens of a 表样: what may stand in 【】, and what each makes of its cell.

A token names a kind; behind it may stand a parameter after a colon, 必填, and 行数 with a number.
Blanks and the width of signs are free.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from difflib import get_close_matches
from itertools import pairwise
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from perfxl.form.faults import Wrong
from perfxl.form.model import MOST_ROWS, Kind
from perfxl.text.stubs import IDENTITY, TOKEN

_OPTION = re.compile(r"(?:必\s*填|行\s*数\s*:?\s*(?P<rows>\d+))\s*$")
_GRADE = re.compile(r"(?P<name>\D+?)\s*(?P<floor>\d+(?:\.\d+)?)?\s*分?")
_WIDE = str.maketrans({"：": ":", "／": "/", "　": " ", "．": "."})
_WIDE |= {ord("０") + n: str(n) for n in range(10)}
_CLOSE = 0.5  # of two characters one, as in «金頟»

MONEY_UNITS = ("元", "千元", "万元", "亿元")
DEFAULT_GRADES = "优90/良80/中60/差"
CHOICES, UNIT, POINTS, GRADES = "choices", "unit", "points", "grades"  # what a parameter says


class TokenKind(NamedTuple):
    """What a token makes of its cell: a kind of field (None where nothing is filled in)."""

    kind: Kind | None
    takes: str = ""  # what its parameter says; "" where it takes none


KINDS: Mapping[str, TokenKind] = {
    "文字": TokenKind(Kind.TEXT),
    "长文字": TokenKind(Kind.LONG),
    "代码": TokenKind(Kind.CODE),
    "日期": TokenKind(Kind.DATE),
    "数字": TokenKind(Kind.NUMBER),
    "整数": TokenKind(Kind.NUMBER),
    "金额": TokenKind(Kind.AMOUNT, UNIT),
    "百分比": TokenKind(Kind.RATE),
    "选择": TokenKind(Kind.CHOICE, CHOICES),
    "单位名称": TokenKind(Kind.TEXT),
    "单位代码": TokenKind(Kind.CODE),
    "年度": TokenKind(Kind.NUMBER),
    "一级指标": TokenKind(Kind.TEXT, CHOICES),
    "二级指标": TokenKind(Kind.TEXT, CHOICES),
    "三级指标": TokenKind(Kind.TEXT),
    "符号": TokenKind(Kind.TEXT, CHOICES),
    "计量单位": TokenKind(Kind.TEXT),
    "完成情况": TokenKind(Kind.TEXT, CHOICES),
    "权重": TokenKind(Kind.NUMBER),
    "分值": TokenKind(Kind.NUMBER),
    "偏差原因": TokenKind(Kind.LONG),
    "指标值": TokenKind(Kind.VALUE),
    "调整指标值": TokenKind(Kind.VALUE),
    "完成值": TokenKind(Kind.VALUE),
    "完成率": TokenKind(None),
    "自填完成率": TokenKind(Kind.RATE),
    "得分": TokenKind(Kind.SCORE, POINTS),
    "扣分原因": TokenKind(Kind.LONG),
    "佐证材料": TokenKind(Kind.LONG),
    "总得分": TokenKind(Kind.SCORE, POINTS),
    "等级": TokenKind(Kind.CHOICE, GRADES),
    "序号": TokenKind(None),
}
# what people write for a kind, where it is not close to its word
_MEANT = {"文本": "文字", "数值": "数字", "小数": "数字", "下拉": "选择", "单选": "选择"}
_MEANT |= {"比例": "百分比", "比率": "百分比", "执行率": "百分比", "电话": "代码", "时间": "日期"}


class Grade(NamedTuple):
    """A grade and the score it begins at; the lowest begins at 0."""

    name: str
    floor: Decimal


class Token(Struct, frozen=True):
    """A token as understood. `rows` is how many rows its list has, 0 where it begins none."""

    word: str
    required: bool = False
    rows: int = 0
    choices: tuple[str, ...] = ()
    unit: str = ""
    points: Decimal | None = None
    grades: tuple[Grade, ...] = ()

    @property
    def kind(self) -> Kind | None:
        """The kind of field; choices make one of a text."""
        found = KINDS[self.word]
        return Kind.CHOICE if self.choices and found.takes == CHOICES else found.kind

    @property
    def is_input(self) -> bool:
        """Whether the unit fills the cell."""
        return self.kind is not None


def spelt(word: str, parameter: str = "", required: bool = False, rows: int = 0) -> str:
    """Give a token as it is written."""
    named = f"{word}:{parameter}" if parameter else word
    more = (("必填",) if required else ()) + ((f"行数{rows}",) if rows else ())
    return f"【{' '.join((named, *more))}】"


def meant(word: str) -> str:
    """Give the kind that a word is, or comes closest to; "" where it is far from all."""
    if word in KINDS:
        return word
    close = get_close_matches(word, KINDS, 1, _CLOSE) if len(word) > 1 else []
    return _MEANT.get(word) or next(iter(close), "")


def parse(inner: str) -> Token | Wrong:
    """Give the token that stands in 【】, or what is wrong with it."""
    body, required, rows = _without_options(inner.translate(_WIDE).strip())
    head, colon, parameter = body.partition(":")
    head, required_too, rows_too = _without_options(head.strip())
    word, rows = "".join(head.split()), rows if rows is not None else rows_too
    if not word:
        return Wrong.of("token-empty")
    if word not in KINDS:
        return _unknown(word)
    if rows is not None and not 1 <= rows <= MOST_ROWS:
        return Wrong.of("rows-odd", rows=rows, most=MOST_ROWS, word=word)
    token = Token(word, required or required_too, rows or 0)
    parameter = parameter.strip()
    if not colon:
        return _default(token)
    return _with_parameter(token, parameter)


def _without_options(body: str) -> tuple[str, bool, int | None]:
    """Give what is left in front of 必填 and 行数, and what these say."""
    required, rows = False, None
    while (found := _OPTION.search(body)) and not _is_choice(body, found.start()):
        required = required or found["rows"] is None
        rows = rows if found["rows"] is None else int(found["rows"][:9])
        body = body[: found.start()].rstrip()
    return body, required, rows


def _is_choice(body: str, start: int) -> bool:
    return body[:start].rstrip()[-1:] in {"/", ":"}


def _unknown(word: str) -> Wrong:
    closest = meant(word)
    return Wrong.of("token-misspelt" if closest else "token-unknown", word=word, like=closest)


def _default(token: Token) -> Token | Wrong:
    return _graded(token, DEFAULT_GRADES) if token.word == "等级" else token


def _with_parameter(token: Token, parameter: str) -> Token | Wrong:
    takes = KINDS[token.word].takes
    if not takes:
        return Wrong.of("parameter", word=token.word, parameter=parameter)
    makers = {CHOICES: _chosen, UNIT: _counted, POINTS: _pointed, GRADES: _graded}
    return makers[takes](token, parameter)


def _chosen(token: Token, parameter: str) -> Token | Wrong:
    choices = tuple(text.strip() for text in re.split("[/、]", parameter) if text.strip())
    if len(choices) < 2:
        return Wrong.of("choices-one", word=token.word)
    if len(set(choices)) < len(choices):
        return Wrong.of("choices-twice")
    return replace(token, choices=choices)


def _counted(token: Token, parameter: str) -> Token | Wrong:
    if parameter not in MONEY_UNITS:
        return no_unit(parameter)
    return replace(token, unit=parameter)


def no_unit(text: str) -> Wrong:
    """Tell of what is no unit of money."""
    return Wrong.of("money-unit", unit=text, units="、".join(MONEY_UNITS))


def _pointed(token: Token, parameter: str) -> Token | Wrong:
    found = re.fullmatch(r"(\d{1,6}(?:\.\d{1,4})?)\s*分?", parameter)
    if found is None or not Decimal(found[1]):
        return Wrong.of("points", points=parameter, word=token.word)
    return replace(token, points=Decimal(found[1]))


def _graded(token: Token, parameter: str) -> Token | Wrong:
    parts = [_GRADE.fullmatch(text.strip()) for text in parameter.split("/")]
    found = [Grade(m["name"].strip(), Decimal(m["floor"] or 0)) for m in parts if m]
    floors = [grade.floor for grade in found]
    falling = all(high > low for high, low in pairwise(floors))
    if len(found) < max(2, len(parts)) or not falling or floors[-1] != 0:
        return Wrong.of("grades", grades=parameter, example=DEFAULT_GRADES)
    names = tuple(grade.name for grade in found)
    return replace(token, grades=tuple(found), choices=names)


# ---------------------------------------------------------------- cells


class Marked(Struct, frozen=True):
    """A cell with tokens: one that stands alone, or those of identity inside wording; faults."""

    alone: Token | None = None
    inside: tuple[Token, ...] = ()
    wrong: tuple[Wrong, ...] = ()


def marked(text: str) -> Marked:
    """Give what the tokens of a cell say; nothing of them where it is wording without any."""
    found = TOKEN.findall(text)
    rest = TOKEN.sub("", text).strip()
    if not found or "【" in rest or "】" in rest:
        return Marked(wrong=tuple(_unclosed(text)))
    if len(found) > 1 and not rest and not all(_word(one) in IDENTITY for one in found):
        return Marked(wrong=(Wrong.of("two-tokens"),))
    if len(found) > 1 or rest:
        return _inside(found)
    token = parse(found[0])
    return Marked(token) if isinstance(token, Token) else Marked(wrong=(token,))


def is_token(text: str) -> bool:
    """Whether anything in 【】 is a token, or meant for one."""
    return any(meant(_word(inner)) for inner in TOKEN.findall(text))


def _word(inner: str) -> str:
    body = _without_options(inner.translate(_WIDE).strip())[0].partition(":")[0]
    return "".join(_without_options(body)[0].split())


def _unclosed(text: str) -> Iterator[Wrong]:
    """Tell of brackets that do not pair, where a kind stands beside one."""
    words = [_word(part) for part in re.split("[【】]", text) if part.strip()]
    if any(word in KINDS for word in words) and ("【" in text or "】" in text):
        yield Wrong.of("token-open")


def _inside(found: list[str]) -> Marked:
    tokens, wrong = list[Token](), list[Wrong]()
    for inner in found:
        word = _word(inner)
        if not meant(word):
            continue  # wording in brackets
        token = parse(inner)
        if isinstance(token, Wrong):
            wrong.append(token)
        elif word not in IDENTITY:
            wrong.append(Wrong.of("token-in-wording", word=word))
        elif token.rows:
            wrong.append(Wrong.of("rows-in-wording", word=word))
        else:
            tokens.append(token)
    return Marked(inside=tuple(tokens), wrong=tuple(wrong))
