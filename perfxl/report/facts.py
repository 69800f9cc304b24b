"""Figures of a return that the text of a report may repeat, and whether a printed number is one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import ROUND_DOWN, Context, Decimal
from functools import lru_cache

from msgspec import Struct
from msgspec.structs import replace

from perfxl.expr.rounding import MONEY_PLACES, rounded
from perfxl.expr.tree import Key
from perfxl.text.amounts import LARGEST_VALUE, digits, is_plausible, number_text, plain
from perfxl.text.units import converted, unit_name

MOST_PLACES = 8  # decimals anybody prints
LONGEST_CARRIED = 3  # characters, at least, of a word that takes a name up again after a comma
COUNT, MONEY, GRADE = "个", "万元", "等级"
_in_unit = lru_cache(maxsize=4096)(converted)  # the same few figures, over and over
_SCALES = tuple(Decimal(10) ** power for power in (-4, -3, -1, 1, 3, 4))  # 元, 千元, …
_DEDUCTION = re.compile(r"扣[减除分了]?(?P<score>(?P<number>\d+(?:\.\d+)?)分)")
_NOT_OURS = re.compile("[每若如]|最[多高]|不超|至少|规定|标准|应扣|上年|去年|往年")
_COUNTERS = frozenset({"个", "项", "条", "家"})
_WITH_DECIMALS = frozenset({MONEY, "%", "分"})


class Printed(Struct, frozen=True):
    """A number as printed: its value in `unit`, and how many decimals it shows."""

    value: Decimal
    places: int
    unit: str = ""

    @classmethod
    def of(cls, number: str, unit: str = "") -> Printed:
        """Give the number that these digits print."""
        return cls(digits(number), len(number.partition(".")[2]), unit_name(unit))

    @property
    def is_sane(self) -> bool:
        """Whether anybody would print a number like it."""
        return is_plausible(self.value, LARGEST_VALUE) and self.places <= MOST_PLACES

    def is_of(self, figure: Decimal) -> bool:
        """Whether this prints a figure in the same unit, rounded or cut to the decimals shown."""
        return self.value in {rounded(figure, self.places), _cut(figure, self.places), figure}

    def is_finer(self, figure: Decimal) -> bool:
        """Whether a figure, exact to two decimals, is what this comes to with as many."""
        return rounded(figure, MONEY_PLACES) in {
            rounded(self.value, MONEY_PLACES),
            _cut(self.value, MONEY_PLACES),
        }


def _cut(value: Decimal, places: int) -> Decimal:
    exact = Context(prec=max(28, value.adjusted() + places + 2))  # room for any number printed
    return value.quantize(Decimal(1).scaleb(-places), ROUND_DOWN, exact)


class KnownFigure(Struct, frozen=True):
    """A figure of the return: any of `figures`, in `unit`, is right; the first is the one printed.

    `words` say that this one is meant («决算数»), and must where it is `only_said`; `grade` is a
    word in place of a figure. Not `first_meant` is what may be meant as well, but not at first.
    """

    key: Key
    unit: str
    figures: tuple[Decimal, ...] = ()
    words: tuple[str, ...] = ()
    grade: str = ""
    only_said: bool = False
    first_meant: bool = True

    def figures_in(self, unit: str) -> tuple[Decimal, ...]:
        """Give the figures in another unit; none where there is no way from one to the other."""
        if self.unit == COUNT:
            return self.figures if unit in _COUNTERS else ()
        found = (_in_unit(figure, self.unit, unit) for figure in self.figures)
        return tuple(figure for figure in found if figure is not None)

    def is_printed(self, printed: Printed) -> bool:
        """Whether a number prints this figure, in whichever unit and as exact as it may be."""
        if any(printed.is_of(figure) for figure in self.figures_in(printed.unit)):
            return True
        value = converted(printed.value, printed.unit, self.unit)
        if value is None or (value == printed.value and printed.places <= MONEY_PLACES):
            return False
        return any(Printed(value, 0).is_finer(figure) for figure in self.figures)

    def is_scaled(self, printed: Printed) -> bool:
        """Whether a number prints this amount as if in another unit of money than is said."""
        if self.unit != MONEY:
            return False
        others = (tuple(figure * by for figure in self.figures) for by in _SCALES)
        return any(replace(self, figures=figures).is_printed(printed) for figures in others)

    def is_near(self, printed: Printed) -> bool:
        """Whether a number is at least half of this figure and at most twice as much."""
        figures = self.figures_in(printed.unit)
        return any(figure <= 2 * printed.value <= 4 * figure for figure in figures)

    def distance(self, printed: Printed) -> Decimal:
        """How far a number is from the nearest of the figures, in its own unit; 0 for a grade."""
        gaps = (abs(figure - printed.value) for figure in self.figures_in(printed.unit))
        return min(gaps, default=Decimal(0))

    @property
    def text(self) -> str:
        """The figure as people read it."""
        if self.grade:
            return self.grade
        figure = self.figures[0]
        plainly = number_text(rounded(figure, MONEY_PLACES))
        exact = f"{rounded(figure, MONEY_PLACES):,}" if self.unit in _WITH_DECIMALS else plainly
        return f"{exact} {self.unit}" if self.unit != "%" else f"{exact}%"


class Deduction(Struct, frozen=True):
    """A deduction told in a text, as it stands there, and where it ends."""

    text: str
    printed: Printed
    end: int


def sole_deduction(text: str) -> Deduction | None:
    """Give the one deduction a text tells, plain; None where it tells several, or a rule."""
    found = list(_DEDUCTION.finditer(text))
    if len(found) != 1 or _NOT_OURS.search(text):
        return None
    printed = Printed.of(found[0]["number"], "分")
    return Deduction(found[0]["score"], printed, found[0].end()) if printed.is_sane else None


class Subject(Struct, frozen=True, eq=False):
    """What is spoken of: its names, its figures, and what messages call it.

    A `specific` name can hardly mean anything else; others are not judged where a project is spoken
    of, `common` ones only where the accounts are. `ordinary` are names of a project that may be any
    words («免费开放»): only a total is told of them. A verdict is the score or grade of the whole,
    in texts that speak of nothing else.
    """

    names: tuple[str, ...]
    facts: tuple[KnownFigure, ...]
    about: str
    specific: bool = False
    is_project: bool = False
    is_indicator: bool = False
    is_verdict: bool = False
    common: bool = False
    ordinary: frozenset[str] = frozenset()

    @property
    def is_counted(self) -> bool:
        """Whether it is a number of rows."""
        return not self.is_project and any(fact.unit == COUNT for fact in self.facts)

    @property
    def is_scored(self) -> bool:
        """Whether it has a score or a grade."""
        return any(fact.unit in {"分", GRADE} for fact in self.facts)

    @property
    def is_graded(self) -> bool:
        """Whether it is told by a word."""
        return any(fact.grade for fact in self.facts)

    @property
    def is_money(self) -> bool:
        """Whether it has amounts."""
        return any(fact.unit == MONEY for fact in self.facts)

    @property
    def words(self) -> frozenset[str]:
        """Every word that says which figure is meant."""
        return frozenset(word for fact in self.facts for word in fact.words)

    def is_called(self, text: str) -> bool:
        """Whether a text is one of its names, or longer or shorter than one."""
        return any(name in text or text in name for name in map(plain, self.names))

    def meant(self, said: Sequence[str], unit: str, *, carried: bool) -> Iterator[KnownFigure]:
        """Give the figures that words and a unit may mean; `carried` on after a comma or not."""
        fitting = [fact for fact in self.facts if fact.figures_in(unit)]
        if said:
            long = {word for word in said if not carried or len(word) >= LONGEST_CARRIED}
            yield from (fact for fact in fitting if long & {*fact.words})
            return
        plainly = [fact for fact in fitting if not fact.words]
        yield from plainly or (fact for fact in fitting if not fact.only_said)
