"""Zip packages put together byte by byte, so that they can be wrong in any way one likes.

    package(swap(INCOME, b"1150", b"9"), drop("xl/styles.xml"))()

gives the bytes of the honest base with these changes. Deflated streams are joined from blocks
that end in a full flush, so that a gigabyte takes milliseconds to write.
"""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable
from functools import cache, lru_cache, reduce
from io import BytesIO
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

SAMPLE = Path(__file__).resolve().parents[2] / "sample_data" / "clean" / "filled.xlsx"
STORED, DEFLATED = 0, 8
HEADER = 30  # bytes of a local header before the name
ENCRYPTED, STREAMED, UTF8 = 0x1, 0x8, 0x800
MIB = 1 << 20


class Member(Struct, frozen=True):
    """An entry as it stands in the archive; `size` is what is declared, true or not.

    `local` is the name in front of the data where it differs from that in the directory.
    """

    packed: bytes
    crc: int
    size: int
    method: int = DEFLATED
    flags: int = 0
    local: bytes | None = None


Parts = dict[str, bytes | Member]
Step = Callable[[Parts], Parts]
Builder = Callable[[], bytes]


# ---------------------------------------------------------------- entries


@lru_cache(maxsize=64)
def deflated(data: bytes) -> Member:
    """Give an honest entry."""
    coder = zlib.compressobj(6, zlib.DEFLATED, -15)
    return Member(coder.compress(data) + coder.flush(), zlib.crc32(data), len(data))


def stored(data: bytes) -> Member:
    """Give an honest entry that is not compressed."""
    return Member(data, zlib.crc32(data), len(data), STORED)


def stretched(head: bytes, block: bytes, times: int, tail: bytes = b"") -> Member:
    """Give the entry of head, so many blocks and tail, without ever holding it inflated."""
    coder = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = [coder.compress(head) + coder.flush(zlib.Z_FULL_FLUSH)]
    packed.append((coder.compress(block) + coder.flush(zlib.Z_FULL_FLUSH)) * times)
    packed.append(coder.compress(tail) + coder.flush())
    crc = zlib.crc32(head)
    for _ in range(times):
        crc = zlib.crc32(block, crc)
    size = len(head) + len(block) * times + len(tail)
    return Member(b"".join(packed), zlib.crc32(tail, crc), size)


def swollen(head: str, unit: str, times: int, tail: str) -> Member:
    """Give the entry of a text in which one unit stands so many times (in whole blocks)."""
    each = max(1, MIB // len(unit))
    return stretched(head.encode(), unit.encode() * each, -(-times // each), tail.encode())


# ---------------------------------------------------------------- archives


def _entry(part: bytes | Member) -> Member:
    return deflated(part) if isinstance(part, bytes) else part


def _fields(member: Member, name: bytes) -> bytes:
    """Give what the local header and the directory have in common."""
    flags = member.flags | (0 if name.isascii() else UTF8)
    sizes = (member.crc, len(member.packed), member.size)
    return struct.pack("<HHHHHIII", 20, flags, member.method, 0, 0x21, *sizes)


def _local(member: Member, name: bytes) -> bytes:
    here = name if member.local is None else member.local
    if member.flags & STREAMED:
        blank = _fields(replace(member, crc=0, size=0, packed=b""), here)
        end = struct.pack("<4sIII", b"PK\7\x08", member.crc, len(member.packed), member.size)
        head = b"PK\3\4" + blank + struct.pack("<HH", len(here), 0)
        return head + here + member.packed + end
    head = b"PK\3\4" + _fields(member, here) + struct.pack("<HH", len(here), 0)
    return head + here + member.packed


def _listed(member: Member, name: bytes, offset: int) -> bytes:
    rest = struct.pack("<HHHHHII", len(name), 0, 0, 0, 0, 0, offset)
    return b"PK\1\2" + struct.pack("<H", 20) + _fields(member, name) + rest + name


def archive(entries: Iterable[tuple[str, bytes | Member]], comment: bytes = b"") -> bytes:
    """Give the zip archive of these entries, in this order, names twice or not."""
    body, directory, at, count = [], [], 0, 0
    for path, part in entries:
        member, name = _entry(part), path.encode("utf-8", "surrogateescape")
        directory.append(_listed(member, name, at))
        body.append(_local(member, name))
        at += len(body[-1])
        count += 1
    listing = b"".join(directory)
    counts = (count & 0xFFFF, count & 0xFFFF, len(listing), at, len(comment))
    end = struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, *counts)
    return b"".join(body) + listing + end + comment


def overlapping(names: Iterable[str], kernel: bytes) -> bytes:
    """Give an archive after D. Fifield: every file quotes the headers of those behind it.

    One deflated kernel serves them all, so the archive inflates to many times what it declares
    to hold compressed; no two files start at the same place.
    """
    whole, chain, found = kernel, b"", []
    for name in names:
        here = name.encode()
        quoted = chain[:HEADER] + chain[HEADER : HEADER + _name_length(chain)] if chain else b""
        whole = quoted + whole
        packed = _verbatim(quoted) + chain if chain else deflated(kernel).packed
        member = Member(packed, zlib.crc32(whole), len(whole))
        chain = _local(member, here)
        found.append((member, here, len(chain)))
    listing = b"".join(_listed(m, here, len(chain) - length) for m, here, length in found)
    counts = (len(found), len(found), len(listing), len(chain), 0)
    return chain + listing + struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, *counts)


def _name_length(chain: bytes) -> int:
    return int(struct.unpack_from("<H", chain, HEADER - 4)[0])


def _verbatim(data: bytes) -> bytes:
    """Give the head of a deflate block, not the last, that holds this as it is."""
    return struct.pack("<BHH", 0, len(data), len(data) ^ 0xFFFF)


def same_data(names: Iterable[str], kernel: bytes) -> bytes:
    """Give an archive in which every name leads to the one entry there is."""
    member = deflated(kernel)
    body = _local(member, b"a")
    listing = b"".join(_listed(member, name.encode(), 0) for name in names)
    count = listing.count(b"PK\1\2")
    end = struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, count, count, len(listing), len(body), 0)
    return body + listing + end


# ---------------------------------------------------------------- the honest base, changed


def parts_of(data: bytes) -> Parts:
    """Give what is in a package, in its order."""
    with zipfile.ZipFile(BytesIO(data)) as file:
        return {name: file.read(name) for name in file.namelist()}


@cache
def base() -> Parts:
    """Give the parts of the clean sample; copy before changing."""
    return parts_of(SAMPLE.read_bytes())


def honest_bytes() -> bytes:
    """Give the clean sample itself."""
    return SAMPLE.read_bytes()


def all_of(*steps: Step) -> Step:
    """Give these steps as one."""
    return lambda parts: reduce(lambda so_far, step: step(so_far), steps, parts)


def package(*steps: Step) -> Builder:
    """Give what builds the base with these changes."""
    return lambda: archive(all_of(*steps)(base()).items())


def text_of(parts: Parts, path: str) -> str:
    """Give a part that is plain bytes as text."""
    part = parts[path]
    assert isinstance(part, bytes)
    return part.decode()


def rewrite(path: str, change: Callable[[str], str | bytes]) -> Step:
    """Change the text of one part; there must be something to change."""

    def step(parts: Parts) -> Parts:
        before = text_of(parts, path)
        after = change(before)
        assert after != before, f"nothing changed in {path}"
        return {**parts, path: after.encode() if isinstance(after, str) else after}

    return step


def swap(path: str, old: str, new: str) -> Step:
    """Replace the first occurrence of a text in a part; it must be there."""
    return rewrite(path, lambda text: text.replace(old, new, 1))


def swap_like(path: str, pattern: str, new: str) -> Step:
    """Replace the first text in a part that looks so; there must be one."""
    return rewrite(path, lambda text: re.sub(pattern, lambda _: new, text, count=1))


def put(path: str, part: str | bytes | Callable[[], Member]) -> Step:
    """Add or replace a part; one that takes long to make is given as what makes it."""

    def content() -> bytes | Member:
        if isinstance(part, str):
            return part.encode()
        return part if isinstance(part, bytes) else part()

    return lambda parts: {**parts, path: content()}


def grown(path: str, before: str, unit: str, times: int) -> Step:
    """Repeat a unit before a text in a part."""

    def step(parts: Parts) -> Parts:
        head, found, tail = text_of(parts, path).partition(before)
        assert found, f"nothing to grow in {path}"
        return {**parts, path: swollen(head, unit, times, found + tail)}

    return step


def numbered(path: str, before: str, pattern: str, count: int, first: int = 100) -> Step:
    """Put a pattern, for so many numbers on end, before a text in a part."""

    def change(text: str) -> str:
        units = "".join(pattern.format(n) for n in range(first, first + count))
        return text.replace(before, units + before, 1)

    return rewrite(path, change)


def declaring(size: int, path: str) -> Step:
    """Let an entry declare another size than it has."""

    def step(parts: Parts) -> Parts:
        return {**parts, path: replace(_entry(parts[path]), size=size)}

    return step


def drop(*paths: str) -> Step:
    """Leave parts out; they must be there."""

    def step(parts: Parts) -> Parts:
        assert set(paths) <= set(parts)
        return {path: part for path, part in parts.items() if path not in paths}

    return step


def moved(path: str, new: str) -> Step:
    """Give one part another name."""
    return renamed(lambda name: new if name == path else name)


def renamed(change: Callable[[str], str]) -> Step:
    """Rename every entry."""
    return lambda parts: {change(path): part for path, part in parts.items()}
