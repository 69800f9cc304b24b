"""A form of ours as the workbook of a 表样: the sheets as drawn, the checks, what it is called.

The checks of «勾稽关系» are those of our rules that an office could have stated itself, with their
severity and remedy; each is numbered after the rule that it stands for. Their sides are formulas:
when rows are put into a table, a spreadsheet mends these and no text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import groupby

from perfxl.check.rule import Rule
from perfxl.expr.tree import Key
from perfxl.form.addresses import quoted_sheet
from perfxl.form.answers import Values, read_answers
from perfxl.form.layout import Layout, SheetView, place
from perfxl.form.model import Block, Form, Kind, Row
from perfxl.form.relations import Balance, BudgetLine, ExecutionRate, ProjectFunds, Total
from perfxl.forms.office.checks import HEADINGS
from perfxl.forms.office.model import CHECKS_SHEET, NOTES_SHEET
from perfxl.forms.office.notes import EDITION, MONEY, NAME
from perfxl.forms.shipped import ShippedForm
from perfxl.forms.taken_out import taken_out
from perfxl.render.inserted import AddedSheet, Formula, with_texts
from perfxl.render.workbook import render
from perfxl.rubric.model import Rubric
from perfxl.rules.cross_table import X01, X02, X03, X04, X05, X06
from perfxl.rules.plausibility import X08
from perfxl.rules.totals import T01
from perfxl.text.amounts import percent_text

_CHECK_WIDTHS = (8, 6, 60, 30, 6, 48, 6, 90)
_NOTE_WIDTHS = (20, 80)
_ROUNDING = "0.05"  # 万元; what rounding the rows of a list may add up to
_LEFT_OUT = (
    "以上由自带的附件3 得出,改了就是本单位自己的表。下面这些只有自带的表才有,写不进表样:",
    "Word 报告的起草,以及报告与表的核对",
    "清单一行也没有填、符号和计量单位没有填、佐证材料没有附、叙述写得空泛的提醒",
    "按评分标准核定每一项得分(测算得分只留表内能算出的三项)",
    "零点零几万元的尾差提示",
)

Side = str
Stated = tuple[str, Side, str, Side, str]  # what, left, relation, right, tolerance


def taken_out_book(shipped: ShippedForm, form: Form, rubric: Rubric) -> bytes:
    """Give a form of ours as a 表样, as .xlsx bytes."""
    drawn = taken_out(form, rubric)
    sheets = (
        AddedSheet(CHECKS_SHEET, [HEADINGS, *_Checks(form, drawn).rows()], _CHECK_WIDTHS),
        AddedSheet(NOTES_SHEET, list(_notes(shipped, form)), _NOTE_WIDTHS),
    )
    return with_texts(render(Values(drawn, read_answers(drawn, {}))), {}, sheets)


def _notes(shipped: ShippedForm, form: Form) -> Iterator[Sequence[str]]:
    yield NAME, form.title
    yield EDITION, shipped.edition
    yield from ((MONEY, unit) for unit in form.money_units)
    yield from ((), *(("", line) for line in _LEFT_OUT))


class _Checks:
    """The rows of «勾稽关系» for what must hold in a form that is drawn so."""

    def __init__(self, form: Form, drawn: Form) -> None:
        self.form = form
        self.grid = _named(place(drawn))

    def rows(self) -> Iterator[Sequence[str]]:
        """Give the checks, rule by rule."""
        stated: tuple[tuple[Rule, Iterable[Stated]], ...] = (
            (T01, self._totals()),
            (X01, self._balances()),
            (X02, self._overspent()),
            (X03, self._adjusted()),
            (X04, self._executed()),
            (X05, self._projects_in_all()),
            (X06, self._projects()),
            (X08, self._negative()),
        )
        for rule, found in stated:
            for number, (what, left, relation, right, allowed) in enumerate(found, 1):
                told = (f"{rule.id}-{number}", rule.severity.word, what)
                yield (*told, Formula(left), relation, Formula(right), allowed, rule.fix)

    def _totals(self) -> Iterator[Stated]:
        for total in self.form.of(Total):
            sides = (self.grid.cell(total.stated), "=", self.grid.cell(total.lines.computed))
            yield (f"{self.form.label(total.stated)}等于各项之和", *sides, "")

    def _balances(self) -> Iterator[Stated]:
        for balance in self.form.of(Balance):
            spent, income = balance.expenditure.computed, balance.income.computed
            what = f"{self.form.label(spent)}等于{self.form.label(income)}"
            yield what, self.grid.cell(spent), "=", self.grid.cell(income), ""

    def _overspent(self) -> Iterator[Stated]:
        for block, lines in groupby(self.form.of(BudgetLine), lambda line: line.final.block):
            of_block = list(lines)
            final, annual = (
                self.grid.ranges([getattr(line, name) for line in of_block])
                for name in ("final", "annual")
            )
            what = f"{self.form.blocks[block].title}逐行:决算数不大于全年预算数"
            yield from (
                (what, one, "≤", other, "") for one, other in zip(final, annual, strict=True)
            )

    def _adjusted(self) -> Iterator[Stated]:
        limit = percent_text(self.form.limits.adjustment)
        for line in self.form.of(BudgetLine):
            annual, initial = map(self.grid.cell, (line.annual, line.initial))
            what = f"{self.form.label(line.annual)}与年初预算数相差不超过 {limit}"
            most = f"IF({initial}=0,ABS({annual}),ABS({initial})*{limit})"
            yield what, f"ABS({annual}-{initial})", "≤", most, ""

    def _executed(self) -> Iterator[Stated]:
        limit = percent_text(self.form.limits.execution)
        for one in self.form.of(ExecutionRate):
            what = f"{self.form.label(one.rate)}不低于 {limit}"
            yield what, self.grid.cell(one.rate), "≥", limit, ""

    def _projects_in_all(self) -> Iterator[Stated]:
        for funds in self.form.of(ProjectFunds):
            what = f"{self.form.label(funds.total)}不大于{self.form.label(funds.ceiling)}"
            sides = (self.grid.cell(funds.total), "≤", self.grid.cell(funds.ceiling))
            yield (what, *sides, _ROUNDING)

    def _projects(self) -> Iterator[Stated]:
        for funds in self.form.of(ProjectFunds):
            spent, budget = (
                self.grid.column(funds.block, column) for column in (funds.spent, funds.budget)
            )
            yield "逐行:本项目执行合计不大于预算合计", spent, "≤", budget, ""

    def _negative(self) -> Iterator[Stated]:
        for block in self.form.blocks.values():
            rows = block.rows[:1] if block.repeats else block.rows
            for columns, run in groupby(rows, partial(self._unsigned, block)):
                if columns:
                    what = f"{block.title or block.key}的金额不小于 0"
                    yield what, self._area(block, list(run), columns), "≥", "0", ""

    def _unsigned(self, block: Block, row: Row) -> tuple[str, ...]:
        """Give the columns of a row with amounts that may not be below zero."""
        totals = {total.stated for total in self.form.of(Total)}
        return tuple(
            column
            for column, item in row.items.items()
            if item.is_input and item.kind is Kind.AMOUNT and not item.signed
            if Key(block.key, row.key, column) not in totals
        )

    def _area(self, block: Block, rows: Sequence[Row], columns: Sequence[str]) -> str:
        first = self.grid.cell(Key(block.key, rows[0].key, columns[0]))
        last = self.grid.cell(Key(block.key, rows[-1].key, columns[-1]))
        return f"{first}:{last.rpartition('!')[2]}"


def _named(layout: Layout) -> SheetView:
    """Give references that all name their sheet."""
    names = {key: f"{quoted_sheet(one.sheet.name)}!" for key, one in layout.blocks.items()}
    return SheetView(layout, names, {})
