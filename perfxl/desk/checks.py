"""Checks on the page: the command's own workflow, and rounds of one unit held together."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from msgspec import Struct, field
from msgspec.structs import replace

from perfxl.desk.runs import DeskRun, Runs
from perfxl.desk.uploads import Drop
from perfxl.disk.files import safe_name
from perfxl.errors import UsageError
from perfxl.expr.texts import folded
from perfxl.form.register import bare
from perfxl.forms.shipped import FORMS
from perfxl.returns.makers import shipped_path
from perfxl.returns.places import RESULT_STEM, RESULT_SUFFIX
from perfxl.returns.records import Record, verdict_of
from perfxl.returns.workflow import NOTHING, Wanted
from perfxl.run.process import Lost
from perfxl.season.checking import CheckRequest, checking

SHIPPED = {f"{one.title}({one.edition} 版)": shipped_path(one.id) for one in FORMS if one.drawn}
RESULTS = "out"  # the folder of a drop's results


class CheckedFile(Struct, frozen=True):
    """A return that was dropped: what it is called, its record, what it was compared with."""

    called: str
    record: Record
    compared: str = ""  # what the earlier return of the unit is called

    @property
    def verdict(self) -> str:
        """What is said of it in one line, as the command says it."""
        return verdict_of(self.record)

    @property
    def result(self) -> Path | None:
        """Where its result is."""
        path = self.record["document"]["result"]
        return Path(path) if path else None

    @property
    def result_name(self) -> str:
        """The name its result is downloaded under, as the command would call it."""
        stem = Path(self.called.rpartition("/")[2]).stem
        return f"{safe_name(RESULT_STEM.sub('', stem))}{RESULT_SUFFIX}.xlsx"

    @property
    def content(self) -> str:
        """The fingerprint of the file."""
        return self.record["document"]["sha256"] or ""

    @property
    def project(self) -> str:
        """What tells the project it is of from others of the unit, "" where it is of none."""
        return bare(self.record["project"])

    @property
    def marks(self) -> set[str]:
        """What tells of which unit it is: its code, its name."""
        unit = self.record["document"]["unit"] or {}
        return {folded(text) for text in unit.values() if text}


class DropRun(DeskRun, kw_only=True):
    """A run of checks of what was dropped."""

    drop: Drop
    wanted: Wanted = NOTHING
    files: list[CheckedFile] = field(default_factory=list)


class Checks:
    """All checks since the desk was opened."""

    def __init__(self, runs: Runs) -> None:
        """Take the runs that carry them out."""
        self._runs = runs
        # the 表样 there are to choose from, by what they are called; and the one chosen last
        self.forms = dict(SHIPPED)
        self.usual = ""
        # by the contents of both and the 表样: the same file may be dropped again and again
        self._compared_before: dict[tuple[str, str, Path | None], Record | None] = {}
        self._seen: list[tuple[Path, CheckedFile]] = []  # that others may be held against

    def check(self, run: DropRun) -> None:
        """Check what was dropped, then hold each return against one dropped before it.

        Never against one of the same drop: of those none is the earlier.
        """
        request = CheckRequest(run.drop.paths, today(), run.drop.folder / RESULTS)
        self._take(run, replace(request, wanted=run.wanted))
        known: list[tuple[Path, CheckedFile]] = []
        for number, file in enumerate(run.files):
            path = Path(file.record["source"])
            if not (file.marks and path.is_file()):
                continue  # of no unit we know, or a member of an archive, which is no file
            known.append((path, file))
            earlier = self._earlier(file)
            if earlier is not None:
                run.files[number] = self._compared(run, file, *earlier)
        self._seen += known

    def called(self, form: Path | None) -> str:
        """Give what a 表样 is chosen by, "" for 附件3."""
        known = {path: name for name, path in self.forms.items()}
        return "" if form is None else known.get(form) or self._runs.called(str(form))

    def use(self, form: Path | None) -> None:
        """Offer a 表样 that can be used from now on, first of all; None for 附件3."""
        self.usual = self.called(form)
        if form is not None:
            self.forms = {**self.forms, self.usual: form}  # pages look at them meanwhile

    def _take(self, run: DropRun, request: CheckRequest) -> None:
        with checking(request) as found:
            run.total = found.total
            self.use(run.wanted.form)
            for record in found.records:
                self._runs.go_on()
                if isinstance(record, Lost):
                    run.lines.append(self._runs.fault_line(record.details))
                else:
                    record["facts"] = []  # thousands of cells, which no page shows
                    file = CheckedFile(self._runs.called(record["source"]), record)
                    run.files.append(file)
                    run.tell(f"{file.called}  {file.verdict}")
        run.lines += map(self._runs.called, found.closing)

    def _earlier(self, file: CheckedFile) -> tuple[Path, CheckedFile] | None:
        """Give the last return of its unit, or of its project, that is another one."""
        return next(
            (
                (path, other)
                for path, other in reversed(self._seen)
                if other.marks & file.marks
                and other.project == file.project
                and other.content != file.content
            ),
            None,
        )

    def _compared(
        self, run: DropRun, file: CheckedFile, before: Path, other: CheckedFile
    ) -> CheckedFile:
        """Give a return held against an earlier one; as it is where that is of another form."""
        pair = (file.content, other.content, run.wanted.form)
        if pair not in self._compared_before:
            self._runs.go_on()
            run.total += 1
            self._compared_before[pair] = self._second_round(run, file, before)
            run.tell(f"{file.called}  已与“{other.called}”对比")
        record = self._compared_before[pair]
        return file if record is None else CheckedFile(file.called, record, other.called)

    def _second_round(self, run: DropRun, file: CheckedFile, before: Path) -> Record | None:
        request = CheckRequest(
            [Path(file.record["source"])],
            today(),
            run.drop.folder / RESULTS,
            previous=before,
            wanted=run.wanted,
        )
        try:
            with checking(request) as found:
                records = [record for record in found.records if not isinstance(record, Lost)]
        except UsageError:
            return None
        for record in records:
            record["facts"] = []
        return records[0] if records else None


def today() -> date:
    """Give the day of a check."""
    return date.today()  # noqa: DTZ011 - the day on the clerk's calendar, whatever the zone
