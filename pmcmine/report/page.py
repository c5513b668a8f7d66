"""The page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pmcmine.storage import Folder


def make_report(release: Mapping[str, Any], metrics: Mapping[str, Any], out: Folder) -> bytes:
    """HTML of the report."""
    return b"<html></html>"
