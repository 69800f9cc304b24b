"""What is dropped on a page, kept under names of ours in the desk's temporary folder.

No name from a browser becomes a path: of each only its ending, and whether it is that of a result,
go into ours. What a file is called is told to people again wherever its path would be.
"""

from __future__ import annotations

import re
import secrets
import shutil
from pathlib import Path, PurePosixPath
from typing import IO

from perfxl.returns.places import RESULT_STEM, RESULT_SUFFIX
from perfxl.run.sources import SET_ASIDE, is_kept
from perfxl.text.safe import line

_ENDING = re.compile(r"\.[a-z0-9]{1,5}")
_WITHIN = "in"  # the folder for what came out of folders


class Uploads:
    """All files that were dropped since the desk was opened, numbered as they came."""

    def __init__(self, folder: Path) -> None:
        """Take the folder they are kept in, which nothing else is."""
        self.folder = folder
        self.names: list[str] = []  # what each was called
        self._ours = re.compile(
            rf"{re.escape(str(folder))}[\\/]\w+[\\/](?:{_WITHIN}[\\/])?"
            rf"(\d+)(?:{RESULT_SUFFIX})?(?:\.\w+)?"
        )

    def drop(self) -> Drop:
        """Give room for files that are dropped at once."""
        folder = self.folder / secrets.token_hex(8)
        folder.mkdir(mode=0o700)
        return Drop(self, folder)

    def called(self, text: str) -> str:
        """Give a text with the files in it called as they were."""
        return self._ours.sub(lambda found: self.names[int(found[1])], text)


class Drop:
    """Some files as they were dropped at once; `paths` are those to check."""

    def __init__(self, uploads: Uploads, folder: Path) -> None:
        """Take where they are numbered, and the folder they are kept in."""
        self.folder, self._uploads = folder, uploads
        self.names: list[str] = []
        self.paths: list[Path] = []

    def take(self, name: str, file: IO[bytes]) -> None:
        """Keep a file; one out of a folder is checked with that folder, as on a command line."""
        way = PurePosixPath(name.replace("\\", "/"))
        if _is_passed_over(way):
            return
        inside = self.folder / _WITHIN if len(way.parts) > 1 else self.folder
        kept = self.keep(way, file, inside)
        asked = kept if inside == self.folder else inside
        if asked not in self.paths:
            self.paths.append(asked)

    def keep(self, way: PurePosixPath, file: IO[bytes], folder: Path | None = None) -> Path:
        """Keep a file without having it checked, and give where."""
        number = len(self._uploads.names)
        self._uploads.names.append(line(str(way)))
        self.names.append(self._uploads.names[-1])
        target = (folder or self.folder) / _our_name(number, way)
        target.parent.mkdir(exist_ok=True)
        with target.open("xb") as kept:
            shutil.copyfileobj(file, kept)
        return target


def _our_name(number: int, way: PurePosixPath) -> str:
    ending = way.suffix.lower()
    result = RESULT_SUFFIX if RESULT_STEM.search(way.stem) else ""
    return f"{number:04}{result}{ending if _ENDING.fullmatch(ending) else ''}"


def _is_passed_over(way: PurePosixPath) -> bool:
    """Whether a file is one that lies rightly in a folder of returns, and is none."""
    folders = way.parts[:-1]
    hidden = any(name == SET_ASIDE or (name.startswith(".") and name != "..") for name in folders)
    return bool(folders) and (hidden or is_kept(way.name))
