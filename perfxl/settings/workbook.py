"""A season's settings: made anew for a folder, read back with every fault told at once."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path

from msgspec.structs import replace

from perfxl.check.findings import Finding
from perfxl.check.judging import check
from perfxl.check.rule import Severity
from perfxl.disk.files import demand_free, safe_name, write_file
from perfxl.errors import (
    RubricError,
    SettingsError,
    Unreadable,
    UsageError,
    WriteError,
    system_words,
)
from perfxl.expr.tree import Key
from perfxl.form.answers import Cell, Submission, Values, read_answers
from perfxl.form.model import Form
from perfxl.form.ours import OWN_SHEETS
from perfxl.forms.shipped import SHIPPED, Maker, form_of
from perfxl.reading.intake import read_bytes
from perfxl.returns.workflow import Terms, Wanted, load_rubric, terms_of
from perfxl.rubric.answers import draft_in
from perfxl.rubric.model import Rubric
from perfxl.rubric.sheet import BLOCKS, lists_of, rubric_cells
from perfxl.rubric.soundness import rubric_of
from perfxl.settings.answers import campaign_of
from perfxl.settings.campaign import Campaign
from perfxl.settings.folder import SETTINGS_NAME, SeasonFolder, season_of
from perfxl.settings.rules import RULES
from perfxl.settings.sheets import ID, OWN_ID, how_to, live_settings, settings_form

GUIDE_NAME = "使用说明.txt"
# on a line of its own, below the faults
_YEAR = re.compile(r"(?<!\d)20\d\d(?!\d)")


def open_campaign(folder: SeasonFolder) -> Campaign:
    """Give the season that the settings of a folder ask for.

    Raise UsageError naming every fault where something in them has to be put right first.
    """
    path = folder.settings
    try:
        return read_settings(read_bytes(path), maker_in(folder))
    except Unreadable as error:
        raise UsageError.of("settings-unreadable", path=path, why=error.message) from error
    except SettingsError as error:
        listed = "\n  ".join(("", *error.faults))
        raise UsageError.of(
            "settings-faulty", name=path.name, count=len(error.faults), listed=listed, path=path
        ) from error


def maker_in(folder: SeasonFolder) -> Maker:
    """Give the maker of a season's form; raise UsageError where its 表样 cannot be used."""
    if not os.path.lexists(folder.form):
        return SHIPPED
    from perfxl.returns.makers import load_maker  # most forms are the shipped one

    return load_maker(folder.form)


def form_at(path: Path, wanted: Wanted, today: date) -> Form:
    """Give the form in force at a path: that of the season it is in, else the one wanted."""
    folder = season_of(path)
    if folder is None:
        return terms_of(wanted, today).form
    wanted.demand_nothing()
    return open_campaign(folder).form


def unsettled_form_at(path: Path, wanted: Wanted, today: date) -> Form:
    """Give that form where its year and rubric do not matter: no settings are read."""
    folder = season_of(path)
    if folder is None:
        return terms_of(wanted, today).form
    wanted.demand_nothing()
    return form_of(load_rubric(None), maker=maker_in(folder))


def read_settings(data: bytes, maker: Maker = SHIPPED) -> Campaign:
    """Give the season that settings ask for, from the bytes of the workbook.

    What is no 错误 stands in its `remarks`. Raise SettingsError naming every fault, UsageError
    where they are for another form, Unreadable where this is no workbook.
    """
    from perfxl.reading.bind import bind, stated_form
    from perfxl.reading.sheets import read_book

    usual = load_rubric(None)
    form = form_of(usual, maker=maker)  # what can be filled in beforehand hangs on no rubric
    book, blank = read_book(data, OWN_SHEETS), settings_form(form)
    if {stated_form(book), blank.id} == {ID, OWN_ID}:
        raise UsageError.of("form-missing" if blank.id == ID else "form-unexpected")
    submission = bind(book, blank)
    findings = _findings(submission)
    faults = [_line(finding) for finding in findings if finding.severity is Severity.ERROR]
    rubric, wrong = _rubric(submission) if form.rubric else (usual, ())
    if rubric is None or faults:
        raise SettingsError(*faults, *(f"[错误] {fault}" for fault in wrong))
    found = campaign_of(submission, form, rubric, tuple(map(_line, findings)))
    return replace(found, maker=maker)


def _findings(submission: Submission) -> list[Finding]:
    """Give what the rules say, but for the rubric's cells: `rubric.soundness` tells of these."""
    live = live_settings(submission.form)
    found = check(submission, RULES, Values(live, submission.answers)).findings
    return [f for f in found if not f.keys or f.keys[0].block not in BLOCKS]


def _rubric(submission: Submission) -> tuple[Rubric | None, tuple[str, ...]]:
    """Give the rubric, or what is wrong with it; neither where part of it is gone (W03, W04)."""
    if not submission.answers or any(key.block in BLOCKS for key in submission.missing):
        return None, ()
    try:
        return rubric_of(*draft_in(submission)), ()
    except RubricError as error:
        return None, error.faults


def _line(finding: Finding) -> str:
    """Give a finding on one line."""
    told = f"{finding.where}{finding.message}。{finding.fix.rstrip('。')}"
    return f"[{finding.severity.word} {finding.rule.id}] {told}"


# ---------------------------------------------------------------- a new season


def settings_bytes(
    rubric: Rubric, cells: Mapping[Key, Cell] | None = None, maker: Maker = SHIPPED
) -> bytes:
    """Give settings with this rubric and these cells filled in, as .xlsx bytes."""
    from perfxl.render.workbook import render

    form = form_of(rubric, maker=maker)
    blank = settings_form(form)
    filled = {**(rubric_cells(rubric) if form.rubric else {}), **(cells or {})}
    lists = {b.key: 0 for b in blank.blocks.values() if b.repeats}
    rows = ((key.block, int(key.row)) for key in filled if key.block in lists)
    for block, row in rows:
        lists[block] = max(lists[block], row)
    live = live_settings(blank.grown({**lists, **(lists_of(rubric) if form.rubric else {})}))
    return render(Values(live, read_answers(live, filled)))


def new_season(root: Path, terms: Terms) -> list[Path]:
    """Make a season's folder and give what was written; what is there already is left alone.

    Raise UsageError where the folder has settings already, or cannot be one; WriteError where
    another 表样 stands in it.
    """
    folder = SeasonFolder(root.resolve())
    if os.path.lexists(folder.settings):
        raise UsageError.of("season-exists", folder=root, settings=SETTINGS_NAME)
    form = _form_to_put(folder, terms.maker)
    _make(folder)
    title = safe_name(folder.root.name)  # a name of bytes that are no text, or none at all
    cells = {
        Key("campaign", "title"): Cell(title),
        Key("campaign", "year"): Cell(Decimal(year_of_season(folder.root, terms))),
    }
    written = [] if form is None else [write_file(folder.form, form)]
    settings = settings_bytes(terms.rubric, cells, terms.maker)
    written.append(write_file(folder.settings, settings))
    guide = folder.root / GUIDE_NAME
    if not guide.exists():
        written.append(write_file(guide, guide_bytes(title, how_to(settings_form(terms.form)))))
    return written


def _form_to_put(folder: SeasonFolder, maker: Maker) -> bytes | None:
    """Give the 表样 that a form is made from as it was given, None where none is to be put.

    Raise WriteError where another stands in its place: before anything is made.
    """
    from perfxl.returns.makers import OfficeMaker

    if not isinstance(maker, OfficeMaker):
        return None
    if folder.form.is_file() and read_bytes(folder.form) == maker.data:
        return None
    demand_free(folder.form)
    return maker.data


def year_of_season(root: Path, terms: Terms) -> int:
    """Give the year of a new season: that of the terms, of the folder's name, the usual one."""
    named = _YEAR.search(safe_name(root.resolve().name))
    return terms.year or (int(named[0]) if named else terms.form.year)


def _make(folder: SeasonFolder) -> None:
    try:
        for place in (folder.root, folder.issued, folder.returned, folder.results):
            place.mkdir(parents=True, exist_ok=True)
    except PermissionError as error:
        raise WriteError.of("folder-not-allowed", path=folder.root) from error
    except OSError as error:
        raise WriteError.of("folder-not-made", path=folder.root, why=system_words(error)) from error


def guide_bytes(title: str, steps: Iterable[str]) -> bytes:
    """Give the guide that lies in a season's folder, as Notepad of any Windows shows it."""
    lines = (
        title,
        "",
        f"一切从 {SETTINGS_NAME} 开始:",
        "",
        *(step.replace("本文件", SETTINGS_NAME) for step in steps),
        "",
        "文件夹:",
        "发放  每个单位一份模板",
        "回收  单位报回来的表",
        "结果  审核结果",
        "",
        "命令在本文件夹里运行:在资源管理器的地址栏输入 cmd,按回车,再输入命令。",
    )
    return "\r\n".join((*lines, "")).encode("utf-8-sig")
