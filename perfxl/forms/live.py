"""The live part of a form: cover with status, «校验» with every check, a hint beside every row.

All of it is ordinary computed cells, so the template's verdicts, their cached values and the
findings of `check` come from one evaluation of one tree.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal

from perfxl.aggregates import FailCount, Hints, SumRows, Text, Worst
from perfxl.expr import Const, Expr, If, Key, Least, Minus, Number, Sum, Unknown, Verdict
from perfxl.model import Block, Column, Form, Item, Kind, Row, Sheet
from perfxl.relations import Identity
from perfxl.rule import Case, Rule, Severity

CHECKS, DETAILS, STATUS = "checks", "row_checks", "status"
HINT = "hint"
HINT_WIDTH = 20

COLUMNS = (
    Column("id", "编号"),
    Column("level", "级别"),
    Column("about", "检查内容"),
    Column("result", "结果"),
    Column("difference", "差额"),
    Column("count", "不通过数"),
    Column("place", "位置(点击前往)"),
    Column("due", "应填", hidden=True),
    Column("missing", "未填", hidden=True),
)


def _row(key: str, rule: Rule, about: str, place: str, link: Key, **items: Item | None) -> Row:
    cells = {
        "id": Item(Kind.LABEL, rule.id),
        "level": Item(Kind.LABEL, rule.severity.word),
        "about": Item(Kind.LABEL, about),
        "place": Item(Kind.LABEL, place, link=link, look="link"),
    }
    cells |= {name: item for name, item in items.items() if item is not None}
    return Row(key, about, {c.key: cells[c.key] for c in COLUMNS if c.key in cells})


def _case_row(block: str, key: str, rule: Rule, case: Case, form: Form) -> Row:
    verdict = Key(block, key, "result")
    difference = case.difference
    return _row(
        key,
        rule,
        case.about,
        form.sheet_of[case.key.block].name,
        case.key,
        result=Item(Kind.TEXT, formula=Verdict(case.test, case.active), look="verdict"),
        difference=Item(Kind.AMOUNT, formula=difference) if difference is not None else None,
        count=Item(Kind.NUMBER, formula=FailCount((verdict,))),
        due=_tally(case.due, case.active),
        missing=_tally(case.missing, case.active),
    )


def _tally(count: Expr | None, active: Expr | None) -> Item | None:
    if count is None:
        return None
    return Item(Kind.NUMBER, formula=count if active is None else If(active, count, Unknown()))


def _group_row(
    key: str, rule: Rule, about: str, case: Case, verdicts: Sequence[Key], form: Form
) -> Row:
    failed = FailCount(tuple(verdicts))
    # rules that group their findings make one finding of all rows, the others one of each
    count = Least(failed, Const(Decimal(1))) if rule.grouped else failed
    return _row(
        key,
        rule,
        about,
        form.sheet_of[case.key.block].name,
        case.key,
        result=Item(Kind.TEXT, formula=Worst(tuple(verdicts)), look="verdict"),
        count=Item(Kind.NUMBER, formula=count),
    )


def _check_blocks(form: Form, rules: Iterable[Rule]) -> tuple[Form, Block, Block]:
    """Give the form with its cases, and the two blocks of «校验»: whole checks, row by row."""
    whole: list[Row] = []
    details: list[Row] = []
    cases: list[tuple[Key, Rule, Case]] = []
    for rule in rules:
        if rule.cases is None:
            continue
        groups: dict[str, list[Case]] = defaultdict(list)
        for number, case in enumerate(rule.cases(form), 1):
            block = form.blocks[case.key.block]
            if rule.grouped or block.repeats:
                groups[block.key].append(case)
                continue
            key = f"{rule.id}_{number}"
            whole.append(_case_row(CHECKS, key, rule, case, form))
            cases.append((Key(CHECKS, key, "result"), rule, case))
        for block_key, members in groups.items():
            verdicts: list[Key] = []
            for number, case in enumerate(members, 1):
                key = f"{rule.id}_{block_key}_{number}"
                details.append(_case_row(DETAILS, key, rule, case, form))
                verdicts.append(Key(DETAILS, key, "result"))
                cases.append((verdicts[-1], rule, case))
            about = f"{form.blocks[block_key].title}:{rule.title}(逐行)"
            group = _group_row(f"{rule.id}_{block_key}", rule, about, members[0], verdicts, form)
            whole.append(group)
    live = replace(form, cases=tuple(cases))
    return (
        live,
        Block(CHECKS, "各项校验", COLUMNS, tuple(whole), filtered=True),
        Block(DETAILS, "逐行校验明细", COLUMNS, tuple(details)),
    )


def _hints(form: Form) -> dict[tuple[str, str], list[tuple[Key, str]]]:
    """Give, for each row, its verdicts and the words to show beside it where they fail."""
    found: dict[tuple[str, str], list[tuple[Key, str]]] = defaultdict(list)
    alike = Counter((rule.id, case.key.block, case.key.row) for _, rule, case in form.cases)
    for verdict, rule, case in form.cases:
        several = alike[rule.id, case.key.block, case.key.row] > 1
        column = f"({form.column_label(case.key)})" if several else ""
        text = f"{rule.severity.word}:{rule.title}{column} "
        found[case.key.block, case.key.row].append((verdict, text))
    return found


def _with_hints(form: Form) -> Form:
    """Give the form with a last column that names the failing checks of each row."""
    hints = _hints(form)

    def hinted(block: Block) -> Block:
        if not any((block.key, row.key) in hints for row in block.rows):
            return block
        rows = tuple(
            replace(
                row,
                items={
                    **row.items,
                    HINT: Item(Kind.TEXT, formula=Hints(tuple(found)), look="hint"),
                },
            )
            if (found := hints.get((block.key, row.key)))
            else row
            for row in block.rows
        )
        columns = (*block.columns, Column(HINT, "校验提示", last=True))
        return replace(block, rows=rows, columns=columns)

    def widened(sheet: Sheet) -> Sheet:
        blocks = tuple(map(hinted, sheet.blocks))
        grown = any(new is not old for new, old in zip(blocks, sheet.blocks, strict=True))
        widths = (*sheet.widths, HINT_WIDTH) if grown else sheet.widths
        return replace(sheet, blocks=blocks, widths=widths)

    return replace(form, sheets=tuple(map(widened, form.sheets)))


HOW_TO = (
    "1. 只填浅黄色的格子;带公式的灰色格子自动计算,其他文字已锁定,不用改。",
    "2. 金额单位为万元,没有发生额的填 0,不要留空;指标的符号、数值、单位分别填在各自的格子里。",
    "3. 每行右侧的“校验提示”和“校验”表会随填随查;“不通过”的请先改正,“待填”的请补填。",
    "4. “错误”类问题必须改正;“核实”类问题确属实情的,收到审核结果后在“说明”栏写明原因即可。",
    "5. 多余的空行留空即可;打印前可用表头的筛选按钮隐藏空行。不要删除行、列或工作表。",
    "6. 填完保存为 .xlsx 报送。收到“审核结果”后,可直接在结果文件里改正,再次报送。",
)
LEGEND = (
    ("input", "请填写"),
    ("computed", "自动计算"),
    ("error", "错误:必须改正"),
    ("verify", "核实:改正或说明"),
    ("note", "提示:供参考"),
)


def _cover(form: Form) -> Sheet:
    def computed(key: str, wording: str, item: Item) -> Row:
        return Row(key, wording, {"label": Item(Kind.LABEL, wording), "value": item})

    def counted(severity: Severity) -> Item:
        where = (("level", severity.word),)
        return Item(Kind.NUMBER, formula=SumRows(CHECKS, "count", where), look="count")

    due, missing = (
        Sum((SumRows(CHECKS, column), SumRows(DETAILS, column))) for column in ("due", "missing")
    )
    who = next(form.of(Identity))
    rows = (
        computed("name", "单位名称", Item(Kind.TEXT, formula=Text(who.name), look="fact")),
        computed("code", "单位代码", Item(Kind.TEXT, formula=Text(who.code), look="fact")),
        computed("year", "年度", Item(Kind.NUMBER, formula=Number(who.year), look="fact")),
        computed("due", "应填必填项", Item(Kind.NUMBER, formula=due, look="count")),
        computed("done", "其中已填", Item(Kind.NUMBER, formula=Minus(due, missing), look="count")),
        computed("errors", "错误", counted(Severity.ERROR)),
        computed("verify", "核实", counted(Severity.VERIFY)),
        computed("notes", "提示", counted(Severity.NOTE)),
    )
    steps = tuple(
        Row(f"step{n}", text, {"text": Item(Kind.LABEL, text, look="prose")})
        for n, text in enumerate(HOW_TO, 1)
    )
    legend = tuple(
        Row(look, text, {"sample": Item(Kind.LABEL, text, look=look)}) for look, text in LEGEND
    )
    pair = (Column("label", "项目"), Column("value", "内容"))
    blocks = (
        Block(STATUS, "填报状态(随填随变)", pair, rows, headed=False),
        Block("how_to", "填报说明", (Column("text", "说明", 2),), steps, headed=False),
        Block("legend", "颜色说明", (Column("sample", "颜色"),), legend, headed=False),
    )
    title = f"{form.year} 年度{form.title}"
    return Sheet("cover", "封面", title, blocks, (26, 70), portrait=True, frozen=False)


def with_checks(form: Form, rules: Sequence[Rule]) -> Form:
    """Give the form with cover, hints and «校验»; its `cases` name every live check."""
    live, checks, details = _check_blocks(form, rules)
    sheet = Sheet(
        "checks",
        "校验",
        "校验",
        (checks, details),
        (7, 7, 62, 9, 13, 10, 18, 7, 7),
        "结果:通过 / 不通过 / 待填(所依据的格子还没填全);空白表示该行未使用",
        printed_blocks=1,
    )
    return _with_hints(live).with_sheets(before=(_cover(form),), after=(sheet,))
