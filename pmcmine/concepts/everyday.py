"""Lower the scores of everyday words in articles that hardly speak of bodies.

A "head" is one of a household, a "tube" one of a pump, a "shock" one of prices, and a "scale" that of a map, in
articles on farms, materials and climate, whose texts name people, animals and their organs seldom or never. In those
that do, the same words may mean either, and keep their scores, and so do findings in texts that speak of people.
Counted over all texts that are linked together.
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

# Words that are a part of the body or a finding in vocabularies, and things, plants or acts in other prose.
_EVERYDAY: Final = frozenset(
    # What is made, built or measured.
    "arm arms ball balls bar bars bladder bladders capillaries capillary capsule capsules column columns cord cords "
    "core cores finger fingers globe globes head heads helices helix horn horns joint joints lens lenses lobe lobes "
    "neck necks pad pads pile piles pit pits pore pores projection projections ring rings scale scales septa septum "
    "shell shells shield shields shoulder shoulders sinusoidal skeleton skeletons spine spines suture sutures tail "
    "tails tip tips tract tracts tube tubes valve valves vessel vessels web webs "
    # What land, books and plants have.
    "appendices appendix cortical crop crops crown crowns cuticle cuticles ear ears exudate exudates flank flanks "
    "foot feet lamina laminar limb limbs lobular organ organs ovaries ovary palm palms parenchyma placenta primordia "
    "primordial primordium root roots silk stem stems stool stools stroma tapetum tissue tissues trunk trunks tuber "
    "tubers vascular vein veins venation "
    # What is done.
    "extension extensions face faces hand hands marking markings "
    # Findings.
    "aggressiveness agitation anger blister blisters collapse dehydration dissociation fall falling falls hopping "
    "inertia jumping pallor plethora rigidity rigor shock shocks spinning stereotyped stroke strokes weakness "
    "weaknesses".split()
) | {"abdomen mass", "abdomen masses", "short arm", "short arms", "weight loss"}  # fmt: skip
_LONGEST: Final = max(map(len, _EVERYDAY))
# Words of texts about bodies, one of a hundred words and more in clinical articles.
_BODIES: Final = frozenset(
    "animal animals bird birds blood bone brain cancer cattle chicken chickens children clinical cow cows diagnosis "
    "disease diseases dog dogs drosophila embryo embryos fish goat goats heart hospital human humans infection insect "
    "insects kidney larva larvae larval liver lung mammal mammalian mammals men mice monkey monkeys mouse murine "
    "muscle neuron neurons participants patient patients pig pigs rabbit rabbits rat rats serum sheep skin surgery "
    "surgical symptoms therapy tumor tumors tumour tumours women zebrafish".split()
)
_AS_SAID: Final = _BODIES | frozenset(map(str.capitalize, _BODIES))
_SHARE: Final = 0.006  # of all words; articles with hardly any link of other kinds have 0 to .003
_LEAST: Final = 300  # words of texts that can tell
FACTOR: Final = 0.4  # of the score; no single name keeps more than the default least score


def is_bodiless(words: Sequence[str]) -> bool:
    """Check whether the words of an article are those of one that hardly speaks of bodies."""
    if len(words) < _LEAST:
        return False
    most = _SHARE * len(words)
    return sum(map(_AS_SAID.__contains__, words)) < most


def lowered(
    texts: Sequence[str], tokens: Tokens, found: list[Candidate], term: Callable[[int], Term]
) -> list[Candidate]:
    """Lower the scores of candidates that are everyday words, if the article hardly speaks of bodies."""
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
