"""LibreOffice as the referee of our formulas: what a workbook shows once it is recalculated.

    from libreoffice import needs_libreoffice, recalculated, recalculated_all

`recalculated(data)` gives an .xlsx anew with every formula computed afresh; `recalculated_all`
does so with many files in few runs, far quicker than one by one. Tests that use them are marked
`@needs_libreoffice`: without LibreOffice they are skipped, but fail where the environment
says PERFXL_REQUIRE_LIBREOFFICE=1, so that a build server cannot lose its referee unnoticed.
"""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import pytest

REQUIRED = os.environ.get("PERFXL_REQUIRE_LIBREOFFICE") == "1"
PROGRAM = shutil.which("soffice") or shutil.which("libreoffice")
RUNS = min(4, os.cpu_count() or 1)
START_SECONDS, FILE_SECONDS = 120, 5  # far beyond what a healthy run takes

needs_libreoffice = pytest.mark.skipif(
    PROGRAM is None and not REQUIRED,
    reason="LibreOffice (soffice) is not installed; PERFXL_REQUIRE_LIBREOFFICE=1 makes this fail",
)


def _has_writer() -> bool:
    """Whether the part for text documents is there; Linux packages come apart."""
    folder = Path(PROGRAM).resolve().parent if PROGRAM else Path()
    return PROGRAM is not None and (os.name != "posix" or any(folder.glob("libswlo.*")))


needs_writer = pytest.mark.skipif(
    not REQUIRED and not _has_writer(),
    reason="LibreOffice Writer is not installed; PERFXL_REQUIRE_LIBREOFFICE=1 makes this fail",
)

# LibreOffice believes the results stored in a file that says it is from Excel, as ours do,
# unless it is told to recalculate always (0).
_SETTINGS = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load">
<prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop>
</item>
</oor:items>
"""


def recalculated(data: bytes) -> bytes:
    """Give this workbook as LibreOffice saves it after recalculating every formula."""
    return recalculated_all([data])[0]


def recalculated_all(files: Sequence[bytes]) -> list[bytes]:
    """Give these workbooks recalculated, in the same order, by one LibreOffice per core."""
    runs = min(RUNS, len(files))
    with ThreadPoolExecutor(RUNS) as pool:
        shares = list(pool.map(_recalculated, range(runs), (files[n::runs] for n in range(runs))))
    return [shares[n % runs][n // runs] for n in range(len(files))]


def saved_as(data: bytes, kind: str, of: str = "xlsx") -> bytes:
    """Give this file as LibreOffice saves it in another format; both are named by their suffix."""
    with tempfile.TemporaryDirectory(prefix="perfxl-referee-") as name:
        source, after = Path(name, f"book.{of}"), Path(name, "after")
        source.write_bytes(data)
        said = _convert([source], after, _profile(0), kind)
        result = after / f"book.{kind}"
        assert result.exists(), f"LibreOffice did not write {result.name}: {said}"
        return result.read_bytes()


def printed(data: bytes, kind: str = "docx") -> list[str]:
    """Give the text of each page of a file as LibreOffice prints it."""
    command = ["pdftotext", "-layout", "-", "-"]
    told = subprocess.run(command, input=saved_as(data, "pdf", kind), capture_output=True)
    return told.stdout.decode().split("\f")[:-1]


def _recalculated(run: int, files: Sequence[bytes]) -> list[bytes]:
    with tempfile.TemporaryDirectory(prefix="perfxl-referee-") as name:
        before, after = Path(name, "before"), Path(name, "after")
        before.mkdir()
        sources = [before / f"{number:04d}.xlsx" for number in range(len(files))]
        for source, data in zip(sources, files, strict=True):
            source.write_bytes(data)
        said = _convert(sources, after, _profile(run))
        results = [after / source.name for source in sources]
        # LibreOffice ends with 0 even where it could not load or save a file
        missing = [result.name for result in results if not result.exists()]
        assert not missing, f"LibreOffice did not write {missing}: {said}"
        return [result.read_bytes() for result in results]


def _convert(sources: Sequence[Path], folder: Path, profile: Path, kind: str = "xlsx") -> str:
    if PROGRAM is None:
        pytest.fail("PERFXL_REQUIRE_LIBREOFFICE=1, but soffice is not on the PATH")
    command = [
        PROGRAM,
        f"-env:UserInstallation={profile.as_uri()}",
        *("--headless", "--norestore", "--convert-to", kind, "--outdir", str(folder)),
        *map(str, sources),
    ]
    # a process group of its own: soffice starts children that would outlive it when it is killed
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    seconds = START_SECONDS + FILE_SECONDS * len(sources)
    try:
        return process.communicate(timeout=seconds)[0]
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        pytest.fail(f"LibreOffice did not finish {len(sources)} files within {seconds} s")


@cache
def _profile(run: int) -> Path:
    """Give a user profile of our own: the user's settings and open windows stay out of it.

    Two runs at a time need two, as a second start with the same one only hands its files over.
    """
    folder = Path(tempfile.mkdtemp(prefix=f"perfxl-referee-{run}-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    (folder / "user").mkdir()
    settings = folder / "user" / "registrymodifications.xcu"
    settings.write_text(_SETTINGS, encoding="utf-8")
    return folder
