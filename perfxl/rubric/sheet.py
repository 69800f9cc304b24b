"""The rubric as a form of its own, so that a clerk edits it in Excel: one renderer, one reader.

`rubric_cells` fills it from a rubric; `rubric.answers` takes what was read back to a draft. Points
are 分, rates are shown as per cent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

from msgspec.structs import replace

from perfxl.expr.aggregates import ColumnSum
from perfxl.expr.arithmetic import Round
from perfxl.expr.cells import Number
from perfxl.expr.logic import Compare, Verdict
from perfxl.expr.tree import Expr, Key
from perfxl.form.answers import Cell
from perfxl.form.model import (
    Block,
    Column,
    Form,
    Item,
    Kind,
    Row,
    Sheet,
    centred,
    label,
    open_list,
    row_key,
)
from perfxl.form.raw import Raw
from perfxl.rubric.methods import METHODS, parameters
from perfxl.rubric.model import Rubric, RubricItem

ID, EDITION = "rubric", "1"
EVIDENCE = {"需要": True, "不需要": False}
OFFERED = {"grades": 8, "caps": 6, "items": 40, "bands": 34}
BLOCKS = frozenset({"settings", *OFFERED})
TOTAL, SUM = Key("settings", "points"), Key("settings", "sum")

FIRST_STEP = "1. 只填浅黄色的格子。本文件就是评分标准:改好后保存,制表和审核时用 --rubric 指定它。"
COMMON_STEPS = (
    "2. 百分数照常填写,如 90%;分值、扣分填数字,单位为分。",
    "3. “评分项目”一行一项。项目代号用英文字母、数字或下划线;项目代号和三级指标名称都不能重复。",
    "4. 评分标准只写考核什么(如“已评估项目数÷应评估项目数”);得几分由右边各栏自动写进自评表。",
)
LAST_STEP = "7. 填错了会一次全部指出,写明工作表和单元格。"
CAP_NOTE = "总分上限(支出率低时封顶;不封顶的留空)"
SETTINGS: tuple[tuple[str, str, Item, str], ...] = (
    ("id", "标准代号", Item(Kind.CODE, required=True), "写进每份表,审核时据此核对;换年度要换"),
    ("title", "标准名称", Item(Kind.TEXT, required=True), ""),
    ("notice", "表头说明", Item(Kind.LONG), "印在评分表的标题后面,可不填"),
    ("points", "满分", Item(Kind.SCORE, unit="分", required=True), "各项分值合计应等于它"),
    ("done", "已达成下限", Item(Kind.RATE), "定性指标“已完成”至少得分值的多少;留空为 80%"),
    ("partly", "部分达成下限", Item(Kind.RATE), "定性指标“部分完成”至少得分值的多少;留空为 60%"),
    ("adjustment", "预算调整幅度", Item(Kind.RATE), "全年预算较年初变动超过它要说明;留空为 30%"),
    ("execution", "支出率下限", Item(Kind.RATE), "支出率低于它要说明;留空为 90%"),
    ("overfulfilment", "超额完成界限", Item(Kind.RATE), "完成率达到它要说明;留空为 130%"),
)

ITEM_COLUMNS = (  # the parameters of the methods stand before the last
    Column("seq", "序号"),
    Column("key", "项目代号"),
    Column("level1", "一级指标"),
    Column("level2", "二级指标"),
    Column("name", "三级指标"),
    Column("points", "分值"),
    Column("method", "计分方法"),
    Column("standard", "评分标准"),
    Column("evidence", "佐证材料"),
)


@cache
def rubric_form() -> Form:
    """Give the blank form."""
    return Form(
        ID,
        EDITION,
        "评分标准",
        rubric_sheets("基本参数", steps("how_to", rubric_steps(FIRST_STEP, LAST_STEP))),
    )


def rubric_sheets(name: str, how_to: Block) -> tuple[Sheet, ...]:
    """Give the sheets a rubric is written on, the first one called `name`: here or in settings."""
    settings = Sheet(
        "settings",
        name,
        "评分标准",
        (how_to, _settings_block(), _grades_block(), _caps_block()),
        (5, 15, 21, 48),
        portrait=True,
        frozen=False,
    )
    items = Sheet(
        "items",
        "评分项目",
        "评分项目",
        (_items_block(),),
        (4, 15, 9, 9, 23, 6, 9, 27, *(9 for _ in parameters()), 8),
        "一行一项;分值的单位为分",
    )
    bands = Sheet(
        "bands",
        "分档",
        "分档(计分方法为“分档”的项目)",
        (_bands_block(),),
        (5, 40, 12, 12),
        "同一项目由高到低一档一行;“达到”是这一档的下限(含),最后一档填 0%",
        portrait=True,
    )
    return settings, items, bands


# ---------------------------------------------------------------- blocks


def rubric_steps(first: str, last: str) -> tuple[str, ...]:
    """Give the steps of filling in a rubric, between the first and the last of a workbook."""
    computed = "、".join(method.label for method in METHODS.values() if method.computed)
    banded = "".join(f"“{one.label}”的各档填在“分档”表。" for one in METHODS.values() if one.banded)
    hinted = sorted((one for one in METHODS.values() if one.hint), key=lambda one: one.key)
    hints = ";".join(f"“{method.label}”{method.hint}" for method in hinted)
    return (
        first,
        *COMMON_STEPS,
        f"5. {computed}由表内数据计算,各用一次。{banded}",
        f"6. {hints}。",
        last,
    )


def steps(key: str, texts: Sequence[str]) -> Block:
    """Give the block that says how to fill in a sheet of four columns."""
    rows = tuple(
        Row(f"step{n}", text, {"text": label(text, "prose")}) for n, text in enumerate(texts, 1)
    )
    return Block(key, "填写说明", (Column("text", "说明", 4),), rows, headed=False)


def _settings_block() -> Block:
    def row(key: str, wording: str, item: Item, note: str) -> Row:
        return Row(key, wording, {"label": label(wording), "value": item, "note": label(note)})

    total = Round(ColumnSum("items", "points"), 2)
    adds_up: Expr = Verdict(Compare("=", Number(SUM), Number(TOTAL)))
    rows = (
        *(
            row(key, wording, replace(item, prompt=note), note)
            for key, wording, item, note in SETTINGS
        ),
        row("sum", "各项分值合计", Item(Kind.SCORE, unit="分", formula=total), "自动计算"),
        row(
            "adds_up",
            "合计等于满分",
            Item(Kind.TEXT, formula=adds_up, look="verdict"),
            "自动校验",
        ),
    )
    columns = (Column("label", "参数", 2), Column("value", "内容"), Column("note", "说明"))
    return Block("settings", "一、基本参数", columns, rows)


def _listed(
    key: str, title: str, columns: Sequence[Column], cells: Mapping[str, Item], **options: bool
) -> Block:
    def pattern(row: str) -> Row:
        return Row(row, f"第{int(row)}行", {"seq": centred(str(int(row))), **cells})

    return open_list(key, title, tuple(columns), pattern, OFFERED[key], **options)


def _grades_block() -> Block:
    columns = (Column("seq", "序号"), Column("name", "等级"), Column("lowest", "最低分"))
    cells = {
        "name": Item(Kind.TEXT, required=True),
        "lowest": Item(Kind.SCORE, required=True, prompt="由高到低,末级填 0"),
    }
    return _listed("grades", "二、等级(由高到低)", columns, cells)


def _caps_block() -> Block:
    columns = (Column("seq", "序号"), Column("below", "支出率低于"), Column("highest", "总分最高"))
    cells = {
        "below": Item(Kind.RATE, required=True, prompt="由高到低,如 80%"),
        "highest": Item(Kind.SCORE, required=True, prompt="支出率低于左边的百分数时,总分不超过它"),
    }
    return _listed("caps", f"三、{CAP_NOTE}", columns, cells)


def _items_block() -> Block:
    text = Item(Kind.TEXT, required=True)
    cells = {
        "key": Item(Kind.CODE, required=True, prompt="英文字母、数字、下划线,不重复"),
        "level1": text,
        "level2": text,
        "name": text,
        "points": Item(Kind.SCORE, required=True, prompt="分,大于 0"),
        "method": Item(
            Kind.CHOICE, required=True, choices=tuple(method.label for method in METHODS.values())
        ),
        "standard": Item(Kind.LONG, prompt="写考核什么;怎样得分由右边各栏自动写出"),
        **{
            one.key: Item(
                Kind.RATE if one.range.rate else Kind.SCORE,
                prompt=f"只用于“{method.label}”:{one.prompt}",
            )
            for method, one in parameters()
        },
        "evidence": Item(
            Kind.CHOICE, choices=tuple(EVIDENCE), prompt="留空:表内计算的不需要,其余需要"
        ),
    }
    *before, last = ITEM_COLUMNS
    columns = (*before, *(Column(one.key, one.range.label) for _, one in parameters()), last)
    return _listed("items", "评分项目", columns, cells, filtered=True)


def _bands_block() -> Block:
    columns = (
        Column("seq", "序号"),
        Column("item", "三级指标"),
        Column("at_least", "达到"),
        Column("points", "得分"),
    )
    cells = {
        "item": Item(Kind.TEXT, required=True, prompt="与“评分项目”表的三级指标相同,每档都写"),
        "at_least": Item(Kind.RATE, required=True, prompt="比率达到它就在这一档,如 90%"),
        "points": Item(Kind.SCORE, required=True, prompt="这一档得几分"),
    }
    return _listed("bands", "分档", columns, cells, filtered=True)


# ---------------------------------------------------------------- rubric -> sheet


def rubric_cells(rubric: Rubric) -> dict[Key, Cell]:
    """Give the cells of the form that say this rubric."""
    settings: dict[str, Raw] = {
        "id": rubric.id,
        "title": rubric.title,
        "notice": rubric.notice,
        "points": rubric.points,
        **{name: getattr(rubric.tiers, name) for name in ("done", "partly")},
        **{
            name: getattr(rubric.limits, name)
            for name in ("adjustment", "execution", "overfulfilment")
        },
    }
    tables: dict[str, list[dict[str, Raw]]] = {
        "grades": [{"name": name, "lowest": lowest} for name, lowest in rubric.grades],
        "caps": [{"below": cap.below, "highest": cap.highest} for cap in rubric.caps],
        "items": [_item_values(item) for item in rubric.items],
        "bands": [
            {"item": item.name, "at_least": band.at_least, "points": band.points}
            for item in rubric.items
            for band in item.bands
        ],
    }
    cells = {Key("settings", name): Cell(raw) for name, raw in settings.items()}
    for block, rows in tables.items():
        for n, row in enumerate(rows, 1):
            cells |= {Key(block, row_key(n), name): Cell(raw) for name, raw in row.items()}
    return cells


def _item_values(item: RubricItem) -> dict[str, Raw]:
    words = {evidence: word for word, evidence in EVIDENCE.items()}
    texts = {name: getattr(item, name) for name in ("key", "level1", "level2", "name", "points")}
    return {
        **texts,
        "method": item.method.label,
        "standard": item.standard,
        **{one.key: item.number(one) or None for _, one in parameters()},
        "evidence": words[item.evidence],
    }


def lists_of(rubric: Rubric) -> dict[str, int]:
    """Give how many rows of each list a rubric takes up."""
    bands = sum(len(item.bands) for item in rubric.items)
    counts = (len(rubric.grades), len(rubric.caps), len(rubric.items), bands)
    return dict(zip(OFFERED, counts, strict=True))
