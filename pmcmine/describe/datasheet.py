"""The datasheet of a dataset folder (Gebru et al. 2021, "Datasheets for Datasets") and how to cite it.

Generated from what the run counted; nothing in it varies from run to run.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from pmcmine._version import __version__
from pmcmine.rejects import MEANINGS, Reason
from pmcmine.text.clean import for_code, for_markdown
from pmcmine.work.balance import Sum

DATASHEET: Final = "datasheet.md"
CITATION: Final = "CITATION.cff"
_PEOPLE: Final = """\
The dataset may contain pictures and reports of patients. Faces, names, record numbers and similar items are flagged.
They are removed only if the settings below say so. **A missing flag is no guarantee.** Classifier scores are estimates;
the model cards state their errors. Splits are by article (98/1/1, by hash). Near-duplicates of validation and test
samples are kept out of train.

"""
_USES: Final = """\
## Uses

Intended uses are pretraining and fine-tuning of image-text and language models, retrieval, and research on figures and
reporting. Do not use it to identify patients or for clinical decisions. A caption says what its authors meant to show,
not everything that is visible. Journals, countries and diseases are represented as they are in open-access publishing.

## Distribution and maintenance

`commercial` holds CC0, CC BY, CC BY-SA and CC BY-ND, `noncommercial` their NC counterparts; each row states its licence
and an attribution line; keep it with the row. You may not share crops of ND figures. `tables/tombstones` lists
retracted and withdrawn articles; remove them from your copies. NLM does not endorse this copy, which is not NLM's most
current data.
"""

_CHOICES = ("groups", "manuscripts", "historical_ocr", "require_caption", "drop_privacy_flagged", "seed")


def datasheet(
    folder: str,
    rows: Mapping[str, int],
    stages: Sequence[Sum],
    rejects: Mapping[tuple[str, str, str], int],
    snapshot: Mapping[str, Any],
    config: Mapping[str, Any],
    classifiers: Sequence[Mapping[str, str]],
) -> bytes:
    """Write the datasheet as Markdown.

    Args:
        folder: name of the dataset folder.
        rows: rows, or samples, by licence group and split.
        stages: the sums of the run.
        rejects: number of rejects by stage, unit and reason.
        snapshot: what was frozen.
        config: the keys of the configuration that decide what is made.
        classifiers: name and hash of each model.
    """
    counts = "\n".join(f"| {name} | {n:,} |" for name, n in sorted(rows.items()))
    funnel = "\n".join(
        f"| {s.stage} | {s.unit} | {s.n_in:,} | {s.n_out:,} | {s.rejected:,} |" for s in stages if s.n_in
    )
    reasons = "\n".join(
        f"| {stage} | {unit} | {reason} | {n:,} | {MEANINGS[Reason(reason)]} |"
        for (stage, unit, reason), n in sorted(rejects.items())
    )
    models = "\n".join(f"- {for_markdown(c['name'])} {c.get('sha256', '')[:12]}".rstrip() for c in classifiers)
    chosen = "\n".join(f"- `{k}`: `{for_code(json.dumps(config[k]))}`" for k in _CHOICES if k in config)
    what = "figures with captions and metadata" if folder != "tables" else "rows of the tables"
    return f"""# Datasheet

Follows *Datasheets for Datasets* (Gebru et al. 2021).

## Motivation

Image-text pairs and paragraphs from open-access biomedical articles, with a licence and attribution on every row, for
training and studying models. Made with pmcmine {__version__}.

## Composition

| rows of | number |
|---|---:|
{counts}

Instances are {what}; `schema.json` describes their fields. They come from
a snapshot of {snapshot["n_versions"]:,} article versions (SHA-256
`{snapshot["sha256"]}`), except for the
exclusions listed below.

{_PEOPLE}## Collection and preprocessing

Licences come from the metadata and the article itself; a figure's own permissions override them. These settings decide
what is included:

{chosen}

These models labelled the rows:

{models or "- none"}

| stage | of | in | out | rejected |
|---|---|---:|---:|---:|
{funnel}

| stage | of | reason | number | meaning |
|---|---|---|---:|---|
{reasons}

{_USES}""".encode()


def citation(name: str, snapshot: Mapping[str, Any]) -> bytes:
    """Build `CITATION.cff` (Citation File Format 1.2) of a dataset folder."""
    return f"""cff-version: 1.2.0
type: dataset
title: {json.dumps(name)}
message: "Please cite this dataset, and the articles whose figures or texts you show, with their attribution."
authors:
  - name: "The authors of the articles in the PMC Open Access Subset; compiled with pmcmine"
version: {json.dumps(snapshot["sha256"][:12])}
abstract: {json.dumps(f"Made with pmcmine {__version__} from a snapshot of {snapshot['n_versions']} article versions.")}
keywords: [biomedicine, figures, captions, image-text pairs, PubMed Central]
""".encode()
