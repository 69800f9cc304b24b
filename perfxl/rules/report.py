"""D: a report that was handed in says what the workbook says, in its tables and in its sentences.

Only what certainly speaks of a figure of the workbook is held against it; without a report there is
nothing to find.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from perfxl.agreement.context import Outline
from perfxl.agreement.facts import Fact
from perfxl.agreement.grids import Held, held
from perfxl.agreement.headings import doubtful_title, headed
from perfxl.agreement.statements import Claim, claims
from perfxl.agreement.told import vocabulary
from perfxl.agreement.vocabulary import Vocabulary
from perfxl.answers import Submission, Values
from perfxl.expr import Key
from perfxl.inert import clipped, one_line
from perfxl.manuscript import Manuscript, Passage
from perfxl.rule import Example, Hit, Rule, Severity
from perfxl.values import plain

MOST_QUOTED = 45  # characters of a sentence up to the figure it is about
_ENDS = "。;\uff1b!\uff01,\uff0c.”\"’' \t\n\u3000"
MOST_PLACES = 4  # passages named
MOST_OF_HEADING = 16  # characters: enough to look for in the document


# ---------------------------------------------------------------- sentences


def _untrue(submission: Submission, values: Values) -> Iterator[Hit]:
    """Give each figure of the text that is not the workbook's, once for all its places."""
    if submission.report is None:
        return
    headings = {
        piece.number: heading
        for heading, piece in headed(submission.report)
        if isinstance(piece, Passage)
    }
    found: dict[tuple[Key, str], list[tuple[Passage, Claim]]] = {}
    for passage, claim in _claims(submission.report, vocabulary(values)):
        if not claim.right:
            key = _meant(claim)[0].key
            found.setdefault((key, claim.printed), []).append((passage, claim))
    for (key, printed), places in found.items():
        passage, claim = places[0]
        expected = " 或 ".join(dict.fromkeys(fact.text for fact in _meant(claim)))
        numbers = dict.fromkeys(passage.number for passage, _ in places)
        terms = {"places": _listed(list(numbers), headings), "quoted": _quoted(passage, claim)}
        yield Hit(
            claim.subject.about,
            key,
            actual=printed,
            expected=expected,
            against="自评表",
            terms=terms,
        )


def _meant(claim: Claim) -> list[Fact]:
    """Give the figures a claim means in the first place."""
    return [fact for fact in claim.facts if fact.told] or list(claim.facts)


def _listed(numbers: Sequence[int], headings: Mapping[int, str]) -> str:
    """Give passages by their numbers, which nobody sees, and the headings they stand under."""
    more = f" 等 {len(numbers)} 段" if len(numbers) > MOST_PLACES else " 段"
    parts = []
    for heading, some in groupby(numbers[:MOST_PLACES], headings.__getitem__):
        below = f"“{clipped(heading, MOST_OF_HEADING)}”" if heading else ""
        parts.append(f"{below}第 {'、'.join(map(str, some))}")
    return "、".join(parts) + more


def _claims(manuscript: Manuscript, known: Vocabulary) -> Iterator[tuple[Passage, Claim]]:
    """Give what every passage claims below the headings it stands under."""
    outline = Outline(known)
    for piece in manuscript.pieces:
        if isinstance(piece, Passage):
            text = plain(piece.text)
            outline.pass_by(text)
            yield from ((piece, claim) for claim in claims(text, known, outline.scope))


def _quoted(passage: Passage, claim: Claim) -> str:
    """Give the words of the passage up to the figure, as they stand there."""
    places = [n for n, char in enumerate(passage.text) for _ in plain(char)]
    blanks = sum(char == " " for char in plain(passage.text)[: claim.end])
    last = min(claim.end - blanks, len(places)) - 1
    end = places[last] + 1
    begin = max(places[min(claim.begin, last)], end - MOST_QUOTED)
    before, after = "…" if begin else "", "…" if passage.text[end:].strip(_ENDS) else ""
    return f"{before}{one_line(passage.text[begin:end])}{after}"


D01 = Rule(
    "D01",
    "text-differs-from-table",
    "报告文字与表不一致",
    Severity.VERIFY,
    "给出自评报告审核时,报告文字里的金额、比率、个数、得分或等级,与自评表里同一项的数不同。",
    "报告{places}“{quoted}”:文中 {actual},{label}为 {expected}",
    "报告和自评表说的是同一件事,数应当相同;抄写时最容易抄错,公开以后改正更难。",
    "核对是报告抄错还是表填错,改正其中一个;两个数口径不同的,说明原因。",
    "自评报告与自评表数据一致;四舍五入和万元、元、亿元的换算不算不同",
    Example({"income.grant.final": "100"}, report=("财政拨款决算数为 100 万元。",)),
    Example(
        {"income.grant.final": "100"},
        report=("财政拨款决算数为 110 万元。",),
        at="income.grant.final",
    ),
    inspect=_untrue,
)


# ---------------------------------------------------------------- tables


def _unlike(submission: Submission, values: Values) -> Iterator[Hit]:
    if submission.report is not None:
        cells = held(submission.report, values)
        yield from (_hit(one) for one in cells if not one.right)


def _hit(one: Held) -> Hit:
    label = f"《{one.table.title}》“{one.row}”一行的“{one.heading}”"
    return Hit(label, one.key, actual=one.printed, expected=one.expected, against="自评表")


D02 = Rule(
    "D02",
    "table-differs",
    "报告的表与自评表不一致",
    Severity.VERIFY,
    "给出自评报告审核时,报告里某张表的一格与自评表里同一格的数不同。",
    "报告的表{label}为 {actual},自评表为 {expected}",
    "报告的表是从自评表来的,应当逐格相同。",
    "核对是报告抄错还是表填错,改正其中一个;改自评表的,报告里的文字一并改。",
    "自评报告与自评表数据一致;四舍五入和单位换算不算不同,认不准的表和行不比",
    Example(
        {"income.grant.final": "100"},
        report=("表1 收入情况", "项目\t决算数", "财政拨款\t100.00"),
    ),
    Example(
        {"income.grant.final": "100"},
        report=("表1 收入情况", "项目\t决算数", "财政拨款\t110.00"),
        at="income.grant.final",
    ),
    inspect=_unlike,
    grouped="报告的表有 {count} 处与自评表“{sheet}”不同;格子和报告所写:{each}",
)

RULES = (D01, D02)


# ---------------------------------------------------------------- how much was held


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of a report was held against its return: tables, their cells, figures of the text.

    `doubtful_title` is its title where that names another unit or year.
    """

    tables: int
    cells: int
    figures: int
    doubtful_title: str = ""


def coverage(manuscript: Manuscript, values: Values) -> Coverage:
    """Give how much of a report was held against its return."""
    cells = list(held(manuscript, values))
    return Coverage(
        len({one.table.caption for one in cells}),
        len(cells),
        sum(1 for _ in _claims(manuscript, vocabulary(values))),
        doubtful_title(manuscript, values),
    )
