"""A release as earlier versions named its parts, made of one of today."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from pmcmine.io.sealed import SEAL, arrow_bytes, with_seal
from pmcmine.release.old_names import RENAMED

_OLD_TABLE = {new: old for old, new in RENAMED["tables"].items()}
_OLD_KEY = {new: old for old, new in RENAMED["counts.stages"].items()}


def _old_file(name: str) -> str:
    parts = name.split("/")
    return "/".join([parts[0], _OLD_TABLE.get(parts[1], parts[1]), *parts[2:]]) if parts[0] == "tables" else name


def _old_rows(rows: dict[str, int]) -> dict[str, int]:
    return {
        _OLD_TABLE.get(key.split("/")[0], key.split("/")[0]) + key[len(key.split("/")[0]) :]: n
        for key, n in rows.items()
    }


def _entry(release: Path, entry: dict[str, Any]) -> dict[str, Any]:
    """Return an entry of a file under its old name, with the size and hash that it has now."""
    return _measured(release, {**entry, "name": _old_file(entry["name"])})


def _measured(release: Path, entry: dict[str, Any]) -> dict[str, Any]:
    """Return an entry with the size and hash that its file has now."""
    name = entry["name"]
    data = (release / name).read_bytes()
    return {**entry, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def without_column(release: Path, folder: str, column: str) -> None:
    """Give the Parquet files of a folder of a release the columns of a version that did not have one of them."""
    for path in (release / folder).rglob("*.parquet"):
        pq.write_table(pq.ParquetFile(path).read().drop_columns([column]), path, compression="zstd")
    schema = release / folder / "schema.json"
    if schema.exists():
        said = {k: [f for f in fields if f["name"] != column] for k, fields in json.loads(schema.read_text()).items()}
        schema.write_text(json.dumps(said))
    record = json.loads((release / "release.json").read_text())
    record.pop(SEAL)
    record["files"] = [_measured(release, f) if f["name"].startswith(f"{folder}/") else f for f in record["files"]]
    (release / "release.json").write_text(json.dumps(with_seal(record)))


def age(release: Path) -> Path:
    """Give the tables, columns and keys of a release their old names; returns its folder."""
    for new, old in _OLD_TABLE.items():
        (release / "tables" / new).rename(release / "tables" / old)
    for path in (release / "tables").rglob("*.parquet"):
        table = path.relative_to(release / "tables").parts[0]
        columns = {new: old for old, new in RENAMED.get(f"columns of {table}", {}).items()}
        if columns:
            rows = pq.ParquetFile(path).read()
            pq.write_table(rows.rename_columns([columns.get(c, c) for c in rows.schema.names]), path)
    for path in (release / "state").rglob("*.ledger.arrow"):
        rows = pa.ipc.open_file(path.read_bytes()).read_all()
        held = pa.array([json.dumps(_old_rows(json.loads(r))) for r in rows["rows"].to_pylist()])
        rows = rows.set_column(rows.schema.get_field_index("rows"), "rows", held)
        path.write_bytes(arrow_bytes(rows.schema, [rows.combine_chunks()]))
    state = release / "state" / "state.json"
    described = json.loads(state.read_text())
    described["files"] = [_entry(release, e) for e in described["files"]]
    described["plan"]["files"] = [[_OLD_TABLE.get(t, t), *rest] for t, *rest in described["plan"]["files"]]
    state.write_text(json.dumps(described))
    path = release / "release.json"
    content = json.loads(path.read_text())
    content.pop(SEAL)
    content["files"] = sorted((_entry(release, e) for e in content["files"]), key=lambda e: str(e["name"]))
    content["run"]["files"] = [_entry(release, e) for e in content["run"]["files"]]
    counts = content["counts"]
    counts["rows"] = _old_rows(counts["rows"])
    counts["stages"] = [{_OLD_KEY.get(k, k): v for k, v in stage.items()} for stage in counts["stages"]]
    path.write_text(json.dumps(with_seal(content), indent=1, ensure_ascii=False))
    return release


_NEWER: Final = ("cases", "documents", "grids", "table_mentions")
_NEWER_COUNTS: Final = frozenset({"case", "case_report", "grid", "table_mention"})
_NEWER_UNITS: Final = frozenset({*_NEWER, "case", "document", "grid", "table_mention"})


def before_documents(release: Path) -> Path:
    """Take the tables and columns from a release that came with documents; returns its folder."""

    def is_newer(name: str) -> bool:
        return name.startswith(tuple(f"tables/{table}/" for table in _NEWER))

    def is_count(name: str) -> bool:
        return name.startswith(("document_", "case", "context")) or name.removeprefix("found_") in _NEWER_COUNTS

    def entries(files: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [_measured(release, e) for e in files if not is_newer(e["name"])]

    for table in _NEWER:
        shutil.rmtree(release / "tables" / table, ignore_errors=True)
    for path in (release / "tables").rglob("*.parquet"):
        rows = pq.ParquetFile(path).read()
        if "context" in rows.schema.names:
            pq.write_table(rows.drop_columns(["context"]), path)
    for path in (release / "state").rglob("*.ledger.arrow"):
        rows = pa.ipc.open_file(path.read_bytes()).read_all()
        held = [
            {k: n for k, n in json.loads(r).items() if k.split("/")[0] not in _NEWER} for r in rows["rows"].to_pylist()
        ]
        rows = rows.set_column(rows.schema.get_field_index("rows"), "rows", pa.array([json.dumps(h) for h in held]))
        counts = [{k: n for k, n in json.loads(r).items() if not is_count(k)} for r in rows["counts"].to_pylist()]
        rows = rows.set_column(
            rows.schema.get_field_index("counts"), "counts", pa.array([json.dumps(c) for c in counts])
        )
        path.write_bytes(arrow_bytes(rows.schema, [rows.combine_chunks()]))
    state = release / "state" / "state.json"
    described = json.loads(state.read_text())
    described["files"] = entries(described["files"])
    described["plan"]["files"] = [f for f in described["plan"]["files"] if f[0] not in _NEWER]
    state.write_text(json.dumps(described))
    path = release / "release.json"
    content = json.loads(path.read_text())
    content.pop(SEAL)
    content["config"].pop("document_figures", None)
    content["files"] = entries(content["files"])
    content["run"]["files"] = entries(content["run"]["files"])
    counts = content["counts"]
    counts["rows"] = {k: n for k, n in counts["rows"].items() if k.split("/")[0] not in _NEWER}
    counts["stages"] = [s for s in counts["stages"] if s["unit"] not in _NEWER_UNITS]
    path.write_text(json.dumps(with_seal(content), indent=1, ensure_ascii=False))
    return release
