"""Two-tower models of `transformers` and `open_clip`: images and texts to vectors of one space."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from pmcmine.errors import PmcmineError
from pmcmine.plugins.scorer import Model

OPTIONS: Final[Mapping[str, str]] = {
    "model": "folder or name on the Hub of a model of transformers (CLIP, SigLIP), or open_clip:NAME for "
    "open_clip, as in open_clip:hf-hub:microsoft/BiomedCLIP-PubMedBERT_256-vit_base_patch16_224",
    "pretrained": "weights of an architecture of open_clip, a name or a file",
    "device": "cpu, cuda or another device of torch; cuda if there is one",
    "batch": "items at once: 1 on a CPU, 32 elsewhere if not given, which is faster there; the fourth decimal may "
    "differ",
}
_GPU_BATCH: Final = 32
_MOST_BATCH: Final = 4_096


@dataclass(frozen=True)
class TwoTowers:
    """A two-tower model, opened.

    Attributes:
        image: a Pillow image → tensors of a fixed shape, so that no decoded image waits for a batch.
        text: the same of a text.
        of_images: a batch of the first → vectors.
        of_texts: a batch of the second → vectors.
        model: the model.
        preprocessing: what is done before it.
        batch: items that it gets at once.
    """

    image: Callable[[Any], Any]
    text: Callable[[str], Any]
    of_images: Callable[[Sequence[Any]], Any]
    of_texts: Callable[[Sequence[Any]], Any]
    model: Model
    preprocessing: str
    batch: int = 1

    def vectors(self, prepared: Sequence[Any], tower: Callable[[Sequence[Any]], Any]) -> Any:
        """Return vectors of length 1 of prepared items, from batches that are filled up, so that all have one shape."""
        import torch

        found = []
        for start in range(0, len(prepared), self.batch):
            these = prepared[start : start + self.batch]
            whole = [*these, *[these[-1]] * (self.batch - len(these))]
            with torch.inference_mode():
                found.append(torch.nn.functional.normalize(tower(whole).float(), dim=-1)[: len(these)].cpu())
        return torch.cat(found)


def open_two_towers(options: Mapping[str, str], scorer: str) -> TwoTowers:
    """Load a model by the options of a scorer.

    Raises:
        PmcmineError: if it is missing, or packages are.
    """
    name = options.get("model")
    if name is None:
        raise PmcmineError(f"{scorer} needs --option model=FOLDER_OR_NAME; no such model comes with pmcmine")
    try:
        import torch
    except ImportError:
        raise PmcmineError(f"{scorer} with a model needs torch: pip install 'pmcmine[recipes]'") from None
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


def _transformers(name: str, device: str, batch: int) -> TwoTowers:
    import torch
    from transformers import AutoModel, AutoProcessor

    local = Path(name).exists()
    processors: Any = AutoProcessor  # its methods have no annotations
    processor = processors.from_pretrained(name, local_files_only=local, trust_remote_code=False)
    net = AutoModel.from_pretrained(name, local_files_only=local, trust_remote_code=False).eval().to(device)
    if not hasattr(net, "get_image_features") or not hasattr(net, "get_text_features"):
        raise PmcmineError(f"--option model={name}: is no two-tower model (no features of images and texts)")

    def image(picture: Any) -> Any:
        return processor(images=[picture], return_tensors="pt")["pixel_values"]

    def text(words: str) -> Any:
        given = processor(text=[words], return_tensors="pt", padding="max_length", truncation=True)
        return {k: given[k] for k in ("input_ids", "attention_mask") if k in given}

    def of_images(prepared: Sequence[Any]) -> Any:
        return _plain(net.get_image_features(pixel_values=torch.cat([*prepared]).to(device)))

    def of_texts(prepared: Sequence[Any]) -> Any:
        given = {k: torch.cat([one[k] for one in prepared]).to(device) for k in prepared[0]}
        return _plain(net.get_text_features(**given))

    known = Model(Path(name).name if local else name, "", sha256=_hash(net), version=str(net.config.model_type))
    said = f"{type(processor).__name__} of the model"
    return TwoTowers(image, text, of_images, of_texts, known, said, batch)


def _plain(found: Any) -> Any:
    """Return the vector itself; some versions of transformers return it in an output."""
    return getattr(found, "pooler_output", found)


def _open_clip(name: str, pretrained: str | None, device: str, batch: int) -> TwoTowers:
    try:
        import open_clip
        import torch
    except ImportError:
        raise PmcmineError("--option model=open_clip:… needs open_clip: pip install 'pmcmine[recipes]'") from None
    net, _, transform = open_clip.create_model_and_transforms(name, pretrained=pretrained, device=device)
    tokenizer = open_clip.get_tokenizer(name)
    net.eval()

    def of_images(prepared: Sequence[Any]) -> Any:
        return net.encode_image(torch.stack([*prepared]).to(device))

    def of_texts(prepared: Sequence[Any]) -> Any:
        return net.encode_text(torch.cat([*prepared]).to(device))

    known = Model(name, "", sha256=_hash(net), version=pretrained or "")
    said = "transform and tokenizer of open_clip"
    return TwoTowers(transform, lambda text: tokenizer([text]), of_images, of_texts, known, said, batch)


def _hash(net: Any) -> str:
    """Return a hash over the weights, whatever file they came from."""
    digest = sha256()
    for key, value in sorted(net.state_dict().items()):
        digest.update(f"{key} {tuple(value.shape)} {value.dtype}\n".encode())
        digest.update(value.detach().cpu().contiguous().view(-1).numpy().tobytes())
    return digest.hexdigest()
