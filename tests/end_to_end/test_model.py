"""A real model, such as one of llama.cpp or Ollama: `PMCMINE_MODEL_ENDPOINT=http://127.0.0.1:8080/v1`."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from pmcmine.write.client import Client
from pmcmine.write.registry import prompt_for, task_of
from pmcmine.write.requests import Settings
from pmcmine.write.run import Order, journal_path, write_release
from pmcmine.write.transport import Endpoint, check_endpoint

ENDPOINT, MODEL = os.environ.get("PMCMINE_MODEL_ENDPOINT", ""), os.environ.get("PMCMINE_MODEL", "default")


@pytest.mark.slow
@pytest.mark.skipif(not ENDPOINT, reason="PMCMINE_MODEL_ENDPOINT names no server")
def test_a_real_model_is_asked_once_for_each_row(demo_release: Path, tmp_path: Path) -> None:
    release = Path(shutil.copytree(demo_release, tmp_path / "release"))
    task = task_of("caption")
    prompt, version = prompt_for(task, None)
    order = Order("caption", task, Settings(MODEL, prompt, version, image_size=0, tries=1), limit=4, concurrency=2)
    client = Client(Endpoint(check_endpoint(ENDPOINT, ""), MODEL, timeout=600.0))
    done = write_release(release, order, client)
    counts = done.facts.counts
    assert done.asked == len(journal_path(release, "caption").read_text().splitlines()) > 0
    assert sum(n for name, n in counts.items() if name.startswith("dropped: ")) + counts["kept"] == counts["rows"]
    assert done.left == 0 and counts["tokens_read"] > 100 * done.asked  # as the server states them
    again = write_release(release, order, client)
    assert again.asked == 0 and again.facts == done.facts
