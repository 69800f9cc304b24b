"""Write the pages of all that is said: of rules, refusals, faults of an office's own form.

Run `python docs/catalogue.py` after a rule or its words have changed; a test compares.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import starmap
from pathlib import Path

DOCS = Path(__file__).resolve().parent
for folder in ("tests", "sample_data"):
    sys.path.insert(0, str(DOCS.parent / folder))

import build  # noqa: E402
from examples import outcome  # noqa: E402
from form_faults import FAULTS, REMARKS, Case  # noqa: E402
from gallery import (  # noqa: E402
    COMPANIONS,
    GALLERY,
    ON_OWN_PAPER,
    TOGETHER,
    found_on_own_paper,
    outcome_of,
)

from perfxl import errors  # noqa: E402
from perfxl.check.findings import Finding  # noqa: E402
from perfxl.check.rule import Rule  # noqa: E402
from perfxl.cli.catalogue import CATALOGUE, given, rule_sections  # noqa: E402
from perfxl.expr.tree import Key  # noqa: E402
from perfxl.form.faults import Remark, Said, Wrong  # noqa: E402
from perfxl.reading import limits  # noqa: E402
from perfxl.returns import workflow  # noqa: E402
from perfxl.settings import rules as settings_rules  # noqa: E402

FAMILIES = {
    "W": "文件和表样",
    "C": "填全和说明",
    "T": "合计",
    "X": "收支和表间勾稽",
    "I": "绩效指标",
    "S": "得分和等级",
    "D": "文表一致",
    "R": "任务设置",
}


# Rules that are gone, by id: their English names. An id never stands for another rule.
RETIRED: dict[str, str] = {}


def misused(rules: Iterable[Rule]) -> Iterator[str]:
    """Say which ids mean something else than on the pages there are, or than they once did."""
    named = {rule.id: rule.name for rule in rules}
    for page in sorted((DOCS / "rules").glob("[A-Z]??.md")):
        (name,) = re.findall(r"`([a-z-]+)`", page.read_text("utf-8"))[:1]
        if named.get(page.stem, RETIRED.get(page.stem)) != name:
            yield f"{page.stem} is {name}: keep it so, or name it in RETIRED and take a new id"
    yield from (f"{gone} is that of a rule that is gone" for gone in RETIRED.keys() & named.keys())


def pages() -> dict[str, str]:
    """Give every generated page by its path below `docs/`."""
    found = {f"rules/{rule.id}.md": "\n".join(_page(rule)) + "\n" for rule in CATALOGUE}
    found["rules/README.md"] = "\n".join(_index()) + "\n"
    found["refusals.md"] = "\n".join(_refusals()) + "\n"
    found["form-faults.md"] = "\n".join(_form_faults()) + "\n"
    found["messages.md"] = "\n".join(_messages()) + "\n"
    return found


def _index() -> Iterator[str]:
    yield "# 审核规则\n"
    yield "**错误**必须改正;**核实**改正,或在审核结果的“说明”栏说明原因;**提示**供参考。"
    yield "“即时”表示模板里随填随查。本目录由 `python docs/catalogue.py` 从规则生成,不要手改。"
    for letter, family in FAMILIES.items():
        yield f"\n## {letter} {family}\n"
        yield "| 编号 | 名称 | 级别 | 即时 | 何时出现 |"
        yield "|---|---|---|---|---|"
        for rule in (rule for rule in CATALOGUE if rule.id.startswith(letter)):
            live = "是" if rule.live else ""
            cells = (f"[{rule.id}]({rule.id}.md)", rule.title, rule.severity.word, live, rule.when)
            yield f"| {' | '.join(cells)} |"


def _page(rule: Rule) -> Iterator[str]:
    yield f"# {rule.id} {rule.title}\n"
    yield f"{rule.severity.word} · `{rule.name}` · [全部规则](README.md)"
    for heading, text in rule_sections(rule).items():
        yield f"\n## {heading}\n\n{text}"
    yield "\n## 例\n"
    yield "样表只有几行,用来说明规则。\n"
    yield f"- 不报:{';'.join(given(rule, rule.good))}"
    yield f"- 要报:{';'.join(given(rule, rule.bad))}"
    yield f"- 审核说:{_example_finding(rule).message}"


def _example_finding(rule: Rule) -> Finding:
    findings = outcome(rule, rule.bad)[0].findings
    at = Key.parse(rule.bad.at) if rule.bad.at else None
    return next(finding for finding in findings if at is None or at in finding.keys)


# ---------------------------------------------------------------- every message


def _messages() -> Iterator[str]:
    yield "# 审核会说的话\n"
    yield "每条规则在测试用的表上实际说出的话,供逐条朗读、修改。"
    yield "由 `python docs/catalogue.py` 生成,不要手改。"
    said = _said()
    for rule in CATALOGUE:
        yield f"\n## {rule.id} {rule.title}({rule.severity.word})\n"
        yield from (f"- {message}" for message in said[rule.id])
        yield f"- 怎么改:{rule.fix}"


# every kind of error, under what it is told as
ERRORS: tuple[tuple[str, type[errors.PerfxlError]], ...] = (
    ("读不了的文件", errors.Unreadable),
    ("审核中断", errors.Unanswered),
    ("命令不能照办", errors.UsageError),
    ("写不出来", errors.WriteError),
    ("正被占用", errors.Busy),
)


def _refusals() -> Iterator[str]:
    yield "# 读不了、办不到、写不出\n"
    yield "读不了的文件,`check` 说一句话,退出码 3(用 `--report` 给出的报告读不了,退出码 2);"
    yield "命令不能照办,退出码 2;写不出来,退出码 4。"
    yield "由 `python docs/catalogue.py` 生成,不要手改。"
    yield "其他保证见[安全说明](security.md)。"
    for title, kind in ERRORS:
        yield f"\n## {title}\n"
        yield "| 代码 | 说什么 | 怎么办 |"
        yield "|---|---|---|"
        yield from starmap(_refusal, kind.messages.items())
    yield "\n## 限制\n"
    yield "超过的说“……超过……,不是正常的自评表”(`too-large`)。\n"
    yield "| 限制什么 | 至多 | 见过的最大 | 为什么 |"
    yield "|---|---|---|---|"
    for one in limits.ALL:
        yield f"| {one.what} | {one.shown} | {one.seen} | {one.why} |"


def _refusal(name: str, message: errors.Message) -> str:
    """Give the line of a message, its blanks open."""
    said = (re.sub(r"{\w+}", "……", text).strip() for text in (message.text, message.fix))
    return f"| `{message.code or name}` | {' | '.join(said)} |"


# ---------------------------------------------------------------- an office's own form


def _form_faults() -> Iterator[str]:
    yield "# 自己的表样:要改正的和要知道的\n"
    yield "`perfxl form` 核对表样时会说的每一句话,各附一例:例子都在一张小表上,前面是说的位置。"
    yield "由 `python docs/catalogue.py` 生成,不要手改。"
    yield "\n## 要改正的\n"
    yield "有一处,表样就不能用:什么也不生成,全部问题一次说完。\n"
    yield from _cases(Wrong, FAULTS, "怎么改")
    yield "\n## 要知道的\n"
    yield "不影响使用:perfxl 不会算的公式在表里照常计算,只是不核对;样子保留不了的,说明少了什么。\n"
    yield from _cases(Remark, REMARKS, "结果")


def _cases(kind: type[Said], cases: Sequence[Case], remedy: str) -> Iterator[str]:
    """Give a line for each message of a kind, by the first case that shows it."""
    yield f"| 代码 | 例 | 说什么 | {remedy} |"
    yield "|---|---|---|---|"
    first = {case.name: case for case in reversed(cases)}
    for name in kind.messages:
        said = first[name].told()[-1]
        cells = (f"`{name}`", first[name].done, f"{said.place}:{said.said.what}", said.said.fix)
        yield f"| {' | '.join(cells)} |"


def _said() -> dict[str, list[str]]:
    """Give the messages of each rule, shortest first, each wording once."""
    said: dict[str, set[str]] = {rule.id: set() for rule in CATALOGUE}
    for finding in _findings():
        said[finding.rule.id].add(finding.message)
    return {rule: sorted(messages, key=lambda m: (len(m), m)) for rule, messages in said.items()}


def _findings() -> Iterator[Finding]:
    for fault in (*GALLERY, *TOGETHER, *(fault for fault, _ in COMPANIONS.values())):
        yield from outcome_of(fault).findings
    for fault in ON_OWN_PAPER:
        yield from found_on_own_paper(fault)
    for name in build.SAMPLES:
        data = build.workbook(name)
        checked = workflow.check_bytes(Path(name), data, workflow.Terms(workflow.load_rubric(None)))
        yield from checked.reviewed.outcome.findings
    yield from (_example_finding(rule) for rule in settings_rules.OWN)


def main() -> None:
    """Write every page, and remove those of rules that are gone."""
    if wrong := list(misused(CATALOGUE)):
        raise SystemExit("\n".join(wrong))
    (DOCS / "rules").mkdir(exist_ok=True)
    fresh = pages()
    for path, text in fresh.items():
        (DOCS / path).write_text(text, encoding="utf-8")
    for old in (DOCS / "rules").glob("*.md"):
        if f"rules/{old.name}" not in fresh:
            old.unlink()


if __name__ == "__main__":
    main()
