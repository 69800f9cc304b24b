"""How rules are told: the record as data, and as a page for people."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from perfxl.rule import Rule


def rule_data(rule: Rule) -> dict[str, Any]:
    """Give a rule as data, for `rules --json`."""
    return {
        "id": rule.id,
        "name": rule.name,
        "title": rule.title,
        "severity": rule.severity.value,
        "live": rule.live,
        "message": rule.message,
        "why": rule.why,
        "fix": rule.fix,
        "source": rule.source,
    }


def rule_page(rule: Rule) -> Iterator[str]:
    """Give the lines that explain a rule."""
    yield f"{rule.id} {rule.title}({rule.severity.word},{rule.name})"
    yield f"为什么:{rule.why}"
    yield f"怎么改:{rule.fix}"
    yield f"依据:{rule.source}"
    yield "填报时即时校验:是" if rule.live else "填报时即时校验:否(审核时检查)"
