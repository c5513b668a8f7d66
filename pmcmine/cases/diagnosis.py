"""The wording of a diagnosis in a text, as the phrase that names the disease."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_LONGEST: Final = 120  # characters of a phrase
# What ends the phrase that names the disease.
_STOP: Final = re.compile(
    r"[.;:\[\]]|,(?=\s)(?!\s(?:[\w-]+,? ){0,3}(?:type|stage|grade|NOS\b))|\s[(–—]|\s(?:was|were|is|are|had|has|have|been|based|requires?|includes?|depends?|remains?|mimick\w+|masquerading|misdiagnosed|which|who|that|whose|since|because|due|after|before|by"
    r"|when|while|where|although|but|despite|from|using|via|through|for|on|at|during|until|under|he|she|his|her|we|our|the patient|it|this|these|to|as|according|given|could|can|may|might|should|would|rather|than|without|following|if)\b"
    r"|\sin (?:\d{4}|(?:January|February|March|April|May|June|July|August|September|October|November|December)|our|another|an?|this|the (?:patient|present|emergency|past)|his|her|view|light|19|20|accordance)\b"
    r"|\sand (?:was|were|he|she|his|her|treated|started|underwent|received|\w+ed|then|the patient|we|a|had|has|therefore|subsequently|referred|admitted|surgery|treatment|prescribed|managed|is|that|to|excluded?|ruled)\b"
    r"|\swith (?:no|an?|the|his|her|subsequent|good|surgical|suspicion|positive|respect|histo\w+)\b|\s\d+ (?:years?|months?|weeks?|days?|h\b|hours?)|$",
    re.IGNORECASE,
)
_ABOUT: Final = r"(?:(?:an?|the|his|her|our|this|final|definitive|definite|histological|histopathological|pathological|pathologic|clinical|confirmed|main|postoperative|working|correct|discharge|molecular|genetic|ultimate|conclusive|radiological) ){0,6}"
_BEFORE: Final = re.compile(
    rf"\b(?:(?P<final>(?:final|definitive|definite|correct|discharge|ultimate|conclusive)(?: \w+)? diagnos[ie]s)|(?P<told>{_ABOUT}diagnos[ie]s))"
    r"(?P<how>(?:,? (?:was|were|is|being|became)(?: (?:made|established|confirmed|given|reached|set|therefore|then|thus|consistent|compatible|defined|determined|considered))*)?"
    r"(?: (?:of|as|to be|with|that of|which was))+| (?:was|were|is)(?= (?!made|established|confirmed|based|reached|not|given|also|further|supported|challenging|difficult|delayed|suspected|considered|in\b|by\b))| ?:) "
    r"|\b(?P<verb>(?:(?:re)?diagnosed (?:with|as(?: having)?|to have|of|to be)|(?:he|she|patient|child|infant|boy|girl|man|woman) was (?:\w+ly )?confirmed to have)) "
    r"|\b(?P<died>cause of death (?:was|is)(?: (?:determined|found|concluded|established|attributed))*(?: (?:to be|to|as))?) ",
    re.IGNORECASE,
)  # fmt: skip
_PATHOLOGY: Final = re.compile(
    r"\b(?:biops\w+|histo\w+|patholog\w+|immunohisto\w+|cytolog\w+|autops\w+|findings?|results?|features?|appearances?|specimens?|examinations?|analys[ie]s|sequencing|culture|PCR|test(?:ing)?|MRI|CT|tumou?r|lesion|mass|picture|presentation|clinical\w*)\b"
    r"[^.;]{0,160}?\b(?P<how>(?:were |was |is |are )?(?:all |also |most |highly |strongly )?(?:consistent with|compatible with|in keeping with|diagnostic of|diagnostic for|indicative of|characteristic of|typical of|suggestive of)|(?:confirmed|established|proved|confirming|proving)(?: (?:the|a|an|to be|that (?:it|this|the \w+) was))*(?: (?:diagnosis|presence)(?: of)?)?) ",
    re.IGNORECASE,
)  # fmt: skip
# A finding that is the title's disease.
_REVEALED: Final = re.compile(
    r"\b(?:reveal\w*|show(?:ed|ing|s)?|demonstrat\w+|indicat\w+|confirm\w*|identified|found|detected|verified|report(?:ed)?|suggest\w*) (?:to be |to have |that |(?:the patient|he|she|it|this|the \w+) (?:had|has|was|suffered from) |the presence of |the |a |an )*(?=[A-Za-z])",
    re.IGNORECASE,
)
_DISEASE: Final = re.compile(
    r"(?:omas?|itis|osis|emia|aemia|pathy|plasia|trophy|ism|syndrome|disease|cancer|carcinoma|tumou?r|infection|infarctions?|fractures?|hernia|aneurysm|fistula|abscess|lymphoma|leuk\w+|sarcoma|malformation|dystonia|eruption|defect"
    r"|deficiency|failure|obstruction|perforation|rupture|thrombosis|embolism|stenosis|cyst|disorder|hemorrhage|haemorrhage|metastas[ie]s|toxicity|poisoning|psychosis|heterotopia|anomaly|dissection|torsion|injury|pregnancy|pneumonia|erythema|tuberculosis)\b",
    re.IGNORECASE,
)
# The rest of a list whose last member names the disease: "clavicle, femur, and humerus fractures".
_LIST: Final = re.compile(rf"(?:, [\w\- ]{{3,40}}?){{0,3}},? and [\w\- ]{{3,40}}?\w*{_DISEASE.pattern}", re.IGNORECASE)
# The agent of an infection: "pneumonia caused by Klebsiella ozaenae".
_AGENT: Final = re.compile(r"(?:(?<=caused) by|(?<=secondary) to| due to) [A-Z][a-z]{3,} [a-z]{4,}\b")
_PASSIVE: Final = re.compile(
    r"(?:^|[.;,:]\s|\b(?:and|when|that|therefore|thus|finally),? )(?P<what>(?:[A-Za-z0-9][\w'’\-/]*[ ]){1,8}?)(?:was|were) (?:(?:then|therefore|finally|thus|subsequently|clinically|definitively|eventually) )*(?:diagnosed|confirmed)\b(?! (?:with|as|to))"
)
# Words around that make it another's, an earlier or a rejected diagnosis.
_NOT: Final = re.compile(
    r"\b(?:differential|previous(?:ly)?|past|known|prior|earlier|already|years? (?:ago|before|earlier|previously)|initial(?:ly)?|first|misdiagnos\w+|primary diagnos\w+|mistaken\w*|suspected|suspicion|provisional|presumptive|presumed|tentative"
    r"|possible|potential|exclud\w+|ruled? out|rule out|ruling out|without|no evidence|denied|no|not|never|history of|had been|has been|mother|father|brother|sister|family|sibling|preoperative|pre-operative|admission|(?:an)?other|elsewhere|alternative"
    r"|criteria|(?:common|main|leading|major) cause|incidence|time of|age of|age at|prevalence|challeng\w+|difficult\w*|delay\w*|since|before|considered|consideration|could be|may be|might be|referr\w+|unlikely|against)\b",
    re.IGNORECASE,
)
_REJECTED: Final = re.compile(
    r"^[^.;]{0,60}\b(?:was|were) (?:excluded|ruled out|unlikely|rejected|considered|suspected|discarded)\b",
    re.IGNORECASE,
)
# A diagnosis that only tells when something was ("soon after the diagnosis of X, he …") holds if there is no other.
_SINCE_THEN: Final = re.compile(
    r"\b(?:after|at the time of|following|upon) (?:the|his|her|an?|this)? ?(?:initial )?$", re.IGNORECASE
)
_CONSIDERED: Final = re.compile(r"[^.;,]{0,20}? (?:was|were) (?:considered|suspected)\b", re.IGNORECASE)
_DUE_TO: Final = re.compile(
    r"[^.;:]{3,80}? (?:(?:secondary|due) to|caused by|as a (?:result|consequence) of|resulting from|complicating) ",
    re.IGNORECASE,
)
_TREATED: Final = re.compile(
    r"\b(?:treat(?:ment|ed)|therapy|managed|management|operated) (?:of|for|on for) (?:the |his |her |an? )?(?=[A-Za-z])",
    re.IGNORECASE,
)
_AUXILIARY: Final = re.compile(r"\b(?:was|were|is|are|been|being|and|we|be)\b", re.IGNORECASE)
_MADE: Final = re.compile(r"^[^.;,]{0,30}\bwas (?:made|established|confirmed|reached)\b", re.IGNORECASE)
# What is said of a disease in general, not of a patient.
_GENERAL: Final = re.compile(
    r"^[^.;,]{0,30}? (?:requires?|includes?|depends?|remains?|relies|can|may|must|should|is (?:usually|often|mainly|typically|generally|based|made|established|confirmed|difficult|challenging))\b",
    re.IGNORECASE,
)
_LEADS: Final = re.compile(
    r"^(?:(?:and|or|concomitant|concurrent|coexist(?:ing|ent)|\d[\d.,]*[- ]?(?:mm|cm)|an?|the|his|her|having|suggestive of|of|probable|possible|presumed|severe|acute on|primary diagnosis of|confirmed|established|case of|diagnosis of|presence of|most likely) )+",
    re.IGNORECASE,
)
_TAIL: Final = re.compile(
    r"(?:\s(?:suffering|induced|caused|complicated|associated|secondary|related|due|followed|characteri[sz]ed|accompanied|confirmed|involving|located|arising|presenting|presented|resulting|triggered|mimicking|originating|measuring|and|or|with|in|of|a|an|the|also|then|most|likely|probably|possibly|made|only))+$",
    re.IGNORECASE,
)
_EARLIER: Final = re.compile(
    r"^[^.;]{0,40}?\b(?:ago|earlier|previously|elsewhere|(?:another|an outside|a local|an external|a different) (?:\w+ )?(?:hospital|institution|clinic|cent(?:er|re)))\b|^[^.;]{0,25}\b(?:years?|months?) (?:before|prior)\b|^ at (?:the )?(?:age|birth)\b",
    re.IGNORECASE,
)
_EMPTY: Final = re.compile(
    r"\b(?:patients?|girls?|boys?|m[ae]n|wom[ae]n|child|children|infants?) (?:with|who)\b|\bpatients\b|^(?:measuring|using|performing|excluding|having|being|taking|showing|including|considering|testing|evaluating|identifying|combining|assessing)\b|^(?:on|for|from|by|as|with|in(?! situ)|associated|which|who|that|such|this|that|these|those|same|other|its?|both|all|any|each|some|the|either|following|above|our|their|no|not|more|most)\b"
    r"|^(?:(?:new|rare|underlying|malignant|benign|systemic|primary|secondary|chronic|acute|severe|infectious|inflammatory|metabolic|autoimmune|neoplastic|present|final|clinical|correct|same|\w+ing) )?(?:diseases?|conditions?|lesions?|disorders?|syndromes?|patients?|cases?|findings?|diagnos[ie]s|entit(?:y|ies)|tumou?rs?|mass(?:es)?|results?|suspicion|symptoms?|problem|process|illness|pathology|images?|imaging|treatment|infection|exclusion|choice|made|confirmed|established|reached|unclear|uncertain|unknown|stage \w+|positive|negative|him|her|it)$",
    re.IGNORECASE,
)
# What is confirmed or found by an examination, but no disease.
_NO_DISEASE: Final = re.compile(
    r"\b(?:mass(?:es)?|lesions?|nodules?|lumps?|swellings?|response|remission|recurrence|progression|position|placement|patency|location|absence|level|levels|cells?|margins?|"
    r"bronchoscopy|colonoscopy|endoscopy|biopsy|MRI|CT|scan|ultrasound|ultrasonography|echocardiography|examination|tests?|testing|analysis|findings?|features?|criteria|pregnancy test|"
    r"results?|surgery|etiology|aetiology|origin|process|nature|cause|pregnancy|gestation|infection and|surgery|treatment|therapy|antibiotics|evaluation|success|improvement|resolution|variant|mutation|genotype|deletion|expression|stain(?:ing)?|growth|hospital|department|clinic|day|time|age)$",
    re.IGNORECASE,
)
_GENERIC: Final = re.compile(
    r"tumou?r|cancer|disease|infection|syndrome|defect|failure|lesion|injury|disorder|deficiency|obstruction|rupture",
    re.IGNORECASE,
)
_EPONYM: Final = re.compile(r"\b(?P<who>[A-Z][a-z]{3,})(?:['’]s)? (?:syndrome|disease)$")
_COMMON: Final = frozenset(
    "case report review literature patient patient with rare unusual presenting presentation clinical diagnosi treatment "
    "acute chronic severe primary secondary left right bilateral disease syndrome adult child woman young elderly after "
    "following induced successful management from series image finding feature".split()
)
_WORDS: Final = re.compile(r"[A-Za-z]{4,}")
_ACRONYM: Final = re.compile(r"\b[A-Z]{3,6}\b")
_ACRONYMS: Final = re.compile(r"[A-Z][A-Z0-9-]{1,9}(?:(?:, | and |, and )[A-Z][A-Z0-9-]{1,9}){0,3}")
# A section that holds the diagnosis as a phrase.
_OF_DIAGNOSIS: Final = re.compile(
    r"\W*(?:[\d.]+\W*)?(?:(?:final|definitive|definite|discharge|histological) )?diagnos[ie]s\W*", re.IGNORECASE
)
_LONGEST_LIST: Final = 500  # characters of a paragraph that is a list of diagnoses
_VERB: Final = re.compile(
    r"\b(?:was|were|is|are|had|has|have|showed|revealed|confirmed|established|underwent)\b", re.IGNORECASE
)
# Words of a phrase that change nothing about which disease it names.
_NEUTRAL: Final = re.compile(
    r"\b(?:left|right|bilateral|unilateral|acute|chronic|severe|mild|moderate|recurrent|advanced|(?:stage|grade) \w+|the|an?|of|in|with|and|or|to|by|\d\S*)\b",
    re.IGNORECASE,
)
_TOKEN: Final = re.compile(r"[^\W\d_]{2,}")
# What a title says that the disease was taken for.
_TAKEN_FOR: Final = re.compile(
    r"\b(?:misdiagnos\w+|mistaken|misinterpreted|masquerad\w+|mimick\w+|simulating|resembling)\b.*", re.IGNORECASE
)
# What a title says that the disease led to, or that the patient had besides.
_BESIDE: Final = re.compile(
    r"\b(?:complicated (?:with|by)|leading to(?! (?:the |a )?(?:\w+ )?diagnos)|resulting in|progressing to"
    r"|(?:therapy|treatment|prophylaxis) (?:for|of)"
    r"|in (?:an? )?(?:[\w-]+ ){0,4}(?:patients?|m[ae]n|wom[ae]n|boy|girl|child(?:ren)?|infant|males?|females?|recipients?|adults?|adolescents?)"
    r" (?:with|suffering from|who had|treated for|receiving))\b[^:;.?]*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Wording:
    """A diagnosis as a text words it.

    Attributes:
        start: first code point of the phrase.
        end: one past its last one.
        rank: 4 for a final diagnosis, 3 for one that is made, 2 for a finding that is consistent with it.
    """

    start: int
    end: int
    rank: int


def wordings(text: str, starts: Sequence[int], title: str) -> list[Wording]:
    """Return the diagnoses that a text states, in its order; earlier, rejected and others' are left out.

    Args:
        text: the text.
        starts: where its sentences start.
        title: title of the article; a finding is a diagnosis if its words are the title's.
    """
    said = _said(title)
    out: list[Wording] = []
    ends = [*starts[1:], len(text)]
    for start, end in zip(starts, ends, strict=True):
        sentence = text[start : min(end, start + 2_000)]
        out += [Wording(start + w.start, start + w.end, w.rank) for w in _in_sentence(sentence, said)]
    return out


def named_by_title(text: str, title: str) -> Wording | None:
    """Return the diagnosis that a section called "Final diagnosis" holds as a phrase, None if it is none.

    Args:
        text: the paragraph.
        title: title of its innermost section.
    """
    if len(text) > _LONGEST_LIST or not _OF_DIAGNOSIS.fullmatch(title[:_LONGEST]) or _VERB.search(text):
        return None
    phrase = phrase_at(text, 0)
    return Wording(*phrase, 4) if phrase else None


def title_words(text: str) -> frozenset[str]:
    """Return the words of a title or phrase that may name a disease, plural or not, and its acronyms."""
    words = frozenset(w.lower().removesuffix("s") for w in _WORDS.findall(text)) - _COMMON
    return words | frozenset(_ACRONYM.findall(text))


def _said(title: str) -> frozenset[str]:
    """Return the words of a title and the acronyms of its diseases; not those of other diseases (see `_others`)."""
    title = _TAKEN_FOR.sub("", title[:1_000])
    beside = _beside(title)
    if beside is not None:
        title = f"{title[: beside.start()]} {title[beside.end() :]}"
    words = _TOKEN.findall(title)
    initials = "".join(w[0] for w in words).upper()
    ends = [i + 1 for i, w in enumerate(words) if _DISEASE.search(w)]
    made = {initials[end - n : end] for end in ends for n in (3, 4, 5) if n <= end}
    return frozenset(w for w in title_words(title) if not w.isupper()) | made


def _beside(title: str) -> re.Match[str] | None:
    """Return the part of a title that names a complication or an underlying disease, after the disease itself."""
    found = _BESIDE.search(title)
    return found if found and _DISEASE.search(title, 0, found.start()) else None


def _others(title: str, said: frozenset[str]) -> tuple[frozenset[str], frozenset[str]]:
    """Return the words of what a title says that the disease was taken for, and of what stands beside the disease."""
    title = title[:1_000]
    taken_for, beside = _TAKEN_FOR.search(title), _beside(_TAKEN_FOR.sub("", title))
    return (
        title_words(taken_for[0]) - said if taken_for else frozenset(),
        title_words(beside[0]) - said if beside else frozenset(),
    )


def share_named(phrase: str, start: int, end: int) -> float:
    """Return the share of a phrase's words that the concept at a place in it names.

    Only the first of several diagnoses counts, and nothing may follow the concept: a site or cause after it makes
    the phrase more specific than the concept.

    Args:
        phrase: the phrase of a diagnosis.
        start: first code point of the concept in it.
        end: one past its last one.
    """
    joint = re.search(r",| and ", phrase[end:])
    if joint and not re.search(r",| and ", phrase[:start]):
        phrase = phrase[: end + joint.start()]
    words = [(m.start(), m.end()) for m in _TOKEN.finditer(_NEUTRAL.sub(lambda m: " " * len(m[0]), phrase))]
    named = [a for a, b in words if start <= a and b <= end]
    if not named or any(a >= end for a, _ in words):
        return 0.0
    return len(named) / len(words)


def _in_sentence(sentence: str, said: frozenset[str]) -> list[Wording]:
    """Return the diagnoses of a sentence by the firmest kind of wording that it has."""
    firm = list(_BEFORE.finditer(sentence))
    if firm:
        return [w for m in firm if (w := _firm(sentence, m, said))]
    passive = [m for m in _PASSIVE.finditer(sentence) if not _NOT.search(sentence[max(0, m.start() - 20) : m.end()])]
    found = [p for m in passive if (p := _trim(sentence, m.start("what"), m.end("what")))]
    if found:
        # "Cognitive dysfunction was confirmed by tests": a finding, more often than not.
        return [Wording(*p, 3 if "diagnosed" in sentence[p[1] : p[1] + 60] else 2) for p in found]
    for m in _PATHOLOGY.finditer(sentence):
        phrase = _stated(sentence, m.end(), m.start("how") - 25)
        if phrase is not None:
            weak = any(word in m["how"] for word in ("suggestive", "indicative", "characteristic", "typical"))
            return [Wording(*phrase, 1 if weak else 2)]
    for pattern in (_REVEALED, _TREATED):
        for m in pattern.finditer(sentence):
            phrase = _stated(sentence, m.end(), m.start() - 45)
            if phrase is not None and _is_titled(sentence[phrase[0] : phrase[1]], said):
                return [Wording(*phrase, 1)]
    return []


def _firm(sentence: str, m: re.Match[str], said: frozenset[str]) -> Wording | None:
    """Return the diagnosis that words such as "diagnosed with" introduce."""
    if m["died"]:
        # What led to a death may be a complication: "sepsis due to tuberculosis".
        cause = _DUE_TO.match(sentence, m.end())
        phrase = _stated(sentence, cause.end(), m.start() - 45) if cause else None
        phrase = phrase or _stated(sentence, m.end(), m.start() - 45)
        return Wording(*phrase, 2) if phrase else None
    phrase = _stated(sentence, m.end(), m.start() - 45)
    if phrase is not None:
        then = _SINCE_THEN.search(sentence[: m.start()]) and not _MADE.match(sentence[phrase[1] :])
        return Wording(*phrase, 1 if then else _rank(sentence, m))
    # "The diagnosis of X was considered" is the last word on the disease of the title.
    phrase = phrase_at(sentence, m.end())
    if phrase is None or not _CONSIDERED.match(sentence, phrase[1]) or not _is_titled(sentence[slice(*phrase)], said):
        return None
    return None if _NOT.search(sentence, max(0, m.start() - 45), m.end()) else Wording(*phrase, 1)


def _rank(sentence: str, m: re.Match[str]) -> int:
    """Return the rank of a diagnosis: a participle ("lesions diagnosed as X") only describes with what a patient came."""
    if m["final"]:
        return 4
    return 2 if m["verb"] and not _AUXILIARY.search(sentence, max(0, m.start() - 30), m.start()) else 3


def _stated(sentence: str, start: int, before: int) -> tuple[int, int] | None:
    """Return the phrase at `start` unless the words from `before` on, or after it, say that it is not the diagnosis."""
    phrase = phrase_at(sentence, start)
    if phrase is None:
        return None
    after = sentence[phrase[1] :]
    lead = sentence[max(0, before) : start]
    if _MADE.match(after):  # "the differential diagnosis of X was made"
        lead = re.sub(r"\bdifferential (?=diagnosis of )", "", lead)
    if _NOT.search(lead) or _REJECTED.match(after) or _EARLIER.match(after) or _GENERAL.match(after):
        return None
    return phrase


def _is_titled(phrase: str, said: frozenset[str]) -> bool:
    """Return whether a phrase names a disease whose words the title has."""
    shared = title_words(phrase) & said
    if phrase in shared and _ACRONYM.fullmatch(phrase):
        return True
    eponym = _EPONYM.search(phrase)
    named = (
        len(shared) > 1
        or any((_DISEASE.search(w) or _DISEASE.search(f"{w}s")) and not _GENERIC.fullmatch(w) for w in shared)
        or (eponym is not None and eponym["who"].lower() in shared)
    )
    return named and len(phrase) < 70 and bool(_DISEASE.search(phrase))


def phrase_at(text: str, start: int) -> tuple[int, int] | None:
    """Return the bounds of the phrase that begins at `start`, None if it names no disease."""
    stop = _STOP.search(text, start, start + _LONGEST + 40)
    end = stop.start() if stop else min(len(text), start + _LONGEST)
    more = _LIST.match(text, end, start + _LONGEST + 40) or _AGENT.match(text, end, start + _LONGEST + 40)
    return _trim(text, start, more.end() if more else end)


def _trim(text: str, start: int, end: int) -> tuple[int, int] | None:
    phrase = text[start:end]
    lead = _LEADS.match(phrase)
    if lead:
        start += lead.end()
    phrase = text[start:end]
    end -= len(phrase) - len(_TAIL.sub("", phrase.rstrip(" ,-")))
    phrase = text[start:end]
    if (
        not 3 <= len(phrase) <= _LONGEST
        or (_EMPTY.search(phrase) and not _ACRONYM.fullmatch(phrase))
        or _NO_DISEASE.search(phrase)
        or (not _WORDS.search(phrase) and not _ACRONYMS.fullmatch(phrase))
    ):
        return None
    return start, end


def chosen(found: Sequence[tuple[str, Wording]], title: str) -> list[int]:
    """Return the places of the diagnosis with which a case ends, each time that it is worded so.

    Args:
        found: phrase and wording, in the order of the case.
        title: title of the article, whose words decide between wordings of one rank.
    """
    said = _said(title)
    wrong, beside = _others(title, said)
    right = []
    for i, (phrase, _) in enumerate(found):
        words = title_words(phrase)
        if not words & wrong and not (words & beside and not words & said):
            right.append(i)
    if not right:
        return []

    def weight(i: int) -> tuple[int, int, int]:
        shared = len(title_words(found[i][0]) & said)
        return (found[i][1].rank + (2 if shared else 0), shared, i)

    best = max(right, key=weight)
    phrase = found[best][0].lower()
    return [i for i, (words, _) in enumerate(found) if words.lower() == phrase]
