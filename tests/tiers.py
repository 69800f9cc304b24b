"""Cases by tier: a few stand for their kind every day, all of them are gone through in `deep`."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import pytest


def everyday(cases: Iterable[Any], few: Collection[Any]) -> list[Any]:
    """Give the cases of a test of one argument: those that are not of the few are `deep`."""
    return [case if case in few else pytest.param(case, marks=pytest.mark.deep) for case in cases]
