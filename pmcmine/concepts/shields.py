"""Find organisms, proteins, reagents, tests and idioms that a vocabulary lacks: their words mean no concept.

"Growth factor" makes "vascular endothelial growth factor" one name, which does not mention the endothelium; "K.
pneumoniae" is not pneumonia, and "on the other hand" not a hand. A shield is a span that reads as such a name. Names of
the vocabulary inside it are dropped, unless the vocabulary has the whole. Shields are found from rare words, so that a
text costs one look-up per word.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import compress
from operator import itemgetter
from typing import Final

from pmcmine.concepts.candidates import Candidate
from pmcmine.concepts.matcher import Tokens

_BEFORE: Final = 100  # code points of a shield before its key word
_AFTER: Final = 60
_WORD: Final = 20  # code points of the longest key word
_W: Final = (
    r"(?:(?!(?:of|in|on|at|by|the|an?|and|or|to|with|for|from|is|was|were|are|that|which|between|"
    r"via)\b)[\w/α-ω]+[ -])"
)

# By key words in lower case: patterns that read as a name or an idiom.
_SHIELDS: Final = (
    # Proteins and genes (names approved by HGNC, and their common forms).
    ("factor factors",
     r"(?:vascular[ -]endothelial|(?:heparin[ -]binding[ -])?epidermal|connective[ -]tissue|platelet[ -]derived"
     r"(?:[ -]endothelial[ -]cell)?|endothelial[ -]cell|nerve|placenta(?:l)?|hepatocyte|keratinocyte|fibroblast|"
     r"mast[ -]cell|"
     r"hepatoma[ -]derived|B[ -]cell|T[ -]cell)[ -]growth[ -]factors?(?:[ -]receptors?)?(?:[ -]\d{1,2}\w?)?|"
     r"tumou?r[ -]necrosis[ -]factors?(?:[ -]receptors?)?|(?:brain|glial(?:[ -]cell)?(?:[ -]line)?|ciliary|"
     r"astrocyte|pigment[ -]epithelium)"
     r"(?:[ -]derived)?[ -](?:neurotrophic[ -])?factors?|"
     r"(?:granulocyte|macrophage|monocyte)(?:[ -/]macrophage)?[ -]colony[ -]stimulating[ -]factors?|"
     r"(?:stem[ -]cell|leuk[a]?emia[ -]inhibitory|(?:stromal|marrow)[ -](?:cell)?[ -]?derived|"
     r"B[ -]cell[ -]activating|"
     r"macrophage[ -](?:migration[ -])?inhibitory|hepatocyte[ -]nuclear|myocyte[ -]enhancer|platelet[ -]activating|"
     r"thyroid[ -]transcription)[ -]factors?(?:[ -]\d\w?)?|nuclear[ -]factor[ -]of[ -]activated[ -]T[ -]cells"),
    ("activated", r"nuclear[ -]factor[ -]of[ -]activated[ -]T[ -]cells"),
    ("hormone hormones", r"(?:thyroid|follicle|melanocyte)[ -]stimulating[ -]hormones?(?:[ -]receptors?)?"),
    ("peptide peptides", r"(?:brain|atrial|cardiac)[ -]natriuretic[ -]peptides?|(?:vasoactive[ -]intestinal|"
     r"gastric[ -]inhibitory)"
                         r"[ -](?:poly)?peptides?"),
    ("polypeptide", r"(?:vasoactive[ -]intestinal|gastric[ -]inhibitory)[ -]polypeptides?"),
    ("protein proteins",
     r"(?:bone[ -]morphogen(?:et)?ic|glial[ -]fibrillary[ -]acidic|(?:monocyte|macrophage)[ -](?:chemoattractant|"
     r"chemotactic|"
     r"inflammatory)|eosinophil[ -]cationic|myelin[ -]basic|cartilage[ -]oligomeric[ -]matrix|"
     r"cellular[ -]tumou?r[ -]antigen|"
     r"(?:heart|liver|intestinal|brain|adipocyte|epidermal)(?:[ -]type)?[ -]fatty[ -]acid[ -]binding|"
     r"retinoblastoma|pulmonary[ -]surfactant)(?:[ -]associated)?[ -]proteins?(?:[ -]\d\w?)?"),
    ("molecule molecules", r"(?:neural|neuronal|vascular|platelet|epithelial|endothelial|"
     r"leukocyte)(?:[ -]endothelial)?"
                           r"(?:[ -]cell)?[ -](?:cell[ -])?adhesion[ -]molecules?(?:[ -]\d)?"),
    ("antigen antigens", r"(?:human[ -])?leu[ck]ocyte[ -](?:common[ -])?antigens?|"
     r"prostate[ -]specific[ -](?:membrane[ -])?antigens?|"
                         r"proliferating[ -]cell[ -]nuclear[ -]antigens?|(?:tumou?r|"
     r"carcino[ -]?embryonic)[ -]antigens?"),
    ("actin", r"smooth[ -]muscle[ -](?:α[ -]|alpha[ -])?actin"),
    ("enolase elastase", r"neuron[ -]specific[ -]enolase|neutrophil[ -]elastase"),
    ("kinase", r"spleen[ -]tyrosine[ -]kinase|anaplastic[ -]lymphoma(?:[ -]receptor[ -]tyrosine)?[ -]kinase|"
     r"liver[ -]kinase[ -]B1"),
    ("lymphoma leukemia leukaemia",
     r"[BT][ -]cell[ -](?:lymphoma|leuka?emia)(?:/lymphoma)?(?:[ -](?:extra|protein)[ -]?(?:large)?|"
     r"[ -]\d{1,2}(?!\d))"),
    ("translocation", rf"{_W}{{1,6}}translocation,?[ -](?:gene[ -]|protein[ -]|locus[ -]|"
     rf"partner[ -])?\d{{1,2}}(?![\d;:])"),
    ("homolog homologue homologs", rf"{_W}{{1,4}}homolog(?:ue)?s?(?:[ -]\d{{1,2}}\b|[ -](?-i:[A-Z])\b)"),
    ("shock", r"(?:heat|cold|osmotic|electric(?:al)?|foot|thermal)[ -]shocks?"),
    # Organisms.
    ("virus viruses viral",
     rf"{_W}{{0,2}}(?:immuno-?deficiency|hepatitis(?:[ -][A-G])?|leuka?emia|sarcoma|(?:mammary[ -])?tumou?r|"
     rf"stomatitis|"
     rf"enc(?:ephalomyel|ephal)itis|syncytial|(?:ha?emorrhagic[ -])?fever|diarrh?o?ea|bronchitis|rhinotracheitis|"
     rf"an(?:ae|e)mia|"
     rf"distemper|lymphotropic|mosaic|wart|necrosis|dwarf|streak|leaf[ -]curl|coat)[ -]vir(?:us(?:es)?|"
     rf"al)(?:[ -]\d)?"),
    ("fever", r"(?:yellow|dengue|(?:dengue|viral|crimean[ -]congo|ebola)[ -]ha?emorrhagic|lassa|Q|typhoid|scarlet|"
     r"rift[ -]valley|swine|"
              r"hay|spotted|rheumatic|trench|milk)[ -]fevers?"),
    ("fluke flukes worm worms bean beans", r"(?:liver|lung|blood|intestinal)[ -]flukes?|(?:eye|lung|"
     r"heart)[ -]?worms?|kidney[ -]beans?"),
    ("palm", r"palm[ -](?:oil|tree|kernel|wine)s?|(?:oil|date|coconut)[ -]palms?"),
    ("plant plants", r"plants?[ -](?:immune[ -](?:system|response|defen[cs]e)s?|tissues?|organs?|embryos?|"
     r"stem[ -]cells?|skin)"),
    ("crops", r"\w{1,30},?[ (-]{1,2}crops|crops[ -]\w{1,20}"),
    ("crop", r"crop[ -](?:rotation|yield|product|plant|specie|residue|manage|system|growth|failure|loss|improve|"
     r"model|water|cultiv|variet|"
             r"field|season|breed)\w{0,8}|(?:field|cereal|forage|cover|food|staple|cash|grain|energy|oil|legume|"
     r"vegetable|major|"
             r"important|main|wheat|rice|maize|winter|summer)[ -]crop"),
    ("leaf leaves root roots seed seeds", r"(?:leaf|leaves|root|seed)s?[ -](?:cuticle|epidermis|cortex|coat|hair|"
     r"tip|cap|vein|blade|surface)s?"),
    # Reagents, devices, tests and measures.
    ("kit kits", r"(?:[A-Z][\w®™-]{0,30}(?:[ /]|[ ]?&[ ])|(?:and|for)[ ]){1,6}(?:Mini[ ])?[Kk]its?"),
    ("agar broth infusion medium", r"brain[ -](?:and[ ])?heart[ -]infusion(?:[ -](?:agar|broth|medium))?|"
     r"(?:sheep[ -]|horse[ -])?blood[ -]agar"),
    ("albumin", r"(?:bovine|human)[ -]serum[ -]albumin"),
    ("suspension flick immersion", r"tail[ -](?:suspension|flick|immersion)(?:[ -](?:test|assay|latency))?"),
    ("frailty", r"(?:cox|shared|gamma)[ -]frailty(?:[ -]models?)?|frailty[ -](?:models?|parameters?|terms?|"
     "variances?)"),
    # By mouth, not of it. "Oral mucositis", "oral care" and "oral keratinocytes" concern the mouth.
    ("oral", r"oral[ -](?:(?:iron|vitamin|zinc|folic[ ]acid|food|glucose|gluten|allergen|drug|bacillus|polio|"
     "cholera|rotavirus|"
     r"nutrition\w{0,2})[ ])?(?:(?:glucose[ ]tolerance|food[ ]challenge|absor|administ|agents?|analges|antibio|"
     r"anticoag|"
     r"antidiab|antifung|antihist|antivir|bioav|capsules?|challenge|chemothera|consum|contracep|cortico|deliver|dos[ei]|drugs?|"
     r"exposure|feed|fluids?|food|formul|gavage|gluco|glut[ae]|histor(?:y|ies)|hypoglyc|immuni[sz]|immunother|ingest|intake|"
     r"iron|isotret|LD50|lethal|medic|methotr|nutri|poison|predni|present|rehydr|reference|retino|route|slns?|solution|statin|"
     r"steroid|supplement|suspen|systemic|tablet|therap|tolera|toxi|treatment|uptake|vaccin|vitamin|zinc)\w{0,12}|"
     r"(?!bone\b)\w{4,14}(?:pine|dine|tine|rine|mine|zine|lone|sone|cin|llin|stat|azole|mide|sartan|tinib|profen))"),
    ("stroke", r"stroke[ -](?:volumes?|work|rates?|lengths?|index|variation)|(?:forehand|backhand|swimming|pen|"
     "brush|key|"
     r"piston|down|breast)[ -]strokes?"),
    ("strokes", r"(?:forehand|backhand|swimming|pen|brush|key|piston|down|ground)[ -]strokes?"),
    ("tongue tongues", r"epi(?:thelial|dermal)[ -]tongues?|mother[ -]tongues?"),
    ("head heads", r"arrow[ -]heads?|(?:household|family|department|village|section)[ -]heads?|heads?[ ]of[ "
     "](?:the[ ])?"
     r"(?:households?|famil(?:y|ies)|departments?|divisions?|sections?|lineages?|states?)|head[ -](?:offices?|"
     r"quarters?|to[ -]"
     r"head|start|space|teachers?|blight|scab|rice|group)"),
    ("colon", r"(?<=[;,] )colon(?=:)|semi[ -]?colon"),
    ("dissociation", r"dissociation[ -](?:steps?|curves?|constants?|rates?|buffer|reagent|medium|energy|energies)"),
    ("tube tubes", r"(?:test|centrifuge|micro-?centrifuge|eppendorf|falcon|capillary|culture|glass|plastic|"
     r"collection|vacutainer|edta|m[lL]|"
                   r"sterile|conical|drift|pcr|x-ray|feeding|nasogastric|tracheostomy|chest)[ -]tubes?"),
    ("capillary", r"capillary[ -](?:electrophore\w{1,4}|columns?|gas|zone|action|sequenc\w{1,4}|forces?)"),
    ("capsule capsules", r"(?:gelatine?|hard|soft|enteric|vegetable)[ -](?:coated[ -]|shell[ -])?capsules?|"
     r"capsule[ -]endoscopy|"
                         r"capsules?[ ](?:and|or)[ ](?:compression[ ])?tablets?|tablets?[ ](?:and|or)[ ]capsules?"),
    ("arm arms", r"(?:open|closed|enclosed|maze|treatment|study|control|placebo|trial|intervention|experimental|"
     r"chromosome|robotic)[ -]arms?|"
                 r"arms?[ ]of[ ](?:the[ ]|an?[ ]|this[ ]|chromosome[ ])(?:\w{1,20}[ ])?(?:trial|study|maze|"
     r"chromosome)?|arm[ ]entries|"
     r"(?:short|long)[ ]arms?[ ]of[ ](?:the[ ])?(?:\w{1,20}[ .]){0,2}?(?:chromosomes?|\d{1,2}[A-Z]?|X|Y)"),
    ("atlas", r"(?:protein|brain|genome|cell|expression|white[ -]matter)[ -]atlas|atlas[ ]of\b"),
    ("scale scales", r"\w{2,20}-scale|(?:large|larger|small|smaller|fine|broad|full|pilot|time|spatial|temporal|"
     r"gr[ae]y|lab|"
     r"laboratory|rating|likert|visual|analog(?:ue)?|borg|global|local|regional|national|industrial|commercial|"
     r"micro|nano|coarse|landscape|evolutionary|log|logarithmic|linear|points?|colou?r|pain|depression|anxiety|"
     r"coma|ordinal|numeric(?:al)?|scoring|severity|amplitude|atomic|molecular|genome|kb|mm|cm|production|bench|"
     r"plot|field|length|item|response|assessment|hedonic|disability|impact)[ -]scales?|(?:the|an?|to|this|each|"
     r"see|same|one)[ ]scale|scale[ -](?:bars?|up)|scales?[ ]of[ ]\d"),
    ("sutures suture",
     r"(?:silk|nylon|absorbable|vicryl|prolene|monofilament|running|interrupted|purse[ -]string|surgical|"
     r"continuous|stay|skin|mattress|"
     r"\d[ -]0|fascial|closing)[ -]sutures?|"
     r"sutures?[ -](?:materials?|technique|removal|line|needle|knot|anchor|repair|ligation|closure|placement|"
     r"thread)s?|"
     r"(?:closed|ligated|secured|fixed|tied|anchored|approximated|repaired)[ ](?:with|by|using)(?:[ ][\w-]{1,15}){0,3}"
     r"[ ]sutures?|suture[ ]of[ ](?:the[ ]|an?[ ])?(?:wound|skin|laceration|tendon|nerve|incision|fascia)s?"),
    # Parts of molecules, of plants and of texts.
    ("finger fingers", r"mass[ -]finger[ -]?print\w{0,3}|zinc[ -]fingers?|finger[ -]millets?"),
    ("helix helices", r"(?:transmembrane|α|alpha|double|dna|amphipathic)[ -]heli(?:x|ces)"),
    ("neuron neurons", r"(?:hidden|artificial)[ -]neurons?|neurons?[ ](?:in|of|per|from)[ ](?:(?:the|each|every|a|its)"
                       r"[ ])?(?:(?:first|last|next|previous|single|fully)[ ])?(?:(?:hidden|connected|convolutional|"
                       r"dense)[ ]layers?|(?:in|out)put[ ]layers?(?![ ]of[ ](?:the[ ])?(?:\w+[ ]){0,2}(?:cortex|"
                       r"cortices|colliculus|retina|hippocampus|bulb|cerebellum|brain)))"),
    ("wheat", r"wheat[ -]germs?(?:[ -]cells?(?=[ -]free))?"),
    ("agitation", r"(?:under|with)[ ](?:constant|continuous|gentle|mild|slow|manual|mechanical|magnetic|vigorous|"
                  r"orbital|occasional)[ ]agitation|(?:manual|mechanical|magnetic|orbital|(?:ultra-?)?sonic|aeration[ ]"
                  r"(?:and|or)|\d[ ]?(?:min|h|hours?|minutes?)[ ]of|°C,?[ ](?:and|with|under))[ -]agitation|"
                  r"under[ ]agitation|with[ ]agitation(?=,?[ ](?:at[ ]\d|until|overnight|for[ ]\d|\(\d))|"
                  r"agitation[ ](?:and|or)[ ](?:aeration|heat\w{0,3}|mixing|stirring)|"
                  r"agitation[ ](?:at[ ]\d|speed|rate)\w{0,6}"),
    ("irritable", r"irritable[ -](?:bowel|colon|bladder)(?:[ -](?:syndrome|disease|disorder)s?)?"),
    ("pad", r"graph[ -]pad"),
    ("aspiration aspirations", r"(?:needle|marrow|vacuum|manual|suction|guided|oocyte|follicle)[ -]aspirations?|"
                               r"aspiration[ ](?:biops|cytolog)\w{1,3}"),
    ("appendix", r"(?:SI|online|supporting|supplementa(?:l|ry))[ ]appendix|"
                 r"appendix[ ](?:pp?|tables?|fig(?:ure)?s?|sections?|(?-i:[A-Z\d]\d?))(?!\w)"),
    ("ear ears", r"(?:grains?|kernels?|spikelets?|seeds?)[ ]per[ ]ear|(?:wheat|corn|maize|barley|"
     r"rice)[ ]ears?|ear[ -]rots?"),
    # Idioms.
    ("hand hands", r"on[ ](?:the[ ])?(?:other|one)[ ]hand|hands?[ ]in[ ]hands?|(?:first|second|left|at|"
     r"by)[ -]hand(?!ed)\b(?<!left hand)|"
                   r"in[ ]the[ ]hands[ ]of|hand[ -](?:held|picked|made|searched|out)|hands[ -](?:on|free)|"
     r"right[ -]hand[ ]side|left[ -]hand[ ]side"),
    ("face", r"in[ ]the[ ]face[ ]of|face[ -]to[ -]face|face[ ]value|face[ ]masks?"),
    ("heart", r"at[ ]the[ ]heart[ ]of"),
    ("confusion", r"(?:avoid(?:s|ed|ing)?|taxonomic|terminological|(?:source|point)s?[ ]of|"
                  r"(?:apologi[sz]e|regret|apology|apologies)(?:[ ]for)?|add(?:s|ed|ing)?[ ]to[ ]the)[ ]"
                  r"(?:(?:any|the|some|possible|potential|further)[ ])?confusion|"
                  r"prevent(?:s|ed|ing)?[ ](?:(?:any|the|possible|potential|further)[ ])?confusion(?=[.;]|[ ](?:with|"
                  r"between))|confusion[ ](?:matrix|matrices)|(?:the|any|some|of|to)[ ]confusion[ ]among|"
                  r"confusion[ ](?:between|regarding|over|as[ ]to)(?![ ](?:the[ ])?(?:(?:past|last|next|first|\w+)"
                  r"[ ](?:hours?|days?|weeks?|months?|years?)|days?|weeks?|time|place|person|patients)\b)"),
    ("fall falls falling", r"(?:fall|falls|falling)[ ](?:into|within|in|under|below|between|short|outside|above|"
     r"along|on|off|apart)\b"),
)  # fmt: skip

# A species name after its genus, in full or abbreviated to a letter.
_GENUS: Final = re.compile(
    r"(?<![\w.])(?:(?!(?:Dr|St|Mr|Ms|No|Co)\.)[A-Z][a-z]?\.|[A-Z][a-z]{1,20}(?:ella|coccus|bacter|bacterium|"
    r"bacillus|monas|plasma|"
    r"spira|myces|chlamydia|vibrio)|Chlamydia|Vibrio|Candida|Aspergillus|Leishmania|Trypanosoma|Schistosoma|"
    r"Escherichia|Yersinia|"
    r"Clostridium|Listeria|Neisseria|Bordetella)\s?$"
)
_MISSPELT: Final = re.compile(r"pneumonia\b")
# The text after the first author of a citation, in several styles, and the text before the last one.
_NAME: Final = r"[A-Z][\w'-]{1,30}"
_YEAR: Final = r"(?:19|20)\d\d(?!\d)"
_AFTER_YEAR: Final = r"[a-z]?(?:[);,:]|\.?$)"  # a count continues: "Stroke (1987 events)"
_SAID: Final = (
    r"(?:argue|compare|conclude|demonstrate|describe|develop|find|found|introduce|note|observe|propose|publish|"
    r"report|review|show|state|studie|suggest|use)[ds]?"
)
_CITED: Final = re.compile(
    rf",?[ ]et[ ]al\b|(?:,[ ]{_NAME}){{0,6}},?[ ](?:and|&)[ ]{_NAME},?[ ]\(?{_YEAR}{_AFTER_YEAR}|"
    rf"[ ]\({_YEAR}[a-z]?\)[ ](?:have[ ]|has[ ]|had[ ])?(?:{_SAID}|shown|written)\b"
)
# "(Finch 1977)", "(Chin, 2000)", after a bracket, a mark or "and".
_CITED_BARE: Final = re.compile(rf",?[ ]\(?{_YEAR}{_AFTER_YEAR}")
_AUTHORS: Final = re.compile(rf"(?:[(;]|{_NAME},?[ ](?:and|&)|\bby|\b[Ss]ee)\s?$")
_EPITHET: Final = re.compile(
    r"(?!\w{1,40}itis\b|sepsis\b|infections?\b)[a-z]{2,40}(?:ae|i|is|um|us|[ae]ns|oides|acnes)\b|acnes\b|teres\b"
)


@cache
def _by_word() -> Mapping[str, re.Pattern[str]]:
    """Compile the shields, by their key words in lower case, capitalised and in capitals."""
    out = {}
    for words, pattern in _SHIELDS:
        compiled = re.compile(rf"(?<!\w)(?:{pattern})(?!\w)", re.IGNORECASE if "[Kk]its" not in pattern else 0)
        for word in words.split():
            out.update(dict.fromkeys((word, word.capitalize(), word.upper()), compiled))
    return out


def shielded(texts: Sequence[str], tokens: Tokens) -> dict[int, list[tuple[int, int]]]:
    """Find the shields of texts, by text index, in the order of their key words."""
    patterns = _by_word()
    words = tokens.words
    out: dict[int, list[tuple[int, int]]] = {}
    for n in compress(range(len(words)), map(patterns.__contains__, words)):
        number, start, end = int(tokens.text[n]), int(tokens.start[n]), int(tokens.end[n])
        for match in patterns[words[n]].finditer(texts[number], max(0, start - _BEFORE), end + _AFTER):
            if match.start() <= start and match.end() >= end:
                out.setdefault(number, []).append(match.span())
                break
    return out


def unshielded(texts: Sequence[str], tokens: Tokens, found: Sequence[Candidate]) -> list[Candidate]:
    """Drop candidates inside a shield unless the whole shield is a candidate, and names of species and authors."""
    shields = {number: sorted(spans) for number, spans in shielded(texts, tokens).items()}
    whole = {(c.text, c.start, c.end) for c in found} if shields else set()
    out = []
    for c in found:
        spans = shields.get(c.text, ())
        inside = spans and any(
            (c.text, *span) not in whole for span in _around(spans, c.start, c.end, c.evidence.loose)
        )
        text = texts[c.text]
        if not inside and not _is_species(text, c.start) and not _is_author(text, c.start, c.end):
            out.append(c)
    return out


def _around(spans: Sequence[tuple[int, int]], start: int, end: int, loose: bool) -> Iterator[tuple[int, int]]:
    """Yield the spans, from a sorted list, that contain a span, or the beginning of a loose match.

    So that "on the other hand, lack" does not mean a missing hand.
    """
    n = bisect_right(spans, start, key=itemgetter(0)) - 1
    while n >= 0 and spans[n][0] >= start - _BEFORE - _AFTER - _WORD:
        if spans[n][1] >= end or (loose and spans[n][1] > start):
            yield spans[n]
        n -= 1


def _is_author(text: str, start: int, end: int) -> bool:
    """Check whether a span is the name of a cited author, such as "Gill et al." or "(Chin, 2000)"."""
    if not text[start : start + 1].isupper() or not text[start + 1 : end].islower() or " " in text[start:end]:
        return False
    if _CITED.match(text, end):
        return True
    return _CITED_BARE.match(text, end) is not None and _AUTHORS.search(text, max(0, start - 40), start) is not None


def _is_species(text: str, start: int) -> bool:
    """Check whether a genus precedes a span that reads as the name of a species."""
    if not text[start : start + 1].islower():
        return False
    if _MISSPELT.match(text, start) and text.endswith(("Klebsiella ", "K. "), max(0, start - 11), start):
        return True
    return _GENUS.search(text, max(0, start - 30), start) is not None and _EPITHET.match(text, start) is not None
