"""What the docs tell people to type exists, and README lists all there is to type."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.main import get_command

from perfxl.cli import commands, words

ROOT = Path(__file__).resolve().parent.parent
READMES = ("README.md", "README.en.md")
DOCS = sorted(
    page.relative_to(ROOT).as_posix()
    for folder in (ROOT, ROOT / "docs", ROOT / "docs" / "manual")
    for page in folder.glob("*.md")
)
# of each command, the spellings of each option
COMMANDS: dict[str, list[set[str]]] = {
    name: [set(one.opts) for one in command.params if one.opts[0].startswith("-")]
    for name, command in get_command(commands.app).commands.items()  # type: ignore[attr-defined]
}
CODE = re.compile(r"```.*?\n(.*?)```|`([^`\n]+)`", re.DOTALL)
CALL = re.compile(r"(?<!from )\bperfxl ([a-z][\w-]*)(.*)")
OPTION = re.compile(r"(?<![\w-])--?[a-z][a-z-]*")


def code(text: str) -> str:
    """Give what a page shows as code."""
    return "\n".join(block or line for block, line in CODE.findall(text))


def calls(text: str) -> list[tuple[str, set[str]]]:
    """Give each command that code names, with the options beside it."""
    return [(name, set(OPTION.findall(rest))) for name, rest in CALL.findall(text)]


@pytest.mark.parametrize("page", DOCS)
def test_what_the_docs_say_to_type_exists(page: str) -> None:
    for name, options in calls(code((ROOT / page).read_text("utf-8"))):
        assert name in COMMANDS, f"{page} names perfxl {name}"
        assert options <= {"--help"}.union(*COMMANDS[name]), (
            f"{page} gives perfxl {name} options it has not"
        )


def test_the_manual_names_every_command() -> None:
    pages = (page for page in DOCS if page not in READMES)
    named = {name for page in pages for name, _ in calls(code((ROOT / page).read_text("utf-8")))}
    assert named >= COMMANDS.keys()


@pytest.mark.parametrize("page", READMES)
def test_readme_lists_every_command_with_its_options(page: str) -> None:
    rows = [line for line in (ROOT / page).read_text("utf-8").splitlines() if line[:2] == "| "]
    listed = dict(calls(code("\n".join(row.split(" | ")[0] for row in rows))))
    assert listed.keys() == COMMANDS.keys()
    for name, options in listed.items():
        missing = [spellings for spellings in COMMANDS[name] if not spellings & options]
        assert not missing, f"{page} lacks options of perfxl {name}"


def test_the_guide_lists_every_command() -> None:
    assert {name for name, _ in calls(words.GUIDE)} == COMMANDS.keys()
