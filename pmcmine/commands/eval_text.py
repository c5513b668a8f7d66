"""What the heads of text find in labelled paragraphs, alone or in their whole articles."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pmcmine.errors import GoldError

if TYPE_CHECKING:
    from classifiers.text.heads import TextModel


def labelled_and_found(
    model: TextModel, task: str, gold: Path, structure: bool, corpus: Path | None
) -> tuple[list[dict[str, Any]], list[Any], dict[str, Any]]:
    """Return labelled paragraphs, what a head finds in each, and what is to be stated of both.

    Args:
        model: the model.
        task: the head.
        gold: labelled paragraphs; with a release also a table of labels by `paragraph_id`.
        structure: whether the head sees section and article type.
        corpus: release that has the articles; paragraphs that it lacks are left out.

    Raises:
        GoldError: if there is no label of the task, or none of a paragraph of the release.
        UsageError: if whole articles are asked for without structure.
    """
    from classifiers.text.evaluate import evaluate, evaluate_articles
    from classifiers.text.labelled import articles_of, labelled_with, read_label_table, read_labels

    if corpus is not None and not structure:
        raise click.UsageError("--corpus gives whole articles with their structure; leave --no-structure out.")
    by_id = corpus is not None and gold.suffix == ".tsv"
    rows = labelled_with(read_label_table(gold) if by_id else read_labels(gold), task)
    if not rows:
        raise GoldError(f"{gold}: no paragraph has a label of {task}")
    if corpus is None:
        return rows, evaluate(model, task, rows, structure), {"structure": structure}
    every = evaluate_articles(model, task, rows, articles_of(corpus, {str(r.get("pmcid")) for r in rows}))
    pairs = [(r, f) for r, f in zip(rows, every, strict=True) if f is not None]
    if not pairs:
        raise GoldError(f"{corpus}: none of the labelled paragraphs is in this release")
    stated = {"structure": True, "whole_articles": True, "not_in_corpus": len(rows) - len(pairs)}
    return [r for r, _ in pairs], [f for _, f in pairs], stated
