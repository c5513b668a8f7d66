"""The page and the report as people see them: thumbnails, a phone, and what axe-core finds."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

from pmcmine.browse.server import BrowseServer
from tests.pmcmine.browse.conftest import HOSTILE, Browser

pytestmark = pytest.mark.slow
_PHONE = {"width": 375, "height": 800, "deviceScaleFactor": 1, "mobile": True}
_DARK = {"features": [{"name": "prefers-color-scheme", "value": "dark"}]}
_OVERFLOW = "return document.documentElement.scrollWidth - innerWidth"
_AXE = """const done = arguments[0];
axe.run().then(r => done(r.violations.map(v => [v.impact, v.id, v.nodes.map(n => n.html)])));"""


def _faults(driver: Any) -> list[Any]:
    """Return what axe-core finds on the page: faults of any impact."""
    found = importlib.util.find_spec("axe_core_python")
    if found is None or not found.submodule_search_locations:
        pytest.fail("axe-core-python is not installed; it belongs to the extra dev")
    driver.execute_script(Path(found.submodule_search_locations[0], "axe.min.js").read_text("utf-8"))
    return list(driver.execute_async_script(_AXE))


def test_thumbnails_page_and_report_are_accessible_on_a_phone(
    server: BrowseServer, release: Path, browser: Browser
) -> None:
    from selenium.webdriver.common.by import By

    driver = browser.driver
    driver.get(f"{server.url}#text=onerror%3Dalert")
    browser.wait(lambda: len(driver.find_elements(By.CSS_SELECTOR, "#grid img")) == 1)
    browser.wait(lambda: driver.execute_script("return document.querySelector('#grid img').naturalWidth") > 100)
    browser.wait(lambda: driver.find_elements(By.CSS_SELECTOR, "#facet-license .value"))
    assert not _faults(driver)
    driver.find_element(By.CSS_SELECTOR, "#grid .open").click()
    browser.wait(lambda: browser.text("caption") == HOSTILE)
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", _DARK)
    assert not _faults(driver)
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", _PHONE)
    driver.get(f"{server.url}#")  # a phone has no keys: buttons go on and back
    browser.wait(lambda: len(driver.find_elements(By.CSS_SELECTOR, "#grid .open")) > 2)
    driver.find_element(By.CSS_SELECTOR, "#grid .open").click()
    browser.wait(lambda: browser.text("caption") != "")
    first = browser.text("caption")
    driver.find_element(By.ID, "next").click()
    browser.wait(lambda: browser.text("caption") not in ("", first))
    driver.find_element(By.ID, "previous").click()
    browser.wait(lambda: browser.text("caption") == first)
    assert not _faults(driver) and driver.execute_script(_OVERFLOW) <= 0
    driver.find_element(By.ID, "all").click()
    driver.find_element(By.ID, "add-first").click()
    browser.wait(lambda: browser.text("picked") != "0")
    driver.find_element(By.ID, "menu").click()
    browser.wait(lambda: driver.find_element(By.ID, "condition").is_displayed())
    assert not _faults(driver) and driver.execute_script(_OVERFLOW) <= 0
    driver.find_element(By.ID, "open-basket").click()
    browser.wait(lambda: driver.find_element(By.ID, "download").is_displayed())
    assert not _faults(driver) and driver.execute_script(_OVERFLOW) <= 0
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    driver.get((release / "report.html").as_uri())
    assert not _faults(driver) and driver.execute_script(_OVERFLOW) <= 0
    driver.execute_script("document.querySelectorAll('details').forEach(e => { e.open = true; })")
    assert not _faults(driver) and driver.execute_script(_OVERFLOW) <= 0
    driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
