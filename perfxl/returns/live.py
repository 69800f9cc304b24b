"""The live part of a form: cover with status, the sheets of checks, a hint beside every row.

«校验» lists every check; those of the rows of a list, or grouped ones, stand there as one line
each and row by row on «逐行校验».

All of it is ordinary computed cells, so the template's verdicts, their cached values and the
findings of `check` come from one evaluation of one tree.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct, field
from msgspec.structs import replace

from perfxl.check.rule import Case, Rule, Severity
from perfxl.expr.aggregates import FailCount, Hints, SumRows, Text, Worst
from perfxl.expr.arithmetic import Least, Minus, Sum
from perfxl.expr.cells import ONE, ZERO, Is, IsNumber, Legible, Literal, Number, Unknown
from perfxl.expr.logic import Compare, If, Verdict
from perfxl.expr.tree import FAILS, Expr, Key
from perfxl.form.model import NUMERIC, Block, Column, Form, Item, Kind, Row, Sheet
from perfxl.form.ours import HINT, HINT_LABEL
from perfxl.form.relations import Identity, Indicators

CHECKS, DETAILS, STATUS = "checks", "row_checks", "status"
HINT_WIDTH = 20
UNREAD = (
    "待填:有格子要填数值、却填了文字(或不是下拉列表里的选项),或没有选符号,"
    "表内不计算,以审核结果为准 "
)

HIDDEN_TALLIES = (Column("due", "应填", hidden=True), Column("missing", "未填", hidden=True))
COLUMNS = (
    Column("id", "编号"),
    Column("level", "级别"),
    Column("about", "检查内容"),
    Column("result", "结果"),
    Column("difference", "差额"),
    Column("count", "不通过数"),
    Column("place", "位置(点击前往)"),
    *HIDDEN_TALLIES,
)


def _check_row(
    key: str, rule: Rule, about: str, case: Case, form: Form, **items: Item | None
) -> Row:
    cells = {
        "id": Item(Kind.LABEL, rule.id),
        "level": Item(Kind.LABEL, rule.severity.word),
        "about": Item(Kind.LABEL, about),
        "place": _link(form.sheet_of[case.key.block].name, case.key),
        **items,
    }
    return Row(key, about, {c.key: item for c in COLUMNS if (item := cells.get(c.key))})


def _link(text: str, key: Key) -> Item:
    return Item(Kind.LABEL, text, link=key, look="link")


def _verdict(case: Case, place: Key) -> dict[str, Item]:
    """Give the verdict of a case, which stands at this place.

    Beside it stand the hidden tallies of one that counts cells to fill: it holds where none of
    them is missing.
    """
    test, active, tallies = case.test, case.active, {}
    if case.due is not None and case.missing is not None:
        missing = place._replace(column="missing")
        count = If(active, case.missing, Unknown()) if active else case.missing
        test, active = Compare("<", Number(missing), ONE, 0), IsNumber(missing)
        tallies = {"due": If(active, case.due, Unknown()), "missing": count}
    return {
        place.column: Item(Kind.TEXT, formula=Verdict(test, active), look="verdict"),
        **{name: Item(Kind.NUMBER, formula=formula) for name, formula in tallies.items()},
    }


def _case_row(key: str, rule: Rule, case: Case, form: Form) -> Row:
    difference, verdict = case.difference, Key(CHECKS, key, "result")
    return _check_row(
        key,
        rule,
        case.about,
        case,
        form,
        difference=Item(Kind.AMOUNT, formula=difference) if difference is not None else None,
        count=Item(Kind.NUMBER, formula=If(Is(verdict, (FAILS,), blank=False), ONE, Unknown())),
        **_verdict(case, verdict),
    )


def _group_row(key: str, rule: Rule, case: Case, verdicts: Sequence[Key], form: Form) -> Row:
    failed = FailCount(tuple(verdicts))
    # rules that group their findings make one finding of all rows, the others one of each
    count = Least(failed, ONE) if rule.grouped else failed
    return _check_row(
        key,
        rule,
        f"{form.blocks[case.key.block].title}:{rule.title}(逐行)",
        case,
        form,
        result=Item(Kind.TEXT, formula=Worst(tuple(verdicts)), look="verdict"),
        count=Item(Kind.NUMBER, formula=count),
    )


Judged = tuple[Key, Rule, Case]  # where a verdict stands, and of what


class _Details(Struct):
    """The verdicts of one block, row by row: a row for each of its rows, a column for each rule."""

    block: Block
    judged: list[Judged] = field(default_factory=list)
    alike: Counter[tuple[str, str]] = field(default_factory=Counter)  # of each rule in each row

    @property
    def key(self) -> str:
        return f"{DETAILS}_{self.block.key}"

    def add(self, rule: Rule, case: Case) -> Key:
        """Take a case in, and give where its verdict stands."""
        row = case.key.row
        self.alike[rule.id, row] += 1
        number = self.alike[rule.id, row]
        verdict = Key(self.key, row, f"{rule.id}_{number}" if number > 1 else rule.id)
        self.judged.append((verdict, rule, case))
        return verdict

    def made(self) -> Block:
        """Give the block."""
        rows: dict[str, dict[str, Item]] = defaultdict(dict)
        labels: dict[str, str] = {}
        for verdict, rule, case in self.judged:
            rows[verdict.row] |= _verdict(case, verdict)
            labels.setdefault(verdict.column, f"{rule.id} {rule.title}")
        columns = (
            Column("label", "行"),
            *HIDDEN_TALLIES,
            *(Column(key, label) for key, label in labels.items()),
        )
        wordings = {row.key: row.label for row in self.block.rows}
        made = tuple(
            Row(key, wordings[key], {"label": Item(Kind.LABEL, wordings[key]), **items})
            for key, items in rows.items()
        )
        return Block(self.key, self.block.title, columns, made)


def _check_blocks(
    form: Form, rules: Iterable[Rule]
) -> tuple[tuple[Judged, ...], Block, list[Block]]:
    """Give every live check, the block of «校验», and those of «逐行校验»."""
    whole: list[Row] = []
    details: dict[str, _Details] = {}
    judged: list[Judged] = []
    for rule in rules:
        groups: dict[str, list[Case]] = defaultdict(list)
        for number, case in enumerate(rule.cases(form) if rule.cases else (), 1):
            block = form.blocks[case.key.block]
            if rule.grouped or (block.repeats and not case.whole):
                groups[block.key].append(case)
                continue
            key = f"{rule.id}_{number}"
            whole.append(_case_row(key, rule, case, form))
            judged.append((Key(CHECKS, key, "result"), rule, case))
        for block_key, members in groups.items():
            rows = details.setdefault(block_key, _Details(form.blocks[block_key]))
            verdicts = [rows.add(rule, case) for case in members]
            judged += ((v, rule, case) for v, case in zip(verdicts, members, strict=True))
            verdicts.sort(key=lambda verdict: verdict.column)  # neighbours make one range
            whole.append(_group_row(f"{rule.id}_{block_key}", rule, members[0], verdicts, form))
    checks = Block(CHECKS, "各项校验", COLUMNS, tuple(whole), filtered=True)
    return tuple(judged), checks, [rows.made() for rows in details.values()]


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


def _figures(block: Block, row: Row) -> Legible | None:
    """Give the figures of a row, typed and computed, which `Hints` says of where they are texts."""
    keys = (
        Key(block.key, row.key, column)
        for column, item in row.items.items()
        if item.kind in NUMERIC
    )
    found = tuple(keys)
    return Legible(found) if found else None


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
                    HINT: Item(
                        Kind.TEXT,
                        formula=Hints(tuple(found), _figures(block, row), UNREAD),
                        look="hint",
                    ),
                },
            )
            if (found := hints.get((block.key, row.key)))
            else row
            for row in block.rows
        )
        columns = (*block.columns, Column(HINT, HINT_LABEL, last=True))
        return replace(block, rows=rows, columns=columns)

    def widened(sheet: Sheet) -> Sheet:
        blocks = tuple(map(hinted, sheet.blocks))
        grown = any(new is not old for new, old in zip(blocks, sheet.blocks, strict=True))
        widths = (*sheet.widths, HINT_WIDTH) if grown else sheet.widths
        return replace(sheet, blocks=blocks, widths=widths)

    return replace(form, sheets=tuple(map(widened, form.sheets)))


HOW_TO = (
    "只填浅黄色的格子;带公式的{computed}自动计算,其他文字已锁定,不用改。",
    "{figures}。",
    "每行右侧的“校验提示”和“校验”表会随填随查;“不通过”的请先改正,“待填”的请补填。",
    "“错误”类问题必须改正;“核实”类问题确属实情的,收到审核结果后在“说明”栏写明原因即可。",
    "多余的空行留空即可{filtered}。不要删除行、列或工作表。",
    "填完保存为“Excel 工作簿(*.xlsx)”报送。收到“审核结果”文件后,直接在里面改正,再次报送。",
)
LEGEND = (
    ("input", "请填写"),
    ("computed", "自动计算"),
    ("error", "错误:必须改正"),
    ("verify", "核实:改正或说明"),
    ("note", "提示:供参考"),
)


class Cover(Struct, frozen=True):
    """What the first sheet says above and below the counts: facts, and how to fill the form in."""

    name: str
    title: str
    facts: tuple[Row, ...]
    steps: tuple[str, ...]
    legend: tuple[tuple[str, str], ...] = LEGEND


def fact(key: str, wording: str, item: Item) -> Row:
    """Give a row of the cover."""
    return Row(key, wording, {"label": Item(Kind.LABEL, wording), "value": item})


def unit_cover(form: Form, said: Sequence[tuple[str, str, str]] = ()) -> Cover:
    """Give the cover of a form that a unit fills in: who, of which year, what its office tells it.

    `said` are texts as (key, wording, text).
    """
    facts = (
        *(row for who in form.of(Identity) for row in _who(who)),
        *(fact(key, wording, Item(Kind.LABEL, text, look="fact")) for key, wording, text in said),
    )
    drawn = any(sheet.drawing for sheet in form.sheets)  # whose computed cells look as drawn
    legend = tuple(one for one in LEGEND if not (drawn and one[0] == "computed"))
    title = f"{form.year} 年度{form.title}"
    return Cover("封面", title, facts, tuple(_steps(form, drawn)), legend)


def _steps(form: Form, drawn: bool) -> Iterator[str]:
    """Say step by step how a form is filled in, as far as there is anything to say of it."""
    filtered = any(block.filtered for block in form.blocks.values())
    told = {
        "computed": "格子" if drawn else "灰色格子",
        "figures": ";".join(_of_figures(form)),
        "filtered": ";打印前可用表头的筛选按钮隐藏空行" if filtered else "",
    }
    steps = (step for step in (one.format(**told) for one in HOW_TO) if step != "。")
    return (f"{number}. {step}" for number, step in enumerate(steps, 1))


def _of_figures(form: Form) -> Iterator[str]:
    """Say how money and indicators are filled in, as far as a form asks for any."""
    if units := "、".join(form.money_units):
        yield f"金额单位为{units},没有发生额的填 0,不要留空"
    lists = list(form.of(Indicators))
    if any(one.asks_for(form, one.symbol) for one in lists):
        yield "指标的符号、数值、单位分别填在各自的格子里"
    elif any(one.asks_for(form, one.target) for one in lists):
        yield "指标值连符号、单位一起填,如“≥95%”"


def _who(who: Identity) -> Iterator[Row]:
    yield fact("name", "单位名称", Item(Kind.TEXT, formula=Text(who.name), look="name"))
    yield fact("code", "单位代码", Item(Kind.TEXT, formula=Text(who.code), look="fact"))
    yield fact("year", "年度", Item(Kind.NUMBER, formula=Number(who.year), look="fact"))


def _counts(block: Block, column: str) -> bool:
    return any(column in row.items for row in block.rows)


def _next_step(begin: str) -> Expr:
    """Say what is to be done; of a form that is not filled in yet, with which sheet to begin."""
    due, done, errors = (Number(Key(STATUS, row, "value")) for row in ("due", "done", "errors"))
    return If(
        Compare("<", done, due, 0),
        Literal(f"从“{begin}”起,填完各表浅黄色的格子"),
        If(
            Compare(">", errors, ZERO, 0),
            Literal("已填完,请改正错误"),
            Literal("已填完,没有错误"),
        ),
    )


def _cover_sheet(cover: Cover, counting: Sequence[Block], begin: str = "") -> Sheet:
    def counted(severity: Severity) -> Item:
        where = (("level", severity.word),)
        return Item(Kind.NUMBER, formula=SumRows(CHECKS, "count", where), look="count")

    due, missing = (
        Sum(tuple(SumRows(block.key, column) for block in counting if _counts(block, column)))
        for column in ("due", "missing")
    )
    rows = (
        *cover.facts,
        fact("next", "下一步", Item(Kind.TEXT, formula=_next_step(begin), look="name")),
        fact("due", "必填项", Item(Kind.NUMBER, formula=due, look="count")),
        fact("done", "其中已填", Item(Kind.NUMBER, formula=Minus(due, missing), look="count")),
        fact("errors", "错误(没填的也算)", counted(Severity.ERROR)),
        fact("verify", "核实", counted(Severity.VERIFY)),
        fact("notes", "提示", counted(Severity.NOTE)),
    )
    steps = tuple(
        Row(f"step{n}", text, {"text": Item(Kind.LABEL, text, look="prose")})
        for n, text in enumerate(cover.steps, 1)
    )
    legend = tuple(
        Row(look, text, {"sample": Item(Kind.LABEL, text, look=look)})
        for look, text in cover.legend
    )
    pair = (Column("label", "项目"), Column("value", "内容"))
    blocks = (
        Block(STATUS, "填报状态(随填随变)", pair, rows, headed=False),
        Block("how_to", "填报说明", (Column("text", "说明", 2),), steps, headed=False),
        Block("legend", "颜色说明", (Column("sample", "颜色"),), legend, headed=False),
    )
    return Sheet(
        "cover",
        cover.name,
        cover.title,
        blocks,
        (22, 68),
        portrait=True,
        frozen=False,
        printed=False,
    )


def cover_alone(form: Form) -> Form:
    """Give a form of nothing but the cover of this one: what reading it takes, and no more."""
    return replace(form, sheets=(_cover_sheet(unit_cover(form), ()),), relations=())


def with_checks(form: Form, rules: Sequence[Rule], cover: Cover | None = None) -> Form:
    """Give the form with cover, hints and «校验»; its `cases` name every live check.

    Without a `cover` of its own it is the one of a form that a unit fills in.
    """
    judged, checks, details = _check_blocks(form, rules)
    explained = "通过 / 不通过 / 待填(所依据的格子没填全,或内容不能识别);空白表示该行未使用"
    widest = max((len(block.columns) for block in details), default=0)
    sheets = (
        Sheet(
            "checks",
            "校验",
            "校验",
            (checks,),
            (6, 6, 60, 9, 13, 10, 18, 7, 7),
            explained,
            printed=False,
        ),
        Sheet(
            "row_checks",
            "逐行校验",
            "逐行校验",
            tuple(details),
            (34, 7, 7, *[13] * (widest - 3)),
            explained,
            frozen=False,
            hidden=True,  # nine pages when printed, and the hints beside the rows say as much
        ),
    )
    live = _with_hints(replace(form, cases=judged))
    begin = form.sheets[0].name
    first = _cover_sheet(cover or unit_cover(form), (checks, *details), begin)
    return replace(live, sheets=(first, *live.sheets, *sheets))  # its hints refer to «校验»
