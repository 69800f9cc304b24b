"""Arrows between packages point one way, from the command line down to expressions."""

from __future__ import annotations

import ast
import subprocess
import sys
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import perfxl
from perfxl.forms.shipped import form_of
from perfxl.returns.workflow import load_rubric

PACKAGE = Path(perfxl.__file__).parent
MODULES = sorted(path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py"))

# The packages from top to bottom: each may import those after it, none before it.
PACKAGES = (
    "__main__",
    "cli",
    "desk",
    "season",
    "targets",
    "settings",
    "run",
    "returns",
    "rules",
    "report",
    "forms",
    "rubric",
    "render",
    "reading",
    "disk",
    "check",
    "form",
    "text",
    "expr",
    "errors",
    "__init__",
)
PURE = {"rules", "report", "forms", "rubric", "check", "form", "text", "expr", "errors"}
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
pytestmark = pytest.mark.xdist_group("architecture")  # each module is taken apart but once


def package(module: str) -> str:
    """Give the name at the top that a module belongs to."""
    return module.removesuffix(".py").split("/")[0]


@cache
def nodes(module: str) -> list[ast.AST]:
    """Give all nodes of a module's tree."""
    return list(ast.walk(ast.parse((PACKAGE / module).read_text(encoding="utf-8"))))


@cache
def imports(module: str) -> set[str]:
    """Give the dotted names a module imports, those inside functions included."""
    found: set[str] = set()
    for node in nodes(module):
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


MOST_AT_THE_TOP = 21  # more, and nobody sees at a glance where to look


def test_every_name_at_the_top_is_known() -> None:
    assert {package(module) for module in MODULES} == set(PACKAGES)
    assert len(PACKAGES) <= MOST_AT_THE_TOP


@pytest.mark.parametrize("module", MODULES)
def test_arrows_point_down(module: str) -> None:
    for name in imports(module):
        target = own_module(name) if name.startswith("perfxl.") else None
        if target:
            place, other = (PACKAGES.index(package(one)) for one in (module, target))
            assert place <= other, f"{module} must not import {target}"


def test_modules_of_a_package_import_each_other_one_way() -> None:
    """An import inside a function would hide a circle until it is called."""
    arrows = {m: {own_module(name) for name in imports(m)} - {None, m} for m in MODULES}
    TopologicalSorter(arrows).prepare()


@pytest.mark.parametrize("module", [m for m in MODULES if package(m) in PURE])
def test_core_is_pure(module: str) -> None:
    outside = {name.split(".")[0] for name in imports(module)}
    assert not outside & (EDGE_LIBRARIES | CLOCKS)


@pytest.mark.parametrize("library", ["xlsxwriter", "docx"])
def test_renderers_alone_import_what_writes(library: str) -> None:
    users = {m for m in MODULES if any(n.split(".")[0] == library for n in imports(m))}
    assert users
    assert all(user.startswith("render/") for user in users)


def test_records_are_made_in_one_way() -> None:
    assert not {m for m in MODULES if "dataclasses" in {n.split(".")[0] for n in imports(m)}}


def test_rules_know_no_form() -> None:
    for module in MODULES:
        if module.startswith("rules/"):
            assert not any(name.startswith("perfxl.forms") for name in imports(module))


def test_help_loads_nothing_heavy() -> None:
    """`--help` must not pay for pandas, xlsxwriter or the core: the command line imports late."""
    program = (
        "import sys; from perfxl.cli import program; sys.argv = ['perfxl', '--help']\n"
        "try: program.main()\n"
        "except SystemExit: print(*sorted(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    loaded = set(done.stderr.split())
    assert "perfxl.cli.commands" in loaded
    assert not {name.split(".")[0] for name in loaded} & EDGE_LIBRARIES - {"pathlib", "os", "typer"}
    ours = {name.removeprefix("perfxl.") for name in loaded if name.startswith("perfxl.")}
    modules = {"cli.program", "cli.commands", "cli.faults", "cli.usage", "cli.words", "cli.launch"}
    modules |= {"cli.interrupts", "disk.terminal", "errors", "text.safe"}
    assert ours <= modules | {name.split(".")[0] for name in modules}


def test_one_module_prints() -> None:
    """What is printed elsewhere could carry a unit's control characters to the terminal."""

    def prints(node: ast.AST) -> bool:
        called = node.func if isinstance(node, ast.Call) else None
        return isinstance(called, ast.Name) and called.id == "print"

    printing = {module for module in MODULES if any(map(prints, nodes(module)))}
    assert printing == {"disk/terminal.py"}


# where a form is declared: the ones we ship, and the small one of the rules' examples
DECLARING = ("forms/", "rules/specimen.py")


def test_one_place_names_the_shipped_form() -> None:
    shipped = {own_module(f"perfxl.forms.{name}") for name in ("department_2022", "mentions_2022")}
    users = {m for m in MODULES if {own_module(name) for name in imports(m)} & shipped}
    assert users == {"forms/shipped.py", "forms/department_2022.py"}


def test_no_block_of_the_shipped_form_is_named_outside() -> None:
    blocks = set(form_of(load_rubric(None)).blocks)

    def names_one(node: ast.expr) -> bool:
        match node:
            case ast.Call(func=ast.Name("Key"), args=[ast.Constant(str(block)), *_]):
                return block in blocks
            case ast.Call(func=ast.Attribute(attr="parse"), args=[ast.Constant(str(text)), *_]):
                return text.partition(".")[0] in blocks
            case ast.Subscript(ast.Attribute(attr="blocks"), ast.Constant(str(block))):
                return block in blocks
        return False

    for module in MODULES:
        found = [n.lineno for n in nodes(module) if isinstance(n, ast.expr) and names_one(n)]
        assert not found or module.startswith(DECLARING), f"{module} {found}"
