"""Training of the text heads from labels and a corpus, and the model card that it writes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence, Set
from typing import TYPE_CHECKING, Any

import numpy as np

from classifiers.text import distil
from classifiers.text.evaluate import decide, measures
from classifiers.text.features import Space, passage_of
from classifiers.text.heads import ARTICLE, CLASSES, QUALITY, TASKS, Head, TextModel, fit_head, fit_space
from classifiers.text.labelled import labelled_with, weights_of
from pmcmine.ids import keyed_hash

if TYPE_CHECKING:
    from classifiers.text.encoder import Encoder

_LENGTHS = (0, 50, 100, 200, 10_000)  # words


def train(
    paragraphs: Sequence[Mapping[str, Any]],
    given: Sequence[dict[str, Any]],
    own: Sequence[dict[str, Any]] = (),
    teacher: Encoder | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> tuple[TextModel, dict[str, Any]]:
    """Fit a model and measure it.

    Args:
        paragraphs: the corpus: the space of words comes from all of it.
        given: labelled paragraphs. The shipped heads learn from those whose article is in the corpus, so that their
            licence is known; the cross-validation uses all of them, and is measured on them alone.
        own: more labelled paragraphs, of the corpus.
        teacher: labels paragraphs of the corpus for the student; none if None.
        progress: told what is done.
    """
    licensed = {p["pmcid"] for p in paragraphs}
    progress("space of words")
    space = fit_space(p["text"] for p in paragraphs)
    rows = [*given, *own]
    learner = _Learner(space, rows, paragraphs, teacher, progress)
    heads: dict[str, Head] = {}
    validated: dict[str, Any] = {}
    predicted: dict[str, list[Any]] = {}
    counts = {}
    for task in TASKS:
        progress(f"{task}: cross-validation")
        for name, found in learner.cross_validate(task, len(given)).items():
            kept = [(r, f) for r, f in zip(given, found, strict=True) if r.get(task) is not None]
            validated[name] = measures(task, [r[task] for r, _ in kept], [f for _, f in kept])
            if name == task:
                predicted[task] = [f for _, f in kept]
        chosen = [i for i, r in enumerate(rows) if r.get(task) is not None and r.get("pmcid") in licensed]
        chosen = chosen or [i for i, r in enumerate(rows) if r.get(task) is not None]
        counts[task] = len(chosen)
        heads[task], heads[f"{task}/text"] = learner.fit(task, chosen)
    on = (
        f"{len(paragraphs):,} commercially licensed paragraphs of {len(licensed):,} articles for the space of words; "
        + ", ".join(f"{n:,} labelled ones for {t}" for t, n in counts.items())
        + (
            f"; {len(learner.pool):,} that a teacher labelled (an encoder's embeddings: {teacher.trained_on})"
            if teacher
            else ""
        )
    )
    model = TextModel(space, heads, on, articles_of(rows, licensed))
    return model, {"cross_validation": validated, "slices": slices(given, predicted)}


def articles_of(rows: Sequence[Mapping[str, Any]], licensed: Set[str]) -> frozenset[str]:
    """Return the articles of the labelled rows that shipped heads learn from."""
    articles = frozenset(str(r["pmcid"]) for r in rows if r.get("pmcid"))
    return articles & licensed or articles


def folds_of(rows: Sequence[Mapping[str, Any]], folds: int = 5) -> list[int]:
    """Assign each row to a fold by a hash of its article."""
    articles = (str(r.get("pmcid") or i) for i, r in enumerate(rows))
    return [keyed_hash("pmcmine/classifiers/fold", a) % folds for a in articles]


class _Learner:
    """Fits the heads of tasks on some of the labelled rows."""

    def __init__(
        self,
        space: Space,
        rows: Sequence[dict[str, Any]],
        paragraphs: Sequence[Mapping[str, Any]],
        teacher: Encoder | None,
        progress: Callable[[str], None],
    ) -> None:
        self.space = space
        self.rows = rows
        self.passages = [passage_of(r) for r in rows]
        self.pool = distil.pool(paragraphs) if teacher is not None else []
        self.teacher = teacher
        if teacher is not None:
            from classifiers.text.encoder import embed

            progress(f"teacher: {len(rows) + len(self.pool):,} paragraphs through {teacher.trained_on}")
            self.labelled = distil.matrices(space, self.passages, embed(teacher, [p.text for p in self.passages]))
            found = [passage_of(p) for p in self.pool]
            self.unlabelled = distil.matrices(space, found, embed(teacher, [p.text for p in found]))
            self.known = distil.administrative(self.pool)

    def fit(self, task: str, places: Sequence[int], without: frozenset[str] = frozenset()) -> tuple[Head, Head]:
        """Fit heads with structure and for text alone, from the rows at some places; no pool article of `without`."""
        labels = [self.rows[i][task] for i in places]
        weights = weights_of((self.rows[i] for i in places), task)
        if self.teacher is None:
            passages = [self.passages[i] for i in places]
            return (
                fit_head(task, self.space, passages, labels, weights),
                fit_head(task, self.space, [p.bare() for p in passages], labels, weights),
            )
        kept = np.array([i for i, p in enumerate(self.pool) if p["pmcid"] not in without], np.int64)
        return distil.fit_pair(
            task,
            self.labelled.rows(np.array(places, np.int64)),
            labels,
            self.unlabelled.rows(kept),
            self.known[kept],
            len(self.space.idf),
            weights,
        )

    def cross_validate(self, task: str, measured: int, folds: int = 5) -> dict[str, list[Any]]:
        """Score the first `measured` rows with heads fitted without any paragraph of the same article."""
        articles = [str(r.get("pmcid") or i) for i, r in enumerate(self.rows)]
        fold = folds_of(self.rows, folds)
        out: dict[str, list[Any]] = {task: [None] * measured, f"{task}/text": [None] * measured}
        for k in range(folds):
            inside = [i for i in range(measured) if fold[i] == k]
            rest = [i for i, r in enumerate(self.rows) if fold[i] != k and r.get(task) is not None]
            if not inside:
                continue
            held = frozenset(a for a, f in zip(articles, fold, strict=True) if f == k)
            for name, head in zip(out, self.fit(task, rest, held), strict=True):
                model = TextModel(self.space, {task: head, f"{task}/text": head}, "")
                found = [self.passages[i] if name == task else self.passages[i].bare() for i in inside]
                for i, value in zip(inside, decide(task, model.scores(task, found)), strict=True):
                    out[name][i] = value
        return out


def slices(rows: Sequence[dict[str, Any]], predicted: Mapping[str, Sequence[Any]]) -> dict[str, list[tuple[Any, ...]]]:
    """Return the share of right answers (quality: mean absolute error) by section kind, article type and length."""
    out = {}
    for task, found in predicted.items():
        cells: dict[tuple[str, str], list[float]] = defaultdict(list)
        for row, value in zip(labelled_with(rows, task), found, strict=True):
            right = abs(row[task] - value) if task == QUALITY else float(row[task] == value)
            n = len(row["text"].split())
            low = max(v for v in _LENGTHS if v <= n)
            cells["section", passage_of(row).section_kind or "not stated"].append(right)
            cells["article type", str(row.get("article_type") or "not stated")].append(right)
            cells["words", f"{low:,} and more"].append(right)
        out[task] = [(*k, len(v), round(sum(v) / len(v), 3)) for k, v in sorted(cells.items()) if len(v) >= 8]
    return out


def model_card(model: TextModel, figures: Mapping[str, Any]) -> str:
    """Write the model card in Markdown."""
    lines = [
        "# Type, domain and educational quality of paragraphs",
        "",
        "Written by `pmcmine train text`. Multinomial logistic regression (type, domain) and ridge regression",
        "(quality) over TF-IDF of words and pairs, their projection onto 100 directions, wording, and where it stands;",
        "each head once more for text alone. A teacher, where one was given, sees an encoder's embedding besides and",
        "labels paragraphs of the corpus for them. In a continued model, more labels moved the weights of an earlier",
        "one. Heads of whole articles see the mean of their paragraphs' topics besides. A small network refines",
        "quality by what all heads say, by wording, and by what the sentences do.",
        "",
        f"Trained on {model.trained_on}.",
        "The labels were given by a large language model that read each paragraph with a rubric; what is measured is",
        "agreement with it, not truth.",
        "",
        "## Cross-validation, five folds, no article in two",
        "",
        *figures.get("note", ()),
        "| head | measure | value | 95 % | second measure |",
        "|---|---|---:|---|---|",
    ]
    for name, m in figures["cross_validation"].items():
        shown = name.replace("/text", ", text alone").replace(f"/{ARTICLE}", ", whole article")
        if "pearson" in m:
            low, high = m["pearson_interval"]
            lines.append(f"| {shown} | Pearson | {m['pearson']:.3f} | {low:.3f} to {high:.3f} | MAE {m['mae']:.3f} |")
        else:
            low, high = m["macro_f1_interval"]
            lines.append(
                f"| {shown} | macro F1 | {m['macro_f1']:.3f} | {low:.3f} to {high:.3f} | accuracy {m['accuracy']:.3f} |"
            )
    for task, classes in CLASSES.items():
        if task not in figures["cross_validation"]:
            continue  # its heads were not trained
        table = figures["cross_validation"][task]["confusion"]
        lines += [
            "",
            f"## Confusion: {task}",
            "",
            f"| labelled | {' | '.join(classes)} |",
            "|---|" + "---:|" * len(classes),
        ]
        lines += [f"| {c} | {' | '.join(str(table[c][d]) for d in classes)} |" for c in classes]
    for task, cells in figures["slices"].items():
        what = "mean absolute error" if task == QUALITY else "share right"
        lines += ["", f"## {task.capitalize()} by slice", "", f"| | | paragraphs | {what} |", "|---|---|---:|---:|"]
        lines += [f"| {a} | {b} | {n} | {v:.3f} |" for a, b, n, v in cells]
    return "\n".join(lines) + "\n"
