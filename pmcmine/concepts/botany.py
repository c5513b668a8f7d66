"""Lower the scores of ambiguous anatomy and findings in articles about plants.

"Ear", "tissue" and "crop" belong to a plant there, and so do "dwarfism", "dehydration" and "low fertility". An article
is about plants if it names them often, and animals or patients hardly ever. Counts are over all texts linked together,
so that one paragraph on "leaf extract" in an article about rats changes nothing. A finding in people who eat the plants
("anemia") stays a finding if its text mentions people.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from pmcmine.concepts.candidates import Candidate
from pmcmine.concepts.matcher import Tokens
from pmcmine.vocabulary.semantic_types import FINDINGS, GROUPS
from pmcmine.vocabulary.terms import Term

# Cells are not lowered: plants and fungi have "protoplasts", "conidia" and "cells".
_BODY: Final = frozenset(GROUPS["ANAT"].split()) - {"T025", "T026"}
# A text with one of these words is about people: their health, food and drugs.
_PEOPLE: Final = frozenset(
    "patient patients human humans people woman women man men child children infants consumer consumers clinical "
    "clinically health diet diets dietary malnutrition nutrition nutritional medicine medicinal therapy therapeutic "
    "pharmacological cancer diabetes obesity cardiovascular carcinogen carcinogenic mammalian ailment ailments remedy "
    "remedies folk traditional healer healers villagers respondents informants workers farmers allergy allergic "
    "allergen allergens gluten celiac".split()
)
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
_TIMES: Final = 10  # times as many as words about animals
FACTOR: Final = 0.4  # of the score; puts every single name below the default minimum score


def is_botany(words: Sequence[str]) -> bool:
    """Check whether the words are those of an article about plants."""
    plants = sum(map(_PLANTS.__contains__, words))
    if plants < max(_LEAST, _SHARE * len(words)):
        return False
    lower = list(map(str.lower, words))
    return sum(map(_PLANTS.__contains__, lower)) >= _TIMES * sum(map(_ANIMALS.__contains__, lower))


def texts_on_people(tokens: Tokens) -> frozenset[int]:
    """Return the indices of texts about people, their health, food or drugs."""
    return frozenset(n for n, word in zip(tokens.text.tolist(), tokens.words, strict=True) if word.lower() in _PEOPLE)


def lowered(tokens: Tokens, found: list[Candidate], term: Callable[[int], Term]) -> list[Candidate]:
    """In articles about plants, lower the scores of body parts, and of findings in texts that are not about people."""
    if not found or not is_botany(tokens.words):
        return found
    people = texts_on_people(tokens)

    def is_plants(c: Candidate) -> bool:
        types = term(c.term).types
        return not _BODY.isdisjoint(types) or (c.text not in people and not FINDINGS.isdisjoint(types))

    return [replace(c, score=round(c.score * FACTOR, 4)) if is_plants(c) else c for c in found]
