"""Tokens for a form without any: which cells are to be filled, and with what.

Wording decides and look helps; nothing is decided for the office: what is in doubt is said.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from msgspec import Struct, field
from msgspec.structs import replace

from perfxl.form.drawing import Drawing, DrawnArea, DrawnSheet, Spot
from perfxl.forms.office import headings
from perfxl.forms.office.grid import DrawnGrid
from perfxl.forms.office.model import form_sheets
from perfxl.forms.office.tokens import DEFAULT_GRADES, MONEY_UNITS, spelt
from perfxl.text import stubs

_TALL = 40.0  # points: a cell for sentences
_ROWS = 50  # of an open list, at least
_DATES = re.compile(r"[年月日]|y")
# among a cell's choices
_CHOOSING = frozenset({"一级指标", "二级指标", "符号", "完成情况", "等级"})
_SERIAL, _TOTAL = "序号", "总得分"
_DEPARTMENT = "主管部门"
_EXPLAINED = re.compile("解释|说明|描述")
_REPORTS = re.compile("填报|编报|上报|申报|报送|填表|编制|自评")
_OF_DEPARTMENTS = re.compile("部门.{0,2}整体.*表|整体.*自评表")
_ACTUALS = frozenset({"指标值", "完成值"})
_IN_TABLES = _ACTUALS | {"三级指标", "计量单位"}  # other tables have other things so called
_YEAR = re.compile(r"([(（])[\s_]*(年度?[)）])")  # «(    年度)»


class ProposedToken(Struct, frozen=True):
    """A token for a cell, with what is in doubt about it ("" where nothing is)."""

    sheet: str
    area: DrawnArea
    word: str
    parameter: str = ""
    required: bool = False
    rows: int = 0
    doubt: str = ""
    label: str = ""
    written: str = ""  # the whole cell, where the token stands inside its wording

    @property
    def text(self) -> str:
        """What is written into the cell."""
        return self.written or spelt(self.word, self.parameter, self.required, self.rows)


class DoubtfulCell(Struct, frozen=True):
    """A cell nothing is proposed for, and why."""

    sheet: str
    spot: Spot
    why: str


class Proposed(Struct, frozen=True):
    """All that is proposed for a drawing."""

    cells: tuple[ProposedToken, ...] = ()
    doubts: tuple[DoubtfulCell, ...] = ()


def propose(drawing: Drawing) -> Proposed:
    """Give tokens for every cell of a form that is to be filled, as far as it can be seen."""
    cells, doubts = list[ProposedToken](), list[DoubtfulCell]()
    for sheet in form_sheets(drawing):
        if not sheet.hidden:
            page = _Page(DrawnGrid(drawing, sheet))
            cells += page.cells()
            doubts += page.doubts
    cells = [one for sheet in drawing.sheets for one in _one_unit(cells, sheet.name)]
    cells = list(_one_total(cells))
    if not any(one.word == "单位名称" for one in cells):
        cells += _named_in_wording(drawing, "单位名称")
    if not any(one.word == "单位名称" for one in cells) and _is_of_departments(drawing):
        cells = list(_of_department(cells))
    cells += _years(drawing)
    doubts += _printed_years(drawing)
    return Proposed(tuple(cells), tuple(doubts))


def _one_total(cells: Sequence[ProposedToken]) -> Iterator[ProposedToken]:
    """Give all but one total of scores as numbers: the last of the first sheet is the unit's."""
    totals = [one for one in cells if one.word == _TOTAL]
    whole = [one for one in totals if one.sheet == totals[0].sheet][-1:]
    for one in cells:
        if one.word == _TOTAL and one not in whole:
            doubt = "总得分只能有一格;不是全部得分的合计,先按数字"
            yield replace(one, word="数字", doubt=one.doubt or doubt)
        else:
            yield one


def _one_unit(cells: Iterable[ProposedToken], sheet: str) -> Iterator[ProposedToken]:
    """Give the cells of a sheet with one unit: who reports, before who carries something out."""
    mine = [one for one in cells if one.sheet == sheet]
    units = [one for one in mine if one.word == "单位名称"]
    first = next((one for one in units if _REPORTS.search(one.label)), (*units, None)[0])
    for one in mine:
        other = one in units and one is not first
        yield replace(one, word="文字", doubt="单位名称是另一格,先按文字") if other else one


def _is_of_departments(drawing: Drawing) -> bool:
    """Whether a form is of a department as a whole: many units of one may report a project."""
    texts = (stubs.bare(text) for sheet in form_sheets(drawing) for _, text in sheet.texts())
    return any(_OF_DEPARTMENTS.search(text) for text in texts)


def _of_department(cells: Sequence[ProposedToken]) -> Iterator[ProposedToken]:
    """Give the first 主管部门 as the unit, on a form that asks for no other who reports."""
    first = next((one for one in cells if one.label == _DEPARTMENT and one.word == "文字"), None)
    for one in cells:
        doubt = "表上没有填报单位的格,先按主管部门"
        yield replace(one, word="单位名称", doubt=doubt) if one is first else one


# ---------------------------------------------------------------- inside wording


def _named_in_wording(drawing: Drawing, word: str) -> Iterator[ProposedToken]:
    """Give the unit's name behind a label that has no cell of its own: «填报单位:»."""
    for sheet in form_sheets(drawing):
        for spot, text in sheet.texts():
            if text.endswith((":", "：")) and headings.of_label(text) == word:
                written = f"{text}{spelt(word)}"
                doubt = "旁边没有空格,单位名称写在同一格里"
                yield ProposedToken(
                    sheet.name, sheet.area(spot), word, doubt=doubt, written=written
                )
                return


def _years(drawing: Drawing) -> Iterator[ProposedToken]:
    for sheet in form_sheets(drawing):
        for spot, text in sheet.texts():
            if _YEAR.search(text) and not sheet.hidden:
                written = _YEAR.sub(rf"\g<1>{spelt('年度')}\g<2>", text)
                yield ProposedToken(sheet.name, sheet.area(spot), "年度", written=written)


def _printed_years(drawing: Drawing) -> Iterator[DoubtfulCell]:
    """Tell of a line that is of one year only: the office may mean any."""
    for sheet in form_sheets(drawing):
        for spot, text in sheet.texts():
            if year := stubs.year_of(text):
                written = text.replace(year, spelt("年度"), 1)
                why = f"印着 {year},别的年度也是它;要随年度变的,改成“{written}”"
                yield DoubtfulCell(sheet.name, spot, why)


# ---------------------------------------------------------------- cells


class _Page(Struct, dict=True):
    """A sheet being gone over."""

    grid: DrawnGrid
    doubts: list[DoubtfulCell] = field(default_factory=list)

    @property
    def sheet(self) -> DrawnSheet:
        """The sheet."""
        return self.grid.sheet

    def cells(self) -> Iterator[ProposedToken]:
        """Give a token for each cell to fill; of a list, for those of its first row."""
        for area in self.grid.areas:
            if self._is_serial_of_list(area):
                yield ProposedToken(self.sheet.name, area, _SERIAL, label=_SERIAL)
            elif not self.grid.is_open(area):
                self._doubt_wording(area)
            elif not self._is_asked(area):
                continue
            elif area.top in self._lists:
                yield self._in_list(area)
            elif not self._is_spare(area.top):
                yield self._single(area)

    def _is_serial_of_list(self, area: DrawnArea) -> bool:
        """Whether a cell is the number of a list's first row, printed or left blank."""
        if area.top not in self._lists or self.sheet.cell(area.first).formula:
            return False
        heading = self.grid.heading(area)
        text = self.sheet.text(area.first)
        return self.grid.heading_kind(heading) == _SERIAL and (
            not text or headings.is_numbered(text)
        )

    def _is_asked(self, area: DrawnArea) -> bool:
        """Whether a cell that is open is one the unit fills."""
        if not self.sheet.is_empty(area.first):
            return True  # a stub is there to be written over
        label, heading = self.grid.label(area), self.grid.heading(area)
        if not self.grid.boxed(area):
            return self._is_after_colon(area, label)
        if self.grid.heads(area.top) or self._is_left_over(area) or self._is_scale(area.top):
            return False
        if self.grid.heading_kind(heading) == _SERIAL:
            return False  # a number asked for is a list's; a row the form names may go without
        if heading is None and not self._is_asked_beside(label, area):
            self._doubt(area, label)
            return False
        return True

    def _is_asked_beside(self, label: DrawnArea | None, area: DrawnArea) -> bool:
        if label is None or label.right + 1 != area.left or self._holds(label):
            return False
        return not (self._ends_with_colon(label) and self.grid.is_roomy(label))

    def _holds(self, label: DrawnArea) -> bool:
        """Whether an amount is to be written into a label's own cell, behind its colon.

        No cell beside it is free, or none beside the one over it, which is cut alike.
        """
        amount = self._ends_with_colon(label) and headings.is_amount(self.grid.wording(label))
        if not amount or label.shape[0] > 1 or not self.grid.boxed(label):
            return False
        if label.right + 1 >= self.grid.columns:
            return label.left > 0  # the only cell of its row is the title of what follows
        beside = self.sheet.area((label.top, label.right + 1))
        if self.grid.wording(beside):
            return self._holds(beside)
        if not self.grid.is_open(beside) or self.grid.heading(beside) is not None:
            return False
        above = self.sheet.area((label.top - 1, label.left))
        return above.columns == label.columns and self._holds(above)

    def _is_after_colon(self, area: DrawnArea, label: DrawnArea | None) -> bool:
        """Whether a cell without a box follows a label such as «填表人:»."""
        if label is None or not self.grid.is_beside(label, area):
            return False
        return self._ends_with_colon(label) and not self.grid.is_roomy(label)

    def _ends_with_colon(self, label: DrawnArea) -> bool:
        return stubs.bare(self.grid.wording(label)).endswith(":")

    def _is_left_over(self, area: DrawnArea) -> bool:
        """Whether a blank stands in a row of totals where no total belongs."""
        if not self._is_total(area.top) or area.top < area.bottom:
            return False
        heading = self.grid.heading(area)
        text = self.grid.wording(heading) if heading else ""
        if headings.is_figure(text):
            return False
        kind = self.grid.heading_kind(heading)
        stands = heading is not None or self._has_formula(area.top)
        return stands and kind not in headings.NUMERIC

    def _is_scale(self, row: int) -> bool:
        return any(headings.numbers_columns(self.grid.wording(a)) for a in self.grid.row(row))

    def _is_total(self, row: int) -> bool:
        return headings.is_total(self._begins(row))

    def _is_whole(self, row: int) -> bool:
        return headings.is_whole(self._begins(row))

    def _begins(self, row: int) -> str:
        """Give the first wording of a row, "" where there is none."""
        texts = (self.grid.wording(area) for area in self.grid.row(row) if area.top == row)
        return next(filter(None, texts), "")

    def _has_formula(self, row: int) -> bool:
        return any(self.sheet.cell(a.first).formula for a in self.grid.row(row) if a.top == row)

    def _doubt(self, area: DrawnArea, label: DrawnArea | None) -> None:
        if self.grid.rows > area.top and (label is not None or area.shape > (1, 1)):
            self.doubts.append(DoubtfulCell(self.sheet.name, area.first, "空着,看不出要不要填"))

    def _doubt_wording(self, area: DrawnArea) -> None:
        """Tell of wording that asks for what has no cell of its own."""
        whys = {
            "金额写在冒号后面:另放一格,写上【金额】": self._holds(area),
            "几样写在同一格里:要填的每样另放一格,写上标记": stubs.asks_several(
                self.grid.wording(area)
            ),
        }
        self.doubts += (
            DoubtfulCell(self.sheet.name, area.first, why) for why, holds in whys.items() if holds
        )

    # ------------------------------------------------------------ lists

    @cached_property
    def _lists(self) -> dict[int, int]:
        """The first row of each open list, and how many rows it has in the drawing."""
        found: dict[int, int] = {}
        row = 0
        while row < self.grid.rows:
            count = self._rows_alike(row)
            if count and (count > 1 or (self._is_named(row) and not self._is_told(row))):
                found[row] = count
            row += max(count, 1)
        return found

    def _is_spare(self, row: int) -> bool:
        return any(first < row < first + count for first, count in self._lists.items())

    def _rows_alike(self, row: int) -> int:
        """Give how many rows from here on are left wholly to the unit, under the same headings."""
        columns = self._list_columns(row)
        count = 0
        while columns and self._list_columns(row + count) == columns:
            count += 1
        return count

    def _list_columns(self, row: int) -> tuple[tuple[int, int], ...]:
        """Give the columns of a row in which every heading has a cell the unit fills, else ()."""
        if row >= self.grid.rows:
            return ()
        begun = [area for area in self.grid.row(row) if area.top == row]
        if any(a.bottom > row and self.grid.is_open(a) and self.grid.boxed(a) for a in begun):
            return ()  # a cell merged down over several rows cannot be repeated
        areas = [area for area in begun if area.bottom == row]
        heads = {a: self.grid.heading(a) for a in areas if self.grid.boxed(a)}
        over = {h.bottom for h in heads.values() if h is not None}
        if len(over) != 1 or not all(self._is_free(a, heads.get(a)) for a in areas):
            return ()
        if any(self.sheet.text(a.first) and not self._is_serial(a, heads.get(a)) for a in areas):
            return ()
        headed = [a for a, head in heads.items() if head is not None]
        wanted = [h for h in self.grid.headings(over.pop()) if row not in h.rows]
        if len(headed) < max(2, len(wanted)):
            return ()
        return tuple((a.left, a.right) for a in headed)

    def _is_free(self, area: DrawnArea, heading: DrawnArea | None) -> bool:
        """Whether a cell is open, computed, or a printed serial number."""
        computed = bool(self.sheet.cell(area.first).formula)
        return computed or self.grid.is_open(area) or self._is_serial(area, heading)

    def _is_serial(self, area: DrawnArea, heading: DrawnArea | None) -> bool:
        return self.grid.heading_kind(heading) == _SERIAL and headings.is_serial(
            self.sheet.text(area.first)
        )

    def _is_named(self, row: int) -> bool:
        heads = (self.grid.heading(a) for a in self.grid.row(row) if a.top == row)
        return any(h is not None and headings.names_row(self.grid.wording(h)) for h in heads)

    def _is_told(self, row: int) -> bool:
        """Whether all that a row asks for is sentences: who has more to tell writes on."""
        asked = [a for a in self.grid.row(row) if a.top == row and self.grid.is_open(a)]
        return all(self._single(area).word == "长文字" for area in asked)

    def _in_list(self, area: DrawnArea) -> ProposedToken:
        made = self._single(area)
        count = self._lists[area.top]
        if area != next(filter(self._begins_list, self.grid.row(area.top)), None):
            return made
        rows = max(_ROWS, 2 * count)
        why = f"画了 {count} 行空行,当作可加行的清单,先给 {rows} 行"
        return replace(made, rows=rows, doubt=made.doubt or why)

    def _begins_list(self, area: DrawnArea) -> bool:
        """Whether a cell can bear 行数: the first that is asked for and no mere number."""
        asked = area.shape[0] == 1 and self.grid.is_open(area) and self._is_asked(area)
        return asked and not self._is_serial_of_list(area)

    # ------------------------------------------------------------ kinds

    def _single(self, area: DrawnArea) -> ProposedToken:
        label, heading = self.grid.label(area), self.grid.heading(area)
        wording = [self.grid.wording(one) for one in (heading, label) if one is not None]
        word, doubt = self._word(area, label, heading)
        required = any(headings.is_required(text) for text in wording)
        return ProposedToken(
            *(self.sheet.name, area, word, self._parameter(area, word), required),
            doubt=doubt,
            label=self.grid.naming(area),
        )

    def _parameter(self, area: DrawnArea, word: str) -> str:
        if word == "选择" and not self.sheet.choices(area.first):
            return "/".join(stubs.ticks(self.sheet.text(area.first)))
        return DEFAULT_GRADES if word == "等级" else ""

    def _word(
        self, area: DrawnArea, label: DrawnArea | None, heading: DrawnArea | None
    ) -> tuple[str, str]:
        """Give the kind for a cell, and what is in doubt about it."""
        found = self._by_wording(area, label, heading)
        if self._is_chosen(area) and found not in _CHOOSING:
            return "选择", ""
        code = self.grid.drawing.style(self.sheet.cell(area.first)).number_format
        if found not in headings.OF_INDICATORS:
            if "%" in code:
                return "百分比", ""
            if _DATES.search(code.partition("[")[0]):
                return "日期", ""
        return (found, "") if found else (self._by_look(area), "看不出填什么,先按文字")

    def _is_chosen(self, area: DrawnArea) -> bool:
        return bool(self.sheet.choices(area.first) or stubs.ticks(self.sheet.text(area.first)))

    def _by_look(self, area: DrawnArea) -> str:
        return "长文字" if self.grid.height(area) >= _TALL else "文字"

    def _by_wording(
        self, area: DrawnArea, label: DrawnArea | None, heading: DrawnArea | None
    ) -> str:
        if label and self.grid.is_beside(label, area) and self._ends_with_colon(label):
            heading = None  # «填报日期:» below a table has nothing to do with its headings
        head = self._by_heading(area, heading)
        if head == "金额" and label is not None:
            head = headings.counted(self.grid.wording(label)) or head
        beside = self.grid.is_beside(label, area)
        if head and (head in headings.OF_INDICATORS or not beside):
            return head
        if heading is None:
            return self._by_label(area, label)
        text = self.grid.wording(heading)
        if not head and (headings.asks_words(text) or not headings.tells_time(text)):
            return self._sentences(area, text)
        return head or self._by_label(area, label) or self._figure(area, text)

    def _figure(self, area: DrawnArea, text: str) -> str:
        """Give the kind of number under a heading like «年初数»: money where the row says so."""
        if not headings.is_figure(text):
            return ""
        units = (stubs.bare(self.grid.wording(a)) for a in self.grid.row(area.top))
        return "金额" if any(unit in MONEY_UNITS for unit in units) else "数字"

    def _by_heading(self, area: DrawnArea, heading: DrawnArea | None) -> str:
        if heading is None:
            return ""
        text = self.grid.wording(heading)
        kind = self.grid.heading_kind(heading)
        indicators = self._is_of_indicators(heading.bottom)
        if kind in _IN_TABLES and "级指标" not in text and not indicators:
            return self._sentences(area, text)
        if kind == "三级指标" and self._is_explained(heading):
            return self._sentences(area, text)
        if kind == "完成值" and indicators and not stubs.bare(text).endswith("值"):
            return self._besides(area, heading)
        if kind == "百分比" and indicators and "完成率" in text:
            return "自填完成率"
        if kind == "得分" and self._is_total(area.top) and not self._has_amounts(area.top):
            return _TOTAL if self._is_whole(area.top) else "数字"
        return kind

    def _is_explained(self, heading: DrawnArea) -> bool:
        """Whether a heading asks for more of an indicator that another names: «指标解释»."""
        heads = self.grid.headings(heading.bottom)
        names = [h for h in heads if self.grid.heading_kind(h) == "三级指标"]
        plain = [h for h in names if not _EXPLAINED.search(self.grid.wording(h))]
        return heading != (*plain, *names)[0]

    def _has_amounts(self, row: int) -> bool:
        heads = (self.grid.heading(area) for area in self.grid.row(row) if area.top == row)
        return any(self.grid.heading_kind(head) == "金额" for head in heads)

    def _sentences(self, area: DrawnArea, text: str) -> str:
        return "长文字" if headings.asks_much(text) else self._by_look(area)

    def _is_high(self, area: DrawnArea, text: str) -> bool:
        return headings.is_long(text) and self.grid.height(area) >= _TALL

    def _is_of_indicators(self, row: int) -> bool:
        kinds = {headings.of_heading(self.grid.wording(h)) for h in self.grid.headings(row)}
        return bool(kinds & headings.NAMING - {"序号"}) and bool(kinds & _ACTUALS)

    def _besides(self, area: DrawnArea, heading: DrawnArea) -> str:
        """Give what «完成情况» asks for: a word beside an actual, the actual itself, sentences."""
        kinds = [
            headings.of_heading(self.grid.wording(h)) for h in self.grid.headings(heading.bottom)
        ]
        if kinds.count("完成值") > 1:
            return "完成情况"
        return "完成值" if "指标值" in kinds else self._sentences(area, self.grid.wording(heading))

    def _telling(self, label: DrawnArea) -> str:
        """Give the wording of a label, or of one directly left of it where that says more."""
        told = label
        while not headings.of_label(self.grid.wording(told)):
            before = self.grid.label(told)
            if before is None or not self.grid.is_beside(before, told):
                return self.grid.wording(label)
            told = before
        return self.grid.wording(told)

    def _by_label(self, area: DrawnArea, label: DrawnArea | None) -> str:
        if label is None or self.grid.heading_kind(self.grid.heading(label)) in headings.LEVELS:
            return ""  # «数量指标» is what an indicator is of, not what a cell beside it holds
        text = self._telling(label)
        kind = headings.of_label(text)
        if kind == "电话":
            return "文字"
        if kind in {"长文字", "指示", "文字"} or not kind:
            long = kind == "长文字" or self._is_high(area, text)
            return "长文字" if long else "文字" if kind else ""
        return kind
