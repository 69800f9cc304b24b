"""How a command is typed: its help, and what to say where it was typed wrong.

All of it is made from the parameters of the command line as they are declared; what typer would
say of them is partly English.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

PROGRAM = "perfxl"
DASHES = "-—–―－−"  # Word, WeChat and input methods make these of two hyphens
MANY = "…"  # behind the name of a parameter that may be given several times
_EXTRA = re.compile(r" \((.*)\)$", re.DOTALL)  # how typer ends: «unexpected extra argument (x)»


def called(context: Any) -> str:
    """Give the command a context is of, as it is typed."""
    return PROGRAM if context.parent is None else f"{PROGRAM} {context.info_name}"


def usage(context: Any) -> str:
    """Give the whole of a command as it is typed."""
    if context.parent is None:
        return f"{PROGRAM} 命令"
    return " ".join((called(context), *map(_shown, _arguments(context)), "[选项]"))


def help_text(context: Any) -> str:
    """Give the help of a command, its columns even on a console where a 汉字 takes two."""
    arguments = [(one.metavar, one.help) for one in _arguments(context)]
    options = [(_spelt(one), _meaning(one)) for one in _options(context.command, context)]
    lines = [f"用法:{usage(context)}", "", *_indented(context.command.help)]
    for head, rows in (("参数:", arguments), ("选项:", options)):
        lines += ["", head, *_table(rows)] if rows else ()
    return "\n".join(lines)


def _arguments(context: Any) -> list[Any]:
    return [one for one in context.command.params if one.param_type_name == "argument"]


def _options(command: Any, context: Any) -> list[Any]:
    return [one for one in command.get_params(context) if one.param_type_name == "option"]


def _shown(argument: Any) -> str:
    return str(argument.metavar) if argument.required else f"[{argument.metavar}]"


def _spelt(option: Any) -> str:
    names = ", ".join(option.opts)
    return f"{names} {option.metavar}" if option.metavar else names


def _meaning(option: Any) -> str:
    return "显示本说明" if option.name == "help" else str(option.help)


def _table(rows: Sequence[tuple[str, str]]) -> Iterator[str]:
    """Give two columns; a line break in the second begins a line below its first."""
    width = max(_columns(name) for name, _ in rows) + 2
    for name, meaning in rows:
        first, *others = meaning.split("\n")
        yield f"  {name}{' ' * (width - _columns(name))}{first}"
        yield from (f"  {' ' * width}{other}" for other in others)


def _columns(text: str) -> int:
    return len(text.encode("gbk", "replace"))  # on a console of this encoding a byte is a column


def _indented(text: str) -> Iterator[str]:
    return (f"  {line}" for line in text.split("\n"))


# ---------------------------------------------------------------- what was typed wrong


def fault(error: Any) -> str:
    """Say what was wrong with the words of a command, and what to type, from typer's exception."""
    context = error.ctx
    what = _what(error)
    wrong = f"{called(context)}:{what}{'' if what.endswith(('?', '。')) else '。'}"
    if context.parent is None:
        return f"{wrong}看全部命令:{PROGRAM} help"
    if _kind(error) in {"MissingParameter", "UsageError"}:
        return f"{wrong}写法:{usage(context)}"
    return f"{wrong}看说明:{called(context)} --help"


def _kind(error: Any) -> str:
    return type(error).__name__  # typer does not export these exceptions


def _what(error: Any) -> str:
    kind = _kind(error)
    if kind == "MissingParameter":
        return f"少了{_choice(error.param.metavar)}"
    if kind == "NoSuchOption":
        return _unknown_option(error)
    if kind == "BadOptionUsage":
        metavar = _taking(error.ctx).get(error.option_name)
        return f"{error.option_name} 后面{f'少了{metavar}' if metavar else '不写值'}"
    if kind == "BadParameter":
        option = error.param is not None and error.param.param_type_name == "option"
        return f"{error.param.opts[0]} {error.message}" if option else str(error.message)
    extra = _EXTRA.search(error.message)
    return f"多写了“{extra[1]}”" if extra else "写法不对"


def _choice(metavar: str) -> str:
    one_of = "中的一个" if "|" in metavar else ""
    return metavar.rstrip(MANY).replace("|", "、") + one_of


def _unknown_option(error: Any) -> str:
    command, name = error.ctx.command, error.option_name
    there = {one[2:]: one for one in _spellings(command, error.ctx) if one.startswith("--")}
    elsewhere = [
        word
        for word, other in getattr(command, "commands", {}).items()
        if name in _spellings(other, error.ctx)
    ]
    if elsewhere:
        return f"“{name}”写在命令后面,如 {PROGRAM} {elsewhere[0]} {name}"
    return f"没有“{name}”这个选项{guess(name.lstrip(DASHES), there)}"


def _spellings(command: Any, context: Any) -> set[str]:
    return {name for one in _options(command, context) for name in one.opts}


def _taking(context: Any) -> dict[str, str]:
    """Give what each option of a command takes that takes anything."""
    options = (one for one in _options(context.command, context) if one.metavar)
    return {name: one.metavar for one in options for name in one.opts}


def unknown_command(word: str, commands: Iterable[str]) -> str:
    """Say that there is no such command, nor a file that could be checked, and which is meant."""
    return f"没有这个命令:{word}{guess(word, commands) or ',也没有这个文件'}"


def guess(word: str, known: Iterable[str] | Mapping[str, str]) -> str:
    """Ask whether what comes closest to a word is meant; "" where nothing comes close.

    Of a mapping the keys are compared, and the value of the closest is asked for.
    """
    from difflib import get_close_matches

    plain = unicodedata.normalize("NFKC", word).casefold()
    names = {name.casefold(): name for name in known}
    closest = get_close_matches(plain, names, n=1) if len(plain) > 1 else []
    if not closest:
        return ""
    name = names[closest[0]]
    return f",是 {known[name] if isinstance(known, Mapping) else name} 吗?"


def slip(words: Sequence[str], context: Any) -> str | None:
    """Say what typer would take for something else: an odd dash, an option for a value."""
    spellings, taking = _spellings(context.command, context), _taking(context)
    for word, after in pairwise((*words, "")):
        meant = _meant(word, spellings)
        if meant is not None:
            return f"“{word}”应写成 {meant}"
        if word in taking and after in spellings:
            return f"{word} 后面少了{taking[word]}"
    return None


def _meant(word: str, spellings: Collection[str]) -> str | None:
    """Give the option that a word with one dash, or with dashes of another kind, stands for."""
    name = word.partition("=")[0]
    long = f"--{name.lstrip(DASHES).casefold()}"
    odd = word[:1] in tuple(DASHES) and name not in spellings
    return long if odd and long in spellings else None
