"""Zip archives that are broken, ambiguous, or hide where their entries go."""

from __future__ import annotations

import random
import zipfile
from io import BytesIO

from msgspec.structs import replace

from hostile.entries import Entry, Verdict, honest, refused
from hostile.packages import (
    ENCRYPTED,
    STREAMED,
    Builder,
    Member,
    Parts,
    Step,
    archive,
    base,
    deflated,
    honest_bytes,
    package,
    put,
    renamed,
    stored,
    swap,
    text_of,
)
from hostile.workbook import APP, C5, INCOME, STRINGS, THEME, WORKBOOK

DAMAGED = refused("damaged")
AMBIGUOUS = refused("ambiguous")
OPEN = honest() | refused("damaged", "ambiguous")  # an oddity that moves no number
BROKEN = refused("damaged", "ambiguous", "not-a-workbook")
FLIPPED = honest() | refused(
    "damaged", "ambiguous", "not-a-workbook", "too-large", "encrypted", "no-sheets"
)
FORGED = C5.replace("1150", "9999")
BIDI = "\u202exslx.\u202c"


def again(path: str, name: str, *, first: bool = False) -> Builder:
    """Build the base with a forged copy of a part, under a name that may be the same."""

    def build() -> bytes:
        forged = text_of(base(), path).replace(C5, FORGED).encode()
        entries = list(base().items())
        return archive([(name, forged), *entries] if first else [*entries, (name, forged)])

    return build


def each_entry(**fields: int) -> Step:
    """Change these fields of every entry."""

    def change(part: bytes | Member) -> Member:
        return replace(deflated(part) if isinstance(part, bytes) else part, **fields)

    return lambda parts: {path: change(part) for path, part in parts.items()}


def one_entry(path: str, **fields: object) -> Step:
    """Change these fields of one entry."""

    def step(parts: Parts) -> Parts:
        part = parts[path]
        assert isinstance(part, bytes)
        return {**parts, path: replace(deflated(part), **fields)}

    return step


def uncompressed(parts: Parts) -> Parts:
    """Store every entry as it is."""
    return {path: stored(part) for path, part in parts.items() if isinstance(part, bytes)}


def method(number: int) -> Builder:
    """Build the base with another way of compression, by the standard library."""

    def build() -> bytes:
        target = BytesIO()
        with zipfile.ZipFile(target, "w", number) as file:
            for path, part in base().items():
                assert isinstance(part, bytes)
                file.writestr(zipfile.ZipInfo(path), part, number)
        return target.getvalue()

    return build


def zip64() -> bytes:
    """Build the base with the fields of large archives, as some exporters always write them."""
    target = BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as file:
        for path, part in base().items():
            assert isinstance(part, bytes)
            with file.open(zipfile.ZipInfo(path), "w", force_zip64=True) as entry:
                entry.write(part)
    return target.getvalue()


def with_folders() -> bytes:
    """Build the base with entries for its folders, as ordinary packers write them."""
    folders = ("_rels/", "docProps/", "xl/", "xl/worksheets/", "xl/theme/", "xl/_rels/")
    return archive([*((name, stored(b"")) for name in folders), *base().items()])


def cut(tenths: int) -> Builder:
    """Build what arrives when a transfer breaks off."""
    return lambda: honest_bytes()[: len(honest_bytes()) * tenths // 10]


def shortened(count: int) -> Builder:
    """Build the base without its last bytes."""
    return lambda: honest_bytes()[:-count]


def flipped(seed: int, count: int = 1) -> Builder:
    """Build the base with a few bits turned over."""

    def build() -> bytes:
        data, dice = bytearray(honest_bytes()), random.Random(seed)
        for _ in range(count):
            data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
        return bytes(data)

    return build


def overwritten(start: float, byte: int) -> Builder:
    """Build the base with a kilobyte lost, as a bad disk gives it."""

    def build() -> bytes:
        data = bytearray(honest_bytes())
        at = int(len(data) * start)
        data[at : at + 1024] = bytes([byte]) * 1024
        return bytes(data)

    return build


def in_text_mode() -> bytes:
    """Build what a transfer in text mode makes of the base."""
    return honest_bytes().replace(b"\n", b"\r\n")


def _zip(name: str, why: str, build: Builder, wants: Verdict) -> Entry:
    return Entry(name, why, build, wants)


CUTS = tuple(_zip(f"cut_{n}.xlsx", f"only {n} tenths of it", cut(n), DAMAGED) for n in range(1, 10))
SHORT = tuple(
    _zip(f"cut_last_{n}.xlsx", f"the last {n} bytes missing", shortened(n), DAMAGED)
    for n in (1, 22, 400)
)
BITS = tuple(
    _zip(f"bits_{n}.xlsx", f"{1 + n % 3} bits turned over", flipped(n, 1 + n % 3), FLIPPED)
    for n in range(10)
)
LOST = tuple(
    _zip(f"bits_lost_{n}.xlsx", "a kilobyte lost", overwritten(n / 10, 0xFF * (n % 2)), FLIPPED)
    for n in (0, 2, 5, 8)
)

NAMES = tuple(
    _zip(f"name_{name}.xlsx", why, package(put(path, b"\x89PNG harmless")), OPEN)
    for name, why, path in (
        ("traversal", "an entry that climbs out of its folder", "../../../evil.png"),
        ("traversal_inside", "an entry that climbs from within", "xl/media/../../../evil.png"),
        ("traversal_backslash", "an entry that climbs by backslashes", "..\\..\\..\\evil.png"),
        ("absolute", "an entry with an absolute name", "/etc/evil.png"),
        ("drive", "an entry on a drive of its own", "C:\\Windows\\evil.png"),
        ("share", "an entry on a share", "\\\\127.0.0.1\\a\\evil.png"),
        ("device", "an entry called like a device", "xl/media/CON"),
        ("control", "an entry with control characters", "xl/media/\x1b[2J\x07\n.png"),
        ("bidi", "an entry whose name runs backwards", f"xl/media/{BIDI}.png"),
        ("nul", "an entry with a zero byte in its name", "xl/media/a\0.png"),
        ("not_utf8", "an entry whose name is no UTF-8", "xl/media/\udcff\udcfe.png"),
        ("long", "an entry with a name of 60,000 characters", "xl/media/" + "a" * 60_000),
        ("blank", "an entry without a name", ""),
        ("emoji", "an entry with an emoji and a quote", "xl/media/\U0001f4a3'\".png"),
    )
)

DOUBLES = tuple(
    _zip(f"double_{name}.xlsx", why, build, AMBIGUOUS)
    for name, why, build in (
        ("behind", "a second income table of the same name behind", again(INCOME, INCOME)),
        (
            "before",
            "a second income table of the same name before",
            again(INCOME, INCOME, first=True),
        ),
        ("case", "a second income table whose name differs by case", again(INCOME, INCOME.title())),
        ("slash", "a second income table with a leading slash", again(INCOME, f"/{INCOME}")),
        (
            "backslash",
            "a second income table with backslashes",
            again(INCOME, INCOME.replace("/", "\\")),
        ),
        ("strings", "second shared strings", again(STRINGS, STRINGS)),
        ("workbook", "a second workbook part", again(WORKBOOK, WORKBOOK, first=True)),
    )
)

CONTAINERS = (
    *CUTS,
    *SHORT,
    *BITS,
    *LOST,
    *NAMES,
    *DOUBLES,
    _zip("cut_3_bytes.xlsx", "three bytes", lambda: b"PK\3", BROKEN),
    _zip(
        "cut_header.xlsx",
        "the head of an archive and nothing else",
        lambda: b"PK\3\4" + b"\0" * 26,
        BROKEN,
    ),
    _zip("zip_none.xlsx", "an archive without entries", lambda: archive([]), BROKEN),
    _zip("zip_text_mode.xlsx", "sent in text mode", in_text_mode, BROKEN),
    _zip(
        "zip_crc.xlsx",
        "a wrong checksum of the income table",
        package(one_entry(INCOME, crc=1)),
        DAMAGED,
    ),
    _zip(
        "zip_crc_theme.xlsx",
        "a wrong checksum of the theme",
        package(one_entry(THEME, crc=1)),
        OPEN,
    ),
    _zip(
        "zip_local_name.xlsx",
        "another name before the data than in the directory",
        package(one_entry(INCOME, local=b"xl/worksheets/sheet6.xml")),
        refused("ambiguous", "damaged"),
    ),
    _zip(
        "zip_method.xlsx",
        "an unknown way of compression",
        package(one_entry(INCOME, method=99)),
        DAMAGED,
    ),
    _zip(
        "zip_bzip2.xlsx",
        "compressed by bzip2, which Excel does not read",
        method(zipfile.ZIP_BZIP2),
        OPEN,
    ),
    _zip(
        "zip_lzma.xlsx",
        "compressed by lzma, which Excel does not read",
        method(zipfile.ZIP_LZMA),
        OPEN,
    ),
    _zip("zip_stored.xlsx", "nothing compressed", package(uncompressed), honest()),
    _zip(
        "zip_streamed.xlsx",
        "sizes behind the data, as streaming exporters write",
        package(each_entry(flags=STREAMED)),
        honest(),
    ),
    _zip("zip_64.xlsx", "fields of large archives", zip64, honest()),
    _zip("zip_folders.xlsx", "entries for folders", with_folders, honest()),
    _zip(
        "zip_comment.xlsx",
        "a comment of 60,000 characters",
        lambda: archive(base().items(), b"c" * 60_000),
        honest(),
    ),
    _zip(
        "zip_end_in_comment.xlsx",
        "a comment that holds the end of another archive",
        lambda: archive(base().items(), archive([("a", b"")])),
        honest() | BROKEN,
    ),
    _zip(
        "zip_tail.xlsx",
        "a line end behind the archive, as mail gateways leave",
        lambda: honest_bytes() + b"\r\n",
        OPEN,
    ),
    _zip(
        "zip_head.xlsx",
        "junk before the archive",
        lambda: b"junk" * 100 + honest_bytes(),
        honest() | BROKEN,
    ),
    _zip(
        "zip_twice.xlsx",
        "two archives behind one another, the first forged",
        lambda: package(swap(INCOME, C5, FORGED))() + honest_bytes(),
        OPEN,
    ),
    _zip(
        "zip_encrypted_entry.xlsx",
        "a sheet encrypted by the packer",
        package(one_entry(INCOME, flags=ENCRYPTED)),
        refused("encrypted"),
    ),
    _zip(
        "zip_encrypted.xlsx",
        "every entry encrypted by the packer",
        package(each_entry(flags=ENCRYPTED)),
        refused("encrypted"),
    ),
    _zip(
        "zip_upper_case.xlsx",
        "upper-case names, as some exporters write",
        package(renamed(lambda name: name if name == "[Content_Types].xml" else name.upper())),
        honest(),
    ),
    _zip(
        "zip_backslashes.xlsx",
        "backslashes in names, as some exporters write",
        package(renamed(lambda name: name.replace("/", "\\"))),
        honest(),
    ),
    _zip(
        "zip_slashes.xlsx",
        "leading slashes in names",
        package(renamed(lambda name: f"/{name}")),
        OPEN,
    ),
    _zip(
        "zip_reversed.xlsx",
        "the entries in reverse order",
        lambda: archive(reversed(base().items())),
        honest(),
    ),
    _zip(
        "zip_junk_part.xlsx",
        "a part that should be XML and is not, which nobody reads",
        package(put(APP, b"\0\1\2 not XML <")),
        honest(),
    ),
)
