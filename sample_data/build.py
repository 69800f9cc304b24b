"""Write the template, the 表样, the rubrics as workbooks, and each sample's `filled.xlsx`.

With `--expected`, also write what `check` says of each into `expected.json`: look at the change
before it is committed, the tests compare with it.
"""

from __future__ import annotations

import json
import sys
import tomllib
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from drawn_forms import drawn
from msgspec.structs import replace

from perfxl.check.judging import check
from perfxl.disk import resources
from perfxl.expr.tree import Key
from perfxl.form.answers import Cell, Explanation, Submission, Values, read_answers
from perfxl.form.layout import place
from perfxl.form.model import Form, row_key
from perfxl.form.raw import Raw
from perfxl.forms.shipped import FORMS, form_of
from perfxl.render.workbook import render
from perfxl.returns import output, workflow
from perfxl.returns.makers import load_maker
from perfxl.returns.output import Checked
from perfxl.rules import RULES

HERE = Path(__file__).resolve().parent
SAMPLES = ("xinhua_2022", "clean", "corrected")
DRAWN_SAMPLES = ("project_clean", "project_faulty")  # on a shipped 表样


def read_sample(name: str) -> tuple[dict[Key, Cell], dict[tuple[str, str], Explanation]]:
    """Give the answers of a sample by key, and its 说明 by rule id and key."""
    return read_file(HERE / name / "answers.toml")


def read_file(path: Path) -> tuple[dict[Key, Cell], dict[tuple[str, str], Explanation]]:
    """Give the answers in a file by key, and the 说明 by rule id and key.

    An open list is an array of tables; a sample may be `based_on` another and change parts of it.
    """
    data = tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    base = data.pop("based_on", None)
    said = {tuple(mark.split(" ")): text for mark, text in data.pop("explanations", {}).items()}
    cells = read_sample(base)[0] if base else {}
    cells |= {key: Cell(_raw(value)) for key, value in _flat(data)}
    return cells, {(rule, key): Explanation(text) for (rule, key), text in said.items()}


def _flat(data: Mapping[str, Any]) -> Iterator[tuple[Key, Any]]:
    for block, rows in data.items():
        listed = isinstance(rows, list)
        for row, value in (
            ((row_key(n), row) for n, row in enumerate(rows, 1)) if listed else rows.items()
        ):
            cells = value if isinstance(value, dict) else {"value": value}
            for column, raw in cells.items():
                yield Key(block, row, column), raw


def _raw(value: Any) -> Any:
    return Decimal(value) if isinstance(value, int) else value


@cache
def form() -> Form:
    """Give the form that the samples are filled in on."""
    return workflow.live_form(form_of(workflow.load_rubric(None)))


def values_of(cells: Mapping[Key, Cell]) -> Values:
    """Give the values of the form filled with these cells."""
    unknown = [str(key) for key in cells if key not in form().items]
    if unknown:
        raise ValueError(f"no such fields: {unknown}")
    return Values(form(), read_answers(form(), cells))


def filled(cells: Mapping[Key, Cell]) -> bytes:
    """Give the template filled with these cells, as .xlsx bytes."""
    return render(values_of(cells))


def read_drawn(name: str) -> tuple[workflow.Terms, dict[tuple[str, str], Raw]]:
    """Give the terms of a sample on a 表样, and its answers by sheet and cell."""
    data = tomllib.loads((HERE / name / "answers.toml").read_text("utf-8"), parse_float=Decimal)
    base = data.pop("based_on", None)
    if base:
        terms, cells = read_drawn(base)
    else:
        form, year = load_maker(Path(data.pop("form"))), data.pop("year")
        terms, cells = workflow.Terms(workflow.load_rubric(None), year, maker=form), {}
    told = ((sheet, cell, raw) for sheet, rows in data.items() for cell, raw in rows.items())
    return terms, cells | {
        (sheet, cell): None if raw == "" else _raw(raw) for sheet, cell, raw in told
    }


def filled_drawn(name: str) -> bytes:
    """Give the workbook of a sample on a 表样."""
    terms, told = read_drawn(name)
    form = workflow.live_form(terms.form)
    layout = place(form)
    asked = {(layout.sheet(key).name, layout.a1(key)): key for key, _ in form.inputs()}
    return render(Values(form, read_answers(form, {asked[c]: Cell(r) for c, r in told.items()})))


def workbook(name: str) -> bytes:
    """Give the workbook of a sample: a filled template, or a result the unit has explained."""
    if name in DRAWN_SAMPLES:
        return filled_drawn(name)
    cells, explanations = read_sample(name)
    if not explanations:
        return filled(cells)
    values = values_of(cells)
    submission = Submission(values.form, values.answers, explanations=explanations)
    outcome = check(submission, RULES, values)
    return workflow.result_bytes(Checked(Path(name), values=values, outcome=outcome))


def expected(name: str) -> dict[str, Any]:
    """Give what `check` says of a sample: the JSON document of its file, without path and hash."""
    path = HERE / name / "filled.xlsx"
    usual = workflow.Terms(workflow.load_rubric(None))
    terms = read_drawn(name)[0] if name in DRAWN_SAMPLES else usual
    checked = workflow.check_file(path, terms)
    document = output.file_document(replace(checked, path=Path(path.name), sha256=None))
    return {key: value for key, value in document.items() if key not in {"path", "sha256"}}


def rubric_books() -> dict[Path, bytes]:
    """Give the workbook of each shipped rubric, by the file it belongs in."""
    rubrics = sorted((resources.templates_folder() / "rubrics").glob("*.toml"))
    return {
        path.with_suffix(".xlsx"): workflow.rubric_bytes(workflow.load_rubric(path))
        for path in rubrics
    }


def drawn_books() -> dict[Path, bytes]:
    """Give the 表样 of each shipped form that is drawn, by the file it belongs in."""
    return {resources.form_path(one.file_name): drawn(one) for one in FORMS if one.drawn}


def main() -> None:
    """Write the template, the 表样, the rubrics as workbooks and every sample."""
    for path, book in {**rubric_books(), **drawn_books()}.items():
        path.write_bytes(book)
    form = form_of(workflow.load_rubric(None))
    blank = workflow.template_bytes(form)
    (resources.templates_folder() / workflow.blank_name(form)).write_bytes(blank)
    for name in (*SAMPLES, *DRAWN_SAMPLES):
        target = HERE / name / "filled.xlsx"
        data = workbook(name)
        target.write_bytes(data)
        print(f"{name}/filled.xlsx  {len(data):,} bytes")
        if "--expected" in sys.argv:
            text = json.dumps(expected(name), ensure_ascii=False, indent=1)
            target.with_name("expected.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
