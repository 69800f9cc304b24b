"""The pages and what can be asked of them; who may ask is the guard's business."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from functools import cached_property, partial
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.applications import Starlette
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import (
    FileResponse,
    HTMLResponse,
    JSONResponse,
    RedirectResponse,
    Response,
    StreamingResponse,
)
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from perfxl.desk import views
from perfxl.desk.checks import SHIPPED, CheckedFile, DropRun
from perfxl.desk.forms import FormJob, FormRun
from perfxl.desk.guard import MOST_BODY, TOO_LARGE, same
from perfxl.desk.runs import DeskRun
from perfxl.desk.seasons import (
    ACTIONS,
    SeasonDesk,
    season_here,
    season_in,
    season_made,
)
from perfxl.desk.state import Desk
from perfxl.desk.uploads import Drop
from perfxl.desk.wording import on_page
from perfxl.disk.desktop import opened
from perfxl.errors import PerfxlError, system_words
from perfxl.returns.office import ENDING
from perfxl.returns.records import STANDING_WORDS
from perfxl.returns.workflow import NOTHING, Wanted
from perfxl.run.sources import MOST_MEMBERS
from perfxl.season.rollup.model import WORDS
from perfxl.text.dates import day_text
from perfxl.text.safe import shown

HERE = Path(__file__).parent
MOST_FIELDS, MOST_TEXT = 20, 4096  # of a form, besides files
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
NOT_OPENED = "这台电脑上没有能打开它的程序。请按“下载审核结果”,再用 Excel 打开。"
OTHER_PLACE = "核对位置;还没有任务的,按“在这里新建一个任务”"
ONE_FORM = "一次只看一份表。请只放一份。"
FAULTS = {
    400: f"没有收到文件,或者一次超过 {MOST_MEMBERS:,} 个。请选好文件再试。",
    403: "这个网页已经过期。请回到首页再试。",
    404: "没有这一页。",
    405: "没有这一页。",
    409: "这个网页是另一个任务的,没有照办:后来打开了别的任务。请按上面的“任务”再看。",
    410: "这份审核结果不在了,再按“审核回收”。",
    413: TOO_LARGE,
}

R = TypeVar("R", bound=DeskRun)


def _inert(value: object) -> object:
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    return shown(on_page(value))


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
            Route("/check/{run:int}/{file:int}/open", self.open, methods=["POST"]),
            Route("/form", self.own_form),
            Route("/form", self.judge, methods=["POST"]),
            Route("/form/shipped/{name}", self.shipped),
            Route("/form/{run:int}", self.judged),
            Route("/form/{run:int}/file", self.proposed),
            Route("/season", self.season),
            Route("/season", self.choose, methods=["POST"]),
            Route("/season/another", self.another),
            Route("/season/result", self.unit_result),
            Route("/season/{action}", self.act, methods=["POST"]),
            Route("/events", self.events),
            Route("/told/{run:int}", self.told),
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
            undefined=StrictUndefined,  # a page with a gap in it would say less than there is
            trim_blocks=True,
            lstrip_blocks=True,
        )
        made.globals |= {
            "most": MOST_BODY,
            "too_large": TOO_LARGE,
            "views": views,
            "words": STANDING_WORDS,
            "unit_words": WORDS,
            "day": day_text,
        }
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
        run = self._run_of(request, DropRun)
        if not run.ended:
            return self._page("running.html", run=run)
        if len(run.files) == 1 and not run.fault:
            return self._page("file.html", run=run, file=run.files[0], number=1)
        return self._page("run.html", run=run)

    async def file(self, request: Request) -> Response:
        """Give the page of one return."""
        run, file = self._run_of(request, DropRun), self._file_of(request)
        return self._page("file.html", run=run, file=file, number=request.path_params["file"])

    async def result(self, request: Request) -> Response:
        """Give the result workbook of a return, to be kept where the browser keeps things."""
        file = self._file_of(request)
        if file.result is None or not file.result.is_file():
            raise HTTPException(404)
        return FileResponse(file.result, media_type=WORKBOOK, filename=file.result_name)

    async def open(self, request: Request) -> Response:
        """Open the result workbook of a return, for reading: it goes with the desk."""
        await self._asked(request)
        result = self._file_of(request).result
        if result is None or not result.is_file():
            raise HTTPException(404)
        result.chmod(0o400)
        if not await asyncio.to_thread(opened, result):
            return self._page("fault.html", 500, said=NOT_OPENED)
        return RedirectResponse(request.url.path.removesuffix("/open"), 303)

    async def own_form(self, request: Request) -> Response:
        """Give the page that an office's own form is dropped on."""
        return self._page("form.html", shipped=SHIPPED)

    async def judged(self, request: Request) -> Response:
        """Give the page of a form that was dropped."""
        run = self._run_of(request, FormRun)
        return self._page("judged.html" if run.ended else "running.html", run=run)

    async def shipped(self, request: Request) -> Response:
        """Give a 表样 that comes with perfxl, to be adapted."""
        path = SHIPPED.get(request.path_params["name"])
        if path is None:
            raise HTTPException(404)
        return FileResponse(path, media_type=WORKBOOK, filename=f"{path.stem}{ENDING}.xlsx")

    async def proposed(self, request: Request) -> Response:
        """Give the 表样 that is proposed."""
        run = self._run_of(request, FormRun)
        if run.form is None or run.form.judged.written is None:
            raise HTTPException(404)
        path = run.form.judged.written
        return FileResponse(path, media_type=WORKBOOK, filename=run.written_name)

    async def season(self, request: Request) -> Response:
        """Give the page of the season: its units and buttons, or how far its last run has come."""
        desk = self._desk
        if desk.season is None and (here := season_here()) is not None:
            desk.season = SeasonDesk(here, desk.runs)
        if desk.season is None:
            return self._page("choose.html", said="", typed="")
        if not desk.season.last.ended:
            return self._page("running.html", run=desk.season.last)
        return self._page("season.html", season=desk.season, actions=ACTIONS)

    async def another(self, request: Request) -> Response:
        """Give the page on which another season is chosen or made."""
        return self._page("choose.html", said="", typed="")

    async def unit_result(self, request: Request) -> Response:
        """Give the result of a unit's return that counts."""
        asked = request.query_params
        season = self._season_of(asked)
        path = season.result_of(asked.get("unit", ""), asked.get("project", ""))
        if path is None:
            raise HTTPException(410)
        return FileResponse(path, media_type=WORKBOOK, filename=path.name)

    async def events(self, request: Request) -> Response:
        """Give the stream that tells each side whether the other is still there."""
        return StreamingResponse(self._desk.watch(), media_type="text/event-stream")

    async def told(self, request: Request) -> Response:
        """Give how far a run has come, the steps told already left out."""
        run, since = self._run_of(request, DeskRun), request.query_params.get("since", "")
        ended = run.ended  # looked at before the steps: none comes after it
        told = [shown(on_page(said)) for said in run.told[int(since) if since.isdecimal() else 0 :]]
        return JSONResponse({"told": told, "total": run.total, "ended": ended})

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
        async with self._sent(request) as form:
            self._demand_token(form)
            wanted = await self._wanted(form)
            drop = await asyncio.to_thread(self._dropped, form)
        if not drop.paths:
            raise HTTPException(400)
        run = self._desk.check(drop, wanted)
        return RedirectResponse(f"/check/{run.number}", 303)

    async def judge(self, request: Request) -> Response:
        """Take an office's own form, and lead to the page of what was understood."""
        async with self._sent(request) as form:
            self._demand_token(form)
            given, *others = form.getlist("files") or [""]
            if others:
                return self._page("fault.html", 400, said=ONE_FORM)
            if not isinstance(given, UploadFile) or not given.filename:
                raise HTTPException(400)
            path = await self._kept(given)
        run = FormRun("看表样", called=self._desk.uploads.called(str(path)))
        use = self._desk.checking.use
        self._desk.runs.begin(run, partial(run.judge, FormJob(path, path.parent), use))
        return RedirectResponse(f"/form/{run.number}", 303)

    @staticmethod
    def _sent(request: Request) -> AbstractAsyncContextManager[FormData]:
        return request.form(max_files=MOST_MEMBERS, max_fields=MOST_FIELDS, max_part_size=MOST_TEXT)

    async def _kept(self, given: UploadFile) -> Path:
        """Keep a file that is not a return, and give where."""
        way = PurePosixPath(PurePosixPath(given.filename or "").name)
        return await asyncio.to_thread(self._desk.uploads.drop().keep, way, given.file)

    async def choose(self, request: Request) -> Response:
        """Take the folder of a season, an existing one or one to be made."""
        form = await self._asked(request)
        typed, make = str(form.get("folder", "")), form.get("make")
        try:
            take = partial(season_made, form=self._chosen(form)) if make else season_in
            self._desk.season = await asyncio.to_thread(take, typed, runs=self._desk.runs)
        except PerfxlError as error:
            said = f"{error.message}。{error.fix}。"
        except OSError as error:
            said = f"这个位置不能用({system_words(error)})。{OTHER_PLACE}。"
        else:
            return RedirectResponse("/season", 303)
        return self._page("choose.html", 400, said=said, typed=typed)

    async def act(self, request: Request) -> Response:
        """Begin what a button of the season stands for; a second click waits its turn."""
        season = self._season_of(await self._asked(request))
        action = ACTIONS.get(request.path_params["action"])
        if action is None:
            raise HTTPException(404)
        season.begin(action)
        return RedirectResponse("/season", 303)

    async def _asked(self, request: Request) -> FormData:
        """Give a form without files, sent by a page of ours."""
        form = await request.form(max_files=0, max_fields=MOST_FIELDS, max_part_size=MOST_TEXT)
        self._demand_token(form)
        return form

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
        """Give what is checked by: as in an earlier run, a 表样 given now or known, or 附件3."""
        given, like = form.get("form"), form.get("like")
        if like is not None:
            return next(
                (run.wanted for run in self._desk.checks if str(run.number) == like), NOTHING
            )
        if isinstance(given, UploadFile) and given.filename:
            return Wanted(await self._kept(given))
        return Wanted(self._chosen(form))

    def _chosen(self, form: FormData) -> Path | None:
        chosen = form.get("chosen")
        return self._desk.checking.forms.get(chosen) if isinstance(chosen, str) else None

    # ------------------------------------------------------------ what is asked for

    def _run_of(self, request: Request, kind: type[R]) -> R:
        number = request.path_params["run"]
        runs = (run for run in self._desk.runs.all if run.number == number)
        found = next(runs, None)
        if not isinstance(found, kind):
            raise HTTPException(404)
        return found

    def _season_of(self, asked: Mapping[str, Any]) -> SeasonDesk:
        """Give the season a page is of, unless another has been opened since that was shown."""
        season = self._desk.season
        if season is None or asked.get("season") != season.mark:
            raise HTTPException(409)
        return season

    def _file_of(self, request: Request) -> CheckedFile:
        number: int = request.path_params["file"]
        files = self._run_of(request, DropRun).files
        if not 0 < number <= len(files):
            raise HTTPException(404)
        return files[number - 1]
