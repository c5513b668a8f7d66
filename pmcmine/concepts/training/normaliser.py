"""Normalise given mentions to concepts, learned from annotated mentions.

A mention is looked up by the key of its words, as written or with its abbreviation expanded. If it was never annotated,
it is compared with the annotated ones: by letters (TF-IDF of character n-grams), by the stems of its words, and by the
concept that a vocabulary gives both. A gradient boosted classifier gives each candidate its probability.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.feature_extraction.text import TfidfVectorizer

from pmcmine.concepts.abbreviations import find_abbreviations
from pmcmine.concepts.linker import Linker
from pmcmine.concepts.training.gold import GoldDocument
from pmcmine.vocabulary.normalise import fold, name_key, tokens

NO_ID: Final = "-1"  # id in BC5CDR if no concept fits
LEAST: Final = 0.02  # less likely candidates are rejected; few mentions have no concept at all
_NEAREST: Final = 12
_FOLDS: Final = 5
# Endings that do not change the meaning: "hypotensive" and "hypotension", "toxicity" and "toxic".
_ENDING: Final = re.compile(
    r"(?:ations?|itions?|ions?|ities|ity|ives?|ical|ics?|als?|ous|osis|oses|otic|ist|ism|ized?|ing|ings|ed|es|s|ary|ant"
    r"|ent|ance|ence|ness|ies|y|e|a|um|us|is)$"
)
# Words that a mention may have in addition to its concept's name.
_WEAK: Final = frozenset(
    "of the a an in and or with to induced related associated drug caused due patient human rat acute chronic severe "
    "mild moderate transient persistent progressive hydrochloride hcl sodium sulfate acetate disodium chloride calcium "
    "potassium citrate maleate tartrate phosphate".split()
)


# Synonyms in names of diseases; the first represents all.
_SAME: Final = (
    "disease disorder problem complication disturbance abnormality dysfunction impairment syndrome illness condition "
    "symptom sign manifestation event",
    "injury damage lesion toxicity insult injured damaged lesions toxic necrosis lesioned",
    "tumor tumour neoplasm cancer carcinoma malignancy tumorigenesis carcinogenesis",
    "hemorrhage bleeding haemorrhage bleed hemorrhagic",
    "kidney renal nephric", "liver hepatic", "heart cardiac myocardial", "brain cerebral encephalic intracranial",
    "lung pulmonary", "nerve neural neurologic neurological neuronal", "stomach gastric", "muscle muscular",
    "blood hematologic hematological", "skin cutaneous dermal", "eye ocular ophthalmic", "bladder vesical",
    "seizure fit convulsion epileptic epilepsy convulsive", "abuse dependence dependency addiction misuse addict",
    "decrease reduction lowering fall reduced decreased low hypo",
    "increase elevation rise elevated increased high hyper",
    "failure insufficiency arrest", "vessel vascular artery arterial", "mental psychiatric psychic",
    "memory amnesia amnestic", "pain ache painful", "enlargement hypertrophy enlarged", "fever febrile pyrexia",
    "ischemia ischemic ischaemia", "rhythm arrhythmia dysrhythmia arrhythmic", "movement motor locomotor",
    "infection infected infectious", "intestine intestinal bowel", "pregnancy gestational pregnant",
)  # fmt: skip


@lru_cache(maxsize=200_000)
def stem(word: str) -> str:
    """Strip a word's ending; the result may not be a word."""
    low = fold(word)
    for _ in range(2):
        cut = _ENDING.sub("", low)
        if len(cut) < 4:
            break
        low = cut
    return low


@cache
def _same() -> Mapping[str, str]:
    return {stem(word): stem(line.split()[0]) for line in _SAME for word in line.split()}


@lru_cache(maxsize=200_000)
def meanings(text: str) -> tuple[str, ...]:
    """Return the stems of the words of a mention in order, with synonyms mapped to one stem."""
    same = _same()
    found = tuple(same.get(stem(t), stem(t)) for t in tokens(text) if t.lower() not in _WEAK)
    return found or tuple(same.get(stem(t), stem(t)) for t in tokens(text))


@dataclass(frozen=True, slots=True)
class _Mention:
    """A mention as written and expanded, with its concept in the vocabulary."""

    surface: str
    full: str
    type: str
    concept: str
    id: str


@dataclass(frozen=True, slots=True)
class _Names:
    """Annotated names with their ids, and the vectors of the names as columns."""

    texts: list[str]
    ids: list[Counter[str]]
    vectorizer: TfidfVectorizer
    matrix: Any

    def nearest(self, text: str) -> tuple[NDArray[np.float32], list[int]]:
        """Return the cosine similarity to all names, and the most similar ones."""
        similarity = np.asarray((self.vectorizer.transform([text]) @ self.matrix).todense()).ravel()
        places = np.argsort(-similarity, kind="stable")[:_NEAREST].tolist()
        return similarity, [p for p in places if similarity[p] > 0]


@dataclass(frozen=True, slots=True)
class _Index:
    """Index of the annotated mentions."""

    ids: Mapping[tuple[str, str], Counter[str]]  # (type, key) → ids
    bags: Mapping[tuple[str, frozenset[str]], Counter[str]]
    concepts: Mapping[tuple[str, str], Counter[str]]
    common: Mapping[str, Counter[str]]  # type → ids
    letters: Mapping[str, _Names]
    words: Mapping[str, _Names]


class MentionNormaliser:
    """Assign concepts to mentions, in the notation of the training annotations."""

    def __init__(self, linker: Linker | None = None) -> None:
        """Make an untrained normaliser; `linker` holds a vocabulary that adds synonyms."""
        self.linker = linker
        self._index: _Index | None = None
        self._model: Any = None
        self.threshold = LEAST

    def fit(self, documents: Sequence[GoldDocument]) -> MentionNormaliser:
        """Learn from annotated documents; for the classifier, each fold is compared with the others."""
        mentions = [self._mentions(d) for d in documents]
        rows: list[list[float]] = []
        labels: list[bool] = []
        for fold_number in range(_FOLDS):
            rest = [m for i, found in enumerate(mentions) if i % _FOLDS != fold_number for m in found]
            index = _build(rest)
            for i in range(fold_number, len(mentions), _FOLDS):
                unseen = [m for m in mentions[i] if _known(index, m) is None]
                given = self._given(index, mentions[i])
                for m, candidates in zip(unseen, _candidates(index, unseen, given), strict=True):
                    for id_, features in candidates.items():
                        rows.append(features)
                        labels.append(id_ == m.id)
        if rows and 0 < sum(labels) < len(labels):
            self._model = HistGradientBoostingClassifier(
                max_iter=150, learning_rate=0.06, max_leaf_nodes=15, min_samples_leaf=20, random_state=0
            ).fit(np.array(rows), np.array(labels))
        self._index = _build([m for found in mentions for m in found])
        return self

    def predict(self, documents: Sequence[GoldDocument]) -> list[list[str]]:
        """Predict the ids of the mentions of documents, ignoring their own ids; `NO_ID` if nothing fits."""
        if self._index is None:
            raise RuntimeError("fit comes before predict")
        return [self._document(self._index, self._mentions(d)) for d in documents]

    def _document(self, index: _Index, mentions: Sequence[_Mention]) -> list[str]:
        given = self._given(index, mentions)
        known = [_known(index, m, given) for m in mentions]
        unseen = [m for m, id_ in zip(mentions, known, strict=True) if id_ is None]
        chosen = iter([self._choose(c) for c in _candidates(index, unseen, given)])
        return [id_ if id_ is not None else next(chosen) for id_ in known]

    def _choose(self, candidates: Mapping[str, list[float]]) -> str:
        if not candidates or self._model is None:
            return NO_ID
        scores = self._model.predict_proba(np.array(list(candidates.values())))[:, 1].tolist()
        score, id_ = max(zip(scores, candidates, strict=True), key=lambda pair: (round(pair[0], 6), pair[1]))
        return id_ if score >= self.threshold else NO_ID

    @staticmethod
    def _given(index: _Index, mentions: Iterable[_Mention]) -> Counter[str]:
        """Return the ids that the document names unambiguously."""
        given: Counter[str] = Counter()
        for m in mentions:
            ids = index.ids.get((m.type, name_key(m.full)))
            if ids and len(ids) == 1:
                given[next(iter(ids))] += 1
        return given

    def _mentions(self, document: GoldDocument) -> list[_Mention]:
        longs = {a.short: a.long for a in find_abbreviations(document.text)}
        concepts: dict[tuple[int, int], str] = {}
        if self.linker is not None:
            for c in self.linker.candidates([document.text]):
                concepts.setdefault((c.start, c.end), c.concept)
        out = []
        for m in document.mentions:
            start, end = m.spans[0][0], m.spans[-1][1]
            surface = document.text[start:end]
            full = _written_out(surface, longs)
            out.append(_Mention(surface, full, m.type, concepts.get((start, end), ""), m.id))
        return out


def _written_out(surface: str, longs: Mapping[str, str]) -> str:
    """Expand the abbreviation in a mention: the whole mention, or the first one that is a word in it."""
    whole = longs.get(surface) or longs.get(surface.removesuffix("s"))
    if whole:
        return whole
    for short, long in longs.items():
        if len(short) > 1 and short in surface:
            full = long.join(re.split(rf"(?<!\w){re.escape(short)}(?!\w)", surface))
            if full != surface:
                return full
    return surface


def _build(mentions: Iterable[_Mention]) -> _Index:
    ids: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    bags: dict[tuple[str, frozenset[str]], Counter[str]] = defaultdict(Counter)
    concepts: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    common: dict[str, Counter[str]] = defaultdict(Counter)
    letters: dict[str, dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    words: dict[str, dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    for m in mentions:
        common[m.type][m.id] += 1
        for text in {m.surface, m.full}:
            ids[m.type, name_key(text)][m.id] += 1
            if m.id != NO_ID:
                letters[m.type][_letters(text)][m.id] += 1
                words[m.type][" ".join(meanings(text))][m.id] += 1
        bags[m.type, frozenset(meanings(m.full))][m.id] += 1
        if m.concept:
            concepts[m.type, m.concept][m.id] += 1
    return _Index(
        ids, bags, concepts, common,
        {t: _names(n, analyzer="char_wb", ngram_range=(2, 4)) for t, n in letters.items()},
        {t: _names(n, token_pattern=r"\S+") for t, n in words.items()},
    )  # fmt: skip


def _names(found: Mapping[str, Counter[str]], **options: Any) -> _Names:
    texts = sorted(t for t in found if t)
    vectorizer = TfidfVectorizer(sublinear_tf=True, dtype=np.float32, **options)
    return _Names(texts, [found[t] for t in texts], vectorizer, vectorizer.fit_transform(texts).T.tocsc())


def _letters(text: str) -> str:
    return " ".join(fold(t) for t in tokens(text))


def _known(index: _Index, m: _Mention, given: Mapping[str, int] | None = None) -> str | None:
    """Return the id that annotators gave these words; if several, prefer one used elsewhere in the document."""
    for text in (m.full, m.surface):
        ids = index.ids.get((m.type, name_key(text)))
        if ids:
            return max(ids, key=lambda i: (ids[i] + (0.5 * ids[i] if given and given.get(i) else 0), i))
    return None


def _candidates(index: _Index, mentions: Sequence[_Mention], given: Mapping[str, int]) -> list[dict[str, list[float]]]:
    """Return the candidates of each mention with their features."""
    out: list[dict[str, list[float]]] = []
    for m in mentions:
        found: dict[str, list[float]] = {}
        if m.type not in index.letters:
            out.append(found)
            continue
        by_letters, by_words = index.letters[m.type], index.words[m.type]
        letters = _letters(m.full)
        similarity, nearest = by_letters.nearest(letters)
        said = meanings(m.full)
        similarity_words, nearest_words = by_words.nearest(" ".join(said))
        bag = frozenset(said)
        by_bag = index.bags.get((m.type, bag), Counter())
        by_concept = index.concepts.get((m.type, m.concept), Counter()) if m.concept else Counter()
        near = _by_id(by_letters, nearest)
        near_words = _by_id(by_words, nearest_words)
        best = float(similarity[nearest[0]]) if nearest else 0.0
        best_words = float(similarity_words[nearest_words[0]]) if nearest_words else 0.0
        for id_ in dict.fromkeys([*near, *near_words, *by_bag, *by_concept]):
            places, places_words = near.get(id_, []), near_words.get(id_, [])
            like = max((float(similarity[p]) for p in places), default=0.0)
            like_words = max((float(similarity_words[p]) for p in places_words), default=0.0)
            text = by_letters.texts[places[0]] if places else ""
            other = set(by_words.texts[places_words[0]].split()) if places_words else set(meanings(text))
            shared = len(bag & other)
            a, b = letters.split(), text.split()
            found[id_] = [
                like, like - best, len(places), sum(float(similarity[p]) for p in places),
                like_words, like_words - best_words, len(places_words),
                sum(float(similarity_words[p]) for p in places_words),
                float(by_bag[id_]), float(by_concept[id_]), float(id_ == NO_ID), float(given.get(id_, 0)),
                shared, len(bag) - shared, len(other) - shared, shared / max(len(bag | other), 1),
                float(bool(a and b) and a[-1] == b[-1]), float(bool(a and b) and a[0] == b[0]), len(a), len(letters),
                len(letters) - len(text), float(np.log1p(index.common[m.type][id_])),
                float(m.surface.isupper()), float("|" in id_), float(any(c.isdigit() for c in m.surface)),
                _common_prefix(letters, text), float(m.type == "Chemical"),
            ]  # fmt: skip
        out.append(found)
    return out


def _by_id(names: _Names, places: Iterable[int]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for p in places:
        for id_ in names.ids[p]:
            found[id_].append(p)
    return found


def _common_prefix(a: str, b: str) -> float:
    n = 0
    for x, y in zip(a, b, strict=False):
        if x != y:
            break
        n += 1
    return n / max(len(a), len(b), 1)
