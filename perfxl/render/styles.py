"""How cells look: one table of styles, from kind, look and severity to an Excel format."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from perfxl.form.drawing import Look, Property
from perfxl.form.model import Item, Kind

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format

FONT, FONT_SIZE, HEAD_FONT = "宋体", 10, "黑体"
CHINESE = 134  # what a font stands in for where it is missing is Chinese, too
INK, LINE = "#1F2937", "#9CA3AF"
SEVERITY_FILL = {"error": "#F8B4B4", "verify": "#FCD9A4", "note": "#BFDBFE"}
SEVERITY_INK = {"error": "#B91C1C", "verify": "#B45309", "note": "#1D4ED8"}
INPUT_FILL, COMPUTED_FILL, HEAD_FILL = "#FFFBE6", "#F3F4F6", "#DCE6F1"

_BASE = {
    "font_name": FONT,
    "font_size": FONT_SIZE,
    "font_charset": CHINESE,
    "font_color": INK,
    "valign": "vcenter",
    "locked": True,
}
_BOXED = {"border": 1, "border_color": LINE}
_WRAP = {"text_wrap": True}
_PADDED = {"align": "left", "indent": 1}
_FACT = {**_BOXED, **_WRAP, **_PADDED, "bg_color": COMPUTED_FILL}

LOOKS: dict[str, dict[str, Any]] = {
    "title": {"font_name": HEAD_FONT, "font_size": 16, "align": "center"},
    "annex": {"align": "left"},
    "closing": {"font_size": 11, "align": "right", "indent": 4, "valign": "bottom"},
    "subtitle": {**_WRAP, "align": "right", "font_color": "#4B5563"},
    "block": {"font_name": HEAD_FONT, "font_size": 11, "align": "left"},
    "head": {**_BOXED, **_WRAP, "font_name": HEAD_FONT, "align": "center", "bg_color": HEAD_FILL},
    "label": {**_BOXED, **_WRAP, **_PADDED},
    "mark": {**_BOXED, **_WRAP, "align": "center"},
    "prose": {**_WRAP, "align": "left"},
    "link": {**_BOXED, **_WRAP, **_PADDED, "font_color": "#1D4ED8", "underline": 1},
    "input": {**_BOXED, **_WRAP, "bg_color": INPUT_FILL},
    "entry": {**_BOXED, **_WRAP, **_PADDED, "bg_color": INPUT_FILL},
    "computed": {**_BOXED, "bg_color": COMPUTED_FILL},
    "shown": {**_BOXED, **_WRAP, **_PADDED},
    "fact": _FACT,
    "name": _FACT,  # with room for two lines
    "verdict": {**_BOXED, "align": "center"},
    "hint": {**_PADDED, "font_color": SEVERITY_INK["error"], "font_size": 9},
    "count": {**_BOXED, **_PADDED, "bold": True, "font_size": 12},
    "essay": {
        **_BOXED,
        **_WRAP,
        **_PADDED,
        "bg_color": INPUT_FILL,
        "locked": False,
        "valign": "top",
    },
    "key": {"font_color": "#9CA3AF", "font_size": 8},
    **{name: {**_BOXED, **_WRAP, "bg_color": fill} for name, fill in SEVERITY_FILL.items()},
    "figure": {**_BOXED, **_WRAP, "align": "right"},
    "money": {**_BOXED, "align": "right", "num_format": "#,##0.00_ "},
    "percent": {**_BOXED, "align": "right", "num_format": "0.00%_ "},
    "number": {**_BOXED, "align": "right", "num_format": "0_ "},
    "centred": {**_BOXED, **_WRAP, "align": "center"},
}

_NUMBER_FORMATS = {
    Kind.AMOUNT: "#,##0.00_ ",  # the trailing blank keeps figures off the border
    Kind.SCORE: "0.00_ ",
    Kind.RATE: "0.00%_ ",
    Kind.DATE: "yyyy-mm-dd",
    Kind.CODE: "@",
}
_RIGHT = {Kind.AMOUNT, Kind.SCORE, Kind.RATE, Kind.NUMBER}
_CENTERED = {Kind.CHOICE, Kind.VALUE, Kind.CODE, Kind.DATE}


class Styles:
    """The formats of one workbook, made when first asked for."""

    def __init__(self, book: Workbook) -> None:
        """Make formats for `book`."""
        self._book = book
        self._formats: dict[tuple[Any, ...], Format] = {}

    def named(self, look: str) -> Format:
        """Give the format of a look."""
        return self._format((look, None, ""), LOOKS[look])

    def of(self, item: Item, severity: str = "", without: str = "") -> Format:
        """Give the format of an item, on the colour of a severity where one is given.

        One `without` a line at its left or right is part of a box.
        """
        look = item.look or _look(item)
        known = (look, item.kind, severity, item.is_input, without)
        if known in self._formats:
            return self._formats[known]
        properties = {**LOOKS[look], "locked": not item.is_input}
        if item.look != "count" and item.kind in _NUMBER_FORMATS:
            properties["num_format"] = _NUMBER_FORMATS[item.kind]
        if "align" not in properties and not item.is_label:
            properties |= _alignment(item.kind)
        if severity:
            properties["bg_color"] = SEVERITY_FILL[severity]
        if without:
            properties |= {without: 0, "locked": without == "left"}
        return self._format(known, properties)

    def echo(self, look: str, align: str) -> Format:
        """Give the format of a line below the title."""
        return self._format((look, align), {"num_format": look, "align": align})

    def exact(self, look: Look, **changes: Property) -> Format:
        """Give the format of a look that an office drew, changed in these properties."""
        known = (look, *changes.items())
        if known not in self._formats:
            self._formats[known] = self._book.add_format({**dict(look), **changes})
        return self._formats[known]

    def _format(self, known: tuple[Any, ...], properties: dict[str, Any]) -> Format:
        if known not in self._formats:
            self._formats[known] = self._book.add_format({**_BASE, **properties})
        return self._formats[known]


def _alignment(kind: Kind) -> dict[str, Any]:
    if kind in _RIGHT:
        return {"align": "right"}
    return {"align": "center"} if kind in _CENTERED else _PADDED


def _look(item: Item) -> str:
    if item.is_label:
        return "label"
    if item.kind is Kind.SHOWN:
        return "shown"
    return "input" if item.is_input else "computed"
