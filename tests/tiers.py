"""Cases by tier: a few stand for their kind every day, all of them are gone through in `deep`."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from typing import Any

import pytest
from hypothesis import settings


def everyday(cases: Iterable[Any], few: Collection[Any]) -> list[Any]:
    """Give the cases of a test of one argument: those that are not of the few are `deep`."""
    return [case if case in few else pytest.param(case, marks=pytest.mark.deep) for case in cases]


def examples(few: int, **options: Any) -> settings:
    """Give the settings of a law shown on few made-up cases every day, on four times as many deep.

    In `deep` such laws are gone through again: conftest sees to both.
    """
    return settings(max_examples=few * (4 if "PERFXL_DEEP" in os.environ else 1), **options)
