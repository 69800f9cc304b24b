"""The command line: arguments in, workflow called, lines printed, exit code out.

Exit codes: 0 nothing at 错误 level, 1 findings at that level, 2 wrong usage, 3 some input could
not be read, 4 a result could not be written, 5 a fault of ours, 130 interrupted; the highest holds.
"""

from __future__ import annotations

import json
import sys
import traceback
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from perfxl import __version__

app = typer.Typer(
    help="部门整体支出绩效自评表:生成模板、审核回收的表、写出审核结果。",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

RubricOption = Annotated[
    Path | None, typer.Option("--rubric", help="评分标准文件(.toml);不给则用示例标准")
]
JsonOption = Annotated[bool, typer.Option("--json", help="输出 JSON,供程序读取")]


def _version(wanted: bool) -> None:
    if wanted:
        print(f"perfxl {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="显示版本")
    ] = False,
) -> None:
    """部门整体支出绩效自评表:生成模板、审核回收的表、写出审核结果。"""


@app.command()
def template(
    output: Annotated[Path | None, typer.Option("-o", "--output", help="保存为哪个文件")] = None,
    unit: Annotated[str, typer.Option("--unit", help="单位名称,预填在表中")] = "",
    unit_code: Annotated[str, typer.Option("--unit-code", help="单位代码,预填在表中")] = "",
    rubric: RubricOption = None,
) -> None:
    """生成一份空白的、已加锁的自评表模板。"""
    from perfxl import workflow

    scale = workflow.load_rubric(rubric)
    name = "_".join(filter(None, (unit_code, unit, "部门整体支出绩效自评表")))
    target = output or Path(f"{workflow.safe_name(name)}.xlsx")
    print(f"模板已生成:{workflow.write_template(target, scale, unit, unit_code)}")


@app.command()
def check(
    paths: Annotated[list[Path], typer.Argument(help="填好的自评表,或存放它们的文件夹")],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="审核结果放在哪个文件夹(默认在原文件旁)")
    ] = None,
    as_json: JsonOption = False,
    no_result: Annotated[bool, typer.Option("--no-result", help="只审核,不写审核结果文件")] = False,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="列出全部问题")] = False,
    rubric: RubricOption = None,
) -> None:
    """审核填好的自评表:核对合计与勾稽关系、指标完成情况和得分,写出审核结果。"""
    from perfxl import output as report
    from perfxl import workflow

    scale = workflow.load_rubric(rubric)
    checked = []
    for path in workflow.collect(paths):
        one = workflow.check_and_write(path, scale, output, write=not no_result)
        checked.append(one)
        if not as_json:
            print(
                "\n".join(report.summary(one, None if verbose else report.MOST_LINES)), end="\n\n"
            )
    if as_json:
        _print_json(report.document(checked))
    raise typer.Exit(max(one.exit_code for one in checked))


@app.command()
def fields(as_json: JsonOption = False, rubric: RubricOption = None) -> None:
    """列出表中每一个要填的格子。"""
    from perfxl import workflow

    entries = list(workflow.fields(workflow.form_of_template(workflow.load_rubric(rubric))))
    if as_json:
        _print_json(entries)
        return
    for entry in entries:
        need = "必填" if entry["required"] else "选填"
        more = f"(可填 {entry['rows']} 行)" if entry.get("repeats") else ""
        print(f"{entry['sheet']}!{entry['cell']}\t{need}\t{entry['label']}{more}")


@app.command()
def rules(
    rule_id: Annotated[
        str | None, typer.Argument(metavar="[编号]", help="如 X01;不给则列出全部")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """列出审核规则;给出编号则解释这一条。"""
    from perfxl import rules as catalogue
    from perfxl import words

    if rule_id is None:
        if as_json:
            _print_json([words.rule_data(rule) for rule in catalogue.RULES])
            return
        for rule in catalogue.RULES:
            print(f"{rule.id}  {rule.severity.word}  {rule.title}  {rule.name}")
        return
    one = catalogue.by_id(rule_id)
    if one is None:
        known = "、".join(rule.id for rule in catalogue.RULES)
        _fail(f"没有编号为 {rule_id} 的规则。现有:{known}", 2)
    if as_json:
        _print_json(words.rule_data(one))
    else:
        print("\n".join(words.rule_page(one)))


def _print_json(data: Any) -> None:
    text = json.dumps(data, ensure_ascii=False, indent=2)
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace") + b"\n")
    sys.stdout.flush()


def _fail(message: str, code: int) -> NoReturn:
    print(message, file=sys.stderr)
    raise typer.Exit(code)


def main() -> None:
    """Run the command line and exit with its code; no traceback ever reaches the user."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # a GBK console cannot print every glyph
    from perfxl.reading.intake import PerfxlError

    try:
        app()
    except PerfxlError as error:
        print(f"{error.message}。{error.fix}。", file=sys.stderr)
        sys.exit(4 if error.code in {"exists", "not-writable"} else 2)
    except BrokenPipeError:
        sys.exit(0)
    except Exception:  # a fault of ours: say so, keep the details for the report
        log = Path.cwd() / "perfxl-错误日志.txt"
        _keep_log(log, traceback.format_exc())
        print(f"perfxl 自身出错,不是您的表有问题。请把 {log} 发给维护人员。", file=sys.stderr)
        sys.exit(5)


def _keep_log(log: Path, details: str) -> None:
    try:
        log.write_text(f"perfxl {__version__}\n{details}", encoding="utf-8")
    except OSError:
        print(details, file=sys.stderr)
