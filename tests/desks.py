"""The desk as it is opened: a process of its own, and a visitor who speaks HTTP and no more.

with opened(tmp_path) as desk:
    desk.visitor().get("/")
"""

from __future__ import annotations

import html
import http.client
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep
from urllib.parse import parse_qs, urlencode, urlsplit

from msgspec import Struct, field

PATIENCE = 300.0  # seconds by the clock: that the machine is busy is no fault of ours
BOUNDARY = "a-boundary"
File = tuple[str, bytes]  # what a browser says of a file: its name, its content


class Answer(Struct, frozen=True):
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The page without its tags, as it is read."""
        shown = re.sub(r"<[^>]*>", " ", self.body.decode())
        return " ".join(html.unescape(shown).split())


class Visitor(Struct):
    """Who asks for pages; with a cookie once let in."""

    port: int
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def host(self) -> str:
        """The host that is ours."""
        return f"127.0.0.1:{self.port}"

    def ask(
        self, method: str, path: str, body: bytes | None = None, more: Mapping[str, str] = {}
    ) -> Answer:
        """Send a request as it stands and give the answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request(method, path, body, {"Host": self.host, **self.headers, **more})
            answer = connection.getresponse()
            headers = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, headers, answer.read())
        finally:
            connection.close()

    def get(self, path: str) -> Answer:
        """Give a page."""
        return self.ask("GET", path)

    def token(self) -> str:
        """Give what a form of ours holds that no other page knows."""
        found = re.search(r'name="csrf" value="([^"]+)"', self.get("/").body.decode())
        assert found
        return found[1]

    def post(
        self,
        path: str,
        files: Sequence[File],
        form: Sequence[File] = (),
        token: str | None = None,
        more: Mapping[str, str] = {},
        texts: Mapping[str, str] = {},
    ) -> Answer:
        """Send files as a browser sends the form."""
        known = self.token() if token is None else token
        body = multipart({"csrf": known, **texts}, files, form)
        kind = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
        return self.ask("POST", path, body, {"Origin": f"http://{self.host}", **kind, **more})

    def drop(self, *files: File, form: Sequence[File] = (), **texts: str) -> tuple[str, Answer]:
        """Have files checked; give where the run's page is, and that page when it has ended."""
        where = self.post("/check", files, form, texts=texts).headers["location"]
        return where, self.ended(where)

    def ended(self, where: str) -> Answer:
        """Give the page of a run when that has ended."""
        end = monotonic() + PATIENCE
        while 'id="bar"' in (page := self.get(where)).body.decode():
            assert monotonic() < end, page.text
            sleep(0.05)
        return page

    def send(self, path: str, **form: str) -> Answer:
        """Send a form without files, as pressing its button does."""
        body = urlencode({"csrf": self.token(), **form}).encode()
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.ask("POST", path, body, {"Origin": f"http://{self.host}", **kind})


def multipart(texts: Mapping[str, str], files: Sequence[File], form: Sequence[File] = ()) -> bytes:
    """Give a form's body."""
    named = [("files", *file) for file in files] + [("form", *file) for file in form]
    parts = [
        f'Content-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n'.encode()
        for name, text in texts.items()
    ]
    for field_name, name, data in named:
        head = f'Content-Disposition: form-data; name="{field_name}"; filename="{name}"\r\n\r\n'
        parts.append(head.encode() + data + b"\r\n")
    mark = f"--{BOUNDARY}\r\n".encode()
    return b"".join(mark + part for part in parts) + f"--{BOUNDARY}--\r\n".encode()


class Opened(Struct):
    """A desk that serves: its process, its address with the key, its temporary folder."""

    process: subprocess.Popen[str]
    address: str
    temporary: Path
    said: str = ""  # before it began to serve
    rest: str = ""

    @property
    def port(self) -> int:
        """The port it listens on."""
        port = urlsplit(self.address).port
        assert port
        return port

    @property
    def key(self) -> str:
        """The key in its address."""
        return parse_qs(urlsplit(self.address).query)["key"][0]

    def visitor(self) -> Visitor:
        """Give one who has been let in with the key; it does so but once."""
        found = Visitor(self.port)
        entered = found.get(f"/?key={self.key}")
        found.headers["Cookie"] = entered.headers["set-cookie"].partition(";")[0]
        return found

    def close(self, by: signal.Signals = signal.SIGINT) -> int:
        """End it, by Ctrl-C, and give its exit code; what it still said is `rest`."""
        self.process.send_signal(by)
        self.rest, _ = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode


def seen_by_nobody() -> dict[str, str]:
    """Give the environment without a screen: nothing is opened on the one of who runs tests."""
    screens = {"DISPLAY", "WAYLAND_DISPLAY"}
    return {name: value for name, value in os.environ.items() if name not in screens}


@contextmanager
def opened(browser: str = "") -> Iterator[Opened]:
    """Open a desk, with this command for a browser or with none; end it if it still serves."""
    with TemporaryDirectory(prefix="d-") as folder:  # short: sockets are made there
        process = subprocess.Popen(
            [sys.executable, "-m", "perfxl", "desk", *([] if browser else ["--no-browser"])],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            cwd=folder,
            env={**seen_by_nobody(), "TMPDIR": folder, "PYTHONUTF8": "1", "BROWSER": browser},
        )
        assert process.stdout
        try:
            said = process.stdout.readline()
            address = "" if browser else process.stdout.readline().strip()
            assert browser or address.startswith("http://"), said + address
            yield Opened(process, address, Path(folder), said)
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
                process.communicate(timeout=PATIENCE)
