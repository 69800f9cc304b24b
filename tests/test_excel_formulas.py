"""Every formula is one that Excel 2007 computes, also where LibreOffice would be more lenient.

What LibreOffice forgives and Excel does not: functions of later years, a text of over 255
characters, SUMPRODUCT over bare truth values (Excel takes them as 0), a range where one cell is
meant (Excel takes the cell of the same row), IF over a range inside SUMPRODUCT.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest
from msgspec import Struct, field
from openpyxl.formula.tokenizer import Token, Tokenizer

from perfxl.expr.rounding import rounded
from perfxl.form.layout import place
from perfxl.form.model import Form
from perfxl.forms.shipped import form_of
from perfxl.returns import workflow
from perfxl.returns.live import with_checks
from perfxl.rules import RULES
from perfxl.rules.specimen import specimen

OVER_RANGES = {"SUM", "COUNT", "COUNTIF", "ROWS", "SUMPRODUCT"}
ONE_CELL_EACH = {
    *("ABS", "AND", "ASC", "CHOOSE", "CLEAN", "FIND", "IF", "ISNUMBER", "ISTEXT", "LEFT", "LEN"),
    *("MAX", "MIN", "NOT", "OR", "ROUND", "SUBSTITUTE", "T", "TRIM"),
}
LONGEST, DEEPEST, MOST_ARGUMENTS, LONGEST_TEXT = 8192, 64, 255, 255


class Call(Struct):
    """A function call as far as read; an argument is the tokens at its own level."""

    name: str
    arguments: list[list[str]] = field(default_factory=lambda: [[]])


class Reading:
    """One formula read token by token; `faults` says what Excel would not take."""

    def __init__(self, formula: str) -> None:
        self.calls: list[Call] = []
        self.faults: list[str] = []
        if len(formula) > LONGEST:
            self.faults.append(f"{len(formula)} characters")
        for token in Tokenizer(formula).items:
            self._take(token)

    def _take(self, token: Token) -> None:
        if token.type in {Token.FUNC, Token.PAREN} and token.subtype == Token.OPEN:
            self.calls.append(Call(token.value[:-1]))
            self._opened()
        elif token.type in {Token.FUNC, Token.PAREN}:
            self._closed(self.calls.pop())
        elif token.type == Token.SEP:
            self.calls[-1].arguments.append([])
        else:
            self._operand(token)

    def _opened(self) -> None:
        names = [call.name for call in self.calls]
        if names[-1] and names[-1] not in OVER_RANGES | ONE_CELL_EACH:
            self.faults.append(f"function {names[-1]}")
        if sum(map(bool, names)) > DEEPEST:
            self.faults.append("nested too deep")

    def _closed(self, call: Call) -> None:
        if len(call.arguments) > MOST_ARGUMENTS:
            self.faults.append(f"{len(call.arguments)} arguments of {call.name}")
        if call.name == "COUNTIF" and len(call.arguments) != 2:
            self.faults.append("COUNTIF of several ranges")
        if call.name == "SUMPRODUCT":
            self.faults += (
                "truth values in SUMPRODUCT" for part in call.arguments if not _is_number(part)
            )
        if self.calls:
            self.calls[-1].arguments[-1].append("()")

    def _operand(self, token: Token) -> None:
        if self.calls:
            self.calls[-1].arguments[-1].append(token.value)
        if token.subtype == Token.TEXT and len(token.value) - 2 > LONGEST_TEXT:
            self.faults.append("text too long")
        if token.subtype == Token.RANGE and ":" in token.value:
            self._range(token.value)

    def _range(self, cells: str) -> None:
        names = [call.name for call in self.calls if call.name]
        inside = names[names.index("SUMPRODUCT") :] if "SUMPRODUCT" in names else []
        if "IF" in inside or not (inside or (names and names[-1] in OVER_RANGES)):
            self.faults.append(f"{cells} where one cell is meant")


def _is_number(argument: list[str]) -> bool:
    """Whether an argument of SUMPRODUCT is a range, a product, or turned to numbers by --."""
    alone = len(argument) == 1 and argument != ["()"]
    return alone or "*" in argument or argument[:2] == ["-", "-"]


def formulas(form: Form) -> Iterator[tuple[str, str]]:
    layout = place(form)
    for key, item in form.items.items():
        if item.formula is not None:
            yield str(key), "=" + item.formula.excel(layout.seen_from(layout.sheet(key)))


@pytest.mark.parametrize(
    "form",
    [workflow.live_form(form_of(workflow.load_rubric(None))), with_checks(specimen(), RULES)],
    ids=lambda form: str(form.id),
)
def test_excel_takes_every_formula(form: Form) -> None:
    read = {key: Reading(formula).faults for key, formula in formulas(form)}
    assert len(read) > 100
    assert {key: faults for key, faults in read.items() if faults} == {}


@pytest.mark.parametrize(
    "formula, fault",
    [
        ('=IFS(A1>0,"x")', "function IFS"),
        ("=SUM(" + ",".join(["A1"] * 256) + ")", "256 arguments of SUM"),
        ("=" + "ABS(" * 65 + "A1" + ")" * 65, "nested too deep"),
        ("=SUM(A1)" + "+1" * 5000, "10008 characters"),
        (f'=IF(A1=1,"{"x" * 256}",1)', "text too long"),
        ("=COUNTIF(A1:A3,A5:A6,1)", "COUNTIF of several ranges"),
        ("=SUMPRODUCT((A1:A3=1))", "truth values in SUMPRODUCT"),
        ("=SUMPRODUCT((A1:A3=1)*1,ISNUMBER(B1:B3))", "truth values in SUMPRODUCT"),
        ("=IF(TRIM(A1:A3)=1,1,0)", "A1:A3 where one cell is meant"),
        ("=SUMPRODUCT(IF(A1:A3=1,1,0)*1)", "A1:A3 where one cell is meant"),
        ("=A1:A3", "A1:A3 where one cell is meant"),
    ],
)
def test_what_excel_would_not_take_is_seen(formula: str, fault: str) -> None:
    assert fault in Reading(formula).faults


@pytest.mark.parametrize(
    "formula", ["=SUM(A1:A3,B1)", '=SUMPRODUCT(--(TRIM(A1:A3)<>""))', "=SUMPRODUCT(A1:A3,B1:B3)"]
)
def test_what_excel_takes_is_let_pass(formula: str) -> None:
    assert Reading(formula).faults == []


@pytest.mark.parametrize(
    "value, places, expected",
    [
        ("1.005", 2, "1.01"),
        ("-1.005", 2, "-1.01"),
        ("2.5", 0, "3"),
        ("0.0049", 2, "0.00"),
        ("1E+30", 8, "1" + "0" * 30 + ".00000000"),  # pasted past the validation
        ("-1.7E+308", 2, "-17" + "0" * 307 + ".00"),
    ],
)
def test_rounded_takes_halves_away_from_zero_at_any_size(
    value: str, places: int, expected: str
) -> None:
    assert str(rounded(Decimal(value), places)) == expected
