"""Document types and entities in every kind of part, and texts that only look like them."""

from __future__ import annotations

import re

from hostile.active import ADDRESS, DRAWING, after_drawing
from hostile.entries import Entry, Verdict, honest, refused
from hostile.office import ods
from hostile.packages import Builder, Step, moved, package, put, rewrite, swap
from hostile.workbook import (
    APP,
    CORE,
    COVER,
    CUSTOM,
    INCOME,
    RELS,
    ROOT_RELS,
    STRINGS,
    STYLES,
    THEME,
    TYPES,
    WORKBOOK,
    XML,
    beside_income,
    relationship,
    typed,
)

DOCTYPE = refused("doctype")
NO_XML = refused("doctype", "damaged")  # whichever is seen first

INTERNAL = '<!DOCTYPE {root} [<!ENTITY a "1150">]>'
EXTERNAL = '<!DOCTYPE {root} [<!ENTITY a SYSTEM "{target}">]>'
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "长" * 10}">' for n in range(10))

PARTS = {
    "types": TYPES,
    "root_rels": ROOT_RELS,
    "rels": RELS,
    "workbook": WORKBOOK,
    "sheet": INCOME,
    "own_sheet": COVER,
    "strings": STRINGS,
    "styles": STYLES,
    "theme": THEME,
    "core": CORE,
    "app": APP,
    "custom": CUSTOM,
}


def declared(path: str, doctype: str) -> Step:
    """Put a document type declaration before the root of a part."""

    def change(text: str) -> str:
        root = re.search(r"<([A-Za-z][\w:]*)", text)
        assert root
        filled = doctype.replace("{root}", root[1])
        return text[: root.start()] + filled + text[root.start() :]

    return rewrite(path, change)


def leading_to(target: str) -> str:
    """Give a declaration of an entity that is somewhere else."""
    return EXTERNAL.replace("{target}", target)


def in_encoding(path: str, encoding: str, mark: bytes = b"", called: str = "") -> Step:
    """Give a part in another encoding, which it declares (by this name), behind this mark."""

    def change(text: str) -> bytes:
        declared = re.sub(r'encoding="[^"]*"', f'encoding="{called or encoding}"', text, count=1)
        return mark + declared.encode(encoding, "xmlcharrefreplace")

    return rewrite(path, change)


def _entity(name: str, why: str, build: Builder, wants: Verdict = DOCTYPE) -> Entry:
    return Entry(f"entity_{name}", why, build, wants)


IN_EVERY_PART = tuple(
    _entity(f"in_{name}.xlsx", f"an entity declared in {path}", package(declared(path, INTERNAL)))
    for name, path in PARTS.items()
)

ENTITIES = (
    *IN_EVERY_PART,
    _entity(
        "in_drawing.xlsx",
        "an entity declared in a drawing",
        package(
            after_drawing("rId1"),
            beside_income(relationship("rId1", "drawing", "../drawings/drawing1.xml")),
            put("xl/drawings/drawing1.xml", DRAWING),
            declared("xl/drawings/drawing1.xml", INTERNAL),
        ),
    ),
    _entity(
        "in_sheet_rels.xlsx",
        "an entity declared in the relationships of a sheet",
        package(beside_income(), declared("xl/worksheets/_rels/sheet5.xml.rels", INTERNAL)),
    ),
    _entity(
        "in_unused.xlsx",
        "an entity declared in a part nothing refers to",
        package(
            put("customXml/item1.xml", f"{XML}<a/>"), declared("customXml/item1.xml", INTERNAL)
        ),
    ),
    _entity(
        "in_odd_name.xlsx",
        "an entity declared in a sheet that calls itself a picture",
        package(
            declared(INCOME, INTERNAL),
            moved(INCOME, "xl/media/a.png"),
            swap(RELS, "worksheets/sheet5.xml", "media/a.png"),
        ),
    ),
    _entity(
        "used.xlsx",
        "an amount that is an entity",
        package(declared(INCOME, INTERNAL), swap(INCOME, "<v>1150</v>", "<v>&a;</v>")),
    ),
    _entity(
        "bare.xlsx",
        "a document type and nothing else",
        package(declared(INCOME, "<!DOCTYPE {root}>")),
    ),
    _entity(
        "lower_case.xlsx",
        "a document type in small letters is no XML",
        package(declared(INCOME, "<!doctype {root}>")),
        NO_XML,
    ),
    _entity(
        "laughs.xlsx",
        "entities of entities: a thousand million laughs",
        package(
            declared(STRINGS, f"<!DOCTYPE {{root}} [{LAUGHS}]>"),
            swap(STRINGS, "<si><t>", "<si><t>&l9;"),
        ),
    ),
    _entity(
        "quadratic.xlsx",
        "one long entity used a thousand times",
        package(
            declared(STRINGS, f'<!DOCTYPE {{root}} [<!ENTITY a "{"a" * 100_000}">]>'),
            swap(STRINGS, "<si><t>", "<si><t>" + "&a;" * 1000),
        ),
    ),
    _entity(
        "file.xlsx",
        "an entity that is a file of this machine",
        package(
            declared(STRINGS, leading_to("file:///etc/passwd")),
            swap(STRINGS, "<si><t>", "<si><t>&a;"),
        ),
    ),
    _entity(
        "server.xlsx",
        "an entity fetched from a server",
        package(declared(STRINGS, leading_to(ADDRESS)), swap(STRINGS, "<si><t>", "<si><t>&a;")),
    ),
    _entity(
        "parameter.xlsx",
        "a parameter entity fetched from a server",
        package(declared(INCOME, f'<!DOCTYPE {{root}} [<!ENTITY % p SYSTEM "{ADDRESS}"> %p;]>')),
    ),
    _entity(
        "outer_subset.xlsx",
        "a document type whose declarations are on a server",
        package(declared(INCOME, f'<!DOCTYPE {{root}} SYSTEM "{ADDRESS}">')),
    ),
    _entity(
        "public.xlsx",
        "a document type with a public identifier",
        package(declared(WORKBOOK, f'<!DOCTYPE {{root}} PUBLIC "-//A//B" "{ADDRESS}">')),
    ),
    _entity(
        "late.xlsx",
        "a document type behind a comment of 1 MB",
        package(declared(INCOME, f"<!--{'a' * 1_000_000}-->{INTERNAL}")),
    ),
    _entity(
        "behind_instruction.xlsx",
        "a document type behind a processing instruction",
        package(declared(INCOME, f'<?a "<b>"?>\n\n{INTERNAL}')),
    ),
    _entity(
        "utf16.xlsx",
        "a document type in UTF-16, with its mark",
        package(
            declared(INCOME, INTERNAL), in_encoding(INCOME, "utf-16-le", b"\xff\xfe", "UTF-16")
        ),
    ),
    _entity(
        "utf16_be.xlsx",
        "a document type in UTF-16 the other way round",
        package(
            declared(STRINGS, INTERNAL), in_encoding(STRINGS, "utf-16-be", b"\xfe\xff", "UTF-16")
        ),
    ),
    _entity(
        "utf16_bare.xlsx",
        "a document type in UTF-16 without a mark",
        package(declared(INCOME, INTERNAL), in_encoding(INCOME, "utf-16-le")),
        NO_XML,
    ),
    _entity(
        "utf32.xlsx",
        "a document type in UTF-32",
        package(declared(INCOME, INTERNAL), in_encoding(INCOME, "utf-32-le", b"\xff\xfe\0\0")),
        NO_XML,
    ),
    _entity(
        "ebcdic.xlsx",
        "a document type in EBCDIC",
        package(declared(INCOME, INTERNAL), in_encoding(INCOME, "cp037")),
        NO_XML,
    ),
    _entity(
        "utf7.xlsx",
        "a document type in UTF-7",
        package(declared(INCOME, INTERNAL), in_encoding(INCOME, "utf-7")),
        NO_XML,
    ),
    _entity(
        "in_content.ods",
        "an entity declared in the content of an .ods",
        lambda: ods("", doctype=INTERNAL.replace("{root}", "office:document-content")),
    ),
    _entity(
        "unknown.xlsx",
        "an entity nobody declared",
        package(swap(INCOME, "<v>1150</v>", "<v>&a;</v>")),
        refused("damaged"),
    ),
    _entity(
        "typed.xlsx",
        "a document type that someone typed as text",
        package(typed("&lt;!DOCTYPE a [&lt;!ENTITY b &quot;c&quot;&gt;]&gt;")),
        honest(),
    ),
    _entity(
        "character_data.xlsx",
        "a document type within character data",
        package(typed("<![CDATA[<!DOCTYPE a [<!ENTITY b 'c'>]>]]>")),
        honest(),
    ),
    _entity(
        "commented.xlsx",
        "a document type within a comment",
        package(swap(INCOME, "<sheetData>", "<!-- <!DOCTYPE a> --><sheetData>")),
        honest(),
    ),
)
