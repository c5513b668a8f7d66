"""A snapshot that goes over the disk in parts is the one that would be made in memory."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from pmcmine.ids import article_place, keyed_hash
from pmcmine.io.folder import Folder
from pmcmine.sources.base import ABSENT, Entry
from pmcmine.work import spill
from pmcmine.work.snapshot import freeze, read_block


def _entries() -> list[Entry]:
    r = random.Random(4)
    numbers = r.sample(range(1, 10_000), 150)
    found = [Entry(f"PMC{n}", v, f"ref{n}", f"tag{n}.{v}", "") for n in numbers for v in range(1, 1 + r.randint(1, 3))]
    repeats = [*found[:20], *(Entry(e.pmcid, e.version, "elsewhere", e.etag, e.note) for e in found[30:35])]
    r.shuffle(found)
    return found + repeats


@pytest.mark.parametrize("held", [300, 1 << 20])
@pytest.mark.parametrize("limit", [None, 40])
@pytest.mark.parametrize("n_blocks", [3, 300])
def test_each_article_is_in_the_block_of_its_place(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, held: int, limit: int | None, n_blocks: int
) -> None:
    monkeypatch.setattr(spill, "_HELD", held)
    monkeypatch.setattr(spill, "_PIECE", held)
    listed = _entries()
    work = Folder(str(tmp_path))
    frozen = freeze(iter(listed), "folder", limit, 200, work, n_blocks)
    pmcids = {e.pmcid for e in listed}
    if limit is not None:
        pmcids = set(sorted(pmcids, key=lambda p: keyed_hash("pmcmine/limit", p))[:limit])
    expected: dict[int, list[tuple[int, int]]] = {n: [] for n in range(n_blocks)}
    for number, version in {(int(e.pmcid[3:]), e.version) for e in listed if e.pmcid in pmcids}:
        expected[int(article_place(f"PMC{number}") * n_blocks)].append((number, version))
    contradicted = {(int(e.pmcid[3:]), e.version) for e in listed if e.ref == "elsewhere" and e.pmcid in pmcids}
    n_broken = 0
    for block, versions in expected.items():
        found = [e for group in read_block(work, block) for e in group]
        broken = [e for e in found if e.note]
        n_broken += len(broken)
        assert {(int(e.pmcid[3:]), e.version) for e in broken} <= contradicted
        assert [(int(e.pmcid[3:]), e.version) for e in found if not e.note] == sorted(versions)
    assert n_broken == len(contradicted)
    assert (frozen.n_pmcids, frozen.n_blocks) == (len(pmcids), n_blocks)
    in_memory = Folder(str(tmp_path / "again"))
    monkeypatch.undo()
    assert freeze(iter(listed), "folder", limit, 200, in_memory, n_blocks) == frozen
    names = [n for n in work.walk("snapshot") if n.endswith(".parquet")]
    assert names and all(work.read(n) == in_memory.read(n) for n in names)


def test_what_was_asked_for_and_is_not_listed_is_named(tmp_path: Path) -> None:
    work = Folder(str(tmp_path))
    frozen = freeze(iter(_entries()), "folder", None, 200, work, 2, ["PMC77777", _entries()[0].pmcid])
    rows = [e for block in range(2) for group in read_block(work, block) for e in group]
    assert {e.pmcid for e in rows} == {"PMC77777", _entries()[0].pmcid} and frozen.n_absent == 1
    assert [e.version for e in rows if e.pmcid == "PMC77777"] == [ABSENT]
