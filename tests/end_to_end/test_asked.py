"""`--pmcid` from every kind of source: only what was asked for, and a row and a line for what is not there."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pipelines import job
from pmcmine.config import load_config, update_config
from pmcmine.demo import BucketServer, write_bucket
from pmcmine.demo.corpus import DemoArticle, article_files, many_articles
from pmcmine.run.progress import Progress
from tests.end_to_end.test_sources import bulk, package
from tests.helpers import NO_MODELS, flags_of, release_json, rows
from tests.test_cli import call

LIGHT = [*flags_of(NO_MODELS), "--set=near_duplicates=false", "--max-reject-share=1", "-q"]
ARTICLES = many_articles(5, 9400001)


class NoListing(BucketServer):
    """A server that lists inventories only, and answers any other listing with a page."""

    def listing(self, prefix: str, delimiter: str) -> str:
        index = "<html><body>Index</body></html>"
        return super().listing(prefix, delimiter) if prefix.startswith("inventory-reports/") else index


@contextlib.contextmanager
def _bucket(folder: Path, server: type[BucketServer], *flags: str) -> Iterator[list[str]]:
    write_bucket(folder, ARTICLES)
    with server(folder) as running:
        yield ["--source", running.url, *flags]


@contextlib.contextmanager
def _by_inventory(folder: Path) -> Iterator[list[str]]:
    write_bucket(folder, ARTICLES)
    day = sorted(p.name for p in (folder / "inventory-reports").rglob("*T01-00Z"))[1][:10]  # the one that is whole
    with BucketServer(folder) as running:
        yield ["--source", running.url, "--inventory", day]


@contextlib.contextmanager
def _folder(folder: Path) -> Iterator[list[str]]:
    write_bucket(folder, ARTICLES)
    yield ["--source", str(folder)]


@contextlib.contextmanager
def _loose(folder: Path) -> Iterator[list[str]]:
    for article in ARTICLES:
        (folder / str(article.pmcid)).mkdir(parents=True)
        for key, data in article_files(article)[0].items():
            name = key.split("/")[1]
            name = f"pmc{article.pmcid}.nxml" if name.endswith(".xml") else name
            (folder / str(article.pmcid) / name).write_bytes(data)
    yield ["--source", str(folder)]


@contextlib.contextmanager
def _packages(folder: Path) -> Iterator[list[str]]:
    folder.mkdir()
    for article in ARTICLES:
        (folder / f"PMC{article.pmcid}.tar.gz").write_bytes(package(article))
    yield ["--source", str(folder)]


@contextlib.contextmanager
def _bulk(folder: Path) -> Iterator[list[str]]:
    bulk(folder, "oa_comm_xml.PMC009xxxxxx.baseline.2025-06-26", ARTICLES)
    yield ["--source", str(folder)]


@contextlib.contextmanager
def _pdfs(folder: Path) -> Iterator[list[str]]:
    pymupdf = pytest.importorskip("pymupdf")
    folder.mkdir()
    for article in ARTICLES:
        with pymupdf.open() as document:
            document.new_page().insert_textbox((50, 50, 500, 700), "Introduction. " + "Some text of a page. " * 60)
            document.save(folder / f"pmc{article.pmcid}.pdf")
        (folder / f"pmc{article.pmcid}.json").write_text(json.dumps({"license_code": "CC BY"}))
    yield ["--source", str(folder)]


SOURCES: dict[str, Callable[[Path], Any]] = {
    "bucket": lambda folder: _bucket(folder, BucketServer),
    "bucket that can't list": lambda folder: _bucket(folder, NoListing),
    "bucket by its inventory": _by_inventory,
    "folder": _folder,
    "loose": _loose,
    "packages": _packages,
    "bulk": _bulk,
    "pdf": _pdfs,
}


@pytest.mark.parametrize("kind", SOURCES)
def test_only_what_was_asked_for(kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with SOURCES[kind](tmp_path / "in") as source:
        out = tmp_path / "out"
        asked = "pmc9400002,PMC9400002 PMC09400004,PMC9499999"
        args = ["mine", *source, "--out", str(out), "--pmcid", asked, *LIGHT]
        code, _, err = call(capsys, *args)
        assert code == 0 and err.count("\n") == 1 + (kind in ("bulk", "pdf"))
        assert "1 of the 3 requested PMCIDs is not in the source: PMC9499999" in err
        assert ("bulk packages contain only text" in err) == (kind == "bulk")
        assert {a["pmcid"] for a in rows(out, "articles")} == {"PMC9400002", "PMC9400004"}
        missing = [(r["pmcid"], r["article_id"]) for r in rows(out, "rejects") if r["reason"] == "not_in_source"]
        assert missing == [("PMC9499999", "PMC9499999")]
        assert call(capsys, *args)[0] == 0  # it is whole
        nothing = ["mine", *source, "--out", str(tmp_path / "none"), "--pmcid", "PMC9499998,PMC9499999", *LIGHT]
        for _ in range(2):
            code, printed, err = call(capsys, *nothing)
            assert code == 1
            assert "none of the 2 requested PMCIDs is in the source: PMC9499998, PMC9499999" in err
        assert "not_in_source" in printed and len(rows(tmp_path / "none", "rejects")) == 2


def test_a_dry_run_says_what_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with _folder(tmp_path / "in") as source:
        code, out, err = call(capsys, "mine", *source, "--pmcid", "PMC9400001,PMC7", "--dry-run", "--json")
        assert code == 0 and json.loads(out)["not_in_source"] == ["PMC7"] and "PMC7" in err
        assert call(capsys, "mine", *source, "--pmcid", "PMC7", "--dry-run", "--json")[0] == 1


def test_a_list_of_nothing_does_not_mean_everything(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "ids.txt").write_text("# none yet\n\n")
    with _folder(tmp_path / "in") as source:
        for value in (str(tmp_path / "ids.txt"), "", " , "):
            code, out, err = call(capsys, "mine", *source, "--pmcid", value, "--dry-run", "--json")
            assert (code, out) == (2, "") and "names no PMCID" in err


def test_many_ids_at_once_and_a_file_with_commas(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "ids.txt").write_text("\ufeffPMC9400001, pmc9400002\nPMC9400003 # the last\n", "utf-8")
    many = ",".join(f"PMC{n}" for n in range(1, 400))
    with _folder(tmp_path / "in") as source:
        _, out, _ = call(
            capsys, "mine", *source, "--pmcid", many, "--pmcid", str(tmp_path / "ids.txt"), "--dry-run", "--json"
        )
        assert (json.loads(out)["snapshot"]["n_pmcids"], len(json.loads(out)["not_in_source"])) == (402, 399)
        code, out, _ = call(capsys, "mine", *source, "--set", "pmcid=PMC9400001,pmc9400001", "--dry-run", "--json")
        assert code == 0 and json.loads(out)["snapshot"]["n_pmcids"] == 1


def test_an_update_follows_what_was_asked_for(tmp_path: Path) -> None:
    """An article that comes is mined, one that goes leaves a tombstone and a row; another day changes nothing."""
    source, out = tmp_path / "in", tmp_path / "out"

    def bring(day: str, *numbers: int) -> job.Outcome:
        shutil.rmtree(source, ignore_errors=True)
        write_bucket(source, [DemoArticle(n) for n in numbers])
        config = update_config(str(out), {"source": str(source), "max_reject_share": 1.0})
        return job.update(config, day, False, Progress(quiet=True))

    write_bucket(source, [DemoArticle(n) for n in (9500001, 9500002, 9500003)])
    wanted = ("PMC9500001", "PMC9500002", "PMC9500004")
    job.run(load_config({**NO_MODELS, "source": str(source), "out": str(out), "pmcid": wanted}), Progress(quiet=True))
    assert release_json(out)["snapshot"]["n_absent"] == 1
    assert not bring("2026-11-01", 9500001, 9500002, 9500003, 9500005).fresh
    assert bring("2026-11-02", 9500001, 9500003, 9500004).fresh
    assert {a["pmcid"] for a in rows(out, "articles")} == {"PMC9500001", "PMC9500004"}
    assert [(t["pmcid"], t["reason"]) for t in rows(out, "tombstones")] == [("PMC9500002", "withdrawn")]
    assert {r["pmcid"] for r in rows(out, "rejects") if r["reason"] == "not_in_source"} == {"PMC9500002"}
    assert not bring("2026-11-03", 9500001, 9500004).fresh
