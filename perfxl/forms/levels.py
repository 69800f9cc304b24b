"""The 一级 and 二级指标 of the national scheme, as forms since 2018 name them.

Source: 财政部 项目支出绩效评价管理办法, 2020, with the 成本指标 of 2023.
"""

from __future__ import annotations

# costs are outputs in the older forms and a group of their own since 2023; they score as outputs
OUTPUT, COST, BENEFIT, SATISFACTION = "产出指标", "成本指标", "效益指标", "满意度指标"
LEVEL1 = (OUTPUT, COST, BENEFIT, SATISFACTION)
OUTPUTS = ("数量指标", "质量指标", "时效指标")
COSTS = ("成本指标", "经济成本指标", "社会成本指标", "生态环境成本指标")
BENEFITS = ("经济效益指标", "社会效益指标", "生态效益指标", "可持续影响指标")
SATISFACTIONS = ("服务对象满意度指标",)
LEVEL2 = (*OUTPUTS, *COSTS, *BENEFITS, *SATISFACTIONS)
# the 二级指标 that may stand under each 一级指标; older forms count satisfaction as a benefit
LEVELS = (
    (OUTPUT, (*OUTPUTS, *COSTS)),
    (COST, COSTS),
    (BENEFIT, (*BENEFITS, *SATISFACTIONS)),
    (SATISFACTION, SATISFACTIONS),
)
# of each of these at least one indicator is expected
EXPECTED_LEVEL2 = (
    *((name, (name,)) for name in OUTPUTS),
    (COST, COSTS),
    ("效益指标(经济、社会、生态、可持续影响一类也没有)", BENEFITS),
    ("满意度指标", SATISFACTIONS),
)
# what weights may come to: the national scheme weighs the execution rate as one indicator more
WEIGHTS = ("100", "90")
