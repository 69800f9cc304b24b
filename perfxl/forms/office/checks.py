"""«勾稽关系»: the checks an office writes itself, one a row, read with every fault in them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches

from perfxl.check.rule import Severity
from perfxl.expr.texts import squeezed
from perfxl.form.drawing import DrawnSheet, Spot
from perfxl.form.faults import FormFault, Wrong
from perfxl.form.ours import RULE_ID
from perfxl.form.raw import text_of
from perfxl.forms.office.model import DrawnCheck
from perfxl.text.spelling import sign_of
from perfxl.text.stubs import bare

HEADINGS = ("编号", "级别", "检查内容", "左边", "关系", "右边", "容差", "怎么改")
NEEDED = ("左边", "关系", "右边")
RELATIONS = ("=", "≥", "≤", ">", "<", "≠")
_SPELT = {"==": "=", "<>": "≠", "!=": "≠", "不等于": "≠", "≒": "=", "相等": "="}
_ID = re.compile(r"[\w.-]{1,12}")
_DEEP = 10  # rows looked through for the headings
SEVERITIES = {one.word: one for one in Severity}


def read_checks(sheet: DrawnSheet) -> tuple[list[DrawnCheck], list[FormFault]]:
    """Give the checks of a sheet, and what is wrong with their headings and cells."""
    found = next((row for row in range(_DEEP) if _columns(sheet, row)), None)
    if found is None:
        heads = {"headings": "、".join(HEADINGS), "needed": "、".join(NEEDED)}
        return [], [FormFault(sheet.name, None, Wrong.of("check-headings", **heads))]
    columns = _columns(sheet, found)
    missing = [name for name in NEEDED if name not in columns]
    faults = [
        FormFault(sheet.name, (found, 0), Wrong.of("check-heading", name=name)) for name in missing
    ]
    if missing:
        return [], faults
    reader = _Reader(sheet, columns, faults)
    checks = [check for row in range(found + 1, sheet.last[0] + 1) if (check := reader.read(row))]
    return checks, [*faults, *_twice(sheet, columns, checks)]


def _columns(sheet: DrawnSheet, row: int) -> dict[str, int]:
    """Give the column of each heading where a row has any two of them."""
    texts = {squeezed(sheet.text((row, column))): column for column in range(sheet.last[1] + 1)}
    found = {name: texts[name] for name in HEADINGS if name in texts}
    return found if len(found) > 1 else {}


def _twice(
    sheet: DrawnSheet, columns: Mapping[str, int], checks: list[DrawnCheck]
) -> Iterator[FormFault]:
    seen = set[str]()
    for check in checks:
        if check.id.casefold() in seen:
            spot = (check.row, columns.get("编号", 0))
            yield FormFault(sheet.name, spot, Wrong.of("check-id-twice", id=check.id))
        seen.add(check.id.casefold())


class _Reader:
    """The rows of a sheet, read one by one; faults go to one list."""

    def __init__(
        self, sheet: DrawnSheet, columns: Mapping[str, int], faults: list[FormFault]
    ) -> None:
        self.sheet, self.columns, self.faults = sheet, columns, faults
        self.number = 0

    def read(self, row: int) -> DrawnCheck | None:
        """Give the check of a row; None where there is none, or none that can be used."""
        if not any(self._text(row, name) for name in HEADINGS):
            return None
        self.number += 1
        missing = [name for name in NEEDED if not self._text(row, name)]
        for name in missing:
            self._tell(row, name, Wrong.of("check-lacks", name=name))
        relation, severity = self._relation(row), self._severity(row)
        tolerance, said = self._tolerance(row), self._id(row)
        if missing or relation is None or severity is None:
            return None
        return DrawnCheck(
            id=said or f"G{self.number:02d}",
            severity=severity,
            what=self._text(row, "检查内容"),
            left=self._text(row, "左边"),
            relation=relation,
            right=self._text(row, "右边"),
            tolerance=tolerance,
            fix=self._text(row, "怎么改"),
            row=row,
        )

    def _spot(self, row: int, name: str) -> Spot:
        return row, self.columns[name]

    def _text(self, row: int, name: str) -> str:
        if name not in self.columns:
            return ""
        cell = self.sheet.cell(self._spot(row, name))
        return cell.formula or text_of(cell.raw)

    def _tell(self, row: int, name: str, fault: Wrong) -> None:
        self.faults.append(FormFault(self.sheet.name, self._spot(row, name), fault))

    def _id(self, row: int) -> str:
        text = self._text(row, "编号")
        if RULE_ID.fullmatch(text):
            self._tell(row, "编号", Wrong.of("check-id-taken", id=text))
        elif text and not _ID.fullmatch(text):
            self._tell(row, "编号", Wrong.of("check-id-odd", id=text))
        return text

    def _relation(self, row: int) -> str | None:
        text = bare(self._text(row, "关系"))
        sign = text if text in RELATIONS else _SPELT.get(text) or sign_of(text)[0]
        if text and sign not in RELATIONS:
            told = Wrong.of("check-relation", relation=text, relations=" ".join(RELATIONS))
            self._tell(row, "关系", told)
        return sign if sign in RELATIONS else None

    def _severity(self, row: int) -> Severity | None:
        text = self._text(row, "级别")
        if not text or text in SEVERITIES:
            return SEVERITIES.get(text, Severity.ERROR)
        closest = get_close_matches(text, SEVERITIES, 1, 0.5)
        name, like = ("check-level-misspelt", closest[0]) if closest else ("check-level", "")
        told = Wrong.of(name, level=text, like=like, levels="、".join(SEVERITIES))
        self._tell(row, "级别", told)
        return None

    def _tolerance(self, row: int) -> Decimal | None:
        text = self._text(row, "容差")
        if not text:
            return None
        try:
            value = Decimal(text)
        except InvalidOperation:
            value = Decimal(-1)
        if not value.is_finite() or value < 0:
            self._tell(row, "容差", Wrong.of("check-tolerance", tolerance=text))
            return None
        return value
