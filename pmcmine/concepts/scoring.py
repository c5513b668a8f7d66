"""Probability that a match is right: a logistic model with few terms."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources


@dataclass(frozen=True, slots=True)
class Evidence:
    """Evidence for a match.

    Attributes:
        exact: the place says the name, letter for letter but for case.
        cased: the name is an abbreviation or symbol that counts only in its own case.
        caseless: case proves nothing in the text.
        level: how the name stands to its concept (`vocabulary.Level`).
        derived: an adjective formed from the name.
        acronym: the source, or its form, says that the name is an abbreviation.
        letters: letters and digits, at most 30.
        words: tokens, at most 6.
        capital: a capital where the name has none, as at the start of a sentence.
        rivals: other concepts as likely.
        general: a word of general prose, or a term that its source calls uninformative.
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


FEATURES = ("exact", "cased", "caseless_cased", "level_1", "level_2", "level_3", "level_4", "derived", "acronym",
            "letters", "short", "words", "capital", "rivals", "broad_short", "general", "general_related",
            "variant_related")  # fmt: skip


def features(e: Evidence) -> tuple[float, ...]:
    """Compute the numbers for the model, in the order of `FEATURES`."""
    return (
        float(e.exact),
        float(e.cased),
        float(e.cased and e.caseless),
        float(e.level == 1),
        float(e.level == 2),
        float(e.level == 3),
        float(e.level == 4),
        float(e.derived),
        float(e.acronym),
        math.log(max(e.letters, 1)),
        float(e.letters <= 3),
        float(e.words > 1),
        float(e.capital),
        float(min(e.rivals, 3)),
        float(e.level >= 3 and e.words == 1),
        float(e.general),
        float(e.general and e.level >= 3),
        float(not e.exact and e.level >= 3),
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
    z = model["bias"] + sum(model[name] * v for name, v in zip(FEATURES, features(e), strict=True))
    return round(1 / (1 + math.exp(-z)), 4)
