"""Targets and actuals as units print them, judged through the whole row, the status left blank.

`pairs.tsv` holds 86 pairs of published self-evaluations («published») with the verdict a careful
clerk gives, and their neighbours by kind: what must be read, and what must be left to people.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path
from typing import NamedTuple

import hall
import pytest

from perfxl.answers import Raw
from perfxl.expr import Key
from perfxl.output import file_document
from perfxl.quantities import QUALITATIVE

PLACES = 50  # rows of the list that are filled at once
READING = {"I03", "I04", "I05", "I11", "I12"}


class Pair(NamedTuple):
    """A row of the table; `verdict` is met or unmet with the completion, or what it must not be."""

    kind: str
    name: str
    symbol: str
    target: str
    unit: str
    actual: str
    verdict: str


class Told(NamedTuple):
    """What the check says of a row; `doubts` are the rules that ask about its reading."""

    status: str
    completion: str | None
    symbol: str | None
    doubts: frozenset[str]


def _pairs() -> Iterator[Pair]:
    table = Path(__file__).with_name("pairs.tsv").read_text("utf-8")
    yield from map(
        Pair._make, csv.reader(table.splitlines()[1:], "excel-tab", quoting=csv.QUOTE_NONE)
    )


PAIRS = list(_pairs())


def _number(text: str) -> Raw:
    try:
        return Decimal(text)
    except InvalidOperation:
        return text


def _filled(number: int, pair: Pair, typed: bool) -> dict[str, Raw]:
    """Give the cells of a row; `typed`: numbers stored as numbers, else as texts."""
    value = _number if typed else str
    cells = {
        "level1": "产出指标",
        "level2": "数量指标",
        "name": f"{number}.{pair.name}",
        "symbol": pair.symbol,
        "target": value(pair.target),
        "unit": pair.unit,
        "actual": value(pair.actual),
        "status": None,
        "reason": None,
    }
    return {f"indicators.{number:03d}.{column}": raw or None for column, raw in cells.items()}


def _told(pairs: Sequence[Pair], typed: bool) -> Iterator[Told]:
    rows = [_filled(number, pair, typed) for number, pair in enumerate(pairs, 1)]
    one = hall.checked({name: raw for row in rows for name, raw in row.items()})
    values, outcome = one.reviewed.values, one.reviewed.outcome
    told = file_document(one)["indicators"]
    for number, judged in enumerate(told[: len(pairs)], 1):
        row = f"{number:03d}"
        about = {
            f.rule.id for f in outcome.findings for key in f.keys if key[:2] == ("indicators", row)
        }
        symbol = values.text(Key("indicators", row, "symbol"))
        yield Told(judged["status"], judged["completion"], symbol, frozenset(about & READING))


@cache
def told(typed: bool) -> dict[Pair, Told]:
    """Give what is said of every pair."""
    parts = [PAIRS[at : at + PLACES] for at in range(0, len(PAIRS), PLACES)]
    return {
        pair: said for part in parts for pair, said in zip(part, _told(part, typed), strict=True)
    }


def fits(said: Told, verdict: str) -> bool:
    """Whether a row is judged as it must be."""
    match verdict.split():
        case ["words"]:
            return said.symbol == QUALITATIVE and said.status == "unjudged" and not said.doubts
        case ["unread"]:
            return said.status == "unjudged" and bool(said.doubts)
        case ["not", status]:
            return said.status != status
        case ["unjudged"]:
            return said.status == "unjudged"
        case [status, completion]:
            return (said.status, said.completion) == (status, completion) and not said.doubts
    raise ValueError(verdict)


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: f"{pair.kind}-{pair.target}-{pair.actual}")
@pytest.mark.parametrize("typed", [True, False], ids=["numbers", "texts"])
def test_a_pair_is_judged_as_a_careful_clerk_does(pair: Pair, typed: bool) -> None:
    assert fits(told(typed)[pair], pair.verdict), told(typed)[pair]


def test_the_table_has_both_for_every_kind() -> None:
    kinds: dict[str, set[bool]] = {}
    for pair in PAIRS:
        kinds.setdefault(pair.kind, set()).add(pair.verdict in {"unread", "unjudged"})
    assert sum(pair.kind == "published" for pair in PAIRS) == 86
    assert all(both == {True, False} for both in kinds.values())
