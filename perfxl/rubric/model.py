"""The score grid as data: items with points, a method and its parameters; grades, tiers, limits.

A rubric is a TOML file or the same as a workbook (see `rubric.toml`, `rubric.sheet`); each
district's notice brings its own. Points are 分; rates are fractions. A `Rubric` in hand is sound:
`rubric.draft` makes it from what a file says, or names every fault.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from perfxl.form.model import Thresholds
from perfxl.text.amounts import number_text, percent_text

COMPUTED_METHODS = ("output_completion", "benefit_completion", "execution_rate")
METHODS = {  # method: what staff call it
    "output_completion": "产出完成率",
    "benefit_completion": "效益完成率",
    "execution_rate": "支出率",
    "ratio": "按比率",
    "band": "分档",
    "deduct": "扣分",
    "yes_no": "是否",
}
ZERO = Decimal(0)
MOST_NAMED = 8  # scores worth naming one by one
USUAL_LIMITS = Thresholds()


@dataclass(frozen=True, slots=True)
class Tiers:
    """The share of its points from which a qualitative result counts as done, as partly done.

    Source: 达成 [done, 1], 部分达成 [partly, done), 未达成 [0, partly).
    """

    done: Decimal = Decimal("0.8")
    partly: Decimal = Decimal("0.6")


@dataclass(frozen=True, slots=True)
class Band:
    """A step of a banded item: the points from this rate on."""

    at_least: Decimal
    points: Decimal


@dataclass(frozen=True, slots=True)
class Cap:
    """The highest total while the execution rate is below this one."""

    below: Decimal
    highest: Decimal


@dataclass(frozen=True, slots=True)
class RubricItem:
    """A leaf of the grid: 一级/二级/三级指标, points, method and what is measured, in words.

    `floor`: a ratio below it earns nothing; 0 where there is none. `bands`: from the highest rate
    down to 0. `per_finding`: what each finding takes off; 0 where the amounts vary. `evidence`:
    whether 佐证材料 is due.
    """

    key: str
    level1: str
    level2: str
    name: str
    points: Decimal
    method: str
    standard: str = ""
    floor: Decimal = ZERO
    bands: tuple[Band, ...] = ()
    per_finding: Decimal = ZERO
    evidence: bool = True

    @property
    def computed(self) -> bool:
        """Whether the tables of the form yield the score."""
        return self.method in COMPUTED_METHODS

    @property
    def allowed(self) -> tuple[Decimal, ...]:
        """The scores the method can give, highest first; () where they are too many to name."""
        match self.method:
            case "yes_no":
                return (self.points, ZERO)
            case "band":
                return tuple(sorted({band.points for band in self.bands}, reverse=True))
            case "deduct" if self.per_finding:
                times = int(self.points / self.per_finding)
                if times > MOST_NAMED:
                    return ()
                steps = [shortest(self.points - n * self.per_finding) for n in range(times + 1)]
                return tuple(dict.fromkeys((*steps, ZERO)))  # 扣完为止: the last step may be less
        return ()

    @property
    def wording(self) -> str:
        """What the form shows as 评分标准: the words given, then what the parameters say.

        The figures come from the parameters alone, so that the two cannot contradict.
        """
        words = self.standard.rstrip("。;；:：,，、")
        return f"{words}:{self._scoring()}" if words else self._scoring()

    def _scoring(self) -> str:
        match self.method:
            case "output_completion":
                return "产出指标完成率(单项不超过100%)按权重加权平均×分值"
            case "benefit_completion":
                return "效益指标和满意度指标完成率(单项不超过100%)按权重加权平均×分值"
            case "execution_rate":
                return "本年支出决算数÷全年预算数×分值,最高得满分"
            case "ratio":
                floor = f",比率低于{percent_text(self.floor)}不得分" if self.floor else ""
                return f"比率×分值,最高得满分{floor}"
            case "band":
                return ",".join(self._steps())
            case "deduct" if self.per_finding:
                return f"每项扣{number_text(self.per_finding)}分,扣完为止"
            case "deduct":
                return "发现问题酌情扣分,扣完为止"
        return "符合得满分,不符合不得分"

    def _steps(self) -> Iterator[str]:
        *upper, last = self.bands
        for band in upper:
            yield f"≥{percent_text(band.at_least)}得{number_text(band.points)}分"
        yield f"低于{percent_text(upper[-1].at_least)}得{number_text(last.points)}分"


@dataclass(frozen=True, slots=True)
class Rubric:
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
