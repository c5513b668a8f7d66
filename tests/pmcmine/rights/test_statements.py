"""What licence statements say: every wording has one right answer, and none is read too wide."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmcmine.jats import ArticleMeta
from pmcmine.jats.dom import parse_jats
from pmcmine.jats.front import Front, read_front
from pmcmine.jats.license import attribution_line, decide_license
from pmcmine.rights.licenses import License, clean, license_urls, parse_license
from pmcmine.rights.statements import Stated, read_statement

NAMESPACES = 'xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:ali="http://www.niso.org/schemas/ali/1.0/"'
BY = "http://creativecommons.org/licenses/by/4.0/"
NC = "http://creativecommons.org/licenses/by-nc/4.0/"


def front(inner: str) -> Front:
    meta = f'<article-meta><article-id pub-id-type="pmcid">PMC7</article-id>{inner}</article-meta>'
    return read_front(parse_jats(f"<article {NAMESPACES}><front>{meta}</front></article>".encode()), "2025-06-30")


def decided(inner: str, code: str | None = None) -> Stated:
    return decide_license(ArticleMeta(pmcid="PMC7", license_code=code), front(inner))[0]


def lic(prose: str, href: str | None = None, attributes: str = "") -> str:
    link = f'xlink:href="{href}"' if href else ""
    return f"<license {attributes} {link}><license-p>{prose}</license-p></license>"


def permissions(*inner: str) -> str:
    return f"<permissions>{''.join(inner)}</permissions>"


@pytest.mark.parametrize(("url", "want"), [
    ("https://creativecommons.org/licenses/by—nc/4.0/", "CC-BY-NC"),
    ("creativecommons.org/licenses/by - nc - sa/3.0", "CC-BY-NC-SA"),
    ("http://creativecommons.org/licenses/by_nd/4.0/", "CC-BY-ND"),
    ("http://creativecommons.org/licenses/by%2dnc/4.0/", "CC-BY-NC"),
    ("http://creativecommons.org/licenses/by/nc/nd/4.0/", "CC-BY-NC-ND"),
    ("http://creativecommons.org/licenses/by\u00ad-n\u200bc/4.0/", "CC-BY-NC"),
    ("HTTP://WWW.CREATIVECOMMONS.ORG/LICENSES/BY-NC/2.5/", "CC-BY-NC"),
    ("http://creativecommons.org/lic\nenses/by-\nnc/4.0/", "CC-BY-NC"),
    ("http://creativecommons.org/licenses/bync/4.0/", "CC-BY-NC"),
    ("http://creativecommons.org/licenses/by/4.0-nc", "CC-BY-NC"),
    ("http://creativecommons.org/licenses/by-noncommercial/4.0/", "CC-BY-NC"),
    ("http://creativecommons.org/licenses/by-nm/4.0/", "OTHER"),
    ("http://creativecommons.org/licenses/by\u0443/4.0/", "OTHER"),
    ("http://creativecommons.org/licenses/by~x/4.0/", "OTHER"),
    ("http://creativecommons.org/licenses/by2Dnc/4.0/", "OTHER"),
    ("http://creativecommons.org/licenses/by/4.0/legalcode).", "CC-BY"),
    ("http://creativecommons.org/licenses/by which permits", "CC-BY"),
    ("http://creativecommons.org/publicdomain/mark/1.0/", "OTHER"),
    ("http://creativecommons.org/", "OTHER"),
])  # fmt: skip
def test_a_damaged_url_is_repaired_or_closed(url: str, want: str) -> None:
    assert parse_license(url) == want


@given(st.text(alphabet="–—_ /\u00ad\u200b.-·~:+", min_size=1, max_size=3))
def test_no_joint_between_two_terms_makes_the_licence_wider(joint: str) -> None:
    named = {s.license for s in license_urls(clean(f"https://creativecommons.org/licenses/by{joint}nc/4.0/"))}
    assert not named & {License.BY, License.CC0}


@pytest.mark.parametrize(("text", "url"), [
    ("http://creativecommons.org/licenses/by/2.0", "https://creativecommons.org/licenses/by/2.0/"),
    ("http://creativecommons.org/licenses/by-nc/2.0/uk/", "https://creativecommons.org/licenses/by-nc/2.0/uk/"),
    ("Creative Commons Attribution 3.0 IGO License", "https://creativecommons.org/licenses/by/3.0/igo/"),
    ("CC BY-SA 4.0", "https://creativecommons.org/licenses/by-sa/4.0/"),
    ("Creative Commons Attribution-NonCommercial (unported, v3.0) License", "https://creativecommons.org/licenses/by-nc/3.0/"),
    ("Creative Commons Attribution License", None), ("CC BY-NC", None), ("CC BY 7.0", None),
])  # fmt: skip
def test_version_and_jurisdiction_are_those_that_are_stated(text: str, url: str | None) -> None:
    assert read_statement((text,)).url == url


@pytest.mark.parametrize(("prose", "want"), [
    ("Open access.", "CC-BY"), ("For any purpose, commercial or non-commercial.", "CC-BY"),
    ("Adapt it, even commercially, and indicate if changes were made.", "CC-BY"),
    ("No permission is required from the publisher.", "CC-BY"),
    ("Free for non commercial use.", "CC-BY-NC"), ("Commercial use needs our permission.", "CC-BY-NC"),
    ("Usage non commercial uniquement.", "CC-BY-NC"), ("Keine kommerzielle Nutzung.", "CC-BY-NC"),
    ("Uso sin fines comerciales.", "CC-BY-NC"), ("Solo uso non commerciale.", "CC-BY-NC"),
    ("Для некоммерческого использования.", "CC-BY-NC"), ("仅限非商业用途。", "CC-BY-NC"),
    ("It may be copied, but not altered in any way.", "CC-BY-ND"), ("No derivative works.", "CC-BY-ND"),
    ("Noncommercial, and no modifications or adaptations are made.", "CC-BY-NC-ND"),
    ("All rights reserved.", "OTHER"), ("Tous droits réservés.", "OTHER"), ("Alle Rechte vorbehalten.", "OTHER"),
    ("Todos os direitos reservados.", "OTHER"), ("Все права защищены.", "OTHER"), ("保留所有权利。", "OTHER"),
    ("For personal use only.", "OTHER"), ("No part of this article may be copied.", "OTHER"),
    ("Published under the publisher's user licence.", "OTHER"),
    ("Free as long as the COVID-19 resource centre remains active.", "OTHER"),
    ("For text mining only.", "OTHER"), ("For the supplementary files only.", "OTHER"),
    ("Under Attribution-NonCommercial-ShareAlike 4.0.", "CC-BY-NC-SA"),
])  # fmt: skip
def test_prose_restricts_what_the_url_grants(prose: str, want: str) -> None:
    assert decided(permissions(lic(prose, BY))).license == want


@pytest.mark.parametrize(("inner", "want"), [
    (permissions(lic("One.", BY), lic("Two.", NC)), "CC-BY-NC"),
    (permissions(lic(f"See {BY}"), f"<ali:license_ref>{NC}</ali:license_ref>"), "CC-BY-NC"),
    (permissions(lic(f"Under CC BY ({BY}), see {NC} too.")), "CC-BY-NC"),
    (permissions(lic("Under CC BY.", BY), "<copyright-statement>© Us. All rights reserved.</copyright-statement>"), "OTHER"),
    (permissions(lic("Under CC BY.", BY), lic("Ours.", "http://publisher.example/licence")), "OTHER"),
    (permissions(lic("Under CC BY.", BY), "<license><license-p>Published by Us.</license-p></license>"), "CC-BY"),
    (permissions(lic("Under CC BY-NC. The CC0 waiver applies to the data in this article.")), "CC-BY-NC"),
    (permissions(lic("All data in this article are under CC0.")), "OTHER"),
    (permissions(lic("This article is under CC BY.", BY), lic("The data are under CC BY-NC.", NC)), "CC-BY"),
    (permissions(lic("The software is released under CC BY.", BY)), "OTHER"),
    (permissions(lic(f"It is not published under CC BY &lt;{BY}&gt;.")), "OTHER"),
    (permissions(lic("Formerly licensed under CC BY.", BY)), "OTHER"),
    (permissions(lic("The CC BY licence of the journal does not apply to this article.")), "OTHER"),
    (permissions(lic("Open access.", BY, 'specific-use="text-and-data-mining"')), "OTHER"),
    (permissions(f'<ali:license_ref specific-use="tdm">{BY}</ali:license_ref>'), "OTHER"),
    (permissions(f'<ali:license_ref specific-use="textmining" content-type="ccbylicense">{BY}</ali:license_ref>'), "CC-BY"),
    (permissions(f'<ali:license_ref start_date="2025-07-01">{BY}</ali:license_ref>'), "OTHER"),
    (permissions(f'<ali:license_ref start_date="2025-06">{BY}</ali:license_ref>'), "CC-BY"),
    (permissions(f'<license><ali:license_ref start_date="2031">{BY}</ali:license_ref><license-p>CC BY</license-p></license>'), "OTHER"),
    (permissions(lic("x", BY, 'license-type="open-access-nc"')), "CC-BY-NC"),
    (permissions(lic("Distributed under CC BY-NC.")) + "<author-notes><fn><p>This article is under CC BY-ND.</p></fn></author-notes>", "CC-BY-NC-ND"),
    (permissions(lic("x", BY)) + "<custom-meta-group><custom-meta><meta-name>pmc-license-ref</meta-name>"
     "<meta-value>CC BY-NC</meta-value></custom-meta></custom-meta-group>", "CC-BY-NC"),
    (f'<copyright-statement>© Us</copyright-statement><license xlink:href="{NC}"><p>x</p></license>', "CC-BY-NC"),
    ("", "OTHER"),
])  # fmt: skip
def test_every_statement_counts_for_what_it_is_about(inner: str, want: str) -> None:
    assert decided(inner).license == want


@pytest.mark.parametrize(("inner", "code", "want"), [
    ("", "CC BY", "CC-BY"), (permissions(lic("x", NC)), "CC BY", "CC-BY-NC"), (permissions(lic("x", BY)), "CC BY-ND", "CC-BY-ND"),
    (permissions(lic("This is a licence of our own.")), "CC BY", "OTHER"), (permissions(lic("x", BY)), "", "OTHER"),
    (permissions("<copyright-statement>All rights reserved</copyright-statement>"), "CC BY", "OTHER"),
    (permissions(lic("x", BY)), "NO-CC CODE", "OTHER"),
])  # fmt: skip
def test_metadata_never_widens_and_is_never_widened(inner: str, code: str, want: str) -> None:
    assert decided(inner, code).license == want


@pytest.mark.parametrize(("given", "want"), [
    ("Jing-zhao", "Hou JZ."), ("Jing Zhao", "Hou JZ."), ("J.-Z.", "Hou JZ."), ("Émile", "Hou É."), ("", "Hou."),
])  # fmt: skip
def test_initials_are_capitals(given: str, want: str) -> None:
    group = f'<contrib contrib-type="author"><name><surname>Hou</surname><given-names>{given}</given-names></name></contrib>'
    named = front(
        f"<title-group><article-title>Hips</article-title></title-group><contrib-group>{group}</contrib-group>"
    )
    assert attribution_line(named, "PMC7", named.stated, None).startswith(f"{want} Hips.")


def test_attribution_names_the_version_that_is_stated_or_none() -> None:
    old = front(permissions(lic("x", "http://creativecommons.org/licenses/by/2.0")))
    assert attribution_line(old, "PMC7", old.stated, None).endswith(
        "CC-BY 2.0 (https://creativecommons.org/licenses/by/2.0/)"
    )
    bare = front(permissions(lic("Under the Creative Commons Attribution License.")))
    assert attribution_line(bare, "PMC7", bare.stated, None).endswith("PMC7. CC-BY")
    mixed = front(permissions(lic("Non-commercial use only.", BY)))
    assert attribution_line(mixed, "PMC7", mixed.stated, None).endswith("PMC7. CC-BY-NC")


@pytest.mark.parametrize(
    "piece", ["cc by no ", "creativecommons.org/licenses/by-", "attribution non ", "permission is "]
)
def test_hostile_statements_are_read_in_linear_time(piece: str) -> None:
    started = time.process_time()
    for length in (19_000, 2_000_000):
        read_statement((piece * (length // len(piece)),))
    assert time.process_time() - started < 3
