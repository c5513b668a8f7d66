"""Tokens that compositions of captions use of a text encoder's context."""

from __future__ import annotations

import contextlib
import sys
import tempfile
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

BUDGETS = (77, 256, 512)
PLAIN = ("full", "title", "panels", "full+mentions")
_OFF = ("vocab=none", "classify=false", "image_kinds=false", "languages=false", "near_duplicates=false")


def captions(data: Path | None) -> dict[str, Any]:
    """Compare the compositions of `pmcmine.stream` at 77, 256 and 512 tokens; CLIP's, if open_clip is installed."""
    from pmcmine.cli import main as pmcmine
    from pmcmine.demo import write_bucket
    from pmcmine.demo.corpus import many_articles

    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "bucket"
        if data is not None:
            source = data / "pmc-bucket"
        else:
            write_bucket(source, many_articles(200))
        out = Path(folder) / "release"
        args = ["mine", "--source", str(source), "--out", str(out), "-q"]
        with contextlib.suppress(SystemExit), contextlib.redirect_stdout(sys.stderr):
            pmcmine([*args, *(a for o in _OFF for a in ("--set", o))])
        return token_use(str(out))


def token_use(release: str) -> dict[str, Any]:
    """Measure a release: tokens of a text, share of the budget that they fill, texts above it, share of tokens lost."""
    from pmcmine import stream

    tokenizer = _tokenizer()
    count = stream.counter(tokenizer)

    def texts(**keys: Any) -> list[str]:
        return [s["txt"] for split in stream.SPLITS for s in stream.open(release, split=split, **keys)]

    found: dict[str, Any] = {"tokenizer": "clip" if tokenizer is not None else "estimate"}
    for caption in PLAIN:
        sizes = [count(text) for text in texts(caption=caption)]
        found[caption] = {"samples": len(sizes), "tokens": round(sum(sizes) / len(sizes), 1)}
        found[caption] |= {str(budget): _plain(sizes, budget) for budget in BUDGETS}
    whole = _sizes(texts(caption="enriched"), count)
    found["enriched"] = {"samples": len(whole), "tokens": round(sum(whole) / len(whole), 1)}
    for budget in BUDGETS:
        sizes = _sizes(texts(caption="enriched", tokens=budget, tokenizer=tokenizer), count)
        found["enriched"][str(budget)] = {
            "filled": round(sum(sizes) / (budget * len(sizes)), 3),
            "above": sum(n > budget for n in sizes),
            "lost": round(1 - sum(sizes) / sum(whole), 3),
        }
    return found


def _tokenizer() -> Any:
    """Return CLIP's tokenizer, whose words come with open_clip; None without it."""
    try:
        open_clip = import_module("open_clip")
    except ModuleNotFoundError:
        return None
    return open_clip.SimpleTokenizer()


def _sizes(texts: Sequence[str], count: Callable[[str], int]) -> list[int]:
    return [count(text) for text in texts]


def _plain(sizes: Sequence[int], budget: int) -> dict[str, float]:
    """Measure texts that an encoder cuts at its budget."""
    return {
        "filled": round(sum(min(n, budget) for n in sizes) / (budget * len(sizes)), 3),
        "above": sum(n > budget for n in sizes),
        "lost": round(sum(max(n - budget, 0) for n in sizes) / sum(sizes), 3),
    }
