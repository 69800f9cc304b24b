"""Which table of a return the words around a grid name: of this year, this unit, this purse.

A table of another year, of a part of the year or of money of one source has the same headings and
rows: one is known only where nothing is said of it that is not understood.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cached_property

from msgspec import Struct

from perfxl.form.answers import Values
from perfxl.form.document import Passage, TextTable
from perfxl.report.headings import is_short_for, letters_only, reported_year
from perfxl.report.names import without_ending
from perfxl.report.tables import Reported, projects
from perfxl.text.amounts import plain

REACH = 3  # passages looked back for a caption
SHORTEST = 6  # characters of a caption that is only a part of a title
LONGEST = 60
LONGEST_LABEL = 20  # characters of a line such as «2021年度» or «单位:某某局»
BRACKETS = re.compile(r"\([^()]*\)")
MONEY_UNIT = re.compile("单位:?(亿元|万元|千元|元)")
NUMBERED = re.compile(r"\A\(?[一二三四五六七八九十\d]+[)、.](?!\d)")
_TABLE = re.compile(r"续?附?表")
# of «表32021年度…» the number is 3
_TABLE_NUMBER = re.compile(
    r"\A续?附?表(?:[一二三四五六七八九十]+|\d{1,2}?(?:[-.]\d{1,2}?){0,2})?(?=\D|(?:19|20)\d\d年|$)"
)
_REFERENCE = re.compile(r"[详具]?体?见下?表\d{1,2}(?:[-.]\d{1,2})*(?!\d)")
_HARMLESS = re.compile(
    "(?:金额)?单位(?:亿元|万元|千元|元)|亿元|万元|千元|元|情况|统计|完成|表|部门|单位|项目|年度|本年|全年"
    "|名称|金额|如下|所示|具体|详?见|[我本该][局馆街校院委办镇会所站队处]?|续"
)
_OTHER_TIME = (
    r"上一?年|去年|前年|往年|历年|近.年|次年|下一?年|明年|半年|季度|截[至止]"
    r"|[一二三四五六七八九十\d]月|月[底末]"
)
_OTHER_MONEY = "财政拨款|公共预算|基金预算|国有资本|三公|基本支出|项目支出"
_OTHER_KIND = "预算(?:安排|批复|编制)(?!.*(?:执行|支出|决算|使用|完成))|监控|下属|所属|直属|二级"
_ELSEWHERE = re.compile("|".join((_OTHER_TIME, _OTHER_MONEY, _OTHER_KIND)))
_WHOSE = re.compile("(?:单位|部门)(?:名称)?:([^:]+)")
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d)(?=年|[-~至到)])")


class TableSetting(Struct, frozen=True, dict=True):
    """What every table of a return is of, said or not: its year, its unit; and its projects."""

    year: int
    unit: str
    projects: tuple[str, ...]

    @classmethod
    def of(cls, values: Values) -> TableSetting:
        """Give the setting of a return."""
        return cls(reported_year(values), values.unit_name, projects(values))

    @cached_property
    def _names(self) -> dict[str, str]:
        """The projects by their names and what is short for them, bare; the longest first."""
        named = {letters_only(without_ending(plain(name))): name for name in self.projects}
        named |= {letters_only(name): name for name in self.projects}
        return {name: named[name] for name in sorted(named, key=len, reverse=True) if name}

    def named_in(self, text: str) -> set[str]:
        """Give the projects a text names."""
        said, found = letters_only(text), set()
        for name, project in self._names.items():
            if name in said:
                found.add(project)
                said = said.replace(name, "|")
        return found

    def is_elsewhere(self, text: str) -> bool:
        """Whether a text speaks of another year or a part of it, another unit, a purse or plan."""
        said = plain(text)
        for name in (*self.projects, self.unit):
            said = said.replace(plain(name), "") if name else said
        years = {int(year) for year in _YEAR.findall(said)}
        another = years - {self.year} or _ELSEWHERE.search(said) or self._is_of_another(plain(text))
        return bool(another)

    def _is_of_another(self, said: str) -> bool:
        """Whether a line says whose a table is, and it is not ours: «单位:某某美术馆»."""
        match = _WHOSE.search(said)
        return match is not None and not self.is_understood(letters_only(match[0]))

    def without_year(self, text: str) -> str:
        """Give a plain text without this year."""
        return re.sub(rf"(?<!\d){self.year}(?!\d)(?:年度?)?", "", text)

    def is_understood(self, words: str) -> bool:
        """Whether words, bare, say nothing more than that a table is one, and of this unit."""
        rest = _HARMLESS.sub("", words)
        return not rest or is_short_for(rest, _HARMLESS.sub("", letters_only(self.unit)))


class Around(Struct, frozen=True):
    """The words around a grid, plain: its heading, the passages above, a caption below.

    Of those above the nearest is first.
    """

    heading: str
    above: tuple[str, ...]
    below: str

    @classmethod
    def of(cls, pieces: Sequence[Passage | TextTable], at: int, heading: str) -> Around:
        """Give what stands around a piece."""
        return cls(plain(heading), tuple(_above(pieces, at)), _below(pieces, at))


def _above(pieces: Sequence[Passage | TextTable], at: int) -> Iterator[str]:
    for piece in reversed(pieces[max(at - REACH, 0) : at]):
        if isinstance(piece, TextTable):
            return
        yield plain(piece.text)


def _below(pieces: Sequence[Passage | TextTable], at: int) -> str:
    """Give the caption below, "" where it may be that of the next table."""
    below = [piece for piece in pieces[at + 1 : at + 2] if isinstance(piece, Passage)]
    text = plain(below[0].text) if below else ""
    near_another = any(isinstance(piece, TextTable) for piece in pieces[at + 2 : at + 4])
    return text if text.startswith("表") and not near_another else ""


def goes_on(passage: Passage, setting: TableSetting) -> bool:
    """Whether a table may go on after this: «续表», «单位:万元»."""
    text = plain(passage.text)
    if len(text) > LONGEST or setting.is_elsewhere(text):
        return False
    only_unit = MONEY_UNIT.search(text) is not None and not _HARMLESS.sub("", letters_only(text))
    return "续" in text[:4] or only_unit


def is_named(around: Around, table: Reported, setting: TableSetting) -> bool:
    """Whether the words around a grid name a table: those nearest to it that name one decide."""
    labels = [text for text in around.above if _is_label(text)]
    if any(map(setting.is_elsewhere, (around.heading, *labels))):
        return False
    for text in around.above:
        if _mentions(text, table, setting) and not text.endswith("。"):
            return _is_of(text, table, around, setting)
        if _TABLE.match(text) or setting.is_elsewhere(text):
            return False
        if _mentions(text, table, setting) and _is_of(text, table, around, setting):
            return True
    return _mentions(around.below, table, setting) and _is_of(around.below, table, around, setting)


def _is_label(text: str) -> bool:
    """Whether a passage is a short line of its own, no sentence and no caption of a table."""
    return len(text) <= LONGEST_LABEL and text[-1:] not in "。;,:" and not _TABLE.match(text)


def _said(text: str, setting: TableSetting) -> str:
    """Give what a caption says besides its number and the year."""
    said = _REFERENCE.sub("", _TABLE_NUMBER.sub("", NUMBERED.sub("", text, count=1), count=1))
    return letters_only(setting.without_year(said))


def _titles(table: Reported) -> tuple[str, ...]:
    """Give a table's title, bare, and what is as good: the longest first."""
    if table.project:
        return (letters_only(table.title).replace(letters_only(table.project), ""),)
    return letters_only(table.title), letters_only(BRACKETS.sub("", plain(table.title)))


def _mentions(text: str, table: Reported, setting: TableSetting) -> bool:
    """Whether a caption has the words of a table's title, or is a good part of them."""
    said, title = _said(text, setting), _titles(table)[-1]
    if not said or len(text) > LONGEST:
        return False
    return title in said or (not table.project and len(said) >= SHORTEST and said in title)


def _is_of(text: str, table: Reported, around: Around, setting: TableSetting) -> bool:
    """Whether a caption that mentions a table says nothing else of it."""
    said = _said(text, setting)
    if table.project and not setting.named_in(text):
        near = setting.named_in(" | ".join((around.heading, *around.above)))
        if near != {table.project}:
            return False
    elif table.project and setting.named_in(text) != {table.project}:
        return False
    return _is_all_told(said, table, setting)


def _is_all_told(said: str, table: Reported, setting: TableSetting) -> bool:
    titles = _titles(table)
    if not table.project and said in titles[-1]:
        return True
    known = [one for one in titles if one in said][:1]
    own = (letters_only(table.project), letters_only(without_ending(plain(table.project))))
    known += [one for one in own if one and one in said][:1]
    for words in known:
        said = said.replace(words, "", 1)
    return setting.is_understood(said)
