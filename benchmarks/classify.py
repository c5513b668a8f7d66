"""Classifiers beside the parser."""

from __future__ import annotations

import random
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.corpus import best, extractions


def classify(data: Path | None) -> dict[str, Any]:
    """Every head of text, in paragraphs a second on one core, beside plain fastText; kinds of images a second."""
    import fasttext

    from classifiers.images import generate
    from classifiers.images.kinds import KINDS
    from classifiers.images.kinds import shipped as image_model
    from classifiers.images.view import view
    from classifiers.privacy.text import flags
    from classifiers.text.features import Passage
    from classifiers.text.heads import TASKS, shipped
    from classifiers.text.language import identify

    passages = []
    for extracted in extractions(data, 100):
        passages += [Passage(p.text, p.section_kind, p.article_type or "", p.path) for p in extracted.paragraphs]
    model = shipped()
    texts = [p.text for p in passages]
    kinds = [labels.type for labels in model.describe(passages)]
    with tempfile.TemporaryDirectory() as folder:
        lines = Path(folder) / "lines"
        lines.write_text("".join(f"__label__{k} {' '.join(t.split())}\n" for k, t in zip(kinds, texts, strict=True)))
        plain = fasttext.train_supervised(str(lines), dim=16, epoch=3, thread=1, wordNgrams=2, bucket=50_000, verbose=0)
        flat = [" ".join(t.split()) for t in texts]
        times = {"fasttext, one head": best(lambda: plain.predict(flat), 3)}
    for task in TASKS:
        times[task] = best(partial(model.scores, task, passages), 3)
    times["type, domain, quality"] = best(lambda: model.describe(passages), 3)
    times["language"] = best(lambda: identify(texts, [None] * len(texts)), 3)
    times["privacy flags"] = best(lambda: [flags(t) for t in texts], 3)
    both = times["type, domain, quality"] + times["language"]
    r = random.Random(0)
    pictures = [generate.PAINTERS[k](r, (1000, 800)) for k in KINDS for _ in range(4)]
    captions = ["Figure. Effects of the dose on cells, mean and standard error."] * len(pictures)
    images = best(lambda: image_model().scores([view(p) for p in pictures], captions), 3)
    return {
        "paragraphs": len(passages),
        "paragraphs_per_second": round(len(passages) / both),
        "by_head": {k: round(len(passages) / t) for k, t in times.items()},
        "images_per_second": round(len(pictures) / images),
    }
