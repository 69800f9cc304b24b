"""E-mail addresses as people type them: several in a cell, full-width signs, a name before one."""

from __future__ import annotations

import re
import unicodedata

from perfxl.text.spelling import is_nothing

_BETWEEN = re.compile(r"[;,、\s]+")
_NAMED = re.compile(r"[^<>]*<([^<>]+)>")
_LOCAL = r"[A-Za-z0-9_+%'-]+(?:\.[A-Za-z0-9_+%'-]+)*"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"{_LOCAL}@(?:{_LABEL}\.)+[A-Za-z]{{2,}}")


def mailboxes(text: str) -> list[str]:
    """Give the addresses a cell holds, one by one, each once; what is none of them stays as typed.

    They may be separated by ; , 、 or blanks, in either width; «张三<a@b.cn>» is the address alone.
    A cell that says «无» or «/» holds none.
    """
    if is_nothing(text):
        return []
    narrow = unicodedata.normalize("NFKC", text).replace("。", ".")
    bare = _NAMED.sub(r"\1;", narrow)
    return list(dict.fromkeys(filter(None, _BETWEEN.split(bare))))


def is_mailbox(text: str) -> bool:
    """Whether this is one address and nothing else."""
    return _ADDRESS.fullmatch(text) is not None
