"""Whatever a file does, the run goes on: processes keep limits, mails and archives are bounded."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import build
import pytest
from test_faults import assert_gone, perfxl, unix
from test_sources import letter, nested, refused

from perfxl.form.register import NO_REGISTER
from perfxl.run import process, scratch
from perfxl.run.archives import MOST_DIRECTORY
from perfxl.run.mails import HEADER_COST, LONGEST_HEADER, MOST_LINES
from perfxl.run.process import DIED, FAULT, OUTGREW, OVERRAN, Allowance, Lost
from perfxl.run.sources import Source, sources
from perfxl.run.work import lost_record
from perfxl.run.workers import Workers

pytestmark = pytest.mark.machine

CLEAN = build.HERE / "clean" / "filled.xlsx"
ROOM = 64 * 1024**2
TIME = Allowance(30.0)
linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux holds memory to a limit")


class Panic(BaseException):
    """As a library in Rust raises it: no Exception, and nothing that can be sent."""

    def __reduce__(self) -> str:
        raise TypeError("cannot be pickled")


def begin() -> None:
    """Begin with nothing."""


def work(job: object) -> object:
    match job:
        case "swallow":
            kept = [bytearray(1024**2) for _ in range(100_000)]
            return len(kept)
        case "panic":
            raise Panic
        case "leave":
            raise SystemExit
        case "who":
            return os.getpid()
    return job


def results(*jobs: object, limits: Allowance = TIME) -> list[object]:
    with Workers(work, 1, begin, (), limits, fork=True) as workers:
        return list(workers.results(workers.start(job) for job in jobs))


# ---------------------------------------------------------------- processes


@linux
def test_a_job_that_takes_memory_without_end_costs_itself_only() -> None:
    limits = Allowance(30.0, ROOM)
    assert results(1, "swallow", 2, limits=limits) == [1, Lost(OUTGREW), 2]


@pytest.mark.parametrize("job", ["panic", "leave"])
def test_what_is_no_exception_costs_itself_only(job: str) -> None:
    assert results(1, job, 2) == [1, Lost(DIED), 2]


def test_a_process_that_ends_between_two_jobs_costs_neither() -> None:
    with Workers(work, 1, begin, (), Allowance(30.0)) as workers:
        (first,) = workers.results([workers.start("who")])
        assert isinstance(first, int)
        os.kill(first, signal.SIGTERM)
        time.sleep(0.3)
        (second,) = workers.results([workers.start("who")])
    assert isinstance(second, int)
    assert second != first


def test_where_there_is_no_shared_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr("_multiprocessing.SemLock", refused)
    assert results(1, 2) == [1, 2]


def test_a_job_nobody_is_left_to_end_ends_itself() -> None:
    program = (
        "import time; from perfxl.season import process\n"
        "process._in_time(lambda: time.sleep(60), 0.2)"
    )
    start = time.monotonic()
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert done.returncode != 0
    assert time.monotonic() - start < 10


# ---------------------------------------------------------------- the process that reads


READING = """
import os, sys
from perfxl.errors import Unreadable
from perfxl.run import process, reader

def read(data):
    match data:
        case b"abort":
            os.abort()
        case b"swallow":
            raise MemoryError
        case b"refuse":
            return Unreadable("damaged", "", "")
    return {"1": [[data.decode()]]}

def said(word):
    try:
        return asked.read(word.encode())
    except Unreadable as error:
        return error.code

reader._read = read
reader.start()
asked = reader.Asked(reader.at_hand())
print([process._outcome(lambda: said(word)) for word in sys.argv[1:]])
"""


@linux
@pytest.mark.parametrize(
    ("words", "answers"),
    [
        (["one", "refuse", "two"], [{"1": [["one"]]}, "damaged", {"1": [["two"]]}]),
        (["abort"], [Lost(DIED)]),
        (["one", "abort", "two"], [{"1": [["one"]]}, Lost(DIED), Lost(DIED)]),
        (["swallow"], [Lost(OUTGREW)]),
    ],
)
def test_what_befalls_the_process_that_reads_befalls_the_check(
    words: list[str], answers: list[object]
) -> None:
    program = [sys.executable, "-c", READING, *words]
    done = subprocess.run(program, capture_output=True, text=True, check=True)
    assert done.stdout == f"{answers}\n"
    assert done.stderr == ""


PRINTING = """
import os, signal, sys
from msgspec.structs import replace
from perfxl.form.layout import place
from perfxl.forms.shipped import form_of
from perfxl.returns.workflow import live_form, load_rubric
from perfxl.run.beside import Printing

layout = place(live_form(form_of(load_rubric(None))))
printing = Printing(layout)
if "killed" in sys.argv:
    os.kill(printing._process, signal.SIGKILL)
printing.take()
alone = replace(layout, _formulas={})
print(bool(layout._formulas), all(layout.formulas(b) == alone.formulas(b) for b in layout.blocks))
"""


@unix
@pytest.mark.parametrize(("words", "taken"), [([], True), (["killed"], False)])
def test_formulas_printed_beside_are_those_printed_here(words: list[str], taken: bool) -> None:
    program = [sys.executable, "-c", PRINTING, *words]
    done = subprocess.run(program, capture_output=True, text=True, check=True)
    assert done.stdout == f"{taken} True\n"


@pytest.mark.parametrize(
    ("why", "code"),
    [(DIED, "worker-died"), (OVERRAN, "too-slow"), (OUTGREW, "too-large"), (FAULT, "fault")],
)
def test_each_end_has_its_verdict(why: str, code: str) -> None:
    record = lost_record(Source(Path("甲.xlsx"), "甲.xlsx"), Lost(why), NO_REGISTER)
    assert record["standing"] == "unreadable"
    assert record["document"]["error"]["code"] == code


def test_a_limit_of_the_system_is_never_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    resource = pytest.importorskip("resource")
    if sys.platform != "linux":
        pytest.skip("only Linux holds memory to a limit")
    asked: dict[int, tuple[int, int]] = {}
    monkeypatch.setattr(resource, "getrlimit", lambda _: (1000, 1000))
    monkeypatch.setattr(resource, "setrlimit", asked.__setitem__)
    process._limit_memory(ROOM)
    assert asked[resource.RLIMIT_DATA] == (1000, 1000)


# ---------------------------------------------------------------- one file


ALONE = """
import sys, time
from pathlib import Path
from perfxl.cli import program
from perfxl.run import batch

def slow(job):
    Path(sys.argv[-2]).with_suffix(".begun").touch()
    time.sleep({seconds})

batch.work = slow
program.main()
"""


def alone(tmp_path: Path, seconds: float) -> subprocess.Popen[bytes]:
    """Start a check of one file whose work takes so long, and wait until that has begun."""
    source = tmp_path / "甲.xlsx"
    source.write_bytes(CLEAN.read_bytes())
    run = subprocess.Popen(
        [sys.executable, "-c", ALONE.format(seconds=seconds), "check", source, "--no-result"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    for _ in range(200):
        if source.with_suffix(".begun").exists():
            return run
        time.sleep(0.05)
    pytest.fail("the work never began")


@linux
def test_ctrl_c_while_one_file_is_checked(tmp_path: Path) -> None:
    run = alone(tmp_path, 1)
    os.killpg(run.pid, signal.SIGINT)
    _, err = run.communicate(timeout=10)
    assert run.returncode == 130
    assert "已中断" in err.decode()
    assert "Traceback" not in err.decode()
    assert_gone(run.pid)


@linux
def test_a_run_that_is_killed_leaves_no_process_behind(tmp_path: Path) -> None:
    run = alone(tmp_path, 1)
    run.kill()
    assert run.communicate(timeout=10) == (b"", b"")  # nobody holds on to what it wrote to
    assert_gone(run.pid)


@unix
def test_temporary_folders_of_runs_that_ended_are_taken_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import fcntl

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    for name in ("perfxl-run-ended/pymp-a", "perfxl-run-lives", "perfxl-runner", "elsewhere/x"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "perfxl-run-link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "perfxl-run-file").write_bytes(b"")
    lives = os.open(tmp_path / "perfxl-run-lives", os.O_RDONLY)
    fcntl.flock(lives, fcntl.LOCK_EX)
    with monkeypatch.context() as another:
        another.setattr(os, "geteuid", lambda: 12345)
        scratch.clear()
        assert (tmp_path / "perfxl-run-ended").exists()
    scratch.clear()
    kept = {"perfxl-run-lives", "perfxl-runner", "perfxl-run-link", "perfxl-run-file", "elsewhere"}
    assert {path.name for path in tmp_path.iterdir()} == kept
    assert (tmp_path / "elsewhere" / "x").exists()
    os.close(lives)
    scratch.clear()
    assert not (tmp_path / "perfxl-run-lives").exists()


@unix
def test_a_killed_run_leaves_a_folder_that_the_next_one_takes_away() -> None:
    with tempfile.TemporaryDirectory() as place:  # pytest's own is too long for a socket
        program = (
            "import os, sys; from perfxl.run.process import context_for\n"
            "context_for((), fork=False); {}(0)"
        )

        def left(end: str) -> list[str]:
            command = [sys.executable, "-c", program.format(end)]
            subprocess.run(command, env={**os.environ, "TMPDIR": place}, check=True)
            return [path.name for path in Path(place).iterdir()]

        (killed,) = left("os._exit")
        assert killed.startswith(scratch.PREFIX)
        assert left("sys.exit") == []


@unix
@pytest.mark.parametrize("closed", [(0,), (2,), (0, 2)])
def test_standard_streams_that_are_closed(closed: tuple[int, ...]) -> None:
    def close() -> None:
        for stream in closed:
            os.close(stream)

    run = perfxl("check", CLEAN, "--no-result", "--json", preexec_fn=close)
    out, _ = run.communicate(timeout=60)
    assert run.returncode == 0
    assert json.loads(out)["files"][0]["status"] == "clean"


@linux
def test_the_run_itself_stays_small() -> None:
    program = (
        "import sys; from perfxl.cli import program\n"
        f"sys.argv = ['perfxl', 'check', {str(CLEAN)!r}, '--no-result']\n"
        "try: program.main()\n"
        "finally: print('pandas' in sys.modules, 'numpy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0
    assert done.stdout.endswith("False False\n")


# ---------------------------------------------------------------- mails and archives


@pytest.fixture(autouse=True)
def soon() -> Iterator[None]:
    """Each test ends within 10 seconds, as each file must."""
    start = time.monotonic()
    yield
    assert time.monotonic() - start < 10


PART = b"--xx\nContent-Type: a/b; x=%d%s\n\n"
HEAD = b"MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=xx\n\n"


def deep(depth: int, lines: int) -> bytes:
    return nested("multipart/mixed; boundary=b{}", depth) + b"x\n" * lines


MAILS: dict[str, Callable[[], bytes]] = {
    "a header of 200 KB": lambda: letter("a;" * 100_000),
    "encoded words": lambda: letter('filename="' + "=?utf-8?q?a?= " * 20_000 + '"'),
    "continued parameters": lambda: letter("".join(f"filename*{n}=a;" for n in range(20_000))),
    "quotation marks": lambda: letter('"' * (LONGEST_HEADER + 1)),
    "a long boundary": lambda: HEAD.replace(b"xx", b"x" * 10_000) + b"--" + b"x" * 10_000,
    "many costly headers": lambda: (
        HEAD + b"".join(PART % (n, b'"' * 4_000) for n in range(HEADER_COST // 4_000**2 + 1))
    ),
    "empty lines": lambda: HEAD + b"\n" * (MOST_LINES + 1),
    "empty lines of another kind": lambda: HEAD + b"\r" * (MOST_LINES + 1),
    "parts in parts, and lines": lambda: deep(100, 300_000),
}


@pytest.mark.parametrize("mail", MAILS.values(), ids=MAILS)
def test_a_mail_that_would_take_long_is_refused(tmp_path: Path, mail: Callable[[], bytes]) -> None:
    (tmp_path / "信.eml").write_bytes(mail())
    assert refused(tmp_path) in {
        "邮件的信头太长,不是正常的邮件",
        "邮件的分段太多,不是正常的邮件",
    }


def test_a_long_name_is_no_long_header(tmp_path: Path) -> None:
    written = "".join(f"%{byte:02X}" for byte in ("甲" * 200 + ".xlsx").encode())
    (tmp_path / "信.eml").write_bytes(letter(f"filename*=utf-8''{written}"))
    (source,) = sources([tmp_path])
    assert source.members == ("甲" * 200 + ".xlsx",)


def archive(names: list[str], data: bytes = b"") -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as made:
        for number, name in enumerate(names):
            made.writestr(zipfile.ZipInfo(name), data + str(number).encode())
    return target.getvalue()


@pytest.mark.parametrize("place", ["包.zip", "外.zip"])
def test_an_archive_with_a_long_list_is_not_listed(tmp_path: Path, place: str) -> None:
    data = archive([f"{n:05}.txt" for n in range(MOST_DIRECTORY // 50)])
    if place == "外.zip":
        target = io.BytesIO()
        with zipfile.ZipFile(target, "w") as outer:
            outer.writestr("包.zip", data)
        data = target.getvalue()
    (tmp_path / place).write_bytes(data)
    assert refused(tmp_path) == "压缩包里的文件太多,不是正常的报送"


def test_members_that_would_unpack_to_too_much(tmp_path: Path) -> None:
    data = archive([f"{n}.xlsx" for n in range(26)], bytes(49))
    stated, lie = (len(bytes(49)) + 1).to_bytes(4, "little"), (49 * 1024**2).to_bytes(4, "little")
    (tmp_path / "包.zip").write_bytes(
        data.replace(stated + b"\x06\x00", lie + b"\x06\x00").replace(
            (51).to_bytes(4, "little") + b"\x07\x00", lie + b"\x07\x00"
        )
    )
    assert refused(tmp_path) == "压缩包里的文件展开后超过 1 GB"


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_members_of_one_name_are_both_read(tmp_path: Path) -> None:
    (tmp_path / "包.zip").write_bytes(archive(["子/甲.xlsx", "子/甲.xlsx"]))
    found = {source.members: source.read() for source in sources([tmp_path])}
    assert found == {("子/甲.xlsx",): b"0", ("子/甲(2).xlsx",): b"1"}
