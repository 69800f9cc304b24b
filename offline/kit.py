"""Builds what a computer without the internet is set up with: wheels, and a script that does it.

    python offline/kit.py linux-x86_64 -o 安装盘 --version 3.11
    python offline/kit.py windows-amd64 -o 安装盘 --python python-3.13-embed-amd64.zip --sha256 …

The wheels are those of the computer they are for, not of the one this runs on: pip chooses files
by platform, but reads the conditions of requirements («only on Windows») as they hold here. So
what it leaves out is found in the wheels themselves, and fetched too.

A Python may be taken along, known by its hash: for Windows the embeddable one of python.org, beside
which the wheels are laid out ready to be used; for Linux one of python-build-standalone.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from email.parser import Parser
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
WANTED = ("perfxl[report,desk]", "pip")  # pip sets up environments where Python came without it
WHEELS = "安装包"
TAKEN = "python.tar.gz"  # a Python for Linux, in the kit
READY = "perfxl"  # the folder that is ready to be used, in a kit for Windows


@dataclass(frozen=True)
class Target:
    """A kind of computer: the tags of wheels it takes, newest first, and what it calls itself.

    `machine` is how its programs say what they run on, in the heads of PE and ELF.
    """

    tags: tuple[str, ...]
    names: Mapping[str, str]
    script: str
    machine: int


def _linux(machine: str, number: int) -> Target:
    tags = tuple(f"{tag}_{machine}" for tag in ("manylinux_2_28", "manylinux_2_17"))
    names = {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix"}
    return Target(tags, {**names, "platform_machine": machine}, "安装.sh", number)


TARGETS = {
    "windows-amd64": Target(
        ("win_amd64",),
        {
            "sys_platform": "win32",
            "platform_system": "Windows",
            "os_name": "nt",
            "platform_machine": "AMD64",
        },
        "安装.bat",
        0x8664,
    ),
    "linux-x86_64": _linux("x86_64", 62),
    "linux-aarch64": _linux("aarch64", 183),
}
REFUSED = {
    "linux-loongarch64": "龙芯(loongarch64):pandas、numpy、lxml、python-calamine 没有现成的安装包",
    "windows-32": "32 位 Windows:pandas、numpy 不再出 32 位的安装包",
}
OTHERWISE = "请在另一台电脑上审核:模板和审核结果都是普通的 Excel 文件"

SHELL = r"""#!/bin/sh
# 给自己装 perfxl:不用管理员,不用上网。再运行一次就是升级
here=$(cd "$(dirname "$0")" && pwd)
home="$HOME/perfxl程序"
python=
if [ -f "$here/{taken}" ]; then
    mkdir -p "$home" && tar -xzf "$here/{taken}" -C "$home" && python="$home/python/bin/python3"
else for name in python{version} python3; do
    "$name" -c 'import sys; sys.exit("%d.%d" % sys.version_info[:2] != "{version}")' \
        >/dev/null 2>&1 && python=$name && break
done; fi
if [ -z "$python" ]; then
    echo "没有找到 Python {version}。请信息中心从系统的软件源或软件商店另装一个,再运行一次;"
    echo "系统自带的那个不要动。电脑上是别的版本的,请要一份给那个版本的安装盘。"
    exit 1
fi
pip=$(ls "$here"/{wheels}/pip-*.whl)
if ! "$python" -m venv --without-pip "$home" ||
    ! "$home/bin/python" "$pip/pip" install --quiet --upgrade --no-index \
        --find-links "$here/{wheels}" "{wanted}"; then
    echo "没有装成。请把上面的话发给提供 perfxl 的人。"
    exit 1
fi
"$home/bin/python" -P -m perfxl menu install
echo "装好了,在 $home。命令窗口里用 $home/bin/perfxl;打开网页用 $home/bin/perfxl desk"
"""
BATCH = r"""@echo off
rem 给自己装 perfxl:不用管理员,不用上网。再运行一次就是升级
setlocal
set "HERE=%~dp0"
set "TARGET=%LOCALAPPDATA%\Programs\perfxl"
py -{version} --version >nul 2>nul
if errorlevel 1 goto nopython
for %%p in ("%HERE%{wheels}\pip-*.whl") do set "PIP=%%~p"
py -{version} -m venv --without-pip "%TARGET%"
if errorlevel 1 goto failed
"%TARGET%\Scripts\python.exe" "%PIP%\pip" install --quiet --upgrade --no-index ^
 --find-links "%HERE%{wheels}" "{wanted}"
if errorlevel 1 goto failed
"%TARGET%\Scripts\python.exe" -P -m perfxl menu install
echo 装好了,在 %TARGET%
pause
exit /b 0
:nopython
echo 没有找到 Python {version}。请从 python.org 下载 64 位的 {version} 安装程序,带过来装上,
echo 再运行一次。
pause
exit /b 1
:failed
echo 没有装成。请把上面的话发给提供 perfxl 的人。
pause
exit /b 1
"""
# beside a Python that is ready: nothing is installed, the folder may lie anywhere
READY_MENU = r"""@echo off
rem 加上右键菜单;换了地方再运行一次
"%~dp0{ready}\python.exe" -P -m perfxl menu install
pause
"""
READY_PAGE = r"""@echo off
"%~dp0{ready}\python.exe" -P -m perfxl --clicked desk
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Build the kit that is asked for; 0 where it is whole, 2 where there can be none."""
    parser = argparse.ArgumentParser(description="做一份离线安装盘")
    parser.add_argument("target", choices=[*TARGETS, *REFUSED])
    parser.add_argument("-o", "--output", type=Path, default=Path("安装盘"))
    parser.add_argument("--version", default="3.11", help="那台电脑上 Python 的版本")
    parser.add_argument(
        "--python",
        type=Path,
        help="带去的 Python:python.org 的 embeddable .zip,python-build-standalone 的 .tar.gz",
    )
    parser.add_argument("--sha256", default="", help="它的 SHA-256,下载的那一页写着")
    asked = parser.parse_args(arguments)
    if asked.target in REFUSED:
        print(f"{REFUSED[asked.target]},做不了。{OTHERWISE}。", file=sys.stderr)
        return 2
    target, version = TARGETS[asked.target], asked.version
    if asked.python is not None:
        version = version_in(asked.python, target) if _is(asked.python, asked.sha256) else ""
        if not version:
            print(NOT_IT.format(path=asked.python), file=sys.stderr)
            return 2
    if asked.python is not None and target.script.endswith(".bat"):
        with tempfile.TemporaryDirectory() as wheels:
            fetch(target, version, Path(wheels))
            lay_out(asked.python, Path(wheels), asked.output)
    else:
        fetch(target, version, asked.output / WHEELS)
        write_script(target, version, asked.output)
        if asked.python is not None:
            shutil.copyfile(asked.python, asked.output / TAKEN)
    size = sum(path.stat().st_size for path in asked.output.rglob("*") if path.is_file())
    print(f"已做好:{asked.output}({size / 1_000_000:.0f} MB),整个复制过去,运行里面的安装")
    return 0


def fetch(target: Target, python: str, wheels: Path) -> None:
    """Put all wheels into a folder."""
    _pip("wheel", "--no-deps", "-w", str(wheels), str(ROOT))
    wanted: Sequence[str] = WANTED
    while wanted:
        _pip("download", *_for(target, python, wheels), *wanted)
        wanted = lost(wheels, surroundings(target, python))


def _for(target: Target, python: str, wheels: Path) -> Iterator[str]:
    yield from ("-d", str(wheels), "--find-links", str(wheels), "--only-binary=:all:")
    yield from (f"--platform={tag}" for tag in target.tags)
    yield from ("--python-version", python)


def _pip(command: str, *arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "pip", command, "--quiet", *arguments], check=True)  # noqa: S603


def write_script(target: Target, python: str, output: Path) -> None:
    """Write what sets perfxl up: cmd reads GBK and CRLF, a shell UTF-8."""
    script = output / target.script
    windows = script.suffix == ".bat"
    text = BATCH if windows else SHELL
    blanks = {"version": python, "wheels": WHEELS, "wanted": WANTED[0], "taken": TAKEN}
    for name, value in blanks.items():
        text = text.replace(f"{{{name}}}", value)
    script.write_bytes(_for_cmd(text) if windows else text.encode())
    script.chmod(0o755)


def _for_cmd(text: str) -> bytes:
    return text.replace("\n", "\r\n").encode("gbk")


# ---------------------------------------------------------------- a Python that is taken along

NOT_IT = (
    "没有用 {path}:与 --sha256 写的不是同一个文件,或者不是给那种电脑的 Python\n"
    "(Windows 要 python.org 的 embeddable .zip,"
    "Linux 要 python-build-standalone 的 install_only .tar.gz)。"
)
PATHS = re.compile(r"python3(\d+)\._pth")  # says where the embeddable Python looks for modules
PROGRAM = re.compile(r"python/bin/python(3\.\d+)")


def _is(python: Path, stated: str) -> bool:
    """Whether a file is there and has the hash that was stated of it."""
    if not python.is_file():
        return False
    return hashlib.sha256(python.read_bytes()).hexdigest() == stated.strip().lower()


def version_in(python: Path, target: Target) -> str:
    """Give the version of a Python for this kind of computer, «3.13»; "" where it is none."""
    reads = _embeddable if target.script.endswith(".bat") else _standalone
    try:
        version, machine = reads(python)
    except (OSError, LookupError, zipfile.BadZipFile, tarfile.TarError):
        return ""
    return version if machine == target.machine else ""


def _first(pattern: re.Pattern[str], names: Sequence[str]) -> re.Match[str]:
    """Give the first name that is like this; raise LookupError where none is."""
    for name in names:
        if (found := pattern.fullmatch(name)) is not None:
            return found
    raise LookupError(pattern.pattern)


def _embeddable(python: Path) -> tuple[str, int]:
    with zipfile.ZipFile(python) as archive:
        found = _first(PATHS, archive.namelist())
        program = archive.read("python.exe")
    head = int.from_bytes(program[60:64], "little") + 4
    return f"3.{found[1]}", int.from_bytes(program[head : head + 2], "little")


def _standalone(python: Path) -> tuple[str, int]:
    with tarfile.open(python) as taken:
        found = _first(PROGRAM, taken.getnames())
        program = taken.extractfile(found[0])
        assert program is not None, "a file, as its name says"
        return found[1], int.from_bytes(program.read(20)[18:], "little")


def lay_out(python: Path, wheels: Path, output: Path) -> None:
    """Unpack a Python for Windows with all wheels beside it, and what starts perfxl there."""
    ready = output / READY
    with zipfile.ZipFile(python) as archive:
        archive.extractall(ready)  # noqa: S202 - known by its hash
    (paths,) = (path for path in ready.iterdir() if PATHS.fullmatch(path.name))
    site = ready / "Lib" / "site-packages"
    paths.write_text(f"{paths.stem}.zip\n.\nLib\\site-packages\nimport site\n", "ascii")
    for wheel in wheels.glob("*.whl"):
        if not wheel.name.startswith("pip-"):
            with zipfile.ZipFile(wheel) as archive:
                archive.extractall(site)  # noqa: S202 - as pip would
    for name, text in {"加右键菜单.bat": READY_MENU, "打开网页.bat": READY_PAGE}.items():
        (output / name).write_bytes(_for_cmd(text.replace("{ready}", READY)))


# ---------------------------------------------------------------- what pip leaves out


def surroundings(target: Target, python: str) -> dict[str, str]:
    """Give what the conditions of requirements ask of a computer."""
    versions = {"python_version": python, "python_full_version": f"{python}.0"}
    cpython = {"implementation_name": "cpython", "platform_python_implementation": "CPython"}
    return {**target.names, **versions, **cpython}


def lost(wheels: Path, names: Mapping[str, str]) -> list[str]:
    """Give what is required on a computer of these names and is not among the wheels."""
    there = dict(map(_read, wheels.glob("*.whl")))
    wanted, seen, missing = [Requirement(one) for one in WANTED], set(), {}
    while wanted:
        one = wanted.pop()
        name, one.marker = canonicalize_name(one.name), None
        if name not in there:
            missing[name] = str(one)
        elif str(one) not in seen:
            seen.add(str(one))
            wanted += [need for need in there[name] if _holds(need, names, one.extras)]
    return sorted(missing.values())


def _read(wheel: Path) -> tuple[str, list[Requirement]]:
    """Give what a wheel is called and requires."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [one for one in archive.namelist() if one.endswith(".dist-info/METADATA")]
        told = Parser().parsestr(archive.read(name).decode(), headersonly=True)
    needs = [Requirement(one) for one in told.get_all("Requires-Dist", [])]
    return canonicalize_name(str(told["Name"])), needs


def _holds(need: Requirement, names: Mapping[str, str], extras: set[str]) -> bool:
    return need.marker is None or any(
        need.marker.evaluate({**names, "extra": extra}) for extra in ("", *extras)
    )


if __name__ == "__main__":
    sys.exit(main())
