"""Letters to units: who gets one, what it says, and the drafts that stay ours until edited."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import build
import openpyxl
import pytest
from drawings import Sheet, draw
from drawings import data as drawn_data
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from perfxl.disk.files import write_file
from perfxl.errors import Unreadable, WriteError
from perfxl.expr.tree import Key
from perfxl.form.model import Kind
from perfxl.form.register import Register, Unit
from perfxl.form.relations import Identity
from perfxl.forms.shipped import form_of
from perfxl.returns import records, workflow
from perfxl.returns.makers import OfficeMaker, load_maker
from perfxl.returns.output import Checked
from perfxl.returns.records import Record
from perfxl.returns.versions import versions
from perfxl.season.issue import Templates
from perfxl.season.letters.texts import MOST_LISTED, THEIRS, Letter, Occasion, addresses, letters
from perfxl.season.letters.writing import (
    Drafts,
    is_own_draft,
    mail_draft,
    outcome_lines,
    write_letters,
)
from perfxl.settings.campaign import Campaign
from perfxl.settings.folder import SeasonFolder
from perfxl.text.safe import one_line

RUBRIC = workflow.load_rubric(None)
STREET = Unit(
    "440114001", "新华街道办事处", "区政府", "王芳", "020-8688", "xh@hd.gov.cn、x2@hd.gov.cn"
)
SCHOOL = Unit("100201", "示例一中", "教育局", "", "", "school@hd.gov.cn")
LIBRARY = Unit("100202", "示例图书馆")
UNITS = (STREET, SCHOOL, LIBRARY)
DEADLINE = date(2023, 4, 28)
IN_TIME, LATE = date(2023, 4, 28), date(2023, 4, 29)
CAMPAIGN = Campaign(
    title="2022年度自评",
    year=2022,
    deadline=DEADLINE,
    office="花都区财政局",
    contact="李明",
    phone="020-1234",
    rubric=RUBRIC,
    register=Register(UNITS),
    email="czj@hd.gov.cn",
    notice="请先看通知。",
)


def template(unit: Unit) -> str:
    return f"发放/{unit.code}_{unit.name}.xlsx"


def sample(name: str, unit: Unit) -> Record:
    """Give the record of a sample as if this unit had sent it; its result stands in 结果/."""
    terms = workflow.Terms(RUBRIC)
    checked = workflow.check_file(build.HERE / name / "filled.xlsx", terms)
    checked = replace(checked, result=Path(f"结果/{unit.name}_审核结果.xlsx"))
    record = records.record_of(checked, f"回收/{unit.name}.xlsx")
    record["unit"] = unit.code
    return record


FAULTY = sample("xinhua_2022", STREET)


def unreadable(code: str, unit: Unit) -> Record:
    error = Unreadable(code, "文件已加密", "请取消打开密码后重新报送")
    checked = Checked(Path("回收/加密.xlsx"), error=error)
    record = records.record_of(checked, "回收/加密.xlsx")
    record["unit"] = unit.code
    return record


def with_findings(count: int, **changes: Any) -> Record:
    """Give the faulty record with as many 核实 findings, each the same but for `changes`."""
    finding = {
        "id": "X03", "severity": "verify", "sheet": "表1-3 收入", "cell": "D6", "cells": ["D6"],
        "message": "增加过多", "fix": "核对两栏数字。", "explained": None, "lapsed": None,
        **changes,
    }  # fmt: skip
    document = {**FAULTY["document"], "findings": [finding] * count}
    return {**FAULTY, "standing": records.TO_VERIFY, "document": document}


def due(occasion: Occasion, today: date = IN_TIME, *found: Record) -> list[Letter]:
    of_units = versions(records.entry_of(record) for record in found)
    return list(letters(occasion, CAMPAIGN, of_units, found, template, today))


# ---------------------------------------------------------------- who and what


def test_every_unit_is_invited() -> None:
    found = due(Occasion.ISSUE)
    assert [letter.unit for letter in found] == list(UNITS)
    first = found[0]
    assert first.subject == "【新华街道办事处】请填报2022年度部门整体支出绩效自评表(4月28日截止)"
    assert first.body.startswith("新华街道办事处 王芳:\n\n您好!")
    assert "最迟 2023年4月28日(星期五)发到 czj@hd.gov.cn。" in first.body
    assert "请先看通知。" in first.body
    assert first.body.endswith("有疑问请联系:李明,020-1234。谢谢!\n\n花都区财政局\n")
    assert first.to == ("xh@hd.gov.cn", "x2@hd.gov.cn")
    assert first.attachments == (template(STREET),)
    assert found[2].body.startswith("示例图书馆:\n")
    assert found[2].to == ()


def test_only_the_missing_are_reminded() -> None:
    found = due(Occasion.REMIND, IN_TIME, FAULTY)
    assert [letter.unit for letter in found] == [SCHOOL, LIBRARY]
    assert "报送期限是 2023年4月28日(星期五)" in found[0].body
    assert "过期限" not in found[0].subject + found[0].body
    late = due(Occasion.REMIND, LATE, FAULTY)[0]
    assert "(已过报送期限)" in late.subject
    assert "现在已过期限" in late.body
    assert late.attachments == (template(SCHOOL),)


def test_what_came_and_cannot_be_opened_is_asked_for_again_not_missed() -> None:
    first, second, third = due(Occasion.REMIND, IN_TIME, unreadable("damaged", SCHOOL))
    assert (first.unit, second.unit, third.unit) == (STREET, SCHOOL, LIBRARY)
    assert "(收到的文件打不开,请重新报送)" in second.subject
    assert "请这样处理:请取消打开密码后重新报送。" in second.body
    assert "还没有收到" not in second.subject + second.body
    ours = due(Occasion.REMIND, IN_TIME, unreadable("no-permission", SCHOOL))
    assert [letter.unit for letter in ours] == [STREET, LIBRARY]


def test_a_reply_tells_errors_first_and_nothing_explained() -> None:
    (letter,) = due(Occasion.RETURN, IN_TIME, FAULTY, sample("clean", SCHOOL))
    assert letter.unit is STREET
    assert letter.attachments == ("结果/新华街道办事处_审核结果.xlsx",)
    assert "有 3 处错误必须改正,另有 8 处需要改正或说明" in letter.body
    assert "最迟 2023年4月28日(星期五)发到" in letter.body
    lines = letter.body.splitlines()
    first = lines.index("必须改正的错误:") + 1
    assert lines[first].startswith(
        "1. 附件3 自评表 G22:收入总计(按决算报表填列)·决算数 填报 43,717.66"
    )
    assert lines[first + 1].startswith("   怎么改:逐行核对")
    assert "   怎么改:同第 2 条。" in lines
    assert lines[lines.index("需要改正或说明的:") + 1].startswith("4. ")
    assert "重要节日慰问人次" not in letter.body  # explained in the return
    assert "尽快发到" in due(Occasion.RETURN, LATE, FAULTY)[0].body


@pytest.mark.parametrize(
    ("rule", "message", "line"),
    [
        ("X03", "增加过多", "1. 表1-3 收入 D6:增加过多。"),
        ("W18", "表1-3 收入第 6 行被隐藏", "1. D6:表1-3 收入第 6 行被隐藏。"),
        ("W04", "表1-3 收入“其他收入”这一行不见了", "1. 表1-3 收入“其他收入”这一行不见了。"),
    ],
)
def test_a_finding_names_its_sheet_once_and_no_cell_of_what_is_gone(
    rule: str, message: str, line: str
) -> None:
    (letter,) = due(Occasion.RETURN, IN_TIME, with_findings(1, id=rule, message=message))
    assert line in letter.body.splitlines()


def test_only_so_many_findings_are_told() -> None:
    (whole,) = due(Occasion.RETURN, IN_TIME, with_findings(MOST_LISTED))
    assert f"\n{MOST_LISTED}. " in whole.body
    assert "其余" not in whole.body
    (cut,) = due(Occasion.RETURN, IN_TIME, with_findings(MOST_LISTED + 1))
    assert "其余 1 处,请看附件的“审核结果”表。" in cut.body
    assert "没有错误,有 16 处需要改正或说明" in cut.body
    assert "请核实后重新报送" in cut.subject


def test_a_finding_of_several_cells_names_no_single_one() -> None:
    found = with_findings(1, cells=["D6", "D7"], lapsed="说明只写了“暂无”,请写明原因")
    (letter,) = due(Occasion.RETURN, IN_TIME, found)
    assert "1. 增加过多(说明只写了“暂无”,请写明原因)。\n" in letter.body


@pytest.mark.parametrize("code", sorted(THEIRS))
def test_what_cannot_be_read_is_told_with_the_remedy(code: str) -> None:
    (letter,) = due(Occasion.RETURN, IN_TIME, unreadable(code, SCHOOL))
    assert "报来的文件“加密.xlsx”无法审核:文件已加密。" in letter.body
    assert "请这样处理:请取消打开密码后重新报送。" in letter.body
    assert letter.attachments == (template(SCHOOL),)


@pytest.mark.parametrize("filled", [None, "income.general.initial", "income.general.final"])
def test_a_blank_template_sent_back_is_told_in_a_sentence(filled: str | None) -> None:
    """What was prefilled, or says whose it is, fills in nothing."""
    prefill = {Key.parse("income.general.initial"): Decimal("12.50")}
    campaign = replace(CAMPAIGN, prefilled={SCHOOL.code: prefill})
    typed = {Key.parse(filled): Decimal(3)} if filled else {}
    sent = replace(campaign, prefilled={SCHOOL.code: {**prefill, **typed}})
    data = Templates(sent).data(SCHOOL)
    checked = workflow.check_bytes(Path("a.xlsx"), data, workflow.Terms(RUBRIC))
    record = records.record_of(checked, "a.xlsx", register=CAMPAIGN.register)
    of_units = versions([records.entry_of(record)])
    (letter,) = letters(Occasion.RETURN, campaign, of_units, [record], template, IN_TIME)
    assert ("是空白表,没有填写。" in letter.body) is (filled is None)
    assert ("必须改正的错误" in letter.body) is (filled is not None)
    if filled is None:
        assert letter.attachments == (template(SCHOOL),)


@pytest.mark.parametrize("amount", [None, Decimal(3)])
def test_a_drawn_form_is_blank_until_a_cell_beside_the_name_is_filled(
    amount: Decimal | None,
) -> None:
    maker = load_maker(Path("project-2020"))
    campaign = replace(CAMPAIGN, maker=maker)
    form = campaign.form
    (name,) = (who.name for who in form.of(Identity))
    money = next(key for key, item in form.inputs() if item.kind is Kind.AMOUNT)
    assert money.block == name.block
    typed = {SCHOOL.code: {money: amount}} if amount else {}
    data = Templates(replace(campaign, prefilled=typed)).data(SCHOOL)
    checked = workflow.check_bytes(Path("a.xlsx"), data, workflow.Terms(RUBRIC, 2022, maker=maker))
    record = records.record_of(checked, "a.xlsx", register=CAMPAIGN.register)
    of_units = versions([records.entry_of(record)])
    (letter,) = letters(Occasion.RETURN, campaign, of_units, [record], template, IN_TIME)
    assert ("是空白表,没有填写。" in letter.body) is (amount is None)


@pytest.mark.parametrize(
    ("unit", "said"), [("元", "2. 金额的单位是元;"), ("", "2. 填完看一下")], ids=["in 元", "none"]
)
def test_a_letter_says_what_the_amounts_of_the_form_are_in(unit: str, said: str) -> None:
    """Where a form asks for none, nothing is said of money."""
    token = f"【金额:{unit}】" if unit else "【文字】"
    sheet = Sheet("表", f"情况表|<\n单位名称|【单位名称】\n项目|内容\n甲|{token}")
    campaign = replace(CAMPAIGN, maker=OfficeMaker(drawn_data(draw((sheet,)))))
    (letter, *_) = letters(Occasion.ISSUE, campaign, versions([]), [], template, IN_TIME)
    assert said in letter.body


def test_a_fault_of_ours_asks_nothing_of_the_unit() -> None:
    assert due(Occasion.RETURN, IN_TIME, unreadable("no-permission", SCHOOL)) == []


def test_only_the_return_that_counts_is_answered() -> None:
    later = sample("clean", STREET)
    later["source"], later["saved"] = "回收/更正.xlsx", "2023-04-20T00:00:00Z"
    assert due(Occasion.RETURN, IN_TIME, FAULTY, later) == []


def test_an_office_without_contact_or_address() -> None:
    bare = replace(CAMPAIGN, contact="", phone="", email="无", notice="")
    letter = next(letters(Occasion.ISSUE, bare, versions(()), (), template, IN_TIME))
    assert "发回给我们。" in letter.body
    assert letter.body.endswith("\n\n谢谢!\n\n花都区财政局\n")
    assert "\n\n\n" not in letter.body


# ---------------------------------------------------------------- texts of others


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a@b.cn", ["a@b.cn"]),
        ("a@b.cn;c@d.gov.cn、a@b.cn", ["a@b.cn", "c@d.gov.cn"]),
        ("ａ＠ｂ．ｃｎ", ["a@b.cn"]),
        ("a@b.cn\r\nBcc: x@y.cn", ["a@b.cn", "x@y.cn"]),
        ("王芳<a@b.cn>", ["a@b.cn"]),
        ("a@b", []),
        ("电话 020-1234", []),
        ("", []),
    ],
)
def test_addresses(text: str, found: list[str]) -> None:
    assert list(addresses(text)) == found


HOSTILE = st.text(st.characters() | st.sampled_from("\r\n\0\u202e\u2028:=?<>@;,"), max_size=60)


@given(HOSTILE)
def test_one_line_is_one_line(text: str) -> None:
    line = one_line(text)
    assert line.splitlines() in ([], [line])
    assert all(char.isprintable() or not char.isascii() for char in line)
    line.encode("utf-8")


@given(HOSTILE, HOSTILE, HOSTILE, HOSTILE)
def test_a_hostile_register_injects_nothing(name: str, contact: str, to: str, file: str) -> None:
    unit = Unit("1", name, contact=contact, email=to)
    campaign = replace(CAMPAIGN, register=Register((unit,)), notice=name, office=contact)
    letter = next(letters(Occasion.ISSUE, campaign, versions(()), (), template, IN_TIME))
    data = mail_draft(letter, addresses(to), [(f"{file}.xlsx", b"\0\r\n--=_perfxl--\r\n")])
    found = parsed(data)
    allowed = {"X-Perfxl", "Content-Type", "MIME-Version", "X-Unsent", "From", "To", "Subject"}
    assert set(found.keys()) <= allowed
    assert found["Subject"] == letter.subject
    assert max(map(len, data.split(b"\r\n"))) <= 998
    assert [part.get_content() for part in found.iter_attachments()] == [b"\0\r\n--=_perfxl--\r\n"]
    assert is_own_draft(data)


# ---------------------------------------------------------------- drafts


def parsed(data: bytes) -> EmailMessage:
    found = email.message_from_bytes(data, policy=email.policy.default)
    assert isinstance(found, EmailMessage)
    assert not found.defects
    return found


@pytest.fixture
def season(tmp_path: Path) -> SeasonFolder:
    folder = SeasonFolder(tmp_path)
    for place in (folder.issued, folder.results):
        place.mkdir()
    for unit in UNITS:
        (tmp_path / template(unit)).write_bytes(f"模板 {unit.code}".encode())
        (folder.results / f"{unit.name}_审核结果.xlsx").write_bytes(f"结果 {unit.code}".encode())
    return folder


def write(
    season: SeasonFolder, occasion: Occasion, *found: Record, campaign: Campaign = CAMPAIGN
) -> Drafts:
    def of(sources: Iterable[str]) -> list[Record]:
        return [record for record in found if record["source"] in sources]

    entries = [records.entry_of(record) for record in found]
    return write_letters(season, campaign, occasion, entries, of, template, IN_TIME)


def test_a_draft_opens_unsent_with_its_attachment(season: SeasonFolder) -> None:
    drafts = write(season, Occasion.ISSUE)
    assert len(drafts.written) == 3
    path = season.letters / "发放" / "440114001_新华街道办事处.eml"
    found = parsed(path.read_bytes())
    assert found["X-Unsent"] == "1"
    assert found["From"] == "czj@hd.gov.cn"
    assert found["To"] == "xh@hd.gov.cn, x2@hd.gov.cn"
    assert found["Date"] is None
    assert found["Subject"].startswith("【新华街道办事处】请填报2022年度")
    body = found.get_body(("plain",))
    assert body is not None
    assert body.get_content().replace("\r\n", "\n") == due(Occasion.ISSUE)[0].body
    (attached,) = found.iter_attachments()
    assert attached.get_filename() == "440114001_新华街道办事处.xlsx"
    assert attached["Content-Type"].params["name"] == "440114001_新华街道办事处.xlsx"
    assert attached.get_content() == "模板 440114001".encode()
    raw = path.read_bytes()
    assert raw.isascii()
    assert raw.count(b"\n") == raw.count(b"\r\n")
    assert b"filename*=UTF-8''440114001_%E6%96%B0" in raw


def test_a_unit_without_address_is_told(season: SeasonFolder) -> None:
    drafts = write(season, Occasion.ISSUE)
    assert parsed((season.letters / "发放" / "100202_示例图书馆.eml").read_bytes())["To"] is None
    lines = "\n".join(outcome_lines(drafts))
    assert "3 封邮件草稿" in lines
    assert "  示例图书馆:没有邮箱" in lines


def test_a_second_run_writes_nothing(season: SeasonFolder) -> None:
    first = write(season, Occasion.ISSUE)
    before = {path: path.stat().st_mtime_ns for path in season.letters.rglob("*.*")}
    again = write(season, Occasion.ISSUE)
    assert (again.written, again.unchanged) == ([], first.written)
    assert {path: path.stat().st_mtime_ns for path in season.letters.rglob("*.*")} == before


def test_an_edited_draft_is_never_overwritten(season: SeasonFolder) -> None:
    target = write(season, Occasion.ISSUE).written[0]
    edited = target.read_bytes().replace(b"X-Unsent: 1", b"X-Unsent: 0")
    target.write_bytes(edited)
    drafts = write(season, Occasion.ISSUE, campaign=replace(CAMPAIGN, phone="110"))
    assert target.read_bytes() == edited
    assert drafts.edited == [target]
    assert len(drafts.written) == 2
    assert f"  {target.name}:有人改过,没有覆盖" in "\n".join(outcome_lines(drafts))


def test_drafts_no_longer_due_go_unless_edited(season: SeasonFolder) -> None:
    written = write(season, Occasion.REMIND).written
    assert [path.name[:6] for path in written] == ["440114", "100201", "100202"]
    written[1].write_bytes(b"mine")
    answered = [sample("clean", SCHOOL), FAULTY]
    drafts = write(season, Occasion.REMIND, *answered)
    assert (drafts.removed, drafts.stale) == ([written[0]], [written[1]])
    assert (written[0].exists(), written[1].read_bytes()) == (False, b"mine")
    assert drafts.unchanged == [written[2]]


def test_the_draft_of_a_renamed_unit_is_told_as_such(season: SeasonFolder) -> None:
    (old,) = (p for p in write(season, Occasion.ISSUE).written if "示例一中" in p.name)
    renamed = replace(SCHOOL, name="示例第一中学")
    (season.root / template(renamed)).write_bytes(b"x")
    now = replace(CAMPAIGN, register=Register((STREET, renamed, LIBRARY)))
    drafts = write(season, Occasion.ISSUE, campaign=now)
    assert (drafts.removed, drafts.renamed) == ([], [old])
    assert f"  {old.name}:单位改名,旧草稿已移走,新草稿已写" in list(outcome_lines(drafts))


def test_another_workbook_of_ours_is_not_taken_for_the_texts(season: SeasonFolder) -> None:
    blank = workflow.template_bytes(form_of(RUBRIC))
    season.letters.mkdir()
    (season.letters / "发放_文字.xlsx").write_bytes(blank)
    assert write(season, Occasion.ISSUE).texts == season.letters / "发放_文字_2.xlsx"
    assert (season.letters / "发放_文字.xlsx").read_bytes() == blank


def test_nothing_due_leaves_nothing(season: SeasonFolder) -> None:
    assert write(season, Occasion.RETURN, FAULTY).texts
    drafts = write(season, Occasion.RETURN, sample("clean", STREET))
    assert list(season.letters.rglob("*.*")) == []
    assert next(outcome_lines(drafts)) == "退回修改:没有要发的邮件。"


def test_what_cannot_go_with_a_letter_is_told(season: SeasonFolder) -> None:
    (season.root / template(SCHOOL)).unlink()
    drafts = write(season, Occasion.ISSUE)
    assert len(drafts.written) == 2
    assert "  示例一中:发放/ 里没有模板" in "\n".join(outcome_lines(drafts))
    (season.results / "新华街道办事处_审核结果.xlsx").unlink()
    drafts = write(season, Occasion.RETURN, FAULTY)
    assert drafts.written == []
    assert list(outcome_lines(drafts)) == [
        "  新华街道办事处:找不到审核结果,没有写草稿,请先运行 perfxl check 回收"
    ]


def test_units_of_one_name_get_a_draft_each(season: SeasonFolder) -> None:
    twins = Register((Unit("1", "甲/乙"), Unit("1", "甲:乙")))
    for name in ("1_甲/乙", "1_甲:乙"):
        (season.issued / f"{name}.xlsx").parent.mkdir(exist_ok=True)
        (season.issued / f"{name}.xlsx").write_bytes(b"x")
    drafts = write(season, Occasion.ISSUE, campaign=replace(CAMPAIGN, register=twins))
    assert [path.name for path in drafts.written] == ["1_甲_乙.eml", "1_甲_乙_2.eml"]


def test_files_of_nobody_are_told(season: SeasonFolder) -> None:
    """Also of those that can be read: whose they are decides who is reminded."""
    strays = [sample("clean", SCHOOL), unreadable("damaged", SCHOOL)]
    for stray in strays:
        stray["unit"] = None
    lines = "\n".join(outcome_lines(write(season, Occasion.REMIND, *strays)))
    assert "  回收/加密.xlsx、回收/示例一中.xlsx:认不出是哪个单位的" in lines
    assert "可能就是要催的单位" in lines
    lines = "\n".join(outcome_lines(write(season, Occasion.RETURN, *strays)))
    assert "  回收/加密.xlsx、回收/示例一中.xlsx:认不出是哪个单位的" in lines
    assert "可能就是要催的单位" not in lines
    assert "认不出" not in "\n".join(outcome_lines(write(season, Occasion.ISSUE, *strays)))


def test_what_cannot_be_opened_by_a_fault_of_ours_is_told_us(season: SeasonFolder) -> None:
    for occasion in (Occasion.REMIND, Occasion.RETURN):
        lines = "\n".join(
            outcome_lines(write(season, occasion, unreadable("no-permission", SCHOOL)))
        )
        assert "  回收/加密.xlsx:已收到,打不开,但不是单位的原因,没有写信" in lines
        lines = "\n".join(outcome_lines(write(season, occasion, unreadable("damaged", SCHOOL))))
        assert "不是单位的原因" not in lines


def test_the_texts_as_a_workbook(season: SeasonFolder) -> None:
    drafts = write(season, Occasion.ISSUE)
    assert drafts.texts == season.letters / "发放_文字.xlsx"
    sheet = openpyxl.load_workbook(drafts.texts)["文字"]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    head = next(row for row in rows if "单位代码" in row)
    first = dict(zip(head, rows[rows.index(head) + 1], strict=True))
    letter = due(Occasion.ISSUE)[0]
    assert first["单位代码"] == "440114001"
    assert (first["主题"], first["正文"]) == (letter.subject, letter.body.rstrip())
    assert first["邮箱"] == "xh@hd.gov.cn\nx2@hd.gov.cn"
    body = next(c for row in sheet.iter_rows() for c in row if c.value == first["正文"])
    assert not body.protection.locked  # can be opened, and its text selected


def test_edited_texts_stay(season: SeasonFolder) -> None:
    first = write(season, Occasion.ISSUE).texts
    assert first is not None
    book = openpyxl.load_workbook(first)
    book.save(first)
    mine = first.read_bytes()
    for _ in range(2):
        assert write(season, Occasion.ISSUE).texts == first.with_name("发放_文字_2.xlsx")
    assert first.read_bytes() == mine
    assert len(list(season.letters.glob("*.xlsx"))) == 2


def test_what_cannot_be_written_is_told(
    season: SeasonFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails_once(target: Path, data: bytes) -> Path:
        if target.name.startswith("440114001"):
            raise WriteError("not-writable", f"不能写入 {target}", "检查磁盘空间")
        return write_file(target, data)

    monkeypatch.setattr("perfxl.season.letters.writing.write_file", fails_once)
    drafts = write(season, Occasion.ISSUE)
    assert (drafts.exit_code, len(drafts.written)) == (4, 2)
    assert "没有写出:不能写入" in "\n".join(outcome_lines(drafts))
