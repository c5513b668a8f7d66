"""Write the README of each dataset folder, with the YAML for `datasets` and the Hub. Generated, never edited."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, Final

import pyarrow as pa

from pmcmine._version import __version__
from pmcmine.describe.corpus_facts import sample_row
from pmcmine.describe.provenance import About
from pmcmine.describe.texts import render, to_yaml
from pmcmine.ids import SPLITS
from pmcmine.release.facts import VocabularyFacts
from pmcmine.release.plan import SHARDS
from pmcmine.work.records import ShardRecord, TableRecord
from schemas import TABLES, Table, arrow_schema, closed_values, describe
from schemas.panel_sample import PanelSample
from schemas.sample import Sample

# The Hub's name for the whole family, as versions differ from article to article.
TABLES_SCHEMA: Final = "tables/schema.json"
_HUB_LICENSE = {"commercial": "cc", "noncommercial": "cc", "other": "other"}
_TOP = 3  # most frequent values that a card names per dimension
_LOADERS = 4  # processes that load shards in the card's command; each needs a shard
_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"),
          (10_000_000, "1M<n<10M"), (100_000_000, "10M<n<100M"))  # fmt: skip


def _feature(kind: pa.DataType) -> tuple[str, Any]:
    """Return (key, value) of a feature in the YAML of `datasets`."""
    if pa.types.is_list(kind):
        key, value = _feature(kind.value_type)
        return "list", value if key != "list" else {"list": value}
    if pa.types.is_struct(kind):
        return "struct", [named_feature(f.name, f.type) for f in kind]
    return "dtype", {"double": "float64", "halffloat": "float16"}.get(str(kind), str(kind))


def named_feature(name: str, kind: pa.DataType) -> dict[str, Any]:
    """Describe a column for the Hub's viewer."""
    key, value = _feature(kind)
    return {"name": name, key: value}


def sample_features(schema: pa.Schema | None = None) -> list[dict[str, Any]]:
    """Return the features of a sample, from the schema of its JSON; otherwise readers infer them from five samples."""
    return [
        {"name": "__key__", "dtype": "string"},
        {"name": "__url__", "dtype": "string"},
        {"name": "jpg", "dtype": "image"},
        {"name": "json", "struct": [named_feature(f.name, f.type) for f in schema or arrow_schema(Sample)]},
        {"name": "txt", "dtype": "string"},
    ]


def _size(rows: int) -> str:
    return next((name for bound, name in _SIZES if rows < bound), "n>100M")


def card_of(meta: dict[str, Any], body: str) -> bytes:
    """Return the bytes of a card: its front matter and its text."""
    return f"---\n{to_yaml(meta)}---\n\n{body}".encode()


def viewer_configs(files: Iterable[tuple[str, str, str]]) -> list[dict[str, Any]]:
    """Build configurations from (config, split, path) of files."""
    configs: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for config, split, path in files:
        pattern = str(
            PurePosixPath(path).with_name(f"{PurePosixPath(path).name.split('-')[0]}-*{PurePosixPath(path).suffix}")
        )
        if pattern not in configs[config][split]:
            configs[config][split].append(pattern)
    order = {s: i for i, s in enumerate(SPLITS)}
    out = []
    for n, config in enumerate(sorted(configs)):
        data = [
            {"split": s, "path": sorted(p) if len(p) > 1 else p[0]}
            for s, p in sorted(configs[config].items(), key=lambda kv: order[kv[0]])
        ]
        out.append({"config_name": config, "data_files": data} | ({"default": True} if n == 0 else {}))
    return out


def front_matter(
    pretty: str, groups: Iterable[str], rows: int, tags: Sequence[str], task: str, about: About | None = None
) -> dict[str, Any]:
    """Return the front matter common to all cards."""
    licenses = sorted({_HUB_LICENSE[g] for g in groups if g in _HUB_LICENSE})
    languages = list(about.facts.languages) if about is not None else []
    return {
        "pretty_name": pretty,
        **({"language": languages} if languages else {}),
        "license": licenses or ["other"],
        "task_categories": [task],
        "tags": ["biology", "medical", "pubmed-central", *tags],
        "size_categories": [_size(rows)],
    }


def about_of(about: About | None) -> dict[str, Any] | None:
    """Return the template values about a corpus; None if nothing is known."""
    if about is None:
        return None
    facts = about.facts
    return {
        "articles": facts.articles,
        "journals": facts.journals,
        "pairs": facts.pairs,
        "years": "–".join(map(str, sorted({*facts.years}))) if facts.years else None,
        "languages": facts.languages,
        "licenses": facts.licenses,
        "kinds": [(kind, n, n / facts.pairs) for kind, n in facts.kinds],
        "words": facts.caption_words,
        "axes": [(a, [(v, n / a.total) for v, n in a.top[:_TOP]]) for a in about.balance.axes],
        "crossed": about.balance.tables,
        "sample": sample_row(facts.sample) if facts.sample is not None else None,
    }


def bibtex(title: str, about: About | None) -> str:
    """Return a BibTeX entry of the dataset; its key and note name the snapshot."""
    snapshot = about.snapshot if about is not None else None
    newest = about.facts.newest if about is not None else None
    made = f"Made with pmcmine {__version__}"
    fields = {
        "title": f"{{{title}}}",
        "author": "{{The authors of the articles in the PMC Open Access Subset}}",
        **({"year": f"{{{newest[:4]}}}"} if newest else {}),
        "note": f"{{{made}{f' from a snapshot of {snapshot.n_versions} article versions' if snapshot else ''}}}",
        "howpublished": "{Dataset PATH_OR_REPO}",
    }
    lines = [f"  {name} = {value}" for name, value in fields.items()]
    key = f"pmcmine_{snapshot.sha256[:8]}" if snapshot is not None else "pmcmine"
    return "@misc{" + key + ",\n" + ",\n".join(lines) + "\n}"


def counts_by_place(rows: Mapping[tuple[str, str], int]) -> list[tuple[str, str, int]]:
    """Return counts by group and split, in the order of the splits."""
    order = {s: i for i, s in enumerate(SPLITS)}
    return [(*key, n) for key, n in sorted(rows.items(), key=lambda kv: (kv[0][0], order.get(kv[0][1], 9)))]


def field_rows(schema: pa.Schema) -> list[tuple[str, str, str, str, str]]:
    """Return name, short type, meaning, unit and null rule of each column."""
    return [
        (name, kind if len(kind) < 40 else kind.split("<")[0] + "<…>", meaning, unit, null)
        for name, kind, meaning, unit, null in describe(schema)
    ]


_NUMBERED = re.compile(r"(.*-)(\d{5})(-of-\d{5}\.tar)")


def brace_ranges(paths: Iterable[str], root: str = "") -> str:
    """Format the paths of shards as brace ranges, which WebDataset and open_clip expand, joined by `::`.

    Consecutive shards of one series form one range; a range never spans folders.
    """
    runs: list[tuple[str, str, list[int]]] = []
    for path in sorted(paths):
        found = _NUMBERED.fullmatch(path)
        if found is None:
            runs.append((path, "", []))
            continue
        head, number, tail = found[1], int(found[2]), found[3]
        if runs and runs[-1][:2] == (head, tail) and runs[-1][2][-1] == number - 1:
            runs[-1][2].append(number)
        else:
            runs.append((head, tail, [number]))
    patterns = []
    for head, tail, numbers in runs:
        if len(numbers) > 1:
            patterns.append(f"{root}{head}{{{numbers[0]:05d}..{numbers[-1]:05d}}}{tail}")
        else:
            patterns.append(f"{root}{head}{numbers[0]:05d}{tail}" if numbers else f"{root}{head}")
    return "::".join(patterns)


def shards_card(
    records: Sequence[ShardRecord],
    vocabulary: VocabularyFacts | None = None,
    dataset: str = SHARDS,
    schema: pa.Schema | None = None,
    parquet: bool = False,
    about: About | None = None,
) -> bytes:
    """Write the README of `shards/` or `shards-panels/`.

    Args:
        records: records of its shards.
        vocabulary: the vocabulary used to link concepts.
        dataset: which of the two.
        schema: schema of the JSON member, with the columns of enrichers.
        parquet: whether the release also has the samples as Parquet.
        about: how they were made.
    """
    title, record = ("pmcmine image-text pairs", Sample) if dataset == SHARDS else ("pmcmine panels", PanelSample)
    schema = schema or arrow_schema(record)
    rows: dict[tuple[str, str], int] = defaultdict(int)
    shards: dict[tuple[str, str], list[str]] = defaultdict(list)
    files = []
    for entry in sorted(records, key=lambda r: r.name):
        path = entry.name.removeprefix(f"{dataset}/")
        group, split = entry.group, entry.split
        rows[group, split] += entry.rows
        shards[group, split].append(path)
        files.append((group, split, path))
    meta = front_matter(title, {g for g, _ in rows}, sum(rows.values()), ["webdataset"], "image-to-text", about)
    configs = viewer_configs(files)
    if configs:
        meta["configs"] = configs
        meta["dataset_info"] = [{"config_name": c["config_name"], "features": sample_features(schema)} for c in configs]
    first = configs[0]["config_name"] if configs else "commercial"
    body = render(
        "shards.md.j2",
        title=title,
        panels=dataset != SHARDS,
        parquet=parquet,
        rows=counts_by_place(rows),
        first=first,
        training=[
            (group, rows[group, split], brace_ranges(paths, "DATA_ROOT/"), min(_LOADERS, len(paths)))
            for (group, split), paths in sorted(shards.items())
            if split == "train"
        ],
        vocabulary=vocabulary if dataset == SHARDS else None,
        fields=field_rows(schema),
        about=about_of(about),
        bibtex=bibtex(title, about),
    )
    return card_of(meta, body)


def tables_card(
    records: Sequence[TableRecord],
    vocabulary: VocabularyFacts | None = None,
    tables: Mapping[str, Table] = TABLES,
    about: About | None = None,
) -> bytes:
    """Write the README of `tables/` from the records of the Parquet files."""
    rows: dict[tuple[str, str], int] = defaultdict(int)
    files = []
    for record in sorted(records, key=lambda r: r.name):
        name = f"{record.table}-{record.group}" if record.group else record.table
        split = record.split or "train"
        rows[name, split] += record.rows
        if rows[name, split]:
            files.append((name, split, record.name.removeprefix("tables/")))
    groups = {r.group for r in records if r.group}
    meta = front_matter("pmcmine tables", groups, max(rows.values(), default=0), ["parquet"], "text-generation", about)
    configs = viewer_configs(files)
    for config in configs:
        config.pop("default", None)
        if config["config_name"].startswith("figures-"):
            config["default"] = not any(c.get("default") for c in configs)
    for config in configs:
        if not config.get("default", True):
            config.pop("default")
    meta["configs"] = configs
    body = render(
        "tables.md.j2",
        # `datasets` can't load a table without rows, so it gets no configuration.
        rows=counts_by_place({place: n for place, n in rows.items() if n}),
        empty=sorted(set(tables) - {r.table for r in records if r.rows}),
        grids=_largest(rows, "grids"),
        cases=_largest(rows, "cases"),
        vocabulary=vocabulary,
        tables=[{"name": t.name, "meaning": t.meaning, "fields": field_rows(t.schema)} for t in tables.values()],
        about=about_of(about),
        bibtex=bibtex("pmcmine tables", about),
    )
    return card_of(meta, body)


def _largest(rows: Mapping[tuple[str, str], int], table: str) -> tuple[str, str] | None:
    """Return the configuration and split with the most rows of a table; None if it has no rows."""
    found = [(-n, *place) for place, n in rows.items() if n and place[0].startswith(f"{table}-")]
    return min(found)[1:] if found else None


def schema_rows(schema: pa.Schema) -> list[dict[str, Any]]:
    """Return the entries of `schema.json` for each column."""
    keys = ("name", "type", "meaning", "unit", "null")
    values = closed_values(schema)
    rows = [dict(zip(keys, row, strict=True)) for row in describe(schema)]
    return [row | ({"values": values[row["name"]]} if row["name"] in values else {}) for row in rows]


def shards_schema(schema: pa.Schema) -> bytes:
    """Build `schema.json` of a dataset of shards: the fields of the JSON member."""
    return json.dumps({"json": schema_rows(schema)}, indent=1, ensure_ascii=False).encode()


def tables_schema(tables: Mapping[str, Table] = TABLES) -> bytes:
    """Build `tables/schema.json`: the fields of every table, so that readers don't need our code."""
    return json.dumps({t.name: schema_rows(t.schema) for t in tables.values()}, indent=1, ensure_ascii=False).encode()
