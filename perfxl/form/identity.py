"""What a workbook says of its own making: when perfxl wrote it, and for which unit."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

from msgspec import Struct

# The date in every workbook perfxl writes: the same input gives the same bytes, and whoever saves
# the file again leaves another date in it.
WRITTEN = "2022-01-01T00:00:00Z"
# the properties that name the unit a workbook was issued to
ISSUED_NAME, ISSUED_CODE = "perfxl_unit", "perfxl_unit_code"
# the property of a result that says which return it is of, by where that stood
RESULT_OF = "perfxl_result_of"


class Issued(Struct, frozen=True):
    """The unit a workbook was issued to, as its properties state; "" where they do not."""

    name: str = ""
    code: str = ""


NOBODY = Issued()
# the property with the fingerprint of all other parts of a document, and the part it stands in
DIGEST, PROPERTIES_PART = "perfxl_digest", "docProps/custom.xml"


def digest(parts: Iterable[tuple[str, bytes]]) -> str:
    """Give the fingerprint of a package's parts, but for the one it stands in, as hex digits."""
    found = sha256()
    for name, data in sorted(part for part in parts if part[0] != PROPERTIES_PART):
        found.update(f"{name} {len(data)}\n".encode("utf-8", "surrogatepass"))
        found.update(data)
    return found.hexdigest()


def fingerprint(texts: Iterable[str]) -> str:
    """Give a short fingerprint that other texts have not."""
    return sha256("\n".join(texts).encode("utf-8", "surrogatepass")).hexdigest()[:12]
