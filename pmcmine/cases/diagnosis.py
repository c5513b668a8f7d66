"""The wording of a diagnosis in a text, as the phrase that names the disease."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_LONGEST: Final = 120  # characters of a phrase
# What ends the phrase that names the disease.
_STOP: Final = re.compile(
    r"[.;:\[\]]|,(?!\s(?:[\w-]+,? ){0,3}(?:type|stage|grade|NOS\b))|\s[(–—]|\s(?:was|were|is|are|had|has|have|been|based|which|who|that|whose|since|because|due|after|before|by"
    r"|when|while|where|although|but|despite|from|using|via|through|for|on|at|during|until|under|he|she|his|her|we|our|the patient|it|this|these|to|as|according|given|could|can|may|might|should|would|rather|than|without|following|if)\b"
    r"|\sin (?:\d{4}|(?:January|February|March|April|May|June|July|August|September|October|November|December)|our|another|an?|this|the (?:patient|present|emergency|past)|his|her|view|light|19|20|accordance)\b"
    r"|\sand (?:was|were|he|she|his|her|treated|started|underwent|received|then|the patient|we|a|had|has|therefore|subsequently|referred|admitted|surgery|treatment|prescribed|managed|is|that|to|excluded?|ruled)\b"
    r"|\swith (?:no|an?|the|his|her|subsequent|good|surgical|suspicion|positive|respect|histo\w+)\b|\s\d+ (?:years?|months?|weeks?|days?|h\b|hours?)|$",
    re.IGNORECASE,
)
_ABOUT: Final = r"(?:(?:an?|the|his|her|our|this|final|definitive|definite|histological|histopathological|pathological|pathologic|clinical|confirmed|main|postoperative|working|correct|discharge|molecular|genetic|ultimate|conclusive|radiological) )*"
_BEFORE: Final = re.compile(
    rf"\b(?:(?P<final>(?:final|definitive|definite|correct|discharge|ultimate|conclusive)(?: \w+)? diagnos[ie]s)|(?P<told>{_ABOUT}diagnos[ie]s))"
    r"(?:,? (?:was|were|is|being|became)(?: (?:made|established|confirmed|given|reached|set|therefore|then|thus|consistent|compatible|defined|determined|considered))*)?"
    r"(?: (?:of|as|to be|with|that of|:|which was))+ |\b(?P<verb>(?:re)?diagnosed (?:with|as(?: having)?|to have|of|to be)) "
    r"|\b(?P<colon>(?:final |definitive )?diagnos[ie]s(?: (?:was|were|is))? ?:?) (?=an? |[A-Za-z])",
    re.IGNORECASE,
)  # fmt: skip
_PATHOLOGY: Final = re.compile(
    r"\b(?:biops\w+|histo\w+|patholog\w+|immunohisto\w+|cytolog\w+|autops\w+|findings?|results?|features?|appearances?|specimens?|examinations?|analys[ie]s|sequencing|culture|PCR|test(?:ing)?|MRI|CT|tumou?r|lesion|mass|picture|presentation|clinical\w*)\b"
    r"[^.;]{0,160}?\b(?P<how>(?:were |was |is |are )?(?:all |also |most |highly |strongly )?(?:consistent with|compatible with|in keeping with|diagnostic of|diagnostic for|indicative of|characteristic of|typical of|suggestive of)|(?:confirmed|established|proved|confirming|proving)(?: (?:the|a|an|to be|that (?:it|this|the \w+) was))*(?: (?:diagnosis|presence)(?: of)?)?) ",
    re.IGNORECASE,
)  # fmt: skip
_PASSIVE: Final = re.compile(
    r"(?:^|[.;,:]\s|\b(?:and|when|that|therefore|thus|finally),? )(?P<what>(?:[A-Za-z0-9][\w'’\-/]*[ ]){1,8}?)(?:was|were) (?:(?:then|therefore|finally|thus|subsequently|clinically|definitively|eventually) )*(?:diagnosed|confirmed)\b(?! (?:with|as|to))"
)
# Words around that make it another's, an earlier or a rejected diagnosis.
_NOT: Final = re.compile(
    r"\b(?:differential|previous(?:ly)?|past|known|prior|earlier|already|years? (?:ago|before|earlier|previously)|initial(?:ly)?|first|misdiagnos\w+|mistaken\w*|suspected|suspicion|provisional|presumptive|presumed|tentative"
    r"|possible|potential|exclud\w+|ruled? out|rule out|ruling out|without|no evidence|denied|no|not|never|history of|had been|has been|mother|father|brother|sister|family|sibling|preoperative|pre-operative|admission|other|alternative"
    r"|criteria|incidence|time of|age of|age at|prevalence|challeng\w+|difficult\w*|delay\w*|since|before|considered|consideration|could be|may be|might be|referr\w+|unlikely|against)\b",
    re.IGNORECASE,
)
_REJECTED: Final = re.compile(
    r"^[^.;]{0,60}\b(?:was|were) (?:excluded|ruled out|unlikely|rejected|considered|suspected|discarded)\b",
    re.IGNORECASE,
)
_LEADS: Final = re.compile(
    r"^(?:(?:an?|the|his|her|having|probable|possible|presumed|severe|acute on|primary diagnosis of|confirmed|established|case of|diagnosis of|presence of|most likely) )+",
    re.IGNORECASE,
)
_EMPTY: Final = re.compile(
    r"^(?:such|this|that|these|those|same|other|its?|both|all|any|each|some|the|either|following|above|our|their|no|not|more|most)\b"
    r"|^(?:\w+ )?(?:diseases?|conditions?|lesions?|disorders?|syndromes?|patients?|cases?|findings?|diagnos[ie]s|entit(?:y|ies)|tumou?rs?|mass(?:es)?|results?|suspicion|symptoms?|problem|process|illness|pathology|images?|imaging|treatment|infection|exclusion|choice|made|confirmed|established|reached|unclear|uncertain|unknown|stage \w+|positive|negative|him|her|it)$",
    re.IGNORECASE,
)
_WORDS: Final = re.compile(r"[A-Za-z]{4,}")


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


def wordings(text: str, starts: Sequence[int]) -> list[Wording]:
    """Return the diagnoses that a text states, in its order; earlier, rejected and others' are left out.

    Args:
        text: the text.
        starts: where its sentences start.
    """
    out: list[Wording] = []
    ends = [*starts[1:], len(text)]
    for start, end in zip(starts, ends, strict=True):
        sentence = text[start : min(end, start + 2_000)]
        out += [Wording(start + w.start, start + w.end, w.rank) for w in _in_sentence(sentence)]
    return out


def _in_sentence(sentence: str) -> list[Wording]:
    low = sentence.lower()
    if not ("diagnos" in low or "consistent" in low or "confirm" in low or "compatible" in low or "keeping" in low
            or "suggestive" in low or "indicative" in low or "typical" in low or "characteristic" in low or "establish" in low or "prov" in low):  # fmt: skip
        return []
    out: list[Wording] = []
    for m in _BEFORE.finditer(sentence):
        phrase = phrase_at(sentence, m.end())
        if (
            phrase is None
            or _NOT.search(sentence[max(0, m.start() - 45) : m.end()])
            or _REJECTED.match(sentence[phrase[1] :])
        ):
            continue
        out.append(Wording(*phrase, 4 if m["final"] else 3))
    if not out:
        for m in _PASSIVE.finditer(sentence):
            phrase = _trim(sentence, m.start("what"), m.end("what"))
            if phrase is not None and not _NOT.search(sentence[max(0, m.start() - 20) : m.end()]):
                out.append(Wording(*phrase, 3))
    if not out:
        for m in _PATHOLOGY.finditer(sentence):
            phrase = phrase_at(sentence, m.end())
            weak = (
                "suggestive" in m["how"]
                or "indicative" in m["how"]
                or "characteristic" in m["how"]
                or "typical" in m["how"]
            )
            if phrase is not None and not _NOT.search(sentence[max(0, m.start("how") - 25) : m.end()]):
                out.append(Wording(*phrase, 1 if weak else 2))
    return out


def phrase_at(text: str, start: int) -> tuple[int, int] | None:
    """Return the bounds of the phrase that begins at `start`, None if it names no disease."""
    stop = _STOP.search(text, start, start + _LONGEST + 40)
    return _trim(text, start, stop.start() if stop else min(len(text), start + _LONGEST))


def _trim(text: str, start: int, end: int) -> tuple[int, int] | None:
    phrase = text[start:end]
    lead = _LEADS.match(phrase)
    if lead:
        start += lead.end()
    phrase = text[start:end]
    end -= len(phrase) - len(phrase.rstrip(" ,-"))
    phrase = text[start:end]
    if (
        not 3 <= len(phrase) <= _LONGEST
        or _EMPTY.search(phrase)
        or (not _WORDS.search(phrase) and not re.fullmatch(r"[A-Z][A-Z0-9-]{1,9}", phrase))
    ):
        return None
    return start, end


def chosen(found: Sequence[tuple[str, Wording]], title: str) -> list[int]:
    """Return the places of the wordings that state the diagnosis with which a case ends.

    Args:
        found: phrase and wording, in the order of the case.
        title: title of the article, whose words decide between wordings of one rank.
    """
    if not found:
        return []
    said = {w.lower() for w in _WORDS.findall(title)}

    def weight(i: int) -> tuple[int, int, int]:
        words = {w.lower() for w in _WORDS.findall(found[i][0])}
        shared = len(words & said)
        return (found[i][1].rank + (2 if shared else 0), shared, i)

    best = max(range(len(found)), key=weight)
    rank = weight(best)[:2]
    return [i for i in range(len(found)) if weight(i)[:2] == rank or i == best]
