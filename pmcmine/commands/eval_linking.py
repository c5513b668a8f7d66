"""What `pmcmine eval linking` scores: linkers, their training documents, and what they find."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pmcmine.errors import GoldError, PmcmineError

if TYPE_CHECKING:
    from pmcmine.concepts.linker import Linker
    from pmcmine.concepts.training.evaluate import Found
    from pmcmine.concepts.training.gold import GoldDocument


def parts_of(documents: list[GoldDocument], n: int) -> list[list[GoldDocument]]:
    """Cut documents into parts. Neighbours stay together: sentences of one abstract are neighbours in some formats."""
    size = -(-len(documents) // n)
    return [documents[at : at + size] for at in range(0, len(documents), size)]


def linker_of(paths: Sequence[Path], folder: Path, min_score: float, fuzzy: bool) -> Linker | None:
    """Return the linker over one vocabulary, or over OBO files compiled into a folder; None without any path.

    Raises:
        PmcmineError: if vocabularies and OBO files are mixed.
    """
    from pmcmine.concepts.linker import Linker, LinkOptions
    from pmcmine.vocabulary.atoms import Options
    from pmcmine.vocabulary.compile import compile_vocabulary
    from pmcmine.vocabulary.formats import open_input
    from pmcmine.vocabulary.vocabulary import MAGIC, Vocabulary

    if not paths:
        return None
    path = paths[0]
    if len(paths) > 1 or not _begins(path, MAGIC):
        if any(_begins(p, MAGIC) for p in paths):
            raise PmcmineError("--vocab: give one vocabulary, or OBO files to compile, not both")
        path = folder / "eval.vocab"
        compile_vocabulary([open_input(p, Options()) for p in paths], path, "eval")
    vocabulary = Vocabulary(path)
    generator = None
    if fuzzy:
        from pmcmine.concepts.fuzzy import FuzzyGenerator

        generator = FuzzyGenerator(vocabulary)
    return Linker(vocabulary, LinkOptions(min_score=min_score, context=False), generator)


def apart(gold: Path, learned: list[GoldDocument], documents: Sequence[GoldDocument]) -> list[GoldDocument]:
    """Read the training documents that are not scored."""
    texts = {d.text for d in documents}
    rest = [d for d in learned if d.text not in texts]
    if learned and not rest:
        raise GoldError(f"{gold}: every document of --train is also scored; use --folds, or score other documents")
    if len(rest) < len(learned):
        click.echo(f"{len(learned) - len(rest)} documents of --train are scored too, and not learned from", err=True)
    return rest


def found_in(
    linker: Linker | None, learned: Sequence[GoldDocument], documents: Sequence[GoldDocument]
) -> list[list[Found]]:
    """Link documents, by a linker trained on others if there are any; return what each one names."""
    from pmcmine.concepts.training.evaluate import link_documents

    if learned:
        from pmcmine.concepts.training.linker import TrainedLinker

        return TrainedLinker(linker).fit(learned).predict(documents)
    assert linker is not None
    return link_documents(linker, documents)


def _begins(path: Path, magic: bytes) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as stream:
        return stream.read(len(magic)) == magic


def given_mentions(
    linker: Linker | None, learned: Sequence[GoldDocument], documents: Sequence[GoldDocument]
) -> list[list[str]]:
    """Return the id of each given mention of each document, by a linker trained on others if there are any."""
    from pmcmine.concepts.training.evaluate import look_up_given
    from pmcmine.concepts.training.normaliser import NO_ID, MentionNormaliser

    if learned:
        return MentionNormaliser(linker).fit(learned).predict(documents)
    assert linker is not None
    return look_up_given(linker, documents, NO_ID)
