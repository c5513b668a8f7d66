"""Require more of a trigger in captions, and for concepts that are things.

Captions are not discharge notes: "without inhibitor", "may", "previously" and "versus" describe design, staining and
method. And a statement about a finding is not about the organ, cell or gene named with it: in "no metastasis in the
liver" and "no liver metastasis" the liver is present. Here precision counts: doubtful cases are not flagged.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import Final

from pmcmine.concepts.triggers import Found, Kind, Scope, Trigger


class Care(Enum):
    """Required certainty of a trigger for a span.

    In notes and case reports; in a case report, for everything but negation; in a caption or research prose; for an
    organ, cell or other thing.
    """

    CLINICAL = 1
    CASE = 4
    CAPTION = 2
    THING = 3


# Triggers that keep their clinical meaning in captions, by kind and direction.
_KEPT: Final[dict[tuple[Kind, Scope], frozenset[str]]] = {
    (kind, scope): frozenset(phrases.split("|"))
    for kind, scope, phrases in (
        (Kind.NEGATED, Scope.AFTER, "no|no known|without|absence of|in the absence of|lack of|lacks|lacked|lacking|"
         "absent|free of|free from|"
         "devoid of|negative for|is negative for|was negative for|are negative for|were negative for|"
         "been negative for|"
         "no evidence of|no evidence for|no sign of|no signs of|no symptoms suggestive of|no signs suggestive of|"
         "no findings suggestive of|no features suggestive of|no evidence suggestive of|no suspicion of|"
         "no suspicion for|without suspicion of|without suspicion for|"
         "nor|neither|none of|not show|not reveal|"
         "not demonstrate|"
         "not have|fails to show|failed to show|fails to reveal|failed to reveal|ruled out|rules out|denied|denies|"
         "did not|do not|does not|not|didn't|doesn't|never|disappearance of|w/o"),
        (Kind.NEGATED, Scope.NEXT, "non"),
        (Kind.NEGATED, Scope.BEFORE, "negative|free|is absent|was absent|were absent|are absent|absent|undetectable|"
         "was ruled out|were ruled out|been ruled out"),
        (Kind.UNCERTAIN, Scope.AFTER, "possible|possibly|probable|probably|suspected|suspicion of|suspicion for|"
         "suspicious for|"
         "suggestive of|suggesting|presumed|presumably|questionable|question of|concern for|concerning for|"
         "worrisome for|cannot exclude|can't exclude|cannot rule out|rule out|to exclude"),
        (Kind.UNCERTAIN, Scope.BEFORE, "cannot be excluded|could not be excluded|cannot be ruled out|"
         "could not be ruled out|"
         "is suspected|was suspected|were suspected|not ruled out|not be ruled out|not excluded"),
        (Kind.HISTORICAL, Scope.AFTER, "history of|known history of|h/o|hx of|past history|past medical history|"
         "status post|s/p|"
         "previous|prior"),
        (Kind.HYPOTHETICAL, Scope.AFTER, "in case of"),
        (Kind.FAMILY, Scope.AFTER, "family history of|family history|familial history of|familial history|family hx|"
                                   "fh of|mother|father|brother|"
         "brothers|sister|sisters|"
         "aunt|uncle|grandmother|grandfather|cousin|cousins|sibling|siblings|mother's|father's"),
        (Kind.FAMILY, Scope.BEFORE, "in the family|in family|in his mother|in her mother|in his father|"
         "in her father|in first degree relatives|in first-degree relatives|among first degree relatives|"
         "among first-degree relatives|in a first degree relative|in a first-degree relative"),
    )
}  # fmt: skip
_THING_AFTER: Final = frozenset(
    "no|without|absence of|in the absence of|lack of|lacks|lacked|lacking|absent|devoid of|free of|no evidence of|"
    "no sign of|no signs of|not have|did not have|does not have|do not have|w/o".split("|")
)
_LAST: Final = {Kind.NEGATED: 8, Kind.UNCERTAIN: 3, Kind.HISTORICAL: 4, Kind.HYPOTHETICAL: 3, Kind.FAMILY: 5}
_NEAREST: Final = {
    "possibly": 1,
    "probably": 1,
    "presumably": 1,
    "previous": 1,
    "prior": 1,
    "possible": 2,
    "probable": 2,
    "presumed": 1,
    "suspected": 2,
    "free": 0,
}
_WORD: Final = re.compile(r"[^\s,/]+")
_SINGLE: Final = re.compile(r"lack|absen|devoid|free|disappear")  # nouns of absence govern one noun, or two with "or"
# "no root formation, and necrosis", "0, no symptoms, 1: weight loss": the next item is present.
_NEXT_ITEM: Final = re.compile(
    r",\s+(?:and|mild|slight|moderate|severe|marked|strong|weak)\s|[,;]\s+(?:\d{1,3}|\w)\s?[:=-]", re.IGNORECASE
)
_OTHERWISE: Final = re.compile(r"\b(?:for|to|with|that|being|by|is|\d+)\b", re.IGNORECASE)
_WORST: Final = re.compile(r"\b(?:worst|best|highest|lowest|least|every|all|other|several)\s+$", re.IGNORECASE)
_LIST: Final = re.compile(r"[,;:]")
_NOT: Final = re.compile(r"(?:\bnot|n't|never)$")
_HAVING: Final = re.compile(
    r"\s+(?:\w{1,20}ly\s+)?(?:have|had|has|show|shown|exhibit|display|develop|reveal|demonstrate|present|experience|contain|"
    r"suffer)(?:ed|s|ing)?\b(?:\s+(?:with|from|any|an?|evidence\s+of|signs?\s+of))*",
    re.IGNORECASE,
)
_SEEN: Final = (
    r"(?:clearly\s+|longer\s+|be\s+|been\s+|\w{1,16}ly\s+)*(?:seen|observed|detect(?:ed|able)|present|identified|visible|"
    r"visuali[sz]ed|found|noted|evident|appreciated|apparent|demonstrated)\b"
)
_NOT_SEEN: Final = re.compile(
    r"\s(?:(?:is|are|was|were|has|have|could|can)\s+(?:not|no\s+longer)\s+" + _SEEN + r"|"
    r"(?:is|was|are|were)\s+(?:\w{1,16}ly\s+)?(?:absent|missing|undetectable)\b(?!\s+(?:from|in)\b))",
    re.IGNORECASE,
)
_AUXILIARY: Final = re.compile(
    r"\s*(?:(?:is|are|was|were|has|have|had|could|can|cannot|being|been|be)\s+)*", re.IGNORECASE
)
# Text that may follow the last noun of a phrase.
_PHRASE_ENDS: Final = re.compile(
    r"\s*(?:$|[.,;:()\[\]/\0]|[–—]|(?<=\s)-\s|\s(?:is|are|was|were|has|have|had|can|could|may|might|will|would|did|does|do|and|or|nor|but|"
    r"of|in|on|at|to|for|from|by|with|within|without|after|before|during|between|among|through|over|under|as|than|"
    r"versus|vs|when|where|which|who|that|while|whereas|either|if|compared|along|despite|\w{2,20}(?:ed|ly)|seen|shown|found|"
    r"showing|including|causing|involving|suggesting|indicating|patients?|cases?|subjects?|individuals?|participants?|"
    r"controls?|mice|rats|animals|groups?)\b)",
    re.IGNORECASE,
)
_OF_GROUPS: Final = re.compile(
    r"[\s-](?:tissues?|samples?|subjects?|patients?|controls?|individuals?|participants?|mice|rats|animals?|cases?|groups?|areas?|"
    r"regions?|lesions?|donors?|cells?|lines?|class(?:es)?|episodes?|volunteers?|carriers?|cohorts?|specimens?|and|or|in|at|vs|"
    r"versus)\b|\s*(?:$|[.,;:)])|\s\(",
    re.IGNORECASE,
)
_THERE: Final = re.compile(
    r"\s(?:is|are|was|were|could\s+be|can\s+be)\s+(?!" + _SEEN + ")|\\s(?!seen|found)\\w{2,20}ed\\b", re.IGNORECASE
)
_ARTICLE: Final = re.compile(
    r"\s+(?:(?:any|the|an?|its|their|visible|detectable|obvious|apparent)\s+){0,2}", re.IGNORECASE
)
# "No liver or lung metastasis": both organs are present. In "no liver or lung" they are not.
_SHARED_NOUN: Final = re.compile(
    r"(?<!s)(?:\s?/\s?|\s(?:and|or|nor|and/or)\s+)(?!\w{2,20}(?:ed|ly)\b|ha[sd]\b)[\w-]{2,30}", re.IGNORECASE
)
# "Dyskeratotic keratinocytes were not seen": others may have been.
_MODIFIED: Final = re.compile(
    r"\b(?!(?:the|an?|any|its|their|his|her|these|those|this|but|while|whereas|that|which|both|all|however|where|when|because|"
    r"since|although|as)\s)[\w+-]{2,30}\s$",
    re.IGNORECASE,
)
# A span after these is an object, not the subject of the sentence: "invasion of the capsule was not seen".
_GOVERNED: Final = re.compile(
    r"\b(?:of|in|on|at|to|for|from|by|with|within|without|after|before|during|between|among|through|and|or|than|versus|vs|"
    r"non|into)\.?[\s‐‑–-]+(?:(?:the|an?|this|these|both|all|any|each)\s+)?(?:[\w-]{1,20}\s+)?$",
    re.IGNORECASE,
)
_SURVIVAL: Final = re.compile(r"\s+(?:\w{1,20}\s+)?(?:survival|interval|period|time|rate)", re.IGNORECASE)
_OWN_FAMILY: Final = re.compile(r"(?:\b(?:his|her|their|whose|affected|patient|proband)|['’]s)\s+$", re.IGNORECASE)
_NATURAL: Final = re.compile(
    r"\b(?:(?:natural|life|evolutionary|demographic|thermal|treatment|disease)|"
    r"(?:years?|months?|weeks?|days?|hours?|min(?:utes?)?)['’]?)[\s-]+$",  # "a 4-year history of pain": it is present
    re.IGNORECASE,
)
_BOTH: Final = re.compile(r"\b(?:with|presence|present)\s*(?:,\s*)?(?:and|or|/|and/or|vs\.?|versus)\s*$", re.IGNORECASE)
_LOOK: Final = 60  # code points read before a span


def offers_both(sentence: str, t: Found) -> bool:
    """Return whether a trigger is the second half of "with or without", which states neither."""
    return t.said in ("without", "w/o", "absence of", "absent") and bool(
        _BOTH.search(sentence[max(0, t.start - _LOOK) : t.start])
    )


def holds(care: Care, sentence: str, t: Found, meaning: Trigger, start: int, end: int) -> bool:
    """Return whether a trigger that reaches a span applies to it, with the certainty that the span requires."""
    if care is Care.CLINICAL or (care is Care.CASE and meaning.kind is Kind.NEGATED):
        return True
    means = _holds_of_thing if care is Care.THING else _holds_in_caption
    return means(sentence, t, meaning, start, end)


def _holds_in_caption(sentence: str, t: Found, meaning: Trigger, start: int, end: int) -> bool:
    """Return whether a trigger that reaches a finding applies to it, in a caption."""
    if meaning.scope is Scope.BEFORE:
        return _holds_back(sentence, t, meaning, start, end)
    if t.said not in _KEPT.get((meaning.kind, meaning.scope), ()):
        return False
    if meaning.scope is Scope.NEXT:
        return bool(_OF_GROUPS.match(sentence, end))
    first = t.end
    if meaning.kind is Kind.NEGATED and _NOT.search(t.said):
        verb = _HAVING.match(sentence, t.end)
        if verb is None or verb.end() > start:
            return False
        first = verb.end()
    gap = sentence[first:start]
    if len(_WORD.findall(gap)) > _NEAREST.get(t.said, _LAST[meaning.kind]) or "(" in gap or "[" in gap:
        return False
    if _NEXT_ITEM.search(gap) or (meaning.kind is not Kind.FAMILY and _OTHERWISE.search(gap)):
        return False
    if (meaning.kind is not Kind.NEGATED or _SINGLE.search(t.said)) and _LIST.search(gap):
        return False
    before = sentence[max(0, t.start - _LOOK) : t.start]
    if meaning.kind is Kind.FAMILY and not t.said.startswith(("famil", "fh")) and not _OWN_FAMILY.search(before):
        return False
    if meaning.kind is Kind.UNCERTAIN and _WORST.search(before):
        return False
    if meaning.kind is Kind.HISTORICAL and (_NATURAL.search(before) or gap.lstrip().startswith("to ")):
        return False
    return bool(_PHRASE_ENDS.match(sentence, end))


def _holds_back(sentence: str, t: Found, meaning: Trigger, start: int, end: int) -> bool:
    gap = sentence[end : t.start]
    if t.said in ("negative", "free"):
        hyphen = gap in ("-", "‐", "‑", "–", " ")
        return (
            hyphen
            and not _SURVIVAL.match(sentence, t.end)
            and not _GOVERNED.search(sentence[max(0, start - _LOOK) : start])
        )
    if not _AUXILIARY.fullmatch(gap):
        return False
    kept = t.said in _KEPT.get((meaning.kind, meaning.scope), ())
    if not kept and not (meaning.kind is Kind.NEGATED and _NOT_SEEN.match(sentence, end)):
        return False
    # "Diabetes and cancer in first-degree relatives": both apply to the relatives.
    return meaning.kind is Kind.FAMILY or not _GOVERNED.search(sentence[max(0, start - _LOOK) : start])


def _holds_of_thing(sentence: str, t: Found, meaning: Trigger, start: int, end: int) -> bool:
    """Return whether a trigger that reaches a thing says that it is absent; other contexts do not apply to things."""
    if meaning.kind is not Kind.NEGATED:
        return False
    if meaning.scope is Scope.BEFORE:
        if not _NOT_SEEN.match(sentence, end) or not _AUXILIARY.fullmatch(sentence, end, t.start):
            return False
        before = sentence[max(0, start - _LOOK) : start]
        return not _GOVERNED.search(before) and not _MODIFIED.search(before)
    if meaning.scope is Scope.NEXT or t.said not in _THING_AFTER or not _ARTICLE.fullmatch(sentence, t.end, start):
        return False
    if not _PHRASE_ENDS.match(sentence, end) or _THERE.match(sentence, end):
        return False
    other = _SHARED_NOUN.match(sentence, end)
    return other is None or bool(_PHRASE_ENDS.match(sentence, other.end()))


_PATIENT: Final = re.compile(
    r"\b(?:she|he|her|his)\b|\b(?:the|this|our|index)\s+(?:patient|proband|infant|boy|girl)\b|"
    r"\b(?:years?|months?|weeks?|days?)[ -]old\s+(?:[\w-]{1,20}\s+){0,3}(?:man|woman|boy|girl|fe?male|patient|infant|"
    r"child|neonate|newborn)\b|\b(?:on|physical|neurological|clinical|laboratory)\s+examination\b|"
    r"\b(?:on|at)\s+(?:admission|presentation)\b",
    re.IGNORECASE,
)
_READ: Final = 20_000  # code points of a text searched for a patient


def is_clinical(text: str) -> bool:
    """Check whether a text is about one patient, as case reports are.

    In other articles, triggers describe aims, samples and other studies ("to prevent", "previous", "if"), as in
    captions.
    """
    return _PATIENT.search(text, 0, _READ) is not None
