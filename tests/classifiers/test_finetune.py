"""Fine-tuning of a tiny encoder: from the command to a model, and a run that was stopped."""

from __future__ import annotations

import json
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from classifiers.text.features import Passage
from classifiers.text.heads import shipped
from classifiers.text.pair import Pair
from classifiers.text.tiers import models_info, text_model
from tests.classifiers.test_text import CASE, ETHICS, LAB, labelled
from tests.test_cli import call


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An encoder of two layers with weights as they are drawn, and a vocabulary of the labelled texts."""
    torch = pytest.importorskip("torch", reason="torch is needed to train: pip install '.[encoder-train]'")
    transformers = pytest.importorskip("transformers")
    folder = tmp_path_factory.mktemp("tiny")
    words = sorted({w for r in labelled() for w in re.findall(r"[a-z]+|\d|[^\w\s]", str(r["text"]).lower())})
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *words]
    (folder / "vocab.txt").write_text("\n".join(pieces) + "\n", "utf-8")
    transformers.BertTokenizerFast(vocab=str(folder / "vocab.txt")).save_pretrained(str(folder))
    torch.manual_seed(0)
    config = transformers.BertConfig(
        vocab_size=len(pieces), hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64,
        max_position_embeddings=128,
    )  # fmt: skip
    transformers.BertModel(config).save_pretrained(str(folder))
    return folder


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    path = tmp_path / "paragraphs.jsonl"
    path.write_text("".join(json.dumps(r) + "\n" for r in labelled()), "utf-8")
    return path


def _command(base: Path, labels: Path, out: Path, *more: str) -> list[str]:
    folders = ["--base", str(base), "--labels", str(labels), "--out", str(out)]
    return ["train", "encoder", *folders, "--fine-tune-layers", "1", "--epochs", "60", *more]


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_fine_tuned_encoder_is_a_text_model(
    base: Path, labels: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "model"
    code, printed, err = call(capsys, *_command(base, labels, out, "--student-share", "0", "--json"))
    assert code == 0, err
    assert "epoch 60 of 60" in err
    said = json.loads(printed)
    assert said["left_out"]["type"] > 0.9 and said["left_out"]["domain"] > 0.9
    assert not (out / "fine-tuning.pt").exists()
    model = text_model(str(out))
    assert "upper 1 layers fine-tuned" in model.trained_on
    case, ethics, lab = model.describe([Passage(CASE), Passage(ETHICS), Passage(LAB)])
    assert (case.type, ethics.type, lab.type) == ("clinical_case", "other", "study")
    assert ethics.quality < lab.quality < case.quality
    company = model.describe([*(Passage(f"Text {i}.") for i in range(40)), Passage(CASE)])
    assert company[-1] == case

    header = json.loads((out / "heads.json").read_text("utf-8"))
    (out / "heads.json").write_text(json.dumps(header | {"student_share": 0.5}), "utf-8")
    text_model.cache_clear()
    pair = text_model(str(out))
    assert isinstance(pair, Pair) and pair.trained_on == model.trained_on
    assert [m["name"] for m in models_info(str(out))] == ["text_encoder", "text"]
    mean = (case.quality + shipped().describe([Passage(CASE)])[0].quality) / 2
    assert pair.describe([Passage(CASE)])[0].quality == pytest.approx(mean, abs=1e-4)


def test_the_student_beside_an_encoder(monkeypatch: pytest.MonkeyPatch) -> None:
    read = {"type": [[0.7, 0.1, 0.1, 0.1]], "domain": [[0.2, 0.2, 0.6]], "quality": [[4.0]]}
    arrays = {t: np.array(v) for t, v in read.items()}
    fake: Any = SimpleNamespace(all_scores=lambda _: arrays, scores=lambda task, _: arrays[task], trained_on="read")
    passages = [Passage(CASE, "case", "case-report")]
    (said,) = shipped().describe_article(passages)
    (alone,) = Pair(fake, shipped(), 1.0).describe_article(passages)
    assert (alone.type, alone.domain, alone.quality) == (said.type, said.domain, said.quality)
    (read_alone,) = Pair(fake, shipped(), 0.0).describe_article(passages)
    assert list(read_alone.type_scores.values()) == read["type"][0] and read_alone.quality == 4.0
    pair = Pair(fake, shipped(), 0.5)
    (both,) = pair.describe_article(passages)
    assert both.quality == pytest.approx((said.quality + 4.0) / 2, abs=1e-4)
    assert min(said.type_scores["clinical_case"], 0.7) <= both.type_scores["clinical_case"] <= 1
    assert sum(both.domain_scores.values()) == pytest.approx(1, abs=2e-4)
    assert pair.scores("domain", passages)[0].tolist() == list(pair.describe(passages)[0].domain_scores.values())
    assert pair.describe_article([]) == []


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_stopped_run_continues_to_the_same_weights(base: Path, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    from classifiers.text import encoder, finetune
    from pmcmine.errors import PmcmineError

    coder = encoder.tokenizer_of(base)
    rows = labelled()

    def tuned(work: Path, rows: list[dict[str, Any]], stop: int | None = None) -> Any:
        def progress(line: str) -> None:
            if stop is not None and line.startswith(f"epoch {stop} "):
                raise KeyboardInterrupt

        work.mkdir(exist_ok=True)
        model = encoder.hub_encoder(base)
        found = finetune.fine_tune(model, lambda t: coder(t)["input_ids"], rows, 1, 3, work, progress)
        return {n: p.detach().numpy() for n, p in found.network.named_parameters()}

    whole = tuned(tmp_path / "whole", rows)
    with pytest.raises(KeyboardInterrupt):
        tuned(tmp_path / "parts", rows, stop=2)
    parts = tuned(tmp_path / "parts", rows)
    assert whole.keys() == parts.keys() and all((whole[n] == parts[n]).all() for n in whole)
    frozen = [n for n in whole if ".layer.0." in n]
    before = {n: p.detach().numpy() for n, p in encoder.hub_encoder(base).named_parameters()}
    assert frozen and all((whole[n] == before[n.removeprefix("encoder.")]).all() for n in frozen)
    with pytest.raises(PmcmineError, match="begun with other labels"):
        tuned(tmp_path / "parts", rows[4:])
    (tmp_path / "parts" / finetune.CHECKPOINT).write_bytes(b"no checkpoint")
    with pytest.raises(PmcmineError, match="damaged"):
        tuned(tmp_path / "parts", rows)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_more_layers_than_there_are_is_one_line(
    base: Path, labels: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = [c if c != "1" else "9" for c in _command(base, labels, tmp_path / "model")]
    code, _, err = call(capsys, *command)
    assert code != 0 and "the encoder has 2 layers" in err and "Traceback" not in err
