"""State the vocabulary of a release, and its hierarchy."""

from __future__ import annotations

from pmcmine.concepts.article import release_hierarchy, release_vocabulary
from pmcmine.release.facts import VocabularyFacts
from pmcmine.release.hierarchy import HIERARCHY
from pmcmine.run.job import Job
from pmcmine.work.delta import removes_only


def stated_vocabulary(job: Job) -> tuple[VocabularyFacts | None, bytes | None]:
    """Describe the vocabulary for `release.json`, and return the file with its hierarchy; None if there is none.

    An update that links nothing keeps both from the release, so it does not need the vocabulary's file.

    Raises:
        VocabularyError: if the vocabulary is needed and can't be read, or is not the one that the run began with.
    """
    config = job.config
    if job.old is None or not removes_only(job.work):
        facts = release_vocabulary(config.vocab, config.vocab_sha256, config.concept_names)
        return facts, release_hierarchy(config.vocab, config.vocab_sha256, config.concept_names)
    old = job.old.record
    held = any(file.name == HIERARCHY for file in old.files)
    return old.vocabulary, job.out.read(HIERARCHY) if held else None
