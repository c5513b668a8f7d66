"""Which model the vectors of an index are of: images of queries are embedded by the same one, or not at all."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from classifiers.images.embedding import NETWORK
from classifiers.scorers.queries import encoders
from pmcmine.config import load_config
from pmcmine.demo import write_bucket
from pmcmine.demo.corpus import DemoArticle, DemoFigure
from pmcmine.errors import PmcmineError
from pmcmine.find.build import build_index
from pmcmine.find.hits import Search
from pmcmine.find.layout import VectorFacts
from pmcmine.io.folder import Folder
from pmcmine.release.layout import RELEASE
from pmcmine.release.record import load_release
from tests.helpers import NO_MODELS, mine
from tests.test_cli import call

_FORMER = "0f" * 32  # of a network that is not at hand


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release that was mined with embeddings of images, indexed."""
    folder = tmp_path_factory.mktemp("embedded")
    figures = tuple(DemoFigure(seed=s, form="PNG") for s in (1, 2, 3))
    write_bucket(folder / "bucket", [DemoArticle(9400001, license_code="CC BY", figures=figures)])
    flags = {"source": str(folder / "bucket"), "out": str(folder / "release"), "max_reject_share": 1.0}
    mine(load_config({**NO_MODELS, **flags, "image_embeddings": True}))
    build_index(folder / "release")
    return folder / "release"


def _of_another_network(release: Path) -> None:
    """Have a release say that its classifiers were another network."""
    record = load_release(Folder(str(release)))
    models = tuple(replace(m, sha256=_FORMER) for m in record.classifiers)
    (release / RELEASE).write_bytes(replace(record, classifiers=models).to_bytes())


def _image(release: Path) -> bytes:
    from pmcmine import stream

    data: bytes = next(iter(stream.open(str(release))))["jpg"]
    return data


def test_an_index_of_a_column_names_the_network_of_the_release(embedded: Path) -> None:
    with Search(embedded, encoders=encoders()) as searching:
        facts = searching._searcher.vectors["image"]
        assert (facts.source, facts.model["sha256"], facts.options) == ("image_embedding", NETWORK.sha256, {})
        assert searching(image=_image(embedded), k=1)[0].ranks == {"image": 1}


def test_images_are_not_compared_with_vectors_of_another_network(
    embedded: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    release = tmp_path / "release"
    shutil.copytree(embedded, release)
    _of_another_network(release)
    build_index(release)
    (tmp_path / "a.jpg").write_bytes(_image(release))
    asked = ("search", str(release), "--image", str(tmp_path / "a.jpg"), "--json")
    code, out, err = call(capsys, *asked)
    assert code and not out and err.count("\n") == 1
    assert f"image_embedding are of another model ({_FORMER[:12]}, not {NETWORK.sha256[:12]})" in err
    for way in re.findall("`pmcmine (.*?)`", err):  # what the line says helps
        assert call(capsys, *way.replace("RELEASE", str(release)).split())[0] == 0
    code, out, err = call(capsys, *asked)
    assert code == 0 and json.loads(out)["hits"], err


def test_a_score_of_another_network_is_replaced(embedded: Path) -> None:
    facts = VectorFacts("seen", {"sha256": _FORMER}, {}, 3, 1024, 1)
    with pytest.raises(PmcmineError, match=r"another model .* --with image-embedding --name seen --overwrite`, then"):
        encoders()["image"](facts, _image(embedded))


def test_an_index_that_names_no_network_is_refused_until_it_is_built_again(embedded: Path, tmp_path: Path) -> None:
    release = tmp_path / "release"
    shutil.copytree(embedded, release)
    facts = json.loads((release / "index" / "index.json").read_text())
    facts["tables"]["figures"]["vectors"]["image"]["model"] = {}  # as indices of earlier versions
    (release / "index" / "index.json").write_text(json.dumps(facts))
    said = "does not say which model the vectors of image_embedding are of; run"
    with Search(release, encoders=encoders()) as searching, pytest.raises(PmcmineError, match=said):
        searching(image=_image(release))
    build_index(release)
    with Search(release, encoders=encoders()) as searching:
        assert searching(image=_image(release))


def test_the_network_is_read_from_the_configuration_where_only_that_states_it(embedded: Path, tmp_path: Path) -> None:
    release = tmp_path / "release"
    shutil.copytree(embedded, release)
    record = load_release(Folder(str(release)))
    (release / RELEASE).write_bytes(replace(record, classifiers=()).to_bytes())
    build_index(release)
    with Search(release, encoders=encoders()) as searching:
        assert searching(image=_image(release))
