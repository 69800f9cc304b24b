"""The units a form goes to, and which of them a return belongs to."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cached_property

from msgspec import Struct
from msgspec.structs import replace

from perfxl.text.amounts import plain

_CODED = re.compile(r"[\[(【]?([0-9]{3,}[0-9.]*)[\])】]?[-—_]*([^-—_0-9.].+)")  # «219001-教育局»


class Unit(Struct, frozen=True):
    """One unit of the register. Code and name tell it from others; "" where nothing is known."""

    code: str
    name: str
    department: str = ""  # 主管部门
    contact: str = ""
    phone: str = ""
    email: str = ""  # addresses, separated by ", "


class Belonging(Struct, frozen=True):
    """The unit a return belongs to, None where that is not certain.

    `by_code` and `by_name` are the units its code and its name stand for, alone; `namesakes` are
    the units of its name where several bear it.
    """

    unit: Unit | None
    by_code: Unit | None
    by_name: Unit | None
    namesakes: tuple[Unit, ...] = ()

    @property
    def disputed(self) -> bool:
        """Whether code and name stand for two different units."""
        both = self.by_code is not None and self.by_name is not None
        return both and self.by_code != self.by_name


class Register(Struct, frozen=True, dict=True):
    """The units a form was issued to; without any, nobody is held against it."""

    units: tuple[Unit, ...] = ()

    @cached_property
    def _by_code(self) -> Mapping[str, Unit]:
        return {code: unit for unit in reversed(self.units) if (code := bare(unit.code))}

    @cached_property
    def _by_name(self) -> Mapping[str, Sequence[Unit]]:
        found: dict[str, list[Unit]] = defaultdict(list)
        for unit in self.units:
            if name := bare(unit.name):
                found[name].append(unit)
        return found

    def belonging(self, code: str, name: str, issued: str = "") -> Belonging:
        """Give the unit that fills in this code and this name ("" where blank).

        The code decides, even beside a name that nobody bears; without a known code the name does.
        Where several units bear it, it is the one whose code the form was `issued` with, if any.
        Where code and name stand for two units, neither is believed. A name that nobody bears may
        have its code before it («219001-教育局»), as budgeting systems print it.
        """
        if not code and bare(name) not in self._by_name:
            code, name = with_code(name)
        by_code, bearers = self._by_code.get(bare(code)), self._by_name.get(bare(name), ())
        alone = bearers if len(bearers) == 1 or by_code else _of_code(bearers, issued)
        by_name = alone[0] if len(alone) == 1 else None
        namesakes = tuple(bearers) if len(bearers) > 1 else ()
        found = Belonging(by_code or by_name, by_code, by_name, namesakes)
        return replace(found, unit=None) if found.disputed else found


NO_REGISTER = Register()


def _of_code(units: Sequence[Unit], code: str) -> Sequence[Unit]:
    return [unit for unit in units if bare(code) and bare(unit.code) == bare(code)]


def with_code(name: str) -> tuple[str, str]:
    """Give the code before a name and the name itself: "" and the name where there is none."""
    found = _CODED.fullmatch(plain(name))
    return (found[1], found[2]) if found else ("", name)


def same_unit(name: str, other: str) -> bool:
    """Whether two names are one unit's, its code before it or not, nor «本级» behind it."""
    one, two = (bare(with_code(text)[1]).removesuffix("(本级)") for text in (name, other))
    return one == two


def bare(text: str) -> str:
    """Give a name or code by which two are compared: widths, blanks and dashes do not matter.

    Nor do leading zeros of a code, which a spreadsheet takes off when it is typed as a number.
    """
    return plain(text).replace("-", "").casefold().lstrip("0")
