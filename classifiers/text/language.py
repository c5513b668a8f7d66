"""Language of a text: fastText's lid.176 (Joulin et al. 2016), with what the article states as prior.

The compressed model (CC BY-SA 3.0, Facebook AI Research) stands in `models/`; lid.176.md says whose it is.
"""

from __future__ import annotations

import re
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
_KANA: Final = re.compile(r"[\u3041-\u30ff]")
_TOP: Final = 5
# How much likelier the stated language is than any other before the text is read; English, where none is stated,
# for it is the language of nearly all of PMC.
_STATED: Final = 20.0
_ENGLISH: Final = 5.0


@dataclass(frozen=True, slots=True)
class Language:
    """A language.

    Attributes:
        code: ISO 639-1 or 639-3, as lid.176 has it; `und` where the text holds too few letters and none is stated.
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
        raise PmcmineError(f"{path}: no fastText model ({error})") from None


@cache
def info() -> dict[str, str]:
    """Name and hash of the model.

    Raises:
        PmcmineError: where it is missing.
    """
    digest = sha256(model_file().read_bytes()).hexdigest()
    return {"name": "language", "sha256": digest, "trained_on": "lid.176 of fastText: Wikipedia, Tatoeba and SETimes"}


def identify(texts: Sequence[str], stated: Sequence[str | None]) -> list[Language]:
    """Language of each text.

    Args:
        texts: the texts.
        stated: `xml:lang` of each, such as `en` or `pt-BR`; None where nothing is stated.

    Raises:
        PmcmineError: where the model is missing or damaged.
    """
    model = _model()
    out = []
    for text, tag in zip(texts, stated, strict=True):
        told = (tag or "").split("-")[0].split("_")[0].lower()
        said = " ".join(text[:_READ].split())
        if sum(map(str.isalpha, said)) < _LETTERS:
            out.append(Language(told, 0.5) if told else Language(UNKNOWN, 0.0))
            continue
        found = {label[9:]: score for score, label in model.predict(said + "\n", _TOP, 0.0, "replace")}
        if not _KANA.search(said):
            found.pop("ja", None)  # short Chinese is taken for Japanese, which is not written without kana
        prior = told or "en"
        found[prior] = found.get(prior, 1e-6) * (_STATED if told else _ENGLISH)
        best = min(found, key=lambda code: (-found[code], code))
        out.append(Language(best, round(min(found[best] / sum(found.values()), 1.0), 4)))
    return out
