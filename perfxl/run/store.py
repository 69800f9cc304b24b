"""What is known of the returns checked so far: one row a file, beside the results.

Only what can be made again stands in it. It is written as the checks come in, so a run that was
stopped goes on where it ended; where it cannot be read it is made anew.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Collection, Iterator
from pathlib import Path
from time import monotonic
from typing import Self, cast

from msgspec import Struct
from msgspec.structs import replace

from perfxl.errors import WriteError
from perfxl.returns.records import Entry, Record, entry_of

NAME = "审核记录.db"
LAYOUT = 2  # of the tables below
_ENTRY = "source, sha256, unit, standing, saved, received, result, year_fits, project"
COLUMNS = f"{_ENTRY}, mark, stamp, record"
KEPT_FOR = 2.0  # seconds a row may wait to be written
_MAKE = """
CREATE TABLE IF NOT EXISTS notes (name TEXT PRIMARY KEY, text TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS returns (
  source TEXT PRIMARY KEY, sha256 TEXT, unit TEXT, standing TEXT, saved TEXT, received TEXT,
  result TEXT, year_fits INTEGER, project TEXT, mark TEXT, stamp TEXT, record BLOB
) WITHOUT ROWID;
"""


class Known(Struct, frozen=True):
    """A return as it was checked: its content, what it was held against, its result's stamp."""

    sha256: str
    mark: str
    result: str
    stamp: str


class Store:
    """The records of one season; a context, writing what is left on its way out."""

    def __init__(self, folder: Path) -> None:
        """Open or make the store in a folder of perfxl's own; raise WriteError where it cannot."""
        self._path = folder / NAME
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._base = self._open()
        except (OSError, sqlite3.Error) as error:
            raise WriteError.of("store-not-writable", path=folder) from error
        self._written = monotonic()
        self.fault: WriteError | None = None

    def _open(self) -> sqlite3.Connection:
        try:
            return _connected(self._path)
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                raise  # locked, read-only, full: not the file's fault
            self._path.unlink()  # damaged, or of another layout: all in it can be made again
            return _connected(self._path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: object, at: object) -> None:
        try:
            if self.fault is None:
                self.flush()
        finally:
            self._base.close()

    def known(self, source: str) -> Known | None:
        """Give what is known of a source."""
        query = "SELECT sha256, mark, result, stamp FROM returns WHERE source = ?"
        row = self._base.execute(query, (source,)).fetchone()
        return Known(*row) if row else None

    def put(self, record: Record, mark: str, stamp: str) -> None:
        """Keep a record; `mark` is what the return was held against, `stamp` its result's state.

        A store that cannot be written keeps nothing more, and `fault` says why: the returns can
        be checked all the same.
        """
        if self.fault is not None:
            return
        try:
            self._put(record, mark, stamp)
        except WriteError as fault:
            self.fault = fault

    def _put(self, record: Record, mark: str, stamp: str) -> None:
        entry = entry_of(record)
        row = (
            *(entry.source, entry.sha256, entry.unit, entry.standing, entry.saved, entry.received),
            *(entry.result, entry.year_fits, entry.project, mark, stamp, _packed(record)),
        )
        self._run("INSERT OR REPLACE INTO returns VALUES (?,?,?,?,?,?,?,?,?,?,?,?)", row)
        if monotonic() - self._written > KEPT_FOR:
            self.flush()

    def keep_only(self, sources: Collection[str]) -> None:
        """Forget the returns that are there no longer."""
        for source in [e.source for e in self.entries() if e.source not in sources]:
            self._run("DELETE FROM returns WHERE source = ?", (source,))

    def note(self, name: str) -> str:
        """Give what was noted under a name, "" where nothing was."""
        query = "SELECT text FROM notes WHERE name = ?"
        row = self._base.execute(query, (name,)).fetchone()
        return row[0] if row else ""

    def put_note(self, name: str, text: str) -> None:
        """Note something under a name."""
        self._run("INSERT OR REPLACE INTO notes VALUES (?, ?)", (name, text))

    def flush(self) -> None:
        """Write what is not written yet; raise WriteError where that fails."""
        if self._base.in_transaction:
            self._run("COMMIT")
        self._written = monotonic()

    def _run(self, statement: str, values: tuple[object, ...] = ()) -> None:
        try:
            if not self._base.in_transaction:
                self._base.execute("BEGIN")
            self._base.execute(statement, values)
        except sqlite3.DatabaseError as error:
            why = "records-locked" if "locked" in str(error) else "records-not-written"
            raise WriteError.of(why, path=self._path) from error

    def entries(self) -> Iterator[Entry]:
        """Give each return in short, in the order of sources."""
        query = f"SELECT {_ENTRY} FROM returns ORDER BY source"  # noqa: S608 - names of ours
        for row in self._base.execute(query):
            yield replace(Entry(*row), year_fits=bool(row[7]))

    def records(self, sources: Collection[str] | None = None) -> Iterator[Record]:
        """Give the records of these sources, or all, in the order of sources, one at a time."""
        # no closing(): a reader that was broken off may end after the store
        for source, packed in self._base.execute("SELECT source, record FROM returns ORDER BY 1"):
            record = _unpacked(packed) if sources is None or source in sources else None
            if record is not None:
                yield record

    def record(self, source: str) -> Record | None:
        """Give the record of a source, None where there is none that can be read."""
        query = "SELECT record FROM returns WHERE source = ?"
        row = self._base.execute(query, (source,)).fetchone()
        return _unpacked(row[0]) if row else None


def _connected(path: Path) -> sqlite3.Connection:
    base = sqlite3.connect(path, isolation_level=None)
    try:
        (layout,) = base.execute("PRAGMA user_version").fetchone()
        if layout not in {0, LAYOUT}:
            raise sqlite3.DatabaseError(f"layout {layout}")
        if layout == 0:  # new; one that is only read is not written to
            base.executescript(f"{_MAKE} PRAGMA user_version = {LAYOUT};")
        _prove(base)
    except sqlite3.Error:
        base.close()
        raise
    return base


def _prove(base: sqlite3.Connection) -> None:
    """Raise DatabaseError where the file is damaged, or its tables are not ours."""
    if base.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
        raise sqlite3.DatabaseError("damaged")
    for columns, table in ((COLUMNS, "returns"), ("name, text", "notes")):
        try:
            base.execute(f"SELECT {columns} FROM {table} LIMIT 0")  # noqa: S608 - names of ours
        except sqlite3.OperationalError as error:
            if "no such" in str(error):
                raise sqlite3.DatabaseError("other tables") from error
            raise


def _packed(record: Record) -> bytes:
    return zlib.compress(json.dumps(record, ensure_ascii=False).encode("utf-8", "surrogatepass"), 1)


def _unpacked(packed: bytes) -> Record | None:
    """Give a record; None where its bytes are damaged: its return is checked again."""
    try:
        text = zlib.decompress(packed).decode("utf-8", "surrogatepass")
        return cast(Record, json.loads(text))
    except (zlib.error, ValueError, TypeError):
        return None
