"""Write about the rows of a release, or resume: ask, judge, and add the texts to the release."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

from pmcmine._version import __version__
from pmcmine.duplicates.benchmark_sets import DROP, Benchmarks, open_benchmarks
from pmcmine.errors import PmcmineError, ReleaseError
from pmcmine.io.folder import Folder
from pmcmine.io.lock import held
from pmcmine.plugins.load import Plugin
from pmcmine.plugins.task import Task
from pmcmine.release.layout import JOURNAL, RELEASE, WORK
from pmcmine.release.record import ReleaseRecord, check_seal, load_release
from pmcmine.release.tables import check_release
from pmcmine.release.written import WRITTEN, WrittenFacts
from pmcmine.write.asking import Asker
from pmcmine.write.batches import BatchAsker, ask_in_batches
from pmcmine.write.budget import Budget, Prices
from pmcmine.write.client import Client
from pmcmine.write.journal import Journal
from pmcmine.write.judge import rubric_sha256
from pmcmine.write.one_row import Drop, Outcome, Writer, overruled_before, written_text
from pmcmine.write.requests import Settings
from pmcmine.write.rows import Rows
from pmcmine.write.tables import Sink, put_into_release, take_out, write_beside

ANSWERS: Final = ".answers"  # folder of the journals, below `written/`; not part of the release
_MOST_FAILURES: Final = 20  # successive rows without an answer
_AHEAD: Final = 4  # rows under way per concurrent request


@dataclass(frozen=True, slots=True)
class Order:
    """The options of `pmcmine write`.

    Attributes:
        name: name of the side table.
        task: the task, as registered.
        settings: how to ask the model.
        where: condition over the table.
        limit: maximum rows; no limit if None.
        prices: prices of tokens.
        most_tokens: budget of tokens; no limit if None.
        most_usd: budget in dollars; no limit if None.
        concurrency: concurrent requests.
        batch: ask through the server's batch API.
        judge_doubts: have the judge decide if all problems found by checks are doubts (`judge.are_doubts`).
        out: Parquet file to write instead of a side table of the release; None for a side table.
        overwrite: replace a side table of the same name made with other settings.
    """

    name: str
    task: Plugin
    settings: Settings
    where: str | None = None
    limit: int | None = None
    prices: Prices = Prices()
    most_tokens: int | None = None
    most_usd: float | None = None
    concurrency: int = 4
    batch: bool = False
    judge_doubts: bool = False
    out: Path | None = None
    overwrite: bool = False


@dataclass(frozen=True, slots=True)
class Done:
    """Result of a run.

    Attributes:
        facts: entry of the side table in `release.json`.
        asked: answers received in this run; the others were in the journal.
        left: rows that a later run may still write about.
        spent: whether a budget was reached.
        cost: price of all answers in the journal.
    """

    facts: WrittenFacts
    asked: int
    left: int
    spent: bool
    cost: float


def write_release(
    release: Path, order: Order, client: Client, judge: Client | None = None,
    told: Callable[[int, int, Budget], None] | None = None,
    waited: Callable[[int, int], None] | None = None,
) -> Done:  # fmt: skip
    """Write about the rows of a release on this machine, or resume.

    Args:
        release: the release.
        order: the options of `pmcmine write`.
        client: the model's server.
        judge: the judge's server; None for no judge.
        told: called after each row with the number of rows, the number of new answers, and the budget.
        waited: called at each poll of batches, with the number of finished requests and of all under way.

    Raises:
        PmcmineError: one line; the same call resumes.
    """
    folder, record = opened(release)
    facts = facts_of(order, judge)
    _check_same(record, facts, order)
    benchmarks = _benchmarks(release, record)
    with held(folder.child(WRITTEN).child(ANSWERS)):
        journal = Journal(journal_path(release, order.name), release)
        try:
            budget = Budget(journal, order.prices, order.most_tokens, order.most_usd)
            asker = _asker(release, order, client, journal, budget)
            task: Task = order.task.target
            asked_judge = Asker(judge, journal, budget) if judge is not None else None
            writer = Writer(release, task, order.settings, asker, asked_judge, order.judge_doubts)
            sink = Sink(facts, order.settings, order.prices, judge.endpoint.model if judge is not None else None)
            rows = Rows(release, task, order.where, order.limit)
            clients = [client, *([judge] if judge is not None else [])]
            if isinstance(asker, BatchAsker):
                ask_in_batches(asker, partial(_pass, rows, writer, order.concurrency, clients), waited)
            for n, outcome in enumerate(_outcomes(rows, writer, order.concurrency, clients)):
                sink.add(*without_benchmarks(outcome, benchmarks))
                if told is not None:
                    told(n + 1, asker.asked, budget)
            facts = replace(facts, counts=sink.counted(), cost=sink.cost)
            if order.out is not None:
                write_beside(order.out, facts, sink)
            else:
                facts = put_into_release(folder, record, facts, sink)
            cost = order.prices.of(journal.read, journal.written)
            return Done(facts, asker.asked, sink.left, writer.spent, cost)
        finally:
            journal.close()


def _asker(release: Path, order: Order, client: Client, journal: Journal, budget: Budget) -> Asker:
    """Return the asker for an order.

    Raises:
        PmcmineError: if batches are under way, but the order does not use batches.
    """
    folder = journal_path(release, order.name).with_suffix(".batches")
    if order.batch:
        return BatchAsker(client, journal, budget, folder)
    if any(folder.glob("*.json")):
        raise PmcmineError(
            f"--name {order.name}: batches are under way; give --batch to read their answers, or remove {folder} to "
            "ask for their rows again"
        )
    return Asker(client, journal, budget)


def _pass(rows: Rows, writer: Writer, threads: int, clients: list[Client]) -> Iterator[Outcome]:
    """Go over the rows to collect requests."""
    writer.spent = False  # tokens held for a batch may have been released
    yield from _outcomes(rows, writer, threads, clients)


def remove_written(release: Path, name: str) -> int:
    """Remove a side table of texts from a release; see `take_out`."""
    folder, record = opened(release)
    with held(folder.child(WRITTEN).child(ANSWERS)):
        return take_out(folder, record, name)


def journal_path(release: Path, name: str) -> Path:
    """Return the journal's path for a side table."""
    return release / WRITTEN / ANSWERS / f"{name}.jsonl"


def opened(release: Path) -> tuple[Folder, ReleaseRecord]:
    """Open a release to add to it.

    Raises:
        PmcmineError: if it is not a release, is damaged, or an update of it was killed.
    """
    check_release(release)
    folder = Folder(str(release))
    if folder.exists(f"{WORK}/{JOURNAL}"):
        raise ReleaseError(f"{release}: an update was killed before it finished; run `pmcmine update` again")
    return folder, check_seal(load_release(folder), f"{release}/{RELEASE}")


def facts_of(order: Order, judge: Client | None) -> WrittenFacts:
    """Describe a side table, without its files and counts."""
    task: Task = order.task.target
    s = order.settings
    settings = {
        "model": s.model,
        "prompt_version": s.prompt_version,
        "prompt_sha256": s.prompt_sha256,
        "temperature": f"{s.temperature:g}",
        "seed": str(s.seed),
        "image_size": str(s.image_size if task.image else 0),
        "tries": str(s.tries),
    }
    if judge is not None:
        settings |= {"judge": judge.endpoint.model, "rubric_sha256": rubric_sha256()}
        settings |= {"judge_doubts": "yes"} if order.judge_doubts else {}
    return WrittenFacts(
        name=order.name,
        task=task.name,
        package=order.task.package,
        version=order.task.version,
        pmcmine=__version__,
        table=task.table,
        where=order.where or "",
        settings=settings,
    )


def _check_same(record: ReleaseRecord, facts: WrittenFacts, order: Order) -> None:
    """Raise PmcmineError if the release has a different side table of that name, unless it may be replaced."""
    there = next((w for w in record.written if w.name == facts.name), None)
    if order.out is not None or there is None or order.overwrite or there.identity() == facts.identity():
        return
    now, before = _flat(facts.identity()), _flat(there.identity())
    differ = ", ".join(k for k in sorted({*now, *before}) if now.get(k) != before.get(k))
    raise PmcmineError(
        f"--name {facts.name}: the release has texts of that name with another {differ}; choose another --name, or "
        "--overwrite to replace them (requests that are still the same are not paid for again)"
    )


def _flat(identity: Mapping[str, Any]) -> dict[str, Any]:
    return {**{k: v for k, v in identity.items() if k != "settings"}, **identity["settings"]}


def _benchmarks(release: Path, record: ReleaseRecord) -> tuple[Benchmarks, bool] | None:
    """Return the benchmark sets of a release, and whether texts that contain them are dropped; None without any."""
    stated = record.decontamination
    if stated is None or not stated.sha256:
        return None
    return open_benchmarks(str(release), stated.sha256), stated.action == DROP


def without_benchmarks(outcome: Outcome, benchmarks: tuple[Benchmarks, bool] | None) -> tuple[Outcome, tuple[str, ...]]:
    """Compare a text with the benchmark sets of its release; return the sets that it overlaps."""
    if benchmarks is None or outcome.content is None:
        return outcome, ()
    text = written_text(outcome.content)
    (sets,) = benchmarks[0].texts([text])
    if not sets or not benchmarks[1]:
        return outcome, sets
    drop = Drop("benchmark", ", ".join(sets) + overruled_before(outcome), answer=text)
    return replace(outcome, content=None, drops=(*outcome.drops, drop)), sets


def _outcomes(rows: Rows, writer: Writer, threads: int, clients: list[Client]) -> Iterator[Outcome]:
    """Yield the outcome of each row, in order; stop early if the server is gone.

    Raises:
        PmcmineError: if the server refuses all requests, or does not answer.
    """
    pool = ThreadPoolExecutor(threads, thread_name_prefix="pmcmine-write")
    waiting: list[Future[Outcome]] = []
    failures = Counter[str]()
    try:
        for row in rows:
            waiting.append(pool.submit(writer.write, row))
            if len(waiting) >= _AHEAD * threads:
                yield _checked(waiting.pop(0).result(), failures)
        while waiting:
            yield _checked(waiting.pop(0).result(), failures)
    except BaseException:
        for client in clients:  # finish and keep requests under way, start no others
            client.stop()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _checked(outcome: Outcome, failures: Counter[str]) -> Outcome:
    """Return an outcome; raise PmcmineError if many successive rows had no answer from the model, or from the judge."""
    failed = outcome.failed
    for server, answered in (("model", outcome.answer is not None and failed != "model"), ("judge", outcome.judged)):
        failures[server] = 0 if answered else failures[server] + (failed == server)
    if failed and failures[failed] >= _MOST_FAILURES:
        raise PmcmineError(
            f"{outcome.failure}; {_MOST_FAILURES} rows without an answer one after another. Answers are kept: the same "
            "command resumes"
        )
    return outcome
