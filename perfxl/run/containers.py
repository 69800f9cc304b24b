"""What holds members: archives and saved mails, with names as Chinese programs write them.

They are only looked through, never unpacked to disk: no name in them becomes a path.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from typing import TypeVar

ZIP, MAIL = ".zip", ".eml"
DEEPEST = 3  # an archive in a mail in an archive
# Looking through them is done by the run's own process, so it is bounded here, in `archives`,
# `mails` and `sources`: one archive or mail takes it seconds and less than 500 MB.
NAMELESS = "没有名字的文件"
OLD_NAMES = "gb18030"  # how programs in Chinese Windows spell names

T = TypeVar("T")


class Container:
    """What holds members: their names with the time they bear ("" where none), their bytes."""

    def members(self) -> Iterator[tuple[str, str]]:
        """Give name and time of each member that is a file."""
        raise NotImplementedError

    def cost(self, member: str) -> int:
        """Give how many bytes at most must be unpacked to read a member."""
        return 0

    def read(self, member: str) -> bytes:
        """Give the bytes of a member; raise Unreadable where there are none to be had."""
        raise NotImplementedError


def uniquely_named(named: Iterable[tuple[str, T]]) -> dict[str, T]:
    """Give what bears these names by them; of several of one name, the others numbered."""
    found: dict[str, T] = {}
    numbers: dict[str, int] = {}  # the last one given to a name
    for name, thing in named:
        free, suffix = name, PurePosixPath(name).suffix
        while free in found:
            numbers[name] = numbers.get(name, 1) + 1
            free = f"{name.removesuffix(suffix)}({numbers[name]}){suffix}"
        found[free] = thing
    return found
