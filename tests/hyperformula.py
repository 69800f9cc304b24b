"""HyperFormula as a second referee of our formulas, beside LibreOffice (see `recalculate`).

    from hyperformula import differing, needs_engine

Without node and its packages (`npm ci --prefix tests/recalculate`) tests that use it are skipped,
but fail where the environment says PERFXL_REQUIRE_NODE=1.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from math import isclose
from pathlib import Path
from typing import Any

import pytest

RECALCULATE = Path(__file__).resolve().parent / "recalculate"

needs_engine = pytest.mark.skipif(
    not (shutil.which("node") and (RECALCULATE / "node_modules").is_dir())
    and os.environ.get("PERFXL_REQUIRE_NODE") != "1",
    reason="HyperFormula is not installed: npm ci --prefix tests/recalculate",
)


def recomputed(files: Sequence[Path]) -> list[list[dict[str, Any]]]:
    """Give every formula of each workbook: its `cell`, what is `stored`, what it is `now`."""
    command = ["node", str(RECALCULATE / "recalculate.mjs"), *map(str, files)]
    ended = subprocess.run(command, capture_output=True, text=True, encoding="utf-8")
    assert ended.returncode == 0, ended.stderr
    found: list[list[dict[str, Any]]] = json.loads(ended.stdout)
    return found


def differing(formulas: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give those of which the engine makes something else than is stored."""
    return [one for one in formulas if not _same(one.get("stored"), one["now"])]


def _same(stored: object, now: object) -> bool:
    if isinstance(stored, (int, float)) and isinstance(now, (int, float)):
        return isclose(stored, now, rel_tol=1e-9, abs_tol=1e-9)
    return stored == now or (now is None and stored in {"", 0})
