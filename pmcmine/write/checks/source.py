"""Hold the source passages, parsed once: words, symbols, initials, and long forms of abbreviations."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from pmcmine.write.checks.abbreviations import elements_of, long_forms
from pmcmine.write.checks.lexicon import same_words, wider_words
from pmcmine.write.checks.tokens import Token, bases, joined, key_of, tokens

_RUN: Final = re.compile(r"[^\W\d_]+|\d+")
_STEM: Final = 5  # minimum letters shared by two forms of a word
_LEAST: Final = 4  # minimum letters of a word before an ending
_DERIVED: Final = frozenset("ary al ic ical ous ation ition ment ness ity ive ial ual er or able ful".split())
_SHARE: Final = 0.6  # share of the longer form that must match
_LONG: Final = 9  # letters of a word that may be misspelt
_LONGEST: Final = 30
_ALIKE: Final = 40  # words with the same beginning that are compared
_INITIALS: Final = 7  # words of a long form
_MORE: Final = re.compile(r"(?<![Pp])(?<![Pp]\s)[>≥]")  # not compared for p values
_LESS: Final = re.compile(r"(?<![Pp])(?<![Pp]\s)[<≤]")
_PLUS: Final = re.compile(r"(?<=[A-Za-z-]\d)\+(?=[\s)])")  # of markers: "PAX5+ cells"
_DEFINED: Final = re.compile(
    r"\(([A-Z]{2,8})\)|(?<![\w-])([A-Z]{2,8})(?:\s?[=:,]\s?|\s(?:denotes?|indicates?|means?|stands?)\s|\s\()"
)
_LETTERS: Final = re.compile(r"[^\W\d_]{2,}")  # of "RT-qPCR", "CD-treated"
_ROMAN: Final = re.compile(r"[ivx]+")
_SMALL: Final = frozenset("of the and in for to by with a an on".split())
# Endings that make a different word: hepatitis is not hepatic, and a nephrectomy is not a nephritis.
_ENDINGS: Final = (
    "itis",
    "oma",
    "omas",
    "osis",
    "emia",
    "aemia",
    "ectomy",
    "ostomy",
    "otomy",
    "pathy",
    "plasty",
    "scopy",
    "plasia",
    "trophy",
    "megaly",
    "penia",
    "cyte",
    "cytes",
    "blast",
    "blasts",
    "mab",
    "nib",
    "ase",
    "vir",
    "statin",
    "cillin",
    "mycin",
    "azole",
    "pril",
    "sartan",
    "olol",
    "dopa",
    "algia",
    "uria",
    "rrhage",
    "rrhea",
    "lysis",
    "genesis",
    "metry",
    "gram",
    "ectasis",
)


_ADJECTIVES: Final = (
    ("plastic", "plasia"),
    ("trophic", "trophy"),
    ("otic", "osis"),
    ("pathic", "pathy"),
    ("scopic", "scopy"),
    ("emic", "emia"),
    ("matous", "oma"),
    ("lytic", "lysis"),
    ("penic", "penia"),
    ("cytic", "cyte"),
)


def _ending(word: str) -> str:
    for ending, noun in _ADJECTIVES:
        if word.endswith(ending):
            return noun.rstrip("s")
    return next((e.rstrip("s") for e in _ENDINGS if word.endswith(e)), "")


def same_form(one: str, other: str) -> bool:
    """Check whether two words look like forms of the same word: "responsive" and "responsiveness"."""
    shorter, longer = sorted((one, other), key=len)
    if len(shorter) >= _LEAST and longer.startswith(shorter) and longer[len(shorter) :] in _DERIVED:
        return True
    same = 0
    for a, b in zip(shorter, longer, strict=False):
        if a != b:
            break
        same += 1
    return same >= max(_STEM, _SHARE * len(longer)) and same >= len(shorter) - 4 and _ending(one) == _ending(other)


@dataclass(frozen=True)
class Source:
    """Passages, with indexes for look-ups.

    Attributes:
        text: the passages, joined.
    """

    text: str

    @cached_property
    def tokens(self) -> tuple[Token, ...]:
        """Split the text into words and symbols."""
        return tokens(self.text)

    @cached_property
    def index(self) -> dict[int, int]:
        """Map the start offset of each token to its index."""
        return {t.start: i for i, t in enumerate(self.tokens)}

    @cached_property
    def keys(self) -> frozenset[str]:
        """Collect the keys of all words, and of all parts of symbols."""
        parts = (p for t in self.tokens if t.symbol for p in re.findall(r"[^\W\d_]+", t.text))
        return frozenset((*(t.key for t in self.tokens), *(key_of(p) for p in parts)))

    @cached_property
    def bases(self) -> frozenset[str]:
        """Collect the possible base forms of all words, and their keys."""
        return frozenset(b for t in self.tokens for b in bases(t.low)) | self.keys

    @cached_property
    def joined(self) -> frozenset[str]:
        """Collect runs of letters and digits, alone and joined with up to five following ones, without punctuation."""
        runs = [joined(m[0]) for m in _RUN.finditer(self.text)]
        return frozenset("".join(runs[i : i + n]) for n in range(1, 7) for i in range(len(runs) - n + 1))

    @cached_property
    def capitals(self) -> frozenset[str]:
        """Collect words in capitals."""
        return frozenset(t.text for t in self.tokens if t.text.isupper() and len(t.text) > 1)

    @cached_property
    def defined(self) -> frozenset[str]:
        """Collect words in capitals that are defined: in brackets, or followed by a long form."""
        return frozenset(m[1] or m[2] for m in _DEFINED.finditer(self.text))

    @cached_property
    def written_out(self) -> frozenset[str]:
        """Collect the words in long forms of known abbreviations."""
        known = long_forms()
        found = {p for t in self.tokens for p in (t.text, *_LETTERS.findall(t.text))}
        longs = [known[p] for f in found for p in (f, f.removesuffix("s")) if p in known]
        longs += [elements_of(f) for f in found]
        return frozenset(b for long in longs for word in long for b in (*bases(word), key_of(word)))

    @cached_property
    def wider(self) -> frozenset[str]:
        """Collect words of the same or wider meaning for named things."""
        known = wider_words()
        return frozenset(w for b in self.bases if b in known for w in known[b])

    @cached_property
    def initials(self) -> frozenset[str]:
        """Collect the initials of two and more successive words, with and without the small words between."""
        out: set[str] = set()
        for words in ([t.low for t in self.tokens], [t.low for t in self.tokens if t.low not in _SMALL]):
            first = "".join(w[:1] for w in words)
            out |= {first[i : i + n] for n in range(2, _INITIALS) for i in range(len(first) - n + 1)}
        return frozenset(out)

    @cached_property
    def _beginnings(self) -> dict[str, list[str]]:
        out: dict[str, list[str]] = {}
        for word in dict.fromkeys(t.low for t in self.tokens):
            if len(word) >= _LEAST and len(known := out.setdefault(word[:_LEAST], [])) < _ALIKE:
                known.append(word)
        return out

    @cached_property
    def _shortened(self) -> frozenset[str]:
        """Collect long words, also with one of their letters removed."""
        long = {t.low for t in self.tokens if _LONG <= len(t.low) <= _LONGEST}
        return frozenset(w[:i] + w[i + 1 :] for w in long for i in range(2, len(w))) | long

    def _misspelt(self, word: str) -> bool:
        """Check whether a long word occurs with a letter more or less, as in typing errors."""
        if not _LONG <= len(word) <= _LONGEST:
            return False
        own = {word[:i] + word[i + 1 :] for i in range(2, len(word))}
        whole = {t for t in own if t in self._words}
        return bool(whole) or word in self._shortened

    @cached_property
    def _words(self) -> frozenset[str]:
        return frozenset(t.low for t in self.tokens)

    def has_word(self, token: Token) -> bool:
        """Check whether a word, a form of it, or a synonym occurs."""
        if token.key in self.keys or joined(token.low) in self.joined:
            return True
        own = bases(token.low)
        if not self.bases.isdisjoint(own):
            return True
        same = same_words()
        if any(not self.bases.isdisjoint(same.get(b, ())) for b in (token.key, *own)):
            return True
        if not self.written_out.isdisjoint((token.key, *own)):
            return True
        return self._misspelt(token.low) or any(
            same_form(token.low, word) for word in self._beginnings.get(token.low[:_LEAST], ())
        )

    def has_symbol(self, token: Token) -> bool:
        """Check whether a symbol occurs, however it is hyphenated, or its long form."""
        key = joined(token.text)
        if token.key in self.keys or key in self.joined or (key.endswith("s") and key[:-1] in self.joined):
            return True
        if not self.written_out.isdisjoint((token.low, token.low.removesuffix("s"))):
            return True  # "messenger RNA" for "mRNA"
        long = long_forms().get(token.text.removesuffix("s"), ()) if len(token.text) > 1 else ()
        if not self.bases.isdisjoint((*same_words().get(token.low, ()), *(long if len(long) == 1 else ()))):
            return True
        if key.isalpha() and not _ROMAN.fullmatch(key):
            return key.removesuffix("s") in self.initials or key_of(token.low) in self.keys
        return False


_DEGREES: Final = re.compile(r"(?<=\d)\s?\^?[∘º˚]")


def source_of(texts: Iterable[str]) -> Source:
    """Parse passages."""
    return Source(_signs("\n".join(texts)))


def _signs(text: str) -> str:
    """Spell out comparison signs, and normalise degree signs."""
    text = _DEGREES.sub("°", text)
    return _PLUS.sub(" positive", _LESS.sub(" below ", _MORE.sub(" above ", text)))
