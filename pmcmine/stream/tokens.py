"""Count tokens with a consumer's tokenizer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pmcmine.errors import PmcmineError, first_line
from pmcmine.text.tokens import Count, estimate

_MARKS: Final = 2  # start and end of a text
_PROBE: Final = ("a", "a b c " * 2_000)


@dataclass(frozen=True, slots=True)
class Counter:
    """Count the tokens of a text. A class, because workers receive it pickled.

    Attributes:
        encode: text to ids, in one of the forms that tokenizers return.
        marks: tokens that the model adds to the output of `encode`.
    """

    encode: Callable[[str], Any]
    marks: int = 0

    def __call__(self, text: str) -> int:
        """Return the number of tokens, including those at the start and end."""
        return _length(self.encode(text)) + self.marks


def _length(found: Any) -> int:
    """Return the number of ids in a list, an array, an `Encoding`, or a dict or batch of one of them."""
    if isinstance(found, Mapping) or hasattr(found, "input_ids"):
        found = found["input_ids"]
    shape = getattr(found, "shape", None)
    if shape is not None:
        return int(shape[-1])
    if isinstance(found, list | tuple) and len(found) == 1 and isinstance(found[0], list | tuple):
        found = found[0]
    return len(found)


def counter(tokenizer: Any = None) -> Count:
    """Return a function that counts tokens.

    Args:
        tokenizer: a tokenizer of transformers, tokenizers, tiktoken or open_clip; a function from a text to its ids; or
            None for `estimate`.

    Raises:
        PmcmineError: if it is none of these, or pads or cuts all texts to one length.
    """
    if tokenizer is None:
        return estimate
    inner = getattr(tokenizer, "tokenizer", None)
    if not hasattr(tokenizer, "encode") and hasattr(inner, "encode"):  # open_clip's wrapper of a transformers tokenizer
        tokenizer = inner
    marks = _MARKS if hasattr(tokenizer, "sot_token_id") else 0  # open_clip's own tokenizers omit them in `encode`
    found = Counter(getattr(tokenizer, "encode", tokenizer), marks)
    try:
        short, long = map(found, _PROBE)
    except Exception as error:  # noqa: BLE001 - each tokenizer has errors of its own
        said = first_line(error)
        raise PmcmineError(f"tokenizer={tokenizer!r:.60}: can't count the tokens of a text ({said})") from None
    if long <= short or long < len(_PROBE[1]) // 100:
        raise PmcmineError(
            f"tokenizer={tokenizer!r:.60}: pads or cuts each text to {long} tokens; "
            "give a function from a text to all of its ids"
        )
    return found


def name_of(tokenizer: Any) -> str:
    """Return a tokenizer name that is stable across processes."""
    if tokenizer is None:
        return "estimate"
    named = tokenizer if hasattr(tokenizer, "__qualname__") else type(tokenizer)
    return f"{getattr(named, '__module__', '')}.{named.__qualname__}:{getattr(tokenizer, 'name_or_path', '') or ''}"
