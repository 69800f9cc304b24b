"""What a unit may leave in a cell, and returns filled with it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from hypothesis import strategies as st

from perfxl.expr.tree import Key
from perfxl.form.answers import Answer, Cell
from perfxl.form.model import NUMERIC, Form, Item, Kind
from perfxl.form.raw import Raw
from perfxl.text.safe import storable

# texts that a spreadsheet, pandas or XML would like to take for something else
ODD_TEXTS = (
    "=1+1", "+1", "-1", "@SUM(A1)", "{=1}", "'=A1", "'x", '"引号"', '"', "NA", "N/A", "nan", "None",
    "null", "TRUE", "#N/A", "#REF!", "#DIV/0!", "http://example.com/a b", "https://x", "file:///x",
    "mailto:a@b.c", "internal:表!A1", " 首空", "尾空 ", "\u3000全角空\u3000", "  ", "\u00a0", "\t",
    "多\n行\n", "\n", "１２３", "１，２３４．５", "0012", "440114001", "12345678901234567890",
    "1e5", "1E+20", "2023-04-10", "5-3", "8:30", "12.50", "95%", "≥100场", "<10%", "&amp;", "<b>",
    "]]>", "a&b<c>d", "_x000D_", "_x0041_", "\ufeff", "😀", "👨\u200d👩\u200d👧", "𠮷野家",
    "\u2028", "e\u0301", "م", "约三百", "-", "/", "无", "长" * 32_767,
)  # fmt: skip
_NUMBERS = """
    0 1 -1 0.1 -0.01 0.3 1.005 2.675 0.333333333333333 123456789012345 -0.000000000123456
    1234567.89012345 1E+20 1E-20 99999999999.99 45026 9007199254740991 0.95 105.26
"""
ODD_NUMBERS = tuple(map(Decimal, _NUMBERS.split()))
ODD: tuple[Raw, ...] = (*ODD_TEXTS, *ODD_NUMBERS, True, False)


def numbers() -> st.SearchStrategy[Decimal]:
    """Numbers of up to 15 digits, which is what a spreadsheet keeps."""
    most = 10**15 - 1
    return st.builds(
        lambda digits, places: Decimal(digits).scaleb(-places),
        st.integers(-most, most),
        st.integers(0, 18),
    )


def texts(most: int = 60) -> st.SearchStrategy[str]:
    """Texts a spreadsheet can hold: nothing that acts unseen."""
    alphabet = st.characters(codec="utf-8").filter(lambda char: storable(char) == char)
    return st.text(alphabet, min_size=1, max_size=most) | st.sampled_from(ODD_TEXTS)


def raws(item: Item) -> st.SearchStrategy[Raw]:
    """What may stand in an input: mostly what it asks for, else anything."""
    fitting: dict[Kind, st.SearchStrategy[Raw]] = {
        **dict.fromkeys(NUMERIC, numbers()),
        Kind.VALUE: numbers() | texts(),
        Kind.CHOICE: st.sampled_from(item.choices or ("x",)),
        Kind.DATE: st.dates(date(1900, 3, 1), date(2999, 12, 31)),
    }
    anything: st.SearchStrategy[Raw] = texts() | st.booleans()
    if item.kind is not Kind.DATE:  # in a date's cell a spreadsheet shows a number as a date
        anything |= numbers()
    return fitting.get(item.kind, texts()) | anything


@st.composite
def returns(draw: st.DrawFn, form: Form, most: int = 40) -> dict[Key, Cell]:
    """Give some filled cells of a form."""
    inputs = dict(form.inputs())
    keys = draw(st.lists(st.sampled_from(sorted(inputs)), unique=True, max_size=most))
    return {key: Cell(draw(raws(inputs[key]))) for key in keys}


def distinct(form: Form) -> dict[Key, Cell]:
    """Give a return with every input filled, each with another value, right for its kind."""
    cells: dict[Key, Cell] = {}
    for number, (key, item) in enumerate(form.inputs(), 1):
        match item.kind:
            case Kind.AMOUNT | Kind.SCORE | Kind.NUMBER | Kind.RATE | Kind.VALUE:
                raw: Raw = Decimal(number) + Decimal("0.25")
            case Kind.DATE:
                raw = date.fromordinal(date(2023, 1, 1).toordinal() + number)
            case Kind.CHOICE:
                raw = item.choices[number % len(item.choices)]
            case _:
                raw = f"第 {number} 格 {key}"
        cells[key] = Cell(raw)
    return cells


def said(answers: Mapping[Key, Answer]) -> dict[Key, tuple[Raw, object, str, str]]:
    """Give what was read into each filled cell, whatever its place: raw, value, how, fault."""
    return {
        key: (answer.cell.raw, answer.value, answer.how, answer.fault.value)
        for key, answer in answers.items()
        if answer.cell.raw is not None or answer.cell.error
    }
