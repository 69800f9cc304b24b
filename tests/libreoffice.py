"""LibreOffice as the referee of our formulas: what a workbook shows once it is recalculated.

    from libreoffice import needs_libreoffice, recalculated, recalculated_all

`recalculated(data)` gives an .xlsx anew with every formula computed afresh; `recalculated_all`
does so with many files in one run, which is far quicker than one by one. Tests that use them are
marked `@needs_libreoffice`: without LibreOffice they are skipped, but fail where the environment
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
from functools import cache
from pathlib import Path

import pytest

REQUIRED = os.environ.get("PERFXL_REQUIRE_LIBREOFFICE") == "1"
PROGRAM = shutil.which("soffice") or shutil.which("libreoffice")
START_SECONDS, FILE_SECONDS = 120, 5  # far beyond what a healthy run takes

needs_libreoffice = pytest.mark.skipif(
    PROGRAM is None and not REQUIRED,
    reason="LibreOffice (soffice) is not installed; PERFXL_REQUIRE_LIBREOFFICE=1 makes this fail",
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
    """Give these workbooks recalculated, in the same order, by a single run of LibreOffice."""
    with tempfile.TemporaryDirectory(prefix="perfxl-referee-") as name:
        before, after = Path(name, "before"), Path(name, "after")
        before.mkdir()
        sources = [before / f"{number:04d}.xlsx" for number in range(len(files))]
        for source, data in zip(sources, files, strict=True):
            source.write_bytes(data)
        said = _convert(sources, after)
        results = [after / source.name for source in sources]
        # LibreOffice ends with 0 even where it could not load or save a file
        missing = [result.name for result in results if not result.exists()]
        assert not missing, f"LibreOffice did not write {missing}: {said}"
        return [result.read_bytes() for result in results]


def _convert(sources: Sequence[Path], folder: Path) -> str:
    if PROGRAM is None:
        pytest.fail("PERFXL_REQUIRE_LIBREOFFICE=1, but soffice is not on the PATH")
    command = [
        PROGRAM,
        f"-env:UserInstallation={_profile().as_uri()}",
        *("--headless", "--norestore", "--convert-to", "xlsx", "--outdir", str(folder)),
        *map(str, sources),
    ]
    # a session of its own, because soffice starts children that outlive it when it is killed
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
def _profile() -> Path:
    """Give a user profile of our own: the user's settings and open windows stay out of it."""
    folder = Path(tempfile.mkdtemp(prefix="perfxl-referee-profile-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    (folder / "user").mkdir()
    settings = folder / "user" / "registrymodifications.xcu"
    settings.write_text(_SETTINGS, encoding="utf-8")
    return folder
