"""The rule catalogue: every rule, in the order findings of one severity are listed.

Adding a rule: write the record in the module of its family and name it in that module's RULES.
"""

from perfxl.rule import Rule
from perfxl.rules import (
    completeness,
    cross_table,
    indicators,
    plausibility,
    readings,
    report,
    scale,
    scores,
    settings,
    totals,
    workbook,
)

RULES: tuple[Rule, ...] = (
    *workbook.RULES,
    *totals.RULES,
    *cross_table.RULES,
    *scale.RULES,
    *completeness.RULES,
    *indicators.RULES,
    *readings.RULES,
    *plausibility.RULES,
    *scores.RULES,
    *report.RULES,
)
# what `perfxl rules` lists: those about returns, then those about a season's settings
CATALOGUE: tuple[Rule, ...] = (*RULES, *settings.OWN)


def by_id(rule_id: str) -> Rule | None:
    """Give the rule with this id (case does not matter), or None."""
    return next((rule for rule in CATALOGUE if rule.id == rule_id.upper()), None)
