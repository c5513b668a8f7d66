"""The second tier: any encoder of `transformers` with classification heads, exported to ONNX and run by ONNX Runtime.

A model is a folder: `model.onnx` (token ids and mask in, a row of logits out), the encoder's own `config.json` and
tokenizer files, and `heads.json`, which says what the columns are. Training keeps the encoder frozen and fits the heads
on the mean of its last hidden states (`torch` is needed for the export alone), or trains its upper layers, too.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from classifiers.text.features import Passage
from classifiers.text.heads import CLASSES, QUALITY, TASKS, TextLabels, named_labels, squash
from pmcmine.errors import PmcmineError
from pmcmine.io.safe_files import open_regular, replacing

FORMAT: Final = 1
MAX_TOKENS: Final = 128
_MOST_HEADER: Final = 1 << 20  # bytes
_BLOCK: Final = 32  # passages of one call; fixed, and padded to a fixed length, so that scores do not depend on batches
_TOKENIZER: Final = tuple(
    "tokenizer.json tokenizer_config.json special_tokens_map.json vocab.txt vocab.json merges.txt "
    "sentencepiece.bpe.model spiece.model".split()
)
COLUMNS: Final = tuple(f"{task}:{c}" for task in TASKS for c in CLASSES.get(task, (QUALITY,)))


def _needs(package: str) -> PmcmineError:
    return PmcmineError(f"the encoder tier needs {package}: pip install 'pmcmine[encoder]'")


@dataclass(frozen=True)
class Encoder:
    """A tokenizer and a session of ONNX Runtime. `run` maps texts to rows of the graph's output."""

    tokenizer: Any
    session: Any
    trained_on: str
    student_share: float = 0.0  # weight of the shipped student beside it

    def run(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the output of the graph, one row per text."""
        rows = []
        for at in range(0, len(texts), _BLOCK):
            block = list(texts[at : at + _BLOCK])
            filled = block + [""] * (_BLOCK - len(block))
            coded = self.tokenizer(
                filled, padding="max_length", truncation=True, max_length=MAX_TOKENS, return_tensors="np"
            )
            wanted = {i.name for i in self.session.get_inputs()}
            feed = {k: v.astype(np.int64) for k, v in coded.items() if k in wanted}
            rows.append(self.session.run(None, feed)[0][: len(block)])
        return np.concatenate(rows) if rows else np.zeros((0, 0), np.float32)

    def scores(self, task: str, passages: Sequence[Passage]) -> NDArray[np.float64]:
        """Return probabilities (passages × classes), or quality from 1 to 5 (passages × 1), rounded to 4 places."""
        return self._scores((task,), passages)[task]

    def describe(self, passages: Sequence[Passage]) -> list[TextLabels]:
        """Return all heads of each passage; structure is not looked at."""
        return named_labels(self._scores(TASKS, passages))

    def describe_article(self, passages: Sequence[Passage]) -> list[TextLabels]:
        """Return the same as `describe`: an encoder reads each paragraph by itself."""
        return self.describe(passages)

    def all_scores(self, passages: Sequence[Passage]) -> dict[str, NDArray[np.float64]]:
        """Return `scores` of all tasks; each text is read once."""
        return self._scores(TASKS, passages)

    def _scores(self, tasks: Sequence[str], passages: Sequence[Passage]) -> dict[str, NDArray[np.float64]]:
        z = self.run([p.text for p in passages]).astype(np.float64)
        if len(z) and (z.shape != (len(passages), len(COLUMNS)) or not np.isfinite(z).all()):
            raise PmcmineError(
                f"the encoder's model.onnx gives {z.shape} instead of finite numbers in {len(COLUMNS)} columns"
            )
        out = {}
        for task in tasks:
            places = [i for i, c in enumerate(COLUMNS) if c.split(":")[0] == task]
            values = squash(task, z[:, places]) if len(z) else np.zeros((0, len(places)))
            out[task] = np.round(values, 4)
        return out


def _session(path: Path, threads: int = 1) -> Any:
    try:
        import onnxruntime
    except ImportError:
        raise _needs("onnxruntime") from None
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    known = onnxruntime.get_available_providers()
    wanted = [p for p in ("CUDAExecutionProvider", "CPUExecutionProvider") if p in known]
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=wanted)
    except Exception as error:  # noqa: BLE001 - ONNX Runtime has no public base of its errors
        raise PmcmineError(f"{path}: ONNX Runtime can't load it ({str(error).splitlines()[0][:200]})") from None


def tokenizer_of(folder: Path) -> Any:
    """Load the tokenizer of an encoder.

    Raises:
        PmcmineError: if packages are missing or the folder holds none.
    """
    try:
        # Only its tokenizer is used here, which needs no PyTorch.
        os.environ.setdefault("TRANSFORMERS_NO_ADVISORY_WARNINGS", "1")
        from transformers import AutoTokenizer
    except ImportError:
        raise _needs("transformers") from None
    try:
        return AutoTokenizer.from_pretrained(str(folder), local_files_only=True, trust_remote_code=False)
    except (OSError, ValueError) as error:
        raise PmcmineError(
            f"{folder}: no tokenizer that transformers can load ({str(error).splitlines()[0][:200]})"
        ) from None


def load(folder: Path) -> Encoder:
    """Load a model of `pmcmine train encoder`.

    Raises:
        PmcmineError: if the folder holds none, or packages are missing.
    """
    try:
        with open_regular(folder / "heads.json") as stream:
            header: Mapping[str, Any] = json.loads(stream.read(_MOST_HEADER))
        if header["format"] != FORMAT or tuple(header["columns"]) != COLUMNS:
            raise PmcmineError(f"{folder}: a model from another version of pmcmine; train it again")
        trained_on = str(header["trained_on"])
        share = float(header.get("student_share", 0))
        if not 0 <= share <= 1:
            raise ValueError("student_share")
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        raise PmcmineError(
            f"{folder}: not an encoder of `pmcmine train encoder` (heads.json is missing or damaged)"
        ) from None
    return Encoder(tokenizer_of(folder), _session(folder / "model.onnx"), trained_on, share)


def open_encoder(folder: Path) -> Encoder:
    """Load `model.onnx` and the tokenizer beside it: token ids and mask in, a vector per text out.

    Raises:
        PmcmineError: if the folder holds none, or packages are missing.
    """
    return Encoder(tokenizer_of(folder), _session(folder / "model.onnx"), folder.name)


def load_base(folder: Path, work: Path) -> Encoder:
    """Export an encoder of `transformers` to `work/model.onnx`, with mean hidden states as output.

    Raises:
        PmcmineError: if the folder holds none, or packages are missing.
    """
    export(folder, work, None)
    return Encoder(tokenizer_of(folder), _session(work / "model.onnx", os.cpu_count() or 1), folder.name)


def export(folder: Path, out: Path, heads: tuple[NDArray[np.float64], NDArray[np.float64]] | None) -> None:
    """Write `model.onnx` and the tokenizer: mean of the last hidden states, of length 1, times heads where given.

    Args:
        folder: a model folder of `transformers`.
        out: folder to write.
        heads: weights (hidden × columns) and biases (columns).

    Raises:
        PmcmineError: if packages are missing or the folder holds no encoder.
    """
    encoder = hub_encoder(folder)
    import torch

    class Pooled(torch.nn.Module):  # type: ignore[misc]  # torch is not looked at by the type checker
        def __init__(self) -> None:
            super().__init__()
            self.encoder = encoder
            self.head: Any = None
            if heads is not None:
                self.head = torch.nn.Linear(*heads[0].shape)
                self.head.weight = torch.nn.Parameter(torch.tensor(heads[0].T, dtype=torch.float32))
                self.head.bias = torch.nn.Parameter(torch.tensor(heads[1], dtype=torch.float32))

        def forward(self, input_ids: Any, attention_mask: Any) -> Any:
            hidden = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
            mask = attention_mask[..., None].to(hidden.dtype)
            mean = torch.nn.functional.normalize((hidden * mask).sum(1) / mask.sum(1).clamp(min=1), dim=1)
            return mean if self.head is None else self.head(mean)

    write_graph(Pooled().eval(), folder, out)


def hub_encoder(folder: Path) -> Any:
    """Load an encoder of `transformers` for PyTorch.

    Raises:
        PmcmineError: if packages are missing or the folder holds none.
    """
    try:
        import torch  # noqa: F401 - transformers' message for its lack is long
        from transformers import AutoModel
    except ImportError:
        raise PmcmineError("exporting an encoder needs torch: pip install 'pmcmine[encoder-train]'") from None
    try:
        return AutoModel.from_pretrained(
            str(folder), local_files_only=True, trust_remote_code=False, attn_implementation="eager"
        )
    except (OSError, ValueError) as error:
        raise PmcmineError(f"{folder}: not a transformers encoder ({str(error).splitlines()[0][:200]})") from None


def write_graph(network: Any, folder: Path, out: Path) -> None:
    """Export a network of token ids and mask, and copy the tokenizer of its encoder."""
    import torch

    out.mkdir(parents=True, exist_ok=True)
    ids = torch.ones((_BLOCK, MAX_TOKENS), dtype=torch.int64)
    mask = ids.clone()
    mask[:, MAX_TOKENS // 2 :] = 0  # a mask of ones alone would be optimised away
    torch.onnx.export(
        network, (ids, mask), str(out / "model.onnx"), input_names=["input_ids", "attention_mask"],
        output_names=["logits"], opset_version=18, dynamo=True, external_data=False, verbose=False,
        dynamic_shapes=({0: "texts", 1: "tokens"}, {0: "texts", 1: "tokens"}),
    )  # fmt: skip
    for name in (*_TOKENIZER, "config.json"):
        if (folder / name).is_file():
            shutil.copyfile(folder / name, out / name)


def train(
    folder: Path,
    out: Path,
    labelled: Mapping[str, tuple[Sequence[str], Sequence[Any]]],
    on: str,
    progress: Callable[[str], None] = lambda _: None,
) -> None:
    """Fit heads on a frozen encoder and write the model folder.

    Args:
        folder: a model folder of `transformers`.
        out: folder to write.
        labelled: task → texts and labels.
        on: what the labels are, for the model's own record.
        progress: told what is done.
    """  # fmt: skip
    from sklearn.linear_model import LogisticRegression, Ridge

    base = load_base(folder, out)
    texts = list(dict.fromkeys(t for found, _ in labelled.values() for t in found))
    progress(f"{len(texts):,} texts through {folder.name}")
    row = dict(zip(texts, embed(base, texts), strict=True))
    weights, biases = [], []
    for task in TASKS:
        found, labels = labelled[task]
        x = np.array([row[t] for t in found], np.float64)
        if task == QUALITY:
            ridge = Ridge(alpha=1.0).fit(x, np.array(labels, float))
            weights.append(ridge.coef_.reshape(-1, 1))
            biases.append(np.array([ridge.intercept_]))
        else:
            order = CLASSES[task]
            model = LogisticRegression(C=30.0, max_iter=2000).fit(x, [order.index(v) for v in labels])
            if len(model.classes_) != len(order):
                raise PmcmineError(f"{task}: a class has no labelled paragraph")
            weights.append(model.coef_.T)
            biases.append(model.intercept_)
    export(folder, out, (np.hstack(weights), np.concatenate(biases)))
    write_header(out, on)


def write_header(out: Path, on: str, student_share: float = 0.0) -> None:
    """Write `heads.json`, which says what the columns of the graph are."""
    header = {"format": FORMAT, "columns": COLUMNS, "trained_on": on, "student_share": student_share}
    with replacing(out / "heads.json") as stream:
        stream.write(json.dumps(header, sort_keys=True).encode())


def embed(encoder: Encoder, texts: Sequence[str]) -> NDArray[np.float32]:
    """Compute the output of the graph for many texts, one row each.

    It is faster than `run`, but pads texts to their neighbours' length.
    """
    order = sorted(range(len(texts)), key=lambda i: (len(texts[i]), i))
    out: list[NDArray[np.float32] | None] = [None] * len(texts)
    for at in range(0, len(order), _BLOCK):
        block = order[at : at + _BLOCK]
        coded = encoder.tokenizer(
            [texts[i] for i in block], padding=True, truncation=True, max_length=MAX_TOKENS, return_tensors="np"
        )
        feed = {k: coded[k].astype(np.int64) for k in ("input_ids", "attention_mask")}
        for i, row in zip(block, encoder.session.run(None, feed)[0], strict=True):
            out[i] = row
    return np.array(out, np.float32)
