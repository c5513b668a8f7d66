"""Lower the scores of everyday words in articles that hardly mention bodies.

A "head" is one of a household, a "tube" one of a pump, a "shock" one of prices, and a "scale" that of a map, in
articles on farms, materials and climate, which seldom or never name people, animals and their organs. In other articles
the same words may mean either and keep their scores, and so do findings in texts about people. Counts are over all
texts linked together.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from pmcmine.concepts.botany import texts_on_people
from pmcmine.concepts.candidates import Candidate
from pmcmine.concepts.matcher import Tokens
from pmcmine.vocabulary.semantic_types import FINDINGS
from pmcmine.vocabulary.terms import Term

# Words that vocabularies list as a body part or finding, but other prose uses for things, plants or acts.
_EVERYDAY: Final = frozenset(
    # Things made, built or measured.
    "arm arms ball balls bar bars bladder bladders capillaries capillary capsule capsules column columns cord cords "
    "core cores finger fingers globe globes head heads helices helix horn horns joint joints lens lenses lobe lobes "
    "neck necks pad pads pile piles pit pits pore pores projection projections ring rings scale scales septa septum "
    "shell shells shield shields shoulder shoulders sinusoidal skeleton skeletons spine spines suture sutures tail "
    "tails tip tips tract tracts tube tubes valve valves vessel vessels web webs "
    # Parts of land, books and plants.
    "appendices appendix cortical crop crops crown crowns cuticle cuticles ear ears exudate exudates flank flanks "
    "foot feet lamina laminar limb limbs lobular organ organs ovaries ovary palm palms parenchyma placenta primordia "
    "primordial primordium root roots silk stem stems stool stools stroma tapetum tissue tissues trunk trunks tuber "
    "tubers vascular vein veins venation "
    # Actions.
    "extension extensions face faces hand hands marking markings "
    # Findings.
    "aggressiveness agitation anger blister blisters collapse dehydration dissociation fall falling falls hopping "
    "inertia jumping pallor plethora rigidity rigor shock shocks spinning stereotyped stroke strokes weakness "
    "weaknesses".split()
) | {"abdomen mass", "abdomen masses", "short arm", "short arms", "weight loss"}  # fmt: skip
_LONGEST: Final = max(map(len, _EVERYDAY))
# Words of texts about bodies: at least one word in a hundred in clinical articles.
_BODIES: Final = frozenset(
    "animal animals bird birds blood bone brain cancer cattle chicken chickens children clinical cow cows diagnosis "
    "disease diseases dog dogs drosophila embryo embryos fish goat goats heart hospital human humans infection insect "
    "insects kidney larva larvae larval liver lung mammal mammalian mammals men mice monkey monkeys mouse murine "
    "muscle neuron neurons participants patient patients pig pigs rabbit rabbits rat rats serum sheep skin surgery "
    "surgical symptoms therapy tumor tumors tumour tumours women zebrafish".split()
)
_AS_SAID: Final = _BODIES | frozenset(map(str.capitalize, _BODIES))
_SHARE: Final = 0.006  # of all words; articles with hardly any other kind of link have 0 to .003
_LEAST: Final = 300  # minimum words for a decision
FACTOR: Final = 0.4  # of the score; puts every single name below the default minimum score


def is_bodiless(words: Sequence[str]) -> bool:
    """Check whether the words are those of an article that hardly mentions bodies."""
    if len(words) < _LEAST:
        return False
    most = _SHARE * len(words)
    return sum(map(_AS_SAID.__contains__, words)) < most


def lowered(
    texts: Sequence[str], tokens: Tokens, found: list[Candidate], term: Callable[[int], Term]
) -> list[Candidate]:
    """Lower the scores of candidates that are everyday words, if the article hardly mentions bodies."""
    everyday = {
        n
        for n, c in enumerate(found)
        if c.end - c.start <= _LONGEST and texts[c.text][c.start : c.end].lower() in _EVERYDAY
    }
    if not everyday or not is_bodiless(tokens.words):
        return found
    people = texts_on_people(tokens)

    def is_meant(c: Candidate) -> bool:
        return c.text in people and not FINDINGS.isdisjoint(term(c.term).types)

    return [
        replace(c, score=round(c.score * FACTOR, 4)) if n in everyday and not is_meant(c) else c
        for n, c in enumerate(found)
    ]
