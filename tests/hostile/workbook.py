"""Steps on the parts of the honest workbook: cells, sheets, relationships, extra parts."""

from __future__ import annotations

import re
from functools import cache
from itertools import count

from hostile.packages import Member, Parts, Step, base, put, rewrite, swap, swap_like, text_of

XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"

TYPES = "[Content_Types].xml"
ROOT_RELS = "_rels/.rels"
WORKBOOK = "xl/workbook.xml"
RELS = "xl/_rels/workbook.xml.rels"
STRINGS = "xl/sharedStrings.xml"
STYLES = "xl/styles.xml"
THEME = "xl/theme/theme1.xml"
COVER = "xl/worksheets/sheet1.xml"  # a sheet of ours that is not read
INCOME = "xl/worksheets/sheet5.xml"  # 表1-3 收入
TEXTS = "xl/worksheets/sheet11.xml"  # 文字部分
CORE, APP, CUSTOM = "docProps/core.xml", "docProps/app.xml", "docProps/custom.xml"

C5 = '<c r="C5" s="25"><v>1150</v></c>'  # 一般公共预算财政拨款收入, 年初预算数
TOTAL = "<v>1210.0</v>"  # C16 of the same sheet as stored
ROW_5 = '<row r="5">'
END_OF_ROWS = "</sheetData>"
TEXT_C4 = '<c r="C4" s="40" t="s"><v>[0-9]+</v></c>'  # 存在的主要问题
NEW_SHEET = "xl/worksheets/sheet99.xml"


def amount(cell: str) -> Step:
    """Put another cell in the place of the first amount of the income table."""
    return swap(INCOME, C5, cell)


def value(text: str, kind: str = "") -> Step:
    """Give that amount another value of this cell type."""
    return amount(f'<c r="C5" s="25"{f" t={kind!r}" if kind else ""}><v>{text}</v></c>')


def typed(text: str) -> Step:
    """Put a text (as XML) into a field of free text."""
    cell = f'<c r="C4" s="40" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'
    return swap_like(TEXTS, TEXT_C4, cell)


def after_rows(path: str, xml: str) -> Step:
    """Add rows at the end of a sheet."""
    return swap(path, END_OF_ROWS, xml + END_OF_ROWS)


def after_data(path: str, xml: str) -> Step:
    """Add an element where those that follow the protection and the merges stand."""
    return rewrite(path, lambda text: re.sub(r"(?=<printOptions)", lambda _: xml, text, count=1))


def sheet_xml(rows: str = "", rest: str = "") -> str:
    """Give a sheet of these rows."""
    return (
        f'{XML}<worksheet xmlns="{MAIN}" xmlns:r="{OFFICE}">'
        f"<sheetData>{rows}</sheetData>{rest}</worksheet>"
    )


def add_sheets(
    names: dict[str, str], part: bytes | Member, state: str = "", same: str = ""
) -> Step:
    """Add sheets: the attributes behind each name, all with this part for content.

    With `same` they all are this one part; else each has its own.
    """
    return lambda parts: _with_sheets(parts, names, part, state, same)


def _with_sheets(
    parts: Parts, names: dict[str, str], part: bytes | Member, state: str, same: str
) -> Parts:
    nodes, links, new = [], [], dict[str, bytes | Member]()
    for number, (name, more) in zip(count(100), names.items(), strict=False):
        target = same or f"worksheets/sheet{number}.xml"
        hidden = f' state="{state}"' if state else ""
        nodes.append(f'<sheet name="{name}" sheetId="{number}"{hidden}{more} r:id="rId{number}"/>')
        links.append(relationship(f"rId{number}", "worksheet", target))
        new[f"xl/{target}"] = part
    parts = swap(WORKBOOK, "</sheets>", "".join(nodes) + "</sheets>")(parts)
    parts = swap(RELS, "</Relationships>", "".join(links) + "</Relationships>")(parts)
    return {**parts, **new}


def another_sheet(part: str | bytes | Member, name: str = "附页", state: str = "") -> Step:
    """Add one sheet."""
    content = part.encode() if isinstance(part, str) else part
    return add_sheets({name: ""}, content, state)


def relationship(name: str, kind: str, target: str, mode: str = "") -> str:
    """Give a relationship; `kind` is the end of an office relationship's type, or all of it."""
    type_ = kind if "://" in kind else f"{OFFICE}/{kind}"
    external = ' TargetMode="External"' if mode else ""
    return f'<Relationship Id="{name}" Type="{type_}" Target="{target}"{external}/>'


def relationships(*links: str) -> str:
    """Give a part of relationships."""
    return f'{XML}<Relationships xmlns="{PACKAGE}">{"".join(links)}</Relationships>'


def linked(link: str, rels: str = RELS) -> Step:
    """Add a relationship to a part of them."""
    return swap(rels, "</Relationships>", link + "</Relationships>")


def beside_income(*links: str) -> Step:
    """Give the income table's sheet relationships of its own."""
    return put("xl/worksheets/_rels/sheet5.xml.rels", relationships(*links))


def content_type(path: str, kind: str) -> Step:
    """Declare the content type of a part."""
    return swap(TYPES, "</Types>", f'<Override PartName="/{path}" ContentType="{kind}"/></Types>')


@cache
def strings() -> tuple[str, ...]:
    """Give the base's shared strings, each as the XML within its item."""
    return tuple(re.findall(r"<si>(.*?)</si>", text_of(base(), STRINGS), re.DOTALL))


def sheets_of(parts: Parts) -> list[str]:
    """Give the paths of the worksheets."""
    return [path for path in parts if path.startswith("xl/worksheets/sheet")]


def every_sheet(change: object) -> Step:
    """Change the text of every worksheet."""
    assert callable(change)
    return lambda parts: {
        **parts,
        **{path: change(text_of(parts, path)).encode() for path in sheets_of(parts)},
    }
