"""Drafts of letters on disk: one unsent mail a unit, and all texts in one workbook.

A draft is an .eml that mail programs open for sending (`X-Unsent`). Its first line, `X-Perfxl`, is
the fingerprint of the rest: a draft that still agrees with it is ours and may be replaced or taken
away; one that does not has been worked on and is left as it is. No date and no random boundary go
in, so the same letter gives the same bytes and a second run writes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from email.header import Header
from email.mime.application import MIMEApplication
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.policy import compat32
from functools import partial
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

from msgspec import Struct, field

from perfxl.disk.files import safe_name, write_beside, write_file
from perfxl.errors import WriteError
from perfxl.form.register import Unit, bare
from perfxl.returns.places import our_place
from perfxl.returns.records import UNREADABLE, Entry, Record
from perfxl.returns.versions import Versions, versions
from perfxl.season.issue import template_name
from perfxl.season.letters.sheets import ID, texts
from perfxl.season.letters.texts import Letter, Occasion, Template, addresses, letters
from perfxl.season.season import Season
from perfxl.settings.campaign import Campaign
from perfxl.settings.folder import ROLLUP_NAME, SETTINGS_NAME, SeasonFolder
from perfxl.text.safe import one_line

MARKER = b"X-Perfxl: "
# every part is base64, in which this cannot occur
BOUNDARY = "=_perfxl"
POLICY = compat32.clone(linesep="\r\n", max_line_length=998)  # lines are broken where we say
WORKBOOK_TYPE = "vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LONGEST_STEM = 90  # of an attachment's name, nine letters each in a header line of at most 998
MOST_NAMED = 6
STRAYS = f"认不出是哪个单位的,没有写信,请先看 {ROLLUP_NAME} 的“其他文件”"
UNOPENED = "已收到,打不开,但不是单位的原因,没有写信;照审核时说的处理好,再审核一次"
MAYBE_DUE = ",可能就是要催的单位报来的"

Attachment = tuple[str, bytes]  # name and content
Records = Callable[[Collection[str]], Iterable[Record]]  # of the sources named


class Drafts(Struct):
    """What became of the letters of one occasion."""

    occasion: Occasion
    folder: Path
    written: list[Path] = field(default_factory=list)
    unchanged: list[Path] = field(default_factory=list)
    removed: list[Path] = field(default_factory=list)  # no longer due
    renamed: list[Path] = field(default_factory=list)  # removed too: the unit's name has changed
    edited: list[Path] = field(default_factory=list)  # due, but somebody has worked on it
    stale: list[Path] = field(default_factory=list)  # no longer due, but not ours to take away
    unaddressed: list[Letter] = field(default_factory=list)
    no_template: list[Letter] = field(
        default_factory=list
    )  # not written: it lacks what goes with it
    no_result: list[Letter] = field(default_factory=list)
    strays: list[str] = field(default_factory=list)  # files that nobody knows of whom they are
    unopened: list[str] = field(default_factory=list)  # files of units, by no fault of theirs
    failed: list[WriteError] = field(default_factory=list)
    texts: Path | None = None

    @property
    def exit_code(self) -> int:
        """0, or 4 where something could not be written."""
        return 4 if self.failed else 0


def mail_of(season: Season, occasion: Occasion, today: date) -> Drafts:
    """Write the drafts due on an occasion in a season; what came back must have been checked."""
    if occasion is not Occasion.ISSUE:
        season.demand_checked()
    entries, records = season.store.entries(), season.store.records
    template = partial(_template, season)
    return write_letters(
        season.folder, season.campaign, occasion, entries, records, template, today
    )


def _template(season: Season, unit: Unit) -> str:
    name = template_name(unit, season.campaign.form)
    return (season.folder.issued / name).relative_to(season.folder.root).as_posix()


def write_letters(
    folder: SeasonFolder,
    campaign: Campaign,
    occasion: Occasion,
    entries: Iterable[Entry],
    records: Records,
    template: Template,
    today: date,
) -> Drafts:
    """Write the drafts due on an occasion; what cannot be written is told, never raised.

    `template` names the file issued to a unit, from the season's folder and with slashes.
    """
    found = versions(entries)
    drafts = Drafts(occasion, folder.letters / occasion.value)
    if occasion is not Occasion.ISSUE:
        drafts.strays += (one.source for one in found.strays)
    counting = () if occasion is Occasion.ISSUE else records(found.counting)
    due = list(letters(occasion, campaign, found, counting, template, today))
    if occasion is not Occasion.ISSUE:
        drafts.unopened += _unopened(campaign, found, {letter.unit for letter in due})
    sender, ready, taken = addresses(campaign.email)[:1], dict[Path, Letter](), set[str]()
    for letter, files in _complete(drafts, folder, due, template):
        target = drafts.folder / _free(letter, taken)
        ready[target] = letter
        _write(drafts, target, mail_draft(letter, sender, files))
    drafts.unaddressed += (letter for letter in ready.values() if not letter.to)
    _clear(drafts, ready)
    _write_texts(drafts, folder.letters, list(ready.values()))
    return drafts


def _unopened(campaign: Campaign, found: Versions, asked: Collection[Unit]) -> Iterator[str]:
    """Give the files that could not be read and of which no letter tells."""
    each = (
        (unit, entries[0]) for unit, entries in found.of_each(campaign.register.units) if entries
    )
    return (e.source for unit, e in each if e.standing == UNREADABLE and unit not in asked)


def _complete(
    drafts: Drafts, folder: SeasonFolder, due: Iterable[Letter], template: Template
) -> Iterator[tuple[Letter, Sequence[Attachment]]]:
    """Give the letters with all that goes with them; note those that lack something."""
    for letter in due:
        try:
            files = [_attachment(folder, name) for name in letter.attachments]
        except OSError:
            blank = letter.attachments == (template(letter.unit),)
            (drafts.no_template if blank else drafts.no_result).append(letter)
        else:
            yield letter, files


def _attachment(folder: SeasonFolder, name: str) -> Attachment:
    path = folder.root / name
    return path.name, path.read_bytes()


def _free(letter: Letter, taken: set[str]) -> str:
    """Take and give a draft's file name; two units whose names come out alike keep apart."""
    unit, number = letter.unit, 1
    stem = safe_name("_".join(filter(None, (unit.code, unit.name))))
    name = f"{stem}.eml"
    while name.casefold() in taken:
        number += 1
        name = f"{stem}_{number}.eml"
    taken.add(name.casefold())
    return name


# ---------------------------------------------------------------- files


def _write(drafts: Drafts, target: Path, data: bytes) -> None:
    old = _content(target)
    if old == data:
        drafts.unchanged.append(target)
    elif old is not None and not is_own_draft(old):
        drafts.edited.append(target)
    else:
        try:
            drafts.written.append(write_file(target, data))
        except WriteError as error:
            drafts.failed.append(error)


def _content(path: Path) -> bytes | None:
    """Give what a file holds, None where there is none; what cannot be read is nobody's draft."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError:
        return b""


def _clear(drafts: Drafts, due: Mapping[Path, Letter]) -> None:
    """Take away the drafts of ours that are due no longer, or under the unit's old name."""
    codes = {bare(letter.unit.code) for letter in due.values()} - {""}
    for path in sorted(drafts.folder.glob("*.eml")):
        if path in due:
            continue
        if is_own_draft(_content(path) or b""):
            renamed = bare(path.name.partition("_")[0]) in codes
            _remove(drafts, path, drafts.renamed if renamed else drafts.removed)
        else:
            drafts.stale.append(path)


def _remove(drafts: Drafts, path: Path, removed: list[Path]) -> None:
    try:
        path.unlink()
        removed.append(path)
    except OSError:
        drafts.failed.append(WriteError.of("not-removed", path=path))


def _write_texts(drafts: Drafts, folder: Path, ready: Sequence[Letter]) -> None:
    """Write the workbook of texts; one that somebody has worked on stays, ours gets a number."""
    from perfxl.render.workbook import render

    target = our_place(folder / f"{drafts.occasion}_文字.xlsx", ID)
    if not ready:
        if target.exists():
            _remove(drafts, target, drafts.removed)
        return
    data = render(texts(f"{drafts.occasion}:发给单位的文字", [_row(letter) for letter in ready]))
    try:
        drafts.texts = target if _content(target) == data else write_beside(target, data)
    except WriteError as error:
        drafts.failed.append(error)


def _row(letter: Letter) -> dict[str, str]:
    unit = letter.unit
    return {
        "code": unit.code,
        "name": unit.name,
        "contact": unit.contact,
        "phone": unit.phone,
        "email": "\n".join(letter.to),
        "subject": letter.subject,
        "body": letter.body.rstrip(),
        "attachments": "\n".join(letter.attachments),
    }


# ---------------------------------------------------------------- a mail


def mail_draft(letter: Letter, sender: Sequence[str], files: Iterable[Attachment]) -> bytes:
    """Give a letter as an unsent mail, with its fingerprint on the first line."""
    message = MIMEMultipart("mixed", boundary=BOUNDARY, policy=POLICY)
    message["X-Unsent"] = "1"
    for header, people in (("From", sender), ("To", letter.to)):
        if people:
            message[header] = ", ".join(people)
    message["Subject"] = _encoded(one_line(letter.subject), "Subject")
    message.attach(MIMEText(letter.body.replace("\n", "\r\n"), "plain", "utf-8"))
    for name, content in files:
        message.attach(_part(name, content))
    text = message.as_bytes(policy=POLICY)
    return MARKER + sha256(text).hexdigest().encode() + b"\r\n" + text


def _part(name: str, content: bytes) -> MIMEApplication:
    """Give an attachment under its name, written both ways that mail programs look for.

    By RFC 2231 as `filename*`, unbroken because few read it in pieces; and, for those that do not
    read it at all, as encoded words in `name`. Thunderbird writes the same two.
    """
    stem, dot, suffix = one_line(name).rpartition(".")
    shown = f"{stem[:LONGEST_STEM]}{dot}{suffix}"
    part = MIMEApplication(content, WORKBOOK_TYPE, policy=POLICY)
    part.set_param("name", _encoded(shown, "name"))
    part["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(shown, safe='')}"
    return part


def _encoded(text: str, header: str) -> str:
    """Give a text as encoded words (RFC 2047), one a line."""
    return Header(text, "utf-8", header_name=header).encode(linesep="\r\n")


def is_own_draft(data: bytes) -> bool:
    """Whether this is a draft as we wrote it."""
    head, _, rest = data.partition(b"\r\n")
    return head == MARKER + sha256(rest).hexdigest().encode()


# ---------------------------------------------------------------- told


def outcome_lines(drafts: Drafts) -> Iterator[str]:
    """Give the lines that say what became of the letters and what is left to do."""
    ready = [*drafts.written, *drafts.unchanged, *drafts.edited]
    occasion, folder = drafts.occasion, drafts.folder
    if ready:
        news = f"新写 {len(drafts.written)},没有变化 {len(drafts.unchanged)}"
        yield f"{occasion}:{len(ready)} 封邮件草稿在 {folder}({news})。双击打开,看过再发送。"
    elif not (drafts.no_template or drafts.no_result or drafts.failed):
        yield f"{occasion}:没有要发的邮件。"
    if drafts.texts:
        yield f"微信、QQ 用的文字:{drafts.texts}"
    yield from _left_to_do(drafts)
    for error in drafts.failed:
        yield f"没有写出:{error.message}。{error.fix}。"


def _left_to_do(drafts: Drafts) -> Iterator[str]:
    for found, line in (
        (_units(drafts.unaddressed), f"没有邮箱,草稿里没有收件人,请在 {SETTINGS_NAME} 里补上"),
        (_units(drafts.no_template), "发放/ 里没有模板,没有写草稿,请先运行 perfxl template"),
        (_units(drafts.no_result), "找不到审核结果,没有写草稿,请先运行 perfxl check 回收"),
        (_files(drafts.edited), "有人改过,没有覆盖;要重写的,先移走它"),
        (_files(drafts.removed), "不用再发,已经移走"),
        (_files(drafts.renamed), "单位改名,旧草稿已移走,新草稿已写"),
        (_files(drafts.stale), "不用再发,但有人改过,没有移走"),
        (drafts.unopened, UNOPENED),
        (drafts.strays, f"{STRAYS}{MAYBE_DUE if drafts.occasion is Occasion.REMIND else ''}"),
    ):
        if found:
            more = f" 等 {len(found)} 个" if len(found) > MOST_NAMED else ""
            yield f"  {'、'.join(found[:MOST_NAMED])}{more}:{line}"


def _units(found: Iterable[Letter]) -> list[str]:
    return [letter.unit.name or letter.unit.code for letter in found]


def _files(paths: Iterable[Path]) -> list[str]:
    return [path.name for path in paths]
