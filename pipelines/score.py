"""The *score* job: blocks of a release's rows to committed scores, by Beam's RunInference.

    blocks ─▶ spread ─▶ RunInference (read, score and commit a block) ─▶ its number of rows

Only numbers of blocks are shuffled, never texts, images or scores.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import apache_beam as beam
from apache_beam.ml.inference.base import ModelHandler, RunInference

from pipelines.runners import beam_options, make_runner
from pmcmine.config import MineConfig
from pmcmine.io.folder import Folder
from pmcmine.plugins.scorer import OpenScorer
from pmcmine.run.failures import run_guarded
from pmcmine.score.blocks import Block, score_block
from pmcmine.score.registry import Request, open_scorer


class ScoreHandler(ModelHandler[Block, int, OpenScorer]):
    """Opens a scorer once per worker and scores blocks, each of which is committed when it is done."""

    def __init__(self, release: Path, scratch: Folder, request: Request, images: bool) -> None:
        super().__init__()
        self._release, self._scratch, self._request, self._images = release, scratch, request, images

    def load_model(self) -> OpenScorer:
        """Open the scorer."""
        return open_scorer(self._request)

    def run_inference(
        self, batch: Sequence[Block], model: OpenScorer, inference_args: Mapping[str, Any] | None = None
    ) -> Iterable[int]:
        """Score blocks; yield their numbers of rows."""
        for block in batch:
            yield score_block(self._release, self._scratch, block, self._request, model, self._images)

    def batch_elements_kwargs(self) -> Mapping[str, Any]:
        """Return batches of one block: what is batched for the model is inside of it."""
        return {"min_batch_size": 1, "max_batch_size": 1}


def run_blocks(
    config: MineConfig, release: Path, scratch: Folder, blocks: Sequence[Block], request: Request, images: bool
) -> None:
    """Score blocks of a release.

    Raises:
        PmcmineError: one line, whatever failed; the same command resumes.
    """
    graph = beam.Pipeline(runner=make_runner(config), options=beam_options(config))
    (
        graph
        | "Blocks" >> beam.Create(list(blocks))
        | "Spread" >> beam.Reshuffle()
        | "Score" >> RunInference(ScoreHandler(release, scratch, request, images))
    )
    run_guarded(config, scratch, lambda: graph.run().wait_until_finish())
