"""What a file says of a rubric, TOML and workbook alike: raw values that know where they stand.

Also what its numbers must be. Numbers are Decimal, rates fractions; whatever else stands there is
a fault (see `rubric.soundness`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from msgspec import Struct

from perfxl.rubric.model import USUAL_LIMITS, NumberRange, Tiers


class DraftRow(Struct, frozen=True):
    """One row of a table: raw values by field, and where each field stands, in words."""

    values: Mapping[str, object]
    place: Callable[[str], str]
    bands: tuple[DraftRow, ...] = ()

    def given(self, name: str) -> bool:
        """Whether a field holds anything."""
        return self.values.get(name) not in (None, "")


class RubricDraft(Struct, frozen=True):
    """A rubric as given; `settings` also knows the place of whole tables (grades, caps, items)."""

    settings: DraftRow
    grades: Sequence[DraftRow]
    caps: Sequence[DraftRow]
    items: Sequence[DraftRow]


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
OVERFULFILMENT = NumberRange(
    "超额完成界限",
    least=ONE,
    most=TEN,
    rate=True,
    above=True,
    default=USUAL_LIMITS.overfulfilment,
)
LOWEST = NumberRange("最低分")
BELOW = NumberRange("支出率低于", most=ONE, rate=True, above=True)
HIGHEST = NumberRange("总分最高")
POINTS = NumberRange("分值", above=True)
AT_LEAST = NumberRange("达到", most=TEN, rate=True)
BAND_POINTS = NumberRange("得分")
