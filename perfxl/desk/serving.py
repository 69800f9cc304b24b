"""The desk opened and closed: a free port of this computer, the browser, a temporary folder."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
import tempfile
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import uvicorn

from perfxl.desk.guard import HOST, Guard
from perfxl.desk.site import Site
from perfxl.desk.state import PAUSE, Desk
from perfxl.disk.terminal import say
from perfxl.errors import UsageError
from perfxl.run import scratch

PREFIX = "desk-"
OPENED = "网页已在浏览器里打开。关闭网页(或在这里按 Ctrl-C)就结束。"
COPY_IT = "请把下面的地址复制到浏览器里打开(只能用一次);在这里按 Ctrl-C 结束:"
CLOSED = "网页已关闭,临时文件已删除。"


def serve(fault_line: Callable[[str], str], *, browser: bool) -> None:
    """Serve the desk until Ctrl-C, or until its last page in the browser has been closed."""
    with _listening() as listener, _own_folder() as folder:
        desk = Desk(folder, fault_line)
        guard = Guard(Site(desk).app, listener.getsockname()[1])
        try:
            with suppress(KeyboardInterrupt):
                asyncio.run(_served(guard, listener, desk, browser=browser))
        finally:
            desk.runs.close()
    say(CLOSED)


@contextmanager
def _listening() -> Iterator[socket.socket]:
    """Give a socket on a free port. Its protocol is named: else small answers wait 40 ms each."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.bind((HOST, 0))
        listener.listen()
        yield listener


@contextmanager
def _own_folder() -> Iterator[Path]:
    """Give a folder for this user alone; it goes at the end, or with the next run if killed."""
    with scratch.own_folder():
        made = tempfile.TemporaryDirectory(prefix=PREFIX, ignore_cleanup_errors=True)
    with made as folder:
        yield Path(folder)


async def _served(guard: Guard, listener: socket.socket, desk: Desk, *, browser: bool) -> None:
    server = uvicorn.Server(
        uvicorn.Config(
            guard,
            log_config=None,
            log_level="critical",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            ws="none",
            http="h11",
            lifespan="off",
            timeout_graceful_shutdown=2,
        )
    )
    hangup = getattr(signal, "SIGHUP", None)  # of the terminal; uvicorn sees to the others
    if hangup and signal.getsignal(hangup) is not signal.SIG_IGN:
        signal.signal(hangup, server.handle_exit)
    serving = asyncio.create_task(server.serve([listener]))
    # some browsers run in the terminal, and are to be served while they do
    shown = browser and await asyncio.to_thread(webbrowser.open, guard.address)
    unseen = browser and not shown and not sys.stdout.isatty()  # clicked: who would copy it?
    server.should_exit |= unseen
    if not unseen:
        say(OPENED if shown else f"{COPY_IT}\n{guard.address}")
    while not serving.done():
        server.should_exit |= shown and desk.deserted
        desk.closing = server.should_exit  # its streams end by themselves
        await asyncio.wait([serving], timeout=PAUSE)
    await serving
    if unseen:
        raise UsageError.of("no-browser")
