"""What a workbook says of its own making: when perfxl wrote it, and for which unit."""

from __future__ import annotations

from dataclasses import dataclass

# The date in every workbook perfxl writes: the same input gives the same bytes, and whoever saves
# the file again leaves another date in it.
WRITTEN = "2022-01-01T00:00:00Z"
# the properties that name the unit a workbook was issued to
ISSUED_NAME, ISSUED_CODE = "perfxl_unit", "perfxl_unit_code"


@dataclass(frozen=True, slots=True)
class Issued:
    """The unit a workbook was issued to, as its properties state; "" where they do not."""

    name: str = ""
    code: str = ""


NOBODY = Issued()
