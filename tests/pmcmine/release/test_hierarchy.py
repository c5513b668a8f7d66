"""Conditions that name a concept and all below it."""

from __future__ import annotations

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pmcmine.concepts.article import release_hierarchy
from pmcmine.errors import PmcmineError
from pmcmine.release.hierarchy import asked, prepare, replaced
from pmcmine.vocabulary.atoms import Options
from pmcmine.vocabulary.compile import compile_vocabulary
from pmcmine.vocabulary.formats import open_input
from tests.growth import growth, pumped

OBO = """format-version: 1.2

[Term]
id: HP:0000118
name: phenotypic abnormality

[Term]
id: HP:0002086
name: abnormal respiratory system
is_a: HP:0000118

[Term]
id: HP:0002088
name: abnormal lung
xref: UMLS:C0000001
is_a: HP:0002086 ! abnormal respiratory system

[Term]
id: HP:0002090
name: pneumonia
is_a: HP:0002088

[Term]
id: HP:0000707
name: abnormal nervous system
is_a: HP:0000118
"""


@pytest.fixture(scope="module")
def parents(tmp_path_factory: pytest.TempPathFactory) -> pa.Table:
    """The hierarchy as a release carries it."""
    folder = tmp_path_factory.mktemp("hierarchy")
    (folder / "hp.obo").write_text(OBO, "utf-8")
    header = compile_vocabulary([open_input(folder / "hp.obo", Options())], folder / "hp.vocab", "hp")
    data = release_hierarchy(str(folder / "hp.vocab"), header["sha256"], None)
    assert data is not None
    (folder / "p.parquet").write_bytes(data)
    return pq.read_table(folder / "p.parquet")


def chosen(parents: pa.Table, where: str, table: str = "figures") -> list[str]:
    rows = [("c1", "f1", "PMC1", "HP:0002090", None), ("c2", "f2", "PMC1", "HP:0002088", "C0000001"),
            ("c3", "f3", "PMC2", "HP:0000707", None)]  # fmt: skip
    names = ("concept_id", "context_id", "pmcid", "source_id", "cui")
    concepts = pa.table({n: pa.array([r[i] for r in rows], pa.string()) for i, n in enumerate(names)})
    with duckdb.connect() as connection:
        connection.register("figures", pa.table({"figure_id": ["f1", "f2", "f3", "f4"], "year": [1, 2, 3, 4]}))
        connection.register("articles", pa.table({"pmcid": ["PMC1", "PMC2", "PMC3"]}))
        changed = prepare(connection, where, table, parents, concepts)
        found = connection.execute(f"SELECT * FROM {table} WHERE {changed} ORDER BY 1").fetchall()
    return [row[0] for row in found]


def test_a_concept_and_all_below_it(parents: pa.Table) -> None:
    assert chosen(parents, "concept_below('HP:0002086')") == ["f1", "f2"]
    assert chosen(parents, "Concept_Below ( 'C0000001' ) AND year < 2") == ["f1"]
    assert chosen(parents, "NOT concept_below('HP:0002086') OR concept_below('HP:0002090')") == ["f1", "f3", "f4"]
    assert chosen(parents, "concept_below('HP:0000707')", "articles") == ["PMC2"]


def test_a_call_inside_of_a_text_is_a_text(parents: pa.Table) -> None:
    assert asked("caption = 'concept_below(''HP:1'')' AND \"concept_below\" = 1") == ()
    assert replaced("a = 'it''s' AND concept_below('HP:1')", "figures").startswith("a = 'it''s' AND (figure_id IN")


@pytest.mark.parametrize(
    ("where", "table", "said"),
    [
        ("concept_below(figure_id)", "figures", "takes one id"),
        ("concept_below('HP:1'); DROP", "figures", "no such concept"),
        ("concept_below('HP:0002086')", "mentions", "holds no texts"),
    ],
)
def test_other_calls_end_with_one_line(parents: pa.Table, where: str, table: str, said: str) -> None:
    with pytest.raises(PmcmineError, match=said):
        chosen(parents, where, table)
    with pytest.raises(PmcmineError, match=r"no table concepts|takes one id"), duckdb.connect() as connection:
        prepare(connection, where, table, parents, None)


def test_comments_hold_no_calls_and_open_no_texts() -> None:
    assert asked("-- concept_below(\n true /* concept_below('A') */") == ()
    assert asked("/* ' */ concept_below('A') -- it's") == ("A",)


@pytest.mark.parametrize(
    "text",
    [
        "$$concept_below('HP:1') it's$$",
        "$a$ $$ concept_below( $b$ $a$",
        r"E'it\'s concept_below('",
        r"e'\\'",
        "'''concept_below('",
    ],
)
def test_texts_of_any_notation_hold_no_calls(parents: pa.Table, text: str) -> None:
    assert asked(f"{text} <> 'x'") == ()
    assert chosen(parents, f"{text} <> 'x' AND concept_below('HP:0002090')") == ["f1"]


def test_an_id_in_dollars_is_an_id(parents: pa.Table) -> None:
    assert chosen(parents, "concept_below($$HP:0002090$$)") == ["f1"]


def test_texts_that_are_not_closed_take_time_in_proportion() -> None:
    for piece in ("$a", "$$", "'", "E'", "/*", '"'):
        found = growth(lambda where: replaced("a = 1 AND " + where, "figures"), pumped("", piece), last=20_000)
        assert found.is_linear, (piece, found)
