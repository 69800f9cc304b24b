"""A workbook after a few of its cells were typed over in a program that keeps no results.

Only the sheets that change are taken apart, so it is done in a tenth of the time that openpyxl
takes for the whole workbook; what other programs really save is shown in test_writers and
test_second_round.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from io import BytesIO
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from openpyxl.utils import range_boundaries
from openpyxl.utils.cell import coordinate_from_string, get_column_letter
from openpyxl.utils.datetime import to_excel

Cells = Mapping[str, object]  # by A1 reference; None empties one
M = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
RESULT = re.compile(rb'(<c [^>]*?)(?: t="[a-z]+")?>(<f[^>]*>[^<]*</f>)(?:<v>[^<]*</v>|<v ?/>)')
ERROR = re.compile("#(REF!|N/A|VALUE!|NAME[?]|DIV/0!|NULL!|NUM!)")
# what comes after the merged areas in a sheet's part (ECMA-376, 18.3.1.99)
BEHIND = {
    *("phoneticPr", "conditionalFormatting", "dataValidations", "hyperlinks", "printOptions"),
    *("pageMargins", "pageSetup", "headerFooter", "rowBreaks", "colBreaks", "ignoredErrors"),
    *("drawing", "legacyDrawing", "tableParts", "extLst"),
}

ElementTree.register_namespace("", M)
ElementTree.register_namespace("r", R)


def edited(
    data: bytes, sheets: Mapping[str, Cells], merges: Mapping[str, Sequence[str]] | None = None
) -> bytes:
    """Give the workbook with cells of its sheets typed over, then areas merged."""
    merges, target = merges or {}, BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as old, zipfile.ZipFile(target, "w") as new:
        parts = _parts(old)
        changed = {parts[name]: name for name in (*sheets, *merges)}
        for part in old.namelist():
            content = old.read(part)
            if part in changed:
                name = changed[part]
                content = _typed_over(content, sheets.get(name, {}), merges.get(name, ()))
            if part.startswith("xl/worksheets/sheet"):
                content = RESULT.sub(rb"\1>\2<v></v>", content)
            new.writestr(zipfile.ZipInfo(part), content)  # of no time: the same bytes again
    return target.getvalue()


def rewritten(
    data: bytes, change: Callable[[str, bytes], bytes], added: Mapping[str, bytes] | None = None
) -> bytes:
    """Give a workbook with each of its parts changed, and with parts added."""
    target = BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as old, zipfile.ZipFile(target, "w") as new:
        parts = {part: change(part, old.read(part)) for part in old.namelist()}
        for part, content in {**parts, **(added or {})}.items():
            new.writestr(zipfile.ZipInfo(part), content)  # of no time: the same bytes again
    return target.getvalue()


def _parts(archive: zipfile.ZipFile) -> dict[str, str]:
    """Give the part of each sheet, by its name."""
    targets = {
        one.get("Id"): one.get("Target", "")
        for one in ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    }
    book = ElementTree.fromstring(archive.read("xl/workbook.xml"))
    return {
        sheet.get("name", ""): "xl/" + targets[sheet.get(f"{{{R}}}id")].removeprefix("/xl/")
        for sheet in book.iter(f"{{{M}}}sheet")
    }


def _typed_over(part: bytes, cells: Cells, merges: Iterable[str]) -> bytes:
    root = ElementTree.fromstring(part)
    rows = root.find(f"{{{M}}}sheetData")
    assert rows is not None
    for reference, value in cells.items():
        _fill(_cell(rows, reference), value)
    for area in merges:
        _merge(root, rows, area)
    written: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _cell(rows: Element, reference: str) -> Element:
    """Give a cell, made in its place where there was none."""
    row = _in_order(rows, "row", str(coordinate_from_string(reference)[1]))
    return _in_order(row, "c", reference)


def _in_order(parent: Element, tag: str, reference: str) -> Element:
    at = len(parent)
    for n, one in enumerate(parent):
        if one.get("r") == reference:
            return one
        if _order(one.get("r", "")) > _order(reference):
            at = n
            break
    made = Element(f"{{{M}}}{tag}", {"r": reference})
    parent.insert(at, made)
    return made


def _order(reference: str) -> tuple[int, str]:
    return len(reference), reference


def _fill(cell: Element, value: object) -> None:
    for part in list(cell):
        cell.remove(part)
    cell.attrib.pop("t", None)
    match value:
        case None:
            pass
        case bool():
            cell.set("t", "b")
            SubElement(cell, f"{{{M}}}v").text = str(int(value))
        case int() | float() | Decimal():
            SubElement(cell, f"{{{M}}}v").text = str(value)
        case date() | datetime() | time():
            SubElement(cell, f"{{{M}}}v").text = str(to_excel(value))
        case str() if ERROR.fullmatch(value):
            cell.set("t", "e")
            SubElement(cell, f"{{{M}}}v").text = value
        case str() if value.startswith("=") and value != "=":
            SubElement(cell, f"{{{M}}}f").text = value[1:]
        case str():
            cell.set("t", "inlineStr")
            text = SubElement(SubElement(cell, f"{{{M}}}is"), f"{{{M}}}t")
            text.text = value
            text.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
        case _:
            raise TypeError(f"no cell holds {value!r}")


def _merge(root: Element, rows: Element, area: str) -> None:
    """Make an area one cell: of what stood there the first cell alone stays."""
    merged = root.find(f"{{{M}}}mergeCells")
    if merged is None:
        behind = {f"{{{M}}}{tag}" for tag in BEHIND}
        at = next((n for n, one in enumerate(root) if one.tag in behind), len(root))
        merged = Element(f"{{{M}}}mergeCells")
        root.insert(at, merged)
    SubElement(merged, f"{{{M}}}mergeCell", {"ref": area})
    left, top, right, bottom = range_boundaries(area)
    covered = (
        f"{get_column_letter(column)}{row}"
        for row in range(top, bottom + 1)
        for column in range(left, right + 1)
    )
    for reference in [*covered][1:]:
        _fill(_cell(rows, reference), None)
