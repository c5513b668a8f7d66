"""Describe each dataset folder in Croissant 1.1 (MLCommons), for machines. Generated from the schemas.

https://docs.mlcommons.org/croissant/docs/croissant-spec-1.1.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import pyarrow as pa

from pmcmine._version import __version__
from pmcmine.describe.provenance import CONTEXT, About, provenance
from pmcmine.release.plan import SHARDS
from pmcmine.work.records import ShardRecord, TableRecord
from schemas import TABLES, Table, arrow_schema
from schemas.panel_sample import PanelSample
from schemas.sample import Sample

CONFORMS: Final = "http://mlcommons.org/croissant/1.1"
_CONTEXT: Final = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "arrayShape": "cr:arrayShape",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "containedIn": "cr:containedIn",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isArray": "cr:isArray",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}


TABLES_CROISSANT: Final = "tables/croissant.json"
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MEMBERS: Final = {
    "jpg": ("image/jpeg", "sc:ImageObject"),
    "txt": ("text/plain", "sc:Text"),
    "json": ("application/json", "sc:Text"),
}
_SETS: Final = {"jpg": "images", "txt": "texts", "json": "metadata"}


def _scalar(kind: pa.DataType) -> str | None:
    if pa.types.is_boolean(kind):
        return "sc:Boolean"
    if pa.types.is_integer(kind):
        return "cr:Int64" if kind.bit_width > 32 else "cr:Int32"
    if pa.types.is_floating(kind):
        return "cr:Float64"
    return "sc:Text" if pa.types.is_string(kind) else None


def croissant_field(record_set: str, field: pa.Field, files: str) -> dict[str, Any] | None:
    """Describe a field of a table; nested fields are only in the schema file."""
    notes = {k.decode(): v.decode() for k, v in (field.metadata or {}).items()}
    meaning = notes["meaning"] + (f" Unit: {notes['unit']}." if "unit" in notes else "")
    kind = field.type
    listed = pa.types.is_list(kind) or pa.types.is_fixed_size_list(kind)
    scalar = _scalar(kind.value_type if listed else kind)
    if scalar is None:
        return None
    found: dict[str, Any] = {
        "@type": "cr:Field",
        "@id": f"{record_set}/{field.name}",
        "name": field.name,
        "description": meaning,
        "dataType": scalar,
        "source": {"fileSet": {"@id": files}, "extract": {"column": field.name}},
    }
    if listed:
        found |= {"isArray": True, "arrayShape": "-1"}
    return found


def _key(files: str) -> dict[str, Any]:
    """Extract the name of a tar member up to its first dot."""
    return {
        "fileSet": {"@id": files},
        "extract": {"fileProperty": "filename"},
        "transform": {"regex": r"(.*)\.[a-z]+$"},
    }


def croissant_head(
    name: str,
    description: str,
    groups: Iterable[str],
    deeds: Mapping[str, Sequence[str]],
    version: str,
    about: About | None = None,
) -> dict[str, Any]:
    """Return the properties of the whole dataset."""
    groups = list(groups)
    return {
        "@context": _CONTEXT | (CONTEXT if about is not None else {}),
        "@type": "sc:Dataset",
        "conformsTo": CONFORMS,
        "name": name,
        "description": description,
        "license": [url for g in sorted(groups) for url in deeds.get(g, ())] or ["https://schema.org/license"],
        "url": "https://pmc.ncbi.nlm.nih.gov/",
        "version": version,
        "citeAs": "Made with pmcmine from the PMC Open Access Subset; each row states its article and its attribution.",
        "isLiveDataset": False,
    } | (provenance(about, groups) if about is not None else {})


def published_day(description: bytes) -> str | None:
    """Return the day of publication that a description states; None if it states none, or is no description."""
    try:
        day = json.loads(description).get("datePublished")
    except (ValueError, AttributeError, RecursionError):
        return None
    return day if isinstance(day, str) and _DAY.fullmatch(day) else None


def to_json(content: Mapping[str, Any]) -> bytes:
    """Return the bytes of a description."""
    return json.dumps(content, indent=1, ensure_ascii=False).encode()


def tables_croissant(
    records: Sequence[TableRecord],
    deeds: Mapping[str, Sequence[str]],
    tables: Mapping[str, Table] = TABLES,
    about: About | None = None,
) -> bytes:
    """Build `croissant.json` of `tables/` from the records of its Parquet files: a record set per table and group.

    Args:
        records: records of its files.
        deeds: URLs of the licences of each licence group, as the articles state them.
        tables: the tables by name, with the columns of enrichers.
        about: how they were made.
    """
    sets = sorted({(r.table, r.group) for r in records if r.rows})
    groups = {g for _, g in sets if g}
    distribution, record_sets = [], []
    for table, group in sets:
        name = f"{table}-{group}" if group else table
        files = f"files-{name}"
        distribution.append(
            {
                "@type": "cr:FileSet",
                "@id": files,
                "name": files,
                "encodingFormat": "application/x-parquet",
                "includes": f"{table}/{group}/*.parquet" if group else f"{table}/*.parquet",
            }
        )
        fields = [croissant_field(name, field, files) for field in tables[table].schema]
        record_sets.append(
            {
                "@type": "cr:RecordSet",
                "@id": name,
                "name": name,
                "description": TABLES[table].meaning,
                "key": {"@id": f"{name}/{TABLES[table].key}"},
                "field": [f for f in fields if f is not None],
            }
        )
    text = (
        "Articles, figures, panels, mentions, paragraphs and tables of PubMed Central's open-access articles. Nested "
        "columns are described in schema.json."
    )
    return to_json(
        croissant_head("pmcmine-tables", text, groups, deeds, __version__, about)
        | {"distribution": distribution, "recordSet": record_sets}
    )


def shards_croissant(
    records: Sequence[ShardRecord],
    deeds: Mapping[str, Sequence[str]],
    dataset: str = SHARDS,
    schema: pa.Schema | None = None,
    about: About | None = None,
) -> bytes:
    """Build `croissant.json` of `shards/` or `shards-panels/` from the records of its tars: a record set per group.

    Args:
        records: records of its files.
        deeds: URLs of the licences of each licence group, as the articles state them.
        dataset: which of the two.
        schema: schema of the JSON member, with the columns of enrichers.
        about: how they were made.
    """
    record, what = (Sample, "figures with their captions") if dataset == SHARDS else (PanelSample, "single panels")
    abouts = {
        "jpg": "The picture: JPEG or PNG bytes, whatever the name ends in; `format` in the JSON says which.",
        "txt": "The caption." if dataset == SHARDS else "What the caption says of this panel.",
        "json": "Metadata: " + ", ".join(f.name for f in schema or arrow_schema(record)) + ".",
    }
    groups = sorted({r.group for r in records if r.rows})
    distribution: list[dict[str, Any]] = []
    record_sets = []
    for group in groups:
        tars = [_tar(r, dataset) for r in records if r.group == group]
        distribution += tars
        inside = [{"@id": tar["@id"]} for tar in tars]
        for suffix, (encoding, kind) in _MEMBERS.items():
            files = f"{suffix}-{group}"
            distribution.append(
                {
                    "@type": "cr:FileSet",
                    "@id": files,
                    "name": files,
                    "containedIn": inside,
                    "encodingFormat": encoding,
                    "includes": f"*.{suffix}",
                }
            )
            # A record set for each kind of member: the reader (mlcroissant 1.1) can't join members of tars.
            record_sets.append(_members(group, suffix, kind, abouts[suffix], what))
    text = f"WebDataset shards of PubMed Central's open-access articles: {what}, by licence group."
    title = "pmcmine-pairs" if dataset == SHARDS else "pmcmine-panels"
    return to_json(
        croissant_head(title, text, groups, deeds, __version__, about)
        | {"distribution": distribution, "recordSet": record_sets}
    )


def _tar(record: ShardRecord, dataset: str) -> dict[str, Any]:
    """Describe a shard as a file."""
    path = record.name.removeprefix(f"{dataset}/")
    return {
        "@type": "cr:FileObject",
        "@id": path,
        "name": path,
        "contentUrl": path,
        "contentSize": f"{record.bytes} B",
        "encodingFormat": "application/x-tar",
        "sha256": record.sha256,
    }


def _members(group: str, suffix: str, kind: str, about: str, what: str) -> dict[str, Any]:
    """Return the record set for one kind of member in a group's tars."""
    files, record_set = f"{suffix}-{group}", f"{group}-{_SETS[suffix]}"
    key = {
        "@type": "cr:Field",
        "@id": f"{record_set}/key",
        "name": "key",
        "description": "WebDataset key: the same for picture, text and metadata of a sample.",
        "dataType": "sc:Text",
        "source": _key(files),
    }
    content = {
        "@type": "cr:Field",
        "@id": f"{record_set}/{suffix}",
        "name": suffix,
        "description": about,
        "dataType": kind,
        "source": {"fileSet": {"@id": files}, "extract": {"fileProperty": "content"}},
    }
    return {
        "@type": "cr:RecordSet",
        "@id": record_set,
        "name": record_set,
        "description": f"{_SETS[suffix].capitalize()} of the {group} licence group, by key: {what}.",
        "key": {"@id": f"{record_set}/key"},
        "field": [key, content],
    }
