"""The page of a release: what it tells, what it refuses, and how it looks in a real browser."""

from __future__ import annotations

import http.client
import io
import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from PIL import Image

from pmcmine.browse import data as browse_data
from pmcmine.browse.data import ReleaseData
from pmcmine.browse.server import BrowseServer
from pmcmine.errors import PmcmineError
from tests.helpers import rows
from tests.pmcmine.browse.conftest import HOSTILE, Browser


def _get(server: BrowseServer, path: str, host: str | None = None) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    connection.request("GET", path, headers={"Host": host} if host else {})
    answer = connection.getresponse()
    found = answer.status, dict(answer.getheaders()), answer.read()
    connection.close()
    return found


def _json(server: BrowseServer, path: str) -> Any:
    return json.loads(_get(server, path)[2])


def test_figures_their_filters_and_their_images(server: BrowseServer, release: Path) -> None:
    figures = {f["figure_id"]: f for f in rows(release, "figures")}
    everything = _json(server, "/api/figures")
    assert everything["total"] == len(figures) and set(everything["ids"]) == set(figures)
    some = _json(server, "/api/figures?group=noncommercial&panels=1")
    with_panels = {p["figure_id"] for p in rows(release, "panels")}
    assert set(some["ids"]) == {i for i, f in figures.items() if f["license_group"] == "noncommercial"} & with_panels
    figure_id = next(i for i in with_panels if figures[i]["shard"])
    shown = _json(server, "/api/figure?id=" + quote(figure_id))
    assert shown["caption"] == figures[figure_id]["caption"] and len(shown["panels"]) >= 2
    status, headers, data = _get(server, "/image?id=" + quote(figure_id))
    assert status == 200 and headers["Content-Type"] in ("image/jpeg", "image/png")
    assert len(data) == figures[figure_id]["image_bytes"]
    document = _json(server, "/api/document?id=" + quote(figures[figure_id]["pmcid"]))
    row = next(d for d in rows(release, "documents") if d["article_id"] == document["article_id"])
    assert [p["text"] for p in document["places"]] == row["texts"] and not document["more"]
    assert [p["image"] for p in document["places"]] == row["images"] and figure_id in row["images"]
    found = _json(server, "/api/figures?text=" + quote("onerror=alert"))
    assert found["total"] == 1


@pytest.mark.parametrize(
    ("path", "host", "status"),
    [
        ("/api/figure?id=nothing", None, 404),
        ("/api/document?id='%20OR%201=1%20--", None, 404),
        ("/image?id='%20OR%201=1%20--", None, 404),
        ("/api/figures?text=%27%20OR%201%3D1%20--", None, 200),
        ("/api/figures?column=1", None, 400),
        ("/api/figures?offset=x", None, 400),
        ("/../release.json", None, 404),
        ("/static/../../release.json", None, 404),
        ("/", "evil.example:80", 403),
        ("/", None, 200),
    ],
)
def test_what_it_refuses(server: BrowseServer, path: str, host: str | None, status: int) -> None:
    found, headers, data = _get(server, path, host)
    assert found == status
    assert "default-src 'none'" in headers["Content-Security-Policy"] and headers["X-Content-Type-Options"] == "nosniff"
    if "OR" in path and status == 200:
        assert json.loads(data)["total"] == 0


def test_it_only_reads_and_only_here(server: BrowseServer) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    connection.request("POST", "/api/figures", body=b"{}")
    assert connection.getresponse().status == 501
    assert server.url.startswith("http://127.0.0.1:")


def test_no_release_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(PmcmineError, match="no release"):
        ReleaseData(tmp_path)


def test_thumbnails_are_small_and_links_only_of_real_articles(release: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = next(f for f in rows(release, "figures") if f["shard"] and f["width"] > 500)
    data = ReleaseData(release)
    whole, small = data.image(shown["figure_id"]), data.thumbnail(shown["figure_id"])
    assert whole and small and small.type == "image/jpeg" and len(small.data) < len(whole.data)
    assert max(Image.open(io.BytesIO(small.data)).size) <= 320 and data.thumbnail("nothing") is None
    with monkeypatch.context() as bound:
        bound.setattr(browse_data, "_MOST_PIXELS", 10_000)
        assert data.thumbnail(shown["figure_id"]) == whole
    figure = data.figure(shown["figure_id"])
    assert figure and figure["links"] == {
        "PMC": f"https://pmc.ncbi.nlm.nih.gov/articles/{shown['pmcid']}/",
        "DOI": f"https://doi.org/10.5555/demo.{shown['pmcid'][3:]}",
    }


@pytest.mark.slow
def test_in_a_browser(server: BrowseServer, release: Path, browser: Browser) -> None:
    """Keys move on, boxes and spans are drawn, hostile captions stay text, and nothing is loaded from elsewhere."""
    driver = browser.driver
    wait, text, press = browser.wait, browser.text, browser.press
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys

    total = len(rows(release, "figures"))
    driver.get(server.url)
    wait(lambda: text("place") == f"1 of {total}")
    press("j")
    wait(lambda: text("place") == f"2 of {total}")
    press(Keys.ARROW_LEFT)
    wait(lambda: text("place") == f"1 of {total}")
    press("/")
    driver.switch_to.active_element.send_keys("onerror=alert")
    wait(lambda: text("place") == "1 of 1")
    driver.switch_to.active_element.send_keys(Keys.ESCAPE)
    assert text("caption") == HOSTILE and "broken" not in driver.title
    assert driver.find_element(By.ID, "text").get_attribute("value") == "onerror=alert"
    spans = [(s.get_attribute("data-panel"), s.text) for s in driver.find_elements(By.CSS_SELECTOR, "#caption .span")]
    assert spans == [("A", "First one"), ("B", "Second one")]  # offsets are code points, 𝐀 is one
    assert len(driver.find_elements(By.CSS_SELECTOR, "#boxes rect")) == 2
    press("n")
    wait(lambda: len(driver.find_elements(By.CSS_SELECTOR, "#boxes rect.on")) == 1)
    press("b")
    wait(lambda: not driver.find_elements(By.CSS_SELECTOR, "#boxes rect"))
    assert driver.execute_script("return document.getElementById('image').naturalWidth") > 100
    assert "CC-BY" in text("rights")
    press("d")  # the document
    wait(lambda: driver.find_elements(By.CSS_SELECTOR, "#words img.on") and HOSTILE in text("words"))
    press("d")
    wait(lambda: text("caption") == HOSTILE)
    loaded = driver.execute_script("return performance.getEntriesByType('resource').map(e => e.name)")
    assert loaded and all(name.startswith(server.url) for name in loaded)
    assert not [e for e in driver.get_log("browser") if e["level"] == "SEVERE"]
