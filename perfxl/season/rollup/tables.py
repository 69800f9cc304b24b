"""Sheets that are lists to look through: tables of entries, to sort, filter and print.

Nothing in them is read back, so they are not protected. Rows and values are looked up in the
entries themselves: a list of thousands of rows costs little more than its entries.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from operator import attrgetter
from typing import Any

from msgspec import Struct

from perfxl.expr.aggregates import Subtotal
from perfxl.expr.arithmetic import Round
from perfxl.expr.rounding import MONEY_PLACES
from perfxl.expr.tree import Key
from perfxl.form.model import Block, Column, Item, Kind, Row, Sheet, label
from perfxl.form.raw import Raw

KEPT_COLUMNS, FEW_COLUMNS = 2, 8  # wide tables keep what names a row in view

TEXT, CENTRED = Item(Kind.SHOWN), Item(Kind.SHOWN, look="centred")
COUNT, MONEY = Item(Kind.SHOWN, look="number"), Item(Kind.SHOWN, look="money")
RATE, LINK = Item(Kind.SHOWN, look="percent"), Item(Kind.SHOWN, look="link")


class Head(Struct, frozen=True):
    """A column of a table: its label and width, how it looks, and what it shows of an entry."""

    key: str
    label: str
    width: float
    item: Item
    shown: Callable[[Any], Raw | int]
    summed: bool = False
    aside: bool = False  # for the screen, at the end of the table


def figure(path: str, wording: str, width: float, item: Item) -> Head:
    """Give a column that shows an attribute of an entry, or an attribute of that."""
    return Head(path.replace(".", "_"), wording, width, item, attrgetter(path))


class ListTable(Struct, frozen=True):
    """A block made of entries, one a row; `formulas` are by place of the entry and column."""

    key: str
    title: str
    heads: tuple[Head, ...]
    entries: Sequence[Any]
    filtered: bool = False
    formulas: Mapping[tuple[int, str], Item] | None = None

    def block(self) -> Block:
        """Give the block; rows without formulas share their cells."""
        shared = {head.key: head.item for head in self.heads}
        special: dict[int, dict[str, Item]] = {}
        for (place, column), item in (self.formulas or {}).items():
            special.setdefault(place, dict(shared))[column] = item
        rows = (Row(str(n), "", special.get(n, shared)) for n in range(len(self.entries)))
        columns = self._columns()
        filtered = self.filtered and bool(self.entries)
        return Block(self.key, self.title, columns, tuple(rows), filtered=filtered)

    def total(self) -> Block:
        """Give a row with the sums of what a filter leaves in view."""
        items = {
            head.key: Item(Kind.AMOUNT, formula=Round(Subtotal(self.key, head.key), MONEY_PLACES))
            for head in self.heads
            if head.summed
        }
        items[self.heads[1].key] = label("合计(只计筛选后显示的行)")
        columns = self._columns()
        row = Row("sum", "合计", {c.key: items[c.key] for c in columns if c.key in items})
        return Block(f"{self.key}_sum", "", columns, (row,), headed=False)

    def _columns(self) -> tuple[Column, ...]:
        return tuple(Column(head.key, head.label, aside=head.aside) for head in self.heads)


class ListValues(Mapping[Key, Raw]):
    """What the cells of the tables show, looked up in their entries when asked for."""

    def __init__(self, tables: Sequence[ListTable]) -> None:
        """Show these tables."""
        self._entries = {table.key: table.entries for table in tables}
        self._shown = {table.key: {h.key: h.shown for h in table.heads} for table in tables}

    def __getitem__(self, key: Key) -> Raw:
        """Give what a cell shows; raise KeyError where it is in none of the tables."""
        found = self._shown[key.block][key.column](self._entries[key.block][int(key.row)])
        if isinstance(found, bool) or not isinstance(found, int):
            return found
        return Decimal(found)

    def __len__(self) -> int:
        """Give the number of cells."""
        return sum(len(e) * len(self._shown[key]) for key, e in self._entries.items())

    def __iter__(self) -> Iterator[Key]:
        """Give the keys of all cells."""
        for block, entries in self._entries.items():
            for place in range(len(entries)):
                yield from (Key(block, str(place), column) for column in self._shown[block])


class ListSheet(Struct, frozen=True):
    """A sheet of tables below each other; a single one may carry a row with its sums on top."""

    key: str
    name: str
    title: str
    note: str
    tables: tuple[ListTable, ...]
    portrait: bool = False
    chart_columns: int = 0

    def sheet(self) -> Sheet:
        """Give the sheet."""
        first = self.tables[0]
        sums = any(head.summed for head in first.heads) and bool(first.entries)
        blocks = tuple(table.block() for table in self.tables)
        single = len(self.tables) == 1
        return Sheet(
            self.key,
            self.name,
            self.title,
            (first.total(), *blocks) if sums else blocks,
            max((tuple(h.width for h in table.heads) for table in self.tables), key=len),
            self.note,
            portrait=self.portrait,
            frozen=single,
            chart_columns=self.chart_columns,
            protected=False,
            kept_columns=KEPT_COLUMNS if single and len(first.heads) > FEW_COLUMNS else 0,
        )
