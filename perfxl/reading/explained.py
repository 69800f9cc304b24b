"""What a unit wrote to the findings of a result: each 说明 goes with the finding it stands beside.

What people see of a row tells which finding it is, and the hidden cells of the list know what that
finding flags: so a 说明 keeps its finding where rows were sorted, moved or put in without them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import zip_longest
from typing import NamedTuple

from perfxl.check.rule import Severity
from perfxl.expr.tree import Key
from perfxl.form.addresses import a1
from perfxl.form.answers import Address, Explanation, Flaw
from perfxl.form.ours import FINDING_COLUMNS, standing
from perfxl.form.raw import text_of
from perfxl.reading.find import Found
from perfxl.reading.sheets import Paper

NAMES = {text: column.key for column in FINDING_COLUMNS for text in (column.key, column.label)}
NEEDED = {"id", "key", "explanation"}
_OURS = re.compile("[A-Z][0-9]{2}")
_LEVELS = frozenset(severity.word for severity in Severity)
_KEY = re.compile(r"[^.]+(?:\.[^.]+){1,2}")


class _Line(NamedTuple):
    """A row of a list of findings; `seen` is what people see of it, `standing` the hidden mark."""

    paper: Paper
    row: int
    columns: Mapping[str, int]

    def text(self, column: str) -> str:
        return text_of(self.paper.raw(self.row, self.columns.get(column, -1)))

    @property
    def names_a_rule(self) -> bool:
        """Whether it tells of a finding: by an id of ours, or by one of an office's and a level."""
        rule = self.text("id")
        return bool(_OURS.fullmatch(rule) or (rule and self.text("level") in _LEVELS))

    @property
    def seen(self) -> str:
        return standing(self.text("id"), self.text("place"), self.text("message"))


class Listed(NamedTuple):
    """What the list of findings of an earlier result says.

    `said` are the 说明 by rule id and key, `lost` those whose finding cannot be told, `named` the
    cells that the findings are about.
    """

    said: dict[tuple[str, str], Explanation]
    lost: list[Flaw]
    named: frozenset[Key]


def listed_explanations(papers: Iterable[Paper], found: Mapping[str, Found]) -> Listed:
    """Give what lists of findings on these sheets say; on a return's own there is none."""
    said: dict[tuple[str, str], Explanation] = {}
    lost: list[Flaw] = []
    named: set[Key] = set()
    for paper in papers:
        lines = list(_lines(paper))
        flagged = (_renamed(key, found) for line in lines for key in line.text("key").split())
        named |= {Key.parse(key) for key in flagged if _KEY.fullmatch(key)}
        known = {mark: line for line in lines if (mark := line.text("standing"))}
        seen = {line.seen for line in lines}
        for line in lines:
            text = line.text("explanation")
            origin = known.get(line.seen) or (line if _unmoved(line, seen) else None)
            if not text:
                continue
            if origin is None:
                lost.append(_lost(line, text))
                continue
            keys, states = origin.text("key").split() or [""], origin.text("state").split()
            for key, state in zip_longest(keys, states, fillvalue=""):
                said[line.text("id"), _renamed(key, found)] = Explanation(text, state)
    return Listed(said, lost, frozenset(named))


def _lines(paper: Paper) -> Iterator[_Line]:
    """Give the rows of a list of findings, from the first that names a rule to the last."""
    columns: dict[str, int] = {}
    between: list[_Line] = []
    for n, row in enumerate(paper.rows):
        texts = ((at, raw) for at, raw in enumerate(row) if isinstance(raw, str))
        heads = {NAMES[text]: at for at, text in texts if text in NAMES}
        if heads.keys() >= NEEDED:
            columns, between = heads, []
        elif columns:
            between.append(_Line(paper, n, columns))
            if between[-1].names_a_rule:
                yield from between
                between = []


def _unmoved(line: _Line, seen: set[str]) -> bool:
    """Whether the hidden cells of a row are its own, though its words were changed.

    They are not where another row is seen to be theirs, or where they name another rule; of a
    result that had no such mark nothing else is known.
    """
    mark, rule = line.text("standing"), line.text("id")
    return bool(rule) and (not mark or (mark not in seen and mark.startswith(f"{rule} ")))


def _lost(line: _Line, text: str) -> Flaw:
    at = Address(line.paper.name, a1(line.row, line.columns["explanation"]))
    return Flaw("explanation_lost", at, None, f"{line.paper.name}第 {line.row + 1} 行", text)


def _renamed(key: str, found: Mapping[str, Found]) -> str:
    """Give a key of the result under the number its list row has now: rows may have come in."""
    block, _, rest = key.partition(".")
    row, dot, column = rest.partition(".")
    spot = found.get(block)
    return f"{block}.{spot.renamed.get(row, row)}{dot}{column}" if spot else key
