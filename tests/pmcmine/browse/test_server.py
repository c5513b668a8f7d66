"""The page's server: what it tells, what it refuses, and what it hands out."""

from __future__ import annotations

import http.client
import io
import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyarrow.parquet as pq
import pytest
from PIL import Image

from pmcmine.browse import pictures, results
from pmcmine.browse.data import ReleaseData
from pmcmine.browse.server import BrowseServer
from pmcmine.errors import PmcmineError
from pmcmine.release.lists import read_list
from tests.helpers import rows
from tests.pmcmine.browse.conftest import HOSTILE


def _get(server: BrowseServer, path: str, host: str | None = None) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    connection.request("GET", path, headers={"Host": host} if host else {})
    answer = connection.getresponse()
    found = answer.status, dict(answer.getheaders()), answer.read()
    connection.close()
    return found


def _post(server: BrowseServer, path: str, body: bytes, **headers: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    given = {"Content-Type": "application/json"} | {k.replace("_", "-"): v for k, v in headers.items()}
    connection.request("POST", path, body=body, headers=given)
    answer = connection.getresponse()
    found = answer.status, answer.read()
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
    assert len(data) == figures[figure_id]["image_bytes"] and headers["Cache-Control"] == "no-store"
    document = _json(server, "/api/document?id=" + quote(figures[figure_id]["pmcid"]))
    row = next(d for d in rows(release, "documents") if d["article_id"] == document["article_id"])
    assert [p["text"] for p in document["places"]] == row["texts"] and not document["more"]
    assert [p["image"] for p in document["places"]] == row["images"] and figure_id in row["images"]
    found = _json(server, "/api/figures?text=" + quote("onerror=alert"))
    assert found["total"] == 1


def test_a_page_of_rows_begins_where_it_is_asked_to(server: BrowseServer, release: Path) -> None:
    every = _json(server, "/api/figures")["ids"]
    assert _json(server, "/api/figures?offset=3")["ids"] == every[3:]
    assert _json(server, "/api/figures?offset=999999999")["ids"] == []


def test_counts_are_of_what_fits_and_a_choice_does_not_narrow_its_own_values(
    server: BrowseServer, release: Path
) -> None:
    figures = rows(release, "figures")
    licence = figures[0]["license"]
    group = next(f["license_group"] for f in figures if f["license_group"] != figures[0]["license_group"])
    counts = _json(server, f"/api/counts?license={licence}")
    assert {v["value"]: v["n"] for v in counts["license"]} == {
        lic: sum(f["license"] == lic for f in figures) for lic in {f["license"] for f in figures}
    }
    assert {v["value"] for v in counts["group"]} == {figures[0]["license_group"]}
    assert sum(v["n"] for v in counts["year"]) == sum(f["license"] == licence for f in figures)
    crossed = _json(server, f"/api/counts?license={licence}&group={group}")
    assert crossed["year"] == [] and {v["value"] for v in crossed["group"]} == {figures[0]["license_group"], group}
    journal = figures[0]["journal"]
    found = _json(server, "/api/suggest?of=journal&text=" + quote(journal[:6].lower()))["values"]
    assert {"value": journal, "name": journal, "n": sum(f["journal"] == journal for f in figures)} in found


@pytest.mark.parametrize(
    ("query", "where"),
    [
        ("", ""),
        ("license=CC-BY&license=CC0&from=2001", "license IN ('CC-BY', 'CC0') AND year >= 2001"),
        ("kind=ct", "list_contains(image_kinds, 'ct')"),
        ("kind=ct&kind=mri&sample=1", "list_has_any(image_kinds, ['ct', 'mri']) AND shard IS NOT NULL"),
        ("journal=It%27s", "journal = 'It''s'"),
        ("quality=3", "(caption_quality >= 3 AND caption_quality < 4)"),
        ("where=width%20%3E%2010%20--x", "(width > 10 --x\n)"),
        ("panels=1", None),  # `subset` knows one table
    ],
)
def test_the_condition_that_is_shown_gives_the_same_rows(
    server: BrowseServer, release: Path, query: str, where: str | None, tmp_path: Path
) -> None:
    from pmcmine.cli import main

    found = _json(server, "/api/figures?" + query)
    assert found["where"] == where
    if where is None:
        return
    out = tmp_path / "rows.parquet"
    with pytest.raises(SystemExit) as done:
        main(["subset", str(release), "--out", str(out), *(["--where", where] if where else [])])
    if "quality" in query:  # the release was mined without
        assert done.value.code == 2 and not found["total"] and "classify" in found["notes"][0]
        return
    assert not done.value.code and pq.ParquetFile(out).metadata.num_rows == found["total"]


def test_lists_of_the_basket_and_of_all_that_fits(server: BrowseServer, release: Path, tmp_path: Path) -> None:
    ids = sorted(f["figure_id"] for f in rows(release, "figures"))
    status, data = _post(server, "/list.parquet", json.dumps({"ids": [*ids[:3], ids[0], "no such"]}).encode())
    (tmp_path / "list.parquet").write_bytes(data)
    chosen = read_list(tmp_path / "list.parquet")
    assert status == 200 and chosen.ids["figure_id"].to_pylist() == ids[:3] and chosen.about["release_sha256"]
    status, _, data = _get(server, "/list.parquet?group=noncommercial")
    (tmp_path / "list.parquet").write_bytes(data)
    wanted = {f["figure_id"] for f in rows(release, "figures") if f["license_group"] == "noncommercial" and f["shard"]}
    chosen = read_list(tmp_path / "list.parquet")
    assert status == 200 and set(chosen.ids["figure_id"].to_pylist()) == wanted
    assert chosen.about["browse"]["where"] == "license_group = 'noncommercial'"


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"[]", {}, 400),
        (b'{"ids": [1]}', {}, 400),
        (b'{"ids": ["' + b"x" * 400 + b'"]}', {}, 400),
        (b"[" * 100_000, {}, 400),
        (b'{"ids": []}', {"Content_Length": "9" * 30}, 400),
        (b'{"ids": []}', {"Content_Type": "text/plain"}, 404),  # what a form of another page can send
        (b'{"ids": []}', {"Sec_Fetch_Site": "cross-site"}, 403),
        (b'{"ids": []}', {"Host": "evil.example:80"}, 403),
    ],
)
def test_what_is_no_basket_is_refused(server: BrowseServer, body: bytes, headers: dict[str, str], status: int) -> None:
    assert _post(server, "/list.parquet", body, **headers)[0] == status


@pytest.mark.parametrize(
    ("path", "host", "status"),
    [
        ("/api/figure?id=nothing", None, 404),
        ("/api/document?id='%20OR%201=1%20--", None, 404),
        ("/image?id='%20OR%201=1%20--", None, 404),
        ("/api/figures?text=%27%20OR%201%3D1%20--", None, 200),
        ("/api/figures?journal=%27%20OR%201%3D1%20--", None, 200),
        ("/api/figures?column=1", None, 400),
        ("/api/figures?offset=x", None, 400),
        ("/api/figures?from=2020;%20DROP%20TABLE%20figures", None, 400),
        ("/api/figures?concept=%27)%20OR%20true", None, 400),
        ("/api/figures?where=true);%20DROP%20VIEW%20figures;%20--", None, 400),
        ("/api/figures?where=length(getenv(%27HOME%27))%20%3E%200", None, 400),
        ("/api/figures?where=figure_id%20IN%20(SELECT%20content%20FROM%20read_text(%27/etc/passwd%27))", None, 400),
        ("/api/figures?where=yeer%20%3E%201", None, 400),
        ("/api/counts?where=yeer%20%3E%201", None, 400),
        ("/api/figures?" + "&".join(f"a{i}=1" for i in range(800)), None, 400),
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
    assert _post(server, "/api/figures", b"{}")[0] == 404
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    connection.request("PUT", "/list.parquet", body=b"{}")
    assert connection.getresponse().status == 501
    assert server.url.startswith("http://127.0.0.1:")


def test_no_release_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(PmcmineError, match="no release"):
        ReleaseData(tmp_path)


def test_thumbnails_are_small_and_kept_within_a_bound(
    server: BrowseServer, release: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = [f["figure_id"] for f in rows(release, "figures") if f["shard"] and f["image_bytes"] > pictures._SMALL]
    data = ReleaseData(release)
    whole, small = data.image(large[0]), data.thumbnail(large[0])
    assert whole and small and small.type == "image/jpeg" and len(small.data) < len(whole.data)
    assert max(Image.open(io.BytesIO(small.data)).size) <= 320 and data.thumbnail("nothing") is None
    assert data.thumbnail(large[0]) is small
    monkeypatch.setattr(pictures, "_MOST_KEPT", len(small.data))
    data.thumbnail(large[1])
    assert data._pictures._size <= len(small.data)
    monkeypatch.setattr(pictures, "_MOST_PIXELS", 10_000)
    assert data.thumbnail(large[2]) == data.image(large[2])
    token = _json(server, "/api/info")["token"]
    assert "max-age" in _get(server, f"/thumbnail?id={quote(large[0])}&v={token}")[1]["Cache-Control"]


def test_rights_have_their_evidence_and_values_what_made_them(release: Path) -> None:
    shown = next(f for f in rows(release, "figures") if f["shard"])
    figure = ReleaseData(release).figure(shown["figure_id"])
    assert figure and figure["links"] == {
        "PMC": f"https://pmc.ncbi.nlm.nih.gov/articles/{shown['pmcid']}/",
        "DOI": f"https://doi.org/10.5555/demo.{shown['pmcid'][3:]}",
    }
    assert figure["article"]["license_source"] and figure["article"]["license_url"].startswith("https://")
    assert all(p["code"].startswith("pmcmine 0.") for p in figure["provenance"]) and figure["provenance"]


def test_without_an_index_captions_are_searched_for_the_words(release: Path) -> None:
    data = ReleaseData(release)
    assert f"pmcmine index {release}" in data.hint
    word = HOSTILE.split()[-2].lower()
    found = data.figures({"text": f"ONE. {word}"}, 0)
    assert (
        found["total"] == 1
        and found["where"] == f"contains(lower(caption), 'one.') AND contains(lower(caption), '{word}')"
    )
    figure = rows(release, "figures")[0]
    assert data.figures({"text": figure["figure_id"]}, 0)["ids"] == [figure["figure_id"]]
    assert figure["figure_id"] in data.figures({"text": figure["pmcid"]}, 0)["ids"]


def test_a_condition_over_labels_that_the_release_has_not_says_so(release: Path) -> None:
    data = ReleaseData(release)
    assert "--set classify=false" in data.figures({"where": "caption_quality > 2"}, 0)["notes"][0]
    assert not data.figures({"where": "year > 3000"}, 0)["notes"]


def test_more_like_a_picture_by_its_fingerprint(tmp_path: Path, release: Path) -> None:
    data = ReleaseData(release)
    figures = {f["figure_id"]: f for f in rows(release, "figures") if f["phash"]}
    first = next(iter(figures))
    bits = {i: (int(f["phash"], 16) ^ int(figures[first]["phash"], 16)).bit_count() for i, f in figures.items()}
    found = data.figures({"like": first}, 0)
    near = sorted((b, i) for i, b in bits.items() if b <= 22 and i != first)
    assert found["ids"] == [i for _, i in near] and "fingerprint" in found["notes"][0]


def test_a_large_result_is_not_sorted(release: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    every = ReleaseData(release).figures({}, 0)
    monkeypatch.setattr(results, "_MOST_SORTED", 1)
    monkeypatch.setattr(results, "MOST_ROWS", 4)
    some = ReleaseData(release).figures({}, 0)
    assert some["total"] == every["total"] > 4 == some["kept"] and set(some["ids"]) < set(every["ids"])
