"""What a clerk types is read, or left to people: from bytes to findings.

Targets and actuals are judged through the whole row, the status left blank. `pairs.tsv` holds 86
pairs of published self-evaluations («published») with the verdict a careful clerk gives, and their
neighbours by kind: what must be read, and what must be left to people.
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
from editing import rewritten
from tiers import everyday

from perfxl.expr.tree import Key
from perfxl.form.raw import Raw
from perfxl.returns.output import file_document
from perfxl.text.quantities import QUALITATIVE

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


@pytest.mark.xdist_group("pairs")  # judged many at once, in one process
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


# ---------------------------------------------------------------- what cannot be seen


SUPERIOR = "income.superior.final"
UNSEEN = [
    *map(chr, (*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x206A))),
    "\ufeff",
]

FEW = "\u200b\u202d\ufeff"


def _typed(answers: dict[str, str]) -> list[tuple[str, str]]:
    """Give rule and message of what is found where these texts are typed, unseen marks and all."""
    marks = {f"@@{number}@@": text for number, text in enumerate(answers.values())}
    data = hall.workbook(dict(zip(answers, marks, strict=True)))

    def filled(_: str, part: bytes) -> bytes:
        for mark, text in marks.items():
            part = part.replace(mark.encode(), text.encode())
        return part

    found = hall.check_data(rewritten(data, filled)).reviewed.outcome.findings
    return [(one.rule.id, one.message) for one in found if one.rule.id != "I01"]


@pytest.mark.parametrize("mark", everyday(UNSEEN, FEW), ids=lambda mark: f"{ord(mark):04X}")
def test_what_cannot_be_seen_is_read_past_and_told(mark: str) -> None:
    for text in (f"{mark}18.5", f"1{mark}8.5", f"18.5{mark}", f"{mark}18.5{mark} 万元"):
        ((rule, message),) = _typed({SUPERIOR: text})
        assert rule == "W08"
        assert "看不见的字符,按 18.5 万元读取" in message
        assert not set(message) & set(UNSEEN)


def test_it_is_read_past_wherever_figures_dates_and_choices_stand() -> None:
    found = _typed(
        {
            "scores.output.score": "\u202d19.04\u202c 分",
            "unit.year": "2022\u200b年",
            "unit.code": "100200300\ufeff",
            "indicators.001.symbol": "≥\u200b",
            "indicators.001.actual": "112\u200e场",
            "indicators.002.status": "部分\u200b完成",
            "indicators.004.actual": "2022年11月\u202a20日",
        }
    )
    assert {rule for rule, _ in found} == {"W08"}


@pytest.mark.parametrize("text", ["约三百{}", "{}", "845,32{}", "12{} 34"])
def test_what_stays_unread_shows_what_cannot_be_seen(text: str) -> None:
    told = dict(_typed({SUPERIOR: text.format("\u200b")}))
    assert text.format("〈零宽空格〉") in told["W07"]


# ---------------------------------------------------------------- one name, twice


FIRST = "举办公共文化活动场次"
AGAIN = (
    *("举办公共文化活动 场次 ", "举办公共文化活动\u3000场次", "举办\u00a0公共文化活动场次"),
    *("举办公共文化\u200b活动场次", "\ufeff举办公共文化活动场次", "“举办”公共文化活动场次。"),
)
OTHERS = (
    *("举办公共文化活动场次(上半年)", "举办公共文化活动场次(下半年)", "举办公共文化活动场次1.5"),
    *(
        "举办公共文化活动场次15",
        "举办公共文化活动次数",
        "举办公共文化活动场次3-6",
        "举办公共文化活动场次36",
    ),
)
WIDTHS = ("培训 １２ 期（Ａ班）", "培训12期(A班)")


def _duplicates(names: Sequence[str]) -> list[str]:
    row: dict[str, Raw] = {
        "level1": "产出指标",
        "level2": "数量指标",
        "symbol": "≥",
        "unit": "场",
        "status": "已完成",
    }
    rows = {
        f"indicators.{number:03d}.{column}": raw
        for number, name in enumerate(names, 11)
        for column, raw in {**row, "name": name, "target": Decimal(5), "actual": Decimal(5)}.items()
    }
    return [str(one.keys[0]) for one in hall.findings(rows) if one.rule.id == "I08"]


def test_a_name_is_the_same_with_other_blanks_widths_and_punctuation() -> None:
    assert _duplicates(AGAIN) == [f"indicators.{n:03d}.name" for n in range(11, 11 + len(AGAIN))]
    assert _duplicates(WIDTHS) == ["indicators.012.name"]


def test_names_that_differ_in_a_word_or_a_figure_are_two() -> None:
    assert not _duplicates(OTHERS)
