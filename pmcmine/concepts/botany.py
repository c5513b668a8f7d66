"""Lower the score of parts of animals' bodies in articles about plants, where "ear", "tissue" and "crop" are a plant's.

An article is about plants if it names them often, and hardly ever an animal or a patient. Counted over all texts that
are linked together, so that one paragraph on "leaf extract" in an article about rats changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from pmcmine.concepts.candidates import Candidate
from pmcmine.vocabulary.semantic_types import GROUPS
from pmcmine.vocabulary.terms import Term

# Cells stay: plants and fungi have "protoplasts", "conidia" and "cells".
_BODY: Final = frozenset(GROUPS["ANAT"].split()) - {"T025", "T026"}
_PLANTS: Final = frozenset(
    "plant plants arabidopsis thaliana maize wheat barley sorghum oryza zea triticum hordeum soybean brassica "
    "nicotiana solanum populus medicago grapevine seedling seedlings leaf leaves shoot shoots cultivar cultivars "
    "germplasm chloroplast chloroplasts stomata stomatal pollen petiole petioles xylem phloem photosynthesis "
    "photosynthetic flowering inflorescence inflorescences germination cotyledon cotyledons meristem meristems crop "
    "crops angiosperm angiosperms auxin".split()
)
_ANIMALS: Final = frozenset(
    "patient patients human humans animal animals mouse mice rat rats murine clinical children women men participants "
    "cancer tumor cattle cow cows pig pigs sheep goat goats chicken chickens rabbit rabbits dog dogs monkey monkeys "
    "zebrafish drosophila fish insect insects larva larvae larval beetle beetles bee bees aphid aphids ant ants moth "
    "moths butterfly bird birds mammal mammals mosquito mosquitoes worm worms elegans nematode nematodes spider "
    "spiders mite mites fibroblasts".split()
)
_LEAST: Final = 5  # words about plants
_SHARE: Final = 0.01  # of all words; wheat's articles have .01 to .09
_TIMES: Final = 10  # as often as words about animals
FACTOR: Final = 0.4  # of the score; no single name keeps more than the default least score


def is_botany(words: Sequence[str]) -> bool:
    """Check whether the words of an article are those of one about plants."""
    plants = sum(map(_PLANTS.__contains__, words))
    if plants < max(_LEAST, _SHARE * len(words)):
        return False
    lower = list(map(str.lower, words))
    return sum(map(_PLANTS.__contains__, lower)) >= _TIMES * sum(map(_ANIMALS.__contains__, lower))


def lowered(words: Sequence[str], found: list[Candidate], term: Callable[[int], Term]) -> list[Candidate]:
    """Lower the scores of parts of the body if the words are those of an article about plants."""
    if not found or not is_botany(words):
        return found
    return [
        replace(c, score=round(c.score * FACTOR, 4)) if _BODY.intersection(term(c.term).types) else c for c in found
    ]
