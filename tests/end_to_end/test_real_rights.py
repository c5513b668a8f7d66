"""No real figure is in a wider group than its own text says, by a reading that shares nothing with the code's."""

from __future__ import annotations

import csv
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree

from pmcmine.jats.article import extract_article
from pmcmine.jats.records import ArticleMeta

pytestmark = [pytest.mark.real, pytest.mark.slow]  # 1,400 articles; rights/test_real_articles.py is quick

# Words that a reader would stop at, as plain lower-case substrings.
HOLDERS = (
    "permission",
    "copyright",
    "©",
    "courtesy of",
    "(courtesy",
    "reprinted",
    "all rights reserved",
    "getty images",
    "shutterstock",
    "istock",
    "alamy",
)


def articles(root: Path) -> Iterator[tuple[str, bytes, str | None]]:
    """(PMCID, XML, licence code) of all real articles."""
    for listing in sorted((root / "oa_bulk").glob("*.filelist.csv")):
        with listing.open() as file:
            codes = {row["AccessionID"]: row["License"] for row in csv.DictReader(file)}
        with tarfile.open(str(listing).replace(".filelist.csv", ".tar.gz")) as archive:
            for member in archive:
                if member.name.endswith(".xml"):
                    pmcid = Path(member.name).stem
                    stream = archive.extractfile(member)
                    assert stream is not None
                    yield pmcid, stream.read(), codes.get(pmcid)
    for path in sorted((root / "pmc-bucket").glob("PMC*/*.xml")):
        yield (
            path.parent.name.split(".")[0],
            path.read_bytes(),
            json.loads(path.with_suffix(".json").read_text())["license_code"],
        )


def simple_text(element: etree._Element) -> str:
    return " ".join("".join(element.itertext()).split()).lower()


def test_no_figure_is_wider_than_its_text_says(real_data: Path) -> None:
    looked_at, wider = 0, []
    for pmcid, xml, code in articles(real_data):
        figures = extract_article(xml, ArticleMeta(pmcid=pmcid, license_code=code)).figures
        by_id = {f.xml_id: f for f in figures if f.xml_id}
        for element in etree.fromstring(
            xml, etree.XMLParser(resolve_entities=False, load_dtd=False, huge_tree=True)
        ).iter("fig"):
            figure = by_id.get(element.get("id") or "")
            if figure is None:
                continue
            looked_at += 1
            text = simple_text(element)
            group, ok = figure.rights.group, figure.rights.derivatives_ok
            licensed = "creative commons" in text or "cc by" in text or "cc-by" in text or "public domain" in text
            if not licensed and group != "other" and any(w in text for w in HOLDERS):
                wider.append((figure.figure_id, next(w for w in HOLDERS if w in text)))
            if "all rights reserved" in text and group != "other":
                wider.append((figure.figure_id, "reserved"))
            if (
                any(w in text for w in ("noncommercial", "non-commercial", "by-nc", "cc by nc"))
                and group == "commercial"
            ):
                wider.append((figure.figure_id, "NC"))
            if any(w in text for w in ("noderiv", "no-deriv", "by-nd", "nc-nd")) and ok:
                wider.append((figure.figure_id, "ND"))
    assert looked_at > 6000
    assert wider == []
