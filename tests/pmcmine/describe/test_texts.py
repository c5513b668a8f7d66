"""Texts of others in YAML and Markdown."""

from __future__ import annotations

import jinja2
import pytest
import yaml

from pmcmine.describe.cards import shards_card, tables_card
from pmcmine.describe.datasheet import citation, datasheet
from pmcmine.describe.texts import render, to_yaml
from pmcmine.plugins.enricher import Model
from pmcmine.release.facts import Snapshot, VocabularyFacts
from pmcmine.vocabulary.terms import Origin
from pmcmine.work.records import TableRecord

_ODD = [
    "---",
    "a\n---\nb",
    "a: b",
    "- a",
    "#",
    "yes",
    "null",
    "",
    " a ",
    "{a",
    "\x1b[2J\u2028\x85",
    "é 😀",
    "'\"\\",
    "x " * 999,
]


@pytest.mark.parametrize("text", _ODD)
def test_texts_of_others_stay_one_value_in_one_line(text: str) -> None:
    value = {"name": text, "list": [text], "parts": [{"name": text, "n": 1}]}
    written = to_yaml(value)
    assert yaml.safe_load(written) == value
    assert len(written.split("\n")) == 7 and "---" not in written.splitlines()
    assert all(c.isprintable() or c == "\n" for c in written)


@pytest.mark.parametrize("text", ["1e5", "12e456789012", "1.5", "123", "0o17", "+.5E3", "2020-01-01"])
def test_a_text_that_yaml_reads_as_a_number_is_quoted(text: str) -> None:
    assert to_yaml({"version": text}) in (f"version: '{text}'\n", f'version: "{text}"\n')
    cited = yaml.safe_load(citation("a: b", Snapshot(text, n_versions=1)))
    assert (cited["title"], cited["version"]) == ("a: b", text[:12])


def test_a_value_that_comes_twice_is_written_twice() -> None:
    twice = {"dtype": "string"}
    assert "&" not in to_yaml({"a": twice, "b": twice})


def test_a_missing_name_is_an_error() -> None:
    with pytest.raises(jinja2.UndefinedError):
        render("tables.md.j2")


def test_markdown_of_others_is_escaped() -> None:
    origin = Origin("*HPO*", "{{ 7 * 7 }}", "<b>[x](y)</b>\n# z", "open", "")
    vocabulary = VocabularyFacts("a`b", "", "open", "0" * 64, (origin,), names_published=True)
    card = shards_card([], vocabulary).decode()
    assert "vocabulary `a'b` (sha256 `0" in card and "Rows include the names of concepts.\n" in card
    assert "\n- \\*HPO\\* {{ 7 \\* 7 }}: &lt;b&gt;\\[x\\](y)&lt;/b&gt; \\# z\n" in card
    snapshot = Snapshot("0" * 64, n_versions=1234)
    sheet = datasheet("shards", {}, [], {}, snapshot, {"groups": "`<"}, [Model("_a_", "")]).decode()
    assert '- `groups`: `"\'<"`\n' in sheet and "\n- \\_a\\_\n" in sheet and "1,234 article versions" in sheet
    assert "splits_moved" not in sheet
    assert "splits_moved" in datasheet("shards", {}, [], {}, snapshot, {"small_splits": True}, []).decode()


def test_the_card_of_the_tables_has_examples_of_what_the_release_holds() -> None:
    def card(*tables: str) -> str:
        records = [
            TableRecord(
                name=f"tables/{t}/commercial/{split}-00000-of-00001.parquet",
                rows=n,
                bytes=n,
                sha256="0",
                table=t,
                group="commercial",
                split=split,
            )
            for t in tables
            for split, n in (("train", 9), ("validation", 1))
        ]
        return tables_card(records).decode()

    grids, cases = (f'load_dataset("PATH_OR_REPO", "{t}-commercial", split="train")' for t in ("grids", "cases"))
    for tables in ((), ("grids",), ("cases",), ("grids", "cases")):
        text = card("articles", *tables)
        assert (grids in text, cases in text) == ("grids" in tables, "cases" in tables)
        assert ("\n\n```python\nfrom datasets import load_dataset\n" in text) == bool(tables)
        assert "\n\n\n\n" not in text
