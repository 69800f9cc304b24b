"""The file managers of Linux desktops: where each looks for entries of a user's, and in what form.

Sources: their manuals. Thunar and Caja are chosen from by a test; Nemo, Nautilus, Dolphin and Peony
took such entries when tried by hand; those of deepin and UOS are written as their manuals say.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import NamedTuple

from perfxl.cli.launch import has_page
from perfxl.cli.menu.entries import (
    ARGUMENTS,
    LABEL,
    PAGE_ARGUMENTS,
    PAGE_LABEL,
    PAGE_NOTE,
    MenuEntry,
    Offer,
    OwnFile,
    Shared,
)
from perfxl.text.safe import escaped

SUFFIXES = ("xlsx", "xlsm", "xls", "et", "xlsb", "ods", "fods")
FOLDER = "inode/directory"
TYPES = (  # what a desktop takes such files for; WPS brings names of its own
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.ms-excel",
    "application/vnd.ms-excel.sheet.macroEnabled.12",
    "application/vnd.ms-excel.sheet.binary.macroEnabled.12",
    "application/vnd.oasis.opendocument.spreadsheet",
    "application/wps-office.xlsx",
    "application/wps-office.xls",
    "application/wps-office.et",
    FOLDER,
)
ICON = "x-office-spreadsheet"
SYSTEM_VERSION = Path("/etc/os-version")  # of deepin and UOS
READS_HOME = 23  # the first that looks for menus below the user's home; UOS 20 does not
SCRIPTS = "在“脚本”子菜单里"
NEEDS_ROOT = "它的右键菜单只有管理员能加,所以加在“打开方式”里"


class Home(NamedTuple):
    """Where a user's settings and data are, and what runs perfxl."""

    config: Path
    data: Path
    run: tuple[str, ...] = (sys.executable, *ARGUMENTS)
    open_page: tuple[str, ...] = (sys.executable, *PAGE_ARGUMENTS)

    @property
    def for_shell(self) -> str:
        """The command for a shell, or what takes words apart as one does."""
        return shlex.join(self.run)

    @property
    def for_desktop(self) -> str:
        """The command as Desktop Entries spell it."""
        return _entry_words(self.run)


def home_of(environment: Mapping[str, str]) -> Home:
    """Give the home of a user."""
    home = Path.home()
    config = environment.get("XDG_CONFIG_HOME") or home / ".config"
    return Home(Path(config), Path(environment.get("XDG_DATA_HOME") or home / ".local" / "share"))


def _entry_words(words: Iterable[str]) -> str:
    return " ".join(map(_entry_word, words))


def _entry_word(word: str) -> str:
    word = word.replace("%", "%%")
    if re.fullmatch(r"[\w./:=+%@-]+", word):
        return word
    quoted = re.sub(r'(["`$\\])', r"\\\1", word)
    return f'"{quoted}"'.replace("\\", "\\\\")  # once more: the value itself is a string


# ---------------------------------------------------------------- files of our own

SCRIPT = """#!/bin/sh
exec {shell} "$@"
"""
NEMO = """[Nemo Action]
Active=true
Name={label}
Comment=核对填好的自评表,打开审核结果
Exec={desktop} %F
Icon-Name={icon}
Selection=notnone
Extensions=dir;{suffixes};
Quote=double
"""
DOLPHIN = """[Desktop Entry]
Type=Service
ServiceTypes=KonqPopupMenu/Plugin
MimeType={types};
Actions=check;
X-KDE-Priority=TopLevel

[Desktop Action check]
Name={label}
Icon={icon}
Exec={desktop} %F
"""
DEEPIN = """[Desktop Entry]
Type=Application
Name={label}
Exec={desktop} %U
Icon={icon}
X-DFM-MenuTypes=SingleFile;SingleDir;MultiFileDirs
X-DFM-SupportSuffix={suffixes}
"""
APPLICATION = """[Desktop Entry]
Type=Application
Name={label}
Exec={desktop} %F
Icon={icon}
NoDisplay=true
"""
PAGE_APPLICATION = """[Desktop Entry]
Type=Application
Name={page_label}
Comment=在浏览器里审核自评表
Exec={page}
Icon={icon}
Categories=Office;
"""

Maker = Callable[[Home], MenuEntry]


def _own(path: Callable[[Home], Path], form: str, executable: bool, home: Home) -> MenuEntry:
    content = form.format(
        label=LABEL,
        icon=ICON,
        shell=home.for_shell,
        desktop=home.for_desktop,
        page=_entry_words(home.open_page),
        page_label=PAGE_LABEL,
        suffixes=";".join(SUFFIXES),
        types=";".join(TYPES),
    )
    return OwnFile(path(home), content, executable)


def _in_data(path: str, form: str, executable: bool = False) -> Maker:
    return partial(_own, lambda home: home.data / path, form, executable)


def _in_config(path: str, form: str, executable: bool = False) -> Maker:
    return partial(_own, lambda home: home.config / path, form, executable)


# ---------------------------------------------------------------- Thunar: one file for all actions

ACTION = """<action>
\t<icon>{icon}</icon>
\t<name>{label}</name>
\t<unique-id>perfxl-{kind}</unique-id>
\t<command>{command} %F</command>
\t<description>核对填好的自评表,打开审核结果</description>
\t<patterns>{patterns}</patterns>
\t{types}
</action>
"""
OUR_ACTION = re.compile(
    r"<action>(?:(?!</action>).)*<unique-id>perfxl-\w+</unique-id>.*?</action>\n?", re.DOTALL
)
SYSTEM_ACTIONS = Path("/etc/xdg/Thunar/uca.xml")  # what a user has who has no file of his own
NO_ACTIONS = '<?xml version="1.0" encoding="UTF-8"?>\n<actions>\n</actions>\n'


def _thunar(home: Home) -> MenuEntry:
    patterns = ";".join(f"*.{suffix}" for suffix in SUFFIXES)
    command = escaped(home.for_shell.replace("%", "%%"))
    kinds = {"files": (patterns, "<other-files/>"), "folders": ("*", "<directories/>")}
    actions = "".join(
        ACTION.format(
            icon=ICON, label=LABEL, kind=kind, command=command, patterns=names, types=types
        )
        for kind, (names, types) in kinds.items()
    )
    system = NO_ACTIONS
    with suppress(OSError, ValueError):
        system = SYSTEM_ACTIONS.read_text("utf-8")
    return Shared(
        home.config / "Thunar" / "uca.xml",
        lambda: actions,
        _with_actions,
        partial(OUR_ACTION.sub, ""),
        system,
    )


def _with_actions(actions: str, text: str) -> str:
    before, end, after = text.rpartition("</actions>")
    return f"{before}{actions}{end}{after}" if end else text


# ---------------------------------------------------------------- 打开方式

APPLICATION_NAME = "perfxl-check.desktop"
ADDED = "[Added Associations]"
OUR_ASSOCIATION = re.compile(rf"(?<=[=;]){re.escape(APPLICATION_NAME)}(;|$)", re.MULTILINE)


def _associations(home: Home) -> MenuEntry:
    """Offer perfxl behind the program that opens such files, which stays the one it was.

    A MimeType in our own file would make us the first of all; where no program is the first, we
    would be, and are not offered.
    """
    place = home.config / "mimeapps.list"
    return Shared(place, _our_associations, _associated, partial(OUR_ASSOCIATION.sub, ""))


def _our_associations() -> str:
    first = {kind: found for kind in TYPES if (found := _opens(kind))}
    lines = (f"{kind}={found};{APPLICATION_NAME};\n" for kind, found in first.items())
    return "".join((f"{ADDED}\n", *lines))


def _opens(kind: str) -> str:
    """Give the program that opens files of a kind on double click; "" where none is known."""
    asked = shutil.which("xdg-mime")
    if asked is None:
        return ""
    command = [asked, "query", "default", kind]
    told = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    return told.stdout.strip()


def _associated(ours: str, text: str) -> str:
    lines = text.removesuffix("\n").split("\n") if text else []
    if ADDED not in lines:
        lines.append(ADDED)
    start = lines.index(ADDED) + 1
    ends = (at for at in range(start, len(lines)) if lines[at].startswith("["))
    end = next(ends, len(lines))
    group = lines[start:end]
    for line in ours.splitlines()[1:]:
        _offer(group, line)
    return "\n".join([*lines[:start], *group, *lines[end:], ""])


def _offer(group: list[str], ours: str) -> None:
    """Put us last among the programs of a kind, in the lines of a group."""
    kind = ours.partition("=")[0]
    at = next((n for n, line in enumerate(group) if line.partition("=")[0] == kind), None)
    there = [] if at is None else [one for one in group[at].partition("=")[2].split(";") if one]
    line = f"{kind}={';'.join([*there, APPLICATION_NAME])};" if there else ours
    group[slice(0, 0) if at is None else slice(at, at + 1)] = [line]


# ---------------------------------------------------------------- all of them


class Manager(NamedTuple):
    """A file manager, or what every desktop has: what runs it, and what it is given."""

    name: str
    program: str
    makers: tuple[Maker, ...]
    note: str = ""
    suits: Callable[[], bool] = lambda: True
    label: str = LABEL

    def offer(self, home: Home) -> Offer:
        """Give what is written for it."""
        return Offer(self.name, tuple(make(home) for make in self.makers), self.note, self.label)


def _reads_home() -> bool:
    with suppress(OSError, ValueError):
        told = re.search(r"MajorVersion=(\d+)", SYSTEM_VERSION.read_text("utf-8"))
        return told is None or int(told[1]) >= READS_HOME
    return True


OPEN_WITH = (_in_data(f"applications/{APPLICATION_NAME}", APPLICATION), _associations)
DEEPIN_MENU = "deepin/dde-file-manager/oem-menuextensions/perfxl.desktop"
MANAGERS = (
    Manager(
        "开始菜单",
        "",
        (_in_data("applications/perfxl-page.desktop", PAGE_APPLICATION),),
        PAGE_NOTE,
        has_page,
        PAGE_LABEL,
    ),
    Manager("Thunar", "thunar", (_thunar,)),
    Manager("Nemo", "nemo", (_in_data("nemo/actions/perfxl.nemo_action", NEMO),)),
    Manager("Caja", "caja", (_in_config(f"caja/scripts/{LABEL}", SCRIPT, True),), SCRIPTS),
    Manager(
        "Nautilus", "nautilus", (_in_data(f"nautilus/scripts/{LABEL}", SCRIPT, True),), SCRIPTS
    ),
    Manager("Dolphin", "dolphin", (_in_data("kio/servicemenus/perfxl.desktop", DOLPHIN, True),)),
    Manager("Peony(麒麟)", "peony", OPEN_WITH, "在“打开方式”里"),
    Manager("深度、统信", "dde-file-manager", (_in_data(DEEPIN_MENU, DEEPIN),), "", _reads_home),
    Manager("统信 UOS 20", "dde-file-manager", OPEN_WITH, NEEDS_ROOT, lambda: not _reads_home()),
)


def offers(installed: bool) -> Iterator[Offer]:
    """Give what is written for the file managers of this machine; for all where not `installed`."""
    home = home_of(os.environ)
    for manager in MANAGERS:
        there = not manager.program or shutil.which(manager.program)
        if not installed or (there and manager.suits()):
            yield manager.offer(home)
