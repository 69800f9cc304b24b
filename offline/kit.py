"""Builds what a computer without the internet is set up with: wheels, and a script that does it.

    python offline/kit.py linux-x86_64 -o 安装盘 --python 3.11

The wheels are those of the computer they are for, not of the one this runs on: pip chooses files
by platform, but reads the conditions of requirements («only on Windows») as they hold here. So
what it leaves out is found in the wheels themselves, and fetched too.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from email.parser import Parser
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
WANTED = ("perfxl[report]", "pip")  # pip sets up environments where Python came without it
WHEELS = "安装包"


@dataclass(frozen=True)
class Target:
    """A kind of computer: the tags of wheels it takes, newest first, and what it calls itself."""

    tags: tuple[str, ...]
    names: Mapping[str, str]
    script: str


def _linux(machine: str) -> Target:
    tags = tuple(f"{tag}_{machine}" for tag in ("manylinux_2_28", "manylinux_2_17"))
    names = {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix"}
    return Target(tags, {**names, "platform_machine": machine}, "安装.sh")


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
    ),
    "linux-x86_64": _linux("x86_64"),
    "linux-aarch64": _linux("aarch64"),
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
for name in python{version} python3; do
    "$name" -c 'import sys; sys.exit("%d.%d" % sys.version_info[:2] != "{version}")' \
        >/dev/null 2>&1 && python=$name && break
done
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
echo "装好了,在 $home。命令窗口里用 $home/bin/perfxl"
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


def main(arguments: Sequence[str] | None = None) -> int:
    """Build the kit that is asked for; 0 where it is whole, 2 where there can be none."""
    parser = argparse.ArgumentParser(description="做一份离线安装盘")
    parser.add_argument("target", choices=[*TARGETS, *REFUSED])
    parser.add_argument("-o", "--output", type=Path, default=Path("安装盘"))
    parser.add_argument("--python", default="3.11", help="那台电脑上 Python 的版本")
    asked = parser.parse_args(arguments)
    if asked.target in REFUSED:
        print(f"{REFUSED[asked.target]},做不了。{OTHERWISE}。", file=sys.stderr)
        return 2
    build(TARGETS[asked.target], asked.python, asked.output)
    size = sum(path.stat().st_size for path in asked.output.rglob("*") if path.is_file())
    print(f"已做好:{asked.output}({size / 1_000_000:.0f} MB),整个复制过去,运行里面的安装")
    return 0


def build(target: Target, python: str, output: Path) -> None:
    """Put wheels and script into a folder."""
    wheels = output / WHEELS
    _pip("wheel", "--no-deps", "-w", str(wheels), str(ROOT))
    wanted: Sequence[str] = WANTED
    while wanted:
        _pip("download", *_for(target, python, wheels), *wanted)
        wanted = lost(wheels, surroundings(target, python))
    write_script(target, python, output)


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
    blanks = {"version": python, "wheels": WHEELS, "wanted": WANTED[0]}
    for name, value in blanks.items():
        text = text.replace(f"{{{name}}}", value)
    script.write_bytes(text.replace("\n", "\r\n").encode("gbk") if windows else text.encode())
    script.chmod(0o755)


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
