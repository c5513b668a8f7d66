"""Estimate the probability that a match is right, with a small logistic model."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from typing import Final


@dataclass(frozen=True, slots=True)
class Evidence:
    """Evidence for a match.

    Attributes:
        exact: the span equals the name, letter for letter except for case.
        cased: the name is an abbreviation or symbol that counts only in its own case.
        caseless: case carries no information in the text.
        level: relation of the name to its concept (`vocabulary.Level`).
        derived: an adjective formed from the name.
        acronym: the source, or its form, marks the name as an abbreviation.
        letters: letters and digits, at most 30.
        words: tokens, at most 6.
        capital: a capital that the name lacks, as at the start of a sentence.
        rivals: number of equally likely other concepts.
        general: a word of general prose, or a term that its source calls uninformative.
        lay: laypersons use the name, according to the source.
        loose: the words of the name in another order or form.
        coordinated: the name shares words with another one in a coordination.
        other_words: words of the name replaced by others of their class, at most 4.
        kin: a related name of a finding that shares an informative word with the concept's own name (`Flag.KIN`).
    """

    exact: bool
    cased: bool
    caseless: bool
    level: int
    derived: bool
    acronym: bool
    letters: int
    words: int
    capital: bool
    rivals: int = 0
    general: bool = False
    lay: bool = False
    loose: bool = False
    coordinated: bool = False
    other_words: int = 0
    kin: bool = False


# Added to the log odds of related names with `Evidence.kin` ("imperforate anus" for "Anal atresia"). Not a weight of
# the model, because the corpus used for fitting names no findings.
_KIN: Final = 1.0
FEATURES = ("exact", "cased", "caseless_cased", "level_1", "level_2", "level_3", "level_4", "lay", "derived", "acronym",
            "letters", "short", "words", "capital", "rivals", "broad_short", "general", "general_related",
            "variant_related", "loose", "coordinated", "other_words")  # fmt: skip


def features(e: Evidence) -> tuple[float, ...]:
    """Compute the features of the model, in the order of `FEATURES`. None depends on the vocabulary."""
    related = e.level >= 3 and not e.lay  # names that a source calls related are seldom meant, except lay terms
    return (
        float(e.exact),
        float(e.cased),
        float(e.cased and e.caseless),
        float(e.level == 1),
        float(e.level == 2),
        float(e.level == 3 and not e.lay),
        float(e.level == 4 and not e.lay),
        float(e.lay and e.level > 0),
        float(e.derived),
        float(e.acronym),
        math.log(max(e.letters, 1)),
        float(e.letters <= 3),
        float(e.words > 1),
        float(e.capital),
        float(min(e.rivals, 3)),
        float(related and e.words == 1),
        float(e.general),
        float(e.general and e.level >= 3),
        float(not e.exact and related),
        float(e.loose),
        float(e.coordinated),
        float(e.other_words),
    )


@cache
def _model() -> Mapping[str, float]:
    data = json.loads(resources.files("pmcmine.concepts").joinpath("models/linking.json").read_text("utf-8"))
    weights: dict[str, float] = data["weights"]
    return weights | {"bias": data["bias"]}


@lru_cache(maxsize=100_000)
def probability(e: Evidence) -> float:
    """Compute the probability that a match is right, rounded to 4 places."""
    model = _model()
    z = model["bias"] + sum(model.get(name, 0.0) * v for name, v in zip(FEATURES, features(e), strict=True))
    if e.kin:
        z += _KIN
    return round(1 / (1 + math.exp(-z)), 4)
