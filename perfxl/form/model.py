"""What a form is: sheets of blocks, blocks of rows and columns, an item where they cross.

A form is declared once (see `forms`) and is pure data: layout, reading, checks, scores and
rendering all start from it. Three kinds of block share one shape: fields (one value a row), a
fixed table, and an open list, whose rows are made from a pattern as often as needed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from functools import cached_property, lru_cache
from typing import Any, NamedTuple, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from perfxl.expr.tree import Expr, Key
from perfxl.form.drawing import DrawnSheet
from perfxl.text.amounts import WAN

R = TypeVar("R")


class Kind(StrEnum):
    """What a cell holds."""

    LABEL = "label"  # fixed wording of the form
    SHOWN = "shown"  # a text perfxl writes, not the unit
    AMOUNT = "amount"  # money, in the unit of the item
    SCORE = "score"  # 分
    NUMBER = "number"
    RATE = "rate"  # a fraction, shown as per cent
    VALUE = "value"  # an indicator's target or actual: a number or words
    TEXT = "text"
    LONG = "long"  # text of several lines
    CODE = "code"  # digits that are not a number: codes, telephone numbers
    DATE = "date"
    CHOICE = "choice"


OURS = frozenset({Kind.LABEL, Kind.SHOWN})  # never filled by the unit
NUMERIC = frozenset({Kind.AMOUNT, Kind.SCORE, Kind.NUMBER, Kind.RATE})
YEARS = range(2000, 2100)  # that a form may be of
MOST_ROWS = 1_000  # of an open list; honest returns stay below a hundred


class Item(Struct, frozen=True):
    """One cell. `required` may be a test: required where it holds (within a row in use)."""

    kind: Kind
    text: str = ""  # the wording of a label
    unit: str = ""
    most: Decimal | None = None  # the largest number it takes; the least is then 0
    required: bool | Expr = False
    choices: tuple[str, ...] = ()
    prompt: str = ""
    formula: Expr | None = None  # computed where present
    hollow: tuple[str, ...] = ()  # texts that say nothing here
    signed: bool = False  # whether an amount may be below zero
    exact: bool = False  # whether it takes nothing but a date, a whole number, a code in one piece
    implied: bool = False  # whether, left blank, it may be read from the cells beside it
    link: Key | None = None  # where a click on this cell leads
    look: str = ""  # a style of its own (see render.styles), else that of its kind
    name: str = ""  # what messages call the cell, where row and column do not say it
    given: Decimal | str | None = None  # an answer that the form prints; "" one it never asks for
    home: Key | None = None  # the cell that shows it, where several are merged into one

    @property
    def is_input(self) -> bool:
        """Whether the unit fills it."""
        return self.given is None and self.formula is None and self.kind not in OURS

    @property
    def is_answered(self) -> bool:
        """Whether the unit fills it, or the form does for it."""
        return self.given is not None or self.is_input

    @property
    def is_label(self) -> bool:
        """Whether it is fixed wording."""
        return self.kind is Kind.LABEL

    @property
    def in_per_cent(self) -> bool:
        """Whether this is a rate of which the figure before the % is filled in: 95, not 0.95."""
        return self.kind is Kind.NUMBER and self.unit == "%"


def label(text: str, look: str = "") -> Item:
    """Give a cell of fixed wording."""
    return Item(Kind.LABEL, text, look=look)


def centred(text: str) -> Item:
    """Give a short label that stands centred: a serial number, points."""
    return label(text, "mark")


class Column(Struct, frozen=True):
    """A column of a block; `span` columns of the sheet wide (more than one never for inputs).

    `last` puts it in the sheet's last column whatever the others take up; that, and what is `aside`
    at the end of a table, is for the screen and not printed. `spanning`: a cell of it merged over
    several rows of a list means its text in each of them; `grouped`: rows with the same wording
    show it once. On a drawn sheet `at` is the column it is drawn in, from 0; one that is not drawn
    stands hidden, right of all that is.
    """

    key: str
    label: str
    span: int = 1
    hidden: bool = False
    last: bool = False
    spanning: bool = False
    at: int | None = None
    aside: bool = False
    grouped: bool = False

    @property
    def off_paper(self) -> bool:
        """Whether it is never printed."""
        return self.hidden or self.last or self.aside


class Row(Struct, frozen=True):
    """A row of a block; `label` is its wording, `items` holds a cell for each column it uses."""

    key: str
    label: str
    items: Mapping[str, Item]

    @property
    def inputs(self) -> tuple[str, ...]:
        """The columns in which it holds an input."""
        return tuple(column for column, item in self.items.items() if item.is_input)


class Block(Struct, frozen=True, dict=True):
    """Rows under a header. `pattern` makes the rows of an open list; None for fixed rows."""

    key: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    pattern: Callable[[str], Row] | None = None
    note: str = ""
    headed: bool = True  # whether the column labels are shown
    filtered: bool = False  # whether the header carries filter buttons
    kept: bool = False  # whether on paper it stands with the end of the block before it
    needed: str = ""  # the column of an open list that must be filled in at least one row
    most: int = MOST_ROWS  # how many rows of an open list are still honest
    # on a drawn sheet its rows as drawn: of an open list the pattern and the empty rows below it
    drawn: range | None = None

    @cached_property
    def single(self) -> bool:
        """Whether fixed rows each hold one input, so that a row's wording names it."""
        inputs = {column for row in self.rows for column in row.inputs}
        return not self.repeats and len(inputs) == 1

    def called(self, row: Row) -> str:
        """Give what messages call a row of it."""
        return f"{self.title}:{row.label}" if self.title else row.label

    def naming_of(self, column: Column) -> str:
        """Give what messages call a whole column."""
        return f"{self.title}“{column.label}”这一列"

    @cached_property
    def naming(self) -> tuple[str, ...]:
        """The columns that name a list row: the texts it cannot do without, short ones if any."""
        row = self.rows[0].items if self.repeats and self.rows else {}
        needed = {c: i.kind for c, i in row.items() if i.is_input and i.required is True}
        short = [column for column, kind in needed.items() if kind is Kind.TEXT]
        return tuple(short or (c for c, kind in needed.items() if kind is Kind.LONG))

    @property
    def repeats(self) -> bool:
        """Whether this is an open list."""
        return self.pattern is not None

    @cached_property
    def items(self) -> dict[Key, Item]:
        """Every cell, row by row."""
        return {
            Key(self.key, row.key, column): item
            for row in self.rows
            for column, item in row.items.items()
        }

    @cached_property
    def numbers(self) -> dict[str, int]:
        """The number of each row, counted from 0, by its key."""
        return {row.key: number for number, row in enumerate(self.rows)}

    def keys(self, column: str) -> tuple[Key, ...]:
        """Give the keys of one column, top to bottom."""
        return self._keys.get(column, ())

    @cached_property
    def _keys(self) -> dict[str, tuple[Key, ...]]:
        keys: dict[str, list[Key]] = {}
        for key in self.items:
            keys.setdefault(key.column, []).append(key)
        return {column: tuple(found) for column, found in keys.items()}

    def grown(self, count: int) -> Block:
        """Give the list with at least `count` rows."""
        assert self.pattern is not None, "only an open list can grow"
        more = [self.pattern(row_key(n)) for n in range(len(self.rows) + 1, count + 1)]
        return replace(self, rows=(*self.rows, *more))


def row_key(number: int) -> str:
    """Give the key of the n-th row of an open list, counted from 1."""
    return f"{number:03d}"


def open_list(
    key: str,
    title: str,
    columns: tuple[Column, ...],
    pattern: Callable[[str], Row],
    offered: int,
    **options: Any,
) -> Block:
    """Give an open list that offers `offered` rows."""
    return Block(key, title, columns, (), pattern, **options).grown(offered)


class Echo(NamedTuple):
    """What a cell holds, once more: `look` is the number format, with the words around it."""

    key: Key
    look: str


class Sheet(Struct, frozen=True):
    """A sheet: blocks from top to bottom on columns of the given widths (characters).

    Above its title stands what it is annexed as; below, lines of echoes, one in the middle or one
    at each end; after the last block, what is completed by hand.

    One with a `drawing` looks as an office drew it: its blocks are runs of the rows drawn, all of
    them and in their order, its columns those drawn, further ones of ours right of them.
    """

    key: str
    name: str
    title: str
    blocks: tuple[Block, ...]
    widths: tuple[float, ...]
    subtitle: str = ""
    annex: str = ""
    heading: tuple[tuple[Echo, ...], ...] = ()
    closing: str = ""
    portrait: bool = False
    frozen: bool = True  # whether the first block's header stays in view
    chart_columns: int = 0  # columns kept for charts, right of the blocks; a page of their own
    hidden: bool = False
    printed: bool = True  # whether it is for paper, unless its print area is taken off
    protected: bool = True  # whether only inputs can be typed over; a list to sort is not
    kept_columns: int = 0  # how many columns, from the left, stay in view
    drawing: DrawnSheet | None = None
    keyed: bool = True  # whether the keys of rows and columns stand on it; a 表样 of ours has none


class Thresholds(Struct, frozen=True):
    """Thresholds beyond which a figure asks for an explanation; all are fractions.

    Source: 常用口径, each year's notice may set others.
    """

    adjustment: Decimal = Decimal("0.30")  # 年初预算 → 全年预算
    execution: Decimal = Decimal("0.90")  # 支出率, at least
    overfulfilment: Decimal = Decimal("1.30")  # 完成率, below


class Form(Struct, frozen=True, eq=False, dict=True):
    """A whole form. `relations` says what must hold between its cells (see `relations`).

    A form equals itself alone: so what is worked out from one can be kept by it, without comparing
    thousands of cells.
    """

    id: str
    edition: str
    title: str
    sheets: tuple[Sheet, ...]
    relations: tuple[Any, ...] = ()
    cases: tuple[Any, ...] = ()  # (key of the verdict, rule, case) of every live check
    year: int = 0
    rubric: str = ""
    rubric_mark: str = ""  # the fingerprint of the rubric's content
    limits: Thresholds = Thresholds()

    @cached_property
    def core(self) -> Form | None:
        """The form that further sheets were put around; `replace` leaves it behind, as it must."""
        return None

    @cached_property
    def blocks(self) -> dict[str, Block]:
        """The blocks by key."""
        return {block.key: block for sheet in self.sheets for block in sheet.blocks}

    @cached_property
    def items(self) -> dict[Key, Item]:
        """Every cell, in the order of the form."""
        items: dict[Key, Item] = {}
        for block in self.blocks.values():
            items |= block.items
        return items

    @cached_property
    def _columns(self) -> dict[tuple[str, str], Column]:
        return {(b.key, c.key): c for b in self.blocks.values() for c in b.columns}

    @cached_property
    def sheet_of(self) -> dict[str, Sheet]:
        """The sheet of each block, by the block's key."""
        return {block.key: sheet for sheet in self.sheets for block in sheet.blocks}

    def row(self, key: Key) -> Row:
        """Give the row a cell is in."""
        block = self.blocks[key.block]
        return block.rows[block.numbers[key.row]]

    def inputs(self) -> Iterator[tuple[Key, Item]]:
        """Give every cell the unit fills."""
        return ((key, item) for key, item in self.items.items() if item.is_input)

    def label(self, key: Key) -> str:
        """Give row wording·column wording; the row alone where that names the cell."""
        row, block, item = self.row(key).label, self.blocks[key.block], self.items[key]
        if item.name:
            return item.name
        if not block.headed or (block.single and item.is_input):
            return row
        return f"{row}·{self.column_label(key)}"

    def column_label(self, key: Key) -> str:
        """Give the wording of the column a cell is in."""
        return self.column(key).label

    def column(self, key: Key) -> Column:
        """Give the column a cell is in."""
        return self._columns[key.block, key.column]

    def of(self, kind: type[R]) -> Iterator[R]:
        """Give the relations of one kind."""
        return (relation for relation in self.relations if isinstance(relation, kind))

    def only(self, kind: type[R]) -> R | None:
        """Give the relation of a kind that a form has at most once, None where it has none."""
        return next(self.of(kind), None)

    def money_unit(self, key: Key | None) -> str:
        """Give what an amount is in."""
        return (self.items[key].unit if key in self.items else "") or WAN

    @property
    def money_units(self) -> tuple[str, ...]:
        """What the amounts that the unit fills in are in, each once."""
        amounts = (key for key, item in self.inputs() if item.kind is Kind.AMOUNT)
        return tuple(dict.fromkeys(map(self.money_unit, amounts)))

    @cached_property
    def in_wan(self) -> bool:
        """Whether all its amounts are 万元, so that one in 元 stands out (X07)."""
        amounts = (item for item in self.items.values() if item.kind is Kind.AMOUNT)
        return all(item.unit in {"", WAN} for item in amounts)

    @property
    def subject(self) -> str:
        """What the form is about: its title without what says that it is a form."""
        return self.title.removesuffix("表")

    @property
    def _id_of_years(self) -> str:
        """The id without the year it ends with."""
        return self.id.removesuffix(f"-{self.year}")

    def of_year(self, year: int) -> Form:
        """Give the form as it is in another year: an id that ends with its year says the other."""
        return self if year == self.year else _in_year(self, year)

    def year_said_by(self, form_id: str) -> int | None:
        """Give the year that an id of this form ends with, None where it is not this form's."""
        stem, _, year = form_id.rpartition("-")
        known = stem == self._id_of_years != self.id and year in map(str, YEARS)
        return int(year) if known else None

    def grown(self, counts: Mapping[str, int]) -> Form:
        """Give the form whose open lists have at least these numbers of rows."""
        more = [(key, n) for key, n in sorted(counts.items()) if n > len(self.blocks[key].rows)]
        return _grown(self, tuple(more)) if more else self

    def with_sheets(self, before: Sequence[Sheet] = (), after: Sequence[Sheet] = ()) -> Form:
        """Give the form with further sheets around its own, which do not refer to these."""
        around = replace(self, sheets=(*before, *self.sheets, *after))
        around.__dict__["core"] = self
        return around


@lru_cache(maxsize=4)  # returns with as many rows share a form, and what hangs on it
def _grown(form: Form, counts: tuple[tuple[str, int], ...]) -> Form:
    rows = dict(counts)

    def grow(block: Block) -> Block:
        return block.grown(rows[block.key]) if block.key in rows else block

    sheets = [replace(s, blocks=tuple(map(grow, s.blocks))) for s in form.sheets]
    return replace(form, sheets=tuple(sheets))


@lru_cache(maxsize=8)
def _in_year(form: Form, year: int) -> Form:
    stem = form._id_of_years
    return replace(form, id=form.id if stem == form.id else f"{stem}-{year}", year=year)
