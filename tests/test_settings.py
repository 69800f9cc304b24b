"""A season's settings: made, filled in by a clerk, read back; every fault with sheet and cell."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from clerk import SOUND, TERMS, cell, fill, fill_file, units
from examples import outcome
from libreoffice import needs_libreoffice, recalculated
from msgspec.structs import replace

from perfxl.check.judging import check
from perfxl.check.rule import Rule
from perfxl.disk import resources
from perfxl.errors import SettingsError, Unreadable, UsageError, WriteError
from perfxl.expr.tree import PASSES, Key
from perfxl.form.answers import Cell, Submission, Values, read_answers
from perfxl.form.identity import Issued
from perfxl.form.raw import Raw
from perfxl.form.register import Register, Unit
from perfxl.forms.shipped import form_of
from perfxl.returns import workflow
from perfxl.rubric.sheet import BLOCKS
from perfxl.rules.workbook import W12
from perfxl.settings import rules as settings_rules
from perfxl.settings.campaign import Campaign
from perfxl.settings.folder import SETTINGS_NAME, SeasonFolder, season_of
from perfxl.settings.sheets import money_lines, settings_form
from perfxl.settings.workbook import (
    GUIDE_NAME,
    new_season,
    open_campaign,
    read_settings,
    settings_bytes,
)
from perfxl.text.emails import is_mailbox, mailboxes

RUBRIC = workflow.load_rubric(None)
TODAY = date(2023, 2, 20)
GIVEN = workflow.terms_of(workflow.NOTHING, TODAY)
D = Decimal


@cache
def blank() -> bytes:
    return settings_bytes(RUBRIC)


@cache
def sound() -> bytes:
    return fill(blank(), SOUND)


def campaign(**changed: object) -> Campaign:
    return read_settings(fill(sound(), _keyed(changed)))


def faults(**changed: object) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as refused:
        campaign(**changed)
    return refused.value.faults


def _keyed(changed: dict[str, object]) -> dict[str, object]:
    return {key.replace("__", "."): value for key, value in changed.items()}


# ---------------------------------------------------------------- the rules


@pytest.mark.parametrize("rule", settings_rules.OWN, ids=lambda rule: rule.id)
def test_record_is_whole(rule: Rule) -> None:
    assert (rule.cases is None) != (rule.inspect is None)
    texts = (rule.title, rule.when, rule.message, rule.why, rule.fix, rule.source)
    assert all(re.search(r"[\u4e00-\u9fff]", text) for text in texts)
    assert all(text.endswith("。") for text in (rule.when, rule.why, rule.fix))


@pytest.mark.parametrize("rule", settings_rules.OWN, ids=lambda rule: rule.id)
def test_examples(rule: Rule) -> None:
    found, values = outcome(rule, rule.good)
    assert found.findings == ()
    if rule.live:
        assert PASSES in [values.text(verdict) for verdict, *_ in values.form.cases]
    found, _ = outcome(rule, rule.bad)
    (hit,) = found.findings
    assert Key.parse(rule.bad.at) in hit.keys
    assert "{" not in hit.message
    assert "None" not in hit.message


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a@b.cn", ["a@b.cn"]),
        (" a@b.cn ; c.d-e@f.gov.cn;", ["a@b.cn", "c.d-e@f.gov.cn"]),
        (
            "a@b.cn；c@d.cn、e@f.cn，g@h.cn,i@j.cn",
            ["a@b.cn", "c@d.cn", "e@f.cn", "g@h.cn", "i@j.cn"],
        ),
        ("a@b.cn\nc@d.cn　e@f.cn", ["a@b.cn", "c@d.cn", "e@f.cn"]),
        ("ａ＠ｂ．ｃｎ", ["a@b.cn"]),
        ("张 三<a@b.cn>, 李四 <c@d.cn>", ["a@b.cn", "c@d.cn"]),
        ("a@b.cn;a@b.cn", ["a@b.cn"]),
        ("无", []),
        (" / ", []),
        ("-", []),
        ("——", []),
    ],
)
def test_mailboxes(text: str, expected: list[str]) -> None:
    assert mailboxes(text) == expected
    assert all(map(is_mailbox, expected))


@pytest.mark.parametrize(
    "text", ["a", "a@b", "@b.cn", "a@b.c", "a@@b.cn", "a@b..cn", ".a@b.cn", "a@-b.cn", "张@b.cn"]
)
def test_no_mailbox(text: str) -> None:
    assert mailboxes(text) == [text]
    assert not is_mailbox(text)


# ---------------------------------------------------------------- what sound settings say


def test_what_a_clerk_filled_in_is_what_is_read() -> None:
    read = campaign(
        campaign__notice="一、按时报送。\n二、盖章。",
        units__001__department="示例区教育局",
        units__001__contact="李四",
        units__001__phone="020-1",
    )
    assert read.title == "2022 年度自评"
    assert (read.year, read.deadline) == (2022, date(2023, 4, 30))
    assert (read.office, read.contact, read.phone) == ("示例区财政局", "张三", "020-12345678")
    assert (read.email, read.notice) == ("czj@example.gov.cn", "一、按时报送。\n二、盖章。")
    assert read.rubric == RUBRIC
    assert read.register.units[0] == Unit(
        "100201", "示例一中", "示例区教育局", "李四", "020-1", "100201@example.com"
    )
    assert [unit.name for unit in read.register.units] == ["示例一中", "示例二中", "示例三中"]
    assert read.prefilled == {}
    assert read.remarks == ()


@pytest.mark.parametrize(
    "deadline",
    [
        date(2023, 4, 30), datetime.fromisoformat("2023-04-30T18:00"), 45046, "2023年4月30日",
        "2023-04-30", "２０２３.4.30", "2023年4月底", "2023 年 4 月 30 日前",
    ],
)  # fmt: skip
def test_deadline_however_it_is_written(deadline: object) -> None:
    assert campaign(campaign__deadline=deadline).deadline == date(2023, 4, 30)


def test_prefilled_cells_are_keys_of_the_form() -> None:
    read = campaign(
        amounts__001__code="0100-201",
        amounts__001__line="收入:一、一般公共预算财政拨款收入",
        amounts__001__initial=12.5,
        amounts__001__annual="1,300",
        amounts__002__code="100202",
        amounts__002__line="支出:年末结转和结余",
        amounts__002__initial=0,
        targets__001__code="100202",
        targets__001__level1="产出指标",
        targets__001__level2="数量指标",
        targets__001__name="慰问人次",
        targets__001__symbol=">=",
        targets__001__target=500,
        targets__001__unit="人次",
        targets__002__code="100202",
        targets__002__name="群众满意",
        targets__002__target="效果明显",
    )
    one, two = (read.prefill(unit) for unit in read.register.units[:2])
    assert {str(key): value for key, value in one.items()} == {
        "income.general.initial": D("12.5"),
        "income.general.annual": D(1300),
    }
    assert {str(key): value for key, value in two.items()} == {
        "cost.carried_forward.initial": D(0),
        "indicators.001.level1": "产出指标",
        "indicators.001.level2": "数量指标",
        "indicators.001.name": "慰问人次",
        "indicators.001.symbol": "≥",
        "indicators.001.target": D(500),
        "indicators.001.unit": "人次",
        "indicators.002.name": "群众满意",
        "indicators.002.target": "效果明显",
    }
    form = form_of(RUBRIC)
    assert all(form.items[key].is_input for key in {*one, *two})


def test_a_target_shown_as_per_cent_is_filled_in_as_one() -> None:
    book = openpyxl.load_workbook(BytesIO(sound()))
    for name, value in {"code": "100201", "name": "满意度", "target": 0.95}.items():
        cell(book, f"targets.001.{name}").value = value
    cell(book, "targets.001.target").number_format = "0%"
    target = BytesIO()
    book.save(target)
    prefill = read_settings(target.getvalue()).prefilled["100201"]
    assert prefill[Key("indicators", "001", "target")] == D(95)
    assert prefill[Key("indicators", "001", "unit")] == "%"


def test_lines_name_every_input_of_the_money_tables_once() -> None:
    form = form_of(RUBRIC)
    lines = money_lines(form)
    named = {Key(*place, "initial") for place in lines.values()}
    inputs = {k for k, _ in form.inputs() if k.block in {"income", "cost"} and k[2] == "initial"}
    assert named == inputs
    assert len(named) == len(lines)


def test_rubric_of_the_settings_is_the_one_written_there() -> None:
    assert campaign(items__001__name="另一名称").rubric.items[0].name == "另一名称"
    five = workflow.load_rubric(resources.rubric_path("five-grades-2022-example"))
    assert read_settings(fill(settings_bytes(five), SOUND)).rubric == five


def test_year_may_be_another() -> None:
    assert campaign(campaign__year=2023, campaign__deadline=date(2024, 4, 30)).year == 2023


@pytest.mark.deep
@needs_libreoffice
def test_live_cells_show_what_we_computed() -> None:
    """Of a workbook with faults: counts, verdicts, hints beside the rows."""
    wrong: dict[str, Raw] = {
        "campaign.year": D(22),
        "campaign.title": "自评",
        "units.002.name": "示例二中",
    }
    ours = settings_bytes(RUBRIC, {Key.parse(name): Cell(raw) for name, raw in wrong.items()})
    shown, again = (
        openpyxl.load_workbook(BytesIO(data), data_only=True) for data in (ours, recalculated(ours))
    )
    told = [cell.value for row in again["参数"].iter_rows() for cell in row]
    assert "错误:年度不对 " in told
    for name in ("使用说明", "参数", "单位名单", "评分标准", "校验", "逐行校验"):
        for row in shown[name].iter_rows():
            for one in row:
                assert (again[name][one.coordinate].value or "") == (one.value or ""), one


def test_namesakes_are_told_apart_by_their_codes() -> None:
    register = campaign(units__002__name="示例一中").register
    one, two, three = register.units
    assert register.belonging("100202", "示例一中").unit == two
    assert register.belonging("100201", "示例一中").unit == one
    assert register.belonging("", "示例一中").unit is None
    assert register.belonging("", "示例三中").unit == three
    assert register.belonging("100201", "示例三中").disputed
    form = form_of(RUBRIC)
    for unit, told in ((two, []), (replace(two, name="示例四中"), ["W12"])):
        answers = read_answers(
            form, {Key("unit", "code"): Cell(unit.code), Key("unit", "name"): Cell(unit.name)}
        )
        found = check(Submission(form, answers, register=register), (W12,), Values(form, answers))
        assert [finding.rule.id for finding in found.findings] == told


def _said_of(register: Register, code: str, name: str, issued: str = "") -> list[str]:
    form = form_of(RUBRIC)
    answers = read_answers(form, {Key("unit", "code"): Cell(code), Key("unit", "name"): Cell(name)})
    return_ = Submission(form, answers, register=register, issued=Issued(name, issued))
    return [f.message for f in check(return_, (W12,), Values(form, answers)).findings]


def test_a_name_of_several_units_needs_its_code() -> None:
    register = Register((Unit("100203", "示例三中"), Unit("100271", "示例三中")))
    assert register.belonging("", "示例三中").namesakes == register.units
    (told,) = _said_of(register, "", "示例三中")
    assert told == "单位不符:单位名单里有 2 个“示例三中”(100203、100271),要填单位代码"
    (told,) = _said_of(register, "999", "示例三中")
    assert told.endswith("(100203、100271),填的单位代码 999 都对不上")


def test_the_form_issued_to_one_of_several_of_a_name_is_its_own() -> None:
    register = Register((Unit("100203", "示例三中"), Unit("100271", "示例三中")))
    assert register.belonging("", "示例三中", "100-271").unit == register.units[1]
    assert register.belonging("", "示例三中", "100999").unit is None
    assert register.belonging("", "示例四中", "100271").unit is None
    assert register.belonging("100203", "示例三中", "100271").unit == register.units[0]
    assert _said_of(register, "", "示例三中", "100271") == []


def test_a_code_of_zeros_is_no_blank_one() -> None:
    register = Register((Unit("000", "甲"), Unit("100202", "乙")))
    assert register.belonging("", "").unit is None
    assert register.belonging("", "乙").unit == register.units[1]
    assert register.belonging("-", "乙").unit == register.units[1]


@pytest.mark.deep
@needs_libreoffice
def test_settings_saved_by_libreoffice_say_the_same() -> None:
    assert read_settings(recalculated(sound())) == read_settings(sound())


# ---------------------------------------------------------------- a register pasted from elsewhere


def test_a_pasted_register_longer_than_offered() -> None:
    names = [f"示例单位{n}" for n in range(1, 421)]
    read = read_settings(fill(blank(), {"campaign.title": "自评", **TERMS, **units(*names)}))
    assert [unit.name for unit in read.register.units] == names
    assert read.register.units[-1] == Unit("100620", "示例单位420", email="100620@example.com")


def test_a_pasted_register_with_all_its_oddities() -> None:
    read = campaign(
        units__001__code="　１００２０１ ",
        units__001__name=" 示例　一中\n",
        units__001__email="ａ＠ｂ．ｃｎ；c@d.cn、",
        units__002__code=100202,
        units__003__code=1203,
        units__004__code="100-204",
        units__004__name="示例四中",
        units__004__email="无名氏<x@y.cn>",
        units__150__name="   ",
    )
    assert [(unit.code, unit.name, unit.email) for unit in read.register.units] == [
        ("100201", "示例 一中", "a@b.cn, c@d.cn"),
        ("100202", "示例二中", "100202@example.com"),
        ("1203", "示例三中", "100203@example.com"),
        ("100-204", "示例四中", "x@y.cn"),
    ]
    assert [remark.partition("。")[0] for remark in read.remarks] == [
        "[核实 R04] 单位名单 C6 单位代码“1203”只有 4 位,其他多是 6 位,开头的 0 可能丢了"
    ]


def test_pasted_formats_validations_and_keys_do_not_matter() -> None:
    book = openpyxl.load_workbook(BytesIO(sound()))
    sheet = book["单位名单"]
    sheet.data_validations.dataValidation = []
    for row in sheet.iter_rows(min_row=1, max_col=1):
        row[0].value = None  # the hidden keys
    for row in sheet.iter_rows(min_row=4, max_row=8):
        for one in row:
            one.number_format = "General"
    target = BytesIO()
    book.save(target)
    assert read_settings(target.getvalue()).register == campaign().register


def test_notes_and_doubts_do_not_stop() -> None:
    read = campaign(units__002__name="示例一中", units__002__email=None, units__003__email=None)
    assert [remark.partition("。")[0] for remark in read.remarks] == [
        "[核实 R02] 单位名单 D5 单位名称“示例一中”与 D4 相同,代码不同",
        "[提示 R06] 单位名单 有 2 个单位没有填电子邮箱,邮件要自己填收件人:H5、H6",
    ]


# ---------------------------------------------------------------- what is wrong

_FAULTS: dict[str, tuple[dict[str, object], str]] = {
    "nothing": ({"campaign__title": None}, "[错误 C01] 参数 C4 必填项没有填:任务名称"),
    "no unit": (
        {f"units__{n:03d}__{c}": None for n in (1, 2, 3) for c in ("code", "name", "email")},
        "[错误 C01] 单位名单 C4 必填项没有填:第1行·单位代码",
    ),
    "no code": (
        {"units__002__code": None},
        "[错误 C01] 单位名单 C5 必填项没有填:第2行·单位代码",
    ),
    "no names": (
        {"units__002__name": None, "units__003__name": None},
        "[错误 C01] 单位名单 有 2 个必填格没有填:D5、D6(第一个是“第2行·单位名称”)",
    ),
    "code twice": (
        {"units__003__code": 100201},
        "[错误 R01] 单位名单 C6 单位代码“100201”与 C4 重复",
    ),
    "codes twice": (
        {"units__002__code": "100-201", "units__003__code": "00100201"},
        "[错误 R01] 单位名单 有 2 行的单位代码与上面的行重复:C5 100-201、C6 00100201",
    ),
    "code": (
        {"units__001__code": "100/201"},
        "[错误 R03] 单位名单 C4 单位代码“100/201”里有不能用的字符",
    ),
    "code with a decimal point": (
        {"units__001__code": 100201.5},
        "[错误 R03] 单位名单 C4 单位代码“100201.5”是带小数点的数",
    ),
    "code of zeros": (
        {"units__001__code": "000"},
        "[错误 R03] 单位名单 C4 单位代码“000”全是 0 或横线",
    ),
    "mailbox": (
        {"units__001__email": "a@b.cn;张三"},
        "[错误 R05] 单位名单 H4 电子邮箱“a@b.cn;张三”里的“张三”不是邮箱地址",
    ),
    "own mailbox": (
        {"campaign__email": "czj.example.com"},
        "[错误 R05] 参数 C10 电子邮箱“czj.example.com”里的“czj.example.com”不是邮箱地址",
    ),
    "year": (
        {"campaign__year": 202},
        "[错误 R07] 参数 C5 年度填的是 202,应为 2010 至 2035 之间的四位数字",
    ),
    "year with a half": (
        {"campaign__year": 2022.5},
        "[错误 R07] 参数 C5 年度填的是 2022.5,应为 2010 至 2035 之间的四位数字",
    ),
    "year in words": (
        {"campaign__year": "去年"},
        "[错误 W07] 参数 C5 年度 填的是“去年”,不能确定是什么数",
    ),
    "deadline": (
        {"campaign__deadline": "4月30日"},
        "[错误 R08] 参数 C6 截止日期“4月30日”认不出是哪一天",
    ),
    "no such day": (
        {"campaign__deadline": "2023年2月30日"},
        "[错误 R08] 参数 C6 截止日期“2023年2月30日”认不出是哪一天",
    ),
    "early deadline": (
        {"campaign__deadline": date(2022, 12, 31)},
        "[错误 R09] 参数 C6 截止日期 2022-12-31 早于 2022 年度结束",
    ),
    "amount of nobody": (
        {"amounts__001__code": "999", "amounts__001__line": "收入:六、经营收入"},
        "[错误 R10] 预填金额 C4 单位名单里没有代码“999”",
    ),
    "target of nobody": (
        {"targets__001__code": "999", "targets__001__name": "甲"},
        "[错误 R10] 预填指标 C4 单位名单里没有代码“999”",
    ),
    "amount twice": (
        {
            "amounts__001__code": "100201", "amounts__001__line": "收入:六、经营收入",
            "amounts__003__code": 100201, "amounts__003__line": "收入:六、经营收入",
        },
        "[错误 R11] 预填金额 D6 单位 100201 的“收入:六、经营收入”在 D4 已经填过",
    ),
    "target twice": (
        {
            "targets__001__code": "100201", "targets__001__name": "慰问人次",
            "targets__002__code": "100201", "targets__002__name": "慰问人次 ",
        },
        "[错误 R11] 预填指标 F5 单位 100201 的“慰问人次”在 F4 已经填过",
    ),
    "target without a name": (
        {"targets__001__code": "100201", "targets__001__target": 5},
        "[错误 C01] 预填指标 F4 必填项没有填:第1行·三级指标",
    ),
    "no such line": (
        {"amounts__001__code": "100201", "amounts__001__line": "教育收入"},
        "[错误 W16] 预填金额 D4 第1行·项目填的是“教育收入”,应从这几项里选:",
    ),
    "no amount": (
        {
            "amounts__001__code": "100201", "amounts__001__line": "收入:六、经营收入",
            "amounts__001__initial": "约三百",
        },
        "[错误 W07] 预填金额 E4 第1行·年初预算数 填的是“约三百”,不能确定是什么数",
    ),
    "points": (
        {"items__001__points": 21},
        "[错误] “评分标准”表 第 18 行 D18:各项分值合计 101,应为 100(满分)",
    ),
    "method": (
        {"items__001__method": "随便"},
        "[错误] “评分项目”表 第 5 行 H5:计分方法“随便”不认识",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", _FAULTS)
def test_fault_is_told_once_with_its_cell(name: str) -> None:
    changed, expected = _FAULTS[name]
    (told,) = faults(**changed)
    assert told.startswith(expected)
    told.encode("gbk")


def test_all_faults_at_once() -> None:
    names = ("nothing", "code twice", "mailbox", "early deadline", "amount of nobody", "points")
    changed = {key: value for name in names for key, value in _FAULTS[name][0].items()}
    told = faults(**changed)
    assert len(told) == len(names)
    for name in names:
        assert any(fault.startswith(_FAULTS[name][1]) for fault in told), told


def test_a_code_that_is_a_formula_without_result_asks_for_the_code() -> None:
    (told,) = faults(units__001__code="=A1&1")
    assert told.startswith("[错误 W07] 单位名单 C4 第1行·单位代码 填的是“没有计算结果的公式”")
    assert told.endswith("不能确定是什么内容。改填数字;公式没有结果的,直接填内容,如单位代码")


def test_no_mailbox_in_words_is_a_blank_one() -> None:
    read = campaign(units__001__email="无", units__002__email="/")
    assert [unit.email for unit in read.register.units[:2]] == ["", ""]
    assert "R06" in read.remarks[0]


def test_rubric_faults_are_told_once() -> None:
    """What the rubric's own check says, no rule says again."""
    told = faults(items__001__key=None, items__002__points="十", bands__001__item="没有这项")
    assert not [fault for fault in told if re.match(r"\[错误 [A-Z]", fault)]
    assert len(told) == len(set(told))


def test_fault_says_what_to_do() -> None:
    (told,) = faults(units__001__email="张三")
    assert told.endswith("。改成“名字@网站”的写法,如 czj@example.gov.cn;没有邮箱的留空")


def _without_column(label: str) -> bytes:
    book = openpyxl.load_workbook(BytesIO(sound()))
    sheet = book["单位名单"]
    at = next(one.column for row in sheet.iter_rows() for one in row if one.value == label)
    sheet.delete_cols(at)
    target = BytesIO()
    book.save(target)
    return target.getvalue()


def test_a_column_that_may_be_blank_may_be_gone() -> None:
    read = read_settings(_without_column("联系人"))
    assert read.register == Register(
        tuple(replace(unit, contact="") for unit in campaign().register.units)
    )
    assert read.remarks[0] == "[核实 W04] 单位名单“联系人”这一列不见了。没有这项内容的,不用管"


def test_a_column_that_is_needed_is_told_without_a_cell() -> None:
    with pytest.raises(SettingsError) as refused:
        read_settings(_without_column("单位名称"))
    (told,) = (f for f in refused.value.faults if "W04" in f)
    assert told.startswith("[错误 W04] 单位名单“单位名称”这一列不见了。用 perfxl new")


def _without(sheet: str) -> bytes:
    book = openpyxl.load_workbook(BytesIO(sound()))
    del book[sheet]
    target = BytesIO()
    book.save(target)
    return target.getvalue()


@pytest.mark.parametrize("sheet", ["单位名单", "评分标准", "评分项目", "参数"])
def test_a_sheet_that_is_gone_is_told_and_nothing_that_follows(sheet: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read_settings(_without(sheet))
    assert [fault.partition("。")[0] for fault in refused.value.faults] == [
        f"[错误 W03] 缺少工作表“{sheet}”"
    ]


def test_another_workbook_is_told_as_such() -> None:
    with pytest.raises(SettingsError) as refused:
        read_settings(workflow.template_bytes(form_of(RUBRIC)))
    (told,) = refused.value.faults
    assert "文件里写明的表号是 department-2022" in told
    with pytest.raises(Unreadable):
        read_settings(b"")


def test_rubric_blocks_are_those_of_the_rubric() -> None:
    form = settings_form(form_of(RUBRIC))
    assert {key for key in form.blocks if key in BLOCKS} == BLOCKS


# ---------------------------------------------------------------- a new season


def test_new_season(tmp_path: Path) -> None:
    root = tmp_path / "2022年度自评"
    written = new_season(root, GIVEN)
    assert [path.name for path in written] == [SETTINGS_NAME, GUIDE_NAME]
    assert sorted(path.name for path in root.iterdir()) == sorted(
        ["发放", "回收", "结果", GUIDE_NAME, SETTINGS_NAME]
    )
    assert season_of(root / "发放") == SeasonFolder(root.resolve())
    book = openpyxl.load_workbook(root / SETTINGS_NAME)
    assert book.sheetnames == [
        "使用说明", "参数", "单位名单", "评分标准", "评分项目", "分档", "预填金额", "预填指标",
        "校验", "逐行校验",
    ]  # fmt: skip
    assert cell(book, "campaign.title").value == "2022年度自评"
    assert cell(book, "campaign.year").value == 2022
    guide = (root / GUIDE_NAME).read_bytes()
    assert guide.startswith(b"\xef\xbb\xbf2022")
    assert not re.search("本文件(?!夹)", guide.decode())  # the settings are another file
    assert guide.count(b"\n") == guide.count(b"\r\n") > 10
    with pytest.raises(UsageError, match=r"任务设置\.xlsx 有 2 处问题") as told:
        open_campaign(SeasonFolder(root))
    assert "参数 有 4 个必填格没有填:C6、C7、C8、C9" in told.value.message


@pytest.mark.parametrize(
    ("name", "year"), [("自评2023年", 2023), ("自评", 2022), ("20231", 2022), ("第12023号", 2022)]
)
def test_year_is_the_one_of_the_name_else_last_year(tmp_path: Path, name: str, year: int) -> None:
    new_season(tmp_path / name, GIVEN)
    book = openpyxl.load_workbook(tmp_path / name / SETTINGS_NAME)
    assert cell(book, "campaign.year").value == year


def test_what_is_there_already_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "发放").mkdir()
    (tmp_path / GUIDE_NAME).write_text("我的说明", "utf-8")
    assert [path.name for path in new_season(tmp_path, GIVEN)] == [SETTINGS_NAME]
    assert (tmp_path / GUIDE_NAME).read_text("utf-8") == "我的说明"
    before = (tmp_path / SETTINGS_NAME).read_bytes()
    with pytest.raises(UsageError, match=r"已经有 任务设置\.xlsx"):
        new_season(tmp_path, GIVEN)
    assert (tmp_path / SETTINGS_NAME).read_bytes() == before


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("", "utf-8")
    with pytest.raises(WriteError, match="不能新建文件夹"):
        new_season(tmp_path / "x", GIVEN)


def test_open_campaign_names_every_fault_on_a_line(tmp_path: Path) -> None:
    folder = SeasonFolder(tmp_path)
    new_season(tmp_path, GIVEN)
    fill_file(folder.settings, {**SOUND, "units.001.email": "张三", "items.001.points": 21})
    with pytest.raises(UsageError) as told:
        open_campaign(folder)
    head, *lines = told.value.message.split("\n")
    assert head == "任务设置.xlsx 有 2 处问题要先改正"
    assert [line[:8] for line in lines] == ["  [错误 R0", "  [错误] “"]
    assert told.value.fix.startswith("\n请在 Excel 里改正 ")  # not glued to the last fault
    fill_file(folder.settings, {"units.001.email": "a@b.cn", "items.001.points": 20})
    assert open_campaign(folder).year == 2022


@pytest.mark.parametrize("data", [b"", b"not a workbook"])
def test_settings_that_are_no_workbook(tmp_path: Path, data: bytes) -> None:
    (tmp_path / SETTINGS_NAME).write_bytes(data)
    with pytest.raises(UsageError, match=r"任务设置\.xlsx 读不了"):
        open_campaign(SeasonFolder(tmp_path))


def test_same_settings_same_bytes() -> None:
    assert settings_bytes(RUBRIC) == settings_bytes(RUBRIC)


def test_live_checks_of_the_blank_workbook_find_nothing_wrong(tmp_path: Path) -> None:
    """What is missing is said in words beside the cell; hidden rows stay silent."""
    new_season(tmp_path, GIVEN)
    book = openpyxl.load_workbook(tmp_path / SETTINGS_NAME, data_only=True)
    hints = {row[4].value for row in book["参数"].iter_rows(min_row=4, max_row=11)}
    assert "错误:必填项未填 " in hints
    assert {row[8].value for row in book["单位名单"].iter_rows(min_row=5, max_row=60)} <= {None, ""}


def test_rules_are_listed_and_explained(capfd: Any, monkeypatch: Any) -> None:
    from perfxl.cli import program

    for arguments, wanted in (
        (["rules"], "R11  错误  预填重复"),
        (["rules", "r01"], "与 第1行 重复"),
    ):
        monkeypatch.setattr("sys.argv", ["perfxl", *arguments])
        with pytest.raises(SystemExit) as ended:
            program.main()
        assert ended.value.code == 0
        assert wanted in capfd.readouterr().out
