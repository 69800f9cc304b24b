"""The one way XML of a file is parsed: no definitions, no entities, nothing from outside.

The standard library's expat loads nothing by itself; a document type declaration, which workbooks
never have, is refused before any of it is read.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Collection, Mapping
from xml.etree import ElementTree
from xml.parsers import expat

from msgspec import Struct

from perfxl.errors import Unreadable
from perfxl.reading import limits
from perfxl.text.safe import escaped

LONGEST = 32_767  # characters kept of a text, as a cell has at most
_BOMS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_DECLARATION = re.compile(r"^\ufeff?<\?xml[^>]*\?>")
_INSTRUCTION = re.compile(rb"<\?(?!xml\s).*?\?>", re.DOTALL)
_XML_HEADS = tuple(
    bom + "<".encode(encoding)
    for bom, encoding in (
        (b"", "utf-8"),
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (b"", "utf-16-le"),
        (b"", "utf-16-be"),
    )
)


# what XML cannot hold, and what would be taken for such a thing written out
_NO_XML = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")


class Element(Struct):
    """An element without its namespace: local name, attributes, the text within."""

    name: str
    attributes: Mapping[str, str]
    text: str = ""

    def get(self, name: str) -> str:
        """Give an attribute, whatever its prefix; "" where it is not there."""
        return next((v for k, v in self.attributes.items() if local(k) == name), "")


def local(name: str) -> str:
    """Give a name without its prefix."""
    return name.rpartition(":")[2]


def plain_text(text: str) -> str:
    """Give a text as XML can hold it: what it cannot is written as spreadsheets write it there."""
    return _NO_XML.sub(lambda found: f"_x{ord(found[0]):04X}_", text)


def text_xml(text: str) -> str:
    """Give a text as it stands in an element."""
    return escaped(plain_text(text))


def parser() -> expat.XMLParserType:
    """Give a parser that takes no document type declaration."""
    made = expat.ParserCreate()
    made.buffer_text = True
    made.StartDoctypeDeclHandler = _no_definitions
    return made


def _no_definitions(*_: object) -> None:
    raise Unreadable.of("doctype")


def parse(made: expat.XMLParserType, xml: bytes) -> None:
    """Let a parser with its handlers go over a whole part; raise Unreadable where it is no XML."""
    try:
        made.Parse(xml, True)
    except (expat.ExpatError, ValueError, LookupError) as error:  # or a number that is none
        raise Unreadable.of("damaged") from error


def elements(xml: bytes, names: Collection[str]) -> list[Element]:
    """Give the elements of these local names, in the order in which they begin."""
    found: list[Element] = []
    open_ones: list[Element] = []
    count = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal count
        count += 1
        limits.DEPTH.demand(len(open_ones))
        if local(name) in names:
            open_ones.append(Element(local(name), attributes))
            found.append(open_ones[-1])
            limits.FACTS.demand(len(found))
        elif count > limits.ELEMENTS.most:
            limits.ELEMENTS.demand(count)

    def text(data: str) -> None:
        if open_ones and len(open_ones[-1].text) < LONGEST:
            open_ones[-1].text += data

    def end(name: str) -> None:
        if local(name) in names:
            open_ones.pop()

    made = parser()
    made.StartElementHandler, made.EndElementHandler = start, end
    made.CharacterDataHandler = text
    parse(made, xml)
    return found


class _Begun(Exception):  # noqa: N818 - not an error
    """The root element has come: what is before it has been seen."""


def is_xml(head: bytes) -> bool:
    """Whether a part that begins so is XML."""
    return head[:64].lstrip(b"\r\n\t ").startswith(_XML_HEADS)


def demand_plain_head(head: bytes) -> None:
    """Raise Unreadable where a document type declaration stands before the root element.

    What is not XML after all is not looked at further: nobody reads it.
    """
    made = parser()
    made.StartElementHandler = _begun
    try:
        made.Parse(head, False)
    except (_Begun, expat.ExpatError, ValueError, LookupError):
        return
    if len(head) >= limits.HEAD.most:  # a root that far down hides something
        raise Unreadable.of("doctype")


def _begun(*_: object) -> None:
    raise _Begun


def simplified(xml: bytes) -> bytes:
    """Give a well-formed part as every engine reads it.

    In UTF-8, without comments and instructions, quoted text (CDATA) as other text: an engine that
    does not expect these loses the value of a cell.
    """
    if xml.startswith(_BOMS):
        try:
            xml = _DECLARATION.sub("", xml.decode("utf-16")).encode()
        except UnicodeError as error:
            raise Unreadable.of("damaged") from error
    if xml.find(b"<?", 1) > 0:
        xml = _INSTRUCTION.sub(b"", xml)
    if b"<!" in xml:
        xml = ElementTree.canonicalize(xml_data=xml.decode("utf-8-sig", "replace")).encode()
    return xml
