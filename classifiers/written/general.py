"""Write the list of words of general English that the checks of written text let pass.

    python -m classifiers.written.general WORDNET VOCABULARY GOLD ARTICLES...

A logistic regression tells words that a good rewrite may bring from words that name something. It learns from the words
that good and spoiled rewrites brought, from the hand-made list, and from the words of open vocabularies; it looks at
the lexicographer files of WordNet, at how often a word is meant in them, and at the ends of words. All it knows is
known beforehand, so that the list is all that the checks need.
"""

from __future__ import annotations

import gzip
import re
import sys
import tarfile
import zipfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from classifiers.written.wordnet import FILES, ROOTS, Sense, read_antonyms, read_irregular, read_senses
from pmcmine.vocabulary.word_classes import STOP
from pmcmine.write.checks import lexicon as lexicon_module
from pmcmine.write.checks.answer import Answer
from pmcmine.write.checks.each.names import not_given
from pmcmine.write.checks.evaluate import GOOD, read_rewrites, texts_of
from pmcmine.write.checks.free import FREE, KINDS
from pmcmine.write.checks.lexicon import COLORS, opposites
from pmcmine.write.checks.tokens import bases
from pmcmine.write.given import Given, Passage

ENDINGS: Final = (
    "itis oma osis emia ectomy otomy pathy plasty scopy plasia trophy megaly penia cyte blast mab nib ase vir statin "
    "cillin mycin azole ine ol ide ate ose yl ane ium ic al ous ar ary ia us um is a i ion ment ness ity er or ing ed "
    "ly s able ism ist ive ful less ance ence"
).split()
_SPELLINGS: Final = (
    ("isation", "ization"), ("ise", "ize"), ("ised", "ize"), ("ises", "ize"), ("ising", "ize"), ("yse", "yze"),
    ("ysed", "yze"), ("our", "or"), ("oured", "or"), ("ouring", "or"), ("lled", "l"), ("lling", "l"), ("re", "er"),
)  # fmt: skip
_THINGS: Final = frozenset(f"noun.{x}" for x in "animal plant food substance body artifact state process".split())
_LEAST: Final = 2  # articles in which a word is
_WORD: Final = re.compile(r"[a-z]{3,40}")
_TAG: Final = re.compile(r"<[^>]+>")
_MODELS: Final = Path(lexicon_module.__file__).parent / "models"
_CONCEPTS: Final = frozenset(("ill", "drug", "chemical", "part", "living"))
_SAMPLE: Final = 6_000  # words of vocabularies that are learned from
_WEIGHTS: Final = {"vocabulary": 0.5, "hand": 1.0, "good": 3.0, "spoiled": 6.0}
_SHRINKAGE: Final = 3.0
_MOST: Final = 0.12  # probability of a name up to which a word is general
_LONG: Final = 8  # letters of adjectives without comparative
_BROUGHT: Final = 0.6  # the same for words that good rewrites brought
_NAMED: Final = frozenset(("entity", "colour"))  # kinds of rewrites in which one name stands for another
Vector = NDArray[np.float64]


class Lexicon:
    """What WordNet says of words."""

    def __init__(self, folder: Path) -> None:
        self.senses = read_senses(folder)
        self.irregular = read_irregular(folder)

    def lemmas(self, low: str) -> set[str]:
        """Return the words that a form may be of."""
        out = {w for w in (low, *self.irregular.get(low, ()), *bases(low)) if w in self.senses}
        if not out:
            out = {low[: -len(a)] + b for a, b in _SPELLINGS if low.endswith(a)} & self.senses.keys()
        return out

    def features(self, word: str) -> Vector:
        """Describe a word by numbers."""
        low = word.lower()
        found = [s for lemma in sorted(self.lemmas(low)) for s in self.senses[lemma]]
        shares = _shares(found)
        ends = [float(low.endswith(e)) for e in ENDINGS]
        counts = [s.count for s in found]
        kinds = max((s.kinds for s in found if s.part == "noun"), default=0)
        concept = any(s.roots & _CONCEPTS for s in found)
        rest = [
            not found,
            np.log1p(sum(counts)) / 3,
            len(low) / 10,
            bool(found) and not sum(counts),
            any(c.isdigit() for c in word),
            word[1:] != word[1:].lower(),
            any(s.proper for s in found),
            bool(found) and all(s.proper for s in found),
            min(len(found), 10) / 5,
            any(s.part == "verb" for s in found),
            any(s.part == "noun" for s in found),
            concept and max(counts, default=0) < 2,
            np.log1p(kinds) / 3,
            np.log1p(kinds) / 3 * concept,
        ]
        return np.array([*shares, *ends, *map(float, rest), 1.0])


def _shares(found: Sequence[Sense]) -> list[float]:
    """Return which share of what is meant by a word is in each lexicographer file and below each root."""
    out = dict.fromkeys((*FILES, *ROOTS), 0.0)
    total = 0.0
    for sense in found:
        weight = sense.count + 0.5 / sense.rank
        total += weight
        for name in (sense.file, *sense.roots):
            out[name] += weight
    return [x / total if total else 0.0 for x in out.values()]


def fit(x: Vector, y: Vector, weights: Vector) -> Vector:
    """Fit a logistic regression by Newton's method; the last column is the constant."""
    shrink = np.eye(x.shape[1]) * _SHRINKAGE
    shrink[-1, -1] = 1e-3
    out = np.zeros(x.shape[1])
    for _ in range(25):
        p = probability(x, out)
        hessian = (x * (weights * p * (1 - p))[:, None]).T @ x + shrink
        step = np.linalg.solve(hessian, x.T @ (weights * (p - y)) + shrink @ out)
        out -= step
        if np.abs(step).max() < 1e-6:
            break
    return out


def probability(x: Vector, weights: Vector) -> Vector:
    """Return how probably words are names."""
    out: Vector = 1 / (1 + np.exp(-(x @ weights)))
    return out


_NAME: Final = re.compile(r'^(?:name: (.*)|synonym: "([^"]*)" EXACT.*)$', re.MULTILINE)


def vocabulary(folder: Path) -> tuple[Counter[str], set[str]]:
    """Count the words of the terms of vocabularies (`*.obo.zip`, `*.obo.gz`), and collect terms of one word."""
    texts = []
    for path in sorted(folder.glob("*.obo.*")):
        if path.suffix == ".zip":
            with zipfile.ZipFile(path) as archive:
                texts += [archive.read(n).decode("utf-8", "ignore") for n in archive.namelist()]
        else:
            texts.append(gzip.decompress(path.read_bytes()).decode("utf-8", "ignore"))
    words: Counter[str] = Counter()
    terms = set()
    for match in (m for text in texts for m in _NAME.finditer(text)):
        term = (match[1] or match[2] or "").lower()
        words.update(set(re.findall(r"[a-z]{4,}", term)))
        if term.isalpha():
            terms.add(term)
    return words, terms


def brought(gold: Path, articles: Sequence[Path], leave: frozenset[str] = frozenset()) -> dict[str, set[str]]:
    """Collect the words of good and of spoiled rewrites that were not given.

    Args:
        gold: the rewrites.
        articles: the articles that they were made of.
        leave: ids of rewrites to leave out.
    """
    rewrites = [r for r in read_rewrites(gold) if r.id not in leave]
    texts = texts_of(articles, rewrites)
    new: dict[str, list[str]] = {}
    for r in rewrites:
        given = Given(tuple(Passage(kind, row, a, b, texts[row][a:b]) for kind, row, a, b in r.sources))
        new[r.id] = [t.text for t in not_given(Answer(r.text, given, r.task))]
    of_article: dict[str, set[str]] = {}
    for r in rewrites:
        if r.kind == GOOD:
            of_article.setdefault(r.pmcid, set()).update(new[r.id])
    spoiled = {w for r in rewrites if r.kind in _NAMED for w in new[r.id] if w not in of_article.get(r.pmcid, ())}
    return {"good": {w for found in of_article.values() for w in found}, "spoiled": spoiled}


def learn(lexicon: Lexicon, examples: Mapping[str, Iterable[str]]) -> Vector:
    """Learn from words of each sort of `_WEIGHTS`."""
    rows = [(w, sort) for sort, words in examples.items() for w in sorted(words)]
    x = np.array([lexicon.features(w) for w, _ in rows])
    y = np.array([float(sort in ("vocabulary", "spoiled")) for _, sort in rows])
    return fit(x, y, np.array([_WEIGHTS[sort] for _, sort in rows]))


def _is_body(senses: Sequence[Sense]) -> bool:
    return any(
        s.part == "noun" and s.rank <= 2 and s.file in ("noun.body", "noun.animal", "noun.plant") for s in senses
    )


def _comparative(word: str) -> str:
    return word[:-1] if word.endswith("e") else word[:-1] + "i" if word.endswith("y") else word


def general(lexicon: Lexicon, weights: Vector, terms: Iterable[str], good: Iterable[str] = ()) -> list[str]:
    """List the words that are no names, with their irregular forms, comparatives and British spellings.

    Args:
        lexicon: what WordNet says.
        weights: what was learned.
        terms: words that are terms of a vocabulary.
        good: words that good rewrites brought, which need less to be listed.
    """
    words = sorted(w for w in lexicon.senses if w.isascii() and w.isalpha() and len(w) > 2 and w not in COLORS)
    p = probability(np.array([lexicon.features(w) for w in words]), weights)
    named = {t for t in terms if _is_body(lexicon.senses.get(t, ()))}
    out = {w for w, one in zip(words, p, strict=True) if one <= _MOST and w not in named}
    brought_by_good = frozenset(good)
    out |= {w for w, one in zip(words, p, strict=True) if one <= _BROUGHT and w in brought_by_good - named}
    out |= {f for f, of in lexicon.irregular.items() if f.isalpha() and f not in lexicon.senses and of & out}
    compared = {w for w in out if len(w) < _LONG and any(s.part == "adj" for s in lexicon.senses.get(w, ()))}
    forms = {_comparative(w) + end for w in compared for end in ("er", "est")}
    out |= forms - lexicon.senses.keys()  # "live" has no "liver"
    british = ((w, a, b) for w in tuple(out) for a, b in (("ize", "ise"), ("yze", "yse"), ("ization", "isation")))
    return sorted(out | {w.removesuffix(a) + b for w, a, b in british if w.endswith(a)})


def words_of(articles: Sequence[Path]) -> Counter[str]:
    """Count in how many articles (JATS XML in folders or `.tar.gz`) each word is."""
    out: Counter[str] = Counter()
    for path in (p for a in articles for p in ([a] if a.is_file() else sorted(a.rglob("*")))):
        if path.suffix == ".xml":
            out.update(set(_WORD.findall(_TAG.sub(" ", path.read_text("utf-8", "ignore").lower()))))
        elif path.name.endswith(".tar.gz"):
            with tarfile.open(path) as archive:
                for stream in (archive.extractfile(m) for m in archive if m.name.endswith(".xml")):
                    text = stream.read().decode("utf-8", "ignore") if stream else ""
                    out.update(set(_WORD.findall(_TAG.sub(" ", text.lower()))))
    return out


def wider(lexicon: Lexicon, counts: Mapping[str, int], known: frozenset[str]) -> dict[str, set[str]]:
    """Map words of articles that name things to the words that mean the same or more.

    Args:
        lexicon: what WordNet says.
        counts: in how many articles each word is.
        known: words that any rewrite may use.
    """
    out = {}
    for word, senses in lexicon.senses.items():
        if len(word) > 3 and word.isalpha() and counts.get(word, 0) + counts.get(word + "s", 0) >= _LEAST:
            things = (s for s in senses if s.file in _THINGS and s.rank <= 3 and not s.proper)
            found = {w for s in things for w in s.wider if w.isalpha() and len(w) > 2} - known - {word}
            if found:
                out[word] = found
    return out


def main(arguments: Sequence[str]) -> None:
    """Write the list, and the opposites of WordNet, beside the checks."""
    wordnet, vocabularies, gold, *articles = map(Path, arguments)
    lexicon = Lexicon(wordnet)
    examples, terms = prepare(vocabularies)
    new = brought(gold, articles)
    weights = learn(lexicon, examples | new)
    lemmas = {lemma for w in new["good"] if w.islower() for lemma in lexicon.lemmas(w)}
    listed = general(lexicon, weights, terms, lemmas)
    (_MODELS / "general.txt").write_text("".join(f"{word}\n" for word in listed), "utf-8")
    known = frozenset((*listed, *FREE.split(), *KINDS.split()))
    rows = sorted(wider(lexicon, words_of(articles), known).items())
    (_MODELS / "wider.txt").write_text("".join(f"{w} {' '.join(sorted(found))}\n" for w, found in rows), "utf-8")
    own = opposites()
    pairs = sorted(p for p in read_antonyms(wordnet) if not own.keys() & set(p))
    (_MODELS / "antonyms.txt").write_text("".join(f"{a} {b}\n" for a, b in pairs), "utf-8")


def prepare(vocabularies: Path) -> tuple[dict[str, Any], set[str]]:
    """Return the words to learn from besides those of rewrites, and terms of one word."""
    words, terms = vocabulary(vocabularies)
    hand = set(FREE.split())
    other = sorted(w for w in words if w not in STOP and not bases(w) & hand)
    np.random.default_rng(0).shuffle(other)
    return {"vocabulary": other[:_SAMPLE], "hand": hand}, terms


if __name__ == "__main__":
    main(sys.argv[1:])
