"""The rule catalogue: every rule, in the order findings of one severity are listed.

Adding a rule: write the record in the module of its family and name it in that module's RULES.
"""

from functools import lru_cache

from perfxl.check.rule import Rule
from perfxl.form.model import Form
from perfxl.rules import (
    completeness,
    contrary,
    cross_table,
    indicators,
    plausibility,
    readings,
    report,
    scale,
    scores,
    stated,
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
    *contrary.RULES,
    *plausibility.RULES,
    *scores.RULES,
    *report.RULES,
)


@lru_cache(maxsize=8)
def rules_of(form: Form) -> tuple[Rule, ...]:
    """Give the rules that returns on a form are judged by: ours, and those its office stated."""
    return (*RULES, *stated.stated_rules(form))
