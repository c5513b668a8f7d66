"""A release in the record shapes of other systems, and its attribution. One module a format."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from pmcmine.exports import attribution, biomed_enriched, biomedica, medconcept, medicat, open_pmc, pmc15m
from pmcmine.exports.reader import Export, ReleaseReader

FORMATS: Final[dict[str, Callable[[ReleaseReader, Export], None]]] = {
    "biomedica": biomedica.write,
    "pmc15m": pmc15m.write,
    "biomed-enriched": biomed_enriched.write,
    "medconcept": medconcept.write,
    "open-pmc": open_pmc.write,
    "medicat": medicat.write,
    "attribution": attribution.write,
}

__all__ = ["FORMATS", "Export", "ReleaseReader"]
