"""The files that travel with perfxl: `workbook_templates/`, installed beside the package's code."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent


def templates_folder() -> Path:
    """Give the folder of templates, rubrics and forms, in an installation or in a source tree."""
    installed = _PACKAGE / "workbook_templates"
    return installed if installed.is_dir() else _PACKAGE.parent / "workbook_templates"


def rubric_path(name: str) -> Path:
    """Give the file of a rubric that comes with perfxl."""
    return templates_folder() / "rubrics" / f"{name}.toml"


def form_path(file_name: str) -> Path:
    """Give the file of a 表样 that comes with perfxl."""
    return templates_folder() / "forms" / file_name
