"""Many returns at once: in processes of their own, and only those that have changed.

One file never stops the others: what is wrong with it stands in its record.
"""

from __future__ import annotations

import hashlib
import os
import pickle
from collections.abc import Callable, Collection, Generator, Iterator, Sequence
from functools import cache, cached_property
from pathlib import Path

from msgspec import Struct, field
from msgspec.structs import replace

from perfxl import __version__
from perfxl.disk.files import alike
from perfxl.errors import Unreadable, UsageError
from perfxl.reading.intake import stated
from perfxl.returns.places import result_name, result_of
from perfxl.returns.records import UNREADABLE, Record
from perfxl.returns.workflow import Terms
from perfxl.rubric.toml import fingerprint as rubric_mark
from perfxl.rules.plausibility import C06
from perfxl.run import reader
from perfxl.run.process import LIMITS, Lost, context_for
from perfxl.run.sources import Source, source_fingerprint
from perfxl.run.store import Store
from perfxl.run.work import ENGINE, TOOLS, CheckJob, begin, lost_record, work
from perfxl.run.workers import Task, Workers, usual_workers

NOT_WRITTEN = "-"  # the stamp of a result that is not there: no result ever has it


class Order(Struct, frozen=True):
    """How returns are checked: by which terms, where results go, by how many processes.

    `folder` gives the folder of a source's result; `base` is what their paths are told from;
    `keeps` says of which sources a store keeps the records; `previous` is the file of an earlier
    round to hold a return against, `report` the unit's report.
    """

    terms: Terms
    folder: Callable[[Source], Path]
    base: Path | None = None
    write: bool = True
    count: int = field(default_factory=usual_workers)
    keeps: Callable[[Source], bool] = lambda _: True
    previous: Path | None = None
    report: Path | None = None


class _Kept(Struct, frozen=True):
    """A record from an earlier run that still holds."""

    record: Record


def own_folder(source: Source) -> Path:
    """Give the folder a source itself is in."""
    return source.path.parent


def check_all(
    found: Sequence[Source], order: Order, store: Store | None = None
) -> Generator[Record | Lost]:
    """Give the record of each source, in their order; with a store, known ones from there.

    Where a check ended by a fault of ours, its details come before the record. Raise UsageError
    where a report or the file of an earlier round is none to hold a return against.
    """
    batch = _Batch(order, store, {source.name for source in found})
    count = min(order.count, len(found))
    if len(found) != 1:  # each is read by the process that checks it
        reader.end()
    at_hand = reader.at_hand()
    setting = (_foreseen(order.terms, found[0]) if at_hand else order.terms, at_hand)
    preload = (ENGINE, *TOOLS)
    with Workers(work, count, begin, setting, LIMITS, preload, fork=True) as workers:

        def steps() -> Iterator[Task[CheckJob, Record | UsageError] | _Kept]:
            for source in found:
                yield batch.known(source) or workers.start(batch.job(source))

        for source, result in zip(found, workers.results(steps()), strict=True):
            yield from batch.settled(source, result)


def make_ready() -> None:
    """Let the process that others are divided from import what they take, before any is needed."""
    context_for((work.__module__, ENGINE, *TOOLS), fork=False)


def _foreseen(terms: Terms, source: Source) -> Terms:
    """Give the terms with the year of the only return as the usual one, where it says it outright.

    What is made ready while its values are read is then what it takes.
    """
    try:
        said = terms.form.year_said_by(stated(source.read(), "perfxl_form"))
    except Unreadable:
        return terms  # checking says why
    return replace(terms, usual=said or terms.usual)


class _Batch:
    """One run: what is known already, where results go, what is kept.

    Each result has one owner, the source it is of: whatever else arrives, it keeps its place.
    """

    def __init__(self, order: Order, store: Store | None, names: Collection[str]) -> None:
        self._order, self._store = order, store
        entries = store.entries() if store else ()
        self._owners = {
            alike(self._place(entry.result)): entry.source
            for entry in entries
            if entry.result and entry.source in names
        }

    @cached_property
    def _mark(self) -> str:
        """What records are kept by; asked for where they are: it takes as long as a form."""
        return terms_fingerprint(self._order.terms)

    @property
    def _dated(self) -> str:
        return f"{self._mark} {self._order.terms.today}"

    def job(self, source: Source) -> CheckJob:
        order = self._order
        if not order.write:
            return CheckJob(source, None, previous=order.previous, report=order.report)

        folder = order.folder(source)
        mark = source_fingerprint(source, folder)

        def another_s(target: Path) -> bool:
            """Whether a result is of another return, or does not say of which it is."""
            owner = self._owners.get(alike(target))
            if owner is None:
                return os.path.lexists(target) and result_of(target) != mark
            return owner != source.name

        target = result_name(source.stem, folder, source.path, another_s)
        self._owners[alike(target)] = source.name
        return CheckJob(source, target, order.base, order.previous, order.report)

    def known(self, source: Source) -> _Kept | None:
        """Give the record of a source that was checked before and has not changed since."""
        known = self._store.known(source.name) if self._store else None
        if self._store is None or known is None or known.mark not in {self._mark, self._dated}:
            return None
        if self._order.write and known.stamp != self._stamp(known.result):
            return None
        try:
            content = hashlib.sha256(source.read()).hexdigest()
        except Unreadable:
            return None  # checking says why
        if content != known.sha256:
            return None
        record = self._store.record(source.name)
        return None if record is None else _Kept(record)

    def settled(
        self, source: Source, result: Record | UsageError | _Kept | Lost
    ) -> Iterator[Record | Lost]:
        """Give a record, a fault of ours before it, and keep what need not be done again."""
        if isinstance(result, UsageError):
            raise result
        if isinstance(result, _Kept):
            yield result.record
            return
        if isinstance(result, Lost):
            if result.details:
                yield result
            record = lost_record(source, result, self._order.terms.register)
        else:
            record = result
        if self._store is not None and self._order.keeps(source):
            self._store.put(record, self._mark_of(record), self._stamp_of(record))
        yield record

    def _mark_of(self, record: Record) -> str:
        """Give the mark a record is kept by: one that tells of an odd date holds for the day.

        Any other stays as it is, for a day that has come will not be to come again.
        """
        rules = {finding["id"] for finding in record["document"]["findings"]}
        return self._dated if C06.id in rules else self._mark

    def _stamp_of(self, record: Record) -> str:
        result = record["document"]["result"]
        if not result and record["standing"] != UNREADABLE:
            return NOT_WRITTEN
        return self._stamp(result or "")

    def _place(self, result: str) -> Path:
        return (self._order.base or Path()) / result

    def _stamp(self, result: str) -> str:
        """Give the stamp of a result; one that was changed or is gone is made anew."""
        return stamp(self._place(result)) if result else ""


def stamp(path: Path) -> str:
    """Give size and time of a file as we left it."""
    try:
        stat = path.stat()
    except OSError:
        return NOT_WRITTEN
    return f"{stat.st_size} {stat.st_mtime_ns}"


def terms_fingerprint(terms: Terms) -> str:
    """Give the fingerprint of what a check depends on besides the return."""
    units = "\n".join(f"{unit.code}\t{unit.name}" for unit in terms.register.units)
    filled = repr([(code, *cells.items()) for code, cells in sorted(terms.prefilled.items())])
    form = hashlib.sha256(pickle.dumps(terms.maker, protocol=5)).hexdigest()
    parts = (__version__, _code(), rubric_mark(terms.rubric), form, str(terms.year), units, filled)
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


@cache
def _code() -> str:
    """Give the fingerprint of perfxl's own code: rules are part of it."""
    found = hashlib.sha256()
    for path in sorted(Path(__file__).resolve().parent.parent.rglob("*.py")):
        found.update(path.read_bytes())
    return found.hexdigest()
