"""The offline kit: whole for the computer it is for, whatever computer it is built on."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import build
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "offline"))

import kit

CLEAN = build.HERE / "clean" / "filled.xlsx"


def wheel(folder: Path, name: str, *needs: str) -> None:
    required = "".join(f"Requires-Dist: {need}\n" for need in needs)
    with zipfile.ZipFile(folder / f"{name}-1-py3-none-any.whl", "w") as archive:
        archive.writestr(f"{name}-1.dist-info/METADATA", f"Name: {name}\nVersion: 1\n{required}")


@pytest.mark.parametrize(
    ("target", "missing"),
    [("windows-amd64", ["colorama", "tzdata>=2022"]), ("linux-aarch64", ["far", "python-docx<2"])],
)
def test_what_is_needed_over_there_is_found(
    tmp_path: Path, target: str, missing: list[str]
) -> None:
    wheel(tmp_path, "pip")
    docx = 'python-docx<2; extra == "report" and sys_platform != "win32"'
    wheel(tmp_path, "perfxl", "Some_Thing>=1", docx, 'pyarrow; extra == "parquet"')
    wheel(
        tmp_path,
        "some_thing",
        'colorama; platform_system == "Windows"',
        'far; platform_machine == "aarch64"',
        'tzdata>=2022; os_name == "nt"',
        'old; python_version < "3.11"',
        "perfxl",
    )
    names = kit.surroundings(kit.TARGETS[target], "3.11")
    assert kit.lost(tmp_path, names) == missing


@pytest.mark.parametrize("target", kit.REFUSED)
def test_what_cannot_be_is_refused_with_the_reason(
    tmp_path: Path, target: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert kit.main([target, "-o", str(tmp_path / "盘")]) == 2
    assert "没有现成的安装包" in capsys.readouterr().err or "32" in target
    assert not (tmp_path / "盘").exists()


@pytest.mark.parametrize("name", kit.TARGETS)
def test_the_script_is_one_its_shell_reads(tmp_path: Path, name: str) -> None:
    target = kit.TARGETS[name]
    kit.write_script(target, "3.12", tmp_path)
    data = (tmp_path / target.script).read_bytes()
    text = data.decode("gbk" if target.script.endswith("bat") else "utf-8")
    assert "3.12" in text
    assert "{version}" not in text
    assert (data.count(b"\r\n") == data.count(b"\n")) == target.script.endswith("bat")
    if shutil.which("sh") and target.script.endswith("sh"):
        subprocess.run(["sh", "-n", tmp_path / target.script], check=True)


@pytest.mark.skipif(os.name == "nt", reason="the script of Linux")
def test_where_there_is_no_python_it_is_said(tmp_path: Path) -> None:
    kit.write_script(kit.TARGETS["linux-x86_64"], "3.99", tmp_path)
    done = subprocess.run(
        [tmp_path / "安装.sh"], capture_output=True, env={**os.environ, "HOME": str(tmp_path)}
    )
    assert (done.returncode, done.stderr) == (1, b"")
    assert "没有找到 Python 3.99" in done.stdout.decode()
    assert [path.name for path in tmp_path.iterdir()] == ["安装.sh"]


# ---------------------------------------------------------------- a Python that is taken along


def windows_python(machine: int) -> bytes:
    """Give what the embeddable Python is to a kit: what it runs on, where it looks for modules."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        head = bytes(60) + (64).to_bytes(4, "little") + b"PE\0\0" + machine.to_bytes(2, "little")
        archive.writestr("python.exe", head)
        archive.writestr("python313._pth", "python313.zip\n.\n#import site\n")
    return held.getvalue()


def linux_python(machine: int) -> bytes:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w:gz") as archive:
        for name in ("python/bin/python3.12", "python/bin/python3.12-config"):
            member = tarfile.TarInfo(name)
            data = b"\x7fELF".ljust(18, b"\0") + machine.to_bytes(2, "little")
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return held.getvalue()


def made_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str, python: bytes, told: str = ""
) -> tuple[int, list[str], Path]:
    """Make a kit with a Python; give the exit code, the version it is for, where it is."""
    file, output, versions = tmp_path / "python", tmp_path / "盘", list[str]()
    file.write_bytes(python)

    def fetch(_: kit.Target, version: str, wheels: Path) -> None:
        versions.append(version)
        wheels.mkdir(parents=True, exist_ok=True)
        wheel(wheels, "pip")
        wheel(wheels, "perfxl")

    monkeypatch.setattr(kit, "fetch", fetch)
    stated = told or hashlib.sha256(python).hexdigest().upper()
    asked = [target, "-o", str(output), "--python", str(file), "--sha256", stated]
    return kit.main(asked), versions, output


def test_for_windows_all_is_laid_out_ready(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = made_with(tmp_path, monkeypatch, "windows-amd64", windows_python(0x8664))
    assert made[:2] == (0, ["3.13"])
    files = {path.relative_to(made[2]).as_posix() for path in made[2].rglob("*") if path.is_file()}
    assert files == {
        "perfxl/python.exe",
        "perfxl/python313._pth",
        "perfxl/Lib/site-packages/perfxl-1.dist-info/METADATA",
        "加右键菜单.bat",
        "打开网页.bat",
    }, "no pip: there is nothing to install"
    paths = (made[2] / "perfxl" / "python313._pth").read_text().splitlines()
    assert paths == ["python313.zip", ".", r"Lib\site-packages", "import site"]
    page = (made[2] / "打开网页.bat").read_bytes()
    assert b'"%~dp0perfxl\\python.exe" -P -m perfxl --clicked desk\r\n' in page


def test_for_linux_the_script_uses_what_was_taken_along(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, versions, made = made_with(tmp_path, monkeypatch, "linux-x86_64", linux_python(62))
    assert (code, versions) == (0, ["3.12"])
    assert (made / "python.tar.gz").read_bytes() == (tmp_path / "python").read_bytes()
    assert (made / "安装.sh").exists()


@pytest.mark.parametrize(
    ("target", "python", "told"),
    [
        ("windows-amd64", windows_python(0x8664), "0" * 64),
        ("windows-amd64", windows_python(0x14C), ""),
        ("windows-amd64", windows_python(0xAA64), ""),
        ("windows-amd64", linux_python(62), ""),
        ("windows-amd64", b"PK", ""),
        ("linux-x86_64", windows_python(0x8664), ""),
        ("linux-x86_64", linux_python(183), ""),
        ("linux-aarch64", linux_python(62), ""),
        ("linux-aarch64", b"", ""),
    ],
)
def test_a_python_that_is_another_is_not_taken(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    target: str,
    python: bytes,
    told: str,
) -> None:
    code, versions, made = made_with(tmp_path, monkeypatch, target, python, told)
    assert (code, versions, made.exists()) == (2, [], False)
    assert "没有用" in capsys.readouterr().err


@pytest.mark.deep
@pytest.mark.skipif(
    "PERFXL_INTERNET" not in os.environ or sys.platform != "linux",
    reason="wheels are fetched where PERFXL_INTERNET=1 says that they may",
)
def test_a_computer_without_a_network_is_set_up(tmp_path: Path) -> None:
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    made, home = tmp_path / "盘 1", tmp_path / "家"
    home.mkdir()
    assert kit.main([f"linux-{os.uname().machine}", "-o", str(made), "--version", version]) == 0
    surroundings = {"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8"}
    alone = ["unshare", "--map-root-user", "--net"]
    done = subprocess.run([*alone, made / "安装.sh"], env=surroundings, capture_output=True)
    assert (done.returncode, "装好了" in done.stdout.decode()) == (0, True), done
    shutil.copy(CLEAN, home / "甲.xlsx")
    program = home / "perfxl程序" / "bin" / "perfxl"
    done = subprocess.run([*alone, program, "甲.xlsx"], cwd=home, env=surroundings, check=True)
    assert (home / "甲_审核结果.xlsx").exists()
