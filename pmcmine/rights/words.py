"""Words of licence statements in the languages of PMC's journals, as patterns for text that `clean` returned."""

from __future__ import annotations

import re
from typing import Final

from pmcmine.rights.licenses import CODE, VERSION


def _any(*alternatives: str) -> str:
    return "|".join(alternatives)


# The names of the Creative Commons terms.
ATTRIBUTION: Final = _any(
    r"attribution|namensnennung|paternité|reconocimiento|atribución|atribuição|attribuzione|naamsvermelding",
    r"uznanie autorstwa|атрибуци\w+|указани\w+ авторства|署名|姓名标示|表示|저작자\s?표시|atıf",
)
_NC: Final = _any(
    r"non ?-? ?commerc\w*|non ?-? ?commerical\w*|not ?-? ?for ?-? ?commerc\w*|non ?-? ?profit (?:use|purposes?)",
    r"nicht ?-? ?kommerzi\w*|keine kommerzi\w*",
    r"pas d['’ ]? ?(?:utilisation|usage) commercial\w*|à des fins non commercial\w*|à but non lucratif",
    r"no ?-? ?comercia\w*|n[ãa]o ?-? ?comercia\w*|(?:sin|sem) (?:fines|fins|ánimo|uso)(?: de)? (?:comercia|lucr)\w*",
    r"senza (?:fini|scopo) (?:commercial\w*|di lucro)|niet ?-? ?commerci\w*",
    r"некоммерч\w*|не ?-? ?коммерч\w*|niekomercyjn\w*|ticari olmayan|gayri ?ticari",
    r"非商业|非商業|非商用|非営利|비영리",
)
_ND: Final = _any(
    r"no ?-? ?deriv\w*|non ?-? ?deriv\w*|keine bearbeitung\w*|pas de modification\w*",
    r"(?:sin|sem) ?(?:obras?)? ?deriva\w*|non opere derivate|geen afgeleide\w*",
    r"без (?:производн\w*|переработ\w*|изменени\w*)|bez utwor\w+ zależn\w*|türetilemez",
    r"禁止演绎|禁止演繹|禁止改作|改変禁止|변경\s?금지",
)
_SA: Final = _any(
    r"share ?-? ?alike|(?:weitergabe )?unter gleichen bedingungen",
    r"partage (?:dans les mêmes conditions|à l['’ ]?identique)",
    r"compartir ?-? ?igual|compartilha ?-? ?igual|condividi allo stesso modo|gelijk delen",
    r"на тех же условиях|с сохранением условий|相同方式共享|相同方式分享|継承|동일조건",
)
TERM: Final = re.compile(rf"(?P<NC>{_NC})|(?P<ND>{_ND})|(?P<SA>{_SA})")
NAMED: Final = re.compile(
    rf"(?P<code>(?<![a-z])(?:cc|creative ?commons)[^a-z0-9]{{0,4}}{CODE})"
    r"|(?P<zero>(?<![a-z])cc[ -]{0,3}(?:0(?!\.?\d)|zero\b)|creative ?commons zero\b)"
    rf"|(?P<words>{ATTRIBUTION})"
    rf"|creative ?commons (?P<bare>{_NC}|{_ND}|{_SA})"
)
# A term within a code such as open-access-nc, which names no licence.
TERM_IN_CODE: Final = re.compile(r"(?<![a-z])(nc|nd|sa)(?![a-z])")
CREATIVE_COMMONS: Final = re.compile(r"creative ?-?commons?|(?<![a-z])cc(?![a-z])")
MORE_TERMS: Final = re.compile(rf"[^\w]{{0,4}}(?:(?:and|und|et|y|e|i|и) )?(?P<term>{_NC}|{_ND}|{_SA}|nc\b|nd\b|sa\b)")
# What follows the name of a licence, but not the mere word for attribution.
LICENSE_FOLLOWS: Final = re.compile(
    r"[^.;]{0,30}?(?:\d\.\d|licen[csz]|lizenz|лиценз|许可|授權|international|unported|legal ?code)"
)
VERSION_FOLLOWS: Final = re.compile(
    r"[^\w]{0,4}(?:(?:unported|international|generic|public|licen[cs]e|licencia|licença|lizenz|version|v|int)"
    rf" ?[,(-]? ?){{0,4}}v?{VERSION}"
)
IGO_FOLLOWS: Final = re.compile(r"[^\w]{0,3}igo\b")

# What a sentence is about.
_DATA: Final = _any(
    r"(?:\w+ )?data ?-?(?:sets?|bases?)?|supplement\w*|supporting (?:information|materials?)|additional files?",
    r"software|(?:source )?code|scripts?|metadata|abstracts?|peer review\w*|review(?:er)? reports?|questionnaires?",
    r"preprints?|(?:previous|earlier) versions?",
    r"(?:\w*daten|zusatzmaterial\w*|données|datos|dados|dati|данны\w*)",
)
DATA: Final = re.compile(rf"(?<!\w)(?:{_DATA})(?!\w)|数据|補足|附加")
_LEAD: Final = r"(?:(?:the|all|any|these|this|our|for|its|a|an|die|alle|les|los|as|os|i) ){0,3}"
DATA_SUBJECT: Final = re.compile(
    rf"^\W*{_LEAD}(?:\w+ ){{0,2}}?(?:{_DATA})(?!\w)(?!\W+(?:and|or) (?:this |the )?(?:article|paper|text|work))"
)
DATA_OBJECT: Final = re.compile(
    r"(?:appl(?:y|ies|ied|icable)|extends?|relates?|pertains?|limited|restricted|refers?|covers?"
    r"|(?:only|solely)(?= for))"
    rf"(?: only| solely| exclusively)?(?: to| for)?(?: the| all| any)?(?: \w+){{0,2}}? (?:{_DATA})(?!\w)"
)
WORK: Final = re.compile(
    r"\b(?:articles?|papers?|works?|publications?|manuscripts?|journals?|contents?|texts?|chapters?|letters?|editorials?"
    r"|artikel\w*|beitrag\w*|werk\w*|artículos?|obras?|artigos?|trabalhos?|articol[io]|opera|œuvre|стать\w*|работ\w*)\b"
    r"|文章|本文|论文|論文|作品"
)
MINING: Final = re.compile(r"\btdm\b|\b(?:text|data) ?-?(?: ?(?:and|&|or|/) ?(?:text|data) ?-?)? ?-?_?mining|文本挖掘")
ALSO: Final = re.compile(r"\b(?:includ\w+|such as|also|as well as|e\.g)\b")
# Before the name of a licence: it does not hold.
DENIED_BEFORE: Final = re.compile(
    r"\b(?:not|nicht|never|neither|nor|cannot|no longer|isn['’]t|aren['’]t|n['’]est|pas|jamais|keine[rnms]?|не|niet"
    r"|non|nunca|não|no (?:está|se|es|son)|formerly|previously|originally|until \d|will be(?:come)?|sera|será|wird erst"
    r"|to be (?:made|released|published)|rather than|instead of|excluded from|exempt from)\b(?! only| just| limited)"
    r"[^;]{0,80}$|\b(?:without|no|ohne|sans|sin|sem|senza|без)(?: an?| any| eine?| une?| una?| uma?| the)? $"
    r"|(?:不|未|非)[^;。]{0,30}$"
)
NOT_DENIED: Final = re.compile(
    rf"{_NC}|\bnon ?-? ?exclusive\w*|\bnot ?-?for ?-?profit|\bnon ?-?profit|\bnot only|\bnon ?-?deriv\w*"
)
DENIED_AFTER: Final = re.compile(
    r"[^.;]{0,60}?(?:\b(?:does|do|did) not (?:apply|cover|extend)|\bis not applicable|\bgilt nicht"
    r"|\bne s['’]applique pas|\bn[oã]o? se aplica|\bnon si applica|не распространяется|不适用)"
    r"(?![^.;]{0,60}(?:third|images?|figures?|material))"
)

# What restricts. Both kinds of use named together restrict nothing.
BOTH_USES: Final = re.compile(
    r"(?:both )?(?:for )?(?:non ?-? ?)?commercial(?:ly)?(?: \w+)? ?(?:and/or|and|or|as well as|/|,|&) ?(?:for )?"
    r"(?:non ?-? ?)?commercial|not (?:limited|restricted) to non ?-? ?commercial"
)
NC: Final = re.compile(_NC)
COMMERCE: Final = re.compile(
    r"commerc(?!e\b)|kommerzi|comercia|коммерч|komercyjn|ticari|商业|商業|商用|営利|상업|for[- ]profit|monetary"
)
EVEN_COMMERCE: Final = re.compile(
    r"\b(?:even|also|including|includes|auch|selbst|incluso|incluidos?|inclusive|même|y compris|anche)\b"
    r"[^.;]{0,30}(?:commerc|kommerz|comercia)|\b(?:may|can) be (?:re)?used for (?:\w+ ){0,3}?commerc"
)
DOUBT: Final = re.compile(
    r"\b(?:not?|non|nor|without|prohibit\w*|forbid\w*|except\w*|exclud\w*|unless|permissions?|contact|requires?"
    r"|restrict\w*|cannot|only|reserved?|keine?\w*|nicht|pas|sans|sin|sem|senza|не|без|niet|bez|prior|seek|request\w*"
    r"|fees?|consent|interdit\w*|prohib\w*|proibid\w*|verboten|untersagt|vietat\w*|запрещ\w*|zabronion\w*|yasak\w*)\b"
    r"|禁|不|非|未"
)
ND: Final = re.compile(
    rf"{_ND}|\bwithout (?:any )?(?:modif|alter|chang|deriv|adapt)\w*|\bno (?:modif|alter|adapt|chang)\w*"
    r"|\b(?:not|cannot|never|nor)\b(?: \w+){0,5}? (?:be )?"
    r"(?:alter|modif|transform|adapt|chang|built|build|remix|translat)\w*"
    r"|\b(?:unaltered|unmodified|verbatim|unchanged|unverändert\w*|unadapted)\b|\bin (?:its )?original form\b"
    r"|\bnot have permission\b[^.;]{0,40}\badapt|inalterad\w*|sans modification\w*|не (?:изменя|переработ)\w*"
)
SA: Final = re.compile(rf"{_SA}|\bidentical terms\b")
# What closes: rights kept whole, use by leave alone, and the licences of single publishers.
CLOSED: Final = re.compile(
    _any(
        r"(?<!no )\ball (?:other )?rights (?:are )?reserved|alle rechte(?: sind)? vorbehalten",
        r"tous (?:les )?droits (?:sont )?r[ée]serv[ée]s|reservados todos (?:los|os) (?:derechos|direitos)",
        r"todos (?:los|os) (?:derechos|direitos)(?: est[aá]n| s[ãa]o)? reservados|tutti i diritti(?: sono)? riservati",
        r"все права (?:защищены|сохранены)|wszelkie prawa zastrzeżone|tüm hakları saklıdır|alle rechten voorbehouden",
        r"保留所有权利|版权所有|保留一切权利|著作权所有|版權所有|無断転載|모든 권리",
        r"\b(?:for|your|own) (?:\w+,? ){0,2}?(?:personal|private)(?:[,/]? (?:\w+,? ){0,3}?)use\b",
        r"\b(?:personal|private) use only|\bonly for (?:personal|private)\b|\b(?:read|view)(?:ing)?[- ]only\b",
        r"(?:für den|zum) (?:persönlichen|privaten|eigenen) gebrauch|usage (?:personnel|privé)",
        r"\buso (?:personal|privado|pessoal|personale)\b|для личного (?:использования|пользования)|仅供个人|個人使用",
        r"\bmay not be (?:reproduced|copied|distributed|reprinted|republished|reused|used|stored|posted)"
        r"(?! for commercial| commercially)|\bno part of (?:this|the)\b",
        r"\b(?:reproduction|redistribution|distribution|re-?use|copying) (?:\w+ ){0,6}?(?:is|are) (?:strictly )?"
        r"(?:prohibited|forbidden|not (?:permitted|allowed))",
        r"\b(?:user|usage|bronze) licen[cs]e\b|userlicen[cs]e|\bunder (?:an )?exclusive licen[cs]e to\b",
        r"\bstandard (?:\w+ ){0,2}?publication model|oup-standard|standard_publication_model",
        r"\bpublic health emergency\b|\bcovid ?-?19 (?:pandemic|resource cent)",
        r"\bpermissions (?:are )?(?:granted|revoked)",
        r"\bauthor ?-?choice (?:usage|licen[cs]e|terms)|\bconditions of use\b|\bterms of re-?use\b",
        r"\b(?:gfdl|gnu (?:general|free)|open government licen[cs]e|licence ouverte|free art licen[cs]e)\b",
    )
)
CLOSED_TYPE: Final = re.compile(r"closed|subscri|restrict|copyright|reserved|proprietary|toll|standard|user", re.I)
NARROW_USE: Final = re.compile(
    r"\b(?:academic|scholarly|research|educational|teaching|study|internal|classroom)\b(?: \w+){0,4}?"
    r" (?:use|purposes?)\b"
    r"|\bpurposes? of (?:\w+ ){0,2}?(?:research|study|teaching|education)\b"
)
ONLY: Final = re.compile(r"\b(?:only|solely|exclusively|limited|restricted|purposes of)\b")
BY_PERMISSION: Final = re.compile(
    r"\bwithout (?:\w+ ){0,5}?(?:permission|consent|authori[sz]ation)"
    r"|\b(?:permission|consent|authori[sz]ation)s? (?:\w+ ){0,6}?(?:is|are|must be|should be|has to be) (?:\w+ )?"
    r"(?:required|needed|necessary|obtained|sought|requested)"
    r"|\b(?:requires?|need|with|by|prior|written) (?:the )?(?:(?:prior|written|express|explicit) ){0,3}"
    r"(?:permission|consent)\b"
    r"|\bunauthori[sz]ed\b|ohne (?:\w+ )?(?:genehmigung|zustimmung|erlaubnis)|sans (?:l['’ ]?)?autorisation"
    r"|(?:sin|sem) (?:la )?(?:autorizaci[óo]n|permiso|autoriza[çc][ãa]o|permiss[ãa]o)"
    r"|senza (?:\w+ )?(?:autorizzazione|permesso)|без (?:\w+ )?(?:разрешения|согласия)|未经\w{0,6}(?:许可|授权|同意)"
)
NO_PERMISSION_NEEDED: Final = re.compile(
    r"\bno (?:\w+ ){0,3}?permission|\bpermission (?:\w+ ){0,4}?(?:is )?not (?:required|needed|necessary)"
    r"|without (?:\w+ ){0,3}?(?:asking|seeking|requesting|further|special)\b"
    r"|without (?:\w+ ){0,3}?permission (?:or (?:payment|charge|fee)|from (?:the )?(?:publisher|authors?) or)"
    r"|third[- ]party|credit line|not included in"
)
# Words by which a statement speaks of a licence at all, known or not.
SPEAKS: Final = re.compile(
    r"licen[csz]|lizenz|лиценз|许可|授權|ライセンス|라이선스|\bterms\b|permi(?:ts?|tted|ssion)|\brights\b|redistribut"
    r"|reproduc|\bre-?us(?:e|ed)\b|distribut|\bcopying\b|unrestricted"
)
SENTENCE_END: Final = re.compile(r"(?<=[.!?])[\])\"'”]{0,2} (?!\d)|; |(?<=[。；！])")
THIS_WORK: Final = re.compile(
    r"\bthis (?:is an? (?:open[- ]access )?)?(?:\w+ ){0,2}?(?:article|work|paper|publication|manuscript)\b"
    r"|\bopen[- ]access\b"
)
NAMES_QUICK: Final = re.compile(r"commons|\bcc\W{0,3}(?:by|0)")
