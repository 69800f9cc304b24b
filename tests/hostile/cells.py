"""Cells, rows, sheets and indexes that are wrong, and values no form expects."""

from __future__ import annotations

from hostile.entries import Entry, Verdict, finds, honest, refused
from hostile.packages import Builder, Step, drop, package, put, rewrite, swap, swap_like, text_of
from hostile.workbook import (
    C5,
    INCOME,
    RELS,
    ROOT_RELS,
    ROW_5,
    STRINGS,
    STYLES,
    TEXT_C4,
    TEXTS,
    WORKBOOK,
    add_sheets,
    after_rows,
    amount,
    another_sheet,
    linked,
    relationship,
    sheet_xml,
    typed,
    value,
)

DAMAGED = refused("damaged")
NO_TEXT = DAMAGED | finds("W07")  # an index that leads to no text, where a number is due
NO_TABLE = DAMAGED | finds("W03", "W04")  # what is there is no sheet
AMBIGUOUS = refused("ambiguous")
LOST = finds("W03")  # a sheet that is no more than a name
MUDDLED = refused("ambiguous", "damaged")
OUTSIDE = refused("damaged", "ambiguous", "too-large")  # rows and columns there are none of
NO_NUMBER = finds("W07", "W10", "C01")
TOO_MUCH = finds("X01", "X07", "W07")  # a number, but one that cannot be right


def link(old: str, new: str) -> Builder:
    """Build the base with another target of the income table."""
    return package(swap(RELS, f'Target="worksheets/sheet5.xml"{old}', f'Target="{new}"'))


def row(attribute: str) -> Builder:
    """Build the base with another number of the first row of the income table's figures."""
    return package(swap(INCOME, ROW_5, ROW_5.replace('r="5"', attribute)))


def reference(text: str) -> Builder:
    """Build the base with another reference of the first amount."""
    return package(amount(C5.replace('r="C5"', f'r="{text}"')))


def named(name: str) -> Builder:
    """Build the base with another name of the cover sheet, which is not read."""
    return package(swap(WORKBOOK, 'name="封面"', name))


def dated(serial: str) -> Builder:
    """Build the base with a date in the first amount."""
    style = '<xf numFmtId="14" fontId="0" fillId="0" borderId="0" xfId="0"/></cellXfs>'
    return package(
        rewrite(STYLES, lambda text: text.replace("</cellXfs>", style, 1)),
        lambda parts: amount(f'<c r="C5" s="{_styles(parts)}"><v>{serial}</v></c>')(parts),
    )


def _styles(parts: object) -> int:
    assert isinstance(parts, dict)
    return str(parts[STYLES].decode()).partition("<cellXfs")[2].count("<xf ") - 1


def exchanged_rows(text: str) -> str:
    """Put the row of the second line before that of the first."""
    fifth, sixth, seventh = (text.index(f'<row r="{n}"') for n in (5, 6, 7))
    return text[:fifth] + text[sixth:seventh] + text[fifth:sixth] + text[seventh:]


def exchanged_cells(text: str) -> str:
    """Put the second amount of a row before the first."""
    second = '<c r="D5" s="25"><v>1240.4</v></c>'
    return text.replace(C5 + second, second + C5)


def raw(data: bytes) -> Step:
    """Put bytes that may be no UTF-8 into a field of free text."""
    marker = "<!--here-->"

    def step(parts: dict[str, object]) -> dict[str, object]:
        found = typed(marker)(parts)  # type: ignore[arg-type]
        content = found[TEXTS]
        assert isinstance(content, bytes)
        return {**found, TEXTS: content.replace(marker.encode(), data)}

    return step  # type: ignore[return-value]


def _cell(name: str, why: str, build: Builder, wants: Verdict) -> Entry:
    return Entry(name, why, build, wants)


INDEXES = (
    _cell(
        "index_string.xlsx",
        "a shared string that is not there",
        package(value("999999", "s")),
        DAMAGED,
    ),
    _cell(
        "index_string_negative.xlsx",
        "a shared string before the first",
        package(value("-1", "s")),
        NO_TEXT,
    ),
    _cell(
        "index_string_word.xlsx", "a shared string by a word", package(value("abc", "s")), NO_TEXT
    ),
    _cell(
        "index_string_huge.xlsx",
        "a shared string by a number of 30 digits",
        package(value("9" * 30, "s")),
        NO_TEXT,
    ),
    _cell(
        "index_string_fraction.xlsx",
        "a shared string by a fraction",
        package(value("1.5", "s")),
        NO_TEXT,
    ),
    _cell(
        "index_string_blank.xlsx",
        "a shared string that is not named",
        package(value("", "s")),
        DAMAGED | finds("C01"),
    ),
    _cell(
        "index_string_in_text.xlsx",
        "a text by a word instead of an index",
        package(swap_like(TEXTS, TEXT_C4, '<c r="C4" s="40" t="s"><v>abc</v></c>')),
        DAMAGED | finds("C01"),
    ),
    _cell(
        "index_no_strings.xlsx", "shared strings that are missing", package(drop(STRINGS)), DAMAGED
    ),
    _cell(
        "index_few_strings.xlsx",
        "shared strings that were cut short",
        package(rewrite(STRINGS, lambda t: t[: t.index("</si>", 9_000)] + "</si></sst>")),
        DAMAGED,
    ),
    _cell(
        "index_style.xlsx",
        "a style that is not there",
        package(amount(C5.replace('s="25"', 's="99999"'))),
        honest(),
    ),
    _cell(
        "index_style_word.xlsx",
        "a style by a word",
        package(amount(C5.replace('s="25"', 's="abc"'))),
        honest() | DAMAGED,
    ),
    _cell(
        "index_style_negative.xlsx",
        "a style before the first",
        package(amount(C5.replace('s="25"', 's="-1"'))),
        honest() | DAMAGED,
    ),
    _cell(
        "index_format.xlsx",
        "styles of number formats that are not there",
        package(rewrite(STYLES, lambda t: t.replace('numFmtId="165"', 'numFmtId="999"'))),
        honest(),
    ),
    _cell(
        "rel_missing_part.xlsx",
        "a sheet whose part is not there",
        link("", "worksheets/none.xml"),
        DAMAGED,
    ),
    _cell(
        "rel_outside.xlsx",
        "a sheet that is a file of this machine",
        link("", "../../../../../etc/passwd"),
        DAMAGED,
    ),
    _cell(
        "rel_file.xlsx",
        "a sheet that is a file by its address",
        link("", "file:///etc/passwd"),
        DAMAGED,
    ),
    _cell(
        "rel_external.xlsx",
        "a sheet on a server",
        link("", 'http://127.0.0.1:47321/x" TargetMode="External'),
        LOST,
    ),
    _cell(
        "rel_itself.xlsx",
        "a sheet that is the relationships themselves",
        link("", "_rels/workbook.xml.rels"),
        NO_TABLE,
    ),
    _cell(
        "rel_workbook.xlsx", "a sheet that is the workbook part", link("", "workbook.xml"), NO_TABLE
    ),
    _cell("rel_blank.xlsx", "a sheet that leads nowhere", link("", ""), DAMAGED),
    _cell(
        "rel_none.xlsx",
        "a sheet without a relationship",
        package(rewrite(RELS, lambda t: t.replace('Id="rId5"', 'Id="rId555"', 1))),
        LOST,
    ),
    _cell(
        "rel_twice.xlsx",
        "two relationships of one id",
        package(swap(RELS, 'Id="rId6"', 'Id="rId5"')),
        LOST,
    ),
    _cell("rel_no_rels.xlsx", "a workbook without relationships", package(drop(RELS)), DAMAGED),
    _cell(
        "rel_broken_rels.xlsx",
        "relationships cut short",
        package(rewrite(RELS, lambda t: t[:300])),
        DAMAGED,
    ),
    _cell(
        "rel_root_cycle.xlsx",
        "a package whose workbook is its list of relationships",
        package(swap(ROOT_RELS, "xl/workbook.xml", "_rels/.rels")),
        refused("damaged", "not-a-workbook"),
    ),
    _cell(
        "rel_no_workbook.xlsx",
        "a workbook part that is not there",
        package(drop(WORKBOOK)),
        refused("damaged", "not-a-workbook"),
    ),
    _cell(
        "rel_two_workbooks.xlsx",
        "two workbook parts, the second forged",
        package(
            linked(relationship("rId8", "officeDocument", "xl/other.xml"), ROOT_RELS),
            put("xl/other.xml", sheet_xml()),
        ),
        MUDDLED | honest(),
    ),
    _cell(
        "rel_same_sheet.xlsx",
        "two sheets of one part",
        package(
            rewrite(
                WORKBOOK,
                lambda t: t.replace(
                    "</sheets>", '<sheet name="副本" sheetId="77" r:id="rId5"/></sheets>'
                ),
            )
        ),
        MUDDLED | honest(),
    ),
)

SHEETS = (
    _cell(
        "sheet_twice.xlsx",
        "two sheets of one name",
        package(add_sheets({"表1-3 收入": ""}, sheet_xml().encode())),
        MUDDLED,
    ),
    _cell(
        "sheet_case.xlsx",
        "two sheets whose names differ by case",
        package(add_sheets({"Notes": "", "NOTES": ""}, sheet_xml().encode())),
        MUDDLED,
    ),
    _cell("sheet_nameless.xlsx", "a sheet without a name", named("other"), DAMAGED),
    _cell(
        "sheet_blank_name.xlsx", "a sheet with an empty name", named('name=""'), DAMAGED | honest()
    ),
    _cell(
        "sheet_long_name.xlsx",
        "a sheet with a name of 300 characters",
        package(another_sheet(sheet_xml(), "长" * 300)),
        honest() | DAMAGED,
    ),
    _cell(
        "sheet_forbidden_name.xlsx",
        "a sheet with a name no program allows",
        package(another_sheet(sheet_xml(), "[a]:*?/\\&apos;")),
        honest() | DAMAGED,
    ),
    _cell(
        "sheet_bidi_name.xlsx",
        "a sheet whose name runs backwards",
        package(another_sheet(sheet_xml(), "&#x202E;入收&#x200B;")),
        honest(),
    ),
    _cell(
        "sheet_formula_name.xlsx",
        "a sheet named like a formula",
        package(another_sheet(sheet_xml(), "=1+1")),
        honest(),
    ),
    _cell(
        "sheet_chart.xlsx",
        "a chart sheet of the unit's own",
        package(
            another_sheet(
                '<chartsheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"/>',
                "图",
            ),
            rewrite(
                RELS,
                lambda t: t.replace(
                    'relationships/worksheet" Target="worksheets/sheet100',
                    'relationships/chartsheet" Target="worksheets/sheet100',
                ),
            ),
        ),
        honest(),
    ),
    _cell(
        "sheet_copied.xlsx",
        "a forged copy of the income table, as a sheet of its own",
        package(
            another_sheet(""),
            lambda parts: {
                **parts,
                "xl/worksheets/sheet100.xml": text_of(parts, INCOME)
                .replace("<v>1150</v>", "<v>9999</v>")
                .encode(),
            },
        ),
        finds("W11", "W09", "W18") | MUDDLED,
    ),
)

ROWS = (
    _cell(
        "row_twice.xlsx",
        "two rows of one number",
        package(swap(INCOME, '<row r="6"', '<row r="5"')),
        MUDDLED,
    ),
    _cell(
        "row_again.xlsx",
        "a second, forged row 5 at the end",
        package(after_rows(INCOME, '<row r="5"><c r="C5"><v>9999</v></c></row>')),
        MUDDLED,
    ),
    _cell("row_order.xlsx", "rows out of order", package(rewrite(INCOME, exchanged_rows)), MUDDLED),
    _cell(
        "cell_order.xlsx", "cells out of order", package(rewrite(INCOME, exchanged_cells)), MUDDLED
    ),
    _cell(
        "cell_twice.xlsx",
        "two cells of one reference",
        package(amount(C5 + C5.replace("1150", "9999"))),
        MUDDLED,
    ),
    _cell("cell_other_row.xlsx", "a cell that says it is in another row", reference("C6"), MUDDLED),
    _cell(
        "data_twice.xlsx",
        "a second, forged set of rows in one sheet",
        package(
            swap(
                INCOME,
                "</sheetData>",
                '</sheetData><sheetData><row r="5"><c r="C5"><v>9999</v></c></row></sheetData>',
            )
        ),
        MUDDLED,
    ),
    *(
        _cell(f"row_number_{name}.xlsx", f"a row with {number}", row(number), OUTSIDE)
        for name, number in {
            "zero": 'r="0"',
            "negative": 'r="-1"',
            "huge": 'r="1000000000"',
            "beyond": 'r="1048577"',
            "word": 'r="abc"',
            "overflow": 'r="4294967301"',
            "long_overflow": 'r="18446744073709551621"',
            "blank": 'r=""',
            "fraction": 'r="5.5"',
            "full_width": 'r="５"',
        }.items()
    ),
    *(
        _cell(f"cell_ref_{name}.xlsx", f"a cell called {ref!r}", reference(ref), OUTSIDE)
        for name, ref in {
            "row_zero": "C0",
            "far": "ZZZZ5",
            "beyond": "XFE5",
            "blank": "",
            "digits": "5",
            "letters": "C",
            "sign": "C-5",
            "dollars": "$C$5",
            "range": "C5:D5",
            "overflow": "C4294967301",
            "full_width": "Ｃ5",
            "long": "A" * 5_000 + "5",
        }.items()
    ),
    _cell(
        "cell_ref_small.xlsx", "a cell named in small letters", reference("c5"), honest() | MUDDLED
    ),
)

NUMBERS = (
    _cell("number_1e308.xlsx", "the largest number there is", package(value("1E+308")), TOO_MUCH),
    _cell(
        "number_minus.xlsx",
        "the smallest number there is",
        package(value("-1.7976931348623157E+308")),
        TOO_MUCH,
    ),
    _cell(
        "number_1e400.xlsx",
        "a number beyond all",
        package(value("1E+400")),
        TOO_MUCH | NO_NUMBER | DAMAGED,
    ),
    _cell(
        "number_1e-400.xlsx", "a number below all", package(value("1E-400")), finds("X01", "T01")
    ),
    _cell(
        "number_denormal.xlsx",
        "nearly nothing",
        package(value("5E-324")),
        finds("X01", "T01", "W07"),
    ),
    _cell("number_nan.xlsx", "not a number", package(value("NaN")), NO_NUMBER | DAMAGED),
    _cell("number_inf.xlsx", "infinity", package(value("INF")), NO_NUMBER | DAMAGED),
    _cell(
        "number_infinity.xlsx", "infinity in full", package(value("-Infinity")), NO_NUMBER | DAMAGED
    ),
    _cell(
        "number_20_digits.xlsx",
        "a number of 20 digits",
        package(value("12345678901234567890")),
        TOO_MUCH,
    ),
    _cell(
        "number_400_digits.xlsx",
        "a number of 400 digits",
        package(value("1" * 400)),
        TOO_MUCH | NO_NUMBER | DAMAGED,
    ),
    _cell(
        "number_40000_digits.xlsx",
        "a number of 40,000 digits after the point",
        package(value("1150." + "0" * 40_000)),
        honest() | DAMAGED,
    ),
    _cell(
        "number_text_1e5.xlsx",
        "1e5 as a text",
        package(value("1e5", "str")),
        finds("W07", "W08", "X01"),
    ),
    _cell(
        "number_text_long.xlsx",
        "30,000 digits as a text",
        package(amount(f'<c r="C5" t="inlineStr"><is><t>{"9" * 30_000}</t></is></c>')),
        TOO_MUCH,
    ),
    _cell(
        "number_text_powers.xlsx",
        "1E+999999999 as a text",
        package(value("1E+999999999", "str")),
        TOO_MUCH | NO_NUMBER,
    ),
    _cell("number_text_nan.xlsx", "NaN as a text", package(value("NaN", "str")), finds("W07")),
    _cell(
        "number_text_sign.xlsx",
        "signs and blanks as a text",
        package(value("--1 150", "str")),
        finds("W07"),
    ),
    _cell(
        "number_word.xlsx",
        "a word in a cell of numbers",
        package(value("abc")),
        finds("W07") | DAMAGED,
    ),
    _cell(
        "number_blanks.xlsx",
        "blanks around a number",
        package(value(" 1150 ")),
        honest() | honest("W08") | finds("W07") | DAMAGED,
    ),
    _cell(
        "number_hex.xlsx",
        "a number to the base of 16",
        package(value("0x47E")),
        finds("W07") | DAMAGED,
    ),
    _cell(
        "number_comma.xlsx",
        "a number with a comma",
        package(value("1,150")),
        honest("W08") | finds("W07") | DAMAGED,
    ),
    _cell("number_empty.xlsx", "a number that is empty", package(value("")), finds("C01")),
    _cell(
        "number_two.xlsx",
        "two values in one cell",
        package(amount('<c r="C5" s="25"><v>1150</v><v>9999</v></c>')),
        MUDDLED | finds("X01"),
    ),
    _cell("date_negative.xlsx", "a date before all dates", dated("-1"), TOO_MUCH | finds("T01")),
    _cell("date_far.xlsx", "a date after all dates", dated("1000000000"), TOO_MUCH),
    _cell("date_29_february_1900.xlsx", "a day that never was", dated("60"), finds("W07", "X01")),
    _cell(
        "date_iso.xlsx", "a date in words", package(value("2022-03-05T00:00:00", "d")), finds("W07")
    ),
    _cell(
        "date_iso_wrong.xlsx",
        "a date in words that is none",
        package(value("2022-13-45", "d")),
        finds("W07", "C01") | DAMAGED,
    ),
    _cell(
        "date_1904.xlsx",
        "dates counted from 1904",
        package(swap(WORKBOOK, "<workbookPr ", '<workbookPr date1904="1" ')),
        finds(),
    ),
    _cell("bool.xlsx", "a truth where an amount is due", package(value("1", "b")), finds("W07")),
    _cell(
        "bool_2.xlsx", "a truth that is neither", package(value("2", "b")), finds("W07") | DAMAGED
    ),
    _cell(
        "type_unknown.xlsx",
        "a cell of a type there is none of",
        package(value("1150", "x")),
        honest() | finds("W07") | DAMAGED,
    ),
    _cell("error_ref.xlsx", "a reference that is lost", package(value("#REF!", "e")), finds("W10")),
    _cell(
        "error_unknown.xlsx",
        "an error there is none of",
        package(value("#BOO!", "e")),
        finds("W10") | DAMAGED,
    ),
    _cell(
        "error_new.xlsx", "an error of newer programs", package(value("#SPILL!", "e")), finds("W10")
    ),
    _cell(
        "formula_not_calculated.xlsx",
        "an amount that is a formula never calculated",
        package(amount('<c r="C5" s="25"><f>1000+150</f></c>')),
        finds("W06", "C01", "W07"),
    ),
    _cell(
        "formula_array.xlsx",
        "an array formula",
        package(amount('<c r="C5" s="25"><f t="array" ref="C5">1150</f><v>1150</v></c>')),
        honest(),
    ),
    _cell(
        "formula_shared.xlsx",
        "a shared formula without its beginning",
        package(amount('<c r="C5" s="25"><f t="shared" si="99"/><v>1150</v></c>')),
        honest(),
    ),
    _cell(
        "formula_itself.xlsx",
        "a formula that refers to itself",
        package(amount('<c r="C5" s="25"><f>C5+1</f><v>1150</v></c>')),
        honest(),
    ),
    _cell(
        "total_forged.xlsx",
        "a total whose stored value was changed",
        package(swap(INCOME, "<v>1210.0</v>", "<v>9999</v>")),
        finds("W06") | honest("W06"),
    ),
)

TEXT = (
    _cell(
        "text_32767.xlsx",
        "as many characters as a cell takes",
        package(typed("文" * 32_767)),
        honest(),
    ),
    _cell(
        "text_40000.xlsx",
        "more characters than a cell takes",
        package(typed("文" * 40_000)),
        honest() | finds() | DAMAGED,
    ),
    _cell(
        "text_1000000.xlsx",
        "a million characters",
        package(typed("文" * 1_000_000)),
        honest() | finds() | DAMAGED | refused("too-large"),
    ),
    _cell("text_lines.xlsx", "30,000 line ends", package(typed("问题\n" * 10_000)), honest()),
    _cell(
        "text_escape_0.xlsx", "the escape of a zero byte", package(typed("问题_x0000_")), honest()
    ),
    _cell(
        "text_escape_bell.xlsx",
        "escapes of control characters",
        package(typed("问题_x0007__x001B_[2J_x000D_")),
        honest(),
    ),
    _cell(
        "text_escape_surrogate.xlsx",
        "escapes of halves of characters",
        package(typed("问题_xD800_一_xDFFF_")),
        honest(),
    ),
    _cell(
        "text_escape_escaped.xlsx",
        "an escaped escape",
        package(typed("问题_x005F_x0041_")),
        honest(),
    ),
    _cell(
        "text_bidi.xlsx",
        "text that runs backwards",
        package(typed("问题&#x202E;gpj.exe&#x202C;&#x2066;")),
        honest(),
    ),
    _cell(
        "text_combining.xlsx",
        "a thousand marks on one letter",
        package(typed("问题a" + "\u0301" * 1_000)),
        honest(),
    ),
    _cell(
        "text_emoji.xlsx",
        "characters beyond the first plane",
        package(typed("问题\U0001f600\U00020000\U0010ffff")),
        honest(),
    ),
    _cell(
        "text_none.xlsx",
        "characters that are none",
        package(typed("问题\ufffd\ufeff\u2028")),
        honest(),
    ),
    _cell(
        "text_nonchar.xlsx",
        "a character XML forbids, by number",
        package(typed("问题&#xFFFE;")),
        DAMAGED | honest(),
    ),
    _cell("text_reference_0.xlsx", "a zero byte by number", package(typed("问题&#0;")), DAMAGED),
    _cell(
        "text_reference_surrogate.xlsx",
        "half a character by number",
        package(typed("问题&#xD800;")),
        DAMAGED,
    ),
    _cell(
        "text_raw_control.xlsx",
        "a control character as it is",
        package(raw(b"\xe9\x97\xae\x01")),
        DAMAGED,
    ),
    _cell(
        "text_raw_surrogate.xlsx",
        "half a character as it is",
        package(raw(b"\xe9\x97\xae\xed\xa0\x80")),
        DAMAGED,
    ),
    _cell(
        "text_raw_gbk.xlsx",
        "a text in GBK in a part of UTF-8",
        package(raw("问题".encode("gbk"))),
        DAMAGED,
    ),
    _cell(
        "text_raw_overlong.xlsx",
        "a UTF-8 form longer than need be",
        package(raw(b"\xe9\x97\xae\xc0\xbc")),
        DAMAGED,
    ),
    _cell("text_unclosed.xlsx", "an element that does not end", package(raw(b"<b>")), DAMAGED),
)

CELLS = INDEXES + SHEETS + ROWS + NUMBERS + TEXT
