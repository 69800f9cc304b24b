"""What a menu is made of: files of our own, and bits of files that others write too.

All of it can be taken back. The ledger remembers what no file can say of itself: which folders
were not there, and what stood in a shared file before us.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple, Protocol

from perfxl.cli.launch import CHECK, CLICKED, PAGE
from perfxl.disk.files import whole, write_file
from perfxl.errors import WriteError

LABEL = "用 perfxl 审核"
PAGE_LABEL = "自评表审核"  # of the icon that opens the page
PAGE_NOTE = "打开网页"
PROGRAM = ("-P", "-m", "perfxl", CLICKED)
ARGUMENTS, PAGE_ARGUMENTS = (*PROGRAM, *CHECK), (*PROGRAM, PAGE)
OURS = "-m perfxl --clicked"  # in every file of ours, and in no other
UTF8 = {"encoding": "utf-8", "errors": "surrogateescape"}  # others' bytes are kept as they are


class Ledger:
    """What was before us: `made` are places we made, `shared` texts before and after us."""

    def __init__(
        self,
        path: Path,
        made: Iterable[str] = (),
        shared: Mapping[str, tuple[str | None, str]] = MappingProxyType({}),
    ) -> None:
        """Go on with what was noted, to be kept at this place."""
        self.path, self.made, self.shared = path, list(made), dict(shared)

    def will_make(self, *places: str) -> None:
        """Note places that are about to be made, outermost first."""
        new = [place for place in places if place not in self.made]
        if new:
            self.made += new
            self._keep()

    def will_change(self, path: Path, before: str | None, after: str) -> None:
        """Note that a shared file is about to be changed; `before` None where there is none."""
        self.shared[str(path)] = before, after
        self._keep()

    def _keep(self) -> None:
        self.made += [one for one in missing(self.path.parent) if one not in self.made]
        try:
            write_file(self.path, json.dumps({"made": self.made, "shared": self.shared}).encode())
        finally:
            if not self.path.exists():  # nobody would know of its folders
                clear_folders(self.path, self)

    def close(self) -> None:
        """Leave no ledger: all it tells of has been taken back."""
        self.path.unlink(missing_ok=True)
        clear_folders(self.path, self)


def read_ledger(path: Path) -> Ledger:
    """Give the ledger kept in a file; one that cannot be read knows of nothing."""
    try:
        kept = json.loads(path.read_bytes())
        shared = {name: (before, after) for name, (before, after) in kept["shared"].items()}
        return Ledger(path, kept["made"], shared)
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return Ledger(path)


class MenuEntry(Protocol):
    """One thing that is written for a menu."""

    @property
    def place(self) -> str:
        """Where it is, for people to read."""

    @property
    def content(self) -> str:
        """What is written there."""

    def demand_free(self) -> None:
        """Raise WriteError where something that is not ours stands there."""

    def put(self, ledger: Ledger) -> bool:
        """Write it, unless it is there; whether it is there now."""

    def take(self, ledger: Ledger) -> bool:
        """Take it back, and the folders made for it; whether it was there."""


# ---------------------------------------------------------------- folders


def missing(folder: Path) -> list[str]:
    """Give the folders that are not there on the way to this one, outermost first."""
    ways = (folder, *folder.parents)
    return [str(way) for way in reversed(ways) if not os.path.lexists(way)]


def folder_for(path: Path, ledger: Ledger) -> None:
    """Make the folders above a path, noting those that were not there."""
    ledger.will_make(*missing(path.parent))
    path.parent.mkdir(parents=True, exist_ok=True)


def demand_ours(path: Path, *, ours: bool) -> None:
    """Raise WriteError where something stands at a path that is not ours, a link to nowhere too."""
    if os.path.lexists(path) and not ours:
        raise WriteError.of("exists", path=path)


def take_file(path: Path, ledger: Ledger, *, ours: bool) -> bool:
    """Remove a file that is ours, with the folders we made for it, and say whether it was."""
    if ours:
        path.unlink()
    clear_folders(path, ledger)
    return ours


def clear_folders(path: Path, ledger: Ledger) -> None:
    """Remove the folders above a path that we made and nobody uses."""
    for folder in path.parents:
        if str(folder) in ledger.made:
            with suppress(OSError):  # not empty, or not there
                folder.rmdir()


# ---------------------------------------------------------------- files


class OwnFile(NamedTuple):
    """A file that is ours from end to end."""

    path: Path
    content: str
    executable: bool = False

    @property
    def place(self) -> str:
        return str(self.path)

    def demand_free(self) -> None:
        demand_ours(self.path, ours=self._ours())

    def put(self, ledger: Ledger) -> bool:
        data = self.content.encode(**UTF8)
        if not self.path.is_file() or self.path.read_bytes() != data:
            folder_for(self.path, ledger)
            write_file(self.path, data)
        if self.executable:
            self.path.chmod(0o755)
        return True

    def take(self, ledger: Ledger) -> bool:
        return take_file(self.path, ledger, ours=self._ours())

    def _ours(self) -> bool:
        return self.path.is_file() and OURS.encode() in self.path.read_bytes()


class Shared(NamedTuple):
    """Our part of a file that others write too: `merge` puts it into a text, `drop` takes it out.

    The rest of the file is never touched; where nobody has written since, it becomes what it was,
    byte by byte. `start` is what a file begins from that is not there.
    """

    path: Path
    ours: Callable[[], str]
    merge: Callable[[str, str], str]
    drop: Callable[[str], str]
    start: str = ""

    @property
    def place(self) -> str:
        return str(self.path)

    @property
    def content(self) -> str:
        return self.ours()

    def demand_free(self) -> None:
        """It stands beside whatever is there."""

    def put(self, ledger: Ledger) -> bool:
        current = self._read()
        before, known = ledger.shared.get(self.place, (None, None))
        if current is None or current != known:
            before = None if current is None else self.drop(current)
        after = self.merge(self.content, self.start if before is None else before)
        taken_in = self.drop(after) != after
        if taken_in and after != current:
            folder_for(self.path, ledger)
            ledger.will_change(self.path, before, after)
            self._write(after)
        return taken_in

    def take(self, ledger: Ledger) -> bool:
        current = self._read()
        before, known = ledger.shared.get(self.place, (None, None))
        if current != known:  # others have written since
            before = None if current is None else self.drop(current)
        if before is None:
            self.path.unlink(missing_ok=True)
        elif before != current:
            self._write(before)
        clear_folders(self.path, ledger)
        return before != current

    def _read(self) -> str | None:
        return self.path.read_bytes().decode(**UTF8) if self.path.is_file() else None

    def _write(self, text: str) -> None:
        """Write through a link and keep the mode: settings may be kept elsewhere, and private."""
        target = whole(self.path)
        mode = stat.S_IMODE(target.stat().st_mode) if target.exists() else None
        write_file(target, text.encode(**UTF8))
        if mode is not None:
            target.chmod(mode)


class Offer(NamedTuple):
    """What one file manager is given; `note` says where to look for it, or what it does not do."""

    name: str
    entries: tuple[MenuEntry, ...]
    note: str = ""
    label: str = LABEL

    def listed(self) -> Iterator[str]:
        """Give what is written, and where."""
        yield f"{self.name}{f'({self.note})' if self.note else ''}:"
        for entry in self.entries:
            yield f"  {entry.place}"
            yield from (f"    {line}" for line in entry.content.splitlines())
