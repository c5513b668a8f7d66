"""Licence codes and what captions say about rights."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmcmine.rights.figures import figure_rights, names_source
from pmcmine.rights.licenses import Group, License, deed_url, derivatives_ok, group_of, parse_license, strictest


@pytest.mark.parametrize(("code", "want"), [
    ("CC BY", License.BY), ("CC-BY-NC", License.BY_NC), ("cc by-nc-nd 4.0", License.BY_NC_ND), ("CC0", License.CC0),
    ("CC BY-SA", License.BY_SA), ("CC BY-ND", License.BY_ND), ("CC BY-NC-SA", License.BY_NC_SA), ("TDM", License.TDM),
    ("http://creativecommons.org/licenses/by/2.0", License.BY), ("creativeCommonsBy", License.BY),
    ("https://creativecommons.org/licenses/by-nd-nc/1.0/", License.BY_NC_ND),
    ("https://creativecommons.org/publicdomain/zero/1.0/", License.CC0), ("NO-CC CODE", License.OTHER),
    ("", License.OTHER), (None, License.OTHER), ("CC", License.OTHER), ("CC BY-XX", License.OTHER),
    ("open-access", License.OTHER), ("https://creativecommons.org/licenses/sampling/1.0/", License.OTHER),
    ("CC BY-NC 3.0 IGO", License.BY_NC), ("CC BY-ND-SA", License.OTHER),
])  # fmt: skip
def test_codes(code: str | None, want: License) -> None:
    assert parse_license(code) == want


def test_groups_and_derivatives() -> None:
    assert [group_of(x) for x in (License.CC0, License.BY_ND, License.BY_NC_SA, License.TDM, License.OTHER)] == [
        Group.COMMERCIAL, Group.COMMERCIAL, Group.NONCOMMERCIAL, Group.OTHER, Group.OTHER]  # fmt: skip
    assert [x for x in License if derivatives_ok(x)] == [
        License.CC0, License.BY, License.BY_SA, License.BY_NC, License.BY_NC_SA]  # fmt: skip


@given(st.sampled_from(list(License)), st.sampled_from(list(License)))
def test_strictest_is_never_wider_than_either(a: License, b: License) -> None:
    both = strictest(a, b)
    order = [Group.COMMERCIAL, Group.NONCOMMERCIAL, Group.OTHER]
    assert order.index(group_of(both)) >= max(order.index(group_of(a)), order.index(group_of(b)))
    assert derivatives_ok(both) <= (derivatives_ok(a) and derivatives_ok(b))
    assert both == strictest(b, a)


@given(st.sampled_from(list(License)))
def test_a_licence_and_its_url_are_one(licence: License) -> None:
    url = deed_url(licence, "3.0", "igo")
    assert url is None if licence in (License.TDM, License.OTHER) else parse_license(url) == licence
    assert deed_url(licence, None) is None or licence == License.CC0


@pytest.mark.parametrize(("caption", "third_party", "licence"), [
    ("A plain caption.", False, License.BY),
    ("Reproduced with permission from Elsevier.", True, License.OTHER),
    ("Map reproduced, with the kind permission of the museum.", True, License.OTHER),
    ("Reprinted from [12]; copyright 2013.", True, License.OTHER),
    ("Photo courtesy of J. Doe.", True, License.OTHER),
    ("© 2009 Nature Publishing Group. All rights reserved.", True, License.OTHER),
    ("This image is not covered by the CC BY licence.", True, License.OTHER),
    ("Reproduced from Li et al. under a CC BY 4.0 licence.", True, License.BY),
    ("Reproduced from Li et al. (CC BY-NC).", True, License.BY_NC),
    ("Adapted from [3].", False, License.BY),
    ("Photograph shown with permission of the patient.", False, License.BY),
    ("Published with the written permission of his parents.", False, License.BY),
    ("Cells modified with peptides from mice.", False, License.BY),
    ("The gene was reproduced in 3 lines.", False, License.BY),
])  # fmt: skip
def test_captions(caption: str, third_party: bool, licence: License) -> None:
    rights = figure_rights(License.BY, caption)
    assert (rights.third_party, rights.license) == (third_party, licence)


@pytest.mark.parametrize(("text", "says"), [
    ("", False),
    ("Notes: Group L, lidocaine group; Group C, control group.", False),
    ("Abbreviations: T1, intubation.", False),
    ("Notes: Reproduced from Li et al, Cell 2012.", True),
    ("Note: © 2012 the museum.", True),
    ("J. Doe", True),
])  # fmt: skip
def test_notes_in_the_place_of_an_attribution_are_none(text: str, says: bool) -> None:
    assert names_source(text) == says


def test_adapted_is_recorded_and_excludes_nothing() -> None:
    rights = figure_rights(License.BY, "Modified from Hack et al. (1992).")
    assert rights.adapted and not rights.third_party and rights.group == Group.COMMERCIAL


@given(st.text(max_size=200))
def test_any_caption_gets_a_verdict(caption: str) -> None:
    rights = figure_rights(License.BY, caption)
    assert all(words in caption or words for words in rights.matches)


def test_references_to_no_character_are_none_of_the_text() -> None:
    assert parse_license("CC BY &#" + "9" * 5_000 + ";") == License.BY
    assert parse_license("&#" + "9" * 5_000 + " creativecommons.org/licenses/by-nc/4.0") == License.BY_NC
