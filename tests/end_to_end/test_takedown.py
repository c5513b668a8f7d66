"""Takedowns by another version of pmcmine: whole articles leave a release though other models are installed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from pipelines.score import run_blocks
from pmcmine.config import load_config
from pmcmine.demo import corpus, write_bucket
from pmcmine.demo.corpus import DemoArticle, many_articles
from pmcmine.errors import VocabularyError
from pmcmine.find.build import build_index
from pmcmine.io.folder import Folder
from pmcmine.io.sealed import SEAL
from pmcmine.publish.verify import verify_folder
from pmcmine.release.hierarchy import HIERARCHY
from pmcmine.release.layout import RELEASE
from pmcmine.release.record import ReleaseRecord, load_release
from pmcmine.score.blocks import BLOCK_ROWS
from pmcmine.score.registry import request_for
from pmcmine.score.run import score_release
from pmcmine.vocabulary.atoms import Options
from pmcmine.vocabulary.compile import compile_vocabulary
from pmcmine.vocabulary.formats import open_input
from tests.helpers import NO_MODELS, contents, mine, places_hold, release_json, rows, samples, tree
from tests.old_release import age, before_documents
from tests.test_cli import call

_FORMER = "0f" * 32
_OPTIONS = NO_MODELS | {
    "image_kinds": True,
    "shard_bytes": 300_000,
    "table_bytes": 20_000,
    "max_reject_share": 1.0,
    "panel_shards": True,
    "parquet_images": True,
    "small_splits": False,
}
Update = Callable[..., tuple[int, str, str]]


def _articles() -> list[DemoArticle]:
    """Six articles, of which two have the same figures."""
    articles = many_articles(6, first=9_300_001)
    return [*articles[:5], replace(articles[5], figures=articles[0].figures)]


@pytest.fixture(scope="module")
def mined(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the articles in `bucket`, and in `release` what was mined, scored and indexed."""
    folder = tmp_path_factory.mktemp("takedown")
    write_bucket(folder / "bucket", _articles())
    mine(load_config({**_OPTIONS, "source": str(folder / "bucket"), "out": str(folder / "release")}))
    return folder


def _copy(mined: Path, folder: Path, name: str = "release") -> Path:
    shutil.copytree(mined / "release", folder / name)
    return folder / name


def doctored(release: Path, **changes: Any) -> Path:
    """Have a release say that an earlier version with another model of image kinds made it."""
    record = load_release(Folder(str(release)))
    models = tuple(replace(m, sha256=_FORMER) if m.name == "image_kinds" else m for m in record.classifiers)
    config = json.loads(json.dumps(dict(record.config)))
    config["models"]["image_kinds"] = _FORMER
    enrichers = tuple(replace(e, version="0.0.1") for e in record.enrichers)
    changed = replace(record, classifiers=models, config=config, enrichers=enrichers, pmcmine="0.0.1", **changes)
    (release / RELEASE).write_bytes(changed.to_bytes())
    return release


def _record(release: Path) -> ReleaseRecord:
    return load_release(Folder(str(release)))


@pytest.fixture
def update(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Update:
    def updated(release: Path, *lines: str, flags: tuple[str, ...] = ()) -> tuple[int, str, str]:
        listed = tmp_path / "takedowns.txt"
        listed.write_text("\n".join(lines), "utf-8")
        excluded = ("--exclude", str(listed)) if lines else ()
        return call(capsys, "update", str(release), *excluded, *flags, "--quiet", "--set", "max_reject_share=1.0")

    return updated


def _state(release: Path) -> dict[str, str]:
    return {k: v for k, v in tree(release, ".").items() if k != "_work/lock"}


def _mentions(release: Path, pmcid: str) -> set[str]:
    """Return the files of a release that hold a PMCID, those apart that say that it is not there any more."""
    found = set()
    for path in release.rglob("*"):
        name = path.relative_to(release).as_posix()
        if path.is_dir() or name.startswith(("state/", "shards/removed/", "tables/rejects/", "tables/tombstones/")):
            continue
        held = str(pq.read_table(path).to_pylist()) if path.suffix == ".parquet" else path.read_bytes().decode("latin1")
        if any(f"{pmcid}{sign}" in held for sign in (".", "-", "_", "'", '"')):
            found.add(name)
    return found


@pytest.mark.parametrize("flags", [(), ("--exclude-only",)])
def test_an_article_is_taken_out_with_other_models_installed(
    mined: Path, tmp_path: Path, update: Update, flags: tuple[str, ...]
) -> None:
    release = _copy(mined, tmp_path)
    graph = partial(run_blocks, load_config({"vocab": "none"}))
    score_release(
        release, request_for("caption-tokens", None, None, {}), graph, out=None, overwrite=False, block_rows=BLOCK_ROWS
    )
    build_index(release)
    before = _record(doctored(release))
    head = next(r for r in rows(release, "clusters") if r["representative"])["pmcid"]
    assert _mentions(release, head) > {"index/figures_documents.parquet"}
    assert any(name.startswith("scores/") for name in _mentions(release, head))
    code, out, err = update(release, head, flags=flags)
    assert code == 0 and "changed 1" in out, err
    assert not verify_folder(release).problems
    places_hold(release)
    assert not _mentions(release, head)
    after = _record(release)
    assert (after.classifiers, after.enrichers, after.config["models"]) == (
        before.classifiers,
        before.enrichers,
        before.config["models"],
    )
    assert after.snapshot == before.snapshot and len(after.updates) == 1
    assert _FORMER[:12] in (release / "shards" / "datasheet.md").read_text()
    assert _FORMER in (release / "tables" / "croissant.json").read_text()
    (tombstone,) = rows(release, "tombstones")
    assert (tombstone["pmcid"], tombstone["reason"]) == (head, "excluded")
    listed = tmp_path / "takedowns.txt"
    mine(
        load_config({**_OPTIONS, "source": str(mined / "bucket"), "out": str(tmp_path / "f"), "exclude": [str(listed)]})
    )
    full, theirs = contents(release), contents(tmp_path / "f")
    assert {k: v for k, v in full.items() if v} | {"counts": 0} == theirs | {"counts": 0}
    held = _state(release)
    code, out, _ = update(release, head, flags=flags)
    assert code == 0 and "nothing is new" in out and _state(release) == held
    assert update(release)[0] == 2, "another update is refused still"


def test_articles_of_an_author_and_of_a_doi_need_no_model(mined: Path, tmp_path: Path, update: Update) -> None:
    release = doctored(_copy(mined, tmp_path))
    doi = rows(release, "articles")[0]
    code, out, err = update(release, doi["doi"])
    assert code == 0 and "changed 1" in out, err
    assert not _mentions(release, doi["pmcid"]) and not verify_folder(release).problems
    (reject,) = [r for r in rows(release, "rejects") if r["reason"] == "excluded"]
    assert reject["detail"] == "by its DOI"
    assert _record(release).classifiers == _record(doctored(_copy(mined, tmp_path, "other"))).classifiers
    orcid = rows(release, "articles")[0]["authors"][0]["orcid"]
    code, _, err = update(release, orcid, flags=("--exclude-only",))
    assert code == 0, err
    assert not any(a["orcid"] == orcid for r in rows(release, "articles") for a in r["authors"])
    assert not verify_folder(release).problems


def test_what_would_be_mined_with_other_models_is_refused(mined: Path, tmp_path: Path, update: Update) -> None:
    release = doctored(_copy(mined, tmp_path))
    article, other = rows(release, "articles")[:2]
    figure = next(f for f in rows(release, "figures") if f["pmcid"] == article["pmcid"])["figure_id"]
    held = _state(release)
    said = "image_kinds sha256: "
    for lines, flags, why in (
        ((), (), "and an update would mix them; mine anew"),
        ((figure,), ("--exclude-only",), "1 articles of which only a figure or table is excluded"),
        ((other["pmcid"], figure), (), "an update would mix them in 1 articles"),
    ):
        for dry in ((), ("--dry-run",)):
            code, out, err = update(release, *lines, flags=(*flags, *dry))
            assert code == 2 and not out and err.count("\n") == 1, err
            assert said in err and why in err and "update with pmcmine 0.0.1 (installed: 0.1.0)" in err
        assert _state(release) == held
    assert update(release, article["pmcid"], figure)[0] == 0, "the figure leaves with its article"
    assert update(release, f"!{article['pmcid']}", other["pmcid"])[0] == 2, "what is lifted must be mined"
    assert not _mentions(release, article["pmcid"]) and _mentions(release, other["pmcid"])


@pytest.mark.slow
def test_new_articles_wait_for_the_models_of_the_release(mined: Path, tmp_path: Path, update: Update) -> None:
    release = doctored(_copy(mined, tmp_path))
    gone = rows(release, "articles")[0]["pmcid"]
    newer = _articles()
    write_bucket(tmp_path / "newer", [*(replace(a, version=2) if i == 3 else a for i, a in enumerate(newer)),
                                      *many_articles(1, first=9_300_007)])  # fmt: skip
    moved = ("--source", str(tmp_path / "newer"))
    held = _state(release)
    code, _, err = update(release, gone, flags=moved)
    assert code == 2 and "in 2 articles that are new, changed or tried again" in err and "add --exclude-only" in err
    assert _state(release) == held
    snapshot = _record(release).snapshot
    code, out, err = update(release, gone, flags=("--exclude-only",))
    assert code == 0 and "new 0  changed 1" in out, err
    assert _record(release).snapshot == snapshot and not _mentions(release, gone)
    assert not verify_folder(release).problems
    record = _record(release)  # the version that made it is back
    fresh = _record(mined / "release")
    record = replace(record, classifiers=fresh.classifiers, enrichers=fresh.enrichers,
                     config={**record.config, "models": fresh.config["models"]})  # fmt: skip
    (release / RELEASE).write_bytes(record.to_bytes())
    code, out, err = update(release, flags=moved)
    assert code == 0 and "new 1  changed 1" in out, err
    assert not _mentions(release, gone) and not verify_folder(release).problems


def test_ids_that_the_release_lacks_are_kept_for_later(mined: Path, tmp_path: Path, update: Update) -> None:
    release = doctored(_copy(mined, tmp_path))
    before = samples(release)
    code, out, err = update(release, "PMC9300007", "PMC9300008.1/fig1")
    assert code == 0 and "new 0  changed 0" in out, err
    assert samples(release) == before and not verify_folder(release).problems
    assert "PMC9300007" in (release / "state" / "exclusions.txt").read_text()
    code, out, err = update(release, "PMC9300007")
    assert code == 0 and "nothing is new" in out
    write_bucket(tmp_path / "newer", [*_articles(), *many_articles(1, first=9_300_007)])
    code, out, err = update(release, "PMC9300007", flags=("--source", str(tmp_path / "newer")))
    assert code == 0 and "new 1" in out, "it is excluded, so that no model is needed"
    assert "PMC9300007" not in {a["pmcid"] for a in rows(release, "articles")}


@pytest.mark.slow
def test_older_releases(mined: Path, tmp_path: Path, update: Update) -> None:
    release = _copy(mined, tmp_path)
    before_documents(release)
    age(release)
    content = release_json(release)
    del content["classifiers"], content[SEAL]
    content["config"]["models"] = {"image_kinds": _FORMER}
    (release / RELEASE).write_text(json.dumps(content))
    gone = rows(mined / "release", "articles")[0]["pmcid"]
    code, _, err = update(release)
    assert code == 2 and "image_kinds sha256" in err
    code, out, err = update(release, gone)
    assert code == 0 and "changed 1" in out, err
    assert not _mentions(release, gone) and not verify_folder(release).problems
    after = release_json(release)
    assert after["config"]["models"] == {"image_kinds": _FORMER}
    assert after["classifiers"] == [{"name": "image_kinds", "sha256": _FORMER}]


@pytest.mark.slow
def test_all_articles_can_be_taken_out(mined: Path, tmp_path: Path, update: Update) -> None:
    release = doctored(_copy(mined, tmp_path))
    code, _, err = update(release, *(a["pmcid"] for a in rows(release, "articles")))
    assert code == 0, err
    assert not rows(release, "articles") and not samples(release) and not verify_folder(release).problems


def test_articles_that_are_gone_leave_with_other_models_too(mined: Path, tmp_path: Path, update: Update) -> None:
    release = doctored(_copy(mined, tmp_path))
    write_bucket(tmp_path / "fewer", _articles()[:4])
    pmcids = [f"PMC{a.pmcid}" for a in _articles()]
    moved = ("--source", str(tmp_path / "fewer"))
    assert update(release, flags=moved)[0] == 2, "without a list, nothing is compared"
    code, out, err = update(release, pmcids[0], flags=moved)
    assert code == 0 and "changed 1  retried 0  gone 2" in out, err
    assert {t["reason"] for t in rows(release, "tombstones")} == {"excluded", "withdrawn"}
    assert not any(_mentions(release, p) for p in (pmcids[0], *pmcids[4:])) and not verify_folder(release).problems


@pytest.mark.slow
def test_an_article_whose_doi_is_another_today_is_refused(
    mined: Path, tmp_path: Path, update: Update, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = doctored(_copy(mined, tmp_path))
    article = rows(release, "articles")[0]
    doi, xml_of = article["doi"].encode(), corpus.article_xml
    monkeypatch.setattr(corpus, "article_xml", lambda a: xml_of(a).replace(doi, doi + b"x"))
    write_bucket(tmp_path / "bucket", _articles())
    for path in (tmp_path / "bucket").rglob("*.json"):
        path.write_bytes(path.read_bytes().replace(doi + b'"', doi + b'x"'))
    held, flags = _state(release), ("--exclude-only", "--source", str(tmp_path / "bucket"))
    code, _, err = update(release, article["doi"], flags=flags)
    assert code == 2 and err.count("\n") == 1 and _state(release) == held
    assert f"what is read today of {article['pmcid']} has no longer the DOI" in err
    code, _, err = update(release, article["pmcid"], flags=flags)
    assert code == 0 and not _mentions(release, article["pmcid"]), err
    labelled = _copy(mined, tmp_path, "labelled")  # with the models that labelled it, the article is as it is today
    other = next(a["pmcid"] for a in rows(labelled, "articles") if a["pmcid"] != article["pmcid"])
    code, _, err = update(labelled, article["doi"], other, flags=flags)
    assert code == 0 and not verify_folder(labelled).problems, err
    assert _mentions(labelled, article["pmcid"]) and not _mentions(labelled, other)


def test_only_what_is_excluded_is_read(tmp_path: Path, update: Update, monkeypatch: pytest.MonkeyPatch) -> None:
    write_bucket(tmp_path / "bucket", _articles())
    release = tmp_path / "release"
    asked = [*(f"PMC{a.pmcid}" for a in _articles()[:4]), "PMC1"]  # one is not in the source
    mine(load_config({**_OPTIONS, "source": str(tmp_path / "bucket"), "out": str(release), "pmcid": asked}))
    snapshot = _record(doctored(release)).snapshot
    assert snapshot.n_absent == 1

    def fails(*args: object) -> None:
        raise AssertionError("the source was asked")

    for name in ("pmcmine.sources.bucket.BucketReader.metadata", "pmcmine.run.start.first_contact"):
        monkeypatch.setattr(name, fails)
    code, out, err = update(release, asked[0], asked[-1], flags=("--exclude-only", "--compact"))
    assert code == 0 and "changed 2  retried 0  gone 0" in out, err
    assert _record(release).snapshot == snapshot and not verify_folder(release).problems
    assert {a["pmcid"] for a in rows(release, "articles")} == {*asked[1:4]}
    code, _, err = update(release, flags=("--exclude-only",))
    assert code == 2 and "--exclude-only needs a list" in err


def test_what_failed_before_is_not_tried_again_with_other_models(tmp_path: Path, update: Update) -> None:
    articles = [*_articles(), DemoArticle(9_300_009, damage="missing")]
    write_bucket(tmp_path / "bucket", articles)
    release = tmp_path / "release"
    mine(load_config({**_OPTIONS, "source": str(tmp_path / "bucket"), "out": str(release)}))
    gone = rows(doctored(release), "articles")[0]["pmcid"]
    code, out, err = update(release, gone, flags=("--dry-run", "--json"))
    assert code == 0 and json.loads(out)["articles"] == {"new": 0, "changed": 1, "retried": 0, "gone": 0}, err
    code, out, err = update(release, gone)
    assert code == 0 and "new 0  changed 1  retried 0  gone 0" in out, err
    assert not verify_folder(release).problems and not _mentions(release, gone)
    held = _state(release)
    code, out, _ = update(release, gone)
    assert code == 0 and "nothing is new" in out and _state(release) == held


def test_what_failed_before_is_not_tried_again_if_only_exclusions_count(tmp_path: Path, update: Update) -> None:
    write_bucket(tmp_path / "bucket", [*_articles()[:3], DemoArticle(9_300_009, damage="missing")])
    release = tmp_path / "release"
    mine(load_config({**_OPTIONS, "source": str(tmp_path / "bucket"), "out": str(release)}))
    first = rows(release, "articles")[0]["pmcid"]
    asked = {"new": 0, "changed": 1, "retried": 1, "gone": 0}
    for flags, retried in (((), 1), (("--exclude-only",), 0)):
        code, out, err = update(release, first, flags=(*flags, "--dry-run", "--json"))
        assert code == 0 and json.loads(out)["articles"] == asked | {"retried": retried}, err
    code, out, err = update(release, first, flags=("--exclude-only",))
    assert code == 0 and "changed 1  retried 0" in out and not _mentions(release, first), err


@pytest.fixture(scope="module")
def linked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with three articles in `bucket`, a vocabulary, and in `release` what was mined and linked to it."""
    folder = tmp_path_factory.mktemp("linked")
    terms = "[Term]\nid: HP:1\nname: Liver\n\n[Term]\nid: HP:2\nname: Left lobe\nis_a: HP:1\n"
    (folder / "terms.obo").write_text(f"format-version: 1.2\nontology: hp\n\n{terms}")
    compile_vocabulary([open_input(folder / "terms.obo", Options())], folder / "own.vocab", "own")
    write_bucket(folder / "bucket", many_articles(3, first=9_400_001))
    mine(load_config({**_linking(folder), "source": str(folder / "bucket"), "out": str(folder / "release")}))
    return folder


def _linking(folder: Path) -> dict[str, Any]:
    options = _OPTIONS | {"image_kinds": False, "panels": False, "panel_shards": False}
    return {**options, "vocab": str(folder / "own.vocab")}


_CHANGES: dict[str, tuple[str, Callable[[Path, pytest.MonkeyPatch], None]]] = {
    "other rules": (
        "spelling rules",
        lambda vocab, patch: patch.setattr("pmcmine.vocabulary.vocabulary.NORMALISER", -1),
    ),
    "another format": (
        "vocabulary format",
        lambda vocab, patch: patch.setattr("pmcmine.vocabulary.vocabulary.FORMAT", -1),
    ),
    "gone": ("no such vocabulary", lambda vocab, patch: vocab.unlink()),
    "another one": ("is not the vocabulary", lambda vocab, patch: _another_vocabulary(vocab)),
}


def _another_vocabulary(vocab: Path) -> None:
    terms = vocab.with_name("others.obo")
    terms.write_text("format-version: 1.2\nontology: hp\n\n[Term]\nid: HP:1\nname: Kidney\n")
    vocab.unlink()
    compile_vocabulary([open_input(terms, Options())], vocab, "own")


@pytest.mark.parametrize("change", _CHANGES)
def test_an_article_leaves_whatever_the_vocabulary_is_today(
    linked: Path, change: str, update: Update, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "linked"
    shutil.copytree(linked, folder)
    release, vocab = folder / "release", folder / "own.vocab"
    path = release / RELEASE  # the release was made from these copies
    path.write_text(path.read_text().replace(str(linked), str(folder)))
    doctored(release)
    said, changed = _CHANGES[change]
    changed(vocab, monkeypatch)
    articles = many_articles(3, first=9_400_001)
    write_bucket(folder / "bucket", [*articles, *many_articles(1, first=9_400_009)])
    before = _state(release)
    facts = _record(release).vocabulary
    for flags in ((), ("--dry-run",)):
        code, _, err = update(release, flags=flags)
        assert code == 2 and said in err and err.count("\n") == 1, err
    gone = f"PMC{articles[0].pmcid}"
    code, _, err = update(release, f"{gone}.1/fig1", flags=("--exclude-only",))
    assert code == 2 and said in err and "PMCID" in err
    assert _state(release) == before

    hierarchy = (release / HIERARCHY).read_bytes()
    code, _, err = update(release, gone, flags=("--exclude-only",))
    assert code == 0 and not _mentions(release, gone) and not verify_folder(release).problems, err
    assert _record(release).vocabulary == facts and (release / HIERARCHY).read_bytes() == hierarchy
    if change != "another one":
        with pytest.raises(VocabularyError, match=said):
            load_config({**_linking(folder), "source": str(folder / "bucket"), "out": str(tmp_path / "anew")})
