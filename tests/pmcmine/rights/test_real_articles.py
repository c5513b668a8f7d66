"""Over real articles: no licence text that restricts, or closes, stands in a wider group."""

from __future__ import annotations

import re
import tarfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree

from pmcmine.jats import ArticleMeta
from pmcmine.jats.dom import parse_jats
from pmcmine.jats.front import read_front
from pmcmine.jats.license import attribution_line, decide_license
from pmcmine.rights.licenses import Group, derivatives_ok, group_of

pytestmark = pytest.mark.real
_NC = re.compile(r"non[\W_]?commerc|by[\W_]nc|no commercial|not for commercial")
_ND = re.compile(r"no[\W_]?deriv|by(?:[\W_]nc)?[\W_]nd\b")
_VERSION = re.compile(r"creativecommons\.org/licenses/[a-z-]+/(\d\.\d)")


def articles(folder: Path) -> Iterator[bytes]:
    yield from (p.read_bytes() for p in sorted((folder / "pmc-bucket").glob("PMC*/*.xml")))
    yield from (p.read_bytes() for p in sorted((folder / "gold/craft/nxml").glob("*.nxml")))
    for path in sorted((folder / "oa_bulk").glob("*.tar.gz")):
        with tarfile.open(path) as archive:
            for member in archive:
                stream = archive.extractfile(member)
                if stream is not None and member.name.endswith(".xml"):
                    yield stream.read()


def test_no_article_is_in_a_wider_group_than_its_text(real_data: Path) -> None:
    groups: Counter[Group] = Counter()
    for xml in articles(real_data):
        root = parse_jats(xml)
        front = read_front(root)
        pmcid = front.pmcid or "PMC1"
        meta = root.find("front/article-meta")
        held = meta.findall("permissions")
        text = " ".join(etree.tostring(e, encoding="unicode").lower() for e in held)
        for code in (None, "CC BY"):
            stated, _ = decide_license(ArticleMeta(pmcid=pmcid, license_code=code), front)
            assert stated.license is not None
            group = group_of(stated.license)
            if _NC.search(text):
                assert group != Group.COMMERCIAL, pmcid
            if _ND.search(text):
                assert not derivatives_ok(stated.license), pmcid
            if "all rights reserved" in text:
                assert group == Group.OTHER, pmcid
            versions = set(_VERSION.findall(text))
            named = _VERSION.findall(attribution_line(front, pmcid, stated, None))
            assert not named or not versions or set(named) <= versions, pmcid
        groups[group_of(front.stated.license)] += front.stated.license is not None
    assert groups[Group.COMMERCIAL] > 0.8 * groups.total()
    assert groups[Group.OTHER] < 0.03 * groups.total()
