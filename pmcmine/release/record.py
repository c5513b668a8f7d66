"""Define `release.json` as a frozen record; only this module reads and writes it.

A release may be a third party's, of an older version, or damaged: missing values have a default here, a value of
another type is one error, names of earlier versions are translated, and unknown keys are kept.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from pmcmine.errors import DamagedError, ReleaseError
from pmcmine.io import sealed
from pmcmine.io.folder import Folder
from pmcmine.plugins.enricher import EnricherFacts, Model
from pmcmine.release.facts import (
    AnyModel,
    AnyRun,
    AnyUpdate,
    Counts,
    Decontamination,
    RunFacts,
    Snapshot,
    UpdateFacts,
    VocabularyFacts,
)
from pmcmine.release.layout import JOURNAL, RELEASE, WAY_OUT, FileEntry
from pmcmine.release.metrics import Metrics
from pmcmine.release.scores import ScoreFacts, parse_scores
from pmcmine.release.written import WrittenFacts, parse_written
from pmcmine.text.clean import for_terminal

_PARTS: Final = {"config": dict, "run": dict, "counts": dict, "snapshot": dict, "updates": list, "files": list}
_READERS: Final[Mapping[str, TypeAdapter[Any]]] = {
    "pmcmine": TypeAdapter(str),
    "snapshot": TypeAdapter(Snapshot),
    "seed": TypeAdapter(int),
    "counts": TypeAdapter(Counts),
    "vocabulary": TypeAdapter(VocabularyFacts | None),
    "classifiers": TypeAdapter(tuple[AnyModel, ...]),
    "enrichers": TypeAdapter(tuple[EnricherFacts, ...]),
    "decontamination": TypeAdapter(Decontamination | None),
    "splits_moved": TypeAdapter(Mapping[str, str]),
    "updates": TypeAdapter(tuple[AnyUpdate, ...]),
    "run": TypeAdapter(AnyRun),
}


@dataclass(frozen=True, slots=True)
class ReleaseRecord:
    """The contents of `release.json`.

    Attributes:
        pmcmine: version that made it.
        config: configuration keys that affect the result, and hashes of the models.
        snapshot: the mined snapshot.
        seed: seed of the shuffle.
        counts: its counts.
        vocabulary: the vocabulary; None if nothing was linked.
        classifiers: models that labelled its rows.
        enrichers: active enrichers.
        decontamination: comparison with benchmark sets; None if there was none.
        splits_moved: PMCIDs assigned to another split than the natural one, with their split.
        updates: its updates, oldest first.
        files: all its files except those of `run`.
        run: how it was made.
        scores: its scores.
        written: side tables of texts written by models.
        other: keys stated by another version of pmcmine.
        stated: keys that it has.
        intact: whether it matches its own checksum; None if it has none, as in releases of the first versions.
    """

    pmcmine: str = ""
    config: Mapping[str, Any] = field(default_factory=dict)
    snapshot: Snapshot = field(default_factory=Snapshot)
    seed: int = 0
    counts: Counts = field(default_factory=Counts)
    vocabulary: VocabularyFacts | None = None
    classifiers: tuple[Model, ...] = ()
    enrichers: tuple[EnricherFacts, ...] = ()
    decontamination: Decontamination | None = None
    splits_moved: Mapping[str, str] = field(default_factory=dict)
    updates: tuple[UpdateFacts, ...] = ()
    files: tuple[FileEntry, ...] = ()
    run: RunFacts = field(default_factory=RunFacts)
    scores: tuple[ScoreFacts, ...] = ()
    written: tuple[WrittenFacts, ...] = ()
    other: Mapping[str, Any] = field(default_factory=dict, repr=False)
    stated: frozenset[str] = field(default=frozenset(), repr=False, compare=False)
    intact: bool | None = field(default=None, repr=False, compare=False)

    def files_of(self, folder: str) -> list[FileEntry]:
        """List the files below a folder such as `shards` or `tables/figures`."""
        return [file for file in self.files if file.name.startswith(f"{folder}/")]

    def to_object(self) -> dict[str, Any]:
        """Convert to JSON values, without the checksum."""
        return {
            "pmcmine": self.pmcmine,
            "config": dict(self.config),
            "snapshot": asdict(self.snapshot),
            "seed": self.seed,
            "counts": self.counts.to_object(),
            "vocabulary": None if self.vocabulary is None else self.vocabulary.to_object(),
            "classifiers": [m.stated() for m in self.classifiers],
            "enrichers": [asdict(e) for e in self.enrichers],
            "decontamination": None if self.decontamination is None else asdict(self.decontamination),
            "splits_moved": dict(self.splits_moved),
            "updates": [u.to_object() for u in self.updates],
            "files": [f.to_object() for f in self.files],
            "run": self.run.to_object(),
            **({"scores": [s.to_object() for s in self.scores]} if self.scores else {}),
            **({"written": [w.to_object() for w in self.written]} if self.written else {}),
            **self.other,
        }

    def to_bytes(self) -> bytes:
        """Return `release.json`, with its checksum."""
        return json.dumps(sealed.with_seal(self.to_object()), indent=1, ensure_ascii=False).encode()

    @classmethod
    def from_object(cls, raw: Mapping[str, Any], where: str) -> ReleaseRecord:
        """Parse a `release.json`, perhaps a third party's.

        Args:
            raw: its JSON.
            where: its name, for the message.

        Raises:
            DamagedError: if a value has a wrong type or is out of range.
        """
        for name, kind in _PARTS.items():
            if not isinstance(raw.get(name, kind()), kind):
                raise DamagedError(f"{where}: is damaged ({name} is not a {kind.__name__}); {WAY_OUT}")
        run = dict(raw.get("run", {}))
        if not isinstance(run.get("files", []), list):
            raise DamagedError(f"{where}: is damaged (run.files is not a list); {WAY_OUT}")
        files, run["files"] = (
            tuple(FileEntry.listed(f, where) for f in entries.get("files", ())) for entries in (raw, run)
        )
        scores = parse_scores(raw.get("scores"), where)
        written = parse_written(raw.get("written"), where)
        known = {n: _read(n, v, where) for n, v in (dict(raw) | {"run": run}).items() if n in _READERS}
        others = {k: v for k, v in raw.items() if k not in _KEYS and k != sealed.SEAL}
        config, stated = raw.get("config", {}), frozenset(raw)
        return cls(
            **known,
            config=config,
            files=files,
            scores=scores,
            written=written,
            other=others,
            stated=stated,
            intact=sealed.seal_holds(raw),
        )


_KEYS: Final = frozenset(f.name for f in fields(ReleaseRecord)) - {"other", "stated", "intact"}


def _read(name: str, value: object, where: str) -> Any:
    try:
        return _READERS[name].validate_python(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = for_terminal(".".join(map(str, (name, *first["loc"]))), 80)
        raise DamagedError(f"{where}: is damaged ({place}: {first['msg']}); {WAY_OUT}") from None


def parse_release(data: bytes, where: str) -> ReleaseRecord:
    """Parse the bytes of a `release.json`, perhaps a third party's.

    Raises:
        DamagedError: if it is invalid.
    """
    return ReleaseRecord.from_object(sealed.parse_object(data, where, WAY_OUT), where)


def load_release(out: Folder) -> ReleaseRecord:
    """Read `release.json` of a release folder.

    Raises:
        ReleaseError: if it is missing.
        DamagedError: if it is damaged.
    """
    try:
        data = out.read(RELEASE)
    except FileNotFoundError:
        raise ReleaseError(f"{out.url}: no {RELEASE}; this is not a release, or it is not complete yet") from None
    return parse_release(data, f"{out.url}/{RELEASE}")


def check_seal(release: ReleaseRecord, where: str) -> ReleaseRecord:
    """Return a release if it matches its own checksum, or has none because it is older than the checksum.

    Raises:
        DamagedError: if it does not match.
    """
    if release.intact is False:
        raise DamagedError(f"{where}: is damaged or was edited (its checksum differs); {WAY_OUT}")
    return release


@dataclass(frozen=True, slots=True)
class Journal:
    """The last files that a run writes, once all others are collected.

    Attributes:
        release: `release.json`, without report, metrics and state.
        metrics: `metrics.json`.
    """

    release: ReleaseRecord
    metrics: Metrics


def write_journal(work: Folder, journal: Journal) -> None:
    """Save in the work folder the last files that an update will write."""
    release = journal.release.to_object()
    release["run"]["metrics"] = journal.metrics.to_object()
    work.write(JOURNAL, sealed.to_bytes(release), replace=True)


def read_journal(work: Folder, way_out: str) -> Journal:
    """Read the last files that a killed update was about to write.

    Args:
        work: the work folder.
        way_out: remedy for damage, for the message.

    Raises:
        DamagedError: if it is damaged.
    """
    where = f"{work.url}/{JOURNAL}"
    raw = sealed.parse(work.read(JOURNAL), where, way_out)
    run = raw.get("run")
    metrics = run.pop("metrics", None) if isinstance(run, dict) else None
    if not isinstance(metrics, dict):
        raise DamagedError(f"{where}: is damaged (no metrics); {way_out}")
    try:
        return Journal(ReleaseRecord.from_object(raw, where), Metrics.from_object(metrics))
    except ValueError as error:
        raise DamagedError(f"{where}: is damaged (metrics: {error}); {way_out}") from None
