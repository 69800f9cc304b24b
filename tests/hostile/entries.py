"""One file of the hostile gallery: how it is made, and what the command line must say of it.

Verdicts are either a refusal (status "unreadable", exit code 3, an error code) or a reading with
certain findings. A file may allow more than one where each is safe: never wrong numbers.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct
from msgspec.structs import replace

FIGURES = ("form", "edition", "unit", "year", "totals", "score", "indicators")  # what is read


class Verdict(Struct, frozen=True):
    """What must come of a file: one of these error codes, or a reading (where one is allowed).

    A reading is `honest` where figures are those of the base and findings are exactly `exact`
    (or one of `exact`, where there is a choice); else at least one finding is among `some`, if
    any are named. `says` must stand in the message of a refusal.
    """

    codes: frozenset[str] = frozenset()
    exact: tuple[frozenset[str], ...] = ()
    some: frozenset[str] | None = None
    says: str = ""

    def __or__(self, other: Verdict) -> Verdict:
        some = self.some if other.some is None else (self.some or frozenset()) | other.some
        return replace(
            self, codes=self.codes | other.codes, exact=self.exact + other.exact, some=some
        )

    @property
    def reads(self) -> bool:
        """Whether it may be read."""
        return bool(self.exact) or self.some is not None


def refused(*codes: str, says: str = "") -> Verdict:
    """It cannot be read, for one of these reasons."""
    return Verdict(codes=frozenset(codes), says=says)


def honest(*ids: str) -> Verdict:
    """It is read like the base, with exactly these findings besides."""
    return Verdict(exact=(frozenset(ids),))


def finds(*ids: str) -> Verdict:
    """It is read, figures as they may be, with at least one of these findings (any, if none)."""
    return Verdict(some=frozenset(ids))


class Entry(Struct, frozen=True):
    """A file: its name, why it is here, its bytes, what it must get.

    `grown_to` makes it that long with zeros no disk holds; `needs_office` says that only
    LibreOffice can make it.
    """

    name: str
    why: str
    build: Callable[[], bytes]
    wants: Verdict
    grown_to: int = 0
    needs_office: bool = False
