"""Compound files (OLE): what streams lie in the root of one, and what they hold ([MS-CFB])."""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from perfxl.errors import Unreadable

_HEADER, _ENTRY = 512, 128  # bytes
_LISTED = 109  # tables that the header itself lists
_LAST = 0xFFFFFFFA  # numbers from here on are no sectors
_STREAM, _STORAGE = 2, 1
_MINI = 64


class _Entry(NamedTuple):
    name: str
    kind: int
    start: int
    size: int


class Compound:
    """A compound file; raise Unreadable where it is none that can be followed.

    Names count without case, as programs write them in any.
    """

    def __init__(self, data: bytes) -> None:
        if len(data) < _HEADER:
            raise Unreadable.of("damaged")
        (shift,) = struct.unpack_from("<H", data, 30)
        if shift not in {9, 12}:
            raise Unreadable.of("damaged")
        self._data, self._size = data, 1 << shift
        directory, self._cutoff, mini = struct.unpack_from("<I4xII", data, 48)
        self._table = self._read_table()
        entries = b"".join(self._sectors(directory))
        self._root = _entry(entries, 0)
        self.entries = {
            entry.name.lower(): entry
            for entry in (_entry(entries, at) for at in _children(entries))
            if entry.kind in {_STREAM, _STORAGE}
        }
        self._minis = _numbers(b"".join(self._sectors(mini)))

    def stream(self, name: str) -> bytes | None:
        """Give what a stream holds, None where there is none of this name."""
        entry = self.entries.get(name.lower())
        if entry is None or entry.kind != _STREAM:
            return None
        if entry.size >= self._cutoff:
            return b"".join(self._sectors(entry.start))[: entry.size]
        small = b"".join(self._sectors(self._root.start))
        chain = _chain(entry.start, self._minis)
        return b"".join(small[n * _MINI : (n + 1) * _MINI] for n in chain)[: entry.size]

    def _read_table(self) -> array[int]:
        """Give which sector follows which, for no more sectors than there can be."""
        most = len(self._data) // self._size + 1
        table = array("I")
        for sector in islice(self._tables(), most):
            table.extend(_numbers(self._sector(sector)))
            if len(table) >= most:
                break
        return table

    def _tables(self) -> Iterator[int]:
        yield from _numbers(self._data[_HEADER - 4 * _LISTED : _HEADER])
        (sector,) = struct.unpack_from("<I", self._data, 68)
        for _ in range(len(self._data) // self._size):
            if sector >= _LAST:
                return
            *listed, sector = _numbers(self._sector(sector)) or [_LAST]
            yield from listed

    def _sector(self, number: int) -> bytes:
        if number >= _LAST:
            return b""
        return self._data[(number + 1) * self._size : (number + 2) * self._size]

    def _sectors(self, start: int) -> Iterator[bytes]:
        return (self._sector(number) for number in _chain(start, self._table))


def _numbers(data: bytes) -> array[int]:
    return array("I", struct.unpack(f"<{len(data) // 4}I", data[: len(data) // 4 * 4]))


def _chain(start: int, table: array[int]) -> Iterator[int]:
    """Give one sector after another; raise Unreadable where they go round or astray."""
    for _ in range(len(table) + 1):
        if start >= _LAST:
            return
        yield start
        if start >= len(table):
            break
        start = table[start]
    raise Unreadable.of("damaged")


def _entry(entries: bytes, number: int) -> _Entry:
    if (number + 1) * _ENTRY > len(entries):
        raise Unreadable.of("damaged")
    at = number * _ENTRY
    length, kind = struct.unpack_from("<HB", entries, at + 64)
    name = entries[at : at + max(0, min(length, 64) - 2)].decode("utf-16-le", "replace")
    return _Entry(name, kind, *struct.unpack_from("<II", entries, at + 116))


def _children(entries: bytes) -> Iterator[int]:
    """Give the numbers of the entries right in the root, each once."""
    (first,) = struct.unpack_from("<I", entries, 76)
    ahead, seen = [first], set[int]()
    while ahead:
        number = ahead.pop()
        if number in seen or (number + 1) * _ENTRY > len(entries):
            continue
        seen.add(number)
        yield number
        ahead += struct.unpack_from("<II", entries, number * _ENTRY + 68)
