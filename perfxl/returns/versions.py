"""Several returns of one unit, or of one of its projects: which of them counts.

The one saved last counts, by the time the file itself states (it travels with the file, whatever
is copied, packed or mailed); where it states none, by the time it was received. At the same time
the one received later counts, then the one whose path comes last. A file that cannot be read
never takes the place of one that can, nor one of another year that of one of this year.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from operator import itemgetter

from msgspec import Struct

from perfxl.form.identity import WRITTEN
from perfxl.form.register import Unit, bare
from perfxl.returns.records import UNREADABLE, Entry

_LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)


class Versions(Struct, frozen=True):
    """The returns by unit and project, the one that counts first; and those of no unit.

    `of_units` has them by the unit's code and what tells the project from others, "" where a unit
    reports once for all.
    """

    of_units: Mapping[tuple[str, str], Sequence[Entry]]
    strays: Sequence[Entry]

    @property
    def counting(self) -> frozenset[str]:
        """The sources of the returns that count."""
        return frozenset(entries[0].source for entries in self.of_units.values())

    def of_each(self, units: Iterable[Unit]) -> Iterator[tuple[Unit, Sequence[Entry]]]:
        """Give the returns of each of these units, project by project, () where there are none.

        Of two units of one code the first has them.
        """
        left: dict[str, list[Sequence[Entry]]] = {}
        for (code, _), entries in sorted(self.of_units.items(), key=itemgetter(0)):
            left.setdefault(code, []).append(entries)
        for unit in units:
            for entries in left.pop(unit.code, [()]):
                yield unit, entries


def versions(entries: Iterable[Entry]) -> Versions:
    """Give the returns by unit and project, the latest first."""
    of_units: dict[tuple[str, str], list[Entry]] = {}
    strays: list[Entry] = []
    for entry in entries:
        if entry.unit is None:
            strays.append(entry)
        else:
            of_units.setdefault((entry.unit, bare(entry.project)), []).append(entry)
    for found in of_units.values():
        found.sort(key=_rank, reverse=True)
    return Versions(of_units, sorted(strays, key=lambda entry: entry.source))


def _rank(entry: Entry) -> tuple[bool, bool, datetime, datetime, str]:
    received = moment(entry.received) or _LONG_AGO
    saved = None if entry.saved == WRITTEN else moment(entry.saved)
    readable = entry.standing != UNREADABLE
    return readable, entry.year_fits, saved or received, received, entry.source


def moment(text: str) -> datetime | None:
    """Give the time an ISO 8601 text states, in UTC where it names no zone; None where none."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
