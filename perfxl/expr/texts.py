"""Texts as Excel and we compare them, side by side: blanks in order, case and width aside."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache


@lru_cache(maxsize=1024)  # few texts stand in thousands of formulas
def quoted(text: str) -> str:
    """Give `text` as an Excel string literal."""
    return '"' + text.replace('"', '""') + '"'


_SPACES = "\u3000\u00a0"  # full-width and no-break: Excel's TRIM knows neither

_CONTROLS = "".join(map(chr, range(32)))  # what Excel's CLEAN takes out

BLANKS = f"{_CONTROLS} {_SPACES}"

_TIDIED = str.maketrans(_SPACES, " " * len(_SPACES), _CONTROLS)


def tidy(text: str) -> str:
    """Give a text as `tidy_formula` does: single blanks, none at the ends, no line breaks."""
    return " ".join(filter(None, text.translate(_TIDIED).split(" ")))


@lru_cache(maxsize=8192)  # a cell is tested again and again
def tidy_formula(cell: str) -> str:
    """Excel text of a cell (or, inside SUMPRODUCT, of each of several), blanks put in order."""
    for space in _SPACES:
        cell = f'SUBSTITUTE({cell},"{space}"," ")'
    return f"TRIM(CLEAN({cell}))"


@lru_cache(maxsize=1024)  # of a return the same few are asked for over and over
def folded(text: str) -> str:
    """Give what two texts are compared by: Excel's = takes no notice of case."""
    return tidy(text).casefold()


# What names are compared without, besides blanks and width: punctuation, and what pasting leaves
# unseen. Signs among figures stay: «1.5», «3-6岁». ASC knows the width of the latter marks alone.
_WIDE_MARKS, _MARKS = "、。“”《》【】\u200b\u2060\ufeff", " (),;:"

_SQUEEZED = {
    **{ord("！") + n: chr(ord("!") + n) for n in range(94)},
    **dict.fromkeys(map(ord, f"{_WIDE_MARKS}{_MARKS}"), ""),
    **{ord(mark) + ord("！") - ord("!"): "" for mark in _MARKS.strip()},
}


def squeezed(text: str) -> str:
    """Give what two names are compared by: blanks, width and punctuation make no other name."""
    return tidy(text).translate(_SQUEEZED).casefold()


def squeezed_formula(cell: str) -> str:
    """Excel text of a cell (or, inside SUMPRODUCT, of each of several) as `squeezed` gives it."""
    return _without(_MARKS, f"ASC({_without(_WIDE_MARKS, tidy_formula(cell))})")


def _without(marks: str, cell: str) -> str:
    for mark in marks:
        cell = f'SUBSTITUTE({cell},"{mark}","")'
    return cell


def filled_formula(cell: str) -> str:
    """Excel test for 'holds more than blanks', full-width blanks included."""
    return f'{tidy_formula(cell)}<>""'


def matches_formula(cells: str, choices: Sequence[str]) -> str:
    """Excel text of how many of these (put in order already) are one of `choices`."""
    return f"SUMPRODUCT(({cells}={{{','.join(map(quoted, choices))}}})*1)"


def is_blank(text: str) -> bool:
    """Whether a text is nothing but blanks, by the same measure as `filled_formula`."""
    return not text.strip(BLANKS)


def texts_formula(cells: str) -> str:
    """Excel text of how many of these cells hold a text, 待填 among them.

    More than 0 is all that is told of a single one. COUNTIF with a pattern for any text counts
    numbers too in LibreOffice.
    """
    return f'SUMPRODUCT(ISTEXT({cells})*({cells}<>""))' if ":" in cells else f"LEN(T({cells}))"
