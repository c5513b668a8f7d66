"""Compare the models that labelled a release with those of an update, and state those that made its rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from pmcmine._version import __version__
from pmcmine.concepts import stated as concepts
from pmcmine.config import MineConfig
from pmcmine.errors import DamagedError, PmcmineError, VocabularyError
from pmcmine.miner import enrichers
from pmcmine.miner.enrichers import Used
from pmcmine.panels import stated as panels
from pmcmine.plugins.enricher import EnricherFacts, Model
from pmcmine.plugins.load import OWN
from pmcmine.release.begin import describe_difference
from pmcmine.release.layout import RELEASE, WAY_OUT
from pmcmine.release.record import ReleaseRecord
from pmcmine.vocabulary.locate import local_copy
from pmcmine.vocabulary.vocabulary import Vocabulary

# Models that releases did not always state: if one states none of a set, nothing tells which it was made with.
_LATER: Final = {"panels": panels.NAMES, "concepts": concepts.NAMES}
MIX: Final = "an update would mix them; "


@dataclass(frozen=True, slots=True)
class Statement:
    """The models that made the rows of a release, as `release.json` states them.

    Attributes:
        models: the models.
        enrichers: the enrichers.
        hashes: SHA-256 of the models by name, in its configuration; a repo on the Hub is known by it.
    """

    models: tuple[Model, ...]
    enrichers: tuple[EnricherFacts, ...]
    hashes: Mapping[str, str]


def statement(config: MineConfig, old: ReleaseRecord | None, labels: bool) -> Statement:
    """Return the statement of a release.

    Args:
        config: the configuration.
        old: the release that an update starts from, else None.
        labels: whether the update labelled rows; if it did not, those of the old release made them all.
    """
    if old is None:
        models = tuple(enrichers.info(config))
        return Statement(models, tuple(enrichers.stated(config)), {m.name: m.sha256 for m in models})
    hashes = _hashes(old, config.out)
    if labels:
        return Statement(tuple(enrichers.info(config)), tuple(enrichers.stated(config)), hashes)
    return Statement(_stated(old, config.out), old.enrichers, hashes)


def _hashes(record: ReleaseRecord, where: str) -> Mapping[str, str]:
    held = record.config.get("models", {})
    if not isinstance(held, dict) or not all(isinstance(v, str) for v in held.values()):
        raise DamagedError(f"{where}/{RELEASE}: is damaged (config.models is no object of hashes); {WAY_OUT}")
    return held


def _stated(record: ReleaseRecord, where: str) -> tuple[Model, ...]:
    """Return the models of a release; earlier ones state only hashes."""
    if "classifiers" in record.stated:
        return record.classifiers
    return tuple(Model(name, "", sha256=digest) for name, digest in sorted(_hashes(record, where).items()))


def other_models(config: MineConfig, record: ReleaseRecord) -> tuple[str, str] | None:
    """Compare the models that labelled the rows of a release with those that an update would label rows with.

    Returns:
        What differs, and what to do about it; None if an update would label alike.
    """
    if (found := _other_vocabulary(config, record)) is not None:
        return found
    now = {each.model.name: each for each in enrichers.used(config)}
    for name in _unstated(config, record, now):
        del now[name]
    before = {m.name: m for m in _stated(record, config.out)}
    only_hashes = {m.name for m in before.values() if not m.trained_on}  # as earlier releases state them
    old, new = (
        {m.name: {"sha256": m.sha256} | ({} if m.name in only_hashes else {"version": m.version}) for m in models}
        for models in (before.values(), [each.model for each in now.values()])
    )
    difference = describe_difference(old, new)
    if not difference:
        return None
    differing = [now[name] for name in new if old.get(name) != new[name]]
    return (
        f"{config.out}: was labelled by other models than are installed here ({difference}), and ",
        f"mine anew into another --out, or update with {_what_made(record, differing)}",
    )


def _other_vocabulary(config: MineConfig, record: ReleaseRecord) -> tuple[str, str] | None:
    """Compare the vocabulary of an update with that of the release, as `other_models`."""
    if config.vocab is None:
        return None
    try:
        vocabulary = Vocabulary(local_copy(config.vocab, config.vocab_sha256), any_rules=True)
    except VocabularyError as error:
        stated = record.vocabulary
        which = (
            f"{stated.name} ({stated.version})" if stated is not None and stated.version else "the one it was made with"
        )
        return (
            f"{config.out}: its vocabulary can't be used here ({error}); links by another one differ, and ",
            f"give {which} as --vocab, mine anew into another --out, or update with {_what_made(record, ())}",
        )
    if vocabulary.has_these_rules:
        return None
    return (
        f"{config.out}: its vocabulary was built with other spelling rules than those of this pmcmine, and ",
        f"mine anew into another --out with a vocabulary of today, or update with {_what_made(record, ())}",
    )


def check_models(config: MineConfig, record: ReleaseRecord) -> None:
    """Check that an update would label rows with the models and rules that labelled those of the release.

    Raises:
        PmcmineError: if it would not: scores and embeddings of two models can't be compared, and nothing says which
            row has which.
    """
    if (found := other_models(config, record)) is not None:
        raise PmcmineError(f"{found[0]}{MIX}{found[1]}")


def unstated_models(config: MineConfig, record: ReleaseRecord) -> str | None:
    """Return a line about models that an update uses and the release does not state; None if it states them all."""
    names = _unstated(config, record, [each.model.name for each in enrichers.used(config)])
    if not names:
        return None
    kinds = " and ".join(kind for kind, held in _LATER.items() if held & names)
    return (
        f"the release does not say which models of {kinds} it was made with (pmcmine {record.pmcmine}): if they are "
        "other ones than here, the update mixes them; from now on it states those of here"
    )


def _unstated(config: MineConfig, record: ReleaseRecord, used: Collection[str]) -> set[str]:
    before = {m.name for m in _stated(record, config.out)}
    return {name for held in _LATER.values() if not held & before for name in held if name in used}


def _what_made(record: ReleaseRecord, differing: Collection[Used]) -> str:
    """Name the packages whose models differ, with the versions that are stated and installed."""
    stated = {OWN: record.pmcmine} | {each.package: each.version for each in record.enrichers}
    packages = {each.package: each.version for each in differing} or {OWN: __version__}
    said = []
    for package, installed in sorted(packages.items()):
        before = stated.get(package, "")
        if before == installed:
            said.append(f"the {package} that made it (version {before}, as is installed, but with other models)")
        elif before:
            said.append(f"{package} {before} (installed: {installed})")
        else:
            said.append(f"the {package} that made it (installed: {installed})")
    return " and ".join(said)
