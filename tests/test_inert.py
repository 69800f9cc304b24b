"""What a unit typed comes through readable and does nothing, wherever perfxl writes or says it."""

from __future__ import annotations

import csv
import json
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from email import message_from_bytes, policy
from email.message import EmailMessage
from io import BytesIO
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree
from xml.sax.saxutils import escape, unescape

import build
import pytest
from clerk import SOUND, fill_file, units
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet
from strategies import ODD_TEXTS
from test_season_cli import Ended, perfxl

from perfxl.cli import faults
from perfxl.disk.files import LONGEST_NAME, safe_name
from perfxl.expr.tree import Key
from perfxl.form.answers import Cell, Raw
from perfxl.returns import workflow
from perfxl.returns.output import Checked
from perfxl.settings.folder import SeasonFolder
from perfxl.text import safe

# in one process: its season takes long to make
pytestmark = pytest.mark.xdist_group("inert")

NASTY = (
    "=恶1+1", "+恶|' /C calc'!A0", "-恶", "@SUM(恶)", "{=恶}", "＝恶", '=HYPERLINK("http://恶","看")',
    "\t=恶", "http://恶.example/a", "mailto:恶@example.org", "file:///恶", "internal:表!A1恶",
    "<r>恶</r>", "<b onclick=恶>", "]]>恶", "恶&amp;", "恶\x1b[31m红", "恶\x1b]0;title\x07",
    "恶\x00", "恶\x08\x7f", "恶\x9b31m", "恶_x001B_[31m", "恶_x005F_x001B_",
    "恶_x005F_x005F_x001B_x9B31_", "恶\r\nBcc: x@y.cn",
    "恶\u202egpj.exe", "恶\u2066\u200f\u061c", "恶\u200b\u200d\ufeff\u00ad", "恶\ufffe\uffff",
    "恶\ud800", "恶\u2028\u2029", "恶\x85", "恶" * 32_767, "恶😀" * 16_384, "#REF!恶", "'恶",
    "恶\U000e0041",
)  # fmt: skip
ACTING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)
UNSEEN = re.compile(rf"{ACTING.pattern}|[\u200b-\u200d\u2060\ufeff\u00ad\U000e0041]")
NOT_IN_XML = "[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]"
ESCAPE = re.compile("_x([0-9a-fA-F]{4})_")
LONGEST = 32_767
NAMES = (
    "甲\n乙.xlsx", "甲\x1b[31m.xlsx", "=cmd恶.xlsx", "甲\"'`$(恶).xlsx", "甲\u202excod.xlsx",
    "甲\u200b.xlsx", "-rf.xlsx", "con.xlsx", "100% #?&.xlsx", "\udcff\udcfe.xlsx", " 甲 .xlsx",
)  # fmt: skip
SHEET = "表\u202e1-3\x1b=恶"


# ---------------------------------------------------------------- hostile returns


def as_written(text: str) -> str:
    """Give a text as the XML of a spreadsheet writes it, `_xHHHH_` for what XML cannot hold."""
    return escape(re.sub(NOT_IN_XML, lambda m: f"_x{ord(m[0]):04X}_", text))


def hostile(who: Mapping[Key, Raw], first: int) -> bytes:
    """Give the clean sample of a unit with something nasty in every other cell that holds a text.

    One of its sheets has a nasty name.
    """
    cells = dict(build.read_sample("clean")[0])
    texts = (key for key, cell in cells.items() if isinstance(cell.raw, str))
    cells |= {key: Cell(f"@@{n % len(NASTY)}@@") for n, key in enumerate(texts, first)}
    cells |= {key: Cell(raw) for key, raw in who.items()}
    return rewritten(build.filled(cells), _nasty)


def _nasty(name: str, part: bytes) -> bytes:
    if name.endswith("sharedStrings.xml"):
        return re.sub(b"@@([0-9]+)@@", lambda m: as_written(NASTY[int(m[1])]).encode(), part)
    if name.endswith("workbook.xml"):
        return part.replace('"表1-3 收入"'.encode(), f'"{as_written(SHEET)}"'.encode())
    return part


def rewritten(data: bytes, change: Callable[[str, bytes], bytes]) -> bytes:
    """Give a workbook with its parts changed."""
    target = BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
    return target.getvalue()


@dataclass(frozen=True)
class Season:
    """A season of hostile returns, and how each command on it ended."""

    folder: SeasonFolder
    check: Ended
    verbose: Ended
    document: Ended
    mails: tuple[Ended, ...]
    targets: Ended
    export: Ended

    @property
    def said(self) -> list[str]:
        """All that was printed."""
        ended = (self.check, self.verbose, *self.mails, self.targets, self.export)
        return [text for one in ended for text in (one.out, one.err)]


REGISTERED = ("+恶1+1", "恶\u202egpj.exe", "恶\u200b校", "<b>恶</b>\n\"'&")


@pytest.fixture(scope="module")
def season(tmp_path_factory: pytest.TempPathFactory) -> Season:
    home = tmp_path_factory.mktemp("inert").resolve()
    assert perfxl(home, "new", "任务").code == 0
    folder = SeasonFolder(home / "任务")
    contact = {f"units.{n:03d}.contact": text for n, text in enumerate(REGISTERED, 1)}
    fill_file(folder.settings, {**SOUND, **units(*REGISTERED), **contact})
    assert perfxl(folder.root, "template").code == 0
    for number, name in enumerate(NAMES):
        place = number % len(REGISTERED)
        who: dict[Key, Raw] = {Key("unit", "code"): str(100201 + place)}
        if number < 2 * len(REGISTERED):
            who[Key("unit", "name")] = REGISTERED[place]
        data = hostile(who, 5 * number)
        (folder.returned / name).write_bytes(data)
    (folder.returned / "恶\x1b[2J\n.pdf").write_bytes(b"%PDF")
    return Season(
        folder,
        perfxl(folder.root, "check"),
        perfxl(folder.root, "check", "-v", "--no-result", folder.returned / NAMES[0]),
        perfxl(folder.root, "check", "--json"),
        tuple(perfxl(folder.root, "mail", occasion) for occasion in ("发放", "催报", "退回修改")),
        perfxl(folder.root, "targets", "回收"),
        perfxl(folder.root, "export", "--parquet"),
    )


def workbooks(season: Season) -> list[Path]:
    ours = [season.folder.issued, season.folder.results, season.folder.letters]
    found = [path for folder in ours for path in folder.rglob("*.xlsx")]
    return [*found, season.folder.rollup, season.folder.root / "建议指标值.xlsx"]


# ---------------------------------------------------------------- workbooks


def parts(path: Path) -> Iterator[tuple[str, ElementTree.Element]]:
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        for name in archive.namelist():
            yield name, ElementTree.fromstring(archive.read(name))


def local(node: ElementTree.Element) -> str:
    return node.tag.rpartition("}")[2]


def as_shown(text: str) -> str:
    """Give a text as a spreadsheet shows it that wrote it so."""
    return ESCAPE.sub(lambda match: chr(int(match[1], 16)), text)


def test_commands_end_as_usual(season: Season) -> None:
    assert season.check.code == 1, season.check
    assert [one.code for one in (season.targets, season.export, *season.mails)] == [0] * 5
    assert len(workbooks(season)) >= len(NAMES) + len(REGISTERED) + 3


def test_no_text_in_a_workbook_acts_or_is_too_long(season: Season) -> None:
    for path in workbooks(season):
        for name, tree in parts(path):
            for node in tree.iter():
                text = as_shown(node.text or "")
                assert not ACTING.search(text), (path, name, text[:80])
                assert len(text.encode("utf-16-le")) // 2 <= LONGEST, (path, name)


def test_texts_are_texts(season: Season) -> None:
    """No formula, link, number format, name or sheet name comes from what a unit typed."""
    own = ("f", "formula1", "formula2", "definedName", "formula", "sqref", "numFmt", "author")
    for path in workbooks(season):
        for name, tree in parts(path):
            for node in tree.iter():
                assert local(node) not in own or "恶" not in (node.text or ""), (path, name)
                if local(node) not in {"Relationship", "hyperlink"}:
                    assert not any("恶" in value for value in node.attrib.values()), (path, name)


def test_links_lead_within_the_workbook_or_to_files_of_the_season(season: Season) -> None:
    outward = 0
    for path in workbooks(season):
        for name, tree in parts(path):
            for node in tree.iter():
                if node.get("TargetMode") == "External":
                    assert path == season.folder.rollup, (path, name)
                    target = str(node.get("Target"))
                    assert (path.parent / unquote(target)).is_file(), target
                    outward += 1
    assert outward >= len(NAMES)


def test_a_result_keeps_what_was_typed_but_for_what_acts() -> None:
    cells: dict[Key, Raw] = {}
    checked = check(hostile(cells, 0))
    assert checked.values is not None
    again = check(workflow.result_bytes(checked))
    assert again.values is not None
    texts = {
        key: safe.fitting(answer.value, LONGEST)
        for key, answer in checked.values.answers.items()
        if isinstance(answer.value, str)
    }
    kept = again.values.answers
    assert {key: kept[key].value for key in texts} == texts
    typed = (safe.storable(as_shown(unescape(as_written(text)))) for text in NASTY)
    assert {safe.fitting(text.strip(), LONGEST) for text in typed} <= {
        text.strip() for text in texts.values()
    }


def check(data: bytes) -> Checked:
    return workflow.check_bytes(Path("甲.xlsx"), data, workflow.Terms(workflow.load_rubric(None)))


# ---------------------------------------------------------------- terminal, JSON, log


def test_nothing_printed_steers_the_terminal(season: Season) -> None:
    assert any("恶" in text for text in season.said)
    for text in season.said:
        assert not UNSEEN.search(text), UNSEEN.findall(text)


def test_a_name_of_a_file_is_one_line(season: Season) -> None:
    lines = season.check.out.splitlines()
    assert sum("甲 乙" in line for line in lines) == 1
    assert not any(line.startswith("乙") for line in lines)


def test_json_is_inert_and_loses_nothing(season: Season) -> None:
    text = season.document.out
    assert not UNSEEN.search(text)
    document = json.loads(text)
    told = [finding["message"] for one in document["files"] for finding in one["findings"]]
    assert not ACTING.search("".join(told))
    paths = {entry["path"] for entry in document["files"]}
    assert {str(season.folder.returned / name) for name in NAMES if "\udcff" not in name} <= paths


def test_the_log_takes_any_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    log = faults._logged(tmp_path, "\n".join(NASTY))
    assert not UNSEEN.search(log.read_text(encoding="utf-8"))


# ---------------------------------------------------------------- mails, tables


def test_drafts_carry_no_header_or_content_of_others(season: Season) -> None:
    drafts = list(season.folder.letters.rglob("*.eml"))
    assert len(drafts) >= len(REGISTERED)
    allowed = {"X-Perfxl", "Content-Type", "MIME-Version", "X-Unsent", "From", "To", "Subject"}
    for path in drafts:
        message = message_from_bytes(path.read_bytes(), policy=policy.default)
        assert isinstance(message, EmailMessage)
        assert set(message.keys()) <= allowed
        assert re.fullmatch(r"[0-9]+@example\.com", message["To"])
        kinds = [part.get_content_type() for part in message.walk()]
        assert "text/html" not in kinds
        body = message.get_body(("plain",))
        assert body is not None
        told = [message["Subject"], body.get_content()]
        told += [part.get_filename() or "" for part in message.iter_attachments()]
        for text in told:
            assert not UNSEEN.search(text.replace("\r\n", "\n")), (path, text)


def test_cells_of_tables_are_texts(season: Season) -> None:
    number = re.compile(r"-?[0-9]+(\.[0-9]+)?|[-=+@]")
    found = 0
    for path in (season.folder.root / "导出").glob("*.csv"):
        for row in csv.reader(path.open(encoding="utf-8-sig", newline="")):
            for cell in row:
                found += "恶" in cell
                assert not ACTING.search(cell), (path, cell[:80])
                risky = cell.lstrip("\u200b\u200d\ufeff \n")[:1] in tuple("=+-@＝＋－＠\t\r")
                assert not cell or not risky or number.fullmatch(cell), (path, cell[:80])
    assert found > len(NASTY)
    for path in (season.folder.root / "导出").glob("*.parquet"):
        for column in parquet.read_table(path).to_pydict().values():
            assert not any(isinstance(text, str) and ACTING.search(text) for text in column)


def test_names_of_our_files_are_names_on_every_system(season: Season) -> None:
    for path in (path for path in season.folder.root.rglob("*") if path.is_file()):
        if not path.is_relative_to(season.folder.returned):
            assert not re.search(r'[<>:"|?*\\]', path.name), path
            assert not UNSEEN.search(path.name), path
            assert not re.fullmatch(r"(?i)(con|nul|aux|prn)(\..*)?", path.name)


# ---------------------------------------------------------------- laws of the cleaning


ANY = st.text(st.characters() | st.sampled_from("\r\n\0\x1b\x9b\u202e\u200b\u2028\ud800=+-@_x"))


@given(ANY | st.sampled_from(NASTY + ODD_TEXTS))
def test_what_is_shown_is_seen(text: str) -> None:
    assert not UNSEEN.search(safe.shown(text))
    assert safe.shown(safe.shown(text)) == safe.shown(text)
    assert len(safe.line(text).splitlines()) <= 1
    assert safe.one_line(text) == safe.one_line(safe.one_line(text))
    safe.shown(text).encode()


@given(ANY | st.sampled_from(NASTY + ODD_TEXTS))
def test_what_is_held_is_what_was_typed_but_for_what_acts(text: str) -> None:
    kept = safe.storable(text)
    assert not ACTING.search(kept)
    unbroken = text.replace("\r\n", "\n").replace("\r", "\n")
    assert len(kept) == len(unbroken)
    assert all(new in (old, safe.BOX) for new, old in zip(kept, unbroken, strict=True))
    kept.encode()


@given(ANY | st.sampled_from(NASTY + ODD_TEXTS))
def test_json_gives_every_text_back(text: str) -> None:
    document = safe.in_json(json.dumps({"text": text}, ensure_ascii=False))
    assert not UNSEEN.search(document)
    assert json.loads(document.encode())["text"] == text


@given(ANY | st.sampled_from(NASTY + ODD_TEXTS), st.integers(1, 100))
def test_fitting_fits(text: str, most: int) -> None:
    whole = safe.storable(text)
    part = safe.fitting(whole, most)
    assert whole.startswith(part)
    assert len(part.encode("utf-16-le")) // 2 <= most
    assert part == whole or len(part.encode("utf-16-le")) // 2 >= most - 1


@given(ANY | st.sampled_from(NASTY + ODD_TEXTS))
def test_a_safe_name_is_a_name(text: str) -> None:
    name = safe_name(text)
    assert name
    assert len(name.encode()) <= LONGEST_NAME + 1
    assert not UNSEEN.search(name)
    assert not re.search(r'[<>:"/\\|?*\n\t]', name)


# ---------------------------------------------------------------- numbers nobody can mean


ABSURD = ("1E+300", "-1E+300", "1E+12", "1.7976931348623157E+308", "1E-300", "5E-324", "123E+20")
PLACES = ("income.other.final", "scores.result_use.score", "project_indicators.001.stated_rate")


def findings(checked: Checked) -> list[tuple[str, str, str]]:
    assert checked.outcome is not None
    return [(f.rule.id, " ".join(map(str, f.keys)), f.message) for f in checked.outcome.findings]


def with_number(key: str, text: str) -> bytes:
    """Give the clean sample with a number in a cell as a spreadsheet stores it."""
    marker = "987654321.125"
    cells = {**build.read_sample("clean")[0], Key.parse(key): Cell(Decimal(marker))}
    typed, stored = f"<v>{marker}</v></c>".encode(), f"<v>{text}</v></c>".encode()
    data = rewritten(build.filled(cells), lambda _, part: part.replace(typed, stored))
    assert data != build.filled(cells)
    return data


@pytest.mark.parametrize("key", PLACES)
@pytest.mark.parametrize("text", ABSURD)
def test_a_figure_nobody_can_mean_is_told_and_counts_for_nothing(key: str, text: str) -> None:
    first = check(with_number(key, text))
    told = [one for one in findings(first) if one[0] == "W07"]
    assert [one[1] for one in told] == [key]
    result = workflow.result_bytes(first)
    assert b"inf" not in b"".join(re.findall(rb"<v>(.*?)</v>", _sheets(result)))
    again = check(result)
    assert findings(again) == [one for one in findings(first) if one[0] != "W06"]


@pytest.mark.parametrize("key", ["indicators.001.target", "indicators.001.actual"])
@pytest.mark.parametrize("text", ["1E+300", "1E+15", "1E-300", "-1E+300"])
def test_a_value_nobody_can_mean_is_told(key: str, text: str) -> None:
    first = check(with_number(key, text))
    wanted = "I03" if key.endswith("target") else "I04"
    assert [one[1] for one in findings(first) if one[0] == wanted] == [key]
    again = check(workflow.result_bytes(first))
    assert findings(again) == [one for one in findings(first) if one[0] != "W06"]


def _sheets(data: bytes) -> bytes:
    with zipfile.ZipFile(BytesIO(data)) as archive:
        return b"".join(archive.read(n) for n in archive.namelist() if "worksheets/sheet" in n)
