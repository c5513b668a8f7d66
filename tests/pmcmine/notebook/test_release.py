"""`pmcmine.Release` and `pmcmine.mine`, as a notebook uses them."""

from __future__ import annotations

import struct
import subprocess
import sys
import zlib
from dataclasses import replace
from pathlib import Path

import pytest

import pmcmine
from pmcmine.browse.pictures import Image
from pmcmine.demo import write_bucket
from pmcmine.demo.corpus import many_articles
from pmcmine.errors import PmcmineError
from tests.helpers import NO_MODELS, rows


@pytest.fixture
def release(demo_release: Path) -> pmcmine.Release:
    return pmcmine.Release(demo_release)


def test_tables_are_frames(release: pmcmine.Release, demo_release: Path) -> None:
    assert release.tables["articles"] == len(rows(demo_release, "articles")) == len(release["articles"])
    recent = release["figures"].where("year >= 2015").where("shard IS NOT NULL")
    wanted = [f for f in rows(demo_release, "figures") if (f["year"] or 0) >= 2015 and f["shard"]]
    assert 0 < len(recent) == len(wanted)
    frame = recent.select("figure_id", "caption").df()
    assert list(frame.columns) == ["figure_id", "caption"] and set(frame["figure_id"]) == {
        f["figure_id"] for f in wanted
    }
    assert recent.head(2).arrow().num_rows == 2 == len(list(recent.head(2)))
    assert release.sql("SELECT count(*) FROM articles").fetchall() == [(release.tables["articles"],)]


def test_a_figure_has_its_picture(release: pmcmine.Release, demo_release: Path) -> None:
    row = next(f for f in rows(demo_release, "figures") if f["shard"])
    figure = release.figure(row["figure_id"])
    assert figure.caption == row["caption"] and figure.image.size == (row["width"], row["height"])
    assert "data:image/" in figure._repr_html_() and row["license"] in figure._repr_html_()
    assert next(iter(release.stream(split="train")))["key"]


def test_a_notebook_shows_pictures_and_no_markup_of_others(release: pmcmine.Release) -> None:
    page = release._repr_html_()
    assert page.count("<img") == 8 and "http" not in page.replace("https://doi.org", "")
    page = release["figures"].where("caption LIKE '%<%'")._repr_html_()
    assert page.count("<table>") == 1
    hostile = release.sql("SELECT '<script>alert(1)</script>' AS x").to_arrow_table()
    from pmcmine.notebook.html import table_html

    assert "<script" not in table_html(hostile.schema.names, [list(hostile.to_pylist()[0].values())])


@pytest.mark.parametrize(
    ("act", "said"),
    [
        (lambda r: r["figure"], "figures"),
        (lambda r: r["figures"].where("yaer > 3").df(), "year"),
        (lambda r: r["figures"].where("license = 'CCBY'").df(), "CC-BY"),
        (lambda r: r["figures"].select("captoin").df(), "caption"),
        (lambda r: r.sql("SELEC 1"), "sql"),
        (lambda r: r.sql(" ; "), "gives no rows"),
        (lambda r: r.figure("PMC1"), "no figure"),
    ],
)
def test_mistakes_are_one_line_with_the_nearest_name(release: pmcmine.Release, act: object, said: str) -> None:
    with pytest.raises(PmcmineError) as error:
        act(release)  # type: ignore[operator]
    assert said in str(error.value) and len(str(error.value).splitlines()) == 1


def test_mine_makes_what_it_returns(tmp_path: Path) -> None:
    articles = many_articles(3)
    write_bucket(tmp_path / "source", articles)
    (tmp_path / "takedowns.txt").write_text(f"PMC{articles[0].pmcid}\n")
    options = {"source": str(tmp_path / "source"), "exclude": str(tmp_path / "takedowns.txt")}  # one file, no list
    made = pmcmine.mine(tmp_path / "release", quiet=True, **options, **NO_MODELS)
    assert made.tables["articles"] == 2 and repr(made).endswith("pairs>")
    with pytest.raises(PmcmineError, match="which articles"):
        pmcmine.mine(tmp_path / "other")
    with pytest.raises(PmcmineError, match="no release"):
        pmcmine.Release(tmp_path)


def test_the_package_stays_light() -> None:
    code = "import sys, pmcmine; assert 'pyarrow' not in sys.modules and 'Release' in pmcmine.__all__; pmcmine.Release"
    subprocess.run([sys.executable, "-c", code], check=True)


def _bomb() -> bytes:
    """A PNG of a few bytes that states 30,000 × 30,000 pixels."""
    parts = [b"\x89PNG\r\n\x1a\n"]
    for kind, data in (
        (b"IHDR", struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)),
        (b"IDAT", b""),
        (b"IEND", b""),
    ):
        parts += [struct.pack(">I", len(data)), kind, data, struct.pack(">I", zlib.crc32(kind + data))]
    return b"".join(parts)


@pytest.mark.parametrize("data", [_bomb(), b"\x89PNG\r\n\x1a\n", b"GIF89a"])
def test_a_picture_that_cannot_be_decoded_is_one_line(
    data: bytes, release: pmcmine.Release, demo_release: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("PIL.Image.MAX_IMAGE_PIXELS", 89_478_485)  # Pillow's own
    figure_id = next(f for f in rows(demo_release, "figures") if f["shard"])["figure_id"]
    figure = replace(release.figure(figure_id), picture=Image(data, "image/png"))
    with pytest.raises(PmcmineError, match="can't be decoded") as said:
        assert figure.image is None
    assert str(said.value).count("\n") == 0
    monkeypatch.setattr(pmcmine.Release, "figure", lambda self, figure_id: figure)
    assert "data:image/" not in release._repr_html_() and "rows:" in release._repr_html_()
