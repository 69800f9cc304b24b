"""Words that turn what is said: around a number, of what was not done, in the name of an indicator.

What is not understood may turn the number round («取消20场», «差2场», «完成5场中的3场»), so words
are let through by name only: those of doing and of the whole year, and the indicator's own.
"""

from __future__ import annotations

import re

from perfxl.text.spelling import one_of, tidied

OF_TARGETS = "标准 指标值 目标值 考核标准"  # what a target may say of itself
_UNDERSTOOD = """
全年 全年度 年度 本年度 本年 当年 年内 年底 年末 共计 合计 累计 总计 总数 共有 共 已经 已 均 仅 只
实际 完成 完成了 实现 达到 达 开展 举办 举行 召开 组织 实施 发放 拨付 支付 建成 办理 办结 处理
完成情况 完成值 完成数 全部 全部完成 全覆盖 按时 按期 我单位 本单位 我局 本局 我街 街道 全街
涉及 惠及 辖区 辖区内 群众 居民 村民 市民 公众 受益群众 服务对象
"""
_SAFE = re.compile(rf"(?>{one_of(_UNDERSTOOD.split())})|(?<=[率数量额次计])(?:为|是)|[:了]")
# The indicator's own only where it goes on as its name does: «计划完成率», not «计划5场».
_INTENT = re.compile("目标|计划|预算|任务")
_CHANGE = re.compile("提高|提升|增加|改善|增至|减至")
_RATE = re.compile("(?:率|(?<!年)度)(?:为|是|达到|达)?$")
_YEARS = (
    r"(?:截至|截止到?|至)?(?:{year}年)?12月(?:底|末|31[日号])止?|{year}年?(?:度)?1月?[-~至到]12月"
    r"|{year}年(?:全年|度|底|末)?(?!\d)"
)
_CALENDAR = re.compile(
    r"\d{4}年(?:度|末|底)?|\d{1,2}月(?:份|底|末)?\d{1,2}[日号]|\d{1,2}月(?:份|底|末)?|月\d{1,2}[日号]"
)

# What is a part of a whole, so that it is never more than all of it …
_SHARES = """
满意度 知晓度 认可度 信任度 支持度 满意率 合格率 完好率 及格率 优良率 优秀率 良好率 知晓率 知悉率
认知率 认可率 好评率 支持率 信任率 覆盖率 成活率 存活率 保存率 通过率 达标率 及时率 准时率 准点率
准确率 正确率 精准率 一致率 完整率 规范率 合规率 有效率 成功率 安全率 出勤率 到课率 到会率 入学率
巩固率 升学率 毕业率 就业率 治愈率 接种率 签约率 参保率 普及率 公开率 公示率 响应率 整改率 采纳率
上线率 正常运行率 稳定运行率 无故障运行率 亮灯率 正常率 优质率 无害化处理率 回复率 答复率
"""
SHARES = tuple(_SHARES.split())
# … unless what is compared or counted is another thing (毛入学率 has pupils of any age)
_NO_SHARES = """
率提 度提 率增 度增 率上升 度上升 率较 度较 率比 度比 率同比 度同比 率环比 度环比 率变 度变
率完成 度完成 率达成 提升率 提高率 增长率 完成率 增幅 涨幅 幅度 倍 毛入学 电话普及 手机普及 宽带普及
得分 评分 指数 拨备 准备金 保障覆盖 贷款覆盖 负债覆盖
"""
NO_SHARES = tuple(_NO_SHARES.split())


# What says that a thing was not done, or not yet; «无未完成事项», «未完成的0件» and «正在推进的全部
# 完成» say that all was, «督促未完成的单位» is of others.
_UNDONE = re.compile(
    "(?<![无不没])(?<!没有)(?<!不存在)"
    "(?:(?:未能|未予|尚未|还未|暂未|未|没有|没)(?:全部|完全|按期|按时|如期)?"
    "(?:达到|达成|达标|完成|实现|开展|实施|启动|落实|到位|发放|拨付|支付|兑现|解决|验收|开工|建成|投入使用"
    "|建立|制定|出台|健全|完善|整改|办理|办结|执行|采购|招标)"
    "|正在(?:逐步|抓紧|积极)?(?:解决|推进|实施|办理|建设|整改|落实|完善|进行))"
    "(?!的|单位|企业|部门|事项|人员)(?!.{0,3}[不错延拖逾漏]|.{0,6}[0０零]|.*(?:全部|均已|都已))"
)
# A reason that says there is nothing to give one for: «无偏差,已按要求完成»
_DENIAL = re.compile(
    "(?:(?:无|没有|不存在)(?:偏差|差异)[,，;；]?)?"
    "(?:(?:已|均|都|全部|基本|如期|如数|按(?:计划|要求|时|期|规定|目标))*"
    "(?:完成|达标|实现|达到)了?(?:年度|全年)?(?:目标|任务|要求|计划)?)?"
)
# The other end of a name: what ought to be small (those that ought to be large are SHARES)
_TO_BE_SMALL = re.compile(
    "(?:投诉|差错|错误|事故|死亡|发案|超支|失误|违规|违纪)(?:发生)?(?:率|数|量|次数|件数|起数|人数)$"
    "|(?:平均|单位|人均|单次|单场|运行)成本$"
)
_LESS_OF_IT = re.compile("[不未非]|节约|节省|降低|减少|下降|压减|处理|办结|整改|处置|回复")


def own_words(about: str) -> str:
    """Give an indicator's wording as `understood` takes it."""
    words = "|".join(map(tidied, about.split()))
    return re.sub('[“”"()、]', "", words).replace("满意度", "满意率")


def understood(words: str, about: str) -> bool:
    """Whether words are none but neutral ones and the indicator's own (two characters or more)."""
    words = words.replace("满意度", "满意率")
    goes_on = (words[match.start() : match.end() + 1] for match in _INTENT.finditer(words))
    if _CHANGE.search(words) or not all(len(word) > 2 and word in about for word in goes_on):
        return False
    known = {at for match in _SAFE.finditer(words) for at in range(*match.span())}
    for at in range(len(words) - 1):
        if _is_own(words, at, about):
            known |= {at, at + 1}
    return len(known) == len(words)


def _is_own(words: str, at: int, about: str) -> bool:
    """Whether two characters stand in the indicator's wording, denied there only if here too."""
    pair = words[at : at + 2]
    if pair not in about:
        return False
    plainly = re.search(f"(?<![未不无非没]){re.escape(pair)}", about) is not None
    return plainly or (at > 0 and words[at - 1 : at + 2] in about)


def tells_rate(head: str) -> bool:
    """Whether words end by naming a rate: «投诉发生率为»."""
    return _RATE.search(head) is not None


def names_rate(head: str, about: str) -> bool:
    """Whether a per cent behind these words is the indicator's: «整改率», «增长», not «投诉»."""
    named = tells_rate(head) or f"{head[-2:]}率" in about
    return named or understood(head, OF_TARGETS)


def years_told(text: str, year: int) -> str:
    """Give a text with the year reported in a word of its own, any other date as «某时»."""
    years = _YEARS.format(year=year or r"\d{4}")
    return _CALENDAR.sub("某时", re.sub(years, "全年", text))


def says_undone(text: str, asked: str) -> str:
    """Give the words of a text that say a thing was not done, or not yet; "" where none do.

    Where the doing itself is what was asked for («持续推进»), «正在推进» says that it is done.
    """
    found = _UNDONE.search(tidied(text))
    said = found[0] if found else ""
    return "" if said.startswith("正在") and said[-2:] in asked else said


def denies(reason: str) -> bool:
    """Whether a reason for a gap says no more than that there is none."""
    return _DENIAL.fullmatch(tidied(reason)) is not None


def wrong_way(symbol: str, name: str) -> bool:
    """Whether a symbol bounds from the wrong side what an indicator of this name counts.

    At most so much satisfaction, at least so many accidents. A name is believed by its end alone,
    and not where a word in it may turn it round («不满意率», «投诉处理率»).
    """
    name = tidied(name)
    if _LESS_OF_IT.search(name) or any(map(name.__contains__, NO_SHARES)):
        return False
    if symbol in {"≤", "<"}:
        return name.endswith(SHARES)
    return symbol in {"≥", ">"} and _TO_BE_SMALL.search(name) is not None
