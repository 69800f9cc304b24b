"""What a file says of a rubric, TOML and workbook alike: raw values that know where they stand.

Also what its numbers must be. Numbers are Decimal, rates fractions; whatever else stands there is
a fault (see `rubric.soundness`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from perfxl.expr.rounding import rounded
from perfxl.rubric.model import USUAL_LIMITS, ZERO, Tiers
from perfxl.text.amounts import number_text, percent_text


@dataclass(frozen=True)
class DraftRow:
    """One row of a table: raw values by field, and where each field stands, in words."""

    values: Mapping[str, object]
    place: Callable[[str], str]
    bands: tuple[DraftRow, ...] = ()

    def given(self, name: str) -> bool:
        """Whether a field holds anything."""
        return self.values.get(name) not in (None, "")


@dataclass(frozen=True)
class RubricDraft:
    """A rubric as given; `settings` also knows the place of whole tables (grades, caps, items)."""

    settings: DraftRow
    grades: Sequence[DraftRow]
    caps: Sequence[DraftRow]
    items: Sequence[DraftRow]


@dataclass(frozen=True, slots=True)
class NumberRange:
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


ONE, TEN = Decimal(1), Decimal(10)
TOTAL = NumberRange("满分", above=True, default=Decimal(100))
DONE = NumberRange("已达成下限", most=ONE, rate=True, default=Tiers().done)
PARTLY = NumberRange("部分达成下限", most=ONE, rate=True, above=True, default=Tiers().partly)
ADJUSTMENT = NumberRange(
    "预算调整幅度", most=TEN, rate=True, above=True, default=USUAL_LIMITS.adjustment
)
EXECUTION = NumberRange(
    "支出率下限", most=ONE, rate=True, above=True, default=USUAL_LIMITS.execution
)
OVERFULFILMENT = NumberRange("超额完成界限", ONE, TEN, True, True, USUAL_LIMITS.overfulfilment)
LOWEST = NumberRange("最低分")
BELOW = NumberRange("支出率低于", most=ONE, rate=True, above=True)
HIGHEST = NumberRange("总分最高")
POINTS = NumberRange("分值", above=True)
FLOOR = NumberRange("比率下限", most=ONE, rate=True, default=ZERO)
PER_FINDING = NumberRange("每项扣分", above=True)
AT_LEAST = NumberRange("达到", most=TEN, rate=True)
BAND_POINTS = NumberRange("得分")
