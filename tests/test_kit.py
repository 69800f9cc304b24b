"""The offline kit: whole for the computer it is for, whatever computer it is built on."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
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


@pytest.mark.deep
@pytest.mark.skipif(
    "PERFXL_INTERNET" not in os.environ or sys.platform != "linux",
    reason="wheels are fetched where PERFXL_INTERNET=1 says that they may",
)
def test_a_computer_without_a_network_is_set_up(tmp_path: Path) -> None:
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    made, home = tmp_path / "盘 1", tmp_path / "家"
    home.mkdir()
    assert kit.main([f"linux-{os.uname().machine}", "-o", str(made), "--python", version]) == 0
    surroundings = {"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8"}
    alone = ["unshare", "--map-root-user", "--net"]
    done = subprocess.run([*alone, made / "安装.sh"], env=surroundings, capture_output=True)
    assert (done.returncode, "装好了" in done.stdout.decode()) == (0, True), done
    shutil.copy(CLEAN, home / "甲.xlsx")
    program = home / "perfxl程序" / "bin" / "perfxl"
    done = subprocess.run([*alone, program, "甲.xlsx"], cwd=home, env=surroundings, check=True)
    assert (home / "甲_审核结果.xlsx").exists()
