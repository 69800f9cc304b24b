"""What a report's title and headings say: whose report it is, and what stands below what."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise

from perfxl.form.answers import Values
from perfxl.form.document import Manuscript, Passage, TextTable
from perfxl.text.amounts import plain
from perfxl.text.safe import clipped

LONGEST_HEADING = 40  # characters
LONGEST_TITLE = 60
FIRST = 6  # passages among which the title is looked for
SHORTEST_NAME = 2  # characters of a unit's name in short
_HEADING = re.compile(r"第?[一二三四五六七八九十]+[、章节]|\([一二三四五六七八九十\d]+\)|\d+[.、]")
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d)年度?")
_TITLE = "自评报告"
_OF_A_UNIT = re.compile(r"(?:关于)?(.*?)的?部门整体支出绩效自评报告")
_AREA = re.compile(r".*[省市区县州](?=..)")  # the place a unit's name begins with
_AREA_ENDS = "省市区县州乡镇村"


def letters_only(text: str) -> str:
    """Give a text without blanks, punctuation and case."""
    return re.sub(r"[\W_]", "", plain(text)).casefold()


def is_heading(text: str) -> bool:
    """Whether a passage, plain, is a numbered heading."""
    return len(text) <= LONGEST_HEADING and _HEADING.match(text) is not None


def headed(manuscript: Manuscript) -> Iterator[tuple[str, Passage | TextTable]]:
    """Give every piece with the heading it stands under, as written; "" before the first."""
    heading = ""
    for piece in manuscript.pieces:
        if isinstance(piece, Passage) and is_heading(plain(piece.text)):
            heading = piece.text
        yield heading, piece


# ---------------------------------------------------------------- whose report


def reported_year(values: Values) -> int:
    """Give the year a return is of, that of its form where it does not say."""
    year = values.year
    return int(year) if year is not None and year == Decimal(int(year)) else values.form.year


def is_short_for(words: str, unit: str) -> bool:
    """Whether words, bare, can be a unit's name or short for it, not only for its place."""
    if words == unit:
        return True
    letters = iter(unit)
    in_order = all(letter in letters for letter in words)
    return in_order and len(words) >= SHORTEST_NAME and words[-1] not in _AREA_ENDS


def doubtful_title(manuscript: Manuscript, values: Values) -> str:
    """Give the title of a report that names another year or unit than the return, else ""."""
    passages = [piece.text for piece in manuscript.pieces if isinstance(piece, Passage)][:FIRST]
    texts = [plain(text) for text in passages]
    at = next((n for n, text in enumerate(texts) if _is_title(text)), None)
    if at is None:
        return ""
    dated = [text for text in texts[:at] if _YEAR.fullmatch(text)]  # a line of its own on a cover
    years = set(map(int, _YEAR.findall(f"{' '.join(dated)} {texts[at]}")))
    if (years and reported_year(values) not in years) or _is_of_another(texts[at], values):
        return clipped(passages[at], LONGEST_TITLE)
    return ""


def _is_title(text: str) -> bool:
    return len(text) <= LONGEST_TITLE and text.endswith(_TITLE)


def _is_of_another(title: str, values: Values) -> bool:
    """Whether a title begins with a unit that has nothing in common with the return's.

    A name may be shortened in many ways: two characters of it, the place aside, are enough.
    """
    match = _OF_A_UNIT.fullmatch(_YEAR.sub("", title))
    words, unit = letters_only(match[1]) if match else "", letters_only(values.unit_name)
    if not words or not unit or is_short_for(words, unit):
        return False
    own = _AREA.sub("", unit)
    return not any(one + other in words for one, other in pairwise(own))
