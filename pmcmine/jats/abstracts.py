"""Find the main abstract among an article's summaries, teasers and translations, and its text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from pmcmine.jats.elements import FoundAbstract
from schemas.paragraph import Paragraph

# Parts of `abstract-type` that do not denote a summary in sentences.
_NO_ABSTRACTS: Final = ("teaser", "toc", "graphic", "visual", "video", "highlight", "key", "web", "editor", "quote",
                        "question", "social", "tweet", "impact", "significance", "objective", "caption")  # fmt: skip
_PLAIN: Final = frozenset({"", "abstract", "main", "primary", "structured", "unstructured", "normal", "regular", "full",
                           "full-abstract", "original", "author-abstract", "short-abstract"})  # fmt: skip

_OTHER_TITLES: Final = re.compile(
    r"(?:research |article |study )?highlights?|key[- ]?(?:points?|messages?|findings?|results?)"
    r"|(?:graphical|visual|video) abstract|teaser|in brief|in a nutshell"
    r"|(?:plain[- ]language|lay|layperson|author|editor.?s?) (?:summary|abstract)"
    r"|significance(?: statement)?|table of contents.{0,20}|take[- ]home messages?|what is (?:already )?known.{0,60}",
    re.IGNORECASE,
)
# Titles of an abstract, by language: a translation may not be marked as one.
_TITLES: Final = {
    "abstract": "en", "resumen": "es", "résumé": "fr", "resumo": "pt", "zusammenfassung": "de", "riassunto": "it",
    "sommario": "it", "özet": "tr", "öz": "tr", "аннотация": "ru", "резюме": "ru", "摘要": "zh", "要旨": "ja",
    "초록": "ko",
}  # fmt: skip


def main_abstract(
    abstracts: Sequence[FoundAbstract], paragraphs: Sequence[Paragraph], language: str | None
) -> str | None:
    """Return the text of the main abstract, one line per paragraph, with section titles in front.

    The first of these that has text: an abstract without a type in the article's language (or without a stated one), a
    translation into the article's language, an abstract without a type in another language, an abstract of a type that
    is a summary. Teasers, highlights, graphical abstracts and translations are never the abstract.
    """
    ranked = [(rank, a) for a in abstracts if (rank := _rank(a, language)) is not None]
    lines = _lines(paragraphs) if ranked else {}
    for _, abstract in sorted(ranked, key=lambda r: r[0]):
        text = "\n".join(lines.get(abstract.step, ()))
        if text:
            return text
    return None


def _rank(abstract: FoundAbstract, language: str | None) -> int | None:
    kind = (abstract.kind or "").strip().lower()
    title = (abstract.title or "").strip(" .:").lower()
    own = _same(abstract.language or _TITLES.get(title), language)
    if not kind and _OTHER_TITLES.fullmatch(title):
        return None
    if abstract.step.startswith("trans-"):
        return 1 if not kind and abstract.language and language and own else None
    if kind in _PLAIN:
        return 0 if own else 2
    return None if any(word in kind for word in _NO_ABSTRACTS) else 3 if own else 4


def _same(stated: str | None, language: str | None) -> bool:
    """Check whether two languages, if stated, are the same: `en-US` is `en`."""
    return not stated or not language or stated[:2].lower() == language[:2].lower()


def _lines(paragraphs: Sequence[Paragraph]) -> dict[str, list[str]]:
    """Return the lines of each abstract."""
    out: dict[str, list[str]] = {}
    for p in paragraphs:
        if p.section_kind != "abstract" or "/fn[" in p.path:
            continue
        title = p.section_titles[-1] if p.section_titles and "/sec[" in p.path else None
        out.setdefault(p.path.split("/", 1)[0], []).append(_titled(title, p.text))
    return out


def _titled(title: str | None, text: str) -> str:
    """Prefix a paragraph with the title of its section and one colon."""
    bare = (title or "").rstrip(" \xa0:：.;,–—-")
    if not bare:
        return text
    rest = text.lstrip(" \xa0:：")
    if rest[: len(bare)].lower() == bare.lower() and rest[len(bare) :].lstrip()[:1] in (":", "："):
        return rest  # the paragraph repeats the title
    return f"{bare} {rest}" if bare[-1] in "?!" else f"{bare}: {rest}"
