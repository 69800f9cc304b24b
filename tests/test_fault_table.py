"""The table of what perfxl does when things around it fail: every row is proved by a test."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from perfxl.cli import program

TESTS = Path(__file__).resolve().parent
PAGE = TESTS.parent / "docs" / "faults.md"
HEAD = ["情况", "perfxl 怎么做", "退出码", "测试"]
CODES = {
    "照常",
    "0",
    "2",
    "3",
    "4",
    "5",
    "3 或 4",
    "3 或照常",
    "2 或照常",
    str(program.INTERRUPTED),
}
DEFINED = {
    name
    for path in TESTS.glob("test_*.py")
    for name in re.findall(r"^def (test_\w+)", path.read_text("utf-8"), re.MULTILINE)
}


def cells(line: str) -> list[str]:
    """Give the cells of a row; an escaped bar ends none."""
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip())[1:-1]]


LINES = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("|")]
RULES = sum(line.startswith("|---") for line in LINES)
ROWS = [row for row in map(cells, LINES) if row != HEAD and not row[0].startswith("---")]


def test_the_tables_have_one_head() -> None:
    assert [cells(line) for line in LINES].count(HEAD) == RULES > 3
    assert len(ROWS) > 40
    assert len({row[0] for row in ROWS}) == len(ROWS)


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_every_row_says_all_and_names_its_tests(row: list[str]) -> None:
    assert len(row) == len(HEAD)
    assert all(row)
    assert row[2] in CODES
    named = re.findall(r"`(\w+)`", row[3])
    assert named
    assert set(named) <= DEFINED
