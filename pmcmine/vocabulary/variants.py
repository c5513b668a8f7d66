"""Further names that follow from a name: inverted ones turned round, and adjectives of anatomy."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

_INVERTED = re.compile(r"^([^,()]+), ([^,()]+)(?:, ([^,()]+))?$")
_NOT_INVERTED = re.compile(r"\b(?:and|or|with|without|of|in|to|by|not|unspecified|other|NOS|nos)\b|\d")
_QUALIFIER = re.compile(r"[\[(](?:disorder|finding|body structure|procedure|qualifier value|substance|morphologic "
                        r"abnormality|organism|observable entity|physical object|situation|product|cell|disease|"
                        r"medication|Disease/Finding|Chemical/Ingredient|NOS)[\])]$|,? NOS$")  # fmt: skip


def plain_name(name: str) -> str:
    """Remove the tags that terminologies append ("(disorder)", ", NOS") and a leading "the" from a name."""
    bare = _QUALIFIER.sub("", name).strip() or name
    return bare[4:] if bare.startswith("the ") else bare


def uninverted(name: str) -> str | None:
    """Turn "neoplasm, lung" into "lung neoplasm"; None if the commas mean something else."""
    match = _INVERTED.match(name)
    if match is None or _NOT_INVERTED.search(name):
        return None
    if match[3]:
        return f"{match[3]} {match[2]} {match[1]}"
    return f"{match[2]} {match[1]}"


# Adjectives of another root than their noun (Dorland's; Terminologia Anatomica).
SUPPLETIVE: Final[dict[str, str]] = {
    "heart": "cardiac cardial", "liver": "hepatic", "kidney": "renal nephric", "lung": "pulmonary pulmonic",
    "eye": "ocular ophthalmic", "ear": "aural otic", "skin": "cutaneous dermal", "bone": "osseous bony",
    "tooth": "dental", "mouth": "oral buccal", "nose": "nasal", "stomach": "gastric", "intestine": "intestinal enteric",
    "spleen": "splenic lienal", "tongue": "lingual glossal", "brain": "encephalic", "abdomen": "abdominal",
    "chest": "thoracic pectoral", "thorax": "thoracic", "lip": "labial",
    "cheek": "buccal", "rib": "costal", "breast": "mammary", "bladder": "vesical",
    "urinary bladder": "vesical", "gallbladder": "cholecystic", "blood vessel": "vascular",
    "lymph node": "nodal", "muscle organ": "muscular", "nerve": "neural", "nervous system": "neural",
    "vein": "venous", "artery": "arterial", "ureter": "ureteric", "uterus": "uterine", "ovary": "ovarian",
    "testis": "testicular", "penis": "penile", "brainstem": "brainstem", "spinal cord": "spinal",
    "vertebral column": "spinal", "palate": "palatal palatine", "jaw": "gnathic", "wall": "parietal",
    "colon": "colonic", "rectum": "rectal", "anus": "anal", "larynx": "laryngeal", "pharynx": "pharyngeal",
    "trachea": "tracheal", "bronchus": "bronchial", "esophagus": "esophageal", "pancreas": "pancreatic",
    "thyroid gland": "thyroid", "adrenal gland": "adrenal", "pituitary gland": "pituitary hypophyseal",
    "pineal body": "pineal", "salivary gland": "salivary", "mammary gland": "mammary", "prostate gland": "prostatic",
    "skeleton": "skeletal", "immune system": "immune",
    "biliary system": "biliary", "placenta": "placental", "embryo": "embryonic embryonal", "fetus": "fetal",
    "joint": "articular", "tendon": "tendinous", "cerebellum": "cerebellar", "telencephalon": "telencephalic",
    "hypothalamus": "hypothalamic", "thalamus": "thalamic", "hippocampus": "hippocampal", "mesenchyme": "mesenchymal",
    "epithelium": "epithelial", "endothelium": "endothelial", "mesoderm": "mesodermal", "ectoderm": "ectodermal",
    "endoderm": "endodermal", "epidermis": "epidermal", "dermis": "dermal", "diaphragm": "diaphragmatic",
    "cerebral cortex": "cortical", "lens of camera-type eye": "lenticular", "cornea": "corneal", "iris": "iridal",
    "head": "cephalic", "tail": "caudal", "neck": "nuchal", "limb": "appendicular",
    "blood": "haematic hematic", "lymph": "lymphatic", "fat": "adipose",
    "adipose tissue": "adipose", "muscle tissue": "muscular", "cartilage element": "cartilaginous",
    "cartilage tissue": "cartilaginous", "hair": "pilar", "egg": "ovular", "sperm": "spermatic", "face": "facial",
    # Shorter than the rules take, or with a stem of their own.
    "ileum": "ileal", "femur": "femoral", "ulna": "ulnar", "uvea": "uveal", "dura mater": "dural",
    "vagus nerve": "vagal", "ilium": "iliac", "pubis": "pubic", "hilum": "hilar", "glial cell": "glial",
}  # fmt: skip

_RULES: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("ynx", ("yngeal",)), ("oma", ("omal",)), ("ex", ("ical",)), ("ix", ("ical",)), ("eum", ("eal",)),
    ("ium", ("ial",)), ("um", ("al", "ar")), ("eus", ("eal", "ear")), ("us", ("al", "ic", "ar")),
    ("esis", ("etic",)), ("is", ("al", "ic", "ar")), ("ea", ("eal",)), ("a", ("al", "ar", "ic")),
    ("yx", ("ygeal",)), ("oid", ("oidal",)), ("derm", ("dermal",)), ("on", ("onal", "onic", "al")),
    ("cyte", ("cytic",)), ("blast", ("blastic",)), ("e", ("al", "ar", "ial", "ic")), ("y", ("ial", "ic", "al")),
    ("o", ("onic", "oal")), ("", ("al", "ic", "ous", "ial")),
)  # fmt: skip
# Words of general prose that vocabularies of anatomy and phenotypes also list ("stage", "arm", "severe").
GENERAL: Final = frozenset(
    "abundance acquired acute adult affected age aged animal anterior apical appearance area arm atlas back band "
    "basal base "
    "bilateral bodies body branch capsule cast central chain change channel chronic circular classical coat "
    "collecting complete complex component compound congenital constant contact cord core corn course cover crop "
    "cutting death definite deletion delayed density developmental die difference diffuse dissociation distal "
    "distribution dominant dorsal duration early edge elderly element end enlarged entity episodic "
    "excluded expansion extension external face fall fatigue feature female field floor fluid focal "
    "fold form formation frequency frequent front function functional general generalized gill graft groove "
    "group growth healthy heavy helix high inheritance inner intensity intermediate intermittent internal "
    "isolated junction juvenile large late lateral layer left length lens life line localized lot low "
    "lower male manual margin mass matrix mature medial median membrane midline mild mixed moderate multiple "
    "narrow neck network normal obsolete odds onset opening organism outer page part patch "
    "pattern peripheral phenotype piece plane planta plaque plate plug point pole pore portion position positive "
    "posterior primary process profound progressive projection proliferation prolonged protrusion proximal radial "
    "rare ray read recurrent reduced region regional reproduction residual response reticulum ridge right ring role "
    "roof root row sac scale seam secondary secretion section segment segmental sensor sequence series severe severity "
    "sex shaft sharp sheet shell shock short side single site slow small sole somatic space specific spine "
    "spot stable stage stalk stem step stripe strong structure subject sudden sum superior surface system test tip "
    "total tract transient tree tube type unilateral unit upper variable vascular ventral "
    "wall web wide wing zone".split()
)
# Exact synonyms of findings (of HPO, mostly of behaviour) that prose uses of anything.
GENERAL_SYNONYMS: Final = (
    "ordering", "hostile", "unresponsive", "hypersensitivity", "highly sensitive", "overly sensitive", "collecting",
    "diminished energy", "drug resistance", "dullness", "inaction", "inactivity", "slowness", "water retention",
)  # fmt: skip

# Formed by rule, but words of their own.
_NOT_ADJECTIVES: Final = frozenset(
    "general ventral dorsal organic basic manual local final normal formal central medial mental serial trial oral "
    "topical tropical "
    "critical typical capital total vital metal digital signal fatal natal logic toxic static ionic cubic nodal "
    "lateral "
    "plasmic generic genetic axial radial "
    # Shapes, planes and molecules, and words from other nouns ("circulus", "sagitta", "marsupium").
    "calcaric cellic circular cuboidal extensional helical insular laminar marsupial pascal pectic penicillic "
    "quadratic "
    "sagittal scalar septic trapezoidal tuberous vestibular".split()
)


def adjectives(name: str) -> Iterator[str]:
    """Yield adjectives of the name of a part of the body; most that the rules form are no words and never match."""
    known = SUPPLETIVE.get(name)
    if known:
        yield from known.split()
    if " " in name:
        return
    if len(name) < 4 or not name.isalpha() or not name.islower():
        return
    for ending, adjectival in _RULES:
        if name.endswith(ending):
            stem = name[: len(name) - len(ending)]
            for suffix in adjectival:
                word = stem + suffix
                if len(word) > 5 and word not in _NOT_ADJECTIVES:
                    yield word
            return
