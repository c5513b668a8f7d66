"""A release in the record shapes of other systems, and its attribution. One module per format."""

from __future__ import annotations

from pmcmine.exports.reader import Export, Exporter, ReleaseReader
from pmcmine.plugins.load import EXPORTERS, plugins


def exporters() -> dict[str, Exporter]:
    """Return all exporters by name.

    Raises:
        PluginError: if one can't be loaded.
    """
    return {p.name: p.target for p in plugins(EXPORTERS)}


__all__ = ["Export", "Exporter", "ReleaseReader", "exporters"]
