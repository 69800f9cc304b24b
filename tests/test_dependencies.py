"""What we take from other libraries that they do not promise: a new version changes it aloud.

Everything private of theirs that the code relies on is listed here with the fingerprint of its
source, and pyproject.toml keeps to the versions in which it is so.
"""

from __future__ import annotations

import hashlib
import importlib
import inspect
import os
import pkgutil
import tomllib
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import perfxl
from perfxl.cli import commands
from perfxl.reading.values import PANIC

ROOT = Path(__file__).resolve().parent.parent
XLSXWRITER, DOCX, TYPER, OPENPYXL = "xlsxwriter", "python-docx", "typer", "openpyxl"
# what it is, what of ours relies on it, the fingerprint of its source
PRIVATE = (
    (XLSXWRITER, "xlsxwriter.worksheet:Worksheet._write_cell", "PlainWorksheet", "6a6bf618822e"),
    (
        *(XLSXWRITER, "xlsxwriter.worksheet:Worksheet._write_hyperlinks"),
        *("PlainWorksheet", "988e839e8e70"),
    ),
    (
        *(XLSXWRITER, "xlsxwriter.worksheet:Worksheet._check_dimensions"),
        *("PlainWorksheet", "a163d4c7aadf"),
    ),
    (
        *(XLSXWRITER, "xlsxwriter.worksheet:Worksheet._calculate_spans"),
        *("PlainWorksheet", "e516337b545b"),
    ),
    (XLSXWRITER, "xlsxwriter.format:Format._get_xf_index", "PlainWorksheet", "7dffcfd4f1ca"),
    (
        *(OPENPYXL, "openpyxl.worksheet.worksheet:Worksheet._clean_merge_range"),
        *("reading/drawing.py: _Whole", "07d06b5cdf7e"),
    ),
    (
        *(OPENPYXL, "openpyxl.reader.excel:ExcelReader.read_worksheets"),
        *("reading/drawing.py: _Reader", "9aa284a40819"),
    ),
    (XLSXWRITER, "xlsxwriter.workbook:Workbook._get_packager", "_SealedBook", "3238dd778ffe"),
    (
        XLSXWRITER,
        "xlsxwriter.packager:Packager._create_package",
        "_SealingPackager",
        "12cdd6d14e05",
    ),
    (DOCX, "docx.text.paragraph:Paragraph.__init__", "render/document.py: _p", "c74e203a9d3a"),
    (DOCX, "docx.text.run:Run.__init__", "render/document.py: _r", "1c0ba578d2c6"),
    (DOCX, "docx.table:_Cell.__init__", "render/document.py: _tc", "cdea9eaae480"),
    (DOCX, "docx.table:_Row.__init__", "render/document.py: _tr", "365fdb0a352c"),
    (DOCX, "docx.section:Section.__init__", "render/official.py: _sectPr", "1dcf3e3b5b67"),
)
CELLS = {
    "CellFormulaTuple": ("formula", "format", "value"),
    "CellStringTuple": ("string", "format"),
    "CellNumberTuple": ("number", "format"),
    "CellBlankTuple": ("format",),
}
TOLD = (
    "{library} {version} 改了私有的 {name},perfxl 的 {ours} 依赖它(现指纹 {found},原 {known})。"
    "先对照两版的源码看 perfxl 是否还对(tests/test_rendering.py、test_document.py 要全通过),"
    "再改这里的指纹和 pyproject.toml 里 {library} 的范围;来不及看,就把上限改到这一版以下。"
)


def found_at(name: str) -> object:
    module, _, path = name.partition(":")
    thing: object = importlib.import_module(module)
    for part in path.split("."):
        thing = getattr(thing, part, None)
    return thing


def fingerprint(thing: object) -> str:
    """Give what changes with the code of a thing, not with its layout; "" of what is not there."""
    source = inspect.getsource(thing) if thing else ""  # type: ignore[arg-type]
    return hashlib.sha256("".join(source.split()).encode()).hexdigest()[:12] if source else "没有了"


@pytest.mark.parametrize(
    ("library", "name", "ours", "known"), PRIVATE, ids=[name for _, name, *_ in PRIVATE]
)
def test_what_is_private_is_as_it_was_tested(
    library: str, name: str, ours: str, known: str
) -> None:
    found = fingerprint(found_at(name))
    assert found == known, TOLD.format(
        library=library, version=version(library), name=name, ours=ours, found=found, known=known
    )


@pytest.mark.parametrize("name", CELLS)
def test_cells_hold_what_they_held(name: str) -> None:
    fields = getattr(found_at(f"xlsxwriter.worksheet:{name}"), "_fields", None)
    assert fields == CELLS[name], TOLD.format(
        library=XLSXWRITER, version=version(XLSXWRITER), name=name,
        ours="render/cells.py: _xml", found=fields, known=CELLS[name],
    )  # fmt: skip


def test_the_error_of_usage_is_where_it_was() -> None:
    name = commands.USAGE_ERROR.__name__
    assert name == "UsageError", TOLD.format(
        library=TYPER, version=version(TYPER), name="BadParameter.__mro__[1]",
        ours="cli.USAGE_ERROR", found=name, known="UsageError",
    )  # fmt: skip


def test_a_panic_of_the_engine_is_called_as_it_was() -> None:
    """The name stands in the binary of the engine: no other way to ask but to make it panic."""
    import python_calamine

    parts = Path(python_calamine.__file__).parent.iterdir()
    (binary,) = (part for part in parts if part.suffix in {".so", ".pyd"})
    assert PANIC.encode() in binary.read_bytes(), TOLD.format(
        library="python-calamine", version=version("python-calamine"), name="PanicException",
        ours="reading/values.py: PANIC", found="没有了", known=PANIC,
    )  # fmt: skip


def requirements() -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    texts = (*project["dependencies"], *extras["report"], *extras["desk"])
    return [Requirement(text) for text in texts]


@pytest.mark.parametrize("required", requirements(), ids=lambda one: one.name)
def test_versions_are_bounded_and_ours_is_among_them(required: Requirement) -> None:
    assert required.specifier.contains(version(required.name)), required
    bounded = any(one.operator == "<" for one in required.specifier)
    assert bounded, f"pyproject.toml:{required.name} 没有上限"


def overridden() -> Iterator[str]:
    """Give the private methods of classes of others that classes of ours define anew."""
    for info in pkgutil.walk_packages(perfxl.__path__, "perfxl."):
        for _, ours in inspect.getmembers(importlib.import_module(info.name), inspect.isclass):
            if not ours.__module__.startswith("perfxl"):
                continue
            for base in ours.__mro__[1:]:
                if not base.__module__.startswith(("perfxl", "builtins", "enum", "typing")):
                    methods = (n for n, one in vars(ours).items() if inspect.isfunction(one))
                    names = {n for n in methods if n.startswith("_") and not n.endswith("__")}
                    yield from (
                        f"{base.__module__}:{base.__qualname__}.{name}"
                        for name in names & vars(base).keys()
                    )


def test_every_private_method_overridden_is_listed() -> None:
    found = set(overridden())
    assert found == {
        "xlsxwriter.worksheet:Worksheet._calculate_spans",
        "xlsxwriter.worksheet:Worksheet._write_cell",
        "xlsxwriter.worksheet:Worksheet._write_hyperlinks",
        "xlsxwriter.workbook:Workbook._get_packager",
        "xlsxwriter.packager:Packager._create_package",
    }
    assert found <= {name for _, name, *_ in PRIVATE}


@pytest.mark.xdist_group("together")
def test_a_group_of_tests_stays_in_one_process(request: pytest.FixtureRequest) -> None:
    """Else each process makes anew what a group shares: pytest 9.2 and pytest-xdist 3.8 do so."""
    apart = os.environ.get("PYTEST_XDIST_WORKER") and not request.node.nodeid.endswith("@together")
    assert not apart, "pytest-xdist no longer groups tests under this pytest: bound it in pyproject"
