"""A package under seal: it bears the fingerprint of all its other parts, so that a change shows.

Many programs that save a workbook or document leave its dates and properties as they were.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Mapping
from io import BytesIO

from perfxl.form.identity import PROPERTIES_PART, digest

UNSEALED = "0" * 64  # keeps the place of the fingerprint in the part with properties


def sealed(data: bytes) -> bytes:
    """Give a package with its fingerprint; the same parts give the same bytes."""
    stream = BytesIO()
    with (
        zipfile.ZipFile(BytesIO(data)) as source,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        parts = {name: source.read(name) for name in source.namelist()}
        for name, part in sealed_parts(parts).items():
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(info, part)
    return stream.getvalue()


def sealed_parts(parts: Mapping[str, bytes]) -> dict[str, bytes]:
    """Give the parts of a package in their order, one of them with the fingerprint of the rest."""
    ordered = {name: parts[name] for name in _in_order(parts)}
    stated = digest(ordered.items()).encode()
    ordered[PROPERTIES_PART] = ordered[PROPERTIES_PART].replace(UNSEALED.encode(), stated)
    return ordered


def _in_order(names: Iterable[str]) -> list[str]:
    """Give names with the list of types first, as readers expect it."""
    return sorted(names, key=lambda name: (name != "[Content_Types].xml", name))
