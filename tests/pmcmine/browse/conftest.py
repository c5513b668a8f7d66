"""A release with a hostile caption, its page, and a real browser."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from pmcmine.browse.data import ReleaseData
from pmcmine.browse.server import BrowseServer
from pmcmine.config import load_config
from pmcmine.demo import write_bucket
from pmcmine.demo.corpus import DemoFigure, many_articles
from tests.helpers import mine

HOSTILE = (
    "<img src=x onerror=alert(1)> & </script><script>document.title='broken'</script> 𝐀 (A) First one. (B) Second one."
)


@pytest.fixture(scope="package")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("browse")
    articles = many_articles(8)
    compound = DemoFigure(("micrograph", "bars"), seed=7, caption=HOSTILE)
    write_bucket(folder / "bucket", [replace(articles[0], figures=(compound, DemoFigure())), *articles[1:]])
    out = folder / "release"
    mine(load_config({"source": str(folder / "bucket"), "out": str(out), "vocab": "none", "classify": False}))
    return out


@pytest.fixture(scope="package")
def server(release: Path) -> Iterator[BrowseServer]:
    with BrowseServer(ReleaseData(release)) as running:
        yield running


@dataclass(frozen=True)
class Browser:
    """A browser, and what a person does with it."""

    driver: Any

    def wait(self, condition: Any) -> Any:
        from selenium.webdriver.support.ui import WebDriverWait

        return WebDriverWait(self.driver, 20).until(lambda _: condition())

    def text(self, name: str) -> str:
        return str(self.driver.find_element("id", name).text)

    def press(self, *keys: str) -> None:
        self.driver.find_element("tag name", "body").send_keys(*keys)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    driver_path = shutil.which("chromedriver")
    if driver_path is None or not (shutil.which("chromium") or shutil.which("google-chrome")):
        pytest.skip("no Chromium with its driver")
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or shutil.which("google-chrome") or ""
    for argument in (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--window-size=1300,900",
    ):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(driver_path))
    yield Browser(driver)
    driver.quit()
