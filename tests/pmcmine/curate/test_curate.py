"""Recipes: what they choose, that every quota holds, that reruns are equal, and that mistakes are one line."""

from __future__ import annotations

import gzip
import json
import shutil
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pmcmine import Release, stream
from pmcmine.curate.choose import NONE, curate
from pmcmine.curate.recipe import parse_recipe, read_recipe
from pmcmine.errors import PmcmineError
from pmcmine.publish.verify import verify_folder
from tests.helpers import release_json, rows, samples
from tests.test_cli import call

RECIPE = """
seed = 3
where = "license_group = 'commercial'"
near_duplicates = ["image", "caption"]

[[quantile]]
column = "caption_quality"
least = 0.1

[[balance]]
by = "image_kinds"
cap = 5
quotas = { chart = 2 }

[[balance]]
by = "journal"
cap = 12
"""


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    path = tmp_path / "recipe.toml"
    path.write_text(RECIPE)
    return path


def _values(row: dict[str, Any], column: str) -> list[str]:
    value = row[column] if isinstance(row[column], list) else [row[column]]
    return [str(v) for v in value if v is not None] or [NONE]


def test_a_recipe_from_list_to_stream_and_release(
    demo_release: Path, recipe: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lists = [tmp_path / "a.parquet", tmp_path / "b.parquet"]
    for out in lists:
        code, said, err = call(
            capsys, "curate", str(demo_release), "--recipe", str(recipe), "--out", str(out), "--json"
        )
        assert code == 0, err
    assert lists[0].read_bytes() == lists[1].read_bytes()
    about = json.loads(pq.read_schema(lists[0]).metadata[b"pmcmine.list"])
    funnel = about["funnel"]
    assert about["recipe"] == RECIPE and funnel == json.loads(said)["funnel"]
    assert all(a["out"] == b["in"] for a, b in pairwise(funnel))
    ids = pq.read_table(lists[0])["figure_id"].to_pylist()
    assert ids == sorted(set(ids)) and len(ids) == funnel[-1]["out"] > 3

    figures = {f["figure_id"]: f for f in rows(demo_release, "figures")}
    chosen = [figures[i] for i in ids]
    assert all(f["license_group"] == "commercial" and f["shard"] and f["caption_quality"] for f in chosen)
    kinds = Counter(v for f in chosen for v in _values(f, "image_kinds"))
    assert kinds["chart"] <= 2 and max(kinds.values()) <= 5
    clusters = [c for c in rows(demo_release, "clusters") if c["kind"] != "paragraph" and c["member_id"] in set(ids)]
    assert len({c["cluster_id"] for c in clusters}) == len(clusters)

    train = {f["key"] for f in chosen if f["split"] == "train"}
    assert {s["key"] for s in stream.open(str(demo_release), list=lists[0])} == train
    some = {f["key"] for f in chosen if f["split"] == "train" and f["year"] >= 2020}
    assert {s["key"] for s in stream.open(str(demo_release), list=lists[0], where="year >= 2020")} == some
    out = tmp_path / "chosen.parquet"
    assert call(capsys, "subset", str(demo_release), "--list", str(lists[0]), "--out", str(out))[0] == 0
    assert sorted(pq.read_table(out)["figure_id"].to_pylist()) == ids

    own = tmp_path / "own"
    code, _, err = call(capsys, "subset", str(demo_release), "--list", str(lists[0]), "--shards", "--out", str(own))
    assert code == 0, err
    assert not verify_folder(own).problems
    whole = samples(demo_release)
    assert samples(own) == {f["key"]: whole[f["key"]] for f in chosen}
    assert {s["key"] for s in stream.open(str(own))} == train
    assert Release(own).figure(ids[0]).image.size
    assert release_json(own)["config"]["subset"]["list_sha256"]
    card = (own / "shards" / "README.md").read_text()
    assert f"{len(ids)} figures that `pmcmine subset` chose" in card and "dataset_info:" in card
    for folder in ("shards", "tables"):
        assert (own / folder / "CITATION.cff").is_file()
        assert json.loads((own / folder / "croissant.json").read_bytes())["@type"] == "sc:Dataset"
    assert {a["pmcid"] for a in rows(own, "articles")} == {f["pmcid"] for f in chosen}
    credited = gzip.decompress((own / "shards" / "ATTRIBUTION.tsv.gz").read_bytes()).decode().splitlines()[1:]
    of_figures = {f["figure_id"] for f in chosen if f["license_override"]}
    assert {line.split("\t")[0] for line in credited} == {a["article_id"] for a in rows(own, "articles")} | of_figures
    assert call(capsys, "subset", str(demo_release), "--shards", "--out", str(own))[0] == 2  # it is not empty


def test_a_part_of_a_release_is_not_updated_and_articles_can_leave_it(
    demo_release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own, smaller = tmp_path / "own", tmp_path / "smaller"
    assert call(capsys, "subset", str(demo_release), "--where", "year >= 2020", "--shards", "--out", str(own))[0] == 0
    code, _, err = call(capsys, "update", str(own))  # it says what it is, and the way out
    assert code == 2 and "is a part of another release (`subset --shards`)" in err and "keep_state" not in err
    chosen = rows(own, "figures")
    gone = chosen[0]["pmcid"]
    code, _, err = call(capsys, "subset", str(own), "--where", f"pmcid != '{gone}'", "--shards", "--out", str(smaller))
    assert code == 0, err
    assert not verify_folder(smaller).problems
    assert {f["figure_id"] for f in rows(smaller, "figures")} == {f["figure_id"] for f in chosen if f["pmcid"] != gone}
    assert gone not in {a["pmcid"] for a in rows(smaller, "articles")}


def test_a_part_of_a_release_of_an_earlier_version_is_described_as_it_is(
    demo_release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old, own = Path(shutil.copytree(demo_release, tmp_path / "old")), tmp_path / "own"
    for path in (old / "tables" / "figures").rglob("*.parquet"):
        pq.write_table(pq.ParquetFile(path).read().drop_columns(["caption_quality"]), path)
    code, _, err = call(capsys, "subset", str(old), "--where", "year >= 2020", "--shards", "--out", str(own))
    assert code == 0, err
    said = json.loads((own / "tables" / "croissant.json").read_bytes())
    for found in said["recordSet"]:
        files = sorted((own / "tables" / found["name"].partition("-")[0]).rglob("*.parquet"))
        columns = {f["source"]["extract"]["column"] for f in found["field"]}
        assert files and all(columns <= {*pq.read_schema(f).names} for f in files)
    assert "`caption_quality`" not in (own / "tables" / "README.md").read_text()


def test_a_list_is_written_whole_or_not_at_all(
    demo_release: Path,
    recipe: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked = ("curate", str(demo_release), "--recipe", str(recipe), "--out")
    assert call(capsys, *asked, str(tmp_path / "whole.parquet"))[0] == 0
    out, write = tmp_path / "folder" / "list.parquet", pq.ParquetWriter.close

    def killed(self: Any) -> None:
        write(self)
        raise KeyboardInterrupt

    out.parent.mkdir()
    with monkeypatch.context() as patched:
        patched.setattr("pyarrow.parquet.ParquetWriter.close", killed)
        assert call(capsys, *asked, str(out))[0] != 0
    assert not out.exists()
    assert call(capsys, *asked, str(out))[0] == 0
    assert out.read_bytes() == (tmp_path / "whole.parquet").read_bytes()
    assert [p.name for p in out.parent.iterdir()] == [out.name]


@pytest.fixture(scope="module")
def with_concepts(demo_release: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's release with a table of concepts: each figure names up to three."""
    release = tmp_path_factory.mktemp("concepts") / "release"
    shutil.copytree(demo_release, release)
    named = [(f["figure_id"], f"X:{k}") for i, f in enumerate(rows(release, "figures")) for k in range(i % 4)]
    folder = release / "tables" / "concepts" / "commercial"
    folder.mkdir(parents=True)
    ids, sources = zip(*named, strict=True)
    table = {"context_id": ids, "source_id": sources, "cui": pa.nulls(len(ids), pa.string())}
    pq.write_table(pa.table(table), folder / "train-00000-of-00001.parquet")
    return release


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 9), st.dictionaries(st.sampled_from(["image_kinds", "journal", "year", "concept"]), st.integers(0, 6), min_size=1), st.none() | st.integers(1, 20))  # fmt: skip
def test_every_quota_holds(with_concepts: Path, seed: int, caps: dict[str, int], size: int | None) -> None:
    balances = "".join(f'[[balance]]\nby = "{by}"\ncap = {cap}\n' for by, cap in caps.items())
    text = f"seed = {seed}\n" + (f"size = {size}\n" if size else "") + balances
    ids = set(curate(with_concepts, parse_recipe(text.encode(), "recipe"), "recipe").ids.to_pylist())
    named: dict[str, set[str]] = {}
    for c in rows(with_concepts, "concepts"):
        named.setdefault(c["context_id"], set()).add(c["source_id"])
    columns = ["figure_id", "shard", "image_kinds", "journal", "year"]
    files = sorted((with_concepts / "tables" / "figures").rglob("*.parquet"))
    figures = [f for p in files for f in pq.ParquetFile(p).read(columns).to_pylist() if f["shard"]]

    def values(figure: dict[str, Any], by: str) -> set[str]:
        return named.get(figure["figure_id"], {NONE}) if by == "concept" else set(_values(figure, by))

    chosen = [f for f in figures if f["figure_id"] in ids]
    assert len(chosen) == len(ids) and (size is None or len(ids) <= size)
    counts = {by: Counter(v for f in chosen for v in values(f, by)) for by in caps}
    assert all(n <= caps[by] for by, counted in counts.items() for n in counted.values())
    if size is None:  # nothing is left out that had room
        for f in (f for f in figures if f["figure_id"] not in ids):
            assert any(counts[by][v] >= cap for by, cap in caps.items() for v in values(f, by))


def test_rows_of_rare_values_are_kept_with_any(demo_release: Path) -> None:
    def n(match: str) -> int:
        text = f'[[balance]]\nby = "image_kinds"\ncap = 3\nmatch = "{match}"'
        return len(curate(demo_release, parse_recipe(text.encode(), "r"), "r").ids)

    assert n("any") >= n("all")


@pytest.mark.parametrize(("text", "said"), [
    ("seed = 1\nwher = 'x'", "did you mean 'where'"),
    ("seed = true", "seed is no int"),
    ("seed = -1", "give a whole number"),
    ("where = 3", "where is no str"),
    ("where = 'yaer > 3'", "yaer"),
    ("where = 'true) UNION SELECT (1'", "where"),
    ("where = \"license = 'CC BY'\"", "did you mean 'CC-BY'"),
    ("near_duplicates = ['images']", "did you mean 'image'"),
    ("[[quantile]]\ncolumn = 'caption_qualty'", "did you mean 'caption_quality'"),
    ("[[quantile]]\ncolumn = 'year'\nleast = 0.9\nmost = 0.1", "least below most"),
    ("[[quantile]]\ncolumn = 'a; DROP TABLE x'", "name of a column"),
    ("[[balance]]\nby = 'year'", "give cap, or quotas"),
    ("[[balance]]\nby = 'year'\ncap = 3\nmatch = 'some'", "choose from all, any"),
    ("[[balance]]\nby = 'year'\nquotas = { 2020 = 'x' }", "give a whole number"),
    ("[[balance]]\nby = 'image_kinds'\ncap = 3\nquotas = { CT = 1 }", "never 'CT'; did you mean 'ct'"),
    ("[balance]\nby = 'year'", "balance is no list"),
    ("x = " + "[" * 5000, "no TOML"),
    ("\x00", "no TOML"),
    ("a = 1\n" * 200_000, "more than 1 MiB"),
])  # fmt: skip
def test_a_recipe_with_a_mistake_is_one_line(demo_release: Path, tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "recipe.toml"
    path.write_text(text)
    with pytest.raises(PmcmineError) as error:
        curate(demo_release, read_recipe(path), str(path))
    assert said.casefold() in str(error.value).casefold() and "\n" not in str(error.value)


def test_a_list_that_is_none_is_one_line(demo_release: Path, tmp_path: Path) -> None:
    pq.write_table(pa.table({"figure_id": [1, 2]}), tmp_path / "numbers.parquet")
    pq.write_table(pa.table({"id": ["a"]}), tmp_path / "other.parquet")
    (tmp_path / "damaged.parquet").write_bytes(b"PAR1" + bytes(100) + b"PAR1")
    for name in ("numbers", "other", "damaged", "missing"):
        with pytest.raises(PmcmineError, match=r"list .*") as error:
            stream.open(str(demo_release), list=tmp_path / f"{name}.parquet")
        assert "\n" not in str(error.value)


def test_figures_of_a_list_that_the_release_does_not_have_are_said(
    demo_release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = next(row["figure_id"] for row in rows(demo_release, "figures") if row["shard"])
    for name, ids in (("half", [mine, "PMC1.1/other"]), ("none", ["PMC1.1/other"])):
        pq.write_table(pa.table({"figure_id": ids}), tmp_path / f"{name}.parquet")
    with pytest.warns(UserWarning, match=r"1 of the 2 figures of list .* are not in"):
        stream.open(str(demo_release), list=tmp_path / "half.parquet")
    args = ["subset", str(demo_release), "--list"]
    code, out, err = call(capsys, *args, str(tmp_path / "half.parquet"), "--out", str(tmp_path / "rows.parquet"))
    assert code == 0 and "1 rows" in out and "1 of the 2 figures of the list are not in" in err
    code, _, err = call(capsys, *args, str(tmp_path / "none.parquet"), "--out", str(tmp_path / "no.parquet"))
    assert code == 2 and "made of another release" in err and err.count("\n") == 1


def test_a_list_that_is_shorter_than_wanted_says_so(
    demo_release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for text, said in (("size = 5000", "fewer than the 5,000"), ("where = 'year > 2090'", "nothing is chosen")):
        (tmp_path / "recipe.toml").write_text(text)
        args = ("--recipe", str(tmp_path / "recipe.toml"), "--out", str(tmp_path / f"{len(text)}.parquet"))
        code, out, _ = call(capsys, "curate", str(demo_release), *args)
        assert code == 0 and said in out
