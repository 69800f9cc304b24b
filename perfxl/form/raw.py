"""What stands in a cell of a file as such, before anybody reads it."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal

from perfxl.text import amounts

Raw = None | str | bool | Decimal | date | time


def text_of(raw: Raw) -> str:
    """Give what a cell shows, as text without blanks at its ends."""
    match raw:
        case str():
            return amounts.stripped(raw)
        case None:
            return ""
        case bool():
            return "TRUE" if raw else "FALSE"
        case Decimal():
            return amounts.digits_text(raw)
        case date():
            return raw.isoformat()[:10]
        case time():
            return raw.isoformat()
