"""Every file of the hostile gallery gets the verdict it states, by the command line as it is.

Ten seconds and 600 MB a file; nothing else is written, read over a network, or left behind.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import chain
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any

import pytest
from hostile import GALLERY, THEMES, put_down
from hostile.active import PORT
from hostile.entries import FIGURES, Entry
from hostile.packages import SAMPLE
from msgspec import Struct

from perfxl.reading.intake import read_bytes
from perfxl.reading.sheets import read_book

pytestmark = [
    pytest.mark.machine,
    pytest.mark.skipif(not hasattr(os, "wait4"), reason="memory is measured by wait4"),
]

SECONDS, PEAK = 10.0, 600 * 1024  # of the processor; KiB
PATIENCE = 60.0  # seconds by the clock: that the machine is busy is no fault of ours
BY_CONTENT = {
    *("empty", "too-large", "encrypted", "old-format", "not-a-workbook", "no-sheets", "damaged"),
    *("ambiguous", "doctype", "form-not-recognised"),
}
UNREADABLE = 3


class Said(Struct, frozen=True):
    """What a run of the command line gave."""

    code: int
    files: Sequence[dict[str, Any]]
    errors: str
    seconds: float
    peak: int  # KiB, of the largest process
    left: Sequence[str]  # files where none should be


def run(folder: Path, *paths: Path, limit: float = PATIENCE) -> Said:
    """Run `perfxl check`, with every folder a program may write to a new and empty one."""
    places = {name: folder / name for name in ("home", "here", "out")}
    for place in places.values():
        place.mkdir()
    # a short path: sockets of processes are made there, and theirs may not be long
    places["temporary"] = Path(mkdtemp(prefix="perfxl-"))
    homes = {"HOME": str(places["home"]), "TMPDIR": str(places["temporary"])}
    output, errors = folder / "stdout", folder / "stderr"
    command = [sys.executable, "-m", "perfxl", "check", *map(str, paths)]
    with output.open("wb") as out, errors.open("wb") as err:
        process = subprocess.Popen(
            [*command, "--json", "-o", str(places["out"])],
            stdout=out,
            stderr=err,
            cwd=places["here"],
            env=os.environ | homes,
            start_new_session=True,
        )
        code, seconds, peak = _ended(process, time.monotonic() + limit)
    empty = (places[name] for name in ("home", "here", "temporary"))
    left = [str(path) for place in empty for path in place.rglob("*")]
    rmtree(places["temporary"])
    files = json.loads(output.read_bytes())["files"]
    return Said(code, files, errors.read_text("utf-8", "replace"), seconds, peak, left)


def _ended(process: subprocess.Popen[bytes], deadline: float) -> tuple[int, float, int]:
    """Give the exit code, the seconds of work, and the peak (KiB) of the largest process."""
    peak = 0
    while True:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            process.returncode = os.waitstatus_to_exitcode(status)
            seconds = usage.ru_utime + usage.ru_stime
            # what the system tells begins with the size of the process that started it: ours
            told = usage.ru_maxrss if usage.ru_maxrss > _own_peak() else 0
            return process.returncode, seconds, max(peak, told)
        peak = max([peak, *_peaks(process.pid)])
        if time.monotonic() > deadline:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            pytest.fail(f"no verdict in time; peak so far {peak} KiB")
        time.sleep(0.02)


def _own_peak() -> int:
    import resource  # there is none on Windows

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _peaks(session: int) -> Iterator[int]:
    """Give the peaks of the processes that are in this session now."""
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, ValueError):  # it has ended meanwhile
            if os.getsid(int(folder.name)) == session:
                lines = (folder / "status").read_text().splitlines()
                yield from (int(x.split()[1]) for x in lines if x.startswith("VmHWM"))


# ---------------------------------------------------------------- a verdict


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Give what is read from the base."""
    said = run(tmp_path_factory.mktemp("base"), SAMPLE)
    assert (said.code, said.files[0]["findings"]) == (0, [])
    return {name: said.files[0][name] for name in FIGURES}


@pytest.fixture(scope="module", autouse=True)
def _no_visitors() -> Iterator[None]:
    """Listen where links in the gallery lead to; nobody may come."""
    with socket.socket() as door:
        # every process of a parallel run listens, and each takes its share of who comes
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        door.bind(("127.0.0.1", PORT))
        door.listen()
        door.setblocking(False)
        yield
        with pytest.raises(BlockingIOError):
            door.accept()


def judge(entry: Entry, said: dict[str, Any], figures: dict[str, Any]) -> None:
    """Hold what was said of a file against what the entry wants."""
    wants, ids = entry.wants, {finding["id"] for finding in said["findings"]}
    shown = (said["status"], said["error"], sorted(ids))
    if said["status"] == "unreadable":
        assert said["error"]["code"] in wants.codes, shown
        assert wants.says in said["error"]["message"], shown
        assert said["error"]["fix"]
        assert (said["result"], ids - {"W01"}) == (None, set()), shown
        return
    assert wants.reads, shown
    assert said["status"] == ("findings" if ids else "clean")
    as_the_base = {name: said[name] for name in FIGURES} == figures
    exact = as_the_base and ids in wants.exact
    some = wants.some is not None and (not wants.some or bool(ids & wants.some))
    assert exact or some, (*shown, "figures as the base's" if as_the_base else "other figures")
    assert said["error"] is None, shown
    opens(Path(said["result"]))


def opens(result: Path) -> None:
    """Hold a result to be a whole workbook."""
    with zipfile.ZipFile(result) as archive:
        assert archive.testzip() is None
    assert len(read_book(read_bytes(result)).papers) > 1


def code_of(files: Sequence[dict[str, Any]]) -> int:
    """Give the exit code that what was said amounts to."""

    def code(said: dict[str, Any]) -> int:
        if said["status"] == "unreadable":
            return UNREADABLE
        return int(any(finding["severity"] == "error" for finding in said["findings"]))

    return max(map(code, files))


def alone() -> Sequence[Entry]:
    """Give the files that are checked one by one too: some of each theme, the most of bombs.

    All of them come in folders; alone they come if the environment says PERFXL_GALLERY=alone.
    """
    if os.environ.get("PERFXL_GALLERY") == "alone":
        return GALLERY
    chosen = [entries[::32] for theme, entries in THEMES.items() if theme != "bombs"]
    return [*THEMES["bombs"][::4], *chain.from_iterable(chosen)]


@pytest.mark.parametrize("entry", alone(), ids=lambda entry: entry.name)
def test_every_file_gets_its_verdict(entry: Entry, tmp_path: Path, figures: dict[str, Any]) -> None:
    inbox = tmp_path / "in"
    inbox.mkdir()
    path = put_down(entry, inbox)
    before = _stamp(path, entry)

    said = run(tmp_path, path)

    assert ("Traceback" in said.errors, said.left) == (False, []), said.errors
    assert len(said.files) == 1
    judge(entry, said.files[0], figures)
    assert said.code == code_of(said.files)
    assert (list(inbox.iterdir()), _stamp(path, entry)) == ([path], before)
    results = [file["result"] for file in said.files if file["result"]]
    assert [str(left) for left in (tmp_path / "out").iterdir()] == results
    assert said.seconds < SECONDS
    assert said.peak < PEAK


def _stamp(path: Path, entry: Entry) -> tuple[float, int, bytes]:
    stat = path.stat()
    return stat.st_mtime, stat.st_size, b"" if entry.grown_to else path.read_bytes()


@pytest.mark.parametrize("theme", THEMES)
def test_a_folder_of_them(theme: str, tmp_path: Path, figures: dict[str, Any]) -> None:
    """One verdict a file, in order; the worst costs no other its own."""
    inbox = tmp_path / "in"
    inbox.mkdir()
    entries = {entry.name: entry for entry in THEMES[theme]}
    paths = sorted(put_down(entry, inbox) for entry in entries.values())

    said = run(tmp_path, inbox, limit=PATIENCE + SECONDS * len(paths))

    wrong = [*_wrong(entries, said.files, figures)]
    assert not wrong, "\n".join(wrong)
    assert ("Traceback" in said.errors, said.left) == (False, []), said.errors
    assert [Path(file["path"]) for file in said.files] == paths
    assert said.code == code_of(said.files)
    assert sorted(inbox.iterdir()) == paths
    assert said.peak < PEAK


def _wrong(
    entries: dict[str, Entry], files: Sequence[dict[str, Any]], figures: dict[str, Any]
) -> Iterator[str]:
    """Give the files that got another verdict than theirs, and what it was."""
    for file in files:
        name = Path(file["path"]).name
        try:
            judge(entries[name], file, figures)
        except AssertionError as error:
            yield f"{name}: {error}"


def test_the_gallery_is_large_and_covers_the_refusals() -> None:
    names = [entry.name for entry in GALLERY]
    assert len(names) >= 80
    assert len(set(names)) == len(names)
    sure = {code for entry in GALLERY for code in entry.wants.codes if len(entry.wants.codes) == 1}
    assert sure >= BY_CONTENT


def test_the_gallery_is_the_same_each_time() -> None:
    for entry in GALLERY:
        if entry.name.startswith(("bits", "cut", "fifield")):
            assert entry.build() == entry.build(), entry.name
