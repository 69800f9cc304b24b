"""Arrows point one way: cli → workflow → edges → core, and forms know rules, rules no form."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import perfxl

PACKAGE = Path(perfxl.__file__).parent
MODULES = sorted(path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py"))

# Which layer a module is in; a module may import its own layer and those below (later) only.
LAYERS: tuple[tuple[str, ...], ...] = (
    ("__main__.py",),
    ("cli.py",),
    ("console.py",),
    ("season/",),
    ("workflow.py",),
    ("forms/rollup.py", "forms/overview.py", "forms/season_report.py"),
    ("tally.py",),
    ("rollup.py",),
    ("versions.py", "letters.py", "export.py"),
    ("records.py",),
    (
        "output.py",
        "catalogue.py",
        "words.py",
        "usage.py",
        "resources.py",
        "files.py",
        "terminal.py",
    ),
    ("reading/", "render/"),
    ("forms/",),
    ("targets.py", "histories.py", "past_returns.py"),
    ("rules/",),
    ("comparison.py",),
    ("rule.py", "extras.py", "as_read.py"),
    ("agreement/statements.py", "agreement/grids.py"),
    ("agreement/told.py", "agreement/captions.py", "agreement/context.py"),
    ("agreement/names.py", "agreement/headings.py"),
    ("agreement/vocabulary.py",),
    ("agreement/facts.py", "agreement/__init__.py"),
    ("reported.py", "draft.py"),
    ("scoring.py", "layout.py"),
    ("answers.py", "aggregates.py"),
    ("rubric_toml.py",),
    ("rubric_check.py",),
    ("rubric_draft.py",),
    ("judged.py", "choices.py"),
    ("quantities.py",),
    ("wording.py",),
    ("campaign.py",),
    ("register.py",),
    ("mailboxes.py",),
    ("spelling.py", "units.py", "deadlines.py", "telephones.py"),
    ("relations.py", "rubric.py", "model.py", "values.py"),
    ("expr.py",),
    ("origin.py", "inert.py", "manuscript.py"),
    ("__init__.py",),
)
CORE = LAYERS[LAYERS.index(("forms/",)) :]
EDGE_LIBRARIES = {
    "pandas",
    "openpyxl",
    "xlsxwriter",
    "docx",
    "python_calamine",
    "pathlib",
    "os",
    "typer",
}
CLOCKS = {"time", "random"}


def layer(module: str) -> int:
    """Give the number of a module's layer, 0 at the top; every module must be in one."""
    places = [n for n, names in enumerate(LAYERS) for name in names if _in(module, name)]
    assert places, f"{module} is in no layer: say where it belongs"
    return places[0]


def _in(module: str, name: str) -> bool:
    return module.startswith(name) if name.endswith("/") else module == name


def imports(module: str) -> set[str]:
    """Give the dotted names a module imports, those inside functions included."""
    tree = ast.parse((PACKAGE / module).read_text(encoding="utf-8"))
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def own_module(name: str) -> str | None:
    """Give the file of a dotted perfxl name, None where it is no module."""
    path = "/".join(name.split(".")[1:])
    for candidate in (f"{path}.py", f"{path}/__init__.py"):
        if candidate in MODULES:
            return candidate
    return None


@pytest.mark.parametrize("module", MODULES)
def test_arrows_point_down(module: str) -> None:
    for name in imports(module):
        target = own_module(name) if name.startswith("perfxl.") else None
        if target and target != module:
            assert layer(target) >= layer(module), f"{module} must not import {target}"


@pytest.mark.parametrize("module", [m for m in MODULES if any(_in(m, n) for c in CORE for n in c)])
def test_core_is_pure(module: str) -> None:
    outside = {name.split(".")[0] for name in imports(module)}
    assert not outside & (EDGE_LIBRARIES | CLOCKS)


@pytest.mark.parametrize("library", ["xlsxwriter", "docx"])
def test_renderers_alone_import_what_writes(library: str) -> None:
    users = {m for m in MODULES if any(n.split(".")[0] == library for n in imports(m))}
    assert users
    assert all(user.startswith("render/") for user in users)


def test_rules_know_no_form() -> None:
    for module in MODULES:
        if module.startswith("rules/"):
            assert not any(name.startswith("perfxl.forms") for name in imports(module))


def test_help_loads_nothing_heavy() -> None:
    """`--help` must not pay for pandas, xlsxwriter or the core: the command line imports late."""
    program = (
        "import sys; from perfxl import cli; sys.argv = ['perfxl', '--help']\n"
        "try: cli.main()\n"
        "except SystemExit: print(*sorted(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    loaded = set(done.stderr.split())
    assert "perfxl.cli" in loaded
    assert not {name.split(".")[0] for name in loaded} & EDGE_LIBRARIES - {"pathlib", "os", "typer"}
    assert {name for name in loaded if name.startswith("perfxl.")} <= {
        "perfxl.cli",
        "perfxl.inert",
        "perfxl.terminal",
        "perfxl.usage",
        "perfxl.words",
        "perfxl.reading",
        "perfxl.reading.refusals",
    }


def test_one_module_prints() -> None:
    """What is printed elsewhere could carry a unit's control characters to the terminal."""

    def prints(node: ast.AST) -> bool:
        called = node.func if isinstance(node, ast.Call) else None
        return isinstance(called, ast.Name) and called.id == "print"

    trees = {m: ast.parse((PACKAGE / m).read_text(encoding="utf-8")) for m in MODULES}
    printing = {module for module, tree in trees.items() if any(map(prints, ast.walk(tree)))}
    assert printing == {"terminal.py"}
