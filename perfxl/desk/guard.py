"""Who may speak to the desk: the browser it was opened in, from the desk's own pages, nobody else.

A page of another site can make a browser send requests to this computer, and have a name of its own
lead here (DNS rebinding). So all that a browser says of a request is held against what we expect,
before one byte of a body is read: the host, the cookie, where the request comes from.
"""

from __future__ import annotations

import secrets

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from perfxl.reading.limits import FILE, MB

HOST = "127.0.0.1"
READING = {"GET", "HEAD"}
OWN_SITES = {"same-origin", "none"}  # our pages; the address bar or another program
WRONG_HOST = "这个地址不是 perfxl 的。请用 perfxl desk 打开的网页。"
FROM_ELSEWHERE = "这个请求不是从 perfxl 的网页来的,没有照办。"
NOBODY_KNOWN = (
    "打不开:这个浏览器没有用 perfxl desk 给出的地址进来,或者地址已经用过。\n"
    "请关闭正在运行的 perfxl desk,再运行一次。"
)
MOST_BODY = 2 * FILE.most  # bytes of one request: some 300 returns, two of the largest files
TOO_LARGE = f"一次放进来的文件超过 {MOST_BODY // MB} MB。请分几次,或删去图片后再试。"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # with no-referrer a form's Origin would be «null»
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def same(one: str, other: str) -> bool:
    """Whether two secrets are the same, in a time that tells nothing of them."""
    return secrets.compare_digest(one.encode("utf-8", "surrogatepass"), other.encode())


class Guard:
    """The application behind a lock: a key opens it once, then the cookie that it became."""

    def __init__(self, app: ASGIApp, port: int) -> None:
        """Make the key; the cookie bears the port in its name, for cookies know of none."""
        self._app = app
        self._host = f"{HOST}:{port}"
        self._name = f"perfxl_{port}"
        self._cookie = secrets.token_urlsafe()
        self._key: str | None = secrets.token_urlsafe()
        self.address = f"http://{self._host}/?key={self._key}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it here."""
        if scope["type"] == "http":
            answer = self._answer(Request(scope)) or self._app
            await answer(scope, receive, _with_headers(send))

    def _answer(self, request: Request) -> Response | None:
        """Give what to say to a request that is not passed on."""
        headers = request.headers
        if headers.getlist("host") != [self._host]:
            return _refused(WRONG_HOST, 421)
        if not set(headers.getlist("sec-fetch-site")) <= OWN_SITES:
            return _refused(FROM_ELSEWHERE)
        known = same(request.cookies.get(self._name, ""), self._cookie)
        key = request.query_params.get("key")
        if key is not None and request.method in READING:
            return self._let_in(key, known)
        if not known:
            return _refused(NOBODY_KNOWN)
        foreign = headers.getlist("origin") != [f"http://{self._host}"]
        if request.method not in READING and foreign:
            return _refused(FROM_ELSEWHERE)
        if _length(headers.get("content-length", "")) > MOST_BODY:
            return _refused(TOO_LARGE, 413)
        return None

    def _let_in(self, key: str, known: bool) -> Response:
        """Give the cookie for the key, once; who has it already may come with any."""
        if known or (self._key is not None and same(key, self._key)):
            self._key = None
            answer = RedirectResponse("/", 303, {"Referrer-Policy": "no-referrer"})
            answer.set_cookie(self._name, self._cookie, httponly=True, samesite="strict")
            return answer
        return _refused(NOBODY_KNOWN)


def _length(stated: str) -> int:
    return int(stated) if stated.isdecimal() else 0  # of unknown length: counted as it comes


def _refused(why: str, status: int = 403) -> Response:
    return PlainTextResponse(f"{why}\n", status, {"Connection": "close"})


def _with_headers(send: Send) -> Send:
    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return sent
