"""The page in a real browser: search, filter, more like this, basket, list; hostile captions stay text."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from pmcmine.browse.server import BrowseServer
from tests.helpers import rows
from tests.pmcmine.browse.conftest import HOSTILE, Browser

pytestmark = pytest.mark.slow


@pytest.fixture
def page(server: BrowseServer, browser: Browser) -> Iterator[Browser]:
    browser.driver.get("about:blank")
    browser.driver.get(server.url)
    browser.wait(lambda: browser.text("place").endswith("figures"))
    browser.driver.get_log("browser")
    yield browser
    assert not [e for e in browser.driver.get_log("browser") if e["level"] == "SEVERE"]
    browser.driver.execute_script("sessionStorage.clear()")


def _all(page: Browser, selector: str) -> list[Any]:
    from selenium.webdriver.common.by import By

    return list(page.driver.find_elements(By.CSS_SELECTOR, selector))


def _value(page: Browser, facet: str, value: str) -> Any:
    return page.wait(lambda: next((e for e in _all(page, f"#facet-{facet} .values button") if e.get_attribute("data-value") == value), None))  # fmt: skip


def test_keys_search_and_a_hostile_caption(page: Browser, server: BrowseServer, release: Path) -> None:
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys

    driver, total = page.driver, len(rows(release, "figures"))
    assert page.text("place") == f"{total} figures"
    page.press("/")
    driver.switch_to.active_element.send_keys("onerror=alert")
    page.wait(lambda: page.text("place") == "1 figure")
    driver.switch_to.active_element.send_keys(Keys.ESCAPE)
    page.wait(lambda: driver.switch_to.active_element.get_attribute("class") == "open")
    driver.switch_to.active_element.send_keys(Keys.ENTER)
    page.wait(lambda: page.text("caption") == HOSTILE)
    assert "broken" not in driver.title
    assert driver.find_element(By.ID, "text").get_attribute("value") == "onerror=alert"
    spans = [(s.get_attribute("data-panel"), s.text) for s in _all(page, "#caption .span")]
    assert spans == [("A", "First one"), ("B", "Second one")]  # offsets are code points, 𝐀 is one
    assert len(_all(page, "#boxes rect")) == 2
    page.press("n")
    page.wait(lambda: len(_all(page, "#boxes rect.on")) == 1)
    page.press("x")
    page.wait(lambda: not _all(page, "#boxes rect"))
    assert driver.execute_script("return document.getElementById('image').naturalWidth") > 100
    assert "CC-BY" in page.text("rights") and "article" in page.text("rights")
    page.press("d")  # the document
    page.wait(lambda: _all(page, "#words img.on") and HOSTILE in page.text("words"))
    page.press("d")
    page.wait(lambda: page.text("caption") == HOSTILE)
    page.press(Keys.ESCAPE)
    page.wait(lambda: driver.find_element(By.ID, "grid").is_displayed())
    driver.back()
    page.wait(lambda: page.text("caption") == HOSTILE)
    loaded = driver.execute_script("return performance.getEntriesByType('resource').map(e => e.name)")
    assert loaded and all(name.startswith(server.url) for name in loaded)


def test_arrows_go_through_the_thumbnails(page: Browser, release: Path) -> None:
    from selenium.webdriver.common.keys import Keys

    at = lambda: page.driver.switch_to.active_element.get_attribute("data-at")  # noqa: E731
    page.press(Keys.ARROW_RIGHT)
    page.wait(lambda: at() == "1")
    page.driver.switch_to.active_element.send_keys(Keys.ARROW_DOWN)
    page.wait(lambda: at() not in ("0", "1"))
    page.driver.switch_to.active_element.send_keys("b")
    page.wait(lambda: page.text("picked") == "1")
    page.driver.switch_to.active_element.send_keys("b")
    page.wait(lambda: page.text("picked") == "0")


def test_filters_give_a_condition_and_a_basket_gives_a_list(page: Browser, release: Path, tmp_path: Path) -> None:
    from pmcmine.cli import main

    driver = page.driver
    figures = rows(release, "figures")
    licence = figures[0]["license"]
    wanted = [f for f in figures if f["license"] == licence]
    _value(page, "license", licence).click()
    page.wait(lambda: page.text("place").startswith(f"{len(wanted)} figure"))
    page.wait(lambda: page.text("condition") == f"license = '{licence}'")
    assert "license=" in driver.current_url
    driver.execute_cdp_cmd("Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(tmp_path)})
    driver.find_element("id", "many").clear()
    driver.find_element("id", "many").send_keys("2")
    driver.find_element("id", "add-first").click()
    page.wait(lambda: page.text("picked") == "2")
    driver.find_element("id", "open-basket").click()
    page.wait(lambda: driver.find_element("id", "download").is_displayed())
    assert f"pmcmine subset {release} --list chosen.parquet --out rows.parquet" in page.text("basket")
    driver.find_element("id", "download").click()
    page.wait(lambda: (tmp_path / "chosen.parquet").is_file())
    with pytest.raises(SystemExit) as done:
        main(
            [
                "subset",
                str(release),
                "--list",
                str(tmp_path / "chosen.parquet"),
                "--out",
                str(tmp_path / "rows.parquet"),
            ]
        )
    assert not done.value.code
    with_samples = [f["figure_id"] for f in wanted if f["shard"]]
    found = pq.read_table(tmp_path / "rows.parquet")["figure_id"].to_pylist()
    assert len(found) == 2 and {*found} <= {*with_samples}
    (code,) = [e.text for e in _all(page, "#basket pre") if "list=" in e.text]
    done_by = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert [line.split()[1] for line in done_by.stdout.splitlines()] == [licence] * 2
    _all(page, "#basket .head button")[0].click()
    _all(page, "#chosen .chip")[0].click()  # takes the filter away
    page.wait(lambda: page.text("place") == f"{len(figures)} figures")


def test_more_like_this(page: Browser) -> None:
    _all(page, "#grid .open")[0].click()
    page.wait(lambda: page.text("caption") != "")
    page.driver.find_element("id", "like").click()
    page.wait(lambda: "like=" in page.driver.current_url and "alike" in page.text("notes"))


def test_a_condition_that_is_none_is_told(page: Browser) -> None:
    from selenium.webdriver.common.keys import Keys

    page.driver.find_element("id", "where").send_keys("yeer > 2000", Keys.ENTER)
    page.wait(lambda: "no column 'yeer'" in page.text("place"))
    page.driver.get_log("browser")  # the browser tells of the status 400, too
    page.driver.find_element("id", "where").clear()
    page.driver.find_element("id", "where").send_keys("year > 1000", Keys.ENTER)
    page.wait(lambda: page.text("place").endswith("figures") and page.text("condition") == "(year > 1000)")
