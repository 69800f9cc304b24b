"""The menu as the command has it: put it there, take it away, show what would be written."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

from perfxl.cli.menu import desktops, windows
from perfxl.cli.menu.entries import Ledger, Offer, read_ledger
from perfxl.errors import UsageError

LEDGER = "perfxl/menu.json"
PUT = "{name}:已加上“{label}”{note}"
NOT_PUT = "{name}:没有加上,看不懂 {place},或者没有打开这类文件的程序"
HOW = "关掉文件管理器再打开,在自评表或文件夹上点右键就有。不要了,运行 perfxl menu remove"
REMOVED = "已从右键菜单去掉:{names}"
NOTHING = "右键菜单里没有 perfxl,什么也没有动"


class Deed(StrEnum):
    """What is done with the menu."""

    INSTALL = "install"
    REMOVE = "remove"
    SHOW = "show"


def done(deed: Deed) -> list[str]:
    """Do it; give what to say."""
    return list({Deed.INSTALL: _install, Deed.REMOVE: _remove, Deed.SHOW: _show}[deed]())


def _show() -> Iterator[str]:
    for offer in _offers():
        yield from offer.listed()


def _install() -> Iterator[str]:
    offers, ledger = _offers(), _ledger()
    for offer in offers:
        for entry in offer.entries:
            entry.demand_free()
    for offer in offers:
        failed = [entry.place for entry in offer.entries if not entry.put(ledger)]
        note = f"({offer.note})" if offer.note else ""
        line = NOT_PUT if failed else PUT
        yield line.format(name=offer.name, label=offer.label, note=note, place=failed and failed[0])
    yield HOW


def _remove() -> Iterator[str]:
    """Take it from all that may have it: a file manager may be gone, and our entry still there."""
    ledger = _ledger()
    offers = (windows if _on_windows() else desktops).offers(installed=False)
    had = [offer.name for offer in offers if _taken(offer, ledger)]
    ledger.close()
    yield REMOVED.format(names="、".join(had)) if had else NOTHING


def _taken(offer: Offer, ledger: Ledger) -> bool:
    return sum(entry.take(ledger) for entry in reversed(offer.entries)) > 0  # each is taken


def _offers() -> list[Offer]:
    found = list((windows if _on_windows() else desktops).offers(installed=True))
    if not found:
        known = "、".join(dict.fromkeys(one.name for one in desktops.MANAGERS if one.program))
        raise UsageError.of("no-file-manager", known=known)
    return found


def _ledger() -> Ledger:
    if _on_windows():
        return read_ledger(Path(os.environ["LOCALAPPDATA"]) / LEDGER)
    return read_ledger(desktops.home_of(os.environ).data / LEDGER)


def _on_windows() -> bool:
    return sys.platform == "win32"
