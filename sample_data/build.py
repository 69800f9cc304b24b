"""Write `filled.xlsx` of every sample from its `answers.toml`: python sample_data/build.py."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from perfxl import workflow
from perfxl.answers import Cell, Values, read_answers
from perfxl.expr import Key
from perfxl.model import row_key
from perfxl.render.workbook import render

HERE = Path(__file__).resolve().parent
SAMPLES = ("xinhua_2022", "clean", "corrected")


def read_cells(path: Path) -> dict[Key, Cell]:
    """Give the answers of a TOML file by key; an open list is an array of tables."""
    data = tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    return {key: Cell(_raw(value)) for key, value in _flat(data)}


def _flat(data: dict[str, Any]) -> Iterator[tuple[Key, Any]]:
    for block, rows in data.items():
        if isinstance(rows, list):
            rows = {row_key(n): row for n, row in enumerate(rows, 1)}
        for row, value in rows.items():
            cells = value if isinstance(value, dict) else {"value": value}
            for column, raw in cells.items():
                yield Key(block, row, column), raw


def _raw(value: Any) -> Any:
    return Decimal(value) if isinstance(value, int) else value


def filled(cells: dict[Key, Cell]) -> bytes:
    """Give the template filled with these cells, as .xlsx bytes."""
    form = workflow.form_of_template(workflow.load_rubric(None))
    unknown = [str(key) for key in cells if key not in form.items]
    assert not unknown, f"no such fields: {unknown}"
    return render(Values(form, read_answers(form, cells)))


def main() -> None:
    """Write every sample."""
    for name in SAMPLES:
        folder = HERE / name
        data = filled(read_cells(folder / "answers.toml"))
        (folder / "filled.xlsx").write_bytes(data)
        print(f"{folder.name}/filled.xlsx  {len(data):,} bytes")


if __name__ == "__main__":
    main()
