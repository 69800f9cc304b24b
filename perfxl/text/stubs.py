"""What an office draws where something is to be filled in: 【年度】, «指标1:», «……», «□是 □否»."""

from __future__ import annotations

import re
import unicodedata

TOKEN = re.compile("【([^【】]*)】")
IDENTITY = ("单位名称", "单位代码", "年度")  # the tokens that may stand inside wording
_STUB = re.compile(
    r"(指标|目标|任务|项目|内容)\d{1,2}[:.、]?|\d{1,2}[:.、]|(指标|目标|任务|项目)[一二三四五六七八九十\d]{1,2}[:.、]?"
    r"|[.…]{2,}|…|[_＿]{2,}[%]?|[xX×]{2,}.{0,6}|[(]?请(填写|填报|选择|输入).{0,30}"
    r"|[(]?请在此[^。]{1,200}。?[)]?"
    r"|年月日|[(](此处)?填.{0,20}[)]"
)
_TICKS = tuple(
    re.compile(pattern) for pattern in (r"[□☐○◯]\s*([^□☐○◯\s/、]+)", r"([^□☐○◯\s/、]+)\s*[□☐○◯]")
)
_BEGUN = re.compile(
    r"(?:指标|目标|任务|项目|内容)[\d１-９一二三四五六七八九十]{1,2}\s*[:：]\s*(?=\S)"
)
_SEVERAL = re.compile("(?!其中)(?:[^:;,。]{2,12}:){2,}(?:年月日)?")
_TICKED = "[☑✓✔√■☒]"
_CHOSEN = (
    re.compile(rf"{_TICKED}\s*([^□☐○◯\s/、]+)"),
    re.compile(rf"([^□☐○◯\s/、]+)\s*{_TICKED}"),
)
_STROKE = re.compile("[-/\\\\—–―]{1,4}")
_YEAR = "((?:19|20)[0-9]{2})年度?"
_YEAR_LINE = re.compile(
    rf"[(]?{_YEAR}[)]?|[^(]{{2,40}}表[(]{_YEAR}[)]|{_YEAR}[^,。;:]{{2,40}}表(?:[(][^)]*[)])?"
)


def bare(text: str) -> str:
    """Give wording as it is looked up: narrow, without blanks."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def year_of(text: str) -> str:
    """Give the year that a line «(2023年度)» or a title with it says, "" of any other text."""
    found = _YEAR_LINE.fullmatch(bare(text))
    return next(filter(None, found.groups())) if found else ""


def is_stub(text: str) -> bool:
    """Whether a cell's wording is there to be written over."""
    return bool(text) and (_STUB.fullmatch(bare(text)) is not None or len(ticks(text)) > 1)


def asks_several(text: str) -> bool:
    """Whether one cell asks for several things: «填表人:   联系电话:   填报日期:»."""
    return _SEVERAL.fullmatch(bare(text)) is not None


def ticks(text: str) -> tuple[str, ...]:
    """Give what boxes to tick stand before or behind: «□是 □否»; () unless it is nothing else."""
    for pattern in _TICKS:
        if pattern.search(text) and not pattern.sub("", text).strip(" /、"):
            return tuple(pattern.findall(text))
    return ()


def written_over(text: str) -> str:
    """Give what a unit wrote where a stub stood: behind it, or by ticking a box; "" for a stub.

    A stroke, alone or behind a stub, is how people say that there is nothing to be written.
    """
    if is_stub(text) or _STROKE.fullmatch(bare(_BEGUN.sub("", text, count=1))):
        return ""
    boxes = re.sub(_TICKED, "□", text)
    if boxes != text and len(ticks(boxes)) > 1:
        chosen = _CHOSEN[not boxes.strip().startswith("□")].findall(text)
        return chosen[0] if len(chosen) == 1 else text
    return _BEGUN.sub("", text, count=1) if _BEGUN.match(text) else text
