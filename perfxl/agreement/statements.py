"""What sentences say of something a return has figures for: «长寿保健金157,327人次共计899.3万元».

A number belongs to a name only where every word between the two is understood, and the name to
the whole unit only where every word before it is: «人均», «较上年», «约» or a word nobody knows
keeps it from being judged. A wrong question costs more trust than one not asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from perfxl.agreement.facts import COUNT, Fact, Printed, Subject
from perfxl.agreement.vocabulary import (
    ACCOUNTS,
    AFTER,
    BRACKETS,
    BREAK,
    ENDS,
    GRADE_TOLD,
    IS_ALL,
    JOINT,
    NARROWING,
    NUMBERING,
    ONE_PURSE,
    OTHER_TIME,
    OTHER_UNITS,
    OWN_TIME,
    PART_OF_YEAR,
    TOTAL,
    Vocabulary,
    parsed,
)
from perfxl.values import LARGEST_VALUE, digits, is_plausible

MOST_PLACES = 8  # decimals anybody prints
LONGEST_CARRIED = 3  # characters, at least, of a word that takes a name up again after a comma
LONGEST_SENTENCE = 500  # characters: nobody reads a longer one


@dataclass(frozen=True, slots=True)
class Claim:
    """A number that a sentence gives for a subject, and the figures it may mean, nearest first.

    `begin` and `end` are where it stands in the text: from its clause's beginning to its unit.
    """

    subject: Subject
    facts: tuple[Fact, ...]
    printed: str
    begin: int
    end: int
    right: bool


# ---------------------------------------------------------------- reading a text


def claims(
    text: str, known: Vocabulary, *, context: str = "", of_project: bool = False
) -> Iterator[Claim]:
    """Give what a text says for certain of the subjects known, sentence by sentence.

    `text` is as `plain` gives it, `context` the heading it stands under; `of_project` says that a
    project is spoken of all along.
    """
    marked = known.dated(text)
    in_accounts = ACCOUNTS.search(known.without_names(f"{context} {marked}")) is not None
    at, foreign = 0, False
    for sentence in ENDS.split(marked):
        if len(sentence) <= LONGEST_SENTENCE:
            setting = _Setting(at, foreign, of_project, in_accounts)
            yield from _Sentence(sentence, known, setting).claims()
        foreign = _is_foreign(BRACKETS.sub("", sentence), foreign)
        of_project = of_project or known.names_project(sentence)
        at += len(sentence)


def _is_foreign(text: str, otherwise: bool) -> bool:
    """Whether the last date in a text is not of the year reported; `otherwise` without one."""
    own = text.rfind(OWN_TIME)
    other = max(text.rfind(OTHER_TIME), text.rfind(PART_OF_YEAR))
    return other > own if max(own, other) >= 0 else otherwise


@dataclass(frozen=True, slots=True)
class _Setting:
    """Where a sentence stands: its place in the text, and what was spoken of before it."""

    offset: int
    foreign: bool  # whether another year, or a part of the year, was the last
    of_project: bool
    in_accounts: bool


@dataclass(slots=True)
class _Sentence:
    """A sentence gone through from left to right: who is spoken of, since where."""

    text: str
    known: Vocabulary
    setting: _Setting
    current: Subject | None = None
    since: int = 0  # the end of the last name or number
    after_number: bool = False  # whether that was a number
    certain: bool = False  # whether the name stands for the whole
    open_prefix: bool = False  # whether only a total may be told of it
    led: tuple[str, ...] = ()  # words before the name that say which figure is meant
    stranger: bool = False  # whether an amount was told of something unknown
    given: set[str] = field(default_factory=set)  # units in which the name has its number
    spoken: list[Subject] = field(default_factory=list)  # subjects of this sentence
    masked: str = ""

    def claims(self) -> Iterator[Claim]:
        """Give the claims of this sentence."""
        self.masked = self.text
        for match in self.known.token.finditer(self.text):
            if match["name"] is None:
                yield from self._number(match)
            else:
                self._name(match)
                if self.current is not None and self.certain:
                    yield from self._grade(self.current, match.end())

    # ------------------------------------------------------------ names

    def _name(self, match: re.Match[str]) -> None:
        name, subject = match[0], self.known.by_name[match[0]]
        if self._is_word_of_current(name, match.start()):
            return
        head = self.text[: match.start()]
        masked = self.masked[: match.start()]
        self.masked = masked + "_" * len(name) + self.masked[match.end() :]
        words = parsed(self._prefix(match.start()), self.known.before(subject))
        understood = words is not None and self._stands_alone(match.start())
        self.led = tuple(word for word in words or () if word in subject.words)
        barred = self._is_barred(subject, head, masked)
        clause = head[self._clause(match.start()) :]
        self.open_prefix = not understood
        whole = subject.specific and subject.is_project and not NARROWING.search(clause)
        self.certain = not barred and (understood or whole)
        self.current, self.since, self.after_number = subject, match.end(), False
        self.given = set()
        if self.certain and understood and subject not in self.spoken:
            self.spoken.append(subject)

    def _is_word_of_current(self, name: str, start: int) -> bool:
        """Whether a name only says which figure of the one spoken of is meant («预算执行率»)."""
        if self.current is None or name not in self.current.words:
            return False
        words = self.text[self.since : start]
        return parsed(BREAK.sub("", words), self.known.between(self.current)) is not None

    def _clause(self, end: int) -> int:
        """Give where the clause begins that goes on until `end`."""
        return max((found.end() for found in BREAK.finditer(self.text, 0, end)), default=0)

    def _prefix(self, start: int) -> str:
        """Give the words before a name, back to the last comma, number or name."""
        begin = max(self._clause(start), self.since)
        prefix = self.text[begin:start]
        if begin == self.since and self.after_number:
            prefix = prefix.removeprefix(")")
        joint = JOINT.match(prefix)
        if begin == self.since and self.after_number and joint:
            prefix = prefix[joint.end() :]
        numbering = NUMBERING.match(prefix) if begin == 0 or not self.after_number else None
        return prefix[numbering.end() :] if numbering else prefix

    def _stands_alone(self, start: int) -> bool:
        """Whether no other name stands right before it, unless that is the project it is of."""
        if not self.since or self.after_number or self._clause(start) >= self.since:
            return True
        return self.current is not None and self.current.is_project and self.certain

    def _is_barred(self, subject: Subject, head: str, masked: str) -> bool:
        """Whether what was said before makes of the name something else than the whole of it."""
        if _is_foreign(head, self.setting.foreign):
            return True
        if "其中" in masked and not self._is_part_of_spoken(subject):
            return True
        if subject.specific:
            return False
        if subject.common and not self.setting.in_accounts:
            return True
        of_project = self.setting.of_project or any(one.is_project for one in self.spoken)
        told_of = self.known.own_name.sub("", masked)
        if of_project or OTHER_UNITS.search(told_of):
            return True
        return subject.is_money and (self.stranger or ONE_PURSE.search(told_of) is not None)

    def _is_part_of_spoken(self, subject: Subject) -> bool:
        """Whether the sentence told of the whole it is a part of."""
        if self.stranger or not self.spoken:
            return False
        blocks = {fact.key.block for one in self.spoken for fact in one.facts}
        return subject.is_project or any(fact.key.block in blocks for fact in subject.facts)

    # ------------------------------------------------------------ numbers

    def _number(self, match: re.Match[str]) -> Iterator[Claim]:
        head, subject = self.text[self.since : match.start()], self.current
        claim = None
        counted = self._counted(match)
        if counted is not None:
            claim = self._told(match, counted, self.led, carried=False)
        elif subject is not None and self.certain:
            claim = self._claim(match, head, subject)
        elif match["unit"].endswith("元"):
            self.stranger = True
        self.since, self.after_number = match.end(), True
        if claim is not None:
            yield claim

    def _counted(self, match: re.Match[str]) -> Subject | None:
        """Give what a number stands right before, if that is counted: «21个三级指标»."""
        following = self.known.token.match(self.text, match.end())
        subject = self.known.by_name.get(following["name"] or "") if following else None
        if following is None or subject is None or not IS_ALL.match(self.text, following.end()):
            return None
        if not any(fact.unit == COUNT for fact in subject.facts):
            return None
        words = parsed(self._prefix(match.start()), self.known.before(subject))
        head, masked = self.text[: match.start()], self.masked[: match.start()]
        if words is None or "其中" in masked or self._is_barred(subject, head, masked):
            return None
        self.given = set()
        self.led = tuple(word for word in words if word in subject.words)
        return subject

    def _claim(self, match: re.Match[str], head: str, subject: Subject) -> Claim | None:
        broken = BREAK.search(head) or (self.after_number and JOINT.match(head))
        bare = JOINT.sub("", BREAK.sub("", head), count=1) if broken else head
        words = parsed(bare, self.known.between(subject))
        said = tuple(word for word in words or () if word in subject.words)
        if words is None or (broken and not any(len(word) >= LONGEST_CARRIED for word in said)):
            self.current = None
            self.stranger |= match["unit"].endswith("元")
            return None
        if self.open_prefix and not (said or set(words) & set(TOTAL)):
            return None
        return self._told(match, subject, said or self.led, carried=bool(broken))

    def _told(
        self, match: re.Match[str], subject: Subject, said: tuple[str, ...], *, carried: bool
    ) -> Claim | None:
        """Give the claim of a number that belongs to a subject, if the return has such a figure."""
        printed = _printed(match)
        if printed is None or AFTER.match(self.text, match.end()):
            return None
        named = (self.known.by_name.get(word) for word in said)  # «支出率» may be the unit's own
        meant = [subject, *self.spoken, *filter(None, named)] if carried else [subject]
        facts = [
            fact
            for one in dict.fromkeys(meant)
            for fact in _meant(one, said, printed.unit, bool(carried))
        ]
        if not facts or (printed.unit in self.given and not said):
            return None
        self.given.add(printed.unit)
        right = any(fact.is_printed(printed) for fact in facts)
        facts.sort(key=lambda fact: fact.distance(printed))
        return self._made(facts, subject, match[0], match.end(), right)

    def _made(
        self, facts: Sequence[Fact], subject: Subject, printed: str, end: int, right: bool
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


def _printed(match: re.Match[str]) -> Printed | None:
    """Give the number found, None where nobody would print one like it."""
    printed = Printed.of(match["number"], match["unit"])
    sane = is_plausible(digits(match["number"]), LARGEST_VALUE) and printed.places <= MOST_PLACES
    return printed if sane else None


def _meant(subject: Subject, said: Sequence[str], unit: str, carried: bool) -> Iterator[Fact]:
    """Give the figures of a subject that words and a unit may mean."""
    fitting = [fact for fact in subject.facts if fact.figures_in(unit)]
    if said:
        long = [word for word in said if not carried or len(word) >= LONGEST_CARRIED]
        yield from (fact for fact in fitting if set(long) & set(fact.words))
        return
    plainly = [fact for fact in fitting if not fact.words]
    yield from plainly or (fact for fact in fitting if not fact.only_said)
