"""Cues in captions for the kind of image: words that name a modality, an instrument or a plot."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

_CUES: Final[Mapping[str, str]] = {
    "xray": r"x-?rays?\b(?! diffract)|radiograph|roentgen|orthopantomo|mammogra|angiogra|fluoroscop|venogra|barium|urogra",
    "ct": r"\bcts?\b|computed tomogra|\bcbct\b|\bhrct\b|tomodensito|micro-?ct",
    "mri": r"\bmris?\b|magnetic resonance imag|t[12]-?weighted|\bflair\b|\bdwi\b|gadolinium|diffusion-weighted",
    "ultrasound": r"ultraso(?:und|no)|sonogra|echocardiogra|doppler|\bivus\b",
    "nuclear": r"\bpet\b|\bspect\b|scintigra|\bfdg\b|radioiodine|bone scan|whole-body scan|99m?tc|131-?i|i-131",
    "microscopy": r"histolog|histopatholog|micrograph|immunohistochem|immunofluoresc|hematoxylin|haematoxylin|h&e|"
    r"h and e|confocal|\b(?:sem|tem)\b|electron microscop|microscop|stain(?:ed|ing)|scale bars?|magnification|dapi\b|"
    r"photomicro|papanicola|giemsa|gomori|[×x] ?\d{2,4}\b",
    "clinical_photo": r"clinical (?:photo|picture|image|view|appearance|presentation|aspect)|endoscop|colonoscop|"
    r"gastroscop|bronchoscop|dermosc|dermatosc|trichosc|fundus|intraoperative|intra-operative|operative view|lesions? on "
    r"(?:the|his|her)|skin lesion|photographs? of (?:the|a) patient|gross (?:specimen|appearance)|resected specimen|laparoscopic view|scar\b|wound|plaques|papules",
    "chart": r"\bplots?\b|\bgraphs?\b|histogram|\bcurves?\b|error bars?|\bp ?[<=] ?0?\.\d|mean ?± ?|standard (?:error|deviation)|"
    r"kaplan|survival|correlation|regression|\broc\b|heat ?map|funnel|scatter|box ?plot|distribution of|"
    r"bars? (?:represent|indicate|show)|spectr(?:a|um)|chromatogram|\bpca\b|principal component|expression (?:level|profile)s?|"
    r"relative expression|effects? of|rates? of|percentages? of|concentrations? of|forest|venn|dose|kinetics|time course",
    "diagram": r"flow ?(?:chart|diagram)|schematic|diagram|scheme\b|workflow|overview|framework|pathway|consort|prisma|"
    r"illustration|conceptual|model of|phylogen|dendrogram|\btrees?\b|study design|protocol|timeline|mechanism|pedigree|structure of the (?:gene|study)|cartoon|network",
    "gel": r"western blot|immunoblot|\bblots?\b|\bgels?\b|sds-?page|electrophores|agarose|southern|northern blot|\brt-?pcr (?:analysis|products)|\blanes?\b|coomassie",
    "molecular_structure": r"chemical structures?|molecular structures?|structures? of (?:the )?(?:compound|molecule|drug)s?|"
    r"structural formula|synthesis of|synthetic route|chemical formula|compounds? \d",
    "table": r"\btable\b|questionnaire|alignment|sequences? of|checklist|risk of bias",
    "map": r"\bmaps? (?:of|showing)|\bmap\b(?!ping| kinase)|study (?:area|sites?)|geographic|locations? of (?:the )?(?:study|sampling|sites?)|sampling sites?|distribution map|satellite",
    "other": r"photographs? of|phenotypes? of|plants? (?:of|grown|at)|images? of (?:the )?(?:plants?|seeds?|leaves|grains?)|apparatus|experimental set-?up|photos? of|morpholog",
}  # fmt: skip
_PATTERNS: Final = {kind: re.compile(words) for kind, words in _CUES.items()}
_READ: Final = 3000  # characters


def cues(caption: str, label: str = "") -> NDArray[np.float32]:
    """Count, for each of `cued_kinds`, its words in a caption (3 at most, divided by 3)."""
    text = f"{label} {caption}"[:_READ].lower()  # patterns that ignore case take three times as long
    return np.array([min(len(p.findall(text)), 3) / 3 for p in _PATTERNS.values()], np.float32)


def cued_kinds() -> tuple[str, ...]:
    """List the kinds that have cues."""
    return tuple(_PATTERNS)
