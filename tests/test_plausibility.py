"""What cannot be meant, though it can be typed: told where it stands; honest neighbours are not."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import hall
import pytest
from msgspec.structs import replace

from perfxl.check.findings import Finding
from perfxl.expr.tree import Key
from perfxl.form.answers import Values, read_answers
from perfxl.form.identity import Issued
from perfxl.form.raw import Raw
from perfxl.form.register import Register, Unit
from perfxl.forms.shipped import form_of
from perfxl.render.extras import Extras
from perfxl.render.workbook import render
from perfxl.returns import workflow
from perfxl.text.telephones import impossible

Answers = dict[str, Raw]
TODAY = date(2023, 4, 12)
ROWS = range(1, 10)
TENTH = "indicators.010"
SORT: dict[str, Raw] = {"level1": "产出指标", "level2": "质量指标", "status": "已完成"}
SATISFACTION, EQUIPMENT = "indicators.009", "indicators.003"


def d(text: str) -> Decimal:
    return Decimal(text)


def weights(text: str) -> Answers:
    """Give the weights of the rows from the first on; «-» leaves one blank."""
    given = zip(ROWS, text.split(), strict=False)
    return {f"indicators.{n:03d}.weight": d(w) for n, w in given if w != "-"}


def rate(row: str, **cells: Raw) -> Answers:
    return {f"{row}.{column}": raw for column, raw in cells.items()}


def qualitative(target: Raw, actual: Raw) -> Answers:
    """Give one more indicator, said to be done."""
    unit = "场" if isinstance(target, Decimal) else None
    typed: Answers = {
        "name": "服务水平",
        "symbol": "定性",
        "target": target,
        "unit": unit,
        "actual": actual,
    }
    return rate(TENTH, **SORT, **typed)


def turned(name: str, symbol: str, target: str, actual: str) -> Answers:
    """Give one more indicator of this name and symbol, met as it stands."""
    typed: Answers = {"name": name, "symbol": symbol, "target": d(target), "actual": d(actual)}
    return rate(TENTH, **SORT, **typed, unit="%" if name[-1] in "率度" else "个")


def where(found: list[Finding]) -> list[tuple[str, str]]:
    return [(finding.rule.id, str(finding.keys[0])) for finding in found]


LAST = "project_indicators.003"
SATISFIED: Answers = {"name": "群众满意度", "symbol": "≥", "target": d("95"), "unit": "%"}
FOURTH = "projects.004"
TWIN: Answers = {"name": "非遗 保护", "source": "上级补助", "budget": d("20"), "spent": d("18")}
TOLD: list[tuple[Answers, list[tuple[str, str]], str]] = [
    # weights
    (weights("20 10 10 10 10 20 10 10 10"), [("I13", "indicators.001.weight")], "合计 110"),
    (weights("10 10 10 10 10 10 10 10 10.1"), [("I13", "indicators.001.weight")], "合计 90.1"),
    (weights("0.2 0.1 0.1 0.1 0.1 0.1 0.1 0.1 0.2"), [("I13", "indicators.001.weight")], "1.1"),
    (weights("50 50"), [("I13", "indicators.003.weight")], "9 个指标只填了 2 个"),
    (weights("20 -10 10 10 10 20 10 10 20"), [("I13", "indicators.002.weight")], "负数 -10"),
    # shares of a whole
    (rate(SATISFACTION, actual=d("290")), [("I14", f"{SATISFACTION}.actual")], "290 像是 ≥90"),
    (rate(SATISFACTION, actual=d("965")), [("I14", f"{SATISFACTION}.actual")], "965 像是 96.5"),
    (rate(SATISFACTION, actual=d("985")), [("I14", f"{SATISFACTION}.actual")], "985 像是 98.5"),
    (rate(SATISFACTION, target=d("290")), [("I14", f"{SATISFACTION}.target")], "290 像是 ≥90"),
    (rate(EQUIPMENT, actual=d("120")), [("I14", f"{EQUIPMENT}.actual")], "是 120%,"),
    (rate(EQUIPMENT, name="产品合格率", actual=d("105")), [("I14", f"{EQUIPMENT}.actual")], "105%"),
    (
        rate(LAST, **SATISFIED, actual=d("290"), stated_rate=d("1.02")),
        [("I14", f"{LAST}.actual")],
        "290 像是 ≥90",
    ),
    # levels
    (rate(SATISFACTION, level1="产出指标"), [("I15", f"{SATISFACTION}.level2")], "“效益指标”或"),
    (rate(SATISFACTION, level1="成本指标"), [("I15", f"{SATISFACTION}.level2")], "“成本指标”"),
    # projects
    (
        {"project_indicators.001.project": "公共文化活动专项经费"},
        [("I16", "project_indicators.001.project")],
        "是不是“公共文化活动专项”",
    ),
    (
        {"project_indicators.002.project": "戏曲进校园"},
        [("I16", "project_indicators.002.project")],
        "“戏曲进校园”在“表2-2 项目预算”里没有",
    ),
    # amounts
    (
        {"cost.carried_forward.initial": d("-6.34"), "cost.basic.initial": d("512.68")},
        [("X08", "cost.carried_forward.initial")],
        "-6.34 万元是负数",
    ),
    ({"projects.003.spent": d("-18")}, [("X08", "projects.003.spent")], "-18.00 万元是负数"),
    (rate(FOURTH, **TWIN), [("X09", f"{FOURTH}.name")], "序号4“非遗 保护”和序号3填的全都相同"),
    (
        rate(FOURTH, **{**TWIN, "name": "合 计"}),
        [("X10", f"{FOURTH}.name")],
        "填的是“合 计”,像是合计行",
    ),
    (
        rate(FOURTH, **{**TWIN, "name": "公共文化活动专项", "source": "小计"}),
        [("X10", f"{FOURTH}.source")],
        "像是合计行",
    ),
    # qualitative, and not met
    (qualitative("有效提升", "未达到预期目标"), [("I17", f"{TENTH}.actual")], "写着“未达到”"),
    (qualitative("按时发放", "因资金未到位,未发放"), [("I17", f"{TENTH}.actual")], "“未到位”"),
    (qualitative("效果明显", "正在逐步解决"), [("I17", f"{TENTH}.actual")], "“正在逐步解决”"),
    (qualitative("到位", "资金暂未拨付"), [("I17", f"{TENTH}.actual")], "“暂未拨付”"),
    (qualitative("健全", "制度尚未建立"), [("I17", f"{TENTH}.actual")], "“尚未建立”"),
    (qualitative("≥95%", "92%"), [("I17", f"{TENTH}.actual")], "“92%”都是数"),
    (qualitative(d("100"), d("60")), [("I17", f"{TENTH}.actual")], "“60”都是数"),
    # symbols the wrong way round
    (turned("群众满意度", "≤", "90", "85"), [("I18", f"{TENTH}.symbol")], "符号是“≤”"),
    (turned("办件准确率", "<", "90", "85"), [("I18", f"{TENTH}.symbol")], "符号是“<”"),
    (turned("群众投诉率", "≥", "1", "1.1"), [("I18", f"{TENTH}.symbol")], "符号是“≥”"),
    (turned("生产安全事故起数", ">", "5", "6"), [("I18", f"{TENTH}.symbol")], "符号是“>”"),
    (turned("单场演出平均成本", "≥", "3", "3.1"), [("I18", f"{TENTH}.symbol")], "符号是“≥”"),
    # who signed, and when
    ({"conclusion.date": date(2032, 4, 10)}, [("C06", "conclusion.date")], "还没有到"),
    ({"conclusion.date": "2023-04-13"}, [("C06", "conclusion.date")], "2023年4月12日"),
    ({"conclusion.date": date(2021, 4, 10)}, [("C06", "conclusion.date")], "2022 年度结束之前"),
    ({"conclusion.date": "2022年6月1日"}, [("C06", "conclusion.date")], "2022年6月1日"),
    ({"conclusion.date": "2203.4.10"}, [("C06", "conclusion.date")], "2203年4月10日"),
    ({"conclusion.date": d("44500")}, [("C06", "conclusion.date")], "2021年10月31日"),
    ({"conclusion.date": "2023年4月31日"}, [("C06", "conclusion.date")], "日历上没有这一天"),
    ({"conclusion.date": "2023-2-30"}, [("C06", "conclusion.date")], "日历上没有这一天"),
    ({"conclusion.date": "2023-13-01"}, [("C06", "conclusion.date")], "日历上没有这一天"),
    ({"conclusion.date": "20230230"}, [("C06", "conclusion.date")], "日历上没有这一天"),
    ({"conclusion.date": "20210410"}, [("C06", "conclusion.date")], "2022 年度结束之前"),
    ({"conclusion.phone": "23800138000"}, [("C07", "conclusion.phone")], "有 11 位数字"),
    ({"conclusion.phone": "1380013800"}, [("C07", "conclusion.phone")], "有 10 位数字"),
    ({"conclusion.phone": d("138001380001")}, [("C07", "conclusion.phone")], "有 12 位数字"),
]


def asked(answers: Answers, today: date | None = TODAY) -> list[Finding]:
    """Give what is found beyond the return's own explained gap, hints included."""
    return hall.findings(answers, replace(hall.TERMS, today=today))


@pytest.mark.parametrize(("answers", "found", "said"), TOLD)
def test_what_cannot_be_meant_is_told(
    answers: Answers, found: list[tuple[str, str]], said: str
) -> None:
    told = asked(answers)
    assert where(told) == found
    assert said in told[0].message


HOLLOW = {
    "unit.goal": ["无", "见附件1"],
    "unit.result": ["略", "XX"],
    "texts.achievements": ["详见报告", "暂无"],
    "texts.problems": ["见附件", "/"],
    "texts.measures": ["无", "-"],
    "texts.summary": ["/", "略。"],
    "duties.001.text": ["无", "详见“三定”方案"],
    "tasks.002.name": ["略", "无"],
    "tasks.001.goal": ["同上", "无"],
    "tasks.001.result": ["详见自评报告。", "详见2022年部门整体支出绩效自评报告"],
}


@pytest.mark.parametrize("turn", [0, 1])
def test_words_that_say_nothing_are_told_each(turn: int) -> None:
    answers = {key: words[turn] for key, words in HOLLOW.items()}
    told = {str(finding.keys[0]): finding for finding in asked(dict(answers))}
    assert told.keys() == answers.keys()
    for key, word in answers.items():
        assert told[key].rule.id == "C04"
        assert f"只写了“{word}”" in told[key].message


SILENT: list[Answers] = [
    rate(FOURTH, **{**TWIN, "name": "合计分摊项目"}),
    *(
        qualitative(target, actual)
        for target, actual in (
            ("有效提升", "有效提升"),
            ("≥95%", "95%"),
            (d("100"), d("120")),
            ("无事故", "未发生安全事故,无未完成事项"),
            ("全部整改", "未完成整改的 0 件"),
            ("按时发放", "没有发放不到位的情况"),
            ("按期推进", "年初正在推进的项目已全部完成"),
            ("不超过", "未超支"),
            ("督办", "对未按时支付的项目逐一督办,未完成单位已约谈"),
            ("持续推进", "正在推进"),
        )
    ),
    turned("群众不满意率", "≤", "5", "3"),
    turned("群众投诉处理率", "≥", "90", "92"),
    turned("事故降低率", "≥", "5", "6"),
    turned("节约运行成本", "≥", "5", "6"),
    turned("满意度调查人数", "≤", "50", "48"),
    turned("群众满意度", "≥", "90", "92"),
    turned("生产安全事故起数", "≤", "5", "5"),
    rate(FOURTH, **{**TWIN, "source": "一般公共预算"}),
    rate(FOURTH, **{**TWIN, "spent": d("18.01")}),
    rate(FOURTH, **{**TWIN, "name": "非遗保护二期"}),
    {
        f"tasks.{row}.{c}": "同样的任务"
        for row in ("003", "004")
        for c in ("name", "goal", "result")
    },
    weights("11.11 11.11 11.11 11.11 11.11 11.11 11.11 11.11 11.12"),
    weights("11.11 " * 9),
    weights("0.1 0.1 0.1 0.1 0.1 0.1 0.1 0.1 0.2"),
    weights("10 " * 9),  # beside an execution rate worth 10
    rate(SATISFACTION, actual=d("100")),
    rate(EQUIPMENT, name="群众满意度提升率", actual=d("120")),
    rate(EQUIPMENT, name="游客增长率", target=d("150"), actual=d("185")),
    rate(EQUIPMENT, name="任务完成率", target=d("95"), actual=d("100")),
    rate(EQUIPMENT, name="床位使用率", target=d("100"), actual=d("103.5")),
    rate(EQUIPMENT, name="投入产出比", target=d("200"), actual=d("230")),
    rate(EQUIPMENT, name="满意度调查人数", unit="人", target=d("200"), actual=d("230")),
    rate(
        LAST, name="任务完成率", unit="%", target=d("95"), actual=d("100"), stated_rate=d("1.0526")
    ),
    rate(SATISFACTION, level1="效益指标"),
    {"project_indicators.001.project": "公共文化活动 专项\u3000"},
    {"project_indicators.003.project": "图书馆分馆建设"},
    {"cost.distributed.initial": d("-3"), "cost.basic.initial": d("503.00")},
    {"conclusion.date": date(2022, 12, 31)},
    {"conclusion.date": "2023年4月10日"},
    {"conclusion.date": TODAY},
    {"conclusion.date": "近日"},
    {"conclusion.date": "2023年4月"},
    {"conclusion.date": "20230412"},
    {
        "texts.problems": "无",
        "unit.shortfall": "无",
        "scores.result_use.evidence": "见附件",
        "offices.002.text": "无",
        "tasks.002.name": "见习基地建设",
        "tasks.002.result": "详见附件，已建成并接收40名见习生",
    },
]


@pytest.mark.parametrize("answers", SILENT)
def test_honest_neighbours_are_not(answers: Answers) -> None:
    assert asked(answers) == []


def test_what_the_unit_itself_calls_unfinished_is_not_told_again() -> None:
    said = {**qualitative("有效提升", "尚未完成"), f"{TENTH}.status": "未完成"}
    assert "I17" not in {finding.rule.id for finding in asked(said)}


def test_a_day_to_come_needs_a_day_to_be_held_against() -> None:
    assert asked({"conclusion.date": date(2032, 4, 10)}, today=None) == []


def test_a_share_above_its_whole_is_not_judged() -> None:
    """Its completion would be of nothing: no rate, and no word of a target too low."""
    values = hall.checked(rate(SATISFACTION, actual=d("290"))).reviewed.values
    assert values.get(Key("indicators", "009", "completion")) is None
    assert values.get(Key("indicators", "009", "high")) == 1


@pytest.mark.parametrize(
    ("group", "kind"),
    [
        ("成本指标", "成本指标"),
        ("成本指标", "经济成本指标"),
        ("成本指标", "社会成本指标"),
        ("成本", "生态环境成本"),  # short forms are read
        ("产出指标", "经济成本指标"),
    ],
)
def test_costs_are_a_group_of_their_own_or_outputs(group: str, kind: str) -> None:
    checked = hall.checked(rate("indicators.005", level1=group, level2=kind))
    assert {finding.rule.id for finding in hall.found_in(checked)} <= {"W08"}
    low, high = (Key("scores", "output", bound) for bound in ("low", "high"))
    assert [checked.reviewed.values.number(key) for key in (low, high)] == OUTPUT_SCORES


OUTPUT_SCORES = [d("19.04")] * 2  # 5 of 5 outputs, one of them for 38 of 50


def test_costs_of_their_own_group_lower_the_score_of_outputs() -> None:
    cost = rate("indicators.005", level1="成本指标", level2="经济成本指标", actual=d("180"))
    values = hall.checked(cost | {"indicators.005.status": "未完成"}).reviewed.values
    assert values.number(Key("scores", "output", "high")) == d("15.04")


@pytest.mark.parametrize("kind", ["经济", "社会", "生态"])
def test_a_short_form_of_a_benefit_is_none_of_a_cost(kind: str) -> None:
    (finding,) = asked(rate("indicators.006", level2=kind))
    assert finding.rule.id == "W08"
    assert f"“{kind}效益指标”" in finding.message


def test_a_negative_amount_is_explained_like_any_other() -> None:
    (finding,) = asked({"projects.003.spent": d("-18")})
    assert finding.severity.word == "核实"


# ---------------------------------------------------------------- the unit it was issued to

ISSUED = Issued("示例区文化馆", "100200300")


def issued_to(name: str, register: Register | None = None) -> list[tuple[str, str]]:
    """Give what is found in a file issued to the unit, its name typed over."""
    form = workflow.live_form(form_of(hall.SCALE))
    cells = hall.cells({"unit.name": name})
    data = render(Values(form, read_answers(form, cells)), Extras(ISSUED))
    terms = workflow.Terms(hall.SCALE, register=register or Register())
    return where(hall.found_in(hall.check_data(data, terms)))


def test_another_name_beside_the_same_code_is_another_unit() -> None:
    assert issued_to("示例区图书馆") == [("W12", "unit.name")]


@pytest.mark.parametrize(
    "name",
    [
        *("示例区文化馆", "示例区 文化馆 ", "示例区文化馆(本级)", "示例区文化馆（本级）"),
        *("100200300-示例区文化馆", "[100200300]示例区文化馆"),  # as budgeting systems print it
    ],
)
def test_the_same_name_in_another_spelling_is_not(name: str) -> None:
    assert issued_to(name) == []
    assert issued_to(name, Register((Unit("100200300", "示例区文化馆"),))) == []


def test_a_register_knows_the_new_name() -> None:
    assert issued_to("示例区群艺馆", Register((Unit("100200300", "示例区群艺馆"),))) == []


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("219001-甲镇人民政府", "219001"),
        ("219001甲镇人民政府", "219001"),
        ("219009-甲镇人民政府", "219001"),  # by its name; nobody has the code
        ("219001-甲镇政府", "219001"),  # by its code, as where it has a cell of its own
        ("219002-甲镇人民政府", None),  # of two units
        ("731医院", "219003"),
        ("731乙医院", None),
    ],
)
def test_a_code_before_a_name_tells_of_the_unit(name: str, code: str | None) -> None:
    names = (("219001", "甲镇人民政府"), ("219002", "教育局"), ("219003", "731医院"))
    found = Register(tuple(Unit(*one) for one in names)).belonging("", name)
    assert (found.unit and found.unit.code) == code


# ---------------------------------------------------------------- telephone numbers

POSSIBLE = """13800138000;138 0013 8000;+86 13800138000;86-138-0013-8000;0757-81234567;86881234
020-86881234转8012;(020)86881234;（0757）8123-4567;400-830-1234;4008301234;12345;010-12345678
86881234-8012;020-86881234、86885678;13800138000/13900139000;13800138000 13900139000
张三:13800138000;内线8012;661234;+852 2345 6789;2086881234;电话1:020-86881234;0662-3366778;无"""
IMPOSSIBLE = """1380013800 020-8688 138001380000 0757-812345 868812345 138-0013-800 02086
010-0000000 023-6688123"""


@pytest.mark.parametrize("text", POSSIBLE.replace("\n", ";").split(";"))
def test_numbers_there_are(text: str) -> None:
    assert impossible(text) == []


@pytest.mark.parametrize("text", IMPOSSIBLE.split())
def test_numbers_of_no_telephone(text: str) -> None:
    assert impossible(text) == [text]
    assert impossible(f"020-86881234、{text}") == [text]


def test_weights_in_per_cent_are_read_as_a_spreadsheet_stores_them() -> None:
    """«10%» as a text is the 0.1 that Excel makes of it when it is typed."""
    weights: dict[str, Raw] = {f"indicators.{n:03d}.weight": "10%" for n in range(1, 10)}
    assert {finding.rule.id for finding in hall.findings(weights)} == {"W08"}
    over = hall.findings({**weights, "indicators.001.weight": "40%"})
    assert "I13" in {finding.rule.id for finding in over}
