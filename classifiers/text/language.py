"""Language of a text: fastText's lid.176 (Joulin et al. 2016), with what the article states as prior.

The compressed model (CC BY-SA 3.0, Facebook AI Research) stands in `models/`; lid.176.md says whose it is.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Final, Protocol, cast

from classifiers.text import ftz
from pmcmine.errors import PmcmineError

UNKNOWN: Final = "und"  # ISO 639-2: undetermined
_READ: Final = 240  # characters; more changes little and costs time in proportion
_LETTERS: Final = 12  # a text with fewer says nothing of its language
_SHORT: Final = 40  # a text with fewer letters needs more evidence
_LONG: Final = 200  # code points of a text that tells the language of its article
_KANA: Final = re.compile(r"[\u3041-\u30ff]")
_LOWER: Final = re.compile(r"[a-z]{3}")
# Scripts that name their language. Han is Chinese unless there is kana, or Japanese is stated.
_SCRIPTS: Final = {
    "ja": (0x3041, 0x30FF),
    "zh": (0x3400, 0x9FFF),
    "ko": (0xAC00, 0xD7A3),
    "th": (0x0E01, 0x0E5B),
    "he": (0x05D0, 0x05EA),
    "ka": (0x10A0, 0x10FF),
    "hy": (0x0531, 0x0587),
    "ta": (0x0B80, 0x0BFF),
    "te": (0x0C00, 0x0C7F),
    "kn": (0x0C80, 0x0CFF),
    "ml": (0x0D00, 0x0D7F),
    "gu": (0x0A80, 0x0AFF),
    "si": (0x0D80, 0x0DFF),
    "km": (0x1780, 0x17FF),
    "lo": (0x0E80, 0x0EFF),
    "my": (0x1000, 0x109F),
}
_OWN_SCRIPT: Final = re.compile("[" + "".join(f"{chr(a)}-{chr(b)}" for a, b in _SCRIPTS.values()) + "]")
_BY_SCRIPT: Final = {code: re.compile(f"[{chr(a)}-{chr(b)}]") for code, (a, b) in _SCRIPTS.items()}
_HAN: Final = frozenset({"ja", "zh", "yue", "wuu"})
_SCRIPT_SCORE: Final = 0.95
_FEW_HAN: Final = 4
_IDEOGRAPH: Final = 3  # an ideograph says as much as so many letters
_SURE: Final = 0.8  # of the model; below, the words are looked at
_EVIDENCE: Final = 0.25  # least probability of the model, before the prior, for a language to be named
_LEAST: Final = 0.5  # least probability after the prior
_LEAST_SHORT: Final = 0.7  # the same for a short text in another language than the prior's
_WORD: Final = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_DIGIT: Final = re.compile(r"\d")
_FUNCTION_WORDS: Final = frozenset(
    "the of and is are was in on with for to by de la le les el los las del des et y e en du der die das und von im "
    "mit per il di da do dos het een van och av".split()
)
_TOP: Final = 5
# How much more likely the stated language is than any other before the text is read; English, where none is stated,
# for it is the language of nearly all of PMC.
_STATED: Final = 20.0
_ENGLISH: Final = 5.0


@dataclass(frozen=True, slots=True)
class Language:
    """A language.

    Attributes:
        code: ISO 639-1 or 639-3, as lid.176 has it; `und` if the text says too little (a few letters, gene symbols,
            formulas, names of species) and no language is stated.
        score: probability, 0 to 1, rounded to 4 places; 0 for `und`.
    """

    code: str
    score: float


def model_file() -> Path:
    """Return the path of lid.176.ftz.

    Raises:
        PmcmineError: if the file is missing.
    """
    path = Path(__file__).parent / "models" / "lid.176.ftz"
    if not path.is_file():
        raise PmcmineError(f"language: {path} is missing; install pmcmine again, or use --set languages=false")
    return path


class _Model(Protocol):
    def predict(self, text: str, k: int, threshold: float, errors: str) -> list[tuple[float, str]]: ...


@cache
def _model() -> _Model:
    path = model_file()
    try:
        try:
            # The function of the package's top level prints a warning that nothing can be done about.
            from fasttext import FastText
        except ImportError:  # no wheel for this Python: the same file, read and computed in numpy
            return ftz.read(path)
        return cast(_Model, FastText._FastText(model_path=str(path)).f)
    except ValueError as error:
        raise PmcmineError(f"{path}: not a fastText model ({error})") from None


@cache
def info() -> dict[str, str]:
    """Return name, hash, training data and licence of the model.

    Raises:
        PmcmineError: if it is missing.
    """
    digest = sha256(model_file().read_bytes()).hexdigest()
    return {
        "name": "language",
        "sha256": digest,
        "trained_on": "lid.176 of fastText: Wikipedia, Tatoeba and SETimes",
        "license": "CC-BY-SA-3.0",
    }


def identify_article(texts: Sequence[str], stated: Sequence[str | None]) -> list[Language]:
    """Identify the language of each text of one article, with the language of its long texts as prior of the others.

    Where no language is stated, a text of few letters is too little evidence of another language than that, and gets
    none; texts whose script names their language are not affected.

    Args:
        texts: the texts.
        stated: as for `identify`.

    Raises:
        PmcmineError: if the model is missing or damaged.
    """
    found = identify(texts, stated)
    long = Counter(x.code for x, text in zip(found, texts, strict=True) if len(text) >= _LONG)
    if not long:
        return found
    most = min(long, key=lambda code: (-long[code], code))
    again = []
    for i, (x, text, tag) in enumerate(zip(found, texts, stated, strict=True)):
        if tag or x.code in (most, UNKNOWN) or len(text) >= _LONG or _OWN_SCRIPT.search(text):
            continue
        if sum(map(str.isalpha, text)) < _SHORT:
            found[i] = Language(UNKNOWN, 0.0)
        else:
            again.append(i)
    for i, x in zip(again, identify([texts[i] for i in again], [None] * len(again), most), strict=True):
        found[i] = x
    return found


def identify(texts: Sequence[str], stated: Sequence[str | None], expected: str = "") -> list[Language]:
    """Identify the language of each text.

    Args:
        texts: the texts.
        stated: `xml:lang` of each, such as `en` or `pt-BR`; None if nothing is stated.
        expected: language that has the weight of a stated one for texts without, such as the article's; it is no label
            by itself.

    Raises:
        PmcmineError: if the model is missing or damaged.
    """
    model = _model()
    out = []
    for text, tag in zip(texts, stated, strict=True):
        told = (tag or "").split("-")[0].split("_")[0].lower()
        unsure = Language(told, 0.5) if told else Language(UNKNOWN, 0.0)
        said = " ".join(text[:_READ].split())
        letters = sum(map(str.isalpha, said))
        if letters < _SHORT and not said.isascii() and _OWN_SCRIPT.search(said):
            code = _by_script(said, letters, told)
            if code:
                out.append(Language(code, _SCRIPT_SCORE))
                continue
        if letters < _LETTERS:
            out.append(unsure)
            continue
        capitals = _LOWER.search(said) is None and _is_upper(said, letters)
        if capitals:
            said = said.lower()  # the model knows few words in capitals
        found = {label[9:]: score for score, label in model.predict(said + "\n", _TOP, 0.0, "replace")}
        if not _KANA.search(said):
            found.pop("ja", None)  # short Chinese is taken for Japanese, which is not written without kana
        prior = told or expected or "en"
        sure = next(iter(found.values()), 0.0) >= _SURE
        before = found.get(prior, 1e-6)
        found[prior] = before * (_STATED if told or expected else _ENGLISH)
        best = min(found, key=lambda code: (-found[code], code))
        score = round(min(found[best] / sum(found.values()), 1.0), 4)
        if capitals or not sure:
            least = _LEAST_SHORT if letters < _SHORT and best != prior else _LEAST
            evidence = before if best == prior else found[best]
            if evidence < _EVIDENCE or score < least or not _has_words(said, capitals):
                out.append(unsure)
                continue
        out.append(Language(best, score))
    return out


def _by_script(said: str, letters: int, told: str) -> str:
    """Return the language that a short text's script names; empty if most of its letters are of another script."""
    counts = {code: n for code, of in _BY_SCRIPT.items() if (n := len(of.findall(said)))}
    own = sum(counts.values())
    best = max(counts, key=lambda code: counts[code])
    weight = _IDEOGRAPH if best in _HAN else 1
    if own * weight <= letters - own:
        return ""
    if best in _HAN:
        if told in _HAN:
            return told
        if "ja" in counts:
            return "ja"
        return "zh" if own >= _FEW_HAN else ""  # a few ideographs may be Japanese too
    return best


def _is_upper(said: str, letters: int) -> bool:
    """Return whether nearly all letters are capitals."""
    return sum(map(str.isupper, said)) >= 0.8 * letters


def _has_words(said: str, capitals: bool) -> bool:
    """Return whether a text holds words of a language, not only symbols of genes, formulas, units and numbers."""
    words = _WORD.findall(" ".join([w for w in said.split() if not _DIGIT.search(w)]))
    if capitals:
        # In capitals a symbol looks like a word, but few symbols are long.
        return any(len(w) > 5 for w in words) or sum(w in _FUNCTION_WORDS for w in words) > 1
    kept = [w for w in words if w.islower() or (w[1:].islower() and len(w) > 2) or not w.isascii()]
    return sum(map(len, kept)) >= _LETTERS
