"""Draw the pictures of README and the manual: python docs/pictures.py [NAME…].

Those of real workbooks need LibreOffice (soffice), poppler-utils (pdftoppm) and a CJK font; those
of the desk's pages Chromium with its driver, selenium, perfxl[desk].
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
for place in ("tests", "sample_data"):
    sys.path.insert(0, str(ROOT / place))

import clerk  # noqa: E402
import openpyxl  # noqa: E402
import own_form  # noqa: E402
from openpyxl.worksheet.properties import PageSetupProperties  # noqa: E402
from seasons import TODAY, UNITS, returned  # noqa: E402

from perfxl.form.raw import Raw  # noqa: E402
from perfxl.form.register import Unit  # noqa: E402
from perfxl.returns import office, workflow  # noqa: E402
from perfxl.season.checking import CheckRequest, checking  # noqa: E402
from perfxl.settings.workbook import new_season  # noqa: E402

IMAGES = ROOT / "docs" / "images"
SAMPLES = ROOT / "sample_data"
FOUND_AT = 24  # dots per inch at which the edge of what is drawn is looked for
ABOVE_FOOT = 0.93  # of the height of a page
WHITE = 250


class Picture(NamedTuple):
    """What a picture shows: the first page of a document or a sheet, or cells as on a screen."""

    source: str
    sheet: str = ""
    area: str = ""
    without: str = ""  # the letters of columns left out
    dots: int = 88  # per inch
    page: int = 0  # after the first of its sheet


PICTURES = {
    "cover": Picture("filled", "封面", "B1:C29"),
    "paper": Picture("filled", "附件3 自评表", dots=80, page=3),
    "paper-earlier": Picture("earlier", "附件3 自评表", dots=72, page=1),
    "findings": Picture("result", "审核结果", "B4:K22", without="HI"),
    "flagged": Picture("result", "表1-4 支出"),
    "scores": Picture("result", "得分"),
    "funds-live": Picture("live", "附件3 自评表", "B16:M28", without="KL"),
    "indicators-live": Picture("live", "表1-5 绩效指标", "B3:P10", without="L"),
    "checks": Picture("live", "校验", "B4:H20"),
    "explanation": Picture("explained", "审核结果", "B16:K20", without="GHIJ"),
    "comparison": Picture("compared", "与上次对比", "B1:G14"),
    "settings": Picture("settings", "参数", "B3:D11"),
    "report": Picture("report", dots=72),
    "rubric": Picture("settings", "评分项目", "B3:L10"),
    "overview": Picture("rollup", "概况"),
    "units": Picture("rollup", "单位情况", "B4:N13"),
    "own-tokens": Picture("own-form", own_form.SHEET, "A1:H18", dots=100),
    "own-checks": Picture("own-form", own_form.CHECKS, "A1:F6", dots=100),
    "own-template": Picture("own-template", own_form.SHEET, "A1:I24", dots=100),
    "own-flagged": Picture("own-result", own_form.SHEET, "A1:H22", dots=100),
}

PAGES = ("desk-file", "desk-season", "desk-form")
SIZE = (1100, 760)  # of the window that a page is shown in

# ---------------------------------------------------------------- the workbooks

# a form half right, as it looks while it is being filled in
LIVE: Mapping[str, Raw] = {
    "cost.basic.final": Decimal("853.40"),
    "funds.income.final": Decimal("1301.90"),
    "funds.cost.annual": None,
    "indicators.002.reason": None,
    "indicators.003.status": "未完成",
    "indicators.004.target": None,
}
MORE = tuple(
    Unit(f"10020{n}", name, "", "", "", f"10020{n}@example.com")
    for n, name in enumerate(("示例区文化馆", "示例区博物馆", "示例区体育中心"), 4)
)
RETURNS: Mapping[str, Mapping[str, Raw]] = {
    "100201": {},
    "100202": {"cost.basic.final": Decimal("853.40")},
    "100203": {"funds.income.final": Decimal("1301.90"), "conclusion.grade": "良"},
    "100204": {"indicators.001.actual": Decimal(90)},
}
# what a unit sends a second time: one fault mended, one left, one made, and a cell nobody spoke of
FIRST: Mapping[str, Raw] = {
    "funds.income.final": Decimal("1301.90"),
    "indicators.003.status": "未完成",
}
SECOND: Mapping[str, Raw] = {
    "indicators.003.status": "未完成",
    "conclusion.grade": "良",
    "indicators.005.actual": Decimal("2.5"),
}


def workbooks(folder: Path) -> dict[str, Path]:
    """Write the workbooks that are drawn into a folder, and give them by name."""
    names = {"filled": "xinhua_2022", "corrected": "corrected"}
    for name, sample in names.items():
        shutil.copy(SAMPLES / sample / "filled.xlsx", folder / f"{name}.xlsx")
    earlier = folder / "earlier.xlsx"
    shutil.copy(ROOT / "tests" / "earlier" / "xinhua_2022.xlsx", earlier)
    filled, corrected = (folder / f"{name}.xlsx" for name in names)
    sent = {"live": LIVE, "sent": FIRST, "sent_again": SECOND}
    for name, changes in sent.items():
        (folder / f"{name}.xlsx").write_bytes(returned(UNITS[0], changes=changes))
    live, first, second = (folder / f"{name}.xlsx" for name in sent)
    report = folder / "draft.docx"
    report.write_bytes(drafted(filled))
    settings, rollup = season(folder / "2022年度自评")
    return {
        "filled": filled,
        "earlier": earlier,
        "live": live,
        "result": result(folder / "first", filled),
        "explained": result(folder / "second", corrected),
        "compared": result(folder / "third", second, first),
        "report": report,
        "settings": settings,
        "rollup": rollup,
        **own(folder / "own"),
    }


def result(folder: Path, source: Path, previous: Path | None = None) -> Path:
    """Check a return, and give its result in a folder of its own."""
    folder.mkdir()
    check(CheckRequest([source], TODAY, output=folder, previous=previous))
    return next(folder.glob("*.xlsx"))


def drafted(source: Path) -> bytes:
    """Give the draft of the report that goes with a return, as .docx bytes."""
    checked = workflow.check_file(source, workflow.Terms(workflow.load_rubric(None)))
    return workflow.draft_bytes(workflow.report_of(checked))


def season(root: Path) -> tuple[Path, Path]:
    """Make a season of six units, four of which have reported; give its settings and roll-up."""
    settings = new_season(root, workflow.terms_of(workflow.NOTHING, TODAY))[0]
    units = (*UNITS, *MORE)
    clerk.fill_file(settings, {**clerk.TERMS, **clerk.units(*(unit.name for unit in units))})
    for unit in units:
        if unit.code in RETURNS:
            data = returned(unit, changes=RETURNS[unit.code])
            (root / "回收" / f"{unit.name}.xlsx").write_bytes(data)
    check(CheckRequest([root], TODAY))
    return settings, root / "汇总.xlsx"


def own(folder: Path) -> dict[str, Path]:
    """Make an office's own 附件3 a form, and give what the page of the manual shows of it."""
    folder.mkdir()
    form, source = folder / own_form.FORM, folder / own_form.BLANK
    source.write_bytes(own_form.blank())
    office.form_of_office(source, None)
    form.write_bytes(own_form.mended(form.read_bytes()))
    wanted = workflow.Wanted(form, year=2023)
    terms = workflow.terms_of(wanted, TODAY)
    template = workflow.write_template(folder, terms.form, UNITS[2].name, UNITS[2].code)
    sent = own_form.typed_into(template.read_bytes(), {**own_form.ANSWERS, **own_form.WRONG})
    (folder / "sent.xlsx").write_bytes(sent)
    check(CheckRequest([folder / "sent.xlsx"], TODAY, wanted=wanted))
    return {
        "own-form": form,
        "own-template": template,
        "own-result": folder / "sent_审核结果.xlsx",
    }


def check(request: CheckRequest) -> None:
    """Carry out a run of checks."""
    with checking(request) as run:
        for _ in run.records:
            pass


# ---------------------------------------------------------------- pages and screens


def screen(workbook: Path, shown: Picture, target: Path) -> Path:
    """Write a workbook that prints but the cells of a picture, with the letters and numbers."""
    book = openpyxl.load_workbook(workbook)
    for sheet in book:
        if sheet.title != shown.sheet:
            sheet.sheet_state = "hidden"
            sheet.print_area = None
    sheet = book[shown.sheet]
    sheet.sheet_state = "visible"
    book.active = sheet
    sheet.print_area = shown.area
    sheet.print_title_rows = sheet.print_title_cols = None
    sheet.row_breaks.brk.clear()
    sheet.print_options.headings = True
    sheet.page_setup.orientation = "landscape"
    sheet.oddFooter.center.text = sheet.oddFooter.left.text = sheet.oddFooter.right.text = None
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.page_setup.fitToWidth = sheet.page_setup.fitToHeight = 1
    for letter in shown.without:
        sheet.column_dimensions[letter].hidden = True
    book.save(target)
    return target


def printed(workbooks: Iterable[Path], folder: Path) -> None:
    """Print workbooks into .pdf files of a folder."""
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    convert = ["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", str(folder)]
    subprocess.run([*convert, *map(str, workbooks)], check=True, capture_output=True)


def page_of(pdf: Path, sheet: str) -> int:
    """Give the number of the first page whose foot names a sheet."""
    told = subprocess.run(["pdftotext", str(pdf), "-"], check=True, capture_output=True, text=True)
    for number, text in enumerate(told.stdout.split("\f"), 1):
        feet = (line for line in text.splitlines() if " 页" in line and "第 " in line)
        if next(feet, "").rpartition("第")[0].strip() == sheet:
            return number
    raise LookupError(f"{pdf.name} has no page of {sheet}")


def edges(pdf: Path, page: int, dots: int) -> list[str]:
    """Give the cut of a page that holds all that is not white above its foot, for pdftoppm.

    `dots` is how many to an inch the cut is counted in.
    """
    grey = ["pdftoppm", "-r", str(FOUND_AT), "-f", str(page), "-singlefile", "-gray", str(pdf)]
    data = subprocess.run(grey, check=True, capture_output=True).stdout
    _, size, _, shades = data.split(b"\n", 3)
    width, height = map(int, size.split())
    rows = [shades[width * y : width * (y + 1)] for y in range(round(height * ABOVE_FOOT))]
    down = [y for y, row in enumerate(rows) if min(row) < WHITE]
    across = [x for x in range(width) if min(row[x] for row in rows) < WHITE]
    box = {
        "-x": across[0] - 1,
        "-y": down[0] - 1,
        "-W": across[-1] - across[0] + 3,
        "-H": down[-1] - down[0] + 3,
    }
    scale = dots / FOUND_AT
    return [word for option, n in box.items() for word in (option, str(round(n * scale)))]


def draw(pdf: Path, shown: Picture, target: Path) -> None:
    """Draw a picture from what was printed for it."""
    page = 1 if shown.area or not shown.sheet else page_of(pdf, shown.sheet) + shown.page
    found = edges(pdf, page, shown.dots)
    cut = ["-r", str(shown.dots), "-f", str(page), "-singlefile", *found]
    subprocess.run(["pdftoppm", *cut, "-png", str(pdf), str(target.with_suffix(""))], check=True)


# ---------------------------------------------------------------- pages of the desk


def draw_pages(folder: Path, names: Collection[str]) -> None:
    """Draw pages as a browser shows them: a return checked, a season half through, a form."""
    from browser import browsing

    if not names:
        return
    sent, blank = folder / "新华街道.xlsx", folder / own_form.BLANK
    shutil.copy(SAMPLES / "xinhua_2022" / "filled.xlsx", sent)
    blank.write_bytes(own_form.blank())
    season(root := folder / "2022年度自评")
    with browsing(folder) as page:
        page.resize(*SIZE)
        for name, path, dropped in (("desk-file", "/", sent), ("desk-form", "/form", blank)):
            page.go(path)
            page.drop(dropped)
            page.text("#verdict")
            page.driver.save_screenshot(str(IMAGES / f"{name}.png"))
        page.go("/season")
        page.all("#typed")[0].send_keys(str(root))
        page.click("打开任务")
        page.driver.save_screenshot(str(IMAGES / "desk-season.png"))


def main(*names: str) -> None:
    """Write every picture, or those named."""
    wanted = {name: one for name, one in PICTURES.items() if not names or name in names}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        draw_pages(folder, [page for page in PAGES if not names or page in names])
        papers = sheets(folder, wanted) if wanted else {}
        if papers:
            printed(papers.values(), folder)
        for picture, paper in papers.items():
            target = IMAGES / f"{picture}.png"
            draw(paper.with_suffix(".pdf"), wanted[picture], target)
            print(f"{target.relative_to(ROOT)}  {target.stat().st_size // 1024} KiB")


def sheets(folder: Path, wanted: Mapping[str, Picture]) -> dict[str, Path]:
    """Write what is printed for each picture, and give it by the picture's name."""
    books, papers = workbooks(folder), dict[str, Path]()
    for picture, shown in wanted.items():
        source = books[shown.source]
        papers[picture] = folder / f"{picture}{source.suffix}"
        if shown.area:
            screen(source, shown, papers[picture])
        else:
            shutil.copy(source, papers[picture])
    return papers


if __name__ == "__main__":
    main(*sys.argv[1:])
