"""W: what became of the workbook on its way — missing parts, altered wording, unreadable cells."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from decimal import Decimal

from perfxl.check.findings import few
from perfxl.check.rule import Case, Example, Hit, Rule, Severity
from perfxl.expr.cells import Const, Number
from perfxl.expr.logic import Compare
from perfxl.expr.tree import PENDING, Key
from perfxl.form.answers import Answer, Cell, Fault, Submission, Values, typed_text
from perfxl.form.model import NUMERIC, Form, Item, Kind
from perfxl.form.raw import text_of
from perfxl.form.register import Register, bare, same_unit
from perfxl.form.relations import Identity
from perfxl.text.amounts import Measure, amount_text, number_text, rate_text
from perfxl.text.dates import is_no_day, tells_when

Inspect = Callable[[Submission, Values], Iterator[Hit]]
_LONGEST_NUMBER = 10**15  # digits beyond are lost where a code is stored as a number
_PARTED = re.compile(r"^[0-9A-Za-z\-]+(?:\s+[0-9A-Za-z\-]+)+$")
_PHONE = re.compile("电话|手机|传真|联系")
NOT_CERTAIN, NOT_MEANT = "不能确定是什么{what}", "这个数太大或太接近 0,不会是真的"


def _flaws(kind: str) -> Inspect:
    """Give an inspection that reports the flaws of one kind met while reading."""

    def inspect(submission: Submission, _: Values) -> Iterator[Hit]:
        for flaw in submission.flaws:
            if flaw.kind == kind:
                yield Hit(
                    flaw.label,
                    flaw.key,
                    flaw.address,
                    actual=flaw.found or None,
                    expected=flaw.expected or None,
                    others=flaw.others,
                )

    return inspect


def _unreadable(submission: Submission, values: Values) -> Iterator[Hit]:
    for key, item in submission.form.inputs():
        answer = submission.answers[key]
        said, numeric = typed_text(item, answer.cell), item.kind in NUMERIC
        match answer.fault:
            case Fault.UNREADABLE if numeric:
                why = NOT_CERTAIN.format(what="数")
            case Fault.ABSURD:
                why = NOT_MEANT
            case Fault.UNCALCULATED:
                said = "没有计算结果的公式"
                why = NOT_CERTAIN.format(what="数" if numeric else "内容")
            case _:
                continue
        yield Hit(values.form.label(key), key, actual=said, terms={"why": why})


def _inexact(submission: Submission, values: Values) -> Iterator[Hit]:
    for key, item in submission.form.inputs():
        answer = submission.answers[key]
        if item.exact and not answer.fault and not answer.cell.blank:
            label = values.form.label(key)
            why = _what_is_not_exact(item, answer, label)
            if why:
                yield Hit(label, key, actual=typed_text(item, answer.cell), terms={"why": why})


def _what_is_not_exact(item: Item, answer: Answer, label: str) -> str:
    """Say how an answer is none of its kind, "" where it is one; blanks part telephone numbers."""
    raw, value = answer.cell.raw, answer.value
    if item.kind is Kind.DATE:
        no_day = is_no_day(raw) and "日历上没有这一天"
        return "" if tells_when(raw) else no_day or "看不出是什么时候"
    if item.kind is Kind.NUMBER:
        return "应当是整数" if isinstance(value, Decimal) and value % 1 else ""
    if isinstance(raw, Decimal):
        return "位数太多,存成数以后后几位丢了" if abs(raw) >= _LONGEST_NUMBER else ""
    parted = isinstance(raw, str) and _PARTED.search(raw.strip()) and not _PHONE.search(label)
    return "中间有空格" if parted else ""


def _read_from_text(submission: Submission, values: Values) -> Iterator[Hit]:
    for key, _ in submission.form.inputs():
        answer = submission.answers[key]
        if answer.how and not answer.doubt:  # doubts have rules of their own
            yield Hit(values.form.label(key), key, actual=answer.how)


def _errors(submission: Submission, values: Values) -> Iterator[Hit]:
    for key, answer in submission.answers.items():
        if answer.fault is Fault.ERROR:
            shown = answer.cell.error or text_of(answer.cell.raw)
            yield Hit(values.form.label(key), key, actual=shown)
    for key, cell in submission.computed.items():
        if cell.error and not cell.formula:  # what a formula of the form gives is computed anew
            yield Hit(values.form.label(key), key, actual=cell.error)


def _altered(submission: Submission, values: Values) -> Iterator[Hit]:
    views: list[Values] = []
    for key, cell in submission.computed.items():
        item = submission.form.items[key]
        if cell.percent is None or cell.uncalculated or cell.error:
            continue  # of an .xls or .ods nothing is known but bare results, blank ones as 0
        if _agrees(item, cell, values.get(key)):
            continue
        if cell.formula:
            views = views or list(_views(submission, values))
            if values.get(key) is None or any(_as_seen(item, cell, v.get(key)) for v in views):
                continue
        elif cell.blank and values.get(key) is None:
            continue
        yield _alteration(values, key, item, cell)


def _views(submission: Submission, values: Values) -> Iterator[Values]:
    """Give the return as its own formulas may see it: what they show then is right by their lights.

    They skip figures we could read from text. Of the rows a unit added to a list they count those
    among its own, without the computed cells these lack, and not those above or below; where rows
    were sorted since, all of them or none. A number in a row among those of a table is one too many
    for its sums, which then show nothing.
    """
    seen = values.as_spreadsheet()
    yield seen
    added, crowded = frozenset(submission.added), submission.crowded
    formulas = (key for key, item in submission.form.items.items() if item.formula is not None)
    blank = [key for key in formulas if key not in submission.computed]
    outside = frozenset(row for row, beyond in submission.added.items() if beyond)
    for rows in {outside, frozenset(), added} if blank or crowded else ():
        answers = {
            key: answer
            for key, answer in seen.answers.items()
            if key[:2] not in rows and key not in crowded
        }
        yield seen.covering(answers, blank)


_LAST_PLACE = {Kind.RATE: Decimal("0.0001")}
_CENT = Decimal("0.01")
# how much of the last place rounding explains; formulas of earlier templates rounded twice
_TYPED, _CALCULATED = Decimal("0.6"), Decimal("1.1")


def _agrees(item: Item, cell: Cell, ours: object) -> bool:
    if isinstance(ours, Decimal) and isinstance(cell.raw, Decimal):
        most = _LAST_PLACE.get(item.kind, _CENT) * (_CALCULATED if cell.formula else _TYPED)
        return abs(cell.raw - ours) <= most
    return text_of(cell.raw) == (ours or "")


def _as_seen(item: Item, cell: Cell, seen: object) -> bool:
    """Whether a formula shows what a spreadsheet makes of the return.

    Where one waits today for what it cannot read, a sheet issued earlier is blank or shows a guess.
    """
    if seen == PENDING:
        return cell.blank or cell.raw == PENDING or item.kind is not Kind.AMOUNT
    return _agrees(item, cell, seen)


def _alteration(values: Values, key: Key, item: Item, cell: Cell) -> Hit:
    ours = values.get(key)
    how = "公式结果未重新计算或公式被改" if cell.formula else "公式被覆盖或清除"
    printed = {Kind.RATE: rate_text, Kind.AMOUNT: amount_text, Kind.SCORE: amount_text}
    show = printed.get(item.kind, number_text)
    return Hit(
        values.form.label(key),
        key,
        actual=show(cell.raw) if isinstance(cell.raw, Decimal) else text_of(cell.raw) or "空白",
        expected=show(ours) if isinstance(ours, Decimal) else "空白(所依据的数据不全)",
        terms={"how": how},
    )


def _uncounted(submission: Submission, _: Values) -> Iterator[Hit]:
    for flaw in submission.flaws:
        if flaw.kind == "row_uncounted":
            where = f"可能属于“{flaw.expected}”" if flaw.expected else "请看它属于哪一行"
            yield Hit(
                flaw.label,
                flaw.key,
                flaw.address,
                actual=flaw.found,
                expected=flaw.expected or None,
                terms={"line": where},
                others=flaw.others,
            )


def _other_unit(submission: Submission, values: Values) -> Iterator[Hit]:
    """Hold the unit against the one the file was issued to, else against the register."""
    issued = submission.issued
    for who in submission.form.of(Identity):
        key = _stated_otherwise(submission, who, values)
        if key is not None:
            wanted = " ".join(filter(None, (issued.code, issued.name)))
            found = " ".join(filter(None, (values.text(who.code), values.text(who.name))))
            fault = f"这份表是发给“{wanted}”的,现在填的是“{found}”"
            yield _unit_hit(values, key, found, wanted, fault)
        elif submission.register.units:
            yield from _not_registered(submission.register, who, values, issued.code)


def _stated_otherwise(submission: Submission, who: Identity, values: Values) -> Key | None:
    """Give the cell that names another unit than the file was issued to, None where none does.

    Beside the right code a register knows the right name; without one, the file itself does.
    """
    issued, code, name = submission.issued, values.text(who.code), values.text(who.name)
    if code and issued.code:
        if bare(code) != bare(issued.code):
            return who.code
        if submission.register.units:
            return None
    other = name and issued.name and not same_unit(name, issued.name)
    return who.name if other else None


def _not_registered(
    register: Register, who: Identity, values: Values, issued: str
) -> Iterator[Hit]:
    """Hold code and name against the register; what is blank is not held against anything."""
    code, name = values.text(who.code) or "", values.text(who.name) or ""
    found = register.belonging(code, name, issued)
    if found.by_code and name and (found.disputed or not same_unit(found.by_code.name, name)):
        told = code or found.by_code.code  # it may stand before the name
        fault = f"单位代码 {told} 在单位名单里是“{found.by_code.name}”,单位名称填的是“{name}”"
        yield _unit_hit(values, who.name, name, found.by_code.name, fault)
    elif code and not found.by_code and found.by_name:
        right = found.by_name.code
        fault = f"“{name}”在单位名单里的代码是 {right},填的是 {code}"
        yield _unit_hit(values, who.code, code, right, fault)
    elif found.namesakes and not found.unit:
        bearers = few([unit.code for unit in found.namesakes])
        which = f"填的单位代码 {code} 都对不上" if code else "要填单位代码"
        fault = f"单位名单里有 {len(found.namesakes)} 个“{name}”({bearers}),{which}"
        yield _unit_hit(values, who.code, code or name, None, fault)
    elif (code or name) and not found.unit:
        said = " ".join(filter(None, (code, name)))
        key = who.name if name else who.code
        yield _unit_hit(values, key, said, None, f"单位名单里没有“{said}”")


def _unit_hit(values: Values, key: Key, actual: str, expected: str | None, fault: str) -> Hit:
    label, terms = values.form.label(key), {"fault": fault}
    both = tuple(cell for who in values.form.of(Identity) for cell in (who.name, who.code))
    return Hit(label, key, actual=actual, expected=expected, terms=terms, mends=both)


def _year_cases(form: Form) -> Iterator[Case]:
    year = Const(Decimal(form.year))
    for who in form.of(Identity):
        yield Case(
            who.year,
            Compare("=", Number(who.year), year),
            f"{form.label(who.year)}为 {form.year}",
            actual=Number(who.year),
            expected=year,
            measure=Measure.YEAR,
        )


_CHECKED = {"income.grant.final": "90"}

W01 = Rule(
    id="W01",
    name="form-not-recognised",
    title="不是本表",
    severity=Severity.ERROR,
    when="文件里认不出本表:没有表号,也没有本表的工作表。其他问题不再检查。",
    message="这不是现用的自评表:{actual}",
    why="文件里找不到本表的表号,也找不到本表的各张表,无法核对。",
    fix="请用财政部门下发的模板填报;如是另存或复制出来的表,请把内容填回模板。",
    source="报送要求:使用统一下发的表样",
    good=Example(_CHECKED),
    bad=Example(_CHECKED, damage=(("forget",),)),
    inspect=_flaws("form_unknown"),
    alone=True,
)

W02 = Rule(
    id="W02",
    name="edition-outdated",
    title="表样版本不对",
    severity=Severity.VERIFY,
    when="文件用的是旧版表样。能对上的内容照常读取和检查。",
    message="这是第 {actual} 版的表,现在用的是第 {expected} 版",
    why="表样改版后,项目或标准可能有变;能对上的内容已照常读取和核对。",
    fix="请用现用的模板报送;也可以直接在收到的“审核结果”文件里改正。",
    source="报送要求:使用统一下发的现行表样",
    good=Example(_CHECKED),
    bad=Example(_CHECKED, damage=(("edition", "0"),)),
    inspect=_flaws("edition_outdated"),
)

W03 = Rule(
    id="W03",
    name="sheet-missing",
    title="缺少工作表",
    severity=Severity.ERROR,
    when="本表的某张工作表整张不见了。",
    message="缺少工作表“{label}”",
    why="整张表被删除,其中的数据无法核对。",
    fix="在收到的“审核结果”文件里补填这张表,或用下发的模板重新填报;不要删除任何工作表。",
    source="报送要求:表样完整",
    good=Example(_CHECKED),
    bad=Example(_CHECKED, damage=(("drop_sheet", "scores"),)),
    inspect=_flaws("sheet_missing"),
)

W04 = Rule(
    id="W04",
    name="row-missing",
    title="缺少行或列",
    severity=Severity.ERROR,
    when="固定表格里的某一行(或某一列、某一段)不见了。",
    message="{label}不见了",
    why="表内固定的行被删除,该行数据无法核对,合计也会出错。",
    fix="从下发的模板恢复这一行(没有发生额的填 0),或直接在收到的“审核结果”文件里补填。",
    source="报送要求:表样完整",
    good=Example(_CHECKED),
    bad=Example(_CHECKED, damage=(("drop_row", "income.other"),), at="income.other.final"),
    inspect=_flaws("row_missing"),
    grouped="有 {count} 处不见了:{labels}",
    of_gone=True,
)

W05 = Rule(
    id="W05",
    name="label-altered",
    title="表样文字被改",
    severity=Severity.VERIFY,
    when="锁定的项目名称、表头、分值或标准的文字与表样不同。",
    message="表样文字被改:现为“{actual}”,应为“{expected}”",
    why="表样的项目名称、分值和标准由财政部门统一规定,改动后数据的含义可能不同。",
    fix="恢复原来的文字;如该行实际填的是别的内容,请把数据填到对应的行;确需改动的,在审核结果的“说明”栏写明。",
    source="报送要求:不得改动表样",
    good=Example(_CHECKED),
    bad=Example(
        _CHECKED, damage=(("write", "income.other.label", "捐赠收入"),), at="income.other.label"
    ),
    inspect=_flaws("label_altered"),
    grouped="{sheet} 有 {count} 处表样文字被改:{labels}({cells})",
)

W06 = Rule(
    id="W06",
    name="computed-value-altered",
    title="计算结果不符",
    severity=Severity.ERROR,
    when="自动计算的格子里,现在的数与按填报数算出的不同:公式被覆盖,或文件没有重新计算。",
    message="{label} 现为 {actual},按填报数计算应为 {expected}({how})",
    why="合计、完成率等由公式计算的格子被改写,或文件没有重新计算,与填报数对不上。",
    fix="不要在自动计算的格子里填数;填报数有误的改填报数;公式还在的,打开文件按 F9 重新计算后保存;"
    "或在收到的“审核结果”文件里改正后报送。",
    source="勾稽关系:自动计算的格子等于公式结果",
    good=Example(
        {"income.grant.final": "90", "income.other.final": "10", "income.carried.final": "0"}
    ),
    bad=Example(
        {"income.grant.final": "90", "income.other.final": "10", "income.carried.final": "0"},
        damage=(("write", "income.total.final", "120"),),
        at="income.total.final",
    ),
    inspect=_altered,
    grouped="{sheet} 有 {count} 个自动计算的格子与填报数对不上:{labels}({cells})",
)

W07 = Rule(
    id="W07",
    name="number-unreadable",
    title="数字无法识别",
    severity=Severity.ERROR,
    when="应填数字的格子里是文字,而且不能确定是哪个数;"
    "或者数太大(1 万亿以上)、太接近 0,不会是真的。",
    message="{label} 填的是“{actual}”,{why}",
    why="这一格应填数字,现在的内容无法确定是多少,相关的合计和得分都无法核对。",
    fix="改填数字;填了公式的,直接填结果;金额没有发生额的填 0,不要填文字、“-”或“/”。",
    source="填报说明:金额、得分等只填数字",
    good=Example({"income.grant.final": "1234.50"}),
    bad=Example({"income.grant.final": "约三百"}, at="income.grant.final"),
    inspect=_unreadable,
    grouped="{sheet} 有 {count} 格不能确定是什么数:{cells}(第一个“{label}”填的是“{actual}”)",
)

W08 = Rule(
    id="W08",
    name="number-read-from-text",
    title="写法不规范",
    severity=Severity.NOTE,
    when="数字存成了文字、夹着看不见的字符,或者选项、符号的写法不同,但能够确定是什么,已照此读取。",
    message="{label}:{actual},如不对请改正",
    why="这一格的写法(数字存成文本、选项写法不同等)审核时能够认出,审核结果里已按读出的写;模板里的合计和校验不会计算。",
    fix="核对读出的内容;方便时改为数字格式,选项从下拉列表选。",
    source="填报说明:金额、得分等只填数字",
    good=Example({"income.grant.final": "1234.50"}),
    bad=Example({"income.grant.final": "１，２３４．５０元"}, at="income.grant.final"),
    inspect=_read_from_text,
    grouped="{sheet} 有 {count} 格写法不规范,已照读,如不对请改正:{each}",
)

W10 = Rule(
    id="W10",
    name="error-value",
    title="出现错误值",
    severity=Severity.ERROR,
    when="格子显示 #REF!、#DIV/0! 一类的错误值。",
    message="{label} 显示 {actual},是公式出错,不是数据",
    why="单元格是错误值(如 #REF!),不是数据,相关内容无法核对。",
    fix="删除错误值,改填正确的内容;自动计算的格子出错的,在收到的“审核结果”文件里改正后报送。",
    source="填报说明:不得有错误值",
    good=Example(_CHECKED),
    bad=Example(
        _CHECKED, damage=(("error", "income.other.final", "#REF!"),), at="income.other.final"
    ),
    inspect=_errors,
    grouped="{sheet} 有 {count} 格是错误值:{cells}(第一个“{label}”显示 {actual})",
)

W09 = Rule(
    id="W09",
    name="content-outside-form",
    title="表外内容",
    severity=Severity.NOTE,
    when="表格的行之间、表格下面或旁边,有不属于本表的内容。",
    message="{label}有不属于本表的内容“{actual}”,没有读取",
    why="表样以外的内容不读取,其中的数字不会计入合计,审核结果里也不带。",
    fix="内容属于表内某一格的,填到那一格;只是备注的可以不管。",
    source="报送要求:只填表样内的格子",
    good=Example(_CHECKED),
    bad=Example(_CHECKED, damage=(("stray_row", "income.other", "捐赠收入"),)),
    inspect=_flaws("content_outside"),
    grouped="{sheet} 有 {count} 处不属于本表的内容,没有读取:{each}",
)

W20 = Rule(
    id="W20",
    name="row-not-counted",
    title="自加的行没有计入",
    severity=Severity.ERROR,
    when="在固定的金额表里自己加了一行,填了金额。",
    message="{label}是自己加的行,填的{actual} {unit}没有计入任何合计,{line}",
    why="固定表格的行由财政部门统一规定,自己加的行不在合计之内,收支会对不上。",
    fix="把这一行的金额加到它所属的那一行,再删去自己加的行。",
    source="报送要求:不得增加固定表格的行",
    good=Example(_CHECKED),
    bad=Example(
        _CHECKED,
        damage=(("stray_line", "income.carried", "捐赠收入", "5"),),
        at="income.other.final",
    ),
    inspect=_uncounted,
)

W11 = Rule(
    id="W11",
    name="row-duplicated",
    title="行或表重复",
    severity=Severity.ERROR,
    when="同一行、同一列或同一张表出现了两次,内容不同。",
    message="{label}出现了两次:{actual} 与 {expected},只按 {expected} 审核",
    why="同一行(列、表)出现两次时,不知道哪一份算数。",
    fix="留下正确的一份,删除另一份后重新报送。",
    source="报送要求:表样完整,不得复制固定的行、列、表",
    good=Example(_CHECKED),
    bad=Example(_CHECKED, damage=(("double_row", "income.grant"),)),
    inspect=_flaws("doubled"),
)

W12 = Rule(
    id="W12",
    name="unit-not-expected",
    title="单位不符",
    severity=Severity.ERROR,
    when="下发时写明单位的模板,收回来填的是别的单位(名称或代码不同);或者单位的名称、代码与单位名单对不上。",
    message="单位不符:{fault}",
    why="表按单位下发,拿别的单位的表来填,汇总时会记错单位、重复或漏掉单位。",
    fix="用发给本单位的表填报,核对单位名称和代码;如有变更,请先告知下发部门。",
    source="报送要求:使用发给本单位的表",
    good=Example({"unit.name": "示例一中"}, damage=(("issue", "示例一中", "100200"),)),
    bad=Example({"unit.name": "示例二中"}, damage=(("issue", "示例一中", ""),), at="unit.name"),
    inspect=_other_unit,
)

W13 = Rule(
    id="W13",
    name="year-not-expected",
    title="年度不符",
    severity=Severity.ERROR,
    when="“年度”一格填的不是这套表的年度。",
    message="年度填的是 {actual},这套表是 {expected} 年度的",
    why="不同年度的表样、标准和数据不能混用。",
    fix="如是年度填错,改正年度;如填的是别的年度的数据,请改填这套表所属年度的数据。",
    source="报送要求:使用当年的表,填当年的数",
    good=Example({"unit.year": "2022"}),
    bad=Example({"unit.year": "2021"}, at="unit.year"),
    cases=_year_cases,
)

W14 = Rule(
    id="W14",
    name="active-content",
    title="含宏或外部链接",
    severity=Severity.VERIFY,
    when="文件里有宏、外部链接、超链接、数据连接、嵌入的对象、引用外部内容的公式或隐藏的工作表。"
    "本工具不运行它们,审核结果里也不带。",
    message="文件里有{actual},审核时没有运行,审核结果里也不带",
    why="下发的模板里没有这些内容。宏可能带病毒;引用别的文件的数,对方一改这里就变,也核对不了。",
    fix="引用别的文件的数,改成直接填数字;不需要的宏和对象请删除,另存为“Excel 工作簿(*.xlsx)”。",
    source="报送要求:文件中不带宏和外部链接",
    good=Example(_CHECKED),
    bad=Example(_CHECKED, damage=(("activate", "宏"),)),
    inspect=_flaws("active_content"),
)

W15 = Rule(
    id="W15",
    name="protection-removed",
    title="保护被取消",
    severity=Severity.NOTE,
    when="下发时加锁的工作表,收回来没有锁。",
    message="“{label}”工作表的保护被取消",
    why="取消保护以后,公式和固定文字可能被误改;是否真被改过,另有检查。",
    fix="一般不用处理;以后填报请不要取消保护,浅黄色的格子都可以直接填。",
    source="报送要求:不得改动表样",
    good=Example(_CHECKED),
    bad=Example(_CHECKED, damage=(("unprotect", "money"),)),
    inspect=_flaws("unprotected"),
    grouped="有 {count} 张工作表的保护被取消:{labels}",
)

W17 = Rule(
    id="W17",
    name="rubric-differs",
    title="评分标准不同",
    severity=Severity.VERIFY,
    when="文件里写明的评分标准,与审核用的评分标准不是同一份。",
    message="这份表是按评分标准“{actual}”制作的,现在按“{expected}”审核,两者不同",
    why="评分标准不同,分值、评分办法和等级就不同;自评得分不能直接对照,本次按现用的标准核对。",
    fix="先弄清该用哪一份标准:单位用错模板的,换现用的模板重新报送;审核时选错标准的,由审核人员改用制表时的标准重新审核。",
    source="报送要求:使用统一下发的表样和评分标准",
    good=Example(_CHECKED),
    bad=Example(_CHECKED, damage=(("rubric", "other"),)),
    inspect=_flaws("rubric_differs"),
)

W18 = Rule(
    id="W18",
    name="content-hidden",
    title="内容被隐藏",
    severity=Severity.VERIFY,
    when="本表的工作表、固定的行、有内容的行或列被隐藏(或缩到看不见)。清单里没填的空行隐藏不算。",
    message="{label}被隐藏,其中的内容照常审核",
    why="隐藏的内容在屏幕上和打印件上都看不到,容易漏看、漏填,也可能与看到的不一致。",
    fix="取消隐藏(行高、列宽恢复),核对其中的内容;不该有的内容删除。筛选后忘记取消的,取消筛选即可。",
    source="报送要求:表样完整,内容可见",
    good=Example(_CHECKED),
    bad=Example(_CHECKED, damage=(("hide_row", "income.other"),)),
    inspect=_flaws("hidden"),
)

W19 = Rule(
    id="W19",
    name="identity-contradicts",
    title="表号前后不一",
    severity=Severity.VERIFY,
    when="文件属性里写明的表号或版次,与各工作表上写明的不同:工作表从别的文件复制来,或被改过。",
    message="文件属性里写明的是“{actual}”,工作表上写明的是“{expected}”,两者不同,按工作表审核",
    why="下发的模板各处写明的表号、版次都相同;不同的,可能是几份文件拼成的。",
    fix="把内容填到现用的模板里重新报送;也可以直接在收到的“审核结果”文件里核对后报送。",
    source="报送要求:使用统一下发的表样",
    good=Example(_CHECKED),
    bad=Example(_CHECKED, damage=(("claim", "perfxl_edition", "0"),)),
    inspect=_flaws("identity_differs"),
)

W21 = Rule(
    id="W21",
    name="cells-merged",
    title="名称、文字格合并",
    severity=Severity.NOTE,
    when="几行的一级指标、二级指标、项目名称等,或者几个指标的原因等文字,合并成了一格。每行都按合并格里的内容读取。",
    message="从{label}{actual}是合并的一格,每行都按此读取",
    why="合并后只有第一行有内容,Excel 的合计和校验只认第一行;审核时按每行都写了同样的内容读取。",
    fix="不用处理,审核结果里每行都已补上;以后请不要合并,每行都写。",
    source="填报说明:同一项目、同类指标有几行的,每行都写",
    good=Example(_CHECKED),
    bad=Example(
        {
            "projects.001.name": "道路养护",
            "projects.001.budget": "5",
            "projects.002.name": "道路养护",
            "projects.002.budget": "6",
        },
        damage=(("merge", "projects.001.name", "projects.002.name"),),
        at="projects.001.name",
    ),
    inspect=_flaws("names_merged"),
    grouped="{sheet} 有 {count} 处几行合并成一格,每行都按合并格里的内容读取:{each}",
)

W22 = Rule(
    id="W22",
    name="merge-covers-inputs",
    title="填报格被合并",
    severity=Severity.ERROR,
    when="要分别填的几格合并成了一格(各行的金额、数值,或者同一行的两栏),分不清各是什么。",
    message="{label}在合并的格子 {actual} 里,分不清填的是什么,没有读取",
    why="合并后只剩一个内容,是哪一格的、还是几格合在一起的,无法确定;与它有关的合计、完成率都没有计算。",
    fix="取消合并,每格分别填;也可以直接在收到的“审核结果”文件里补填,那里没有合并。",
    source="填报说明:不要合并单元格,每格分别填",
    good=Example(_CHECKED),
    bad=Example(
        {"income.grant.annual": "90", "income.grant.final": "90"},
        damage=(("merge", "income.grant.initial", "income.grant.annual"),),
        at="income.grant.annual",
    ),
    inspect=_flaws("inputs_merged"),
    grouped="{sheet} 有 {count} 格被合并,分不清各格填的是什么,没有读取:{labels}({cells})",
)

W23 = Rule(
    id="W23",
    name="explanation-lost",
    title="说明没有对上",
    severity=Severity.NOTE,
    when="审核结果的问题清单被改过(改了编号或问题的文字、另加了行),有一条说明认不出说的是哪个问题。",
    message="{label}的说明“{actual}”认不出说的是哪个问题,没有采用",
    why="说明按所在行的编号、位置和问题对到原来的问题;这一行的文字与发下去的对不上,对错了会替别的问题作说明。",
    fix="在这次的审核结果里,把说明写到它所说的问题那一行;清单可以排序、筛选,不要改里面的文字。",
    source="报送要求:说明写在审核结果的“说明”栏",
    good=Example(_CHECKED),
    bad=Example(_CHECKED, damage=(("explain", "I99", "属实,有文件依据"),)),
    inspect=_flaws("explanation_lost"),
)

_WRITTEN = {"paper.3.B": "乙"}

W24 = Rule(
    id="W24",
    name="place-not-certain",
    title="位置对不上",
    severity=Severity.ERROR,
    when="财政部门自己的表样里,有的格子认不准:行列被删、被挪,旁边的文字被改,或者格子被推到了别处。"
    "认不准的不读取,不会读成别的格子的数。",
    message="{label}没有读取:{actual}",
    why="这一格的行、列或旁边的文字与表样对不上,读了可能张冠李戴;与它有关的合计、得分都没有计算。",
    fix="对照下发的空表,把挪动的格子、改动的文字恢复原样再报送;也可以直接在收到的“审核结果”文件里补填这几格。",
    source="报送要求:不得改动表样",
    good=Example(_WRITTEN, damage=(("by_hand", "paper"),)),
    bad=Example(
        _WRITTEN,
        damage=(("by_hand", "paper"), ("write", "paper.3.A", "丙")),
        at="paper.3.B",
    ),
    inspect=_flaws("unbound"),
    grouped="{sheet} 有 {count} 格与表样对不上,没有读取:{each}",
)

W25 = Rule(
    id="W25",
    name="own-paper",
    title="用自备的空表填报",
    severity=Severity.NOTE,
    when="填报用的不是下发的模板,而是财政部门原来的空表;按表样的文字和位置认出各格,照常读取和检查。",
    message="“{label}”是在原来的空表上填的,已按表样的文字和位置读取",
    why="原来的空表没有锁定和校验;审核结果已换成下发的模板,填报内容都在里面。",
    fix="不用重填:有问题的在收到的“审核结果”文件里改正后报送;以后请用下发的模板填报。",
    source="报送要求:使用统一下发的表样",
    good=Example(_WRITTEN),
    bad=Example(_WRITTEN, damage=(("by_hand", "paper"),)),
    inspect=_flaws("own_paper"),
)

W26 = Rule(
    id="W26",
    name="kind-not-kept",
    title="不是要填的样子",
    severity=Severity.VERIFY,
    when="财政部门自己的表样里,应填日期的格子看不出是什么时候,应填整数的填了小数,"
    "或者代码中间有空格、太长而存成了数(电子表格只留 15 位)。",
    message="{label}填的是“{actual}”,{why}",
    why="这一格的内容照原样留着,但不是表上要的:日期排不了先后,代码对不上单位。",
    fix="日期写成 2023-05-08 的样子,只到月的写 2023-05,没有的写“无”;整数不带小数;"
    "代码不留空格,长的先把格式设为“文本”再填;确属实情的,在审核结果的“说明”栏写明原因。",
    source="填报说明:日期、整数、代码照各格的要求填",
    good=Example({"paper.5.B": "2023年5月"}),
    bad=Example({"paper.5.B": "已办结"}, at="paper.5.B"),
    inspect=_inexact,
)

OF_DRAWINGS = (W24, W25, W26)  # that only a form an office drew can show

RULES = (
    *(W01, W02, W03, W04, W05, W06, W07, W08, W09, W10),
    *(W11, W12, W13, W14, W15, W17, W18, W19, W20, W21, W22, W23),
    *OF_DRAWINGS,
)
