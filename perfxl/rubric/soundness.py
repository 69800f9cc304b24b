"""From a draft to a sound rubric: every fault is told at once, each with its place."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import pairwise

from msgspec import Struct, field

from perfxl.errors import RubricError
from perfxl.expr.texts import folded
from perfxl.form.model import Thresholds
from perfxl.rubric.draft import (
    ADJUSTMENT,
    AT_LEAST,
    BAND_POINTS,
    BELOW,
    DONE,
    EXECUTION,
    HIGHEST,
    LOWEST,
    OVERFULFILMENT,
    PARTLY,
    POINTS,
    TOTAL,
    DraftRow,
    RubricDraft,
)
from perfxl.rubric.methods import METHODS, parameters
from perfxl.rubric.model import (
    ZERO,
    Band,
    Cap,
    Method,
    NumberRange,
    Rubric,
    RubricItem,
    Tiers,
    shortest,
)
from perfxl.text.amounts import number_text, percent_text

ID = re.compile(r"[\w.-]{1,60}")  # it is also a document property, which holds 255
KEY = re.compile(r"[A-Za-z0-9_]+")
RESERVED = {"total", "capped"}  # rows the form adds to the grid
GRADE = re.compile(r"\w[\w+-]{0,9}")  # what a drop-down list of ten grades has room for
MOST_GRADES = 10
UNKNOWN = Method(key="", label="")  # stands in for one that is told as a fault
MOST_DIGITS = 12  # before or after the point; beyond, it is no figure of a rubric


def rubric_of(draft: RubricDraft, faults: Sequence[str] = ()) -> Rubric:
    """Give the rubric; raise RubricError naming every fault, those already `faults` first."""
    return _Reader(list(faults)).rubric(draft)


class _Reader(Struct):
    """Reads a draft and collects what is wrong with it; what is wrong yields a stand-in."""

    faults: list[str] = field(default_factory=list)

    def rubric(self, draft: RubricDraft) -> Rubric:
        settings = draft.settings
        made = Rubric(
            id=self.id(settings),
            title=self.text(settings, "title", "标准名称"),
            notice=self.text(settings, "notice", "表头说明", needed=False),
            items=self.items(draft),
            grades=self.grades(draft),
            tiers=self.tiers(settings),
            limits=self.limits(settings),
            caps=self.caps(draft),
        )
        if self.faults:
            raise RubricError(*self.faults)
        return made

    def fault(self, entry: DraftRow, name: str, text: str) -> None:
        self.faults.append(f"{entry.place(name)}:{text}")

    # ------------------------------------------------------------ single values

    def text(self, entry: DraftRow, name: str, label: str, needed: bool = True) -> str:
        """Give a text without blanks at its ends, "" where there is none."""
        value = entry.values.get(name, "")
        if not isinstance(value, str):
            self.fault(entry, name, f"“{label}”应为文字,现在是{_shown(value)}")
            return ""
        found = value.replace("\r\n", "\n").strip()
        if needed and not found:
            self.fault(entry, name, f"“{label}”未填")
        return found

    def number(self, entry: DraftRow, name: str, figure: NumberRange) -> Decimal | None:
        """Give a number in its shortest spelling; None where it is missing or wrong."""
        value = entry.values.get(name)
        if not entry.given(name):
            if figure.default is None:
                self.fault(entry, name, f"“{figure.label}”未填")
            return figure.default
        if not isinstance(value, Decimal) or not _sane(value):
            self.fault(entry, name, f"“{figure.label}”应为数字,现在是{_shown(value)}")
            return None
        wrong = figure.fault(value)
        if wrong:
            self.fault(entry, name, f"{wrong},现在是 {figure.text(value)}")
            return None
        return shortest(value)

    def id(self, settings: DraftRow) -> str:
        name = self.text(settings, "id", "标准代号")
        if name and not ID.fullmatch(name):
            self.fault(settings, "id", "标准代号只能用文字、数字、点、下划线和 -,最多 60 个字")
        return name

    # ------------------------------------------------------------ thresholds

    def tiers(self, settings: DraftRow) -> Tiers:
        done, partly = (
            self.number(settings, name, figure)
            for name, figure in (("done", DONE), ("partly", PARTLY))
        )
        if done is None or partly is None:
            return Tiers()
        if partly >= done:
            shown = f"部分达成下限 {percent_text(partly)} 应小于已达成下限 {percent_text(done)}"
            self.fault(settings, "partly", shown)
        return Tiers(done, partly)

    def limits(self, settings: DraftRow) -> Thresholds:
        adjustment, execution, overfulfilment = (
            self.number(settings, name, figure) or ZERO
            for name, figure in (
                ("adjustment", ADJUSTMENT),
                ("execution", EXECUTION),
                ("overfulfilment", OVERFULFILMENT),
            )
        )
        return Thresholds(adjustment, execution, overfulfilment)

    def caps(self, draft: RubricDraft) -> tuple[Cap, ...]:
        pairs = [
            (self.number(entry, "below", BELOW), self.number(entry, "highest", HIGHEST))
            for entry in draft.caps
        ]
        self.falling(draft.caps, "below", BELOW, [below for below, _ in pairs])
        self.falling(draft.caps, "highest", HIGHEST, [highest for _, highest in pairs])
        return tuple(Cap(b, h) for b, h in pairs if b is not None and h is not None)

    def falling(
        self,
        entries: Sequence[DraftRow],
        name: str,
        figure: NumberRange,
        values: Sequence[Decimal | None],
    ) -> None:
        """Say where a column that must fall from row to row does not."""
        for entry, (before, value) in zip(entries[1:], pairwise(values), strict=True):
            if before is not None and value is not None and value >= before:
                rows = f"上一行是 {figure.text(before)},本行是 {figure.text(value)}"
                self.fault(entry, name, f"“{figure.label}”应由高到低、不重复:{rows}")

    # ------------------------------------------------------------ grades

    def grades(self, draft: RubricDraft) -> tuple[tuple[str, Decimal], ...]:
        names = [self.grade_name(entry) for entry in draft.grades]
        lowest = [self.number(entry, "lowest", LOWEST) for entry in draft.grades]
        self.falling(draft.grades, "lowest", LOWEST, lowest)
        self.repeated(draft.grades, "name", "等级名称", names)
        if not names:
            self.fault(draft.settings, "grades", "没有等级,至少填一个")
        elif len(names) > MOST_GRADES:
            self.fault(draft.settings, "grades", f"等级最多 {MOST_GRADES} 个")
        elif lowest[-1]:
            self.fault(
                draft.grades[-1],
                "lowest",
                f"末级的“最低分”应为 0,现在是 {number_text(lowest[-1])},更低的分没有等级",
            )
        return tuple((name, value or ZERO) for name, value in zip(names, lowest, strict=True))

    def grade_name(self, entry: DraftRow) -> str:
        name = self.text(entry, "name", "等级名称")
        if name and not GRADE.fullmatch(name):
            self.fault(entry, "name", f"等级名称“{name}”只能用文字、数字、+ 和 -,最多十个字")
        return name

    def repeated(
        self, entries: Sequence[DraftRow], name: str, label: str, values: Sequence[str]
    ) -> None:
        """Say which texts stand a second time in a column; case and blanks make no difference."""
        seen: set[str] = set()
        for entry, value in zip(entries, values, strict=True):
            if value and folded(value) in seen:
                self.fault(entry, name, f"{label}“{value}”重复")
            seen.add(folded(value))

    # ------------------------------------------------------------ items

    def items(self, draft: RubricDraft) -> tuple[RubricItem, ...]:
        items = tuple(map(self.item, draft.items))
        for name, label in (("key", "项目代号"), ("name", "三级指标")):
            values = [getattr(item, name) for item in items]
            self.repeated(draft.items, name, label, values)
        self.computed_once(draft.items, items)
        total = self.number(draft.settings, "points", TOTAL)
        if not items:
            self.fault(draft.settings, "items", "没有评分项目")
        elif total is not None:
            self.sums(draft, [item.points for item in items], total)
        return items

    def sums(self, draft: RubricDraft, points: Sequence[Decimal], total: Decimal) -> None:
        """Say where points do not add up, and which grade or cap lies beyond the total."""
        found = sum(points, ZERO)
        if found != total and all(points):  # points that could not be read are 0 and told
            text = f"各项分值合计 {number_text(found)},应为 {number_text(total)}(满分)"
            self.fault(draft.settings, "points", text)
        columns = ((draft.grades, "lowest", "最低分"), (draft.caps, "highest", "总分最高"))
        for entries, name, label in columns:
            for entry in entries:
                value = entry.values.get(name)
                if isinstance(value, Decimal) and _sane(value) and value > total:
                    self.fault(
                        entry, name, f"“{label}”{number_text(value)} 高于满分 {number_text(total)}"
                    )

    def computed_once(self, entries: Sequence[DraftRow], items: Sequence[RubricItem]) -> None:
        counts = Counter[str]()
        for entry, item in zip(entries, items, strict=True):
            counts[item.method.key] += 1
            if item.computed and counts[item.method.key] > 1:
                name = item.method.label
                self.fault(entry, "method", f"计分方法“{name}”只能用于一个项目,这里重复了")

    def item(self, entry: DraftRow) -> RubricItem:
        key, method = self.key(entry), self.method(entry)
        level1, level2, name = (
            self.text(entry, column, label)
            for column, label in (
                ("level1", "一级指标"),
                ("level2", "二级指标"),
                ("name", "三级指标"),
            )
        )
        points = self.number(entry, "points", POINTS) or ZERO
        self.misplaced(entry, method)
        banded = method.banded or (entry.bands and method is UNKNOWN)
        return RubricItem(
            key=key,
            level1=level1,
            level2=level2,
            name=name,
            points=points,
            method=method,
            standard=self.text(entry, "standard", "评分标准", needed=False),
            numbers=self.numbers(entry, method, points),
            bands=self.bands(entry, points) if banded else (),
            evidence=self.evidence(entry, method),
        )

    def key(self, entry: DraftRow) -> str:
        key = self.text(entry, "key", "项目代号")
        if key and not KEY.fullmatch(key):
            self.fault(entry, "key", f"项目代号“{key}”只能用英文字母、数字和下划线")
        if key in RESERVED:
            self.fault(entry, "key", f"项目代号“{key}”已用于合计行,请换一个")
        return key

    def method(self, entry: DraftRow) -> Method:
        name = self.text(entry, "method", "计分方法")
        if name and name not in METHODS:
            known = "、".join(f"{method.label}({key})" for key, method in METHODS.items())
            self.fault(entry, "method", f"计分方法“{name}”不认识,可用:{known}")
        return METHODS.get(name, UNKNOWN)

    def misplaced(self, entry: DraftRow, method: Method) -> None:
        """Say which parameters the method has no use for."""
        if method is UNKNOWN:
            return
        for owner, one in parameters():
            if entry.given(one.key) and method != owner:
                text = f"{one.range.label}只用于计分方法“{owner.label}”,请删去"
                self.fault(entry, one.key, text)
        if entry.bands and not method.banded:
            owners = "、".join(f"“{one.label}”" for one in METHODS.values() if one.banded)
            self.fault(entry.bands[0], "points", f"分档只用于计分方法{owners},请删去")

    def numbers(self, entry: DraftRow, method: Method, points: Decimal) -> dict[str, Decimal]:
        """Give the parameters of an item that are not blank."""
        found = {one: self.number(entry, one.key, one.range) or ZERO for one in method.parameters}
        for one, value in found.items():
            if one.of_points and points and value > points:
                text = f"{one.range.label}不应高于分值 {number_text(points)}"
                self.fault(entry, one.key, text)
        return {one.key: value for one, value in found.items() if value}

    def evidence(self, entry: DraftRow, method: Method) -> bool:
        value = entry.values.get("evidence")
        if not entry.given("evidence"):
            return not method.computed
        if not isinstance(value, bool):
            shown = f"佐证材料应为“需要”(true)或“不需要”(false),现在是{_shown(value)}"
            self.fault(entry, "evidence", shown)
        return value is True

    # ------------------------------------------------------------ bands

    def bands(self, entry: DraftRow, points: Decimal) -> tuple[Band, ...]:
        if len(entry.bands) < 2:
            self.fault(entry, "bands", "计分方法为“分档”,至少要有两档")
            return ()
        rates = [self.number(band, "at_least", AT_LEAST) for band in entry.bands]
        scores = [self.number(band, "points", BAND_POINTS) for band in entry.bands]
        self.falling(entry.bands, "at_least", AT_LEAST, rates)
        if rates[-1]:
            self.fault(entry.bands[-1], "at_least", "最后一档应为 0%,否则更低的没有得分")
        known = [score for score in scores if score is not None]
        if len(known) == len(scores) and points:
            for band, text in self.band_faults(entry.bands, known, points):
                self.fault(band, "points", text)
        pairs = zip(rates, scores, strict=True)
        return tuple(Band(r, s) for r, s in pairs if r is not None and s is not None)

    def band_faults(
        self, bands: Sequence[DraftRow], scores: Sequence[Decimal], points: Decimal
    ) -> Iterator[tuple[DraftRow, str]]:
        """Give what is wrong with the points of bands: they rise or fall, up to the full ones."""
        for band, score in zip(bands, scores, strict=True):
            if score > points:
                yield band, f"得分 {number_text(score)} 高于本项分值 {number_text(points)}"
        if max(scores) < points:
            yield bands[0], f"没有一档能得满分 {number_text(points)} 分"
        falls = scores[0] > scores[-1]
        for band, (before, score) in zip(bands[1:], pairwise(scores), strict=True):
            if score == before or (score < before) != falls:
                yield band, "各档得分应逐档递减(或逐档递增)、不重复"


def _sane(value: Decimal) -> bool:
    return value.is_finite() and abs(value.adjusted()) <= MOST_DIGITS


def _shown(value: object) -> str:
    return f"“{value}”" if isinstance(value, str) else f" {value}"
