"""`pmcmine eval`: evaluate against annotated data."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import click

from pmcmine.commands.declare import Group, Option
from pmcmine.commands.eval_linking import apart, found_in, given_mentions, linker_of, parts_of
from pmcmine.commands.eval_output import print_measures, print_score
from pmcmine.commands.eval_text import labelled_and_found
from pmcmine.errors import GoldError, PmcmineError

if TYPE_CHECKING:
    from pmcmine.concepts.training.gold import GoldDocument

T = TypeVar("T")

app = Group(help="Evaluate against annotated data.")

Gold = Annotated[Path, Option("--gold", help="File or folder of annotations.")]
Errors = Annotated[int, Option("--errors", help="Number of errors to list; -1 lists all.")]
Json = Annotated[bool, Option("--json", help="Print the result as one JSON object on the last line.")]


def _of_part(gold: Path, documents: list[GoldDocument], part: str | None) -> list[GoldDocument]:
    """Those of a part, all without one."""
    if part is None:
        return documents
    chosen = [d for d in documents if d.part == part]
    if not chosen:
        raise GoldError(f"{gold}: no document of part {part!r}")
    return chosen


def _need_for_linking(fuzzy: bool, training: str) -> None:
    """Check that what the options need is installed; `training` is the option that asks for training, if one does."""
    from pmcmine.io.extras import need

    if fuzzy:
        need("fuzzy", "--fuzzy")
    if training:
        need("train", training)


@app.add()
def linking(
    gold: Gold,
    vocab: Annotated[list[Path] | None, Option(help="Vocabulary, or OBO files to compile; repeatable.")] = None,
    train: Annotated[list[Path] | None, Option(help="Annotations to train on; repeatable.")] = None,
    folds: Annotated[
        int, Option(help="Cross-validate over the gold data with this many folds; 0 turns it off.", min=0, max=20)
    ] = 0,
    given: Annotated[
        bool, Option("--given-mentions", help="Take mentions from the gold data and score only their ids.")
    ] = False,
    types: Annotated[
        list[str] | None, Option("--type", help="Types or ontologies of annotations to keep; repeatable.")
    ] = None,
    part: Annotated[str | None, Option(help="Part of the gold (CRAFT: train, dev).")] = None,
    min_score: Annotated[float, Option(help="Minimum score of a link, without --train.", min=0, max=1)] = 0.4,
    nested: Annotated[
        bool | None,
        Option("--nested/--no-nested", help="Also score links inside of longer ones; default: as the annotations do."),
    ] = None,
    fuzzy: Annotated[bool, Option("--fuzzy", help="Also by string similarity (scispaCy; slow).")] = False,
    errors: Errors = 0,
    json_: Json = False,
) -> None:
    """Evaluate concept linking on JSON lines, PubTator files, MedMentions' BIO tables, or a CRAFT folder."""
    _need_for_linking(fuzzy, "--train" if train else "--folds" if folds else "")
    from pmcmine.concepts.training import evaluate as ev
    from pmcmine.concepts.training.gold import of_types, read_linking

    documents = _of_part(gold, read_linking(gold), part)
    learned = [d for path in train or [] for d in read_linking(path)]
    if wanted := {t for value in types or [] for t in value.split(",")}:
        documents, learned = (of_types(found, lambda m: m.type in wanted) for found in (documents, learned))
        if not any(d.mentions for d in documents):
            raise GoldError(f"{gold}: no annotation of type {', '.join(sorted(wanted))}")
    with tempfile.TemporaryDirectory(prefix="pmcmine-eval-") as folder:
        linker = linker_of(vocab or [], Path(folder), min_score, fuzzy)
        if linker is not None:
            names = [o.name for o in linker.vocabulary.origins]
            documents, prefixes = ev.of_sources(documents, names)
            learned, _ = ev.of_sources(learned, names)
            nested = ev.nests(documents) if nested is None else nested
            linker.options = replace(linker.options, sources=prefixes, nested=nested)
        learned = apart(gold, learned, documents)
        if folds and learned:
            raise PmcmineError("--folds trains on the gold data itself; omit --train")
        if linker is None and not learned and not folds:
            raise PmcmineError("nothing to link with: give --vocab, --train, or both")
        parts = parts_of(documents, max(folds, 1))
        ids: list[list[str]] = []
        found: list[list[ev.Found]] = []
        for chosen in parts:
            known = [d for other in parts if other is not chosen for d in other] if folds else learned
            if given:
                ids += given_mentions(linker, known, chosen)
            else:
                found += found_in(linker, known, chosen)
        score = ev.score_given(documents, ids) if given else ev.score_linking(documents, found)
    print_score("linking", gold, score, errors, json_)


@app.add()
def abbreviations(
    gold: Gold,
    folds: Annotated[
        int,
        Option(help="Refit the model on the other folds of the gold data; 0 uses the shipped model.", min=0, max=20),
    ] = 0,
    errors: Errors = 0,
    json_: Json = False,
) -> None:
    """Evaluate abbreviations and their long forms on files in MED1250's format."""
    from pmcmine.concepts.training.evaluate import score_abbreviations
    from pmcmine.concepts.training.gold import read_abbreviations
    from pmcmine.io.extras import need

    if folds:
        need("train", "--folds")
    documents = read_abbreviations(gold)
    models = None
    if folds:
        from pmcmine.concepts.training.fit import fit_abbreviations

        fits = [fit_abbreviations([d for i, d in enumerate(documents) if i % folds != k]) for k in range(folds)]
        models = [fits[i % folds] for i in range(len(documents))]
    print_score("abbreviations", gold, score_abbreviations(documents, models), errors, json_)


@app.add()
def negation(gold: Gold, errors: Errors = 0, json_: Json = False) -> None:
    """Evaluate negation on the ConText sheet, or at the clinical entities of E3C (JSON lines)."""
    from pmcmine.concepts.training.evaluate import score_negation
    from pmcmine.concepts.training.gold import read_negation

    print_score("negation", gold, score_negation(read_negation(gold)), errors, json_)


def _heads(
    task: str, gold: Path, model: Path | None, structure: bool, errors: int, json_: bool, corpus: Path | None = None
) -> None:
    from classifiers.text.evaluate import measures
    from classifiers.text.heads import parse, shipped
    from pmcmine.evaluation.gold_files import one_line

    used = _model(model, parse, shipped)
    rows, found, stated = labelled_and_found(used, task, gold, structure, corpus)
    figures = measures(task, [r[task] for r in rows], found)
    wrong = [
        (r, f)
        for r, f in zip(rows, found, strict=True)
        if (abs(r[task] - f) >= 1 if task == "quality" else r[task] != f)
    ]
    lines = [f"gold {r[task]}  found {f}  {one_line(r['text'] or r['paragraph_id'])[:120]}" for r, f in wrong]
    print_measures(task, gold, stated | figures, lines, errors, json_, "paragraphs")


Model = Annotated[Path | None, Option(help="Model file; default: the package's own.")]
Corpus = Annotated[
    Path | None,
    Option(help="Release with the articles: scores paragraphs by what their whole article is about, as `mine` does."),
]
NoStructure = Annotated[bool, Option("--no-structure", help="Use only the text, not its section or article type.")]


def _add_heads(task: str, said: str) -> None:
    """Add the command that evaluates one label of paragraphs."""

    def command(
        gold: Gold,
        model: Model = None,
        no_structure: NoStructure = False,
        corpus: Corpus = None,
        errors: Errors = 0,
        json_: Json = False,
    ) -> None:
        _heads(task, gold, model, not no_structure, errors, json_, corpus)

    command.__doc__ = said
    app.add(task)(command)


_add_heads("type", "Evaluate the type of paragraphs: clinical_case, study, review, other.")
_add_heads("domain", "Evaluate the domain of paragraphs: clinical, biomedical, other.")
_add_heads("quality", "Evaluate the educational quality of paragraphs, from 1 to 5.")


@app.add()
def language(
    gold: Gold,
    stated: Annotated[
        str | None, Option(help="Language stated for all texts, used as a prior; for example de.")
    ] = None,
    errors: Errors = 0,
    json_: Json = False,
) -> None:
    """Evaluate language identification on a tab-separated table of `language` and `text`."""
    from classifiers.text.labelled import read_languages
    from classifiers.text.language import identify
    from pmcmine.concepts.training.evaluate import score_rows
    from pmcmine.evaluation.gold_files import one_line

    rows = read_languages(gold)
    found = identify([text for _, text in rows], [stated] * len(rows))
    right = [code == x.code for (code, _), x in zip(rows, found, strict=True)]
    lines = [
        f"gold {code}  found {x.code}  {one_line(text)[:100]}"
        for (code, text), x in zip(rows, found, strict=True)
        if code != x.code
    ]
    measures = {"texts": len(rows), "languages": len({c for c, _ in rows}), **score_rows(right)}
    print_measures("language", gold, measures, lines, errors, json_, "texts")


@app.add("image-kind")
def image_kind(
    gold: Gold,
    release: Annotated[Path, Option(help="Release that contains the labelled figures.")],
    model: Model = None,
    errors: Errors = 0,
    json_: Json = False,
) -> None:
    """Evaluate kinds of images on a tab-separated table of `figure_id` and `kinds` (figures.tsv)."""
    from classifiers.images import examples
    from classifiers.images.kinds import KINDS, parse, shipped
    from classifiers.images.measures import measures

    used = _model(model, parse, shipped)
    known = examples.of_release(release, examples.read_labels(gold))
    scores = used.of_inputs(known.seen, known.said).scores
    lines = []
    for row, truth, pmcid in zip(scores, known.kinds, known.sources.tolist(), strict=True):
        told = [k for k, v in zip(KINDS, truth, strict=True) if v]
        if set(told) != set(used.named(row)):
            lines.append(f"{pmcid}  gold {','.join(told)}  found {','.join(used.named(row))}")
    print_measures("image-kind", gold, measures(scores, known, used.thresholds), lines, errors, json_, "images")


@app.add()
def privacy(
    gold: Gold,
    release: Annotated[Path, Option(help="Release that contains the labelled paragraphs.")],
    errors: Errors = 0,
    json_: Json = False,
) -> None:
    """Evaluate privacy flags of texts on a tab-separated table of `paragraph_id` and `kinds`."""
    from classifiers.privacy.evaluate import evaluate, read_gold, texts_of

    labels = read_gold(gold)
    measures, lines = evaluate(labels, texts_of(release, labels))
    print_measures("privacy", gold, measures, lines, errors, json_, "paragraphs")


@app.add("image-privacy")
def image_privacy(
    gold: Gold,
    images: Annotated[Path, Option(help="Folder of the labelled images with SOURCES.tsv.")],
    part: Annotated[str | None, Option(help="Part of the labels (tune, held); default both.")] = None,
    errors: Errors = 0,
    json_: Json = False,
) -> None:
    """Evaluate faces and writing flagged in images on a tab-separated table of labels (images.tsv)."""
    from classifiers.privacy.evaluate_images import look, measures, read_labels

    values, lines = measures(look(read_labels(gold), images, part))
    print_measures("image-privacy", gold, values, lines, errors, json_, "images", "Wilson's")


@app.add()
def captions(gold: Gold, errors: Errors = 0, json_: Json = False) -> None:
    """Evaluate the splitting of captions on JSON lines of `caption` and `panels` (captions.jsonl, *.jsonl.gz)."""
    from pmcmine.evaluation.gold_files import read_json_lines
    from pmcmine.panels.evaluate_captions import evaluate_captions

    measures, lines = evaluate_captions(read_json_lines(gold, "captions"))
    print_measures("captions", gold, measures, lines, errors, json_, "captions")


@app.add()
def panels(
    gold: Gold,
    images: Annotated[Path | None, Option(help="Folder of the images; default: that of --gold.")] = None,
    errors: Errors = 0,
    json_: Json = False,
) -> None:
    """Evaluate boxes and labels of panels on a folder with panels.jsonl."""
    from pmcmine.panels.evaluate import evaluate_boxes

    measures, lines = evaluate_boxes(gold, images)
    print_measures("panels", gold, measures, lines, errors, json_, "figures")


@app.add()
def duplicates(
    gold: Gold,
    seed: Annotated[int, Option(help="Seed of the generated copies.")] = 0,
    errors: Errors = 0,
    json_: Json = False,
) -> None:
    """Evaluate near duplicates on labelled pairs, or on copies made of a folder of images, JATS or JSON lines."""
    from pmcmine.duplicates.evaluate import evaluate_duplicates

    measures, lines = evaluate_duplicates(gold, seed)
    print_measures("duplicates", gold, measures, lines, errors, json_, "pairs")


@app.add()
def pdf(gold: Gold, errors: Errors = 0, json_: Json = False) -> None:
    """Evaluate figure-caption pairs of PDFs on a folder of PDFs, each with the article's XML beside it."""
    from pmcmine.pdf.evaluate import evaluate_pdfs

    measures, lines = evaluate_pdfs(gold)
    print_measures("pdf", gold, measures, lines, errors, json_, "PDFs")


@app.add()
def written(
    gold: Gold,
    articles: Annotated[list[Path], Option(help="Articles: JATS XML, folders of it, or .tar.gz; repeatable.")],
    part: Annotated[str | None, Option(help="Part of the rewrites, such as sixth; default all.")] = None,
    judge_endpoint: Annotated[str | None, Option(help="Server of a judge to measure, too.")] = None,
    judge_model: Annotated[str | None, Option(help="Name of the judge's model.")] = None,
    answers: Annotated[Path | None, Option(help="Folder that keeps the judge's answers; the rest is asked.")] = None,
    concurrency: Annotated[int, Option(help="Requests at once.", min=1, max=256)] = 4,
    errors: Errors = 0,
    json_: Json = False,
) -> None:
    """Evaluate the checks of written text on good and spoiled rewrites (rewrites.jsonl), and a judge.

    The judge's key is read from PMCMINE_JUDGE_KEY.
    """
    from pmcmine.commands.model_server import JUDGE_KEY, client_of
    from pmcmine.io.extras import need
    from pmcmine.write.checks.evaluate import evaluate, read_rewrites, texts_of

    client = client_of("--judge-endpoint", judge_endpoint, "--judge-model", judge_model, JUDGE_KEY)
    if client is not None and answers is None:
        raise PmcmineError("--judge-endpoint: give --answers, a folder that keeps what the judge answers")
    need("mine", "eval written")
    rewrites = read_rewrites(gold, part)
    texts = texts_of(articles, rewrites)
    measures, lines = evaluate(rewrites, texts)
    if client is not None and answers is not None:
        from pmcmine.write.judge_measures import judge_measures, scores

        scored = scores(rewrites, texts, client, answers, concurrency, lambda said: click.echo(said, err=True))
        measures |= {"judge": scored.counts(), "with_judge": judge_measures(rewrites, texts, scored)}
    print_measures("written", gold, measures, lines, errors, json_, "articles")


def _model(path: Path | None, parse: Callable[[bytes, str], T], shipped: Callable[[], T]) -> T:
    """Load the model of a file, or the package's own."""
    if path is None:
        return shipped()
    if not path.is_file():
        raise PmcmineError(f"{path}: no such model")
    return parse(path.read_bytes(), str(path))
