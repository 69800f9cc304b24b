"""What several test modules share: the samples on the path, one hypothesis profile."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parent.parent
LONGEST_NAME = 200
sys.path.insert(0, str(ROOT / "sample_data"))
# processes started in another folder import this tree too, not one that is installed
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))

settings.register_profile(
    "perfxl", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("perfxl")


@pytest.fixture(scope="module")
def work_once() -> Iterator[None]:
    """Read each workbook and render each one but once in a process (see `kept`)."""
    import kept

    with pytest.MonkeyPatch.context() as patch:
        kept.work_once(patch)
        yield


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name what is long by its length: what a test is called goes into each process it starts."""
    if isinstance(val, (bytes, str)) and len(val) > LONGEST_NAME:
        return f"{argname} of {len(val)}"
    return None
