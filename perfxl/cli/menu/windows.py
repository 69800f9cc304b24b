"""The menu of Windows: keys of the user's own registry, and a link in 发送到.

A verb is run once for each file chosen; so it is offered for one, and for several there is 发送到,
which hands them over together.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from perfxl.cli.launch import has_page
from perfxl.cli.menu.desktops import SUFFIXES
from perfxl.cli.menu.entries import (
    ARGUMENTS,
    LABEL,
    PAGE_ARGUMENTS,
    PAGE_LABEL,
    PAGE_NOTE,
    Ledger,
    MenuEntry,
    Offer,
    demand_ours,
    folder_for,
    take_file,
)
from perfxl.errors import WriteError

USER = "HKEY_CURRENT_USER"
CLASSES = r"Software\Classes"
NOTE = "Windows 11 在“显示更多选项”里;一次选了几份的,用“发送到”"


class Registry(Protocol):
    """The part of the registry that is the user's."""

    def values(self, key: str) -> Mapping[str, str] | None:
        """Give the values of a key by name, "" being its default; None where there is none."""

    def write(self, key: str, values: Mapping[str, str]) -> None:
        """Make a key, and those above it, and give it these values."""

    def delete(self, key: str) -> None:
        """Delete a key with its values, unless there are keys below it."""


class RegistryKey(NamedTuple):
    """A key of our own."""

    registry: Registry
    path: str
    values: Mapping[str, str]

    @property
    def place(self) -> str:
        return f"{USER}\\{self.path}"

    @property
    def content(self) -> str:
        return "\n".join(f"{name or '(默认)'} = {text}" for name, text in self.values.items())

    def demand_free(self) -> None:
        """Its name is ours: nobody else has one like it."""

    def put(self, ledger: Ledger) -> bool:
        if self.registry.values(self.path) != self.values:
            above = [key for key in self._above() if self.registry.values(key) is None]
            ledger.will_make(*(f"{USER}\\{key}" for key in reversed(above)))
            self.registry.write(self.path, self.values)
        return True

    def take(self, ledger: Ledger) -> bool:
        there = self.registry.values(self.path) is not None
        self.registry.delete(self.path)
        for key in self._above():
            if f"{USER}\\{key}" in ledger.made and self.registry.values(key) == {}:
                self.registry.delete(key)
        return there

    def _above(self) -> list[str]:
        """Give the keys above it, nearest first."""
        parts = self.path.split("\\")
        return ["\\".join(parts[:count]) for count in range(len(parts) - 1, 0, -1)]


class ShellLink(NamedTuple):
    """A link: in 发送到 what is chosen is handed to the program it leads to, all at once."""

    path: Path
    program: str
    arguments: str
    write: Callable[[Path, str, str], None]

    @property
    def place(self) -> str:
        return str(self.path)

    @property
    def content(self) -> str:
        return f"{self.program} {self.arguments}"

    def demand_free(self) -> None:
        demand_ours(self.path, ours=self._ours())

    def put(self, ledger: Ledger) -> bool:
        folder_for(self.path, ledger)
        try:
            self.write(self.path, self.program, self.arguments)
        except OSError as error:
            raise WriteError.of("not-allowed", path=self.path) from error
        return True

    def take(self, ledger: Ledger) -> bool:
        return take_file(self.path, ledger, ours=self._ours())

    def _ours(self) -> bool:
        return self.path.is_file() and self.arguments.encode("utf-16-le") in self.path.read_bytes()


def offer(
    registry: Registry, shell: Path, link: Callable[[Path, str, str], None], program: str
) -> Offer:
    """Give what is written on Windows: for each kind of workbook, for folders, and 发送到.

    `shell` is the folder in which that one lies.
    """
    arguments = subprocess.list2cmdline(ARGUMENTS)
    command = {"": f'"{program}" {arguments} "%1"'}
    kinds = [rf"SystemFileAssociations\.{suffix}" for suffix in SUFFIXES]
    entries: list[MenuEntry] = []
    for kind in [*kinds, "Directory"]:
        verb = rf"{CLASSES}\{kind}\shell\perfxl"
        entries.append(
            RegistryKey(registry, verb, {"MUIVerb": LABEL, "MultiSelectModel": "Single"})
        )
        entries.append(RegistryKey(registry, rf"{verb}\command", command))
    entries.append(ShellLink(shell / "SendTo" / f"{LABEL}.lnk", program, arguments, link))
    return Offer("Windows", tuple(entries), NOTE)


def page_offer(shell: Path, link: Callable[[Path, str, str], None], program: str) -> Offer:
    """Give the link in the start menu that opens the page."""
    arguments = subprocess.list2cmdline(PAGE_ARGUMENTS)
    place = shell / "Start Menu" / "Programs" / f"{PAGE_LABEL}.lnk"
    return Offer("开始菜单", (ShellLink(place, program, arguments, link),), PAGE_NOTE, PAGE_LABEL)


def offers(installed: bool) -> Iterator[Offer]:
    """Give what is written on this machine, where it is one of Windows; all if not `installed`."""
    shell = Path(os.environ["APPDATA"]) / "Microsoft" / "Windows"
    if not installed or has_page():
        yield page_offer(shell, write_link, sys.executable)
    yield offer(UserRegistry(), shell, write_link, sys.executable)


class UserRegistry:
    """The registry itself, below HKEY_CURRENT_USER."""

    def __init__(self) -> None:
        """Load what only Windows has."""
        from importlib import import_module

        self._winreg: Any = import_module("winreg")
        self._user = self._winreg.HKEY_CURRENT_USER

    def values(self, key: str) -> Mapping[str, str] | None:
        try:
            with self._winreg.OpenKey(self._user, key) as opened:
                count = self._winreg.QueryInfoKey(opened)[1]
                values = (self._winreg.EnumValue(opened, number) for number in range(count))
                return {name: str(value) for name, value, _ in values}
        except FileNotFoundError:
            return None

    def write(self, key: str, values: Mapping[str, str]) -> None:
        with self._winreg.CreateKey(self._user, key) as made:
            for name, value in values.items():
                self._winreg.SetValueEx(made, name, 0, self._winreg.REG_SZ, value)

    def delete(self, key: str) -> None:
        with suppress(OSError):  # not there, or with keys below
            self._winreg.DeleteKey(self._user, key)


# ---------------------------------------------------------------- a link, as the shell makes it

SHELL_LINK = "{00021401-0000-0000-C000-000000000046}"
I_SHELL_LINK = "{000214F9-0000-0000-C000-000000000046}"
I_PERSIST_FILE = "{0000010B-0000-0000-C000-000000000046}"
QUERY, RELEASE, SAVE, SET_ARGUMENTS, SET_PATH = 0, 2, 6, 11, 20  # places in their tables


def write_link(path: Path, program: str, arguments: str) -> None:
    """Write a .lnk: no shell takes its arguments apart, as one does those of a .bat."""
    import ctypes

    windows: Any = ctypes  # what follows is on Windows only
    ole = windows.OleDLL("ole32")
    ole.CoInitialize(None)
    link, file = ctypes.c_void_p(), ctypes.c_void_p()
    in_process = 1
    ole.CoCreateInstance(
        _identity(SHELL_LINK), None, in_process, _identity(I_SHELL_LINK), ctypes.byref(link)
    )
    _call(link, SET_PATH, ctypes.c_wchar_p(program))
    _call(link, SET_ARGUMENTS, ctypes.c_wchar_p(arguments))
    _call(link, QUERY, _identity(I_PERSIST_FILE), ctypes.byref(file))
    _call(file, SAVE, ctypes.c_wchar_p(str(path)), 1)
    for one in (file, link):
        _call(one, RELEASE)


def _identity(text: str) -> Any:
    """Give the bytes of a GUID."""
    from uuid import UUID

    return UUID(text).bytes_le


def _call(interface: Any, place: int, *arguments: Any) -> None:
    """Call a function of a COM interface by its place; raise OSError where it fails."""
    import ctypes

    windows: Any = ctypes
    form = windows.WINFUNCTYPE(ctypes.c_long, *[ctypes.c_void_p] * (1 + len(arguments)))
    table = ctypes.cast(interface, ctypes.POINTER(ctypes.POINTER(ctypes.c_void_p))).contents
    if form(table[place])(interface, *arguments) < 0:
        raise OSError(f"COM {place}")
