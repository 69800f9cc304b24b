"""What a 表样 holds, in the lines `perfxl form` prints."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from perfxl.form.addresses import a1
from perfxl.form.faults import FormFault, Said
from perfxl.form.model import Form
from perfxl.forms.office.model import OfficeForm, OpenList
from perfxl.forms.office.propose import Proposed


def holds(form: OfficeForm) -> Iterator[str]:
    """Say what a form without faults holds: sheet by sheet, then its checks."""
    yield f"共 {len(form.sheets)} 张表,要填 {_inputs(form)} 格,没有错误"
    for sheet in form.sheets:
        kinds = Counter(one.token.word for one in form.inputs if one.sheet == sheet.name)
        listed = ",".join(f"{word} {count}" for word, count in kinds.most_common())
        formulas = len(sheet.formulas)
        more = f";公式 {formulas} 个" if formulas else ""
        yield f"  {sheet.name}:{listed or '没有要填的格'}{more}"
        yield from (f"    {_list(one)}" for one in form.lists_of(sheet.name))
        lists = {one.row: one.rows for one in form.lists_of(sheet.name)}
        rows = sum(lists.get(one.row, 1) for one in form.indicators if one.sheet == sheet.name)
        if rows:
            yield f"    指标 {rows} 行,按指标规则审核"
    shown = Counter(token.word for tokens in form.shown.values() for token in tokens)
    if shown:
        yield f"  写在文字里的:{'、'.join(shown)}"
    yield f"  勾稽关系:{len(form.checks)} 条" if form.checks else "  没有勾稽关系"
    yield from (f"  提醒:{text}" for text in _together(form.remarks))


def stands_for(form: Form) -> Iterator[str]:
    """Say what the form is known by, and what a template asks before the sheets drawn."""
    yield f"  表样名称:{form.title};版次:{form.edition}"
    for sheet in (one for one in form.sheets if one.drawing is None):
        asked = "、".join(row.label for block in sheet.blocks for row in block.rows)
        yield f"  模板在前面加一张“{sheet.name}”,填:{asked}"


def _together(remarks: Iterable[FormFault]) -> Iterator[str]:
    """Give the remarks, one line for what is said of several cells."""
    alike = dict[Said, list[FormFault]]()
    for one in remarks:
        alike.setdefault(one.said, []).append(one)
    for said, found in alike.items():
        more = f" 等 {len(found)} 格" if len(found) > 1 else ""
        yield f"{found[0].place}{more}:{said}"


def _inputs(form: OfficeForm) -> int:
    return sum(one.token.is_input for one in form.inputs)


def _list(one: OpenList) -> str:
    spare = f",画好的空行 {one.spare} 行算在内" if one.spare else ""
    first = min(one.inputs, key=lambda found: found.spot)
    return f"清单:样行 {a1(*first.spot)} 起,{len(one.inputs)} 列,共 {one.rows} 行{spare}"


def proposals(proposed: Proposed, checks: int) -> Iterator[str]:
    """Say what is proposed for a form without tokens."""
    kinds = Counter(one.word for one in proposed.cells)
    listed = ",".join(f"{word} {count}" for word, count in kinds.most_common())
    doubts = len(proposed.doubts) + sum(bool(one.doubt) for one in proposed.cells)
    yield f"提出 {len(proposed.cells)} 个标记:{listed}"
    yield f"提出勾稽关系 {checks} 条" if checks else "没有提出勾稽关系"
    if doubts:
        yield f"有 {doubts} 处要核对,列在“表样说明”里"
