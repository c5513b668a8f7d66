"""Describe the texts written by models in Croissant: a record set per side table, and its provenance."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from pmcmine._version import __version__
from pmcmine.describe.croissant import croissant_field, croissant_head, to_json
from pmcmine.describe.provenance import CONTEXT
from pmcmine.errors import DamagedError, UnsafeNameError
from pmcmine.io.folder import Folder
from pmcmine.release.layout import columns_of
from pmcmine.release.written import TEXTS, WrittenFacts
from schemas.written import WRITTEN

_TEXT = (
    "Texts that language models wrote about figures, panels, articles and cases of a release, checked against the "
    "passages that the models were given. No author of the articles wrote them. Nested columns stand in the files."
)


def written_croissant(tables: Iterable[WrittenFacts], release: Folder, date: str | None) -> bytes:
    """Return `croissant.json` of side tables of texts, with the provenance and actual columns of each.

    A side table without a readable file has no record set, because its columns are unknown.

    Args:
        tables: the side tables.
        release: folder with their files, which may be of an earlier version.
        date: publication date; None if unknown.
    """
    distribution, sets, made = [], [], []
    for facts in sorted(tables, key=lambda w: w.name):
        made.append(_activity(facts))
        held = _columns(release, facts)
        if held is None:
            continue
        files = f"files-{facts.name}"
        distribution.append(
            {
                "@type": "cr:FileSet",
                "@id": files,
                "name": files,
                "encodingFormat": "application/x-parquet",
                "includes": f"{facts.name}/{TEXTS}/**/*.parquet",
            }
        )
        schema = [field for field in WRITTEN.schema if field.name in held]
        fields = [croissant_field(facts.name, field, files) for field in schema]
        sets.append(
            {
                "@type": "cr:RecordSet",
                "@id": facts.name,
                "name": facts.name,
                "description": f"{WRITTEN.meaning} Task {facts.task}, about {facts.table}.",
                "key": {"@id": f"{facts.name}/{WRITTEN.key}"},
                "field": [f for f in fields if f is not None],
            }
        )
    head = croissant_head("pmcmine-written", _TEXT, (), {}, __version__)
    head["@context"] = head["@context"] | {"prov": CONTEXT["prov"]}
    head |= {"datePublished": date} if date is not None else {}
    return to_json(head | {"prov:wasGeneratedBy": made, "distribution": distribution, "recordSet": sets})


def _columns(release: Folder, facts: WrittenFacts) -> frozenset[str] | None:
    """Return the columns of all files of a side table, which one run wrote; None if no file is readable."""
    for name in facts.texts:
        with suppress(DamagedError, UnsafeNameError):
            return columns_of(release, name)
    return None if facts.texts else frozenset(WRITTEN.schema.names)


def _activity(facts: WrittenFacts) -> dict[str, Any]:
    """Describe how a side table was made: models, source table and prompt."""
    agents = [facts.settings[name] for name in ("model", "judge") if name in facts.settings]
    return {
        "@type": "prov:Activity",
        "prov:label": f"pmcmine write --task {facts.task} --name {facts.name}",
        "prov:used": [
            {"@type": "prov:Entity", "prov:label": f"table {facts.table} of the release"},
            {
                "@type": "prov:Entity",
                "prov:label": f"prompt of {facts.task}, version {facts.settings.get('prompt_version', '')}",
                "sc:identifier": f"sha256:{facts.settings.get('prompt_sha256', '')}",
            },
        ],
        "prov:wasAssociatedWith": [
            {"@type": "prov:SoftwareAgent", "prov:label": name} for name in (*agents, f"pmcmine {facts.pmcmine}")
        ],
    }
