"""What a unit typed comes through readable and does nothing, wherever perfxl writes or says it."""

from __future__ import annotations

import csv
import json
import re
import zipfile
from collections.abc import Mapping
from decimal import Decimal
from email import message_from_bytes, policy
from email.message import EmailMessage
from io import BytesIO
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree
from xml.sax.saxutils import escape, unescape

import build
import faulty
import kept
import pytest
from clerk import SOUND, fill_file, units
from editing import rewritten
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct, field
from pyarrow import parquet
from strategies import ODD_TEXTS
from test_season_cli import Ended, perfxl
from tiers import everyday

from perfxl.cli import faults
from perfxl.disk.files import LONGEST_NAME, safe_name
from perfxl.expr.tree import Key
from perfxl.form.answers import Cell, Values, read_answers
from perfxl.form.raw import Raw
from perfxl.forms.shipped import form_of
from perfxl.render.workbook import render
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
    "甲\n乙.xlsx", "=cmd恶\x1b[31m.xlsx", "甲\"'`$(恶)\u202excod.xlsx", "-rf\u200b.xlsx",
    "con.xlsx", "100% #?&.xlsx", "\udcff\udcfe.xlsx", " 甲 .xlsx",
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


class Parts(Struct):
    """What was seen in the parts of all workbooks of a season, gone through once."""

    acting: list[str] = field(default_factory=list)
    no_text: list[str] = field(default_factory=list)
    outward: list[tuple[Path, str]] = field(default_factory=list)
    books: list[Path] = field(default_factory=list)


class Season(Struct, frozen=True):
    """A season of hostile returns, and how each command on it ended."""

    folder: SeasonFolder
    parts: Parts
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
    with pytest.MonkeyPatch.context() as patch:
        faulty.at_once(patch)
        kept.work_once(patch)
        return _season(tmp_path_factory)


def _season(tmp_path_factory: pytest.TempPathFactory) -> Season:
    home = tmp_path_factory.mktemp("inert").resolve()
    assert perfxl(home, "new", "任务").code == 0
    folder = SeasonFolder(home / "任务")
    contact = {f"units.{n:03d}.contact": text for n, text in enumerate(REGISTERED, 1)}
    fill_file(folder.settings, {**SOUND, **units(*REGISTERED), **contact})
    assert perfxl(folder.root, "template").code == 0
    for number, name in enumerate(NAMES):
        place = number % len(REGISTERED)
        who: dict[Key, Raw] = {Key("unit", "code"): str(100201 + place)}
        if number != len(REGISTERED):
            who[Key("unit", "name")] = REGISTERED[place]
        (folder.returned / name).write_bytes(hostile(who, 5 * place))
    (folder.returned / "恶\x1b[2J\n.pdf").write_bytes(b"%PDF")
    ended = (
        perfxl(folder.root, "check"),
        perfxl(folder.root, "check", "-v", "--no-result", folder.returned / NAMES[0]),
        perfxl(folder.root, "check", "--json"),
        tuple(perfxl(folder.root, "mail", occasion) for occasion in ("发放", "催报", "退回修改")),
        perfxl(folder.root, "targets", "回收"),
        perfxl(folder.root, "export", "--parquet"),
    )
    return Season(folder, looked_through(workbooks(folder)), *ended)


def workbooks(folder: SeasonFolder) -> list[Path]:
    ours = [folder.issued, folder.results, folder.letters]
    found = [path for place in ours for path in place.rglob("*.xlsx")]
    return [*found, folder.rollup, folder.root / "建议指标值.xlsx"]


# ---------------------------------------------------------------- workbooks

OWN = ("f", "formula1", "formula2", "definedName", "formula", "sqref", "numFmt", "author")
TARGETS = ("Relationship", "hyperlink")


def looked_through(books: list[Path]) -> Parts:
    """Give what stands in these workbooks where it must not, and their links outward."""
    seen = Parts(books=books)
    for path in books:
        with zipfile.ZipFile(path) as archive:
            assert archive.testzip() is None
            for name in archive.namelist():
                for node in ElementTree.fromstring(archive.read(name)).iter():
                    _look(seen, path, f"{path} {name}", node)
    return seen


def _look(seen: Parts, path: Path, where: str, node: ElementTree.Element) -> None:
    if node.text:
        text = as_shown(node.text)
        if ACTING.search(text) or is_too_long(text):
            seen.acting.append(f"{where} {text[:80]}")
    if not node.attrib and "恶" not in (node.text or ""):
        return  # spares most nodes the rest
    tag = node.tag.rpartition("}")[2]
    named = tag not in TARGETS and any("恶" in value for value in node.attrib.values())
    if named or (tag in OWN and "恶" in (node.text or "")):
        seen.no_text.append(f"{where} {tag}")
    if node.get("TargetMode") == "External":
        seen.outward.append((path, unquote(str(node.get("Target")))))


def is_too_long(text: str) -> bool:
    return 2 * len(text) > LONGEST and len(text.encode("utf-16-le")) // 2 > LONGEST


def as_shown(text: str) -> str:
    """Give a text as a spreadsheet shows it that wrote it so."""
    return ESCAPE.sub(lambda match: chr(int(match[1], 16)), text) if "_x" in text else text


def test_a_text_is_not_cut_within_a_figure() -> None:
    text = "可能原因:填的是 240,000.00,大了一万倍"
    assert {safe.cut(text, most) for most in range(9, 19)} == {"可能原因:填的是 …"}
    assert safe.cut(text, 19) == "可能原因:填的是 240,000.00…"
    assert safe.cut("1" * 50, 40) == f"{'1' * 40}…"  # no figure of ours: what there is room for


def test_commands_end_as_usual(season: Season) -> None:
    assert season.check.code == 1, season.check
    assert [one.code for one in (season.targets, season.export, *season.mails)] == [0] * 5
    assert len(season.parts.books) >= len(NAMES) + len(REGISTERED) + 3


def test_no_text_in_a_workbook_acts_or_is_too_long(season: Season) -> None:
    assert season.parts.acting == []


def test_texts_are_texts(season: Season) -> None:
    """No formula, link, number format, name or sheet name comes from what a unit typed."""
    assert season.parts.no_text == []


def test_links_lead_within_the_workbook_or_to_files_of_the_season(season: Season) -> None:
    assert {path for path, _ in season.parts.outward} == {season.folder.rollup}
    assert all((path.parent / target).is_file() for path, target in season.parts.outward)
    assert len(season.parts.outward) >= len(NAMES)


def test_what_must_not_stand_in_a_workbook_is_seen(tmp_path: Path) -> None:
    """The search itself finds each of them where it is planted."""
    with zipfile.ZipFile(tmp_path / "x.xlsx", "w") as archive:
        acts, code = "<t>_x001B_[31m</t>", "<f>恶</f><c r='恶'/>"
        link = "<Relationship TargetMode='External' Target='http://x'/>"
        archive.writestr("a.xml", f"<a>{acts}{code}{link}<t>{'x' * (LONGEST + 1)}</t></a>")
    seen = looked_through([tmp_path / "x.xlsx"])
    assert [len(seen.acting), len(seen.no_text), len(seen.outward)] == [2, 2, 1]


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
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.reader(file))
        for row in rows:
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


def with_numbers(numbers: Mapping[str, str]) -> bytes:
    """Give the clean sample with numbers in cells as a spreadsheet stores them."""
    cells, stored = dict(build.read_sample("clean")[0]), dict[bytes, bytes]()
    for n, (key, text) in enumerate(numbers.items()):
        marker = f"98765432{n}.125"
        cells[Key.parse(key)] = Cell(Decimal(marker))
        stored[f"<v>{marker}</v></c>".encode()] = f"<v>{text}</v></c>".encode()
    form, found = form_of(workflow.load_rubric(None)), set[bytes]()

    def change(_: str, part: bytes) -> bytes:
        for typed, text in stored.items():
            found.update({typed} if typed in part else ())
            part = part.replace(typed, text)
        return part

    data = rewritten(render(Values(form, read_answers(form, cells))), change)
    assert found == stored.keys()
    return data


def assert_told(numbers: Mapping[str, str], rules: Mapping[str, str]) -> None:
    """Each of these is told by its rule, counts for nothing, and is told of the result again."""
    first = check(with_numbers(numbers))
    told = [(rule, keys) for rule, keys, _ in findings(first) if rule in rules.values()]
    assert sorted(told) == sorted((rules[key], key) for key in numbers)
    result = workflow.result_bytes(first)
    assert b"inf" not in b"".join(re.findall(rb"<v>(.*?)</v>", _sheets(result)))
    assert findings(check(result)) == [one for one in findings(first) if one[0] != "W06"]


FIGURES = [{key: text} for text in ABSURD for key in PLACES]
# all of the texts, each at one of the places
SEVERAL = [dict(zip(PLACES, ABSURD[at : at + 3], strict=False)) for at in range(0, len(ABSURD), 3)]


@pytest.mark.parametrize("numbers", everyday([*SEVERAL, *FIGURES], SEVERAL), ids=str)
def test_a_figure_nobody_can_mean_is_told_and_counts_for_nothing(numbers: dict[str, str]) -> None:
    assert_told(numbers, dict.fromkeys(PLACES, "W07"))


VAST = ("1E+300", "1E+15", "1E-300", "-1E+300")
JUDGED = {
    f"indicators.00{n}.{column}": rule
    for n, (column, rule) in enumerate([("target", "I03"), ("actual", "I04")] * 4, 1)
}
VALUES = [{key: text} for key in list(JUDGED)[:2] for text in VAST]
# each of the texts as a target and as an actual, of a row of its own
EACH = dict(zip(JUDGED, [text for text in VAST for _ in range(2)], strict=True))


@pytest.mark.parametrize("numbers", everyday([EACH, *VALUES], [EACH]), ids=str)
def test_a_value_nobody_can_mean_is_told(numbers: dict[str, str]) -> None:
    assert_told(numbers, JUDGED)


def _sheets(data: bytes) -> bytes:
    with zipfile.ZipFile(BytesIO(data)) as archive:
        return b"".join(archive.read(n) for n in archive.namelist() if "worksheets/sheet" in n)
