"""Find sentences in a language that is neither English nor a language of the source."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from pmcmine.write.checks.answer import WORD, Answer, split_sentences
from pmcmine.write.checks.problem import Problem, problem

CODES: Final = {"other_language": "a sentence is in a language that is neither English nor that of what was given"}
_FUNCTION: Final = {
    "en": "the of and is are was were in on with for to by from at that this which as an be it not no has have between "
    "than these its or both each after before shows showing show shown",
    "de": "der die das und ist sind wurde wurden im mit für von zu den dem des ein eine einer eines auf nach bei zeigt "
    "nicht sich als auch aus durch wird werden zwischen oder über es keine am zur zum",
    "fr": "le la les des et est sont une dans avec pour du au aux sur par que qui ce cette montre chez ont pas entre "
    "été après ou il elle d' l' en",
    "es": "el la los las y es son una en con para del al por que se muestra muestran entre fue fueron después este "
    "esta no sin como su sus un de lo",
    "it": "il lo la gli le e è sono una nel nella con per del della dei delle che si mostra tra fra dopo non come di "
    "un da al alla i in",
    "pt": "o a os as e é são uma no na com para do da dos das que se mostra entre após não como em um por ao foi foram",
    "nl": "de het een en is zijn werd werden in met voor van op na bij toont niet als ook uit door wordt worden tussen "
    "of geen naar aan dat die",
    "pl": "i w na z do jest są nie się oraz po od dla przez że to który która przedstawia",
    "tr": "ve bir bu ile için olarak olan gösterir göstermektedir de da en çok daha sonra",
}
_SETS: Final = {code: frozenset(words.split()) for code, words in _FUNCTION.items()}
_LEAST: Final = 3  # function words of another language
_LETTERS: Final = 200  # characters of a sentence examined for their script
_FOREIGN: Final = 0.3  # share of letters of another script
_LATIN: Final = ("LATIN", "GREEK", "MICRO", "MASCULINE", "FEMININE", "OHM", "MODIFIER", "KELVIN", "ANGSTROM", "DOUBLE")


def _language(words: Sequence[str]) -> str:
    """Name the language with the most function words; English unless another language is well ahead."""
    counts = {code: sum(w in known for w in words) for code, known in _SETS.items()}
    best = max(counts, key=lambda code: (counts[code], code == "en"))
    other = counts[best]
    return best if other >= _LEAST and other > 2 * counts["en"] and other * 5 >= len(words) else "en"


def _script(text: str) -> bool:
    """Check whether many letters of a text are neither Latin nor Greek."""
    letters = [c for c in text[:_LETTERS] if c.isalpha()]
    foreign = sum(not c.isascii() and not unicodedata.name(c, "?").startswith(_LATIN) for c in letters)
    return foreign > _FOREIGN * max(len(letters), 1)


def _languages(texts: Iterable[str]) -> set[str]:
    out = set()
    for text in texts:
        out.add("script" if _script(text) else _language([m[0].lower() for m in WORD.finditer(text)]))
    return out


def find(answer: Answer) -> Iterator[Problem]:
    """Compare the language of each sentence with those of the source."""
    known: set[str] | None = None
    for sentence in answer.sentences:
        found = _languages([sentence]) - {"en"}
        if not found:
            continue
        known = _languages(split_sentences(answer.source)) if known is None else known
        if not found <= known:
            yield problem("other_language", sentence)
