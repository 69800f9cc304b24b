"""Records, real and invented, for the tests of what sums a season up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, cast

import seasons
from msgspec.structs import replace

from perfxl.form.model import Form
from perfxl.form.register import Register, Unit
from perfxl.forms.shipped import form_of
from perfxl.returns import workflow
from perfxl.returns.records import FilledCell, Record, record_of
from perfxl.settings.campaign import Campaign

SAMPLES = Path(__file__).resolve().parent.parent / "sample_data"
DEADLINE = date(2023, 4, 30)


@cache
def form() -> Form:
    """Give the form of the year."""
    return form_of(workflow.load_rubric(None))


def campaign_of(*units: Unit) -> Campaign:
    """Give a season with these units on its register, however few."""
    return replace(seasons.campaign(), deadline=DEADLINE, register=Register(units))


def unit(number: int) -> Unit:
    """Give an invented unit."""
    return Unit(f"{number:06d}", f"示例单位{number:04d}", "示例主管局", "李会计", "13800000000")


@cache
def sample(name: str) -> Record:
    """Give the record of a sample of the repository."""
    terms = workflow.Terms(workflow.load_rubric(None))
    path = SAMPLES / name / "filled.xlsx"
    return record_of(workflow.check_file(path, terms), str(path))


def sent(record: Record, code: str | None, source: str, **changes: Any) -> Record:
    """Give a record as if this unit had sent it in this file."""
    document = {**record["document"], "path": source, "sha256": source, "result": f"{source}_结果"}
    document |= changes.pop("document", {})
    return cast(Record, {**record, "unit": code, "source": source, "document": document, **changes})


def amounts(record: Record, figures: dict[str, Decimal | None]) -> Record:
    """Give a record with these amounts by key, None for a blank."""
    kept = [fact for fact in record["facts"] if fact["key"] not in figures]
    more: list[FilledCell] = [
        {"key": k, "label": k, "sheet": "", "cell": "", "kind": "amount", "value": f"{v:f}"}
        for k, v in figures.items()
        if v is not None
    ]
    return {**record, "facts": [*kept, *more]}


def many(count: int) -> Iterator[Record]:
    """Give the records of a large season, made from the samples; every tenth unit sends two."""
    names = ("clean", "xinhua_2022", "corrected")
    for number in range(count):
        base = sample(names[number % len(names)])
        code = unit(number).code
        saved = f"2023-04-{1 + number % 28:02d}T08:00:00Z"
        yield sent(base, code, f"回收/{code}.xlsx", saved=saved)
        if number % 10 == 0:
            yield sent(base, code, f"回收/{code}_旧.xlsx", saved="2023-03-01T08:00:00Z")
