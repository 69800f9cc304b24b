"""What must hold between the cells of a form, said by the form, judged by the rules.

Rules know these records and never a form; a form lists them under `relations`. Keys of open lists
are given as block and column, because a list can grow: `cell(row)` makes the key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal

from msgspec import Struct

from perfxl.expr.cells import Const, Filled, Number
from perfxl.expr.logic import Some
from perfxl.expr.office_check import OfficeCheck
from perfxl.expr.tree import Env, Expr, Key, decimal
from perfxl.form.model import Form, Row


class Identity(Struct, frozen=True):
    """Who reports: unit name, unit code and year; `department` is the authority it is under.

    Where a unit fills in the form once for each of its projects, `project` names the one it is of.
    """

    name: Key
    code: Key
    year: Key
    department: Key | None = None
    project: Key | None = None


class Signature(Struct, frozen=True):
    """When a form was filled in, and the telephone of who did (C06, C07)."""

    date: Key
    phone: Key


class SeasonTerms(Struct, frozen=True):
    """What an office asks for: of which year, until when, and where it can be written to (R)."""

    year: Key
    deadline: Key
    email: Key


class UnitList(Struct, frozen=True, kw_only=True):
    """The open list of the units a form goes to (R); columns by name."""

    block: str
    code: str
    name: str
    email: str


class UnitRows(Struct, frozen=True):
    """An open list of what is filled in for units beforehand; `what` tells a unit's rows apart."""

    block: str
    code: str
    what: str


class LineSum(Struct, frozen=True):
    """A computed total and the typed lines (`parts`) it is made of.

    `balancing` are those lines that carry over from one year to the next, most often forgotten.
    """

    computed: Key
    parts: tuple[Key, ...]
    balancing: tuple[Key, ...]


class Total(Struct, frozen=True):
    """A total typed by the unit, held against the sum the form computes (T01, T02)."""

    stated: Key
    lines: LineSum


class Balance(Struct, frozen=True):
    """Two computed totals that must be equal (X01); `column` is the money column they are in."""

    column: str
    income: LineSum
    expenditure: LineSum


class ClosingBalance(Balance, frozen=True):
    """The balance of the final accounts: the one that counts where a single figure is told.

    The other columns are budgets, known before the year is over.
    """


class BudgetLine(Struct, frozen=True):
    """One line of a money table: initial and annual budget, final accounts (X02, X03)."""

    initial: Key
    annual: Key
    final: Key


class ExecutionRate(Struct, frozen=True):
    """The rate of the year's budget that was spent, a fraction (X04)."""

    rate: Key


class ProjectFunds(Struct, frozen=True, kw_only=True):
    """The open list of project funds and the line of the accounts they belong to (X05, X06)."""

    block: str
    project: str
    budget: str
    spent: str
    total: Key
    ceiling: Key

    def cell(self, row: str, column: str) -> Key:
        """Give the key of a cell of the list."""
        return Key(self.block, row, column)


class Reference(Struct, frozen=True):
    """An open list whose texts in `column` name rows of another, `listed` by the column there."""

    block: str
    column: str
    listed: tuple[str, str]


class Indicators(Struct, frozen=True, kw_only=True):
    """A block all of whose rows are indicators (I.., C02); columns it does not have are "".

    Symbol and unit that a form does not ask for stand in helper columns, given as "": what a target
    says of them is read from it. A filled cell of `adjusted` stands for the target.
    `of_projects` says that they are the key projects', not the unit's own; `project` is the column
    that tells indicators of one name apart. Of each of `categories` at least one row is expected:
    a wording, and the texts in the column `category` that count as it.
    `levels` are the texts of the column `group`, each with those of `category` that belong to it.
    `weights` are the sums that the column `weight` may come to. `best` holds the highest share of
    its points a row can earn.
    """

    block: str
    name: str
    symbol: str
    target: str
    unit: str
    actual: str
    completion: str
    reason: str = ""
    adjusted: str = ""
    status: str = ""
    stated_rate: str = ""
    group: str = ""
    project: str = ""
    category: str = ""
    categories: tuple[tuple[str, tuple[str, ...]], ...] = ()
    levels: tuple[tuple[str, tuple[str, ...]], ...] = ()
    weight: str = ""
    weights: tuple[str, ...] = ()
    best: str = ""
    of_projects: bool = False

    def cell(self, row: str, column: str) -> Key:
        """Give the key of a cell of the block."""
        return Key(self.block, row, column)

    def goal(self, row: str, is_filled: Callable[[Key], bool]) -> Key:
        """Give the cell of the target that holds: the adjusted one where that is filled."""
        adjusted = self.cell(row, self.adjusted)
        return adjusted if self.adjusted and is_filled(adjusted) else self.cell(row, self.target)

    def in_use(self, form: Form, row: str) -> Expr:
        """Whether a row holds an indicator: it is named, or anything is beside a printed name."""
        marks = self.marks(form.row(self.cell(row, self.name)))
        tests = tuple(Filled(self.cell(row, column)) for column in marks)
        return tests[0] if len(tests) == 1 else Some(tests)

    def marks(self, row: Row) -> tuple[str, ...]:
        """Give the columns any of which, filled, says that there is an indicator in a row."""
        if row.items[self.name].is_input:
            return (self.name,)
        return row.inputs or (self.actual,)

    def asks_for(self, form: Form, column: str) -> bool:
        """Whether a column is there and the unit's to fill, in some row at least."""
        return any(form.items[key].is_input for key in form.blocks[self.block].keys(column))


def own_indicators(form: Form) -> list[Indicators]:
    """Give a form's lists of indicators of the unit's own, those of its projects left out."""
    return [listed for listed in form.of(Indicators) if not listed.of_projects]


class ScoreItem(Struct, frozen=True, kw_only=True):
    """One score of those that make the total, and the interval the tables support, if they do.

    Name and points are those of a cell where the form has them in one; points "" are not known.
    `evidence` says whether 佐证材料 is due in the cell `material`.
    `covers` are the groups of indicators it is computed from.
    """

    group: str = ""
    name: str | Key
    points: str | Key = ""
    stated: Key
    reason: Key | None = None
    low: Key | None = None
    high: Key | None = None
    computed: bool = False
    evidence: bool = False
    material: Key | None = None
    covers: tuple[str, ...] = ()

    @property
    def worth(self) -> Expr | None:
        """The points, None where nothing says them."""
        if isinstance(self.points, Key):
            return Number(self.points)
        return Const(Decimal(self.points)) if self.points else None

    def points_in(self, env: Env) -> Decimal | None:
        """Give its points in a return."""
        return decimal(self.worth.evaluate(env)) if self.worth else None

    def called(self, env: Env) -> str:
        """Give the name it has in a return."""
        return (env.text(self.name) or "这一项") if isinstance(self.name, Key) else self.name

    def wording(self, form: Form) -> str:
        """Give the name it has on every form."""
        if isinstance(self.name, str):
            return self.name
        return str(form.items[self.name].given or form.label(self.stated))


class ScoreRows(Struct, frozen=True, kw_only=True):
    """A column `stated` of scores, one a row of a block; columns it does not have are "".

    `points` is the column of the points; where a row has none they are the most its score may be.
    What a formula of the form gives in the column `supported` is what the tables support (S03).
    """

    block: str
    name: str
    stated: str
    points: str = ""
    reason: str = ""
    supported: str = ""

    def items(self, form: Form) -> Iterator[ScoreItem]:
        """Give the score of each row that has one."""
        for row in form.blocks[self.block].rows:
            cells = {column: Key(self.block, row.key, column) for column in row.items}
            asked = self.reason in cells and row.items[self.reason].is_input
            bound = cells.get(self.supported)
            computed = bound is not None and row.items[self.supported].formula is not None
            if row.items[self.stated].is_input:
                yield ScoreItem(
                    name=cells[self.name],
                    points=self._points(row),
                    stated=cells[self.stated],
                    reason=cells[self.reason] if asked else None,
                    low=bound if computed else None,
                    high=bound if computed else None,
                    computed=computed,
                )

    def _points(self, row: Row) -> str | Key:
        item, most = row.items.get(self.points), row.items[self.stated].most
        if item is None or item.given == "":
            return "" if most is None else f"{most:f}"
        if isinstance(item.given, Decimal):
            return f"{item.given:f}"
        return Key(self.block, row.key, self.points)


def scored(form: Form) -> Iterator[ScoreItem]:
    """Give every score of a form, those of the rows of its blocks included."""
    for one in form.relations:
        if isinstance(one, ScoreItem):
            yield one
        elif isinstance(one, ScoreRows):
            yield from one.items(form)


def scored_in(form: Form, env: Env) -> Iterator[ScoreItem]:
    """Give the scores that a return has; of the rows of a block the ones that are given."""
    for one in form.relations:
        if isinstance(one, ScoreItem):
            yield one
        elif isinstance(one, ScoreRows):
            yield from (item for item in one.items(form) if env.text(item.stated))


def points_in_all(form: Form) -> Decimal:
    """Give what all scores may come to; 100 where not all points are known beforehand."""
    points = [item.points for item in scored(form)]
    fixed = [Decimal(one) for one in points if isinstance(one, str) and one]
    return sum(fixed, Decimal(0)) if len(fixed) == len(points) else Decimal(100)


def used_at(form: Form, key: Key) -> Expr | None:
    """Whether the row of a list or of indicators that a cell is in holds anything.

    None where it is another's: all rows of a table are in use.
    """
    for listed in form.of(Indicators):
        if listed.block == key.block:
            return listed.in_use(form, key.row)
    return row_in_use_test(key.block, form.row(key)) if form.blocks[key.block].repeats else None


def row_in_use_test(block: str, row: Row) -> Expr:
    """Whether any input of a list row is filled."""
    return Some(tuple(Filled(Key(block, row.key, column)) for column in row.inputs))


class ScoreGroup(Struct, frozen=True, kw_only=True):
    """One 一级指标 of the grid: points, stated sum and interval."""

    name: str
    points: str
    stated: Key
    low: Key
    high: Key


class Conclusion(Struct, frozen=True, kw_only=True):
    """The typed total score and grade, what the scores yield and their interval (S02, S04).

    `total` is known where every score is one of ours, `low` and `high` where tables support them.
    `uncapped` is the sum of the grid where a low execution rate caps the `total`.
    """

    stated: Key
    grade: Key | None = None
    total: Key | None = None
    low: Key | None = None
    high: Key | None = None
    grades: tuple[tuple[str, str], ...] = ()  # (grade, lowest score), best first
    uncapped: Key | None = None


class ReportTable(Struct, frozen=True, kw_only=True):
    """A table of the unit's report that repeats a block of the form (D02).

    `columns` are its headings, each with the column of the block it shows; the first `naming` of
    them tell its rows apart. `rows` are those it shows of a fixed block, in their order; of an open
    list it shows the rows in use.
    """

    number: str
    title: str
    block: str
    columns: tuple[tuple[str, str], ...]
    naming: int = 1
    rows: tuple[str, ...] = ()


class ProjectTables(Struct, frozen=True):
    """The two tables of the report about each key project (D02): its funds, its indicators.

    `number` is that of the first; each further table has the next. {} in a title is the project.
    """

    number: str
    funds: ReportTable
    indicators: ReportTable


class Narrative(Struct, frozen=True):
    """What the report that goes with a form tells besides its tables, and from where.

    Lists are block and columns: of the offices the name, of the tasks name, goal and result.
    `spent` is the year's spending, as budgeted and final; `charted` are lines of the money tables
    as the figure names them. The accounts are told by three columns.
    """

    goal: Key
    result: Key
    duties: str
    offices: tuple[str, str]
    tasks: tuple[str, str, str, str]
    spent: tuple[Key, Key]
    charted: tuple[tuple[str, Key], ...]
    achievements: Key
    problems: Key
    measures: Key
    summary: Key


class Mention(Struct, frozen=True):
    """Something the text of the report gives a figure for (D01).

    `names` are its wordings in running text; `keys` the cells whose figures may be meant by them,
    each with the words that say it is this one («决算数»), () where nothing need say so. A name
    that is `common` («经营收入») is another's unless the accounts are spoken of.
    """

    names: tuple[str, ...]
    keys: tuple[tuple[Key, tuple[str, ...]], ...]
    common: bool = False


class OwnText(Struct, frozen=True, kw_only=True):
    """Texts in which the unit tells of the year reported (D03); goals and plans are none.

    They are those of a column, of some `rows` only where these are given. `of` is the column that
    names what a row's text speaks of, "" where it speaks of the whole unit.
    """

    block: str
    column: str
    rows: tuple[str, ...] = ()
    of: str = ""


class Counted(Struct, frozen=True, kw_only=True):
    """A number of rows of an open list that the text of the report tells (D01).

    Rows in use count, of them those with one of `texts` in `column` where it is given; of a list
    that names a thing in several rows `distinct` counts the names in that column. `sorted` are
    wordings for those rows among them that have one of some texts in the column `by`. A name that
    is `common` counts something else unless the accounts are spoken of.
    """

    names: tuple[str, ...]
    block: str
    column: str = ""
    texts: tuple[str, ...] = ()
    distinct: bool = False
    by: str = ""
    sorted: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = ()
    common: bool = False


class StatedCheck(Struct, frozen=True, kw_only=True):
    """A check that an office wrote itself, judged as a rule of its own under the office's id.

    `severity` is the value of a `check.rule.Severity`. `tests` are what must hold: one, or one for
    each cell of two ranges; one that names a cell in the first row of an open list must hold in
    each of its rows. A `tolerance` of None is what rounding explains. `what` and `fix` are the
    office's words, "" where it has none; `place` is where it wrote them («勾稽关系 A2»).
    """

    id: str
    severity: str
    tests: tuple[OfficeCheck, ...]
    what: str = ""
    tolerance: Decimal | None = None
    fix: str = ""
    place: str = ""
