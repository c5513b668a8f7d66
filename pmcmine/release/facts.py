"""Define the parts of `release.json` as frozen records.

A release may be a third party's or of an older version: missing values have a default here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Annotated, Any, Final

from pydantic import BeforeValidator

from pmcmine.plugins.enricher import Model
from pmcmine.release.layout import FileEntry
from pmcmine.release.old_names import places_today, stage_today
from pmcmine.vocabulary.terms import Origin


def _shallow(facts: Any) -> dict[str, Any]:
    """Return the fields of a record by name, without converting their values."""
    return {f.name: getattr(facts, f.name) for f in fields(facts)}


def _with_others(raw: object, own: frozenset[str], into: str) -> object:
    """Move all keys of a JSON object that are not in `own` into one key."""
    if not isinstance(raw, Mapping):
        return raw
    others = {k: v for k, v in raw.items() if k not in own}
    return {k: v for k, v in raw.items() if k in own} | {into: others}


@dataclass(frozen=True)
class Snapshot:
    r"""Facts of a frozen snapshot.

    Attributes:
        sha256: hash over `<pmcid>.<version>\t<etag>` lines in order of number and version.
        kind: kind of the source.
        n_versions: number of article versions; a requested PMCID that is missing counts as one.
        n_pmcids: number of PMCIDs.
        n_blocks: number of blocks, which are ranges of the articles' places in [0, 1).
        n_absent: number of requested PMCIDs that the source does not have.
    """

    sha256: str = ""
    kind: str = ""
    n_versions: int = 0
    n_pmcids: int = 0
    n_blocks: int = 0
    n_absent: int = 0


@dataclass(frozen=True)
class Sum:
    """One balance equation.

    Attributes:
        stage: stage of the run.
        unit: the counted unit.
        n_in: number of inputs.
        n_out: number of outputs.
        rejected: number of rejects.
        meaning: the equation in words.
    """

    stage: str
    unit: str
    n_in: int
    n_out: int
    rejected: int
    meaning: str = ""

    @property
    def holds(self) -> bool:
        """Return whether the equation holds."""
        return self.n_in == self.n_out + self.rejected

    def to_object(self) -> dict[str, Any]:
        """Return it as in `release.json` and `metrics.json`; the latter omits the meaning."""
        return {"stage": self.stage, "unit": self.unit, "in": self.n_in, "out": self.n_out,
                "rejected": self.rejected, "meaning": self.meaning}  # fmt: skip


@dataclass(frozen=True, slots=True)
class RejectCount:
    """Number of rejects of one stage, unit and reason."""

    stage: str
    unit: str
    reason: str
    n: int


def _renamed(names: Mapping[str, str]) -> BeforeValidator:
    """Return a validator that renames JSON keys to field names, as some are not valid names in Python."""

    def rename(raw: object) -> object:
        return {names.get(k, k): v for k, v in raw.items()} if isinstance(raw, Mapping) else raw

    return BeforeValidator(rename)


AnySum = Annotated[Sum, _renamed({"in": "n_in", "out": "n_out"}), BeforeValidator(stage_today)]


@dataclass(frozen=True, slots=True)
class Counts:
    """Counts of a release.

    Attributes:
        stages: the balance equations of the run.
        rejects: rejects by stage, unit and reason.
        panels: samples of panels by `group/split`.
        samples: samples of figures by `group/split`.
        rows: rows by `table/group/split`, or by the table alone.
        fault_share: shares of articles and of figures lost to faults of data or transfer.
        near_duplicates: counts of near duplicates by name; None if there was no search for them.
        parquet: rows of `shards-parquet` by `group/split`; None if it is not written.
    """

    stages: tuple[AnySum, ...] = ()
    rejects: tuple[RejectCount, ...] = ()
    panels: Mapping[str, int] = field(default_factory=dict)
    samples: Mapping[str, int] = field(default_factory=dict)
    rows: Annotated[Mapping[str, int], BeforeValidator(places_today)] = field(default_factory=dict)
    fault_share: Mapping[str, float] = field(default_factory=dict)
    near_duplicates: Mapping[str, int] | None = None
    parquet: Mapping[str, int] | None = None

    def rows_of(self, table: str) -> int:
        """Count the rows of a table with licence groups."""
        return sum(n for place, n in self.rows.items() if place.startswith(f"{table}/"))

    def n_in(self, stage: str, unit: str) -> int:
        """Return the number of units that entered a stage."""
        return next((s.n_in for s in self.stages if (s.stage, s.unit) == (stage, unit)), 0)

    def to_object(self) -> dict[str, Any]:
        """Convert to JSON values."""
        stated = asdict(self) | {"stages": [s.to_object() for s in self.stages]}
        return {k: v for k, v in stated.items() if k != "parquet" or v is not None}


@dataclass(frozen=True, slots=True)
class VocabularyFacts:
    """The vocabulary used to link concepts.

    Attributes:
        name: such as open.
        version: version of its inputs, or a prefix of their hash.
        license_class: the strictest of its inputs.
        sha256: hash of its content.
        origins: its inputs.
        names_published: whether rows hold the names of concepts.
    """

    name: str = ""
    version: str = ""
    license_class: str = ""
    sha256: str = ""
    origins: tuple[Origin, ...] = ()
    names_published: bool = False

    def to_object(self) -> dict[str, Any]:
        """Convert to JSON values."""
        return asdict(self) | {"origins": [dict(sorted(asdict(o).items())) for o in self.origins]}


@dataclass(frozen=True, slots=True)
class MatchedSet:
    """A benchmark set that the corpus was compared with.

    Attributes:
        name: name of the file or folder.
        images: images with a fingerprint.
        unreadable: files that look like images but can't be decoded.
        texts: texts that are long enough to search for.
        short_texts: texts that are too short.
        matched: items of the corpus that match it: images, captions, paragraphs.
    """

    name: str
    images: int = 0
    unreadable: int = 0
    texts: int = 0
    short_texts: int = 0
    matched: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Decontamination:
    """Comparison of the corpus with benchmark sets.

    Attributes:
        action: flag or drop.
        sha256: hash of the file of their hashes.
        sets: the sets.
    """

    action: str = ""
    sha256: str = ""
    sets: tuple[MatchedSet, ...] = ()


@dataclass(frozen=True, slots=True)
class UpdateFacts:
    """One update of a release.

    Attributes:
        date: day of the update, YYYY-MM-DD.
        tag: tag in the names of added shards, `inc<date>`.
        from_snapshot: hash of the snapshot of the release that it started from.
        articles: numbers of new, changed, retried and removed articles.
        removed_samples: number of samples that are no longer in the release.
        rewritten: rewritten files.
        added: added files.
        other: keys stated by another version of pmcmine.
    """

    date: str | None = None
    tag: str | None = None
    from_snapshot: str | None = None
    articles: Mapping[str, int] | None = None
    removed_samples: int | None = None
    rewritten: tuple[str, ...] | None = None
    added: tuple[str, ...] | None = None
    other: Mapping[str, Any] = field(default_factory=dict)

    def to_object(self) -> dict[str, Any]:
        """Convert to JSON values; keys of another version stay as they are."""
        held = _shallow(self)
        others = held.pop("other")
        return {"from" if k == "from_snapshot" else k: v for k, v in held.items() if v is not None} | dict(others)


@dataclass(frozen=True, slots=True)
class RunFacts:
    """How a release was made; may differ between runs with the same result.

    Attributes:
        started: time at the end of the assembly, ISO 8601.
        python: version of Python.
        apache_beam: version of Beam.
        resumed_blocks: blocks mined by an earlier attempt.
        options: configuration keys that only affect the run.
        seconds: duration of the run.
        files: report, metrics and state.
    """

    started: str = ""
    python: str | None = None
    apache_beam: str | None = None
    resumed_blocks: int = 0
    options: Mapping[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    files: tuple[FileEntry, ...] = ()

    @property
    def runner(self) -> str | None:
        """Name of the runner."""
        runner = self.options.get("runner")
        return runner if isinstance(runner, str) else None

    @property
    def workers(self) -> int:
        """Number of workers."""
        workers = self.options.get("workers")
        return workers if type(workers) is int else 1

    @property
    def vocab(self) -> str | None:
        """Address of the vocabulary."""
        vocab = self.options.get("vocab")
        return None if vocab is None else str(vocab)

    @property
    def free_published(self) -> bool:
        """Return whether shards were removed once they were published."""
        return bool(self.options.get("free_published"))

    @property
    def keep_work(self) -> bool:
        """Return whether the work folder stays."""
        return bool(self.options.get("keep_work"))

    def to_object(self) -> dict[str, Any]:
        """Convert to JSON values."""
        known = _shallow(self)
        options, seconds, files = known.pop("options"), known.pop("seconds"), known.pop("files")
        listed = {"files": [f.to_object() for f in files]} if files else {}
        return known | dict(options) | {"seconds": seconds} | listed


_UPDATE: Final = frozenset(f.name for f in fields(UpdateFacts)) - {"other"}
_RUN: Final = frozenset(f.name for f in fields(RunFacts)) - {"options"}
AnyUpdate = Annotated[
    UpdateFacts,
    BeforeValidator(lambda raw: _with_others(raw, _UPDATE, "other")),
    _renamed({"from": "from_snapshot"}),
]
AnyRun = Annotated[RunFacts, BeforeValidator(lambda raw: _with_others(raw, _RUN, "options"))]
# A third party's release may name a model without its training data.
AnyModel = Annotated[
    Model,
    BeforeValidator(lambda raw: {"name": "", "trained_on": "", **raw} if isinstance(raw, Mapping) else raw),
]
