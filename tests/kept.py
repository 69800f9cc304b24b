"""Each workbook read and each one rendered but once in a process: for tests of what comes of it.

Reading and rendering depend on nothing but what they are given; that they do is shown in
test_second_round (the same bytes in any process) and test_gallery (the same findings twice).
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import pytest
from msgspec.structs import replace

from perfxl.form.answers import Values
from perfxl.form.document import Manuscript
from perfxl.render import workbook
from perfxl.render.draft import Draft
from perfxl.render.extras import Extras
from perfxl.returns import workflow
from perfxl.returns.output import Checked

MOST = 64  # that memory stays small
_read = lru_cache(MOST)(workflow.check_bytes)
_made: dict[object, bytes] = {}
_render = workbook.render
_draft = workflow.draft_bytes


def work_once(patch: pytest.MonkeyPatch) -> None:
    """Have what this process has read or rendered before taken as it was."""
    patch.setattr(workflow, "check_bytes", check_bytes)
    patch.setattr(workbook, "render", render)
    patch.setattr(workflow, "draft_bytes", draft_bytes)


def check_bytes(
    path: Path, data: bytes, terms: workflow.Terms, report: Manuscript | None = None
) -> Checked:
    """Give the check of a workbook, read before or not."""
    return replace(_read(Path("甲.xlsx"), data, terms, report), path=path)


def draft_bytes(draft: Draft) -> bytes:
    """Give a draft as .docx, rendered before or not."""
    key = repr(draft)
    if key not in _made:
        _made[key] = _draft(draft)
    return _made[key]


def render(values: Values, extras: Extras | None = None) -> bytes:
    """Give the workbook of these values, rendered before or not."""
    form = values.form
    texts = tuple(item.text for item in form.items.values())
    told = repr((values.answers, values.shown, values.instead, extras))
    key = form.id, form.edition, form.year, form.rubric_mark, texts, told
    if key not in _made:
        _made[key] = _render(values, extras)
    return _made[key]
