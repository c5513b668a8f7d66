"""The README of each dataset folder, with the YAML that `datasets` and the Hub read. Generated, never edited."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

import pyarrow as pa

from pmcmine.ids import SPLITS
from pmcmine.release.plan import SHARDS
from pmcmine.text.clean import for_code, for_markdown
from pmcmine.work.records import ShardRecord, TableRecord
from schemas import TABLES, Table, arrow_schema, closed_values, describe
from schemas.panel_sample import PanelSample
from schemas.sample import Sample

# The Hub's name for the whole family: the versions differ from article to article.
_HUB_LICENSE = {"commercial": "cc", "noncommercial": "cc", "other": "other"}
_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"),
          (10_000_000, "1M<n<10M"), (100_000_000, "10M<n<100M"))  # fmt: skip


def _feature(kind: pa.DataType) -> tuple[str, Any]:
    """Return (key, value) of a feature in the YAML of `datasets`."""
    if pa.types.is_list(kind):
        key, value = _feature(kind.value_type)
        return "list", value if key != "list" else {"list": value}
    if pa.types.is_struct(kind):
        return "struct", [_named(f.name, f.type) for f in kind]
    return "dtype", {"double": "float64"}.get(str(kind), str(kind))


def _named(name: str, kind: pa.DataType) -> dict[str, Any]:
    key, value = _feature(kind)
    return {"name": name, key: value}


def sample_features(schema: pa.Schema | None = None) -> list[dict[str, Any]]:
    """Return the features of a sample, from the schema of its JSON; readers infer them from five samples otherwise."""
    return [
        {"name": "__key__", "dtype": "string"},
        {"name": "__url__", "dtype": "string"},
        {"name": "jpg", "dtype": "image"},
        {"name": "json", "struct": [_named(f.name, f.type) for f in schema or arrow_schema(Sample)]},
        {"name": "txt", "dtype": "string"},
    ]


def _yaml(value: Any, indent: int = 0) -> str:
    """Return block YAML of dicts, lists and scalars; strings are JSON, which YAML 1.2 contains."""
    pad = "  " * indent
    if isinstance(value, Mapping):
        lines = []
        for key, item in value.items():
            if isinstance(item, (Mapping, list)) and item:
                lines.append(f"{pad}{key}:\n{_yaml(item, indent + (not isinstance(item, list)))}")
            else:
                lines.append(f"{pad}{key}: {json.dumps(item, ensure_ascii=False)}")
        return "\n".join(lines)
    if isinstance(value, list):
        lines = []
        for item in value:
            if isinstance(item, Mapping):
                body = _yaml(item, indent + 1)
                lines.append(f"{pad}- {body.lstrip()}")
            else:
                lines.append(f"{pad}- {json.dumps(item, ensure_ascii=False)}")
        return "\n".join(lines)
    raise TypeError(type(value).__name__)


def _size(rows: int) -> str:
    return next((name for bound, name in _SIZES if rows < bound), "n>100M")


def _card(meta: dict[str, Any], body: str) -> bytes:
    return f"---\n{_yaml(meta)}\n---\n\n{body}".encode()


def _configs(files: Iterable[tuple[str, str, str]]) -> list[dict[str, Any]]:
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


def _shared(pretty: str, groups: Iterable[str], rows: int, tags: Sequence[str], task: str) -> dict[str, Any]:
    licenses = sorted({_HUB_LICENSE[g] for g in groups if g in _HUB_LICENSE})
    return {
        "pretty_name": pretty,
        "license": licenses or ["other"],
        "task_categories": [task],
        "tags": ["biology", "medical", "pubmed-central", *tags],
        "size_categories": [_size(rows)],
    }


_TERMS = """
## Licences and attribution

Every row states its `license`, its `license_group` and an `attribution` line. Keep the attribution with the row when
you share it. It names the version and jurisdiction of the licence if the article states them (`license_version` and
`license_url` in `articles`).
`commercial` holds CC0, CC BY, CC BY-SA and CC BY-ND; `noncommercial` holds CC BY-NC, CC BY-NC-SA and CC BY-NC-ND.
If `derivatives_ok` is false, you may not share crops or other derivatives. Figures whose own text says that a third
party holds the rights are excluded. The articles come from the PMC Open Access Subset of the U.S. National Library of
Medicine (NLM). NLM does not endorse this copy, which is a snapshot and not NLM's most current data.
"""


def _counts(rows: Mapping[tuple[str, str], int], head: str) -> str:
    lines = [f"| {head} | split | rows |", "|---|---|---:|"]
    order = {s: i for i, s in enumerate(SPLITS)}
    for (name, split), n in sorted(rows.items(), key=lambda kv: (kv[0][0], order.get(kv[0][1], 9))):
        lines.append(f"| {name} | {split} | {n:,} |")
    return "\n".join(lines)


def _fields(schema: pa.Schema) -> str:
    lines = ["| field | type | meaning | unit | empty when |", "|---|---|---|---|---|"]
    for name, kind, meaning, unit, null in describe(schema):
        short = kind if len(kind) < 40 else kind.split("<")[0] + "<…>"
        lines.append(f"| `{name}` | `{short}` | {meaning} | {unit} | {null} |".replace("<", "&lt;"))
    return "\n".join(lines)


def _concepts(vocabulary: Mapping[str, Any] | None) -> str:
    """Describe the vocabulary that concepts were linked with."""
    if vocabulary is None:
        return ""
    # The inputs of a vocabulary state these themselves, HTML and all.
    lines = [f"- {for_markdown(o['name'] + ' ' + o['version'] + ': ' + o['license'])}" for o in vocabulary["origins"]]
    if vocabulary["names_published"]:
        names = "Rows include the names of concepts"
        if vocabulary["license_class"] not in ("open", "attribution"):
            names += f", although the vocabulary is {vocabulary['license_class']}: share them only with its licensees"
    else:
        names = "The vocabulary's licence forbids publishing its names; rows hold only ids and the exact words"
    return f"""
## Concepts

Concepts come from the vocabulary `{for_code(vocabulary["name"])}` (sha256 `{vocabulary["sha256"]}`). {names}.

{chr(10).join(lines)}
"""


_NUMBERED = re.compile(r"(.*-)(\d{5})(-of-\d{5}\.tar)")
_PAIRS = """\
Figures and captions from PubMed Central's open-access articles as WebDataset shards, with one configuration per licence
group. A sample is `<key>.jpg` (the original bytes if JPEG or PNG, otherwise converted to PNG; the JSON states which),
`<key>.txt` (the caption) and `<key>.json`. The tables of the same release hold articles, figures, mentions and
paragraphs, and the location of each sample in its shard."""
_PANELS = """\
Panels of compound figures from PubMed Central's open-access articles as WebDataset shards, with one configuration per
licence group. A sample is `<key>.jpg` (the panel, cropped from its figure; JPEG or PNG, the JSON states which),
`<key>.txt` (the part of the caption about this panel) and `<key>.json`. Only panels with a reliable box and label, and
with a licence that allows derivatives, are included. The `panels` table lists all panels that captions name; `shards`
has the whole figures."""


def brace_ranges(paths: Iterable[str], root: str = "") -> str:
    """Format the paths of shards as brace ranges, which WebDataset and open_clip expand, joined by `::`.

    Shards of one series that follow each other are one range; a range never reaches over a folder.
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


def _open_clip(shards: Mapping[tuple[str, str], list[str]], rows: Mapping[tuple[str, str], int]) -> str:
    """Return the commands that train on the shards of each licence group."""
    return "\n".join(
        f"python -m open_clip_train.main --dataset-type webdataset --model ViT-B-32 --batch-size 256 --workers 4 \\\n"
        f"  --train-data '{brace_ranges(paths, 'DATA_ROOT/')}' \\\n"
        f"  --train-num-samples {rows[group, split]}  # {group}"
        for (group, split), paths in sorted(shards.items())
        if split == "train"
    )


def shards_card(
    records: Sequence[ShardRecord],
    vocabulary: Mapping[str, Any] | None = None,
    dataset: str = SHARDS,
    schema: pa.Schema | None = None,
) -> bytes:
    """Write the README of `shards/` or `shards-panels/`.

    Args:
        records: of its shards.
        vocabulary: what `release.json` says of the vocabulary.
        dataset: which of the two.
        schema: schema of the JSON member, with the columns of enrichers.
    """
    title, text, record = (
        ("pmcmine image-text pairs", _PAIRS, Sample) if dataset == SHARDS else ("pmcmine panels", _PANELS, PanelSample)
    )
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
    meta = _shared(title, {g for g, _ in rows}, sum(rows.values()), ["webdataset"], "image-to-text")
    configs = _configs(files)
    if configs:
        meta["configs"] = configs
        meta["dataset_info"] = [{"config_name": c["config_name"], "features": sample_features(schema)} for c in configs]
    first = configs[0]["config_name"] if configs else "commercial"
    usage = _open_clip(shards, rows)
    credit = "`ATTRIBUTION.tsv.gz` lists whom to credit for each article and figure. " if dataset == SHARDS else ""
    body = f"""# {title}

{text}

{_counts(rows, "group")}

```python
from datasets import load_dataset
pairs = load_dataset("PATH_OR_REPO", "{first}", split="train", streaming=True)
```

open_clip reads the shards as they are, from disk or streamed from the Hub (open_clip 3.3 needs `webdataset` 0.2.86 or
earlier; pmcmine's recipe `train_open_clip.py` also works with later versions):

```sh
{usage}
```

With only `webdataset`: `webdataset.WebDataset("DATA_ROOT/…/{{00000..00011}}-of-….tar")`, with the ranges above. To
filter samples and to resume: `pmcmine.stream.open("PATH_OR_REPO", where="year >= 2020", seed=0)`.

{credit}`datasheet.md` describes what was excluded and why, uses and limits; `croissant.json` is machine-readable.
{_TERMS}{_concepts(vocabulary) if dataset == SHARDS else ""}
## The JSON member

{_fields(schema)}
"""
    return _card(meta, body)


def tables_card(
    records: Sequence[TableRecord],
    vocabulary: Mapping[str, Any] | None = None,
    tables: Mapping[str, Table] = TABLES,
) -> bytes:
    """README of `tables/` from the records of the Parquet files."""
    rows: dict[tuple[str, str], int] = defaultdict(int)
    files = []
    for record in sorted(records, key=lambda r: r.name):
        name = f"{record.table}-{record.group}" if record.group else record.table
        split = record.split or "train"
        rows[name, split] += record.rows
        if rows[name, split]:
            files.append((name, split, record.name.removeprefix("tables/")))
    groups = {r.group for r in records if r.group}
    meta = _shared("pmcmine tables", groups, max(rows.values(), default=0), ["parquet"], "text-generation")
    configs = _configs(files)
    for config in configs:
        config.pop("default", None)
        if config["config_name"].startswith("figures-"):
            config["default"] = not any(c.get("default") for c in configs)
    for config in configs:
        if not config.get("default", True):
            config.pop("default")
    meta["configs"] = configs
    sections = "\n".join(f"### {t.name}\n\n{t.meaning}\n\n{_fields(t.schema)}\n" for t in tables.values())
    body = f"""# pmcmine tables

Articles, figures, mentions, paragraphs and tables from PubMed Central's open-access articles, with one configuration
per table and licence group, and a ledger of everything that was excluded and why. The image-text pairs of the same
release are WebDataset shards in a separate dataset. `figures` rows give each sample's location (`shard`,
`sample_offset`, `sample_size`), so you can fetch a subset with one query and a few range reads.

{_counts(rows, "configuration")}

`datasheet.md` describes what was excluded and why, uses and limits; `croissant.json` is machine-readable.
{_TERMS}{_concepts(vocabulary)}
## Fields

{sections}"""
    return _card(meta, body)


def _schema(schema: pa.Schema) -> list[dict[str, Any]]:
    keys = ("name", "type", "meaning", "unit", "null")
    values = closed_values(schema)
    rows = [dict(zip(keys, row, strict=True)) for row in describe(schema)]
    return [row | ({"values": values[row["name"]]} if row["name"] in values else {}) for row in rows]


def shards_schema(schema: pa.Schema) -> bytes:
    """Build `schema.json` of a dataset of shards: the fields of the JSON member."""
    return json.dumps({"json": _schema(schema)}, indent=1, ensure_ascii=False).encode()


def tables_schema(tables: Mapping[str, Table] = TABLES) -> bytes:
    """Build `tables/schema.json`: the fields of every table, so that readers need no code of ours."""
    return json.dumps({t.name: _schema(t.schema) for t in tables.values()}, indent=1, ensure_ascii=False).encode()
