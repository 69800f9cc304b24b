"""The page in the browser: who is let in, what is taken, what is shown of it, how it ends."""

from __future__ import annotations

import asyncio
import html
import http.client
import json
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from hashlib import sha256
from itertools import repeat
from pathlib import Path
from time import sleep
from urllib.parse import quote, urlencode

import build
import pytest

pytest.importorskip("starlette", reason="the libraries of perfxl[desk] are not installed")
pytest.importorskip("uvicorn", reason="the libraries of perfxl[desk] are not installed")

from clerk import TERMS, fill_file, units
from desks import PATIENCE, Answer, Opened, Visitor, multipart, opened, seen_by_nobody
from drawings import LAYOUTS, data, draw
from editing import edited
from form_faults import FAULTS
from hostile import GALLERY
from openpyxl import load_workbook
from seasons import TODAY, UNITS, WRONG, returned
from tiers import everyday

from perfxl.cli import program
from perfxl.desk import state
from perfxl.desk.guard import MOST_BODY
from perfxl.desk.runs import DeskRun
from perfxl.desk.state import Desk
from perfxl.desk.uploads import Uploads
from perfxl.desk.wording import on_page
from perfxl.errors import Busy, Unanswered, Unreadable, UsageError, WriteError
from perfxl.form.faults import Remark, Wrong
from perfxl.form.identity import RESULT_OF
from perfxl.form.register import Unit
from perfxl.reading.intake import stated
from perfxl.returns.makers import shipped_path
from perfxl.returns.workflow import Wanted, terms_of
from perfxl.season.checking import CHANGED, PARTIAL
from perfxl.settings.folder import SETTINGS_NAME
from perfxl.settings.rules import RULES
from perfxl.settings.workbook import new_season

WORKED = (build.HERE / "xinhua_2022" / "filled.xlsx").read_bytes()
CORRECTED = (build.HERE / "corrected" / "filled.xlsx").read_bytes()
VERDICT = "退回修改:有 3 处错误必须改正,另有 8 处需改正或说明"
pytestmark = pytest.mark.xdist_group("desk")  # one desk for all of them


@pytest.fixture(scope="module")
def desk() -> Iterator[Opened]:
    with opened() as found:
        yield found


@pytest.fixture(scope="module")
def visitor(desk: Opened) -> Visitor:
    return desk.visitor()


# ---------------------------------------------------------------- who is let in


def test_the_key_lets_in_once_and_becomes_a_cookie() -> None:
    with opened() as desk:
        stranger = Visitor(desk.port)
        assert stranger.get("/?key=guessed").status == 403
        entered = stranger.get(f"/?key={desk.key}")
        assert (entered.status, entered.headers["location"]) == (303, "/")
        cookie = entered.headers["set-cookie"]
        assert {"HttpOnly", "SameSite=strict"} <= set(cookie.split("; "))
        assert desk.key not in cookie
        assert stranger.get(f"/?key={desk.key}").status == 403, "the key is spent"
        stranger.headers["Cookie"] = cookie.partition(";")[0]
        assert stranger.get("/").status == 200
        assert stranger.get(f"/?key={desk.key}").status == 303, "a page loaded again"
        assert desk.close() == 0
        assert desk.rest == "网页已关闭,临时文件已删除。\n"


STRANGE = {
    "another host": {"Host": "evil.example:{port}"},
    "a name of this computer": {"Host": "localhost:{port}"},
    "no port": {"Host": "127.0.0.1"},
    "another port": {"Host": "127.0.0.1:1"},
    "no cookie": {"Cookie": ""},
    "a guessed cookie": {"Cookie": "perfxl_{port}=guessed"},
    "a cookie of no letters": {"Cookie": "perfxl_{port}=é"},
    "a page of another site": {"Sec-Fetch-Site": "cross-site"},
    "a page of another port": {"Sec-Fetch-Site": "same-site"},
}
STRANGE_TO_POST = {
    **STRANGE,
    "a foreign origin": {"Origin": "https://evil.example"},
    "a hidden origin": {"Origin": "null"},
    "no origin": {"Origin": ""},
    "an origin on another port": {"Origin": "http://127.0.0.1:1"},
}


@pytest.mark.parametrize("what", STRANGE)
def test_strange_requests_get_no_page(visitor: Visitor, what: str) -> None:
    more = {name: value.format(port=visitor.port) for name, value in STRANGE[what].items()}
    for path in ("/", "/static/desk.css", "/events"):
        answer = visitor.ask("GET", path, more=more)
        assert answer.status in {403, 421}
        assert b"<" not in answer.body
    assert visitor.get("/").status == 200


@pytest.mark.parametrize("what", STRANGE_TO_POST)
def test_strange_requests_begin_no_check(visitor: Visitor, what: str) -> None:
    more = {name: value.format(port=visitor.port) for name, value in STRANGE_TO_POST[what].items()}
    before = visitor.get("/").body
    assert visitor.post("/check", [("a.xlsx", WORKED)], more=more).status in {403, 421}
    assert visitor.get("/").body == before


@pytest.mark.parametrize("token", ["", "guessed", "猜"])
def test_a_form_of_another_page_begins_no_check(visitor: Visitor, token: str) -> None:
    before = visitor.get("/").body
    assert visitor.post("/check", [("a.xlsx", WORKED)], token=token).status == 403
    assert visitor.get("/").body == before


def raw(port: int, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), 30) as connection:
        connection.sendall(request)
        return connection.makefile("rb").readline()


def test_what_is_no_proper_request_is_refused(visitor: Visitor) -> None:
    host = f"Host: {visitor.host}\r\n".encode()
    cookie = f"Cookie: {visitor.headers['Cookie']}\r\n".encode()
    two = b"GET / HTTP/1.1\r\n" + host + b"Host: evil.example\r\n" + cookie + b"\r\n"
    assert b" 200 " not in raw(visitor.port, two)
    below = b"POST /check HTTP/1.1\r\n" + host + cookie + b"Content-Length: -5\r\n\r\n"
    assert b" 400 " in raw(visitor.port, below)
    assert b" 200 " not in raw(
        visitor.port, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"
    )
    assert visitor.get("/").status == 200


def test_it_listens_on_this_computer_alone(desk: Opened) -> None:
    listening = re.findall(r"^ *\d+: (\w+):(\w+) \w+:\w+ 0A", _tcp(), re.MULTILINE)
    assert [host for host, port in listening if int(port, 16) == desk.port] == ["0100007F"]


def _tcp() -> str:
    table = Path("/proc/net/tcp")
    return table.read_text() if table.exists() else pytest.skip("only Linux tells")


# ---------------------------------------------------------------- what pages are


def test_no_page_holds_a_script_and_all_forbid_it(visitor: Visitor) -> None:
    where, _ = visitor.drop(("a.xlsx", WORKED))
    for path in ("/", where, f"{where}/1", "/nowhere"):
        answer = visitor.get(path)
        policy = answer.headers["content-security-policy"]
        assert "script-src 'self'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        page = answer.body.decode()
        assert not re.findall(r"<script(?! src=)|<style| style=|\son\w+=|javascript:", page)
        assert not re.findall(r"""(?:src|href|action)=["'](?!/|#)""", page), "nothing from outside"


@pytest.mark.parametrize(
    "path", ["/static/../site.py", "/static/%2e%2e/site.py", "/static//etc/passwd"]
)
def test_nothing_beside_the_static_files_is_served(visitor: Visitor, path: str) -> None:
    assert visitor.get(path).status == 404


@pytest.mark.parametrize(
    "path", ["/check/99", "/check/0", "/check/1/99", "/check/1/0/result", "/check/x", "/check"]
)
def test_what_is_not_there_is_told(visitor: Visitor, path: str) -> None:
    answer = visitor.get(path)
    assert answer.status in {404, 405}
    assert "没有这一页" in answer.text


# ---------------------------------------------------------------- a round


def test_a_return_is_told_of_as_the_command_tells_it(visitor: Visitor) -> None:
    where, page = visitor.drop(("回收的表.xlsx", WORKED))
    assert VERDICT in page.text
    assert "回收的表.xlsx" in page.text
    assert "自评得分 94.00" in page.text
    assert "测算得分 91.63～93.63" in page.text
    assert "错误 T01 附件3 自评表 G22 收入总计(按决算报表填列)·决算数 填报 43,717.66" in page.text
    assert "逐行核对各项与决算报表" in page.text
    assert "41.60%" in page.text
    result = visitor.get(f"{where}/1/result")
    assert stated(result.body, RESULT_OF)
    assert "filename*=utf-8''" + "%E5%9B%9E%E6%94%B6" in result.headers["content-disposition"]


def test_the_next_return_of_a_unit_is_held_against_the_last(visitor: Visitor) -> None:
    visitor.drop(("first.xlsx", WORKED))
    where, page = visitor.drop(("改好的.xlsx", CORRECTED))
    assert "上次的是“first.xlsx”" in page.text
    assert re.search(r"已改正 [1-9]\d* 处", page.text)
    result = visitor.get(f"{where}/1/result").body
    assert len(result) > len(CORRECTED) / 2
    _, page = visitor.drop(("再一次.xlsx", CORRECTED))
    assert "上次的是“first.xlsx”" in page.text, "the same file is no new round"


def test_files_dropped_at_once_are_not_held_against_each_other(visitor: Visitor) -> None:
    unit = Unit("100299", "示例区体育馆")
    one, other = ("甲.xlsx", returned(unit)), ("乙.xlsx", returned(unit, changes=WRONG))
    where, _ = visitor.drop(one, other)
    for number in (1, 2):
        assert "上次的是" not in visitor.get(f"{where}/{number}").text
    _, page = visitor.drop(("丙.xlsx", other[1]))
    assert "上次的是“甲.xlsx”" in page.text


def test_of_several_each_has_its_line_and_its_page(visitor: Visitor) -> None:
    dropped = [("夹/甲.xlsx", WORKED), ("夹/里/乙.xlsx", WORKED), ("夹/~$甲.xlsx", b"x")]
    dropped += [("夹/作废/丙.xlsx", WORKED), ("夹/照片.png", b"\x89PNG"), ("信.txt", "信".encode())]
    where, page = visitor.drop(*dropped)
    assert "共 3 份" in page.text
    assert page.text.count(VERDICT) == 2
    assert "不是 Excel 工作簿" in page.text
    assert "不是表格,没有看:夹/照片.png" in page.text
    assert "丙" not in page.text
    assert "~$" not in page.text
    seen = visitor.get(f"{where}/2").text
    assert "夹/里/乙.xlsx" in seen or "夹/甲.xlsx" in seen


@pytest.mark.machine
def test_a_result_among_returns_is_passed_over(visitor: Visitor) -> None:
    where, _ = visitor.drop(("甲.xlsx", WORKED))
    result = visitor.get(f"{where}/1/result").body
    _, page = visitor.drop(("夹/甲.xlsx", WORKED), ("夹/甲_审核结果.xlsx", result))
    assert VERDICT in page.text
    assert "夹/甲.xlsx" in page.text


def test_a_form_that_is_none_is_told_by_its_own_name(visitor: Visitor) -> None:
    _, page = visitor.drop(("a.xlsx", WORKED), form=[("我的表.xlsx", WORKED)])
    assert "我的表.xlsx 里没有【标记】,还不是表样" in page.text
    assert "desk-" not in page.text
    assert "自己的表先放到 “表样” 里" in page.text
    assert 'value="我的表.xlsx"' not in visitor.get("/").body.decode(), "nor is it offered"


NAMES = (
    "../../../../etc/cron.d/x.xlsx",
    r"..\..\Windows\con.xlsx",
    "/etc/passwd",
    "con.xlsx",
    "<script>alert(1)</script>.xlsx",
    "{{ 7*7 }}.xlsx",
    "a\u202eslx.exe.xlsx",
    f"{'长' * 300}.xlsx",
    "..",
    ".",
)


@pytest.mark.parametrize("name", everyday(NAMES, [NAMES[0], NAMES[4], NAMES[6]]))
def test_no_name_becomes_a_path_or_a_tag(desk: Opened, visitor: Visitor, name: str) -> None:
    before = set(desk.temporary.iterdir())
    _, page = visitor.drop((name, b"no workbook"))
    assert page.status == 200
    assert b"<script>alert" not in page.body
    assert "\u202e" not in page.body.decode()
    assert set(desk.temporary.iterdir()) == before
    kept = [path.name for path in desk.temporary.glob("**/desk-*/**/*") if path.is_file()]
    assert kept
    assert all(re.fullmatch(r"\d{4}(_审核结果)?(\.[a-z0-9]{1,5})?", one) for one in kept)


def test_names_are_ours_and_told_as_they_were(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path)
    drop = uploads.drop()
    for name in ("a.xlsx", "夹/b_审核结果.XLSX", "夹/c.tar.gz"):
        with Path(__file__).open("rb") as file:
            drop.take(name, file)
    assert drop.paths == [drop.folder / "0000.xlsx", drop.folder / "in"]
    held = sorted(path.name for path in (drop.folder / "in").iterdir())
    assert held == ["0001_审核结果.xlsx", "0002.gz"]
    said = f"没有看:{drop.folder / 'in' / '0002.gz'},{drop.folder / '0000.xlsx'}/里面.xlsx"
    assert uploads.called(said) == "没有看:夹/c.tar.gz,a.xlsx/里面.xlsx"


# ---------------------------------------------------------------- too much


def test_too_large_a_drop_is_refused_unread(visitor: Visitor) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", visitor.port, timeout=30)
    connection.putrequest("POST", "/check", skip_host=True)
    origin = {"Origin": f"http://{visitor.host}", "Content-Length": str(200 * 1024**2)}
    for name, value in {"Host": visitor.host, **visitor.headers, **origin}.items():
        connection.putheader(name, value)
    connection.putheader("Content-Type", "multipart/form-data; boundary=b")
    connection.endheaders()
    with closing(connection), connection.getresponse() as answer:  # not one byte of it was sent
        assert answer.status == 413
        assert "一次放进来的文件超过 100 MB" in answer.read().decode()
    assert visitor.get("/").status == 200


@pytest.mark.machine
def test_too_large_a_drop_of_unknown_length_is_broken_off(visitor: Visitor, desk: Opened) -> None:
    head = multipart({"csrf": visitor.token()}, [("big.xlsx", b"")])[:-18]

    def endless() -> Iterator[bytes]:
        yield head
        yield from repeat(bytes(1024**2), 2 * MOST_BODY // 1024**2)

    connection = http.client.HTTPConnection("127.0.0.1", visitor.port, timeout=60)
    kind = {"Content-Type": "multipart/form-data; boundary=a-boundary"}
    origin = {"Host": visitor.host, "Origin": f"http://{visitor.host}", **kind}
    with closing(connection), suppress(ConnectionError):
        connection.request("POST", "/check", endless(), {**visitor.headers, **origin})
        with connection.getresponse() as answer:
            assert answer.status == 413
    assert visitor.get("/").status == 200
    assert not [path for path in desk.temporary.rglob("*") if path.stat().st_size > 1024**2]


def test_a_drop_of_nothing_is_told(visitor: Visitor) -> None:
    answer = visitor.post("/check", [])
    assert answer.status == 400
    assert "没有收到文件" in answer.text


# ---------------------------------------------------------------- progress, and the end


def test_each_step_is_told_once_and_then_the_end(visitor: Visitor) -> None:
    where, _ = visitor.drop(("甲.xlsx", WORKED), ("乙.txt", b"x"))
    told = f"/told/{where.rpartition('/')[2]}"
    whole = json.loads(visitor.get(told).body)
    assert (len(whole["told"]), whole["total"], whole["ended"]) == (2, 2, True)
    assert any(VERDICT in line for line in whole["told"])
    assert json.loads(visitor.get(f"{told}?since=1").body)["told"] == whole["told"][1:]
    assert json.loads(visitor.get(f"{told}?since=2").body)["told"] == []
    assert visitor.get("/told/99").status == 404


@pytest.mark.parametrize(
    "by",
    [
        signal.SIGINT,
        pytest.param(signal.SIGTERM, marks=pytest.mark.machine),
        pytest.param(signal.SIGHUP, marks=pytest.mark.machine),
    ],
)
def test_it_ends_while_a_page_is_open_and_leaves_nothing(by: signal.Signals) -> None:
    with opened() as desk:
        visitor = desk.visitor()
        connection = http.client.HTTPConnection("127.0.0.1", desk.port, timeout=30)
        connection.request("GET", "/events", headers={"Host": visitor.host, **visitor.headers})
        with closing(connection), connection.getresponse() as stream:
            stream.readline()
            visitor.post("/check", [("a.xlsx", WORKED)])
            assert desk.close(by) == 0
        assert desk.rest == "网页已关闭,临时文件已删除。\n"
        assert not list(desk.temporary.iterdir())


def test_it_ends_when_all_pages_are_closed_for_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr(state, "monotonic", lambda: now)
    desk = Desk(tmp_path, str)

    async def looked_at() -> None:
        stream = desk.watch()
        await anext(stream)
        assert not desk.deserted
        await stream.aclose()

    assert not desk.deserted, "no page has been opened yet"
    asyncio.run(looked_at())
    assert not desk.deserted, "the next page may be on its way"
    now += state.GRACE + 1
    assert desk.deserted
    desk.runs.all.append(DeskRun("审核"))
    assert not desk.deserted, "a run is under way"
    desk.runs.close()


@pytest.mark.machine
def test_where_no_browser_opens_it_does_not_stay_unseen() -> None:
    surroundings = {**seen_by_nobody(), "BROWSER": "false", "PYTHONUTF8": "1"}
    desk = [sys.executable, "-m", "perfxl", "desk"]
    done = subprocess.run(desk, env=surroundings, capture_output=True, encoding="utf-8")
    assert (done.returncode, "没有能打开网页的浏览器" in done.stderr) == (2, True)


@pytest.mark.machine
def test_it_ends_by_itself_when_the_browser_is_closed(tmp_path: Path) -> None:
    """The browser is one that only notes what it is asked to open."""
    note = tmp_path / "address"
    browser = f"sh -c 'echo \"$1\" > {note}; sleep 5' browser %s &"
    with opened(browser) as desk:
        assert desk.said == "网页已在浏览器里打开。关闭网页(或在这里按 Ctrl-C)就结束。\n"
        while not (note.exists() and note.read_text().endswith("\n")):
            sleep(0.05)
        desk.address = note.read_text().strip()
        visitor = desk.visitor()
        connection = http.client.HTTPConnection("127.0.0.1", desk.port, timeout=30)
        connection.request("GET", "/events", headers={"Host": visitor.host, **visitor.headers})
        with closing(connection), connection.getresponse() as stream:
            stream.readline()
        rest, _ = desk.process.communicate(timeout=PATIENCE)
        assert (desk.process.returncode, rest) == (0, "网页已关闭,临时文件已删除。\n")


MANY = 10_000  # requests: a thousand a second for ten seconds, where the machine is as fast


@pytest.mark.machine
def test_a_flood_of_requests_is_answered_and_the_page_lives(visitor: Visitor) -> None:
    """A program of this computer asks without end, half of it without the cookie."""
    headers = ({"Host": visitor.host, **visitor.headers}, {"Host": visitor.host})

    def ask(number: int) -> set[int]:
        connection = http.client.HTTPConnection("127.0.0.1", visitor.port, timeout=PATIENCE)
        found = set[int]()
        with closing(connection):
            for _ in range(MANY // 4):
                connection.request("GET", "/static/icon.svg", headers=headers[number % 2])
                with connection.getresponse() as answer:
                    answer.read()
                    found.add(answer.status)
                if answer.will_close:
                    connection.close()
        return found

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(ask, range(4))) == [{200}, {403}, {200}, {403}]
    assert VERDICT in visitor.drop(("甲.xlsx", WORKED))[1].text


@pytest.mark.machine
def test_of_a_hostile_gallery_each_file_is_told(visitor: Visitor) -> None:
    some = [entry for entry in GALLERY[::23] if not entry.grown_to]
    files = [(f"坏/{entry.name}", entry.build()) for entry in some]
    _, page = visitor.drop(*(file for file in files if len(file[1]) < 2 * 1024**2))
    assert page.body.decode().count('<th scope="row">') >= len(some) // 2
    assert "自身出错" not in page.text
    assert visitor.get("/").status == 200


# ---------------------------------------------------------------- an office's own form


def form_page(visitor: Visitor, name: str, content: bytes) -> tuple[str, Answer]:
    where = visitor.post("/form", [(name, content)]).headers["location"]
    return where, visitor.ended(where)


def test_a_blank_gets_tokens_and_is_then_a_form_to_check_by(visitor: Visitor) -> None:
    where, page = form_page(visitor, "附件3.xlsx", data(draw(LAYOUTS["funds"], blank=True)))
    assert "提出了标记" in page.text
    assert re.search(r"提出 \d+ 个标记:", page.text)
    assert re.search(r'class="token" title="[A-Z]+\d+">【金额】', page.body.decode())
    taken = visitor.get(f"{where}/file")
    assert "%E8%A1%A8%E6%A0%B7.xlsx" in taken.headers["content-disposition"]
    again, page = form_page(visitor, "附件3_表样.xlsx", taken.body)
    assert "可以用了" in page.text
    assert 'value="附件3_表样.xlsx" checked' in visitor.get("/").body.decode()
    assert visitor.get(f"{again}/file").status == 404, "nothing new is proposed"


def test_a_return_is_checked_by_the_form_that_is_given_with_it(visitor: Visitor) -> None:
    own = data(draw(LAYOUTS["funds"]))
    _, page = visitor.drop(("白.xlsx", own), form=[("我们的 表样.xlsx", own)])
    assert "自身出错" not in page.text
    assert "还不是表样" not in page.text
    assert 'value="我们的 表样.xlsx" checked' in visitor.get("/").body.decode(), "and kept"


def test_what_is_dropped_on_a_result_is_checked_by_the_form_of_that_result(
    visitor: Visitor,
) -> None:
    where, _ = visitor.drop(("a.xlsx", WORKED))
    sample = (build.HERE / "project_clean" / "filled.xlsx").read_bytes()
    name = "项目支出绩效自评表(2023 版)"
    _, other = visitor.drop(("项目.xlsx", sample), chosen=name)
    assert f"按“{name}”审核" in other.text, "the form last used"
    page = visitor.get(where)
    assert "按“附件3 部门整体支出绩效自评表”审核" in page.text
    (like,) = re.findall(r'name="like" value="(\d+)"', page.body.decode())
    assert 'name="chosen"' not in page.body.decode()
    _, again = visitor.drop(("再.xlsx", WORKED), like=like)
    assert VERDICT in again.text


@pytest.mark.machine
def test_the_shipped_forms_are_chosen_as_they_are_or_taken_to_be_adapted(
    visitor: Visitor, tmp_path: Path
) -> None:
    sample = (build.HERE / "project_clean" / "filled.xlsx").read_bytes()
    name = "项目支出绩效自评表(2023 版)"
    _, page = visitor.drop(("项目.xlsx", sample), chosen=name)
    assert "通过:没有发现问题" in page.text
    assert "测算" not in page.text, "of such a form nothing is"
    sheet = "项目支出绩效自评表"
    other = edited(sample, {sheet: {"C3": "养老服务设施运营补贴"}})
    again = edited(sample, {sheet: {"F6": 310}})
    _, page = visitor.drop(("另一个项目.xlsx", other), chosen=name)
    assert "上次的是" not in page.text, "another project is no second round"
    _, page = visitor.drop(("再报.xlsx", again), chosen=name)
    assert "上次的是“项目.xlsx”" in page.text
    taken = visitor.get(f"/form/shipped/{quote(name)}")
    assert taken.body == shipped_path("project-2023").read_bytes()
    assert visitor.get("/form/shipped/x").status == 404
    root = tmp_path / "2022年度项目自评"
    assert visitor.send("/season", folder=str(root), make="1", chosen=name).status == 303
    assert "打开任务设置" in visitor.ended("/season").text
    assert (root / "表样.xlsx").read_bytes() == taken.body


def test_each_fault_of_a_form_is_told_with_its_place_and_its_remedy(visitor: Visitor) -> None:
    case = next(case for case in FAULTS if case.name == "sheet-protected")
    told = case.told()
    _, page = form_page(visitor, "a.xlsx", case.workbook())
    assert f"有 {len(told)} 处要改正" in page.text
    for fault in told:
        assert f"{fault.place} {fault.said.what} {fault.said.fix}" in page.text


@pytest.mark.machine
@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"a,b", "不是 Excel 工作簿(实际是文本或 CSV 文件)"),
        (b"", "文件是空的"),
        (data(draw(LAYOUTS["funds"])).replace(b"PK", b"KP"), "不是 Excel 工作簿"),
    ],
    ids=["text", "nothing", "damaged"],
)
def test_what_is_no_form_is_told(visitor: Visitor, content: bytes, said: str) -> None:
    where, page = form_page(visitor, "a.xlsx", content)
    assert said in page.text
    two = visitor.post("/form", [("a.xlsx", content), ("b.xlsx", content)])
    assert (two.status, "一次只看一份表" in two.text) == (400, True)
    assert visitor.get(f"{where}/file").status == 404
    assert visitor.get(where.replace("form", "check")).status == 404, "it is no run of checks"


# ---------------------------------------------------------------- a season


def mark(root: Path) -> str:
    """Give what the pages of a season name it by."""
    return sha256(bytes(root)).hexdigest()


@pytest.fixture
def season(visitor: Visitor, tmp_path: Path) -> Path:
    """Give the folder of a season made on the page, with three units and two returns."""
    root = tmp_path / "2022年度自评"
    made = visitor.send("/season", folder=str(root), make="1")
    assert made.headers["location"] == "/season"
    page = visitor.ended("/season")
    assert "任务设置.xlsx 有 2 处问题要先改正" in page.text
    assert "参数 有 4 个必填格没有填:C6、C7、C8、C9" in page.text
    fill_file(root / SETTINGS_NAME, {**TERMS, **units(*(unit.name for unit in UNITS))})
    (root / "回收" / "一.xlsx").write_bytes(returned(UNITS[0]))
    (root / "回收" / "二.xlsx").write_bytes(returned(UNITS[1], changes=WRONG))
    return root


@pytest.mark.machine
def test_a_season_goes_by_buttons_as_by_commands(visitor: Visitor, season: Path) -> None:
    said = {
        "look": "应报 3 家,已报 0 家,未报 3 家",
        "template": "新写 3 份,没有变化 0 份",
        "mail-issue": "发放:3 封邮件草稿在",
        "export": "“回收”里有 2 份还没有审核",
        "check": "应报 3 家,已报 2 家,未报 1 家(已过截止日期)",
        "mail-remind": "催报:1 封邮件草稿在",
        "mail-return": "退回修改:1 封邮件草稿在",
        "report": "汇总报告:",
    }
    for action, words in said.items():
        assert visitor.send(f"/season/{action}", season=mark(season)).status == 303
        assert words in visitor.ended("/season").text, action
    page = visitor.ended("/season").text
    assert "示例第二小学 退回修改 1 下载" in page
    assert "示例区图书馆 未报 0" in page
    assert (season / "汇总.xlsx").exists()
    place = season / "结果" / "二_审核结果.xlsx"
    terms = {"season": mark(season), "unit": UNITS[1].code, "project": ""}
    link = f"/season/result?{urlencode(terms)}"
    assert f'"{html.escape(link)}"' in visitor.get("/season").body.decode()
    assert visitor.get(link).body == place.read_bytes()
    place.unlink()
    gone = visitor.get(link)
    assert (gone.status, "这份审核结果不在了,再按“审核回收”" in gone.text) == (410, True)


@pytest.mark.machine
def test_a_page_of_a_season_does_nothing_to_another(visitor: Visitor, season: Path) -> None:
    other = season.with_name("2023年度自评")
    visitor.send("/season", folder=str(other), make="1")
    visitor.ended("/season")
    old = urlencode({"season": mark(season), "unit": UNITS[1].code, "project": ""})
    for answer in (
        visitor.send("/season/check", season=mark(season)),
        visitor.get(f"/season/result?{old}"),
    ):
        assert (answer.status, "这个网页是另一个任务的" in answer.text) == (409, True)


@pytest.mark.machine
def test_what_was_written_is_opened_or_it_is_said_that_nothing_opens_it(
    visitor: Visitor, desk: Opened, season: Path
) -> None:
    """There is no screen here."""
    for action, said in {
        "settings": f"没有打开 {season / SETTINGS_NAME}:没有图形界面",
        "folder": f"没有打开 {season}:没有图形界面",
        "roll-up": "还没有 汇总.xlsx,先按“审核回收”",
    }.items():
        visitor.send(f"/season/{action}", season=mark(season))
        assert said in visitor.ended("/season").text
    where, _ = visitor.drop(("甲.xlsx", WORKED))
    before = kept_from_writing(desk)
    answer = visitor.send(f"{where}/1/open")
    assert (answer.status, "请按“下载审核结果”" in answer.text) == (500, True)
    assert len(kept_from_writing(desk) - before) == 1, "what would be lost is not written into"
    assert visitor.send(f"{where}/1/open", csrf="guessed").status == 403
    assert visitor.send(f"{where}/2/open").status == 404


def kept_from_writing(desk: Opened) -> set[Path]:
    """Give the results of the desk that nobody may write into."""
    results = desk.temporary.rglob("*_审核结果.xlsx")
    return {path for path in results if path.stat().st_mode & 0o777 == 0o400}


@pytest.mark.machine
def test_of_two_roll_ups_the_one_written_last_is_opened(visitor: Visitor, season: Path) -> None:
    visitor.send("/season/check", season=mark(season))
    visitor.ended("/season")
    theirs = season / "汇总.xlsx"
    load_workbook(theirs).save(theirs)
    (season / "回收" / "二.xlsx").unlink()
    visitor.send("/season/check", season=mark(season))
    visitor.ended("/season")
    visitor.send("/season/roll-up", season=mark(season))
    page = visitor.ended("/season").text
    assert f"没有打开 {season / '汇总_2.xlsx'}:没有图形界面" in page
    assert "汇总.xlsx 有人改过,没有覆盖:最近一次审核的汇总是 汇总_2.xlsx" in page


@pytest.mark.machine
def test_a_folder_is_known_as_it_is_copied(visitor: Visitor, season: Path) -> None:
    for typed in (f' "{season}" ', f"file://{quote(str(season))}", str(season / SETTINGS_NAME)):
        assert visitor.send("/season", folder=typed).status == 303, typed
        assert visitor.ended("/season").status == 200


@pytest.mark.parametrize(
    ("folder", "said"),
    [
        ("/nowhere", "没有这个文件夹:/nowhere。核对位置;还没有任务的,按“在这里新建一个任务”"),
        ("", "请先写上位置"),
        (' "" ', "请先写上位置"),
        ("..", r"请写完整的位置,如 D:\2022年度自评"),
        ("2022年度自评", r"请写完整的位置,如 D:\2022年度自评"),
        ("/", "这里不是任务文件夹"),
        ("/nowhere\0", "没有这个文件夹:/nowhere。"),
        (f"/{'长' * 300}", "这个位置不能用(路径或文件名太长)"),
    ],
)
def test_a_folder_that_is_no_season_is_told(visitor: Visitor, folder: str, said: str) -> None:
    answer = visitor.send("/season", folder=folder)
    assert (answer.status, said in answer.text) == (400, True)


@pytest.mark.parametrize(
    ("folder", "said"), [("", "请先写上位置"), ("2022年度自评", "请写完整的位置")]
)
def test_no_season_is_made_where_nobody_knows(visitor: Visitor, folder: str, said: str) -> None:
    answer = visitor.send("/season", folder=folder, make="1")
    assert (answer.status, said in answer.text) == (400, True)


def test_a_form_that_lies_in_the_folder_is_the_one_of_the_season(
    visitor: Visitor, tmp_path: Path
) -> None:
    root = tmp_path / "2022年度自评"
    root.mkdir()
    (root / "表样.xlsx").write_bytes(own := data(draw(LAYOUTS["funds"])))
    name = "项目支出绩效自评表(2023 版)"
    assert visitor.send("/season", folder=str(root), make="1", chosen=name).status == 303
    assert "打开任务设置" in visitor.ended("/season").text
    assert (root / "表样.xlsx").read_bytes() == own


def test_a_season_that_went_while_it_was_open_is_told(visitor: Visitor, season: Path) -> None:
    away = season.with_name("移走")
    (season / SETTINGS_NAME).rename(season / "改名.xlsx")
    visitor.send("/season/look", season=mark(season))
    assert "如果改过名字,改回来;如果删掉了,从备份里恢复" in visitor.ended("/season").text
    season.rename(away)
    visitor.send("/season/check", season=mark(season))
    assert f"任务文件夹不在了:{season}。把它移回来" in visitor.ended("/season").text
    assert not season.exists()


def test_beside_another_form_nothing_is_made(tmp_path: Path) -> None:
    lying = tmp_path / "表样.xlsx"
    lying.write_bytes(data(draw(LAYOUTS["funds"])))
    terms = terms_of(Wanted(shipped_path("project-2023")), TODAY)
    with pytest.raises(WriteError):
        new_season(tmp_path, terms)
    assert list(tmp_path.iterdir()) == [lying]


def test_no_button_is_pressed_from_elsewhere(visitor: Visitor, season: Path) -> None:
    for path in ("/season", "/season/check", "/season/settings", "/form"):
        assert visitor.send(path, csrf="guessed", folder="/").status == 403
        assert visitor.ask("POST", path, b"").status == 403
    assert visitor.send("/season/unknown", season=mark(season)).status == 404
    assert not (season / "汇总.xlsx").exists()


UNOPENED = {"no-browser", "no-desk", "no-file-manager"}  # told where there is no page
MESSAGES = [
    f"{message.text}。{message.fix}。"
    for kind in (Unreadable, Unanswered, UsageError, WriteError, Busy, Wrong, Remark)
    for name, message in kind.messages.items()
    if name not in UNOPENED
]
RULES_FIXES = [rule.fix for rule in RULES]


@pytest.mark.parametrize("said", [*MESSAGES, *RULES_FIXES, PARTIAL, CHANGED])
def test_no_page_names_a_command_or_an_option(said: str) -> None:
    assert not re.search(r"perfxl [a-z]|(?<![\w-])--?[a-z]|再运行|重新运行", on_page(said))


def test_a_library_that_is_missing_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    monkeypatch.setattr(sys, "argv", ["perfxl", "desk"])
    with pytest.raises(SystemExit) as ended:
        program.main()
    assert ended.value.code == 2
    assert "没有安装网页要用的几个库" in capsys.readouterr().err
