"""Which part of a case each sentence states: presentation, findings, treatment or outcome."""

from __future__ import annotations

import re
from typing import Final

PARTS: Final = ("presentation", "findings", "diagnosis", "treatment", "outcome")

_CUES: Final = {
    "presentation": (
        # Before the case: "was previously treated with …", "antenatal care was uneventful".
        (5, r"\b(?:was|were|been) (?:previously|formerly) \w+|\b(?:pregnancy|birth|delivery|(?:antenatal|prenatal|perinatal) (?:care|period|history|course))\b[^.;]{0,60}\b(?:uneventful|unremarkable|uncomplicated)\b"),
        (3, r"\b(?:presented|presents|presenting) (?:to|with|at|for|in)\b|\bcomplain\w*\b|\bchief complaint|\bpast (?:medical|surgical) history|\bfamily history"
            r"|\b(?:medical|past|social) history\b|\bover the (?:past|previous|last|preceding)\b|\b(?:for|in|during) the (?:past|last|previous|preceding) (?:\w+ )?(?:days?|weeks?|months?|years?)\b|\b(?:was|were|been) (?:(?:re-?)?admitted|referred|hospitali[sz]ed|brought|transferred(?! to (?:the |our |an? )?(?:\w+ ){0,2}(?:intensive|I-?C-?U|MICU|ward|floor))|seen)\b(?: \w+){0,6} (?:with|for|because|due|complaining|after|to)\b"
            r"|\b(?:vaginal|c(?:a)?esarean) delivery\b[^.;]{0,80}\bbirth ?weight\b|\bA(?:PGAR|pgar) scores?\b|\b(?:medical |surgical |clinical )?history of\b|\bno (?:significant |relevant |known )?(?:past |previous |medical |family )*history\b"
            # What was done before: "In 2012, he underwent …", "he had received …", "was previously treated with …".
            r"|\bprescribed\b[^.;]{0,120}\bsince\b|\b(?:has|have) been (?:compliant|taking|on)\b|\b(?:prior to|before) (?:this |the |his |her )?(?:admission|presentation|referral|coming|seeking)\b|\b(?:multiple|several|previous|prior|repeated) [^.;]{0,60}\b(?:admissions|hospitali[sz]ations)\b"
            r"|\bhad (?:also |previously |already |recently )?(?:undergone|received|taken|been (?:treated|diagnosed|taking|on|receiving|operated))\b|\b(?:diagnosed|treated|underwent|operated|performed)\b[^.;]{0,80}\b(?:years?|months?) (?:ago|earlier|previously|before)\b|^in (?:19|20)\d\d,"),
        (2, r"\b(?:history|denied|denies|symptoms? (?:began|started|of|onset)|onset of|suffer\w*|noticed|felt|experienc\w+|sought|visited|attended|smok\w+|alcohol|allerg\w+|born|delivered|full[- ]term|gestation|pregnan\w+|occupation|hypertension|diabetes)\b"
            r"|\b(?:days?|weeks?|months?|years?) (?:before|prior to|ago|earlier|previously|duration)\b|\b(?:was|is) an? \d"),
    ),
    "findings": (
        (3, r"\b(?:reveal\w*|show(?:ed|ing|n|s)|demonstrat\w+|disclosed)\b|\b(?:physical|neurological?|ophthalm\w+|clinical|dermatological|laboratory|histo(?!r)\w+|microscopic|gross|radiolog\w+|ultrasound|imaging) (?:exam\w*|findings?|tests?|stud\w+|investigations?|analys\w+|evaluation|results?)\b"),
        (2, r"\b(?:exam\w*|CT|MRI|PET|MR|X-?ray\w*|radiograph\w*|tomograph\w*|ultraso\w+|echocardiogra\w+|ECG|EKG|EEG|electrocardiogra\w+|angiogra\w+|endoscop\w+|colonoscop\w+|bronchoscop\w+|autops\w+|lumbar puncture|saturation|afebrile|febrile|on (?:admission(?! days?\b)|examination|arrival|auscultation|palpation|inspection)|biops\w+|histo(?!r)\w+|immunohisto(?!r)\w+|laborator\w+|cultures?|serolog\w+|PCR|sequenc\w+|mutations?|blood (?:tests?|count|pressure)|levels?|count|markers?|scans?|vital signs|temperature|heart rate|positive|negative|h(?:a)?emodynamic\w*|neuro(?:logical )?status|mental status|sensorium|normal|unremarkable|elevated|decreased|increased|mm ?Hg|mg/d?L|mmol|g/d?L|U/L|IU|ng/mL)\b"),
        (1, r"\b(?:noted|observed|detected|identified|measur\w+|found|developed|persisted|became|drowsy|confused|disoriented|unconscious|evident|visible|palpa\w+|swelling|lesion|mass|cm|mm)\b"),
    ),
    "treatment": (
        (3, r"\b(?:treated (?:with|by|for|using)|treatment (?:with|was|of|included|consisted)|therapy (?:with|was)|(?:was|were) (?:\w+ly |re)?(?:started|initiated|commenced|administered|prescribed)\b|was (?:placed|put|given) (?:on|with|intraven\w+|oral\w*)|\bwe (?:\w+ ){0,3}(?:applied|started|initiated|increased|added|administ\w+|gave|weaned|discontinued|stopped|prescribed|inserted|placed|performed an? \w+(?:ectomy|plasty|otomy|ostomy))|underwent (?:an? |the |emergency |urgent |successful |surgical )*\w*(?:ectomy|plasty|otomy|ostomy|surg\w+|resection|operation|transplant\w*|excision|emboli\w+|radiotherapy|chemotherapy|repair|drainage|ablation|dialysis|PCI|stent\w*|intervention))\b"
            r"|\b(?:administered|prescribed|administration of|intravenous\w*|orally|(?:was|were|been) (?:\w+ ){0,2}(?:continued on|restarted|resumed|switched|tapered|weaned)|recommended (?:starting|continuing|stopping)|(?:antibiotics?|steroids?|therapy|treatment|medications?|drugs?) (?:was|were) (?:\w+ )?(?:stopped|discontinued|withdrawn|changed|added)|mg/(?:kg|day|d)\b|mg (?:daily|twice|once|per|every|bid|tid|iv)|\d+ ?mg\b(?! ?/))"),
        (2, r"\b(?:treat(?:ed|ment|ments)?|therap\w+|surg(?:ery|ical|ically)|operat\w+|resect\w+|excis\w+|remov(?:ed|al)|chemotherap\w+|radiotherap\w+|radiation|antibiotics?|steroids?|corticosteroids?|predniso\w+|dexamethasone|immunosuppress\w+|infus\w+|dose|injection|sutur\w+|intubat\w+|ventilat\w+|drain\w+|stent\w*|implant\w*|transfus\w+|\w*dialysis|h(?:a)?emo(?:dia)?filtration|ECMO|CRRT|plasma ?exchange|plasmapheresis|pacemaker implant\w*|managed (?:with|by|conservatively)|amputat\w+|(?:was|were) (?:\w+ly )?(?:repaired|inserted|placed|closed|sutured|reconstructed|deployed|evacuated|irrigated|intubated|extubated|replaced)|anticoagula\w+|aspirin|heparin|initiated|started|discontinued|withdrawn|incis\w+|trocars?|mesh|dissect\w+|ligat\w+|clamp\w*|catheteri[sz]\w+|harness|splint\w*|cast|fixation|physiotherapy|rehabilitation|anesthe\w+|anaesthe\w+|vaccin\w+|oxygen therapy|diet|\w+(?:ectomy|plasty|otomy|cillin|mycin|micin|cycline|floxacin|penem|azole|fungin|vir|mab|nib|platin|taxel|rubicin))\b"),
        (1, r"\b(?:intensive care|mechanical(?:ly)? ventilat\w+)\b"),
    ),
    "outcome": (
        (4, r"\bfollow(?:ed)?[- ]?up\b|\b(?:was|were) (?:regularly )?followed\b|\bcomplete healing\b|\b(?:was|were) discharged\b|\bdischarged? (?:from|home|on|in|after|\d)|\b(?:died|passed away|expired|succumbed|deceased)\b|\b(?:no|without) (?:signs? of |evidence of |any )*(?:recurrence|relapse|metasta\w+|sequelae|complications?)\b"
            r"|\b(?:complete|full|partial|clinical) (?:recovery|remission|resolution|response|regression)\b|\brecover(?:ed|y)\b|\b(?:remain(?:s|ed)?|is|was|been|being) (?:currently |now |still )?(?:well|asymptomatic|stable(?! (?:until|and|with))|disease[- ]free|symptom[- ]free|alive|in remission|free of|free from)\b"
            r"|\b(?:markedly|significantly|completely|gradually|fully) (?:improved|resolved|recovered|healed|disappeared)\b|\bimproved (?:after|within|with|following)\b|\bregularly (?:re-?examined|followed|monitored)\b|\b(?:evolution|course|outcome|recovery) (?:was|is) (?:\w+ )?(?:favou?rable|good|excellent|satisfactory)\b|\b(?:post-?operative (?:course|period|recovery)|course) was (?:uneventful|unremarkable)|\buneventful\b"),
        (2, r"\b(?:improv\w+|resol(?:ved|ution)|disappear\w+|subsid\w+|regress\w+|relaps\w+|recurrences?|recurring|recurred|declined|stabili[sz]ed|satisfied|surviv\w+|death|deteriorat\w+|worsen\w+|progress(?:ed|ion)|(?<!ically )stable|decreased (?:in size|gradually)|returned to (?:normal|work)|healed|healing|outcome|prognosis)\b"
            r"|\bat (?:the )?(?:last|present|time of (?:writing|this))\b|\bto date\b|\bcurrently\b|\bremained (?:within|normal)\b"),
        # A time alone begins any step of the course: "Six weeks later, a stent was inserted".
        (1, r"\b(?:after|at|within|over) (?:\w+ ){0,2}(?:days?|weeks?|months?|years?)(?: (?:of|after|later|post))?\b|\b(?:days?|weeks?|months?|years?) (?:later|after|post|thereafter)\b"),
    ),
}  # fmt: skip
_COMPILED: Final = {part: tuple((w, re.compile(p, re.IGNORECASE)) for w, p in cues) for part, cues in _CUES.items()}
_TITLES: Final = (
    ("outcome", re.compile(r"follow[- ]?up|outcome|prognosis|hospital course|evolution", re.I)),
    ("treatment", re.compile(r"treat|therap|interven|manage|surg|operat|procedure|an(?:a)?esthe", re.I)),
    ("findings", re.compile(r"finding|examin|investigat|imag|radiolog|laborator|patholog|histo(?!r)|genetic|diagnos|assessment|test", re.I)),
    ("presentation", re.compile(r"presenting|presentation of symptoms|complaint|histor|patient information|symptom", re.I)),
)  # fmt: skip
_NO_PART: Final = re.compile(
    r"\b(?:ethics committee|institutional review board|et al)\b|\bliterature\b|\b(?:obtained|gave|provided) (?:\w+ ){0,2}consent\b[^.;]{0,40}\b(?:publi\w+|from)|\bcase report (?:was approved|adheres|has been reported)\b",
    re.IGNORECASE,
)
# "After providing informed consent, the patient received …": what stands beside the clause is a part.
_CONSENT: Final = re.compile(r"(?:^|(?<=[,;]))[^,;]*\b(?:informed|written) consent\b[^,;]*[,;]?", re.IGNORECASE)
_LEAST: Final = 2
_OF_TITLE: Final = 2
_EARLY: Final = 0.15
_LATE: Final = 0.85
_MIDDLE: Final = 0.5  # a patient who "presented with" something after it was in the course already
_LEAST_BESIDE: Final = 4


def part_of(
    sentence: str, title: str, introduces: bool, place: float, after: str | None, diagnosis: bool
) -> str | None:
    """Return the part of a case that a sentence states, None if nothing tells.

    Args:
        sentence: the sentence.
        title: title of the innermost section.
        introduces: it introduces the patient.
        place: share of the case's text before it.
        after: part of the sentence before, which decides between equals and holds if nothing else tells.
        diagnosis: it states the diagnosis, so that another part needs more cues.
    """
    sentence = sentence[:2_000]
    sentence = _CONSENT.sub("", sentence)
    if _NO_PART.search(sentence) or not sentence.strip(" ."):
        return None
    scores = dict.fromkeys(_COMPILED, 0.0)
    for part, cues in _COMPILED.items():
        for weight, pattern in cues:
            n = len(pattern.findall(sentence))
            scores[part] += weight * min(n, 3) ** 0.5 if n else 0
    said = next((part for part, pattern in _TITLES if pattern.search(title[:100])), None)
    if said is not None:
        scores[said] += _OF_TITLE
    if introduces:
        scores["presentation"] += 4
    elif place < _EARLY:
        scores["presentation"] += 1
    elif place > _LATE:
        scores["outcome"] += 1
    if place > _MIDDLE and not introduces:
        scores["presentation"] -= 1
    if after is not None and scores.get(after, 0) > 0:
        scores[after] += 0.5
    # "He underwent surgery and was discharged after two days" tells how it ended; its treatment mostly stands before, too.
    best = max(scores, key=lambda part: (scores[part], part == "outcome"))
    if diagnosis:
        return best if scores[best] >= _LEAST_BESIDE else None
    if scores[best] >= _LEAST:
        return best
    # A sentence without cues goes on with what the one before tells, but "Peritonitis was found" ends a treatment.
    told = after in ("treatment", "outcome") or (after == "presentation" and place > _MIDDLE)
    return best if best == "findings" and told and scores[best] >= 1 else after
