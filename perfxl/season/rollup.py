"""The roll-up of a season, written into its folder."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path

from perfxl import workflow
from perfxl.campaign import Campaign
from perfxl.files import write_file
from perfxl.forms.rollup import rollup_workbook
from perfxl.reading.intake import is_untouched
from perfxl.records import Entry, Record
from perfxl.season.folder import SeasonFolder
from perfxl.tally import tally
from perfxl.versions import versions


def write_rollup(
    folder: SeasonFolder,
    campaign: Campaign,
    records: Callable[[], Iterable[Record]],
    entries: Iterable[Entry],
    today: date,
) -> Path:
    """Write the roll-up of a season and give its path.

    `entries` are those of all `records`. A roll-up somebody has worked on is never replaced: then
    the name gets a number. Raise WriteError where nothing can be written.
    """
    from perfxl.render.workbook import render

    form = workflow.form_of(campaign.rubric, campaign.year)
    rollup = tally(records(), versions(entries), campaign, form, today)
    made = rollup_workbook(rollup, lambda path: link_from(folder.root, path))
    return write_file(free_place(folder.rollup), render(made.values, made.extras))


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


def free_place(target: Path) -> Path:
    """Give where a workbook of ours goes: in the place of the last one, unless that was edited."""
    place, number = target, 1
    while place.exists() and not _is_ours(place):
        number += 1
        place = target.with_stem(f"{target.stem}_{number}")
    return place


def _is_ours(path: Path) -> bool:
    try:
        return is_untouched(path.read_bytes())
    except OSError:
        return False
