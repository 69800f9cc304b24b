"""The score grid as data: items with points, a method and its parameters; grades, tiers, limits.

A rubric is a TOML file or the same as a workbook (see `rubric.toml`, `rubric.sheet`); each
district's notice brings its own. Points are 分; rates are fractions. A `Rubric` in hand is sound:
`rubric.soundness` makes it from what a file says, or names every fault. The methods there are
stand in `rubric.methods`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from msgspec import Struct, field

from perfxl.expr.rounding import rounded
from perfxl.expr.tree import Expr, Key
from perfxl.form.model import Thresholds
from perfxl.text.amounts import number_text, percent_text

ZERO = Decimal(0)
USUAL_LIMITS = Thresholds()


class Tiers(Struct, frozen=True):
    """The share of its points from which a qualitative result counts as done, as partly done.

    Source: 达成 [done, 1], 部分达成 [partly, done), 未达成 [0, partly).
    """

    done: Decimal = Decimal("0.8")
    partly: Decimal = Decimal("0.6")


class Band(Struct, frozen=True):
    """A step of a banded item: the points from this rate on."""

    at_least: Decimal
    points: Decimal


class Cap(Struct, frozen=True):
    """The highest total while the execution rate is below this one."""

    below: Decimal
    highest: Decimal


class NumberRange(Struct, frozen=True):
    """What a number must be: within [least, most], with two decimals at most (a rate: of its %).

    `above` leaves `least` itself out. `default` stands for a blank; None: it must be given.
    """

    label: str
    least: Decimal = ZERO
    most: Decimal = Decimal(10_000)
    rate: bool = False
    above: bool = False
    default: Decimal | None = None

    def text(self, value: Decimal) -> str:
        """Print a number of this kind."""
        return percent_text(value) if self.rate else number_text(value)

    def fault(self, value: Decimal) -> str:
        """Say what is wrong with a number, "" where nothing is."""
        if not (self.least < value or (value == self.least and not self.above)):
            return f"“{self.label}”应{'大于' if self.above else '不小于'} {self.text(self.least)}"
        if value > self.most:
            return f"“{self.label}”不应大于 {self.text(self.most)}"
        hundredths = value * 100 if self.rate else value
        if hundredths != rounded(hundredths, 2):
            return f"“{self.label}”最多保留两位小数"
        return ""


class Parameter(Struct, frozen=True, kw_only=True):
    """A number that items of one method may give: a column of the workbook, a key of the text.

    Items never give 0: `range.default` says whether a blank is one. `prompt` tells who fills it
    in. `of_points`: it is a part of the item's points.
    """

    key: str
    range: NumberRange
    prompt: str
    of_points: bool = False


class Basis(Struct, frozen=True, kw_only=True):
    """What the tables of a form hold for scores to be computed from.

    `indicators`: the list with the shares of their points, `low` and `high`, and the `weight` of
    each. `covered`: the 一级指标 of it that count, by method. `spent`, `budget`: of the year, 万元;
    `funds`: where both are shown.
    """

    indicators: str
    covered: Mapping[str, tuple[str, ...]]
    spent: Expr
    budget: Expr
    funds: tuple[Key, ...]


def any_score(_item: RubricItem) -> tuple[Decimal, ...]:
    """Give no scores by name: there are too many."""
    return ()


def usual_prompt(item: RubricItem) -> str:
    """Say which scores the method can give, one by one where these are few."""
    if item.allowed:
        return f"按评分标准可得 {'、'.join(map(number_text, item.allowed))} 分"
    return f"0 至 {item.points:f} 分"


class Method(Struct, frozen=True, kw_only=True):
    """A way to score an item: all that is peculiar to it.

    `label`: what staff call it. `hint`: how its parameters are given, for who edits the rubric.
    `words`: how it scores; `in_figures` says so by the parameters of an item instead, "" where it
    has none. `allowed`: the scores it can give, highest first; () where they are too many to
    name. `support`: a bound of the score from the tables, the highest or the lowest; None where
    they hold nothing to compute it from.
    """

    key: str
    label: str
    hint: str = ""
    words: str = ""
    in_figures: Callable[[RubricItem], str] | None = None
    parameters: tuple[Parameter, ...] = ()
    banded: bool = False
    allowed: Callable[[RubricItem], tuple[Decimal, ...]] = any_score
    prompt: Callable[[RubricItem], str] = usual_prompt
    support: Callable[[RubricItem, Basis, bool], Expr] | None = None

    @property
    def computed(self) -> bool:
        """Whether the tables of the form yield the score."""
        return self.support is not None


class RubricItem(Struct, frozen=True, kw_only=True):
    """A leaf of the grid: 一级/二级/三级指标, points, method and what is measured, in words.

    `numbers`: its parameters by key. `bands`: from the highest rate down to 0. `evidence`: whether
    佐证材料 is due.
    """

    key: str
    level1: str
    level2: str
    name: str
    points: Decimal
    method: Method
    standard: str = ""
    numbers: Mapping[str, Decimal] = field(default_factory=dict)
    bands: tuple[Band, ...] = ()
    evidence: bool = True

    def __hash__(self) -> int:
        return hash((self.key, self.name, self.points))  # `numbers` has none

    @property
    def computed(self) -> bool:
        """Whether the tables of the form yield the score."""
        return self.method.computed

    def number(self, parameter: Parameter) -> Decimal:
        """Give a parameter, 0 where there is none."""
        return self.numbers.get(parameter.key, ZERO)

    @property
    def allowed(self) -> tuple[Decimal, ...]:
        """The scores the method can give, highest first; () where they are too many to name."""
        return self.method.allowed(self)

    @property
    def prompt(self) -> str:
        """Which scores the method can give, in words."""
        return self.method.prompt(self)

    @property
    def wording(self) -> str:
        """What the form shows as 评分标准: the words given, then what the parameters say.

        The figures come from the parameters alone, so that the two cannot contradict.
        """
        in_figures = self.method.in_figures
        scoring = (in_figures(self) if in_figures else "") or self.method.words
        words = self.standard.rstrip("。;；:：,，、")
        return f"{words}:{scoring}" if words else scoring


class Rubric(Struct, frozen=True, kw_only=True):
    """A whole grid; `grades` are (name, lowest score), best first; `caps` from the mildest down."""

    id: str
    title: str
    notice: str
    items: tuple[RubricItem, ...]
    grades: tuple[tuple[str, Decimal], ...]
    tiers: Tiers = Tiers()
    limits: Thresholds = USUAL_LIMITS
    caps: tuple[Cap, ...] = ()

    @property
    def points(self) -> Decimal:
        """The points of all items."""
        return sum((item.points for item in self.items), ZERO)

    def groups(self) -> dict[str, list[RubricItem]]:
        """Give the items by 一级指标, in order."""
        found: dict[str, list[RubricItem]] = {}
        for item in self.items:
            found.setdefault(item.level1, []).append(item)
        return found


def shortest(value: Decimal) -> Decimal:
    """Give a number without idle zeros or exponent, so that equal numbers are spelt alike."""
    return Decimal(f"{value.normalize() + 0:f}")
