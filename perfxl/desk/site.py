"""The pages and what can be asked of them; who may ask is the guard's business."""

from __future__ import annotations

import asyncio
import json
import secrets
import traceback
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from functools import cached_property
from pathlib import Path, PurePosixPath
from time import monotonic

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup
from starlette.applications import Starlette
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import (
    FileResponse,
    HTMLResponse,
    RedirectResponse,
    Response,
    StreamingResponse,
)
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from perfxl.desk import views
from perfxl.desk.checks import CheckedFile, CheckRun, Checks
from perfxl.desk.guard import same
from perfxl.desk.runs import Run, Runs
from perfxl.desk.uploads import Drop, Uploads
from perfxl.errors import system_words
from perfxl.reading.limits import FILE
from perfxl.returns.records import STANDING_WORDS
from perfxl.returns.workflow import Wanted
from perfxl.run.sources import MOST_MEMBERS
from perfxl.text.safe import shown

HERE = Path(__file__).parent
MOST_BODY = 2 * FILE.most  # bytes of one drop: some 300 returns, two of the largest files
MOST_FIELDS, MOST_TEXT = 20, 4096  # of a form, besides files
PAUSE = 0.25  # seconds between two looks at how far a run has come
GRACE = 15.0  # seconds without any page before the desk is taken for closed
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FAULTS = {
    400: f"没有收到要审核的文件,或者一次超过 {MOST_MEMBERS:,} 个。请选好文件再按“审核”。",
    403: "这个网页已经过期。请回到首页再试。",
    404: "没有这一页。",
    405: "没有这一页。",
    413: f"一次放进来的文件超过 {MOST_BODY // 1024**2} MB。请分几次,或删去图片后再试。",
}


def _inert(value: object) -> object:
    return shown(value) if isinstance(value, str) and not isinstance(value, Markup) else value


class Desk:
    """What lies on the desk while it is open: runs, files, who looks at it."""

    def __init__(self, folder: Path, fault_line: Callable[[str], str]) -> None:
        """Take the temporary folder, and what keeps the details of a fault of ours."""
        self.uploads = Uploads(folder)
        self.runs = Runs(fault_line, self.uploads.called)
        self.checks: list[CheckRun] = []
        self.checking = Checks(self.runs)
        self.token = secrets.token_urlsafe()
        self.closing = False
        self._watching, self._left = 0, 0.0

    def check(self, drop: Drop, wanted: Wanted) -> CheckRun:
        """Begin to check what was dropped."""
        run = CheckRun(len(self.checks) + 1, drop=drop, wanted=wanted)
        self.checks.append(run)
        self.runs.begin(run, lambda: self.checking.check(run))
        return run

    @property
    def deserted(self) -> bool:
        """Whether pages were open, all have been closed for a while, and nothing is under way."""
        away = bool(self._left) and not self._watching and monotonic() - self._left > GRACE
        return away and all(run.ended for run in self.checks)

    async def watch(self, run: Run | None, since: int) -> AsyncIterator[str]:
        """Give the events of a page as long as it is open: each step of its run, and the end."""
        self._watching += 1
        try:
            yield "retry: 1000\n\n"
            while not self.closing:
                if run is not None:
                    for number, said in enumerate(run.told[since:], since + 1):
                        data = {"done": number, "total": run.total, "said": shown(said)}
                        yield f"id: {number}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"
                        since = number
                    if run.ended:
                        yield "event: ended\ndata: \n\n"
                        run = None
                await asyncio.sleep(PAUSE)
        finally:
            self._watching -= 1
            self._left = monotonic()


class Site:
    """The pages of a desk, as an ASGI application."""

    def __init__(self, desk: Desk) -> None:
        """Take the desk whose pages they are."""
        self._desk = desk

    @cached_property
    def app(self) -> Starlette:
        """The application; it trusts whoever reaches it."""
        routes = [
            Route("/", self.home),
            Route("/check", self.check, methods=["POST"]),
            Route("/check/{run:int}", self.run),
            Route("/check/{run:int}/{file:int}", self.file),
            Route("/check/{run:int}/{file:int}/result", self.result),
            Route("/events", self.events),
            Mount("/static", StaticFiles(directory=HERE / "static")),
        ]
        told = {HTTPException: self.refused, Exception: self.failed}
        return Starlette(routes=routes, exception_handlers=told, max_body_size=MOST_BODY)

    @cached_property
    def _templates(self) -> Environment:
        made = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=True,
            finalize=_inert,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        made.globals |= {"views": views, "words": STANDING_WORDS}
        return made

    def _page(self, name: str, status: int = 200, **terms: object) -> Response:
        page = self._templates.get_template(name)
        return HTMLResponse(page.render(desk=self._desk, **terms), status)

    # ------------------------------------------------------------ pages

    async def home(self, request: Request) -> Response:
        """Give the page that files are dropped on."""
        return self._page("check.html")

    async def run(self, request: Request) -> Response:
        """Give the page of a run: how far it has come, or what came of it."""
        run = self._run_of(request)
        if not run.ended:
            return self._page("running.html", run=run)
        if len(run.files) == 1 and not run.fault:
            return self._page("file.html", run=run, file=run.files[0], number=1)
        return self._page("run.html", run=run)

    async def file(self, request: Request) -> Response:
        """Give the page of one return."""
        run, file = self._run_of(request), self._file_of(request)
        return self._page("file.html", run=run, file=file, number=request.path_params["file"])

    async def result(self, request: Request) -> Response:
        """Give the result workbook of a return, to be kept where the browser keeps things."""
        file = self._file_of(request)
        if file.result is None or not file.result.is_file():
            raise HTTPException(404)
        return FileResponse(file.result, media_type=WORKBOOK, filename=file.result_name)

    async def events(self, request: Request) -> Response:
        """Give the stream of a page; a browser that lost it goes on where it was."""
        wanted, last = request.query_params.get("run"), request.headers.get("last-event-id", "")
        run = self._run(int(wanted)) if wanted and wanted.isdecimal() else None
        since = int(last) if last.isdecimal() else 0
        return StreamingResponse(self._desk.watch(run, since), media_type="text/event-stream")

    async def refused(self, request: Request, error: Exception) -> Response:
        """Say what cannot be done, in a line of ours."""
        status = error.status_code if isinstance(error, HTTPException) else 400
        return self._page("fault.html", status, said=FAULTS.get(status, FAULTS[400]))

    async def failed(self, request: Request, error: Exception) -> Response:
        """Say what the system refuses; of a fault of ours, keep the details."""
        if isinstance(error, OSError):
            said = f"文件没有放进来({system_words(error)})。检查磁盘空间后再试。"
        else:
            said = self._desk.runs.fault_line("".join(traceback.format_exception(error)))
        return self._page("fault.html", 500, said=said)

    # ------------------------------------------------------------ what is sent

    async def check(self, request: Request) -> Response:
        """Take what was dropped, and lead to the page of its run."""
        async with request.form(
            max_files=MOST_MEMBERS, max_fields=MOST_FIELDS, max_part_size=MOST_TEXT
        ) as form:
            self._demand_token(form)
            wanted = await self._wanted(form)
            drop = await asyncio.to_thread(self._dropped, form)
        if not drop.paths:
            raise HTTPException(400)
        run = self._desk.check(drop, wanted)
        return RedirectResponse(f"/check/{run.number}", 303)

    def _demand_token(self, form: FormData) -> None:
        token = form.get("csrf")
        if not isinstance(token, str) or not same(token, self._desk.token):
            raise HTTPException(403)

    def _dropped(self, form: FormData) -> Drop:
        drop = self._desk.uploads.drop()
        sent = (*form.getlist("files"), *form.getlist("folder"))
        files = [(one.filename, one.file) for one in sent if isinstance(one, UploadFile)]
        for name, file in sorted(files, key=lambda one: one[0] or ""):
            if name:
                drop.take(name, file)
        return drop

    async def _wanted(self, form: FormData) -> Wanted:
        """Give what is checked by: a 表样 given now or before, or the shipped form."""
        given, chosen = form.get("form"), form.get("chosen")
        if isinstance(given, UploadFile) and given.filename:
            way = PurePosixPath(PurePosixPath(given.filename).name)
            return Wanted(await asyncio.to_thread(self._desk.uploads.drop().keep, way, given.file))
        known = self._desk.checking.forms
        return Wanted(known.get(chosen) if isinstance(chosen, str) else None)

    # ------------------------------------------------------------ what is asked for

    def _run(self, number: int) -> CheckRun:
        with suppress(IndexError):
            if number > 0:
                return self._desk.checks[number - 1]
        raise HTTPException(404)

    def _run_of(self, request: Request) -> CheckRun:
        return self._run(request.path_params["run"])

    def _file_of(self, request: Request) -> CheckedFile:
        number: int = request.path_params["file"]
        files = self._run_of(request).files
        if not 0 < number <= len(files):
            raise HTTPException(404)
        return files[number - 1]
