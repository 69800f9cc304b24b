"""The glossary names every block, column and fixed row of the form, and the words around them."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

import perfxl
from perfxl.check.rule import Severity
from perfxl.expr.tree import FAILS, PASSES, PENDING
from perfxl.form.model import Block, Kind
from perfxl.forms.shipped import form_of
from perfxl.returns import workflow
from perfxl.rubric.methods import METHODS
from perfxl.rubric.sheet import rubric_form
from perfxl.rules import RULES

GLOSSARY = Path(__file__).resolve().parent.parent / "docs" / "glossary.md"
FORM = form_of(workflow.load_rubric(None))
OF_THE_RUBRIC = {"scores", "summary"}  # their rows come from the score grid
PACKAGE = Path(perfxl.__file__).parent
CLASS = re.compile(r"^class ([A-Z]\w*)", re.MULTILINE)


@cache
def tables() -> dict[str, list[list[str]]]:
    """Give the cells of each table row, without code marks, by the heading above it."""
    found: dict[str, list[list[str]]] = {}
    heading = ""
    for line in GLOSSARY.read_text("utf-8").splitlines():
        if line.startswith("## "):
            heading = line.removeprefix("## ")
        elif line.startswith("| "):
            cells = [cell.strip().replace("`", "") for cell in line.strip("|").split("|")]
            found.setdefault(heading, []).append(cells)
    return found


def entries(heading: str) -> set[tuple[str, str]]:
    """Give the first two cells of each row of a table."""
    return {(row[0], row[1]) for row in tables()[heading]}


@pytest.mark.parametrize("block", FORM.blocks.values(), ids=lambda block: block.key)
def test_block_is_named(block: Block) -> None:
    rows = [row for row in tables()["块"] if row[0] == block.key]
    assert len(rows) == 1, f"{block.key} is missing in docs/glossary.md, or is there twice"
    assert rows[0][1] == FORM.sheet_of[block.key].name
    assert block.title.startswith(rows[0][2])


@pytest.mark.parametrize("block", FORM.blocks.values(), ids=lambda block: block.key)
def test_columns_are_named(block: Block) -> None:
    rows = tables()["列"]
    for column in block.columns:
        blocks = [row[2].split() for row in rows if row[:2] == [column.key, column.label]]
        named = [b for b in blocks if block.key in b or (block.repeats and b == ["各清单"])]
        assert named, f"docs/glossary.md lacks {column.key} {column.label} of {block.key}"


@pytest.mark.parametrize("block", FORM.blocks.values(), ids=lambda block: block.key)
def test_fixed_rows_are_named(block: Block) -> None:
    if block.repeats or block.key in OF_THE_RUBRIC:
        return
    words = dict(entries("固定的行"))[block.key].split(" · ")
    assert words == [f"{row.key} {row.label}" for row in block.rows]


def test_no_word_is_left_over() -> None:
    """What the form no longer has must leave the glossary too."""
    columns = {(c.key, c.label) for block in FORM.blocks.values() for c in block.columns}
    assert entries("列") - {("键", "中文")} == columns
    assert {row[0] for row in tables()["块"]} - {"键"} == set(FORM.blocks)


def test_kinds_severities_verdicts_and_families() -> None:
    assert {key for key, _ in entries("格子的种类")} >= {kind.value for kind in Kind}
    assert entries("问题的级别") >= {(s.value, s.word) for s in Severity}
    assert {key for key, _ in entries("校验的结论")} >= {PASSES, FAILS, PENDING}
    assert {key for key, _ in entries("规则的类别")} >= {rule.id[0] for rule in RULES}


def test_words_of_the_rubric() -> None:
    rows = tables()["评分标准"]
    assert {(row[0], row[1]) for row in rows} >= {(m.key, m.label) for m in METHODS.values()}
    words = {
        word
        for row in rows
        for word in (row[0].rpartition(".")[2], *re.findall("[a-z_0-9]+", row[-1]))
    }
    for block in rubric_form().blocks.values():
        wanted = {row.key for row in block.rows} if block.key == "settings" else set()
        if block.repeats:
            wanted = {key for key, item in block.rows[0].items.items() if item.is_input}
        assert wanted - {"sum", "adds_up", "item"} <= words, block.key


def test_words_of_the_code_stand_where_the_glossary_says_and_nowhere_else() -> None:
    code = {path: path.read_text("utf-8") for path in PACKAGE.rglob("*.py")}
    classes = [(word, path) for path in code for word in CLASS.findall(code[path])]
    public = [word for word, _ in classes]
    assert sorted(public) == sorted(set(public))
    told = {(row[0], PACKAGE / row[2]) for row in tables()["程序里的词"] if row[0] != "词"}
    assert told <= set(classes)
