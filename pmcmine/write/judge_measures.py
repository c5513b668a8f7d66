"""Measure a judge on rewrites of real captions: alone, after the checks, and deciding about their doubts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
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
_MOST_REFUSED: Final = 20  # one after another


@dataclass(frozen=True, slots=True)
class Scores:
    """A judge's scores of rewrites.

    Attributes:
        of: scores by rewrite id; 0 if the judge's answer has none, or it refused the text.
        refused: ids of the refused rewrites.
    """

    of: Mapping[str, int]
    refused: frozenset[str] = frozenset()

    def counts(self) -> dict[str, int]:
        """Count the rewrites without a score, by reason."""
        unscored = {name for name, score in self.of.items() if not score}
        return {"refused": len(self.refused), "no_score": len(unscored - self.refused)}


def scores(
    rewrites: Sequence[Rewrite], texts: Mapping[str, str], client: Client, answers: Path, threads: int,
    say: Callable[[str], None],
) -> Scores:  # fmt: skip
    """Have a judge score rewrites.

    Args:
        rewrites: the rewrites.
        texts: captions and paragraphs by row id.
        client: the judge's server.
        answers: folder of the journal of its answers; requests with an answer are not repeated.
        threads: concurrent requests.
        say: called with a line of progress.

    Raises:
        PmcmineError: if a request gets no answer, or the judge refuses all or many in succession; the same call asks
            only for the missing answers.
    """

    def score(rewrite: Rewrite) -> int | str:
        try:
            return judge(asker, rewrite.id, told(given_of(rewrite, texts), _TABLE), rewrite.text).score
        except Refused as error:
            return str(error)
        except NoAnswer as error:
            raise PmcmineError(f"{rewrite.id}: {error}; {answers} keeps what was answered") from None

    found: dict[str, int] = {}
    refused: list[str] = []
    running = 0  # successive refusals
    with held(Folder(str(answers))):
        journal = Journal(answers / "answers.jsonl")
        asker = Asker(client, journal, Budget(journal, Prices(), None, None))
        pool = ThreadPoolExecutor(threads)
        try:
            jobs = {pool.submit(score, rewrite): rewrite.id for rewrite in rewrites}
            # In order: verdicts from the journal return at once, which would leave the refused ones in succession.
            for n, (job, name) in enumerate(jobs.items(), 1):
                value = job.result()
                found[name] = value if isinstance(value, int) else 0
                running = 0 if isinstance(value, int) else running + 1
                if isinstance(value, str):
                    refused.append(name)
                    if running >= _MOST_REFUSED or len(refused) == len(rewrites):
                        raise PmcmineError(f"{name}: {value}; {answers} keeps what was answered")
                if n % _TOLD_EVERY == 0:
                    say(f"{n:,} of {len(rewrites):,} judged")
        except BaseException:
            client.stop()  # finish and keep requests under way, start no others
            raise
        finally:
            pool.shutdown(cancel_futures=True)
            journal.close()
    return Scores(found, frozenset(refused))


def judge_measures(rewrites: Sequence[Rewrite], texts: Mapping[str, str], scored: Scores) -> dict[str, dict[str, Any]]:
    """Compute the shares that a judge passes and catches, alone and with the checks.

    Args:
        rewrites: the rewrites.
        texts: captions and paragraphs by row id.
        scored: the judge's scores.

    Returns:
        For each way to decide, the shares of good rewrites that pass and of spoiled ones that are caught, with
            intervals.
    """
    found = {r.id: problems(r.text, given_of(r, texts), r.task) for r in rewrites}
    kept: dict[str, Callable[[str], bool]] = {
        "judge": lambda name: True,
        "checks, then judge": lambda name: not found[name],
        "judge also of doubts": lambda name: are_doubts(found[name]),
    }
    out: dict[str, dict[str, Any]] = {}
    for way, passes in kept.items():
        good = [(r.pmcid, passes(r.id) and scored.of[r.id] >= LEAST) for r in rewrites if r.kind == GOOD]
        bad = [(r.pmcid, not (passes(r.id) and scored.of[r.id] >= LEAST)) for r in rewrites if r.kind != GOOD]
        passed, caught = share(good), share(bad)
        out[way] = {
            "passed": passed["share"], "passed_interval": passed["interval"],
            "caught": caught["share"], "caught_interval": caught["interval"],
        }  # fmt: skip
    return out
