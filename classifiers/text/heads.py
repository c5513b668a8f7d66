"""Type, domain and quality: linear models over one set of features, their training and their files."""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from classifiers.text.blocks import Block, blocks
from classifiers.text.features import Passage, Space, terms
from classifiers.text.refine import Network, inputs
from classifiers.text.sentences import SENTENCES, sentences
from classifiers.text.wording import WORDING
from pmcmine.errors import PmcmineError
from pmcmine.io.safe_arrays import MOST_BYTES, floats, read_arrays, read_header
from pmcmine.io.safe_files import open_regular

if TYPE_CHECKING:
    from scipy import sparse

FORMAT: Final = 1
CLASSES: Final[Mapping[str, tuple[str, ...]]] = {
    "type": ("clinical_case", "study", "review", "other"),
    "domain": ("clinical", "biomedical", "other"),
}
QUALITY: Final = "quality"
TASKS: Final = (*CLASSES, QUALITY)
ARTICLE: Final = "article"  # part of the name of heads that see what the whole article is about
NETWORK: Final = "network"  # what `--task` calls the network that refines quality
# How far a quality is pulled towards its class: of 0, .3, .5 and .7 the one that lowers the mean absolute error in
# cross-validation (.401 to .380) without costing the correlation (.814 to .811). Also of what the network says.
_PULL: Final = 0.3
# A text of fewer letters than this (of its first _LOOKED_AT code points) says too little, as for its language.
_LEAST_LETTERS: Final = 12
_LOOKED_AT: Final = 1000
_UNSAID: Final = 0.5  # probability of `other` for such a text; the other classes share the rest
_PARTS: Final = ("first", "first_bias", "last", "last_bias")  # of the network, in its order
_DIRECTIONS: Final = 100
_TERMS: Final = 30_000
MODEL_FILE: Final = Path(__file__).parent / "models" / "text.npz"


@dataclass(frozen=True, slots=True)
class Head:
    """Weights of one task: of words, of the dense features, and the bias; a column a class."""

    words: NDArray[np.float32]
    dense: NDArray[np.float32]
    bias: NDArray[np.float32]


# Places of passages, their features as `Space.rows` gives them, and their texts.
_Rows: TypeAlias = "tuple[Sequence[int], sparse.csr_matrix, NDArray[np.float32], Block]"


@dataclass(frozen=True, slots=True)
class TextLabels:
    """Labels of a paragraph.

    Attributes:
        type: the most likely of clinical_case, study, review, other.
        type_scores: probability of each.
        domain: the most likely of clinical, biomedical, other.
        domain_scores: probability of each.
        quality: educational quality, from 1 to 5.
        quality_class: the same, rounded.
    """

    type: str
    type_scores: Mapping[str, float]
    domain: str
    domain_scores: Mapping[str, float]
    quality: float
    quality_class: int


@dataclass(frozen=True, slots=True)
class TextModel:
    """All heads over one space; each with structure, and for text alone.

    Attributes:
        space: words and their projection.
        heads: heads by task, by task with `/text` for text alone, and for some tasks with `/article`, for paragraphs
            of which the whole article is known. These see what `Space.about` says after the dense
            features.
        trained_on: training data, in words.
        articles: PMCIDs of the labelled paragraphs that it learned from.
        network: refines quality by what the other heads say; None in models that have none.
    """

    space: Space
    heads: Mapping[str, Head]
    trained_on: str
    articles: frozenset[str] = frozenset()
    network: Network | None = None

    def scores(self, task: str, passages: Sequence[Passage]) -> NDArray[np.float64]:
        """Return probabilities (passages × classes), or quality from 1 to 5 (passages × 1), rounded to 4 places.

        Passages without section kind and article type are scored by the head for text alone.
        """
        return self._scores((task,), passages, self._rows(passages))[task]

    def describe(self, passages: Sequence[Passage]) -> list[TextLabels]:
        """Return all heads of each passage."""
        return named_labels(self._scores(TASKS, passages, self._rows(passages)))

    def describe_article(self, passages: Sequence[Passage]) -> list[TextLabels]:
        """Return all heads of each passage, by what the whole article is about.

        Args:
            passages: all paragraphs of one article.
        """
        rows = list(self._rows(passages))
        order = [passages[i] for places, *_ in rows for i in places]
        about = self.space.about(order, np.concatenate([dense for _, _, dense, _ in rows])) if rows else None
        return named_labels(self._scores(TASKS, passages, rows, about))

    def _rows(self, passages: Sequence[Passage]) -> Iterator[_Rows]:
        """Yield places and features of passages, those of known structure first."""
        for bare in (False, True):
            places = [i for i, p in enumerate(passages) if _is_bare(p) == bare]
            at = 0
            for texts in blocks([passages[i].text for i in places]):
                block = places[at : at + len(texts.texts)]
                at += len(block)
                yield block, *self.space.rows_of([passages[i] for i in block], texts), texts

    def _scores(
        self,
        tasks: Sequence[str],
        passages: Sequence[Passage],
        rows: Iterable[_Rows],
        about: NDArray[np.float32] | None = None,
    ) -> dict[str, NDArray[np.float64]]:
        out = {t: np.zeros((len(passages), len(CLASSES.get(t, (QUALITY,))))) for t in tasks}
        network = self.network if QUALITY in tasks else None
        for block, words, dense, texts in rows:
            bare = _is_bare(passages[block[0]])
            z = {t: self._logits(t, bare, words, dense, about) for t in (tasks if network is None else TASKS)}
            if network is not None:
                seen = inputs(z[QUALITY], z["type"], z["domain"], self.space.wording_of(dense), sentences(texts))
                z[QUALITY] = network.quality(seen)
            for task in tasks:
                out[task][block] = squash(task, z[task].astype(np.float64))
        unsaid = [i for i, p in enumerate(passages) if says_too_little(p.text)]
        for task in tasks:
            out[task][unsaid] = _unsaid(task)
        return {t: np.round(v, 4) for t, v in out.items()}

    def _logits(
        self,
        task: str,
        bare: bool,
        words: sparse.csr_matrix,
        dense: NDArray[np.float32],
        about: NDArray[np.float32] | None,
    ) -> NDArray[np.float32]:
        of_article = None if bare or about is None else self.heads.get(f"{task}/{ARTICLE}")
        head = of_article or self.heads[f"{task}/text" if bare else task]
        # einsum adds up each row by itself; a product of BLAS depends on how many rows there are.
        z = np.asarray(words @ head.words) + np.einsum("ij,jk->ik", dense, head.dense[: dense.shape[1]])
        if of_article is not None and about is not None:
            z += np.einsum("j,jk->k", about, head.dense[dense.shape[1] :])
        out: NDArray[np.float32] = z + head.bias
        return out


def _is_bare(passage: Passage) -> bool:
    """Check whether nothing but the text is known."""
    return not passage.section_kind and not passage.article_type


def says_too_little(text: str) -> bool:
    """Tell whether a text has too few letters to be classified: a number, a formula, a reference."""
    # Nearly every text has the letters in its first line.
    return all(sum(map(str.isalpha, text[:n])) < _LEAST_LETTERS for n in (40, _LOOKED_AT))


def _unsaid(task: str) -> list[float]:
    """Return the scores of a text that says too little: `other`, with a low probability; the lowest quality."""
    if task == QUALITY:
        return [1.0]
    rest = (1 - _UNSAID) / (len(CLASSES[task]) - 1)
    return [_UNSAID if c == "other" else rest for c in CLASSES[task]]


def named_labels(scores: Mapping[str, NDArray[np.float64]]) -> list[TextLabels]:
    """Return the labels of each passage from the scores of all tasks."""
    kinds, domains = (_named(task, scores[task]) for task in CLASSES)
    qualities = scores[QUALITY][:, 0].tolist()
    return [
        TextLabels(kind, of_kind, domain, of_domain, quality, int(quality + 0.5))
        for (kind, of_kind), (domain, of_domain), quality in zip(kinds, domains, qualities, strict=True)
    ]


def _named(task: str, scores: NDArray[np.float64]) -> list[tuple[str, dict[str, float]]]:
    """Return the likeliest class of each passage, of equal ones the first, and the probability of each by its name."""
    classes = CLASSES[task]
    found = [classes[i] for i in scores.argmax(axis=1).tolist()]
    return list(zip(found, (dict(zip(classes, row, strict=True)) for row in scores.tolist()), strict=True))


def squash(task: str, z: NDArray[np.float64]) -> NDArray[np.float64]:
    """Convert logits to probabilities, or to a quality from 1 to 5."""
    if task == QUALITY:
        clipped: NDArray[np.float64] = np.clip(z, 1, 5)
        return clipped + (np.round(clipped) - clipped) * _PULL
    e = np.exp(z - z.max(axis=1, keepdims=True))
    shares: NDArray[np.float64] = e / e.sum(axis=1, keepdims=True)
    return shares


def fit_space(corpus: Iterable[str], seed: int = 0) -> Space:
    """Fit terms, their weights and the projection on the texts of a corpus."""
    from scipy import sparse
    from sklearn.decomposition import TruncatedSVD

    texts = list(corpus)
    frequency: Counter[str] = Counter()
    for text in texts:
        frequency.update(terms(text).keys())
    n = len(texts)
    # Words in nearly every text stay for the heads, and are kept from the projection.
    kept = sorted((t for t, f in frequency.items() if f >= 5), key=lambda t: (-frequency[t], t))[:_TERMS]
    numbers = {t: i for i, t in enumerate(sorted(kept))}
    idf = np.array([np.log((1 + n) / (1 + frequency[t])) + 1 for t in sorted(kept)], np.float32)
    space = Space(numbers, idf, np.zeros((len(idf), 1), np.float32))
    words = sparse.vstack([space.words(block) for block in blocks(texts)], "csr")
    topical = np.array([" " not in t and frequency[t] < 0.3 * n for t in sorted(kept)], np.float32)
    svd = TruncatedSVD(min(_DIRECTIONS, words.shape[1] - 1, n - 1), n_iter=4, random_state=seed)
    svd.fit(words @ sparse.diags(topical))
    projection = (svd.components_.T * topical[:, None]).astype(np.float16).astype(np.float32)
    return Space(numbers, idf.astype(np.float16).astype(np.float32), projection)


def fit_head(
    task: str, space: Space, passages: Sequence[Passage], labels: Sequence[Any], weights: Sequence[float] | None = None
) -> Head:
    """Fit one head: multinomial logistic regression of a class, ridge regression of quality."""
    return fit_on(task, *space.rows(passages), labels, weights)


def fit_on(
    task: str,
    words: sparse.csr_matrix,
    dense: NDArray[np.float32],
    labels: Sequence[Any],
    weights: Sequence[float] | None = None,
) -> Head:
    """Fit one head on features: of words, and the dense ones; all labels count the same without weights."""
    from scipy import sparse
    from sklearn.linear_model import LogisticRegression, Ridge

    x = sparse.hstack([words, sparse.csr_matrix(dense)]).tocsr()
    if task == QUALITY:
        ridge = Ridge(alpha=1.0, solver="lsqr").fit(x, np.array(labels, float), sample_weight=weights)
        found, bias = ridge.coef_.reshape(1, -1), np.array([ridge.intercept_])
    else:
        order = CLASSES[task]
        model = LogisticRegression(C=10.0, max_iter=1000).fit(
            x, [order.index(v) for v in labels], sample_weight=weights
        )
        found, bias = model.coef_, model.intercept_
        if len(model.classes_) != len(order):
            missing = [c for i, c in enumerate(order) if i not in model.classes_]
            raise PmcmineError(f"{task}: no labelled paragraph is {', '.join(missing)}")
    return head_of(found, bias, words.shape[1])


def head_of(weights: NDArray[Any], bias: NDArray[Any], columns: int) -> Head:
    """Build a head from weights (classes × features, the first `columns` are words), rounded as in its file."""
    half = weights.T.astype(np.float16).astype(np.float32)
    return Head(half[:columns], half[columns:], bias.astype(np.float32))


def dump(model: TextModel) -> bytes:
    """Serialise a model; the same model gives the same bytes."""
    arrays: dict[str, NDArray[Any]] = {
        "idf": model.space.idf.astype(np.float16),
        "projection": model.space.projection.astype(np.float16),
        "terms": np.frombuffer("\n".join(sorted(model.space.numbers)).encode(), np.uint8),
        "header": np.frombuffer(json.dumps(_header(model)).encode(), np.uint8),
    }
    for name, head in model.heads.items():
        arrays |= {
            f"{name}:words": head.words.astype(np.float16),
            f"{name}:dense": head.dense,
            f"{name}:bias": head.bias,
        }
    if model.network is not None:
        arrays |= {f"network:{part}": getattr(model.network, part) for part in _PARTS}
    out = io.BytesIO()
    np.savez_compressed(out, **arrays)  # type: ignore[arg-type]  # names of arrays are no parameters
    return out.getvalue()


def _header(model: TextModel) -> dict[str, Any]:
    return {"format": FORMAT, "trained_on": model.trained_on, "articles": sorted(model.articles)}


def parse(data: bytes, name: str) -> TextModel:
    """Load a model from the bytes of `dump`.

    Raises:
        PmcmineError: if they are none, or of another format.
    """
    try:
        arrays = read_arrays(data)
        header = read_header(arrays["header"])
        if header["format"] != FORMAT:
            raise PmcmineError(f"{name}: model format {header['format']}, this pmcmine reads {FORMAT}; train it again")
        found = arrays["terms"].tobytes().decode().split("\n")
        n = len(found)
        idf, projection = floats(arrays["idf"], (n,), "idf"), floats(arrays["projection"], (n, -1), "projection")
        space = Space({t: i for i, t in enumerate(found)}, idf, projection)
        dense = space.rows([Passage("")])[1].shape[1]
        heads = {}
        for task in TASKS:
            columns = len(CLASSES.get(task, (QUALITY,)))
            shapes = {"words": (n, columns), "dense": (dense, columns), "bias": (columns,)}
            of_article = {**shapes, "dense": (dense + projection.shape[1], columns)}
            wanted = {task: shapes, f"{task}/text": shapes, f"{task}/{ARTICLE}": of_article}
            for head, sizes in wanted.items():
                if sizes is not of_article or f"{head}:words" in arrays:
                    heads[head] = Head(*(floats(arrays[f"{head}:{part}"], size, part) for part, size in sizes.items()))
        network = _network(arrays) if "network:first" in arrays else None
        trained_on = str(header["trained_on"])
        articles = frozenset(map(str, header.get("articles", ())))
    except (ValueError, LookupError, TypeError) as error:
        raise PmcmineError(f"{name}: not a text model, or damaged ({type(error).__name__}: {error})") from None
    return TextModel(space, heads, trained_on, articles, network)


def _network(arrays: Mapping[str, NDArray[Any]]) -> Network:
    """Read the network that refines quality.

    Raises:
        ValueError: if its parts do not fit.
    """
    units = arrays["network:first_bias"].size
    kinds, domains = map(len, CLASSES.values())
    seen = 1 + kinds + domains + kinds * domains + WORDING + SENTENCES
    sizes = ((seen, units), (units,), (units, 1), (1,))
    return Network(*(floats(arrays[f"network:{p}"], size, p) for p, size in zip(_PARTS, sizes, strict=True)))


def read(path: Path) -> TextModel:
    """Read a model's file.

    Raises:
        PmcmineError: if it is missing, damaged, or of another format.
    """
    try:
        with open_regular(path) as stream:
            data = stream.read(MOST_BYTES + 1)
    except OSError as error:
        raise PmcmineError(f"{path}: can't be read ({error.strerror or error})") from None
    return parse(data, str(path))


@cache
def shipped() -> TextModel:
    """Load the model of the package, once per process.

    Raises:
        PmcmineError: if its file is missing or damaged.
    """
    if not MODEL_FILE.is_file():
        raise PmcmineError(f"{MODEL_FILE}: missing; install pmcmine again, or make it with `pmcmine train text`")
    return parse(MODEL_FILE.read_bytes(), str(MODEL_FILE))
