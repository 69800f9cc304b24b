r"""Texts of others, made inert for where they go: the one place that says how.

A unit's words, the names of its files and sheets reach terminals, mails, workbooks and other
programs. A character that acts without being seen is shown there as □, one for each: control
characters (a terminal obeys them), halves of characters and non-characters (no file can hold
them), direction marks («\u202etxt.exe» reads «exe.txt»). Not dropped, or two different texts would
look the same; not escaped, or a clerk would read codes; □ prints on a GBK console too.

Characters without width are left in what a unit typed (they join emoji and come with text pasted
from the web) and shown as □ in what we say of it, by name where a cell is quoted («5〈零宽空格〉»).
Reading passes over them. Marks of direction beside figures, which calculators and phones copy
(«18.5» between U+202D and U+202C), are made one of these when a return is taken in.
"""

from __future__ import annotations

import re

BOX = "□"
_BEGUN, _GOES_ON = re.compile(r"(?<![0-9.,])[0-9.,]{1,20}$"), re.compile(r"[.,]?[0-9]")
_CONTROLS = r"\x00-\x08\x0b-\x1f\x7f-\x9f"  # but for tabs and line breaks
_HALVES = r"\ud800-\udfff"
_NO_CHARACTERS = r"\ufdd0-\ufdef" + "".join(
    rf"\U{plane:04x}fffe\U{plane:04x}ffff" for plane in range(17)
)
_DIRECTIONS = r"\u061c\u200e\u200f\u202a-\u202e\u2066-\u206f"
_WIDTHLESS = r"\u00ad\u180e\u200b-\u200d\u2060-\u2065\ufeff\ufff9-\ufffb\U000e0000-\U000e0fff"
_PASSED = re.compile(r"([\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff])\1*")
_JOINER = "\u2060"
_NAMES = {"\u200b": "零宽空格", "\u200d": "零宽连字", "\ufeff": "字节顺序标记"}
_ACTING = re.compile(f"[{_CONTROLS}{_HALVES}{_NO_CHARACTERS}{_DIRECTIONS}]")
_TURNING = re.compile(f"[{_DIRECTIONS}]")
_UNSEEN = re.compile(f"[{_CONTROLS}{_HALVES}{_NO_CHARACTERS}{_DIRECTIONS}{_WIDTHLESS}]")
_IN_NAMES = re.compile(rf"[\t\n\u2028\u2029]|{_UNSEEN.pattern}")
_BREAKS = re.compile("\r\n?|[\u2028\u2029]")
# what makes a spreadsheet take a text for a formula, full-width forms and unseen marks included
_RISKY = re.compile(r"['\t\r\n]|[\s\0\ufeff\u200b-\u200f\u2060]*[=+\-@＝＋－＠]")
_HARMLESS = re.compile(r"[=+\-@]|-?[0-9]+(?:\.[0-9]+)?")
_ESCAPE = re.compile("_(?=x[0-9a-fA-F]{4}_)")
# one escape within another, which XlsxWriter writes so that a spreadsheet reads the inner one
_DOUBLED = re.compile("(_x[0-9a-fA-F]{4})_(?=x[0-9a-fA-F]{4}_)")


def storable(text: str) -> str:
    """Give what a unit typed as any file can hold it, line breaks as one character."""
    if "_x" in text:
        text = _DOUBLED.sub(rf"\1{BOX}", text)
    return _ACTING.sub(BOX, text.replace("\r\n", "\n").replace("\r", "\n"))


def taken(text: str) -> str:
    """Give what a unit typed as `held` does, marks of direction beside figures made harmless."""
    beside_figures = _TURNING.search(text) and re.search(r"\d", text)
    return storable(_TURNING.sub(_JOINER, text) if beside_figures else text)


def unseen(char: str) -> bool:
    """Whether a character only joins or turns others, so that reading passes over it."""
    return _PASSED.match(char) is not None


def named(text: str) -> str:
    """Give a text with the name of each character that reading passes over in its place."""
    return _PASSED.sub(lambda match: f"〈{_NAMES.get(match[1], '看不见的字符')}〉", text)


def shown(text: str) -> str:
    """Give a text to be read, on lines of its own; nothing unseen is in it but these and tabs."""
    return _UNSEEN.sub(BOX, _BREAKS.sub("\n", storable(text)))


def line(text: str) -> str:
    """Give a text to be read within a line of ours, its blanks as they are."""
    return shown(text).replace("\n", " ").replace("\t", " ")


def one_line(text: str) -> str:
    """Give a text to be read on one line, single blanks between its words."""
    return " ".join(line(text).split())


def cut(text: str, most: int) -> str:
    """Give a text to be quoted, only its beginning where it is longer than this.

    No figure is cut: half of one would be another.
    """
    text = named(text)
    if len(text) <= most:
        return text
    begun = _BEGUN.search(text[:most]) if _GOES_ON.match(text, most) else None
    return f"{text[: begun.start() if begun else most]}…"


def clipped(text: str, most: int = 40) -> str:
    """Give a text on one line, short enough for it."""
    return cut(one_line(text), most)


def name(text: str) -> str:
    """Give a text for the name of a file, _ for each character that cannot be seen in it."""
    return _IN_NAMES.sub("_", text)


def fitting(text: str, most: int) -> str:
    """Give as much of a text as `most` units of UTF-16 hold, which is what spreadsheets count."""
    if 2 * len(text) <= most:
        return text
    return text.encode("utf-16-le", "replace")[: 2 * most].decode("utf-16-le", "ignore")


def in_json(document: str) -> str:
    """Give a JSON document with what cannot be seen in its texts escaped: nothing is lost."""
    return _UNSEEN.sub(_escaped, document.replace("\u2028", r"\u2028").replace("\u2029", r"\u2029"))


def _escaped(match: re.Match[str]) -> str:
    units = match[0].encode("utf-16-be", "surrogatepass").hex()
    return re.sub("....", r"\\u\g<0>", units)


def in_xml(text: str) -> str:
    r"""Give a text that a spreadsheet shows as it is: to it «_x001B_» is a way to write Esc."""
    return _ESCAPE.sub("_x005F_", text) if "_x" in text else text


def escaped(text: str) -> str:
    """Give a text as it stands in an element of XML."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def attribute(text: str) -> str:
    """Give a text as it stands in an attribute of XML, between its quotation marks."""
    within = escaped(text).replace('"', "&quot;").replace("\n", "&#10;").replace("\r", "&#13;")
    return '"' + within.replace("\t", "&#9;") + '"'


def in_csv(text: str) -> str:
    """Give a text that a spreadsheet opening a CSV takes for text: with a ' in front if need be.

    One that begins with a ' gets another, so taking one away always gives the text back. Digits
    with a minus sign and a lone symbol («=», «-») are no formula and stay as they are.
    """
    text = storable(text)
    if text[:1].isalnum():  # spares most texts the rest
        return text
    return text if not _RISKY.match(text) or _HARMLESS.fullmatch(text) else f"'{text}"
