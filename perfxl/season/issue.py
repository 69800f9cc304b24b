"""The templates of a season: one a unit, written where its bytes have changed, nothing removed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import MappingProxyType

from msgspec import Struct, field

from perfxl.disk.files import LOCK_PREFIXES, safe_name, write_file
from perfxl.errors import UsageError, system_words
from perfxl.form.answers import Cell, Prefill, Values, read_answers
from perfxl.form.identity import Issued
from perfxl.form.model import Form
from perfxl.form.register import Unit, bare
from perfxl.reading.intake import is_untouched
from perfxl.render.extras import Extras
from perfxl.returns.live import unit_cover, with_checks
from perfxl.returns.places import is_own_result
from perfxl.returns.workflow import identity_of
from perfxl.rules import rules_of
from perfxl.settings.campaign import Campaign
from perfxl.settings.folder import SeasonFolder
from perfxl.settings.workbook import open_campaign
from perfxl.text.dates import day_text

MANY = 50  # templates that take long enough to say so
MOST_NAMED = 5
LONGEST_TEMPLATE_NAME = 220  # bytes: a result adds to the name, and systems stop at 255


def issue(season: SeasonFolder, output: Path | None, code: str, name: str) -> Iterator[str]:
    """Write a season's templates into its folder or another, giving the lines to say meanwhile.

    A code or a name chooses one unit. Raise UsageError where no unit bears them, or `output` is
    no folder.
    """
    campaign = open_campaign(season)
    chosen = (_chosen(campaign, code, name),) if code or name else campaign.register.units
    folder = season.issued if output is None or output.resolve() == season.root else output
    if folder.suffix.lower() == ".xlsx" or folder.is_file():
        raise UsageError.of("output-no-folder", folder=folder)
    yield from campaign.remarks
    if len(chosen) >= MANY:
        yield f"正在生成 {len(chosen)} 份模板,请稍候……"
    done = issue_templates(campaign, folder, chosen)
    yield from (f"注意:{line}" for line in done.notices)
    yield f"模板在 {folder}:新写 {len(done.written)} 份,没有变化 {len(done.unchanged)} 份"


def _chosen(campaign: Campaign, code: str, name: str) -> Unit:
    found = campaign.register.belonging(code, name)
    if found.unit is None:
        said = " ".join(filter(None, (code, name)))
        what = f"代码 {code} 与名称 {name} 是两个单位的" if found.disputed else f"没有“{said}”"
        if found.namesakes and not code:
            what = f"有 {len(found.namesakes)} 个“{name}”,要给出代码"
        raise UsageError.of("unit", why=what)
    return found.unit


class Issue(Struct):
    """What became of the templates: written, already so, and what was left alone and why."""

    written: list[Path] = field(default_factory=list)
    unchanged: list[Path] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)


class Templates:
    """Renders the templates of one season; their form is made once."""

    def __init__(self, campaign: Campaign) -> None:
        """Make the form that all units get."""
        self.campaign = campaign
        self._bare = campaign.form
        self._forms: dict[tuple[int, ...], Form] = {}

    @property
    def form_id(self) -> str:
        """The form's id."""
        return self._bare.id

    def form(self, prefill: Prefill = MappingProxyType({})) -> Form:
        """Give the form with the office's terms on its cover, and room for what is prefilled."""
        counts = Counter[str]()
        for key in prefill:
            if self._bare.blocks[key.block].repeats:
                counts[key.block] = max(counts[key.block], int(key.row))
        grown = self._bare.grown(counts)
        size = tuple(len(block.rows) for block in grown.blocks.values())
        if size not in self._forms:
            cover = unit_cover(grown, _terms(self.campaign))
            self._forms[size] = with_checks(grown, rules_of(grown), cover)
        return self._forms[size]

    def data(self, unit: Unit) -> bytes:
        """Give the template of a unit as .xlsx bytes."""
        from perfxl.render.workbook import render

        prefill = self.campaign.prefill(unit)
        form = self.form(prefill)
        known = {**identity_of(form, unit), **prefill}
        cells = {key: Cell(raw) for key, raw in known.items() if raw != ""}
        extras = Extras(Issued(unit.name, unit.code))
        return render(Values(form, read_answers(form, cells)), extras)


def _terms(campaign: Campaign) -> tuple[tuple[str, str, str], ...]:
    contact = " ".join(filter(None, (campaign.contact, campaign.phone)))
    lines = (
        ("deadline", "截止日期", day_text(campaign.deadline)),
        ("office", "下发单位", campaign.office),
        ("contact", "联系人", contact),
        ("email", "报送邮箱", campaign.email),
    )
    return tuple(one for one in lines if one[2])


def template_name(unit: Unit, form: Form) -> str:
    """Give the file name of a unit's template; a long unit name is cut, never the rest."""
    end = f"_{form.year}年度{form.title}"
    room = LONGEST_TEMPLATE_NAME - len(end.encode())
    return f"{safe_name(f'{unit.code}_{unit.name}', room)}{end}.xlsx"


def issue_templates(campaign: Campaign, folder: Path, units: Sequence[Unit]) -> Issue:
    """Write the templates of these units into a folder.

    A file whose bytes would not change is not written; one that somebody has saved since, and one
    that is no unit's, is left alone and told.
    """
    templates, done = Templates(campaign), Issue()
    for unit in units:
        target = folder / template_name(unit, campaign.form)
        _write(target, templates.data(unit), templates.form_id, done)
    done.notices += _others(campaign, folder, units, done.written)
    return done


def _write(target: Path, data: bytes, form: str, done: Issue) -> None:
    there = _content(target)
    if there == data:
        done.unchanged.append(target)
    elif there is None or is_untouched(there, form):
        done.written.append(write_file(target, data))
    else:
        done.notices.append(f"{target.name} 有人打开改过,没有覆盖;要重新生成的,先把它移走")


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes() if path.exists() else None
    except OSError as error:
        why = system_words(error)
        raise UsageError.of("template-unreadable", path=path, why=why) from error


def _others(
    campaign: Campaign, folder: Path, chosen: Iterable[Unit], written: Iterable[Path]
) -> Iterator[str]:
    """Say which workbooks in the folder are no template of today's register.

    Where only some units were asked for, only what is theirs is told.
    """
    current = {template_name(unit, campaign.form) for unit in campaign.register.units}
    owners = {bare(unit.code): unit for unit in campaign.register.units}
    asked = {unit.code for unit in chosen}
    fresh = {path.name for path in written}
    renamed: dict[bool, list[str]] = {True: [], False: []}  # by whether a new one was written
    nobodys = []
    for path in sorted(folder.glob("*.xlsx")):
        if path.name in current or path.name.startswith(LOCK_PREFIXES) or is_own_result(path):
            continue
        owner = owners.get(bare(path.name.partition("_")[0]))
        if owner is not None and owner.code in asked:
            now = template_name(owner, campaign.form) in fresh
            renamed[now].append(f"{path.name}(现为“{owner.name}”)")
        elif owner is None and asked == {unit.code for unit in campaign.register.units}:
            nobodys.append(path.name)
    if renamed[True]:
        yield f"{_named(renamed[True])} 是改名前的文件名,新模板已另存;旧的不用了请自行删除"
    if renamed[False]:
        yield f"{_named(renamed[False])} 是改名前的文件名;不用了请自行删除"
    if nobodys:
        yield f"{_named(nobodys)} 不是单位名单里任何单位的模板,没有动;不用了请自行删除"


def _named(names: Sequence[str]) -> str:
    more = f" 等 {len(names)} 份" if len(names) > MOST_NAMED else ""
    return f"{'、'.join(names[:MOST_NAMED])}{more}"
