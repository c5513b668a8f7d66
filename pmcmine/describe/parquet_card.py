"""Describe `shards-parquet`: its README, schema and Croissant."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

import pyarrow as pa

from pmcmine._version import __version__
from pmcmine.describe.cards import (
    about_of,
    bibtex,
    card_of,
    counts_by_place,
    field_rows,
    front_matter,
    named_feature,
    schema_rows,
    viewer_configs,
)
from pmcmine.describe.croissant import croissant_field, croissant_head, to_json
from pmcmine.describe.provenance import About
from pmcmine.describe.texts import render
from pmcmine.release.facts import VocabularyFacts
from pmcmine.release.plan import PARQUET
from pmcmine.work.records import ParquetRecord
from schemas.image_row import image_schema

PARQUET_TITLE: Final = "pmcmine image-text pairs as Parquet"
PARQUET_SCHEMA: Final = f"{PARQUET}/schema.json"


def describe_parquet(
    records: Sequence[ParquetRecord],
    deeds: Mapping[str, Sequence[str]],
    sample: pa.Schema,
    vocabulary: VocabularyFacts | None = None,
    about: About | None = None,
    lacking: frozenset[str] = frozenset(),
) -> dict[str, bytes]:
    """Return README, schema and Croissant of `shards-parquet`, by their names in the release.

    Args:
        records: records of its files.
        deeds: URLs of the licences of each licence group, as the articles state them.
        sample: schema of the samples' JSON, with the columns of enrichers.
        vocabulary: the vocabulary used to link concepts.
        about: how they were made.
        lacking: columns missing from files that an update kept from an earlier version. `datasets` leaves them
            empty, but a reader of Croissant fails.
    """
    schema = image_schema(sample)
    return {
        f"{PARQUET}/README.md": _readme(records, schema, vocabulary, about),
        PARQUET_SCHEMA: parquet_schema(sample),
        f"{PARQUET}/croissant.json": _croissant(records, deeds, [f for f in schema if f.name not in lacking], about),
    }


def parquet_schema(sample: pa.Schema) -> bytes:
    """Return `schema.json` of `shards-parquet`.

    Args:
        sample: schema of the samples' JSON, with the columns of enrichers.
    """
    return json.dumps({"samples": schema_rows(image_schema(sample))}, indent=1, ensure_ascii=False).encode()


def _readme(
    records: Sequence[ParquetRecord], schema: pa.Schema, vocabulary: VocabularyFacts | None, about: About | None
) -> bytes:
    rows: dict[tuple[str, str], int] = defaultdict(int)
    files = []
    for record in sorted(records, key=lambda r: r.name):
        rows[record.group, record.split] += record.rows
        files.append((record.group, record.split, record.name.removeprefix(f"{PARQUET}/")))
    meta = front_matter(PARQUET_TITLE, {g for g, _ in rows}, sum(rows.values()), ["parquet"], "image-to-text", about)
    configs = viewer_configs(files)
    if configs:
        meta["configs"] = configs
        features = [
            {"name": f.name, "dtype": "image"} if f.name == "image" else named_feature(f.name, f.type) for f in schema
        ]
        meta["dataset_info"] = [{"config_name": c["config_name"], "features": features} for c in configs]
    body = render(
        "parquet.md.j2",
        title=PARQUET_TITLE,
        rows=counts_by_place(rows),
        first=configs[0]["config_name"] if configs else "commercial",
        without_image=sum(r.rows - r.images for r in records),
        vocabulary=vocabulary,
        fields=field_rows(schema),
        about=about_of(about),
        bibtex=bibtex(PARQUET_TITLE, about),
    )
    return card_of(meta, body)


def _croissant(
    records: Sequence[ParquetRecord],
    deeds: Mapping[str, Sequence[str]],
    schema: Sequence[pa.Field],
    about: About | None,
) -> bytes:
    groups = sorted({r.group for r in records if r.rows})
    distribution, record_sets = [], []
    for group in groups:
        files = f"files-{group}"
        distribution.append(
            {
                "@type": "cr:FileSet",
                "@id": files,
                "name": files,
                "encodingFormat": "application/x-parquet",
                "includes": f"{group}/**/*.parquet",
            }
        )
        image = {
            "@type": "cr:Field",
            "@id": f"{group}/image",
            "name": "image",
            "description": "The image: JPEG or PNG bytes; empty if image and metadata have more than 2,000,000 bytes.",
            "dataType": "sc:ImageObject",
            "source": {
                "fileSet": {"@id": files},
                "extract": {"column": "image"},
                "transform": {"jsonPath": "bytes"},
            },
        }
        fields = [image if f.name == "image" else croissant_field(group, f, files) for f in schema]
        record_sets.append(
            {
                "@type": "cr:RecordSet",
                "@id": group,
                "name": group,
                "description": f"Figures of the {group} licence group with their captions and images.",
                "key": {"@id": f"{group}/key"},
                "field": [f for f in fields if f is not None],
            }
        )
    text = "Figures of PubMed Central's open-access articles with their captions, as Parquet with the image inside."
    return to_json(
        croissant_head("pmcmine-pairs-parquet", text, groups, deeds, __version__, about)
        | {"distribution": distribution, "recordSet": record_sets}
    )
