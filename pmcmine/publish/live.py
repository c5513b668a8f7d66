"""Publish during a run: upload each shard when it is complete, then delete it locally if asked to."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from pmcmine.config import MineConfig
from pmcmine.errors import PmcmineError
from pmcmine.io.folder import Folder
from pmcmine.publish.ownership import check_targets
from pmcmine.publish.repos import repo_name
from pmcmine.publish.session import guarded
from pmcmine.publish.target import Target
from pmcmine.publish.upload import BATCH_BYTES, BATCH_FILES, additions, reach_hub, send
from pmcmine.release.layout import RELEASE
from pmcmine.release.plan import PANEL_SHARDS, PARQUET, SHARDS
from pmcmine.work.records import (
    ParquetRecord,
    ShardRecord,
    published_record,
    read_parquet_record,
    read_shard_record,
    records_below,
)

_LOOK_SECONDS: Final = 2.0


def _datasets(config: MineConfig) -> tuple[str, ...]:
    """Return the datasets of shards that a run writes."""
    more = ((PANEL_SHARDS, config.panel_shards), (PARQUET, config.parquet_images))
    return (SHARDS, *(dataset for dataset, is_on in more if is_on))


def check_hub(config: MineConfig, say: Callable[[str], None]) -> None:
    """Check, before anything is mined, that the Hub answers, and whose its repos are.

    Raises:
        PmcmineError: one line, if nothing could be published there.
    """
    from huggingface_hub import HfApi

    assert config.publish_to is not None
    repos = {repo_name(config.publish_to, dataset): dataset for dataset in (*_datasets(config), "tables")}
    reach_hub(config.endpoint, config.first_contact_seconds, "nothing was mined", say)
    api = HfApi(endpoint=config.endpoint, library_name="pmcmine")
    with guarded(config.endpoint):
        targets = check_targets(api, repos, None, not config.publish_public, config.publish_adopt)
    if not Folder(config.out).exists(RELEASE):
        _check_freed(config, targets)


def _check_freed(config: MineConfig, targets: Sequence[Target]) -> None:
    """Check that shards may be committed before the release is whole, and leave the disk.

    Raises:
        PmcmineError: if a repo holds a whole release, which its readers would see mixed with half of this one.
    """
    for target in targets:
        if config.free_published and target.whole and target.folder != "tables":
            raise PmcmineError(
                f"{target.id}: holds a complete release, and --free-published would mix its shards with new ones; "
                "omit --free-published, or give another name"
            )


class Published:
    """Sends the shards of a run as they become whole, in a thread of its own.

    A repo that holds a whole release gets their objects, and one commit when this release is whole.
    """

    def __init__(
        self, config: MineConfig, work: Folder, out: Folder, identity: str, paths: Sequence[tuple[str, str]]
    ) -> None:
        from huggingface_hub import HfApi

        assert config.publish_to is not None
        self._api = HfApi(endpoint=config.endpoint, library_name="pmcmine")
        self._name = config.publish_to
        self._free = config.free_published
        self._work, self._out = work, out
        self._done = threading.Event()
        self._error: Exception | None = None
        self._seen: set[str] = set()
        self._datasets = _datasets(config)
        repos = {repo_name(self._name, dataset): dataset for dataset in self._datasets}
        private, adopt = not config.publish_public, config.publish_adopt
        targets = check_targets(self._api, repos, identity, private, adopt)
        _check_freed(config, targets)
        self._targets: dict[str, Target] = {target.folder: target for target in targets}
        for target in targets:
            target.claim(self._api, identity, [path for dataset, path in paths if dataset == target.folder])
        self._thread = threading.Thread(target=self._watch, name="publish", daemon=True)
        self._thread.start()

    def finish(self) -> None:
        """Send what is left, and wait for it.

        Raises:
            PmcmineError: if the Hub refused; the same command resumes.
        """
        self.stop()
        if self._error is not None:
            raise self._error
        for dataset in self._datasets:
            self._send(dataset, last=True)

    def stop(self) -> None:
        """End the thread after what it is at."""
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        try:
            while not self._done.wait(_LOOK_SECONDS):
                for dataset in self._datasets:
                    self._send(dataset, last=False)
        except Exception as error:  # noqa: BLE001 - a defect, too, is raised where it is reported without secrets
            self._error = error  # raised by `finish`; the run itself goes on

    def _waiting(self, dataset: str) -> list[ShardRecord | ParquetRecord]:
        """Return records of shards that are whole and not on the Hub."""
        found: list[ShardRecord | ParquetRecord] = []
        for name in records_below(self._work, f"assembled/{dataset}"):
            if name in self._seen or not name.endswith((".tar.json", ".parquet.json")):
                continue
            record = (
                read_parquet_record(self._work, name) if dataset == PARQUET else read_shard_record(self._work, name)
            )
            if record is None:
                continue  # written again by the run
            if record.kept or self._work.exists(published_record(record.name)):
                self._seen.add(name)
                continue
            found.append(record)
        return found

    def _send(self, dataset: str, last: bool) -> None:
        batch: list[ShardRecord | ParquetRecord] = []
        size = 0
        for record in self._waiting(dataset):
            batch.append(record)
            size += record.bytes
            if not self._targets[dataset].whole and (len(batch) >= BATCH_FILES or size >= BATCH_BYTES):
                self._commit(dataset, batch)
                batch, size = [], 0
        if batch and last and not self._targets[dataset].whole:
            self._commit(dataset, batch)
        elif batch:
            self._preupload(dataset, batch)

    def _paths(self, dataset: str, batch: Sequence[ShardRecord | ParquetRecord]) -> list[str]:
        return [record.name.removeprefix(f"{dataset}/") for record in batch]

    def _preupload(self, dataset: str, batch: Sequence[ShardRecord | ParquetRecord]) -> None:
        """Send objects, one at a time; the commit comes when there are enough of them."""
        for record in batch:
            sent = f"sent/{record.name}"
            if not self._work.exists(sent):
                with additions(self._out, dataset, self._paths(dataset, [record])) as adds:
                    send(self._api, repo_name(self._name, dataset), adds)
                self._work.write(sent, b"", replace=True)

    def _commit(self, dataset: str, batch: Sequence[ShardRecord | ParquetRecord]) -> None:
        repo = repo_name(self._name, dataset)
        with additions(self._out, dataset, self._paths(dataset, batch)) as adds:
            send(self._api, repo, adds)
            self._targets[dataset].commit(self._api, adds, f"{dataset}: {len(batch)} shards")
        for record in batch:
            self._work.write(published_record(record.name), b"{}", replace=True)
            if self._free:
                self._out.remove(record.name)


class _Nothing:
    def finish(self) -> None:
        """Do nothing."""


@contextmanager
def publishing(
    config: MineConfig | None, work: Folder, out: Folder, identity: str, paths: Sequence[tuple[str, str]]
) -> Iterator[Published | _Nothing]:
    """Upload finished shards to the Hub in the background, if the configuration asks for it.

    Args:
        config: the configuration; nothing is published without one.
        work: the run's work folder.
        out: where files of the release are written.
        identity: id of the release.
        paths: dataset and path of each shard that it will have.
    """
    if config is None or config.publish_to is None:
        yield _Nothing()
        return
    with guarded(config.endpoint):
        published = Published(config, work, out, identity, paths)
        try:
            yield published
        finally:
            published.stop()
