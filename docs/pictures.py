"""Draw the pictures of README from the real workbooks: python docs/pictures.py.

Needs LibreOffice (soffice), poppler-utils (pdftoppm) and a CJK font.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "sample_data"))

from perfxl import workflow  # noqa: E402

IMAGES = ROOT / "docs" / "images"
SAMPLE = ROOT / "sample_data" / "xinhua_2022" / "filled.xlsx"
DOTS_PER_INCH = 88
# picture: the workbook it is taken from, and the sheet whose first page it shows
PICTURES = {
    "cover": ("filled", "封面"),
    "indicators": ("filled", "表1-5 绩效指标"),
    "findings": ("result", "审核结果"),
    "flagged": ("result", "表1-4 支出"),
    "scores": ("result", "得分"),
}


def pages(workbook: Path, folder: Path) -> dict[str, Path]:
    """Give a picture of the first printed page of every sheet, by the sheet's name."""
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    convert = ["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", str(folder)]
    subprocess.run([*convert, str(workbook)], check=True, capture_output=True)
    pdf = folder / f"{workbook.stem}.pdf"
    prefix = folder / workbook.stem
    subprocess.run(
        ["pdftoppm", "-r", str(DOTS_PER_INCH), "-png", str(pdf), str(prefix)], check=True
    )
    found: dict[str, Path] = {}
    for number, picture in enumerate(sorted(folder.glob(f"{workbook.stem}-*.png")), 1):
        text = subprocess.run(
            ["pdftotext", "-f", str(number), "-l", str(number), str(pdf), "-"],
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        foot = next((line for line in text.splitlines() if " 页" in line and "第 " in line), "")
        found.setdefault(foot.rpartition("第")[0].strip(), picture)
    return found


def main() -> None:
    """Write every picture."""
    scale = workflow.load_rubric(None)
    checked = workflow.check_file(SAMPLE, workflow.Terms(scale))
    assert checked.values is not None
    assert checked.outcome is not None
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "filled.xlsx").write_bytes(SAMPLE.read_bytes())
        (folder / "result.xlsx").write_bytes(workflow.result_bytes(checked))
        drawn = {
            source: pages(folder / f"{source}.xlsx", folder) for source in ("filled", "result")
        }
        for picture, (source, sheet) in PICTURES.items():
            target = IMAGES / f"{picture}.png"
            target.write_bytes(drawn[source][sheet].read_bytes())
            print(f"{target.relative_to(ROOT)}  {target.stat().st_size // 1024} KiB")


if __name__ == "__main__":
    main()
