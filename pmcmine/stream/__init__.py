"""Read a release sample by sample. Lightweight: needs no Beam, no model library, and no schema but the release's.

    for sample in open("release", where="kind = 'figure' AND year >= 2020"):
        sample["key"], sample["jpg"], sample["txt"], sample["json"]

The order is a pure function of seed and epoch. Consecutive samples of a shard are read in chunks; chunks are shuffled
over all shards and dealt to the shares in turn, and a share mixes the samples of a window of its chunks. A position is
the number of samples that each share has read: with the same number of shares, reading resumes with the same sequence;
with another number, with the same set. An iteration that reaches the end of its epoch is followed by the next epoch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pmcmine.stream.batches import Batches
    from pmcmine.stream.captions import enriched_caption
    from pmcmine.stream.document_stream import Documents, documents
    from pmcmine.stream.locate import SPLITS
    from pmcmine.stream.opening import open, torch_dataset
    from pmcmine.stream.ordering import order
    from pmcmine.stream.samples import Samples
    from pmcmine.stream.tokens import counter

# Module of each name; importing these loads NumPy, Arrow and DuckDB, so they are imported on first use.
_LATE: Final = {
    "SPLITS": "locate",
    "Batches": "batches",
    "Documents": "document_stream",
    "Samples": "samples",
    "counter": "tokens",
    "documents": "document_stream",
    "enriched_caption": "captions",
    "open": "opening",
    "order": "ordering",
    "torch_dataset": "opening",
}


def __getattr__(name: str) -> object:
    """Import a name when it is first used."""
    if name not in _LATE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_LATE[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_LATE})


__all__ = [
    "SPLITS", "Batches", "Documents", "Samples", "counter", "documents", "enriched_caption", "open", "order",
    "torch_dataset",
]  # fmt: skip
