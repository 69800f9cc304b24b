"""R: what can be wrong with a season's settings; those who fill them in are the office's clerks.

These rules are no part of `rules.RULES`, which judge returns. Repetitions are looked for by
`inspect`: live, each row would compare itself with all rows above.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal

from msgspec.structs import replace

from perfxl.check.rule import Case, Example, Hit, Rule, Severity
from perfxl.expr.arithmetic import Round
from perfxl.expr.cells import Const, Number
from perfxl.expr.logic import All, Compare
from perfxl.expr.texts import folded
from perfxl.expr.tree import Key
from perfxl.form.answers import BLANK, Answer, Fault, Submission, Values
from perfxl.form.model import Form
from perfxl.form.register import bare
from perfxl.form.relations import SeasonTerms, UnitList, UnitRows
from perfxl.rules import completeness, readings, workbook
from perfxl.text.amounts import Measure, plain
from perfxl.text.dates import day_of_serial, read_day
from perfxl.text.emails import is_mailbox, mailboxes

EARLIEST, LATEST = 2010, 2035  # years a form may be of
EXACT_DIGITS = 15  # what a spreadsheet keeps of a number
CODE = re.compile(r"(?:[^\W_]|[.-])+")  # «_» ends it in file names
DECIMAL_NUMBER = re.compile(r"\d*\.\d*")

Filled = tuple[Key, str]  # a cell and the text in it


def _filled(submission: Submission, block: str, column: str) -> Iterator[Filled]:
    """Give the cells of a list column that hold anything."""
    keys = submission.form.blocks[block].keys(column)
    return ((key, text) for key in keys if (text := _text(submission, key)))


def _text(submission: Submission, key: Key) -> str:
    value = submission.answers.get(key, BLANK).value
    return "" if value is None else str(value)


def _repeated(
    submission: Submission, cells: Iterable[tuple[Filled, object]]
) -> Iterator[tuple[Filled, str]]:
    """Give each cell whose mark was there before, and where that was."""
    first: dict[object, Key] = {}
    for cell, same in cells:
        before = first.setdefault(same, cell[0])
        if before is not cell[0]:
            yield cell, _place(submission, before)


def _place(submission: Submission, key: Key) -> str:
    address = submission.answers[key].cell.address
    return address.cell if address else f"第{int(key.row)}行"


def _hit(submission: Submission, cell: Filled, **terms: str) -> Hit:
    key, text = cell
    return Hit(submission.form.label(key), key, actual=text, terms=terms)


# ---------------------------------------------------------------- the register


def _same_codes(submission: Submission, units: UnitList) -> list[tuple[Filled, str]]:
    cells = _filled(submission, units.block, units.code)
    return list(_repeated(submission, ((cell, bare(cell[1])) for cell in cells)))


def _codes_twice(submission: Submission, _: Values) -> Iterator[Hit]:
    for units in submission.form.of(UnitList):
        for cell, first in _same_codes(submission, units):
            yield _hit(submission, cell, first=first)


def _names_twice(submission: Submission, _: Values) -> Iterator[Hit]:
    """Give names that stand there twice; of a row whose code does R01 tells."""
    for units in submission.form.of(UnitList):
        of_code = {cell[0].row for cell, _ in _same_codes(submission, units)}
        cells = _filled(submission, units.block, units.name)
        marked = ((cell, bare(cell[1])) for cell in cells if cell[0].row not in of_code)
        for cell, first in _repeated(submission, marked):
            yield _hit(submission, cell, first=first)


def _odd_codes(submission: Submission, _: Values) -> Iterator[Hit]:
    for units in submission.form.of(UnitList):
        for cell in _filled(submission, units.block, units.code):
            if problem := _unusable(plain(cell[1])):
                yield _hit(submission, cell, problem=problem)


def _unusable(code: str) -> str:
    """Say why a code is none, "" where it may be one; «1.02.003» may."""
    if not CODE.fullmatch(code):
        return "里有不能用的字符"
    if DECIMAL_NUMBER.fullmatch(code):
        return "是带小数点的数"
    return "" if bare(code) else "全是 0 或横线,与没有填分不开"


def _short_codes(submission: Submission, _: Values) -> Iterator[Hit]:
    """Give codes held as numbers that look as if digits were lost on the way."""
    for units in submission.form.of(UnitList):
        cells = list(_filled(submission, units.block, units.code))
        lengths = Counter(len(text) for _, text in cells)
        usual, count = max(lengths.items(), key=lambda pair: pair[1], default=(0, 0))
        for key, text in cells:
            if not isinstance(submission.answers[key].cell.raw, Decimal):
                continue
            if len(text) > EXACT_DIGITS:
                problem = f"超过 {EXACT_DIGITS} 位又存成了数字,后面的数字可能已经变了"
                yield _hit(submission, (key, text), problem=problem)
            elif len(text) < usual and count * 2 >= len(cells):
                problem = f"只有 {len(text)} 位,其他多是 {usual} 位,开头的 0 可能丢了"
                yield _hit(submission, (key, text), problem=problem)


def _bad_mailboxes(submission: Submission, _: Values) -> Iterator[Hit]:
    cells = [
        cell
        for units in submission.form.of(UnitList)
        for cell in _filled(submission, units.block, units.email)
    ]
    cells += ((t.email, _text(submission, t.email)) for t in submission.form.of(SeasonTerms))
    for key, text in cells:
        wrong = [piece for piece in mailboxes(text) if not is_mailbox(piece)]
        if wrong:
            yield _hit(submission, (key, text), wrong="、".join(wrong))


def _no_mailbox(submission: Submission, _: Values) -> Iterator[Hit]:
    for units in submission.form.of(UnitList):
        for key, name in _filled(submission, units.block, units.name):
            email = key._replace(column=units.email)
            if not mailboxes(_text(submission, email)):
                yield Hit(submission.form.label(email), email, terms={"name": name})


# ---------------------------------------------------------------- year and deadline


def _year_cases(form: Form) -> Iterator[Case]:
    for terms in form.of(SeasonTerms):
        year = Number(terms.year)
        bounds = ((">=", EARLIEST), ("<=", LATEST))
        within = (Compare(sign, year, Const(Decimal(bound))) for sign, bound in bounds)
        yield Case(
            terms.year,
            All((*within, Compare("=", year, Round(year, 0)))),
            f"{form.label(terms.year)}为 {EARLIEST} 至 {LATEST} 之间的四位数字",
            actual=year,
            measure=Measure.YEAR,
        )


def certain_day(answer: Answer) -> date | None:
    """Give the day a cell names for certain, None where it names none."""
    raw = answer.cell.raw
    match raw:
        case datetime():
            return raw.date()
        case date():
            return raw
        case Decimal():
            return day_of_serial(raw)
        case str():
            return read_day(plain(raw).replace(" ", ""))
    return None


def _deadline_unread(submission: Submission, _: Values) -> Iterator[Hit]:
    for terms in submission.form.of(SeasonTerms):
        answer = submission.answers[terms.deadline]
        known = answer.cell.blank or answer.fault is not Fault.NONE
        if not known and certain_day(answer) is None:
            yield _hit(submission, (terms.deadline, _text(submission, terms.deadline)))


def _deadline_early(submission: Submission, values: Values) -> Iterator[Hit]:
    for terms in submission.form.of(SeasonTerms):
        day, year = certain_day(submission.answers[terms.deadline]), values.number(terms.year)
        if day is not None and year is not None and day.year <= year:
            yield _hit(submission, (terms.deadline, day.isoformat()), year=f"{year:f}")


# ---------------------------------------------------------------- filled in beforehand


def _unknown_units(submission: Submission, _: Values) -> Iterator[Hit]:
    known = {
        bare(text)
        for units in submission.form.of(UnitList)
        for _, text in _filled(submission, units.block, units.code)
    }
    for rows in submission.form.of(UnitRows):
        for cell in _filled(submission, rows.block, rows.code):
            if known and bare(cell[1]) not in known:
                yield _hit(submission, cell)


def _twice_for_a_unit(submission: Submission, _: Values) -> Iterator[Hit]:
    for rows in submission.form.of(UnitRows):
        marked = [
            (cell, (bare(code), folded(cell[1])))
            for cell in _filled(submission, rows.block, rows.what)
            if (code := _text(submission, cell[0]._replace(column=rows.code)))
        ]
        for cell, first in _repeated(submission, marked):
            code = _text(submission, cell[0]._replace(column=rows.code))
            yield _hit(submission, cell, code=code, first=first)


# ---------------------------------------------------------------- the records

_UNIT = {"units.001.code": "100201", "units.001.name": "示例一中", "units.001.email": "a@b.cn"}
_TWO = {
    **_UNIT,
    "units.002.code": "100202",
    "units.002.name": "示例二中",
    "units.002.email": "c@d.cn",
}
_TERMS = {"campaign.year": "2022", "campaign.deadline": "2023-04-30"}
_PREFILLED = {**_UNIT, "amounts.001.code": "100201", "amounts.001.line": "收入:其他收入"}


def _with(answers: dict[str, str], **changed: str) -> dict[str, str]:
    return answers | {key.replace("__", "."): text for key, text in changed.items()}


R01 = Rule(
    id="R01",
    name="unit-code-repeated",
    title="单位代码重复",
    severity=Severity.ERROR,
    when="单位名单里两行的单位代码相同。全角半角、横线和开头的 0 不算区别。",
    message="单位代码“{actual}”与 {first} 重复",
    why="代码用来认单位:两个单位同一个代码,报回来的表就分不清是谁的。",
    fix="改正代码;同一个单位写了两行的,删去一行。",
    source="任务设置要求:一个单位一行、一个代码",
    good=Example(_TWO),
    bad=Example(_with(_TWO, units__002__code="0100-201"), at="units.002.code"),
    inspect=_codes_twice,
    grouped="{sheet} 有 {count} 行的单位代码与上面的行重复:{each}",
)

R02 = Rule(
    id="R02",
    name="unit-name-repeated",
    title="单位名称重复",
    severity=Severity.VERIFY,
    when="单位名单里两行代码不同,名称相同。",
    message="单位名称“{actual}”与 {first} 相同,代码不同",
    why="同名的单位只能靠代码区分;更多的时候是同一个单位写了两行。",
    fix="同一个单位写了两行的,删去一行;确是两个单位的,最好在名称里加以区别。",
    source="任务设置要求:一个单位一行",
    good=Example(_TWO),
    bad=Example(_with(_TWO, units__002__name="示例 一中"), at="units.002.name"),
    inspect=_names_twice,
    grouped="{sheet} 有 {count} 行的单位名称与上面的行相同,代码不同:{each}",
)

R03 = Rule(
    id="R03",
    name="unit-code-unusable",
    title="单位代码不能用",
    severity=Severity.ERROR,
    when="单位代码里有文字、数字、点、横线以外的字符,或者中间有空格;是带小数点的数;全是 0 或横线。",
    message="单位代码“{actual}”{problem}",
    why="代码写进模板的文件名,也用来认单位。",
    fix="只留代码本身:数字、字母、横线。",
    source="任务设置要求:单位代码",
    good=Example(_UNIT),
    bad=Example(_with(_UNIT, units__001__code="100201/1"), at="units.001.code"),
    inspect=_odd_codes,
    grouped="{sheet} 有 {count} 个单位代码不能用(有特殊字符、小数点,或全是 0):{each}",
)

R04 = Rule(
    id="R04",
    name="unit-code-digits-lost",
    title="单位代码可能少了数字",
    severity=Severity.VERIFY,
    when="代码存成了数字,而且比别的代码短(开头的 0 没有了),或者超过 15 位(后面的数字变成了 0)。",
    message="单位代码“{actual}”{problem}",
    why="表格把代码当数字时,会去掉开头的 0,也只保留 15 位数字。认单位时不看开头的 0,但模板会印错。",
    fix="把代码列设为文本,照原来的代码重填;代码本来如此的,不用改。",
    source="任务设置要求:单位代码",
    good=Example(_TWO),
    bad=Example(_TWO, damage=(("write", "units.002.code", "202"),), at="units.002.code"),
    inspect=_short_codes,
    grouped="{sheet} 有 {count} 个单位代码存成了数字,可能少了开头的 0 或后面的数字:{each}",
)

R05 = Rule(
    id="R05",
    name="mailbox-unreadable",
    title="电子邮箱写法不对",
    severity=Severity.ERROR,
    when="电子邮箱里有不是邮箱地址的内容。几个邮箱可以用分号、逗号、顿号或空格隔开。",
    message="电子邮箱“{actual}”里的“{wrong}”不是邮箱地址",
    why="地址不对,邮件发不到。",
    fix="改成“名字@网站”的写法,如 czj@example.gov.cn;没有邮箱的留空。",
    source="任务设置要求:电子邮箱",
    good=Example(_with(_UNIT, units__001__email="a@b.cn；王五＜c＠d.gov.cn＞")),
    bad=Example(_with(_UNIT, units__001__email="a@b.cn；张三"), at="units.001.email"),
    inspect=_bad_mailboxes,
    grouped="{sheet} 有 {count} 格电子邮箱里有不是邮箱地址的内容:{each}",
)

R06 = Rule(
    id="R06",
    name="mailbox-missing",
    title="没有电子邮箱",
    severity=Severity.NOTE,
    when="单位名单里的单位没有填电子邮箱。",
    message="“{name}”没有填电子邮箱,邮件要自己填收件人",
    why="生成的邮件草稿里没有收件人。",
    fix="需要发邮件的补填;用别的方式联系的,不用填。",
    source="任务设置:电子邮箱可不填",
    good=Example(_UNIT),
    bad=Example(_with(_UNIT, units__001__email=""), at="units.001.email"),
    inspect=_no_mailbox,
    grouped="{sheet} 有 {count} 个单位没有填电子邮箱,邮件要自己填收件人:{cells}",
)

R07 = Rule(
    id="R07",
    name="year-not-plausible",
    title="年度不对",
    severity=Severity.ERROR,
    when="年度不是 2010 至 2035 之间的四位数字。",
    message=f"年度填的是 {{actual}},应为 {EARLIEST} 至 {LATEST} 之间的四位数字",
    why="年度印在每份模板上,也用来核对报回来的表是不是这一年的。",
    fix="填自评所属的年度,如 2022。",
    source="任务设置要求:年度",
    good=Example(_TERMS),
    bad=Example(_with(_TERMS, campaign__year="22"), at="campaign.year"),
    cases=_year_cases,
)

R08 = Rule(
    id="R08",
    name="deadline-unreadable",
    title="截止日期无法识别",
    severity=Severity.ERROR,
    when="截止日期读不出是哪一天:没有写年份,日子不存在,或者是别的文字。",
    message="截止日期“{actual}”认不出是哪一天",
    why="截止日期印在模板上,也用来算谁逾期。",
    fix="写明年月日,如 2023-04-30。",
    source="任务设置要求:截止日期",
    good=Example(_TERMS),
    bad=Example(_with(_TERMS, campaign__deadline="4月底"), at="campaign.deadline"),
    inspect=_deadline_unread,
)

R09 = Rule(
    id="R09",
    name="deadline-before-year-end",
    title="截止日期早于年度结束",
    severity=Severity.ERROR,
    when="截止日期在自评所属的年度之内或之前。",
    message="截止日期 {actual} 早于 {year} 年度结束",
    why="年度没有结束,决算数还没有,不能自评;多半是截止日期的年份或年度填错了。",
    fix="核对截止日期的年份和年度。",
    source="任务设置要求:截止日期",
    good=Example(_TERMS),
    bad=Example(_with(_TERMS, campaign__deadline="2022年4月30日"), at="campaign.deadline"),
    inspect=_deadline_early,
)

R10 = Rule(
    id="R10",
    name="prefill-of-unknown-unit",
    title="预填的单位不在名单里",
    severity=Severity.ERROR,
    when="预填金额或预填指标的单位代码,单位名单里没有。",
    message="单位名单里没有代码“{actual}”",
    why="不知道这一行要预填到哪个单位的模板里。",
    fix="核对代码,或把单位加进单位名单;不要的行删去。",
    source="任务设置要求:预填的单位在单位名单里",
    good=Example(_PREFILLED),
    bad=Example(_with(_PREFILLED, amounts__001__code="100301"), at="amounts.001.code"),
    inspect=_unknown_units,
    grouped="{sheet} 有 {count} 行的单位代码不在单位名单里:{each}",
)

R11 = Rule(
    id="R11",
    name="prefill-repeated",
    title="预填重复",
    severity=Severity.ERROR,
    when="同一个单位的同一个项目(或同一个三级指标)预填了两次。",
    message="单位 {code} 的“{actual}”在 {first} 已经填过",
    why="不知道该预填哪一个数。",
    fix="留下对的一行,删去另一行。",
    source="任务设置要求:每个单位每个项目一行",
    good=Example(_PREFILLED),
    bad=Example(
        _with(_PREFILLED, amounts__002__code="100-201", amounts__002__line="收入:其他收入"),
        at="amounts.002.line",
    ),
    inspect=_twice_for_a_unit,
    grouped="{sheet} 有 {count} 行与上面同一单位的行重复:{each}",
)

OWN = (R01, R02, R03, R04, R05, R06, R07, R08, R09, R10, R11)


# ---------------------------------------------------------------- rules about returns, adapted


def _gone(optional: bool) -> Callable[[Submission, Values], Iterator[Hit]]:
    """Give an inspection for rows and columns that are gone, `optional` ones or the others."""

    def inspect(submission: Submission, values: Values) -> Iterator[Hit]:
        spared = set(_optional_columns(submission.form))
        assert workbook.W04.inspect is not None
        hits = workbook.W04.inspect(submission, values)
        return (hit for hit in hits if (hit.label in spared) is optional)

    return inspect


def _optional_columns(form: Form) -> Iterator[str]:
    for block in form.blocks.values():
        if block.repeats:
            items = block.rows[0].items
            for column in block.columns:
                if items[column.key].required is False:
                    yield block.naming_of(column)


_ANEW = "用 perfxl new 另建一个任务,把内容粘到新的任务设置里。"
W04 = replace(workbook.W04, fix=_ANEW, inspect=_gone(optional=False))
W04_OPTIONAL = replace(
    workbook.W04,
    severity=Severity.VERIFY,
    fix="没有这项内容的,不用管。",
    inspect=_gone(optional=True),
    grouped="",
)
W07 = replace(
    workbook.W07,
    fix="改填数字;公式没有结果的,直接填内容,如单位代码。",
    grouped="{sheet} 有 {count} 格不能确定填的是什么:{cells}(第一个“{label}”填的是“{actual}”)",
)
# rules about returns that hold here too, with what an office's own clerk should do
_SHARED = (
    (workbook.W01, "换成 perfxl new 生成的任务设置。"),
    (workbook.W02, _ANEW),
    (workbook.W03, _ANEW),
    (workbook.W05, "恢复原来的文字;整列移了位置的,把数据移回去。"),
    (workbook.W08, "核对读出的内容,不对的改正。"),
    (workbook.W09, "内容属于表内某一行的,填到那一行;只是备注的可以不管。"),
    (workbook.W10, "删除错误值,改填正确的内容。"),
    (workbook.W11, "留下正确的一份,删除另一份。"),
    (readings.W16, "从下拉列表里选一项。"),
    (completeness.C01, "补填空着的格子;不要的行整行清空。"),
)
RULES = (*(replace(rule, fix=fix) for rule, fix in _SHARED), W04, W04_OPTIONAL, W07, *OWN)
