"""A UMLS release: hierarchy, preferred names, groups; made files, hostile ones too."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pmcmine.concepts.article import release_hierarchy
from pmcmine.errors import VocabularyError
from pmcmine.release.hierarchy import prepare
from pmcmine.vocabulary.atoms import Options
from pmcmine.vocabulary.compile import compile_vocabulary
from pmcmine.vocabulary.formats import open_input
from pmcmine.vocabulary.semantic_types import parse_types
from pmcmine.vocabulary.vocabulary import Vocabulary
from tests.growth import growth

NAMES = {
    "C0000001": ("disorder of lung", "T047"),
    "C0000002": ("pneumonia", "T047"),
    "C0000003": ("viral pneumonia", "T047"),
    "C0000004": ("lung", "T023"),
}


def atom(cui: str, number: int, name: str, source: str = "MSH", kind: str = "MH") -> str:
    return f"{cui}|ENG|P|L1|PF|S1|Y|A{number}||M1|D1|{source}|{kind}|D{number}|{name}|0|N|256|\n"


def relation(first: str, kind: str, second: str, source: str = "MSH", suppress: str = "N") -> str:
    return f"{first}|A1|AUI|{kind}|{second}|A2|AUI||R1||{source}|{source}|||{suppress}||\n"


def path_line(cui: str, number: int, above: str) -> str:
    return f"{cui}|A{number}|1|{above}|MSH||{above}|||\n"


def write(folder: Path, **more: str) -> Path:
    folder.mkdir(parents=True)
    conso = "".join(atom(cui, n, name) for n, (cui, (name, _)) in enumerate(NAMES.items(), 1))
    types = "".join(f"{cui}|{tui}|A1|x|AT1||\n" for cui, (_, tui) in NAMES.items())
    for name, text in ({"MRCONSO": conso, "MRSTY": types} | more).items():
        (folder / f"{name}.RRF").write_text(text, "utf-8")
    return folder


def compiled(folder: Path, **options: object) -> Vocabulary:
    out = folder / "umls.vocab"
    compile_vocabulary([open_input(folder, Options(**options))], out, "umls")  # type: ignore[arg-type]  # any option
    return Vocabulary(out)


def pairs(vocabulary: Vocabulary) -> set[tuple[str, str]]:
    return {(child.concept[-1], parent.concept[-1]) for child, parent in vocabulary.parents()}


def below(vocabulary: Vocabulary, concept: str) -> list[str]:
    """The concepts that a condition chooses in a release which publishes names."""
    data = release_hierarchy(vocabulary.path, vocabulary.sha256, True)
    assert data is not None
    parents = pq.read_table(pa.BufferReader(data))
    rows = [{"concept_id": c, "context_id": c, "pmcid": c, "source_id": "", "cui": c} for c in NAMES]
    with duckdb.connect() as connection:
        connection.register("figures", pa.table({"figure_id": list(NAMES)}))
        where = prepare(connection, f"concept_below('{concept}')", "figures", parents, pa.Table.from_pylist(rows))
        return [r[0][-1] for r in connection.execute(f"SELECT * FROM figures WHERE {where} ORDER BY 1").fetchall()]


def test_conditions_ask_for_a_concept_of_umls_and_all_below(tmp_path: Path) -> None:
    rel = relation("C0000003", "PAR", "C0000002") + relation("C0000001", "CHD", "C0000002")
    vocabulary = compiled(write(tmp_path / "a", MRREL=rel + relation("C0000004", "RO", "C0000001")))
    assert pairs(vocabulary) == {("3", "2"), ("2", "1")}
    assert below(vocabulary, "C0000001") == ["1", "2", "3"] and below(vocabulary, "C0000002") == ["2", "3"]
    assert release_hierarchy(vocabulary.path, vocabulary.sha256, None) is None  # the licence


def test_paths_are_read_where_there_are_no_relations(tmp_path: Path) -> None:
    paths = path_line("C0000003", 3, "A2") + path_line("C0000002", 2, "A1") + path_line("C0000001", 1, "A99")
    assert pairs(compiled(write(tmp_path / "a", MRHIER=paths))) == {("3", "2"), ("2", "1")}


def test_relations_of_other_sources_and_suppressed_ones_are_left_out(tmp_path: Path) -> None:
    rel = relation("C0000003", "PAR", "C0000002", suppress="O") + relation("C0000002", "PAR", "C0000001", "NCI")
    folder = write(tmp_path / "a", MRREL=rel)
    assert pairs(compiled(folder)) == {("2", "1")}
    assert pairs(compiled(folder, sources=frozenset({"MSH"}))) == set()


def test_loops_cycles_and_unknown_concepts_end(tmp_path: Path) -> None:
    rel = (
        relation("C0000001", "PAR", "C0000001")
        + relation("C0000001", "PAR", "C0000002")
        + relation("C0000002", "PAR", "C0000001")
        + relation("C0000003", "PAR", "C0000002") * 50
        + relation("C0000003", "PAR", "C9999999")
    )
    vocabulary = compiled(write(tmp_path / "a", MRREL=rel))
    assert pairs(vocabulary) == {("1", "2"), ("2", "1"), ("3", "2")}
    assert below(vocabulary, "C0000001") == ["1", "2", "3"]


@pytest.mark.parametrize("line", ["C0000001|PAR\n", relation("nonsense", "PAR", "C0000001"), "C0000001|A1"])
def test_damaged_relations_are_told_in_a_line(tmp_path: Path, line: str) -> None:
    with pytest.raises(VocabularyError, match=r"MRREL\.RRF, line 1"):
        compiled(write(tmp_path / "a", MRREL=line))


def test_many_relations_take_time_in_proportion(tmp_path: Path) -> None:
    folder = write(tmp_path / "a")
    cuis = list(NAMES)

    def read(text: str) -> None:
        (folder / "MRREL.RRF").write_text(text, "utf-8")
        compiled(folder)

    found = growth(read, lambda n: "".join(relation(cuis[i % 4], "PAR", cuis[i % 3]) for i in range(n)), last=8_000)
    assert found.is_linear, found


def test_names_of_mesh_come_before_those_of_snomed_and_types_choose_groups(tmp_path: Path) -> None:
    conso = atom("C0000002", 1, "lung inflammation", "SNOMEDCT_US", "PT") + atom("C0000002", 2, "pneumonia")
    conso += atom("C0000004", 3, "lung", "SNOMEDCT_US", "PT") + atom("C0000004", 4, "pulmo", "NCI", "PT")
    folder = write(tmp_path / "a", MRCONSO=conso)
    named = {t.concept: t.name for t in (compiled(folder).term(n) for n in range(4))}
    assert named == {"C0000002": "pneumonia", "C0000004": "lung"}
    (folder / "MRRANK.RRF").write_text("0900|SNOMEDCT_US|PT|N|\n0800|MSH|MH|N|\n", "utf-8")
    assert compiled(folder).term(0).name == "lung inflammation"
    organs = compiled(folder, types=parse_types(["ANAT"]))
    assert {organs.term(t).concept for _, t, _ in organs.names()} == {"C0000004"}
