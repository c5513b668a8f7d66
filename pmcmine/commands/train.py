"""`pmcmine train`: fit the package's models, or your own to replace them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import click

from pmcmine.commands.declare import Group, Option
from pmcmine.commands.output import Json, Overwrite, check_file, check_folder, print_json
from pmcmine.errors import PmcmineError
from pmcmine.io.extras import need
from pmcmine.io.safe_files import replacing

if TYPE_CHECKING:
    from classifiers.text.heads import TextModel

app = Group(help="Train models from annotated texts.")

_MODELS = Path(__file__).parent.parent / "concepts" / "models"
Gold = Annotated[Path, Option("--gold", help="File or folder of annotations.")]


def _tell(as_json: bool, result: Mapping[str, Any], *lines: str) -> None:
    """Print what was trained, as one JSON object or in lines."""
    if as_json:
        print_json(result)
    else:
        click.echo("\n".join(lines))


def _tell_file(as_json: bool, path: Path, result: Mapping[str, Any], lines: Sequence[str] = ()) -> None:
    """Print what was trained, and the size of its file."""
    size = path.stat().st_size
    _tell(as_json, {"out": path, "bytes": size, **result}, *lines, f"{path}: {size:,} bytes")


@app.add()
def abbreviations(
    gold: Gold,
    out: Annotated[Path, Option(help="Model file; default: the package's own.")] = _MODELS / "abbreviations.json",
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Fit the abbreviation model on texts in MED1250's format."""
    need("train", "train abbreviations")
    check_file(out, overwrite)
    from pmcmine.concepts.training.evaluate import score_abbreviations
    from pmcmine.concepts.training.fit import fit_abbreviations, write_abbreviations
    from pmcmine.concepts.training.gold import read_abbreviations

    documents = read_abbreviations(gold)
    model = fit_abbreviations(documents)
    write_abbreviations(model, out, f"{gold.stem}: {len(documents)} documents")
    f1 = score_abbreviations(documents, [model] * len(documents)).measures["f1"]
    result = {"out": out, "documents": len(documents), "f1": f1, "threshold": model.threshold}
    line = f"{out}: F1 {f1:.4f} on the same {len(documents)} documents, threshold {model.threshold}"
    _tell(as_json, result, line)


@app.add()
def linking(
    gold: Annotated[list[Path], Option(help="File or folder of annotations; repeatable.")],
    vocab: Annotated[
        list[Path], Option(help="Vocabulary with the ids of the annotations; one for each --gold, in its order.")
    ],
    out: Annotated[Path, Option(help="Model file; default: the package's own.")] = _MODELS / "linking.json",
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Fit the match probabilities of the linker on annotated texts."""
    need("train", "train linking")
    check_file(out, overwrite)
    from pmcmine.concepts.linker import Linker
    from pmcmine.concepts.training.evaluate import of_sources
    from pmcmine.concepts.training.fit import fit_linking, write_linking
    from pmcmine.concepts.training.gold import read_linking
    from pmcmine.vocabulary.vocabulary import Vocabulary

    if len(gold) != len(vocab):
        raise PmcmineError(f"give one --vocab for each --gold; there are {len(vocab)} and {len(gold)}")
    corpora, said = [], []
    for path, name in zip(gold, vocab, strict=True):
        vocabulary = Vocabulary(name)
        documents, _ = of_sources(read_linking(path), [o.name for o in vocabulary.origins])
        corpora.append((Linker(vocabulary), documents))
        said.append(f"{path.stem}: {len(documents)} documents, {vocabulary.version}")
    write_linking(fit_linking(corpora), out, "; ".join(said))
    _tell(as_json, {"out": out, "fitted_on": said}, f"{out}: fitted on {'; '.join(said)}")


Corpus = Annotated[Path, Option(help="Release of `pmcmine mine`; only its commercially licensed part is used.")]
Labels = Annotated[list[Path], Option(help="Labelled paragraphs, JSON lines; repeatable.")]


def _say(line: str) -> None:
    click.echo(f"pmcmine: {line}", err=True)


def _check(target: Path, card: Path | None, overwrite: bool) -> None:
    """Check that model and card may be written, before hours of training."""
    check_file(target, overwrite)
    check_file(card or target.with_suffix(".md"), overwrite, "--card" if card else "--out")


def _write(target: Path, model: bytes, card: Path | None, said: str) -> None:
    """Write the model's file, and its card to the given path or beside it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    for path, data in ((target, model), (card or target.with_suffix(".md"), said.encode())):
        with replacing(path) as stream:
            stream.write(data)


def _check_tasks(wanted: list[str], start: Path | None, known: tuple[str, ...]) -> None:
    """Check the names of --task, and that it comes with --start."""
    from pmcmine.release.nearest import choose

    if wanted and start is None:
        raise PmcmineError("--task chooses heads to continue; give --start as well")
    for name in wanted:
        if name not in known:
            raise PmcmineError(f"--task {name}: {choose(name, known)}")


def _lines(validated: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Say what cross-validation measured, a line for each head."""
    lines = []
    for name, value in validated.items():
        shown = value.get("macro_f1", value.get("pearson"))
        lines.append(f"{name:14} {'pearson' if 'pearson' in value else 'macro F1'} {shown:.4f} (by article, 5 folds)")
    return lines


def _add(
    name: str, model: TextModel, paragraphs: Sequence[Mapping[str, Any]], rows: Sequence[dict[str, Any]]
) -> tuple[TextModel, dict[str, Any]]:
    """Add the heads of whole articles, or the network that refines quality, to a model; return what was measured."""
    from classifiers.text.article import add_article_heads
    from classifiers.text.heads import NETWORK
    from classifiers.text.refining import add_network

    if name == NETWORK:
        return add_network(model, frozenset(str(p["pmcid"]) for p in paragraphs), rows, _say)
    return add_article_heads(model, paragraphs, rows, _say)


@app.add()
def text(
    corpus: Corpus,
    labels: Labels,
    teacher: Annotated[
        Path | None, Option(help="Folder of a transformers encoder whose embeddings teach the student.")
    ] = None,
    start: Annotated[
        Path | None, Option(help="Model file to continue: more labels move its heads, the space of words stays.")
    ] = None,
    task: Annotated[
        list[str] | None,
        Option(
            help="With --start: only heads of type, domain, quality, article (of whole articles), or network (that "
            "refines quality); repeatable."
        ),
    ] = None,
    out: Annotated[Path | None, Option(help="Model file; default: the package's own.")] = None,
    card: Annotated[Path | None, Option(help="Model card to write, in Markdown.")] = None,
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Train the models for type, domain and quality of paragraphs; cross-validate by article."""
    need("train", "train text")
    if start is not None and teacher is not None:
        raise PmcmineError("--start continues a model without a teacher; leave out --teacher")
    if teacher is not None:
        need("encoder-train", "--teacher")
    import tempfile

    from classifiers.text import card as cards
    from classifiers.text import labelled as readers
    from classifiers.text.continued import continue_training
    from classifiers.text.heads import ARTICLE, MODEL_FILE, NETWORK, TASKS, dump, read

    _check_tasks(task or [], start, (*TASKS, ARTICLE, NETWORK))
    _check(out or MODEL_FILE, card, overwrite)
    earlier = read(start) if start is not None else None
    paragraphs = list(readers.corpus(corpus))
    given = [row for path in labels for row in readers.read_labels(path)]
    own = readers.own_labels(paragraphs)
    with tempfile.TemporaryDirectory(prefix="pmcmine-teacher-") as folder:
        encoder = None
        if teacher is not None:
            from classifiers.text.encoder import load_base

            encoder = load_base(teacher, Path(folder))
        if earlier is None:
            model, figures = cards.train(paragraphs, given, own, encoder, _say)
        elif chosen := [t for t in task or TASKS if t in TASKS]:
            model, figures = continue_training(earlier, paragraphs, [*given, *own], _say, chosen)
        else:
            model, figures = earlier, {"cross_validation": {}, "slices": {}}
    for name in [n for n in (ARTICLE, NETWORK) if not task or n in task]:
        model, measured = _add(name, model, paragraphs, [*given, *own])
        if task and not measured:
            raise PmcmineError(f"--task {name}: too few labelled paragraphs are of articles of the corpus (pmcid)")
        figures["cross_validation"] |= measured
    target = out or MODEL_FILE
    _write(target, dump(model), card, cards.model_card(model, figures))
    _tell_file(as_json, target, {"cross_validation": figures["cross_validation"]}, _lines(figures["cross_validation"]))


@app.add()
def encoder(
    base: Annotated[Path, Option(help="Folder of a transformers encoder.")],
    labels: Labels,
    out: Annotated[Path, Option(help="Folder to write, for `mine --text-model`.")],
    corpus: Annotated[Path | None, Option(help="Release that contains the package's own labelled paragraphs.")] = None,
    fine_tune_layers: Annotated[
        int, Option(help="Train this many of the upper layers, too; 0 keeps the encoder as it is.", min=0, max=1000)
    ] = 0,
    epochs: Annotated[
        int, Option(help="With --fine-tune-layers: how often all paragraphs are seen.", min=1, max=1000)
    ] = 6,
    student_share: Annotated[
        float,
        Option(
            help="With --fine-tune-layers: weight of the package's own model beside the encoder; 0 leaves it out.",
            min=0,
            max=0.99,
        ),
    ] = 0.8,
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Fit classification heads on an encoder, frozen or fine-tuned, and export them together to ONNX.

    Fine-tuning that was stopped continues after its last epoch when the same command is given again.
    """
    from classifiers.text import labelled as readers
    from classifiers.text.encoder import train
    from classifiers.text.finetune import CHECKPOINT, tune
    from classifiers.text.heads import TASKS

    if overwrite or not fine_tune_layers or not (out / CHECKPOINT).is_file():
        check_folder(out, overwrite)
        (out / CHECKPOINT).unlink(missing_ok=True)
    need("encoder-train", "train encoder")
    rows = [row for path in labels for row in readers.read_labels(path)]
    rows += readers.own_labels(readers.corpus(corpus)) if corpus is not None else []
    on = f"{base.name}, {len(rows):,} labelled paragraphs"
    if fine_tune_layers:
        measured = tune(base, out, rows, fine_tune_layers, epochs, on, student_share, _say)
        _tell_file(as_json, out / "model.onnx", {"paragraphs": len(rows), "left_out": measured})
        return
    chosen = {t: readers.labelled_with(rows, t) for t in TASKS}
    labelled = {t: ([r["text"] for r in found], [r[t] for r in found]) for t, found in chosen.items()}
    train(base, out, labelled, on, _say)
    _tell_file(as_json, out / "model.onnx", {"paragraphs": len(rows)})


@app.add("image-kind")
def image_kind(
    figures: Annotated[
        Path | None,
        Option(help="Release to learn from: labelled figures, and those whose captions name one kind."),
    ] = None,
    images: Annotated[
        Path | None,
        Option(help="Folder of images with SOURCES.tsv (file, kind, repository, terms): learn anew from them."),
    ] = None,
    volumes: Annotated[
        Path | None,
        Option(help="With --images: folder of unpacked packages whose volumes and pictures are learned from, too."),
    ] = None,
    labels: Annotated[Path | None, Option(help="Labelled figures; default: the package's own.")] = None,
    captions: Annotated[bool, Option(help="Learn from figures whose captions name one kind, too.")] = True,
    out: Annotated[Path | None, Option(help="Model file; default: the package's own.")] = None,
    card: Annotated[Path | None, Option(help="Model card to write, in Markdown.")] = None,
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Train the model for kinds of images; measure it on sources and articles that it has not seen.

    Without --images, it learns from the pictures that pmcmine came with (as embeddings) and from the release.
    """
    if figures is None and images is None:
        raise PmcmineError("nothing to learn from: give --figures, --images or both")
    if volumes is not None and images is None:
        raise PmcmineError("--volumes needs --images: without it, what pmcmine came with is learned from")
    need("train", "train image-kind")
    from classifiers.images import examples, learn
    from classifiers.images.kinds import MODEL_FILE, dump
    from classifiers.images.measures import model_card

    _check(out or MODEL_FILE, card, overwrite)
    if images is not None:
        check_file((out or MODEL_FILE).with_name("learned.npz"), overwrite)
    known = examples.labels_and_captions(figures, examples.read_labels(labels or examples.LABELS), _say, captions)
    model, measured, base = learn.train_all(images, known, _say, volumes)
    target = out or MODEL_FILE
    _write(target, dump(model), card, model_card(model.trained_on, measured))
    if base is not None:  # beside the model, for those who train without the images
        with replacing(target.with_name("learned.npz")) as stream:
            stream.write(examples.dump(base))
    lines = [
        f"{name:24} macro F1 {m['macro_f1']:.4f}, most likely kind right {m['accuracy']:.4f}"
        for name, m in measured.items()
        if "accuracy" in m
    ]
    _tell_file(as_json, target, {"measures": measured}, lines)
