"""The pages of the rule catalogue are those of today's rules, and every wording is among them."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import perfxl
from perfxl import catalogue as shown
from perfxl import errors
from perfxl.catalogue import CATALOGUE
from perfxl.check.rule import Rule
from perfxl.rules import RULES

PACKAGE = Path(perfxl.__file__).parent
DOCS = Path(__file__).resolve().parent.parent / "docs"
sys.path.insert(0, str(DOCS))

import catalogue  # noqa: E402


@pytest.mark.deep
def test_pages_are_those_of_todays_rules() -> None:
    fresh = catalogue.pages()
    shipped = {f"rules/{path.name}" for path in (DOCS / "rules").glob("*.md")}
    shipped |= {"messages.md", "refusals.md"}
    assert shipped == fresh.keys(), "run python docs/catalogue.py"
    stale = [path for path, text in fresh.items() if (DOCS / path).read_text("utf-8") != text]
    assert stale == [], "run python docs/catalogue.py"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_every_wording_of_a_rule_is_printed(rule: Rule) -> None:
    """Both the message of one finding and that of several like ones."""
    text = (DOCS / "messages.md").read_text("utf-8")
    own = text.split(f"## {rule.id} ")[1].split("\n## ")[0]
    for wording in filter(None, (rule.message, rule.grouped)):
        fixed = [re.escape(part) for part in re.split(r"\{\w+\}", wording)]
        assert re.search(f"^- {'.*'.join(fixed)}", own, re.MULTILINE), wording


@pytest.mark.parametrize("rule", CATALOGUE, ids=lambda rule: rule.id)
def test_console_page_says_it_all(rule: Rule) -> None:
    page = "\n".join(shown.rule_page(rule))
    for text in (rule.when, rule.why, rule.fix, rule.source):
        assert text in page
    assert ("审核说:" in page) == (not rule.bad.damage)


def test_catalogue_as_data() -> None:
    command = [sys.executable, "-m", "perfxl", "rules", "--json"]
    told: list[dict[str, Any]] = json.loads(subprocess.check_output(command))
    assert [entry["id"] for entry in told] == [rule.id for rule in CATALOGUE]
    needed = {"id", "name", "title", "severity", "live", "when", "message", "why", "fix", "source"}
    assert all(needed <= entry.keys() for entry in told)
    assert {entry["severity"] for entry in told} == {"error", "verify", "note"}
    assert {entry["live"] for entry in told} == {True, False}


# ---------------------------------------------------------------- what is raised

KINDS = (errors.Unreadable, errors.Unanswered, errors.UsageError, errors.WriteError, errors.Busy)
# what a file was found to be before, and what a rule says of one: told again as it was
AGAIN = {"run/sources.py", "returns/workflow.py"}


@cache
def trees() -> dict[str, list[ast.AST]]:
    """Give the nodes of each module but the one with the messages."""
    paths = {path.relative_to(PACKAGE).as_posix(): path for path in PACKAGE.rglob("*.py")}
    return {
        name: list(ast.walk(ast.parse(path.read_text("utf-8"))))
        for name, path in paths.items()
        if name != "errors.py"
    }


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_message_is_said_and_none_is_made_up_in_place(kind: type[errors.PerfxlError]) -> None:
    said: set[object] = set()
    for module, nodes in trees().items():
        said |= {node.value for node in nodes if isinstance(node, ast.Constant)}
        for call in (node for node in nodes if isinstance(node, ast.Call)):
            match call:
                case ast.Call(ast.Name(kind.__name__)):
                    assert module in AGAIN, f"{module} says what is in no catalogue"
                case ast.Call(
                    ast.Attribute(ast.Name(kind.__name__), "of"), [ast.Constant(name), *_]
                ):
                    assert name in kind.messages, f"{module} says what is in no catalogue"
    assert kind.messages.keys() <= said, "nobody says it any more"


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_message_says_what_to_do(kind: type[errors.PerfxlError]) -> None:
    for name, message in kind.messages.items():
        assert message.text, name
        assert message.fix.strip(), name
        assert not message.fix.endswith("。"), name
        (message.text + message.fix).encode("gbk")
