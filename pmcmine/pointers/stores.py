"""Where a rehydration keeps texts, and writes samples."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, BinaryIO, Final

from pmcmine.images.check import CheckedImage
from pmcmine.io.folder import Folder
from pmcmine.io.safe_names import release_name, sample_key
from pmcmine.io.tar import END, header, member_size, padding

_SHARD_BYTES: Final = 1_000_000_000


class Texts:
    """Texts by table and row, on disk."""

    def __init__(self, folder: Path) -> None:
        self._db = sqlite3.connect(folder / "texts.sqlite")
        self._db.execute("PRAGMA journal_mode = OFF")
        self._db.execute("PRAGMA synchronous = OFF")
        self._db.execute("CREATE TABLE texts (at TEXT, row TEXT, texts TEXT, PRIMARY KEY (at, row)) WITHOUT ROWID")

    def put(self, table: str, rows: Iterable[tuple[str, Mapping[str, str | None]]]) -> None:
        """Keep the texts of rows."""
        values = [(table, row, json.dumps(dict(texts))) for row, texts in rows]
        self._db.executemany("INSERT OR REPLACE INTO texts VALUES (?, ?, ?)", values)

    def get(self, table: str, row: str) -> dict[str, Any] | None:
        """Return the texts of a row, None if they are not known."""
        found = self._db.execute("SELECT texts FROM texts WHERE at = ? AND row = ?", (table, row)).fetchone()
        return None if found is None else json.loads(found[0])

    def close(self) -> None:
        """Close the file."""
        self._db.close()


class SampleShards:
    """Writes samples into tars of about a gigabyte, one series a licence group and split."""

    def __init__(self, out: Folder) -> None:
        self._out = out
        self._open: dict[tuple[str, str], tuple[Any, BinaryIO, int]] = {}
        self._count: Counter[tuple[str, str]] = Counter()
        self.samples = 0

    def add(self, row: Mapping[str, Any], image: CheckedImage) -> None:
        """Write a sample."""
        place = (release_name(row["license_group"], "licence group"), release_name(row["split"], "split"))
        if place not in self._open:
            name = f"shards/{place[0]}/{place[1]}/000/{place[1]}-rehydrated-{self._count[place]:05d}.tar"
            manager = self._out.create(name, replace=True)
            self._open[place] = (manager, manager.__enter__()[0], 0)
            self._count[place] += 1
        manager, stream, size = self._open[place]
        key = sample_key(row["key"])
        record = json.dumps({**row, "format": image.format, "width": image.width, "height": image.height}, default=str)
        for suffix, data in (
            (".jpg", image.data),
            (".txt", (row["caption"] or "").encode()),
            (".json", record.encode()),
        ):
            stream.write(header(key + suffix, len(data)) + data + padding(len(data)))
            size += member_size(len(data))
        self.samples += 1
        self._open[place] = (manager, stream, size)
        if size >= _SHARD_BYTES:
            self._end(place)

    def _end(self, place: tuple[str, str]) -> None:
        manager, stream, _ = self._open.pop(place)
        stream.write(END)
        manager.__exit__(None, None, None)

    def close(self) -> None:
        """End all open tars."""
        for place in list(self._open):
            self._end(place)
