"""A rubric as TOML, both ways, and its mark: by that an edited rubric of the same id is noticed."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from perfxl.errors import RubricError
from perfxl.rubric.draft import DraftRow, RubricDraft
from perfxl.rubric.methods import parameters
from perfxl.rubric.model import Rubric, RubricItem, shortest
from perfxl.rubric.soundness import rubric_of

MARK_LENGTH = 8
TABLES = {
    "tiers": ("done", "partly"),
    "limits": ("adjustment", "execution", "overfulfilment"),
}
LISTS = {"grades": "第 {n} 个等级", "caps": "第 {n} 个上限", "items": "第 {n} 项"}
GRADE_FIELDS, CAP_FIELDS = ("name", "lowest"), ("below", "highest")
ITEM_FIELDS = ("key", "level1", "level2", "name", "points", "method")
BAND_FIELDS = ("at_least", "points")
TOP_FIELDS = ("id", "title", "notice", "points", *TABLES, *LISTS)


def parse(text: str) -> Rubric:
    """Give the rubric a TOML text holds; raise RubricError naming every fault."""
    try:
        data = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"line (\d+)", str(error))
        where = f",第 {place[1]} 行写法有误" if place else ""
        raise RubricError(f"不是有效的 TOML 文件{where}") from error
    faults: list[str] = []
    _strangers("", data, TOP_FIELDS, faults)
    settings = {name: value for name, value in data.items() if name not in {*TABLES, *LISTS}}
    places = {name: name for name in TOP_FIELDS}
    for table, fields in TABLES.items():
        found = data.get(table, {})
        if not isinstance(found, dict):
            faults.append(f"{table}:应写成 [{table}] 表")
            continue
        _strangers(f"{table}.", found, fields, faults)
        settings |= found
        places |= {name: f"{table}.{name}" for name in fields}
    lists = {name: tuple(_entries(name, data.get(name, []), faults)) for name in LISTS}
    entry = DraftRow(_decimals(settings), lambda name: places.get(name, name))
    return rubric_of(RubricDraft(entry, lists["grades"], lists["caps"], lists["items"]), faults)


def _strangers(
    place: str, table: Mapping[str, Any], fields: tuple[str, ...], faults: list[str]
) -> None:
    """Note the keys a table should not have: most often misspelt ones."""
    known = "、".join(fields)
    faults += (f"{place}{key}:没有这个键,可用:{known}" for key in table if key not in fields)


def _decimals(table: Mapping[str, Any]) -> dict[str, object]:
    """Give a table's values with whole numbers as Decimal too."""
    return {
        key: Decimal(value) if isinstance(value, int) and not isinstance(value, bool) else value
        for key, value in table.items()
    }


def _entries(table: str, rows: Any, faults: list[str]) -> Iterator[DraftRow]:
    fields = _fields(table)
    if not _is_rows(rows):
        faults.append(f"{table}:应写成 [[{table}]]")
        return
    for n, row in enumerate(rows, 1):
        name = row.get("name", "")
        yield _entry(
            f"{LISTS[table].format(n=n)}{f'“{name}”' if name else ''}", row, fields, faults
        )


def _fields(table: str) -> tuple[str, ...]:
    """Give the keys a row of a list may have."""
    numbers = (one.key for _, one in parameters())
    items = (*ITEM_FIELDS, "standard", *numbers, "evidence", "bands")
    return {"grades": GRADE_FIELDS, "caps": CAP_FIELDS, "items": items}[table]


def _entry(
    place: str, row: Mapping[str, Any], fields: tuple[str, ...], faults: list[str]
) -> DraftRow:
    _strangers(f"{place} ", row, fields, faults)
    bands: list[DraftRow] = []
    given = row.get("bands", [])
    if not _is_rows(given):
        faults.append(f"{place} bands:应写成 [{{at_least = 0.9, points = 2}}, …]")
    else:
        for n, band in enumerate(given, 1):
            bands.append(_entry(f"{place}第 {n} 档", band, BAND_FIELDS, faults))
    return DraftRow(_decimals(row), lambda name: f"{place} {name}", tuple(bands))


def _is_rows(rows: Any) -> bool:
    return isinstance(rows, list) and all(isinstance(row, dict) for row in rows)


# ---------------------------------------------------------------- writing


def dump(rubric: Rubric) -> str:
    """Give the TOML text of a rubric: the same rubric always gives the same text."""
    head = {"id": rubric.id, "title": rubric.title, "notice": rubric.notice}
    blocks = [
        [*_pairs({**head, "points": rubric.points})],
        ["[tiers]", *_pairs({name: getattr(rubric.tiers, name) for name in TABLES["tiers"]})],
        ["[limits]", *_pairs({name: getattr(rubric.limits, name) for name in TABLES["limits"]})],
        *(
            ["[[grades]]", *_pairs({"name": name, "lowest": lowest})]
            for name, lowest in rubric.grades
        ),
        *(
            ["[[caps]]", *_pairs({"below": cap.below, "highest": cap.highest})]
            for cap in rubric.caps
        ),
        *(["[[items]]", *_item_lines(item)] for item in rubric.items),
    ]
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def fingerprint(rubric: Rubric) -> str:
    """Give the short fingerprint of a rubric's whole content."""
    return hashlib.sha256(dump(rubric).encode()).hexdigest()[:MARK_LENGTH]


def _pairs(table: Mapping[str, str | Decimal | bool]) -> Iterator[str]:
    return (f"{key} = {_value(value)}" for key, value in table.items())


def _item_lines(item: RubricItem) -> Iterator[str]:
    """Give the lines of an item; parameters it does not have are left out."""
    needed = {name: getattr(item, name) for name in ITEM_FIELDS} | {"method": item.method.key}
    yield from _pairs(needed)
    numbers = {one.key: item.number(one) for one in item.method.parameters}
    optional: dict[str, str | Decimal | bool] = {"standard": item.standard, **numbers}
    yield from _pairs({name: value for name, value in optional.items() if value})
    if item.evidence is item.computed:  # else it is as usual
        yield from _pairs({"evidence": item.evidence})
    if item.bands:
        yield "bands = ["
        for band in item.bands:
            pairs = _pairs({"at_least": band.at_least, "points": band.points})
            yield f"  {{ {', '.join(pairs)} }},"
        yield "]"


def _value(value: str | Decimal | bool) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case Decimal():
            return f"{shortest(value):f}"
    # JSON's escapes are TOML's too, but TOML wants the last control character escaped as well
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
