"""What perfxl adds to a form, by which it is known again when it comes back."""

from __future__ import annotations

import re

from perfxl.form.identity import fingerprint
from perfxl.form.model import Column

RULE_ID = re.compile("[CDIRSTWX][0-9]{2}", re.IGNORECASE)  # of a rule of ours, by its family
# computed by us: nothing of theirs is read back, what was written beside the cover is told
OWN_SHEETS = frozenset({"封面", "校验", "逐行校验", "原填"})
UNIT_SHEET = "单位信息"  # asks who reports where an office's own form does not
# … and what comes back to the unit besides: no sheet of an office's own form may be called so
TAKEN_NAMES = OWN_SHEETS | {UNIT_SHEET, "审核结果", "与上次对比", "得分", "未核对", "完成率图"}
HINT, HINT_LABEL = "hint", "校验提示"  # key and label of the column beside every row
FINDING_COLUMNS = (
    Column("seq", "序号"),
    Column("level", "级别"),
    Column("id", "编号"),
    Column("place", "位置(点击前往)"),
    Column("message", "问题"),
    Column("actual", "填报"),
    Column("expected", "应为"),
    Column("difference", "差额"),
    Column("fix", "怎么改"),
    Column("explanation", "说明(“核实”类可在此说明)"),
    Column("key", "键", hidden=True),
    Column("state", "状态", hidden=True),
    Column("standing", "对照", hidden=True),
)


def standing(rule_id: str, where: str, wording: str) -> str:
    """Give a rule's id and a mark of how a finding of it stands in the list, for people to see."""
    return f"{rule_id} {fingerprint(''.join(text.split()) for text in (rule_id, where, wording))}"
