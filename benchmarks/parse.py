"""Articles a second, beside `pubmed_parser`."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from benchmarks.corpus import articles, best


def parse(data: Path | None) -> dict[str, Any]:
    """XML to all rows, beside lxml's parse and pubmed_parser's calls on the same bytes, in turn."""
    import pubmed_parser
    from lxml import etree

    from pmcmine.jats import ArticleMeta, extract_article

    documents = articles(data)
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for pmcid, xml in documents:
            path = Path(folder) / f"{pmcid}.nxml"
            path.write_bytes(xml)
            paths.append(str(path))

        failures = 0

        def theirs() -> None:
            nonlocal failures
            failures = 0
            for path in paths:
                for call in (
                    pubmed_parser.parse_pubmed_xml,
                    pubmed_parser.parse_pubmed_caption,
                    pubmed_parser.parse_pubmed_paragraph,
                ):
                    try:
                        call(path)
                    except Exception:  # noqa: BLE001 - counted below; it fails on some articles
                        failures += 1

        def ours() -> None:
            for pmcid, xml in documents:
                extract_article(xml, ArticleMeta(pmcid=pmcid, license_code="CC BY"))

        def plain() -> None:
            for _, xml in documents:
                etree.fromstring(xml)

        times = {"lxml": best(plain), "pmcmine": best(ours), "pubmed_parser": best(theirs, 2)}
    n = len(documents)
    return {
        "articles": n,
        "ms_per_article": {k: round(1000 * t / n, 3) for k, t in times.items()},
        "ratio_to_lxml": round(times["pmcmine"] / times["lxml"], 2),
        "ratio_to_pubmed_parser": round(times["pmcmine"] / times["pubmed_parser"], 2),
        "pubmed_parser_exceptions": failures,
    }
