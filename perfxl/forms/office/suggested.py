"""What a proposed 表样 says besides its tokens: checks for «勾稽关系», and «表样说明»."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby, takewhile

from perfxl.form.addresses import a1, quoted_sheet
from perfxl.form.drawing import Drawing, DrawnArea, DrawnSheet
from perfxl.forms.office import headings
from perfxl.forms.office.checks import HEADINGS
from perfxl.forms.office.grid import DrawnGrid
from perfxl.forms.office.model import form_sheets
from perfxl.forms.office.notes import EDITION, MONEY, NAME, YEAR
from perfxl.forms.office.propose import Proposed, ProposedToken
from perfxl.text import stubs

Row = tuple[str, ...]
_BUDGETS = re.compile("全年预算|调整.*预算|预算(数|安排|金额)?$")
_NUMBERED = re.compile("[一二三四五六七八九十]+、")
_LAST = ("小计", "合计", "总计")  # a total at the end of its parts, the lesser first
_SPENT = re.compile("执行|决算|支出数|实际支出")
_LEFT_OVER = re.compile("(结转|结余|结余分配|总计)$")  # 总计 takes in what is left over
_TITLE = re.compile("表$|表[(（]")
_DEEP = 6  # rows in which a title stands


def check_rows(drawing: Drawing, proposed: Proposed) -> list[Row]:
    """Give the rows of «勾稽关系», headings first: sums, spending in budget, scores in points."""
    sheets = form_sheets(drawing)
    found = [
        row
        for sheet in sheets
        for row in _Table(DrawnGrid(drawing, sheet), proposed, len(sheets) > 1).rows()
    ]
    return [HEADINGS, *((f"G{n:02d}", *row) for n, row in enumerate(found, 1))]


class _Table:
    """The proposed cells of one sheet, and what should hold between them."""

    def __init__(self, grid: DrawnGrid, proposed: Proposed, several: bool) -> None:
        self.grid = grid
        self.prefix = f"{quoted_sheet(grid.sheet.name)}!" if several else ""
        mine = [one for one in proposed.cells if one.sheet == grid.sheet.name]
        self.cells = {one.area.first: one for one in mine}
        self.patterns = {one.area.top for one in mine if one.rows}

    def rows(self) -> Iterator[Row]:
        """Give a row for each check, without its number."""
        yield from self._sums()
        spent = [one for one in self.cells.values() if self._is_spent(one)]
        told = ("执行数不超过预算数", "核对;确有超支的附说明")
        yield from self._pairs(spent, _is_spending, "核实", *told)
        told = ("得分不超过分值", "得分最高为该项分值")
        yield from self._pairs(self.cells.values(), _is_score, "错误", *told)
        told = ("得分不超过权重", "核对;得分最高为该项权重")
        yield from self._pairs(self._scored_by_weight(), _is_weighed, "核实", *told)

    def _scored_by_weight(self) -> Iterator[ProposedToken]:
        """Give the scores of rows that say nothing of points but the weight, which then is them."""
        words = dict[int, list[str]]()
        for one in self.cells.values():
            words.setdefault(one.area.top, []).append(one.word)
        for one in self.cells.values():
            beside = words[one.area.top]
            if beside.count("得分") == 1 and "分值" not in beside:
                yield one

    def _wording(self, area: DrawnArea | None) -> str:
        return self.grid.wording(area) if area is not None else ""

    def _range(self, column: int, first: int, last: int) -> str:
        return f"{self.prefix}{a1(first, column)}:{a1(last, column)}"

    # ------------------------------------------------------------ sums

    def _sums(self) -> Iterator[Row]:
        for (row, column), one in sorted(self.cells.items()):
            label = self.grid.label(one.area)
            if not self._added(one) or not headings.is_total(self._wording(label)):
                continue
            parts = self._below(one, label) or self._above(one)
            if not parts:
                continue
            over = "·".join(map(headings.told, self.grid.told_over(one.area, 2)))
            said = f"{over}:{headings.told(self._wording(label))}等于各项之和".lstrip(":")
            total = f"SUM({self._range(column, parts[0], parts[-1])})"
            yield "错误", said, f"{self.prefix}{a1(row, column)}", "=", total, "", ""

    def _added(self, one: ProposedToken) -> str:
        """Give the kind of cells that a total of this kind adds up, "" where it adds none."""
        heading = self.grid.heading_kind(self.grid.heading(one.area))
        return {"金额": "金额", "数字": "得分" if heading == "得分" else ""}.get(one.word, "")

    def _below(self, one: ProposedToken, label: DrawnArea | None) -> list[int]:
        """Give the rows under a total that are its parts: 其中 says so, or their numbering."""
        rows = self._run(one, range(one.area.bottom + 1, self.grid.rows))
        labels = [stubs.bare(self._row_label(one, row)) for row in rows]
        within = list(takewhile(lambda text: not _NUMBERED.match(text), labels))
        if _NUMBERED.match(stubs.bare(self._wording(label))) and len(within) > 1:
            rows, labels = rows[: len(within)], within
        elif self._begins_table(one, label) and len(rows) > 1 and not _is_nested(labels):
            return rows
        elif not labels or not labels[0].startswith("其中"):
            return []
        return [] if any(text.startswith("其中") for text in labels[1:]) else rows

    def _begins_table(self, one: ProposedToken, label: DrawnArea | None) -> bool:
        """Whether a total stands right below the headings: what follows is what it adds up."""
        heading = self.grid.heading(one.area)
        first = heading is not None and heading.bottom + 1 == one.area.top
        return first and headings.told(self._wording(label)) in _LAST

    def _above(self, one: ProposedToken) -> list[int]:
        """Give the rows over a total at the end: a list, or lines without parts of their own."""
        if headings.told(self._row_label(one, one.area.top)) not in _LAST:
            return []
        before = range(one.area.top - 1, -1, -1)
        listed = next((row for row in before if row in self.patterns), None)
        if listed is not None and self._ends_at(one, listed):
            return [listed]
        rows = self._with_total(one, sorted(self._run(one, before)))
        labels = [stubs.bare(self._row_label(one, row)) for row in rows]
        return [] if _is_nested(labels) or len(rows) < 2 else rows

    def _with_total(self, one: ProposedToken, rows: list[int]) -> list[int]:
        """Give the parts of a total, with another over them that is one; () where none can tell.

        What goes before «本年收入合计» is in it, and it is in «总计»; «小计» begins anew.
        """
        first = rows[0] if rows else one.area.top
        over = first - 1
        if not headings.is_total(self._row_label(one, over)):
            return [] if self._is_computed(one, over) else rows
        mine, other = self._rank(one, one.area.top), self._rank(one, over)
        if not mine:
            return rows
        before = (self._rank(one, row) for row in range(over) if self._has_figure(one, row))
        whole = 0 <= other < mine and all(rank < other for rank in before)
        return [over, *rows] if whole and self._has_figure(one, over) else []

    def _rank(self, one: ProposedToken, row: int) -> int:
        """Give how much the total of a row takes in, -1 for what is no such total."""
        text = headings.told(self._row_label(one, row))
        return next((n for n, word in enumerate(_LAST) if text.endswith(word)), -1)

    def _has_figure(self, one: ProposedToken, row: int) -> bool:
        return (row, one.area.left) in self.cells or self._is_computed(one, row)

    def _is_computed(self, one: ProposedToken, row: int) -> bool:
        return bool(self.grid.sheet.cell((row, one.area.left)).formula)

    def _ends_at(self, one: ProposedToken, listed: int) -> bool:
        """Whether a list goes down to a total: nothing between but its empty rows."""
        between = [(row, one.area.left) for row in range(listed + 1, one.area.top)]
        return (listed, one.area.left) in self.cells and not any(
            spot in self.cells or not self.grid.sheet.is_empty(spot) for spot in between
        )

    def _run(self, one: ProposedToken, rows: Iterable[int]) -> list[int]:
        """Give the rows from here on with what one adds up in its column, up to a total."""
        found, kind = list[int](), self._added(one)
        for row in rows:
            other = self.cells.get((row, one.area.left))
            if other is None or other.word != kind or other.area.columns != one.area.columns:
                break
            if headings.is_total(self._row_label(one, row)):
                break
            found.append(row)
        return found

    def _row_label(self, one: ProposedToken, row: int) -> str:
        return self._wording(self.grid.label(self.grid.sheet.area((row, one.area.left))))

    # ------------------------------------------------------------ pairs of columns

    def _pairs(
        self,
        cells: Iterable[ProposedToken],
        fits: Callable[[str, str], bool],
        level: str,
        said: str,
        fix: str,
    ) -> Iterator[Row]:
        """Give a check for each run of rows in which a cell must not exceed another beside it."""
        found = sorted(
            (one.area.left, limit, one.area.top)
            for one in cells
            if (limit := self._limit(one, fits)) is not None
        )
        runs = groupby(enumerate(found), lambda one: (*one[1][:2], one[1][2] - one[0]))
        for (column, limit, _), run in runs:
            rows = [row for _, (_, _, row) in run]
            sides = [self._range(c, rows[0], rows[-1]) for c in (column, limit)]
            yield level, said, sides[0], "≤", sides[1], "", fix

    def _is_spent(self, one: ProposedToken) -> bool:
        """Whether a budget bounds an amount: none bounds what comes in, or what is left over."""
        labels = list(map(stubs.bare, self._row_labels(one.area)))
        over = self.grid.wordings_over(self.grid.heading(one.area))
        comes_in = any("收入" in text and "支出" not in text for text in [*labels, *over])
        return not comes_in and not any(map(_LEFT_OVER.search, map(headings.told, labels[:1])))

    def _row_labels(self, area: DrawnArea) -> Iterator[str]:
        """Give the wording of a row's label, then of what stands directly left of it, and so on."""
        label = self.grid.label(area)
        while label is not None:
            yield self.grid.wording(label)
            over = self.grid.label(label)
            label = over if over is not None and over.right + 1 == label.left else None

    def _limit(self, one: ProposedToken, fits: Callable[[str, str], bool]) -> int | None:
        """Give the nearest column to the left whose cell in this row is the limit of one."""
        mine = self._told(one)
        row = one.area.top
        for column in range(one.area.left - 1, -1, -1):
            other = self.cells.get((row, column))
            if other is not None and fits(mine, self._told(other)):
                return column
        return None

    def _told(self, one: ProposedToken) -> str:
        if one.word != "金额":
            return one.word
        return headings.told(self._wording(self.grid.heading(one.area)))


def _is_nested(labels: Iterable[str]) -> bool:
    """Whether some lines are parts of others, which then are added up by themselves."""
    return any(text.startswith(("其中", "(")) for text in labels)


def _is_spending(text: str, limit: str) -> bool:
    return bool(_SPENT.search(text) and _BUDGETS.search(re.sub("[(][^)]*[)]", "", limit)))


def _is_score(word: str, limit: str) -> bool:
    return (word, limit) == ("得分", "分值")


def _is_weighed(word: str, limit: str) -> bool:
    return (word, limit) == ("得分", "权重")


# ---------------------------------------------------------------- 表样说明


def note_rows(drawing: Drawing, proposed: Proposed) -> list[Row]:
    """Give the rows of «表样说明»: what the form states of itself, each doubt, each token."""
    units, year = _money_units(drawing), _printed_year(drawing)
    rows: list[Row] = [
        (NAME, _title(drawing)),
        (EDITION, "1"),
        (YEAR, year, "表上印着的" if year else "空着的,制作模板时再定"),
        (MONEY, units[0] if units else "万元", _unit_doubt(units)),
        (),
        ("以下由 perfxl 写出,供核对:逐格看标记对不对,直接在表里改,改完再运行一次 perfxl form",),
        (),
        ("要核对的", "单元格", "标记", "填什么", "为什么"),
        *((d.sheet, a1(*d.spot), "(没有)", "", d.why) for d in proposed.doubts),
        *(_cell_row(one) for one in proposed.cells if one.doubt),
        (),
        ("提出的标记", "单元格", "标记", "填什么"),
    ]
    return [*rows, *(_cell_row(one)[:4] for one in proposed.cells)]


def _cell_row(one: ProposedToken) -> Row:
    return one.sheet, a1(*one.area.first), one.text, one.label, one.doubt


def _title(drawing: Drawing) -> str:
    """Give what the first sheet calls itself, or its name."""
    first = form_sheets(drawing)[0]
    return next((text for text in _top(first) if _TITLE.search(text)), first.name)


def _printed_year(drawing: Drawing) -> str:
    """Give the year that a form is printed for, "" where it says none, or several."""
    texts = (text for sheet in form_sheets(drawing) for _, text in sheet.texts())
    years = set(map(stubs.year_of, texts)) - {""}
    return years.pop() if len(years) == 1 else ""


def _top(sheet: DrawnSheet) -> Iterator[str]:
    return (stubs.bare(text) for (row, _), text in sheet.texts() if row < _DEEP)


def _money_units(drawing: Drawing) -> Sequence[str]:
    found = (
        headings.money_unit(text) for sheet in form_sheets(drawing) for _, text in sheet.texts()
    )
    return tuple(dict.fromkeys(unit for unit in found if unit))


def _unit_doubt(units: Sequence[str]) -> str:
    if not units:
        return "表上没有写,先按万元,请核对"
    return f"表上还写有 {'、'.join(units[1:])},那些格写成【金额:元】这样" if units[1:] else ""
