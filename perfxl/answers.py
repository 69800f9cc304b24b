"""What a return says: cells as found, answers as read, values as computed.

`Cell` is what stands in the file, `Answer` what it was read as, `Values` the whole return with
every computed cell recomputed from the inputs: cached results in a file are never trusted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, time
from decimal import Decimal
from enum import StrEnum

from perfxl import values
from perfxl.expr import Expr, Key, Value, folded, is_blank, references
from perfxl.model import NUMERIC, Form, Item, Kind
from perfxl.relations import Indicators

Raw = None | str | bool | Decimal | date | time

UP, DOWN, EXACTLY, QUALITATIVE = ("≥", ">", "="), ("≤", "<"), ("=",), "定性"
ERROR_VALUES = frozenset({"#REF!", "#DIV/0!", "#VALUE!", "#NAME?", "#N/A", "#NUM!", "#NULL!"})
# what says nothing where a reason is due
EMPTY_WORDS = (
    *("无", "暂无", "没有", "无。", "暂无。", "没有。", "无原因", "暂无原因", "无说明", "暂无说明"),
    *("/", "-", "--", "—", "——", "。", ".", "…", "……", "?", "？", "*", "略", "同上", "不详"),
    *("待填", "X", "XX", "XXX", "XXXX", "×", "××", "×××", "N/A", "NA", "待补充", "1", "0"),
)
_SAYS_NOTHING = frozenset(map(folded, EMPTY_WORDS))
LARGEST_FRACTION = Decimal(3)  # 300 %; a completion beyond it is rather 3 % typed as 3
TOO_LARGE = Decimal(10) ** 15  # a text this long is a code, not a figure


@dataclass(frozen=True, slots=True)
class Address:
    """A cell of a file: sheet name as it stands in the file, and A1 reference."""

    sheet: str
    cell: str

    def __str__(self) -> str:
        return f"{self.sheet}!{self.cell}"


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in a cell. `percent` is None where the number format is not known."""

    raw: Raw = None
    percent: bool | None = None
    error: str = ""  # "#REF!" and the like
    formula: bool = False
    address: Address | None = None

    @property
    def blank(self) -> bool:
        """Whether there is nothing but blanks (a formula never calculated is blank too)."""
        return not self.error and (
            self.raw is None or (isinstance(self.raw, str) and is_blank(self.raw))
        )

    @property
    def uncalculated(self) -> bool:
        """Whether this is a formula whose result was not stored."""
        return self.formula and self.raw is None and not self.error


class Fault(StrEnum):
    """Why an answer has no value although its cell is not blank."""

    NONE = ""
    UNREADABLE = "unreadable"  # not a number
    UNCLEAR = "unclear"  # an indicator value that only a person can judge
    ERROR = "error"
    UNCALCULATED = "uncalculated"


@dataclass(frozen=True, slots=True)
class Answer:
    """An input cell and what it was read as; `how` tells of an unusual reading."""

    cell: Cell
    value: Decimal | str | None = None
    how: str = ""
    fault: Fault = Fault.NONE


BLANK = Answer(Cell())


def interpret(item: Item, cell: Cell) -> Answer:
    """Give the answer a cell holds, by the kind its item asks for."""
    if cell.error or cell.raw in ERROR_VALUES:
        return Answer(cell, fault=Fault.ERROR)
    if cell.uncalculated:
        return Answer(cell, fault=Fault.UNCALCULATED)
    if cell.blank:
        return Answer(cell)
    if item.kind in NUMERIC:
        return _numeric(item.kind, cell)
    if item.kind is Kind.VALUE and isinstance(cell.raw, Decimal):
        return Answer(cell, cell.raw)
    return Answer(cell, text_of(cell.raw))


def _numeric(kind: Kind, cell: Cell) -> Answer:
    reading = _read_number(kind, cell)
    if reading is None:
        return Answer(cell, fault=Fault.UNREADABLE)
    return Answer(cell, reading.value, reading.how)


def _read_number(kind: Kind, cell: Cell) -> values.Reading | None:
    raw = cell.raw
    if isinstance(raw, Decimal):
        # a rate that lost its format: 105.26 was typed as per cent, 1.0526 is the fraction itself
        share = kind is Kind.RATE and cell.percent is False and abs(raw) > LARGEST_FRACTION
        return values.Reading(raw / 100 if share else raw)
    if not isinstance(raw, str):
        return None
    read = {Kind.AMOUNT: values.read_amount, Kind.RATE: values.read_rate}
    reading = read.get(kind, values.read_number)(raw)
    return None if reading is None or abs(reading.value) >= TOO_LARGE else reading


def says_nothing(text: str) -> bool:
    """Whether a reason is but «暂无» and the like."""
    return folded(text) in _SAYS_NOTHING


def text_of(raw: Raw) -> str:
    """Give what a cell shows, as text without blanks at its ends."""
    match raw:
        case str():
            return values.stripped(raw)
        case None:
            return ""
        case bool():
            return "TRUE" if raw else "FALSE"
        case Decimal():
            return f"{raw.normalize():f}" if raw != raw.to_integral_value() else str(int(raw))
        case date():
            return raw.isoformat()[:10]
        case time():
            return raw.isoformat()


def read_answers(form: Form, cells: Mapping[Key, Cell]) -> dict[Key, Answer]:
    """Give an answer for every input of the form; cells not present are blank."""
    answers = {key: interpret(item, cells.get(key, BLANK.cell)) for key, item in form.inputs()}
    for indicators in form.of(Indicators):
        for row in form.blocks[indicators.block].rows:
            _reconcile(indicators, row.key, answers)
    return answers


def _reconcile(indicators: Indicators, row: str, answers: dict[Key, Answer]) -> None:
    """Bring symbol, target, unit and actual of one indicator together.

    People paste «≥100场» into the target's cell: where symbol, number and unit do not contradict
    the columns of their own, they are read; otherwise target or actual stays unclear.
    """
    keys = {
        name: indicators.cell(row, getattr(indicators, name))
        for name in ("symbol", "target", "unit", "actual")
    }
    symbol, unit = answers[keys["symbol"]].value, answers[keys["unit"]].value
    if symbol == QUALITATIVE:
        return
    target = _quantity(answers[keys["target"]], str(unit or ""))
    if target is not None and symbol and target.symbol not in ("", symbol):
        target = None
    if target is not None:
        symbol = symbol or target.symbol or "="
    _settle(answers, keys["target"], target)
    actual = _quantity(answers[keys["actual"]], str(unit or "") or (target.unit if target else ""))
    if actual is not None and actual.symbol and not _same_side(str(symbol), actual.symbol):
        actual = None
    if target and actual and symbol in UP and _scales_differ(target, actual):
        actual = None
    _settle(answers, keys["actual"], actual)
    if target is not None and not answers[keys["symbol"]].value and _pasted(answers, keys):
        answers[keys["symbol"]] = replace(answers[keys["symbol"]], value=str(symbol))


def _scales_differ(target: values.Quantity, actual: values.Quantity) -> bool:
    """Whether one of two percentages looks like a fraction: 0.96 against a target of 95 (%)."""
    low, high = sorted((target.value, actual.value))
    return "%" in (target.unit, actual.unit) and 0 < low <= 1 < high


def _pasted(answers: Mapping[Key, Answer], keys: Mapping[str, Key]) -> bool:
    return isinstance(answers[keys["target"]].cell.raw, str)


def _same_side(symbol: str, other: str) -> bool:
    """Whether an actual given as a bound («<10%») can answer a target with this symbol."""
    return (symbol in DOWN and other in DOWN) or (symbol in {"≥", ">"} and other in {"≥", ">"})


def _quantity(answer: Answer, unit: str) -> values.Quantity | None:
    """Give what an indicator value amounts to in `unit` ("" = none given), or None."""
    unit = values.unit_name(unit)
    if isinstance(answer.value, Decimal):
        if not answer.cell.percent:
            return values.Quantity("", answer.value, unit)
        # a spreadsheet stores a typed 95% as 0.95
        return values.Quantity("", answer.value * 100, "%") if unit in ("", "%") else None
    quantity = values.read_quantity(answer.value, unit) if answer.value else None
    if quantity is None or (unit and quantity.unit not in ("", unit)):
        return None
    return quantity if abs(quantity.value) < TOO_LARGE else None


def _settle(answers: dict[Key, Answer], key: Key, quantity: values.Quantity | None) -> None:
    answer = answers[key]
    if answer.value is None:
        return
    if quantity is None:
        answers[key] = replace(answer, fault=Fault.UNCLEAR)
        return
    pasted = isinstance(answer.value, str)
    how = f"“{answer.value}”按 {values.number_text(quantity.value)}{quantity.unit} 读取"
    answers[key] = replace(answer, value=quantity.value, how=how if pasted else "")


def _healed(answer: Answer) -> Answer:
    raw, value = answer.cell.raw, answer.value
    if not isinstance(raw, Decimal) or not isinstance(value, Decimal) or raw == value:
        return answer
    return replace(answer, cell=replace(answer.cell, raw=value, percent=None))


def _as_stored(answer: Answer) -> Answer:
    raw = answer.cell.raw
    return Answer(answer.cell, raw if isinstance(raw, Decimal) else text_of(raw) or None)


@dataclass
class Values:
    """The values of one return, inputs and computed cells; an `Env` for expressions.

    Computed cells are evaluated when first asked for and kept.
    """

    form: Form
    answers: Mapping[Key, Answer]
    shown: Mapping[Key, Raw] = field(default_factory=dict)  # texts perfxl itself provides
    _known: dict[Key, Value | None] = field(default_factory=dict, repr=False)

    def on(self, form: Form, answers: Mapping[Key, Answer], shown: Mapping[Key, Raw]) -> Values:
        """Give these values on a form with further sheets, answers and texts of ours."""
        return Values(form, {**self.answers, **answers}, shown, dict(self._known))

    def healed(self) -> Values:
        """Give these values with figures stored as what they were read as.

        A typed 95% is stored as 0.95 and looks right only with its number format, which the form
        does not keep: it becomes 95 (%). Texts stay as they were typed.
        """
        healed = {key: _healed(answer) for key, answer in self.answers.items()}
        if all(healed[key] is answer for key, answer in self.answers.items()):
            return self
        return Values(self.form, healed, self.shown)

    def as_spreadsheet(self) -> Values:
        """Give the values a spreadsheet sees: numbers as stored, texts as texts, nothing read."""
        seen = {key: _as_stored(answer) for key, answer in self.answers.items()}
        if all(seen[key].value == answer.value for key, answer in self.answers.items()):
            return self
        return Values(self.form, seen, self.shown)

    def get(self, key: Key) -> Value | None:
        """Give the value of a cell: Decimal, text or None (blank, unreadable, not computable)."""
        if key in self._known:
            return self._known[key]
        value = self._known[key] = self._compute(key)
        return value

    def _compute(self, key: Key) -> Value | None:
        item = self.form.items[key]
        if item.formula is not None:
            return item.formula.evaluate(self)
        if item.is_label:
            return item.text
        if item.kind is Kind.SHOWN:
            raw = self.shown.get(key)
            return raw if isinstance(raw, (Decimal, str)) else None
        return self.answers.get(key, BLANK).value

    def number(self, key: Key) -> Decimal | None:
        """Give the number in a cell, or None."""
        value = self.get(key)
        return value if isinstance(value, Decimal) else None

    def text(self, key: Key) -> str | None:
        """Give the text in a cell (a number as its digits), or None where it is blank."""
        value = self.get(key)
        if isinstance(value, Decimal):
            return text_of(value)
        return value if isinstance(value, str) and value else None

    def is_number(self, key: Key) -> bool:
        """Whether the cell holds a number as such."""
        item = self.form.items[key]
        if not item.is_input:
            return self.number(key) is not None
        return isinstance(self.answers.get(key, BLANK).cell.raw, Decimal)

    def is_filled(self, key: Key) -> bool:
        """Whether the cell shows anything but blanks."""
        if self.form.items[key].is_input:
            cell = self.answers.get(key, BLANK).cell
            return cell.uncalculated or not cell.blank
        return self.text(key) is not None

    def column(self, block: str, column: str) -> Sequence[Key]:
        """Give the keys of a column of a block."""
        return self.form.blocks[block].keys(column)

    def unknown_inputs(self, expr: Expr) -> list[Key]:
        """Give the inputs that keep `expr` from being judged, in the order they are named."""
        found: dict[Key, None] = {}
        for key in references(expr):
            formula = self.form.items[key].formula
            if formula is not None:
                if self.get(key) is None:
                    found.update(dict.fromkeys(self.unknown_inputs(formula)))
            elif self.get(key) is None or self._unclear(key):
                found[key] = None
        return list(found)

    def _unclear(self, key: Key) -> bool:
        return self.answers.get(key, BLANK).fault is not Fault.NONE


@dataclass(frozen=True, slots=True)
class Flaw:
    """Something wrong with the workbook itself, met while reading.

    `kind` names it for the rule that reports it; `found` and `expected` are wordings.
    """

    kind: str
    address: Address | None = None
    key: Key | None = None
    label: str = ""
    found: str = ""
    expected: str = ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a unit wrote to a finding, and the mark of what was flagged then ("": not recorded)."""

    text: str
    state: str = ""


@dataclass(frozen=True, slots=True)
class Issued:
    """The unit a workbook was issued to, as its properties state; "" where they do not."""

    name: str = ""
    code: str = ""


NOBODY = Issued()


@dataclass(frozen=True)
class Submission:
    """One return as read. `computed` holds what its computed cells show (never trusted).

    `missing` are inputs that the file has no cell for: their row or sheet is gone.
    `explanations` are the unit's 说明 by rule id and key, where this is an earlier result.
    """

    form: Form
    answers: Mapping[Key, Answer]
    computed: Mapping[Key, Cell] = field(default_factory=dict)
    flaws: tuple[Flaw, ...] = ()
    missing: frozenset[Key] = frozenset()
    explanations: Mapping[tuple[str, str], Explanation] = field(default_factory=dict)
    issued: Issued = NOBODY
