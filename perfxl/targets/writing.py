"""Next year's targets from several years' returns: read them, propose, write the workbook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct

from perfxl import __version__
from perfxl.disk.files import place_for, write_beside
from perfxl.errors import Unreadable
from perfxl.form.answers import Values
from perfxl.form.model import Form
from perfxl.form.ours import OWN_SHEETS
from perfxl.reading.bind import stated_form
from perfxl.reading.sheets import read_book
from perfxl.returns.places import our_place
from perfxl.returns.records import PASSED, Entry, reporting
from perfxl.returns.versions import versions
from perfxl.returns.workflow import bind_in_its_year, typed_year
from perfxl.run.sources import Source, set_apart, sources
from perfxl.settings.folder import SETTINGS_NAME, SeasonFolder
from perfxl.targets.histories import Gathered, gather, years_text
from perfxl.targets.past_returns import LeftOut, PastReturn, by_unit, past_return
from perfxl.targets.proposals import Evidence, Proposal, proposal, proposal_data
from perfxl.targets.sheets import ID, targets_book

TARGETS_NAME = "建议指标值.xlsx"


class Targets(Struct, frozen=True):
    """What past returns suggest.

    `unread` are the files that could not be read, told again in `left_out` with all else that was
    not used.
    """

    proposals: tuple[Proposal, ...]
    gathered: Gathered
    left_out: tuple[LeftOut, ...]
    unread: tuple[LeftOut, ...]


# ---------------------------------------------------------------- reading


def read_past(source: Source, form: Form) -> PastReturn | None:
    """Give the indicators of a return of any year, None for a workbook of targets of ours.

    Raise Unreadable where it is no return, or of no certain year.
    """
    book = read_book(source.read(), skip=OWN_SHEETS)
    stated = stated_form(book)
    if stated == ID:
        return None
    bound = bind_in_its_year(book, form)
    if unknown := next((flaw for flaw in bound.flaws if flaw.kind == "form_unknown"), None):
        raise Unreadable.of("form-not-recognised", found=unknown.found)
    typed, year = typed_year(bound), bound.form.year
    if typed is None and form.year_said_by(stated) is None:
        raise Unreadable.of("no-year")
    if typed not in {None, year}:
        raise Unreadable.of("year-not-expected", year=year, typed=typed)
    values = Values(bound.form, bound.answers)
    return past_return(values, reporting(values, bound.issued), source.name, bound.saved)


def _returns_in(path: Path) -> Path:
    """Give where returns lie: of a season's folder, only what came back."""
    return SeasonFolder(path).returned if (path / SETTINGS_NAME).is_file() else path


def targets_of(paths: Sequence[Path], form: Form) -> Targets:
    """Give what the returns among these files and folders suggest."""
    returns: list[PastReturn] = []
    unread: list[LeftOut] = []
    received: dict[str, str] = {}
    for source in sources(map(_returns_in, set_apart(paths)[0])):
        received[source.name] = source.received
        try:
            read = read_past(source, form)
        except Unreadable as error:
            unread.append(LeftOut(source.name, f"{error.message}。{error.fix}"))
            continue
        returns += [read] if read else []
    units, strays = by_unit(returns)
    counted, superseded = _counting(units, received)
    gathered = gather(counted)
    left_out = (*unread, *strays, *superseded, *gathered.left_out)
    return Targets(tuple(map(proposal, gathered.histories)), gathered, left_out, tuple(unread))


def _counting(
    units: Mapping[str, Sequence[PastReturn]], received: Mapping[str, str]
) -> tuple[dict[str, list[PastReturn]], list[LeftOut]]:
    """Give of each unit and year the return that counts (see `versions`), and the others."""
    every = {one.source: one for ones in units.values() for one in ones}
    found = versions(
        Entry(
            *(one.source, "", f"{key}/{one.year}", PASSED, one.saved, received[one.source], ""),
            project=one.project,
        )
        for key, ones in units.items()
        for one in ones
    )
    counted = {
        key: [one for one in ones if one.source in found.counting] for key, ones in units.items()
    }
    others = [
        every[entry.source].left_out(
            f"同一单位同一年有 {len(entries)} 份,用了最后保存的一份:{Path(entries[0].source).name}"
        )
        for entries in found.of_units.values()
        for entry in entries[1:]
    ]
    return counted, others


# ---------------------------------------------------------------- what comes of it


def write_targets(found: Targets, target: Path) -> Path:
    """Write the workbook of targets and give where; `target` is a folder or a file.

    One that we wrote and nobody has worked on is replaced; any other file keeps its place, and the
    new one gets a number.
    """
    from perfxl.render.workbook import render

    place = place_for(target, TARGETS_NAME, {".xlsx"})
    made = targets_book(found.proposals, found.gathered, found.left_out)
    return write_beside(our_place(place, ID), render(made.values, made.extras))


def targets_data(found: Targets) -> dict[str, Any]:
    """Give the proposals and what was left out, as JSON has them."""
    return {
        "perfxl": __version__,
        "years": list(found.gathered.years),
        "proposals": [proposal_data(one) for one in found.proposals],
        "left_out": [
            {
                "path": one.source,
                "unit": one.unit or None,
                "year": one.year,
                "indicator": one.name or None,
                "sheet": one.place.sheet if one.place else None,
                "cell": one.place.cell if one.place else None,
                "found": one.found or None,
                "why": one.why,
            }
            for one in found.left_out
        ],
    }


def outcome_line(found: Targets) -> str:
    """Give the line a clerk reads: how many indicators, how many with a number, how many weak."""
    if not found.proposals:
        return "没有读到能用的指标,没有写出建议。"
    units = len({id(one.history.unit) for one in found.proposals})
    given = [one for one in found.proposals if one.suggested is not None]
    weak = sum(one.evidence is Evidence.WEAK for one in given)
    years = years_text(found.gathered.years)
    return (
        f"{units} 个单位,{years} 年,{len(found.proposals)} 个指标:建议了 {len(given)} 个指标值"
        f"(其中 {weak} 个依据不足);未采用的数和文件 {len(found.left_out)} 处,见“未采用”表。"
    )
