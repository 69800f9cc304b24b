"""The right-click menu: what is written, that it is taken back whole, that others' is kept."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import stat
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree

import build
import pytest
from faulty import Disk
from msgspec import Struct, field
from test_season_cli import Ended, perfxl

from perfxl.cli import launch
from perfxl.cli.menu import desktops, windows
from perfxl.cli.menu.entries import ARGUMENTS, LABEL, Ledger, Offer
from perfxl.cli.menu.menu import NOTHING
from perfxl.errors import WriteError
from perfxl.reading.kinds import SUFFIXES

unix = pytest.mark.skipif(os.name == "nt", reason="file managers of Linux desktops")
ROOT = Path(__file__).resolve().parent.parent
PROGRAMS = [manager.program for manager in desktops.MANAGERS if manager.program]
OLD = "libreoffice-calc.desktop"
FOREIGN_ACTION = "<action>\n\t<name>压缩</name>\n\t<unique-id>17-1</unique-id>\n</action>"
ACTIONS = f'<?xml version="1.0"?>\n<actions>\n{FOREIGN_ACTION}</actions> \n\n'
XLSX = desktops.TYPES[0]
ASSOCIATIONS = f"""[Default Applications]
{XLSX}=et.desktop

[Added Associations]
{XLSX}=et.desktop;gnumeric.desktop
text/plain=vim.desktop;

[Removed Associations]
text/plain=emacs.desktop"""

Snapshot = Mapping[str, tuple[int, bytes]]


def snapshot(home: Path) -> Snapshot:
    """Give all that is in a home: kind and mode, and the bytes of each file."""
    return {
        str(path.relative_to(home)): (
            path.lstat().st_mode,
            path.read_bytes() if path.is_file() else b"",
        )
        for path in home.rglob("*")
    }


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give an empty home, on a machine with every file manager there is."""
    home, programs = tmp_path / "家 1", tmp_path / "bin"
    for folder in (home, programs):
        folder.mkdir()
    for name in PROGRAMS:
        _program(programs / name, "")
    _program(programs / "xdg-mime", f"echo {OLD}")
    monkeypatch.setenv("PATH", f"{programs}")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.setattr(desktops, "SYSTEM_ACTIONS", tmp_path / "none")
    monkeypatch.setattr(launch, "LIBRARIES", ("a_library_there_is_not",))
    monkeypatch.setattr(desktops, "SYSTEM_VERSION", tmp_path / "none")
    return home


def _program(path: Path, body: str) -> None:
    path.write_text(f"#!/bin/sh\n{body}\n", "utf-8")
    path.chmod(0o755)


def used(home: Path) -> None:
    """Put into a home what its user has: settings, private and linked ones, and empty folders."""
    config, data = home / ".config", home / ".local" / "share"
    for folder in (config / "Thunar", data / "nautilus" / "scripts", home / "dotfiles"):
        folder.mkdir(parents=True)
    (home / "dotfiles" / "uca.xml").write_text(ACTIONS, "utf-8")
    (config / "Thunar" / "uca.xml").symlink_to(home / "dotfiles" / "uca.xml")
    (config / "mimeapps.list").write_bytes(ASSOCIATIONS.encode() + b"\n# \xff\r\n")
    (config / "mimeapps.list").chmod(0o600)
    (data / "nautilus" / "scripts" / "别的").write_text("#!/bin/sh\n", "utf-8")


def menu(home: Path, deed: str) -> Ended:
    return perfxl(home, "menu", deed)


def written(home: Path, name: str) -> str:
    (path,) = home.rglob(name)
    return path.read_text("utf-8", "surrogateescape")


# ---------------------------------------------------------------- there and back


@unix
@pytest.mark.parametrize("make", [lambda home: None, used], ids=["new", "used"])
def test_a_menu_that_is_removed_leaves_the_home_as_it_was(home: Path, make: object) -> None:
    make(home)  # type: ignore[operator]
    before = snapshot(home)
    assert menu(home, "remove").out == f"{NOTHING}\n"
    shown = menu(home, "show").out
    assert snapshot(home) == before, "to show is not to write"
    first = menu(home, "install")
    assert (first.code, first.err, first.out.count("已加上")) == (0, "", len(PROGRAMS) - 1)
    after = snapshot(home)
    for name in after.keys() - before.keys() - {".local/share/perfxl/menu.json"}:
        path = home / name
        assert path.is_dir() or str(path) in shown
    assert menu(home, "install").out == first.out
    assert snapshot(home) == after, "once is enough"
    assert "Thunar、Nemo" in menu(home, "remove").out
    assert snapshot(home) == before


@unix
def test_what_others_wrote_since_stays(home: Path) -> None:
    used(home)
    before = snapshot(home)
    menu(home, "install")
    actions, associations = home / "dotfiles" / "uca.xml", home / ".config" / "mimeapps.list"
    newer = FOREIGN_ACTION.replace("17-1", "17-2")
    actions.write_text(actions.read_text("utf-8").replace("<actions>", f"<actions>{newer}"))
    with associations.open("ab") as file:
        file.write(b"\n[Else]\nx=y\n")
    (home / ".config" / "caja" / "scripts" / "mine").write_bytes(b"")
    for _ in range(2):
        assert menu(home, "install").code == 0
    menu(home, "remove")
    kept = snapshot(home)
    assert kept["dotfiles/uca.xml"][1] == ACTIONS.replace("<actions>", f"<actions>{newer}").encode()
    told = kept[".config/mimeapps.list"][1]
    assert b"perfxl" not in told
    for line in (*ASSOCIATIONS.encode().splitlines(), b"# \xff\r", b"[Else]", b"x=y"):
        assert line in told or line.endswith(b"gnumeric.desktop")
    assert b"=et.desktop;gnumeric.desktop;\n" in told
    new = {name for name in kept if name not in before}
    assert new == {".config/caja", ".config/caja/scripts", ".config/caja/scripts/mine"}


@unix
def test_what_a_file_manager_writes_anew_is_found_by_its_id(home: Path) -> None:
    menu(home, "install")
    actions = home / ".config" / "Thunar" / "uca.xml"
    actions.write_text(re.sub(r"[\t\n]", "", written(home, "uca.xml")), "utf-8")
    menu(home, "remove")
    assert actions.read_text("utf-8") == '<?xml version="1.0" encoding="UTF-8"?><actions></actions>'


@unix
def test_a_shared_file_somebody_deleted_is_not_brought_back(home: Path) -> None:
    used(home)
    menu(home, "install")
    (home / ".config" / "mimeapps.list").unlink()
    menu(home, "remove")
    assert not (home / ".config" / "mimeapps.list").exists()


@unix
def test_a_ledger_that_is_lost_costs_empty_folders_only(home: Path) -> None:
    used(home)
    menu(home, "install")
    for damage in (b"{", b"[]", b'{"made": 1, "shared": {"x": [1]}}'):
        (home / ".local" / "share" / "perfxl" / "menu.json").write_bytes(damage)
        assert menu(home, "remove").code == 0
        left = "".join(
            path.read_text("utf-8", "replace") for path in home.rglob("*.*") if path.is_file()
        )
        assert "perfxl" not in left
        menu(home, "install")


@unix
def test_an_install_broken_off_anywhere_can_be_taken_back(home: Path) -> None:
    used(home)
    before = snapshot(home)
    whole = Disk(0)
    with whole.under():
        menu(home, "install")
    menu(home, "remove")
    assert len(whole.taken) > 20
    for number in range(1, len(whole.taken) + 1, 3):
        with Disk(number, for_good=True).under():
            assert menu(home, "install").code == 4
        menu(home, "remove")
        assert snapshot(home) == before, whole.taken[number - 1]


@unix
def test_a_file_of_somebody_else_is_not_replaced(home: Path) -> None:
    scripts = home / ".config" / "caja" / "scripts"
    scripts.mkdir(parents=True)
    (scripts / LABEL).write_text("#!/bin/sh\necho mine\n", "utf-8")
    before = snapshot(home)
    ended = menu(home, "install")
    assert (ended.code, "文件已存在" in ended.err) == (4, True)
    assert snapshot(home) == before, "nothing is written where not all can be"
    menu(home, "remove")
    assert snapshot(home) == before


# ---------------------------------------------------------------- what is written


@unix
def test_the_program_of_a_double_click_stays(home: Path) -> None:
    used(home)
    menu(home, "install")
    groups = written(home, "mimeapps.list").split("[")
    added = next(group for group in groups if group.startswith("Added"))
    ours = [line for line in added.splitlines() if desktops.APPLICATION_NAME in line]
    assert len(ours) == len(desktops.TYPES)
    assert f"{XLSX}=et.desktop;gnumeric.desktop;{desktops.APPLICATION_NAME};" in ours
    assert all(line.endswith(f";{desktops.APPLICATION_NAME};") for line in ours), "never the first"
    assert all(desktops.APPLICATION_NAME not in one for one in groups if one is not added)
    assert "MimeType" not in written(home, desktops.APPLICATION_NAME)


@unix
def test_where_nothing_opens_a_workbook_perfxl_is_not_made_to(home: Path) -> None:
    _program(home.parent / "bin" / "xdg-mime", "")
    assert "Peony(麒麟):没有加上" in menu(home, "install").out
    assert not (home / ".config" / "mimeapps.list").exists()
    (home.parent / "bin" / "xdg-mime").unlink()
    assert "Peony(麒麟):没有加上" in menu(home, "install").out
    menu(home, "remove")
    assert snapshot(home) == {}


@unix
def test_the_actions_of_thunar_are_its_own_and_ours(home: Path, tmp_path: Path) -> None:
    """A file of the user's hides that of the system: ours begins from it."""
    (tmp_path / "none").write_text(ACTIONS, "utf-8")
    menu(home, "install")
    actions = ElementTree.fromstring(written(home, "uca.xml"))
    ids = [action.findtext("unique-id") for action in actions]
    assert ids == ["17-1", "perfxl-files", "perfxl-folders"]
    command = actions[1].findtext("command") or ""
    assert shlex.split(command) == [sys.executable, *ARGUMENTS, "%F"]
    menu(home, "remove")
    assert snapshot(home) == {}


@unix
@pytest.mark.parametrize("text", ["", "<actions/>", "这不是 XML", "\x00"])
def test_actions_that_are_not_understood_are_left_alone(home: Path, text: str) -> None:
    (home / ".config" / "Thunar").mkdir(parents=True)
    (home / ".config" / "Thunar" / "uca.xml").write_text(text, "utf-8")
    assert "Thunar:没有加上" in menu(home, "install").out
    assert written(home, "uca.xml") == text


@unix
def test_only_what_is_installed_is_written_for(home: Path) -> None:
    for name in set(PROGRAMS) - {"thunar"}:
        (home.parent / "bin" / name).unlink()
    menu(home, "install")
    files = {path.name for path in home.rglob("*") if path.is_file()}
    assert files == {"uca.xml", "menu.json"}
    (home.parent / "bin" / "thunar").unlink()
    ended = menu(home, "install")
    assert (ended.code, "没有找到能加右键菜单的文件管理器" in ended.err) == (2, True)
    assert menu(home, "remove").out.startswith("已从右键菜单去掉:Thunar"), "though it is gone"
    assert snapshot(home) == {}


@unix
@pytest.mark.parametrize(
    ("told", "place"),
    [
        ("[Version]\nMajorVersion=20\n", desktops.APPLICATION_NAME),
        ("[Version]\nMajorVersion=23\n", "perfxl.desktop"),
        ("乱", "perfxl.desktop"),
    ],
)
def test_uos_20_is_offered_another_way(home: Path, tmp_path: Path, told: str, place: str) -> None:
    (tmp_path / "none").write_text(told, "utf-8")
    for name in set(PROGRAMS) - {"dde-file-manager"}:
        (home.parent / "bin" / name).unlink()
    said = menu(home, "install").out
    assert ("只有管理员能加" in said) == ("20" in told)
    assert written(home, place)


def _words(command: str) -> list[str]:
    """Give the words a shell takes a command for; Desktop Entries are quoted by its rules."""
    asked = ["sh", "-c", f"printf '%s\\n' {command}"]
    return subprocess.run(asked, capture_output=True, text=True).stdout.splitlines()


@unix
def test_a_command_is_taken_apart_as_it_was_meant(tmp_path: Path) -> None:
    python = '/家 1/a"b$c`d\\e/100%/python'
    home = desktops.Home(tmp_path, tmp_path, (python, *ARGUMENTS))
    value = home.for_desktop.replace("\\\\", "\\")  # as a value is read, before its words are
    assert _words(value.replace("%%", "%")) == list(home.run)
    assert _words(home.for_shell) == list(home.run)
    assert desktops.Home(tmp_path, tmp_path, ("/usr/bin/python3", "-m")).for_desktop.count('"') == 0


@unix
def test_where_the_page_is_installed_the_start_menu_opens_it(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{os.environ['PATH']}:/usr/bin:/bin")
    monkeypatch.setattr(launch, "LIBRARIES", ("perfxl",))
    before = snapshot(home)
    assert "开始菜单:已加上“自评表审核”(打开网页)\n" in menu(home, "install").out
    (command,) = re.findall("Exec=(.*)", written(home, "perfxl-page.desktop"))
    assert _words(command)[1:] == ["-P", "-m", "perfxl", "--clicked", "desk"]
    monkeypatch.setattr(launch, "LIBRARIES", ("a_library_there_is_not",))
    assert "开始菜单" in menu(home, "remove").out, "though it is gone"
    assert snapshot(home) == before


@unix
def test_a_script_checks_what_it_is_given(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{os.environ['PATH']}:/usr/bin:/bin")
    menu(home, "install")
    folder = home / "表 100%"
    folder.mkdir()
    shutil.copy(build.HERE / "clean" / "filled.xlsx", folder / "-甲 1.xlsx")
    (script,) = home.glob(".config/caja/scripts/*")
    assert script.stat().st_mode & stat.S_IXUSR
    (folder / "pandas.py").write_text("raise SystemExit('a file beside a return was run')")
    done = subprocess.run([script, "-甲 1.xlsx"], cwd=folder, capture_output=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert (folder / "-甲 1_审核结果.xlsx").exists()


def test_what_is_offered_is_what_is_read() -> None:
    assert {f".{suffix}" for suffix in desktops.SUFFIXES} == SUFFIXES


def test_the_menu_loads_nothing_heavy(tmp_path: Path) -> None:
    """On a machine where numpy cannot be loaded a menu can still be put up, and taken away."""
    program = "import sys, perfxl.cli.menu.menu; print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    loaded = {name.split(".")[0] for name in done.stdout.split()}
    needed = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    heavy = {re.split(r"[>=]", one)[0].replace("-", "_") for one in needed} | {"numpy"}
    assert "perfxl" in loaded
    assert {"pandas", "python_calamine", "openpyxl"} <= heavy
    assert not loaded & heavy


# ---------------------------------------------------------------- Windows


class FakeRegistry(Struct):
    """A registry in memory, as strict as the real one: a key with others below is not deleted."""

    keys: dict[str, dict[str, str]] = field(default_factory=dict)

    def values(self, key: str) -> Mapping[str, str] | None:
        return self.keys.get(key)

    def write(self, key: str, values: Mapping[str, str]) -> None:
        parts = key.split("\\")
        for count in range(1, len(parts) + 1):
            self.keys.setdefault("\\".join(parts[:count]), {})
        self.keys[key].update(values)

    def delete(self, key: str) -> None:
        if not any(other.startswith(f"{key}\\") for other in self.keys):
            self.keys.pop(key, None)


def _fake_link(path: Path, program: str, arguments: str) -> None:
    path.write_bytes(f"{program}\0{arguments}".encode("utf-16-le"))


@pytest.fixture
def offer(tmp_path: Path) -> Offer:
    registry = FakeRegistry()
    registry.write(r"Software\Classes\SystemFileAssociations\.xlsx\shell\wps\command", {"": "et"})
    registry.write(r"Software\Classes\Directory", {})
    return windows.offer(registry, tmp_path, _fake_link, r"C:\程序 1\python.exe")


def _keys(offer: Offer) -> FakeRegistry:
    (registry,) = {
        id(e.registry): e.registry for e in offer.entries if isinstance(e, windows.RegistryKey)
    }.values()
    assert isinstance(registry, FakeRegistry)
    return registry


def test_the_registry_is_left_as_it_was(offer: Offer, tmp_path: Path) -> None:
    keys = _keys(offer).keys
    before, ledger = dict(keys), Ledger(tmp_path / "menu.json")
    for _ in range(2):
        assert all(entry.put(ledger) for entry in offer.entries)
    verb = r"Software\Classes\SystemFileAssociations\.xlsx\shell\perfxl"
    assert keys[verb] == {"MUIVerb": LABEL, "MultiSelectModel": "Single"}
    words = "-P -m perfxl --clicked check --open --"
    assert keys[rf"{verb}\command"] == {"": rf'"C:\程序 1\python.exe" {words} "%1"'}
    assert r"Software\Classes\Directory\shell\perfxl\command" in keys
    assert (tmp_path / "SendTo" / f"{LABEL}.lnk").is_file()
    assert all(entry.take(ledger) for entry in reversed(offer.entries))
    ledger.close()
    assert keys == before
    assert list(tmp_path.iterdir()) == []


def test_the_start_menu_of_windows_opens_the_page(tmp_path: Path) -> None:
    python, ledger = r"C:\程序 1\python.exe", Ledger(tmp_path / "menu.json")
    (link,) = windows.page_offer(tmp_path, _fake_link, python).entries
    assert link.put(ledger)
    (place,) = tmp_path.rglob("*.lnk")
    assert place.parent == tmp_path / "Start Menu" / "Programs"
    assert place.read_bytes().decode("utf-16-le") == f"{python}\0-P -m perfxl --clicked desk"
    assert link.take(ledger)
    ledger.close()
    assert list(tmp_path.iterdir()) == []


def test_a_key_somebody_uses_since_stays(offer: Offer, tmp_path: Path) -> None:
    registry, ledger = _keys(offer), Ledger(tmp_path / "menu.json")
    for entry in offer.entries:
        entry.put(ledger)
    foreign = r"Software\Classes\Directory\shell"
    registry.write(foreign, {"": "other"})
    for entry in reversed(offer.entries):
        entry.take(ledger)
    assert registry.keys[foreign] == {"": "other"}
    assert not any("perfxl" in key for key in registry.keys)


def test_a_link_of_somebody_else_is_not_replaced(offer: Offer, tmp_path: Path) -> None:
    (tmp_path / "SendTo").mkdir()
    (tmp_path / "SendTo" / f"{LABEL}.lnk").write_bytes(b"mine")
    with pytest.raises(WriteError, match="文件已存在"):
        offer.entries[-1].demand_free()
    assert not any(entry.take(Ledger(tmp_path / "menu.json")) for entry in offer.entries)
    assert (tmp_path / "SendTo" / f"{LABEL}.lnk").read_bytes() == b"mine"


WINE = shutil.which("wine64") or next(
    (str(p) for p in [Path("/usr/lib/wine/wine64")] if p.exists()), None
)
WINDOWS_PYTHON = os.environ.get("PERFXL_WINDOWS_PYTHON")  # a python.exe, of the embeddable sort
ON_WINDOWS = """
import os, subprocess, sys
sys.path.insert(0, sys.argv[1])
from perfxl.cli.menu.menu import Deed, done
def state():
    asked = ["reg", "query", r"HKCU\\Software\\Classes", "/s"]
    folders = [os.path.expandvars(f"%{name}%") for name in ("APPDATA", "LOCALAPPDATA")]
    files = sorted(f"{top}/{one}" for f in folders for top, ds, fs in os.walk(f) for one in ds + fs)
    return subprocess.run(asked, capture_output=True).stdout.splitlines(), files
before = state()
first, there = done(Deed.INSTALL), state()
assert there != before
assert done(Deed.INSTALL) == first
again = state()
assert again == there, [set(one) ^ set(other) for one, other in zip(again, there)]
assert any(b"--clicked check --open" in line for line in there[0])
assert any(name.endswith(".lnk") for name in there[1])
assert done(Deed.REMOVE) != done(Deed.REMOVE)
assert state() == before, [set(one) ^ set(other) for one, other in zip(state(), before)]
assert not {"numpy", "pandas", "python_calamine"} & set(sys.modules)
print("whole")
"""


@pytest.mark.machine
@pytest.mark.skipif(not (WINE and WINDOWS_PYTHON), reason="no Wine, or no PERFXL_WINDOWS_PYTHON")
def test_the_real_registry_and_shell_take_it_and_give_it_back(tmp_path: Path) -> None:
    program = tmp_path / "try.py"
    program.write_text(ON_WINDOWS, "utf-8")
    surroundings = {**os.environ, "WINEPREFIX": str(tmp_path / "prefix"), "WINEDEBUG": "-all"}
    surroundings |= {"PYTHONUTF8": "1", "LC_ALL": "C.UTF-8", "HOME": str(tmp_path)}
    for words in (["wineboot", "--init"], [str(WINDOWS_PYTHON), str(program), str(ROOT)]):
        done = subprocess.run(
            [str(WINE), *words], env=surroundings, capture_output=True, input=b"", timeout=300
        )
    assert done.stdout.split()[-1:] == [b"whole"], done.stderr


# ---------------------------------------------------------------- real file managers

DESKTOP = ("Xvfb", "openbox", "dbus-run-session", "xdotool")
SCREEN = ":97"
CHOOSING = """
Xvfb {screen} -screen 0 1200x800x24 & screen=$!
trap 'kill $screen' EXIT
export DISPLAY={screen}
sleep 1
dbus-run-session -- sh -c '
    openbox & sleep 1
    {manager} "$FOLDER" &
    for second in $(seq 30); do
        sleep 1; xdotool search --onlyvisible --class {manager} && break
    done
    sleep 3
    xdotool windowfocus $(xdotool search --onlyvisible --class {manager} | tail -1)
    for key in ctrl+a Menu {keys}; do sleep 1; xdotool key $key; done
    for second in $(seq 60); do sleep 1; test -e "$TOLD" && break; done
    kill 0
'
"""


@unix
@pytest.mark.machine
@pytest.mark.xdist_group("screen")  # there is one, and its keyboard goes to one window
@pytest.mark.parametrize(("manager", "keys"), [("thunar", "Up Up Return"), ("caja", "s Return")])
def test_a_choice_from_the_menu_of_a_real_file_manager_checks(
    tmp_path: Path, manager: str, keys: str
) -> None:
    missing = [program for program in (*DESKTOP, manager) if shutil.which(program) is None]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")
    folder, told, programs = (tmp_path / name for name in ("表 100%", "told", "bin"))
    for made in (folder, programs):
        made.mkdir()
    shutil.copy(build.HERE / "clean" / "filled.xlsx", folder / "a b&c.xlsx")
    _program(programs / "xdg-open", f'case "$1" in *.txt) cp "$1" "{told}";; esac')
    surroundings = {**os.environ, "HOME": str(tmp_path), "FOLDER": str(folder), "TOLD": str(told)}
    surroundings |= {"PATH": f"{programs}:{os.environ['PATH']}", "TMPDIR": str(programs)}
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        surroundings.pop(name, None)
    install = [sys.executable, "-m", "perfxl", "menu", "install"]
    subprocess.run(install, env=surroundings, check=True, capture_output=True)
    script = CHOOSING.format(screen=SCREEN, manager=manager, keys=keys)
    subprocess.run(
        ["sh", "-c", script],
        env=surroundings,
        capture_output=True,
        start_new_session=True,
        timeout=120,
    )
    assert "结论:通过" in told.read_text("utf-8")
    assert (folder / "a b&c_审核结果.xlsx").exists()


@unix
@pytest.mark.machine
def test_the_desktop_opens_workbooks_with_what_it_opened_them_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if shutil.which("gio") is None or shutil.which("xdg-mime") is None:
        pytest.skip("not installed: gio, xdg-mime")
    applications = tmp_path / ".local" / "share" / "applications"
    applications.mkdir(parents=True)
    for name in ("office", "else"):
        entry = f"[Desktop Entry]\nType=Application\nName={name}\nExec=true %F\nMimeType={XLSX};\n"
        (applications / f"{name}.desktop").write_text(entry, "utf-8")
    subprocess.run(["update-desktop-database", applications], check=False)
    (tmp_path / "bin").mkdir()
    _program(tmp_path / "bin" / "peony", "")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)

    def told() -> tuple[str, str]:
        asked = ["gio", "mime", XLSX]
        answer = subprocess.run(
            asked, capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"}
        )
        return answer.stdout.partition("\n")[0], answer.stdout

    before = told()
    assert "office.desktop" in before[1]
    menu(tmp_path, "install")
    first, whole = told()
    assert first == before[0]
    assert desktops.APPLICATION_NAME in whole
    menu(tmp_path, "remove")
    assert told() == before
