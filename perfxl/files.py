"""Files as perfxl writes them: whole or not at all, under names every system takes."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Container
from pathlib import Path

from perfxl.reading.intake import PerfxlError, is_untouched, system_words

RESULT_SUFFIX = "_审核结果"
RESULT_STEM = re.compile(rf"{RESULT_SUFFIX}(_\d+)?$")
# before the names of files an office program or a system keeps beside others
LOCK_PREFIXES = ("~$", ".~", "._")


class WriteError(PerfxlError):
    """A result or template cannot be written."""


class UsageError(PerfxlError):
    """The command cannot be carried out as given."""


def safe_name(name: str) -> str:
    """Give a file name that Windows accepts."""
    return re.sub(r'[<>:"/\\|?*\x00-\x1f]', "_", name).rstrip(". ")[:120] or "perfxl"


def is_own_result(path: Path) -> bool:
    """Whether this is a result as we wrote it; one that somebody has saved since is a return."""
    if not RESULT_STEM.search(path.stem):
        return False
    try:
        return is_untouched(path.read_bytes())
    except OSError:
        return False


def free_name(source: Path, folder: Path, written: Container[Path] = ()) -> Path:
    """Give the name of a source's result.

    A result as we wrote it is replaced; the source, a foreign file, a result of this run or one
    somebody has worked on is never: then the name gets a number.
    """
    stem = RESULT_STEM.sub("", source.stem)
    target, number = folder / f"{stem}{RESULT_SUFFIX}.xlsx", 1
    while target.exists() and (
        target in written or target.resolve() == source.resolve() or not is_own_result(target)
    ):
        number += 1
        target = folder / f"{stem}{RESULT_SUFFIX}_{number}.xlsx"
    return target


def write_file(target: Path, data: bytes) -> Path:
    """Write a whole file or nothing: beside its place, flushed, then renamed."""
    temporary: Path | None = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".perfxl-", suffix=".tmp", dir=target.parent)
        temporary = Path(name)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o644)
        temporary.replace(target)
    except PermissionError as error:
        fix = "关闭正在打开它的程序,或换一个有写权限的文件夹(-o)"
        raise WriteError("not-writable", f"不能写入 {target}", fix) from error
    except OSError as error:
        message = f"不能写入 {target}({system_words(error)})"
        raise WriteError("not-writable", message, "检查磁盘空间,或用 -o 换一个文件夹") from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
    return target
