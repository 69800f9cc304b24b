"""What several test modules share: the samples on the path, how many cases are made up."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parent.parent
LONGEST_NAME = 200
sys.path.insert(0, str(ROOT / "sample_data"))
# processes started in another folder import this tree too, not one that is installed
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))

COMMON: dict[str, Any] = {
    "deadline": None,
    "derandomize": True,
    "suppress_health_check": [HealthCheck.too_slow],
}
settings.register_profile("everyday", max_examples=40, **COMMON)
settings.register_profile("deep", max_examples=160, **COMMON)


def pytest_configure(config: pytest.Config) -> None:
    """Choose how many made-up cases a law is shown on, before the tests are imported."""
    if re.search(r"(?<!not )\bdeep\b", config.option.markexpr):
        os.environ["PERFXL_DEEP"] = "1"  # see `tiers.examples`
    settings.load_profile("deep" if "PERFXL_DEEP" in os.environ else "everyday")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Have the laws of made-up cases gone through in `deep` too, on more of them."""
    for item in items if "PERFXL_DEEP" in os.environ else ():
        if getattr(getattr(item, "obj", None), "is_hypothesis_test", False):
            item.add_marker("deep")


@pytest.fixture(scope="module")
def at_once() -> Iterator[None]:
    """Do the work here: what processes are for is shown in test_workers and test_isolation."""
    import faulty

    with pytest.MonkeyPatch.context() as patch:
        faulty.at_once(patch)
        yield


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
