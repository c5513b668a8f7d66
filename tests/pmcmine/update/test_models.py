"""An update with other models than those of the release: refused, with nothing written, whichever model it is."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from pmcmine.demo import write_bucket
from pmcmine.demo.corpus import demo_articles
from pmcmine.io.folder import Folder
from pmcmine.release.layout import RELEASE
from pmcmine.release.record import ReleaseRecord, load_release
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
    return replace(record, classifiers=models, config=config, pmcmine="0.0.1")


@pytest.mark.parametrize(
    ("name", "key", "value"),
    [("image_embedding", "sha256", _FORMER), ("image_kinds", "sha256", _FORMER), ("language", "sha256", _FORMER),
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
            assert "mine anew into another --out, or update with what made it (pmcmine 0.0.1)" in err
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


def test_an_update_with_the_same_models_goes_on(mined: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(capsys, "update", str(mined), "--quiet")[0] == 0
