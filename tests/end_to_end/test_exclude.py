"""Takedowns: what the exclusion list names is nowhere in a release, after a run and after an update."""

from __future__ import annotations

import io
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from pipelines import job
from pmcmine.config import load_config, update_config
from pmcmine.demo import write_bucket
from pmcmine.demo.corpus import DemoArticle, many_articles
from pmcmine.errors import PmcmineError
from pmcmine.publish.upload import publish
from pmcmine.publish.verify import verify_folder, verify_hub
from pmcmine.release.layout import WORK
from pmcmine.release.record import load_release
from pmcmine.run import start
from pmcmine.run.progress import Progress
from tests.helpers import NO_MODELS, contents, flags_of, mine, places_hold, rows, samples
from tests.hub_server import HubServer, Repo
from tests.test_cli import call

_OWN = (".gitattributes", "README.md", "release.json")  # of a repo, beside its files
ORCID = "0000-0002-1825-0097"  # the example of orcid.org, which the generated articles' first author has
LIGHT = NO_MODELS | {
    "shard_bytes": 300_000,
    "max_reject_share": 1.0,
    "panel_shards": True,
    "parquet_images": True,
    "small_splits": False,
}


@pytest.fixture(scope="module")
def articles() -> list[DemoArticle]:
    return many_articles(6, first=9_300_001)


@pytest.fixture(scope="module")
def source(articles: list[DemoArticle], tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("source")
    write_bucket(folder, articles)
    return str(folder)


def _list(folder: Path, *lines: str) -> str:
    path = folder / "takedowns.txt"
    path.write_text("# asked for by mail\n" + "\n".join(lines) + "\n", "utf-8")
    return str(path)


def _mine(source: str, out: Path, *exclude: str, **options: Any) -> Path:
    mine(load_config({**LIGHT, "source": source, "out": str(out), "exclude": exclude, **options}))
    return out


def _update(release: Path, source: str, *exclude: str, day: str = "2026-11-20", compact: bool = False) -> job.Outcome:
    config = update_config(str(release), {"source": source, "max_reject_share": 1.0, "exclude": exclude})
    return job.update(config, day, compact, Progress(quiet=True))


def _places_of(release: Path, word: str) -> set[str]:
    """Tables and datasets in which a word occurs, as bytes or in a Parquet column; reports say why it is missing."""
    found = set()
    for path in sorted(release.rglob("*")):
        if path.is_dir() or path.name in ("report.html", "release.json"):
            continue
        name = path.relative_to(release)
        if path.suffix == ".parquet":
            table = pq.read_table(path)
            table = table.drop_columns([c for c in ("image",) if c in table.schema.names])
            held = word in str(table.to_pylist())
        else:
            held = word.encode() in path.read_bytes()
        if held:
            found.add(name.parts[1] if name.parts[0] == "tables" else name.parts[0])
    return found


def _figures(release: Path) -> list[dict[str, Any]]:
    return sorted((f for f in rows(release, "figures") if f["shard"]), key=lambda f: str(f["figure_id"]))


def test_an_excluded_article_and_figure_are_nowhere(source: str, tmp_path: Path) -> None:
    whole = _mine(source, tmp_path / "whole")
    gone, doi, cut = rows(whole, "articles")[0], rows(whole, "articles")[1], _figures(whole)[-1]
    assert cut["pmcid"] not in (gone["pmcid"], doi["pmcid"])
    exclude = _list(tmp_path, f"{gone['pmcid']} by its author", f"https://doi.org/{doi['doi'].upper()}", cut["key"])
    release = _mine(source, tmp_path / "release", exclude)
    assert not verify_folder(release).problems
    for article, why in ((gone, "by its PMCID"), (doi, "by its DOI")):
        (reject,) = [
            r for r in rows(release, "rejects") if r["reason"] == "excluded" and r["pmcid"] == article["pmcid"]
        ]
        assert reject["detail"] == why
        assert _places_of(release, f"{article['pmcid']}.") - {"state"} == {"rejects", "tombstones"}
    assert {t["pmcid"]: t["reason"] for t in rows(release, "tombstones")} == dict.fromkeys(
        (gone["pmcid"], doi["pmcid"]), "excluded"
    )
    (reject,) = [
        r for r in rows(release, "rejects") if r["figure_id"] == cut["figure_id"] and r["reason"] == "excluded"
    ]
    assert cut["key"] not in samples(release)
    assert not [k for k in samples(release, "shards-panels") if k.startswith(cut["key"])]
    assert _places_of(release, cut["caption"]) == set()
    (document,) = [d for d in rows(release, "documents") if d["pmcid"] == cut["pmcid"]]
    assert "excluded" in str(document)


def test_an_author_is_excluded_by_orcid_and_nobody_learns_it(
    articles: list[DemoArticle], source: str, tmp_path: Path
) -> None:
    whole = _mine(source, tmp_path / "whole", near_duplicates=False)
    by = {a["pmcid"] for a in rows(whole, "articles") if any(p["orcid"] == ORCID for p in a["authors"])}
    assert by
    release = _mine(source, tmp_path / "release", _list(tmp_path, f"https://orcid.org/{ORCID}"), near_duplicates=False)
    assert {a["pmcid"] for a in rows(release, "articles")} == {a["pmcid"] for a in rows(whole, "articles")} - by
    assert _places_of(release, ORCID) == {"state"}  # which is not published


def test_an_update_takes_out_what_is_asked_for_and_keeps_to_it(
    articles: list[DemoArticle], source: str, tmp_path: Path
) -> None:
    release = _mine(source, tmp_path / "release")
    before = samples(release)
    gone, cut = rows(release, "articles")[0], _figures(release)[-1]
    doi = next(a for a in rows(release, "articles") if a["pmcid"] not in (gone["pmcid"], cut["pmcid"]))
    asked = _list(tmp_path, gone["pmcid"], doi["doi"], cut["figure_id"])
    assert _update(release, source, asked).fresh
    taken = {k for k in before if k.startswith((f"{gone['pmcid']}-", f"{doi['pmcid']}-")) or k == cut["key"]}
    assert set(samples(release)) == set(before) - taken
    assert {t["pmcid"]: t["reason"] for t in rows(release, "tombstones")}[gone["pmcid"]] == "excluded"
    assert taken <= set("".join(p.read_text() for p in (release / "shards/removed").iterdir()).split())
    full = _mine(source, tmp_path / "full", asked)
    theirs = contents(full)
    assert {k: v for k, v in contents(release).items() if v} | {"counts": 0} == theirs | {"counts": 0}
    places_hold(release)
    assert not verify_folder(release).problems
    assert not _update(release, source, day="2026-11-21").fresh  # without --exclude the list stands
    newer = [replace(a, version=2) if f"PMC{a.pmcid}" in (gone["pmcid"], cut["pmcid"]) else a for a in articles]
    write_bucket(tmp_path / "newer", newer)
    _update(release, str(tmp_path / "newer"), day="2026-11-22")
    assert gone["pmcid"] not in {a["pmcid"] for a in rows(release, "articles")}
    assert cut["key"].replace("-1-", "-2-") not in samples(release)
    lifted = _list(tmp_path, f"!{gone['pmcid']}", f"!{doi['doi']}")
    _update(release, source, lifted, day="2026-11-23", compact=True)
    assert set(samples(release)) == set(before) - {cut["key"]}


def test_publishing_forgets_earlier_revisions_if_told_to(
    source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)
    release = _mine(source, tmp_path / "release", near_duplicates=False, panel_shards=False, parquet_images=False)
    cut = _figures(release)[-1]
    with HubServer() as hub:
        publish(release, "lab/corpus", endpoint=hub.url)
        repo = hub.repos["lab/corpus"]
        (first_tag,) = repo.tags
        _update(release, source, _list(tmp_path, cut["figure_id"]))
        said: list[str] = []
        publish(release, "lab/corpus", endpoint=hub.url, say=said.append)
        assert any("--squash-history" in line for line in said)
        assert first_tag in repo.tags
        assert _held(repo, cut["key"])  # by the commit before
        repo.tags["cited"] = repo.tags[first_tag]  # somebody's own tag
        said.clear()
        publish(release, "lab/corpus", endpoint=hub.url, squash_history=True, say=said.append)
        assert any("(cited) stay" in line for line in said)
        assert first_tag not in repo.tags
        del repo.tags["cited"]
        (pairs, tables) = publish(release, "lab/corpus", endpoint=hub.url, squash_history=True)
        assert pairs.forgotten and tables.forgotten == 0  # those of the tables went the time before
        assert not _held(repo, cut["key"])
        assert not verify_hub("lab/corpus", endpoint=hub.url).problems
        assert {repo.commits[-1][0]} == set(repo.tags.values())
        again = publish(release, "lab/corpus", endpoint=hub.url, squash_history=True)
        assert [(p.sent, p.forgotten) for p in again] == [(0, 0), (0, 0)]


def test_repos_of_dropped_parts_are_emptied(
    source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An update drops the index, which names what was excluded; the repo of the index must not keep it."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)
    release = _mine(source, tmp_path / "release", near_duplicates=False, panel_shards=False, parquet_images=False)
    other = _mine(source, tmp_path / "other", near_duplicates=False, panel_shards=False)
    article = _figures(release)[-1]["figure_id"].partition(".")[0]
    with HubServer() as hub:
        for folder, name in ((release, "lab/corpus"), (other, "lab/other")):
            assert call(capsys, "index", str(folder))[0] == 0
            publish(folder, name, endpoint=hub.url)
            _update(folder, source, _list(tmp_path, article))
        index = hub.repos["lab/corpus-index"]
        assert _names(hub.files("lab/corpus-index"), article)

        own, hub.repos["lab/corpus-index"] = index, hub.repos["lab/other-index"]
        foreign = dict(hub.files("lab/corpus-index"))
        assert len(publish(release, "lab/corpus", endpoint=hub.url)) == 2
        assert hub.files("lab/corpus-index") == foreign  # a repo of another release is left alone
        hub.repos["lab/corpus-index"] = own
        (problem,) = verify_hub("lab/corpus", endpoint=hub.url).problems
        assert problem.startswith("lab/corpus-index: holds files of an earlier state")

        *_, emptied = publish(release, "lab/corpus", endpoint=hub.url)
        assert emptied.repo == "lab/corpus-index" and emptied.removed == len(foreign) - len(_OWN)
        assert set(hub.files("lab/corpus-index")) - {".gitattributes"} == {"README.md", "release.json"}
        assert b"has none" in hub.files("lab/corpus-index")["README.md"]
        assert "corpus-index" not in hub.files("lab/corpus")["README.md"].decode()
        assert not verify_hub("lab/corpus", endpoint=hub.url).problems
        assert publish(release, "lab/corpus", endpoint=hub.url, squash_history=True)[-1].forgotten
        assert not {file.lfs for _, tree, _ in index.ever for file in tree.values() if file.lfs} - index.removed

        assert call(capsys, "index", str(release))[0] == 0
        publish(release, "lab/corpus", endpoint=hub.url)
        assert _names(hub.files("lab/corpus-index"), "PMC") and not _names(hub.files("lab/corpus-index"), article)
        assert not verify_hub("lab/corpus", endpoint=hub.url).problems


def test_an_earlier_state_does_not_replace_a_later_one(
    source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Or a copy from before a takedown would put back what was taken out."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)
    release = _mine(source, tmp_path / "release", near_duplicates=False, panel_shards=False, parquet_images=False)
    before = tmp_path / "before"
    shutil.copytree(release, before)
    _update(release, source, _list(tmp_path, _figures(release)[-1]["figure_id"]))
    with HubServer() as hub:
        publish(before, "lab/corpus", endpoint=hub.url)
        publish(release, "lab/corpus", endpoint=hub.url)
        held = dict(hub.files("lab/corpus"))
        asked = ("publish", str(before), "lab/corpus", "--endpoint", hub.url, "-q")
        capsys.readouterr()
        code, _, err = call(capsys, *asked)
        assert code == 2 and err.count("\n") == 1 and "a later state of this release (updated 1 times" in err
        assert call(capsys, *asked, "--dry-run")[2] == err
        assert hub.files("lab/corpus") == held
        code, out, _ = call(capsys, *asked, "--adopt")
        assert code == 0 and "it held a later state" in out


def _names(files: dict[str, bytes], word: str) -> list[str]:
    """Return the Parquet files that hold a word."""
    return [
        path
        for path, data in files.items()
        if path.endswith(".parquet") and word in str(pq.read_table(io.BytesIO(data)).to_pylist())
    ]


def _held(repo: Repo, key: str) -> list[str]:
    """Return the large files of all revisions with a sample of this key whose objects the Hub has still."""
    return [
        path
        for _, tree, _ in repo.ever
        for path, file in tree.items()
        if file.lfs and file.lfs not in repo.removed and f"{key}.json".encode() in file.data
    ]


def test_the_end_of_a_run_says_what_the_list_left_out(
    source: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = _list(tmp_path, "PMC9300001", "PMC9300001.1/nothing-of-this-name", "10.1234/unknown")
    flags = ["--source", source, "--out", str(tmp_path / "release"), "--exclude", asked, "--no-near-duplicates"]
    code, _, err = call(capsys, "mine", *flags, *flags_of(NO_MODELS), "-q")
    assert code == 0 and "the exclusion list of 3 ids left out 1 version" in err


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("12345678", "'12345678' is no PMCID"),
        ("0000-0002-1825-0098", "its last digit does not fit"),
        ("Figure 3 of the paper", "'Figure' is no PMCID"),
        ("x" * 5000, "has 5,000 characters"),
    ],
)
def test_a_list_with_anything_else_is_refused_in_one_line(source: str, tmp_path: Path, line: str, said: str) -> None:
    with pytest.raises(PmcmineError) as error:
        _mine(source, tmp_path / "release", _list(tmp_path, "PMC1", line))
    assert "line 3" in str(error.value) and said in str(error.value) and len(str(error.value)) < 300
    assert not (tmp_path / "release").exists()


def test_a_list_that_cannot_be_read_is_one_line(source: str, tmp_path: Path) -> None:
    for path in (str(tmp_path), str(tmp_path / "none.txt"), "nowhere://x"):
        with pytest.raises(PmcmineError, match="--exclude"):
            _mine(source, tmp_path / "release", path)
    (tmp_path / "latin").write_bytes(b"PMC1 M\xfcller\n")
    with pytest.raises(PmcmineError, match="not UTF-8"):
        _mine(source, tmp_path / "release", str(tmp_path / "latin"))


def test_a_damaged_kept_list_stops_the_update(source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    release = _mine(source, tmp_path / "release", _list(tmp_path, "PMC1"), near_duplicates=False)
    with pytest.raises(PmcmineError, match="update --exclude"):
        _mine(source, release, near_duplicates=False)
    with monkeypatch.context() as patch:  # an update that was killed in its last step is only finished
        patch.setattr(start, "_journal", lambda out, work: None)
        patch.setattr(start, "finish_update", lambda out, *rest: load_release(out))
        (release / WORK).mkdir(exist_ok=True)
        (release / WORK / start.JOURNAL).write_text("{}")
        with pytest.raises(PmcmineError, match="repeat this command"):
            _update(release, source, _list(tmp_path, "PMC1", "PMC2"))
        assert _update(release, source, _list(tmp_path, "PMC1")).fresh
        (release / WORK / start.JOURNAL).unlink()
    kept = release / "state" / "exclusions.txt"
    kept.write_text("PMC2\n")
    assert verify_folder(release).problems
    with pytest.raises(PmcmineError, match=r"exclusions\.txt"):
        _update(release, source)
