"""A disk that refuses one step of writing, or all from one on: put under a command in a test.

A step is what a full disk, a quota or a dead network drive may refuse: a folder or a file made,
bytes written, flushed or forced out, a name put in place, a record or its commit.
"""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import pytest

from perfxl.run.workers import Workers

WRITING = ("INSERT", "DELETE", "COMMIT", "BEGIN")


class Disk:
    """Counts the steps of writing; refuses the one of this number, and `for_good` all after it.

    `taken` are the kinds of the steps so far: what was done, to which sort of file.
    """

    def __init__(self, number: int, for_good: bool = False, error: int = errno.ENOSPC) -> None:
        """Say which step is refused (0: none) and with which error of the system."""
        self.taken: list[str] = []
        self.refused = False
        self._number, self._for_good, self._error = number, for_good, error

    def step(self, kind: str, refusal: Callable[[], Exception] | None = None) -> None:
        """Take a step, or raise what refuses it."""
        self.taken.append(kind)
        if len(self.taken) == self._number or (self.refused and self._for_good):
            self.refused = True
            raise refusal() if refusal else OSError(self._error, os.strerror(self._error))

    @contextmanager
    def under(self) -> Iterator[Self]:
        """Let all that is written go to this disk."""
        with pytest.MonkeyPatch.context() as patch:
            self._put_under(patch)
            yield self

    def _put_under(self, patch: pytest.MonkeyPatch) -> None:
        really_open, make, real_base = Path.open, Path.mkdir, sqlite3.connect

        def opened(path: Path, mode: str = "r", *rest: Any, **more: Any) -> Any:
            if not set(mode) & set("xwa"):
                return really_open(path, mode, *rest, **more)
            self.step(f"open {_sort(path)}")
            return _File(really_open(path, mode, *rest, **more), self, _sort(path))

        def made(path: Path, *rest: Any, **more: Any) -> None:
            if not path.exists():
                self.step(f"make {_sort(path)}")
            make(path, *rest, **more)

        def connected(*rest: Any, **more: Any) -> sqlite3.Connection:
            base: _Base = real_base(*rest, factory=_Base, **more)
            base.disk = self
            return base

        patch.setattr(Path, "open", opened)
        patch.setattr(Path, "mkdir", made)
        patch.setattr(sqlite3, "connect", connected)
        patch.setattr(os, "fsync", self._before(os.fsync, self._forcing))
        patch.setattr(Path, "replace", self._before(Path.replace, _naming))

    def _forcing(self, _handle: int) -> str:
        return f"force out {self.taken[-1].split()[-1]}"  # what was written last

    def _before(self, act: Callable[..., Any], kind: Callable[..., str]) -> Callable[..., Any]:
        def stepping(*arguments: Any) -> Any:
            self.step(kind(*arguments))
            return act(*arguments)

        return stepping


def _naming(_temporary: Path, path: Path) -> str:
    return f"name {_sort(path)}"


def _sort(path: Path) -> str:
    """Give where a file is and what sort it is: files of one sort are written alike."""
    return f"{path.parent.name}/{path.suffix}"


class _File:
    """A file on such a disk."""

    def __init__(self, file: Any, disk: Disk, sort: str) -> None:
        self._file, self._disk, self._sort = file, disk, sort

    def write(self, data: Any) -> Any:
        self._disk.step(f"write {self._sort}")
        return self._file.write(data)

    def flush(self) -> None:
        self._disk.step(f"flush {self._sort}")
        self._file.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


class _Base(sqlite3.Connection):
    """A store on such a disk."""

    disk: Disk

    def execute(self, statement: str, *values: Any) -> sqlite3.Cursor:
        if statement.startswith(WRITING):
            self.disk.step(" ".join(statement.split()[:3]), _full)
        return super().execute(statement, *values)

    def executescript(self, script: str, /) -> sqlite3.Cursor:
        self.disk.step("script", _full)
        return super().executescript(script)


def _full() -> sqlite3.OperationalError:
    return sqlite3.OperationalError("database or disk is full")


# ---------------------------------------------------------------- no processes


class AtOnce:
    """Stands for the processes: does the work here, where what surrounds it is made to fail."""

    def __init__(self, work: Callable[[Any], Any], *setting: Any, **_options: Any) -> None:
        self._work = work
        if len(setting) > 2:
            _, begin, terms = setting[:3]
            begin(*terms)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def start(self, job: Any) -> Any:
        return self._work(job)

    def results(self, steps: Iterator[Any]) -> Iterator[Any]:
        yield from steps


def at_once(patch: pytest.MonkeyPatch) -> None:
    """Have all work done in this process: another one has threads of its own, or none to fork.

    It is also sooner done: for tests of what becomes of the work, not of who does it.
    """
    _done_by(patch, AtOnce)


def in_processes(patch: pytest.MonkeyPatch) -> None:
    """Have work done as it is, in processes, in a test among others that do it at once."""
    _done_by(patch, Workers)


def _done_by(patch: pytest.MonkeyPatch, workers: object) -> None:
    for place in ("run.batch", "season.season", "season.reports.writing"):
        patch.setattr(f"perfxl.{place}.Workers", workers)
