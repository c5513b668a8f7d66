"""`pmcmine train`: fit the models that come with the package, or your own in their place."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Train models from annotated texts.", no_args_is_help=True)

_MODELS = Path(__file__).parent.parent / "concepts" / "models"
Gold = Annotated[Path, typer.Option("--gold", help="File or folder of annotations.")]


@app.command()
def abbreviations(
    gold: Gold,
    out: Annotated[Path, typer.Option(help="Model file; the package's own if not given.")] = _MODELS
    / "abbreviations.json",
) -> None:
    """Fit the model of abbreviations on texts of MED1250's format."""
    from pmcmine.concepts.evaluate import score_abbreviations
    from pmcmine.concepts.fitting import fit_abbreviations, write_abbreviations
    from pmcmine.concepts.gold import read_abbreviations

    documents = read_abbreviations(gold)
    model = fit_abbreviations(documents)
    write_abbreviations(model, out, f"{gold.stem}: {len(documents)} documents")
    f1 = score_abbreviations(documents, [model] * len(documents)).measures["f1"]
    typer.echo(f"{out}: F1 {f1:.4f} on the same {len(documents)} documents, threshold {model.threshold}")


@app.command()
def linking(
    gold: Gold,
    vocab: Annotated[Path, typer.Option(help="Vocabulary whose ids the annotations use.")],
    out: Annotated[Path, typer.Option(help="Model file; the package's own if not given.")] = _MODELS / "linking.json",
) -> None:
    """Fit the probabilities of matches on annotated texts."""
    from pmcmine.concepts.evaluate import of_sources
    from pmcmine.concepts.fitting import fit_linking, write_linking
    from pmcmine.concepts.gold import read_linking
    from pmcmine.concepts.linker import Linker
    from pmcmine.concepts.vocabulary import Vocabulary

    vocabulary = Vocabulary(vocab)
    documents, _ = of_sources(read_linking(gold), [o.name for o in vocabulary.origins])
    model = fit_linking(Linker(vocabulary), documents)
    write_linking(model, out, f"{gold.stem}: {len(documents)} documents, {vocabulary.version}")
    typer.echo(f"{out}: fitted on {len(documents)} documents with {vocabulary.version}")


@app.command()
def text(
    corpus: Annotated[Path, typer.Option(help="Release whose commercially licensed paragraphs make the word space.")],
    labels: Annotated[Path, typer.Option(help="Labelled paragraphs, JSON lines.")],
    out: Annotated[Path | None, typer.Option(help="Model file; the package's own if not given.")] = None,
    card: Annotated[Path | None, typer.Option(help="Model card to write.")] = None,
) -> None:
    """Train type, domain and quality of paragraphs, and cross-validate them by article."""
    from classifiers.text import card as cards
    from classifiers.text import labels as readers
    from classifiers.text.heads import MODEL_FILE, dump

    paragraphs = list(readers.corpus(corpus))
    rows = readers.read_labels(labels)
    model, figures = cards.train(paragraphs, rows)
    target = out or MODEL_FILE
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(dump(model))
    (card or target.with_suffix(".md")).write_text(cards.model_card(model, figures), "utf-8")
    for name, value in figures["cross_validation"].items():
        shown = value.get("macro_f1", value.get("pearson"))
        typer.echo(f"{name:14} {'pearson' if 'pearson' in value else 'macro F1'} {shown:.4f} (by article, 10 folds)")
    typer.echo(f"{target}: {target.stat().st_size:,} bytes")
