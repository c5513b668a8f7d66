"""Rights in figures that an article speaks of in its licence, acknowledgements and notes."""

from __future__ import annotations

import pytest

from pmcmine.rights.licenses import License
from tests.pmcmine.jats.test_article import article, fig, read

BODY = "<sec>" + "".join(fig(n, caption=f"Cells {n}.") for n in (1, 2, 3, 4)) + "</sec>"


def closed(*, back: str = "", meta: str = "") -> list[int]:
    figures = read(article(BODY, back=f"<back>{back}</back>", meta=meta)).figures
    return [f.ordinal + 1 for f in figures if f.rights.license == License.OTHER]


@pytest.mark.parametrize(
    "text, numbers",
    [
        ("Figure 2 is reproduced with permission from Elsevier.", [2]),
        ("We thank A. Roe. Figs. 1 and 3 were adapted with permission of Wiley. We thank B. Poe.", [1, 3]),
        ("Figures 2–4 © 2011 American Chemical Society.", [2, 3, 4]),
        ("Fig. 4A courtesy of the Natural History Museum.", [4]),
        ("The authors thank the publishers for permission to reproduce the figures.", [1, 2, 3, 4]),
        ("Permission to use these images was granted by Springer.", [1, 2, 3, 4]),
        ("We thank the patient for permission to publish these images.", []),
        ("We thank Dr. Roe for her help with Figure 2.", []),
        ("The antibody was used with permission. Figure 2 was drawn by us.", []),
        ("Figure 9 is reproduced with permission from Elsevier.", []),
    ],
)
def test_acknowledgements_close_the_figures_that_they_name(text: str, numbers: list[int]) -> None:
    assert closed(back=f"<ack><p>{text}</p></ack>") == numbers
    assert closed(back=f"<fn-group><fn><p>{text}</p></fn></fn-group>") == numbers


def test_a_licence_closes_what_it_names_but_not_images_at_large() -> None:
    head = "<permissions><license license-type='open-access'><license-p>"
    url = "This article is licensed under https://creativecommons.org/licenses/by/4.0/. "
    large = (
        "The images or other third party material in this article are included in the article's Creative Commons licence, "
        "unless indicated otherwise in a credit line to the material. If it is not included, you will need to obtain "
        "permission directly from the copyright holder to reproduce the images."
    )
    assert closed(meta=f"{head}{url}{large}</license-p></license></permissions>") == []
    named = "Figure 3 is not covered by this licence. © Elsevier."
    assert closed(meta=f"{head}{url}{named}</license-p></license></permissions>") == [3]


def test_work_grows_with_the_length() -> None:
    many = "Figure 2 is reproduced with permission. " * 20_000
    assert closed(back=f"<ack><p>{many}</p></ack>") in ([], [2])
