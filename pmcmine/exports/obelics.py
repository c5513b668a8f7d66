"""OBELICS's records: Parquet with the columns images, metadata, general_metadata and texts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from pmcmine.exports.interleaved import Interleaved, as_json, document_facts, image_facts, interleaved
from pmcmine.exports.reader import Export, ReleaseReader, image_name

_FILE_BYTES: Final = 256 << 20  # of images and texts, before compression
_GROUP_BYTES: Final = 16 << 20  # of a row group: what a reader holds at once
# What `datasets` needs to show bytes as images; other readers ignore it.
_IMAGES: Final = {
    "images": {"feature": {"_type": "Image"}, "_type": "Sequence"},
    "metadata": {"dtype": "string", "_type": "Value"},
    "general_metadata": {"dtype": "string", "_type": "Value"},
    "texts": {"feature": {"dtype": "string", "_type": "Value"}, "_type": "Sequence"},
}


def _schema(images: bool) -> pa.Schema:
    image = pa.struct([("bytes", pa.binary()), ("path", pa.string())]) if images else pa.string()
    fields = [
        ("images", pa.list_(image)),
        ("metadata", pa.string()),
        ("general_metadata", pa.string()),
        ("texts", pa.list_(pa.string())),
    ]
    notes = {"huggingface": json.dumps({"info": {"features": _IMAGES}})} if images else None
    return pa.schema(fields, metadata=notes)


class Obelics:
    """OBELICS's records of interleaved texts and images."""

    name = "obelics"
    meaning = "OBELICS's documents of interleaved texts and images, as Parquet"

    def export(self, release: ReleaseReader, out: Export) -> None:
        """Write `<group>/<split>-00000.parquet`, …; with images inside, or else their file names."""
        writer = _Writer(out, _schema(out.images))
        try:
            for document in interleaved(release):
                writer.add(document, _record(document, release, out))
        finally:
            writer.close()


def _record(document: Interleaved, release: ReleaseReader, out: Export) -> dict[str, Any]:
    images: list[Any] = []
    facts: list[dict[str, Any] | None] = []
    for part, _ in document.parts:
        if isinstance(part, str):
            images.append(None)
            facts.append(None)
            continue
        name = image_name(part)
        images.append({"bytes": release.image(part), "path": name} if out.images else name)
        facts.append(image_facts(part, document))
    return {
        "images": images,
        "metadata": as_json(facts),
        "general_metadata": as_json(document_facts(document)),
        "texts": document.texts,
    }


def _size(record: dict[str, Any]) -> int:
    images = sum(len(i["bytes"]) for i in record["images"] if isinstance(i, dict))
    return images + sum(len(t) for t in record["texts"] if t) + len(record["metadata"])


class _Writer:
    """Writes the files of each licence group and split."""

    def __init__(self, out: Export, schema: pa.Schema) -> None:
        self._out, self._schema = out, schema
        self._files: dict[tuple[str, str], _File] = {}

    def add(self, document: Interleaved, record: dict[str, Any]) -> None:
        place = (document.group, document.split)
        if place not in self._files:
            self._files[place] = _File(self._names(*place), self._out, self._schema)
        self._files[place].add(record)
        self._out.counts[document.group] += 1

    def _names(self, group: str, split: str) -> Iterator[str]:
        n = 0
        while True:
            yield f"{group}/{split}-{n:05d}.parquet"
            n += 1

    def close(self) -> None:
        for file in self._files.values():
            file.close()


class _File:
    def __init__(self, names: Iterator[str], out: Export, schema: pa.Schema) -> None:
        self._names, self._out, self._schema = names, out, schema
        self._writer: pq.ParquetWriter | None = None
        self._held: list[dict[str, Any]] = []
        self._size = self._written = 0

    def add(self, record: dict[str, Any]) -> None:
        self._held.append(record)
        self._size += _size(record)
        if self._size >= _GROUP_BYTES:
            self._flush()
        if self._written >= _FILE_BYTES:
            self.close()

    def _flush(self) -> None:
        if not self._held:
            return
        if self._writer is None:
            path = self._out.folder / next(self._names)
            path.parent.mkdir(parents=True, exist_ok=True)
            self._writer = pq.ParquetWriter(path, self._schema, compression="zstd")
        self._writer.write_table(pa.Table.from_pylist(self._held, self._schema))
        self._written += self._size
        self._held, self._size = [], 0

    def close(self) -> None:
        self._flush()
        if self._writer is not None:
            self._writer.close()
        self._writer, self._written = None, 0
