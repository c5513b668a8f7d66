"""A copy of the demo's release to write about, and what writes about it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pmcmine.write.client import Client
from pmcmine.write.registry import prompt_for, task_of
from pmcmine.write.requests import Settings
from pmcmine.write.run import Done, Order, write_release
from pmcmine.write.transport import Endpoint
from tests.model_server import ModelServer

Write = Callable[..., Done]


@pytest.fixture
def release(demo_release: Path, tmp_path: Path) -> Path:
    """A copy of the demo's release."""
    return Path(shutil.copytree(demo_release, tmp_path / "release"))


@pytest.fixture
def write() -> Write:
    """Writes about a release with a server, in as few words as a test wants."""

    def run(release: Path, server: ModelServer, task: str = "caption", **more: Any) -> Done:
        found = task_of(task)
        prompt, version = prompt_for(found, None)
        keys = ("temperature", "seed", "image_size", "tries")
        settings = Settings("stub", prompt, version, **{k: more.pop(k) for k in keys if k in more})
        judge = more.pop("judge", None)  # true for one on the same server
        if judge is True:
            judge = Client(Endpoint(server.url, "judge"), lambda _: False)
        retries = more.pop("retries", 5)
        client = Client(Endpoint(server.url, "stub", retries=retries), lambda _: False)
        waited = more.pop("waited", None)
        return write_release(
            release, Order(more.pop("name", task), found, settings, **more), client, judge, waited=waited
        )

    return run
