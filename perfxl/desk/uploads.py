"""What is dropped on a page, kept under names of ours in the desk's temporary folder.

No name from a browser becomes a path: of each only its ending, and whether it is that of a result,
go into ours. What a file is called is told to people again wherever its path would be.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path, PurePosixPath
from typing import IO

from perfxl.returns.places import RESULT_STEM, RESULT_SUFFIX
from perfxl.run.sources import SET_ASIDE, is_kept
from perfxl.text.safe import line

_ENDING = re.compile(r"\.[a-z0-9]{1,5}")
_WITHIN = "in"  # the folder for what came out of folders


class Drop:
    """Some files as they were dropped at once; `paths` are those to check."""

    def __init__(self, folder: Path) -> None:
        """Take the folder they are kept in, which nothing else is."""
        self.folder = folder
        self.paths: list[Path] = []
        self.names: list[str] = []  # what each is called
        self._ours = re.compile(
            rf"{re.escape(str(folder))}[\\/](?:{_WITHIN}[\\/])?(\d+)(?:{RESULT_SUFFIX})?(?:\.\w+)?"
        )

    def take(self, name: str, file: IO[bytes]) -> None:
        """Keep a file; one out of a folder is checked with that folder, as on a command line."""
        way = PurePosixPath(name.replace("\\", "/"))
        if _is_passed_over(way):
            return
        loose = len(way.parts) < 2
        target = self.folder / ("" if loose else _WITHIN) / self._name_of(way)
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as kept:
            shutil.copyfileobj(file, kept)
        self.names.append(line(str(way)))
        asked = target if loose else target.parent
        if asked not in self.paths:
            self.paths.append(asked)

    def _name_of(self, way: PurePosixPath) -> str:
        ending = way.suffix.lower()
        result = RESULT_SUFFIX if RESULT_STEM.search(way.stem) else ""
        return f"{len(self.names):04}{result}{ending if _ENDING.fullmatch(ending) else ''}"

    def called(self, text: str) -> str:
        """Give a text with the files in it called as they were."""
        return self._ours.sub(lambda found: self.names[int(found[1])], text)


def _is_passed_over(way: PurePosixPath) -> bool:
    """Whether a file is one that lies rightly in a folder of returns, and is none."""
    folders = way.parts[:-1]
    hidden = any(name == SET_ASIDE or name.startswith(".") for name in folders)
    return bool(folders) and (hidden or is_kept(way.name))
