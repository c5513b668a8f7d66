"""Fine-tuning of the upper layers of an encoder of `transformers`, with one head for type, domain and quality.

The lower layers stay as they are. A row counts by the fourth root of how rare its class is, as for the student, and
qualities of several readers are learned from with an offset for each, which is then that of the first.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from classifiers.text.card import folds_of
from classifiers.text.encoder import MAX_TOKENS, hub_encoder, tokenizer_of, write_graph, write_header
from classifiers.text.heads import CLASSES, QUALITY
from pmcmine.errors import PmcmineError
from pmcmine.io.safe_files import replacing

CHECKPOINT: Final = "fine-tuning.pt"
_BATCH: Final = 32
_RATE, _HEAD_RATE, _DECAY, _WARM = 3e-4, 3e-3, 0.01, 15  # of layers, of the head; weight decay; steps
_RARITY: Final = 0.25
_SMOOTHING: Final = 0.03
_OF_QUALITY: Final = 0.7  # what a squared error of quality counts beside the cross-entropies
_COLUMNS: Final = {"type": slice(0, 4), "domain": slice(4, 7), QUALITY: slice(7, 8)}
_HELD: Final = 0  # fold whose articles are left out, to choose the epoch


@dataclass(frozen=True)
class Tuned:
    """What fine-tuning found.

    Attributes:
        network: token ids and mask in, logits of all columns out.
        measured: accuracies and mean absolute error on articles left out, at the epoch that was kept.
        epoch: that epoch.
    """

    network: Any
    measured: Mapping[str, float]
    epoch: int


@dataclass(frozen=True)
class _Batches:
    """Token ids, and labels of each task: −1 or NaN where there is none."""

    ids: list[list[int]]
    labels: Mapping[str, NDArray[Any]]
    readers: NDArray[np.int64]
    weights: Mapping[str, NDArray[np.float32]]

    def take(self, places: NDArray[np.int64]) -> tuple[Any, Any]:
        """Return ids and mask of rows, padded to the longest."""
        import torch

        longest = max(len(self.ids[i]) for i in places)
        ids = torch.zeros((len(places), longest), dtype=torch.int64)
        mask = torch.zeros_like(ids)
        for at, i in enumerate(places):
            ids[at, : len(self.ids[i])] = torch.tensor(self.ids[i])
            mask[at, : len(self.ids[i])] = 1
        return ids, mask


def tune(
    folder: Path,
    out: Path,
    rows: Sequence[Mapping[str, Any]],
    layers: int,
    epochs: int,
    on: str,
    student_share: float = 0.0,
    progress: Callable[[str], None] = lambda _: None,
) -> dict[str, float]:
    """Fine-tune the upper layers of an encoder with its heads, and write the model folder.

    Args:
        folder: a model folder of `transformers`.
        out: folder to write; a run that was stopped continues from the last epoch that it holds.
        rows: labelled paragraphs.
        layers: how many of the upper layers are trained.
        epochs: how often all rows are seen.
        on: what the labels are, for the model's own record.
        student_share: weight of the shipped student beside the encoder, from 0 to 1.
        progress: told what is done.

    Returns:
        What was measured on the fifth of the articles that was left out.
    """
    encoder, coder = hub_encoder(folder), tokenizer_of(folder)

    def tokens(texts: list[str]) -> list[list[int]]:
        found: list[list[int]] = coder(texts, truncation=True, max_length=MAX_TOKENS)["input_ids"]
        return found

    out.mkdir(parents=True, exist_ok=True)
    tuned = fine_tune(encoder, tokens, rows, layers, epochs, out, progress)
    write_graph(tuned.network, folder, out)
    write_header(out, f"{on}; upper {layers} layers fine-tuned, epoch {tuned.epoch} of {epochs}", student_share)
    (out / CHECKPOINT).unlink()
    return dict(tuned.measured)


def fine_tune(
    encoder: Any,
    tokenizer: Callable[[list[str]], list[list[int]]],
    rows: Sequence[Mapping[str, Any]],
    layers: int,
    epochs: int,
    work: Path,
    progress: Callable[[str], None] = lambda _: None,
) -> Tuned:
    """Train the upper layers and a head, and keep the epoch that is best on a fifth of the articles.

    After each epoch the state is written to `work`, and the same call continues there.

    Args:
        encoder: a model of `transformers`; it is changed.
        tokenizer: maps texts to token ids, cut to the length that is read.
        rows: labelled paragraphs, with `text`, `pmcid`, labels, and `reader` and `quality_read` where there are.
        layers: how many of the upper layers are trained.
        epochs: how often all rows are seen.
        work: folder of the checkpoint.
        progress: told the loss and the measures after each epoch.

    Raises:
        PmcmineError: if the encoder has fewer layers, a class has no label, or the checkpoint is of other labels.
    """
    import torch

    data, readers = _batches(rows, tokenizer([str(r["text"]) for r in rows]))
    held = np.array(folds_of(rows)) == _HELD
    if held.all() or not held.any():
        raise PmcmineError("fine-tuning needs labelled paragraphs of more articles (pmcid)")
    torch.manual_seed(0)
    network = _network(encoder, layers, readers).to("cuda" if torch.cuda.is_available() else "cpu")
    groups = [{"params": list(network.upper.parameters()), "lr": _RATE, "top": _RATE}]
    rest = [*network.norm.parameters(), *network.head.parameters(), *network.reader.parameters()]
    groups.append({"params": rest, "lr": _HEAD_RATE, "top": _HEAD_RATE})
    optimizer = torch.optim.AdamW(groups, weight_decay=_DECAY)
    fingerprint, place = _fingerprint(rows, layers, epochs), work / CHECKPOINT
    state: dict[str, Any] = {"fingerprint": fingerprint, "epoch": 0, "best": None}
    if place.is_file():
        state = _resume(place, fingerprint)
        _put(network, state["trained"])
        optimizer.load_state_dict(state["optimizer"])
        progress(f"continues after epoch {state['epoch']}")
    train, left = np.flatnonzero(~held), np.flatnonzero(held)
    for epoch in range(int(state["epoch"]), epochs):
        loss = _epoch(network, optimizer, data, train, epoch, epochs)
        measured = _measure(_scores(network, data, left), data, left)
        progress(
            f"epoch {epoch + 1} of {epochs}: loss {loss:.3f}; " + ", ".join(f"{k} {v:.3f}" for k, v in measured.items())
        )
        state |= {"epoch": epoch + 1, "trained": _trained(network), "optimizer": optimizer.state_dict()}
        if state["best"] is None or _worth(measured) > _worth(state["best"]["measured"]):
            state["best"] = {"epoch": epoch + 1, "trained": state["trained"], "measured": measured}
        with replacing(place) as stream:
            torch.save(state, stream)
    best = state["best"]
    _put(network, best["trained"])
    return Tuned(network.cpu().eval(), best["measured"], int(best["epoch"]))


def _fingerprint(rows: Sequence[Mapping[str, Any]], layers: int, epochs: int) -> str:
    seen = [[r.get(k) for k in ("text", *_COLUMNS, "quality_read", "reader")] for r in rows]
    return sha256(json.dumps([seen, layers, epochs]).encode()).hexdigest()


def _resume(place: Path, fingerprint: str) -> dict[str, Any]:
    import torch

    try:
        state = torch.load(place, map_location="cpu", weights_only=True)
    except Exception as error:  # noqa: BLE001 - unpickling has no base of its errors
        raise PmcmineError(f"{place}: damaged ({type(error).__name__}); remove it, or give --overwrite") from None
    if not isinstance(state, dict) or state.get("fingerprint") != fingerprint:
        raise PmcmineError(f"{place}: begun with other labels or settings; give --overwrite to start anew")
    return state


def _batches(rows: Sequence[Mapping[str, Any]], ids: list[list[int]]) -> tuple[_Batches, int]:
    """Return the rows as numbers, and how many readers there are."""
    labels: dict[str, NDArray[Any]] = {}
    weights = {}
    for task, classes in CLASSES.items():
        labels[task] = np.array([classes.index(r[task]) if r.get(task) is not None else -1 for r in rows])
        counts = np.bincount(labels[task][labels[task] >= 0], minlength=len(classes))
        if not counts.all():
            raise PmcmineError(f"{task}: a class has no labelled paragraph")
        rare = (1 / counts) ** _RARITY
        weights[task] = (rare / rare.mean()).astype(np.float32)
    values = [r[QUALITY] if r.get(QUALITY) is not None else r.get("quality_read") for r in rows]
    labels[QUALITY] = np.array([math.nan if v is None else float(v) for v in values], np.float32)
    names = sorted({str(r.get("reader") or "") for r in rows})
    readers = np.array([names.index(str(r.get("reader") or "")) for r in rows], np.int64)
    return _Batches(ids, labels, readers, weights), len(names)


def _network(encoder: Any, layers: int, readers: int) -> Any:
    """Build a network whose output is the logits of all columns, from the mean and the first hidden state."""
    import torch

    wanted = int(encoder.config.num_hidden_layers)
    stacks = [m for m in encoder.modules() if isinstance(m, torch.nn.ModuleList) and len(m) == wanted]
    if not stacks or not 1 <= layers <= wanted:
        raise PmcmineError(f"--fine-tune-layers {layers}: the encoder has {wanted} layers")

    class Network(torch.nn.Module):  # type: ignore[misc]  # torch is not looked at by the type checker
        def __init__(self) -> None:
            super().__init__()
            self.encoder = encoder.requires_grad_(False)
            self.upper = stacks[0][-layers:].requires_grad_(True)
            size = 2 * int(encoder.config.hidden_size)
            self.norm, self.drop = torch.nn.LayerNorm(size), torch.nn.Dropout(0.1)
            self.head, self.reader = torch.nn.Linear(size, 8), torch.nn.Embedding(readers, 1)
            for values in (self.head.weight, self.head.bias, self.reader.weight):
                torch.nn.init.zeros_(values)
            with torch.no_grad():
                self.head.bias[7] = 2.5

        def forward(self, input_ids: Any, attention_mask: Any) -> Any:
            hidden = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
            mask = attention_mask[..., None].to(hidden.dtype)
            mean = (hidden * mask).sum(1) / mask.sum(1).clamp(min=1)
            out = self.head(self.drop(self.norm(torch.cat([mean, hidden[:, 0]], 1))))
            # Of the first reader, whose labels are the given ones.
            of_first = self.reader.weight[0] * torch.tensor([0.0] * 7 + [1.0], device=out.device)
            return out + of_first

    return Network()


def _trained(network: Any) -> dict[str, Any]:
    """Return a copy of what is trained, by name."""
    return {n: p.detach().cpu().clone() for n, p in network.named_parameters() if p.requires_grad}


def _put(network: Any, values: Mapping[str, Any]) -> None:
    network.load_state_dict(dict(values), strict=False)


def _blocks(places: NDArray[np.int64], data: _Batches) -> Iterator[NDArray[np.int64]]:
    for at in range(0, len(places), _BATCH):
        yield places[at : at + _BATCH]


def _epoch(network: Any, optimizer: Any, data: _Batches, train: NDArray[np.int64], epoch: int, epochs: int) -> float:
    """See each row once, in an order that the number of the epoch gives, and return the mean loss."""
    import torch

    torch.manual_seed(epoch + 1)
    # The encoder's own dropout is left off: few layers learn, for a few epochs.
    network.eval()
    network.drop.train()
    order = np.random.default_rng(epoch).permutation(train)
    total = math.ceil(len(train) / _BATCH)
    losses = []
    for step, places in enumerate(_blocks(order, data), epoch * total):
        rate = min((step + 1) / _WARM, 1) * (1 - step / (total * epochs))
        for group in optimizer.param_groups:
            group["lr"] = group["top"] * max(rate, 0.02)
        optimizer.zero_grad()
        loss = _loss(network, data, places)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        losses.append(float(loss.detach()))
    return float(np.mean(losses))


def _loss(network: Any, data: _Batches, places: NDArray[np.int64]) -> Any:
    import torch

    device = network.head.weight.device
    ids, mask = data.take(places)
    with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
        z = network(ids.to(device), mask.to(device)).float()
    loss = z.sum() * 0
    for task in CLASSES:
        gold = torch.tensor(data.labels[task][places], device=device)
        if (gold >= 0).any():
            weight = torch.tensor(data.weights[task], device=device)
            loss = loss + torch.nn.functional.cross_entropy(
                z[:, _COLUMNS[task]], gold, weight=weight, ignore_index=-1, label_smoothing=_SMOOTHING
            )
    value = torch.tensor(data.labels[QUALITY][places], device=device)
    known = torch.isfinite(value)
    if known.any():
        who = network.reader(torch.tensor(data.readers[places], device=device))[:, 0] - network.reader.weight[0]
        loss = loss + _OF_QUALITY * ((z[:, 7] + who - value)[known] ** 2).mean()
    return loss


def _scores(network: Any, data: _Batches, places: NDArray[np.int64]) -> NDArray[np.float32]:
    import torch

    network.eval()
    device = network.head.weight.device
    out = []
    with torch.inference_mode():
        for block in _blocks(places, data):
            ids, mask = data.take(block)
            out.append(network(ids.to(device), mask.to(device)).float().cpu().numpy())
    return np.concatenate(out)


def _measure(z: NDArray[np.float32], data: _Batches, places: NDArray[np.int64]) -> dict[str, float]:
    """Return the accuracy of type and domain, and the mean absolute error of quality, where there are labels."""
    out = {}
    for task in CLASSES:
        gold = data.labels[task][places]
        known = gold >= 0
        if known.any():
            out[task] = float((z[known, _COLUMNS[task]].argmax(axis=1) == gold[known]).mean())
    gold = data.labels[QUALITY][places]
    known = np.isfinite(gold)
    if known.any():
        out["quality error"] = float(np.abs(np.clip(z[known, 7], 1, 5) - gold[known]).mean())
    return out


def _worth(measured: Mapping[str, float]) -> float:
    return sum(-v if k == "quality error" else v for k, v in measured.items())
