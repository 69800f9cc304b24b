"""The package of an .xlsx: its parts, found by their relationships and judged by their content.

Only what the sheets need is unpacked: workbook, sheets, texts, styles. What the engine gets is a
new, plain package of just these parts (`Plain`), so that no trick with names, sizes or
relationships makes it see anything that was not looked at here.
"""

from __future__ import annotations

import lzma
import posixpath
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from functools import cached_property
from io import BytesIO
from typing import Self

from msgspec import Struct

from perfxl.errors import Unreadable
from perfxl.reading import limits
from perfxl.reading.binary import as_xml, is_binary
from perfxl.reading.limits import Limit
from perfxl.reading.markup import (
    Element,
    demand_plain_head,
    elements,
    is_xml,
    parse,
    parser,
    simplified,
)
from perfxl.text.safe import attribute, escaped

# what reading a zip archive raises that is not as it should be
ZIP_FAULTS = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, OSError),
    *(RuntimeError, KeyError, ValueError),  # unknown methods and versions, odd names
)
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # those a workbook may use
ENCRYPTED = 1  # the bit of an entry's flags
OLE_HEAD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ZIP_HEAD = b"PK\x03\x04"
STYLE_SECTIONS = frozenset({"borders", "cellStyleXfs", "cellXfs", "cellStyles", "dxfs"})
STYLES = ("numFmt", "border", "right", "bottom", "xf")  # what of a style sheet is looked at

MACROS, LINKS, DATA, OBJECTS, CONTROLS, HYPERLINKS, ADD_INS = (
    "宏",
    "外部链接",
    "数据连接",
    "嵌入的对象",
    "控件",
    "超链接",
    "加载项",
)
# what could run or reach outside, by the type of the relationship that leads to it
ACTIVE = {
    "vbaProject": MACROS,
    "xlMacrosheet": MACROS,
    "xlIntlMacrosheet": MACROS,
    "externalLink": LINKS,
    "connections": DATA,
    "queryTable": DATA,
    "oleObject": OBJECTS,
    "package": OBJECTS,
    "control": CONTROLS,
    "activeXControlBinary": CONTROLS,
    "webextension": ADD_INS,
    "webextensiontaskpanes": ADD_INS,
}
# … or by its place, whatever leads to it
ACTIVE_PLACES = {
    "/vbaproject": MACROS,
    "/macrosheets/": MACROS,
    "/externallinks/": LINKS,
    "/connections.": DATA,
    "/querytables/": DATA,
    "/embeddings/": OBJECTS,
    "/activex/": CONTROLS,
}
# links that lead nowhere else: programs make one of any address typed, some of places within
NEAR = ("mailto:", "#")


class Link(Struct, frozen=True):
    """A relationship: its id, the last word of its type, the path of its target or its address."""

    id: str
    type: str
    target: str
    external: bool


class SheetPart(Struct, frozen=True):
    """A sheet as the workbook lists it: name, the last word of its type, path, whether hidden."""

    name: str
    type: str
    path: str
    hidden: bool


class Package:
    """The parts of a zip package; raise Unreadable where it is none, or not an honest one."""

    def __init__(self, data: bytes) -> None:
        try:
            self._archive = zipfile.ZipFile(BytesIO(data))
        except ZIP_FAULTS as error:
            raise Unreadable.of("damaged") from error
        entries = self._archive.infolist()
        limits.ENTRIES.demand(len(entries))
        limits.PACKAGE.demand(sum(entry.file_size for entry in entries))
        self._infos = _by_name(self._archive)
        self._unpacked: dict[str, int] = {}
        self._binary = 0  # bytes written out as XML

    # ------------------------------------------------------------ parts

    @property
    def names(self) -> frozenset[str]:
        """The names of all parts, in lower case, with forward slashes."""
        return frozenset(self._infos)

    def part(self, path: str, limit: Limit = limits.SMALL_PART) -> bytes | None:
        """Give a part, None where there is none; raise Unreadable where it is too large or broken.

        A binary one is given as the XML it stands for.

        No more is unpacked than the package states, and that is limited.
        """
        info = self._infos.get(_name(path))
        if info is None:
            return None
        limit.demand(info.file_size)
        self._unpacked[info.filename] = info.file_size
        limits.PARTS.demand(sum(self._unpacked.values()))
        if info.compress_type not in METHODS:
            raise Unreadable.of("damaged")
        try:
            with self._archive.open(info) as file:  # `read()` would unpack what is not stated, too
                data = file.read(info.file_size + 1)
        except ZIP_FAULTS as error:
            raise Unreadable.of("damaged") from error  # a wrong checksum, a broken stream
        if len(data) != info.file_size:
            raise Unreadable.of("damaged")
        return self._in_xml(data, limit) if is_binary(data) else data

    def _in_xml(self, binary: bytes, limit: Limit) -> bytes:
        self._binary += len(binary)
        limits.BINARY.demand(self._binary)
        xml = as_xml(binary)
        limit.demand(len(xml))
        return xml

    def _elements(self, path: str, *names: str) -> list[Element]:
        xml = self.part(path)
        return [] if xml is None else elements(xml, names)

    def _trifles(self, path: str, *names: str) -> list[Element]:
        """Give elements of a part without which the numbers can be read all the same."""
        try:
            return self._elements(path, *names)
        except Unreadable as error:
            if error.code == "damaged":
                return []
            raise

    def _links(self, path: str) -> list[Link]:
        """Give the relationships of the part at a path ("" is the package itself)."""
        folder, name = posixpath.split(path)
        found = self._elements(f"{folder}/_rels/{name}.rels", "Relationship")
        return [_link(element, folder) for element in found]

    # ------------------------------------------------------------ the workbook

    @cached_property
    def main(self) -> str:
        """The path of the workbook part."""
        links = (link.target for link in self._links("") if link.type == "officeDocument")
        return next(links, "xl/workbook.xml")

    @cached_property
    def _book(self) -> list[Element]:
        return self._elements(self.main, "workbook", "workbookPr", "sheet")

    @property
    def is_workbook(self) -> bool:
        """Whether this is an .xlsx or .xlsm, transitional or strict."""
        return any(element.name == "workbook" for element in self._book)

    @property
    def dates_from_1904(self) -> bool:
        """Whether days are counted as old Macintosh programs did."""
        return any(e.get("date1904") in {"1", "true"} for e in self._book if e.name == "workbookPr")

    @cached_property
    def _book_links(self) -> dict[str, Link]:
        return {link.id: link for link in self._links(self.main)}

    def sheets(self) -> Iterator[SheetPart]:
        """Give the sheets in their order, but for those that are nothing but a name.

        Raise Unreadable where two have one name.
        """
        names, paths = set[str](), set[str]()
        for element in self._book:
            if element.name != "sheet":
                continue
            name, link = element.get("name"), self._book_links.get(element.get("id"))
            if name.casefold() in names:
                raise Unreadable.of("ambiguous", what="两张工作表同名")
            names.add(name.casefold())
            limits.SHEETS.demand(len(names))
            if not name.strip():
                raise Unreadable.of("damaged")
            if link is None or link.external:
                continue
            if _name(link.target) in paths:
                raise Unreadable.of("ambiguous", what="两张工作表是同一个部件")
            paths.add(_name(link.target))
            hidden = element.get("state") not in {"", "visible"}
            yield SheetPart(name, link.type, link.target, hidden)
        if names and not paths:
            raise Unreadable.of("damaged")

    def _beside(self, kind: str, usual: str) -> str:
        """Give the path of the part of this kind that the workbook names."""
        links = (link.target for link in self._book_links.values() if link.type == kind)
        return next(links, posixpath.join(posixpath.dirname(self.main), usual))

    def texts(self) -> bytes | None:
        """Give the part with the texts that cells share."""
        xml = self.part(self._beside("sharedStrings", "sharedStrings.xml"), limits.PART)
        if xml is not None:
            _demand_texts(xml)
        return xml

    def styles(self) -> tuple[bytes, list[Element]] | None:
        """Give the style sheet with formats and borders; None where there is none that can be read.

        A fault in it is no reason to refuse the numbers.
        """
        path = self._beside("styles", "styles.xml")
        found = self._trifles(path, "styleSheet", *STYLE_SECTIONS, *STYLES)
        if not found or found[0].name != "styleSheet":
            return None
        return self.part(path) or b"", found

    # ------------------------------------------------------------ what else it says and holds

    def properties(self) -> dict[str, str]:
        """Give the custom document properties."""
        found = self._trifles("docProps/custom.xml", "property")
        return {name: element.text.strip() for element in found if (name := element.get("name"))}

    def saved(self) -> str:
        """Give the date and time the core properties state; "" where they do not."""
        found = self._trifles("docProps/core.xml", "modified")
        return found[0].text.strip() if found else ""

    def program(self) -> str:
        """Give the name of the program that saved the file; "" where it does not say."""
        found = self._trifles("docProps/app.xml", "Application")
        return found[0].text.strip() if found else ""

    def active(self) -> tuple[str, ...]:
        """Give the kinds of content that could run or reach outside, each once.

        Every part that was not read is looked at, too, in its first bytes.
        """
        found = dict.fromkeys(word for link in self._all_links() if (word := _active(link)))
        for place, word in ACTIVE_PLACES.items():
            if any(place in f"/{name}" for name in self._infos):
                found[word] = None
        odd = [head for head in self._heads() if head.startswith((OLE_HEAD, ZIP_HEAD))]
        if odd and not found.keys() & {MACROS, OBJECTS, CONTROLS}:  # these are kept so
            found[OBJECTS] = None
        return tuple(found)

    def _all_links(self) -> Iterator[Link]:
        for name in self._infos:
            if name.endswith(".rels"):
                folder = posixpath.dirname(posixpath.dirname(name))
                for element in self._trifles(name, "Relationship"):
                    yield _link(element, folder)

    def _heads(self) -> Iterator[bytes]:
        """Give how each part begins that was not read; refuse XML with definitions."""
        for info in self._infos.values():
            if info.filename in self._unpacked or not info.file_size:
                continue
            try:
                with self._archive.open(info) as file:
                    head = file.read(limits.HEAD.most)
            except ZIP_FAULTS:
                continue  # nobody reads it
            if is_xml(head):
                demand_plain_head(head)
            yield head


def _by_name(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    found: dict[str, zipfile.ZipInfo] = {}
    for info in archive.infolist():
        if info.flag_bits & ENCRYPTED:
            raise Unreadable.of("encrypted")
        name = _name(info.filename)
        if name in found:
            raise Unreadable.of("ambiguous", what="有重名的部件")
        if name and not name.endswith("/"):
            found[name] = info
    return found


def _name(path: str) -> str:
    """Give the name of a part as programs compare it: without case, whichever slashes it has."""
    return path.replace("\\", "/").lstrip("/").lower()


def _link(element: Element, folder: str) -> Link:
    target, external = element.get("Target"), element.get("TargetMode") == "External"
    if not external:
        target = posixpath.normpath(posixpath.join("/", folder, target.replace("\\", "/")))
    kind = element.get("Type").rpartition("/")[2]
    return Link(element.get("Id"), kind, target.lstrip("/"), external)


def _active(link: Link) -> str:
    if link.type == "hyperlink":
        near = not (link.external and link.target) or link.target.lower().startswith(NEAR)
        return "" if near else HYPERLINKS
    return ACTIVE.get(link.type, LINKS if link.external else "")


def _demand_texts(xml: bytes) -> None:
    """Raise Unreadable unless the part with the texts is well-formed and of a sane size."""
    texts = every = 0

    def start(name: str, _: object) -> None:
        nonlocal texts, every
        every += 1
        texts += name.endswith("si")
        if every > limits.ELEMENTS.most or texts > limits.STRINGS.most:
            limits.ELEMENTS.demand(every)
            limits.STRINGS.demand(texts)

    made = parser()
    made.StartElementHandler = start
    parse(made, xml)


# ---------------------------------------------------------------- what the engine gets

_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_LINKS = "http://schemas.openxmlformats.org/package/2006/relationships"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_CONTENT_TYPES = (
    b'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    b'<Default Extension="xml" ContentType="application/xml"/></Types>'
)


class Plain:
    """A package being written that holds sheets, by number where not by name; a context."""

    def __init__(self, dates_from_1904: bool) -> None:
        self._target = BytesIO()
        self._archive = zipfile.ZipFile(self._target, "w", zipfile.ZIP_STORED)
        self._sheets: list[str] = []
        self._dates_from_1904 = dates_from_1904

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._archive.close()

    def add(self, name: str, xml: bytes) -> None:
        """Add a part below xl/."""
        self._write(f"xl/{name}", simplified(xml))

    def _write(self, name: str, xml: bytes) -> None:
        self._archive.writestr(zipfile.ZipInfo(name), xml)

    def add_sheet(self, xml: bytes, name: str = "", state: str = "visible") -> str:
        """Add a sheet and give the name it bears in this package."""
        n = len(self._sheets) + 1
        self.add(f"worksheets/sheet{n}.xml", xml)
        name, ids = name or str(n), f'sheetId="{n}" r:id="rId{n}"'
        self._sheets.append(f'<sheet name={attribute(name)} {ids} state="{state}"/>')
        return name

    def add_properties(self, properties: str, saved: str, program: str) -> None:
        """Add the document's own properties, as XML; when it was saved, and by which program."""
        self._write("docProps/custom.xml", f"<Properties>{properties}</Properties>".encode())
        dates = f"<coreProperties><modified>{escaped(saved)}</modified></coreProperties>"
        self._write("docProps/core.xml", dates.encode())
        named = f"<Properties><Application>{escaped(program)}</Application></Properties>"
        self._write("docProps/app.xml", named.encode())

    def data(self) -> bytes:
        """Give the package, whole."""
        listed = "".join(self._sheets)
        since = f'<workbookPr date1904="{int(self._dates_from_1904)}"/>'
        book = f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}">{since}<sheets>{listed}</sheets>'
        self.add("workbook.xml", f"{book}</workbook>".encode())
        numbers = range(1, len(self._sheets) + 1)
        sheets = [("worksheet", f"worksheets/sheet{n}.xml") for n in numbers]
        self.add("_rels/workbook.xml.rels", _relationships(sheets))
        self._write("_rels/.rels", _relationships([("officeDocument", "xl/workbook.xml")]))
        self._write("[Content_Types].xml", _CONTENT_TYPES)
        self._archive.close()
        return self._target.getvalue()


def _relationships(targets: Iterable[tuple[str, str]]) -> bytes:
    """Give a part with a relationship to each target, by type and path."""
    links = "".join(
        f'<Relationship Id="rId{n}" Type="{_OFFICE}/{kind}" Target="{path}"/>'
        for n, (kind, path) in enumerate(targets, 1)
    )
    return f'<Relationships xmlns="{_LINKS}">{links}</Relationships>'.encode()
