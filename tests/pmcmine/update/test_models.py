"""An update with other models than those of the release: refused, with nothing written, whichever model it is."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from pipelines import job
from pmcmine.config import update_config
from pmcmine.demo import write_bucket
from pmcmine.demo.corpus import demo_articles
from pmcmine.io.folder import Folder
from pmcmine.miner.enrichers import Used
from pmcmine.panels import stated as panels
from pmcmine.plugins.enricher import EnricherFacts
from pmcmine.publish.target import id_of
from pmcmine.release.layout import RELEASE
from pmcmine.release.record import ReleaseRecord, load_release
from pmcmine.run.progress import Progress
from pmcmine.update.models import other_models
from tests.conftest import config_for
from tests.helpers import NO_MODELS, mine, tree
from tests.test_cli import call

_FORMER = "0f" * 32


@pytest.fixture(scope="module")
def mined(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release with kinds and embeddings of images, languages and privacy flags."""
    folder = tmp_path_factory.mktemp("mined")
    write_bucket(folder / "bucket", demo_articles(3))
    on = {"image_kinds": True, "image_embeddings": True, "privacy": True, "languages": True}
    mine(config_for(folder / "bucket", folder / "release", **{**NO_MODELS, **on, "max_reject_share": 1.0}))
    return folder / "release"


def _former(record: ReleaseRecord, name: str, key: str, value: str) -> ReleaseRecord:
    """Return a record as if one of its models had been another one."""
    models = tuple(replace(m, **{key: value}) if m.name == name else m for m in record.classifiers)
    config = json.loads(json.dumps(dict(record.config)))
    if key == "sha256":
        config["models"][name] = value
    enrichers = tuple(replace(e, version="0.0.1") for e in record.enrichers)
    return replace(record, classifiers=models, config=config, enrichers=enrichers, pmcmine="0.0.1")


@pytest.mark.parametrize(
    ("name", "key", "value"),
    [("image_embedding", "sha256", _FORMER), ("image_kinds", "sha256", _FORMER), ("language", "sha256", _FORMER),
     ("panel_letters", "sha256", _FORMER), ("panel_series", "sha256", _FORMER), ("panel_confidence", "sha256", _FORMER),
     ("privacy_text", "version", "1")],
)  # fmt: skip
def test_an_update_with_another_model_is_refused(
    mined: Path, capsys: pytest.CaptureFixture[str], name: str, key: str, value: str
) -> None:
    record = load_release(Folder(str(mined)))
    data = (mined / RELEASE).read_bytes()
    try:
        (mined / RELEASE).write_bytes(_former(record, name, key, value).to_bytes())
        before = {k: v for k, v in tree(mined, ".", "tables", "shards").items() if k != "_work/lock"}
        for dry in ((), ("--dry-run",)):
            code, out, err = call(capsys, "update", str(mined), *dry, "--quiet")
            assert code == 2 and not out and err.count("\n") == 1, err
            assert f'labelled by other models than are installed here ({name} {key}: "{value[:12]}' in err
            assert "mine anew into another --out, or update with pmcmine 0.0.1 (installed: 0.1.0)" in err
        assert {k: v for k, v in tree(mined, ".", "tables", "shards").items() if k != "_work/lock"} == before
    finally:
        (mined / RELEASE).write_bytes(data)


def test_a_release_that_lacks_a_model_of_today_is_refused(mined: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record = load_release(Folder(str(mined)))
    data = (mined / RELEASE).read_bytes()
    try:
        fewer = tuple(m for m in record.classifiers if m.name != "image_embedding")
        (mined / RELEASE).write_bytes(replace(record, classifiers=fewer).to_bytes())
        code, _, err = call(capsys, "update", str(mined), "--dry-run", "--quiet")
        assert code == 2 and "(image_embedding: null → " in err
    finally:
        (mined / RELEASE).write_bytes(data)


@pytest.mark.parametrize(
    ("stated", "package", "said"),
    [
        (
            {"pmcmine": "0.1.0"},
            "pmcmine",
            "the pmcmine that made it (version 0.1.0, as is installed, but with other models)",
        ),
        ({"pmcmine": "0.0.9"}, "pmcmine", "pmcmine 0.0.9 (installed: 0.1.0)"),
        ({"pmcmine": "0.0.9", "lab": "3"}, "lab", "lab 3 (installed: 0.1.0)"),
        ({"pmcmine": "0.0.9"}, "lab", "the lab that made it (installed: 0.1.0)"),
        ({}, "pmcmine", "pmcmine 0.0.1 (installed: 0.1.0)"),
    ],
)
def test_the_package_of_a_model_is_named_with_both_versions(
    mined: Path, monkeypatch: pytest.MonkeyPatch, stated: dict[str, str], package: str, said: str
) -> None:
    record = load_release(Folder(str(mined)))
    used = [Used(m, package if m.name == "language" else "pmcmine", "0.1.0") for m in record.classifiers]
    monkeypatch.setattr("pmcmine.miner.enrichers.used", lambda config: used)
    facts = tuple(EnricherFacts("x", name, version) for name, version in stated.items())
    config = update_config(str(mined), {})
    assert other_models(config, record) is None
    found = other_models(config, replace(_former(record, "language", "sha256", _FORMER), enrichers=facts))
    assert found is not None and found[1] == f"mine anew into another --out, or update with {said}"


def test_the_hashes_of_panels_are_those_of_the_files() -> None:
    folder = Path(panels.__file__).parent / "models"
    files = {f"panel_{p.stem}": p for p in folder.iterdir() if p.suffix in (".onnx", ".json")}
    stated = {m.name: m.sha256 for m in panels.models()}
    assert stated == {n: sha256(p.read_bytes()).hexdigest() for n, p in files.items()} | {
        "panel_confidence": stated["panel_confidence"]
    }
    assert stated.keys() == panels.NAMES


def test_a_release_that_states_no_models_of_panels_is_updated_with_a_line(
    mined: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    release = tmp_path / "release"
    shutil.copytree(mined, release)
    record = load_release(Folder(str(release)))
    assert {m.name for m in record.classifiers} > panels.NAMES
    config = {**record.config, "models": {n: v for n, v in record.config["models"].items() if n not in panels.NAMES}}
    earlier = replace(
        record, config=config, classifiers=tuple(m for m in record.classifiers if m.name not in panels.NAMES)
    )
    (release / RELEASE).write_bytes(earlier.to_bytes())
    assert call(capsys, "update", str(release), "--dry-run", "--quiet")[0] == 0
    write_bucket(tmp_path / "bucket", demo_articles(4))
    notes: list[str] = []
    progress = Progress(quiet=True)
    progress.note = notes.append  # type: ignore[method-assign]
    job.update(update_config(str(release), {"source": str(tmp_path / "bucket")}), "2026-11-20", False, progress)
    assert [n for n in notes if "does not say which models of panels it was made with (pmcmine 0.1.0)" in n]
    after = load_release(Folder(str(release)))
    assert after.classifiers == record.classifiers, "from now on they are stated"
    assert after.config["models"] == config["models"], "a repo on the Hub knows the release by them"
    assert id_of(after) == id_of(earlier)
    (release / RELEASE).write_bytes(_former(after, "panel_layouts", "version", "1").to_bytes())
    assert call(capsys, "update", str(release), "--quiet")[0] == 2


def test_an_update_with_the_same_models_goes_on(mined: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(capsys, "update", str(mined), "--quiet")[0] == 0
