"""How the cells of an office's workbook look, in properties as the writer of workbooks names them.

Colours are resolved to RGB: the writer has no theme of the office's. What is as by default is left
out; a colour that is automatic too.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from perfxl.form.drawing import Look, Property
from perfxl.reading.markup import elements

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook

# the colours of a theme in the order in which cells count them, which is not that of the file
_THEME = ("lt1", "dk1", "lt2", "dk2", *(f"accent{n}" for n in range(1, 7)), "hlink", "folHlink")
_COLOURS = frozenset({"srgbClr", "sysClr"})
_LINES = (
    "thin medium dashed dotted thick double hair mediumDashed dashDot mediumDashDot dashDotDot"
    " mediumDashDotDot slantDashDot"
)
_FILLS = (
    "solid mediumGray darkGray lightGray darkHorizontal darkVertical darkDown darkUp darkGrid"
    " darkTrellis lightHorizontal lightVertical lightDown lightUp lightGrid lightTrellis gray125"
    " gray0625"
)
_LINE, _FILL = ({name: n for n, name in enumerate(s.split(), 1)} for s in (_LINES, _FILLS))
_UNDERLINE = {"single": 1, "double": 2, "singleAccounting": 33, "doubleAccounting": 34}
_SCRIPT = {"superscript": 1, "subscript": 2}
_ACROSS = {"centerContinuous": "center_across"}
_DOWN = {"center": "vcenter", "justify": "vjustify", "distributed": "vdistributed", "top": "top"}
_OWN_FORMATS = 164  # number formats from here on are the workbook's, those below built in
_AUTOMATIC = 64  # colours by number end here
_STACKED = 255  # a rotation that sets one letter below the other
_FULL = 240  # of hue, lightness and saturation, as Windows counts them


class Palette(Struct, frozen=True):
    """The colours a workbook's cells refer to: of its theme, by the number they use; by index."""

    theme: tuple[str, ...]
    indexed: tuple[str, ...]

    def rgb(self, colour: Any) -> str:
        """Give «#RRGGBB», "" where the colour is automatic."""
        if colour is None or colour.type == "auto":
            return ""
        if colour.type == "rgb":  # the first two digits, how opaque it is, Excel leaves aside
            return f"#{tinted(colour.rgb[-6:], colour.tint)}"
        named = self.theme if colour.type == "theme" else self.indexed
        number = colour.theme if colour.type == "theme" else colour.indexed
        return f"#{tinted(named[number][-6:], colour.tint)}" if number < len(named) else ""


def palette(book: Workbook) -> Palette:
    """Give the colours of a workbook."""
    from openpyxl.styles.colors import COLOR_INDEX

    indexed = tuple(book._colors or COLOR_INDEX)[:_AUTOMATIC]
    found = elements(book.loaded_theme, {*_THEME, *_COLOURS}) if book.loaded_theme else []
    named = {one.name: told for one, told in pairwise(found) if told.name in _COLOURS}
    theme = tuple(
        (named[name].get("lastClr") or named[name].get("val")).upper()
        for name in _THEME
        if name in named
    )
    return Palette(theme, indexed)


def tinted(rgb: str, tint: float) -> str:
    """Give a colour lighter (tint above 0) or darker, in the whole numbers Excel computes with."""
    if not tint:
        return rgb.upper()
    red, green, blue = (int(rgb[i : i + 2], 16) for i in (0, 2, 4))
    if red == green == blue:
        return f"{int(_lit(red, tint, 255) + 0.5):02X}" * 3
    hue, light, full = _hls(red, green, blue)
    light = int(_lit(light, tint, _FULL))
    half = light <= _FULL // 2
    product = (light * (_FULL + full if half else full) + 120) // _FULL
    high = product if half else light + full - product
    low = 2 * light - high
    return "".join(f"{_part(low, high, (hue + turn) % _FULL):02X}" for turn in (80, 0, 160))


def _lit(light: int, tint: float, top: int) -> float:
    return light * (1 + tint) if tint < 0 else light * (1 - tint) + top * tint


def _hls(red: int, green: int, blue: int) -> tuple[int, int, int]:
    """Give hue, lightness and saturation of a colour that is no grey."""
    most, total = max(red, green, blue), max(red, green, blue) + min(red, green, blue)
    width = 2 * most - total
    light, room = (total * _FULL + 255) // 510, min(total, 510 - total)
    r, g, b = (((most - x) * 40 + width // 2) // width for x in (red, green, blue))
    hue = b - g if red == most else 80 + r - b if green == most else 160 + g - r
    return hue, light, (width * _FULL + room // 2) // room


def _part(low: int, high: int, hue: int) -> int:
    if hue < 40:
        value = low + ((high - low) * hue + 20) // 40
    elif hue < 120:
        value = high
    elif hue < 160:
        value = low + ((high - low) * (160 - hue) + 20) // 40
    else:
        value = low
    return (value * 255 + 120) // _FULL


class Looks:
    """Gives the looks of one workbook; equal ones are one object."""

    def __init__(self, book: Workbook) -> None:
        self._palette = palette(book)
        self._known: dict[Any, Look] = {}
        self.normal = self.font(book._fonts[0])

    def of(self, cell: Any) -> Look:
        """Give the look of a cell, a row or a column; () where it is the workbook's plain one."""
        if not cell.has_style:
            return ()
        if cell._style not in self._known:
            self._known[cell._style] = self._of(cell)
        return self._known[cell._style]

    def _of(self, cell: Any) -> Look:
        number = cell._style.numFmtId
        code = number if 0 < number < _OWN_FORMATS else cell.number_format
        return (
            *self.font(cell.font),
            *_set({"num_format": code if number else "", "quote_prefix": bool(cell.quotePrefix)}),
            *_alignment(cell.alignment),
            *self.border(cell.border),
            *self.fill(cell.fill),
        )

    def colour(self, colour: Any) -> str:
        """Give «#RRGGBB» of a colour, "" where it is automatic."""
        return self._palette.rgb(colour)

    def font(self, font: Any, name: str = "name") -> Look:
        """Give the look of a font; one within a text has another attribute for its `name`."""
        named = _set(
            {
                "font_name": getattr(font, name) or "",
                "font_size": font.sz or 0,
                "bold": bool(font.b),
                "italic": bool(font.i),
                "underline": _UNDERLINE.get(font.u, 0),
                "font_strikeout": bool(font.strike),
                "font_script": _SCRIPT.get(font.vertAlign, 0),
                "font_color": self.colour(font.color),
                "font_charset": font.charset or 0,
            }
        )
        return (*named, ("font_family", int(font.family or 0)))  # 0, too: the writer has another

    def border(self, border: Any) -> Look:
        """Give the lines around a cell and those across it."""
        found: dict[str, Property] = {}
        for side in ("left", "right", "top", "bottom"):
            line = getattr(border, side)
            if line is not None and line.style in _LINE:
                found |= {side: _LINE[line.style], f"{side}_color": self.colour(line.color)}
        across, ways = border.diagonal, bool(border.diagonalUp) + 2 * bool(border.diagonalDown)
        if ways and across is not None and across.style in _LINE:
            colour = self.colour(across.color)
            found |= {"diag_type": ways, "diag_border": _LINE[across.style], "diag_color": colour}
        return _set(found)

    def fill(self, fill: Any) -> Look:
        """Give the colour of a cell; of a gradient, which cannot be kept, the first one."""
        if is_gradient(fill):
            return _set({"pattern": 1, "bg_color": self.colour(fill.stop[0].color)})
        pattern = _FILL.get(fill.fill_type, 0)
        if pattern == 1:  # then the foreground is the colour
            return _set({"pattern": 1, "bg_color": self.colour(fill.fgColor)})
        if not pattern:
            return ()
        colours = {"bg_color": self.colour(fill.bgColor), "fg_color": self.colour(fill.fgColor)}
        return _set({"pattern": pattern, **colours})

    def change(self, style: Any) -> Look:
        """Give what a conditional format changes."""
        found: list[tuple[str, Property]] = []
        if style is None:
            return ()
        if style.font is not None:
            wanted = ("bold", "italic", "underline", "font_strikeout", "font_color")
            found += [one for one in self.font(style.font) if one[0] in wanted]
        if style.border is not None:
            found += self.border(style.border)
        if style.fill is not None and not is_gradient(style.fill):  # a solid one's is the back here
            back, front = self.colour(style.fill.bgColor), self.colour(style.fill.fgColor)
            found += _set({"bg_color": back or front})
        if style.numFmt is not None:
            found.append(("num_format", style.numFmt.formatCode))
        return tuple(found)


def is_gradient(fill: Any) -> bool:
    """Whether a fill runs from one colour to another."""
    return bool(fill.tagname == "gradientFill")


def _alignment(found: Any) -> Look:
    across = "" if found.horizontal in {None, "general"} else found.horizontal
    turned = int(found.textRotation or 0)  # 91 to 180 are those that fall
    upright = 270 if turned == _STACKED else turned if turned <= 90 else 90 - turned
    return _set(
        {
            "align": _ACROSS.get(across, across),
            "valign": _DOWN.get(found.vertical or "", ""),
            "rotation": upright,
            "text_wrap": bool(found.wrap_text),
            "shrink": bool(found.shrink_to_fit),
            "indent": int(found.indent or 0),
            "reading_order": int(found.readingOrder or 0),
            "text_justlast": bool(found.justifyLastLine),
        }
    )


def _set(properties: Mapping[str, Property]) -> Look:
    return tuple((name, value) for name, value in properties.items() if value)
