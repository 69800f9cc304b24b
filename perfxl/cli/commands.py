"""The commands: arguments in, workflow called, lines printed, exit code out (see `program`)."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from datetime import date
from pathlib import Path
from typing import Annotated, Any, NoReturn, cast

import typer
from typer.core import TyperCommand, TyperGroup

from perfxl import __version__
from perfxl.cli import usage, words
from perfxl.disk.terminal import say

USAGE_ERROR: type[Exception] = typer.BadParameter.__mro__[1]  # typer does not export it
CHECK = "check"  # what is done with a file that is named alone


class NobodyReads(Exception):  # noqa: N818 - an end, not an error
    """What we write to is closed: `| head` and the like."""


@contextmanager
def _own_word() -> Iterator[None]:
    """Say in a word of our own that nobody reads; typer would make it an exit code of its own."""
    try:
        yield
    except BrokenPipeError as error:
        raise NobodyReads from error


class _Chinese:
    """A command whose help, and whose word on what was typed wrong, is Chinese throughout."""

    def get_help(self, ctx: Any) -> str:
        return usage.help_text(ctx)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        words_typed = ["--help" if word == "/?" else word for word in args]  # as Windows has it
        try:
            slip = usage.slip(words_typed, ctx)
            if slip is not None and not ctx.resilient_parsing:
                raise typer.BadParameter(slip)
            return cast("list[str]", super().parse_args(ctx, words_typed))  # type: ignore[misc]
        except USAGE_ERROR as error:
            error.ctx = error.ctx or ctx  # type: ignore[attr-defined]
            raise


class _Command(_Chinese, TyperCommand):
    """One of the commands."""


class _Group(_Chinese, TyperGroup):
    """The commands together."""

    def make_context(self, *arguments: Any, **more: Any) -> Any:
        with _own_word():
            return super().make_context(*arguments, **more)

    def invoke(self, ctx: Any) -> Any:
        with _own_word():
            return super().invoke(ctx)

    def get_help(self, ctx: Any) -> str:
        return words.GUIDE

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Give the command that is named; a file alone is to be checked."""
        if args[0] not in self.commands and not ctx.resilient_parsing:
            if not _is_path(args[0]):
                raise typer.BadParameter(
                    usage.unknown_command(args[0], list(self.commands)), ctx=ctx
                )
            args = [CHECK, *args]
        return super().resolve_command(ctx, args)


def _is_path(word: str) -> bool:
    """Whether a word is a file or folder, or can only be meant for one."""
    return os.path.lexists(word) or bool(Path(word).suffix) or Path(word).name != word


app = typer.Typer(
    cls=_Group,
    context_settings={"help_option_names": ["-h", "--help"]},
    invoke_without_command=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        say(f"perfxl {__version__}")
        raise typer.Exit


def _count(text: str) -> int:
    if not str(text).isdecimal():  # typer gives the default itself, a number
        raise typer.BadParameter(f"应是 0 或更大的整数,写的是“{text}”")
    return int(text)


def _occasion(text: str) -> str:
    from perfxl.season.letters.texts import Occasion

    return _one_of(text, list(Occasion))


def _deed(text: str) -> str:
    from perfxl.cli.menu.menu import Deed

    return _one_of(text, list(Deed))


def _one_of(text: str, choices: Sequence[str]) -> str:
    if text not in choices:
        closest = usage.guess(text, choices) or f"。请写 {'、'.join(choices)} 中的一个"
        raise typer.BadParameter(f"没有“{text}”这一种{closest}")
    return text


def _year(text: str) -> int:
    from perfxl.form.model import YEARS

    if text not in map(str, YEARS):
        raise typer.BadParameter(f"应是四位数的年度,如 2023,写的是“{text}”")
    return int(text)


def _year_option(meaning: str) -> Any:
    return typer.Option("--year", metavar="年度", parser=_year, help=meaning)


def _place(output: str | None) -> Path | None:
    """Give where an output goes; what ends with a slash is a folder, made where there is none."""
    if output is None or not output.endswith(("/", "\\")):
        return None if output is None else Path(output)
    from perfxl.disk.files import demand_writable

    folder = Path(f"{output[:-1]}/")
    demand_writable(folder)
    return folder


RubricOption = Annotated[
    Path | None,
    typer.Option("--rubric", metavar="文件", help="评分标准文件(.toml 或 .xlsx);不给则用示例标准"),
]
FormOption = Annotated[
    Path | None,
    typer.Option(
        "--form",
        metavar="表样",
        help="表样:自己的 .xlsx,或自带的编号\n(都见 perfxl form);不给则用附件3",
    ),
]
YearOption = Annotated[int | None, _year_option("哪一年的表,如 2023(默认去年)")]
SeasonOption = Annotated[
    Path | None, typer.Option("--season", metavar="文件夹", help="任务文件夹(默认为当前所在的)")
]
JsonOption = Annotated[bool, typer.Option("--json", help="输出 JSON,供程序读取")]
OutputOption = Annotated[
    str | None,
    typer.Option(
        "-o",
        "--output",
        metavar="位置",
        help="保存为哪个文件,或放进哪个文件夹;\n末尾写 / 的是文件夹,没有就新建",
    ),
]
JobsOption = Annotated[
    int,
    typer.Option("--jobs", metavar="个数", parser=_count, help="同时处理几份(默认按处理器个数)"),
]


@app.callback()
def _root(
    context: typer.Context,
    version: Annotated[  # noqa: ARG001 - its callback does the work
        bool, typer.Option("--version", callback=_version, is_eager=True, help="显示版本")
    ] = False,
) -> None:
    """部门整体支出绩效自评表:生成模板、审核回收的表、写出审核结果。"""
    if context.invoked_subcommand is None:
        say(words.GUIDE)


@app.command("help", cls=_Command)
def help_(
    context: typer.Context,
    command: Annotated[
        str | None, typer.Argument(metavar="命令", help="如 check;不写则列出全部")
    ] = None,
) -> None:
    """说明一个命令怎么写。"""
    root = context.find_root()
    if command is None:
        say(words.GUIDE)
        return
    name, found, _ = root.command.resolve_command(root, [command])  # type: ignore[attr-defined]
    say(usage.help_text(typer.Context(found, parent=root, info_name=name)))


@app.command(cls=_Command)
def template(
    output: OutputOption = None,
    unit: Annotated[str, typer.Option("--unit", metavar="名称", help="单位名称,预填在表中")] = "",
    unit_code: Annotated[
        str, typer.Option("--unit-code", metavar="代码", help="单位代码,预填在表中")
    ] = "",
    own_form: FormOption = None,
    year: YearOption = None,
    rubric: RubricOption = None,
) -> None:
    """生成一份空白的、已加锁的自评表模板;在任务文件夹里,名单上每个单位一份。"""
    from perfxl.returns import workflow
    from perfxl.season import issue
    from perfxl.settings.folder import season_of

    season, wanted = season_of(Path(output or "")), workflow.Wanted(own_form, rubric, year)
    if season is not None:
        wanted.demand_nothing()
        for line in issue.issue(season, _place(output), unit_code, unit):
            say(line)
        return
    form = workflow.terms_of(wanted, _today()).form
    written = workflow.write_template(_place(output) or Path(), form, unit, unit_code)
    say(f"模板已生成:{written}({form.year} 年度)")


@app.command(cls=_Command)
def new(
    folder: Annotated[Path, typer.Argument(metavar="文件夹", help="任务文件夹,如 2022年度自评")],
    own_form: FormOption = None,
    year: Annotated[
        int | None, _year_option("哪一年的表,如 2023\n(默认看文件夹名,名中没有的为去年)")
    ] = None,
    rubric: RubricOption = None,
) -> None:
    """新建一个任务文件夹:任务设置.xlsx,以及发放、回收、结果三个文件夹。"""
    from perfxl.returns import workflow
    from perfxl.settings.folder import FORM_NAME
    from perfxl.settings.workbook import new_season, year_of_season

    lying = folder / FORM_NAME
    if own_form is None and os.path.lexists(lying):
        own_form = lying
    terms = workflow.terms_of(workflow.Wanted(own_form, rubric, year), _today())
    for path in new_season(folder, terms):
        say(f"已生成:{path}")
    scale = ",核对评分标准" if terms.form.rubric else ""
    say(words.AFTER_NEW.format(folder=folder, year=year_of_season(folder, terms), scale=scale))


@app.command(cls=_Command)
def check(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="文件或文件夹…",
            help="填好的自评表,或存放它们的文件夹;\n在任务文件夹里不写则审核“回收”",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", metavar="文件夹", help="审核结果放在哪个文件夹(默认在原文件旁)"
        ),
    ] = None,
    as_json: JsonOption = False,
    no_result: Annotated[bool, typer.Option("--no-result", help="只审核,不写审核结果文件")] = False,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="列出全部问题")] = False,
    previous: Annotated[
        Path | None,
        typer.Option(
            "--previous",
            metavar="文件",
            help="上次报送的表或审核结果:比较改正了哪些、\n又改动了哪些",
        ),
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(
            "--report",
            metavar="文件",
            help="单位的自评报告(.docx):核对报告里的表和数\n与自评表是否一致",
        ),
    ] = None,
    own_form: FormOption = None,
    year: Annotated[int | None, _year_option("应是哪一年的表,如 2023(默认按表里写明的)")] = None,
    rubric: RubricOption = None,
    jobs: JobsOption = 0,
    open_result: Annotated[
        bool, typer.Option("--open", help="审核完打开审核结果;几份的打开所在的文件夹")
    ] = False,
) -> None:
    """审核填好的自评表:核对合计与勾稽关系、指标完成情况和得分,写出审核结果。"""
    from perfxl.cli import console
    from perfxl.returns.workflow import Wanted
    from perfxl.season.checking import CheckRequest, checking

    request = CheckRequest(
        paths or [],
        _today(),
        output,
        previous,
        report,
        Wanted(own_form, rubric, year),
        not no_result,
        jobs,
    )
    if open_result:
        say(words.BEGUN, aside=True)
    with checking(request) as run:
        raise typer.Exit(console.show(run, as_json, verbose, open_result))


@app.command(cls=_Command)
def report(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="文件或文件夹…",
            help="填好的自评表,或存放它们的文件夹;\n在任务文件夹里可以不写",
        ),
    ] = None,
    output: OutputOption = None,
    own_form: FormOption = None,
    rubric: RubricOption = None,
    jobs: JobsOption = 0,
) -> None:
    """按自评表起草 Word 自评报告;在任务文件夹里,每个单位一份,另写一份汇总报告。"""
    from perfxl.cli import console
    from perfxl.returns.workflow import Wanted
    from perfxl.season.reports.writing import DraftRequest, drafting

    wanted = Wanted(own_form, rubric)
    with ExitStack() as opened:
        run = drafting(DraftRequest(paths or [], _today(), _place(output), wanted, jobs), opened)
        opened.enter_context(closing(run.drafts))
        raise typer.Exit(console.show_drafts(run))


@app.command(cls=_Command)
def fields(
    as_json: JsonOption = False,
    own_form: FormOption = None,
    year: YearOption = None,
    rubric: RubricOption = None,
) -> None:
    """列出表中每一个要填的格子。"""
    from perfxl.cli import console
    from perfxl.returns import workflow
    from perfxl.settings.workbook import form_at

    form = form_at(Path(), workflow.Wanted(own_form, rubric, year), _today())
    entries = list(workflow.fields(workflow.live_form(form)))
    if as_json:
        console.print_json(entries)
        return
    say(f"{form.year} 年度{form.title}要填的格子:")
    for entry in entries:
        need = "必填" if entry["required"] else "选填"
        more = f"(可填 {entry['rows']} 行)" if entry.get("repeats") else ""
        say(f"{entry['sheet']}!{entry['cell']}\t{need}\t{entry['label']}{more}")


@app.command(cls=_Command)
def rules(
    context: typer.Context,
    rule_id: Annotated[
        str | None, typer.Argument(metavar="编号", help="如 X01;不给则列出全部")
    ] = None,
    as_json: JsonOption = False,
    own_form: FormOption = None,
) -> None:
    """列出审核规则;给出编号则解释这一条。"""
    from perfxl.cli import catalogue, console
    from perfxl.returns.workflow import Wanted
    from perfxl.settings.workbook import unsettled_form_at

    known = catalogue.catalogue_of(unsettled_form_at(Path(), Wanted(own_form), _today()))
    if rule_id is None:
        if as_json:
            console.print_json([catalogue.rule_data(rule) for rule in known])
        else:
            say("\n".join(catalogue.rule_line(rule) for rule in known))
        return
    rule = catalogue.by_id(rule_id, known)
    if rule is None:
        closest = (
            usage.guess(rule_id, catalogue.names_of(known)) or f"。全部编号:{usage.PROGRAM} rules"
        )
        raise typer.BadParameter(f"没有编号为 {rule_id} 的规则{closest}", ctx=context)
    if as_json:
        console.print_json(catalogue.rule_data(rule))
    else:
        say("\n".join(catalogue.rule_page(rule)))


@app.command(cls=_Command)
def form(
    path: Annotated[
        Path | None,
        typer.Argument(
            metavar="文件",
            help="本单位自己的表(.xlsx):要填的格里写有【标记】的是表样,\n没有的是空白表",
        ),
    ] = None,
    output: OutputOption = None,
    name: Annotated[
        str | None,
        typer.Option("--name", metavar="编号", help="取出自带的哪一份(默认附件3),编号见 --list"),
    ] = None,
    listed: Annotated[bool, typer.Option("--list", help="列出自带的表样")] = False,
) -> None:
    """核对自己的表样;给的是空白表的,提出标记,另存为“…_表样.xlsx”。

    不写文件的,取出自带的附件3,照它改。
    """
    from perfxl.errors import Unreadable
    from perfxl.forms.shipped import DECLARED, FORMS
    from perfxl.returns.office import form_of_office, write_shipped

    if [path is not None, name is not None, listed].count(True) > 1:
        raise typer.BadParameter("写一个文件,或 --name 编号,或 --list,只写其中一样")
    if listed:
        for one in FORMS:
            remark = words.USUAL if one.id == DECLARED else ""
            say(f"{one.id}\t{one.title}\t{one.edition} 版{remark}")
        return
    if path is None:
        name = name or DECLARED
        written = write_shipped(name, _place(output))
        say(words.AFTER_SHIPPED.format(path=written, name=name))
        return
    try:
        found = form_of_office(path, _place(output))
    except Unreadable as error:
        _fail(f"{path}:{error.message}。{error.fix}。", 3)
    for line in found.lines:
        say(line)
    if found.written is not None:
        say(words.AFTER_FORM.format(path=found.written))
    if found.faults:
        say(words.FORM_FAULTY.format(name=path.name, count=len(found.faults)))
        say("\n".join(f"  {fault}" for fault in found.faults))
        raise typer.Exit(1)


@app.command(cls=_Command)
def rubric(
    path: Annotated[
        Path | None,
        typer.Argument(metavar="文件", help="评分标准(.toml 或 .xlsx);不给则用示例标准"),
    ] = None,
    output: OutputOption = None,
) -> None:
    """把评分标准转成 Excel 表来改(.toml 转 .xlsx),或反过来。"""
    from perfxl.returns import workflow

    say(f"评分标准已写出:{workflow.export_rubric(path, _place(output))}")


@app.command(cls=_Command)
def targets(
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="文件或文件夹…", help="几年的自评表,或存放它们的文件夹"),
    ],
    output: OutputOption = None,
    as_json: JsonOption = False,
    own_form: FormOption = None,
    rubric: RubricOption = None,
) -> None:
    """根据几年的自评表建议下一年的指标值,写出“建议指标值.xlsx”。"""
    from perfxl.cli import console
    from perfxl.returns.workflow import Wanted
    from perfxl.settings.workbook import unsettled_form_at
    from perfxl.targets import writing as season

    form = unsettled_form_at(paths[0], Wanted(own_form, rubric), _today())
    found = season.targets_of(paths, form)
    if as_json:
        console.print_json(season.targets_data(found))
    else:
        for one in found.unread:
            say(f"{one.source}:{one.why}。")
        say(season.outcome_line(found))
        if found.proposals:
            say(f"建议指标值已写出:{season.write_targets(found, _place(output) or Path())}")
    raise typer.Exit(3 if found.unread else 0)


@app.command(cls=_Command)
def mail(
    occasion: Annotated[
        str,
        typer.Argument(metavar="发放|催报|退回修改", parser=_occasion, help="什么时候用的邮件"),
    ],
    season: SeasonOption = None,
) -> None:
    """写好发给各单位的邮件草稿(只写不发),和贴到微信群里的文字。"""
    from perfxl.season.letters import writing as letters
    from perfxl.season.letters.texts import Occasion
    from perfxl.season.season import season_at

    with season_at(season) as at_hand:
        drafts = letters.mail_of(at_hand, Occasion(occasion), _today())
    say("\n".join(letters.outcome_lines(drafts)))
    raise typer.Exit(drafts.exit_code)


@app.command(cls=_Command)
def export(
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="文件夹", help="放进哪个文件夹(默认“导出”)"),
    ] = None,
    parquet: Annotated[
        bool, typer.Option("--parquet", help="另写 Parquet 文件(要另装一个库,没有时会说明)")
    ] = False,
    season: SeasonOption = None,
) -> None:
    """把收上来的数据导出成表(CSV,Excel 能直接打开),供另作分析。"""
    from perfxl.season.export.writing import export_of, outcome_lines
    from perfxl.season.season import season_at

    with season_at(season) as at_hand:
        written = export_of(at_hand, output, parquet)
    say("\n".join(outcome_lines(written)))


@app.command(cls=_Command)
def menu(
    deed: Annotated[
        str,
        typer.Argument(
            metavar="install|remove|show",
            parser=_deed,
            help="install 加上,remove 去掉,show 只显示会写什么",
        ),
    ],
) -> None:
    """在表和文件夹的右键菜单里加上“用 perfxl 审核”(只为自己,不用管理员)。"""
    from perfxl.cli.menu.menu import Deed, done

    for line in done(Deed(deed)):
        say(line)


@app.command(cls=_Command)
def desk(
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="不打开浏览器,只显示网页的地址")
    ] = False,
) -> None:
    """在浏览器里审核:把文件拖进网页,看结论,下载审核结果;文件不离开这台电脑。"""
    import sys

    from perfxl.cli.faults import fault_line
    from perfxl.cli.launch import has_page
    from perfxl.errors import UsageError

    if not has_page():
        raise UsageError.of("no-desk", python=sys.executable)
    from perfxl.desk.serving import serve

    serve(fault_line, browser=not no_browser)


def _today() -> date:
    return date.today()  # noqa: DTZ011 - the day on the clerk's calendar, whatever the zone


def _fail(message: str, code: int) -> NoReturn:
    say(message, aside=True)
    raise typer.Exit(code)
