"""Workbooks mangled: what decay, other programs and ill will do to a file's parts and bytes.

`mangled(data, steps)` does one thing to a workbook for each step. A step is a number that alone
decides what is done, so that any of them can be left out and the rest still say something: what
made a check fail can be cut down to the steps it takes. The same steps give the same bytes.
"""

from __future__ import annotations

import re
import struct
import warnings
import zipfile
from collections.abc import Callable, Sequence
from functools import lru_cache
from io import BytesIO
from random import Random

from msgspec import Struct

CANARY = "kanarienvogel"  # in all that must never be carried into a workbook of ours but as text
BYTEWISE = 6  # every so many steps is one on the bytes of the whole file
LARGEST = 500_000  # bytes of a part taken to pieces
HEAD = 20_000  # bytes in which the cells of a sheet begin
MOST_TOKENS = 200_000
RUNS = (1, 2, 4, 40)  # how many elements or cells in turn
FIRST_YEAR = (1980, 1, 1, 0, 0, 0)  # the earliest date a zip entry can have

# Numbers as they stand in XML: bounds of every kind, and what one parser takes and another does not
NUMBERS = tuple(
    text.encode()
    for text in (
        *("", "0", "-1", "1", "-0", "+5", " 7 ", "0.95", "1.0526", "105.26", "0.005", "-0.005"),
        *("255", "256", "16383", "16384", "16385", "65535", "65536", "1048576", "1048577"),
        *("2147483647", "2147483648", "-2147483649", "4294967295", "4294967296"),
        *("9223372036854775808", "18446744073709551616", "999999999999999", "9007199254740993"),
        *("1e308", "1e309", "-1e309", "1e-320", "0.1e-400", "1E+15", "1e999999999", "9" * 400),
        *("9" * 5000, "NaN", "nan", "INF", "-inf", "Infinity", "1e", "--1", "0x10", "1_000"),
        *(
            "1,5",
            "1.2.3",
            "12%",
            "١٢",
            "१२",
            "１２",
            "²",
            "①",
            "½",
            "∞",
            "-",
            "TRUE",
            "true",
            "#REF!",
        ),
        *("44561", "44561.999999", "2958465", "2958466", "-44561", "59", "60", "20220305", "0.5"),
        *(
            "A1",
            "$A$1",
            "XFD1048576",
            "XFE1",
            "A0",
            "A-1",
            "a1",
            "AAAAAAAA1",
            "A99999999999",
            "Ａ１",
        ),
    )
)
CELLS = ("A1", "B2", "C5", "XFD1048576", "XFE1048577", "A0", "1", "A", "", "a1", "Ａ１", "A-1")
TYPES = (b"n", b"s", b"str", b"inlineStr", b"b", b"e", b"d", b"z", b"", b"S")

# Texts as they stand in XML
TEXTS = tuple(
    text.encode()
    for text in (
        *(
            "",
            " ",
            "　",
            "\t",
            "\n" * 300,
            "'",
            "&quot;",
            "&amp;",
            "&lt;b&gt;",
            "]]",
            "{evil}",
            "{0}",
        ),
        *("{label}", "{", "%s", "%(a)s", "[red]x[/red]", "\\", "\\ud800", "../../x", "con", "NUL"),
        *("_x000D_", "_x0000_", "_x001B_[31m", "_xD800_", "_xDFFF__xD800_", "_xFFFF_", "_x005F_x"),
        *("&#8;", "&#0;", "&#x1B;", "&#xD800;", "&#x10FFFF;", "&#xFFFE;", "&#133;", "&#x2028;"),
        *("\u202e倒", "\u2066x", "\u200b", "\ufeff", "\u0300" * 50, "\ufdd0", "\U0001f600", "𠮷"),
        *("=1+1", "+1", "-1", "@SUM(1)", "|", f"=HYPERLINK(&quot;http://{CANARY}.example&quot;)"),
        *(f"=cmd|'/c {CANARY}'!A0", f"http://{CANARY}.example", f"mailto:a@{CANARY}.example"),
        *(f"file:///{CANARY}", f"&lt;script&gt;{CANARY}&lt;/script&gt;", f"[{CANARY}.xlsx]表!A1"),
        *("A" * 40_000, "预" * 32_768, "9" * 300, "a" * 255, "表" * 32, "万元" * 200, "≥" * 400),
        *("#REF!", "#N/A", "#DIV/0!", "#号", "TRUE", "FALSE", "None", "nan", "-inf", "1e400", "0"),
        *(
            "5亿元",
            "95%以上",
            "约300人",
            "12月底到位",
            "2022年13月45日",
            "2022-02-30",
            "-",
            "无",
            "/",
        ),
        *(
            "(500)",
            "1287. 98",
            "44,561",
            "，，",
            "1,2,3",
            "》95%",
            "≥ ",
            "≤≥5",
            "3-5次",
            "95%-100%",
        ),
        *("９９９", "²", "½", "①", "五", "一百二十", "٣", "१", "10⁹", "∞", "%", "％", "0%", "万元"),
        *("1e5万元", "－5", "—", "−3", "1.", ".5", ".", "1..2", "0.0.0", "1'000", "¥5", "￥", "个"),
        *("perfxl", "perfxl/department-2022/1/income", "perfxl/department-2021/1/income"),
        *(
            "perfxl/department-²/1/income",
            "perfxl///",
            "perfxl/rubric/1/x",
            "block:income",
            "block:",
        ),
        *("indicators.002", "indicators.²", "indicators.999", "indicators.-1", "indicators.", "."),
        *(
            "indicators.00000000000000000001",
            "projects.٣",
            "income.general",
            "income",
            "texts.x.y.z",
        ),
        *(
            "id",
            "key",
            "explanation",
            "state",
            "X01",
            "income.total.final",
            "name",
            "target",
            "value",
        ),
    )
)
ALPHABET = tuple("0129.,-+%/:;=≥≤>~()（）年月日元万亿个 \n²①五٣٪‰\u202e\u0301\U0001f600表.#'")
DECLARATIONS = (
    b'<!DOCTYPE x [<!ENTITY a "b">]>',
    b'<!DOCTYPE x SYSTEM "file:///etc/hostname">',
    b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>',
    b"<?xml-stylesheet href='x'?>",
    b"<!-- x -->",
    b"<![CDATA[x]]>",
    b"<x/>",
    b"&a;",
    b"\x00",
    b"\xff\xfe",
    b"<x " * 300,
    b"<x>" * 2000,
)
ENCODINGS = ("utf-16", "utf-16-be", "utf-8-sig", "gb18030", "utf-32", "latin-1", "cp1252")
ACTIVE = (
    ("xl/vbaProject.bin", b"\xd0\xcf\x11\xe0" + CANARY.encode()),
    ("xl/externalLinks/externalLink1.xml", f"<externalLink>{CANARY}</externalLink>".encode()),
    ("xl/connections.xml", f"<connections>{CANARY}</connections>".encode()),
    ("xl/embeddings/oleObject1.bin", CANARY.encode()),
    ("xl/media/image1.png", b"\x89PNG" + CANARY.encode()),
    ("xl/worksheets/sheet1.xml", b"<worksheet/>"),
    ("XL/Workbook.xml", b"<workbook/>"),
    ("../x.xml", b"<x/>"),
    ("/xl/workbook.xml", b"<workbook/>"),
    ("xl\\workbook.xml", b"<workbook/>"),
    ("content.xml", b"<x/>"),
    ("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"),
    ("xl/workbook.bin", b"\x00"),
    ("\udcff.xml".encode("utf-8", "surrogateescape").decode("latin-1"), b"<x/>"),
    ("a" * 5000, b""),
)


class Part(Struct):
    """One entry of the package."""

    name: str
    data: bytes

    @property
    def is_xml(self) -> bool:
        return self.data.lstrip()[:1] == b"<"


Parts = list[Part]


def mangled(data: bytes, steps: Sequence[int]) -> bytes:
    """Give a workbook with each of these steps done to it: to its parts first, then its bytes."""
    inner = [step for step in steps if step % BYTEWISE] if data[:2] == b"PK" else []
    if inner:
        parts = [Part(*one) for one in _unpacked(data)]
        for step in inner:
            rng = Random(step)
            rng.choices(*_WEIGHTED)[0](rng, parts)
        data = _packed(parts)
    for step in (step for step in steps if step not in inner):
        rng = Random(step)
        data = rng.choice(_BYTEWISE)(rng, data)
    return data


@lru_cache(maxsize=32)
def _unpacked(data: bytes) -> tuple[tuple[str, bytes], ...]:
    with zipfile.ZipFile(BytesIO(data)) as archive:
        return tuple((entry.filename, archive.read(entry)) for entry in archive.infolist())


def _packed(parts: Parts) -> bytes:
    target = BytesIO()
    with zipfile.ZipFile(target, "w") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a name that is there twice
        for part in parts:
            archive.writestr(zipfile.ZipInfo(part.name, FIRST_YEAR), part.data)
    return target.getvalue()


# ---------------------------------------------------------------- XML

_TOKEN = re.compile(rb"<[^>]*>|[^<]+")
_NAME = re.compile(rb"<([^\s/>]+)")
_ATTRIBUTE = re.compile(rb'([\w:]+)="([^"]*)"')
_ROW = re.compile(rb'<row r="(\d+)"')
_CELL = re.compile(rb'<c r="([A-Z]+)(\d+)"')

Tokens = list[bytes]


@lru_cache(maxsize=24)
def _tokens(xml: bytes) -> tuple[bytes, ...]:
    return tuple(_TOKEN.findall(xml))


@lru_cache(maxsize=24)
def _elements(xml: bytes) -> dict[bytes, list[int]]:
    """Give where the elements of each name begin, as indexes of tokens."""
    found: dict[bytes, list[int]] = {}
    for n, token in enumerate(_tokens(xml)):
        name = _NAME.match(token)
        if name and token[1:2] not in b"?!":
            found.setdefault(name[1], []).append(n)
    return found


def _end(tokens: Sequence[bytes], start: int) -> int:
    """Give the index behind the element that begins at `start`."""
    depth = 0
    for n in range(start, len(tokens)):
        token = tokens[n]
        if token.startswith(b"</"):
            depth -= 1
        elif token.startswith(b"<") and token[1:2] not in b"?!" and not token.endswith(b"/>"):
            depth += 1
        if depth <= 0:
            return n + 1
    return len(tokens)


def _some_xml(rng: Random, parts: Parts) -> Part | None:
    found = [part for part in parts if part.is_xml and len(part.data) <= LARGEST]
    sheets = _sheets(parts)
    chosen = sheets if sheets and rng.random() < 0.4 else found
    return rng.choice(chosen) if chosen else None


def _sheets(parts: Parts) -> Parts:
    """Give the sheets, but for those as large as only the list of our own checks is."""
    return [p for p in parts if b"<sheetData" in p.data[:HEAD] and len(p.data) <= LARGEST]


def _some_element(rng: Random, xml: bytes) -> int | None:
    """Give an element, rare ones as likely as usual ones."""
    elements = _elements(xml)
    return rng.choice(elements[rng.choice(list(elements))]) if elements else None


def _on_tokens(change: Callable[[Random, Tokens, int], None]) -> Callable[[Random, Parts], None]:
    """Give the mangling that changes one element of an XML part, or several of them."""

    def mangle(rng: Random, parts: Parts) -> None:
        part = _some_xml(rng, parts)
        for _ in range(rng.choice(RUNS[:3]) if part else 0):
            assert part is not None
            at = _some_element(rng, part.data)
            if at is not None:
                tokens = list(_tokens(part.data))
                change(rng, tokens, at)
                part.data = b"".join(tokens)

    return mangle


def _drop_element(_: Random, tokens: Tokens, at: int) -> None:
    del tokens[at : _end(tokens, at)]


def _double_element(rng: Random, tokens: Tokens, at: int) -> None:
    end = _end(tokens, at)
    taken = tokens[at:end]
    tokens[end:end] = taken * min(rng.choice(RUNS), MOST_TOKENS // len(taken))


def _move_element(rng: Random, tokens: Tokens, at: int) -> None:
    end = _end(tokens, at)
    taken = tokens[at:end]
    del tokens[at:end]
    to = rng.randrange(len(tokens) + 1)
    tokens[to:to] = taken


def _swap_elements(rng: Random, tokens: Tokens, at: int) -> None:
    name = _NAME.match(tokens[at])
    alike = [n for n, token in enumerate(tokens) if name and token.startswith(name[0])]
    first, second = sorted((at, rng.choice(alike or [at])))
    ends = _end(tokens, first), _end(tokens, second)
    if ends[0] <= second:
        one, two = tokens[first : ends[0]], tokens[second : ends[1]]
        tokens[second : ends[1]], tokens[first : ends[0]] = one, two


def _rename_element(rng: Random, tokens: Tokens, at: int) -> None:
    new = rng.choice((b"x", b"c", b"v", b"f", b"is", b"row", b"sheet", b"x:c", b"mc:Choice"))
    end = _end(tokens, at) - 1
    tokens[at] = _NAME.sub(b"<" + new, tokens[at], count=1)
    if end > at:
        tokens[end] = b"</" + new + b">"


def _change_attribute(rng: Random, tokens: Tokens, at: int) -> None:
    found = list(_ATTRIBUTE.finditer(tokens[at]))
    if not found:
        tokens[at] = tokens[at].replace(b">", b' r="' + rng.choice(NUMBERS) + b'">', 1)
        return
    one = rng.choice(found)
    name, value = one[1], one[2]
    new = rng.choice(
        (
            b"",
            b'%s="%s" %s="%s"' % (name, value, name, rng.choice(NUMBERS)),
            b'%s="%s"' % (name, rng.choice(NUMBERS)),
            b'%s="%s"' % (name, rng.choice(TEXTS)),
            b'%s="%s"' % (name, rng.choice(found)[2]),
            b'%s="%s"' % (name, _edited(rng, value)),
            b'%s="%s"' % (rng.choice(found)[1], value),
        )
    )
    tokens[at] = tokens[at][: one.start()] + new + tokens[at][one.end() :]


def _change_text(rng: Random, tokens: Tokens, at: int) -> None:
    texts = [n for n in range(at, min(at + 40, len(tokens))) if not tokens[n].startswith(b"<")]
    if not texts:
        tokens.insert(at + 1, rng.choice(TEXTS))
        return
    n = texts[0]
    others = [token for token in tokens[-2000:] if not token.startswith(b"<")]
    tokens[n] = rng.choice(
        (
            rng.choice(NUMBERS),
            rng.choice(TEXTS),
            rng.choice(TEXTS) + tokens[n],
            _edited(rng, tokens[n]),
            rng.choice(others or TEXTS),
        )
    )


def _edited(rng: Random, text: bytes) -> bytes:
    """Give a text with one character changed, put in or left out."""
    chars = list(text.decode("utf-8", "replace"))
    at = rng.randrange(len(chars) + 1)
    chars[at : at + rng.randrange(2)] = rng.choice((rng.choice(ALPHABET), ""))
    return "".join(chars).encode()


def _declare(rng: Random, tokens: Tokens, at: int) -> None:
    tokens.insert(rng.choice((0, 1, at)), rng.choice(DECLARATIONS))


def _change_type(rng: Random, tokens: Tokens, at: int) -> None:
    bare = re.sub(rb' t="\w*"', b"", tokens[at])
    tokens[at] = re.sub(rb"^<[^\s/>]+", rb'\g<0> t="%s"' % rng.choice(TYPES), bare)


# ---------------------------------------------------------------- sheets


def _on_cells(change: Callable[[Random, bytes], bytes]) -> Callable[[Random, Parts], None]:
    """Give the mangling that writes some cells of a sheet anew, told the number of a text."""

    def mangle(rng: Random, parts: Parts) -> None:
        sheets = _sheets(parts)
        if not sheets:
            return
        part = rng.choice(sheets)
        tokens = list(_tokens(part.data))
        for at in sorted(_chosen_cells(rng, part.data), reverse=True):
            tokens[at : _end(tokens, at)] = [change(rng, tokens[at])]
        part.data = b"".join(tokens)

    return mangle


def _chosen_cells(rng: Random, xml: bytes) -> list[int]:
    cells = _elements(xml).get(b"c", [])
    return rng.sample(cells, min(rng.choice(RUNS), len(cells)))


def _tag(start: bytes) -> bytes:
    """Give the start of a cell without its type, to which an attribute can be added."""
    return re.sub(rb' t="\w*"', b"", start).rstrip(b"/>")


def _put_number(rng: Random, start: bytes) -> bytes:
    return b"%s><v>%s</v></c>" % (_tag(start), rng.choice(NUMBERS))


def _put_text(rng: Random, start: bytes) -> bytes:
    return b'%s t="inlineStr"><is><t>%s</t></is></c>' % (_tag(start), rng.choice(TEXTS))


def _put_other_text(rng: Random, start: bytes) -> bytes:
    return b'%s t="s"><v>%d</v></c>' % (_tag(start), rng.randrange(900))


def _put_error(rng: Random, start: bytes) -> bytes:
    return b'%s t="e"><v>%s</v></c>' % (_tag(start), rng.choice((b"#REF!", b"#N/A", b"", b"#X")))


def _put_formula(rng: Random, start: bytes) -> bytes:
    formula = rng.choice((f'HYPERLINK("http://{CANARY}.example")', "1/0", f"{CANARY}!A1", ""))
    kind = rng.choice((b"", b' t="str"', b' t="e"', b' t="b"'))
    value = rng.choice((b"", b"<v/>", b"<v>%s</v>" % rng.choice(NUMBERS + TEXTS)))
    return b"%s%s><f>%s</f>%s</c>" % (_tag(start), kind, formula.encode(), value)


def _put_style(rng: Random, start: bytes) -> bytes:
    bare = re.sub(rb' s="\w*"', b"", _tag(start))
    return b'%s s="%d"><v>%s</v></c>' % (bare, rng.randrange(90), rng.choice(NUMBERS))


def _put_date(rng: Random, start: bytes) -> bytes:
    dates = (b"2022-03-05", b"2022-02-30", b"0000-00-00", b"9999-12-31T23:59:60", b"12:61", b"x")
    return b'%s t="d"><v>%s</v></c>' % (_tag(start), rng.choice(dates))


def _put_elsewhere(rng: Random, start: bytes) -> bytes:
    place = rng.choice(CELLS).encode()
    return re.sub(rb' r="\w*"', b' r="%s"' % place, start.rstrip(b"/>")) + b"><v>1</v></c>"


def _shift_rows(rng: Random, parts: Parts) -> None:
    """Move all rows from one on down or up, as inserting and deleting does; or only the cells."""
    sheets = _sheets(parts)
    if not sheets:
        return
    part, by = rng.choice(sheets), rng.choice((1, 2, -1, -3, 50, 10**6))
    rows = _ROW.findall(part.data) or [b"1"]
    top = int(rng.choice(rows))

    def moved(number: bytes) -> int:
        return int(number) + by if int(number) >= top else int(number)

    if rng.random() < 0.8:
        part.data = _ROW.sub(lambda m: b'<row r="%d"' % moved(m[1]), part.data)
    if rng.random() < 0.8:
        part.data = _CELL.sub(lambda m: b'<c r="%s%d"' % (m[1], moved(m[2])), part.data)


def _copy_row(rng: Random, parts: Parts) -> None:
    """Put a row, hidden key and all, in the place of another one."""
    sheets = [part for part in _sheets(parts) if b"<row " in part.data]
    if not sheets:
        return
    part = rng.choice(sheets)
    tokens = list(_tokens(part.data))
    one, two = (rng.choice(_elements(part.data)[b"row"]) for _ in range(2))
    number = _ROW.match(tokens[two])
    copied = b"".join(tokens[one : _end(tokens, one)])
    if number:
        copied = re.sub(rb' r="([A-Z]*)\d+"', rb' r="\g<1>%s"' % number[1], copied)
        tokens[two : _end(tokens, two)] = [copied]
    part.data = b"".join(tokens)


def _strip_references(rng: Random, parts: Parts) -> None:
    """Leave out where rows and cells are, as some exporters do."""
    sheets = _sheets(parts)
    for part in rng.sample(sheets, min(len(sheets), rng.choice(RUNS))):
        part.data = re.sub(rb'<(c|row) r="\w+"', rb"<\1", part.data)


# ---------------------------------------------------------------- parts


def _drop_part(rng: Random, parts: Parts) -> None:
    if parts:
        parts.remove(rng.choice(parts))


def _double_part(rng: Random, parts: Parts) -> None:
    if parts:
        one, other = rng.choice(parts), rng.choice(parts)
        name = rng.choice((one.name, one.name.upper(), one.name.replace("/", "\\"), f"/{one.name}"))
        parts.insert(rng.randrange(len(parts) + 1), Part(name, other.data))


def _rename_part(rng: Random, parts: Parts) -> None:
    if parts:
        one = rng.choice(parts)
        names = (one.name.upper(), one.name.lower(), f"x/{one.name}", f"{one.name}.png", "x")
        one.name = rng.choice((*names, rng.choice(parts).name))


def _swap_parts(rng: Random, parts: Parts) -> None:
    if parts:
        one, other = rng.choice(parts), rng.choice(parts)
        one.data, other.data = other.data, one.data


def _add_part(rng: Random, parts: Parts) -> None:
    parts.insert(rng.randrange(len(parts) + 1), Part(*rng.choice(ACTIVE)))


def _retarget(rng: Random, parts: Parts) -> None:
    """Make a relationship lead elsewhere: to another part, nowhere, or out of the file."""
    links = [part for part in parts if part.name.endswith(".rels")]
    if not links:
        return
    part = rng.choice(links)
    other = rng.choice(parts).name
    targets = (other, f"/{other}", f"../{other}", "", "x", f"http://{CANARY}.example", "../../../x")
    found = list(re.finditer(rb'Target="[^"]*"', part.data))
    if found:
        one = rng.choice(found)
        new = b'Target="%s"' % rng.choice(targets).encode("utf-8", "replace")
        mode = rng.choice((b"", b"", b' TargetMode="External"'))
        part.data = part.data[: one.start()] + new + mode + part.data[one.end() :]


def _recode(rng: Random, parts: Parts) -> None:
    """Write an XML part in another encoding, which it names or not."""
    part = _some_xml(rng, parts)
    if part is None:
        return
    name = rng.choice(ENCODINGS)
    text = part.data.decode("utf-8", "replace")
    if rng.random() < 0.5:
        text = re.sub(r'encoding="[^"]*"', f'encoding="{name}"', text, count=1)
    part.data = text.encode(name, "replace")


def _spoil_part(rng: Random, parts: Parts) -> None:
    """Do to the bytes of one part what may happen to those of a file."""
    if parts:
        part = rng.choice(parts)
        part.data = rng.choice(_BYTEWISE[:-1])(rng, part.data)


# ---------------------------------------------------------------- bytes


def _flip_bits(rng: Random, data: bytes) -> bytes:
    spoilt = bytearray(data)
    for _ in range(rng.choice(RUNS) if data else 0):
        spoilt[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return bytes(spoilt)


def _truncate(rng: Random, data: bytes) -> bytes:
    return data[: rng.randrange(len(data) + 1)]


def _copy_block(rng: Random, data: bytes) -> bytes:
    """Write one stretch of the data over another, or between."""
    start, to = rng.randrange(len(data) + 1), rng.randrange(len(data) + 1)
    block = data[start : start + rng.choice((1, 16, 512, 4096))]
    return data[:to] + block + data[to + rng.choice((0, len(block))) :]


def _cut_block(rng: Random, data: bytes) -> bytes:
    start = rng.randrange(len(data) + 1)
    return data[:start] + data[start + rng.choice((1, 16, 512, 4096)) :]


def _overwrite(rng: Random, data: bytes) -> bytes:
    at = rng.randrange(len(data) + 1)
    new = rng.choice((b"\x00" * 512, b"\xff" * 16, b"<", b"&", b'"', rng.randbytes(64), b"9" * 400))
    return data[:at] + new + data[at + len(new) :]


def _wrap(rng: Random, data: bytes) -> bytes:
    """Put something before or behind the file, as mail gateways and virus scanners do."""
    junk = rng.choice((b"\x00" * 1000, b"PK\x05\x06" + bytes(18), rng.randbytes(300), data[:5000]))
    return rng.choice((junk + data, data + junk))


# in the local and the central header of a zip entry: where a field is, and how long
_LOCAL = {"flags": (6, "H"), "method": (8, "H"), "crc": (14, "I"), "packed": (18, "I")}
_LOCAL |= {"size": (22, "I"), "name": (26, "H"), "extra": (28, "H")}
_CENTRAL = {"flags": (8, "H"), "method": (10, "H"), "crc": (16, "I"), "packed": (20, "I")}
_CENTRAL |= {"size": (24, "I"), "name": (28, "H"), "extra": (30, "H"), "offset": (42, "I")}
_LIES = (0, 1, 8, 9, 12, 14, 95, 99, 0x801, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFE, 0xFFFFFFFF)


def _lie(rng: Random, data: bytes) -> bytes:
    """Make a zip entry say something else of itself, in one of its two headers."""
    mark, fields = rng.choice(((b"PK\x03\x04", _LOCAL), (b"PK\x01\x02", _CENTRAL)))
    places = [match.start() for match in re.finditer(re.escape(mark), data)]
    if not places:
        return _flip_bits(rng, data)
    offset, kind = fields[rng.choice(list(fields))]
    at = rng.choice(places) + offset
    size = struct.calcsize(kind)
    value = rng.choice((*_LIES, rng.randrange(1 << 32)))
    new = struct.pack(f"<{kind}", value % (1 << 8 * size))
    return data[:at] + new + data[at + size :]


_BYTEWISE: tuple[Callable[[Random, bytes], bytes], ...] = (
    _flip_bits,
    _truncate,
    _copy_block,
    _cut_block,
    _overwrite,
    _wrap,
    _lie,
)
_MANGLINGS: dict[Callable[[Random, Parts], None], int] = {  # and how often each is done
    **dict.fromkeys(
        map(
            _on_cells,
            (_put_number, _put_text, _put_other_text, _put_formula, _put_style),
        ),
        6,
    ),
    **dict.fromkeys(map(_on_cells, (_put_error, _put_date, _put_elsewhere)), 2),
    **dict.fromkeys(map(_on_tokens, (_change_text, _change_attribute)), 10),
    **dict.fromkeys(
        map(
            _on_tokens,
            (_drop_element, _double_element, _move_element, _swap_elements, _rename_element),
        ),
        4,
    ),
    **dict.fromkeys(map(_on_tokens, (_change_type, _declare)), 2),
    **dict.fromkeys((_shift_rows, _copy_row), 4),
    **dict.fromkeys((_drop_part, _double_part, _rename_part, _swap_parts, _add_part), 2),
    **dict.fromkeys((_retarget, _recode, _spoil_part, _strip_references), 2),
}
_WEIGHTED = (tuple(_MANGLINGS), tuple(_MANGLINGS.values()))
