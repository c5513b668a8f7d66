"""Read the files of WordNet: in which lexicographer files the senses of a word are, and how often each is meant."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

# The lexicographer files in their order (lexnames(5WN)).
FILES: Final = (
    "adj.all adj.pert adv.all noun.Tops noun.act noun.animal noun.artifact noun.attribute noun.body noun.cognition "
    "noun.communication noun.event noun.feeling noun.food noun.group noun.location noun.motive noun.object noun.person "
    "noun.phenomenon noun.plant noun.possession noun.process noun.quantity noun.relation noun.shape noun.state "
    "noun.substance noun.time verb.body verb.change verb.cognition verb.communication verb.competition "
    "verb.consumption verb.contact verb.creation verb.emotion verb.motion verb.perception verb.possession verb.social "
    "verb.stative verb.weather adj.ppl"
).split()
# Nouns under whose first sense a noun names something of medicine, chemistry or life.
ROOTS: Final = {
    "ill": "pathological_state illness ill_health symptom disorder injury physical_condition",
    "drug": "drug medicine",
    "procedure": "medical_procedure operation medical_care therapy examination surgery",
    "living": "living_thing organism",
    "chemical": "chemical_substance chemical compound chemical_element molecule macromolecule body_substance",
    "part": "body_part tissue organ",
    "place": "geographical_area region land body_of_water",
    "instrument": "instrument instrumentality",
    "colour": "color chromatic_color",
    "group": "taxonomic_group biological_group",
    "science": "science discipline",
    "measure": "unit_of_measurement",
}
_PARTS: Final = ("noun", "verb", "adj", "adv")
_OFFSET: Final = 8  # digits of the address of a sense
_SATELLITE: Final = 5  # number of the part of speech of adjectives that lean on another one
_PART_OF: Final = {"n": "noun", "v": "verb", "a": "adj", "s": "adj", "r": "adv"}
Key = tuple[str, str]


@dataclass(slots=True)
class Sense:
    """A sense of a word.

    Attributes:
        part: part of speech.
        file: lexicographer file.
        rank: 1 for the sense that is meant most often.
        count: how often it is meant in the texts that WordNet counted.
        roots: names of `ROOTS` that it is below.
        proper: whether the word is written with a capital.
        kinds: number of senses right below it.
        wider: the other words of the sense, and those right above it.
    """

    part: str
    file: str
    rank: int
    count: int
    roots: frozenset[str]
    proper: bool
    kinds: int
    wider: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Set:
    file: str
    words: tuple[str, ...]
    above: tuple[Key, ...]
    kinds: int


def _lines(path: Path) -> Iterator[list[str]]:
    with path.open(encoding="latin-1") as lines:
        yield from (line.split("|")[0].split() for line in lines if not line.startswith(" "))


def _sets(folder: Path) -> dict[Key, _Set]:
    out: dict[Key, _Set] = {}
    for part in _PARTS:
        for f in _lines(folder / f"data.{part}"):
            count = int(f[3], 16)
            words = tuple(f[4 + 2 * i].split("(")[0] for i in range(count))
            rest = f[4 + 2 * count :]
            pointers = [(rest[1 + 4 * i], rest[2 + 4 * i], rest[3 + 4 * i]) for i in range(int(rest[0]))]
            above = tuple((_PART_OF[p], at) for sign, at, p in pointers if sign in ("@", "@i"))
            out[part, f[0]] = _Set(FILES[int(f[1])], words, above, sum(sign == "~" for sign, _, _ in pointers))
    return out


def _index(folder: Path) -> Iterator[tuple[str, str, list[str]]]:
    for part in _PARTS:
        for f in _lines(folder / f"index.{part}"):
            yield part, f[0], [x for x in f[4:] if len(x) == _OFFSET and x.isdigit()]


def read_senses(folder: Path) -> dict[str, list[Sense]]:
    """Map each word in lower case to its senses.

    Args:
        folder: the database files of WordNet 3.0 (`data.noun`, `index.noun`, `cntlist.rev`).
    """
    sets = _sets(folder)
    index = list(_index(folder))
    first = {word: found[0] for part, word, found in index if part == "noun"}
    roots = {("noun", first[w]): name for name, words in ROOTS.items() for w in words.split() if w in first}

    @cache
    def below(key: Key) -> frozenset[str]:
        own = frozenset((roots[key],)) if key in roots else frozenset()
        return own.union(*(below(k) for k in sets[key].above))

    out: dict[str, list[Sense]] = {}
    for part, word, found in index:
        for rank, at in enumerate(found, 1):
            one = sets[part, at]
            proper = any(w.lower() == word and w[:1].isupper() for w in one.words)
            roots_of = below((part, at)) if part == "noun" else frozenset()
            wider = frozenset(w.lower() for key in ((part, at), *one.above) for w in sets[key].words)
            out.setdefault(word, []).append(Sense(part, one.file, rank, 0, roots_of, proper, one.kinds, wider))
    _count(folder, out)
    return out


def _count(folder: Path, senses: Mapping[str, list[Sense]]) -> None:
    for f in _lines(folder / "cntlist.rev"):
        word, rest = f[0].split("%")
        number, rank = int(rest[0]), int(f[1])
        part = _PARTS[2 if number == _SATELLITE else number - 1]
        for sense in senses.get(word, ()):
            if sense.part == part and sense.rank == rank:
                sense.count += int(f[2])


def read_antonyms(folder: Path) -> set[tuple[str, str]]:
    """Return pairs of adjectives and adverbs of opposite meaning, each in the order of the alphabet."""
    words, found = {}, []
    for part in ("adj", "adv"):
        for f in _lines(folder / f"data.{part}"):
            count = int(f[3], 16)
            words[part, f[0]] = [f[4 + 2 * i].split("(")[0].lower() for i in range(count)]
            rest = f[4 + 2 * count :]
            for i in range(int(rest[0])):
                sign, at, _, which = rest[1 + 4 * i : 5 + 4 * i]
                if sign == "!":
                    found.append((part, f[0], at, int(which[:2], 16) - 1, int(which[2:], 16) - 1))
    pairs = (sorted((words[part, one][a], words[part, other][b])) for part, one, other, a, b in found)
    return {(a, b) for a, b in pairs if a.isalpha() and b.isalpha()}


def read_irregular(folder: Path) -> dict[str, set[str]]:
    """Map irregular forms to what they are forms of (`verb.exc` and the like)."""
    out: dict[str, set[str]] = {}
    for part in _PARTS:
        for f in _lines(folder / f"{part}.exc"):
            out.setdefault(f[0], set()).update(f[1:])
    return out
