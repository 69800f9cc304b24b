"""The roll-up of a season, written into its folder."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from pathlib import Path

from msgspec import Struct

from perfxl.disk.files import write_beside
from perfxl.errors import WriteError
from perfxl.returns.places import our_place
from perfxl.returns.records import Entry, Record
from perfxl.returns.versions import versions
from perfxl.run.store import Store
from perfxl.season.rollup.model import OtherFile
from perfxl.season.rollup.sheets import ID, rollup_workbook
from perfxl.season.rollup.tally import tally
from perfxl.settings.campaign import Campaign
from perfxl.settings.folder import SeasonFolder


class RollupJob(Struct, frozen=True):
    """The roll-up of a season, to be made by a process of its own."""

    folder: SeasonFolder
    campaign: Campaign
    today: date
    aside: Sequence[OtherFile] = ()


def roll_up(job: RollupJob) -> Path | WriteError:
    """Give the path of the roll-up made from a season's store, or why it could not be written."""
    with Store(job.folder.store) as store:
        try:
            entries = list(store.entries())
            return write_rollup(
                job.folder, job.campaign, store.records, entries, job.today, job.aside
            )
        except WriteError as error:
            return error


def write_rollup(
    folder: SeasonFolder,
    campaign: Campaign,
    records: Callable[[], Iterable[Record]],
    entries: Iterable[Entry],
    today: date,
    aside: Sequence[OtherFile] = (),
) -> Path:
    """Write the roll-up of a season and give its path.

    `entries` are those of all `records`, `aside` is what was taken for no return. A roll-up
    somebody has worked on is never replaced: then the name gets a number. Raise WriteError where
    nothing can be written.
    """
    from perfxl.render.workbook import render

    rollup = tally(records(), versions(entries), campaign, today, aside)
    made = rollup_workbook(rollup, lambda path: link_from(folder.root, path))
    return write_beside(our_place(folder.rollup, ID), render(made.values, made.extras))


def link_from(root: Path, path: str) -> str:
    """Give the way from a folder to a file, with "/"; "" where there is no such file.

    `path` is as given or within the folder; what lies in an archive or a mail is reached by that.
    """
    places = (place for start in (Path(path), root / path) for place in (start, *start.parents))
    found = next((place for place in places if place.is_file()), None) if path else None
    if found is None:
        return ""
    try:
        return Path(os.path.relpath(found, root)).as_posix()
    except ValueError:  # on another drive
        return ""
