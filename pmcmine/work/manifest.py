"""The manifest by which a block is committed."""

from __future__ import annotations

from collections import Counter
from typing import Any

from pmcmine.io import sealed
from pmcmine.io.folder import Folder

MANIFEST = "manifest.json"


def block_folder(block: int) -> str:
    """Folder of a block inside the work folder."""
    return f"blocks/{block // 1000:03d}/{block:06d}"


def manifest_counts(manifest: dict[str, Any]) -> Counter[str]:
    """All counts of a block, and its rejects under `rejected`."""
    counts: Counter[str] = Counter()
    for part in manifest["parts"]:
        counts.update(part["counts"])
        counts["rejected"] += sum(part["rejects"].values())
    return counts


def read_manifest(work: Folder, block: int) -> dict[str, Any] | None:
    """The manifest of a committed block, None where it is not committed, or the manifest damaged: it is mined again."""
    return sealed.read_or_none(work, f"{block_folder(block)}/{MANIFEST}")
