"""Returns of a season, made up: hundreds of units, clean and faulty, as files, archives and mails.

A few dozen distinct workbooks are rendered (some saved once more by LibreOffice); each return is
one of them with the unit's own name and code put into its XML, so a thousand cost seconds and no
two are the same. Everything follows from the seed.
"""

from __future__ import annotations

import sys
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from email.message import EmailMessage
from functools import cache
from io import BytesIO
from itertools import islice
from pathlib import Path
from random import Random

from msgspec import Struct

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / folder) for folder in (".", "tests", "sample_data")]

import build
from gallery import GALLERY
from libreoffice import recalculated_all
from random_returns import Mood, random_cells

from perfxl.expr.tree import Key
from perfxl.form.answers import Cell, Values, read_answers
from perfxl.form.identity import Issued
from perfxl.form.model import Form, Kind, row_key
from perfxl.form.raw import Raw
from perfxl.form.register import Register, Unit
from perfxl.forms.department_2022 import YEAR
from perfxl.forms.shipped import form_of
from perfxl.render.extras import Extras
from perfxl.render.workbook import render
from perfxl.returns import workflow
from perfxl.settings.campaign import Campaign
from perfxl.settings.workbook import settings_bytes

SCALE = workflow.load_rubric(None)
# stand for the unit in a workbook rendered once; nothing else in it reads like these
NAME, CODE = "某某单位待换名称", "980706050"
KEPT, RESAVED = 48, 12  # distinct workbooks as perfxl writes them, and as LibreOffice does
SHARE_RESAVED = 0.1
SHARE_AT_RANDOM = 0.05  # filled carelessly throughout; the others differ from a sample in a few
SHARE_CLEAN = 0.3
SHARE_LONG = 0.04  # with more indicators than the form offers rows for
OF_SEVEN = ("files", "files", "files", "files", "files", "zip", "eml")  # how returns come
IN_AN_ARCHIVE = 6
FIXED = (2023, 3, 15, 10, 0, 0)  # when members of archives were saved


class Return(Struct, frozen=True):
    """A workbook as a unit sends it, and the name of its file."""

    unit: Unit
    data: bytes

    @property
    def name(self) -> str:
        """The name of the file."""
        return f"{self.unit.code}_{self.unit.name}_2022年度部门整体支出绩效自评表.xlsx"


def units(count: int) -> list[Unit]:
    """Give the units of a register."""
    return [
        Unit(
            str(100_000_001 + n),
            f"示例区第{n + 1:05d}单位",
            contact=f"经办人{n + 1}",
            email=f"unit{n + 1:05d}@example.com",
        )
        for n in range(count)
    ]


def campaign(count: int) -> Campaign:
    """Give the season these returns belong to."""
    return Campaign(
        title="2022年度部门整体支出绩效自评",
        year=YEAR,
        deadline=date(2023, 3, 31),
        office="示例区财政局",
        contact="陈工",
        phone="020-1000",
        rubric=SCALE,
        register=Register(tuple(units(count))),
    )


def settings(count: int) -> bytes:
    """Give the settings workbook of that season."""
    asked = campaign(count)
    cells: dict[str, Raw] = {
        "campaign.title": asked.title,
        "campaign.year": Decimal(asked.year),
        "campaign.deadline": asked.deadline,
        "campaign.office": asked.office,
        "campaign.contact": asked.contact,
        "campaign.phone": asked.phone,
    }
    for number, unit in enumerate(asked.register.units, 1):
        told = {"code": unit.code, "name": unit.name, "contact": unit.contact, "email": unit.email}
        cells |= {f"units.{row_key(number)}.{column}": text for column, text in told.items()}
    return settings_bytes(SCALE, {Key.parse(key): Cell(raw) for key, raw in cells.items()})


def returns(count: int, seed: int = 1) -> Iterator[Return]:
    """Give this many returns, one a unit, in the order of the register."""
    rng = Random(seed)
    own, resaved = _bases(min(KEPT, count), min(RESAVED, -(-count // 10)), seed)
    for unit in units(count):
        base = rng.choice(resaved if rng.random() < SHARE_RESAVED else own)
        yield Return(unit, _bound(base, unit))


# ---------------------------------------------------------------- distinct workbooks


@cache
def _bases(own: int, resaved: int, seed: int) -> tuple[list[bytes], list[bytes]]:
    """Give the workbooks to derive returns from, as we write them and as LibreOffice does."""
    rendered = [_rendered(Random(f"{seed}/{n}")) for n in range(own + resaved)]
    return rendered[:own], recalculated_all(rendered[own:])


def _rendered(rng: Random) -> bytes:
    blank = form_of(SCALE)
    if rng.random() < SHARE_AT_RANDOM:
        cells = random_cells(blank, Mood.CARELESS, rng.randrange(1000))
    else:
        cells = _from_sample(blank, rng)
    cells[Key("unit", "name")], cells[Key("unit", "code")] = Cell(NAME), Cell(CODE)
    counts: dict[str, int] = {}
    for key in cells:
        if blank.blocks[key.block].repeats:
            counts[key.block] = max(counts.get(key.block, 0), int(key.row))
    form = workflow.live_form(blank.grown(counts))
    return render(Values(form, read_answers(form, cells)), Extras(Issued(NAME, CODE)))


def _from_sample(form: Form, rng: Random) -> dict[Key, Cell]:
    """Give a sample of another size, with none to three faults of the gallery."""
    cells = build.read_sample(rng.choice(("clean", "clean", "xinhua_2022")))[0]
    if rng.random() >= SHARE_CLEAN:
        for fault in rng.sample([f for f in GALLERY if f.answers], rng.choice((1, 2, 3))):
            cells |= {Key.parse(name): Cell(raw) for name, raw in fault.answers.items()}
    rows = rng.randint(61, 75) if rng.random() < SHARE_LONG else rng.randint(5, 40)
    lengths = {"indicators": rows, "tasks": rng.randint(2, 12), "duties": rng.randint(3, 12)}
    for block, length in lengths.items():
        cells = _resized(cells, block, length)
    return _sized(cells, form, Decimal(rng.randint(1, 40)))


def _resized(cells: Mapping[Key, Cell], block: str, length: int) -> dict[Key, Cell]:
    """Give the answers with this many rows in a list, its own over and over under new names."""
    mine = {key: cell for key, cell in cells.items() if key.block == block}
    had = max((int(key.row) for key in mine), default=0)
    kept = {key: cell for key, cell in cells.items() if key.block != block}
    for n in range(length if had else 0):
        turn, row = divmod(n, had)
        for key, cell in mine.items():
            if key.row == row_key(row + 1):
                new = key._replace(row=row_key(n + 1))
                kept[new] = Cell(_renamed(key, cell.raw, turn))
    return kept


def _renamed(key: Key, raw: Raw, turn: int) -> Raw:
    return f"{raw}(之{turn + 1})" if turn and key.column == "name" else raw


def _sized(cells: Mapping[Key, Cell], form: Form, times: Decimal) -> dict[Key, Cell]:
    """Give the answers with every amount so many times as large; what fitted still fits."""
    return {
        key: Cell(cell.raw * times)
        if isinstance(cell.raw, Decimal) and key in form.items and _is_amount(form, key)
        else cell
        for key, cell in cells.items()
    }


def _is_amount(form: Form, key: Key) -> bool:
    return form.items[key].kind is Kind.AMOUNT


def _bound(base: bytes, unit: Unit) -> bytes:
    """Give the workbook of another unit: the placeholders replaced wherever they stand."""
    changes = ((NAME.encode(), unit.name.encode()), (CODE.encode(), unit.code.encode()))
    target = BytesIO()
    with (
        zipfile.ZipFile(BytesIO(base)) as source,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as made,
    ):
        for part in source.infolist():
            content = source.read(part)
            for old, new in changes:
                content = content.replace(old, new)
            made.writestr(_member(part.filename), content, zipfile.ZIP_DEFLATED)
    return target.getvalue()


def _member(name: str) -> zipfile.ZipInfo:
    return zipfile.ZipInfo(name, FIXED)


# ---------------------------------------------------------------- how they arrive


def deliver(arrivals: Iterator[Return], folder: Path, seed: int = 1) -> None:
    """Write returns into a folder: most as files, some in archives, some in saved mails."""
    rng = Random(seed)
    folder.mkdir(parents=True, exist_ok=True)
    for one in arrivals:
        match rng.choice(OF_SEVEN):
            case "zip":
                _write_archive(folder, [one, *islice(arrivals, IN_AN_ARCHIVE - 1)])
            case "eml":
                (folder / f"{one.unit.code}.eml").write_bytes(_mail(one))
            case _:
                (folder / one.name).write_bytes(one.data)


def _write_archive(folder: Path, members: Sequence[Return]) -> None:
    with zipfile.ZipFile(folder / f"{members[0].unit.code}起.zip", "w") as archive:
        for member in members:
            archive.writestr(_member(member.name), member.data)


def _mail(one: Return) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"] = one.unit.email, "office@example.com"
    mail["Date"] = "Wed, 15 Mar 2023 10:00:00 +0800"
    mail["Subject"] = f"{one.unit.name}报送自评表"
    mail.set_content("自评表见附件。")
    mail.add_attachment(one.data, maintype="application", subtype="octet-stream", filename=one.name)
    mail.set_boundary(f"=={one.unit.code}==")
    return mail.as_bytes()
