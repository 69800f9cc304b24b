"""The process that reads a single workbook's values, started before anything else.

To import pandas takes as long as all the rest does until its values are needed; so that goes on
beside it, where there is a second processor. Where this process cannot be divided, or the words
typed name no single file, none is started, and the one that checks reads by itself.
"""

from __future__ import annotations

import atexit
from typing import TYPE_CHECKING, Any

from perfxl.errors import Unreadable
from perfxl.run.process import (
    BEGUN,
    DIED,
    FORK,
    LIMITS,
    Lost,
    LostElsewhere,
    divisible,
    interrupts_held,
    started,
)

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

    from perfxl.reading.values import Rows

_reader: tuple[BaseProcess, Connection[Any, Any]] | None = None


def start() -> None:
    """Start the process, which ends with this one, where that can be done safely."""
    if divisible():
        _start()
        atexit.register(end)


def _start() -> None:
    global _reader
    import multiprocessing

    context = multiprocessing.get_context(FORK)
    with interrupts_held():
        _reader = started(context, _read, _begin, (), LIMITS)


def at_hand() -> Connection[Any, Any] | None:
    """Give the pipe to the process, None where there is none."""
    return _reader and _reader[1]


def end() -> None:
    """End the process: it was not needed after all, or is no longer."""
    global _reader
    if _reader is not None:
        process, pipe = _reader
        pipe.close()
        process.kill()
        process.join()
        _reader = None


# ---------------------------------------------------------------- in the process


def _begin() -> None:
    from perfxl.run import engine  # noqa: F401 - imported to be there


def _read(data: bytes) -> dict[str, Rows] | Unreadable:
    from perfxl.reading import values

    try:
        return values.read(data)
    except Unreadable as error:
        return error


# ---------------------------------------------------------------- in the process that checks


class Asked:
    """The process that reads, as the one that checks sees it."""

    def __init__(self, pipe: Connection[Any, Any]) -> None:
        """Take the pipe to it."""
        self._pipe, self._begun = pipe, False

    def read(self, data: bytes) -> dict[str, Rows]:
        """Give the values of each sheet; raise Unreadable, LostElsewhere where none come."""
        try:
            if not self._begun:
                self._begun = self._said() == BEGUN
            self._pipe.send(data)
            found: dict[str, Rows] = self._said()
        except (EOFError, OSError) as error:
            raise LostElsewhere(Lost(DIED)) from error
        return found

    def _said(self) -> Any:
        said = self._pipe.recv()
        if isinstance(said, Lost):
            raise LostElsewhere(said)
        if isinstance(said, Unreadable):
            raise said
        return said
