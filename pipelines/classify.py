"""Paragraphs of a release through an encoder, by Beam's RunInference: a table of scores beside the release."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import apache_beam as beam
import pyarrow as pa
import pyarrow.parquet as pq
from apache_beam.ml.inference.base import ModelHandler, RunInference

from classifiers.text.encoder import Encoder, load
from classifiers.text.features import Passage
from classifiers.text.heads import CLASSES
from pipelines.runners import beam_options, make_runner
from pmcmine.config import MineConfig
from pmcmine.errors import PmcmineError
from pmcmine.io.safe_files import replacing
from pmcmine.run.grpc_loopback import loopback_only
from pmcmine.run.local_workers import watching_workers

_BATCH = 64
SCHEMA = pa.schema(
    [
        ("paragraph_id", pa.string()),
        *((f"{task}_{c}", pa.float64()) for task, classes in CLASSES.items() for c in classes),
        ("quality", pa.float64()),
    ]
)


class EncoderHandler(ModelHandler[tuple[str, str], dict[str, Any], Encoder]):
    """Loads an encoder once per worker and scores batches of (paragraph id, text)."""

    def __init__(self, folder: str) -> None:
        super().__init__()
        self._folder = folder

    def load_model(self) -> Encoder:
        """Load the encoder."""
        return load(Path(self._folder))

    def run_inference(
        self, batch: Sequence[tuple[str, str]], model: Encoder, inference_args: Mapping[str, Any] | None = None
    ) -> Iterable[dict[str, Any]]:
        """Score each paragraph; yield one row each."""
        for (paragraph, _), labels in zip(batch, model.describe([Passage(t) for _, t in batch]), strict=True):
            yield {
                "paragraph_id": paragraph,
                **{f"type_{k}": v for k, v in labels.type_scores.items()},
                **{f"domain_{k}": v for k, v in labels.domain_scores.items()},
                "quality": labels.quality,
            }

    def batch_elements_kwargs(self) -> Mapping[str, Any]:
        """Return batches of a fixed size at most; scores do not depend on them."""
        return {"max_batch_size": _BATCH}


def _read(file: str) -> Iterable[tuple[str, str]]:
    for batch in pq.ParquetFile(file).iter_batches(columns=["paragraph_id", "text"]):
        yield from ((r["paragraph_id"], r["text"]) for r in batch.to_pylist())


def classify(release: Path, model: Path, out: Path, config: MineConfig) -> int:
    """Score all paragraphs of a release and write one Parquet file, sorted by paragraph; return the number of rows.

    Raises:
        PmcmineError: if the release or the model is none.
    """
    files = sorted(str(p) for p in (release / "tables" / "paragraphs").rglob("*.parquet"))
    if not files:
        raise PmcmineError(f"{release}: not a release with paragraphs")
    load(model)  # a missing or wrong model is told before the run
    out.parent.mkdir(parents=True, exist_ok=True)
    # A new folder, so that nothing else is in it.
    with tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent) as folder:
        parts = Path(folder)
        graph = beam.Pipeline(runner=make_runner(config), options=beam_options(config))
        (
            graph
            | "Files" >> beam.Create(files)
            | "Paragraphs" >> beam.FlatMap(_read)
            | "Score" >> RunInference(EncoderHandler(str(model)))
            | "Lines" >> beam.Map(lambda row: json.dumps(row, sort_keys=True))
            | "Write" >> beam.io.WriteToText(str(parts / "part"), file_name_suffix=".jsonl")
        )
        with loopback_only(), watching_workers(config):
            graph.run().wait_until_finish()
        lines = [line for p in sorted(parts.glob("part*.jsonl")) for line in p.read_text("utf-8").splitlines()]
    rows = sorted((json.loads(line) for line in lines), key=lambda r: str(r["paragraph_id"]))
    with replacing(out) as stream:
        pq.write_table(pa.Table.from_pylist(rows, SCHEMA), stream, compression="zstd")
    return len(rows)
