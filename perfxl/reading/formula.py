"""A formula of an office's, from its text to a tree (see `expr.office`), or why it is none.

openpyxl's tokenizer cuts the text up; what it lets pass (a bracket missing, an operand missing) is
a fault here. What is real Excel but not ours to compute is a remark: it is never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from difflib import get_close_matches
from typing import NamedTuple, NoReturn

from openpyxl.formula.tokenizer import Token, Tokenizer, TokenizerError
from openpyxl.utils import FORMULAE, column_index_from_string

from perfxl.expr.office import (
    ARGUMENTS,
    EVERY,
    Area,
    Call,
    CellAt,
    Cells,
    Constant,
    Fixed,
    Node,
    Verbatim,
    bare,
)
from perfxl.expr.spreadsheet import SINGLE, ErrorValue
from perfxl.expr.texts import quoted
from perfxl.expr.tree import Key
from perfxl.form.addresses import quoted_sheet
from perfxl.form.faults import Remark, Wrong


class Place(NamedTuple):
    """A cell as a formula names it: the sheet as typed ("": its own), row and column from 0.

    `row` is None where the whole column is named; `ranged` says whether it is part of a range,
    `wide` of one of several columns; `rows` are those of the range.
    """

    sheet: str
    row: int | None
    column: int
    fixed: Fixed
    ranged: bool
    wide: bool = False
    rows: range = range(0)


# The key of a cell, that of a list column (EVERY) for its pattern row within a range; None where
# nothing of the form stands.
Resolve = Callable[[Place], Key | Wrong | None]

_WIDE: dict[int, str] = {
    **{ord("！") + n: chr(ord("!") + n) for n in range(94)},
    **{ord(sign): plain for sign, plain in zip("×÷－−–\u3000\u00a0\t\r", "*/---    ", strict=True)},
    **{ord(sign): plain for sign, plain in (("≥", ">="), ("≤", "<="), ("≠", "<>"))},
}
_QUOTED = r""""(?:[^"]|"")*"|“[^”]*”|'(?:[^']|'')*'"""
_NUMBER = re.compile(r"(\d+\.?\d*|\.\d+)(E[-+]?\d{1,3})?", re.ASCII | re.IGNORECASE)
_CELL = r"(\$?)([A-Z]{1,3})(\$?)([1-9]\d{0,6})"
_REFERENCE = re.compile(
    rf"(?:('(?:[^']|'')+'|[^'!\[\]:*?/\\ ]+)!)?"
    rf"(?:{_CELL}(?::{_CELL})?|(\$?)([A-Z]{{1,3}}):(\$?)([A-Z]{{1,3}}))",
    re.ASCII | re.IGNORECASE,
)
_ROW_COLUMN = re.compile(r"R\[?-?\d+\]?C(\[?-?\d+\]?)?|RC\[?-?\d+\]?", re.IGNORECASE)
_BINDS = {"=": 1, "<>": 1, "<": 1, ">": 1, "<=": 1, ">=": 1, "&": 2, "+": 3, "-": 3, "*": 4, "/": 4}
_BINDS["^"] = 5
_SIGN = 6  # a sign binds closer than ^: -2^2 is 4
_LATER = {"IFS", "SWITCH", "XLOOKUP", "FILTER", "UNIQUE", "LET", "TEXTJOIN", "CONCAT", "MAXIFS"}
_MATCHED = {"SUMIF", "SUMIFS", "COUNTIF"}  # whose ranges must be ranges, cell by cell
_MOST_STEPS = 200  # operators, brackets and functions of one formula
_MOST_CELLS = 20_000  # of one range


class _Ends(Exception):  # noqa: N818 - how the reading ends
    def __init__(self, result: Wrong | Remark) -> None:
        super().__init__(result)
        self.result = result


def read_formula(
    typed: object, resolve: Resolve, sheets: Sequence[str] = ()
) -> Node | Wrong | Remark:
    """Give the tree of a formula: a text (with = or without), a number, openpyxl's ArrayFormula.

    `resolve` tells which cell of the form stands at a place; `sheets` are the form's sheets, whose
    names need no quotes.
    """
    text = _text(typed)
    try:
        return _Reader(_tokens(_narrowed(text, sheets)), resolve).whole()
    except _Ends as ends:
        return ends.result


def verbatim(typed: object, resolve: Resolve, sheets: Sequence[str] = ()) -> Verbatim:
    """Give a formula that is none of ours to compute as it was typed, with what cells it names."""
    text = _narrowed(_text(typed), sheets).removeprefix("=")
    try:
        pieces = [_piece(token, resolve) for token in Tokenizer(f"={text}").items]
    except (IndexError, TokenizerError):
        pieces = [text]
    return Verbatim(("{=", *pieces, "}") if str(typed).startswith("{=") else tuple(pieces))


def _text(typed: object) -> str:
    """Give a formula as text, one over arrays without its braces."""
    text = str(getattr(typed, "text", typed)).strip()
    return text[1:-1] if text.startswith("{=") and text.endswith("}") else text


def _piece(token: Token, resolve: Resolve) -> str | Node:
    if token.type != Token.OPERAND or token.subtype != Token.RANGE:
        return str(token.value)
    try:
        return _Reader((), resolve).reference(token.value)
    except _Ends:
        return str(token.value)


def _narrowed(text: str, sheets: Sequence[str]) -> str:
    """Give a formula with its signs half-width and its sheets quoted; what is quoted stays."""
    names = "|".join(map(re.escape, sorted(sheets, key=len, reverse=True))) or "(?!)"
    pieces = re.split(rf"({_QUOTED}|(?<![\w\]])(?:{names})(?=[!！]))", text, flags=re.IGNORECASE)
    return "".join(_kept(p) if n % 2 else _plain(p) for n, p in enumerate(pieces))


def _plain(piece: str) -> str:
    return re.sub(r" *: *", ":", piece.translate(_WIDE))


def _kept(piece: str) -> str:
    if piece[0] in "\"'":
        return piece
    return quoted(piece[1:-1]) if piece[0] == "“" else quoted_sheet(piece)


def _tokens(text: str) -> list[Token]:
    try:
        tokens = Tokenizer("=" + text.removeprefix("=")).items
    except IndexError:
        raise _Ends(Wrong.of("formula-closed")) from None
    except TokenizerError as error:
        quote = any(word in str(error) for word in ("string", "link"))
        raise _Ends(Wrong.of("formula-quotes" if quote else "formula-signs")) from error
    tokens = [token for token in tokens if token.type != Token.WSPACE]
    lacking = sum((t.subtype == Token.OPEN) - (t.subtype == Token.CLOSE) for t in tokens)
    if lacking:
        raise _Ends(Wrong.of("formula-unclosed", count=lacking))
    if sum(t.type != Token.OPERAND and t.subtype != Token.CLOSE for t in tokens) > _MOST_STEPS:
        raise _Ends(Remark.of("beyond-long", most=_MOST_STEPS))
    return tokens


class _Reader:
    """Reads tokens from left to right."""

    def __init__(self, tokens: Sequence[Token], resolve: Resolve) -> None:
        self.left = list(reversed(tokens))
        self.resolve = resolve
        self.before = "="  # the token last taken

    def whole(self) -> Node:
        if not self.left:
            raise _Ends(Wrong.of("formula-empty"))
        tree = self._expression(0)
        if self.left:
            self._unjoined()
        if _is_array(tree) and not isinstance(bare(tree), Area):
            raise _Ends(Remark.of("beyond-array"))
        return tree

    def _next(self, *kinds: str) -> bool:
        """Whether the next token is of one of these types or subtypes."""
        return bool(self.left) and bool({self.left[-1].type, self.left[-1].subtype} & set(kinds))

    def _take(self) -> Token:
        token = self.left.pop()
        self.before = token.value
        return token

    def _expression(self, least: int) -> Node:
        left = self._operand()
        while self._next(Token.OP_IN, Token.OP_POST):
            if self._next(Token.OP_POST):
                left = Call(self._take().value, (left,))
                continue
            sign = self.left[-1].value
            if sign not in _BINDS:
                raise _Ends(Remark.of("beyond-union"))
            if _BINDS[sign] < least:
                break
            self._take()
            left = Call(sign, (left, self._expression(_BINDS[sign] + 1)))
        if isinstance(left, Area) and self._next(Token.RANGE):
            raise _Ends(Remark.of("beyond-common"))
        return left

    def _operand(self) -> Node:
        if not self.left or self._next(Token.SEP, Token.CLOSE, Token.OP_IN, Token.OP_POST):
            raise _Ends(Wrong.of("formula-operand", sign=self.before))
        token = self._take()
        match token.type:
            case Token.OP_PRE:
                return Call(f"u{token.value}", (self._expression(_SIGN),))
            case Token.PAREN:
                inner = self._expression(0)
                self._close()
                return Call("()", (inner,))
            case Token.FUNC:
                return self._function(token.value[:-1].upper())
            case Token.ARRAY:
                raise _Ends(Remark.of("beyond-constants"))
        return self._literal(token) or self.reference(token.value)

    def _close(self) -> None:
        if self._next(Token.SEP):
            raise _Ends(Remark.of("beyond-union"))
        if not self._next(Token.CLOSE):
            self._unjoined()
        self._take()

    def _unjoined(self) -> NoReturn:
        raise _Ends(Wrong.of("formula-operator", sign=self.left[-1].value))

    def _literal(self, token: Token) -> Constant | None:
        text = token.value
        if token.subtype == Token.TEXT:
            return Constant(text[1:-1].replace('""', '"'), text)
        if _NUMBER.fullmatch(text):
            return Constant(Decimal(text), text)
        if text.upper() in {"TRUE", "FALSE"}:
            return Constant(text.upper() == "TRUE", text.upper())
        if token.subtype == Token.ERROR and text != "#REF!":
            return Constant(ErrorValue(text), text)
        return None

    # ------------------------------------------------------------ functions

    def _function(self, name: str) -> Node:
        arguments: list[Node] = []
        while not self._next(Token.CLOSE):
            omitted = self._next(Token.SEP)
            arguments.append(Constant(None) if omitted else self._expression(0))
            if self._next(Token.ROW):
                raise _Ends(Wrong.of("formula-semicolon"))
            if self._next(Token.ARG):
                self._take()
                arguments += [Constant(None)] if self._next(Token.CLOSE) else []
            elif not self._next(Token.CLOSE):
                self._unjoined()
        self._take()
        if name == "_XLFN.SINGLE" and len(arguments) == 1:
            return arguments[0]
        return _call(name, tuple(arguments))

    # ------------------------------------------------------------ references

    def reference(self, text: str) -> Node:
        """Give the cell or range that a text names."""
        text = text.removeprefix("@")
        found = _REFERENCE.fullmatch(text)
        if not found:
            raise _Ends(_no_reference(text))
        name, *one = found.groups()
        sheet = name[1:-1].replace("''", "'") if name and name[0] == "'" else name or ""
        if "[" in sheet or ":" in sheet:
            raise _Ends(_no_reference(text))
        if one[9]:
            return self._column(sheet, one[8:12], text)
        if not one[5]:
            return self._cell(_place(sheet, one[:4], False), text)
        return self._area(_place(sheet, one[:4], True), _place(sheet, one[4:8], True), text)

    def _found(self, place: Place) -> Key | None:
        key = self.resolve(place)
        if isinstance(key, Wrong):
            raise _Ends(key)
        return key

    def _cell(self, place: Place, text: str) -> CellAt:
        key = self._found(place)
        if key is None:
            raise _Ends(Wrong.of("cell-blank", cell=text))
        if key.row == EVERY:
            raise _Ends(Wrong.of("cell-of-list", cell=text, pattern=text))
        return CellAt(key, place.fixed)

    def _column(self, sheet: str, ends: Sequence[str], text: str) -> Area:
        first, last = (
            _place(sheet, (ends[n], ends[n + 1], "", "0"), True)._replace(row=None) for n in (0, 2)
        )
        key = self._found(first)
        if first.column != last.column or key is None or key.row != EVERY:
            raise _Ends(Remark.of("beyond-column", text=text))
        return Area(((key,),), (first.fixed, last.fixed))

    def _area(self, one: Place, other: Place, text: str) -> Area:
        top, bottom = sorted((one.row or 0, other.row or 0))
        left, right = sorted((one.column, other.column))
        if (bottom - top + 1) * (right - left + 1) > _MOST_CELLS:
            raise _Ends(Wrong.of("range-large", text=text))
        one = one._replace(wide=right > left, rows=range(top, bottom + 1))
        rows = [
            tuple(self._found(one._replace(row=r, column=c)) for c in range(left, right + 1))
            for r in range(top, bottom + 1)
        ]
        trimmed = _trimmed(_trimmed(rows))
        if not trimmed:
            raise _Ends(Wrong.of("range-blank", text=text))
        return Area(tuple(trimmed), (one.fixed, other.fixed))


def _place(sheet: str, cell: Sequence[str], ranged: bool) -> Place:
    fixed = (bool(cell[0]), bool(cell[2]))
    return Place(sheet, int(cell[3]) - 1, column_index_from_string(cell[1]) - 1, fixed, ranged)


def _trimmed(rows: Sequence[Cells]) -> list[Cells]:
    """Give the rows turned to columns, the empty ones at both ends left out."""
    filled = [n for n, row in enumerate(rows) if any(row)]
    kept = rows[filled[0] : filled[-1] + 1] if filled else []
    return list(zip(*kept, strict=True))


def _no_reference(text: str) -> Wrong | Remark:
    if "#REF!" in text:
        return Wrong.of("cell-gone")
    if _ROW_COLUMN.fullmatch(text):
        return Wrong.of("formula-r1c1", text=text)
    if "、" in text or "。" in text:
        return Wrong.of("formula-comma", text=text)
    if "[" in text and "!" in text:
        return Wrong.of("other-workbook", text=text)
    if any(sign in text for sign in "[]:!"):
        return Remark.of("beyond-reference", text=text)
    return Remark.of("beyond-name", text=text)


# ---------------------------------------------------------------- what functions take


def _is_array(node: Node) -> bool:
    """Whether a node has as many values as a range."""
    if isinstance(node, Call):
        return node.name in SINGLE and any(map(_is_array, node.operands))
    return isinstance(node, Area)


def _call(name: str, arguments: tuple[Node, ...]) -> Call:
    if name not in ARGUMENTS:
        raise _Ends(_unknown(name))
    least, most, ranges = ARGUMENTS[name]
    if not least <= len(arguments) <= most or (name == "SUMIFS" and len(arguments) % 2 == 0):
        raise _Ends(Wrong.of("function-count", name=name, count=len(arguments)))
    for number, argument in enumerate(arguments):
        whole = ranges(number) and isinstance(bare(argument), Area)
        if _is_array(argument) and not whole and name not in {*SINGLE, "SUMPRODUCT"}:
            raise _Ends(Remark.of("beyond-array"))
    _check_ranges(name, [bare(one) for number, one in enumerate(arguments) if ranges(number)])
    return Call(name, arguments)


def _check_ranges(name: str, arguments: Sequence[Node]) -> None:
    """Look whether those that are held against each other cell by cell are alike."""
    plain = all(isinstance(one, (Area, CellAt)) for one in arguments)
    if name in _MATCHED and not plain:
        raise _Ends(Wrong.of("function-ranges", name=name))
    shapes = {one.shape if isinstance(one, Area) else (1, ("",)) for one in arguments}
    if name in {*_MATCHED, "SUMPRODUCT"} and plain and len(shapes) > 1:
        raise _Ends(Wrong.of("function-shapes", name=name))


def _unknown(name: str) -> Wrong | Remark:
    if ":" in name:
        return Remark.of("beyond-colon")
    if name in FORMULAE or name in _LATER or name.startswith("_XL"):
        return Remark.of("beyond-function", name=name.rpartition(".")[2])
    like = get_close_matches(name, [*ARGUMENTS, *FORMULAE], 1, 0.6)
    if like:
        return Wrong.of("function-misspelt", name=name, like=like[0])
    return Wrong.of("function-unknown", name=name)
