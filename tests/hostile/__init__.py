"""The hostile gallery: files that can arrive, each with the verdict it must get.

PYTHONPATH=.:tests python -m hostile DIR     writes them all to a folder
"""

from __future__ import annotations

from itertools import chain
from pathlib import Path

from hostile.active import ACTIVE
from hostile.bombs import BOMBS
from hostile.cells import CELLS
from hostile.containers import CONTAINERS
from hostile.disguises import DISGUISES
from hostile.entities import ENTITIES
from hostile.entries import Entry
from hostile.oddities import ODDITIES
from hostile.office import SOFFICE

THEMES = {
    "bombs": BOMBS,
    "active": ACTIVE,
    "entities": ENTITIES,
    "containers": CONTAINERS,
    "disguises": tuple(entry for entry in DISGUISES if SOFFICE or not entry.needs_office),
    "cells": CELLS,
    "oddities": ODDITIES,
}
GALLERY: tuple[Entry, ...] = tuple(chain.from_iterable(THEMES.values()))


def put_down(entry: Entry, folder: Path) -> Path:
    """Write a file of the gallery into a folder and give its path."""
    path = folder / entry.name
    with path.open("wb") as file:
        file.write(entry.build())
        if entry.grown_to:
            file.truncate(entry.grown_to)
    return path
