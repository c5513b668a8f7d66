"""Tokens of names and texts, and the key under which spellings of one word meet.

A key is made from a word alone, by rules, and is the same in names and in texts: case, diacritics, British and
American spelling, Greek letters and their names, plural and Latin inflection, Roman and Arabic numerals. Keys need
not be words.
"""

from __future__ import annotations

import re
import unicodedata

NORMALISER = 5  # a vocabulary made by other rules is refused

# Latin runs, one Greek letter, digits, or a run of another script. Splitting with the group keeps the text in between.
TOKEN = re.compile(
    r"([A-Za-z\u00C0-\u024F]+|[\u0391-\u03A9\u03B1-\u03C9]|\d+|[^\W\d_A-Za-z\u00C0-\u024F\u0391-\u03C9]+)"
)

_GREEK = dict(
    zip(
        "αβγδεζηθικλμνξοπρστυφχψω",
        "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma tau upsilon phi "
        "chi psi omega".split(),
        strict=True,
    )
) | {"ς": "sigma"}
_ROMAN = {"I": "1", "II": "2", "III": "3", "IV": "4", "V": "5", "VI": "6", "VII": "7", "VIII": "8", "IX": "9",
          "XI": "11", "XII": "12", "XIII": "13"}  # fmt: skip
# X and L alone are letters more often than numbers (chromosome X).
_ROMAN_LOWER = {"ii": "2", "iii": "3", "vii": "7", "viii": "8"}

_IRREGULAR = {
    "feet": "foot", "teeth": "tooth", "mice": "mouse", "lice": "louse", "men": "man", "women": "woman",
    "children": "child", "oxen": "ox", "corpora": "corpus", "femora": "femur", "viscera": "viscus", "genera": "genus",
    "crura": "crus", "foramina": "foramen", "lumina": "lumen", "ganglia": "ganglion", "mitochondria": "mitochondrion",
    "phenomena": "phenomenon", "criteria": "criterion", "spermatozoa": "spermatozoon", "protozoa": "protozoon",
    "oocysta": "oocyst", "axes": "axis", "testes": "testis", "pelves": "pelvis", "penes": "penis", "epididymides":
    "epididymis", "iris": "iris", "irides": "iris", "nares": "naris", "optics": "optic", "lens": "lens",
    "leaves": "leaf", "calves": "calf", "hooves": "hoof", "halves": "half", "lives": "life", "knives": "knife",
    "wolves": "wolf", "data": "datum", "meninges": "meninx", "quadriceps": "quadriceps", "biceps": "biceps",
    # Singulars that look like plurals: Cary is a town, and "syringes" are of a syringe.
    "caries": "caries", "scabies": "scabies", "rabies": "rabies", "facies": "facies", "species": "species",
    "series": "series", "syringes": "syringe",
}  # fmt: skip
_METRE = {"centre": "center", "fibre": "fiber", "litre": "liter", "metre": "meter", "titre": "titer",
          "calibre": "caliber", "programme": "program", "grey": "gray", "plough": "plow", "sceptic": "skeptic",
          "behaviour": "behavior", "odour": "odor", "vapour": "vapor", "mould": "mold", "caesium": "cesium",
          "aluminium": "aluminum", "ageing": "aging", "dyke": "dike", "disc": "disk"}  # fmt: skip
_ICES = re.compile(r"(?<=[tdrplv])ices$")
_NGES = re.compile(r"(?:phala|meni|lary|phary|salpi)nges$")
_NOT_ICES = {"services", "devices", "slices", "prices", "practices", "notices", "vices", "police", "splices"}


def _british(word: str) -> str:
    word = _METRE.get(word, word)
    if len(word) > 4:
        if "ae" in word[:-1] or "oe" in word[:-1]:
            head, tail = word[:-2], word[-2:]
            word = head.replace("ae", "e").replace("oe", "e") + tail
        if word.endswith(("mour", "lour", "bour")) and word not in ("glamour", "hour"):
            word = word[:-2] + "r"
        word = word.replace("sulph", "sulf").replace("isation", "ization")
        if word.endswith(("ising", "ised", "iser")) and len(word) > 7:
            cut = word.rindex("is")
            word = word[:cut] + "iz" + word[cut + 2 :]
        elif word.endswith("ise") and len(word) > 7:
            word = word[:-3] + "ize"
    return word


def _singular(word: str) -> str:
    irregular = _IRREGULAR.get(word)
    if irregular is not None:
        return irregular
    n = len(word)
    if n < 4:
        return word
    if word.endswith("ices") and word not in _NOT_ICES and _ICES.search(word):
        return word[:-4] + "ix"
    if _NGES.search(word):
        return word[:-2]
    if n > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if n > 5 and word.endswith("mata"):
        return word[:-2]
    if word.endswith("ses"):
        return word[:-2] if n > 5 else word[:-1]
    if n > 4 and word.endswith(("xes", "ches", "shes", "zes")):
        return word[:-2]
    if word.endswith(("us", "ss", "is")):
        return word
    if word.endswith("s"):
        return word[:-1]
    return word


def _ending(word: str) -> str:
    """Unify the Latin endings of a word: -us/-i, -um/-a/-on, -a/-ae, -ex/-ix, -sis/-ses, -nx/-nges."""
    n = len(word)
    if n < 5:
        return word
    if word.endswith("sis"):
        return word[:-2]
    if word.endswith("se"):
        return word[:-1]
    if word.endswith("us"):
        return word[:-2] + "i"
    if word.endswith("um"):
        return word[:-2] + "a"
    if word.endswith("ae"):
        return word[:-1]
    if word.endswith("ex"):
        return word[:-2] + "ix"
    if word.endswith("nx"):
        return word[:-1] + "g"
    return word


def spell_greek(text: str) -> str:
    """Spell out Greek letters by name."""
    return text if text.isascii() else "".join(_GREEK.get(c.lower(), c) for c in text)


def fold(token: str) -> str:
    """Lower case without diacritics; Greek letters by name."""
    greek = _GREEK.get(token.lower())
    if greek is not None:
        return greek
    if token.isascii():
        return token.lower()
    decomposed = unicodedata.normalize("NFKD", token.replace("ß", "ss").replace("ø", "o").replace("Ø", "O"))
    return "".join(c for c in decomposed if not unicodedata.combining(c)).casefold()


def token_key(token: str) -> str:
    """Compute the key of one token of `TOKEN`."""
    roman = _ROMAN.get(token) or _ROMAN_LOWER.get(token)
    if roman is not None:
        return roman
    word = fold(token)
    if word.isdigit():
        return word.lstrip("0") or "0"
    if len(token) < 6 and token.isupper():
        return word
    if len(token) < 7 and token[:-1].isupper() and token.endswith("s"):
        return word[:-1]  # NSAIDs, ECs
    return _ending(_british(_singular(word)))


def tokens(text: str) -> list[str]:
    """Split a text into tokens."""
    return TOKEN.split(text)[1::2]


def name_key(name: str) -> str:
    """Compute the key of a whole name: the keys of its tokens, concatenated."""
    return "".join(token_key(t) for t in tokens(name))
