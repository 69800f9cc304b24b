"""Before any parser sees a file: is it there, readable, of a sane size, and a workbook at all?

Judged by content, never by name. What cannot be read raises `Unreadable`, which carries one clear
Chinese line and what to do (`refusals`); how much is too much stands in `limits`.
"""

from __future__ import annotations

import re
import zipfile
from io import BytesIO
from pathlib import Path

from perfxl.errors import Unreadable, system_words
from perfxl.form.identity import DIGEST, PROPERTIES_PART, WRITTEN, digest
from perfxl.reading import biff, kinds, limits, opendocument
from perfxl.reading.compound import Compound
from perfxl.reading.package import OLE_HEAD, ZIP_FAULTS, Package

_STATED = 'name="{}"><vt:lpwstr>([^<]*)<'
MACRO_STORE = "_vba_project_cur"  # in an .xls
MODULE = re.compile(r"basic/.+/(?!script-l[bc]\.xml)|scripts/.")  # where one keeps macros
MAX_PROPERTIES = 64 * 1024  # bytes looked at of a part with properties; ours are under 2 KB


def system_fault(error: OSError, what: str = "") -> Unreadable:
    """Give what to tell where the system lets `what` (a file, where not said) not be read."""
    if isinstance(error, PermissionError):
        return Unreadable.of("no-permission", what=what)
    return Unreadable.of("cannot-read", why=system_words(error))


def demand_file(path: Path) -> None:
    """Raise Unreadable unless this is a file: a pipe or a device may never come to an end."""
    if not path.exists():
        raise Unreadable.of("link-to-nowhere" if path.is_symlink() else "not-found")
    if path.is_dir():
        raise Unreadable.of("no-workbooks")
    if not path.is_file():
        raise Unreadable.of("not-a-file")


def read_bytes(path: Path, limit: limits.Limit = limits.FILE) -> bytes:
    """Give the content of a file; raise Unreadable where there is none to be had.

    One that changes meanwhile is still being written, downloaded or synchronised: half of it.
    """
    try:
        demand_file(path)
        before = path.stat()
        limit.demand(before.st_size)
        with path.open("rb") as file:
            data = file.read(before.st_size + 1)
        after = path.stat()
    except OSError as error:
        raise system_fault(error) from error
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise Unreadable.of("changed")
    if len(data) != before.st_size:
        raise Unreadable.of("changed")
    return data


def inspect(data: bytes) -> Package:
    """Give the package of an .xlsx, or the one that another kind of workbook stands for.

    Raise Unreadable where these bytes are no workbook, or not one of a kind we read.
    """
    if not data:
        raise Unreadable.of("empty")
    if data.startswith(kinds.ZIP_HEADS):
        return _inspect_zip(data)
    if kinds.is_flat(data):
        return Package(opendocument.as_package(data, macros=False))
    if not data.startswith(OLE_HEAD):
        raise kinds.refusal(data)
    return _inspect_container(Compound(data))


def looks_like_workbook(data: bytes) -> bool:
    """Whether these bytes begin as workbooks do, which is all that some other files do too."""
    return data.startswith((*kinds.ZIP_HEADS, OLE_HEAD))


def _inspect_container(found: Compound) -> Package:
    kind = kinds.of_container(found)
    if kind is not kinds.WORKBOOK:
        raise Unreadable.of("not-a-workbook", kind=kind.called, what_to_do=kind.fix)
    stream = found.stream("Workbook") or found.stream("Book") or b""
    return Package(biff.as_package(stream, MACRO_STORE in found.entries))


def _inspect_zip(data: bytes) -> Package:
    package = Package(data)
    if package.is_workbook:
        return package
    manifest = package.part(kinds.MANIFEST) or b""
    kind = kinds.of_package(package.names, package.part(kinds.OPEN_DOCUMENT) or manifest)
    if kind is not None:
        raise Unreadable.of("not-a-workbook", kind=kind.called, what_to_do=kind.fix)
    if b"encryption-data" in manifest:
        raise Unreadable.of("encrypted")
    content = package.part("content.xml", limits.PART) or b""
    macros = any(MODULE.match(name) for name in package.names)
    return Package(opendocument.as_package(content, macros, package.part("meta.xml") or b""))


def is_untouched(data: bytes, form: str = "") -> bool:
    """Whether this is a file (of this form) that perfxl wrote and nobody has saved since.

    Some programs save a document and leave its dates: where it bears a fingerprint, that decides.
    """
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            core = _properties(archive, "docProps/core.xml")
            custom = _properties(archive, PROPERTIES_PART)
            seal = _stated(custom, DIGEST)
            changed = seal != "" and seal != _digest(archive)
    except ZIP_FAULTS:
        return False
    return (
        f">{WRITTEN}</dcterms:modified>" in core
        and f'name="perfxl_form"><vt:lpwstr>{form}' in custom
        and not changed
    )


def stated(data: bytes, name: str) -> str:
    """Give the property a file of ours bears by a name, whatever became of it since, or ""."""
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            return _stated(_properties(archive, PROPERTIES_PART), name)
    except ZIP_FAULTS:
        return ""


def _stated(properties: str, name: str) -> str:
    found = re.search(_STATED.format(name), properties)
    return found[1] if found else ""


def _digest(archive: zipfile.ZipFile) -> str:
    if sum(entry.file_size for entry in archive.infolist()) > limits.FILE.most:
        return ""
    return digest((entry.filename, archive.read(entry)) for entry in archive.infolist())


def _properties(archive: zipfile.ZipFile, part: str) -> str:
    with archive.open(part) as file:
        return file.read(MAX_PROPERTIES).decode("utf-8", "replace")
