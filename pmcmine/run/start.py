"""Start a run: check its requirements, lock and mark its folders, and clean up after an earlier run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha256

from pmcmine.config import MineConfig
from pmcmine.duplicates.benchmark_sets import read_benchmarks
from pmcmine.errors import PmcmineError
from pmcmine.io.folder import Folder
from pmcmine.io.lock import held
from pmcmine.miner import enrichers
from pmcmine.miner.at_work import forget_starts
from pmcmine.publish.target import kept_keys
from pmcmine.release.begin import begin, begin_update, check_folder, describe_difference
from pmcmine.release.layout import ARTEFACT, JOURNAL, RELEASE, WORK
from pmcmine.release.mark import UpdateMark, find_mark
from pmcmine.release.plan import PLAN
from pmcmine.release.record import Journal, ReleaseRecord, check_seal, load_release, read_journal
from pmcmine.rights.exclusion_list import MAX_BYTES, ExclusionList, Request, parse_held
from pmcmine.run import needs
from pmcmine.run.finish import finish_update
from pmcmine.run.graphs import GraphsFor
from pmcmine.run.job import Job, Outcome, content
from pmcmine.run.ownership import check_begun, check_empty_work, clear_ended_update, is_work, remove_work
from pmcmine.run.progress import Progress
from pmcmine.run.steps import outcome_of, run_steps
from pmcmine.sources import first_contact, open_source
from pmcmine.sources.base import Source
from pmcmine.update.differences import forget_update
from pmcmine.update.models import check_models
from pmcmine.update.old_release import inc_tag, open_old_release, with_known_columns
from pmcmine.work import snapshot as snapshots
from pmcmine.work.delta import damaged_articles
from pmcmine.work.exclusions import (
    KEPT,
    digest_of,
    file_of,
    kept_exclusions,
    kept_file,
    new_salt,
    read_requests,
    salt_of,
    write_exclusions,
)
from pmcmine.work.manifest import read_manifest
from pmcmine.work.rows import GIVEN_UP


def run(config: MineConfig, graphs_for: GraphsFor, progress: Progress) -> Outcome:
    """Make the release described by a configuration, or resume.

    Args:
        config: the configuration.
        graphs_for: returns the graphs to run it with.
        progress: receives progress messages.

    Raises:
        PmcmineError: one line for the user.
    """
    with begun(config, graphs_for, progress) as job:
        if job is not None:
            return _guarded(job)
    out = Folder(config.out)
    release = load_release(out)
    if not release.run.keep_work:
        _clear_leftover(out.child(WORK))
    return outcome_of(release, config, out, fresh=False)


@contextmanager
def begun(config: MineConfig, graphs_for: GraphsFor, progress: Progress) -> Iterator[Job | None]:
    """Lock and mark the folder; yield the job, or None if the release is already complete.

    Raises:
        PmcmineError: one line for the user.
    """
    needs.check(config)
    source = open_source(config)
    graphs = graphs_for(config)
    enrichers.prepare(config)
    out = Folder(config.out)
    config, benchmarks = _with_benchmarks(config)
    config, excluded = with_exclusions(config, ExclusionList())
    decided = content(config)
    if check_folder(out, decided):
        yield None
        return
    work = out.child(WORK)
    _contact(source, config, work, "nothing was mined", progress)  # before anything is written
    with held(work):
        begin(out, decided, config.demo, salt_of(excluded))
        check_begun(out, work, benchmarks is not None)
        write_exclusions(work, excluded)
        if benchmarks is not None:
            with out.create(ARTEFACT, replace=True, same=True) as (stream, _):
                stream.write(benchmarks)
        yield Job(config, source, graphs, out, work, progress)


def _contact(source: Source, config: MineConfig, work: Folder, outcome: str, progress: Progress) -> None:
    """Contact the host of the source, unless everything has been read from it."""
    if not work.exists(PLAN) and not _all_mined(work):
        first_contact(source, config, outcome, progress.note)


def _all_mined(work: Folder) -> bool:
    """Check whether each block is committed; for an update, which mines few blocks, this is unknown before its plan."""
    frozen = snapshots.load(work)
    return frozen is not None and all(read_manifest(work, block) is not None for block in range(frozen.n_blocks))


def _clear_leftover(work: Folder) -> None:
    """Remove the work folder of a run that was killed after its release was complete, unless it holds an update."""
    mark = find_mark(work)
    if mark is not None and mark.update is None and not work.exists(JOURNAL):
        with held(work):
            remove_work(work)


def update(
    config: MineConfig,
    graphs_for: GraphsFor,
    date: str,
    compact: bool,
    progress: Progress,
    exclude_only: bool = False,
) -> Outcome:
    """Update a release: read only new, changed and removed articles.

    Args:
        config: the configuration of the release; `config.out` is its folder.
        graphs_for: returns the graphs to run it with.
        date: day of the update, YYYY-MM-DD, part of the names of added shards.
        compact: lay out everything again, as in a full run.
        progress: receives progress messages.
        exclude_only: keep the snapshot of the release: read only articles affected by a change of the exclusion list.

    Raises:
        PmcmineError: one line for the user.
    """
    with updating(config, graphs_for, UpdateMark(date, "", compact, exclude_only), progress) as job:
        return _guarded(job) if isinstance(job, Job) else job


@contextmanager
def updating(
    config: MineConfig, graphs_for: GraphsFor, asked: UpdateMark, progress: Progress
) -> Iterator[Job | Outcome]:
    """Lock and mark the work folder of an update; yield the job, or the outcome if a killed update was completed.

    Args:
        config: the configuration of the release.
        graphs_for: returns the graphs to run it with.
        asked: the requested update, still without a tag.
        progress: receives progress messages.

    Raises:
        PmcmineError: one line for the user.
    """
    check_asked(config, asked)
    needs.check(config)
    out = Folder(config.out)
    work = out.child(WORK)
    if not out.exists(RELEASE) and not work.exists(JOURNAL):
        raise PmcmineError(f"{config.out}: no {RELEASE}; this is not a release, or it is not complete yet")
    if not is_work(work):
        check_empty_work(work)
    with held(work):
        if work.exists(JOURNAL):
            progress.note("an earlier update was killed while it moved its files into place: finishing it")
            finished = finish_update(out, work, _journal(out, work), config)
            _check_excluded(out, config, finished.config.get("exclude_sha256"))
            yield outcome_of(finished, config, out, fresh=True)
            return
        record = check_seal(load_release(out), f"{out.url}/{RELEASE}")
        clear_ended_update(work, record.updates)
        config, excluded = with_exclusions(config, kept_exclusions(out, record.config.get("exclude_sha256")))
        if not config.exclude:  # exclusions can be removed without a model: `find_changes`
            check_models(config, record)
        source = open_source(config)
        if not (asked.exclude_only and names_only_articles(requests(config)[0])):
            _contact(source, config, work, "the release is as it was", progress)
        asked = replace(asked, tag=inc_tag(out, asked.date))
        mark = begin_update(work, config.content(), asked, salt_of(excluded))
        write_exclusions(work, excluded)
        old = open_old_release(out, work, mark)
        check_unchanged(config, old.record)
        graphs = graphs_for(config)
        if not config.exclude:
            enrichers.prepare(config)
        old = with_known_columns(old, enrichers.tables(config))
        yield Job(config, source, graphs, out, work, progress, old)


def check_asked(config: MineConfig, asked: UpdateMark) -> None:
    """Check that an exclude-only update has an exclusion list.

    Raises:
        PmcmineError: if it has none.
    """
    if asked.exclude_only and not config.exclude:
        raise PmcmineError("--exclude-only needs a list: name it with --exclude")


def check_unchanged(config: MineConfig, record: ReleaseRecord) -> None:
    """Check that an update keeps the configuration of the release; `find_changes` compares the models.

    Raises:
        PmcmineError: if it does not.
    """
    kept = {k: v for k, v in kept_keys(record.config).items() if k != "models"}
    difference = describe_difference(kept, kept_keys(config.content()))
    if difference:
        raise PmcmineError(f"{config.out}: an update can't change the configuration of the release ({difference})")


def names_only_articles(asked: Request) -> bool:
    """Check whether a list only excludes articles by PMCID: removing these requires reading nothing."""
    return not any((asked.added.dois, asked.added.orcids, asked.added.figures, asked.lifted))


def _check_excluded(out: Folder, config: MineConfig, held: str | None) -> None:
    """Check that an update which was only completed now included the exclusions of `--exclude`.

    Raises:
        PmcmineError: if it did not, so that nobody believes them applied.
    """
    if config.exclude and with_exclusions(config, kept_exclusions(out, held))[0].exclude_sha256 != held:
        raise PmcmineError(
            f"{config.out}: the update that was killed is finished now, but had another exclusion list; "
            "repeat this command to exclude what --exclude names"
        )


def with_exclusions(config: MineConfig, kept: ExclusionList) -> tuple[MineConfig, bytes]:
    """Read the requested exclusions; return the configuration with the hash of their list, and its file.

    Args:
        config: the configuration.
        kept: current exclusions of the release.
    """
    asked, salt = requests(config)
    data = _file_of(asked.applied(kept), salt, config)
    if len(data) > MAX_BYTES:  # no later update could read it
        raise PmcmineError(f"--exclude: with what the release excludes already, more than {MAX_BYTES >> 20} MiB")
    return config.model_copy(update={"exclude_sha256": digest_of(data)}), data


def requests(config: MineConfig) -> tuple[Request, str]:
    """Read the requests in `--exclude`, and their salt.

    Raises:
        PmcmineError: if the hash in `release.json` would have no salt: ids could be found by trying.
    """
    asked, salt = read_requests(config.exclude)
    if asked.added and not config.keep_state and not salt:
        raise PmcmineError(
            "--exclude: with keep_state=false the release would keep neither the list nor the salt of its hash; "
            "leave keep_state on (state/ is not published), or begin the file with a line '# salt' and 32 hex digits"
        )
    return asked, salt


def _file_of(excluded: ExclusionList, salt: str, config: MineConfig) -> bytes:
    """Return the file of a list, with the salt of the run or the release, otherwise with a given or a new one."""
    if not excluded:
        return b""
    out = Folder(config.out)
    mark = find_mark(out.child(WORK))
    if mark is not None:
        return file_of(excluded, mark.salt)
    data = kept_file(out)
    if data is not None and parse_held(data, f"{out.url}/{KEPT}") == excluded:
        return data
    return file_of(excluded, salt_of(data or b"") or salt or new_salt())


def _journal(out: Folder, work: Folder) -> Journal:
    """Read the last files that a killed update was about to write.

    Raises:
        DamagedError: if it is damaged.
    """
    way_out = (
        f"the release may hold files of two dates: if `pmcmine verify {out.url}` finds nothing wrong, "
        f"remove {work.url}, else mine anew into another --out"
    )
    return read_journal(work, way_out)


def _guarded(job: Job) -> Outcome:
    """Run, and rebuild damaged files if possible, as long as each attempt finds different damage."""
    seen: frozenset[str] = frozenset()
    while True:
        for name in job.work.names(GIVEN_UP):
            job.work.remove(f"{GIVEN_UP}/{name}")
        try:
            return run_steps(job)
        except KeyboardInterrupt:
            forget_starts(job.work)
            raise
        except PmcmineError as error:
            damaged = damaged_articles(job.work)
            noted = damaged | {*job.work.names(GIVEN_UP)}
            if not noted - seen:
                raise
            if job.old is not None and damaged - seen:
                forget_update(job.work)
            seen |= noted
            job.progress.note(f"{error}: doing that now")


def _with_benchmarks(config: MineConfig) -> tuple[MineConfig, bytes | None]:
    """Read the benchmark sets; return the configuration with their hash, and their file's bytes."""
    if not config.decontaminate:
        return config, None
    data = read_benchmarks(config.decontaminate).to_bytes()
    digest = sha256(data).hexdigest()
    if config.decontaminate_sha256 not in (None, digest):
        raise PmcmineError("decontaminate_sha256: the benchmark sets have another hash; omit the key")
    return config.model_copy(update={"decontaminate_sha256": digest}), data
