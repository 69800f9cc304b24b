"""What a return says: cells as found, answers as read, values as computed.

`Cell` is what stands in the file, `Answer` what it was read as, `Values` the whole return with
every computed cell recomputed from the inputs: cached results in a file are never trusted.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import date, time
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct, field
from msgspec.structs import replace

from perfxl.expr.logic import unrounded
from perfxl.expr.spreadsheet import ErrorValue
from perfxl.expr.texts import folded, is_blank, squeezed
from perfxl.expr.tree import PENDING, Expr, Key, Value, decimal, references
from perfxl.form.document import Manuscript
from perfxl.form.identity import NOBODY, Issued
from perfxl.form.model import NUMERIC, Form, Item, Kind
from perfxl.form.raw import Raw, text_of
from perfxl.form.register import NO_REGISTER, Register
from perfxl.form.relations import Identity, Indicators
from perfxl.text import amounts
from perfxl.text.choices import read_choice
from perfxl.text.dates import serial_number
from perfxl.text.indicator import Indicator, Typed, judge
from perfxl.text.quantities import QUALITATIVE, Doubt, Quantity
from perfxl.text.quantities import QuantityKind as QuantityKind
from perfxl.text.spelling import EMPTY_WORDS, is_nothing

Prefill = Mapping[Key, str | Decimal]  # typed beforehand, by cell; amounts in the form's unit

ERROR_VALUES = frozenset({"#REF!", "#DIV/0!", "#VALUE!", "#NAME?", "#N/A", "#NUM!", "#NULL!"})
_HELD_AGAINST = frozenset(
    {QuantityKind.DATE, QuantityKind.RANGE}
)  # the figure is not what is typed
_SIGNED = re.compile(rf"[≥≤><=]?(?P<number>{amounts.NUMBER})\D{{0,6}}")
_SAYS_NOTHING = frozenset(map(folded, EMPTY_WORDS))


class Address(Struct, frozen=True):
    """A cell of a file: sheet name as it stands in the file, and A1 reference."""

    sheet: str
    cell: str

    def __str__(self) -> str:
        return f"{self.sheet} {self.cell}"


class Cell(Struct, frozen=True):
    """What stands in a cell. `percent` is None where the number format is not known.

    In the file a `covered` one is blank: what stands here is in the cell that is merged over it. A
    `lost` one is in a merge of which nobody can tell what it means for each of its cells.
    """

    raw: Raw = None
    percent: bool | None = None
    error: str = ""  # "#REF!" and the like
    formula: bool = False
    address: Address | None = None
    covered: bool = False
    lost: bool = False

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
    """Why an answer is not what its cell asks for although that is not blank."""

    NONE = ""
    UNREADABLE = "unreadable"  # not a number, not one of the choices
    ABSURD = "absurd"  # a number no amount, score or rate can be
    UNCLEAR = "unclear"  # an indicator value that only a person can judge
    ERROR = "error"
    UNCALCULATED = "uncalculated"
    MERGED = "merged"  # in one with other cells
    UNREAD = "unread"  # the file has no cell that is this one for certain
    ILLEGIBLE = "illegible"  # to a spreadsheet, which reads no texts


class Answer(Struct, frozen=True):
    """An input cell and what it was read as; `how` tells of an unusual reading.

    `doubt` says why an indicator's symbol or value needs a person's look; `shown` is the text to
    print where that is not the value's (a date is held as days late, 95% stored as 0.95).
    """

    cell: Cell
    value: Decimal | str | None = None
    how: str = ""
    fault: Fault = Fault.NONE
    doubt: Doubt = Doubt.NONE
    shown: str = ""


BLANK = Answer(Cell())
UNREAD = Answer(Cell(), fault=Fault.UNREAD)


def interpret(item: Item, cell: Cell) -> Answer:
    """Give the answer a cell holds, by the kind its item asks for."""
    if cell.lost:
        return Answer(cell, fault=Fault.MERGED)
    if cell.error or (isinstance(cell.raw, str) and cell.raw in ERROR_VALUES):
        return Answer(cell, fault=Fault.ERROR)
    if cell.uncalculated:
        return Answer(cell, fault=Fault.UNCALCULATED)
    if cell.blank:
        return Answer(cell)
    if item.kind in NUMERIC:
        return _numeric(item, cell)
    if item.kind is Kind.VALUE and isinstance(cell.raw, Decimal):
        return Answer(cell, cell.raw)
    if item.kind is Kind.CHOICE:
        return _chosen(item, cell)
    return Answer(cell, text_of(cell.raw))


def _chosen(item: Item, cell: Cell) -> Answer:
    """Give the choice a cell holds; a text that is none of them stays as it is, with a fault."""
    text = text_of(cell.raw)
    chosen = read_choice(text, item.choices)
    if chosen is None:
        return Answer(cell, text, fault=Fault.UNREADABLE)
    doubt = Doubt.GLYPH if chosen.odd else Doubt.NONE
    return Answer(cell, chosen.value, chosen.how, doubt=doubt)


def _numeric(item: Item, cell: Cell) -> Answer:
    reading = _read_number(item, cell)
    value = _power(cell) if reading is None else reading.value
    if value is not None and not amounts.is_plausible(value):
        return Answer(cell, fault=Fault.ABSURD)
    if reading is None:
        return Answer(cell, fault=Fault.UNREADABLE)
    return Answer(cell, reading.value, reading.how)


def _power(cell: Cell) -> Decimal | None:
    return amounts.power_in(cell.raw) if isinstance(cell.raw, str) else None


def _read_number(item: Item, cell: Cell) -> amounts.Reading | None:
    kind, raw = item.kind, cell.raw
    if item.in_per_cent:
        return _in_per_cent(cell)
    if isinstance(raw, Decimal):
        # a rate that lost its format: 105.26 was typed as per cent, 1.0526 is the fraction itself
        share = kind is Kind.RATE and cell.percent is False and abs(raw) > amounts.LARGEST_FRACTION
        return amounts.Reading(raw / 100 if share else raw)
    if not isinstance(raw, str):
        return None
    match kind:
        case Kind.AMOUNT:
            return amounts.read_amount(raw, item.unit or amounts.WAN)
        case Kind.RATE:
            return amounts.read_rate(raw)
    if kind is Kind.NUMBER and amounts.plain(raw).endswith("%"):  # a weight, as Excel stores it
        return amounts.read_rate(raw)
    return amounts.read_number(raw, "分" if kind is Kind.SCORE else amounts.OF_YEARS)


def _in_per_cent(cell: Cell) -> amounts.Reading | None:
    """Give the figure of a rate whose heading says per cent; of 95% a sheet stores 0.95."""
    if isinstance(cell.raw, Decimal):
        return amounts.Reading(cell.raw * 100 if cell.percent else cell.raw)
    if not isinstance(cell.raw, str):
        return None
    if not amounts.plain(cell.raw).endswith("%"):
        return amounts.read_number(cell.raw, amounts.OF_YEARS)
    rate = amounts.read_rate(cell.raw)
    return replace(rate, value=rate.value * 100) if rate else None


def says_nothing(text: str) -> bool:
    """Whether a reason is but «暂无» and the like, however it is spaced."""
    return folded(text) in _SAYS_NOTHING or is_nothing(text)


def _standing(answer: Answer) -> Value | None:
    """Give what stands in a cell, unless it was read as something else; a date as its number."""
    cell, value = answer.cell, answer.value
    raw = cell.error or cell.raw
    if isinstance(value, Decimal) or value not in {None, text_of(raw)}:
        return value
    if raw == "" or (value is None and (cell.covered or cell.lost)):
        return None
    if isinstance(raw, date):
        return serial_number(raw)
    return text_of(raw) if isinstance(raw, time) else raw


def typed_text(item: Item, cell: Cell) -> str:
    """Give what a cell shows that its item was not read from: a rate as per cent."""
    if item.kind is Kind.RATE and isinstance(cell.raw, Decimal):
        return f"{amounts.digits_text(cell.raw * 100)}%"
    return text_of(cell.raw)


def read_answers(
    form: Form, cells: Mapping[Key, Cell], rows: Container[tuple[str, ...]] | None = None
) -> dict[Key, Answer]:
    """Give an answer for every input of the form; cells not present are blank.

    What the form itself gives is an answer, whatever stands there. With `rows` (block and row of
    each) only what stands in these is read.
    """
    answers = {
        key: interpret(item, cells.get(key, BLANK.cell) if item.is_input else Cell(item.given))
        for key, item in form.items.items()
        if item.is_answered and (rows is None or key[:2] in rows)
    }
    for indicators in form.of(Indicators):
        for row in form.blocks[indicators.block].rows:
            if rows is None or (indicators.block, row.key) in rows:
                _reconcile(indicators, row.key, answers, form)
    return answers


def goal_in(indicators: Indicators, row: str, answers: Mapping[Key, Answer]) -> Key:
    """Give the cell of the target that holds in a return."""
    return indicators.goal(row, lambda key: not answers.get(key, BLANK).cell.blank)


def indicator_of(
    indicators: Indicators, row: str, answers: Mapping[Key, Answer], form: Form
) -> Indicator:
    """Give a row of indicators as it was typed, ready to be judged."""
    target = goal_in(indicators, row, answers)

    def text(column: str) -> str:
        answer = answers.get(indicators.cell(row, column), BLANK)
        return "" if answer.value is None else str(answer.value)

    about = f"{text(indicators.name)} {text(indicators.group)}"
    sign, unit = text(indicators.symbol), text(indicators.unit)
    return Indicator(
        about=about,
        symbol="" if answers[indicators.cell(row, indicators.symbol)].fault else sign,
        target=_typed(answers.get(target, BLANK)),
        unit="" if is_nothing(unit) else unit,
        actual=_typed(answers.get(indicators.cell(row, indicators.actual), BLANK)),
        year=form.year,
        costs="成本" in f"{about} {text(indicators.category)}",
    )


def _reconcile(indicators: Indicators, row: str, answers: dict[Key, Answer], form: Form) -> None:
    """Bring symbol, target, unit and actual of one indicator together (see `text.indicator`)."""
    symbol, measure, actual = (
        indicators.cell(row, column)
        for column in (indicators.symbol, indicators.unit, indicators.actual)
    )
    target = goal_in(indicators, row, answers)
    stated = answers[symbol].value
    judged = judge(indicator_of(indicators, row, answers, form))
    if judged.symbol == QUALITATIVE:
        if not stated:
            answers[symbol] = replace(answers[symbol], value=QUALITATIVE)
        return
    for key, quantity in ((target, judged.target), (actual, judged.actual)):
        if quantity is not None:
            answers[key] = _settled(answers[key], quantity)
            if form.column(symbol).hidden and _is_as_asked(answers[key]):
                answers[key] = replace(answers[key], how="")
    if not stated and judged.symbol:
        answers[symbol] = replace(answers[symbol], value=judged.symbol)
    elif not stated and form.items[symbol].given == "" and judged.compared:
        answers[target] = replace(answers[target], doubt=Doubt.UNSIGNED)
    written = isinstance(answers.get(target, BLANK).cell.raw, (str, date))
    unit = answers.get(measure, BLANK).value
    if written and not unit and judged.target and judged.target.certain:
        answers[measure] = replace(answers[measure], value=judged.target.unit or None)


def _typed(answer: Answer) -> Typed:
    cell = answer.cell
    if answer.value is None or isinstance(answer.value, Decimal):
        return Typed(answer.value, bool(cell.percent))
    return Typed(cell.raw if isinstance(cell.raw, date) else answer.value)


def _settled(answer: Answer, quantity: Quantity) -> Answer:
    """Give an indicator's value as it was read; what is not certain stays as it was typed."""
    if not quantity.certain:
        shown = _percent_shown(answer)
        value = shown or text_of(answer.cell.raw)  # what is not certain is no number to anyone
        return replace(answer, value=value, fault=Fault.UNCLEAR, doubt=quantity.doubt, shown=shown)
    pasted = isinstance(answer.value, str)
    return replace(
        answer,
        value=quantity.value,
        how=quantity.how if pasted else "",
        doubt=quantity.doubt,
        shown=str(answer.value) if quantity.kind in _HELD_AGAINST else "",
    )


def _is_as_asked(answer: Answer) -> bool:
    """Whether a value is written as people do who have no cell for symbol and unit: «≥95%»."""
    written = _SIGNED.fullmatch(amounts.plain(text_of(answer.cell.raw)))
    return written is not None and amounts.digits(written["number"]) == answer.value


def _percent_shown(answer: Answer) -> str:
    """Give what a number shown as per cent, or one nobody can mean, looks like; else ""."""
    raw = answer.cell.raw
    if not isinstance(raw, Decimal):
        return ""
    if not amounts.is_plausible(raw, amounts.LARGEST_VALUE):
        return amounts.digits_text(raw)  # as a text no formula counts with it
    return f"{amounts.number_text(raw * 100)}%" if answer.cell.percent else ""


def _healed(item: Item, answer: Answer) -> Answer:
    if answer.cell.covered:  # nothing is merged in what we write
        answer = replace(answer, cell=replace(answer.cell, covered=False))
    raw, value = answer.cell.raw, answer.value
    if isinstance(raw, (date, time)) and item.kind is not Kind.DATE:
        return replace(answer, cell=replace(answer.cell, raw=text_of(raw)))
    if answer.fault in {Fault.ABSURD, Fault.MERGED} or (
        answer.fault is Fault.UNCLEAR and answer.shown
    ):
        text = answer.shown or typed_text(item, answer.cell)
        return replace(answer, cell=replace(answer.cell, raw=text, percent=None))
    if not isinstance(raw, Decimal) or not isinstance(value, Decimal) or raw == value:
        return answer
    return replace(answer, cell=replace(answer.cell, raw=value, percent=None))


def _as_stored(item: Item, answer: Answer) -> Answer:
    raw = None if answer.cell.covered else answer.cell.error or answer.cell.raw
    if isinstance(raw, date) and item.kind is not Kind.DATE:
        raw = serial_number(raw)
        return Answer(replace(answer.cell, raw=raw), raw)
    cell = replace(answer.cell, lost=False) if answer.cell.lost else answer.cell
    value = raw if isinstance(raw, Decimal) else text_of(raw) or None
    blank = value is None and item.implied  # it cannot tell what that is read as
    fault = Fault.ILLEGIBLE if blank or _is_illegible(item, raw) else Fault.NONE
    return Answer(cell, value, fault=fault)


def _is_illegible(item: Item, raw: Raw) -> bool:
    """Whether a cell holds a text where a spreadsheet counts only with a number or a choice."""
    if not isinstance(raw, str) or raw == "":
        return False
    if item.kind is Kind.CHOICE:
        return folded(raw) not in map(folded, ("", *item.choices))
    return item.kind in NUMERIC or item.kind is Kind.VALUE


class Values(Struct):
    """The values of one return, inputs and computed cells; an `Env` for expressions.

    Computed cells are evaluated when first asked for and kept.
    """

    form: Form
    answers: Mapping[Key, Answer]
    shown: Mapping[Key, Raw] = field(default_factory=dict)  # texts perfxl itself provides
    instead: Mapping[Key, Expr] = field(default_factory=dict)  # formulas other than the form's
    _known: dict[Key, Value | None] = field(default_factory=dict)
    _alike: dict[tuple[str, tuple[str, ...]], dict[tuple[str, ...], list[str]]] = field(
        default_factory=dict
    )

    def on(self, form: Form, answers: Mapping[Key, Answer], shown: Mapping[Key, Raw]) -> Values:
        """Give these values on a form with further sheets, answers and texts of ours."""
        return Values(form, {**self.answers, **answers}, shown, self.instead, dict(self._known))

    def healed(self) -> Values:
        """Give these values with figures stored as what they were read as.

        A typed 95% is stored as 0.95 and looks right only with its number format, which the form
        does not keep: it becomes 95 (%), or a text where no per cent belongs. A date in a cell for
        something else and a number nobody can mean become their text, which no formula counts
        with; so does one that may be that of several cells. Texts stay as they were typed.
        """
        items = self.form.items
        healed = {key: _healed(items[key], answer) for key, answer in self.answers.items()}
        if all(healed[key] is answer for key, answer in self.answers.items()):
            return self
        return replace(self, answers=healed, _known={}, _alike={})

    def as_spreadsheet(self) -> Values:
        """Give the values a spreadsheet sees: numbers as stored, texts as texts, nothing read."""
        items = self.form.items
        seen = {key: _as_stored(items[key], answer) for key, answer in self.answers.items()}
        if all(
            seen[key].value == answer.value and not (seen[key].fault or answer.cell.lost)
            for key, answer in self.answers.items()
        ):
            return self
        return replace(self, answers=seen, _known={}, _alike={})

    def covering(self, answers: Mapping[Key, Answer], blank: Iterable[Key]) -> Values:
        """Give the values of these answers alone, where these computed cells show nothing."""
        return replace(self, answers=answers, _known=dict.fromkeys(blank), _alike={})

    @property
    def unit_name(self) -> str:
        """The name of the unit that reports, "" where none is stated."""
        who = self.form.only(Identity)
        return (self.text(who.name) or "") if who else ""

    @property
    def unit_code(self) -> str:
        """The code of the unit that reports, "" where none is stated."""
        who = self.form.only(Identity)
        return (self.text(who.code) or "") if who else ""

    @property
    def project(self) -> str:
        """The project of the unit's that is told of, "" where none is stated or asked for."""
        who = self.form.only(Identity)
        return (self.text(who.project) or "") if who and who.project else ""

    @property
    def year(self) -> Decimal | None:
        """The year reported as it is stated, None where none is."""
        who = self.form.only(Identity)
        return self.number(who.year) if who else None

    def get(self, key: Key) -> Value | None:
        """Give the value of a cell: Decimal, text or None (blank, unreadable, not computable)."""
        answer = self.answers.get(key)
        if answer is not None:
            return answer.value
        if key in self._known:
            return self._known[key]
        item = self.form.items[key]
        value = self._compute(key, item)
        if item.formula is not None:
            self._known[key] = value
        return value

    def _compute(self, key: Key, item: Item) -> Value | None:
        if item.formula is not None:
            return self.instead.get(key, item.formula).evaluate(self)
        if item.is_label:
            return item.text
        if item.kind is Kind.SHOWN:
            raw = self.shown.get(key)
            return raw if isinstance(raw, (Decimal, str)) else None
        return None  # an input without an answer

    def answer(self, key: Key) -> Answer:
        """Give the answer of a cell, a blank one of a cell that is computed."""
        return self.answers.get(key, BLANK)

    def number(self, key: Key) -> Decimal | None:
        """Give the number in a cell, or None."""
        value = self.get(key)
        return value if isinstance(value, Decimal) else None

    def exact(self, key: Key) -> Decimal | None:
        """Give the number in a cell before it was rounded to be shown, or None."""
        formula = self.form.items[key].formula
        return self.number(key) if formula is None else decimal(unrounded(formula).evaluate(self))

    def text(self, key: Key) -> str | None:
        """Give the text in a cell (a number as its digits), or None where it is blank."""
        value = self.get(key)
        if isinstance(value, Decimal):
            return text_of(value)
        return value if isinstance(value, str) and value else None

    def written(self, key: Key) -> str:
        """Give a value for people to read: a number printed, a date and words as typed."""
        number, shown = self.number(key), self.answer(key).shown
        if shown or number is None:
            return shown or self.text(key) or ""
        return amounts.number_text(number)

    def seen(self, key: Key) -> Value | None:
        """Give what a formula of Excel's finds in a cell: errors as such, None where it is blank.

        What was read from a text is found as it was read, what could not be read as it stands.
        """
        item, value = self.form.items[key], self.get(key)
        if item.is_answered:
            value = _standing(self.answer(key))
            if self.answer(key).fault is not Fault.ERROR:  # to a spreadsheet a text all the same
                return value
        elif item.formula is not None and value is None:
            return ""  # what such a cell shows
        return ErrorValue(value) if isinstance(value, str) and value in ERROR_VALUES else value

    def is_number(self, key: Key) -> bool:
        """Whether the cell holds a number as such."""
        item = self.form.items[key]
        if not item.is_answered:
            return self.number(key) is not None
        raw = self.answer(key).cell.raw
        return isinstance(raw, Decimal) and not self.is_lost(key)

    def is_legible(self, key: Key) -> bool:
        """Whether a spreadsheet, too, can tell what the cell says; what we have read is legible."""
        if self.form.items[key].is_answered:
            return self.answer(key).fault is not Fault.ILLEGIBLE
        return self.get(key) != PENDING

    def is_filled(self, key: Key) -> bool:
        """Whether the cell shows anything but blanks."""
        answer = self.answers.get(key)
        if answer is not None:
            return answer.cell.uncalculated or not answer.cell.blank
        return not self.form.items[key].is_input and self.text(key) is not None

    def is_lost(self, key: Key) -> bool:
        """Whether nobody can tell what the cell holds: it is one with others, or was not read."""
        answer = self.answers.get(key, BLANK)
        return answer.cell.lost or answer.fault is Fault.UNREAD

    def column(self, block: str, column: str) -> Sequence[Key]:
        """Give the keys of a column of a block."""
        return self.form.blocks[block].keys(column)

    def alike(self, block: str, by: tuple[str, ...]) -> Mapping[tuple[str, ...], list[str]]:
        """Give the rows of a list by the texts in these by; rows with a blank are left out."""
        if (block, by) not in self._alike:
            found = self._alike[block, by] = {}
            for key in self.column(block, by[0]):
                texts = [self.text(Key(block, key.row, column)) for column in by]
                if None not in texts:
                    same = tuple(squeezed(text) for text in texts if text is not None)
                    found.setdefault(same, []).append(key.row)
        return self._alike[block, by]

    def unknown_inputs(self, expr: Expr) -> list[Key]:
        """Give the inputs that keep `expr` from being judged, in the order they are named."""
        found: dict[Key, None] = {}
        for key in references(expr):
            formula = self.form.items[key].formula
            if formula is not None:
                if self._gives_nothing(key):
                    found.update(dict.fromkeys(self.unknown_inputs(formula)))
            elif self.get(key) is None or self._unclear(key):
                found[key] = None
        return list(found)

    def _gives_nothing(self, key: Key) -> bool:
        """Whether a computed cell is unknown; one of an office's shows "" or an error then."""
        seen = self.seen(key)
        return seen == "" or isinstance(seen, ErrorValue)

    def _unclear(self, key: Key) -> bool:
        return self.answer(key).fault is not Fault.NONE


class Flaw(Struct, frozen=True):
    """Something wrong with the workbook itself, met while reading.

    `kind` names it for the rule that reports it; `found` and `expected` are wordings; `others` are
    the further cells it is about.
    """

    kind: str
    address: Address | None = None
    key: Key | None = None
    label: str = ""
    found: str = ""
    expected: str = ""
    others: tuple[Key, ...] = ()


class Explanation(Struct, frozen=True):
    """What a unit wrote to a finding, and the mark of what was flagged then ("": not recorded)."""

    text: str
    state: str = ""


class Submission(Struct, frozen=True):
    """One return as read. `computed` holds what its computed cells show (never trusted).

    `missing` are inputs that the file has no cell for: their row or sheet is gone. `added` are the
    rows (block and row) a unit added to lists, and whether above or below all the list's own;
    `crowded` are lines of tables with a number beside them in a row of its own.
    `explanations` are the unit's 说明 by rule id and key, where this is an earlier result.
    `register` is the office's, against which the unit is held; `saved` is when the file says it was
    last saved; `report` is the unit's report, where one is to be held against the return; `known`
    are amounts in 万元 known of the unit from elsewhere, by what they are from («预填»); `today`
    is the day of the check, None where no date is to be held against it; `named` are the cells
    that the findings of an earlier result are about, where this is one.
    """

    form: Form
    answers: Mapping[Key, Answer]
    computed: Mapping[Key, Cell] = field(default_factory=dict)
    flaws: tuple[Flaw, ...] = ()
    missing: frozenset[Key] = frozenset()
    added: Mapping[tuple[str, str], bool] = field(default_factory=dict)
    crowded: frozenset[Key] = frozenset()
    explanations: Mapping[tuple[str, str], Explanation] = field(default_factory=dict)
    issued: Issued = NOBODY
    register: Register = NO_REGISTER
    saved: str = ""
    report: Manuscript | None = None
    known: Mapping[str, Mapping[Key, Decimal]] = field(default_factory=dict)
    today: date | None = None
    named: frozenset[Key] = frozenset()
