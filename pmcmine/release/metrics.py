"""Define `metrics.json` as a frozen record: values that vary between runs of the same release, and counts per stage."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from pydantic import StrictFloat, StrictInt, TypeAdapter, ValidationError

from pmcmine.errors import DamagedError
from pmcmine.io.folder import Folder
from pmcmine.release.facts import AnySum, RejectCount
from pmcmine.text.clean import for_terminal

METRICS: Final = "metrics.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Metrics:
    """The contents of `metrics.json`.

    Attributes:
        seconds: duration of the run.
        seconds_by_step: duration of each step that was run.
        cpu_seconds: core-seconds of the process and its children.
        peak_memory_bytes: peak resident memory of the process.
        articles_per_second: articles mined per second; None if nothing was mined.
        images_per_second: images read per second; None if nothing was mined.
        stages: the balance equations of the run.
        rejects: rejects by stage, unit and reason.
        bytes: bytes read and written, by kind.
        counts: all counts of the run by name.
    """

    seconds: StrictFloat = 0.0
    seconds_by_step: Mapping[str, StrictFloat]
    cpu_seconds: StrictFloat | None = None
    peak_memory_bytes: StrictInt | None = None
    articles_per_second: StrictFloat | None = None
    images_per_second: StrictFloat | None = None
    stages: tuple[AnySum, ...] = ()
    rejects: tuple[RejectCount, ...] = ()
    bytes: Mapping[str, StrictInt] = field(default_factory=dict)
    counts: Mapping[str, StrictInt]

    def to_object(self) -> dict[str, Any]:
        """Convert to JSON values."""
        return {
            "seconds": self.seconds,
            "seconds_by_step": dict(self.seconds_by_step),
            "cpu_seconds": self.cpu_seconds,
            "peak_memory_bytes": self.peak_memory_bytes,
            "articles_per_second": self.articles_per_second,
            "images_per_second": self.images_per_second,
            "stages": [{k: v for k, v in s.to_object().items() if k != "meaning"} for s in self.stages],
            "rejects": [asdict(r) for r in self.rejects],
            "bytes": dict(self.bytes),
            "counts": dict(self.counts),
        }

    @classmethod
    def from_object(cls, raw: object) -> Metrics:
        """Parse the result of `to_object`; other keys are ignored.

        Raises:
            ValueError: one line, if a value is missing or has a wrong type.
        """
        try:
            return _METRICS.validate_python(raw)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False, include_context=False)[0]
            place = for_terminal(".".join(map(str, first["loc"])), 80)
            raise ValueError(f"{place}: {first['msg']}" if place else first["msg"]) from None


_METRICS: Final = TypeAdapter(Metrics)


def load_metrics(release: Folder) -> Metrics:
    """Read `metrics.json` of a release.

    Raises:
        FileNotFoundError: if it is missing.
        DamagedError: if it is damaged.
    """
    try:
        return Metrics.from_object(json.loads(release.read(METRICS)))
    except (ValueError, RecursionError) as error:
        why = "nested too deep" if isinstance(error, RecursionError) else str(error)
        raise DamagedError(f"{release.url}/{METRICS}: is damaged ({why})") from None
