"""Which form is filled in: the one that is shipped unless another is given, made once.

Only this place names a form of the package.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from perfxl.form.model import Form
from perfxl.forms.department_2022 import department_2022
from perfxl.rubric.model import Rubric

Maker = Callable[[Rubric], Form]  # a function of a module, so that it reaches other processes

SHIPPED: Maker = department_2022


def form_of(rubric: Rubric, year: int | None = None, maker: Maker = SHIPPED) -> Form:
    """Give the form with this rubric's score grid as it is in a year, None for its own."""
    form = _made(rubric, maker)
    return form.of_year(form.year if year is None else year)


@lru_cache(maxsize=4)
def _made(rubric: Rubric, maker: Maker) -> Form:
    return maker(rubric)
