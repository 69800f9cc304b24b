"""Telephone numbers as people type them, held against the lengths there are.

Only what no telephone can have is told: a number of the house, a short one of a mobile network, a
service (12345) and a number abroad are left alone.
Source: 电话网编号计划 (YD/T 及各地号码升位).
"""

from __future__ import annotations

import re
from itertools import chain

from perfxl.text.amounts import plain

_BETWEEN = re.compile(r"[、;,/|\\\n]|或|和|及")
_EXTENSION = re.compile(r"(?:转|分机|ext\.?|x|#)[:.]?\d*", re.IGNORECASE)
_NUMBER = re.compile(r"\+?\(?\d[\d ().-]+\d")
_INSIDE = re.compile(r"-\d{1,6}$")  # the extension in «86881234-8012»
_POSSIBLE = re.compile(
    r"(?:86|0086)?(?:"
    r"0?1[3-9]\d{9}"  # of a mobile network
    r"|0(?:10|2\d)\d{8}|0[3-9]\d\d\d{7,8}"  # with its area code
    r"|(?:10|2\d)\d{8}|[3-9]\d\d\d{7,8}"  # … without the 0 it begins with
    r")|[2-9]\d{6,7}"  # of the place
    r"|1[0-2]\d{1,4}|[2-9]\d{2,4}|[69]\d{5}"  # services, short numbers, numbers of the house
    r"|(?:400|800)\d{7}"
)


def impossible(text: str) -> list[str]:
    """Give the numbers in a text that no telephone has, as typed."""
    whole = [_EXTENSION.sub("", part) for part in _BETWEEN.split(plain(text))]
    found = chain.from_iterable(map(_NUMBER.findall, whole))
    return [number for number in found if not _is_possible(number)]


def _is_possible(number: str) -> bool:
    """Whether a run of digits, blanks and dashes is one telephone number, or several."""
    if number.startswith("+") and not number.startswith("+86"):
        return True
    whole, inside = (re.sub(r"\D", "", text) for text in (number, _INSIDE.sub("", number)))
    if _POSSIBLE.fullmatch(whole) or _POSSIBLE.fullmatch(inside):
        return True
    several = number.split()
    return len(several) > 1 and all(map(_is_possible, several))
