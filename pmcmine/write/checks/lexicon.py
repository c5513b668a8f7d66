"""List synonyms, antonyms, and words that any rewrite may use."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from pmcmine.vocabulary.normalise import token_key
from pmcmine.vocabulary.word_classes import STOP
from pmcmine.write.checks.free import FREE, KINDS
from pmcmine.write.checks.same import SAME, WIDER
from pmcmine.write.checks.tokens import bases, key_of

# Pairs of opposites: a word of one side must not replace one of the other. A word with a star counts on its side in the
# source, but is not questioned in an answer.
_OPPOSITES: Final = """
direction: increase induction* stimulation* activation* elevation* promotion* rise rose risen raise higher elevate
  upregulate gain augment grow* grew* grown* enlarge amplify promote expand expansion accelerate stimulate activate
  induce* heighten greater stronger improve* better* more* upward boost above exceed upregulation increment enhance*
  improved* up* high* larger* longer* faster* | decrease decline reduce reduction lower diminish downregulate shrink
  shrunk shrank suppress inhibit repress attenuate weaken weaker drop fell smaller* worse* fewer* downward impair*
  lessen below downregulation fall* loss* down* less* low* shorter* slower* deteriorate* deplete* compromise*
time: before prior preoperative pre pretreatment* preintervention presurgical prenatal beforehand preceding*
  earlier* previously* | after postoperative post posttreatment postintervention postsurgical postnatal afterwards
  following* later* thereafter* subsequent* subsequently* follow* since* when* upon*
side: left | right
height: upper top superior superiorly above* | bottom inferior inferiorly lower below*
front: anterior anteriorly | posterior posteriorly
north: north northern | south southern
east: east eastern | west western
belly: ventral | dorsal
middle: medial medially | lateral laterally
far: proximal proximally | distal distally
depth: superficial outer external | deep inner internal
malignancy: malignant malignancy cancer* cancerous* carcinoma* | benign
sign: positive positively | negative negatively
acuteness: acute | chronic
sex: male men man boy | female women woman girl
signal: hyperintense hyperintensity hyperintensities high* | hypointense hypointensity hypointensities low*
echo: hyperechoic hyperechogenic | hypoechoic hypoechogenic anechoic
density: hyperdense hyperattenuating hyperdensity | hypodense hypoattenuating hypodensity
prefix: hypermetabolic hyperplasia hypertrophy hypertension hyperglycemia hyperthermia hyperkalemia hypernatremia
  hypercalcemia hyperthyroidism hypermethylation hypermethylated | hypometabolic hypoplasia hypotension hypoglycemia
  hypothermia hypokalemia hyponatremia hypocalcemia hypothyroidism hypomethylation hypomethylated
severity: mild mildly slight slightly minor minimal subtle moderate* | severe severely marked markedly* massive
  extensive serious
fill: filled solid closed close* full* black* | open empty hollow dashed dotted white*
course: improvement recovery resolution* remission regress regression improve decreased* reduced* | worsening worsen
  deterioration deteriorate progression* progress* progressive* relapse recurrence aggravate increased* enlarged*
order: first | last final
second: first initial* primary* | second secondary*
direct: horizontal horizontally x* | vertical vertically y*
axis: x abscissa horizontal* | y ordinate vertical*
resist: resistant resistance tolerant tolerance | susceptible susceptibility sensitive
early: early | late
large: large larger largest big | small smaller smallest
long: long longer longest | short shorter shortest
many: high highest maximum maximal max increased* higher* | low lowest minimum minimal min decreased* reduced*
  lower*
thick: thick thickened thicker thickening | thin thinned thinner thinning
wet: wet humid | dry arid
in: intracellular | extracellular
single: single* unilateral | bilateral bilaterally both*
ends: beginning start onset* | end ending* termination*
automatic: automatic automated automatically digital* | manual manually hand*
indirect: indirect | direct
absolute: absolute | relative
complete: complete completely | partial partially incomplete
axial: axial | coronal
sagittal: sagittal | coronal axial
systole: systolic systole | diastolic diastole
symmetric: symmetric symmetrical | asymmetric asymmetrical
regular: regular | irregular
same: homogeneous homogeneously | heterogeneous heterogeneously
aerobic: aerobic | anaerobic
acid: acid acidic | alkaline alkali basic
primary: primary | secondary
anion: anion anionic | cation cationic
old: young younger | old older elderly
winter: winter | spring summer
lack: present* presence with* | absent absence
"""
# Pairs whose words any rewrite may use if the source has neither side.
_LOOSE: Final = frozenset(
    "direction time height order second early large long many ends complete thick in old same lack fill absolute "
    "direct".split()
)
# Before these words, "lower" and "upper" name a place.
PLACES: Final = frozenset(
    "panel row left right part image picture lobe limb extremity lip jaw eyelid leg arm abdomen quadrant pole "
    "side half lung tract third "
    "airway respiratory back end corner graph plot boundary bound limit molar "
    "incisor urinary pole gi line edge margin surface section".split()
)
COLORS: Final = frozenset("red green blue yellow white black gray orange purple pink cyan magenta brown violet".split())


@dataclass(frozen=True, slots=True)
class Side:
    """A side of a pair of opposites.

    Attributes:
        pair: name of the pair.
        side: 0 or 1.
        asked: whether the word is questioned in an answer.
    """

    pair: str
    side: int
    asked: bool


@cache
def free_words() -> frozenset[str]:
    """Return words that any rewrite may use, with their base forms."""
    strict = _strict()
    loose = {w for w, found in opposites().items() if any(f.pair in _LOOSE for f in found)}
    words = (w for w in (*FREE.split(), *KINDS.split(), *STOP, *loose) if w not in strict and w not in COLORS)
    return frozenset(b for w in words for b in (*bases(w), token_key(w))) - strict


def _strict() -> frozenset[str]:
    """Return words that may contradict the source, and that no rewrite may add."""
    return frozenset(w for w, found in opposites().items() if any(f.asked and f.pair not in _LOOSE for f in found))


@cache
def general_words() -> frozenset[str]:
    """Return words of general English that name nothing (`models/general.txt`, see `models/README.md`)."""
    text = (files(__package__) / "models" / "general.txt").read_text("utf-8")
    return frozenset(text.split()) - _strict() - COLORS


@cache
def antonyms() -> dict[str, frozenset[str]]:
    """Map adjectives and adverbs to those of opposite meaning (`models/antonyms.txt`)."""
    out: dict[str, set[str]] = {}
    text = (files(__package__) / "models" / "antonyms.txt").read_text("utf-8")
    for one, other in (line.split() for line in text.splitlines()):
        if one.endswith(other) or other.endswith(one):
            continue  # "dissimilar" is left to the checks of negations
        out.setdefault(one, set()).add(other)
        out.setdefault(other, set()).add(one)
    return {word: frozenset(found) for word, found in out.items()}


@cache
def wider_words() -> dict[str, tuple[str, ...]]:
    """Map names of things to words of the same or wider meaning (`WIDER`, `wider.txt`): "rice" for paddy."""
    text = (files(__package__) / "models" / "wider.txt").read_text("utf-8")
    rows = (line.split() for line in text.splitlines())
    out = {word: tuple(found) for word, *found in rows}
    for line in WIDER.strip().splitlines():
        wider, words = line.split(":")
        for word in words.split():
            out[word] = (*out.get(word, ()), wider)
    return out


@cache
def same_words() -> dict[str, frozenset[str]]:
    """Map the base or key of a word to its synonyms, with their bases and keys."""
    out: dict[str, set[str]] = {}
    for line in SAME.strip().splitlines():
        words = {x for word in line.split() for x in (word, word.replace("-", ""))}
        group = {b for w in words for b in (*bases(w), key_of(w))}
        for base in group:
            out.setdefault(base, set()).update(group)
    return {key: frozenset(found) for key, found in out.items()}


@cache
def opposites() -> dict[str, tuple[Side, ...]]:
    """Map a word in lower case to its sides of pairs of opposites."""
    out: dict[str, list[Side]] = {}
    for line in re.sub(r"\n\s+", " ", _OPPOSITES.strip()).splitlines():
        name, sides = line.split(":")
        for n, side in enumerate(sides.split("|")):
            for word in side.split():
                out.setdefault(word.rstrip("*"), []).append(Side(name.strip(), n, not word.endswith("*")))
    return {word: tuple(found) for word, found in out.items()}
