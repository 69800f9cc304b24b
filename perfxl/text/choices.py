"""Answers that must be one of a list: look-alikes and short forms that mean exactly one of them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec import Struct

from perfxl.expr.texts import folded
from perfxl.text.amounts import cited, plain
from perfxl.text.spelling import sign_of

_SHORTEST, _SHORTEST_END = 2, 3  # characters of a short form; fewer say too little
_TAIL = re.compile(r"(?:\([^()]*\d[^()]*分\)|\((?:万元|%)\))?[。.;,]?$")  # «产出指标(50分)。»
_SYNONYMS = {
    "已完成": "完成 全部完成 已全部完成 全面完成 已经完成 已达成 完成目标"
    " 按时完成 按期完成 提前完成 超额完成",
    "未完成": "没有完成 没完成 尚未完成",
    "经济效益指标": "经济",  # costs by these words are spelled out
    "社会效益指标": "社会",
    "生态效益指标": "生态",
    "定性": "定性指标 定性描述 定性目标",
    "优": "优秀",
    "良": "良好",
    "中": "中等",
}


class Chosen(Struct, frozen=True):
    """The choice a text means; `how` is "" where it is just that one, `odd` a wrong glyph."""

    value: str
    how: str = ""
    odd: bool = False


def read_choice(text: str, choices: Sequence[str]) -> Chosen | None:
    """Give the choice that a text means for certain, or None.

    Widths, blanks and the points of «产出(50分)» do not matter; symbols may be look-alikes or words
    (>=, 不低于); a short form («产出») must begin exactly one choice, or («满意度») end it.
    «部分完成» is never made of «完成».
    """
    same = [choice for choice in choices if folded(choice) == folded(text)]
    if same:
        return Chosen(same[0])
    narrow = _TAIL.sub("", plain(text))
    sign, odd = sign_of(narrow)
    meant = [c for c in choices if plain(c) in {narrow, sign} or narrow in _synonyms(c)]
    found = meant or _short(narrow, choices)
    if len(found) != 1:
        return None
    return Chosen(found[0], f"{cited(text)}按“{found[0]}”读取", odd)


def _synonyms(choice: str) -> list[str]:
    return _SYNONYMS.get(choice, "").split()


def _short(text: str, choices: Sequence[str]) -> list[str]:
    if len(text) < _SHORTEST:
        return []
    end = f"{text.removesuffix('指标')}指标"
    ends = len(text) >= _SHORTEST_END
    return [c for c in choices if c.startswith(text) or (ends and c.endswith(end))]
