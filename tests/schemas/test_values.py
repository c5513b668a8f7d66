"""Closed sets of values: the schemas state those that the code has, and rows hold no others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from classifiers.images.kinds import KINDS
from classifiers.text.heads import CLASSES
from pmcmine import ids, stream
from pmcmine.config import GROUPS
from pmcmine.jats.sections import _PATTERNS, SELF_KINDS
from pmcmine.release.conditions import known_values
from pmcmine.rights.licenses import Group, License
from schemas import TABLES, closed_values, values
from schemas.figure import ImageKindScores
from schemas.paragraph import PARAGRAPHS
from tests.helpers import rows


def test_they_are_those_of_the_code() -> None:
    assert set(values.LICENSES) == {x.value for x in License}
    assert set(values.GROUPS) == {x.value for x in Group} == set(GROUPS)
    assert values.SPLITS == ids.SPLITS == stream.SPLITS
    assert values.IMAGE_KINDS == KINDS == tuple(ImageKindScores.__dataclass_fields__)
    sections = {kind for kind, _ in _PATTERNS} | set(SELF_KINDS.values()) | {"abstract", "back", "other"}
    assert set(values.SECTION_KINDS) == sections
    stated = closed_values(PARAGRAPHS.schema)
    assert (set(stated["type"]), set(stated["domain"])) == (set(CLASSES["type"]), set(CLASSES["domain"]))


def _texts(value: Any) -> list[str]:
    return [v for v in value if v is not None] if isinstance(value, list) else [] if value is None else [value]


def test_a_release_states_them_and_keeps_to_them(demo_release: Path) -> None:
    described = json.loads((demo_release / "tables" / "schema.json").read_text("utf-8"))
    for name, table in TABLES.items():
        known = known_values(table.schema)
        assert {f["name"]: f["values"] for f in described[name] if "values" in f} == closed_values(table.schema)
        for path in (demo_release / "tables" / name).rglob("*.parquet"):
            assert known_values(pq.read_schema(path)) == known
        for row in rows(demo_release, name):
            for column in closed_values(table.schema):
                assert set(_texts(row[column])) <= set(known[column]), (name, column)


def test_listed_kinds_of_images_are_those_whose_score_is_at_least_a_half(demo_release: Path) -> None:
    seen = 0
    for row in rows(demo_release, "figures"):
        scores = row["image_kind_scores"]
        if scores is None:
            assert row["image_kinds"] == []
            continue
        seen += 1
        assert row["image_kinds"] == [
            k for k in sorted(scores, key=lambda k: (-scores[k], KINDS.index(k))) if scores[k] >= 0.5
        ]
    assert seen > 20
