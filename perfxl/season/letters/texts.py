"""What an office writes to its units, and to whom: 发放, 催报, 退回修改.

Letters are texts, the same for a mail and for pasting into a chat: no word in them depends on the
way they are sent, and none on the day except whether the deadline has passed. What units and
clerks typed goes in as plain text, one line of it, and never too long.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from msgspec import Struct

from perfxl.check.findings import cell_before
from perfxl.check.rule import Severity
from perfxl.expr.tree import Key
from perfxl.form.answers import Address
from perfxl.form.model import Form
from perfxl.form.register import Unit
from perfxl.returns.records import PASSED, TO_CORRECT, UNREADABLE, Record
from perfxl.returns.versions import Versions
from perfxl.returns.workflow import identity_of
from perfxl.rules.workbook import RULES, W01
from perfxl.settings.campaign import Campaign
from perfxl.text.dates import day_text
from perfxl.text.emails import is_mailbox, mailboxes
from perfxl.text.safe import clipped, one_line

MOST_LISTED = 15  # findings told in a letter, the rest is in the workbook that goes with it
LONGEST_PIECE, LONGEST_MESSAGE, LONGEST_NOTICE = 80, 260, 2000
OF_GONE = {rule.id for rule in RULES if rule.of_gone}  # they name no cell
WEEKDAYS = "一二三四五六日"
# why a file cannot be read that only its sender can mend; a full disk of ours is no such reason
THEIRS = frozenset(
    {"empty", "encrypted", "not-a-workbook", "damaged", "too-large", "no-sheets", W01.name}
)

Template = Callable[[Unit], str]


class Occasion(StrEnum):
    """What a letter is for."""

    ISSUE = "发放"
    REMIND = "催报"
    RETURN = "退回修改"


class Letter(Struct, frozen=True):
    """One letter to one unit; `attachments` are paths from the season's folder, with slashes."""

    unit: Unit
    subject: str
    body: str
    attachments: tuple[str, ...]

    @property
    def to(self) -> tuple[str, ...]:
        """The unit's addresses, none where it has no valid one."""
        return addresses(self.unit.email)


def letters(
    occasion: Occasion,
    campaign: Campaign,
    versions: Versions,
    records: Iterable[Record],
    template: Template,
    today: date,
) -> Iterator[Letter]:
    """Give the letters due on an occasion, in the order of the register.

    `template` names the file issued to a unit; `records` need only be those that count.
    """
    match occasion:
        case Occasion.ISSUE:
            yield from invitations(campaign, template)
        case Occasion.REMIND:
            yield from reminders(campaign, versions, records, template, today)
        case Occasion.RETURN:
            yield from replies(campaign, versions, records, template, today)


# ---------------------------------------------------------------- 发放


def invitations(campaign: Campaign, template: Template) -> Iterator[Letter]:
    """Give the letter to each unit that its form goes out with."""
    for unit in campaign.register.units:
        yield _letter(
            campaign,
            unit,
            f"请填报{_what(campaign)}({_day(campaign.deadline)}截止)",
            f"您好!请填写附件里的{_what(campaign)},"
            f"最迟 {_full_day(campaign.deadline)}{_send(campaign)}。",
            _how_to_fill(campaign.form),
            _notice(campaign),
            attachments=(template(unit),),
        )


HOW_TO_FILL = (
    "请在电脑上用 Excel 或 WPS 打开附件,只填浅黄色的格子。",
    "金额的单位是{money};没有发生额的填 0,不要留空。",
    "填完看一下“校验”表:“不通过”的请改正,“待填”的请补上。",
    "请不要删除行、列和工作表,也不要换成别的表格。",
)


def _how_to_fill(form: Form) -> str:
    money = "、".join(form.money_units)
    steps = (step.format(money=money) for step in HOW_TO_FILL if money or "{" not in step)
    numbered = (f"{number}. {step}" for number, step in enumerate(steps, 1))
    return "\n".join(("填的时候请注意:", *numbered))


# ---------------------------------------------------------------- 催报


def reminders(
    campaign: Campaign,
    versions: Versions,
    records: Iterable[Record],
    template: Template,
    today: date,
) -> Iterator[Letter]:
    """Give a letter to each unit that nothing has come from, or nothing that can be opened."""
    unread = {one["source"]: one for one in records if _is_theirs(one)}
    for unit, found in versions.of_each(campaign.register.units):
        if not found:
            yield _missed(campaign, unit, template, today)
        elif found[0].source in unread:
            record = unread[found[0].source]
            subject = f"催报:{_what(campaign)}(收到的文件打不开,请重新报送)"
            yield _unread(campaign, unit, subject, record, template, today)


def _missed(campaign: Campaign, unit: Unit, template: Template, today: date) -> Letter:
    overdue = today > campaign.deadline
    state = "已过报送期限" if overdue else f"{_day(campaign.deadline)}截止"
    return _letter(
        campaign,
        unit,
        f"催报:{_what(campaign)}({state})",
        _reminder(campaign, overdue),
        "如果贵单位已经发过,可能是没有送到,请再发一次,或者告诉我们一声。",
        "附件是发给贵单位的空白表。已经在填的,接着填原来那一份就可以。",
        _notice(campaign),
        attachments=(template(unit),),
    )


def _reminder(campaign: Campaign, overdue: bool) -> str:
    what, last = _what(campaign), _full_day(campaign.deadline)
    if overdue:
        return (
            f"您好!{what}应在 {last}以前报送,现在已过期限,我们还没有收到贵单位的表。"
            f"请尽快填好,{_send(campaign)}。"
        )
    return (
        f"您好!我们还没有收到贵单位的{what}。报送期限是 {last},请抓紧填写,按时{_send(campaign)}。"
    )


# ---------------------------------------------------------------- 退回修改


def replies(
    campaign: Campaign,
    versions: Versions,
    records: Iterable[Record],
    template: Template,
    today: date,
) -> Iterator[Letter]:
    """Give a letter to each unit whose counting return has to be corrected, explained or sent anew.

    What a fault of ours kept from being read asks nothing of the unit: it gets no letter.
    """
    each = versions.of_each(campaign.register.units)
    units = {found[0].source: unit for unit, found in each if found}
    due: dict[str, Letter] = {}
    for record in records:
        source = record["source"]
        unit = units.get(source)
        if unit is None or record["standing"] == PASSED:
            continue
        if _is_theirs(record):
            subject = f"请重新报送:{_what(campaign)}(收到的文件无法审核)"
            due[source] = _unread(campaign, unit, subject, record, template, today)
        elif record["standing"] != UNREADABLE:
            filled = any(_filled_in(record, campaign, unit))
            due[source] = (
                _returned(campaign, unit, record, today)
                if filled
                else _blank(campaign, unit, template, today)
            )
    return (due[source] for source in units if source in due)


def _is_theirs(record: Record) -> bool:
    """Whether this is a file that cannot be read and only its sender can mend."""
    return record["standing"] == UNREADABLE and record["document"]["error"]["code"] in THEIRS


def _filled_in(record: Record, campaign: Campaign, unit: Unit) -> Iterator[str]:
    """Give the cells that hold neither who the unit is, nor what was prefilled, nor a formula."""
    form, identity = campaign.form, identity_of(campaign.form, unit)
    issued = {str(key): raw for key, raw in campaign.prefill(unit).items()}
    for fact in record["facts"]:
        key, raw = Key.parse(fact["key"]), issued.get(fact["key"])
        item = form.items.get(key)
        computed = item is not None and not item.is_input
        same = fact["value"] == (f"{raw.normalize():f}" if isinstance(raw, Decimal) else raw)
        if not (computed or same or key in identity):
            yield fact["key"]


def _blank(campaign: Campaign, unit: Unit, template: Template, today: date) -> Letter:
    return _letter(
        campaign,
        unit,
        f"请填好后重新报送:{_what(campaign)}(交回来的是空白表)",
        f"您好!贵单位交回来的{_what(campaign)}是空白表,没有填写。"
        f"请填好,{_until(campaign, today)}{_send(campaign)}。",
        _how_to_fill(campaign.form),
        attachments=(template(unit),),
    )


def _returned(campaign: Campaign, unit: Unit, record: Record, today: date) -> Letter:
    faulty = record["standing"] == TO_CORRECT
    ask = "请修改后重新报送" if faulty else "请核实后重新报送"
    errors, doubts = _to_mend(record["document"]["findings"])
    result = record["document"]["result"] or ""
    return _letter(
        campaign,
        unit,
        f"{ask}:{_what(campaign, record)}",
        f"您好!贵单位的{_what(campaign, record)}已经审核:{_found(len(errors), len(doubts))}。"
        f"请改好,{_until(campaign, today)}{_send(campaign)}。",
        HOW_TO_ANSWER.format(mend=MEND_ERRORS if faulty else MEND_DOUBTS),
        *_listed(errors, doubts),
        attachments=(result,),
    )


HOW_TO_ANSWER = """怎样改:
1. 附件“审核结果”就是贵单位报来的表,有问题的格子标了颜色。请直接在里面改,不用重新填一份。
2. {mend}
3. 改完保存,把这个文件发回来。"""
MEND_ERRORS = "“错误”必须改正。“核实”的也请改正;数字确实没有错的,在“审核结果”表的“说明”栏写明原因。"
MEND_DOUBTS = "数字确实没有错的,不用改,在“审核结果”表的“说明”栏写明原因。"


def _found(errors: int, doubts: int) -> str:
    if not errors:
        return f"没有错误,有 {doubts} 处需要改正或说明"
    return f"有 {errors} 处错误必须改正" + (f",另有 {doubts} 处需要改正或说明" if doubts else "")


def _to_mend(
    findings: Iterable[Mapping[str, Any]],
) -> tuple[list[Mapping[str, Any]], list[Mapping[str, Any]]]:
    """Give the errors, and what is to be verified and has not been explained."""
    kept = [finding for finding in findings if not finding["explained"]]
    errors, doubts = (
        [finding for finding in kept if finding["severity"] == severity]
        for severity in (Severity.ERROR, Severity.VERIFY)
    )
    return errors, doubts


def _listed(
    errors: Sequence[Mapping[str, Any]], doubts: Sequence[Mapping[str, Any]]
) -> Iterator[str]:
    """Give the findings in words, errors first, numbered through."""
    fixes: dict[str, int] = {}
    number = 0
    for title, findings in (("必须改正的错误:", errors), ("需要改正或说明的:", doubts)):
        lines = [title]
        for finding in findings[: MOST_LISTED - number]:
            number += 1
            lines.append(_numbered(number, finding, fixes))
        if len(lines) > 1:
            yield "\n".join(lines)
    rest = len(errors) + len(doubts) - number
    if rest:
        yield f"其余 {rest} 处,请看附件的“审核结果”表。"


def _numbered(number: int, finding: Mapping[str, Any], fixes: dict[str, int]) -> str:
    """Give a finding as a numbered line; how to mend it is said once, then referred to."""
    alone = finding["cell"] and len(finding["cells"]) == 1 and finding["id"] not in OF_GONE
    cell = Address(finding["sheet"], finding["cell"]) if alone else None
    place = f"{cell_before(cell, finding['message'])}:" if cell else ""
    lapsed = f"({finding['lapsed']})" if finding["lapsed"] else ""
    message = clipped(f"{place}{finding['message']}{lapsed}", LONGEST_MESSAGE)
    first = fixes.setdefault(finding["fix"], number)
    fix = finding["fix"].rstrip("。") if first == number else f"同第 {first} 条"
    return f"{number}. {message.rstrip('。')}。\n   怎么改:{fix}。"


def _unread(
    campaign: Campaign,
    unit: Unit,
    subject: str,
    record: Record,
    template: Template,
    today: date,
) -> Letter:
    error = record["document"]["error"]
    name = clipped(record["source"].replace("\\", "/").rpartition("/")[2], LONGEST_PIECE)
    reason, remedy = (
        clipped(error[part].rstrip("。"), LONGEST_MESSAGE) for part in ("message", "fix")
    )
    return _letter(
        campaign,
        unit,
        subject,
        f"您好!贵单位报来的文件“{name}”无法审核:{reason}。",
        f"请这样处理:{remedy}。处理好,{_until(campaign, today)}{_send(campaign)}。",
        "附件是发给贵单位的空白表,需要时可以用它重新填写。",
        attachments=(template(unit),),
    )


# ---------------------------------------------------------------- words


def _letter(
    campaign: Campaign, unit: Unit, subject: str, *paragraphs: str, attachments: tuple[str, ...]
) -> Letter:
    name, contact, office = (
        clipped(text, LONGEST_PIECE)
        for text in (unit.name or unit.code, unit.contact, campaign.office)
    )
    whole = (f"{name} {contact}".rstrip() + ":", *paragraphs, _ask(campaign), office)
    body = "\n\n".join(filter(None, whole)) + "\n"
    return Letter(unit, f"【{name}】{subject}", body, attachments)


def _ask(campaign: Campaign) -> str:
    parts = (clipped(text, LONGEST_PIECE) for text in (campaign.contact, campaign.phone))
    whom = ",".join(filter(None, parts))
    return f"有疑问请联系:{whom}。谢谢!" if whom else "谢谢!"


def _notice(campaign: Campaign) -> str:
    lines = map(one_line, campaign.notice[:LONGEST_NOTICE].splitlines())
    return "\n".join(filter(None, lines))


def _what(campaign: Campaign, record: Record | None = None) -> str:
    """Give what a form is called in letters, with the project that a return is of."""
    project = f"({clipped(one, LONGEST_PIECE)})" if record and (one := record["project"]) else ""
    return f"{campaign.year}年度{campaign.form.title}{project}"


def _send(campaign: Campaign) -> str:
    """Say where a return goes: the first address of the office, else back the way it came."""
    to = addresses(campaign.email)
    return f"发到 {to[0]}" if to else "发回给我们"


def _until(campaign: Campaign, today: date) -> str:
    return "尽快" if today > campaign.deadline else f"最迟 {_full_day(campaign.deadline)}"


def _day(day: date) -> str:
    return f"{day.month}月{day.day}日"


def _full_day(day: date) -> str:
    return f"{day_text(day)}(星期{WEEKDAYS[day.weekday()]})"


# ---------------------------------------------------------------- texts of others


def addresses(text: str) -> tuple[str, ...]:
    """Give the e-mail addresses in a text, each once; what is none for certain is left out."""
    return tuple(filter(is_mailbox, mailboxes(text)))
