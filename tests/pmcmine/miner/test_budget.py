"""An article that takes too long is one reject; the thread that mined it goes on with the next."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from pmcmine import miner
from pmcmine.config import MineConfig
from pmcmine.miner import mine_pmcid
from pmcmine.miner.budget import BudgetExceeded, within
from pmcmine.rejects import FAULTS, MEANINGS, Reason
from pmcmine.sources.base import Entry


def _spin() -> None:
    while True:
        try:
            sum(range(1000))
        except Exception:  # noqa: BLE001 (as a loop over hostile input may do)
            continue


def test_work_within_its_budget_is_returned() -> None:
    assert within(60, lambda: 17) == 17
    with pytest.raises(KeyError):
        within(60, lambda: {}["missing"])


def test_a_loop_without_end_is_interrupted_in_any_thread() -> None:
    with pytest.raises(BudgetExceeded, match=r"0\.1 seconds"):
        within(0.1, _spin)
    with ThreadPoolExecutor(2) as pool:
        bad = pool.submit(within, 0.1, _spin)
        good = pool.submit(within, 60, lambda: 5)
        with pytest.raises(BudgetExceeded):
            bad.result(10)
        assert good.result(10) == 5
        assert pool.submit(within, 0.5, lambda: 6).result(10) == 6  # the threads are as good as new


def test_locks_are_released_and_waiting_costs_nothing() -> None:
    lock = threading.Lock()

    def hold() -> None:
        with lock:
            _spin()

    with pytest.raises(BudgetExceeded):
        within(0.1, hold)
    assert lock.acquire(blocking=False)
    assert within(0.05, lambda: time.sleep(0.6)) is None


def test_a_late_interrupt_hits_nobody() -> None:
    def work() -> int:
        until = time.thread_time() + 0.02
        n = 0
        while time.thread_time() < until:
            n += 1
        return n

    for _ in range(20):
        with contextlib.suppress(BudgetExceeded):
            assert within(0.02, work)
        assert sum(range(1000)) == 499500


def test_an_article_that_never_ends_is_a_reject(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(miner.article, "_mine", lambda *a: _spin())
    config = MineConfig(source="nowhere", vocab="none", max_article_seconds=0.1)
    entries = [Entry(pmcid="PMC77", version=v, ref=f"PMC77.{v}", etag="") for v in (1, 2)]
    mined = mine_pmcid(entries, None, config)  # type: ignore[arg-type]
    assert [(r.unit, r.reason, r.article_id) for r in mined.rejects] == [
        ("version", "article_timeout", "PMC77.1"),
        ("article", "article_timeout", "PMC77.2"),
    ]
    assert "0.1 seconds of the processor" in (mined.rejects[-1].detail or "")
    assert mined.counts["versions"] == 2 and mined.counts["selected"] == 1 and mined.article is None
    assert Reason.ARTICLE_TIMEOUT in FAULTS and MEANINGS[Reason.ARTICLE_TIMEOUT]


_TRACED = """
import sys
from pmcmine.miner.budget import BudgetExceeded, within

def spin():
    while True:
        pass

def traced():
    return 17

try:
    within(0.05, spin)
except BudgetExceeded:
    sys.settrace(lambda frame, event, arg: None)
    print(traced())
"""


def test_an_interrupt_leaves_nothing_pending() -> None:
    """In CPython 3.11 and 3.12 a traced function never began after an interrupt that was taken back."""
    done = subprocess.run([sys.executable, "-c", _TRACED], capture_output=True, text=True, timeout=60)
    assert done.stdout == "17\n"
