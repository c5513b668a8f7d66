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
What they may hold: pictures and reports of patients. Faces, names, record numbers and the like are flagged, not
removed, unless the configuration says so, and **absence of a flag is no promise**. Scores of classifiers are estimates
with the errors that their cards state. Splits are by article (98/1/1, by hash); near duplicates across splits are kept
out of train.

"""
_USES: Final = """\
## Uses

Pretraining and fine-tuning of image-text and language models, retrieval, studies of figures and reporting. Not for
finding out who a patient is, not for clinical decisions. Captions say what authors meant to show and not all that is
to be seen; kinds of journals, countries and diseases are those of open-access publishing.

## Distribution and maintenance

`commercial` holds CC0, CC BY, CC BY-SA and CC BY-ND, `noncommercial` their NC counterparts; each row states its licence
and an attribution line that must travel with it. ND figures may not be shared as crops. Articles that are retracted or
withdrawn are named in `tables/tombstones`; remove them from copies. NLM does not endorse this copy, and it is not the
most current data of NLM.
"""


def datasheet(
    folder: str,
    rows: Mapping[str, int],
    stages: Sequence[Sum],
    rejects: Mapping[tuple[str, str, str], int],
    snapshot: Mapping[str, Any],
    config: Mapping[str, Any],
    classifiers: Sequence[Mapping[str, str]],
) -> bytes:
    """Markdown of the datasheet.

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
    keys = ("groups", "manuscripts", "historical_ocr", "require_caption", "drop_privacy_flagged", "seed")
    chosen = "\n".join(f"- `{k}`: `{for_code(json.dumps(config[k]))}`" for k in keys if k in config)
    what = "figures with captions and what is known of them" if folder != "tables" else "rows of the tables"
    return f"""# Datasheet

Follows *Datasheets for Datasets* (Gebru et al. 2021).

## Motivation

Pairs of images and texts, and paragraphs, from open-access biomedical articles, with licences and attribution on every
row, for training and studying models. Made with pmcmine {__version__}.

## Composition

| rows of | number |
|---|---:|
{counts}

Instances are {what}, with the fields that `schema.json` tells. The articles are those of
a snapshot of {snapshot["n_versions"]:,} article versions (SHA-256
`{snapshot["sha256"]}`), but for what the tables
below say was left out.

{_PEOPLE}## Collection and preprocessing

Licences are those of the metadata and of the article itself; a figure's own permissions override them. Settings that
decide what is in:

{chosen}

Models whose labels are in the rows:

{models or "- none"}

| stage | of | in | out | rejected |
|---|---|---:|---:|---:|
{funnel}

| stage | of | reason | number | meaning |
|---|---|---|---:|---|
{reasons}

{_USES}""".encode()


def citation(name: str, snapshot: Mapping[str, Any]) -> bytes:
    """`CITATION.cff` (Citation File Format 1.2) of a dataset folder."""
    return f"""cff-version: 1.2.0
type: dataset
title: {json.dumps(name)}
message: "Please cite this dataset, and the articles whose figures or texts you show, by the attribution of their rows."
authors:
  - name: "The authors of the articles in the PMC Open Access Subset; compiled with pmcmine"
version: {json.dumps(snapshot["sha256"][:12])}
abstract: {json.dumps(f"Made with pmcmine {__version__} from a snapshot of {snapshot['n_versions']} article versions.")}
keywords: [biomedicine, figures, captions, image-text pairs, PubMed Central]
""".encode()
