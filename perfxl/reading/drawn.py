"""Where the cells of a sheet that an office drew stand on a sheet of a file.

Where we issued it, keys decide and wording confirms. On the office's own blank, filled by hand, a
cell is read where its row, its column, its heading and its label all are in their places, and
nothing tells of cells that were pushed. What cannot be told for certain is not read, and said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cached_property
from itertools import chain

from msgspec import Struct, field
from msgspec.structs import replace

from perfxl.expr.tree import Key
from perfxl.form.addresses import a1, column_name
from perfxl.form.answers import Address, Cell, Fault, Flaw, interpret
from perfxl.form.drawing import DrawnSheet, Spot
from perfxl.form.layout import BlockPlace
from perfxl.form.model import NUMERIC, Block, Form, Item, Kind, Row, Sheet, row_key
from perfxl.form.ours import HINT_LABEL
from perfxl.form.raw import text_of
from perfxl.form.relations import Identity
from perfxl.reading import likeness
from perfxl.reading.aligned import Aligned, Blueprint, Cells, Seen, align
from perfxl.reading.displaced import Displaced
from perfxl.reading.find import Found, number_rows
from perfxl.reading.likeness import is_weak, worded
from perfxl.reading.marks import Marks, by_marks, marks_on
from perfxl.reading.outside import altered, said, strays, told_beside
from perfxl.reading.sheets import Paper
from perfxl.text.stubs import IDENTITY, written_over, year_of

LIKE_ENOUGH = 0.6  # of the wording of a sheet; one of the same name may have less of it
NAMED_ENOUGH = 0.3
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_YEAR = IDENTITY[-1]
_WORDS = frozenset({Kind.TEXT, Kind.LONG})
_NO_ROW, _NO_COLUMN = "表样的这一行找不到", "表样的这一列找不到"
_PUSHED = "这一行的格子被挪动"
_SURPLUS = "表样在这里没有这么多行"
_NO_ENDS = "清单上面或下面的那一行找不到"


def likeness_of(paper: Paper, drawing: DrawnSheet) -> float:
    """Give how much of the wording of a drawing stands on a sheet, from 0 to 1."""
    drawn = {worded(t) for _, t in drawing.texts() if not likeness.identities(t)}
    drawn = {text for text in drawn if not is_weak(text)}
    texts = {worded(raw) for row in paper.rows for raw in row if isinstance(raw, str)}
    return len(drawn & texts) / len(drawn) if drawn else 0.0


class Drawn(Struct):
    """What a sheet was found to hold: its blocks, what is told of it, who it says reports.

    `by_hand` says that it is the office's own blank; `said` is what stands where the drawing names
    unit or year in its wording, by that name, and blank where nothing does.
    """

    found: dict[str, Found] = field(default_factory=dict)
    flaws: list[Flaw] = field(default_factory=list)
    said: dict[str, Cell] = field(default_factory=dict)
    by_hand: bool = False


def find_drawn(form: Form, sheet: Sheet, paper: Paper, places: Sequence[BlockPlace]) -> Drawn:
    """Give what stands on the paper of a sheet that an office drew."""
    assert sheet.drawing is not None, "a sheet without drawing is found by `find`"
    marks = marks_on(paper, places)
    blueprint, seen = Blueprint(sheet.drawing, places), Seen(paper, marks.hidden(places))
    told, denied = align(blueprint, seen), set[int]()
    aligned = told
    if marks.rows:
        aligned, denied = by_marks(blueprint, seen, marks, told)
    displaced = Displaced(
        blueprint, seen, aligned, not marks.rows, columns=dict.fromkeys(denied, 0)
    )
    fixed = frozenset((*aligned.rows.values(), *told.rows.values()))
    return _Reading(form, sheet, blueprint, seen, aligned, marks, displaced, fixed).read()


def who_reports(
    form: Form, drawn: Mapping[str, Drawn], cells: Mapping[Key, Cell]
) -> Iterator[tuple[Key, Cell]]:
    """Give who reports and for which year, where an office's own blank has that in its wording.

    One that is asked for no year is of the year it is held against, unless it says another.
    """
    said = [one.said for one in drawn.values()]
    if any(one.by_hand for one in drawn.values()) and not _asks_for_year(form):
        said.append({_YEAR: Cell(Decimal(form.year))})
    for who in form.of(Identity):
        for name, key in zip(IDENTITY, (who.name, who.code, who.year), strict=True):
            stated = [cells[name] for cells in said if name in cells]
            if stated and (key not in cells or cells[key].blank):
                cell = next((cell for cell in stated if not cell.blank), stated[0])
                text = text_of(cell.raw)
                number = form.items[key].kind in NUMERIC and text.isdecimal()
                yield key, replace(cell, raw=Decimal(text)) if number else cell


def _asks_for_year(form: Form) -> bool:
    """Whether an office's own sheets ask for the year, in a cell or within wording."""
    drawings = {sheet.key: sheet.drawing for sheet in form.sheets if sheet.drawing}
    cells = (form.sheet_of[who.year.block].key in drawings for who in form.of(Identity))
    texts = (text for drawing in drawings.values() for _, text in drawing.texts())
    return any(cells) or any(_YEAR in likeness.identities(text) for text in texts)


class _Reading(Struct, dict=True):
    """The reading of one sheet. What is spoilt is so by drawn row, or by column from a row on."""

    form: Form
    sheet: Sheet
    blueprint: Blueprint
    seen: Seen
    aligned: Aligned
    marks: Marks
    displaced: Displaced
    fixed: frozenset[int]  # the rows of the sheet that are no rows of lists
    bodies: dict[str, list[int]] = field(default_factory=dict)  # where lists may have rows
    unbound: dict[Key, str] = field(default_factory=dict)
    drawn: Drawn = field(default_factory=Drawn)

    @property
    def by_hand(self) -> bool:
        return not self.marks.rows

    @property
    def paper(self) -> Paper:
        return self.seen.paper

    @property
    def drawing(self) -> DrawnSheet:
        return self.blueprint.drawing

    def read(self) -> Drawn:
        """Give all that is read of the sheet and told of it."""
        self.drawn.by_hand = self.by_hand
        self.displaced.find()
        astray = (row for row, at in self.aligned.rows.items() if at in self.marks.astray)
        self.displaced.rows |= dict.fromkeys(astray, _PUSHED)
        for block in self.blueprint.blocks:
            spot = self._list(block) if block.repeats else self._fixed(block)
            if spot is not None:
                self.drawn.found[block.key] = spot
        if self.by_hand:
            self.drawn.said = dict(self._identity())
        beside = told_beside(self.sheet, self._outside())
        told = (self._altered(), self._told_unbound(), self._missing(), beside)
        self.drawn.flaws = list(chain.from_iterable(told))
        return self.drawn

    def _altered(self) -> Iterator[Flaw]:
        """Say which wording reads otherwise; one that shows who reports may not be computed yet."""
        keys = {spot: key for spot, key, _ in self.blueprint.items()}
        for spot, here in self.displaced.reworded:
            drawn, cell = self.drawing.text(spot), self.paper.cell(*here)
            if spot[0] in self.displaced.rows or cell.uncalculated:
                continue
            yield altered(cell, drawn, keys.get(spot))

    # ------------------------------------------------------------ fixed rows

    def _fixed(self, block: Block) -> Found | None:
        """Give where the fixed rows of a block stand."""
        rows = {
            row.key: self.aligned.rows[int(row.key) - 1]
            for row in block.rows
            if int(row.key) - 1 in self.aligned.rows
        }
        found = self._found(block, rows)
        inputs, gone = self.blueprint.inputs.items(), self.aligned.gone
        own = [(s, k) for s, k in inputs if k.block == block.key and s[0] not in gone]
        for spot, key in own:
            why = self._doubt(spot)
            if not why:
                self._place(spot, key, found)
            elif not self._is_gone(spot, key):
                self.unbound[key] = why
        if self.by_hand:
            self._spoil_misfits(found, own)
        found.unread |= {key[1:] for key in self.unbound if key.block == block.key}
        found.unread |= {key[1:] for key in self._uncertain(block)}
        self._among(block, found)
        for row in gone & {int(row.key) - 1 for row in block.rows}:
            found.rows[str(row + 1)] = len(self.paper.rows) + row  # where all is blank
        return found if rows and found.columns else None

    def _found(self, block: Block, rows: dict[str, int]) -> Found:
        marked, aligned = self.marks.columns, self.aligned.columns
        places = (
            (c.key, marked.get(c.key) if c.at is None else aligned.get(c.at)) for c in block.columns
        )
        columns = {key: at for key, at in places if at is not None}
        return Found(self.paper, columns, rows, None, self.marks.at[0], by_hand=self.by_hand)

    def _doubt(self, spot: Spot) -> str:
        """Say why a cell cannot be read for certain, "" where it can."""
        row, column = spot
        if row not in self.aligned.rows:
            return _NO_ROW
        if column not in self.aligned.columns:
            return _NO_COLUMN
        beside = (self.blueprint.label(spot), self.blueprint.heading(spot))
        return self.displaced.rows.get(row) or self._doubt_of_column(spot, beside)

    def _doubt_of_column(self, spot: Spot, beside: Sequence[Spot | None]) -> str:
        moved = self.displaced.column_doubt(spot)
        if moved or not self.by_hand:
            return moved
        gone = (one for one in beside if one is not None and not self.displaced.stands(one))
        return next((f"“{self.drawing.text(one)}”不在应在的地方" for one in gone), "")

    def _place(self, spot: Spot, key: Key, found: Found) -> None:
        """Note which cell of its area an answer stands in, where that is not the first."""
        here, area = found.spot(key.row, key.column), self.drawing.area(spot)
        rows, columns = self.aligned.rows, self.aligned.columns
        cells = [
            (rows[row], columns[column])
            for row, column in area.spots()
            if row in rows and column in columns and not self.displaced.column_doubt((row, column))
        ]
        filled = [one for one in cells if self.paper.is_filled(*one)]
        if len(filled) > 1 and (*cells[0], *cells[-1]) not in self.paper.scan.merges:
            self.unbound[key] = f"合并的一格被拆开,{'、'.join(a1(*one) for one in filled)} 都有内容"
        elif filled and here not in filled:
            found.elsewhere[key.row, key.column] = filled[0]

    def _spoil_misfits(self, found: Found, own: Sequence[tuple[Spot, Key]]) -> None:
        """Leave out rows with an answer that fits its neighbour: cells may have been pushed."""
        rows = dict[int, list[Key]]()
        for spot, key in own:
            if key not in self.unbound:
                rows.setdefault(spot[0], []).append(key)
        for row, keys in rows.items():
            why = self._misfit(found, keys, self.blueprint.strong.get(row, ()))
            self.unbound |= dict.fromkeys(keys, why) if why else {}

    def _misfit(self, found: Found, keys: Sequence[Key], labels: Cells = ()) -> str:
        """Say which answer of a row is none to its question, "" where each may be one."""
        wording = {text for _, text in labels}
        answers = {key: interpret(self._item(key), found.cell(*key[1:])) for key in keys}
        lacks_number = any(
            a.cell.blank and self._item(k).kind in NUMERIC for k, a in answers.items()
        )
        for key, answer in answers.items():
            item = self._item(key)
            if item.kind in NUMERIC and answer.fault is Fault.UNREADABLE:
                return self._at_odds(found, key, "这一栏该填数")
            if item.kind is Kind.CHOICE and isinstance(answer.cell.raw, Decimal):
                return self._at_odds(found, key, "这一栏该选填")
            if worded(answer.cell.raw) in wording:
                return self._at_odds(found, key, "这是表上的文字")
            if item.kind in _WORDS and _is_amount(answer.cell) and lacks_number:
                return self._at_odds(found, key, "这一栏该写文字")
            if item.choices and (answer.cell.blank or answer.fault is Fault.UNREADABLE):
                chosen = (k for k in keys if answers[k].value in item.choices)
                strange = (k for k in chosen if answers[k].value not in self._item(k).choices)
                for one in strange:
                    return self._at_odds(found, one, "这是另一栏的选项")
        return ""

    def _item(self, key: Key) -> Item:
        return self.form.items.get(key) or self.form.items[key._replace(row=row_key(1))]

    def _at_odds(self, found: Found, key: Key, why: str) -> str:
        at = found.spot(key.row, key.column)
        return f"{a1(*at)} 填的是“{text_of(self.paper.raw(*at))}”,{why},可能错位"

    def _uncertain(self, block: Block) -> Iterator[Key]:
        """Give the computed cells of the office's own blank that are none there, or in doubt."""
        for spot, key, item in self.blueprint.items() if self.by_hand else ():
            computed = key.block == block.key and item.formula is not None
            drawn = self.drawing.cell(spot).formula
            if computed and (not drawn or (not block.repeats and self._doubt(spot))):
                yield key

    def _is_gone(self, spot: Spot, key: Key) -> bool:
        """Whether a cell's row or column is gone from a sheet of ours, which is told as such."""
        if self.by_hand:
            return False
        no_row = spot[0] not in self.aligned.rows and not self.marks.of(key.block, key.row)
        return no_row or spot[1] not in self.aligned.columns

    def _among(self, block: Block, found: Found) -> None:
        """Note copies of fixed rows, made with their keys, and other rows among them."""
        own, columns = set(self.aligned.rows.values()), list(found.columns.values())
        inputs = {column for row in block.rows for column, i in row.items.items() if i.is_input}
        filled = [found.columns[column] for column in inputs if column in found.columns]
        for n in range(min(found.rows.values(), default=0), max(found.rows.values(), default=0)):
            mark = self.marks.rows.get(n, ("", ""))
            if n in own:
                continue
            if mark[0] == block.key:
                found.doubled |= {n: mark[1]} if self._holds(n, filled) else {}
            elif self._is_whole and not mark[0] and self._is_stray(n, columns):
                found.strays.append(n)

    def _is_stray(self, row: int, columns: Sequence[int]) -> bool:
        """Whether a row among those of a block holds what is none of theirs."""
        stub = self.by_hand and not self.seen.is_written(row, self.blueprint.count)
        return not stub and row not in self.aligned.surplus and self._holds(row, columns)

    def _holds(self, row: int, columns: Sequence[int]) -> bool:
        return any(self.paper.is_filled(row, column) for column in columns)

    @cached_property
    def _is_whole(self) -> bool:
        """Whether all rows with wording were found: then no other can be one of them."""
        return all(row in self.aligned.rows for row in self.blueprint.strong)

    # ------------------------------------------------------------ open lists

    def _list(self, block: Block) -> Found | None:
        """Give where the rows of a list stand: between the rows drawn above and below it."""
        own = {s: k for s, k in self.blueprint.inputs.items() if k.block == block.key}
        found = self._found(block, {})
        body = self._body(block)
        self.bodies[block.key] = body or []
        columns = [found.columns[k.column] for k in own.values() if k.column in found.columns]
        if body is None or not columns:
            self.unbound |= dict.fromkeys(own.values(), _NO_ENDS if columns else _NO_COLUMN)
            return None
        if self.by_hand:
            self._number_by_hand(block, found, body, columns)
        else:
            marked = {n: key for n, (owner, key) in self.marks.rows.items() if owner == block.key}
            number_rows(found, {n: key for n, key in marked.items() if n in body}, body, columns)
        self._doubt_list(block, found, own)
        return found if found.columns else None

    def _body(self, block: Block) -> list[int] | None:
        """Give the rows in which a list may stand, None where that is not known."""
        drawn, rows = self.blueprint.lists[block.key], self.aligned.rows
        above = max((n for n in rows if n < drawn.start), default=None)
        below = min((n for n in rows if n >= drawn.stop), default=None)
        if self.by_hand and (above != drawn.start - 1 or self._hides(drawn.stop, below)):
            return None
        first = -1 if above is None else rows[above]
        last = len(self.paper.rows) if below is None else rows[below] - (below - drawn.stop)
        if not self.by_hand and below is None:
            last = self.marks.at[0] if self.marks.at[0] >= 0 else last
        taken = {*self.fixed, self.marks.at[0]}
        marks = {n for n, (owner, _) in self.marks.rows.items() if owner != block.key}
        own = {n for n, (owner, _) in self.marks.rows.items() if owner == block.key}
        return sorted((own | {n for n in range(first + 1, last) if n not in marks}) - taken)

    def _hides(self, stop: int, below: int | None) -> bool:
        """Whether wording drawn below a list was not found before the first that was."""
        return any(n >= stop and (below is None or n < below) for n in self.blueprint.strong)

    def _number_by_hand(
        self, block: Block, found: Found, body: Sequence[int], columns: Sequence[int]
    ) -> None:
        used = [n for n in body if any(self._is_filled(n, c) for c in columns)]
        if not any(n >= self.blueprint.lists[block.key].stop for n in self.aligned.rows):
            counts = {n: sum(self._is_filled(n, c) for c in columns) for n in used}
            used = list(_near(counts, body))
        found.rows = {f"{number:03d}": n for number, n in enumerate(used, 1)}
        found.foreign = set(used[len(self.blueprint.lists[block.key]) :])

    def _is_filled(self, row: int, column: int) -> bool:
        cell = self.paper.cell(row, column)
        return bool(written_over(text_of(cell.raw))) or cell.uncalculated or bool(cell.error)

    def _doubt_list(self, block: Block, found: Found, own: Mapping[Spot, Key]) -> None:
        """Leave out the columns, and where filled by hand the rows, of a list that are in doubt."""
        keys = [key for key in own.values() if key.column in found.columns]
        doubts = {
            row: self._doubt_of_row(block, found, [key._replace(row=row) for key in keys], at)
            for row, at in found.rows.items()
        }
        for spot, key in own.items():
            beside = (self.blueprint.heading(spot),)
            gone = "" if spot[1] in self.aligned.columns else _NO_COLUMN
            why = gone or self.displaced.rows.get(spot[0]) or self._doubt_of_column(spot, beside)
            if why:
                self.unbound[key] = why
                found.columns.pop(key.column, None)
        for key in self._uncertain(block):
            found.columns.pop(key.column, None)
        keys = [key for key in keys if key.column in found.columns]
        for row, why in doubts.items():
            if why:
                self.unbound |= {key._replace(row=row): why for key in keys}
                found.unread |= {(row, column) for column in found.columns}

    def _doubt_of_row(self, block: Block, found: Found, keys: Sequence[Key], at: int) -> str:
        """Say why a row of a list cannot be read for certain, "" where it can."""
        if at in self.marks.astray or self._is_misnumbered(block, found, at):
            return _PUSHED
        if not self.by_hand:
            return ""
        start = self.blueprint.lists[block.key].start
        own = {n: column for column, n in self.aligned.columns.items()}
        taken = self.blueprint.taken[start]
        for column, text in self.seen.rows.get(at, ()):
            # under a label that reaches down beside the list stands what a program laid there
            if own.get(column) not in taken and self.paper.over(at, column) is None:
                return f"{a1(at, column)} 表样没有内容,现有“{text}”"
        wide = {area.first: area.right for area in self.drawing.merges if area.top == start}
        for top, left, bottom, right in self.paper.scan.merges:
            drawn = wide.get((start, own.get(left, -1)), own.get(left, -1))
            if top <= at <= bottom and left < right and own.get(right) != drawn:
                return f"{a1(top, left)}:{a1(bottom, right)} 表样没有这样合并"
        return self.displaced.edges.doubt(start, at) or self._misfit(found, keys)

    def _is_misnumbered(self, block: Block, found: Found, at: int) -> bool:
        """Whether something else stands where a list numbers its rows; an added row has none.

        Nor may a row filled by hand have one, where others of the list have theirs.
        """
        numbered = (c for c, item in block.rows[0].items.items() if item.text == "1")
        columns = [found.columns[c] for c in numbered if c in found.columns]
        texts = [worded(self.paper.raw(at, column)) for column in columns]
        if not self.by_hand:
            added = at in found.foreign
            return not all(is_weak(text) and (text or added) for text in texts)
        others = (worded(self.paper.raw(n, c)) for n in found.rows.values() for c in columns)
        most = len(self.paper.rows)
        doubtful = any(_is_no_ordinal(text, most) for text in others)
        return any(_is_no_ordinal(text, most) or (doubtful and not text) for text in texts)

    # ------------------------------------------------------------ who reports

    def _identity(self) -> Iterator[tuple[str, Cell]]:
        """Give what is typed where the drawing names unit or year, or prints a year of its own."""
        for spot, text in self.drawing.texts():
            here = self.aligned(spot)
            if here and (printed := year_of(text)):
                cell = self.paper.cell(*here)
                other = year_of(text_of(cell.raw))
                if other not in {"", printed}:
                    yield _YEAR, replace(cell, raw=other)
            names = likeness.identities(text)
            if names and here and spot not in self.blueprint.inputs and not self._doubt(spot):
                cell = self.paper.cell(*here)
                typed = likeness.typed_into(text, text_of(cell.raw))
                yield from ((name, replace(cell, raw=typed.get(name))) for name in names)

    # ------------------------------------------------------------ what is told

    def _told_unbound(self) -> Iterator[Flaw]:
        """Say row by row, of a list column by column, what was not read and why."""
        together: dict[tuple[str, str, str], list[Key]] = {}
        for key, why in self.unbound.items():
            together.setdefault((key.block, key.row, why), []).append(key)
        for (_, _, why), keys in together.items():
            first, more = keys[0], f"等 {len(keys)} 格" if len(keys) > 1 else ""
            name = self._label(first)
            yield Flaw(
                "unbound", self._address(first), first, f"{name}{more}", why, "", tuple(keys[1:])
            )

    def _label(self, key: Key) -> str:
        if key in self.form.items:
            return self.form.label(key)
        return f"{self.form.label(key._replace(row='001'))}(第 {int(key.row)} 行)"

    def _address(self, key: Key) -> Address:
        """Give where a cell not read stands, or the closest row above it that was found."""
        found, listed = self.drawn.found.get(key.block), self.blueprint.lists.get(key.block)
        drawn = listed.start if listed else int(key.row) - 1
        row = found.rows.get(key.row) if found else None
        column = self.form.column(key).at or 0
        row = self._above(drawn) if row is None else row
        return Address(self.paper.name, a1(row, self.aligned.columns.get(column, column)))

    def _missing(self) -> Iterator[Flaw]:
        """Say which rows and columns are gone from a sheet of ours, and what is there twice."""
        for block in self.blueprint.blocks:
            spot = self.drawn.found.get(block.key)
            if spot is not None:
                yield from strays(self.sheet, block, spot)
                yield from self._twice(block, spot)
            if not self.by_hand and not block.repeats:
                yield from (self._gone(block, row) for row in block.rows if self._lacks(block, row))
        for row in sorted(self.aligned.surplus):
            column, text = self.seen.rows[row][0]
            place = Address(self.paper.name, a1(row, column))
            yield Flaw("unbound", place, None, f"第 {row + 1} 行“{text}”", _SURPLUS)
        columns = {spot[1] for spot in self.blueprint.inputs} - self.aligned.columns.keys()
        for column in () if self.by_hand else sorted(columns):
            at = Address(self.paper.name, a1(0, column))
            yield Flaw("row_missing", at, label=f"{self.sheet.name} {column_name(column)} 列")

    def _twice(self, block: Block, spot: Found) -> Iterator[Flaw]:
        labels = {row.key: row.label for row in block.rows}
        left = min(spot.columns.values())
        for at, row in spot.doubled.items():
            copy, first = a1(at, left), a1(spot.rows.get(row, at), left)
            label = f"{self.sheet.name}“{labels.get(row, row)}”"
            yield Flaw("doubled", Address(self.paper.name, copy), None, label, copy, first)

    def _lacks(self, block: Block, row: Row) -> bool:
        return (
            bool(row.items)
            and int(row.key) - 1 not in self.aligned.rows
            and not (self.marks.of(block.key, row.key))
        )

    def _gone(self, block: Block, row: Row) -> Flaw:
        column = next((c for c, item in row.items.items() if item.is_input), next(iter(row.items)))
        key = Key(block.key, row.key, column)
        at = Address(self.paper.name, a1(self._above(int(row.key) - 1), 0))
        return Flaw("row_missing", at, key, f"{self.sheet.name}“{row.label}”这一行")

    def _above(self, drawn: int) -> int:
        """Give where a row drawn stands; one not found, where it should below the closest above."""
        rows = self.aligned.rows
        above = max((n for n in rows if n <= drawn), default=None)
        if above is None:
            return 0
        below = min((at for at in rows.values() if at > rows[above]), default=len(self.paper.rows))
        return min(rows[above] + drawn - above, below - 1)

    def _outside(self) -> Iterator[Cell]:
        """Give what stands outside the drawing; where a row was not found, that may be it."""
        if not self._is_whole:
            return
        own = self._own()
        helpers = set(self.marks.columns.values()) - set(self.aligned.columns.values())
        for row, column in self.seen.at:
            ours = own.get(row, frozenset())
            if ours is not None and column not in ours and column not in helpers:
                cell = self.paper.cell(row, column)
                stub = self.by_hand and not written_over(text_of(cell.raw))
                if not (cell.formula or cell.blank or stub or said(cell) == HINT_LABEL):
                    yield cell

    def _own(self) -> dict[int, frozenset[int] | None]:
        """Give the columns of each row that are the sheet's own, None where all is told of."""
        columns, own = self.aligned.columns, dict[int, frozenset[int] | None]()
        for row, at in self.aligned.rows.items():
            taken = self.blueprint.taken.get(row, frozenset())
            spoilt = row in self.displaced.rows
            own[at] = None if spoilt else frozenset(columns[c] for c in taken if c in columns)
        for spot in self.drawn.found.values():
            own |= dict.fromkeys((*spot.strays, *spot.doubled, *self.aligned.surplus), None)
        for block, rows in self.blueprint.lists.items():
            taken = frozenset(columns[c] for c in self.blueprint.taken[rows.start] if c in columns)
            own |= dict.fromkeys(self.bodies.get(block, ()), taken)
            used = self.drawn.found[block].rows.values() if block in self.drawn.found else ()
            own |= dict.fromkeys(used, None if self.by_hand else taken)
        return own


def _is_no_ordinal(text: str, most: int) -> bool:
    """Whether a cell holds a number larger than any row's; 1.1 may number one, too."""
    return _NUMBER.fullmatch(text) is not None and Decimal(text) > most


def _is_amount(cell: Cell) -> bool:
    """Whether a cell holds a number as amounts are, and no year, code, count or part of a whole."""
    raw = cell.raw
    return isinstance(raw, Decimal) and abs(raw) > 1 and raw % 1 != 0 and not cell.percent


def _near(counts: Mapping[int, int], body: Sequence[int]) -> Iterator[int]:
    """Give the rows of a list with nothing below it: a cell further down may be a remark."""
    last = body[0] - 1 if body else 0
    for n, count in counts.items():
        if n <= last + 1 or count > 1:
            yield n
            last = n
