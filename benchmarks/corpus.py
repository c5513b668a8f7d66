"""What the benchmarks measure on: real articles, generated ones, and the best of some rounds."""

from __future__ import annotations

import tarfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROUNDS = 5


def best(action: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Shortest of several runs, in seconds."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return min(times)


def articles(data: Path | None, most: int = 300) -> list[tuple[str, bytes]]:
    """(PMCID, XML) of real or generated articles."""
    if data is not None:
        found: list[tuple[str, bytes]] = []
        for path in sorted((data / "oa_bulk").glob("*.tar.gz")):
            with tarfile.open(path) as archive:
                for member in archive:
                    stream = archive.extractfile(member)
                    if stream is not None and member.name.endswith(".xml"):
                        found.append((Path(member.name).stem, stream.read()))
        step = max(len(found) // most, 1)
        return found[::step][:most]
    from pmcmine.demo.corpus import article_xml, many_articles

    return [(f"PMC{a.pmcid}", article_xml(a)) for a in many_articles(most)]


def extractions(data: Path | None, most: int = 300) -> Iterator[Any]:
    """Extract the articles that are not rejected."""
    from pmcmine.jats import ArticleMeta, extract_article
    from pmcmine.rejects import Rejected

    for pmcid, xml in articles(data, most):
        try:
            yield extract_article(xml, ArticleMeta(pmcid=pmcid, license_code="CC BY"))
        except Rejected:
            continue


def bucket_for(data: Path | None, folder: str) -> str:
    """Return the real articles if there are some, else write generated ones to a folder."""
    if data is not None:
        return str(data / "oa_bulk")
    from pmcmine.demo.corpus import many_articles, write_bucket

    write_bucket(Path(folder) / "bucket", many_articles(200))
    return str(Path(folder) / "bucket")
