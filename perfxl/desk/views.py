"""What a page shows of a checked return: figures as people write them, lengths of bars."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from perfxl.check.rule import Severity
from perfxl.desk.checks import CheckedFile
from perfxl.text.amounts import amount_text, rate_text

WHOLE, LONGEST = 100, 150  # the length of a bar that stands for all of it, and of the longest
STATUSES = {"met": "完成", "unmet": "未完成", "unjudged": "不能判断"}
ROUNDS = (("new", "新出现"), ("remaining", "仍存在"), ("fixed", "已改正"))
UNKNOWN = "未填全"


def amount(text: str | None) -> str:
    """Give an amount or a score of the JSON document for people."""
    return UNKNOWN if text is None else amount_text(Decimal(text))


def measured(score: Mapping[str, Any]) -> str:
    """Give the score recomputed, from the least to the most it can be."""
    low, high = amount(score["low"]), amount(score["high"])
    return low if low == high else f"{low}～{high}"


def is_measured(score: Mapping[str, Any] | None) -> bool:
    """Whether anything of a score was recomputed: of an office's own form nothing is."""
    return score is not None and any(score[end] is not None for end in ("low", "high"))


def any_measured(files: Iterable[CheckedFile]) -> bool:
    """Whether a score was recomputed of any of these returns."""
    return any(is_measured(file.record["document"]["score"]) for file in files)


def findings(file: CheckedFile) -> Iterator[dict[str, Any]]:
    """Give the findings, each with its grade in words, where it is and whether it is new."""
    document = file.record["document"]
    new = (document["changes"] or {}).get("new", [])
    for one in document["findings"]:
        said = "新出现" if one in new else "已说明" if one["explained"] else ""
        word = Severity(one["severity"]).word
        yield {**one, "word": word, "said": said, "place": _place(one)}


def _place(finding: Mapping[str, Any]) -> str:
    cells = "、".join(filter(None, finding["cells"]))
    return " ".join(filter(None, (finding["sheet"], cells)))


def completions(file: CheckedFile) -> Iterator[dict[str, Any]]:
    """Give the indicators, each with its completion and the length of its bar."""
    document = file.record["document"]
    for one in (*document["indicators"], *document["project_indicators"]):
        rate = None if one["completion"] is None else Decimal(one["completion"])
        yield {
            **one,
            "word": STATUSES[one["status"]],
            "rate": "" if rate is None else rate_text(rate),
            "length": _length(rate),
        }


def scores(file: CheckedFile) -> Iterator[dict[str, Any]]:
    """Give the items of the score, each with the length of its bar."""
    for one in (file.record["document"]["score"] or {"items": ()})["items"]:
        points, stated = (None if one[n] is None else Decimal(one[n]) for n in ("points", "stated"))
        share = stated / points if points and stated is not None else None
        yield {
            **one,
            "measured": measured(one),
            "is_measured": is_measured(one),
            "length": _length(share),
        }


def _length(share: Decimal | None) -> int:
    return 0 if share is None else max(0, min(LONGEST, int(share * WHOLE)))
