"""Concepts by a word: those that captions name, and those above them, with the figures that a condition would choose."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from pmcmine.cli import app
from pmcmine.errors import PmcmineError
from pmcmine.release.concept_names import find_concepts
from pmcmine.release.hierarchy import HIERARCHY, edges, prepare
from pmcmine.release.tables import concept_tables, open_tables
from tests.tiny_release import SHARD, write_release, write_rows

_LINKED = [
    # figure, kind of text, CUI, source id, name, words
    ("f1", "figure_caption", "C1", "HP:1", "Hepatomegaly", "large liver"),
    ("f1", "figure_caption", "C2", "HP:2", "Hepatic steatosis", "fatty liver"),
    ("f2", "figure_caption", "C2", "HP:2", "Hepatic steatosis", "steatosis"),
    ("f3", "figure_caption", None, "HP:4", "Brain tumour", "brain tumour"),
    ("p1", "paragraph", None, "HP:5", "Liver abscess", "liver abscess"),
]
_EDGES = [
    ("HP:1", "C1", "C9", "Hepatomegaly"), ("HP:2", "C2", "C9", "Hepatic steatosis"), ("HP:5", None, "C9", "Liver abscess"),
    ("HP:9", "C9", "HP:0", "Abnormality of the liver"), ("HP:4", None, "HP:0", "Brain tumour"),
    ("HP:0", None, "HP:0", "All"),  # a cycle does no harm
]  # fmt: skip


@pytest.fixture
def release(tmp_path: Path) -> Path:
    folder = tmp_path / "release"
    figures = write_release(folder, 3)
    # f2 has no sample.
    write_rows(
        folder, [{**f, "figure_id": f"f{n}", "shard": None if n == 2 else SHARD} for n, f in enumerate(figures, 1)]
    )
    names = ("context_id", "context_kind", "cui", "source_id", "name", "text")
    table = pa.table(dict(zip(names, (pa.array(c, pa.string()) for c in zip(*_LINKED, strict=True)), strict=True)))
    path = folder / "tables" / "concepts" / "commercial" / "train-00000-of-00001.parquet"
    path.parent.mkdir(parents=True)
    pq.write_table(table, path)
    (folder / HIERARCHY).write_bytes(edges(_EDGES))
    return folder


def _found(release: Path, word: str, most: int = 15) -> list[tuple[str, str | None, int]]:
    connection, _ = open_tables(release)
    with connection:
        twice = [find_concepts(connection, release, word, most) for _ in range(2)]
    assert twice[0] == twice[1]
    return [(c.concept, c.name, c.figures) for c in twice[0]]


def test_a_concept_above_what_captions_name_is_found_by_its_name(release: Path) -> None:
    assert sorted(_found(release, "liver")) == [
        ("C1", "Hepatomegaly", 1), ("C2", "Hepatic steatosis", 2), ("C9", "Abnormality of the liver", 2),
    ]  # fmt: skip
    assert _found(release, "hepatic steatosis")[0][0] == "C2"  # the whole name comes first
    assert _found(release, "LIVER ", most=1) == _found(release, "liver")[:1]
    assert _found(release, "hp:9") == _found(release, "c9") == [("C9", "Abnormality of the liver", 2)]
    assert _found(release, "abscess") == []  # no caption names it


def test_the_counts_are_those_of_the_condition(release: Path) -> None:
    connection, _ = open_tables(release)
    with connection:
        for concept, _, figures in _found(release, "a"):
            where = f"concept_below('{concept}')"
            prepare(connection, where, "figures", *concept_tables(connection, release, where))
            assert connection.sql("SELECT count(*) FROM concept_below_0 WHERE id LIKE 'f%'").fetchall() == [(figures,)]


def test_what_a_caption_denies_it_does_not_name(release: Path) -> None:
    path = release / "tables" / "concepts" / "commercial" / "train-00000-of-00001.parquet"
    linked = pq.read_table(path)
    denied = [row[0] == "f2" or row[3] == "HP:4" for row in _LINKED]
    pq.write_table(linked.append_column("negated", pa.array(denied)), path)
    assert _found(release, "hepatic steatosis") == [("C2", "Hepatic steatosis", 1)]
    assert _found(release, "c9") == [("C9", "Abnormality of the liver", 1)] and _found(release, "brain") == []
    test_the_counts_are_those_of_the_condition(release)


def test_without_a_hierarchy_what_captions_name_is_found(release: Path) -> None:
    (release / HIERARCHY).unlink()
    assert _found(release, "steatosis") == [("C2", "Hepatic steatosis", 2)]
    older = pq.read_table(pa.BufferReader(edges(_EDGES))).drop_columns("name")
    pq.write_table(older, release / HIERARCHY)
    assert _found(release, "abnormality") == [] and _found(release, "steatosis") == [("C2", "Hepatic steatosis", 2)]


def test_the_command_lists_ids(release: Path) -> None:
    run = CliRunner()
    said = run.invoke(app, ["stats", str(release), "--concepts", "abnormality", "--json"])
    assert json.loads(said.stdout) == {"concept": "C9", "name": "Abnormality of the liver", "figures": 2, "pairs": 1}
    assert "C9" in run.invoke(app, ["stats", str(release), "--concepts", "abnormality"]).output
    with pytest.raises(PmcmineError, match="stats RELEASE --concepts"):
        run.invoke(app, ["stats", str(release), "--where", "concept_below('liver')"], catch_exceptions=False)
    nothing = run.invoke(app, ["stats", str(release), "--concepts", "nosuch"])
    assert "no caption" in nothing.output and not nothing.exit_code
