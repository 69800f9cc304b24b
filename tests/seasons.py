"""Seasons for tests: units, a campaign, returns of units."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

import build

from perfxl.expr.tree import Key
from perfxl.form.answers import Cell
from perfxl.form.raw import Raw
from perfxl.form.register import Register, Unit
from perfxl.returns import workflow
from perfxl.settings.campaign import Campaign
from perfxl.settings.folder import SETTINGS_NAME, SeasonFolder

UNITS = (
    Unit("100201", "示例第一小学", "示例区教育局", "张老师", "020-100201", "one@example.org"),
    Unit("100202", "示例第二小学", "示例区教育局", "李老师", "020-100202", "two@example.org"),
    Unit("100203", "示例区图书馆", "示例区文化局", "王工", "020-100203", "three@example.org"),
)
TODAY = date(2023, 4, 10)


@cache
def campaign(*units: Unit) -> Campaign:
    """Give a campaign for these units, or the usual three."""
    return Campaign(
        title="2022年度部门整体支出绩效自评",
        year=2022,
        deadline=date(2023, 3, 31),
        office="示例区财政局",
        contact="陈工",
        phone="020-1000",
        rubric=workflow.load_rubric(None),
        register=Register(units or UNITS),
    )


def season_folder(root: Path) -> SeasonFolder:
    """Make the folders of a season, with something that stands for its settings."""
    folder = SeasonFolder(root.resolve())
    for place in (folder.issued, folder.returned, folder.results):
        place.mkdir(parents=True, exist_ok=True)
    (folder.root / SETTINGS_NAME).write_bytes(b"settings")
    return folder


def returned(unit: Unit, sample: str = "clean", changes: Mapping[str, Raw] | None = None) -> bytes:
    """Give the return of a unit: a sample under its name, with changes by key."""
    return _returned(unit, sample, tuple((changes or {}).items()))


@cache
def _returned(unit: Unit, sample: str, changes: tuple[tuple[str, Raw], ...]) -> bytes:
    cells = dict(build.read_sample(sample)[0])
    given = {"unit.name": unit.name, "unit.code": unit.code, **dict(changes)}
    cells |= {Key.parse(key): Cell(raw) for key, raw in given.items()}
    return build.filled(cells)


WRONG: Mapping[str, Raw] = {"income.general.final": Decimal("1.00")}  # X01 and more
