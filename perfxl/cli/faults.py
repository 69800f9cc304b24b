"""The log of our own faults: its details are for who maintains the program, not for the clerk."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from perfxl import __version__
from perfxl.cli import words
from perfxl.text.safe import shown

LOG_NAME = "perfxl-错误日志.txt"


def fault_line(details: str) -> str:
    """Keep the details of a fault in a log, and give the line that says so."""
    with suppress(OSError):
        return words.OUR_FAULT.format(log=_logged(Path.cwd(), details))
    import tempfile

    with suppress(OSError):
        return words.OUR_FAULT.format(log=_logged(Path(tempfile.gettempdir()), details))
    return words.OUR_FAULT_UNKEPT.format(what=details.strip().rpartition("\n")[2])


def _logged(folder: Path, details: str) -> Path:
    log = folder / LOG_NAME
    with log.open("a", encoding="utf-8", errors="backslashreplace") as file:
        file.write(shown(f"perfxl {__version__}\n{details}\n"))
    return log
