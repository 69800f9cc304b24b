"""What sentences say of something a return has figures for: «长寿保健金157,327人次共计899.3万元».

A number belongs to a name only where every word between the two is understood, and the name to
the whole unit only where every word before it is: «人均», «较上年», «约» or a word nobody knows
keeps it from being judged. A wrong question costs more trust than one not asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from msgspec import Struct, field
from msgspec.structs import replace

from perfxl.report.context import Scope, SentenceSetting
from perfxl.report.facts import LONGEST_CARRIED, KnownFigure, Printed, Subject, sole_deduction
from perfxl.report.names import DEDUCTED, POINTS, SCORED, TARGET
from perfxl.report.vocabulary import (
    ACCOUNTS,
    AIMED,
    BASED,
    BENEFICIARIES,
    BRACKETS,
    BREAK,
    CLAUSES,
    ENDS,
    GRADE_TOLD,
    IS_ALL,
    JOINT,
    LATER,
    LIMITED,
    LOST,
    MARKS,
    NOUNS,
    NUMBERING,
    ONE_PURSE,
    OTHER_MARKS,
    OTHER_UNITS,
    PART_MARKS,
    SCORE_LEFT,
    TOTAL,
    WHOLE,
    WHOLE_YEAR,
    Vocabulary,
    parsed,
    without_brackets,
)
from perfxl.text.amounts import digits

LONGEST_SENTENCE = 500  # characters: nobody reads a longer one


class Claim(Struct, frozen=True):
    """A number that a sentence gives for a subject, and the figures it may mean, nearest first.

    `begin` and `end` are where it stands in the text: from its clause's beginning to its unit.
    `scaled` says whether it were right in another unit of money.
    """

    subject: Subject
    facts: tuple[KnownFigure, ...]
    printed: str
    begin: int
    end: int
    right: bool
    scaled: bool = False

    @property
    def is_intended(self) -> bool:
        """Whether it tells only what was aimed at."""
        return all(fact.words is TARGET for fact in self.facts)


# ---------------------------------------------------------------- reading a text


def claims(text: str, known: Vocabulary, scope: Scope) -> Iterator[Claim]:
    """Give what a text says for certain of the subjects known, sentence by sentence.

    `text` is as `plain` gives it, `scope` what the headings above make of it.
    """
    if scope.intended:
        return
    marked = known.dated(text)
    in_accounts = ACCOUNTS.search(known.without_names(f"{scope.text} {marked}")) is not None
    setting = SentenceSetting(scope, in_accounts, of_project=bool(scope.projects))
    for sentence in ENDS.split(marked):
        if len(sentence) <= LONGEST_SENTENCE:
            yield from _Sentence(sentence, known, setting).claims()
        setting = setting.after(sentence, known)


class _Sentence(Struct):
    """A sentence gone through from left to right: who is spoken of, since where."""

    text: str
    known: Vocabulary
    setting: SentenceSetting
    current: Subject | None = None
    since: int = 0  # the end of the last name or number
    after_number: bool = False  # whether that was a number
    certain: bool = False  # whether the name stands for the whole
    only_total: bool = False  # whether only a total may be told of it
    led: tuple[str, ...] = ()  # words before the name that say which figure is meant
    strange: bool = False  # whether words nobody knows, or an amount of something unknown, were met
    answered: bool = False  # whether the name has its number
    spoken: list[Subject] = field(default_factory=list)  # subjects of this sentence
    whole: Subject | None = None  # what «其中» takes apart
    apart: bool = False  # whether there was «其中»
    masked: str = ""  # with names and brackets taken out

    def claims(self) -> Iterator[Claim]:
        """Give the claims of this sentence."""
        self.masked = without_brackets(self.text)
        for match in self.known.token.finditer(self.text):
            if match["name"] is None:
                yield from self._number(match)
            else:
                self._name(match)
                if self.current is not None and self.certain:
                    yield from self._grade(self.current, match.end())

    def _hear(self, begin: int, end: int) -> None:
        """Take note of the words since the last name or number; up to `begin` all must be known."""
        if "其中" in self.masked[self.since : end]:
            self.apart, self.whole = True, self.spoken[-1] if self.spoken else None
        self.strange |= not self.known.is_understood(self.masked[self.since : begin])

    # ------------------------------------------------------------ names

    def _name(self, match: re.Match[str]) -> None:
        name, subject = match[0], self.known.by_name[match[0]]
        if self._is_word_of_current(name, match.start()):
            return
        start = match.start()
        in_bracket = self.masked[start] == "_"
        begin, prefix = self._prefix(start)
        self._hear(begin, start)
        words = parsed(prefix, self.known.before(subject))
        understood = words is not None and self._stands_alone(start) and not in_bracket
        for_all = subject.is_project and self._is_for_all(start)
        self.certain = for_all or (understood and not self._is_barred(subject, start))
        self.only_total = for_all or name in subject.ordinary
        self.led = tuple(word for word in words or () if word in subject.words)
        self.strange |= words is None and not in_bracket
        self.masked = f"{self.masked[:start]}{'_' * len(name)}{self.masked[match.end() :]}"
        self.current, self.since, self.after_number = subject, match.end(), False
        self.answered = False
        if self.certain and subject not in self.spoken:
            self.spoken.append(subject)

    def _is_for_all(self, start: int) -> bool:
        """Whether a project is told of as given to all it is for: «为年满70岁的老人发放…»."""
        head = self.text[:start]
        limited = self.setting.is_foreign(head) or LIMITED.search(head)
        return not limited and BENEFICIARIES.fullmatch(head) is not None

    def _is_word_of_current(self, name: str, start: int) -> bool:
        """Whether a name only says which figure of the one spoken of is meant («预算执行率»)."""
        if self.current is None or name not in self.current.words:
            return False
        words = self.text[self.since : start]
        return parsed(BREAK.sub("", words), self.known.between(self.current)) is not None

    def _clause(self, end: int) -> int:
        """Give where the clause begins that goes on until `end`."""
        return max((found.end() for found in BREAK.finditer(self.text, 0, end)), default=0)

    def _prefix(self, start: int) -> tuple[int, str]:
        """Give the words before a name, back to the last comma, number or name, and from where."""
        begin = max(self._clause(start), self.since)
        prefix = self.text[begin:start]
        if begin == self.since and self.after_number:
            prefix = prefix.removeprefix(")")
        joint = JOINT.match(prefix)
        if begin == self.since and self.after_number and joint:
            prefix = prefix[joint.end() :]
        numbering = NUMBERING.match(prefix) if begin == 0 or not self.after_number else None
        return begin, prefix[numbering.end() :] if numbering else prefix

    def _stands_alone(self, start: int) -> bool:
        """Whether no other name stands right before it, unless that is the project it is of."""
        if not self.since or self.after_number or self._clause(start) >= self.since:
            return True
        return self.current is not None and self.current.is_project and self.certain

    def _is_barred(self, subject: Subject, start: int) -> bool:
        """Whether what was said before makes of the name something else than the whole of it."""
        head = self.text[:start]
        if self.setting.is_foreign(head) or (self.apart and not self._is_part_of_whole(subject)):
            return True
        if subject.is_verdict:
            other = self.setting.marked or self._is_of_others_marks(subject, head)
        else:
            other = self._is_left_open(subject, start)
        another = not subject.specific and self._is_of_another(subject, self.masked[:start])
        return other or another

    def _is_of_others_marks(self, subject: Subject, head: str) -> bool:
        """Whether before a score or grade of the whole something was spoken of that has its own."""
        if subject.is_graded or any(map(WHOLE.search, subject.names)):
            head = self.known.without_names(head)
        return any(words.search(head) for words in (OTHER_MARKS, PART_MARKS, MARKS))

    def _is_left_open(self, subject: Subject, start: int) -> bool:
        """Whether words nobody knows, or a rule that is quoted, may make of a name another's."""
        head = self.text[:start]
        if self.strange and not self._is_by_itself(subject, start):
            return True
        if not subject.is_counted and BASED.match(head) and "决算" not in head:
            return True
        if subject.is_indicator and AIMED.search(head):
            return True
        whole = self.known.own and subject.is_indicator and WHOLE_YEAR.search(head)
        return self.setting.leaves_open(subject) and not whole

    def _is_by_itself(self, subject: Subject, start: int) -> bool:
        """Whether an indicator in the return's own texts has only other things done before it."""
        if not (self.known.own and subject.is_indicator):
            return False
        before = self.masked[: self._prefix(start)[0]]
        return all(map(self.known.is_apart, CLAUSES.split(before)))

    def _is_of_another(self, subject: Subject, masked: str) -> bool:
        """Whether a name of the whole unit may be another's, or of one purse."""
        of_project = self.setting.of_project or any(one.is_project for one in self.spoken)
        if self.setting.scope.partial or of_project:
            return True
        if subject.common and not self.setting.in_accounts:
            return True
        told_of = self.known.own_name.sub("", masked)
        purse = subject.is_money and ONE_PURSE.search(told_of) is not None
        return purse or OTHER_UNITS.search(told_of) is not None

    def _is_part_of_whole(self, subject: Subject) -> bool:
        """Whether «其中» takes apart a whole that a name is a part of."""
        if self.whole is None or self.whole.is_indicator:
            return False
        if subject.is_project:
            return self.whole.is_money and not self.whole.is_project
        blocks = {fact.key.block for fact in self.whole.facts}
        is_whole = not self.whole.is_money or any(map(WHOLE.search, self.whole.names))
        return is_whole and any(fact.key.block in blocks for fact in subject.facts)

    # ------------------------------------------------------------ numbers

    def _number(self, match: re.Match[str]) -> Iterator[Claim]:
        head, subject = self.text[self.since : match.start()], self.current
        self._hear(match.start(), match.start())
        in_bracket = self.masked[match.start()] == "_"
        claim = None
        counted = self._counted(match)
        if counted is not None:
            claim = self._claimed(match, counted, self.led, carried=False)
        elif subject is not None and self.certain:
            claim = self._claim(match, head, subject)
        elif subject is None or match["unit"].endswith("元"):
            self.strange |= not in_bracket
        self.since, self.after_number = match.end(), True
        if claim is not None:
            yield claim
            if claim.facts[0].words is DEDUCTED:
                yield from self._deducted_again(claim, match.end())

    def _deducted_again(self, claim: Claim, at: int) -> Iterator[Claim]:
        """Give what a deduction is in the bracket that says why: «扣0.5分(…不够,扣0.5分)»."""
        bracket = BRACKETS.match(self.text, at)
        again = sole_deduction(bracket[0]) if bracket else None
        if again is not None:
            right = any(fact.is_printed(again.printed) for fact in claim.facts)
            yield self._made(claim.facts, claim.subject, again.text, at + again.end, right)

    def _counted(self, match: re.Match[str]) -> Subject | None:
        """Give what a number stands right before, if that is counted: «21个三级指标»."""
        following = self.known.token.match(self.text, match.end())
        subject = self.known.by_name.get(following["name"] or "") if following else None
        if following is None or subject is None or not IS_ALL.match(self.text, following.end()):
            return None
        prefix = self._prefix(match.start())[1]
        whole = subject.is_indicator and WHOLE_YEAR.search(prefix)
        if not (subject.is_counted or whole) or LATER.search(self.text, following.end()):
            return None
        words = parsed(prefix, self.known.before(subject))
        if words is None or self.apart or self._is_barred(subject, match.start()):
            return None
        self.answered = False
        self.led = tuple(word for word in words if word in subject.words)
        return subject

    def _claim(self, match: re.Match[str], head: str, subject: Subject) -> Claim | None:
        if self._is_score_left(match, head, subject):
            return self._claimed(match, subject, (*SCORED, *POINTS), carried=False)
        broken = BREAK.search(head) or (self.after_number and JOINT.match(head))
        bare = JOINT.sub("", BREAK.sub("", head), count=1) if broken else head
        words = parsed(bare, self.known.between(subject))
        said = tuple(word for word in words or () if word in subject.words)
        if words is None or (broken and not any(len(word) >= LONGEST_CARRIED for word in said)):
            self.current = None
            self.strange |= match["unit"].endswith("元")
            return None
        total = {*words[-1:]} & {*TOTAL} or self._is_own(subject, said)
        if (self.only_total and not total) or not self._is_final(match, subject):
            return None
        return self._claimed(match, subject, said or self.led, carried=bool(broken))

    def _is_score_left(self, match: re.Match[str], head: str, subject: Subject) -> bool:
        """Whether a number right after a deduction is what is left: «扣0.18分,得9.82分»."""
        if match["unit"] != "分" or not SCORE_LEFT.fullmatch(head):
            return False
        if not LOST.search(self.text, 0, self.since) or not self._is_final(match, subject):
            return False
        score = digits(match["number"])
        return any(fact.words is POINTS and score <= fact.figures[0] for fact in subject.facts)

    def _is_own(self, subject: Subject, said: tuple[str, ...]) -> bool:
        """Whether a figure is said to be a project's below its own heading."""
        return bool(said) and subject in self.setting.scope.projects

    def _is_final(self, match: re.Match[str], subject: Subject) -> bool:
        """Whether nothing after a number makes of it another: «3个层级», «12个,年中调减2个»."""
        noun = NOUNS.match(self.text, match.end()) if subject.is_counted else None
        end = noun.end() if noun else match.end()
        if not subject.is_money and LATER.search(self.text, end):
            return False
        return self.known.is_closed(self.text, end, match["unit"])

    def _claimed(
        self, match: re.Match[str], subject: Subject, said: tuple[str, ...], *, carried: bool
    ) -> Claim | None:
        """Give the claim of a number that belongs to a subject, if the return has such a figure."""
        printed = Printed.of(match["number"], match["unit"])
        if not printed.is_sane:
            return None
        named = (self.known.by_name.get(word) for word in said)  # «支出率» may be the unit's own
        meant = [subject, *self.spoken, *filter(None, named)] if carried else [subject]
        facts = [
            fact
            for one in dict.fromkeys(meant)
            for fact in one.meant(said, printed.unit, carried=carried)
        ]
        if (
            not facts
            or (self.answered and not said)
            or self._is_rather_part(subject, facts, printed)
        ):
            return None
        self.answered = True
        right = any(fact.is_printed(printed) for fact in facts)
        facts.sort(key=lambda fact: fact.distance(printed))
        scaled = not right and any(fact.is_scaled(printed) for fact in facts)
        return replace(self._made(facts, subject, match[0], match.end(), right), scaled=scaled)

    def _is_rather_part(
        self, subject: Subject, facts: Sequence[KnownFigure], printed: Printed
    ) -> bool:
        """Whether an amount after an indicator, far from those of the whole, is rather its own."""
        if not subject.is_money or not any(one.is_indicator for one in self.spoken):
            return False
        return not (subject.specific or any(fact.is_near(printed) for fact in facts))

    def _made(
        self, facts: Sequence[KnownFigure], subject: Subject, printed: str, end: int, right: bool
    ) -> Claim:
        begin = self.setting.offset + self._clause(end - len(printed))
        return Claim(subject, tuple(facts), printed, begin, self.setting.offset + end, right)

    # ------------------------------------------------------------ grades

    def _grade(self, subject: Subject, at: int) -> Iterator[Claim]:
        """Give the grade told right after its name: «评价等级为“优”»."""
        facts = [fact for fact in subject.facts if fact.grade]
        match = GRADE_TOLD.match(self.text, at) if facts else None
        if match is not None:
            right = any(fact.grade == match["grade"] for fact in facts)
            yield self._made(facts, subject, match["grade"], match.end(), right)
