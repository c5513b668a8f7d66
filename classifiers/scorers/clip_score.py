"""How well image and caption fit, by the cosine of a two-tower model: CLIP, SigLIP, BiomedCLIP and the like."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from classifiers.scorers.pictures import decoded
from pmcmine.errors import PmcmineError
from pmcmine.plugins.scorer import Item, Model, ScoreColumn

_GPU_BATCH: Final = 32
_MOST_BATCH: Final = 4_096


@dataclass(frozen=True)
class _TwoTowers:
    """A two-tower model, opened: images and texts to vectors of one space."""

    prepare: Any  # of (image, text) → tensors of fixed shape, so that no decoded image waits for a batch
    vectors: Any  # of these, a batch → (image vectors, text vectors)
    model: Model
    preprocessing: str
    batch: int = 1
    columns: tuple[ScoreColumn, ...] = (
        ScoreColumn("", pa.float32(), "Cosine of the vectors of image and caption.", "-1 to 1"),
    )

    def score(self, items: Sequence[Item]) -> list[tuple[float | None]]:
        """Compare image and text of each item that has both."""
        found: list[tuple[float | None]] = [(None,)] * len(items)
        places: list[int] = []
        prepared: list[Any] = []
        for at, item in enumerate(items):
            image = decoded(item.image) if item.text is not None else None
            if image is not None:
                places.append(at)
                prepared.append(self.prepare(image, item.text))
        for start in range(0, len(places), self.batch):
            cosines = self._cosines(prepared[start : start + self.batch])
            for at, cosine in zip(places[start : start + self.batch], cosines, strict=True):
                found[at] = (round(cosine, 4),)
        return found

    def _cosines(self, prepared: Sequence[Any]) -> list[float]:
        """Return the cosine of each pair, from a batch that is filled up: its shape is always the same."""
        import torch

        whole = [*prepared, *[prepared[-1]] * (self.batch - len(prepared))]
        with torch.inference_mode():
            a, b = (torch.nn.functional.normalize(v.float(), dim=-1) for v in self.vectors(whole))
        return [float(x) for x in (a * b).sum(-1)[: len(prepared)].tolist()]


class ClipScore:
    """Scores pairs with any two-tower model of `open_clip` or `transformers`, by path or name on the Hub."""

    name = "clip-score"
    meaning = "cosine of image and caption by a two-tower model, such as CLIP, SigLIP or BiomedCLIP"
    tables = ("figures", "panels")
    images = True
    options: Mapping[str, str] = {
        "model": "folder or name on the Hub of a model of transformers (CLIP, SigLIP), or open_clip:NAME for "
        "open_clip, as in open_clip:hf-hub:microsoft/BiomedCLIP-PubMedBERT_256-vit_base_patch16_224",
        "pretrained": "weights of an architecture of open_clip, a name or a file",
        "device": "cpu, cuda or another device of torch; cuda if there is one",
        "batch": "pairs at once: 1 on a CPU, 32 elsewhere if not given, which is faster there; the fourth decimal may "
        "differ",
    }

    def open(self, options: Mapping[str, str]) -> _TwoTowers:
        """Load the model.

        Raises:
            PmcmineError: if it is missing, or packages are.
        """
        name = options.get("model")
        if name is None:
            raise PmcmineError("clip-score needs --option model=FOLDER_OR_NAME; no such model comes with pmcmine")
        try:
            import torch
        except ImportError:
            raise PmcmineError("clip-score needs torch: pip install 'pmcmine[recipes]'") from None
        device = options.get("device") or ("cuda" if torch.cuda.is_available() else "cpu")
        batch = _batch(options.get("batch"), device)
        torch.set_num_threads(1)  # workers share the machine
        try:
            if name.startswith("open_clip:"):
                return _open_clip(name.removeprefix("open_clip:"), options.get("pretrained"), device, batch)
            return _transformers(name, device, batch)
        except PmcmineError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever the libraries raise for a model that is none
            said = next(iter(str(error).strip().splitlines()), "")[:200] or type(error).__name__
            raise PmcmineError(f"--option model={name}: can't be loaded ({said})") from None


def _batch(given: str | None, device: str) -> int:
    """Return how many pairs the model gets at once."""
    if given is None:
        return 1 if device == "cpu" else _GPU_BATCH
    if not given.isascii() or not given.isdigit() or not 1 <= int(given) <= _MOST_BATCH:
        raise PmcmineError(f"--option batch={given}: give a number from 1 to {_MOST_BATCH:,}")
    return int(given)


def _transformers(name: str, device: str, batch: int) -> _TwoTowers:
    import torch
    from transformers import AutoModel, AutoProcessor

    local = Path(name).exists()
    processors: Any = AutoProcessor  # its methods have no annotations
    processor = processors.from_pretrained(name, local_files_only=local, trust_remote_code=False)
    net = AutoModel.from_pretrained(name, local_files_only=local, trust_remote_code=False).eval().to(device)
    if not hasattr(net, "get_image_features") or not hasattr(net, "get_text_features"):
        raise PmcmineError(f"--option model={name}: is no two-tower model (no features of images and texts)")

    def prepare(image: Any, text: str) -> Any:
        return processor(text=[text], images=[image], return_tensors="pt", padding="max_length", truncation=True)

    def vectors(prepared: Sequence[Any]) -> tuple[Any, Any]:
        given = {
            k: torch.cat([one[k] for one in prepared]).to(device)
            for k in ("pixel_values", "input_ids", "attention_mask")
            if k in prepared[0]
        }
        pixels = given.pop("pixel_values")
        return _plain(net.get_image_features(pixel_values=pixels)), _plain(net.get_text_features(**given))

    known = Model(Path(name).name if local else name, "", sha256=_hash(net), version=str(net.config.model_type))
    return _TwoTowers(prepare, vectors, known, f"{type(processor).__name__} of the model", batch)


def _plain(found: Any) -> Any:
    """Return the vector itself; some versions of transformers return it in an output."""
    return getattr(found, "pooler_output", found)


def _open_clip(name: str, pretrained: str | None, device: str, batch: int) -> _TwoTowers:
    try:
        import open_clip
        import torch
    except ImportError:
        raise PmcmineError("--option model=open_clip:… needs open_clip: pip install 'pmcmine[recipes]'") from None
    net, _, transform = open_clip.create_model_and_transforms(name, pretrained=pretrained, device=device)
    tokenizer = open_clip.get_tokenizer(name)
    net.eval()

    def prepare(image: Any, text: str) -> Any:
        return transform(image), tokenizer([text])

    def vectors(prepared: Sequence[Any]) -> tuple[Any, Any]:
        pixels, words = zip(*prepared, strict=True)
        return net.encode_image(torch.stack(pixels).to(device)), net.encode_text(torch.cat(words).to(device))

    known = Model(name, "", sha256=_hash(net), version=pretrained or "")
    return _TwoTowers(prepare, vectors, known, "transform and tokenizer of open_clip", batch)


def _hash(net: Any) -> str:
    """Return a hash over the weights, whatever file they came from."""
    digest = sha256()
    for key, value in sorted(net.state_dict().items()):
        digest.update(f"{key} {tuple(value.shape)} {value.dtype}\n".encode())
        digest.update(value.detach().cpu().contiguous().view(-1).numpy().tobytes())
    return digest.hexdigest()
