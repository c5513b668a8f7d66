"""Measure a judge on rewrites of real captions: alone, behind the checks, and where it decides about their doubts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from pmcmine.errors import PmcmineError
from pmcmine.io.folder import Folder
from pmcmine.io.lock import held
from pmcmine.write.asking import Asker
from pmcmine.write.budget import Budget, Prices
from pmcmine.write.checks import problems
from pmcmine.write.checks.evaluate import GOOD, Rewrite, given_of, share
from pmcmine.write.client import Client
from pmcmine.write.journal import Journal
from pmcmine.write.judge import LEAST, are_doubts, judge
from pmcmine.write.requests import told
from pmcmine.write.transport import NoAnswer, Refused

_TABLE: Final = "figures"  # rewrites are of captions
_TOLD_EVERY: Final = 50


def scores(
    rewrites: Sequence[Rewrite], texts: Mapping[str, str], client: Client, answers: Path, threads: int,
    say: Callable[[str], None],
) -> dict[str, int]:  # fmt: skip
    """Have a judge score rewrites.

    Args:
        rewrites: the rewrites.
        texts: captions and paragraphs by the id of their row.
        client: the judge's server.
        answers: folder of the journal that keeps its answers; what has one is not asked again.
        threads: requests at once.
        say: called with a line of progress.

    Returns:
        Scores by the id of the rewrite, 0 where the judge's answer holds none.

    Raises:
        PmcmineError: if there is no answer to a request; the same call asks only for what is missing.
    """

    def score(rewrite: Rewrite) -> int:
        try:
            return judge(asker, rewrite.id, told(given_of(rewrite, texts), _TABLE), rewrite.text).score
        except (NoAnswer, Refused) as error:
            raise PmcmineError(f"{rewrite.id}: {error}; {answers} keeps what was answered") from None

    found: dict[str, int] = {}
    with held(Folder(str(answers))):
        journal = Journal(answers / "answers.jsonl")
        asker = Asker(client, journal, Budget(journal, Prices(), None, None))
        pool = ThreadPoolExecutor(threads)
        try:
            for n, (rewrite, value) in enumerate(zip(rewrites, pool.map(score, rewrites), strict=True), 1):
                found[rewrite.id] = value
                if n % _TOLD_EVERY == 0:
                    say(f"{n:,} of {len(rewrites):,} judged")
        finally:
            pool.shutdown(cancel_futures=True)
            journal.close()
    return found


def judge_measures(
    rewrites: Sequence[Rewrite], texts: Mapping[str, str], scored: Mapping[str, int]
) -> dict[str, dict[str, Any]]:
    """Compute what a judge lets pass and catches, alone and with the checks.

    Args:
        rewrites: the rewrites.
        texts: captions and paragraphs by the id of their row.
        scored: the judge's scores by the id of the rewrite.

    Returns:
        For each way to decide the shares of good ones that pass and of spoiled ones that are caught, with intervals.
    """
    found = {r.id: problems(r.text, given_of(r, texts), r.task) for r in rewrites}
    kept: dict[str, Callable[[str], bool]] = {
        "judge": lambda name: True,
        "checks, then judge": lambda name: not found[name],
        "judge also of doubts": lambda name: are_doubts(found[name]),
    }
    out: dict[str, dict[str, Any]] = {}
    for way, passes in kept.items():
        good = [(r.pmcid, passes(r.id) and scored[r.id] >= LEAST) for r in rewrites if r.kind == GOOD]
        bad = [(r.pmcid, not (passes(r.id) and scored[r.id] >= LEAST)) for r in rewrites if r.kind != GOOD]
        passed, caught = share(good), share(bad)
        out[way] = {
            "passed": passed["share"], "passed_interval": passed["interval"],
            "caught": caught["share"], "caught_interval": caught["interval"],
        }  # fmt: skip
    return out
