"""What an office's indicators are besides their columns: of which project, how they belong.

Weights, and levels named as the national scheme names them, are held against it; what an office
calls otherwise is its own.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from perfxl.form.addresses import column_name
from perfxl.form.relations import Indicators, Reference
from perfxl.forms.levels import EXPECTED_LEVEL2, LEVELS, WEIGHTS
from perfxl.forms.office import headings
from perfxl.forms.office.places import DrawnPlaces, Run
from perfxl.forms.office.rows import indicators_of

_PROJECT = "项目名称"  # the heading over what tells indicators of one name apart
_WEIGHT, _CATEGORY = "权重", "二级指标"


def indicators(places: DrawnPlaces) -> Iterator[Indicators | Reference]:
    """Give the runs of indicators; of those by project, which list names the projects."""
    runs = list(places.all_runs())
    own = [run for run in runs if run.indicators]
    projects = {run.key: found for run in own if (found := _project(places, run))}
    others = (run for run in runs if run.listed and not run.indicators)
    named = ((run.key, found) for run in others if (found := _project(places, run)))
    listed = next(named, None)
    weighed = {
        run.key for run in runs if any(one.token.word == _WEIGHT for one in places.asked(run))
    }
    for run in own:
        project = projects.get(run.key, "")
        yield replace(
            indicators_of(run),
            project=project,
            of_projects=bool(project) and len(projects) < len(own),
            levels=LEVELS,
            categories=_categories(places, run),
            # a part of several has no whole
            weight=column_name(run.parts[_WEIGHT]) if weighed == {run.key} else "",
            weights=WEIGHTS,
        )
        if project and listed:
            yield Reference(run.key, project, listed)


def _project(places: DrawnPlaces, run: Run) -> str:
    """Give the column of a list in which projects are named, "" where there is none."""
    grid = places.grids[run.sheet.name]
    texts = (one for one in places.asked(run) if one.token.word == "文字" and run.listed)
    named = (one for one in texts if _PROJECT in map(headings.told, grid.told_over(one.area)))
    return next((column_name(one.area.left) for one in named), "")


def _categories(places: DrawnPlaces, run: Run) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Give the categories of the scheme that a list offers: one that it does not, none can fill."""
    asked = (one for one in places.asked(run) if one.token.word == _CATEGORY and run.listed)
    choices = {choice for one in asked for choice in one.choices}
    return tuple(one for one in EXPECTED_LEVEL2 if choices.intersection(one[1]))
