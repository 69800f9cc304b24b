"""The manual says what is so: its links lead somewhere, its commands print what it shows.

A block marked `console` is a session that is run here. A line that begins with `> ` is typed, one
in round brackets is done by hand in Excel or the file manager (`DEEDS`), the others are what is
printed; `…` stands for whatever is left out, on a line of its own for any number of lines. The
blocks of a page are one session, in one temporary folder.
"""

from __future__ import annotations

import builtins
import doctest
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path

import docx
import pytest
from clerk import TERMS, fill_file, units
from own_form import DEEDS as OWN_FORM_DEEDS
from own_form import MENDED, STATED
from seasons import UNITS, WRONG, returned

from perfxl import errors
from perfxl.cli.catalogue import CATALOGUE
from perfxl.expr.office import ARGUMENTS
from perfxl.form.model import MOST_ROWS
from perfxl.form.raw import Raw
from perfxl.forms.office.checks import HEADINGS, RELATIONS, SEVERITIES
from perfxl.forms.office.model import CHECKS_SHEET, MOST_TOKENS, NOTES_SHEET
from perfxl.forms.office.notes import EDITION, MONEY, NAME, YEAR
from perfxl.forms.office.tokens import KINDS, MONEY_UNITS, Token, parse
from perfxl.forms.shipped import form_of
from perfxl.returns import workflow
from perfxl.text.stubs import TOKEN

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
sys.path.insert(0, str(DOCS))

import pictures  # noqa: E402

SAMPLES = ROOT / "sample_data"
MANUAL = [DOCS / "README.md", DOCS / "README.en.md", *sorted((DOCS / "manual").glob("*.md"))]
DECISIONS = sorted((DOCS / "decisions").glob("*.md"))
ENGINEERS = [
    ROOT / "CONTRIBUTING.md",
    ROOT / "README.en.md",
    *sorted((DOCS / "manual").glob("engineer*.md")),
    *DECISIONS,
]
PAGES = sorted({*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *SAMPLES.rglob("*.md")})
IMAGES = sorted((DOCS / "images").glob("*.png"))
LARGEST, MOST = 150 * 1024, 23  # bytes of a picture; pictures

FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
# what stands in backquotes: a file, a name in a module, a class or test
SPAN = re.compile(r"`([^`\n]+)`")
FILE = re.compile(r"(?:[a-z_\d]+/)+[\w.]*|\w+\.py")
DOTTED = re.compile(r"([a-z_]+)\.(?!toml|xlsx|json|md|py)([a-zA-Z_]+)(?:\(.*\))?")
DEFINED = re.compile(r"[A-Z]\w*[a-z]\w*(?:\.[a-z_]+)?|test_\w+")
DEFINITION = re.compile(r"^ *(?:class|def|from \S+ import) (\w+)", re.MULTILINE)
RULE_ID = re.compile(r"(?<![A-Za-z\d])[CDIRSTWX]\d\d(?!\d)")
SHEET = re.compile(r"“((?:表\d-\d|附件3) [^”]+)”")
QUESTION = re.compile(r"^### (.+)$", re.MULTILINE)


def read(page: Path) -> str:
    return page.read_text("utf-8")


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


# ---------------------------------------------------------------- links, names


def prose(page: Path) -> str:
    """Give a page without its blocks of code."""
    return FENCED.sub("", read(page))


@cache
def anchors(page: Path) -> set[str]:
    """Give what a link may name of a page: its headings, as git sites spell them."""
    found: set[str] = set()
    for heading in HEADING.findall(prose(page)):
        plain = re.sub(r"\]\([^)]*\)", "", heading).strip().lower()
        slug, number = re.sub(r"[^\w\- ]", "", plain).replace(" ", "-"), 0
        while (anchor := f"{slug}-{number}" if number else slug) in found:
            number += 1
        found.add(anchor)
    return found


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_and_pictures_lead_somewhere(page: Path) -> None:
    for link in LINK.findall(prose(page)):
        if link.startswith(("http://", "https://")):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{link}: no such file"
        assert not anchor or anchor in anchors(target), f"{link}: no such heading"


def test_pictures_are_shown_somewhere_and_are_small() -> None:
    shown = {(page.parent / link).resolve() for page in PAGES for link in LINK.findall(prose(page))}
    assert [picture.name for picture in IMAGES if picture not in shown] == []
    assert [picture.name for picture in IMAGES if picture.stat().st_size > LARGEST] == []
    assert len(IMAGES) <= MOST


def test_pictures_are_those_the_script_makes() -> None:
    assert {picture.stem for picture in IMAGES} == {*pictures.PICTURES, *pictures.PAGES}


@pytest.mark.parametrize("page", MANUAL, ids=name)
def test_rules_and_sheets_that_are_named_exist(page: Path) -> None:
    form = workflow.live_form(form_of(workflow.load_rubric(None)))
    assert set(RULE_ID.findall(prose(page))) <= {rule.id for rule in CATALOGUE}
    assert set(SHEET.findall(read(page))) <= {sheet.name for sheet in form.sheets}


def test_links_to_rules_are_named_after_them() -> None:
    for page in MANUAL:
        for text, path in re.findall(r"\[([^\]]*)\]\([^)]*rules/(\w\d\d)\.md\)", read(page)):
            assert text == path, f"{name(page)}: [{text}] leads to {path}"


def test_the_questions_are_many_and_cover_every_family_and_refusal() -> None:
    page = read(DOCS / "manual" / "questions.md")
    questions = QUESTION.findall(page)
    assert len(set(questions)) == len(questions) >= 40
    assert {found[0] for found in RULE_ID.findall(page)} == {rule.id[0] for rule in CATALOGUE}
    named = set(re.findall(r"`([a-z]+(?:-[a-z]+)*)`", page))
    kinds = (errors.Unreadable, errors.Unanswered)
    codes = {one.code or name for kind in kinds for name, one in kind.messages.items()}
    assert named == codes, "a code in backquotes is that of a file that cannot be read"


# ---------------------------------------------------------------- tokens

TOKENS = DOCS / "manual" / "tokens.md"
FUNCTION = re.compile("[A-Z]{2,}")


def part_of(page: Path, heading: str) -> str:
    """Give what stands under a heading of a page."""
    return read(page).split(f"\n## {heading}\n")[1].split("\n## ")[0]


def test_every_token_is_told() -> None:
    told = [parse(inner) for span in SPAN.findall(read(TOKENS)) for inner in TOKEN.findall(span)]
    assert {one.word for one in told if isinstance(one, Token)} == set(KINDS)
    assert [one for one in told if not isinstance(one, Token)] == []


def test_what_checks_and_notes_say_is_told() -> None:
    checks = part_of(TOKENS, CHECKS_SHEET)
    assert set(filter(FUNCTION.fullmatch, SPAN.findall(checks))) == set(ARGUMENTS)
    named = (*HEADINGS, *RELATIONS, *SEVERITIES)
    assert [name for name in named if name not in checks] == []
    named = (NAME, EDITION, YEAR, MONEY, *MONEY_UNITS)
    assert [name for name in named if name not in part_of(TOKENS, NOTES_SHEET)] == []
    assert f"{MOST_TOKENS:,}" in read(TOKENS)
    assert f"{MOST_ROWS:,}" in read(TOKENS)


# ---------------------------------------------------------------- what engineers are told

CODE = [ROOT / folder for folder in ("perfxl", "tests", "sample_data")]
NEXT_YEAR = "department_2023"  # the form an example of CONTRIBUTING adds


@cache
def sources() -> Mapping[Path, str]:
    return {path: read(path) for folder in CODE for path in sorted(folder.rglob("*.py"))}


def spans(page: Path, pattern: re.Pattern[str]) -> Iterator[re.Match[str]]:
    """Give what stands in backquotes on a page and is of this shape from end to end."""
    return filter(None, map(pattern.fullmatch, SPAN.findall(prose(page))))


def is_there(path: str) -> bool:
    """Whether a path, its `.py` left out or not, leads somewhere from where people look."""
    ends = ("", ".py")
    return any((top / f"{path}{end}").exists() for top in (ROOT, DOCS, *CODE) for end in ends)


@pytest.mark.parametrize("page", [page for page in PAGES if page.stem != "CHANGELOG"], ids=name)
def test_paths_lead_somewhere(page: Path) -> None:
    paths = [found[0] for found in spans(page, FILE)]
    assert [path for path in paths if not is_there(path) and NEXT_YEAR not in path] == []


@cache
def defined() -> set[str]:
    """Give the classes and functions of the code, and its modules."""
    found = {word for source in sources().values() for word in DEFINITION.findall(source)}
    return found | {path.stem for path in sources()} | set(dir(builtins))


def _has(module: str, word: str) -> bool:
    """Whether a module or package of ours speaks of a word."""
    return any(
        re.search(rf"\b{word}\b", source)
        for path, source in sources().items()
        if path.stem == module or path.parent.name == module
    )


@pytest.mark.parametrize("page", ENGINEERS, ids=name)
def test_names_of_the_code_exist(page: Path) -> None:
    dotted = [found.groups() for found in spans(page, DOTTED)]
    ours = [pair for pair in dotted if pair[0] not in sys.stdlib_module_names]
    assert [pair for pair in ours if not _has(*pair)] == []
    words = {word for found in spans(page, DEFINED) for word in found[0].split(".")}
    assert words <= defined()


@pytest.mark.parametrize("page", DECISIONS, ids=name)
def test_a_decision_ends_with_two_english_lines(page: Path) -> None:
    what, why = read(page).rstrip("\n").rpartition("\n\n")[2].split("\n")
    assert re.fullmatch(r"\*\*In short\.\*\* \S.{,135}\.", what)
    assert re.fullmatch(r"[A-Za-z].{,148}\.", why)


# ---------------------------------------------------------------- examples


def _typed_in(text: str) -> Raw:
    is_number = text.replace(".", "").isdecimal()
    return None if text == "空着" else Decimal(text) if is_number else text


def examples() -> list[tuple[str, ...]]:
    """Give the rows of the table that shows units how to fill an indicator in."""
    table = read(DOCS / "manual" / "unit.md").split("| 目标是 |")[1].split("\n\n")[0]
    rows = [line.strip("| ").split(" | ") for line in table.splitlines()[2:]]
    return [tuple(row) for row in rows]


@pytest.mark.parametrize(("aim", "symbol", "target", "unit", "actual"), examples())
def test_indicators_filled_in_as_shown_yield_nothing(
    aim: str, symbol: str, target: str, unit: str, actual: str
) -> None:
    told = {"symbol": symbol, "target": target, "unit": unit, "actual": actual}
    changes = {f"indicators.001.{column}": _typed_in(text) for column, text in told.items()}
    terms = workflow.Terms(workflow.load_rubric(None))
    checked = workflow.check_bytes(Path("x.xlsx"), returned(UNITS[0], changes=changes), terms)
    assert checked.reviewed.outcome.findings == ()
    assert checked.reviewed.outcome.not_checked == ()


def table_of(page: Path, heading: str) -> list[list[str]]:
    """Give the rows of the table that has this heading over its first column."""
    rows = read(page).split(f"\n| {heading} |")[1].split("\n\n")[0].splitlines()[2:]
    return [[cell.strip("` ") for cell in row.strip("|").split("|")] for row in rows]


def test_what_the_clerk_types_is_shown() -> None:
    page = DOCS / "manual" / "own-form.md"
    assert [row[1] for row in table_of(page, "格")] == list(dict.fromkeys(MENDED.values()))
    assert [list(filter(None, row)) for row in table_of(page, "编号")] == [list(STATED.values())]


@pytest.mark.parametrize("page", ["engineer.md", "engineer.en.md"])
def test_the_life_of_a_value_is_as_told(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    told = doctest.testfile(str(DOCS / "manual" / page), module_relative=False, encoding="utf-8")
    assert told.failed == 0
    assert told.attempted > 10


# ---------------------------------------------------------------- sessions

Deed = Callable[[Path], object]


def _copied(sample: str, to: str) -> Deed:
    return lambda folder: shutil.copy(SAMPLES / sample / "filled.xlsx", folder / to)


def _settings_filled(folder: Path) -> None:
    names = (unit.name for unit in UNITS)
    fill_file(folder / "任务设置.xlsx", {**TERMS, **units(*names)})


def _returns_put(folder: Path) -> None:
    for unit, changes in zip(UNITS[:2], ({}, WRONG), strict=True):
        data = returned(unit, changes=changes)
        (folder / "回收" / f"{unit.name}.xlsx").write_bytes(data)


def _folder_of_returns(folder: Path) -> None:
    (folder / "收到的表").mkdir()
    _copied("xinhua_2022", "收到的表/新华街道.xlsx")(folder)
    _copied("clean", "收到的表/文化馆.xlsx")(folder)
    (folder / "收到的表" / "体育中心.xlsx").write_bytes(b"%PDF-1.7")


def _report_mistyped(folder: Path) -> None:
    path = folder / "新华街道_再报_自评报告.docx"
    report = docx.Document(str(path))
    told = [run for part in report.paragraphs for run in part.runs if "809.28" in run.text]
    told[0].text = told[0].text.replace("809.28", "899.3")
    report.save(str(path))


DEEDS: Mapping[str, Deed] = {
    **OWN_FORM_DEEDS,
    "把样例 sample_data/xinhua_2022/filled.xlsx 复制到这里,改名 新华街道.xlsx": _copied(
        "xinhua_2022", "新华街道.xlsx"
    ),
    "单位改好了:把样例 sample_data/corrected/filled.xlsx 复制到这里,改名 新华街道_再报.xlsx": (
        _copied("corrected", "新华街道_再报.xlsx")
    ),
    "把收到的三份表放进文件夹 收到的表": _folder_of_returns,
    "在 Word 里把报告 新华街道_再报_自评报告.docx 的 809.28 改成 899.3,保存,关闭": _report_mistyped,
    "用 Excel 打开 任务设置.xlsx,填好参数和三家单位,保存,关闭": _settings_filled,
    "收到两家的表,放进“回收”": _returns_put,
}


def sessions(page: Path) -> list[tuple[str, str]]:
    """Give what is typed or done in a page's blocks, one after the other, and what is printed."""
    lines = "".join(body for mark, body in FENCED.findall(read(page)) if mark == "console")
    found: list[tuple[str, list[str]]] = []
    for line in lines.splitlines():
        if line.startswith(("> ", "(")):
            found.append((line, []))
        elif line:
            found[-1][1].append(line)
    return [(typed, "\n".join(printed)) for typed, printed in found]


RUN = [page for page in PAGES if sessions(page)]


def agrees(shown: str, printed: str) -> bool:
    """Whether a page shows what was printed, but for what it leaves out."""
    parts = (re.escape(line).replace("…", ".*") for line in shown.splitlines())
    return bool(re.fullmatch("\n".join("(?s:.*)" if p == ".*" else p for p in parts), printed))


def done(line: str, folder: Path) -> tuple[Path, str]:
    """Do what a line says in a folder; give the folder we are in then, and what was printed."""
    if line.startswith("("):
        DEEDS[line.strip("()")](folder)
        return folder, ""
    command, *words = line.removeprefix("> ").split()
    if command == "cd":
        return (folder / words[0]).resolve(), ""
    assert command == "perfxl"
    run = [sys.executable, "-m", "perfxl", *words]
    ended = subprocess.run(
        run, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120
    )
    return folder, "\n".join(filter(None, ended.stdout.decode().splitlines()))


def test_the_pages_with_sessions_are_found() -> None:
    assert {name(page) for page in RUN} >= {
        "docs/README.md",
        "docs/manual/office.md",
        "docs/manual/season.md",
    }


@pytest.mark.deep
@pytest.mark.parametrize("page", RUN, ids=name)
def test_sessions_print_what_the_page_shows(page: Path, tmp_path: Path) -> None:
    folder = tmp_path
    for line, shown in sessions(page):
        folder, printed = done(line, folder)
        assert agrees(shown, printed), f"{line}\n{printed}"


@pytest.mark.parametrize(
    ("shown", "printed", "same"),
    [
        ("共 2 份", "共 2 份", True),
        ("共 2 份", "共 3 份", False),
        ("共 2 份", "共 2 份\n汇总", False),
        ("汇总:…汇总.xlsx", "汇总:D:/自评/汇总.xlsx", True),
        ("一\n…\n三", "一\n二\n二\n三", True),
        ("一\n…\n三", "一\n二\n二", False),
        ("(3)", "3", False),
    ],
)
def test_only_what_is_left_out_may_differ(shown: str, printed: str, same: bool) -> None:
    assert agrees(shown, printed) is same


def _typed() -> Iterator[str]:
    return (line for page in RUN for line, _ in sessions(page))


def test_every_deed_is_done_somewhere() -> None:
    assert {line.strip("()") for line in _typed() if line.startswith("(")} == DEEDS.keys()
