"""What the sheets of a file are read as: kinds of cells, formats, odd ways to write them."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter

from perfxl.errors import Unreadable
from perfxl.form.answers import Address, Cell
from perfxl.reading.intake import read_bytes
from perfxl.reading.sheets import Book, read_book

D = Decimal
HALF_PAST_EIGHT = datetime.fromisoformat("2023-04-10T08:30")
# cell: how it is written (format, value, formula's stored result), what is read
WRITTEN: dict[str, tuple[str, object, object, Cell]] = {
    "B1": ("", "甲", None, Cell("甲")),
    "B2": ("", 12, None, Cell(D(12))),
    "B3": ("", True, None, Cell(True)),
    "B4": ("", 0.1 + 0.2, None, Cell(D("0.3"))),
    "B5": ("", 1 / 3, None, Cell(D("0.333333333333333"))),
    "B6": ("", 4503599627370497, None, Cell(D(4503599627370497))),
    "C1": ("0%", 0.95, None, Cell(D("0.95"), percent=True)),
    "C2": ("0.00%", 1.0526, None, Cell(D("1.0526"), percent=True)),
    "C3": ('0.0"点"% ', 0.5, None, Cell(D("0.5"), percent=True)),
    "C4": ("0.00", 0.5, None, Cell(D("0.5"))),
    "D1": ("", "=1+1", 2, Cell(D(2), formula=True)),
    "D2": ("", '="a"', "a", Cell("a", formula=True)),
    "D3": ("", "=NA()", "#N/A", Cell(error="#N/A", formula=True)),
    "D4": ("", "=#REF!+1", "#REF!", Cell(error="#REF!", formula=True)),
    "D5": ("", "=1+1", "", Cell(formula=True)),
    "E1": ("yyyy-mm-dd", date(2023, 4, 10), None, Cell(date(2023, 4, 10))),
    "E2": ("yyyy-mm-dd hh:mm", HALF_PAST_EIGHT, None, Cell(HALF_PAST_EIGHT)),
    "E3": ("hh:mm", time(8, 30), None, Cell(time(8, 30))),
    "E4": ("[h]:mm", timedelta(hours=30), None, Cell("1 day, 6:00:00")),
    "F9": ("", "#N/A", None, Cell("#N/A")),
}


@cache
def written() -> bytes:
    """Give a workbook with a cell of every kind, and a sheet that holds nothing but a chart."""
    target = BytesIO()
    with xlsxwriter.Workbook(target, {"strings_to_formulas": False}) as book:
        paper = book.add_worksheet("表")
        for place, (number_format, value, result, _) in WRITTEN.items():
            style = book.add_format({"num_format": number_format}) if number_format else None
            if result is not None:
                paper.write_formula(place, str(value), style, result)
            elif isinstance(value, str):
                paper.write_string(place, value, style)
            else:
                paper.write(place, value, style)
        chart = book.add_chart({"type": "bar"})
        chart.add_series({"values": ["表", 0, 1, 1, 1]})
        book.add_chartsheet("图").set_chart(chart)
        book.set_custom_property("perfxl_form", "某表")
    return target.getvalue()


def rewritten(change: Callable[[str, bytes], bytes | None], data: bytes | None = None) -> bytes:
    """Give the workbook with its parts changed; None leaves a part out."""
    source, target = zipfile.ZipFile(BytesIO(data or written())), BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name in source.namelist():
            part = change(name, source.read(name))
            if part is not None:
                archive.writestr(name, part)
    return target.getvalue()


def in_sheet(change: Callable[[str], str]) -> bytes:
    """Give the workbook with the XML of its sheet changed."""

    def on(name: str, part: bytes) -> bytes:
        return change(part.decode()).encode() if name.startswith("xl/worksheets/") else part

    return rewritten(on)


def cells(book: Book) -> dict[str, Cell]:
    """Give every cell of the sheet that holds anything, by reference."""
    (paper,) = book.papers
    found = [paper.cell(r, c) for r, row in enumerate(paper.rows) for c in range(len(row))]
    return {
        cell.address.cell: cell
        for cell in found
        if cell.address and (cell.raw is not None or cell.error or cell.formula)
    }


def expected(**other: Cell) -> Mapping[str, Cell]:
    """Give what is to be read, some cells differently."""
    wanted = {place: cell for place, (*_, cell) in WRITTEN.items()} | other
    return {
        place: Cell(c.raw, bool(c.percent), c.error, c.formula, Address("表", place))
        for place, c in wanted.items()
    }


def test_every_kind_of_cell() -> None:
    book = read_book(written())
    assert cells(book) == expected()
    assert book.properties == {"perfxl_form": "某表"}
    assert [paper.name for paper in book.papers] == ["表"]


def test_formula_that_gave_an_empty_text_was_calculated() -> None:
    data = in_sheet(lambda xml: re.sub(r'(r="D5")', r'\1 t="str"', xml))
    assert cells(read_book(data)) == expected(D5=Cell("", formula=True))
    paper = read_book(data).papers[0]
    assert (paper.is_filled(4, 3), read_book(written()).papers[0].is_filled(4, 3)) == (False, True)


def test_cells_without_references_stand_side_by_side() -> None:
    rows = """
        <row><c t="str"><v>甲</v></c><c t="e"><f>NA()</f><v>#N/A</v></c></row>
        <row><c/><c><f>1+1</f></c><c><v>5</v></c></row>
        <row r="5"><c t="str"><f>A1</f><v></v></c><c r="D5" t="e"><v>#REF!</v></c></row>
    """
    data = in_sheet(lambda xml: re.sub("(?s)(<sheetData>).*(</sheetData>)", rf"\1{rows}\2", xml))
    read = cells(read_book(data))
    assert {place: (c.raw, c.error, c.formula) for place, c in read.items()} == {
        "A1": ("甲", "", False),
        "B1": (None, "#N/A", True),
        "B2": (None, "", True),
        "C2": (D(5), "", False),
        "A5": ("", "", True),
        "D5": (None, "#REF!", False),
    }


def test_prefixed_elements_are_the_same_elements() -> None:
    def prefixed(xml: str) -> str:
        tagged = re.sub(r"<(/?)(\w+)(?=[ >/])", r"<\1x:\2", xml)
        return tagged.replace("xmlns=", "xmlns:x=", 1)

    assert cells(read_book(in_sheet(prefixed))) == expected()


def test_error_without_a_word_is_still_an_error() -> None:
    data = in_sheet(lambda xml: xml.replace("<v>#N/A</v>", ""))
    assert cells(read_book(data))["D3"].error == "#VALUE!"


def test_without_styles_no_percentages_are_known() -> None:
    def unstyled(name: str, part: bytes) -> bytes | None:
        if name.startswith("xl/worksheets/"):
            return re.sub(rb' s="\d+"', b"", part)
        return None if name == "xl/styles.xml" else part

    read = cells(read_book(rewritten(unstyled)))
    assert {cell.percent for cell in read.values()} == {None}
    assert (read["C1"].raw, read["D4"].error) == (D("0.95"), "#REF!")


def moved(folder: str) -> bytes:
    """Give the workbook with all its parts in another folder."""
    target, paths = BytesIO(), {b'"xl/': b'"%s/', b'"/xl/': b'"/%s/'}
    with zipfile.ZipFile(BytesIO(written())) as source, zipfile.ZipFile(target, "w") as archive:
        for name in source.namelist():
            part = source.read(name)
            for old, new in paths.items():
                part = part.replace(old, new % folder.encode())
            archive.writestr(re.sub("^xl/", f"{folder}/", name), part)
    return target.getvalue()


def test_parts_in_another_folder_are_looked_at_too() -> None:
    assert cells(read_book(moved("zz"))) == expected()
    far = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    bomb = rewritten(
        lambda name, part: (
            part.replace(b"</sheetData>", far) if "worksheets/sheet" in name else part
        ),
        moved("zz"),
    )
    with pytest.raises(Unreadable, match="表格范围"):
        read_book(bomb)


def test_sheet_whose_part_cannot_be_told_is_not_read() -> None:
    names = rb'<sheet xmlns:other="urn:other" other:id="rId99" name='
    with pytest.raises(Unreadable):
        read_book(rewritten(lambda _, part: part.replace(b"<sheet name=", names)))


def test_sheets_may_be_left_out() -> None:
    book = read_book(written(), skip=frozenset({"表"}))
    assert book.papers == ()
    assert book.properties == {"perfxl_form": "某表"}


def test_addresses_stay_where_the_first_rows_and_columns_are_empty() -> None:
    book = openpyxl.Workbook()
    book.active["D7"] = "甲"
    target = BytesIO()
    book.save(target)
    assert [*cells(read_book(target.getvalue()))] == ["D7"]


def test_nothing_stands_outside_the_used_range() -> None:
    (paper,) = read_book(written()).papers
    bottom, right = len(paper.rows), len(paper.rows[0])
    assert (bottom, right) == (9, 6)
    outside = [(bottom, 0), (0, right), (-1, 0), (0, -1)]
    assert [paper.raw(*spot) for spot in outside] == [None] * 4
    assert not any(paper.is_filled(*spot) for spot in outside)


def sheet_part(change: Callable[[bytes], bytes]) -> bytes:
    """Give the workbook with the bytes of its sheet changed."""
    return rewritten(lambda name, part: change(part) if "worksheets/sheet" in name else part)


def broken_checksum() -> bytes:
    """Give a workbook in which a stored part no longer has its checksum."""
    data = bytearray(rewritten(lambda _, part: part))
    data[data.index(b"<v>12</v>") + 3] ^= 1
    return bytes(data)


DAMAGED = {
    "cut off": written()[:3000],
    "no zip at all": b"PK\x03\x04" + b"x" * 100,
    "wrong checksum": broken_checksum(),
    "a part cut off": sheet_part(lambda part: part[: len(part) // 2]),
    "a part that is no XML": sheet_part(lambda part: b"\x00\x01\x02"),
    "a row number that is none": sheet_part(
        lambda part: part.replace(b'<row r="1"', b'<row r="a"')
    ),
    "a reference far outside": sheet_part(lambda part: part.replace(b'r="B1"', b'r="XFD1048576"')),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_damaged_workbook_is_refused(name: str) -> None:
    with pytest.raises(Unreadable):
        read_book(DAMAGED[name])


# ---------------------------------------------------------------- what could run, what was locked


def with_parts(*names: str) -> bytes:
    """Give the workbook with further parts."""
    target = BytesIO(written())
    with zipfile.ZipFile(target, "a") as archive:
        for name in names:
            archive.writestr(name, b"?")
    return target.getvalue()


@pytest.mark.parametrize(
    ("parts", "kinds"),
    [
        ((), ()),
        (("xl/media/image1.png", "xl/comments1.xml", "docProps/thumbnail.jpeg"), ()),
        (("xl/vbaProject.bin",), ("宏",)),
        (("xl/VBAPROJECT.BIN", "xl/macrosheets/sheet1.xml"), ("宏",)),
        (("xl/externalLinks/externalLink1.xml",), ("外部链接",)),
        (("xl/connections.xml", "xl/queryTables/queryTable1.xml"), ("数据连接",)),
        (("xl/embeddings/oleObject1.bin", "xl/activeX/activeX1.xml"), ("嵌入的对象", "控件")),
    ],
)
def test_content_that_could_run_or_reach_outside(
    parts: tuple[str, ...], kinds: tuple[str, ...]
) -> None:
    assert read_book(with_parts(*parts)).active == kinds


@pytest.mark.parametrize(
    ("protection", "unlocked"),
    [
        ('<sheetProtection sheet="1" objects="1"/>', False),
        ('<sheetProtection sheet="true"/>', False),
        ('<sheetProtection sheet="0"/>', True),
        ('<sheetProtection objects="1"/>', True),
        ("", True),
    ],
)
def test_whether_a_sheet_is_protected(protection: str, unlocked: bool) -> None:
    (paper,) = read_book(
        in_sheet(lambda xml: xml.replace("</sheetData>", f"</sheetData>{protection}"))
    ).papers
    assert paper.scan.unlocked is unlocked


def test_a_file_that_changes_while_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Still being saved, downloaded or synchronised: half of it is not judged."""
    path = tmp_path / "甲.xlsx"
    path.write_bytes(written())
    assert read_bytes(path) == written()
    opened = Path.open

    def growing(self: Path, *arguments: Any, **options: Any) -> Any:
        with opened(self, "ab") as file:
            file.write(b"more")
        return opened(self, *arguments, **options)

    monkeypatch.setattr(Path, "open", growing)
    with pytest.raises(Unreadable) as caught:
        read_bytes(path)
    assert caught.value.code == "changed"
