"""How a sheet of an office's workbook is printed and seen, and what of its look is lost.

openpyxl knows what is told here by name; what it drops without a word is looked for in the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from perfxl.form.addresses import column_number, quoted_sheet
from perfxl.form.drawing import (
    Condition,
    DrawnArea,
    PrintSetup,
    Property,
    Span,
    Strip,
    Validation,
    View,
)
from perfxl.form.faults import FormFault, Remark
from perfxl.reading.looks import Looks, is_gradient
from perfxl.reading.markup import elements

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

LONGEST_HEADER = LONGEST_PROMPT = 255
_PICTURE = "&G"
_LOST = {
    b"drawing": "lost-drawings",
    b"legacyDrawingHF": "lost-header-pictures",
    b"picture": "lost-background",
    b"oleObjects": "lost-objects",
    b"controls": "lost-controls",
    b"tableParts": "lost-tables",
    b"sparklineGroups": "lost-sparklines",
    b"conditionalFormattings": "lost-new-conditions",
}
_ELEMENT = re.compile(rb"<(?:\w+:)?(" + b"|".join(_LOST) + rb")[\s/>]")
# validations that name cells of another sheet, as Excel 2010 and later put them down
_EXTENDED = re.compile(rb"<(\w+:)dataValidations\b.*?</\1dataValidations>", re.DOTALL)


def area_of_range(found: Any) -> DrawnArea:
    """Give the area of a range of openpyxl's."""
    return DrawnArea(found.min_row - 1, found.min_col - 1, found.max_row - 1, found.max_col - 1)


def area_in(text: str) -> DrawnArea | None:
    """Give the area that a text names, None where it is no such text."""
    from openpyxl.utils.cell import range_boundaries

    try:
        left, top, right, bottom = range_boundaries(text)
    except (ValueError, TypeError):
        return None
    named = None not in (left, top, right, bottom)
    return DrawnArea(top - 1, left - 1, bottom - 1, right - 1) if named else None


def areas_in(text: str) -> tuple[DrawnArea, ...]:
    """Give the areas that a text names."""
    return tuple(area for one in text.replace(",", " ").split() if (area := area_in(one)))


def names(book: Workbook) -> dict[str, str]:
    """Give what a workbook has given a name, one of a sheet alone with the sheet before it."""
    own = {quoted_sheet(sheet.title) + "!": sheet.defined_names for sheet in book.worksheets}
    return {
        f"{sheet}{name}": found.attr_text
        for sheet, named in {"": book.defined_names, **own}.items()
        for name, found in named.items()
        if found.attr_text and not (found.hidden or found.function or found.xlm)
    }


# ---------------------------------------------------------------- the page


def printed(sheet: Worksheet) -> PrintSetup:
    """Give how a sheet is printed."""
    page, margins, options = sheet.page_setup, sheet.page_margins, sheet.print_options
    sides = ("left", "right", "top", "bottom", "header", "footer")
    return PrintSetup(
        areas=areas_in(sheet.print_area.replace(f"{quoted_sheet(sheet.title)}!", "")),
        title_rows=_span(sheet.print_title_rows),
        title_columns=_span(sheet.print_title_cols),
        row_breaks=tuple(one.id for one in sheet.row_breaks.brk),
        column_breaks=tuple(one.id for one in sheet.col_breaks.brk),
        paper=int(page.paperSize or 0),
        landscape=page.orientation == "landscape",
        scale=_per_cent(page.scale),
        fit=_fit(sheet),
        margins=tuple(float(getattr(margins, side)) for side in sides),
        header=_kept(_running(sheet.oddHeader)),
        footer=_kept(_running(sheet.oddFooter)),
        across=bool(options.horizontalCentered),
        down=bool(options.verticalCentered),
        gridlines=bool(options.gridLines),
        first_page=int(page.firstPageNumber or 0) if page.useFirstPageNumber else 0,
        over_then_down=page.pageOrder == "overThenDown",
    )


def _fit(sheet: Worksheet) -> tuple[int, int] | None:
    """Give how many pages across and down it takes up, None where its scale is set."""
    properties, page = sheet.sheet_properties.pageSetUpPr, sheet.page_setup
    if properties is None or not properties.fitToPage:
        return None
    sizes = (page.fitToWidth, page.fitToHeight)
    across, down = (1 if size is None else int(size) for size in sizes)
    return across, down


def _per_cent(size: Any) -> int:
    """Give a scale within what a sheet may have."""
    return min(max(int(size or 100), 10), 400)


def _span(text: str | None) -> Span | None:
    """Give the rows «$1:$3» or the columns «$A:$B», counted from 0."""
    ends = text.replace("$", "").split(":") if text else ()
    found = [int(end) - 1 if end.isdecimal() else column_number(end) for end in ends]
    return (found[0], found[-1]) if found else None


def _running(line: Any) -> str:
    """Give a header or footer as the file has it, without a picture."""
    parts = (("L", line.left), ("C", line.center), ("R", line.right))
    return "".join(f"&{side}{part}" for side, part in parts if part.text).replace(_PICTURE, "")


def _kept(text: str) -> str:
    return text if len(text) <= LONGEST_HEADER else ""


# ---------------------------------------------------------------- the screen


def view(sheet: Worksheet, looks: Looks) -> View:
    """Give how a sheet is seen."""
    seen, tab = sheet.sheet_view, sheet.sheet_properties.tabColor
    pane = seen.pane
    stays = pane is not None and pane.state in {"frozen", "frozenSplit"}
    return View(
        (int(pane.ySplit or 0), int(pane.xSplit or 0)) if stays else (0, 0),
        _per_cent(seen.zoomScale),
        seen.showGridLines is not False,
        seen.showZeros is not False,
        looks.colour(tab),
    )


def strip(dimension: Any, looks: Looks) -> Strip:
    """Give what is set for a row or a column as a whole, besides its size."""
    level, collapsed = int(dimension.outlineLevel or 0), bool(dimension.collapsed)
    return Strip(level, collapsed, looks.of(dimension))


# ---------------------------------------------------------------- conditional formats

_WRITTEN = {"duplicateValues": "duplicate", "uniqueValues": "unique"}


def conditions(sheet: Worksheet, looks: Looks) -> tuple[Condition, ...]:
    """Give the conditional formats that can be written again, the first to hold first."""
    found = [(one, rule) for one in sheet.conditional_formatting for rule in one.rules]
    kept = sorted(found, key=lambda pair: int(pair[1].priority or 0))
    return tuple(
        Condition(
            tuple(area_of_range(part) for part in one.sqref.ranges), options, looks.change(rule.dxf)
        )
        for one, rule in kept
        if (options := _options(rule, looks))
    )


def _options(rule: Any, looks: Looks) -> dict[str, Property]:
    """Give a conditional format as the writer takes it, {} where it has none such."""
    formulas = [f"={text}" for text in rule.formula]
    found: dict[str, Property] = {}
    if rule.type == "cellIs" and formulas:
        names = ("minimum", "maximum") if len(formulas) == 2 else ("value",)
        values = dict(zip(names, formulas, strict=True))
        found = {"type": "cell", "criteria": _spaced(rule.operator), **values}
    elif rule.type == "colorScale":
        found = _scale(rule.colorScale, looks)
    elif rule.type == "dataBar":
        ends = dict(zip(("min", "max"), rule.dataBar.cfvo, strict=True))
        found = {"type": "data_bar", "bar_color": looks.colour(rule.dataBar.color), **_ends(ends)}
    elif rule.type == "top10":
        found = {"type": "bottom" if rule.bottom else "top", "value": int(rule.rank or 10)}
        found |= {"criteria": "%"} if rule.percent else {}
    elif rule.type in _WRITTEN:
        found = {"type": _WRITTEN[rule.type]}
    elif formulas:  # an expression, or words, blanks, errors, days: these bring theirs along
        found = {"type": "formula", "criteria": formulas[0]}
    return {**found, "stop_if_true": True} if found and rule.stopIfTrue else found


def _spaced(operator: str | None) -> str:
    """Give «greater than» for «greaterThan»; for equality the writer adds a word."""
    words = re.sub("([A-Z])", lambda found: f" {found[1].lower()}", operator or "equal")
    return f"{words} to" if words.endswith("equal") else words


def _scale(scale: Any, looks: Looks) -> dict[str, Property]:
    names = ("min", "max") if len(scale.cfvo) == 2 else ("min", "mid", "max")
    colours = {f"{n}_color": looks.colour(c) for n, c in zip(names, scale.color, strict=True)}
    ends = dict(zip(names, scale.cfvo, strict=True))
    return {"type": f"{len(names)}_color_scale", **colours, **_ends(ends)}


def _ends(ends: dict[str, Any]) -> dict[str, Property]:
    found: dict[str, Property] = {}
    for name, end in ends.items():
        if end.type not in {"min", "max"}:
            found[f"{name}_type"] = end.type
            value = end.val if end.type != "formula" else f"={end.val}"
            found[f"{name}_value"] = 0 if value is None else value
    return found


# ---------------------------------------------------------------- drop-downs of later versions


def extended_validations(xml: bytes) -> Iterator[Validation]:
    """Give the validations that openpyxl leaves out: those with lists on another sheet."""
    part = _EXTENDED.search(xml)
    found = elements(part[0], {"dataValidation", "f", "sqref"}) if part else []
    starts = [n for n, one in enumerate(found) if one.name == "dataValidation"]
    for start, end in pairwise([*starts, len(found)]):
        inner = found[start + 1 : end]
        areas = " ".join(one.text for one in inner if one.name == "sqref")
        formulas = tuple(one.text for one in inner if one.name == "f")
        get = found[start].get
        if areas:
            settings = _settings({name: get(name) for name in _SETTINGS})
            yield Validation(areas_in(areas), get("type"), formulas, (), get("prompt"), settings)


_SETTINGS = {
    "operator": "criteria",
    "allowBlank": "ignore_blank",
    "showErrorMessage": "show_error",
    "showInputMessage": "show_input",
    "showDropDown": "dropdown",
    "errorStyle": "error_type",
    "errorTitle": "error_title",
    "error": "error_message",
    "promptTitle": "input_title",
}
_FLAGS = frozenset({"ignore_blank", "show_error", "show_input", "dropdown"})


def validation_settings(found: Any) -> dict[str, Property]:
    """Give what a validation of openpyxl's says besides its formulas and its prompt."""
    return _settings({name: getattr(found, name) for name in _SETTINGS})


def _settings(said: dict[str, Any]) -> dict[str, Property]:
    named = {_SETTINGS[name]: value for name, value in said.items()}
    flags: dict[str, Property] = {name: named[name] in {True, "1", "true"} for name in _FLAGS}
    flags["dropdown"] = not flags["dropdown"]  # the file says where the arrow is hidden
    if named["criteria"]:
        flags["criteria"] = _spaced(named["criteria"])
    texts = {name: named[name] for name in named.keys() - _FLAGS - {"criteria"} if named[name]}
    return flags | texts


# ---------------------------------------------------------------- what is lost


def lost(sheet: Worksheet, xml: bytes) -> Iterator[FormFault]:
    """Say what of a sheet's look cannot be kept."""
    for element in dict.fromkeys(found[1] for found in _ELEMENT.finditer(xml)):
        yield FormFault(sheet.title, None, Remark.of(_LOST[element]))
    for line in (sheet.oddHeader, sheet.oddFooter):
        if len(_running(line)) > LONGEST_HEADER:
            told = Remark.of("lost-header", most=LONGEST_HEADER)
            yield FormFault(sheet.title, None, told)
    header = sheet.HeaderFooter
    if header.differentFirst or header.differentOddEven:
        yield FormFault(sheet.title, None, Remark.of("lost-other-headers"))
    if any(rule.type == "iconSet" for one in sheet.conditional_formatting for rule in one.rules):
        yield FormFault(sheet.title, None, Remark.of("lost-icons"))
    yield from _of_cells(sheet)


def _of_cells(sheet: Worksheet) -> Iterator[FormFault]:
    known: set[int] = set()  # of the fills: each is told once
    for cell in (cell for row in sheet.iter_rows() for cell in row):
        spot = cell.row - 1, cell.column - 1
        if cell.has_style and cell._style.fillId not in known:
            known.add(cell._style.fillId)
            if is_gradient(cell.fill):
                yield FormFault(sheet.title, spot, Remark.of("lost-gradient"))
        if cell.comment and len(cell.comment.text) > LONGEST_PROMPT:
            told = Remark.of("lost-comment", most=LONGEST_PROMPT)
            yield FormFault(sheet.title, spot, told)
