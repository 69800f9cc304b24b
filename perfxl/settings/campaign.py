"""A season's settings, as `任务设置.xlsx` says them: what goes out, to whom, until when."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from msgspec import Struct, field

from perfxl.form.answers import Prefill
from perfxl.form.model import Form
from perfxl.form.register import Register, Unit
from perfxl.forms.shipped import SHIPPED, Maker, form_of
from perfxl.rubric.model import Rubric


class Campaign(Struct, frozen=True, kw_only=True):
    """What an office asks of its units for one year, on which form; `prefilled` is by their codes.

    `deadline` is the last day on which a return is in time; `notice` goes into every letter.
    `remarks` are what the settings leave to be looked at, one line each.
    """

    title: str
    year: int
    deadline: date
    office: str
    contact: str
    phone: str
    rubric: Rubric
    register: Register
    email: str = ""
    notice: str = ""
    prefilled: Mapping[str, Prefill] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
    maker: Maker = SHIPPED

    @property
    def form(self) -> Form:
        """The form that the units are asked to fill in."""
        return form_of(self.rubric, self.year, self.maker)

    def prefill(self, unit: Unit) -> Prefill:
        """Give what is filled in for a unit beforehand."""
        return self.prefilled.get(unit.code, {})
