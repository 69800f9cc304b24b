"""Whether a cell of a return shows what an office drew there, and what was typed into it.

Wording is compared without blanks and widths, and whatever year stands before 年. Behind a colon,
on a line of ____, in a blank 年月日, where the drawing names unit or year, something may be typed.
"""

from __future__ import annotations

import re
from functools import lru_cache

from perfxl.form.raw import Raw, text_of
from perfxl.text.stubs import TOKEN, bare

FORMULA = "ƒ"  # what stands for a formula among wordings
_ANY_YEAR = "####"
_YEAR = re.compile("(?:19|20)[0-9]{2}(?=年)")
_WEAK = re.compile(r"[-—－–/\d.%ƒ]*")  # points, dashes: they check, they tell no row from another
_DATED = re.compile(rf"(?:{_ANY_YEAR}|\d{{1,4}})(?=[年月日])")
_OPEN = re.compile(r"(?:(?<=.)年月日|(?<=\()(?=年度?\))|(?<=:)|_{2,}|【[^【】]*】)")
_FIGURE = re.compile(r"[-\d.,%]+|#.*")
_MOST = ".{0,60}"  # characters typed into wording


@lru_cache(maxsize=8192)
def _worded(text: str) -> str:
    return _YEAR.sub(_ANY_YEAR, bare(text))


def worded(raw: Raw) -> str:
    """Give what a cell shows as wordings are compared, "" where it shows nothing."""
    return _worded(text_of(raw)) if raw is not None else ""


def is_weak(wording: str) -> bool:
    """Whether wording is none that a row could be told by."""
    return _WEAK.fullmatch(wording) is not None


def is_figure(wording: str) -> bool:
    """Whether a cell shows a number, or is a formula whose result was not kept."""
    return wording == FORMULA or _FIGURE.fullmatch(wording) is not None


def is_token(text: str) -> bool:
    """Whether a cell of the drawing is but a place to fill in."""
    return TOKEN.fullmatch(text.strip()) is not None


def undated(wording: str) -> str:
    """Give wording with the dates blank that are written into it: «年月日»."""
    return _DATED.sub("", wording)


def identities(text: str) -> list[str]:
    """Give by name what the drawing has typed into wording: unit, year."""
    return ["".join(name.split()) for name in TOKEN.findall(text)]


@lru_cache(maxsize=2048)
def opening(wording: str) -> tuple[str, re.Pattern[str]] | None:
    """Give how wording begins that something may be typed into, and its pattern; else None."""
    if not _OPEN.search(wording):
        return None
    parts = [part for part in _OPEN.split(wording) if part]
    tail = "" if wording[-1] not in ":_】" and identities(wording) else _MOST
    head = parts[0] if parts and wording.startswith(parts[0]) else ""
    between = f"{_MOST}?".join(map(re.escape, parts))
    return head, re.compile(("" if head else f"{_MOST}?") + between + tail, re.DOTALL)


def same(wording: str, found: str) -> bool:
    """Whether what was found is the wording drawn, with what may be typed into it."""
    if wording == found or not found:
        return wording == found
    if wording == FORMULA:
        return is_figure(found)
    begun = opening(wording)
    return begun is not None and found.startswith(begun[0]) and bool(begun[1].fullmatch(found))


def typed_into(drawn: str, text: str) -> dict[str, str]:
    """Give what stands where the drawing names unit or year, by that name, as it was typed."""
    letters = [(n, char) for n, raw in enumerate(text) for char in bare(raw)]
    pieces = TOKEN.split(drawn)
    names = identities(drawn)
    literal = (
        re.escape(worded(piece)).replace(re.escape(_ANY_YEAR), "[0-9]{4}") for piece in pieces[::2]
    )
    found = re.fullmatch(f"({_MOST}?)".join(literal), "".join(char for _, char in letters))
    if found is None:
        return {}
    spans = [found.span(number) for number in range(1, len(names) + 1)]
    return {
        name: text[letters[first][0] : letters[last - 1][0] + 1].strip()
        for name, (first, last) in zip(names, spans, strict=True)
        if first < last
    }
