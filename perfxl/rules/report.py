"""D: what is written in sentences, and in the tables of a report, is what the workbook says.

Only what certainly speaks of a figure of the workbook is held against it: in a report that was
handed in, and in the texts of the workbook itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from msgspec import Struct
from msgspec.structs import replace

from perfxl.check.rule import Example, Hit, Rule, Severity
from perfxl.expr.tree import Key
from perfxl.form.answers import Submission, Values
from perfxl.form.document import Manuscript, Passage
from perfxl.form.relations import OwnText, ScoreItem, scored
from perfxl.report.context import Outline
from perfxl.report.facts import KnownFigure, Subject, sole_deduction
from perfxl.report.grids import Held, comparable_cells
from perfxl.report.headings import doubtful_title, headed
from perfxl.report.mentions import vocabulary
from perfxl.report.names import about
from perfxl.report.statements import Claim, claims
from perfxl.report.vocabulary import Vocabulary
from perfxl.text.amounts import plain
from perfxl.text.safe import clipped, one_line

MOST_QUOTED = 45  # characters of a sentence up to the figure it is about
_ENDS = "。;\uff1b!\uff01,\uff0c.”\"’' \t\n\u3000"
MOST_PLACES = 4  # passages named
_FIGURE = re.compile("[0-9\uff10-\uff19优良中低差]")
_COUNTED = re.compile(r"\d[^\d年月日.、)]")
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
        numbers = dict.fromkeys(passage.number for passage, _ in places)
        terms = {"places": _listed(list(numbers), headings), "quoted": _quoted(passage, claim)}
        yield Hit(
            claim.subject.about,
            key,
            actual=printed,
            expected=_expected(claim),
            against="自评表",
            terms=terms,
        )


def _meant(claim: Claim) -> list[KnownFigure]:
    """Give the figures a claim means in the first place."""
    return [fact for fact in claim.facts if fact.first_meant] or list(claim.facts)


def _expected(claim: Claim) -> str:
    """Give what the tables have in place of the figure claimed."""
    return " 或 ".join(dict.fromkeys(fact.text for fact in _meant(claim)))


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
    id="D01",
    name="text-differs-from-table",
    title="报告文字与表不一致",
    severity=Severity.VERIFY,
    when="给出自评报告审核时,报告文字里的金额、比率、个数、得分或等级,与自评表里同一项的数不同。",
    message="报告{places}“{quoted}”:文中 {actual},{label}为 {expected}",
    why="报告和自评表说的是同一件事,数应当相同;抄写时最容易抄错,公开以后改正更难。",
    fix="核对是报告抄错还是表填错,改正其中一个;两个数口径不同的,说明原因。",
    source="自评报告与自评表数据一致;四舍五入和万元、元、亿元的换算不算不同",
    good=Example({"income.grant.final": "100"}, report=("财政拨款决算数为 100 万元。",)),
    bad=Example(
        {"income.grant.final": "100"},
        report=("财政拨款决算数为 110 万元。",),
        at="income.grant.final",
    ),
    inspect=_untrue,
)


# ---------------------------------------------------------------- the return's own texts


def _own_untrue(_: Submission, values: Values) -> Iterator[Hit]:
    """Give each text of the unit's own that tells another figure than its tables."""
    texts = {key: (text, of) for key, text, of in _own_texts(values) if _FIGURE.search(text)}
    if not texts:
        return
    known = vocabulary(values, plain("\n".join(text for text, _ in texts.values())))
    reasons = {item.reason: item for item in scored(values.form) if item.reason}
    for key, (text, of) in texts.items():
        wrong: dict[tuple[Key, str], tuple[Passage, Claim]] = {}
        found = list(_own_claims(text, of, values.form.row(key).label, known))
        if key in reasons:
            found += _deducted(values, reasons[key], text)
        for passage, claim in found:
            if not (claim.right or claim.scaled or claim.is_intended):
                wrong.setdefault((claim.facts[0].key, claim.printed), (passage, claim))
        if wrong:
            yield _own_hit(key, list(wrong.values()), values)


def _own_texts(values: Values) -> Iterator[tuple[Key, str, str | None]]:
    """Give the cells in which the unit tells of the year, each with its text and of what it is.

    That is None where it is of the whole unit; where it is not known what it is of, none is given.
    """
    for own in values.form.of(OwnText):
        for key in values.column(own.block, own.column):
            of = plain(values.text(key._replace(column=own.of)) or "") if own.of else None
            if (not own.rows or key.row in own.rows) and of != "":
                yield key, values.text(key) or "", of


def _own_claims(
    text: str, of: str | None, label: str, known: Vocabulary
) -> Iterator[tuple[Passage, Claim]]:
    """Give what every line of a text claims, of one thing only where it is `of` one."""
    outline = Outline(known)
    for number, line in enumerate(text.splitlines(), 1):
        passage, said = Passage(line, number), plain(line)
        if not _COUNTED.search(said):  # a line with a figure is no heading
            outline.pass_by(said)
        scope = replace(
            outline.scope,
            text=f"{label} {outline.scope.text}",
            partial=outline.scope.partial or of is not None,
        )
        for claim in claims(said, known, scope):
            if of is None or claim.subject.is_called(of):
                yield passage, claim


def _deducted(values: Values, item: ScoreItem, text: str) -> Iterator[tuple[Passage, Claim]]:
    """Give what the reason for a deduction says was deducted, where it says so once.

    Beside a score that is none of the item's (S01) the reason may well be right.
    """
    deduction, score = sole_deduction(plain(text)), values.number(item.stated)
    points = item.points_in(values)
    if deduction is None or score is None or points is None:
        return
    if 0 <= score <= points:
        fact = KnownFigure(item.stated, "分", (points - score,))
        subject = Subject((), (fact,), about(values, item.stated, f"{item.called(values)}扣分"))
        right = fact.is_printed(deduction.printed)
        yield Passage(text, 1), Claim(subject, (fact,), deduction.text, 0, deduction.end, right)


def _own_hit(key: Key, places: Sequence[tuple[Passage, Claim]], values: Values) -> Hit:
    sentences = [_own_sentence(passage, claim) for passage, claim in places[:MOST_PLACES]]
    more = f" 等 {len(places)} 处" if len(places) > MOST_PLACES else ""
    terms = {"first": sentences[0], "others": "".join(f";{one}" for one in sentences[1:]) + more}
    return Hit(
        values.form.label(key),
        key,
        actual="、".join(claim.printed for _, claim in places),
        expected="、".join(_expected(claim) for _, claim in places),
        terms=terms,
    )


def _own_sentence(passage: Passage, claim: Claim) -> str:
    quoted = _quoted(passage, claim)
    return f"“{quoted}”,而{claim.subject.about}为 {_expected(claim)}"


D03 = Rule(
    id="D03",
    name="own-text-differs-from-table",
    title="文字与表不一致",
    severity=Severity.VERIFY,
    when="完成情况、主要工作成效、自评结论综述、偏差原因等文字里的得分、等级、金额、个数或指标完成值,"
    "与本表其他地方填的不同。",
    message="{label}写的{first}{others}",
    why="文字说的就是表里的事,数应当相同;表改了文字没有跟着改,最常见。",
    fix="核对是文字写错还是表填错,改正其中一个;两个数口径不同的,说明原因。",
    source="同一份自评表的文字与数据一致;四舍五入和万元、元、亿元的换算不算不同,拿不准的不比",
    good=Example({"conclusion.stated": "95", "texts.summary": "自评得分95分。"}),
    bad=Example({"conclusion.stated": "95", "texts.summary": "自评得分59分。"}, at="texts.summary"),
    inspect=_own_untrue,
)

# ---------------------------------------------------------------- tables


def _unlike(submission: Submission, values: Values) -> Iterator[Hit]:
    if submission.report is not None:
        cells = comparable_cells(submission.report, values)
        yield from (_hit(one) for one in cells if not one.right)


def _hit(one: Held) -> Hit:
    label = f"《{one.table.title}》“{one.row}”一行的“{one.heading}”"
    return Hit(label, one.key, actual=one.printed, expected=one.expected, against="自评表")


D02 = Rule(
    id="D02",
    name="table-differs",
    title="报告的表与自评表不一致",
    severity=Severity.VERIFY,
    when="给出自评报告审核时,报告里某张表的一格与自评表里同一格的数不同。",
    message="报告的表{label}为 {actual},自评表为 {expected}",
    why="报告的表是从自评表来的,应当逐格相同。",
    fix="核对是报告抄错还是表填错,改正其中一个;改自评表的,报告里的文字一并改。",
    source="自评报告与自评表数据一致;四舍五入和单位换算不算不同,认不准的表和行不比",
    good=Example(
        {"income.grant.final": "100"},
        report=("表1 收入情况", "项目\t决算数", "财政拨款\t100.00"),
    ),
    bad=Example(
        {"income.grant.final": "100"},
        report=("表1 收入情况", "项目\t决算数", "财政拨款\t110.00"),
        at="income.grant.final",
    ),
    inspect=_unlike,
    grouped="报告的表有 {count} 处与自评表“{sheet}”不同;格子和报告所写:{each}",
)

RULES = (D01, D02, D03)


# ---------------------------------------------------------------- how much was held


class Coverage(Struct, frozen=True):
    """How much of a report was held against its return: tables, their cells, figures of the text.

    `doubtful_title` is its title where that names another unit or year.
    """

    tables: int
    cells: int
    figures: int
    doubtful_title: str = ""


def coverage(manuscript: Manuscript, values: Values) -> Coverage:
    """Give how much of a report was held against its return."""
    cells = list(comparable_cells(manuscript, values))
    return Coverage(
        len({one.table.caption for one in cells}),
        len(cells),
        sum(1 for _ in _claims(manuscript, vocabulary(values))),
        doubtful_title(manuscript, values),
    )
