"""Classes of words that names of findings exchange, and the hash of a name whose words may stand in any order.

"Abnormality of the ear", "ear malformations" and "malformed ears" have the same classes of words: function words are
left out, inflected and derived forms share a stem, and words that phenotypes use alike share a class.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Final

from pmcmine.vocabulary.hashes import mix, token_hash
from pmcmine.vocabulary.normalise import fold, token_key
from pmcmine.vocabulary.variants import SUPPLETIVE

MAX_CONTENT: Final = 6  # words of a name, without function words
FUNCTION: Final = frozenset("of the in on a an to".split())
COORDINATORS: Final = frozenset("and or nor".split())
# Words that are names in some vocabulary ("All", "Was", "Other") and function words in a text (Fox 1989, short forms).
STOP: Final = frozenset(
    "a about after again against all also am an and any are as at be because been before being below between both but "
    "by can could did do does doing down during each either else few for from further had has have having he her here "
    "hers him his how i if in into is it its itself just may me might more most must my no nor not now of off on once "
    "one only or other our out over own per same she should so some such than that the their them then there these "
    "they this those through to too under until up very via was we were what when where which while who whom why will "
    "with within without would yet you your two three four five fig figure figures table et al".split()
)
# What says only that something is seen; "abnormal ear morphology" is an abnormal ear.
_EMPTY: Final = frozenset("morphology".split())
_CLASSES: Final = (
    "abnormality abnormal abnormalities abnormally anomaly anomalous malformation malformed deformity deformed "
    "dysmorphism dysmorphic defect defective problem manifestation involvement disorder",
    "neoplasm neoplasia neoplastic tumor tumour tumorous",
    "absent absence aplasia aplastic agenesis missing lack lacking",
    "small hypoplasia hypoplastic underdeveloped underdevelopment smallness",
    "short shortening shortened shortness",
    "decreased decrease reduced reduction diminished low lowered",
    "increased increase elevated elevation high raised",
    "enlarged enlargement large",
    "wide broad widened widening broadened broadening",
    "narrow narrowed narrowing",
    "delayed delay retarded retardation",
    "impaired impairment",
    "fused fusion synostosis",
    "multiple numerous",
    "atrophy atrophic wasting wasted",
    "weakness weak",
    "pain painful ache",
    "paralysis palsy paralyzed paralysed",
    "hemorrhage haemorrhage bleeding",
    "duplication duplicated double duplicate",
    "thick thickened thickening thickness",
    "thin thinning thinned",
    "prominent prominence protruding protrusion protuberant",
    "long elongated elongation",
    "flat flattened flattening",
    "curved curvature curving",
    "calcification calcified calcifications",
    "malignant malignancy cancer cancerous",
    "deficiency deficient deficit",
    "movement motion",
    "behavior behaviour behavioral behavioural",
    "supernumerary extra accessory",
    "recurrent recurring frequent",
    "auricular ear",
    "cranium cranial skull",
    "extremity limb",
    "kidney renal",
    "mental intellectual",
)
_SUFFIXES: Final = (
    "isations", "izations", "isation", "ization", "ations", "ation", "ically", "ical", "ness", "ments",
    "ment", "ences", "ence", "ances", "ance", "ated", "ate", "ing", "edly", "ed", "ions", "ion", "ial", "eal", "ous",
    "ent", "ant", "al", "ar", "ic", "ia", "ly", "s", "y", "i", "a", "e",
)  # fmt: skip
_LEAST_STEM: Final = 4
# Words that would get the stem of another one: "colon", "globe".
_OWN_STEM: Final = frozenset("colony global".split())


def _stem(word: str) -> str:
    """Strip one ending of inflection or derivation, if enough of the word stays."""
    if word in _OWN_STEM:
        return word
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= _LEAST_STEM:
            return word[: len(word) - len(suffix)]
    return word


@cache
def _known() -> dict[str, str]:
    """Return the class of each listed word, by its key and by its stem."""
    found: dict[str, str] = {}
    for noun, adjectives in SUPPLETIVE.items():
        if " " not in noun:
            for adjective in adjectives.split():
                found.setdefault(token_key(adjective), token_key(noun))
    for words in _CLASSES:
        first, *_ = words.split()
        for word in words.split():
            found[token_key(word)] = found.get(token_key(first), token_key(first))
    return found


def word_class(token: str) -> str:
    """Return the class of a word, as a string that need not be a word; empty for function words."""
    word = fold(token)
    if (word in FUNCTION and token != "A") or word in _EMPTY:
        return ""  # "A" names a type
    key = token_key(token)
    return _stem(_known().get(key, key))


def class_hash(word: str) -> int:
    """Hash one class of words; names are hashed by the sum of these, modulo 2^64."""
    return mix(token_hash(word)[0]) if word else 0


def token_class_hash(token: str) -> int:
    """Hash the class of a token; 0 for a function word, -1 for one that coordinates."""
    return -1 if fold(token) in COORDINATORS else class_hash(word_class(token))


def bag(tokens: list[str], hash_of: Callable[[str], int] = token_class_hash) -> list[int] | None:
    """Hash the classes of the words of a name; None if it has too few or too many, or coordinates parts.

    Args:
        tokens: the name.
        hash_of: `token_class_hash`, or what remembers its results.
    """
    hashes = list(map(hash_of, tokens))
    if -1 in hashes:
        return None
    found = [h for h in hashes if h]
    return found if 2 <= len(found) <= MAX_CONTENT else None
