"""Write the datasheet of a dataset folder (Gebru et al. 2021, "Datasheets for Datasets") and its citation.

Generated from the counts of the run; identical for every run.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from pmcmine._version import __version__
from pmcmine.describe.texts import render, to_yaml
from pmcmine.plugins.enricher import Model
from pmcmine.rejects import MEANINGS, Reason
from pmcmine.release.facts import Snapshot, Sum

DATASHEET: Final = "datasheet.md"
CITATION: Final = "CITATION.cff"
_PLEASE: Final = "Please cite this dataset, and the articles whose figures or texts you show, with their attribution."
_CHOICES = ("groups", "manuscripts", "historical_ocr", "require_caption", "drop_privacy_flagged", "seed")


def datasheet(
    folder: str,
    rows: Mapping[str, int],
    stages: Sequence[Sum],
    rejects: Mapping[tuple[str, str, str], int],
    snapshot: Snapshot,
    config: Mapping[str, Any],
    classifiers: Sequence[Model],
) -> bytes:
    """Write the datasheet as Markdown.

    Args:
        folder: name of the dataset folder.
        rows: rows, or samples, by licence group and split.
        stages: the balance equations of the run.
        rejects: number of rejects by stage, unit and reason.
        snapshot: the frozen snapshot.
        config: the configuration keys that affect the result.
        classifiers: name, hash and licence of each model.
    """
    return render(
        "datasheet.md.j2",
        version=__version__,
        rows=sorted(rows.items()),
        instances="figures with captions and metadata" if folder != "tables" else "rows of the tables",
        snapshot=snapshot,
        settings=[(key, json.dumps(config[key])) for key in _CHOICES if key in config],
        models=[(c.name, c.sha256, c.license) for c in classifiers],
        small_splits=bool(config.get("small_splits")),
        stages=[s for s in stages if s.n_in],
        rejects=[(*key, n, MEANINGS[Reason(key[2])]) for key, n in sorted(rejects.items())],
    ).encode()


def citation(name: str, snapshot: Snapshot) -> bytes:
    """Build `CITATION.cff` (Citation File Format 1.2) of a dataset folder."""
    version, versions = snapshot.sha256[:12], snapshot.n_versions
    return to_yaml(
        {
            "cff-version": "1.2.0",
            "type": "dataset",
            "title": name,
            "message": _PLEASE,
            "authors": [{"name": "The authors of the articles in the PMC Open Access Subset; compiled with pmcmine"}],
            "version": version,
            "abstract": f"Made with pmcmine {__version__} from a snapshot of {versions} article versions.",
            "keywords": ["biomedicine", "figures", "captions", "image-text pairs", "PubMed Central"],
        }
    ).encode()
