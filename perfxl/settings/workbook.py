"""A season's settings: made anew for a folder, read back with every fault told at once."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path

from perfxl.check.findings import Finding
from perfxl.check.judging import check
from perfxl.check.rule import Severity
from perfxl.disk.files import safe_name, write_file
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
from perfxl.form.ours import OWN_SHEETS
from perfxl.forms.shipped import form_of
from perfxl.reading.intake import read_bytes
from perfxl.returns.workflow import load_rubric
from perfxl.rubric.answers import draft_in
from perfxl.rubric.model import Rubric
from perfxl.rubric.sheet import BLOCKS, lists_of, rubric_cells
from perfxl.rubric.soundness import rubric_of
from perfxl.settings.answers import campaign_of
from perfxl.settings.campaign import Campaign
from perfxl.settings.folder import SETTINGS_NAME, SeasonFolder
from perfxl.settings.rules import RULES, W04
from perfxl.settings.sheets import STEPS, live_settings, settings_form

GUIDE_NAME = "使用说明.txt"
# on a line of its own, below the faults
_YEAR = re.compile(r"(?<!\d)20\d\d(?!\d)")


def open_campaign(folder: SeasonFolder) -> Campaign:
    """Give the season that the settings of a folder ask for.

    Raise UsageError naming every fault where something in them has to be put right first.
    """
    path = folder.settings
    try:
        return read_settings(read_bytes(path))
    except Unreadable as error:
        raise UsageError.of("settings-unreadable", path=path, why=error.message) from error
    except SettingsError as error:
        listed = "\n  ".join(("", *error.faults))
        raise UsageError.of(
            "settings-faulty", name=path.name, count=len(error.faults), listed=listed, path=path
        ) from error


def read_settings(data: bytes) -> Campaign:
    """Give the season that settings ask for, from the bytes of the workbook.

    What is no 错误 stands in its `remarks`. Raise SettingsError naming every fault, Unreadable
    where this is no workbook.
    """
    from perfxl.reading.bind import bind
    from perfxl.reading.sheets import read_book

    form = form_of(load_rubric(None))  # what can be filled in beforehand hangs on no rubric
    submission = bind(read_book(data, OWN_SHEETS), settings_form(form))
    findings = _findings(submission)
    faults = [_line(finding) for finding in findings if finding.severity is Severity.ERROR]
    rubric, wrong = _rubric(submission)
    if rubric is None or faults:
        raise SettingsError(*faults, *(f"[错误] {fault}" for fault in wrong))
    return campaign_of(submission, form, rubric, tuple(map(_line, findings)))


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
    """Give a finding on one line; what is gone has no cell to name."""
    shown = len(finding.places) == 1 and finding.rule.id != W04.id
    place = f"{finding.places[0]} " if shown else ""
    fix = finding.fix.rstrip("。")
    return f"[{finding.severity.word} {finding.rule.id}] {place}{finding.message}。{fix}"


# ---------------------------------------------------------------- a new season


def settings_bytes(rubric: Rubric, cells: Mapping[Key, Cell] | None = None) -> bytes:
    """Give settings with this rubric and these cells filled in, as .xlsx bytes."""
    from perfxl.render.workbook import render

    filled = {**rubric_cells(rubric), **(cells or {})}
    blank = settings_form(form_of(rubric))
    lists = {b.key: 0 for b in blank.blocks.values() if b.repeats}
    rows = ((key.block, int(key.row)) for key in filled if key.block in lists)
    for block, row in rows:
        lists[block] = max(lists[block], row)
    form = live_settings(blank.grown({**lists, **lists_of(rubric)}))
    return render(Values(form, read_answers(form, filled)))


def new_season(root: Path, today: date, rubric: Rubric) -> list[Path]:
    """Make a season's folder and give what was written; what is there already is left alone.

    The year is the one the folder's name says, else last year. Raise UsageError where the folder
    has settings already, or cannot be one.
    """
    folder = SeasonFolder(root.resolve())
    if os.path.lexists(folder.settings):
        raise UsageError.of("season-exists", folder=root, settings=SETTINGS_NAME)
    _make(folder)
    title = safe_name(folder.root.name)  # a name of bytes that are no text, or none at all
    named = _YEAR.search(title)
    year = int(named[0]) if named else today.year - 1
    cells = {
        Key("campaign", "title"): Cell(title),
        Key("campaign", "year"): Cell(Decimal(year)),
    }
    written = [write_file(folder.settings, settings_bytes(rubric, cells))]
    guide = folder.root / GUIDE_NAME
    if not guide.exists():
        written.append(write_file(guide, guide_bytes(title)))
    return written


def _make(folder: SeasonFolder) -> None:
    try:
        for place in (folder.root, folder.issued, folder.returned, folder.results):
            place.mkdir(parents=True, exist_ok=True)
    except PermissionError as error:
        raise WriteError.of("folder-not-allowed", path=folder.root) from error
    except OSError as error:
        raise WriteError.of("folder-not-made", path=folder.root, why=system_words(error)) from error


def guide_bytes(title: str) -> bytes:
    """Give the guide that lies in a season's folder, as Notepad of any Windows shows it."""
    lines = (
        title,
        "",
        f"一切从 {SETTINGS_NAME} 开始:",
        "",
        *(step.replace("本文件", SETTINGS_NAME) for step in STEPS),
        "",
        "文件夹:",
        "发放  每个单位一份模板",
        "回收  单位报回来的表",
        "结果  审核结果",
        "",
        "命令在本文件夹里运行:在资源管理器的地址栏输入 cmd,按回车,再输入命令。",
    )
    return "\r\n".join((*lines, "")).encode("utf-8-sig")
