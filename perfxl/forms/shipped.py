"""Which form is filled in: the one that is shipped unless another is given, made once.

Only this place names a form of the package.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from perfxl.form.model import Form
from perfxl.forms.department_2022 import department_2022
from perfxl.rubric.model import Rubric

Maker = Callable[[Rubric], Form]  # a function of a module, so that it reaches other processes

SHIPPED: Maker = department_2022


class ShippedForm(NamedTuple):
    """A form that comes with perfxl, as `perfxl form --list` names it."""

    id: str
    title: str
    edition: str
    drawn: bool = True  # whether it is kept as a 表样, or made one of what the program declares

    @property
    def file_name(self) -> str:
        """The name of its 表样."""
        return f"{self.title}_{self.edition}.xlsx"


DECLARED = "department-2022"
FORMS = (
    ShippedForm(DECLARED, "部门整体支出绩效自评表", "2022", drawn=False),
    ShippedForm("project-2020", "项目支出绩效自评表", "2020"),
    ShippedForm("project-2023", "项目支出绩效自评表", "2023"),
)


def form_of(rubric: Rubric, year: int | None = None, maker: Maker = SHIPPED) -> Form:
    """Give the form with this rubric's score grid as it is in a year, None for its own."""
    form = _made(rubric, maker)
    return form.of_year(form.year if year is None else year)


@lru_cache(maxsize=4)
def _made(rubric: Rubric, maker: Maker) -> Form:
    return maker(rubric)
