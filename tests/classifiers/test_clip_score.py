"""CLIP scores by two-tower models: tiny ones of the architectures of transformers and open_clip, made here."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

from classifiers.scorers.clip_score import ClipScore
from classifiers.scorers.image_embedding import ImageEmbedding
from classifiers.scorers.queries import encoders
from pmcmine.errors import PmcmineError
from pmcmine.find.layout import VectorFacts
from pmcmine.plugins.scorer import Item


def _items() -> list[Item]:
    items = []
    for n, colour in enumerate(("red", "blue")):
        data = io.BytesIO()
        Image.new("RGB", (40, 30), colour).save(data, "PNG")
        items.append(Item(f"f{n}", f"a {colour} square", data.getvalue()))
    return [*items, Item("none", "no image"), Item("mute", None, items[0].image), Item("bad", "damaged", b"\xff\xd8no")]


def _tiny_clip(folder: Path) -> None:
    """A CLIP of transformers with random weights and a tokenizer of a few words."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import CLIPConfig, CLIPImageProcessor, CLIPModel, CLIPProcessor, PreTrainedTokenizerFast

    torch.manual_seed(0)
    small = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    words = {w: i for i, w in enumerate(["[pad]", "[unk]", "[end]", "a", "red", "blue", "square"])}
    text = {**small, "vocab_size": len(words), "max_position_embeddings": 8, "eos_token_id": 2, "pad_token_id": 0}
    vision = {**small, "image_size": 16, "patch_size": 8}
    CLIPModel(CLIPConfig(text_config=text, vision_config=vision, projection_dim=8)).save_pretrained(folder)
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="[unk]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="[pad]", unk_token="[unk]", eos_token="[end]", model_max_length=8
    )
    images = CLIPImageProcessor(size={"shortest_edge": 16}, crop_size={"height": 16, "width": 16})
    CLIPProcessor(images, fast).save_pretrained(folder)


@pytest.mark.slow
def test_a_model_of_transformers(tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="needs torch: pip install 'pmcmine[recipes]'")
    pytest.importorskip("torchvision", reason="the processor of CLIP needs torchvision")
    _tiny_clip(tmp_path)
    opened = ClipScore().open({"model": str(tmp_path)})
    together = [row[0] for row in opened.score(_items())]
    assert [row[0] for item in _items() for row in opened.score([item])] == together
    assert all(s is not None and -1 <= s <= 1 for s in together[:2]) and together[2:] == [None, None, None]
    several = ClipScore().open({"model": str(tmp_path), "batch": "3"})
    assert [row[0] for row in several.score(_items())] == pytest.approx(together, abs=1e-4)
    with pytest.raises(PmcmineError, match="batch=0"):
        ClipScore().open({"model": str(tmp_path), "batch": "0"})
    assert (
        len(opened.model.sha256) == 64
        and opened.model.sha256 == ClipScore().open({"model": str(tmp_path)}).model.sha256
    )


@pytest.mark.slow
def test_images_are_embedded_by_the_same_models_as_queries(tmp_path: Path) -> None:
    pytest.importorskip("torchvision", reason="the processor of CLIP needs torchvision")
    _tiny_clip(tmp_path)
    options = {"model": str(tmp_path)}
    opened = ImageEmbedding().open(options)
    assert opened.columns[0].type == pa.list_(pa.float16(), 8) and opened.model.sha256 == ClipScore().open(options).model.sha256  # fmt: skip
    found = [row[0] for row in opened.score(_items())]
    assert np.linalg.norm(found[0]) == pytest.approx(1, abs=1e-2) and found[0] != found[1]
    assert found[2] is None and found[3] == found[0] and found[4] is None  # an image needs no text
    facts = VectorFacts("image-embedding", opened.model.stated(), options, 5, 8, 1)
    image = _items()[0].image
    assert encoders(image_model=str(tmp_path))["image"](facts, image) == pytest.approx(found[0], abs=1e-3)
    with pytest.raises(
        PmcmineError, match="are of another model"
    ):  # without the option, nothing that an index names is loaded
        encoders()["image"](facts, image)
    with pytest.raises(PmcmineError, match="can't be decoded"):
        encoders(image_model=str(tmp_path))["image"](facts, b"no")


def test_an_option_of_a_model_without_a_model_is_one_line() -> None:
    with pytest.raises(PmcmineError, match="--option batch: is of --option model"):
        ImageEmbedding().open({"batch": "3"})


@pytest.mark.slow
def test_a_model_of_open_clip(tmp_path: Path) -> None:
    open_clip = pytest.importorskip("open_clip", reason="needs open_clip: pip install 'pmcmine[recipes]'")
    tower = {"width": 16, "layers": 1, "heads": 2}
    config = {
        "embed_dim": 8,
        "vision_cfg": {"image_size": 16, "patch_size": 8, "width": 64, "layers": 1},
        "text_cfg": {"context_length": 77, "vocab_size": 49408, **tower},
    }
    (tmp_path / "tiny-for-a-test.json").write_text(json.dumps(config))
    open_clip.add_model_config(tmp_path)
    opened = ClipScore().open({"model": "open_clip:tiny-for-a-test"})
    scores = [row[0] for row in opened.score(_items())]
    assert all(s is not None for s in scores[:2]) and scores[2:] == [None, None, None]
    several = ClipScore().open({"model": "open_clip:tiny-for-a-test", "batch": "8"})
    assert len(several.score(_items())) == len(scores)  # of other weights: these are drawn anew


def test_what_is_no_model_is_one_line(tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="needs torch: pip install 'pmcmine[recipes]'")
    with pytest.raises(PmcmineError, match="can't be loaded") as error:
        ClipScore().open({"model": str(tmp_path)})
    assert "\n" not in str(error.value)
