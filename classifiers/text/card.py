"""Training of the text heads from labels and a corpus, and the model card that it writes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from classifiers.text.evaluate import cross_validate, measures
from classifiers.text.features import Passage, passage_of
from classifiers.text.heads import CLASSES, QUALITY, TASKS, TextModel, fit
from classifiers.text.labels import labelled_with

_LENGTHS = (0, 50, 100, 200, 10_000)  # words


def train(paragraphs: Sequence[Mapping[str, Any]], rows: Sequence[dict[str, Any]]) -> tuple[TextModel, dict[str, Any]]:
    """A model, and its figures.

    The space comes from all paragraphs of the corpus. The shipped heads learn from labelled paragraphs whose article is
    in the corpus, so that their licence is known; the cross-validation uses every labelled paragraph.
    """
    licensed = {p["pmcid"] for p in paragraphs}
    labelled: dict[str, tuple[list[Passage], list[Any]]] = {}
    validated: dict[str, Any] = {}
    predicted: dict[str, list[Any]] = {}
    for task in TASKS:
        every = labelled_with(rows, task)
        mine = [r for r in every if r.get("pmcid") in licensed] or every
        labelled[task] = ([passage_of(r) for r in mine], [r[task] for r in mine])
    of_tasks = ", ".join(f"{len(v)} labelled ones for {t}" for t, (_, v) in labelled.items())
    on = (
        f"{len(paragraphs):,} commercially licensed paragraphs of {len(licensed):,} articles for the space of words; "
        f"{of_tasks}"
    )
    model = fit((p["text"] for p in paragraphs), labelled, on)
    for task in TASKS:
        every = labelled_with(rows, task)
        for with_structure in (True, False):
            found = cross_validate(model.space, task, every, with_structure)
            name = task if with_structure else f"{task}/text"
            validated[name] = measures(task, [r[task] for r in every], found)
            if with_structure:
                predicted[task] = found
    figures = {"cross_validation": validated, "slices": _slices(rows, predicted)}
    return model, figures


def _slices(rows: Sequence[dict[str, Any]], predicted: Mapping[str, Sequence[Any]]) -> dict[str, list[tuple[Any, ...]]]:
    """Share of right answers (quality: mean absolute error) by section kind, article type and length."""
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
    """The card, in Markdown."""
    lines = [
        "# Type, domain and educational quality of paragraphs",
        "",
        "Written by `pmcmine train text`. Multinomial logistic regression (type, domain) and ridge regression",
        "(quality) over TF-IDF of words and pairs, their projection onto 100 directions, wording, and where it stands;",
        "each head once more for text alone.",
        "",
        f"Trained on {model.trained_on}.",
        "The labels were given by a large language model that read each paragraph with a rubric; what is measured is",
        "agreement with it, not truth.",
        "",
        "## Cross-validation, ten folds, no article in two",
        "",
        "| head | measure | value | 95 % | second measure |",
        "|---|---|---:|---|---|",
    ]
    for name, m in figures["cross_validation"].items():
        shown = name.replace("/text", ", text alone")
        if "pearson" in m:
            low, high = m["pearson_interval"]
            lines.append(f"| {shown} | Pearson | {m['pearson']:.3f} | {low:.3f} to {high:.3f} | MAE {m['mae']:.3f} |")
        else:
            low, high = m["macro_f1_interval"]
            lines.append(
                f"| {shown} | macro F1 | {m['macro_f1']:.3f} | {low:.3f} to {high:.3f} | accuracy {m['accuracy']:.3f} |"
            )
    for task, classes in CLASSES.items():
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
