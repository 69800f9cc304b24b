"""The units a form goes to, and which of them a return belongs to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from perfxl.values import plain


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit of the register. Code and name tell it from others; "" where nothing is known."""

    code: str
    name: str
    department: str = ""  # 主管部门
    contact: str = ""
    phone: str = ""
    email: str = ""  # addresses, separated by ", "


@dataclass(frozen=True, slots=True)
class Belonging:
    """The unit a return belongs to, None where that is not certain.

    `by_code` and `by_name` are the units its code and its name stand for, alone.
    """

    unit: Unit | None
    by_code: Unit | None
    by_name: Unit | None

    @property
    def disputed(self) -> bool:
        """Whether code and name stand for two different units."""
        both = self.by_code is not None and self.by_name is not None
        return both and self.by_code != self.by_name


@dataclass(frozen=True)
class Register:
    """The units a form was issued to; without any, nobody is held against it."""

    units: tuple[Unit, ...] = ()

    @cached_property
    def _by_code(self) -> Mapping[str, Unit]:
        return {bare(unit.code): unit for unit in reversed(self.units) if unit.code}

    @cached_property
    def _by_name(self) -> Mapping[str, Unit]:
        names = Counter(bare(unit.name) for unit in self.units)
        return {name: unit for unit in self.units if names[name := bare(unit.name)] == 1 and name}

    def belonging(self, code: str, name: str) -> Belonging:
        """Give the unit that fills in this code and this name ("" where blank).

        The code decides, even beside a name that nobody bears; without a known code the name does,
        unless several units bear it. Where they stand for two units, neither is believed.
        """
        by_code, by_name = self._by_code.get(bare(code)), self._by_name.get(bare(name))
        found = Belonging(by_code or by_name, by_code, by_name)
        return Belonging(None, by_code, by_name) if found.disputed else found


NO_REGISTER = Register()


def bare(text: str) -> str:
    """Give a name or code by which two are compared: widths, blanks and dashes do not matter.

    Nor do leading zeros of a code, which a spreadsheet takes off when it is typed as a number.
    """
    return plain(text).replace("-", "").casefold().lstrip("0")
