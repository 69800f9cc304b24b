"""What wording says of the cells under it or beside it: the many names that forms give a column."""

from __future__ import annotations

import re

from perfxl.forms.office.tokens import MONEY_UNITS
from perfxl.text.stubs import bare

_Table = tuple[tuple[re.Pattern[str], str], ...]

_WORDS = "(完成情况|原因|分析|措施|说明|保障)$"  # asks for words, whatever else it speaks of
# a heading over a column: kind and pattern, of which the first that is found holds
_HEADS = """
序号 ^(序号|编号|行次|NO\\.?)$
调整指标值 (调整|变更|修正).{0,4}(指标|目标)值
三级指标 (指标|目标)(内容|名称|解释|说明|描述)$|[三四]级指标|^指标$|具体指标|^绩效指标$
符号 ^(计算|指标|比较|运算)?符号$|运算符|^指标(方向|性质)$
佐证材料 佐证|证明材料|依据材料|(支撑|印证|附件|备查)(材料|资料)|(资料|数据)来源
文字 (来源|名称|类型|类别|性质|用途|方式|渠道|科目|姓名|地址|电话|负责人|联系人|科室|部门)$
指标值 (计划|目标|预期)(完成|实现)?(值|数)$
完成值 (完成|实际|实现|达成|自评)(指标|目标)?值
完成值 (实际|全年|年度|本年|指标)(完成|实现|达成)(情况|数|结果)?$|实际达成
完成值 ^(完成|实现|达成)(情况|结果)?$|^实际(值|数)$|执行情况$
指标值 (指标|目标|计划|预期|标准|预计)值|^目标$|绩效(标准|目标)$
指标值 (年初|年度|预期|计划)(目标|指标|设定)
一级指标 一级指标|^(指标)?一级$
二级指标 二级指标|^(指标)?二级$
计量单位 (计量|度量|数量)单位|^单位$
文字 (单位|处室|人)$|^项目$
权重 权重
总得分 总得分|总分$|总分[(]
等级 等级|等次
得分 得分$|评分$|自评分|实得|得分[(]
百分比 完成率|执行率|支出率|控制率|达成率|得分率|比率|占比|比重|比例|增幅|[%]|率$
扣分原因 (扣|减|失|未得)分.*(原因|理由|说明|依据|情况)|^评分(说明|依据|理由)$
偏差原因 (偏差|未完成|差异|未达|变动|未实现).*(原因|分析|措施|说明)|改进措施|原因分析|整改措施
分值 分值|标准分|满分|^(权|分)数$|权数|基准分|应得分
金额 (预算|决算|金额|支出|收入|资金|结转|拨款|结余|经费)(?!.*{WORDS})
金额 (执行|到位|拨付|使用|发生|调整)数(?!.*{WORDS})|(到位|拨付|投入)$
金额 合同价|[(](百|千|万|百万|亿)?元[)]
整数 人数|数量|个数|编制|件数|次数|户数|在职|^数$
日期 日期|时间|年月
代码 代码|编码|证号|账号
长文字 (工作|任务|主要|项目).*(内容|成效|情况|目标|措施)|职责|标准$|概述|问题|建议
"""
# wording beside a single cell
_LABELS = """
文字 主管(部门|单位)(及代码|名称)?$|起止|期限$
等级 等级|等次|评价结果$
总得分 总得分|总分|^自评(得)?分|(自评|综合|评价)得分(合计)?$|得分合计
单位代码 (单位|部门|预算|机构|信用|组织).{0,4}(代码|编码)
日期 日期|^(填报|填表|报送|成立)?时间$
电话 电话|手机|传真|邮编|邮政编码|邮箱|座机|联系方式
代码 (代码|编码|编号|证号|账号)$
年度 ^((填报|评价|预算|所属|自评|项目)?年度|年份|(所属)?年)$
长文字 (目标|事项|措施|建议|问题|总结|概况|成效|职责|职能|说明|意见|做法|概述|结论|内容|效益)$
长文字 (完成|执行|实现|落实|使用|管理|开展)情况
指示 ^(是否|有无)
整数 人数|编制(?!单位|部门|时间|日期|人)|在职|离休|退休|数量|个数|户数|车辆数|(机构|单位)数|家数
文字 负责人|联系人|填表人|填报人|经办|审核|复核|签字|制表|主管(部门|单位)
文字 (项目|任务|资产|指标)(名称|类别|类型|属性|性质)|地址|姓名|职务|原因
单位名称 (填报|编报|上报|呈报|申报|报送|填表|编制)(单位|部门)(名称)?
单位名称 (实施|预算|项目|基层|自评|评价|被评价|使用|承担|执行)(单位|部门)(名称)?
单位名称 (单位|部门|机构).{0,6}名称|^(单位|部门)$
文字 (单位|部门|名称|处室|人)$
百分比 比例|比率|比重|占比|[%]|率$
得分 得分|评分$
金额 (金额|资金|预算|决算|支出|收入|拨款|结转|结余|经费|总额)(?!.*{WORDS})
金额 费$|[(](百|千|万|百万|亿)?元[)]
"""
TOTALS = re.compile(r"^(合计|总计|总分|小计|得分合计|总得分|合计得分|总评分)|(合计|总计|小计)$")
# what stands in a cell to be written over, or in which a box is to be ticked
_COUNTS = re.compile(
    "[(](辆|个|人|人次|次|批次|台|套|家|户|件|名|座|处)[)]|(人数|数量|保有量|批次|人次)$"
)
_AMOUNTS = re.compile("(金额|资金|预算|决算|支出|收入|拨款|结转|结余|经费|总额|费)$")
_FIGURES = re.compile("([数额]|增加|减少|增减)$")
_RATES = re.compile("[(]%[)]$|率$")
_SCALES = frozenset({"栏次", "列次", "行次"})  # a row that numbers the columns
# headings that tell rows apart by time only: what their cells hold, the row says
_WHEN = re.compile(r"\d{4}|[年期季月]|^[本上]|[数计]$|总")
MARK = "*"
_MONEY = re.compile(rf"[(:]?({'|'.join(sorted(MONEY_UNITS, key=len, reverse=True))})(?![^)\s])")
_MUCH = re.compile("目标|情况|成效|职责")
_LONG = re.compile("原因|情况|说明|目标|措施|内容|备注|分析|事项|意见|问题")
NUMERIC = frozenset({"金额", "百分比", "得分", "总得分", "分值", "权重", "整数", "数字"})
# kinds that are columns of a table of indicators
OF_INDICATORS = frozenset(
    {
        *("一级指标", "二级指标", "三级指标", "指标值", "调整指标值", "完成值", "计量单位", "符号"),
        *("权重", "分值", "得分", "扣分原因", "偏差原因", "佐证材料", "序号"),
    }
)
# kinds that name what a row is about
LEVELS = frozenset({"一级指标", "二级指标", "三级指标"})
NAMING = LEVELS | {"序号"}
# over wording that says how to fill in a row, not what it is
_EXPLAINS = re.compile(
    "^(填写|填报|填列)?(要求|说明)$|^(评分|评价|计分|评定|考核)?(标准|办法|细则)$|^备注$"
)
_NAMES = re.compile("名称|项目$|内容|任务|事项|机构|姓名|科室|部门|^项目")


def _table(lines: str) -> _Table:
    pairs = (line.split(" ", 1) for line in lines.replace("{WORDS}", _WORDS).strip().splitlines())
    return tuple((re.compile(pattern), word) for word, pattern in pairs)


HEADS, LABELS = _table(_HEADS), _table(_LABELS)


def told(text: str) -> str:
    """Give what wording is about: no mark, no numbering, no colon."""
    plain = re.sub(r"^[*★]|^[一二三四五六七八九十\d]{1,2}[、.]", "", bare(text))
    return plain.rstrip(":;,。*")


def of_heading(text: str) -> str:
    """Give the kind a heading over a column stands for, "" where it says none."""
    return _found(HEADS, text)


def of_label(text: str) -> str:
    """Give the kind a label beside a cell stands for, "" where it says none."""
    return _found(LABELS, text)


def _found(table: _Table, text: str) -> str:
    plain = told(text)
    cut = re.sub(r"[(](?!百|千|万|亿|元|%)[^)]*[)]", "", plain) or plain  # «全年预算数(A)»
    return next((word for pattern, word in table if pattern.search(cut)), "")


def tells_time(text: str) -> bool:
    """Whether a heading only says when, or how many: «2022年», «本年数»."""
    return _WHEN.search(told(text)) is not None


def asks_words(text: str) -> bool:
    """Whether a heading asks for words, not for a figure: «原因», «经费保障», «1-7月完成情况»."""
    return re.search(_WORDS, told(text)) is not None


def is_amount(text: str) -> bool:
    """Whether a label names an amount of money, and not what amounts are told apart by."""
    return _AMOUNTS.search(told(text)) is not None


def is_numbered(text: str) -> bool:
    """Whether a text is only a number, as in a column 序号."""
    return bare(text).isdecimal()


def is_serial(text: str) -> bool:
    """Whether a text stands for the number of a row: «3», «…»."""
    return is_numbered(text) or (bool(text) and not bare(text).strip(".…"))


def counted(text: str) -> str:
    """Give the kind of number a row's own wording asks for among amounts, "" where none."""
    if _COUNTS.search(bare(text)):
        return "整数"
    return "百分比" if _RATES.search(bare(text)) else ""


def is_dash(text: str) -> bool:
    """Whether a cell says by a stroke that nothing belongs there."""
    return bool(text) and not bare(text).strip("-—–―－/\\*×一")


def is_figure(text: str) -> bool:
    """Whether a heading stands over numbers of whatever kind: «年初数», «本年增加»."""
    return _FIGURES.search(told(text)) is not None


def numbers_columns(text: str) -> bool:
    """Whether a row only numbers the columns."""
    return told(text) in _SCALES


def explains(text: str) -> bool:
    """Whether a heading stands over what explains a row: «填写要求», «评分标准»."""
    return _EXPLAINS.search(told(text)) is not None


def names_row(text: str) -> bool:
    """Whether a heading stands over what a row of a list is called by."""
    return of_heading(text) in NAMING or _NAMES.search(told(text)) is not None


def is_long(text: str) -> bool:
    """Whether wording asks for sentences."""
    return _LONG.search(bare(text)) is not None


def asks_much(text: str) -> bool:
    """Whether wording asks for sentences however low the row is drawn."""
    return _MUCH.search(bare(text)) is not None


def is_required(text: str) -> bool:
    """Whether wording marks a cell that must be filled."""
    return bare(text).strip(":")[:1] == MARK or bare(text).strip(":")[-1:] == MARK


def is_total(text: str) -> bool:
    """Whether a row is a sum by its wording."""
    return TOTALS.search(told(text)) is not None or told(text).endswith("总额")


def is_whole(text: str) -> bool:
    """Whether a row is the sum of all, not of a part, by its wording."""
    return is_total(text) and "小计" not in text


def money_unit(text: str) -> str:
    """Give the unit of money wording names: «(万元)», «单位:元»; "" where it names none."""
    found = _MONEY.search(bare(text))
    return found[1] if found and found[0] != found[1] else ""
