"""The page as a clerk meets it, in a real Chromium: files dropped, verdicts read, results taken.

Without Chromium, its driver or selenium these tests are skipped, but fail where the environment
says PERFXL_REQUIRE_CHROMIUM=1. What a screen reader would stumble over is found by axe-core
(`npm ci --prefix tests/axe`; PERFXL_REQUIRE_NODE=1).
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import build
import pytest

LIBRARIES = ("selenium", "starlette", "uvicorn", "jinja2", "python_multipart")
MISSING = not (shutil.which("chromedriver") and all(map(find_spec, LIBRARIES)))
if MISSING and os.environ.get("PERFXL_REQUIRE_CHROMIUM") != "1":
    pytest.skip(
        "Chromium, chromedriver, selenium or perfxl[desk] is not installed; "
        "PERFXL_REQUIRE_CHROMIUM=1 makes this fail",
        allow_module_level=True,
    )

from browser import AXE, WINDOW, Page, browsing  # noqa: E402
from clerk import TERMS, fill_file, units  # noqa: E402
from drawings import LAYOUTS, data, draw  # noqa: E402
from seasons import WRONG, returned  # noqa: E402
from selenium.webdriver.common.keys import Keys  # noqa: E402

from perfxl.form.register import Unit  # noqa: E402
from perfxl.settings.folder import SETTINGS_NAME  # noqa: E402

WORKED = build.HERE / "xinhua_2022" / "filled.xlsx"
CORRECTED = build.HERE / "corrected" / "filled.xlsx"
VERDICT = "退回修改:有 3 处错误必须改正,另有 8 处需改正或说明"
needs_axe = pytest.mark.skipif(
    not AXE.exists() and os.environ.get("PERFXL_REQUIRE_NODE") != "1",
    reason="npm ci --prefix tests/axe has not been run",
)
pytestmark = [pytest.mark.machine, pytest.mark.xdist_group("browser")]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with browsing(tmp_path_factory.mktemp("downloads")) as found:
        yield found
        log = found.driver.get_log("browser")  # the network tells of pages refused, as is right
        said = [one for one in log if one["level"] == "SEVERE" and one["source"] != "network"]
        assert not said, said


def test_a_clerk_s_round(page: Page, tmp_path: Path) -> None:
    """Drop the return, read the verdict, take the result; correct it, drop it again."""
    page.go("/")
    sent = tmp_path / "新华街 100%.xlsx"
    sent.write_bytes(WORKED.read_bytes())
    page.drop(sent)
    assert page.text("#verdict") == VERDICT
    assert (page.text("#stated"), page.text("#measured")) == ("94.00", "91.63～93.63")
    assert "附件3 自评表 G22" in page.text("#findings")
    assert "逐行核对各项与决算报表" in page.text("#findings")
    assert page.all("#completions svg rect.unmet")
    assert page.all("#scores svg rect.met")
    result = page.download()
    assert result.name == "新华街 100%_审核结果.xlsx"
    page.go("/")
    corrected = tmp_path / "新华街 改好.xlsx"
    corrected.write_bytes(CORRECTED.read_bytes())
    page.drop(corrected)
    assert page.text("#verdict") == "通过:没有错误,需核实的事项均已说明"
    assert "上次的是“新华街 100%.xlsx”" in page.text("#changes")
    page.go("/")
    page.drop(result)  # a result somebody sends back is a return
    assert page.text("#verdict") == VERDICT


def test_many_at_once_and_a_folder_show_how_far_they_are(page: Page, tmp_path: Path) -> None:
    page.go("/")
    inner = tmp_path / "回收" / "里"
    inner.mkdir(parents=True)
    for number in range(19):
        (inner / f"{number:02}.xlsx").write_bytes(WORKED.read_bytes())
    (tmp_path / "回收" / "照片.png").write_bytes(b"\x89PNG")
    loose = tmp_path / "散.xlsx"
    loose.write_bytes(CORRECTED.read_bytes())
    page.drop(tmp_path / "回收", loose)
    page.wait(lambda: page.all("#told li"))
    assert page.all("#bar")[0].get_attribute("max") == "20"
    page.wait(lambda: page.all(".counts"))
    assert "共 20 份" in page.text("h1")
    rows = page.all("table tbody tr")
    assert len(rows) == 20
    assert "回收/里/00.xlsx" in page.text("table")
    assert "不是表格,没有看:回收/照片.png" in page.text(".lines")
    page.all("thead button")[0].click()
    first = page.all("tbody tr th")[0].text
    page.all("thead button")[0].click()
    assert page.all("thead th")[0].get_attribute("aria-sort") == "descending"
    assert page.all("tbody tr th")[0].text != first


MANY = 8  # tabs: more than a browser holds connections to one program


def test_any_number_of_tabs_lives(page: Page) -> None:
    first = page.driver.current_window_handle
    others = []
    try:
        for _ in range(MANY):
            page.driver.switch_to.new_window("tab")
            others.append(page.driver.current_window_handle)
            page.go("/")
        page.drop(WORKED)
        assert page.text("#verdict") == VERDICT
        assert not page.all("#lost")[0].is_displayed()
    finally:
        for tab in others:
            page.driver.switch_to.window(tab)
            page.driver.close()
        page.driver.switch_to.window(first)


def test_by_keyboard_alone(page: Page) -> None:
    page.go("/")
    page.all("#files")[0].send_keys(str(WORKED))
    page.all("#drop button")[0].send_keys(Keys.ENTER)
    assert page.text("#verdict") == VERDICT
    page.all("body")[0].send_keys(Keys.TAB)
    active = page.driver.switch_to.active_element
    assert active.text == "跳到正文"
    assert page.driver.execute_script("return getComputedStyle(arguments[0]).outlineStyle", active)


def test_a_drop_of_nothing_is_told_on_the_page(page: Page) -> None:
    page.go("/")
    page.all("#drop button")[0].click()
    page.wait(lambda: "没有收到文件" in page.all("#say")[0].text)


def test_no_page_is_wider_than_a_narrow_window(page: Page) -> None:
    try:
        for width in (1366, 400):
            page.resize(width, 768)
            for path in ("/", "/check/1", "/check/2", "/season", "/form"):
                page.go(path)
                wide = "return document.documentElement.scrollWidth - innerWidth"
                assert page.driver.execute_script(wide) <= 0, (path, width)
    finally:
        page.resize(*WINDOW)


def test_a_season_by_clicks_alone(page: Page, tmp_path: Path) -> None:
    """From a new folder to the roll-up; the settings are filled in by Excel meanwhile."""
    root = tmp_path / "2022年度自评"
    names = [f"示例单位{number:02}" for number in range(1, 41)]
    page.go("/season")
    page.all("#typed")[0].send_keys(str(root))
    page.click("在这里新建一个任务")
    assert "参数 有 4 个必填格没有填:C6、C7、C8、C9" in page.text("#fault")
    fill_file(root / SETTINGS_NAME, {**TERMS, **units(*names)})
    page.click("查看")
    assert len(page.all("#units tbody tr")) == 40
    page.click("生成模板")
    assert "新写 40 份" in page.text("#lines")
    for number, name in enumerate(names[:30]):
        unit = Unit(str(100201 + number), name)
        (root / "回收" / f"{name}.xlsx").write_bytes(
            returned(unit, changes={} if number else WRONG)
        )
    page.click("审核回收")
    assert "应报 40 家,已报 30 家,未报 10 家" in page.text("#lines")
    assert page.text(".counts") == "29 通过\n0 待核实\n1 退回修改\n0 已收到,打不开\n10 未报"
    page.click("写催报邮件")
    assert "催报:10 封邮件草稿" in page.text("#lines")
    assert page.download().name == "示例单位01_审核结果.xlsx"
    assert (root / "汇总.xlsx").exists()


def test_a_form_is_dropped_and_taken(page: Page, tmp_path: Path) -> None:
    page.go("/form")
    blank = tmp_path / "附件3.xlsx"
    blank.write_bytes(data(draw(LAYOUTS["funds"], blank=True)))
    page.drop(blank)
    assert "提出了标记" in page.text("#verdict")
    assert "【金额】" in page.text(".drawn .token") + page.text(".drawn")
    assert page.download().name == "附件3_表样.xlsx"


@needs_axe
@pytest.mark.parametrize(
    "path", ["/", "/check/1", "/check/2", "/check/99", "/season", "/season/another", "/form"]
)
def test_nothing_keeps_a_screen_reader_out(page: Page, path: str) -> None:
    page.go(path)
    assert page.violations() == []
