"""Mark exact duplicates; drop those of train that are also in validation or test."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pmcmine.ids import pmcid_number

_GROUP_RANK = {"commercial": 0, "noncommercial": 1, "other": 2}


@dataclass(frozen=True, slots=True)
class SampleRef:
    """A staged sample: what is shuffled instead of its bytes.

    `panels` are samples of `shards-panels`, with their places in the same pack; `panel_sums` the CRC-32 of each. `twin`
    is the figure of another split whose image or caption (`twin_kind`) is nearly the same. A sample of the release that
    an update starts from lies in `old` (tar, offset, size) instead of a pack; `old_duplicate_of` and
    `old_leaks_into` are what it said there.
    """

    figure_id: str
    key: str
    pmcid: str
    group: str
    split: str
    sha256: str
    pack: str
    image_offset: int
    image_size: int
    text_offset: int
    text_size: int
    json_size: int
    crc32: int = 0
    duplicate_of: str = ""
    leaks_into: str = ""
    twin: str = ""
    twin_kind: str = ""
    panels: tuple[Mapping[str, Any], ...] | list[Mapping[str, Any]] = ()
    panel_sums: tuple[int, ...] | list[int] | None = None
    old: tuple[str, int, int] | list[Any] | None = None
    old_duplicate_of: str = ""
    old_leaks_into: str = ""


def plain(sample: SampleRef) -> dict[str, Any]:
    """Return the fields of a sample by name; `asdict` copies what they hold, too, which takes ten times as long."""
    return {name: getattr(sample, name) for name in SampleRef.__slots__}


def mark_duplicates(samples: Iterable[SampleRef]) -> list[SampleRef]:
    """Mark samples whose images have the same bytes.

    A train sample whose image is also in test or validation gets `leaks_into`. Of the others the one with the
    widest licence, then the lowest PMCID (PMC numbers by time), then the lowest id stands for all.
    """
    members = sorted(samples, key=lambda s: (_GROUP_RANK.get(s.group, 9), pmcid_number(s.pmcid), s.figure_id))
    if len(members) == 1:
        return members
    splits = {s.split for s in members}
    leak = "test" if "test" in splits else "validation" if "validation" in splits else ""
    marked = [replace(s, leaks_into=leak) if leak and s.split == "train" else s for s in members]
    first = next((s for s in marked if not s.leaks_into), marked[0])
    return [s if s.figure_id == first.figure_id else replace(s, duplicate_of=first.figure_id) for s in marked]
