"""From an office's form as understood to a form like any other: blocks, items, relations.

Each sheet keeps its drawing; its rows become blocks in runs (see `places`). What the office asks
for nowhere but we need to know (whose form it is) stands on a sheet of ours before its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec.structs import replace

from perfxl.expr.tree import Key
from perfxl.form.drawing import DrawnSheet
from perfxl.form.identity import fingerprint
from perfxl.form.model import (
    Block,
    Column,
    Form,
    Item,
    Kind,
    Row,
    Sheet,
    label,
    open_list,
)
from perfxl.form.ours import UNIT_SHEET
from perfxl.form.relations import Identity
from perfxl.forms.office.grid import WIDTH
from perfxl.forms.office.listed import indicators
from perfxl.forms.office.model import OfficeForm
from perfxl.forms.office.places import DrawnPlaces, Run
from perfxl.forms.office.rows import FIRST, Rows
from perfxl.forms.office.scores import Scores
from perfxl.forms.office.stated import stated_checks
from perfxl.text.stubs import IDENTITY

UNIT = "unit"
_YEAR_BEFORE = re.compile(r"^20\d\d年度?")  # of a title: it is said with the year anyway


def compiled(office: OfficeForm, year: int) -> Form:
    """Give the form that an office's drawing stands for; one with faults has none.

    Its id is its name, its edition what the office calls it with a fingerprint of all it says.
    """
    assert not office.faults, "a form with faults issues nothing"
    maker = _Maker(office, year)
    sheets = tuple(map(maker.sheet, office.sheets))
    name = office.notes.name or office.sheets[0].name
    form = Form(
        id=_told(name),
        edition=_told(f"{office.notes.edition or '1'} {maker.fingerprint}"),
        title=_YEAR_BEFORE.sub("", name) or name,
        sheets=(*maker.unit_sheet(), *sheets),
        relations=tuple(maker.relations()),
        year=year,
    )
    own = office.sheets[0].name if len(office.sheets) == 1 else ""
    stated = stated_checks(office.checks, form, maker.places.seen_from(own), [*maker.places.runs])
    return replace(form, relations=(*form.relations, *stated))


def _told(text: str) -> str:
    """Give a text that an identity can be made of (see `layout.identity`)."""
    return text.replace("/", "-").replace("#", "-").strip()


class _Maker:
    """One form under construction."""

    def __init__(self, office: OfficeForm, year: int) -> None:
        self.office, self.year = office, year
        self.places = DrawnPlaces(office)
        self.who = dict(self._who())
        self.scores = Scores(self.places)

    @property
    def fingerprint(self) -> str:
        """What tells this drawing from any other: its wording, formulas and checks."""
        cells = (
            f"{sheet.name} {spot} {cell.formula or cell.raw}"
            for sheet in self.office.drawing.sheets
            for spot, cell in sorted(sheet.cells.items())
            if cell.formula or cell.raw is not None
        )
        return fingerprint(cells)[:6]

    # ------------------------------------------------------------ who reports

    def _who(self) -> Iterator[tuple[str, Key]]:
        """Give the cell of name, code and year: the first that asks for it, else one of ours."""
        for word in IDENTITY:
            asked = (one for one in self.office.inputs if one.token.word == word)
            first = next(asked, None)
            key = first and self.places.key(first.sheet, first.spot)
            yield word, key or Key(UNIT, _ROWS[word].key, "value")

    def unit_sheet(self) -> Iterator[Sheet]:
        """Give the sheet of ours that asks who reports, where the office's own do not."""
        rows = tuple(_ROWS[word] for word, key in self.who.items() if key.block == UNIT)
        if rows:
            columns = (Column("label", "项目"), Column("value", "填报内容"))
            block = Block(UNIT, UNIT_SHEET, columns, rows)
            yield Sheet(UNIT, UNIT_SHEET, UNIT_SHEET, (block,), (20, 60), portrait=True)

    # ------------------------------------------------------------ sheets and blocks

    def sheet(self, drawn: DrawnSheet) -> Sheet:
        """Give a sheet of the office's as one of the form."""
        runs = self.places.runs[drawn.name]
        columns = range(self.places.grids[drawn.name].columns)
        return Sheet(
            key=runs[0].key.partition("b")[0],
            name=drawn.name,
            title=drawn.name,
            blocks=tuple(self.scores.with_sum(self._block(run)) for run in runs),
            widths=tuple(drawn.widths.get(column, WIDTH) for column in columns),
            hidden=drawn.hidden,
            drawing=drawn,
        )

    def _block(self, run: Run) -> Block:
        rows = Rows(self.places, run, self.who, self.year)
        if run.listed is None:
            made = tuple(rows.row(row) for row in run.rows)
            return Block(run.key, rows.title, rows.columns(made), made, drawn=run.rows)
        columns = rows.columns((rows(FIRST),))
        return open_list(run.key, rows.title, columns, rows, run.listed.rows, drawn=run.rows)

    # ------------------------------------------------------------ relations

    def relations(self) -> Iterator[object]:
        """Give what must hold between the cells."""
        name, code, year = self.who.values()
        yield Identity(name, code, year, self._alone("主管部门"), self._alone("项目名称"))
        yield from indicators(self.places)
        yield from self.scores.rows
        yield from self.scores.items
        if conclusion := self.scores.conclusion():
            yield conclusion

    def _alone(self, wording: str) -> Key | None:
        """Give the first cell for words that is called so, in no list and no table."""
        asked = (one for one in self.office.inputs if one.token.kind is Kind.TEXT)
        for one in (one for one in asked if one.label.startswith(wording)):
            run = self.places.run(one.sheet, one.spot[0])
            if run is not None and run.listed is None and not run.indicators:
                return self.places.key(one.sheet, one.spot)
        return None


_VALUES = (
    ("name", Item(Kind.TEXT, required=True)),
    ("code", Item(Kind.CODE, prompt="没有单位代码的可不填")),
    ("year", Item(Kind.NUMBER, prompt="自评所属年度,四位数字")),
)
_ROWS = {  # of the sheet of ours, by the word of the token that asks for the same
    word: Row(key, word, {"label": label(word), "value": item})
    for word, (key, item) in zip(IDENTITY, _VALUES, strict=True)
}
