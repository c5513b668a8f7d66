"""What good rewrites word in another way than what was given, and what the same wordings must not hide."""

from __future__ import annotations

import pytest

from pmcmine.write.checks import problems
from pmcmine.write.given import Given, Passage


def _found(caption: str, answer: str) -> dict[str, str]:
    given = Given((Passage("caption", "PMC1.1/f1", 0, len(caption), caption),))
    return {p.code: p.detail for p in problems(answer, given, "caption")}


GOOD = {
    "labels behind": (
        "Culture of yeast. (A) Effect of temperature (B) Effect of acidity (C) Effect of time on growth.",
        "The growth of yeast by temperature (A), acidity (B) and time (C).",
    ),
    "zero": ("Roots of barley in 250 or 0 µM of phosphate.", "Roots of barley in 250 µM phosphate, or without phosphate."),
    "deletion": ("Spores after deletion of the gene smo1, and of Guy11.", "Spores of Guy11, and of strains lacking smo1."),
    "non-": ("Cells by staining: CSC and non-CSC. CSC, cancer stem cell.", "Cells that are not cancer stem cells, and CSC."),
    "if not": ("The images are of equal, if not superior quality.", "The images are of equal or even superior quality."),
    "a name NIL": ("Changes of growth in NIL 38 and NIL 51.", "Growth changes in both lines, NIL 38 and NIL 51."),
    "with/without": ("Plants treated with/without auxin for a week.", "Plants, treated for a week with or without auxin."),
    "another clause": (
        "Survival of patients with and without stents. The median was 14 and 10 months, P = 0.001.",
        "The median survival was 14 months with stents and 10 months without them, and P was 0.001.",
    ),
    "adjective": ("The ruminal bacteria of sheep.", "Bacteria from the rumen of sheep."),
    "Latin": ("Leaves of Solanum lycopersicum after drought.", "Tomato leaves (Solanum lycopersicum) after drought."),
    "wider": ("Mean plasma ferritin of goats.", "Average ferritin in the blood plasma of goats."),
    "RNA": ("Eight miRNAs and nine mRNAs of wheat.", "Eight microRNAs and nine messenger RNAs of wheat."),
    "apart": ("The ethylacetate fraction of leaves.", "The ethyl acetate fraction of leaves."),
    "verb": ("Leaves colonized by Pseudomonas.", "Leaves after colonization by Pseudomonas."),
    "left": ("After 72 h, the blood meal could no longer be seen.", "After 72 h there is no blood left to be seen."),
    "Roman": ("The number of genes in subgroups I–VI of wheat.", "How many genes of wheat fall into subgroups one to six."),
    "name with a number": ("Leaves of cultivars Puitá INTA-CL and IRGA 423 cultivars.", "Leaves of two cultivars, Puitá INTA-CL and IRGA 423."),
    "dozen": ("Growth of yeast on six types of sugar.", "Growth of yeast on half a dozen types of sugar."),
    "density": ("Growth of yeast as OD600 by time.", "Growth of yeast, as the optical density at 600 nm, by time."),
    "since": ("Tomato leaves at 14 dpi with a virus.", "Tomato leaves fourteen days after infection with a virus."),
    "degrees": ("The plant from the side at 0^∘ and 90^∘.", "The plant from the side at 0 and at ninety degrees."),
    "definition": (
        "Trials of tendon repair. SR: Single-Row Repair; DR: Double-Row Repair; SB: Suture Bridge Repair.",
        "Trials of Single-Row Repair (SR), Double-Row Repair (DR) and Suture Bridge Repair (SB) of the tendon.",
    ),
    "said twice": (
        "Quality of reads. The plot was drawn with R. Depth of reads. The plot was drawn with R.",
        "Depth of reads. The plot was drawn with R. Quality of reads. The plot was drawn with R.",
    ),
    "sentences in another order": (
        "Dot plot of the genes that are down at noon. (B) Dot plot of the genes that are up at noon. (C) Maps.",
        "(B) Dot plot of the genes that are up at noon. Dot plot of the genes that are down at noon. (C) Maps.",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", GOOD)
def test_another_wording_passes(name: str) -> None:
    assert _found(*GOOD[name]) == {}


SPOILED = {
    "labels exchanged": (
        "Culture of yeast. (A) Effect of temperature. (B) Effect of acidity.",
        "The growth of yeast by acidity (A) and temperature (B).",
        "other_panel",
    ),
    "no zero": ("Roots of barley in phosphate.", "Roots of barley without phosphate.", "negated"),
    "clause": (
        "The mass had not invaded the chest wall. There was no lymph node metastasis.",
        "The mass had not invaded the chest wall, and lymph node metastasis was seen.",
        "affirmed",
    ),
    "list": (
        "Chickens by country. Iran, Korea and Sudan are not present, for they were not sampled.",
        "Chickens by country; Korea is among those that are present.",
        "affirmed",
    ),
    "narrower": ("Mean ferritin in the blood of goats.", "Mean ferritin in the plasma of goats.", "unsupported"),
    "other species": ("Leaves of Solanum lycopersicum.", "Potato leaves (Solanum lycopersicum).", "unsupported"),
    "another species": ("Growth of rice (Oryza sativa) seedlings.", "Growth of alfalfa seedlings.", "unsupported"),
    "another bulb": ("Bulbs of onion, Allium cepa.", "Bulbs of garlic, Allium cepa.", "unsupported"),
    "a chromosome": ("Genes of the X chromosome in patients.", "Genes of the chromosome in ten patients.", "number"),
    "a vein": ("Mice were given glucose IV.", "Four mice were given glucose.", "number"),
    "a ratio": (
        "Expression (ΔCt) of genes in cells with serum.",
        "Expression of genes in cells without serum.",
        "negated",
    ),
    "a time": ("Cells with serum at 0 h and 5 h.", "Cells without serum at 0 h and 5 h.", "negated"),
    "a colon": ("Roots colonized by fungi after drought.", "The colon with fungi after drought.", "unsupported"),
    "a difference of others": (
        "Levels were higher in rats. Mice and goats had similar weight.",
        "Levels were higher in rats. Mice and goats did not have similar weight.",
        "negated",
    ),
    "no Roman": ("The genes in subgroups I–VI of wheat.", "Nine genes of wheat are in subgroups I–VI.", "number"),
    "at the end": (
        "Sections of stained muscle of young rabbits. Growth of young mice.",
        "Growth of young mice. Sections of stained muscle of young mice.",
        "exchanged",
    ),
    "a single number": ("Genes by ploidy of wheat.", "The share of 30 genes is highest in polyploid wheat.", "claim"),
}


@pytest.mark.parametrize("name", SPOILED)
def test_the_same_wordings_hide_nothing(name: str) -> None:
    caption, answer, code = SPOILED[name]
    assert code in _found(caption, answer)
