"""The pages of the rule catalogue are those of today's rules, and every wording is among them."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import gallery
import pytest
from examples import outcome
from msgspec.structs import replace

import perfxl
from perfxl import errors
from perfxl.check.rule import Case, Example, Rule, Severity
from perfxl.cli import catalogue as shown
from perfxl.cli.catalogue import CATALOGUE
from perfxl.expr.cells import Const, Number
from perfxl.expr.logic import Compare, Not
from perfxl.form.faults import Remark, Said, Wrong
from perfxl.form.model import Form
from perfxl.form.relations import Conclusion
from perfxl.returns import workflow
from perfxl.rules import RULES
from perfxl.rules.specimen import specimen

PACKAGE = Path(perfxl.__file__).parent
DOCS = Path(__file__).resolve().parent.parent / "docs"
sys.path.insert(0, str(DOCS))

import catalogue  # noqa: E402


def test_ids_mean_what_they_always_meant() -> None:
    """Each has its page, which the generator writes for this rule alone."""
    pages = {path.stem for path in (DOCS / "rules").glob("[A-Z]??.md")}
    assert pages == {rule.id for rule in CATALOGUE}
    assert list(catalogue.misused(CATALOGUE)) == []


def test_an_id_is_never_given_to_another_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    first, *others = CATALOGUE
    renamed = replace(first, name="another-matter")
    for rules in ([renamed, *others], others):
        (told,) = catalogue.misused(rules)
        assert told.startswith(f"{first.id} is {first.name}: keep it so")
    monkeypatch.setitem(catalogue.RETIRED, first.id, first.name)
    assert list(catalogue.misused(others)) == []
    assert f"{first.id} is that of a rule that is gone" in catalogue.misused(CATALOGUE)


def _no_thirteen(form: Form) -> Iterator[Case]:
    for conclusion in form.of(Conclusion):
        stated = conclusion.stated
        thirteen = Compare("=", Number(stated), Const(Decimal(13)))
        yield Case(stated, Not(thirteen), f"{form.label(stated)} 不是 13", actual=Number(stated))


NEW = Rule(
    id="S99",
    name="score-is-thirteen",
    title="总分是 13",
    severity=Severity.NOTE,
    when="自评总得分填的是 13。",
    message="{label} 填的是 {actual}",
    why="这条规则只为测试而写。",
    fix="换一个数。",
    source="测试",
    good=Example({"conclusion.stated": "12"}),
    bad=Example({"conclusion.stated": "13"}, at="conclusion.stated"),
    cases=_no_thirteen,
)


def test_new_rule_needs_its_record_and_its_fault_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = (*RULES, NEW)
    monkeypatch.setattr(shown, "RETURNS", shown.Stage(specimen(), rules))
    monkeypatch.setattr(gallery, "RULES", rules)
    monkeypatch.setattr(workflow, "rules_of", lambda _: rules)
    monkeypatch.setattr(workflow, "live_form", workflow.live_form.__wrapped__)
    assert outcome(NEW, NEW.good)[0].findings == ()
    assert [f.message for f in outcome(NEW, NEW.bad)[0].findings] == ["自评总得分 填的是 13.00"]
    assert list(catalogue.misused((*CATALOGUE, NEW))) == []
    for page in (catalogue._page(NEW), shown.rule_page(NEW)):
        assert "审核说:自评总得分 填的是 13.00" in "\n".join(page)
    assert shown.rule_data(NEW)["live"]
    fault = gallery.Fault("S99", {"conclusion.score": Decimal(13)}, at="conclusion.score")
    assert ("S99", fault.at) in gallery.found(fault)


@pytest.mark.deep
def test_pages_are_those_of_todays_rules() -> None:
    fresh = catalogue.pages()
    shipped = {f"rules/{path.name}" for path in (DOCS / "rules").glob("*.md")}
    shipped |= {"messages.md", "refusals.md", "form-faults.md"}
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

RAISED = (errors.Unreadable, errors.Unanswered, errors.UsageError, errors.WriteError, errors.Busy)
Kind = type[errors.PerfxlError] | type[Said]
KINDS: tuple[Kind, ...] = (*RAISED, Wrong, Remark)
SAYING = {"errors.py", "form/faults.py"}  # where the messages stand
# what a file was found to be before, and what a rule says of one: told again as it was
AGAIN = {"run/sources.py", "returns/workflow.py"}


@cache
def trees() -> dict[str, list[ast.AST]]:
    """Give the nodes of each module but those with the messages."""
    paths = {path.relative_to(PACKAGE).as_posix(): path for path in PACKAGE.rglob("*.py")}
    return {
        name: list(ast.walk(ast.parse(path.read_text("utf-8"))))
        for name, path in paths.items()
        if name not in SAYING
    }


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_message_is_said_and_none_is_made_up_in_place(kind: Kind) -> None:
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
def test_every_message_says_what_to_do(kind: Kind) -> None:
    for name, message in kind.messages.items():
        assert message.text, name
        assert message.fix.strip() or kind is Remark, name
        assert not message.fix.endswith("。"), name
        (message.text + message.fix).encode("gbk")
