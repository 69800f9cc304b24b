"""The rule catalogue as people and programs read it: each rule with its examples worked out.

The examples stand on the specimen form, a few lines long; the console, the JSON and the pages in
`docs/rules` all take them from here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import Any

from msgspec import Struct

from perfxl.check.judging import check
from perfxl.check.rule import Example, Rule
from perfxl.expr.tree import Key
from perfxl.form.answers import Cell, Submission, Values, read_answers
from perfxl.form.model import NUMERIC, Form, Kind
from perfxl.returns.live import Cover, with_checks
from perfxl.rules import RULES, rules_of
from perfxl.rules.specimen import drawn_specimen, specimen
from perfxl.rules.workbook import OF_DRAWINGS
from perfxl.settings import rules as settings_rules
from perfxl.settings.specimen import settings_specimen

# what `perfxl rules` lists: those about returns, then those about a season's settings
CATALOGUE: tuple[Rule, ...] = (*RULES, *settings_rules.OWN)
TAB = "\t"  # between the cells of a table in the report of an example
# what befell the workbook of an example, by the name of the damage
DAMAGE_WORDS = {
    "write": "“{0}”改写成“{1}”",
    "error": "“{0}”成了错误值 {1}",
    "drop_row": "“{0}”一行被删除",
    "double_row": "“{0}”一行复制成两行",
    "stray_row": "“{0}”上面插入一行,写着“{1}”",
    "stray_line": "“{0}”上面插入一行,写着“{1}”,决算数填 {2}",
    "merge": "“{0}”到“{1}”合并成一格",
    "drop_sheet": "“{0}”整张工作表被删除",
    "hide_row": "“{0}”一行被隐藏",
    "by_hand": "“{0}”填在财政部门原来的空表上",
    "unprotect": "“{0}”工作表的保护被取消",
    "edition": "表样是第 {0} 版",
    "forget": "换成了别的工作簿",
    "issue": "表是发给“{0}”的",
    "rubric": "表是按另一份评分标准制作的",
    "activate": "文件里带有{0}",
    "claim": "文件属性里写的版次是 {1}",
    "explain": "审核结果的问题清单里编号改成“{0}”的一行,说明写着“{1}”",
}


def catalogue_of(form: Form) -> tuple[Rule, ...]:
    """Give what `perfxl rules` lists for a form: with those its office stated."""
    return (*rules_of(form), *settings_rules.OWN)


def by_id(rule_id: str, rules: Sequence[Rule] = CATALOGUE) -> Rule | None:
    """Give the rule with this id (case does not matter), or None."""
    return next((rule for rule in rules if rule.id.upper() == rule_id.upper()), None)


def names_of(rules: Iterable[Rule]) -> dict[str, str]:
    """Give the ids of rules by all that people may type for one: «X1» for X01, its title."""
    return {
        name: rule.id
        for rule in rules
        for name in (rule.id, re.sub(r"(?<=\D)0+(?=\d)", "", rule.id), rule.name, rule.title)
    }


class Stage(Struct, frozen=True, dict=True):
    """Where a family's examples are worked: a small form, and the rules that judge such forms."""

    bare: Form
    rules: Sequence[Rule]
    cover: Cover | None = None

    def live(self, bare: Form) -> Form:
        """Give this form (the bare one, or as it has grown) with every live check."""
        return with_checks(bare, self.rules, self.cover)

    @cached_property
    def form(self) -> Form:
        """The form with every live check."""
        return self.live(self.bare)


RETURNS, DRAWN = Stage(specimen(), RULES), Stage(drawn_specimen(), RULES)
SETTINGS = Stage(settings_specimen(), settings_rules.OWN, Cover("使用说明", "任务设置", (), ()))


def stage_of(rule: Rule) -> Stage:
    """Give the stage on which a rule's examples are worked."""
    if rule in OF_DRAWINGS:
        return DRAWN
    return SETTINGS if rule in settings_rules.OWN else RETURNS


def example_cells(form: Form, example: Example) -> dict[Key, Cell]:
    """Give the answers of an example; what reads as a number in a number's cell is one."""
    keyed = {Key.parse(name): str(text) for name, text in example.answers.items()}
    return {key: Cell(_raw(form, key, text) if text else None) for key, text in keyed.items()}


def _raw(form: Form, key: Key, text: str) -> str | Decimal:
    if form.items[key].kind not in {*NUMERIC, Kind.VALUE}:
        return text
    try:
        return Decimal(text)
    except InvalidOperation:
        return text


def example_message(rule: Rule) -> str | None:
    """Give what is said of the bad example; None where it takes a damaged workbook to see it."""
    if rule.bad.damage:
        return None
    form = stage_of(rule).form
    answers = read_answers(form, example_cells(form, rule.bad))
    values = Values(form, answers)
    submission = Submission(form, answers, report=rule.bad.manuscript)
    findings = check(submission, (rule,), values).findings
    at = Key.parse(rule.bad.at)
    return next(finding.message for finding in findings if at in finding.keys)


def given(rule: Rule, example: Example) -> Iterator[str]:
    """Say what an example of a rule fills in, and what befell its workbook."""
    form = stage_of(rule).form
    filled: dict[str, list[str]] = {}
    for name, text in example.answers.items():
        key = Key.parse(name)
        place = f"{form.blocks[key.block].title} {form.row(key).label}"
        column = form.column_label(key) if form.blocks[key.block].headed else ""
        filled.setdefault(place, []).append(f"{column} {text or '空白'}".strip())
    yield from (f"{place}:{','.join(texts)}" for place, texts in filled.items())
    for name, *arguments in example.damage:
        yield DAMAGE_WORDS[name].format(*(_called(form, text) for text in arguments))
    if example.report:
        yield f"报告写“{' / '.join(line.replace(TAB, ' | ') for line in example.report)}”"


def _called(form: Form, name: str) -> str:
    """Give the wording of what a damage names: a cell, a row, a sheet, or nothing of ours."""
    sheets = {sheet.key: sheet.name for sheet in form.sheets}
    parts = name.split(".")
    if len(parts) < 2 or parts[0] not in form.blocks:
        return sheets.get(name, name)
    row = next(row.label for row in form.blocks[parts[0]].rows if row.key == parts[1])
    return row if len(parts) == 2 else form.label(Key.parse(name))


def rule_data(rule: Rule) -> dict[str, Any]:
    """Give a rule as data, for `rules --json`."""
    return {
        "id": rule.id,
        "name": rule.name,
        "title": rule.title,
        "severity": rule.severity.value,
        "live": rule.live,
        "when": rule.when,
        "message": rule.message,
        "why": rule.why,
        "fix": rule.fix,
        "source": rule.source,
        "examples": _examples(rule) if rule.illustrated else None,
    }


def _examples(rule: Rule) -> dict[str, Any]:
    return {
        "good": list(given(rule, rule.good)),
        "bad": list(given(rule, rule.bad)),
        "message": example_message(rule),
    }


def rule_line(rule: Rule) -> str:
    """Give a rule on one line."""
    return "  ".join((rule.id, rule.severity.word, rule.title, *_name(rule)))


def _name(rule: Rule) -> tuple[str, ...]:
    """Give the name of a rule; one that an office stated has none besides its title."""
    return () if rule.name == rule.title else (rule.name,)


def rule_page(rule: Rule) -> Iterator[str]:
    """Give the lines that explain a rule on the console."""
    yield f"{rule.id} {rule.title}({','.join((rule.severity.word, *_name(rule)))})"
    for heading, text in rule_sections(rule).items():
        yield f"{heading}:{text}"
    if not rule.illustrated:
        return
    yield f"例(不报):{';'.join(given(rule, rule.good))}"
    yield f"例(要报):{';'.join(given(rule, rule.bad))}"
    message = example_message(rule)
    if message:
        yield f"审核说:{message}"


def rule_sections(rule: Rule) -> Mapping[str, str]:
    """Give what a rule says of itself, by heading."""
    live = "是,模板里随填随查" if rule.live else "否,审核时检查"
    return {
        "何时出现": rule.when,
        "为什么": rule.why,
        "怎么改": rule.fix,
        "依据": rule.source,
        "填报时即时校验": live,
    }
