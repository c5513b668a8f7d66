"""What captions and the words around a figure say of its rights."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmcmine.rights.figures import Statement, figure_rights, third_party_words
from pmcmine.rights.licenses import License, group_of
from pmcmine.rights.named import NAMED_STEMS, named_licenses
from pmcmine.rights.wordings import _CHECKS, _FAMILIES, NOBODY, Owner, _always, find_words, may_speak_of_rights, normal

CLOSED = [
    # Copyright signs and years.
    "Crystal structure. © (2015) Elsevier.", "A map. Copyright 2014 Wiley.", "Layout (c) ACS.", "Layout. (c) 2011 Springer.", "Scheme. ©2009 The Society.",
    "Cells. © Elsevier 1998.", "Cells; Copyright © 2012, The Royal Society of Chemistry.", "Copyright: American Physical Society.", "Chart ⓒ 2016 Korean Society of X.",
    "The image is copyrighted.", "Figure under copyright of the museum.", "Copyright held by the publisher.", "© The Authors 2015.", "&copy; 2004 Nature.", "Photo ©Jane Doe.",
    "Adapted from Doe (2008). Copyright (2008) National Academy.", "Copyright owner: J. Roe.", "The rights holder is the city archive.", "Crown copyright and database rights 2018.",
    "Panels: (a) cells, (b) nuclei. Figure (c) 2013 Elsevier.",
    # Permission and courtesy.
    "Included with permission.", "Illustration by A. Painter, used by permission.", "With kind permission of Springer Science.", "Permission from Elsevier.",
    "Shown by permission of the editor.", "Reused with permission [12].", "Taken, with permission, from Roe et al.", "Adapted with permission from Elsevier.",
    "Modified from [3] with the permission of Oxford University Press.", "Permission was granted by the copyright owner.", "Permissions: Elsevier 4412.", "Permission to reproduce was given by Karger.",
    "Reprinted with permission from American Family Physician.", "Reproduced with permission from the Journal of Patient Safety.", "Picture used with the consent of the publisher.",
    "With authorization from the publisher.", "Courtesy Dr. A. Roe.", "Image courtesy A. Roe (NIH).", "By courtesy of the Royal Museum.", "Courtesy: the Natural History Museum.",
    "Pictures kindly provided by Dr. Ann Roe.", "The photograph was generously supplied by John Roe.", "Photo: Jane Roe.", "Photo credit: J. Roe.", "(Photograph by Jane Roe)", "Photos by J. Roe and K. Poe.",
    "Image credit: ESO/J. Roe.", "Artwork: Jane Roe.", "Credit: NASA.", "We thank J. Roe for the photograph.", "Drawing by Jane A. Roe.", "Photo, courtesy J. Roe.",
    # Taken from elsewhere.
    "Reprinted from [4].", "Reproduced from Roe et al. (2004).", "Republished from ref. 9.", "Picture copied from Roe (2001).", "Figure taken from reference 4.", "Image used from Roe et al. [3].",
    "(Taken from [7])", "(From Roe et al., 1999)", "Diagram downloaded from https://example.org/x.png.", "The figure is from ref. 12.", "Map obtained from the website of the ministry.",
    "Figure reproduced, with modification, from Roe and Poe.", "Scheme borrowed from Van der Roe et al.", "Used under licence from the Bridgeman archive.", "Licensed from Roe Ltd.", "Elsevier licence number 123456789.",
    # Agencies and services.
    "Smog. Getty Images.", "iStock.com/roe", "Picture: Alamy Stock Photo", "A cell (Science Photo Library).", "Adobe Stock 1234", "shutterstock.com", "Stock photo.", "Dreamstime.",
    "Study sites on Google Maps.", "Base map: Google Earth.", "Base map: OpenStreetMap.", "Contains Ordnance Survey data.", "From Wikimedia Commons.", "Credit: Roe/Reuters.", "Imagery: DigitalGlobe.",
    # Kept out of a licence.
    "All rights reserved.", "This image is exempt from the CC BY licence of the article.", "Not part of this article's licence.", "Panel B is not covered by the Creative Commons license.",
    "The photograph is excluded from the open access licence.", "This figure is not included under the article's CC BY 4.0 licence.", "This figure is not licensed under CC BY.", "The licence does not apply to this figure.",
    "This image falls outside the licence.", "The image may not be reproduced.", "Reuse is not permitted.", "For non-commercial use only.", "Editorial use only.", "Reproduction prohibited.",
    "Licensed under the GNU Free Documentation License.", "GFDL 1.2, Wikipedia.", "Open Database License (ODbL).", "Open Government Licence v3.0.",
    # Part under a licence and part not.
    "(a) Reproduced from [3], CC BY 4.0. (b) Reprinted with permission from [4]. Copyright 2012 Elsevier.", "(A) © 2014 Elsevier. (B) Reproduced from [3] under CC BY 4.0.",
    "Left: reprinted with permission from Wiley. Right: from Roe et al., CC BY 4.0.", "Panel a from [3] (CC BY), panel b with permission from Elsevier.",
    "All under CC BY 4.0 except panel c, © Elsevier.", "Reproduced from ref. 3 (CC BY 4.0). Reprinted with permission from ref. 4.", "Reproduced with permission from ref. 42. Copyright 2015 American Chemical Society. (CC BY)", "Image is not open access.", "This figure is not CC BY.", "From: Roe J, et al. Lancet 2001.", "Aus Roe et al. [12].", "Photo J. Roe/CIRAD.",
    "Made with BioRender.com (agreement number AB123).", "Reprod. with perm. from Elsevier.", "Autorizado por Elsevier.", "Reprinted with permission from [3]; [4] is licensed under CC BY.",
    "Reproduced with permission from [1], Copyright 2010 Elsevier, and from [2] under CC BY 4.0.", "Partly from [3] (© ACS) and partly from [4] (CC BY).", "Some parts are under CC BY, others are copyrighted.",
    "Originally published in Roe et al., J Cell Biol 2010.", "Authorized reproduction from Springer.", "Photo from the US National Archives.", "Image: CDC/J. Gathany.", "Rights reserved.",
    # Other languages.
    "Tomada de: Pérez 2010.", "Image fournie par le Dr Dupont.", "Immagine concessa da Rossi.", "Cliché J. Dupont.", "经许可改编自文献[5]",
    "Aus [12], mit freundlicher Genehmigung des Verlags.", "Mit Erlaubnis des Springer-Verlags.", "Nachdruck aus Roe (1990).", "Abgedruckt mit Genehmigung von Elsevier.", "Alle Rechte vorbehalten.", "Foto: Hans Müller.",
    "Bildnachweis: Archiv der Stadt.", "Das Bild wurde freundlicherweise von Dr. Roe überlassen.", "Bild © Museum Bern.",
    "Avec l'aimable autorisation de l'éditeur.", "Reproduit avec la permission d'Elsevier.", "Tous droits réservés.", "Crédit photo : J. Roe.", "Reproduite avec l’autorisation de Masson.", "Avec la permission de Roe.",
    "Con permiso de Elsevier.", "Reproducido con autorización de la editorial.", "Cortesía del Dr. Roe.", "Todos los derechos reservados.", "Tomado de Roe et al.", "Imagen: Juan Roe.", "Con la autorización del autor.",
    "Com permissão da Elsevier.", "Reproduzido com autorização da editora.", "Cortesia do Dr. Roe.", "Todos os direitos reservados.", "Imagem gentilmente cedida por Roe.", "Retirada de Roe et al.", "Extraído de [3].",
    "Per gentile concessione dell'editore.", "Riprodotto con il permesso di Elsevier.", "Tutti i diritti riservati.", "Tratto da Roe, 1990.", "Con l'autorizzazione dell'editore.", "Cortesia del Dott. Roe.",
    "С разрешения издательства.", "Воспроизведено с разрешения Elsevier.", "Все права защищены.", "Рисунок любезно предоставлен автором.", "Перепечатано из [3].", "Фото: А. Иванов.", "Авторские права принадлежат издательству.",
    "经 Elsevier 许可转载。", "图片来源：新华社。", "版权所有。", "经出版社授权使用。", "引自文献[3]。", "转载自 Roe 等。", "图由 Elsevier 授权。", "版權所有。",
    "Za zgodą wydawcy.", "Przedruk z [3].", "Wszelkie prawa zastrzeżone.", "Zdjęcie: Jan Roe.", "Dzięki uprzejmości dr. Roe.", "Elsevierの許可を得て転載。", "無断転載を禁じます。", "著作権は出版社にある。", "Met toestemming van Elsevier.", "Overgenomen uit Roe (1999).",
]  # fmt: skip

OPEN = [
    "A plain caption.", "Adapted from [3].", "Modified after Roe et al. (1992).", "Photograph shown with permission of the patient.", "Published with the written permission of his parents.",
    "With permission from the patient's family.", "With the patient's permission.", "Permission was obtained from the participant.", "Written permission to publish was given by the mother.", "Permission of the ethics committee was obtained.",
    "Samples were collected with permission from the national park.", "Mit Genehmigung des Patienten.", "Avec l'autorisation du patient.", "Con permiso del paciente.", "Com autorização da paciente.", "Con il permesso del paziente.",
    "С согласия пациента.", "经患者同意。", "(a) 2013, (b) 2014, (c) 2015 and (d) 2016 season.", "(A) 5 mM, (B) 10 mM, (C) 2000 mM.", "(a) Nature reserve, (b) town, (c) Nature trail.", "Courtesy stigma scores.",
    "IncuCyte© S3 images.", "Prism® and SPSS™.", "No copyright applies; public domain.", "Image in the public domain.", "Mycelial plugs taken from the edge of the colony.", "Images were taken from three fields.",
    "Values are means taken from Table S1.", "Data obtained from [12].", "Sequences downloaded from http://www.example.org.", "Images taken by confocal microscopy.", "Results were reproduced in three lines.",
    "Data reproduced from three independent experiments.", "Reproductive success and photosynthesis.", "Photos: scale bar, 10 µm.", "Image: control (left).", "Images by Transmission Electron Microscopy.", "Western blot by ImageJ.",
    "Photo: courtesy of the authors.", "The parents gave written permission to publish this photograph.", "Permission for publication of photographs was obtained from the patient.", "Created with BioRender.com.", "Made with Google Earth Engine.", "Genes induced by SA and by NC siRNA.", "Patients gave permission for their photographs to be used.", "(c) American mink, n = 3.", "Graph derived from [12] data.", "Apple maps of QTL; here map units.", "We thank patients for taking part in the picture task.", "Thomson Reuters Web of Science.", "Strain kindly provided by Dr. Roe.", "The plasmid was a gift of J. Roe.", "Permeability of rights-of-way.", "The right ventricle and left atrium.", "Livestock and stock solutions.",
    "GFDL-ESM2M climate model.", "CC genotype, n = 3; CC, CT and TT.", "Bacillus licheniformis.", "A licensed physician measured.", "Source: the authors.", "Figure from day 3.", "Network not included in the model.", "Not significant (n.s.).",
    "Terms not included in the ontology.", "Non-commercial cultivars.", "The commercial kit.", "Extraction of DNA from leaves.", "The photo was taken from above.", "Maps were drawn with ArcGIS (Esri).",
    "Subjects not included in the analysis.", "Open access rate. Not all articles.", "Copies of the gene; copy number.", "Fotometrie, Fotosynthese.", "Das Bild zeigt die Klappe.", "图1 转录组分析。", "图2 引物序列。", "Figura 1. Extracción de ADN.", "Muestras tomadas de la hoja.",
]  # fmt: skip

NAMED = [
    ("Map adapted from the Atlas (Creative Commons Attribution-NonCommercial 3.0 Unported).", "CC-BY-NC"), ("Reproduced from Roe et al. under a CC BY 4.0 licence.", "CC-BY"), ("Reproduced from Roe et al. (CC BY-NC).", "CC-BY-NC"),
    ("Wikimedia Commons, CC BY-SA 3.0.", "CC-BY-SA"), ("Photo: J. Roe, CC-BY-NC-ND 4.0.", "CC-BY-NC-ND"), ("Image courtesy of J. Roe (CC BY 2.0).", "CC-BY"), ("Licensed under CC BY–NC.", "CC-BY-NC"), ("CC BY NC SA", "CC-BY-NC-SA"), ("CCBY-ND", "CC-BY-ND"),
    ("See https://creativecommons.org/licenses/by-nc/4.0/.", "CC-BY-NC"), ("creativecommons.org/licenses/by–nc/4.0", "OTHER"), ("http://creativecommons.org/licenses/by%2Dnc/3.0", "CC-BY-NC"), ("creativecommons.org/licenses/by/nc/4.0", "OTHER"),
    ("creativecommons.org/licenses/by_nc/4.0", "OTHER"), ("Creative Commons NonCommercial-NoDerivs license", "CC-BY-NC-ND"), ("Under a Creative Commons Attribution (CC BY) license, no commercial use", "OTHER"),
    ("Silhouettes: A. Roe (CC BY-SA 3.0); B. Poe (CC BY-NC 3.0); C. Moe (public domain).", "CC-BY-NC-SA"), ("Icons from Wikimedia Commons, released to the public domain.", "CC-BY"), ("Photo: J. Roe, CC0.", "CC-BY"), ("(a) CC BY 4.0 from [1]. (b) CC BY-NC 4.0 from [2].", "CC-BY-NC"),
    ("Reproduced from Roe et al. Copyright 2019, The Authors. Licensed under CC BY 4.0.", "CC-BY"), ("Reproduced under the terms of the CC BY license.[12] Copyright 2019, The Authors, published by Springer.", "CC-BY"),
    ("Reproduced with permission under the CC BY 4.0 license.", "CC-BY"), ("From Wikipedia. This map is licensed under the Creative Commons Attribution-Share Alike 3.0 Unported license.", "CC-BY-SA"),
    ("Creative-Commons-Lizenz Namensnennung - Nicht kommerziell", "CC-BY-NC"), ("Licence Creative Commons Attribution - Pas d'Utilisation Commerciale", "CC-BY-NC"), ("Creative Commons Reconocimiento-NoComercial", "CC-BY-NC"), ("Creative Commons license.", "CC-BY"),
    ("(Creative Commons BY-NC 2.0)", "CC-BY-NC"), ("Creative Commons (CC) BY-SA", "CC-BY-SA"), ("cc-by-nc", "CC-BY-NC"), ("Attribution 4.0 International (CC BY 4.0)", "CC-BY"), ("CC BY 4.0 / CC BY-NC", "CC-BY-NC"), ("Creative Commons Zero", "CC-BY"), ("CC-NC", "CC-BY-NC"), ("Attribution-NonCommercial 3.0 Unported", "CC-BY-NC"), ("Licensed under BY-NC-ND.", "CC-BY-NC-ND"), ("CC (BY-NC)", "CC-BY-NC"), ("CC Attribution-ShareAlike", "CC-BY-SA"), ("© The Author(s) 2020. CC BY 4.0.", "CC-BY"),
]  # fmt: skip


@pytest.mark.parametrize("caption", CLOSED)
def test_words_of_another_rights_holder_close_a_figure(caption: str) -> None:
    rights = figure_rights(License.BY, caption)
    assert rights.license == License.OTHER
    assert (rights.third_party and rights.matches) or "commercial" in caption.lower()


@pytest.mark.parametrize("caption", OPEN)
def test_like_words_of_other_meaning_do_not(caption: str) -> None:
    rights = figure_rights(License.BY, caption)
    assert (rights.license, rights.matches) == (License.BY, ())


@pytest.mark.parametrize(("caption", "licence"), NAMED)
def test_licences_that_a_caption_names_are_combined(caption: str, licence: str) -> None:
    assert figure_rights(License.BY, caption).license == licence


def test_the_article_s_own_copyright_and_authors_are_no_third_party() -> None:
    owner = Owner("Copyright © 2020 Roe and Poe.", frozenset({"roe", "poe"}), frozenset({"2020"}))
    for caption in (
        "Copyright © 2020 Roe and Poe.",
        "© 2020 Roe",
        "Photo credit: Jane Roe.",
        "Photos by K. Poe.",
        "Illustration by Jane Roe.",
    ):
        assert figure_rights(License.BY, caption, (), owner).license == License.BY, caption
    for caption in (
        "© 2012 Roe",
        "© 2020 Elsevier",
        "Photo: A. Moe.",
        "Courtesy of K. Poe.",
        "Roe 2020, with permission.",
    ):
        assert figure_rights(License.BY, caption, (), owner).license == License.OTHER, caption


def test_statements_around_a_figure() -> None:
    def said(*statements: Statement, caption: str = "Cells.") -> License:
        return figure_rights(License.BY, caption, statements).license

    assert said(Statement("© 1998 Elsevier. Reproduced with permission.")) == License.OTHER
    assert said(Statement("© 2018 Springer. Open access.", License.BY)) == License.BY
    assert said(Statement("", License.BY), Statement("", License.BY_NC)) == License.BY_NC
    assert said(Statement("Free to read.", License.OTHER)) == License.OTHER
    assert said(Statement("", License.BY), caption="Reprinted with permission from Elsevier.") == License.OTHER
    assert said(Statement("", License.BY), caption="Courtesy of J. Roe.") == License.BY
    assert said(Statement("Both reprinted from [3].", None, False)) == License.OTHER


@given(
    st.lists(st.sampled_from([*CLOSED, *OPEN, *(c for c, _ in NAMED), "\u00a0", "\n", "x"]), max_size=4),
    st.sampled_from(["", " ", "; ", "-"]),
)
def test_the_quick_look_misses_nothing(parts: list[str], glue: str) -> None:
    """Each pattern's stems are in every text that it matches, and what the quick look passes over says nothing."""
    text = normal(glue.join(parts))
    folded = ". " + text.lower()
    for family in _FAMILIES:
        check = _CHECKS.get(family.pattern, _always)
        if text.isascii() and any(check(text, match, NOBODY) for match in family.pattern.finditer(text)):
            assert any(stem in folded for stem in family.stems), family.kind
    if not may_speak_of_rights(text):
        assert not find_words(text) and not named_licenses(text)


@given(st.lists(st.sampled_from([*CLOSED, *OPEN, *(c for c, _ in NAMED)]), max_size=3), st.sampled_from(list(License)))
def test_no_words_widen_a_licence(parts: list[str], article: License) -> None:
    order = ["commercial", "noncommercial", "other"]
    rights = figure_rights(article, " ".join(parts))
    assert order.index(rights.group) >= order.index(group_of(article))
    assert all(m for m in rights.matches)


def test_named_stems_are_lower_case() -> None:
    assert all(stem == stem.lower() for family in _FAMILIES for stem in family.stems) and NAMED_STEMS


def test_matches_show_who() -> None:
    assert third_party_words("Reprinted with permission from Elsevier.") == ("Reprinted with permission from Elsevier",)
