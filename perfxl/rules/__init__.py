"""The rule catalogue: every rule, in the order findings of one severity are listed.

Adding a rule: write the record in the module of its family and name it in that module's RULES.
"""

from perfxl.check.rule import Rule
from perfxl.rules import (
    completeness,
    cross_table,
    indicators,
    plausibility,
    readings,
    report,
    scale,
    scores,
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
