"""Returns saved anew by other programs: the findings of the original, or one that is true.

SheetJS, exceljs and xlsx-populate are there after `npm ci` in tests/writers, Gnumeric where its
`ssconvert` is; what a machine does not have is skipped.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from functools import cache, partial
from io import BytesIO
from pathlib import Path

import build
import pytest
from gallery import SCALE
from libreoffice import needs_libreoffice, saved_as
from openpyxl import load_workbook

from perfxl import workflow
from perfxl.answers import Address
from perfxl.workflow import Terms

NODE = Path(__file__).parent / "writers"
HAS_NODE = shutil.which("node") is not None and (NODE / "node_modules").exists()
needs_node = pytest.mark.skipif(not HAS_NODE, reason="npm ci has not been run in tests/writers")
needs_gnumeric = pytest.mark.skipif(
    shutil.which("ssconvert") is None, reason="Gnumeric (ssconvert) is not installed"
)
Told = list[tuple[str, str, tuple[Address, ...]]]

# What a program does to a sheet, so that it is true: W15, it takes its protection away.
TRUE = {"W15"}


def by_openpyxl(source: Path, target: Path) -> None:
    buffer = BytesIO()
    load_workbook(source).save(buffer)
    target.write_bytes(buffer.getvalue())


def by_libreoffice(source: Path, target: Path) -> None:
    target.write_bytes(saved_as(source.read_bytes(), target.suffix[1:]))


def by_gnumeric(source: Path, target: Path) -> None:
    subprocess.run(["ssconvert", source, target], check=True, capture_output=True, timeout=300)


def by_node(program: str, source: Path, target: Path) -> None:
    command = ["node", NODE / "save.js", program, source, target]
    subprocess.run(command, check=True, capture_output=True, timeout=300)


WRITERS = [
    pytest.param(by_openpyxl, "xlsx", id="openpyxl-xlsx"),
    *(
        pytest.param(by_libreoffice, kind, id=f"libreoffice-{kind}", marks=needs_libreoffice)
        for kind in ("xlsx", "xls", "ods", "fods")
    ),
    *(
        pytest.param(by_gnumeric, kind, id=f"gnumeric-{kind}", marks=needs_gnumeric)
        for kind in ("xlsx", "xls", "ods")
    ),
    *(
        pytest.param(partial(by_node, "sheetjs"), kind, id=f"sheetjs-{kind}", marks=needs_node)
        for kind in ("xlsx", "xlsb", "xls", "ods", "fods")
    ),
    *(
        pytest.param(partial(by_node, program), "xlsx", id=f"{program}-xlsx", marks=needs_node)
        for program in ("exceljs", "populate")
    ),
]


@cache
def source() -> bytes:
    """Give the sample with findings of many kinds."""
    return build.workbook("xinhua_2022")


def told(name: str, data: bytes) -> Told:
    """Give the findings of a file that are the unit's: what, said how, where."""
    checked = workflow.check_bytes(Path(name), data, Terms(SCALE))
    assert checked.error is None, checked.error
    assert checked.outcome is not None
    findings = (one for one in checked.outcome.findings if one.rule.id not in TRUE)
    return [(one.rule.id, one.message, one.places) for one in findings]


@pytest.mark.parametrize(("save", "kind"), WRITERS)
def test_findings_are_those_of_the_original(
    save: Callable[[Path, Path], None], kind: str, tmp_path: Path
) -> None:
    original, saved = tmp_path / "book.xlsx", tmp_path / f"saved.{kind}"
    original.write_bytes(source())
    save(original, saved)
    assert told(saved.name, saved.read_bytes()) == told(original.name, source())
