"""Find context triggers in a sentence: words that negate, doubt, date or attribute the text near them.

The words are those of NegEx (Chapman et al. 2001) and ConText (Harkema et al. 2009), with additions for the prose of
articles.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import Final, NamedTuple


class Kind(Enum):
    """Meaning of a trigger."""

    NEGATED = "negated"
    UNCERTAIN = "uncertain"
    HISTORICAL = "historical"
    HYPOTHETICAL = "hypothetical"
    FAMILY = "family"
    PSEUDO = "pseudo"
    END = "end"


class Scope(Enum):
    """Position of the governed text relative to the trigger."""

    AFTER = 1
    BEFORE = 2
    BOTH = 3
    NEXT = 4


_LEXICON: Final[tuple[tuple[Kind, Scope, str], ...]] = (
    (Kind.NEGATED, Scope.AFTER, "no|no longer|not|without|"
     "denies|denied|deny|denying|denial of|negative for|neg for|absence of|"
     "absent|free of|free from|devoid of|lack of|lacks|lacked|lacking|never|neither|nor|cannot|can't|couldn't|didn't|"
     "doesn't|isn't|wasn't|weren't|aren't|hasn't|haven't|hadn't|no evidence of|no evidence for|no sign of|"
         "no signs of|"
     "fails to reveal|failed to reveal|fails to show|failed to show|rather than|rules out|ruled out for|rule him out|"
     "rule her out|rules him out|rules her out|ruled him out|ruled her out|excludes|excluded|declined|declines|"
     "none of|instead of|unremarkable for|non|nothing|"
     "was not|were not|is not|are not|has not|have not|had not|did not|do not|does not|"
     "not appear to have|not know of|not feel|not have|not had|not reveal|not show|not demonstrate|"
     "-ve for|is negative for|was negative for|are negative for|were negative for|been negative for|be negative for|"
     "resolved from|negative|no known|w/o|nondiagnostic for|exclusion of|ruling out|ruled out|"
     "no symptoms suggestive of|no signs suggestive of|no findings suggestive of|no features suggestive of|"
     "no evidence suggestive of|no suspicion of|no suspicion for|without suspicion of|without suspicion for|in the "
     "absence of|lost all|disappearance of|elimination of|eradication of"),
    (Kind.NEGATED, Scope.BEFORE, "was negative|were negative|is negative|are negative|been negative|negative|"
     "was ruled out|were ruled out|is ruled out|are ruled out|been ruled out|being ruled out|ruled out|"
     "been excluded|was excluded|were excluded|not seen|not observed|not detected|not detectable|not present|"
     "not identified|not appreciated|not found|not noted|not evident|not demonstrated|not visualized|not visualised|"
     "not apparent|not recorded|not reported|not available|"
     "is absent|was absent|were absent|are absent|absent|did not occur|not performed|not done|not made|"
     "not palpable|not felt|not visible|undetectable|"
     "unlikely|free|was denied|were denied|denied|denies|none|"
     "is resolved|was resolved|not be seen|"
     "never developed|nil"),
    (Kind.UNCERTAIN, Scope.AFTER, "possible|possibly|probable|probably|likely|suspected|suspect|suspects|"
         "suspicion of|"
     "suspicion for|suspicious for|suggestive of|suggesting|suggest|suggests|suggested|may|might|could|presumed|"
     "presumably|questionable|question of|concern for|concerning for|concerned about|worrisome for|consider|versus|"
     "rule out|r/o|r/out|to exclude|evaluate for|evaluation for|differential diagnosis|apparent|apparently|potential|"
     "potentially|perhaps|putative|hypothesized|hypothesised|not certain if|not certain whether|unclear whether|"
     "whether|could be ruled out for|cannot exclude|can't exclude|cannot rule out|not excluded|susceptible to|"
     "not exclude|not rule out|not excluding|not ruling out|not excluded for|"
     "risk of|risk for|be ruled out for|must be ruled out for"),
    (Kind.UNCERTAIN, Scope.BEFORE, "cannot be excluded|can't be excluded|could not be excluded|not be excluded|"
     "cannot be ruled out|could not be ruled out|can't be ruled out|not ruled out|not been ruled out|"
     "not be ruled out|not excluded|not been excluded|not unlikely|not impossible|"
     "is possible|was possible|is suspected|was suspected|were suspected|be ruled out|should be ruled out|"
     "to be ruled out|is likely|was likely|is probable|is questionable|is considered|was considered|is unclear|"
     "was questioned|is in question|suspected"),
    (Kind.HISTORICAL, Scope.AFTER, "history of|history|h/o|hx of|past medical history|pmh|past history|previous|"
     "previously|prior|status post|s/p|in the past|remote|known history of"),
    (Kind.HISTORICAL, Scope.BEFORE, "in the past|years ago|months ago|as a child|in childhood|previously"),
    (Kind.HYPOTHETICAL, Scope.AFTER, "if|in case of|should she|should he|should the patient|return for|return if|"
     "as needed for|prevent|prevention of|prophylaxis"),
    (Kind.FAMILY, Scope.AFTER, "family history of|family history|familial history of|familial history|family hx|fh "
                               "of|mother|father|brother|brothers|"
     "sister|sisters|aunt|uncle|grandmother|grandfather|grandparents|cousin|cousins|sibling|siblings|maternal|"
     "paternal|mother's|father's|mom|dad|relatives"),
    (Kind.FAMILY, Scope.BEFORE, "in the family|in family|in his mother|in her mother|in his father|in her father|"
     "in her sister|in his brother|in first degree relatives|in first-degree relatives|among first degree relatives|"
     "among first-degree relatives|in a first degree relative|in a first-degree relative"),
    (Kind.PSEUDO, Scope.AFTER, "is no longer|are no longer|was no longer|were no longer|no increase|no decrease|"
     "not only|not just|not necessarily|not merely|not completely|not fully|not entirely|not totally|"
     "no significant change|no significant difference|no significant differences|no difference|no differences|"
     "not certain|gram negative|gram-negative|without difficulty|without further|not drain|not cause|"
     "no interval change|"
     "no significant interval change|no suspicious change|not extend|not significantly|no doubt|no matter|"
     "whether or not|not surprising|not surprisingly|not to mention|no later than|not limited to|"
     "double negative|false negative|false-negative|triple negative|triple-negative|negative control|"
         "negative controls|"
     "negative correlation|negatively|negative feedback|negative regulator|negative predictive|dominant negative|"
     "dominant-negative|as soon as possible|if possible|possible exception|possible exceptions|"
     "in may|may be seen|history and|history, physical|"
     "family history is not|social history|history taking|absent from the|"
     "not uncommon|not uncommonly|not unusual|not unusually|not rare|not rarely|not infrequent|not infrequently|"
     "not unexpected|not unexpectedly|not unknown|not without|not negative|not absent|not free of|not free from|"
     "not otherwise specified|not always|not exclusively|not solely|not all|"
     "no change in|without change|have not changed|has not changed|not changed|not an option|were not significantly|"
     "was not significantly|did not significantly|not associated with|not related to|not due to|not because of|"
     "not affect|not affected by|not on"),
    (Kind.END, Scope.BOTH, "but|positive for|indicates|indicating|indicate|however|nevertheless|yet|though|"
    "although|still|except|except for|apart from|"
     "aside from|other than|secondary to|due to|because|because of|since|which|who|as the cause of|as a cause of|"
     "as the etiology of|as a source of|as the source of|as the reason for|as an etiology for|with the exception of|"
     "presents|presented|presenting|complains|complained|was found to|were found to|causing|"
     "resulting in|therefore|whereas|while|then|until|otherwise|on exam|on examination|"
     "he has|she has|he had|she had|patient has|patient had|he is|she is|there is|there was|there are|"
     "are noted|is noted|was noted|were noted|is seen|are seen|was started|currently|now|showed|"
     "reveals|revealed|demonstrated|demonstrates|in the setting of"),
)  # fmt: skip


class _Node(dict[str, "_Node"]):
    """Continuations of a phrase; an empty key marks a possible end."""


def _trie(phrases: Iterable[str]) -> str:
    """Build a regular expression for many phrases that reads each character once."""
    root = _Node()
    for phrase in phrases:
        node = root
        for c in phrase:
            node = node.setdefault(c, _Node())
        node[""] = _Node()

    def render(node: _Node) -> str:
        rest = [(r"\s+" if c == " " else re.escape(c)) + render(node[c]) for c in sorted(node) if c]
        if not rest:
            return ""
        body = rest[0] if len(rest) == 1 and "" not in node else "(?:" + "|".join(rest) + ")"
        return body + ("?" if "" in node else "")

    return render(root)


@dataclass(frozen=True, slots=True)
class Trigger:
    """Meaning of a trigger, and the position of its scope."""

    kind: Kind
    scope: Scope


_NON: Final = Trigger(Kind.NEGATED, Scope.NEXT)  # "non-small cell cancer" is a cancer


_AUXILIARIES: Final = "is|are|was|were|be|been|has|have|had|do|does|did|can|could|would|may|might|should".split("|")
_CONTRACTED: Final = (
    "isn't|aren't|wasn't|weren't|hasn't|haven't|hadn't|don't|doesn't|didn't|can't|cannot|couldn't".split("|")
)


_HIDDEN: Final = re.compile(
    r"not (?:completely|fully|entirely|totally|only|just|merely|solely|exclusively|necessarily|always|all|limited|"
    r"otherwise|surprising|without|negative|"
    r"absent|free|un\w+|rare|rarely|infrequent|infrequently|impossible|an option|certain|exclud|rule|ruling|be |been )"
)


def _with_auxiliaries(kind: Kind, scope: Scope, phrase: str) -> list[str]:
    """Return a phrase and its forms with an auxiliary, so that "was not" does not hide "not ruled out"."""
    looks_back = kind is Kind.NEGATED and scope is Scope.BEFORE and phrase.startswith("not ")
    if not looks_back and (kind is Kind.NEGATED or not _HIDDEN.match(phrase)):
        return [phrase]
    return [phrase, *(f"{a} {phrase}" for a in _AUXILIARIES), *(c + phrase[3:] for c in _CONTRACTED)]


@cache
def _compiled() -> tuple[re.Pattern[str], dict[str, tuple[Trigger, ...]]]:
    meanings: dict[str, dict[Trigger, None]] = {}
    for kind, scope, phrases in _LEXICON:
        for phrase in phrases.split("|"):
            for form in _with_auxiliaries(kind, scope, phrase):
                meanings.setdefault(form, {})[Trigger(kind, scope)] = None
    pattern = re.compile(rf"(?<![\w‐‑–-])(?:{_trie(meanings)})(?![\w'’])", re.IGNORECASE)
    return pattern, {k: tuple(v) for k, v in meanings.items()}


# "no. 3" and "no. AB12" are numbers, "Fever: no" answers the text before it.
_NUMBER: Final = re.compile(r"\.\s?[:#]?\s?[A-Za-z(/-]{0,6}\d")
_NUMBERED: Final = re.compile(
    r"\b(?:case|patient|sample|specimen|table|grant|protocol|lot|cat(?:alog(?:ue)?)?|id|approval|reference)\.?\s$",
    re.IGNORECASE,
)
_ANSWERED: Final = re.compile(r"[:=?(]\s{0,2}$")
ANSWER_WORD: Final = re.compile(r"\b(?:no|nil|none|never)\b", re.IGNORECASE)
_ANSWER_ENDS: Final = re.compile(r"\s?(?:[.,;)|/]|$)")
ANSWER: Final = re.compile(
    r"\s?(?:\([^()]{0,30}\)\s?)?(?:[:=?]|\s[–—-]\s|\((?=(?-i:[Nn]o)\)))\s?(?:no|nil|none|never)(?=\s?(?:[.,;)|/]|$))",
    re.IGNORECASE,
)
# Markers for which a cell, tumour or patient is negative: the cell, tumour or patient itself is not negated.
_MARKER: Final = re.compile(
    r"(?:(?:^|[\s(/,-])(?=[^\s(]{0,20}[A-Z0-9][^\s(]{0,20}[A-Z0-9])[A-Za-zα-ω0-9/+‐‑–-]{2,20}(?:\([^()\s]{1,12}\))?"
    r"|(?i:receptors?|nod(?:e|al)|smear|culture|antigen|antibody|margins?|markers?|virus|hormone|(?:o?e|pro)st\w{1,12}|mutation|rhesus|Rh|gram)\)?)"
    r"[\s‐‑–-]$"
)
NOUN_NEXT: Final = re.compile(r"\s(?!(?:for|in|on|by|at|to|and|or|with|but|as)\b)[A-Za-z]")


# "no difference in pain": negates a comparison, not the pain; "not related to pain": a relation.
_NO_CHANGE: Final = re.compile(
    r"\s+(?:[\w-]{1,30}\s+){0,3}?(?:differences?|changes?|effects?|correlations?|associations?|relationships?|influences?|"
    r"impacts?|increases?|decreases?|reductions?|alterations?|improvements?|roles?|interactions?|need|variations?|"
    r"contraindications?|information|data|responses?|benefits?)\b",
    re.IGNORECASE,
)
_NOT_SO: Final = re.compile(
    r"\s+(?:\w{1,20}ly\s+|yet\s+|been\s+|be\s+|shown\s+|found\s+|to\s+){0,5}(?:differ(?:ent|ed|s)?|correlated?|associated|related|significan(?:t|tly)|"
    r"affect(?:ed)?|influenced?|alter(?:ed)?|changed?|improved?|increased?|decreased?|reduced?|interact(?:ed)?|"
    r"required?|needed|necessary|known(?!\s+to\b)|clear|available|possible|performed|treated|used|included|recommended|indicated|"
    r"tolerated?|respond(?:ed)?|sufficient|enough|amenable|suitable|limited|equal|similar|part|(?:very\s+)?effective|appropriate|useful|"
    r"helpful|designed|intended|specific|explained?|mediated|predict(?:ed|ive|or)?|dependent|(?:\w{1,20}\s+)?(?:higher|lower|greater|worse|better)|"
    r"an?\s+(?:\w{1,20}\s+)?(?:risk|predictor|cause|contraindication|marker|substitute))\b",
    re.IGNORECASE,
)
_NOUN_DENIED: Final = re.compile(r"(?:^|\s)(?:no|without|nor|not have|not show)$")
_VERB_DENIED: Final = re.compile(r"(?:\b(?:not|never)|n't)$")
_LOWER_AFTER: Final = re.compile(r"[\s-]+[a-z]{2}")
_LOWER_BEFORE: Final = re.compile(r"[a-z]{2}[,;]?\s$")
_SPACES: Final = re.compile(r"\s+")


class Found(NamedTuple):
    """A trigger at a position in a sentence.

    Attributes:
        start: its first code point.
        end: one past its last one.
        said: its words in lower case.
        meanings: its possible meanings.
        spent: end of the words that it negates instead of the text after them, as in "no change in"; 0 if none.
    """

    start: int
    end: int
    said: str
    meanings: tuple[Trigger, ...]
    spent: int


def find_triggers(sentence: str) -> list[Found]:
    """Find the triggers of a sentence, in order."""
    pattern, meanings = _compiled()
    out = []
    for m in pattern.finditer(sentence):
        said = _SPACES.sub(" ", m[0].lower())
        if said == "no" and _is_no_word(sentence, m.start(), m.end()):
            continue
        found = meanings[said]
        if said == "negative" and NOUN_NEXT.match(sentence, m.end()):
            if _MARKER.search(sentence[max(m.start() - 44, 0) : m.start()]):
                found = tuple(t for t in found if t.scope is not Scope.AFTER)
        elif said == "non":
            found = (_NON,)
        out.append(Found(m.start(), m.end(), said, found, _denied_comparison(sentence, said, m.end())))
    return out


def _denied_comparison(sentence: str, said: str, end: int) -> int:
    """Return the end of the words that a trigger negates instead of the text after them; 0 if there are none."""
    pattern = _NO_CHANGE if _NOUN_DENIED.search(said) else _NOT_SO if _VERB_DENIED.search(said) else None
    m = pattern.match(sentence, end) if pattern else None
    return m.end() if m else 0


def _is_no_word(sentence: str, start: int, end: int) -> bool:
    """Return whether "no" is a number, nitric oxide, or an answer to the text before it."""
    before = sentence[max(start - 16, 0) : start]
    if _NUMBER.match(sentence, end) or (_NUMBERED.search(before) and re.match(r"\s?\d", sentence[end:][:2])):
        return True
    if sentence[start:end] == "NO" and (_LOWER_AFTER.match(sentence, end) or _LOWER_BEFORE.search(before)):
        return True
    return bool(_ANSWERED.search(before) and _ANSWER_ENDS.match(sentence, end))
