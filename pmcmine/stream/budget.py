"""Choose the parts of a document: by section, quality, and budgets of tokens and images."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pmcmine.errors import PmcmineError
from pmcmine.release.nearest import choose
from pmcmine.stream.tokens import counter, name_of
from pmcmine.text.tokens import Count, estimate

# Same as in `schemas.values`, which a consumer need not install.
SECTION_KINDS: Final = (
    "abstract", "introduction", "methods", "results", "discussion", "conclusion", "case", "supplementary",
    "acknowledgements", "funding", "ethics", "data_availability", "conflicts", "abbreviations", "appendix", "back",
    "other",
)  # fmt: skip
OVER_BUDGET: Final = "over_budget"  # reason of an image beyond `max_images`
_SCORED: Final = ("paragraph", "formula")


@dataclass(frozen=True)
class Budget:
    """Limits on the kept parts of a document.

    Attributes:
        min_quality: minimum quality of a paragraph; paragraphs without a quality are dropped.
        section_kinds: sections to keep; all if empty. The title is always kept.
        max_tokens: maximum tokens of all texts and images.
        count: counts the tokens of a text.
        tokenizer: name of the tokenizer used for counting.
        max_images: maximum images.
        image_tokens: tokens per image.
    """

    min_quality: float | None = None
    section_kinds: tuple[str, ...] = ()
    max_tokens: int | None = None
    count: Count = estimate
    tokenizer: str = ""
    max_images: int | None = None
    image_tokens: int = 0

    @property
    def shown(self) -> str:
        """Identifier of these limits in a state."""
        tokens = (self.max_tokens, self.image_tokens, self.tokenizer)
        return "/".join(map(str, (self.min_quality, self.section_kinds, self.max_images, *tokens)))

    def keep(
        self, texts: Sequence[str | None], images: Sequence[str | None], places: Sequence[dict[str, Any]]
    ) -> tuple[list[str | None], list[str | None], list[dict[str, Any]]]:
        """Return the texts, images and places to keep: the longest prefix that fits the budget.

        A heading with nothing below it is dropped.
        """
        if self.min_quality is None and not self.section_kinds and self.max_tokens is None and self.max_images is None:
            return list(texts), list(images), list(places)
        kept: list[tuple[str | None, str | None, dict[str, Any]]] = []
        tokens = n_images = 0
        for text, image, place in zip(texts, images, places, strict=True):
            if not self._wanted(place):
                continue
            if image is not None and self.max_images is not None and n_images >= self.max_images:
                image, place = None, {**place, "reason": OVER_BUDGET}
            if self.max_tokens is not None:
                tokens += self.count(text) if text is not None else self.image_tokens if image is not None else 0
                if tokens > self.max_tokens:
                    break
            n_images += image is not None
            kept.append((text, image, place))
        kept = _without_bare_headings(kept)
        return [k[0] for k in kept], [k[1] for k in kept], [k[2] for k in kept]

    def _wanted(self, place: dict[str, Any]) -> bool:
        kind = place["kind"]
        if self.section_kinds and kind != "title" and place["section_kind"] not in self.section_kinds:
            return False
        if self.min_quality is None or kind not in _SCORED:
            return True
        quality = place["quality"]
        return quality is not None and bool(quality >= self.min_quality)


def _without_bare_headings(
    kept: Sequence[tuple[str | None, str | None, dict[str, Any]]],
) -> list[tuple[str | None, str | None, dict[str, Any]]]:
    out = []
    below: int | None = 0  # level of the next heading, None if something else follows
    for part in reversed(kept):
        level = part[2]["level"] if part[2]["kind"] == "heading" else None
        if level is not None and below is not None and below <= level:
            continue
        below = level
        out.append(part)
    return out[::-1]


def budget_of(
    min_quality: float | None,
    section_kinds: Sequence[str] | None,
    max_tokens: int | None,
    tokenizer: Any,
    max_images: int | None,
    image_tokens: int,
) -> Budget:
    """Check the options of a budget.

    Raises:
        PmcmineError: for an invalid option.
    """
    if not isinstance(section_kinds, Collection | None):
        raise PmcmineError(f"section_kinds={section_kinds!r}: give a list of kinds")
    kinds = (section_kinds,) if isinstance(section_kinds, str) else tuple(section_kinds or ())
    for kind in kinds:
        if kind not in SECTION_KINDS:
            raise PmcmineError(f"section_kinds: no kind {kind!r}; {choose(str(kind), SECTION_KINDS)}")
    if min_quality is not None and (not isinstance(min_quality, int | float) or not 1 <= min_quality <= 5):
        raise PmcmineError(f"min_quality={min_quality!r}: give a number from 1 to 5")
    for name, value in (("max_tokens", max_tokens), ("max_images", max_images), ("image_tokens", image_tokens)):
        if value is not None and (type(value) is not int or value < 0):
            raise PmcmineError(f"{name}={value!r}: give a whole number from 0")
    count, name = (counter(tokenizer), name_of(tokenizer)) if max_tokens is not None else (estimate, "")
    return Budget(min_quality, kinds, max_tokens, count, name, max_images, image_tokens)
