"""The desk in a real Chromium, as a clerk uses it: pages opened, files dropped, buttons pressed.

with browsing(downloads) as page:
    page.drop(path)
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from desks import PATIENCE, opened
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.expected_conditions import staleness_of
from selenium.webdriver.support.ui import WebDriverWait

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
DRIVER = shutil.which("chromedriver")
AXE = Path(__file__).parent / "axe" / "node_modules" / "axe-core" / "axe.min.js"
POLL = 0.05  # seconds: a page that shows how far a run is may be gone after a second
WINDOW = (1366, 768)


class Page:
    """The browser with the desk in it, as a clerk uses it."""

    def __init__(self, driver: Any, downloads: Path) -> None:
        self.driver, self.downloads = driver, downloads
        self.address = "/".join(driver.current_url.split("/")[:3])

    def all(self, selector: str) -> list[Any]:
        found: list[Any] = self.driver.find_elements(By.CSS_SELECTOR, selector)
        return found

    def wait(self, for_what: Callable[[], object]) -> None:
        WebDriverWait(self.driver, PATIENCE, POLL).until(lambda _: for_what())

    def text(self, selector: str) -> str:
        self.wait(lambda: self.all(selector))
        return str(self.all(selector)[0].text)

    def drop(self, *paths: Path) -> None:
        """Drop files and folders as a file manager does: with events the page may trust."""
        box = self.all(".lead")[0].rect
        files = [str(path) for path in paths]
        for kind in ("dragEnter", "dragOver", "drop"):
            at = {"type": kind, "x": box["x"] + 20, "y": box["y"] + 10}
            data = {"items": [], "files": files, "dragOperationsMask": 1}
            self.driver.execute_cdp_cmd("Input.dispatchDragEvent", {**at, "data": data})

    def download(self) -> Path:
        """Take the result, and give where the browser put it."""
        before = set(self.downloads.glob("*.xlsx"))
        self.all('a[download], a[href^="/season/result"]')[0].click()
        self.wait(lambda: set(self.downloads.glob("*.xlsx")) - before)
        (found,) = set(self.downloads.glob("*.xlsx")) - before
        return found

    def go(self, path: str) -> None:
        """Open a page of the desk."""
        self.driver.get(self.address + path)

    def resize(self, width: int, height: int) -> None:
        """Show the page in a window of this size, also one narrower than Chromium's own may be."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)

    def click(self, word: str) -> None:
        """Press a button of the season, and wait until what it does is done."""
        (button,) = (one for one in self.all("button") if one.text == word)
        button.click()
        WebDriverWait(self.driver, PATIENCE).until(staleness_of(button))
        self.wait(lambda: self.all(".doings, #fault"))

    def violations(self) -> list[str]:
        """Give what axe-core finds."""
        self.driver.execute_script(AXE.read_text(encoding="utf-8"))
        script = "axe.run().then(r => arguments[0](r.violations.map(v => v.id + ' ' + v.help)))"
        found: list[str] = self.driver.execute_async_script(script)
        return found


@contextmanager
def browsing(downloads: Path) -> Iterator[Page]:
    """Open a desk and give its page; what is downloaded goes into a folder."""
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM or ""
    size = f"--window-size={WINDOW[0]},{WINDOW[1]}"
    words = ["--headless", "--disable-dev-shm-usage", size, "--lang=zh-CN"]
    root = hasattr(os, "geteuid") and os.geteuid() == 0  # whom Chromium does not serve boxed in
    for word in (*words, *(["--no-sandbox"] if root else [])):
        options.add_argument(word)
    options.add_experimental_option("prefs", {"download.default_directory": str(downloads)})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    with opened() as desk:
        driver = webdriver.Chrome(options, webdriver.ChromeService(DRIVER or ""))
        try:
            driver.get(desk.address)
            yield Page(driver, downloads)
        finally:
            driver.quit()
